//! Symbols by what a person or a model types.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::structure::without_locals;
use super::{Located, Snapshot, Symbol, SymbolId, SymbolKind};
use crate::text::ProjectPath;

/// How well a name fits; the smaller, the better.
type Rank = (u8, u8, usize);

pub(super) fn find<'a>(snapshot: &'a Snapshot, query: &str, limit: usize) -> Vec<Located<'a>> {
    let query = Query::new(query);
    if query.name.is_empty() {
        return Vec::new();
    }
    let mut ranked: Vec<(Rank, Located<'a>)> =
        symbols(snapshot, &query).filter_map(|found| Some((query.rank(found.symbol)?, found))).collect();
    // The sort is stable: what is equal stays in the order of paths and lines.
    ranked.sort_by_key(|(rank, _)| *rank);
    let mut found: Vec<Located<'a>> = ranked.into_iter().map(|(_, found)| found).take(limit).collect();
    if found.len() < limit {
        let missing = limit - found.len();
        found.extend(fuzzy(snapshot, &query, missing));
    }
    found
}

struct Query {
    /// The end of the path that was given before `::`.
    path: Option<String>,
    name: String,
}

impl Query {
    fn new(raw: &str) -> Self {
        let raw = raw.trim();
        let (path, name) = match raw.rsplit_once("::") {
            Some((path, name)) => (Some(path.trim().to_owned()), name.trim()),
            None => (None, raw),
        };
        Self { path, name: without_locals(name).into_owned() }
    }

    fn takes(&self, path: &ProjectPath) -> bool {
        self.path.as_deref().is_none_or(|wanted| {
            let rest = path.as_str().strip_suffix(wanted);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/') || wanted.starts_with('/'))
        })
    }

    /// Called for every symbol of the project with every key: it takes no memory.
    fn rank(&self, symbol: &Symbol) -> Option<Rank> {
        let qualname = without_locals(&symbol.qualname);
        // The name is the end of it: what does not stand here stands nowhere.
        let place = position(&qualname, &self.name)?;
        let kind = u8::from(symbol.kind == SymbolKind::Variable);
        let level = if *symbol.name == *self.name || *qualname == *self.name {
            0
        } else if equals(&symbol.name, &self.name) || equals(&qualname, &self.name) {
            1
        } else if self.name.contains('.') && qualname.ends_with(&self.name) && is_dot_before(&qualname, &self.name) {
            2
        } else {
            // It may stand in the name once more.
            let before = qualname.len() - symbol.name.len();
            match place.checked_sub(before).or_else(|| position(&symbol.name, &self.name)) {
                Some(0) => 3,
                Some(_) => 4,
                None => 5,
            }
        };
        Some((level, kind, symbol.qualname.len()))
    }
}

fn equals(name: &str, query: &str) -> bool {
    name.len() == query.len() && position(name, query) == Some(0)
}

/// Where `query` stands in `name`; the case of ASCII letters aside.
fn position(name: &str, query: &str) -> Option<usize> {
    let (name, query) = (name.as_bytes(), query.as_bytes());
    let first = query.first()?;
    let places = name.get(..=name.len().checked_sub(query.len())?)?;
    memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), places)
        .find(|at| name[*at..*at + query.len()].eq_ignore_ascii_case(query))
}

fn is_dot_before(qualname: &str, end: &str) -> bool {
    qualname[..qualname.len() - end.len()].ends_with('.')
}

fn symbols<'a>(snapshot: &'a Snapshot, query: &Query) -> impl Iterator<Item = Located<'a>> {
    snapshot.files().filter(|(path, _)| query.takes(path)).flat_map(|(path, file)| {
        let symbols = file.structure.symbols.iter().enumerate();
        symbols.map(move |(id, symbol)| Located { path, id: id as SymbolId, symbol })
    })
}

fn fuzzy<'a>(snapshot: &'a Snapshot, query: &Query, limit: usize) -> Vec<Located<'a>> {
    let pattern = Pattern::parse(&query.name, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut letters = Vec::new();
    let mut scored: Vec<(u32, Located<'a>)> = symbols(snapshot, query)
        .filter(|found| query.rank(found.symbol).is_none())
        .filter_map(|found| {
            let score = pattern.score(Utf32Str::new(&found.symbol.qualname, &mut letters), &mut matcher)?;
            Some((score, found))
        })
        .collect();
    scored.sort_by_key(|(score, found)| (std::cmp::Reverse(*score), found.symbol.qualname.len()));
    scored.into_iter().map(|(_, found)| found).take(limit).collect()
}

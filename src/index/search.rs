//! Symbols by what a person or a model types.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

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
    lower: String,
}

impl Query {
    fn new(raw: &str) -> Self {
        let raw = raw.trim();
        let (path, name) = match raw.rsplit_once("::") {
            Some((path, name)) => (Some(path.trim().to_owned()), name.trim()),
            None => (None, raw),
        };
        let name = name.replace(".<locals>", "");
        Self { path, lower: name.to_lowercase(), name }
    }

    fn takes(&self, path: &ProjectPath) -> bool {
        self.path.as_deref().is_none_or(|wanted| {
            let rest = path.as_str().strip_suffix(wanted);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/') || wanted.starts_with('/'))
        })
    }

    fn rank(&self, symbol: &Symbol) -> Option<Rank> {
        let qualname = symbol.qualname.replace(".<locals>", "");
        let kind = u8::from(symbol.kind == SymbolKind::Variable);
        let level = if *symbol.name == *self.name || qualname == self.name {
            0
        } else if symbol.name.to_lowercase() == self.lower || qualname.to_lowercase() == self.lower {
            1
        } else if self.name.contains('.') && qualname.ends_with(&self.name) && is_dot_before(&qualname, &self.name) {
            2
        } else {
            let name = symbol.name.to_lowercase();
            match name.find(&self.lower) {
                Some(0) => 3,
                Some(_) => 4,
                None if qualname.to_lowercase().contains(&self.lower) => 5,
                None => return None,
            }
        };
        Some((level, kind, symbol.qualname.len()))
    }
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

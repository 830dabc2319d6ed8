//! Symbols by what a person or a model types.
//!
//! Asked of the tables of names: what no name of a part allows costs nothing for its symbols.

use std::cmp::Reverse;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use rayon::prelude::*;

use super::names::letters_of;
use super::structure::without_locals;
use super::words::hash;
use super::{Located, NameTable, NamedSymbol, Part, Snapshot, SymbolId, SymbolKind};
use crate::text::ProjectPath;

/// The numbers of a part, of a file in it, and of a symbol in that.
type At = (usize, usize, usize);

/// How well a name fits; the smaller, the better.
type Rank = (u8, u8, usize);

/// What was found in a part: how well it fits, the number of its file, and its own.
type InPart<R> = Vec<(R, (usize, usize))>;

pub(super) fn find<'a>(snapshot: &'a Snapshot, query: &str, limit: usize) -> Vec<Located<'a>> {
    let query = Query::new(query);
    if query.name.is_empty() {
        return Vec::new();
    }
    let mut found = best(snapshot, limit, |part| query.named(part));
    if found.len() < limit {
        let pattern = Pattern::new(&query.name, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
        found.extend(best(snapshot, limit - found.len(), |part| query.fuzzy(part, &pattern)));
    }
    found.into_iter().map(|at| located(snapshot, at)).collect()
}

/// Asks the words which files may have it: those are told beforehand, and few files have a symbol of most names.
pub(super) fn called<'a>(snapshot: &'a Snapshot, name: &str) -> Vec<Located<'a>> {
    let hash = hash(name);
    let files =
        snapshot.files.with_words().iter().enumerate().flat_map(|(nth, part)| {
            part.words().files_with(hash).iter().map(move |file| (nth, usize::from(*file), part))
        });
    let places = files.flat_map(|(nth, file, part)| {
        let symbols = part.files()[file].1.structure.symbols.iter().enumerate();
        symbols.filter(|(_, symbol)| *symbol.name == *name).map(move |(id, _)| (nth, file, id))
    });
    places.map(|at| located(snapshot, at)).collect()
}

/// The best of all parts, in order; what ranks alike in the order of paths and lines.
fn best<R: Ord + Send>(snapshot: &Snapshot, limit: usize, ranked: impl Fn(&Part) -> InPart<R> + Sync) -> Vec<At> {
    let parts = snapshot.files.with_names().par_iter().enumerate();
    let of_part = parts.flat_map_iter(|(nth, part)| {
        let mut ranked = ranked(part);
        if ranked.len() > limit {
            ranked.select_nth_unstable(limit);
            ranked.truncate(limit);
        }
        ranked.into_iter().map(move |(rank, (file, id))| (rank, (nth, file, id)))
    });
    let mut all: Vec<(R, At)> = of_part.collect();
    all.sort_unstable();
    all.into_iter().take(limit).map(|(_, at)| at).collect()
}

fn located(snapshot: &Snapshot, (part, file, id): At) -> Located<'_> {
    let (path, entry) = &snapshot.parts()[part].files()[file];
    Located { path, id: id as SymbolId, symbol: &entry.structure.symbols[id] }
}

/// The symbols of a part with the numbers of their files and their own.
fn numbered(part: &Part) -> impl Iterator<Item = (usize, usize, NamedSymbol)> {
    let of_file =
        move |file| part.names().of_file(file).iter().enumerate().map(move |(id, symbol)| (file, id, *symbol));
    (0..part.files().len()).flat_map(of_file)
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

    /// The symbols of the files that are asked for.
    fn symbols(&self, part: &Part) -> impl Iterator<Item = (usize, usize, NamedSymbol)> {
        let takes: Vec<bool> = part.files().iter().map(|(path, _)| self.takes(path)).collect();
        numbered(part).filter(move |(file, ..)| takes[*file])
    }

    fn named(&self, part: &Part) -> InPart<Rank> {
        let names = part.names();
        let Some(levels) = Levels::new(names, &self.name) else { return Vec::new() };
        let ranked = self.symbols(part).filter_map(|(file, id, symbol)| {
            let level = levels.of(symbol)?;
            let kind = u8::from(symbol.kind == SymbolKind::Variable);
            let len = names.arounds.get(symbol.around).len() + names.names.get(symbol.name).len();
            Some(((level, kind, len), (file, id)))
        });
        ranked.collect()
    }

    /// What has the letters in this order, and was not found by them at once.
    fn fuzzy(&self, part: &Part, pattern: &Pattern) -> InPart<(Reverse<u32>, usize)> {
        let names = part.names();
        let levels = Levels::new(names, &self.name);
        let letters = letters_of(&self.name.split_whitespace().collect::<String>());
        let (mut matcher, mut buffer) = (Matcher::new(Config::DEFAULT), Vec::new());
        let scored = self.symbols(part).filter_map(|(file, id, symbol)| {
            let its = names.names.letters()[symbol.name as usize] | names.arounds.letters()[symbol.around as usize];
            if letters & !its != 0 || levels.as_ref().is_some_and(|levels| levels.of(symbol).is_some()) {
                return None;
            }
            let qualname = &part.files()[file].1.structure.symbols[id].qualname;
            let score = pattern.score(Utf32Str::new(qualname, &mut buffer), &mut matcher)?;
            Some(((Reverse(score), qualname.len()), (file, id)))
        });
        scored.collect()
    }
}

/// What a name, or what stands around it, has of the query; the more, the better. With a dot in the query the name is held
/// against what stands behind the last one, what is around it against the rest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Has {
    Nothing,
    /// All of the query, somewhere.
    Within,
    /// It begins so; what is around ends so.
    Edge,
    /// It ends so behind a dot, as written.
    Inner,
    AllButCase,
    All,
}

/// How well the names of a part fit.
struct Levels {
    names: Vec<Has>,
    /// And whether it holds the whole query.
    arounds: Vec<(Has, bool)>,
    is_qualified: bool,
}

impl Levels {
    /// `None` where none fits.
    fn new(table: &NameTable, query: &str) -> Option<Self> {
        let last = query.rfind('.').map(|dot| dot + 1);
        let (head, tail) = query.split_at(last.unwrap_or(0));
        let (tail_letters, all_letters) = (letters_of(tail), letters_of(query));
        let of_name = |(name, letters): (&str, &u64)| match position(name, tail) {
            _ if tail_letters & !letters != 0 => Has::Nothing,
            _ if name == tail => Has::All,
            Some(0) if name.len() == tail.len() => Has::AllButCase,
            Some(0) => Has::Edge,
            Some(_) if last.is_none() => Has::Within,
            _ if tail.is_empty() => Has::Edge,
            _ => Has::Nothing,
        };
        let names: Vec<Has> = table.names.iter().zip(table.names.letters()).map(of_name).collect();
        let of_around = |(around, letters): (&str, &u64)| {
            let around = without_locals(around);
            let ends = || around.len().checked_sub(head.len()).and_then(|at| around.get(at..));
            let before = || around.strip_suffix(head);
            let has = match last {
                None => Has::Nothing,
                Some(_) if around == head => Has::All,
                Some(_) if around.eq_ignore_ascii_case(head) => Has::AllButCase,
                Some(_) if before().is_some_and(|before| before.ends_with('.')) => Has::Inner,
                Some(_) if ends().is_some_and(|end| end.eq_ignore_ascii_case(head)) => Has::Edge,
                Some(_) => Has::Nothing,
            };
            (has, all_letters & !letters == 0 && position(&around, query).is_some())
        };
        let arounds: Vec<(Has, bool)> = table.arounds.iter().zip(table.arounds.letters()).map(of_around).collect();
        let is_qualified = last.is_some();
        let in_names = names.iter().any(|has| *has > Has::Nothing);
        let in_arounds = arounds.iter().any(|(has, holds_all)| *holds_all || *has > Has::Nothing);
        let may_fit = if is_qualified { in_arounds } else { in_names || in_arounds };
        may_fit.then_some(Self { names, arounds, is_qualified })
    }

    /// The smaller, the better.
    fn of(&self, symbol: NamedSymbol) -> Option<u8> {
        let (name, (around, holds_all)) = (self.names[symbol.name as usize], self.arounds[symbol.around as usize]);
        let level = match (self.is_qualified, around, name) {
            (false, _, Has::All) | (true, Has::All, Has::All) => 0,
            (false, _, Has::AllButCase) => 1,
            (true, Has::All | Has::AllButCase, Has::All | Has::AllButCase) => 1,
            (true, Has::Inner, Has::All) => 2,
            (false, _, Has::Edge) => 3,
            (false, _, Has::Within) => 4,
            _ if holds_all => 5,
            (false, ..) | (true, Has::Nothing, _) | (true, _, Has::Nothing) => return None,
            (true, ..) => 5,
        };
        Some(level)
    }
}

/// Where `query` stands in `name`; the case of ASCII letters aside.
fn position(name: &str, query: &str) -> Option<usize> {
    let (name, query) = (name.as_bytes(), query.as_bytes());
    let first = query.first()?;
    let places = name.get(..=name.len().checked_sub(query.len())?)?;
    memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), places)
        .find(|at| name[*at..*at + query.len()].eq_ignore_ascii_case(query))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{Store, Symbol};
    use crate::text::dice::Dice;

    /// As looking at each symbol by itself would say.
    fn rank(query: &Query, symbol: &Symbol) -> Option<Rank> {
        let (name, qualname) = (&*symbol.name, without_locals(&symbol.qualname));
        let place = position(&qualname, &query.name)?;
        let equals = |name: &str| name.len() == query.name.len() && position(name, &query.name) == Some(0);
        let is_dot_before = || qualname[..qualname.len() - query.name.len()].ends_with('.');
        let level = if *name == *query.name || *qualname == *query.name {
            0
        } else if equals(name) || equals(&qualname) {
            1
        } else if query.name.contains('.') && qualname.ends_with(&query.name) && is_dot_before() {
            2
        } else {
            match place.checked_sub(qualname.len() - name.len()).or_else(|| position(name, &query.name)) {
                Some(0) => 3,
                Some(_) => 4,
                None => 5,
            }
        };
        Some((level, u8::from(symbol.kind == SymbolKind::Variable), symbol.qualname.len()))
    }

    #[test]
    fn what_is_found_is_what_looking_at_each_symbol_finds() {
        let mut dice = Dice::new(11);
        let mut roll = |end: usize| dice.roll(end);
        const NAMES: [&str; 12] = ["a", "b", "ab", "Ab", "aBa", "get", "Get", "get_all", "größe", "tab", "x_a", "Ort"];
        let mut store = Store::new("/p".into());
        let mut entries = Vec::new();
        for nth in 0..300 {
            let mut text = String::new();
            for _ in 0..roll(6) {
                let inner = ["    def", "    class", "    x = 1\n    def"][roll(3)];
                let outer = ["class", "def"][roll(2)];
                let (one, two, three) = (NAMES[roll(12)], NAMES[roll(12)], NAMES[roll(12)]);
                text += &format!("{outer} {one}():\n{inner} {two}(self):\n        def {three}(): ...\n{three} = 1\n");
            }
            let path = ProjectPath::new(&format!("p{}/m{nth}.py", nth % 5)).unwrap();
            entries.push((path.clone(), Store::parse(&path, text.as_bytes())));
        }
        let snapshot = store.apply(entries, &[]);
        let all = || {
            let symbols =
                snapshot.files().flat_map(|(path, entry)| entry.structure.symbols.iter().map(move |one| (path, one)));
            symbols.collect::<Vec<_>>()
        };
        let queries = [
            "a",
            "ab",
            "get",
            "GET",
            "a.b",
            "A.b",
            "ab.get",
            ".a",
            "a.",
            "ab.",
            "b.a.",
            "m7.py::a",
            "größe",
            "a.größe",
        ];
        let nested = ["a.ab.get", "get.a.b", "ort.TAB", "x_a.a", "nothing", "g_a"];
        for raw in queries.into_iter().chain(nested) {
            let query = Query::new(raw);
            let mut found: Vec<(Rank, (&ProjectPath, &Symbol))> = all()
                .into_iter()
                .filter(|(path, _)| query.takes(path))
                .filter_map(|(path, symbol)| Some((rank(&query, symbol)?, (path, symbol))))
                .collect();
            found.sort_by_key(|(rank, _)| *rank);
            for limit in [1, 20, 5_000] {
                let told = snapshot.find_symbol(raw, limit);
                let told: Vec<_> = told.iter().map(|one| (one.path, one.symbol)).take(found.len()).collect();
                assert_eq!(told, found.iter().map(|(_, one)| *one).take(limit).collect::<Vec<_>>(), "{raw} {limit}");
            }
            let called: Vec<_> = all().into_iter().filter(|(_, symbol)| *symbol.name == *raw).collect();
            assert_eq!(
                snapshot.symbols_called(raw).iter().map(|one| (one.path, one.symbol)).collect::<Vec<_>>(),
                called
            );
        }
        assert_eq!(snapshot.find_symbol("gal", 50).iter().filter(|one| &*one.symbol.name == "get_all").count(), 50);
    }
}

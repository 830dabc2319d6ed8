//! What a query finds among all files and symbols of a project.
//!
//! Each different name of a part is held against the query once; what only stands around a name, in its class, is looked at
//! where it can still come among the best. Asked anew with every key: it looks at tables alone.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::super::fitting::Begun;
use super::{Best, Eye, FOUND_MAX, Query, Scored, Within, Word};
use crate::app::{Pick, Spot};
use crate::index::{NameTable, NamedSymbol, Part, Snapshot, SymbolId, SymbolKind};

/// What stands in a file that was gone to comes behind all that was.
const BESIDE_RECENT: u32 = 1 << 16;
/// With at most so many parts nobody is asked to help.
const ALONE_MAX: usize = 8;

/// What stands there: a file, or a symbol in it; in the order of paths and lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) part: u32,
    pub(super) file: u32,
    pub(super) symbol: Option<SymbolId>,
}

/// `None` when nobody waits for it any more.
pub(super) fn rank_project(
    query: &Query,
    snapshot: &Snapshot,
    recent: &[Pick],
    is_wanted: &(dyn Fn() -> bool + Sync),
) -> Option<Best<Place>> {
    let recent = recent_places(snapshot, recent);
    if query.words.is_empty() {
        return Some(unasked(query, snapshot, &recent));
    }
    let look = Look { query, recent, floor: AtomicU32::new(0) };
    let parts = snapshot.parts();
    let add = |best: Option<Best<Place>>, (nth, part): (usize, &std::sync::Arc<Part>)| {
        let mut best = best.filter(|_| is_wanted())?;
        look.part(nth, part, &mut best);
        Some(best)
    };
    if parts.len() <= ALONE_MAX {
        return parts.iter().enumerate().fold(Some(Best::new()), add);
    }
    let shares = parts.par_iter().enumerate().fold(|| Some(Best::new()), add);
    shares.try_reduce(Best::new, |one, other| Some(one.with(other)))
}

/// Where picks are, the last one first.
fn recent_places(snapshot: &Snapshot, recent: &[Pick]) -> Vec<Place> {
    let place_of = |spot: &Spot| {
        let (part, file) = snapshot.place_of(&spot.path)?;
        let structure = &snapshot.file(&spot.path)?.structure;
        let symbol = match &spot.symbol {
            Some(symbol) => Some(*structure.find(symbol).first()?),
            None => None,
        };
        Some(Place { part: part as u32, file: file as u32, symbol })
    };
    let spots = recent.iter().filter_map(|pick| if let Pick::Spot(spot) = pick { place_of(spot) } else { None });
    spots.collect()
}

/// Without a query what was gone to is listed, then the files.
fn unasked(query: &Query, snapshot: &Snapshot, recent: &[Place]) -> Best<Place> {
    let mut best = Best::new();
    let mut push = |recent: usize, at: Place| {
        best.push(Scored { score: Reverse(0), recent: recent as u32, length: 0, at });
    };
    let is_file = |place: &Place| place.symbol.is_none();
    let listed: Vec<&Place> = recent.iter().filter(|place| is_file(place) || query.line.is_none()).collect();
    listed.iter().enumerate().for_each(|(nth, place)| push(nth, **place));
    let files = (0..)
        .zip(snapshot.parts())
        .flat_map(|(part, its)| (0..its.files().len() as u32).map(move |file| Place { part, file, symbol: None }));
    files.filter(|place| !listed.contains(&place)).take(FOUND_MAX).for_each(|place| push(listed.len(), place));
    best.total = snapshot.file_count() + listed.iter().filter(|place| !is_file(place)).count();
    best
}

struct Look<'a> {
    query: &'a Query,
    recent: Vec<Place>,
    /// So much the last of the best scores at least, as far as anybody knows.
    floor: AtomicU32,
}

/// What the names of a part have of one word of the query.
struct Fits<'a> {
    word: &'a Word,
    table: &'a NameTable,
    /// The score of each name; 0 where it does not fit.
    names: Vec<u32>,
    /// How much of the word's beginning stands around each name.
    begun: Vec<Begun>,
}

/// How well one word fits one symbol.
enum Fit {
    Not,
    Scores(u32),
    /// Its letters stand in the qualified name alone, which nobody has looked at yet; or nobody knows.
    Around {
        is_certain: bool,
    },
}

impl<'a> Fits<'a> {
    fn new(word: &'a Word, table: &'a NameTable, eye: &mut Eye) -> Self {
        let mut fits = Self { word, table, names: Vec::new(), begun: Vec::new() };
        if word.within == Within::Path {
            return fits;
        }
        if !word.is_qualified() {
            let texts = table.names.iter().zip(table.names.letters());
            fits.names = texts.map(|(name, letters)| word.fit_lettered(eye, name, *letters).unwrap_or(0)).collect();
        }
        fits.begun = table.arounds.iter().map(|around| word.begun_in(around)).collect();
        fits
    }

    fn of(&self, symbol: NamedSymbol) -> Fit {
        if self.word.within == Within::Path {
            return Fit::Not;
        }
        let name = symbol.name as usize;
        match self.names.get(name) {
            // What begins in the name would end in it.
            Some(0) if symbol.around == 0 || self.begun[symbol.around as usize] == Begun::NOTHING => return Fit::Not,
            Some(0) | None => {}
            Some(score) => return Fit::Scores(*score),
        }
        let begun = self.begun[symbol.around as usize];
        match self.word.is_ended_in(begun, self.table.names.letters()[name], || self.table.names.get(symbol.name)) {
            Some(false) => Fit::Not,
            is_ended => Fit::Around { is_certain: is_ended.is_some() },
        }
    }
}

thread_local! {
    static EYE: RefCell<Eye> = RefCell::new(Eye::new());
}

impl Look<'_> {
    fn part(&self, nth: usize, part: &Part, best: &mut Best<Place>) {
        let words = &self.query.words;
        let asks_for_names = self.query.line.is_none() && words.iter().any(|word| word.within != Within::Path);
        let recent = (0..).zip(&self.recent).filter(|(_, place)| place.part as usize == nth);
        EYE.with_borrow_mut(|eye| {
            let fits = |word| Fits::new(word, part.names(), eye);
            let fits = if asks_for_names { words.iter().map(fits).collect() } else { Vec::new() };
            let mut in_part = InPart {
                words,
                part,
                fits,
                recent: recent.collect(),
                of_path: Vec::new(),
                beside: Vec::new(),
                eye,
                best,
            };
            in_part.best.floor = in_part.best.floor.max(self.floor.load(Ordering::Relaxed));
            for file in 0..part.files().len() {
                let place = Place { part: nth as u32, file: file as u32, symbol: None };
                if in_part.file(place) && asks_for_names {
                    in_part.symbols(place);
                }
            }
            self.floor.fetch_max(in_part.best.floor, Ordering::Relaxed);
        });
    }
}

/// One part, as it is looked through.
struct InPart<'a> {
    words: &'a [Word],
    part: &'a Part,
    fits: Vec<Fits<'a>>,
    /// What was gone to in it, and how long ago.
    recent: Vec<(u32, &'a Place)>,
    /// How the path of the file at hand fits each word: that is the same for all that stands in it.
    of_path: Vec<Option<u32>>,
    /// And what that adds to what a name has of the others.
    beside: Vec<Option<u32>>,
    eye: &'a mut Eye,
    best: &'a mut Best<Place>,
}

impl InPart<'_> {
    /// Takes in a file by its path. Whether what stands in it may be found.
    fn file(&mut self, place: Place) -> bool {
        let file = place.file as usize;
        let (path, letters) = (&self.part.files()[file].0, self.part.names().paths[file]);
        let path_score = |word: &Word| match word.within {
            Within::Name => None,
            Within::Path | Within::Either => word.path_lettered(self.eye, path.as_str(), letters),
        };
        self.of_path.clear();
        self.of_path.extend(self.words.iter().map(path_score));
        if let Some(score) = self.of_path.iter().copied().sum::<Option<u32>>() {
            self.push(score + FILE_FIRST, place, || path.file_name().len());
        }
        self.beside.clear();
        if self.words.len() > 1 {
            let beside = |(word, fit): (&Word, &Option<u32>)| fit.map(|fit| word.beside(self.eye, path.as_str(), fit));
            self.beside.extend(self.words.iter().zip(&self.of_path).map(beside));
        } else {
            // One word has to be found in the name.
            self.beside.push(None);
        }
        self.words.iter().zip(&self.of_path).all(|(word, score)| word.within != Within::Path || score.is_some())
    }

    fn symbols(&mut self, file: Place) {
        let names = self.part.names();
        for (id, symbol) in (0..).zip(names.of_file(file.file as usize)) {
            let total = |sum: u32| (sum + first_of(symbol.kind)).saturating_sub(depth_of(symbol.depth));
            let Some(known) = Known::of(*symbol, &self.fits, &self.beside) else { continue };
            if known.is_certain && total(known.sum + known.most) < self.best.floor {
                self.best.total += 1;
                continue;
            }
            let mut sum = known.sum;
            if known.most > 0 {
                // Only what may come among the best is looked at so closely.
                let qualname = &self.part.files()[file.file as usize].1.structure.symbol(id).qualname;
                let look = |word: &Word| word.around(self.eye, qualname);
                let Some(more) = around(*symbol, &self.fits, &self.beside, look) else { continue };
                sum += more;
            }
            let length = || names.arounds.get(symbol.around).len() + names.names.get(symbol.name).len();
            self.push(total(sum), Place { symbol: Some(id), ..file }, length);
        }
    }

    fn push(&mut self, score: u32, at: Place, length: impl Fn() -> usize) {
        if score < self.best.floor {
            self.best.total += 1;
            return;
        }
        // What was gone to comes first among equals, then what stands in the same file.
        let same = self.recent.iter().find(|(_, place)| **place == at).map(|(ago, _)| *ago);
        let in_file =
            || self.recent.iter().find(|(_, place)| place.file == at.file).map(|(ago, _)| BESIDE_RECENT + ago);
        let recent = same.or_else(in_file).unwrap_or(u32::MAX);
        self.best.push(Scored { score: Reverse(score), recent, length: length() as u32, at });
    }
}

/// What is known of a symbol by its own name and its path.
struct Known {
    sum: u32,
    /// What those words add at most that stand around the name alone.
    most: u32,
    /// It fits, whatever they add.
    is_certain: bool,
}

impl Known {
    /// At least one word has to be found in the name; `None` where the symbol does not fit.
    fn of(symbol: NamedSymbol, fits: &[Fits<'_>], beside: &[Option<u32>]) -> Option<Self> {
        let mut known = Self { sum: 0, most: 0, is_certain: true };
        let mut is_named = false;
        for (fit, beside) in fits.iter().zip(beside) {
            match fit.of(symbol) {
                Fit::Not => {
                    known.sum += (*beside)?;
                    continue;
                }
                Fit::Scores(score) => known.sum += score,
                Fit::Around { is_certain } => {
                    known.most += fit.word.around_max().max(beside.unwrap_or(0));
                    known.is_certain &= is_certain;
                }
            }
            is_named = true;
        }
        is_named.then_some(known)
    }
}

/// What the words score that stand around the name alone, or in the path, where that tells more.
fn around(
    symbol: NamedSymbol,
    fits: &[Fits<'_>],
    beside: &[Option<u32>],
    mut look: impl FnMut(&Word) -> Option<u32>,
) -> Option<u32> {
    let (mut sum, mut is_named) = (0, false);
    for (fit, beside) in fits.iter().zip(beside) {
        match fit.of(symbol) {
            Fit::Not => {}
            Fit::Scores(_) => is_named = true,
            Fit::Around { .. } => match look(fit.word) {
                Some(score) => (sum, is_named) = (sum + score.max(beside.unwrap_or(0)), true),
                None => sum += (*beside)?,
            },
        }
    }
    is_named.then_some(sum)
}

/// What is looked for most comes first where names fit alike: variables are many, and rarely meant.
fn first_of(kind: SymbolKind) -> u32 {
    match kind {
        SymbolKind::Class => 100,
        SymbolKind::Function => 80,
        SymbolKind::Method => 60,
        SymbolKind::Variable => 0,
    }
}

const FILE_FIRST: u32 = 50;

/// What stands deep within others is meant less often.
fn depth_of(depth: u8) -> u32 {
    (u32::from(depth) * 10).min(60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Store;
    use crate::text::ProjectPath;
    use crate::text::dice::Dice;

    /// As looking at each symbol by itself would say.
    fn score(query: &Query, path: &str, name: &str, qualname: &str) -> Option<u32> {
        let mut eye = Eye::new();
        let (mut sum, mut is_named) = (0, false);
        for word in &query.words {
            let of_path = (word.within != Within::Name).then(|| word.path(&mut eye, path)).flatten();
            let beside = of_path.filter(|_| query.words.len() > 1).map(|fit| word.beside(&mut eye, path, fit));
            if word.within == Within::Path {
                sum += beside?;
                continue;
            }
            let own = if word.is_qualified() { None } else { word.fit(&mut eye, name) };
            let has_around = word.is_qualified() || name != qualname;
            let around = || word.around(&mut eye, qualname).map(|score| score.max(beside.unwrap_or(0)));
            match own.or_else(|| has_around.then(around).flatten()) {
                Some(score) => (sum, is_named) = (sum + score, true),
                None => sum += beside?,
            }
        }
        is_named.then_some(sum)
    }

    #[test]
    fn the_best_of_all_parts_are_those_that_looking_at_each_symbol_finds() {
        let mut dice = Dice::new(5);
        let mut roll = |end: usize| dice.roll(end);
        const WORDS: [&str; 9] = ["get", "Query", "set", "filter", "all", "größe", "x", "Http", "response"];
        let mut store = Store::new("/p".into());
        let mut entries = Vec::new();
        for nth in 0..1500 {
            let mut text = String::new();
            for _ in 0..roll(5) {
                let mut name = || [WORDS[roll(9)], ["", "_"][roll(2)], WORDS[roll(9)]].concat();
                let (one, two, three) = (name(), name(), name());
                text += &format!("class {one}:\n    def {two}(self):\n        class {three}: ...\n{three} = 1\n");
            }
            let path = ProjectPath::new(&format!("{}/{}{nth}.py", WORDS[nth % 5], WORDS[nth % 9])).unwrap();
            entries.push((path.clone(), Store::parse(&path, text.as_bytes())));
        }
        let snapshot = store.apply(entries, &[]);
        assert!(snapshot.parts().len() > ALONE_MAX);
        let queries =
            ["g", "qset", "Query", "Query.filter", "getset", "fitler", "größe", "qs filter", "set/ g", "all:get", "zz"];
        for raw in queries {
            let query = Query::new(raw);
            let mut scores: Vec<u32> = Vec::new();
            for (path, entry) in snapshot.files() {
                scores.extend(entry.structure.symbols.iter().filter_map(|symbol| {
                    let sum = score(&query, path.as_str(), &symbol.name, &symbol.qualname)?;
                    let depth = symbol.qualname.matches('.').count() as u8;
                    Some((sum + first_of(symbol.kind)).saturating_sub(depth_of(depth)))
                }));
            }
            scores.sort_by_key(|score| Reverse(*score));
            let mut best = rank_project(&query, &snapshot, &[], &|| true).unwrap();
            let is_file = |scored: &Scored<Place>| scored.at.symbol.is_none();
            let mut eye = Eye::new();
            let of_paths = snapshot.files().filter(|(path, _)| {
                query
                    .words
                    .iter()
                    .all(|word| word.within != Within::Name && word.path(&mut eye, path.as_str()).is_some())
            });
            assert_eq!(best.total, scores.len() + of_paths.count(), "{raw}");
            best.keep_best();
            best.scored.sort_unstable();
            let told: Vec<u32> = best.scored.iter().filter(|one| !is_file(one)).map(|one| one.score.0).collect();
            assert_eq!(told, scores[..told.len()], "{raw}");
            assert!(told.len() == scores.len() || best.scored.len() == FOUND_MAX, "{raw}");
        }
        assert!(rank_project(&Query::new("get"), &snapshot, &[], &|| false).is_none());
    }
}

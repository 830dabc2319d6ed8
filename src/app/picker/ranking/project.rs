//! What a query finds among all files and symbols of a project.
//!
//! Each different name of a part is held against the query once; what only stands around a name, in its class, is looked at
//! where it can still come among the best. Asked anew with every key: it looks at tables alone.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::super::fitting::{Begun, Fit};
use super::{Best, Eye, FOUND_MAX, Query, Scored, Within, Word};
use crate::app::{Pick, Spot};
use crate::index::{NameTable, NamedSymbol, Part, Snapshot, SymbolId, SymbolKind};
use crate::text::ProjectPath;

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
    names: Vec<Fit>,
    /// How much of the word's beginning stands around each name.
    begun: Vec<Begun>,
    /// It stands in no name, and around none.
    is_nowhere: bool,
}

/// How well one word fits one symbol, as far as anybody has looked.
enum Seen {
    Not,
    InName(Fit),
    /// Its letters stand in the qualified name alone; or nobody knows.
    Around {
        is_certain: bool,
    },
}

impl<'a> Fits<'a> {
    fn new(word: &'a Word, table: &'a NameTable, eye: &mut Eye) -> Self {
        let mut fits = Self { word, table, names: Vec::new(), begun: Vec::new(), is_nowhere: true };
        if word.within == Within::Path {
            return fits;
        }
        if !word.is_qualified() {
            let texts = table.names.iter().zip(table.names.letters());
            fits.names = texts.map(|(name, letters)| word.glance(eye, name, *letters)).collect();
        }
        fits.begun = table.arounds.iter().map(|around| word.begun_in(around)).collect();
        let is_begun = || fits.begun.iter().any(|begun| *begun != Begun::NOTHING);
        fits.is_nowhere = !word.is_qualified() && fits.names.iter().all(|fit| *fit == Fit::Not) && !is_begun();
        fits
    }

    fn of(&self, symbol: NamedSymbol) -> Seen {
        if self.is_nowhere {
            return Seen::Not;
        }
        let name = symbol.name as usize;
        match self.names.get(name) {
            // What begins in the name would end in it.
            Some(Fit::Not) if symbol.around == 0 || self.begun[symbol.around as usize] == Begun::NOTHING => {
                return Seen::Not;
            }
            Some(Fit::Not) | None => {}
            Some(fit) => return Seen::InName(*fit),
        }
        let begun = self.begun[symbol.around as usize];
        match self.word.is_ended_in(begun, self.table.names.letters()[name], || self.table.names.get(symbol.name)) {
            Some(false) => Seen::Not,
            is_ended => Seen::Around { is_certain: is_ended.is_some() },
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
            let fits: Vec<Fits<'_>> = if asks_for_names { words.iter().map(fits).collect() } else { Vec::new() };
            // At least one word has to be found in a name, or around it.
            let is_named = fits.iter().any(|fits| !fits.is_nowhere);
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
                if in_part.file(place) && is_named {
                    in_part.symbols(place);
                }
            }
            self.floor.fetch_max(in_part.best.floor, Ordering::Relaxed);
        });
    }
}

/// One part, as it is looked through: at a glance first, and closely only at what may come among the best.
struct InPart<'a> {
    words: &'a [Word],
    part: &'a Part,
    fits: Vec<Fits<'a>>,
    /// What was gone to in it, and how long ago.
    recent: Vec<(u32, &'a Place)>,
    /// How the path of the file at hand fits each word: that is the same for all that stands in it.
    of_path: Vec<Fit>,
    /// And what that adds to what a name has of the others.
    beside: Vec<Fit>,
    eye: &'a mut Eye,
    best: &'a mut Best<Place>,
}

impl InPart<'_> {
    /// Takes in a file by its path. Whether what stands in it may be found.
    fn file(&mut self, place: Place) -> bool {
        let file = place.file as usize;
        let (path, letters) = (&self.part.files()[file].0, self.part.names().paths[file]);
        let path_fit = |word: &Word| match word.within {
            Within::Name => Fit::Not,
            Within::Path | Within::Either => word.glance_at_path(self.eye, path.as_str(), letters),
        };
        self.of_path.clear();
        self.of_path.extend(self.words.iter().map(path_fit));
        if let Some(most) = self.of_path.iter().map(|fit| fit.most()).sum::<Option<u32>>() {
            if most + FILE_FIRST < self.best.floor {
                self.best.total += 1;
            } else if let Some(score) =
                self.words.iter().map(|word| word.path(self.eye, path.as_str())).sum::<Option<u32>>()
            {
                self.push(score + FILE_FIRST, place, || path.file_name().len());
            }
        }
        self.beside.clear();
        if self.words.len() > 1 {
            let beside = |(word, fit): (&Word, &Fit)| match fit {
                Fit::Not => Fit::Not,
                fit => word.glance_beside(self.eye, path.as_str(), letters, *fit),
            };
            self.beside.extend(self.words.iter().zip(&self.of_path).map(beside));
        } else {
            // One word has to be found in the name.
            self.beside.push(Fit::Not);
        }
        self.words.iter().zip(&self.of_path).all(|(word, fit)| word.within != Within::Path || *fit != Fit::Not)
    }

    fn symbols(&mut self, file: Place) {
        let names = self.part.names();
        for (id, symbol) in (0..).zip(names.of_file(file.file as usize)) {
            let total = |sum: u32| (sum + first_of(symbol.kind)).saturating_sub(depth_of(symbol.depth));
            let Some(known) = Known::of(*symbol, &self.fits, &self.beside) else { continue };
            if known.is_certain && total(known.most) < self.best.floor {
                self.best.total += 1;
                continue;
            }
            let Some(sum) = self.closely(*symbol, Place { symbol: Some(id), ..file }) else { continue };
            let length = || names.arounds.get(symbol.around).len() + names.names.get(symbol.name).len();
            self.push(total(sum), Place { symbol: Some(id), ..file }, length);
        }
    }

    /// What all words score for a symbol; `None` where it does not fit.
    fn closely(&mut self, symbol: NamedSymbol, place: Place) -> Option<u32> {
        let (path, entry) = &self.part.files()[place.file as usize];
        let (mut sum, mut is_named) = (0, false);
        for nth in 0..self.words.len() {
            let word = &self.words[nth];
            let own = match self.fits[nth].of(symbol) {
                Seen::Not => None,
                Seen::InName(Fit::AtMost(_)) => {
                    let fit = word.fit(self.eye, self.fits[nth].table.names.get(symbol.name));
                    self.fits[nth].names[symbol.name as usize] = fit.into();
                    fit
                }
                Seen::InName(fit) => fit.most(),
                Seen::Around { .. } => {
                    let around = word.around(self.eye, &entry.structure.symbol(place.symbol?).qualname);
                    // The path may tell more.
                    around.map(|score| score.max(self.beside(nth, path).unwrap_or(0)))
                }
            };
            is_named |= own.is_some();
            sum += match own {
                Some(score) => score,
                None => self.beside(nth, path)?,
            };
        }
        is_named.then_some(sum)
    }

    /// What the path of the file at hand adds for a word that is not found in a name.
    fn beside(&mut self, nth: usize, path: &ProjectPath) -> Option<u32> {
        if let Fit::AtMost(_) = self.beside[nth] {
            let (word, path) = (&self.words[nth], path.as_str());
            let fit = word.path(self.eye, path);
            self.beside[nth] = fit.map(|fit| word.beside(self.eye, path, fit)).into();
        }
        self.beside[nth].most()
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

/// What is known of a symbol at a glance.
struct Known {
    /// What all words score at most.
    most: u32,
    /// It fits.
    is_certain: bool,
}

impl Known {
    /// At least one word has to be found in the name; `None` where the symbol does not fit.
    fn of(symbol: NamedSymbol, fits: &[Fits<'_>], beside: &[Fit]) -> Option<Self> {
        let mut known = Self { most: 0, is_certain: true };
        let mut is_named = false;
        for (fits, beside) in fits.iter().zip(beside) {
            match fits.of(symbol) {
                Seen::Not => {
                    known.most += beside.most()?;
                    continue;
                }
                Seen::InName(fit) => known.most += fit.most()?,
                Seen::Around { is_certain } => {
                    known.most += fits.word.around_max().max(beside.most().unwrap_or(0));
                    known.is_certain &= is_certain;
                }
            }
            is_named = true;
        }
        is_named.then_some(known)
    }
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
    use std::sync::Arc;

    use super::*;
    use crate::index::Store;
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
            let own = (!word.is_qualified()).then(|| word.fit(&mut eye, name)).flatten();
            let has_around = word.is_qualified() || name != qualname;
            let around = || word.around(&mut eye, qualname).map(|score| score.max(beside.unwrap_or(0)));
            match own.or_else(|| has_around.then(around).flatten()) {
                Some(score) => (sum, is_named) = (sum + score, true),
                None => sum += beside?,
            }
        }
        is_named.then_some(sum)
    }

    const WORDS: [&str; 12] =
        ["get", "Query", "set", "filter", "all", "größe", "x", "Http", "response", "qs", "prefetch", "related"];

    fn project(dice: &mut Dice) -> Arc<Snapshot> {
        let mut store = Store::new("/p".into());
        let mut entries = Vec::new();
        for nth in 0..1100 {
            let mut text = String::new();
            for _ in 0..dice.roll(5) {
                let mut name = || [WORDS[dice.roll(12)], ["", "_"][dice.roll(2)], WORDS[dice.roll(12)]].concat();
                let (one, two, three) = (name(), name(), name());
                text += &format!("class {one}:\n    def {two}(self):\n        class {three}: ...\n{three} = 1\n");
            }
            let path = ProjectPath::new(&format!("{}/{}{nth}.py", WORDS[nth % 7], WORDS[nth % 12])).unwrap();
            entries.push((path.clone(), Store::parse(&path, text.as_bytes())));
        }
        store.apply(entries, &[])
    }

    /// Something that a person might type: words of names, cut off, run together, with slips, capitals and signs.
    fn typed(dice: &mut Dice) -> String {
        let mut typed: Vec<char> = Vec::new();
        for nth in 0..=dice.roll(3) {
            if nth > 0 {
                typed.push([' ', '_', '.', '/', ':', 's'][dice.roll(6)]);
            }
            let word: Vec<char> = WORDS[dice.roll(12)].chars().collect();
            typed.extend(&word[..=dice.roll(word.len())]);
        }
        for _ in 0..dice.roll(3) {
            let at = dice.roll(typed.len());
            match dice.roll(4) {
                0 => typed.insert(at, 'e'),
                1 if typed.len() > 1 => drop(typed.remove(at)),
                2 if at > 0 => typed.swap(at - 1, at),
                _ => typed[at] = typed[at].to_ascii_uppercase(),
            }
        }
        typed.into_iter().collect()
    }

    /// The list as looking at everything by itself would give it, and how much fits.
    fn from_scratch(query: &Query, snapshot: &Snapshot, recent: &[Place]) -> (Vec<Place>, usize) {
        let mut eye = Eye::new();
        let mut all: Vec<Scored<Place>> = Vec::new();
        for (part, its) in (0..).zip(snapshot.parts()) {
            for (file, (path, entry)) in (0..).zip(its.files()) {
                let mut push = |score: u32, symbol: Option<SymbolId>, length: usize| {
                    let at = Place { part, file, symbol };
                    let same = recent.iter().position(|place| *place == at).map(|ago| ago as u32);
                    let beside = recent.iter().position(|place| (place.part, place.file) == (part, file));
                    let beside = beside.map(|ago| BESIDE_RECENT + ago as u32);
                    let recent = same.or(beside).unwrap_or(u32::MAX);
                    all.push(Scored { score: Reverse(score), recent, length: length as u32, at });
                };
                let of_path = |word: &Word| match word.within {
                    Within::Name => None,
                    Within::Path | Within::Either => word.path(&mut eye, path.as_str()),
                };
                if let Some(score) = query.words.iter().map(of_path).sum::<Option<u32>>() {
                    push(score + FILE_FIRST, None, path.file_name().len());
                }
                let asks_for_names = query.line.is_none();
                for (id, symbol) in (0..).zip(&entry.structure.symbols).filter(|_| asks_for_names) {
                    if let Some(sum) = score(query, path.as_str(), &symbol.name, &symbol.qualname) {
                        let depth = symbol.qualname.matches('.').count() as u8;
                        let total = (sum + first_of(symbol.kind)).saturating_sub(depth_of(depth));
                        push(total, Some(id), symbol.qualname.len());
                    }
                }
            }
        }
        all.sort();
        let total = all.len();
        (all.into_iter().take(FOUND_MAX).map(|scored| scored.at).collect(), total)
    }

    #[test]
    fn the_list_is_the_one_that_looking_at_everything_gives() {
        let mut dice = Dice::new(5);
        let snapshot = project(&mut dice);
        assert!(snapshot.parts().len() > ALONE_MAX);
        let queries =
            ["g", "qset", "Query", "Query.filter", "getset", "fitler", "größe", "qs filter", "set/ g", "all:get", "zz"];
        let cases = std::env::var("FLUX_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24);
        let queries = queries.into_iter().map(str::to_owned).chain((0..cases).map(|_| typed(&mut dice)));
        let mut recent: Vec<Pick> = Vec::new();
        let mut found_count = 0;
        for raw in queries.collect::<Vec<_>>() {
            let query = Query::new(&raw);
            let places = recent_places(&snapshot, &recent);
            let best = rank_project(&query, &snapshot, &recent, &|| true).unwrap();
            let (found, total) = best.finished();
            if !query.words.is_empty() {
                let wanted = from_scratch(&query, &snapshot, &places);
                assert_eq!(total, wanted.1, "{raw}");
                assert!(
                    found == wanted.0,
                    "{raw}: {:?}",
                    found.iter().zip(&wanted.0).find(|(one, other)| one != other)
                );
            }
            found_count += usize::from(!found.is_empty());
            // What is picked is what the next lists prefer.
            if let Some(place) = found.get(dice.roll(found.len().max(1))) {
                recent.insert(0, super::super::project_item(&snapshot, *place, None).pick);
                recent.truncate(6);
            }
        }
        assert!(found_count > cases / 2, "{found_count}");
        assert!(rank_project(&Query::new("get"), &snapshot, &[], &|| false).is_none());
    }
}

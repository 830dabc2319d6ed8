//! What a query finds in a list, best first.
//!
//! Pure, so that a long list is ranked on a worker and a test asks without one. Knows nothing of the screen.
//! Invariant: the order depends on the query, the list and what was used last, on nothing else.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use super::fitting::{Eye, Within, Word};
use super::{Lead, Pick, PickItem, Spot};
use crate::index::{FileEntry, Snapshot, Symbol, SymbolKind};
use crate::text::ProjectPath;

/// So many rows of a list are ever looked at.
const FOUND_MAX: usize = 500;

/// What is chosen from.
#[derive(Clone)]
pub enum PickSource {
    Items(Arc<[PickItem]>),
    /// All files and symbols: their items are made for what is found alone.
    Project(Arc<Snapshot>),
}

/// What a list is asked for.
#[derive(Clone)]
pub struct RankQuestion {
    pub source: PickSource,
    pub query: String,
    /// What was picked before, the last one first.
    pub recent: Arc<[Pick]>,
}

/// One row that was found, with the bytes of its label and of its detail that the query stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub item: PickItem,
    pub label_marks: Vec<Range<usize>>,
    pub detail_marks: Vec<Range<usize>>,
}

/// What a query found; `total` counts also what is not among the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranking {
    pub found: Vec<Found>,
    pub total: usize,
}

/// Ranks a list. `None` when `is_wanted` says that nobody waits for it any more.
pub fn rank(question: &RankQuestion, is_wanted: &dyn Fn() -> bool) -> Option<Ranking> {
    let mut ranker = Ranker::new(&question.query);
    match &question.source {
        PickSource::Items(items) => ranker.items(items, &question.recent),
        PickSource::Project(snapshot) => ranker.project(snapshot, &question.recent, is_wanted)?,
    }
    let total = ranker.total;
    ranker.keep_best();
    ranker.scored.sort_unstable();
    let scored = std::mem::take(&mut ranker.scored);
    let mut found: Vec<Found> = Vec::with_capacity(scored.len());
    match &question.source {
        PickSource::Items(items) => {
            found.extend(scored.iter().map(|scored| ranker.marked(items[scored.at].clone())));
        }
        PickSource::Project(snapshot) => {
            // In the order of the list, so that one walk finds them all.
            let mut places: Vec<(usize, usize)> = scored.iter().map(|scored| scored.at).zip(0..).collect();
            places.sort_unstable();
            let mut items: Vec<(usize, PickItem)> = Vec::with_capacity(places.len());
            let mut wanted = places.into_iter().peekable();
            let mut at = 0;
            for (path, entry) in snapshot.files() {
                let end = at + 1 + entry.structure.symbols.len();
                while let Some((place, order)) = wanted.next_if(|(place, _)| *place < end) {
                    let symbol = (place > at).then(|| &entry.structure.symbols[place - at - 1]);
                    items.push((order, project_item(path, symbol, ranker.line)));
                }
                at = end;
            }
            items.sort_unstable_by_key(|(order, _)| *order);
            found.extend(items.into_iter().map(|(_, item)| ranker.marked(item)));
        }
    }
    Some(Ranking { found, total })
}

fn project_item(path: &ProjectPath, symbol: Option<&Symbol>, line: Option<u32>) -> PickItem {
    match symbol {
        None => PickItem {
            lead: Lead::File,
            label: path.as_str().to_owned(),
            note: line.map_or_else(String::new, |line| format!("line {line}")),
            ..PickItem::new(Pick::Spot(Spot { path: path.clone(), line, symbol: None }))
        },
        Some(symbol) => PickItem {
            lead: Lead::Symbol(symbol.kind),
            label: symbol.qualname.to_string(),
            detail: format!("{}:{}", path.as_str(), symbol.line),
            ..PickItem::new(Pick::Spot(Spot {
                path: path.clone(),
                line: Some(symbol.line),
                symbol: Some((&symbol.qualname).into()),
            }))
        },
    }
}

/// Smaller is better.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Scored {
    score: Reverse<u32>,
    recent: u32,
    length: u32,
    at: usize,
}

struct Ranker {
    words: Vec<Word>,
    /// `path:41`
    line: Option<u32>,
    eye: Eye,
    /// The best so far, in no order.
    scored: Vec<Scored>,
    total: usize,
}

impl Ranker {
    fn new(query: &str) -> Self {
        let mut words = Vec::new();
        let mut line = None;
        for token in query.split_whitespace() {
            let Some((path, name)) = token.split_once(':') else {
                words.push(Word::new(token, if token.contains('/') { Within::Path } else { Within::Either }));
                continue;
            };
            let name = name.trim_start_matches(':');
            if !path.is_empty() {
                words.push(Word::new(path, Within::Path));
            }
            match name.parse() {
                Ok(number) => line = Some(number),
                Err(_) if name.is_empty() => {}
                Err(_) => words.push(Word::new(name, Within::Name)),
            }
        }
        Self { words, line, eye: Eye::new(), scored: Vec::new(), total: 0 }
    }

    fn push(&mut self, scored: Scored) {
        self.total += 1;
        self.scored.push(scored);
        if self.scored.len() >= 8 * FOUND_MAX {
            self.keep_best();
        }
    }

    fn keep_best(&mut self) {
        if self.scored.len() > FOUND_MAX {
            self.scored.select_nth_unstable(FOUND_MAX);
            self.scored.truncate(FOUND_MAX);
        }
    }

    fn items(&mut self, items: &[PickItem], recent: &[Pick]) {
        for (at, item) in items.iter().enumerate() {
            // A sign has no letters: it is found by what it is.
            let of_signs = |word: &str| word.len() > 2 && "signs".starts_with(word);
            let is_sign =
                matches!(item.pick, Pick::Sign(_)) && matches!(&self.words[..], [word] if of_signs(&word.text));
            let is_called = matches!(&self.words[..], [word] if !item.alias.is_empty() && word.text == item.alias);
            let score = if is_called || is_sign {
                Some(u32::MAX)
            } else {
                self.score(&item.label, None, Beside::Text(&item.detail))
            };
            let Some(score) = score else { continue };
            let recent = recent.iter().position(|pick| *pick == item.pick).map_or(u32::MAX, |at| at as u32);
            let length = if self.words.is_empty() || is_sign { 0 } else { item.label.len() as u32 };
            self.push(Scored { score: Reverse(score), recent, length, at });
        }
    }

    fn project(&mut self, snapshot: &Snapshot, recent: &[Pick], is_wanted: &dyn Fn() -> bool) -> Option<()> {
        let mut at = 0;
        for (path, entry) in snapshot.files() {
            if !is_wanted() {
                return None;
            }
            let recent: Vec<(u32, &Spot)> = (0..)
                .zip(recent)
                .filter_map(|(at, pick)| match pick {
                    Pick::Spot(spot) if spot.path == *path => Some((at, spot)),
                    _ => None,
                })
                .collect();
            self.file(path, entry, &recent, at);
            at += 1 + entry.structure.symbols.len();
        }
        Some(())
    }

    fn file(&mut self, path: &ProjectPath, entry: &FileEntry, recent: &[(u32, &Spot)], first: usize) {
        // How the path fits is the same for all that stands in it.
        let path_scores: Vec<Option<u32>> =
            (0..self.words.len()).map(|at| self.path_score(at, path.as_str())).collect();
        if self.words.iter().zip(&path_scores).any(|(word, score)| word.within == Within::Path && score.is_none()) {
            return;
        }
        let recent_of = |symbol: Option<&str>| {
            let same = |(_, spot): &&(u32, &Spot)| spot.symbol.as_deref() == symbol;
            recent.iter().find(same).map_or(u32::MAX, |(at, _)| *at)
        };
        let is_listed = self.words.iter().all(|word| word.within != Within::Name);
        if let Some(score) = path_scores.iter().copied().sum::<Option<u32>>().filter(|_| is_listed) {
            let length = if self.words.is_empty() { 0 } else { path.file_name().len() as u32 };
            self.push(Scored { score: Reverse(score + FILE_FIRST), recent: recent_of(None), length, at: first });
        }
        let asks_for_names = self.words.iter().any(|word| word.within != Within::Path);
        for (at, symbol) in entry.structure.symbols.iter().enumerate() {
            // Without a query the files are listed, and what was gone to.
            let score = match self.words.is_empty() {
                true if recent.is_empty() => None,
                true => (recent_of(Some(&symbol.qualname)) != u32::MAX).then_some(0),
                false if asks_for_names && self.line.is_none() => {
                    self.score(&symbol.name, Some(&symbol.qualname), Beside::Scored(&path_scores))
                }
                false => None,
            };
            if let Some(score) = score {
                let length = if self.words.is_empty() { 0 } else { symbol.qualname.len() as u32 };
                let score = Reverse((score + first_of(symbol.kind)).saturating_sub(depth_of(&symbol.qualname)));
                let recent = recent_of(Some(&symbol.qualname));
                self.push(Scored { score, recent, length, at: first + 1 + at });
            }
        }
    }

    /// How well a name fits, with the path beside it; at least one word has to be found in the name itself, unless
    /// `beside` is a mere text.
    fn score(&mut self, name: &str, qualname: Option<&str>, beside: Beside<'_>) -> Option<u32> {
        let mut sum = 0;
        let mut is_named = self.words.is_empty() || matches!(beside, Beside::Text(_));
        for at in 0..self.words.len() {
            let word = &self.words[at];
            let in_name = match (word.within, qualname) {
                (Within::Path, _) => None,
                (_, Some(qualname)) => word.symbol(&mut self.eye, name, qualname),
                (_, None) => word.fit(&mut self.eye, name),
            };
            is_named |= in_name.is_some();
            sum += match (in_name, beside) {
                (Some(score), _) => score,
                (None, Beside::Text(text)) => self.path_score(at, text)?.saturating_sub(500),
                (None, Beside::Scored(scores)) => scores[at]? / 2,
            };
        }
        is_named.then_some(sum)
    }

    fn path_score(&mut self, at: usize, path: &str) -> Option<u32> {
        let word = &self.words[at];
        if word.within == Within::Name { None } else { word.path(&mut self.eye, path) }
    }

    /// Says what of an item the query stands for.
    fn marked(&mut self, item: PickItem) -> Found {
        let (mut label_marks, mut detail_marks) = (Vec::new(), Vec::new());
        let is_symbol = matches!(item.lead, Lead::Symbol(_));
        let own = if is_symbol { item.label.rfind('.').map_or(0, |at| at + 1) } else { 0 };
        for word in &self.words {
            let in_label = match word.within == Within::Path && item.lead != Lead::File {
                true => None,
                false => {
                    let name = word.places(&mut self.eye, &item.label[own..]).map(|places| (own, places));
                    name.or_else(|| Some((0, word.places(&mut self.eye, &item.label)?)))
                }
            };
            match in_label {
                Some((start, places)) => {
                    label_marks.extend(places.into_iter().map(|place| start + place.start..start + place.end));
                }
                None => detail_marks.extend(word.places(&mut self.eye, &item.detail).unwrap_or_default()),
            }
        }
        Found { label_marks: united(label_marks), detail_marks: united(detail_marks), item }
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
fn depth_of(qualname: &str) -> u32 {
    let within = qualname.bytes().filter(|byte| *byte == b'.').count() as u32;
    (within * 10).min(60)
}

/// Ranges in order, those that touch or overlap as one.
fn united(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut united: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match united.last_mut() {
            Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
            _ => united.push(range),
        }
    }
    united
}

/// What stands beside a name: a text, or a path and what each word of the query scored in it.
#[derive(Clone, Copy)]
enum Beside<'a> {
    Text(&'a str),
    Scored(&'a [Option<u32>]),
}

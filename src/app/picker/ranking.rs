//! What a query finds in a list, best first.
//!
//! Pure, so that a long list is ranked on a worker and a test asks without one. Knows nothing of the screen.
//! Invariant: the order depends on the query, the list and what was used last, on nothing else.

mod project;

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::fitting::{Eye, Within, Word};
use super::{Lead, Pick, PickItem, Spot};
use crate::index::Snapshot;
use project::{Place, rank_project};

/// So many rows of a list are ever looked at.
const FOUND_MAX: usize = 500;
/// Found beside a label alone.
const BESIDE: u32 = 500;

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
pub fn rank(question: &RankQuestion, is_wanted: &(dyn Fn() -> bool + Sync)) -> Option<Ranking> {
    let query = Query::new(&question.query);
    let (items, total) = match &question.source {
        PickSource::Items(items) => {
            let (places, total) = rank_items(&query, items, &question.recent).finished();
            (places.into_iter().map(|at| items[at].clone()).collect::<Vec<PickItem>>(), total)
        }
        PickSource::Project(snapshot) => {
            let (places, total) = rank_project(&query, snapshot, &question.recent, is_wanted)?.finished();
            (places.into_iter().map(|place| project_item(snapshot, place, query.line)).collect(), total)
        }
    };
    let mut eye = Eye::new();
    Some(Ranking { found: items.into_iter().map(|item| query.marked(item, &mut eye)).collect(), total })
}

/// Does beforehand what the first letter of a query would have to do, for as long as `is_wanted`.
pub fn prepare_ranking(question: &RankQuestion, is_wanted: &(dyn Fn() -> bool + Sync)) {
    if let PickSource::Project(snapshot) = &question.source {
        snapshot.parts().par_iter().filter(|_| is_wanted()).for_each(|part| {
            part.names();
        });
    }
}

fn project_item(snapshot: &Snapshot, place: Place, line: Option<u32>) -> PickItem {
    let (path, entry) = &snapshot.parts()[place.part as usize].files()[place.file as usize];
    let symbol = place.symbol.map(|id| entry.structure.symbol(id));
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
struct Scored<P> {
    score: Reverse<u32>,
    recent: u32,
    length: u32,
    at: P,
}

/// The best so far, in no order, and how many there were.
struct Best<P> {
    scored: Vec<Scored<P>>,
    total: usize,
    /// As many as are ever looked at score so much.
    floor: u32,
}

impl<P: Ord> Best<P> {
    fn new() -> Self {
        Self { scored: Vec::new(), total: 0, floor: 0 }
    }

    fn push(&mut self, scored: Scored<P>) {
        self.total += 1;
        if scored.score.0 < self.floor {
            return;
        }
        self.scored.push(scored);
        if self.scored.len() >= 4 * FOUND_MAX {
            self.keep_best();
        }
    }

    fn keep_best(&mut self) {
        if self.scored.len() > FOUND_MAX {
            let (_, worst, _) = self.scored.select_nth_unstable(FOUND_MAX - 1);
            self.floor = self.floor.max(worst.score.0);
            self.scored.truncate(FOUND_MAX);
        }
    }

    fn with(mut self, other: Self) -> Self {
        self.total += other.total;
        self.scored.extend(other.scored);
        self.keep_best();
        self
    }

    /// The places in order.
    fn finished(mut self) -> (Vec<P>, usize) {
        self.keep_best();
        self.scored.sort_unstable();
        (self.scored.into_iter().map(|scored| scored.at).collect(), self.total)
    }
}

struct Query {
    words: Vec<Word>,
    /// `path:41`
    line: Option<u32>,
}

impl Query {
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
        Self { words, line }
    }

    /// How well a label and the text beside it fit.
    fn text_score(&self, eye: &mut Eye, item: &PickItem) -> Option<u32> {
        let of_word = |word: &Word| match (word.within, word.fit(eye, &item.label)) {
            (Within::Name | Within::Either, Some(score)) => Some(score),
            (Within::Name, None) => None,
            _ => Some(word.path(eye, &item.detail)?.saturating_sub(BESIDE)),
        };
        self.words.iter().map(of_word).sum()
    }

    /// Says what of an item the query stands for.
    fn marked(&self, item: PickItem, eye: &mut Eye) -> Found {
        let (mut label_marks, mut detail_marks) = (Vec::new(), Vec::new());
        let is_symbol = matches!(item.lead, Lead::Symbol(_));
        let own = if is_symbol { item.label.rfind('.').map_or(0, |at| at + 1) } else { 0 };
        for word in &self.words {
            let in_label = match word.within == Within::Path && item.lead != Lead::File {
                true => None,
                false => {
                    let name = word.places(eye, &item.label[own..]).map(|places| (own, places));
                    name.or_else(|| Some((0, word.places(eye, &item.label)?)))
                }
            };
            match in_label {
                Some((start, places)) => {
                    label_marks.extend(places.into_iter().map(|place| start + place.start..start + place.end));
                }
                None => detail_marks.extend(word.places(eye, &item.detail).unwrap_or_default()),
            }
        }
        Found { label_marks: united(label_marks), detail_marks: united(detail_marks), item }
    }
}

fn rank_items(query: &Query, items: &[PickItem], recent: &[Pick]) -> Best<usize> {
    let (mut best, mut eye) = (Best::new(), Eye::new());
    for (at, item) in items.iter().enumerate() {
        // A sign has no letters: it is found by what it is.
        let of_signs = |word: &str| word.len() > 2 && "signs".starts_with(word);
        let is_sign = matches!(item.pick, Pick::Sign(_)) && matches!(&query.words[..], [word] if of_signs(&word.text));
        let is_called = matches!(&query.words[..], [word] if !item.alias.is_empty() && word.text == item.alias);
        let score = if is_called || is_sign { Some(u32::MAX) } else { query.text_score(&mut eye, item) };
        let Some(score) = score else { continue };
        let recent = recent.iter().position(|pick| *pick == item.pick).map_or(u32::MAX, |at| at as u32);
        let length = if query.words.is_empty() || is_sign { 0 } else { item.label.len() as u32 };
        best.push(Scored { score: Reverse(score), recent, length, at });
    }
    best
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

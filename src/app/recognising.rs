//! What kind of change a hunk is, where one can tell without reading it: layout alone, or code that only moved, all of it or a
//! part.
//!
//! Knows nothing of the screen and of what is decided. Invariant: what is recognised is still a hunk like any other.

use std::collections::{BTreeMap, HashMap};

use crate::index::differs_in_layout;
use crate::text::{ChangeSet, FileChange, Hunk, HunkId, ProjectPath, Run, select, shared_lines};

/// Names a hunk, whatever is split and typed before and behind it: its file, its old lines, how many new ones it has.
pub type HunkKey = (ProjectPath, u32, u32, u32);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HunkKind {
    /// White space, line breaks, quotes, trailing commas, needless brackets.
    Layout,
    Moved(Moved),
}

/// A block that is gone from one place and stands in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// All of the hunk moved; else those lines of it that stand in `pairs`, word for word.
    pub is_whole: bool,
    /// This hunk is where it stands now.
    pub is_here: bool,
    /// The hunk at the other place.
    pub other: HunkKey,
    /// Each line here, from 1, with the line there that it is or was made of.
    pub pairs: BTreeMap<u32, u32>,
    /// Lines that are not the same in both places, indentation aside.
    pub differing: usize,
}

/// A block of so many lines is worth being told as moved.
const MOVED_LINES_MIN: usize = 3;
/// So many lines in a row that moved are worth being told of a hunk that does more, where they hold so many bytes.
const PART_LINES_MIN: usize = 4;
const PART_BYTES_MIN: usize = 40;
/// Lines that stand in more places have no place of their own.
const PLACES_MAX: usize = 8;
/// So many lines of a hundred are the same, indentation aside.
const MOVED_SHARE_MIN: usize = 80;
/// Longer blocks are not compared.
const MOVED_LINES_MAX: usize = 20_000;
/// So many hunks of a file are looked at one by one for being layout alone.
const LAYOUT_HUNKS_MAX: usize = 100;

impl HunkKind {
    /// Whether a heading can stand for all of it.
    pub fn is_of_all(&self) -> bool {
        match self {
            Self::Layout => true,
            Self::Moved(moved) => moved.is_whole,
        }
    }
}

pub fn key_of(hunk: &Hunk) -> HunkKey {
    let Run { old, new } = hunk.extent();
    (hunk.path.clone(), old.start, old.end, new.len() as u32)
}

/// What can be told of the hunks of a change set. Parses the files: not for the thread that draws.
pub fn recognise(change_set: &ChangeSet, hunks: &[Hunk]) -> BTreeMap<HunkKey, HunkKind> {
    let mut kinds = BTreeMap::new();
    for (path, change) in change_set.iter() {
        if path.is_python() && change.old.is_some() && change.new.is_some() {
            let own: Vec<&Hunk> = hunks.iter().filter(|hunk| hunk.path == *path).collect();
            layouts(change_set, change, hunks, &own, &mut kinds);
        }
    }
    moves(change_set, hunks, &mut kinds);
    kinds
}

fn layouts(
    change_set: &ChangeSet,
    change: &FileChange,
    hunks: &[Hunk],
    own: &[&Hunk],
    kinds: &mut BTreeMap<HunkKey, HunkKind>,
) {
    let (old, new) = (lines(change.old_text()), lines(change.new_text()));
    let looks_alike = |hunk: &&&Hunk| {
        let Run { old: gone, new: come } = hunk.extent();
        let letters = |lines: &[&str]| -> String {
            let text = lines.iter().flat_map(|line| line.chars());
            text.filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '"' | ',' | '(' | ')' | '\\')).collect()
        };
        hunk.conflict.is_none()
            && letters(&old[gone.start as usize..gone.end as usize])
                == letters(&new[come.start as usize..come.end as usize])
    };
    let alike: Vec<&Hunk> = own.iter().filter(looks_alike).copied().collect();
    if alike.is_empty() {
        return;
    }
    let mut texts = vec![change.new.clone().unwrap_or_default()];
    for hunk in alike.iter().take(LAYOUT_HUNKS_MAX) {
        let alone = select(change_set, hunks, |id| id == hunk.id);
        texts.push(alone.get(&hunk.path).and_then(|change| change.new.clone()).unwrap_or_default());
    }
    let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
    let whole = differs_in_layout(&alike[0].path, change.old_text(), &texts[..1])[0];
    let alone = if whole { Vec::new() } else { differs_in_layout(&alike[0].path, change.old_text(), &texts[1..]) };
    for (at, hunk) in alike.iter().enumerate() {
        if whole || alone.get(at) == Some(&true) {
            kinds.insert(key_of(hunk), HunkKind::Layout);
        }
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The lines that a hunk takes away, or brings: each one that says something, with its number from 1.
struct Block<'t> {
    hunk: &'t Hunk,
    lines: Vec<(u32, &'t str)>,
}

impl<'t> Block<'t> {
    fn of(change_set: &'t ChangeSet, hunk: &'t Hunk, is_here: bool) -> Option<Self> {
        let change = change_set.get(&hunk.path)?;
        if hunk.conflict.is_some() {
            return None;
        }
        let text = if is_here { change.new_text() } else { change.old_text() };
        let all = lines(text);
        let mut found = Vec::new();
        for run in &hunk.runs {
            let range = if is_here { &run.new } else { &run.old };
            let own = (range.start..range.end).filter_map(|at| Some((at + 1, all.get(at as usize)?.trim())));
            found.extend(own.filter(|(_, line)| !line.is_empty()));
        }
        let is_fit = (MOVED_LINES_MIN..=MOVED_LINES_MAX).contains(&found.len());
        is_fit.then_some(Self { hunk, lines: found })
    }

    /// The hunk does nothing else.
    fn is_pure(&self, is_here: bool) -> bool {
        self.hunk.runs.iter().all(|run| if is_here { run.old.is_empty() } else { run.new.is_empty() })
    }

    fn texts(&self) -> Vec<&'t str> {
        self.lines.iter().map(|(_, line)| *line).collect()
    }
}

fn moves(change_set: &ChangeSet, hunks: &[Hunk], kinds: &mut BTreeMap<HunkKey, HunkKind>) {
    let blocks =
        |is_here| -> Vec<Block<'_>> { hunks.iter().filter_map(|hunk| Block::of(change_set, hunk, is_here)).collect() };
    let (all_gone, all_come) = (blocks(false), blocks(true));
    let pure = |blocks: &[Block<'_>], is_here| -> Vec<usize> {
        (0..blocks.len()).filter(|at| blocks[*at].is_pure(is_here)).collect()
    };
    let gone: Vec<&Block<'_>> = pure(&all_gone, false).into_iter().map(|at| &all_gone[at]).collect();
    let come: Vec<&Block<'_>> = pure(&all_come, true).into_iter().map(|at| &all_come[at]).collect();
    let mut standing: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, block) in come.iter().enumerate() {
        for line in block.texts() {
            let places = standing.entry(line).or_default();
            if places.last() != Some(&at) {
                places.push(at);
            }
        }
    }
    let mut taken: Vec<HunkId> = Vec::new();
    for block in gone.iter().copied() {
        let mut shares: BTreeMap<usize, usize> = BTreeMap::new();
        for line in block.texts() {
            standing.get(line).into_iter().flatten().for_each(|at| *shares.entry(*at).or_default() += 1);
        }
        let free = shares.iter().filter(|(at, _)| !taken.contains(&come[**at].hunk.id));
        let Some((best, _)) = free.max_by_key(|(at, share)| (**share, usize::MAX - **at)) else { continue };
        let other = come[*best];
        let Some(pairs) = paired(block, other) else { continue };
        taken.push(other.hunk.id);
        let texts: (HashMap<u32, &str>, HashMap<u32, &str>) =
            (block.lines.iter().copied().collect(), other.lines.iter().copied().collect());
        let same = pairs.iter().filter(|(from, to)| texts.0.get(from) == texts.1.get(to)).count();
        let differing = block.lines.len().max(other.lines.len()) - same;
        let back = pairs.iter().map(|(from, to)| (*to, *from)).collect();
        let moved = |is_here, hunk, pairs| Moved { is_whole: true, is_here, other: key_of(hunk), pairs, differing };
        kinds.insert(key_of(block.hunk), HunkKind::Moved(moved(false, other.hunk, pairs)));
        kinds.insert(key_of(other.hunk), HunkKind::Moved(moved(true, block.hunk, back)));
    }
    parts(&all_gone, &all_come, kinds);
}

/// What moved out of hunks that do more, or into them.
fn parts(gone: &[Block<'_>], come: &[Block<'_>], kinds: &mut BTreeMap<HunkKey, HunkKind>) {
    let is_open = |block: &&Block<'_>| !kinds.contains_key(&key_of(block.hunk));
    let (gone, come): (Vec<&Block<'_>>, Vec<&Block<'_>>) =
        (gone.iter().filter(is_open).collect(), come.iter().filter(is_open).collect());
    let come_texts: Vec<Vec<&str>> = come.iter().map(|block| block.texts()).collect();
    let mut standing: HashMap<&[&str], Vec<(usize, usize)>> = HashMap::new();
    for (of, texts) in come_texts.iter().enumerate() {
        for (at, lines) in texts.windows(PART_LINES_MIN).enumerate() {
            let places = standing.entry(lines).or_default();
            if places.len() < PLACES_MAX {
                places.push((of, at));
            }
        }
    }
    for block in gone {
        let texts = block.texts();
        let same = |(of, at): (usize, usize), from: usize| {
            texts[from..].iter().zip(&come_texts[of][at..]).take_while(|(one, other)| one == other).count()
        };
        let is_other = |(of, _): &(usize, usize)| come[*of].hunk.id != block.hunk.id;
        let mut best: Option<(usize, usize, (usize, usize))> = None;
        let mut from = 0;
        while from + PART_LINES_MIN <= texts.len() {
            let places = standing.get(&texts[from..from + PART_LINES_MIN]).into_iter().flatten().copied();
            let longest =
                places.filter(is_other).map(|place| (same(place, from), place)).max_by_key(|(count, _)| *count);
            let Some((count, place)) = longest else {
                from += 1;
                continue;
            };
            let says_something =
                texts[from..from + count].iter().map(|line| line.len()).sum::<usize>() >= PART_BYTES_MIN;
            if says_something && best.is_none_or(|(known, ..)| count > known) {
                best = Some((count, from, place));
            }
            from += count;
        }
        let Some((count, from, (of, at))) = best else { continue };
        let other = come[of];
        let here = block.lines[from..from + count].iter().map(|(line, _)| *line);
        let there = other.lines[at..at + count].iter().map(|(line, _)| *line);
        let pairs: BTreeMap<u32, u32> = here.zip(there).collect();
        let back = pairs.iter().map(|(from, to)| (*to, *from)).collect();
        let moved = |is_here, hunk, pairs| {
            HunkKind::Moved(Moved { is_whole: false, is_here, other: key_of(hunk), pairs, differing: 0 })
        };
        kinds.entry(key_of(block.hunk)).or_insert_with(|| moved(false, other.hunk, pairs));
        kinds.entry(key_of(other.hunk)).or_insert_with(|| moved(true, block.hunk, back));
    }
}

/// Which line there each line here became, where the two are one block.
fn paired(gone: &Block<'_>, come: &Block<'_>) -> Option<BTreeMap<u32, u32>> {
    let shared = shared_lines(&gone.texts(), &come.texts());
    let longest = gone.lines.len().max(come.lines.len());
    if shared.len() < MOVED_LINES_MIN || shared.len() * 100 < longest * MOVED_SHARE_MIN {
        return None;
    }
    let mut pairs = BTreeMap::new();
    let (mut from, mut to) = (0, 0);
    for (at, other) in shared.into_iter().chain([(gone.lines.len(), come.lines.len())]) {
        // As many lines between two that are the same: each became the one at its place.
        if at - from == other - to {
            pairs.extend((from..at).zip(to..other).map(|(at, other)| (gone.lines[at].0, come.lines[other].0)));
        }
        if at < gone.lines.len() {
            pairs.insert(gone.lines[at].0, come.lines[other].0);
        }
        (from, to) = (at + 1, other + 1);
    }
    Some(pairs)
}

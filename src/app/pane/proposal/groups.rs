//! Which symbols a proposal's hunks stand in, and which of these have several.
//!
//! Invariant: a symbol is a group of its own unless one within it has the very same hunks.

use super::{FileSides, ProposalRow};
use crate::index::{Symbol, SymbolKind};
use crate::text::{Hunk, ProjectPath};

/// A class, method or function that a hunk stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    path: ProjectPath,
    pub(super) qualname: Box<str>,
    kind: SymbolKind,
    /// Where it begins, on the side where the hunk was found in it.
    pub(super) start: Start,
    pub(super) end_line: u32,
}

impl Owner {
    /// Whether the row is the one where the symbol begins.
    pub(super) fn begins_at(&self, row: &ProposalRow) -> bool {
        match (row, self.start) {
            (ProposalRow::Line { row, .. }, Start::Old(start)) => row.old_line == Some(start),
            (ProposalRow::Line { row, .. }, Start::New(start)) => row.new_line == Some(start),
            _ => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    Old(u32),
    New(u32),
}

/// A symbol that several hunks change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub path: ProjectPath,
    pub qualname: Box<str>,
    pub kind: SymbolKind,
    /// How many groups it stands in.
    pub depth: usize,
    pub hunks: Vec<usize>,
    pub(super) start: Start,
}

impl Group {
    pub(super) fn is_of(&self, owner: &Owner) -> bool {
        self.path == owner.path && self.qualname == owner.qualname
    }
}

/// So many lines of a hunk are looked at for what they stand in.
const LINES_MAX: usize = 200;

/// What a hunk stands in, outermost first.
pub(super) fn owner_of(files: &[FileSides], hunk: &Hunk) -> Vec<Owner> {
    let find = || {
        let file = files.iter().find(|file| file.path == hunk.path)?;
        let run = hunk.runs.first()?;
        // What only goes stood on the old side.
        let is_new = !run.new.is_empty();
        let (side, lines) = if is_new { (&file.new, &run.new) } else { (&file.old, &run.old) };
        let side = side.as_ref()?;
        let structure = &side.live.as_ref()?.structure;
        let first = lines.start + 1;
        let lines = (first..=lines.end.max(first)).take(LINES_MAX);
        // A blank line before a method still stands in what is before it.
        let mut telling = lines.filter(|line| !side.line(*line).trim().is_empty());
        let id = telling.find_map(|line| structure.symbol_at(line)).or_else(|| structure.symbol_at(first))?;
        let outwards = std::iter::successors(Some(structure.symbol(id)), |symbol| {
            symbol.parent.map(|parent| structure.symbol(parent))
        });
        let owner = |symbol: &Symbol| {
            let line = symbol.decorator_line.unwrap_or(symbol.line);
            Owner {
                path: hunk.path.clone(),
                qualname: (&symbol.qualname).into(),
                kind: symbol.kind,
                end_line: symbol.end_line,
                start: if is_new { Start::New(line) } else { Start::Old(line) },
            }
        };
        let mut owners: Vec<Owner> = outwards.map(owner).collect();
        owners.reverse();
        Some(owners)
    };
    find().unwrap_or_default()
}

/// The symbols whose lines a hunk changes, by qualified name, and whether they are those of the new side.
pub(super) fn symbols_in(files: &[FileSides], hunk: &Hunk) -> (Vec<String>, bool) {
    let file = files.iter().find(|file| file.path == hunk.path);
    let is_new = hunk.runs.iter().any(|run| !run.new.is_empty());
    let side = file.and_then(|file| if is_new { file.new.as_ref() } else { file.old.as_ref() });
    let Some(structure) = side.and_then(|side| side.live.as_ref()).map(|live| &live.structure) else {
        return (Vec::new(), is_new);
    };
    let mut names: Vec<String> = Vec::new();
    for run in &hunk.runs {
        let lines = if is_new { &run.new } else { &run.old };
        for line in (lines.start + 1..=lines.end).take(LINES_MAX) {
            let is_bound = |symbol: &&Symbol| symbol.kind == SymbolKind::Variable && symbol.line == line;
            let bound = structure.symbols.iter().filter(is_bound);
            let around = structure.symbol_at(line).map(|id| structure.symbol(id));
            for symbol in bound.chain(around) {
                if !names.iter().any(|name| **name == *symbol.qualname) {
                    names.push(symbol.qualname.to_string());
                }
            }
        }
    }
    (names, is_new)
}

/// The symbols with several hunks, in the order of their first one, outer ones before those in them.
pub(super) fn groups_of(owners: &[Vec<Owner>]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    // Hunks stand in the order of files and lines, so a symbol's hunks follow each other.
    let mut open: Vec<Group> = Vec::new();
    for (at, chain) in owners.iter().enumerate() {
        let shared = open.iter().zip(chain).take_while(|(group, owner)| group.is_of(owner)).count();
        groups.extend(open.drain(shared..).rev());
        open.extend(chain[shared..].iter().map(|owner| Group {
            path: owner.path.clone(),
            qualname: owner.qualname.clone(),
            kind: owner.kind,
            depth: 0,
            hunks: Vec::new(),
            start: owner.start,
        }));
        open.iter_mut().for_each(|group| group.hunks.push(at));
    }
    groups.extend(open.drain(..).rev());
    groups.retain(|group| group.hunks.len() > 1);
    // Inner ones were closed first.
    groups.sort_by_key(|group| (group.hunks[0], usize::MAX - group.hunks.len(), group.qualname.len()));
    groups.dedup_by(|inner, outer| {
        let is_same = inner.hunks == outer.hunks;
        if is_same {
            std::mem::swap(inner, outer);
        }
        is_same
    });
    let ends: Vec<usize> = groups.iter().map(|group| group.hunks[group.hunks.len() - 1]).collect();
    for at in 0..groups.len() {
        let first = groups[at].hunks[0];
        groups[at].depth = ends[..at].iter().filter(|end| **end >= first).count();
    }
    groups
}

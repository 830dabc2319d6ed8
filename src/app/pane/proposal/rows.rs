//! The rows of one file of a proposal: hunk and symbol headings, lines old against new, and what is left out between.
//!
//! Invariant: the work grows with the lines alone, however many hunks and runs there are.

use super::groups::{Owner, Start};
use super::{Arrangement, FileSides, Group, ProposalRow, Side};
use crate::app::ShownLine;
use crate::text::{DiffRow, Hunk, RowKind, Run, diff_rows};

/// Unchanged lines shown around a change.
const CONTEXT_LINES: usize = 4;
/// Unchanged lines shown around a line that somebody went to.
const REVEALED_LINES: u32 = 2;
/// Lines shown of what stood there before a conflict.
const BASE_LINES: usize = 6;

/// How the rows of a file are to be laid.
pub(super) struct Shown<'a> {
    pub(super) groups: &'a [Group],
    /// Symbols that are shown whole.
    pub(super) widened: Vec<&'a Owner>,
    /// A line that is shown though nothing changes near it.
    pub(super) revealed: Option<ShownLine>,
    /// Whether a heading stands for all of a hunk's lines.
    pub(super) is_folded: &'a dyn Fn(&Hunk) -> bool,
    pub(super) arrangement: Arrangement,
}

pub(super) fn file_rows(at: usize, file: &FileSides, hunks: &[&Hunk], shown: &Shown<'_>) -> Vec<ProposalRow> {
    let text = |side: &Option<Side>| side.as_ref().map_or("".into(), |side| side.text.clone());
    let diff = diff_rows(&text(&file.old), &text(&file.new), hunks.iter().flat_map(|hunk| &hunk.runs));
    // Each row belongs to the hunk whose run it stands in, however they are cut.
    let mut runs = Runs::new(hunks);
    let owned: Vec<Option<usize>> = diff.iter().map(|row| runs.hunk_of(row)).collect();
    // The hunks of a file follow each other.
    let first = hunks.first().map_or(0, |hunk| hunk.id.0 as usize);
    let folded: Vec<bool> = hunks.iter().map(|hunk| (shown.is_folded)(hunk)).collect();
    let is_folded = |hunk: usize| folded.get(hunk - first).is_some_and(|folded| *folded);
    let near = near_changes(&diff, &owned, &is_folded, shown);
    let mut laid = Laid { file: at, arrangement: shown.arrangement, rows: Vec::new(), added: Vec::new(), left_out: 0 };
    let mut headed: Option<usize> = None;
    for ((row, hunk), near) in diff.into_iter().zip(owned).zip(near) {
        if !near && hunk.is_none() {
            laid.left_out += 1;
            continue;
        }
        // In a unified view all removed lines of a run come before the added ones.
        if hunk.is_none() || hunk != headed {
            laid.flush();
        }
        if let Some(hunk) = hunk.filter(|hunk| headed != Some(*hunk)) {
            headed = Some(hunk);
            laid.rows.extend(heading(hunk, hunks));
        }
        if !hunk.is_some_and(is_folded) {
            laid.push(row, hunk);
        }
    }
    laid.flush();
    if headed.is_none() {
        // An empty file comes or goes: no line, yet something to decide on.
        laid.rows.extend(hunks.first().into_iter().flat_map(|hunk| heading(hunk.id.0 as usize, hunks)));
    }
    with_symbols(laid.rows, shown.groups)
}

/// The rows so far.
struct Laid {
    file: usize,
    arrangement: Arrangement,
    rows: Vec<ProposalRow>,
    /// Lines of a unified view that wait until the removed ones of their run are laid.
    added: Vec<ProposalRow>,
    left_out: usize,
}

impl Laid {
    fn flush(&mut self) {
        self.rows.append(&mut self.added);
        if self.left_out > 0 {
            self.rows.push(ProposalRow::Gap { count: std::mem::take(&mut self.left_out) });
        }
    }

    fn push(&mut self, row: DiffRow, hunk: Option<usize>) {
        let file = self.file;
        match (self.arrangement, row.kind) {
            (Arrangement::Unified, RowKind::Changed) => {
                let old = DiffRow { kind: RowKind::Removed, new_line: None, pair: row.new_line, ..row };
                let new = DiffRow { kind: RowKind::Added, old_line: None, pair: row.old_line, ..row };
                self.rows.push(ProposalRow::Line { file, row: old, hunk });
                self.added.push(ProposalRow::Line { file, row: new, hunk });
            }
            (Arrangement::Unified, RowKind::Added) => self.added.push(ProposalRow::Line { file, row, hunk }),
            _ => self.rows.push(ProposalRow::Line { file, row, hunk }),
        }
    }
}

/// The runs of a file in their order, each with its hunk.
struct Runs<'h> {
    runs: Vec<(&'h Run, usize)>,
    at: usize,
}

impl<'h> Runs<'h> {
    fn new(hunks: &[&'h Hunk]) -> Self {
        let runs = hunks.iter().flat_map(|hunk| hunk.runs.iter().map(|run| (run, hunk.id.0 as usize)));
        Self { runs: runs.collect(), at: 0 }
    }

    /// The hunk of a row; rows are asked about in their order.
    fn hunk_of(&mut self, row: &DiffRow) -> Option<usize> {
        if row.kind == RowKind::Equal {
            return None;
        }
        let holds = |run: &Run| {
            row.old_line.is_some_and(|line| run.old.contains(&(line - 1)))
                || row.new_line.is_some_and(|line| run.new.contains(&(line - 1)))
        };
        while self.runs.get(self.at).is_some_and(|(run, _)| !holds(run)) {
            self.at += 1;
        }
        self.runs.get(self.at).map(|(_, hunk)| *hunk)
    }
}

/// The heading of a hunk, and under it what was there before where that is no longer the old side.
fn heading(at: usize, hunks: &[&Hunk]) -> Vec<ProposalRow> {
    // The hunks of a file follow each other.
    let first = hunks.first().map_or(0, |hunk| hunk.id.0 as usize);
    let conflict = hunks.get(at - first).and_then(|hunk| hunk.conflict.as_ref());
    let mut rows = vec![ProposalRow::Hunk(at)];
    if let Some(conflict) = conflict {
        // At least one row, which says that there was nothing.
        let count = conflict.base.as_ref().map_or(0, |base| base.lines().count()).max(1);
        let shown = count.min(BASE_LINES);
        let left_out = |line: usize| if line + 1 == shown { count - shown } else { 0 };
        rows.extend((0..shown).map(|line| ProposalRow::Base { hunk: at, line, left_out: left_out(line) }));
    }
    rows
}

/// Which rows stand near enough to a change to be shown, or in a symbol that is shown whole.
fn near_changes(
    diff: &[DiffRow],
    owned: &[Option<usize>],
    is_folded: &dyn Fn(usize) -> bool,
    shown: &Shown<'_>,
) -> Vec<bool> {
    let changes = |at: usize| owned[at].is_some_and(|hunk| !is_folded(hunk));
    let is_within = |row: &DiffRow| {
        shown.widened.iter().any(|owner| match owner.start {
            Start::Old(start) => row.old_line.is_some_and(|line| (start..=owner.end_line).contains(&line)),
            Start::New(start) => row.new_line.is_some_and(|line| (start..=owner.end_line).contains(&line)),
        })
    };
    let is_revealed = |row: &DiffRow| match shown.revealed {
        None => false,
        Some(ShownLine::Old(line)) => row.old_line.is_some_and(|at| at.abs_diff(line) <= REVEALED_LINES),
        Some(ShownLine::New(line)) => row.new_line.is_some_and(|at| at.abs_diff(line) <= REVEALED_LINES),
    };
    let mut near: Vec<bool> = diff.iter().map(|row| is_within(row) || is_revealed(row)).collect();
    let mut since = usize::MAX;
    for (at, near) in near.iter_mut().enumerate() {
        since = if changes(at) { 0 } else { since.saturating_add(1) };
        *near |= since <= CONTEXT_LINES;
    }
    since = usize::MAX;
    for (at, near) in near.iter_mut().enumerate().rev() {
        since = if changes(at) { 0 } else { since.saturating_add(1) };
        *near |= since <= CONTEXT_LINES;
    }
    // Leaving out one line costs as much room as showing it.
    for at in 1..diff.len().saturating_sub(1) {
        near[at] |= near[at - 1] && near[at + 1];
    }
    near
}

/// Puts the heading of each symbol above its first hunk: before the line where it begins, if that is shown, else before
/// all that is shown above the hunk.
fn with_symbols(rows: Vec<ProposalRow>, groups: &[Group]) -> Vec<ProposalRow> {
    let mut headings: Vec<(usize, usize)> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let ProposalRow::Hunk(hunk) = row else { continue };
        let first = groups.partition_point(|group| group.hunks[0] < *hunk);
        for (group, of) in (first..).zip(groups[first..].iter().take_while(|group| group.hunks[0] == *hunk)) {
            let stands_in = |row: &&ProposalRow| match row {
                ProposalRow::Line { row, hunk: None, .. } => match of.start {
                    Start::Old(start) => row.old_line.is_some_and(|line| line >= start),
                    Start::New(start) => row.new_line.is_some_and(|line| line >= start),
                },
                _ => false,
            };
            headings.push((at - rows[..at].iter().rev().take_while(stands_in).count(), group));
        }
    }
    headings.sort_by_key(|(at, _)| *at);
    let mut headings = headings.into_iter().peekable();
    let mut with = Vec::with_capacity(rows.len() + headings.len());
    for (at, row) in rows.into_iter().enumerate() {
        while let Some((_, group)) = headings.next_if(|(before, _)| *before == at) {
            with.push(ProposalRow::Symbol(group));
        }
        with.push(row);
    }
    with
}

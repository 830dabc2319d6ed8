//! The rows of a proposal: file headings, hunk headings, lines old against new, and what is left out between.

use std::sync::Arc;

use super::{moved, scrolled};
use crate::app::review::Review;
use crate::index::LiveFile;
use crate::text::{DiffRow, FileChange, FileText, Hunk, ProjectPath, RowKind, Span, diff_rows};

/// One side of a file.
pub struct Side {
    pub text: Arc<str>,
    /// The lines as the diff cuts them, line ends included.
    pub lines: Vec<Span>,
    /// For colours and the names of symbols; not for huge files.
    pub live: Option<LiveFile>,
}

pub struct FileSides {
    pub path: ProjectPath,
    pub old: Option<Side>,
    pub new: Option<Side>,
    diff: Vec<DiffRow>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposalRow {
    /// The heading of a file: its place in [`ProposalPane::files`].
    File(usize),
    /// The heading of a hunk.
    Hunk(usize),
    /// Of a hunk in conflict: the line from 0 of what stood there when the proposal was made, with how many lines are
    /// left out behind it.
    Base {
        hunk: usize,
        line: usize,
        left_out: usize,
    },
    Line {
        file: usize,
        row: DiffRow,
        hunk: Option<usize>,
    },
    /// So many unchanged lines are left out.
    Gap {
        count: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrangement {
    SideBySide,
    Unified,
}

/// Unchanged lines shown around a change.
const CONTEXT_LINES: usize = 4;
/// Lines shown of what stood there before a conflict.
const BASE_LINES: usize = 6;
/// Larger texts are shown without colours: parsing them would be felt.
const LIVE_BYTES_MAX: usize = 400_000;

pub struct ProposalPane {
    pub files: Vec<FileSides>,
    pub rows: Vec<ProposalRow>,
    pub arrangement: Arrangement,
    /// What the person asked for; `None`: as wide as the pane is.
    pub wanted: Option<Arrangement>,
    pub cursor: usize,
    pub top: usize,
    pub left: usize,
}

impl Side {
    fn new(path: &ProjectPath, file: &Arc<FileText>) -> Self {
        let text = file.shared_text();
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            lines.push(Span::new(start, start + line.len()));
            start += line.len();
        }
        let live = (text.len() <= LIVE_BYTES_MAX).then(|| LiveFile::new(path.clone(), file.clone()));
        Self { text, lines, live }
    }

    /// A line, counted from 1, without its line end.
    pub fn line(&self, line: u32) -> &str {
        let span = self.lines.get(line as usize - 1).copied();
        span.map_or("", |span| self.text[span.range()].trim_end_matches(['\n', '\r']))
    }
}

impl ProposalPane {
    pub fn new(review: &Review, arrangement: Arrangement, height: usize) -> Self {
        let sides = |(path, change): (&ProjectPath, &FileChange)| {
            let old = change.old.as_ref().map(|old| Side::new(path, old));
            let new = change.new.as_ref().map(|new| Side::new(path, &Arc::new(FileText::from_text(new))));
            FileSides { path: path.clone(), old, new, diff: Vec::new() }
        };
        let files = review.change_set.iter().map(sides).collect();
        let mut pane = Self { files, rows: Vec::new(), arrangement, wanted: None, cursor: 0, top: 0, left: 0 };
        pane.lay_rows(review, arrangement);
        pane.go_to_hunk(0, height);
        pane
    }

    pub fn old_side(&self, path: &ProjectPath) -> Option<&LiveFile> {
        self.files.iter().find(|file| file.path == *path)?.old.as_ref()?.live.as_ref()
    }

    /// Lays the rows again, after hunks were split or the arrangement changed; the current hunk stays current.
    pub fn relay(&mut self, review: &Review, arrangement: Arrangement, height: usize) {
        let hunk = self.hunk();
        self.lay_rows(review, arrangement);
        if let Some(hunk) = hunk {
            self.go_to_hunk(hunk.min(review.hunks.len().saturating_sub(1)), height);
        }
    }

    fn lay_rows(&mut self, review: &Review, arrangement: Arrangement) {
        self.arrangement = arrangement;
        self.rows.clear();
        for (at, file) in self.files.iter_mut().enumerate() {
            let hunks: Vec<&Hunk> = review.hunks.iter().filter(|hunk| hunk.path == file.path).collect();
            let text = |side: &Option<Side>| side.as_ref().map_or("".into(), |side| side.text.clone());
            // Each row belongs to the hunk whose run it stands in, however they are cut.
            file.diff = diff_rows(&text(&file.old), &text(&file.new), hunks.iter().flat_map(|hunk| &hunk.runs));
            let rows = file_rows(at, file, &hunks, arrangement);
            self.rows.push(ProposalRow::File(at));
            self.rows.extend(rows);
        }
    }

    /// The symbol that a hunk changes or adds, by its qualified name.
    pub fn symbol_of(&self, hunk: &Hunk) -> Option<Box<str>> {
        let file = self.files.iter().find(|file| file.path == hunk.path)?;
        let run = hunk.runs.first()?;
        // What only goes stood on the old side.
        let (side, lines) = if run.new.is_empty() { (&file.old, &run.old) } else { (&file.new, &run.new) };
        let live = side.as_ref().and_then(|side| side.live.as_ref())?;
        let mut lines = lines.start + 1..=lines.end.max(lines.start + 1);
        let id = lines.find_map(|line| live.structure.symbol_at(line))?;
        Some(live.structure.symbol(id).qualname.clone())
    }

    /// The hunk under the cursor, or the nearest one above it, or the first.
    pub fn hunk(&self) -> Option<usize> {
        let of_row = |row: &ProposalRow| match row {
            ProposalRow::Hunk(hunk) | ProposalRow::Line { hunk: Some(hunk), .. } => Some(*hunk),
            ProposalRow::Base { hunk, .. } => Some(*hunk),
            ProposalRow::File(_) | ProposalRow::Line { hunk: None, .. } | ProposalRow::Gap { .. } => None,
        };
        let (above, below) = self.rows.split_at(self.cursor.min(self.rows.len()));
        let here = below.first().and_then(of_row);
        here.or_else(|| above.iter().rev().find_map(of_row)).or_else(|| below.iter().find_map(of_row))
    }

    /// The file under the cursor.
    pub fn file(&self) -> Option<&FileSides> {
        let upto = self.rows.get(..=self.cursor)?;
        upto.iter().rev().find_map(|row| match row {
            ProposalRow::File(file) => self.files.get(*file),
            ProposalRow::Hunk(_) | ProposalRow::Base { .. } | ProposalRow::Line { .. } | ProposalRow::Gap { .. } => {
                None
            }
        })
    }

    pub fn go_to_hunk(&mut self, hunk: usize, height: usize) {
        let Some(at) = self.rows.iter().position(|row| *row == ProposalRow::Hunk(hunk)) else { return };
        self.cursor = at;
        let in_hunk = |row: &ProposalRow| matches!(row, ProposalRow::Line { hunk: Some(other), .. } if *other == hunk);
        let end = self.rows.iter().rposition(in_hunk).unwrap_or(at);
        // The whole hunk is shown where it fits, with what stands above it.
        let above = self.context_start(at);
        if end >= self.top + height || above < self.top {
            let wanted = if end < above + height { above } else { at.saturating_sub(1) };
            self.top = wanted.min(self.rows.len().saturating_sub(height));
        }
    }

    fn context_start(&self, heading: usize) -> usize {
        match self.rows[..heading].last() {
            Some(ProposalRow::File(_)) => heading - 1,
            _ => heading,
        }
    }

    pub fn move_by(&mut self, by: isize, height: usize) {
        self.put_cursor(moved(self.cursor, by, self.rows.len()), height);
    }

    pub fn put_cursor(&mut self, row: usize, height: usize) {
        self.cursor = row.min(self.rows.len().saturating_sub(1));
        self.top = scrolled(self.top, self.cursor, height, self.rows.len());
    }

    pub fn scroll_by(&mut self, by: isize, height: usize) {
        self.top = self.top.saturating_add_signed(by).min(self.rows.len().saturating_sub(height));
        self.cursor = self.cursor.clamp(self.top, (self.top + height).saturating_sub(1).max(self.top));
    }
}

fn file_rows(at: usize, file: &FileSides, hunks: &[&Hunk], arrangement: Arrangement) -> Vec<ProposalRow> {
    let near = near_changes(&file.diff);
    let mut rows = Vec::new();
    let mut left_out = 0;
    let mut headed: Option<usize> = None;
    let mut added: Vec<ProposalRow> = Vec::new();
    for (row, near) in file.diff.iter().zip(near) {
        if !near {
            left_out += 1;
            continue;
        }
        let hunk = if row.kind == RowKind::Equal { None } else { hunk_of_row(row, hunks) };
        // In a unified view all removed lines of a run come before the added ones.
        if hunk.is_none() || hunk != headed {
            rows.append(&mut added);
        }
        if left_out > 0 {
            rows.push(ProposalRow::Gap { count: left_out });
            left_out = 0;
        }
        if hunk.is_some() && hunk != headed {
            headed = hunk;
            rows.extend(hunk.into_iter().flat_map(|hunk| heading(hunk, hunks)));
        }
        if arrangement == Arrangement::Unified && row.kind == RowKind::Changed {
            let old = DiffRow { kind: RowKind::Removed, old_line: row.old_line, new_line: None };
            let new = DiffRow { kind: RowKind::Added, old_line: None, new_line: row.new_line };
            rows.push(ProposalRow::Line { file: at, row: old, hunk });
            added.push(ProposalRow::Line { file: at, row: new, hunk });
        } else if arrangement == Arrangement::Unified && row.kind == RowKind::Added {
            added.push(ProposalRow::Line { file: at, row: row.clone(), hunk });
        } else {
            rows.push(ProposalRow::Line { file: at, row: row.clone(), hunk });
        }
    }
    rows.append(&mut added);
    if left_out > 0 {
        rows.push(ProposalRow::Gap { count: left_out });
    }
    if headed.is_none() {
        // An empty file comes or goes: no line, yet something to decide on.
        rows.extend(hunks.first().into_iter().flat_map(|hunk| heading(hunk.id.0 as usize, hunks)));
    }
    rows
}

/// The heading of a hunk, and under it what was there before where that is no longer the old side.
fn heading(at: usize, hunks: &[&Hunk]) -> Vec<ProposalRow> {
    let conflict = hunks.iter().find(|hunk| hunk.id.0 as usize == at).and_then(|hunk| hunk.conflict.as_ref());
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

/// Which rows stand near enough to a change to be shown.
fn near_changes(diff: &[DiffRow]) -> Vec<bool> {
    let mut near = vec![false; diff.len()];
    let mut since = usize::MAX;
    for at in 0..diff.len() {
        since = if diff[at].kind == RowKind::Equal { since.saturating_add(1) } else { 0 };
        near[at] |= since <= CONTEXT_LINES;
    }
    since = usize::MAX;
    for at in (0..diff.len()).rev() {
        since = if diff[at].kind == RowKind::Equal { since.saturating_add(1) } else { 0 };
        near[at] |= since <= CONTEXT_LINES;
    }
    // Leaving out one line costs as much room as showing it.
    for at in 1..diff.len().saturating_sub(1) {
        near[at] |= near[at - 1] && near[at + 1];
    }
    near
}

fn hunk_of_row(row: &DiffRow, hunks: &[&Hunk]) -> Option<usize> {
    let holds = |hunk: &&&Hunk| {
        hunk.runs.iter().any(|run| {
            row.old_line.is_some_and(|line| run.old.contains(&(line - 1)))
                || row.new_line.is_some_and(|line| run.new.contains(&(line - 1)))
        })
    };
    hunks.iter().find(holds).map(|hunk| hunk.id.0 as usize)
}

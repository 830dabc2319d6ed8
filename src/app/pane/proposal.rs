//! A proposal as it is walked through: its files side by side, its hunks under the headings of file and symbol.
//!
//! Knows nothing of what is decided. Invariant: every hunk has exactly one heading row.

mod groups;
mod marking;
mod rows;

use std::sync::Arc;

use super::{moved, scrolled};
use crate::agent::JobId;
use crate::app::review::Review;
use crate::app::{ShownLine, key_of};
use crate::index::LiveFile;
use crate::text::{DiffRow, FileChange, FileText, Hunk, ProjectPath, Span};
pub use groups::Group;
use groups::{Owner, groups_of, owner_of};
use rows::Shown;

/// One side of a file.
pub struct Side {
    file: Arc<FileText>,
    pub text: Arc<str>,
    /// The lines as the diff cuts them, line ends included.
    pub lines: Vec<Span>,
    /// For colours and the names of symbols, once it is parsed; not for huge files.
    pub live: Option<Arc<LiveFile>>,
}

pub struct FileSides {
    pub path: ProjectPath,
    pub old: Option<Side>,
    pub new: Option<Side>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposalRow {
    /// The heading of a file: its place in [`ProposalPane::files`].
    File(usize),
    /// The heading of a symbol with several hunks: its place in [`ProposalPane::groups`].
    Symbol(usize),
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

/// Larger texts are shown without colours.
const LIVE_BYTES_MAX: usize = 400_000;

pub struct ProposalPane {
    pub files: Vec<FileSides>,
    /// The symbols that have several hunks, outer ones before those in them.
    pub groups: Vec<Group>,
    /// What each hunk stands in, outermost first.
    owners: Vec<Vec<Owner>>,
    pub rows: Vec<ProposalRow>,
    pub arrangement: Arrangement,
    /// What the person asked for; `None`: as wide as the pane is.
    pub wanted: Option<Arrangement>,
    /// The parsing of its sides that is awaited.
    pub(in crate::app) sides_awaited: Option<JobId>,
    pub cursor: usize,
    pub top: usize,
    pub left: usize,
}

impl Side {
    fn new(file: Arc<FileText>, parsed: &[Arc<LiveFile>], path: &ProjectPath) -> Self {
        let text = file.shared_text();
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            lines.push(Span::new(start, start + line.len()));
            start += line.len();
        }
        let live = parsed.iter().find(|live| live.path == *path && live.text.text() == &*text).cloned();
        Self { file, text, lines, live }
    }

    /// A line, counted from 1, without its line end.
    pub fn line(&self, line: u32) -> &str {
        let span = self.lines.get(line as usize - 1).copied();
        span.map_or("", |span| self.text[span.range()].trim_end_matches(['\n', '\r']))
    }
}

impl ProposalPane {
    /// Lays the rows of a proposal. What was parsed for the pane `before` is parsed; the rest is [`ProposalPane::unread`].
    pub fn new(review: &Review, before: Option<&Self>, arrangement: Arrangement, height: usize) -> Self {
        let sides = before.into_iter().flat_map(|pane| &pane.files).flat_map(|file| [&file.old, &file.new]);
        let parsed: Vec<Arc<LiveFile>> = sides.flatten().filter_map(|side| side.live.clone()).collect();
        let sides = |(path, change): (&ProjectPath, &FileChange)| {
            let old = change.old.as_ref().map(|old| Side::new(old.clone(), &parsed, path));
            let new = change.new.as_ref();
            let new = new.map(|new| Side::new(Arc::new(FileText::from_text(new)), &parsed, path));
            FileSides { path: path.clone(), old, new }
        };
        let files = review.change_set.iter().map(sides).collect();
        let mut pane = Self {
            files,
            groups: Vec::new(),
            owners: Vec::new(),
            rows: Vec::new(),
            arrangement,
            wanted: before.and_then(|before| before.wanted),
            sides_awaited: None,
            cursor: 0,
            top: 0,
            left: 0,
        };
        pane.lay_rows(review, arrangement);
        pane.go_to_hunk(0, height);
        pane
    }

    pub fn old_side(&self, path: &ProjectPath) -> Option<&LiveFile> {
        self.files.iter().find(|file| file.path == *path)?.old.as_ref()?.live.as_deref()
    }

    /// The sides that are still to be parsed.
    pub fn unread(&self) -> Vec<(ProjectPath, Arc<FileText>)> {
        let sides = self.files.iter().flat_map(|file| [&file.old, &file.new].map(|side| (&file.path, side)));
        let unread = sides.filter_map(|(path, side)| Some((path, side.as_ref()?)));
        let unread = unread.filter(|(_, side)| side.live.is_none() && side.text.len() <= LIVE_BYTES_MAX);
        unread.map(|(path, side)| (path.clone(), side.file.clone())).collect()
    }

    /// Takes in sides that were parsed.
    pub(in crate::app) fn take_sides(&mut self, parsed: &[Arc<LiveFile>]) {
        for file in &mut self.files {
            for side in [&mut file.old, &mut file.new].into_iter().flatten() {
                let own = parsed.iter().find(|live| Arc::ptr_eq(&live.text, &side.file));
                side.live = own.cloned().or(side.live.take());
            }
        }
    }

    /// As [`ProposalPane::old_side`], of the file as it would be.
    pub fn new_side(&self, path: &ProjectPath) -> Option<&LiveFile> {
        self.files.iter().find(|file| file.path == *path)?.new.as_ref()?.live.as_deref()
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
        self.owners = review.hunks.iter().map(|hunk| owner_of(&self.files, hunk)).collect();
        self.groups = groups_of(&self.owners);
        self.rows.clear();
        for at in 0..self.files.len() {
            let file = &self.files[at];
            let hunks: Vec<&Hunk> = review.hunks.iter().filter(|hunk| hunk.path == file.path).collect();
            let widened = hunks.iter().filter(|hunk| review.widened.contains(&key_of(hunk)));
            let widened = widened.filter_map(|hunk| self.owners.get(hunk.id.0 as usize)?.last()).collect();
            let revealed = review.revealed.as_ref().filter(|(path, _)| *path == file.path).map(|(_, line)| *line);
            let is_folded = &|hunk: &Hunk| review.is_folded(hunk);
            let shown = Shown { groups: &self.groups, widened, revealed, is_folded, arrangement };
            self.rows.push(ProposalRow::File(at));
            self.rows.extend(rows::file_rows(at, file, &hunks, &shown));
        }
    }

    /// The symbol that a hunk changes or adds, by its qualified name.
    pub fn symbol_of(&self, hunk: usize) -> Option<&str> {
        self.owners.get(hunk)?.last().map(|owner| &*owner.qualname)
    }

    /// The hunks of the symbol under the cursor: of the heading there, else of what the current hunk stands in.
    pub fn hunks_of_symbol(&self) -> Vec<usize> {
        if let Some(ProposalRow::Symbol(group)) = self.rows.get(self.cursor) {
            return self.groups.get(*group).map(|group| group.hunks.clone()).unwrap_or_default();
        }
        let Some(hunk) = self.hunk() else { return Vec::new() };
        let owner = self.owners.get(hunk).and_then(|owners| owners.last());
        let group = owner.and_then(|owner| self.groups.iter().rev().find(|group| group.is_of(owner)));
        group.map_or_else(|| vec![hunk], |group| group.hunks.clone())
    }

    /// The heading right above which a hunk needs not say again what it stands in.
    pub fn is_headed(&self, hunk: usize) -> bool {
        let owner = self.owners.get(hunk).and_then(|owners| owners.last());
        owner.is_some_and(|owner| self.groups.iter().any(|group| group.is_of(owner)))
    }

    /// The hunk under the cursor; of a heading the first one below it, else the nearest one above, or the first.
    pub fn hunk(&self) -> Option<usize> {
        let of_row = |row: &ProposalRow| match row {
            ProposalRow::Hunk(hunk) | ProposalRow::Line { hunk: Some(hunk), .. } => Some(*hunk),
            ProposalRow::Base { hunk, .. } => Some(*hunk),
            ProposalRow::File(_)
            | ProposalRow::Symbol(_)
            | ProposalRow::Line { hunk: None, .. }
            | ProposalRow::Gap { .. } => None,
        };
        let (above, below) = self.rows.split_at(self.cursor.min(self.rows.len()));
        let mut upwards = above.iter().rev().find_map(of_row);
        let mut downwards = below.iter().find_map(of_row);
        if matches!(below.first(), Some(ProposalRow::File(_) | ProposalRow::Symbol(_))) {
            std::mem::swap(&mut upwards, &mut downwards);
        }
        below.first().and_then(of_row).or(upwards).or(downwards)
    }

    /// The file under the cursor.
    pub fn file(&self) -> Option<&FileSides> {
        let upto = self.rows.get(..=self.cursor)?;
        upto.iter().rev().find_map(|row| match row {
            ProposalRow::File(file) => self.files.get(*file),
            ProposalRow::Symbol(_)
            | ProposalRow::Hunk(_)
            | ProposalRow::Base { .. }
            | ProposalRow::Line { .. }
            | ProposalRow::Gap { .. } => None,
        })
    }

    /// The row in which a line stands.
    pub(in crate::app) fn row_of(&self, path: &ProjectPath, line: ShownLine) -> Option<usize> {
        self.rows_of(path, line).find(|(_, distance)| *distance == 0).map(|(at, _)| at)
    }

    /// The row that stands nearest to a line.
    pub(in crate::app) fn row_near(&self, path: &ProjectPath, line: ShownLine) -> Option<usize> {
        self.rows_of(path, line).min_by_key(|(at, distance)| (*distance, *at)).map(|(at, _)| at)
    }

    /// The rows of a file, each with how far it is from a line.
    fn rows_of(&self, path: &ProjectPath, line: ShownLine) -> impl Iterator<Item = (usize, u32)> {
        let file = self.files.iter().position(|file| file.path == *path);
        self.rows.iter().enumerate().filter_map(move |(at, row)| match row {
            ProposalRow::Line { file: of, row, .. } if Some(*of) == file => {
                let (shown, wanted) = match line {
                    ShownLine::Old(line) => (row.old_line, line),
                    ShownLine::New(line) => (row.new_line, line),
                };
                Some((at, shown?.abs_diff(wanted)))
            }
            _ => None,
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

    /// The symbols whose lines a hunk changes, by qualified name, and whether they are those of the new side.
    pub fn symbols_in(&self, hunk: &Hunk) -> (Vec<String>, bool) {
        groups::symbols_in(&self.files, hunk)
    }

    /// Scrolls to where the symbol of a hunk begins, as far as the hunk's heading stays in sight.
    pub fn show_symbol(&mut self, hunk: usize, height: usize) {
        let Some(at) = self.rows.iter().position(|row| *row == ProposalRow::Hunk(hunk)) else { return };
        let Some(owner) = self.owners.get(hunk).and_then(|owners| owners.last()) else { return };
        let begins = self.rows[..at].iter().rposition(|row| owner.begins_at(row)).unwrap_or(at);
        self.cursor = at;
        self.top = begins.max((at + 2).saturating_sub(height)).min(self.rows.len().saturating_sub(height));
    }

    fn context_start(&self, heading: usize) -> usize {
        let is_heading = |row: &&ProposalRow| matches!(row, ProposalRow::File(_) | ProposalRow::Symbol(_));
        heading - self.rows[..heading].iter().rev().take_while(is_heading).count()
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

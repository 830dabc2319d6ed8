//! The source of what is selected in the structure.

use std::sync::Arc;

use super::names::names_in;
use super::searching::CodeSearch;
use crate::agent::JobId;
use crate::index::{HighlightKind, LiveFile};
use crate::text::{ContentHash, ProjectPath, Run, Span};

#[derive(Default)]
pub struct CodePane {
    /// The file that should be shown; `file` is another one while it is being read.
    pub wanted: Option<ProjectPath>,
    pub file: Option<Arc<LiveFile>>,
    /// Why the wanted file cannot be shown.
    pub error: Option<String>,
    /// The first line shown, from 0.
    pub top: usize,
    /// The first column shown, from 0.
    pub left: usize,
    /// The lines of the selected symbol, from 1, end included.
    pub marked: Option<(u32, u32)>,
    /// The line of the cursor, from 1.
    pub cursor: u32,
    /// Which name of that line is meant, if the person chose one.
    name_at: Option<usize>,
    /// What is selected by syntax, the smallest stretch first.
    pub selection: Vec<Span>,
    /// What is looked for in the file.
    pub search: Option<CodeSearch>,
    /// It is shown though a proposal waits: an issue stands in a file that the proposal leaves alone.
    pub is_aside: bool,
    /// The lines that what is pending would change.
    pub changes: Vec<(u32, LineMark)>,
    /// What they were worked out from: the file's text and the one that it would have.
    pub(in crate::app) changes_of: Option<(ContentHash, Arc<str>)>,
    /// They are being worked out.
    pub(in crate::app) changes_awaited: Option<JobId>,
    /// The file just opened has to be shown at this line: `top` counts for it, not for the one before.
    reveal: Option<u32>,
}

/// What would become of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineMark {
    /// Others come behind it.
    Added,
    Changed,
    Removed,
}

/// The lines from 1 that runs change.
pub(in crate::app) fn line_marks(runs: &[Run]) -> Vec<(u32, LineMark)> {
    let mut marks = Vec::new();
    for Run { old, new } in runs {
        match (old.is_empty(), new.is_empty()) {
            (true, _) => marks.push((old.start.max(1), LineMark::Added)),
            (false, is_removed) => {
                let mark = if is_removed { LineMark::Removed } else { LineMark::Changed };
                marks.extend((old.start + 1..=old.end).map(|line| (line, mark)));
            }
        }
    }
    // Where lines also come behind one that changes, that it changes says more.
    marks.dedup_by_key(|(line, _)| *line);
    marks
}

impl CodePane {
    /// Wants `path` shown, at the lines of a symbol or at the top. True when it has to be read.
    pub fn want(&mut self, path: &ProjectPath, lines: Option<(u32, u32)>, height: usize) -> bool {
        let same_file = self.wanted.as_ref() == Some(path);
        // News of the index mark what is selected without going there.
        let is_there = lines.is_none_or(|(first, last)| (first..=last).contains(&self.cursor));
        if same_file && self.marked == lines && is_there {
            return false;
        }
        self.marked = lines;
        self.show(path, lines.map_or(1, |(first, _)| first), height)
    }

    /// Wants `path` shown with the cursor on a line. True when it has to be read.
    pub fn want_line(&mut self, path: &ProjectPath, line: u32, height: usize) -> bool {
        self.marked = None;
        self.show(path, line, height)
    }

    fn show(&mut self, path: &ProjectPath, line: u32, height: usize) -> bool {
        let same_file = self.wanted.as_ref() == Some(path);
        if !same_file {
            self.search = None;
        }
        self.wanted = Some(path.clone());
        self.left = 0;
        self.reveal = Some(line);
        if same_file && self.file.as_ref().is_some_and(|file| file.path == *path) {
            self.show_revealed(height);
            return false;
        }
        !same_file
    }

    /// Takes in what was read; an answer about another file is stale and dropped.
    pub fn take_file(&mut self, path: &ProjectPath, read: Result<Arc<LiveFile>, String>, height: usize) {
        if self.wanted.as_ref() != Some(path) {
            return;
        }
        match read {
            Ok(file) => {
                self.file = Some(file);
                self.error = None;
                self.selection.clear();
                if self.reveal.is_some() {
                    self.show_revealed(height);
                }
                if let (Some(search), Some(file)) = (&mut self.search, &self.file) {
                    search.look_through(file);
                }
                self.scroll_by(0, height);
            }
            Err(why) => {
                self.file = None;
                self.error = Some(why);
            }
        }
    }

    pub fn line_count(&self) -> usize {
        self.file.as_ref().map_or(0, |file| file.lines.line_count() as usize)
    }

    pub fn scroll_by(&mut self, by: isize, height: usize) {
        // The last line may go up to the middle: what is at the end is read more easily there.
        let last_top = self.line_count().saturating_sub(height / 2 + 1);
        self.top = self.top.saturating_add_signed(by).min(last_top);
        // The cursor stays in view: what is done next is done where one looks.
        let last = (self.top + height.max(1)).min(self.line_count().max(1)) as u32;
        self.set_cursor(self.cursor.clamp(self.top as u32 + 1, last.max(self.top as u32 + 1)));
    }

    /// Moves the cursor by lines; what is shown follows.
    pub fn move_by(&mut self, by: isize, height: usize) {
        let line = (self.cursor.max(1) as isize).saturating_add(by).clamp(1, self.line_count().max(1) as isize);
        self.put_cursor(line as u32, height);
    }

    /// Puts the cursor on a line and shows it.
    pub fn put_cursor(&mut self, line: u32, height: usize) {
        self.set_cursor(line.clamp(1, self.line_count().max(1) as u32));
        let at = self.cursor as usize - 1;
        let margin = (height / 6).min(3);
        let highest = (at + margin + 1).saturating_sub(height);
        self.top = self.top.min(at.saturating_sub(margin)).max(highest);
        self.top = self.top.min(self.line_count().saturating_sub(height / 2 + 1).max(highest));
    }

    fn set_cursor(&mut self, line: u32) {
        if self.cursor != line {
            self.cursor = line;
            self.name_at = None;
            self.selection.clear();
        }
    }

    fn show_revealed(&mut self, height: usize) {
        let line = self.reveal.take().unwrap_or(1).clamp(1, self.line_count().max(1) as u32);
        self.set_cursor(line);
        let first = line as usize - 1;
        // A file that fits is shown whole, and the end of one that does not is not followed by empty rows.
        let last_top = self.line_count().saturating_sub(height);
        self.top = first.saturating_sub((height / 6).min(4)).min(last_top);
    }

    /// The name that is meant: the one chosen on the cursor's line, else the first that somebody chose, else the first.
    pub fn name(&self) -> Option<Span> {
        let file = self.file.as_ref()?;
        let names = names_in(file, self.cursor);
        match self.name_at {
            Some(at) => names.get(at).map(|(span, _)| *span),
            None => {
                let own = names.iter().find(|(_, kind)| *kind != Some(HighlightKind::Builtin));
                own.or(names.first()).map(|(span, _)| *span)
            }
        }
    }

    /// Chooses the next or the previous name, on other lines where this one has no more.
    pub fn step_name(&mut self, forward: bool, height: usize) {
        /// So many lines without a name are passed.
        const EMPTY_LINES_MAX: u32 = 400;
        let Some(file) = self.file.clone() else { return };
        let present = self.name().map(|span| span.start);
        let mut line = self.cursor;
        for _ in 0..EMPTY_LINES_MAX {
            let names = names_in(&file, line);
            let is_here = line == self.cursor;
            let found = match forward {
                true => names.iter().position(|(span, _)| !is_here || present.is_none_or(|at| span.start > at)),
                false => names.iter().rposition(|(span, _)| !is_here || present.is_some_and(|at| span.start < at)),
            };
            if let Some(at) = found {
                self.put_cursor(line, height);
                self.name_at = Some(at);
                return;
            }
            line = if forward { line + 1 } else { line - 1 };
            if line == 0 || line as usize > self.line_count() {
                return;
            }
        }
    }

    /// Selects the next larger stretch of syntax around the name or the selection, or gives it up again.
    pub fn grow(&mut self, larger: bool) {
        let Some(file) = &self.file else { return };
        if !larger {
            self.selection.pop();
            return;
        }
        let start = self.name().unwrap_or_else(|| {
            let line = file.lines.line_span(self.cursor);
            let text = &file.text.text()[line.range()];
            Span::empty(line.start as usize + (text.len() - text.trim_start().len()))
        });
        let grown = match self.selection.last() {
            None if !start.range().is_empty() => start,
            None => file.expand(start),
            Some(span) => file.expand(*span),
        };
        if self.selection.last() != Some(&grown) {
            self.selection.push(grown);
        }
    }

    /// The text that is selected by syntax.
    pub fn selected_text(&self) -> Option<&str> {
        let file = self.file.as_ref()?;
        file.text.text().get(self.selection.last()?.range())
    }
}

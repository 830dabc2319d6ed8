//! The source of what is selected in the structure.

use std::sync::Arc;

use crate::index::LiveFile;
use crate::text::ProjectPath;

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
    /// It is shown though a proposal waits: an issue stands in a file that the proposal leaves alone.
    pub is_aside: bool,
    /// The file just opened has to be shown from here: `top` counts for it, not for the one before.
    reveal: bool,
}

impl CodePane {
    /// Wants `path` shown, at the lines of a symbol or at the top. True when it has to be read.
    pub fn want(&mut self, path: &ProjectPath, lines: Option<(u32, u32)>, height: usize) -> bool {
        let same_file = self.wanted.as_ref() == Some(path);
        if same_file && self.marked == lines {
            return false;
        }
        self.wanted = Some(path.clone());
        self.marked = lines;
        self.left = 0;
        self.reveal = true;
        if same_file && self.file.as_ref().is_some_and(|file| file.path == *path) {
            self.show_marked(height);
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
                if self.reveal {
                    self.show_marked(height);
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
    }

    fn show_marked(&mut self, height: usize) {
        self.reveal = false;
        let first = self.marked.map_or(0, |(first, _)| first as usize - 1);
        self.top = first.saturating_sub(if first == 0 { 0 } else { (height / 6).min(4) });
    }
}

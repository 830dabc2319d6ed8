//! What was written in the prompt on a project, for later sessions: lines that are only ever added.
//!
//! Invariant: half a line did not happen.

use std::io;
use std::path::Path;

use super::kept_lines::KeptLines;

/// More lines than this are written anew as those that are still remembered.
const LINES_MAX: usize = 2_000;
const KEPT_MAX: usize = 500;

/// Where the prompts of one project are.
#[derive(Debug, Clone)]
pub struct Prompts {
    lines: KeptLines,
}

const FILE: &str = "prompts.jsonl";

impl Prompts {
    pub fn of(root: &Path) -> anyhow::Result<Self> {
        Ok(Self { lines: KeptLines::of(root, FILE)? })
    }

    /// As [`Prompts::of`], with the state folder named.
    pub fn in_state(root: &Path, state: &Path) -> Self {
        Self { lines: KeptLines::in_state(root, state, FILE) }
    }

    /// The oldest first, each once.
    pub fn list(&self) -> Vec<String> {
        self.read().0
    }

    fn read(&self) -> (Vec<String>, usize) {
        let lines: Vec<String> = self.lines.read();
        let line_count = lines.len();
        let mut newest: Vec<String> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for text in lines.into_iter().rev() {
            if newest.len() < KEPT_MAX && seen.insert(text.clone()) {
                newest.push(text);
            }
        }
        newest.reverse();
        (newest, line_count)
    }

    pub fn keep(&self, text: &str) -> io::Result<()> {
        self.lines.append(&[text])?;
        let (kept, line_count) = self.read();
        if line_count > LINES_MAX { self.lines.replace(&kept) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_prompt_is_kept_once_with_its_lines() {
        let folder = tempfile::tempdir().unwrap();
        let prompts = Prompts::in_state(Path::new("/project"), folder.path());
        for text in ["one", "two\nlines", "one"] {
            prompts.keep(text).unwrap();
        }
        assert_eq!(prompts.list(), ["two\nlines", "one"]);
        std::fs::write(&prompts.lines.file, b"\"whole\"\n\"cut o").unwrap();
        prompts.keep("next").unwrap();
        assert_eq!(prompts.list(), ["whole", "next"]);
    }
}

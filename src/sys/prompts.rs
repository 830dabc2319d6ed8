//! What was written in the prompt on a project, for later sessions: lines that are only ever added.
//!
//! Invariant: half a line did not happen.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::state::{make_private_folder, project_folder, state_folder};

/// More lines than this are written anew as those that are still remembered.
const LINES_MAX: usize = 2_000;
const KEPT_MAX: usize = 500;

/// Where the prompts of one project are.
#[derive(Debug, Clone)]
pub struct Prompts {
    file: PathBuf,
}

impl Prompts {
    pub fn of(root: &Path) -> anyhow::Result<Self> {
        Ok(Self::in_state(root, &state_folder()?))
    }

    /// As [`Prompts::of`], with the state folder named.
    pub fn in_state(root: &Path, state: &Path) -> Self {
        Self { file: project_folder(state, root).join("prompts.jsonl") }
    }

    /// The oldest first, each once.
    pub fn list(&self) -> Vec<String> {
        self.read().0
    }

    fn read(&self) -> (Vec<String>, usize) {
        let bytes = fs::read(&self.file).unwrap_or_default();
        let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<String>(line).ok());
        let mut newest: Vec<String> = Vec::new();
        let mut line_count = 0;
        let mut seen = std::collections::HashSet::new();
        for text in lines.collect::<Vec<_>>().into_iter().rev() {
            line_count += 1;
            if newest.len() < KEPT_MAX && seen.insert(text.clone()) {
                newest.push(text);
            }
        }
        newest.reverse();
        (newest, line_count)
    }

    pub fn keep(&self, text: &str) -> io::Result<()> {
        if let Some(folder) = self.file.parent() {
            make_private_folder(folder)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&self.file)?;
        // What a crash cut off must not swallow it.
        file.write_all(format!("\n{}\n", serde_json::to_string(text)?).as_bytes())?;
        let (kept, line_count) = self.read();
        if line_count > LINES_MAX {
            let beside = self.file.with_extension("shorter");
            let lines: Result<Vec<String>, _> = kept.iter().map(serde_json::to_string).collect();
            fs::write(&beside, lines?.join("\n") + "\n")?;
            fs::rename(&beside, &self.file)?;
        }
        Ok(())
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
        fs::write(&prompts.file, b"\"whole\"\n\"cut o").unwrap();
        prompts.keep("next").unwrap();
        assert_eq!(prompts.list(), ["whole", "next"]);
    }
}

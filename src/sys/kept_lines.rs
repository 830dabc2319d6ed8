//! What is kept of a project in lines that are only ever added, in the user's state folder.
//!
//! Knows nothing of what the lines tell. Invariant: half a line did not happen, and swallows none behind it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::state::{make_private_folder, project_folder, state_folder};

/// A file of JSON values, one a line.
#[derive(Debug, Clone)]
pub(super) struct KeptLines {
    pub(super) file: PathBuf,
}

impl KeptLines {
    pub(super) fn of(root: &Path, name: &str) -> anyhow::Result<Self> {
        Ok(Self::in_state(root, &state_folder()?, name))
    }

    /// As [`KeptLines::of`], with the state folder named.
    pub(super) fn in_state(root: &Path, state: &Path, name: &str) -> Self {
        Self { file: project_folder(state, root).join(name) }
    }

    /// All that can be read, the oldest first.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Vec<T> {
        let bytes = fs::read(&self.file).unwrap_or_default();
        bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }

    /// Adds lines in one go: what another flux adds at the same time stands before or behind them.
    pub(super) fn append<T: Serialize>(&self, lines: &[T]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        if let Some(folder) = self.file.parent() {
            make_private_folder(folder)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&self.file)?;
        // What a crash cut off must not swallow the first one.
        file.write_all(&[b"\n".to_vec(), written(lines)?].concat())?;
        file.sync_data()
    }

    /// Writes the file anew, whole or not at all.
    pub(super) fn replace<T: Serialize>(&self, lines: &[T]) -> io::Result<()> {
        let beside = self.file.with_extension("shorter");
        fs::write(&beside, written(lines)?)?;
        fs::File::open(&beside)?.sync_all()?;
        fs::rename(&beside, &self.file)
    }
}

fn written<T: Serialize>(lines: &[T]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut text, line)?;
        text.push(b'\n');
    }
    Ok(text)
}

//! The one owner of parsed files. Lives on the index thread; everyone else holds snapshots.

use std::path::PathBuf;
use std::sync::Arc;

use super::{FileEntry, Snapshot};
use crate::text::ProjectPath;

pub struct Store {
    snapshot: Arc<Snapshot>,
}

impl Store {
    pub fn new(root: PathBuf) -> Self {
        Self { snapshot: Arc::new(Snapshot { root, ..Snapshot::default() }) }
    }

    /// Parses one file's bytes. Pure: called from many threads at once.
    pub fn parse(path: &ProjectPath, bytes: &[u8]) -> FileEntry {
        let _ = (path, bytes);
        todo!("index")
    }

    /// Takes in parsed files and removals in one step and publishes the snapshot that includes them.
    pub fn apply(&mut self, changed: Vec<(ProjectPath, FileEntry)>, removed: &[ProjectPath]) -> Arc<Snapshot> {
        let _ = (changed, removed);
        todo!("index")
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.clone()
    }
}

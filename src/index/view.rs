//! The project as it would be: a change set laid over a snapshot.

use std::sync::Arc;

use super::{FileStructure, Snapshot};
use crate::text::{ChangeSet, FileText, ProjectPath, ReadError, Source};

/// What operations and tools look at: the snapshot, what is pending on top of it, and where texts come from.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub snapshot: &'a Snapshot,
    pub pending: &'a ChangeSet,
    pub source: &'a dyn Source,
}

impl View<'_> {
    /// The text as it would be: the pending one, else the one on disk. A file that is to be deleted is missing.
    pub fn text(&self, path: &ProjectPath) -> Result<Arc<str>, ReadError> {
        match self.pending.get(path) {
            Some(change) => change.new.clone().ok_or_else(|| ReadError::Missing(path.clone())),
            None => self.source.read(path).map(|file| file.shared_text()),
        }
    }

    /// The file on disk that a change of `path` starts from; `None` where there is none.
    pub fn base(&self, path: &ProjectPath) -> Result<Option<Arc<FileText>>, ReadError> {
        if let Some(change) = self.pending.get(path) {
            return Ok(change.old.clone());
        }
        match self.source.read(path) {
            Ok(file) => Ok(Some(file)),
            Err(ReadError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The structure of the text as it would be.
    pub fn structure(&self, path: &ProjectPath) -> Result<FileStructure, ReadError> {
        Ok(FileStructure::parse(path, &self.text(path)?))
    }
}

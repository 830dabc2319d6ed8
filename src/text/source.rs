//! Where file texts come from, without saying how.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{FileText, NotText, ProjectPath};

/// Why a file's text cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("'{0}' does not exist")]
    Missing(ProjectPath),
    #[error("'{path}' is not text: {why}")]
    NotText { path: ProjectPath, why: NotText },
    #[error("'{path}' is a link that leaves the project")]
    OutsideLink { path: ProjectPath },
    #[error("'{path}' cannot be read: {why}")]
    Unreadable { path: ProjectPath, why: String },
}

/// Gives the text of a file as it stands now. Implemented over the disk in `sys`, over a map in tests.
pub trait Source: Send + Sync {
    fn read(&self, path: &ProjectPath) -> Result<Arc<FileText>, ReadError>;
}

/// A [`Source`] in memory.
#[derive(Debug, Clone, Default)]
pub struct MemorySource {
    pub files: BTreeMap<ProjectPath, Arc<FileText>>,
}

impl MemorySource {
    pub fn put(&mut self, path: ProjectPath, text: &str) {
        self.files.insert(path, Arc::new(FileText::from_text(text)));
    }
}

impl Source for MemorySource {
    fn read(&self, path: &ProjectPath) -> Result<Arc<FileText>, ReadError> {
        self.files.get(path).cloned().ok_or_else(|| ReadError::Missing(path.clone()))
    }
}

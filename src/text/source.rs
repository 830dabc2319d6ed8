//! Where file texts come from, without saying how.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{FileText, NotText, ProjectPath, differ_in_case_alone};

/// Why a file's text cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("'{0}' does not exist")]
    Missing(ProjectPath),
    #[error("'{path}' is not text: {why}")]
    NotText { path: ProjectPath, why: NotText },
    #[error("'{path}' is a link that leaves the project")]
    OutsideLink { path: ProjectPath },
    #[error("'{path}' is closed to all tools: it belongs to version control or to flux itself. Leave it to the person")]
    Closed { path: ProjectPath },
    #[error("'{path}' cannot be read: {why}")]
    Unreadable { path: ProjectPath, why: String },
}

/// Gives the text of a file as it stands now. Implemented over the disk in `sys`, over a map in tests.
pub trait Source: Send + Sync {
    fn read(&self, path: &ProjectPath) -> Result<Arc<FileText>, ReadError>;

    /// What is there in the place of `path` under a name that differs in upper and lower case alone: somewhere the two
    /// are one. As far as `path` leads beyond it, its own words are kept.
    fn same_but_case(&self, path: &ProjectPath) -> Option<ProjectPath>;

    /// The project's files that hold no Python: its configuration, texts, templates. Large ones are left out; in no order.
    fn other_files(&self) -> Vec<ProjectPath> {
        Vec::new()
    }

    /// Whether a file is the project's own, as far as its place tells.
    fn standing(&self, _path: &ProjectPath) -> Standing {
        Standing::Own
    }
}

/// Whose work a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Written by the people of this project.
    Own,
    /// The configuration lets tools change it, whosever work it is.
    Granted,
    /// Made or brought along by something else, and changed only where a person asks for it.
    Foreign {
        /// The file, or the outermost folder of which it is true.
        place: ProjectPath,
        /// A clause about the place: `is ignored by .gitignore`.
        why: &'static str,
    },
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

    fn other_files(&self) -> Vec<ProjectPath> {
        self.files.keys().filter(|path| !path.holds_code()).cloned().collect()
    }

    fn same_but_case(&self, path: &ProjectPath) -> Option<ProjectPath> {
        self.files.keys().find(|known| differ_in_case_alone(known.as_str(), path.as_str())).cloned()
    }
}

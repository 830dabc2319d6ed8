//! Why nothing was written.

use std::path::PathBuf;

use crate::text::ProjectPath;

/// The reason, as a sentence with the way out. Unless it says otherwise, every file is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteFailure {
    /// Files are not what the change set was made from.
    #[error(
        "{} changed on disk after being read; send the proposal back with a comment, or leave its hunks out",
        listed(paths)
    )]
    Conflict { paths: Vec<ProjectPath> },
    #[error("'{path}' {why}")]
    Refused { path: ProjectPath, why: String },
    #[error("'{path}' cannot be written: {why}")]
    Failed { path: ProjectPath, why: String },
    /// The worst case: told with where to find what is missing.
    #[error("'{path}' could not be put back: {why}. Its old content is kept in {}", kept.display())]
    NotPutBack { path: ProjectPath, why: String, kept: PathBuf },
    #[error("another flux writes to this project at this moment; try again")]
    Busy,
    #[error("the project folder {} cannot be used: {_1}", _0.display())]
    NoRoot(PathBuf, String),
    #[error("the journal in {} cannot be used: {why}; without it nothing is written. XDG_STATE_HOME says where it lies", folder.display())]
    NoState { folder: PathBuf, why: String },
    #[error("nothing to undo in {}", _0.display())]
    NothingToUndo(PathBuf),
    #[error("{} changed since '{title}' was written; taking that back would lose it", listed(paths))]
    ChangedSince { title: String, paths: Vec<ProjectPath> },
    #[error("the old content of '{path}' is no longer kept")]
    OldContentLost { path: ProjectPath },
}

fn listed(paths: &[ProjectPath]) -> String {
    let named: Vec<String> = paths.iter().map(|path| format!("'{path}'")).collect();
    named.join(", ")
}

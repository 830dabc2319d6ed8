//! Why nothing was written.

use std::path::PathBuf;

use crate::text::ProjectPath;

/// Which way a write is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Back,
    Again,
}

impl Direction {
    /// What happened to the write last, in a sentence.
    fn done(self) -> &'static str {
        match self {
            Self::Back => "written",
            Self::Again => "taken back",
        }
    }

    /// What is asked for now.
    fn doing(self) -> &'static str {
        match self {
            Self::Back => "taking that back",
            Self::Again => "writing that again",
        }
    }
}

/// The reason, as a sentence with the way out. Unless it says otherwise, every file is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteFailure {
    /// Files are not what the change set was made from.
    #[error("{} changed on disk since the proposal was made", listed(paths))]
    Conflict { paths: Vec<ProjectPath> },
    #[error("'{path}' {why}")]
    Refused { path: ProjectPath, why: String },
    #[error("'{path}' cannot be written: {why}")]
    Failed { path: ProjectPath, why: String },
    /// The worst case: told with where to find what is missing.
    #[error("'{path}' could not be put back: {why}. {}", kept_at(kept.as_deref()))]
    NotPutBack { path: ProjectPath, why: String, kept: Option<PathBuf> },
    #[error("another flux writes to this project at this moment; try again")]
    Busy,
    #[error("the project folder {} cannot be used: {_1}", _0.display())]
    NoRoot(PathBuf, String),
    #[error("the journal in {} cannot be used: {why}; without it nothing is written. XDG_STATE_HOME says where it lies", folder.display())]
    NoState { folder: PathBuf, why: String },
    #[error("nothing to undo in {}", _0.display())]
    NothingToUndo(PathBuf),
    #[error("nothing to redo in {}", _0.display())]
    NothingToRedo(PathBuf),
    #[error("nothing stands of a write {id} here; 'flux undo --list' shows what does")]
    NoSuchWrite { id: u64 },
    /// Somebody edited the very lines since.
    #[error("{} changed since '{title}' was {}; {} would lose it", places(overlaps), direction.done(), direction.doing())]
    ChangedSince { title: String, direction: Direction, overlaps: Vec<Overlap> },
    #[error("the earlier content of '{path}' is no longer kept")]
    ContentLost { path: ProjectPath },
}

/// A place where what a person typed since and what is to be taken back (or made again) meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    pub path: ProjectPath,
    /// The first line of it as it is now, from 1; `None` where the file as a whole is meant.
    pub line: Option<u32>,
    /// What stands there; `None`: no file, or none that is text.
    pub there: Option<String>,
    /// What would take its place; `None`: no file, or none that is text.
    pub wanted: Option<String>,
}

fn listed(paths: &[ProjectPath]) -> String {
    let named: Vec<String> = paths.iter().map(|path| format!("'{path}'")).collect();
    named.join(", ")
}

fn places(overlaps: &[Overlap]) -> String {
    let named = overlaps.iter().map(|overlap| match overlap.line {
        Some(line) => format!("'{}' at line {line}", overlap.path),
        None => format!("'{}'", overlap.path),
    });
    named.collect::<Vec<_>>().join(", ")
}

fn kept_at(kept: Option<&std::path::Path>) -> String {
    match kept {
        Some(kept) => format!("Its old content is kept in {}", kept.display()),
        None => "Its old content is not kept either".to_owned(),
    }
}

//! The one place that changes a project's files.
//!
//! Knows nothing of who wants it and of whether it is good: that was judged before. Invariants: a file that is not what
//! the change set was made from is never overwritten; after a crash every file is whole and a change set is either all
//! there or all undone; what was written can be taken back.

use std::path::{Path, PathBuf};

use super::state::{project_folder, state_folder};
use crate::text::{ChangeSet, ProjectPath};

mod failure;
mod journal;
mod place;
mod plan;

pub use failure::WriteFailure;

use journal::{Entry, Journal, Line, Stage};
use plan::Plan;

/// A write that was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// The title it was written under.
    pub title: String,
    pub paths: Vec<ProjectPath>,
}

/// What a crash had left half done, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    pub title: String,
    pub paths: Vec<ProjectPath>,
    /// Whether the write stands now, all of it; else none of it does.
    pub stands: bool,
    /// Files that somebody changed since: they were left as they are.
    pub left: Vec<ProjectPath>,
}

/// Writes `change_set` below `root`, all of it or nothing. `title` is what the undo list shows.
pub fn write_change_set(root: &Path, change_set: &ChangeSet, title: &str) -> Result<Vec<ProjectPath>, WriteFailure> {
    Writer::new(root)?.write(change_set, title)
}

/// Takes the last write below `root` back, also one of an earlier run.
pub fn undo(root: &Path) -> Result<Undone, WriteFailure> {
    Writer::new(root)?.undo()
}

/// Mends what a crash left half done; to be called when a project is opened.
pub fn recover(root: &Path) -> Result<Vec<Recovered>, WriteFailure> {
    Writer::new(root)?.recover()
}

/// Writes to one project.
#[derive(Debug)]
pub struct Writer {
    /// Absolute, links resolved.
    root: PathBuf,
    folder: PathBuf,
}

impl Writer {
    /// Keeps its journal in the user's state folder.
    pub fn new(root: &Path) -> Result<Self, WriteFailure> {
        let state = state_folder()
            .map_err(|error| WriteFailure::NoState { folder: PathBuf::from("flux"), why: format!("{error:#}") })?;
        Self::with_state(root, &state)
    }

    /// Keeps its journal below `state`.
    pub fn with_state(root: &Path, state: &Path) -> Result<Self, WriteFailure> {
        let root = root.canonicalize().map_err(|why| WriteFailure::NoRoot(root.to_owned(), why.to_string()))?;
        let folder = project_folder(state, &root);
        Ok(Self { root, folder })
    }

    /// Writes all of the change set or nothing, and says which files that were.
    pub fn write(&self, change_set: &ChangeSet, title: &str) -> Result<Vec<ProjectPath>, WriteFailure> {
        if change_set.is_empty() {
            return Ok(Vec::new());
        }
        let journal = Journal::open(&self.folder)?;
        let entries = journal.entries()?;
        self.mend(&journal, &entries)?;
        let id = entries.iter().map(|(entry, _)| entry.id).max().unwrap_or(0) + 1;
        let plan = Plan::new(&self.root, change_set, id, title)?;
        plan.run(&journal)?;
        journal.prune(id);
        Ok(plan.entry.files.into_iter().map(|file| file.path).collect())
    }

    /// Takes back the last write that stands. Refuses, and changes nothing, when one of its files changed since.
    pub fn undo(&self) -> Result<Undone, WriteFailure> {
        let journal = Journal::open(&self.folder)?;
        self.mend(&journal, &journal.entries()?)?;
        // Read again: mending may have settled whether the last write stands.
        let entries = journal.entries()?;
        let Some((entry, _)) = entries.iter().rfind(|(_, stage)| *stage == Stage::Done) else {
            return Err(WriteFailure::NothingToUndo(self.root.clone()));
        };
        let changed: Vec<ProjectPath> = (entry.files.iter())
            .filter(|file| place::hash_at(&self.root.join(&file.place)) != Ok(file.new))
            .map(|file| file.path.clone())
            .collect();
        if !changed.is_empty() {
            return Err(WriteFailure::ChangedSince { title: entry.title.clone(), paths: changed });
        }
        if let Some((_, file)) = (0..)
            .zip(&entry.files)
            .find(|(idx, file)| file.old.as_ref().is_some_and(|old| journal.kept(entry.id, *idx, old.hash).is_none()))
        {
            return Err(WriteFailure::OldContentLost { path: file.path.clone() });
        }
        journal.append(&Line::Undoing(entry.id))?;
        plan::take_back(&self.root, &journal, entry)?;
        journal.append(&Line::Undone(entry.id))?;
        Ok(Undone { title: entry.title.clone(), paths: paths_of(entry) })
    }

    /// Finishes or takes back what a crash left half done. A project that was never written to is only looked at.
    pub fn recover(&self) -> Result<Vec<Recovered>, WriteFailure> {
        let is_open = |stage: &Stage| matches!(stage, Stage::Begun | Stage::Undoing);
        if !journal::entries_in(&self.folder)?.iter().any(|(_, stage)| is_open(stage)) {
            return Ok(Vec::new());
        }
        let journal = match Journal::open(&self.folder) {
            // Not a crash: another flux is in the middle of it.
            Err(WriteFailure::Busy) => return Ok(Vec::new()),
            opened => opened?,
        };
        let entries = journal.entries()?;
        self.mend(&journal, &entries)
    }

    fn mend(&self, journal: &Journal, entries: &[(Entry, Stage)]) -> Result<Vec<Recovered>, WriteFailure> {
        let mut mended = Vec::new();
        for (entry, stage) in entries {
            let is_undo = match stage {
                Stage::Begun => false,
                Stage::Undoing => true,
                Stage::Done | Stage::RolledBack | Stage::Undone => continue,
            };
            let is_new = |place: &str, new| place::hash_at(&self.root.join(place)) == Ok(new);
            let stands = !is_undo && entry.files.iter().all(|file| is_new(&file.place, file.new));
            let left = match stands {
                true => Vec::new(),
                false => match plan::take_back(&self.root, journal, entry) {
                    Ok(left) => left,
                    Err(failure) => {
                        // Told once, with where to find the old content; it must not stand in the way for ever.
                        journal.append(&Line::RolledBack(entry.id))?;
                        return Err(failure);
                    }
                },
            };
            journal.append(&match (stands, is_undo) {
                (true, _) => Line::Done(entry.id),
                (false, true) => Line::Undone(entry.id),
                (false, false) => Line::RolledBack(entry.id),
            })?;
            mended.push(Recovered { title: entry.title.clone(), paths: paths_of(entry), stands, left });
        }
        Ok(mended)
    }
}

fn paths_of(entry: &Entry) -> Vec<ProjectPath> {
    entry.files.iter().map(|file| file.path.clone()).collect()
}

#[cfg(test)]
mod tests;

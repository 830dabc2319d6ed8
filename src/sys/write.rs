//! The one place that changes a project's files.
//!
//! Knows nothing of who wants it and of whether it is good: that was judged before. Invariants: a file that is not what
//! the change set was made from is never overwritten; after a crash every file is whole and a change set is either all
//! there or all undone; what was written can be taken back, and what a person typed since stays.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::state::{project_folder, state_folder};
use crate::text::{ChangeSet, ProjectPath};

mod failure;
mod journal;
mod place;
mod plan;
mod undo;

pub use failure::{Direction, Overlap, WriteFailure};

use journal::{Entry, Journal, Kind, Line, Part, Parts, Side, Stage};
pub(super) use plan::wanted_of;
use plan::{Plan, Purpose};
use undo::History;

/// A write that was taken back, or made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// The title it was written under.
    pub title: String,
    pub paths: Vec<ProjectPath>,
    /// Those of the files that were edited since, elsewhere: these edits are still there.
    pub merged: Vec<ProjectPath>,
}

/// One write of the list that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Counts up from 1 within a project.
    pub id: u64,
    /// The first write of the task that this one is of; itself where it is the only one.
    pub task: u64,
    pub title: String,
    /// When it was written, in RFC 3339.
    pub time: String,
    /// Its files, each with whether its change still stands.
    pub files: Vec<(ProjectPath, bool)>,
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

/// An RFC 3339 time as the person's clock showed it.
pub fn local_time(time: &str) -> String {
    match time.parse::<jiff::Timestamp>() {
        Ok(time) => time.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => time.to_owned(),
    }
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

    /// Writes all of the change set or nothing, and says which files that were. `title` is what the list shows.
    pub fn write(&self, change_set: &ChangeSet, title: &str) -> Result<Vec<ProjectPath>, WriteFailure> {
        self.write_for_task(change_set, title, None)
    }

    /// As [`Writer::write`]; writes that name the same task can be taken back as one.
    pub fn write_for_task(
        &self,
        change_set: &ChangeSet,
        title: &str,
        task: Option<String>,
    ) -> Result<Vec<ProjectPath>, WriteFailure> {
        if change_set.is_empty() {
            return Ok(Vec::new());
        }
        let (journal, entries) = self.open()?;
        let wanted = plan::wanted_of(&self.root, change_set)?;
        let purpose = Purpose { kind: Kind::Write, title: title.to_owned(), task };
        self.carry_out(&journal, &entries, purpose, wanted)
    }

    /// Takes back what still stands of the last write of which anything does, also of an earlier run. What was edited
    /// since in other lines stays; where the very lines were edited, nothing is changed and the failure says which.
    pub fn undo(&self) -> Result<Undone, WriteFailure> {
        self.take_back(None, false, &[])
    }

    /// Takes back what still stands of the write `id` (see [`Applied`]), or of those of its files that `only` names.
    pub fn undo_write(&self, id: u64, only: &[ProjectPath]) -> Result<Undone, WriteFailure> {
        self.take_back(Some(id), false, only)
    }

    /// Takes back what still stands of all writes of the task that the write `id` is of, or the last one; or of those of
    /// their files that `only` names. All of it or nothing.
    pub fn undo_task(&self, id: Option<u64>, only: &[ProjectPath]) -> Result<Undone, WriteFailure> {
        self.take_back(id, true, only)
    }

    fn take_back(&self, id: Option<u64>, whole_task: bool, only: &[ProjectPath]) -> Result<Undone, WriteFailure> {
        let (journal, entries) = self.open()?;
        let history = History(&entries);
        let last = || history.last_standing().ok_or_else(|| WriteFailure::NothingToUndo(self.root.clone()));
        let id = id.map_or_else(last, Ok)?;
        let writes = if whole_task { history.of_task(id) } else { vec![id] };
        let part = |write: u64| {
            let mut paths = history.standing(write);
            paths.retain(|path| only.is_empty() || only.contains(path));
            Part { write, paths }
        };
        let parts = writes.into_iter().map(part).filter(|part| !part.paths.is_empty()).collect();
        let parts = Parts::new(parts).ok_or(WriteFailure::NoSuchWrite { id })?;
        self.go(Direction::Back, &journal, &entries, parts)
    }

    /// Makes the write again that was taken back last; a new write ends that.
    pub fn redo(&self) -> Result<Undone, WriteFailure> {
        let (journal, entries) = self.open()?;
        let parts = History(&entries).last_undone().ok_or_else(|| WriteFailure::NothingToRedo(self.root.clone()))?;
        self.go(Direction::Again, &journal, &entries, parts)
    }

    /// How many writes can be taken back, and whether something that was can be written again.
    pub fn ways(&self) -> Result<(usize, bool), WriteFailure> {
        let entries = journal::entries_in(&self.folder)?;
        let history = History(&entries);
        let stands = |write: &&Applied| write.files.iter().any(|(_, stands)| *stands);
        Ok((history.applied().iter().filter(stands).count(), history.last_undone().is_some()))
    }

    /// What was written, the last one first; of so many writes as can be taken back.
    pub fn applied(&self) -> Result<Vec<Applied>, WriteFailure> {
        let entries = journal::entries_in(&self.folder)?;
        Ok(History(&entries).applied())
    }

    /// Finishes or takes back what a crash left half done. A project that was never written to is only looked at.
    pub fn recover(&self) -> Result<Vec<Recovered>, WriteFailure> {
        if !journal::entries_in(&self.folder)?.iter().any(|(_, stage)| *stage == Stage::Begun) {
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

    /// The journal, with nothing half done in it.
    fn open(&self) -> Result<(Journal, Vec<(Entry, Stage)>), WriteFailure> {
        let journal = Journal::open(&self.folder)?;
        let entries = journal.entries()?;
        // What is mended is another stage of the same write.
        let entries = if self.mend(&journal, &entries)?.is_empty() { entries } else { journal.entries()? };
        Ok((journal, entries))
    }

    fn go(
        &self,
        direction: Direction,
        journal: &Journal,
        entries: &[(Entry, Stage)],
        parts: Parts,
    ) -> Result<Undone, WriteFailure> {
        let entry_of = |part: &Part| entries.iter().map(|(entry, _)| entry).find(|entry| entry.id == part.write);
        let gone: Vec<(&Entry, &[ProjectPath])> =
            parts.iter().filter_map(|part| Some((entry_of(part)?, &part.paths[..]))).collect();
        let way = undo::way(&self.root, journal, &gone, direction)?;
        let title = gone.first().map(|(entry, _)| entry.title.clone()).unwrap_or_default();
        let paths: BTreeSet<ProjectPath> = parts.iter().flat_map(|part| part.paths.clone()).collect();
        let kind = match direction {
            Direction::Back => Kind::Undo(parts.clone()),
            Direction::Again => Kind::Redo(parts.clone()),
        };
        self.carry_out(journal, entries, Purpose { kind, title: title.clone(), task: None }, way.wanted)?;
        if direction == Direction::Back {
            for folder in gone.iter().flat_map(|(entry, _)| entry.folders.iter().rev()) {
                // A folder that holds anything else stays.
                let _ = std::fs::remove_dir(self.root.join(folder));
            }
        }
        Ok(Undone { title, paths: paths.into_iter().collect(), merged: way.merged })
    }

    fn carry_out(
        &self,
        journal: &Journal,
        entries: &[(Entry, Stage)],
        purpose: Purpose,
        wanted: Vec<plan::Wanted>,
    ) -> Result<Vec<ProjectPath>, WriteFailure> {
        let id = entries.iter().map(|(entry, _)| entry.id).max().unwrap_or(0) + 1;
        let plan = Plan::new(&self.root, wanted, id, purpose)?;
        plan.run(journal)?;
        journal.prune(id);
        Ok(plan.entry.files.into_iter().map(|file| file.path).collect())
    }

    fn mend(&self, journal: &Journal, entries: &[(Entry, Stage)]) -> Result<Vec<Recovered>, WriteFailure> {
        let mut mended = Vec::new();
        for (entry, _) in entries.iter().filter(|(_, stage)| *stage == Stage::Begun) {
            let is_new = |file: &journal::FileEntry| {
                place::hash_at(&self.root.join(&file.place)) == Ok(Side::hash_of(file.new.as_ref()))
            };
            let stands = entry.files.iter().all(is_new);
            let left = match stands {
                true => Vec::new(),
                false => match plan::roll_back(&self.root, journal, entry) {
                    Ok(left) => left,
                    Err(failure) => {
                        // Told once, with where to find the old content; it must not stand in the way for ever.
                        journal.append(&Line::RolledBack(entry.id))?;
                        return Err(failure);
                    }
                },
            };
            journal.append(&if stands { Line::Done(entry.id) } else { Line::RolledBack(entry.id) })?;
            let paths = entry.files.iter().map(|file| file.path.clone()).collect();
            mended.push(Recovered { title: entry.title.clone(), paths, stands, left });
        }
        Ok(mended)
    }
}

#[cfg(test)]
mod tests;

//! One write, step by step, in the order that makes every step safe to be the last.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::failure::WriteFailure;
use super::journal::{Entry, FileEntry, Journal, Kind, Line, Side, Version};
use super::place::{hash_at, is_missing, mode_of, read, resolve, sync_folder, write_new};
use crate::text::{ChangeSet, ContentHash, FileChange, FileText, NotText, ProjectPath};

/// What a file is to become.
#[derive(Debug)]
pub(in crate::sys) struct Wanted {
    pub(in crate::sys) path: ProjectPath,
    /// What has to be there for it; `None`: no file.
    pub(super) base: Option<ContentHash>,
    /// `None`: it is deleted.
    pub(in crate::sys) new: Option<Vec<u8>>,
    /// The permissions of a file that is created, 0 for those that new files get. One that is there keeps its own.
    pub(super) mode: u32,
}

/// What the files of a change set are to become, in bytes.
pub(in crate::sys) fn wanted_of(root: &Path, change_set: &ChangeSet) -> Result<Vec<Wanted>, WriteFailure> {
    let wanted = |(path, change): (&ProjectPath, &FileChange)| {
        let (new, mode) = match (&change.new, &change.old) {
            (Some(text), Some(old)) => (Some(old.encode(text)), 0),
            (Some(text), None) => created(root, change, text),
            (None, _) => (None, 0),
        };
        let new = new.transpose().map_err(|why| refused(path, format!("cannot be written: {why}")))?;
        Ok(Wanted { path: path.clone(), base: change.base_hash(), new, mode })
    };
    change_set.iter().map(wanted).collect()
}

/// The bytes and permissions of a file that is created. One that was moved keeps its spelling and its permissions.
fn created(root: &Path, change: &FileChange, text: &str) -> (Option<Result<Vec<u8>, NotText>>, u32) {
    if let Some(origin) = &change.origin {
        return (Some(origin.file.encode(text)), mode_of(&origin.path.on_disk(root)));
    }
    // A new file is UTF-8, unless its own first lines declare something else.
    let bytes = match FileText::decode(text.as_bytes()) {
        Ok(declared) => declared.encode(text),
        Err(why) => Err(why),
    };
    (Some(bytes), 0)
}

fn refused(path: &ProjectPath, why: String) -> WriteFailure {
    WriteFailure::Refused { path: path.clone(), why }
}

/// What a write is for.
pub(super) struct Purpose {
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) task: Option<String>,
}

/// A write that can be begun: every file was what is expected, a moment ago.
pub(super) struct Plan {
    root: PathBuf,
    pub(super) entry: Entry,
    contents: Vec<Content>,
}

/// The bytes of one file on both sides.
struct Content {
    old: Option<Vec<u8>>,
    new: Option<Vec<u8>>,
}

/// What is done one after the other. A number is a file's or a folder's place in the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Keep,
    Begin,
    MakeFolder(usize),
    WriteBeside(usize),
    Replace(usize),
    /// Makes the names safe on disk: once for each folder, however many files it holds.
    Settle,
    End,
}

impl Plan {
    pub(super) fn new(root: &Path, wanted: Vec<Wanted>, id: u64, purpose: Purpose) -> Result<Self, WriteFailure> {
        let mut files = Vec::new();
        let mut contents = Vec::new();
        let mut conflicts = Vec::new();
        let mut taken: BTreeMap<PathBuf, ProjectPath> = BTreeMap::new();
        for Wanted { path, base, new, mode } in wanted {
            let place = resolve(root, &path)?;
            if let Some(other) = taken.insert(place.clone(), path.clone()) {
                return Err(refused(&path, format!("is the same file as '{other}'")));
            }
            if new.is_none() && path.on_disk(root).is_symlink() {
                return Err(refused(&path, "is a symbolic link: flux does not delete links".to_owned()));
            }
            let old = read(&place).map_err(|error| refused(&path, format!("cannot be read ({error})")))?;
            if old.as_deref().map(ContentHash::of) != base {
                conflicts.push(path);
                continue;
            }
            let relative = place.strip_prefix(root).ok().and_then(Path::to_str);
            let relative = relative.ok_or_else(|| refused(&path, "leads to a name that is no UTF-8".to_owned()))?;
            let (old_side, mode) = match &old {
                Some(bytes) => (Some(Side::of(bytes, mode_of(&place))), mode_of(&place)),
                None => (None, mode),
            };
            let new_side = new.as_deref().map(|bytes| Side::of(bytes, mode));
            files.push(FileEntry { place: relative.to_owned(), path, old: old_side, new: new_side });
            contents.push(Content { old, new });
        }
        if !conflicts.is_empty() {
            return Err(WriteFailure::Conflict { paths: conflicts });
        }
        let folders = missing_folders(root, &files);
        let time = jiff::Timestamp::now().to_string();
        let Purpose { kind, title, task } = purpose;
        let entry = Entry { id, kind, title, task, time, files, folders };
        Ok(Self { root: root.to_owned(), entry, contents })
    }

    pub(super) fn steps(&self) -> Vec<Step> {
        let files = 0..self.entry.files.len();
        let with_new = files.clone().filter(|idx| self.contents[*idx].new.is_some());
        let mut steps = vec![Step::Keep, Step::Begin];
        steps.extend((0..self.entry.folders.len()).map(Step::MakeFolder));
        steps.extend(with_new.map(Step::WriteBeside));
        steps.extend(files.map(Step::Replace));
        steps.extend([Step::Settle, Step::End]);
        steps
    }

    /// Does all steps; when one fails, what was done before is taken back.
    pub(super) fn run(&self, journal: &Journal) -> Result<(), WriteFailure> {
        let mut has_begun = false;
        for step in self.steps() {
            match self.step(step, journal) {
                Ok(()) => has_begun |= step == Step::Begin,
                // The files are all in place: without this line the next start finds that out by itself.
                Err(failure) if step == Step::End => tracing::warn!("the journal was not closed: {failure}"),
                Err(failure) if !has_begun => return Err(failure),
                Err(failure) => {
                    roll_back(&self.root, journal, &self.entry)?;
                    if let Err(why) = journal.append(&Line::RolledBack(self.entry.id)) {
                        // The next start finds the files as they were.
                        tracing::warn!("the journal was not closed: {why}");
                    }
                    return Err(failure);
                }
            }
        }
        Ok(())
    }

    pub(super) fn step(&self, step: Step, journal: &Journal) -> Result<(), WriteFailure> {
        match step {
            Step::Keep => {
                let sides = self.contents.iter().flat_map(|content| [content.old.as_deref(), content.new.as_deref()]);
                journal.keep(self.entry.id, sides.flatten())
            }
            Step::Begin => journal.append(&Line::Begun(self.entry.clone())),
            Step::MakeFolder(idx) => {
                let folder = self.root.join(&self.entry.folders[idx]);
                let made = fs::create_dir(&folder).or_else(|error| if folder.is_dir() { Ok(()) } else { Err(error) });
                let wants = |file: &FileEntry| self.root.join(&file.place).starts_with(&folder);
                made.map_err(|error| self.failed(self.entry.files.iter().position(wants).unwrap_or(0), &error))
            }
            Step::WriteBeside(idx) => {
                let file = &self.entry.files[idx];
                let bytes = self.contents[idx].new.as_deref().unwrap_or_default();
                let mode = file.new.as_ref().map_or(0, |side| side.mode);
                write_new(&beside(&self.root, &self.entry, idx), bytes, mode, &self.root.join(&file.place))
                    .map_err(|error| self.failed(idx, &error))
            }
            Step::Replace(idx) => self.replace(idx),
            Step::Settle => {
                settle(&self.root, &self.entry);
                Ok(())
            }
            Step::End => journal.append(&Line::Done(self.entry.id)),
        }
    }

    fn replace(&self, idx: usize) -> Result<(), WriteFailure> {
        let file = &self.entry.files[idx];
        let place = self.root.join(&file.place);
        // The last instant: somebody may have saved the file while the others were written.
        match hash_at(&place) {
            Ok(hash) if hash == Side::hash_of(file.old.as_ref()) => {}
            Ok(_) => return Err(WriteFailure::Conflict { paths: vec![file.path.clone()] }),
            Err(why) => return Err(WriteFailure::Failed { path: file.path.clone(), why }),
        }
        let done = match file.new {
            Some(_) => fs::rename(beside(&self.root, &self.entry, idx), &place),
            None => fs::remove_file(&place),
        };
        done.map_err(|error| self.failed(idx, &error))
    }

    fn failed(&self, idx: usize, error: &io::Error) -> WriteFailure {
        WriteFailure::Failed { path: self.entry.files[idx].path.clone(), why: error.to_string() }
    }
}

/// The folders that have to be made, outermost first.
fn missing_folders(root: &Path, files: &[FileEntry]) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    for file in files.iter().filter(|file| file.new.is_some()) {
        let mut folders: Vec<&Path> = Path::new(&file.place).ancestors().skip(1).collect();
        folders.reverse();
        for folder in folders {
            let Some(name) = folder.to_str().filter(|name| !name.is_empty()) else { continue };
            if !root.join(folder).exists() && !missing.iter().any(|known| known == name) {
                missing.push(name.to_owned());
            }
        }
    }
    missing
}

/// Where the new content lies until it takes its place: in the same folder, since only there a rename is one step.
fn beside(root: &Path, entry: &Entry, idx: usize) -> PathBuf {
    root.join(&entry.files[idx].place).with_file_name(format!(".flux-{}-{idx}.tmp", entry.id))
}

/// Makes all names that the write touched safe on disk.
fn settle(root: &Path, entry: &Entry) {
    let names = entry.files.iter().map(|file| &file.place).chain(&entry.folders);
    let folders: BTreeSet<PathBuf> = names.filter_map(|name| Some(root.join(name).parent()?.to_owned())).collect();
    folders.iter().for_each(|folder| sync_folder(folder));
}

/// Puts every file of a write that was not finished back to what it was, however far it came, and says which were left
/// alone because somebody else changed them since.
pub(super) fn roll_back(root: &Path, journal: &Journal, entry: &Entry) -> Result<Vec<ProjectPath>, WriteFailure> {
    let mut left = Vec::new();
    for (idx, file) in entry.files.iter().enumerate() {
        let place = root.join(&file.place);
        let not_put_back = |why: String| {
            let kept = journal.rescue(entry, idx);
            WriteFailure::NotPutBack { path: file.path.clone(), why, kept }
        };
        let temporary = beside(root, entry, idx);
        match fs::remove_file(&temporary) {
            Err(error) if !is_missing(&error) => tracing::warn!("{} stays: {error}", temporary.display()),
            _ => {}
        }
        let hash = hash_at(&place).map_err(not_put_back)?;
        if hash == Side::hash_of(file.old.as_ref()) {
            continue;
        }
        if hash != Side::hash_of(file.new.as_ref()) {
            left.push(file.path.clone());
            continue;
        }
        match &file.old {
            None => fs::remove_file(&place).map_err(|error| not_put_back(error.to_string()))?,
            Some(old) => {
                let kept = journal.kept(entry, idx, Version::Old).flatten();
                let bytes = kept.ok_or_else(|| not_put_back("what was kept of it is damaged".to_owned()))?;
                place
                    .parent()
                    .map_or(Ok(()), fs::create_dir_all)
                    .and_then(|()| write_new(&temporary, &bytes, old.mode, &place))
                    .and_then(|()| fs::rename(&temporary, &place))
                    .map_err(|error| not_put_back(error.to_string()))?;
            }
        }
    }
    settle(root, entry);
    for folder in entry.folders.iter().rev() {
        // A folder that somebody put something into stays.
        let _ = fs::remove_dir(root.join(folder));
    }
    Ok(left)
}

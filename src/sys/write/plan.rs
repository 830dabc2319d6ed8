//! One write, step by step, in the order that makes every step safe to be the last.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::failure::WriteFailure;
use super::journal::{Entry, FileEntry, Journal, Line, OldFile};
use super::place::{hash_at, is_missing, mode_of, resolve, sync_folder, write_new};
use crate::text::{ChangeSet, ContentHash, FileChange, FileText, ProjectPath};

/// A write that can be begun: every file was what the change set says, a moment ago.
pub(super) struct Plan {
    root: PathBuf,
    pub(super) entry: Entry,
    contents: Vec<Content>,
}

/// The bytes of one file on both sides.
struct Content {
    old: Option<Vec<u8>>,
    new: Option<Vec<u8>>,
    /// The permissions of the new file; 0 for those that new files get.
    mode: u32,
}

/// What is done one after the other. A number is a file's or a folder's place in the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Keep(usize),
    Begin,
    MakeFolder(usize),
    WriteBeside(usize),
    Replace(usize),
    End,
}

impl Plan {
    pub(super) fn new(root: &Path, change_set: &ChangeSet, id: u64, title: &str) -> Result<Self, WriteFailure> {
        let mut files = Vec::new();
        let mut contents = Vec::new();
        let mut conflicts = Vec::new();
        let mut taken: BTreeMap<PathBuf, &ProjectPath> = BTreeMap::new();
        for (path, change) in change_set.iter() {
            let refused = |why: String| WriteFailure::Refused { path: path.clone(), why };
            let place = resolve(root, path)?;
            if let Some(other) = taken.insert(place.clone(), path) {
                return Err(refused(format!("is the same file as '{other}'")));
            }
            if change.new.is_none() && path.on_disk(root).is_symlink() {
                return Err(refused("is a symbolic link: flux does not delete links".to_owned()));
            }
            let old = match fs::read(&place) {
                Ok(bytes) => Some(bytes),
                Err(error) if is_missing(&error) => None,
                Err(error) => return Err(refused(format!("cannot be read ({error})"))),
            };
            let hash = old.as_deref().map(ContentHash::of);
            if hash != change.base_hash() {
                conflicts.push(path.clone());
                continue;
            }
            let (new, mode) = match (&change.new, &change.old) {
                (Some(text), Some(old)) => (Some(old.encode(text)), mode_of(&place)),
                (Some(text), None) => created(root, change_set, text),
                (None, _) => (None, 0),
            };
            let new = new.transpose().map_err(|why| refused(format!("cannot be written: {why}")))?;
            let relative = place.strip_prefix(root).ok().and_then(Path::to_str);
            let relative = relative.ok_or_else(|| refused("leads to a name that is no UTF-8".to_owned()))?.to_owned();
            let kept = hash.map(|hash| OldFile { hash, mode: mode_of(&place) });
            let new_hash = new.as_deref().map(ContentHash::of);
            files.push(FileEntry { path: path.clone(), place: relative, old: kept, new: new_hash });
            contents.push(Content { old, new, mode });
        }
        if !conflicts.is_empty() {
            return Err(WriteFailure::Conflict { paths: conflicts });
        }
        let folders = missing_folders(root, &files);
        let time = jiff::Timestamp::now().to_string();
        let entry = Entry { id, title: title.to_owned(), time, files, folders };
        Ok(Self { root: root.to_owned(), entry, contents })
    }

    pub(super) fn steps(&self) -> Vec<Step> {
        let files = 0..self.entry.files.len();
        let with_new = files.clone().filter(|idx| self.contents[*idx].new.is_some());
        let mut steps: Vec<Step> = files.clone().map(Step::Keep).collect();
        steps.push(Step::Begin);
        steps.extend((0..self.entry.folders.len()).map(Step::MakeFolder));
        steps.extend(with_new.map(Step::WriteBeside));
        steps.extend(files.map(Step::Replace));
        steps.push(Step::End);
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
                    take_back(&self.root, journal, &self.entry)?;
                    journal.append(&Line::RolledBack(self.entry.id))?;
                    return Err(failure);
                }
            }
        }
        Ok(())
    }

    pub(super) fn step(&self, step: Step, journal: &Journal) -> Result<(), WriteFailure> {
        match step {
            Step::Keep(idx) => match &self.contents[idx].old {
                Some(bytes) => journal.keep(self.entry.id, idx, bytes),
                None => Ok(()),
            },
            Step::Begin => journal.append(&Line::Begun(self.entry.clone())),
            Step::MakeFolder(idx) => {
                let folder = self.root.join(&self.entry.folders[idx]);
                let made = fs::create_dir(&folder).or_else(|error| if folder.is_dir() { Ok(()) } else { Err(error) });
                let wants = |file: &FileEntry| self.root.join(&file.place).starts_with(&folder);
                made.map_err(|error| self.failed(self.entry.files.iter().position(wants).unwrap_or(0), &error))
            }
            Step::WriteBeside(idx) => {
                let content = &self.contents[idx];
                let bytes = content.new.as_deref().unwrap_or_default();
                let beside = beside(&self.root, &self.entry, idx);
                write_new(&beside, bytes, content.mode, &self.root.join(&self.entry.files[idx].place))
                    .map_err(|error| self.failed(idx, &error))
            }
            Step::Replace(idx) => self.replace(idx),
            Step::End => journal.append(&Line::Done(self.entry.id)),
        }
    }

    fn replace(&self, idx: usize) -> Result<(), WriteFailure> {
        let file = &self.entry.files[idx];
        let place = self.root.join(&file.place);
        // The last instant: somebody may have saved the file while the others were written.
        match hash_at(&place) {
            Ok(hash) if hash == file.old.as_ref().map(|old| old.hash) => {}
            Ok(_) => return Err(WriteFailure::Conflict { paths: vec![file.path.clone()] }),
            Err(why) => return Err(WriteFailure::Failed { path: file.path.clone(), why }),
        }
        let done = match file.new {
            Some(_) => fs::rename(beside(&self.root, &self.entry, idx), &place),
            None => fs::remove_file(&place),
        };
        done.map_err(|error| self.failed(idx, &error))?;
        sync_folder(&place);
        Ok(())
    }

    fn failed(&self, idx: usize, error: &io::Error) -> WriteFailure {
        WriteFailure::Failed { path: self.entry.files[idx].path.clone(), why: error.to_string() }
    }
}

/// The bytes and permissions of a file that is created. One that was moved keeps its spelling and its permissions.
fn created(root: &Path, change_set: &ChangeSet, text: &str) -> (Option<Result<Vec<u8>, crate::text::NotText>>, u32) {
    let moved = |change: &FileChange| change.new.is_none() && change.old_text() == text && !text.is_empty();
    if let Some((path, change)) = change_set.iter().find(|(_, change)| moved(change))
        && let Some(old) = &change.old
    {
        return (Some(old.encode(text)), mode_of(&path.on_disk(root)));
    }
    // A new file is UTF-8, unless its own first lines declare something else.
    let bytes = match FileText::decode(text.as_bytes()) {
        Ok(declared) => declared.encode(text),
        Err(why) => Err(why),
    };
    (Some(bytes), 0)
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

/// Puts every file of a write back to what it was, however far the write came, and says which were left alone because
/// somebody else changed them since.
pub(super) fn take_back(root: &Path, journal: &Journal, entry: &Entry) -> Result<Vec<ProjectPath>, WriteFailure> {
    let mut left = Vec::new();
    for (idx, file) in entry.files.iter().enumerate() {
        let place = root.join(&file.place);
        let not_put_back = |why: String| {
            let kept = journal.kept_file(entry.id, idx);
            WriteFailure::NotPutBack { path: file.path.clone(), why, kept }
        };
        let temporary = beside(root, entry, idx);
        match fs::remove_file(&temporary) {
            Err(error) if !is_missing(&error) => tracing::warn!("{} stays: {error}", temporary.display()),
            _ => {}
        }
        let hash = hash_at(&place).map_err(not_put_back)?;
        if hash == file.old.as_ref().map(|old| old.hash) {
            continue;
        }
        if hash != file.new {
            left.push(file.path.clone());
            continue;
        }
        match &file.old {
            None => fs::remove_file(&place).map_err(|error| not_put_back(error.to_string()))?,
            Some(old) => {
                let bytes = journal
                    .kept(entry.id, idx, old.hash)
                    .ok_or_else(|| not_put_back("what was kept of it is damaged".to_owned()))?;
                place
                    .parent()
                    .map_or(Ok(()), fs::create_dir_all)
                    .and_then(|()| write_new(&temporary, &bytes, old.mode, &place))
                    .and_then(|()| fs::rename(&temporary, &place))
                    .map_err(|error| not_put_back(error.to_string()))?;
            }
        }
        sync_folder(&place);
    }
    for folder in entry.folders.iter().rev() {
        // A folder that somebody put something into stays.
        let _ = fs::remove_dir(root.join(folder));
    }
    Ok(left)
}

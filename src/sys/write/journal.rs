//! What was written to a project: the list that undo reads, and the journal that a crash is mended from.
//!
//! One append-only file of JSON lines for each project, and a file of contents for each write beside it. Knows nothing of how files are
//! put in place. Invariant: a write stands here, with everything that is needed to take it back, before the first file
//! of the project changes.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::failure::WriteFailure;
use crate::sys::state::make_private_folder;
use crate::text::{ContentHash, ProjectPath};

/// So many writes can be taken back; the contents of older ones are dropped.
const KEPT_WRITES: u64 = 200;

/// The folder of the contents.
const CONTENTS: &str = "contents";

/// One write: what each file was and became.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) id: u64,
    pub(super) kind: Kind,
    pub(super) title: String,
    /// Writes of one task say the same here; journals of before know of none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) task: Option<String>,
    /// When it began, in RFC 3339.
    pub(super) time: String,
    pub(super) files: Vec<FileEntry>,
    /// The folders that are made for it, outermost first, relative to the root.
    pub(super) folders: Vec<String>,
}

/// What a write is for. Taking back and making again name a write of the first kind, and those of its files that they are about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Write,
    Undo(Parts),
    Redo(Parts),
}

/// What is taken back or made again in one go, in that order; never nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parts {
    #[serde(flatten)]
    first: Part,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    also: Vec<Part>,
}

/// Files of one write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) write: u64,
    pub(super) paths: Vec<ProjectPath>,
}

impl Parts {
    /// `None` for no part at all.
    pub(super) fn new(parts: Vec<Part>) -> Option<Self> {
        let mut parts = parts.into_iter();
        Some(Self { first: parts.next()?, also: parts.collect() })
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Part> {
        std::iter::once(&self.first).chain(&self.also)
    }

    pub(super) fn holds(&self, write: u64, path: &ProjectPath) -> bool {
        self.iter().any(|part| part.write == write && part.paths.contains(path))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileEntry {
    pub(super) path: ProjectPath,
    /// Where the file really lies, links resolved, relative to the root.
    pub(super) place: String,
    /// `None`: there was none.
    pub(super) old: Option<Side>,
    /// `None`: it is deleted.
    pub(super) new: Option<Side>,
}

/// A file before or after a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Side {
    pub(super) hash: ContentHash,
    pub(super) bytes: usize,
    /// The permission bits; 0 for those that new files get, and where the system has none.
    pub(super) mode: u32,
}

impl Side {
    pub(super) fn of(content: &[u8], mode: u32) -> Self {
        Self { hash: ContentHash::of(content), bytes: content.len(), mode }
    }

    pub(super) fn hash_of(side: Option<&Self>) -> Option<ContentHash> {
        side.map(|side| side.hash)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Old,
    New,
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Begun(Entry),
    Done(u64),
    RolledBack(u64),
}

/// How far a write came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Begun,
    Done,
    RolledBack,
}

/// The open journal of one project; nobody else writes there as long as it is.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
    /// Held until the end of the process or of this value, whichever comes first.
    lock: File,
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Closing is not enough: a process that is being started at this moment holds a copy until it runs.
        if let Err(error) = self.lock.unlock() {
            tracing::warn!("the lock in {} was not given back: {error}", self.folder.display());
        }
    }
}

impl Journal {
    /// Opens the journal in `folder`, which is made where it is missing.
    pub(super) fn open(folder: &Path) -> Result<Self, WriteFailure> {
        let unusable = |why: io::Error| unusable(folder, &why);
        make_private_folder(folder).map_err(unusable)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("write.lock"))
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), lock }),
            Err(TryLockError::WouldBlock) => Err(WriteFailure::Busy),
            Err(TryLockError::Error(why)) => Err(unusable(why)),
        }
    }

    /// All writes that were begun, in order, with how far each came.
    pub(super) fn entries(&self) -> Result<Vec<(Entry, Stage)>, WriteFailure> {
        entries_in(&self.folder)
    }

    /// Adds a line, safely on disk when this returns.
    pub(super) fn append(&self, line: &Line) -> Result<(), WriteFailure> {
        let add = || -> io::Result<()> {
            let mut file = OpenOptions::new().create(true).read(true).append(true).open(lines_file(&self.folder))?;
            let mut text = serde_json::to_vec(line)?;
            text.push(b'\n');
            if file.metadata()?.len() > 0 {
                let mut last = [0];
                file.seek(SeekFrom::End(-1))?;
                file.read_exact(&mut last)?;
                if last != *b"\n" {
                    // What a crash cut off must not swallow this line.
                    text.insert(0, b'\n');
                }
            }
            file.write_all(&text)?;
            file.sync_all()
        };
        add().map_err(|error| unusable(&self.folder, &error))
    }

    /// Puts the contents of a write aside, safely on disk when this returns: for each of its files, in order, the old and the new.
    pub(super) fn keep<'a>(&self, id: u64, contents: impl Iterator<Item = &'a [u8]>) -> Result<(), WriteFailure> {
        let place = self.kept_file(id);
        let keep = || -> io::Result<()> {
            if let Some(folder) = place.parent() {
                make_private_folder(folder)?;
            }
            let mut file = BufWriter::new(File::create(&place)?);
            for content in contents {
                file.write_all(content)?;
            }
            file.into_inner()?.sync_all()
        };
        keep().map_err(|error| unusable(&self.folder, &error))
    }

    /// A content that was put aside, if it is still what it was. `Some(None)`: there was no file.
    pub(super) fn kept(&self, entry: &Entry, file_idx: usize, version: Version) -> Option<Option<Vec<u8>>> {
        let sides = entry.files.iter().flat_map(|file| [file.old.as_ref(), file.new.as_ref()]);
        let nth = file_idx * 2 + usize::from(version == Version::New);
        let start: usize = sides.clone().take(nth).flatten().map(|side| side.bytes).sum();
        let Some(side) = sides.clone().nth(nth)? else { return Some(None) };
        let mut bytes = vec![0; side.bytes];
        let mut file = File::open(self.kept_file(entry.id)).ok()?;
        file.seek(SeekFrom::Start(start as u64)).and_then(|_| file.read_exact(&mut bytes)).ok()?;
        (ContentHash::of(&bytes) == side.hash).then_some(Some(bytes))
    }

    /// Puts a kept content where a person can read it, and says where: the project has no place for it.
    pub(super) fn rescue(&self, entry: &Entry, file_idx: usize) -> Option<PathBuf> {
        let bytes = self.kept(entry, file_idx, Version::Old)??;
        let place = self.folder.join("rescued").join(format!("{}-{file_idx}", entry.id));
        make_private_folder(place.parent()?).ok()?;
        fs::write(&place, bytes).ok().map(|()| place)
    }

    /// Drops the contents of writes that lie too far back.
    pub(super) fn prune(&self, newest: u64) {
        let Ok(files) = fs::read_dir(self.folder.join(CONTENTS)) else { return };
        for file in files.flatten() {
            let id = file.file_name().to_str().and_then(|name| name.parse::<u64>().ok());
            if id.is_some_and(|id| !Self::keeps(id, newest)) {
                // What cannot be removed now is tried again with the next write.
                let _ = fs::remove_file(file.path());
            }
        }
    }

    /// Whether the contents of the write `id` are still kept when the last one is `newest`.
    pub(super) fn keeps(id: u64, newest: u64) -> bool {
        id + KEPT_WRITES > newest
    }

    fn kept_file(&self, id: u64) -> PathBuf {
        self.folder.join(CONTENTS).join(id.to_string())
    }
}

/// The writes in the journal of `folder`; nothing has to be there, and nothing is made. What a crash left half a line of did not happen.
pub(super) fn entries_in(folder: &Path) -> Result<Vec<(Entry, Stage)>, WriteFailure> {
    let bytes = match fs::read(lines_file(folder)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unusable(folder, &error)),
    };
    let mut entries: Vec<(Entry, Stage)> = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Ok(line) = serde_json::from_slice::<Line>(line) else { continue };
        let (id, stage) = match line {
            Line::Begun(entry) => {
                entries.push((entry, Stage::Begun));
                continue;
            }
            Line::Done(id) => (id, Stage::Done),
            Line::RolledBack(id) => (id, Stage::RolledBack),
        };
        if let Some(known) = entries.iter_mut().rfind(|(entry, _)| entry.id == id) {
            known.1 = stage;
        }
    }
    Ok(entries)
}

fn lines_file(folder: &Path) -> PathBuf {
    folder.join("journal.jsonl")
}

fn unusable(folder: &Path, why: &io::Error) -> WriteFailure {
    WriteFailure::NoState { folder: folder.to_owned(), why: why.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: u64) -> Entry {
        let [old, new] = [b"old", b"new"].map(|content| Some(Side::of(content, 0o644)));
        let file = FileEntry { path: ProjectPath::new("a.py").unwrap(), place: "a.py".into(), old, new };
        let created = FileEntry { old: None, ..file.clone() };
        let files = vec![created, file];
        Entry { id, kind: Kind::Write, title: "t".into(), task: None, time: String::new(), files, folders: Vec::new() }
    }

    #[test]
    fn a_line_that_was_cut_off_did_not_happen() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        journal.append(&Line::Begun(entry(1))).unwrap();
        journal.append(&Line::Done(1)).unwrap();
        let whole = fs::read(lines_file(folder.path())).unwrap();
        for cut in 0..whole.len() {
            fs::write(lines_file(folder.path()), &whole[..cut]).unwrap();
            journal.append(&Line::Begun(entry(2))).unwrap();
            let entries = journal.entries().unwrap();
            assert_eq!(entries.last(), Some(&(entry(2), Stage::Begun)), "cut at {cut}");
        }
    }

    #[test]
    fn what_was_written_before_tasks_were_known_is_still_read() {
        let old = r#"{"begun":{"id":2,"kind":{"undo":{"write":1,"paths":["a.py"]}},"title":"t","time":"","files":[],"folders":[]}}"#;
        let Ok(Line::Begun(entry)) = serde_json::from_str(old) else { panic!() };
        let part = |write| Part { write, paths: vec![ProjectPath::new("a.py").unwrap()] };
        assert_eq!((&entry.kind, &entry.task), (&Kind::Undo(Parts::new(vec![part(1)]).unwrap()), &None));
        assert_eq!(serde_json::to_string(&Line::Begun(entry.clone())).unwrap(), old);
        let both =
            Entry { kind: Kind::Redo(Parts::new(vec![part(1), part(3)]).unwrap()), task: Some("x".into()), ..entry };
        let line = serde_json::to_string(&Line::Begun(both.clone())).unwrap();
        assert_eq!(serde_json::from_str::<Line>(&line).unwrap(), Line::Begun(both));
    }

    #[test]
    fn one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = Journal::open(folder.path()).unwrap();
        assert!(matches!(Journal::open(folder.path()), Err(WriteFailure::Busy)));
        drop(first);
        assert!(Journal::open(folder.path()).is_ok());
    }

    #[test]
    fn contents_are_kept_for_so_many_writes() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        journal.keep(1, [&b"new"[..], b"old", b"new"].into_iter()).unwrap();
        journal.prune(KEPT_WRITES);
        let kept = |idx, version| journal.kept(&entry(1), idx, version);
        assert_eq!(kept(0, Version::Old), Some(None));
        assert_eq!(kept(1, Version::Old), Some(Some(b"old".to_vec())));
        assert_eq!(kept(1, Version::New), Some(Some(b"new".to_vec())));
        journal.keep(1, [&b"new"[..], b"olt", b"new"].into_iter()).unwrap();
        assert_eq!(kept(1, Version::Old), None);
        journal.prune(KEPT_WRITES + 1);
        assert_eq!(kept(1, Version::New), None);
    }
}

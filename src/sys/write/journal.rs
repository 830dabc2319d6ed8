//! What was written to a project: the list that undo reads, and the journal that a crash is mended from.
//!
//! One append-only file of JSON lines for each project, and the old contents beside it. Knows nothing of how files are
//! put in place. Invariant: a write stands here, with everything that is needed to take it back, before the first file
//! of the project changes.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::failure::WriteFailure;
use crate::text::{ContentHash, ProjectPath};

/// So many writes can be taken back; the contents of older ones are dropped.
const KEPT_WRITES: u64 = 200;

/// One write: what each file was and became.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) id: u64,
    pub(super) title: String,
    /// When it began, in RFC 3339.
    pub(super) time: String,
    pub(super) files: Vec<FileEntry>,
    /// The folders that are made for it, outermost first, relative to the root.
    pub(super) folders: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileEntry {
    pub(super) path: ProjectPath,
    /// Where the file really lies, links resolved, relative to the root.
    pub(super) place: String,
    /// `None`: there was none.
    pub(super) old: Option<OldFile>,
    /// `None`: it is deleted.
    pub(super) new: Option<ContentHash>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OldFile {
    pub(super) hash: ContentHash,
    /// The permission bits; 0 where the system has none.
    pub(super) mode: u32,
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Begun(Entry),
    Done(u64),
    RolledBack(u64),
    Undoing(u64),
    Undone(u64),
}

/// How far a write came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Begun,
    Done,
    RolledBack,
    Undoing,
    Undone,
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

    /// Puts an old content aside.
    pub(super) fn keep(&self, id: u64, file_idx: usize, bytes: &[u8]) -> Result<(), WriteFailure> {
        let place = self.kept_file(id, file_idx);
        let keep = || -> io::Result<()> {
            if let Some(folder) = place.parent() {
                make_private_folder(folder)?;
            }
            let mut file = File::create(&place)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        keep().map_err(|error| unusable(&self.folder, &error))
    }

    /// An old content that was put aside, if it is still what it was.
    pub(super) fn kept(&self, id: u64, file_idx: usize, hash: ContentHash) -> Option<Vec<u8>> {
        fs::read(self.kept_file(id, file_idx)).ok().filter(|bytes| ContentHash::of(bytes) == hash)
    }

    /// Drops the old contents of writes that lie too far back.
    pub(super) fn prune(&self, newest_id: u64) {
        let Ok(folders) = fs::read_dir(self.folder.join("old")) else { return };
        for folder in folders.flatten() {
            let id = folder.file_name().to_str().and_then(|name| name.parse::<u64>().ok());
            if id.is_some_and(|id| id + KEPT_WRITES <= newest_id) {
                // What cannot be removed now is tried again with the next write.
                let _ = fs::remove_dir_all(folder.path());
            }
        }
    }

    /// Where an old content lies, for a message that has to send a person there.
    pub(super) fn kept_file(&self, id: u64, file_idx: usize) -> PathBuf {
        self.folder.join("old").join(id.to_string()).join(file_idx.to_string())
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
            Line::Undoing(id) => (id, Stage::Undoing),
            Line::Undone(id) => (id, Stage::Undone),
        };
        if let Some(known) = entries.iter_mut().rfind(|(entry, _)| entry.id == id) {
            known.1 = stage;
        }
    }
    Ok(entries)
}

fn lines_file(folder: &Path) -> PathBuf {
    folder.join("writes.jsonl")
}

fn unusable(folder: &Path, why: &io::Error) -> WriteFailure {
    WriteFailure::NoState { folder: folder.to_owned(), why: why.to_string() }
}

/// Old contents are the person's code: nobody else reads them.
fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: u64) -> Entry {
        let old = Some(OldFile { hash: ContentHash::of(b"old"), mode: 0o644 });
        let path = ProjectPath::new("a.py").unwrap();
        let file = FileEntry { path, place: "a.py".into(), old, new: Some(ContentHash::of(b"new")) };
        Entry { id, title: "t".into(), time: String::new(), files: vec![file], folders: Vec::new() }
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
    fn one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = Journal::open(folder.path()).unwrap();
        assert!(matches!(Journal::open(folder.path()), Err(WriteFailure::Busy)));
        drop(first);
        assert!(Journal::open(folder.path()).is_ok());
    }

    #[test]
    fn old_contents_are_kept_for_so_many_writes() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        journal.keep(1, 0, b"old").unwrap();
        journal.prune(KEPT_WRITES);
        assert_eq!(journal.kept(1, 0, ContentHash::of(b"old")).as_deref(), Some(&b"old"[..]));
        assert_eq!(journal.kept(1, 0, ContentHash::of(b"other")), None);
        journal.prune(KEPT_WRITES + 1);
        assert_eq!(journal.kept(1, 0, ContentHash::of(b"old")), None);
    }
}

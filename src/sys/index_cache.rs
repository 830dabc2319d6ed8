//! The index of a project as it stood when it was last built, kept for the next start.
//!
//! One file for each project in the user's state directory, made beside it and put in its place at once. It may be deleted
//! at any time. Knows nothing of Python and of what has changed since: each entry comes with the stamp of its file, or
//! without one where the stamp may be of a write that came later, and each folder's names with the stamp of the folder.
//! Invariant: a file that is not whole, of another version or of another project is as good as none.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use xxhash_rust::xxh3::Xxh3;

use super::listings::Listings;
use super::stamps::{Stamp, Stamps};
use super::state::{make_private_folder, project_folder, state_folder};
use crate::index::{FileEntry, Snapshot, record_shape};
use crate::text::ProjectPath;

/// Changes with every change of this file's layout.
const LAYOUT: u32 = 4;
/// A larger one is neither written nor read, and all of them together take no more.
const BYTES_MAX: u64 = 1 << 30;
/// What the name of one that is being written begins with.
const UNFINISHED: &str = ".unfinished-";
/// So much is written at once.
const WRITTEN_BYTES: usize = 1 << 18;
/// So much is read at once, and more only where one record is larger.
const READ_BYTES: usize = 1 << 16;
const CHECKSUM_BYTES: u64 = 16;
/// A number that nobody has checked yet makes room for no more folders.
const EXPECTED_MAX: u32 = 1 << 16;
/// What a program that was killed left behind is older than this.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 60 * 60);

/// Where the index of one project is kept.
#[derive(Debug, Clone)]
pub struct IndexCache {
    place: PathBuf,
    root: PathBuf,
}

/// What was kept; empty where nothing is.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) entries: Vec<(ProjectPath, FileEntry)>,
    /// Those that can be trusted.
    pub(super) stamps: Stamps,
    pub(super) listings: Listings,
}

impl IndexCache {
    /// In the user's state directory; `None` where there is none.
    pub fn of(root: &Path) -> Option<Self> {
        Some(Self::below(&state_folder().ok()?, root))
    }

    /// Below a folder of the caller's choice.
    pub fn below(folder: &Path, root: &Path) -> Self {
        let name = project_folder(folder, root).file_name().map(OsStr::to_owned).unwrap_or_default();
        Self { place: folder.join("index").join(name), root: root.to_path_buf() }
    }

    pub(super) fn load(&self) -> Kept {
        self.read().unwrap_or_default()
    }

    fn read(&self) -> Option<Kept> {
        let mut blocks = Blocks::of(File::open(&self.place).ok()?)?;
        let head = self.head();
        if blocks.next(head.len())? != head.as_bytes() {
            return None;
        }
        let mut kept = Kept::default();
        let folder_count = u32::from_le_bytes(blocks.block()?.try_into().ok()?);
        kept.listings.expect(folder_count.min(EXPECTED_MAX) as usize);
        for _ in 0..folder_count {
            let folder = std::str::from_utf8(blocks.block()?).ok()?.to_owned();
            let stamp = Stamp::from_bytes(blocks.block()?.try_into().ok()?);
            kept.listings.put(folder, stamp, std::str::from_utf8(blocks.block()?).ok()?);
        }
        while blocks.goes_on() {
            let path = Path::new(std::str::from_utf8(blocks.block()?).ok()?);
            let path = ProjectPath::below(Path::new(""), path)?;
            let stamp = blocks.block()?;
            if !stamp.is_empty() {
                kept.stamps.trust(&path, Stamp::from_bytes(stamp.try_into().ok()?));
            }
            kept.entries.push((path, FileEntry::decode(blocks.block()?)?));
        }
        blocks.are_as_written().then_some(kept)
    }

    /// Keeps a snapshot. Nothing is said where it cannot be kept: the next start takes longer, that is all.
    pub(super) fn save(&self, snapshot: &Snapshot, stamps: &Stamps, listings: Option<&Listings>) {
        if let Err(why) = self.write(snapshot, stamps, listings) {
            tracing::info!("the index is not kept in '{}': {why}", self.place.display());
        }
    }

    fn write(&self, snapshot: &Snapshot, stamps: &Stamps, listings: Option<&Listings>) -> io::Result<()> {
        let folder = self.place.parent().unwrap_or(&self.place);
        make_private_folder(folder)?;
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
        let (mut hash, mut len) = (Xxh3::new(), 0);
        // Some records at a time: all of them would be another index in memory.
        let mut write = |bytes: &mut Vec<u8>| {
            hash.update(bytes);
            len += bytes.len() as u64;
            file.write_all(bytes)?;
            bytes.clear();
            io::Result::Ok(())
        };
        let (mut bytes, mut record) = (self.head().into_bytes(), Vec::new());
        let folders: Vec<_> = listings.into_iter().flat_map(Listings::kept).collect();
        put(&mut bytes, &(folders.len() as u32).to_le_bytes());
        for (folder, stamp, names) in folders {
            put(&mut bytes, folder.as_bytes());
            put(&mut bytes, &stamp.to_bytes());
            put(&mut bytes, names.as_bytes());
        }
        for (path, entry) in snapshot.files() {
            put(&mut bytes, path.as_str().as_bytes());
            put(&mut bytes, stamps.trusted(path).map(Stamp::to_bytes).as_ref().map_or(&[], |stamp| &stamp[..]));
            record.clear();
            entry.encode(&mut record);
            put(&mut bytes, &record);
            if bytes.len() > WRITTEN_BYTES {
                write(&mut bytes)?;
            }
        }
        write(&mut bytes)?;
        file.write_all(&hash.digest128().to_le_bytes())?;
        if len > BYTES_MAX {
            return Ok(());
        }
        file.persist(&self.place)?;
        self.clear_up(folder);
        Ok(())
    }

    /// Removes those that were written longest ago until the rest is no larger than it may be.
    fn clear_up(&self, folder: &Path) {
        let mut kept: Vec<(Duration, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            let age = meta.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok()).unwrap_or_default();
            kept.push((age, meta.len(), entry.path()));
        }
        kept.sort();
        let mut total = 0;
        for (age, len, place) in kept {
            total += len;
            let is_left_behind = age > LEFT_BEHIND && place.file_name().is_some_and(is_unfinished);
            if (total > BYTES_MAX || is_left_behind) && place != self.place {
                let _ = fs::remove_file(place);
            }
        }
    }

    /// What such a file begins with.
    fn head(&self) -> String {
        format!("flux index {LAYOUT} of {:016x}\n{}\n", record_shape(), self.root.display())
    }
}

/// Whether a file of that name was being written.
fn is_unfinished(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes())
}

fn put(out: &mut Vec<u8>, block: &[u8]) {
    out.extend_from_slice(&(block.len() as u32).to_le_bytes());
    out.extend_from_slice(block);
}

/// What was written, read some bytes at a time: the whole of it at once would be memory that is needed for a moment only.
struct Blocks {
    file: File,
    /// Read and not yet taken: those from `at` on.
    bytes: Vec<u8>,
    at: usize,
    /// So many are still to be read, the checksum aside.
    left: u64,
    hash: Xxh3,
}

impl Blocks {
    fn of(file: File) -> Option<Self> {
        let meta = file.metadata().ok().filter(|meta| meta.is_file() && meta.len() <= BYTES_MAX)?;
        let left = meta.len().checked_sub(CHECKSUM_BYTES)?;
        Some(Self { file, bytes: Vec::with_capacity(READ_BYTES), at: 0, left, hash: Xxh3::new() })
    }

    /// The next bytes, if there are so many.
    fn next(&mut self, len: usize) -> Option<&[u8]> {
        let missing = (self.at + len).saturating_sub(self.bytes.len());
        if missing as u64 > self.left {
            return None;
        }
        if missing > 0 {
            self.bytes.drain(..self.at);
            self.at = 0;
            let read = (missing.max(READ_BYTES.saturating_sub(self.bytes.len())) as u64).min(self.left);
            let before = self.bytes.len();
            let came = Read::by_ref(&mut self.file).take(read).read_to_end(&mut self.bytes).ok()?;
            if came as u64 != read {
                return None;
            }
            self.left -= read;
            self.hash.update(&self.bytes[before..]);
        }
        self.at += len;
        Some(&self.bytes[self.at - len..self.at])
    }

    /// The bytes behind their number.
    fn block(&mut self) -> Option<&[u8]> {
        let len = u32::from_le_bytes(self.next(4)?.try_into().ok()?);
        self.next(len as usize)
    }

    fn goes_on(&self) -> bool {
        self.left > 0 || self.at < self.bytes.len()
    }

    /// Whether what was read, all of it, is what the checksum behind it was made of.
    fn are_as_written(mut self) -> bool {
        let mut checksum = Vec::new();
        self.file.read_to_end(&mut checksum).is_ok() && checksum == self.hash.digest128().to_le_bytes()
    }
}

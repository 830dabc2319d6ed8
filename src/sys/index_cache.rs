//! The index of a project as it stood when it was last built, kept for the next start.
//!
//! One file for each project in the user's state directory, made beside it and put in its place at once. It may be deleted
//! at any time. Knows nothing of Python and of what has changed since: each entry comes with the stamp of its file, or
//! without one where the stamp may be of a write that came later, and each folder's names with the stamp of the folder.
//! Invariant: a file that is not whole, of another version or of another project is as good as none.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use xxhash_rust::xxh3::Xxh3;

use super::listings::Listings;
use super::stamps::{Stamp, Stamps};
use super::state::{make_private_folder, project_folder, state_folder};
use crate::index::{FileEntry, Snapshot, record_shape};
use crate::text::{ContentHash, ProjectPath};

/// Changes with every change of this file's layout.
const LAYOUT: u32 = 3;
/// A larger one is neither written nor read, and all of them together take no more.
const BYTES_MAX: u64 = 1 << 30;
/// What the name of one that is being written begins with.
const UNFINISHED: &str = ".unfinished-";
/// So much is written at once.
const WRITTEN_BYTES: usize = 1 << 18;
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
        let is_fit = fs::metadata(&self.place).is_ok_and(|meta| meta.is_file() && meta.len() <= BYTES_MAX);
        let bytes = fs::read(&self.place).ok().filter(|_| is_fit)?;
        let (body, hash) = bytes.split_last_chunk()?;
        let mut rest = body.strip_prefix(self.head().as_bytes())?;
        if ContentHash::of(body) != ContentHash::from_bytes(*hash) {
            return None;
        }
        let mut kept = Kept::default();
        let mut folders = take(&mut rest)?;
        while !folders.is_empty() {
            let folder = std::str::from_utf8(take(&mut folders)?).ok()?;
            let stamp = Stamp::from_bytes(take(&mut folders)?.try_into().ok()?);
            kept.listings.put(folder, stamp, std::str::from_utf8(take(&mut folders)?).ok()?);
        }
        while !rest.is_empty() {
            let path = ProjectPath::below(Path::new(""), Path::new(std::str::from_utf8(take(&mut rest)?).ok()?))?;
            let stamp = take(&mut rest)?;
            if !stamp.is_empty() {
                kept.stamps.trust(&path, Stamp::from_bytes(stamp.try_into().ok()?));
            }
            kept.entries.push((path, FileEntry::decode(take(&mut rest)?)?));
        }
        Some(kept)
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
        for (folder, stamp, names) in listings.into_iter().flat_map(Listings::kept) {
            put(&mut record, folder.as_bytes());
            put(&mut record, &stamp.to_bytes());
            put(&mut record, names.as_bytes());
        }
        put(&mut bytes, &record);
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

fn take<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (len, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    bytes.split_off(..u32::from_le_bytes(*len) as usize)
}

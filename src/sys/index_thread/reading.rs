//! What became of one file since it was read last.
//!
//! Knows nothing of the whole. Invariant: a file that is not read is known to be as it was.

use std::cell::RefCell;
use std::path::PathBuf;

use crate::index::{FileEntry, Snapshot, Store};
use crate::sys::disk::{ReadFailure, read_regular_into};
use crate::sys::stamps::{Stamp, Stamps};
use crate::text::{ContentHash, FileText, NotText, ProjectPath};

/// Kept between two files, so that not each one's bytes need new memory.
const BUFFER_BYTES_MAX: usize = 1 << 20;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

pub(super) enum Reading {
    /// It needed no reading.
    Known,
    /// It was read, and is as it was.
    Same,
    /// Its entry as a record: what stays is made by the thread that keeps it, so that its memory does not lie between the
    /// trees that come and go.
    New(Vec<u8>),
    Gone,
}

/// One look at a file.
pub(super) struct Outcome {
    /// As it stood before the reading.
    pub(super) stamp: Option<Stamp>,
    pub(super) reading: Reading,
    /// So many were read.
    pub(super) bytes: u64,
}

pub(super) fn read((path, place): &(ProjectPath, PathBuf), snapshot: &Snapshot, stamps: Option<&Stamps>) -> Outcome {
    let known = snapshot.file(path).map(|known| &**known);
    // A stamp that nothing can be compared with comes with the open file, for less.
    if let Some(stamps) = stamps.filter(|stamps| known.is_some() && stamps.knows(path)) {
        let stamp = Stamp::of(place);
        if stamps.is_unchanged(path, stamp) {
            return Outcome { stamp, reading: Reading::Known, bytes: 0 };
        }
    }
    BUFFER.with_borrow_mut(|bytes| {
        let read = match read_regular_into(place, bytes) {
            Ok(meta) => {
                let (stamp, len) = (Stamp::from(&meta), bytes.len() as u64);
                Outcome { stamp, reading: content(path, bytes, known), bytes: len }
            }
            Err(failure) => Outcome { stamp: None, reading: failed(failure, known), bytes: 0 },
        };
        bytes.clear();
        bytes.shrink_to(BUFFER_BYTES_MAX);
        read
    })
}

fn content(path: &ProjectPath, bytes: &[u8], known: Option<&FileEntry>) -> Reading {
    let hash = ContentHash::of(bytes);
    match known.is_some_and(|known| known.hash == hash && !is_unread(known)) {
        true => Reading::Same,
        false => new(&Store::parse_known(path, bytes, hash)),
    }
}

fn failed(failure: ReadFailure, known: Option<&FileEntry>) -> Reading {
    let why = match failure {
        ReadFailure::Missing => return Reading::Gone,
        ReadFailure::TooLarge => NotText::TooLarge { limit_bytes: FileText::LIMIT_BYTES }.to_string(),
        ReadFailure::Other(why) => why,
    };
    let is_known = known.and_then(|known| known.skipped.as_ref()).is_some_and(|skipped| skipped.0 == why);
    if is_known { Reading::Same } else { new(&Store::skip(ContentHash::of(&[]), why)) }
}

fn new(entry: &FileEntry) -> Reading {
    let mut record = Vec::new();
    entry.encode(&mut record);
    Reading::New(record)
}

/// Whether the entry stands for a file whose bytes could not be had.
fn is_unread(entry: &FileEntry) -> bool {
    entry.skipped.is_some() && entry.hash == ContentHash::of(&[])
}

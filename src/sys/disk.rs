//! Reads the project's files, and nothing but the project's files.
//!
//! Invariant: whatever a model asks for, no byte from outside the root, from `.git` or from what is no regular file
//! comes back.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::text::{FileText, NotText, ProjectPath, ReadError, Source};

/// A [`Source`] over the folder of a project.
#[derive(Debug, Clone)]
pub struct DiskSource {
    root: PathBuf,
}

impl DiskSource {
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The place on disk of a file that is inside the root when every link is followed.
    fn place(&self, path: &ProjectPath) -> Result<PathBuf, ReadError> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ReadError::Missing(path.clone()),
            _ => ReadError::Unreadable { path: path.clone(), why: error.to_string() },
        };
        let root = self.root.canonicalize().map_err(failed)?;
        let place = path.on_disk(&root).canonicalize().map_err(failed)?;
        let Ok(inner) = place.strip_prefix(&root) else {
            return Err(ReadError::OutsideLink { path: path.clone() });
        };
        if belongs_to_git(inner) {
            return Err(ReadError::Unreadable { path: path.clone(), why: "it belongs to git".into() });
        }
        Ok(place)
    }
}

impl Source for DiskSource {
    fn read(&self, path: &ProjectPath) -> Result<Arc<FileText>, ReadError> {
        let place = self.place(path)?;
        let bytes = read_regular(&place).map_err(|failure| match failure {
            ReadFailure::TooLarge => {
                ReadError::NotText { path: path.clone(), why: NotText::TooLarge { limit_bytes: FileText::LIMIT_BYTES } }
            }
            ReadFailure::Missing => ReadError::Missing(path.clone()),
            ReadFailure::Other(why) => ReadError::Unreadable { path: path.clone(), why },
        })?;
        FileText::decode(&bytes).map(Arc::new).map_err(|why| ReadError::NotText { path: path.clone(), why })
    }
}

/// Whether a path below the root leads into the version control's own folder.
pub(super) fn belongs_to_git(inner: &Path) -> bool {
    inner.components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git"))
}

/// Why a file's bytes cannot be had.
#[derive(Debug)]
pub(super) enum ReadFailure {
    Missing,
    TooLarge,
    Other(String),
}

/// The bytes of a regular file within the size limit. Never opens what could block: pipes, devices.
pub(super) fn read_regular(place: &Path) -> Result<Vec<u8>, ReadFailure> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ReadFailure::Missing,
        _ => ReadFailure::Other(error.to_string()),
    };
    let meta = place.metadata().map_err(failed)?;
    if meta.is_dir() {
        return Err(ReadFailure::Other("it is a folder".into()));
    }
    if !meta.is_file() {
        return Err(ReadFailure::Other("it is no regular file".into()));
    }
    if meta.len() > FileText::LIMIT_BYTES {
        return Err(ReadFailure::TooLarge);
    }
    let mut bytes = Vec::with_capacity(meta.len() as usize + 1);
    // It may have grown since.
    File::open(place).map_err(failed)?.take(FileText::LIMIT_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > FileText::LIMIT_BYTES { Err(ReadFailure::TooLarge) } else { Ok(bytes) }
}

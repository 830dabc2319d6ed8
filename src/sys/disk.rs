//! Reads the project's files, and nothing but the project's files.
//!
//! Invariant: whatever a model asks for, no byte from outside the root, from a closed folder, from flux's own files or
//! from what is no regular file comes back.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::standing::Bounds;
use super::state::{config_folder, state_folder};
use super::walk::Rules;
use crate::text::{FileText, NotText, ProjectPath, ReadError, Source, Standing, closed_part, differ_in_case_alone};

/// Of the files that hold no code, so many are known of; larger ones are data, not text to be read.
const OTHER_FILES_MAX: usize = 20_000;
const OTHER_FILE_BYTES_MAX: u64 = 1 << 20;

/// A [`Source`] over the folder of a project.
#[derive(Debug, Clone)]
pub struct DiskSource {
    root: PathBuf,
    bounds: Bounds,
}

impl DiskSource {
    pub fn new(root: PathBuf) -> Self {
        Self { root, bounds: Bounds::default() }
    }

    /// The same, which knows what the configuration says of whose work the files are.
    #[must_use]
    pub fn within(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }

    /// The place on disk of a file that is inside the root when every link is followed.
    fn place(&self, path: &ProjectPath) -> Result<PathBuf, ReadError> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ReadError::Missing(path.clone()),
            _ => ReadError::Unreadable { path: path.clone(), why: error.to_string() },
        };
        let closed = || ReadError::Closed { path: path.clone() };
        let root = self.root.canonicalize().map_err(failed)?;
        // Also what is not there yet, and whatever it would lead to.
        if is_closed(&root, Path::new(path.as_str())) {
            return Err(closed());
        }
        let place = match path.on_disk(&root).canonicalize() {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Err(missing(&root, path));
            }
            place => place.map_err(failed)?,
        };
        let Ok(inner) = place.strip_prefix(&root) else {
            return Err(ReadError::OutsideLink { path: path.clone() });
        };
        if is_closed(&root, inner) {
            return Err(closed());
        }
        // A file system that takes another case for the same name does not make it this one.
        let is_other_case = inner.to_str().is_some_and(|inner| differ_in_case_alone(inner, path.as_str()));
        if is_other_case && self.same_but_case(path).is_some() {
            return Err(ReadError::Missing(path.clone()));
        }
        Ok(place)
    }
}

/// Why a file that is not there cannot be read. Where it would come to stand if it were made counts as well.
fn missing(root: &Path, path: &ProjectPath) -> ReadError {
    let place = path.on_disk(root);
    if place.symlink_metadata().is_ok_and(|meta| meta.is_symlink()) {
        return ReadError::Unreadable { path: path.clone(), why: "it is a link that leads nowhere".to_owned() };
    }
    let folder = place.ancestors().skip(1).find_map(|folder| folder.canonicalize().ok());
    match folder.as_deref().map(|folder| folder.strip_prefix(root)) {
        Some(Err(_)) => ReadError::OutsideLink { path: path.clone() },
        Some(Ok(inner)) if is_closed(root, inner) => ReadError::Closed { path: path.clone() },
        _ => ReadError::Missing(path.clone()),
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

    fn other_files(&self) -> Vec<ProjectPath> {
        let mut files = Rules::new(&self.root, &self.bounds.ignore).other_files(OTHER_FILES_MAX, OTHER_FILE_BYTES_MAX);
        files.retain(|path| !is_closed(&self.root, Path::new(path.as_str())));
        files
    }

    fn same_but_case(&self, path: &ProjectPath) -> Option<ProjectPath> {
        let mut folder = self.root.clone();
        let mut parts: Vec<String> = Vec::new();
        let mut wanted = path.as_str().split('/');
        for part in wanted.by_ref() {
            let Some(name) = name_in(&folder, part) else {
                parts.push(part.to_owned());
                break;
            };
            folder.push(&name);
            parts.push(name);
        }
        parts.extend(wanted.map(str::to_owned));
        ProjectPath::new(&parts.join("/")).ok().filter(|there| there != path)
    }

    fn standing(&self, path: &ProjectPath) -> Standing {
        let standing = self.bounds.standing(&self.root, path);
        // A link is changed where it leads to.
        let leads_to = || {
            let root = self.root.canonicalize().ok()?;
            ProjectPath::below(&root, &path.on_disk(&root).canonicalize().ok()?).filter(|inner| inner != path)
        };
        match (standing, leads_to()) {
            (Standing::Own, Some(inner)) => self.bounds.standing(&self.root, &inner),
            (standing, _) => standing,
        }
    }
}

/// What a folder calls `name`: that very name if it is there, else one that differs in case alone.
fn name_in(folder: &Path, name: &str) -> Option<String> {
    let mut alike = None;
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let Some(there) = entry.file_name().to_str().map(str::to_owned) else { continue };
        if there == name {
            return Some(there);
        }
        if differ_in_case_alone(&there, name) {
            alike = Some(there);
        }
    }
    alike
}

/// Whether `inner`, a path below `root` with no links in it, lies where no tool may read or write: in the history, or among
/// flux's own files.
pub(super) fn is_closed(root: &Path, inner: &Path) -> bool {
    let is_named = inner.components().any(|part| closed_part(&part.as_os_str().to_string_lossy()).is_some());
    let own = [state_folder(), config_folder()];
    let place = root.join(inner);
    is_named || own.into_iter().flatten().any(|own| place.starts_with(own.canonicalize().unwrap_or(own)))
}

/// Why a file's bytes cannot be had.
#[derive(Debug)]
pub(super) enum ReadFailure {
    Missing,
    TooLarge,
    Other(String),
}

/// The bytes of a regular file within the size limit. Never waits for what is no regular file: pipes, devices.
pub(super) fn read_regular(place: &Path) -> Result<Vec<u8>, ReadFailure> {
    let mut bytes = Vec::new();
    read_regular_into(place, &mut bytes)?;
    Ok(bytes)
}

/// As [`read_regular`], in the place of what `bytes` holds; returns what the file system said of the file beforehand.
pub(super) fn read_regular_into(place: &Path, bytes: &mut Vec<u8>) -> Result<Metadata, ReadFailure> {
    let file = open_at_once(place)?;
    let meta = file.metadata()?;
    if meta.is_dir() {
        return Err(ReadFailure::Other("it is a folder".into()));
    }
    if !meta.is_file() {
        return Err(ReadFailure::Other("it is no regular file".into()));
    }
    if meta.len() > FileText::LIMIT_BYTES {
        return Err(ReadFailure::TooLarge);
    }
    bytes.clear();
    bytes.reserve(meta.len() as usize + 1);
    // It may have grown since.
    file.take(FileText::LIMIT_BYTES + 1).read_to_end(bytes)?;
    if bytes.len() as u64 > FileText::LIMIT_BYTES { Err(ReadFailure::TooLarge) } else { Ok(meta) }
}

/// Opens also a pipe that nobody writes into without waiting for somebody.
fn open_at_once(place: &Path) -> io::Result<File> {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, nix::libc::O_NONBLOCK);
    options.read(true).open(place)
}

impl From<io::Error> for ReadFailure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            _ => Self::Other(error.to_string()),
        }
    }
}

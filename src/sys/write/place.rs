//! Where a file really lies, and putting one content in the place of another.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::WriteFailure;
use crate::sys::disk::is_closed;
use crate::text::{ContentHash, ProjectPath, closed_part};

/// What lies at `place`; `None` where nothing does.
pub(super) fn read(place: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(place) {
        Err(error) if is_missing(&error) => Ok(None),
        read => read.map(Some),
    }
}

/// The fingerprint of what lies at `place`; `None` where nothing does.
pub(super) fn hash_at(place: &Path) -> Result<Option<ContentHash>, String> {
    match read(place) {
        Ok(bytes) => Ok(bytes.as_deref().map(ContentHash::of)),
        Err(error) => Err(error.to_string()),
    }
}

pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Resolves the links on the way to `path` and refuses what leads out of the project, or is no file.
///
/// `root` has its own links resolved already.
pub(super) fn resolve(root: &Path, path: &ProjectPath) -> Result<PathBuf, WriteFailure> {
    let refused = |why: &str| WriteFailure::Refused { path: path.clone(), why: why.to_owned() };
    let place = path.on_disk(root);
    let resolved = match fs::symlink_metadata(&place) {
        Ok(_) => place.canonicalize().map_err(|error| match is_missing(&error) {
            true => refused("is a link to nothing"),
            false => refused(&format!("cannot be reached ({error})")),
        })?,
        Err(error) if is_missing(&error) => {
            let (there, missing) = nearest_folder(&place);
            let there = there.canonicalize().map_err(|error| refused(&format!("cannot be reached ({error})")))?;
            if !there.is_dir() {
                return Err(refused("cannot be created: a file stands where its folder has to be"));
            }
            there.join(missing)
        }
        Err(error) => return Err(refused(&format!("cannot be reached ({error})"))),
    };
    let Ok(inner) = resolved.strip_prefix(root) else {
        return Err(refused("is a link that leaves the project"));
    };
    // Also over a link: what lies there may be run without being asked for.
    if is_closed(root, inner) || closed_part(path.as_str()).is_some() {
        return Err(refused("lies in a folder of version control or of flux itself"));
    }
    match fs::metadata(&resolved) {
        Ok(data) if !data.is_file() => Err(refused("is no regular file")),
        Ok(data) if data.permissions().readonly() => Err(refused("is read-only; allow writing to it first")),
        _ => Ok(resolved),
    }
}

/// The innermost folder above `place` that is there, and the rest of the way.
fn nearest_folder(place: &Path) -> (PathBuf, PathBuf) {
    let mut there = place.to_owned();
    let mut missing = Vec::new();
    while fs::symlink_metadata(&there).is_err() {
        let (Some(name), Some(parent)) = (there.file_name(), there.parent()) else { break };
        missing.push(name.to_owned());
        there = parent.to_owned();
    }
    (there, missing.into_iter().rev().collect())
}

/// The permission bits of what lies at `place`.
pub(super) fn mode_of(place: &Path) -> u32 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(place).map_or(0, |data| data.permissions().mode() & 0o7777)
    }
    #[cfg(not(unix))]
    {
        let _ = place;
        0
    }
}

fn permissions(mode: u32) -> Option<Permissions> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        (mode != 0).then(|| Permissions::from_mode(mode))
    }
    #[cfg(not(unix))]
    {
        let _ = mode;
        None
    }
}

/// Writes a new file, safely on disk when this returns. With `mode` 0 it gets the permissions that new files get. It
/// belongs to whom `like` belongs to, if that is there and the system allows it.
pub(super) fn write_new(place: &Path, bytes: &[u8], mode: u32, like: &Path) -> io::Result<()> {
    match fs::remove_file(place) {
        Err(error) if !is_missing(&error) => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(place)?;
    let written = (|| {
        file.write_all(bytes)?;
        adopt_owner(&file, like);
        if let Some(permissions) = permissions(mode) {
            file.set_permissions(permissions)?;
        }
        file.sync_all()
    })();
    if written.is_err() {
        // Half a file must not stay; the first failure is the one to tell.
        let _ = fs::remove_file(place);
    }
    written
}

/// An administrator who edits somebody's file must not take it away from them.
fn adopt_owner(file: &File, like: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let (Ok(own), Ok(wanted)) = (file.metadata(), fs::metadata(like)) else { return };
        if (own.uid(), own.gid()) != (wanted.uid(), wanted.gid()) {
            // Others than the administrator may not, and need not: then the file is theirs already, or its group is.
            let _ = fchown(file, Some(wanted.uid()), Some(wanted.gid()));
        }
    }
    #[cfg(not(unix))]
    let _ = (file, like);
}

/// Makes the names in the folder safe on disk. Not every file system can: then they are as safe as it makes them.
pub(super) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

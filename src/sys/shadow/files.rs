//! Single files of a copy: listed, copied, linked, removed.
//!
//! Invariant: nothing here follows a link that something in the copy may have made.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::sys::walk::HELD_BY_TOOLS;

/// Made anew by whoever needs it, besides what no project holds.
const MADE_ANEW: [&str; 2] = [".hypothesis", ".coverage"];

/// Installed packages: linked, not copied.
const LINKED: [&str; 3] = ["node_modules", "site-packages", "__pypackages__"];

/// One entry of a project's folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Folder,
    File {
        bytes: u64,
    },
    /// A link in the copy, to this.
    Link(PathBuf),
}

pub(super) fn is_never_copied(name: &OsStr) -> bool {
    HELD_BY_TOOLS.iter().chain(&MADE_ANEW).any(|never| name == *never)
}

/// Whether a folder is a Python environment, under whatever name.
pub(super) fn is_environment(folder: &Path) -> bool {
    folder.join("pyvenv.cfg").exists() || folder.join("conda-meta").is_dir()
}

/// What the copy of a folder of the project is to hold.
pub(super) fn list(folder: &Path, root: &Path, tree: &Path) -> io::Result<Vec<(OsString, Entry)>> {
    let mut entries = Vec::new();
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        // Gone meanwhile, or closed to everybody who could run a test.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
            return Ok(entries);
        }
        Err(error) => return Err(error),
    };
    for entry in listed.flatten() {
        let (name, place) = (entry.file_name(), entry.path());
        let Ok(kind) = entry.file_type() else { continue };
        if is_never_copied(&name) {
            continue;
        }
        let is_linked = LINKED.iter().any(|linked| name == *linked);
        if kind.is_dir() && (is_linked || is_environment(&place)) {
            entries.push((name, Entry::Link(place)));
        } else if kind.is_dir() {
            entries.push((name, Entry::Folder));
        } else if kind.is_file() {
            let bytes = entry.metadata().map_or(0, |meta| meta.len());
            entries.push((name, Entry::File { bytes }));
        } else if kind.is_symlink()
            && let Ok(target) = fs::read_link(&place)
        {
            entries.push((name, Entry::Link(moved(&target, folder, root, tree))));
        }
    }
    Ok(entries)
}

/// Where a link leads in the copy: within the project to the copy's own file, else to where it always led.
fn moved(target: &Path, folder: &Path, root: &Path, tree: &Path) -> PathBuf {
    let target = tidied(&folder.join(target));
    match target.strip_prefix(root) {
        Ok(inner) => tree.join(inner),
        Err(_) => target,
    }
}

/// Without `.` and `..`, as far as they can be told from the words alone.
fn tidied(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(out.pop()),
            part => out.push(part),
        }
    }
    out
}

/// Makes a folder where there is none; what else stands there goes.
pub(super) fn make_folder(place: &Path) -> io::Result<()> {
    match fs::symlink_metadata(place) {
        Ok(meta) if meta.is_dir() => return Ok(()),
        Ok(_) => remove(place)?,
        Err(_) => {}
    }
    fs::create_dir_all(place)
}

/// Makes a link where there is none that leads there.
pub(super) fn make_link(place: &Path, target: &Path) -> io::Result<()> {
    if fs::read_link(place).is_ok_and(|there| there == target) {
        return Ok(());
    }
    remove(place)?;
    link(target, place)
}

#[cfg(unix)]
fn link(target: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

#[cfg(not(unix))]
fn link(_target: &Path, _place: &Path) -> io::Result<()> {
    Ok(())
}

/// Copies content, permissions and the time of the last change; `own` is not there.
pub(super) fn copy(real: &Path, own: &Path) -> io::Result<()> {
    fs::copy(real, own)?;
    let modified = real.metadata()?.modified()?;
    // A file that nobody may write keeps the time of its copy.
    if let Ok(file) = fs::OpenOptions::new().append(true).open(own) {
        file.set_modified(modified)?;
    }
    Ok(())
}

/// Removes whatever is there; that nothing is there is fine.
pub(super) fn remove(place: &Path) -> io::Result<()> {
    let Ok(meta) = fs::symlink_metadata(place) else { return Ok(()) };
    if !meta.is_dir() {
        return fs::remove_file(place);
    }
    if fs::remove_dir_all(place).is_ok() {
        return Ok(());
    }
    // A test may have closed a folder.
    open_folders(place);
    fs::remove_dir_all(place)
}

#[cfg(unix)]
fn open_folders(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;

    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_folders(&entry.path());
        }
    }
}

#[cfg(not(unix))]
fn open_folders(_folder: &Path) {}

/// Removes what is in a folder.
pub(super) fn empty(folder: &Path) -> io::Result<()> {
    make_folder(folder)?;
    for entry in fs::read_dir(folder)?.flatten() {
        remove(&entry.path())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_within_the_project_lead_within_the_copy() {
        let (root, tree) = (Path::new("/p/shop"), Path::new("/s/shop"));
        let at = |target: &str| moved(Path::new(target), Path::new("/p/shop/data"), root, tree);
        assert_eq!(at("../x.csv"), Path::new("/s/shop/x.csv"));
        assert_eq!(at("/p/shop/y"), Path::new("/s/shop/y"));
        assert_eq!(at("../../other/z"), Path::new("/p/other/z"));
        assert_eq!(at("/etc/hosts"), Path::new("/etc/hosts"));
    }
}

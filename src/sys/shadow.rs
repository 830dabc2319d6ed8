//! A copy of the project with a change set laid over, in which tests and commands run: never the project itself.
//!
//! Knows nothing of what runs in it. Invariants: the project is only read; no file of the copy shares its content with one
//! of the project, so that whatever is written in the copy stays there; each laying makes the copy equal to the project
//! with that change set, whatever ran in it before.

mod files;
mod python_path;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::stamps::Stamp;
use super::write::wanted_of;
use crate::agent::ChangedFile;
use crate::text::{ChangeSet, FileText, ProjectPath};
use files::{Entry, is_never_copied, list};
pub(super) use python_path::python_path;

/// Larger files are left out.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// Once the copy is this large, only small files still come in.
const COPY_BYTES_MAX: u64 = 2 << 30;
const SMALL_BYTES: u64 = 1 << 20;
/// So many files that a command changed are taken in.
const CHANGED_MAX: usize = 2_000;

/// Why the copy could not be made.
#[derive(Debug)]
pub(super) enum ShadowError {
    /// Somebody ended it.
    Stopped,
    Failed(String),
}

impl From<io::Error> for ShadowError {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Where the content of a file of the copy came from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    /// The project's file as it was then; one that was changed just before may change again without another stamp.
    Project {
        stamp: Option<Stamp>,
        is_settled: bool,
    },
    ChangeSet(Vec<u8>),
}

/// A file as flux put it into the copy.
struct Copied {
    from: Content,
    own: Option<Stamp>,
}

pub(super) struct Shadow {
    /// The project's.
    root: PathBuf,
    /// Holds the copy, a folder for passing files and the mark that somebody lives here.
    place: PathBuf,
    tree: PathBuf,
    files: FxHashMap<PathBuf, Copied>,
    left_out: BTreeMap<PathBuf, u64>,
    /// Held for as long as the process lives: its lock tells the next start that the copy is in use.
    _alive: File,
}

impl Shadow {
    /// Makes an empty copy of the project at `root` below `shadows`, and removes there what dead processes left.
    pub(super) fn open(root: &Path, shadows: &Path) -> io::Result<Self> {
        fs::create_dir_all(shadows)?;
        let shadows = shadows.canonicalize()?;
        sweep(&shadows);
        let place = (0..).map(|at| shadows.join(format!("{}-{at}", std::process::id())));
        let place = place.into_iter().find(|place| fs::create_dir(place).is_ok() || !place.exists());
        let place = place.ok_or_else(|| io::Error::other("no place for a copy"))?;
        let alive = File::create(place.join(ALIVE))?;
        // A file system without locks has its copies swept by age of process alone.
        let _ = alive.try_lock();
        let name = root.file_name().unwrap_or("project".as_ref());
        let tree = place.join("copy").join(name);
        for folder in [&tree, &place.join("tmp"), &place.join("told")] {
            fs::create_dir_all(folder)?;
        }
        let root = root.canonicalize()?;
        Ok(Self { root, place, tree, files: FxHashMap::default(), left_out: BTreeMap::new(), _alive: alive })
    }

    /// The root of the copy.
    pub(super) fn tree(&self) -> &Path {
        &self.tree
    }

    /// Where what runs may put passing files.
    pub(super) fn tmp(&self) -> PathBuf {
        self.place.join("tmp")
    }

    /// Where what runs and flux tell each other something.
    pub(super) fn told(&self) -> PathBuf {
        self.place.join("told")
    }

    /// All that what runs may write.
    pub(super) fn place(&self) -> &Path {
        &self.place
    }

    /// The large files that are not in it, in one sentence; empty where none is.
    pub(super) fn left_out(&self) -> String {
        let Some((first, bytes)) = self.left_out.iter().next() else { return String::new() };
        let more = match self.left_out.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        format!("left out of the copy for their size: {} ({} MB){more}", first.display(), bytes >> 20)
    }

    /// Makes the copy equal to the project with `change_set` laid over. Only what is not so yet is written.
    pub(super) fn lay(&mut self, change_set: &ChangeSet, is_stopped: &dyn Fn() -> bool) -> Result<(), ShadowError> {
        let wanted = wanted_of(&self.root, change_set).map_err(|failure| ShadowError::Failed(failure.to_string()))?;
        let mut laid: BTreeMap<PathBuf, Option<Vec<u8>>> =
            wanted.into_iter().map(|wanted| (self.inner_place(&wanted.path), wanted.new)).collect();
        self.left_out.clear();
        let mut total = 0;
        let mut waiting = vec![PathBuf::new()];
        while let Some(folder) = waiting.pop() {
            if is_stopped() {
                return Err(ShadowError::Stopped);
            }
            self.lay_folder(&folder, &laid, &mut waiting, &mut total)?;
        }
        // What is left to be laid are files that the project does not have.
        laid.retain(|path, new| new.is_some() && !self.files.get(path).is_some_and(|it| is_laid(it, new)));
        for (path, new) in laid {
            if let Some(new) = new {
                self.put_laid(&path, new)?;
            }
        }
        files::empty(&self.tmp())?;
        Ok(())
    }

    /// Where a file lies below the root when the project's own links are followed.
    fn inner_place(&self, path: &ProjectPath) -> PathBuf {
        let place = path.on_disk(&self.root);
        let real =
            place.canonicalize().ok().or_else(|| Some(place.parent()?.canonicalize().ok()?.join(place.file_name()?)));
        let inner = real.as_deref().and_then(|real| real.strip_prefix(&self.root).ok()).map(Path::to_path_buf);
        inner.unwrap_or_else(|| PathBuf::from(path.as_str()))
    }

    fn lay_folder(
        &mut self,
        folder: &Path,
        laid: &BTreeMap<PathBuf, Option<Vec<u8>>>,
        waiting: &mut Vec<PathBuf>,
        total: &mut u64,
    ) -> Result<(), ShadowError> {
        let (real, own) = (self.root.join(folder), self.tree.join(folder));
        files::make_folder(&own)?;
        let mut entries = list(&real, &self.root, &self.tree)?;
        entries.retain(|(name, _)| !self.place.starts_with(real.join(name)));
        // First what is no longer wanted: a file may have become a folder.
        for entry in fs::read_dir(&own)?.flatten() {
            let path = folder.join(entry.file_name());
            let is_wanted = entries.iter().any(|(name, _)| *name == entry.file_name())
                || laid.iter().any(|(it, new)| new.is_some() && it.starts_with(&path));
            if !is_wanted {
                files::remove(&entry.path())?;
                self.forget(&path);
            }
        }
        for (name, entry) in entries {
            let path = folder.join(name);
            match (laid.get(&path), entry) {
                (Some(None), _) => self.drop(&path)?,
                (Some(Some(new)), _) => self.put_laid(&path, new.clone())?,
                (None, Entry::Folder) => waiting.push(path),
                (None, Entry::Link(target)) => files::make_link(&self.tree.join(&path), &target)?,
                (None, Entry::File { bytes }) => {
                    *total += bytes;
                    let is_too_large = bytes > FILE_BYTES_MAX || (*total > COPY_BYTES_MAX && bytes > SMALL_BYTES);
                    if is_too_large {
                        *total -= bytes;
                        self.left_out.insert(path.clone(), bytes);
                        self.drop(&path)?;
                    } else {
                        self.copy(&path)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Brings one of the project's files up to date.
    fn copy(&mut self, path: &Path) -> Result<(), ShadowError> {
        let (real, own) = (self.root.join(path), self.tree.join(path));
        let stamp = Stamp::of(&real);
        let is_same = |copied: &Copied| {
            matches!(&copied.from, Content::Project { stamp: from, is_settled: true } if *from == stamp)
                && copied.own == Stamp::of_itself(&own)
        };
        if self.files.get(path).is_some_and(is_same) {
            return Ok(());
        }
        files::remove(&own)?;
        let is_settled = stamp.is_some_and(|stamp| stamp.is_settled(std::time::SystemTime::now()));
        match files::copy(&real, &own) {
            Ok(()) => {
                let copied = Copied { from: Content::Project { stamp, is_settled }, own: Stamp::of_itself(&own) };
                self.files.insert(path.to_path_buf(), copied);
            }
            // It went meanwhile, or nobody may read it: then no test could.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
                self.files.remove(path);
            }
            Err(error) => return Err(ShadowError::Failed(format!("'{}' cannot be copied: {error}", path.display()))),
        }
        Ok(())
    }

    fn put_laid(&mut self, path: &Path, new: Vec<u8>) -> io::Result<()> {
        let own = self.tree.join(path);
        let is_there = self.files.get(path).is_some_and(|it| {
            matches!(&it.from, Content::ChangeSet(old) if *old == new) && it.own == Stamp::of_itself(&own)
        });
        if is_there {
            return Ok(());
        }
        // From the top, since a link that a test left in the way must not be followed.
        let folders: Vec<&Path> = path.ancestors().skip(1).collect();
        for folder in folders.into_iter().rev() {
            files::make_folder(&self.tree.join(folder))?;
        }
        files::remove(&own)?;
        fs::write(&own, &new)?;
        let _ = self.root.join(path).metadata().and_then(|meta| fs::set_permissions(&own, meta.permissions()));
        let own = Stamp::of_itself(&own);
        self.files.insert(path.to_path_buf(), Copied { from: Content::ChangeSet(new), own });
        Ok(())
    }

    fn drop(&mut self, path: &Path) -> io::Result<()> {
        files::remove(&self.tree.join(path))?;
        self.forget(path);
        Ok(())
    }

    fn forget(&mut self, path: &Path) {
        self.files.retain(|it, _| !it.starts_with(path));
    }

    /// What was changed in the copy since it was laid; files that hold the same are none. An error where it is too much.
    pub(super) fn changed(&self) -> Result<Vec<ChangedFile>, String> {
        let mut changed = Vec::new();
        let mut seen = 0;
        let mut waiting = vec![PathBuf::new()];
        let mut there: Vec<PathBuf> = Vec::new();
        while let Some(folder) = waiting.pop() {
            for entry in fs::read_dir(self.tree.join(&folder)).into_iter().flatten().flatten() {
                let path = folder.join(entry.file_name());
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() && !is_never_copied(&entry.file_name()) && !files::is_environment(&entry.path()) {
                    waiting.push(path);
                } else if kind.is_file() {
                    let copied = self.files.get(&path);
                    if copied.is_none_or(|copied| copied.own != Stamp::of_itself(&entry.path())) {
                        seen += 1;
                        changed.extend(self.changed_file(&path, copied));
                    }
                    there.push(path);
                }
                if seen > CHANGED_MAX {
                    return Err(format!("more than {CHANGED_MAX} files were changed"));
                }
            }
        }
        let there: std::collections::BTreeSet<PathBuf> = there.into_iter().collect();
        let gone = self.files.keys().filter(|path| !there.contains(*path));
        changed.extend(gone.filter_map(|path| Some((ProjectPath::new(path.to_str()?).ok()?, Ok(None)))));
        changed.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(changed)
    }

    fn changed_file(&self, path: &Path, copied: Option<&Copied>) -> Option<ChangedFile> {
        let name = ProjectPath::new(path.to_str()?).ok()?;
        let (own, real) = (self.tree.join(path), self.root.join(path));
        if own.metadata().ok()?.len() > FileText::LIMIT_BYTES {
            return Some((name, Err("it is too large to be edited")));
        }
        let bytes = fs::read(&own).ok()?;
        let was = match copied.map(|copied| &copied.from) {
            Some(Content::ChangeSet(old)) => Some(old.clone()),
            Some(Content::Project { stamp, .. }) => {
                let is_same = *stamp == Stamp::of(&real);
                let was = fs::read(&real).ok();
                if !is_same && was.as_ref() != Some(&bytes) {
                    return Some((name, Err("it changed in the project meanwhile")));
                }
                was
            }
            None => None,
        };
        (was.as_ref() != Some(&bytes)).then_some((name, Ok(Some(bytes))))
    }
}

impl Drop for Shadow {
    fn drop(&mut self) {
        if let Err(error) = files::remove(&self.place) {
            tracing::warn!("a copy of the project is left for the next start to remove: {error}");
        }
        // Where nothing else is kept of the project, nothing is left of it; a folder that holds something stays.
        let _ = self.place.ancestors().skip(1).take(2).try_for_each(fs::remove_dir);
    }
}

fn is_laid(copied: &Copied, new: &Option<Vec<u8>>) -> bool {
    matches!(&copied.from, Content::ChangeSet(old) if Some(old) == new.as_ref())
}

/// The file that a living process holds locked.
const ALIVE: &str = "alive";

/// Removes the copies of processes that are no more.
fn sweep(shadows: &Path) {
    for entry in fs::read_dir(shadows).into_iter().flatten().flatten() {
        let is_dead = File::open(entry.path().join(ALIVE)).is_ok_and(|alive| alive.try_lock().is_ok());
        if is_dead && let Err(error) = files::remove(&entry.path()) {
            tracing::warn!("{} cannot be removed: {error}", entry.path().display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_process_left_is_removed_and_what_a_living_one_holds_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (root, shadows) = (folder.path().join("shop"), folder.path().join("shadows"));
        fs::create_dir_all(root.join("data")).unwrap();
        fs::write(root.join("data/a.txt"), "a").unwrap();
        fs::create_dir_all(shadows.join("1-0/copy")).unwrap();
        fs::write(shadows.join("1-0").join(ALIVE), "").unwrap();
        let mut living = Shadow::open(&root, &shadows).unwrap();
        living.lay(&ChangeSet::default(), &|| false).unwrap();
        let other = Shadow::open(&root, &shadows).unwrap();
        assert!(!shadows.join("1-0").exists());
        assert_eq!(fs::read_to_string(living.tree().join("data/a.txt")).unwrap(), "a");
        drop((living, other));
        assert!(!shadows.exists());
    }

    #[test]
    fn a_large_file_is_left_out_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("shop");
        fs::create_dir_all(&root).unwrap();
        File::create(root.join("large.bin")).unwrap().set_len(FILE_BYTES_MAX + 1).unwrap();
        let mut shadow = Shadow::open(&root, &folder.path().join("shadows")).unwrap();
        shadow.lay(&ChangeSet::default(), &|| false).unwrap();
        assert_eq!(shadow.left_out(), "left out of the copy for their size: large.bin (64 MB)");
        assert!(!shadow.tree().join("large.bin").exists());
        assert!(matches!(shadow.lay(&ChangeSet::default(), &|| true), Err(ShadowError::Stopped)));
    }
}

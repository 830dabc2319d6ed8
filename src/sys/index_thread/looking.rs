//! What a look at the disk brings: which files may have changed, and which have gone.
//!
//! Knows nothing of what stands in files. Invariant: what is watched is what the walk yields.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustc_hash::FxHashSet;

use super::{Keeper, Work};
use crate::sys::walk::{Rules, decides_membership};
use crate::text::ProjectPath;

/// Which folders a walk begins to watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entering {
    /// Those too that are known: they may be others of the same name.
    Each,
    New,
}

/// What one look at the disk brought.
#[derive(Default)]
pub(super) struct Look {
    pub(super) candidates: Vec<(ProjectPath, PathBuf)>,
    pub(super) removed: Vec<ProjectPath>,
}

impl Keeper<'_> {
    pub(super) fn look_everywhere(&mut self, entering: Entering) -> Work {
        let started = Instant::now();
        let mut look = Look::default();
        self.walk_everywhere(&mut look, entering);
        self.take_in(look, started)
    }

    /// Finds out which files belong to the project, by the rules as they are now.
    fn walk_everywhere(&mut self, look: &mut Look, entering: Entering) {
        self.rules = Rules::new(&self.root, &self.ignore);
        let root = self.root.clone();
        let yielded = self.walk(&root, look, entering);
        self.folders.leave(|folder| !yielded.contains(folder.as_os_str()));
        let snapshot = self.store.snapshot();
        let found: FxHashSet<&ProjectPath> = look.candidates.iter().map(|(path, _)| path).collect();
        let gone = snapshot.files().map(|(path, _)| path).filter(|path| !found.contains(path));
        look.removed.extend(gone.cloned());
    }

    pub(super) fn look(&mut self, places: Vec<PathBuf>) {
        let started = Instant::now();
        let mut look = Look::default();
        if places.iter().any(|place| decides_membership(place)) {
            self.walk_everywhere(&mut look, Entering::Each);
            // What is known has changed only where that was told.
            let snapshot = self.store.snapshot();
            look.candidates.retain(|(path, _)| snapshot.file(path).is_none());
        }
        // What has gone is left first: a moved folder is watched under its new name only once the old one is forgotten.
        let (present, gone): (Vec<_>, Vec<_>) = places
            .into_iter()
            .map(|place| (place.symlink_metadata().ok(), place))
            .partition(|(meta, _)| meta.is_some());
        for (_, place) in gone {
            self.forget(&place, &mut look);
        }
        for (meta, place) in present {
            let Some(meta) = meta else { continue };
            let is_inside = place == self.root || place.parent().is_some_and(|folder| self.folders.contains(folder));
            if !is_inside {
                continue;
            }
            if meta.is_dir() {
                self.look_into(&place, &mut look);
            } else {
                match self.rules.takes_file(&place).filter(|_| meta.is_file()) {
                    Some(path) => look.candidates.push((path, place)),
                    None => self.forget(&place, &mut look),
                }
            }
        }
        self.take_in(look, started);
    }

    /// A folder that appeared, or of which something was told.
    fn look_into(&mut self, folder: &Path, look: &mut Look) {
        if *folder != *self.root && !self.rules.takes_folder(folder) {
            return self.forget(folder, look);
        }
        let first = look.candidates.len();
        self.walk(folder, look, Entering::Each);
        let snapshot = self.store.snapshot();
        let found: FxHashSet<&ProjectPath> = look.candidates[first..].iter().map(|(path, _)| path).collect();
        match ProjectPath::below(&self.root, folder) {
            Some(path) => {
                let known = snapshot.files_under(&path).map(|(path, _)| path);
                look.removed.extend(known.filter(|path| !found.contains(path)).cloned());
            }
            None => {
                let known = snapshot.files().map(|(path, _)| path);
                look.removed.extend(known.filter(|path| !found.contains(path)).cloned());
            }
        }
    }

    /// Walks and watches; returns the folders that belong to the project, where they are watched.
    fn walk(&mut self, folder: &Path, look: &mut Look, entering: Entering) -> FxHashSet<OsString> {
        let (folders, pending, goes_on) = (&mut self.folders, self.pending, self.goes_on);
        let enter = |folder: &Path| {
            if goes_on && (entering == Entering::Each || !folders.contains(folder)) {
                folders.enter(folder);
            }
            !pending.is_stopped()
        };
        // Afterwards it is told what changes, and what is kept is for the next start.
        let found = match self.listings.as_mut().filter(|_| !self.is_built) {
            Some(listings) => self.rules.walk_knowing(folder, listings, enter),
            None => self.rules.walk(folder, enter),
        };
        found.environments.iter().for_each(|folder| self.folders.disown(folder));
        self.note_unlisted(folder, found.unlisted);
        look.candidates.extend(found.files);
        let kept = found.folders.into_iter().filter(|_| goes_on);
        kept.map(PathBuf::into_os_string).collect()
    }

    /// What could not be listed in a walk of `folder` takes the place of what could not before.
    fn note_unlisted(&mut self, folder: &Path, unlisted: Vec<(PathBuf, io::Error)>) {
        let told = |place: &Path| place.strip_prefix(&self.root).unwrap_or(place).to_string_lossy().into_owned();
        let known = &self.store.snapshot().unlisted;
        let folder = told(folder);
        let is_below = |path: &str| {
            folder.is_empty()
                || path.strip_prefix(&*folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let elsewhere = known.iter().filter(|(path, _)| !is_below(path));
        let elsewhere = elsewhere.map(|(path, why)| (path.clone(), why.clone()));
        let new = unlisted.into_iter().map(|(place, why)| (told(&place), why.to_string()));
        let unlisted: BTreeMap<String, String> = elsewhere.chain(new).collect();
        if unlisted != **known {
            self.is_news = true;
            self.store.set_unlisted(unlisted);
        }
    }

    /// A file or a folder that is no longer there, or no longer of the project.
    fn forget(&mut self, place: &Path, look: &mut Look) {
        self.note_unlisted(place, Vec::new());
        let Some(path) = ProjectPath::below(&self.root, place) else {
            // The root itself has gone.
            if *place == *self.root {
                look.removed.extend(self.store.snapshot().files().map(|(path, _)| path.clone()));
            }
            return;
        };
        if self.folders.contains(place) {
            self.folders.leave(|folder| folder.starts_with(place));
        }
        let snapshot = self.store.snapshot();
        if snapshot.file(&path).is_some() {
            look.removed.push(path);
        } else {
            look.removed.extend(snapshot.files_under(&path).map(|(path, _)| path.clone()));
        }
    }
}

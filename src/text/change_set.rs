//! What a proposal would do to files, old against new.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ContentHash, FileText, ProjectPath};

/// One file before and after. `old` is `None` for a file to be created, `new` for one to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    pub old: Option<Arc<FileText>>,
    pub new: Option<Arc<str>>,
    /// Where the content of a file that is created comes from: it keeps that file's spelling and permissions.
    pub origin: Option<Origin>,
}

/// A file that another one was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub path: ProjectPath,
    pub file: Arc<FileText>,
}

impl FileChange {
    pub fn old_text(&self) -> &str {
        self.old.as_ref().map_or("", |file| file.text())
    }

    pub fn new_text(&self) -> &str {
        self.new.as_deref().unwrap_or("")
    }

    /// The content that has to be on disk for this change to be written: `None` means no file.
    pub fn base_hash(&self) -> Option<ContentHash> {
        self.old.as_ref().map(|file| file.hash())
    }

    fn changes_nothing(&self) -> bool {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => old.text() == &**new,
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

/// The unit that is judged, shown, accepted and written: any number of files, each old against new.
///
/// Invariant: no file stands in it that it does not change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeSet {
    files: BTreeMap<ProjectPath, FileChange>,
}

impl ChangeSet {
    /// Sets what becomes of a file. The first `old` given for a path stays: later edits build on
    /// the new text, but the base is what is on disk.
    pub fn put(&mut self, path: ProjectPath, old: Option<Arc<FileText>>, new: Option<Arc<str>>) {
        let (old, origin) = match self.files.remove(&path) {
            Some(earlier) => (earlier.old, earlier.origin),
            None => (old, None),
        };
        self.insert(path, FileChange { old, new, origin });
    }

    /// Says that the file at `path`, which is created, was `origin` before.
    pub fn set_origin(&mut self, path: &ProjectPath, origin: Option<Origin>) {
        if let Some(change) = self.files.get_mut(path).filter(|change| change.old.is_none()) {
            change.origin = origin;
        }
    }

    /// Sets what becomes of a file, whatever was to become of it before.
    pub fn insert(&mut self, path: ProjectPath, change: FileChange) {
        match change.changes_nothing() {
            true => drop(self.files.remove(&path)),
            false => drop(self.files.insert(path, change)),
        }
    }

    /// Forgets what would become of a file.
    pub fn drop_file(&mut self, path: &ProjectPath) {
        self.files.remove(path);
    }

    /// The way back: each file new against old.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let back = |change: &FileChange| FileChange {
            old: change.new.as_ref().map(|text| Arc::new(FileText::from_text(text))),
            new: change.old.as_ref().map(|file| file.shared_text()),
            origin: None,
        };
        Self { files: self.files.iter().map(|(path, change)| (path.clone(), back(change))).collect() }
    }

    /// What became of one file since `earlier`, which this grew from: the pending text then against the pending text
    /// now. Empty where the file is as on disk.
    pub fn since(&self, earlier: &Self, path: &ProjectPath) -> Self {
        let mut share = Self::default();
        if let Some(change) = self.get(path) {
            let before = match earlier.get(path) {
                Some(then) => then.new.as_ref().map(|text| Arc::new(FileText::from_text(text))),
                None => change.old.clone(),
            };
            share.put(path.clone(), before, change.new.clone());
        }
        share
    }

    pub fn get(&self, path: &ProjectPath) -> Option<&FileChange> {
        self.files.get(path)
    }

    /// The files in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&ProjectPath, &FileChange)> {
        self.files.iter()
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_first_base_and_drops_what_changes_nothing() {
        let path = ProjectPath::new("a.py").unwrap();
        let base = Arc::new(FileText::from_text("x = 1\n"));
        let mut change_set = ChangeSet::default();
        change_set.put(path.clone(), Some(base.clone()), Some("x = 2\n".into()));
        change_set.put(path.clone(), Some(Arc::new(FileText::from_text("x = 2\n"))), Some("x = 3\n".into()));
        assert_eq!(change_set.get(&path).unwrap().base_hash(), Some(base.hash()));
        change_set.put(path.clone(), None, Some("x = 1\n".into()));
        assert!(change_set.is_empty());
    }
}

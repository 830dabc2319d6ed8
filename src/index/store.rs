//! The one owner of parsed files. Lives on the index thread; everyone else holds snapshots.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::words::WordSet;
use super::{FileEntry, FileStructure, Notebook, Skipped, Snapshot};
use crate::text::{ContentHash, FileText, LineIndex, NotText, ProjectPath};

pub struct Store {
    snapshot: Arc<Snapshot>,
}

impl Store {
    pub fn new(root: PathBuf) -> Self {
        Self { snapshot: Arc::new(Snapshot::empty(root)) }
    }

    /// Parses one file's bytes. Pure: called from many threads at once.
    pub fn parse(path: &ProjectPath, bytes: &[u8]) -> FileEntry {
        Self::parse_known(path, bytes, ContentHash::of(bytes))
    }

    /// As [`Store::parse`], where the fingerprint of the bytes is known.
    pub fn parse_known(path: &ProjectPath, bytes: &[u8], hash: ContentHash) -> FileEntry {
        let (text, skipped) = match FileText::decoded(bytes) {
            Ok((text, _)) => (text, None),
            // Python reads it and so its symbols are there, but flux could not write it back. In the encodings that
            // Python sources come in, ASCII is ASCII.
            Err(why @ NotText::UnknownEncoding(_)) => {
                (bytes.iter().map(|byte| char::from(*byte)).collect(), Some(Skipped(why.to_string())))
            }
            Err(why) => return Self::skip(hash, why.to_string()),
        };
        if path.is_notebook() {
            let code = Notebook::read(&text).code().clone();
            let imports = FileStructure::parse(path, &code).imports;
            let line_count = LineIndex::new(&text).line_count();
            let structure = FileStructure { imports, line_count, ..FileStructure::default() };
            return FileEntry { hash, structure: Arc::new(structure), skipped, words: WordSet::of(&code) };
        }
        FileEntry { hash, structure: Arc::new(FileStructure::parse(path, &text)), skipped, words: WordSet::of(&text) }
    }

    /// The entry of a file that is known by name only.
    pub fn skip(hash: ContentHash, why: String) -> FileEntry {
        FileEntry { hash, structure: Arc::default(), skipped: Some(Skipped(why)), words: WordSet::default() }
    }

    /// Takes in parsed files and removals in one step and publishes the snapshot that includes them.
    ///
    /// A path that is both removed and changed is there afterwards.
    pub fn apply(&mut self, changed: Vec<(ProjectPath, FileEntry)>, removed: &[ProjectPath]) -> Arc<Snapshot> {
        let removed = removed.iter().map(|path| (path.clone(), None));
        let changed = changed.into_iter().map(|(path, entry)| (path, Some(Arc::new(entry))));
        self.snapshot = Arc::new(self.snapshot.next(removed.chain(changed).collect()));
        self.snapshot.clone()
    }

    /// Tells with the next snapshot which folders could not be listed, and why.
    pub fn set_unlisted(&mut self, unlisted: BTreeMap<String, String>) {
        let mut snapshot = Snapshot::clone(&self.snapshot);
        snapshot.unlisted = Arc::new(unlisted);
        self.snapshot = Arc::new(snapshot);
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.clone()
    }
}

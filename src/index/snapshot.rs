//! The project as it stood at one revision.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{FileStructure, Symbol, SymbolId};
use crate::text::{ContentHash, ProjectPath};

/// Why a file is known by name only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped(pub String);

/// One file of a snapshot.
#[derive(Debug, Clone)]
pub struct FileEntry {
    pub hash: ContentHash,
    pub structure: Arc<FileStructure>,
    /// Said once to the person: no UTF-8, too large, unreadable. Its structure is empty then.
    pub skipped: Option<Skipped>,
    // the index adds its word set here
}

/// A symbol and the file it stands in.
#[derive(Debug, Clone, Copy)]
pub struct Located<'a> {
    pub path: &'a ProjectPath,
    pub id: SymbolId,
    pub symbol: &'a Symbol,
}

/// All Python files of the project at one revision. Cheap to share, never changes.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub root: PathBuf,
    pub revision: u64,
    pub(super) files: BTreeMap<ProjectPath, Arc<FileEntry>>,
}

impl Snapshot {
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn files(&self) -> impl Iterator<Item = (&ProjectPath, &Arc<FileEntry>)> {
        self.files.iter()
    }

    pub fn file(&self, path: &ProjectPath) -> Option<&Arc<FileEntry>> {
        self.files.get(path)
    }

    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    /// Classes, methods and functions.
    pub fn symbol_count(&self) -> usize {
        todo!("index")
    }

    /// Symbols that match `query`, best first: exact name or qualified name, then prefix, then part, then fuzzy.
    pub fn find_symbol(&self, query: &str, limit: usize) -> Vec<Located<'_>> {
        let _ = (query, limit);
        todo!("index")
    }

    /// The files in which `word` stands as a whole identifier (in code, strings or comments).
    pub fn files_with_word(&self, word: &str) -> Vec<&ProjectPath> {
        let _ = word;
        todo!("index")
    }

    /// Whether `word` stands as an identifier anywhere in the project.
    pub fn has_word(&self, word: &str) -> bool {
        let _ = word;
        todo!("index")
    }

    /// The dotted module name of a file: `src/` layouts and packages considered. `pkg/__init__.py` is `pkg`.
    pub fn module_name(&self, path: &ProjectPath) -> String {
        let _ = path;
        todo!("index")
    }

    /// The project's files that `path` imports.
    pub fn dependencies(&self, path: &ProjectPath) -> Vec<ProjectPath> {
        let _ = path;
        todo!("index")
    }

    /// The project's files that import `path`.
    pub fn dependents(&self, path: &ProjectPath) -> Vec<ProjectPath> {
        let _ = path;
        todo!("index")
    }
}

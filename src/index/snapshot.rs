//! The project as it stood at one revision.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bases::{ClassPlace, ClassTable, Classes};
use super::import_graph::ImportGraph;
use super::modules::Modules;
use super::word_table::WordTable;
use super::words::{self, WordSet};
use super::{FileStructure, Symbol, SymbolId, SymbolKind, search};
use crate::text::{ContentHash, ProjectPath};

/// Why a file is known by name only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped(pub String);

/// One file of a snapshot.
#[derive(Debug, Clone)]
pub struct FileEntry {
    pub hash: ContentHash,
    pub structure: Arc<FileStructure>,
    /// Said once to the person: no UTF-8, too large, unreadable. Its structure is empty then, unless it is only the
    /// encoding that flux cannot write back.
    pub skipped: Option<Skipped>,
    pub(super) words: WordSet,
}

impl FileEntry {
    /// Whether `word` stands in the file as a whole identifier.
    pub fn has_word(&self, word: &str) -> bool {
        self.words.contains(words::hash(word))
    }

    /// Classes, methods and functions.
    pub fn symbol_count(&self) -> usize {
        self.structure.symbols.iter().filter(|symbol| symbol.kind != SymbolKind::Variable).count()
    }
}

/// A symbol and the file it stands in.
#[derive(Debug, Clone, Copy)]
pub struct Located<'a> {
    pub path: &'a ProjectPath,
    pub id: SymbolId,
    pub symbol: &'a Symbol,
}

pub(super) type Files = BTreeMap<ProjectPath, Arc<FileEntry>>;

/// Fewer changed files than this never make another table.
pub(super) const CHANGED_MIN: usize = 256;

/// Whether so many of the files changed since a table was made of all that making another is as little work.
pub(super) fn is_much(changed_count: usize, files: &Files) -> bool {
    changed_count > CHANGED_MIN.max(files.len() / 64)
}

/// All Python files and notebooks of the project at one revision. Cheap to share, never changes.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub root: PathBuf,
    pub revision: u64,
    pub(super) files: BTreeMap<ProjectPath, Arc<FileEntry>>,
    /// What could not be looked into, by its path below the root (empty for the root itself), and why: folders that could
    /// not be listed, names that are no text, what is called like code and is no file.
    pub unlisted: Arc<BTreeMap<String, String>>,
    symbol_count: usize,
    pub(super) imports: ImportGraph,
    pub(super) classes: Classes,
    pub(super) words: WordTable,
}

impl Snapshot {
    pub(super) fn empty(root: PathBuf) -> Self {
        Self { root, ..Self::default() }
    }

    /// The next snapshot: what stands at `changed` is now what `files` has there, or is gone.
    pub(super) fn next<'p>(
        &self,
        files: BTreeMap<ProjectPath, Arc<FileEntry>>,
        changed: impl Iterator<Item = &'p ProjectPath> + Clone,
    ) -> Self {
        let symbol_count = files.values().map(|file| file.symbol_count()).sum();
        let imports = self.imports.after(&self.files, &files, changed.clone());
        let classes = self.classes.after(&files, changed.clone());
        let words = self.words.after(&files, changed);
        Self {
            root: self.root.clone(),
            revision: self.revision + 1,
            files,
            unlisted: self.unlisted.clone(),
            symbol_count,
            imports,
            classes,
            words,
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn files(&self) -> impl Iterator<Item = (&ProjectPath, &Arc<FileEntry>)> {
        self.files.iter()
    }

    pub fn file(&self, path: &ProjectPath) -> Option<&Arc<FileEntry>> {
        self.files.get(path)
    }

    /// The files below a folder.
    pub fn files_under(&self, folder: &ProjectPath) -> impl Iterator<Item = (&ProjectPath, &Arc<FileEntry>)> {
        let folder = folder.clone();
        let first = folder.clone();
        // Between `shop` and `shop/…` may stand `shop.py`.
        self.files
            .range(first..)
            .take_while({
                let folder = folder.clone();
                move |(path, _)| path.as_str().starts_with(folder.as_str())
            })
            .filter(move |(path, _)| path.as_str()[folder.as_str().len()..].starts_with('/'))
    }

    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    /// Classes, methods and functions.
    pub fn symbol_count(&self) -> usize {
        self.symbol_count
    }

    pub fn import_count(&self) -> usize {
        self.files.values().map(|file| file.structure.imports.len()).sum()
    }

    /// How many different words the project has.
    pub fn word_count(&self) -> usize {
        self.words.word_count(&self.files)
    }

    /// Symbols that match `query`, best first: exact name or qualified name, then prefix, then part, then fuzzy.
    ///
    /// `path::Qual.name` looks in the files whose path ends in `path` alone.
    pub fn find_symbol(&self, query: &str, limit: usize) -> Vec<Located<'_>> {
        search::find(self, query, limit)
    }

    /// The files in which `word` stands as a whole identifier (in code, strings or comments), by path. The first question
    /// of this kind goes through all files, later ones do as much work as they find.
    pub fn files_with_word(&self, word: &str) -> Vec<&ProjectPath> {
        self.words.files_with(&self.files, words::hash(word)).collect()
    }

    /// Does beforehand what the first question would have to do.
    pub fn prepare(&self) {
        self.has_word("");
    }

    /// Whether `word` stands as an identifier anywhere in the project.
    pub fn has_word(&self, word: &str) -> bool {
        self.words.files_with(&self.files, words::hash(word)).next().is_some()
    }

    /// Some classes, by path. The first question goes through all files, later ones do as much work as they find.
    pub fn classes<'s>(&'s self, find: impl Fn(&'s ClassTable) -> Vec<ClassPlace<'s>>) -> Vec<ClassPlace<'s>> {
        self.classes.find(&self.files, find)
    }

    /// The dotted module name of a file: `src/` layouts and packages considered. `pkg/__init__.py` is `pkg`.
    pub fn module_name(&self, path: &ProjectPath) -> String {
        self.modules().name(path)
    }

    /// The project's files that `path` imports.
    pub fn dependencies(&self, path: &ProjectPath) -> Vec<ProjectPath> {
        self.file(path).map_or_else(Vec::new, |file| self.modules().imported_by(path, &file.structure))
    }

    /// The project's files that `path` would import if it read like `structure`.
    pub fn dependencies_of(&self, path: &ProjectPath, structure: &FileStructure) -> Vec<ProjectPath> {
        self.modules().imported_by(path, structure)
    }

    /// The project's files that import `path`.
    pub fn dependents(&self, path: &ProjectPath) -> Vec<ProjectPath> {
        self.imports.importers(&self.files, path)
    }

    fn modules(&self) -> &Modules {
        self.imports.modules(&self.files)
    }
}

//! The project as it stood at one revision.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bases::{ClassPlace, ClassTable};
use super::files::{Changes, Files, Part};
use super::import_graph::ImportGraph;
use super::modules::Modules;
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

/// All Python files and notebooks of the project at one revision. Cheap to share, never changes.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub root: PathBuf,
    pub revision: u64,
    pub(super) files: Files,
    /// What could not be looked into, by its path below the root (empty for the root itself), and why: folders that could
    /// not be listed, names that are no text, what is called like code and is no file.
    pub unlisted: Arc<BTreeMap<String, String>>,
    pub(super) imports: ImportGraph,
}

impl Snapshot {
    pub(super) fn empty(root: PathBuf) -> Self {
        Self { root, ..Self::default() }
    }

    /// The next snapshot: what stands at the path of a change is now as that says, or is gone.
    pub(super) fn next(&self, changes: Changes) -> Self {
        let paths: Vec<ProjectPath> = changes.keys().cloned().collect();
        let files = self.files.after(changes);
        let imports = self.imports.after(&self.files, &files, paths.iter());
        let (root, unlisted) = (self.root.clone(), self.unlisted.clone());
        Self { root, revision: self.revision + 1, files, unlisted, imports }
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
    pub fn files_under<'a>(
        &'a self,
        folder: &'a ProjectPath,
    ) -> impl Iterator<Item = (&'a ProjectPath, &'a Arc<FileEntry>)> {
        // Between `shop` and `shop/…` may stand `shop.py`.
        self.files
            .from(folder)
            .take_while(|(path, _)| path.as_str().starts_with(folder.as_str()))
            .filter(|(path, _)| path.as_str()[folder.as_str().len()..].starts_with('/'))
    }

    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    /// Classes, methods and functions.
    pub fn symbol_count(&self) -> usize {
        self.files.symbol_count()
    }

    pub fn import_count(&self) -> usize {
        self.files.iter().map(|(_, file)| file.structure.imports.len()).sum()
    }

    /// How many different words the project has.
    pub fn word_count(&self) -> usize {
        let parts = self.files.with_words();
        let mut hashes: Vec<u32> = Vec::with_capacity(parts.iter().map(|part| part.words().hashes().len()).sum());
        parts.iter().for_each(|part| hashes.extend_from_slice(part.words().hashes()));
        // Those of each part are in order: the sort that finds this has little to do.
        hashes.sort();
        hashes.chunk_by(|one, next| one == next).count()
    }

    /// Symbols that match `query`, best first: exact name or qualified name, then prefix, then part, then fuzzy.
    ///
    /// `path::Qual.name` looks in the files whose path ends in `path` alone.
    pub fn find_symbol(&self, query: &str, limit: usize) -> Vec<Located<'_>> {
        search::find(self, query, limit)
    }

    /// The files in which `word` stands as a whole identifier (in code, strings or comments), by path. The first question
    /// of this kind goes through all files, later ones through the parts that changed since.
    pub fn files_with_word(&self, word: &str) -> Vec<&ProjectPath> {
        self.with_hash(words::hash(word)).collect()
    }

    /// Does beforehand what the first question would have to do.
    pub fn prepare(&self) {
        self.files.with_words();
    }

    /// Whether `word` stands as an identifier anywhere in the project.
    pub fn has_word(&self, word: &str) -> bool {
        self.with_hash(words::hash(word)).next().is_some()
    }

    fn with_hash(&self, hash: u32) -> impl Iterator<Item = &ProjectPath> {
        let parts = self.files.with_words().iter();
        parts.flat_map(move |part| part.words().files_with(hash).iter().map(|file| &part.files()[usize::from(*file)].0))
    }

    /// Some classes, by path. The first question goes through all files, later ones through the parts that changed since.
    pub fn classes<'s>(&'s self, find: impl Fn(&'s ClassTable) -> Vec<ClassPlace<'s>>) -> Vec<ClassPlace<'s>> {
        self.files.with_classes().iter().flat_map(|part| find(part.classes())).collect()
    }

    /// The files by path, in parts of some dozens, each with the names of its symbols. Those in which nothing changed are
    /// shared with the snapshots before.
    pub fn parts(&self) -> &[Arc<Part>] {
        self.files.parts()
    }

    /// In which of the [`Snapshot::parts`] a file stands, and where in it.
    pub fn place_of(&self, path: &ProjectPath) -> Option<(usize, usize)> {
        self.files.place_of(path)
    }

    /// The symbols of that very name (not qualified), by path and line.
    pub fn symbols_called(&self, name: &str) -> Vec<Located<'_>> {
        search::called(self, name)
    }

    /// The files that are not as in `old`: with another content, new or gone. Work grows with what changed.
    pub fn differing(&self, old: &Self) -> Vec<ProjectPath> {
        let (new, old_parts) = self.files.apart(&old.files);
        let known = |files: &Files, path: &ProjectPath| files.get(path).map(|entry| entry.hash);
        let paths = new.into_iter().chain(old_parts).flat_map(|part| part.files().iter().map(|(path, _)| path));
        let differing = paths.filter(|path| known(&self.files, path) != known(&old.files, path));
        let differing: BTreeSet<&ProjectPath> = differing.collect();
        differing.into_iter().cloned().collect()
    }

    /// The dotted module name of a file: `src/` layouts and packages considered. `pkg/__init__.py` is `pkg`.
    pub fn module_name(&self, path: &ProjectPath) -> String {
        self.modules().name(path)
    }

    /// Whether the module `dotted`, as `path` names it behind `level` dots, is a file of the project.
    pub fn finds_module(&self, path: &ProjectPath, level: u32, dotted: &str) -> bool {
        self.modules().finds(path, level, dotted)
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

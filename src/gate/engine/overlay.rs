//! The file system that the engine sees: proposed texts over the disk.
//!
//! Invariant: nothing is ever written through it, and no process is started by it.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Error, ErrorKind, Read};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use regex::Regex;
use ruff_db::file_revision::FileRevision;
use ruff_db::system::walk_directory::WalkDirectoryBuilder;
use ruff_db::system::{
    DirectoryEntry, FileType, Metadata, OsSystem, Result, System, SystemPath, SystemPathBuf, SystemVirtualPath,
    WhichError, WhichResult, WritableSystem,
};
use ruff_notebook::{Notebook, NotebookError};

use crate::gate::syntax::EXPRESSION_DEPTH_MAX;
use crate::index::{self, too_deep};
use crate::text::FileText;

/// The texts that lie over the disk, by absolute path; `None` hides a file.
pub(super) type Layer = BTreeMap<SystemPathBuf, Option<Laid>>;

/// One text that lies over the disk. Its revision is its content: the same text twice is no change.
#[derive(Debug, Clone)]
pub(super) struct Laid {
    pub(super) text: Arc<str>,
    pub(super) revision: u128,
}

#[derive(Debug, Clone)]
pub(super) struct OverlaySystem {
    disk: OsSystem,
    layer: Arc<RwLock<Layer>>,
    /// What is not there for the engine, whatever lies on the disk or over it: these, and all below them.
    hidden: Arc<[SystemPathBuf]>,
    /// How deep an expression may nest; what nests deeper is an empty text.
    expression_max: u32,
}

impl OverlaySystem {
    pub(super) fn new(root: &SystemPath) -> Self {
        let expression_max = EXPRESSION_DEPTH_MAX;
        Self { disk: OsSystem::new(root), layer: Arc::default(), hidden: Arc::default(), expression_max }
    }

    /// The same disk without `hidden`.
    pub(super) fn hiding(self, hidden: Vec<SystemPathBuf>) -> Self {
        Self { hidden: hidden.into(), ..self }
    }

    /// The same disk for a Python that takes no deeper expressions.
    pub(super) fn taking(self, expression_max: u32) -> Self {
        Self { expression_max, ..self }
    }

    pub(super) fn is_hidden(&self, path: &SystemPath) -> bool {
        self.hidden.iter().any(|hidden| path.starts_with(hidden))
    }

    /// Whether just this lies over the disk.
    pub(super) fn holds(&self, layer: &Layer) -> bool {
        let shown =
            |(path, laid): (&SystemPathBuf, &Option<Laid>)| (path.clone(), laid.as_ref().map(|laid| laid.revision));
        self.read().iter().map(shown).eq(layer.iter().map(shown))
    }

    /// Replaces what lies over the disk.
    pub(super) fn lay(&self, layer: Layer) {
        *self.layer.write().unwrap_or_else(PoisonError::into_inner) = layer;
    }

    /// The code of a file as it is seen, however it is made.
    pub(super) fn whole_text(&self, path: &SystemPath) -> Result<String> {
        let text = self.file_text(path)?;
        Ok(if is_notebook(path) { index::Notebook::read(&text).code().to_string() } else { text })
    }

    fn file_text(&self, path: &SystemPath) -> Result<String> {
        match self.laid(path) {
            Some(Some(laid)) => Ok(laid.text.to_string()),
            Some(None) => Err(not_found()),
            None => {
                let Some(bytes) = bytes(path)? else { return Ok(ANY_NAMES.to_owned()) };
                // The byte order mark and a declared encoding are read as Python reads them, so that offsets are
                // those of the text that everyone else sees.
                match FileText::decode(&bytes) {
                    Ok(file) => Ok(file.text().to_owned()),
                    // Who imports it still sees the names in it.
                    Err(_) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
                }
            }
        }
    }

    fn laid(&self, path: &SystemPath) -> Option<Option<Laid>> {
        if self.is_hidden(path) {
            return Some(None);
        }
        self.read().get(path).cloned()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Layer> {
        self.layer.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A stamp of which names the layer adds to or takes from a folder; `None` where it does neither.
    fn folder_stamp(&self, folder: &SystemPath) -> Option<u128> {
        use std::hash::{BuildHasher, Hash, Hasher};
        let layer = self.read();
        let mut hasher = rustc_hash::FxBuildHasher.build_hasher();
        let mut touched = false;
        for (path, laid) in below(&layer, folder) {
            if laid.is_some() != self.disk.is_file(path) {
                (path.as_str(), laid.is_some()).hash(&mut hasher);
                touched = true;
            }
        }
        touched.then(|| u128::from(hasher.finish()))
    }

    fn holds_files_below(&self, folder: &SystemPath) -> bool {
        below(&self.read(), folder).any(|(_, laid)| laid.is_some())
    }
}

/// What a file that is too large to be read is to the engine: it may have any name.
const ANY_NAMES: &str = "def __getattr__(name): ...\n";

/// The content of a regular file; nothing where it is larger than any text may be.
fn bytes(path: &SystemPath) -> Result<Option<Vec<u8>>> {
    // To open a pipe would be to wait for who writes into it.
    let meta = path.as_std_path().metadata()?;
    if !meta.is_file() {
        return Err(not_found());
    }
    if meta.len() > FileText::LIMIT_BYTES {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    // It may grow meanwhile.
    File::open(path.as_std_path())?.take(FileText::LIMIT_BYTES + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= FileText::LIMIT_BYTES).then_some(bytes))
}

fn below<'a>(
    layer: &'a Layer,
    folder: &'a SystemPath,
) -> impl Iterator<Item = (&'a SystemPathBuf, &'a Option<Laid>)> + 'a {
    layer
        .range(folder.to_path_buf()..)
        .take_while(move |(path, _)| path.starts_with(folder))
        .filter(move |(path, _)| path.as_path() != folder)
}

fn is_notebook(path: &SystemPath) -> bool {
    path.extension() == Some("ipynb")
}

/// The text without the decorators that keep checkers of types out of a function: names and arguments are no matter of
/// types. All else keeps its place.
fn unsilenced(text: String) -> String {
    static SILENCED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^([ \t]*)@((?:\w+\.)?no_type_check\b)").expect("a valid pattern"));
    if !text.contains("no_type_check") {
        return text;
    }
    SILENCED.replace_all(&text, "$1#$2").into_owned()
}

fn not_found() -> Error {
    Error::new(ErrorKind::NotFound, "no such file")
}

impl System for OverlaySystem {
    fn path_metadata(&self, path: &SystemPath) -> Result<Metadata> {
        match self.laid(path) {
            Some(Some(laid)) => Ok(Metadata::new(FileRevision::new(laid.revision), None, FileType::File)),
            Some(None) => Err(not_found()),
            None => match (self.disk.path_metadata(path), self.folder_stamp(path)) {
                (Ok(on_disk), Some(stamp)) if on_disk.file_type().is_directory() => {
                    Ok(Metadata::new(FileRevision::new(stamp), on_disk.permissions(), FileType::Directory))
                }
                (Err(_), Some(stamp)) if self.holds_files_below(path) => {
                    Ok(Metadata::new(FileRevision::new(stamp), None, FileType::Directory))
                }
                (on_disk, _) => on_disk,
            },
        }
    }

    fn canonicalize_path(&self, path: &SystemPath) -> Result<SystemPathBuf> {
        match self.disk.canonicalize_path(path) {
            Err(_) if self.path_exists(path) => Ok(path.to_path_buf()),
            answer => answer,
        }
    }

    fn is_same_file(&self, first: &SystemPath, second: &SystemPath) -> Result<bool> {
        if first == second { Ok(self.path_exists(first)) } else { self.disk.is_same_file(first, second) }
    }

    fn which(&self, _binary_name: &str) -> WhichResult {
        Err(WhichError::CannotFindBinaryPath)
    }

    fn read_to_string(&self, path: &SystemPath) -> Result<String> {
        let text = self.whole_text(path)?;
        // What nests too deep for Python would overflow the engine's stack: to the engine it is an empty file.
        Ok(if too_deep(&text, self.expression_max).is_some() { String::new() } else { unsilenced(text) })
    }

    fn read_to_notebook(&self, path: &SystemPath) -> std::result::Result<Notebook, NotebookError> {
        let notebook = index::Notebook::read(&self.file_text(path)?);
        // As above.
        let is_too_deep = too_deep(notebook.code(), self.expression_max).is_some();
        Ok(if is_too_deep { Notebook::empty() } else { notebook.to_engine() })
    }

    fn read_virtual_path_to_string(&self, _path: &SystemVirtualPath) -> Result<String> {
        Err(not_found())
    }

    fn read_virtual_path_to_notebook(&self, _path: &SystemVirtualPath) -> std::result::Result<Notebook, NotebookError> {
        Err(NotebookError::Io(not_found()))
    }

    fn current_directory(&self) -> &SystemPath {
        self.disk.current_directory()
    }

    fn user_config_directory(&self) -> Option<SystemPathBuf> {
        None
    }

    fn cache_dir(&self) -> Option<SystemPathBuf> {
        None
    }

    fn read_directory<'a>(
        &'a self,
        path: &SystemPath,
    ) -> Result<Box<dyn Iterator<Item = Result<DirectoryEntry>> + 'a>> {
        if self.folder_stamp(path).is_none() {
            return Ok(Box::new(self.disk.read_directory(path)?));
        }
        let mut entries: BTreeMap<SystemPathBuf, FileType> = BTreeMap::new();
        if let Ok(on_disk) = self.disk.read_directory(path) {
            for entry in on_disk {
                let entry = entry?;
                let file_type = entry.file_type();
                entries.insert(entry.into_path(), file_type);
            }
        }
        let layer = self.read();
        let folders: BTreeSet<SystemPathBuf> = below(&layer, path)
            .filter_map(|(laid_path, laid)| {
                let first = laid_path.strip_prefix(path).ok()?.components().next()?;
                let child = path.join(first.as_str());
                if child != *laid_path {
                    return laid.is_some().then_some(child);
                }
                match laid {
                    Some(_) => entries.insert(child, FileType::File),
                    None => entries.remove(&child),
                };
                None
            })
            .collect();
        for folder in folders {
            entries.entry(folder).or_insert(FileType::Directory);
        }
        Ok(Box::new(entries.into_iter().map(|(path, file_type)| Ok(DirectoryEntry::new(path, file_type)))))
    }

    fn walk_directory(&self, path: &SystemPath) -> WalkDirectoryBuilder {
        self.disk.walk_directory(path)
    }

    fn as_writable(&self) -> Option<&dyn WritableSystem> {
        None
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn dyn_clone(&self) -> Box<dyn System> {
        Box::new(self.clone())
    }
}

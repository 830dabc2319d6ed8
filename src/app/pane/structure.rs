//! The tree of folders, files, classes, functions and methods.
//!
//! Rows are computed when the project, a fold or the filter changes, no more of them than it changes, and very many on a
//! thread of their own; a frame looks at the window alone.
//! Invariant: what was selected stays selected for as long as it exists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::agent::JobId;
use crate::index::{FileStructure, Snapshot, SymbolId};
use crate::text::ProjectPath;

mod filtering;
mod folding;
mod marks;
mod rows;

pub use filtering::{FilterQuestion, Filtered, filtered};
pub use marks::{AddedSymbol, FileMark, GitState};
use rows::RowBuilder;
pub use rows::{holds, match_in};

use super::{moved, scrolled};

/// What a row stands for, also after the project changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NodeKey {
    Folder(Arc<str>),
    File(ProjectPath),
    Symbol(ProjectPath, Box<str>),
}

/// So many rows around the selected one are looked at before all others.
const NEAR_ROWS: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Folder(Arc<str>),
    File(ProjectPath),
    Symbol(ProjectPath, SymbolId),
    /// A symbol that is not there yet: its place in [`FileMark::added`].
    Added(ProjectPath, u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoldState {
    /// Nothing is in it.
    Leaf,
    Open,
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub node: Node,
    pub depth: u16,
    pub fold: FoldState,
}

/// Shares with the one before what did not change.
#[derive(Default, Clone)]
struct Folder {
    folders: BTreeMap<Box<str>, Arc<Folder>>,
    /// By path.
    files: Vec<ProjectPath>,
}

/// With so many rows in sight others lay all of them anew.
const LAID_AT_ONCE_MAX: usize = 4_000;
/// With up to so many files, every folder is open at first.
const SMALL_PROJECT_FILES: usize = 120;
/// A filter shows at most so many symbols and files.
const MATCHES_MAX: usize = 2_000;

impl Folder {
    /// The folder of a path below this one.
    fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |folder, part| folder.folders.get(part).map(|folder| &**folder))
    }

    fn put(&mut self, path: &ProjectPath) {
        let parts = path.folder().split('/').filter(|part| !part.is_empty());
        let folder = parts.fold(self, |folder, part| Arc::make_mut(folder.folders.entry(part.into()).or_default()));
        if let Err(at) = folder.files.binary_search(path) {
            folder.files.insert(at, path.clone());
        }
    }

    /// Folders that it leaves empty go with it.
    fn take_away(&mut self, path: &ProjectPath) {
        self.take_below(path, path.as_str());
    }

    fn take_below(&mut self, path: &ProjectPath, rest: &str) {
        let Some((first, rest)) = rest.split_once('/') else {
            return self.files.retain(|file| file != path);
        };
        let Some(folder) = self.folders.get_mut(first) else { return };
        let folder = Arc::make_mut(folder);
        folder.take_below(path, rest);
        if folder.folders.is_empty() && folder.files.is_empty() {
            self.folders.remove(first);
        }
    }
}

#[derive(Default)]
pub struct StructurePane {
    pub rows: Vec<Row>,
    pub selected: usize,
    pub top: usize,
    /// No row stands deeper.
    pub depth_max: u16,
    pub filter: String,
    /// The filter is being typed.
    pub filtering: bool,
    pub marks: BTreeMap<ProjectPath, FileMark>,
    folds: Arc<FxHashMap<NodeKey, bool>>,
    /// What the rows were filtered by, in lower case: the filter as it was when the last answer came.
    rows_of: String,
    /// What is shown has to be looked up: the filter is another one, or the project is; or very many rows are to be laid.
    is_stale: bool,
    /// It is being looked up.
    awaited: Option<JobId>,
    /// How many rows match the filter.
    match_count: usize,
    /// Not all that matches the filter is shown.
    is_cut: bool,
    /// Everything was folded at once: what is not opened since stays so.
    is_folded: bool,
    /// Symbols stand in the order of their names, not of their places.
    pub by_name: bool,
    /// How the files stand to what is committed; empty where that is not known.
    pub git: BTreeMap<ProjectPath, GitState>,
    tree: Arc<Folder>,
    /// The files of the tree that only a proposal has.
    created: BTreeSet<ProjectPath>,
    snapshot: Option<Arc<Snapshot>>,
}

impl StructurePane {
    pub fn take_snapshot(&mut self, snapshot: Arc<Snapshot>) {
        // Rows are of the project as it was: what is selected is known by that one alone.
        let selected = self.selected_key();
        let tree = Arc::make_mut(&mut self.tree);
        let Some(old) = self.snapshot.replace(snapshot.clone()) else {
            snapshot.files().for_each(|(path, _)| tree.put(path));
            return self.rebuild(selected, None);
        };
        // No more is looked at than changed.
        let differing = snapshot.differing(&old);
        differing.iter().for_each(|path| match snapshot.file(path) {
            Some(_) => tree.put(path),
            None => tree.take_away(path),
        });
        let is_as_it_was = |path: &ProjectPath| old.file(path).is_some() && snapshot.file(path).is_some();
        let edited = differing.iter().all(is_as_it_was).then_some(&differing[..]);
        self.rebuild(selected, edited);
    }

    fn selected_key(&self) -> Option<NodeKey> {
        self.rows.get(self.selected).map(|row| self.key(row))
    }

    pub fn set_marks(&mut self, marks: BTreeMap<ProjectPath, FileMark>) {
        let mut has_opened = false;
        for (path, mark) in &marks {
            has_opened |= self.unfold_above(path);
            self.set_fold(NodeKey::File(path.clone()), mark.is_unfolded());
            for qualname in mark.symbols.iter().chain(mark.added.iter().map(|added| &added.qualname)) {
                self.unfold_around(path, qualname);
            }
        }
        let selected = self.selected_key();
        let marked: Vec<ProjectPath> = self.marks.keys().chain(marks.keys()).cloned().collect();
        self.marks = marks;
        self.rebuild(selected, (!has_opened).then_some(&marked));
    }

    pub fn selected_node(&self) -> Option<&Node> {
        self.rows.get(self.selected).map(|row| &row.node)
    }

    /// The last part of a row's name.
    pub fn name<'a>(&'a self, row: &'a Row) -> &'a str {
        match &row.node {
            Node::Folder(path) => path.rsplit('/').next().unwrap_or(path),
            Node::File(path) => path.file_name(),
            Node::Symbol(path, id) => self.structure(path).map_or("", |structure| &structure.symbol(*id).name),
            Node::Added(..) => self.added(row).map_or("", |added| &added.name),
        }
    }

    /// What a proposal would add there.
    pub fn added(&self, row: &Row) -> Option<&AddedSymbol> {
        let Node::Added(path, at) = &row.node else { return None };
        self.marks.get(path)?.added.get(*at as usize)
    }

    /// The qualified name of a symbol's row.
    fn qualname(&self, row: &Row) -> Option<&str> {
        match &row.node {
            Node::Folder(_) | Node::File(_) => None,
            Node::Symbol(path, id) => Some(&self.structure(path)?.symbol(*id).qualname),
            Node::Added(..) => Some(&self.added(row)?.qualname),
        }
    }

    pub fn structure(&self, path: &ProjectPath) -> Option<&FileStructure> {
        Some(&*self.snapshot.as_ref()?.file(path)?.structure)
    }

    pub fn skipped(&self, path: &ProjectPath) -> Option<&str> {
        self.snapshot.as_ref()?.file(path)?.skipped.as_ref().map(|skipped| skipped.0.as_str())
    }

    /// The lines of the selected symbol, if it stands in `path`.
    pub fn selected_lines(&self, path: Option<&ProjectPath>) -> Option<(u32, u32)> {
        let Some(Node::Symbol(file, id)) = self.selected_node() else { return None };
        let symbol = self.structure(file).filter(|_| Some(file) == path)?.symbol(*id);
        Some((symbol.decorator_line.unwrap_or(symbol.line), symbol.end_line))
    }

    pub fn move_by(&mut self, by: isize, height: usize) {
        self.select(moved(self.selected, by, self.rows.len()), height);
    }

    pub fn select(&mut self, row: usize, height: usize) {
        self.selected = row.min(self.rows.len().saturating_sub(1));
        self.top = scrolled(self.top, self.selected, height, self.rows.len());
    }

    pub fn scroll_by(&mut self, by: isize, height: usize) {
        self.top = self.top.saturating_add_signed(by).min(self.rows.len().saturating_sub(height));
    }

    /// Selects a symbol, or its file where it is not found, and opens what stands above.
    pub fn reveal(&mut self, path: &ProjectPath, qualname: Option<&str>, height: usize) {
        let file = NodeKey::File(path.clone());
        let key = qualname.map_or(file, |qualname| NodeKey::Symbol(path.clone(), qualname.into()));
        self.reveal_key(key, height);
    }

    fn reveal_key(&mut self, wanted: NodeKey, height: usize) {
        let is_hidden = match &wanted {
            NodeKey::Folder(_) => false,
            NodeKey::File(path) => self.unfold_above(path),
            NodeKey::Symbol(path, qualname) => {
                let above = self.unfold_above(path);
                let file = self.unfold(NodeKey::File(path.clone()));
                self.unfold_around(path, qualname) || above || file
            }
        };
        if is_hidden {
            self.lay_open(&wanted);
        }
        let found = self.rows.iter().position(|row| self.is_at(row, &wanted));
        let found = found.or_else(|| match &wanted {
            NodeKey::Symbol(path, _) => self.rows.iter().position(|row| row.node == Node::File(path.clone())),
            NodeKey::Folder(_) | NodeKey::File(_) => None,
        });
        if let Some(at) = found {
            self.select(at, height);
        }
    }

    /// Goes to the row that holds the selected one.
    pub fn go_above(&mut self, height: usize) {
        let Some(depth) = self.rows.get(self.selected).map(|row| row.depth) else { return };
        if let Some(above) = self.rows[..self.selected].iter().rposition(|row| row.depth < depth) {
            self.select(above, height);
        }
    }

    fn key(&self, row: &Row) -> NodeKey {
        match &row.node {
            Node::Folder(path) => NodeKey::Folder(path.clone()),
            Node::File(path) => NodeKey::File(path.clone()),
            Node::Symbol(path, _) | Node::Added(path, _) => {
                NodeKey::Symbol(path.clone(), self.qualname(row).unwrap_or_default().into())
            }
        }
    }

    /// As comparing its key, without making one.
    fn is_at(&self, row: &Row, key: &NodeKey) -> bool {
        match (&row.node, key) {
            (Node::Folder(path), NodeKey::Folder(wanted)) => path == wanted,
            (Node::File(path), NodeKey::File(wanted)) => path == wanted,
            (Node::Symbol(path, _) | Node::Added(path, _), NodeKey::Symbol(wanted, qualname)) => {
                path == wanted && self.qualname(row) == Some(qualname)
            }
            _ => false,
        }
    }

    /// Selects the innermost row in sight that holds a symbol of a file; opens nothing.
    pub fn follow(&mut self, path: &ProjectPath, symbol: Option<SymbolId>, height: usize) {
        let Some(structure) = self.structure(path) else { return };
        let mut wanted: Vec<SymbolId> = Vec::new();
        let mut next = symbol.filter(|id| (*id as usize) < structure.symbols.len());
        while let Some(id) = next {
            wanted.push(id);
            next = structure.symbol(id).parent;
        }
        // Who walks through a file stays near the row that is selected; a large file is not searched for each step.
        let near = self.selected.saturating_sub(NEAR_ROWS)..(self.selected + NEAR_ROWS).min(self.rows.len());
        let is_innermost = |row: &Row| matches!((&row.node, wanted.first()), (Node::Symbol(file, id), Some(wanted)) if id == wanted && file == path);
        if let Some(at) = self.rows[near.start.min(near.end)..near.end].iter().position(is_innermost) {
            self.select(near.start + at, height);
            return;
        }
        let Some(file_at) = self.rows.iter().position(|row| matches!(&row.node, Node::File(file) if file == path))
        else {
            return;
        };
        let mut at = file_at;
        for (row_at, row) in self.rows.iter().enumerate().skip(file_at + 1) {
            match &row.node {
                Node::Symbol(file, id) if file == path => {
                    if wanted.contains(id) {
                        at = row_at;
                    }
                }
                _ => break,
            }
        }
        self.select(at, height);
    }

    fn rebuild_keeping(&mut self, height: usize) {
        if self.rows.len() > LAID_AT_ONCE_MAX {
            self.is_stale = true;
            return;
        }
        let selected = self.selected_key();
        self.rebuild_rows();
        let at = selected.and_then(|key| self.rows.iter().position(|row| self.is_at(row, &key)));
        self.select(at.unwrap_or(self.selected), height);
    }

    /// Lays the rows of files that are other ones than they were; all rows where it is not said which those are.
    fn rebuild(&mut self, selected: Option<NodeKey>, edited: Option<&[ProjectPath]>) {
        let is_known =
            |path: &ProjectPath| self.snapshot.as_ref().is_some_and(|snapshot| snapshot.file(path).is_some());
        let mut edited = edited.filter(|_| !self.is_filtered());
        let created: BTreeSet<ProjectPath> = self.marks.keys().filter(|path| !is_known(path)).cloned().collect();
        if created != self.created || !created.is_empty() {
            let tree = Arc::make_mut(&mut self.tree);
            self.created.iter().filter(|path| !is_known(path)).for_each(|path| tree.take_away(path));
            created.iter().for_each(|path| tree.put(path));
            edited = edited.filter(|_| created == self.created);
            self.created = created;
        }
        // What is being looked up is looked up in the project as it was.
        self.is_stale |= self.is_filtered() || self.awaited.is_some();
        match edited {
            Some(paths) => self.renew_files(paths),
            None => self.rebuild_rows(),
        }
        if let Some(at) = selected.and_then(|key| self.rows.iter().position(|row| self.is_at(row, &key))) {
            self.selected = at;
        }
    }

    /// Lays the rows anew; where a filter is there, what it shows already: the rest is looked up by whoever may take time.
    fn rebuild_rows(&mut self) {
        if !self.filter.is_empty() {
            return self.narrow(&self.filter.to_lowercase());
        }
        let mut builder = RowBuilder::new(self, "");
        builder.folder(&self.tree, "", 0);
        let laid = builder.finished();
        self.take_rows(laid);
    }

    /// Lays the rows of these files anew, and no others.
    fn renew_files(&mut self, paths: &[ProjectPath]) {
        let paths: FxHashSet<&ProjectPath> = paths.iter().collect();
        let is_renewed = |row: &Row| matches!(&row.node, Node::File(path) if paths.contains(path));
        if !self.rows.iter().any(is_renewed) {
            return;
        }
        let before = std::mem::take(&mut self.rows);
        let mut rows: Vec<Row> = Vec::with_capacity(before.len());
        // What stands in a file that was laid anew.
        let mut within = None;
        for row in before {
            if within.is_some_and(|depth| row.depth > depth) {
                continue;
            }
            within = is_renewed(&row).then_some(row.depth);
            match &row.node {
                Node::File(path) if within.is_some() => {
                    let mut builder = RowBuilder::new(self, "");
                    builder.file(path, row.depth);
                    rows.extend(builder.finished().0);
                }
                _ => rows.push(row),
            }
        }
        self.take_rows((rows, 0));
    }

    /// Of the rows that there are keeps what matches.
    fn narrow(&mut self, filter: &str) {
        let mut builder = RowBuilder::new(self, filter);
        builder.narrowed(&self.rows);
        let laid = builder.finished();
        self.take_rows(laid);
    }

    /// How many rows match the filter, and whether there are more.
    pub fn match_count(&self) -> (usize, bool) {
        (self.match_count, self.is_cut)
    }

    /// A filter is there, and nothing matches it.
    pub fn is_nothing_found(&self) -> bool {
        self.rows.is_empty() && !self.filter.is_empty()
    }

    fn take_rows(&mut self, (rows, match_count): (Vec<Row>, usize)) {
        self.rows = rows;
        self.match_count = match_count;
        self.is_cut = match_count >= MATCHES_MAX;
        self.depth_max = self.rows.iter().map(|row| row.depth).max().unwrap_or(0);
        self.selected = self.selected.min(self.rows.len().saturating_sub(1));
        self.top = self.top.min(self.rows.len().saturating_sub(1));
    }
}

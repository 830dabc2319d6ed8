//! The tree of folders, files, classes, functions and methods.
//!
//! Rows are computed when the project, a fold or the filter changes; a frame looks at the window alone.
//! Invariant: what was selected stays selected for as long as it exists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::index::{FileStructure, Snapshot, SymbolId};
use crate::text::ProjectPath;

mod rows;

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

/// How a file stands to what is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitState {
    Modified,
    New,
}

/// What a proposal would do to a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileMark {
    pub hunk_count: usize,
    /// Qualified names of the symbols that it changes.
    pub symbols: BTreeSet<Box<str>>,
    pub created: bool,
    pub deleted: bool,
}

#[derive(Default)]
struct Folder {
    folders: BTreeMap<Box<str>, Folder>,
    files: Vec<ProjectPath>,
}

/// With up to so many files, every folder is open at first.
const SMALL_PROJECT_FILES: usize = 120;
/// A filter shows at most so many symbols and files.
const MATCHES_MAX: usize = 2_000;
/// Some rows around it are shown on every screen.
const REVEAL_ROWS: usize = 8;

#[derive(Default)]
pub struct StructurePane {
    pub rows: Vec<Row>,
    pub selected: usize,
    pub top: usize,
    pub filter: String,
    /// The filter is being typed.
    pub filtering: bool,
    pub marks: BTreeMap<ProjectPath, FileMark>,
    folds: FxHashMap<NodeKey, bool>,
    /// Everything was folded at once: what is not opened since stays so.
    is_folded: bool,
    /// Symbols stand in the order of their names, not of their places.
    pub by_name: bool,
    /// How the files stand to what is committed; empty where that is not known.
    pub git: BTreeMap<ProjectPath, GitState>,
    tree: Folder,
    snapshot: Option<Arc<Snapshot>>,
}

impl StructurePane {
    pub fn take_snapshot(&mut self, snapshot: Arc<Snapshot>) {
        // Rows are of the project as it was: what is selected is known by that one alone.
        let selected = self.selected_key();
        self.snapshot = Some(snapshot);
        self.rebuild(selected);
    }

    fn selected_key(&self) -> Option<NodeKey> {
        self.rows.get(self.selected).map(|row| self.key(row))
    }

    pub fn set_marks(&mut self, marks: BTreeMap<ProjectPath, FileMark>) {
        for (path, mark) in &marks {
            self.unfold_above(path);
            self.folds.insert(NodeKey::File(path.clone()), !mark.created);
            for qualname in &mark.symbols {
                for (at, _) in qualname.match_indices('.') {
                    self.folds.insert(NodeKey::Symbol(path.clone(), qualname[..at].into()), true);
                }
            }
        }
        let selected = self.selected_key();
        self.marks = marks;
        self.rebuild(selected);
    }

    pub fn set_filter(&mut self, filter: String) {
        let selected = self.selected_key();
        self.filter = filter;
        self.rebuild_rows();
        if self.filter.is_empty() {
            // What was found stays selected, wherever it stands.
            match selected {
                Some(NodeKey::File(path)) => self.reveal(&path, None, REVEAL_ROWS),
                Some(NodeKey::Symbol(path, qualname)) => self.reveal(&path, Some(&qualname), REVEAL_ROWS),
                Some(NodeKey::Folder(_)) | None => {}
            }
        }
        if !self.filter.is_empty() {
            // The first row that matches itself, not merely holds a match, is what was looked for: a class that was
            // named in full comes after its own name.
            let wanted = self.filter.to_lowercase();
            let is_match = |row: &Row| match &row.node {
                Node::Folder(_) => false,
                Node::File(path) => holds(path.file_name(), &wanted),
                Node::Symbol(path, id) => {
                    let structure = self.structure(path);
                    structure.is_some_and(|structure| holds(&structure.symbol(*id).qualname, &wanted))
                }
            };
            let hit = self.rows.iter().position(is_match);
            self.selected = hit.unwrap_or(0);
        }
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
        self.unfold_above(path);
        let file = NodeKey::File(path.clone());
        let mut wanted = file.clone();
        if let Some(qualname) = qualname {
            self.folds.insert(file, true);
            for (at, _) in qualname.match_indices('.') {
                self.folds.insert(NodeKey::Symbol(path.clone(), qualname[..at].into()), true);
            }
            wanted = NodeKey::Symbol(path.clone(), qualname.into());
        }
        self.rebuild_rows();
        let found = self.rows.iter().position(|row| self.is_at(row, &wanted));
        let found = found.or_else(|| self.rows.iter().position(|row| row.node == Node::File(path.clone())));
        if let Some(at) = found {
            self.select(at, height);
        }
    }

    /// Opens or closes the selected row; `None` turns it round. False when there is nothing to fold.
    pub fn fold(&mut self, open: Option<bool>, height: usize) -> bool {
        let Some(row) = self.rows.get(self.selected) else { return false };
        let open = match (row.fold, open) {
            (FoldState::Leaf, _) => return false,
            (FoldState::Open, None) => false,
            (FoldState::Closed, None) => true,
            (FoldState::Open, Some(true)) | (FoldState::Closed, Some(false)) => return false,
            (_, Some(open)) => open,
        };
        self.folds.insert(self.key(row), open);
        self.rebuild_rows();
        self.select(self.selected, height);
        true
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
            Node::Symbol(path, id) => {
                let qualname = self.structure(path).map(|structure| structure.symbol(*id).qualname.clone());
                NodeKey::Symbol(path.clone(), qualname.unwrap_or_default())
            }
        }
    }

    /// As comparing its key, without making one.
    fn is_at(&self, row: &Row, key: &NodeKey) -> bool {
        match (&row.node, key) {
            (Node::Folder(path), NodeKey::Folder(wanted)) => path == wanted,
            (Node::File(path), NodeKey::File(wanted)) => path == wanted,
            (Node::Symbol(path, id), NodeKey::Symbol(wanted, qualname)) => {
                path == wanted
                    && self.structure(path).is_some_and(|structure| structure.symbol(*id).qualname == *qualname)
            }
            _ => false,
        }
    }

    /// Orders symbols by name, or by place again; what was selected stays selected.
    pub fn toggle_order(&mut self, height: usize) {
        self.by_name = !self.by_name;
        self.rebuild_keeping(height);
    }

    pub fn fold_all(&mut self, height: usize) {
        self.folds.clear();
        self.is_folded = true;
        // What is selected is gone from sight: the folder or file that holds it is selected.
        let top = self
            .rows
            .get(self.selected)
            .map_or(0, |_| self.rows[..=self.selected].iter().filter(|row| row.depth == 0).count().saturating_sub(1));
        self.rebuild_rows();
        self.select(top, height);
    }

    /// Opens everything that is in sight and closed.
    pub fn unfold_level(&mut self, height: usize) {
        let closed: Vec<NodeKey> =
            self.rows.iter().filter(|row| row.fold == FoldState::Closed).map(|row| self.key(row)).collect();
        self.folds.extend(closed.into_iter().map(|key| (key, true)));
        self.rebuild_keeping(height);
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
        let selected = self.selected_key();
        self.rebuild_rows();
        let at = selected.and_then(|key| self.rows.iter().position(|row| self.is_at(row, &key)));
        self.select(at.unwrap_or(self.selected), height);
    }

    fn unfold_above(&mut self, path: &ProjectPath) {
        let folder = path.folder();
        let ends = folder.match_indices('/').map(|(at, _)| at).chain((!folder.is_empty()).then_some(folder.len()));
        for end in ends {
            self.folds.insert(NodeKey::Folder(folder[..end].into()), true);
        }
    }

    fn rebuild(&mut self, selected: Option<NodeKey>) {
        let mut tree = Folder::default();
        let known = self.snapshot.iter().flat_map(|snapshot| snapshot.files().map(|(path, _)| path));
        let created = self.marks.keys().filter(|path| self.structure(path).is_none());
        for path in known.chain(created) {
            let mut folder = &mut tree;
            for part in path.folder().split('/').filter(|part| !part.is_empty()) {
                folder = folder.folders.entry(part.into()).or_default();
            }
            folder.files.push(path.clone());
        }
        self.tree = tree;
        self.rebuild_rows();
        if let Some(at) = selected.and_then(|key| self.rows.iter().position(|row| self.is_at(row, &key))) {
            self.selected = at;
        }
    }

    fn rebuild_rows(&mut self) {
        let filter = self.filter.to_lowercase();
        let mut builder = RowBuilder { pane: self, rows: Vec::new(), filter: &filter, match_count: 0 };
        builder.folder(&self.tree, "", 0);
        self.rows = builder.rows;
        self.selected = self.selected.min(self.rows.len().saturating_sub(1));
        self.top = self.top.min(self.rows.len().saturating_sub(1));
    }

    fn is_open(&self, key: &NodeKey, depth: u16) -> bool {
        if let Some(open) = self.folds.get(key) {
            return *open;
        }
        if self.is_folded {
            return false;
        }
        let file_count = self.snapshot.as_ref().map_or(0, |snapshot| snapshot.file_count());
        match key {
            NodeKey::Folder(_) => file_count <= SMALL_PROJECT_FILES || (depth == 0 && self.tree.folders.len() <= 3),
            NodeKey::File(_) | NodeKey::Symbol(..) => false,
        }
    }
}

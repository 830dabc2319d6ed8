//! What of the tree is folded away.
//!
//! Invariant: a fold lays the rows of what is folded alone; all others stay as they are.

use std::sync::Arc;

use super::rows::RowBuilder;
use super::{FoldState, Node, NodeKey, Row, SMALL_PROJECT_FILES, StructurePane};
use crate::text::ProjectPath;

impl StructurePane {
    /// Opens or closes the selected row; `None` turns it round. False when there is nothing to fold.
    pub fn fold(&mut self, open: Option<bool>, height: usize) -> bool {
        let Some(row) = self.rows.get(self.selected).cloned() else { return false };
        let open = match (row.fold, open) {
            (FoldState::Leaf, _) => return false,
            (FoldState::Open, None) => false,
            (FoldState::Closed, None) => true,
            (FoldState::Open, Some(true)) | (FoldState::Closed, Some(false)) => return false,
            (_, Some(open)) => open,
        };
        self.set_fold(self.key(&row), open);
        // A filter shows what it finds, folded or not.
        if !self.is_filtered() {
            let holds_row = |at: &usize| matches!(self.rows[*at].node, Node::File(_) | Node::Folder(_));
            let at = (0..=self.selected).rev().find(holds_row).unwrap_or(self.selected);
            self.lay_anew(at);
        }
        self.select(self.selected, height);
        true
    }

    /// Lays a folder or a file anew, with all that is open in it.
    fn lay_anew(&mut self, at: usize) {
        let (row, end) = (self.rows[at].clone(), self.end_of(at));
        let mut builder = RowBuilder::new(self, "");
        let (place, open) = match &row.node {
            Node::Folder(path) => {
                let open = self.is_open(&NodeKey::Folder(path.clone()), row.depth);
                if let Some(folder) = self.tree.at(path).filter(|_| open) {
                    builder.folder(folder, path, row.depth + 1);
                }
                (at + 1..end, Some(open))
            }
            Node::File(path) | Node::Symbol(path, _) | Node::Added(path, _) => {
                builder.file(path, row.depth);
                (at..end, None)
            }
        };
        let (rows, _) = builder.finished();
        self.replace(place, rows);
        if let Some(open) = open {
            self.rows[at].fold = if open { FoldState::Open } else { FoldState::Closed };
        }
    }

    /// Brings into sight what stands in folders and files that were opened.
    pub(super) fn lay_open(&mut self, wanted: &NodeKey) {
        let (NodeKey::File(path) | NodeKey::Symbol(path, _)) = wanted else { return };
        if self.is_filtered() {
            return self.rebuild_rows();
        }
        // Who is out of sight stands in the outermost one that is shown closed.
        let holds = |folder: &str| path.as_str().strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        let is_outermost = |row: &Row| match &row.node {
            Node::Folder(folder) => row.fold == FoldState::Closed && holds(folder),
            Node::File(file) => file == path,
            Node::Symbol(..) | Node::Added(..) => false,
        };
        if let Some(at) = self.rows.iter().position(is_outermost) {
            self.lay_anew(at);
        }
    }

    fn replace(&mut self, range: std::ops::Range<usize>, rows: Vec<Row>) {
        let deepest = rows.iter().map(|row| row.depth).max().unwrap_or(0);
        self.depth_max = self.depth_max.max(deepest);
        self.rows.splice(range, rows);
    }

    /// Behind the last row that stands in this one.
    fn end_of(&self, at: usize) -> usize {
        let depth = self.rows[at].depth;
        let within = self.rows[at + 1..].iter().take_while(|row| row.depth > depth);
        at + 1 + within.count()
    }

    /// Orders symbols by name, or by place again; what was selected stays selected.
    pub fn toggle_order(&mut self, height: usize) {
        self.by_name = !self.by_name;
        self.rebuild_keeping(height);
    }

    pub fn fold_all(&mut self, height: usize) {
        self.folds = Arc::default();
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
        Arc::make_mut(&mut self.folds).extend(closed.into_iter().map(|key| (key, true)));
        self.rebuild_keeping(height);
    }

    /// Opens something. False where it was open already.
    pub(super) fn unfold(&mut self, key: NodeKey) -> bool {
        self.set_fold(key, true) != Some(true)
    }

    /// Opens or closes something; says what it was, where that was said before.
    pub(super) fn set_fold(&mut self, key: NodeKey, open: bool) -> Option<bool> {
        Arc::make_mut(&mut self.folds).insert(key, open)
    }

    /// Opens the folders that a file stands in. False where all were open already.
    pub(super) fn unfold_above(&mut self, path: &ProjectPath) -> bool {
        let folder = path.folder();
        let ends = folder.match_indices('/').map(|(at, _)| at).chain((!folder.is_empty()).then_some(folder.len()));
        self.unfold_all(ends.map(|end| NodeKey::Folder(folder[..end].into())))
    }

    /// Opens what a symbol stands in within its file. False where all of it was open already.
    pub(super) fn unfold_around(&mut self, path: &ProjectPath, qualname: &str) -> bool {
        let ends = qualname.match_indices('.').map(|(at, _)| at);
        self.unfold_all(ends.map(|end| NodeKey::Symbol(path.clone(), qualname[..end].into())))
    }

    fn unfold_all(&mut self, keys: impl Iterator<Item = NodeKey>) -> bool {
        let mut has_opened = false;
        for key in keys {
            has_opened |= self.unfold(key);
        }
        has_opened
    }

    pub(super) fn is_open(&self, key: &NodeKey, depth: u16) -> bool {
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

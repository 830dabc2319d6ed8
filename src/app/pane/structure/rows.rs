//! The rows of the tree: made anew when the project, a fold, the order or the filter changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{FoldState, Folder, MATCHES_MAX, Node, NodeKey, Row, StructurePane};
use crate::index::{FileStructure, SymbolId, SymbolKind};
use crate::text::ProjectPath;

pub(super) struct RowBuilder<'a> {
    pane: &'a StructurePane,
    rows: Vec<Row>,
    /// In lower case; empty: everything is shown.
    filter: &'a str,
    match_count: usize,
    is_wanted: &'a dyn Fn() -> bool,
}

impl<'a> RowBuilder<'a> {
    pub(super) fn new(pane: &'a StructurePane, filter: &'a str) -> Self {
        Self { pane, rows: Vec::new(), filter, match_count: 0, is_wanted: &|| true }
    }

    /// Lays no more rows once nobody wants them.
    pub(super) fn while_wanted(self, is_wanted: &'a dyn Fn() -> bool) -> Self {
        Self { is_wanted, ..self }
    }

    /// The rows, and how many of them match; as many as may, where more would.
    pub(super) fn finished(self) -> (Vec<Row>, usize) {
        (self.rows, self.match_count)
    }

    /// Of rows that were filtered before, lays those that still match.
    pub(super) fn narrowed(&mut self, before: &[Row]) {
        for row in before {
            match &row.node {
                Node::Folder(_) => {
                    self.drop_empty_folders(row.depth);
                    self.rows.push(row.clone());
                }
                Node::File(path) => {
                    self.drop_empty_folders(row.depth);
                    self.file(path, row.depth);
                }
                Node::Symbol(..) | Node::Added(..) => {}
            }
        }
        self.drop_empty_folders(0);
    }

    /// Takes away the last rows for as long as they are folders so deep, with nothing in them.
    fn drop_empty_folders(&mut self, depth: u16) {
        while self.rows.last().is_some_and(|row| matches!(row.node, Node::Folder(_)) && row.depth >= depth) {
            self.rows.pop();
        }
    }

    fn matches(&self, name: &str) -> bool {
        self.match_count < MATCHES_MAX && holds(name, self.filter)
    }

    pub(super) fn folder(&mut self, folder: &Folder, path: &str, depth: u16) {
        for (name, child) in &folder.folders {
            if self.match_count >= MATCHES_MAX {
                return;
            }
            let child_path = if path.is_empty() { name.to_string() } else { format!("{path}/{name}") };
            let node_path: Arc<str> = child_path.as_str().into();
            let open = !self.filter.is_empty() || self.pane.is_open(&NodeKey::Folder(node_path.clone()), depth);
            let at = self.rows.len();
            let fold = if open { FoldState::Open } else { FoldState::Closed };
            self.rows.push(Row { node: Node::Folder(node_path), depth, fold });
            if open {
                self.folder(child, &child_path, depth + 1);
                if !self.filter.is_empty() && self.rows.len() == at + 1 {
                    self.rows.pop();
                }
            }
        }
        for file in &folder.files {
            if self.match_count >= MATCHES_MAX || !(self.is_wanted)() {
                return;
            }
            self.file(file, depth);
        }
    }

    pub(super) fn file(&mut self, path: &ProjectPath, depth: u16) {
        let empty = FileStructure::default();
        let structure = self.pane.structure(path).unwrap_or(&empty);
        let shown = |id: usize| structure.symbols[id].kind != SymbolKind::Variable;
        let adds = self.pane.marks.get(path).is_some_and(|mark| !mark.added.is_empty());
        let has_symbols = adds || (0..structure.symbols.len()).any(shown);
        let at = self.rows.len();
        let node = Node::File(path.clone());
        if self.filter.is_empty() {
            let open = has_symbols && self.pane.is_open(&NodeKey::File(path.clone()), depth);
            self.rows.push(Row { node, depth, fold: fold_of(has_symbols, open) });
            if open {
                self.symbols(path, structure, depth + 1);
                self.added(path, at);
            }
            return;
        }
        self.rows.push(Row { node, depth, fold: FoldState::Leaf });
        self.matching_symbols(path, structure, depth + 1);
        self.matching_added(path, depth + 1);
        let path_matches = self.matches(path.as_str());
        if self.rows.len() > at + 1 {
            self.rows[at].fold = FoldState::Open;
        } else if path_matches {
            self.match_count += 1;
            self.rows[at].fold = fold_of(has_symbols, false);
        } else {
            self.rows.pop();
        }
    }

    fn symbols(&mut self, path: &ProjectPath, structure: &FileStructure, depth: u16) {
        let symbols = &structure.symbols;
        let mut has_children = vec![false; symbols.len()];
        for symbol in symbols.iter().filter(|symbol| symbol.kind != SymbolKind::Variable) {
            if let Some(parent) = symbol.parent {
                has_children[parent as usize] = true;
            }
        }
        if self.pane.by_name {
            return self.symbols_by_name(path, structure, &has_children, depth);
        }
        // Parents come before what stands in them, so one pass knows what is open above.
        let mut open_depth: Vec<Option<u16>> = vec![None; symbols.len()];
        for (id, symbol) in symbols.iter().enumerate() {
            let depth = match symbol.parent {
                None => Some(depth),
                Some(parent) => open_depth[parent as usize],
            };
            let Some(depth) = depth.filter(|_| symbol.kind != SymbolKind::Variable) else { continue };
            let key = NodeKey::Symbol(path.clone(), (&symbol.qualname).into());
            let open = has_children[id] && self.pane.is_open(&key, depth);
            open_depth[id] = open.then_some(depth + 1);
            let node = Node::Symbol(path.clone(), id as SymbolId);
            self.rows.push(Row { node, depth, fold: fold_of(has_children[id], open) });
        }
    }

    fn symbols_by_name(&mut self, path: &ProjectPath, structure: &FileStructure, has_children: &[bool], depth: u16) {
        let mut children: FxHashMap<Option<SymbolId>, Vec<SymbolId>> = FxHashMap::default();
        for (id, symbol) in (0..).zip(&structure.symbols).filter(|(_, symbol)| symbol.kind != SymbolKind::Variable) {
            children.entry(symbol.parent).or_default().push(id);
        }
        // The last one first: what waits is taken from the end.
        let sorted = |parent: Option<SymbolId>| {
            let mut ids = children.get(&parent).cloned().unwrap_or_default();
            ids.sort_by(|a, b| structure.symbol(*b).name.cmp(&structure.symbol(*a).name).then(b.cmp(a)));
            ids
        };
        let mut waiting: Vec<(SymbolId, u16)> = sorted(None).into_iter().map(|id| (id, depth)).collect();
        while let Some((id, depth)) = waiting.pop() {
            let has_children = has_children[id as usize];
            let key = NodeKey::Symbol(path.clone(), (&structure.symbol(id).qualname).into());
            let open = has_children && self.pane.is_open(&key, depth);
            self.rows.push(Row { node: Node::Symbol(path.clone(), id), depth, fold: fold_of(has_children, open) });
            if open {
                waiting.extend(sorted(Some(id)).into_iter().map(|child| (child, depth + 1)));
            }
        }
    }

    /// Lays what a proposal would add to a file between the rows that it has, which begin at `file_at`.
    fn added(&mut self, path: &ProjectPath, file_at: usize) {
        let Some(mark) = self.pane.marks.get(path) else { return };
        for (number, added) in (0..).zip(&mark.added) {
            let named = |at: &usize, name: &str| self.pane.qualname(&self.rows[*at]) == Some(name);
            let parent_at = match &added.parent {
                None => Some(file_at),
                Some(parent) => (file_at + 1..self.rows.len()).find(|at| named(at, parent)),
            };
            let Some(parent_at) = parent_at else { continue };
            let depth = self.rows[parent_at].depth + 1;
            if let Some(parent) = &added.parent {
                let open = self.pane.is_open(&NodeKey::Symbol(path.clone(), parent.clone()), depth - 1);
                self.rows[parent_at].fold = fold_of(true, open);
                if !open {
                    continue;
                }
            }
            let end = self.end_of(parent_at);
            let mut siblings = (parent_at + 1..end).filter(|at| self.rows[*at].depth == depth);
            let place = match self.pane.by_name {
                true => siblings.find(|at| self.pane.name(&self.rows[*at]) > &*added.name).unwrap_or(end),
                false => {
                    let behind = added.behind.as_ref();
                    let behind = behind
                        .and_then(|behind| siblings.find(|at| self.pane.qualname(&self.rows[*at]) == Some(behind)));
                    behind.map_or(parent_at + 1, |at| self.end_of(at))
                }
            };
            let node = Node::Added(path.clone(), number);
            self.rows.insert(place, Row { node, depth, fold: FoldState::Leaf });
        }
    }

    /// Behind the last row that stands in this one.
    fn end_of(&self, at: usize) -> usize {
        let depth = self.rows[at].depth;
        at + 1 + self.rows[at + 1..].iter().take_while(|row| row.depth > depth).count()
    }

    fn matching_added(&mut self, path: &ProjectPath, depth: u16) {
        let Some(mark) = self.pane.marks.get(path) else { return };
        for (number, added) in (0..).zip(&mark.added) {
            if self.matches(&added.qualname) {
                self.match_count += 1;
                self.rows.push(Row { node: Node::Added(path.clone(), number), depth, fold: FoldState::Leaf });
            }
        }
    }

    fn matching_symbols(&mut self, path: &ProjectPath, structure: &FileStructure, depth: u16) {
        let mut wanted = BTreeSet::new();
        for (id, symbol) in structure.symbols.iter().enumerate() {
            if symbol.kind == SymbolKind::Variable || !self.matches(&symbol.qualname) {
                continue;
            }
            self.match_count += 1;
            let mut next = Some(id as SymbolId);
            while let Some(id) = next {
                wanted.insert(id);
                next = structure.symbol(id).parent;
            }
        }
        for id in wanted {
            let mut above = 0;
            let mut next = structure.symbol(id).parent;
            while let Some(parent) = next {
                above += 1;
                next = structure.symbol(parent).parent;
            }
            let node = Node::Symbol(path.clone(), id);
            self.rows.push(Row { node, depth: depth + above, fold: FoldState::Leaf });
        }
    }
}

/// Whether a name holds `wanted`, which is in lower case; asked for every symbol with every key, so it takes no memory
/// where it can.
pub fn holds(name: &str, wanted: &str) -> bool {
    match_in(name, wanted).is_some()
}

/// Where a name holds `wanted`.
pub fn match_in(name: &str, wanted: &str) -> Option<std::ops::Range<usize>> {
    let len = wanted.len();
    if len == 0 {
        return Some(0..0);
    }
    if name.is_ascii() && wanted.is_ascii() {
        let first = wanted.as_bytes()[0];
        let starts = memchr::memchr2_iter(first, first.to_ascii_uppercase(), name.as_bytes());
        let fits = |at: &usize| {
            name.as_bytes().get(*at..*at + len).is_some_and(|part| part.eq_ignore_ascii_case(wanted.as_bytes()))
        };
        return starts.into_iter().find(fits).map(|at| at..at + len);
    }
    // Lower case may be longer: what is marked then is the whole name.
    name.to_lowercase().contains(wanted).then_some(0..name.len())
}

fn fold_of(has_children: bool, open: bool) -> FoldState {
    match (has_children, open) {
        (false, _) => FoldState::Leaf,
        (true, true) => FoldState::Open,
        (true, false) => FoldState::Closed,
    }
}

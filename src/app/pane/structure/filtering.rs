//! The filter of the tree: what is typed, and the rows that match it.
//!
//! All symbols of a project are looked through on a thread of its own. Invariant: the rows that are shown match what was
//! answered last; what is typed on only ever narrows them.

use std::sync::Arc;

use super::rows::{RowBuilder, holds};
use super::{Node, Row, StructurePane};
use crate::agent::JobId;

/// The project as it is to be looked through, with what a proposal would make of it and what is folded away.
#[derive(Clone)]
pub struct FilterQuestion {
    /// Without rows.
    pane: Arc<StructurePane>,
}

/// The rows that match a filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filtered {
    rows: Vec<Row>,
    match_count: usize,
    filter: String,
}

/// Looks through all files and symbols: not for the main thread. `None` when `is_wanted` says that nobody waits for it any
/// more.
pub fn filtered(question: &FilterQuestion, is_wanted: &dyn Fn() -> bool) -> Option<Filtered> {
    let filter = question.pane.filter.to_lowercase();
    let mut builder = RowBuilder::new(&question.pane, &filter).while_wanted(is_wanted);
    builder.folder(&question.pane.tree, "", 0);
    let (rows, match_count) = builder.finished();
    is_wanted().then_some(Filtered { rows, match_count, filter })
}

impl StructurePane {
    /// Filters by another text. Where it asks for more than the one before, what matches is shown at once; else it has to be
    /// looked up.
    pub fn set_filter(&mut self, filter: String, height: usize) {
        let selected = self.selected_key();
        let was_looking = self.is_looking();
        self.filter = filter;
        (self.awaited, self.is_stale) = (None, false);
        let wanted = self.filter.to_lowercase();
        if wanted.is_empty() {
            self.rows_of.clear();
            self.rebuild_rows();
            return selected.into_iter().for_each(|key| self.reveal_key(key, height));
        }
        if was_looking || self.rows_of.is_empty() || self.is_cut || !wanted.contains(&self.rows_of) {
            self.is_stale = true;
            return;
        }
        // What matches more matched less: nothing else is looked at.
        self.narrow(&wanted);
        self.rows_of.clone_from(&wanted);
        self.select_match(&wanted, height);
    }

    /// Whether a filter shows less than all.
    pub fn is_filtered(&self) -> bool {
        !self.filter.is_empty()
    }

    /// What matches the filter is not known yet.
    pub fn is_looking(&self) -> bool {
        self.is_stale || self.awaited.is_some()
    }

    /// Whether what matches the filter has to be looked up.
    pub fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// What is to be looked up; an earlier answer is stale from now on.
    pub fn filter_question(&mut self, job: JobId) -> FilterQuestion {
        (self.awaited, self.is_stale) = (Some(job), false);
        let pane = StructurePane {
            tree: self.tree.clone(),
            snapshot: self.snapshot.clone(),
            marks: self.marks.clone(),
            filter: self.filter.clone(),
            folds: self.folds.clone(),
            is_folded: self.is_folded,
            by_name: self.by_name,
            ..StructurePane::default()
        };
        FilterQuestion { pane: Arc::new(pane) }
    }

    /// Takes in the rows that match; an answer to an earlier question is stale.
    pub fn take_filtered(&mut self, job: JobId, found: Filtered, height: usize) -> bool {
        if self.awaited.take_if(|awaited| *awaited == job).is_none() {
            return false;
        }
        let is_renewed = self.rows_of == found.filter;
        let selected = self.selected_key().filter(|_| is_renewed);
        self.take_rows((found.rows, found.match_count));
        match selected.and_then(|key| self.rows.iter().position(|row| self.is_at(row, &key))) {
            Some(at) => self.select(at, height),
            None if found.filter.is_empty() => self.select(self.selected, height),
            None => self.select_match(&found.filter, height),
        }
        self.rows_of = found.filter;
        true
    }

    /// Selects the first row that matches itself, not merely holds a match: a class that was named in full comes after its
    /// own name.
    fn select_match(&mut self, wanted: &str, height: usize) {
        let is_match = |row: &Row| match &row.node {
            Node::Folder(_) => false,
            Node::File(path) => holds(path.file_name(), wanted),
            Node::Symbol(..) | Node::Added(..) => holds(self.qualname(row).unwrap_or_default(), wanted),
        };
        let hit = self.rows.iter().position(is_match);
        self.top = 0;
        self.select(hit.unwrap_or(0), height);
    }
}

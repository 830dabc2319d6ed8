//! The six layers with what was found under each: what is selected, what is folded, and whether an issue is open.
//!
//! Knows nothing of how the gate judges. Invariant: the six layers are always there, in their order.

use std::ops::Range;

use super::moved;
use crate::gate::{Issue, Layer, Overridden, Report};

/// One row that can be selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckRow {
    Layer(Layer),
    /// What is wrong in one way at several places of a file, by its places in [`Report::issues`].
    Issues(Range<usize>),
    /// What is let pass for one reason, by its places in [`Report::overridden`].
    Overridden(Range<usize>),
    /// By its place in [`Report::mended`].
    Mended(usize),
}

#[derive(Debug, Default)]
pub struct ChecksPane {
    pub selected: usize,
    /// What the person folded.
    pub folded: Vec<Layer>,
    /// The selected issue is open, over the centre.
    pub is_open: bool,
    /// The issue that was selected last: it stays selected when another report comes.
    pub(in crate::app) held: Option<Issue>,
    /// The person moved to what is selected.
    pub(in crate::app) is_chosen: bool,
    /// The layer that was selected last, which stays where issues come and go above it.
    pub(in crate::app) held_layer: Option<Layer>,
    /// What was said of what was written last; nothing once something else is under way.
    pub(in crate::app) written: Option<Report>,
    /// What is to be said once an override is kept.
    pub(in crate::app) said: String,
}

impl ChecksPane {
    /// What can be walked through, as it is folded now.
    pub fn rows(&self, report: Option<&Report>) -> Vec<CheckRow> {
        let mut rows = Vec::new();
        for layer in Layer::ALL {
            rows.push(CheckRow::Layer(layer));
            if let Some(report) = report.filter(|_| !self.folded.contains(&layer)) {
                rows.extend(rows_of(report, layer));
            }
        }
        rows
    }

    /// What is selected.
    pub fn row(&self, report: Option<&Report>) -> Option<CheckRow> {
        self.rows(report).get(self.selected).cloned()
    }

    /// Selects the first issue, where there is one: what blocks stands before what does not.
    pub fn select_first(&mut self, report: Option<&Report>) {
        let rows = self.rows(report);
        let blocks = |row: &CheckRow| match (row, report) {
            (CheckRow::Issues(at), Some(report)) => report.issues[at.start].severity == crate::gate::Severity::Block,
            _ => false,
        };
        let first = rows.iter().position(blocks);
        let first = first.or_else(|| rows.iter().position(|row| !matches!(row, CheckRow::Layer(_))));
        self.selected = first.unwrap_or(0);
    }

    pub fn move_by(&mut self, by: isize, report: Option<&Report>) {
        self.selected = moved(self.selected, by, self.rows(report).len());
    }

    /// Goes to the next row that is an issue, or something that was let pass. False where there is none.
    pub fn step_issue(&mut self, forward: bool, report: Option<&Report>) -> bool {
        let rows = self.rows(report);
        let is_issue = |at: &usize| matches!(rows[*at], CheckRow::Issues(_) | CheckRow::Overridden(_));
        let next = match forward {
            true => (self.selected + 1..rows.len()).find(is_issue),
            false => (0..self.selected.min(rows.len())).rev().find(is_issue),
        };
        self.selected = next.unwrap_or(self.selected);
        next.is_some()
    }

    /// Folds or unfolds the layer of the selected row; without a wish, the other way round.
    pub fn fold(&mut self, open: Option<bool>, report: Option<&Report>) {
        let rows = self.rows(report);
        let upto = &rows[..(self.selected + 1).min(rows.len())];
        let layers = upto.iter().enumerate().rev();
        let Some((at, layer)) = layers.into_iter().find_map(|(at, row)| match row {
            CheckRow::Layer(layer) => Some((at, *layer)),
            CheckRow::Issues(_) | CheckRow::Overridden(_) | CheckRow::Mended(_) => None,
        }) else {
            return;
        };
        let is_open = !self.folded.contains(&layer);
        match open.unwrap_or(!is_open) {
            true => self.folded.retain(|other| *other != layer),
            false if is_open => {
                self.folded.push(layer);
                self.selected = at;
            }
            false => {}
        }
    }
}

fn rows_of(report: &Report, layer: Layer) -> Vec<CheckRow> {
    let mut rows = Vec::new();
    let issues = &report.issues;
    let mut at = 0;
    while let Some(first) = issues.get(at) {
        let alike = |issue: &&Issue| issue.path == first.path && issue.message == first.message;
        let end = at + issues[at..].iter().take_while(alike).count();
        if first.layer == layer {
            rows.push(CheckRow::Issues(at..end));
        }
        at = end;
    }
    at = 0;
    while let Some(first) = report.overridden.get(at) {
        let alike = |other: &&Overridden| {
            other.issue.path == first.issue.path && other.issue.message == first.issue.message && other.by == first.by
        };
        let end = at + report.overridden[at..].iter().take_while(alike).count();
        if first.issue.layer == layer {
            rows.push(CheckRow::Overridden(at..end));
        }
        at = end;
    }
    rows.extend((0..report.mended.len()).filter(|at| report.mended[*at].layer == layer).map(CheckRow::Mended));
    rows
}

//! What a hunk reaches: who calls what it changes, what overrides it, which tests run it.
//!
//! Knows nothing of how that is found. Invariant: an answer about a hunk that is no longer asked about changes nothing.

use super::picker::show_picker;
use super::{App, Cmd, Lead, Pick, PickItem, Picker, Spot, ToastKind};
use crate::agent::JobId;
use crate::text::{ChangeSet, ProjectPath};

/// Why a place is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReachKind {
    Uses,
    Overrides,
    Tests,
}

/// One place that a hunk reaches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reached {
    pub kind: ReachKind,
    pub path: ProjectPath,
    /// From 1.
    pub line: u32,
    /// The line as it is written; empty where the file as a whole is meant.
    pub code: String,
}

/// What is known of what a hunk reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    pub places: Vec<Reached>,
    /// Places that may be reached; whether they are is not known.
    pub doubtful_count: usize,
}

/// Has what the hunk at hand reaches found out.
pub(super) fn seek_reach(app: &mut App) -> Vec<Cmd> {
    let job = app.next_job();
    let (Some(review), Some(proposal)) = (&app.review, &app.proposal) else { return Vec::new() };
    let Some(at) = proposal.hunk() else { return Vec::new() };
    let Some(hunk) = review.hunks.get(at) else { return Vec::new() };
    if !proposal.unread().is_empty() {
        app.say(ToastKind::Hint, super::proposing::STILL_READ);
        return Vec::new();
    }
    let (symbols, is_new) = proposal.symbols_in(hunk);
    // What goes is known only where it is not yet gone.
    let pending = if is_new { review.change_set.clone() } else { ChangeSet::default() };
    let path = hunk.path.clone();
    app.reach_awaited = Some((job, at));
    app.say(ToastKind::Hint, format!("Looking for what hunk {} reaches …", at + 1));
    vec![Cmd::SeekReach(job, pending, path, symbols)]
}

/// Lists what was found.
pub(super) fn found_reach(app: &mut App, job: JobId, reach: Reach) -> Vec<Cmd> {
    let Some((_, hunk)) = app.reach_awaited.take_if(|(awaited, _)| *awaited == job) else { return Vec::new() };
    if app.overlay.is_some() || app.review.is_none() {
        return Vec::new();
    }
    app.toast = None;
    let doubt = match reach.doubtful_count {
        0 => String::new(),
        1 => ", and perhaps 1 more place".to_owned(),
        count => format!(", and perhaps {count} more places"),
    };
    if reach.places.is_empty() {
        app.say(
            ToastKind::Hint,
            format!("Nothing in the project is known to use what hunk {} changes{doubt}.", hunk + 1),
        );
        return Vec::new();
    }
    let item = |reached: Reached| {
        let word = match reached.kind {
            ReachKind::Uses => "used by      ",
            ReachKind::Overrides => "overridden by",
            ReachKind::Tests => "tested by    ",
        };
        let Reached { path, line, code, .. } = reached;
        let label = if code.is_empty() { path.to_string() } else { format!("{path}:{line}") };
        let spot = Spot { path, line: Some(line), symbol: None };
        PickItem { lead: Lead::Text(word.to_owned()), label, detail: code, ..PickItem::new(Pick::Spot(spot)) }
    };
    let title = format!("What hunk {} reaches{doubt}", hunk + 1);
    show_picker(app, Picker::spots(title, reach.places.into_iter().map(item).collect()))
}

//! A comment on one hunk: the model makes that hunk anew, and the review goes on with all that was decided on the others.
//!
//! Knows nothing of how the model is held to it. Invariant: a hunk that was not commented on is the same afterwards, with its
//! decision; the one that was is open.

use std::ops::Range;

use super::asking::{Asks, ask};
use super::deciding::send_back;
use super::proposing::close_review;
use super::tasks::tell_agent;
use super::{App, Cmd, Decision, Judged, Pane, Review, ToastKind};
use crate::agent::{Event, HunkRedo, Session};
use crate::gate::Report;
use crate::text::{ChangeSet, FileChange, Hunk, Run, select};

/// A review that waits for one of its hunks.
pub(super) struct KeptReview {
    pub(super) review: Review,
    hunk: usize,
    /// What the agent was given, and which of its lines are to be made anew.
    sent: ChangeSet,
    lines: Range<u32>,
}

/// Asks what should be different in the hunk that is shown.
pub(super) fn comment_hunk(app: &mut App) -> Vec<Cmd> {
    let hunk = app.review.as_ref().zip(app.proposal.as_ref().and_then(|proposal| proposal.hunk()));
    let found = hunk.and_then(|(review, at)| Some((review.hunks.get(at)?.clone(), at, review.hunks.len())));
    let is_of_person = app.session.as_ref().is_some_and(Session::is_of_person);
    match found {
        Some((hunk, at, count)) if !is_of_person => {
            let question =
                format!("What should be different in hunk {}/{count}? It alone is made anew. Esc leaves it.", at + 1);
            ask(app, Asks::Comment(hunk), question, String::new())
        }
        // What a person asked for themselves goes to the model as a whole.
        _ => {
            app.set_focus(Pane::Prompt);
            Vec::new()
        }
    }
}

/// Has the hunk made anew, unless it is not what it was.
pub(super) fn redo_hunk(app: &mut App, hunk: &Hunk, comment: String) -> Vec<Cmd> {
    if comment.is_empty() {
        app.say(ToastKind::Hint, "The proposal stays as it is.");
        return Vec::new();
    }
    let at = app.review.as_ref().and_then(|review| review.hunks.iter().position(|other| other == hunk));
    let Some(at) = at.filter(|_| !app.is_writing) else {
        app.say(ToastKind::Hint, "The proposal changed meanwhile: go to the hunk and say it again.");
        return Vec::new();
    };
    let Some(review) = app.review.take() else { return Vec::new() };
    let kept = KeptReview::new(review, at);
    let redo = HunkRedo {
        pending: kept.sent.clone(),
        path: kept.review.hunks[at].path.clone(),
        lines: kept.lines.clone(),
        comment: comment.clone(),
    };
    app.kept_review = Some(kept);
    close_review(app);
    let cmds = tell_agent(app, Event::Redo(redo));
    if app.session.as_ref().is_some_and(Session::is_redoing) || app.kept_review.is_none() {
        return cmds;
    }
    // The agent could not take it as such: as a whole it can.
    app.review = app.kept_review.take().map(|kept| kept.review);
    send_back(app, comment)
}

impl KeptReview {
    fn new(review: Review, at: usize) -> Self {
        let is_taken =
            |other: usize| other == at || !review.is_in_conflict(other) || review.decision(other) == Decision::Accepted;
        let sent = select(&review.change_set, &review.hunks, |id| is_taken(id.0 as usize));
        let hunk = &review.hunks[at];
        let earlier = review.hunks[..at].iter().enumerate();
        let earlier = earlier.filter(|(other, earlier)| earlier.path == hunk.path && is_taken(*other));
        let growth: i64 = earlier.flat_map(|(_, earlier)| &earlier.runs).map(growth).sum();
        let extent = hunk.extent();
        let start = (i64::from(extent.old.start) + growth).max(0) as u32;
        let lines = start..start + extent.new.len() as u32;
        Self { review, hunk: at, sent, lines }
    }

    /// The review with what became of the hunk, and where that is. Nothing where more changed than the hunk.
    pub(super) fn renewed(self, proposed: &ChangeSet, report: Report) -> Option<(Review, usize)> {
        let Self { mut review, hunk: at, sent, lines } = self;
        let path = review.hunks[at].path.clone();
        let others = sent.iter().chain(proposed.iter()).filter(|(other, _)| **other != path);
        if others.into_iter().any(|(other, _)| sent.get(other) != proposed.get(other)) {
            return None;
        }
        review.report = report;
        review.judged = Judged::Whole;
        review.awaited = None;
        review.needs.clear();
        review.history.clear();
        review.write_when_judged = false;
        let change = review.change_set.get(&path)?.clone();
        let new = match proposed.get(&path) {
            Some(new) if new.base_hash() != sent.get(&path)?.base_hash() => return None,
            Some(new) => new.new.clone(),
            None => change.old.as_ref().map(|old| old.shared_text()),
        };
        match (&change.old, &change.new, &new) {
            (Some(_), Some(_), Some(new)) => {
                let made = cut(new, &lines, sent.get(&path)?.new_text())?;
                review.replace_hunk(at, &change, &made);
            }
            // It comes or goes as a whole.
            _ => review.replace_file(at, FileChange { new, ..change }),
        }
        Some((review, at))
    }
}

/// The lines of `new` that stand where `lines` of `old` stood.
fn cut(new: &str, lines: &Range<u32>, old: &str) -> Option<String> {
    let count = |text: &str| text.split_inclusive('\n').count();
    let behind = count(old).checked_sub(lines.end as usize)?;
    let end = count(new).checked_sub(behind)?;
    let all: Vec<&str> = new.split_inclusive('\n').collect();
    Some(all.get(lines.start as usize..end)?.concat())
}

fn growth(run: &Run) -> i64 {
    run.new.len() as i64 - run.old.len() as i64
}

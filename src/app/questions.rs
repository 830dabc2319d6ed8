//! What is asked about a proposal on the screen: the gate's judgement, which hunk needs which, what its files hold now.
//!
//! Knows nothing of the answers. Invariant: the newest question wins.

use super::{App, Cmd, Decision, Judged};
use crate::gate::ReadLog;
use crate::text::{FileChange, ProjectPath};

/// Asks the gate about the accepted hunks as they are now; the newest question wins.
pub(super) fn judge(app: &mut App) -> Vec<Cmd> {
    let job = app.next_job();
    let reads = reads(app);
    let Some(review) = &mut app.review else { return Vec::new() };
    review.write_when_judged = false;
    let is_none_accepted = review.count(Decision::Accepted) == 0;
    if is_none_accepted && review.judged == Judged::Whole {
        review.awaited = None;
        return Vec::new();
    }
    review.awaited = Some(job);
    // What is shown is about the whole again.
    let change_set = if is_none_accepted { review.change_set.clone() } else { review.selection() };
    vec![Cmd::Judge(job, change_set, reads)]
}

/// Asks about the accepted hunks, and where none is, about the whole proposal.
pub(super) fn judge_all(app: &mut App) -> Vec<Cmd> {
    let cmds = judge(app);
    let Some(change_set) = app.review.as_ref().map(|review| review.change_set.clone()).filter(|_| cmds.is_empty())
    else {
        return cmds;
    };
    let job = app.next_job();
    if let Some(review) = &mut app.review {
        review.awaited = Some(job);
    }
    vec![Cmd::Judge(job, change_set, reads(app))]
}

/// Asks about the same hunks once more; an order to write them stands.
pub(super) fn judge_again(app: &mut App) -> Vec<Cmd> {
    let is_ordered = app.review.as_ref().is_some_and(|review| review.write_when_judged);
    let is_awaited = app.review.as_ref().is_some_and(|review| review.awaited.is_some());
    let cmds = if is_awaited { judge_all(app) } else { judge(app) };
    if let Some(review) = &mut app.review {
        review.write_when_judged = is_ordered && review.awaited.is_some();
    }
    cmds
}

fn reads(app: &App) -> ReadLog {
    app.session.as_ref().map(|session| session.reads().clone()).unwrap_or_default()
}

/// Asks the gate which hunk needs which, as the hunks are cut now; the newest question wins.
pub(super) fn seek_needs(app: &mut App) -> Vec<Cmd> {
    let job = app.next_job();
    let Some(review) = &mut app.review else { return Vec::new() };
    review.needs.clear();
    review.needs_awaited = Some(job);
    vec![Cmd::SeekNeeds(job, review.change_set.clone(), review.hunks.clone())]
}

/// Asks which hunks are layout alone or only moved, as they are cut now; the newest question wins.
pub(super) fn ask_kinds(app: &mut App) -> Vec<Cmd> {
    let job = app.next_job();
    let Some(review) = &mut app.review else { return Vec::new() };
    review.kinds_awaited = Some(job);
    vec![Cmd::Recognise(job, review.change_set.clone(), review.hunks.clone())]
}

/// Asks for the files of the proposal that are not what it was made from, as far as the index knows.
pub(super) fn reread_moved(app: &mut App) -> Vec<Cmd> {
    let (Some(review), Some(snapshot)) = (&app.review, &app.snapshot) else { return Vec::new() };
    let has_moved = |path: &ProjectPath, change: &FileChange| {
        let known = snapshot.file(path).map(|entry| entry.hash);
        // Of other files the index knows nothing.
        !path.holds_code() || known != change.base_hash() || review.unreadable.contains_key(path)
    };
    let paths = review.change_set.iter().filter(|(path, change)| has_moved(path, change));
    let paths = paths.map(|(path, _)| path.clone()).collect();
    reread_files(app, paths)
}

/// Asks for all files of the proposal.
pub(super) fn reread_all(app: &mut App) -> Vec<Cmd> {
    let Some(review) = &app.review else { return Vec::new() };
    let paths = review.change_set.iter().map(|(path, _)| path.clone()).collect();
    reread_files(app, paths)
}

fn reread_files(app: &mut App, paths: Vec<ProjectPath>) -> Vec<Cmd> {
    if paths.is_empty() {
        return Vec::new();
    }
    let job = app.next_job();
    let Some(review) = &mut app.review else { return Vec::new() };
    review.reread_awaited = Some(job);
    vec![Cmd::Reread(job, paths)]
}

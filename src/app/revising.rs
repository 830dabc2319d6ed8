//! What a person says of a proposal goes back to the model, about all of it or one hunk; the review waits meanwhile.
//!
//! Invariant: nothing that was decided is lost: where nothing comes of the work, the review is as it was.

use super::asking::{Asks, ask, keep_draft};
use super::draft::remember;
use super::going::show_selected;
use super::proposing::close_review;
use super::review::KeptReview;
use super::tasks::tell_agent;
use super::{App, Cmd, Pane, ToastKind};
use crate::agent::{Event, Session};
use crate::text::Hunk;

/// Asks what should be different in the hunk that is shown.
pub(super) fn comment_hunk(app: &mut App) -> Vec<Cmd> {
    let hunk = app.review.as_ref().zip(app.proposal.as_ref().and_then(|proposal| proposal.hunk()));
    let found = hunk.and_then(|(review, at)| Some((review.hunks.get(at)?.clone(), at, review.hunks.len())));
    let is_of_person = app.session.as_ref().is_some_and(Session::is_of_person);
    match found {
        Some((hunk, at, count)) if !is_of_person => {
            let question = format!("What should be different in hunk {}/{count}? Only this hunk is made anew.", at + 1);
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
pub(super) fn revise_hunk(app: &mut App, hunk: &Hunk, comment: String) -> Vec<Cmd> {
    if comment.is_empty() {
        app.say(ToastKind::Hint, "The proposal stays as it is.");
        return Vec::new();
    }
    let at = app.review.as_ref().and_then(|review| review.hunks.iter().position(|other| other == hunk));
    let Some(at) = at.filter(|_| !app.is_writing) else {
        keep_draft(app, Asks::Comment(hunk.clone()), comment.clone());
        app.say(ToastKind::Hint, "The proposal changed meanwhile: go to the hunk and say it again.");
        remember(app, &comment);
        return Vec::new();
    };
    let cmds = give_back(app, Some(at), &comment);
    // Where the agent cannot take it as such, it can as a whole.
    if app.review.is_some() && app.kept_review.is_none() && cmds.is_empty() { revise(app, comment) } else { cmds }
}

/// Has the proposal changed as the person says.
pub(super) fn revise(app: &mut App, comment: String) -> Vec<Cmd> {
    give_back(app, None, &comment)
}

/// Lets the review wait while the agent changes the proposal. Where the agent takes nothing, it is as before.
fn give_back(app: &mut App, at: Option<usize>, comment: &str) -> Vec<Cmd> {
    let Some(review) = app.review.take_if(|_| !app.is_writing) else { return Vec::new() };
    let (pane, typed) = (app.proposal.take(), std::mem::take(&mut app.kept_edits));
    let kept = KeptReview::new(review, at);
    let revision = kept.revision(comment.to_owned());
    app.kept_review = Some(kept);
    close_review(app);
    let mut cmds = tell_agent(app, Event::Revise(revision));
    let is_taken = app.session.as_ref().is_some_and(Session::is_revising) || app.kept_review.is_none();
    if is_taken {
        app.kept_edits = typed;
        app.note(format!("sent back: {comment}"));
        if app.review.is_none() {
            // What the agent opened last is not what the tree stands on.
            cmds.extend(show_selected(app));
        }
        return cmds;
    }
    app.review = app.kept_review.take().map(|kept| kept.review);
    (app.proposal, app.kept_edits) = (pane, typed);
    cmds
}

//! A hunk's new lines while a person changes them, in its very place.
//!
//! Knows nothing of keys and of how text is typed. Invariant: what was typed is kept until it is taken, or the review ends.

use super::mending::changed;
use super::proposing::reveal_hunk;
use super::{App, Cmd, EditRefusal, EditorWork, Pane, Review, ToastKind};
use crate::agent::JobId;
use crate::text::Hunk;

/// Longer hunks are for an editor of its own.
const LINES_MAX: usize = 5_000;

/// The hunk that is being edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HunkEdit {
    hunk: Hunk,
    /// As the proposal has it.
    present: String,
    /// As it is after a key.
    pub text: String,
    /// Why it could not be taken.
    pub fault: Option<String>,
}

impl HunkEdit {
    /// Which hunk of the review it is now: lines above may have come and gone meanwhile.
    pub fn place(&self, review: &Review) -> Option<usize> {
        let is_it = |at: &usize| {
            review.hunks[*at].path == self.hunk.path
                && review.lines_to_edit(*at).is_ok_and(|present| present == self.present)
        };
        let same = review.hunks.iter().position(|hunk| *hunk == self.hunk);
        same.or_else(|| (0..review.hunks.len()).find(is_it))
    }
}

/// Begins to edit the hunk at hand, or goes on with it.
pub(super) fn edit_hunk(app: &mut App) -> Vec<Cmd> {
    let height = app.height_of(Pane::Centre);
    let (Some(review), Some(proposal)) = (&app.review, &mut app.proposal) else { return Vec::new() };
    let Some(at) = proposal.hunk().filter(|_| !app.is_writing) else { return Vec::new() };
    let kept = app.kept_edit.take_if(|kept| kept.place(review) == Some(at));
    let present = match review.lines_to_edit(at) {
        Ok(present) => present,
        Err(why) => {
            app.say(ToastKind::Hint, format!("Hunk {} cannot be edited: {why}.", at + 1));
            return Vec::new();
        }
    };
    if present.lines().count() > LINES_MAX {
        app.say(ToastKind::Hint, "The hunk is too long to be edited here: E opens it in your editor.");
        return Vec::new();
    }
    proposal.go_to_hunk(at, height);
    let begun = || HunkEdit { hunk: review.hunks[at].clone(), text: present.clone(), present, fault: None };
    app.hunk_edit = Some(kept.unwrap_or_else(begun));
    app.set_focus(Pane::Centre);
    Vec::new()
}

/// Gives the hunk at hand to the person's own editor.
pub(super) fn edit_hunk_outside(app: &mut App) -> Vec<Cmd> {
    let id = app.next_job();
    let (Some(review), Some(proposal)) = (&app.review, &app.proposal) else { return Vec::new() };
    let Some(at) = proposal.hunk().filter(|_| !app.is_writing) else { return Vec::new() };
    let present = match review.lines_to_edit(at) {
        Ok(present) => present,
        Err(why) => {
            app.say(ToastKind::Hint, format!("Hunk {} cannot be edited: {why}.", at + 1));
            return Vec::new();
        }
    };
    let kept = app.kept_edit.take_if(|kept| kept.place(review) == Some(at));
    let hunk = review.hunks[at].clone();
    let suffix = hunk.path.file_name().rsplit_once('.').map_or(String::new(), |(_, suffix)| format!(".{suffix}"));
    let edit = kept.unwrap_or_else(|| HunkEdit { hunk, text: present.clone(), present, fault: None });
    let text = format!("{}\n", edit.text);
    app.edit_outside = Some((id, edit));
    vec![Cmd::OpenEditor(EditorWork::Text { id, text, suffix, line: 1 })]
}

/// The person's own editor was closed: what it left is taken, and stays to be changed here where it cannot be.
pub(super) fn edited_outside(app: &mut App, id: JobId, text: &str) -> Vec<Cmd> {
    let Some((_, mut edit)) = app.edit_outside.take_if(|(awaited, _)| *awaited == id) else { return Vec::new() };
    let text = text.replace("\r\n", "\n");
    edit.text = text.strip_suffix('\n').map_or(text.clone(), str::to_owned);
    app.hunk_edit = Some(edit);
    app.set_focus(Pane::Centre);
    take_edit(app)
}

/// Leaves the hunk as it was; what was typed is there again at the next time.
pub(super) fn leave_edit(app: &mut App) -> Vec<Cmd> {
    let Some(edit) = app.hunk_edit.take() else { return Vec::new() };
    if edit.text != edit.present {
        app.say(ToastKind::Hint, "The hunk stays as it was; what you typed is kept: e goes on with it.");
        app.kept_edit = Some(edit);
    }
    Vec::new()
}

/// Puts what was typed in the hunk's place, and has the combination with it judged.
pub(super) fn take_edit(app: &mut App) -> Vec<Cmd> {
    let Some(mut edit) = app.hunk_edit.take() else { return Vec::new() };
    let Some(review) = &mut app.review else { return Vec::new() };
    let edited = match edit.place(review) {
        Some(at) => review.edit(at, &edit.text).map(|is_there| (at, is_there)).map_err(|why| why.to_string()),
        None => Err("the hunk is no longer what it was: Esc leaves it, what you typed is kept".to_owned()),
    };
    match edited {
        Ok((at, is_there)) => {
            let hunk = at + 1;
            let text = match is_there {
                true => format!("Hunk {hunk} is as you typed it, and accepted. u takes it back."),
                false => "Nothing is left of that hunk: its lines stay as they are. u takes it back.".to_owned(),
            };
            let cmds = lay_anew(app, at);
            app.say(ToastKind::Done, text);
            cmds
        }
        Err(why) if why == EditRefusal::Same.to_string() => {
            app.say(ToastKind::Hint, "The hunk stays as it was.");
            Vec::new()
        }
        Err(why) => {
            edit.fault = Some(why);
            app.hunk_edit = Some(edit);
            Vec::new()
        }
    }
}

/// Shows the proposal with its new texts at this hunk.
pub(super) fn lay_anew(app: &mut App, at: usize) -> Vec<Cmd> {
    let height = app.height_of(Pane::Centre);
    let cmds = changed(app);
    if let (Some(review), Some(pane)) = (&app.review, &mut app.proposal) {
        pane.go_to_hunk(at.min(review.hunks.len().saturating_sub(1)), height);
    }
    reveal_hunk(app);
    cmds
}

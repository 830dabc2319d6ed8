//! Code while a person changes it in its very place: the new lines of a hunk, or a symbol.
//!
//! Knows nothing of keys and of how text is typed. Invariant: what was typed is kept until it is taken, or what it was typed in
//! is gone.

use super::asking::Target;
use super::mending::changed;
use super::operating::rewrite;
use super::proposing::reveal_hunk;
use super::{App, Cmd, EditRefusal, EditorWork, Pane, Review, ToastKind};
use crate::agent::JobId;
use crate::text::{Hunk, ProjectPath};

/// Longer code is for an editor of its own.
const LINES_MAX: usize = 5_000;
/// So many texts that were typed and not taken are kept.
const KEPT_MAX: usize = 50;

/// What is being edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeEdit {
    edited: Edited,
    /// As it was before.
    present: String,
    /// As it is after a key.
    pub text: String,
    /// Why it could not be taken.
    pub fault: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Edited {
    Hunk(Hunk),
    Symbol { target: Target, is_class: bool },
}

impl CodeEdit {
    /// Which hunk of the review it is now: lines above may have come and gone meanwhile.
    pub fn place(&self, review: &Review) -> Option<usize> {
        let Edited::Hunk(hunk) = &self.edited else { return None };
        let is_it = |at: &usize| {
            review.hunks[*at].path == hunk.path
                && review.lines_to_edit(*at).is_ok_and(|present| present == self.present)
        };
        let same = review.hunks.iter().position(|other| other == hunk);
        same.or_else(|| (0..review.hunks.len()).find(is_it))
    }

    /// The file of the symbol that it is, and the symbol as tools address it.
    pub fn symbol(&self) -> Option<(&ProjectPath, &str)> {
        match &self.edited {
            Edited::Symbol { target: Target::Symbol(path, address, _), .. } => Some((path, address)),
            Edited::Symbol { .. } | Edited::Hunk(_) => None,
        }
    }
}

/// Takes back what was typed there before.
fn take_kept(app: &mut App, is_it: impl Fn(&CodeEdit) -> bool) -> Option<CodeEdit> {
    let at = app.kept_edits.iter().position(is_it)?;
    Some(app.kept_edits.remove(at))
}

/// Begins to edit a symbol, or goes on with it.
pub(super) fn edit_symbol(app: &mut App, target: Target, is_class: bool, present: String) -> Vec<Cmd> {
    let edited = Edited::Symbol { target, is_class };
    let kept = take_kept(app, |kept| kept.edited == edited);
    let text = kept.map_or_else(|| present.clone(), |kept| kept.text);
    app.code_edit = Some(CodeEdit { edited, present, text, fault: None });
    app.set_focus(Pane::Centre);
    Vec::new()
}

/// What a person typed in a symbol was refused: it stands there again, to be changed.
pub(super) fn edit_refused(app: &mut App, why: &str) {
    if let Some(edit) = app.operated_edit.take() {
        app.code_edit = Some(CodeEdit { fault: Some(why.to_owned()), ..edit });
        app.set_focus(Pane::Centre);
    }
}

/// Begins to edit the hunk at hand, or goes on with it.
pub(super) fn edit_hunk(app: &mut App) -> Vec<Cmd> {
    let height = app.height_of(Pane::Centre);
    let (Some(review), Some(proposal)) = (&app.review, &mut app.proposal) else { return Vec::new() };
    let Some(at) = proposal.hunk().filter(|_| !app.is_writing) else { return Vec::new() };
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
    let edited = Edited::Hunk(review.hunks[at].clone());
    let kept = kept_of(app, at);
    app.code_edit = Some(kept.unwrap_or_else(|| CodeEdit { edited, text: present.clone(), present, fault: None }));
    app.set_focus(Pane::Centre);
    Vec::new()
}

/// What was typed in a hunk before, and not taken.
fn kept_of(app: &mut App, hunk: usize) -> Option<CodeEdit> {
    let review = app.review.take()?;
    let kept = take_kept(app, |kept| kept.place(&review) == Some(hunk));
    app.review = Some(review);
    kept
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
    let hunk = review.hunks[at].clone();
    let suffix = hunk.path.file_name().rsplit_once('.').map_or(String::new(), |(_, suffix)| format!(".{suffix}"));
    let edited = Edited::Hunk(hunk);
    let kept = kept_of(app, at);
    let edit = kept.unwrap_or_else(|| CodeEdit { edited, text: present.clone(), present, fault: None });
    let text = format!("{}\n", edit.text);
    app.edit_outside = Some((id, edit));
    vec![Cmd::OpenEditor(EditorWork::Text { id, text, suffix, line: 1 })]
}

/// The person's own editor was closed: what it left is taken, and stays to be changed here where it cannot be.
pub(super) fn edited_outside(app: &mut App, id: JobId, text: &str) -> Vec<Cmd> {
    let Some((_, mut edit)) = app.edit_outside.take_if(|(awaited, _)| *awaited == id) else { return Vec::new() };
    let text = text.replace("\r\n", "\n");
    edit.text = text.strip_suffix('\n').map_or(text.clone(), str::to_owned);
    app.code_edit = Some(edit);
    app.set_focus(Pane::Centre);
    take_edit(app)
}

/// Leaves the code as it was; what was typed is there again at the next time.
pub(super) fn leave_edit(app: &mut App) -> Vec<Cmd> {
    let is_symbol = app.code_edit.as_ref().is_some_and(|edit| edit.symbol().is_some());
    if keep_edit(app) {
        app.say(ToastKind::Hint, "The code stays as it was; what you typed is kept: e goes on with it.");
    }
    if is_symbol {
        app.set_focus(Pane::Structure);
    }
    Vec::new()
}

/// Ends the edit and keeps what was typed. False where nothing was.
pub(super) fn keep_edit(app: &mut App) -> bool {
    let Some(edit) = app.code_edit.take().filter(|edit| edit.text != edit.present) else { return false };
    app.kept_edits.push(edit);
    let more = app.kept_edits.len().saturating_sub(KEPT_MAX);
    app.kept_edits.drain(..more);
    true
}

/// Nothing of a proposal is left: what was typed in its hunks goes with it.
pub(super) fn end_edits(app: &mut App) {
    app.code_edit.take_if(|edit| edit.symbol().is_none());
    app.kept_edits.retain(|edit| edit.symbol().is_some());
}

/// Puts what was typed in its place, and has it judged.
pub(super) fn take_edit(app: &mut App) -> Vec<Cmd> {
    let Some(mut edit) = app.code_edit.take() else { return Vec::new() };
    if let Edited::Symbol { target, is_class } = edit.edited.clone() {
        app.set_focus(Pane::Structure);
        let cmds = rewrite(app, &target, edit.text.clone(), is_class, &edit.present);
        match cmds.is_empty() {
            true if edit.text != edit.present => app.kept_edits.push(edit),
            true => {}
            false => app.operated_edit = Some(edit),
        }
        return cmds;
    }
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
            app.code_edit = Some(edit);
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

//! Has code changed in its very place: the new lines of a hunk, or a symbol.
//!
//! Knows nothing of keys and of how text is typed.

use super::asking::Target;
use super::code_edit::{CodeEdit, Edited, keep_edit, take_kept};
use super::mending::changed;
use super::operating::{refuse, rewrite, target};
use super::proposing::reveal_hunk;
use super::{App, Cmd, EditRefusal, EditorWork, Pane, ToastKind};
use crate::agent::JobId;
use crate::index::SymbolKind;

/// Longer code is for an editor of its own.
const LINES_MAX: usize = 5_000;

/// Begins to edit a symbol, or goes on with it.
pub(super) fn edit_symbol(app: &mut App, target: Target, is_class: bool, present: String) -> Vec<Cmd> {
    let edited = Edited::Symbol { target, is_class };
    let kept = take_kept(app, |kept| kept.edited == edited);
    let text = kept.map_or_else(|| present.clone(), |kept| kept.text);
    app.code_edit = Some(CodeEdit { edited, present, text, fault: None });
    app.set_focus(Pane::Centre);
    Vec::new()
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
        let key = app.keys.of("edit-hunk-outside");
        let text = format!("The hunk is too long to be edited here: {key} opens it in your editor.");
        app.say(ToastKind::Hint, text);
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
        let key = app.key(if is_symbol { "rewrite" } else { "edit-hunk" });
        let text = format!("The code stays as it was; what you typed is kept: {key} goes on with it.");
        app.say(ToastKind::Hint, text);
    }
    if is_symbol {
        app.set_focus(Pane::Structure);
    }
    Vec::new()
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
        None => Err(format!(
            "the hunk is no longer what it was: {} leaves it, what you typed is kept",
            app.keys.of("leave-edit")
        )),
    };
    match edited {
        Ok((at, is_there)) => {
            let (hunk, undo) = (at + 1, app.key("undo-decision"));
            let text = match is_there {
                true => format!("Hunk {hunk} is as you typed it, and accepted. {undo} takes it back."),
                false => format!("Nothing is left of that hunk: its lines stay as they are. {undo} takes it back."),
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

/// Has the code of the selected symbol changed in its place.
pub(super) fn ask_new_code(app: &mut App) -> Vec<Cmd> {
    let target = match target(app) {
        Ok(target @ Target::Symbol(..)) => target,
        Ok(Target::File(_)) => return refuse(app, "Select a class, a method or a function to rewrite."),
        Err(why) => return refuse(app, why),
    };
    let Target::Symbol(path, address, _) = &target else { return Vec::new() };
    let file = app.code.file.as_ref().filter(|file| file.path == *path);
    // As it is shown: the index may have heard of a later text already.
    let shown = file.and_then(|file| {
        let symbol = file.structure.symbol(*file.structure.find(address).first()?);
        // With the indentation of its first line: as it stands there.
        let text = file.text.text();
        let start = text[..symbol.span.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let start =
            if text[start..symbol.span.start as usize].trim().is_empty() { start } else { symbol.span.start as usize };
        Some((symbol.kind, text.get(start..symbol.span.end as usize)?.trim_end().replace("\r\n", "\n")))
    });
    let Some((kind, present)) = shown else {
        return refuse(app, "Its source is still being read. Press the key again in a moment.");
    };
    if kind == SymbolKind::Variable {
        return refuse(app, "Select a class, a method or a function to rewrite.");
    }
    edit_symbol(app, target, kind == SymbolKind::Class, present)
}

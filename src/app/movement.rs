//! What is selected and how far each pane is scrolled.

use super::checking::{fold_check, move_check};
use super::going::{follow_cursor, show_selected};
use super::pane::moved;
use super::pane::structure::{Filtered, FoldState};
use super::telling::{move_entry, unfold};
use super::{App, Cmd, EditorWork, Pane, ToastKind};
use crate::agent::JobId;

/// How far a key moves a long line sideways.
const SIDEWAYS: isize = 8;

pub(super) fn page(app: &App) -> isize {
    (app.height_of(app.focus) as isize - 2).max(1)
}

/// Moves in the pane that has the focus.
pub(super) fn move_by(app: &mut App, by: isize) -> Vec<Cmd> {
    let height = app.height_of(app.focus);
    match app.focus {
        Pane::Structure => {
            app.structure.move_by(by, height);
            return show_selected(app);
        }
        Pane::Centre => match &mut app.proposal {
            Some(proposal) => proposal.move_by(by, height),
            _ => {
                app.code.move_by(by, height);
                follow_cursor(app);
            }
        },
        Pane::Activity => move_entry(app, by),
        Pane::Plan | Pane::Checks => scroll(app, app.focus, by),
        Pane::Prompt => {}
    }
    Vec::new()
}

/// Scrolls a pane without moving what is selected in it.
pub(super) fn scroll(app: &mut App, pane: Pane, by: isize) {
    let height = app.height_of(pane);
    match pane {
        Pane::Structure => app.structure.scroll_by(by, height),
        Pane::Centre => match &mut app.proposal {
            Some(proposal) => proposal.scroll_by(by, height),
            None => app.code.scroll_by(by, height),
        },
        Pane::Plan => {
            let step_count = app.session.as_ref().map_or(0, |session| session.plan().steps.len());
            app.step = moved(app.step, by, step_count);
        }
        Pane::Checks => {
            move_check(app, by);
        }
        Pane::Activity => app.activity.scrolled += by as i64,
        Pane::Prompt => {}
    }
}

/// Brings what is selected to the middle of its pane.
pub(super) fn centre(app: &mut App) {
    let height = app.height_of(app.focus);
    match (app.focus, &mut app.proposal) {
        (Pane::Structure, _) => app.structure.top = app.structure.selected.saturating_sub(height / 2),
        (Pane::Centre, Some(proposal)) => proposal.top = proposal.cursor.saturating_sub(height / 2),
        (Pane::Centre, None) => {
            app.code.top = (app.code.cursor as usize).saturating_sub(height / 2);
        }
        _ => {}
    }
}

pub(super) fn fold(app: &mut App, open: bool) -> Vec<Cmd> {
    let height = app.height_of(app.focus);
    match app.focus {
        Pane::Structure => {
            if !app.structure.fold(Some(open), height) {
                if !open {
                    app.structure.go_above(height);
                } else if app.structure.rows.get(app.structure.selected).is_some_and(|row| row.fold == FoldState::Open)
                {
                    app.structure.move_by(1, height);
                }
            }
            return show_selected(app);
        }
        Pane::Centre => {
            let by = if open { SIDEWAYS } else { -SIDEWAYS };
            let left = app.proposal.as_mut().map_or(&mut app.code.left, |proposal| &mut proposal.left);
            *left = left.saturating_add_signed(by).min(2_000);
        }
        Pane::Checks => fold_check(app, Some(open)),
        Pane::Activity => unfold(app, Some(open)),
        Pane::Plan | Pane::Prompt => {}
    }
    Vec::new()
}

/// Has what matches the filter of the tree looked up, where that is another thing now.
pub(super) fn seek_filtered(app: &mut App) -> Option<Cmd> {
    if !app.structure.is_stale() {
        return None;
    }
    let job = app.next_job();
    Some(Cmd::Filter(job, app.structure.filter_question(job)))
}

/// Takes in what matches the filter; an answer to an earlier one is stale.
pub(super) fn take_filtered(app: &mut App, job: JobId, found: Filtered) -> Vec<Cmd> {
    let height = app.height_of(Pane::Structure);
    match app.structure.take_filtered(job, found, height) {
        true => show_selected(app),
        false => Vec::new(),
    }
}

/// Opens in the editor what is in view: the selected symbol or file, or in the code the first line shown.
pub(super) fn open_editor(app: &mut App) -> Vec<Cmd> {
    let Some(path) = app.code.wanted.clone() else {
        app.say(ToastKind::Hint, "No file is in view. Choose one in the structure, then press the key again.");
        return Vec::new();
    };
    let line = match (app.focus, app.structure.selected_lines(Some(&path))) {
        (Pane::Structure, Some((first, _))) => first,
        _ => app.code.cursor.max(1),
    };
    vec![Cmd::OpenEditor(EditorWork::File { path, line, column: 1 })]
}

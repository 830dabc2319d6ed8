//! What is selected and how far each pane is scrolled.

use super::checking::{fold_check, move_check};
use super::looking::{leave_trail, show_line};
use super::pane::moved;
use super::pane::structure::{Filtered, FoldState, Node};
use super::telling::{move_entry, unfold};
use super::{App, Cmd, EditorWork, Pane, Spot, ToastKind};
use crate::agent::JobId;
use crate::text::ProjectPath;

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

/// Shows the source of what is selected in the structure.
pub(super) fn show_selected(app: &mut App) -> Vec<Cmd> {
    let height = app.height_of(Pane::Centre);
    let (path, lines) = match app.structure.selected_node() {
        Some(Node::File(path)) => (path.clone(), None),
        Some(Node::Symbol(path, _)) => (path.clone(), app.structure.selected_lines(Some(path))),
        Some(Node::Added(path, _)) => {
            let row = app.structure.rows.get(app.structure.selected);
            let line = row.and_then(|row| app.structure.added(row)).map(|added| added.line);
            if let (Some(line), Some(review), Some(proposal)) = (line, &app.review, &mut app.proposal)
                && let Some(hunk) = review.hunk_at(path, line)
            {
                proposal.go_to_hunk(hunk, height);
            }
            return Vec::new();
        }
        Some(Node::Folder(_)) | None => return Vec::new(),
    };
    if app.code.want(&path, lines, height) { vec![Cmd::OpenFile(path)] } else { Vec::new() }
}

/// Shows in tree and code what was just written.
pub(super) fn show_written(app: &mut App, path: &ProjectPath, symbol: Option<&str>) -> Vec<Cmd> {
    let height = app.height_of(Pane::Structure);
    app.structure.reveal(path, symbol, height);
    show_selected(app)
}

/// Shows a place of the project in tree and code.
pub(super) fn go_to(app: &mut App, spot: &Spot) -> Vec<Cmd> {
    leave_trail(app);
    if app.review.is_some() {
        app.code.is_aside = true;
        app.say(ToastKind::Hint, "Esc goes back to the proposal.");
    }
    let line = spot.line.unwrap_or(1);
    match &spot.symbol {
        None => show_line(app, &spot.path, line),
        Some(symbol) => {
            let height = app.height_of(Pane::Structure);
            app.structure.reveal(&spot.path, Some(symbol), height);
            app.set_focus(Pane::Centre);
            let height = app.height_of(Pane::Centre);
            let is_unread = app.code.want_line(&spot.path, line, height);
            app.code.marked = app.structure.selected_lines(Some(&spot.path)).or(spot.line.map(|line| (line, line)));
            if is_unread { vec![Cmd::OpenFile(spot.path.clone())] } else { Vec::new() }
        }
    }
}

/// The tree shows what the cursor in the code stands in.
pub(super) fn follow_cursor(app: &mut App) {
    let (Some(file), cursor) = (&app.code.file, app.code.cursor) else { return };
    let around = file.structure.symbol_at(cursor);
    let lines = around.map(|id| {
        let symbol = file.structure.symbol(id);
        (symbol.decorator_line.unwrap_or(symbol.line), symbol.end_line)
    });
    if lines == app.code.marked {
        return;
    }
    app.code.marked = lines;
    let path = file.path.clone();
    let height = app.height_of(Pane::Structure);
    app.structure.follow(&path, around, height);
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

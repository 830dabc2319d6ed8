//! What a person does in an open list: moves, types a query, takes what is selected.
//!
//! Invariant: Enter takes what the last query that was *typed* finds.

use super::copying::copy;
use super::draft::put_draft;
use super::going::go_to;
use super::pane::moved;
use super::picker::{ask, selected, take_row};
use super::session_list::open_session;
use super::theming::take_theme;
use super::write_list::take_back;
use super::{Action, App, Cmd, Overlay, Pick, PickerKind, Ranking, ToastKind};
use crate::agent::JobId;

/// How many picks are remembered.
const RECENT_MAX: usize = 40;

/// Takes in what a worker found; an answer to another query is stale.
pub(super) fn ranked(app: &mut App, job: JobId, ranking: Ranking) -> Vec<Cmd> {
    let Some(Overlay::Picker(picker)) = &mut app.overlay else { return Vec::new() };
    if !picker.take_answer(job, ranking) {
        return Vec::new();
    }
    if std::mem::take(&mut picker.takes_first) {
        return take(app);
    }
    selected(app)
}

pub(super) fn act_on_picker(app: &mut App, action: &Action) -> Vec<Cmd> {
    let (columns, rows) = (app.columns, app.rows);
    let Some(Overlay::Picker(picker)) = &mut app.overlay else { return Vec::new() };
    let page = isize::from(picker.parts(columns, rows).0.height as i16 - 2).max(1);
    let by = match action {
        Action::Down => 1,
        Action::Up => -1,
        Action::PageDown => page,
        Action::PageUp => -page,
        Action::Top => isize::MIN / 2,
        Action::Bottom => isize::MAX / 2,
        Action::Filter => {
            picker.is_typing = true;
            return Vec::new();
        }
        // The key that opened the help closes it, unless it is looked for.
        Action::Queried(query) if picker.kind == PickerKind::Keys && picker.query.is_empty() && query == "?" => {
            app.overlay = None;
            return Vec::new();
        }
        Action::Queried(query) => {
            picker.query.clone_from(query);
            picker.takes_first = false;
            picker.said = None;
            return ask(app, None);
        }
        Action::FilterDone => {
            picker.is_typing = false;
            return Vec::new();
        }
        Action::Pick if picker.awaited.is_some() => {
            picker.takes_first = true;
            return Vec::new();
        }
        Action::Pick => return take(app),
        Action::Copy => return copy(app),
        Action::Redo if picker.kind == PickerKind::Writes => return vec![Cmd::Redo],
        _ => return back(app),
    };
    move_by(app, by)
}

/// Ends the query of a list that was there before it, else closes the list.
fn back(app: &mut App) -> Vec<Cmd> {
    let Some(Overlay::Picker(picker)) = &mut app.overlay else { return Vec::new() };
    let is_list =
        !matches!(picker.kind, PickerKind::Actions | PickerKind::Project | PickerKind::Prompts | PickerKind::Keys);
    if is_list && picker.has_query() {
        picker.is_typing = false;
        picker.query.clear();
        return ask(app, None);
    }
    app.overlay = None;
    Vec::new()
}

fn move_by(app: &mut App, by: isize) -> Vec<Cmd> {
    let Some(Overlay::Picker(picker)) = &mut app.overlay else { return Vec::new() };
    picker.selected = moved(picker.selected, by, picker.ranking.found.len());
    selected(app)
}

/// Does what Enter does.
fn take(app: &mut App) -> Vec<Cmd> {
    let Some(Overlay::Picker(picker)) = &mut app.overlay else { return Vec::new() };
    let Some(item) = picker.selected().cloned() else { return Vec::new() };
    picker.said = item.hindrance.map(|why| (ToastKind::Hint, why));
    if picker.said.is_some() {
        return Vec::new();
    }
    app.recent_picks.retain(|pick| *pick != item.pick);
    app.recent_picks.insert(0, item.pick.clone());
    app.recent_picks.truncate(RECENT_MAX);
    match item.pick {
        // The list stays: often more than one is taken back.
        Pick::Write(row) => take_back(row),
        Pick::Row(at) => {
            app.overlay = None;
            take_row(app, at);
            Vec::new()
        }
        Pick::Spot(spot) => {
            app.overlay = None;
            go_to(app, &spot)
        }
        Pick::Sign(_) => Vec::new(),
        Pick::Theme(name) => {
            app.overlay = None;
            take_theme(app, name)
        }
        Pick::Prompt(text) => {
            app.overlay = None;
            put_draft(app, text);
            Vec::new()
        }
        Pick::Session(id) => {
            app.overlay = None;
            open_session(app, id)
        }
    }
}

/// A press on the open list: a row is selected, the selected one taken; beside the list, it is closed.
pub(super) fn press(app: &mut App, column: u16, row: u16) -> Vec<Cmd> {
    let (columns, rows) = (app.columns, app.rows);
    let Some(Overlay::Picker(picker)) = &mut app.overlay else { return Vec::new() };
    if !picker.area(columns, rows).contains(column, row) {
        app.overlay = None;
        return Vec::new();
    }
    let (list, _) = picker.parts(columns, rows);
    let at = picker.top + usize::from(row.saturating_sub(list.y));
    if !list.contains(column, row) || at >= picker.ranking.found.len() {
        return Vec::new();
    }
    if at == picker.selected {
        return take(app);
    }
    picker.selected = at;
    selected(app)
}

pub(super) fn wheel(app: &mut App, by: isize) -> Vec<Cmd> {
    move_by(app, by)
}

//! The search in the file in view: typed, walked through, ended.

use super::movement::follow_cursor;
use super::pane::searching::CodeSearch;
use super::{App, Pane};

/// Begins a search at the cursor; letters go into it from now on.
pub(super) fn begin_search(app: &mut App) {
    let Some(file) = &app.code.file else { return };
    app.code.search = Some(CodeSearch::begun_at(file.lines.line_start(app.code.cursor) as u32));
}

pub(super) fn search_for(app: &mut App, query: String) {
    if let (Some(search), Some(file)) = (&mut app.code.search, &app.code.file) {
        search.set_query(query, file);
    }
    show_match(app);
}

/// Letters are keys again; what was found stays marked.
pub(super) fn keep_matches(app: &mut App) {
    match &mut app.code.search {
        Some(search) if !search.matches.is_empty() => search.is_typing = false,
        _ => app.code.search = None,
    }
}

pub(super) fn step_code_match(app: &mut App, forward: bool) {
    if let Some(search) = &mut app.code.search {
        search.step(forward);
    }
    show_match(app);
}

/// Ends the search: where a query was given up, where it began.
pub(super) fn end_search(app: &mut App) {
    let Some(search) = app.code.search.take() else { return };
    if search.is_typing
        && let Some(file) = app.code.file.clone()
    {
        put_cursor(app, file.lines.line(search.from as usize));
    }
}

fn show_match(app: &mut App) {
    let (Some(search), Some(file)) = (&app.code.search, app.code.file.clone()) else { return };
    let at = search.current().map_or(search.from, |span| span.start);
    put_cursor(app, file.lines.line(at as usize));
}

fn put_cursor(app: &mut App, line: u32) {
    let height = app.height_of(Pane::Centre);
    app.code.put_cursor(line, height);
    follow_cursor(app);
}

//! Going to a place of the project: tree and code show it, and there is a way back.

use super::pane::structure::Node;
use super::{App, Cmd, Pane, Spot, ToastKind};
use crate::text::ProjectPath;

/// Where the person came from, and where they went back from.
#[derive(Debug, Default)]
pub(super) struct Trail {
    places: Vec<(ProjectPath, u32)>,
    at: usize,
}

/// Nobody goes back further.
const TRAIL_MAX: usize = 200;

impl Trail {
    fn leave(&mut self, here: (ProjectPath, u32)) {
        self.places.truncate(self.at);
        if self.places.last() != Some(&here) {
            self.places.push(here);
        }
        if self.places.len() > TRAIL_MAX {
            self.places.remove(0);
        }
        self.at = self.places.len();
    }

    fn step(&mut self, back: bool, here: Option<(ProjectPath, u32)>) -> Option<(ProjectPath, u32)> {
        if !back {
            let next = self.places.get(self.at + 1)?.clone();
            self.at += 1;
            return Some(next);
        }
        if self.at == self.places.len()
            && let Some(here) = here
        {
            // So that there is a way forward to where one turned back.
            self.places.push(here);
        }
        self.at = self.at.checked_sub(1)?;
        self.places.get(self.at).cloned()
    }
}

fn here(app: &App) -> Option<(ProjectPath, u32)> {
    app.code.wanted.clone().map(|path| (path, app.code.cursor.max(1)))
}

/// Remembers the present place: the person is about to go somewhere else.
pub(super) fn leave_trail(app: &mut App) {
    if let Some(here) = here(app) {
        app.trail.leave(here);
    }
}

/// Goes back to where the person came from, or forward again.
pub(super) fn step_trail(app: &mut App, back: bool) -> Vec<Cmd> {
    let here = here(app);
    match app.trail.step(back, here) {
        Some((path, line)) => show_line(app, &path, line),
        None => {
            let text = match back {
                true => "There is nothing to go back to: this is where you began.",
                false => "There is nothing to go forward to.",
            };
            app.say(ToastKind::Hint, text);
            Vec::new()
        }
    }
}

/// Shows a line of a file in the code, and in the tree the symbol around it.
pub(super) fn show_line(app: &mut App, path: &ProjectPath, line: u32) -> Vec<Cmd> {
    let around = app.snapshot.as_ref().and_then(|snapshot| {
        let structure = &snapshot.file(path)?.structure;
        Some(structure.symbol(structure.symbol_at(line)?).qualname.clone())
    });
    let height = app.height_of(Pane::Structure);
    app.structure.reveal(path, around.as_deref(), height);
    app.set_focus(Pane::Centre);
    let height = app.height_of(Pane::Centre);
    let is_unread = app.code.want_line(path, line, height);
    app.code.marked = app.structure.selected_lines(Some(path));
    if is_unread { vec![Cmd::OpenFile(path.clone())] } else { Vec::new() }
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
        app.say(ToastKind::Hint, format!("{} goes back to the proposal.", app.key("back")));
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

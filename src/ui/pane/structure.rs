//! The picture of the tree: only the rows in the window are looked at.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::pane::structure::{FoldState, Node, Row, StructurePane};
use crate::app::{App, Area, Pane};
use crate::index::SymbolKind;
use crate::ui::cells::{clipped, width, wrapped};
use crate::ui::chrome::{Look, right_title, spinner, titled};
use crate::ui::theme::Role;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, area: Area) {
    let inside = titled(frame, app, look, Pane::Structure, area, Vec::new());
    let pane = &app.structure;
    if pane.filtering || !pane.filter.is_empty() {
        let cursor = if pane.filtering { "▏" } else { "" };
        let text = format!(" /{}{cursor} ", clipped(&pane.filter, usize::from(area.width).saturating_sub(18)));
        right_title(frame, area, vec![look.span(Role::Key, text)]);
    }
    if pane.rows.is_empty() {
        empty(frame, app, look, inside);
        return;
    }
    let rows = pane.rows.iter().enumerate().skip(pane.top).take(inside.height.into());
    for (y, (at, row)) in (inside.y..).zip(rows) {
        let line = row_line(look, pane, row, inside.width.into());
        frame.buffer_mut().set_line(inside.x, y, &line, inside.width);
        if at == pane.selected {
            let role = if app.focus == Pane::Structure { Role::Selection } else { Role::SelectionQuiet };
            frame.buffer_mut().set_style(Rect::new(inside.x, y, inside.width, 1), look.style(role));
        }
    }
}

fn empty(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, inside: Rect) {
    let text = if app.snapshot.is_none() {
        format!("{} reading the project…", spinner(app))
    } else if !app.structure.filter.is_empty() {
        "Nothing matches. Esc clears the filter.".to_owned()
    } else {
        "No Python files here. Open another folder with `flux FOLDER`, or let the model write the first file: press i."
            .to_owned()
    };
    for (y, line) in (inside.y..inside.bottom()).zip(wrapped(&text, usize::from(inside.width).saturating_sub(2))) {
        frame.buffer_mut().set_line(inside.x + 1, y, &Line::from(look.span(Role::Dim, line)), inside.width);
    }
}

fn row_line(look: &Look<'_>, pane: &StructurePane, row: &Row, columns: usize) -> Line<'static> {
    let fold = match row.fold {
        FoldState::Open => "▾ ",
        FoldState::Closed => "▸ ",
        FoldState::Leaf => "  ",
    };
    let indent = (usize::from(row.depth) * 2).min(columns / 2);
    let mut spans = vec![Span::raw(" ".repeat(indent + 1)), look.span(Role::Faint, fold)];
    let right = match &row.node {
        Node::Folder(_) => Vec::new(),
        Node::File(path) => file_marks(look, pane, path),
        Node::Symbol(path, id) => {
            let Some(structure) = pane.structure(path) else { return Line::default() };
            let symbol = structure.symbol(*id);
            let (glyph, role) = match symbol.kind {
                SymbolKind::Class => ("C ", Role::Class),
                SymbolKind::Function | SymbolKind::Method => ("ƒ ", Role::Function),
                SymbolKind::Variable => ("= ", Role::Constant),
            };
            spans.push(look.span(role, glyph));
            let mut right = Vec::new();
            if pane.marks.get(path).is_some_and(|mark| mark.symbols.contains(&symbol.qualname)) {
                right.push(look.span(Role::Changed, " ●"));
            }
            right.push(look.span(Role::LineNumber, format!(" {}", symbol.line)));
            right
        }
    };
    let name_role = match &row.node {
        Node::Folder(_) => Role::Folder,
        Node::File(_) => Role::File,
        Node::Symbol(..) => Role::Text,
    };
    let right = Line::from(right);
    let used: usize = spans.iter().map(|span| width(&span.content)).sum();
    let room = columns.saturating_sub(used + right.width() + 1);
    let name = clipped(pane.name(row), room);
    let gap = room - width(&name);
    spans.push(look.span(name_role, name));
    spans.push(Span::raw(" ".repeat(gap)));
    spans.extend(right.spans);
    Line::from(spans)
}

fn file_marks(look: &Look<'_>, pane: &StructurePane, path: &crate::text::ProjectPath) -> Vec<Span<'static>> {
    if let Some(mark) = pane.marks.get(path) {
        let text = match (mark.created, mark.deleted) {
            (true, _) => " new".to_owned(),
            (_, true) => " deleted".to_owned(),
            _ => format!(" ±{}", mark.hunk_count),
        };
        return vec![look.span(Role::Changed, text)];
    }
    if pane.skipped(path).is_some() {
        return vec![look.span(Role::Warn, " !")];
    }
    match pane.structure(path).map_or(0, |structure| structure.faults.len()) {
        0 => Vec::new(),
        _ => vec![look.span(Role::Bad, " ✘")],
    }
}

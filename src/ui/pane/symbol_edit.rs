//! The picture of a symbol while a person changes its code, in its place in the file.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::hunk_edit::{above_fault, first_typed, typed};
use crate::app::{App, Area, CodeEdit, Pane};
use crate::index::LiveFile;
use crate::ui::cells::clipped_front;
use crate::ui::chrome::{Look, right_title, titled};
use crate::ui::code_lines::{live_line, number_width};
use crate::ui::theme::Role;

/// Lines shown of what stands above it.
const CONTEXT_LINES: usize = 3;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, area: Area, edit: &CodeEdit) {
    let Some((path, address)) = edit.symbol() else { return };
    let room = usize::from(area.width).saturating_sub(50);
    let named = vec![look.span(Role::Text, clipped_front(path.as_str(), room)), Span::raw(" ")];
    let inside = titled(frame, app, look, Pane::Centre, area, named);
    let name = clipped_front(address, usize::from(area.width) / 3);
    right_title(frame, area, vec![look.span(Role::Accent, format!(" editing {name} "))]);
    let file = app.code.file.as_ref().filter(|file| file.path == *path);
    let symbol = file.and_then(|file| Some(file.structure.symbol(*file.structure.find(address).first()?)));
    let lines = symbol.map(|symbol| (symbol.decorator_line.unwrap_or(symbol.line), symbol.end_line));
    let (first, last) = lines.unwrap_or((1, u32::MAX));
    let inside = above_fault(frame, look, inside, edit);
    let focused = app.focus == Pane::Centre && app.overlay.is_none();
    let height = usize::from(inside.height);
    let before = CONTEXT_LINES.min(first as usize - 1).min(height / 7);
    let count = look.editor.lines().len();
    let rows = count.min(height.saturating_sub(before).max(1));
    let top = first_typed(look, rows);
    let row = |y: u16| Rect { y, height: 1, ..inside };
    let mut y = inside.y;
    for line in first - before as u32..first {
        context(frame, look, row(y), file, (line, i64::from(line)));
        y += 1;
    }
    for at in top..(top + rows).min(count) {
        typed(frame, look, row(y), (at, first as usize + at), path, focused);
        y += 1;
    }
    // What stands below is shown where it will stand.
    let grown = i64::from(first) + count as i64 - 1 - i64::from(last);
    for line in (last.saturating_add(1)..).take(inside.bottom().saturating_sub(y).into()) {
        context(frame, look, row(y), file, (line, i64::from(line) + grown));
        y += 1;
    }
}

fn context(
    frame: &mut Frame<'_>,
    look: &Look<'_>,
    area: Rect,
    file: Option<&std::sync::Arc<LiveFile>>,
    (line, number): (u32, i64),
) {
    let Some(file) = file.filter(|file| line >= 1 && line <= file.lines.line_count()) else { return };
    let numbers = number_width(file.lines.line_count() as usize);
    let columns = usize::from(area.width).saturating_sub(numbers + 4);
    let mut spans = vec![Span::raw(" "), look.span(Role::LineNumber, format!("{number:>numbers$} ")), Span::raw("  ")];
    spans.extend(live_line(look, file, line, &Default::default(), (0, columns)).spans);
    frame.buffer_mut().set_line(area.x, area.y, &Line::from(spans), area.width);
}

//! The picture of the list of what was written.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Padding, Widget};

use super::{box_in, hints};
use crate::app::{Place, ToastKind, WriteList, WriteRow};
use crate::ui::cells::{clipped, clipped_front, wrapped};
use crate::ui::chrome::{Look, cleared};
use crate::ui::theme::Role;

pub(super) fn draw(frame: &mut Frame<'_>, look: &Look<'_>, list: &WriteList) {
    let whole = frame.area();
    let columns = 92.min(whole.width.saturating_sub(4));
    let text_columns = usize::from(columns.saturating_sub(6));
    let said: Vec<(Role, String)> = match &list.said {
        None => Vec::new(),
        Some((kind, text)) => {
            let role = match kind {
                ToastKind::Done => Role::Good,
                ToastKind::Hint | ToastKind::Failure => Role::Warn,
            };
            wrapped(text, text_columns).into_iter().map(|line| (role, line)).collect()
        }
    };
    // What is said may take half of the room, and the list keeps the rest.
    let said_rows = said.len().min(usize::from(whole.height) / 2) as u16;
    let area = box_in(whole, columns, (list.rows.len() as u16).saturating_add(said_rows + 2).min(whole.height - 2));
    cleared(frame, look, area);
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(look.style(Role::BorderFocus))
        .padding(Padding::horizontal(1))
        .title(look.span(Role::TitleFocus, " What was written "))
        .title_bottom(look.span(Role::Dim, hints(look, Place::Writes)));
    let inside = block.inner(area);
    block.render(area, frame.buffer_mut());
    let height = usize::from(inside.height.saturating_sub(said_rows));
    let top = list.selected.saturating_sub(height / 2).min(list.rows.len().saturating_sub(height));
    for (y, (at, row)) in (inside.y..).zip(list.rows.iter().enumerate().skip(top).take(height)) {
        let is_selected = at == list.selected;
        if is_selected {
            frame.buffer_mut().set_style(Rect::new(inside.x, y, inside.width, 1), look.style(Role::Selection));
        }
        let mut spans = vec![look.span(Role::HunkCurrent, if is_selected { "▶ " } else { "  " })];
        spans.extend(shown(look, list, row, text_columns));
        frame.buffer_mut().set_line(inside.x, y, &Line::from(spans), inside.width);
    }
    for (y, (role, line)) in (inside.bottom().saturating_sub(said_rows)..inside.bottom()).zip(said) {
        frame.buffer_mut().set_line(inside.x, y, &Line::from(look.span(role, format!("  {line}"))), inside.width);
    }
}

fn shown(look: &Look<'_>, list: &WriteList, row: &WriteRow, columns: usize) -> Vec<Span<'static>> {
    let Some(last) = list.writes_of(row).next() else { return Vec::new() };
    let is_of_several = |write: u64| list.rows.contains(&WriteRow::Task(write));
    let taken = if list.stands(row) { "" } else { "  taken back" };
    let count = |count: usize, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
    let room = columns.saturating_sub(18 + taken.len());
    match row {
        WriteRow::Task(_) => {
            let writes = count(list.writes_of(row).count(), "write");
            let title = clipped(&last.title, room.saturating_sub(writes.len() + 2));
            let time = list.writes_of(row).last().map_or_else(String::new, |first| first.time.clone());
            vec![
                look.span(Role::Dim, format!("{time}  ")),
                look.span(Role::Accent, title),
                look.span(Role::Dim, format!("  {writes}")),
                look.span(Role::Warn, taken),
            ]
        }
        WriteRow::Write(_) if is_of_several(last.task) => vec![
            look.span(Role::Dim, format!("{}  ", last.time)),
            look.span(Role::Text, format!("  {} of it", count(last.files.len(), "file"))),
            look.span(Role::Warn, taken),
        ],
        WriteRow::Write(_) => vec![
            look.span(Role::Dim, format!("{}  ", last.time)),
            look.span(Role::Accent, clipped(&last.title, room)),
            look.span(Role::Warn, taken),
        ],
        WriteRow::File(_, path) => vec![
            Span::raw(" ".repeat(20)),
            look.span(Role::Text, clipped_front(path.as_str(), room.saturating_sub(4))),
            look.span(Role::Warn, taken),
        ],
    }
}

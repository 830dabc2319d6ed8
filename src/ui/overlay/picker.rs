//! The picture of a list to choose from, with its query and the code that is selected.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Widget};

use super::hints;
use crate::app::{App, Area, Found, Lead, Pick, Picker, PickerKind, ToastKind};
use crate::index::SymbolKind;
use crate::ui::cells::{Styled, clipped, clipped_front, painted, width, wrapped};
use crate::ui::chrome::{Look, cleared, grouped, rect, right_title};
use crate::ui::pane::code;
use crate::ui::theme::Role;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, picker: &Picker) {
    let area = picker.area(app.columns, app.rows);
    let (list, preview) = picker.parts(app.columns, app.rows);
    cleared(frame, look, rect(area));
    let left = preview.map_or(area.width, |_| list.width + 2);
    let block = Block::bordered().border_type(BorderType::Rounded).border_style(look.style(Role::BorderFocus));
    block.render(rect(area), frame.buffer_mut());
    let title = Line::from(look.span(Role::TitleFocus, format!(" {} ", picker.title)));
    frame.buffer_mut().set_line(area.x + 1, area.y, &title, left.saturating_sub(2));
    let keys = Line::from(look.span(Role::Dim, hints(look, &app.places(), usize::from(left.saturating_sub(3)))));
    frame.buffer_mut().set_line(area.x + 1, area.y + area.height - 1, &keys, left.saturating_sub(2));
    query(frame, look, picker, Area::new(area.x, area.y, left, area.height));
    if picker.ranking.found.is_empty() {
        let text = match picker.query.is_empty() {
            true => "Nothing is here yet.",
            false => "Nothing matches. Ctrl-U clears the query.",
        };
        frame.buffer_mut().set_line(list.x + 2, list.y, &Line::from(look.span(Role::Dim, text)), list.width - 2);
    }
    let rows = picker.ranking.found.iter().enumerate().skip(picker.top).take(list.height.into());
    // Short names stand in a column, and places too: what is said of them begins at one place.
    let widest = rows.clone().map(|(_, found)| width(&found.item.label)).max().unwrap_or(0);
    let least = match picker.kind {
        PickerKind::Themes => 12,
        PickerKind::Spots => widest.min(usize::from(list.width) / 2),
        _ => 0,
    };
    for (y, (at, found)) in (list.y..).zip(rows) {
        let is_selected = at == picker.selected;
        let row = Rect::new(list.x, y, list.width, 1);
        let above = at.checked_sub(1).filter(|_| at > picker.top).and_then(|above| picker.ranking.found.get(above));
        // Where a key works is said once for all that work there.
        let is_first = picker.kind == PickerKind::Keys && above.is_none_or(|above| above.item.note != found.item.note);
        let place = if is_first { format!("  {} ", found.item.note) } else { String::new() };
        let columns = usize::from(list.width).saturating_sub(1 + width(&place));
        let mut line = row_line(look, picker.kind, found, is_selected, (columns, least));
        line.spans.push(Span::raw(" ".repeat((columns + 1).saturating_sub(line.width()))));
        line.spans.push(look.span(Role::Accent, place));
        frame.buffer_mut().set_line(row.x, y, &line, row.width);
        if is_selected {
            frame.buffer_mut().set_style(row, look.style(Role::Selection));
        }
    }
    said(frame, look, picker, list, area);
    if let Some(area) = preview {
        code_beside(frame, look, picker, area);
    }
}

fn query(frame: &mut Frame<'_>, look: &Look<'_>, picker: &Picker, area: Area) {
    let count = match (picker.query.is_empty(), picker.kind) {
        (true, _) => format!(" {} ", grouped(picker.count())),
        (false, _) => format!(" {} of {} ", grouped(picker.ranking.total), grouped(picker.count())),
    };
    right_title(frame, area, vec![look.span(Role::Dim, count)]);
    if !picker.has_query() {
        return;
    }
    let cursor = if picker.is_typing { "▏" } else { "" };
    let room = usize::from(area.width).saturating_sub(8);
    let line = Line::from(vec![
        look.span(Role::Task, " › "),
        look.span(Role::Text, clipped_front(&picker.query, room)),
        look.span(Role::Accent, cursor),
    ]);
    frame.buffer_mut().set_line(area.x + 1, area.y + 1, &line, area.width - 2);
}

fn said(frame: &mut Frame<'_>, look: &Look<'_>, picker: &Picker, list: Area, area: Area) {
    let Some((kind, text)) = &picker.said else { return };
    let role = match kind {
        ToastKind::Done => Role::Good,
        ToastKind::Hint | ToastKind::Failure => Role::Warn,
    };
    let lines = wrapped(text, usize::from(list.width.saturating_sub(4)));
    for (y, line) in (list.y + list.height..area.y + area.height - 1).zip(lines) {
        frame.buffer_mut().set_line(list.x + 2, y, &Line::from(look.span(role, line)), list.width - 2);
    }
}

/// In the help, the column of the keys.
const KEY_COLUMNS: usize = 16;

pub(super) fn row_line(
    look: &Look<'_>,
    kind: PickerKind,
    found: &Found,
    is_selected: bool,
    (columns, least): (usize, usize),
) -> Line<'static> {
    let item = &found.item;
    let mut spans = vec![look.span(Role::HunkCurrent, if is_selected { "▶ " } else { "  " })];
    let role = match &item.pick {
        _ if item.hindrance.is_some() => Role::Dim,
        Pick::Write(_) | Pick::Session(_) => Role::Accent,
        _ => Role::Text,
    };
    match &item.lead {
        Lead::Nothing => {}
        Lead::Text(text) => spans.push(look.span(Role::Dim, format!("{}  ", clipped(text, 24)))),
        Lead::File => spans.push(look.span(Role::Folder, "▤ ")),
        Lead::Symbol(SymbolKind::Class) => spans.push(look.span(Role::Class, "C ")),
        Lead::Symbol(SymbolKind::Variable) => spans.push(look.span(Role::Constant, "= ")),
        Lead::Symbol(_) => spans.push(look.span(Role::Function, "ƒ ")),
    }
    let keys = match &item.pick {
        Pick::Row(at) => look.keymap.keys_of(*at).join("  "),
        _ => String::new(),
    };
    // In the help the keys stand first, and where they work at the right end.
    let is_help = kind == PickerKind::Keys;
    let (first, keys) = if is_help { (keys, String::new()) } else { (String::new(), keys) };
    if is_help {
        spans.push(
            look.span(Role::Key, format!("{first}{}", " ".repeat(KEY_COLUMNS.saturating_sub(width(&first)).max(2)))),
        );
    }
    let used: usize = spans.iter().map(|span| width(&span.content)).sum();
    let note = if is_help { String::new() } else { clipped(&item.note, 30) };
    let gap = |text: &str| if text.is_empty() { 0 } else { width(text) + 2 };
    let room = columns.saturating_sub(used + gap(&keys) + gap(&note));
    spans.extend(marked(look, role, &item.label, &found.label_marks, room));
    let label = width(&item.label);
    let pad = least.saturating_sub(label);
    spans.push(Span::raw(" ".repeat(pad)));
    let left = room.saturating_sub(label + pad);
    // A detail of which next to nothing would be seen is left out.
    if !item.detail.is_empty() && left > 8 && !is_help {
        let is_place = matches!(kind, PickerKind::Project | PickerKind::Spots);
        spans.push(Span::raw("  "));
        spans.extend(match is_place && width(&item.detail) > left - 2 {
            true => vec![look.span(Role::Dim, clipped_front(&item.detail, left - 2))],
            false => marked(look, Role::Dim, &item.detail, &found.detail_marks, left - 2),
        });
    }
    if !note.is_empty() {
        spans.push(look.span(Role::Warn, format!("  {note}")));
    }
    let used: usize = spans.iter().map(|span| width(&span.content)).sum();
    if !keys.is_empty() {
        spans.push(Span::raw(" ".repeat(columns.saturating_sub(used + width(&keys)))));
        spans.push(look.span(Role::Key, keys));
    }
    Line::from(spans)
}

fn marked(look: &Look<'_>, role: Role, text: &str, marks: &[Range<usize>], columns: usize) -> Vec<Span<'static>> {
    let marks: Vec<Styled> = marks.iter().map(|range| (range.clone(), look.style(Role::Match))).collect();
    painted(text, look.style(role), &[&marks], 0, columns).spans
}

fn code_beside(frame: &mut Frame<'_>, look: &Look<'_>, picker: &Picker, area: Area) {
    for y in area.y + 1..area.y + area.height - 1 {
        frame.buffer_mut().set_string(area.x, y, "│", look.style(Role::Border));
    }
    let inside = Rect::new(area.x + 1, area.y + 1, area.width.saturating_sub(2), area.height.saturating_sub(2));
    code::preview(frame, look, &picker.preview, inside);
}

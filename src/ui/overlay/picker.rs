//! The picture of a list to choose from, with its query and the code that is selected.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::popup::{OutOfSight, Popup};
use crate::app::{App, Area, Found, Lead, Pick, Picker, PickerKind, SIGNS, Sign, ToastKind};
use crate::index::SymbolKind;
use crate::ui::cells::{Styled, clipped, clipped_front, clipped_middle, painted, width, wrapped};
use crate::ui::chrome::{Look, grouped, of_all, rect};
use crate::ui::pane::code;
use crate::ui::theme::Role;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, picker: &Picker) {
    let area = picker.area(app.columns, app.rows);
    let (list, preview) = picker.parts(app.columns, app.rows);
    let (matching, all) = picker.counts();
    let count = if picker.query.is_empty() { grouped(all) } else { of_all(matching, all) };
    let count = if picker.is_late { format!("still looking  {count}") } else { count };
    let out_of_sight = OutOfSight::of(picker.top, picker.ranking.found.len(), list.height.into());
    let title = look.span(Role::TitleFocus, format!(" {} ", picker.title));
    let popup = Popup { area: rect(area), role: Role::BorderFocus, title, count, out_of_sight };
    popup.open(frame, look);
    query(frame, look, picker, area, list.width);
    if picker.ranking.found.is_empty() && !picker.is_awaited() {
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

fn query(frame: &mut Frame<'_>, look: &Look<'_>, picker: &Picker, area: Area, columns: u16) {
    if !picker.has_query() {
        return;
    }
    let cursor = if picker.is_typing { "▏" } else { "" };
    let room = usize::from(columns).saturating_sub(6);
    let is_empty_help = picker.kind == PickerKind::Keys && picker.query.is_empty();
    let line = Line::from(vec![
        look.span(Role::Task, " › "),
        look.span(Role::Text, clipped_front(&picker.query, room)),
        look.span(Role::Accent, cursor),
        look.span(
            Role::Dim,
            if is_empty_help { " type to find a key by what it does; sign finds the signs" } else { "" },
        ),
    ]);
    frame.buffer_mut().set_line(area.x + 1, area.y + 1, &line, columns);
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
const KEY_COLUMNS: usize = 19;

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
        Pick::Sign(_) => Role::Text,
        _ if item.hindrance.is_some() => Role::Dim,
        Pick::Write(_) | Pick::Session(_) => Role::Accent,
        _ => Role::Text,
    };
    match &item.lead {
        Lead::Nothing => {}
        Lead::Text(text) => spans.push(look.span(Role::Dim, format!("{}  ", clipped(text, 24)))),
        Lead::File => spans.push(look.span(Role::Folder, "▤ ")),
        Lead::Symbol(SymbolKind::Class) => spans.push(look.span(Role::Class, format!("{} ", Sign::CLASS.glyph))),
        Lead::Symbol(SymbolKind::Variable) => {
            spans.push(look.span(Role::Constant, format!("{} ", Sign::VARIABLE.glyph)))
        }
        Lead::Symbol(_) => spans.push(look.span(Role::Function, format!("{} ", Sign::FUNCTION.glyph))),
    }
    let keys = match &item.pick {
        Pick::Row(at) => {
            let keys = look.keymap.keys_of(*at).join("  ");
            // What has no key is done by its name, in the list of actions.
            if keys.is_empty() && kind == PickerKind::Keys { format!(":{}", item.detail) } else { keys }
        }
        Pick::Sign(at) => SIGNS[*at].glyph.to_owned(),
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
    // Where something is says more than the middle of its name.
    let is_place = matches!(item.lead, Lead::File | Lead::Symbol(_));
    let place = if is_place { gap(&item.detail).min(room * 45 / 100) } else { 0 };
    let name_room = if is_place { room.saturating_sub(place).max(room.min(12)) } else { usize::MAX / 2 };
    let (shown, place_of) = clipped_middle(&item.label, name_room);
    let marks: Vec<Range<usize>> =
        found.label_marks.iter().map(|range| place_of(range.start)..place_of(range.end)).collect();
    spans.extend(marked(look, role, &shown, &marks, room));
    let label = width(&shown);
    let pad = least.saturating_sub(label);
    spans.push(Span::raw(" ".repeat(pad)));
    let left = room.saturating_sub(label + pad);
    // A detail of which next to nothing would be seen is left out.
    if !item.detail.is_empty() && left > 8 && !is_help {
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
    // The count stands at the right end.
    let room = usize::from(area.width).saturating_sub(20);
    let path = picker.preview.wanted.as_ref().map(|path| clipped_front(path.as_str(), room)).unwrap_or_default();
    let title = Line::from(look.span(Role::Text, format!(" {path} ")));
    frame.buffer_mut().set_line(area.x + 1, area.y, &title, if path.is_empty() { 0 } else { area.width });
    let inside = Rect::new(area.x + 1, area.y + 1, area.width.saturating_sub(2), area.height.saturating_sub(2));
    code::preview(frame, look, &picker.preview, inside);
}

//! What lies over the panes: the help, the question whether to leave, a sentence that just has to be said.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Padding, Paragraph, Widget};

use super::cells::{width, wrapped};
use super::chrome::{Look, cleared};
use super::pane::code;
use super::theme::Role;
use crate::app::{Action, App, KEYS, LEAST, Layout, Overlay, Pane, Place, Toast, ToastKind};

mod completion;
mod issue;
mod picker;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, layout: &Layout) {
    if app.checks.is_open {
        issue::draw(frame, app, look, layout);
    }
    if app.overlay.is_none() {
        completion::draw(frame, app, look, layout);
    }
    if let Some(toast) = &app.toast {
        self::toast(frame, app, look, layout, toast);
    }
    match &app.overlay {
        Some(Overlay::Leaving { why }) => leaving(frame, look, why),
        Some(Overlay::Picker(list)) => picker::draw(frame, app, look, list),
        None if app.is_fresh && layout.area(Pane::Centre).is_none() => welcome(frame, app, look, layout),
        None => {}
    }
}

/// All that fits on a terminal that is too small.
pub(super) fn too_small(frame: &mut Frame<'_>, app: &App, look: &Look<'_>) {
    let area = frame.area();
    let (columns, rows) = (area.width, area.height);
    let text = format!("flux needs {}×{}, this terminal is {columns}×{rows}. Ctrl-C leaves.", LEAST.0, LEAST.1);
    let text = match &app.overlay {
        Some(Overlay::Leaving { why }) => format!("Leave flux? y leaves. {why}"),
        _ => text,
    };
    let lines: Vec<Line<'_>> = wrapped(&text, area.width.into()).into_iter().map(Line::from).collect();
    Paragraph::new(lines).style(look.style(Role::Surface)).render(area, frame.buffer_mut());
}

fn box_in(area: Rect, columns: u16, rows: u16) -> Rect {
    let (columns, rows) = (columns.min(area.width), rows.min(area.height));
    Rect::new(area.x + (area.width - columns) / 2, area.y + (area.height - rows) / 2, columns, rows)
}

/// The keys that work in an open list, for its border: as many as fit.
fn hints(look: &Look<'_>, places: &[Place], columns: usize) -> String {
    let mut line = String::new();
    let mut taken: Vec<&Action> = Vec::new();
    let of_place = |place: Place| KEYS.iter().enumerate().filter(move |(_, row)| row.place == place);
    for (at, row) in places.iter().copied().flat_map(of_place).filter(|(_, row)| !row.hint.is_empty()) {
        let Some(key) = look.keymap.keys_of(at).into_iter().next().filter(|_| !taken.contains(&&row.action)) else {
            continue;
        };
        taken.push(&row.action);
        let hint = format!("{}{key} {}", if line.is_empty() { "" } else { " · " }, row.hint);
        if width(&line) + width(&hint) + 2 > columns {
            break;
        }
        line.push_str(&hint);
    }
    format!(" {line} ")
}

/// A sentence in the prompt's place while nothing is written there, else in the first rows: where it covers least.
fn toast(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, layout: &Layout, toast: &Toast) {
    let (mark, role) = match toast.kind {
        ToastKind::Done => ("✔", Role::Good),
        ToastKind::Hint => ("›", Role::Accent),
        ToastKind::Failure => ("✘", Role::Bad),
    };
    let all = frame.area();
    let lines = wrapped(&toast.text, usize::from(all.width.saturating_sub(6)));
    let rows = (lines.len() as u16).clamp(1, all.height / 2);
    let prompt = layout.area(Pane::Prompt).filter(|_| app.focus != Pane::Prompt);
    let y = match prompt {
        // The keys below stay in sight where it is short.
        Some(prompt) if rows < prompt.height => prompt.y + prompt.height - 1 - rows,
        Some(prompt) => prompt.y + prompt.height - rows,
        None => 0,
    };
    let area = Rect::new(0, y, all.width, rows);
    cleared(frame, look, area);
    frame.buffer_mut().set_style(area, look.style(Role::HunkHeading));
    for (at, line) in lines.into_iter().take(rows.into()).enumerate() {
        let first = if at == 0 { mark } else { " " };
        let line = Line::from(vec![look.span(role, format!(" {first} ")), look.span(Role::Text, line)]);
        frame.buffer_mut().set_line(area.x + 1, area.y + at as u16, &line, area.width - 1);
    }
}

fn leaving(frame: &mut Frame<'_>, look: &Look<'_>, why: &str) {
    let lines = wrapped(why, 46);
    let area = box_in(frame.area(), 54, lines.len() as u16 + 5);
    cleared(frame, look, area);
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(look.style(Role::Warn))
        .padding(Padding::new(2, 2, 1, 0))
        .title(look.span(Role::Warn, " Leave flux? "));
    let mut text: Vec<Line<'_>> = lines.into_iter().map(|line| Line::from(look.span(Role::Text, line))).collect();
    text.push(Line::default());
    let mut keys = Vec::new();
    for (at, row) in KEYS.iter().enumerate().filter(|(_, row)| row.place == Place::Leaving) {
        let key = look.keymap.keys_of(at).into_iter().next().unwrap_or_default();
        keys.extend([look.span(Role::Key, key), look.span(Role::Dim, format!(" {}   ", row.hint))]);
    }
    text.push(Line::from(keys));
    Paragraph::new(text).block(block).render(area, frame.buffer_mut());
}

/// Where the pane that says what to do first is not shown: over what is, until the first key.
fn welcome(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, layout: &Layout) {
    let Some((_, pane)) = layout.panes.first() else { return };
    let room = (usize::from(pane.width).saturating_sub(8).min(70), usize::from(pane.height).saturating_sub(2));
    let lines = code::welcome_lines(app, look, room);
    let widest = lines.iter().map(Line::width).max().unwrap_or(0) as u16;
    let (columns, rows) = (widest + 4, (lines.len() as u16 + 2).min(pane.height));
    let x = pane.x + pane.width.saturating_sub(columns + 2);
    let area = Rect::new(x, pane.y + (pane.height - rows).saturating_sub(1), columns, rows);
    cleared(frame, look, area);
    let block = Block::bordered().border_type(BorderType::Rounded).border_style(look.style(Role::Accent));
    Paragraph::new(lines).block(block.padding(Padding::horizontal(1))).render(area, frame.buffer_mut());
}

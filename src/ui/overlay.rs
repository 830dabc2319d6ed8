//! What lies over the panes: the help, the question whether to leave, a sentence that just has to be said.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget};

use super::cells::wrapped;
use super::chrome::{Look, cleared, rect};
use super::pane::code;
use super::theme::Role;
use crate::app::{App, LEAST, Layout, Overlay, Pane, PickerKind, Toast, ToastKind};

mod completion;
mod issue;
mod picker;
mod popup;

use popup::{Ground, OutOfSight, Popup};

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
        Some(Overlay::Leaving { why }) => {
            let lines = wrapped(why, 46);
            let area = box_in(frame.area(), 54, lines.len() as u16 + 4);
            popup::set_back(frame, app, look, layout, (area, Ground::Dimmed));
            leaving(frame, look, area, lines);
        }
        Some(Overlay::Picker(list)) => {
            // What lies behind the themes shows what they look like.
            let ground = if list.kind == PickerKind::Themes { Ground::AsItIs } else { Ground::Dimmed };
            let area = rect(list.area(app.columns, app.rows));
            popup::set_back(frame, app, look, layout, (area, ground));
            picker::draw(frame, app, look, list);
        }
        None if app.is_fresh && layout.area(Pane::Centre).is_none() => welcome(frame, app, look, layout),
        None => {}
    }
}

/// All that fits on a terminal that is too small.
pub(super) fn too_small(frame: &mut Frame<'_>, app: &App, look: &Look<'_>) {
    let area = frame.area();
    let (columns, rows) = (area.width, area.height);
    let text = format!(
        "flux needs {}×{}, this terminal is {columns}×{rows}. {} leaves.",
        LEAST.0,
        LEAST.1,
        look.key("prompt-quit")
    );
    let text = match &app.overlay {
        Some(Overlay::Leaving { why }) => format!("Leave flux? {} leaves. {why}", look.key("leave")),
        _ => text,
    };
    let lines: Vec<Line<'_>> = wrapped(&text, area.width.into()).into_iter().map(Line::from).collect();
    Paragraph::new(lines).style(look.style(Role::Surface)).render(area, frame.buffer_mut());
}

fn box_in(area: Rect, columns: u16, rows: u16) -> Rect {
    let (columns, rows) = (columns.min(area.width), rows.min(area.height));
    Rect::new(area.x + (area.width - columns) / 2, area.y + (area.height - rows) / 2, columns, rows)
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

fn leaving(frame: &mut Frame<'_>, look: &Look<'_>, area: Rect, lines: Vec<String>) {
    let popup = Popup {
        area,
        role: Role::Warn,
        title: look.span(Role::Warn, " Leave flux? "),
        count: String::new(),
        out_of_sight: OutOfSight::default(),
    };
    let inside = popup.open(frame, look);
    for (y, line) in (inside.y + 1..inside.bottom()).zip(lines) {
        frame.buffer_mut().set_line(inside.x + 2, y, &Line::from(look.span(Role::Text, line)), inside.width - 2);
    }
}

/// Where the pane that says what to do first is not shown: over what is, until the first key.
fn welcome(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, layout: &Layout) {
    let Some((_, pane)) = layout.panes.first() else { return };
    let room = (usize::from(pane.width).saturating_sub(6).min(76), usize::from(pane.height).saturating_sub(2));
    let lines = code::welcome_lines(app, look, room);
    let rows = (lines.len() as u16 + 2).min(pane.height);
    let y = pane.y + (pane.height - rows).saturating_sub(1);
    let popup = Popup {
        area: Rect::new(pane.x + 1, y, pane.width.saturating_sub(2), rows),
        role: Role::Accent,
        title: Span::default(),
        count: String::new(),
        out_of_sight: OutOfSight::default(),
    };
    let inside = popup.open(frame, look);
    for (y, line) in (inside.y..inside.bottom()).zip(lines) {
        frame.buffer_mut().set_line(inside.x + 1, y, &line, inside.width - 1);
    }
}

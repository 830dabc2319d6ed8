//! The picture of the list of sessions.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Padding, Widget};

use super::{box_in, hints};
use crate::app::{Place, SessionList};
use crate::ui::cells::{clipped, width};
use crate::ui::chrome::{Look, cleared};
use crate::ui::theme::Role;

pub(super) fn draw(frame: &mut Frame<'_>, look: &Look<'_>, list: &SessionList) {
    let whole = frame.area();
    let columns = 92.min(whole.width.saturating_sub(4));
    let area = box_in(whole, columns, (list.sessions.len() as u16).saturating_add(2).min(whole.height - 2));
    cleared(frame, look, area);
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(look.style(Role::BorderFocus))
        .padding(Padding::horizontal(1))
        .title(look.span(Role::TitleFocus, " Sessions "))
        .title_bottom(look.span(Role::Dim, hints(look, Place::Sessions)));
    let inside = block.inner(area);
    block.render(area, frame.buffer_mut());
    let height = usize::from(inside.height);
    let top = list.selected.saturating_sub(height / 2).min(list.sessions.len().saturating_sub(height));
    for (y, (at, session)) in (inside.y..).zip(list.sessions.iter().enumerate().skip(top).take(height)) {
        let is_selected = at == list.selected;
        if is_selected {
            frame.buffer_mut().set_style(Rect::new(inside.x, y, inside.width, 1), look.style(Role::Selection));
        }
        let state = clipped(session.state(), 30);
        // Mark, time, two spaces, title, two spaces, state.
        let room = usize::from(inside.width).saturating_sub(2 + session.time.len() + 2 + 2 + width(&state));
        let title = if session.title.is_empty() { "no task yet" } else { &session.title };
        let role = if session.fault.is_some() || session.is_live { Role::Dim } else { Role::Accent };
        let line = Line::from(vec![
            look.span(Role::HunkCurrent, if is_selected { "▶ " } else { "  " }),
            look.span(Role::Dim, format!("{}  ", session.time)),
            look.span(role, clipped(title, room)),
            look.span(Role::Warn, format!("  {state}")),
        ]);
        frame.buffer_mut().set_line(inside.x, y, &line, inside.width);
    }
}

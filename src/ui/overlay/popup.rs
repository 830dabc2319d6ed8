//! What all popups have in common: their frame, and what becomes of all that lies behind.
//!
//! Invariant: a popup says its title and how much it holds; its keys stand in the footer, as all keys do.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Widget};

use crate::app::{App, Area, Layout, Pane};
use crate::ui::chrome::{Look, cleared, more_sign};
use crate::ui::footer;
use crate::ui::theme::Role;

/// How many rows of a popup are out of sight.
#[derive(Clone, Copy, Default)]
pub(super) struct OutOfSight {
    pub(super) above: usize,
    pub(super) below: usize,
}

impl OutOfSight {
    pub(super) fn of(top: usize, count: usize, height: usize) -> Self {
        Self { above: top.min(count), below: count.saturating_sub(top + height) }
    }
}

pub(super) struct Popup {
    pub(super) area: Rect,
    /// Of the frame.
    pub(super) role: Role,
    pub(super) title: Span<'static>,
    /// `7 of 58`
    pub(super) count: String,
    pub(super) out_of_sight: OutOfSight,
}

impl Popup {
    /// Empties its place, frames it, and gives back what is inside.
    pub(super) fn open(self, frame: &mut Frame<'_>, look: &Look<'_>) -> Rect {
        let area = self.area;
        cleared(frame, look, area);
        let block = Block::bordered().border_type(BorderType::Rounded).border_style(look.style(self.role));
        let inside = block.inner(area);
        block.render(area, frame.buffer_mut());
        let mut right = |y: u16, text: &str| -> u16 {
            let line = Line::from(look.span(Role::Dim, text));
            let wide = (line.width() as u16).min(area.width.saturating_sub(2));
            frame.buffer_mut().set_line(area.right().saturating_sub(wide + 1), y, &line, wide);
            wide
        };
        let count = if self.count.is_empty() { String::new() } else { format!(" {} ", self.count) };
        let taken = right(area.y, &count);
        right(area.bottom() - 1, &more_sign(self.out_of_sight.above, self.out_of_sight.below));
        let room = area.width.saturating_sub(taken + 3);
        frame.buffer_mut().set_line(area.x + 1, area.y, &Line::from(self.title), room);
        inside
    }
}

/// What lies behind a popup neither competes with it nor answers the mouse, and nothing that is cut in two stands beside it;
/// the footer says its keys.
pub(super) fn set_back(
    frame: &mut Frame<'_>,
    app: &App,
    look: &Look<'_>,
    layout: &Layout,
    (area, ground): (Rect, Ground),
) {
    if ground == Ground::Dimmed {
        let plain = Style::reset().patch(look.style(Role::Surface)).patch(look.style(Role::Faint));
        for cell in &mut frame.buffer_mut().content {
            cell.set_style(plain);
        }
    }
    cleared(frame, look, Rect::new(0, area.y, frame.area().width, area.height));
    look.presses.borrow_mut().clear();
    if let Some(Area { x, y, width, height }) = layout.area(Pane::Prompt) {
        footer::draw(frame, app, look, Area::new(x, y, width, height));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    Dimmed,
    /// What lies behind is what is chosen.
    AsItIs,
}

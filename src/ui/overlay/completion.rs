//! The picture of what the word before the cursor may become, above the prompt.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::picker::row_line;
use super::popup::{OutOfSight, Popup};
use crate::app::{App, Layout, Pane, PickerKind};
use crate::ui::chrome::{Look, of_all};
use crate::ui::theme::Role;

const ROWS_MAX: usize = 14;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, layout: &Layout) {
    let Some(completion) = app.prompt.completion.as_ref().filter(|_| app.focus == Pane::Prompt) else { return };
    let (Some(prompt), found) = (layout.area(Pane::Prompt), &completion.ranking.found) else { return };
    if found.is_empty() {
        return;
    }
    let rows = found.len().min(ROWS_MAX).min(usize::from(prompt.y.saturating_sub(3)));
    let columns = prompt.width.saturating_sub(2);
    let area = Rect::new(prompt.x + 1, prompt.y.saturating_sub(rows as u16 + 1), columns, rows as u16 + 2);
    let top = (completion.selected + 1).saturating_sub(rows);
    let total = completion.ranking.total.max(found.len());
    let title = if completion.is_command { " Commands " } else { " Files and symbols " };
    let popup = Popup {
        area,
        role: Role::BorderFocus,
        title: look.span(Role::TitleFocus, title),
        count: of_all(completion.selected + 1, total),
        out_of_sight: OutOfSight::of(top, total, rows),
    };
    let inside = popup.open(frame, look);
    let kind = if completion.is_command { PickerKind::Actions } else { PickerKind::Project };
    for (y, (at, found)) in (inside.y..inside.bottom()).zip(found.iter().enumerate().skip(top)) {
        let is_selected = at == completion.selected;
        let line = row_line(look, kind, found, is_selected, (inside.width.into(), 0));
        frame.buffer_mut().set_line(inside.x, y, &line, inside.width);
        if is_selected {
            frame.buffer_mut().set_style(Rect::new(inside.x, y, inside.width, 1), look.style(Role::Selection));
        }
    }
}

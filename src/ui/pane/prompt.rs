//! The picture of the prompt, and of what the agent wants to know.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Widget;
use tui_textarea::TextArea;

use crate::app::{App, Area, Pane};
use crate::ui::cells::wrapped;
use crate::ui::chrome::{Look, titled};
use crate::ui::footer;
use crate::ui::theme::Role;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, prompt: &TextArea<'static>, area: Area) {
    let mut inside = titled(frame, app, look, Pane::Prompt, area, Vec::new());
    if let Some(question) = &app.question {
        let lines = wrapped(question, usize::from(inside.width).saturating_sub(4));
        let room = inside.height.saturating_sub(1);
        for line in lines.into_iter().take(room.into()) {
            let line = Line::from(vec![look.span(Role::Warn, "? "), look.span(Role::Text, line)]);
            frame.buffer_mut().set_line(inside.x + 1, inside.y, &line, inside.width.saturating_sub(1));
            inside = Rect::new(inside.x, inside.y + 1, inside.width, inside.height - 1);
        }
    }
    let focused = app.focus == Pane::Prompt;
    let mark = look.span(if focused { Role::Task } else { Role::Faint }, "› ");
    frame.buffer_mut().set_line(inside.x + 1, inside.y, &Line::from(mark), 2);
    let text = Rect::new(inside.x + 3, inside.y, inside.width.saturating_sub(4), inside.height);
    if app.draft.is_empty() && !focused {
        let hint = placeholder(app);
        frame.buffer_mut().set_line(text.x, text.y, &Line::from(look.span(Role::Faint, hint)), text.width);
    } else {
        prompt.render(text, frame.buffer_mut());
    }
    footer::draw(frame, app, look, area);
}

fn placeholder(app: &App) -> &'static str {
    if app.question.is_some() {
        "i writes the answer"
    } else if app.review.is_some() {
        "c says what should be different in the hunk, C in all of it"
    } else {
        "i writes a task, for example: Add error handling to process_file"
    }
}

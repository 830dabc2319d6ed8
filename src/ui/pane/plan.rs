//! The picture of the plan: its steps and how far they are.

use ratatui::Frame;
use ratatui::text::{Line, Span};

use crate::agent::StepState;
use crate::app::{App, Area, Pane};
use crate::ui::cells::wrapped;
use crate::ui::chrome::{Look, right_title, titled};
use crate::ui::theme::Role;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, area: Area) {
    let inside = titled(frame, app, look, Pane::Plan, area, Vec::new());
    let steps = app.session.as_ref().map_or(&[][..], |session| &session.plan().steps);
    let columns = usize::from(inside.width).saturating_sub(4);
    if steps.is_empty() {
        for (y, line) in (inside.y..inside.bottom()).zip(wrapped("The steps of a task show here.", columns)) {
            frame.buffer_mut().set_line(inside.x + 1, y, &Line::from(look.span(Role::Faint, line)), inside.width);
        }
        return;
    }
    let done = steps.iter().filter(|step| step.state == StepState::Done).count();
    right_title(frame, area, vec![look.span(Role::Dim, format!(" {done}/{} ", steps.len()))]);
    let mut y = inside.y;
    for step in steps.iter().skip(app.plan_top) {
        let (mark, mark_role, text_role) = match step.state {
            StepState::Waiting => ("·", Role::Dim, Role::Dim),
            StepState::Running => ("▸", Role::Accent, Role::Text),
            StepState::Done => ("✔", Role::Good, Role::Text),
            StepState::Failed => ("✘", Role::Bad, Role::Text),
        };
        for (at, line) in wrapped(&step.title, columns).into_iter().enumerate() {
            if y >= inside.bottom() {
                return;
            }
            let first = if at == 0 { mark } else { " " };
            let spans = vec![Span::raw(" "), look.span(mark_role, first), Span::raw(" "), look.span(text_role, line)];
            frame.buffer_mut().set_line(inside.x, y, &Line::from(spans), inside.width);
            y += 1;
        }
        if step.state == StepState::Failed
            && let Some(why) = &step.evidence
        {
            for line in wrapped(why, columns) {
                if y < inside.bottom() {
                    frame.buffer_mut().set_line(inside.x + 3, y, &Line::from(look.span(Role::Bad, line)), inside.width);
                }
                y += 1;
            }
        }
    }
}

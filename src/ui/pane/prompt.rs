//! The picture of the prompt, and of what the agent wants to know.

use std::borrow::Cow;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Widget;
use tui_textarea::{CursorMove, TextArea};

use crate::agent::{Phase, Session};
use crate::app::{App, Area, Blocked, Decision, NO_MODEL_SHORT, Pane, Review, Unmet};
use crate::ui::cells::{clipped, width, wrapped};
use crate::ui::chrome::{Look, counted, more_title, titled};
use crate::ui::footer;
use crate::ui::theme::Role;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, prompt: &TextArea<'static>, area: Area) {
    let mut inside = titled(frame, app, look, Pane::Prompt, area, Vec::new());
    let added = app.session.as_ref().map_or(&[][..], |session| session.added());
    for (at, text) in added.iter().enumerate() {
        if inside.height < 2 {
            break;
        }
        let key = match (at + 1 == added.len(), app.focus == Pane::Prompt) {
            (true, true) => "  ↑ changes it",
            (true, false) => "  i ↑ changes it",
            (false, _) => "",
        };
        let room = usize::from(inside.width).saturating_sub(6 + width(key));
        let line = Line::from(vec![
            look.span(Role::Accent, "⏵ "),
            look.span(Role::Dim, clipped(text.lines().next().unwrap_or_default(), room)),
            look.span(Role::Faint, key),
        ]);
        frame.buffer_mut().set_line(inside.x + 1, inside.y, &line, inside.width.saturating_sub(1));
        inside = Rect::new(inside.x, inside.y + 1, inside.width, inside.height - 1);
    }
    if let Some(question) = &app.question {
        let lines = wrapped(question, usize::from(inside.width).saturating_sub(4));
        let room = inside.height.saturating_sub(1);
        for (at, line) in lines.into_iter().take(room.into()).enumerate() {
            let mark = if at == 0 { "? " } else { "  " };
            let line = Line::from(vec![look.span(Role::Warn, mark), look.span(Role::Text, line)]);
            frame.buffer_mut().set_line(inside.x + 1, inside.y, &line, inside.width.saturating_sub(1));
            inside = Rect::new(inside.x, inside.y + 1, inside.width, inside.height - 1);
        }
    }
    let focused = app.focus == Pane::Prompt;
    let mark = look.span(if focused { Role::Task } else { Role::Faint }, "› ");
    frame.buffer_mut().set_line(inside.x + 1, inside.y, &Line::from(mark), 2);
    let text = Rect::new(inside.x + 3, inside.y, inside.width.saturating_sub(4), inside.height);
    if !app.draft.is_empty() || focused {
        prompt.render(text, frame.buffer_mut());
        let top = usize::from(prompt.scroll_offset().0);
        more_title(frame, look, area, top, row_count(prompt), text.height.into());
    }
    if app.draft.is_empty() {
        // The cursor stands before it.
        let gap = u16::from(focused) * 2;
        let room = usize::from(text.width.saturating_sub(gap));
        let (role, hint) = match app.review.as_ref().and_then(Review::blocked).filter(|_| !focused) {
            Some(blocked) if app.code_edit.is_none() => (Role::Bad, way_out(app, look, &blocked, room)),
            _ if is_clashing(app) && !focused => (Role::Warn, clipped(&sides_to_take(look), room)),
            _ => (Role::Faint, clipped(&placeholder(app, look, focused), room)),
        };
        frame.buffer_mut().set_line(text.x + gap, text.y, &Line::from(look.span(role, hint)), text.width - gap);
    }
    footer::draw(frame, app, look, area);
}

/// How many rows the text takes as it was wrapped last.
fn row_count(prompt: &TextArea<'static>) -> usize {
    let mut at_end = prompt.clone();
    at_end.move_cursor(CursorMove::Bottom);
    at_end.move_cursor(CursorMove::End);
    at_end.screen_cursor().row + 1
}

/// Why nothing can be written now, and the key that leads out; the reason gives way where room is short.
fn way_out(app: &App, look: &Look<'_>, blocked: &Blocked, columns: usize) -> String {
    let (why, key) = match &blocked.unmet {
        Some(Unmet { hunk, needs, count }) => {
            let here = app.proposal.as_ref().and_then(|proposal| proposal.hunk());
            // The issue leads to its hunk.
            let checks = look.key("checks");
            let way = if here == Some(*hunk) { String::new() } else { format!("{checks} {}, then ", look.key("open")) };
            let what = if *count == 2 { "takes both" } else { "takes all it needs" };
            (
                format!("hunk {} needs hunk {}", hunk + 1, needs + 1),
                format!(": {way}{} {what}", look.key("accept-needed")),
            )
        }
        None => (blocked.why.clone(), format!(" · {} shows the way out", look.key("checks"))),
    };
    let head = format!("✘ blocked: {} · ", counted(blocked.count, "issue"));
    let why = clipped(&why, columns.saturating_sub(width(&head) + width(&key)));
    format!("{head}{why}{key}")
}

/// Whether the hunk at hand is in conflict and open.
fn is_clashing(app: &App) -> bool {
    let (Some(review), Some(proposal)) = (&app.review, &app.proposal) else { return false };
    let is_open = |at: &usize| review.is_in_conflict(*at) && review.decision(*at) == Decision::Open;
    app.code_edit.is_none() && app.question.is_none() && proposal.hunk().as_ref().is_some_and(is_open)
}

fn sides_to_take(look: &Look<'_>) -> String {
    let (takes, keeps) = (look.key("accept"), look.key("reject"));
    format!("{takes} takes what was proposed (+), {keeps} keeps what stands there now (−)")
}

/// What to do here now.
fn placeholder(app: &App, look: &Look<'_>, focused: bool) -> Cow<'static, str> {
    if let (false, Some(example), true) = (focused, &app.prompt.example, has_nothing_to_do(app)) {
        let write = look.key("prompt");
        return format!("{write} writes a task, for example: Add error handling to {example}").into();
    }
    told_here(app, look, focused)
}

fn has_nothing_to_do(app: &App) -> bool {
    app.question.is_none() && app.review.is_none() && app.phase() == Phase::Idle && !app.model.is_missing
}

fn told_here(app: &App, look: &Look<'_>, focused: bool) -> Cow<'static, str> {
    let (write, send, stop) = (look.key("prompt"), look.key("send"), look.key("back"));
    let session = app.session.as_ref();
    let is_held = session.is_some_and(Session::is_held);
    let is_leave = session.is_some_and(Session::asks_leave);
    let works = matches!(app.phase(), Phase::Thinking | Phase::Working);
    let text = match (focused, app.question.is_some()) {
        (true, true) if app.wish.is_some() => "",
        (true, true) if is_leave => {
            return format!("y once, a always in this session, n or words: no. {send} sends it").into();
        }
        (true, true) if is_held => return format!("{send} goes on; or write what should be different").into(),
        (true, true) => {
            let leave = look.key("leave-prompt");
            return format!("Write the answer; {send} sends it, {leave} leaves it for later").into();
        }
        (false, true) if is_leave => return format!("{write}, then y, a or n and {send} answers").into(),
        (false, true) if is_held => return format!("{write} and {send} goes on").into(),
        (false, true) => return format!("{write} writes the answer").into(),
        (true, false) if app.review.is_some() => "Say what should be different in the proposal",
        (false, false) if app.code_edit.is_some() => "",
        (false, false) if app.review.is_some() => {
            let all = format!("{}: ", look.key("comment-all"));
            return match app.focus {
                Pane::Centre => {
                    let one = look.key("comment");
                    format!("{one}: say what should be different in this hunk, {all}in the proposal").into()
                }
                _ => format!("{all}say what should be different in the proposal").into(),
            };
        }
        (true, false) if works => "Add to the task: it is told at the model's next turn",
        (false, false) if works => return format!("{write} adds to the task, {stop} stops it").into(),
        (false, false) if app.model.is_missing => NO_MODEL_SHORT,
        (true, false) => "What should be done? @ names code, / lists commands, ↑ earlier prompts",
        (false, false) => return format!("{write} writes a task").into(),
    };
    text.into()
}

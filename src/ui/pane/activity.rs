//! The picture of what the agent does: built from the newest entry upwards, until the pane is full.

use ratatui::Frame;
use ratatui::text::{Line, Span};

use crate::agent::{Activity, Outcome};
use crate::app::pane::activity::Entry;
use crate::app::{App, Area, Pane};
use crate::ui::cells::{clipped, painted, width, wrapped};
use crate::ui::chrome::{Look, right_title, spinner, titled};
use crate::ui::syntax;
use crate::ui::theme::Role;

/// Of a longer text only the end is shown: nobody scrolls through more in this pane.
const SAID_BYTES_MAX: usize = 16_000;
/// Lines of a refusal that are shown.
const REFUSAL_LINES_MAX: usize = 6;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, area: Area) {
    let inside = titled(frame, app, look, Pane::Activity, area, Vec::new());
    let columns = usize::from(inside.width).saturating_sub(2);
    let height = usize::from(inside.height);
    let mut blocks: Vec<Vec<Line<'static>>> = Vec::new();
    let mut line_count = 0;
    for entry in app.activity.newest_first(app.agent_activity()) {
        let lines = entry_lines(app, look, entry, columns);
        line_count += lines.len();
        blocks.push(lines);
        if line_count >= height + app.activity.up {
            break;
        }
    }
    if blocks.is_empty() {
        let text = "What the model reads, tries and is refused shows here, line by line.";
        for (y, line) in (inside.y..inside.bottom()).zip(wrapped(text, columns)) {
            frame.buffer_mut().set_line(inside.x + 1, y, &Line::from(look.span(Role::Faint, line)), inside.width);
        }
        return;
    }
    let lines: Vec<Line<'static>> = blocks.into_iter().rev().flatten().collect();
    let up = app.activity.up.min(lines.len().saturating_sub(height));
    if up > 0 {
        right_title(frame, area, vec![look.span(Role::Dim, format!(" ↓ {up} more "))]);
    }
    let end = lines.len() - up;
    let shown = &lines[end.saturating_sub(height)..end];
    for (y, line) in (inside.y..inside.bottom()).zip(shown) {
        frame.buffer_mut().set_line(inside.x + 1, y, line, inside.width.saturating_sub(1));
    }
}

fn entry_lines(app: &App, look: &Look<'_>, entry: Entry<'_>, columns: usize) -> Vec<Line<'static>> {
    match entry {
        Entry::Agent(Activity::Task(text)) => marked(look, ("›", Role::Task), Role::Task, text, columns),
        Entry::Agent(Activity::Said(text)) if text.trim().is_empty() => Vec::new(),
        Entry::Agent(Activity::Said(text)) => said(look, text, columns),
        Entry::Agent(Activity::Note(text)) => marked(look, ("·", Role::Warn), Role::Dim, text, columns),
        Entry::Agent(Activity::Call { name, summary, outcome, answer, .. }) => {
            call(app, look, (name, summary), *outcome, answer, columns)
        }
        Entry::Own(note) => {
            let (mark, role) = if note.is_failure { ("✘", Role::Bad) } else { ("·", Role::Accent) };
            marked(look, (mark, role), Role::Text, &note.text, columns)
        }
    }
}

fn marked(
    look: &Look<'_>,
    (mark, mark_role): (&str, Role),
    role: Role,
    text: &str,
    columns: usize,
) -> Vec<Line<'static>> {
    let line = |(at, line): (usize, String)| {
        let first = if at == 0 { mark } else { " " };
        Line::from(vec![look.span(mark_role, format!("{first} ")), look.span(role, line)])
    };
    wrapped(text.trim_end(), columns.saturating_sub(2)).into_iter().enumerate().map(line).collect()
}

fn call(
    app: &App,
    look: &Look<'_>,
    (name, summary): (&str, &str),
    outcome: Outcome,
    answer: &str,
    columns: usize,
) -> Vec<Line<'static>> {
    let (mark, role) = match outcome {
        Outcome::Running => (spinner(app), Role::Accent),
        Outcome::Ok => ("✔", Role::Good),
        Outcome::Refused => ("✘", Role::Bad),
    };
    let name = clipped(name, 24);
    let room = columns.saturating_sub(width(&name) + 4);
    let summary = clipped(summary.strip_prefix(name.as_str()).unwrap_or(summary).trim_start(), room);
    let mut lines = vec![Line::from(vec![
        look.span(role, format!("{mark} ")),
        look.span(Role::Function, name),
        Span::raw("  "),
        look.span(Role::Dim, summary),
    ])];
    if outcome == Outcome::Refused {
        let why = answer.trim().trim_start_matches("Error: ");
        for (at, line) in wrapped(why, columns.saturating_sub(4)).into_iter().take(REFUSAL_LINES_MAX).enumerate() {
            let arrow = if at == 0 { "  ↳ " } else { "    " };
            lines.push(Line::from(vec![look.span(Role::Bad, arrow), look.span(Role::Text, line)]));
        }
    }
    lines
}

/// The model's words, with code fences coloured in their language.
fn said(look: &Look<'_>, text: &str, columns: usize) -> Vec<Line<'static>> {
    let mut start = text.len().saturating_sub(SAID_BYTES_MAX);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let mut lines = Vec::new();
    let mut fence: Option<(String, String)> = None;
    for line in text[start..].trim().split('\n') {
        match (&mut fence, line.trim_start().strip_prefix("```")) {
            (Some((language, code)), Some(_)) => {
                fenced(look, language, code, columns, &mut lines);
                fence = None;
            }
            (Some((_, code)), None) => {
                code.push_str(line);
                code.push('\n');
            }
            (None, Some(language)) => fence = Some((language.trim().to_owned(), String::new())),
            (None, None) => {
                for line in wrapped(line, columns.saturating_sub(2)) {
                    lines.push(Line::from(vec![Span::raw("  "), look.span(Role::ModelText, line)]));
                }
            }
        }
    }
    if let Some((language, code)) = fence {
        fenced(look, &language, &code, columns, &mut lines);
    }
    lines
}

fn fenced(look: &Look<'_>, language: &str, code: &str, columns: usize, lines: &mut Vec<Line<'static>>) {
    let styles = syntax::styles(look.theme, language, code);
    for (at, line) in code.lines().enumerate() {
        let styled = styles.as_ref().and_then(|lines| lines.get(at)).map_or(&[][..], Vec::as_slice);
        let mut spans = vec![look.span(Role::Faint, "  │ ")];
        spans.extend(painted(line, look.style(Role::Text), &[styled], 0, columns.saturating_sub(4)).spans);
        lines.push(Line::from(spans));
    }
}

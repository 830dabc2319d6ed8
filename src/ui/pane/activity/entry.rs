//! One entry of the activity as lines: a call with its arguments and its answer, what the model said and thought.

use ratatui::text::{Line, Span};
use serde_json::Value;

use crate::agent::Outcome;
use crate::app::App;
use crate::ui::cells::{clipped, width, wrapped};
use crate::ui::chrome::{Look, duration, spinner};
use crate::ui::markdown;
use crate::ui::theme::Role;

/// Lines of a refusal that are shown while it is folded.
const REFUSAL_LINES_MAX: usize = 6;
/// Lines that are shown of arguments, of an answer and of a thought.
const OPEN_LINES_MAX: usize = 600;

/// An entry that was laid, and what it was laid for.
pub(super) struct LaidEntry {
    pub(super) key: u64,
    pub(super) lines: Vec<Line<'static>>,
    /// Of the model's text: how many bytes and lines of it do not change any more.
    pub(super) settled: (usize, usize),
}

pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) summary: &'a str,
    pub(super) arguments: &'a str,
    pub(super) outcome: Outcome,
    pub(super) answer: &'a str,
    pub(super) took: Option<u64>,
    pub(super) is_open: bool,
}

pub(super) fn call(app: &App, look: &Look<'_>, call: &Call<'_>, columns: usize) -> Vec<Line<'static>> {
    let (mark, role) = match call.outcome {
        Outcome::Running => (spinner(app), Role::Accent),
        Outcome::Ok => ("✔", Role::Good),
        Outcome::Refused => ("✘", Role::Bad),
    };
    let took = call.took.filter(|ms| *ms >= 100).map_or(String::new(), |ms| format!("  {}", duration(ms as f64)));
    let name = clipped(call.name, 24);
    let room = columns.saturating_sub(width(&name) + 4 + width(&took));
    let summary = clipped(call.summary.strip_prefix(name.as_str()).unwrap_or(call.summary).trim_start(), room);
    let mut lines = vec![Line::from(vec![
        look.span(role, format!("{mark} ")),
        look.span(Role::Function, name),
        Span::raw("  "),
        look.span(Role::Dim, summary),
        look.span(Role::Faint, took),
    ])];
    if call.is_open {
        lines.extend(arguments(look, call.arguments, columns));
        let role = if call.outcome == Outcome::Refused { Role::Bad } else { Role::Text };
        lines.extend(headed(look, "answer"));
        let answer = if call.answer.trim().is_empty() { "(nothing so far)" } else { call.answer };
        lines.extend(bounded(look, role, answer, columns));
    } else if call.outcome == Outcome::Refused {
        let why = call.answer.trim().trim_start_matches("Error: ");
        for (at, line) in wrapped(why, columns.saturating_sub(4)).into_iter().take(REFUSAL_LINES_MAX).enumerate() {
            let arrow = if at == 0 { "  ↳ " } else { "    " };
            lines.push(Line::from(vec![look.span(Role::Bad, arrow), look.span(Role::Text, line)]));
        }
    }
    lines
}

pub(super) fn marked(
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

/// The model's words. Of a text that grew, what is settled stays as it was laid.
pub(super) fn said(look: &Look<'_>, text: &str, columns: usize, key: u64, known: Option<LaidEntry>) -> LaidEntry {
    let text = text.trim_end();
    let grown = known.filter(|known| known.settled.0 > 0 && text.is_char_boundary(known.settled.0));
    let (bytes, mut lines) = match grown {
        Some(known) => {
            let (bytes, count) = known.settled;
            (bytes, known.lines.into_iter().take(count).collect::<Vec<_>>())
        }
        None => (0, Vec::new()),
    };
    let before = lines.len();
    let laid = markdown::lay(look, &text[bytes..], columns.saturating_sub(2));
    if before > 0 {
        lines.push(Line::default());
    }
    let offset = lines.len();
    lines.extend(laid.lines.into_iter().map(indented));
    let settled = match laid.last_block {
        0 => (bytes, before),
        last => (bytes + last, offset + laid.settled),
    };
    LaidEntry { key, lines, settled }
}

fn indented(line: Line<'static>) -> Line<'static> {
    let mut spans = vec![Span::raw("  ")];
    spans.extend(line.spans);
    Line::from(spans)
}

/// What the model thought: its last words, or all of it.
pub(super) fn thought(look: &Look<'_>, text: &str, is_open: bool, columns: usize) -> Vec<Line<'static>> {
    let last = text.trim().lines().next_back().unwrap_or_default();
    let head = if is_open { "thought" } else { "thought  " };
    let shown = if is_open { String::new() } else { clipped(last, columns.saturating_sub(width(head) + 2)) };
    let mut lines =
        vec![Line::from(vec![look.span(Role::Faint, "∴ "), look.span(Role::Dim, head), look.span(Role::Faint, shown)])];
    if is_open {
        lines.extend(bounded(look, Role::Dim, text, columns));
    }
    lines
}

fn headed(look: &Look<'_>, head: &str) -> [Line<'static>; 1] {
    [Line::from(look.span(Role::Accent, format!("  {head}")))]
}

/// A whole text, as far as anybody reads it here.
fn bounded(look: &Look<'_>, role: Role, text: &str, columns: usize) -> Vec<Line<'static>> {
    let all = wrapped(text.trim_end(), columns.saturating_sub(6));
    let more = all.len().saturating_sub(OPEN_LINES_MAX);
    let line = |text| Line::from(vec![look.span(Role::Faint, "  │ "), look.span(role, text)]);
    let mut lines: Vec<Line<'static>> = all.into_iter().take(OPEN_LINES_MAX).map(line).collect();
    if more > 0 {
        lines.push(Line::from(
            look.span(Role::Faint, format!("  ⋯ {more} more lines; {} writes all of it to a file", look.key("export"))),
        ));
    }
    lines
}

/// The arguments of a call by name; code in its colours.
fn arguments(look: &Look<'_>, arguments: &str, columns: usize) -> Vec<Line<'static>> {
    let Ok(Value::Object(named)) = serde_json::from_str::<Value>(arguments) else {
        return bounded(look, Role::Text, arguments, columns);
    };
    let path = named.get("path").and_then(Value::as_str).unwrap_or("x.py").to_owned();
    let mut lines = Vec::new();
    for (name, value) in named {
        let text = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        if text.contains('\n') {
            lines.extend(headed(look, &name));
            let code = markdown::code_lines(look, &path, &text, columns, 2);
            let more = code.len().saturating_sub(OPEN_LINES_MAX);
            lines.extend(code.into_iter().take(OPEN_LINES_MAX));
            if more > 0 {
                lines.push(Line::from(look.span(Role::Faint, format!("  ⋯ {more} more lines"))));
            }
            continue;
        }
        let name = clipped(&name, 20);
        let room = columns.saturating_sub(width(&name) + 5);
        for (at, line) in wrapped(&text, room).into_iter().take(OPEN_LINES_MAX).enumerate() {
            let head = if at == 0 { format!("  {name}  ") } else { " ".repeat(width(&name) + 4) };
            lines.push(Line::from(vec![look.span(Role::Accent, head), look.span(Role::Text, line)]));
        }
    }
    lines
}

//! The picture of the gate: six layers, always all, and the issues below.

use ratatui::Frame;
use ratatui::text::{Line, Span};

use crate::app::{App, Area, Decision, Judged, Pane, Review};
use crate::gate::{Issue, Layer, LayerReport, LayerState, Overridden, Report, Severity};
use crate::ui::cells::{clipped, clipped_front, width, wrapped};
use crate::ui::chrome::{Look, right_title, spinner, titled};
use crate::ui::theme::Role;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, area: Area) {
    let inside = titled(frame, app, look, Pane::Checks, area, Vec::new());
    right_title(frame, area, subject(app, look));
    let columns = usize::from(inside.width);
    let mut lines: Vec<Line<'static>> = Vec::new();
    let report = app.report();
    for (at, layer) in Layer::ALL.into_iter().enumerate() {
        lines.push(layer_line(app, look, layer, report.map(|report| &report.layers[at]), report, columns));
    }
    let mut issues = report.map_or(&[][..], |report| &report.issues);
    while let Some(first) = issues.first() {
        // What is wrong in one way at several places of a file is said once.
        let alike = |issue: &&Issue| issue.path == first.path && issue.message == first.message;
        let (group, rest) = issues.split_at(issues.iter().take_while(alike).count());
        lines.push(Line::default());
        issue_lines(look, first, group, app.review.as_ref(), columns, &mut lines);
        issues = rest;
    }
    for Overridden { issue, reason, .. } in report.map_or(&[][..], |report| &report.overridden) {
        lines.push(Line::default());
        overridden_lines(look, issue, reason, columns, &mut lines);
    }
    for mended in report.map_or(&[][..], |report| &report.mended) {
        lines.push(Line::default());
        for (at, text) in
            wrapped(&format!("mends: {}", mended.message), columns.saturating_sub(4)).into_iter().enumerate()
        {
            let mark = if at == 0 { " ✔ " } else { "   " };
            lines.push(Line::from(vec![look.span(Role::Good, mark), look.span(Role::Dim, text)]));
        }
    }
    let top = app.checks_top.min(lines.len().saturating_sub(usize::from(inside.height)));
    for (y, line) in (inside.y..inside.bottom()).zip(lines.into_iter().skip(top)) {
        frame.buffer_mut().set_line(inside.x, y, &line, inside.width);
    }
}

/// What the report is about.
fn subject(app: &App, look: &Look<'_>) -> Vec<Span<'static>> {
    let Some(review) = &app.review else { return Vec::new() };
    if review.awaited.is_some() {
        return vec![look.span(Role::Accent, format!(" {} judging ", spinner(app)))];
    }
    let text = match review.judged {
        Judged::Whole => " whole proposal ".to_owned(),
        Judged::Accepted(1) => " 1 accepted hunk ".to_owned(),
        Judged::Accepted(count) => format!(" {count} accepted hunks "),
    };
    vec![look.span(Role::Dim, text)]
}

fn layer_line(
    app: &App,
    look: &Look<'_>,
    layer: Layer,
    state: Option<&LayerReport>,
    report: Option<&Report>,
    columns: usize,
) -> Line<'static> {
    let is_stale = app.review.as_ref().is_some_and(|review| review.awaited.is_some());
    let (mark, mut role, text) = match (layer, &app.review, state) {
        (Layer::Approval, Some(review), _) => approval(review),
        (_, _, None) => ("–", Role::Faint, String::new()),
        (_, _, Some(state)) => {
            let issue_count = report.map_or(0, |report| report.issues.iter().filter(|i| i.layer == layer).count());
            let count = match issue_count {
                0 => String::new(),
                1 => "1 issue  ".to_owned(),
                count => format!("{count} issues  "),
            };
            match state.state {
                LayerState::NotRun => ("–", Role::Faint, count),
                LayerState::Passed => ("✔", Role::Good, format!("{count}{}", time(state.ms))),
                LayerState::Unknown => ("?", Role::Warn, format!("{count}{}", time(state.ms))),
                LayerState::Blocked => ("✘", Role::Bad, format!("{count}{}", time(state.ms))),
            }
        }
    };
    if is_stale && layer != Layer::Approval {
        role = Role::Faint;
    }
    let name_role = if role == Role::Faint { Role::Dim } else { Role::Text };
    // The layer's name tells more than how long it took.
    let fits = |text: &str| width(layer.title()) + width(text) + 5 <= columns;
    let text = if fits(&text) { text } else { text.split("  ").next().unwrap_or_default().to_owned() };
    let room = columns.saturating_sub(4 + width(&text) + 1);
    let name = clipped(layer.title(), room);
    let gap = room - width(&name);
    Line::from(vec![
        Span::raw(" "),
        look.span(role, mark),
        Span::raw(" "),
        look.span(name_role, name),
        Span::raw(" ".repeat(gap + 1)),
        look.span(if role == Role::Bad { Role::Bad } else { Role::Dim }, text),
    ])
}

fn approval(review: &Review) -> (&'static str, Role, String) {
    let (all, open) = (review.hunks.len(), review.count(Decision::Open));
    let accepted = review.count(Decision::Accepted);
    let text = format!("{accepted}/{all} accepted");
    match (open, accepted) {
        (0, 0) => ("✘", Role::Bad, text),
        (0, _) => ("✔", Role::Good, text),
        _ => ("?", Role::Warn, text),
    }
}

fn time(ms: f64) -> String {
    if ms < 9.95 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
}

/// What is let pass stays in sight, with its reason.
fn overridden_lines(look: &Look<'_>, issue: &Issue, reason: &str, columns: usize, lines: &mut Vec<Line<'static>>) {
    let place = clipped_front(&format!("{}:{}", issue.path, issue.line), columns.saturating_sub(4));
    lines.push(Line::from(vec![look.span(Role::Faint, " – "), look.span(Role::Dim, place)]));
    for (role, text) in [(Role::Dim, issue.message.clone()), (Role::Faint, format!("Overridden: {reason}"))] {
        for line in wrapped(&text, columns.saturating_sub(4)) {
            lines.push(Line::from(vec![Span::raw("   "), look.span(role, line)]));
        }
    }
}

fn issue_lines(
    look: &Look<'_>,
    issue: &Issue,
    group: &[Issue],
    review: Option<&Review>,
    columns: usize,
    lines: &mut Vec<Line<'static>>,
) {
    let (mark, role) = match issue.severity {
        Severity::Block => ("✘", Role::Bad),
        Severity::Warn => ("?", Role::Warn),
    };
    let numbers: Vec<String> = group.iter().map(|issue| issue.line.to_string()).collect();
    let hunk = review.and_then(|review| review.hunk_of(issue)).map_or(String::new(), |at| format!("  hunk {}", at + 1));
    let room = columns.saturating_sub(4 + width(&hunk));
    let mut place = format!("{}:{}", issue.path, numbers.join(", "));
    if width(&place) > room && group.len() > 1 {
        place = format!("{}:{} +{}", issue.path, issue.line, group.len() - 1);
    }
    lines.push(Line::from(vec![
        Span::raw(" "),
        look.span(role, mark),
        Span::raw(" "),
        look.span(Role::Dim, clipped_front(&place, room)),
        look.span(Role::Accent, hunk),
    ]));
    let message = review.map_or_else(|| issue.message.clone(), |review| review.explain(issue));
    for line in wrapped(&message, columns.saturating_sub(4)) {
        lines.push(Line::from(vec![Span::raw("   "), look.span(Role::Text, line)]));
    }
    if let Some(fix) = &issue.fix {
        for (at, line) in wrapped(&fix.title, columns.saturating_sub(6)).into_iter().enumerate() {
            let arrow = if at == 0 { "   → " } else { "     " };
            lines.push(Line::from(vec![look.span(Role::Good, arrow), look.span(Role::Dim, line)]));
        }
    }
}

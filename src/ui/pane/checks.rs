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
    let mut overridden = report.map_or(&[][..], |report| &report.overridden);
    while let Some(first) = overridden.first() {
        let alike = |other: &&Overridden| {
            let is_same = other.issue.path == first.issue.path && other.issue.message == first.issue.message;
            is_same && other.by == first.by
        };
        let (group, rest) = overridden.split_at(overridden.iter().take_while(alike).count());
        lines.push(Line::default());
        overridden_lines(look, first, group, columns, &mut lines);
        overridden = rest;
    }
    for mended in report.map_or(&[][..], |report| &report.mended) {
        lines.push(Line::default());
        for (at, text) in
            wrapped(&format!("Mends: {}.", mended.first_sentence()), columns.saturating_sub(4)).into_iter().enumerate()
        {
            let mark = if at == 0 { " ✔ " } else { "   " };
            lines.push(Line::from(vec![look.span(Role::Good, mark), look.span(Role::Dim, text)]));
        }
    }
    let height = usize::from(inside.height);
    // Where room is short, what is wrong is worth more than the space between.
    if lines.len() > height {
        lines.retain(|line| line.width() > 0);
    }
    let top = app.checks_top.min(lines.len().saturating_sub(height));
    let hidden_count = lines.len().saturating_sub(top + height);
    for (y, line) in (inside.y..inside.bottom()).zip(lines.into_iter().skip(top)) {
        frame.buffer_mut().set_line(inside.x, y, &line, inside.width);
    }
    if hidden_count > 0 {
        let shown = format!(" ⋯ {hidden_count} more ");
        let x = inside.right().saturating_sub(width(&shown) as u16);
        let y = inside.bottom().saturating_sub(1);
        frame.buffer_mut().set_span(x, y, &look.span(Role::Warn, shown), inside.width);
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
        (Layer::Tests, None, _) if progress(app).is_some() => ("◐", Role::Accent, progress(app).unwrap_or_default()),
        (Layer::Tests, Some(review), _) if review.tests_of_whole().is_some() => of_whole(review),
        (_, _, None) => ("–", Role::Faint, String::new()),
        (_, _, Some(state)) => {
            let issue_count = report.map_or(0, |report| report.issues.iter().filter(|i| i.layer == layer).count());
            let overridden = report.map_or(&[][..], |report| &report.overridden);
            let count = match issue_count {
                0 => match overridden.iter().filter(|overridden| overridden.issue.layer == layer).count() {
                    0 => String::new(),
                    count => format!("{count} overridden  "),
                },
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

/// `12/14`, while tests run.
fn progress(app: &App) -> Option<String> {
    let (done, total) = app.session.as_ref()?.tests_progress()?;
    Some(if total == 0 { "running".to_owned() } else { format!("{done}/{total}") })
}

/// Another combination of hunks than the one that the tests were run with.
fn of_whole(review: &Review) -> (&'static str, Role, String) {
    let text = match review.tests_of_whole() {
        Some(LayerState::Passed) => "passed as a whole",
        Some(LayerState::Blocked) => "failed as a whole",
        _ => "not known",
    };
    ("–", Role::Faint, text.to_owned())
}

fn approval(review: &Review) -> (&'static str, Role, String) {
    let (all, open) = (review.hunks.len(), review.count(Decision::Open));
    let accepted = review.count(Decision::Accepted);
    let is_open = |at: &usize| review.is_in_conflict(*at) && review.decision(*at) == Decision::Open;
    let text = match (0..all).filter(is_open).count() {
        0 => format!("{accepted}/{all} accepted"),
        1 => format!("{accepted}/{all}, 1 conflict"),
        clashing => format!("{accepted}/{all}, {clashing} conflicts"),
    };
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
fn overridden_lines(
    look: &Look<'_>,
    first: &Overridden,
    group: &[Overridden],
    columns: usize,
    lines: &mut Vec<Line<'static>>,
) {
    let numbers: Vec<u32> = group.iter().map(|overridden| overridden.issue.line).collect();
    let place = place(&first.issue, &numbers, columns.saturating_sub(4));
    lines.push(Line::from(vec![look.span(Role::Dim, " – "), look.span(Role::Dim, place)]));
    // The way out is no longer looked for.
    let what = format!("{}.", first.issue.first_sentence());
    for (role, text) in [(Role::Dim, what), (Role::Text, format!("Overridden: {}", first.reason))] {
        for line in wrapped(&text, columns.saturating_sub(4)) {
            lines.push(Line::from(vec![Span::raw("   "), look.span(role, line)]));
        }
    }
}

/// Where something stands, once or several times, in the room that there is.
fn place(issue: &Issue, numbers: &[u32], room: usize) -> String {
    let shown: Vec<String> = numbers.iter().map(u32::to_string).collect();
    let all = format!("{}:{}", issue.path, shown.join(", "));
    let is_short = width(&all) <= room || numbers.len() < 2;
    let place = if is_short { all } else { format!("{}:{} +{}", issue.path, issue.line, numbers.len() - 1) };
    clipped_front(&place, room)
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
    let numbers: Vec<u32> = group.iter().map(|issue| issue.line).collect();
    let hunk = review.and_then(|review| review.hunk_of(issue)).map_or(String::new(), |at| format!("  hunk {}", at + 1));
    let room = columns.saturating_sub(4 + width(&hunk));
    lines.push(Line::from(vec![
        Span::raw(" "),
        look.span(role, mark),
        Span::raw(" "),
        look.span(Role::Dim, place(issue, &numbers, room)),
        look.span(Role::Accent, hunk),
    ]));
    let message = review.map_or_else(|| issue.message.clone(), |review| review.explain(issue));
    for line in wrapped(&message, columns.saturating_sub(4)) {
        lines.push(Line::from(vec![Span::raw("   "), look.span(Role::Text, line)]));
    }
    // What another hunk brings is not to be added by hand.
    let needs_hunk = review.is_some_and(|review| review.needed_for(issue).is_some());
    if let Some(fix) = issue.fix.as_ref().filter(|_| !needs_hunk) {
        for (at, line) in wrapped(&fix.title, columns.saturating_sub(6)).into_iter().enumerate() {
            let arrow = if at == 0 { "   → " } else { "     " };
            lines.push(Line::from(vec![look.span(Role::Good, arrow), look.span(Role::Dim, line)]));
        }
    }
}

//! The picture of the gate: six layers, always all, and the issues below.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::pane::checks::CheckRow;
use crate::app::{Action, App, Area, Decision, Judged, Pane, Review, Sign};
use crate::gate::{Issue, Layer, LayerReport, LayerState, Overridden, Progress, Report, Severity};
use crate::ui::cells::{clipped, clipped_front, width, wrapped};
use crate::ui::chrome::{Look, duration, grouped, out_of_sight, right_title, spinner, titled};
use crate::ui::theme::Role;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, area: Area) {
    let inside = titled(frame, app, look, Pane::Checks, area, Vec::new());
    let columns = usize::from(inside.width);
    let height = usize::from(inside.height);
    let report = app.report();
    let rows = app.checks.rows(report);
    // While a reason is written, the issue that it is for stays marked.
    let is_asked = app.focus == Pane::Prompt && app.focus_before_prompt == Pane::Checks;
    let is_focused = app.focus == Pane::Checks || app.checks.is_open || is_asked;
    let blocks: Vec<Block> = rows.iter().map(|row| block(app, look, row, report, columns)).collect();
    let shown = match is_focused {
        true => app.checks.selected.min(rows.len().saturating_sub(1)),
        // Who only watches sees what is wrong first.
        false => rows.iter().position(|row| matches!(row, CheckRow::Issues(_))).unwrap_or(0),
    };
    let Arranged { lines, above, below } = arranged(&rows, blocks, shown, height);
    let right = subject(app, look).into_iter().chain(out_of_sight(look, above, below));
    right_title(frame, area, right.collect());
    for (y, (at, line)) in (inside.y..inside.bottom()).zip(lines) {
        frame.buffer_mut().set_line(inside.x, y, &line, inside.width);
        let row = Rect::new(inside.x, y, inside.width, 1);
        if is_focused && at == shown {
            frame
                .buffer_mut()
                .set_style(row, look.style(if is_asked { Role::SelectionQuiet } else { Role::Selection }));
        }
        look.on_press(row, Action::SelectCheck(at));
    }
}

/// The lines of one row; what comes behind the first `least` goes where room is short.
struct Block {
    lines: Vec<Line<'static>>,
    least: usize,
}

/// A line with the row that it is of.
type Placed = (usize, Line<'static>);

/// The lines that fit, and how many do not: of what stands above them, and below.
struct Arranged {
    lines: Vec<Placed>,
    above: usize,
    below: usize,
}

/// All lines, or where room is short the layers with what stands under the one that holds the row `shown`.
fn arranged(rows: &[CheckRow], blocks: Vec<Block>, shown: usize, height: usize) -> Arranged {
    let all: usize = blocks.iter().map(|block| block.lines.len()).sum();
    let layer_of = |at: usize| rows[..=at].iter().rposition(|row| matches!(row, CheckRow::Layer(_)));
    let open = layer_of(shown);
    let (mut above, mut middle, mut below): (Vec<Placed>, Vec<Placed>, Vec<Placed>) = Default::default();
    let (mut hidden_above, mut hidden_below) = (0, 0);
    for (at, block) in blocks.into_iter().enumerate() {
        let is_layer = matches!(rows[at], CheckRow::Layer(_));
        // Where room is short, the selected row alone tells all.
        let kept = if all <= height || at == shown || is_layer { usize::MAX } else { block.least };
        if all > height && !is_layer && layer_of(at) != open {
            let hidden = if at < shown { &mut hidden_above } else { &mut hidden_below };
            *hidden += block.lines.len().min(block.least);
            continue;
        }
        let lines = block.lines.into_iter().take(kept).map(|line| (at, line));
        match (is_layer, open) {
            (true, Some(open)) if at > open => below.extend(lines),
            (true, _) => above.extend(lines),
            (false, _) if all <= height && open.is_none_or(|open| at < open) => above.extend(lines),
            (false, Some(open)) if all <= height && layer_of(at).is_some_and(|layer| layer > open) => {
                below.extend(lines)
            }
            (false, _) => middle.extend(lines),
        }
    }
    let room = height.saturating_sub(above.len() + below.len()).max(3.min(height));
    let first = middle.iter().position(|(at, _)| *at == shown).unwrap_or(0);
    let last = middle.iter().rposition(|(at, _)| *at == shown).unwrap_or(0);
    let top = (last + 1).saturating_sub(room).min(first);
    hidden_above += top;
    hidden_below += middle.len().saturating_sub(top + room);
    let middle = middle.into_iter().skip(top).take(room);
    let mut lines: Vec<Placed> = above.into_iter().chain(middle).chain(below).collect();
    if lines.len() > height {
        // Not even the layers fit: what is selected does.
        let at = lines.iter().position(|(at, _)| *at == shown).unwrap_or(0);
        let top = (at + 1 + height / 2).saturating_sub(height).min(lines.len() - height);
        hidden_above += top;
        hidden_below += lines.len() - height - top;
        lines = lines.into_iter().skip(top).take(height).collect();
    }
    Arranged { lines, above: hidden_above, below: hidden_below }
}

fn block(app: &App, look: &Look<'_>, row: &CheckRow, report: Option<&Report>, columns: usize) -> Block {
    let mut lines = Vec::new();
    match (row, report) {
        (CheckRow::Layer(layer), _) => {
            let state = report.map(|report| &report.layers[*layer as usize]);
            lines.push(layer_line(app, look, *layer, state, report, columns));
        }
        (CheckRow::Issues(at), Some(report)) => {
            let group = &report.issues[at.clone()];
            issue_lines(look, &group[0], group, app.review.as_ref(), columns, &mut lines);
        }
        (CheckRow::Overridden(at), Some(report)) => {
            let group = &report.overridden[at.clone()];
            overridden_lines(look, &group[0], group, app, columns, &mut lines);
        }
        (CheckRow::Mended(at), Some(report)) => {
            let told = format!("Mends what is wrong now: {}.", report.mended[*at].first_sentence());
            for (at, text) in wrapped(&told, columns.saturating_sub(INDENT + 1)).into_iter().enumerate() {
                let mark = if at == 0 { "   ✔ " } else { "     " };
                lines.push(Line::from(vec![look.span(Role::Good, mark), look.span(Role::Dim, text)]));
            }
        }
        (_, None) => {}
    }
    Block { least: if matches!(row, CheckRow::Issues(_)) { 2 } else { 1 }, lines }
}

/// How far what is found stands to the right of its layer.
const INDENT: usize = 5;

/// What the report is about.
fn subject(app: &App, look: &Look<'_>) -> Vec<Span<'static>> {
    let Some(review) = &app.review else {
        return app.written_report().map(|_| look.span(Role::Dim, " as written ")).into_iter().collect();
    };
    if review.awaited.is_some() {
        return vec![look.span(Role::Accent, format!(" {} judging ", spinner(app)))];
    }
    let text = match review.judged {
        Judged::Whole => " whole proposal ".to_owned(),
        Judged::Accepted(count) => format!(" {count} accepted "),
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
    let is_folded = app.checks.folded.contains(&layer);
    let is_stale = app.review.as_ref().is_some_and(Review::is_report_stale);
    let (mark, mut role, text) = match (layer, &app.review, state) {
        (Layer::Approval, Some(review), _) => approval(review),
        (Layer::Approval, None, _) if app.written_report().is_some() => ("✔", Role::Good, "written".to_owned()),
        (Layer::Tests, None, _) if progress(app).is_some() => ("◐", Role::Accent, progress(app).unwrap_or_default()),
        (Layer::Tests, Some(review), _) if review.tests_of_whole().is_some() => of_whole(review),
        (Layer::Tool, None, _) if check_progress(app).is_some() => {
            ("◐", Role::Accent, check_progress(app).map(so_far).unwrap_or_default())
        }
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
                LayerState::NotRun => (Sign::NOT_RUN.glyph, Role::Faint, count),
                LayerState::Running => {
                    let progress = report.and_then(|report| report.progress).map(so_far).unwrap_or_default();
                    (Sign::RUNNING.glyph, Role::Accent, format!("{count}{progress}"))
                }
                LayerState::Passed => (Sign::PASSED.glyph, Role::Good, format!("{count}{}", duration(state.ms))),
                LayerState::Unknown => (Sign::UNKNOWN.glyph, Role::Warn, format!("{count}{}", duration(state.ms))),
                LayerState::Blocked => (Sign::BLOCKED.glyph, Role::Bad, format!("{count}{}", duration(state.ms))),
            }
        }
    };
    if is_stale && layer != Layer::Approval {
        role = Role::Faint;
    }
    let name_role = if role == Role::Faint { Role::Dim } else { Role::Text };
    // The layer's name tells more than how long it took.
    let fits = |text: &str| width(layer.title()) + width(text) + 5 <= columns;
    let text = if fits(&text) {
        text
    } else {
        text.split("  ").next().unwrap_or_default().trim_end_matches(" accepted").to_owned()
    };
    let has_folded = is_folded && report.is_some_and(|report| told_of(report, layer));
    let room = columns.saturating_sub(4 + width(&text) + 1 + if has_folded { 2 } else { 0 });
    let name = clipped(layer.title(), room);
    let gap = room - width(&name);
    Line::from(vec![
        Span::raw(" "),
        look.span(role, mark),
        Span::raw(" "),
        look.span(name_role, name),
        look.span(Role::Faint, if has_folded { " ▸" } else { "" }),
        Span::raw(" ".repeat(gap + 1)),
        look.span(if role == Role::Bad { Role::Bad } else { Role::Dim }, text),
    ])
}

/// Whether anything stands under a layer.
fn told_of(report: &Report, layer: Layer) -> bool {
    let issues = report.issues.iter().chain(report.overridden.iter().map(|overridden| &overridden.issue));
    issues.chain(&report.mended).any(|issue| issue.layer == layer)
}

fn check_progress(app: &App) -> Option<Progress> {
    app.session.as_ref()?.check_progress()
}

/// `1,234 of 4,700 files`, while those are judged that use what changed.
fn so_far(progress: Progress) -> String {
    format!("{} of {} files", grouped(progress.judged), grouped(progress.total))
}

/// `12 of 14`, while tests run.
fn progress(app: &App) -> Option<String> {
    let (done, total) = app.session.as_ref()?.tests_progress()?;
    Some(if total == 0 { "running".to_owned() } else { format!("{done} of {total}") })
}

/// Another combination of hunks than the one that the tests were run with.
fn of_whole(review: &Review) -> (&'static str, Role, String) {
    let text = match review.tests_of_whole() {
        Some(LayerState::Passed) => format!("passed with all {}", review.hunks.len()),
        Some(LayerState::Blocked) => format!("failed with all {}", review.hunks.len()),
        _ => "not run since".to_owned(),
    };
    ("–", Role::Faint, text)
}

fn approval(review: &Review) -> (&'static str, Role, String) {
    let (all, open) = (review.hunks.len(), review.count(Decision::Open));
    let accepted = review.count(Decision::Accepted);
    let is_open = |at: &usize| review.is_in_conflict(*at) && review.decision(*at) == Decision::Open;
    let text = match (0..all).filter(is_open).count() {
        0 => format!("{accepted} of {all} accepted"),
        1 => format!("1 conflict  {accepted} of {all}"),
        clashing => format!("{clashing} conflicts  {accepted} of {all}"),
    };
    match (open, accepted) {
        (0, 0) => ("✘", Role::Bad, text),
        (0, _) => ("✔", Role::Good, text),
        _ => ("?", Role::Warn, text),
    }
}

/// What is let pass stays in sight, with its reason.
fn overridden_lines(
    look: &Look<'_>,
    first: &Overridden,
    group: &[Overridden],
    app: &App,
    columns: usize,
    lines: &mut Vec<Line<'static>>,
) {
    let numbers: Vec<u32> = group.iter().map(|overridden| app.number_of(&overridden.issue)).collect();
    let room = columns.saturating_sub(INDENT + 1);
    let place = place(&first.issue, &numbers, room);
    lines.push(Line::from(vec![look.span(Role::Dim, "   – "), look.span(Role::Dim, place)]));
    // The way out is no longer looked for.
    let what = format!("{}.", first.issue.first_sentence());
    for (role, text) in [(Role::Dim, what), (Role::Text, format!("Overridden: {}", first.reason))] {
        lines.extend(indented(look, role, &text, room));
    }
}

fn indented(look: &Look<'_>, role: Role, text: &str, room: usize) -> Vec<Line<'static>> {
    let line = |text| Line::from(vec![Span::raw(" ".repeat(INDENT)), look.span(role, text)]);
    wrapped(text, room).into_iter().map(line).collect()
}

/// Where something stands, once or several times, in the room that there is.
fn place(issue: &Issue, numbers: &[u32], room: usize) -> String {
    let shown: Vec<String> = numbers.iter().map(u32::to_string).collect();
    let all = format!("{}:{}", issue.path, shown.join(", "));
    let is_short = width(&all) <= room || numbers.len() < 2;
    let place = if is_short { all } else { format!("{}:{} +{}", issue.path, numbers[0], numbers.len() - 1) };
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
    let numbers: Vec<u32> =
        group.iter().map(|issue| review.map_or(issue.line, |review| review.number_of(issue))).collect();
    let hunk = review.and_then(|review| review.hunk_of(issue)).map_or(String::new(), |at| format!("  hunk {}", at + 1));
    let room = columns.saturating_sub(INDENT + 1 + width(&hunk));
    lines.push(Line::from(vec![
        Span::raw("   "),
        look.span(role, mark),
        Span::raw(" "),
        look.span(Role::Dim, place(issue, &numbers, room)),
        look.span(Role::Accent, hunk),
    ]));
    let room = columns.saturating_sub(INDENT + 1);
    let message = review.map_or_else(|| issue.message.clone(), |review| review.explain(issue));
    lines.extend(indented(look, Role::Text, &message, room));
    // What another hunk brings is not to be added by hand.
    let needs_hunk = review.is_some_and(|review| review.needed_for(issue).is_some());
    if let Some(fix) = issue.fix.as_ref().filter(|_| !needs_hunk) {
        for (at, line) in wrapped(&fix.title, room.saturating_sub(2)).into_iter().enumerate() {
            let arrow = if at == 0 { "     → " } else { "       " };
            lines.push(Line::from(vec![look.span(Role::Good, arrow), look.span(Role::Dim, line)]));
        }
    }
}

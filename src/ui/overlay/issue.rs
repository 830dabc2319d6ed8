//! The picture of an open issue, over the place that it stands at: what is wrong, why, what was meant, what mends it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::popup::{OutOfSight, Popup};
use crate::agent::Phase;
use crate::app::pane::checks::CheckRow;
use crate::app::{Action, App, FixLines, Layout, Pane, Place, ShownIssue};
use crate::gate::{Severity, code};
use crate::ui::cells::{clipped, clipped_front, painted, width, wrapped};
use crate::ui::chrome::{Look, of_all};
use crate::ui::theme::Role;

/// Lines of a fix that are shown.
const FIX_LINES_MAX: usize = 8;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, layout: &Layout) {
    let (Some(shown), Some(centre)) = (app.shown_issue(), layout.area(Pane::Centre)) else { return };
    let columns = centre.width.saturating_sub(2);
    let text_columns = usize::from(columns).saturating_sub(4);
    let mut lines = card(app, look, &shown, text_columns);
    let rows_max = usize::from(centre.height.saturating_sub(7));
    if lines.len() + 2 > rows_max {
        // Where room is short, the space between goes first.
        lines.retain(|line| line.width() > 0);
    }
    let rows = (lines.len() + 2).min(rows_max.max(4)) as u16;
    let bottom = centre.y + centre.height - 1;
    // It must not lie over what it is about.
    let is_low = place_on_screen(app) + 1 >= usize::from(bottom - rows - centre.y);
    let y = if is_low { centre.y + 1 } else { bottom - rows };
    let role = match (shown.overridden, shown.issue.severity) {
        (Some(_), _) => Role::Dim,
        (None, Severity::Block) => Role::Bad,
        (None, Severity::Warn) => Role::Warn,
    };
    let (title, count) = title(app, &shown);
    let popup = Popup {
        area: Rect::new(centre.x + 1, y, columns, rows),
        role,
        title: look.span(role, title),
        count,
        out_of_sight: OutOfSight::of(0, lines.len(), usize::from(rows - 2)),
    };
    let inside = popup.open(frame, look);
    for (y, line) in (inside.y..inside.bottom()).zip(lines) {
        frame.buffer_mut().set_line(inside.x + 1, y, &line, inside.width.saturating_sub(1));
    }
}

/// The row of the centre in which the issue stands.
fn place_on_screen(app: &App) -> usize {
    match &app.proposal {
        Some(proposal) if !app.code.is_aside => proposal.cursor.saturating_sub(proposal.top),
        _ => app.code.marked.map_or(0, |(first, _)| (first as usize).saturating_sub(app.code.top + 1)),
    }
}

/// What it is, and which one of how many.
fn title(app: &App, shown: &ShownIssue<'_>) -> (String, String) {
    let mark = match (shown.overridden, shown.issue.severity) {
        (Some(_), _) => "–",
        (None, Severity::Block) => "✘",
        (None, Severity::Warn) => "?",
    };
    let rows = app.checks.rows(app.report());
    let is_issue = |row: &&CheckRow| matches!(row, CheckRow::Issues(_) | CheckRow::Overridden(_));
    let count = rows.iter().filter(is_issue).count();
    let at = rows.iter().take(app.checks.selected + 1).filter(is_issue).count();
    (format!(" {mark} {} · {} ", shown.issue.code, shown.issue.layer.title()), of_all(at, count))
}

fn card(app: &App, look: &Look<'_>, shown: &ShownIssue<'_>, columns: usize) -> Vec<Line<'static>> {
    let issue = shown.issue;
    let mut lines = vec![place(app, look, shown, columns)];
    lines.extend(source(app, look, shown, columns));
    lines.push(Line::default());
    let review = app.review.as_ref();
    let needed = review.and_then(|review| review.needed_for(issue));
    let said = match review {
        Some(review) if needed.is_some() => review.explain(issue),
        _ => issue.without_candidates(),
    };
    lines.extend(told(look, Role::Text, &said, columns));
    let candidates = issue.candidates();
    for (at, candidate) in candidates.iter().enumerate().filter(|_| needed.is_none()) {
        let head = if at == 0 { "Did you mean  " } else { "              " };
        lines.push(Line::from(vec![
            look.span(Role::Dim, head),
            look.span(Role::Function, clipped(candidate, columns.saturating_sub(width(head)))),
        ]));
    }
    lines.push(Line::default());
    if let Some(overridden) = shown.overridden {
        lines.extend(headed(look, "Overridden", &overridden.reason, Role::Text, columns));
        lines.push(Line::from(
            look.span(Role::Dim, format!("{} takes the override back: the issue counts again.", look.key("override"))),
        ));
        return lines;
    }
    lines.extend(fix(app, look, shown, needed, columns));
    if let Some(code) = code(issue.code) {
        // Where one is known that is of this very place, the general one only distracts.
        if needed.is_none() && issue.fix.is_none() {
            lines.extend(headed(look, "Way out", code.way_out, Role::Text, columns));
        }
        lines.extend(headed(look, "Why", code.why, Role::Dim, columns));
    }
    lines
}

fn place(app: &App, look: &Look<'_>, shown: &ShownIssue<'_>, columns: usize) -> Line<'static> {
    let issue = shown.issue;
    let mut more = match app.review.as_ref().and_then(|review| review.hunk_of(issue)) {
        Some(hunk) => format!("  hunk {}", hunk + 1),
        None => String::new(),
    };
    if shown.count > 1 {
        more.push_str(&format!("  and at {} more places", shown.count - 1));
    }
    let place = format!("{}:{}", issue.path, app.number_of(issue));
    let place = clipped_front(&place, columns.saturating_sub(width(&more)));
    Line::from(vec![look.span(Role::Accent, place), look.span(Role::Dim, more)])
}

/// The line that was judged, with what is wrong in it underlined.
fn source(app: &App, look: &Look<'_>, shown: &ShownIssue<'_>, columns: usize) -> Option<Line<'static>> {
    let issue = shown.issue;
    let text = app.judged_text(&issue.path)?;
    let line = text.lines().nth(issue.line as usize - 1)?;
    let start = line.as_ptr() as usize - text.as_ptr() as usize;
    let indent = line.len() - line.trim_start().len();
    let marked = issue.span.map(|span| {
        let from = (span.start as usize).clamp(start + indent, start + line.len()) - start - indent;
        let to = (span.end as usize).clamp(start + indent, start + line.len()) - start - indent;
        (from..to, look.style(Role::Bad).add_modifier(ratatui::style::Modifier::UNDERLINED))
    });
    let marked: Vec<_> = marked.into_iter().filter(|(range, _)| !range.is_empty()).collect();
    let mut spans =
        vec![look.span(Role::LineNumber, format!("{} ", app.number_of(issue))), look.span(Role::Faint, "│ ")];
    let room = columns.saturating_sub(Line::from(spans.clone()).width());
    spans.extend(painted(&line[indent..], look.style(Role::Text), &[&marked], 0, room).spans);
    Some(Line::from(spans))
}

/// What can be done about it.
fn fix(
    app: &App,
    look: &Look<'_>,
    shown: &ShownIssue<'_>,
    needed: Option<usize>,
    columns: usize,
) -> Vec<Line<'static>> {
    let issue = shown.issue;
    let mut lines = Vec::new();
    if let Some(needed) = needed {
        let way_out = match app.can(&Action::TakeWithNeeds) && app.places().contains(&Place::Review) {
            true => format!("→ {}: accept hunk {} with it, which brings it.", look.key("accept-needed"), needed + 1),
            false => format!("→ Accept hunk {}, which brings it.", needed + 1),
        };
        lines.push(Line::from(look.span(Role::Good, way_out)));
        lines.push(Line::default());
        return lines;
    }
    if let Some(fix) = &issue.fix {
        let changes = app.fix_lines(issue);
        let by = match changes.is_empty() || app.review.is_none() {
            true => String::new(),
            false => format!("{}: ", look.key("fix")),
        };
        lines.extend(told(look, Role::Good, &format!("→ {by}{}", fix.title), columns));
        lines.extend(diff(look, &changes, columns));
    }
    if app.review.is_none() {
        let (override_, stop) = (look.key("override"), look.key("back"));
        let now = match app.phase() {
            Phase::Idle => {
                format!("It is kept for the next task, which may mend it; {override_} lets it pass with a reason.")
            }
            _ => format!(
                "The agent was told and works on it. {stop} stops it; {override_} lets it pass from the next check on."
            ),
        };
        lines.extend(told(look, Role::Accent, &now, columns));
    }
    if !lines.is_empty() {
        lines.push(Line::default());
    }
    lines
}

fn diff(look: &Look<'_>, changes: &[FixLines], columns: usize) -> Vec<Line<'static>> {
    let sides = changes.iter().flat_map(|change| {
        let old = change.old.iter().map(|line| ('-', Role::Removed, line));
        old.chain(change.new.iter().map(|line| ('+', Role::Added, line)))
    });
    let all: Vec<_> = sides.collect();
    let hidden = all.len().saturating_sub(FIX_LINES_MAX);
    let mut lines: Vec<Line<'static>> = all
        .into_iter()
        .take(FIX_LINES_MAX)
        .map(|(mark, role, (number, text))| {
            let head = format!("  {number:>4} {mark} ");
            let room = columns.saturating_sub(width(&head));
            let style = look.style(role);
            let mut spans = vec![Span::styled(head, style)];
            spans.extend(painted(text, style, &[], 0, room).spans);
            Line::from(spans)
        })
        .collect();
    if hidden > 0 {
        lines.push(Line::from(look.span(Role::Faint, format!("       ⋯ {hidden} more lines"))));
    }
    lines
}

fn told(look: &Look<'_>, role: Role, text: &str, columns: usize) -> Vec<Line<'static>> {
    wrapped(text, columns).into_iter().map(|line| Line::from(look.span(role, line))).collect()
}

/// A word before a text, which stands to its right.
fn headed(look: &Look<'_>, head: &str, text: &str, role: Role, columns: usize) -> Vec<Line<'static>> {
    const HEAD: usize = 12;
    let line = |(at, line): (usize, String)| {
        let head = if at == 0 { head } else { "" };
        Line::from(vec![look.span(Role::Accent, format!("{head:HEAD$}")), look.span(role, line)])
    };
    wrapped(text, columns.saturating_sub(HEAD)).into_iter().enumerate().map(line).collect()
}

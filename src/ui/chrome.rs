//! What frames the panes: borders with their titles, the status line, tabs, and the hints in the last border.

use std::cell::RefCell;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::merge::MergeStrategy;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

use super::cells::clipped;
use super::editor::Editor;
use super::keymap::Keymap;
use super::syntax::SyntaxCache;
use super::theme::{Role, Theme};
use crate::agent::{Phase, Session};
use crate::app::{Action, App, Area, KEYS, Pane, Sign, WatcherHealth};

/// What every picture needs besides the state.
pub(super) struct Look<'a> {
    pub(super) theme: &'a Theme,
    pub(super) keymap: &'a Keymap,
    pub(super) cache: &'a SyntaxCache,
    /// What a press of the mouse means where something was drawn; what was drawn last counts.
    pub(super) presses: &'a RefCell<Vec<(Rect, Action)>>,
    /// The text of the hunk that is being edited.
    pub(super) editor: &'a Editor,
}

impl Look<'_> {
    pub(super) fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// A press within `area` means `action`, for as long as this frame stands.
    pub(super) fn on_press(&self, area: Rect, action: Action) {
        self.presses.borrow_mut().push((area, action));
    }

    /// The first key of an action, by its name in the table.
    pub(super) fn key(&self, name: &str) -> &str {
        self.keymap.names().of(name)
    }

    pub(super) fn span(&self, role: Role, text: impl Into<String>) -> Span<'static> {
        Span::styled(text.into(), self.style(role))
    }
}

pub(super) fn rect(area: Area) -> Rect {
    Rect::new(area.x, area.y, area.width, area.height)
}

/// The sign of something at work; it stands still when time does.
pub(super) fn spinner(app: &App) -> &'static str {
    const FRAMES: [&str; 4] = ["◐", "◓", "◑", "◒"];
    FRAMES[(app.clock_ms / 150) as usize % FRAMES.len()]
}

/// Draws the borders of all panes. The pane with the focus comes last, so that the borders it shares show that it
/// has it; titles are written over them afterwards.
pub(super) fn borders(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, panes: &[(Pane, Area)]) {
    let is_focused = |pane: Pane| app.focus == pane && app.overlay.is_none();
    let mut panes = panes.to_vec();
    panes.sort_by_key(|(pane, _)| is_focused(*pane));
    for (pane, area) in panes {
        let role = if is_focused(pane) { Role::BorderFocus } else { Role::Border };
        let block = Block::bordered().merge_borders(MergeStrategy::Exact).border_style(look.style(role));
        block.render(rect(area), frame.buffer_mut());
    }
}

/// Writes a pane's title into its border and gives back what is inside.
pub(super) fn titled(
    frame: &mut Frame<'_>,
    app: &App,
    look: &Look<'_>,
    pane: Pane,
    area: Area,
    more: Vec<Span<'static>>,
) -> Rect {
    let role = if app.focus == pane && app.overlay.is_none() { Role::TitleFocus } else { Role::Title };
    let mut line = vec![look.span(role, format!(" {} ", app.title(pane)))];
    line.extend(more);
    frame.buffer_mut().set_line(area.x + 1, area.y, &Line::from(line), area.width.saturating_sub(2));
    rect(area.inside())
}

/// Writes at the right end of a pane's upper border; what stands first goes where there is no room for all.
pub(super) fn right_title(frame: &mut Frame<'_>, area: Area, spans: Vec<Span<'static>>) {
    let fits = |at: &usize| Line::from(spans[*at..].to_vec()).width() + 12 < usize::from(area.width);
    if let Some(at) = (0..spans.len()).find(fits) {
        let line = Line::from(spans[at..].to_vec());
        let wide = line.width() as u16;
        let x = area.x + area.width - 2 - wide;
        frame.buffer_mut().set_line(x, area.y, &line, wide);
    }
}

/// Says at the right end of a pane's upper border how much of what it shows is out of sight, where something is.
pub(super) fn more_title(frame: &mut Frame<'_>, look: &Look<'_>, area: Area, top: usize, count: usize, height: usize) {
    right_title(
        frame,
        area,
        out_of_sight(look, top.min(count), count.saturating_sub(top + height)).into_iter().collect(),
    );
}

/// So many rows above and below what is shown; nothing where all is.
pub(super) fn out_of_sight(look: &Look<'_>, above: usize, below: usize) -> Option<Span<'static>> {
    let text = more_sign(above, below);
    (!text.is_empty()).then(|| look.span(Role::Faint, text))
}

/// ` ↑3 ↓28 `: rows that are out of sight above and below.
pub(super) fn more_sign(above: usize, below: usize) -> String {
    match (above, below) {
        (0, 0) => String::new(),
        (0, below) => format!(" ↓{} ", grouped(below)),
        (above, 0) => format!(" ↑{} ", grouped(above)),
        (above, below) => format!(" ↑{} ↓{} ", grouped(above), grouped(below)),
    }
}

/// `7 of 58`
pub(super) fn of_all(number: usize, all: usize) -> String {
    format!("{} of {}", grouped(number), grouped(all))
}

/// How long something took: `3.6 ms`, `340 ms`, `1.3 s`
pub(super) fn duration(ms: f64) -> String {
    match ms {
        ..9.95 => format!("{ms:.1} ms"),
        ..999.5 => format!("{ms:.0} ms"),
        _ => format!("{:.1} s", ms / 1e3),
    }
}

/// The first row: project, index, model, what it cost.
pub(super) fn status(frame: &mut Frame<'_>, app: &App, look: &Look<'_>) {
    let area = frame.area();
    // What matters less goes first where not all of it fits; what the agent does stays in any case.
    let tries = [(true, Detail::All), (true, Detail::Model), (false, Detail::Model), (false, Detail::Mark)];
    for (at, (has_counts, detail)) in tries.into_iter().enumerate() {
        let (left, right) = (Line::from(project(app, look, has_counts)), Line::from(model(app, look, detail)));
        let wide = (right.width() as u16).min(area.width);
        if left.width() as u16 + wide < area.width || at + 1 == tries.len() {
            frame.buffer_mut().set_line(0, 0, &left, area.width - wide);
            frame.buffer_mut().set_line(area.width - wide, 0, &right, wide);
            return;
        }
    }
}

/// The project, how large it is, and whether what is shown of it is so.
fn project(app: &App, look: &Look<'_>, has_counts: bool) -> Vec<Span<'static>> {
    let mut spans =
        vec![look.span(Role::Accent, " flux "), look.span(Role::Text, format!(" {}/", clipped(&app.project, 28)))];
    if let Some(snapshot) = app.snapshot.as_ref().filter(|_| has_counts) {
        let counts =
            format!("   {}  {}", counted(snapshot.file_count(), "file"), counted(snapshot.symbol_count(), "symbol"));
        spans.push(look.span(Role::Dim, counts));
    }
    spans.push(Span::raw("  "));
    spans.extend(liveness(app, look));
    spans
}

/// How much of the right end of the status line is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    All,
    Model,
    Mark,
}

/// What the agent is doing, which model answers, and what it took so far.
fn model(app: &App, look: &Look<'_>, detail: Detail) -> Vec<Span<'static>> {
    let mut spans = phase(app, look);
    if app.model.is_recorded {
        spans.push(look.span(Role::Badge, if detail == Detail::Mark { " recorded " } else { " recorded model " }));
    } else if app.model.is_missing {
        spans.push(look.span(Role::Warn, "no model"));
    } else if app.model.is_silent {
        let name = if detail == Detail::Mark { String::new() } else { clipped(&app.model.name, 30) + ": " };
        spans.push(look.span(Role::Bad, format!("✘ {name}no answer")));
    } else if !app.model.name.is_empty() && detail != Detail::Mark {
        spans.push(look.span(Role::Dim, clipped(&app.model.name, 30)));
    }
    if let Some(session) = app.session.as_ref().filter(|_| detail == Detail::All) {
        let usage = session.usage();
        let tokens = usage.prompt_tokens + usage.completion_tokens;
        if tokens > 0 {
            let about = if usage.estimated { Sign::ESTIMATED.glyph } else { "" };
            spans.push(look.span(Role::Dim, format!("  {about}{} tokens", short_count(tokens))));
        }
        if let Some(cost) = usage.cost {
            let about = if usage.estimated { Sign::ESTIMATED.glyph } else { "" };
            spans.push(look.span(Role::Dim, format!("  {about}${cost:.2}")));
        }
        if matches!(session.phase(), Phase::Thinking | Phase::Working) {
            let (spent, limits) = (session.spent(), session.limits());
            spans.push(look.span(Role::Dim, format!("  turn {}/{}", spent.turn_count, limits.turns_max)));
        }
    }
    spans.push(Span::raw(" "));
    spans
}

fn liveness(app: &App, look: &Look<'_>) -> Vec<Span<'static>> {
    if let (Some((done, total)), None) = (app.progress, &app.snapshot) {
        let text = format!(" indexing {}/{}", grouped(done), grouped(total));
        return vec![look.span(Role::Warn, spinner(app)), look.span(Role::Dim, text)];
    }
    match &app.watcher {
        WatcherHealth::Live if app.snapshot.is_some() => {
            vec![look.span(Role::Good, Sign::LIVE.glyph), look.span(Role::Dim, " live")]
        }
        WatcherHealth::Starting | WatcherHealth::Live => {
            vec![look.span(Role::Dim, format!("{} starting", Sign::NOT_LIVE.glyph))]
        }
        WatcherHealth::Polling { every, .. } => {
            let text = format!(" polling, {} s", every.as_secs_f32());
            vec![look.span(Role::Warn, Sign::POLLING.glyph), look.span(Role::Dim, text)]
        }
        WatcherHealth::Gone => {
            vec![look.span(Role::Warn, format!("{} the folder has gone", Sign::NOT_LIVE.glyph))]
        }
        WatcherHealth::Off(why) => {
            vec![look.span(Role::Warn, format!("{} not live: {}", Sign::NOT_LIVE.glyph, clipped(why, 40)))]
        }
    }
}

fn phase(app: &App, look: &Look<'_>) -> Vec<Span<'static>> {
    let text = match app.phase() {
        Phase::Idle => return Vec::new(),
        Phase::Thinking => match app.session.as_ref().and_then(Session::asks_again_in) {
            Some((seconds, attempt)) => format!("{} asks again in {seconds} s (try {attempt})", spinner(app)),
            None => format!("{} thinking", spinner(app)),
        },
        Phase::Working => format!("{} working", spinner(app)),
        Phase::Asking => "? asks".to_owned(),
        Phase::Reviewing => "◆ review".to_owned(),
    };
    vec![look.span(Role::Accent, text), Span::raw("  ")]
}

/// `1 file`, `12,345 files`
pub(super) fn counted(number: usize, what: &str) -> String {
    format!("{} {what}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// `12,345`
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `12.4k`
fn short_count(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        1_000..1_000_000 => format!("{:.1}k", number as f64 / 1e3),
        _ => format!("{:.1}M", number as f64 / 1e6),
    }
}

/// What the gate says, for whoever does not see the checks.
fn verdict(app: &App, look: &Look<'_>) -> Span<'static> {
    let is_awaited = app.review.as_ref().is_some_and(|review| review.awaited.is_some());
    match app.report() {
        Some(_) if is_awaited => look.span(Role::Accent, "◐"),
        Some(report) if report.blocking().next().is_some() => look.span(Role::Bad, "✘"),
        Some(report) if !report.is_complete() => look.span(Role::Warn, "?"),
        Some(_) => look.span(Role::Good, "✔"),
        None => Span::default(),
    }
}

/// The second row where one pane shows at a time.
pub(super) fn tabs(frame: &mut Frame<'_>, app: &App, look: &Look<'_>) {
    let shown = if app.focus == Pane::Prompt { app.focus_before_prompt } else { app.focus };
    for (at, (pane, column, width)) in app.tabs().into_iter().enumerate() {
        let role = if pane == shown { Role::TitleFocus } else { Role::Dim };
        let spans = vec![
            look.span(Role::Accent, if pane == shown { "▸" } else { " " }),
            look.span(Role::Key, format!("{}", at + 1)),
            look.span(role, format!(" {}{}", app.title(pane), if pane == Pane::Checks { " " } else { "" })),
            if pane == Pane::Checks { verdict(app, look) } else { Span::default() },
        ];
        frame.buffer_mut().set_line(column, 1, &Line::from(spans), width);
    }
    let zoom = KEYS.iter().position(|row| row.action == Action::Zoom).map(|at| look.keymap.keys_of(at));
    if let Some(key) = zoom.and_then(|keys| keys.into_iter().next()).filter(|_| app.is_zoomed) {
        let line = Line::from(vec![look.span(Role::Key, format!(" {key}")), look.span(Role::Dim, " all panes ")]);
        let wide = line.width() as u16;
        let x = frame.area().width.saturating_sub(wide);
        frame.buffer_mut().set_line(x, 1, &line, wide);
    }
}

/// Empties a place for something that lies over the panes.
pub(super) fn cleared(frame: &mut Frame<'_>, look: &Look<'_>, area: Rect) {
    Clear.render(area, frame.buffer_mut());
    frame.buffer_mut().set_style(area, look.style(Role::Surface));
}

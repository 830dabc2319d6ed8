//! The picture of a source file, and of what to do when none is chosen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::app::pane::code::{CodePane, LineMark};
use crate::app::pane::searching::CodeSearch;
use crate::app::{App, Area, NO_MODEL, Pane, Sign};
use crate::gate::Severity;
use crate::index::{LiveFile, SymbolId, SymbolKind};
use crate::text::Span as TextSpan;
use crate::ui::cells::{Styled, clipped, clipped_front, width, wrapped};
use crate::ui::chrome::{Look, counted, of_all, right_title, titled};
use crate::ui::code_lines::{live_line, number_width};
use crate::ui::theme::Role;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, area: Area) {
    let code = &app.code;
    if app.structure.is_nothing_found() && app.focus == Pane::Structure {
        // What was shown before has nothing to do with what is looked for.
        let inside = titled(frame, app, look, Pane::Centre, area, Vec::new());
        message(frame, look, inside, "No file and no symbol matches the filter.");
        return;
    }
    let room = usize::from(area.width).saturating_sub(26);
    let path = code.wanted.as_ref().map(|path| clipped_front(path.as_str(), room)).unwrap_or_default();
    // The corners, the name of the pane, the place in the file, and what parts them.
    let taken = width(&path) + 28;
    let more = vec![look.span(Role::Text, path), Span::raw(" ")];
    let shown = code.file.as_ref().filter(|_| code.wanted.is_some());
    let more = if code.wanted.is_some() { more } else { Vec::new() };
    let inside = titled(frame, app, look, Pane::Centre, area, more);
    // What stands here is the file before, or nothing, until the wanted one is read: a large one takes a while.
    let is_reading = code.error.is_none() && code.wanted.as_ref() != shown.map(|file| &file.path);
    if is_reading && code.wanted.is_some() {
        right_title(frame, area, vec![look.span(Role::Dim, " reading… ")]);
    }
    if let Some(why) = &code.error {
        message(frame, look, inside, why);
        return;
    }
    let Some(file) = shown else {
        welcome(frame, app, look, inside);
        return;
    };
    if !is_reading {
        let line_count = file.lines.line_count() as usize;
        let last = (code.top + usize::from(inside.height)).min(line_count);
        let place = format!(" {}–{last}/{line_count} ", (code.top + 1).min(line_count));
        let selected = code.selection.last().map_or(0, |span| {
            let line_of = |at: u32| file.lines.line(at as usize);
            line_of(span.end.saturating_sub(1)) + 1 - line_of(span.start)
        });
        let said =
            if selected == 0 { String::new() } else { format!(" {} selected ", counted(selected as usize, "line")) };
        right_title(
            frame,
            area,
            vec![
                look.span(Role::Bad, fault(file, usize::from(area.width).saturating_sub(taken))),
                look.span(Role::Accent, said),
                look.span(Role::Faint, place),
            ],
        );
    }
    let issues = app.report().map_or_else(Vec::new, |report| {
        let of_file = report.issues.iter().filter(|issue| issue.path == file.path);
        of_file.map(|issue| (issue.line, issue.severity)).collect()
    });
    let has_focus = app.focus == Pane::Centre && app.overlay.is_none();
    lines(frame, look, &Shown { code, file, issues: &issues, has_focus, has_cursor: has_focus }, inside);
    search_row(frame, look, code, area);
}

/// What the parser says of the first line that it could not read.
fn fault(file: &LiveFile, columns: usize) -> String {
    let Some(first) = file.structure.faults.first() else { return String::new() };
    let text = format!(" ✘ {}: {}", first.line, first.message.trim_end_matches('.'));
    clipped(&text, columns) + " "
}

/// What is shown of a file, and what is told beside it.
struct Shown<'a> {
    code: &'a CodePane,
    file: &'a LiveFile,
    issues: &'a [(u32, Severity)],
    has_focus: bool,
    /// The line of the cursor stands out.
    has_cursor: bool,
}

/// What is looked for, in the lower border.
fn search_row(frame: &mut Frame<'_>, look: &Look<'_>, code: &CodePane, area: Area) {
    let Some(search) = &code.search else { return };
    let cursor = if search.is_typing { "▏" } else { "" };
    let query = clipped(&search.query, usize::from(area.width).saturating_sub(22));
    let (role, place) = match (search.matches.len(), search.query.is_empty()) {
        (_, true) => (Role::Dim, "type what to find".to_owned()),
        (0, false) => (Role::Warn, "no match".to_owned()),
        (count, false) => (Role::Dim, of_all(search.at + 1, count)),
    };
    let line =
        Line::from(vec![look.span(Role::Key, format!(" /{query}{cursor}  ")), look.span(role, format!("{place} "))]);
    // To the right: left stands the title of the pane below.
    let wide = (line.width() as u16).min(area.width.saturating_sub(4));
    frame.buffer_mut().set_line(area.x + area.width - 2 - wide, area.y + area.height - 1, &line, wide);
}

/// The code that a list shows beside what is selected in it.
pub(in crate::ui) fn preview(frame: &mut Frame<'_>, look: &Look<'_>, code: &CodePane, inside: Rect) {
    match (&code.error, &code.file) {
        (Some(why), _) => message(frame, look, inside, why),
        (None, Some(file)) => {
            let has_cursor = code.marked.is_some();
            lines(frame, look, &Shown { code, file, issues: &[], has_focus: false, has_cursor }, inside);
        }
        (None, None) => {}
    }
}

fn lines(frame: &mut Frame<'_>, look: &Look<'_>, shown: &Shown<'_>, inside: Rect) {
    let Shown { code, file, issues, has_focus, has_cursor } = shown;
    let line_count = file.lines.line_count();
    let numbers = number_width(line_count as usize);
    let columns = usize::from(inside.width).saturating_sub(numbers + 3);
    let first = code.top as u32 + 1;
    let in_view = first..first.saturating_add(inside.height.into());
    let faulty: Vec<u32> =
        file.structure.faults.iter().map(|fault| fault.line).filter(|line| in_view.contains(line)).collect();
    let name = if *has_focus { code.name() } else { None };
    for (y, line) in (inside.y..inside.bottom()).zip(first..=line_count) {
        let marked = code.marked.is_some_and(|(first, last)| (first..=last).contains(&line));
        let issue = issues
            .iter()
            .filter(|(at, _)| *at == line)
            .map(|(_, severity)| *severity)
            .max_by_key(|severity| *severity == Severity::Block);
        let change = code.changes.binary_search_by_key(&line, |(line, _)| *line).ok().map(|at| code.changes[at].1);
        let (bar, role) = match (issue, faulty.contains(&line), marked) {
            (Some(Severity::Block), ..) | (None, true, _) => (Sign::FAULT.glyph, Role::Bad),
            (Some(Severity::Warn), ..) => (Sign::DOUBT.glyph, Role::Warn),
            (None, false, true) => (Sign::MARKED.glyph, Role::MarkedLine),
            (None, false, false) => (" ", Role::LineNumber),
        };
        // What would change stands on the other side of the number.
        let (change, change_role) = match change {
            Some(LineMark::Added) => (Sign::LINE_ADDED.glyph, Role::Good),
            Some(LineMark::Changed) => (Sign::LINE_CHANGED.glyph, Role::Changed),
            Some(LineMark::Removed) => (Sign::LINE_REMOVED.glyph, Role::Bad),
            None => (" ", role),
        };
        let number = look.span(role, format!("{line:>numbers$}"));
        let mut spans = vec![look.span(role, bar), number, look.span(change_role, format!("{change} "))];
        let over = overlays(look, code, file, line, name);
        spans.extend(live_line(look, file, line, &over, (code.left, columns)).spans);
        let row = Rect::new(inside.x, y, inside.width, 1);
        let whole = file.lines.line_span(line);
        if code.selection.last().is_some_and(|span| span.start <= whole.start && whole.end <= span.end) {
            frame.buffer_mut().set_style(row, look.style(Role::Selection));
        } else if *has_cursor && line == code.cursor {
            frame.buffer_mut().set_style(row, look.style(Role::SelectionQuiet));
        }
        frame.buffer_mut().set_line(inside.x, y, &Line::from(spans), inside.width);
    }
    // The head of what the cursor is in; where the cursor is out of sight, of what the first row is in.
    let place = if in_view.contains(&code.cursor) { code.cursor } else { first };
    sticky(frame, look, file, (place, first), numbers, inside);
}

/// What lies over the colours of a line: what is selected, what was found, the name that is meant.
fn overlays(look: &Look<'_>, code: &CodePane, file: &LiveFile, line: u32, name: Option<TextSpan>) -> [Vec<Styled>; 3] {
    let whole = file.lines.line_span(line);
    let styled = |span: &TextSpan, role: Role| {
        let within = |at: u32| (at.clamp(whole.start, whole.end) - whole.start) as usize;
        let range = within(span.start)..within(span.end);
        (!range.is_empty()).then(|| (range, look.style(role)))
    };
    let found = code.search.as_ref().map_or(&[][..], |search| search.within(whole.start..whole.end));
    let here = code.search.as_ref().and_then(CodeSearch::current);
    // The one that n goes on from is filled, as it is in the activity.
    let found_style = |span: &TextSpan| match here == Some(*span) {
        true => styled(span, Role::Warn).map(|(range, style)| (range, style.add_modifier(Modifier::REVERSED))),
        false => styled(span, Role::Match),
    };
    [
        code.selection.last().and_then(|span| styled(span, Role::Selection)).into_iter().collect(),
        found.iter().filter_map(found_style).collect(),
        name.and_then(|span| styled(&span, Role::Selection)).into_iter().collect(),
    ]
}

/// When the head of what is shown is scrolled away, it stays in the first row.
fn sticky(
    frame: &mut Frame<'_>,
    look: &Look<'_>,
    file: &LiveFile,
    (place, first): (u32, u32),
    numbers: usize,
    inside: Rect,
) {
    let above = |id: &SymbolId| file.structure.symbol(*id).parent;
    let mut around = std::iter::successors(file.structure.symbol_at(place), above).map(|id| file.structure.symbol(id));
    let Some(symbol) = around.find(|symbol| symbol.line < first && symbol.end_line > first) else { return };
    let keyword = match (symbol.kind, symbol.is_async) {
        (SymbolKind::Class, _) => "class",
        (_, true) => "async def",
        (_, false) => "def",
    };
    let room = usize::from(inside.width).saturating_sub(numbers + 4 + width(keyword));
    let path = symbol.qualname.replace(".<locals>", "").replace('.', " › ");
    let line = Line::from(vec![
        look.span(Role::LineNumber, format!(" {:>numbers$}  ", symbol.line)),
        look.span(Role::Keyword, format!("{keyword} ")),
        look.span(Role::Function, clipped(&path, room)),
        look.span(Role::Dim, clipped(&symbol.signature, room.saturating_sub(width(&path)))),
    ]);
    let row = Rect::new(inside.x, inside.y, inside.width, 1);
    frame.buffer_mut().set_string(row.x, row.y, " ".repeat(row.width.into()), look.style(Role::Surface));
    frame.buffer_mut().set_style(row, look.style(Role::HunkHeading));
    frame.buffer_mut().set_line(row.x, row.y, &line, row.width);
}

fn message(frame: &mut Frame<'_>, look: &Look<'_>, inside: Rect, text: &str) {
    let lines = wrapped(text, usize::from(inside.width).saturating_sub(4));
    for (y, line) in (inside.y + 1..inside.bottom()).zip(lines) {
        frame.buffer_mut().set_line(inside.x + 2, y, &Line::from(look.span(Role::Warn, line)), inside.width);
    }
}

/// What to do next, where nothing is shown yet.
fn welcome(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, inside: Rect) {
    let columns = usize::from(inside.width).saturating_sub(6).min(76);
    let lines = welcome_lines(app, look, (columns, inside.height.into()));
    let x = inside.x + inside.width.saturating_sub(columns as u16) / 2;
    let y = inside.y + inside.height.saturating_sub(lines.len() as u16) / 2;
    for (y, line) in (y..inside.bottom()).zip(lines) {
        frame.buffer_mut().set_line(x, y, &line, columns as u16);
    }
}

/// What flux is, what is missing, and the first keys; where not all of it fits, what is missing and the keys in one line.
pub(in crate::ui) fn welcome_lines(app: &App, look: &Look<'_>, (columns, rows): (usize, usize)) -> Vec<Line<'static>> {
    let has_files = app.snapshot.as_ref().is_none_or(|snapshot| snapshot.file_count() > 0);
    let intro = match (has_files, app.model.is_missing) {
        (true, _) => "The model proposes, the gate checks, you decide. Nothing is written before you accept it.",
        (false, true) => "This folder holds no Python files. Open another one with `flux FOLDER`.",
        (false, false) => {
            "This folder holds no Python files. Open another one with `flux FOLDER`, or let the model write the first."
        }
    };
    let missing = missing(app, look, columns);
    let mut lines = vec![Line::from(look.span(Role::Accent, "flux")), Line::default()];
    lines.extend(wrapped(intro, columns).into_iter().map(|line| Line::from(look.span(Role::Text, line))));
    lines.push(Line::default());
    lines.extend(missing.clone());
    if !missing.is_empty() {
        lines.push(Line::default());
    }
    lines.extend(told(look, &first_keys(app, look, has_files), columns));
    if lines.len() > rows {
        // Where room is short, the space between goes first.
        lines.retain(|line| line.width() > 0);
    }
    if lines.len() <= rows {
        return lines;
    }
    let named = [("prompt", "task"), ("filter", "find"), ("palette", "actions"), ("help", "all keys")];
    let keys = named
        .into_iter()
        .filter(|(name, _)| *name != "prompt" || !app.model.is_missing)
        .flat_map(|(name, text)| [look.span(Role::Key, format!("  {} ", look.key(name))), look.span(Role::Dim, text)]);
    missing.into_iter().chain([Line::from(keys.collect::<Vec<_>>())]).collect()
}

/// What is not there, as sentences: no key mends it.
fn missing(app: &App, look: &Look<'_>, columns: usize) -> Vec<Line<'static>> {
    let no_model = format!("{NO_MODEL}. `flux\u{a0}doctor` says more, `flux\u{a0}demo` needs none");
    let no_python = "no Python environment: what packages offer is not known without a .venv";
    let missing = [(app.model.is_missing, no_model), (!app.has_environment, no_python.to_owned())];
    let lines = missing.into_iter().filter(|(is_missing, _)| *is_missing).flat_map(|(_, text)| {
        let parts = wrapped(&text, columns.saturating_sub(2)).into_iter().enumerate();
        // A name that is cut off could not be set.
        parts.map(|(at, part)| (if at == 0 { Sign::DOUBT.glyph } else { " " }, part.replace('\u{a0}', " ")))
    });
    let line = |(sign, part)| Line::from(vec![look.span(Role::Warn, format!("{sign} ")), look.span(Role::Text, part)]);
    lines.map(line).collect()
}

fn first_keys(app: &App, look: &Look<'_>, has_files: bool) -> Vec<(String, &'static str)> {
    let mut keys: Vec<(String, &str)> = Vec::new();
    if !app.draft.is_empty() && app.focus == Pane::Prompt {
        keys.push((look.key("send").to_owned(), "starts the task that stands in the prompt"));
        keys.push((look.key("leave-prompt").to_owned(), "leaves the prompt for the keys below"));
    } else if !app.model.is_missing {
        keys.push((look.key("prompt").to_owned(), "write a task for the model"));
    }
    if has_files {
        let walk = format!("{} {}", look.key("down"), look.key("up"));
        keys.push((walk, "walk the structure; the source shows here"));
        keys.push((look.key("filter").to_owned(), "find a file or a symbol"));
    }
    keys.push((look.key("help").to_owned(), "all keys"));
    keys
}

/// Keys and what they do.
fn told(look: &Look<'_>, told: &[(String, &str)], columns: usize) -> Vec<Line<'static>> {
    let parts = told.iter().flat_map(|(key, text)| {
        let parts = wrapped(text, columns.saturating_sub(8));
        parts.into_iter().enumerate().map(move |(at, part)| (if at == 0 { &**key } else { "" }, part))
    });
    let line = |(key, part): (&str, String)| {
        Line::from(vec![look.span(Role::Key, format!("{key:>6}  ")), look.span(Role::Dim, part)])
    };
    parts.map(line).collect()
}

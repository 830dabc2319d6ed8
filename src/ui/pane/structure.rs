//! The picture of the tree: only the rows in the window are looked at.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::agent::{Phase, Session};
use crate::app::pane::structure::{FileMark, FoldState, GitState, Node, Row, StructurePane, match_in};
use crate::app::{App, Area, Pane, Sign};
use crate::gate::{Issue, ReadLog, Report, Severity};
use crate::index::{Symbol, SymbolKind};
use crate::text::ProjectPath;
use crate::ui::cells::{clipped, width, wrapped};
use crate::ui::chrome::{Look, grouped, more_title, right_title, spinner, titled};
use crate::ui::theme::Role;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, area: Area) {
    let inside = titled(frame, app, look, Pane::Structure, area, Vec::new());
    let pane = &app.structure;
    more_title(frame, look, area, pane.top, pane.rows.len(), usize::from(inside.height));
    if pane.filtering || !pane.filter.is_empty() {
        let cursor = if pane.filtering { "▏" } else { "" };
        let count = match pane.match_count() {
            _ if pane.filter.is_empty() || pane.is_looking() => String::new(),
            (count, false) => format!("{} ", grouped(count)),
            (count, true) => format!("{}+ ", grouped(count)),
        };
        let room = usize::from(area.width).saturating_sub(18 + width(&count));
        let text = format!(" /{}{cursor} ", clipped(&pane.filter, room));
        right_title(frame, area, vec![look.span(Role::Key, text), look.span(Role::Dim, count)]);
    }
    if pane.rows.is_empty() {
        empty(frame, app, look, inside);
        return;
    }
    let marks = Marks::of(app);
    let in_view = pane.rows.iter().enumerate().skip(pane.top).take(inside.height.into());
    let indents = Indents::of(pane, inside.height.into(), inside.width.into());
    let rows: Vec<(usize, &Row, RowMarks)> = in_view.map(|(at, row)| (at, row, marks.row(look, pane, row))).collect();
    let numbers = rows.iter().map(|(.., row)| width(&row.number.content)).max().unwrap_or(0).max(NUMBER_COLUMNS);
    for (y, (at, row, row_marks)) in (inside.y..).zip(rows) {
        let line = row_line(look, pane, row, row_marks, (inside.width.into(), numbers), indents);
        frame.buffer_mut().set_line(inside.x, y, &line, inside.width);
        if at == pane.selected {
            let role = if app.focus == Pane::Structure { Role::Selection } else { Role::SelectionQuiet };
            frame.buffer_mut().set_style(Rect::new(inside.x, y, inside.width, 1), look.style(role));
        }
    }
}

/// With less room for the deepest name the tree stands closer.
const DEEP_NAME_COLUMNS: usize = 26;
/// With less room for so much of a name in view, too.
const SHOWN_NAME_COLUMNS: usize = 24;
/// What stands before and behind a name at least: folded or not, the kind, marks.
const SIGN_COLUMNS: usize = 7;
/// So many levels keep a column each, whatever becomes of the names; a deeper tree is moved to the left for them.
const KEPT_LEVELS: u16 = 4;

/// How far rows are indented: a deep tree stands closer, and where names would be cut off all the same, it is moved to the
/// left until they fit.
#[derive(Clone, Copy)]
struct Indents {
    step: usize,
    left: usize,
}

impl Indents {
    fn of(pane: &StructurePane, height: usize, columns: usize) -> Self {
        let farthest = |step: usize| {
            let end = |row: &Row| {
                usize::from(row.depth) * step + width(pane.name(row)).min(SHOWN_NAME_COLUMNS) + SIGN_COLUMNS
            };
            pane.rows.iter().skip(pane.top).take(height).map(end).max().unwrap_or(0)
        };
        let is_deep = usize::from(pane.depth_max) * 2 + DEEP_NAME_COLUMNS > columns;
        let step = if is_deep || farthest(2) > columns { 1 } else { 2 };
        let left = if pane.depth_max > KEPT_LEVELS { farthest(step).saturating_sub(columns) } else { 0 };
        Self { step, left }
    }

    fn row(self, row: &Row) -> usize {
        (usize::from(row.depth) * self.step + 1).saturating_sub(self.left).max(1)
    }
}

/// The column of line numbers and counts of hunks is never narrower, so that it stays where it is.
const NUMBER_COLUMNS: usize = 3;

/// What stands at the right end of a row, one under the other.
struct RowMarks {
    /// One cell each; `None`: no row of the project has any, the cell is not there.
    cells: Vec<Span<'static>>,
    /// A line number, or what a proposal does to the file.
    number: Span<'static>,
}

impl RowMarks {
    fn none() -> Self {
        Self { cells: Vec::new(), number: Span::raw("") }
    }

    /// The number is that of a line, and no more than an aid.
    fn is_numbered_only(&self) -> bool {
        self.number.content.bytes().all(|byte| byte.is_ascii_digit())
    }
}

/// What is known of files beside their structure.
struct Marks<'a> {
    report: Option<&'a Report>,
    /// For each issue of the report in which symbol of the proposal it stands; see [`App::symbol_of_issue`].
    owners: Vec<Option<Option<&'a str>>>,
    reads: Option<&'a ReadLog>,
    has_git: bool,
}

impl<'a> Marks<'a> {
    fn of(app: &'a App) -> Self {
        // What was read for a task that is over says nothing of the next one.
        let session = app.session.as_ref().filter(|session| session.phase() != Phase::Idle);
        let reads = session.map(Session::reads).filter(|reads| !reads.files.is_empty());
        let report = app.report();
        // A proposal's issues count lines in its own text, the tree in the one on disk.
        let owners =
            report.map_or(Vec::new(), |report| report.issues.iter().map(|issue| app.symbol_of_issue(issue)).collect());
        Self { report, owners, reads, has_git: !app.structure.git.is_empty() }
    }

    fn row(&self, look: &Look<'_>, pane: &StructurePane, row: &Row) -> RowMarks {
        let empty = || Span::raw(" ");
        let mut cells = Vec::new();
        let (file, symbol) = match &row.node {
            Node::Folder(_) => (None, None),
            Node::File(path) => (Some(path), None),
            Node::Symbol(path, id) => (Some(path), pane.structure(path).map(|structure| structure.symbol(*id))),
            Node::Added(..) => return self.added(look),
        };
        if self.reads.is_some() {
            cells.push(file.and_then(|path| self.read(look, path, symbol)).unwrap_or_else(empty));
        }
        if self.has_git {
            let state = file.filter(|_| symbol.is_none()).and_then(|path| pane.git.get(path));
            cells.push(state.map_or_else(empty, |state| match state {
                GitState::Modified => look.span(Role::Warn, Sign::GIT_MODIFIED.glyph),
                GitState::New => look.span(Role::Good, Sign::GIT_NEW.glyph),
            }));
        }
        cells.push(file.and_then(|path| self.issue(look, pane, path, symbol)).unwrap_or_else(empty));
        let mark = file.and_then(|path| pane.marks.get(path));
        let number = match (symbol, mark) {
            (Some(symbol), Some(mark)) if mark.removed.contains(&*symbol.qualname) => {
                cells.push(look.span(Role::Bad, Sign::REMOVED.glyph));
                look.span(Role::Bad, "gone")
            }
            (Some(symbol), Some(mark)) if mark.symbols.contains(&*symbol.qualname) => {
                cells.push(look.span(Role::Changed, Sign::CHANGED.glyph));
                look.span(Role::LineNumber, symbol.line.to_string())
            }
            (Some(symbol), _) => look.span(Role::LineNumber, symbol.line.to_string()),
            (None, Some(FileMark { created: true, .. })) => look.span(Role::Changed, "new"),
            (None, Some(FileMark { deleted: true, .. })) => look.span(Role::Changed, "gone"),
            (None, Some(mark)) => look.span(Role::Changed, format!("{}{}", Sign::HUNKS.glyph, mark.hunk_count)),
            (None, None) => Span::raw(""),
        };
        if cells.last().is_none_or(|cell| ![Sign::CHANGED.glyph, Sign::REMOVED.glyph].contains(&&*cell.content))
            && !pane.marks.is_empty()
        {
            cells.push(empty());
        }
        RowMarks { cells, number }
    }

    /// Of what is not there yet nothing else is known.
    fn added(&self, look: &Look<'_>) -> RowMarks {
        let before = usize::from(self.reads.is_some()) + usize::from(self.has_git) + 1;
        let mut cells = vec![Span::raw(" "); before];
        cells.push(look.span(Role::Good, Sign::GIT_NEW.glyph));
        RowMarks { cells, number: look.span(Role::Good, "new") }
    }

    fn read(&self, look: &Look<'_>, path: &ProjectPath, symbol: Option<&Symbol>) -> Option<Span<'static>> {
        let state = self.reads?.files.get(path)?;
        let is_read = match symbol {
            None => true,
            Some(symbol) => state.symbols.iter().any(|read| **read == *symbol.qualname),
        };
        is_read.then(|| look.span(Role::Faint, Sign::READ.glyph))
    }

    /// The worst that is known of a file or a symbol.
    fn issue(
        &self,
        look: &Look<'_>,
        pane: &StructurePane,
        path: &ProjectPath,
        symbol: Option<&Symbol>,
    ) -> Option<Span<'static>> {
        let lines =
            symbol.map_or(0..=u32::MAX, |symbol| symbol.decorator_line.unwrap_or(symbol.line)..=symbol.end_line);
        let faults = pane.structure(path).map_or(&[][..], |structure| &structure.faults);
        let issues = self.report.map_or(&[][..], |report| &report.issues);
        let is_here = |(at, issue): &(usize, &Issue)| {
            let owner = self.owners.get(*at).copied().flatten();
            issue.path == *path
                && match (symbol, owner) {
                    (None, _) => true,
                    (Some(_), None) => lines.contains(&issue.line),
                    (Some(symbol), Some(owner)) => owner
                        .and_then(|owner| owner.strip_prefix(&*symbol.qualname))
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
                }
        };
        let mut issues = issues.iter().enumerate().filter(is_here).peekable();
        let warns = issues.peek().is_some();
        let blocks = issues.any(|(_, issue)| issue.severity == Severity::Block);
        if blocks || faults.iter().any(|fault| lines.contains(&fault.line)) {
            return Some(look.span(Role::Bad, Sign::FAULT.glyph));
        }
        let is_skipped = symbol.is_none() && pane.skipped(path).is_some();
        (warns || is_skipped).then(|| look.span(Role::Warn, Sign::DOUBT.glyph))
    }
}

fn empty(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, inside: Rect) {
    let text = if app.snapshot.is_none() {
        format!("{} reading the project…", spinner(app))
    } else if !app.structure.filter.is_empty() {
        "Nothing matches. Esc clears the filter.".to_owned()
    } else {
        "No Python files here.".to_owned()
    };
    for (y, line) in (inside.y..inside.bottom()).zip(wrapped(&text, usize::from(inside.width).saturating_sub(2))) {
        frame.buffer_mut().set_line(inside.x + 1, y, &Line::from(look.span(Role::Dim, line)), inside.width);
    }
}

fn row_line(
    look: &Look<'_>,
    pane: &StructurePane,
    row: &Row,
    marks: RowMarks,
    (columns, numbers): (usize, usize),
    indents: Indents,
) -> Line<'static> {
    let fold = match row.fold {
        FoldState::Open => Sign::OPEN.glyph,
        FoldState::Closed => Sign::CLOSED.glyph,
        FoldState::Leaf => " ",
    };
    let mut spans = vec![look.span(Role::Faint, format!("{fold} "))];
    let mut signature = "";
    let mut symbol_of = |kind: SymbolKind| {
        let (glyph, role) = match kind {
            SymbolKind::Class => (Sign::CLASS.glyph, Role::Class),
            SymbolKind::Function | SymbolKind::Method => (Sign::FUNCTION.glyph, Role::Function),
            SymbolKind::Variable => (Sign::VARIABLE.glyph, Role::Constant),
        };
        spans.push(look.span(role, format!("{glyph} ")));
    };
    let name_role = match &row.node {
        Node::Folder(_) => Role::Folder,
        Node::File(_) => Role::File,
        Node::Symbol(path, id) => {
            let Some(structure) = pane.structure(path) else { return Line::default() };
            let symbol = structure.symbol(*id);
            symbol_of(symbol.kind);
            signature = &symbol.signature;
            let is_going = pane.marks.get(path).is_some_and(|mark| mark.removed.contains(&*symbol.qualname));
            if is_going { Role::Dim } else { Role::Text }
        }
        Node::Added(..) => {
            let Some(added) = pane.added(row) else { return Line::default() };
            symbol_of(added.kind);
            signature = &added.signature;
            Role::Good
        }
    };
    // Nothing is held free where nothing stands.
    let is_marked = !marks.number.content.is_empty() || marks.cells.iter().any(|cell| cell.content != " ");
    let (numbers, marks) = if is_marked { (numbers, marks) } else { (0, RowMarks::none()) };
    let signs: usize = spans.iter().map(|span| width(&span.content)).sum();
    let name = pane.name(row);
    let taken = signs + width(name) + marks.cells.len() + 1;
    // A line's number goes before the name does.
    let indent = indents.row(row);
    let numbers = if taken + indent + numbers <= columns || !marks.is_numbered_only() { numbers } else { 0 };
    spans.insert(0, Span::raw(" ".repeat(indent)));
    let room = columns.saturating_sub(indent + signs + marks.cells.len() + numbers + 1);
    let named = named(look, name, room, name_role, &pane.filter);
    let mut left = room - named.iter().map(|span| width(&span.content)).sum::<usize>().min(room);
    spans.extend(named);
    if left > 5 && !signature.is_empty() {
        let signature = clipped(signature, left);
        left -= width(&signature);
        spans.push(look.span(Role::Faint, signature));
    }
    spans.push(Span::raw(" ".repeat(left)));
    spans.extend(marks.cells);
    if numbers > 0 {
        spans.push(Span::raw(" ".repeat(numbers - width(&marks.number.content).min(numbers))));
        spans.push(marks.number);
    }
    Line::from(spans)
}

/// A name with what the filter found in it; what it found in the part that is cut off is marked at the cut.
fn named(look: &Look<'_>, name: &str, columns: usize, role: Role, filter: &str) -> Vec<Span<'static>> {
    let found = match_in(name, &filter.to_lowercase()).filter(|range| !range.is_empty());
    let cut = clipped(name, columns);
    let Some(range) = found else { return vec![look.span(role, cut)] };
    let kept = if cut == name { name.len() } else { cut.len() - '…'.len_utf8().min(cut.len()) };
    let end = if range.end > kept { cut.len() } else { range.end };
    // Where signs stand in for what a terminal would obey, places cannot be told.
    let (Some(before), Some(inner), Some(after)) =
        (cut.get(..range.start.min(kept)), cut.get(range.start.min(kept)..end), cut.get(end..))
    else {
        return vec![look.span(role, cut)];
    };
    vec![look.span(role, before), look.span(Role::Match, inner), look.span(role, after)]
}

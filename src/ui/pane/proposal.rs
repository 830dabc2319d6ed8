//! The picture of a proposal: side by side where there is room, else unified.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::pane::proposal::{Arrangement, FileSides, ProposalPane, ProposalRow, Side};
use crate::app::{App, Area, Decision, Hindrance, HunkKind, Moved, Pane, Review};
use crate::index::SymbolKind;
use crate::text::{DiffRow, ProjectPath, RowKind, WordSpans, word_spans};
use crate::ui::cells::{Styled, clean, clipped_front};
use crate::ui::chrome::{Look, right_title, titled};
use crate::ui::code_lines::{number_width, side_line};
use crate::ui::theme::Role;

/// Of so many hunks that another one needs, the numbers are shown.
const NEEDS_MAX: usize = 5;

/// What is shown of each decision, in the order of [`Decision`].
const DECISIONS: [(&str, Role, &str); 3] =
    [("?", Role::Warn, "open"), ("✔", Role::Good, "accepted"), ("✘", Role::Bad, "rejected")];

pub(super) fn draw(
    frame: &mut Frame<'_>,
    app: &App,
    look: &Look<'_>,
    area: Area,
    review: &Review,
    proposal: &ProposalPane,
) {
    let current = proposal.hunk();
    let mut more = Vec::new();
    if let Some(file) = proposal.file() {
        let room = usize::from(area.width).saturating_sub(46);
        more = vec![look.span(Role::Text, clipped_front(file.path.as_str(), room)), Span::raw(" ")];
    }
    let inside = titled(frame, app, look, Pane::Centre, area, more);
    if let Some(hunk) = current {
        let mut spans = vec![look.span(Role::Accent, format!(" hunk {}/{} ", hunk + 1, review.hunks.len()))];
        spans.push(next_step(look, review));
        right_title(frame, area, spans);
    }
    let picture = Picture { look, review, proposal, current, inside };
    let rows = proposal.rows.iter().enumerate().skip(proposal.top).take(inside.height.into());
    for (y, (at, row)) in (inside.y..).zip(rows) {
        picture.row(frame, y, row);
        if at == proposal.cursor && app.focus == Pane::Centre {
            let mark = look.style(Role::HunkCurrent);
            frame.buffer_mut().set_string(inside.x, y, "▶", mark);
        }
    }
}

/// What is left to do.
fn next_step(look: &Look<'_>, review: &Review) -> Span<'static> {
    let (open, accepted) = (review.count(Decision::Open), review.count(Decision::Accepted));
    match (open, accepted) {
        (0, 0) => look.span(Role::Bad, " all rejected: w ends "),
        (0, _) => match review.hindrance() {
            Some(Hindrance::Blocked(_)) => look.span(Role::Bad, " all decided, blocked "),
            Some(Hindrance::Unjudged) => look.span(Role::Dim, " all decided, judging "),
            Some(Hindrance::NothingAccepted) | None => {
                look.span(Role::Good, format!(" all decided: w writes {accepted} "))
            }
        },
        _ => look.span(Role::Dim, format!(" {open} open ")),
    }
}

struct Picture<'a> {
    look: &'a Look<'a>,
    review: &'a Review,
    proposal: &'a ProposalPane,
    current: Option<usize>,
    inside: Rect,
}

impl Picture<'_> {
    fn row(&self, frame: &mut Frame<'_>, y: u16, row: &ProposalRow) {
        match row {
            ProposalRow::File(file) => self.file_heading(frame, y, *file),
            ProposalRow::Symbol(group) => self.symbol_heading(frame, y, *group),
            ProposalRow::Hunk(hunk) => self.hunk_heading(frame, y, *hunk),
            ProposalRow::Base { hunk, line, left_out } => self.base(frame, y, *hunk, *line, *left_out),
            ProposalRow::Gap { count } => {
                let text = if *count == 1 { "1 unchanged line".to_owned() } else { format!("{count} unchanged lines") };
                self.put(frame, y, vec![self.look.span(Role::Faint, format!("   ⋯ {text}"))]);
            }
            ProposalRow::Line { file, row, hunk } => {
                let Some(file) = self.proposal.files.get(*file) else { return };
                match self.proposal.arrangement {
                    Arrangement::SideBySide => self.side_by_side(frame, y, file, row, *hunk),
                    Arrangement::Unified => self.unified(frame, y, file, row, *hunk),
                }
            }
        }
    }

    fn put(&self, frame: &mut Frame<'_>, y: u16, spans: Vec<Span<'static>>) {
        frame.buffer_mut().set_line(self.inside.x, y, &Line::from(spans), self.inside.width);
    }

    fn ground(&self, frame: &mut Frame<'_>, y: u16, role: Role) {
        let row = Rect::new(self.inside.x, y, self.inside.width, 1);
        frame.buffer_mut().set_style(row, self.look.style(role));
    }

    fn file_heading(&self, frame: &mut Frame<'_>, y: u16, file: usize) {
        let Some(file) = self.proposal.files.get(file) else { return };
        self.ground(frame, y, Role::FileHeading);
        let is_unreadable = self.review.unreadable.contains_key(&file.path);
        let was_there = self.review.hunks.iter().any(|hunk| hunk.path == file.path && hunk.conflict.is_some());
        let what = match (&file.old, &file.new) {
            _ if is_unreadable => "  cannot be read now",
            (None, _) if was_there => "  deleted meanwhile",
            (None, _) => "  new file",
            (_, None) => "  deleted",
            _ => "",
        };
        let (mut added, mut removed) = (0, 0);
        for run in self.review.hunks.iter().filter(|hunk| hunk.path == file.path).flat_map(|hunk| &hunk.runs) {
            added += run.new.len();
            removed += run.old.len();
        }
        let counts = [
            self.look.span(Role::Good, format!("+{added}")),
            Span::raw(" "),
            self.look.span(Role::Bad, format!("−{removed}")),
        ];
        let room = usize::from(self.inside.width).saturating_sub(36);
        let mut spans =
            vec![Span::raw("  "), self.look.span(Role::FileHeading, clipped_front(file.path.as_str(), room))];
        spans.push(self.look.span(Role::Changed, what));
        spans.push(Span::raw("   "));
        spans.extend(counts);
        self.put(frame, y, spans);
        let own = self.review.hunks.iter().enumerate().filter(|(_, hunk)| hunk.path == file.path);
        self.state(frame, y, own.map(|(at, _)| at));
    }

    /// At the right end: how many of these hunks are open, accepted, rejected.
    fn state(&self, frame: &mut Frame<'_>, y: u16, hunks: impl Iterator<Item = usize>) {
        let mut counts = [0; 3];
        for at in hunks {
            counts[self.review.decision(at) as usize] += 1;
        }
        let marks = [DECISIONS[0], DECISIONS[1], DECISIONS[2]];
        let shown = marks.into_iter().zip(counts).filter(|(_, count)| *count > 0);
        let spans = shown.map(|((mark, role, _), count)| self.look.span(role, format!("{mark} {count}  ")));
        let line = Line::from(spans.collect::<Vec<_>>());
        let wide = (line.width() as u16).min(self.inside.width);
        frame.buffer_mut().set_line(self.inside.right() - wide, y, &line, wide);
    }

    fn symbol_heading(&self, frame: &mut Frame<'_>, y: u16, group: usize) {
        let Some(group) = self.proposal.groups.get(group) else { return };
        self.ground(frame, y, Role::HunkHeading);
        let role = if group.kind == SymbolKind::Class { Role::Class } else { Role::Function };
        let room = usize::from(self.inside.width).saturating_sub(40);
        self.put(
            frame,
            y,
            vec![
                Span::raw("  ".repeat(1 + group.depth.min(4))),
                self.look.span(Role::Dim, format!("{} ", group.kind.word())),
                self.look.span(role, clipped_front(&group.qualname, room)),
            ],
        );
        self.state(frame, y, group.hunks.iter().copied());
    }

    fn hunk_heading(&self, frame: &mut Frame<'_>, y: u16, at: usize) {
        self.ground(frame, y, Role::HunkHeading);
        let (mark, role, word) = DECISIONS[self.review.decision(at) as usize];
        let is_current = self.current == Some(at);
        let name_role = if is_current { Role::HunkCurrent } else { Role::HunkHeading };
        let bar = if is_current { "▌" } else { " " };
        let mut spans = vec![
            self.look.span(Role::HunkCurrent, bar),
            Span::raw(" "),
            self.look.span(role, mark),
            self.look.span(name_role, format!(" hunk {}/{}", at + 1, self.review.hunks.len())),
            self.look.span(role, format!("  {word}")),
        ];
        if self.review.is_in_conflict(at) {
            spans.push(self.look.span(Role::Bad, format!(", in conflict ({})", self.sides(at))));
        }
        spans.extend(self.kind(at));
        if let Some(symbol) = self.proposal.symbol_of(at).filter(|_| !self.proposal.is_headed(at)) {
            let room = usize::from(self.inside.width).saturating_sub(54).max(12);
            spans.push(self.look.span(Role::Dim, "  in "));
            spans.push(self.look.span(Role::Function, clipped_front(symbol, room)));
        }
        let hindrances: Vec<Option<usize>> = self.review.hindrances_of(at).collect();
        if hindrances.contains(&None) {
            spans.push(self.look.span(Role::Bad, "  ✘ blocked, see Checks"));
        }
        spans.extend(self.needs(at));
        self.put(frame, y, spans);
    }

    /// What the hunk was recognised as.
    fn kind(&self, at: usize) -> Vec<Span<'static>> {
        let (Some(kind), Some(hunk)) = (self.review.kind(at), self.review.hunks.get(at)) else { return Vec::new() };
        let text = match kind {
            HunkKind::Layout => "  layout only".to_owned(),
            HunkKind::Moved(Moved { is_here, other, differing, .. }) => {
                let way = if *is_here { "from" } else { "to" };
                let place = clipped_front(other.0.as_str(), usize::from(self.inside.width) / 3);
                let number = self.review.hunk_of_key(other).map_or(String::new(), |at| format!(", hunk {}", at + 1));
                let differ = match differing {
                    0 => String::new(),
                    1 => ", 1 line differs".to_owned(),
                    count => format!(", {count} lines differ"),
                };
                let place =
                    if other.0 == hunk.path { number.trim_start_matches(", ").to_owned() } else { place + &number };
                format!("  moved {way} {place}{differ}")
            }
        };
        let mut spans = vec![self.look.span(Role::Accent, text)];
        if self.review.is_folded(hunk) {
            let extent = hunk.extent();
            let count = extent.old.len().max(extent.new.len());
            let lines = if count == 1 { "1 line".to_owned() } else { format!("{count} lines") };
            spans.push(self.look.span(Role::Dim, format!("  ▸ {lines}")));
        }
        spans
    }

    /// Of a line that moved: what differs from the line that it was or became; nothing of any other line.
    fn moved_words(&self, row: &DiffRow, hunk: Option<usize>) -> Option<Vec<Range<usize>>> {
        let HunkKind::Moved(moved) = self.review.kind(hunk?)? else { return None };
        let own = self.review.hunks.get(hunk?)?;
        let side = |path: &ProjectPath, is_new: bool| {
            let file = self.proposal.files.iter().find(|file| file.path == *path)?;
            if is_new { file.new.as_ref() } else { file.old.as_ref() }
        };
        let line = if moved.is_here { row.new_line } else { row.old_line }?;
        let there = side(&moved.other.0, !moved.is_here)?.line(*moved.pairs.get(&line)?);
        let here = side(&own.path, moved.is_here)?.line(line);
        if there.trim() == here.trim() {
            return Some(Vec::new());
        }
        let words = without_indentation(word_spans(there, here), there, here).new;
        (!words.is_empty()).then_some(words)
    }

    /// Which hunks this one needs, each with what was decided on it, and which need it.
    fn needs(&self, at: usize) -> Vec<Span<'static>> {
        let mut spans = Vec::new();
        let is_taken = self.review.decision(at) == Decision::Accepted;
        let needs = self.review.needs_of(at);
        for (nth, needed) in needs.iter().take(NEEDS_MAX).enumerate() {
            let decision = self.review.decision(*needed);
            let (mark, role) = match decision {
                Decision::Accepted => ("✔", Role::Good),
                Decision::Rejected => ("✘", Role::Bad),
                Decision::Open if is_taken => ("?", Role::Bad),
                Decision::Open => ("", Role::Warn),
            };
            let lead = if nth == 0 { "  needs " } else { ", " };
            let is_missing = is_taken && decision != Decision::Accepted;
            spans.push(self.look.span(if is_missing { Role::Bad } else { Role::Dim }, lead));
            spans.push(self.look.span(role, format!("{}{mark}", needed + 1)));
        }
        spans.extend(self.more(needs.len()));
        let needed_by = self.review.needed_by(at);
        if !needed_by.is_empty() {
            let shown: Vec<String> = needed_by.iter().take(NEEDS_MAX).map(|at| (at + 1).to_string()).collect();
            spans.push(self.look.span(Role::Dim, format!("  needed by {}", shown.join(", "))));
            spans.extend(self.more(needed_by.len()));
        }
        spans
    }

    fn more(&self, count: usize) -> Option<Span<'static>> {
        (count > NEEDS_MAX).then(|| self.look.span(Role::Dim, format!(" +{}", count - NEEDS_MAX)))
    }

    /// Which side of a conflict is which, and which one is taken.
    fn sides(&self, at: usize) -> &'static str {
        let change = self.review.hunks.get(at).and_then(|hunk| self.review.change_set.get(&hunk.path));
        let (has_old, has_new) = change.map_or((true, true), |change| (change.old.is_some(), change.new.is_some()));
        match (self.review.decision(at), has_old, has_new) {
            (Decision::Accepted, _, _) => "+ takes the place of −",
            (Decision::Rejected, _, _) => "− stays",
            (Decision::Open, false, _) => "deleted now, + proposed",
            (Decision::Open, _, false) => "− now, proposed: deleted",
            (Decision::Open, _, _) => "− now, + proposed",
        }
    }

    /// What stood there when the proposal was made, and what the two sides below are.
    fn base(&self, frame: &mut Frame<'_>, y: u16, hunk: usize, line: usize, left_out: usize) {
        let Some(conflict) = self.review.hunks.get(hunk).and_then(|hunk| hunk.conflict.as_ref()) else { return };
        let label = if line == 0 { "was:" } else { "" };
        let text = match &conflict.base {
            None => "no file".to_owned(),
            Some(base) if base.is_empty() => "nothing".to_owned(),
            Some(base) => clean(base.lines().nth(line).unwrap_or_default()),
        };
        let mut spans = vec![self.bar(Some(hunk)), self.look.span(Role::Warn, format!(" {label:<5}"))];
        spans.push(self.look.span(Role::Dim, text));
        if left_out > 0 {
            spans.push(self.look.span(Role::Faint, format!("  ⋯ {left_out} more")));
        }
        self.put(frame, y, spans);
    }

    fn bar(&self, hunk: Option<usize>) -> Span<'static> {
        let is_current = hunk.is_some() && hunk == self.current;
        self.look.span(Role::HunkCurrent, if is_current { "▌" } else { " " })
    }

    fn words(&self, file: &FileSides, row: &DiffRow) -> WordSpans {
        match (row.kind, &file.old, row.old_line, &file.new, row.new_line) {
            (RowKind::Changed, Some(old), Some(old_line), Some(new), Some(new_line)) => {
                let (old, new) = (old.line(old_line), new.line(new_line));
                without_indentation(word_spans(old, new), old, new)
            }
            _ => WordSpans::default(),
        }
    }

    fn side_by_side(&self, frame: &mut Frame<'_>, y: u16, file: &FileSides, row: &DiffRow, hunk: Option<usize>) {
        let half = self.inside.width / 2;
        let mut words = self.words(file, row);
        let moved = self.moved_words(row, hunk);
        let is_quiet = moved.as_ref().is_some_and(Vec::is_empty);
        if let Some(moved) = moved {
            *(if row.new_line.is_some() { &mut words.new } else { &mut words.old }) = moved;
        }
        let is_rejected = hunk.is_some_and(|hunk| self.review.decision(hunk) == Decision::Rejected);
        let changes = row.kind != RowKind::Equal;
        let old = Half { side: file.old.as_ref(), line: row.old_line, words: &words.old, sign: '-', is_quiet };
        let new = Half { side: file.new.as_ref(), line: row.new_line, words: &words.new, sign: '+', is_quiet };
        let places = [
            (old, Rect::new(self.inside.x, y, half, 1), Role::Removed, Role::RemovedWord),
            (new, Rect::new(self.inside.x + half, y, self.inside.width - half, 1), Role::Added, Role::AddedWord),
        ];
        for (at, (half, area, row_role, word_role)) in places.into_iter().enumerate() {
            let lead = if at == 0 { self.bar(hunk) } else { self.look.span(Role::Border, "│") };
            self.half(frame, area, &half, changes.then_some((row_role, word_role)), lead, is_rejected && at == 1);
        }
    }

    fn half(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        half: &Half<'_>,
        roles: Option<(Role, Role)>,
        lead: Span<'static>,
        is_rejected: bool,
    ) {
        let Some((side, line)) = half.side.zip(half.line) else {
            frame.buffer_mut().set_line(area.x, area.y, &Line::from(lead), 1);
            if roles.is_some() {
                let filler = "╱".repeat(usize::from(area.width).saturating_sub(1));
                frame.buffer_mut().set_string(area.x + 1, area.y, filler, self.look.style(Role::Filler));
            }
            return;
        };
        let is_plain = is_rejected || half.is_quiet;
        let numbers = number_width(side.lines.len());
        let base = roles.map_or(self.look.style(Role::Text), |(row, _)| {
            self.look.style(Role::Text).patch(if is_plain { Style::default() } else { self.look.style(row) })
        });
        let words: Vec<Styled> = match roles {
            Some((_, word)) if !is_plain => {
                half.words.iter().map(|range| (range.clone(), self.look.style(word))).collect()
            }
            _ => Vec::new(),
        };
        let sign = if roles.is_some() { half.sign } else { ' ' };
        let columns = usize::from(area.width).saturating_sub(numbers + 4);
        if let Some((row, _)) = roles.filter(|_| !is_plain) {
            frame.buffer_mut().set_style(area, self.look.style(row));
        }
        let sign_role = if sign == '+' { Role::Good } else { Role::Bad };
        let mut spans = vec![
            lead,
            self.look.span(Role::LineNumber, format!("{line:>numbers$} ")),
            self.look.span(sign_role, format!("{sign} ")),
        ];
        let mut code = side_line(self.look, side, line, base, &words, (self.proposal.left, columns)).spans;
        if is_rejected {
            let struck = self.look.style(Role::Faint).crossed_out();
            code = code.into_iter().map(|span| Span::styled(span.content, struck)).collect();
        }
        spans.extend(code);
        frame.buffer_mut().set_line(area.x, area.y, &Line::from(spans), area.width);
    }

    fn unified(&self, frame: &mut Frame<'_>, y: u16, file: &FileSides, row: &DiffRow, hunk: Option<usize>) {
        let is_rejected = hunk.is_some_and(|hunk| self.review.decision(hunk) == Decision::Rejected);
        let moved = self.moved_words(row, hunk);
        let is_quiet = moved.as_ref().is_some_and(Vec::is_empty);
        let words = moved.unwrap_or_default();
        let (half, roles) = match row.kind {
            RowKind::Removed => {
                let half = Half { side: file.old.as_ref(), line: row.old_line, words: &words, sign: '-', is_quiet };
                (half, Some((Role::Removed, Role::RemovedWord)))
            }
            RowKind::Added | RowKind::Changed => {
                let half = Half { side: file.new.as_ref(), line: row.new_line, words: &words, sign: '+', is_quiet };
                (half, Some((Role::Added, Role::AddedWord)))
            }
            RowKind::Equal => {
                (Half { side: file.new.as_ref(), line: row.new_line, words: &[], sign: ' ', is_quiet }, None)
            }
        };
        let area = Rect::new(self.inside.x, y, self.inside.width, 1);
        let is_new = row.kind != RowKind::Removed;
        self.half(frame, area, &half, roles, self.bar(hunk), is_rejected && is_new && roles.is_some());
    }
}

/// That a line moved right is seen without marking the room it left.
fn without_indentation(mut words: WordSpans, old: &str, new: &str) -> WordSpans {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let (old_indent, new_indent) = (indent(old), indent(new));
    words.old.retain(|range| range.end > old_indent);
    words.new.retain(|range| range.end > new_indent);
    words
}

/// One line of one side.
struct Half<'a> {
    side: Option<&'a Side>,
    line: Option<u32>,
    words: &'a [Range<usize>],
    sign: char,
    /// The very line stands elsewhere: it needs no reading.
    is_quiet: bool,
}

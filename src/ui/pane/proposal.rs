//! The picture of a proposal: side by side where there is room, else unified.

mod heading;

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::pane::proposal::{Arrangement, FileSides, ProposalPane, ProposalRow, Side};
use crate::app::{App, Area, Decision, Hindrance, HunkKind, Pane, Review};
use crate::text::{DiffRow, ProjectPath, RowKind, WordSpans, word_spans};
use crate::ui::cells::{Styled, clipped_front};
use crate::ui::chrome::{Look, out_of_sight, right_title, titled};
use crate::ui::code_lines::{ink, number_width, side_line};
use crate::ui::theme::Role;

pub(super) fn draw(
    frame: &mut Frame<'_>,
    app: &App,
    look: &Look<'_>,
    area: Area,
    review: &Review,
    proposal: &ProposalPane,
) {
    let current = proposal.hunk();
    let mut right = Vec::new();
    if let Some(hunk) = current {
        right.push(look.span(Role::Accent, format!(" hunk {}/{} ", hunk + 1, review.hunks.len())));
        right.extend(next_step(look, review));
    }
    let rows_shown = usize::from(area.inside().height);
    right.extend(out_of_sight(look, proposal.top, proposal.rows.len().saturating_sub(proposal.top + rows_shown)));
    let mut more = Vec::new();
    if let Some(file) = proposal.file() {
        let room = usize::from(area.width).saturating_sub(Line::from(right.clone()).width() + 15);
        more = vec![look.span(Role::Text, clipped_front(file.path.as_str(), room)), Span::raw(" ")];
    }
    let inside = titled(frame, app, look, Pane::Centre, area, more);
    right_title(frame, area, right);
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

/// What is left to do, and what stands against it.
fn next_step(look: &Look<'_>, review: &Review) -> Vec<Span<'static>> {
    let (open, accepted) = (review.count(Decision::Open), review.count(Decision::Accepted));
    let blocked = review.blocked().map(|_| look.span(Role::Bad, " ✘ blocked "));
    let step = match (open, accepted) {
        (0, 0) => look.span(Role::Bad, format!(" all rejected: {} ends ", look.key("write"))),
        (0, _) if blocked.is_some() => look.span(Role::Dim, " all decided "),
        (0, _) if review.hindrance() == Some(Hindrance::Unjudged) => look.span(Role::Dim, " all decided, judging "),
        (0, _) => look.span(Role::Good, format!(" all decided: {} writes {accepted} ", look.key("write"))),
        _ => look.span(Role::Dim, format!(" {open} open ")),
    };
    [Some(step), blocked].into_iter().flatten().collect()
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

    fn bar(&self, hunk: Option<usize>) -> Span<'static> {
        let is_current = hunk.is_some() && hunk == self.current;
        self.look.span(Role::HunkCurrent, if is_current { "▌" } else { " " })
    }

    fn words(&self, file: &FileSides, row: &DiffRow) -> WordSpans {
        let (old_line, new_line) = match row.kind {
            RowKind::Changed => (row.old_line, row.new_line),
            RowKind::Removed => (row.old_line, row.pair),
            RowKind::Added => (row.pair, row.new_line),
            RowKind::Equal => (None, None),
        };
        match (&file.old, old_line, &file.new, new_line) {
            (Some(old), Some(old_line), Some(new), Some(new_line)) => {
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
        let is_here =
            matches!(hunk.and_then(|hunk| self.review.kind(hunk)), Some(HunkKind::Moved(moved)) if moved.is_here);
        if let Some(moved) = moved {
            *(if is_here { &mut words.new } else { &mut words.old }) = moved;
        }
        let is_rejected = hunk.is_some_and(|hunk| self.review.decision(hunk) == Decision::Rejected);
        let changes = row.kind != RowKind::Equal;
        let old = Half {
            side: file.old.as_ref(),
            line: row.old_line,
            words: &words.old,
            sign: '-',
            is_quiet: is_quiet && !is_here,
        };
        let new = Half {
            side: file.new.as_ref(),
            line: row.new_line,
            words: &words.new,
            sign: '+',
            is_quiet: is_quiet && is_here,
        };
        let places = [
            (old, Rect::new(self.inside.x, y, half, 1), Role::Removed, Role::RemovedWord),
            (new, Rect::new(self.inside.x + half, y, self.inside.width - half, 1), Role::Added, Role::AddedWord),
        ];
        for (at, (half, area, row_role, word_role)) in places.into_iter().enumerate() {
            let lead = if at == 0 { self.bar(hunk) } else { self.look.span(Role::Border, "│") };
            let out = is_rejected.then_some(if at == 1 { Out::Gone } else { Out::Stays });
            self.half(frame, area, &half, changes.then_some((row_role, word_role)), lead, out.filter(|_| changes));
        }
    }

    fn half(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        half: &Half<'_>,
        roles: Option<(Role, Role)>,
        lead: Span<'static>,
        out: Option<Out>,
    ) {
        let Some((side, line)) = half.side.zip(half.line) else {
            frame.buffer_mut().set_line(area.x, area.y, &Line::from(lead), 1);
            if roles.is_some() {
                let filler = "╱".repeat(usize::from(area.width).saturating_sub(1));
                frame.buffer_mut().set_string(area.x + 1, area.y, filler, self.look.style(Role::Filler));
            }
            return;
        };
        let is_plain = out.is_some() || half.is_quiet;
        let numbers = number_width(side.lines.len());
        let base = ink(self.look, roles.map(|(row, _)| row).filter(|_| !is_plain));
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
        let sign_role = match (out, sign) {
            (Some(_), _) => Role::Faint,
            (None, '+') => Role::Good,
            (None, _) => Role::Bad,
        };
        let mut spans = vec![
            lead,
            self.look.span(Role::LineNumber, format!("{line:>numbers$} ")),
            self.look.span(sign_role, format!("{sign} ")),
        ];
        let mut code = side_line(self.look, side, line, base, &words, (self.proposal.left, columns)).spans;
        if out == Some(Out::Gone) {
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
        let words = moved.unwrap_or_else(|| {
            let WordSpans { old, new } = self.words(file, row);
            if row.kind == RowKind::Removed { old } else { new }
        });
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
        let out = if row.kind == RowKind::Removed { Out::Stays } else { Out::Gone };
        self.half(frame, area, &half, roles, self.bar(hunk), roles.and(is_rejected.then_some(out)));
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

/// What a rejected hunk makes of a line: what was there stays, what was proposed is struck out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Out {
    Stays,
    Gone,
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

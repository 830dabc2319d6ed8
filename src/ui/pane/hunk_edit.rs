//! The picture of a hunk while it is edited: its old lines beside it or above it, and what stands around it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::app::pane::proposal::{Arrangement, ProposalPane, Side};
use crate::app::{App, Area, CodeEdit, Pane, Review};
use crate::text::{Hunk, ProjectPath, Run};
use crate::ui::cells::{clipped_front, width, wrapped};
use crate::ui::chrome::{Look, right_title, titled};
use crate::ui::code_lines::{ink, number_width, side_line, typed_line};
use crate::ui::theme::Role;

/// Lines shown of what stands around the hunk.
const CONTEXT_LINES: usize = 3;

pub(super) fn draw(
    frame: &mut Frame<'_>,
    app: &App,
    look: &Look<'_>,
    area: Area,
    (review, proposal): (&Review, &ProposalPane),
    edit: &CodeEdit,
) {
    let at = edit.place(review);
    let hunk = at.and_then(|at| review.hunks.get(at));
    let room = usize::from(area.width).saturating_sub(50);
    let path = hunk.map_or("", |hunk| hunk.path.as_str());
    let named = vec![look.span(Role::Text, clipped_front(path, room)), Span::raw(" ")];
    let inside = titled(frame, app, look, Pane::Centre, area, named);
    let which = at.map_or(String::new(), |at| format!(" {}/{}", at + 1, review.hunks.len()));
    right_title(frame, area, vec![look.span(Role::Accent, format!(" editing hunk{which} "))]);
    let Some(hunk) = hunk else { return };
    let text = above_fault(frame, look, inside, edit);
    Picture { look, proposal, hunk, focused: app.focus == Pane::Centre && app.overlay.is_none() }.draw(frame, text);
}

/// Says why what was typed could not be taken, and gives back the room above that.
pub(super) fn above_fault(frame: &mut Frame<'_>, look: &Look<'_>, inside: Rect, edit: &CodeEdit) -> Rect {
    let faults = edit.fault.as_ref().map_or(Vec::new(), |why| {
        let why = why.trim_end_matches('.');
        wrapped(&format!("{why}. What you typed stands."), usize::from(inside.width).saturating_sub(4))
    });
    let below = (faults.len() as u16).min(inside.height / 3);
    let text = Rect { height: inside.height - below, ..inside };
    for (y, line) in (text.bottom()..inside.bottom()).zip(faults) {
        let mark = if y == text.bottom() { " ✘ " } else { "   " };
        let line = Line::from(vec![look.span(Role::Bad, mark), look.span(Role::Text, line)]);
        frame.buffer_mut().set_line(inside.x, y, &line, inside.width);
    }
    text
}

/// The first line of what is typed that is shown, where so many rows are there for it.
pub(super) fn first_typed(look: &Look<'_>, rows: usize) -> usize {
    let (row, _) = look.editor.cursor();
    let last = look.editor.lines().len().max(rows) - rows;
    let top = look.editor.top.get().clamp((row + 1).saturating_sub(rows), row).min(last);
    look.editor.top.set(top);
    top
}

struct Picture<'a> {
    look: &'a Look<'a>,
    proposal: &'a ProposalPane,
    hunk: &'a Hunk,
    focused: bool,
}

impl Picture<'_> {
    fn draw(&self, frame: &mut Frame<'_>, inside: Rect) {
        let Some(file) = self.proposal.files.iter().find(|file| file.path == self.hunk.path) else { return };
        let Run { old, new } = self.hunk.extent();
        let is_split = self.proposal.arrangement == Arrangement::SideBySide;
        let half = if is_split { inside.width / 2 } else { 0 };
        let left = Rect { width: half, ..inside };
        let right = Rect { x: inside.x + half, width: inside.width - half, ..inside };
        let height = usize::from(inside.height);
        let before = CONTEXT_LINES.min(new.start as usize).min(height / 7);
        let above = if is_split { 0 } else { old.len().min(height / 3) };
        let count = self.look.editor.lines().len();
        let rows = count.max(if is_split { old.len() } else { 0 }).min(height.saturating_sub(before + above).max(1));
        let top = first_typed(self.look, rows);
        let mut y = inside.y;
        for at in 0..before {
            let back = (before - at) as u32;
            self.context(frame, Rect { y, height: 1, ..left }, file.old.as_ref(), (old.start + 1).checked_sub(back), 0);
            self.context(
                frame,
                Rect { y, height: 1, ..right },
                file.new.as_ref(),
                (new.start + 1).checked_sub(back),
                0,
            );
            y += 1;
        }
        for at in 0..above {
            let more = if at + 1 == above { old.len() - above } else { 0 };
            self.removed(frame, Rect { y, height: 1, ..right }, file.old.as_ref(), old.start + 1 + at as u32, more);
            y += 1;
        }
        for at in top..top + rows {
            if is_split && at < old.len() {
                self.removed(frame, Rect { y, height: 1, ..left }, file.old.as_ref(), old.start + 1 + at as u32, 0);
            }
            if at < count {
                let place = (at, new.start as usize + 1 + at);
                typed(frame, self.look, Rect { y, height: 1, ..right }, place, &self.hunk.path, self.focused);
            }
            y += 1;
        }
        // Below the hunk the lines stand where they will stand once it is taken.
        let grown = count as i64 - new.len() as i64;
        for at in 0..u32::from(inside.bottom().saturating_sub(y)) {
            self.context(frame, Rect { y, height: 1, ..left }, file.old.as_ref(), Some(old.end + 1 + at), 0);
            self.context(frame, Rect { y, height: 1, ..right }, file.new.as_ref(), Some(new.end + 1 + at), grown);
            y += 1;
        }
    }

    fn context(&self, frame: &mut Frame<'_>, area: Rect, side: Option<&Side>, line: Option<u32>, grown: i64) {
        let Some((side, line)) = side.zip(line) else { return };
        if area.width > 0 && line > 0 && line as usize <= side.lines.len() {
            self.line(frame, area, side, (line, i64::from(line) + grown), None);
        }
    }

    fn removed(&self, frame: &mut Frame<'_>, area: Rect, side: Option<&Side>, line: u32, more: usize) {
        let Some(side) = side else { return };
        frame.buffer_mut().set_style(area, self.look.style(Role::Removed));
        self.line(frame, area, side, (line, i64::from(line)), Some((Role::Removed, "- ")));
        if more > 0 {
            let text = format!(" ⋯ {more} more ");
            let x = area.right().saturating_sub(width(&text) as u16);
            frame.buffer_mut().set_span(x, area.y, &self.look.span(Role::Warn, text), area.width);
        }
    }

    fn line(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        side: &Side,
        (line, number): (u32, i64),
        changed: Option<(Role, &'static str)>,
    ) {
        let numbers = number_width(side.lines.len());
        let base = ink(self.look, changed.map(|(role, _)| role));
        let columns = usize::from(area.width).saturating_sub(numbers + 4);
        let mut spans = vec![
            Span::raw(" "),
            self.look.span(Role::LineNumber, format!("{number:>numbers$} ")),
            self.look.span(Role::Bad, changed.map_or("  ", |(_, sign)| sign)),
        ];
        spans.extend(side_line(self.look, side, line, base, &[], (0, columns)).spans);
        frame.buffer_mut().set_line(area.x, area.y, &Line::from(spans), area.width);
    }
}

/// One line of what is typed, with the cursor where it is.
pub(super) fn typed(
    frame: &mut Frame<'_>,
    look: &Look<'_>,
    area: Rect,
    (at, number): (usize, usize),
    path: &ProjectPath,
    focused: bool,
) {
    let text = &look.editor.lines()[at];
    let numbers = number_width(number);
    let columns = usize::from(area.width).saturating_sub(numbers + 4);
    let (row, column) = look.editor.cursor();
    let lead: String = text.chars().take(column).collect();
    let at_column = width(&lead);
    let left = if row == at { (at_column + 2).saturating_sub(columns) } else { 0 };
    frame.buffer_mut().set_style(area, look.style(Role::Added));
    let base = ink(look, Some(Role::Added));
    let mut spans = vec![
        look.span(Role::HunkCurrent, "▌"),
        look.span(Role::LineNumber, format!("{number:>numbers$} ")),
        look.span(Role::Good, "+ "),
    ];
    let live = look.editor.coloured(path);
    spans.extend(typed_line(look, live.as_deref(), text, at, base, (left, columns)).spans);
    frame.buffer_mut().set_line(area.x, area.y, &Line::from(spans), area.width);
    if row == at && focused {
        let x = area.x + (numbers + 4 + at_column - left) as u16;
        if let Some(cell) = frame.buffer_mut().cell_mut((x.min(area.right() - 1), area.y)) {
            cell.modifier.insert(Modifier::REVERSED);
        }
    }
}

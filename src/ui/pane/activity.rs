//! The picture of what the agent does: only what is in sight is laid, and of a text that grows only its last block.

mod entry;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use entry::{Call, LaidEntry};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::agent::{Activity, Outcome};
use crate::app::pane::activity::{ActivityPane, Entry, EntryId, NoteKind};
use crate::app::{Action, App, Area, Pane, Sign};
use crate::ui::cells::{clipped, wrapped};
use crate::ui::chrome::{Look, right_title, spinner, titled};
use crate::ui::syntax;
use crate::ui::theme::Role;

/// What stands where, from frame to frame.
#[derive(Default)]
pub(in crate::ui) struct TranscriptView {
    laid: HashMap<EntryId, LaidEntry>,
    /// Width and colours that the entries were laid with.
    laid_for: u64,
    /// The first line shown, as entry and line of it; nothing: the end is followed.
    top: Option<(EntryId, usize)>,
    /// The newest entry when the end was left.
    left_at: Option<EntryId>,
    scrolled: i64,
    to_end: u64,
    /// What was selected, and whether it was unfolded.
    selected: (Option<EntryId>, bool),
    /// What was searched for.
    sought: String,
}

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, view: &mut TranscriptView, area: Area) {
    let inside = titled(frame, app, look, Pane::Activity, area, Vec::new());
    let mut entries: Vec<(EntryId, Entry<'_>)> = app.activity.newest_first(app.agent_activity()).collect();
    entries.reverse();
    if entries.is_empty() {
        let text = "What the model reads, tries and is refused shows here, line by line.";
        for (y, line) in (inside.y..inside.bottom()).zip(wrapped(text, inside.width.saturating_sub(2).into())) {
            frame.buffer_mut().set_line(inside.x + 1, y, &Line::from(look.span(Role::Faint, line)), inside.width);
        }
        return;
    }
    let mut picture = Picture { app, look, view, entries: &entries, columns: inside.width.saturating_sub(2).into() };
    let height = usize::from(inside.height);
    let top = picture.settle(height);
    let more = picture.new_count();
    let shown = picture.lines_from(top, height);
    for (y, (id, at, line)) in (inside.y..inside.bottom()).zip(shown) {
        frame.buffer_mut().set_line(inside.x + 1, y, &line, inside.width.saturating_sub(1));
        let row = Rect::new(inside.x, y, inside.width, 1);
        if at == 0 && app.focus == Pane::Activity && app.activity.selected == Some(id) {
            frame.buffer_mut().set_style(row, look.style(Role::Selection));
        }
        look.on_press(row, Action::SelectEntry(id));
    }
    let mut right = Vec::new();
    if let Some(search) = &app.activity.search {
        let cursor = if search.is_typing { "▏" } else { "" };
        right.push(look.span(Role::Accent, format!(" /{}{cursor} ", clipped(&search.query, 30))));
        if !search.query.is_empty() {
            right.push(look.span(Role::Dim, format!("{} of {} ", search.at, search.count)));
        }
    }
    if let Some(count) = more {
        let text = if count == 0 { format!(" {} ", Sign::FOLLOWS.glyph) } else { format!(" ↓ {count} new ") };
        right.push(look.span(if count == 0 { Role::Dim } else { Role::Accent }, text));
    }
    right_title(frame, area, right);
}

struct Picture<'a, 'l> {
    app: &'a App,
    look: &'a Look<'l>,
    view: &'a mut TranscriptView,
    /// Oldest first.
    entries: &'a [(EntryId, Entry<'a>)],
    columns: usize,
}

impl Picture<'_, '_> {
    /// Finds the first line to show: where the view stood, moved by what was scrolled, so that a new selection is in sight.
    fn settle(&mut self, height: usize) -> (usize, usize) {
        let mut hasher = DefaultHasher::new();
        self.columns.hash(&mut hasher);
        syntax::is_ready().hash(&mut hasher);
        for role in [Role::ModelText, Role::Text, Role::Keyword, Role::Accent, Role::Dim] {
            format!("{:?}", self.look.style(role)).hash(&mut hasher);
        }
        let laid_for = hasher.finish();
        if self.view.laid_for != laid_for || self.view.laid.len() > 2 * ActivityPane::ENTRIES_MAX {
            self.view.laid.clear();
            self.view.laid_for = laid_for;
        }
        let activity = &self.app.activity;
        let end = self.end_top(height);
        let place = |id: EntryId| self.entries.iter().position(|(other, _)| *other == id);
        let before = self.view.top.and_then(|(id, line)| Some((place(id)?, line)));
        let mut top = before.map_or(end, |(at, line)| (at, line.min(self.height_of(at).saturating_sub(1))));
        if activity.to_end != self.view.to_end {
            top = end;
        }
        let scrolled = activity.scrolled - self.view.scrolled;
        top = self.moved(top, scrolled);
        let selected = (activity.selected, activity.selected.is_some_and(|id| activity.open.contains(&id)));
        let sought = activity.search.as_ref().map(|search| search.query.to_lowercase()).unwrap_or_default();
        if (selected != self.view.selected || sought != self.view.sought)
            && let Some(at) = activity.selected.and_then(|id| self.entries.iter().position(|(other, _)| *other == id))
        {
            top = self.with_in_sight(top, at, height);
            top = self.with_match_in_sight(top, at, &sought, height);
        }
        self.view.sought = sought;
        top = top.min(end);
        let newest = self.entries.last().map(|(id, _)| *id);
        let view = &mut *self.view;
        (view.to_end, view.scrolled, view.selected) = (activity.to_end, activity.scrolled, selected);
        if top == end && activity.selected.is_none_or(|id| Some(id) == newest) {
            view.top = None;
            view.left_at = None;
        } else {
            view.top = Some((self.entries[top.0].0, top.1));
            view.left_at = view.left_at.or(newest);
        }
        top
    }

    /// How many entries came since the end was left; nothing while it is followed.
    fn new_count(&self) -> Option<usize> {
        let left_at = self.view.left_at?;
        self.view.top?;
        Some(self.entries.iter().rev().take_while(|(id, _)| *id != left_at).count())
    }

    /// The first line of the last page.
    fn end_top(&mut self, height: usize) -> (usize, usize) {
        let mut room = height;
        for at in (0..self.entries.len()).rev() {
            let lines = self.height_of(at);
            if lines >= room {
                return (at, lines - room);
            }
            room -= lines;
        }
        (0, 0)
    }

    fn moved(&mut self, from: (usize, usize), by: i64) -> (usize, usize) {
        let (mut at, mut line) = from;
        let mut left = by.unsigned_abs() as usize;
        while left > 0 {
            let here = self.height_of(at);
            if by > 0 {
                let step = left.min(here.saturating_sub(line + 1));
                line += step;
                left -= step;
                if left > 0 {
                    if at + 1 >= self.entries.len() {
                        break;
                    }
                    (at, line) = (at + 1, 0);
                    left -= 1;
                }
            } else {
                let step = left.min(line);
                line -= step;
                left -= step;
                if left > 0 {
                    if at == 0 {
                        break;
                    }
                    at -= 1;
                    line = self.height_of(at).saturating_sub(1);
                    left -= 1;
                }
            }
        }
        (at, line)
    }

    /// The first line of an entry that holds what is searched for is in sight, where one does.
    fn with_match_in_sight(&mut self, top: (usize, usize), at: usize, sought: &str, height: usize) -> (usize, usize) {
        let holds = |line: &Line<'_>| line.to_string().to_lowercase().contains(sought);
        let found = self.lines_of(at).iter().position(holds).filter(|_| !sought.is_empty());
        let Some(line) = found else { return top };
        let above: usize = (top.0..at).map(|at| self.height_of(at)).sum();
        let is_below = (at, line) >= top && above + line >= top.1 + height;
        if is_below || (at, line) < top { self.moved((at, line), -(height as i64 / 2)) } else { top }
    }

    fn with_in_sight(&mut self, top: (usize, usize), at: usize, height: usize) -> (usize, usize) {
        if (at, 0) < top {
            return (at, 0);
        }
        let own = self.height_of(at);
        let above: usize = (top.0..at).map(|at| self.height_of(at)).sum::<usize>().saturating_sub(top.1);
        if at > top.0 && above + own > height {
            // Its end is seen, or its beginning where it is longer than the pane.
            let back = height.saturating_sub(own) as i64;
            return self.moved((at, 0), -back);
        }
        top
    }

    fn lines_from(&mut self, top: (usize, usize), height: usize) -> Vec<(EntryId, usize, Line<'static>)> {
        let mut shown = Vec::new();
        for at in top.0..self.entries.len() {
            let first = if at == top.0 { top.1 } else { 0 };
            let id = self.entries[at].0;
            let room = height - shown.len();
            let lines = self.lines_of(at).iter().enumerate().skip(first).take(room);
            shown.extend(lines.map(|(line, text)| (id, line, text.clone())));
            if shown.len() >= height {
                break;
            }
        }
        let query = self.app.activity.search.as_ref().map(|search| search.query.to_lowercase());
        if let Some(query) = query.filter(|query| !query.is_empty()) {
            let here = self.look.style(Role::Warn).add_modifier(ratatui::style::Modifier::REVERSED);
            let elsewhere = self.look.style(Role::Match);
            for (id, _, line) in &mut shown {
                let style = if self.app.activity.selected == Some(*id) { here } else { elsewhere };
                *line = marked_matches(line, &query, style);
            }
        }
        shown
    }

    fn height_of(&mut self, at: usize) -> usize {
        self.lines_of(at).len()
    }

    fn lines_of(&mut self, at: usize) -> &[Line<'static>] {
        let (id, entry) = self.entries[at];
        let is_open = self.app.activity.open.contains(&id);
        let key = self.key(id, entry, is_open);
        let known = self.view.laid.remove(&id);
        let laid = match known {
            Some(laid) if laid.key == key => laid,
            known => self.lay(id, entry, is_open, key, known),
        };
        &self.view.laid.entry(id).insert_entry(laid).into_mut().lines
    }

    fn key(&self, id: EntryId, entry: Entry<'_>, is_open: bool) -> u64 {
        let mut hasher = DefaultHasher::new();
        is_open.hash(&mut hasher);
        match entry {
            Entry::Agent(
                Activity::Task(text) | Activity::Said(text) | Activity::Note(text) | Activity::Failure(text),
            ) => {
                ends_of(text).hash(&mut hasher);
            }
            Entry::Agent(Activity::Call { name, summary, arguments, outcome, answer }) => {
                (name, summary, arguments.len(), outcome, ends_of(answer)).hash(&mut hasher);
                if *outcome == Outcome::Running {
                    spinner(self.app).hash(&mut hasher);
                }
                self.app.activity.took_ms(id, self.app.clock_ms).map(|ms| ms / 100).hash(&mut hasher);
            }
            Entry::Own(note) => ends_of(&note.text).hash(&mut hasher),
        }
        hasher.finish()
    }

    fn lay(&self, id: EntryId, entry: Entry<'_>, is_open: bool, key: u64, known: Option<LaidEntry>) -> LaidEntry {
        let (look, columns) = (self.look, self.columns);
        let lines = match entry {
            Entry::Agent(Activity::Said(text)) => return entry::said(look, text, columns, key, known),
            Entry::Agent(Activity::Task(text)) => entry::marked(look, ("›", Role::Task), Role::Task, text, columns),
            Entry::Agent(Activity::Note(text)) => entry::marked(look, ("·", Role::Warn), Role::Dim, text, columns),
            Entry::Agent(Activity::Failure(text)) => entry::marked(look, ("✘", Role::Bad), Role::Bad, text, columns),
            Entry::Agent(Activity::Call { name, summary, outcome, answer, arguments }) => {
                let took = self.app.activity.took_ms(id, self.app.clock_ms);
                let call = Call { name, summary, outcome: *outcome, answer, arguments, took, is_open };
                entry::call(self.app, look, &call, columns)
            }
            Entry::Own(note) if note.kind == NoteKind::Thought => entry::thought(look, &note.text, is_open, columns),
            Entry::Own(note) => {
                let (mark, role) = match note.kind {
                    NoteKind::Failure => ("✘", Role::Bad),
                    NoteKind::Said | NoteKind::Thought => ("·", Role::Accent),
                };
                entry::marked(look, (mark, role), Role::Text, &note.text, columns)
            }
        };
        LaidEntry { key, lines, settled: (0, 0) }
    }
}

/// Enough of a text to know it by: it only ever grows.
fn ends_of(text: &str) -> (usize, &[u8], &[u8]) {
    let bytes = text.as_bytes();
    (bytes.len(), &bytes[..bytes.len().min(24)], &bytes[bytes.len().saturating_sub(24)..])
}

/// A line with every match of a lower-case query in another style.
fn marked_matches(line: &Line<'static>, query: &str, style: Style) -> Line<'static> {
    let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
    let lower = text.to_lowercase();
    // Where lower case takes another room, places cannot be told.
    if lower.len() != text.len() || !lower.contains(query) {
        return line.clone();
    }
    let matches: Vec<std::ops::Range<usize>> = lower.match_indices(query).map(|(at, _)| at..at + query.len()).collect();
    let mut spans = Vec::new();
    let mut at = 0;
    for span in &line.spans {
        let (start, end) = (at, at + span.content.len());
        let mut from = start;
        for found in matches.iter().filter(|found| found.start < end && found.end > start) {
            let (first, last) = (found.start.max(start), found.end.min(end));
            if first > from {
                spans.push(Span::styled(text[from..first].to_owned(), span.style));
            }
            spans.push(Span::styled(text[first..last].to_owned(), style));
            from = last;
        }
        if from < end {
            spans.push(Span::styled(text[from..end].to_owned(), span.style));
        }
        at = end;
    }
    Line::from(spans)
}

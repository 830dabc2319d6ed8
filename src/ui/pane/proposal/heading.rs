//! The headings of a proposal: what a file, a symbol and a hunk are, and what was decided on them.

use ratatui::Frame;
use ratatui::text::{Line, Span};

use super::Picture;
use crate::app::{Decision, HunkKind, Moved, Sign, key_of};
use crate::index::SymbolKind;
use crate::ui::cells::{clean, clipped_front};
use crate::ui::theme::Role;

/// Of so many hunks that another one needs, the numbers are shown.
const NEEDS_MAX: usize = 5;

/// What is shown of each decision, in the order of [`Decision`].
const DECISIONS: [(&str, Role, &str); 3] = [
    (Sign::UNDECIDED.glyph, Role::Warn, "open"),
    (Sign::ACCEPTED.glyph, Role::Good, "accepted"),
    (Sign::REJECTED.glyph, Role::Bad, "rejected"),
];

impl Picture<'_> {
    pub(super) fn file_heading(&self, frame: &mut Frame<'_>, y: u16, file: usize) {
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

    pub(super) fn symbol_heading(&self, frame: &mut Frame<'_>, y: u16, group: usize) {
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

    pub(super) fn hunk_heading(&self, frame: &mut Frame<'_>, y: u16, at: usize) {
        self.ground(frame, y, Role::HunkHeading);
        let (mark, role, word) = DECISIONS[self.review.decision(at) as usize];
        let is_current = self.current == Some(at);
        let name_role = if is_current { Role::HunkCurrent } else { Role::HunkHeading };
        let bar = if is_current { Sign::CURRENT.glyph } else { " " };
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
            let is_whole = self.review.hunks.get(at).is_some_and(|hunk| self.review.widened.contains(&key_of(hunk)));
            spans.push(self.look.span(Role::Dim, if is_whole { "  all of " } else { "  in " }));
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
            HunkKind::Moved(Moved { is_whole, is_here, other, pairs, differing }) => {
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
                let what = if *is_whole { "moved".to_owned() } else { format!("{} lines moved", pairs.len()) };
                format!("  {what} {way} {place}{differ}")
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
            spans.push(self.look.span(
                role,
                format!(
                    "{}{}{mark}",
                    if nth == 0 && !self.review.is_in_conflict(at) { "hunk " } else { "" },
                    needed + 1
                ),
            ));
        }
        spans.extend(self.more(needs.len()));
        let needed_by = self.review.needed_by(at);
        if !needed_by.is_empty() {
            let shown: Vec<String> = needed_by.iter().take(NEEDS_MAX).map(|at| (at + 1).to_string()).collect();
            let (hunks, need) = if shown.len() == 1 { ("hunk", "needs") } else { ("hunks", "need") };
            spans.push(self.look.span(Role::Dim, format!("  {hunks} {}", shown.join(", "))));
            spans.extend(self.more(needed_by.len()));
            spans.push(self.look.span(Role::Dim, format!(" {need} this")));
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
    pub(super) fn base(&self, frame: &mut Frame<'_>, y: u16, hunk: usize, line: usize, left_out: usize) {
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
}

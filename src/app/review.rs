//! A proposal while a person decides on it, hunk by hunk.
//!
//! Invariant: what is written is the very combination that the gate judged last, and it did not block.

mod mending;
mod needing;
mod rebasing;
mod renewing;
mod replacing;
mod shown_lines;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

pub use needing::{Blocked, Unmet};
pub use rebasing::Meanwhile;
pub(super) use renewing::{KeptReview, Renewed};
pub use replacing::EditRefusal;
pub use shown_lines::ShownLine;

use super::{HunkKey, HunkKind};
use crate::agent::JobId;
use crate::gate::{HunkNeed, Issue, Layer, LayerState, Report};
use crate::text::{ChangeSet, Hunk, HunkId, ProjectPath, Run, rows_of_run, select};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Open,
    Accepted,
    Rejected,
}

/// How much of a proposal is decided on at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Hunk,
    /// The class or function that the hunk stands in.
    Symbol,
    File,
    All,
}

/// What the report in [`Review::report`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// The proposal as the agent made it.
    Whole,
    /// So many accepted hunks.
    Accepted(usize),
}

/// Why the accepted hunks cannot be written now.
#[derive(Debug, Clone, PartialEq)]
pub enum Hindrance {
    NothingAccepted,
    /// This combination is still being judged.
    Unjudged,
    /// The gate blocks it.
    Blocked(String),
}

pub struct Review {
    pub change_set: ChangeSet,
    pub hunks: Vec<Hunk>,
    pub decisions: Vec<Decision>,
    pub report: Report,
    /// What was proposed, and what was said of it: its tests are run on that very change set alone.
    proposed: (ChangeSet, Report),
    pub judged: Judged,
    /// The judgement that is awaited; an answer to an older one is dropped.
    pub awaited: Option<JobId>,
    /// The judgement that the report is of.
    judged_by: Option<JobId>,
    /// Which hunk needs which, as far as the gate has found out; the hunks are numbered as they are now.
    pub needs: Vec<HunkNeed>,
    /// The search for needs that is awaited.
    pub needs_awaited: Option<JobId>,
    /// This hunk was to be taken with all that it needs before that was known.
    pub take_when_known: Option<usize>,
    /// `w` was pressed while the judgement was awaited: write as soon as it passes.
    pub write_when_judged: bool,
    /// The accepted hunks were to be written and could not be.
    pub(super) was_refused: bool,
    /// The reading of its files that is awaited.
    pub reread_awaited: Option<JobId>,
    /// The reading of a file that it leaves alone, in which the fix of an issue is to be done.
    pub(super) fix_awaited: Option<(JobId, Issue)>,
    /// Files of it that cannot be read now, with why: nothing of them can be accepted.
    pub unreadable: BTreeMap<ProjectPath, String>,
    /// Files in which a person changed lines of the proposal themselves.
    pub edited: BTreeSet<ProjectPath>,
    /// What was recognised without being read.
    pub kinds: BTreeMap<HunkKey, HunkKind>,
    pub(super) kinds_awaited: Option<JobId>,
    /// Recognised hunks whose lines are shown nevertheless.
    pub unfolded: BTreeSet<HunkKey>,
    /// Hunks around which the whole class or function is shown.
    pub widened: BTreeSet<HunkKey>,
    /// A line that is shown though nothing changes near it.
    pub(super) revealed: Option<(ProjectPath, ShownLine)>,
    /// What each decision replaced, for taking it back.
    pub(super) history: Vec<Before>,
}

/// What a decision, a split or an edit replaced.
pub(super) struct Before {
    change_set: ChangeSet,
    hunks: Vec<Hunk>,
    decisions: Vec<Decision>,
    edited: BTreeSet<ProjectPath>,
}

/// What taking a decision, a split or an edit back changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    Decision,
    /// The hunks are others.
    Cut,
    /// The proposal itself is another one.
    Edit,
}

/// So many lines of a hunk are told to the agent.
const DESCRIBED_LINES_MAX: usize = 40;

/// What a split cuts at.
const PIECES_MAX: usize = 40;

impl Review {
    pub fn new(change_set: ChangeSet, hunks: Vec<Hunk>, report: Report) -> Self {
        let decisions = vec![Decision::Open; hunks.len()];
        Self {
            proposed: (change_set.clone(), report.clone()),
            change_set,
            hunks,
            decisions,
            report,
            judged: Judged::Whole,
            awaited: None,
            judged_by: None,
            needs: Vec::new(),
            needs_awaited: None,
            take_when_known: None,
            write_when_judged: false,
            was_refused: false,
            reread_awaited: None,
            fix_awaited: None,
            unreadable: BTreeMap::new(),
            edited: BTreeSet::new(),
            kinds: BTreeMap::new(),
            kinds_awaited: None,
            unfolded: BTreeSet::new(),
            widened: BTreeSet::new(),
            revealed: None,
            history: Vec::new(),
        }
    }

    pub fn count(&self, decision: Decision) -> usize {
        self.decisions.iter().filter(|other| **other == decision).count()
    }

    pub fn is_in_conflict(&self, hunk: usize) -> bool {
        self.hunks.get(hunk).is_some_and(|hunk| hunk.conflict.is_some())
    }

    pub fn decision(&self, hunk: usize) -> Decision {
        self.decisions.get(hunk).copied().unwrap_or(Decision::Open)
    }

    /// Decides on the hunks for which `which` says yes. False when that changes nothing.
    pub fn decide(&mut self, decision: Decision, which: impl Fn(usize, &Hunk, Decision) -> bool) -> bool {
        let decide = |(at, (hunk, old)): (usize, (&Hunk, &Decision))| {
            if which(at, hunk, *old) { decision } else { *old }
        };
        let decisions: Vec<Decision> = self.hunks.iter().zip(&self.decisions).enumerate().map(decide).collect();
        if decisions == self.decisions {
            return false;
        }
        self.history.push(self.before());
        self.decisions = decisions;
        true
    }

    pub fn can_undo(&self) -> bool {
        !self.history.is_empty()
    }

    /// Takes the last decision, split or edit back.
    pub fn undo(&mut self) -> Option<Undone> {
        let before = self.history.pop()?;
        let undone = match () {
            () if before.change_set != self.change_set => Undone::Edit,
            () if before.hunks != self.hunks => Undone::Cut,
            () => Undone::Decision,
        };
        self.restore(before);
        Some(undone)
    }

    /// Cuts a hunk into smaller ones; they are open again. False when it has no seam.
    pub fn split(&mut self, at: usize) -> bool {
        let Some(hunk) = self.hunks.get(at) else { return false };
        let pieces = self.pieces(hunk);
        if pieces.len() < 2 {
            return false;
        }
        let path = hunk.path.clone();
        self.history.push(self.before());
        let piece = |runs: Vec<Run>| Hunk { id: HunkId(0), path: path.clone(), runs, conflict: None };
        self.decisions.splice(at..=at, pieces.iter().map(|_| Decision::Open));
        self.hunks.splice(at..=at, pieces.into_iter().map(piece));
        for (at, hunk) in self.hunks.iter_mut().enumerate() {
            hunk.id = HunkId(at as u32);
        }
        true
    }

    fn pieces(&self, hunk: &Hunk) -> Vec<Vec<Run>> {
        let Some(change) = self.change_set.get(&hunk.path) else { return Vec::new() };
        if change.old.is_none() || change.new.is_none() || hunk.conflict.is_some() {
            return Vec::new();
        }
        let [run] = hunk.runs.as_slice() else {
            return hunk.runs.iter().map(|run| vec![run.clone()]).collect();
        };
        let mut pieces: Vec<Vec<Run>> = Vec::new();
        if run.old.is_empty() {
            for new in stanzas(change.new_text(), run.new.clone()) {
                pieces.push(vec![Run { old: run.old.clone(), new }]);
            }
        } else if run.new.is_empty() {
            for old in stanzas(change.old_text(), run.old.clone()) {
                pieces.push(vec![Run { old, new: run.new.clone() }]);
            }
        } else if run.old.len() == run.new.len() && run.old.len() <= PIECES_MAX {
            // As they are shown: what stands in one row is taken or left as one.
            pieces.extend(rows_of_run(change, run).into_iter().map(|row| vec![row]));
        }
        pieces
    }

    /// The change set of the accepted hunks alone.
    pub fn selection(&self) -> ChangeSet {
        select(&self.change_set, &self.hunks, |id| self.decision(id.0 as usize) == Decision::Accepted)
    }

    /// Takes in a judgement of the accepted hunks. False when it is stale.
    pub fn take_report(&mut self, job: JobId, report: Report) -> bool {
        if self.awaited != Some(job) {
            return false;
        }
        self.awaited = None;
        self.judged_by = Some(job);
        self.judged = match self.count(Decision::Accepted) {
            // Only the whole is judged where nothing is accepted.
            0 => Judged::Whole,
            count => Judged::Accepted(count),
        };
        let (whole, said) = &self.proposed;
        let is_whole = match self.judged {
            Judged::Whole => self.change_set == *whole,
            Judged::Accepted(_) => self.selection() == *whole,
        };
        self.report = if is_whole { report.with_tests_of(said) } else { report };
        true
    }

    /// Takes in what is known so far of the judgement that is awaited; it stays awaited.
    pub fn take_report_so_far(&mut self, job: JobId, report: Report) {
        if self.awaited == Some(job) {
            self.take_report(job, report);
            self.awaited = Some(job);
        }
    }

    /// Whether the present report is of something else than what is awaited.
    pub fn is_report_stale(&self) -> bool {
        self.awaited.is_some() && self.judged_by != self.awaited
    }

    /// Takes in what the combination of the present report mends.
    pub fn take_mends(&mut self, job: JobId, issues: Vec<Issue>) {
        if self.judged_by == Some(job) {
            self.report.mended = issues;
        }
    }

    /// How the tests of the whole proposal went, where the present report is about something else.
    pub fn tests_of_whole(&self) -> Option<LayerState> {
        let (whole, said) = &self.proposed;
        let is_other = said.tells_of_tests() && !self.report.tells_of_tests();
        // They ran on the files as they were then.
        let has_moved = whole.iter().any(|(path, proposed)| {
            self.change_set.get(path).is_none_or(|now| now.base_hash() != proposed.base_hash())
        });
        let state = if has_moved { LayerState::NotRun } else { said.layers[Layer::Tests as usize].state };
        is_other.then_some(state)
    }

    /// What keeps the accepted hunks from being written.
    pub fn hindrance(&self) -> Option<Hindrance> {
        if self.count(Decision::Accepted) == 0 {
            return Some(Hindrance::NothingAccepted);
        }
        if self.awaited.is_some() || self.judged == Judged::Whole {
            return Some(Hindrance::Unjudged);
        }
        let issue = self.report.blocking().next()?;
        Some(Hindrance::Blocked(self.explain(issue)))
    }

    /// The message of an issue. Where another hunk would mend it, that is the way out.
    pub fn explain(&self, issue: &Issue) -> String {
        match self.unmet_need(issue) {
            Some(need) => {
                format!("Hunk {} needs hunk {}: {}.", need.hunk.0 + 1, need.needs.0 + 1, issue.first_sentence())
            }
            None => issue.message.clone(),
        }
    }

    /// The hunk whose absence brings an issue.
    pub fn needed_for(&self, issue: &Issue) -> Option<usize> {
        self.unmet_need(issue).map(|need| need.needs.0 as usize)
    }

    /// Why the gate does not pass a hunk: the issues that stand in it, each with the hunk that it needs.
    pub fn hindrances_of(&self, hunk: usize) -> impl Iterator<Item = Option<usize>> {
        let own = self.report.blocking().filter(move |issue| self.hunk_of(issue) == Some(hunk));
        own.map(|issue| self.needed_for(issue))
    }

    fn counts(&self, hunk: usize) -> bool {
        match self.judged {
            Judged::Whole => true,
            Judged::Accepted(_) => self.decision(hunk) == Decision::Accepted,
        }
    }

    /// The hunk that holds a line of a file as it would be, from 1.
    pub fn hunk_at(&self, path: &ProjectPath, line: u32) -> Option<usize> {
        let holds = |hunk: &Hunk| hunk.path == *path && hunk.runs.iter().any(|run| run.new.contains(&(line - 1)));
        self.hunks.iter().position(holds)
    }

    /// The hunk in which an issue of the present report stands.
    pub fn hunk_of(&self, issue: &Issue) -> Option<usize> {
        let wanted = i64::from(issue.line) - 1;
        let mut shift = 0;
        for (at, hunk) in self.hunks.iter().enumerate().filter(|(_, hunk)| hunk.path == issue.path) {
            if !self.counts(at) {
                continue;
            }
            for run in &hunk.runs {
                let start = i64::from(run.old.start) + shift;
                let end = start + run.new.len() as i64;
                if wanted >= start && wanted < end.max(start + 1) {
                    return Some(at);
                }
                shift += run.new.len() as i64 - run.old.len() as i64;
            }
        }
        None
    }

    /// The need that is not met and so brings the issue: of the hunk that it stands in, or else of one that takes away what
    /// other code relies on.
    pub(super) fn unmet_need(&self, issue: &Issue) -> Option<&HunkNeed> {
        let stands_in = self.hunk_of(issue);
        let is_unmet = |need: &&HunkNeed| self.counts(need.hunk.0 as usize) && !self.counts(need.needs.0 as usize);
        let is_same = |need: &&HunkNeed| need.issue.is_same_as(issue);
        let mut unmet = self.needs.iter().filter(is_unmet);
        unmet.clone().find(is_same).or_else(|| unmet.find(|need| Some(need.hunk.0 as usize) == stands_in))
    }

    /// What the agent is told of a hunk: the file, the lines of its old text, and what would have become of them.
    pub fn describe(&self, hunk: &Hunk) -> String {
        let extent = hunk.extent();
        let place = match (extent.old.start + 1, extent.old.end) {
            (first, last) if last < first => format!("after line {last}"),
            (first, last) if last == first => format!("line {last}"),
            (first, last) => format!("lines {first}–{last}"),
        };
        let mut told = format!("{} {place}:", hunk.path);
        let Some(change) = self.change_set.get(&hunk.path) else { return told };
        let sides = [('-', change.old_text()), ('+', change.new_text())];
        let all = sides.map(|(mark, text)| (mark, text.split_inclusive('\n').collect::<Vec<_>>()));
        let mut lines = Vec::new();
        for run in &hunk.runs {
            for ((mark, all), range) in all.iter().zip([&run.old, &run.new]) {
                let shown = all.iter().take(range.end as usize).skip(range.start as usize);
                lines.extend(shown.map(|line| format!("\n{mark}{}", line.trim_end_matches(['\n', '\r']))));
            }
        }
        let more = lines.len().saturating_sub(DESCRIBED_LINES_MAX);
        told.extend(lines.into_iter().take(DESCRIBED_LINES_MAX));
        if more > 0 {
            told.push_str(&format!("\n… {more} more lines"));
        }
        told
    }
}

/// Cuts a range of lines behind blank lines: before those that stand farthest left, so that functions stay whole.
fn stanzas(text: &str, range: Range<u32>) -> Vec<Range<u32>> {
    let mut seams: Vec<(u32, usize)> = Vec::new();
    let mut was_blank = false;
    for (line, code) in (0..).zip(text.split_inclusive('\n')).skip(range.start as usize).take(range.len()) {
        let is_blank = code.trim().is_empty();
        if was_blank && !is_blank && line > range.start {
            seams.push((line, code.len() - code.trim_start().len()));
        }
        was_blank = is_blank;
    }
    let leftmost = seams.iter().map(|(_, indent)| *indent).min().unwrap_or(0);
    seams.retain(|(_, indent)| *indent == leftmost);
    seams.truncate(PIECES_MAX);
    let starts = [range.start].into_iter().chain(seams.iter().map(|(line, _)| *line));
    let ends = seams.iter().map(|(line, _)| *line).chain([range.end]);
    starts.zip(ends).map(|(start, end)| start..end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_behind_blank_lines() {
        assert_eq!(stanzas("a\n\n\nb\nc\n\nd\n", 0..7), [0..3, 3..6, 6..7]);
        assert_eq!(stanzas("def f():\n    a\n\n    b\n\n\ndef g():\n    c\n", 0..8), [0..6, 6..8]);
        assert_eq!(stanzas("a\nb\n", 0..2).len(), 1);
    }
}

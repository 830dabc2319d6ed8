//! A proposal that the person wants changed: as they say, or one hunk of it and nothing else.
//!
//! Invariants: of one hunk only the lines change until it is proposed again; however the work ends, a proposal is under review
//! again: the new one, or the one from before.

use std::ops::Range;

use super::{Need, Phase, ReviewOutcome, Session, Task, Work};
use crate::agent::Activity;
use crate::gate::Report;
use crate::text::{ChangeSet, ProjectPath};

/// A proposal that goes back to the model while what the person decided on it is kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Revision {
    /// The proposal as it is shown, without what is in conflict and not taken.
    pub pending: ChangeSet,
    /// The only hunk that is to be changed; `None`: whatever the comment asks for.
    pub hunk: Option<HunkLines>,
    pub comment: String,
    /// What was decided so far, for the model: each hunk's place, and of the rejected ones the lines.
    pub accepted: Vec<String>,
    pub rejected: Vec<String>,
}

/// Where a hunk stands in the new text of a change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HunkLines {
    pub path: ProjectPath,
    /// From 0, the last one excluded; none where it only takes lines away.
    pub lines: Range<u32>,
}

/// Most lines of a hunk that the model is shown; it can read the rest.
const SHOWN_LINES: usize = 60;

impl Session {
    /// Whether a proposal is being changed, as the person wants it.
    pub fn is_revising(&self) -> bool {
        self.revision.is_some()
    }

    pub(super) fn on_revise(&mut self, revision: Revision) -> Vec<Need> {
        if self.phase != Phase::Reviewing {
            return Vec::new();
        }
        let (decided, comment) = (revision.told_decisions(), revision.comment.clone());
        match (&revision.hunk, self.of_person.take()) {
            (Some(hunk), None) if revision.pending.get(&hunk.path).is_some() => {
                self.revision = Some(revision.clone());
                self.revise_hunk(&revision, hunk)
            }
            (Some(_), own) => {
                self.of_person = own;
                Vec::new()
            }
            (None, None) => {
                self.pending = revision.pending.clone();
                self.revision = Some(revision);
                self.revise(&comment, &decided)
            }
            // It becomes the model's, beside what that has pending in other files.
            (None, Some(own)) => {
                self.notes.extend(Some(decided).filter(|told| !told.is_empty()));
                let mut pending = own.pending().clone();
                revision.pending.iter().for_each(|(path, change)| pending.insert(path.clone(), change.clone()));
                self.pending = revision.pending.clone();
                self.revision = Some(Revision { pending, ..revision });
                self.on_operation_reviewed(own, &ReviewOutcome::Rejected { comment })
            }
        }
    }

    fn revise_hunk(&mut self, revision: &Revision, hunk: &HunkLines) -> Vec<Need> {
        let Range { start, end } = hunk.lines;
        let place = told_place(&hunk.path, start, end);
        self.activity.push(Activity::Task(format!("{place}: {}", revision.comment)));
        let text = revision.pending.get(&hunk.path).map_or("", |change| change.new_text());
        let lines: Vec<&str> = text.split_inclusive('\n').skip(start as usize).take((end - start) as usize).collect();
        let shown = lines[..lines.len().min(SHOWN_LINES)].concat();
        let shown = match shown.is_empty() {
            true => "It takes lines away and puts none in their place.".to_owned(),
            false => format!("It reads:\n{}", shown.trim_end_matches('\n')),
        };
        self.learn_of_comment(&hunk.path, &lines.concat(), &revision.comment);
        let moved = self.forget_moved();
        let mut told = format!(
            "The person read your proposal and wants one hunk of it made anew before anything is written: {place}, in your \
             pending text. {shown}\nThe person says of it: {}\nChange this place and nothing else: an edit elsewhere is refused, all \
             other hunks stay as they are. Then call finish again.",
            revision.comment
        );
        if !moved.is_empty() {
            told.push_str(&format!("\n{moved} Your edits lie over it now."));
        }
        self.notes.push(told);
        self.pending = revision.pending.clone();
        self.task = Task::default();
        self.ask()
    }

    /// A proposal that is sent back with words is worked on at once; what is pending stays, to be built on.
    pub(super) fn revise(&mut self, comment: &str, decided: &str) -> Vec<Need> {
        for path in self.pending.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>() {
            self.learn_of_comment(&path, "", comment);
        }
        self.activity.push(Activity::Task(comment.to_owned()));
        let mut told = format!(
            "The person read your proposal and wants it changed before anything is written: {comment}\nYour edits are \
             still pending. Revise them, then call finish again."
        );
        if !decided.is_empty() {
            told.push_str(&format!("\n{decided}"));
        }
        let moved = self.forget_moved();
        if !moved.is_empty() {
            told.push_str(&format!(
                "\n{moved} Your edits lie over it now; those of lines that somebody else changed too were left out: make \
                 them again where they are still wanted."
            ));
        }
        self.notes.push(told);
        self.task = Task::default();
        self.ask()
    }

    /// Why an edit that makes `candidate` of what is pending is not let through while one hunk is made anew.
    pub(super) fn outside_hunk(&self, candidate: &ChangeSet) -> Option<String> {
        let revision = self.revision.as_ref()?;
        let hunk = revision.hunk.as_ref()?;
        let base = &revision.pending;
        let is_other = |path: &&ProjectPath| **path != hunk.path && base.get(path) != candidate.get(path);
        let other = base.iter().chain(candidate.iter()).map(|(path, _)| path).find(is_other);
        let is_within = other.is_none() && hunk.holds(base, candidate);
        if is_within {
            return None;
        }
        let place = told_place(&hunk.path, hunk.lines.start, hunk.end_now(base, &self.pending));
        Some(format!(
            "only {place} is to be changed now: the person wants this hunk made anew and everything else kept as it is. The edit was \
             taken back; nothing changed."
        ))
    }

    /// The proposal is shown again.
    pub(super) fn end_revision(&mut self) {
        if let Some(Revision { hunk: Some(hunk), pending, .. }) = self.revision.take() {
            let made = hunk.made(&pending, &self.pending);
            self.redone_as(&made);
        }
    }

    /// The work on the proposal ended without another: the one from before is shown again.
    pub(super) fn back_to_review(&mut self, revision: Revision) -> Option<Need> {
        if self.pending != revision.pending {
            self.notes.push(
                "Your edits since then were taken back: your proposal is as the person saw it before.".to_owned(),
            );
        }
        self.pending = revision.pending;
        if self.pending.is_empty() {
            return None;
        }
        self.open.clear();
        self.phase = Phase::Reviewing;
        self.work = Work::Nothing;
        let report = self.report.clone().unwrap_or_else(|| Report::new(Vec::new(), [None; 6]));
        Some(Need::Propose(self.pending.clone(), report))
    }
}

impl Revision {
    /// What the model is told of the decisions so far; empty where there are none.
    fn told_decisions(&self) -> String {
        let mut told = Vec::new();
        if !self.accepted.is_empty() {
            let places = self.accepted.join("; ");
            told.push(format!(
                "The person accepted these lines of your pending text; keep them as they are: {places}."
            ));
        }
        if !self.rejected.is_empty() {
            let hunks = self.rejected.join("\n");
            told.push(format!("The person rejected these hunks; as they stand they will not be written:\n{hunks}"));
        }
        told.join("\n")
    }
}

impl HunkLines {
    /// As the model is told of it.
    pub fn told(&self) -> String {
        told_place(&self.path, self.lines.start, self.lines.end)
    }

    /// Whether `candidate` differs from what was proposed within the lines of the hunk alone.
    fn holds(&self, base: &ChangeSet, candidate: &ChangeSet) -> bool {
        let (Some(old), new) = (base.get(&self.path), candidate.get(&self.path)) else { return false };
        let Some(old_text) = &old.new else { return true };
        let text = match new {
            Some(change) if change.base_hash() != old.base_hash() => return false,
            Some(change) => match &change.new {
                Some(text) => text.as_ref(),
                None => return false,
            },
            // As it is on disk.
            None => old.old_text(),
        };
        let (old_lines, lines): (Vec<&str>, Vec<&str>) =
            (old_text.split_inclusive('\n').collect(), text.split_inclusive('\n').collect());
        let (before, behind) = (self.lines.start as usize, old_lines.len() - self.lines.end as usize);
        // What stands before the hunk and behind it is the same.
        lines.len() >= before + behind
            && old_lines[..before] == lines[..before]
            && old_lines[old_lines.len() - behind..] == lines[lines.len() - behind..]
    }

    /// The lines that were made in the place of the hunk.
    fn made(&self, base: &ChangeSet, pending: &ChangeSet) -> String {
        let text = pending.get(&self.path).map_or("", |change| change.new_text());
        let (start, end) = (self.lines.start as usize, self.end_now(base, pending) as usize);
        text.split_inclusive('\n').take(end).skip(start).collect()
    }

    /// Where the hunk ends in what is pending by now.
    fn end_now(&self, base: &ChangeSet, pending: &ChangeSet) -> u32 {
        let count = |change_set: &ChangeSet| {
            change_set.get(&self.path).map_or(0, |change| change.new_text().split_inclusive('\n').count()) as i64
        };
        (i64::from(self.lines.end) + count(pending) - count(base)).max(i64::from(self.lines.start)) as u32
    }
}

fn told_place(path: &ProjectPath, start: u32, end: u32) -> String {
    match end - start {
        0 => format!("'{path}' after line {start}"),
        1 => format!("line {end} of '{path}'"),
        _ => format!("lines {}–{end} of '{path}'", start + 1),
    }
}

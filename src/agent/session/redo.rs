//! One hunk of a proposal that the person wants made anew, while everything else of it stays as it is.
//!
//! Invariants: until it is proposed again, only the lines of that hunk change; however the work on it ends, the proposal is under
//! review again.

use std::ops::Range;

use super::{Need, Phase, Session, Task, Work};
use crate::agent::Activity;
use crate::gate::Report;
use crate::text::{ChangeSet, ProjectPath};

/// A hunk to be made anew.
#[derive(Debug, Clone, PartialEq)]
pub struct HunkRedo {
    /// The proposal as it is shown, without what is in conflict and not taken.
    pub pending: ChangeSet,
    pub path: ProjectPath,
    /// The lines of the hunk in the new text of `pending`, from 0, the last one excluded; none where it only takes lines away.
    pub lines: Range<u32>,
    pub comment: String,
}

/// Most lines of a hunk that the model is shown; it can read the rest.
const SHOWN_LINES: usize = 60;

impl Session {
    /// Whether one hunk is being made anew.
    pub fn is_redoing(&self) -> bool {
        self.redo.is_some()
    }

    pub(super) fn on_redo(&mut self, redo: HunkRedo) -> Vec<Need> {
        if self.phase != Phase::Reviewing || self.of_person.is_some() || redo.pending.get(&redo.path).is_none() {
            return Vec::new();
        }
        let Range { start, end } = redo.lines;
        let place = told_place(&redo.path, start, end);
        self.activity.push(Activity::Task(format!("{place}: {}", redo.comment)));
        let text = redo.pending.get(&redo.path).map_or("", |change| change.new_text());
        let shown: String =
            text.split_inclusive('\n').skip(start as usize).take((end - start) as usize).take(SHOWN_LINES).collect();
        let shown = match shown.is_empty() {
            true => "It takes lines away and puts none in their place.".to_owned(),
            false => format!("It reads:\n{}", shown.trim_end_matches('\n')),
        };
        let lines: String = text.split_inclusive('\n').skip(start as usize).take((end - start) as usize).collect();
        self.learn_of_comment(&redo.path, &lines, &redo.comment);
        let moved = self.forget_moved();
        let mut told = format!(
            "The person read your proposal and wants one hunk of it made anew before anything is written: {place}, in your \
             pending text. {shown}\nThe person says of it: {}\nChange this place and nothing else: an edit elsewhere is refused, all \
             other hunks stay as they are. Then call finish again.",
            redo.comment
        );
        if !moved.is_empty() {
            told.push_str(&format!("\n{moved} Your edits lie over it now."));
        }
        self.notes.push(told);
        self.pending = redo.pending.clone();
        self.redo = Some(redo);
        self.task = Task::default();
        self.ask()
    }

    /// Why an edit that makes `candidate` of what is pending is not let through while one hunk is made anew.
    pub(super) fn outside_redo(&self, candidate: &ChangeSet) -> Option<String> {
        let redo = self.redo.as_ref()?;
        let base = &redo.pending;
        let is_other = |path: &&ProjectPath| **path != redo.path && base.get(path) != candidate.get(path);
        let other = base.iter().chain(candidate.iter()).map(|(path, _)| path).find(is_other);
        let is_within = other.is_none() && redo.holds(candidate);
        if is_within {
            return None;
        }
        let place = told_place(&redo.path, redo.lines.start, redo.end_now(&self.pending));
        Some(format!(
            "only {place} is to be changed now: the person wants this hunk made anew and everything else kept as it is. The edit was \
             taken back; nothing changed."
        ))
    }

    /// The hunk is proposed again.
    pub(super) fn end_redo(&mut self) {
        if let Some(redo) = self.redo.take() {
            let made = redo.made(&self.pending);
            self.redone_as(&made);
        }
    }

    /// The work on the hunk ended without a proposal: the one from before is shown again.
    pub(super) fn back_to_review(&mut self, redo: HunkRedo) -> Need {
        self.pending = redo.pending;
        self.open.clear();
        self.phase = Phase::Reviewing;
        self.work = Work::Nothing;
        let report = self.report.clone().unwrap_or_else(|| Report::new(Vec::new(), [None; 6]));
        Need::Propose(self.pending.clone(), report)
    }
}

impl HunkRedo {
    /// Whether `candidate` differs from what was proposed within the lines of the hunk alone.
    fn holds(&self, candidate: &ChangeSet) -> bool {
        let (Some(old), new) = (self.pending.get(&self.path), candidate.get(&self.path)) else { return false };
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
    fn made(&self, pending: &ChangeSet) -> String {
        let text = pending.get(&self.path).map_or("", |change| change.new_text());
        let (start, end) = (self.lines.start as usize, self.end_now(pending) as usize);
        text.split_inclusive('\n').take(end).skip(start).collect()
    }

    /// Where the hunk ends in what is pending by now.
    fn end_now(&self, pending: &ChangeSet) -> u32 {
        let count = |change_set: &ChangeSet| {
            change_set.get(&self.path).map_or(0, |change| change.new_text().split_inclusive('\n').count()) as i64
        };
        (i64::from(self.lines.end) + count(pending) - count(&self.pending)).max(i64::from(self.lines.start)) as u32
    }
}

fn told_place(path: &ProjectPath, start: u32, end: u32) -> String {
    match end - start {
        0 => format!("'{path}' after line {start}"),
        1 => format!("line {end} of '{path}'"),
        _ => format!("lines {}–{end} of '{path}'", start + 1),
    }
}

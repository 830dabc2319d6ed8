//! The fix of an issue, done in a proposal.
//!
//! Invariant: what no edit of the fix touched is the same afterwards, with its decision.

use std::ops::Range;
use std::sync::Arc;

use super::{Decision, Judged, Review};
use crate::gate::Issue;
use crate::text::{
    ChangeSet, FileChange, FileText, Hunk, HunkId, ProjectPath, Run, apply_edits, hunks_of, runs_between,
};

impl Review {
    /// Makes a file part of the proposal, with the fix of an issue as its hunks: accepted where an accepted combination was judged.
    /// False where the fix changes nothing.
    pub(in crate::app) fn add_fix(&mut self, issue: &Issue, file: &Arc<FileText>) -> bool {
        let edits = issue.fix.as_ref().map_or(&[][..], |fix| &fix.edits);
        let Ok(new) = apply_edits(file.text(), edits) else { return false };
        if new == file.text() || self.change_set.get(&issue.path).is_some() {
            return false;
        }
        let before = self.before();
        let change = FileChange { old: Some(file.clone()), new: Some(new.into()), origin: None };
        let mut one = ChangeSet::default();
        one.insert(issue.path.clone(), change.clone());
        self.change_set.insert(issue.path.clone(), change);
        let decision = if self.judged == Judged::Whole { Decision::Open } else { Decision::Accepted };
        let at = self.hunks.iter().position(|hunk| hunk.path > issue.path).unwrap_or(self.hunks.len());
        let hunks = hunks_of(&one);
        self.decisions.splice(at..at, hunks.iter().map(|_| decision));
        self.hunks.splice(at..at, hunks);
        for (at, hunk) in self.hunks.iter_mut().enumerate() {
            hunk.id = HunkId(at as u32);
        }
        self.edited.insert(issue.path.clone());
        self.history.push(before);
        self.write_when_judged = false;
        true
    }

    /// Makes `new` of the judged text `old` of a file, within the hunks that were judged; where none stands, in one of its own,
    /// which is accepted. Nothing is changed where a line belongs to a hunk that was not judged.
    pub(in crate::app) fn mend(&mut self, path: &ProjectPath, old: &str, new: &str) -> Result<(), String> {
        let Some(change) = self.change_set.get(path).cloned() else {
            return Err(format!("{path} is not part of the proposal."));
        };
        let Some(whole) = change.new.clone() else { return Err(format!("{path} is deleted by the proposal.")) };
        let before = self.before();
        let lines: Vec<&str> = new.split_inclusive('\n').collect();
        let mut text: Vec<String> = whole.split_inclusive('\n').map(str::to_owned).collect();
        // From the last one, so that what stands above keeps its lines.
        for run in runs_between(old, new).into_iter().rev() {
            let made = lines[run.new.start as usize..run.new.end as usize].iter().map(|line| (*line).to_owned());
            let place = self.place_in_whole(path, &run.old);
            let Some(place) = place else {
                self.restore(before);
                return Err("The fix stands in lines that a hunk changes which is not accepted.".to_owned());
            };
            self.put_lines(path, &place, run.new.len() as u32, change.old.is_some());
            text.splice(place.start as usize..place.end as usize, made);
        }
        self.change_set.insert(path.clone(), FileChange { new: Some(text.concat().into()), ..change });
        for (at, hunk) in self.hunks.iter_mut().enumerate() {
            hunk.id = HunkId(at as u32);
        }
        self.edited.insert(path.clone());
        self.history.push(before);
        self.write_when_judged = false;
        Ok(())
    }

    /// The lines from 0 of the whole proposal that stand where lines of the judged text do; nothing where a hunk has them that
    /// was not judged.
    fn place_in_whole(&self, path: &ProjectPath, lines: &Range<u32>) -> Option<Range<u32>> {
        let last = if lines.is_empty() { lines.start } else { lines.end - 1 };
        let is_known = |line: u32| !self.is_of_other_hunk(path, line);
        if !(lines.start..=last).all(is_known) && !lines.is_empty() {
            return None;
        }
        let start = self.line_in_whole(path, lines.start + 1) - 1;
        let end = if lines.is_empty() { start } else { self.line_in_whole(path, last + 1) };
        (end - start == lines.len() as u32).then_some(start..end)
    }

    /// Whether a line of the judged text, from 0, would be changed by a hunk that was not judged.
    fn is_of_other_hunk(&self, path: &ProjectPath, line: u32) -> bool {
        let mut shift = 0_i64;
        for (at, hunk) in self.hunks.iter().enumerate().filter(|(_, hunk)| hunk.path == *path) {
            for run in &hunk.runs {
                let start = i64::from(run.old.start) + shift;
                if self.is_judged(at) {
                    shift += run.new.len() as i64 - run.old.len() as i64;
                } else if (start..start + run.old.len() as i64).contains(&i64::from(line)) {
                    return true;
                }
            }
        }
        false
    }

    /// Has `count` lines stand at `place` of the whole: in the hunk that stands there, else in one of its own.
    fn put_lines(&mut self, path: &ProjectPath, place: &Range<u32>, count: u32, is_edit: bool) {
        let growth = i64::from(count) - (i64::from(place.end) - i64::from(place.start));
        let moved = |line: u32| (i64::from(line) + growth).max(0) as u32;
        let is_here = |run: &Run| place.start <= run.new.end && run.new.start <= place.end;
        let judged: Vec<bool> = (0..self.hunks.len()).map(|at| self.is_judged(at)).collect();
        let own = (0..self.hunks.len()).find(|at| {
            let hunk = &self.hunks[*at];
            judged[*at] && hunk.path == *path && (!is_edit || hunk.runs.iter().any(is_here))
        });
        // How far the lines before the place have moved against the old text.
        let shift: i64 = self
            .hunks
            .iter()
            .filter(|hunk| hunk.path == *path)
            .flat_map(|hunk| &hunk.runs)
            .filter(|run| run.new.end <= place.start && !(run.new.is_empty() && run.new.start == place.start))
            .map(|run| run.new.len() as i64 - run.old.len() as i64)
            .sum();
        let old = |line: u32| (i64::from(line) - shift).max(0) as u32;
        let mut made = Run { old: old(place.start)..old(place.end), new: place.start..place.start + count };
        if let Some(own) = own {
            let hunk = &mut self.hunks[own];
            let (here, mut rest): (Vec<Run>, Vec<Run>) = hunk.runs.drain(..).partition(|run| !is_edit || is_here(run));
            if let (Some(first), Some(last)) = (here.first(), here.last()) {
                let before = first.new.start.saturating_sub(place.start);
                let behind = place.end.saturating_sub(last.new.end);
                let start = first.new.start.min(place.start);
                made = match is_edit {
                    true => Run {
                        old: first.old.start - before..last.old.end + behind,
                        new: start..moved(last.new.end.max(place.end)),
                    },
                    false => Run { old: first.old.clone(), new: first.new.start..moved(last.new.end) },
                };
            }
            let at = rest.iter().position(|run| run.old.start >= made.old.end).unwrap_or(rest.len());
            for run in &mut rest[at..] {
                run.new = moved(run.new.start)..moved(run.new.end);
            }
            rest.insert(at, made);
            hunk.runs = rest;
            self.move_later(path, own + 1, &moved);
            return;
        }
        let is_before = |hunk: &Hunk| {
            hunk.path < *path || (hunk.path == *path && hunk.runs.first().is_some_and(|run| run.new.end <= place.start))
        };
        let at = self.hunks.iter().position(|hunk| !is_before(hunk)).unwrap_or(self.hunks.len());
        self.move_later(path, at, &moved);
        self.hunks.insert(at, Hunk { id: HunkId(0), path: path.clone(), runs: vec![made], conflict: None });
        self.decisions.insert(at, Decision::Accepted);
    }

    fn move_later(&mut self, path: &ProjectPath, from: usize, moved: &impl Fn(u32) -> u32) {
        for hunk in self.hunks[from..].iter_mut().filter(|hunk| hunk.path == *path) {
            for run in &mut hunk.runs {
                run.new = moved(run.new.start)..moved(run.new.end);
            }
        }
    }
}

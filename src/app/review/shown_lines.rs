//! Where a line of the judged text is shown, and where it stands in the whole proposal.

use super::{Decision, Judged, Review};
use crate::app::key_of;
use crate::gate::Issue;
use crate::text::{ProjectPath, Run};

/// A line of a proposal as it is shown, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownLine {
    Old(u32),
    New(u32),
}

impl Review {
    /// Whether a hunk is part of what the present report is about.
    pub(in crate::app) fn is_judged(&self, hunk: usize) -> bool {
        match self.judged {
            Judged::Whole => true,
            Judged::Accepted(_) => self.decision(hunk) == Decision::Accepted,
        }
    }

    /// Where a line of the judged text is shown: where a hunk is not part of what was judged, on the side that stays.
    pub fn shown_line(&self, path: &ProjectPath, line: u32) -> ShownLine {
        if self.change_set.get(path).is_some_and(|change| change.new.is_none()) {
            return ShownLine::Old(line);
        }
        let mut shift = 0_i64;
        for (at, hunk) in self.hunks.iter().enumerate().filter(|(_, hunk)| hunk.path == *path) {
            for run in &hunk.runs {
                let old_line = i64::from(line) - shift;
                let is_here = old_line > i64::from(run.old.start) && old_line <= i64::from(run.old.end);
                match self.is_judged(at) {
                    true => shift += run.new.len() as i64 - run.old.len() as i64,
                    false if is_here => return ShownLine::Old(old_line as u32),
                    false => {}
                }
            }
        }
        ShownLine::New(self.line_in_whole(path, line))
    }

    /// The number that stands before the line of an issue where it is shown.
    pub fn number_of(&self, issue: &Issue) -> u32 {
        match self.shown_line(&issue.path, issue.line) {
            _ if self.change_set.get(&issue.path).is_none() => issue.line,
            ShownLine::Old(line) | ShownLine::New(line) => line,
        }
    }

    /// Has a line shown that is folded or left out.
    pub(in crate::app) fn reveal(&mut self, path: &ProjectPath, line: ShownLine) {
        let holds = |run: &Run| match line {
            ShownLine::Old(line) => run.old.contains(&(line - 1)),
            ShownLine::New(line) => run.new.contains(&(line - 1)),
        };
        let hunk = self.hunks.iter().find(|hunk| hunk.path == *path && hunk.runs.iter().any(holds));
        self.unfolded.extend(hunk.map(key_of));
        self.revealed = Some((path.clone(), line));
    }

    /// The line of the whole proposal that stands at `line` of the judged text; both from 1.
    pub fn line_in_whole(&self, path: &ProjectPath, line: u32) -> u32 {
        let mut judged_shift = 0_i64;
        let mut whole_shift = 0_i64;
        for (at, hunk) in self.hunks.iter().enumerate().filter(|(_, hunk)| hunk.path == *path) {
            for run in &hunk.runs {
                let growth = run.new.len() as i64 - run.old.len() as i64;
                let start = i64::from(run.old.start) + judged_shift;
                let is_judged = self.is_judged(at);
                let len = if is_judged { run.new.len() } else { run.old.len() } as i64;
                if i64::from(line) - 1 < start + len {
                    let line = i64::from(line) - judged_shift + whole_shift;
                    let within = line > i64::from(run.new.start);
                    // What another hunk would change is shown where that hunk stands.
                    let line = if within && !is_judged { i64::from(run.new.start) + 1 } else { line };
                    return line.max(1) as u32;
                }
                judged_shift += if is_judged { growth } else { 0 };
                whole_shift += growth;
            }
        }
        (i64::from(line) - judged_shift + whole_shift).max(1) as u32
    }
}

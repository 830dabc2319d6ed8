//! Which hunk needs which, as a person is shown it, and what goes with a hunk that is taken.
//!
//! Invariant: what is taken with a hunk holds with it all that any of them needs.

use std::collections::BTreeSet;

use super::{Decision, Review};
use crate::agent::JobId;
use crate::app::{HunkKey, HunkKind, key_of};
use crate::gate::HunkNeed;
use crate::text::Hunk;

/// Why what is judged now cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// So many issues.
    pub count: usize,
    /// What the first of them says.
    pub why: String,
    /// It would be gone with another hunk.
    pub unmet: Option<Unmet>,
}

/// A hunk without one that it needs, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmet {
    pub hunk: usize,
    pub needs: usize,
    /// So many hunks it is with all that it needs.
    pub count: usize,
}

impl Review {
    /// Why what was judged last cannot be written; nothing while something else is judged.
    pub fn blocked(&self) -> Option<Blocked> {
        let mut issues = self.report.blocking().filter(|_| self.awaited.is_none());
        let first = issues.next()?;
        let unmet = self.unmet_need(first).map(|need| {
            let hunk = need.hunk.0 as usize;
            Unmet { hunk, needs: need.needs.0 as usize, count: self.with_needs(hunk).len() }
        });
        Some(Blocked { count: 1 + issues.count(), why: first.first_sentence().to_owned(), unmet })
    }

    /// Takes in which hunk needs which. An answer that is stale, or was ended early, changes nothing. True when a hunk
    /// waited for it, to be taken with all it needs.
    pub fn take_needs(&mut self, job: JobId, needs: Option<Vec<HunkNeed>>) -> bool {
        if self.needs_awaited != Some(job) {
            return false;
        }
        self.needs_awaited = None;
        let is_known = needs.is_some();
        self.needs = needs.unwrap_or_default();
        is_known && self.take_when_known.is_some()
    }

    /// The hunks that this one needs itself.
    pub fn needs_of(&self, hunk: usize) -> BTreeSet<usize> {
        let own = self.needs.iter().filter(|need| need.hunk.0 as usize == hunk);
        own.map(|need| need.needs.0 as usize).collect()
    }

    /// The hunks that need this one themselves.
    pub fn needed_by(&self, hunk: usize) -> BTreeSet<usize> {
        let others = self.needs.iter().filter(|need| need.needs.0 as usize == hunk);
        others.map(|need| need.hunk.0 as usize).collect()
    }

    /// The hunk with all that it needs, also by way of others.
    pub fn with_needs(&self, hunk: usize) -> BTreeSet<usize> {
        let mut taken = BTreeSet::from([hunk]);
        let mut waiting = vec![hunk];
        while let Some(hunk) = waiting.pop() {
            waiting.extend(self.needs_of(hunk).into_iter().filter(|needed| taken.insert(*needed)));
        }
        taken
    }

    /// Whether a hunk can be accepted together with others: where somebody typed meanwhile, each place is looked at.
    pub fn is_free(&self, hunk: usize) -> bool {
        self.hunks.get(hunk).is_some_and(|hunk| hunk.conflict.is_none() && !self.unreadable.contains_key(&hunk.path))
    }

    /// What a hunk was recognised as.
    pub fn kind(&self, hunk: usize) -> Option<&HunkKind> {
        self.kinds.get(&key_of(self.hunks.get(hunk)?))
    }

    /// Whether a heading stands for all of a hunk's lines.
    pub fn is_folded(&self, hunk: &Hunk) -> bool {
        // Most proposals have nothing to fold.
        !self.kinds.is_empty() && {
            let key = key_of(hunk);
            self.kinds.get(&key).is_some_and(HunkKind::is_of_all) && !self.unfolded.contains(&key)
        }
    }

    /// The number of the hunk that bears this name.
    pub fn hunk_of_key(&self, key: &HunkKey) -> Option<usize> {
        self.hunks.iter().position(|hunk| hunk.path == key.0 && key_of(hunk) == *key)
    }

    /// The next open hunk behind this one, round the end.
    pub fn next_open(&self, behind: usize) -> Option<usize> {
        let count = self.hunks.len();
        (1..=count).map(|step| (behind + step) % count).find(|at| self.decision(*at) == Decision::Open)
    }
}

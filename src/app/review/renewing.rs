//! A proposal that comes back from the model: all that was decided on what is unchanged goes on.
//!
//! Knows nothing of how the model is held to it. Invariant: a hunk that comes back as another is open.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Decision, Judged, Review};
use crate::agent::{HunkLines, Revision};
use crate::gate::Report;
use crate::text::{ChangeSet, FileChange, Hunk, HunkId, ProjectPath, Run, hunks_of, recut, select};

/// A review that waits for what becomes of its proposal.
pub(in crate::app) struct KeptReview {
    pub(in crate::app) review: Review,
    /// What the agent was given.
    sent: ChangeSet,
    /// The hunk that is to be made anew, and its lines in that.
    hunk: Option<(usize, Range<u32>)>,
}

/// A proposal as it came back, with what was decided before.
pub(in crate::app) struct Renewed {
    pub(in crate::app) review: Review,
    /// The hunk to show.
    pub(in crate::app) first: usize,
    /// Something of it is another than before.
    pub(in crate::app) is_other: bool,
}

impl KeptReview {
    pub(in crate::app) fn new(review: Review, at: Option<usize>) -> Self {
        let sent = taken(&review, at);
        let hunk = at.map(|at| (at, sent_lines(&review, at, at)));
        Self { review, sent, hunk }
    }

    /// What the agent is told.
    pub(in crate::app) fn revision(&self, comment: String) -> Revision {
        let review = &self.review;
        let lines = |at: usize| HunkLines { path: review.hunks[at].path.clone(), lines: sent_lines(review, at, at) };
        let of = |decision: Decision| (0..review.hunks.len()).filter(move |at| review.decision(*at) == decision);
        Revision {
            pending: self.sent.clone(),
            hunk: self.hunk.as_ref().map(|(at, _)| lines(*at)),
            comment,
            accepted: of(Decision::Accepted).map(|at| lines(at).told()).collect(),
            rejected: of(Decision::Rejected).map(|at| review.describe(&review.hunks[at])).collect(),
        }
    }

    /// The review with what became of the proposal.
    pub(in crate::app) fn renewed(self, proposed: &ChangeSet, report: Report) -> Renewed {
        if self.sent == *proposed {
            let open = (0..self.review.hunks.len()).find(|at| self.review.decision(*at) == Decision::Open);
            let first = self.hunk.map(|(at, _)| at).or(open).unwrap_or(0);
            return Renewed { review: judged_as(self.review, report), first, is_other: false };
        }
        let Self { review, sent, hunk } = self;
        let review = match hunk {
            Some((at, lines)) => match with_hunk(review, at, &lines, &sent, proposed) {
                Ok(review) => {
                    return Renewed { review: judged_as(review, report), first: at, is_other: true };
                }
                Err(review) => *review,
            },
            None => review,
        };
        let review = followed(review, proposed, report);
        let first = (0..review.hunks.len()).find(|at| review.decision(*at) == Decision::Open).unwrap_or(0);
        Renewed { review, first, is_other: true }
    }
}

fn judged_as(mut review: Review, report: Report) -> Review {
    review.report = report;
    review.judged = Judged::Whole;
    review.awaited = None;
    review.needs.clear();
    review.history.clear();
    review.write_when_judged = false;
    review
}

/// What the agent is given of a proposal: all but what is in conflict and not taken, with the hunk at hand in any case.
fn taken(review: &Review, at: Option<usize>) -> ChangeSet {
    select(&review.change_set, &review.hunks, |id| is_sent(review, at, id.0 as usize))
}

fn is_sent(review: &Review, at: Option<usize>, hunk: usize) -> bool {
    at == Some(hunk) || !review.is_in_conflict(hunk) || review.decision(hunk) == Decision::Accepted
}

/// The lines of a hunk in what is given to the agent together with `with`.
fn sent_lines(review: &Review, at: usize, with: usize) -> Range<u32> {
    let hunk = &review.hunks[at];
    let earlier = review.hunks[..at].iter().enumerate();
    let earlier = earlier.filter(|(other, earlier)| earlier.path == hunk.path && is_sent(review, Some(with), *other));
    let growth: i64 = earlier.flat_map(|(_, earlier)| &earlier.runs).map(growth).sum();
    let extent = hunk.extent();
    let start = (i64::from(extent.old.start) + growth).max(0) as u32;
    start..start + extent.new.len() as u32
}

/// The review with the one hunk as it was made anew. As it was, where more changed than the hunk.
fn with_hunk(
    mut review: Review,
    at: usize,
    lines: &Range<u32>,
    sent: &ChangeSet,
    proposed: &ChangeSet,
) -> Result<Review, Box<Review>> {
    let path = review.hunks[at].path.clone();
    let is_other = |(other, _): &(&ProjectPath, &FileChange)| **other != path && sent.get(other) != proposed.get(other);
    let (Some(change), Some(given)) = (review.change_set.get(&path).cloned(), sent.get(&path)) else {
        return Err(Box::new(review));
    };
    let is_rebased = proposed.get(&path).is_some_and(|new| new.base_hash() != given.base_hash());
    if is_rebased || sent.iter().chain(proposed.iter()).any(|file| is_other(&file)) {
        return Err(Box::new(review));
    }
    let new = match proposed.get(&path) {
        Some(new) => new.new.clone(),
        None => change.old.as_ref().map(|old| old.shared_text()),
    };
    match (&change.old, &change.new, &new) {
        (Some(_), Some(_), Some(new)) => match cut(new, lines, given.new_text()) {
            Some(made) => review.replace_hunk(at, &change, &made),
            None => return Err(Box::new(review)),
        },
        // It comes or goes as a whole.
        _ => review.replace_file(at, FileChange { new, ..change }),
    }
    Ok(review)
}

/// The lines of `new` that stand where `lines` of `old` stood.
fn cut(new: &str, lines: &Range<u32>, old: &str) -> Option<String> {
    let count = |text: &str| text.split_inclusive('\n').count();
    let behind = count(old).checked_sub(lines.end as usize)?;
    let end = count(new).checked_sub(behind)?;
    let all: Vec<&str> = new.split_inclusive('\n').collect();
    Some(all.get(lines.start as usize..end)?.concat())
}

fn growth(run: &Run) -> i64 {
    run.new.len() as i64 - run.old.len() as i64
}

/// The hunks of one file, each with what was decided on it.
type Decided = Vec<(Hunk, Decision)>;

/// A new proposal, with the decisions on those hunks that are in it as they were.
fn followed(mut review: Review, proposed: &ChangeSet, report: Report) -> Review {
    let moved = proposed.iter().filter(|(path, change)| {
        review.change_set.get(path).is_some_and(|before| before.base_hash() != change.base_hash())
    });
    let readings: Vec<_> = moved.map(|(path, change)| (path.clone(), Ok(change.old.clone()))).collect();
    // Over what the new one was made from, the same hunks are in the same places.
    drop(review.rebase(&readings));
    let sent = taken(&review, None);
    let mut files: BTreeMap<ProjectPath, (FileChange, Decided)> = BTreeMap::new();
    for (path, change) in review.change_set.iter().filter(|(path, _)| sent.get(path) == proposed.get(path)) {
        let own = review.hunks.iter().zip(&review.decisions).filter(|(hunk, _)| hunk.path == *path);
        files.insert(path.clone(), (change.clone(), own.map(|(hunk, decision)| (hunk.clone(), *decision)).collect()));
    }
    for (path, change) in proposed.iter().filter(|(path, _)| sent.get(path) != proposed.get(path)) {
        files.insert(path.clone(), (change.clone(), decided(&review, path, sent.get(path), change)));
    }
    let mut new = Review::new(proposed.clone(), Vec::new(), report);
    for (path, (change, hunks)) in files {
        new.change_set.insert(path, change);
        for (hunk, decision) in hunks {
            new.hunks.push(Hunk { id: HunkId(new.hunks.len() as u32), ..hunk });
            new.decisions.push(decision);
        }
    }
    review.edited.retain(|path| new.change_set.get(path).is_some());
    review.unreadable.retain(|path, _| new.change_set.get(path).is_some());
    new.edited = review.edited;
    new.unreadable = review.unreadable;
    (new.unfolded, new.widened) = (review.unfolded, review.widened);
    new
}

/// The hunks of a file that came back as another, those that are as they were with their decisions.
fn decided(review: &Review, path: &ProjectPath, sent: Option<&FileChange>, change: &FileChange) -> Decided {
    let mut one = ChangeSet::default();
    one.insert(path.clone(), change.clone());
    let is_edit = |change: &FileChange| change.old.is_some() && change.new.is_some();
    let Some(sent) = sent.filter(|sent| is_edit(sent) && is_edit(change)) else {
        return hunks_of(&one).into_iter().map(|hunk| (hunk, Decision::Open)).collect();
    };
    let own: Vec<usize> =
        (0..review.hunks.len()).filter(|at| review.hunks[*at].path == *path && is_sent(review, None, *at)).collect();
    let mut growth_above = 0_i64;
    let mut in_sent = |run: &Run| {
        let start = (i64::from(run.old.start) + growth_above) as u32;
        growth_above += growth(run);
        Run { old: run.old.clone(), new: start..start + run.new.len() as u32 }
    };
    let runs: Vec<Vec<Run>> = own.iter().map(|at| review.hunks[*at].runs.iter().map(&mut in_sent).collect()).collect();
    let runs: Vec<&[Run]> = runs.iter().map(Vec::as_slice).collect();
    let hunks = recut(change.old_text(), &runs, sent.new_text(), change.new_text()).into_iter().map(|hunk| {
        let origin = hunk.origin.map(|at| own[at]).filter(|_| hunk.is_same);
        let decision = origin.map_or(Decision::Open, |at| review.decision(at));
        let conflict = origin.and_then(|at| review.hunks[at].conflict.clone());
        (Hunk { id: HunkId(0), path: path.clone(), runs: hunk.runs, conflict }, decision)
    });
    hunks.collect()
}

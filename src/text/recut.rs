//! The hunks of a file whose new side became another text: those that nobody touched stay the hunks they were.
//!
//! Knows nothing of decisions. Invariant: the runs of what it gives, in order, make the old text the new one.

use std::ops::Range;

use super::Run;
use super::diff::{GAP_LINES, lines_of, runs_of};

/// A hunk of the new cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecutHunk {
    pub runs: Vec<Run>,
    /// Which of the hunks before it was, or is a part of; `None`: nothing stood there.
    pub origin: Option<usize>,
    /// It changes the very lines it changed before, to the very same.
    pub is_same: bool,
}

/// Lays `hunks`, which make `before` of `old`, over `after`. `hunks` are all of the file, in order.
pub fn recut(old: &str, hunks: &[&[Run]], before: &str, after: &str) -> Vec<RecutHunk> {
    let (old, before, after) = (lines_of(old), lines_of(before), lines_of(after));
    let steps = runs_of(&before, &after);
    let runs: Vec<(usize, &Run)> =
        hunks.iter().enumerate().flat_map(|(at, runs)| runs.iter().map(move |run| (at, run))).collect();
    let regions = regions(&steps, &runs);
    let mut is_free = vec![true; runs.len()];
    regions.iter().flat_map(|region| region.runs.clone()).for_each(|at| is_free[at] = false);
    let mut cut: Vec<RecutHunk> = Vec::new();
    let mut first = 0;
    for (at, own) in hunks.iter().enumerate() {
        let kept = own.iter().zip(&is_free[first..]).filter(|(_, is_free)| **is_free);
        let kept = kept.map(|(run, _)| Run { old: run.old.clone(), new: moved(&run.new, &steps) });
        let mut kept: Vec<Run> = kept.collect();
        first += own.len();
        let within = |region: &&Region| match region.runs.clone().next() {
            Some(first) => runs[first].0 == at,
            None => is_within(&region.before, own),
        };
        let mut is_same = kept.len() == own.len();
        for region in regions.iter().filter(within) {
            is_same = false;
            kept.extend(region.made(&steps, &runs, (&old, &after)));
        }
        kept.sort_by_key(|run| (run.old.start, run.new.start));
        if !kept.is_empty() {
            cut.push(RecutHunk { runs: kept, origin: Some(at), is_same });
        }
    }
    for region in regions
        .iter()
        .filter(|region| region.runs.is_empty() && !hunks.iter().any(|own| is_within(&region.before, own)))
    {
        let made = region.made(&steps, &runs, (&old, &after));
        cut.extend((!made.is_empty()).then_some(RecutHunk { runs: made, origin: None, is_same: false }));
    }
    cut.sort_by_key(|hunk| (hunk.runs[0].old.start, hunk.runs[0].new.start));
    gathered(cut)
}

/// Lines of the text before that became others, with the runs of hunks that stood there.
struct Region {
    before: Range<u32>,
    steps: Range<usize>,
    runs: Range<usize>,
}

impl Region {
    /// How its old lines differ from what stands there now.
    fn made(&self, steps: &[Run], runs: &[(usize, &Run)], (old, after): (&[&str], &[&str])) -> Vec<Run> {
        let Range { start, end } = self.before;
        // Above and below the runs in it, lines of the old text and of the one before run along.
        let shift =
            runs[..self.runs.start].last().map_or(0, |(_, run)| i64::from(run.new.end) - i64::from(run.old.end));
        let shift_behind =
            runs[..self.runs.end].last().map_or(0, |(_, run)| i64::from(run.new.end) - i64::from(run.old.end));
        let old_range = (i64::from(start) - shift) as usize..(i64::from(end) - shift_behind) as usize;
        let (first, last) = (&steps[self.steps.start], &steps[self.steps.end - 1]);
        let after_range =
            (first.new.start - (first.old.start - start)) as usize..(last.new.end + (end - last.old.end)) as usize;
        let placed = |run: Run| Run {
            old: run.old.start + old_range.start as u32..run.old.end + old_range.start as u32,
            new: run.new.start + after_range.start as u32..run.new.end + after_range.start as u32,
        };
        let made = runs_of(&old[old_range.clone()], &after[after_range.clone()]);
        made.into_iter().map(placed).collect()
    }
}

/// Steps and runs that have to do with each other, in order.
fn regions(steps: &[Run], runs: &[(usize, &Run)]) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let first = runs.partition_point(|(_, run)| is_above(&run.new, &step.old));
        let count = runs[first..].iter().take_while(|(_, run)| is_touched(&run.new, &step.old)).count();
        let touched = first..first + count;
        let hull = runs[touched.clone()]
            .iter()
            .fold(step.old.clone(), |hull, (_, run)| hull.start.min(run.new.start)..hull.end.max(run.new.end));
        match regions.last_mut().filter(|region| touched.start < region.runs.end) {
            Some(region) => {
                region.before = region.before.start.min(hull.start)..region.before.end.max(hull.end);
                region.steps.end = at + 1;
                region.runs.end = region.runs.end.max(touched.end);
            }
            None => regions.push(Region { before: hull, steps: at..at + 1, runs: touched }),
        }
    }
    regions
}

/// Whether lines that became others are lines of a run, or stand where a run took lines away.
fn is_touched(run: &Range<u32>, step: &Range<u32>) -> bool {
    match (run.is_empty(), step.is_empty()) {
        (true, true) => run.start == step.start,
        _ => run.start < step.end && step.start < run.end,
    }
}

fn is_above(run: &Range<u32>, step: &Range<u32>) -> bool {
    run.end <= step.start && !is_touched(run, step)
}

/// Whether lines stand between the first and the last of a hunk.
fn is_within(lines: &Range<u32>, hunk: &[Run]) -> bool {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { return false };
    first.new.end <= lines.start && lines.end <= last.new.start && first.new.start < last.new.start
}

/// Where lines that nobody touched stand now.
fn moved(lines: &Range<u32>, steps: &[Run]) -> Range<u32> {
    let above = steps.partition_point(|step| step.old.end <= lines.start);
    let shift = steps[..above].last().map_or(0, |step| i64::from(step.new.end) - i64::from(step.old.end));
    let moved = |line: u32| (i64::from(line) + shift) as u32;
    moved(lines.start)..moved(lines.end)
}

/// What is new and stands close together is one hunk.
fn gathered(cut: Vec<RecutHunk>) -> Vec<RecutHunk> {
    let mut gathered: Vec<RecutHunk> = Vec::new();
    for hunk in cut {
        let gap = |last: &RecutHunk| hunk.runs[0].old.start - last.runs[last.runs.len() - 1].old.end;
        match gathered.last_mut() {
            Some(last) if last.origin.is_none() && hunk.origin.is_none() && gap(last) <= GAP_LINES => {
                last.runs.extend(hunk.runs)
            }
            _ => gathered.push(hunk),
        }
    }
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(old: Range<u32>, new: Range<u32>) -> Run {
        Run { old, new }
    }

    #[test]
    fn what_was_touched_is_another_and_the_rest_stays() {
        let (old, before) = ("a\nb\nc\nd\ne\nf\n", "a\nB\nc\nd\nE\nf\n");
        let hunks = [[run(1..2, 1..2)], [run(4..5, 4..5)]];
        let hunks: Vec<&[Run]> = hunks.iter().map(|runs| &runs[..]).collect();
        let cut = recut(old, &hunks, before, "new\na\nB\nc\nd\nEE\nf\n");
        let told: Vec<_> = cut.iter().map(|hunk| (hunk.origin, hunk.is_same, hunk.runs.clone())).collect();
        let expected = [
            (None, false, vec![run(0..0, 0..1)]),
            (Some(0), true, vec![run(1..2, 2..3)]),
            (Some(1), false, vec![run(4..5, 5..6)]),
        ];
        assert_eq!(told, expected);
        // What was taken back is no hunk any more.
        let cut = recut(old, &hunks, before, "a\nb\nc\nd\nE\nf\n");
        assert_eq!(cut, [RecutHunk { runs: vec![run(4..5, 4..5)], origin: Some(1), is_same: true }]);
    }

    #[test]
    fn a_change_beside_a_hunk_is_one_of_its_own() {
        let (old, before) = ("a\nb\nc\n", "a\nB\nc\n");
        let own = [run(1..2, 1..2)];
        let cut = recut(old, &[&own], before, "a\nB\nmore\nc\n");
        assert_eq!(cut.iter().map(|hunk| hunk.is_same).collect::<Vec<_>>(), [true, false]);
        let removed = [run(1..2, 1..1)];
        let cut = recut(old, &[&removed], "a\nc\n", "a\nb\nc\n");
        assert!(cut.is_empty());
    }
}

//! What two sides made of one text, in one text.
//!
//! Knows nothing of who the sides are. Invariant: where one side alone changed lines, its lines stand; where both did and
//! they differ, that is told and nothing is guessed.

use std::ops::Range;

use super::diff::{Run, lines_of, runs_of};

/// Three texts brought together; see [`merge`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    pub text: String,
    pub clashes: Vec<Clash>,
}

/// Lines that both sides changed, and not to the same; counted from 0, the end excluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    pub base: Range<u32>,
    pub mine: Range<u32>,
    pub theirs: Range<u32>,
}

/// Lays `mine` and `theirs`, both made from `base`, over each other. Changes that touch, without an equal line between
/// them, clash like those of one line: there `theirs` stands.
pub fn merge(base: &str, mine: &str, theirs: &str) -> Merge {
    let lines = [lines_of(base), lines_of(mine), lines_of(theirs)];
    let mut mine = Side::new(&lines[0], &lines[1]);
    let mut theirs = Side::new(&lines[0], &lines[2]);
    let mut merge =
        Merge { text: String::with_capacity(lines[2].iter().map(|line| line.len()).sum()), clashes: vec![] };
    let mut at = 0;
    while let Some(start) = [mine.next_start(), theirs.next_start()].into_iter().flatten().min() {
        let mut end = start;
        let (mine_from, theirs_from) = (mine.place(start), theirs.place(start));
        let (mut by_mine, mut by_theirs) = (false, false);
        while let Some(further) =
            mine.take(end).inspect(|_| by_mine = true).or_else(|| theirs.take(end).inspect(|_| by_theirs = true))
        {
            end = end.max(further);
        }
        let (mine_lines, theirs_lines) = (mine_from..mine.place(end), theirs_from..theirs.place(end));
        merge.text.extend(lines[0][at as usize..start as usize].iter().copied());
        at = end;
        let [ours, others] = [(&lines[1], &mine_lines), (&lines[2], &theirs_lines)]
            .map(|(lines, range)| &lines[range.start as usize..range.end as usize]);
        merge.text.extend(if by_theirs { others } else { ours }.iter().copied());
        if by_mine && by_theirs && ours != others {
            merge.clashes.push(Clash { base: start..end, mine: mine_lines, theirs: theirs_lines });
        }
    }
    merge.text.extend(lines[0][at as usize..].iter().copied());
    merge
}

/// One side's changes, taken from the first to the last.
struct Side {
    runs: std::vec::IntoIter<Run>,
    /// By how many lines this side is longer than the base, after the changes taken so far.
    shift: i64,
}

impl Side {
    fn new(base: &[&str], side: &[&str]) -> Self {
        Self { runs: runs_of(base, side).into_iter(), shift: 0 }
    }

    fn next_start(&self) -> Option<u32> {
        self.runs.as_slice().first().map(|run| run.old.start)
    }

    /// Takes the next change if it begins at base line `end` or before, and says at which one it ends.
    fn take(&mut self, end: u32) -> Option<u32> {
        self.next_start().filter(|start| *start <= end)?;
        let run = self.runs.next()?;
        self.shift += run.new.len() as i64 - run.old.len() as i64;
        Some(run.old.end)
    }

    /// Where the base line `line`, which is not within a change, stands on this side.
    fn place(&self, line: u32) -> u32 {
        (i64::from(line) + self.shift) as u32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn merged(base: &str, mine: &str, theirs: &str) -> (String, usize) {
        let merge = merge(base, mine, theirs);
        (merge.text, merge.clashes.len())
    }

    #[test]
    fn changes_apart_are_both_there() {
        assert_eq!(merged("a\nb\nc\n", "A\nb\nc\n", "a\nb\nc\nd\n"), ("A\nb\nc\nd\n".to_owned(), 0));
        assert_eq!(merged("a\nb\nc", "b\nc", "a\nb\nC\r\n"), ("b\nC\r\n".to_owned(), 0));
    }

    #[test]
    fn the_same_change_is_made_once() {
        assert_eq!(merged("a\nb\n", "a\nx\nb\n", "a\nx\nb\n"), ("a\nx\nb\n".to_owned(), 0));
    }

    #[test]
    fn changes_of_one_line_or_of_touching_lines_clash() {
        let clash = merge("a\nb\nc\n", "new\na\nB\nc\n", "a\nbb\nc\n");
        assert_eq!(clash.text, "new\na\nbb\nc\n");
        assert_eq!(clash.clashes, [Clash { base: 1..2, mine: 2..3, theirs: 1..2 }]);
        assert_eq!(merged("a\nb\n", "A\nb\n", "a\nB\n"), ("a\nB\n".to_owned(), 1));
        assert_eq!(merged("a\n", "a\nx\n", "a\ny\n"), ("a\ny\n".to_owned(), 1));
    }

    proptest! {
        #[test]
        fn one_side_alone_wins_and_order_matters_only_in_clashes(
            base in "([abc]\n){0,10}", mine in "([abc]\n){0,10}", theirs in "([abc]\n){0,10}"
        ) {
            prop_assert_eq!(merged(&base, &mine, &base), (mine.clone(), 0));
            prop_assert_eq!(merged(&base, &base, &theirs), (theirs.clone(), 0));
            prop_assert_eq!(merged(&base, &mine, &mine), (mine.clone(), 0));
            let (there, back) = (merge(&base, &mine, &theirs), merge(&base, &theirs, &mine));
            prop_assert_eq!(there.clashes.len(), back.clashes.len());
            if there.clashes.is_empty() {
                prop_assert_eq!(there.text, back.text);
            }
        }
    }
}

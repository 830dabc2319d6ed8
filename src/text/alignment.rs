//! Which old line of a change stands beside which new one, and the words that tell it.
//!
//! The diff pairs the lines of a change by their order. A line that was only moved right by a `try:` above it should
//! stand beside itself: lines are paired by what they say, and in order.

/// The word comparisons that one file may cost; what comes after keeps the order's pairs. More would be felt.
const COMPARISONS_MAX: usize = 4_000_000;

/// A row: the places of its old and its new line within the change.
pub(super) type Pair = (Option<usize>, Option<usize>);

/// Pairs the lines of one file's changes.
pub(super) struct Aligner {
    comparisons_left: usize,
}

impl Aligner {
    pub(super) fn new() -> Self {
        Self { comparisons_left: COMPARISONS_MAX }
    }

    /// The rows of one change, from its old and new lines: every line stands in exactly one row, in order.
    pub(super) fn pairs(&mut self, old: &[&str], new: &[&str]) -> Vec<Pair> {
        let old_names: Vec<Vec<&str>> = old.iter().map(|line| names_of(line)).collect();
        let new_names: Vec<Vec<&str>> = new.iter().map(|line| names_of(line)).collect();
        // One more for each line: also lines without a name cost a comparison.
        let size = |lines: &[Vec<&str>]| lines.iter().map(|names| names.len() + 1).sum::<usize>();
        let cost = size(&old_names).saturating_mul(size(&new_names));
        let mut rows = Rows::default();
        if cost > self.comparisons_left {
            rows.lone_old.extend(0..old.len());
            rows.lone_new.extend(0..new.len());
        } else {
            self.comparisons_left -= cost;
            lay(&mut rows, &old_names, &new_names);
        }
        rows.flush();
        rows.pairs
    }
}

fn lay(rows: &mut Rows, old: &[Vec<&str>], new: &[Vec<&str>]) {
    // best[o][n]: the worth of the best pairing of all lines from o and n on.
    let columns = new.len() + 1;
    let mut best = vec![0u32; (old.len() + 1) * columns];
    let worths: Vec<u32> = old.iter().flat_map(|old| new.iter().map(move |new| worth(old, new))).collect();
    let worth_of = |o: usize, n: usize| worths[o * new.len() + n];
    for o in (0..old.len()).rev() {
        for n in (0..new.len()).rev() {
            let skip = best[(o + 1) * columns + n].max(best[o * columns + n + 1]);
            let here = worth_of(o, n);
            let take = if here > 0 { here + best[(o + 1) * columns + n + 1] } else { 0 };
            best[o * columns + n] = skip.max(take);
        }
    }
    let (mut o, mut n) = (0, 0);
    while o < old.len() || n < new.len() {
        let both = o < old.len() && n < new.len();
        let here = if both { worth_of(o, n) } else { 0 };
        if here > 0 && best[o * columns + n] == here + best[(o + 1) * columns + n + 1] {
            rows.flush();
            rows.pairs.push((Some(o), Some(n)));
            (o, n) = (o + 1, n + 1);
        } else if n >= new.len() || (both && best[(o + 1) * columns + n] >= best[o * columns + n + 1]) {
            rows.lone_old.push(o);
            o += 1;
        } else {
            rows.lone_new.push(n);
            n += 1;
        }
    }
}

/// The rows so far. Lines without a partner of their own share rows with others of their kind: the view stays short.
#[derive(Default)]
struct Rows {
    pairs: Vec<Pair>,
    lone_old: Vec<usize>,
    lone_new: Vec<usize>,
}

impl Rows {
    fn flush(&mut self) {
        for at in 0..self.lone_old.len().max(self.lone_new.len()) {
            self.pairs.push((self.lone_old.get(at).copied(), self.lone_new.get(at).copied()));
        }
        self.lone_old.clear();
        self.lone_new.clear();
    }
}

/// How well two lines fit; 0: not at all.
fn worth(old: &[&str], new: &[&str]) -> u32 {
    if old.is_empty() || new.is_empty() {
        return 0;
    }
    if old == new {
        return 100 + old.len() as u32;
    }
    let shared = old.iter().filter(|word| new.contains(word)).count();
    let share = shared * 100 / old.len().max(new.len());
    if share >= 50 { share as u32 / 2 } else { 0 }
}

/// Names, runs of white space and single signs, in order; together they are the line.
pub(super) fn words_of(line: &str) -> Vec<&str> {
    let class = |c: char| {
        if is_name_char(c) {
            0
        } else if c.is_whitespace() {
            1
        } else {
            2
        }
    };
    let mut words = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in line.char_indices() {
        let this = class(c);
        // Every sign stands alone, so that a changed bracket does not mark its neighbours.
        if last.is_some_and(|last| last != this || this == 2) {
            words.push(&line[start..at]);
            start = at;
        }
        last = Some(this);
    }
    if start < line.len() {
        words.push(&line[start..]);
    }
    words
}

fn names_of(line: &str) -> Vec<&str> {
    words_of(line).into_iter().filter(|word| word.starts_with(is_name_char)).collect()
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &[&str], new: &[&str], pairs: &[(usize, usize)]) {
        let rows = Aligner::new().pairs(old, new);
        let (old_rows, new_rows): (Vec<_>, Vec<_>) = rows.iter().copied().unzip();
        assert!(old_rows.into_iter().flatten().eq(0..old.len()), "an old line was lost or moved");
        assert!(new_rows.into_iter().flatten().eq(0..new.len()), "a new line was lost or moved");
        let found: Vec<(usize, usize)> = rows.into_iter().filter_map(|(old, new)| old.zip(new)).collect();
        assert_eq!(found, pairs);
    }

    #[test]
    fn a_line_moved_right_stands_beside_itself() {
        let new = ["try:", "    a(1)", "    b(2)", "except E:", "    c()"];
        check(&["a(1)", "b(2)"], &new, &[(0, 1), (1, 2)]);
    }

    #[test]
    fn lines_that_share_nothing_fill_the_rows_in_order() {
        check(&["x = 1"], &["import os"], &[(0, 0)]);
        check(&[], &["a", "b"], &[]);
    }

    #[test]
    fn what_would_be_felt_keeps_the_order() {
        let long: String = (0..100_000).map(|nth| format!("name{nth} ")).collect();
        check(&["a(1)", &long], &[&long, "a(1)"], &[(0, 0), (1, 1)]);
    }
}

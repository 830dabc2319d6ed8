//! Which old line stands beside which new one.
//!
//! The diff pairs the lines of a change by their order. A line that was only moved right by a `try:` above it should
//! stand beside itself: lines are paired by what they say, and in order.

use crate::text::{DiffRow, RowKind};

/// Larger changes keep the order's pairs: comparing every pair of lines would be felt.
const PAIRS_MAX: usize = 40_000;

/// Pairs the lines of every change anew; `old` and `new` give a line by its number, from 1.
pub(super) fn aligned<'a>(
    rows: Vec<DiffRow>,
    old: impl Fn(u32) -> &'a str,
    new: impl Fn(u32) -> &'a str,
) -> Vec<DiffRow> {
    let mut out = Vec::with_capacity(rows.len());
    let mut change: Vec<DiffRow> = Vec::new();
    for row in rows {
        if row.kind == RowKind::Equal {
            pair(&std::mem::take(&mut change), &old, &new, &mut out);
            out.push(row);
        } else {
            change.push(row);
        }
    }
    pair(&change, &old, &new, &mut out);
    out
}

fn pair<'a>(change: &[DiffRow], old: &impl Fn(u32) -> &'a str, new: &impl Fn(u32) -> &'a str, out: &mut Vec<DiffRow>) {
    let old_lines: Vec<u32> = change.iter().filter_map(|row| row.old_line).collect();
    let new_lines: Vec<u32> = change.iter().filter_map(|row| row.new_line).collect();
    if old_lines.is_empty() || new_lines.is_empty() || old_lines.len() * new_lines.len() > PAIRS_MAX {
        out.extend(change.iter().cloned());
        return;
    }
    let old_words: Vec<Vec<&str>> = old_lines.iter().map(|line| words(old(*line))).collect();
    let new_words: Vec<Vec<&str>> = new_lines.iter().map(|line| words(new(*line))).collect();
    // best[o][n]: the worth of the best pairing of all lines from o and n on.
    let (rows, columns) = (old_lines.len() + 1, new_lines.len() + 1);
    let mut best = vec![0u32; rows * columns];
    let worths: Vec<u32> = old_words.iter().flat_map(|old| new_words.iter().map(move |new| worth(old, new))).collect();
    let worth_of = |o: usize, n: usize| worths[o * new_lines.len() + n];
    for o in (0..old_lines.len()).rev() {
        for n in (0..new_lines.len()).rev() {
            let skip = best[(o + 1) * columns + n].max(best[o * columns + n + 1]);
            let here = worth_of(o, n);
            let take = if here > 0 { here + best[(o + 1) * columns + n + 1] } else { 0 };
            best[o * columns + n] = skip.max(take);
        }
    }
    let (mut o, mut n) = (0, 0);
    // Lines without a partner of their own share rows with others of their kind: the view stays short.
    let mut lone_old: Vec<u32> = Vec::new();
    let mut lone_new: Vec<u32> = Vec::new();
    while o < old_lines.len() || n < new_lines.len() {
        let both = o < old_lines.len() && n < new_lines.len();
        let here = if both { worth_of(o, n) } else { 0 };
        if here > 0 && best[o * columns + n] == here + best[(o + 1) * columns + n + 1] {
            flush(&mut lone_old, &mut lone_new, out);
            let (old_line, new_line) = (Some(old_lines[o]), Some(new_lines[n]));
            out.push(DiffRow { kind: RowKind::Changed, old_line, new_line });
            (o, n) = (o + 1, n + 1);
        } else if n >= new_lines.len() || (both && best[(o + 1) * columns + n] >= best[o * columns + n + 1]) {
            lone_old.push(old_lines[o]);
            o += 1;
        } else {
            lone_new.push(new_lines[n]);
            n += 1;
        }
    }
    flush(&mut lone_old, &mut lone_new, out);
}

fn flush(lone_old: &mut Vec<u32>, lone_new: &mut Vec<u32>, out: &mut Vec<DiffRow>) {
    for at in 0..lone_old.len().max(lone_new.len()) {
        let (old_line, new_line) = (lone_old.get(at).copied(), lone_new.get(at).copied());
        let kind = match (old_line, new_line) {
            (Some(_), Some(_)) => RowKind::Changed,
            (Some(_), None) => RowKind::Removed,
            (None, _) => RowKind::Added,
        };
        out.push(DiffRow { kind, old_line, new_line });
    }
    lone_old.clear();
    lone_new.clear();
}

fn words(line: &str) -> Vec<&str> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::diff_rows;

    fn check(old: &str, new: &str, pairs: &[(u32, u32)]) {
        let old_lines: Vec<&str> = old.lines().collect();
        let new_lines: Vec<&str> = new.lines().collect();
        let before = diff_rows(old, new);
        let numbers = |rows: &[DiffRow]| {
            let old: Vec<u32> = rows.iter().filter_map(|row| row.old_line).collect();
            let new: Vec<u32> = rows.iter().filter_map(|row| row.new_line).collect();
            (old, new)
        };
        let rows = aligned(before.clone(), |line| old_lines[line as usize - 1], |line| new_lines[line as usize - 1]);
        assert_eq!(numbers(&rows), numbers(&before), "a line was lost or moved");
        let changed = rows.iter().filter(|row| row.kind == RowKind::Changed);
        let found: Vec<(u32, u32)> = changed.filter_map(|row| row.old_line.zip(row.new_line)).collect();
        assert_eq!(found, pairs);
    }

    #[test]
    fn a_line_moved_right_stands_beside_itself() {
        check("a(1)\nb(2)\n", "try:\n    a(1)\n    b(2)\nexcept E:\n    c()\n", &[(1, 2), (2, 3)]);
    }

    #[test]
    fn lines_that_share_nothing_fill_the_rows_in_order() {
        check("x = 1\n", "import os\n", &[(1, 1)]);
        check("", "a\nb\n", &[]);
    }
}

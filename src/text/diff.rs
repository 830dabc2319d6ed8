//! Diffs of two texts, cut into hunks that are accepted one by one.
//!
//! The one file that knows the diff engine. Lines are cut by this file, not by the engine,
//! which also ends a line at a lone `\r`: offsets would drift.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use imara_diff::{Algorithm, Diff, InternedInput};

use super::alignment::{Aligner, Pair, words_of};
use super::{ChangeSet, FileChange, ProjectPath};

/// A hunk's number within one proposal, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HunkId(pub u32);

/// A part of a change set that is accepted or rejected as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    pub id: HunkId,
    pub path: ProjectPath,
    /// The runs of changed lines, in order; more than one where little stands between them.
    pub runs: Vec<Run>,
    /// Somebody changed the very lines since the proposal was made: the old side is what stands there now.
    pub conflict: Option<Conflict>,
}

/// What two sides made of the same lines; the old side of a [`Hunk`] is the one, its new side the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What stood there when the proposal was made; `None`: no file.
    pub base: Option<Arc<str>>,
}

/// Lines of the old text (counted from 0, end excluded) that become lines of the new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub old: Range<u32>,
    pub new: Range<u32>,
}

impl Hunk {
    /// All lines from the first to the last run, old and new.
    pub fn extent(&self) -> Run {
        let first = self.runs.first().map_or((0, 0), |run| (run.old.start, run.new.start));
        let last = self.runs.last().map_or((0, 0), |run| (run.old.end, run.new.end));
        Run { old: first.0..last.0, new: first.1..last.1 }
    }
}

/// What stands in one row of a side-by-side view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKind {
    Equal,
    Changed,
    Removed,
    Added,
}

/// One row of a side-by-side view; line numbers count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffRow {
    pub kind: RowKind,
    pub old_line: Option<u32>,
    pub new_line: Option<u32>,
    /// Of a changed line that is laid as two rows: the line of the other side.
    pub pair: Option<u32>,
}

/// The changed byte ranges within a pair of lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WordSpans {
    pub old: Vec<Range<usize>>,
    pub new: Vec<Range<usize>>,
}

/// Runs that at most this many equal lines part are one hunk.
pub(super) const GAP_LINES: u32 = 2;

/// Unchanged lines around a change that is printed.
const CONTEXT_LINES: u32 = 3;

/// A line longer than this was written by no person; finding its words would be felt in every frame.
const WORDS_BYTES_MAX: usize = 8_000;

/// Cuts a text into lines, each with its line end.
pub(super) fn lines_of(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The runs of lines that differ, in order; two never touch. They stand where a person would put them: a function that
/// was inserted begins at its own first line.
pub(super) fn runs_of(old: &[&str], new: &[&str]) -> Vec<Run> {
    let input = interned(old, new);
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_lines(&input);
    runs(&diff)
}

fn interned<'a>(old: &[&'a str], new: &[&'a str]) -> InternedInput<&'a str> {
    let mut input = InternedInput::default();
    input.reserve(old.len() as u32, new.len() as u32);
    input.update_before(old.iter().copied());
    input.update_after(new.iter().copied());
    input
}

fn runs(diff: &Diff) -> Vec<Run> {
    diff.hunks().map(|hunk| Run { old: hunk.before, new: hunk.after }).collect()
}

/// The runs of lines in which two texts differ, in order; two never touch.
pub fn runs_between(old: &str, new: &str) -> Vec<Run> {
    runs_of(&lines_of(old), &lines_of(new))
}

/// The places of the lines that two texts have in common, in order.
pub fn shared_lines(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let (mut shared, mut at) = (Vec::new(), (0, 0));
    let end = Run { old: old.len() as u32..old.len() as u32, new: new.len() as u32..new.len() as u32 };
    for run in runs_of(old, new).into_iter().chain([end]) {
        shared.extend((at.0..run.old.start as usize).zip(at.1..run.new.start as usize));
        at = (run.old.end as usize, run.new.end as usize);
    }
    shared
}

/// All hunks of a change set, in the order of paths and lines. A created or deleted file is one hunk.
pub fn hunks_of(change_set: &ChangeSet) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    for (path, change) in change_set.iter() {
        for runs in grouped_runs(change) {
            hunks.push(Hunk { id: HunkId(hunks.len() as u32), path: path.clone(), runs, conflict: None });
        }
    }
    hunks
}

/// The runs of each hunk of one file.
pub(super) fn grouped_runs(change: &FileChange) -> Vec<Vec<Run>> {
    let mut groups: Vec<Vec<Run>> = Vec::new();
    for run in runs_of(&lines_of(change.old_text()), &lines_of(change.new_text())) {
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|last| run.old.start - last.old.end <= GAP_LINES) => {
                group.push(run);
            }
            _ => groups.push(vec![run]),
        }
    }
    if groups.is_empty() {
        // An empty file comes or goes: no line changes, yet it is a change to decide on.
        groups.push(vec![Run { old: 0..0, new: 0..0 }]);
    }
    groups
}

/// The change set that remains when only the hunks for which `accepted` says yes are taken.
pub fn select(change_set: &ChangeSet, hunks: &[Hunk], accepted: impl Fn(HunkId) -> bool) -> ChangeSet {
    let mut taken: BTreeMap<&ProjectPath, Vec<&Hunk>> = BTreeMap::new();
    for hunk in hunks.iter().filter(|hunk| accepted(hunk.id)) {
        taken.entry(&hunk.path).or_default().push(hunk);
    }
    let mut selected = ChangeSet::default();
    for (path, hunks) in taken {
        let Some(change) = change_set.get(path) else { continue };
        let new = match (&change.old, &change.new) {
            (Some(_), Some(_)) => Some(with_hunks(change, &hunks)),
            (_, new) => new.clone(),
        };
        selected.insert(path.clone(), FileChange { new, ..change.clone() });
    }
    selected
}

/// The taken hunk that wrote `line` (from 1) of the text that [`select`] gives for `path`; `None` for a line that stands
/// there without any.
pub fn hunk_at_line(hunks: &[Hunk], taken: impl Fn(HunkId) -> bool, path: &ProjectPath, line: u32) -> Option<HunkId> {
    let wanted = i64::from(line) - 1;
    let mut shift = 0;
    for hunk in hunks.iter().filter(|hunk| hunk.path == *path && taken(hunk.id)) {
        for run in &hunk.runs {
            let start = i64::from(run.old.start) + shift;
            if (start..start + run.new.len() as i64).contains(&wanted) {
                return Some(hunk.id);
            }
            shift += run.new.len() as i64 - run.old.len() as i64;
        }
    }
    None
}

fn with_hunks(change: &FileChange, hunks: &[&Hunk]) -> Arc<str> {
    let (old, new) = (lines_of(change.old_text()), lines_of(change.new_text()));
    let mut text = String::with_capacity(change.new_text().len());
    let mut at = 0;
    let mut runs: Vec<&Run> = hunks.iter().flat_map(|hunk| &hunk.runs).collect();
    runs.sort_by_key(|run| (run.old.start, run.old.end));
    for run in runs {
        text.extend(old[at..run.old.start as usize].iter().copied());
        text.extend(new[run.new.start as usize..run.new.end as usize].iter().copied());
        at = run.old.end as usize;
    }
    text.extend(old[at..].iter().copied());
    text.into()
}

/// The rows of a side-by-side view of two whole texts, which differ in `runs`, given in order.
///
/// Within a changed run, lines that say much the same stand opposite each other, so that a body that moved under a `try`
/// is seen as moved.
pub fn diff_rows<'a>(old: &str, new: &str, runs: impl IntoIterator<Item = &'a Run>) -> Vec<DiffRow> {
    let (old, new) = (lines_of(old), lines_of(new));
    let mut rows = Vec::with_capacity(old.len().max(new.len()));
    let mut aligner = Aligner::new();
    let (mut old_at, mut new_at) = (0, 0);
    for run in runs {
        rows.extend((old_at..run.old.start).zip(new_at..).map(equal_row));
        let (old_run, new_run) =
            (run.old.start as usize..run.old.end as usize, run.new.start as usize..run.new.end as usize);
        let pairs = aligner.pairs(&old[old_run], &new[new_run]);
        rows.extend(pairs.into_iter().map(|pair| changed_row(run, pair)));
        (old_at, new_at) = (run.old.end, run.new.end);
    }
    rows.extend((old_at..old.len() as u32).zip(new_at..).map(equal_row));
    rows
}

/// The rows in which [`diff_rows`] shows a run, each a run of its own; together they are the run.
pub fn rows_of_run(change: &FileChange, run: &Run) -> Vec<Run> {
    let (mut old_at, mut new_at) = (run.old.start, run.new.start);
    let as_run = |row: DiffRow| {
        let (old_start, new_start) = (old_at, new_at);
        old_at += u32::from(row.old_line.is_some());
        new_at += u32::from(row.new_line.is_some());
        Run { old: old_start..old_at, new: new_start..new_at }
    };
    let rows = diff_rows(change.old_text(), change.new_text(), [run]);
    rows.into_iter().filter(|row| row.kind != RowKind::Equal).map(as_run).collect()
}

fn equal_row((old, new): (u32, u32)) -> DiffRow {
    DiffRow { kind: RowKind::Equal, old_line: Some(old + 1), new_line: Some(new + 1), pair: None }
}

fn changed_row(run: &Run, (old, new): Pair) -> DiffRow {
    let kind = match (old, new) {
        (Some(_), Some(_)) => RowKind::Changed,
        (Some(_), None) => RowKind::Removed,
        (None, _) => RowKind::Added,
    };
    let old_line = old.map(|at| run.old.start + at as u32 + 1);
    DiffRow { kind, old_line, new_line: new.map(|at| run.new.start + at as u32 + 1), pair: None }
}

/// What changed within a pair of lines, word by word; nothing when they have too little in common to tell.
pub fn word_spans(old: &str, new: &str) -> WordSpans {
    if old.len().max(new.len()) > WORDS_BYTES_MAX {
        return WordSpans::default();
    }
    let (old_words, new_words) = (words_of(old), words_of(new));
    let input = interned(&old_words, &new_words);
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_no_heuristic(&input);
    let mut spans = WordSpans::default();
    let mut equal_bytes = 0;
    let (mut old_at, mut new_at, mut word) = (0, 0, 0);
    let bytes = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
    for run in runs(&diff) {
        let (old_run, new_run) = (as_places(&run.old), as_places(&run.new));
        let equal = &old_words[word..old_run.start];
        equal_bytes += equal.iter().map(|word| word.trim().len()).sum::<usize>();
        old_at += bytes(equal);
        new_at += bytes(equal);
        word = old_run.end;
        let (old_end, new_end) = (old_at + bytes(&old_words[old_run]), new_at + bytes(&new_words[new_run]));
        spans.old.extend((old_end > old_at).then_some(old_at..old_end));
        spans.new.extend((new_end > new_at).then_some(new_at..new_end));
        (old_at, new_at) = (old_end, new_end);
    }
    equal_bytes += old_words[word..].iter().map(|word| word.trim().len()).sum::<usize>();
    let shorter = old.trim().len().min(new.trim().len());
    if equal_bytes * 2 < shorter { WordSpans::default() } else { spans }
}

/// The change set as `git diff` would print it, with three lines of context.
pub fn unified_diff(change_set: &ChangeSet) -> String {
    let mut out = String::new();
    for (path, change) in change_set.iter() {
        out.push_str(&format!("diff --git a/{path} b/{path}\n"));
        let (old_name, new_name) = (format!("a/{path}"), format!("b/{path}"));
        // Where no line comes or goes there is no hunk either, and the index says it: `e69de29` is git's name of nothing.
        let (head, old_name, new_name, nothing) = match (&change.old, &change.new) {
            (None, _) => ("new file mode 100644\n", "/dev/null", &*new_name, "index 0000000..e69de29\n"),
            (_, None) => ("deleted file mode 100644\n", &*old_name, "/dev/null", "index e69de29..0000000\n"),
            _ => ("", &*old_name, &*new_name, ""),
        };
        out.push_str(head);
        if change.old_text().is_empty() && change.new_text().is_empty() {
            out.push_str(nothing);
            continue;
        }
        out.push_str(&format!("--- {old_name}\n+++ {new_name}\n"));
        unified_file(&mut out, &lines_of(change.old_text()), &lines_of(change.new_text()));
    }
    out
}

fn unified_file(out: &mut String, old: &[&str], new: &[&str]) {
    let side = |start: usize, len: usize| match len {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        _ => format!("{},{len}", start + 1),
    };
    let runs = runs_of(old, new);
    let is_near = |before: &Run, after: &Run| after.old.start - before.old.end <= 2 * CONTEXT_LINES;
    for group in runs.chunk_by(is_near) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let before = first.old.start.min(CONTEXT_LINES);
        let after = (old.len() as u32 - last.old.end).min(CONTEXT_LINES);
        let old_span = as_places(&(first.old.start - before..last.old.end + after));
        let new_span = as_places(&(first.new.start - before..last.new.end + after));
        let sides = (side(old_span.start, old_span.len()), side(new_span.start, new_span.len()));
        out.push_str(&format!("@@ -{} +{} @@\n", sides.0, sides.1));
        let mut at = old_span.start;
        for run in group {
            let (old_run, new_run) = (as_places(&run.old), as_places(&run.new));
            push_lines(out, ' ', &old[at..old_run.start]);
            at = old_run.end;
            push_lines(out, '-', &old[old_run]);
            push_lines(out, '+', &new[new_run]);
        }
        push_lines(out, ' ', &old[at..old_span.end]);
    }
}

fn as_places(lines: &Range<u32>) -> Range<usize> {
    lines.start as usize..lines.end as usize
}

fn push_lines(out: &mut String, sign: char, lines: &[&str]) {
    for line in lines {
        out.push(sign);
        out.push_str(line);
        if !line.ends_with('\n') {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::FileText;

    fn change(old: &str, new: &str) -> ChangeSet {
        let mut change_set = ChangeSet::default();
        let path = ProjectPath::new("a.py").unwrap();
        change_set.put(path, Some(Arc::new(FileText::from_text(old))), Some(new.into()));
        change_set
    }

    #[test]
    fn far_changes_are_two_hunks_and_each_can_be_taken_alone() {
        let old = "a\nb\nc\nd\ne\nf\ng\n";
        let change_set = change(old, "A\nb\nc\nd\ne\nf\nG\n");
        let hunks = hunks_of(&change_set);
        assert_eq!(hunks.len(), 2);
        let only_second = select(&change_set, &hunks, |id| id == HunkId(1));
        assert_eq!(only_second.iter().next().unwrap().1.new_text(), "a\nb\nc\nd\ne\nf\nG\n");
        assert!(select(&change_set, &hunks, |_| false).is_empty());
    }

    #[test]
    fn prints_what_git_prints() {
        let shown = unified_diff(&change("a\nb\nc", "a\nB\nc"));
        assert_eq!(
            shown,
            "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn marks_the_changed_words() {
        let spans = word_spans("total = price * tax", "total = price + tax");
        let sign = std::iter::once(14..15).collect::<Vec<_>>();
        assert_eq!((spans.old, spans.new), (sign.clone(), sign));
        assert_eq!(word_spans("import os", "class Basket(Cart):"), WordSpans::default());
        let long = "x ".repeat(WORDS_BYTES_MAX);
        assert_eq!(word_spans(&long, &format!("{long}y")), WordSpans::default());
    }

    fn rows_of(old: &str, new: &str) -> Vec<DiffRow> {
        diff_rows(old, new, &runs_of(&lines_of(old), &lines_of(new)))
    }

    #[test]
    fn rows_pair_changed_lines() {
        let rows = rows_of("a\nb\n", "a\nB\nc\n");
        let kinds: Vec<RowKind> = rows.iter().map(|row| row.kind).collect();
        assert_eq!(kinds, [RowKind::Equal, RowKind::Changed, RowKind::Added]);
    }

    #[test]
    fn a_line_that_was_only_indented_stands_opposite_itself() {
        let rows = rows_of("open()\nread()\nclose()\n", "try:\n    open()\n    read()\nfinally:\n    close()\n");
        let pairs: Vec<_> = rows.iter().map(|row| (row.old_line, row.new_line)).collect();
        assert_eq!(
            pairs,
            [(None, Some(1)), (Some(1), Some(2)), (Some(2), Some(3)), (None, Some(4)), (Some(3), Some(5))]
        );
    }

    proptest! {
        #[test]
        fn all_hunks_give_the_new_text_and_none_the_old(
            old in "([ab]\r?\n?|\r){0,12}", new in "([ab]\r?\n?|\r){0,12}"
        ) {
            let change_set = change(&old, &new);
            let hunks = hunks_of(&change_set);
            prop_assert_eq!(select(&change_set, &hunks, |_| true), change_set.clone());
            prop_assert!(select(&change_set, &hunks, |_| false).is_empty());
        }
    }
}

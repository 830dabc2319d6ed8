//! A proposal laid anew over a file that somebody changed meanwhile.
//!
//! Knows nothing of decisions and of Python. Invariants: with no hunk taken the file is what stands there now; what touches
//! is in conflict, as in [`super::merge`], and shows every line that it would take away.

use std::sync::Arc;

use super::diff::{grouped_runs, lines_of, runs_of};
use super::{Conflict, FileChange, FileText, Hunk, Origin, Run};

/// What became of one file of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebased {
    /// `None`: what was proposed stands there already.
    pub change: Option<FileChange>,
    /// In order.
    pub hunks: Vec<RebasedHunk>,
}

/// A hunk after its file changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebasedHunk {
    /// Which of the hunks before it is, or a part of; `None`: it has to be decided on anew.
    pub origin: Option<usize>,
    pub runs: Vec<Run>,
    pub conflict: Option<Conflict>,
}

/// Lays `change`, cut into `hunks`, over what stands there `now`. `hunks` are all of the file, in order.
pub fn rebase(change: &FileChange, hunks: &[&Hunk], now: Option<&Arc<FileText>>) -> Rebased {
    let conflict = hunks.iter().find_map(|hunk| hunk.conflict.as_ref());
    let is_of_file = |conflict: &&Conflict| change.old.is_none() || change.new.is_none() || conflict.base.is_none();
    if let Some(conflict) = conflict.filter(is_of_file) {
        // The file as a whole was in conflict: back to what the proposal was made from, and from there to what is there.
        let spelled = change.origin.as_ref().map(|origin| &origin.file).filter(|_| change.old.is_none());
        let spelled = spelled.filter(|file| Some(file.text()) == conflict.base.as_deref()).cloned();
        let base = conflict.base.as_ref();
        let old = spelled.or_else(|| base.map(|text| Arc::new(FileText::from_text(text))));
        let first = FileChange { old, ..change.clone() };
        let cut: Vec<Hunk> =
            grouped_runs(&first).into_iter().map(|runs| Hunk { runs, conflict: None, ..(*hunks[0]).clone() }).collect();
        let mut rebased = rebase(&first, &cut.iter().collect::<Vec<_>>(), now);
        rebased.hunks.iter_mut().for_each(|hunk| hunk.origin = None);
        return rebased;
    }
    match (&change.old, &change.new, now) {
        (_, None, None) => Rebased { change: None, hunks: Vec::new() },
        (Some(old), Some(_), Some(now)) => over_lines(change, old.text(), hunks, now),
        (None, Some(new), Some(now)) if **new == *now.text() => Rebased { change: None, hunks: Vec::new() },
        (old, new, now) => {
            let is_as_before = old.as_ref().map(|old| old.text()) == now.map(|now| now.text());
            let base = old.as_ref().map(|old| old.shared_text());
            // Who creates a file that was deleted meanwhile spells it as it was.
            let left = old.as_ref().zip(hunks.first()).filter(|_| now.is_none());
            let left = left.map(|(old, hunk)| Origin { path: hunk.path.clone(), file: old.clone() });
            let origin = change.origin.clone().or(left);
            let change = FileChange { old: now.cloned(), new: new.clone(), origin };
            let runs = grouped_runs(&change).concat();
            let conflict = (!is_as_before).then_some(Conflict { base });
            let hunk = RebasedHunk { origin: is_as_before.then_some(0), runs, conflict };
            Rebased { change: Some(change), hunks: vec![hunk] }
        }
    }
}

/// What a person decides on as one: a run of a hunk, or all of a hunk that is in conflict.
struct Piece<'a> {
    extent: Run,
    runs: Vec<Run>,
    hunk: usize,
    conflict: Option<&'a Conflict>,
}

fn pieces<'a>(hunks: &[&'a Hunk]) -> Vec<Piece<'a>> {
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    for (at, hunk) in hunks.iter().enumerate() {
        let conflict = hunk.conflict.as_ref();
        match conflict {
            Some(_) => pieces.push(Piece { extent: hunk.extent(), runs: hunk.runs.clone(), hunk: at, conflict }),
            None => pieces.extend(hunk.runs.iter().map(|run| Piece {
                extent: run.clone(),
                runs: vec![run.clone()],
                hunk: at,
                conflict,
            })),
        }
    }
    pieces.sort_by_key(|piece| (piece.extent.old.start, piece.extent.new.start, piece.extent.old.end));
    pieces
}

fn over_lines(change: &FileChange, old: &str, hunks: &[&Hunk], now: &Arc<FileText>) -> Rebased {
    let base = lines_of(old);
    let new = lines_of(change.new_text());
    let there = lines_of(now.text());
    let theirs = runs_of(&base, &there);
    let pieces = pieces(hunks);
    let mut laid = Laid { there: &there, new: &new, text: String::with_capacity(now.text().len()), ..Laid::default() };
    let (mut at, mut their_at) = (0, 0);
    // By how many lines the file is longer than the base, before the place that is looked at.
    let mut shift = 0;
    while at < pieces.len() {
        let extent = &pieces[at].extent;
        while let Some(run) = theirs.get(their_at).filter(|run| run.old.end < extent.old.start) {
            shift += growth(run);
            their_at += 1;
        }
        let (count, base_lines, touched) = meeting(&pieces[at..], &theirs[their_at..]);
        let met = &pieces[at..at + count];
        let (first, last) = (&met[0].extent, &met[count - 1].extent);
        let start = (i64::from(base_lines.start) + shift) as u32;
        shift += theirs[their_at..their_at + touched].iter().map(growth).sum::<i64>();
        let end = (i64::from(base_lines.end) + shift) as u32;
        let proposed =
            first.new.start - (first.old.start - base_lines.start)..last.new.end + (base_lines.end - last.old.end);
        if touched == 0 {
            laid.follow(&met[0], start..end);
        } else {
            let was = base_of(met, &base, base_lines);
            laid.clash(was, met, start..end, proposed);
        }
        (at, their_at) = (at + count, their_at + touched);
    }
    laid.copy_upto(there.len() as u32);
    let Laid { text, hunks, .. } = laid;
    let change = FileChange { old: Some(now.clone()), new: Some(text.into()), origin: change.origin.clone() };
    Rebased { change: (!hunks.is_empty()).then_some(change), hunks }
}

fn growth(run: &Run) -> i64 {
    run.new.len() as i64 - run.old.len() as i64
}

/// How many of `pieces` and of `theirs` touch each other in a row, from the first piece on, and which lines of the base
/// they take. Pieces beside each other do not touch: a person had them cut.
fn meeting(pieces: &[Piece<'_>], theirs: &[Run]) -> (usize, std::ops::Range<u32>, usize) {
    let mut lines = pieces[0].extent.old.clone();
    let (mut count, mut touched) = (1, 0);
    let (mut ours_end, mut theirs_end) = (lines.end, None);
    loop {
        if let Some(run) = theirs.get(touched).filter(|run| run.old.start <= ours_end) {
            lines = lines.start.min(run.old.start)..lines.end.max(run.old.end);
            theirs_end = Some(run.old.end);
            touched += 1;
        } else if let Some(piece) =
            pieces.get(count).filter(|piece| theirs_end.is_some_and(|end| piece.extent.old.start <= end))
        {
            lines.end = lines.end.max(piece.extent.old.end);
            ours_end = ours_end.max(piece.extent.old.end);
            count += 1;
        } else {
            return (count, lines, touched);
        }
    }
}

/// What stood in these lines when the proposal was made.
fn base_of(pieces: &[Piece<'_>], base: &[&str], lines: std::ops::Range<u32>) -> String {
    let mut text = String::new();
    let mut at = lines.start as usize;
    for piece in pieces {
        let Some(before) = piece.conflict.and_then(|conflict| conflict.base.as_ref()) else { continue };
        let (start, end) = (piece.extent.old.start as usize, piece.extent.old.end as usize);
        text.extend(base[at..start].iter().copied());
        text.push_str(before);
        at = end;
    }
    text.extend(base[at..lines.end as usize].iter().copied());
    text
}

/// The new proposal while it is laid, from the first line to the last.
#[derive(Default)]
struct Laid<'a> {
    there: &'a [&'a str],
    /// The lines of the proposal before.
    new: &'a [&'a str],
    text: String,
    line_count: u32,
    /// The next line of what is there.
    at: u32,
    hunks: Vec<RebasedHunk>,
    /// The hunk that the piece before was a part of.
    last_origin: Option<usize>,
}

impl Laid<'_> {
    fn copy_upto(&mut self, end: u32) {
        self.text.extend(self.there[self.at as usize..end as usize].iter().copied());
        self.line_count += end - self.at;
        self.at = end;
    }

    /// Puts lines of the proposal in the place of `gone`, and says where they stand now.
    fn put(&mut self, gone: std::ops::Range<u32>, lines: std::ops::Range<u32>) -> u32 {
        self.copy_upto(gone.start);
        let start = self.line_count;
        self.text.extend(self.new[lines.start as usize..lines.end as usize].iter().copied());
        self.line_count += lines.len() as u32;
        self.at = gone.end;
        start
    }

    /// Nobody touched it: it stays what it was, some lines further up or down.
    fn follow(&mut self, piece: &Piece<'_>, gone: std::ops::Range<u32>) {
        let start = self.put(gone.clone(), piece.extent.new.clone());
        let moved = |line: u32, from: u32, to: u32| (i64::from(line) + i64::from(to) - i64::from(from)) as u32;
        let moved_run = |run: &Run| {
            let old = |line| moved(line, piece.extent.old.start, gone.start);
            let new = |line| moved(line, piece.extent.new.start, start);
            Run { old: old(run.old.start)..old(run.old.end), new: new(run.new.start)..new(run.new.end) }
        };
        let runs: Vec<Run> = piece.runs.iter().map(moved_run).collect();
        match self.hunks.last_mut().filter(|_| self.last_origin == Some(piece.hunk)) {
            Some(hunk) => hunk.runs.extend(runs),
            None => {
                self.hunks.push(RebasedHunk { origin: Some(piece.hunk), runs, conflict: piece.conflict.cloned() });
            }
        }
        self.last_origin = Some(piece.hunk);
    }

    /// Both sides changed these lines.
    fn clash(
        &mut self,
        was: String,
        pieces: &[Piece<'_>],
        there: std::ops::Range<u32>,
        proposed: std::ops::Range<u32>,
    ) {
        let ours = &self.new[proposed.start as usize..proposed.end as usize];
        let others = &self.there[there.start as usize..there.end as usize];
        if ours == others {
            // It was done by hand.
            return;
        }
        let is_base_again = pieces.iter().any(|piece| piece.conflict.is_some()) && others.concat() == was;
        let conflict = (!is_base_again).then(|| Conflict { base: Some(was.into()) });
        let cut = runs_of(others, ours);
        let start = self.put(there.clone(), proposed);
        let placed = |run: &Run| Run {
            old: run.old.start + there.start..run.old.end + there.start,
            new: run.new.start + start..run.new.end + start,
        };
        self.hunks.push(RebasedHunk { origin: None, runs: cut.iter().map(placed).collect(), conflict });
        self.last_origin = None;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::{ChangeSet, HunkId, ProjectPath, hunks_of, merge, select};

    fn file(text: &str) -> Option<Arc<FileText>> {
        Some(Arc::new(FileText::from_text(text)))
    }

    fn path() -> ProjectPath {
        ProjectPath::new("a.py").unwrap()
    }

    /// A proposal of one file, cut into hunks, and what was laid of it.
    struct Laying {
        change: FileChange,
        hunks: Vec<Hunk>,
    }

    impl Laying {
        fn new(old: Option<&str>, new: Option<&str>) -> Self {
            let change = FileChange { old: old.and_then(file), new: new.map(Into::into), origin: None };
            let mut change_set = ChangeSet::default();
            change_set.insert(path(), change.clone());
            Self { change, hunks: hunks_of(&change_set) }
        }

        /// Each run a hunk of its own.
        fn split(mut self) -> Self {
            let runs: Vec<Run> = self.hunks.iter().flat_map(|hunk| hunk.runs.clone()).collect();
            self.hunks = numbered(runs.into_iter().map(|run| (vec![run], None)));
            self
        }

        /// The proposal over `now`, with which hunk of before each one is.
        fn over(&self, now: Option<&str>) -> (Option<Self>, Vec<Option<usize>>) {
            let now = now.and_then(file);
            let rebased = rebase(&self.change, &self.hunks.iter().collect::<Vec<_>>(), now.as_ref());
            let origins = rebased.hunks.iter().map(|hunk| hunk.origin).collect();
            let hunks = numbered(rebased.hunks.into_iter().map(|hunk| (hunk.runs, hunk.conflict)));
            (rebased.change.map(|change| Self { change, hunks }), origins)
        }

        fn taken(&self, which: impl Fn(&Hunk) -> bool) -> Option<String> {
            let mut change_set = ChangeSet::default();
            change_set.insert(path(), self.change.clone());
            let selected = select(&change_set, &self.hunks, |id| which(&self.hunks[id.0 as usize]));
            match selected.get(&path()) {
                Some(change) => change.new.as_ref().map(|new| new.to_string()),
                None => self.change.old.as_ref().map(|old| old.text().to_owned()),
            }
        }

        fn conflicts(&self) -> Vec<Option<&str>> {
            let conflicts = self.hunks.iter().filter_map(|hunk| hunk.conflict.as_ref());
            conflicts.map(|conflict| conflict.base.as_deref()).collect()
        }
    }

    fn numbered(hunks: impl Iterator<Item = (Vec<Run>, Option<Conflict>)>) -> Vec<Hunk> {
        let hunk = |(at, (runs, conflict))| Hunk { id: HunkId(at), path: path(), runs, conflict };
        (0..).zip(hunks).map(hunk).collect()
    }

    const OLD: &str = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n";

    #[test]
    fn what_is_not_touched_follows() {
        let proposal = Laying::new(Some(OLD), Some(&OLD.replace('b', "B").replace('i', "I\nI2")));
        let (laid, origins) = proposal.over(Some(&format!("typed\n{}", OLD.replace("e\n", ""))));
        let laid = laid.unwrap();
        assert_eq!(origins, [Some(0), Some(1)]);
        assert_eq!(laid.hunks[0].runs, [Run { old: 2..3, new: 2..3 }]);
        assert_eq!(laid.hunks[1].runs, [Run { old: 8..9, new: 8..10 }]);
        assert_eq!(laid.change.new_text(), "typed\na\nB\nc\nd\nf\ng\nh\nI\nI2\nj\n");
    }

    #[test]
    fn what_both_changed_is_in_conflict_and_the_rest_of_the_hunk_is_not() {
        // One hunk of two runs; the second is changed by hand too.
        let proposal = Laying::new(Some(OLD), Some(&OLD.replace('b', "B").replace("e\n", "E\n")));
        assert_eq!(proposal.hunks.len(), 1);
        let (laid, origins) = proposal.over(Some(&OLD.replace('e', "typed")));
        let laid = laid.unwrap();
        assert_eq!(origins, [Some(0), None]);
        assert_eq!(laid.conflicts(), [Some("e\n")]);
        assert_eq!(laid.taken(|_| true).unwrap(), OLD.replace('b', "B").replace("e\n", "E\n"));
        assert_eq!(laid.taken(|hunk| hunk.conflict.is_none()).unwrap(), OLD.replace('b', "B").replace('e', "typed"));
        // Changed once more elsewhere the conflict follows, changed back it is none.
        let (further, origins) = laid.over(Some(&format!("0\n{}", OLD.replace('e', "typed"))));
        assert_eq!((origins, further.unwrap().conflicts()), (vec![Some(0), Some(1)], vec![Some("e\n")]));
        let (back, origins) = laid.over(Some(OLD));
        let back = back.unwrap();
        assert_eq!((origins, back.conflicts()), (vec![Some(0), None], vec![]));
        assert_eq!((&*back.change.new.unwrap(), back.hunks.len()), (proposal.change.new_text(), 2));
        let (again, _) = laid.over(Some(&OLD.replace('e', "typed\nmore")));
        assert_eq!(again.unwrap().conflicts(), [Some("e\n")]);
    }

    #[test]
    fn what_was_done_by_hand_is_gone() {
        let proposal = Laying::new(Some(OLD), Some(&OLD.replace('b', "B").replace('i', "I")));
        let (laid, origins) = proposal.over(Some(&OLD.replace('b', "B")));
        assert_eq!((origins, laid.unwrap().hunks.len()), (vec![Some(1)], 1));
        assert!(proposal.over(Some(proposal.change.new_text())).0.is_none());
        assert!(Laying::new(None, Some("x\n")).over(Some("x\n")).0.is_none());
        assert!(Laying::new(Some("x\n"), None).over(None).0.is_none());
    }

    #[test]
    fn a_file_that_comes_or_goes_is_in_conflict_as_a_whole() {
        let deleted = Laying::new(Some(OLD), Some(&OLD.replace('b', "B"))).over(None).0.unwrap();
        assert_eq!(deleted.conflicts(), [Some(OLD)]);
        assert_eq!((deleted.taken(|_| false), deleted.taken(|_| true)), (None, Some(OLD.replace('b', "B"))));
        assert_eq!(deleted.change.origin.as_ref().unwrap().file.text(), OLD);
        // There again, as it was or otherwise.
        assert_eq!(deleted.over(Some(OLD)).0.unwrap().conflicts(), []);
        let other = deleted.over(Some(&OLD.replace('j', "J"))).0.unwrap();
        assert_eq!((other.conflicts(), other.change.new_text()), (vec![], &*OLD.replace('b', "B").replace('j', "J")));
        assert_eq!(deleted.over(None).0.unwrap().conflicts(), [Some(OLD)]);

        let edited = Laying::new(Some("x\n"), None).over(Some("x\ntyped\n")).0.unwrap();
        assert_eq!((edited.conflicts(), edited.hunks[0].extent().old), (vec![Some("x\n")], 0..2));
        assert_eq!(edited.over(Some("x\n")).0.unwrap().conflicts(), []);
        assert!(edited.over(None).0.is_none());

        let created = Laying::new(None, Some("x\ny\n")).over(Some("x\ntyped\n")).0.unwrap();
        assert_eq!(created.conflicts(), [None]);
        assert_eq!(created.taken(|_| false).unwrap(), "x\ntyped\n");
        assert_eq!(
            (created.over(None).0.unwrap().conflicts(), created.over(Some("x\ny\n")).0.is_none()),
            (vec![], true)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn it_is_the_merge_and_loses_nothing(
            old in "([abcd]\n){0,12}a?", new in "([abcd]\n){0,12}a?", now in "([abcde]\n){0,12}a?", later in "([abcde]\n){0,12}",
            is_split in any::<bool>()
        ) {
            prop_assume!(old != new);
            let proposal = Laying::new(Some(&old), Some(&new));
            let proposal = if is_split { proposal.split() } else { proposal };
            let merged = merge(&old, &new, &now);
            let (laid, origins) = proposal.over(Some(&now));
            let Some(laid) = laid else {
                prop_assert_eq!((&merged.text, merged.clashes.len()), (&now, 0));
                return Ok(());
            };
            prop_assert_eq!(laid.taken(|_| false).unwrap(), now.clone());
            prop_assert_eq!(laid.taken(|hunk| hunk.conflict.is_none()).unwrap(), merged.text);
            prop_assert_eq!(laid.taken(|_| true).unwrap(), laid.change.new_text());
            prop_assert_eq!(laid.conflicts().len(), merged.clashes.len());
            // What is decided on anew is in conflict; what is not keeps its lines.
            for (hunk, origin) in laid.hunks.iter().zip(&origins) {
                prop_assert_eq!(hunk.conflict.is_some(), origin.is_none());
                let Some(origin) = origin else { continue };
                let lines = |text: &str, runs: &[Run]| -> Vec<String> {
                    let all = lines_of(text);
                    runs.iter().map(|run| all[run.new.start as usize..run.new.end as usize].concat()).collect()
                };
                let before = lines(&new, &proposal.hunks[*origin].runs);
                prop_assert!(lines(laid.change.new_text(), &hunk.runs).iter().all(|run| before.contains(run)));
            }
            // Once more, and every one of its hunks still says what it does.
            let (further, origins) = laid.over(Some(&later));
            if let Some(further) = further {
                prop_assert_eq!(further.taken(|_| false).unwrap(), later);
                prop_assert_eq!(further.taken(|_| true).unwrap(), further.change.new_text());
                for (hunk, origin) in further.hunks.iter().zip(origins) {
                    let was = origin.map(|origin| &laid.hunks[origin].conflict);
                    prop_assert!(was.is_none_or(|was| *was == hunk.conflict));
                }
            }
        }
    }
}

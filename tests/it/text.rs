//! Texts through their door: what a person takes of a change is what the shown diff says.
//!
//! `FLUX_CASES` tries so many random changes instead of 10,000; each is made from its number alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flux::app::pane::proposal::{Arrangement, ProposalPane, ProposalRow};
use flux::app::{Reading, Review};
use flux::gate::Report;
use flux::text::{
    ChangeSet, FileText, Hunk, HunkId, ProjectPath, RowKind, Run, hunk_at_line, hunks_of, recut, select, unified_diff,
};

use crate::dice::Dice;
use unified::applied;

mod unified;

/// Few different lines: the more of them are equal, the more ways there are to cut a diff.
const LINES: [&str; 6] = ["a", "b", "", "    return x", "}", "    return y"];
/// Lines that some tools cut or spell otherwise.
const ODD_LINES: [&str; 10] = [
    "a\rb",
    "\r",
    "\u{c}",
    "\u{c}def f():",
    "日本 = '𝄞'",
    "a\u{2028}b\u{85}c",
    "\u{feff}",
    "-- a",
    "++ b",
    "\\ No newline at end of file",
];
const ENDS: [&[&str]; 5] = [&["\n"], &["\n"], &["\r\n"], &["\n", "\r\n", "\n"], &["\n", "\r", "\r\n"]];

fn line(dice: &mut Dice, ends: &[&str]) -> String {
    let words = match dice.roll(8) {
        0 => (*dice.pick(&ODD_LINES)).to_owned(),
        1 => format!("x_{} = {}", dice.roll(30), dice.roll(30)),
        _ => (*dice.pick(&LINES)).to_owned(),
    };
    let end: &&str = dice.pick(ends);
    words + end
}

fn lines(dice: &mut Dice, ends: &[&str], most: usize) -> Vec<String> {
    (0..dice.roll(most + 1)).map(|_| line(dice, ends)).collect()
}

/// `lines` after some edits as people and models make them.
fn edited(dice: &mut Dice, mut lines: Vec<String>, ends: &[&str]) -> Vec<String> {
    for _ in 0..1 + dice.roll(6) {
        let range = if lines.is_empty() { 0..0 } else { dice.range(lines.len(), 6) };
        match dice.roll(6) {
            0 => drop(lines.drain(range)),
            1 => drop(lines.splice(range.start..range.start, self::lines(dice, ends, 5))),
            2 => {
                let copied = lines[range.clone()].to_vec();
                lines.splice(range.end..range.end, copied);
            }
            3 => lines[range].iter_mut().for_each(|line| line.insert_str(0, "    ")),
            4 => {
                let words = |line: &String| line.replacen("return", "yield", 1).replacen('x', "y", 1);
                let changed: Vec<String> = lines[range.clone()].iter().map(words).collect();
                lines.splice(range, changed);
            }
            _ => {
                let count = range.len();
                let others = (0..count).map(|_| line(dice, ends)).collect::<Vec<_>>();
                lines.splice(range, others);
            }
        }
    }
    lines
}

fn text(dice: &mut Dice, lines: &[String]) -> String {
    let text = lines.concat();
    match dice.roll(4) {
        0 => text.trim_end_matches(['\n', '\r']).to_owned(),
        _ => text,
    }
}

/// What may become of one file: edited mostly, else another altogether, created or deleted.
fn change(dice: &mut Dice) -> (Option<String>, Option<String>) {
    let ends = *dice.pick(&ENDS);
    let most = *dice.pick(&[0, 1, 2, 8, 20, 60]);
    let old_lines = lines(dice, ends, most);
    let old = text(dice, &old_lines);
    match dice.roll(16) {
        0 => (None, Some(old)),
        1 => (Some(old), None),
        2 | 3 => {
            let ends = *dice.pick(&ENDS);
            let new = lines(dice, ends, most);
            (Some(old), Some(text(dice, &new)))
        }
        _ => {
            let ends = if dice.roll(6) == 0 { *dice.pick(&ENDS) } else { ends };
            let new = edited(dice, old_lines, ends);
            (Some(old), Some(text(dice, &new)))
        }
    }
}

fn change_set(dice: &mut Dice) -> ChangeSet {
    let mut change_set = ChangeSet::default();
    for nth in 0..1 + dice.roll(3) / 2 {
        let (old, new) = change(dice);
        let old = old.map(|old| Arc::new(FileText::from_text(&old)));
        change_set.put(ProjectPath::new(&format!("a{nth}.txt")).unwrap(), old, new.map(Into::into));
    }
    change_set
}

/// The proposal as a person has it before them, some hunks split.
fn review(dice: &mut Dice, change_set: ChangeSet) -> Review {
    let hunks = hunks_of(&change_set);
    let mut review = Review::new(change_set, hunks, Report::new(Vec::new(), [None; 6]));
    for _ in 0..dice.roll(4) {
        review.split(dice.roll(review.hunks.len()));
    }
    // Somebody may change the files meanwhile, also more than once.
    for _ in 0..dice.roll(6).saturating_sub(3) {
        change_meanwhile(dice, &mut review);
    }
    review
}

fn change_meanwhile(dice: &mut Dice, review: &mut Review) {
    let mut now = BTreeMap::new();
    for (path, change) in review.change_set.iter() {
        let ends = *dice.pick(&ENDS);
        let lines: Vec<String> = change.old_text().split_inclusive('\n').map(str::to_owned).collect();
        let text = match dice.roll(12) {
            0 => None,
            1 => change.new.as_ref().map(ToString::to_string),
            2 | 3 => Some(change.old_text().to_owned()),
            _ => Some(edited(dice, lines, ends).concat()),
        };
        now.insert(path.clone(), text.map(|text| Arc::new(FileText::from_text(&text))));
    }
    let readings: Vec<Reading> = now.iter().map(|(path, now)| (path.clone(), Ok(now.clone()))).collect();
    review.rebase(&readings);
    // The old side is what stands there.
    for (path, change) in review.change_set.iter() {
        assert_eq!(change.old.as_ref().map(|old| old.text()), now[path].as_ref().map(|now| now.text()));
    }
}

/// The hunks of one file stand in order, do not touch the same lines, and all between them is equal.
fn check_order(old: &str, new: &str, hunks: &[&Hunk]) {
    let [old, new] = [old, new].map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    let end = Run { old: old.len() as u32..0, new: new.len() as u32..0 };
    let mut at = (0, 0);
    for run in hunks.iter().flat_map(|hunk| &hunk.runs).chain([&end]) {
        let starts = (run.old.start as usize, run.new.start as usize);
        assert!(at.0 <= starts.0 && at.1 <= starts.1, "{hunks:?}");
        assert_eq!(old[at.0..starts.0], new[at.1..starts.1], "{hunks:?}");
        at = (run.old.end as usize, run.new.end as usize);
    }
}

/// What the shown rows say that each file becomes: its lines, each with the hunk that brings it.
fn shown(review: &Review, arrangement: Arrangement, taken: &BTreeSet<usize>) -> Vec<Vec<(Option<usize>, String)>> {
    let pane = ProposalPane::new(review, None, arrangement, 40);
    let sides = pane.files.iter().map(|file| {
        [&file.old, &file.new].map(|side| {
            let lines = side.iter().flat_map(|side| side.lines.iter().map(|line| &side.text[line.range()]));
            lines.collect::<Vec<_>>()
        })
    });
    let sides: Vec<[Vec<&str>; 2]> = sides.collect();
    let mut files: Vec<Vec<(Option<usize>, String)>> = Vec::new();
    let mut old_at = 0;
    for row in &pane.rows {
        match row {
            ProposalRow::File(_) => {
                files.push(Vec::new());
                old_at = 0;
            }
            ProposalRow::Symbol(_) | ProposalRow::Hunk(_) | ProposalRow::Base { .. } => {}
            ProposalRow::Gap { count } => {
                let at = files.len() - 1;
                let lines = sides[at][0][old_at..old_at + count].iter();
                files[at].extend(lines.map(|line| (None, (*line).to_owned())));
                old_at += count;
            }
            ProposalRow::Line { file, row, hunk } => {
                old_at = row.old_line.map_or(old_at, |line| line as usize);
                let is_taken = hunk.is_some_and(|hunk| taken.contains(&hunk));
                let (side, line) = if is_taken { (1, row.new_line) } else { (0, row.old_line) };
                assert_eq!(hunk.is_none(), row.kind == RowKind::Equal);
                let line = line.map(|line| sides[*file][side][line as usize - 1].to_owned());
                files[*file].extend(line.map(|line| (hunk.filter(|_| is_taken), line)));
            }
        }
    }
    files
}

fn check_subset(review: &Review, taken: &BTreeSet<usize>) {
    let is_taken = |id: HunkId| taken.contains(&(id.0 as usize));
    let selected = select(&review.change_set, &review.hunks, is_taken);
    for arrangement in [Arrangement::SideBySide, Arrangement::Unified] {
        let files = shown(review, arrangement, taken);
        for ((path, change), lines) in review.change_set.iter().zip(files) {
            let says: String = lines.iter().map(|(_, line)| line.as_str()).collect();
            let becomes = selected.get(path).map_or(change.old_text(), |change| change.new_text());
            assert_eq!(becomes, says, "{path}, {arrangement:?}, {:?}", review.hunks);
            for (at, (hunk, _)) in (1..).zip(&lines) {
                let found = hunk_at_line(&review.hunks, is_taken, path, at).map(|id| id.0 as usize);
                assert_eq!(found, *hunk, "{path} line {at}, {arrangement:?}, {:?}", review.hunks);
            }
            // A file comes or goes as a whole.
            let comes_or_goes = change.old.is_none() || change.new.is_none();
            let hunk = review.hunks.iter().position(|hunk| hunk.path == *path).unwrap();
            assert!(!comes_or_goes || selected.get(path).is_some() == taken.contains(&hunk));
        }
    }
    check_unified(&selected);
    check_unified(&selected.reversed());
}

/// The printed diff makes the new texts of the old ones, by the rules of the tools that read one.
fn check_unified(change_set: &ChangeSet) {
    let side = |text: &str, is_there: bool| is_there.then(|| text.to_owned());
    let old: BTreeMap<String, String> = change_set
        .iter()
        .filter_map(|(path, change)| Some((path.to_string(), side(change.old_text(), change.old.is_some())?)))
        .collect();
    let new: BTreeMap<String, String> = change_set
        .iter()
        .filter_map(|(path, change)| Some((path.to_string(), side(change.new_text(), change.new.is_some())?)))
        .collect();
    let diff = unified_diff(change_set);
    assert_eq!(applied(&old, &diff), Ok(new), "{diff}");
}

/// What is laid over another new text makes that text, and what it calls the same changes the same lines to the same.
fn check_recut(dice: &mut Dice, review: &Review) {
    for (path, change) in review.change_set.iter().filter(|(_, change)| change.old.is_some() && change.new.is_some()) {
        let own: Vec<&Hunk> = review.hunks.iter().filter(|hunk| hunk.path == *path).collect();
        let before: Vec<String> = change.new_text().split_inclusive('\n').map(str::to_owned).collect();
        let ends = *dice.pick(&ENDS);
        let after = edited(dice, before, ends).concat();
        let runs: Vec<&[Run]> = own.iter().map(|hunk| hunk.runs.as_slice()).collect();
        let cut = recut(change.old_text(), &runs, change.new_text(), &after);
        let told = format!("{:?} -> {after:?}: {own:?} {cut:?}", change.new_text());
        let [old, new, then] =
            [change.old_text(), change.new_text(), &after].map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
        let mut made = Vec::new();
        let mut at = 0;
        for run in cut.iter().flat_map(|hunk| &hunk.runs) {
            assert!(at <= run.old.start as usize, "{told}");
            made.extend_from_slice(&old[at..run.old.start as usize]);
            assert_eq!(made.len(), run.new.start as usize, "{told}");
            made.extend_from_slice(&then[run.new.start as usize..run.new.end as usize]);
            at = run.old.end as usize;
        }
        made.extend_from_slice(&old[at..]);
        assert_eq!(made, then, "{told}");
        for hunk in cut.iter().filter(|hunk| hunk.is_same) {
            let origin = own[hunk.origin.expect("it was one before")];
            assert_eq!(origin.runs.len(), hunk.runs.len(), "{told}");
            for (before, now) in origin.runs.iter().zip(&hunk.runs) {
                let lines = |of: &[&str], run: &Run| of[run.new.start as usize..run.new.end as usize].concat();
                assert_eq!((&before.old, lines(&new, before)), (&now.old, lines(&then, now)), "{told}");
            }
        }
    }
}

fn check(number: usize) {
    let mut dice = Dice::new(number);
    let change_set = change_set(&mut dice);
    let review = review(&mut dice, change_set);
    let (change_set, hunks) = (&review.change_set, &review.hunks);
    assert!(hunks.iter().enumerate().all(|(at, hunk)| hunk.id == HunkId(at as u32)), "{hunks:?}");
    assert!(hunks.is_sorted_by_key(|hunk| &hunk.path), "{hunks:?}");
    for (path, change) in change_set.iter() {
        let own: Vec<&Hunk> = hunks.iter().filter(|hunk| hunk.path == *path).collect();
        check_order(change.old_text(), change.new_text(), &own);
    }
    assert_eq!(select(change_set, hunks, |_| true), *change_set);
    assert!(select(change_set, hunks, |_| false).is_empty());
    for _ in 0..2 {
        let taken = (0..hunks.len()).filter(|_| dice.roll(2) == 0).collect();
        check_subset(&review, &taken);
    }
    check_recut(&mut dice, &review);
}

#[test]
fn any_of_the_hunks_make_what_the_shown_diff_says() {
    let count = std::env::var("FLUX_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(10_000);
    for number in 0..count {
        if let Err(why) = std::panic::catch_unwind(|| check(number)) {
            let change_set = change_set(&mut Dice::new(number));
            eprintln!("case {number}: {change_set:#?}");
            std::panic::resume_unwind(why);
        }
    }
}

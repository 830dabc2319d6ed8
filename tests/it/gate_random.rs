//! The gate against edits that nobody planned, over real files: it never breaks down, it says the same whatever was
//! asked before, and it says nothing of text that nobody changed.
//!
//! A few hundred edits of the sample in every run. `FLUX_LIBRARY=DIR FLUX_RANDOM_EDITS=10000` takes any folder of Python
//! code, `FLUX_RANDOM_FROM` the first edit's number: an edit is made from its number alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flux::gate::{Gate, PythonEnvironment, Report};
use flux::index::{Snapshot, View};
use flux::sys::{DiskSource, index_once};
use flux::text::{ChangeSet, FileText, ProjectPath, Source};

use crate::dice::Dice;

/// So many edits are asked of one pair of gates, once forwards and once backwards.
const ROUND: usize = 100;
/// One edit of so many is asked of a fresh gate as well.
const FRESH_EVERY: usize = 25;
/// No answer takes longer, on a slow machine and without optimisation.
const PATIENCE: Duration = Duration::from_secs(180);
/// Longer files are left to the tests of their own.
const LINES_MAX: u32 = 4000;

struct Project {
    root: PathBuf,
    snapshot: Arc<Snapshot>,
    source: DiskSource,
    files: Vec<(ProjectPath, Arc<FileText>)>,
}

impl Project {
    fn open(root: &Path) -> Self {
        let root = root.canonicalize().unwrap();
        let snapshot = index_once(root.clone(), Vec::new(), |_, _| {}).unwrap();
        let source = DiskSource::new(root.clone());
        let files = snapshot
            .files()
            .filter(|(_, entry)| entry.structure.line_count <= LINES_MAX)
            .filter_map(|(path, _)| Some((path.clone(), source.read(path).ok()?)))
            .filter(|(_, text)| !text.text().is_empty())
            .collect();
        Self { root, snapshot, source, files }
    }

    fn gate(&self) -> Gate {
        let mut gate = Gate::new(
            &self.root,
            PythonEnvironment { prefix: None, version: Some((3, 12)), ..PythonEnvironment::default() },
        );
        // What an answer says must not depend on how busy the machine is.
        gate.limit(PATIENCE * 10);
        gate.refresh(&self.snapshot);
        gate
    }

    fn judge(&self, gate: &mut Gate, change_set: &ChangeSet) -> Report {
        gate.judge(View { snapshot: &self.snapshot, pending: change_set, source: &self.source }, None)
    }
}

/// Words, numbers, white space, and single other characters.
fn tokens(text: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        '\n' => 0,
        c if c.is_whitespace() => 1,
        c if c == '_' || c.is_alphanumeric() => 2,
        _ => 3,
    };
    let mut found = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in text.char_indices() {
        let goes_on = last == Some(kind(c)) && matches!(kind(c), 1 | 2);
        if !goes_on && at > start {
            found.push(&text[start..at]);
            start = at;
        }
        last = Some(kind(c));
    }
    if start < text.len() {
        found.push(&text[start..]);
    }
    found
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The lines of a statement: one, and all that are deeper below it.
fn statement(lines: &[&str], dice: &mut Dice) -> std::ops::Range<usize> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let start = dice.roll(lines.len());
    let deeper = lines[start + 1..]
        .iter()
        .take_while(|line| line.trim().is_empty() || depth(line) > depth(lines[start]))
        .count();
    start..start + 1 + deeper
}

/// What stands in no program that somebody meant.
const ODD: [&str; 16] = [
    "\u{feff}", "\u{c}", "\0", "é", "𝒳", "\u{202e}", "\r", "\\\n", "\"\"\"", "f'{", "(", "]", ":=", "\t", "日本",
    "\u{1}",
];

type Way = fn(&str, &str, &mut Dice) -> String;

/// The ways to spoil a text; each is given another file's text too.
const WAYS: [(&str, Way); 14] = [
    ("swap tokens", |text, _, dice| {
        let mut all = tokens(text);
        let (one, other) = (dice.roll(all.len()), dice.roll(all.len()));
        all.swap(one, other);
        all.concat()
    }),
    ("swap near tokens", |text, _, dice| {
        let mut all = tokens(text);
        let one = dice.roll(all.len());
        let other = (one + 1 + dice.roll(12)).min(all.len() - 1);
        all.swap(one, other);
        all.concat()
    }),
    ("delete tokens", |text, _, dice| {
        let mut all = tokens(text);
        all.drain(dice.range(all.len(), 4));
        all.concat()
    }),
    ("duplicate tokens", |text, _, dice| {
        let mut all = tokens(text);
        let range = dice.range(all.len(), 6);
        let copy = all[range.clone()].to_vec();
        all.splice(range.end..range.end, copy);
        all.concat()
    }),
    ("another name", |text, other, dice| {
        let is_name = |token: &&str| token.starts_with(|c: char| c == '_' || c.is_alphabetic());
        let mut all = tokens(text);
        let named: Vec<usize> = (0..all.len()).filter(|at| is_name(&all[*at])).collect();
        let source = if dice.roll(2) == 0 { text } else { other };
        let others: Vec<&str> = tokens(source).into_iter().filter(is_name).collect();
        if !named.is_empty() && !others.is_empty() {
            all[*dice.pick(&named)] = *dice.pick(&others);
        }
        all.concat()
    }),
    ("delete a statement", |text, _, dice| {
        let mut all = lines(text);
        all.drain(statement(&all, dice));
        all.concat()
    }),
    ("duplicate a statement", |text, _, dice| {
        let mut all = lines(text);
        let range = statement(&all, dice);
        let copy = all[range.clone()].to_vec();
        all.splice(range.end..range.end, copy);
        all.concat()
    }),
    ("move a statement", |text, _, dice| {
        let mut all = lines(text);
        let moved: Vec<&str> = all.drain(statement(&all, dice)).collect();
        let at = dice.roll(all.len() + 1);
        all.splice(at..at, moved);
        all.concat()
    }),
    ("borrow a statement", |text, other, dice| {
        let (mut all, others) = (lines(text), lines(other));
        let at = dice.roll(all.len() + 1);
        all.splice(at..at, others[statement(&others, dice)].to_vec());
        all.concat()
    }),
    ("splice", |text, other, dice| {
        let (all, others) = (lines(text), lines(other));
        let (end, start) = (dice.roll(all.len()), dice.roll(others.len()));
        all[..end].concat() + &others[start..].concat()
    }),
    ("truncate", |text, _, dice| {
        let all: Vec<char> = text.chars().collect();
        all[..dice.roll(all.len())].iter().collect()
    }),
    ("shift the indentation", |text, _, dice| {
        let all = lines(text);
        let range = dice.range(all.len(), 12);
        let deeper = dice.roll(2) == 0;
        let shift = |(at, line): (usize, &&str)| match (range.contains(&at), deeper) {
            (false, _) => (*line).to_owned(),
            (true, true) => format!("    {line}"),
            (true, false) => line.strip_prefix("    ").unwrap_or(line).to_owned(),
        };
        all.iter().enumerate().map(shift).collect()
    }),
    ("odd characters", |text, _, dice| {
        let mut all = tokens(text);
        for _ in 0..=dice.roll(3) {
            let at = dice.roll(all.len() + 1);
            all.insert(at, *dice.pick(&ODD));
        }
        all.concat()
    }),
    ("noise", |_, _, dice| (0..dice.roll(400)).filter_map(|_| char::from_u32(dice.roll(0x500) as u32)).collect()),
];

struct Edit {
    name: String,
    change_set: ChangeSet,
}

/// The edit of a number: one file, sometimes two or three, now and then one deleted or made.
fn edit(project: &Project, number: usize) -> Edit {
    let mut dice = Dice::new(number);
    let mut change_set = ChangeSet::default();
    let mut names = Vec::new();
    for _ in 0..[1, 1, 1, 1, 1, 1, 2, 3][dice.roll(8)] {
        let (path, file) = dice.pick(&project.files);
        let (_, other) = dice.pick(&project.files);
        let (way, spoil) = dice.pick(&WAYS);
        let mut new = spoil(file.text(), other.text(), &mut dice);
        for _ in 0..[0, 0, 0, 1, 4][dice.roll(5)] {
            let (_, again) = dice.pick(&WAYS);
            new = if new.is_empty() { new } else { again(&new, other.text(), &mut dice) };
        }
        names.push(format!("{way} in {path}"));
        match dice.roll(40) {
            0 => change_set.put(path.clone(), Some(file.clone()), None),
            1 => {
                let beside = format!("{}_made.py", path.as_str().trim_end_matches(".py").trim_end_matches(".pyi"));
                change_set.put(ProjectPath::new(&beside).unwrap(), None, Some(new.into()));
            }
            _ => change_set.put(path.clone(), Some(file.clone()), Some(new.into())),
        }
    }
    Edit { name: format!("edit {number}: {}", names.join(", ")), change_set }
}

/// Everything that a report says, apart from how long it took.
fn told(report: &Report) -> Vec<String> {
    report.issues.iter().map(|issue| format!("{issue:?}")).collect()
}

/// What only one of two answers says.
fn apart(one: &str, first: &[String], other: &str, second: &[String]) -> String {
    let only = |all: &[String], without: &[String]| -> Vec<String> {
        all.iter().filter(|issue| !without.contains(issue)).cloned().collect()
    };
    format!("only {one} {:#?} only {other} {:#?}", only(first, second), only(second, first))
}

/// What is wrong with the answers of one round.
fn faults_of_round(project: &Project, numbers: std::ops::Range<usize>) -> Vec<String> {
    let edits: Vec<Edit> = numbers.clone().map(|number| edit(project, number)).collect();
    let mut faults = Vec::new();
    let mut forwards = project.gate();
    let mut answers = Vec::new();
    for edit in &edits {
        let started = Instant::now();
        let report = project.judge(&mut forwards, &edit.change_set);
        if started.elapsed() > PATIENCE {
            faults.push(format!("{}: took {:?}", edit.name, started.elapsed()));
        }
        if !report.is_complete() {
            let known: Vec<String> = told(&report).into_iter().filter(|issue| issue.contains("failed")).collect();
            faults.push(format!("{}: {known:#?}", edit.name));
        }
        answers.push(told(&report));
    }
    let mut backwards = project.gate();
    for ((number, edit), first) in numbers.zip(&edits).zip(&answers).rev() {
        let again = told(&project.judge(&mut backwards, &edit.change_set));
        if again != *first {
            faults.push(format!("{}: {}", edit.name, apart("forwards", first, "backwards", &again)));
        }
        if number % FRESH_EVERY == 0 || again != *first {
            let fresh = told(&project.judge(&mut project.gate(), &edit.change_set));
            if fresh != *first {
                faults.push(format!("{}: {}", edit.name, apart("among others", first, "fresh", &fresh)));
            }
        }
    }
    faults
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number(name: &str, otherwise: usize) -> usize {
    variable(name).map_or(otherwise, |number| number.parse().unwrap())
}

fn project() -> Project {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/sample");
    Project::open(&variable("FLUX_LIBRARY").map_or(sample, PathBuf::from))
}

#[test]
fn random_edits_are_judged_whole_and_always_alike() {
    if variable("FLUX_LIBRARY").is_some() {
        // Why the engine failed stands in the log alone.
        let _ = tracing_subscriber::fmt().with_max_level(tracing::Level::ERROR).with_writer(std::io::stderr).try_init();
    }
    let project = project();
    let (from, count) = (number("FLUX_RANDOM_FROM", 0), number("FLUX_RANDOM_EDITS", 300));
    let mut faults = Vec::new();
    for start in (from..from + count).step_by(ROUND) {
        let end = (start + ROUND).min(from + count);
        let found = faults_of_round(&project, start..end);
        for fault in &found {
            eprintln!("{fault}");
        }
        faults.extend(found);
        if count > ROUND * 3 {
            eprintln!("{end} edits, {} faults", faults.len());
        }
    }
    assert!(faults.is_empty(), "{} of {count} edits: {faults:#?}", faults.len());
}

#[test]
fn nothing_is_said_of_text_that_nobody_changed() {
    let project = project();
    let mut gate = project.gate();
    let limit = number("FLUX_RANDOM_EDITS", 300);
    let mut faults = Vec::new();
    for (path, file) in project.files.iter().take(limit) {
        let text = file.text();
        let mut same = ChangeSet::default();
        same.put(path.clone(), Some(file.clone()), Some(file.shared_text()));
        let mut longer = ChangeSet::default();
        let end = file.line_ending().as_str();
        longer.put(path.clone(), Some(file.clone()), Some(format!("{end}{text}{end}# The end.{end}").into()));
        // One more statement, so that all of it is asked for.
        let mut more = ChangeSet::default();
        more.put(path.clone(), Some(file.clone()), Some(format!("{text}{end}_nobody_asks = 0{end}").into()));
        for change_set in [same, longer, more] {
            let report = project.judge(&mut gate, &change_set);
            if !report.issues.is_empty() {
                faults.push(format!("{path}: {:#?}", told(&report)));
            }
        }
    }
    assert!(faults.is_empty(), "{} files: {faults:#?}", faults.len());
}

//! What diffs, writes, the index, questions to it, judgements and the uses of a symbol cost, as ratios to what everybody has: `git diff
//! --no-index`, a plain write with fsync, parsing alone, a look at everything.
//!
//! `cargo bench --bench ratios` prints one line for each case with the medians and the median of the ratios; both sides
//! take turns, so that a busy machine is busy for both. `cargo bench --bench ratios -- index questions` measures these
//! parts alone. `ratios diff A B` is the program that it measures: it reads two files and prints their unified diff.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made ends, and its answer is what it prints"
)]

use std::fs;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flux::sys::Writer;
use flux::text::{ChangeSet, FileText, ProjectPath, hunks_of, unified_diff};

mod index;
mod judging;
mod questions;

const ROUNDS: usize = 21;
const LINES: usize = 10_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [what, old, new] = &arguments[..]
        && what == "diff"
    {
        return print_diff(Path::new(old), Path::new(new));
    }
    let does = |part: &str| arguments.is_empty() || arguments.iter().any(|wanted| wanted == part);
    if does("diffs") {
        diffs();
    }
    if does("writes") {
        writes();
    }
    index::measures(does);
}

fn change(old: &str, new: &str) -> ChangeSet {
    let mut change_set = ChangeSet::default();
    change_set.put(ProjectPath::new("a.py").unwrap(), Some(Arc::new(FileText::from_text(old))), Some(new.into()));
    change_set
}

fn print_diff(old: &Path, new: &Path) {
    let (old, new) = (fs::read_to_string(old).unwrap(), fs::read_to_string(new).unwrap());
    if old == new {
        // No file stands in a change set that it does not change.
        return;
    }
    let change_set = change(&old, &new);
    // A closed pipe is the reader's choice.
    let _ = std::io::stdout().write_all(unified_diff(&change_set).as_bytes());
}

/// Numbers that look like chance and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end
    }
}

fn source() -> Vec<String> {
    let mut numbers = Numbers(7);
    let mut lines = Vec::new();
    for nth in 0.. {
        lines.push(format!("def function_{nth}(alpha, beta_{}=None, *args):\n", nth % 17));
        for item in 0..6 + numbers.below(18) {
            lines.push(match numbers.below(5) {
                0 => format!("    total_{item} = alpha[{item}] + {}\n", nth * item % 997),
                1 => format!("    if beta_{} is None and total > {nth}:\n", nth % 17),
                2 => "        pass\n".to_owned(),
                3 => format!("    result.append(transform(alpha, key={item}, name='n{nth}'))\n"),
                _ => "\n".to_owned(),
            });
        }
        lines.push(format!("    return result_{nth}\n"));
        lines.extend(["\n".to_owned(), "\n".to_owned()]);
        if lines.len() >= LINES {
            break;
        }
    }
    lines.truncate(LINES);
    lines
}

const CASES: [&str; 6] = ["same", "append", "few", "many", "move", "rewrite"];

fn edited(old: &[String], case: &str) -> Vec<String> {
    let mut numbers = Numbers(11);
    let mut new = old.to_vec();
    match case {
        "append" => new.extend(["\n", "def appended():\n", "    return 1\n"].map(str::to_owned)),
        "few" => {
            for nth in 0..20 {
                let at = numbers.below(new.len() - 2);
                let added: Vec<String> =
                    (0..numbers.below(4)).map(|item| format!("    changed_{nth} = {item}\n")).collect();
                new.splice(at..at + numbers.below(3), added);
            }
        }
        "many" => {
            for _ in 0..1_500 {
                let at = numbers.below(new.len());
                new[at] = format!("{}  # touched\n", new[at].trim_end());
            }
        }
        "move" => {
            for _ in 0..40 {
                let at = numbers.below(new.len() - 60);
                let block: Vec<String> = new.drain(at..at + 20).collect();
                let to = numbers.below(new.len());
                new.splice(to..to, block);
            }
        }
        "rewrite" => {
            for at in (0..new.len()).step_by(2) {
                new[at] = format!("    new_{at} = {}\n", numbers.below(1_000_000));
            }
        }
        _ => {}
    }
    new
}

fn diffs() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.py"), folder.path().join("b.py"));
    let old = source();
    fs::write(&a, old.concat()).unwrap();
    let own = std::env::current_exe().unwrap();
    for case in CASES {
        let new = edited(&old, case);
        fs::write(&b, new.concat()).unwrap();
        let change_set = change(&old.concat(), &new.concat());
        compare(
            &format!("diff {case}, program against program"),
            || run(Command::new(&own).arg("diff").arg(&a).arg(&b)),
            || {
                run(Command::new("git")
                    .args(["-c", "core.pager=cat", "diff", "--no-index", "--no-color"])
                    .arg(&a)
                    .arg(&b))
            },
        );
        compare(
            &format!("  its {} hunks against reading its lines", hunks_of(&change_set).len()),
            || drop(black_box(hunks_of(&change_set))),
            || {
                black_box((old.concat().lines().count(), new.concat().lines().count()));
            },
        );
    }
}

fn run(command: &mut Command) {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
}

fn writes() {
    const FILES: usize = 20;
    let (root, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let plain = tempfile::tempdir().unwrap();
    let writer = Writer::with_state(root.path(), state.path()).unwrap();
    let text = |round: usize, nth: usize| format!("value_{nth} = {round}\n").repeat(600);
    let path = |nth: usize| format!("file_{nth}.py");
    for nth in 0..FILES {
        fs::write(root.path().join(path(nth)), text(0, nth)).unwrap();
        fs::write(plain.path().join(path(nth)), text(0, nth)).unwrap();
    }
    let (mut ours, mut theirs) = (1, 1);
    compare(
        "write of 20 files of 10 kB against write and fsync",
        || {
            let mut change_set = ChangeSet::default();
            for nth in 0..FILES {
                let old = Arc::new(FileText::from_text(&text(ours - 1, nth)));
                change_set.put(ProjectPath::new(&path(nth)).unwrap(), Some(old), Some(text(ours, nth).into()));
            }
            writer.write(&change_set, "round").unwrap();
            ours += 1;
        },
        || {
            for nth in 0..FILES {
                let mut file = fs::File::create(plain.path().join(path(nth))).unwrap();
                file.write_all(text(theirs, nth).as_bytes()).unwrap();
                file.sync_all().unwrap();
            }
            theirs += 1;
        },
    );
}

/// Runs both in turns and prints their medians and the median of the ratios, round by round.
fn compare(what: &str, ours: impl FnMut(), theirs: impl FnMut()) {
    compare_often(ROUNDS, what, ours, theirs);
}

/// As [`compare`], so many times.
fn compare_often(count: usize, what: &str, mut ours: impl FnMut(), mut theirs: impl FnMut()) {
    let timed = |work: &mut dyn FnMut()| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    let mut rounds = Vec::new();
    for _ in 0..count {
        rounds.push((timed(&mut ours), timed(&mut theirs)));
    }
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    println!(
        "{what}: {:.2} ms against {:.2} ms, ratio {:.2}",
        median(rounds.iter().map(|(ours, _)| ms(*ours)).collect()),
        median(rounds.iter().map(|(_, theirs)| ms(*theirs)).collect()),
        median(rounds.iter().map(|(ours, theirs)| ours.as_secs_f64() / theirs.as_secs_f64()).collect()),
    );
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

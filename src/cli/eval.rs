//! `flux eval`: tasks given to a model, and whether what they ask for holds afterwards.
//!
//! Invariant: the given projects are only read; each run works on a fresh copy, which is gone afterwards.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use flux::sys::ModelChoice;
use flux::text::ChangeSet;
use serde_json::json;

use super::run::{Accept, Ended, Kept, Run, Tests, existing_folder};
use super::trace::Trace;
use crate::Format;
use checks::{Checked, Sides};
use tally::Tally;
use task::Task;

mod checks;
mod report;
mod tally;
mod task;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The folder of the tasks: each is a folder with task.toml, project/ and, to be played, recorded.jsonl.
    dir: PathBuf,
    /// Who answers: the model of the configuration, or the conversation that is recorded with each task.
    #[arg(long, value_enum, default_value = "configured")]
    model: Who,
    /// Only the tasks of these names.
    #[arg(long, num_args = 1..)]
    task: Vec<String>,
    /// How often each task is run.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    repeat: u64,
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Who {
    Configured,
    Recorded,
}

/// One task that was run.
struct Ran {
    name: String,
    repeat: u64,
    outcome: String,
    summary: String,
    checks: Vec<Checked>,
    tally: Tally,
}

impl Ran {
    fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.why.is_none())
    }

    fn label(&self) -> String {
        if self.repeat == 0 { self.name.clone() } else { format!("{} #{}", self.name, self.repeat + 1) }
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let folder = existing_folder(&options.dir)?;
    let tasks = Task::all_in(&folder, &options.task)?;
    let scratch = tempfile::Builder::new().prefix("flux-eval-").tempdir().context("no temporary folder can be made")?;
    flux::sys::on_interrupt({
        let scratch = scratch.path().to_path_buf();
        move || {
            let _ = fs::remove_dir_all(&scratch);
        }
    })?;
    let mut runs: Vec<Ran> = Vec::new();
    let mut progress = Progress::new(tasks.len() as u64 * options.repeat);
    for repeat in 0..options.repeat {
        for task in &tasks {
            progress.tell(&task.name);
            let ran = run_task(task, options, repeat, scratch.path())?;
            if options.format == Format::Jsonl {
                print(&report::run_json(&ran).to_string());
            }
            runs.push(ran);
        }
    }
    progress.clear();
    let mut sum = Tally::default();
    runs.iter().for_each(|run| sum.add(&run.tally));
    match options.format {
        Format::Text => print(report::text(&runs, &sum).trim_end()),
        Format::Jsonl => print(&json!({"sum": report::sum_json(&runs, &sum)}).to_string()),
        Format::Json => {
            let all: Vec<_> = runs.iter().map(report::run_json).collect();
            print(&json!({"tasks": all, "sum": report::sum_json(&runs, &sum)}).to_string());
        }
    }
    Ok(if runs.iter().all(Ran::holds) { ExitCode::SUCCESS } else { ExitCode::from(super::BLOCKED) })
}

fn print(text: &str) {
    // Whoever reads may have had enough.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

fn run_task(task: &Task, options: &Options, repeat: u64, scratch: &Path) -> anyhow::Result<Ran> {
    let model = match options.model {
        Who::Configured => ModelChoice::Configured,
        Who::Recorded => ModelChoice::Recorded(task.recording()?),
    };
    let copy = scratch.join(format!("{}-{repeat}", task.name));
    task.copy_to(&copy)?;
    let root = existing_folder(&copy)?;
    let started = Instant::now();
    let mut trace = Trace::silent();
    let run = Run {
        root: root.clone(),
        model,
        task: task.text.clone(),
        accept: Accept::None,
        kept: Kept::Nowhere,
        tests: Tests::Off,
    };
    let ended = run.drive(&mut trace)?;
    let mut tally = Tally::of(&ended.session, &trace);
    tally.ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let Some(proposal) = ended.proposal.as_ref().filter(|_| !ended.session.is_blocked()) {
        apply(proposal, &root)?;
    }
    let sides = Sides::of(&task.project(), &root)?;
    let checks = task.checks.ask(&sides, &root, &ended.summary);
    tally.tests = checks.iter().map(|check| check.test_count).sum();
    fs::remove_dir_all(&copy).with_context(|| format!("'{}' cannot be removed", copy.display()))?;
    let Ended { ending, summary, .. } = ended;
    Ok(Ran { name: task.name.clone(), repeat, outcome: ending.id().to_owned(), summary, checks, tally })
}

/// Lays the proposal over the copy. It is nobody's project, so there is nothing to journal and to undo.
fn apply(proposal: &ChangeSet, root: &Path) -> anyhow::Result<()> {
    for (path, change) in proposal.iter() {
        let place = path.on_disk(root);
        let done = match (&change.new, &change.old) {
            (None, _) => fs::remove_file(&place),
            (Some(new), Some(old)) => {
                fs::write(&place, old.encode(new).map_err(|error| anyhow::anyhow!("{path}: {error}"))?)
            }
            (Some(new), None) => {
                place.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&place, new.as_bytes()))
            }
        };
        done.with_context(|| format!("'{}' cannot be written", place.display()))?;
    }
    Ok(())
}

/// Which task is running, on standard error and only where a person looks at it.
struct Progress {
    is_shown: bool,
    done: u64,
    total: u64,
}

impl Progress {
    fn new(total: u64) -> Self {
        Self { is_shown: std::io::stderr().is_terminal(), done: 0, total }
    }

    fn tell(&mut self, name: &str) {
        self.done += 1;
        if self.is_shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K{}/{} {}", self.done, self.total, super::printable(name));
        }
    }

    fn clear(&self) {
        if self.is_shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

//! `flux eval`: tasks given to a model, and whether what they ask for holds afterwards.
//!
//! Invariant: the given projects are only read; each run works on a fresh copy, which is gone afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context;
use flux::sys::{Mistake, ModelChoice, STALE_MARK, Simulation};
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
mod simulation;
mod tally;
mod task;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The folder of the tasks: each is a folder with task.toml, project/ and, to be played, recorded.jsonl.
    dir: PathBuf,
    /// Who answers: the model of the configuration, the conversation recorded with each task, or a simulation that plays
    /// it with mistakes and corrects them by what the refusals say.
    #[arg(long, value_enum, default_value = "configured")]
    model: Who,
    /// How likely a call of the simulated model goes wrong, from 0 to 1.
    #[arg(long, default_value_t = 0.3)]
    rate: f64,
    /// Another number, other mistakes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
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
    Simulated,
}

/// One task that was run.
struct Ran {
    name: String,
    repeat: u64,
    outcome: String,
    summary: String,
    checks: Vec<Checked>,
    tally: Tally,
    /// What a simulated model did wrong.
    mistakes: Vec<Mistake>,
    /// Whether the files are others than without mistakes.
    is_strayed: bool,
}

/// The files of a project, by path.
type Files = BTreeMap<String, Vec<u8>>;

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
    anyhow::ensure!((0.0..=1.0).contains(&options.rate), "--rate {} is not between 0 and 1", options.rate);
    let scratch = tempfile::Builder::new().prefix("flux-eval-").tempdir().context("no temporary folder can be made")?;
    flux::sys::on_interrupt({
        let scratch = scratch.path().to_path_buf();
        move || {
            let _ = fs::remove_dir_all(&scratch);
        }
    })?;
    let mut evaluation = Evaluation {
        options,
        scratch: scratch.path(),
        solved: BTreeMap::new(),
        mistakes: Arc::default(),
        progress: Progress::new(tasks.len() as u64 * options.repeat),
    };
    let mut runs: Vec<Ran> = Vec::new();
    for repeat in 0..options.repeat {
        for task in &tasks {
            let ran = evaluation.ran(task, repeat)?;
            if options.format == Format::Jsonl {
                print(&report::run_json(&ran).to_string());
            }
            runs.push(ran);
        }
    }
    evaluation.progress.clear();
    let mut sum = Tally::default();
    runs.iter().for_each(|run| sum.add(&run.tally));
    let is_simulated = options.model == Who::Simulated;
    match options.format {
        Format::Text => print(report::text(&runs, &sum, is_simulated).trim_end()),
        Format::Jsonl => print(&json!({"sum": report::sum_json(&runs, &sum, is_simulated)}).to_string()),
        Format::Json => {
            let all: Vec<_> = runs.iter().map(report::run_json).collect();
            print(&json!({"tasks": all, "sum": report::sum_json(&runs, &sum, is_simulated)}).to_string());
        }
    }
    Ok(if runs.iter().all(Ran::holds) { ExitCode::SUCCESS } else { ExitCode::from(super::BLOCKED) })
}

fn print(text: &str) {
    // Whoever reads may have had enough.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// All runs of one call.
struct Evaluation<'a> {
    options: &'a Options,
    scratch: &'a Path,
    /// What the recorded conversations make of their projects: what a simulation is held to.
    solved: BTreeMap<String, Files>,
    mistakes: Arc<Mutex<Vec<Mistake>>>,
    progress: Progress,
}

impl Evaluation<'_> {
    fn ran(&mut self, task: &Task, repeat: u64) -> anyhow::Result<Ran> {
        self.progress.tell(&task.name);
        let copy = self.scratch.join(format!("{}-{repeat}", task.name));
        let model = match self.options.model {
            Who::Configured => ModelChoice::Configured,
            Who::Recorded => ModelChoice::Recorded(task.recording()?),
            Who::Simulated => {
                if !self.solved.contains_key(&task.name) {
                    let model = ModelChoice::Recorded(task.recording()?);
                    let (_, files) = run_task(task, model, &copy)?;
                    self.solved.insert(task.name.clone(), files);
                }
                ModelChoice::Simulated(Simulation {
                    recording: task.recording()?,
                    rate: self.options.rate,
                    seed: seed_of(self.options.seed, &task.name, repeat),
                    root: copy.clone(),
                    mistakes: self.mistakes.clone(),
                })
            }
        };
        let before = self.mistakes.lock().unwrap_or_else(PoisonError::into_inner).len();
        let (mut ran, files) = run_task(task, model, &copy)?;
        ran.repeat = repeat;
        ran.mistakes = self.mistakes.lock().unwrap_or_else(PoisonError::into_inner)[before..].to_vec();
        if let Some(solved) = self.solved.get(&task.name) {
            let is_same = |path: &str| match (solved.get(path), files.get(path)) {
                (Some(one), Some(other)) => one == other || checks::says_the_same(path, one, other),
                _ => false,
            };
            let other = solved.keys().chain(files.keys()).find(|path| !is_same(path));
            ran.is_strayed = other.is_some();
            ran.checks.push(Checked {
                asks: "the files read as without mistakes".to_owned(),
                why: other.map(|path| format!("{path} does not")),
                test_count: 0,
            });
        }
        Ok(ran)
    }
}

/// Each run has its own, and each call of the program the same.
fn seed_of(seed: u64, task: &str, repeat: u64) -> u64 {
    let letters = task.bytes().fold(seed, |sum, letter| sum.wrapping_mul(31).wrapping_add(u64::from(letter)));
    letters.wrapping_mul(1009).wrapping_add(repeat)
}

fn run_task(task: &Task, model: ModelChoice, copy: &Path) -> anyhow::Result<(Ran, Files)> {
    task.copy_to(copy)?;
    let root = existing_folder(copy)?;
    let started = Instant::now();
    let mut trace = Trace::silent();
    let run = Run {
        root: root.clone(),
        model,
        task: task.text.clone(),
        accept: Accept::None,
        kept: Kept::Nowhere,
        tests: Tests::Off,
        allowed_commands: Vec::new(),
    };
    let ended = run.drive(&mut trace)?;
    let mut tally = Tally::of(&ended.session, &trace);
    tally.ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let Some(proposal) = ended.proposal.as_ref().filter(|_| !ended.session.is_blocked()) {
        apply(proposal, &root)?;
    }
    unmark(&root)?;
    let sides = Sides::of(task.project(), &root)?;
    let checks = task.checks.ask(&sides, &root, &ended.summary);
    tally.tests = checks.iter().map(|check| check.test_count).sum();
    fs::remove_dir_all(copy).with_context(|| format!("'{}' cannot be removed", copy.display()))?;
    let Ended { ending, summary, .. } = ended;
    let ran = Ran {
        name: task.name.clone(),
        repeat: 0,
        outcome: ending.id().to_owned(),
        summary,
        checks,
        tally,
        mistakes: Vec::new(),
        is_strayed: false,
    };
    Ok((ran, sides.into_new()))
}

/// Takes away what somebody else wrote in a simulation.
fn unmark(root: &Path) -> anyhow::Result<()> {
    let mark = format!("{STALE_MARK}\n");
    for (path, bytes) in task::files_of(root)? {
        let Ok(text) = String::from_utf8(bytes) else { continue };
        if text.contains(&mark) {
            fs::write(root.join(&path), text.replace(&mark, ""))
                .with_context(|| format!("'{path}' cannot be written"))?;
        }
    }
    Ok(())
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

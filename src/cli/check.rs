//! `flux check`: the gate alone. Judges edits against the tree on disk and writes nothing.

mod answer;
mod edits;
mod files;
mod github;
mod json;
mod sarif;
mod text;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flux::gate::{Gate, GateMode, Policy, Report, Verdict};
use flux::index::{Snapshot, View};
use flux::sys::{Config, DiskSource, IndexCache, find_environment, index_once_in, resident_bytes};
use flux::text::ChangeSet;
use serde_json::Value;

use super::paint::Paint;
use answer::{Answer, Texts};

/// How long judging may take, and so much longer for each file.
const JUDGING_BASE: Duration = Duration::from_secs(60);
const JUDGING_PER_FILE: Duration = Duration::from_secs(2);

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The project.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// Edits to judge, one a line: {"id", "files": [{"path", "content": text or null}]}; `-` reads standard input.
    #[arg(long, value_name = "FILE.jsonl", conflicts_with_all = ["files", "against"])]
    edits: Option<PathBuf>,
    /// Judges what the working tree adds against this git revision, new files that git does not ignore included.
    #[arg(long, value_name = "REV")]
    against: Option<String>,
    /// Takes what the project's own .flux/config.toml says of the gate, also where it loosens it.
    #[arg(long)]
    trust: bool,
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    format: CheckFormat,
    /// Files and folders to judge as if they had just been added; with --against they narrow down what is judged.
    files: Vec<PathBuf>,
}

/// The shape of the answer.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum CheckFormat {
    /// For a person.
    Text,
    /// One JSON value.
    Json,
    /// One JSON value a line.
    Jsonl,
    /// A SARIF 2.1.0 log, for code scanning.
    Sarif,
    /// Workflow commands of GitHub: notes on the lines of a change.
    Github,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let root = super::index::folder(&options.root)?;
    let config = configured(options, &root)?;
    let snapshot = index_once_in(IndexCache::of(&root), root.clone(), config.ignore.clone(), |_, _| {})?;
    let source = DiskSource::new(root.clone());
    let environment = find_environment(&root, config.python_environment.as_deref());
    let mut bench = Bench {
        gate: Gate::new(&root, environment)
            .with_policy(config.gate.clone())
            .bounded(config.memory_bytes_max, resident_bytes),
        snapshot,
        source,
        used: BTreeSet::new(),
        tells_mended: options.format == CheckFormat::Text,
    };
    bench.gate.refresh(&bench.snapshot);
    let mut told = Told::new(options.format, config.gate.mode, &root);
    let whole = match &options.edits {
        Some(edits) => {
            edits::judge(edits, &mut bench, &mut told)?;
            ChangeSet::default()
        }
        None => judge_files(options, &root, &mut bench, &mut told)?,
    };
    told.finish()?;
    for note in stale(&config.gate, &bench, &whole) {
        super::complain(&anyhow::anyhow!("{note}"));
    }
    Ok(if told.blocked { ExitCode::from(super::BLOCKED) } else { ExitCode::SUCCESS })
}

/// The configuration, once nothing in it is wrong; what was refused is said.
fn configured(options: &Options, root: &Path) -> anyhow::Result<Config> {
    let loaded = if options.trust { Config::load_trusting(root) } else { Config::load(root) };
    anyhow::ensure!(loaded.faults.is_empty(), "{}", loaded.faults.join("; "));
    for sentence in loaded.refused.into_iter().chain(loaded.notes) {
        super::complain(&anyhow::anyhow!("{sentence}"));
    }
    Ok(loaded.config)
}

/// What judging needs.
struct Bench {
    gate: Gate,
    snapshot: Arc<Snapshot>,
    source: DiskSource,
    /// The overrides that let something pass.
    used: BTreeSet<usize>,
    /// A person reads what a change mends as well; it costs a second judgement.
    tells_mended: bool,
}

impl Bench {
    fn judge(&mut self, change_set: &ChangeSet) -> (Report, f64) {
        let started = Instant::now();
        let view = View { snapshot: &self.snapshot, pending: change_set, source: &self.source };
        let mut report = self.gate.judge(view, None);
        self.used.extend(report.overridden.iter().map(|entry| entry.by));
        let ms = started.elapsed().as_secs_f64() * 1000.0;
        if self.tells_mended {
            report.mended = self.gate.mended(view);
        }
        self.gate.spare_memory();
        (report, ms)
    }

    fn answer(&mut self, id: Value, change_set: &ChangeSet) -> Answer {
        let (report, ms) = self.judge(change_set);
        Answer::new(id, &report, ms, &mut Texts::new(change_set, &self.source))
    }
}

/// Gives the files that were judged whole.
fn judge_files(options: &Options, root: &Path, bench: &mut Bench, told: &mut Told<'_>) -> anyhow::Result<ChangeSet> {
    let (files, snapshot) = (&options.files, bench.snapshot.clone());
    let picked = match &options.against {
        Some(revision) => files::against(root, revision, files, &snapshot, &bench.source)?,
        None if files.is_empty() => anyhow::bail!("name files or folders, or give --edits or --against"),
        None => files::named(root, files, &snapshot, &bench.source)?,
    };
    for sentence in picked.left_out {
        super::complain(&anyhow::anyhow!("{sentence}"));
    }
    // A whole project takes its time; what is not to hang is one judgement of one change.
    bench.gate.limit(JUDGING_BASE + JUDGING_PER_FILE * u32::try_from(picked.change_set.len()).unwrap_or(10_000));
    told.tell(&bench.answer(Value::Null, &picked.change_set))?;
    Ok(if options.against.is_none() { picked.change_set } else { ChangeSet::default() })
}

/// The overrides that are needed no more: without a place in the project, or where all of that place was judged `whole` and
/// nothing had to be let pass.
fn stale(policy: &Policy, bench: &Bench, whole: &ChangeSet) -> Vec<String> {
    let unused = policy.overrides.iter().enumerate().filter(|(at, _)| !bench.used.contains(at));
    unused
        .filter_map(|(_, entry)| {
            let name = format!("[[override]] of {} in '{}'", entry.code, entry.pattern);
            if entry.is_placeless(&bench.snapshot) {
                let what = entry.symbol.as_ref().map_or("file", |_| "symbol");
                return Some(format!("{name} names no {what} of the project; remove it"));
            }
            let mut covered = bench.snapshot.files().map(|(path, _)| path).filter(|path| entry.covers_file(path));
            covered.all(|path| whole.get(path).is_some()).then(|| format!("{name} lets nothing pass; remove it"))
        })
        .collect()
}

/// Tells each answer as soon as it is there.
struct Told<'a> {
    format: CheckFormat,
    mode: GateMode,
    paint: Paint,
    tally: text::Tally,
    log: sarif::Log,
    prefix: String,
    blocked: bool,
    /// Whether several edits are judged, each under its name.
    has_edits: bool,
    out: io::StdoutLock<'a>,
    /// Who has closed the pipe has read enough; the exit status still counts.
    open: bool,
}

impl Told<'_> {
    fn new(format: CheckFormat, mode: GateMode, root: &Path) -> Self {
        let prefix = files::prefix(root);
        Self {
            format,
            mode,
            paint: Paint::of_stdout(),
            tally: text::Tally::default(),
            log: sarif::Log::new(prefix.clone()),
            prefix,
            blocked: false,
            has_edits: false,
            out: io::stdout().lock(),
            open: true,
        }
    }

    fn tell(&mut self, answer: &Answer) -> anyhow::Result<()> {
        self.blocked |= answer.verdict == Verdict::Block;
        self.has_edits |= !answer.id.is_null();
        self.tally.count(answer);
        let told = match self.format {
            CheckFormat::Text if self.has_edits => text::head(answer, self.paint) + &text::issues(answer, self.paint),
            CheckFormat::Text => text::issues(answer, self.paint) + &text::layers(answer, self.paint),
            CheckFormat::Json | CheckFormat::Jsonl => json::line(answer)?,
            CheckFormat::Github => github::commands(answer, &self.prefix),
            CheckFormat::Sarif => {
                self.log.add(answer);
                return Ok(());
            }
        };
        self.print(&told);
        Ok(())
    }

    /// Says what can only be said at the end.
    fn finish(&mut self) -> anyhow::Result<()> {
        let told = match self.format {
            CheckFormat::Text | CheckFormat::Github => {
                let edits = if self.has_edits { self.tally.edits() } else { String::new() };
                edits + &self.tally.summary(self.mode, self.paint)
            }
            CheckFormat::Sarif => std::mem::take(&mut self.log).finish()?,
            CheckFormat::Json | CheckFormat::Jsonl => return Ok(()),
        };
        self.print(&told);
        Ok(())
    }

    fn print(&mut self, told: &str) {
        self.open = self.open && self.out.write_all(told.as_bytes()).and_then(|()| self.out.flush()).is_ok();
    }
}

//! `flux check`: the gate alone. Judges edits against the tree on disk and writes nothing.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use flux::gate::{Gate, Issue, LayerState, Report, Severity, Verdict};
use flux::index::View;
use flux::sys::{Config, DiskSource, find_environment, index_once};
use flux::text::{ChangeSet, FileText, ProjectPath, ReadError, Source};
use serde::{Deserialize, Serialize};

use crate::Format;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The project.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// Edits to judge, one a line: {"id", "files": [{"path", "content": text or null}]}; `-` reads standard input.
    #[arg(long, value_name = "FILE.jsonl", conflicts_with_all = ["files", "against"])]
    edits: Option<PathBuf>,
    /// Judges the files as they are on disk against this git revision.
    #[arg(long, value_name = "REV")]
    against: Option<String>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Files to judge; without --against as if they had just been added.
    files: Vec<PathBuf>,
}

/// One line of `--edits`.
#[derive(Deserialize)]
struct Edit {
    id: serde_json::Value,
    files: Vec<EditedFile>,
}

#[derive(Deserialize)]
struct EditedFile {
    path: String,
    /// Has to be there: a misspelt key must not read as a deletion.
    #[serde(deserialize_with = "Option::deserialize")]
    content: Option<String>,
}

/// One line of the answer.
#[derive(Serialize)]
struct Answer<'a> {
    id: &'a serde_json::Value,
    verdict: &'static str,
    ms: f64,
    issues: Vec<AnswerIssue<'a>>,
}

#[derive(Serialize)]
struct AnswerIssue<'a> {
    layer: &'static str,
    code: &'static str,
    path: &'a str,
    line: u32,
    message: &'a str,
    fix: Option<&'a str>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let root = super::index::folder(&options.root)?;
    let loaded = Config::load(&root);
    let snapshot = index_once(root.clone(), loaded.config.ignore.clone(), |_, _| {})?;
    let source = DiskSource::new(root.clone());
    let mut gate = Gate::new(&root, find_environment(&root, loaded.config.python_environment.as_deref()));
    gate.refresh(&snapshot);
    let mut judge = |change_set: &ChangeSet| {
        let started = Instant::now();
        let report = gate.judge(View { snapshot: &snapshot, pending: change_set, source: &source }, None);
        (report, started.elapsed().as_secs_f64() * 1000.0)
    };
    let mut told = Told { format: options.format, blocked: false, out: io::stdout().lock(), open: true };
    match &options.edits {
        Some(edits) => {
            for (at, line) in (1..).zip(lines_of(edits)?) {
                let line = line.with_context(|| format!("cannot read '{}'", edits.display()))?;
                if line.trim().is_empty() {
                    continue;
                }
                let edit: Edit = serde_json::from_str(&line)
                    .with_context(|| format!("line {at} of '{}' is no edit", edits.display()))?;
                match change_set_of(&edit, &source) {
                    Ok(change_set) => {
                        let (report, ms) = judge(&change_set);
                        told.tell(&edit.id, &report, ms);
                    }
                    Err((path, error)) => told.refuse(&edit, path, &error),
                }
            }
        }
        None => {
            let change_set = files_on_disk(options, &root, &source)?;
            let (report, ms) = judge(&change_set);
            told.tell(&serde_json::Value::Null, &report, ms);
        }
    }
    Ok(if told.blocked { ExitCode::from(super::BLOCKED) } else { ExitCode::SUCCESS })
}

fn lines_of(edits: &Path) -> anyhow::Result<io::Lines<Box<dyn BufRead>>> {
    if edits.as_os_str() == "-" {
        return Ok((Box::new(BufReader::new(io::stdin())) as Box<dyn BufRead>).lines());
    }
    let file = std::fs::File::open(edits).with_context(|| format!("cannot read '{}'", edits.display()))?;
    Ok((Box::new(BufReader::new(file)) as Box<dyn BufRead>).lines())
}

/// What an edit does, or the path in it that cannot be edited and why.
fn change_set_of<'a>(edit: &'a Edit, source: &dyn Source) -> Result<ChangeSet, (&'a str, anyhow::Error)> {
    let mut change_set = ChangeSet::default();
    let mut seen = BTreeSet::new();
    for file in &edit.files {
        let refused = |error: anyhow::Error| (file.path.as_str(), error);
        let path = ProjectPath::new(&file.path).map_err(|error| refused(error.into()))?;
        if !seen.insert(path.clone()) {
            return Err(refused(anyhow::anyhow!("'{path}' stands twice in this edit; give it once, as it is to be")));
        }
        let old = match source.read(&path) {
            Ok(old) => Some(old),
            Err(ReadError::Missing(_)) if file.content.is_none() => {
                return Err(refused(anyhow::anyhow!("'{path}' does not exist, so it cannot be deleted")));
            }
            Err(ReadError::Missing(_)) => None,
            Err(error) => return Err(refused(error.into())),
        };
        change_set.put(path, old, file.content.as_deref().map(Into::into));
    }
    Ok(change_set)
}

/// The files on disk as the new side; the old side is git's, or nothing.
fn files_on_disk(options: &Options, root: &Path, source: &dyn Source) -> anyhow::Result<ChangeSet> {
    let mut paths = Vec::new();
    for file in &options.files {
        // As the shell completes it, else as the project's own tools name it.
        let place = file.canonicalize().or_else(|error| root.join(file).canonicalize().map_err(|_| error));
        let place = place.with_context(|| format!("cannot open '{}'", file.display()))?;
        let path = ProjectPath::below(root, &place);
        paths.push(path.with_context(|| format!("'{}' is outside '{}'", file.display(), root.display()))?);
    }
    if let Some(revision) = &options.against {
        // A revision that does not exist must not read as one that has no files.
        git(root, &["rev-parse", "--verify", "--end-of-options", &format!("{revision}^{{tree}}")])
            .with_context(|| format!("'{revision}' is no revision of a git repository at '{}'", root.display()))?;
    }
    if let Some(revision) = options.against.as_deref().filter(|_| paths.is_empty()) {
        // Without -z git would quote names that are not ASCII.
        let changed = git(root, &["diff", "--name-only", "-z", "--relative", revision, "--", "*.py", "*.pyi"])?;
        let changed = String::from_utf8_lossy(&changed);
        paths = changed.split('\0').filter_map(|name| ProjectPath::new(name).ok()).collect();
    } else if paths.is_empty() {
        anyhow::bail!("name files, or give --edits or --against");
    }
    let mut change_set = ChangeSet::default();
    for path in paths {
        let new = match source.read(&path) {
            Ok(new) => Some(new.shared_text()),
            Err(ReadError::Missing(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let old = match &options.against {
            // A file that the revision does not have is new.
            Some(revision) => git(root, &["show", &format!("{revision}:./{path}")]).ok(),
            None => None,
        };
        let old =
            old.map(|bytes| FileText::decode(&bytes)).transpose().with_context(|| format!("'{path}' is no text"))?;
        change_set.put(path, old.map(Arc::new), new);
    }
    Ok(change_set)
}

/// What git prints. Started directly: a command line that runs once needs none of the workbench's process keeping.
fn git(root: &Path, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let output =
        std::process::Command::new("git").arg("-C").arg(root).args(arguments).output().context("cannot start git")?;
    anyhow::ensure!(output.status.success(), "git: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(output.stdout)
}

/// Tells each answer as soon as it is there.
struct Told<'a> {
    format: Format,
    blocked: bool,
    out: io::StdoutLock<'a>,
    /// Who has closed the pipe has read enough; the exit status still counts.
    open: bool,
}

impl Told<'_> {
    fn tell(&mut self, id: &serde_json::Value, report: &Report, ms: f64) {
        self.blocked |= report.verdict() == Verdict::Block;
        let told = match self.format {
            Format::Text => super::printable(&text(id, report, ms)),
            Format::Json | Format::Jsonl => {
                serde_json::to_string(&answer(id, report, ms)).map(|line| line + "\n").unwrap_or_default()
            }
        };
        self.open = self.open && self.out.write_all(told.as_bytes()).and_then(|()| self.out.flush()).is_ok();
    }
}

impl Told<'_> {
    /// An edit of something that cannot be edited: outside the project, or no text.
    fn refuse(&mut self, edit: &Edit, path: &str, error: &anyhow::Error) {
        self.blocked = true;
        let message = format!("{error:#}.");
        let told = if self.format == Format::Text {
            super::printable(&format!("{}: block\n{path}:1: error: {message} [bad-edit]\n", edit.id))
        } else {
            let issue = AnswerIssue { layer: "rules", code: "bad-edit", path, line: 1, message: &message, fix: None };
            let answer = Answer { id: &edit.id, verdict: "block", ms: 0.0, issues: vec![issue] };
            serde_json::to_string(&answer).map(|line| line + "\n").unwrap_or_default()
        };
        self.open = self.open && self.out.write_all(told.as_bytes()).is_ok();
    }
}

fn verdict(report: &Report) -> &'static str {
    match report.verdict() {
        Verdict::Pass => "pass",
        Verdict::Block => "block",
    }
}

fn answer<'a>(id: &'a serde_json::Value, report: &'a Report, ms: f64) -> Answer<'a> {
    Answer { id, verdict: verdict(report), ms, issues: report.blocking().map(answer_issue).collect() }
}

fn answer_issue(issue: &Issue) -> AnswerIssue<'_> {
    AnswerIssue {
        layer: issue.layer.id(),
        code: issue.code,
        path: issue.path.as_str(),
        line: issue.line,
        message: &issue.message,
        fix: issue.fix.as_ref().map(|fix| fix.title.as_str()),
    }
}

/// For a person: every layer, and what is unknown as well.
fn text(id: &serde_json::Value, report: &Report, ms: f64) -> String {
    let name = id.as_str().map(|id| format!("{id}: ")).unwrap_or_default();
    let mut told = format!("{name}{} ({ms:.1} ms)\n", verdict(report));
    for layer in &report.layers {
        let state = match layer.state {
            LayerState::NotRun => "–",
            LayerState::Passed => "passed",
            LayerState::Unknown => "unknown",
            LayerState::Blocked => "blocked",
        };
        told.push_str(&format!("  {:<16} {state:<8} {:>8.1} ms\n", layer.layer.title(), layer.ms));
    }
    for issue in &report.issues {
        let sign = if issue.severity == Severity::Block { "error" } else { "unknown" };
        told.push_str(&format!("{}:{}: {sign}: {} [{}]\n", issue.path, issue.line, issue.message, issue.code));
        if let Some(fix) = &issue.fix {
            told.push_str(&format!("    fix: {}\n", fix.title));
        }
    }
    told
}

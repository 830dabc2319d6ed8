//! `flux check`: the gate alone. Judges edits against the tree on disk and writes nothing.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use flux::gate::{Gate, Issue, Report, Severity, Verdict};
use flux::index::{Snapshot, Store, View};
use flux::sys::find_environment;
use flux::text::{ChangeSet, FileText, ProjectPath, ReadError, Source};
use serde::{Deserialize, Serialize};

use crate::Format;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The project.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// Edits to judge, one a line: {"id", "files": [{"path", "content": text or null}]}.
    #[arg(long, value_name = "FILE.jsonl", conflicts_with_all = ["files", "against"])]
    edits: Option<PathBuf>,
    /// Judges the files as they are against this git revision.
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

struct Disk {
    root: PathBuf,
}

impl Source for Disk {
    fn read(&self, path: &ProjectPath) -> Result<Arc<FileText>, ReadError> {
        match std::fs::read(path.on_disk(&self.root)) {
            Ok(bytes) => match FileText::decode(&bytes) {
                Ok(text) => Ok(Arc::new(text)),
                Err(why) => Err(ReadError::NotText { path: path.clone(), why }),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(ReadError::Missing(path.clone())),
            Err(error) => Err(ReadError::Unreadable { path: path.clone(), why: error.to_string() }),
        }
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let root = options.root.canonicalize().with_context(|| format!("no folder {}", options.root.display()))?;
    let source = Disk { root: root.clone() };
    let mut gate = Gate::new(&root, find_environment(&root, None));
    let snapshot = snapshot_of(&root);
    gate.refresh(&snapshot);
    let edits = options.edits.as_deref().context("--edits is needed")?;
    let mut out = std::io::stdout().lock();
    let mut blocked = false;
    for line in BufReader::new(open(edits)?).lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let edit: Edit = serde_json::from_str(&line).context("a line of --edits is not an edit")?;
        let started = Instant::now();
        let mut change_set = ChangeSet::default();
        for file in &edit.files {
            let path = ProjectPath::new(&file.path)?;
            let old = match source.read(&path) {
                Ok(old) => Some(old),
                Err(ReadError::Missing(_)) => None,
                Err(error) => return Err(error.into()),
            };
            change_set.put(path, old, file.content.as_deref().map(Into::into));
        }
        let view = View { snapshot: &snapshot, pending: &change_set, source: &source };
        let report = gate.judge(view, None);
        let answer = answer(&edit.id, &report, started.elapsed().as_secs_f64() * 1000.0);
        blocked |= report.verdict() == Verdict::Block;
        match options.format {
            Format::Text => text(&mut out, &edit.id, &report)?,
            Format::Json | Format::Jsonl => writeln!(out, "{}", serde_json::to_string(&answer)?)?,
        }
    }
    Ok(if blocked { ExitCode::from(crate::cli::BLOCKED) } else { ExitCode::SUCCESS })
}

/// For a person: what is unknown is told as well.
fn text(out: &mut impl Write, id: &serde_json::Value, report: &Report) -> std::io::Result<()> {
    let verdict = if report.verdict() == Verdict::Block { "block" } else { "pass" };
    writeln!(out, "{id}: {verdict} ({:.1} ms)", report.ms)?;
    for layer in &report.layers {
        writeln!(out, "    {:<16} {:?} {:.1} ms", layer.layer.title(), layer.state, layer.ms)?;
    }
    for issue in &report.issues {
        let sign = if issue.severity == Severity::Block { "error" } else { "unknown" };
        writeln!(out, "  {}:{}: {sign}: {} [{}]", issue.path, issue.line, issue.message, issue.code)?;
    }
    Ok(())
}

/// The index of the tree, read once.
fn snapshot_of(root: &Path) -> Arc<Snapshot> {
    let walk = ignore::WalkBuilder::new(root).build();
    let mut parsed = Vec::new();
    for entry in walk.flatten() {
        let Some(path) = ProjectPath::below(root, entry.path()).filter(ProjectPath::is_python) else { continue };
        if let Ok(bytes) = std::fs::read(entry.path()) {
            let entry = Store::parse(&path, &bytes);
            parsed.push((path, entry));
        }
    }
    Store::new(root.to_path_buf()).apply(parsed, &[])
}

fn open(path: &Path) -> anyhow::Result<std::fs::File> {
    std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))
}

fn answer<'a>(id: &'a serde_json::Value, report: &'a Report, ms: f64) -> Answer<'a> {
    let issues = report.issues.iter().filter(|issue| issue.severity == Severity::Block).map(answer_issue).collect();
    let verdict = match report.verdict() {
        Verdict::Pass => "pass",
        Verdict::Block => "block",
    };
    Answer { id, verdict, ms, issues }
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

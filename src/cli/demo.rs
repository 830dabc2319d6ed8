//! `flux demo`: the workbench on a fresh copy of the bundled sample, with a recorded model.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use flux::sys::ModelChoice;

use super::run::{Accept, Kept, Run, Tests};
use super::trace::{Trace, TraceFormat};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Prints the run as text instead of opening the workbench.
    #[arg(long)]
    headless: bool,
    /// Where the sample is copied to: an empty folder, or one that is not there yet. Without it, a new temporary one.
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// What the recorded model was asked.
pub(crate) const TASK: &str = "Add error handling to process_file";

/// One turn of the model a line.
const RECORDING: &str = include_str!("../../assets/demo.jsonl");

macro_rules! sample {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../assets/sample/", $path)))),*]
    };
}

/// The sample project; a test holds that no file of the folder is forgotten.
const SAMPLE: &[(&str, &[u8])] = sample![
    ".gitignore",
    "README.md",
    "data/orders.csv",
    "data/stock.csv",
    "pyproject.toml",
    "shop/__init__.py",
    "shop/__main__.py",
    "shop/cli.py",
    "shop/errors.py",
    "shop/files.py",
    "shop/inventory.py",
    "shop/models.py",
    "shop/pricing.py",
    "shop/report.py",
    "tests/__init__.py",
    "tests/test_cli.py",
    "tests/test_files.py",
    "tests/test_inventory.py",
    "tests/test_models.py",
    "tests/test_pricing.py",
    "tests/test_report.py",
];

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let root = fresh_folder(options.dir.as_deref())?;
    copy_sample(&root)?;
    if !options.headless {
        let model = ModelChoice::Recorded(RECORDING.to_owned());
        return crate::run::workbench_with(&root, model, crate::run::Opening::Demo(TASK.to_owned()));
    }
    let model = ModelChoice::Recorded(without_delays(RECORDING)?);
    let mut trace = Trace::new(TraceFormat::Text);
    let ended = Run {
        root,
        model,
        task: TASK.to_owned(),
        accept: Accept::None,
        kept: Kept::Nowhere,
        tests: Tests::Off,
        allowed_commands: Vec::new(),
    }
    .drive(&mut trace)?;
    trace.used(&ended.session);
    trace.done(ended.ending, &ended.summary);
    if let Some(change_set) = &ended.proposal {
        trace.diff(change_set);
    }
    Ok(ended.exit_code())
}

/// The recording as fast as it goes: without a screen, nobody watches it being typed.
fn without_delays(recording: &str) -> anyhow::Result<String> {
    let mut fast = String::new();
    for line in recording.lines() {
        let mut turn: serde_json::Value = serde_json::from_str(line).context("the bundled recording is broken")?;
        if let Some(turn) = turn.as_object_mut() {
            turn.remove("delay_ms");
        }
        fast.push_str(&format!("{turn}\n"));
    }
    Ok(fast)
}

/// The folder that the sample goes to. It stays when flux ends.
fn fresh_folder(dir: Option<&Path>) -> anyhow::Result<PathBuf> {
    let folder = match dir {
        None => {
            tempfile::Builder::new().prefix("flux-demo-").tempdir().context("no temporary folder can be made")?.keep()
        }
        Some(dir) => {
            fs::create_dir_all(dir).with_context(|| format!("'{}' cannot be made", dir.display()))?;
            let mut entries = fs::read_dir(dir).with_context(|| format!("'{}' cannot be read", dir.display()))?;
            anyhow::ensure!(
                entries.next().is_none(),
                "'{}' is not empty; give a folder that is empty or not there yet",
                dir.display()
            );
            dir.to_owned()
        }
    };
    super::run::existing_folder(&folder)
}

fn copy_sample(root: &Path) -> anyhow::Result<()> {
    for (path, bytes) in SAMPLE {
        let place = root.join(path);
        let folder = place.parent().unwrap_or(root);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&place, bytes))
            .with_context(|| format!("'{}' cannot be written", place.display()))?;
    }
    Ok(())
}

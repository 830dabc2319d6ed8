//! `flux undo` and `flux redo`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use flux::sys::{Applied, Overlap, Undone, WriteFailure, Writer, local_time};
use flux::text::ProjectPath;

use super::{BLOCKED, complain, printable};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The project whose last write is taken back.
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    /// Shows what was written, and takes nothing back.
    #[arg(long, conflicts_with_all = ["write", "task", "files"])]
    list: bool,
    /// Takes back this write of the list instead of the last one.
    #[arg(long, value_name = "NUMBER", group = "which")]
    write: Option<u64>,
    /// Takes back the whole task that the write is of, though it was written in several goes.
    #[arg(long, group = "which")]
    task: bool,
    /// Takes back only this file of that write; may be given several times.
    #[arg(long = "file", value_name = "PATH", requires = "which")]
    files: Vec<String>,
}

#[derive(clap::Args)]
pub(crate) struct RedoOptions {
    /// The project whose last undo is taken back.
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let writer = Writer::new(&super::run::existing_folder(&options.root)?)?;
    if options.list {
        // A closed pipe is no reason to fail.
        let _ = show_list(&writer.applied()?);
        return Ok(ExitCode::SUCCESS);
    }
    let files = options.files.iter().map(|raw| ProjectPath::new(raw)).collect::<Result<Vec<_>, _>>()?;
    let undone = match options.write {
        id if options.task => writer.undo_task(id, &files),
        None => writer.undo(),
        Some(id) => writer.undo_write(id, &files),
    };
    tell("took back", undone)
}

pub(crate) fn redo(options: &RedoOptions) -> anyhow::Result<ExitCode> {
    let writer = Writer::new(&super::run::existing_folder(&options.root)?)?;
    tell("wrote again", writer.redo())
}

fn tell(what: &str, undone: Result<Undone, WriteFailure>) -> anyhow::Result<ExitCode> {
    match undone {
        Ok(undone) => {
            let mut out = io::stdout().lock();
            // A closed pipe is no reason to fail: the files are back.
            let _ = writeln!(out, "{what}: {}", printable(&undone.title));
            for path in &undone.paths {
                let note = if undone.merged.contains(path) { " (with your later edits kept)" } else { "" };
                let _ = writeln!(out, "  {}{note}", printable(path.as_str()));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(failure @ WriteFailure::NoState { .. }) => Err(failure.into()),
        Err(failure) => {
            if let WriteFailure::ChangedSince { overlaps, .. } = &failure {
                overlaps.iter().for_each(show_overlap);
            }
            complain(&failure.into());
            Ok(ExitCode::from(BLOCKED))
        }
    }
}

fn show_list(writes: &[Applied]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if writes.is_empty() {
        return writeln!(out, "nothing was written to this project yet");
    }
    for write in writes {
        let time = printable(&local_time(&write.time));
        let task = if write.task == write.id { String::new() } else { format!("  (same task as {})", write.task) };
        writeln!(out, "{:>4}  {time}  {}{task}", write.id, printable(&write.title))?;
        for (path, stands) in &write.files {
            let note = if *stands { "" } else { "  (taken back)" };
            writeln!(out, "      {}{note}", printable(path.as_str()))?;
        }
    }
    Ok(())
}

/// Both sides of a place where an undo would lose what was typed since.
fn show_overlap(overlap: &Overlap) {
    let mut out = io::stderr().lock();
    let at = overlap.line.map_or(String::new(), |line| format!(":{line}"));
    let _ = writeln!(out, "{}{at}", printable(overlap.path.as_str()));
    for (what, side) in [("stands there now", &overlap.there), ("would take its place", &overlap.wanted)] {
        let Some(text) = side else {
            let _ = writeln!(out, "  {what}: no file");
            continue;
        };
        let _ = writeln!(out, "  {what}:");
        for line in text.lines().take(LINES_SHOWN) {
            let _ = writeln!(out, "  | {}", printable(line));
        }
        if let more @ 1.. = text.lines().count().saturating_sub(LINES_SHOWN) {
            let _ = writeln!(out, "  | … {more} more lines");
        }
    }
}

/// Of each side of an overlap; the file itself has the rest.
const LINES_SHOWN: usize = 12;

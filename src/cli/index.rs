//! `flux index`: builds the index once and says what is in it.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use serde::Serialize;

use crate::Format;
use flux::index::Snapshot;
use flux::sys::{Config, IndexCache, index_once_in};
use flux::text::ProjectPath;

/// So many files and folders are named.
const LISTED_MAX: usize = 20;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The project.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// Says also what was skipped and where most symbols are.
    #[arg(long)]
    stats: bool,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Serialize)]
struct Stats {
    files: usize,
    symbols: usize,
    imports: usize,
    words: usize,
    lines: u64,
    faults: usize,
    skipped: usize,
    /// Folders that could not be listed.
    unlisted: usize,
    ms: u128,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let root = folder(&options.root)?;
    let ignore = Config::load(&root).config.ignore;
    let started = Instant::now();
    let snapshot = index_once_in(IndexCache::of(&root), root, ignore, progress)?;
    let ms = started.elapsed().as_millis();
    progress_done();
    let stats = stats(&snapshot, ms);
    let shown = match options.format {
        Format::Text => super::printable(&text(&snapshot, &stats, options.stats)),
        Format::Json | Format::Jsonl => format!("{}\n", serde_json::to_string(&stats)?),
    };
    // Who has closed the pipe has read enough.
    let _ = io::stdout().lock().write_all(shown.as_bytes());
    // The program ends: nobody needs its memory piece by piece.
    std::mem::forget(snapshot);
    Ok(ExitCode::SUCCESS)
}

/// The absolute path of a folder that exists.
pub(super) fn folder(root: &std::path::Path) -> anyhow::Result<PathBuf> {
    let place = root.canonicalize().with_context(|| format!("cannot open '{}'", root.display()))?;
    anyhow::ensure!(place.is_dir(), "'{}' is no folder", root.display());
    Ok(place)
}

/// Tells a person who waits; a program is told nothing.
fn progress(done: usize, total: usize) {
    let mut stderr = io::stderr().lock();
    if stderr.is_terminal() {
        let _ = write!(stderr, "\r\x1b[2Kindexing {done}/{total}");
        let _ = stderr.flush();
    }
}

fn progress_done() {
    let mut stderr = io::stderr().lock();
    if stderr.is_terminal() {
        let _ = write!(stderr, "\r\x1b[2K");
    }
}

fn stats(snapshot: &Snapshot, ms: u128) -> Stats {
    let structures = || snapshot.files().map(|(_, file)| &file.structure);
    Stats {
        files: snapshot.file_count(),
        symbols: snapshot.symbol_count(),
        imports: snapshot.import_count(),
        words: snapshot.word_count(),
        lines: structures().map(|structure| u64::from(structure.line_count)).sum(),
        faults: structures().map(|structure| structure.faults.len()).sum(),
        skipped: skipped(snapshot).count(),
        unlisted: snapshot.unlisted.len(),
        ms,
    }
}

fn text(snapshot: &Snapshot, stats: &Stats, is_whole: bool) -> String {
    let mut out = format!(
        "files {}  symbols {}  imports {}  words {}  in {} ms\n",
        stats.files, stats.symbols, stats.imports, stats.words, stats.ms
    );
    if stats.files == 0 {
        out += "There are no Python files here.\n";
    }
    for (folder, why) in snapshot.unlisted.iter().take(LISTED_MAX) {
        out += &format!("cannot look into '{}': {why}\n", if folder.is_empty() { "." } else { folder });
    }
    out += &more(snapshot.unlisted.len());
    for (path, why) in skipped(snapshot).take(LISTED_MAX) {
        out += &format!("cannot read '{path}': {why}\n");
    }
    out += &more(stats.skipped);
    if !is_whole {
        return out;
    }
    out += &format!("lines {}  syntax faults {}  skipped {}\n", stats.lines, stats.faults, stats.skipped);
    let mut largest: Vec<_> = snapshot.files().map(|(path, file)| (file.symbol_count(), path)).collect();
    largest.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    if stats.symbols > 0 {
        out += "\nmost symbols\n";
    }
    for (count, path) in largest.iter().take(10).filter(|(count, _)| *count > 0) {
        out += &format!("{count:>7}  {path}\n");
    }
    out
}

/// The files that could not be read, and why.
fn skipped(snapshot: &Snapshot) -> impl Iterator<Item = (&ProjectPath, &str)> {
    snapshot.files().filter_map(|(path, file)| Some((path, &*file.skipped.as_ref()?.0)))
}

/// What is said of those that are not listed.
fn more(count: usize) -> String {
    if count > LISTED_MAX { format!("  and {} more\n", count - LISTED_MAX) } else { String::new() }
}

//! `flux watch`: keeps the index live and tells of each change on standard output.
//!
//! One writer: what the index thread and standard input say comes in through one channel.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;

use serde::Serialize;

use crate::Format;
use flux::app::WatcherHealth;
use flux::index::Snapshot;
use flux::sys::{Config, IndexCache, IndexEvent, IndexThread, IndexUpdate, Watching};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The project.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

enum Heard {
    Index(IndexEvent),
    Line(String),
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Told<'a> {
    Ready { files: usize, symbols: usize },
    Indexed { path: &'a str, symbols: usize, generation: u64, ms: f64 },
    Removed { path: &'a str, generation: u64 },
    Dump { files: BTreeMap<&'a str, usize> },
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let root = super::index::folder(&options.root)?;
    let ignore = Config::load(&root).config.ignore;
    let (heard, hears) = mpsc::channel();
    let index = IndexThread::start(root.clone(), ignore, IndexCache::of(&root), Watching::Told, {
        let heard = heard.clone();
        // The loop below ends only together with the program.
        move |event| drop(heard.send(Heard::Index(event)))
    })?;
    thread::Builder::new().name("flux-stdin".into()).spawn(move || listen(io::stdin().lock(), &heard))?;
    let mut snapshot: Option<Arc<Snapshot>> = None;
    let mut health = WatcherHealth::Starting;
    for one in hears {
        let written = match one {
            Heard::Index(IndexEvent::Indexed(update)) => {
                tell_unread(snapshot.as_deref(), &update);
                let written = tell_update(options.format, &update, snapshot.is_none());
                snapshot = Some(update.snapshot);
                written
            }
            Heard::Index(IndexEvent::WatcherChanged(new)) => {
                tell_health(&health, &new);
                health = new;
                Ok(())
            }
            Heard::Index(IndexEvent::Failed(why)) => anyhow::bail!("the index has failed: {why}"),
            Heard::Index(_) => Ok(()),
            Heard::Line(line) if line.trim() == "dump" => match &snapshot {
                Some(snapshot) => tell(options.format, &[dump(snapshot)]),
                None => Ok(()),
            },
            Heard::Line(line) => {
                let _ = writeln!(
                    io::stderr(),
                    "flux: '{}' is no command; there is only 'dump'",
                    line.trim().escape_debug()
                );
                Ok(())
            }
        };
        // Nobody listens any more.
        if written.is_err() {
            break;
        }
    }
    index.stop();
    Ok(ExitCode::SUCCESS)
}

/// Hands over the lines of standard input; its end is no reason to stop watching, nor is a line that is no text.
fn listen(input: impl BufRead, heard: &Sender<Heard>) {
    for line in input.split(b'\n') {
        let Ok(line) = line else { return };
        if heard.send(Heard::Line(String::from_utf8_lossy(&line).into_owned())).is_err() {
            return;
        }
    }
}

/// Tells a person how changes are noticed, where it is not as it should be, and once it is again.
fn tell_health(old: &WatcherHealth, new: &WatcherHealth) {
    let told = match new.told() {
        // Only how often is looked is another.
        Some(_) if old.has_reason_of(new) => return,
        Some(told) => told,
        None if old.told().is_some() => "flux follows changes on disk again".to_owned(),
        None => return,
    };
    let _ = writeln!(io::stderr(), "{told}");
}

/// Tells a person which folders cannot be looked into, and which files cannot be read, each once.
fn tell_unread(old: Option<&Snapshot>, update: &IndexUpdate) {
    let new = &update.snapshot;
    for (folder, why) in
        new.unlisted.iter().filter(|(folder, _)| !old.is_some_and(|old| old.unlisted.contains_key(*folder)))
    {
        let folder = if folder.is_empty() { "." } else { folder };
        let _ = writeln!(io::stderr(), "cannot look into '{}': {why}", super::printable(folder));
    }
    // At the start, also those that a cache knows.
    let all = old.is_none().then(|| new.files().map(|(path, _)| path)).into_iter().flatten();
    for path in all.chain(update.changed.iter().filter(|_| old.is_some())) {
        if let Some(skipped) = new.file(path).and_then(|file| file.skipped.as_ref()) {
            let _ = writeln!(io::stderr(), "cannot read '{}': {}", super::printable(path.as_str()), skipped.0);
        }
    }
}

fn tell_update(format: Format, update: &IndexUpdate, is_first: bool) -> io::Result<()> {
    let snapshot = &update.snapshot;
    if is_first {
        return tell(format, &[Told::Ready { files: snapshot.file_count(), symbols: snapshot.symbol_count() }]);
    }
    let generation = snapshot.revision;
    let ms = (update.took.as_secs_f64() * 100_000.0).round() / 100.0;
    let removed = update.removed.iter().map(|path| Told::Removed { path: path.as_str(), generation });
    let changed = update.changed.iter().map(|path| Told::Indexed {
        path: path.as_str(),
        symbols: snapshot.file(path).map_or(0, |file| file.symbol_count()),
        generation,
        ms,
    });
    tell(format, &removed.chain(changed).collect::<Vec<_>>())
}

fn dump(snapshot: &Snapshot) -> Told<'_> {
    Told::Dump { files: snapshot.files().map(|(path, file)| (path.as_str(), file.symbol_count())).collect() }
}

fn tell(format: Format, told: &[Told<'_>]) -> io::Result<()> {
    let mut out = String::new();
    for one in told {
        match format {
            Format::Json | Format::Jsonl => out += &serde_json::to_string(one)?,
            Format::Text => out += &super::printable(&text(one)),
        }
        out.push('\n');
    }
    let mut stdout = io::stdout().lock();
    stdout.write_all(out.as_bytes())?;
    stdout.flush()
}

fn text(told: &Told<'_>) -> String {
    match told {
        Told::Ready { files, symbols } => format!("ready: {files} files, {symbols} symbols"),
        Told::Indexed { path, symbols, ms, .. } => format!("indexed {path}  {symbols} symbols  {ms} ms"),
        Told::Removed { path, .. } => format!("removed {path}"),
        Told::Dump { files } => {
            let lines: Vec<String> = files.iter().map(|(path, symbols)| format!("{symbols:>7}  {path}")).collect();
            lines.join("\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_text_does_not_end_the_listening() {
        let (heard, hears) = mpsc::channel();
        listen(&b"\xff\ndump\r\n"[..], &heard);
        drop(heard);
        let lines: Vec<String> = hears
            .iter()
            .map(|one| match one {
                Heard::Line(line) => line.trim().to_owned(),
                Heard::Index(_) => unreachable!("nothing is indexed here"),
            })
            .collect();
        assert_eq!(lines, ["\u{fffd}", "dump"]);
    }
}

//! Edits that are judged as they come, one a line.
//!
//! Invariant: every line has one answer, in order; what is done between two of them ends when the next one comes.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use flux::gate::Canceller;
use flux::sys::Warming;
use flux::text::{ChangeSet, ProjectPath, ReadError, Source};
use serde::Deserialize;
use serde_json::Value;

use super::answer::Answer;
use super::{Bench, Told};

/// After so long without an edit the engine is warmed up: edits that come one upon the other are not held up by that.
const PAUSE: Duration = Duration::from_millis(100);

/// One line of `--edits`.
#[derive(Deserialize)]
struct Edit {
    id: Value,
    files: Vec<EditedFile>,
}

#[derive(Deserialize)]
struct EditedFile {
    path: String,
    /// Has to be there: a misspelt key must not read as a deletion.
    #[serde(deserialize_with = "Option::deserialize")]
    content: Option<String>,
}

/// Judges the edits in a file, or those that come over standard input.
pub(super) fn judge(edits: &Path, bench: &mut Bench, told: &mut Told<'_>) -> anyhow::Result<()> {
    let told_path = || format!("cannot read '{}'", edits.display());
    let mut at = 0;
    let mut take = |line: io::Result<String>, bench: &mut Bench| {
        at += 1;
        let line = line.with_context(told_path)?;
        if line.trim().is_empty() {
            return Ok(Vec::new());
        }
        let edit: Edit =
            serde_json::from_str(&line).with_context(|| format!("line {at} of '{}' is no edit", edits.display()))?;
        let (answer, touched) = match change_set_of(&edit, &bench.source) {
            Ok(change_set) => {
                (bench.answer(edit.id, &change_set), change_set.iter().map(|(path, _)| path.clone()).collect())
            }
            Err((path, error)) => (Answer::refusal(edit.id.clone(), path, &error), Vec::new()),
        };
        told.tell(&answer)?;
        anyhow::Ok(touched)
    };
    if edits.as_os_str() != "-" {
        let file = std::fs::File::open(edits).with_context(told_path)?;
        return BufReader::new(file).lines().try_for_each(|line| take(line, bench).map(drop));
    }
    let mut warming = Warming::default();
    warming.begin(&bench.snapshot);
    let incoming = Incoming::over_standard_input(bench.gate.canceller());
    while let Some(line) = incoming.next(|| warm_up(bench, &mut warming)) {
        let touched = take(line, bench)?;
        warming.expect(&touched, &bench.snapshot);
    }
    Ok(())
}

/// Looks at one file of which nobody has asked yet. False where there is nothing left to look at.
fn warm_up(bench: &mut Bench, warming: &mut Warming) -> bool {
    let path = if warming.goes_on() { warming.next_path(bench.gate.has_room()) } else { None };
    path.is_some_and(|path| {
        bench.gate.warm_up(&bench.source, &path);
        if bench.gate.spare_memory() {
            warming.end();
        }
        true
    })
}

/// Lines that another thread reads.
struct Incoming {
    lines: Receiver<io::Result<String>>,
    /// Whether something is done until the next line comes; locked while that is begun or a line handed over.
    is_idle: Arc<Mutex<bool>>,
}

impl Incoming {
    fn over_standard_input(canceller: Canceller) -> Self {
        let (sender, lines) = sync_channel(1);
        let is_idle = Arc::new(Mutex::new(false));
        let idle = is_idle.clone();
        std::thread::spawn(move || {
            let hand_over = |line: Option<io::Result<String>>| {
                let is_idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
                if *is_idle {
                    canceller.cancel();
                }
                line.is_some_and(|line| sender.send(line).is_ok())
            };
            let mut lines = io::stdin().lines();
            while hand_over(lines.next()) {}
        });
        Self { lines, is_idle }
    }

    /// The next line; nothing after the last one. While none comes, `work` is done piece by piece, until it says that there is
    /// no more.
    fn next(&self, mut work: impl FnMut() -> bool) -> Option<io::Result<String>> {
        match self.lines.recv_timeout(PAUSE) {
            Ok(line) => return Some(line),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        loop {
            let mut is_idle = self.is_idle.lock().unwrap_or_else(PoisonError::into_inner);
            let line = self.lines.try_recv();
            *is_idle = matches!(line, Err(TryRecvError::Empty));
            drop(is_idle);
            match line {
                Ok(line) => return Some(line),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) if work() => {}
                Err(TryRecvError::Empty) => break,
            }
        }
        *self.is_idle.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.lines.recv().ok()
    }
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

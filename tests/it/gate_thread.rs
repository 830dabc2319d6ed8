//! The gate's thread as the program has it: what is told first, what a newer request does to an older one, and what memory a
//! long row of edits leaves.
//!
//! `FLUX_GATE=FOLDER` takes a real project and prints how long each took; `FLUX_GATE_EDITS=5000` has so many edits judged one
//! after another and prints the memory after every hundred.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use flux::agent::JobId;
use flux::app::{Cmd, Msg};
use flux::gate::{ReadLog, Report};
use flux::index::{Snapshot, Symbol, SymbolKind};
use flux::sys::{Config, DiskSource, ModelChoice, Outside, resident_bytes};
use flux::text::{ChangeSet, ProjectPath, Source};

use crate::dice::Dice;

/// Longer than any of this can take; only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long an older request runs before the newer one comes, in milliseconds.
const HEAD_STARTS_MS: [u64; 7] = [5, 20, 60, 150, 300, 600, 1200];

struct Opened {
    outside: Outside,
    msgs: Receiver<Msg>,
    snapshot: Arc<Snapshot>,
    source: DiskSource,
    last_job: JobId,
}

/// What was told of one change, and how many milliseconds after it was asked.
struct Told {
    first_ms: f64,
    whole_ms: f64,
    report: Report,
}

impl Opened {
    fn new() -> Self {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/sample");
        let root = real().unwrap_or(sample).canonicalize().unwrap();
        let (msgs_in, msgs) = channel();
        let outside =
            Outside::start_with(root.clone(), ModelChoice::Recorded(String::new()), &Config::default(), msgs_in);
        let snapshot = loop {
            if let Msg::Indexed(snapshot) = msgs.recv_timeout(PATIENCE).unwrap() {
                break snapshot;
            }
        };
        Self { outside: outside.unwrap(), msgs, snapshot, source: DiskSource::new(root), last_job: 0 }
    }

    fn ask(&mut self, change_set: &ChangeSet) -> JobId {
        self.last_job += 1;
        let mut reads = ReadLog::default();
        for (path, change) in change_set.iter() {
            change.base_hash().into_iter().for_each(|hash| reads.read_whole(path.clone(), hash));
        }
        self.outside.run(Cmd::Judge(self.last_job, change_set.clone(), reads));
        self.last_job
    }

    fn judged(&mut self, change_set: &ChangeSet) -> Told {
        let started = Instant::now();
        let job = self.ask(change_set);
        let mut first_ms = None;
        loop {
            let msg = self.msgs.recv_timeout(PATIENCE).unwrap();
            let now_ms = started.elapsed().as_secs_f64() * 1000.0;
            match msg {
                Msg::JudgedSoFar(id, _) if id == job => drop(first_ms.get_or_insert(now_ms)),
                Msg::Judged(id, report) if id == job => {
                    return Told { first_ms: first_ms.unwrap_or(now_ms), whole_ms: now_ms, report };
                }
                _ => {}
            }
        }
    }

    /// The report on `newer`, asked so long after `older`; and how many milliseconds after that `older` was ended, where it
    /// still ran.
    fn superseded(&mut self, older: &ChangeSet, head_start_ms: u64, newer: &ChangeSet) -> (Report, Option<f64>) {
        let older = self.ask(older);
        let until = Instant::now() + Duration::from_millis(head_start_ms);
        let mut is_done = false;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            is_done |= matches!(self.msgs.recv_timeout(left), Ok(Msg::Judged(id, _)) if id == older);
        }
        let asked = Instant::now();
        let newer = self.ask(newer);
        let mut ended_ms = None;
        loop {
            match self.msgs.recv_timeout(PATIENCE).unwrap() {
                Msg::Judged(id, report) if id == older => {
                    assert!(!is_done, "it was answered twice");
                    (is_done, ended_ms) = (true, Some(asked.elapsed().as_secs_f64() * 1000.0));
                    assert!(report.cancelled || report.is_complete());
                }
                Msg::Judged(id, report) if id == newer => {
                    assert!(is_done, "the older one was not answered");
                    return (report, ended_ms);
                }
                _ => {}
            }
        }
    }

    fn change(&self, path: &ProjectPath, edit: impl FnOnce(&str) -> String) -> Option<ChangeSet> {
        let old = self.source.read(path).ok()?;
        let new = edit(old.text());
        let mut change_set = ChangeSet::default();
        change_set.put(path.clone(), Some(old), Some(new.as_str().into()));
        Some(change_set)
    }

    /// The files that most others import.
    fn most_used(&self) -> Vec<ProjectPath> {
        let python = self.snapshot.files().filter(|(path, _)| path.is_python());
        let mut files: Vec<_> = python.map(|(path, _)| (self.snapshot.dependents(path).len(), path.clone())).collect();
        files.sort_by(|a, b| b.cmp(a));
        files.into_iter().map(|(_, path)| path).take(3).collect()
    }

    /// Of the symbols of a file that are of one kind, the one that most files mention.
    fn most_mentioned(&self, path: &ProjectPath, kind: SymbolKind) -> Option<Symbol> {
        let symbols = self.snapshot.file(path)?.structure.symbols.iter();
        let of_kind = symbols.filter(|symbol| symbol.kind == kind && !symbol.name.starts_with("__"));
        of_kind.max_by_key(|symbol| self.snapshot.files_with_word(&symbol.name).len()).cloned()
    }
}

fn real() -> Option<PathBuf> {
    std::env::var_os("FLUX_GATE").map(PathBuf::from)
}

fn renamed(text: &str, symbol: &Symbol) -> String {
    let at = symbol.name_span.range().end;
    format!("{}_renamed{}", &text[..at], &text[at..])
}

/// The same text, in which a function takes one argument more.
fn narrower(text: &str, symbol: &Symbol) -> String {
    let at = symbol.name_span.range().end;
    let Some(open) = text[at..].find('(').map(|open| at + open + 1) else { return text.to_owned() };
    let own = ["self", "cls"].into_iter().find(|own| text[open..].starts_with(own));
    match own {
        Some(own) => format!("{}{own}, newly{}", &text[..open], &text[open + own.len()..]),
        None => format!("{}newly, {}", &text[..open], &text[open..]),
    }
}

#[test]
fn a_newer_request_ends_the_older_one_whatever_that_was_at() {
    let mut opened = Opened::new();
    let mut all_ended_ms = Vec::new();
    for path in opened.most_used() {
        let Some(note) = opened.change(&path, |text| format!("{text}\n\nnewly_added = 1\n")) else { continue };
        let plain = opened.judged(&note).report.issues;
        for kind in [SymbolKind::Class, SymbolKind::Function, SymbolKind::Method] {
            let Some(symbol) = opened.most_mentioned(&path, kind) else { continue };
            for edit in [renamed, narrower] {
                let Some(change) = opened.change(&path, |text| edit(text, &symbol)) else { continue };
                let told = opened.judged(&change);
                assert!(told.report.is_complete());
                let mut ended = Vec::new();
                for head_start_ms in HEAD_STARTS_MS {
                    let (report, ended_ms) = opened.superseded(&change, head_start_ms, &note);
                    assert_eq!(report.issues, plain);
                    ended.extend(ended_ms);
                    if (head_start_ms as f64) > told.whole_ms * 2.0 {
                        break;
                    }
                }
                if real().is_some() {
                    let Told { first_ms, whole_ms, report } = told;
                    let (address, blocking) = (&symbol.qualname, report.blocking().count());
                    eprintln!(
                        "{path}::{address}: first {first_ms:.0} ms, whole {whole_ms:.0} ms, {blocking} blocking; ended after {ended:.0?} ms"
                    );
                }
                all_ended_ms.extend(ended);
            }
        }
    }
    all_ended_ms.sort_by(f64::total_cmp);
    if let (Some(_), Some(most)) = (real(), all_ended_ms.last()) {
        let middle = all_ended_ms[all_ended_ms.len() / 2];
        eprintln!("{} were ended: {middle:.0} ms later in the middle, {most:.0} at most", all_ended_ms.len());
    }
    opened.outside.close();
}

#[test]
fn a_long_row_of_edits_is_judged_whole() {
    let count: usize = std::env::var("FLUX_GATE_EDITS").ok().and_then(|count| count.parse().ok()).unwrap_or(40);
    let mut opened = Opened::new();
    let has_functions = |path: &ProjectPath| opened.most_mentioned(path, SymbolKind::Function).is_some();
    let files: Vec<ProjectPath> =
        opened.snapshot.files().map(|(path, _)| path).filter(|path| has_functions(path)).cloned().collect();
    let mut dice = Dice::new(7);
    for nth in 1..=count {
        let path = dice.pick(&files);
        let functions: Vec<Symbol> = opened.snapshot.file(path).unwrap().structure.symbols.to_vec();
        let functions: Vec<Symbol> = functions.into_iter().filter(|symbol| symbol.signature.starts_with('(')).collect();
        let symbol = dice.pick(&functions);
        let body = symbol.body_span.range().start;
        let within = |text: &str, line: &str| {
            let indent = text[..body].rsplit('\n').next().unwrap_or_default().to_owned();
            format!("{}{line}\n{indent}{}", &text[..body], &text[body..])
        };
        let change = opened.change(path, |text| match dice.roll(6) {
            0 => within(text, "# a note for the reader"),
            1 => within(text, &format!("newly_{nth} = len(str({nth}))")),
            2 => within(text, &format!("print(unheard_of_{nth})")),
            3 => format!("{text}\n\ndef newly_{nth}(value: int = 0) -> int:\n    return value + {nth}\n"),
            4 => renamed(text, symbol),
            _ => narrower(text, symbol),
        });
        let Some(change) = change else { continue };
        let told = opened.judged(&change);
        assert!(!told.report.cancelled && told.report.progress.is_none());
        if real().is_some() && nth % 100 == 0 {
            eprintln!("{nth} edits: {} MiB", resident_bytes().unwrap_or_default() >> 20);
        }
    }
    opened.outside.close();
}

//! A proposal on real code, judged anew as its hunks are taken and left, as while somebody reviews it.
//!
//! `FLUX_TOGGLE=FOLDER` takes a real package: some dozen hunks in the files that most others use. It prints how long each new
//! report took; `FLUX_TOGGLE_EDITS=FILE.jsonl` writes the combinations instead, for `flux check --edits`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use flux::agent::JobId;
use flux::app::{Cmd, Decision, Msg, Review};
use flux::gate::{ReadLog, Report};
use flux::index::{FileStructure, Snapshot, Symbol, SymbolKind};
use flux::sys::{Config, DiskSource, ModelChoice, Outside};
use flux::text::{ChangeSet, FileChange, FileText, ProjectPath, Source, hunks_of, select};

/// Longer than any of this can take; only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(180);

/// So many files are changed, each in so many functions.
const FILES: usize = 6;
const FUNCTIONS: usize = 5;
/// Longer files are rarely proposed to be changed.
const LINES_MAX: u32 = 1500;

/// Files that many others import, the most used first.
fn most_used(snapshot: &Snapshot) -> Vec<ProjectPath> {
    let mut files: Vec<(usize, ProjectPath)> = snapshot
        .files()
        .filter(|(path, entry)| path.is_python() && (1..=LINES_MAX).contains(&entry.structure.line_count))
        .filter(|(_, entry)| !functions(&entry.structure).is_empty())
        .map(|(path, _)| (snapshot.dependents(path).len(), path.clone()))
        .collect();
    files.sort_by(|a, b| b.cmp(a));
    files.into_iter().map(|(_, path)| path).take(FILES).collect()
}

fn functions(structure: &FileStructure) -> Vec<&Symbol> {
    let is_one = |symbol: &&Symbol| {
        matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method) && symbol.end_line > symbol.line + 4
    };
    structure.symbols.iter().filter(is_one).collect()
}

/// A new function in the file, which five others use, one of them with another signature.
fn edited(file: &FileText, structure: &FileStructure) -> String {
    let text = file.text();
    let mut edits: Vec<(usize, String)> = Vec::new();
    for (at, symbol) in functions(structure).into_iter().take(FUNCTIONS).enumerate() {
        let body = symbol.body_span.range().start;
        let indent = text[..body].rsplit('\n').next().unwrap_or_default();
        if indent.trim().is_empty() {
            edits.push((body, format!("seen_{at} = newly_seen({at})\n{indent}")));
        }
    }
    // A new parameter that nobody has to give: all callers are looked at again.
    let takes_more = functions(structure).into_iter().find_map(|symbol| {
        let head = &text[symbol.name_span.range().end..symbol.body_span.range().start];
        let end = head.find("):").or_else(|| head.find(") ->")).filter(|_| !head.contains('*'))?;
        Some((
            symbol.name_span.range().end + end,
            if head[..end].trim() == "(" { "newly=None" } else { ", newly=None" },
        ))
    });
    edits.extend(takes_more.map(|(at, code)| (at, code.to_owned())));
    edits.push((text.len(), "\n\ndef newly_seen(number):\n    return number + 1\n".to_owned()));
    let mut new = text.to_owned();
    edits.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    edits.into_iter().for_each(|(at, code)| new.insert_str(at, &code));
    new
}

fn proposal(snapshot: &Snapshot, source: &dyn Source) -> ChangeSet {
    let mut change_set = ChangeSet::default();
    for path in most_used(snapshot) {
        let (Ok(file), Some(entry)) = (source.read(&path), snapshot.file(&path)) else { continue };
        let new = edited(&file, &entry.structure);
        change_set.put(path, Some(file), Some(new.into()));
    }
    change_set
}

/// What a person goes through: all taken but one, and more and more of them.
fn combinations(hunk_count: usize) -> Vec<BTreeSet<usize>> {
    let all: BTreeSet<usize> = (0..hunk_count).collect();
    let without = all.iter().map(|left| all.iter().copied().filter(|at| at != left).collect::<BTreeSet<_>>());
    let upto = all.iter().map(|last| (0..=*last).collect::<BTreeSet<_>>());
    without.chain(upto).collect()
}

struct Opened {
    outside: Outside,
    msgs: Receiver<Msg>,
    snapshot: Arc<Snapshot>,
    source: DiskSource,
    last_job: JobId,
}

impl Opened {
    fn new(root: &Path) -> Self {
        let root = root.canonicalize().unwrap();
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

    /// The report of what is accepted, and how many milliseconds it took to come.
    fn judged(&mut self, review: &Review) -> (Report, f64) {
        let started = Instant::now();
        self.last_job += 1;
        let mut reads = ReadLog::default();
        let seen = |(path, change): (&ProjectPath, &FileChange)| Some((path.clone(), change.base_hash()?));
        review.change_set.iter().filter_map(seen).for_each(|(path, hash)| reads.read_whole(path, hash));
        self.outside.run(Cmd::Judge(self.last_job, review.selection(), reads));
        loop {
            match self.msgs.recv_timeout(PATIENCE).unwrap() {
                Msg::Judged(job, report) if job == self.last_job => {
                    return (report, started.elapsed().as_secs_f64() * 1000.0);
                }
                _ => {}
            }
        }
    }
}

fn edits_line(id: usize, change_set: &ChangeSet) -> String {
    let file =
        |(path, change): (&ProjectPath, &FileChange)| serde_json::json!({"path": path.as_str(), "content": change.new});
    let files: Vec<serde_json::Value> = change_set.iter().map(file).collect();
    serde_json::json!({"id": id.to_string(), "files": files}).to_string() + "\n"
}

#[test]
fn the_very_combination_is_judged_while_it_is_toggled() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/sample");
    let real = std::env::var_os("FLUX_TOGGLE").map(PathBuf::from);
    let mut opened = Opened::new(real.as_deref().unwrap_or(&sample));
    let change_set = proposal(&opened.snapshot, &opened.source);
    let hunks = hunks_of(&change_set);
    if let Some(path) = std::env::var_os("FLUX_TOGGLE_EDITS") {
        let combinations = combinations(hunks.len())
            .into_iter()
            .map(|taken| select(&change_set, &hunks, |id| taken.contains(&(id.0 as usize))));
        let lines = combinations.enumerate().map(|(id, change_set)| edits_line(id, &change_set));
        return std::fs::write(path, lines.collect::<String>()).unwrap();
    }
    let mut review = Review::new(change_set.clone(), hunks.clone(), Report::new(Vec::new(), [None; 6]));
    review.decide(Decision::Accepted, |_, _, _| true);
    let (whole, first_ms) = opened.judged(&review);
    assert_eq!(whole.blocking().count(), 0, "{:#?}", whole.issues);
    // As in the program: needs are sought whenever nobody waits.
    opened.outside.run(Cmd::SeekNeeds(JobId::MAX, change_set.clone(), hunks.clone()));
    let mut times = Vec::new();
    // The sample says whether it holds, a real package how long it takes.
    let step = if real.is_some() { 1 } else { 4 };
    for taken in combinations(hunks.len()).into_iter().step_by(step) {
        review.decide(Decision::Accepted, |at, _, _| taken.contains(&at));
        review.decide(Decision::Rejected, |at, _, _| !taken.contains(&at));
        let (report, ms) = opened.judged(&review);
        times.push(ms);
        // Who uses the new function needs it, and nobody else.
        let lacks = review.selection().iter().any(|(_, change)| {
            change.new_text().contains("= newly_seen(") && !change.new_text().contains("def newly_seen(")
        });
        assert_eq!(report.blocking().next().is_some(), lacks, "{:#?}", report.issues);
    }
    times.sort_by(f64::total_cmp);
    let share = |share: usize| times[(times.len() - 1) * share / 100];
    eprintln!(
        "{} hunks in {} files: the first report after {first_ms:.0} ms, {} others: {:.0} ms in the middle, 95 of 100 within {:.0} ms, \
         at most {:.0} ms",
        hunks.len(),
        change_set.iter().count(),
        times.len(),
        share(50),
        share(95),
        share(100)
    );
    opened.outside.close();
}

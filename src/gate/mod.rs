//! The layers: a snapshot and a change set → a [`Report`].
//!
//! Knows nothing of models, of the screen and of writing. Reads the project through its view and the analysis engine's
//! own file-system trait, and the folders of the environment; starts nothing and writes nothing. Reports only what the
//! change newly introduces; never fails: what it cannot judge is *unknown*.

mod bindings;
mod codes;
mod dependents;
mod doubt;
mod engine;
mod environment;
mod environment_words;
mod fix;
mod forgetting;
mod found;
mod judge;
mod memory;
mod needs;
mod notebook;
mod origins;
mod policy;
mod project;
mod pulse;
mod references;
mod report;
mod rules;
mod signature;
mod structure;
mod syntax;
mod tested;
mod tool;
mod tree;
mod unseen;
mod vanished;
mod wording;

pub use codes::{Code, Example, code, code_table_markdown, codes, nearest_code};
pub use environment::PythonEnvironment;
pub use memory::Meter;
pub use needs::{HunkNeed, NeedsSearch};
pub use policy::{BadPattern, GateMode, Override, Policy, Weight};
pub use project::word_places;
pub use references::{Obstacle, SymbolPlaces};
pub use report::{
    Fix, FixSafety, Issue, Layer, LayerReport, LayerState, Overridden, Progress, Report, Severity, Verdict,
};
pub use rules::{ReadLog, ReadState};
pub use tested::{FailedTest, TestFrame, TestRun, Tested};

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::index::{Snapshot, View};
use crate::text::{ChangeSet, FileChange, ProjectPath, Source};
use engine::{Engine, Running};
use found::Found;
use memory::Memory;
use pulse::Pulse;

/// A judgement that gets no further for so long is ended, and is then *unknown*.
const LIMIT: Duration = Duration::from_secs(60);

/// Judges change sets of one project. Lives on the gate thread.
pub struct Gate {
    root: PathBuf,
    limit: Duration,
    environment: PythonEnvironment,
    policy: Policy,
    /// Built at the first question.
    engine: Option<Engine>,
    /// What the engine says of files as they are on disk: the old side, asked once.
    old: HashMap<ProjectPath, Arc<[Found]>>,
    /// The contents on disk that `old` and the engine know.
    known: Snapshot,
    cancelled: Arc<AtomicBool>,
    /// End the engine's queries under way; only there while a judgement runs.
    running: Running,
    memory: Memory,
}

impl Gate {
    /// `root` is absolute. Cheap: nothing is read until the first question.
    pub fn new(root: &Path, environment: PythonEnvironment) -> Self {
        Self {
            root: root.to_path_buf(),
            limit: LIMIT,
            environment,
            policy: Policy::default(),
            engine: None,
            old: HashMap::new(),
            known: Snapshot::default(),
            cancelled: Arc::default(),
            running: Arc::default(),
            memory: Memory::default(),
        }
    }

    /// The same gate, whose database is opened anew when the program takes more than `bytes_max` of memory.
    #[must_use]
    pub fn bounded(mut self, bytes_max: u64, meter: Meter) -> Self {
        self.memory = Memory::bounded(bytes_max, meter);
        self
    }

    /// Gives back memory where the program takes more than it may: for when nobody waits. Says whether the engine has to
    /// learn again what it knew.
    pub fn spare_memory(&mut self) -> bool {
        self.engine.as_mut().is_some_and(|engine| self.memory.spare(engine))
    }

    /// Whether there is memory left for what nobody has asked for.
    pub fn has_room(&self) -> bool {
        self.memory.has_room()
    }

    /// Sets how long a judgement or a search may take from one file to the next; without it a minute. Ended then, or before
    /// twice that time is over, it says of what nothing is known.
    pub fn limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// The same gate, with what a person has decided of it.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Judges by this policy from now on.
    pub fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }

    /// Judges what `view.pending` would do to `view.snapshot`.
    ///
    /// `reads` is what the model has seen (`None` where no model is involved: `flux check`).
    /// The `tests` and `approval` layers come back as [`LayerState::NotRun`].
    pub fn judge(&mut self, view: View<'_>, reads: Option<&ReadLog>) -> Report {
        self.judge_telling(view, reads, &|_| {})
    }

    /// As [`Self::judge`]. Where many files use what changed, `told` hears what is known of the changed files first, and then
    /// again and again how far it is: those reports have a [`Report::progress`] and are never passed.
    pub fn judge_telling(&mut self, view: View<'_>, reads: Option<&ReadLog>, told: &(dyn Fn(Report) + Sync)) -> Report {
        self.start_anew();
        if self.starts_elsewhere(view.pending) {
            // What is known of the old side is of other contents than this change starts from, and the other way round.
            let known = std::mem::take(&mut self.old);
            let report = self.judge_deep(view, reads, told);
            self.old = known;
            return report;
        }
        self.judge_deep(view, reads, told)
    }

    fn start_anew(&mut self) {
        self.cancelled.store(false, Ordering::Relaxed);
        self.memory.note();
        if self.engine.as_ref().is_some_and(|engine| engine.is_outdated(&self.environment)) {
            self.engine = None;
            self.old.clear();
        }
    }

    /// Whether a file of the change is not what it was when the gate last heard of the disk.
    fn starts_elsewhere(&self, pending: &ChangeSet) -> bool {
        let mut changes = pending.iter().filter(|(path, _)| path.holds_code());
        changes.any(|(path, change)| change.base_hash() != self.known.file(path).map(|entry| entry.hash))
    }

    fn judge_deep(&mut self, view: View<'_>, reads: Option<&ReadLog>, told: &(dyn Fn(Report) + Sync)) -> Report {
        let judged = self.on_deep_stack(|gate, pulse| judge::judge(gate, view, reads, pulse, told));
        match judged {
            Ok((report, true)) if report.cancelled => match report.progress {
                Some(_) => report.ended_late(view.pending),
                None => Report::not_judged(view.pending, "it took too long"),
            },
            Ok((report, _)) => report,
            Err(why) => Report::not_judged(view.pending, why),
        }
    }

    /// What `work` gives, and whether it was ended because it took too long without a beat; or why it gave nothing.
    fn on_deep_stack<T: Send>(
        &mut self,
        work: impl Fn(&mut Self, Pulse<'_>) -> T + Sync,
    ) -> Result<(T, bool), &'static str> {
        // The engine's recursion needs a deep stack, and the caller's thread may have a shallow one. Of the stack only
        // what is used is taken.
        let wanted = syntax::EXPRESSION_DEPTH_MAX as usize * engine::LEVEL_BYTES;
        let work = &work;
        let on_stack = |gate: &mut Self, bytes: usize| {
            let (limit, canceller, beats) = (gate.limit, gate.canceller(), &AtomicU64::new(0));
            std::thread::scope(|scope| {
                let (ending, end) = std::sync::mpsc::channel::<()>();
                let deep = std::thread::Builder::new().name("judge".into()).stack_size(bytes);
                let working = deep.spawn_scoped(scope, move || {
                    let _ending = ending;
                    let cancelled = gate.cancelled.clone();
                    work(gate, Pulse::new(&cancelled, beats))
                });
                let (working, mut seen) = (working.ok()?, 0);
                let is_late = loop {
                    let is_at_end = end.recv_timeout(limit) != Err(RecvTimeoutError::Timeout);
                    let before = std::mem::replace(&mut seen, beats.load(Ordering::Relaxed));
                    if is_at_end || seen == before {
                        break !is_at_end;
                    }
                };
                if is_late {
                    canceller.cancel();
                }
                Some(working.join().map(|done| (done, is_late)).map_err(|_| "it broke down"))
            })
        };
        // So much address space is not given everywhere.
        let done = on_stack(self, wanted).or_else(|| on_stack(self, engine::STACK_BYTES));
        if matches!(done, Some(Ok((_, true)))) {
            // The limit ended it, nobody else.
            self.cancelled.store(false, Ordering::Relaxed);
        }
        done.unwrap_or(Err("no thread could be started for it"))
    }

    /// Whether a [`Canceller`] ended the last question, be it for the sake of another one.
    pub fn was_stopped(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Looks at a file as it is on disk, so that a judgement of its change need not: for when nobody waits. A
    /// [`Canceller`] ends it, too.
    pub fn warm_up(&mut self, source: &dyn Source, path: &ProjectPath) {
        self.start_anew();
        // Where it fails, the judgement says so.
        let _ = self.on_deep_stack(|gate, pulse| judge::warm_up(gate, source, path, pulse));
    }

    /// Every place that means `symbol` of `path`, with what is pending laid over the disk; where any may mean it and is
    /// not known to, an obstacle.
    pub fn references(&mut self, view: View<'_>, path: &ProjectPath, symbol: &str) -> SymbolPlaces {
        self.found(path, symbol, |gate, pulse| references::references(gate, view, pulse, path, symbol))
    }

    /// Every place that giving `symbol` of `path` another name has to change, with what is pending laid over the disk.
    ///
    /// Nothing is known after a [`Canceller`] ended it, or where it took too long: then there is an obstacle.
    pub fn rename(&mut self, view: View<'_>, path: &ProjectPath, symbol: &str, new_name: &str) -> SymbolPlaces {
        self.found(path, symbol, |gate, pulse| references::rename(gate, view, pulse, path, symbol, new_name))
    }

    fn found(
        &mut self,
        path: &ProjectPath,
        symbol: &str,
        find: impl Fn(&mut Self, Pulse<'_>) -> Option<SymbolPlaces> + Sync,
    ) -> SymbolPlaces {
        self.start_anew();
        let found = self.on_deep_stack(find);
        let why = match found {
            Ok((Some(renaming), false)) if !self.cancelled.load(Ordering::Relaxed) => return renaming,
            Ok((_, true)) => "it took too long",
            Ok(_) => "it was stopped",
            Err(why) => why,
        };
        SymbolPlaces::unknown(path, symbol, why)
    }

    /// What the change mends: the issues that going back to the old texts would bring.
    ///
    /// Costs as much as a judgement.
    pub fn mended(&mut self, view: View<'_>) -> Vec<Issue> {
        let mut back = view.pending.reversed();
        let is_edited = |change: &FileChange| change.old.is_some() && change.new.is_some();
        for (path, _) in view.pending.iter().filter(|(_, change)| !is_edited(change)) {
            back.drop_file(path);
        }
        let report = self.judge(View { pending: &back, ..view }, None);
        // What only a message can get wrong says nothing of a text that stood there.
        let counts = |issue: &Issue| issue.severity == Severity::Block && issue.layer != Layer::Rules;
        report.issues.into_iter().filter(|issue| !report.cancelled && counts(issue)).collect()
    }

    /// Tells the gate that files changed on disk, so that it reads them again.
    pub fn refresh(&mut self, snapshot: &Snapshot) {
        // Cheap: they share all that did not change.
        let old = std::mem::replace(&mut self.known, snapshot.clone());
        let Some(engine) = &mut self.engine else { return };
        let touched = snapshot.differing(&old);
        let is_declared_anew = touched.iter().any(|path| syntax::DECLARATIONS.contains(&path.as_str()));
        if !touched.is_empty() {
            self.old.clear();
            engine.lay_nothing();
            engine.reread(&touched);
        }
        if is_declared_anew {
            // It may now be one for another Python.
            self.engine = None;
        }
    }

    /// A handle that ends a judgement under way from another thread; that judgement's report is then
    /// [`Report::cancelled`].
    pub fn canceller(&self) -> Canceller {
        Canceller { cancelled: self.cancelled.clone(), running: self.running.clone() }
    }
}

/// The engine, built where there is none.
fn opened<'e>(
    engine: &'e mut Option<Engine>,
    root: &Path,
    environment: &PythonEnvironment,
    running: &Running,
    view: View<'_>,
) -> &'e mut Engine {
    engine.get_or_insert_with(|| {
        let files = view.snapshot.files().filter(|(path, entry)| path.is_python() && entry.skipped.is_none());
        Engine::new(root, files.map(|(path, _)| path), &environment.promised(view), running.clone())
    })
}

#[derive(Clone)]
pub struct Canceller {
    cancelled: Arc<AtomicBool>,
    running: Running,
}

impl Canceller {
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
        for token in &*self.running.lock().unwrap_or_else(PoisonError::into_inner) {
            token.cancel();
        }
    }
}

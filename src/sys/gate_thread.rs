//! The thread that owns the gate: takes change sets, cancels what is no longer wanted.
//!
//! Knows nothing of how a layer judges. Invariant: every request ends in exactly one answer under its id, and a gate
//! that fails answers *unknown*, never silence.

mod reaching;
mod request;
mod seeking;
mod warming;

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::memory::resident_bytes;
use crate::agent::JobId;
use crate::app::Msg;
use crate::gate::{Canceller, Gate, Policy, PythonEnvironment};
use crate::index::{Snapshot, View};
use crate::text::{ChangeSet, ProjectPath, Source};
use reaching::reach;
pub(super) use request::{Asker, Question, Request};
use request::{Found, answer, answer_so_far, uses_of};
pub(super) use seeking::Seek;
use seeking::{Seeking, found, judged, may_mend};
use warming::Warming;

/// What the analysis engine needs for deeply nested code.
const STACK_BYTES: usize = 16 << 20;
/// Of so many files that changed at once, the last ones are taken for those that are worked on.
const LIKELY_MAX: usize = 16;

/// The handle of the gate thread.
pub(super) struct GateThread {
    desk: Arc<Desk>,
    msgs: Sender<Msg>,
    thread: JoinHandle<()>,
}

impl GateThread {
    /// Starts the thread. `environment` is asked on it, since finding a Python reads the disk; before each judgement, since
    /// one may be made at any time.
    pub(super) fn start(
        root: PathBuf,
        source: Arc<dyn Source>,
        environment: impl Fn() -> PythonEnvironment + Send + 'static,
        (policy, memory_bytes_max): (Policy, u64),
        msgs: Sender<Msg>,
    ) -> std::io::Result<Self> {
        let desk = Arc::new(Desk::default());
        desk.papers().policy = policy;
        let worker = Worker { root, source, desk: desk.clone(), msgs: msgs.clone(), memory_bytes_max };
        let thread = std::thread::Builder::new()
            .name("flux-gate".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || worker.work(environment))?;
        Ok(Self { desk, msgs, thread })
    }

    /// Somebody is about to edit: the engine opens, and looks at the project while nobody waits.
    pub(super) fn prepare(&self) {
        self.desk.papers().is_expected = true;
        self.desk.wake.notify_all();
    }

    /// Takes a request; the asker's older one is ended, and answered as cancelled.
    pub(super) fn judge(&self, request: Request) {
        let mut papers = self.desk.papers();
        if papers.running.as_ref().is_some_and(|running| running.asker == request.asker) {
            papers.end_running();
        }
        papers.end_unhurried();
        papers.is_expected = true;
        let dropped = papers.wanted(request.asker).replace(request);
        drop(papers);
        self.desk.wake.notify_all();
        if let Some(dropped) = dropped {
            answer(&self.msgs, &dropped, dropped.ended());
        }
    }

    /// Takes a search for the needs of a proposal; an older one is ended. Judgements go first.
    pub(super) fn seek_needs(&self, seek: Seek) {
        let dropped = self.desk.papers().seek.replace(seek);
        self.desk.wake.notify_all();
        if let Some(dropped) = dropped {
            found(&self.msgs, dropped.id, None);
        }
    }

    /// What is judged from now on is judged by this policy.
    pub(super) fn set_policy(&self, policy: Policy) {
        self.desk.papers().policy = policy;
    }

    /// Ends the agent's check `id`, whether it runs or waits.
    pub(super) fn cancel_check(&self, id: JobId) {
        let mut papers = self.desk.papers();
        if papers.running.as_ref().is_some_and(|running| running.asker == Asker::Agent && running.id == id) {
            papers.end_running();
        }
        let dropped = papers.wanted(Asker::Agent).take_if(|wanted| wanted.id == id);
        drop(papers);
        if let Some(dropped) = dropped {
            answer(&self.msgs, &dropped, dropped.ended());
        }
    }

    /// Hands over a new snapshot: what is judged from now on is judged on it. `changed` are the files that are not what they
    /// were in the one before.
    pub(super) fn refresh(&self, snapshot: Arc<Snapshot>, changed: &[ProjectPath]) {
        let mut papers = self.desk.papers();
        // The first snapshot is no change.
        if papers.snapshot.replace(snapshot).is_some() {
            papers.likely.extend(changed.iter().rev().take(LIKELY_MAX).rev().cloned());
        }
        drop(papers);
        self.desk.wake.notify_all();
    }

    /// Somebody looks at this file: it is likely to be edited.
    pub(super) fn look_at(&self, path: ProjectPath) {
        self.desk.papers().likely.push(path);
        self.desk.wake.notify_all();
    }

    /// Says that no first snapshot will come: what is asked is answered *unknown* instead of waiting for it.
    pub(super) fn index_failed(&self, why: &str) {
        self.desk.papers().index_fault = Some(why.to_owned());
        self.desk.wake.notify_all();
    }

    /// Asks the thread to end; what waits is answered as cancelled.
    pub(super) fn end(&self) {
        let mut papers = self.desk.papers();
        papers.is_closing = true;
        papers.end_running();
        papers.end_unhurried();
        drop(papers);
        self.desk.wake.notify_all();
    }

    /// The thread, to wait for its end.
    pub(super) fn into_thread(self) -> JoinHandle<()> {
        self.thread
    }
}

#[derive(Default)]
struct Desk {
    papers: Mutex<Papers>,
    wake: Condvar,
}

impl Desk {
    fn papers(&self) -> MutexGuard<'_, Papers> {
        // Nothing is done under this lock that could leave it half changed.
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct Papers {
    review: Option<Request>,
    agent: Option<Request>,
    person: Option<Request>,
    /// A combination that the review was told of: what it mends is asked when nobody waits.
    mends: Option<(JobId, ChangeSet)>,
    /// A search for needs that has not begun.
    seek: Option<Seek>,
    snapshot: Option<Arc<Snapshot>>,
    /// Why there will never be a snapshot.
    index_fault: Option<String>,
    running: Option<Running>,
    canceller: Option<Canceller>,
    /// What runs can be done again when nobody waits.
    is_unhurried: bool,
    /// Somebody is about to edit. Until then the engine's memory and time are spared.
    is_expected: bool,
    is_closing: bool,
    /// Files that somebody looked at or changed, the last one last.
    likely: Vec<ProjectPath>,
    /// What a person has decided; it may change at any time.
    policy: Policy,
}

impl Papers {
    fn wanted(&mut self, asker: Asker) -> &mut Option<Request> {
        match asker {
            Asker::Review => &mut self.review,
            Asker::Agent => &mut self.agent,
            Asker::Person => &mut self.person,
        }
    }

    /// The review first: somebody looks at the screen.
    fn next_request(&mut self) -> Option<Request> {
        self.review.take().or_else(|| self.person.take()).or_else(|| self.agent.take())
    }

    fn end_unhurried(&mut self) {
        if let (true, Some(canceller)) = (self.is_unhurried, &self.canceller) {
            canceller.cancel();
        }
    }

    fn end_running(&mut self) {
        if let (Some(running), Some(canceller)) = (&mut self.running, &self.canceller) {
            running.is_unwanted = true;
            canceller.cancel();
        }
    }
}

struct Running {
    asker: Asker,
    id: JobId,
    is_unwanted: bool,
}

/// What the thread does next.
enum Work {
    Judge(Request, Arc<Snapshot>),
    /// Cannot be judged, and why.
    Excuse(Request, String),
    Refresh(Arc<Snapshot>),
    /// Find out what the combination mends that the review was told of.
    Mend(JobId, ChangeSet, Arc<Snapshot>),
    /// Begin a search for needs, or go on with it.
    Begin(Seek),
    Step(Arc<Snapshot>),
    /// These files are likely to be edited.
    Expect(Vec<ProjectPath>, Arc<Snapshot>),
    /// Nobody waits: the time is used.
    Warm,
    End,
}

struct Worker {
    root: PathBuf,
    source: Arc<dyn Source>,
    desk: Arc<Desk>,
    msgs: Sender<Msg>,
    memory_bytes_max: u64,
}

impl Worker {
    fn work(self, environment: impl Fn() -> PythonEnvironment) {
        let find = || std::panic::catch_unwind(AssertUnwindSafe(&environment)).unwrap_or_default();
        let mut environment = find();
        let mut gate = None;
        let mut seen_revision = None;
        let mut warming = Warming::default();
        let mut seeking = Seeking::default();
        loop {
            match self.next_work(seen_revision, &warming, &seeking) {
                Work::End => break,
                Work::Refresh(snapshot) => {
                    if seen_revision.replace(snapshot.revision).is_none() {
                        warming.begin(&snapshot);
                    }
                    self.refresh(&mut gate, &environment, &snapshot);
                }
                Work::Expect(paths, snapshot) => warming.expect(&paths, &snapshot),
                Work::Warm => {
                    let has_room = gate.as_ref().is_none_or(Gate::has_room);
                    if let Some(path) = warming.next_path(has_room) {
                        self.warm_up(&mut gate, &environment, &path);
                    }
                    self.desk.papers().is_unhurried = false;
                }
                Work::Mend(id, change_set, snapshot) => {
                    self.mend(&mut gate, &environment, &snapshot, (id, change_set));
                    self.desk.papers().is_unhurried = false;
                }
                Work::Begin(seek) => seeking.begin(seek, &self.msgs),
                Work::Step(snapshot) => {
                    self.step(&mut gate, &environment, &snapshot, &mut seeking);
                    self.desk.papers().is_unhurried = false;
                }
                Work::Excuse(request, why) => {
                    answer(&self.msgs, &request, request.excused(&why));
                }
                Work::Judge(request, snapshot) => {
                    let found = find();
                    if found != environment {
                        // What the old gate knows is of other packages.
                        (environment, gate, seen_revision) = (found, None, None);
                        self.desk.papers().canceller = None;
                    }
                    if seen_revision != Some(snapshot.revision) {
                        seen_revision = Some(snapshot.revision);
                        self.refresh(&mut gate, &environment, &snapshot);
                    }
                    let found = self.ask(&mut gate, &environment, &request, &snapshot);
                    let mut papers = self.desk.papers();
                    papers.running = None;
                    if request.asker == Asker::Review {
                        // The newest alone is shown.
                        let may_mend = matches!(&found, Found::Report(report) if may_mend(report));
                        papers.mends = may_mend.then(|| (request.id, request.change_set.clone()));
                    }
                    drop(papers);
                    answer(&self.msgs, &request, found);
                    if gate.as_mut().is_some_and(Gate::spare_memory) {
                        warming.begin_again();
                    }
                }
            }
        }
        let mut papers = self.desk.papers();
        let left = [papers.review.take(), papers.agent.take(), papers.person.take()];
        let seek = papers.seek.take();
        drop(papers);
        seeking.end(&self.msgs);
        if let Some(seek) = seek {
            found(&self.msgs, seek.id, None);
        }
        for request in left.into_iter().flatten() {
            answer(&self.msgs, &request, request.ended());
        }
    }

    /// Waits for work. Before the first snapshot nothing can be judged: requests wait for it.
    fn next_work(&self, seen_revision: Option<u64>, warming: &Warming, seeking: &Seeking) -> Work {
        let mut papers = self.desk.papers();
        loop {
            if papers.is_closing {
                return Work::End;
            }
            if let Some(snapshot) = papers.snapshot.clone() {
                // The person's question goes first: somebody looks at the screen.
                if let Some(request) = papers.next_request() {
                    papers.running = Some(Running { asker: request.asker, id: request.id, is_unwanted: false });
                    return Work::Judge(request, snapshot);
                }
                if papers.is_expected && seen_revision != Some(snapshot.revision) {
                    return Work::Refresh(snapshot);
                }
                if let Some((id, change_set)) = papers.mends.take() {
                    papers.is_unhurried = true;
                    return Work::Mend(id, change_set, snapshot);
                }
                if let Some(seek) = papers.seek.take() {
                    return Work::Begin(seek);
                }
                if seeking.goes_on() {
                    papers.is_unhurried = true;
                    return Work::Step(snapshot);
                }
                if papers.is_expected && !papers.likely.is_empty() {
                    return Work::Expect(std::mem::take(&mut papers.likely), snapshot);
                }
                if warming.goes_on() {
                    papers.is_unhurried = true;
                    return Work::Warm;
                }
            } else if let Some(why) = papers.index_fault.clone()
                && let Some(request) = papers.next_request()
            {
                return Work::Excuse(request, why);
            }
            papers = self.desk.wake.wait(papers).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn refresh(&self, gate: &mut Option<Gate>, environment: &PythonEnvironment, snapshot: &Snapshot) {
        let refreshed = std::panic::catch_unwind(AssertUnwindSafe(|| {
            self.open(gate, environment).refresh(snapshot);
        }));
        if let Err(panic) = refreshed {
            self.failed(gate, &panic_message(&*panic));
        }
    }

    fn warm_up(&self, gate: &mut Option<Gate>, environment: &PythonEnvironment, path: &ProjectPath) {
        let started = Instant::now();
        let warmed = std::panic::catch_unwind(AssertUnwindSafe(|| self.open(gate, environment).warm_up(path)));
        match warmed {
            Ok(()) => tracing::debug!("warmed up with {path} in {:.0} ms", started.elapsed().as_secs_f64() * 1000.0),
            Err(panic) => self.failed(gate, &panic_message(&*panic)),
        }
    }

    fn ask(
        &self,
        gate: &mut Option<Gate>,
        environment: &PythonEnvironment,
        request: &Request,
        snapshot: &Snapshot,
    ) -> Found {
        let policy = self.desk.papers().policy.clone();
        // A cancellation can hit the wrong judgement when the wanted one ended in that very moment: asked once more.
        for _ in 0..2 {
            let asked = std::panic::catch_unwind(AssertUnwindSafe(|| {
                let view = View { snapshot, pending: &request.change_set, source: &*self.source };
                let gate = self.open(gate, environment);
                gate.set_policy(policy.clone());
                let told = |report| answer_so_far(&self.msgs, (request.asker, request.id), report);
                match &request.question {
                    Question::Judge(reads) if request.asker == Asker::Agent => {
                        Found::Report(judged(gate, view, reads, &told))
                    }
                    Question::Reach(path, symbols) => Found::Reach(reach(gate, view, path, symbols)),
                    // Somebody looks at the screen: what it mends comes after.
                    Question::Judge(reads) => Found::Report(gate.judge_telling(view, Some(reads), &told)),
                    Question::Uses(asked) => {
                        let places = gate.references(view, &asked.path, &asked.symbol);
                        Found::Uses(Ok(uses_of(&view, places)))
                    }
                    Question::Places(asked) => Found::Places(match &asked.new_name {
                        Some(new_name) => gate.rename(view, &asked.path, &asked.symbol, new_name),
                        None => gate.references(view, &asked.path, &asked.symbol),
                    }),
                }
            }));
            match asked {
                Ok(Found::Report(report)) if report.cancelled && !self.is_unwanted() => {}
                Ok(found) => return found,
                Err(panic) => {
                    let why = panic_message(&*panic);
                    self.failed(gate, &why);
                    return request.excused(&why);
                }
            }
        }
        request.ended()
    }

    fn is_unwanted(&self) -> bool {
        let papers = self.desk.papers();
        papers.is_closing || papers.running.as_ref().is_none_or(|running| running.is_unwanted)
    }

    fn open<'a>(&self, gate: &'a mut Option<Gate>, environment: &PythonEnvironment) -> &'a mut Gate {
        gate.get_or_insert_with(|| {
            let mut papers = self.desk.papers();
            let gate = Gate::new(&self.root, environment.clone())
                .with_policy(papers.policy.clone())
                .bounded(self.memory_bytes_max, resident_bytes);
            papers.canceller = Some(gate.canceller());
            gate
        })
    }

    /// Says that the gate failed and drops it: after a panic its state means nothing. The next question opens a new one.
    fn failed(&self, gate: &mut Option<Gate>, why: &str) {
        *gate = None;
        self.desk.papers().canceller = None;
        tell(&self.msgs, Msg::Failed { what: "judging a change", why: why.to_owned() });
    }
}

/// Sends; that nobody listens any more only happens while flux ends.
pub(super) fn tell(msgs: &Sender<Msg>, msg: Msg) {
    if msgs.send(msg).is_err() {
        tracing::debug!("a message came after the end");
    }
}

/// What a panic said.
pub(super) fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|message| (*message).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it panicked without a message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{LayerState, ReadLog, Report, Verdict};

    #[test]
    fn without_an_index_the_answer_is_unknown_and_not_silence() {
        let (msgs_in, msgs) = std::sync::mpsc::channel();
        let source = Arc::new(crate::text::MemorySource::default());
        let gate = GateThread::start(
            PathBuf::from("/nowhere"),
            source,
            PythonEnvironment::default,
            (Policy::default(), u64::MAX),
            msgs_in,
        )
        .unwrap();
        let mut change_set = ChangeSet::default();
        change_set.put(ProjectPath::new("a.py").unwrap(), None, Some("x = 1\n".into()));
        gate.judge(Request { asker: Asker::Review, id: 1, change_set, question: Question::Judge(ReadLog::default()) });
        gate.index_failed("the disk is gone");
        let Ok(Msg::Judged(1, report)) = msgs.recv() else { panic!("another answer") };
        assert!(report.issues[0].message.contains("the disk is gone"));
        gate.end();
        gate.into_thread().join().unwrap();
        assert!(msgs.recv().is_err());
    }

    #[test]
    fn a_gate_that_failed_says_unknown_in_every_layer_it_was_asked_for() {
        let mut change_set = ChangeSet::default();
        change_set.put(ProjectPath::new("a.py").unwrap(), None, Some("x = 1\n".into()));
        let report = Report::not_judged(&change_set, "stack overflow");
        let states = report.layers.each_ref().map(|layer| layer.state);
        assert_eq!(states[..4], [LayerState::Unknown; 4]);
        assert_eq!(states[4..], [LayerState::NotRun; 2]);
        assert_eq!(report.verdict(), Verdict::Pass);
        assert!(report.issues[0].message.contains("stack overflow"));
    }
}

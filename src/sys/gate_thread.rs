//! The thread that owns the gate: takes change sets, cancels what is no longer wanted.
//!
//! Knows nothing of how a layer judges. Invariant: every request ends in exactly one answer under its id, and a gate
//! that fails answers *unknown*, never silence.

mod desk;
mod kept_gate;
mod reaching;
mod request;
mod seeking;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;

use crate::agent::JobId;
use crate::app::Msg;
use crate::gate::{Policy, PythonEnvironment};
use crate::index::Snapshot;
use crate::text::{ProjectPath, Source};
use desk::Desk;
use kept_gate::KeptGate;
use request::answer;
pub(super) use request::{Asker, Question, Request, Seek};
use seeking::found;
use worker::Worker;

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
        let gate = KeptGate::new(root, memory_bytes_max, source, desk.clone(), msgs.clone());
        let worker = Worker { gate, desk: desk.clone(), msgs: msgs.clone() };
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

    /// Ends what somebody asked under `id`, whether it runs or waits.
    pub(super) fn cancel(&self, asker: Asker, id: JobId) {
        let mut papers = self.desk.papers();
        if papers.running.as_ref().is_some_and(|running| running.asker == asker && running.id == id) {
            papers.end_running();
        }
        let dropped = papers.wanted(asker).take_if(|wanted| wanted.id == id);
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
    use crate::text::ChangeSet;

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

    /// Texts of which one is handed out when the test says so, and not before.
    struct Held {
        texts: crate::text::MemorySource,
        held: ProjectPath,
        asked: std::sync::Mutex<std::sync::mpsc::Sender<()>>,
        let_go: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
    }

    impl Source for Held {
        fn read(&self, path: &ProjectPath) -> Result<Arc<crate::text::FileText>, crate::text::ReadError> {
            if *path == self.held {
                // Whoever does not wait any more has let go for good.
                let _ = self.asked.lock().unwrap().send(());
                let _ = self.let_go.lock().unwrap().recv();
            }
            self.texts.read(path)
        }

        fn same_but_case(&self, path: &ProjectPath) -> Option<ProjectPath> {
            self.texts.same_but_case(path)
        }
    }

    #[test]
    fn the_newest_request_wins_while_an_older_one_is_told_part_by_part() {
        let path = |path: &str| ProjectPath::new(path).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut texts = crate::text::MemorySource::default();
        let mut store = crate::index::Store::new(folder.path().to_path_buf());
        let mut files = vec![(path("rates.py"), "def rate(a):\n    return a\n".to_owned())];
        // So many that what is known of the changed file is told before it is found out who uses it.
        files.extend(
            (0..600).map(|nth| (path(&format!("u{nth:03}.py")), "from rates import rate\nx = rate(1)\n".to_owned())),
        );
        for (path, text) in &files {
            std::fs::write(path.on_disk(folder.path()), text).unwrap();
            texts.put(path.clone(), text);
        }
        let parsed = files.iter().map(|(path, text)| (path.clone(), crate::index::Store::parse(path, text.as_bytes())));
        let snapshot = store.apply(parsed.collect(), &[]);
        let request = |id, new: &str| {
            let mut change_set = ChangeSet::default();
            change_set.put(path("rates.py"), texts.read(&path("rates.py")).ok(), Some(new.into()));
            Request { asker: Asker::Review, id, change_set, question: Question::Judge(ReadLog::default()) }
        };
        let (older, newest) =
            (request(1, "def rate(a, b):\n    return a\n"), request(2, "def rate(a):\n    b()\n    return a\n"));
        let (asked_in, asked) = std::sync::mpsc::channel();
        let (let_go, held) = std::sync::mpsc::channel();
        let source = Held { texts, held: path("u050.py"), asked: asked_in.into(), let_go: held.into() };
        let (msgs_in, msgs) = std::sync::mpsc::channel();
        let policy = (Policy::default(), u64::MAX);
        let root = folder.path().to_path_buf();
        let gate = GateThread::start(root, Arc::new(source), PythonEnvironment::default, policy, msgs_in).unwrap();
        gate.refresh(snapshot, &[]);
        gate.judge(older);
        // It is amid the files that use what changed, and something was told of it.
        asked.recv().unwrap();
        assert!(matches!(msgs.try_recv(), Ok(Msg::JudgedSoFar(1, _))));
        while msgs.try_recv().is_ok() {}
        gate.judge(newest);
        drop(let_go);
        let Ok(Msg::Judged(1, report)) = msgs.recv() else { panic!("more was told of the older one") };
        assert!(report.cancelled);
        let Ok(Msg::Judged(2, report)) = msgs.recv() else { panic!("another answer") };
        assert_eq!((report.verdict(), report.is_complete()), (Verdict::Block, true));
        gate.end();
        gate.into_thread().join().unwrap();
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

//! The thread itself: takes one piece of work after another, and outlives a gate that breaks down.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

use super::desk::{Desk, Work};
use super::reaching::reach;
use super::request::{Asker, Found, Question, Request, answer, answer_so_far, uses_of};
use super::seeking::{Seeking, found, judged, may_mend};
use super::warming::Warming;
use super::{panic_message, tell};
use crate::app::Msg;
use crate::gate::{Gate, PythonEnvironment};
use crate::index::{Snapshot, View};
use crate::sys::memory::resident_bytes;
use crate::text::{ProjectPath, Source};

pub(super) struct Worker {
    pub(super) root: PathBuf,
    pub(super) source: Arc<dyn Source>,
    pub(super) desk: Arc<Desk>,
    pub(super) msgs: Sender<Msg>,
    pub(super) memory_bytes_max: u64,
}

impl Worker {
    pub(super) fn work(self, environment: impl Fn() -> PythonEnvironment) {
        let find = || std::panic::catch_unwind(AssertUnwindSafe(&environment)).unwrap_or_default();
        let mut environment = find();
        let mut gate = None;
        let mut seen_revision = None;
        let mut warming = Warming::default();
        let mut seeking = Seeking::default();
        loop {
            match self.desk.next_work(seen_revision, seeking.goes_on(), warming.goes_on()) {
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

    pub(super) fn open<'a>(&self, gate: &'a mut Option<Gate>, environment: &PythonEnvironment) -> &'a mut Gate {
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
    pub(super) fn failed(&self, gate: &mut Option<Gate>, why: &str) {
        *gate = None;
        self.desk.papers().canceller = None;
        tell(&self.msgs, Msg::Failed { what: "judging a change", why: why.to_owned() });
    }
}

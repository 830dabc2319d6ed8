//! The thread itself: takes one piece of work after another, and outlives a gate that breaks down.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

use super::desk::{Desk, Work};
use super::kept_gate::KeptGate;
use super::reaching::reach;
use super::request::{Asker, Found, Question, Request, answer, answer_so_far, uses_of};
use super::seeking::{Seeking, found};
use super::tell;
use crate::agent::JobId;
use crate::app::Msg;
use crate::gate::{Gate, PythonEnvironment, ReadLog, Report, Verdict};
use crate::index::{Snapshot, View};
use crate::sys::warming::Warming;
use crate::text::{ChangeSet, ProjectPath};

/// What a change mends is asked only where the judgement took no longer.
const MENDED_MS_MAX: f64 = 100.0;

pub(super) struct Worker {
    pub(super) gate: KeptGate,
    pub(super) desk: Arc<Desk>,
    pub(super) msgs: Sender<Msg>,
}

impl Worker {
    pub(super) fn work(mut self, environment: impl Fn() -> PythonEnvironment) {
        let find = || std::panic::catch_unwind(AssertUnwindSafe(&environment)).unwrap_or_default();
        self.gate.settle_in(find());
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
                    self.refresh(&snapshot);
                }
                Work::Expect(paths, snapshot) => warming.expect(&paths, &snapshot),
                Work::Warm => {
                    if let Some(path) = warming.next_path(self.gate.has_room()) {
                        self.warm_up(&path);
                    }
                    self.rest(&mut warming);
                }
                Work::Mend(id, change_set, snapshot) => {
                    self.mend(id, &change_set, &snapshot);
                    self.rest(&mut warming);
                }
                Work::Begin(seek) => seeking.begin(seek, &self.msgs),
                Work::Step(snapshot) => {
                    seeking.step(&mut self.gate, &snapshot, &self.msgs);
                    self.rest(&mut warming);
                }
                Work::Excuse(request, why) => {
                    answer(&self.msgs, &request, request.excused(&why));
                }
                Work::Judge(request, snapshot) => {
                    if self.gate.settle_in(find()) || seen_revision != Some(snapshot.revision) {
                        seen_revision = Some(snapshot.revision);
                        self.refresh(&snapshot);
                    }
                    self.judge(&request, &snapshot);
                    if self.gate.spare_memory() {
                        warming.begin_again();
                    }
                }
            }
        }
        self.end(seeking);
    }

    /// Everybody who still waits has an answer.
    fn end(self, mut seeking: Seeking) {
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

    /// After a piece of work that nobody waited for: it takes no more memory than what is asked for.
    fn rest(&mut self, warming: &mut Warming) {
        self.desk.papers().is_unhurried = false;
        if self.gate.spare_memory() {
            warming.end();
        }
    }

    fn refresh(&mut self, snapshot: &Snapshot) {
        // Why it broke down has been told.
        let _ = self.gate.ask(|gate, _| gate.refresh(snapshot));
    }

    fn warm_up(&mut self, path: &ProjectPath) {
        let started = Instant::now();
        if self.gate.ask(|gate, source| gate.warm_up(source, path)).is_ok() {
            tracing::debug!("warmed up with {path} in {:.0} ms", started.elapsed().as_secs_f64() * 1000.0);
        }
    }

    /// Says what a combination mends. Somebody who asks ends it: then nothing is said of it any more.
    fn mend(&mut self, id: JobId, change_set: &ChangeSet, snapshot: &Snapshot) {
        let mended = self.gate.ask(|gate, source| gate.mended(View { snapshot, pending: change_set, source }));
        if let Some(issues) = mended.ok().filter(|issues| !issues.is_empty()) {
            tell(&self.msgs, Msg::MendsFound(id, issues));
        }
    }

    fn judge(&mut self, request: &Request, snapshot: &Snapshot) {
        let found = self.found(request, snapshot);
        let mut papers = self.desk.papers();
        papers.running = None;
        if request.asker == Asker::Review {
            // The newest alone is shown.
            let may_mend = matches!(&found, Found::Report(report) if may_mend(report));
            papers.mends = may_mend.then(|| (request.id, request.change_set.clone()));
        }
        drop(papers);
        answer(&self.msgs, request, found);
    }

    fn found(&mut self, request: &Request, snapshot: &Snapshot) -> Found {
        let policy = self.desk.papers().policy.clone();
        let msgs = &self.msgs;
        // A cancellation can hit this question where the one that it was meant for ended in that very moment: asked once more.
        for _ in 0..2 {
            let asked = self.gate.ask(|gate, source| {
                let view = View { snapshot, pending: &request.change_set, source };
                gate.set_policy(policy.clone());
                let told = |report| answer_so_far(msgs, (request.asker, request.id), report);
                let found = match &request.question {
                    Question::Judge(reads) if request.asker == Asker::Agent => {
                        Found::Report(judged(gate, view, reads, &told))
                    }
                    Question::Reach(path, symbols) => Found::Reach(reach(gate, view, path, symbols)),
                    // Somebody looks at the screen: what it mends comes after.
                    Question::Judge(reads) => Found::Report(gate.judge_telling(view, Some(reads), &told)),
                    Question::Uses(asked) => {
                        let places = gate.references(view, &asked.path, &asked.symbol);
                        Found::Uses(uses_of(&view, places))
                    }
                    Question::Places(asked) => Found::Places(match &asked.new_name {
                        Some(new_name) => gate.rename(view, &asked.path, &asked.symbol, new_name),
                        None => gate.references(view, &asked.path, &asked.symbol),
                    }),
                };
                (found, gate.was_stopped())
            });
            match asked {
                Ok((_, true)) if !self.is_unwanted() => {}
                Ok((found, _)) => return found,
                Err(why) => return request.excused(&why),
            }
        }
        request.ended()
    }

    fn is_unwanted(&self) -> bool {
        let papers = self.desk.papers();
        papers.is_closing || papers.running.as_ref().is_none_or(|running| running.is_unwanted)
    }
}

fn may_mend(report: &Report) -> bool {
    report.verdict() == Verdict::Pass && !report.cancelled && report.ms < MENDED_MS_MAX
}

/// Judges a change, and says what it mends where that takes no time.
fn judged(gate: &mut Gate, view: View<'_>, reads: &ReadLog, told: &(dyn Fn(Report) + Sync)) -> Report {
    let mut report = gate.judge_telling(view, Some(reads), told);
    if may_mend(&report) {
        report.mended = gate.mended(view);
    }
    report
}

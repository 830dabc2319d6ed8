//! What is asked of the gate thread and not begun, what runs, and what comes next.
//!
//! Knows nothing of how it is answered. Invariant: who asks goes before what is only useful.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::request::{Asker, Request, Seek};
use crate::agent::JobId;
use crate::gate::{Canceller, Policy};
use crate::index::Snapshot;
use crate::text::{ChangeSet, ProjectPath};

#[derive(Default)]
pub(super) struct Desk {
    papers: Mutex<Papers>,
    pub(super) wake: Condvar,
}

impl Desk {
    pub(super) fn papers(&self) -> MutexGuard<'_, Papers> {
        // Nothing is done under this lock that could leave it half changed.
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for work. Before the first snapshot nothing can be judged: requests wait for it. A search and the warming are
    /// gone on with where nothing else is to be done.
    pub(super) fn next_work(&self, seen_revision: Option<u64>, is_seeking: bool, is_warming: bool) -> Work {
        let mut papers = self.papers();
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
                if is_seeking {
                    papers.is_unhurried = true;
                    return Work::Step(snapshot);
                }
                if papers.is_expected && !papers.likely.is_empty() {
                    return Work::Expect(std::mem::take(&mut papers.likely), snapshot);
                }
                if is_warming {
                    papers.is_unhurried = true;
                    return Work::Warm;
                }
            } else if let Some(why) = papers.index_fault.clone()
                && let Some(request) = papers.next_request()
            {
                return Work::Excuse(request, why);
            }
            papers = self.wake.wait(papers).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[derive(Default)]
pub(super) struct Papers {
    pub(super) review: Option<Request>,
    pub(super) agent: Option<Request>,
    pub(super) person: Option<Request>,
    /// A combination that the review was told of: what it mends is asked when nobody waits.
    pub(super) mends: Option<(JobId, ChangeSet)>,
    /// A search for needs that has not begun.
    pub(super) seek: Option<Seek>,
    pub(super) snapshot: Option<Arc<Snapshot>>,
    /// Why there will never be a snapshot.
    pub(super) index_fault: Option<String>,
    pub(super) running: Option<Running>,
    pub(super) canceller: Option<Canceller>,
    /// What runs can be done again when nobody waits.
    pub(super) is_unhurried: bool,
    /// Somebody is about to edit. Until then the engine's memory and time are spared.
    pub(super) is_expected: bool,
    pub(super) is_closing: bool,
    /// Files that somebody looked at or changed, the last one last.
    pub(super) likely: Vec<ProjectPath>,
    /// What a person has decided; it may change at any time.
    pub(super) policy: Policy,
}

impl Papers {
    pub(super) fn wanted(&mut self, asker: Asker) -> &mut Option<Request> {
        match asker {
            Asker::Review => &mut self.review,
            Asker::Agent => &mut self.agent,
            Asker::Person => &mut self.person,
        }
    }

    /// The review first: somebody looks at the screen.
    pub(super) fn next_request(&mut self) -> Option<Request> {
        self.review.take().or_else(|| self.person.take()).or_else(|| self.agent.take())
    }

    pub(super) fn end_unhurried(&mut self) {
        if let (true, Some(canceller)) = (self.is_unhurried, &self.canceller) {
            canceller.cancel();
        }
    }

    pub(super) fn end_running(&mut self) {
        if let (Some(running), Some(canceller)) = (&mut self.running, &self.canceller) {
            running.is_unwanted = true;
            canceller.cancel();
        }
    }
}

pub(super) struct Running {
    pub(super) asker: Asker,
    pub(super) id: JobId,
    pub(super) is_unwanted: bool,
}

/// What the thread does next.
pub(super) enum Work {
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

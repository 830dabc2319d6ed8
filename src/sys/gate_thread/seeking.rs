//! The search for which hunk needs which, in steps between the judgements that somebody waits for.
//!
//! Invariant: every search ends in exactly one answer under its id; one that is replaced or breaks down answers that it was ended.

use std::panic::AssertUnwindSafe;
use std::sync::mpsc::Sender;

use super::request::Seek;
use super::worker::Worker;
use super::{panic_message, tell};
use crate::agent::JobId;
use crate::app::Msg;
use crate::gate::{Gate, HunkNeed, NeedsSearch, PythonEnvironment, ReadLog, Report, Verdict};
use crate::index::{Snapshot, View};
use crate::text::ChangeSet;

/// What a change mends is asked only where the judgement took no longer.
const MENDED_MS_MAX: f64 = 100.0;

/// The search under way.
#[derive(Default)]
pub(super) struct Seeking {
    search: Option<(JobId, NeedsSearch)>,
}

impl Seeking {
    pub(super) fn begin(&mut self, seek: Seek, msgs: &Sender<Msg>) {
        self.end(msgs);
        let begun = std::panic::catch_unwind(|| NeedsSearch::new(&seek.change_set, &seek.hunks));
        match begun {
            Ok(search) => self.search = Some((seek.id, search)),
            Err(panic) => {
                tracing::error!("the search for needs failed: {}", panic_message(&*panic));
                found(msgs, seek.id, None);
            }
        }
    }

    pub(super) fn goes_on(&self) -> bool {
        self.search.is_some()
    }

    pub(super) fn end(&mut self, msgs: &Sender<Msg>) {
        if let Some((id, _)) = self.search.take() {
            found(msgs, id, None);
        }
    }
}

impl Worker {
    /// Says what a combination mends. Somebody who asks ends it: then nothing is said of it any more.
    pub(super) fn mend(
        &self,
        gate: &mut Option<Gate>,
        environment: &PythonEnvironment,
        snapshot: &Snapshot,
        (id, change_set): (JobId, ChangeSet),
    ) {
        let mended = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let view = View { snapshot, pending: &change_set, source: &*self.source };
            self.open(gate, environment).mended(view)
        }));
        match mended {
            Ok(issues) if issues.is_empty() => {}
            Ok(issues) => tell(&self.msgs, Msg::MendsFound(id, issues)),
            Err(panic) => self.failed(gate, &panic_message(&*panic)),
        }
    }

    /// Judges one combination for the search; one that is interrupted is asked again.
    pub(super) fn step(
        &self,
        gate: &mut Option<Gate>,
        environment: &PythonEnvironment,
        snapshot: &Snapshot,
        seeking: &mut Seeking,
    ) {
        let Some((id, mut search)) = seeking.search.take() else { return };
        let Some(question) = search.question() else { return found(&self.msgs, id, Some(search.needs())) };
        let judged = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let view = View { snapshot, pending: &question, source: &*self.source };
            self.open(gate, environment).judge(view, None)
        }));
        match judged {
            Ok(report) => {
                if !report.cancelled {
                    search.take(&report);
                }
                seeking.search = Some((id, search));
            }
            Err(panic) => {
                self.failed(gate, &panic_message(&*panic));
                found(&self.msgs, id, None);
            }
        }
    }
}

pub(super) fn may_mend(report: &Report) -> bool {
    report.verdict() == Verdict::Pass && !report.cancelled && report.ms < MENDED_MS_MAX
}

/// Judges a change, and says what it mends where that takes no time.
pub(super) fn judged(gate: &mut Gate, view: View<'_>, reads: &ReadLog, told: &(dyn Fn(Report) + Sync)) -> Report {
    let mut report = gate.judge_telling(view, Some(reads), told);
    if may_mend(&report) {
        report.mended = gate.mended(view);
    }
    report
}

pub(super) fn found(msgs: &Sender<Msg>, id: JobId, needs: Option<Vec<HunkNeed>>) {
    tell(msgs, Msg::NeedsFound(id, needs));
}

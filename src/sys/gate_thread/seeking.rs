//! The search for which hunk needs which, in steps between the judgements that somebody waits for.
//!
//! Invariant: every search ends in exactly one answer under its id; one that is replaced or breaks down answers that it was ended.

use std::sync::mpsc::Sender;

use super::kept_gate::KeptGate;
use super::request::Seek;
use super::{panic_message, tell};
use crate::agent::JobId;
use crate::app::Msg;
use crate::gate::{HunkNeed, NeedsSearch};
use crate::index::{Snapshot, View};

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

    /// Judges one combination; one that is interrupted is asked again.
    pub(super) fn step(&mut self, gate: &mut KeptGate, snapshot: &Snapshot, msgs: &Sender<Msg>) {
        let Some((id, mut search)) = self.search.take() else { return };
        let Some(question) = search.question() else { return found(msgs, id, Some(search.needs())) };
        match gate.ask(|gate, source| gate.judge(View { snapshot, pending: &question, source }, None)) {
            Ok(report) => {
                if !report.cancelled {
                    search.take(&report);
                }
                self.search = Some((id, search));
            }
            Err(_) => found(msgs, id, None),
        }
    }

    pub(super) fn end(&mut self, msgs: &Sender<Msg>) {
        if let Some((id, _)) = self.search.take() {
            found(msgs, id, None);
        }
    }
}

pub(super) fn found(msgs: &Sender<Msg>, id: JobId, needs: Option<Vec<HunkNeed>>) {
    tell(msgs, Msg::NeedsFound(id, needs));
}

//! The end of whatever is under way, because the person says so.
//!
//! Invariant: every call that was made is answered, and what is pending stays.

use super::{Need, Phase, Session, Work};
use crate::agent::Outcome;
use crate::agent::tools::refused;

/// How a task ends without a proposal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Done,
    Failed,
    /// The person ended it: nothing is wrong.
    Stopped,
}

impl Session {
    pub(super) fn stop(&mut self) -> Vec<Need> {
        if self.phase == Phase::Idle || self.is_resuming() {
            return Vec::new();
        }
        if self.of_person.is_some() {
            let mut needs: Vec<Need> = self.work.job().map(Need::Cancel).into_iter().collect();
            self.mark_call(Outcome::Refused, "stopped".to_owned());
            needs.extend(self.leave_operation("stopped".to_owned()));
            return needs;
        }
        let summary = match self.is_revising() {
            true => "stopped; the proposal is as it was before",
            false if self.pending.is_empty() => "stopped",
            false => "stopped; what is pending is kept",
        };
        self.break_off(summary, "the person stopped the task", Ending::Stopped)
    }

    /// Ends the task in the middle of whatever is under way; `told` is what the calls are told that do not run.
    pub(super) fn break_off(&mut self, summary: &str, told: &str, ending: Ending) -> Vec<Need> {
        let mut needs: Vec<Need> = self.work.job().map(Need::Cancel).into_iter().collect();
        if let Some(call) = std::mem::replace(&mut self.work, Work::Nothing).into_call() {
            self.answer(&call, refused(&format!("not done: {told}.")));
        }
        self.leave_calls(told);
        needs.extend(self.end(summary.to_owned(), ending));
        needs
    }
}

//! The end of whatever is under way, because the person says so.
//!
//! Invariant: every call that was made is answered, and what is pending stays.

use super::{Need, Phase, Session, Work};
use crate::agent::{Outcome, ToolCall};

impl Session {
    pub(super) fn stop(&mut self) -> Vec<Need> {
        if self.phase == Phase::Idle || self.is_resuming() {
            return Vec::new();
        }
        let mut needs: Vec<Need> = self.running_job().map(Need::Cancel).into_iter().collect();
        if self.of_person.is_some() {
            self.mark_call(Outcome::Refused, "stopped".to_owned());
            needs.extend(self.leave_operation("stopped".to_owned()));
            return needs;
        }
        if let Some(call) = self.call_at_work() {
            self.answer(&call, "Error: stopped by the person.".to_owned());
        }
        self.leave_calls("the person stopped the task");
        needs.extend(self.end("stopped; what is pending is kept".to_owned(), true));
        needs
    }

    /// Takes the call out of the work under way, to be answered.
    fn call_at_work(&mut self) -> Option<ToolCall> {
        match std::mem::replace(&mut self.work, Work::Nothing) {
            Work::Tool(_, call) | Work::Places(_, call) | Work::Validate(_, call) | Work::Person(call) => Some(call),
            Work::Edit(_, edit) => Some(edit.call),
            Work::Whole(_, whole) => whole.call,
            Work::Nothing
            | Work::Understanding(..)
            | Work::Model(_)
            | Work::Operation(_)
            | Work::Held
            | Work::Resumed(..) => None,
        }
    }
}

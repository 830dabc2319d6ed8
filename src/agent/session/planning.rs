//! What a person wants of the plan while its task is under way.

use super::{Need, Phase, Session, Work};
use crate::agent::PlanEdit;

impl Session {
    /// The model is told with the next question; where no task is under way there is nobody to tell.
    pub(super) fn on_plan_edit(&mut self, edit: &PlanEdit) {
        if self.phase == Phase::Idle {
            return;
        }
        if let Some(told) = self.plan.edit(edit) {
            self.note(format!("plan: {told}"));
            self.notes.push(format!("The person changed the plan: {told}. It is now:\n{}", self.plan.listed()));
        }
    }

    /// Waits for the person where a step is done that they wanted to see; nothing where there is none.
    pub(super) fn hold(&mut self) -> Option<Vec<Need>> {
        let title = self.plan.take_hold()?;
        self.phase = Phase::Asking;
        self.work = Work::Held;
        Some(vec![Need::AskPerson(format!("'{title}' is done. Enter goes on; or say what should be different."))])
    }
}

//! What a person changes of a plan while it is followed.

use super::{Plan, Step, StepState};

/// What a person wants of the plan. Steps are numbered from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanEdit {
    Retitle {
        step: usize,
        title: String,
    },
    /// Behind a step, or at the end.
    Add {
        after: Option<usize>,
        title: String,
    },
    Move {
        step: usize,
        up: bool,
    },
    /// Leaves it out, or wants it again.
    Skip {
        step: usize,
    },
    /// Waits after it, or no longer.
    Hold {
        step: usize,
    },
}

impl Plan {
    /// The title of a step that is done and after which the person wanted the agent to wait; asked once.
    pub(in crate::agent) fn take_hold(&mut self) -> Option<String> {
        let is_over = |step: &&mut Step| step.hold && matches!(step.state, StepState::Done | StepState::Skipped);
        let held = self.steps.iter_mut().find(is_over)?;
        held.hold = false;
        Some(held.title.clone())
    }

    /// Does what the person wants of the plan, and says it to the model; nothing where there is nothing to say or do.
    pub(in crate::agent) fn edit(&mut self, edit: &PlanEdit) -> Option<String> {
        let told = match edit {
            PlanEdit::Retitle { step, title } => {
                let step = self.steps.get_mut(*step)?;
                let told = format!("'{}' is now '{title}'", step.title);
                (step.title, step.of_person) = (title.clone(), true);
                if matches!(step.state, StepState::Done | StepState::Failed | StepState::Skipped) {
                    (step.state, step.evidence) = (StepState::Waiting, None);
                }
                told
            }
            PlanEdit::Add { after, title } => {
                let at = after.map_or(self.steps.len(), |after| (after + 1).min(self.steps.len()));
                self.steps.insert(at, Step { of_person: true, ..Step::new(title.clone()) });
                format!("'{title}' was added")
            }
            PlanEdit::Move { step, up } => {
                let other = if *up { step.checked_sub(1)? } else { step + 1 };
                if (*step).max(other) >= self.steps.len() {
                    return None;
                }
                self.steps.swap(*step, other);
                "the steps stand in another order".to_owned()
            }
            PlanEdit::Skip { step } => {
                let step = self.steps.get_mut(*step)?;
                let told = match step.state {
                    StepState::Done => return None,
                    StepState::Skipped => (StepState::Waiting, "is wanted again"),
                    _ => (StepState::Skipped, "is not wanted: leave it out"),
                };
                step.state = told.0;
                format!("'{}' {}", step.title, told.1)
            }
            PlanEdit::Hold { step } => {
                let step = self.steps.get_mut(*step)?;
                step.hold = !step.hold && step.state != StepState::Done;
                return None;
            }
        };
        self.advance();
        Some(told)
    }
}

//! What becomes of a plan's edits once they are proposed.
//!
//! Invariant: a step says that it is written only for as long as what it made stands on the disk, as far as flux knows.

use serde::{Deserialize, Serialize};

use super::{Plan, Step, StepAction, StepState, parts};
use crate::text::ProjectPath;

/// What became of the edits of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// A person decides on them.
    Proposed,
    Written,
    /// Some of them; the rest was left out.
    WrittenInPart,
    /// None of them, while others of the proposal were written.
    LeftOut,
    Discarded,
}

impl Plan {
    /// Says what became of the edits of each step; nothing of a step that made none.
    pub(in crate::agent) fn take_fates(&mut self, fate: impl Fn(usize, &Step) -> Option<Fate>) {
        for (at, step) in self.steps.iter_mut().enumerate() {
            let is_met = matches!(step.state, StepState::Done | StepState::Open);
            if is_met
                && step.is_of_edits()
                && let Some(fate) = fate(at, step)
            {
                (step.fate, step.is_taken_back) = (Some(fate), false);
            }
        }
    }

    /// What was written of these files was taken back, or written again.
    pub(in crate::agent) fn take_back(&mut self, paths: &[ProjectPath], is_taken_back: bool) {
        let is_written = |step: &&mut Step| matches!(step.fate, Some(Fate::Written | Fate::WrittenInPart));
        for step in self.steps.iter_mut().filter(is_written) {
            if step.place().is_none_or(|(path, _)| paths.contains(&path)) {
                step.is_taken_back = is_taken_back;
            }
        }
    }
}

impl Step {
    /// The file and, by qualified name, the symbol that it is about.
    pub fn place(&self) -> Option<(ProjectPath, Option<&str>)> {
        self.target.as_deref().and_then(parts)
    }

    fn is_of_edits(&self) -> bool {
        match self.action {
            StepAction::Read | StepAction::Test => false,
            // What has no place is told in the summary.
            StepAction::Other => self.target.is_some(),
            StepAction::Add | StepAction::Modify | StepAction::Remove | StepAction::Rename => true,
        }
    }
}

//! The one job under way: what an answer is waited for, and whose it is.
//!
//! Invariant: every event that answers a job carries its number, and no number is given twice.

use super::verify::Testing;
use super::{Event, JobId, finish, resuming, turn, verify};
use crate::agent::ToolCall;

/// What an answer is waited for.
pub(super) enum Work {
    Nothing,
    /// What bears on the task is looked up; so many notes came before it.
    Understanding(JobId, usize),
    Model(JobId),
    Tool(JobId, ToolCall),
    /// The gate finds what the tool asked for.
    Places(JobId, ToolCall),
    /// The gate judges an edit that is not pending yet.
    Edit(JobId, turn::Edit),
    /// The gate reports on what is pending, for the model.
    Validate(JobId, ToolCall),
    /// The gate judges the whole before it is proposed.
    Whole(JobId, finish::Whole),
    Tests(JobId, verify::Testing),
    Person(ToolCall),
    /// The person is asked whether a command may run.
    Leave(ToolCall, String),
    /// A step is done after which the person wanted to be waited for.
    Held,
    /// The gate judges what the person asked for.
    Operation(JobId),
    /// The gate judges what was pending when flux was ended.
    Resumed(JobId, resuming::Standing),
}

impl Work {
    /// The job that is to be answered; a person answers without a number.
    pub(super) fn job(&self) -> Option<JobId> {
        match self {
            Self::Understanding(job, _)
            | Self::Model(job)
            | Self::Tool(job, _)
            | Self::Places(job, _)
            | Self::Edit(job, _)
            | Self::Validate(job, _)
            | Self::Whole(job, _)
            | Self::Tests(job, _)
            | Self::Operation(job)
            | Self::Resumed(job, _) => Some(*job),
            Self::Nothing | Self::Person(_) | Self::Leave(..) | Self::Held => None,
        }
    }

    /// The call that is worked on, still to be answered.
    pub(super) fn into_call(self) -> Option<ToolCall> {
        match self {
            Self::Tool(_, call) | Self::Places(_, call) | Self::Validate(_, call) | Self::Person(call) => Some(call),
            Self::Leave(call, _) => Some(call),
            Self::Edit(_, edit) => Some(edit.call),
            Self::Whole(_, whole) | Self::Tests(_, Testing::Whole(whole, _)) => whole.call,
            Self::Tests(_, Testing::Call { call, .. }) => Some(call),
            Self::Nothing
            | Self::Understanding(..)
            | Self::Model(_)
            | Self::Operation(_)
            | Self::Held
            | Self::Resumed(..) => None,
        }
    }
}

impl Event {
    /// The job that this answers.
    pub(super) fn job(&self) -> Option<JobId> {
        match self {
            Self::Understood(job, _)
            | Self::Model(job, _)
            | Self::ToolDone(job, _)
            | Self::Checked(job, _)
            | Self::CheckProgressed(job, _)
            | Self::PlacesFound(job, _)
            | Self::TestsProgressed(job, ..)
            | Self::Tested(job, _) => Some(*job),
            _ => None,
        }
    }
}

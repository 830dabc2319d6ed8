//! One conversation about one project.

use std::sync::Arc;

use super::{Activity, ModelEvent, ModelRequest, Plan, ToolCall, Usage};
use crate::gate::{ReadLog, Report};
use crate::index::Snapshot;
use crate::text::ChangeSet;

/// Numbers a job; an answer to an older one is dropped.
pub type JobId = u64;

/// Where the session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Idle,
    /// The model is being asked.
    Thinking,
    /// A tool runs, or the gate judges what it made.
    Working,
    /// A question waits for the person.
    Asking,
    /// A proposal waits for the person.
    Reviewing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub turns_max: u32,
    /// How often one task may be sent back for issues before flux gives up.
    pub corrections_max: u32,
    pub tokens_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { turns_max: 40, corrections_max: 8, tokens_max: 2_000_000 }
    }
}

/// What a tool may look at while it runs, off the main thread.
#[derive(Clone)]
pub struct ToolContext {
    pub snapshot: Arc<Snapshot>,
    pub pending: ChangeSet,
    pub reads: ReadLog,
}

/// What a tool did.
#[derive(Debug, Clone)]
pub struct ToolAnswer {
    /// Text for the model; a refusal begins with `Error: `.
    pub text: String,
    /// The pending change set after the call, when it changed.
    pub pending: Option<ChangeSet>,
    pub reads: ReadLog,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The person gave a task, or a further message.
    Task(String),
    Snapshot(Arc<Snapshot>),
    Model(JobId, ModelEvent),
    ToolDone(JobId, ToolAnswer),
    Checked(JobId, Report),
    Answered(String),
    Reviewed(ReviewOutcome),
    /// The person pressed stop.
    Stop,
}

/// What the person made of a proposal.
#[derive(Debug, Clone, PartialEq)]
pub enum ReviewOutcome {
    /// Written, all of it or the accepted part; `rejected` describes each hunk that was not taken.
    Written {
        files: Vec<String>,
        rejected: Vec<String>,
    },
    Rejected {
        comment: String,
    },
}

/// What the outside must do.
#[derive(Clone)]
pub enum Need {
    AskModel(JobId, ModelRequest),
    /// Run [`super::run_tool`] off the main thread.
    RunTool(JobId, ToolCall, ToolContext),
    /// Judge `pending`; the answer is [`Event::Checked`].
    Check(JobId, ChangeSet, ReadLog),
    /// Show this to the person; nothing blocks in it.
    Propose(ChangeSet, Report),
    AskPerson(String),
    /// End the job: its answer is no longer wanted.
    Cancel(JobId),
    /// The task is over without a proposal; the text says why.
    Finished {
        summary: String,
        failed: bool,
    },
}

pub struct Session {
    // owned by the agent room
}

impl Session {
    pub fn new(snapshot: Arc<Snapshot>, limits: Limits) -> Self {
        let _ = (snapshot, limits);
        todo!("agent")
    }

    pub fn update(&mut self, event: Event) -> Vec<Need> {
        let _ = event;
        todo!("agent")
    }

    pub fn phase(&self) -> Phase {
        todo!("agent")
    }

    pub fn plan(&self) -> &Plan {
        todo!("agent")
    }

    /// Oldest first.
    pub fn activity(&self) -> &[Activity] {
        todo!("agent")
    }

    pub fn usage(&self) -> Usage {
        todo!("agent")
    }

    pub fn pending(&self) -> &ChangeSet {
        todo!("agent")
    }

    /// The last report on what is pending.
    pub fn report(&self) -> Option<&Report> {
        todo!("agent")
    }

    pub fn reads(&self) -> &ReadLog {
        todo!("agent")
    }
}

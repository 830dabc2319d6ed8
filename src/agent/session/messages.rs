//! What the session is told, and what it needs.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Revision;
use crate::agent::{Fate, Inquiry, ModelEvent, ModelRequest, PlanEdit, ToolCall, Understanding};
use crate::gate::{Progress, ReadLog, Report, SymbolPlaces, Tested};
use crate::index::Snapshot;
use crate::text::{ChangeSet, ContentHash, ProjectPath};

/// Numbers a job; an answer to an older one is dropped.
pub type JobId = u64;

/// Where the session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// What a tool may look at while it runs, off the main thread.
#[derive(Clone)]
pub struct ToolContext {
    pub snapshot: Arc<Snapshot>,
    pub pending: ChangeSet,
    pub reads: ReadLog,
    /// What the tool asked for before, if it did.
    pub places_found: Option<SymbolPlaces>,
    /// What the person has written: a path that they name there may be changed, whosever work it is.
    pub asked: Arc<str>,
    /// A person asks: nothing has to be read before it is changed.
    pub by_person: bool,
}

/// A symbol whose places are to be found, most often to give it another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacesQuestion {
    pub path: ProjectPath,
    /// By qualified name, or with its line: `Cart.total@41`.
    pub symbol: String,
    /// The last part alone; `None`: only where it is meant is asked.
    pub new_name: Option<String>,
}

/// The tests that are to be run with a change set laid over the project.
#[derive(Clone)]
pub struct TestsQuestion {
    pub change_set: ChangeSet,
    /// Files, folders or ids of tests; empty: those that reach the change.
    pub selection: Vec<String>,
    pub snapshot: Arc<Snapshot>,
}

/// What a tool did.
#[derive(Debug, Clone)]
pub struct ToolAnswer {
    /// Text for the model; a refusal begins with `Error: `.
    pub text: String,
    /// The pending change set after the call, when it changed.
    pub pending: Option<ChangeSet>,
    pub reads: ReadLog,
    /// What has to be known before it can do anything: then it did nothing, and is run again with the answer.
    pub asks: Option<PlacesQuestion>,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The person gave a task, or a further message.
    Task(String),
    Snapshot(Arc<Snapshot>),
    /// What bears on the task.
    Understood(JobId, Understanding),
    Model(JobId, ModelEvent),
    ToolDone(JobId, ToolAnswer),
    Checked(JobId, Report),
    /// The gate has come so far with the files that use what a change changes.
    CheckProgressed(JobId, Progress),
    /// Every place that a new name has to change.
    PlacesFound(JobId, SymbolPlaces),
    /// So many tests of so many are through.
    TestsProgressed(JobId, usize, usize),
    Tested(JobId, Tested),
    Answered(String),
    Reviewed(ReviewOutcome),
    /// The proposal is to be changed, all of it or one hunk and nothing else.
    Revise(Revision),
    /// The person asks for a change of their own, by a tool's name and arguments; `title` says it in words.
    Operation {
        call: ToolCall,
        title: String,
    },
    /// The person changes the plan.
    Plan(PlanEdit),
    /// What became of the edits of each step of the plan, where a part of them was written.
    Fates(Vec<Option<Fate>>),
    /// What was written of these files was taken back; or, where not, written again.
    TakenBack {
        paths: Vec<ProjectPath>,
        is_back: bool,
    },
    /// Files of the proposal changed on disk: what is left of it, and their content now (`None`: no file).
    Rebased {
        pending: ChangeSet,
        moved: Vec<(ProjectPath, Option<ContentHash>)>,
        /// Files that became part of it by what the person did, with their content on disk.
        joined: Vec<(ProjectPath, Option<ContentHash>)>,
    },
    /// Time passed, in milliseconds from whenever. Told while the agent is at work, as often as it is to be counted.
    Ticked {
        now_ms: u64,
    },
    /// The person pressed stop.
    Stop,
}

/// What the person made of a proposal.
#[derive(Debug, Clone, PartialEq)]
pub enum ReviewOutcome {
    /// Written, all of it or the accepted part; `rejected` describes each hunk that was not taken, `edited` names the files in
    /// which the person changed lines of the proposal themselves.
    Written {
        files: Vec<String>,
        rejected: Vec<String>,
        edited: Vec<String>,
    },
    Rejected {
        comment: String,
    },
}

/// What the outside must do.
#[derive(Clone)]
pub enum Need {
    /// Find out what bears on the task: [`super::understand`], off the main thread.
    Understand(JobId, Inquiry),
    AskModel(JobId, ModelRequest),
    /// Run [`super::run_tool`] off the main thread.
    RunTool(JobId, ToolCall, ToolContext),
    /// Judge `pending`; the answer is [`Event::Checked`].
    Check(JobId, ChangeSet, ReadLog),
    /// Find the places of a symbol, with the change set laid over the disk; the answer is [`Event::PlacesFound`].
    FindPlaces(JobId, ChangeSet, PlacesQuestion),
    /// Run tests in a copy of the project; the answer is [`Event::Tested`].
    RunTests(JobId, TestsQuestion),
    /// Run a command in a copy of the project; the answer is [`Event::ToolDone`].
    RunCommand(JobId, String, ToolContext),
    /// Show this to the person; nothing blocks in it, unless they asked for it themselves.
    Propose(ChangeSet, Report),
    AskPerson(String),
    /// May this command run? [`Event::Answered`] says `y`, `a` for always, or no.
    AskLeave(String),
    /// End the job: its answer is no longer wanted.
    Cancel(JobId),
    /// The task is over without a proposal; the text says why.
    Finished {
        summary: String,
        failed: bool,
    },
}

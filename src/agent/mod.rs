//! Plan, tools, conversation: a state machine that does no I/O.
//!
//! Knows nothing of the network, of threads and of the screen. [`Session::update`] takes what happened and answers
//! with what the outside must do; the headless run, the screen and the tests drive this one agent.
//! Invariant: every tool call gets exactly one answer in the conversation.

mod activity;
mod lessons;
mod plan;
mod saved;
mod session;
mod tools;
mod understand;
mod wire;

pub use activity::{Activity, Outcome, defined_name};
pub use lessons::{KeptLesson, Lesson, Teacher};
pub use plan::{Fate, Plan, PlanEdit, Step, StepAction, StepState};
pub use saved::{Record, ReviewState, Saved, SavedChange, SavedHunk, SavedText, Slot};
pub use session::{
    Event, HunkLines, JobId, Limits, Need, Phase, PlacesQuestion, ReviewOutcome, Revision, Session, Spent,
    TestsQuestion, ToolAnswer, ToolContext,
};
pub use tools::{ChangedFile, CommandRun};
pub use understand::{Inquiry, Understanding, understand};
pub use wire::{ChatMessage, ModelEvent, ModelRequest, Role, ToolCall, ToolSchema, Usage};

use crate::text::Source;

/// Runs one tool. Pure but for reading files through `source`; never panics on what a model wrote.
pub fn run_tool(call: &ToolCall, context: ToolContext, source: &dyn Source) -> ToolAnswer {
    tools::run(call, context, source)
}

/// The answer to a command that ran in a copy of the project. Pure but for reading files through `source`.
pub fn take_command(ran: CommandRun, context: ToolContext, source: &dyn Source) -> ToolAnswer {
    tools::take_command(ran, context, source)
}

/// The answer to a command that could not be run.
pub fn command_not_run(why: &str, context: ToolContext) -> ToolAnswer {
    tools::not_run(why, context)
}

/// The tools that are offered, in the order of DESIGN.md's table.
pub fn tool_schemas() -> Vec<ToolSchema> {
    tools::schemas()
}

//! One conversation about one project: read, validate, execute, verify.
//!
//! Invariants: one job runs at a time, and the answer to any other is dropped; every call of a turn is answered once,
//! whatever happens; what is pending has been judged edit by edit, and nothing is proposed that the gate blocks.

mod adding;
mod commands;
mod compaction;
mod finish;
mod judge;
mod learning;
mod limits;
mod messages;
mod opening;
mod person;
mod planning;
mod progress;
mod prompt;
mod resuming;
mod review;
mod revising;
mod saving;
mod stopping;
mod turn;
mod verify;
mod work;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Activity, ChatMessage, ModelRequest, Plan, Role, ToolCall, Usage, tool_schemas};
use crate::gate::{Issue, Progress, ReadLog, Report};
use crate::index::Snapshot;
use crate::text::{ChangeSet, ContentHash, ProjectPath};
pub use limits::{Limits, Spent};
pub use messages::{Event, JobId, Need, Phase, PlacesQuestion, ReviewOutcome, TestsQuestion, ToolAnswer, ToolContext};
pub use revising::{HunkLines, Revision};
use stopping::Ending;
use work::Work;

/// What is counted within one task. Saved, but for what is skipped.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Task {
    turn_count: u32,
    correction_count: u32,
    token_count: u64,
    cost: Option<f64>,
    /// Not saved: it would be told with every tick.
    #[serde(skip)]
    time_ms: u64,
    question_count: u32,
    /// How often the conversation was found too long and shortened.
    shortening_count: u32,
    /// The model was told once that the plan promises more than it did.
    is_reminded: bool,
    /// The model was told once that code in a message is not taken.
    is_shown_tools: bool,
    /// Not saved: a task that is resumed begins its circles anew.
    #[serde(skip)]
    progress: progress::Progress,
    /// Why the task cannot go on; it ends with the call that is being answered.
    stuck: Option<String>,
}

/// The agent: what it knows, what it said, what is pending.
///
/// What has to outlive the process is told in [`Session::unsaved`]: by name in `small_state`, and taken back by name in
/// `take_state`.
pub struct Session {
    snapshot: Arc<Snapshot>,
    limits: Limits,
    phase: Phase,
    plan: Plan,
    activity: Vec<Activity>,
    /// Where the activity holds the text that is streamed. Not saved: a turn that broke off is asked again.
    said_at: Option<usize>,
    usage: Usage,
    pending: ChangeSet,
    report: Option<Report>,
    reads: ReadLog,
    /// What the index held of each pending file when its edits began: it lags behind the disk by a moment.
    indexed: HashMap<ProjectPath, Option<ContentHash>>,
    /// Files that changed on disk while the proposal was reviewed: the model has not seen what stands there now.
    moved: BTreeSet<ProjectPath>,
    /// Files that the person made part of the proposal: the model has not read them.
    joined: BTreeSet<ProjectPath>,
    of_person: Option<person::OfPerson>,
    /// The proposal that is being changed. Saved, to be under review again where flux is ended.
    revision: Option<Revision>,
    messages: Vec<ChatMessage>,
    last_job: JobId,
    work: Work,
    /// How far a check is that takes long. Not saved.
    check_progress: Option<(JobId, Progress)>,
    /// The calls of the turn that are not begun yet.
    calls: VecDeque<ToolCall>,
    /// Ids of all calls so far: an answer has to name one call alone.
    call_ids: HashMap<String, u32>,
    /// What the model is told before it is asked next.
    notes: Vec<String>,
    task: Task,
    /// What the person has written so far.
    words: String,
    /// The blocking issues of what is pending, which a later edit may settle.
    open: Vec<Issue>,
    /// What the person adds to the task, told with the next question. Not saved: until then it is theirs.
    added: Vec<String>,
    summary: String,
    /// Flux was ended in the middle of the task: what the person says next goes on with it.
    is_interrupted: bool,
    /// A task that flux was ended before it was told to the model.
    untold_task: Option<String>,
    learning: learning::Learning,
    /// Why the last task ended without a proposal: it can be gone on with. Saved.
    broken_off: Option<String>,
    /// Not saved: it is told anew.
    clock: limits::Clock,
    /// What the session's log knows. Not saved: it is worked out from the log.
    logged: saving::Logged,
    /// Not saved: tests are run again.
    verifying: verify::Verifying,
    /// Not saved: leave is given to a session that is watched.
    commands: commands::Commands,
}

impl Session {
    pub fn new(snapshot: Arc<Snapshot>, limits: Limits) -> Self {
        Self {
            snapshot,
            limits,
            phase: Phase::Idle,
            plan: Plan::default(),
            activity: Vec::new(),
            said_at: None,
            usage: Usage::default(),
            pending: ChangeSet::default(),
            report: None,
            reads: ReadLog::default(),
            indexed: HashMap::new(),
            moved: BTreeSet::new(),
            joined: BTreeSet::new(),
            of_person: None,
            revision: None,
            messages: Vec::new(),
            last_job: 0,
            work: Work::Nothing,
            check_progress: None,
            calls: VecDeque::new(),
            call_ids: HashMap::new(),
            notes: Vec::new(),
            task: Task::default(),
            words: String::new(),
            open: Vec::new(),
            added: Vec::new(),
            summary: String::new(),
            is_interrupted: false,
            untold_task: None,
            learning: learning::Learning::default(),
            broken_off: None,
            clock: limits::Clock::default(),
            logged: saving::Logged::default(),
            verifying: verify::Verifying::default(),
            commands: commands::Commands::default(),
        }
    }

    pub fn update(&mut self, event: Event) -> Vec<Need> {
        self.hear(&event);
        if event.job().is_some() && !self.is_waiting_for(&event) {
            // It answers a job that is no longer wanted.
            return Vec::new();
        }
        match event {
            Event::Task(text) => self.on_task(text),
            Event::Snapshot(snapshot) => {
                if snapshot.revision >= self.snapshot.revision {
                    self.snapshot = snapshot;
                }
                Vec::new()
            }
            Event::Understood(_, found) => self.on_understood(found),
            Event::Model(_, event) => self.on_model(event),
            Event::ToolDone(_, answer) => self.on_tool(answer),
            Event::Checked(_, report) => self.on_checked(report),
            Event::CheckProgressed(job, progress) => {
                self.check_progress = Some((job, progress));
                Vec::new()
            }
            Event::PlacesFound(_, found) => self.on_places(found),
            Event::TestsProgressed(_, done, total) => self.on_tests_progress(done, total),
            Event::Tested(_, tested) => self.on_tested(tested),
            Event::Answered(text) => self.on_answered(&text),
            Event::Revise(revision) => self.on_revise(revision),
            Event::Reviewed(outcome) => self.on_reviewed(&outcome),
            Event::Operation { call, title } => self.on_operation(call, title),
            Event::Plan(edit) => {
                self.on_plan_edit(&edit);
                Vec::new()
            }
            Event::Fates(fates) => {
                self.plan.take_fates(|at, _| fates.get(at).copied().flatten());
                Vec::new()
            }
            Event::TakenBack { paths, is_back } => {
                self.plan.take_back(&paths, is_back);
                Vec::new()
            }
            Event::Rebased { pending, moved, joined } => self.on_rebased(pending, moved, joined),
            Event::Ticked { now_ms } => self.on_ticked(now_ms),
            Event::Stop => self.stop(),
        }
    }

    pub fn phase(&self) -> Phase {
        self.phase
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Oldest first.
    pub fn activity(&self) -> &[Activity] {
        &self.activity
    }

    pub fn usage(&self) -> Usage {
        self.usage
    }

    pub fn pending(&self) -> &ChangeSet {
        &self.pending
    }

    /// The last report on what is pending.
    pub fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// How far the check is that is waited for, where it takes long.
    pub fn check_progress(&self) -> Option<Progress> {
        self.check_progress.filter(|(job, _)| self.work.job() == Some(*job)).map(|(_, progress)| progress)
    }

    pub fn reads(&self) -> &ReadLog {
        &self.reads
    }

    /// What the model said of the last proposal.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// Whether something that is pending would be blocked as it stands.
    pub fn is_blocked(&self) -> bool {
        !self.open.is_empty()
    }

    /// Whether the event answers the job under way; any other is dropped.
    pub fn is_waiting_for(&self, event: &Event) -> bool {
        event.job().is_some() && event.job() == self.work.job()
    }

    /// Whether the agent waits because the person wanted it to, after a step of the plan.
    pub fn is_held(&self) -> bool {
        matches!(self.work, Work::Held)
    }

    /// The conversation as the model sees it.
    pub fn messages(&self) -> &[ChatMessage] {
        &self.messages
    }

    fn indexed_hash(&self, path: &ProjectPath) -> Option<ContentHash> {
        self.snapshot.file(path).map(|entry| entry.hash)
    }

    fn next_job(&mut self) -> JobId {
        self.last_job += 1;
        self.last_job
    }

    fn say(&mut self, role: Role, content: String) {
        self.messages.push(ChatMessage { role, content, tool_calls: Vec::new(), tool_call_id: None });
    }

    fn note(&mut self, text: impl Into<String>) {
        self.activity.push(Activity::Note(text.into()));
    }

    /// Remembers what the person says.
    fn hear(&mut self, event: &Event) {
        match event {
            Event::Task(text)
            | Event::Answered(text)
            | Event::Revise(Revision { comment: text, .. })
            | Event::Reviewed(ReviewOutcome::Rejected { comment: text }) => {
                self.words.push_str(text);
                self.words.push('\n');
            }
            _ => {}
        }
    }

    fn on_task(&mut self, text: String) -> Vec<Need> {
        self.activity.push(Activity::Task(text.clone()));
        match self.phase {
            Phase::Thinking | Phase::Working => {
                self.notes.push(format!("The person adds: {text}"));
                return Vec::new();
            }
            Phase::Asking => return self.on_answered(&text),
            Phase::Reviewing => self.notes.push(format!("The person says about the proposal: {text}")),
            Phase::Idle if self.is_interrupted => return self.go_on(&text),
            Phase::Idle if self.is_to_go_on(&text) => return self.go_on_after(),
            Phase::Idle => {
                self.broken_off = None;
                self.plan = Plan::default();
                self.task = Task::default();
                return self.begin_task(text);
            }
        }
        self.task = Task::default();
        self.ask()
    }

    /// Asks the model, unless a limit is reached. All calls are answered by now.
    fn ask(&mut self) -> Vec<Need> {
        match self.task.progress.end_turn() {
            progress::Still::No => {}
            progress::Still::Hint(hint) => self.notes.push(hint.to_owned()),
            progress::Still::End(why) => drop(self.task.stuck.get_or_insert(why)),
        }
        self.tell_added();
        if !self.notes.is_empty() {
            let notes = std::mem::take(&mut self.notes).join("\n\n");
            self.say(Role::User, notes);
        }
        if let Some(why) = self.task.stuck.take() {
            return self.end(why, Ending::Failed);
        }
        if let Some(why) = self.limit_reached() {
            return self.end(why, Ending::Failed);
        }
        self.keep_short();
        self.task.turn_count += 1;
        self.said_at = None;
        self.phase = Phase::Thinking;
        let job = self.next_job();
        self.work = Work::Model(job);
        vec![Need::AskModel(job, ModelRequest { messages: self.messages.clone(), tools: tool_schemas() })]
    }

    /// Ends the task without a proposal. What is pending stays.
    fn end(&mut self, summary: String, ending: Ending) -> Vec<Need> {
        let failed = ending != Ending::Done;
        self.work = Work::Nothing;
        self.phase = Phase::Idle;
        self.plan.close(failed);
        if failed {
            let told = if ending == Ending::Stopped { Activity::Note } else { Activity::Failure };
            self.activity.push(told(summary.clone()));
            self.broken_off = Some(summary.clone());
        }
        // Where nothing is left of what was proposed, there is nothing to review.
        let revision = self.revision.take().filter(|_| failed || !self.pending.is_empty());
        let again = revision.and_then(|revision| self.back_to_review(revision));
        again.into_iter().chain([Need::Finished { summary, failed }]).collect()
    }
}

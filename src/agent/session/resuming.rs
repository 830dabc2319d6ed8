//! A session that goes on where a log ends, however it ended.
//!
//! Invariants: every call has exactly one answer before the model is asked again; nothing is asked of the model unless the
//! person says so; what is pending is judged anew before anything is shown.

use std::collections::HashMap;
use std::sync::Arc;

use super::finish::Whole;
use super::person::OfPerson;
use super::saving::Logged;
use super::{Limits, Need, Phase, Session, Work};
use crate::agent::saved::{Saved, Slot};
use crate::agent::tools::{Arguments, Spec, refused};
use crate::agent::{Activity, ChatMessage, Outcome, Role, ToolCall};
use crate::gate::Report;
use crate::index::Snapshot;
use crate::text::FileChange;

/// Where a session stood, while what it has pending is judged anew.
pub(super) struct Standing {
    pub(super) phase: Phase,
    /// The question that the person was asked, and the calls of that turn behind it.
    asked: Option<(ToolCall, Vec<ToolCall>)>,
    round: u32,
}

/// How often a judgement that was cut short is asked for again.
const ROUNDS_MAX: u32 = 3;

/// What a call is told that was under way, or not begun.
const NOT_RUN: &str = "flux was ended before this ran; make the call again if it is still wanted.";

impl Session {
    /// The session that `saved` tells of, on the project as it is now. A proposal comes back as a need once it is judged.
    pub fn resumed(saved: &Saved, snapshot: Arc<Snapshot>, limits: Limits) -> (Self, Vec<Need>) {
        let mut session = Self::new(snapshot, limits);
        session.logged = Logged::of(saved);
        let is_revising: bool = saved.part("redo").unwrap_or_default();
        let was_in = match is_revising {
            // What was proposed is under review again.
            true => Phase::Reviewing,
            false => saved.part("phase").unwrap_or(Phase::Idle),
        };
        session.take_state(saved);
        let (messages, asked) = answered(&saved.messages, was_in == Phase::Asking);
        let phase = match was_in {
            Phase::Asking if asked.is_none() => Phase::Working,
            // A person's own operation that was not done yet is asked for again.
            Phase::Working if saved.part::<String>("operation").is_some() => Phase::Idle,
            phase => phase,
        };
        session.messages = messages;
        let ids = session.messages.iter().flat_map(|message| &message.tool_calls).map(|call| (call.id.clone(), 0));
        session.call_ids = ids.collect::<HashMap<_, _>>();
        session.take_activity(saved, asked.is_some());
        session.take_files(saved, was_in);
        if matches!(phase, Phase::Thinking | Phase::Working) {
            session.is_interrupted = true;
        }
        session.untold_task = saved.part("untold_task").unwrap_or_default();
        if session.untold_task.is_some() && session.messages.len() <= 1 {
            // Only the rules: it begins with the first task.
            session.messages.clear();
        }
        let standing = Standing { phase, asked, round: 0 };
        let needs = match session.pending.is_empty() {
            true => session.take_up(standing, None),
            false => session.judge_resumed(standing),
        };
        (session, needs)
    }

    /// Whether what was pending is still being judged, so that nothing can be begun yet.
    pub fn is_resuming(&self) -> bool {
        matches!(self.work, Work::Resumed(..))
    }

    /// Whether a task was broken off: the next words of the person are taken as part of it.
    pub fn is_interrupted(&self) -> bool {
        self.is_interrupted
    }

    /// Has a proposal that came back judged and tested as if it were made now, for when nobody looks at it before it is written.
    pub fn propose_again(&mut self) -> Vec<Need> {
        match self.phase {
            Phase::Reviewing if self.of_person.is_none() => {
                let summary = self.summary.clone();
                self.judge_whole(Whole::again(summary))
            }
            _ => Vec::new(),
        }
    }

    fn take_state(&mut self, saved: &Saved) {
        self.plan = saved.part("plan").unwrap_or_default();
        self.usage = saved.part("usage").unwrap_or_default();
        self.task = saved.part("task").unwrap_or_default();
        self.words = saved.part("words").unwrap_or_default();
        self.notes = saved.part("notes").unwrap_or_default();
        self.summary = saved.part("summary").unwrap_or_default();
        self.moved = saved.part("moved").unwrap_or_default();
        self.joined = saved.part("joined").unwrap_or_default();
        self.is_interrupted = saved.part("interrupted").unwrap_or_default();
        self.broken_off = saved.part("broken_off").unwrap_or_default();
    }

    fn take_files(&mut self, saved: &Saved, was_in: Phase) {
        let operation = saved.part::<String>("operation");
        self.pending = saved.change_set(Slot::Pending);
        self.reads = saved.reads.clone();
        if let Some(title) = operation {
            let own = OfPerson::new(title, saved.change_set(Slot::Aside), saved.aside_reads.clone());
            match was_in {
                Phase::Reviewing => self.of_person = Some(own),
                _ => (self.pending, self.reads) = own.into_parts(),
            }
        }
        if saved.part("redo").unwrap_or(false) {
            self.pending = saved.change_set(Slot::Proposed);
            let text = "flux was ended while the proposal was being changed: it is as it was before";
            self.notes.push(format!("{text}."));
            self.note(text);
        }
        // The index is read from the disk: who is not what the edits were made from has moved.
        let base = self.pending.iter().map(|(path, change)| (path.clone(), FileChange::base_hash(change)));
        self.indexed = base.collect();
        let lost = saved.lost_files();
        if !lost.is_empty() {
            let paths: Vec<String> = lost.iter().map(|path| format!("'{path}'")).collect();
            let text = format!("The pending edits of {} were lost when flux was ended.", paths.join(", "));
            self.notes.push(text.clone());
            self.note(text);
        }
    }

    fn take_activity(&mut self, saved: &Saved, is_asking: bool) {
        self.activity.clone_from(&saved.activity);
        for entry in &mut self.activity {
            if let Activity::Call { outcome: outcome @ Outcome::Running, answer, name, .. } = entry
                && !(is_asking && name == "ask_user")
            {
                (*outcome, *answer) = (Outcome::Refused, refused(NOT_RUN));
            }
        }
        if saved.fault_count() > 0 {
            let lines =
                if saved.fault_count() == 1 { "1 line".to_owned() } else { format!("{} lines", saved.fault_count()) };
            self.note(format!("{lines} of this session's log could not be read: what they told is missing"));
        }
    }

    fn judge_resumed(&mut self, standing: Standing) -> Vec<Need> {
        let job = self.next_job();
        self.phase = Phase::Working;
        self.work = Work::Resumed(job, standing);
        vec![Need::Check(job, self.pending.clone(), self.reads.clone())]
    }

    pub(super) fn on_resumed_checked(&mut self, mut standing: Standing, report: Report) -> Vec<Need> {
        standing.round += 1;
        if report.cancelled && standing.round <= ROUNDS_MAX {
            return self.judge_resumed(standing);
        }
        let report = match report.cancelled {
            true => Report::not_judged(&self.pending, "the judgement was interrupted"),
            false => report,
        };
        self.open = report.blocking().cloned().collect();
        self.report = Some(report.clone());
        self.take_up(standing, Some(report))
    }

    /// Stands where it stood.
    fn take_up(&mut self, standing: Standing, report: Option<Report>) -> Vec<Need> {
        self.work = Work::Nothing;
        self.phase = standing.phase;
        match (standing.phase, standing.asked) {
            (Phase::Reviewing, _) => {
                let report = report.unwrap_or_else(|| Report::new(Vec::new(), [None; 6]));
                vec![Need::Propose(self.pending.clone(), report)]
            }
            (Phase::Asking, Some((call, behind))) => {
                let question = question_of(&call, &self.snapshot);
                self.calls = behind.into();
                self.work = Work::Person(call);
                vec![Need::AskPerson(question)]
            }
            _ => {
                self.phase = Phase::Idle;
                if matches!(standing.phase, Phase::Thinking | Phase::Working) {
                    self.note("flux was ended in the middle of this task; what you say next goes on with it");
                }
                Vec::new()
            }
        }
    }

    /// The person goes on with a task that was broken off: its plan and what was counted stay.
    pub(super) fn go_on(&mut self, text: &str) -> Vec<Need> {
        self.is_interrupted = false;
        if let Some(task) = self.untold_task.take() {
            let needs = self.begin_task(task);
            self.notes.push(format!("The person adds: {text}"));
            return needs;
        }
        self.notes.push(format!(
            "flux was ended in the middle of this task and started again. What was pending still is; files may have changed on \
             disk meanwhile. The person says: {text}"
        ));
        self.ask()
    }
}

fn question_of(call: &ToolCall, snapshot: &Snapshot) -> String {
    let spec = Spec::named(&call.name);
    let parsed = spec.and_then(|spec| Arguments::parse(spec, &call.arguments, snapshot.root()).ok());
    parsed.and_then(|arguments| arguments.text("question").ok()).unwrap_or_default()
}

/// The conversation with exactly one answer to each call, right behind it. The calls from a question to the person on are
/// given back instead where they were left open at the end.
fn answered(messages: &[ChatMessage], is_asking: bool) -> (Vec<ChatMessage>, Option<(ToolCall, Vec<ToolCall>)>) {
    let mut mended: Vec<ChatMessage> = Vec::with_capacity(messages.len());
    let last = messages.iter().rposition(|message| message.role != Role::Tool);
    for (at, message) in messages.iter().enumerate().filter(|(_, message)| message.role != Role::Tool) {
        mended.push(message.clone());
        let behind = || messages[at + 1..].iter().take_while(|answer| answer.role == Role::Tool);
        for (call_at, call) in message.tool_calls.iter().enumerate() {
            let mut answers = behind().filter(|answer| answer.tool_call_id.as_deref() == Some(&call.id));
            if let Some(answer) = answers.next() {
                mended.push(answer.clone());
                continue;
            }
            if is_asking && Some(at) == last && call.name == "ask_user" {
                return (mended, Some((call.clone(), message.tool_calls[call_at + 1..].to_vec())));
            }
            mended.push(ChatMessage {
                role: Role::Tool,
                content: refused(NOT_RUN),
                tool_calls: Vec::new(),
                tool_call_id: Some(call.id.clone()),
            });
        }
    }
    (mended, None)
}

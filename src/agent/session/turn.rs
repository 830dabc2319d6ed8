//! One turn of the model: its text, its calls one after another, each answered once.

use std::collections::VecDeque;

use super::judge::{self, Weighed};
use super::{Ending, Need, Phase, Session, ToolAnswer, ToolContext, Work};
use crate::agent::tools::{Kind, Spec, keep_current, refused, unknown_tool};
use crate::agent::{Activity, ChatMessage, ModelEvent, Outcome, Role, ToolCall, Usage, activity};
use crate::gate::{Issue, Report, Severity, SymbolPlaces};
use crate::text::ChangeSet;

/// More calls in one turn than this are answered without being run.
const CALLS_MAX: usize = 64;
/// How often safe fixes are tried on one edit, and a judgement that was cut short is asked for again.
const ROUNDS_MAX: u32 = 3;
/// No call needs more: the rest of a longer text is left out of the conversation, and a longer call is not run.
const TEXT_BYTES_MAX: usize = 64 << 10;
const ARGUMENTS_BYTES_MAX: usize = 256 << 10;

/// A call as it stands in the conversation. Servers read every call again with each question, and some fail for good on
/// a name that no function can have; the answer says what was wrong with it.
pub(super) fn presentable(call: &ToolCall) -> ToolCall {
    let is_name = (1..=64).contains(&call.name.len())
        && call.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let name = if is_name { call.name.clone() } else { "unknown".to_owned() };
    let arguments = match is_too_long(call) {
        true => format!("{{\"left_out\": \"{} bytes\"}}", call.arguments.len()),
        false => call.arguments.clone(),
    };
    ToolCall { id: call.id.clone(), name, arguments }
}

fn is_too_long(call: &ToolCall) -> bool {
    call.arguments.len() > ARGUMENTS_BYTES_MAX
}

/// The beginning of a text that nobody can read as a whole.
fn bounded(text: String) -> String {
    if text.len() <= TEXT_BYTES_MAX {
        return text;
    }
    let end = text.floor_char_boundary(TEXT_BYTES_MAX / 2);
    format!("{}\n… (the rest of {} kB was left out)", &text[..end], text.len() >> 10)
}

/// An edit on its way through the gate.
pub(super) struct Edit {
    pub(super) call: ToolCall,
    answer: ToolAnswer,
    candidate: ChangeSet,
    round: u32,
    /// The titles of the safe fixes that were applied.
    fixed: Vec<String>,
}

impl Session {
    pub(super) fn on_model(&mut self, event: ModelEvent) -> Vec<Need> {
        self.hears_from_model();
        match event {
            ModelEvent::Text(piece) => match self.saying() {
                Some(text) if text.len() > TEXT_BYTES_MAX => {}
                Some(text) => text.push_str(&piece),
                None => {
                    self.said_at = Some(self.activity.len());
                    self.activity.push(Activity::Said(piece));
                }
            },
            ModelEvent::Reasoning(_) | ModelEvent::CallStarted { .. } => {}
            ModelEvent::Retrying { why, wait_ms, attempt } => {
                self.waits_for_model(wait_ms, attempt);
                // What it says from now on begins anew.
                self.said_at = None;
                self.note(format!("{why}; attempt {attempt} in {:.1} s", wait_ms as f64 / 1000.0));
            }
            ModelEvent::TooLong { why, tokens_max } => return self.on_too_long(why, tokens_max),
            ModelEvent::Failed { why } => return self.end(why, Ending::Failed),
            ModelEvent::Finished { text, tool_calls, usage } => return self.on_turn(text, tool_calls, usage),
        }
        Vec::new()
    }

    fn on_turn(&mut self, text: String, tool_calls: Vec<ToolCall>, usage: Usage) -> Vec<Need> {
        self.count(usage);
        self.task.shortening_count = 0;
        let is_flood = text.len() > TEXT_BYTES_MAX;
        let text = bounded(text);
        match self.saying() {
            Some(streamed) if !text.is_empty() => streamed.clone_from(&text),
            _ if text.trim().is_empty() => {}
            _ => self.activity.push(Activity::Said(text.clone())),
        }
        self.said_at = None;
        let mut calls: VecDeque<ToolCall> = tool_calls.into_iter().map(|call| self.with_own_id(call)).collect();
        // Servers refuse an empty message in a conversation.
        if !(calls.is_empty() && text.trim().is_empty()) {
            self.messages.push(ChatMessage {
                role: Role::Assistant,
                content: text.clone(),
                tool_calls: calls.iter().map(presentable).collect(),
                tool_call_id: None,
            });
        }
        self.phase = Phase::Working;
        self.work = Work::Nothing;
        if calls.is_empty() {
            return self.on_words_alone(text, is_flood);
        }
        self.calls = calls.split_off(calls.len().min(CALLS_MAX));
        self.leave_calls("too many calls in one turn; make this one again");
        self.calls = calls;
        self.next_call()
    }

    /// What the model is saying, whatever came behind it meanwhile.
    fn saying(&mut self) -> Option<&mut String> {
        match self.activity.get_mut(self.said_at?) {
            Some(Activity::Said(text)) => Some(text),
            _ => None,
        }
    }

    /// Some servers send no id, or the same one again: an answer could not be told from another's.
    fn with_own_id(&mut self, mut call: ToolCall) -> ToolCall {
        if call.id.is_empty() {
            call.id = "call".to_owned();
        }
        let mut id = call.id.clone();
        while self.call_ids.contains_key(&id) {
            let count = self.call_ids.entry(call.id.clone()).or_default();
            *count += 1;
            id = format!("{}_{count}", call.id);
        }
        self.call_ids.insert(id.clone(), 0);
        call.id = id;
        call
    }

    /// Begins calls until one has to be waited for; asks the model when all are answered.
    pub(super) fn next_call(&mut self) -> Vec<Need> {
        if let Some(needs) = self.hold() {
            return needs;
        }
        while let Some(call) = self.calls.pop_front() {
            let ToolCall { name, arguments, .. } = presentable(&call);
            let summary = activity::summary(&call.name, &arguments);
            self.activity.push(Activity::Call {
                name,
                summary,
                arguments,
                outcome: Outcome::Running,
                answer: String::new(),
            });
            if let Some(needs) = self.begin(call) {
                return needs;
            }
        }
        self.ask()
    }

    /// Starts a call. Nothing when it was answered at once.
    fn begin(&mut self, call: ToolCall) -> Option<Vec<Need>> {
        self.phase = Phase::Working;
        let Some(spec) = Spec::named(&call.name) else {
            self.answer(&call, unknown_tool(&call.name));
            return None;
        };
        if is_too_long(&call) {
            let (is, may) = (call.arguments.len() >> 10, ARGUMENTS_BYTES_MAX >> 10);
            let why = format!(
                "the arguments are {is} kB, and one call may hold {may} kB; it was not run. Make smaller calls: one function \
                 or class each, or a few lines with edit_file."
            );
            self.answer(&call, refused(&why));
            return None;
        }
        if matches!(spec.kind, Kind::Session | Kind::Command) {
            return self.begin_own(spec, call);
        }
        Some(self.run(call, None))
    }

    pub(super) fn run(&mut self, call: ToolCall, places_found: Option<SymbolPlaces>) -> Vec<Need> {
        let context = self.tool_context(&call, places_found);
        let job = self.next_job();
        self.work = Work::Tool(job, call.clone());
        vec![Need::RunTool(job, call, context)]
    }

    pub(super) fn tool_context(&self, call: &ToolCall, places_found: Option<SymbolPlaces>) -> ToolContext {
        let (snapshot, pending, reads) = (self.snapshot.clone(), self.pending.clone(), self.reads.clone());
        let by_person = self.of_person.is_some();
        let asked = if by_person { call.arguments.as_str() } else { self.words.as_str() }.into();
        ToolContext { snapshot, pending, reads, places_found, asked, by_person }
    }

    /// The tool has what it asked for.
    pub(super) fn on_places(&mut self, found: SymbolPlaces) -> Vec<Need> {
        match std::mem::replace(&mut self.work, Work::Nothing) {
            Work::Places(_, call) => self.run(call, Some(found)),
            other => {
                self.work = other;
                Vec::new()
            }
        }
    }

    /// Answers a call: in the conversation, in the activity, in the plan.
    pub(super) fn answer(&mut self, call: &ToolCall, text: String) {
        let is_refused = text.starts_with("Error: ");
        self.note_progress(call, &text);
        self.mark_call(if is_refused { Outcome::Refused } else { Outcome::Ok }, text.clone());
        self.messages.push(ChatMessage {
            role: Role::Tool,
            content: text,
            tool_calls: Vec::new(),
            tool_call_id: Some(call.id.clone()),
        });
    }

    /// Says in the activity what became of the call under way.
    pub(super) fn mark_call(&mut self, is: Outcome, said: String) {
        let running = self.activity.iter_mut().rev().find_map(|entry| match entry {
            Activity::Call { outcome: outcome @ Outcome::Running, answer, .. } => Some((outcome, answer)),
            _ => None,
        });
        if let Some((outcome, answer)) = running {
            (*outcome, *answer) = (is, said);
        }
    }

    /// Answers the calls that will not be run.
    pub(super) fn leave_calls(&mut self, why: &str) {
        for call in std::mem::take(&mut self.calls) {
            self.messages.push(ChatMessage {
                role: Role::Tool,
                content: refused(&format!("not run: {why}.")),
                tool_calls: Vec::new(),
                tool_call_id: Some(call.id),
            });
        }
    }

    pub(super) fn on_tool(&mut self, answer: ToolAnswer) -> Vec<Need> {
        let Work::Tool(_, call) = std::mem::replace(&mut self.work, Work::Nothing) else { return Vec::new() };
        if let Some(question) = answer.asks {
            let job = self.next_job();
            self.work = Work::Places(job, call);
            return vec![Need::FindPlaces(job, self.pending.clone(), question)];
        }
        if self.of_person.is_some() {
            return self.on_operated(answer);
        }
        let is_change = Spec::named(&call.name).is_some_and(|spec| matches!(spec.kind, Kind::Change | Kind::Command));
        match answer.pending.clone() {
            Some(candidate) if is_change && self.outside_hunk(&candidate).is_some() => {
                let why = self.outside_hunk(&candidate).unwrap_or_default();
                self.answer(&call, refused(&why));
                self.next_call()
            }
            Some(candidate) if is_change && !candidate.is_empty() => {
                self.judge_edit(Edit { call, answer, candidate, round: 0, fixed: Vec::new() })
            }
            pending => {
                // A look changes what is pending only by dropping what the disk overtook.
                if let Some(pending) = pending {
                    // The lines of a hunk that is made anew are others now: it is made as any revision is.
                    if let Some(revision) = &mut self.revision {
                        revision.hunk = None;
                    }
                    self.take_pending(pending, None);
                }
                self.reads = answer.reads;
                if !answer.text.starts_with("Error: ") {
                    self.plan.saw(&call);
                }
                self.learn_of_refusal(&call, &answer.text);
                self.answer(&call, answer.text);
                self.next_call()
            }
        }
    }

    fn judge_edit(&mut self, edit: Edit) -> Vec<Need> {
        let job = self.next_job();
        let need = Need::Check(job, edit.candidate.clone(), edit.answer.reads.clone());
        self.work = Work::Edit(job, edit);
        vec![need]
    }

    pub(super) fn on_checked(&mut self, report: Report) -> Vec<Need> {
        match std::mem::replace(&mut self.work, Work::Nothing) {
            Work::Edit(_, edit) => self.on_edit_checked(edit, report),
            Work::Validate(_, call) if report.cancelled => {
                self.answer(&call, refused("the gate was interrupted. Call validate again."));
                self.next_call()
            }
            Work::Validate(_, call) => {
                let text = judge::report_text(&report);
                self.open = report.blocking().cloned().collect();
                self.plan.settle(!self.open.is_empty());
                self.report = Some(report);
                self.answer(&call, text);
                self.next_call()
            }
            Work::Whole(_, whole) => self.on_whole_checked(whole, report),
            Work::Operation(_) => self.on_operation_checked(report),
            Work::Resumed(_, standing) => self.on_resumed_checked(standing, report),
            other => {
                self.work = other;
                Vec::new()
            }
        }
    }

    fn on_edit_checked(&mut self, mut edit: Edit, report: Report) -> Vec<Need> {
        if report.cancelled {
            edit.round += 1;
            if edit.round > ROUNDS_MAX {
                self.answer(
                    &edit.call,
                    refused("the gate was interrupted, nothing was changed; make this edit again."),
                );
                return self.next_call();
            }
            return self.judge_edit(edit);
        }
        let doubtful =
            self.report.iter().flat_map(|report| &report.issues).filter(|issue| issue.severity != Severity::Block);
        let known: Vec<Issue> = self.open.iter().chain(doubtful).cloned().collect();
        let weighed = judge::weigh(&report, &known, &self.pending, &edit.candidate);
        if edit.round < ROUNDS_MAX
            && let Some((mended, titles)) = judge::mend(&edit.candidate, &weighed)
            && self.outside_hunk(&mended).is_none()
        {
            keep_current(&mut edit.answer.reads, &edit.candidate, &mended, None);
            edit.candidate = mended;
            edit.fixed.extend(titles);
            edit.round += 1;
            return self.judge_edit(edit);
        }
        let Weighed { refused: refusing, open, doubtful } = weighed;
        if !refusing.is_empty() {
            self.learn_of_issues(&edit.call, &refusing);
            let mut text = judge::refusal_text(&refusing);
            if Spec::named(&edit.call.name).is_some_and(|spec| spec.kind == Kind::Command) {
                text.push_str("\nThe command itself: ");
                text.push_str(&edit.answer.text);
            }
            self.answer(&edit.call, text);
            return self.next_call();
        }
        let mut text = edit.answer.text;
        for title in &edit.fixed {
            text.push_str(&format!("\nflux mended: {title}"));
        }
        text.push_str(&judge::open_text(&open));
        text.push_str(&judge::doubtful_text(&doubtful));
        self.reads = edit.answer.reads;
        self.take_pending(edit.candidate, Some(report));
        self.learn_right(&edit.call);
        self.answer(&edit.call, text);
        self.next_call()
    }

    /// What is pending becomes `pending`; steps of the plan that it fulfils are done.
    pub(super) fn take_pending(&mut self, pending: ChangeSet, report: Option<Report>) {
        self.plan.changed(&self.pending, &pending);
        self.indexed.retain(|path, _| pending.get(path).is_some());
        for (path, _) in pending.iter() {
            let indexed = self.indexed_hash(path);
            self.indexed.entry(path.clone()).or_insert(indexed);
        }
        self.pending = pending;
        self.open = report.iter().flat_map(|report| report.blocking().cloned()).collect();
        self.report = report;
        self.plan.settle(!self.open.is_empty());
    }
}

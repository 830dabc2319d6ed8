//! The tools that the session answers itself, and the way from the last call to a proposal.

use super::judge;
use super::{Ending, Need, Phase, Session, Work};
use crate::agent::plan::PlanView;
use crate::agent::tools::{Arguments, Spec, keep_current, refused};
use crate::agent::{Fate, Plan, ToolCall};
use crate::gate::{Report, Verdict};
use crate::text::ProjectPath;

/// The whole change set on its way through the gate.
pub(super) struct Whole {
    /// The `finish` call, still to be answered; none where the model only spoke.
    pub(super) call: Option<ToolCall>,
    summary: String,
    round: u32,
}

const ROUNDS_MAX: u32 = 3;

impl Whole {
    /// What was proposed before.
    pub(super) fn again(summary: String) -> Self {
        Self { call: None, summary, round: 0 }
    }
}

impl Session {
    /// Answers `validate`, `run_tests`, `run_command`, `update_plan`, `ask_user` and `finish`. Nothing when it was answered at once.
    pub(super) fn begin_own(&mut self, spec: &'static Spec, call: ToolCall) -> Option<Vec<Need>> {
        let snapshot = self.snapshot.clone();
        let arguments = match Arguments::parse(spec, &call.arguments, snapshot.root()) {
            Ok(arguments) => arguments,
            Err(why) => {
                self.answer(&call, refused(&why));
                return None;
            }
        };
        match spec.name {
            "update_plan" => {
                let view = PlanView { snapshot: &snapshot, pending: &self.pending };
                let text = match Plan::parse(arguments.values("steps"), &view, &self.plan) {
                    Ok(plan) => {
                        self.plan = plan;
                        self.plan.told()
                    }
                    Err(why) => refused(&why),
                };
                self.answer(&call, text);
                None
            }
            "ask_user" => self.begin_question(call, &arguments),
            "run_command" => self.begin_command(call, &arguments),
            "run_tests" => Some(self.begin_tests(call, &arguments)),
            "validate" => {
                if self.pending.is_empty() {
                    self.answer(&call, "nothing is pending: there is nothing to validate".to_owned());
                    return None;
                }
                let job = self.next_job();
                self.work = Work::Validate(job, call);
                Some(vec![Need::Check(job, self.pending.clone(), self.reads.clone())])
            }
            _ => {
                let summary = arguments.text("summary").unwrap_or_default();
                self.leave_calls("finish came before it");
                Some(self.finish(Some(call), summary))
            }
        }
    }

    fn begin_question(&mut self, call: ToolCall, arguments: &Arguments<'_>) -> Option<Vec<Need>> {
        let question = match arguments.text("question") {
            Ok(question) if !question.trim().is_empty() => question,
            Ok(_) => {
                self.answer(&call, refused("the question is empty."));
                return None;
            }
            Err(why) => {
                self.answer(&call, refused(&why));
                return None;
            }
        };
        self.task.question_count += 1;
        if self.task.question_count > 1 {
            let way_out = "one question per task, and it was asked. Look it up with search, find_symbol or read_file; \
                           what cannot be looked up, decide, and say so in finish.";
            self.answer(&call, refused(way_out));
            return None;
        }
        self.phase = Phase::Asking;
        self.work = Work::Person(call);
        Some(vec![Need::AskPerson(question)])
    }

    pub(super) fn on_answered(&mut self, text: &str) -> Vec<Need> {
        match std::mem::replace(&mut self.work, Work::Nothing) {
            Work::Person(call) => {
                self.phase = Phase::Working;
                self.answer(&call, format!("The person answers: {text}"));
                self.next_call()
            }
            Work::Leave(call, command) => self.on_leave(call, command, text),
            Work::Held => {
                self.phase = Phase::Working;
                if !text.trim().is_empty() {
                    self.notes.push(format!("The person says: {text}"));
                }
                self.next_call()
            }
            other => {
                self.work = other;
                Vec::new()
            }
        }
    }

    /// The model answered without a call: it is done, or it only spoke.
    pub(super) fn on_words_alone(&mut self, text: String, is_flood: bool) -> Vec<Need> {
        if text.trim().is_empty() {
            return self.send_back(None, "your answer was empty. Go on with a tool call, or call finish.".to_owned());
        }
        if let Some(tool) = judge::call_in_words(&text) {
            let told = format!(
                "your answer holds a call of {tool} as text, and text is not run. Make the call itself, with the same arguments."
            );
            return self.send_back(None, told);
        }
        // Code in a message is most often meant for a file.
        let has_code = is_flood || (self.pending.is_empty() && text.contains("```"));
        if has_code && !std::mem::replace(&mut self.task.is_shown_tools, true) {
            let told = "you answered in words, and nothing was changed: code in a message is not taken. Make each edit with a \
                        tool (modify_function, add_function, edit_file, …). If nothing is to be changed, call finish with a \
                        short summary.";
            return self.send_back(None, told.to_owned());
        }
        self.finish(None, text)
    }

    fn finish(&mut self, call: Option<ToolCall>, summary: String) -> Vec<Need> {
        let promised = self.plan.unfulfilled();
        if !promised.is_empty() && !self.task.is_reminded {
            self.task.is_reminded = true;
            let text = format!(
                "the plan promises what no edit has done yet: {}. Do it, change the plan, or call finish again.",
                promised.join("; ")
            );
            return self.send_back(call, text);
        }
        let is_fulfilled = promised.is_empty();
        if self.pending.is_empty() {
            if let Some(call) = call {
                self.answer(&call, "done; nothing was changed".to_owned());
            }
            // Words alone do not fulfil a plan.
            return self.end(summary, if is_fulfilled { Ending::Done } else { Ending::Failed });
        }
        let moved: Vec<&ProjectPath> =
            self.pending.iter().map(|(path, _)| path).filter(|path| self.has_moved(path)).collect();
        if let Some(path) = moved.first() {
            let text = format!(
                "'{path}' changed on disk since it was read. Call read_file to see it as it is now, with your edits laid \
                 over it, then call finish again."
            );
            return self.send_back(call, text);
        }
        self.judge_whole(Whole { call, summary, round: 0 })
    }

    /// Whether the index saw the file move after its edit began: neither what was edited nor what it knew then.
    fn has_moved(&self, path: &ProjectPath) -> bool {
        let Some(change) = self.pending.get(path).filter(|_| path.is_python()) else { return false };
        let now = self.indexed_hash(path);
        now != change.base_hash() && self.indexed.get(path).is_some_and(|then| now != *then)
    }

    pub(super) fn judge_whole(&mut self, whole: Whole) -> Vec<Need> {
        self.phase = Phase::Working;
        let job = self.next_job();
        self.work = Work::Whole(job, whole);
        vec![Need::Check(job, self.pending.clone(), self.reads.clone())]
    }

    pub(super) fn on_whole_checked(&mut self, mut whole: Whole, report: Report) -> Vec<Need> {
        if whole.round < ROUNDS_MAX {
            whole.round += 1;
            if report.cancelled {
                return self.judge_whole(whole);
            }
            if let Some((mended, titles)) = judge::mend_issues(&self.pending, report.blocking())
                && self.outside_hunk(&mended).is_none()
            {
                keep_current(&mut self.reads, &self.pending, &mended, None);
                self.note(format!("mended: {}", titles.join(", ")));
                self.take_pending(mended, Some(report));
                return self.judge_whole(whole);
            }
        }
        if report.cancelled {
            return self.send_back(whole.call, "the gate was interrupted. Call finish again.".to_owned());
        }
        self.open = report.blocking().cloned().collect();
        self.plan.settle(!self.open.is_empty());
        self.report = Some(report.clone());
        if report.verdict() == Verdict::Block {
            return self.send_back(whole.call, judge::whole_text(&report));
        }
        self.test_whole(whole, report)
    }

    /// Shows what passed everything to the person.
    pub(super) fn propose(&mut self, whole: Whole, report: Report) -> Vec<Need> {
        self.report = Some(report.clone());
        if let Some(call) = whole.call {
            self.answer(&call, "the change set passes the gate and is shown to the person".to_owned());
        }
        self.plan.close(false);
        self.plan.take_fates(|_, _| Some(Fate::Proposed));
        self.note(whole.summary.clone());
        self.summary = whole.summary;
        self.work = Work::Nothing;
        self.end_revision();
        self.phase = Phase::Reviewing;
        vec![Need::Propose(self.pending.clone(), report)]
    }

    /// Tells the model what is still wrong, until the limit is reached.
    pub(super) fn send_back(&mut self, call: Option<ToolCall>, text: String) -> Vec<Need> {
        self.task.correction_count += 1;
        let is_over = self.task.correction_count > self.limits.corrections_max;
        if is_over {
            self.task.stuck = Some(format!("given up after {} corrections: {text}", self.limits.corrections_max));
        }
        match call {
            Some(call) => self.answer(&call, refused(&text)),
            None => {
                self.note(format!("sent back: {text}"));
                self.notes.push(format!("Not finished: {text}"));
            }
        }
        self.ask()
    }
}

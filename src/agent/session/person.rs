//! One operation that a person asks for: done like a tool's, judged, and shown like a proposal of the model.
//!
//! Knows nothing of keys. Invariant: what the model has pending, and what it has read, is the same afterwards, but for
//! files that were written.

use super::{Need, Phase, ReviewOutcome, Session, Work};
use crate::agent::tools::keep_current;
use crate::agent::{Activity, Outcome, ToolAnswer, ToolCall, activity};
use crate::gate::{ReadLog, Report};
use crate::text::{ChangeSet, FileChange};

/// What a person asked for, while it is worked on and reviewed.
pub(super) struct OfPerson {
    title: String,
    /// The model's, to be put back.
    pending: ChangeSet,
    reads: ReadLog,
    round: u32,
}

/// How often a judgement that was cut short is asked for again.
const ROUNDS_MAX: u32 = 3;

impl OfPerson {
    pub(super) fn new(title: String, pending: ChangeSet, reads: ReadLog) -> Self {
        Self { title, pending, reads, round: 0 }
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }

    /// What the model has pending.
    pub(super) fn pending(&self) -> &ChangeSet {
        &self.pending
    }

    /// What the model has read.
    pub(super) fn reads(&self) -> &ReadLog {
        &self.reads
    }

    pub(super) fn into_parts(self) -> (ChangeSet, ReadLog) {
        (self.pending, self.reads)
    }
}

impl Session {
    /// Whether what is worked on or reviewed was asked for by a person, not made by the model.
    pub fn is_of_person(&self) -> bool {
        self.of_person.is_some()
    }

    /// Begins an operation; only while nothing else is under way.
    pub(super) fn on_operation(&mut self, call: ToolCall, title: String) -> Vec<Need> {
        if self.phase != Phase::Idle {
            return Vec::new();
        }
        let (name, arguments) = (call.name.clone(), call.arguments.clone());
        let summary = activity::summary(&name, &arguments);
        self.activity.push(Activity::Task(title.clone()));
        let outcome = Outcome::Running;
        self.activity.push(Activity::Call { name, summary, arguments, outcome, answer: String::new() });
        let pending = std::mem::take(&mut self.pending);
        let reads = std::mem::take(&mut self.reads);
        self.of_person = Some(OfPerson::new(title, pending, reads));
        self.report = None;
        self.phase = Phase::Working;
        self.run(call, None)
    }

    /// The operation was done, or refused.
    pub(super) fn on_operated(&mut self, answer: ToolAnswer) -> Vec<Need> {
        let refusal = answer.text.strip_prefix("Error: ").map(str::to_owned);
        let outcome = if refusal.is_some() { Outcome::Refused } else { Outcome::Ok };
        self.mark_call(outcome, answer.text);
        match (refusal, answer.pending) {
            (None, Some(pending)) if !pending.is_empty() => {
                // A person has seen what they change.
                self.reads = ReadLog::default();
                for (path, change) in pending.iter() {
                    if let Some(hash) = change.base_hash() {
                        self.reads.read_whole(path.clone(), hash);
                    }
                }
                self.pending = pending;
                self.judge_operated()
            }
            (None, _) => self.leave_operation("nothing would change".to_owned()),
            (Some(why), _) => self.leave_operation(why),
        }
    }

    fn judge_operated(&mut self) -> Vec<Need> {
        let job = self.next_job();
        self.work = Work::Operation(job);
        vec![Need::Check(job, self.pending.clone(), self.reads.clone())]
    }

    /// What was found is shown in any case: the person sees what it would break, and may have the model mend it.
    pub(super) fn on_operation_checked(&mut self, report: Report) -> Vec<Need> {
        let Some(own) = &mut self.of_person else { return Vec::new() };
        own.round += 1;
        if report.cancelled && own.round <= ROUNDS_MAX {
            return self.judge_operated();
        }
        if report.cancelled {
            return self.leave_operation("the gate was interrupted; ask for it again".to_owned());
        }
        self.summary.clone_from(&own.title);
        self.report = Some(report.clone());
        self.phase = Phase::Reviewing;
        vec![Need::Propose(self.pending.clone(), report)]
    }

    /// Ends it without a proposal.
    pub(super) fn leave_operation(&mut self, why: String) -> Vec<Need> {
        if let Some(own) = self.of_person.take() {
            self.pending = own.pending;
            self.reads = own.reads;
        }
        self.report = None;
        self.phase = Phase::Idle;
        self.work = Work::Nothing;
        self.note(why.clone());
        vec![Need::Finished { summary: why, failed: true }]
    }

    /// The person decided on what they had asked for.
    pub(super) fn on_operation_reviewed(&mut self, own: OfPerson, outcome: &ReviewOutcome) -> Vec<Need> {
        let proposed = std::mem::replace(&mut self.pending, own.pending);
        self.reads = own.reads;
        self.moved.clear();
        self.joined.clear();
        self.report = None;
        self.phase = Phase::Idle;
        self.work = Work::Nothing;
        match outcome {
            ReviewOutcome::Written { files, .. } => {
                self.tell_later(format!(
                    "Meanwhile the person changed the project without you ({}): {}.",
                    own.title,
                    files.join(", ")
                ));
                Vec::new()
            }
            ReviewOutcome::Rejected { comment } if comment.trim().is_empty() => Vec::new(),
            ReviewOutcome::Rejected { comment } => {
                // It becomes the model's to go on with, beside what it has pending in other files.
                let nothing = ChangeSet::default();
                keep_current(&mut self.reads, &nothing, &proposed, None);
                for (path, change) in proposed.iter() {
                    self.pending.insert(path.clone(), FileChange::clone(change));
                }
                let begun = "The person began a change, which is pending and not written";
                self.on_task(format!("{comment}\n\n{begun}: {}.", own.title))
            }
        }
    }

    /// Keeps a note for the model, if it was ever spoken to.
    fn tell_later(&mut self, note: String) {
        if !self.messages.is_empty() {
            self.notes.push(note);
        }
    }
}

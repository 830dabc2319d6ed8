//! Whether a task gets anywhere: loops are seen, met with another hint each time, and ended at last.
//!
//! One rule for all kinds of loops. A turn gets somewhere when what is pending, what was read, and the plan stand as they
//! never stood before in this task, or when it learned something that it had not been told. So the same refusal again,
//! calls that take turns, edits that undo each other and readings of what was read all count as standing still.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::Session;
use crate::agent::ToolCall;

/// So many turns in a row may stand still.
const STILL_TURNS_MAX: u32 = 12;

/// What is said after so many turns that stood still. Each is another way out.
const HINTS: &[(u32, &str)] = &[
    (
        2,
        "You are where you were before: this has been answered already, and will be answered in the same way. Take another \
         way: do first what the answer says, word for word.",
    ),
    (
        4,
        "Still nothing has changed. Call read_file on the file as it stands now, and then make one small edit that quotes it \
         exactly.",
    ),
    (
        6,
        "That leads nowhere. Leave this step: find_symbol, file_structure and search show what there is; update_plan takes \
         another way to the goal.",
    ),
    (
        8,
        "Call validate to see what is wrong with what is pending. Edits that take each other back settle nothing: decide \
         for one.",
    ),
    (
        10,
        "Call finish now, and say in its summary what stands in the way. After two more turns that change nothing the task \
         is ended.",
    ),
];

/// What was seen in one task.
#[derive(Default)]
pub(super) struct Progress {
    /// Each way in which things have stood.
    states: HashSet<u64>,
    /// Each answer, its numbers aside.
    answers: HashSet<u64>,
    /// What the turn under way did, and the last thing that it repeated.
    is_new: bool,
    repeated: Option<String>,
    still_turn_count: u32,
}

/// What a turn that stood still leads to.
pub(super) enum Still {
    No,
    Hint(&'static str),
    End(String),
}

impl Progress {
    fn take(&mut self, state: u64, answer: u64, is_refused: bool, only_reads: bool, said: impl FnOnce() -> String) {
        let is_new_state = self.states.insert(state);
        let is_new_answer = self.answers.insert(answer);
        if is_new_state || (is_new_answer && !is_refused && !only_reads) {
            self.is_new = true;
        } else if !is_new_answer || only_reads {
            self.repeated = Some(said());
        }
    }

    /// The turn is over: all its calls are answered.
    pub(super) fn end_turn(&mut self) -> Still {
        let (is_new, repeated) = (std::mem::take(&mut self.is_new), self.repeated.take());
        let Some(repeated) = repeated.filter(|_| !is_new) else {
            // A refusal of a new kind is no way forward yet, and no standing still either.
            if is_new {
                self.still_turn_count = 0;
            }
            return Still::No;
        };
        self.still_turn_count += 1;
        if self.still_turn_count >= STILL_TURNS_MAX {
            return Still::End(format!("the model goes round in circles; the last call was {repeated}"));
        }
        match HINTS.iter().find(|(count, _)| *count == self.still_turn_count) {
            Some((_, hint)) => Still::Hint(hint),
            None => Still::No,
        }
    }
}

impl Session {
    /// Notes what an answer means for the way of the task.
    pub(super) fn note_progress(&mut self, call: &ToolCall, answer: &str) {
        let mut hasher = DefaultHasher::new();
        for (path, change) in self.pending.iter() {
            (path, &change.new).hash(&mut hasher);
        }
        let reads = self.reads.files.iter().map(|(path, state)| (path, state.hash, state.whole, &state.symbols));
        format!("{:?}", reads.collect::<Vec<_>>()).hash(&mut hasher);
        format!("{:?}", self.plan.steps).hash(&mut hasher);
        let state = hasher.finish();
        let is_refused = answer.starts_with("Error: ");
        // Durations tell nothing new, and a name with another number in it is as wrong as before.
        let only_counts = is_refused || matches!(call.name.as_str(), "validate" | "run_tests" | "run_command");
        let mut hasher = DefaultHasher::new();
        answer.chars().filter(|c| !only_counts || !c.is_ascii_digit()).for_each(|c| c.hash(&mut hasher));
        let only_reads = matches!(call.name.as_str(), "read_file" | "read_symbol") && !is_refused;
        let said = || {
            let first = answer.lines().next().unwrap_or_default();
            let shown: String = first.chars().take(300).collect();
            format!("{}: {shown}", super::turn::presentable(call).name)
        };
        self.task.progress.take(state, hasher.finish(), is_refused, only_reads, said);
    }
}

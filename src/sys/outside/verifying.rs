//! The outside's running side: tests and commands in the shadow copy.
//!
//! Knows nothing of how they are run. Invariant: each ends in exactly one answer, also when it is stopped.

use super::Outside;
use crate::agent::{Event, JobId, TestsQuestion, ToolAnswer, ToolContext};
use crate::app::Msg;
use crate::gate::Tested;
use crate::sys::gate_thread::tell;

impl Outside {
    pub(super) fn run_tests(&self, id: JobId, question: TestsQuestion) {
        let stop = self.turns.begin(id);
        let (verifier, turns, msgs) = (self.verifier.clone(), self.turns.clone(), self.msgs.clone());
        let progress = move |done, total| tell(&msgs, Msg::Agent(Event::TestsProgressed(id, done, total)));
        let failed = Tested::failed(&question.change_set);
        self.job(
            "running the tests",
            move || {
                let tested = verifier.test(&question, &stop, &progress);
                turns.end(id);
                Msg::Agent(Event::Tested(id, tested))
            },
            move |why| Msg::Agent(Event::Tested(id, failed(&why))),
        );
    }

    pub(super) fn run_command(&self, id: JobId, command: String, context: ToolContext) {
        let stop = self.turns.begin(id);
        let (verifier, turns) = (self.verifier.clone(), self.turns.clone());
        let reads = context.reads.clone();
        self.job(
            "running a command",
            move || {
                let answer = verifier.run_command(&command, context, &stop);
                turns.end(id);
                Msg::Agent(Event::ToolDone(id, answer))
            },
            move |why| {
                let text = format!("Error: the command failed inside flux: {why}");
                Msg::Agent(Event::ToolDone(id, ToolAnswer { text, pending: None, reads, asks: None }))
            },
        );
    }
}

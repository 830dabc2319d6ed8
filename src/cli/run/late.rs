//! A write that came too late: the files changed meanwhile, and nobody is here to decide.
//!
//! Invariant: only what touches nothing of what was typed is written, and only after the gate has judged it anew.

use flux::agent::Session;
use flux::app::{Cmd, Msg, Review};
use flux::gate::{Report, Verdict};
use flux::sys::Outside;
use flux::text::{ChangeSet, hunks_of};

use super::{Course, Ending, Run};

/// How often it is tried.
const TRIES_MAX: u64 = 3;

#[derive(Default)]
pub(super) struct Late {
    tries: u64,
    /// Why it was not written the last time.
    why: String,
}

impl Late {
    /// Reads the files again, lays the proposal over them, has it judged, and writes it.
    pub(super) fn take(
        &mut self,
        msg: Msg,
        run: &Run,
        outside: &Outside,
        session: &mut Session,
        proposal: &mut ChangeSet,
    ) -> Course {
        match msg {
            Msg::Written(Err(why)) => {
                self.tries += 1;
                self.why = why;
                if self.tries > TRIES_MAX {
                    return self.over("");
                }
                let paths = proposal.iter().map(|(path, _)| path.clone()).collect();
                outside.run(Cmd::Reread(self.tries, paths));
                Course::GoOn
            }
            Msg::Reread(_, readings) => {
                let report = Report::new(Vec::new(), [None; 6]);
                let mut review = Review::new(proposal.clone(), hunks_of(proposal), report);
                let Some(meanwhile) = review.rebase(&readings) else { return self.over("") };
                if !review.unreadable.is_empty() || review.hunks.iter().any(|hunk| hunk.conflict.is_some()) {
                    return self.over(", in lines that it changes");
                }
                if review.hunks.is_empty() {
                    let said = "what was to be written stands there already";
                    return Course::Over(Ending::Applied, said.to_owned());
                }
                session.update(review.rebased_event(&meanwhile));
                *proposal = review.change_set;
                self.judge(outside, session, proposal)
            }
            Msg::Judged(_, report) if report.cancelled => self.judge(outside, session, proposal),
            Msg::Judged(_, report) if report.verdict() == Verdict::Block || !report.is_complete() => {
                self.over(", and the gate does not pass what would come of both")
            }
            Msg::Judged(..) => {
                let (change_set, title) = (proposal.clone(), run.title(session));
                outside.run(Cmd::Write { change_set, title, task: 1 });
                Course::GoOn
            }
            _ => Course::GoOn,
        }
    }

    fn judge(&self, outside: &Outside, session: &Session, proposal: &ChangeSet) -> Course {
        outside.run(Cmd::Judge(self.tries, proposal.clone(), session.reads().clone()));
        Course::GoOn
    }

    fn over(&self, more: &str) -> Course {
        Course::Over(Ending::Failed, format!("nothing was written: {}{more}", self.why))
    }
}

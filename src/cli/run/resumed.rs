//! A session that is gone on with: what is done first, where nobody is there to ask.
//!
//! Invariant: what a person has begun to decide on is not decided for them.

use std::sync::Arc;
use std::time::Duration;

use flux::agent::{Event, Limits, Need, Phase, ReviewOutcome, Saved, Session};
use flux::index::Snapshot;
use flux::sys::Lessons;

use super::super::trace::{Ending, Trace};
use super::{Accept, Kept, Run};

/// How long is waited for what happened to be saved, before it is told.
pub(super) const SAVE_WAIT: Duration = Duration::from_secs(2);

/// A session that is to be followed.
pub(super) struct Opened {
    pub(super) session: Session,
    pub(super) needs: Vec<Need>,
    /// What is to be done once what was pending is judged; `None` for a session that is new.
    pub(super) goes_on: Option<GoesOn>,
}

pub(super) struct GoesOn {
    /// A person accepted or rejected parts of the proposal.
    is_decided_on: bool,
}

impl Opened {
    pub(super) fn new(
        run: &Run,
        limits: &Limits,
        snapshot: Arc<Snapshot>,
        saved: Option<Arc<Saved>>,
        trace: &mut Trace,
    ) -> Self {
        let lessons = match run.kept {
            Kept::Nowhere => Vec::new(),
            Kept::Anew | Kept::In(_) => Lessons::of(&run.root).map(|lessons| lessons.list()).unwrap_or_default(),
        };
        let Some(saved) = saved else {
            let mut session = Session::new(snapshot, limits.clone());
            session.know(lessons);
            let needs = session.update(Event::Task(run.task.clone()));
            return Self { session, needs, goes_on: None };
        };
        let (mut session, needs) = Session::resumed(&saved, snapshot, limits.clone());
        session.know(lessons);
        trace.pass_over(&session);
        trace.text(&format!("goes on with: {}", saved.title()));
        let review = saved.review();
        let is_decided_on = review.is_some_and(|review| review.accepted.iter().any(Option::is_some));
        Self { session, needs, goes_on: Some(GoesOn { is_decided_on }) }
    }
}

impl GoesOn {
    /// What the session needs once the task is gone on with, or how it ends at once.
    pub(super) fn first_needs(
        self,
        run: &Run,
        session: &mut Session,
        needs: Vec<Need>,
    ) -> Result<Vec<Need>, (Ending, String)> {
        let said = run.task.clone();
        let event = match (session.phase(), said.is_empty()) {
            (Phase::Reviewing, true) if self.is_decided_on && run.accept == Accept::Passing => {
                let why = "Not written: a person has begun to decide on this proposal. flux --continue shows it.";
                return Err((Ending::Proposed, why.to_owned()));
            }
            // What was tested is not known any more, and files may have changed.
            (Phase::Reviewing, true) if run.accept == Accept::Passing => {
                let again = session.propose_again();
                return Ok(if again.is_empty() { needs } else { again });
            }
            (Phase::Reviewing, false) => Event::Reviewed(ReviewOutcome::Rejected { comment: said }),
            (Phase::Asking, false) => Event::Answered(said),
            (Phase::Idle, false) => Event::Task(said),
            (Phase::Idle, true) if session.is_interrupted() => Event::Task("Go on.".to_owned()),
            (Phase::Idle, true) => {
                let why = "The session has no task under way; give one with --task.";
                return Err((Ending::Failed, why.to_owned()));
            }
            _ => return Ok(needs),
        };
        Ok(session.update(event))
    }
}

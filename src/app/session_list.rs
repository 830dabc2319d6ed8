//! The list of the project's sessions, and a session that is gone on with.
//!
//! Knows nothing of logs. Invariant: a session that is at work, or whose proposal waits, is not left for another.

use std::sync::Arc;

use super::draft::put_draft;
use super::picker::show_picker;
use super::tasks::{begin_task, take_needs};
use super::{App, Cmd, Decision, Lead, Pane, Pick, PickItem, Picker, PickerKind, Review, ToastKind};
use crate::agent::{Phase, Record, ReviewState, Saved, Session};

/// One session of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSession {
    pub id: String,
    /// When it was used last, as the person's clock showed it: `2026-11-21 14:03`.
    pub time: String,
    /// The task that was given last.
    pub title: String,
    /// Where it stood; `None` where its log does not say.
    pub phase: Option<Phase>,
    /// Some flux has it open.
    pub is_live: bool,
    /// Why it cannot be opened.
    pub fault: Option<String>,
}

impl ListedSession {
    /// Where it stood, in words.
    pub fn state(&self) -> &str {
        match (&self.fault, self.is_live, self.phase) {
            (Some(why), ..) => why,
            (None, true, _) => "open",
            (None, false, Some(Phase::Reviewing)) => "proposal waits",
            (None, false, Some(Phase::Asking)) => "question waits",
            (None, false, Some(Phase::Thinking | Phase::Working)) => "broken off",
            (None, false, Some(Phase::Idle)) => "ended",
            (None, false, None) => "not begun",
        }
    }
}

/// Opens the list once it is read.
pub(super) fn show_sessions(app: &mut App) -> Vec<Cmd> {
    if !may_leave(app) {
        return Vec::new();
    }
    vec![Cmd::ListSessions]
}

fn may_leave(app: &mut App) -> bool {
    let is_free = app.review.is_none() && app.phase() == Phase::Idle && !app.is_writing;
    if !is_free {
        app.say(ToastKind::Hint, "This session is at work, or its proposal waits: finish or stop it first.");
    }
    is_free
}

pub(super) fn listed_sessions(app: &mut App, sessions: Vec<ListedSession>) -> Vec<Cmd> {
    if sessions.is_empty() {
        app.say(ToastKind::Hint, "No session of this project is kept yet.");
        return Vec::new();
    }
    if app.overlay.is_some() {
        return Vec::new();
    }
    let item = |session: ListedSession| PickItem {
        lead: Lead::Text(session.time.clone()),
        label: if session.title.is_empty() { "no task yet".to_owned() } else { session.title.clone() },
        note: session.state().to_owned(),
        hindrance: (session.fault.is_some() || session.is_live)
            .then(|| format!("This session cannot be opened: {}.", session.state())),
        ..PickItem::new(Pick::Session(session.id))
    };
    let items = sessions.into_iter().map(item).collect();
    show_picker(app, Picker::list(PickerKind::Sessions, "Sessions", items))
}

/// Goes on with a session.
pub(super) fn open_session(app: &mut App, id: String) -> Vec<Cmd> {
    vec![app.opens_session(Some(id))]
}

/// Takes up a session as soon as the project is known.
pub(super) fn opened_session(app: &mut App, opened: Result<Arc<Saved>, String>) -> Vec<Cmd> {
    app.is_opening = false;
    let mut cmds = match opened {
        Err(why) => {
            app.say_and_note(ToastKind::Failure, why);
            Vec::new()
        }
        Ok(saved) => {
            app.waiting_session = Some(saved);
            take_up(app)
        }
    };
    if let Some(task) = app.waiting_task.take() {
        cmds.extend(begin_task(app, task));
    }
    cmds
}

pub(super) fn take_up(app: &mut App) -> Vec<Cmd> {
    let Some(snapshot) = app.snapshot.clone() else { return Vec::new() };
    let Some(saved) = app.waiting_session.take() else { return Vec::new() };
    let (session, needs) = Session::resumed(&saved, snapshot, app.limits.clone());
    app.activity = super::pane::activity::ActivityPane::default();
    saved.title().clone_into(&mut app.task);
    app.resumed_review = saved.review();
    app.review = None;
    app.kept_review = None;
    app.proposal = None;
    app.question = None;
    app.session = Some(session);
    let is_interrupted = app.session.as_ref().is_some_and(Session::is_interrupted);
    if is_interrupted {
        put_draft(app, "Go on.".to_owned());
        app.set_focus(Pane::Prompt);
        let text = format!(
            "This task was broken off. {} goes on with it; nothing is asked of the model before.",
            app.key("send")
        );
        app.say(ToastKind::Hint, text);
    } else {
        app.say(ToastKind::Done, "The session goes on where it ended.");
    }
    app.task_number += 1;
    take_needs(app, needs)
}

impl App {
    /// Opens a session; without an id the one that was used last.
    pub fn opens_session(&mut self, id: Option<String>) -> Cmd {
        self.is_opening = true;
        Cmd::OpenSession(id)
    }

    /// What became of the session and its review since this was asked the last time.
    pub(super) fn unsaved(&mut self) -> Vec<Record> {
        let Some(session) = &mut self.session else { return Vec::new() };
        let shown = self.review.as_ref().or(self.kept_review.as_ref().map(|kept| &kept.review));
        let review = shown.map(Review::state);
        // Until it is shown again, what was decided stands in the log as it was.
        session.unsaved(review.as_ref().or(self.resumed_review.as_ref()))
    }
}

impl Review {
    fn state(&self) -> ReviewState {
        let accepted = |decision: &Decision| match decision {
            Decision::Open => None,
            Decision::Accepted => Some(true),
            Decision::Rejected => Some(false),
        };
        ReviewState {
            change_set: self.change_set.clone(),
            hunks: self.hunks.clone(),
            accepted: self.decisions.iter().map(accepted).collect(),
        }
    }

    /// As it was cut and decided on before flux was ended.
    pub(super) fn take_state(&mut self, state: ReviewState) {
        let decision = |accepted: Option<bool>| match accepted {
            None => Decision::Open,
            Some(true) => Decision::Accepted,
            Some(false) => Decision::Rejected,
        };
        self.change_set = state.change_set;
        self.hunks = state.hunks;
        self.decisions = state.accepted.into_iter().map(decision).collect();
    }
}

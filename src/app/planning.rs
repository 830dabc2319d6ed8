//! What a person changes of the agent's plan while a task is under way.
//!
//! Knows nothing of how a plan is kept: the session does it, and tells the model with the next question.

use super::asking::{Asks, ask};
use super::pane::proposal::ProposalPane;
use super::tasks::tell_agent;
use super::{App, Cmd, ToastKind};
use super::{Decision, Review};
use crate::agent::{Event, Fate, Phase, PlanEdit, Step};

fn selected(app: &App) -> Option<&Step> {
    app.session.as_ref()?.plan().steps.get(app.step)
}

/// Whether there is a plan, and somebody who follows it; says why not.
fn is_under_way(app: &mut App) -> bool {
    let why = match app.phase() {
        Phase::Idle => "The task is over; the plan of the next one can be changed.",
        Phase::Asking if !app.session.as_ref().is_some_and(crate::agent::Session::is_held) => {
            "The agent waits for an answer; give it first."
        }
        _ => return true,
    };
    app.say(ToastKind::Hint, why);
    false
}

/// What becomes of each step's edits once the accepted hunks are written.
pub(super) fn fates(app: &App) -> Vec<Option<Fate>> {
    let (Some(review), Some(proposal), Some(session)) = (&app.review, &app.proposal, &app.session) else {
        return Vec::new();
    };
    session.plan().steps.iter().map(|step| Some(fate(review, proposal, step))).collect()
}

fn fate(review: &Review, proposal: &ProposalPane, step: &Step) -> Fate {
    let of_file = |path: &_| (0..review.hunks.len()).filter(|at| review.hunks[*at].path == *path).collect::<Vec<_>>();
    let is_of = |at: &usize, symbol: &str| {
        let (names, _) = proposal.symbols_in(&review.hunks[*at]);
        names.iter().any(|name| name == symbol || name.strip_prefix(symbol).is_some_and(|rest| rest.starts_with('.')))
    };
    let hunks = match step.place() {
        Some((path, Some(symbol))) => {
            let own: Vec<usize> = of_file(&path).into_iter().filter(|at| is_of(at, symbol)).collect();
            if own.is_empty() { of_file(&path) } else { own }
        }
        Some((path, None)) => of_file(&path),
        None => (0..review.hunks.len()).collect(),
    };
    match hunks.iter().filter(|at| review.decision(**at) == Decision::Accepted).count() {
        count if count == hunks.len() => Fate::Written,
        0 => Fate::LeftOut,
        _ => Fate::WrittenInPart,
    }
}

/// Asks for the new title of the selected step, or for one more behind it.
pub(super) fn ask_new_step(app: &mut App, rewrites: bool) {
    if !is_under_way(app) {
        return;
    }
    let title = selected(app).map(|step| step.title.clone());
    let number = app.step;
    match (rewrites, title) {
        (true, None) => {
            app.say(ToastKind::Hint, format!("There is no step yet; {} adds one.", app.key("add-step")));
        }
        (true, Some(title)) => {
            let question = format!("What should step {} be?", number + 1);
            ask(app, Asks::Step { number, is_new: false }, question, title);
        }
        (false, title) => {
            let place = title.map_or_else(String::new, |title| format!(" after '{title}'"));
            let question = format!("Which step to add{place}?");
            ask(app, Asks::Step { number, is_new: true }, question, String::new());
        }
    }
}

/// The prompt holds the step.
pub(super) fn take_step(app: &mut App, number: usize, is_new: bool, title: String) -> Vec<Cmd> {
    let title = title.replace('\n', " ");
    if title.is_empty() {
        app.say(ToastKind::Hint, "The plan stays as it is.");
        return Vec::new();
    }
    match is_new {
        false => edit_plan(app, PlanEdit::Retitle { step: number, title }),
        true => {
            let has_steps = selected(app).is_some();
            app.step = if has_steps { number + 1 } else { 0 };
            edit_plan(app, PlanEdit::Add { after: has_steps.then_some(number), title })
        }
    }
}

pub(super) fn move_step(app: &mut App, up: bool) -> Vec<Cmd> {
    let step = app.step;
    let last = app.session.as_ref().map_or(0, |session| session.plan().steps.len().saturating_sub(1));
    app.step = if up { step.saturating_sub(1) } else { (step + 1).min(last) };
    edit_plan(app, PlanEdit::Move { step, up })
}

pub(super) fn edit_plan(app: &mut App, edit: PlanEdit) -> Vec<Cmd> {
    if is_under_way(app) { tell_agent(app, Event::Plan(edit)) } else { Vec::new() }
}

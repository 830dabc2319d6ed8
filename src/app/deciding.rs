//! What the person decides about the hunks of a proposal, down to the write.

use super::editing::lay_anew;
use super::going::{show_selected, show_written};
use super::planning::fates;
use super::proposing::{close_review, reveal_hunk};
use super::questions::{ask_kinds, judge, judge_again, seek_needs};
use super::review::Undone;
use super::tasks::tell_agent;
use super::telling::listed;
use super::write_list::show_writes;
use super::{App, Cmd, Decision, Hindrance, Overlay, Pane, Part, PickerKind, Review, TakenBack, ToastKind};
use crate::agent::{Event, JobId, ReviewOutcome, Session};
use crate::gate::Report;
use crate::text::ProjectPath;

pub(super) fn step_hunk(app: &mut App, forward: bool) {
    let height = app.height_of(Pane::Centre);
    let (Some(review), Some(proposal)) = (&app.review, &mut app.proposal) else { return };
    let last = review.hunks.len().saturating_sub(1);
    let here = proposal.hunk().unwrap_or(0);
    let next = if forward { (here + 1).min(last) } else { here.saturating_sub(1) };
    proposal.go_to_hunk(next, height);
    app.focus = Pane::Centre;
    reveal_hunk(app);
}

/// Decides on the hunk at hand, or on all open ones of something larger; where none is open there, on all of it.
pub(super) fn decide(app: &mut App, part: Part, decision: Decision) -> Vec<Cmd> {
    let (Some(review), Some(proposal)) = (&app.review, &app.proposal) else { return Vec::new() };
    let Some(here) = proposal.hunk().filter(|_| !app.is_writing) else { return Vec::new() };
    let path = proposal.file().map(|file| &file.path);
    let hunks: Vec<usize> = match part {
        Part::Hunk => vec![here],
        Part::Symbol => proposal.hunks_of_symbol(),
        Part::File => (0..review.hunks.len()).filter(|at| Some(&review.hunks[*at].path) == path).collect(),
        Part::All => (0..review.hunks.len()).collect(),
    };
    if part == Part::Hunk {
        if let Some(why) = stuck(review, here).filter(|_| decision == Decision::Accepted) {
            app.say(ToastKind::Hint, why);
            return Vec::new();
        }
        return put_decision(app, decision, &hunks, None);
    }
    let is_open = |at: &usize| review.decision(*at) == Decision::Open;
    let open: Vec<usize> = hunks.iter().copied().filter(is_open).collect();
    let mut meant = if open.is_empty() { hunks } else { open };
    let mut left = 0;
    if decision == Decision::Accepted {
        left = meant.iter().filter(|at| review.is_in_conflict(**at)).count();
        meant.retain(|at| review.is_free(*at));
    }
    let said = match left {
        0 => None,
        1 => Some("1 hunk is in conflict and stays open: decide on it by itself.".to_owned()),
        _ => Some(format!("{left} hunks are in conflict and stay open: decide on each one by itself.")),
    };
    put_decision(app, decision, &meant, said)
}

/// Why a hunk cannot be accepted at all.
fn stuck(review: &Review, hunk: usize) -> Option<String> {
    let (path, why) = review.unreadable.get_key_value(&review.hunks.get(hunk)?.path)?;
    Some(format!("{path} cannot be read now ({why}): nothing of it can be accepted."))
}

/// Accepts the hunk at hand with all that it needs, as soon as that is known.
pub(super) fn take_with_needs(app: &mut App) -> Vec<Cmd> {
    let (Some(review), Some(proposal)) = (&mut app.review, &app.proposal) else { return Vec::new() };
    let Some(here) = proposal.hunk().filter(|_| !app.is_writing) else { return Vec::new() };
    review.take_when_known = Some(here);
    if review.needs_awaited.is_some() {
        let text = format!(
            "What hunk {} needs is still being found out; it is taken with that as soon as it is known.",
            here + 1
        );
        app.say(ToastKind::Hint, text);
        return Vec::new();
    }
    take_known(app)
}

/// What the hunk needs that was to be taken with it is known now.
pub(super) fn take_known(app: &mut App) -> Vec<Cmd> {
    let Some(review) = &mut app.review else { return Vec::new() };
    let Some(hunk) = review.take_when_known.take().filter(|_| !app.is_writing) else { return Vec::new() };
    let mut taken = review.with_needs(hunk);
    let all = taken.clone();
    taken.retain(|at| review.is_free(*at) || (*at == hunk && stuck(review, hunk).is_none()));
    let others: Vec<usize> = taken.iter().copied().filter(|at| *at != hunk).collect();
    let said = match (all.difference(&taken).next(), others.is_empty()) {
        (Some(left), _) => {
            format!(
                "Hunk {} is needed, too, and must be decided on by itself: it is in conflict or cannot be read.",
                left + 1
            )
        }
        (None, true) => format!("Accepted hunk {}: it needs no other.", hunk + 1),
        (None, false) => format!("Accepted hunk {} with what it needs: {}.", hunk + 1, numbers(&others)),
    };
    let meant: Vec<usize> = others.into_iter().chain([hunk]).filter(|at| taken.contains(at)).collect();
    put_decision(app, Decision::Accepted, &meant, Some(said))
}

/// `3, 5, 7`, counted from 1.
fn numbers(hunks: &[usize]) -> String {
    hunks.iter().map(|at| (at + 1).to_string()).collect::<Vec<_>>().join(", ")
}

/// Decides on these hunks, goes to the next open one behind the last of them, and has the new combination judged.
fn put_decision(app: &mut App, decision: Decision, hunks: &[usize], said: Option<String>) -> Vec<Cmd> {
    let height = app.height_of(Pane::Centre);
    let (Some(review), Some(proposal)) = (&mut app.review, &mut app.proposal) else { return Vec::new() };
    let changed = review.decide(decision, |at, _, _| hunks.contains(&at));
    let last = hunks.last().copied().or_else(|| proposal.hunk()).unwrap_or(0);
    match review.next_open(last) {
        Some(next) => proposal.go_to_hunk(next, height),
        None => proposal.go_to_hunk(last, height),
    }
    let done = changed.then(|| all_decided(app)).flatten();
    reveal_hunk(app);
    if let Some(text) = said.or(done) {
        app.say(ToastKind::Hint, text);
    }
    if changed { judge(app) } else { Vec::new() }
}

/// Once nothing is open any more: what is to be done.
fn all_decided(app: &App) -> Option<String> {
    let review = app.review.as_ref()?;
    let write = app.key("write");
    let (all, accepted) = (review.hunks.len(), review.count(Decision::Accepted));
    let decided = if all == 1 { "The hunk is decided".to_owned() } else { format!("All {all} hunks are decided") };
    (review.count(Decision::Open) == 0).then(|| match accepted {
        0 => format!("{decided}: {write} ends without writing."),
        _ => format!("{decided}: {write} writes the {accepted} accepted, once the gate passes them."),
    })
}

pub(super) fn split(app: &mut App) -> Vec<Cmd> {
    let (arrangement, height) = (app.arrangement(), app.height_of(Pane::Centre));
    let (Some(review), Some(proposal)) = (&mut app.review, &mut app.proposal) else { return Vec::new() };
    let Some(here) = proposal.hunk().filter(|_| !app.is_writing) else { return Vec::new() };
    let was_accepted = review.decision(here) == Decision::Accepted;
    if !review.split(here) {
        let text = match review.is_in_conflict(here) {
            true => "A hunk in conflict is decided on as one.",
            false => "This hunk cannot be split further.",
        };
        app.say(ToastKind::Hint, text);
        return Vec::new();
    }
    proposal.relay(review, arrangement, height);
    proposal.go_to_hunk(here, height);
    app.structure.set_marks(proposal.marks(review));
    let mut cmds = seek_needs(app);
    cmds.extend(ask_kinds(app));
    // The pieces are open again, so another combination is accepted than before.
    if was_accepted {
        cmds.extend(judge(app));
    }
    cmds
}

pub(super) fn undo(app: &mut App) -> Vec<Cmd> {
    let (arrangement, height) = (app.arrangement(), app.height_of(Pane::Centre));
    let (Some(review), Some(proposal)) = (&mut app.review, &mut app.proposal) else { return vec![Cmd::Undo] };
    if app.is_writing {
        return Vec::new();
    }
    let (hunks, decisions) = (review.hunks.clone(), review.decisions.clone());
    let Some(undone) = review.undo() else {
        app.say(ToastKind::Hint, "Nothing was decided yet.");
        return Vec::new();
    };
    let is_same = |at: usize| hunks.get(at) == review.hunks.get(at) && decisions.get(at) == review.decisions.get(at);
    let at = (0..review.hunks.len()).find(|at| !is_same(*at));
    if undone == Undone::Edit {
        let here = at.or_else(|| proposal.hunk()).unwrap_or(0);
        app.say(ToastKind::Done, "The text is as it was before.");
        return lay_anew(app, here);
    }
    proposal.relay(review, arrangement, height);
    if let Some(at) = at {
        proposal.go_to_hunk(at, height);
    }
    let mut cmds = judge(app);
    if undone == Undone::Cut {
        cmds.extend(seek_needs(app));
        cmds.extend(ask_kinds(app));
    }
    cmds
}

/// Makes the last write again; while something is decided there is none to make.
pub(super) fn redo(app: &mut App) -> Vec<Cmd> {
    if app.review.is_some() {
        app.say(ToastKind::Hint, "Decide on the proposal first, or discard it.");
        return Vec::new();
    }
    vec![Cmd::Redo]
}

/// Ends the review without writing.
pub(super) fn discard(app: &mut App) -> Vec<Cmd> {
    if app.review.is_none() || app.is_writing {
        return Vec::new();
    }
    close_review(app);
    app.say_and_note(ToastKind::Done, "The proposal was discarded. Nothing was written.");
    let mut cmds = tell_agent(app, Event::Reviewed(ReviewOutcome::Rejected { comment: String::new() }));
    // What the agent opened last is not what the tree stands on.
    cmds.extend(show_selected(app));
    cmds
}

/// A proposal cannot be brought back: the key has to be meant.
pub(super) fn ask_to_discard(app: &mut App) {
    if app.review.is_some() && !app.is_writing {
        app.discard_asked = true;
        app.say(ToastKind::Hint, "The same key again discards the proposal. Any other keeps it.");
    }
}

/// Writes the accepted hunks, once this very combination is judged and not blocked.
pub(super) fn write(app: &mut App) -> Vec<Cmd> {
    let Some(review) = &mut app.review else { return Vec::new() };
    if app.is_writing {
        return Vec::new();
    }
    match review.hindrance() {
        Some(Hindrance::NothingAccepted) if review.count(Decision::Open) == 0 => discard(app),
        Some(Hindrance::NothingAccepted) => {
            let (one, all, none) = (app.key("accept"), app.key("accept-all"), app.key("discard"));
            let text =
                format!("No hunk is accepted yet: {one} accepts this one, {all} all of them, {none} discards them.");
            app.say(ToastKind::Hint, text);
            Vec::new()
        }
        Some(Hindrance::Unjudged) => {
            review.write_when_judged = true;
            app.say(ToastKind::Hint, "The gate is judging these hunks; they are written once it passes them.");
            Vec::new()
        }
        Some(Hindrance::Blocked(why)) => {
            let need = review.report.blocking().next().and_then(|issue| review.unmet_need(issue)).map(|need| need.hunk);
            let Some(hunk) = need else {
                app.say(ToastKind::Failure, format!("The gate blocks this: {why}"));
                return Vec::new();
            };
            let (hunk, height) = (hunk.0 as usize, app.height_of(Pane::Centre));
            if let Some(proposal) = &mut app.proposal {
                proposal.go_to_hunk(hunk, height);
            }
            reveal_hunk(app);
            app.say(
                ToastKind::Failure,
                format!("The gate blocks this: {why} On hunk {}, {} takes both.", hunk + 1, app.key("accept-needed")),
            );
            Vec::new()
        }
        None => {
            let change_set = review.selection();
            app.is_writing = true;
            app.toast = None;
            vec![Cmd::Write { change_set, title: app.task.clone(), task: app.task_number }]
        }
    }
}

pub(super) fn judged(app: &mut App, job: JobId, report: Report) -> Vec<Cmd> {
    let Some(review) = &mut app.review else { return Vec::new() };
    if review.awaited == Some(job) && report.cancelled {
        // Nothing newer was asked, so the answer is still wanted.
        return judge_again(app);
    }
    if !review.take_report(job, report) || !review.write_when_judged {
        return Vec::new();
    }
    review.write_when_judged = false;
    write(app)
}

pub(super) fn written(app: &mut App, paths: &[ProjectPath]) -> Vec<Cmd> {
    let (mut rejected, mut edited) = (Vec::new(), Vec::new());
    let mut is_indexed = true;
    let mut shown = paths.first().map(|path| (path.clone(), None));
    if let (Some(review), Some(proposal)) = (&app.review, &app.proposal) {
        let taken = |at: usize| review.decision(at) == Decision::Accepted;
        let left = review.hunks.iter().enumerate().filter(|(at, _)| !taken(*at));
        rejected = left.map(|(_, hunk)| review.describe(hunk)).collect();
        edited = review.edited.iter().filter(|path| paths.contains(path)).map(ToString::to_string).collect();
        let first = review.hunks.iter().enumerate().find(|(at, _)| taken(*at));
        shown = first.map(|(at, hunk)| (hunk.path.clone(), proposal.symbol_of(at).map(Box::from))).or(shown);
        // The watcher may be faster than the writer's last sync.
        is_indexed = shown.as_ref().is_none_or(|(path, _)| {
            let known = app.snapshot.as_ref().and_then(|snapshot| snapshot.file(path)).map(|entry| entry.hash);
            review.change_set.get(path).is_none_or(|change| change.base_hash() != known)
        });
    }
    let is_of_person = app.session.as_ref().is_some_and(Session::is_of_person);
    let fates = if is_of_person { Vec::new() } else { fates(app) };
    let report = app.review.as_ref().map(|review| review.report.clone());
    close_review(app);
    app.checks.written = report;
    let left = match rejected.len() {
        0 => String::new(),
        1 => "; 1 hunk was left out".to_owned(),
        count => format!("; {count} hunks were left out"),
    };
    app.say_and_note(ToastKind::Done, format!("Wrote {}{left}. {} takes it back.", listed(paths), app.key("undo")));
    app.focus = Pane::Structure;
    let mut cmds = Vec::new();
    match shown {
        Some((path, symbol)) if is_indexed => cmds.extend(show_written(app, &path, symbol.as_deref())),
        shown => app.written = shown,
    }
    let files = paths.iter().map(|path| path.to_string()).collect();
    cmds.extend(tell_agent(app, Event::Reviewed(ReviewOutcome::Written { files, rejected, edited })));
    cmds.extend(tell_agent(app, Event::Fates(fates)));
    cmds.extend(app.code.wanted.clone().filter(|path| paths.contains(path)).map(Cmd::OpenFile));
    cmds
}

/// Says what became of a write that was taken back or made again; in the list of writes, where that is open.
pub(super) fn took_back(app: &mut App, outcome: Result<TakenBack, String>, is_back: bool) -> Vec<Cmd> {
    let (done, failed) = match is_back {
        true => ("Took back", "Nothing was taken back"),
        false => ("Wrote again what was taken back", "Nothing was written again"),
    };
    let way = match is_back {
        true => format!(" {} writes it again.", app.key("redo")),
        false => format!(" {} takes it back.", app.key("undo")),
    };
    if let Ok(TakenBack { paths, .. }) = &outcome {
        app.checks.written = None;
        drop(tell_agent(app, Event::TakenBack { paths: paths.clone(), is_back }));
    }
    let (kind, text) = match outcome {
        Ok(TakenBack { paths, merged }) if merged.is_empty() => {
            (ToastKind::Done, format!("{done}: {}.{way}", listed(&paths)))
        }
        Ok(TakenBack { paths, merged }) => {
            let (paths, merged) = (listed(&paths), listed(&merged));
            (ToastKind::Done, format!("{done}: {paths}. What you edited since in {merged} is kept.{way}"))
        }
        Err(why) => (ToastKind::Hint, format!("{failed}: {why}")),
    };
    if kind == ToastKind::Done {
        app.note(text.clone());
    }
    match &mut app.overlay {
        Some(Overlay::Picker(list)) if list.kind == PickerKind::Writes => {
            list.said = Some((kind, text));
            show_writes()
        }
        _ => {
            app.say(kind, text);
            Vec::new()
        }
    }
}

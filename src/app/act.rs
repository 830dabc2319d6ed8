//! What the person asked for → the new state and what has to be done.

use super::pane::proposal::Arrangement;
use super::pane::structure::{FoldState, Node};
use super::update::{begin_task, close_review, judge, rearrange, reveal_hunk, seek_needs, tell_agent};
use super::{Action, App, Cmd, Decision, Hindrance, Overlay, Pane, ToastKind};
use crate::agent::{Event, Phase, ReviewOutcome};

/// How far a key moves a long line sideways.
const SIDEWAYS: isize = 8;

pub(super) fn act(app: &mut App, action: Action) -> Vec<Cmd> {
    if !matches!(action, Action::Typed(_) | Action::Filtered(_)) {
        app.toast = None;
    }
    if app.overlay.is_some() {
        return act_on_overlay(app, &action);
    }
    let asked = std::mem::take(&mut app.discard_asked);
    match action {
        Action::NextPane => turn_pane(app, 1),
        Action::PreviousPane => turn_pane(app, Pane::ALL.len() - 1),
        Action::ShowPane(pane) => app.set_focus(pane),
        Action::Up => return move_by(app, -1),
        Action::Down => return move_by(app, 1),
        Action::PageUp => return move_by(app, -page(app)),
        Action::PageDown => return move_by(app, page(app)),
        Action::Top => return move_by(app, isize::MIN / 2),
        Action::Bottom => return move_by(app, isize::MAX / 2),
        Action::Open => return open(app),
        Action::Fold => return fold(app, false),
        Action::Unfold => return fold(app, true),
        Action::Filter => {
            app.set_focus(Pane::Structure);
            app.structure.filtering = true;
        }
        Action::Filtered(text) => {
            app.structure.set_filter(text);
            return show_selected(app);
        }
        Action::FilterDone => app.structure.filtering = false,
        Action::Prompt => app.set_focus(Pane::Prompt),
        Action::Typed(text) => app.draft = text,
        Action::Recall => app.draft.clone_from(&app.task),
        Action::NewLine => app.draft.push('\n'),
        Action::Submit => return submit(app),
        Action::NextHunk => step_hunk(app, true),
        Action::PreviousHunk => step_hunk(app, false),
        Action::Accept => return decide_one(app, Decision::Accepted),
        Action::Reject => return decide_one(app, Decision::Rejected),
        Action::Split => return split(app),
        Action::AcceptFile => return accept_open(app, false),
        Action::AcceptAll => return accept_open(app, true),
        Action::ToggleView => toggle_view(app),
        Action::Write => return write(app),
        Action::Discard if asked => return send_back(app, String::new()),
        Action::Discard => ask_to_discard(app),
        Action::Undo => return undo(app),
        Action::Help => app.overlay = Some(Overlay::Help { top: 0 }),
        Action::Back => return back(app),
        Action::Quit => return quit(app),
        Action::ConfirmQuit => return vec![Cmd::Quit],
    }
    Vec::new()
}

fn act_on_overlay(app: &mut App, action: &Action) -> Vec<Cmd> {
    match (&mut app.overlay, action) {
        (Some(Overlay::Leaving { .. }), Action::ConfirmQuit) => return vec![Cmd::Quit],
        (Some(Overlay::Help { top }), Action::Down) => *top += 1,
        (Some(Overlay::Help { top }), Action::Up) => *top = top.saturating_sub(1),
        (Some(Overlay::Help { top }), Action::PageDown) => *top += 10,
        (Some(Overlay::Help { top }), Action::PageUp) => *top = top.saturating_sub(10),
        (Some(Overlay::Help { top }), Action::Top) => *top = 0,
        (Some(_), _) => app.overlay = None,
        (None, _) => {}
    }
    if let Some(Overlay::Help { top }) = &mut app.overlay {
        *top = (*top).min(super::KEYS.len());
    }
    Vec::new()
}

fn turn_pane(app: &mut App, by: usize) {
    app.structure.filtering = false;
    let at = Pane::ALL.iter().position(|pane| *pane == app.focus).unwrap_or(0);
    app.set_focus(Pane::ALL[(at + by) % Pane::ALL.len()]);
}

fn page(app: &App) -> isize {
    (app.height_of(app.focus) as isize - 2).max(1)
}

/// Moves in the pane that has the focus.
pub(super) fn move_by(app: &mut App, by: isize) -> Vec<Cmd> {
    let height = app.height_of(app.focus);
    match app.focus {
        Pane::Structure => {
            app.structure.move_by(by, height);
            return show_selected(app);
        }
        Pane::Centre => match &mut app.proposal {
            Some(proposal) => proposal.move_by(by, height),
            None => app.code.scroll_by(by, height),
        },
        Pane::Plan | Pane::Checks | Pane::Activity => scroll(app, app.focus, by),
        Pane::Prompt => {}
    }
    Vec::new()
}

/// Scrolls a pane without moving what is selected in it.
pub(super) fn scroll(app: &mut App, pane: Pane, by: isize) {
    let height = app.height_of(pane);
    match pane {
        Pane::Structure => app.structure.scroll_by(by, height),
        Pane::Centre => match &mut app.proposal {
            Some(proposal) => proposal.scroll_by(by, height),
            None => app.code.scroll_by(by, height),
        },
        Pane::Plan => {
            let step_count = app.session.as_ref().map_or(0, |session| session.plan().steps.len());
            app.plan_top = app.plan_top.saturating_add_signed(by).min(step_count.saturating_sub(1));
        }
        Pane::Checks => {
            // An issue takes a few lines; the picture stops at its own end.
            let line_count = app.report().map_or(0, |report| 6 + report.issues.len() * 4);
            app.checks_top = app.checks_top.saturating_add_signed(by).min(line_count.saturating_sub(height));
        }
        Pane::Activity => {
            let line_max = (app.agent_activity().len() + app.activity.notes.len()) * 40;
            app.activity.up = app.activity.up.saturating_add_signed(by.saturating_neg()).min(line_max);
        }
        Pane::Prompt => {}
    }
}

/// Shows the source of what is selected in the structure.
pub(super) fn show_selected(app: &mut App) -> Vec<Cmd> {
    let height = app.height_of(Pane::Centre);
    let (path, lines) = match app.structure.selected_node() {
        Some(Node::File(path)) => (path.clone(), None),
        Some(Node::Symbol(path, _)) => (path.clone(), app.structure.selected_lines(Some(path))),
        Some(Node::Folder(_)) | None => return Vec::new(),
    };
    if app.code.want(&path, lines, height) { vec![Cmd::OpenFile(path)] } else { Vec::new() }
}

fn open(app: &mut App) -> Vec<Cmd> {
    if app.focus == Pane::Checks {
        go_to_issue(app);
        return Vec::new();
    }
    if app.focus != Pane::Structure {
        return Vec::new();
    }
    let height = app.height_of(Pane::Structure);
    let row = app.structure.rows.get(app.structure.selected);
    let is_symbol = row.is_some_and(|row| matches!(row.node, Node::Symbol(..)));
    let is_leaf = row.is_some_and(|row| row.fold == FoldState::Leaf);
    let cmds = show_selected(app);
    if is_symbol || is_leaf {
        app.set_focus(Pane::Centre);
    } else {
        app.structure.fold(None, height);
    }
    cmds
}

/// Goes from the checks to the hunk that the first blocking issue stands in.
fn go_to_issue(app: &mut App) {
    let height = app.height_of(Pane::Centre);
    let (Some(review), Some(proposal)) = (&app.review, &mut app.proposal) else { return };
    let first = review.report.blocking().chain(&review.report.issues).next();
    if let Some(hunk) = first.and_then(|issue| review.hunk_of(issue)) {
        proposal.go_to_hunk(hunk, height);
        app.set_focus(Pane::Centre);
        reveal_hunk(app);
    }
}

fn fold(app: &mut App, open: bool) -> Vec<Cmd> {
    let height = app.height_of(app.focus);
    match app.focus {
        Pane::Structure => {
            if !app.structure.fold(Some(open), height) {
                if !open {
                    app.structure.go_above(height);
                } else if app.structure.rows.get(app.structure.selected).is_some_and(|row| row.fold == FoldState::Open)
                {
                    app.structure.move_by(1, height);
                }
            }
            return show_selected(app);
        }
        Pane::Centre => {
            let by = if open { SIDEWAYS } else { -SIDEWAYS };
            let left = app.proposal.as_mut().map_or(&mut app.code.left, |proposal| &mut proposal.left);
            *left = left.saturating_add_signed(by).min(2_000);
        }
        Pane::Plan | Pane::Checks | Pane::Activity | Pane::Prompt => {}
    }
    Vec::new()
}

fn submit(app: &mut App) -> Vec<Cmd> {
    if app.is_writing {
        app.say(ToastKind::Hint, "The accepted hunks are being written. Press Enter again in a moment.");
        return Vec::new();
    }
    let text = std::mem::take(&mut app.draft).trim().to_owned();
    if text.is_empty() {
        app.say(ToastKind::Hint, "Write what should be done, then press Enter.");
        return Vec::new();
    }
    app.activity.up = 0;
    app.set_focus(Pane::Activity);
    app.focus_before_prompt = Pane::Activity;
    if app.question.take().is_some() {
        return tell_agent(app, Event::Answered(text));
    }
    if app.review.is_some() {
        return send_back(app, text);
    }
    app.task.clone_from(&text);
    begin_task(app, text)
}

/// Ends the review without writing; the agent is told why.
fn send_back(app: &mut App, comment: String) -> Vec<Cmd> {
    if app.review.is_none() || app.is_writing {
        return Vec::new();
    }
    close_review(app);
    if comment.is_empty() {
        app.say_and_note(ToastKind::Done, "The proposal was discarded. Nothing was written.");
    } else {
        app.note(format!("sent back: {comment}"));
    }
    tell_agent(app, Event::Reviewed(ReviewOutcome::Rejected { comment }))
}

/// A proposal cannot be brought back: the key has to be meant.
fn ask_to_discard(app: &mut App) {
    if app.review.is_some() && !app.is_writing {
        app.discard_asked = true;
        app.say(ToastKind::Hint, "The same key again discards the proposal. Any other keeps it.");
    }
}

fn step_hunk(app: &mut App, forward: bool) {
    let height = app.height_of(Pane::Centre);
    let (Some(review), Some(proposal)) = (&app.review, &mut app.proposal) else { return };
    let last = review.hunks.len().saturating_sub(1);
    let here = proposal.hunk().unwrap_or(0);
    let next = if forward { (here + 1).min(last) } else { here.saturating_sub(1) };
    proposal.go_to_hunk(next, height);
    app.focus = Pane::Centre;
    reveal_hunk(app);
}

fn decide_one(app: &mut App, decision: Decision) -> Vec<Cmd> {
    let height = app.height_of(Pane::Centre);
    let (Some(review), Some(proposal)) = (&mut app.review, &mut app.proposal) else { return Vec::new() };
    let Some(here) = proposal.hunk().filter(|_| !app.is_writing) else { return Vec::new() };
    let changed = review.decide(decision, |at, _, _| at == here);
    let count = review.hunks.len();
    let next = (1..count).map(|step| (here + step) % count).find(|at| review.decision(*at) == Decision::Open);
    if let Some(next) = next {
        proposal.go_to_hunk(next, height);
    }
    reveal_hunk(app);
    if changed { judge(app) } else { Vec::new() }
}

fn accept_open(app: &mut App, everywhere: bool) -> Vec<Cmd> {
    let (Some(review), Some(proposal)) = (&mut app.review, &app.proposal) else { return Vec::new() };
    if app.is_writing {
        return Vec::new();
    }
    let path = proposal.file().map(|file| &file.path);
    let changed = review
        .decide(Decision::Accepted, |_, hunk, old| old == Decision::Open && (everywhere || Some(&hunk.path) == path));
    if !changed {
        app.say(ToastKind::Hint, "No hunk is open here.");
        return Vec::new();
    }
    judge(app)
}

fn split(app: &mut App) -> Vec<Cmd> {
    let (arrangement, height) = (app.arrangement(), app.height_of(Pane::Centre));
    let (Some(review), Some(proposal)) = (&mut app.review, &mut app.proposal) else { return Vec::new() };
    let Some(here) = proposal.hunk().filter(|_| !app.is_writing) else { return Vec::new() };
    let was_accepted = review.decision(here) == Decision::Accepted;
    if !review.split(here) {
        app.say(ToastKind::Hint, "This hunk cannot be split further.");
        return Vec::new();
    }
    proposal.relay(review, arrangement, height);
    proposal.go_to_hunk(here, height);
    let mut cmds = seek_needs(app);
    // The pieces are open again, so another combination is accepted than before.
    if was_accepted {
        cmds.extend(judge(app));
    }
    cmds
}

fn toggle_view(app: &mut App) {
    let other = match app.arrangement() {
        Arrangement::SideBySide => Arrangement::Unified,
        Arrangement::Unified => Arrangement::SideBySide,
    };
    if let Some(proposal) = &mut app.proposal {
        proposal.wanted = Some(other);
    }
    rearrange(app);
}

/// Writes the accepted hunks, once this very combination is judged and not blocked.
pub(super) fn write(app: &mut App) -> Vec<Cmd> {
    let Some(review) = &mut app.review else { return Vec::new() };
    if app.is_writing {
        return Vec::new();
    }
    match review.hindrance() {
        Some(Hindrance::NothingAccepted) if review.count(Decision::Open) == 0 => send_back(app, String::new()),
        Some(Hindrance::NothingAccepted) => {
            app.say(ToastKind::Hint, "No hunk is accepted yet: y accepts this one, A all of them, x discards them.");
            Vec::new()
        }
        Some(Hindrance::Unjudged) => {
            review.write_when_judged = true;
            app.say(ToastKind::Hint, "The gate is judging these hunks; they are written once it passes them.");
            Vec::new()
        }
        Some(Hindrance::Blocked(why)) => {
            app.say(ToastKind::Failure, format!("The gate blocks this: {why}"));
            Vec::new()
        }
        None => {
            let change_set = review.selection();
            app.is_writing = true;
            app.toast = None;
            vec![Cmd::Write { change_set, title: app.task.clone() }]
        }
    }
}

fn undo(app: &mut App) -> Vec<Cmd> {
    let (arrangement, height) = (app.arrangement(), app.height_of(Pane::Centre));
    let (Some(review), Some(proposal)) = (&mut app.review, &mut app.proposal) else { return vec![Cmd::Undo] };
    if app.is_writing {
        return Vec::new();
    }
    let (before, hunk_count) = (review.decisions.clone(), review.hunks.len());
    if !review.undo() {
        app.say(ToastKind::Hint, "Nothing was decided yet.");
        return Vec::new();
    }
    proposal.relay(review, arrangement, height);
    if let Some(at) = before.iter().zip(&review.decisions).position(|(before, after)| before != after) {
        proposal.go_to_hunk(at, height);
    }
    let is_cut_anew = review.hunks.len() != hunk_count;
    let mut cmds = judge(app);
    if is_cut_anew {
        cmds.extend(seek_needs(app));
    }
    cmds
}

fn back(app: &mut App) -> Vec<Cmd> {
    if app.structure.filtering || (app.focus == Pane::Structure && !app.structure.filter.is_empty()) {
        app.structure.filtering = false;
        app.structure.set_filter(String::new());
        return Vec::new();
    }
    if app.focus == Pane::Prompt {
        app.focus = app.focus_before_prompt;
        return Vec::new();
    }
    if matches!(app.phase(), Phase::Thinking | Phase::Working | Phase::Asking) {
        app.question = None;
        let cmds = tell_agent(app, Event::Stop);
        app.say(ToastKind::Hint, "Stopped. What was edited so far is kept for the next task; nothing was written.");
        return cmds;
    }
    Vec::new()
}

fn quit(app: &mut App) -> Vec<Cmd> {
    let why = if app.is_writing {
        "The accepted hunks are being written."
    } else if app.review.is_some() {
        "A proposal waits: nothing of it was written."
    } else if app.phase() != Phase::Idle {
        "The agent is at work: what it made so far is lost."
    } else {
        return vec![Cmd::Quit];
    };
    app.overlay = Some(Overlay::Leaving { why: why.to_owned() });
    Vec::new()
}

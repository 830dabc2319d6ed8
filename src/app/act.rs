//! What the person asked for → the new state and what has to be done.

use super::asking::{Asks, leave_wish, take_wish};
use super::checking::{close_issue, open_check, override_issue, select_check, step_issue, take_reason};
use super::copying::copy;
use super::deciding::{ask_to_discard, decide, discard, redo, split, step_hunk, take_with_needs, undo, write};
use super::draft::{put_draft, remember, take_waiting_back};
use super::editing::{ask_new_code, edit_hunk, edit_hunk_outside, leave_edit, take_edit};
use super::going::{show_selected, step_trail};
use super::looking::{find_neighbours, find_uses, go_to_definition, step_name};
use super::mending::apply_fix;
use super::mouse::toggle_mouse;
use super::movement::{centre, fold, move_by, open_editor, page};
use super::operating::{add, ask_addition, ask_new_name, remove_selected, take_name};
use super::pane::structure::{FoldState, Node};
use super::picker::{show_go_to, show_help, show_palette};
use super::picking::act_on_picker;
use super::planning::{ask_new_step, edit_plan, move_step, take_step};
use super::prompting::{
    new_session, open_pasted, paste, recall, search_prompts, step_completion, take_command, take_completion, tell_cost,
    typed,
};
use super::proposing::{toggle_fold, toggle_symbol, toggle_view};
use super::reaching::seek_reach;
use super::revising::{comment_hunk, revise, revise_hunk};
use super::searching::act_on_search;
use super::session_list::show_sessions;
use super::sizing::{even_out, resize, zoom};
use super::tasks::{begin_task, tell_agent};
use super::telling::{export, select_entry, unfold};
use super::theming::show_themes;
use super::write_list::show_writes;
use super::{Action, App, Cmd, Overlay, Pane, ToastKind};
use crate::agent::{Event, Phase, PlanEdit, Session};

pub(super) fn act(app: &mut App, action: Action) -> Vec<Cmd> {
    app.begun = None;
    if let Action::Begun(key) = action {
        app.begun = key;
        return Vec::new();
    }
    app.is_fresh = false;
    let said = app.toast.take_if(|_| !action.is_typing());
    if action == Action::Suspend {
        return vec![Cmd::Suspend];
    }
    if app.overlay.is_some() {
        return act_on_overlay(app, &action);
    }
    if app.checks.is_open && app.focus != Pane::Prompt && !action.is_about_issue() {
        // It is shown for as long as nothing else is done.
        close_issue(app, true);
    }
    if app.focus == Pane::Structure && app.structure.is_looking() && action.is_about_row() {
        app.typed_ahead.push(action);
        return Vec::new();
    }
    let asked = std::mem::take(&mut app.discard_asked);
    match action {
        Action::NextPane => turn_pane(app, 1),
        Action::PreviousPane => turn_pane(app, Pane::ALL.len() - 1),
        Action::ShowPane(pane) => app.set_focus(pane),
        Action::Up => return move_by(app, -1),
        Action::Down => return move_by(app, 1),
        Action::HalfPageUp => return move_by(app, -page(app) / 2),
        Action::HalfPageDown => return move_by(app, (page(app) / 2).max(1)),
        Action::Centre => centre(app),
        Action::Begun(_) => {}
        Action::PageUp => return move_by(app, -page(app)),
        Action::PageDown => return move_by(app, page(app)),
        Action::Top => return move_by(app, isize::MIN / 2),
        Action::Bottom => return move_by(app, isize::MAX / 2),
        Action::Open => return open(app),
        Action::Fold => return fold(app, false),
        Action::Unfold => return fold(app, true),
        Action::Filter if app.can_search_code() => act_on_search(app, Action::Search),
        Action::Filter => {
            app.set_focus(Pane::Structure);
            app.structure.filtering = true;
        }
        Action::Filtered(text) => {
            let height = app.height_of(Pane::Structure);
            app.structure.set_filter(text, height);
            app.typed_ahead.clear();
            return show_selected(app);
        }
        Action::FilterDone => app.structure.filtering = false,
        Action::Prompt => app.set_focus(Pane::Prompt),
        Action::CommentHunk => return comment_hunk(app),
        Action::Typed { text, cursor } => return typed(app, text, cursor),
        Action::Pasted(text) => return paste(app, text),
        Action::OpenPasted => open_pasted(app),
        Action::TakeCompletion => return take_completion(app, false),
        Action::SendCompletion => return take_completion(app, true),
        Action::NextCompletion => step_completion(app, 1),
        Action::PreviousCompletion => step_completion(app, -1),
        Action::CloseCompletion => app.prompt.close_completion(),
        Action::Recall => recall(app, true),
        Action::RecallNewer => recall(app, false),
        Action::SearchPrompts => return search_prompts(app),
        Action::TellCost => tell_cost(app),
        Action::NewSession => return new_session(app),
        Action::NewLine if app.asks_one_line() => {}
        Action::NewLine => return paste(app, "\n".to_owned()),
        Action::Submit => return submit(app),
        Action::NextHunk => step_hunk(app, true),
        Action::PreviousHunk => step_hunk(app, false),
        Action::Decide(part, decision) => return decide(app, part, decision),
        Action::TakeWithNeeds => return take_with_needs(app),
        Action::ShowReach => return seek_reach(app),
        Action::WholeSymbol => toggle_symbol(app),
        Action::EditHunk => return edit_hunk(app),
        Action::EditHunkOutside => return edit_hunk_outside(app),
        Action::EditTyped(text) => {
            if let Some(edit) = &mut app.code_edit {
                (edit.text, edit.fault) = (text, None);
            }
        }
        Action::TakeEdit => return take_edit(app),
        Action::Split => return split(app),
        Action::ToggleView => toggle_view(app),
        Action::Write => return write(app),
        Action::Discard if asked => return discard(app),
        Action::Discard => ask_to_discard(app),
        Action::Undo => return undo(app),
        Action::Redo => return redo(app),
        Action::Rename => return ask_new_name(app),
        Action::AddCode => return ask_addition(app),
        Action::Rewrite => return ask_new_code(app),
        Action::Remove => return remove_selected(app),
        Action::EditStep => ask_new_step(app, true),
        Action::AddStep => ask_new_step(app, false),
        Action::SkipStep => return edit_plan(app, PlanEdit::Skip { step: app.step }),
        Action::HoldStep => return edit_plan(app, PlanEdit::Hold { step: app.step }),
        Action::StepUp => return move_step(app, true),
        Action::StepDown => return move_step(app, false),
        Action::SelectCheck(row) => return select_check(app, row),
        Action::Search
        | Action::Searched(_)
        | Action::SearchDone
        | Action::EndSearch
        | Action::NextMatch
        | Action::PreviousMatch => act_on_search(app, action),
        Action::Export => return export(app, None),
        Action::SelectEntry(id) => select_entry(app, id),
        Action::NextIssue => return step_issue(app, true),
        Action::PreviousIssue => return step_issue(app, false),
        Action::LeaveIssue => close_issue(app, false),
        Action::StayAtIssue => close_issue(app, true),
        Action::ApplyFix => return apply_fix(app),
        Action::Override => return override_issue(app),
        Action::ShowWrites => return show_writes(),
        Action::ShowSessions => return show_sessions(app),
        Action::NextModel => return vec![Cmd::NextModel],
        Action::Palette => return show_palette(app),
        Action::GoTo => return show_go_to(app),
        Action::Pick | Action::Queried(_) | Action::Suspend => {}
        Action::Definition => return go_to_definition(app),
        Action::Uses => return find_uses(app),
        Action::Neighbours => return find_neighbours(app),
        Action::TrailBack => return step_trail(app, true),
        Action::TrailForward => return step_trail(app, false),
        Action::NextName => return step_name(app, true),
        Action::PreviousName => return step_name(app, false),
        Action::Grow => app.code.grow(true),
        Action::Shrink => app.code.grow(false),
        Action::ToggleOrder => app.structure.toggle_order(app.height_of(Pane::Structure)),
        Action::FoldAll => app.structure.fold_all(app.height_of(Pane::Structure)),
        Action::UnfoldAll => app.structure.unfold_level(app.height_of(Pane::Structure)),
        Action::OpenEditor => return open_editor(app),
        Action::Resize { columns, rows } => return resize(app, columns, rows),
        Action::EvenOut => return even_out(app),
        Action::Zoom => zoom(app),
        Action::Copy => return copy(app),
        Action::ToggleMouse => return toggle_mouse(app),
        Action::ShowThemes => return show_themes(app),
        Action::Help => return show_help(app),
        Action::Back => return back(app, said.is_some()),
        Action::Quit => return quit(app),
        Action::ConfirmQuit => return vec![Cmd::Quit],
    }
    Vec::new()
}

fn act_on_overlay(app: &mut App, action: &Action) -> Vec<Cmd> {
    match (&app.overlay, action) {
        (Some(Overlay::Leaving { .. }), Action::ConfirmQuit) => return vec![Cmd::Quit],
        (Some(Overlay::Picker(_)), action) => return act_on_picker(app, action),
        (Some(Overlay::Leaving { .. }), _) => app.overlay = None,
        (None, _) => {}
    }
    Vec::new()
}

fn turn_pane(app: &mut App, by: usize) {
    app.structure.filtering = false;
    let at = Pane::ALL.iter().position(|pane| *pane == app.focus).unwrap_or(0);
    app.set_focus(Pane::ALL[(at + by) % Pane::ALL.len()]);
}

fn open(app: &mut App) -> Vec<Cmd> {
    if app.focus == Pane::Checks {
        return open_check(app);
    }
    if app.focus == Pane::Activity {
        unfold(app, None);
    }
    if app.focus == Pane::Centre && app.review.is_some() && !app.code.is_aside {
        toggle_fold(app);
    }
    if app.focus != Pane::Structure {
        return Vec::new();
    }
    let height = app.height_of(Pane::Structure);
    let row = app.structure.rows.get(app.structure.selected);
    let is_symbol = row.is_some_and(|row| matches!(row.node, Node::Symbol(..) | Node::Added(..)));
    let is_leaf = row.is_some_and(|row| row.fold == FoldState::Leaf);
    let cmds = show_selected(app);
    if is_symbol || is_leaf {
        app.set_focus(Pane::Centre);
    } else {
        app.structure.fold(None, height);
    }
    cmds
}

/// Does what was asked for while what it is about was being looked up; nothing where the person went elsewhere since.
pub(super) fn act_on_typed_ahead(app: &mut App) -> Vec<Cmd> {
    if app.structure.is_looking() {
        return Vec::new();
    }
    let typed = std::mem::take(&mut app.typed_ahead);
    if app.focus != Pane::Structure || app.overlay.is_some() {
        return Vec::new();
    }
    typed.into_iter().flat_map(|action| act(app, action)).collect()
}

fn submit(app: &mut App) -> Vec<Cmd> {
    if app.is_writing {
        app.say(
            ToastKind::Hint,
            format!("The accepted hunks are being written. Press {} again in a moment.", app.key("send")),
        );
        return Vec::new();
    }
    if let Some((asks, text)) = take_wish(app) {
        return answer(app, asks, text);
    }
    if app.session.as_ref().is_some_and(|session| session.is_of_person() && app.review.is_none()) {
        app.say(
            ToastKind::Hint,
            format!("What you asked for is being made. Press {} again in a moment.", app.key("send")),
        );
        return Vec::new();
    }
    if app.session.as_ref().is_some_and(Session::is_resuming) {
        app.say(
            ToastKind::Hint,
            format!("What was pending is being judged. Press {} again in a moment.", app.key("send")),
        );
        return Vec::new();
    }
    if app.question.is_none()
        && let Some(cmds) = take_command(app, app.draft.clone().trim())
    {
        return cmds;
    }
    let text = put_draft(app, String::new());
    let text = app.prompt.expanded(&text).trim().to_owned();
    let goes_on = app.session.as_ref().is_some_and(Session::is_held);
    if text.is_empty() && !goes_on {
        app.say(ToastKind::Hint, "Write what should be done, then press Enter.");
        return Vec::new();
    }
    let mut cmds = remember(app, &text);
    app.activity.follow();
    app.set_focus(Pane::Activity);
    app.focus_before_prompt = Pane::Activity;
    if let Some(session) = app.session.as_mut().filter(|_| app.review.is_none() && app.question.is_none())
        && matches!(session.phase(), Phase::Thinking | Phase::Working)
    {
        // It can be changed until the model is asked next.
        session.add(text);
        return cmds;
    }
    if app.question.take().is_some() {
        cmds.extend(tell_agent(app, Event::Answered(text)));
    } else if app.review.is_some() {
        cmds.extend(revise(app, text));
    } else {
        app.task.clone_from(&text);
        app.task_number += 1;
        app.unanswered = Some(text.clone());
        cmds.extend(begin_task(app, text));
    }
    cmds
}

/// The prompt holds what flux asked for.
fn answer(app: &mut App, asks: Asks, text: String) -> Vec<Cmd> {
    match asks {
        Asks::Name(target) => take_name(app, &target, text.trim()),
        Asks::Addition { target, class, after } => add(app, &target, text, class.as_deref(), after.as_deref()),
        Asks::Comment(hunk) => revise_hunk(app, &hunk, text.trim().to_owned()),
        Asks::Reason { code, path, symbol } => take_reason(app, code, &path, symbol, &text),
        Asks::Step { number, is_new } => take_step(app, number, is_new, text.trim().to_owned()),
    }
}

/// Leaves what is open; stops the agent where nothing is, not even a sentence that was just said.
fn back(app: &mut App, is_said: bool) -> Vec<Cmd> {
    if app.code.is_aside && !app.checks.is_open {
        app.code.is_aside = false;
        return Vec::new();
    }
    if app.code_edit.is_some() && app.focus == Pane::Centre {
        return leave_edit(app);
    }
    if app.structure.filtering || (app.focus == Pane::Structure && !app.structure.filter.is_empty()) {
        app.structure.filtering = false;
        let height = app.height_of(Pane::Structure);
        app.structure.set_filter(String::new(), height);
        app.typed_ahead.clear();
        return show_selected(app);
    }
    if app.focus == Pane::Prompt && leave_wish(app) {
        return Vec::new();
    }
    if app.focus == Pane::Prompt {
        app.focus = app.focus_before_prompt;
        return Vec::new();
    }
    if !is_said && matches!(app.phase(), Phase::Thinking | Phase::Working | Phase::Asking) {
        app.question = None;
        take_waiting_back(app);
        let cmds = tell_agent(app, Event::Stop);
        let is_pending = app.session.as_ref().is_some_and(|session| !session.pending().is_empty());
        let text = match (app.review.is_some(), is_pending) {
            (true, _) => "Stopped. The proposal is as it was before, with all that you decided.",
            (false, true) => "Stopped. What was edited so far is kept for the next task; nothing was written.",
            (false, false) => &format!(
                "Stopped before anything was edited. {} and {} bring the task back.",
                app.key("prompt"),
                app.key("recall")
            ),
        };
        app.say(ToastKind::Hint, text);
        return cmds;
    }
    Vec::new()
}

fn quit(app: &mut App) -> Vec<Cmd> {
    let why = if app.is_writing {
        "The accepted hunks are being written."
    } else if app.model.is_recorded && (app.review.is_some() || app.phase() != Phase::Idle) {
        "This is the demo: nothing of the proposal was written, and no session is kept."
    } else if app.review.is_some() {
        "A proposal waits: nothing of it was written. flux --continue brings it back."
    } else if app.phase() != Phase::Idle {
        "The agent is at work. flux --continue goes on with what it made so far."
    } else {
        return vec![Cmd::Quit];
    };
    app.overlay = Some(Overlay::Leaving { why: why.to_owned() });
    Vec::new()
}

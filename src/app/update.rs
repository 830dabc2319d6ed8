//! What happened → the new state and what has to be done.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::act::{act, act_on_typed_ahead};
use super::checking::override_settled;
use super::deciding::{judged, take_known, took_back, written};
use super::editing::edited_outside;
use super::going::show_written;
use super::looking::{end_looking, found_named, found_neighbours, found_uses};
use super::mouse::mouse;
use super::movement::{seek_filtered, take_filtered};
use super::pane::structure::GitState;
use super::picker::{preview_opened, renew_project};
use super::picking::ranked;
use super::prompting::{completed, give_waiting};
use super::proposing::{read_sides, rearrange, recognised};
use super::questions::{judge_again, reread_all, reread_moved, seek_needs};
use super::reaching::found_reach;
use super::rereading::reread;
use super::session_list::{listed_sessions, opened_session, take_up};
use super::tasks::{begin_task, tell_agent};
use super::telling::exported;
use super::theming::theme_kept;
use super::write_list::listed_writes;
use super::{App, Cmd, Input, Msg, Overlay, Pane, ToastKind, WatcherHealth};
use crate::agent::{Event, Session};
use crate::index::Snapshot;
use crate::text::ProjectPath;

/// Takes in what happened. Never blocks: what takes time is a [`Cmd`]. What became of the session is to be saved before
/// anything else is done.
pub fn update(app: &mut App, msg: Msg) -> Vec<Cmd> {
    let waited = app.is_waited_for();
    let mut cmds = take_in(app, msg);
    while let Some(action) = app.then.take() {
        cmds.extend(act(app, action));
    }
    cmds.extend(give_waiting(app));
    cmds.extend(app.call(waited));
    // The room changes with the screen, a border, a pane that is shown alone.
    rearrange(app);
    app.follow_issue();
    cmds.extend(app.follow_changes());
    cmds.extend(seek_filtered(app));
    cmds.extend(end_looking(app));
    let agent = app.session.as_ref().map_or(&[][..], Session::activity);
    app.activity.clock(agent, app.clock_ms);
    let records = app.unsaved();
    if !records.is_empty() {
        cmds.insert(0, Cmd::Save(records));
    }
    let is_about_to_edit = app.focus == Pane::Prompt || app.session.is_some();
    if is_about_to_edit && !std::mem::replace(&mut app.is_prepared, true) {
        cmds.push(Cmd::Prepare);
    }
    let learned = app.session.as_mut().map(Session::learned).unwrap_or_default();
    if !learned.is_empty() {
        cmds.push(Cmd::Learn(learned));
    }
    cmds
}

fn take_in(app: &mut App, msg: Msg) -> Vec<Cmd> {
    match msg {
        Msg::Act(action) => act(app, action),
        Msg::Input(Input::Mouse { action, column, row }) => mouse(app, action, column, row),
        Msg::Input(Input::Resized { columns, rows }) => {
            app.columns = columns;
            app.rows = rows;
            Vec::new()
        }
        Msg::Input(input @ (Input::FocusGained | Input::FocusLost)) => {
            app.is_away = input == Input::FocusLost;
            Vec::new()
        }
        // Keys become actions before they come here.
        Msg::Input(Input::Key(_) | Input::Paste(_)) => Vec::new(),
        Msg::IndexProgressed { done, total } => {
            app.progress = Some((done, total));
            Vec::new()
        }
        Msg::Indexed(snapshot) => indexed(app, snapshot),
        Msg::WatcherChanged(health) => {
            watcher_changed(app, health);
            Vec::new()
        }
        Msg::WritesCounted { standing, can_redo } => {
            (app.write_count, app.can_redo) = (Some(standing), can_redo);
            Vec::new()
        }
        Msg::EnvironmentLooked { is_there } => {
            app.has_environment = is_there;
            Vec::new()
        }
        Msg::GroundTold { is_light } => {
            app.take_ground(is_light);
            Vec::new()
        }
        Msg::FileOpened(path, read) => {
            let height = app.height_of(Pane::Centre);
            preview_opened(app, &path, &read);
            app.code.take_file(&path, read, height);
            Vec::new()
        }
        Msg::Judged(job, report) => judged(app, job, report),
        Msg::JudgedSoFar(job, report) => {
            if let Some(review) = &mut app.review {
                review.take_report_so_far(job, report);
            }
            Vec::new()
        }
        Msg::MendsFound(job, issues) => {
            if let Some(review) = &mut app.review {
                review.take_mends(job, issues);
            }
            Vec::new()
        }
        Msg::ReachFound(job, reach) => found_reach(app, job, reach),
        Msg::Recognised(job, kinds) => {
            recognised(app, job, kinds);
            Vec::new()
        }
        Msg::Filtered(job, found) => {
            let mut cmds = take_filtered(app, job, found);
            cmds.extend(act_on_typed_ahead(app));
            cmds
        }
        Msg::LinesMarked(job, marks) => {
            app.marked_lines(job, marks);
            Vec::new()
        }
        Msg::SidesRead(job, parsed) => {
            read_sides(app, job, &parsed);
            Vec::new()
        }
        Msg::NeedsFound(job, needs) => {
            let is_waited_for = app.review.as_mut().is_some_and(|review| review.take_needs(job, needs));
            if is_waited_for { take_known(app) } else { Vec::new() }
        }
        Msg::Reread(job, readings) => reread(app, job, &readings),
        Msg::Agent(event) => tell_agent(app, event),
        Msg::Written(Ok(paths)) => written(app, &paths),
        Msg::Written(Err(why)) => {
            app.is_writing = false;
            if let Some(review) = &mut app.review {
                review.was_refused = true;
            }
            app.say_and_note(ToastKind::Failure, format!("Nothing was written: {why}"));
            // What changed meanwhile was not judged; it may be what stood in the way.
            let mut cmds = judge_again(app);
            cmds.extend(reread_all(app));
            cmds
        }
        Msg::Undone(undone) => took_back(app, undone, true),
        Msg::Redone(redone) => took_back(app, redone, false),
        Msg::WritesListed(writes) => listed_writes(app, writes),
        Msg::SessionOpened(opened) => opened_session(app, opened),
        Msg::SessionsListed(sessions) => listed_sessions(app, sessions),
        Msg::Ranked(job, ranking) => match completed(app, job, &ranking) {
            true => Vec::new(),
            false => ranked(app, job, ranking),
        },
        Msg::Exported(outcome) => {
            exported(app, outcome);
            Vec::new()
        }
        Msg::OverrideKept(outcome) => override_settled(app, outcome, true),
        Msg::OverrideTakenBack(outcome) => override_settled(app, outcome, false),
        Msg::ThemeKept(kept) => theme_kept(app, kept),
        Msg::ModelChosen(Some(name)) => {
            app.model.is_silent = false;
            app.say_and_note(ToastKind::Done, format!("The next turn is asked of {name}."));
            Vec::new()
        }
        Msg::ModelChosen(None) => {
            app.say(ToastKind::Hint, "Only one model is configured; [models.NAME] in your config.toml adds others.");
            Vec::new()
        }
        Msg::Failed { what, why } => {
            app.say_and_note(ToastKind::Failure, format!("{what}: {why}"));
            Vec::new()
        }
        Msg::Ticked { now_ms } => {
            app.clock_ms = now_ms;
            app.toast.take_if(|toast| toast.ends_ms <= now_ms);
            if let Some(Overlay::Picker(picker)) = &mut app.overlay {
                picker.tick(now_ms);
            }
            tell_agent(app, Event::Ticked { now_ms })
        }
        Msg::GitRead(states) => git_read(app, states),
        Msg::UsesFound(job, found) => found_uses(app, job, found),
        Msg::NamedFound(job, uses) => found_named(app, job, uses),
        Msg::NeighboursFound(job, found) => found_neighbours(app, job, found),
        Msg::FileEdited(_, Err(why)) | Msg::TextEdited(_, Err(why)) => {
            app.say_and_note(ToastKind::Failure, why);
            Vec::new()
        }
        // What was saved is told by whoever watches the disk.
        Msg::TextEdited(job, Ok(text)) => edited_outside(app, job, &text),
        Msg::FileEdited(_, Ok(())) | Msg::Continued => Vec::new(),
        Msg::Terminated { .. } => vec![Cmd::Quit],
    }
}

/// One look at a time: what changed meanwhile is looked at once more.
fn git_read(app: &mut App, states: BTreeMap<ProjectPath, GitState>) -> Vec<Cmd> {
    app.structure.git = states;
    app.git_looks = app.git_looks.saturating_sub(1).min(1);
    if app.git_looks > 0 { vec![Cmd::ReadGit] } else { Vec::new() }
}

/// That changes are noticed in another way is said once, and for the same reason not again.
fn watcher_changed(app: &mut App, health: WatcherHealth) {
    let old = std::mem::replace(&mut app.watcher, health);
    let was_live = matches!(old, WatcherHealth::Starting | WatcherHealth::Live);
    match (&old, &app.watcher) {
        (_, WatcherHealth::Starting | WatcherHealth::Off(_)) => {}
        (_, WatcherHealth::Live) if was_live => {}
        (_, WatcherHealth::Live) => app.say_and_note(ToastKind::Done, "flux follows changes on disk again."),
        (old, new) if old.has_reason_of(new) => {}
        (_, new) => {
            let told = new.told().unwrap_or_default();
            app.say_and_note(ToastKind::Hint, told);
        }
    }
}

/// Folders that cannot be looked into are said once.
fn say_unlisted(app: &mut App, snapshot: &Snapshot) {
    let known = app.snapshot.as_ref().map(|known| known.unlisted.clone()).unwrap_or_default();
    let mut new = snapshot.unlisted.iter().filter(|(folder, _)| !known.contains_key(*folder));
    if let Some((folder, why)) = new.next() {
        let folder = if folder.is_empty() { "the project's own folder" } else { folder };
        let others = match new.count() {
            0 => String::new(),
            count => format!(", and {count} more"),
        };
        app.say(ToastKind::Failure, format!("{folder} cannot be looked into: {why}{others}"));
    }
}

fn indexed(app: &mut App, snapshot: Arc<Snapshot>) -> Vec<Cmd> {
    app.progress = None;
    app.find_example(&snapshot);
    say_unlisted(app, &snapshot);
    app.structure.take_snapshot(snapshot.clone());
    app.snapshot = Some(snapshot.clone());
    let mut cmds = take_up(app);
    if app.git_looks == 0 {
        cmds.push(Cmd::ReadGit);
    }
    app.git_looks = (app.git_looks + 1).min(2);
    cmds.extend(renew_project(app));
    cmds.extend(match app.waiting_task.take() {
        Some(task) => begin_task(app, task),
        None => tell_agent(app, Event::Snapshot(snapshot.clone())),
    });
    if let Some((path, symbol)) = app.written.take() {
        cmds.extend(show_written(app, &path, symbol.as_deref()));
    } else {
        app.code.marked = app.structure.selected_lines(app.code.wanted.as_ref()).or(app.code.marked);
    }
    // The file in view may be another one now.
    if let Some(path) = app.code.wanted.clone() {
        let shown = app.code.file.as_ref().filter(|file| file.path == path).map(|file| file.text.hash());
        match snapshot.file(&path) {
            Some(entry) if Some(entry.hash) != shown => cmds.push(Cmd::OpenFile(path)),
            Some(_) => {}
            None => {
                app.code.file = None;
                app.code.error = Some(format!("{path} is no longer there"));
            }
        }
    }
    // What is accepted was judged on another project than the one it would be written to.
    if !app.is_writing {
        cmds.extend(judge_again(app));
        cmds.extend(seek_needs(app));
        cmds.extend(reread_moved(app));
    }
    cmds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Action;

    #[test]
    fn the_gate_is_prepared_once_and_only_where_somebody_is_about_to_edit() {
        let mut app = App::new(std::path::Path::new("project"), 120, 36);
        let mut prepares = |action| {
            let cmds = update(&mut app, Msg::Act(action));
            cmds.iter().filter(|cmd| matches!(cmd, Cmd::Prepare)).count()
        };
        assert_eq!(prepares(Action::Down), 0);
        assert_eq!(prepares(Action::NextPane), 0);
        assert_eq!(prepares(Action::Prompt), 1);
        assert_eq!(prepares(Action::Typed { text: "task".to_owned(), cursor: 4 }), 0);
    }
}

//! What happened → the new state and what has to be done.

use std::sync::Arc;

use super::act::act;
use super::mouse::mouse;
use super::pane::proposal::ProposalPane;
use super::{App, Cmd, Decision, Input, Msg, Pane, Review, ToastKind};
use crate::agent::{Event, JobId, Limits, Need, ReviewOutcome, Session, ToolCall};
use crate::gate::Report;
use crate::index::Snapshot;
use crate::text::{ChangeSet, ProjectPath, hunks_of};

/// Takes in what happened. Never blocks: what takes time is a [`Cmd`].
pub fn update(app: &mut App, msg: Msg) -> Vec<Cmd> {
    match msg {
        Msg::Act(action) => act(app, action),
        Msg::Input(Input::Mouse { action, column, row }) => mouse(app, action, column, row),
        Msg::Input(Input::Resized { columns, rows }) => {
            app.columns = columns;
            app.rows = rows;
            rearrange(app);
            Vec::new()
        }
        // Keys become actions before they come here.
        Msg::Input(Input::Key(_) | Input::Paste(_) | Input::FocusGained | Input::FocusLost) => Vec::new(),
        Msg::IndexProgressed { done, total } => {
            app.progress = Some((done, total));
            Vec::new()
        }
        Msg::Indexed(snapshot) => indexed(app, snapshot),
        Msg::WatcherChanged(health) => {
            app.watcher = health;
            Vec::new()
        }
        Msg::FileOpened(path, read) => {
            let height = app.height_of(Pane::Centre);
            app.code.take_file(&path, read, height);
            Vec::new()
        }
        Msg::Judged(job, report) => judged(app, job, report),
        Msg::NeedsFound(job, needs) => {
            if let Some(review) = &mut app.review {
                review.take_needs(job, needs);
            }
            Vec::new()
        }
        Msg::Agent(event) => tell_agent(app, event),
        Msg::Written(Ok(paths)) => written(app, &paths),
        Msg::Written(Err(why)) => {
            app.is_writing = false;
            app.say_and_note(ToastKind::Failure, format!("Nothing was written: {why}"));
            // What changed meanwhile was not judged.
            judge_again(app)
        }
        Msg::Undone(Ok(paths)) => {
            app.say_and_note(ToastKind::Done, format!("Took the last write back: {}", listed(&paths)));
            Vec::new()
        }
        Msg::Undone(Err(why)) => {
            app.say(ToastKind::Hint, format!("Nothing was taken back: {why}"));
            Vec::new()
        }
        Msg::Failed { what, why } => {
            app.say_and_note(ToastKind::Failure, format!("{what}: {why}"));
            Vec::new()
        }
        Msg::Ticked { now_ms } => {
            app.clock_ms = now_ms;
            Vec::new()
        }
        Msg::Terminated { .. } => vec![Cmd::Quit],
    }
}

fn indexed(app: &mut App, snapshot: Arc<Snapshot>) -> Vec<Cmd> {
    app.progress = None;
    app.structure.take_snapshot(snapshot.clone());
    app.snapshot = Some(snapshot.clone());
    let mut cmds = match app.waiting_task.take() {
        Some(task) => begin_task(app, task),
        None => tell_agent(app, Event::Snapshot(snapshot.clone())),
    };
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
    }
    cmds
}

/// Gives the agent a task; the conversation begins with the first one.
pub(super) fn begin_task(app: &mut App, task: String) -> Vec<Cmd> {
    let Some(snapshot) = app.snapshot.clone() else {
        app.say_and_note(ToastKind::Hint, "The task starts as soon as the index is complete.");
        app.waiting_task = Some(task);
        return Vec::new();
    };
    app.session.get_or_insert_with(|| Session::new(snapshot, Limits::default()));
    tell_agent(app, Event::Task(task))
}

/// Gives the session an event and passes on what it needs.
pub(super) fn tell_agent(app: &mut App, event: Event) -> Vec<Cmd> {
    let Some(session) = &mut app.session else { return Vec::new() };
    let needs = session.update(event);
    needs.into_iter().flat_map(|need| take_need(app, need)).collect()
}

fn take_need(app: &mut App, need: Need) -> Vec<Cmd> {
    match need {
        Need::RunTool(_, ref call, _) => {
            let opened = follow(app, call);
            opened.into_iter().chain([Cmd::Need(need)]).collect()
        }
        Need::AskModel(..) | Need::Check(..) | Need::Cancel(_) => vec![Cmd::Need(need)],
        Need::Propose(change_set, report) => propose(app, change_set, report),
        Need::AskPerson(question) => {
            app.question = Some(question);
            app.set_focus(Pane::Prompt);
            Vec::new()
        }
        Need::Finished { summary, failed } => {
            app.question = None;
            if failed {
                app.say(ToastKind::Failure, summary);
            } else if !summary.is_empty() {
                app.say(ToastKind::Done, summary);
            }
            Vec::new()
        }
    }
}

/// Shows the place that the agent reads or edits, for as long as the person watches its activity.
fn follow(app: &mut App, call: &ToolCall) -> Option<Cmd> {
    if app.focus != Pane::Activity {
        return None;
    }
    let arguments: serde_json::Value = serde_json::from_str(&call.arguments).ok()?;
    let text = |name: &str| arguments.get(name).and_then(|value| value.as_str());
    let path = ProjectPath::new(text("path")?).ok()?;
    app.structure.structure(&path)?;
    let name = text("symbol").or_else(|| text("name"));
    let symbol = match (text("target_class"), name) {
        (Some(class), Some(name)) => Some(format!("{class}.{name}")),
        (_, name) => name.map(str::to_owned),
    };
    let height = app.height_of(Pane::Structure);
    app.structure.reveal(&path, symbol.as_deref(), height);
    super::act::show_selected(app).pop()
}

/// Shows a proposal for review.
pub(super) fn propose(app: &mut App, change_set: ChangeSet, report: Report) -> Vec<Cmd> {
    let hunks = hunks_of(&change_set);
    let review = Review::new(change_set, hunks, report);
    let arrangement = app.arrangement();
    let pane = ProposalPane::new(&review, arrangement, app.height_of(Pane::Centre));
    app.structure.set_marks(review.marks(|path| pane.old_side(path)));
    app.review = Some(review);
    app.proposal = Some(pane);
    reveal_hunk(app);
    app.checks_top = 0;
    app.question = None;
    // Letters decide now; who is in the middle of a sentence keeps the prompt.
    if app.focus != Pane::Prompt || app.draft.is_empty() {
        app.focus = Pane::Centre;
    }
    app.focus_before_prompt = Pane::Centre;
    seek_needs(app)
}

/// Asks the gate which hunk needs which, as the hunks are cut now; the newest question wins.
pub(super) fn seek_needs(app: &mut App) -> Vec<Cmd> {
    let job = app.next_job();
    let Some(review) = &mut app.review else { return Vec::new() };
    review.needs.clear();
    review.needs_awaited = Some(job);
    vec![Cmd::SeekNeeds(job, review.change_set.clone(), review.hunks.clone())]
}

/// Selects in the structure what the current hunk changes.
pub(super) fn reveal_hunk(app: &mut App) {
    let height = app.height_of(Pane::Structure);
    let (Some(review), Some(proposal)) = (&app.review, &app.proposal) else { return };
    let Some(hunk) = proposal.hunk().and_then(|at| review.hunks.get(at)) else { return };
    let first = hunk.extent().old.start + 1;
    let symbol = proposal.old_side(&hunk.path).and_then(|live| {
        let id = live.structure.symbol_at(first)?;
        Some(live.structure.symbol(id).qualname.clone())
    });
    app.structure.reveal(&hunk.path, symbol.as_deref(), height);
}

/// Ends the review; the code is shown again.
pub(super) fn close_review(app: &mut App) {
    app.review = None;
    app.proposal = None;
    app.is_writing = false;
    app.structure.set_marks(Default::default());
}

fn judged(app: &mut App, job: JobId, report: Report) -> Vec<Cmd> {
    let Some(review) = &mut app.review else { return Vec::new() };
    if review.awaited == Some(job) && report.cancelled {
        // Nothing newer was asked, so the answer is still wanted.
        return judge_again(app);
    }
    if !review.take_report(job, report) || !review.write_when_judged {
        return Vec::new();
    }
    review.write_when_judged = false;
    super::act::write(app)
}

/// Asks the gate about the accepted hunks as they are now; the newest question wins.
pub(super) fn judge(app: &mut App) -> Vec<Cmd> {
    let job = app.next_job();
    let reads = app.session.as_ref().map(|session| session.reads().clone()).unwrap_or_default();
    let Some(review) = &mut app.review else { return Vec::new() };
    review.write_when_judged = false;
    if review.count(Decision::Accepted) == 0 {
        review.awaited = None;
        return Vec::new();
    }
    review.awaited = Some(job);
    vec![Cmd::Judge(job, review.selection(), reads)]
}

/// Asks about the same hunks once more; an order to write them stands.
fn judge_again(app: &mut App) -> Vec<Cmd> {
    let is_ordered = app.review.as_ref().is_some_and(|review| review.write_when_judged);
    let cmds = judge(app);
    if let Some(review) = &mut app.review {
        review.write_when_judged = is_ordered && review.awaited.is_some();
    }
    cmds
}

/// Shows in tree and code what was just written.
fn show_written(app: &mut App, path: &ProjectPath, symbol: Option<&str>) -> Vec<Cmd> {
    let height = app.height_of(Pane::Structure);
    app.structure.reveal(path, symbol, height);
    super::act::show_selected(app)
}

fn written(app: &mut App, paths: &[ProjectPath]) -> Vec<Cmd> {
    let mut rejected = Vec::new();
    let mut is_indexed = true;
    let mut shown = paths.first().map(|path| (path.clone(), None));
    if let (Some(review), Some(proposal)) = (&app.review, &app.proposal) {
        let taken = |at: usize| review.decision(at) == Decision::Accepted;
        let left = review.hunks.iter().enumerate().filter(|(at, _)| !taken(*at));
        rejected = left.map(|(_, hunk)| review.describe(hunk)).collect();
        let first = review.hunks.iter().enumerate().find(|(at, _)| taken(*at));
        shown = first.map(|(_, hunk)| (hunk.path.clone(), proposal.symbol_of(hunk))).or(shown);
        // The watcher may be faster than the writer's last sync.
        is_indexed = shown.as_ref().is_none_or(|(path, _)| {
            let known = app.snapshot.as_ref().and_then(|snapshot| snapshot.file(path)).map(|entry| entry.hash);
            review.change_set.get(path).is_none_or(|change| change.base_hash() != known)
        });
    }
    close_review(app);
    let left = match rejected.len() {
        0 => String::new(),
        1 => "; 1 hunk was left out".to_owned(),
        count => format!("; {count} hunks were left out"),
    };
    app.say_and_note(ToastKind::Done, format!("Wrote {}{left}. u takes it back.", listed(paths)));
    app.focus = Pane::Structure;
    let mut cmds = Vec::new();
    match shown {
        Some((path, symbol)) if is_indexed => cmds.extend(show_written(app, &path, symbol.as_deref())),
        shown => app.written = shown,
    }
    let files = paths.iter().map(|path| path.to_string()).collect();
    cmds.extend(tell_agent(app, Event::Reviewed(ReviewOutcome::Written { files, rejected })));
    cmds.extend(app.code.wanted.clone().filter(|path| paths.contains(path)).map(Cmd::OpenFile));
    cmds
}

fn listed(paths: &[ProjectPath]) -> String {
    match paths {
        [] => "nothing".to_owned(),
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

/// Lays the proposal again when the room for it changed.
pub(super) fn rearrange(app: &mut App) {
    let arrangement = app.arrangement();
    let height = app.height_of(Pane::Centre);
    if let (Some(review), Some(pane)) = (&app.review, &mut app.proposal)
        && pane.arrangement != arrangement
    {
        pane.relay(review, arrangement, height);
    }
}

//! The way between the agent and the screen: events in, needs out.

use super::code_edit::edit_refused;
use super::draft::{take_sent_back, take_waiting_back};
use super::going::show_selected;
use super::proposing::propose;
use super::{App, Cmd, Pane, ToastKind};
use crate::agent::{Event, ModelEvent, Need, Session, ToolCall};
use crate::text::ProjectPath;

/// Gives the agent a task; the conversation begins with the first one.
pub(super) fn begin_task(app: &mut App, task: String) -> Vec<Cmd> {
    let Some(snapshot) = app.snapshot.clone().filter(|_| !app.is_opening) else {
        app.say_and_note(ToastKind::Hint, "The task starts as soon as the index is complete.");
        app.waiting_task = Some(task);
        return Vec::new();
    };
    let limits = app.limits.clone();
    let session = app.session.get_or_insert_with(|| Session::new(snapshot, limits));
    session.know(app.lessons.clone());
    app.checks.written = None;
    tell_agent(app, Event::Task(task))
}

/// Gives the session an event and passes on what it needs.
pub(super) fn tell_agent(app: &mut App, event: Event) -> Vec<Cmd> {
    let Some(session) = &mut app.session else { return Vec::new() };
    if let Event::Model(_, ModelEvent::Reasoning(piece)) = &event
        && session.is_waiting_for(&event)
    {
        app.activity.think(session.activity().len(), piece);
    }
    if matches!(event, Event::Model(_, ModelEvent::Text(_) | ModelEvent::Reasoning(_) | ModelEvent::Finished { .. }))
        || matches!(event, Event::Stop)
    {
        app.unanswered = None;
    }
    let is_answer = session.is_waiting_for(&event);
    match &event {
        Event::Model(_, ModelEvent::Failed { .. }) if is_answer => app.model.is_silent = true,
        Event::Model(_, ModelEvent::Text(_) | ModelEvent::Reasoning(_) | ModelEvent::Finished { .. }) if is_answer => {
            app.model.is_silent = false;
        }
        _ => {}
    }
    session.verify_with_tests(app.runs_tests);
    session.allow_commands(&app.allowed_commands);
    let needs = session.update(event);
    take_needs(app, needs)
}

/// Passes on what the agent needs.
pub(super) fn take_needs(app: &mut App, needs: Vec<Need>) -> Vec<Cmd> {
    needs.into_iter().flat_map(|need| take_need(app, need)).collect()
}

fn take_need(app: &mut App, need: Need) -> Vec<Cmd> {
    match need {
        Need::RunTool(_, ref call, _) => {
            let opened = follow(app, call);
            opened.into_iter().chain([Cmd::Need(need)]).collect()
        }
        Need::Understand(..)
        | Need::AskModel(..)
        | Need::Check(..)
        | Need::FindPlaces(..)
        | Need::RunTests(..)
        | Need::RunCommand(..)
        | Need::Cancel(_) => {
            vec![Cmd::Need(need)]
        }
        Need::Propose(change_set, report) => propose(app, change_set, report),
        Need::AskLeave(command) => {
            app.question =
                Some(format!("May this run? {command}   y: once, a: always in this session, n or words: no."));
            app.set_focus(Pane::Prompt);
            Vec::new()
        }
        Need::AskPerson(question) => {
            app.question = Some(question);
            app.set_focus(Pane::Prompt);
            Vec::new()
        }
        Need::Finished { summary, failed } => {
            app.question = None;
            // It is shown again before, unless nothing is left of it.
            app.kept_review = None;
            if failed {
                edit_refused(app, &summary);
                take_waiting_back(app);
                let told = match take_sent_back(app) {
                    // The task stands in the prompt.
                    true => format!(
                        "The model gave no answer. {} sends the task again, /model asks another model, `flux doctor` says what \
                         works.",
                        app.key("send")
                    ),
                    false => in_short(app, summary),
                };
                app.say(ToastKind::Failure, told);
            } else if !summary.is_empty() {
                app.say(ToastKind::Done, summary);
            }
            Vec::new()
        }
    }
}

/// A failure as it is said over the screen: of one that lists much, its beginning, and where the rest stands.
fn in_short(app: &App, summary: String) -> String {
    /// Of more lines, most of the screen would be covered.
    const LINES_MAX: usize = 4;
    match summary.lines().next() {
        Some(first) if summary.lines().count() > LINES_MAX => {
            format!("{first} The activity ({}) lists why.", app.key("activity"))
        }
        _ => summary,
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
    show_selected(app).pop()
}

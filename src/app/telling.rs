//! What a person does with the activity: walks through it, unfolds, and has it written to a file.

use super::pane::activity::{EntryId, transcript};
use super::{App, Cmd, Pane, ToastKind};
use crate::agent::Session;
use crate::text::ProjectPath;

/// Further than this is a page, or the beginning: it scrolls rather than selects.
const ENTRIES_BY_KEY: isize = 1;

/// One entry further, or a page of lines; the ends are the oldest entry and the newest.
pub(super) fn move_entry(app: &mut App, by: isize) {
    let agent = app.session.as_ref().map_or(&[][..], Session::activity);
    let is_end = by.unsigned_abs() > usize::from(u16::MAX);
    match (is_end, by > 0) {
        (true, true) => app.activity.follow(),
        (true, false) => app.activity.move_by(by, agent),
        (false, _) if by.abs() > ENTRIES_BY_KEY => app.activity.scrolled += by as i64,
        (false, _) => app.activity.move_by(by, agent),
    }
}

pub(super) fn unfold(app: &mut App, open: Option<bool>) {
    let agent = app.session.as_ref().map_or(&[][..], Session::activity);
    app.activity.toggle(open, agent);
}

/// Selects an entry; a press on the selected one unfolds it.
pub(super) fn select_entry(app: &mut App, id: EntryId) {
    let is_again = app.focus == Pane::Activity && app.activity.selected == Some(id);
    app.structure.filtering = false;
    app.set_focus(Pane::Activity);
    app.activity.selected = Some(id);
    if is_again {
        unfold(app, None);
    }
}

/// Writes the conversation to a file, where the person says so, else in flux's own folder.
pub(super) fn export(app: &mut App, place: Option<String>) -> Vec<Cmd> {
    let agent = app.session.as_ref().map_or(&[][..], Session::activity);
    if agent.is_empty() && app.activity.notes.is_empty() {
        app.say(ToastKind::Hint, "Nothing was said and done yet.");
        return Vec::new();
    }
    vec![Cmd::Export { text: transcript(&app.project, &app.activity, agent), place }]
}

pub(super) fn exported(app: &mut App, outcome: Result<String, String>) {
    match outcome {
        Ok(place) => app.say_and_note(ToastKind::Done, format!("The conversation stands in {place}")),
        Err(why) => app.say_and_note(ToastKind::Failure, format!("The conversation was not written: {why}")),
    }
}

/// Names as many files as a line of 80 columns has room for beside what is said of them.
pub(super) fn listed(paths: &[ProjectPath]) -> String {
    const CHARS_MAX: usize = 52;
    let [first, rest @ ..] = paths else { return "nothing".to_owned() };
    let mut text = first.to_string();
    for (at, path) in rest.iter().enumerate() {
        let name = path.as_str();
        if text.chars().count() + 2 + name.chars().count() > CHARS_MAX {
            return format!("{text} and {} more", rest.len() - at);
        }
        text = format!("{text}, {name}");
    }
    text
}

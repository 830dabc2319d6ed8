//! What stands in the prompt and was not sent yet.
//!
//! Invariant: nothing that a person wrote is lost: what reached nobody stands there again.

use super::{App, Cmd, Pane};
use crate::agent::Session;

/// Puts a text in the stead of the draft, with the cursor behind it, and gives back what stood there.
pub(super) fn put_draft(app: &mut App, text: String) -> String {
    app.prompt.cursor = text.len();
    app.prompt.completion = None;
    std::mem::replace(&mut app.draft, text)
}

/// Keeps what is sent, for this project's later sessions as well.
pub(super) fn remember(app: &mut App, text: &str) -> Vec<Cmd> {
    app.prompt.pasted.clear();
    app.prompt.completion = None;
    if app.prompt.remember(text) { vec![Cmd::KeepPrompt(text.trim().to_owned())] } else { Vec::new() }
}

/// What was sent reached no model: it is the person's again, before what was written since. False where a model answered.
pub(super) fn take_sent_back(app: &mut App) -> bool {
    let Some(text) = app.unanswered.take() else { return false };
    let draft = std::mem::take(&mut app.draft);
    let all: Vec<String> = [text, draft].into_iter().filter(|text| !text.is_empty()).collect();
    put_draft(app, all.join("\n\n"));
    app.set_focus(Pane::Prompt);
    true
}

/// The task was stopped, or failed: what waits is the person's again.
pub(super) fn take_waiting_back(app: &mut App) {
    let added = app.session.as_mut().map(Session::take_added).unwrap_or_default();
    if !added.is_empty() {
        let draft = std::mem::take(&mut app.draft);
        let all: Vec<String> = added.into_iter().chain((!draft.is_empty()).then_some(draft)).collect();
        put_draft(app, all.join("\n\n"));
    }
}

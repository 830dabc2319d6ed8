//! The picture of each pane; its state is the file of the same name in `app/pane`.

mod activity;
mod checks;
pub(super) mod code;
mod hunk_edit;
mod plan;
mod prompt;
mod proposal;
mod structure;
mod symbol_edit;

pub(super) use activity::TranscriptView;
use ratatui::Frame;
use tui_textarea::TextArea;

use super::chrome::Look;
use crate::app::{App, Area, Pane};

pub(super) fn draw(
    frame: &mut Frame<'_>,
    app: &App,
    look: &Look<'_>,
    prompt: &TextArea<'static>,
    transcript: &mut TranscriptView,
    pane: Pane,
    area: Area,
) {
    match pane {
        Pane::Structure => structure::draw(frame, app, look, area),
        Pane::Centre => match (&app.review, &app.proposal) {
            (Some(review), Some(proposal)) if !app.code.is_aside => match &app.code_edit {
                Some(edit) => hunk_edit::draw(frame, app, look, area, (review, proposal), edit),
                None => proposal::draw(frame, app, look, area, review, proposal),
            },
            _ => match &app.code_edit {
                Some(edit) if edit.symbol().is_some() => symbol_edit::draw(frame, app, look, area, edit),
                _ => code::draw(frame, app, look, area),
            },
        },
        Pane::Plan => plan::draw(frame, app, look, area),
        Pane::Checks => checks::draw(frame, app, look, area),
        Pane::Activity => activity::draw(frame, app, look, transcript, area),
        Pane::Prompt => prompt::draw(frame, app, look, prompt, area),
    }
}

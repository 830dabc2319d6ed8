//! What is selected, as a text for the clipboard.
//!
//! Knows nothing of terminals, but how much they take. Invariant: what is said to be copied is what was handed over, whole.

use super::pane::structure::Node;
use super::picker::pane_behind;
use super::{App, Cmd, Overlay, Pane, Pick, ToastKind};
use crate::agent::Activity;
use crate::app::pane::proposal::{ProposalPane, ProposalRow};
use crate::text::RowKind;

/// What most terminals take at most: 100,000 characters once it is encoded.
const BYTES_MAX: usize = 74_000;

/// Hands what is selected to the clipboard.
pub(super) fn copy(app: &mut App) -> Vec<Cmd> {
    let Some((what, text)) = selected(app).filter(|(_, text)| !text.is_empty()) else {
        app.say(ToastKind::Hint, "Nothing is selected here that could be copied.");
        return Vec::new();
    };
    if text.len() > BYTES_MAX {
        let size = text.len().div_ceil(1_000);
        app.say(
            ToastKind::Failure,
            format!("{what} is too large to be copied: {size} kB, and terminals take {} kB.", BYTES_MAX / 1_000),
        );
        return Vec::new();
    }
    // No terminal says whether it did so.
    app.say(ToastKind::Done, format!("Copied, where the terminal allows it: {what}."));
    vec![Cmd::Copy(text)]
}

/// What it is in a few words, and the text itself.
fn selected(app: &App) -> Option<(String, String)> {
    if let Some(Overlay::Picker(picker)) = &app.overlay {
        let item = picker.selected()?;
        let text = match &item.pick {
            Pick::Spot(spot) => match (&spot.symbol, spot.line) {
                (Some(symbol), _) => format!("{}::{symbol}", spot.path),
                (None, Some(line)) => format!("{}:{line}", spot.path),
                (None, None) => spot.path.to_string(),
            },
            _ => item.label.clone(),
        };
        return Some((text.clone(), text));
    }
    match pane_behind(app) {
        Pane::Structure => structure(app),
        Pane::Centre => match &app.proposal {
            Some(proposal) if !app.code.is_aside => hunk(proposal),
            _ => code(app),
        },
        Pane::Plan => {
            let step = app.session.as_ref()?.plan().steps.get(app.step)?;
            Some(("the step".to_owned(), step.title.clone()))
        }
        Pane::Checks => {
            let issue = app.shown_issue()?.issue;
            let text = format!("{}:{}: {} [{}]", issue.path, app.number_of(issue), issue.message, issue.code);
            Some(("the issue".to_owned(), text))
        }
        Pane::Activity | Pane::Prompt => {
            let said = app.agent_activity().iter().rev().find_map(|entry| match entry {
                Activity::Said(text) if !text.trim().is_empty() => Some(text.clone()),
                _ => None,
            })?;
            Some(("the model's last answer".to_owned(), said))
        }
    }
}

/// `shop/files.py::read_rows`
fn structure(app: &App) -> Option<(String, String)> {
    let address = match app.structure.selected_node()? {
        Node::Folder(path) => path.to_string(),
        Node::File(path) => path.to_string(),
        Node::Symbol(path, id) => {
            format!("{path}::{}", app.structure.structure(path)?.symbol(*id).qualname)
        }
        Node::Added(path, at) => {
            format!("{path}::{}", app.structure.marks.get(path)?.added.get(*at as usize)?.qualname)
        }
    };
    Some((address.clone(), address))
}

/// The lines of what is marked, else where the view stands.
fn code(app: &App) -> Option<(String, String)> {
    if let Some(text) = app.code.selected_text() {
        return Some(("the selected piece of syntax".to_owned(), text.to_owned()));
    }
    let file = app.code.file.as_ref()?;
    let Some((first, last)) = app.code.marked else {
        let place = format!("{}:{}", file.path, app.code.cursor.max(1));
        return Some((place.clone(), place));
    };
    let end = last.min(file.lines.line_count());
    let span = file.lines.line_span(first.min(end)).start as usize..file.lines.line_span(end).end as usize;
    Some((format!("lines {first}–{end} of {}", file.path), file.text.text().get(span)?.to_owned()))
}

/// The hunk as a diff has it.
fn hunk(proposal: &ProposalPane) -> Option<(String, String)> {
    let current = proposal.hunk()?;
    let (mut old, mut text) = (String::new(), String::new());
    let mut new = String::new();
    for row in &proposal.rows {
        let ProposalRow::Line { file, row, hunk: Some(hunk) } = row else { continue };
        let sides = proposal.files.get(*file).filter(|_| *hunk == current);
        let Some(sides) = sides else { continue };
        let (old_line, new_line) = match row.kind {
            RowKind::Equal => continue,
            RowKind::Removed => (row.old_line, None),
            RowKind::Added => (None, row.new_line),
            RowKind::Changed => (row.old_line, row.new_line),
        };
        if let Some((side, line)) = sides.old.as_ref().zip(old_line) {
            old.push_str(&format!("-{}\n", side.line(line)));
        }
        if let Some((side, line)) = sides.new.as_ref().zip(new_line) {
            new.push_str(&format!("+{}\n", side.line(line)));
        }
    }
    text.push_str(&old);
    text.push_str(&new);
    Some((format!("hunk {}", current + 1), text))
}

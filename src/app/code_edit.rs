//! Code that a person changes in its very place, and what was typed there and not taken.
//!
//! Invariant: what was typed is kept until it is taken, or what it was typed in is gone.

use super::asking::Target;
use super::{App, Pane, Review};
use crate::text::{Hunk, ProjectPath};

/// So many texts that were typed and not taken are kept.
const KEPT_MAX: usize = 50;

/// What is being edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeEdit {
    pub(super) edited: Edited,
    /// As it was before.
    pub(super) present: String,
    /// As it is after a key.
    pub text: String,
    /// Why it could not be taken.
    pub fault: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edited {
    Hunk(Hunk),
    Symbol { target: Target, is_class: bool },
}

impl CodeEdit {
    /// Which hunk of the review it is now: lines above may have come and gone meanwhile.
    pub fn place(&self, review: &Review) -> Option<usize> {
        let Edited::Hunk(hunk) = &self.edited else { return None };
        let is_it = |at: &usize| {
            review.hunks[*at].path == hunk.path
                && review.lines_to_edit(*at).is_ok_and(|present| present == self.present)
        };
        let same = review.hunks.iter().position(|other| other == hunk);
        same.or_else(|| (0..review.hunks.len()).find(is_it))
    }

    /// The file of the symbol that it is, and the symbol as tools address it.
    pub fn symbol(&self) -> Option<(&ProjectPath, &str)> {
        match &self.edited {
            Edited::Symbol { target: Target::Symbol(path, address, _), .. } => Some((path, address)),
            Edited::Symbol { .. } | Edited::Hunk(_) => None,
        }
    }
}

/// Takes back what was typed there before.
pub(super) fn take_kept(app: &mut App, is_it: impl Fn(&CodeEdit) -> bool) -> Option<CodeEdit> {
    let at = app.kept_edits.iter().position(is_it)?;
    Some(app.kept_edits.remove(at))
}

/// What a person typed in a symbol was refused: it stands there again, to be changed.
pub(super) fn edit_refused(app: &mut App, why: &str) {
    if let Some(edit) = app.operated_edit.take() {
        app.code_edit = Some(CodeEdit { fault: Some(why.to_owned()), ..edit });
        app.set_focus(Pane::Centre);
    }
}

/// Ends the edit and keeps what was typed. False where nothing was.
pub(super) fn keep_edit(app: &mut App) -> bool {
    let Some(edit) = app.code_edit.take().filter(|edit| edit.text != edit.present) else { return false };
    app.kept_edits.push(edit);
    let more = app.kept_edits.len().saturating_sub(KEPT_MAX);
    app.kept_edits.drain(..more);
    true
}

/// Nothing of a proposal is left: what was typed in its hunks goes with it.
pub(super) fn end_edits(app: &mut App) {
    app.code_edit.take_if(|edit| edit.symbol().is_none());
    app.kept_edits.retain(|edit| edit.symbol().is_some());
}

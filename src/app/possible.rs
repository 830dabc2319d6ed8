//! Whether an action would do something now: what the footer and the palette offer.
//!
//! Asks the state alone. Invariant: what is not offered may still be asked for, and then says why it does nothing; what is
//! offered is possible, as far as anybody knows.

use super::operating::is_target;
use super::pane::checks::CheckRow;
use super::review::Hindrance;
use super::{Action, App, Decision, KeyRow, Overlay, Pane, PickerKind, Place, ShownIssue, Wish};

impl App {
    /// Whether an action would do something now.
    pub fn can(&self, action: &Action) -> bool {
        let is_code_here = self.focus == Pane::Centre && self.is_code_shown();
        let has_file = self.code.file.is_some();
        match action {
            Action::Undo => match &self.review {
                Some(review) => review.can_undo(),
                None => self.write_count.is_some_and(|count| count > 0),
            },
            Action::Redo => self.review.is_none() && self.can_redo,
            Action::Write => {
                let is_ready = |hindrance: Hindrance| hindrance == Hindrance::Unjudged;
                self.review.as_ref().is_none_or(|review| review.hindrance().is_none_or(is_ready))
            }
            Action::TakeWithNeeds => match (&self.review, &self.proposal) {
                (Some(review), Some(proposal)) => proposal.hunk().is_some_and(|at| {
                    let needs = review.needs_of(at);
                    let is_open = |at: usize| review.decision(at) != Decision::Accepted;
                    !needs.is_empty() && (is_open(at) || needs.into_iter().any(is_open))
                }),
                _ => false,
            },
            Action::NextHunk | Action::PreviousHunk => {
                self.review.as_ref().is_some_and(|review| review.hunks.len() > 1)
            }
            Action::EditStep | Action::SkipStep | Action::HoldStep | Action::StepUp | Action::StepDown => {
                self.step_count() > 0
            }
            Action::ApplyFix => {
                let is_here = |shown: ShownIssue<'_>| shown.overridden.is_none() && shown.issue.fix.is_some();
                self.shown_issue().is_some_and(is_here) && self.shown_need().is_none()
            }
            Action::NextIssue | Action::PreviousIssue => self.issue_count() > 1,
            Action::Override => self.shown_issue().is_some(),
            Action::Open => match self.focus {
                Pane::Structure => !self.structure.rows.is_empty(),
                Pane::Centre => !is_code_here,
                Pane::Activity => self.has_activity(),
                Pane::Checks => self.report().is_some(),
                Pane::Plan | Pane::Prompt => false,
            },
            Action::Filter => {
                self.can_search_code() || !self.structure.rows.is_empty() || !self.structure.filter.is_empty()
            }
            Action::Search | Action::Export => self.has_activity(),
            Action::GoTo => self.snapshot.is_some(),
            Action::AddCode | Action::Rewrite | Action::Rename | Action::Remove => is_target(self),
            Action::Definition | Action::Uses => self.focus == Pane::Structure || (is_code_here && has_file),
            Action::NextName | Action::PreviousName | Action::Grow => self.is_code_shown() && has_file,
            Action::Shrink => is_code_here && !self.code.selection.is_empty(),
            Action::OpenEditor | Action::Neighbours => self.code.wanted.is_some(),
            Action::SearchPrompts => !self.prompt.history.is_empty(),
            Action::OpenPasted => self.prompt.has_pasted(),
            Action::NewSession => self.session.is_some(),
            Action::NewLine => !self.asks_one_line(),
            _ => true,
        }
    }

    /// The hunk that the issue at hand needs.
    pub fn shown_need(&self) -> Option<usize> {
        let shown = self.shown_issue()?;
        self.review.as_ref()?.needed_for(shown.issue)
    }

    /// What the footer calls an action now: by what it does here, where it can do more than one thing.
    pub fn hint_of(&self, row: &KeyRow) -> &'static str {
        let completes_command = self.prompt.completion.as_ref().is_some_and(|completion| completion.is_command);
        match (&row.action, &self.overlay) {
            (Action::Pick, Some(Overlay::Picker(picker))) => match picker.kind {
                PickerKind::Actions | PickerKind::Keys => "do it",
                PickerKind::Project | PickerKind::Spots => "open",
                PickerKind::Sessions => "go on",
                PickerKind::Writes => "take back",
                PickerKind::Themes => "keep",
                PickerKind::Prompts => "insert",
            },
            (Action::SendCompletion, _) if completes_command => "do it",
            (Action::Filter, _) if self.can_search_code() => "search",
            // Both keys do the same.
            (Action::TakeCompletion, _) if !completes_command => "",
            // In the prompt, what it does with the question that stands there.
            (Action::Submit, _) => self.wish.as_ref().map_or(row.hint, Wish::sends),
            (Action::Back, _) if row.place == Place::Prompt && self.wish.is_some() => "leave it",
            _ => row.hint,
        }
    }

    /// How many issues can be gone through.
    fn issue_count(&self) -> usize {
        let rows = self.checks.rows(self.report());
        rows.iter().filter(|row| matches!(row, CheckRow::Issues(_) | CheckRow::Overridden(_))).count()
    }

    /// Something was said or done.
    pub(super) fn has_activity(&self) -> bool {
        !self.agent_activity().is_empty() || !self.activity.notes.is_empty()
    }

    fn step_count(&self) -> usize {
        self.session.as_ref().map_or(0, |session| session.plan().steps.len())
    }
}

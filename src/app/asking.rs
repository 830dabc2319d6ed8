//! What flux asks a person in the prompt: a name, code, a step of the plan, a comment on a hunk.
//!
//! Knows nothing of what is done with the answer. Invariant: what stood in the prompt stands there again afterwards, and what
//! was typed and not sent when the same is asked again.

use super::draft::put_draft;
use super::{App, Cmd, Pane, key_of};
use crate::text::{Hunk, ProjectPath};

/// What is being asked for in the prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    asks: Asks,
    /// What stood in the prompt.
    draft: String,
    /// What the question began with.
    present: String,
}

/// What was typed and not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeptDraft {
    asks: Asks,
    text: String,
}

/// So many of them are kept.
const KEPT_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asks {
    /// A new name or place.
    Name(Target),
    /// Code to add, in a class or behind a symbol.
    Addition { target: Target, class: Option<String>, after: Option<String> },
    /// What should be different in a hunk.
    Comment(Hunk),
    /// Why an issue may pass.
    Reason { code: &'static str, path: ProjectPath, symbol: Option<String> },
    /// A step of the plan: the new title of one, or one more.
    Step { number: usize, is_new: bool },
}

impl Asks {
    /// Whether the same is asked; a hunk is the same wherever it is counted.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Comment(one), Self::Comment(other)) => key_of(one) == key_of(other),
            _ => self == other,
        }
    }
}

impl Wish {
    /// What the prompt is for, as its title says.
    pub fn title(&self) -> &'static str {
        match self.asks {
            Asks::Name(_) => "New name",
            Asks::Addition { .. } => "Code to add",
            Asks::Comment(_) => "Comment on the hunk",
            Asks::Reason { .. } => "Reason",
            Asks::Step { .. } => "Step",
        }
    }

    /// What sending the answer does, in a word.
    pub(super) fn sends(&self) -> &'static str {
        match self.asks {
            Asks::Name(Target::File(_)) => "move it",
            Asks::Name(Target::Symbol(..)) => "rename or move it",
            Asks::Addition { .. } => "add it",
            Asks::Comment(_) => "send",
            Asks::Reason { .. } => "let it pass",
            Asks::Step { is_new: true, .. } => "add it",
            Asks::Step { is_new: false, .. } => "keep it",
        }
    }

    /// Whether the answer is one line.
    fn is_one_line(&self) -> bool {
        matches!(self.asks, Asks::Name(_) | Asks::Reason { .. } | Asks::Step { .. })
    }
}

impl App {
    /// Whether the prompt asks for one line.
    pub(super) fn asks_one_line(&self) -> bool {
        self.wish.as_ref().is_some_and(Wish::is_one_line)
    }
}

/// What is selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    File(ProjectPath),
    /// Addressed as the tools do, with its line where its name does not suffice; and its last part alone.
    Symbol(ProjectPath, String, String),
}

/// Asks in the prompt, where `present` stands to be changed, or what was typed there before and not sent.
pub(super) fn ask(app: &mut App, asks: Asks, question: String, present: String) -> Vec<Cmd> {
    // Asked about something else before: what stood in the prompt is what stood there then.
    leave_wish(app);
    let kept = app.kept_drafts.iter().rev().find(|kept| kept.asks.is_same(&asks));
    let begun = kept.map_or_else(|| present.clone(), |kept| kept.text.clone());
    app.wish = Some(Wish { asks, draft: put_draft(app, begun), present });
    app.question = Some(question);
    app.set_focus(Pane::Prompt);
    Vec::new()
}

/// Leaves the question; what stood in the prompt comes back. False when none is asked.
pub(super) fn leave_wish(app: &mut App) -> bool {
    let Some((wish, typed)) = end_wish(app) else { return false };
    if typed != wish.present {
        keep_draft(app, wish.asks, typed);
    }
    true
}

/// Keeps what was typed until the same is asked again.
pub(super) fn keep_draft(app: &mut App, asks: Asks, text: String) {
    app.kept_drafts.retain(|kept| !kept.asks.is_same(&asks));
    if !text.trim().is_empty() {
        app.kept_drafts.push(KeptDraft { asks, text });
        let more = app.kept_drafts.len().saturating_sub(KEPT_MAX);
        app.kept_drafts.drain(..more);
    }
}

/// Ends the question, and gives back what was typed.
fn end_wish(app: &mut App) -> Option<(Wish, String)> {
    let mut wish = app.wish.take()?;
    let typed = put_draft(app, std::mem::take(&mut wish.draft));
    app.kept_drafts.retain(|kept| !kept.asks.is_same(&wish.asks));
    app.question = None;
    app.focus = app.focus_before_prompt;
    Some((wish, typed))
}

/// What was asked for, with what the prompt holds.
pub(super) fn take_wish(app: &mut App) -> Option<(Asks, String)> {
    let (wish, typed) = end_wish(app)?;
    Some((wish.asks, typed.trim_end().to_owned()))
}

//! What flux asks a person in the prompt: a name, code, a step of the plan, a comment on a hunk.
//!
//! Knows nothing of what is done with the answer. Invariant: what stood in the prompt stands there again afterwards.

use super::{App, Cmd, Pane};
use crate::text::{Hunk, ProjectPath};

/// What is being asked for in the prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    asks: Asks,
    /// What stood in the prompt.
    draft: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asks {
    /// A new name or place.
    Name(Target),
    /// Code to add, in a class or behind a symbol.
    Addition { target: Target, class: Option<String>, after: Option<String> },
    /// The code that the symbol shall have, and which it has.
    Rewrite { target: Target, is_class: bool, present: String },
    /// What should be different in a hunk.
    Comment(Hunk),
    /// Why an issue may pass.
    Reason { code: &'static str, path: ProjectPath, symbol: Option<String> },
    /// A step of the plan: the new title of one, or one more.
    Step { number: usize, is_new: bool },
}

impl Wish {
    /// What the prompt is for, as its title says.
    pub fn title(&self) -> &'static str {
        match self.asks {
            Asks::Name(_) => "New name",
            Asks::Addition { .. } => "Code to add",
            Asks::Rewrite { .. } => "New code",
            Asks::Comment(_) => "Comment on the hunk",
            Asks::Reason { .. } => "Reason",
            Asks::Step { .. } => "Step",
        }
    }
}

/// What is selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    File(ProjectPath),
    /// Addressed as the tools do, with its line where its name does not suffice; and its last part alone.
    Symbol(ProjectPath, String, String),
}

/// Asks in the prompt, where `present` stands to be changed.
pub(super) fn ask(app: &mut App, asks: Asks, question: String, present: String) -> Vec<Cmd> {
    // Asked about something else before: what stood in the prompt is what stood there then.
    leave_wish(app);
    app.wish = Some(Wish { asks, draft: std::mem::replace(&mut app.draft, present) });
    app.question = Some(question);
    app.set_focus(Pane::Prompt);
    Vec::new()
}

/// Leaves the question; what stood in the prompt comes back. False when none is asked.
pub(super) fn leave_wish(app: &mut App) -> bool {
    let Some(wish) = app.wish.take() else { return false };
    app.draft = wish.draft;
    app.question = None;
    app.focus = app.focus_before_prompt;
    true
}

/// What was asked for, with what the prompt holds.
pub(super) fn take_wish(app: &mut App) -> Option<(Asks, String)> {
    let asks = app.wish.as_ref()?.asks.clone();
    let text = app.draft.trim_end().to_owned();
    leave_wish(app);
    Some((asks, text))
}

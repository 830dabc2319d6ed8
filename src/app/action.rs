//! What a person can ask for, and the one table of keys.
//!
//! The help screen, the hints in the footer, README's table and the keymap are all made from [`KEYS`].

use super::pane::activity::EntryId;
mod keys;

use super::{Decision, Key, Pane, Part};
pub use keys::KEYS;

/// What the person asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    NextPane,
    PreviousPane,
    ShowPane(Pane),
    Up,
    Down,
    PageUp,
    PageDown,
    HalfPageUp,
    HalfPageDown,
    /// Brings what is selected to the middle.
    Centre,
    /// The first key of two was pressed, or none follows it.
    Begun(Option<Key>),
    Top,
    Bottom,
    /// Opens, or folds and unfolds, what is selected.
    Open,
    Fold,
    Unfold,
    Filter,
    /// The whole text of the filter, as it is after a key.
    Filtered(String),
    FilterDone,
    Prompt,
    /// Says what should be different in the hunk.
    CommentHunk,
    /// The whole text of the prompt, as it is after a key.
    Typed {
        text: String,
        /// In bytes.
        cursor: usize,
    },
    /// Several lines were pasted into the prompt.
    Pasted(String),
    /// Shows what was pasted in full.
    OpenPasted,
    /// Takes what is offered for the word before the cursor.
    TakeCompletion,
    /// Takes it; a command is done.
    SendCompletion,
    NextCompletion,
    PreviousCompletion,
    CloseCompletion,
    /// Shows what was written after what is shown.
    RecallNewer,
    /// Lists what was written before.
    SearchPrompts,
    /// Says what the session took.
    TellCost,
    /// Begins a new conversation.
    NewSession,
    Submit,
    NextHunk,
    PreviousHunk,
    /// Accepts or rejects so much of the proposal.
    Decide(Part, Decision),
    /// Accepts the hunk with all that it needs.
    TakeWithNeeds,
    /// Changes the hunk's new lines in its place.
    EditHunk,
    /// Lists who uses what the hunk changes, what overrides it, and which tests run it.
    ShowReach,
    /// Shows the whole class or function around the hunk.
    WholeSymbol,
    /// Opens them in the person's own editor.
    EditHunkOutside,
    /// The whole text of what is being edited, as it is after a key.
    EditTyped(String),
    /// Puts what was typed in its place.
    TakeEdit,
    Split,
    ToggleView,
    Write,
    Discard,
    Undo,
    Redo,
    /// Lists what was written.
    ShowWrites,
    /// Adds code where the selection in the structure is.
    AddCode,
    /// Rewrites the symbol that is selected there.
    Rewrite,
    /// Renames or moves what is selected in the structure.
    Rename,
    /// Removes it.
    Remove,
    /// Writes the selected step of the plan anew.
    EditStep,
    /// Adds a step behind the selected one.
    AddStep,
    /// Leaves the selected step out, or wants it again.
    SkipStep,
    /// Has the agent wait after the selected step, or no longer.
    HoldStep,
    StepUp,
    StepDown,
    /// Lists what can be done now.
    Palette,
    /// Goes to the next issue of the report.
    NextIssue,
    PreviousIssue,
    /// Closes the open issue and goes back to the checks.
    LeaveIssue,
    /// Closes the open issue and stays at its place.
    StayAtIssue,
    /// Has the fix of the selected issue done.
    ApplyFix,
    /// Selects a row of the checks; once more: opens it.
    SelectCheck(usize),
    /// Lets the selected issue pass with a reason, or no longer.
    Override,
    /// Lists the project's sessions.
    ShowSessions,
    /// Lists files and symbols to go to one.
    GoTo,
    /// Lists the themes, each shown while it is selected.
    ShowThemes,
    /// Makes the pane wider and higher, by so many steps.
    Resize {
        columns: i16,
        rows: i16,
    },
    /// Gives all panes the sizes that they have by themselves.
    EvenOut,
    /// Shows one pane as large as the screen, or all of them again.
    Zoom,
    /// Hands what is selected to the clipboard.
    Copy,
    ToggleMouse,
    /// Takes what is selected in a list.
    Pick,
    /// The whole query of a list, as it is after a key.
    Queried(String),
    /// The whole text that is searched for, as it is after a key.
    Searched(String),
    SearchDone,
    EndSearch,
    NextMatch,
    PreviousMatch,
    /// Begins a search in the pane that has the focus.
    Search,
    /// Writes the conversation to a file.
    Export,
    /// Selects an entry of the activity; once more: unfolds it.
    SelectEntry(EntryId),
    /// Has the next model of the configuration asked.
    NextModel,
    /// Goes to where the name under the cursor is defined.
    Definition,
    /// Lists where it is used.
    Uses,
    /// Lists what the file depends on, and what depends on it.
    Neighbours,
    /// Goes back to where the person came from.
    TrailBack,
    TrailForward,
    NextName,
    PreviousName,
    /// Selects a larger, or a smaller, stretch of syntax.
    Grow,
    Shrink,
    /// Orders the structure by name, or by place.
    ToggleOrder,
    FoldAll,
    UnfoldAll,
    /// Opens the file at the line in view in the person's editor.
    OpenEditor,
    /// Gives the terminal back to the shell until it brings flux back.
    Suspend,
    Help,
    /// Stops the agent, or leaves what is open.
    Back,
    Quit,
    ConfirmQuit,
    NewLine,
    /// Shows what was written before what is shown.
    Recall,
}

impl Action {
    /// Whether a text is being written: what was said last stays on the screen.
    pub(super) fn is_typing(&self) -> bool {
        matches!(
            self,
            Self::Typed { .. }
                | Self::Pasted(_)
                | Self::EditTyped(_)
                | Self::Filtered(_)
                | Self::Queried(_)
                | Self::Searched(_)
        )
    }

    /// Whether it depends on what is selected in the tree.
    pub(super) fn is_about_row(&self) -> bool {
        matches!(
            self,
            Self::Up
                | Self::Down
                | Self::PageUp
                | Self::PageDown
                | Self::HalfPageUp
                | Self::HalfPageDown
                | Self::Top
                | Self::Bottom
                | Self::Open
                | Self::Fold
                | Self::Unfold
                | Self::AddCode
                | Self::Rewrite
                | Self::Rename
                | Self::Remove
                | Self::Definition
                | Self::Uses
                | Self::Neighbours
                | Self::OpenEditor
                | Self::Copy
        )
    }

    /// Whether an open issue stays open.
    pub(super) fn is_about_issue(&self) -> bool {
        matches!(
            self,
            Self::NextIssue
                | Self::PreviousIssue
                | Self::LeaveIssue
                | Self::StayAtIssue
                | Self::ApplyFix
                | Self::Override
                | Self::Help
        )
    }
}

/// Where a key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Everywhere but in a text that is being written.
    Panes,
    /// In the proposal: what is decided on the hunk that is shown.
    Review,
    /// While a proposal waits, from every pane.
    Proposal,
    /// In a hunk or a symbol that is being edited.
    Edit,
    /// In the plan, while a task is under way.
    Plan,
    /// In the checks, once there is a report.
    Checks,
    /// While an issue is open.
    Issue,
    Prompt,
    /// In the prompt, while something is offered.
    Completion,
    Filter,
    /// In the list of what was written.
    Writes,
    /// In the list of sessions.
    Sessions,
    /// In every list.
    List,
    /// While the query of a list is typed.
    Query,
    /// In the activity.
    Activity,
    /// While what is searched for is written.
    Search,
    /// While matches are shown.
    Matches,
    /// While flux asks whether to leave.
    Leaving,
    /// In every place, after all others.
    Always,
}

impl Place {
    pub const ALL: [Self; 19] = [
        Self::Review,
        Self::Proposal,
        Self::Edit,
        Self::Plan,
        Self::Checks,
        Self::Issue,
        Self::Activity,
        Self::Panes,
        Self::Prompt,
        Self::Completion,
        Self::Filter,
        Self::Search,
        Self::Matches,
        Self::Writes,
        Self::Sessions,
        Self::List,
        Self::Query,
        Self::Leaving,
        Self::Always,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Panes => "Everywhere",
            Self::Always => "Always",
            Self::Review => "Hunk of a proposal",
            Self::Proposal => "Review of a proposal",
            Self::Edit => "Editing code",
            Self::Plan => "Plan of a task",
            Self::Checks => "Checks",
            Self::Issue => "An open issue",
            Self::Activity => "Activity",
            Self::Search => "Search",
            Self::Matches => "Matches of a search",
            Self::Prompt => "Prompt",
            Self::Completion => "Completion in the prompt",
            Self::Filter => "Filter",
            Self::Writes => "What was written",
            Self::Sessions => "Sessions",
            Self::List => "Lists",
            Self::Query => "Query of a list",
            Self::Leaving => "Leaving",
        }
    }
}

/// What a person has set in `[keys]`: other keys for an action, or, as `preset`, another table to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySetting {
    pub name: String,
    pub keys: Vec<String>,
    /// `…/config.toml line 12`
    pub origin: String,
}

/// One line of the table; without keys it is in the palette alone.
#[derive(Debug)]
pub struct KeyRow {
    /// The name in the configuration: `[keys] accept = "y"`.
    pub name: &'static str,
    pub action: Action,
    /// Keys as they are written in the configuration, `g g` for two in turn; the first one is shown.
    pub keys: &'static [&'static str],
    pub place: Place,
    /// One or two words for the footer; empty: never shown there.
    pub hint: &'static str,
    pub help: &'static str,
}

/// The key table as README prints it.
pub fn key_table_markdown() -> String {
    let mut table = String::from("| key | where | what it does | name in `[keys]` |\n|---|---|---|---|\n");
    for place in Place::ALL {
        for row in KEYS.iter().filter(|row| row.place == place) {
            let mut keys: Vec<String> = row.keys.iter().map(|key| format!("`{key}`")).collect();
            if keys.is_empty() {
                keys.push("palette".to_owned());
            }
            table.push_str(&format!(
                "| {} | {} | {} | `{}` |\n",
                keys.join(" "),
                place.title().to_lowercase(),
                row.help,
                row.name
            ));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place_and_every_name_is_one() {
        let mut seen = std::collections::BTreeSet::new();
        let mut names = std::collections::BTreeSet::new();
        for row in KEYS {
            assert!(names.insert(row.name), "{} is named twice", row.name);
            for key in row.keys {
                assert!(seen.insert((row.place.title(), *key)), "{key} means two things in {}", row.place.title());
            }
        }
    }

    #[test]
    fn a_key_that_decides_means_nothing_else_in_a_pane() {
        let decides = |row: &&KeyRow| matches!(row.action, Action::Decide(..) | Action::Write | Action::TakeWithNeeds);
        let panes = [Place::Panes, Place::Plan, Place::Checks, Place::Issue, Place::Activity];
        for row in KEYS.iter().filter(decides) {
            let others = KEYS.iter().filter(|other| panes.contains(&other.place));
            for other in others {
                let shared = row.keys.iter().find(|key| other.keys.contains(key));
                assert!(shared.is_none(), "{} and {}: {shared:?}", row.name, other.name);
            }
        }
    }

    #[test]
    fn the_table_is_markdown() {
        let table = key_table_markdown();
        assert_eq!(table.lines().count(), KEYS.len() + 2);
        assert!(
            table.contains("| `y` | hunk of a proposal | Accept the hunk and go to the next open one. | `accept` |")
        );
    }
}

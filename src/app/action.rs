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
    Typed(String),
    Submit,
    NextHunk,
    PreviousHunk,
    /// Accepts or rejects so much of the proposal.
    Decide(Part, Decision),
    /// Accepts the hunk with all that it needs.
    TakeWithNeeds,
    /// Changes the hunk's new lines in its place.
    EditHunk,
    /// Shows the whole class or function around the hunk.
    WholeSymbol,
    /// Opens them in the person's own editor.
    EditHunkOutside,
    /// The whole text of the hunk that is being edited, as it is after a key.
    EditTyped(String),
    /// Puts what was typed in the hunk's place.
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
    /// Brings the last task back into an empty prompt.
    Recall,
}

impl Action {
    /// Whether a text is being written: what was said last stays on the screen.
    pub(super) fn is_typing(&self) -> bool {
        matches!(self, Self::Typed(_) | Self::EditTyped(_) | Self::Filtered(_) | Self::Queried(_) | Self::Searched(_))
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
    /// While a proposal waits, from every pane.
    Review,
    /// In a hunk that is being edited.
    Edit,
    /// In the plan, while a task is under way.
    Plan,
    /// In the checks, once there is a report.
    Checks,
    /// While an issue is open.
    Issue,
    Prompt,
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
    pub const ALL: [Self; 17] = [
        Self::Review,
        Self::Edit,
        Self::Plan,
        Self::Checks,
        Self::Issue,
        Self::Activity,
        Self::Panes,
        Self::Prompt,
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
            Self::Review => "Review of a proposal",
            Self::Edit => "Editing a hunk",
            Self::Plan => "Plan of a task",
            Self::Checks => "Checks",
            Self::Issue => "An open issue",
            Self::Activity => "Activity",
            Self::Search => "Search",
            Self::Matches => "Matches of a search",
            Self::Prompt => "Prompt",
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

const fn row(
    place: Place,
    keys: &'static [&'static str],
    name: &'static str,
    action: Action,
    hint: &'static str,
    help: &'static str,
) -> KeyRow {
    KeyRow { name, action, keys, place, hint, help }
}

use Place::{
    Activity, Always, Checks, Edit, Filter, Issue, Leaving, List, Matches, Panes, Plan, Prompt, Query, Review, Search,
    Sessions, Writes,
};

const fn accept(part: Part) -> Action {
    Action::Decide(part, Decision::Accepted)
}

const fn reject(part: Part) -> Action {
    Action::Decide(part, Decision::Rejected)
}

/// Every key of flux.
pub static KEYS: &[KeyRow] = &[
    row(Review, &["y"], "accept", accept(Part::Hunk), "accept", "Accept the hunk and go to the next open one."),
    row(Review, &["n"], "reject", reject(Part::Hunk), "reject", "Reject the hunk and go to the next open one."),
    row(
        Review,
        &["t"],
        "accept-needed",
        Action::TakeWithNeeds,
        "with needs",
        "Accept the hunk with all that it needs.",
    ),
    row(Review, &["s"], "split", Action::Split, "split", "Split the hunk into smaller ones."),
    row(Review, &["f"], "accept-symbol", accept(Part::Symbol), "", "Accept every open hunk of the class or function."),
    row(Review, &["d"], "reject-symbol", reject(Part::Symbol), "", "Reject every open hunk of the class or function."),
    row(Review, &["a"], "accept-file", accept(Part::File), "file", "Accept every open hunk of the file."),
    row(Review, &["r"], "reject-file", reject(Part::File), "", "Reject every open hunk of the file."),
    row(Review, &["A"], "accept-all", accept(Part::All), "all", "Accept every open hunk of the proposal."),
    row(Review, &["R"], "reject-all", reject(Part::All), "", "Reject every open hunk of the proposal."),
    row(
        Review,
        &["e"],
        "edit-hunk",
        Action::EditHunk,
        "edit",
        "Change the hunk's lines in its place; then it is judged again.",
    ),
    row(
        Review,
        &["E"],
        "edit-hunk-outside",
        Action::EditHunkOutside,
        "",
        "Open the hunk's lines in $VISUAL or $EDITOR.",
    ),
    row(Review, &["w"], "write", Action::Write, "write", "Write the accepted hunks, once the gate passes them."),
    row(Review, &["]"], "next-hunk", Action::NextHunk, "next", "Go to the next hunk."),
    row(Review, &["["], "previous-hunk", Action::PreviousHunk, "", "Go to the previous hunk."),
    row(
        Review,
        &["c"],
        "comment",
        Action::CommentHunk,
        "comment",
        "Say what should change in the hunk: it is made anew.",
    ),
    row(Review, &["C"], "comment-all", Action::Prompt, "", "Say what should change: the whole proposal goes back."),
    row(Review, &["o"], "whole-symbol", Action::WholeSymbol, "", "Show the whole class or function around the hunk."),
    row(Review, &["v"], "view", Action::ToggleView, "", "Change between side by side and unified."),
    row(Review, &["x"], "discard", Action::Discard, "discard", "Twice: discard the proposal; nothing is written."),
    row(Review, &["u"], "undo-decision", Action::Undo, "undo", "Take the last decision back."),
    row(Edit, &["Ctrl-S"], "take-edit", Action::TakeEdit, "take it", "Put what was typed in the hunk's place."),
    row(Edit, &["Esc"], "leave-edit", Action::Back, "leave", "Leave the hunk as it was; what was typed is kept."),
    row(Edit, &["F1"], "edit-help", Action::Help, "help", "Show the keys."),
    row(Edit, &["Ctrl-C"], "edit-quit", Action::Quit, "", "Leave flux; asks when something is pending."),
    row(Plan, &["e"], "edit-step", Action::EditStep, "edit", "Write the selected step anew."),
    row(Plan, &["o"], "add-step", Action::AddStep, "add", "Add a step behind the selected one."),
    row(Plan, &["d"], "skip-step", Action::SkipStep, "skip", "Leave the selected step out, or want it again."),
    row(Plan, &["b"], "hold-step", Action::HoldStep, "hold", "Have the agent wait after the selected step."),
    row(Plan, &["K"], "step-up", Action::StepUp, "earlier", "Do the selected step earlier."),
    row(Plan, &["J"], "step-down", Action::StepDown, "later", "Do the selected step later."),
    row(Checks, &["f"], "fix", Action::ApplyFix, "fix", "Have the fix of the issue done; the change is judged again."),
    row(Checks, &["o"], "override", Action::Override, "override", "Let the issue pass with a reason, or no longer."),
    row(Issue, &["j", "Down"], "next-issue", Action::NextIssue, "next", "Go to the next issue."),
    row(Issue, &["k", "Up"], "previous-issue", Action::PreviousIssue, "", "Go to the previous issue."),
    row(Issue, &["Esc"], "leave-issue", Action::LeaveIssue, "back", "Go back to the checks."),
    row(Issue, &["Enter"], "stay-at-issue", Action::StayAtIssue, "stay", "Close the issue and stay at its place."),
    row(
        Activity,
        &["Enter"],
        "unfold-entry",
        Action::Open,
        "unfold",
        "Show a call's arguments and answer, or fold them.",
    ),
    row(Activity, &["/"], "search", Action::Search, "search", "Search in what was said and done."),
    row(Activity, &["X"], "export", Action::Export, "export", "Write the conversation to a file, as markdown."),
    row(Panes, &["i"], "prompt", Action::Prompt, "task", "Write a task, or an answer."),
    row(Panes, &["Enter"], "open", Action::Open, "open", "Fold or unfold; on a symbol or issue: go to its code."),
    row(Panes, &["/"], "filter", Action::Filter, "filter", "Show only files and symbols that match."),
    row(Panes, &[":", "Ctrl-P"], "palette", Action::Palette, "actions", "List what can be done now, to do it."),
    row(Panes, &["p"], "go-to", Action::GoTo, "go to", "Go to a file or a symbol of the project."),
    row(Panes, &["u"], "undo", Action::Undo, "undo", "Take the last write back."),
    row(Panes, &["U"], "redo", Action::Redo, "", "Write again what was taken back."),
    row(Panes, &["o"], "add-code", Action::AddCode, "", "Add a function, a class or an import at the selection."),
    row(Panes, &["e"], "rewrite", Action::Rewrite, "", "Change the code of the selected symbol."),
    row(Panes, &["r"], "rename", Action::Rename, "", "Rename the selected symbol everywhere, or move it."),
    row(Panes, &["d"], "remove", Action::Remove, "", "Propose to remove the selected symbol, or the file."),
    row(Panes, &["E"], "editor", Action::OpenEditor, "", "Open the file in $VISUAL or $EDITOR, at this line."),
    row(Panes, &["H"], "writes", Action::ShowWrites, "", "List what was written, to take any of it back."),
    row(Panes, &["S"], "sessions", Action::ShowSessions, "", "List this project's sessions, to go on with one."),
    row(Panes, &["Y"], "copy", Action::Copy, "", "Copy what is selected: a name, code, a hunk, an issue, an answer."),
    row(
        Panes,
        &[],
        "mouse",
        Action::ToggleMouse,
        "",
        "Leave the mouse to the terminal, to select text; or take it again.",
    ),
    row(Panes, &["z"], "zoom", Action::Zoom, "", "Show this pane alone, or all of them again."),
    row(Panes, &[">"], "wider", Action::Resize { columns: 1, rows: 0 }, "", "Make the pane wider."),
    row(Panes, &["<"], "narrower", Action::Resize { columns: -1, rows: 0 }, "", "Make the pane narrower."),
    row(Panes, &["+"], "higher", Action::Resize { columns: 0, rows: 1 }, "", "Make the pane higher."),
    row(Panes, &["-"], "lower", Action::Resize { columns: 0, rows: -1 }, "", "Make the pane lower."),
    row(Panes, &[], "even-out", Action::EvenOut, "", "Give all panes the sizes that they have by themselves."),
    row(Panes, &["T"], "themes", Action::ShowThemes, "", "List the themes; each is shown while it is selected."),
    row(Panes, &["m"], "next-model", Action::NextModel, "", "Ask the next model of the configuration from now on."),
    row(Panes, &["Tab"], "next-pane", Action::NextPane, "pane", "Go to the next pane."),
    row(Panes, &["Shift-Tab"], "previous-pane", Action::PreviousPane, "", "Go to the previous pane."),
    row(Panes, &["1"], "structure", Action::ShowPane(Pane::Structure), "", "Go to the structure."),
    row(Panes, &["2"], "centre", Action::ShowPane(Pane::Centre), "", "Go to the code or the proposal."),
    row(Panes, &["3"], "plan", Action::ShowPane(Pane::Plan), "", "Go to the plan."),
    row(Panes, &["4"], "checks", Action::ShowPane(Pane::Checks), "", "Go to the checks."),
    row(Panes, &["5"], "activity", Action::ShowPane(Pane::Activity), "", "Go to the activity."),
    row(Panes, &["j", "Down"], "down", Action::Down, "", "Move down."),
    row(Panes, &["k", "Up"], "up", Action::Up, "", "Move up."),
    row(Panes, &["l", "Right"], "unfold", Action::Unfold, "", "Unfold; in code and diffs: scroll right."),
    row(Panes, &["h", "Left"], "fold", Action::Fold, "", "Fold, or go up; in code and diffs: scroll left."),
    row(Panes, &["PageDown", "Space"], "page-down", Action::PageDown, "", "Move down one page."),
    row(Panes, &["PageUp"], "page-up", Action::PageUp, "", "Move up one page."),
    row(Panes, &["Ctrl-D"], "half-page-down", Action::HalfPageDown, "", "Move down half a page."),
    row(Panes, &["Ctrl-U"], "half-page-up", Action::HalfPageUp, "", "Move up half a page."),
    row(Panes, &[], "middle", Action::Centre, "", "Bring what is selected to the middle."),
    row(Panes, &["g", "Home"], "top", Action::Top, "", "Go to the top."),
    row(Panes, &["G", "End"], "bottom", Action::Bottom, "", "Go to the bottom."),
    row(Panes, &["Esc"], "back", Action::Back, "", "Stop the agent, or leave what is open."),
    row(Panes, &["?", "F1"], "help", Action::Help, "help", "Show or hide the keys."),
    row(Panes, &["q", "Ctrl-C"], "quit", Action::Quit, "quit", "Leave flux; asks when something is pending."),
    row(Prompt, &["Enter"], "send", Action::Submit, "send", "Send the task or the answer."),
    row(Prompt, &["Ctrl-J"], "new-line", Action::NewLine, "new line", "Begin a new line."),
    row(Prompt, &["Up"], "recall", Action::Recall, "", "In an empty prompt: bring the last task back."),
    row(Prompt, &["Esc"], "leave-prompt", Action::Back, "back", "Leave the prompt; its text stays."),
    row(Prompt, &["Tab"], "prompt-next-pane", Action::NextPane, "pane", "Go to the next pane."),
    row(Prompt, &["Shift-Tab"], "prompt-previous-pane", Action::PreviousPane, "", "Go to the previous pane."),
    row(Prompt, &["Ctrl-P"], "prompt-palette", Action::Palette, "", "List what can be done now, to do it."),
    row(Prompt, &["F1"], "prompt-help", Action::Help, "", "Show the keys."),
    row(Prompt, &["Ctrl-C"], "prompt-quit", Action::Quit, "", "Leave flux; asks when something is pending."),
    row(Filter, &["Enter"], "filter-done", Action::FilterDone, "keep", "Keep the filter and move in what it shows."),
    row(Filter, &["Esc"], "filter-clear", Action::Back, "clear", "Clear the filter."),
    row(Filter, &["Down"], "filter-down", Action::Down, "", "Move down."),
    row(Filter, &["Up"], "filter-up", Action::Up, "", "Move up."),
    row(Filter, &["Ctrl-C"], "filter-quit", Action::Quit, "", "Leave flux; asks when something is pending."),
    row(Search, &["Enter"], "search-done", Action::SearchDone, "keep", "Keep the matches, to go through them."),
    row(Search, &["Esc"], "search-clear", Action::EndSearch, "end", "End the search."),
    row(Search, &["Down"], "search-down", Action::NextMatch, "", "Go to the next match."),
    row(Search, &["Up"], "search-up", Action::PreviousMatch, "", "Go to the previous match."),
    row(Search, &["Ctrl-C"], "search-quit", Action::Quit, "", "Leave flux; asks when something is pending."),
    row(Matches, &["n"], "next-match", Action::NextMatch, "next", "Go to the next match."),
    row(Matches, &["N"], "previous-match", Action::PreviousMatch, "previous", "Go to the previous match."),
    row(Matches, &["Esc"], "end-search", Action::EndSearch, "end", "End the search."),
    row(Writes, &["Enter"], "take-back", Action::Pick, "take back", "Take the task, the write or the file back."),
    row(Writes, &["U"], "writes-redo", Action::Redo, "again", "Write again what was taken back last."),
    row(Writes, &["H"], "writes-close", Action::Back, "", "Close the list."),
    row(Sessions, &["Enter"], "open-session", Action::Pick, "go on", "Go on with the session."),
    row(Sessions, &["S"], "sessions-close", Action::Back, "", "Close the list."),
    row(List, &["Enter"], "list-take", Action::Pick, "take", "Take what is selected."),
    row(List, &["/"], "list-query", Action::Filter, "find", "Type a query: what matches best comes first."),
    row(List, &["j", "Down"], "list-down", Action::Down, "", "Move down."),
    row(List, &["k", "Up"], "list-up", Action::Up, "", "Move up."),
    row(List, &["PageDown", "Space"], "list-page-down", Action::PageDown, "", "Move down one page."),
    row(List, &["PageUp"], "list-page-up", Action::PageUp, "", "Move up one page."),
    row(List, &["g", "Home"], "list-top", Action::Top, "", "Go to the first row."),
    row(List, &["G", "End"], "list-bottom", Action::Bottom, "", "Go to the last row."),
    row(List, &["Y"], "list-copy", Action::Copy, "", "Copy what is selected."),
    row(List, &["Esc", "q", "Ctrl-C"], "list-close", Action::Back, "close", "Clear the query, or close the list."),
    row(Query, &["Enter"], "query-take", Action::Pick, "take", "Take what is selected."),
    row(Query, &["Down", "Ctrl-N"], "query-down", Action::Down, "", "Move down."),
    row(Query, &["Up", "Ctrl-P"], "query-up", Action::Up, "", "Move up."),
    row(Query, &["PageDown"], "query-page-down", Action::PageDown, "", "Move down one page."),
    row(Query, &["PageUp"], "query-page-up", Action::PageUp, "", "Move up one page."),
    row(Query, &["Tab"], "query-done", Action::FilterDone, "", "Keep the query: letters are keys of the list again."),
    row(Query, &["Esc", "Ctrl-C"], "query-close", Action::Back, "close", "Clear the query, or close the list."),
    row(
        Leaving,
        &["y", "q", "Ctrl-C"],
        "leave",
        Action::ConfirmQuit,
        "leave",
        "Leave flux; the session can be gone on with.",
    ),
    row(Leaving, &["n", "Esc"], "stay", Action::Back, "stay", "Stay."),
    row(Always, &["Ctrl-Z"], "suspend", Action::Suspend, "", "Go back to the shell; `fg` there brings flux back."),
];

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
    fn the_table_is_markdown() {
        let table = key_table_markdown();
        assert_eq!(table.lines().count(), KEYS.len() + 2);
        assert!(
            table.contains("| `y` | review of a proposal | Accept the hunk and go to the next open one. | `accept` |")
        );
    }
}

//! What happens in the prompt besides writing: completing, recalling, pasting, commands, and messages for later.
//!
//! Invariants: a text that looks like a command is never sent to a model; what waits for the agent can be changed until it is told.

use super::draft::put_draft;
use super::pane::prompt::{Completion, PromptPane};
use super::picker::{show_picker, take_row};
use super::tasks::begin_task;
use super::telling::export;
use super::{
    Action, App, Cmd, Found, KEYS, Pane, Pick, PickItem, PickSource, Picker, PickerKind, Place, RankQuestion, Ranking,
    ToastKind,
};
use crate::agent::{JobId, Phase, Session};
use crate::index::{Snapshot, Symbol, SymbolKind};
use crate::text::ProjectPath;

/// A paste of more lines stands as a few words.
const PASTED_LINES_MIN: usize = 6;
/// A command's other name.
const OTHER_NAMES: [(&str, &str); 4] =
    [("model", "next-model"), ("theme", "themes"), ("clear", "new-session"), ("history", "search-prompts")];

/// The text as it is after a key, and where the cursor is.
pub(super) fn typed(app: &mut App, text: String, cursor: usize) -> Vec<Cmd> {
    if app.draft != text {
        app.prompt.written();
    }
    app.draft = text;
    app.prompt.cursor = cursor;
    complete(app)
}

/// Looks up what the word before the cursor may become.
fn complete(app: &mut App) -> Vec<Cmd> {
    let before = app.draft.get(..app.prompt.cursor).unwrap_or(&app.draft);
    let gap = before.char_indices().rfind(|(_, c)| c.is_whitespace());
    let start = gap.map_or(0, |(at, c)| at + c.len_utf8());
    let word = &before[start..];
    let range = start..before.len();
    if app.wish.is_some() || app.question.is_some() {
        app.prompt.completion = None;
    } else if start == 0 && word.starts_with('/') && is_command_word(&word[1..]) {
        let ranking = commands_like(&word[1..]);
        let is_known = !ranking.found.is_empty();
        app.prompt.completion =
            is_known.then(|| Completion { range, is_command: true, ranking, ..Completion::default() });
    } else if let (Some(query), Some(snapshot)) = (word.strip_prefix('@'), app.snapshot.clone()) {
        let (query, job) = (query.to_owned(), app.next_job());
        // What was found before stays until the answer is there.
        let before = app.prompt.completion.take().filter(|before| !before.is_command && before.range.start == start);
        let ranking = before.map(|before| before.ranking).unwrap_or_default();
        app.prompt.completion = Some(Completion { range, ranking, awaited: Some(job), ..Completion::default() });
        let question = RankQuestion { source: PickSource::Project(snapshot), query, recent: [].into() };
        return vec![Cmd::Rank(job, question)];
    } else {
        app.prompt.completion = None;
    }
    Vec::new()
}

fn is_command_word(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

/// Takes in what a worker found for the prompt. False when the answer is for somebody else.
pub(super) fn completed(app: &mut App, job: JobId, ranking: &Ranking) -> bool {
    let Some(completion) = app.prompt.completion.as_mut().filter(|completion| completion.awaited == Some(job)) else {
        return false;
    };
    completion.awaited = None;
    completion.selected = 0;
    completion.ranking = ranking.clone();
    true
}

pub(super) fn step_completion(app: &mut App, by: isize) {
    if let Some(completion) = &mut app.prompt.completion {
        completion.selected = super::pane::moved(completion.selected, by, completion.ranking.found.len());
    }
}

/// Puts what is selected in the stead of the word; a command that is taken by Enter is done.
pub(super) fn take_completion(app: &mut App, is_sent: bool) -> Vec<Cmd> {
    let Some(completion) = app.prompt.completion.take() else { return Vec::new() };
    let Some(item) = completion.ranking.found.get(completion.selected).map(|found| found.item.clone()) else {
        return Vec::new();
    };
    let text = match &item.pick {
        Pick::Spot(spot) => match &spot.symbol {
            Some(symbol) => format!("@{}::{symbol}", spot.path),
            None => format!("@{}", spot.path),
        },
        Pick::Row(at) => format!("/{}", name_of(*at)),
        _ => return Vec::new(),
    };
    let behind = app.draft.get(completion.range.end..).unwrap_or_default();
    let gap = if behind.starts_with(' ') || (completion.is_command && is_sent) { "" } else { " " };
    let before = app.draft.get(..completion.range.start).unwrap_or_default();
    let draft = format!("{before}{text}{gap}{behind}");
    app.prompt.cursor = before.len() + text.len() + gap.len();
    app.draft = draft;
    if completion.is_command && is_sent {
        app.then = Some(Action::Submit);
    }
    Vec::new()
}

fn name_of(row: usize) -> &'static str {
    let name = KEYS[row].name;
    OTHER_NAMES.iter().find(|(_, other)| *other == name).map_or(name, |(short, _)| short)
}

/// What can be asked for in words: all that needs no selection.
fn commands() -> impl Iterator<Item = usize> {
    let is_command = |action: &Action| {
        matches!(
            action,
            Action::Undo
                | Action::Redo
                | Action::ShowWrites
                | Action::ShowSessions
                | Action::ShowThemes
                | Action::NextModel
                | Action::Export
                | Action::Help
                | Action::Quit
                | Action::GoTo
                | Action::TellCost
                | Action::NewSession
                | Action::SearchPrompts
                | Action::Palette
        )
    };
    let mut seen: Vec<&Action> = Vec::new();
    let rows =
        KEYS.iter().enumerate().filter(|(_, row)| matches!(row.place, Place::Panes | Place::Activity | Place::Prompt));
    let mut rows: Vec<usize> = rows
        .filter(|(_, row)| is_command(&row.action))
        .filter(|(_, row)| {
            let is_new = !seen.contains(&&row.action);
            seen.push(&row.action);
            is_new
        })
        .map(|(at, _)| at)
        .collect();
    rows.sort_by_key(|at| name_of(*at));
    rows.into_iter()
}

/// The commands whose names hold the word; those that begin with it first.
fn commands_like(word: &str) -> Ranking {
    let found = |at: usize| {
        let place = name_of(at).find(word)?;
        let item = PickItem {
            label: format!("/{}", name_of(at)),
            detail: KEYS[at].help.trim_end_matches('.').to_owned(),
            ..PickItem::new(Pick::Row(at))
        };
        let marks = (!word.is_empty()).then_some(place + 1..place + 1 + word.len());
        Some((place, Found { item, label_marks: marks.into_iter().collect(), detail_marks: Vec::new() }))
    };
    let mut found: Vec<(usize, Found)> = commands().filter_map(found).collect();
    found.sort_by_key(|(place, _)| *place > 0);
    Ranking { total: found.len(), found: found.into_iter().map(|(_, found)| found).collect() }
}

/// Does what a command says. Nothing where the text is none.
pub(super) fn take_command(app: &mut App, text: &str) -> Option<Vec<Cmd>> {
    let rest = text.strip_prefix('/')?;
    let (word, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if word.is_empty() || !is_command_word(word) {
        return None;
    }
    let argument = argument.trim();
    let Some(row) = commands().find(|at| name_of(*at) == word || KEYS[*at].name == word) else {
        app.say(ToastKind::Hint, format!("There is no command /{word}; a / alone lists them. Nothing was sent."));
        return Some(Vec::new());
    };
    put_draft(app, String::new());
    if KEYS[row].action == Action::Export && !argument.is_empty() {
        return Some(export(app, Some(argument.to_owned())));
    }
    take_row(app, row);
    Some(Vec::new())
}

/// A longer paste stands as a few words, and is sent as it is.
pub(super) fn paste(app: &mut App, text: String) -> Vec<Cmd> {
    let cursor = app.prompt.cursor.min(app.draft.len());
    let is_long = text.lines().count() >= PASTED_LINES_MIN && app.wish.is_none();
    let text = if is_long { app.prompt.set_aside(text) } else { text };
    app.draft.insert_str(app.draft.floor_char_boundary(cursor), &text);
    app.prompt.cursor = cursor + text.len();
    app.prompt.completion = None;
    app.prompt.written();
    Vec::new()
}

/// Puts what was pasted in the stead of the words that stand for it.
pub(super) fn open_pasted(app: &mut App) {
    let text = app.prompt.expanded(&app.draft);
    if text == app.draft {
        app.say(ToastKind::Hint, "Nothing that was pasted is folded here.");
    }
    put_draft(app, text);
}

pub(super) fn recall(app: &mut App, older: bool) {
    if older
        && app.draft.is_empty()
        && let Some(text) = app.session.as_mut().and_then(Session::take_last_added)
    {
        // What waits is what a person means to change.
        put_draft(app, text);
        return;
    }
    let found = if older { app.prompt.older(&app.draft) } else { app.prompt.newer() };
    if let Some(text) = found {
        put_draft(app, text);
    }
}

/// Lists what was written before, to find it by typing.
pub(super) fn search_prompts(app: &mut App) -> Vec<Cmd> {
    if app.prompt.history.is_empty() {
        app.say(ToastKind::Hint, "Nothing was written here before.");
        return Vec::new();
    }
    let item = |text: &String| PickItem {
        label: text.split_whitespace().collect::<Vec<_>>().join(" "),
        ..PickItem::new(Pick::Prompt(text.clone()))
    };
    let items = app.prompt.history.iter().rev().map(item).collect();
    let mut picker = Picker::list(PickerKind::Prompts, "Written before", items);
    picker.is_typing = true;
    app.set_focus(Pane::Prompt);
    show_picker(app, picker)
}

/// Begins with what waits, once nothing else is under way.
pub(super) fn give_waiting(app: &mut App) -> Vec<Cmd> {
    if app.phase() != Phase::Idle || app.review.is_some() || app.is_writing {
        return Vec::new();
    }
    let Some(session) = app.session.as_mut().filter(|session| !session.added().is_empty()) else { return Vec::new() };
    let text = session.take_added().join("\n\n");
    app.task.clone_from(&text);
    app.task_number += 1;
    begin_task(app, text)
}

/// What the session took so far.
pub(super) fn tell_cost(app: &mut App) {
    let usage = app.session.as_ref().map(Session::usage).unwrap_or_default();
    let about = if usage.estimated { "about " } else { "" };
    let cost = usage.cost.map_or_else(|| "its price is not known".to_owned(), |cost| format!("${cost:.4}"));
    let (asked, answered) = (usage.prompt_tokens, usage.completion_tokens);
    app.say(ToastKind::Done, format!("This session took {about}{asked} tokens asked and {answered} answered; {cost}."));
}

/// Begins a new conversation; the old one stays in the list of sessions.
pub(super) fn new_session(app: &mut App) -> Vec<Cmd> {
    if app.review.is_some() || app.phase() != Phase::Idle || app.is_writing {
        app.say(ToastKind::Hint, "This session is at work, or its proposal waits: finish or stop it first.");
        return Vec::new();
    }
    app.session = None;
    app.checks.written = None;
    app.activity = super::pane::activity::ActivityPane::default();
    app.question = None;
    app.say(
        ToastKind::Done,
        format!("A new session begins with the next task; {} lists the old one.", app.key("sessions")),
    );
    vec![Cmd::NewSession]
}

/// So many functions are thought of for an example: each is looked for between two keys.
const EXAMPLES_MAX: usize = 8;

impl App {
    /// A function that is used in many files is one that the person knows.
    pub(super) fn find_example(&mut self, snapshot: &Snapshot) {
        if self.prompt.example.is_some() {
            return;
        }
        let is_test = |path: &ProjectPath| path.as_str().contains("test");
        let functions = snapshot.files().filter(|(path, _)| !is_test(path)).flat_map(|(_, entry)| {
            let is_example = |symbol: &&Symbol| {
                symbol.kind == SymbolKind::Function
                    && symbol.parent.is_none()
                    && symbol.end_line > symbol.line + 1
                    && !symbol.name.starts_with('_')
            };
            entry.structure.symbols.iter().filter(is_example)
        });
        let known = |symbol: &&Symbol| snapshot.files_with_word(&symbol.name).len();
        self.prompt.example = functions.take(EXAMPLES_MAX).max_by_key(known).map(|symbol| (&symbol.name).into());
    }

    /// What stands in the prompt when the workbench is opened.
    pub fn begin_with(&mut self, draft: String) {
        put_draft(self, draft);
        self.set_focus(Pane::Prompt);
    }

    /// Whether the prompt offers something that Tab takes.
    pub(super) fn is_completing(&self) -> bool {
        self.prompt.completion.as_ref().is_some_and(|completion| !completion.ranking.found.is_empty())
    }
}

impl PromptPane {
    /// Ends what is offered.
    pub(super) fn close_completion(&mut self) {
        self.completion = None;
    }
}

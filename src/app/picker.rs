//! One list with a query: of actions, files and symbols, sessions, writes, themes, or places in the code.
//!
//! Knows nothing of threads: a long list is ranked by whoever runs [`Cmd::Rank`]. Invariant: what is shown answers the
//! last query that was answered.

mod actions;
mod fitting;
mod ranking;

use std::sync::Arc;

use super::layout::Area;
use super::pane::code::CodePane;
use super::pane::scrolled;
use super::{App, Cmd, Overlay, Pane, Place, ToastKind};
use crate::agent::JobId;
use crate::index::SymbolKind;
use crate::text::ProjectPath;
pub(super) use actions::{show_help, show_palette, take_row};
pub use ranking::{Found, PickSource, RankQuestion, Ranking, prepare_ranking, rank};

/// A place in the project's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    pub path: ProjectPath,
    /// From 1.
    pub line: Option<u32>,
    /// Qualified.
    pub symbol: Option<Box<str>>,
}

/// What a row of the list of writes stands for; the numbers are ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteRow {
    /// A task that was written in several goes.
    Task(u64),
    Write(u64),
    File(u64, ProjectPath),
}

/// What Enter takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// Does the action of that row of the key table.
    Row(usize),
    /// Goes there.
    Spot(Spot),
    /// Stands in the prompt again.
    Prompt(String),
    /// Goes on with the session of that id.
    Session(String),
    /// Takes it back.
    Write(WriteRow),
    /// Shows the theme of that name, and keeps it.
    Theme(String),
    /// There is nothing to take: that row of the table of signs.
    Sign(usize),
}

/// What stands before a label.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Lead {
    #[default]
    Nothing,
    /// Dimmed.
    Text(String),
    File,
    Symbol(SymbolKind),
}

/// One row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickItem {
    pub lead: Lead,
    pub label: String,
    /// Dimmed, behind the label.
    pub detail: String,
    /// At the right end: a state.
    pub note: String,
    /// A word that stands for it, whole: `q`.
    pub alias: &'static str,
    /// Why it cannot be taken, as a sentence.
    pub hindrance: Option<String>,
    pub pick: Pick,
}

impl PickItem {
    /// An item without words, for `..PickItem::new(pick)`.
    pub fn new(pick: Pick) -> Self {
        let empty = String::new;
        Self { lead: Lead::Nothing, label: empty(), detail: empty(), note: empty(), alias: "", hindrance: None, pick }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PickerKind {
    /// The command palette.
    Actions,
    /// Files and symbols of the project.
    Project,
    /// Some places in the code.
    Spots,
    Sessions,
    Writes,
    Themes,
    /// What was written in the prompt before.
    Prompts,
    /// The help: every key, by the place where it works.
    Keys,
}

/// With at most so many items a list is ranked at once.
const AT_ONCE_MAX: usize = 2_000;
/// On narrower screens nothing stands beside a list.
const FULL_WIDTH_BELOW: u16 = 110;

pub struct Picker {
    pub kind: PickerKind,
    pub title: String,
    pub query: String,
    /// Letters go into the query; else they are keys of the list.
    pub is_typing: bool,
    pub ranking: Ranking,
    pub selected: usize,
    pub top: usize,
    /// What became of the last wish, said in place.
    pub said: Option<(ToastKind, String)>,
    /// The code that is selected.
    pub preview: CodePane,
    pub source: PickSource,
    pub(super) awaited: Option<Awaited>,
    /// The answer takes so long that it is said.
    pub is_late: bool,
    /// Enter was pressed before the query was answered.
    pub(super) takes_first: bool,
    /// Who still finds out what belongs in it.
    pub(super) filled_by: Option<JobId>,
}

/// A query that a worker answers.
pub(super) struct Awaited {
    job: JobId,
    /// What stays selected.
    keeps: Option<Pick>,
    asked_ms: u64,
}

/// Nobody asks what is looked for sooner.
const LATE_MS: u64 = 100;

impl Picker {
    /// A list in which letters are keys; `/` types a query.
    pub fn list(kind: PickerKind, title: impl Into<String>, items: Vec<PickItem>) -> Self {
        Self {
            kind,
            title: title.into(),
            query: String::new(),
            is_typing: false,
            ranking: Ranking::default(),
            selected: 0,
            top: 0,
            said: None,
            preview: CodePane::default(),
            source: PickSource::Items(items.into()),
            awaited: None,
            is_late: false,
            takes_first: false,
            filled_by: None,
        }
    }

    /// A list of places in the code.
    pub fn spots(title: impl Into<String>, items: Vec<PickItem>) -> Self {
        Self::list(PickerKind::Spots, title, items)
    }

    /// How many there are to choose from.
    pub fn count(&self) -> usize {
        match &self.source {
            PickSource::Items(items) => items.len(),
            PickSource::Project(snapshot) => snapshot.file_count() + snapshot.symbol_count(),
        }
    }

    /// How many match and how many there are, as a person counts: the files of a write are part of it.
    pub fn counts(&self) -> (usize, usize) {
        let is_whole = |item: &PickItem| matches!(item.pick, Pick::Write(WriteRow::Write(_)));
        match (&self.source, self.kind) {
            (PickSource::Items(items), PickerKind::Writes) => (
                self.ranking.found.iter().filter(|found| is_whole(&found.item)).count(),
                items.iter().filter(|item| is_whole(item)).count(),
            ),
            _ => (self.ranking.total, self.count()),
        }
    }

    /// Where its keys are looked up.
    pub fn places(&self) -> &'static [Place] {
        match self.kind {
            _ if self.is_typing => &[Place::Query],
            PickerKind::Writes => &[Place::Writes, Place::List],
            PickerKind::Sessions => &[Place::Sessions, Place::List],
            PickerKind::Actions
            | PickerKind::Project
            | PickerKind::Spots
            | PickerKind::Themes
            | PickerKind::Keys
            | PickerKind::Prompts => &[Place::List],
        }
    }

    /// The query has a row of its own.
    pub fn has_query(&self) -> bool {
        self.is_typing || !self.query.is_empty()
    }

    /// Where the list stands: between the first row of the screen and the footer. It ends behind its last row; where it
    /// begins does not follow the query.
    pub fn area(&self, columns: u16, rows: u16) -> Area {
        let width = match self.kind {
            _ if columns < FULL_WIDTH_BELOW => columns,
            _ if self.is_split(columns) => (columns - 4).min(170),
            PickerKind::Keys => (columns - 4).min(130),
            _ => 92,
        };
        let most = rows.saturating_sub(2).min(rows.max(36) * 7 / 8);
        let besides = u16::from(self.has_query()) + self.said_rows(columns, rows) + 2;
        let with = |items: usize| ((items.clamp(1, 400) as u16) + besides).min(most);
        let (highest, height) = match (self.is_split(columns), self.kind) {
            (true, PickerKind::Project) => (most, most),
            // The code beside the list has room whatever is found.
            (true, _) => (with(self.count()).max(most.min(24)), with(self.count()).max(most.min(24))),
            (false, _) => (with(self.count()), with(self.ranking.found.len()).min(with(self.count()))),
        };
        Area::new((columns - width) / 2, (rows - highest) / 2, width, height)
    }

    /// The rows of the list, and the preview beside them where there is room.
    pub fn parts(&self, columns: u16, rows: u16) -> (Area, Option<Area>) {
        let area = self.area(columns, rows);
        let inside = area.inside();
        let query = u16::from(self.has_query());
        let height = inside.height.saturating_sub(query + self.said_rows(columns, rows));
        let is_split = self.is_split(columns);
        let width = if is_split { inside.width * 45 / 100 } else { inside.width };
        let list = Area::new(inside.x, inside.y + query, width, height);
        let preview = Area::new(inside.x + width, area.y, area.width - width - 1, area.height);
        (list, is_split.then_some(preview))
    }

    /// Code is shown beside the list.
    fn is_split(&self, columns: u16) -> bool {
        columns >= FULL_WIDTH_BELOW && matches!(self.kind, PickerKind::Project | PickerKind::Spots)
    }

    /// What is said takes at most half of the room.
    fn said_rows(&self, columns: u16, rows: u16) -> u16 {
        let Some((_, text)) = &self.said else { return 0 };
        let line = usize::from(columns.saturating_sub(12).clamp(20, 80));
        let lines = text.chars().count().div_ceil(line) as u16;
        // Words that are not broken may take one more.
        (lines + u16::from(lines > 1)).min(rows / 2)
    }

    pub fn selected(&self) -> Option<&PickItem> {
        self.ranking.found.get(self.selected).map(|found| &found.item)
    }

    fn question(&self, recent: &[Pick]) -> RankQuestion {
        // Others stand in an order that means something.
        let is_by_use = matches!(self.kind, PickerKind::Actions | PickerKind::Project);
        let recent = if is_by_use { recent.into() } else { Arc::default() };
        RankQuestion { source: self.source.clone(), query: self.query.clone(), recent }
    }

    /// Takes in what a worker found; an answer to another query is stale.
    pub(super) fn take_answer(&mut self, job: JobId, ranking: Ranking) -> bool {
        let Some(awaited) = self.awaited.take_if(|awaited| awaited.job == job) else { return false };
        self.is_late = false;
        self.take_ranking(ranking, awaited.keeps.as_ref());
        true
    }

    /// What the query finds is not known yet.
    pub fn is_awaited(&self) -> bool {
        self.awaited.is_some()
    }

    /// When it has to be said that the answer takes long.
    pub fn due_ms(&self) -> Option<u64> {
        self.awaited.as_ref().filter(|_| !self.is_late).map(|awaited| awaited.asked_ms + LATE_MS)
    }

    pub(super) fn tick(&mut self, now_ms: u64) {
        self.is_late |= self.due_ms().is_some_and(|due| due <= now_ms);
    }

    fn take_ranking(&mut self, ranking: Ranking, keeps: Option<&Pick>) {
        self.ranking = ranking;
        let kept = keeps.and_then(|pick| self.ranking.found.iter().position(|found| found.item.pick == *pick));
        self.selected = kept.unwrap_or(0);
        self.top = 0;
    }
}

/// Opens a list.
pub(super) fn show_picker(app: &mut App, picker: Picker) -> Vec<Cmd> {
    app.overlay = Some(Overlay::Picker(Box::new(picker)));
    ask(app, None)
}

/// Lists all files and symbols to go to one.
pub(super) fn show_go_to(app: &mut App) -> Vec<Cmd> {
    let Some(snapshot) = app.snapshot.clone() else {
        app.say(ToastKind::Hint, "The project is still being read. Press the key again in a moment.");
        return Vec::new();
    };
    let mut picker = Picker::list(PickerKind::Project, "Go to file or symbol", Vec::new());
    picker.source = PickSource::Project(snapshot);
    picker.is_typing = true;
    show_picker(app, picker)
}

/// Has the list ranked anew: at once where it is short.
pub(super) fn ask(app: &mut App, keeps: Option<Pick>) -> Vec<Cmd> {
    let job = app.next_job();
    let (recent, now_ms) = (app.recent_picks.clone(), app.clock_ms);
    let Some(Overlay::Picker(picker)) = &mut app.overlay else { return Vec::new() };
    let question = picker.question(&recent);
    if picker.count() > AT_ONCE_MAX {
        // Who types on waits since the first letter that was not answered.
        let asked_ms = picker.awaited.as_ref().map_or(now_ms, |awaited| awaited.asked_ms);
        picker.awaited = Some(Awaited { job, keeps, asked_ms });
        return vec![Cmd::Rank(job, question)];
    }
    (picker.awaited, picker.is_late) = (None, false);
    if let Some(ranking) = rank(&question, &|| true) {
        picker.take_ranking(ranking, keeps.as_ref());
    }
    selected(app)
}

/// Other items for the open list; what somebody went to stays selected, else the first one is.
pub(super) fn renew_items(app: &mut App, items: Vec<PickItem>) -> Vec<Cmd> {
    let Some(Overlay::Picker(picker)) = &mut app.overlay else { return Vec::new() };
    picker.source = PickSource::Items(items.into());
    let keeps = picker.selected().filter(|_| picker.selected > 0).map(|item| item.pick.clone());
    ask(app, keeps)
}

/// The project is another one now.
pub(super) fn renew_project(app: &mut App) -> Vec<Cmd> {
    let Some(snapshot) = app.snapshot.clone() else { return Vec::new() };
    match &mut app.overlay {
        Some(Overlay::Picker(picker)) if matches!(picker.source, PickSource::Project(_)) => {
            picker.source = PickSource::Project(snapshot);
            let keeps = picker.selected().map(|item| item.pick.clone());
            ask(app, keeps)
        }
        _ => Vec::new(),
    }
}

/// Another item is selected: it is in view, and its code is shown.
pub(super) fn selected(app: &mut App) -> Vec<Cmd> {
    let (columns, rows) = (app.columns, app.rows);
    let Some(Overlay::Picker(picker)) = &mut app.overlay else { return Vec::new() };
    let (list, preview) = picker.parts(columns, rows);
    picker.top = scrolled(picker.top, picker.selected, list.height.into(), picker.ranking.found.len());
    let Some(area) = preview else { return Vec::new() };
    let Some(Pick::Spot(spot)) = picker.selected().map(|item| item.pick.clone()) else { return Vec::new() };
    let lines = spot.line.map(|line| (line, line));
    if picker.preview.want(&spot.path, lines, area.inside().height.into()) {
        return vec![Cmd::Preview(spot.path)];
    }
    Vec::new()
}

/// A file was read: the preview may have asked for it.
pub(super) fn preview_opened(app: &mut App, path: &ProjectPath, read: &Result<Arc<crate::index::LiveFile>, String>) {
    let (columns, rows) = (app.columns, app.rows);
    if let Some(Overlay::Picker(picker)) = &mut app.overlay
        && let (_, Some(area)) = picker.parts(columns, rows)
    {
        picker.preview.take_file(path, read.clone(), area.inside().height.into());
    }
}

/// The pane that a list was opened from.
pub(super) fn pane_behind(app: &App) -> Pane {
    if app.focus == Pane::Prompt { app.focus_before_prompt } else { app.focus }
}

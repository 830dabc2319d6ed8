//! What happened and what the outside must do: two closed enums.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::pane::code::LineMark;
use super::pane::structure::{FilterQuestion, Filtered, GitState};
use super::{
    Action, HunkKey, HunkKind, ListedSession, ListedWrite, NamedQuestion, Neighbours, RankQuestion, Ranking, Reach,
    Sizes, SymbolUse,
};
use crate::agent::{Event, JobId, Lesson, Need, Record, Saved};
use crate::gate::{HunkNeed, Issue, Overridden, Override, ReadLog, Report};
use crate::index::{LiveFile, Snapshot};
use crate::text::{ChangeSet, FileText, Hunk, ProjectPath};

/// A key as the terminal tells it, free of any terminal library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub code: KeyCode,
    pub ctrl: bool,
    pub alt: bool,
    pub shift: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyCode {
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseAction {
    Press,
    Drag,
    Release,
    ScrollUp,
    ScrollDown,
}

/// What the terminal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Key(Key),
    Mouse {
        action: MouseAction,
        column: u16,
        row: u16,
    },
    /// Several lines pasted as one.
    Paste(String),
    Resized {
        columns: u16,
        rows: u16,
    },
    FocusGained,
    FocusLost,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatcherHealth {
    Starting,
    Live,
    /// Not everything is told by the system: the disk is looked at as well, or instead.
    Polling {
        why: String,
        every: Duration,
    },
    /// There is no such folder any more; whether it is back is looked at every few seconds.
    Gone,
    Off(String),
}

impl WatcherHealth {
    /// Whether the disk is looked at for the same reason.
    pub fn has_reason_of(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Polling { why: old, .. }, Self::Polling { why: new, .. }) if old == new)
    }

    /// What a person should know; `None` where all is as it should be.
    pub fn told(&self) -> Option<String> {
        match self {
            Self::Starting | Self::Live => None,
            Self::Polling { why, every } => {
                Some(format!("flux looks for changes on disk every {} s: {why}", every.as_secs_f32()))
            }
            Self::Gone => {
                Some("The project's folder has gone; flux looks every few seconds whether it is back".to_owned())
            }
            Self::Off(why) => Some(format!("Changes on disk are not noticed any more: {why}")),
        }
    }
}

/// What happened. Plain data, in the past tense.
#[derive(Clone)]
pub enum Msg {
    Input(Input),
    /// The person asked for something, by a key or otherwise.
    Act(Action),
    IndexProgressed {
        done: usize,
        total: usize,
    },
    /// A new snapshot: the first one, or after files changed.
    Indexed(Arc<Snapshot>),
    WatcherChanged(WatcherHealth),
    /// So many writes can be taken back, and whether one that was can be made again.
    WritesCounted {
        standing: usize,
        can_redo: bool,
    },
    /// It was looked for the project's Python environment.
    EnvironmentLooked {
        is_there: bool,
    },
    /// The terminal has said what its ground is like.
    GroundTold {
        is_light: bool,
    },
    /// A file was read for the code view.
    FileOpened(ProjectPath, Result<Arc<LiveFile>, String>),
    /// The gate judged a selection of hunks for the review.
    Judged(JobId, Report),
    /// What the gate knows of it so far: of the files that use what it changes, not all are judged yet.
    JudgedSoFar(JobId, Report),
    /// What the judged selection mends: the issues that going back would bring.
    MendsFound(JobId, Vec<Issue>),
    /// What a hunk reaches.
    ReachFound(JobId, Reach),
    /// Which hunks are layout alone, or code that only moved.
    Recognised(JobId, BTreeMap<HunkKey, HunkKind>),
    /// What matches the filter of the tree.
    Filtered(JobId, Filtered),
    /// The lines of the code that what is pending would change, from 1.
    LinesMarked(JobId, Vec<(u32, LineMark)>),
    /// Sides of the proposal were parsed.
    SidesRead(JobId, Vec<Arc<LiveFile>>),
    /// Which hunk of the proposal needs which; `None` when the search was ended before.
    NeedsFound(JobId, Option<Vec<HunkNeed>>),
    Agent(Event),
    /// What stands in files of the proposal now; see [`Reading`].
    Reread(JobId, Vec<Reading>),
    /// What was written, or why nothing was.
    Written(Result<Vec<ProjectPath>, String>),
    /// A write was taken back, or why none was.
    Undone(Result<TakenBack, String>),
    /// A write that was taken back was made again, or why none was.
    Redone(Result<TakenBack, String>),
    /// What was written to the project, the last one first, or why that is not known.
    WritesListed(Result<Vec<ListedWrite>, String>),
    /// A session was opened to go on with it, or why none was.
    SessionOpened(Result<Arc<Saved>, String>),
    /// The sessions of this project, the one that was used last first.
    SessionsListed(Vec<ListedSession>),
    /// The theme was kept in the configuration, or why not.
    ThemeKept(Result<(), String>),
    /// What a list's query found.
    Ranked(JobId, Ranking),
    /// Where the conversation was written to, or why it was not.
    Exported(Result<String, String>),
    /// An override was kept, or why not.
    OverrideKept(Result<(), String>),
    /// An override was taken back, or why not.
    OverrideTakenBack(Result<(), String>),
    /// Another model is asked from the next turn on: what the status line calls it. `None`: there is no other.
    ModelChosen(Option<String>),
    /// A worker failed or panicked: what it was doing and why.
    Failed {
        what: &'static str,
        why: String,
    },
    /// Time passed: only sent while something on the screen moves with it.
    Ticked {
        now_ms: u64,
    },
    /// Where a symbol is used, or why that is not known.
    UsesFound(JobId, Result<Vec<SymbolUse>, String>),
    /// Where the name of a symbol stands, as far as that is known by now.
    NamedFound(JobId, Vec<SymbolUse>),
    /// What a file depends on, and what depends on it.
    NeighboursFound(JobId, Neighbours),
    /// How the files stand to what is committed.
    GitRead(BTreeMap<ProjectPath, GitState>),
    /// The person left the editor that had this file open, or why it was not opened.
    FileEdited(ProjectPath, Result<(), String>),
    /// A text as the person left it in the editor, or why it stays as it was.
    TextEdited(JobId, Result<String, String>),
    /// The process was stopped and goes on: the terminal may show anything now.
    Continued,
    /// The process was told to end, by a signal or because its terminal is gone.
    Terminated {
        signal: i32,
    },
}

/// A file as it is on disk at this moment: `None` where there is none, or why it cannot be read.
pub type Reading = (ProjectPath, Result<Option<Arc<FileText>>, String>);

/// What became of the files of a write that was taken back, or made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenBack {
    pub paths: Vec<ProjectPath>,
    /// Those of them that were edited since, in other lines: these edits are still there.
    pub merged: Vec<ProjectPath>,
}

/// What is opened in the person's editor, while flux leaves the screen to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditorWork {
    /// A file of the project; `line` and `column` from 1.
    File { path: ProjectPath, line: u32, column: u32 },
    /// A piece of text, in a file of its own that is gone afterwards; `suffix` (`.py`) tells the editor what it is.
    Text { id: JobId, text: String, suffix: String, line: u32 },
}

/// What the outside must do.
#[derive(Clone)]
pub enum Cmd {
    OpenFile(ProjectPath),
    /// Reads a file for what stands beside a list.
    Preview(ProjectPath),
    /// For the agent.
    Need(Need),
    /// Get the gate ready: somebody is about to edit.
    Prepare,
    /// Judge this selection for the review; the newest wins.
    Judge(JobId, ChangeSet, ReadLog),
    /// Find out which hunk of the proposal needs which, while nothing else is to be judged; the newest wins.
    SeekNeeds(JobId, ChangeSet, Vec<Hunk>),
    /// Find out what these symbols of a file reach, with the change set laid over the disk; the newest wins.
    SeekReach(JobId, ChangeSet, ProjectPath, Vec<String>),
    /// Find out which hunks are layout alone, or code that only moved.
    Recognise(JobId, ChangeSet, Vec<Hunk>),
    /// Look through the project for what matches the filter of the tree.
    Filter(JobId, FilterQuestion),
    /// Find the lines of a file's text that another text would change.
    MarkLines(JobId, Arc<FileText>, Arc<str>),
    /// Parse these texts, for the colours of the proposal and the symbols that it changes.
    ReadSides(JobId, Vec<(ProjectPath, Arc<FileText>)>),
    /// Read these files of the proposal again: they may have changed.
    Reread(JobId, Vec<ProjectPath>),
    /// Write, all or nothing; `title` is the task, for the undo list.
    Write {
        change_set: ChangeSet,
        title: String,
        /// The number of the task within this run.
        task: u32,
    },
    /// Take the last write back.
    Undo,
    /// List what was written.
    ListWrites,
    /// Take back a write of the list, or all writes of its task; only these files where any is named.
    TakeBack {
        write: u64,
        whole_task: bool,
        paths: Vec<ProjectPath>,
    },
    /// Make the write again that was taken back last.
    Redo,
    /// Add what happened at one moment to the session's log; done before what is asked for next is begun.
    Save(Vec<Record>),
    /// Keep what was learned, each with whether it only completes what was kept before.
    Learn(Vec<(Lesson, bool)>),
    /// Open a session of this project to go on with it; without an id the one that was used last.
    OpenSession(Option<String>),
    ListSessions,
    /// Keep this theme in the person's configuration.
    KeepTheme(String),
    /// Hand a text to the terminal's clipboard.
    Copy(String),
    /// Call for the person, who looks elsewhere.
    Notify(String),
    /// Have the mouse, or leave it to the terminal.
    SetMouse(bool),
    /// Keep how large the panes are, for every project.
    KeepSizes(Sizes),
    /// Rank a long list; the newest question wins, and only it is answered.
    Rank(JobId, RankQuestion),
    /// Write the conversation to a file: below flux's own folder, or at a path that the person named. Nothing is replaced.
    Export {
        text: String,
        place: Option<String>,
    },
    /// Remember what was written in the prompt.
    KeepPrompt(String),
    /// What is saved from now on is another session.
    NewSession,
    /// Let issues of this kind pass from now on, in this run and in later ones.
    Override(Override),
    /// Let what lets this pass hold no longer.
    TakeOverrideBack(Overridden),
    /// Have the next model of the configuration asked from now on.
    NextModel,
    /// Find out where a symbol of a file is used; the newest wins.
    FindUses(JobId, ProjectPath, String),
    /// Nobody wants to know any more where that symbol is used.
    EndUses(JobId),
    /// Find where a name stands: told part by part; the newest wins.
    FindNamed(JobId, NamedQuestion),
    /// Look how the files stand to what is committed.
    ReadGit,
    /// Find out what a file depends on, and what depends on it.
    FindNeighbours(JobId, Arc<Snapshot>, ProjectPath),
    /// Leave the screen to the person's editor until it is closed: [`Msg::FileEdited`], [`Msg::TextEdited`].
    OpenEditor(EditorWork),
    /// Leave the screen to the shell and stop until the shell continues flux.
    Suspend,
    Quit,
}

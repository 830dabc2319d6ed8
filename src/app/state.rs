//! The state of the whole screen, and what can be asked of it.

use std::path::Path;
use std::sync::Arc;

use super::asking::KeptDraft;
use super::checking::enter_checks;
use super::going::Trail;
use super::layout::{Sizes, Wishes};
use super::looking::Looking;
use super::pane::activity::{ActivityPane, NoteKind};
use super::pane::checks::ChecksPane;
use super::pane::code::CodePane;
use super::pane::prompt::PromptPane;
use super::pane::proposal::{Arrangement, ProposalPane};
use super::pane::structure::StructurePane;
use super::review::KeptReview;
use super::sizing::Dragged;
use super::{
    Action, Area, Cmd, CodeEdit, Key, KeyNames, Layout, Pane, Pick, Picker, Place, Review, Shape, ThemeLabel,
    WatcherHealth, Wish,
};
use crate::agent::{Activity, JobId, KeptLesson, Limits, Phase, ReviewState, Saved, Session};
use crate::gate::Report;
use crate::index::Snapshot;
use crate::text::ProjectPath;

/// From so many columns on a proposal stands side by side by itself: each side then has room for most lines of code.
const SIDE_BY_SIDE_MIN: u16 = 150;

/// What is said where a model is missing and there is room for a few words.
pub const NO_MODEL_SHORT: &str = "no model is given; `flux doctor` says how to give one";

/// What is said wherever a model is missing, with the way out.
pub const NO_MODEL: &str = "no model is given: start a local server, or set OPENAI_BASE_URL, OPENAI_API_KEY and FLUX_MODEL, \
                            or [model] in ~/.config/flux/config.toml";

/// What the status line says of the model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelLabel {
    pub name: String,
    /// Its answers are played back, not thought.
    pub is_recorded: bool,
    /// None was found so far.
    pub is_missing: bool,
    /// It did not answer when it was asked last.
    pub is_silent: bool,
}

pub enum Overlay {
    /// Asks whether to leave; says what would be lost.
    Leaving { why: String },
    /// A list to choose from.
    Picker(Box<Picker>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToastKind {
    Done,
    Hint,
    Failure,
}

/// A sentence over the panes, until the next key or until its time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    pub kind: ToastKind,
    pub text: String,
    /// By flux's clock.
    pub ends_ms: u64,
}

pub struct App {
    /// The name of the project's folder.
    pub project: String,
    pub columns: u16,
    pub rows: u16,
    pub focus: Pane,
    /// Where the focus was before the prompt took it.
    pub focus_before_prompt: Pane,
    pub overlay: Option<Overlay>,
    /// The themes that there are, and the one that is wanted; empty: the one that the screen began with.
    pub themes: Vec<ThemeLabel>,
    pub theme: String,
    /// Nobody chose a theme: it follows the terminal's ground.
    pub follows_ground: bool,
    /// How large the person wants the panes.
    pub sizes: Sizes,
    /// One pane is shown, as large as the screen.
    pub is_zoomed: bool,
    /// A border that the mouse holds.
    pub(super) dragged: Option<Dragged>,
    /// The mouse is flux's, not the terminal's.
    pub has_mouse: bool,
    /// The terminal has not the focus.
    pub is_away: bool,
    /// The first key of two that mean something together.
    pub begun: Option<Key>,
    /// What was picked from lists, the last one first.
    pub(super) recent_picks: Vec<Pick>,
    pub toast: Option<Toast>,
    pub model: ModelLabel,
    /// What one task may take.
    pub limits: Limits,
    pub watcher: WatcherHealth,
    /// A Python environment was found, as far as anybody looked.
    pub has_environment: bool,
    /// How many writes can be taken back, once that is known.
    pub write_count: Option<usize>,
    /// Something that was taken back can be written again.
    pub can_redo: bool,
    /// Nothing was asked for since flux was opened.
    pub is_fresh: bool,
    /// What the keys are called.
    pub keys: KeyNames,
    /// Files indexed so far, while the first snapshot is being made.
    pub progress: Option<(usize, usize)>,
    pub snapshot: Option<Arc<Snapshot>>,
    pub session: Option<Session>,
    pub structure: StructurePane,
    /// What was asked for of the tree while what its filter finds was not known yet.
    pub typed_ahead: Vec<Action>,
    /// What a list or a command asked for; it is done next.
    pub(super) then: Option<Action>,
    pub code: CodePane,
    pub review: Option<Review>,
    pub proposal: Option<ProposalPane>,
    pub activity: ActivityPane,
    /// The selected step of the plan.
    pub step: usize,
    pub checks: ChecksPane,
    /// What the agent wants to know.
    pub question: Option<String>,
    /// What the person wants to rename or move: then the question above is flux's own.
    pub wish: Option<Wish>,
    /// The text in the prompt.
    pub draft: String,
    pub prompt: PromptPane,
    /// The task under way, for the undo list.
    pub task: String,
    /// The task under way as it was sent, for as long as no model said anything to it.
    pub(super) unanswered: Option<String>,
    /// Counts the tasks; all that is written for one is one in the undo list.
    pub(super) task_number: u32,
    /// A task that was given before the index was complete.
    pub waiting_task: Option<String>,
    /// A session is being opened: nothing is begun before it is there.
    pub(super) is_opening: bool,
    /// A session that was opened before the index was complete.
    pub(super) waiting_session: Option<Arc<Saved>>,
    /// What was decided on a proposal before flux was ended; it is shown again once it is judged.
    pub(super) resumed_review: Option<ReviewState>,
    /// What was learned on the project before.
    pub lessons: Vec<KeptLesson>,
    /// The hunk, or the symbol, that is being edited.
    pub code_edit: Option<CodeEdit>,
    /// The hunk that the person's own editor has.
    pub(super) edit_outside: Option<(JobId, CodeEdit)>,
    /// What a hunk reaches is being found out: which one.
    pub(super) reach_awaited: Option<(JobId, usize)>,
    /// What was typed in hunks and symbols, and not taken.
    pub(super) kept_edits: Vec<CodeEdit>,
    /// What was typed in a symbol, while it is made.
    pub(super) operated_edit: Option<CodeEdit>,
    /// What was typed where flux asked, and not sent.
    pub(super) kept_drafts: Vec<KeptDraft>,
    /// A review that waits for what becomes of its proposal, or of one hunk of it.
    pub(super) kept_review: Option<KeptReview>,
    pub clock_ms: u64,
    /// A write is under way: nothing may be decided until it is told.
    pub is_writing: bool,
    /// The tests are run before a proposal is shown.
    pub runs_tests: bool,
    /// Commands that the model may run without being asked for.
    pub allowed_commands: Vec<String>,
    /// The gate was told that somebody is about to edit.
    pub(super) is_prepared: bool,
    /// The key that discards the proposal was pressed once.
    pub(super) discard_asked: bool,
    /// What was just written: shown once the index knows of it.
    pub(super) written: Option<(ProjectPath, Option<Box<str>>)>,
    /// Where the person came from.
    pub(super) trail: Trail,
    /// Looks at git that are under way or wanted: two at most.
    pub(super) git_looks: u8,
    /// A question about the code that is not answered yet.
    pub(super) looking: Option<Looking>,
    next_job: JobId,
}

impl App {
    pub fn new(root: &Path, columns: u16, rows: u16) -> Self {
        let name = root.file_name().map_or_else(|| root.display().to_string(), |name| name.to_string_lossy().into());
        Self {
            project: name,
            columns,
            rows,
            focus: Pane::Structure,
            focus_before_prompt: Pane::Structure,
            overlay: None,
            themes: Vec::new(),
            theme: String::new(),
            follows_ground: false,
            sizes: Sizes::default(),
            is_zoomed: false,
            dragged: None,
            has_mouse: true,
            is_away: false,
            begun: None,
            recent_picks: Vec::new(),
            toast: None,
            model: ModelLabel::default(),
            limits: Limits::default(),
            watcher: WatcherHealth::Starting,
            has_environment: true,
            write_count: None,
            can_redo: false,
            is_fresh: true,
            keys: KeyNames::default(),
            progress: None,
            snapshot: None,
            session: None,
            structure: StructurePane::default(),
            typed_ahead: Vec::new(),
            then: None,
            code: CodePane::default(),
            review: None,
            proposal: None,
            activity: ActivityPane::default(),
            step: 0,
            checks: ChecksPane::default(),
            question: None,
            wish: None,
            draft: String::new(),
            prompt: PromptPane::default(),
            task: String::new(),
            unanswered: None,
            task_number: 0,
            waiting_task: None,
            is_opening: false,
            waiting_session: None,
            resumed_review: None,
            lessons: Vec::new(),
            code_edit: None,
            operated_edit: None,
            edit_outside: None,
            reach_awaited: None,
            kept_edits: Vec::new(),
            kept_drafts: Vec::new(),
            kept_review: None,
            clock_ms: 0,
            is_writing: false,
            runs_tests: false,
            allowed_commands: Vec::new(),
            is_prepared: false,
            discard_asked: false,
            written: None,
            trail: Trail::default(),
            git_looks: 0,
            looking: None,
            next_job: 0,
        }
    }

    pub fn layout(&self) -> Layout {
        let shown = match self.focus {
            Pane::Prompt => self.focus_before_prompt,
            pane => pane,
        };
        // About as many lines as the steps take in the right column, each with one that shows it.
        let plan_width = (usize::from(self.columns) / 5).clamp(30, 44) - 8;
        let steps = self.session.as_ref().map_or(&[][..], |session| &session.plan().steps);
        let plan_lines: usize = steps.iter().map(|step| step.title.chars().count().div_ceil(plan_width) + 1).sum();
        let wishes = Wishes {
            shown,
            prompt_lines: self.prompt_lines().min(9) as u16,
            plan_lines: plan_lines.min(99) as u16,
            is_quiet: !self.has_activity(),
            sizes: self.sizes,
            is_zoomed: self.is_zoomed,
        };
        Layout::new(self.columns, self.rows, wishes)
    }

    pub fn phase(&self) -> Phase {
        self.session.as_ref().map_or(Phase::Idle, Session::phase)
    }

    pub fn agent_activity(&self) -> &[Activity] {
        self.session.as_ref().map_or(&[], Session::activity)
    }

    /// The report that the checks pane shows, if there is one.
    pub fn report(&self) -> Option<&Report> {
        match &self.review {
            Some(review) => Some(&review.report),
            None => self.session.as_ref().and_then(Session::report).or(self.checks.written.as_ref()),
        }
    }

    /// What was said of what was written last, while nothing else is judged.
    pub fn written_report(&self) -> Option<&Report> {
        let is_other = self.review.is_some() || self.session.as_ref().is_some_and(|session| session.report().is_some());
        self.checks.written.as_ref().filter(|_| !is_other)
    }

    /// Whether something on the screen moves by itself, so that time has to be told.
    pub fn is_moving(&self) -> bool {
        matches!(self.phase(), Phase::Thinking | Phase::Working)
            || self.review.as_ref().is_some_and(|review| review.awaited.is_some())
            || (self.snapshot.is_none() && self.progress.is_some())
    }

    /// When time has to be told though nothing moves.
    pub fn due_ms(&self) -> Option<u64> {
        let of_list = if let Some(Overlay::Picker(picker)) = &self.overlay { picker.due_ms() } else { None };
        self.toast.as_ref().map(|toast| toast.ends_ms).into_iter().chain(of_list).min()
    }

    /// What waits for the person, in a sentence.
    fn waiting(&self) -> Option<String> {
        if let Some(review) = &self.review {
            return Some(format!("{}: a proposal of {} hunks waits for you", self.project, review.hunks.len()));
        }
        let question = self.question.as_ref().filter(|_| self.wish.is_none())?;
        Some(format!("{}: the model asks: {question}", self.project))
    }

    /// Calls for a person who looks elsewhere once something waits that did not before.
    pub(super) fn call(&self, waited_before: bool) -> Option<Cmd> {
        let waiting = self.waiting().filter(|_| self.is_away && !waited_before)?;
        Some(Cmd::Notify(waiting))
    }

    pub(super) fn is_waited_for(&self) -> bool {
        self.waiting().is_some()
    }

    /// Where a key is looked up, first place first.
    pub fn places(&self) -> Vec<Place> {
        match &self.overlay {
            Some(Overlay::Leaving { .. }) => vec![Place::Leaving],
            Some(Overlay::Picker(picker)) => picker.places().to_vec(),
            None => self.pane_places(),
        }
    }

    /// Where a key is looked up when nothing lies over the panes.
    pub fn pane_places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        match self.searched() {
            Some((_, true)) => return vec![Place::Search],
            Some((_, false)) => places.push(Place::Matches),
            None => {}
        }
        match self.focus {
            Pane::Prompt if self.is_completing() => return vec![Place::Completion, Place::Prompt, Place::Always],
            Pane::Prompt => return vec![Place::Prompt],
            _ if self.structure.filtering => return vec![Place::Filter],
            Pane::Centre if self.code_edit.is_some() => return vec![Place::Edit],
            _ if self.code_edit.is_some() => return vec![Place::Panes],
            Pane::Activity => places.push(Place::Activity),
            _ if self.checks.is_open => places.extend([Place::Issue, Place::Checks]),
            Pane::Checks if self.report().is_some() => places.push(Place::Checks),
            Pane::Plan if self.phase() != Phase::Idle => places.push(Place::Plan),
            Pane::Structure | Pane::Centre | Pane::Plan | Pane::Checks => {}
        }
        if self.review.is_some() {
            // Nobody decides on a hunk that is not looked at.
            places.extend((self.focus == Pane::Centre && !self.is_code_shown()).then_some(Place::Review));
            places.push(Place::Proposal);
        }
        places.push(Place::Panes);
        places
    }

    /// The centre shows code, not a proposal.
    pub fn is_code_shown(&self) -> bool {
        self.proposal.is_none() || self.code.is_aside
    }

    /// How many rows of content a pane has on the screen.
    pub fn height_of(&self, pane: Pane) -> usize {
        let layout = self.layout();
        let area = layout.area(pane).unwrap_or(match layout.shape {
            // In tabs every pane has the same room.
            Shape::Tabs => layout.panes.first().map_or(Area::default(), |(_, area)| *area),
            Shape::TooSmall | Shape::Folded | Shape::Wide => Area::default(),
        });
        usize::from(area.inside().height).max(1)
    }

    /// How the centre's width allows the proposal to be arranged, unless the person chose.
    pub fn arrangement(&self) -> Arrangement {
        let layout = self.layout();
        let width = layout.area(Pane::Centre).map_or(self.columns, |area| area.width);
        let chosen = self.proposal.as_ref().and_then(|proposal| proposal.wanted);
        chosen.unwrap_or(if width >= SIDE_BY_SIDE_MIN { Arrangement::SideBySide } else { Arrangement::Unified })
    }

    /// How many rows the prompt needs: for what is written, and for what is asked.
    fn prompt_lines(&self) -> usize {
        let columns = usize::from(self.columns).saturating_sub(7).max(1);
        let rows = |text: &str| -> usize { text.split('\n').map(|line| line.chars().count() / columns + 1).sum() };
        let added = self.session.as_ref().map_or(0, |session| session.added().len());
        rows(&self.draft) + self.question.as_deref().map_or(0, rows) + added
    }

    /// The name of a pane, as its border and its tab say it.
    pub fn title(&self, pane: Pane) -> &'static str {
        match pane {
            Pane::Structure => "Structure",
            Pane::Centre if self.review.is_some() && !self.code.is_aside => "Proposal",
            Pane::Centre => "Code",
            Pane::Plan => "Plan",
            Pane::Checks => "Checks",
            Pane::Activity => "Activity",
            Pane::Prompt if self.wish.is_some() => self.wish.as_ref().map_or("Prompt", Wish::title),
            Pane::Prompt if self.question.is_some() && self.session.as_ref().is_some_and(Session::is_held) => "Held",
            Pane::Prompt if self.question.is_some() => "The model asks",
            Pane::Prompt if self.review.is_some() && self.focus == pane => {
                "What should be different? Unchanged hunks keep your decision"
            }
            Pane::Prompt => "Prompt",
        }
    }

    /// The tabs that are shown where one pane fits, each with its first column and its width.
    pub fn tabs(&self) -> Vec<(Pane, u16, u16)> {
        let mut column = 1;
        let mut tabs = Vec::new();
        for pane in Pane::ALL.into_iter().filter(|pane| *pane != Pane::Prompt) {
            // A mark, the number, a space, the title, what is said of the checks, a space.
            let said = if pane == Pane::Checks { 2 } else { 0 };
            let width = self.title(pane).len() as u16 + 5 + said;
            tabs.push((pane, column, width));
            column += width;
        }
        tabs
    }

    pub(super) fn next_job(&mut self) -> JobId {
        self.next_job += 1;
        self.next_job
    }

    pub(super) fn say(&mut self, kind: ToastKind, text: impl Into<String>) {
        let mut text = text.into();
        // What fails one after the other is said together: nobody could have read the first.
        if let Some(earlier) = self.toast.take().filter(|toast| toast.kind == kind && kind == ToastKind::Failure)
            && !earlier.text.contains(&text)
        {
            text = format!("{}\n{text}", earlier.text);
        }
        let shown_ms = if kind == ToastKind::Failure { 15_000 } else { 6_000 };
        self.toast = Some(Toast { kind, text, ends_ms: self.clock_ms + shown_ms });
    }

    /// Says something and keeps it in the activity.
    pub(super) fn say_and_note(&mut self, kind: ToastKind, text: impl Into<String>) {
        let text = text.into();
        let after = self.agent_activity().len();
        let note = if kind == ToastKind::Failure { NoteKind::Failure } else { NoteKind::Said };
        self.activity.note(after, text.clone(), note);
        self.say(kind, text);
    }

    /// Keeps a line of flux's own in the activity.
    pub(super) fn note(&mut self, text: String) {
        let after = self.agent_activity().len();
        self.activity.note(after, text, NoteKind::Said);
    }

    pub(super) fn set_focus(&mut self, pane: Pane) {
        if pane == Pane::Prompt && self.focus != Pane::Prompt {
            self.focus_before_prompt = self.focus;
        }
        if pane == Pane::Checks && self.focus != Pane::Checks && !self.checks.is_open {
            enter_checks(self);
        }
        self.focus = pane;
    }
}

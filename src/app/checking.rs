//! What a person does about what the gate found: goes to its place, lets it pass with a reason, has it mended.
//!
//! Knows nothing of how an issue is told. Invariant: an issue is shown at the very line of the text that was judged.

use super::asking::{Asks, ask};
use super::pane::checks::CheckRow;
use super::proposing::reveal_hunk;
use super::questions::judge_all;
use super::{App, Cmd, Judged, Pane, ShownLine, ToastKind};
use crate::agent::{Phase, Session};
use crate::gate::{Issue, Overridden, Override, code};
use crate::text::{ChangeSet, ProjectPath, Run, apply_edits, runs_between};

/// What is selected in the checks.
#[derive(Debug, Clone, Copy)]
pub struct ShownIssue<'a> {
    pub issue: &'a Issue,
    /// How often the same is told of this file.
    pub count: usize,
    /// It is let pass.
    pub overridden: Option<&'a Overridden>,
}

/// A fix as it would change the text: the lines from 1 that go, and those that come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixLines {
    pub old: Vec<(u32, String)>,
    pub new: Vec<(u32, String)>,
}

impl App {
    /// The issue that is selected in the checks; a layer is none.
    pub fn shown_issue(&self) -> Option<ShownIssue<'_>> {
        let report = self.report()?;
        match self.checks.row(Some(report))? {
            CheckRow::Issues(at) => {
                Some(ShownIssue { issue: report.issues.get(at.start)?, count: at.len(), overridden: None })
            }
            CheckRow::Overridden(at) => {
                let first = report.overridden.get(at.start)?;
                Some(ShownIssue { issue: &first.issue, count: at.len(), overridden: Some(first) })
            }
            CheckRow::Layer(_) | CheckRow::Mended(_) => None,
        }
    }

    /// The number that stands before the line of an issue where it is shown.
    pub fn number_of(&self, issue: &Issue) -> u32 {
        self.review.as_ref().map_or(issue.line, |review| review.number_of(issue))
    }

    /// The text of a file in which the present report counts its lines; nothing for a file that the change leaves alone.
    pub fn judged_text(&self, path: &ProjectPath) -> Option<String> {
        let text = |change_set: &ChangeSet| {
            let change = change_set.get(path)?;
            let text = if change.new.is_some() { change.new_text() } else { change.old_text() };
            Some(text.to_owned())
        };
        match &self.review {
            Some(review) if review.judged == Judged::Whole => text(&review.change_set),
            Some(review) => text(&review.selection()),
            None => text(self.session.as_ref()?.pending()),
        }
    }

    /// What the fix of an issue would change; nothing where it can only be told.
    pub fn fix_lines(&self, issue: &Issue) -> Vec<FixLines> {
        let Some((old, new)) = self.fixed(issue) else { return Vec::new() };
        let lines = |text: &str, run: &std::ops::Range<u32>| -> Vec<(u32, String)> {
            let lines = (1..).zip(text.lines()).skip(run.start as usize).take(run.len());
            lines.map(|(number, line)| (number, line.to_owned())).collect()
        };
        let fix_lines = |run: Run| FixLines { old: lines(&old, &run.old), new: lines(&new, &run.new) };
        runs_between(&old, &new).into_iter().map(fix_lines).collect()
    }

    /// The judged text of an issue's file, and what its fix makes of it.
    pub(super) fn fixed(&self, issue: &Issue) -> Option<(String, String)> {
        let edits = &issue.fix.as_ref()?.edits;
        let opened = || {
            // What the change leaves alone stands there as it was judged.
            let file = self.code.file.as_ref().filter(|file| file.path == issue.path)?;
            Some(file.text.text().to_owned())
        };
        let old = self.judged_text(&issue.path).or_else(opened).filter(|_| !edits.is_empty())?;
        let new = apply_edits(&old, edits).ok()?;
        (new != old).then_some((old, new))
    }

    /// After anything that may have brought another report: what was selected stays selected, and what is gone is closed.
    pub(super) fn follow_issue(&mut self) {
        if !self.checks.is_open && self.focus != Pane::Checks {
            return;
        }
        if !self.checks.is_chosen && self.checks.held.is_none() {
            // Nobody chose a layer: the first issue that comes is what one looks for here.
            enter_checks(self);
            return;
        }
        if let Some(layer) = self.checks.held_layer {
            let rows = self.checks.rows(self.report());
            let at = rows.iter().position(|row| *row == CheckRow::Layer(layer));
            self.checks.selected = at.unwrap_or(self.checks.selected);
            return;
        }
        let shown = self.shown_issue().map(|shown| shown.issue.clone());
        let Some(held) = self.checks.held.clone().filter(|held| shown.as_ref() != Some(held)) else { return };
        let report = match &self.review {
            Some(review) => Some(&review.report),
            None => self.session.as_ref().and_then(Session::report),
        };
        let rows = self.checks.rows(report);
        let is_held = |row: &CheckRow| match (row, report) {
            (CheckRow::Issues(at), Some(report)) => report.issues[at.start].is_same_as(&held),
            (CheckRow::Overridden(at), Some(report)) => report.overridden[at.start].issue.is_same_as(&held),
            _ => false,
        };
        match rows.iter().position(is_held) {
            Some(at) => self.checks.selected = at,
            None => {
                self.checks.selected = self.checks.selected.min(rows.len().saturating_sub(1));
                self.checks.is_open = false;
                self.code.is_aside = false;
                self.checks.held = None;
            }
        }
        self.hold_issue();
        self.checks.is_chosen = false;
    }

    /// Remembers what is selected.
    pub(super) fn hold_issue(&mut self) {
        self.checks.held = self.shown_issue().map(|shown| shown.issue.clone());
        self.checks.is_chosen = true;
        self.checks.held_layer = match self.checks.row(self.report()) {
            Some(CheckRow::Layer(layer)) => Some(layer),
            _ => None,
        };
    }
}

/// Folds a layer, opens an issue.
pub(super) fn open_check(app: &mut App) -> Vec<Cmd> {
    match app.checks.row(app.report()) {
        Some(CheckRow::Layer(_)) => {
            fold_check(app, None);
            Vec::new()
        }
        Some(CheckRow::Issues(_) | CheckRow::Overridden(_)) => {
            app.set_focus(Pane::Centre);
            app.checks.is_open = true;
            show_issue(app)
        }
        Some(CheckRow::Mended(_)) | None => Vec::new(),
    }
}

pub(super) fn fold_check(app: &mut App, open: Option<bool>) {
    let mut checks = std::mem::take(&mut app.checks);
    checks.fold(open, app.report());
    app.checks = checks;
    app.hold_issue();
}

/// Moves the selection of the checks.
pub(super) fn move_check(app: &mut App, by: isize) {
    let mut checks = std::mem::take(&mut app.checks);
    checks.move_by(by, app.report());
    app.checks = checks;
    app.hold_issue();
}

/// Selects what a person is most likely to have come for.
pub(super) fn enter_checks(app: &mut App) {
    let mut checks = std::mem::take(&mut app.checks);
    checks.select_first(app.report());
    app.checks = checks;
    app.hold_issue();
    app.checks.is_chosen = false;
}

pub(super) fn step_issue(app: &mut App, forward: bool) -> Vec<Cmd> {
    let mut checks = std::mem::take(&mut app.checks);
    let stepped = checks.step_issue(forward, app.report());
    app.checks = checks;
    app.hold_issue();
    if stepped { show_issue(app) } else { Vec::new() }
}

/// Closes the open issue; where the person stays, the place that it stands at keeps the focus.
pub(super) fn close_issue(app: &mut App, stays: bool) {
    if std::mem::take(&mut app.checks.is_open) && !stays {
        app.set_focus(Pane::Checks);
    }
    app.code.is_aside = false;
}

/// Goes to where the open issue stands.
fn show_issue(app: &mut App) -> Vec<Cmd> {
    let Some(ShownIssue { issue, .. }) = app.shown_issue() else { return Vec::new() };
    let (path, line) = (issue.path.clone(), issue.line);
    let height = app.height_of(Pane::Centre);
    app.code.is_aside = false;
    if app.review.as_ref().is_some_and(|review| review.change_set.get(&path).is_some()) {
        show_in_proposal(app, &path, line);
        return Vec::new();
    }
    let on_disk = match &app.session {
        Some(session) => session
            .pending()
            .get(&path)
            .map_or(line, |change| old_line(&runs_between(change.old_text(), change.new_text()), line)),
        None => line,
    };
    app.code.is_aside = app.review.is_some();
    let cmds = match app.code.want(&path, Some((on_disk, on_disk)), height) {
        true => vec![Cmd::OpenFile(path.clone())],
        false => Vec::new(),
    };
    let height = app.height_of(Pane::Structure);
    let symbol = app.structure.structure(&path).and_then(|structure| {
        let id = structure.symbol_at(on_disk)?;
        Some(structure.symbol(id).qualname.clone())
    });
    app.structure.reveal(&path, symbol.as_deref(), height);
    cmds
}

/// Goes to a line of the judged text in the proposal; what hides it is opened.
fn show_in_proposal(app: &mut App, path: &ProjectPath, line: u32) {
    let (arrangement, height) = (app.arrangement(), app.height_of(Pane::Centre));
    let (Some(review), Some(proposal)) = (&mut app.review, &mut app.proposal) else { return };
    let shown = review.shown_line(path, line);
    if proposal.row_of(path, shown).is_none() {
        review.reveal(path, shown);
        proposal.relay(review, arrangement, height);
    }
    let Some(at) = proposal.row_of(path, shown).or_else(|| proposal.row_near(path, shown)) else { return };
    proposal.put_cursor(at, height);
    proposal.top = at.saturating_sub(height / 5).min(proposal.rows.len().saturating_sub(height));
    reveal_hunk(app);
}

/// The line of the old text nearest to a line of the new one.
fn old_line(runs: &[Run], line: u32) -> u32 {
    let mut shift = 0;
    for run in runs {
        if line <= run.new.start {
            break;
        }
        if line <= run.new.end {
            return (run.old.start + 1).max(1);
        }
        shift = i64::from(run.new.end) - i64::from(run.old.end);
    }
    (i64::from(line) - shift).max(1) as u32
}

/// Asks for the reason why the selected issue may pass; what is let pass already is taken back.
pub(super) fn override_issue(app: &mut App) -> Vec<Cmd> {
    let Some(ShownIssue { issue, overridden, count }) = app.shown_issue() else {
        let text = format!("Select an issue; {} lets it pass with a written reason.", app.key("override"));
        app.say(ToastKind::Hint, text);
        return Vec::new();
    };
    if let Some(overridden) = overridden {
        return vec![Cmd::TakeOverrideBack(overridden.clone())];
    }
    let Some(settable) = code(issue.code).filter(|code| code.is_settable()) else {
        app.say(ToastKind::Hint, "This tells that the gate could not judge: only looking at the code settles it.");
        return Vec::new();
    };
    let path = issue.path.clone();
    let lines = app.report().map_or(Vec::new(), |report| {
        let alike = |other: &&Issue| other.path == issue.path && other.message == issue.message;
        report.issues.iter().filter(alike).map(|issue| issue.line).take(count).collect()
    });
    let symbol = app.symbol_of_lines(&path, &lines);
    let place = symbol.as_ref().map_or_else(|| path.to_string(), |symbol| format!("{path}::{symbol}"));
    let question = format!("Why may '{}' pass in {place}? Say the reason.", settable.id);
    // Who says why it may pass has it before the eyes.
    let mut cmds = show_issue(app);
    cmds.extend(ask(app, Asks::Reason { code: settable.id, path, symbol }, question, String::new()));
    cmds
}

/// The prompt holds the reason.
pub(super) fn take_reason(
    app: &mut App,
    code: &'static str,
    path: &ProjectPath,
    symbol: Option<String>,
    reason: &str,
) -> Vec<Cmd> {
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    if reason.is_empty() {
        app.say(ToastKind::Hint, "Nothing is let pass without a reason.");
        return Vec::new();
    }
    app.checks.said = format!("'{code}' passes here from now on: {reason}");
    vec![Cmd::Override(Override::exact(code, path, symbol, reason))]
}

/// What is let pass changed: what is shown is judged anew.
pub(super) fn override_settled(app: &mut App, outcome: Result<(), String>, is_kept: bool) -> Vec<Cmd> {
    match outcome {
        Err(why) if is_kept => app.say_and_note(ToastKind::Failure, format!("The override was not kept: {why}")),
        Err(why) => app.say(ToastKind::Hint, format!("The override was not taken back: {why}.")),
        Ok(()) => {
            let done = std::mem::take(&mut app.checks.said);
            let text = match is_kept {
                true => format!("{done}. {} on it takes it back.", app.key("override")),
                false => "The override was taken back.".to_owned(),
            };
            app.say_and_note(ToastKind::Done, text);
            if app.review.is_some() {
                return judge_all(app);
            }
            if app.phase() != Phase::Idle {
                app.say(ToastKind::Done, "It counts from the agent's next check on.");
            }
        }
    }
    Vec::new()
}

impl App {
    /// The one symbol in which all these lines of the judged text stand.
    fn symbol_of_lines(&self, path: &ProjectPath, lines: &[u32]) -> Option<String> {
        let is_proposed = self.review.as_ref().is_some_and(|review| review.change_set.get(path).is_some());
        let pending = self.session.as_ref().and_then(|session| session.pending().get(path));
        let pending = pending.filter(|_| self.review.is_none());
        let runs = pending.map(|change| runs_between(change.old_text(), change.new_text()));
        let name = |line: &u32| {
            if is_proposed {
                return self.symbol_at_judged(path, *line)?;
            }
            let line = runs.as_ref().map_or(*line, |runs| old_line(runs, *line));
            let structure = self.structure.structure(path)?;
            Some(&*structure.symbol(structure.symbol_at(line)?).qualname)
        };
        let first = name(lines.first()?)?;
        lines.iter().all(|line| name(line) == Some(first)).then(|| first.to_owned())
    }
}

impl App {
    /// The symbol, by qualified name, in which an issue of a proposed file stands; `None`: the file is not proposed, or not
    /// parsed yet. `Some(None)`: it stands in no symbol.
    pub fn symbol_of_issue(&self, issue: &Issue) -> Option<Option<&str>> {
        self.symbol_at_judged(&issue.path, issue.line)
    }

    /// As [`App::symbol_of_issue`], for a line of the judged text.
    fn symbol_at_judged(&self, path: &ProjectPath, line: u32) -> Option<Option<&str>> {
        let (review, proposal) = (self.review.as_ref()?, self.proposal.as_ref()?);
        review.change_set.get(path)?;
        let (side, line) = match review.shown_line(path, line) {
            ShownLine::Old(line) => (proposal.old_side(path)?, line),
            ShownLine::New(line) => (proposal.new_side(path)?, line),
        };
        let symbol = side.structure.symbol_at(line).map(|id| side.structure.symbol(id));
        Some(symbol.map(|symbol| &*symbol.qualname))
    }
}

/// Selects a row; a press on the selected one opens it.
pub(super) fn select_check(app: &mut App, row: usize) -> Vec<Cmd> {
    let is_again = app.focus == Pane::Checks && app.checks.selected == row;
    app.structure.filtering = false;
    app.set_focus(Pane::Checks);
    app.checks.selected = row;
    move_check(app, 0);
    if is_again { open_check(app) } else { Vec::new() }
}

//! The picture of the plan: its steps, how far they are and what shows it.

use ratatui::Frame;
use ratatui::text::{Line, Span};

use crate::agent::{Fate, Step, StepState};
use crate::app::{App, Area, Pane};
use crate::ui::cells::wrapped;
use crate::ui::chrome::{Look, out_of_sight, rect, right_title, titled};
use crate::ui::theme::Role;

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, area: Area) {
    let inside = titled(frame, app, look, Pane::Plan, area, Vec::new());
    let steps = app.session.as_ref().map_or(&[][..], |session| &session.plan().steps);
    let columns = usize::from(inside.width).saturating_sub(4);
    if steps.is_empty() {
        for (y, line) in (inside.y..inside.bottom()).zip(wrapped("The steps of a task show here.", columns)) {
            frame.buffer_mut().set_line(inside.x + 1, y, &Line::from(look.span(Role::Faint, line)), inside.width);
        }
        return;
    }
    // While its wording is written, a step stays marked.
    let is_asked = app.focus == Pane::Prompt && app.focus_before_prompt == Pane::Plan;
    let is_focused = app.focus == Pane::Plan || is_asked;
    // Who only watches sees the step that is worked on.
    let running = steps.iter().position(|step| step.state == StepState::Running);
    let shown = if is_focused { app.step.min(steps.len() - 1) } else { running.unwrap_or(0) };
    let height = usize::from(inside.height);
    // Where room is short, the steps are worth more than what shows them: that of the one at hand first, then in turn.
    let all: Vec<Vec<Line<'static>>> = steps.iter().map(|step| step_lines(look, step, columns)).collect();
    let mut kept: Vec<usize> = steps.iter().map(|step| wrapped(&step.title, columns).len()).collect();
    kept[shown] = all[shown].len();
    for at in 0..all.len() {
        let used: usize = kept.iter().sum();
        if used - kept[at] + all[at].len() <= height {
            kept[at] = all[at].len();
        }
    }
    let of_step = |(at, (lines, kept)): (usize, (Vec<Line<'static>>, usize))| {
        lines.into_iter().take(kept).map(move |line| (at, line))
    };
    let lines: Vec<(usize, Line<'static>)> = all.into_iter().zip(kept).enumerate().flat_map(of_step).collect();
    let last = lines.iter().rposition(|(at, _)| *at == shown).unwrap_or(0);
    let first = lines.iter().position(|(at, _)| *at == shown).unwrap_or(0);
    let top = (last + 1).saturating_sub(height).min(first);
    let mut right = vec![look.span(Role::Dim, format!(" {} ", standing(steps)))];
    right.extend(out_of_sight(look, top, lines.len().saturating_sub(top + height)));
    right_title(frame, area, right);
    for (y, (at, line)) in (inside.y..inside.bottom()).zip(lines.into_iter().skip(top)) {
        frame.buffer_mut().set_line(inside.x, y, &line, inside.width);
        if is_focused && at == shown {
            let row = rect(Area::new(inside.x, y, inside.width, 1));
            let role = if is_asked { Role::SelectionQuiet } else { Role::Selection };
            frame.buffer_mut().set_style(row, look.style(role));
        }
    }
}

/// What became of all of it, or how far it is.
fn standing(steps: &[Step]) -> String {
    let told: Vec<&str> = steps.iter().filter_map(told_fate).collect();
    let over = |step: &&Step| matches!(step.state, StepState::Done | StepState::Skipped);
    match told.first() {
        None => format!("{} of {}", steps.iter().filter(over).count(), steps.len()),
        Some(first) if told.iter().all(|other| other == first) => (*first).to_owned(),
        Some(_) => format!("{} of {} written", told.iter().filter(|told| **told == WRITTEN).count(), told.len()),
    }
}

const WRITTEN: &str = "written";

/// What became of the edits of a step, in words.
fn told_fate(step: &Step) -> Option<&'static str> {
    Some(match step.fate? {
        _ if step.is_taken_back => "taken back",
        Fate::Proposed => "proposed",
        Fate::Written => WRITTEN,
        Fate::WrittenInPart => "written in part",
        Fate::LeftOut => "left out",
        Fate::Discarded => "discarded",
    })
}

/// The title, then what shows that the step is done, or why it is not.
fn step_lines(look: &Look<'_>, step: &Step, columns: usize) -> Vec<Line<'static>> {
    let is_there = !step.is_taken_back && !matches!(step.fate, Some(Fate::LeftOut | Fate::Discarded));
    let (mark, mark_role, text_role) = match step.state {
        _ if !is_there => ("–", Role::Dim, Role::Dim),
        StepState::Done if step.fate == Some(Fate::Proposed) => ("◆", Role::Accent, Role::Text),
        StepState::Done if step.fate == Some(Fate::WrittenInPart) => ("◐", Role::Warn, Role::Text),
        StepState::Waiting => ("·", Role::Dim, Role::Dim),
        StepState::Running => ("▸", Role::Accent, Role::Text),
        StepState::Open => ("◐", Role::Warn, Role::Text),
        StepState::Done => ("✔", Role::Good, Role::Text),
        StepState::Failed => ("✘", Role::Bad, Role::Text),
        StepState::Skipped => ("–", Role::Faint, Role::Faint),
    };
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (at, text) in wrapped(&step.title, columns).into_iter().enumerate() {
        let first = if at == 0 { mark } else { " " };
        lines.push(Line::from(vec![
            Span::raw(" "),
            look.span(mark_role, first),
            Span::raw(" "),
            look.span(text_role, text),
        ]));
    }
    let role = if step.state == StepState::Failed { Role::Bad } else { Role::Dim };
    let open = (step.state == StepState::Open).then_some("the gate has something against it");
    let skipped = (step.state == StepState::Skipped).then_some("skipped");
    let hold = step.hold.then_some("the agent waits after it");
    // Where the code is as it was, nothing in it shows the step.
    let evidence = step.evidence.as_deref().filter(|_| skipped.is_none() && is_there);
    let fate = told_fate(step).filter(|told| *told != WRITTEN && step.fate != Some(Fate::Proposed));
    let notes = evidence.into_iter().chain(fate).chain(open).chain(skipped).chain(hold);
    for note in notes {
        let texts = wrapped(note, columns).into_iter();
        lines.extend(texts.map(|text| Line::from(vec![Span::raw("   "), look.span(role, text)])));
    }
    lines
}

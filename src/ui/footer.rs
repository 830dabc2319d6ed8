//! The keys that work now, in the last border; a press on one does the same.
//!
//! Invariant: a hint is whole or not there.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::cells::width;
use super::chrome::Look;
use super::keymap::Keymap;
use super::theme::Role;
use crate::agent::Phase;
use crate::app::{Action, App, Area, Decision, KEYS, Pane, Place};

/// A key, what it does in a word or two, and the action.
struct Hint {
    key: String,
    text: &'static str,
    action: Action,
}

impl Hint {
    fn width(&self) -> usize {
        width(&self.key) + 1 + width(self.text)
    }
}

/// What works here, the most particular first.
fn hints(app: &App, keymap: &Keymap) -> Vec<Hint> {
    let hint = |at: usize, text: &'static str| {
        let key = keymap.keys_of(at).into_iter().next()?;
        Some(Hint { key, text, action: KEYS[at].action.clone() })
    };
    if let Some(first) = app.begun {
        let after = |(key, at): (String, usize)| {
            let row = &KEYS[at];
            let text = if row.hint.is_empty() { row.name } else { row.hint };
            Hint { key, text, action: row.action.clone() }
        };
        return keymap.following(app, first).into_iter().map(after).collect();
    }
    let mut hints: Vec<Hint> = Vec::new();
    let mut silent: Vec<String> = Vec::new();
    let works = matches!(app.phase(), Phase::Thinking | Phase::Working);
    for place in app.places() {
        let is_filtered = app.focus == Pane::Structure && app.structure.is_filtered();
        if (is_filtered || works) && place == Place::Panes {
            let back = KEYS.iter().position(|row| row.action == Action::Back && row.place == Place::Panes);
            hints.extend(back.and_then(|at| hint(at, if is_filtered { "clear filter" } else { "stop" })));
        }
        for (at, row) in KEYS.iter().enumerate().filter(|(_, row)| row.place == place && !row.hint.is_empty()) {
            let text = app.hint_of(row);
            if text.is_empty() {
                // It does what another one does; what it means elsewhere it does not mean here.
                silent.extend(keymap.keys_of(at).into_iter().next());
                continue;
            }
            if !app.can(&row.action) {
                continue;
            }
            let is_new = |hint: &Hint| {
                !silent.contains(&hint.key)
                    && !hints.iter().any(|known| known.key == hint.key || known.action == hint.action)
            };
            let new = hint(at, text).filter(is_new);
            hints.extend(new);
        }
    }
    // Once all is decided, one thing is left to do; and one leads out of an issue that another hunk mends.
    let is_decided = app.review.as_ref().is_some_and(|review| review.count(Decision::Open) == 0);
    let needs_hunk = app.checks.is_open && app.shown_need().is_some();
    for (action, is_first) in [(Action::Write, is_decided), (Action::TakeWithNeeds, needs_hunk)] {
        if let Some(at) = hints.iter().position(|hint| hint.action == action).filter(|_| is_first) {
            let first = hints.remove(at);
            hints.insert(0, first);
        }
    }
    hints
}

/// The hints that fit, each with its first column.
fn placed(app: &App, keymap: &Keymap, area: Area) -> Vec<(u16, Hint)> {
    let room = usize::from(area.width).saturating_sub(5);
    let mut hints = hints(app, keymap);
    // Help is the way to all the others: it is kept where not all fit.
    let help = hints.iter().position(|hint| hint.action == Action::Help).map(|at| hints.remove(at));
    let reserve = help.as_ref().map_or(0, |help| help.width() + 2);
    let mut used = 0;
    let mut placed = Vec::new();
    let mut put = |hint: Hint, reserve: usize| {
        let wide = hint.width();
        if used + wide + reserve <= room {
            placed.push((area.x + 2 + used as u16, hint));
            used += wide + 2;
        }
    };
    hints.into_iter().for_each(|hint| put(hint, reserve));
    help.into_iter().for_each(|help| put(help, 0));
    placed
}

pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: &Look<'_>, area: Area) {
    let y = area.y + area.height - 1;
    for (x, hint) in placed(app, look.keymap, area) {
        let wide = hint.width() as u16 + 2;
        look.on_press(Rect::new(x, y, wide - 2, 1), hint.action);
        let spans = vec![
            look.span(Role::Text, " "),
            look.span(Role::Key, hint.key),
            look.span(Role::Dim, format!(" {} ", hint.text)),
        ];
        frame.buffer_mut().set_line(x - 1, y, &Line::from(spans), wide);
    }
}

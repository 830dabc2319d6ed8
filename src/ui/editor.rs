//! The text of a hunk while it is typed: cursor, indentation, undo by key.
//!
//! Knows nothing of what the text is for. The state's text is the true one: the widget follows where it was set from elsewhere.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use tui_textarea::{CursorMove, TextArea};

use crate::app::{App, Key, KeyCode};
use crate::index::LiveFile;
use crate::text::{FileText, ProjectPath};

/// How far a block is indented.
const INDENT: usize = 4;
/// Longer texts are typed without colours: they would be felt.
const COLOURED_BYTES_MAX: usize = 60_000;

#[derive(Default)]
pub(super) struct Editor {
    area: TextArea<'static>,
    is_open: bool,
    /// The first line that is shown.
    pub(super) top: Cell<usize>,
    /// The text as it was coloured last.
    coloured: RefCell<Option<Arc<LiveFile>>>,
}

impl Editor {
    /// Takes in the text of the state, where it is another one.
    pub(super) fn follow(&mut self, app: &App) {
        let Some(edit) = &app.code_edit else {
            if self.is_open {
                *self = Self::default();
            }
            return;
        };
        if self.is_open && self.area.lines().join("\n") == edit.text {
            return;
        }
        self.is_open = true;
        self.area = TextArea::new(edit.text.split('\n').map(str::to_owned).collect());
        self.area.set_max_histories(1_000);
        let indent = edit.text.split('\n').next().map_or(0, indent_of);
        self.area.move_cursor(CursorMove::Jump(0, indent as u16));
        self.top.set(0);
    }

    pub(super) fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// Line and character, from 0.
    pub(super) fn cursor(&self) -> (usize, usize) {
        let at = self.area.cursor();
        (at.0, at.1)
    }

    /// The text after a key; nothing when it means nothing here.
    pub(super) fn typed(&mut self, app: &App, key: Key) -> Option<String> {
        self.follow(app);
        let before = self.cursor();
        let (row, column) = before;
        let line = self.area.lines().get(row).cloned().unwrap_or_default();
        let lead: String = line.chars().take(column).collect();
        let is_plain = !key.ctrl && !key.alt;
        let changed = match key.code {
            // What begins a line in the prompt begins one here; a terminal without bracketed paste sends it for each line.
            KeyCode::Enter | KeyCode::Char('j') if is_newline(key) => {
                self.area.insert_newline();
                let deeper = if lead.trim_end().ends_with(':') { INDENT } else { 0 };
                let indent = " ".repeat(indent_of(&lead).min(column) + deeper);
                self.area.insert_str(indent);
                true
            }
            KeyCode::Tab => self.area.insert_str(" ".repeat(INDENT - column % INDENT)),
            KeyCode::BackTab => self.dedent(&line, before),
            KeyCode::Backspace if is_plain && column > 0 && lead.chars().all(|c| c == ' ') => {
                (0..(column - 1) % INDENT + 1).fold(false, |changed, _| self.area.delete_char() || changed)
            }
            _ => self.area.input(textarea_input(key)?),
        };
        (changed || self.cursor() != before).then(|| self.area.lines().join("\n"))
    }

    fn dedent(&mut self, line: &str, (row, column): (usize, usize)) -> bool {
        let less = indent_of(line).min(INDENT);
        self.area.move_cursor(CursorMove::Head);
        let changed = (0..less).fold(false, |changed, _| self.area.delete_next_char() || changed);
        self.area.move_cursor(CursorMove::Jump(row as u16, column.saturating_sub(less) as u16));
        changed
    }

    pub(super) fn pasted(&mut self, app: &App, text: &str) -> String {
        self.follow(app);
        self.area.insert_str(text);
        self.area.lines().join("\n")
    }

    /// The text with its colours; nothing where it is too long for them.
    pub(super) fn coloured(&self, path: &ProjectPath) -> Option<Arc<LiveFile>> {
        let text = self.area.lines().join("\n");
        if text.len() > COLOURED_BYTES_MAX {
            return None;
        }
        let mut known = self.coloured.borrow_mut();
        let file = || Arc::new(FileText::from_text(&text));
        let live = match known.take() {
            Some(live) if live.text.text() == text => live,
            Some(live) => Arc::new(live.renewed(file())),
            None => Arc::new(LiveFile::new(path.clone(), file())),
        };
        *known = Some(live.clone());
        Some(live)
    }
}

fn is_newline(key: Key) -> bool {
    key.code == KeyCode::Enter || key.ctrl
}

/// How many spaces and tabs a line begins with.
fn indent_of(line: &str) -> usize {
    line.chars().take_while(|c| matches!(c, ' ' | '\t')).count()
}

/// A key as the text widget takes it; nothing for one that types nothing.
pub(super) fn textarea_input(key: Key) -> Option<tui_textarea::Input> {
    use tui_textarea::Key as Their;
    let their = match key.code {
        KeyCode::Char(c) => Their::Char(c),
        KeyCode::Enter => Their::Enter,
        KeyCode::Backspace => Their::Backspace,
        KeyCode::Delete => Their::Delete,
        KeyCode::Up => Their::Up,
        KeyCode::Down => Their::Down,
        KeyCode::Left => Their::Left,
        KeyCode::Right => Their::Right,
        KeyCode::Home => Their::Home,
        KeyCode::End => Their::End,
        KeyCode::PageUp => Their::PageUp,
        KeyCode::PageDown => Their::PageDown,
        KeyCode::Esc | KeyCode::Tab | KeyCode::BackTab | KeyCode::Insert | KeyCode::F(_) => return None,
    };
    Some(tui_textarea::Input { key: their, ctrl: key.ctrl, alt: key.alt, shift: key.shift })
}

//! The drawn screen: one frame from the state, and input → what the person asked for.

use std::cell::RefCell;
use std::io::{BufWriter, Write};

use ratatui::Frame;
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::layout::{Position, Rect};
use tui_textarea::{CursorMove, TextArea, WrapMode};

use super::cells::harmless;
use super::chrome::{self, Look};
use super::editor::{Editor, textarea_input};
use super::keymap::Keymap;
use super::legibility::Legibility;
use super::syntax::SyntaxCache;
use super::theme::{Role, Theme, Themes};
use super::{overlay, pane};
use crate::app::{Action, App, Input, Key, KeyCode, MouseAction, Overlay, Pane, Place, Shape};

/// A screen on a stream of bytes; one frame is one write.
pub type OutputScreen<W> = Screen<CrosstermBackend<BufWriter<W>>>;

pub struct Screen<B: Backend> {
    terminal: Terminal<B>,
    prompt: TextArea<'static>,
    editor: Editor,
    theme: Theme,
    /// To change between, and the name of the one that is shown.
    themes: Option<Themes>,
    theme_name: String,
    keymap: Keymap,
    cache: SyntaxCache,
    transcript: pane::TranscriptView,
    /// What a press means on the frame that is shown.
    presses: RefCell<Vec<(Rect, Action)>>,
    legibility: Legibility,
}

impl<W: Write> OutputScreen<W> {
    /// A screen that writes what changed to `output`.
    pub fn on_output(output: W, theme: Theme, keymap: Keymap) -> std::io::Result<Self> {
        // A frame of a large terminal is some 100 kB: it should leave in one piece.
        Self::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 18, output)), theme, keymap)
    }

    /// Draws one frame that the terminal shows at once, where it knows how to.
    pub fn frame(&mut self, app: &App) -> std::io::Result<()> {
        self.terminal.backend_mut().write_all(b"\x1b[?2026h")?;
        self.draw(app)?;
        self.terminal.backend_mut().write_all(b"\x1b[?2026l")?;
        Write::flush(self.terminal.backend_mut())
    }
}

impl<B: Backend> Screen<B> {
    pub fn new(backend: B, theme: Theme, keymap: Keymap) -> Result<Self, B::Error> {
        let mut prompt = TextArea::default();
        prompt.set_wrap_mode(WrapMode::WordOrGlyph);
        let mut screen = Self {
            terminal: Terminal::new(backend)?,
            prompt,
            theme,
            themes: None,
            theme_name: String::new(),
            keymap,
            cache: SyntaxCache::default(),
            transcript: pane::TranscriptView::default(),
            presses: RefCell::default(),
            editor: Editor::default(),
            legibility: Legibility::default(),
        };
        screen.style_prompt();
        Ok(screen)
    }

    /// The themes that can be changed between, and the name of the one that is shown already.
    pub fn with_themes(mut self, themes: Themes, shown: &str) -> Self {
        self.themes = Some(themes);
        shown.clone_into(&mut self.theme_name);
        self
    }

    fn style_prompt(&mut self) {
        self.prompt.set_cursor_line_style(self.theme.style(Role::Text));
        self.prompt.set_placeholder_style(self.theme.style(Role::Faint));
    }

    /// Shows the theme that the state asks for; one that is wrong changes nothing.
    fn take_theme(&mut self, app: &App) {
        let name = app.shown_theme();
        if name == self.theme_name || name.is_empty() {
            return;
        }
        name.clone_into(&mut self.theme_name);
        if let Some(Ok(theme)) = self.themes.as_ref().map(|themes| themes.theme(name)) {
            self.theme = theme;
            self.cache = SyntaxCache::default();
            self.style_prompt();
        }
    }

    pub fn backend(&self) -> &B {
        self.terminal.backend()
    }

    /// Has the next frame written whole: the terminal was somebody else's meanwhile.
    pub fn redraw(&mut self) -> Result<(), B::Error> {
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }

    /// What an input means now; nothing when it means nothing.
    pub fn action(&mut self, app: &App, input: &Input) -> Option<Action> {
        match input {
            Input::Key(key) => self.key(app, *key),
            Input::Paste(text) => self.paste(app, text),
            Input::Mouse { action: MouseAction::Press, column, row } => self.press(app, *column, *row),
            Input::Mouse { .. } | Input::Resized { .. } | Input::FocusGained | Input::FocusLost => None,
        }
    }

    /// What a press means on what was drawn there.
    fn press(&self, app: &App, column: u16, row: u16) -> Option<Action> {
        let presses = self.presses.borrow();
        let hit = presses.iter().rev().find(|(area, _)| area.contains(Position::new(column, row)));
        hit.filter(|_| app.overlay.is_none()).map(|(_, action)| action.clone())
    }

    fn key(&mut self, app: &App, key: Key) -> Option<Action> {
        let place = app.places().first().copied();
        let action = self.keymap.action(app, key);
        if app.layout().shape == Shape::TooSmall {
            // Nothing is done that cannot be seen.
            return action.filter(|action| matches!(action, Action::Quit | Action::ConfirmQuit | Action::Suspend));
        }
        match place {
            Some(Place::Prompt | Place::Completion) => match action {
                Some(Action::NewLine) => {
                    self.take_draft(app);
                    self.prompt.insert_newline();
                    Some(self.typed_prompt())
                }
                // A backslash at the end of a line makes Enter begin one.
                Some(Action::Submit)
                    if app.draft[..app.draft.floor_char_boundary(app.prompt.cursor)].ends_with('\\') =>
                {
                    self.take_draft(app);
                    self.prompt.delete_char();
                    self.prompt.insert_newline();
                    Some(self.typed_prompt())
                }
                // Within a text of several lines the keys move the cursor.
                Some(Action::Recall) if !self.is_in_line(app, 0) => self.type_into_prompt(app, key),
                Some(Action::RecallNewer) if !self.is_in_line(app, app.draft.matches('\n').count()) => {
                    self.type_into_prompt(app, key)
                }
                Some(action) => Some(action),
                None => self.type_into_prompt(app, key),
            },
            Some(Place::Edit) if action.is_none() => self.editor.typed(app, key).map(Action::EditTyped),
            Some(Place::Search) if action.is_none() => typed(search(app), key).map(Action::Searched),
            Some(Place::Filter) if action.is_none() => typed(&app.structure.filter, key).map(Action::Filtered),
            Some(Place::Query) if action.is_none() => typed(query(app), key).map(Action::Queried),
            _ => action,
        }
    }

    fn type_into_prompt(&mut self, app: &App, key: Key) -> Option<Action> {
        let input = textarea_input(key)?;
        self.take_draft(app);
        let before = self.prompt.cursor();
        // As shells have it: what stands before the cursor goes.
        let is_clearing = key.ctrl && key.code == KeyCode::Char('u');
        let changed = if is_clearing { self.prompt.delete_line_by_head() } else { self.prompt.input(input) };
        // Moving the cursor changes the picture as well.
        (changed || self.prompt.cursor() != before).then(|| self.typed_prompt())
    }

    /// The text of the prompt, and where in it the cursor is.
    fn typed_prompt(&self) -> Action {
        let (row, column) = (self.prompt.cursor().0, self.prompt.cursor().1);
        let lines = self.prompt.lines();
        let before: usize = lines.iter().take(row).map(|line| line.len() + 1).sum();
        let line = lines.get(row).map_or("", String::as_str);
        let within = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        Action::Typed { text: lines.join("\n"), cursor: before + within }
    }

    fn is_in_line(&mut self, app: &App, line: usize) -> bool {
        self.take_draft(app);
        self.prompt.cursor().0 == line
    }

    fn paste(&mut self, app: &App, text: &str) -> Option<Action> {
        let text = harmless(&text.replace("\r\n", "\n").replace('\r', "\n"));
        match app.places().first() {
            Some(Place::Prompt | Place::Completion) => Some(Action::Pasted(text)),
            Some(Place::Edit) => Some(Action::EditTyped(self.editor.pasted(app, &text))),
            Some(Place::Filter) => {
                let line = text.lines().next().unwrap_or_default();
                Some(Action::Filtered(format!("{}{line}", app.structure.filter)))
            }
            Some(Place::Search) => {
                let line = text.lines().next().unwrap_or_default();
                Some(Action::Searched(format!("{}{line}", search(app))))
            }
            Some(Place::Query) => {
                let line = text.lines().next().unwrap_or_default();
                Some(Action::Queried(format!("{}{line}", query(app))))
            }
            _ => None,
        }
    }

    /// The state's text is the true one: the widget follows when it was sent or set from elsewhere.
    fn take_draft(&mut self, app: &App) {
        if self.prompt.lines().join("\n") != app.draft {
            self.prompt.clear();
            self.prompt.insert_str(&app.draft);
            let before = app.draft.get(..app.prompt.cursor).unwrap_or(&app.draft);
            let line = before.rsplit('\n').next().unwrap_or_default();
            let (row, column) = (before.matches('\n').count(), line.chars().count());
            let place = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
            self.prompt.move_cursor(CursorMove::Jump(place(row), place(column)));
        }
    }

    /// Draws one frame; only cells that changed are written.
    pub fn draw(&mut self, app: &App) -> Result<(), B::Error> {
        self.take_draft(app);
        self.editor.follow(app);
        self.take_theme(app);
        let Self { terminal, prompt, editor, theme, keymap, cache, transcript, presses, legibility, .. } = self;
        presses.borrow_mut().clear();
        let look = Look { theme, keymap, cache, presses, editor };
        // The cursor is a styled cell while the prompt has the focus, and nowhere else.
        let focused = app.focus == Pane::Prompt && app.overlay.is_none();
        prompt.set_cursor_style(if focused {
            theme.style(Role::Text).add_modifier(ratatui::style::Modifier::REVERSED)
        } else {
            theme.style(Role::Text)
        });
        terminal.draw(|frame| {
            draw(frame, app, &look, prompt, transcript);
            legibility.settle(frame.buffer_mut());
        })?;
        Ok(())
    }
}

fn draw(
    frame: &mut Frame<'_>,
    app: &App,
    look: &Look<'_>,
    prompt: &TextArea<'static>,
    transcript: &mut pane::TranscriptView,
) {
    let layout = app.layout();
    let all = frame.area();
    frame.buffer_mut().set_style(all, look.style(Role::Surface));
    if layout.shape == Shape::TooSmall || all.width < layout.columns || all.height < layout.rows {
        overlay::too_small(frame, app, look);
        return;
    }
    chrome::status(frame, app, look);
    if layout.shape == Shape::Tabs {
        chrome::tabs(frame, app, look);
    }
    chrome::borders(frame, app, look, &layout.panes);
    for (pane, area) in &layout.panes {
        pane::draw(frame, app, look, prompt, transcript, *pane, *area);
    }
    overlay::draw(frame, app, look, &layout);
}

/// The query of the list that is open.
fn search(app: &App) -> &str {
    app.searched().map_or("", |(query, _)| query)
}

fn query(app: &App) -> &str {
    match &app.overlay {
        Some(Overlay::Picker(picker)) => &picker.query,
        _ => "",
    }
}

/// One line of text after a key.
fn typed(text: &str, key: Key) -> Option<String> {
    match key.code {
        KeyCode::Char(c) if !key.ctrl && !key.alt => Some(format!("{text}{c}")),
        KeyCode::Char('u') if key.ctrl => Some(String::new()),
        KeyCode::Char('w') if key.ctrl => {
            let text = text.trim_end();
            Some(text[..text.rfind(' ').map_or(0, |at| at + 1)].to_owned())
        }
        KeyCode::Backspace => {
            let mut shorter = text.to_owned();
            shorter.pop()?;
            Some(shorter)
        }
        _ => None,
    }
}

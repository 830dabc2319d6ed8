//! The workbench: the one place that sees `app`, `ui` and `sys` together.
//!
//! One loop owns the state and the screen. It waits for messages, takes in all that are there, and draws: at once what a person
//! did, else at most once in a frame's time. Invariant: nothing is drawn while nothing happens.

use std::io::Stdout;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anyhow::Context;
use flux::app::{App, Cmd, EditorWork, Input, Msg, update};
use flux::sys::{
    Config, Lessons, ModelChoice, Notice, Outside, Prompts, TerminalGuard, copy, end_editor, light_of_variable, notify,
    open_editor, theme_files,
};
use flux::ui::{ColorDepth, Keymap, OutputScreen, Theme, ThemeFile, Themes};

/// Frames that nobody asked for follow each other no closer.
const FRAME: Duration = Duration::from_millis(16);
/// How often time is told while something moves by itself.
const TICK: Duration = Duration::from_millis(100);
/// For so long after the start a model's server may still be found, and how often is looked.
const MODEL_WAIT: Duration = Duration::from_secs(12);
const MODEL_TICK: Duration = Duration::from_millis(250);
/// What is shown where nothing is set.
const FIRST_THEME: &str = "dusk";
/// And on a light ground.
const LIGHT_THEME: &str = "paper";
/// What `sys` calls a model that is not known.
const NO_MODEL: &str = "no model yet";
/// So many messages are taken in before the next frame, even if more wait.
const DRAIN_MAX: usize = 2_000;

/// What a frame waits for at most, so that it shows nothing that a killed flux would not remember.
const SAVE_WAIT: Duration = Duration::from_millis(30);

/// What the workbench begins with.
pub(crate) enum Opening {
    Fresh,
    /// Goes on with a session; without an id with the one that was used last.
    Session(Option<String>),
    /// The list of sessions.
    Sessions,
    /// A task that stands in the prompt already.
    Demo(String),
}

/// Opens the workbench on `root` and returns when the person leaves it.
pub(crate) fn workbench(root: &Path, opening: Opening, model: Option<String>) -> anyhow::Result<ExitCode> {
    workbench_with(root, model.map_or(ModelChoice::Configured, ModelChoice::Named), opening)
}

/// As [`workbench`], with a model of the caller's choice.
pub(crate) fn workbench_with(root: &Path, model: ModelChoice, opening: Opening) -> anyhow::Result<ExitCode> {
    let root = opened(root)?;
    let loaded = Config::load(&root);
    let (msgs, inbox) = mpsc::channel();
    let mut faults = [loaded.faults, loaded.refused].concat();
    let depth = ColorDepth::of_environment(|name| std::env::var(name).ok());
    let themes = Themes::with(depth, own_themes());
    let ground = std::env::var("COLORFGBG").ok().and_then(|value| light_of_variable(&value));
    let wanted = match (&loaded.config.theme, ground) {
        (Some(theme), _) => theme,
        (None, Some(true)) => LIGHT_THEME,
        (None, _) => FIRST_THEME,
    };
    let (theme, theme_name) = theme(&themes, wanted, &mut faults)?;
    let (keymap, wrong_keys) = Keymap::with(&loaded.config.keys);
    faults.extend(wrong_keys);

    let guard = TerminalGuard::take(loaded.config.mouse)?;
    let (columns, rows) = TerminalGuard::size()?;
    let mut app = App::new(&root, columns, rows);
    app.keys = keymap.names().clone();
    app.runs_tests = true;
    app.sizes = flux::sys::load_sizes();
    app.has_mouse = loaded.config.mouse;
    app.themes = themes.labels();
    app.theme = theme_name;
    app.follows_ground = loaded.config.theme.is_none() && ground.is_none();
    app.allowed_commands.clone_from(&loaded.config.allowed_commands);
    app.limits = loaded.config.limits.clone();
    app.model.is_recorded = matches!(model, ModelChoice::Recorded(_));
    // A recorded model is played back once; there is nothing to go on with.
    let is_saved = !app.model.is_recorded;
    if is_saved {
        app.prompt.history = Prompts::of(&root).map(|prompts| prompts.list()).unwrap_or_default();
        app.lessons = Lessons::of(&root).map(|lessons| lessons.list()).unwrap_or_default();
    }
    let first = match opening {
        Opening::Fresh => None,
        Opening::Session(id) => Some(app.opens_session(id)),
        Opening::Sessions => Some(Cmd::ListSessions),
        Opening::Demo(task) => {
            app.begin_with(task);
            None
        }
    };
    let mut screen = OutputScreen::on_output(std::io::stdout(), theme, keymap)
        .context("the screen cannot be drawn")?
        .with_themes(themes, &app.theme);
    // The first frame comes before anything is read.
    screen.frame(&app).context("the screen cannot be drawn")?;
    if std::env::var_os("FLUX_TEST_PANIC").is_some() {
        panic!("FLUX_TEST_PANIC is set");
    }
    let to_self = msgs.clone();
    flux::sys::listen(msgs.clone())?;
    if app.follows_ground {
        TerminalGuard::ask_ground()?;
    }
    std::thread::spawn(flux::ui::warm_up);
    flux::sys::prepare(&root, &msgs);
    let outside = Outside::start_with(root.clone(), model, &loaded.config, msgs.clone())?;
    for fault in faults {
        // The loop below holds the other end: it is there.
        let _ = msgs.send(Msg::Failed { what: "reading the configuration", why: fault });
    }
    drop(msgs);
    if let Some(cmd) = first {
        outside.run(cmd);
    }
    let mut workbench = Workbench {
        app,
        screen,
        outside,
        inbox,
        to_self,
        root,
        guard,
        notice: loaded.config.notify,
        started_at: Instant::now(),
        holder: Holder::Flux,
        drawn_at: Instant::now(),
        is_saved,
    };
    let end = workbench.run();
    if workbench.holder == Holder::Editor {
        end_editor();
    }
    let Workbench { outside, guard, .. } = workbench;
    // The terminal first: whatever the rest does, the person has it back.
    drop(guard);
    outside.close();
    end
}

fn opened(root: &Path) -> anyhow::Result<PathBuf> {
    let opened = root.canonicalize().with_context(|| format!("'{}' cannot be opened", root.display()))?;
    anyhow::ensure!(opened.is_dir(), "'{}' is no folder; give flux the folder of a project", root.display());
    Ok(opened)
}

fn own_themes() -> Vec<ThemeFile> {
    theme_files().into_iter().map(|(path, text)| ThemeFile { path, text }).collect()
}

/// The theme to begin with, and its name.
fn theme(themes: &Themes, name: &str, faults: &mut Vec<String>) -> anyhow::Result<(Theme, String)> {
    // A fault of a theme that is not wanted is said in the list of themes.
    match themes.theme(name) {
        Ok(theme) => Ok((theme, name.to_owned())),
        Err(error) => {
            faults.push(error.to_string());
            Ok((themes.theme(FIRST_THEME)?, FIRST_THEME.to_owned()))
        }
    }
}

struct Workbench {
    app: App,
    screen: OutputScreen<Stdout>,
    outside: Outside,
    inbox: Receiver<Msg>,
    to_self: Sender<Msg>,
    root: PathBuf,
    guard: TerminalGuard,
    notice: Notice,
    started_at: Instant,
    holder: Holder,
    /// The last frame that nobody asked for.
    drawn_at: Instant,
    is_saved: bool,
}

/// When the next frame is due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Never,
    /// Together with what else happens in a frame's time.
    InTime,
    /// Somebody pressed a key and looks for what it does.
    AtOnce,
}

/// Who has the terminal. While it is not flux, nothing is drawn and all else goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Flux,
    Editor,
    Shell,
}

/// Whether the loop goes on.
enum Step {
    On,
    Leave(ExitCode),
}

impl Workbench {
    fn run(&mut self) -> anyhow::Result<ExitCode> {
        let started_at = self.started_at;
        let mut due = Due::AtOnce;
        loop {
            let since_frame = self.drawn_at.elapsed();
            if self.holder != Holder::Flux {
                due = Due::Never;
            } else if due == Due::AtOnce || (due == Due::InTime && since_frame >= FRAME) {
                self.take_model_name();
                self.draw()?;
                if due == Due::InTime {
                    self.drawn_at = Instant::now();
                }
                due = Due::Never;
            }
            let seeks_model = self.app.model.is_missing && started_at.elapsed() < MODEL_WAIT;
            let wait = match (due > Due::Never, self.app.is_moving(), seeks_model) {
                (true, ..) => Some(FRAME.saturating_sub(since_frame)),
                (false, true, _) => Some(TICK),
                (false, false, true) => Some(MODEL_TICK),
                (false, false, false) => None,
            };
            let ends = self.app.due_ms().map(|at| Duration::from_millis(at).saturating_sub(started_at.elapsed()));
            let wait = wait.into_iter().chain(ends).min();
            let first = match wait {
                Some(wait) => self.inbox.recv_timeout(wait),
                None => self.inbox.recv().map_err(RecvTimeoutError::from),
            };
            let msg = match first {
                Ok(msg) => msg,
                Err(RecvTimeoutError::Timeout) if due > Due::Never => continue,
                Err(RecvTimeoutError::Timeout) if !self.app.is_moving() && !self.is_time_over() => {
                    due = if self.take_model_name() { Due::InTime } else { Due::Never };
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => Msg::Ticked { now_ms: started_at.elapsed().as_millis() as u64 },
                Err(RecvTimeoutError::Disconnected) => anyhow::bail!("all of flux's threads ended"),
            };
            let mut next = Some(msg);
            for _ in 0..DRAIN_MAX {
                let Some(msg) = next.take().or_else(|| self.inbox.try_recv().ok()) else { break };
                if let Step::Leave(code) = self.take(msg, &mut due) {
                    return Ok(code);
                }
            }
        }
    }

    fn take(&mut self, msg: Msg, due: &mut Due) -> Step {
        let is_of_person = matches!(msg, Msg::Input(_));
        let msg = match msg {
            // Typed before the editor came, and not meant for it either.
            Msg::Input(Input::Key(_) | Input::Paste(_) | Input::Mouse { .. }) if self.holder != Holder::Flux => {
                return Step::On;
            }
            Msg::Terminated { signal } => return Step::Leave(ExitCode::from(128 + signal as u8)),
            Msg::Input(input) => match self.screen.action(&self.app, &input) {
                Some(action) => Msg::Act(action),
                None if matches!(input, Input::Key(_) | Input::Paste(_)) => return Step::On,
                None => Msg::Input(input),
            },
            msg => msg,
        };
        match msg {
            Msg::Continued if self.holder != Holder::Editor => self.take_terminal_back(),
            Msg::FileEdited(..) | Msg::TextEdited(..) => {
                self.take_terminal_back();
                self.outside.look_again();
            }
            _ => {}
        }
        self.app.clock_ms = self.started_at.elapsed().as_millis() as u64;
        *due = (*due).max(if is_of_person { Due::AtOnce } else { Due::InTime });
        for cmd in update(&mut self.app, msg) {
            match cmd {
                Cmd::Quit => return Step::Leave(ExitCode::SUCCESS),
                Cmd::Save(_) | Cmd::Learn(_) | Cmd::KeepPrompt(_) if !self.is_saved => {}
                Cmd::OpenEditor(work) => self.lend_terminal(work),
                Cmd::Suspend => self.suspend(),
                Cmd::SetMouse(is_on) => {
                    let set = self.guard.set_mouse(is_on);
                    self.tell_failure("changing who has the mouse", set);
                }
                Cmd::Copy(text) => self.tell_failure("copying", copy(&text).map_err(Into::into)),
                Cmd::Notify(text) => {
                    self.tell_failure("calling for you", notify(self.notice, &text).map_err(Into::into))
                }
                cmd => self.outside.run(cmd),
            }
        }
        Step::On
    }

    /// Something that is shown for a while has been.
    fn is_time_over(&self) -> bool {
        self.app.due_ms().is_some_and(|at| self.started_at.elapsed() >= Duration::from_millis(at))
    }

    fn lend_terminal(&mut self, work: EditorWork) {
        self.holder = Holder::Editor;
        self.guard.lend();
        open_editor(self.root.clone(), work, self.to_self.clone());
    }

    fn suspend(&mut self) {
        let is_lent = self.holder == Holder::Editor;
        match self.guard.suspend() {
            // Once flux goes on, it is told so.
            Ok(()) if !is_lent => self.holder = Holder::Shell,
            Ok(()) => {}
            Err(error) => self.tell(Msg::Failed { what: "suspending flux", why: format!("{error:#}") }),
        }
    }

    fn take_terminal_back(&mut self) {
        self.holder = Holder::Flux;
        let taken = self.guard.take_back();
        if let Err(error) = taken.and_then(|()| self.screen.redraw().context("the screen cannot be drawn")) {
            self.tell(Msg::Failed { what: "taking the terminal back", why: format!("{error:#}") });
        }
    }

    fn tell_failure(&self, what: &'static str, outcome: anyhow::Result<()>) {
        if let Err(error) = outcome {
            self.tell(Msg::Failed { what, why: format!("{error:#}") });
        }
    }

    fn tell(&self, msg: Msg) {
        // The inbox is this loop's own: it is there.
        let _ = self.to_self.send(msg);
    }

    /// Takes in the model's name, which is known once its server was asked. False when it is the same as before.
    fn take_model_name(&mut self) -> bool {
        let name = self.outside.model_name();
        let model = &mut self.app.model;
        if model.name == name {
            return false;
        }
        name.clone_into(&mut model.name);
        model.is_missing = name == NO_MODEL;
        true
    }

    fn draw(&mut self) -> anyhow::Result<()> {
        let size = TerminalGuard::size()?;
        if size != (self.app.columns, self.app.rows) {
            let (columns, rows) = size;
            update(&mut self.app, Msg::Input(Input::Resized { columns, rows }));
        }
        self.outside.settle(SAVE_WAIT);
        self.screen.frame(&self.app).context("the screen cannot be drawn")
    }
}

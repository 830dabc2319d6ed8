//! The terminal itself: taken, listened to, and given back whatever happens.
//!
//! Knows no pane and no theme. Invariant: on every way out of the process that can be caught (return, panic,
//! SIGTERM, SIGINT, SIGHUP) the terminal is as it was before.

use std::fs::OpenOptions;
use std::io::{IsTerminal, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{self, ThreadId};
use std::time::Duration;

use anyhow::Context;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture, Event, KeyEvent, KeyEventKind, KeyModifiers, KeyboardEnhancementFlags, MouseEventKind,
    PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{Command, cursor};
use nix::sys::signal::Signal;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{Action, Input, Key, KeyCode, MouseAction, Msg};

mod answers;
mod job_control;
mod reader;
mod telling;

pub use answers::light_of_variable;
pub use telling::{Notice, copy, notify};

/// Whether there is something to put back.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);
/// Somebody else has the terminal and is to get the keys that interrupt.
static IS_LENT: AtomicBool = AtomicBool::new(false);

/// After a signal the main thread has so long to end in good order.
const END_TIMEOUT: Duration = Duration::from_secs(4);

/// Holds the terminal; dropping it gives the terminal back.
#[derive(Debug)]
pub struct TerminalGuard {
    mouse: bool,
}

impl TerminalGuard {
    /// Takes the terminal: raw mode, the alternate screen, pasted text as one event, the mouse if wanted.
    pub fn take(mouse: bool) -> anyhow::Result<Self> {
        let why = "flux draws on a terminal: run it in one, or use `flux run` and `flux check` in pipes";
        anyhow::ensure!(std::io::stdin().is_terminal(), "standard input is no terminal. {why}");
        anyhow::ensure!(std::io::stdout().is_terminal(), "standard output is no terminal. {why}");
        restore_on_panic();
        let guard = Self { mouse };
        guard.enter()?;
        Ok(guard)
    }

    fn enter(&self) -> anyhow::Result<()> {
        crossterm::terminal::enable_raw_mode().context("the terminal cannot be switched to single keys")?;
        IS_TAKEN.store(true, Ordering::SeqCst);
        let mut codes = ansi(&[&EnterAlternateScreen, &EnableBracketedPaste, &EnableFocusChange, &cursor::Hide]);
        if tells_keys_apart() {
            // On the screen that was just entered: each has keys of its own.
            codes
                .push_str(&ansi(&[&PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES)]));
        }
        if self.mouse {
            codes.push_str(&ansi(&[&EnableMouseCapture]));
        }
        write_codes(&codes).context("the terminal cannot be written to")
    }

    /// Gives the terminal away for a while: it is as before flux, and no key is read. The keys that interrupt are
    /// meant for whoever has it.
    pub fn lend(&self) {
        // A reader that hangs in half a key takes the rest of that key, nothing else.
        let _ = reader::pause();
        IS_LENT.store(true, Ordering::SeqCst);
        restore();
    }

    /// Takes the terminal back, also after flux was stopped and continued; what is on it has to be drawn anew.
    pub fn take_back(&self) -> anyhow::Result<()> {
        // Whoever had the terminal may have left it in any mode.
        let _ = crossterm::terminal::disable_raw_mode();
        let entered = self.enter();
        IS_LENT.store(false, Ordering::SeqCst);
        reader::resume();
        entered
    }

    /// Gives the terminal to the shell and stops, until the shell continues it: then comes [`Msg::Continued`].
    pub fn suspend(&self) -> anyhow::Result<()> {
        anyhow::ensure!(job_control::shell_waits(), "no shell that could bring flux back started it; q leaves flux");
        restore();
        job_control::stop();
        Ok(())
    }

    /// Has the terminal tell of the mouse, or select text with it.
    pub fn set_mouse(&mut self, is_on: bool) -> anyhow::Result<()> {
        self.mouse = is_on;
        let codes = if is_on { ansi(&[&EnableMouseCapture]) } else { ansi(&[&DisableMouseCapture]) };
        write_codes(&codes).context("the terminal cannot be written to")
    }

    /// Asks the terminal for the colour of its ground. Who answers is heard by [`listen`], whenever that is: then comes
    /// [`Msg::GroundTold`].
    pub fn ask_ground() -> anyhow::Result<()> {
        if !tells_keys_apart() {
            return Ok(());
        }
        write_codes(answers::ASK_GROUND).context("the terminal cannot be written to")
    }

    /// The size as columns and rows.
    pub fn size() -> anyhow::Result<(u16, u16)> {
        crossterm::terminal::size().context("the terminal does not tell its size")
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        restore();
    }
}

/// Whether a terminal can be asked for more than the plainest one has. Who does not know such a question says nothing; the
/// plainest would print it.
fn tells_keys_apart() -> bool {
    let name = std::env::var("TERM").unwrap_or_default();
    !(name.is_empty() || name.starts_with("linux") || name.starts_with("dumb") || name.starts_with("vt"))
}

/// Codes as a string, so that several go out in one write.
fn ansi(commands: &[&dyn AnsiCode]) -> String {
    let mut codes = String::new();
    for command in commands {
        command.push_to(&mut codes);
    }
    codes
}

trait AnsiCode {
    fn push_to(&self, codes: &mut String);
}

impl<C: Command> AnsiCode for C {
    fn push_to(&self, codes: &mut String) {
        // Writing to a string does not fail.
        let _ = self.write_ansi(codes);
    }
}

/// Writes past standard output: its lock may be held by the very thread that panics.
fn write_codes(codes: &str) -> std::io::Result<()> {
    match OpenOptions::new().write(true).open("/dev/tty") {
        Ok(mut tty) => tty.write_all(codes.as_bytes()),
        Err(_) => {
            let mut stdout = std::io::stdout();
            stdout.write_all(codes.as_bytes())?;
            stdout.flush()
        }
    }
}

/// Puts the terminal back; once is enough and more does no harm.
fn restore() {
    if !IS_TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let keys = if tells_keys_apart() { ansi(&[&PopKeyboardEnhancementFlags]) } else { String::new() };
    let codes = keys
        + &ansi(&[
            &DisableMouseCapture,
            &DisableFocusChange,
            &DisableBracketedPaste,
            &LeaveAlternateScreen,
            &cursor::Show,
        ]);
    // There is nobody left to tell when this fails.
    let _ = write_codes(&codes);
    let _ = crossterm::terminal::disable_raw_mode();
}

/// A panic of this thread puts the terminal back before its message is printed. A panic of a worker becomes a message
/// of its own and must not write over the screen.
fn restore_on_panic() {
    let main: ThreadId = thread::current().id();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !IS_TAKEN.load(Ordering::SeqCst) {
            before(info);
        } else if thread::current().id() == main {
            restore();
            before(info);
        } else {
            tracing::error!("a worker panicked: {info}");
        }
    }));
}

/// Sends what the terminal says to `msgs` from now on, until the process ends.
pub fn listen(msgs: Sender<Msg>) -> anyhow::Result<()> {
    listen_for_signals(msgs.clone(), &[SUSPEND, CONTINUE])?;
    reader::start(msgs)
}

/// Does `last` when the process is told to end, then ends it with the status that shells expect.
pub fn on_interrupt(last: impl FnOnce() + Send + 'static) -> anyhow::Result<()> {
    let (sender, msgs) = std::sync::mpsc::channel();
    listen_for_signals(sender, &[])?;
    thread::Builder::new()
        .name("flux-interrupt".to_owned())
        .spawn(move || {
            if let Ok(Msg::Terminated { signal }) = msgs.recv() {
                last();
                std::process::exit(128 + signal);
            }
        })
        .context("signals cannot be waited for")?;
    Ok(())
}

const SUSPEND: SignalKind = SignalKind::from_raw(Signal::SIGTSTP as i32);
const CONTINUE: SignalKind = SignalKind::from_raw(Signal::SIGCONT as i32);

/// What a signal that does not end the process means, if anything.
enum Told {
    Msg(Box<Msg>),
    Nothing,
    End(i32),
}

fn told_by(signal: i32) -> Told {
    let is = |kind: SignalKind| kind.as_raw_value() == signal;
    if is(SUSPEND) {
        Told::Msg(Box::new(Msg::Act(Action::Suspend)))
    } else if is(CONTINUE) {
        Told::Msg(Box::new(Msg::Continued))
    } else if IS_LENT.load(Ordering::SeqCst) && (is(SignalKind::interrupt()) || is(SignalKind::quit())) {
        Told::Nothing
    } else {
        Told::End(signal)
    }
}

fn listen_for_signals(msgs: Sender<Msg>, more: &[SignalKind]) -> anyhow::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("signals cannot be waited for")?;
    let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup(), SignalKind::quit()];
    let mut streams = Vec::new();
    {
        // The handlers stand before this returns: a signal that comes at once is not lost.
        let _context = runtime.enter();
        for kind in kinds.iter().chain(more) {
            streams.push((kind.as_raw_value(), signal(*kind).context("signals cannot be waited for")?));
        }
    }
    thread::Builder::new()
        .name("flux-signals".to_owned())
        .spawn(move || {
            let mut next = || {
                runtime.block_on(async {
                    let waits = streams.iter_mut().map(|(number, stream)| {
                        let number = *number;
                        Box::pin(async move {
                            stream.recv().await;
                            number
                        })
                    });
                    futures::future::select_all(waits).await.0
                })
            };
            let number = loop {
                match told_by(next()) {
                    Told::End(number) => break number,
                    Told::Nothing => {}
                    Told::Msg(msg) => {
                        // Whoever listened is about to end by itself.
                        if msgs.send(*msg).is_err() {
                            return;
                        }
                    }
                }
            };
            let told = msgs.send(Msg::Terminated { signal: number });
            if told.is_ok() {
                // The timer needs the runtime around it already when it is made.
                runtime.block_on(async { tokio::time::sleep(END_TIMEOUT).await });
            }
            restore();
            std::process::exit(128 + number);
        })
        .context("the signal thread cannot be started")?;
    Ok(())
}

fn input_of(event: Event) -> Option<Input> {
    Some(match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Input::Key(key_of(key)?),
        Event::Key(_) => return None,
        Event::Mouse(mouse) => {
            let action = match mouse.kind {
                MouseEventKind::Down(crossterm::event::MouseButton::Left) => MouseAction::Press,
                MouseEventKind::Up(_) => MouseAction::Release,
                MouseEventKind::Drag(_) => MouseAction::Drag,
                MouseEventKind::ScrollUp => MouseAction::ScrollUp,
                MouseEventKind::ScrollDown => MouseAction::ScrollDown,
                MouseEventKind::Down(_)
                | MouseEventKind::Moved
                | MouseEventKind::ScrollLeft
                | MouseEventKind::ScrollRight => return None,
            };
            Input::Mouse { action, column: mouse.column, row: mouse.row }
        }
        Event::Paste(text) => Input::Paste(text),
        Event::Resize(columns, rows) => Input::Resized { columns, rows },
        Event::FocusGained => Input::FocusGained,
        Event::FocusLost => Input::FocusLost,
    })
}

fn key_of(key: KeyEvent) -> Option<Key> {
    use crossterm::event::KeyCode as Their;
    let code = match key.code {
        Their::Char(c) => KeyCode::Char(c),
        Their::Enter => KeyCode::Enter,
        Their::Esc => KeyCode::Esc,
        Their::Tab => KeyCode::Tab,
        Their::BackTab => KeyCode::BackTab,
        Their::Backspace => KeyCode::Backspace,
        Their::Delete => KeyCode::Delete,
        Their::Insert => KeyCode::Insert,
        Their::Up => KeyCode::Up,
        Their::Down => KeyCode::Down,
        Their::Left => KeyCode::Left,
        Their::Right => KeyCode::Right,
        Their::Home => KeyCode::Home,
        Their::End => KeyCode::End,
        Their::PageUp => KeyCode::PageUp,
        Their::PageDown => KeyCode::PageDown,
        Their::F(number) => KeyCode::F(number),
        _ => return None,
    };
    let has = |modifier| key.modifiers.contains(modifier);
    Some(Key { code, ctrl: has(KeyModifiers::CONTROL), alt: has(KeyModifiers::ALT), shift: has(KeyModifiers::SHIFT) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_without_the_terminal_library() {
        let pressed = Event::Key(KeyEvent::new(crossterm::event::KeyCode::Char('j'), KeyModifiers::CONTROL));
        let key = Key { code: KeyCode::Char('j'), ctrl: true, alt: false, shift: false };
        assert_eq!(input_of(pressed), Some(Input::Key(key)));
        let released =
            KeyEvent::new_with_kind(crossterm::event::KeyCode::Enter, KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(input_of(Event::Key(released)), None);
        assert_eq!(input_of(Event::Resize(80, 24)), Some(Input::Resized { columns: 80, rows: 24 }));
    }
}

//! What the terminal is asked to do besides showing cells: to keep a text in its clipboard, to call for the person.
//!
//! No terminal answers to either, so nothing here knows whether it was done. Invariant: only the main thread writes, between
//! two frames; what a text holds never reaches the terminal as a code.

use std::io::Write;

use crossterm::clipboard::CopyToClipboard;
use serde::Deserialize;

use super::ansi;
use crate::sys::state::environment_variable;

/// How the person is called when a proposal waits and the terminal has not the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notice {
    Off,
    /// What every terminal knows: it makes a sound, or marks its window.
    #[default]
    Bell,
    /// A message of the desktop: iTerm2, kitty, WezTerm, Ghostty, Windows Terminal.
    Osc9,
    /// The same for foot, urxvt and those made with VTE.
    Osc777,
}

/// Asks the terminal to keep a text in the clipboard, also over SSH.
pub fn copy(text: &str) -> std::io::Result<()> {
    let codes = ansi(&[&CopyToClipboard::to_clipboard_from(text)]);
    write_between_frames(&match is_in_tmux() {
        // tmux itself takes the first, if it is set so; the second goes to the terminal around it.
        true => format!("{codes}{}", passed_through(&codes)),
        false => codes,
    })
}

/// Calls for the person.
pub fn notify(notice: Notice, text: &str) -> std::io::Result<()> {
    let text: String = text.chars().filter(|c| !c.is_control() && *c != ';').take(120).collect();
    let codes = match notice {
        Notice::Off => return Ok(()),
        Notice::Bell => return write_between_frames("\x07"),
        Notice::Osc9 => format!("\x1b]9;{text}\x07"),
        Notice::Osc777 => format!("\x1b]777;notify;flux;{text}\x07"),
    };
    write_between_frames(&if is_in_tmux() { passed_through(&codes) } else { codes })
}

fn is_in_tmux() -> bool {
    environment_variable("TMUX").is_some()
}

/// What tmux hands on to the terminal around it, where `allow-passthrough` is on.
fn passed_through(codes: &str) -> String {
    format!("\x1bPtmux;{}\x1b\\", codes.replace('\x1b', "\x1b\x1b"))
}

fn write_between_frames(codes: &str) -> std::io::Result<()> {
    let mut output = std::io::stdout();
    output.write_all(codes.as_bytes())?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_through_tmux_is_wrapped_and_its_escapes_are_doubled() {
        let codes = ansi(&[&CopyToClipboard::to_clipboard_from("flux\x1b")]);
        assert!(codes.starts_with("\x1b]52;c;Zmx1eBs=") && codes.matches('\x1b').count() <= 2, "{codes:?}");
        assert_eq!(passed_through("\x1b]9;x\x07"), "\x1bPtmux;\x1b\x1b]9;x\x07\x1b\\");
    }
}

//! One file for each subcommand. Text goes to a person, JSON to a program.

pub(crate) mod check;
pub(crate) mod confined;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod eval;
pub(crate) mod explain;
pub(crate) mod index;
pub(crate) mod lessons;
pub(crate) mod outline;
pub(crate) mod paint;
pub(crate) mod run;
pub(crate) mod sessions;
pub(crate) mod trace;
pub(crate) mod undo;
pub(crate) mod watch;

use std::io::Write;

/// Exit status: the gate blocks, or the task failed.
pub(crate) const BLOCKED: u8 = 1;
/// Exit status: wrong use or environment.
pub(crate) const WRONG_USE: u8 = 2;

/// Prints one chain of causes to standard error.
pub(crate) fn complain(error: &anyhow::Error) {
    // Nothing can be done when standard error itself is closed.
    let _ = writeln!(std::io::stderr(), "flux: {}", printable(&format!("{error:#}")));
}

/// Text from outside without anything that a terminal would obey: file names, source and a model's words may hold
/// escape sequences. Line ends and tabs stay.
pub(crate) fn printable(text: &str) -> String {
    let safe = |c: char| match c {
        '\n' | '\t' => c,
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('�'),
        '\x7f' => '␡',
        c if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => '�',
        c => c,
    };
    text.chars().map(safe).collect()
}

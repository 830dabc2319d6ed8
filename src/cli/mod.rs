//! One file for each subcommand. Text goes to a person, JSON to a program.

pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod index;
pub(crate) mod outline;
pub(crate) mod run;
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
    let _ = writeln!(std::io::stderr(), "flux: {error:#}");
}

//! Suspending flux as any program of a shell is, where there is a shell that can bring it back.
//!
//! Invariant: flux never stops where nobody would wake it.

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpgid, getpgrp, getppid, getsid};

/// No shell lies further up.
const PARENTS_MAX: usize = 32;

/// Whether a program of this session, in another group, started flux's group: a shell with job control does.
pub(super) fn shell_waits() -> bool {
    let (group, Ok(session)) = (getpgrp(), getsid(None)) else { return false };
    let mut parent = getppid();
    for _ in 0..PARENTS_MAX {
        match getpgid(Some(parent)) {
            // Started by another program of the same group, as by a script: who started that?
            Ok(around) if around == group => match parent_of(parent) {
                Some(above) => parent = above,
                None => return false,
            },
            Ok(_) => return getsid(Some(parent)) == Ok(session),
            Err(_) => return false,
        }
    }
    false
}

#[cfg(target_os = "linux")]
fn parent_of(process: Pid) -> Option<Pid> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in brackets and may hold anything; behind it come the state and the parent.
    let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
    (parent > 0).then(|| Pid::from_raw(parent))
}

#[cfg(not(target_os = "linux"))]
fn parent_of(_: Pid) -> Option<Pid> {
    None
}

/// Stops the whole group, so that the shell has the terminal again; returns once it was continued.
pub(super) fn stop() {
    // Nothing is left to be done when this fails: flux goes on as if it was continued at once.
    let _ = kill(Pid::from_raw(0), Signal::SIGSTOP);
}

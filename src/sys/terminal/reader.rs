//! The thread that reads keys, and how it is kept from reading while somebody else has the terminal.
//!
//! Knows nothing of what keys mean. Invariant: once [`pause`] has returned true, no byte is read until [`resume`].

use std::sync::mpsc::Sender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::signal::{Signal, raise};
use tokio::signal::unix::SignalKind;

use super::answers::{Answers, Heard};
use super::input_of;
use crate::app::Msg;

/// So long a reader that hangs in half a key is waited for.
const PAUSE_TIMEOUT: Duration = Duration::from_secs(1);
const PAUSE_RETRY: Duration = Duration::from_millis(50);
/// Keys that come so close after one that was read were typed before the terminal was given away.
const AHEAD: Duration = Duration::from_micros(500);

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    /// Somebody waits for the thread to stand still.
    Stopping,
    Stopped,
}

static STATE: Mutex<State> = Mutex::new(State::Reading);
static CHANGED: Condvar = Condvar::new();

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn set(state: &mut MutexGuard<'static, State>, new: State) {
    **state = new;
    CHANGED.notify_all();
}

/// Sends what the terminal says to `msgs` from now on, until the process ends.
pub(super) fn start(msgs: Sender<Msg>) -> anyhow::Result<()> {
    let read_on = move || {
        let mut answers = Answers::default();
        loop {
            stand_still_if_asked();
            // A blocking read hands out what was read before it waits again, so bursts do not stay behind.
            let Ok(event) = crossterm::event::read() else { break };
            if *state() != State::Reading {
                continue;
            }
            let msg = match answers.hear(event) {
                Heard::Part => continue,
                Heard::Ground { is_light } => Msg::GroundTold { is_light },
                Heard::Event(event) => match input_of(event) {
                    Some(input) => Msg::Input(input),
                    None => continue,
                },
            };
            if msgs.send(msg).is_err() {
                return;
            }
        }
        // The terminal is gone; whoever listens has to end as after a hang-up.
        let _ = msgs.send(Msg::Terminated { signal: SignalKind::hangup().as_raw_value() });
    };
    let started = thread::Builder::new().name("flux-input".to_owned()).spawn(read_on);
    started.map(drop).context("the input thread cannot be started")
}

fn stand_still_if_asked() {
    if *state() == State::Reading {
        return;
    }
    // What was typed before the terminal is given away is nobody's: after the return it would come as a surprise.
    while crossterm::event::poll(AHEAD).unwrap_or(false) {
        let _ = crossterm::event::read();
    }
    let mut state = state();
    while *state != State::Reading {
        if *state == State::Stopping {
            set(&mut state, State::Stopped);
        }
        state = CHANGED.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Has the thread stand still. False when it does not: it hangs in half a key.
pub(super) fn pause() -> bool {
    let deadline = Instant::now() + PAUSE_TIMEOUT;
    let mut state = state();
    set(&mut state, State::Stopping);
    while *state != State::Stopped {
        if Instant::now() >= deadline {
            return false;
        }
        drop(state);
        // A change of size ends the blocking read; the size itself is asked for before each frame anyway.
        let _ = raise(Signal::SIGWINCH);
        let waited = CHANGED.wait_timeout_while(self::state(), PAUSE_RETRY, |state| *state != State::Stopped);
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
    true
}

pub(super) fn resume() {
    set(&mut state(), State::Reading);
}

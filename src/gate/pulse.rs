//! Says that work goes on, and ends it where nobody waits for it any more: by unwinding, wherever it is.
//!
//! Knows nothing of what is asked. Invariant: what was ended gives nothing, and whoever looks after it knows that it was ended
//! and did not break down.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What unwinds where nobody waits any more.
pub(super) struct Ended;

/// The pulse of one question.
#[derive(Clone, Copy)]
pub(super) struct Pulse<'a> {
    cancelled: &'a AtomicBool,
    beats: &'a AtomicU64,
}

impl<'a> Pulse<'a> {
    /// `beats` counts how often the question got further; `cancelled` ends it.
    pub(super) fn new(cancelled: &'a AtomicBool, beats: &'a AtomicU64) -> Self {
        Self { cancelled, beats }
    }

    /// Says that the question has got further, where somebody still waits.
    pub(super) fn beat(&self) {
        self.go_on();
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    /// Goes on where somebody still waits, and else not.
    pub(super) fn go_on(&self) {
        if self.cancelled.load(Ordering::Relaxed) {
            // Not a panic: nothing is told of it.
            resume_unwind(Box::new(Ended));
        }
    }
}

/// What `work` gives; nothing where it was ended.
pub(super) fn until_ended<T>(work: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => Some(done),
        Err(payload) if payload.is::<Ended>() => None,
        Err(payload) => resume_unwind(payload),
    }
}

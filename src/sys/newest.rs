//! A thread that answers questions of which only the newest matters.
//!
//! Knows nothing of what is asked. Invariant: what was overtaken before it was begun is never begun, and what is
//! overtaken while it is answered can ask whether it is still wanted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// What waits to be answered.
enum Waiting<Q> {
    Nothing,
    Question(u64, Q),
    /// Nobody asks any more.
    End,
}

struct Desk<Q> {
    waiting: Mutex<Waiting<Q>>,
    changed: Condvar,
    newest: AtomicU64,
}

/// The thread ends with this handle.
pub(super) struct Newest<Q> {
    desk: Arc<Desk<Q>>,
}

impl<Q: Send + 'static> Newest<Q> {
    /// Starts a thread that answers; the answerer is told a question and how to ask whether it is still wanted.
    pub(super) fn start(
        name: &str,
        answer: impl Fn(Q, &(dyn Fn() -> bool + Sync)) + Send + 'static,
    ) -> std::io::Result<Self> {
        let waiting = Mutex::new(Waiting::Nothing);
        let desk = Arc::new(Desk { waiting, changed: Condvar::new(), newest: AtomicU64::new(0) });
        let at_desk = desk.clone();
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            while let Some((number, question)) = at_desk.next() {
                answer(question, &|| at_desk.newest.load(Ordering::Relaxed) == number);
            }
        })?;
        Ok(Self { desk })
    }

    pub(super) fn ask(&self, question: Q) {
        let number = self.desk.newest.fetch_add(1, Ordering::Relaxed) + 1;
        self.desk.put(Waiting::Question(number, question));
    }
}

impl<Q> Drop for Newest<Q> {
    fn drop(&mut self) {
        self.desk.newest.fetch_add(1, Ordering::Relaxed);
        self.desk.put(Waiting::End);
    }
}

impl<Q> Desk<Q> {
    fn put(&self, waiting: Waiting<Q>) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = waiting;
        self.changed.notify_one();
    }

    fn next(&self) -> Option<(u64, Q)> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match std::mem::replace(&mut *waiting, Waiting::Nothing) {
                Waiting::Question(number, question) => return Some((number, question)),
                Waiting::End => return None,
                Waiting::Nothing => {
                    waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn what_was_overtaken_is_never_begun() {
        let (begun, begins) = channel();
        let (go, may_go) = channel::<()>();
        let newest = Newest::start("test", move |question: u32, is_wanted| {
            begun.send((question, is_wanted())).unwrap();
            may_go.recv().unwrap();
            begun.send((question, is_wanted())).unwrap();
        })
        .unwrap();
        newest.ask(1);
        assert_eq!(begins.recv().unwrap(), (1, true));
        (2..100).for_each(|question| newest.ask(question));
        go.send(()).unwrap();
        assert_eq!(begins.recv().unwrap(), (1, false));
        assert_eq!(begins.recv().unwrap(), (99, true));
        go.send(()).unwrap();
        assert_eq!(begins.recv().unwrap(), (99, true));
        drop(newest);
        assert!(begins.recv().is_err(), "the thread ends");
    }
}

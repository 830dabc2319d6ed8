//! Ranks long lists on a thread of its own.
//!
//! Knows nothing of what is listed. Invariant: only the newest question is answered; one that is overtaken is given up.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use crate::agent::JobId;
use crate::app::{Msg, RankQuestion, rank};

/// The thread ends with the last handle.
pub(super) struct Ranker {
    questions: Sender<(JobId, RankQuestion)>,
    newest: Arc<AtomicU64>,
}

impl Ranker {
    pub(super) fn start(msgs: Sender<Msg>) -> std::io::Result<Self> {
        let (questions, asked) = channel::<(JobId, RankQuestion)>();
        let newest = Arc::new(AtomicU64::new(0));
        let wanted = newest.clone();
        thread::Builder::new().name("flux-ranker".to_owned()).spawn(move || {
            while let Ok((job, question)) = asked.recv() {
                let is_wanted = || wanted.load(Ordering::Relaxed) == job;
                let go = AssertUnwindSafe(|| rank(&question, &is_wanted));
                let msg = match std::panic::catch_unwind(go) {
                    Ok(Some(ranking)) => Msg::Ranked(job, ranking),
                    Ok(None) => continue,
                    Err(_) => Msg::Failed { what: "searching the list", why: "the search broke down".to_owned() },
                };
                if msgs.send(msg).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { questions, newest })
    }

    pub(super) fn rank(&self, job: JobId, question: RankQuestion) {
        self.newest.store(job, Ordering::Relaxed);
        // The thread is gone only when nobody listens any more.
        let _ = self.questions.send((job, question));
    }
}

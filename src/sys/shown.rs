//! What the screen waits for and asks anew with every key: the ranking of a long list, the file in view.
//!
//! Knows nothing of what is listed and shown. Invariant: only the newest question is answered; one that is overtaken is
//! given up.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use super::gate_thread::{panic_message, tell};
use super::newest::Newest;
use crate::agent::JobId;
use crate::app::{Msg, RankQuestion, rank};
use crate::index::LiveFile;
use crate::text::{ProjectPath, Source};

/// Ranks long lists.
pub(super) fn start_ranker(msgs: Sender<Msg>) -> std::io::Result<Newest<(JobId, RankQuestion)>> {
    Newest::start("flux-ranker", move |(job, question): (JobId, RankQuestion), is_wanted| {
        let go = AssertUnwindSafe(|| rank(&question, is_wanted));
        match std::panic::catch_unwind(go) {
            Ok(Some(ranking)) => tell(&msgs, Msg::Ranked(job, ranking)),
            Ok(None) => {}
            Err(_) => {
                let why = "the search broke down".to_owned();
                tell(&msgs, Msg::Failed { what: "searching the list", why });
            }
        }
    })
}

/// Reads and parses files to be shown; `begun` is told of each.
pub(super) fn start_opener(
    source: Arc<dyn Source>,
    msgs: Sender<Msg>,
    begun: impl Fn(&ProjectPath) + Send + 'static,
) -> std::io::Result<Newest<ProjectPath>> {
    Newest::start("flux-opener", move |path: ProjectPath, _| {
        begun(&path);
        let open = AssertUnwindSafe(|| {
            let text = source.read(&path).map_err(|error| error.to_string())?;
            Ok(Arc::new(LiveFile::new(path.clone(), text)))
        });
        let opened = std::panic::catch_unwind(open).unwrap_or_else(|panic| Err(panic_message(&*panic)));
        tell(&msgs, Msg::FileOpened(path, opened));
    })
}

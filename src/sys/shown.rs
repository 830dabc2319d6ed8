//! What the screen waits for and asks anew with every key: the ranking of a long list, what the filter finds, the file in view.
//!
//! Knows nothing of what is listed and shown. Invariant: only the newest question is answered; one that is overtaken is
//! given up.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use super::gate_thread::{panic_message, tell};
use super::newest::Newest;
use crate::agent::JobId;
use crate::app::pane::structure::{FilterQuestion, filtered};
use crate::app::{Msg, NamedQuestion, RankQuestion, named, prepare_ranking, rank};
use crate::index::LiveFile;
use crate::text::{ProjectPath, Source};

/// More threads than this rank no list.
const THREADS_MAX: usize = 8;

/// One thread for long lists, one for the filter of the tree, one for where names stand.
pub(super) struct Lookups {
    pub(super) ranker: Newest<(JobId, RankQuestion)>,
    pub(super) filter: Newest<(JobId, FilterQuestion)>,
    /// Without a question the one before is given up.
    pub(super) names: Newest<(JobId, Option<NamedQuestion>)>,
}

/// Starts the threads that look through the project for what is typed.
pub(super) fn start_lookups(source: &Arc<dyn Source>, msgs: &Sender<Msg>) -> std::io::Result<Lookups> {
    let (of_lists, of_tree, of_names, source) = (msgs.clone(), msgs.clone(), msgs.clone(), source.clone());
    // Of their own: whoever types does not wait for files that are read.
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get().min(THREADS_MAX));
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|nth| format!("flux-rank-{nth}")).build();
    let pool = pool.map_err(std::io::Error::other)?;
    let ranker = Newest::start("flux-ranker", move |(job, question): (JobId, RankQuestion), is_wanted| {
        look_up(&of_lists, || Some(Msg::Ranked(job, pool.install(|| rank(&question, is_wanted))?)));
        // Until the first letter comes.
        look_up(&of_lists, || {
            pool.install(|| prepare_ranking(&question, is_wanted));
            None
        });
    })?;
    let filter = Newest::start("flux-filter", move |(job, question): (JobId, FilterQuestion), is_wanted| {
        look_up(&of_tree, || Some(Msg::Filtered(job, filtered(&question, is_wanted)?)));
    })?;
    let names = Newest::start("flux-names", move |(job, question): (JobId, Option<NamedQuestion>), is_wanted| {
        let Some(question) = question else { return };
        look_up(&of_names, || {
            named(&question, &*source, is_wanted, &mut |uses| tell(&of_names, Msg::NamedFound(job, uses)));
            None
        });
    })?;
    Ok(Lookups { ranker, filter, names })
}

/// Tells what was found, unless nobody wants it any more.
fn look_up(msgs: &Sender<Msg>, look: impl FnOnce() -> Option<Msg>) {
    let found = std::panic::catch_unwind(AssertUnwindSafe(look));
    let broken = |_| Some(Msg::Failed { what: "searching", why: "the search broke down".to_owned() });
    if let Some(msg) = found.unwrap_or_else(broken) {
        tell(msgs, msg);
    }
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

//! The sole owner of the [`Store`]: builds the index of a project and keeps it true to the disk.
//!
//! Knows nothing of the screen and of the agent. Whether a file really changed is decided by its content.
//! Invariant: after the last event has come to rest, the published snapshot is what a fresh walk would give.

mod looking;
mod noticing;
mod reading;

use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use rayon::prelude::*;

use super::ground::Ground;
use super::index_cache::{IndexCache, Kept};
use super::listings::Listings;
use super::stamps::Stamps;
use super::walk::Rules;
use super::watcher::{Folders, Pending, Wakeup};
use crate::app::WatcherHealth;
use crate::index::{FileEntry, Snapshot, Store};
use crate::text::ProjectPath;
use looking::{Entering, Look};
use noticing::Noticing;
pub use noticing::Watching;
pub(super) use noticing::try_to_watch;
use reading::{Outcome, Reading, read};

/// Files that are parsed between two reports of progress.
const BATCH_FILES: usize = 1024;

/// For fewer files that are to be read anew the cache is not written again.
const SPARED_FILES_MIN: usize = 32;

/// What became of the index.
#[derive(Clone)]
pub enum IndexEvent {
    Progressed {
        done: usize,
        total: usize,
    },
    /// A new snapshot: the first one holds the whole project.
    Indexed(IndexUpdate),
    WatcherChanged(WatcherHealth),
    /// The thread panicked; the last snapshot stands and will not change any more.
    Failed(String),
}

/// A snapshot and how it differs from the one before.
#[derive(Clone)]
pub struct IndexUpdate {
    pub snapshot: Arc<Snapshot>,
    pub changed: Vec<ProjectPath>,
    pub removed: Vec<ProjectPath>,
    /// From taking notice to this snapshot.
    pub took: Duration,
    pub work: Work,
}

/// What was done for one snapshot; what was parsed is what changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    pub files_read: usize,
    pub bytes_read: u64,
}

/// The thread that holds the index of one project. Dropping it stops it.
pub struct IndexThread {
    pending: Arc<Pending>,
    thread: Option<JoinHandle<()>>,
}

impl IndexThread {
    /// Starts to index `root` and to watch it; `ignore` holds more patterns as in `.gitignore`. `sink` is called on the
    /// thread with everything that happens.
    pub fn start(
        root: PathBuf,
        ignore: Vec<String>,
        cache: Option<IndexCache>,
        watching: Watching,
        sink: impl Fn(IndexEvent) + Send + 'static,
    ) -> io::Result<Self> {
        let root = spelled(&root)?;
        let pending = Arc::new(Pending::default());
        let for_thread = pending.clone();
        let thread = thread::Builder::new().name("flux-index".into()).spawn(move || {
            let work = || Keeper::new(root, ignore, watching, &for_thread, &sink).cached_in(cache).run();
            if let Err(panic) = panic::catch_unwind(AssertUnwindSafe(work)) {
                let why = panic.downcast_ref::<String>().map(String::as_str);
                let why = why.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
                sink(IndexEvent::Failed(why.to_owned()));
            }
        })?;
        Ok(Self { pending, thread: Some(thread) })
    }

    /// Looks at everything again, as if nothing had been told.
    pub fn rescan(&self) {
        self.pending.look_everywhere();
    }

    /// Tells the thread to end, without waiting.
    pub fn end(&self) {
        self.pending.stop();
    }

    /// Ends the thread and waits for it: not longer than one file takes.
    pub fn stop(mut self) {
        self.join();
    }

    fn join(&mut self) {
        self.pending.stop();
        if let Some(thread) = self.thread.take() {
            // Its panic has been told through the sink.
            let _ = thread.join();
        }
    }
}

impl Drop for IndexThread {
    fn drop(&mut self) {
        self.join();
    }
}

/// The index of a project as it stands, on this thread and once.
pub fn index_once(root: PathBuf, ignore: Vec<String>, progressed: impl Fn(usize, usize)) -> io::Result<Arc<Snapshot>> {
    index_once_in(None, root, ignore, progressed)
}

/// As [`index_once`], with what the cache knows of the files that are as they were.
pub fn index_once_in(
    cache: Option<IndexCache>,
    root: PathBuf,
    ignore: Vec<String>,
    progressed: impl Fn(usize, usize),
) -> io::Result<Arc<Snapshot>> {
    let root = spelled(&root)?;
    let pending = Arc::new(Pending::default());
    let sink = |event| {
        if let IndexEvent::Progressed { done, total } = event {
            progressed(done, total);
        }
    };
    let mut keeper = Keeper::new(root, ignore, Watching::Told, &pending, &sink).cached_in(cache);
    keeper.look_everywhere(Entering::Each);
    Ok(keeper.store.snapshot())
}

/// A folder as the paths of what stands in it spell it: absolute, and without a `/` at the end.
fn spelled(root: &Path) -> io::Result<PathBuf> {
    Ok(std::path::absolute(root)?.components().collect())
}

/// What the thread holds.
struct Keeper<'a> {
    root: PathBuf,
    ignore: Vec<String>,
    rules: Rules,
    folders: Folders,
    store: Store,
    noticing: Noticing,
    /// Kept while the disk is looked at every few seconds, and for the cache.
    stamps: Option<Stamps>,
    /// Kept for the cache, where folders can be trusted to tell when they change.
    listings: Option<Listings>,
    cache: Option<IndexCache>,
    /// So many files were read since the cache was written.
    read_count: usize,
    is_built: bool,
    /// Snapshots that somebody else may still hold, so that the last to let go of one, which takes time, is this thread.
    retired: Vec<Arc<Snapshot>>,
    /// Whether there is something to tell besides what changed in files.
    is_news: bool,
    /// The thread goes on: folders are watched, and questions come, some of them while somebody types.
    goes_on: bool,
    pending: &'a Arc<Pending>,
    sink: &'a dyn Fn(IndexEvent),
}

impl<'a> Keeper<'a> {
    fn new(
        root: PathBuf,
        ignore: Vec<String>,
        watching: Watching,
        pending: &'a Arc<Pending>,
        sink: &'a dyn Fn(IndexEvent),
    ) -> Self {
        Self {
            rules: Rules::unread(&root),
            folders: Folders::unwatched(),
            store: Store::new(root.clone()),
            noticing: Noticing::new(watching),
            stamps: None,
            listings: None,
            cache: None,
            read_count: 0,
            is_built: false,
            retired: Vec::new(),
            is_news: false,
            goes_on: false,
            root,
            ignore,
            pending,
            sink,
        }
    }

    /// Begins with what the cache knows: all of it is compared with the disk before anyone sees it.
    fn cached_in(mut self, cache: Option<IndexCache>) -> Self {
        if let Some(cache) = &cache {
            let Kept { entries, stamps, listings } = cache.load();
            self.store.apply(entries, &[]);
            self.stamps = Some(stamps);
            self.listings = Ground::of(&self.root).untold_kind(|_| true).is_none().then_some(listings);
        }
        self.cache = cache;
        self
    }

    /// Keeps the index once reading what the cache does not know takes noticeably longer than the rest of a start.
    fn save(&mut self) {
        let (Some(cache), Some(stamps)) = (&self.cache, &self.stamps) else { return };
        let snapshot = self.store.snapshot();
        if self.read_count > SPARED_FILES_MIN.max(snapshot.file_count() / 16) {
            cache.save(&snapshot, stamps, self.listings.as_ref());
            self.read_count = 0;
        }
    }

    fn run(mut self) {
        self.goes_on = true;
        self.tell(IndexEvent::WatcherChanged(self.noticing.told()));
        self.watch_anew(Ground::of(&self.root));
        loop {
            self.mind_the_watcher();
            match self.pending.wait(Some(self.noticing.until_next())) {
                Wakeup::Stop => return,
                Wakeup::Look(places) => self.look(places),
                Wakeup::LookEverywhere => _ = self.look_everywhere(Entering::Each),
                Wakeup::TimedOut => {}
            }
            self.look_around();
            self.bury();
        }
    }

    /// Reads and parses what really changed, and publishes it.
    fn take_in(&mut self, mut look: Look, started: Instant) -> Work {
        // A walk that was broken off says nothing about what is gone.
        if self.pending.is_stopped() {
            return Work::default();
        }
        look.candidates.sort();
        look.candidates.dedup();
        let snapshot = self.store.snapshot();
        let total = look.candidates.len();
        let (mut changed, mut work) = (Vec::new(), Work::default());
        for (nth, batch) in look.candidates.chunks(BATCH_FILES).enumerate() {
            if self.pending.is_stopped() {
                return work;
            }
            if !self.is_built {
                self.tell(IndexEvent::Progressed { done: nth * BATCH_FILES, total });
            }
            let stamps = self.stamps.as_ref();
            let outcomes: Vec<Outcome> = match batch {
                [one] => vec![read(one, &snapshot, stamps)],
                batch => batch.par_iter().map(|one| read(one, &snapshot, stamps)).collect(),
            };
            let now = SystemTime::now();
            for ((path, _), Outcome { stamp, reading, bytes }) in batch.iter().zip(outcomes) {
                if let Some(stamps) = &mut self.stamps {
                    stamps.put(path, stamp, now);
                }
                work.files_read += usize::from(!matches!(reading, Reading::Known));
                work.bytes_read += bytes;
                match reading {
                    Reading::Known | Reading::Same => {}
                    Reading::New(record) => {
                        changed.extend(FileEntry::decode(&record).map(|entry| (path.clone(), entry)))
                    }
                    Reading::Gone => look.removed.extend(snapshot.file(path).map(|_| path.clone())),
                }
            }
        }
        look.removed.sort();
        look.removed.dedup();
        self.read_count += work.files_read + look.removed.len();
        self.publish(changed, look.removed, work, started);
        self.save();
        work
    }

    fn publish(
        &mut self,
        changed: Vec<(ProjectPath, FileEntry)>,
        removed: Vec<ProjectPath>,
        work: Work,
        started: Instant,
    ) {
        if self.is_built && changed.is_empty() && removed.is_empty() && !self.is_news {
            return;
        }
        self.is_news = false;
        self.is_built = true;
        if let Some(stamps) = &mut self.stamps {
            removed.iter().for_each(|path| stamps.forget(path));
        }
        let paths = changed.iter().map(|(path, _)| path.clone()).collect();
        self.retired.push(self.store.snapshot());
        let snapshot = self.store.apply(changed, &removed);
        if self.goes_on {
            snapshot.prepare();
        }
        let update = IndexUpdate { snapshot, changed: paths, removed, took: started.elapsed(), work };
        self.tell(IndexEvent::Indexed(update));
    }

    /// Lets go of the snapshots that nobody else holds any more.
    fn bury(&mut self) {
        self.retired.retain(|snapshot| Arc::strong_count(snapshot) > 1);
    }

    fn tell(&self, event: IndexEvent) {
        (self.sink)(event);
    }
}

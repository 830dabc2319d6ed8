//! The sole owner of the [`Store`]: builds the index of a project and keeps it true to the disk.
//!
//! Knows nothing of the screen and of the agent. Whether a file really changed is decided by its content.
//! Invariant: after the last event has come to rest, the published snapshot is what a fresh walk would give.

mod reading;

use std::collections::BTreeMap;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::index_cache::IndexCache;
use super::mounts::remote_kind;
use super::stamps::Stamps;
use super::walk::{Rules, decides_membership};
use super::watcher::{Folders, Pending, Wakeup};
use crate::app::WatcherHealth;
use crate::index::{FileEntry, Snapshot, Store};
use crate::text::ProjectPath;
use reading::{Outcome, Reading, read};

/// Files that are parsed between two reports of progress.
const BATCH_FILES: usize = 1024;

/// For fewer files that are to be read anew the cache is not written again.
const SPARED_FILES_MIN: usize = 32;

/// How often the disk is looked at where it cannot be watched.
const POLL_INTERVAL: Duration = Duration::from_secs(3);

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

/// How changes on disk are noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watching {
    /// The system tells; where it cannot, the thread looks every few seconds.
    Told,
    /// Looks that often.
    Polling(Duration),
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
        let root = std::path::absolute(root)?;
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
    let root = std::path::absolute(root)?;
    let pending = Pending::default();
    let sink = |event| {
        if let IndexEvent::Progressed { done, total } = event {
            progressed(done, total);
        }
    };
    let mut keeper = Keeper::unwatched(root, ignore, &pending, &sink).cached_in(cache);
    keeper.look_everywhere();
    Ok(keeper.store.snapshot())
}

/// What the thread holds.
struct Keeper<'a> {
    root: PathBuf,
    ignore: Vec<String>,
    rules: Rules,
    folders: Folders,
    store: Store,
    poll_interval: Option<Duration>,
    /// Kept while the disk is looked at every few seconds, and for the cache.
    stamps: Option<Stamps>,
    cache: Option<IndexCache>,
    /// So many files were read since the cache was written.
    read_count: usize,
    is_built: bool,
    /// Whether there is something to tell besides what changed in files.
    is_news: bool,
    /// Questions come for as long as the thread runs, some of them while somebody types.
    is_asked: bool,
    pending: &'a Pending,
    sink: &'a dyn Fn(IndexEvent),
}

/// What one look at the disk brought.
#[derive(Default)]
struct Look {
    candidates: Vec<(ProjectPath, PathBuf)>,
    removed: Vec<ProjectPath>,
}

impl<'a> Keeper<'a> {
    fn new(
        root: PathBuf,
        ignore: Vec<String>,
        watching: Watching,
        pending: &'a Arc<Pending>,
        sink: &'a dyn Fn(IndexEvent),
    ) -> Self {
        let mut keeper = Self::unwatched(root, ignore, pending, sink);
        match watching {
            Watching::Told => match remote_kind(&keeper.root) {
                Some(kind) => keeper.folders = Folders::untold(format!("{kind} does not tell of what others change")),
                None => keeper.folders = Folders::watched(pending),
            },
            Watching::Polling(interval) => keeper.poll_every(interval),
        }
        keeper
    }

    fn unwatched(root: PathBuf, ignore: Vec<String>, pending: &'a Pending, sink: &'a dyn Fn(IndexEvent)) -> Self {
        Self {
            rules: Rules::new(&root, &ignore),
            folders: Folders::unwatched(),
            store: Store::new(root.clone()),
            poll_interval: None,
            stamps: None,
            cache: None,
            read_count: 0,
            is_built: false,
            is_news: false,
            is_asked: false,
            root,
            ignore,
            pending,
            sink,
        }
    }

    /// Begins with what the cache knows: all of it is compared with the disk before anyone sees it.
    fn cached_in(mut self, cache: Option<IndexCache>) -> Self {
        if let Some(cache) = &cache {
            let (entries, stamps) = cache.load();
            self.store.apply(entries, &[]);
            self.stamps = Some(stamps);
        }
        self.cache = cache;
        self
    }

    /// Keeps the index once reading what the cache does not know takes noticeably longer than the rest of a start.
    fn save(&mut self) {
        let (Some(cache), Some(stamps)) = (&self.cache, &self.stamps) else { return };
        let snapshot = self.store.snapshot();
        if self.read_count > SPARED_FILES_MIN.max(snapshot.file_count() / 16) {
            cache.save(&snapshot, stamps);
            self.read_count = 0;
        }
    }

    fn run(mut self) {
        self.is_asked = true;
        self.tell(IndexEvent::WatcherChanged(WatcherHealth::Starting));
        self.look_everywhere();
        if self.folders.is_watching() {
            self.tell(IndexEvent::WatcherChanged(WatcherHealth::Live));
        } else if let Some(interval) = self.poll_interval {
            let why = format!("looks every {} s, as asked for", interval.as_secs_f32());
            self.tell(IndexEvent::WatcherChanged(WatcherHealth::Polling(why)));
        }
        loop {
            self.mind_the_watcher();
            match self.pending.wait(self.poll_interval) {
                Wakeup::Stop => return,
                Wakeup::Look(places) => self.look(places),
                Wakeup::LookEverywhere | Wakeup::TimedOut => self.look_everywhere(),
            }
        }
    }

    /// Where watching has failed, the thread goes on by looking.
    fn mind_the_watcher(&mut self) {
        if let Some(why) = self.folders.take_trouble() {
            self.poll_every(POLL_INTERVAL);
            self.tell(IndexEvent::WatcherChanged(WatcherHealth::Polling(why)));
        }
    }

    fn poll_every(&mut self, interval: Duration) {
        self.poll_interval = Some(interval);
        self.stamps.get_or_insert_default();
    }

    fn look_everywhere(&mut self) {
        let started = Instant::now();
        let mut look = Look::default();
        self.walk_everywhere(&mut look);
        self.take_in(look, started);
    }

    /// Finds out which files belong to the project, by the rules as they are now.
    fn walk_everywhere(&mut self, look: &mut Look) {
        self.rules = Rules::new(&self.root, &self.ignore);
        let root = self.root.clone();
        let yielded = self.walk(&root, look);
        self.folders.leave(|folder| !yielded.contains(folder));
        let snapshot = self.store.snapshot();
        let found: FxHashSet<&ProjectPath> = look.candidates.iter().map(|(path, _)| path).collect();
        let gone = snapshot.files().map(|(path, _)| path).filter(|path| !found.contains(path));
        look.removed.extend(gone.cloned());
    }

    fn look(&mut self, places: Vec<PathBuf>) {
        let started = Instant::now();
        let mut look = Look::default();
        if places.iter().any(|place| decides_membership(place)) {
            self.walk_everywhere(&mut look);
            // What is known has changed only where that was told.
            let snapshot = self.store.snapshot();
            look.candidates.retain(|(path, _)| snapshot.file(path).is_none());
        }
        // What has gone is left first: a moved folder is watched under its new name only once the old one is forgotten.
        let (present, gone): (Vec<_>, Vec<_>) = places
            .into_iter()
            .map(|place| (place.symlink_metadata().ok(), place))
            .partition(|(meta, _)| meta.is_some());
        for (_, place) in gone {
            self.forget(&place, &mut look);
        }
        for (meta, place) in present {
            let Some(meta) = meta else { continue };
            let is_inside = place == self.root || place.parent().is_some_and(|folder| self.folders.contains(folder));
            if !is_inside {
                continue;
            }
            if meta.is_dir() {
                self.look_into(&place, &mut look);
            } else {
                match self.rules.takes_file(&place).filter(|_| meta.is_file()) {
                    Some(path) => look.candidates.push((path, place)),
                    None => self.forget(&place, &mut look),
                }
            }
        }
        self.take_in(look, started);
    }

    /// A folder that appeared, or of which something was told.
    fn look_into(&mut self, folder: &Path, look: &mut Look) {
        if *folder != *self.root && !self.rules.takes_folder(folder) {
            return self.forget(folder, look);
        }
        let first = look.candidates.len();
        self.walk(folder, look);
        let snapshot = self.store.snapshot();
        let found: FxHashSet<&ProjectPath> = look.candidates[first..].iter().map(|(path, _)| path).collect();
        match ProjectPath::below(&self.root, folder) {
            Some(path) => {
                let known = snapshot.files_under(&path).map(|(path, _)| path);
                look.removed.extend(known.filter(|path| !found.contains(path)).cloned());
            }
            None => {
                let known = snapshot.files().map(|(path, _)| path);
                look.removed.extend(known.filter(|path| !found.contains(path)).cloned());
            }
        }
    }

    /// Walks and watches; returns the folders that belong to the project.
    fn walk(&mut self, folder: &Path, look: &mut Look) -> FxHashSet<PathBuf> {
        let (folders, pending) = (&mut self.folders, self.pending);
        let found = self.rules.walk(folder, |folder| {
            folders.enter(folder);
            !pending.is_stopped()
        });
        if !found.environments.is_empty() {
            self.folders.leave(|folder| found.environments.iter().any(|environment| environment == folder));
        }
        self.note_unlisted(folder, found.unlisted);
        look.candidates.extend(found.files);
        found.folders.into_iter().collect()
    }

    /// What could not be listed in a walk of `folder` takes the place of what could not before.
    fn note_unlisted(&mut self, folder: &Path, unlisted: Vec<(PathBuf, io::Error)>) {
        let told =
            |place: &Path| ProjectPath::below(&self.root, place).map_or_else(String::new, |path| path.to_string());
        let known = &self.store.snapshot().unlisted;
        let elsewhere = known.iter().filter(|(path, _)| !self.root.join(path).starts_with(folder));
        let elsewhere = elsewhere.map(|(path, why)| (path.clone(), why.clone()));
        let new = unlisted.into_iter().map(|(place, why)| (told(&place), why.to_string()));
        let unlisted: BTreeMap<String, String> = elsewhere.chain(new).collect();
        if unlisted != **known {
            self.is_news = true;
            self.store.set_unlisted(unlisted);
        }
    }

    /// A file or a folder that is no longer there, or no longer of the project.
    fn forget(&mut self, place: &Path, look: &mut Look) {
        let Some(path) = ProjectPath::below(&self.root, place) else {
            // The root itself has gone.
            if *place == *self.root {
                look.removed.extend(self.store.snapshot().files().map(|(path, _)| path.clone()));
            }
            return;
        };
        if self.folders.contains(place) {
            self.folders.leave(|folder| folder.starts_with(place));
        }
        let snapshot = self.store.snapshot();
        if snapshot.file(&path).is_some() {
            look.removed.push(path);
        } else {
            look.removed.extend(snapshot.files_under(&path).map(|(path, _)| path.clone()));
        }
    }

    /// Reads and parses what really changed, and publishes it.
    fn take_in(&mut self, mut look: Look, started: Instant) {
        // A walk that was broken off says nothing about what is gone.
        if self.pending.is_stopped() {
            return;
        }
        look.candidates.sort();
        look.candidates.dedup();
        let snapshot = self.store.snapshot();
        let total = look.candidates.len();
        let (mut changed, mut work) = (Vec::new(), Work::default());
        for (nth, batch) in look.candidates.chunks(BATCH_FILES).enumerate() {
            if self.pending.is_stopped() {
                return;
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
        let snapshot = self.store.apply(changed, &removed);
        if self.is_asked {
            snapshot.prepare();
        }
        let update = IndexUpdate { snapshot, changed: paths, removed, took: started.elapsed(), work };
        self.tell(IndexEvent::Indexed(update));
    }

    fn tell(&self, event: IndexEvent) {
        (self.sink)(event);
    }
}

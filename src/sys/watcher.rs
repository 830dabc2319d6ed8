//! What changed on disk since it was last asked: a bounded set of places, or "look everywhere".
//!
//! notify's thread only puts places in; the index thread takes out those that have come to rest.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RenameMode};
use notify::{ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use rustc_hash::{FxHashMap, FxHashSet};

/// A file that was closed or moved into place is whole.
const SETTLED: Duration = Duration::from_millis(3);
/// Who takes a file away often puts another in its place at once.
const GONE: Duration = Duration::from_millis(30);
/// A file that is being written will be closed.
const WRITING: Duration = Duration::from_millis(100);
/// Who never stops writing is looked at all the same.
const WAIT_MAX: Duration = Duration::from_millis(300);
/// What comes to rest this soon after is taken along.
const TOGETHER: Duration = Duration::from_millis(2);
/// So many places at once are a burst, a checkout for example: it is taken in once nothing more comes for a while, and in
/// portions where it does not end. Each portion costs a snapshot.
const BURST_PLACES: usize = 16;
const BURST_QUIET: Duration = Duration::from_millis(20);
const BURST_MAX: Duration = Duration::from_millis(250);
/// Looking at what trickles in takes at most one part in so many of the time; meanwhile more of it comes to rest.
const REST: u32 = 8;
/// With more, looking everywhere is cheaper than remembering.
const PLACES_MAX: usize = 50_000;

/// What the index thread has to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wakeup {
    Look(Vec<PathBuf>),
    LookEverywhere,
    TimedOut,
    Stop,
}

/// Where notify's thread and the index thread meet.
#[derive(Default)]
pub(super) struct Pending {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    places: FxHashMap<PathBuf, Rest>,
    looks_everywhere: bool,
    is_stopped: bool,
    /// When the waiting thread wakes by itself; it is told only of what comes earlier.
    wakes_at: Option<Instant>,
    /// When something was told last.
    told_at: Option<Instant>,
    /// Since when what came to rest last is looked at.
    looks_since: Option<Instant>,
    /// Until when it is left at that, unless a burst comes.
    rests_until: Option<Instant>,
}

/// When a place may be looked at.
#[derive(Clone, Copy)]
struct Rest {
    since: Instant,
    due: Instant,
}

impl Pending {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn stop(&self) {
        self.lock().is_stopped = true;
        self.changed.notify_all();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.lock().is_stopped
    }

    pub(super) fn look_everywhere(&self) {
        let mut state = self.lock();
        state.places.clear();
        state.looks_everywhere = true;
        self.changed.notify_all();
    }

    fn put(&self, place: PathBuf, delay: Duration) {
        let mut state = self.lock();
        if state.looks_everywhere {
            return;
        }
        let now = Instant::now();
        state.told_at = Some(now);
        let rest = state.places.entry(place).or_insert(Rest { since: now, due: now });
        rest.due = (now + delay).min(rest.since + WAIT_MAX);
        let due = rest.due;
        if state.places.len() > PLACES_MAX {
            drop(state);
            return self.look_everywhere();
        }
        // In a burst, who waits wakes by itself.
        let is_burst = state.places.len() > BURST_PLACES;
        if !is_burst && state.wakes_at.is_none_or(|wakes_at| due < wakes_at) {
            self.changed.notify_all();
        }
    }

    /// Takes in what notify tells.
    fn take(&self, told: notify::Result<Event>) {
        let Ok(event) = told else {
            // Whatever was lost was not named.
            return self.look_everywhere();
        };
        if event.need_rescan() {
            return self.look_everywhere();
        }
        if let Some(delay) = delay(&event.kind) {
            event.paths.into_iter().for_each(|place| self.put(place, delay));
        }
    }

    /// Waits until something has come to rest, at most for `timeout`.
    pub(super) fn wait(&self, timeout: Option<Duration>) -> Wakeup {
        let until = timeout.map(|timeout| Instant::now() + timeout);
        let mut state = self.lock();
        state.rest(Instant::now());
        loop {
            if state.is_stopped {
                return Wakeup::Stop;
            }
            if std::mem::take(&mut state.looks_everywhere) {
                return Wakeup::LookEverywhere;
            }
            let now = Instant::now();
            let next = state.next_look();
            if next.is_some_and(|due| due <= now) {
                state.looks_since = Some(now);
                return Wakeup::Look(state.rested(now + TOGETHER));
            }
            if until.is_some_and(|until| until <= now) {
                return Wakeup::TimedOut;
            }
            state.wakes_at = next.into_iter().chain(until).min();
            state = match state.wakes_at {
                Some(at) => {
                    let waited = self.changed.wait_timeout(state, at.saturating_duration_since(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
            state.wakes_at = None;
        }
    }
}

impl State {
    /// What was looked at is taken in.
    fn rest(&mut self, now: Instant) {
        if let Some(since) = self.looks_since.take() {
            self.rests_until = Some(now + (now.duration_since(since) * REST).min(BURST_MAX));
        }
    }

    /// When there is something to look at.
    fn next_look(&self) -> Option<Instant> {
        let due = self.places.values().map(|rest| rest.due).min()?;
        if self.places.len() < BURST_PLACES {
            return Some(self.rests_until.map_or(due, |until| until.max(due)));
        }
        let quiet = self.told_at.map_or(due, |told_at| told_at + BURST_QUIET);
        let first = self.places.values().map(|rest| rest.since).min().unwrap_or(due);
        Some(due.max(quiet.min(first + BURST_MAX)))
    }

    fn rested(&mut self, by: Instant) -> Vec<PathBuf> {
        let mut rested: Vec<PathBuf> =
            self.places.extract_if(|_, rest| rest.due <= by).map(|(place, _)| place).collect();
        rested.sort();
        rested
    }
}

/// How long a place is left alone after an event; `None` where nothing has changed.
fn delay(kind: &EventKind) -> Option<Duration> {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Some(SETTLED),
        // Reading does not change a file, and the index reads a lot.
        EventKind::Access(_) => None,
        EventKind::Create(CreateKind::Folder) => Some(SETTLED),
        EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => Some(SETTLED),
        EventKind::Modify(ModifyKind::Name(_)) | EventKind::Remove(_) => Some(GONE),
        EventKind::Modify(ModifyKind::Metadata(_)) => Some(SETTLED),
        EventKind::Any | EventKind::Create(_) | EventKind::Modify(_) | EventKind::Other => Some(WRITING),
    }
}

/// The folders of a project, watched where that is possible: exactly those which the walk yields.
pub(super) struct Folders {
    /// By their spelling: paths are compared part by part, which takes long.
    known: FxHashSet<OsString>,
    watcher: Option<RecommendedWatcher>,
    trouble: Option<Trouble>,
}

/// Why there is no watcher.
struct Trouble {
    why: String,
    limits: Limits,
}

impl Folders {
    pub(super) fn watched(pending: &Arc<Pending>) -> Self {
        let pending = pending.clone();
        let mut folders = Self::unwatched();
        match notify::recommended_watcher(move |told| pending.take(told)) {
            Ok(watcher) => folders.watcher = Some(watcher),
            Err(error) => folders.give_up(&error),
        }
        folders
    }

    pub(super) fn unwatched() -> Self {
        Self { known: FxHashSet::default(), watcher: None, trouble: None }
    }

    /// Why changes cannot be watched.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_ref().map(|trouble| &*trouble.why)
    }

    /// Whether somebody has raised the limits that stood against watching.
    pub(super) fn may_be_watched_again(&self) -> bool {
        self.trouble.as_ref().is_some_and(|trouble| trouble.limits.are_below(Limits::now()))
    }

    pub(super) fn count(&self) -> usize {
        self.known.len()
    }

    pub(super) fn contains(&self, folder: &Path) -> bool {
        self.known.contains(folder.as_os_str())
    }

    /// Watches a folder from now on. Also one that is known: it may be another folder of that name.
    pub(super) fn enter(&mut self, folder: &Path) {
        self.known.insert(folder.as_os_str().to_owned());
        let Some(watcher) = &mut self.watcher else { return };
        let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) else { return };
        // What has gone meanwhile is told by the folder above; what may not be read has no files for us.
        if limit(&error).is_some() {
            self.give_up(&error);
        }
    }

    /// What is left of the limit is left to the other programs that watch.
    fn give_up(&mut self, error: &notify::Error) {
        let limits = Limits::now();
        self.trouble = Some(Trouble { why: reason(error, limits), limits });
        self.watcher = None;
    }

    /// No longer counts a folder, and watches it all the same: what made it no part of the project may go.
    pub(super) fn disown(&mut self, folder: &Path) {
        self.known.remove(folder.as_os_str());
    }

    /// Forgets the folders for which `is_gone` holds.
    pub(super) fn leave(&mut self, mut is_gone: impl FnMut(&Path) -> bool) {
        let gone: Vec<OsString> = self.known.extract_if(|folder| is_gone(Path::new(folder))).collect();
        if let Some(watcher) = &mut self.watcher {
            for folder in gone {
                // The kernel has mostly forgotten it by itself.
                let _ = watcher.unwatch(Path::new(&folder));
            }
        }
    }
}

/// How much one user may watch on this system, all programs together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) folders: Option<u64>,
    watchers: Option<u64>,
}

impl Limits {
    pub(super) fn now() -> Self {
        let told = |name: &str| {
            std::fs::read_to_string(format!("/proc/sys/fs/inotify/{name}")).ok()?.trim().parse::<u64>().ok()
        };
        Self { folders: told(FOLDERS_LIMIT), watchers: told(WATCHERS_LIMIT) }
    }

    fn are_below(self, other: Self) -> bool {
        other.folders > self.folders || other.watchers > self.watchers
    }
}

const FOLDERS_LIMIT: &str = "max_user_watches";
const WATCHERS_LIMIT: &str = "max_user_instances";

/// The limit that an error speaks of.
fn limit(error: &notify::Error) -> Option<&'static str> {
    const ENOSPC: i32 = 28;
    const EMFILE: i32 = 24;
    match &error.kind {
        ErrorKind::MaxFilesWatch => Some(FOLDERS_LIMIT),
        ErrorKind::Io(io) if io.raw_os_error() == Some(ENOSPC) => Some(FOLDERS_LIMIT),
        ErrorKind::Io(io) if io.raw_os_error() == Some(EMFILE) => Some(WATCHERS_LIMIT),
        _ => None,
    }
}

/// Why nothing is watched, and the way out.
fn reason(error: &notify::Error, limits: Limits) -> String {
    let (what, name, limit) = match limit(error) {
        Some(FOLDERS_LIMIT) => ("folders", FOLDERS_LIMIT, limits.folders),
        Some(WATCHERS_LIMIT) => ("programs", WATCHERS_LIMIT, limits.watchers),
        _ => return format!("the system cannot watch: {error}"),
    };
    let Some(limit) = limit else { return format!("the system watches no more {what} for you") };
    let better = (limit * 4).max(if name == FOLDERS_LIMIT { 524_288 } else { 512 });
    format!(
        "the system watches no more {what} for you (fs.inotify.{name} is {limit}); `sudo sysctl fs.inotify.{name}={better}` allows more"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_out_when_they_rest() {
        let pending = Pending::default();
        let place = PathBuf::from("/p/a.py");
        pending.put(place.clone(), Duration::ZERO);
        pending.put("/p/b.py".into(), Duration::from_secs(60));
        assert_eq!(pending.wait(None), Wakeup::Look(vec![place]));
        assert_eq!(pending.wait(Some(Duration::ZERO)), Wakeup::TimedOut);
        pending.look_everywhere();
        pending.put("/p/c.py".into(), Duration::ZERO);
        assert_eq!(pending.wait(None), Wakeup::LookEverywhere);
        pending.stop();
        assert_eq!(pending.wait(None), Wakeup::Stop);
    }

    #[test]
    fn a_burst_is_taken_in_at_once() {
        let pending = Pending::default();
        for nth in 0..1_000 {
            pending.put(PathBuf::from(format!("/p/{nth}")), Duration::ZERO);
        }
        let Wakeup::Look(places) = pending.wait(None) else { panic!("nothing to look at") };
        assert_eq!(places.len(), 1_000);
        assert_eq!(pending.wait(Some(Duration::ZERO)), Wakeup::TimedOut);
    }

    #[test]
    fn a_burst_that_does_not_end_is_taken_in_by_portions() {
        let long_ago = Instant::now();
        let mut state = State::default();
        for nth in 0..BURST_PLACES {
            let rest = Rest { since: long_ago, due: long_ago };
            state.places.insert(PathBuf::from(format!("/p/{nth}")), rest);
        }
        state.told_at = Some(long_ago + 2 * BURST_MAX);
        assert_eq!(state.next_look(), Some(long_ago + BURST_MAX));
        state.told_at = Some(long_ago);
        assert_eq!(state.next_look(), Some(long_ago + BURST_QUIET));
        state.places.retain(|place, _| place.ends_with("3"));
        assert_eq!(state.next_look(), Some(long_ago));
    }

    #[test]
    fn what_was_lost_is_looked_for_everywhere() {
        let lost = Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan);
        for told in [Ok(lost), Err(notify::Error::generic("read"))] {
            let pending = Pending::default();
            pending.put("/p/a.py".into(), Duration::ZERO);
            pending.take(told);
            assert_eq!(pending.wait(None), Wakeup::LookEverywhere);
            assert_eq!(pending.wait(Some(Duration::ZERO)), Wakeup::TimedOut);
        }
    }

    #[test]
    fn a_limit_is_told_with_what_raises_it() {
        let limits = Limits { folders: Some(8_192), watchers: Some(128) };
        let told = |kind| reason(&notify::Error::new(kind), limits);
        let io = |code| ErrorKind::Io(std::io::Error::from_raw_os_error(code));
        assert!(told(ErrorKind::MaxFilesWatch).contains("`sudo sysctl fs.inotify.max_user_watches=524288`"));
        assert!(told(io(28)).contains("max_user_watches is 8192"));
        assert!(told(io(24)).contains("`sudo sysctl fs.inotify.max_user_instances=512`"));
        assert!(told(io(38)).starts_with("the system cannot watch: "));
        assert!(limits.are_below(Limits { folders: Some(9_000), ..limits }) && !limits.are_below(limits));
    }

    #[test]
    fn what_trickles_in_is_looked_at_the_less_often_the_more_a_look_takes() {
        let start = Instant::now();
        let ms = Duration::from_millis;
        let mut state = State::default();
        state.places.insert("/p/a.py".into(), Rest { since: start, due: start });
        assert_eq!(state.next_look(), Some(start));
        for (took, rest) in [(0, 0), (4, 32), (400, 250)] {
            state.looks_since = Some(start);
            state.rest(start + ms(took));
            assert_eq!(state.next_look(), Some(start + ms(took + rest)));
        }
        // Waiting for something else in between is no look.
        state.rest(start + ms(9_000));
        assert_eq!(state.next_look(), Some(start + ms(650)));
    }

    #[test]
    fn too_many_places_become_one_look_everywhere() {
        let pending = Pending::default();
        for nth in 0..=PLACES_MAX {
            pending.put(PathBuf::from(format!("/p/{nth}")), WRITING);
        }
        assert_eq!(pending.wait(None), Wakeup::LookEverywhere);
        assert_eq!(pending.wait(Some(Duration::ZERO)), Wakeup::TimedOut);
    }
}

//! How the index thread comes to know of changes: it is told of them, looks every few seconds, or both.
//!
//! Knows nothing of files. Invariants: of what changes, something is told or looked at; looking takes a small part of the time.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Keeper;
use super::looking::Entering;
use crate::app::WatcherHealth;
use crate::sys::ground::Ground;
use crate::sys::walk::Rules;
use crate::sys::watcher::{Folders, Pending};

/// How often is looked at what nobody tells of: the disk where it cannot be watched, else only what the project stands on.
const PAUSE: Duration = Duration::from_secs(3);
/// Of the time, looking takes at most one part in so many, unless it would happen less often than the longest pause.
const SHARE: u32 = 20;
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// How changes on disk are noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watching {
    /// The system tells; where it cannot, the thread looks every few seconds.
    Told,
    /// Looks that often, or less often where that would take too much.
    Polling(Duration),
}

/// In which way changes are noticed now.
pub(super) struct Noticing {
    watching: Watching,
    ground: Ground,
    pause: Duration,
    /// When is looked next.
    next_at: Instant,
    told: WatcherHealth,
}

impl Noticing {
    pub(super) fn new(watching: Watching) -> Self {
        let mut noticing = Self {
            watching,
            ground: Ground::default(),
            pause: PAUSE,
            next_at: Instant::now(),
            told: WatcherHealth::Starting,
        };
        noticing.pause = noticing.shortest_pause();
        noticing
    }

    pub(super) fn told(&self) -> WatcherHealth {
        self.told.clone()
    }

    pub(super) fn until_next(&self) -> Duration {
        self.next_at.saturating_duration_since(Instant::now())
    }

    fn shortest_pause(&self) -> Duration {
        match self.watching {
            Watching::Told => PAUSE,
            Watching::Polling(pause) => pause,
        }
    }

    fn folders(&self, pending: &Arc<Pending>) -> Folders {
        match self.watching {
            Watching::Told => Folders::watched(pending),
            Watching::Polling(_) => Folders::unwatched(),
        }
    }

    /// In which way changes of these folders are noticed.
    fn health(&self, folders: &Folders) -> WatcherHealth {
        if !self.ground.is_there() {
            return WatcherHealth::Gone;
        }
        let why = match self.watching {
            Watching::Polling(_) => Some("as asked for".to_owned()),
            Watching::Told => folders.trouble().map(str::to_owned).or_else(|| {
                let kind = self.ground.untold_kind(|folder| folders.contains(folder))?;
                Some(format!("the file system ({kind}) does not tell of what others change"))
            }),
        };
        match why {
            Some(why) => WatcherHealth::Polling { why, every: self.pause },
            None => WatcherHealth::Live,
        }
    }
}

impl Keeper<'_> {
    /// Begins to watch, as if nothing had been told before, and takes in all there is.
    pub(super) fn watch_anew(&mut self, ground: Ground) {
        // What changes from here on is told, or makes the next ground another one.
        self.noticing.ground = ground;
        self.noticing.pause = self.noticing.shortest_pause();
        self.folders = self.noticing.folders(self.pending);
        self.look_everywhere(Entering::Each);
        self.noticing.next_at = Instant::now() + self.noticing.pause;
    }

    /// Looks at what nobody tells of, if it is time.
    pub(super) fn look_around(&mut self) {
        if !self.noticing.until_next().is_zero() {
            return;
        }
        let ground = Ground::of(&self.root);
        if ground != self.noticing.ground || self.folders.may_be_watched_again() {
            return self.watch_anew(ground);
        }
        if matches!(self.noticing.told, WatcherHealth::Polling { .. }) {
            let started = Instant::now();
            let work = self.look_everywhere(Entering::New);
            // Reading what has changed is not looking.
            if work.files_read == 0 {
                self.noticing.pause = pause(self.noticing.shortest_pause(), started.elapsed());
            }
        }
        self.noticing.next_at = Instant::now() + self.noticing.pause;
    }

    /// Tells in which way changes are noticed, where it is another one than before.
    pub(super) fn mind_the_watcher(&mut self) {
        let health = self.noticing.health(&self.folders);
        let polls = |health: &WatcherHealth| matches!(health, WatcherHealth::Polling { .. });
        if polls(&health) && !polls(&self.noticing.told) {
            self.stamps.get_or_insert_default();
            // Since the watching failed nobody has told of anything.
            self.noticing.next_at = Instant::now();
        }
        if health != self.noticing.told {
            self.noticing.told = health.clone();
            self.tell(super::IndexEvent::WatcherChanged(health));
        }
    }
}

/// In which way changes of a project would be noticed, and in how many folders.
pub(in crate::sys) fn try_to_watch(root: &Path, ignore: &[String]) -> (WatcherHealth, usize) {
    let mut noticing = Noticing::new(Watching::Told);
    noticing.ground = Ground::of(root);
    let mut folders = noticing.folders(&Arc::default());
    Rules::new(root, ignore).walk(root, |folder| {
        folders.enter(folder);
        true
    });
    (noticing.health(&folders), folders.count())
}

/// How long nothing is looked at after a look that took so long: doubled until it is long enough, so that it seldom changes.
fn pause(shortest: Duration, took: Duration) -> Duration {
    let mut pause = shortest;
    while pause < took * SHARE && pause < PAUSE_MAX {
        pause = (pause * 2).min(PAUSE_MAX);
    }
    pause
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_takes_a_twentieth_of_the_time_at_most() {
        let after = |ms| pause(PAUSE, Duration::from_millis(ms)).as_secs();
        assert_eq!([0, 150, 151, 300, 301, 2_000, 60_000].map(after), [3, 3, 6, 6, 12, 48, 60]);
        assert_eq!(pause(Duration::from_secs(90), Duration::from_secs(9)), Duration::from_secs(90));
    }
}

//! Which files need no reading when the disk is looked at every few seconds.
//!
//! Invariant: a stamp is trusted only if it is old enough that no later write can have left it as it is.

use std::fs::Metadata;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustc_hash::FxHashMap;

use crate::text::ProjectPath;

/// File systems tell times to two seconds at worst.
const GRAIN: Duration = Duration::from_secs(2);

/// What the file system says of a file's content without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    len: u64,
    modified: SystemTime,
    changed: (i64, i64),
    inode: u64,
}

impl Stamp {
    pub(super) const BYTES: usize = 48;

    pub(super) fn of(place: &Path) -> Option<Self> {
        Self::from(&place.metadata().ok()?)
    }

    /// As [`Stamp::of`], of a link itself and not of what it leads to.
    pub(super) fn of_itself(place: &Path) -> Option<Self> {
        Self::from(&place.symlink_metadata().ok()?)
    }

    pub(super) fn from(meta: &Metadata) -> Option<Self> {
        let (changed, inode) = unix_part(meta);
        Some(Self { len: meta.len(), modified: meta.modified().ok()?, changed, inode })
    }

    pub(super) fn to_bytes(self) -> [u8; Self::BYTES] {
        let since = self.modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut bytes = [0; Self::BYTES];
        let numbers = [self.len, since.as_secs(), u64::from(since.subsec_nanos())];
        let numbers = numbers.into_iter().chain([self.changed.0 as u64, self.changed.1 as u64, self.inode]);
        for (place, number) in bytes.as_chunks_mut().0.iter_mut().zip(numbers) {
            *place = number.to_le_bytes();
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let mut numbers = bytes.as_chunks().0.iter().map(|number| u64::from_le_bytes(*number));
        let mut next = || numbers.next().unwrap_or_default();
        let len = next();
        let since = Duration::from_secs(next()).saturating_add(Duration::from_nanos(next()));
        // What no clock tells is a stamp that no file has.
        let modified = SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH);
        Self { len, modified, changed: (next() as i64, next() as i64), inode: next() }
    }

    /// Whether another write now would leave another stamp: also one that puts the time of the last write back, since
    /// that is a change of its own.
    pub(super) fn is_settled(&self, now: SystemTime) -> bool {
        let changed = Duration::new(self.changed.0.try_into().unwrap_or_default(), self.changed.1 as u32);
        let latest = self.modified.max(SystemTime::UNIX_EPOCH + changed);
        now.duration_since(latest).is_ok_and(|age| age > GRAIN)
    }
}

#[cfg(unix)]
fn unix_part(meta: &Metadata) -> ((i64, i64), u64) {
    use std::os::unix::fs::MetadataExt;
    ((meta.ctime(), meta.ctime_nsec()), meta.ino())
}

#[cfg(not(unix))]
fn unix_part(_meta: &Metadata) -> ((i64, i64), u64) {
    ((0, 0), 0)
}

/// The stamps of the files as they were when they were last read.
#[derive(Debug, Default)]
pub(super) struct Stamps(FxHashMap<ProjectPath, Stamp>);

impl Stamps {
    pub(super) fn knows(&self, path: &ProjectPath) -> bool {
        self.0.contains_key(path)
    }

    pub(super) fn is_unchanged(&self, path: &ProjectPath, stamp: Option<Stamp>) -> bool {
        stamp.is_some() && self.0.get(path).copied() == stamp
    }

    /// The stamp of a file, if no later write can have left it as it is.
    pub(super) fn trusted(&self, path: &ProjectPath) -> Option<Stamp> {
        self.0.get(path).copied()
    }

    /// Remembers a stamp that was [`Stamps::trusted`].
    pub(super) fn trust(&mut self, path: &ProjectPath, stamp: Stamp) {
        self.0.insert(path.clone(), stamp);
    }

    /// Remembers a stamp that was taken before the file was read.
    pub(super) fn put(&mut self, path: &ProjectPath, stamp: Option<Stamp>, now: SystemTime) {
        match stamp.filter(|stamp| stamp.is_settled(now)) {
            Some(stamp) => self.0.insert(path.clone(), stamp),
            None => self.0.remove(path),
        };
    }

    pub(super) fn forget(&mut self, path: &ProjectPath) {
        self.0.remove(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_young_stamp_is_not_trusted() {
        let path = ProjectPath::new("a.py").unwrap();
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let stamp = Some(Stamp { len: 1, modified, changed: (0, 0), inode: 1 });
        let mut stamps = Stamps::default();
        stamps.put(&path, stamp, modified + Duration::from_secs(1));
        assert!(!stamps.is_unchanged(&path, stamp));
        stamps.put(&path, stamp, modified + Duration::from_secs(3));
        assert!(stamps.is_unchanged(&path, stamp));
        assert!(!stamps.is_unchanged(&path, Some(Stamp { len: 2, modified, changed: (0, 0), inode: 1 })));
        assert!(!stamps.is_unchanged(&path, None));
    }
}

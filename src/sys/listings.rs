//! What stands in each folder of a project, kept for as long as the folder's stamp says that it is as it was.
//!
//! Knows nothing of what belongs to a project. Invariant: what is kept is what listing the folder again would give; a folder
//! that was changed so shortly before it was listed that its stamp says nothing is listed again.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use rustc_hash::FxHashMap;

use super::stamps::Stamp;

/// What a name in a folder stands for, links themselves not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Folder,
    File,
    Link,
    /// A pipe, a device …
    Other,
}

/// The names in a folder that somebody asks for.
pub(super) type Listing = Vec<(OsString, Entry)>;

/// The names in `folder` for which `is_wanted` holds.
pub(super) fn list(folder: &Path, is_wanted: impl Fn(&Path, Entry) -> bool) -> io::Result<Listing> {
    let mut listing = Vec::new();
    for entry in fs::read_dir(folder)?.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let kind = match kind {
            _ if kind.is_dir() => Entry::Folder,
            _ if kind.is_file() => Entry::File,
            _ if kind.is_symlink() => Entry::Link,
            _ => Entry::Other,
        };
        let name = entry.file_name();
        if is_wanted(Path::new(&name), kind) {
            listing.push((name, kind));
        }
    }
    Ok(listing)
}

/// The listings of many folders, by their path below the root; empty for the root.
#[derive(Debug, Default)]
pub(super) struct Listings {
    by_folder: FxHashMap<String, Kept>,
}

#[derive(Debug)]
struct Kept {
    stamp: Stamp,
    /// Each name with a sign behind that no name holds: [`FOLDER`] or [`FILE`].
    names: Box<str>,
    /// Whether anyone has asked since: a folder that nobody asks for has gone.
    is_asked: bool,
}

const FOLDER: char = '/';
const FILE: char = '\0';

impl Listings {
    /// As [`list`], by what is kept where that holds still. `now` is a time before; `is_wanted` is always the same.
    pub(super) fn list(
        &mut self,
        below_root: &str,
        folder: &Path,
        now: SystemTime,
        is_wanted: impl Fn(&Path, Entry) -> bool,
    ) -> io::Result<Listing> {
        let stamp = Stamp::of_itself(folder);
        if let Some(kept) = self.by_folder.get_mut(below_root).filter(|kept| Some(kept.stamp) == stamp) {
            kept.is_asked = true;
            return Ok(kept.listing());
        }
        let listing = list(folder, is_wanted);
        let names = listing.as_ref().ok().and_then(written);
        match stamp.filter(|stamp| stamp.is_settled(now)).zip(names) {
            Some((stamp, names)) => self.by_folder.insert(below_root.to_owned(), Kept { stamp, names, is_asked: true }),
            None => self.by_folder.remove(below_root),
        };
        listing
    }

    /// Each folder that was asked for, with its stamp and its names, to be [`Listings::put`] again.
    pub(super) fn kept(&self) -> impl Iterator<Item = (&str, Stamp, &str)> {
        self.by_folder
            .iter()
            .filter(|(_, kept)| kept.is_asked)
            .map(|(folder, kept)| (&**folder, kept.stamp, &*kept.names))
    }

    /// So many are going to be [`Listings::put`].
    pub(super) fn expect(&mut self, count: usize) {
        self.by_folder.reserve(count);
    }

    pub(super) fn put(&mut self, folder: String, stamp: Stamp, names: &str) {
        self.by_folder.insert(folder, Kept { stamp, names: names.into(), is_asked: false });
    }
}

impl Kept {
    fn listing(&self) -> Listing {
        let named = |name: &str| match name.strip_suffix(FOLDER) {
            Some(name) => (name.into(), Entry::Folder),
            None => (name.trim_end_matches(FILE).into(), Entry::File),
        };
        self.names.split_inclusive([FOLDER, FILE]).map(named).collect()
    }
}

/// Nothing for a listing that cannot be written.
fn written(listing: &Listing) -> Option<Box<str>> {
    let mut names = String::new();
    for (name, entry) in listing {
        names.push_str(name.to_str()?);
        names.push(match entry {
            Entry::Folder => FOLDER,
            Entry::File => FILE,
            Entry::Link | Entry::Other => return None,
        });
    }
    Some(names.into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Long enough after whatever was done to the folder.
    fn later() -> SystemTime {
        SystemTime::now() + Duration::from_secs(60)
    }

    fn names(listing: &Listing) -> Vec<&str> {
        let mut names: Vec<&str> = listing.iter().filter_map(|(name, _)| name.to_str()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn what_is_kept_is_what_stands_there() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        fs::write(folder.join("a.py"), "").unwrap();
        fs::create_dir(folder.join("sub")).unwrap();
        let mut listings = Listings::default();
        let all = |listings: &mut Listings| listings.list("", folder, later(), |_, _| true).unwrap();
        let first = all(&mut listings);
        assert_eq!(names(&first), ["a.py", "sub"]);
        // It is not looked at again: who asks for nothing would be given nothing.
        let again = listings.list("", folder, later(), |_, _| false).unwrap();
        assert_eq!(again, first);
        let mut read = Listings::default();
        listings.kept().for_each(|(folder, stamp, names)| read.put(folder.to_owned(), stamp, names));
        assert_eq!(read.list("", folder, later(), |_, _| false).unwrap(), first);
        for change in [
            |folder: &Path| fs::write(folder.join("b.py"), "").unwrap(),
            |folder: &Path| fs::rename(folder.join("b.py"), folder.join("c.py")).unwrap(),
            |folder: &Path| fs::remove_file(folder.join("a.py")).unwrap(),
            |folder: &Path| fs::create_dir(folder.join("a.py")).unwrap(),
            |folder: &Path| fs::remove_dir(folder.join("sub")).unwrap(),
        ] {
            // Clocks of file systems stand still for some milliseconds.
            let before = Stamp::of_itself(folder);
            change(folder);
            if Stamp::of_itself(folder) != before {
                assert_eq!(names(&all(&mut read)), names(&list(folder, |_, _| true).unwrap()));
            }
        }
    }

    #[test]
    fn what_was_changed_just_now_is_not_kept() {
        let place = tempfile::tempdir().unwrap();
        let mut listings = Listings::default();
        listings.list("", place.path(), SystemTime::now(), |_, _| true).unwrap();
        assert_eq!(listings.kept().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_are_listed_each_time() {
        use std::os::unix::ffi::OsStrExt;
        let place = tempfile::tempdir().unwrap();
        if fs::write(place.path().join(std::ffi::OsStr::from_bytes(b"\xff.py")), "").is_err() {
            return;
        }
        let mut listings = Listings::default();
        assert_eq!(listings.list("", place.path(), later(), |_, _| true).unwrap().len(), 1);
        assert_eq!(listings.kept().count(), 0);
    }
}

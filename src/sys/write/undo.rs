//! Which writes stand, and what a file becomes when one is taken back or made again.
//!
//! Knows nothing of how files are put in place: taking back is a write like any other, with a journal line of its own.
//! Invariant: what a person typed since the write stays, or nothing is changed.

use std::collections::{BTreeMap, btree_map};
use std::path::Path;

use super::Applied;
use super::failure::{Direction, Overlap, WriteFailure};
use super::journal::{Entry, FileEntry, Journal, Kind, Part, Parts, Side, Stage, Version};
use super::place::{read, resolve};
use super::plan::Wanted;
use crate::text::{ContentHash, FileText, ProjectPath, merge};

/// The journal's entries, in order, asked what of them stands.
pub(super) struct History<'a>(pub(super) &'a [(Entry, Stage)]);

impl<'a> History<'a> {
    fn done(&self) -> impl DoubleEndedIterator<Item = &'a Entry> {
        self.0.iter().filter(|(_, stage)| *stage == Stage::Done).map(|(entry, _)| entry)
    }

    fn writes(&self) -> impl DoubleEndedIterator<Item = &'a Entry> {
        self.done().filter(|entry| entry.kind == Kind::Write)
    }

    fn stands(&self, id: u64, path: &ProjectPath) -> bool {
        let last = self.done().rev().find_map(|entry| match &entry.kind {
            Kind::Undo(parts) if parts.holds(id, path) => Some(false),
            Kind::Redo(parts) if parts.holds(id, path) => Some(true),
            _ => None,
        });
        last.unwrap_or(true)
    }

    /// The files of the write `id` whose change stands.
    pub(super) fn standing(&self, id: u64) -> Vec<ProjectPath> {
        let entry = self.writes().find(|entry| entry.id == id);
        let files = entry.into_iter().flat_map(|entry| &entry.files).map(|file| &file.path);
        files.filter(|path| self.stands(id, path)).cloned().collect()
    }

    /// The last write of which anything stands.
    pub(super) fn last_standing(&self) -> Option<u64> {
        self.writes().rev().map(|entry| entry.id).find(|id| !self.standing(*id).is_empty())
    }

    /// The writes of the task that the write `id` is of, the last one first.
    pub(super) fn of_task(&self, id: u64) -> Vec<u64> {
        let task = self.writes().find(|entry| entry.id == id).and_then(|entry| entry.task.as_ref());
        let is_of_it = |entry: &&Entry| entry.id == id || (task.is_some() && entry.task.as_ref() == task);
        self.writes().rev().filter(is_of_it).map(|entry| entry.id).collect()
    }

    /// What was taken back last and does not stand again, if nothing else was written since; in the order in which it
    /// was written.
    pub(super) fn last_undone(&self) -> Option<Parts> {
        self.done().rev().take_while(|entry| entry.kind != Kind::Write).find_map(|entry| {
            let Kind::Undo(parts) = &entry.kind else { return None };
            let left = |part: &Part| {
                let paths = part.paths.iter().filter(|path| !self.stands(part.write, path));
                Part { write: part.write, paths: paths.cloned().collect() }
            };
            Parts::new(parts.iter().rev().map(left).filter(|part| !part.paths.is_empty()).collect())
        })
    }

    pub(super) fn applied(&self) -> Vec<Applied> {
        let newest = self.0.iter().map(|(entry, _)| entry.id).max().unwrap_or(0);
        let files = |entry: &Entry| {
            let stands = |file: &FileEntry| (file.path.clone(), self.stands(entry.id, &file.path));
            entry.files.iter().map(stands).collect()
        };
        let kept = self.writes().rev().filter(|entry| Journal::keeps(entry.id, newest));
        kept.map(|entry| Applied {
            id: entry.id,
            task: self.of_task(entry.id).last().copied().unwrap_or(entry.id),
            title: entry.title.clone(),
            time: entry.time.clone(),
            files: files(entry),
        })
        .collect()
    }
}

/// What has to be written so that a write is taken back or made again.
pub(super) struct Way {
    pub(super) wanted: Vec<Wanted>,
    /// The files that somebody edited since, in other lines.
    pub(super) merged: Vec<ProjectPath>,
}

/// A file on the way.
struct Underway {
    base: Option<ContentHash>,
    bytes: Option<Vec<u8>>,
    mode: u32,
    is_merged: bool,
}

/// Finds the way for those files of each entry that stand beside it, one after the other, or says in which lines somebody
/// edited since.
pub(super) fn way(
    root: &Path,
    journal: &Journal,
    parts: &[(&Entry, &[ProjectPath])],
    direction: Direction,
) -> Result<Way, WriteFailure> {
    let mut files: BTreeMap<ProjectPath, Underway> = BTreeMap::new();
    for (entry, paths) in parts {
        let mut overlaps = Vec::new();
        for (idx, file) in (0..).zip(&entry.files).filter(|(_, file)| paths.contains(&file.path)) {
            let lost = || WriteFailure::ContentLost { path: file.path.clone() };
            let kept = |version: Version| journal.kept(entry, idx, version).ok_or_else(lost);
            let (from, to, side) = match direction {
                Direction::Back => (kept(Version::New)?, kept(Version::Old)?, &file.old),
                Direction::Again => (kept(Version::Old)?, kept(Version::New)?, &file.new),
            };
            let underway = match files.entry(file.path.clone()) {
                btree_map::Entry::Occupied(known) => known.into_mut(),
                btree_map::Entry::Vacant(unknown) => unknown.insert(Underway::new(root, &file.path)?),
            };
            if underway.bytes == to {
                continue;
            }
            underway.mode = side.as_ref().map_or(0, |side: &Side| side.mode);
            if underway.bytes == from {
                underway.bytes = to;
                continue;
            }
            match merged(&file.path, from.as_deref(), to.as_deref(), underway.bytes.as_deref()) {
                Ok(bytes) => (underway.bytes, underway.is_merged) = (Some(bytes), true),
                Err(found) => overlaps.extend(found),
            }
        }
        if !overlaps.is_empty() {
            return Err(WriteFailure::ChangedSince { title: entry.title.clone(), direction, overlaps });
        }
    }
    let mut way = Way { wanted: Vec::new(), merged: Vec::new() };
    for (path, Underway { base, bytes, mode, is_merged }) in files {
        way.merged.extend(is_merged.then(|| path.clone()));
        if bytes.as_deref().map(ContentHash::of) != base {
            way.wanted.push(Wanted { path, base, new: bytes, mode });
        }
    }
    Ok(way)
}

impl Underway {
    fn new(root: &Path, path: &ProjectPath) -> Result<Self, WriteFailure> {
        let bytes = read(&resolve(root, path)?)
            .map_err(|why| WriteFailure::Failed { path: path.clone(), why: why.to_string() })?;
        Ok(Self { base: bytes.as_deref().map(ContentHash::of), bytes, mode: 0, is_merged: false })
    }
}

/// `there` with what leads from `from` to `to`; else where that cannot be done without losing what is there.
fn merged(
    path: &ProjectPath,
    from: Option<&[u8]>,
    to: Option<&[u8]>,
    there: Option<&[u8]>,
) -> Result<Vec<u8>, Vec<Overlap>> {
    let decode = |bytes: Option<&[u8]>| bytes.and_then(|bytes| FileText::decode(bytes).ok());
    let whole = |there: Option<&FileText>, to: Option<&FileText>| Overlap {
        path: path.clone(),
        line: None,
        there: there.map(|file| file.text().to_owned()),
        wanted: to.map(|file| file.text().to_owned()),
    };
    let (Some(from), Some(to), Some(there)) = (decode(from), decode(to), decode(there)) else {
        return Err(vec![whole(decode(there).as_ref(), decode(to).as_ref())]);
    };
    let merge = merge(from.text(), to.text(), there.text());
    if merge.clashes.is_empty() {
        return there.encode(&merge.text).map_err(|_| vec![whole(Some(&there), Some(&to))]);
    }
    let lines = |text: &str, range: &std::ops::Range<u32>| -> String {
        text.split_inclusive('\n').skip(range.start as usize).take(range.len()).collect()
    };
    let overlap = |clash: &crate::text::Clash| Overlap {
        path: path.clone(),
        line: Some(clash.theirs.start + 1),
        there: Some(lines(there.text(), &clash.theirs)),
        wanted: Some(lines(to.text(), &clash.mine)),
    };
    Err(merge.clashes.iter().map(overlap).collect())
}

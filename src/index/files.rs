//! The files of a snapshot in the order of their paths, kept in parts of some dozens, each with tables of its own.
//!
//! A snapshot shares with the one before every part in which nothing changed, and with it what was found out of that part:
//! its words, names and classes are gathered when somebody asks, and again for those parts alone that are new.
//! Invariant: a part never changes, none is empty, and what a table says is what looking through its files would give.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::word_table::{FILES_MAX, WordTable};
use super::{ClassTable, FileEntry, NameTable};
use crate::text::ProjectPath;

/// As many files as a new part has; a part that grows beyond twice as many is cut.
const PART_FILES: usize = 128;
const _: () = assert!(2 * PART_FILES <= FILES_MAX);
/// With fewer files a part goes together with the one before it.
const PART_FILES_MIN: usize = 32;
/// So many tables are made on one thread before others are asked to help.
const MADE_ALONE: usize = 2;

/// A file and what is known of it.
type File = (ProjectPath, Arc<FileEntry>);

/// What became of files: nothing stands for one that has gone.
pub(super) type Changes = BTreeMap<ProjectPath, Option<Arc<FileEntry>>>;

#[derive(Debug, Clone, Default)]
pub(super) struct Files {
    parts: Arc<[Arc<Part>]>,
}

/// Some neighbours among the files of a project, and what is looked up in them.
#[derive(Debug)]
pub struct Part {
    files: Box<[File]>,
    symbol_count: usize,
    words: OnceLock<WordTable>,
    names: OnceLock<NameTable>,
    classes: OnceLock<ClassTable>,
}

impl Part {
    fn new(files: Box<[File]>) -> Arc<Self> {
        let symbol_count = files.iter().map(|(_, entry)| entry.symbol_count()).sum();
        let (words, names, classes) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Arc::new(Self { files, symbol_count, words, names, classes })
    }

    /// By path.
    pub fn files(&self) -> &[(ProjectPath, Arc<FileEntry>)] {
        &self.files
    }

    /// The names of its symbols.
    pub fn names(&self) -> &NameTable {
        self.names.get_or_init(|| NameTable::new(self.structures()))
    }

    pub(super) fn words(&self) -> &WordTable {
        self.words.get_or_init(|| WordTable::new(self.files.iter().map(|(_, entry)| &entry.words)))
    }

    pub(super) fn classes(&self) -> &ClassTable {
        self.classes.get_or_init(|| ClassTable::new(self.structures()))
    }

    fn structures(&self) -> impl Iterator<Item = (&ProjectPath, &super::FileStructure)> {
        self.files.iter().map(|(path, entry)| (path, &*entry.structure))
    }

    fn place(&self, path: &ProjectPath) -> Result<usize, usize> {
        self.files.binary_search_by(|(known, _)| known.cmp(path))
    }

    #[cfg(test)]
    fn has_tables(&self) -> bool {
        self.words.get().is_some() && self.names.get().is_some() && self.classes.get().is_some()
    }
}

impl Files {
    pub(super) fn parts(&self) -> &[Arc<Part>] {
        &self.parts
    }

    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.files.len()).sum()
    }

    pub(super) fn symbol_count(&self) -> usize {
        self.parts.iter().map(|part| part.symbol_count).sum()
    }

    pub(super) fn get(&self, path: &ProjectPath) -> Option<&Arc<FileEntry>> {
        let (part, file) = self.place_of(path)?;
        Some(&self.parts[part].files[file].1)
    }

    /// The number of a part, and of a file in it.
    pub(super) fn place_of(&self, path: &ProjectPath) -> Option<(usize, usize)> {
        let part = self.part_of(path);
        Some((part, self.parts.get(part)?.place(path).ok()?))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&ProjectPath, &Arc<FileEntry>)> + Clone {
        self.parts.iter().flat_map(|part| part.files.iter().map(|(path, entry)| (path, entry)))
    }

    /// The files from a path on.
    pub(super) fn from(&self, path: &ProjectPath) -> impl Iterator<Item = (&ProjectPath, &Arc<FileEntry>)> {
        let first = self.part_of(path);
        let begun = self.parts.get(first).map_or(0, |part| part.place(path).unwrap_or_else(|at| at));
        let parts = self.parts[first.min(self.parts.len())..].iter();
        let rests = parts.enumerate().map(move |(nth, part)| &part.files[if nth == 0 { begun } else { 0 }..]);
        rests.flat_map(|rest| rest.iter().map(|(path, entry)| (path, entry)))
    }

    /// Makes a table of every part that has none yet, on several threads where there are many.
    pub(super) fn prepare<T>(&self, table: impl Fn(&Part) -> &OnceLock<T>, make: impl Fn(&Part) -> &T + Sync + Send) {
        let missing: Vec<&Arc<Part>> = self.parts.iter().filter(|part| table(part).get().is_none()).collect();
        let made = |part: &&Arc<Part>| {
            make(part);
        };
        match missing.len() {
            0..=MADE_ALONE => missing.iter().for_each(made),
            _ => missing.par_iter().for_each(made),
        }
    }

    pub(super) fn with_words(&self) -> &[Arc<Part>] {
        self.prepare(|part| &part.words, |part| part.words());
        &self.parts
    }

    pub(super) fn with_names(&self) -> &[Arc<Part>] {
        self.prepare(|part| &part.names, |part| part.names());
        &self.parts
    }

    pub(super) fn with_classes(&self) -> &[Arc<Part>] {
        self.prepare(|part| &part.classes, |part| part.classes());
        &self.parts
    }

    /// The parts that the other has not, and those of the other that these have not.
    pub(super) fn apart<'a>(&'a self, other: &'a Self) -> (Vec<&'a Part>, Vec<&'a Part>) {
        (left_over(&self.parts, &other.parts), left_over(&other.parts, &self.parts))
    }

    /// The files after `changes`: every part without a change is shared.
    pub(super) fn after(&self, changes: Changes) -> Self {
        let mut parts: Vec<Arc<Part>> = Vec::with_capacity(self.parts.len() + changes.len() / PART_FILES + 1);
        let mut changes = changes.into_iter().peekable();
        for (nth, part) in self.parts.iter().enumerate() {
            let next = self.parts.get(nth + 1).map(|part| &part.files[0].0);
            let mut own: Changes = Changes::new();
            while let Some((path, entry)) = changes.next_if(|(path, _)| next.is_none_or(|next| path < next)) {
                own.insert(path, entry);
            }
            if own.is_empty() {
                parts.push(part.clone());
                continue;
            }
            let mut files = merged(&part.files, own);
            if files.is_empty() {
                continue;
            }
            if let Some(before) = parts.pop_if(|before| before.files.len().min(files.len()) < PART_FILES_MIN) {
                files.splice(0..0, before.files.iter().cloned());
            }
            push_cut(files, &mut parts);
        }
        // Where there was nothing, all of them are new.
        push_cut(changes.filter_map(|(path, entry)| Some((path, entry?))).collect(), &mut parts);
        Self { parts: parts.into() }
    }

    /// The part in which a path stands, or would.
    fn part_of(&self, path: &ProjectPath) -> usize {
        self.parts.partition_point(|part| part.files[0].0 <= *path).saturating_sub(1)
    }
}

fn left_over<'a>(parts: &'a [Arc<Part>], others: &[Arc<Part>]) -> Vec<&'a Part> {
    let mut others = others.iter().peekable();
    let mut left = Vec::new();
    for part in parts {
        while others.next_if(|other| other.files[0].0 < part.files[0].0).is_some() {}
        if !others.peek().is_some_and(|other| Arc::ptr_eq(other, part)) {
            left.push(&**part);
        }
    }
    left
}

fn merged(files: &[File], changes: Changes) -> Vec<File> {
    let mut merged: Vec<File> = Vec::with_capacity(files.len() + changes.len());
    let mut files = files.iter().peekable();
    for (path, entry) in changes {
        while let Some(file) = files.next_if(|(known, _)| *known < path) {
            merged.push(file.clone());
        }
        files.next_if(|(known, _)| *known == path);
        merged.extend(entry.map(|entry| (path, entry)));
    }
    merged.extend(files.cloned());
    merged
}

fn push_cut(files: Vec<File>, parts: &mut Vec<Arc<Part>>) {
    if files.is_empty() {
        return;
    }
    let piece_count = if files.len() > 2 * PART_FILES { files.len().div_ceil(PART_FILES) } else { 1 };
    let len = files.len().div_ceil(piece_count);
    let mut files = files.into_iter();
    while files.len() > 0 {
        parts.push(Part::new(files.by_ref().take(len).collect()));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::index::{Snapshot, Store};
    use crate::text::dice::Dice;

    fn path(nth: usize) -> ProjectPath {
        ProjectPath::new(&format!("p{}/m{nth}.py", nth % 7)).unwrap()
    }

    fn entry(nth: usize, text: &str) -> Option<Arc<FileEntry>> {
        Some(Arc::new(Store::parse(&path(nth), text.as_bytes())))
    }

    #[test]
    fn files_are_those_of_a_plain_map_after_any_changes() {
        let mut dice = Dice::new(7);
        let mut roll = |end: usize| dice.roll(end);
        let (mut files, mut plain) = (Files::default(), BTreeMap::new());
        for round in 0..200 {
            let most = [900, 3, 60][round % 3];
            let mut changes = Changes::new();
            for _ in 0..roll(most) {
                let nth = roll(1200);
                let gone = roll(if round % 20 > 14 { 2 } else { 5 }) != 1;
                changes.insert(path(nth), if gone { None } else { entry(nth, "x = 1") });
            }
            for (path, entry) in changes.clone() {
                match entry {
                    Some(entry) => drop(plain.insert(path, entry)),
                    None => drop(plain.remove(&path)),
                }
            }
            let before = files.clone();
            files = files.after(changes.clone());
            assert!(files.iter().map(|(path, _)| path).eq(plain.keys()));
            assert_eq!(files.len(), plain.len());
            let sizes: Vec<usize> = files.parts.iter().map(|part| part.files.len()).collect();
            assert!(sizes.iter().all(|size| (1..=2 * PART_FILES).contains(size)), "{sizes:?}");
            for nth in (0..1200).step_by(97) {
                let is_it = |(ours, theirs): (&Arc<FileEntry>, &Arc<FileEntry>)| Arc::ptr_eq(ours, theirs);
                assert_eq!(
                    files.get(&path(nth)).zip(plain.get(&path(nth))).is_some_and(is_it),
                    files.get(&path(nth)).is_some()
                );
                assert!(
                    files.from(&path(nth)).map(|(path, _)| path).eq(plain.range(path(nth)..).map(|(path, _)| path))
                );
            }
            let (new, old) = files.apart(&before);
            let within = |parts: &[&Part], path: &ProjectPath| parts.iter().any(|part| part.place(path).is_ok());
            for path in changes.keys() {
                assert!(files.get(path).is_none() || within(&new, path));
                assert!(before.get(path).is_none() || within(&old, path));
            }
        }
    }

    /// The parts that a snapshot does not share with another, and those with a table that is not made.
    fn work(snapshot: &Snapshot, before: &Snapshot) -> (usize, usize) {
        let unknown = snapshot.files.parts().iter().filter(|part| !part.has_tables()).count();
        (snapshot.files.apart(&before.files).0.len(), unknown)
    }

    #[test]
    fn a_change_is_as_much_work_as_it_is_large_however_large_the_project() {
        for count in [1_000, 2_000, 4_000, 8_000] {
            let mut store = Store::new("/p".into());
            let parsed = |nth: usize, text: &str| (path(nth), Store::parse(&path(nth), text.as_bytes()));
            let mut last = store.apply((0..count).map(|nth| parsed(nth, "a b c")).collect(), &[]);
            let ask = |snapshot: &Snapshot| {
                snapshot.find_symbol("nothing", 1);
                snapshot.classes(|classes| classes.called("Nothing"));
                snapshot.files_with_word("b").len()
            };
            assert_eq!(ask(&last), count);
            for nth in 0..300 {
                // Edited, added, removed in turns.
                let next = match nth % 3 {
                    0 => store.apply(vec![parsed(nth, "d")], &[]),
                    1 => store.apply(vec![parsed(count + nth, "d")], &[]),
                    _ => store.apply(Vec::new(), &[path(nth)]),
                };
                let (new, unknown) = work(&next, &last);
                assert!((1..=3).contains(&new) && unknown <= new, "{new} new parts, {unknown} unknown of {count}");
                ask(&next);
                assert_eq!(work(&next, &next), (0, 0), "another question goes through no file");
                last = next;
            }
            assert_eq!(last.files_with_word("d").len(), 200);
        }
    }
}

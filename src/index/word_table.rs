//! Which files mention a word: the words of all files turned round.
//!
//! The table of a whole project is made when the first question comes, and handed on to the next snapshot together with
//! what changed since; when that has become much, the next question makes another.
//! Invariant: every answer is the one that looking through the words of every file would give.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::record::{put_number, take_number};
use super::{FileEntry, Files, is_much};
use crate::text::ProjectPath;

/// So many pairs of a word and a file are put into order at once: as many as stay near the processor.
const SORTED_PAIRS: usize = 1 << 15;

/// The table of some snapshot, and what changed since; made on demand.
#[derive(Debug, Clone, Default)]
pub(super) struct WordTable {
    table: OnceLock<Arc<Table>>,
    /// By path.
    since: Vec<Changed>,
}

/// A file that is not as it was when the table was made.
#[derive(Debug, Clone)]
struct Changed {
    path: ProjectPath,
    /// Nothing for one that has gone.
    entry: Option<Arc<FileEntry>>,
    /// How many of the table's files stand before it.
    before: u32,
    /// Whether the table has it.
    is_known: bool,
}

impl WordTable {
    /// The table for `files`, in which what stands at `paths` changed.
    pub(super) fn after<'p>(&self, files: &Files, paths: impl Iterator<Item = &'p ProjectPath>) -> Self {
        let Some(table) = self.table.get() else { return Self::default() };
        let mut since: BTreeMap<&ProjectPath, &Changed> = self.since.iter().map(|old| (&old.path, old)).collect();
        let changed: Vec<Changed> = paths.map(|path| table.changed(path, files.get(path).cloned())).collect();
        since.extend(changed.iter().map(|new| (&new.path, new)));
        if is_much(since.len(), files) {
            return Self::default();
        }
        Self { table: self.table.clone(), since: since.into_values().cloned().collect() }
    }

    /// The files that hold a word with this hash, by path.
    pub(super) fn files_with<'a>(&'a self, files: &Files, hash: u32) -> impl Iterator<Item = &'a ProjectPath> {
        let table = self.table(files);
        let mut known = table.files_with(hash).peekable();
        let mut since = self.since.iter().peekable();
        std::iter::from_fn(move || {
            loop {
                let next = known.peek().copied();
                let Some(changed) = since.next_if(|changed| next.is_none_or(|next| changed.before <= next)) else {
                    return known.next().map(|file| &table.paths[file as usize]);
                };
                if changed.is_known && next == Some(changed.before) {
                    known.next();
                }
                if changed.entry.as_ref().is_some_and(|entry| entry.words.contains(hash)) {
                    return Some(&changed.path);
                }
            }
        })
    }

    /// How many different words the files have.
    pub(super) fn word_count(&self, files: &Files) -> usize {
        if self.since.is_empty() { self.table(files).hashes.len() } else { Table::new(files).hashes.len() }
    }

    fn table(&self, files: &Files) -> &Table {
        // Where there is none, nothing has changed since.
        self.table.get_or_init(|| Arc::new(Table::new(files)))
    }
}

/// The words of one snapshot. A file is told by its number in the order of paths.
#[derive(Debug)]
struct Table {
    paths: Box<[ProjectPath]>,
    /// All words.
    hashes: Box<[u32]>,
    /// Where the files of each word begin in `numbers`, and of the last one end.
    starts: Box<[u32]>,
    /// For each word the differences of its files' numbers, seven bits a byte.
    numbers: Box<[u8]>,
}

impl Table {
    fn new(files: &Files) -> Self {
        let mut unsorted: Vec<(&[u32], u64)> = files.values().map(|file| file.words.hashes()).zip(0..).collect();
        let total: usize = unsorted.iter().map(|(hashes, _)| hashes.len()).sum();
        let part_count = (total / SORTED_PAIRS).next_power_of_two() as u64;
        let part_size = (1 << 32) / part_count;
        let (mut hashes, mut starts, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
        let mut pairs: Vec<u64> = Vec::with_capacity(2 * SORTED_PAIRS.min(total));
        for end in (1..=part_count).map(|part| part * part_size) {
            pairs.clear();
            for (rest, file) in &mut unsorted {
                let count = rest.iter().take_while(|hash| u64::from(**hash) < end).count();
                let (taken, left) = rest.split_at(count);
                pairs.extend(taken.iter().map(|hash| u64::from(*hash) << 32 | *file));
                *rest = left;
            }
            pairs.sort_unstable();
            for of_word in pairs.chunk_by(|one, next| one >> 32 == next >> 32) {
                hashes.push((of_word[0] >> 32) as u32);
                starts.push(numbers.len() as u32);
                let mut last = 0;
                for file in of_word.iter().map(|pair| *pair as u32) {
                    put_number(&mut numbers, file - last);
                    last = file;
                }
            }
        }
        starts.push(numbers.len() as u32);
        let paths = files.keys().cloned().collect();
        Self { paths, hashes: hashes.into(), starts: starts.into(), numbers: numbers.into() }
    }

    fn files_with(&self, hash: u32) -> impl Iterator<Item = u32> {
        let word = self.hashes.binary_search(&hash).ok();
        let range = word.map_or(0..0, |word| self.starts[word] as usize..self.starts[word + 1] as usize);
        let (mut rest, mut file) = (&self.numbers[range], 0);
        std::iter::from_fn(move || {
            file += take_number(&mut rest)?;
            Some(file)
        })
    }

    fn changed(&self, path: &ProjectPath, entry: Option<Arc<FileEntry>>) -> Changed {
        let place = self.paths.binary_search(path);
        let (Ok(before) | Err(before)) = place;
        Changed { path: path.clone(), entry, before: before as u32, is_known: place.is_ok() }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::index::{Snapshot, Store};

    fn path(nth: usize) -> ProjectPath {
        ProjectPath::new(&format!("m{nth}.py")).unwrap()
    }

    /// Numbers that look like chance and are the same in every run.
    fn roll(state: &mut u64, end: usize) -> usize {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) as usize % end
    }

    fn text(state: &mut u64) -> String {
        (0..roll(state, 30)).map(|_| format!("name{} ", roll(state, 300))).collect()
    }

    fn check(snapshot: &Snapshot) {
        for nth in 0..300 {
            let word = format!("name{nth}");
            let all = snapshot.files().filter(|(_, entry)| entry.words.contains(super::super::words::hash(&word)));
            let all: Vec<&ProjectPath> = all.map(|(path, _)| path).collect();
            assert_eq!(snapshot.files_with_word(&word), all, "{word}");
            assert_eq!(snapshot.has_word(&word), !all.is_empty());
        }
        let all = snapshot.files().flat_map(|(_, entry)| entry.words.hashes());
        assert_eq!(snapshot.word_count(), all.collect::<std::collections::BTreeSet<_>>().len());
    }

    #[test]
    fn answers_are_those_of_all_files_after_any_changes() {
        let mut state = 7;
        let mut store = Store::new(PathBuf::new());
        check(&store.snapshot());
        for round in 0..80 {
            let most = if round % 20 == 0 { 400 } else { 8 };
            let changed = (0..roll(&mut state, most)).map(|_| path(roll(&mut state, 400))).collect::<Vec<_>>();
            let parsed = |path: ProjectPath| (path.clone(), Store::parse(&path, text(&mut state).as_bytes()));
            let changed = changed.into_iter().map(parsed).collect();
            let removed: Vec<ProjectPath> = (0..roll(&mut state, 5)).map(|_| path(roll(&mut state, 400))).collect();
            check(&store.apply(changed, &removed));
        }
    }

    #[test]
    fn many_words_are_taken_in_parts() {
        let mut store = Store::new(PathBuf::new());
        let text = |nth: usize| (0..4 * SORTED_PAIRS / 10).map(|word| format!("w{} ", word * nth)).collect::<String>();
        let changed = (0..10).map(|nth| (path(nth), Store::parse(&path(nth), text(nth).as_bytes()))).collect();
        let snapshot = store.apply(changed, &[]);
        for word in (0..40_000).step_by(13).map(|word| super::super::words::hash(&format!("w{word}"))) {
            let found: Vec<&ProjectPath> = snapshot.words.files_with(&snapshot.files, word).collect();
            let all = snapshot.files().filter(|(_, entry)| entry.words.contains(word));
            assert_eq!(found, all.map(|(path, _)| path).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_change_is_as_much_work_as_it_is_large() {
        let mut store = Store::new(PathBuf::new());
        let parsed = |nth: usize, text: &str| (path(nth), Store::parse(&path(nth), text.as_bytes()));
        let snapshot = store.apply((0..2000).map(|nth| parsed(nth, "a b c")).collect(), &[]);
        snapshot.prepare();
        for nth in 0..crate::index::snapshot::CHANGED_MIN {
            let snapshot = store.apply(vec![parsed(nth, "d")], &[]);
            assert!(snapshot.words.table.get().is_some(), "it is handed on");
            assert_eq!(snapshot.words.since.len(), nth + 1);
            assert_eq!(snapshot.files_with_word("d").len(), nth + 1);
        }
        assert!(
            store.apply(vec![parsed(1999, "d")], &[]).words.table.get().is_none(),
            "the next question makes it anew"
        );
    }
}

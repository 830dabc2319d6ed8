//! Which files of a part mention a word: the words of its files turned round.
//!
//! Invariant: every answer is the one that looking through the words of every file would give.

use super::words::WordSet;

/// The words of some files. A file is told by its number among them.
#[derive(Debug)]
pub(super) struct WordTable {
    /// All words.
    hashes: Box<[u32]>,
    /// Where the files of each word begin in `files`, and of the last one end.
    starts: Box<[u32]>,
    files: Box<[u8]>,
}

/// A table has no more files.
pub(super) const FILES_MAX: usize = 1 << u8::BITS;

/// The first bits of a hash by which words are heaped.
const HEAP_BITS: u32 = 11;

impl WordTable {
    /// Of the words of each file.
    pub(super) fn new<'a>(files: impl Iterator<Item = &'a WordSet> + Clone) -> Self {
        let pairs = sorted_pairs(files);
        let word_count = pairs.chunk_by(|one, next| one >> 32 == next >> 32).count();
        let (mut hashes, mut starts) = (Vec::with_capacity(word_count), Vec::with_capacity(word_count + 1));
        for (pair, at) in pairs.iter().zip(0_u32..) {
            let hash = (pair >> 32) as u32;
            if hashes.last() != Some(&hash) {
                hashes.push(hash);
                starts.push(at);
            }
        }
        starts.push(pairs.len() as u32);
        let files = pairs.iter().map(|pair| *pair as u8).collect();
        Self { hashes: hashes.into(), starts: starts.into(), files }
    }

    /// All words, in order.
    pub(super) fn hashes(&self) -> &[u32] {
        &self.hashes
    }

    /// The numbers of the files that hold a word with this hash, in order.
    pub(super) fn files_with(&self, hash: u32) -> &[u8] {
        let word = self.hashes.binary_search(&hash).ok();
        word.map_or(&[], |word| &self.files[self.starts[word] as usize..self.starts[word + 1] as usize])
    }
}

/// Each word with the number of a file that holds it, in order.
fn sorted_pairs<'a>(files: impl Iterator<Item = &'a WordSet> + Clone) -> Vec<u64> {
    // Hashes are spread evenly: by their first bits they fall into heaps of a few, which are sorted at once.
    let heap_of = |hash: u32| (hash >> (u32::BITS - HEAP_BITS)) as usize;
    let mut starts = vec![0_usize; (1 << HEAP_BITS) + 1];
    for hash in files.clone().flat_map(|words| words.hashes()) {
        starts[heap_of(*hash) + 1] += 1;
    }
    for heap in 1..starts.len() {
        starts[heap] += starts[heap - 1];
    }
    let mut pairs = vec![0_u64; starts[starts.len() - 1]];
    let mut next = starts.clone();
    for (words, file) in files.zip(0_u64..) {
        for hash in words.hashes() {
            let place = &mut next[heap_of(*hash)];
            pairs[*place] = u64::from(*hash) << 32 | file;
            *place += 1;
        }
    }
    for heap in starts.windows(2) {
        pairs[heap[0]..heap[1]].sort_unstable();
    }
    pairs
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use crate::index::{Snapshot, Store};
    use crate::text::ProjectPath;
    use crate::text::dice::Dice;

    fn path(nth: usize) -> ProjectPath {
        ProjectPath::new(&format!("m{nth}.py")).unwrap()
    }

    fn text(dice: &mut Dice) -> String {
        (0..dice.roll(30)).map(|_| format!("name{} ", dice.roll(300))).collect()
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
        let mut dice = Dice::new(7);
        let mut store = Store::new(PathBuf::new());
        check(&store.snapshot());
        for round in 0..80 {
            let most = if round % 20 == 0 { 400 } else { 8 };
            let changed = (0..dice.roll(most)).map(|_| path(dice.roll(400))).collect::<Vec<_>>();
            let parsed = |path: ProjectPath| (path.clone(), Store::parse(&path, text(&mut dice).as_bytes()));
            let changed = changed.into_iter().map(parsed).collect();
            let removed: Vec<ProjectPath> = (0..dice.roll(5)).map(|_| path(dice.roll(400))).collect();
            check(&store.apply(changed, &removed));
        }
    }
}

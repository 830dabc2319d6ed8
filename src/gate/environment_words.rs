//! Every identifier that the project's environment knows: the standard library's stubs and what is installed.
//!
//! A very large environment is not read, and then knows everything.

use std::collections::BTreeSet;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustc_hash::{FxBuildHasher, FxHashSet};

/// So much of an environment is read.
const LIMIT_BYTES: u64 = 256 << 20;

/// The words of the stubs, which are the same for every project.
static STUB_WORDS: OnceLock<FxHashSet<u64>> = OnceLock::new();

#[derive(Debug)]
pub(super) struct EnvironmentWords {
    /// Those of the standard library's stubs, where they count as well.
    stubs: Option<&'static FxHashSet<u64>>,
    /// `None`: too large to know.
    words: Option<FxHashSet<u64>>,
}

impl EnvironmentWords {
    /// Reads the Python files below `folders`. A package of the name of one of `own` is the project itself, installed:
    /// what it knows proves nothing.
    pub(super) fn read(folders: &[PathBuf], own: &BTreeSet<String>) -> Self {
        let mut words = FxHashSet::default();
        let mut left = LIMIT_BYTES;
        let complete = folders.iter().all(|folder| read_below(folder, own, &mut words, &mut left));
        Self { stubs: None, words: complete.then_some(words) }
    }

    /// The same, and the words of the stubs, whose texts are asked for once in a process.
    pub(super) fn with_stubs<T: Iterator<Item = String>>(self, texts: impl FnOnce() -> T) -> Self {
        let stubs = STUB_WORDS.get_or_init(|| {
            let mut words = FxHashSet::default();
            texts().for_each(|text| take(text.as_bytes(), &mut words));
            words
        });
        Self { stubs: Some(stubs), ..self }
    }

    /// Of an environment that cannot be read: it may know everything.
    pub(super) fn unknown() -> Self {
        Self { stubs: None, words: None }
    }

    /// Whether `word` stands anywhere in the environment, as far as is known.
    pub(super) fn knows(&self, word: &str) -> bool {
        let word = hash(word.as_bytes());
        self.words.as_ref().is_none_or(|words| words.contains(&word))
            || self.stubs.is_some_and(|words| words.contains(&word))
    }
}

fn read_below(folder: &Path, skipped: &BTreeSet<String>, words: &mut FxHashSet<u64>, left: &mut u64) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return true };
    for entry in entries.flatten() {
        let place = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        if place.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| skipped.contains(stem)) {
            continue;
        }
        if kind.is_dir() {
            if !read_below(&place, &BTreeSet::new(), words, left) {
                return false;
            }
        } else if place.extension().is_some_and(|ending| ending == "py" || ending == "pyi")
            && let Ok(bytes) = std::fs::read(&place)
        {
            let Some(rest) = left.checked_sub(bytes.len() as u64) else { return false };
            *left = rest;
            take(&bytes, words);
        }
    }
    true
}

fn take(bytes: &[u8], words: &mut FxHashSet<u64>) {
    let part_of_word = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80;
    for word in bytes.split(|byte| !part_of_word(*byte)).filter(|word| !word.is_empty()) {
        words.insert(hash(word));
    }
}

fn hash(word: &[u8]) -> u64 {
    FxBuildHasher.hash_one(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_stands_in_files_and_stubs() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("pkg")).unwrap();
        std::fs::write(folder.path().join("pkg/a.py"), "def spam_eggs(): pass").unwrap();
        std::fs::write(folder.path().join("pkg/a.txt"), "nothing_here").unwrap();
        let read = |own: &[&str]| {
            let own = own.iter().map(|name| (*name).to_owned()).collect();
            EnvironmentWords::read(&[folder.path().to_path_buf()], &own)
        };
        let words = read(&[]);
        assert!(words.knows("spam_eggs") && !words.knows("Path"));
        assert!(words.with_stubs(|| ["class Path: ...".to_owned()].into_iter()).knows("Path"));
        assert!(!read(&["pkg"]).knows("spam_eggs"));
        assert!(!read(&[]).knows("spam") && !read(&[]).knows("nothing_here"));
    }
}

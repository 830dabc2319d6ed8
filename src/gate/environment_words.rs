//! Every identifier that the project's environment knows: the standard library's stubs and what is installed.
//!
//! Made once, when first asked; a very large environment is not read, and then knows everything.

use std::collections::BTreeSet;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};

use rustc_hash::{FxBuildHasher, FxHashSet};

/// So much of an environment is read.
const LIMIT_BYTES: u64 = 256 << 20;

#[derive(Debug)]
pub(super) struct EnvironmentWords {
    /// `None`: too large to know.
    words: Option<FxHashSet<u64>>,
}

impl EnvironmentWords {
    /// Reads the Python files below `folders` and the stubs, given as texts. A package of the name of one of `own` is
    /// the project itself, installed: what it knows proves nothing.
    pub(super) fn read(folders: &[PathBuf], own: &BTreeSet<String>, stubs: impl Iterator<Item = String>) -> Self {
        let mut words = FxHashSet::default();
        for stub in stubs {
            take(stub.as_bytes(), &mut words);
        }
        let mut left = LIMIT_BYTES;
        let complete = folders.iter().all(|folder| read_below(folder, own, &mut words, &mut left));
        Self { words: complete.then_some(words) }
    }

    /// Of an environment that cannot be read: it may know everything.
    pub(super) fn unknown() -> Self {
        Self { words: None }
    }

    /// Whether `word` stands anywhere in the environment, as far as is known.
    pub(super) fn knows(&self, word: &str) -> bool {
        self.words.as_ref().is_none_or(|words| words.contains(&hash(word.as_bytes())))
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
            EnvironmentWords::read(&[folder.path().to_path_buf()], &own, ["class Path: ...".to_owned()].into_iter())
        };
        let words = read(&[]);
        assert!(words.knows("spam_eggs") && words.knows("Path"));
        assert!(!read(&["pkg"]).knows("spam_eggs"));
        assert!(!words.knows("spam") && !words.knows("nothing_here"));
    }
}

//! The `rules` layer: what the system prompt demands, enforced.

use std::collections::BTreeMap;

use crate::text::{ContentHash, ProjectPath};

/// How much of a file the model has seen, at which content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadState {
    /// The content that was read: the disk's, or the pending text's.
    pub hash: ContentHash,
    pub whole: bool,
    /// Qualified names that were read alone.
    pub symbols: Vec<String>,
}

/// What the model has read in this session, by file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadLog {
    pub files: BTreeMap<ProjectPath, ReadState>,
}

impl ReadLog {
    pub fn read_whole(&mut self, path: ProjectPath, hash: ContentHash) {
        self.files.insert(path, ReadState { hash, whole: true, symbols: Vec::new() });
    }

    pub fn read_symbol(&mut self, path: ProjectPath, hash: ContentHash, symbol: &str) {
        let state = self.files.entry(path).or_insert_with(|| ReadState { hash, whole: false, symbols: Vec::new() });
        if state.hash != hash {
            *state = ReadState { hash, whole: false, symbols: Vec::new() };
        }
        state.symbols.push(symbol.to_owned());
    }

    /// Whether the file at this very content was read whole, or the symbol in it.
    pub fn covers(&self, path: &ProjectPath, hash: ContentHash, symbol: Option<&str>) -> bool {
        self.files.get(path).is_some_and(|state| {
            state.hash == hash
                && (state.whole || symbol.is_some_and(|symbol| state.symbols.iter().any(|read| read == symbol)))
        })
    }
}

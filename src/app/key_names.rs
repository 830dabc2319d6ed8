//! How the keys are called in what flux says: as the person has set them.

use super::{App, KEYS};

/// What to press for each row of the key table.
#[derive(Debug, Clone)]
pub struct KeyNames(Vec<String>);

impl KeyNames {
    /// `first` gives the first key of a row, where it has one; what has none is found in the palette.
    pub fn new(first: impl Fn(usize) -> Option<String>) -> Self {
        let name = |at: usize| first(at).unwrap_or_else(|| format!("'{}' in the palette", KEYS[at].name));
        Self((0..KEYS.len()).map(name).collect())
    }

    /// What to press for the row of that name.
    pub fn of(&self, row: &str) -> &str {
        let at = KEYS.iter().position(|known| known.name == row);
        at.map_or("", |at| &self.0[at])
    }
}

impl Default for KeyNames {
    /// Those of the table.
    fn default() -> Self {
        Self::new(|at| KEYS[at].keys.first().map(|key| (*key).to_owned()))
    }
}

impl App {
    /// What to press for a row of the key table, by its name.
    pub fn key(&self, row: &str) -> &str {
        self.keys.of(row)
    }
}

//! A change set of some files, to be written and taken back under bad conditions; made from its size alone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;

/// How many times each bad thing is tried; `FLUX_KILLS` asks for more.
pub fn tries(few: usize) -> usize {
    std::env::var("FLUX_KILLS").map_or(few, |count| count.parse().unwrap())
}

/// All files below `folder`.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let place = entry.unwrap().path();
        match place.is_dir() {
            true => found.extend(files(&place)),
            false => drop(found.insert(place.clone(), fs::read(&place).unwrap())),
        }
    }
    found
}

/// A project with `count` files that are to be changed, created or deleted.
pub struct Case {
    pub root: PathBuf,
    pub state: PathBuf,
    pub old: BTreeMap<PathBuf, Vec<u8>>,
    pub new: BTreeMap<PathBuf, Vec<u8>>,
    changes: Vec<(String, Option<String>)>,
}

impl Case {
    /// Makes the project below `folder`, and keeps its journal below `state`.
    pub fn new(folder: &Path, state: &Path, count: usize) -> Self {
        let case = Self::there(folder, state, count);
        for (place, bytes) in &case.old {
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, bytes).unwrap();
        }
        case
    }

    /// The same where it was made before.
    pub fn there(folder: &Path, state: &Path, count: usize) -> Self {
        let root = folder.to_owned();
        let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
        let mut changes = Vec::new();
        for nth in 0..count {
            let (path, was, becomes) = match nth % 5 {
                0 => (format!("made/f{nth}.py"), None, Some("made = 1\n".repeat(400))),
                1 => (format!("f{nth}.py"), Some("old"), None),
                2 => (format!("pkg/f{nth}.py"), Some("old"), Some(format!("new = {nth}\n").repeat(400))),
                _ => (format!("f{nth}.py"), Some("old"), Some(format!("new = {nth}\n").repeat(400))),
            };
            if let Some(was) = was {
                old.insert(root.join(&path), format!("{was} = {nth}\n").repeat(400).into_bytes());
            }
            if let Some(becomes) = &becomes {
                new.insert(root.join(&path), becomes.clone().into_bytes());
            }
            changes.push((path, becomes));
        }
        Self { root, state: state.to_owned(), old, new, changes }
    }

    pub fn writer(&self) -> Writer {
        Writer::with_state(&self.root, &self.state).unwrap()
    }

    pub fn write(&self) -> Result<Vec<ProjectPath>, WriteFailure> {
        let mut change_set = ChangeSet::default();
        for (path, new) in &self.changes {
            let old = self.old.get(&self.root.join(path)).map(|bytes| Arc::new(FileText::decode(bytes).unwrap()));
            change_set.put(ProjectPath::new(path).unwrap(), old, new.as_deref().map(Into::into));
        }
        self.writer().write(&change_set, "t")
    }

    pub fn there_now(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        files(&self.root)
    }

    /// Whether all of it is as it was, or all of it as it was to be; anything else is what must not be.
    pub fn is_new(&self, what: &str) -> bool {
        let there = self.there_now();
        assert!(there == self.old || there == self.new, "{what}: {:?}", there.keys());
        there == self.new
    }
}

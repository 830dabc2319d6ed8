//! Which files the engine looks at while nobody waits, and for how long.
//!
//! Knows nothing of judging. Invariant: first what somebody looks at or changed, then who imports that, then what the rest of
//! the project builds on.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::index::Snapshot;
use crate::text::ProjectPath;

/// How long the engine may be warmed up with what nobody has come near, and with what at most: one long file would take it
/// all.
const WARM_TIME: Duration = Duration::from_secs(5);
const WARM_LINES_MAX: u32 = 1500;
/// So many files that are likely to be edited are kept, and so many importers of each: a change of it is judged there too.
const LIKELY_MAX: usize = 32;
const IMPORTERS_MAX: usize = 48;

/// Files that are judged unchanged while nobody waits: the engine then knows the built-ins and what the project
/// imports, which is most of what a first judgement costs.
#[derive(Default)]
pub struct Warming {
    /// What is likely to be edited, then its importers.
    near: VecDeque<ProjectPath>,
    /// What was likely to be edited so far, the last one last.
    known: VecDeque<ProjectPath>,
    /// What the rest builds on; the next one last.
    far: Vec<ProjectPath>,
    until: Option<Instant>,
}

impl Warming {
    /// Begins with what the most other code builds on; ends when its time is used up.
    pub fn begin(&mut self, snapshot: &Snapshot) {
        let ranked = snapshot.by_importance();
        let fits = ranked
            .iter()
            .filter(|ranked| ranked.entry.skipped.is_none() && ranked.entry.structure.line_count <= WARM_LINES_MAX);
        self.far = fits.map(|ranked| ranked.path.clone()).collect();
        self.far.reverse();
        self.until = Some(Instant::now() + WARM_TIME);
    }

    /// Takes in what somebody looks at or changed, the last one last; who imports it comes after all of them.
    pub fn expect(&mut self, paths: &[ProjectPath], snapshot: &Snapshot) {
        let is_read = |path: &ProjectPath| snapshot.file(path).is_some_and(|entry| entry.skipped.is_none());
        let python = |path: &&ProjectPath| path.is_python() && is_read(path);
        for path in paths.iter().filter(python) {
            self.known.retain(|known| known != path);
            self.known.push_back(path.clone());
            let importers = snapshot.dependents(path).into_iter().take(IMPORTERS_MAX);
            self.near.extend(importers);
            self.near.push_front(path.clone());
        }
        while self.known.len() > LIKELY_MAX {
            self.known.pop_front();
        }
        self.near.truncate(LIKELY_MAX * IMPORTERS_MAX);
    }

    /// The engine knows nothing any more: what is likely to be edited comes again.
    pub fn begin_again(&mut self) {
        self.near = self.known.iter().rev().cloned().collect();
    }

    /// There is no memory for more, until somebody comes near another file.
    pub fn end(&mut self) {
        self.near.clear();
        self.far.clear();
    }

    pub fn goes_on(&self) -> bool {
        !self.near.is_empty() || !self.far.is_empty() && self.until.is_some_and(|until| Instant::now() < until)
    }

    /// The next one; without room for more, nothing but what is likely to be edited.
    pub fn next_path(&mut self, has_room: bool) -> Option<ProjectPath> {
        if !has_room {
            self.far.clear();
            self.near.retain(|path| self.known.contains(path));
        }
        self.near.pop_front().or_else(|| self.far.pop())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Store;

    fn path(path: &str) -> ProjectPath {
        ProjectPath::new(path).unwrap()
    }

    #[test]
    fn what_somebody_works_on_comes_first_then_who_imports_it_then_what_others_build_on() {
        let mut store = Store::new("/p".into());
        let texts = [("base.py", "x = 1\n"), ("mid.py", "import base\n"), ("top.py", "import mid\n"), ("apart.py", "")];
        let files = texts.map(|(name, text)| (path(name), Store::parse(&path(name), text.as_bytes())));
        let snapshot = store.apply(files.into(), &[]);
        let mut warming = Warming::default();
        warming.begin(&snapshot);
        warming.expect(&[path("apart.py"), path("mid.py"), path("gone.py"), path("notes.txt")], &snapshot);
        let order: Vec<ProjectPath> = std::iter::from_fn(|| warming.next_path(true)).collect();
        assert_eq!(order[..4], [path("mid.py"), path("apart.py"), path("top.py"), path("base.py")]);
        // After the engine has forgotten all, and where there is no room for more.
        warming.begin_again();
        warming.expect(&[path("base.py")], &snapshot);
        let order: Vec<ProjectPath> = std::iter::from_fn(|| warming.next_path(false)).collect();
        assert_eq!(order, [path("base.py"), path("mid.py"), path("apart.py"), path("mid.py")]);
        assert!(!warming.goes_on());
    }
}

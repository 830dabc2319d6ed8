//! Which files the engine looks at while nobody waits, and for how long.
//!
//! Knows nothing of judging.

use std::time::{Duration, Instant};

use crate::index::Snapshot;
use crate::text::ProjectPath;

/// How long the engine may be warmed up while nobody waits, and with what at most: one long file would take it all.
const WARM_TIME: Duration = Duration::from_secs(5);
const WARM_LINES_MAX: u32 = 1500;

/// Files that are judged unchanged while nobody waits: the engine then knows the built-ins and what the project
/// imports, which is most of what a first judgement costs. Begins once, with what the most other code is likely to
/// look like, and ends when its time is used up.
#[derive(Default)]
pub(super) struct Warming {
    /// The next one last.
    paths: Vec<ProjectPath>,
    until: Option<Instant>,
}

impl Warming {
    pub(super) fn begin(&mut self, snapshot: &Snapshot) {
        let mut files: Vec<(usize, &ProjectPath)> = snapshot
            .files()
            .filter(|(_, entry)| entry.skipped.is_none() && entry.structure.line_count <= WARM_LINES_MAX)
            .map(|(path, entry)| (entry.structure.imports.len(), path))
            .collect();
        files.sort_unstable();
        self.paths = files.into_iter().map(|(_, path)| path.clone()).collect();
        self.until = Some(Instant::now() + WARM_TIME);
    }

    pub(super) fn goes_on(&self) -> bool {
        !self.paths.is_empty() && self.until.is_some_and(|until| Instant::now() < until)
    }

    pub(super) fn next_path(&mut self) -> Option<ProjectPath> {
        self.paths.pop()
    }
}

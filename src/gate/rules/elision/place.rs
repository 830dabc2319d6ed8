//! Where code is gone: the old lines that stood where a new one stands now.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::gate::project::Sides;
use crate::text::{ChangeSet, FileText, Hunk, ProjectPath, hunks_of};

/// What became of the code of one file. The texts are compared when the first line is asked for.
pub(super) struct Changes<'p> {
    path: &'p ProjectPath,
    sides: &'p Sides,
    hunks: OnceCell<Vec<Hunk>>,
    all: OnceCell<(usize, usize)>,
}

impl<'p> Changes<'p> {
    pub(super) fn new(path: &'p ProjectPath, sides: &'p Sides) -> Self {
        Self { path, sides, hunks: OnceCell::new(), all: OnceCell::new() }
    }

    /// Lines of code that the file lost and won.
    pub(super) fn in_file(&self) -> (usize, usize) {
        *self.all.get_or_init(|| balance(self.sides.old_text.lines(), self.sides.new_text.lines()))
    }

    /// Lines of code that were lost and won where `line` (from 1) stands in the new text.
    pub(super) fn at(&self, line: u32) -> (usize, usize) {
        let hunks = self.hunks.get_or_init(|| self.own_hunks());
        let holds = |hunk: &&Hunk| hunk.extent().new.contains(&(line - 1));
        let Some(extent) = hunks.iter().find(holds).map(Hunk::extent) else { return (0, 0) };
        let part =
            |text: &'p str, range: std::ops::Range<u32>| text.lines().skip(range.start as usize).take(range.len());
        balance(part(&self.sides.old_text, extent.old), part(&self.sides.new_text, extent.new))
    }

    fn own_hunks(&self) -> Vec<Hunk> {
        let Sides { old_text, new_text, is_created, .. } = self.sides;
        let old = (!is_created).then(|| Arc::new(FileText::from_text(old_text)));
        let mut own = ChangeSet::default();
        own.put(self.path.clone(), old, Some(new_text.clone()));
        hunks_of(&own)
    }

    /// Whether the next line of code behind `line` (from 1) came with the change.
    pub(super) fn is_new_below(&self, line: u32) -> bool {
        let below = self.sides.new_text.lines().skip(line as usize).map(str::trim).find(|line| is_code(line));
        below.is_some_and(|below| !self.sides.old_text.lines().any(|old| old.trim() == below))
    }
}

/// How many lines of code `old` has that `new` lacks, and the other way round. Where a line stands does not matter,
/// nor how deep.
fn balance<'t>(old: impl Iterator<Item = &'t str>, new: impl Iterator<Item = &'t str>) -> (usize, usize) {
    let mut counts: HashMap<&str, i64> = HashMap::new();
    for line in old.map(str::trim).filter(|line| is_code(line)) {
        *counts.entry(line).or_default() += 1;
    }
    for line in new.map(str::trim).filter(|line| is_code(line)) {
        *counts.entry(line).or_default() -= 1;
    }
    let sum = |sign: i64| counts.values().map(|count| count * sign).filter(|count| *count > 0).sum::<i64>() as usize;
    (sum(1), sum(-1))
}

fn is_code(line: &str) -> bool {
    !line.is_empty() && !line.starts_with('#') && !matches!(line, "..." | "pass")
}

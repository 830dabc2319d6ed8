//! The names that a hunk touches: what its lines bind and mention, before and after.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use crate::index::{Binding, Brings, NameFlow};
use crate::text::{ChangeSet, Hunk, ProjectPath, Run};

/// The names of one side of a hunk.
#[derive(Debug, Default)]
struct Side {
    bound: HashSet<Box<str>>,
    mentioned: HashSet<Box<str>>,
    /// Any name may come from here.
    brings_any: bool,
    /// Classes and the like, which bring any name where they change.
    opens: HashSet<Box<str>>,
    /// The functions that the lines stand in, by their place in the file.
    functions: HashSet<(ProjectPath, u32)>,
}

/// What one hunk touches.
#[derive(Debug, Default)]
pub(super) struct Touched {
    old: Side,
    new: Side,
}

impl Touched {
    /// Whether, without this hunk, something that `other` wrote or took away may be wrong.
    pub(super) fn is_noticed_by(&self, other: &Self) -> bool {
        let meet = |bound: &HashSet<Box<str>>, names: &HashSet<Box<str>>| !bound.is_disjoint(names);
        // It gives what the other uses, or what the other no longer gives.
        meet(&self.new.bound, &other.new.mentioned)
            || meet(&self.new.bound, &other.old.bound)
            // Its old lines use what the other changes, or define what the other defines.
            || meet(&other.old.bound, &self.old.mentioned)
            || meet(&other.new.bound, &self.old.bound)
            || self.brings_any()
            || other.brings_any()
            || !self.old.functions.is_disjoint(&other.old.functions)
            || !self.new.functions.is_disjoint(&other.new.functions)
    }

    /// Whether names may come or go by this hunk that nobody spells.
    pub(super) fn brings_any(&self) -> bool {
        self.old.brings_any || self.new.brings_any || !self.old.opens.is_disjoint(&self.new.opens)
    }

    /// Whether the hunk binds `name`, before or after.
    pub(super) fn bound_once(&self, name: &str) -> bool {
        self.old.bound.contains(name) || self.new.bound.contains(name)
    }

    /// Whether the hunk takes away or changes what gave `name` its meaning.
    pub(super) fn gives_up(&self, name: &str) -> bool {
        self.old.bound.contains(name)
    }

    pub(super) fn mentioned_before(&self, name: &str) -> bool {
        self.old.mentioned.contains(name)
    }
}

/// What each hunk touches, in the order of the hunks.
pub(super) fn touched(change_set: &ChangeSet, hunks: &[Hunk]) -> Vec<Touched> {
    let mut flows: BTreeMap<&ProjectPath, [NameFlow; 2]> = BTreeMap::new();
    for (path, change) in change_set.iter().filter(|(path, _)| path.holds_code()) {
        flows.insert(path, [NameFlow::of(path, change.old_text()), NameFlow::of(path, change.new_text())]);
    }
    let of_hunk = |hunk: &Hunk| {
        let (Some([old, new]), Some(change)) = (flows.get(&hunk.path), change_set.get(&hunk.path)) else {
            return Touched::default();
        };
        let mut touched = Touched { old: side(old, hunk, |run| &run.old), new: side(new, hunk, |run| &run.new) };
        // A file that comes or goes is a module that does.
        let module = module_word(&hunk.path);
        if change.old.is_none() {
            touched.new.bound.insert(module.into());
        }
        if change.new.is_none() {
            touched.old.bound.insert(module.into());
        }
        touched
    };
    hunks.iter().map(of_hunk).collect()
}

fn side<'h>(flow: &NameFlow, hunk: &'h Hunk, lines_of: impl Fn(&'h Run) -> &'h Range<u32>) -> Side {
    let mut side = Side::default();
    let meets = |lines: &Range<u32>| hunk.runs.iter().any(|run| meet(lines_of(run), lines));
    for Binding { name, brings, .. } in flow.bindings.iter().filter(|binding| meets(&binding.lines)) {
        side.bound.insert(name.clone());
        side.brings_any |= *brings == Brings::Any;
        if *brings == Brings::AnyIfChanged {
            side.opens.insert(name.clone());
        }
    }
    let mentions = flow.mentions.iter().filter(|(line, _)| meets(&(*line..*line + 1)));
    side.mentioned = mentions.map(|(_, word)| word.clone()).collect();
    let functions = flow
        .functions
        .iter()
        .filter(|lines| meets(lines) || hunk.runs.iter().any(|run| lines.contains(&lines_of(run).start)));
    side.functions = functions.map(|lines| (hunk.path.clone(), lines.start)).collect();
    side
}

fn meet(a: &Range<u32>, b: &Range<u32>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The name by which a module is imported: of a package, its folder's.
fn module_word(path: &ProjectPath) -> &str {
    let stem = path.file_name().split('.').next().unwrap_or_default();
    if stem == "__init__" { path.folder().rsplit('/').next().unwrap_or_default() } else { stem }
}

/// The identifiers in a piece of code or of a message.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c != '_' && !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit()) && *word != "self")
}

//! Files that come back as less: public names that go, while nothing takes their place.
//!
//! Knows nothing of what was asked for. Invariant: shown, never blocking; what is still used is told where it is used.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{assigns_somewhere, names_bound};
use crate::gate::project::{Project, Sides};
use crate::gate::{Issue, Layer, Severity};
use crate::index::{FileStructure, Symbol, SymbolKind};
use crate::text::ProjectPath;

/// So many names more go than come before it is told: where they are a good part of the file, and where they are not.
const LOST_MIN: usize = 2;
const LOST_MANY: usize = 5;
/// One in so many is a good part.
const PART: usize = 3;
const SHOWN_MAX: usize = 4;

pub(in crate::gate) fn less(project: &Project<'_>) -> Vec<Issue> {
    let edited = project.changed.iter().filter(|(_, sides)| !sides.is_created && !sides.is_deleted);
    edited.filter_map(|(path, sides)| lost(project, path, sides)).collect()
}

fn lost(project: &Project<'_>, path: &ProjectPath, sides: &Sides) -> Option<Issue> {
    if !sides.old.faults.is_empty() || !sides.new.faults.is_empty() {
        return None;
    }
    let (old, new) = (public(&sides.old), public(&sides.new));
    let (bound, come) = (names_bound(sides), come_in(project));
    // Of a class that is gone the methods are gone with it: it counts once.
    let stays = |qualname: &str| qualname.rsplit_once('.').is_none_or(|(class, _)| !sides.new.find(class).is_empty());
    let is_gone = |qualname: &&str| {
        let name = qualname.rsplit('.').next().unwrap_or_default();
        !new.contains(qualname)
            && stays(qualname)
            && !come.contains(name)
            && (qualname.contains('.') || !bound.contains(name) && !assigns_somewhere(sides, name))
    };
    let gone: Vec<&str> = old.iter().copied().filter(is_gone).collect();
    let come_count = new.difference(&old).count();
    let lost_count = gone.len().saturating_sub(come_count);
    if lost_count < LOST_MIN || (lost_count * PART < old.len() && lost_count < LOST_MANY) {
        return None;
    }
    let shown: Vec<String> = gone.iter().take(SHOWN_MAX).map(|name| format!("'{name}'")).collect();
    let names = match (gone.len() - shown.len(), shown.split_last()) {
        (0, Some((last, rest))) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        (0, _) => shown.join(", "),
        (1, _) => format!("{} and 1 more name", shown.join(", ")),
        (more, _) => format!("{} and {more} more names", shown.join(", ")),
    };
    Some(Issue {
        layer: Layer::Structure,
        code: "lost-definitions",
        severity: Severity::Warn,
        path: path.clone(),
        line: 1,
        span: None,
        message: format!("{names} are gone from '{path}', and nothing takes their place. Keep what was not to go."),
        fix: None,
    })
}

/// What others may use of a file: its own names, and the methods of its classes.
fn public(structure: &FileStructure) -> BTreeSet<&str> {
    let is_public = |symbol: &&Symbol| {
        let of_class = |parent| structure.symbol(parent).kind == SymbolKind::Class;
        let is_deep = symbol.qualname.matches('.').count() > 1;
        !is_deep
            && symbol.parent.is_none_or(of_class)
            && (symbol.parent.is_none() || symbol.kind == SymbolKind::Method)
            && !symbol.qualname.split('.').any(|part| part.starts_with('_'))
    };
    structure.symbols.iter().filter(is_public).map(|symbol| &*symbol.qualname).collect()
}

/// The names of which a file gets more definitions than it had: one that is gone elsewhere may have moved there.
fn come_in<'p>(project: &'p Project<'_>) -> HashSet<&'p str> {
    let counts = |structure: &'p FileStructure| {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        structure.symbols.iter().for_each(|symbol| *counts.entry(&symbol.name).or_default() += 1);
        counts
    };
    let remaining = project.changed.values().filter(|sides| !sides.is_deleted);
    let come = remaining.flat_map(|sides| {
        let old = counts(&sides.old);
        let is_more = move |(name, count): &(&str, usize)| old.get(name).is_none_or(|old| count > old);
        counts(&sides.new).into_iter().filter(is_more).map(|(name, _)| name)
    });
    come.collect()
}

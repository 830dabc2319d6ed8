//! Which files outside a change have to be looked at again because of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::project::{Project, Sides};
use crate::index::{FileStructure, SymbolKind};
use crate::text::ProjectPath;

/// So many files are looked at for one change; beyond, those that import it come first.
const FILES_MAX: usize = 240;

/// The names whose definition changed or vanished.
pub(super) fn changed_names(project: &Project<'_>) -> BTreeSet<Box<str>> {
    let mut names = BTreeSet::new();
    for (path, sides) in &project.changed {
        if sides.is_created || !sides.new.faults.is_empty() {
            continue;
        }
        changed_in(sides, &mut names);
        if sides.is_deleted {
            names.extend(module_words(path));
        }
    }
    // A class is called through the names of its subclasses as well.
    let classes: Vec<Box<str>> = names.iter().filter(|name| name.chars().any(char::is_uppercase)).cloned().collect();
    for class in classes {
        names.extend(project.subclass_names(&class));
    }
    names
}

/// The name by which a module is imported: of a package, its folder's.
fn module_words(path: &ProjectPath) -> Option<Box<str>> {
    let stem = path.file_name().rsplit_once('.').map(|(stem, _)| stem)?;
    Some(if stem == "__init__" { path.folder().rsplit('/').next()?.into() } else { stem.into() })
}

fn changed_in(sides: &Sides, names: &mut BTreeSet<Box<str>>) {
    let old = definitions(&sides.old, &sides.old_text);
    let new = definitions(&sides.new, &sides.new_text);
    for (qualname, shape) in &old {
        if new.get(qualname) == Some(shape) {
            continue;
        }
        let (scope, name) = qualname.rsplit_once('.').unwrap_or(("", qualname));
        names.insert(name.into());
        // Fields and constructors are what a call of the class is judged by.
        let class = scope.rsplit('.').next().unwrap_or_default();
        if !class.is_empty() && (shape.is_variable || name.starts_with("__")) {
            names.insert(class.into());
        }
    }
    for (qualname, shape) in &new {
        if let Some((scope, name)) = qualname.rsplit_once('.')
            && !old.contains_key(qualname)
            && (shape.is_variable || name.starts_with("__"))
        {
            names.insert(scope.rsplit('.').next().unwrap_or_default().into());
        }
    }
    let kept = self_attributes(&sides.new_text);
    names.extend(self_attributes(&sides.old_text).into_iter().filter(|name| !kept.contains(name)).map(Into::into));
    let bound = imported(&sides.new);
    for name in imported(&sides.old) {
        if !bound.contains(name) && !new.contains_key(name) {
            names.insert(name.into());
        }
    }
    names.remove("");
}

#[derive(PartialEq)]
struct Shape {
    is_variable: bool,
    /// One for each definition of the name; the same one twice is no change to its users.
    texts: BTreeSet<String>,
}

/// What outsiders can see of each name: signature, decorators, or a variable's text.
fn definitions(structure: &FileStructure, text: &str) -> BTreeMap<String, Shape> {
    let mut found: BTreeMap<String, Shape> = BTreeMap::new();
    for symbol in &structure.symbols {
        if symbol.qualname.contains("<locals>") {
            continue;
        }
        let is_variable = symbol.kind == SymbolKind::Variable;
        let shown = if is_variable {
            text.get(symbol.span.range()).unwrap_or_default().to_owned()
        } else {
            format!("{:?} {} {} {:?}", symbol.kind, symbol.is_async, symbol.signature, symbol.decorators)
        };
        let shape =
            found.entry(symbol.qualname.to_string()).or_insert_with(|| Shape { is_variable, texts: BTreeSet::new() });
        shape.texts.insert(shown);
    }
    found
}

/// The names that a module's own imports bind in it: others may import them from there.
fn imported(structure: &FileStructure) -> BTreeSet<&str> {
    structure
        .imports
        .iter()
        .filter(|import| import.is_top_level)
        .flat_map(|import| &import.names)
        .map(|name| name.bound())
        .collect()
}

fn self_attributes(text: &str) -> BTreeSet<&str> {
    static ASSIGNED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b(?:self|cls)\.(\w+)\s*(?::[^=\n]+)?=[^=]").expect("a valid pattern"));
    ASSIGNED.captures_iter(text).filter_map(|found| found.get(1)).map(|name| name.as_str()).collect()
}

/// The unchanged files that mention one of `names`.
pub(super) fn dependents(project: &Project<'_>, names: &BTreeSet<Box<str>>) -> BTreeSet<ProjectPath> {
    let mentioned: BTreeSet<ProjectPath> = names
        .iter()
        .flat_map(|name| project.view.snapshot.files_with_word(name))
        .filter(|path| !project.changed.contains_key(*path))
        .cloned()
        .collect();
    if mentioned.len() <= FILES_MAX {
        return mentioned;
    }
    let near: BTreeSet<ProjectPath> = importers(project);
    let (mut first, rest): (Vec<_>, Vec<_>) = mentioned.into_iter().partition(|path| near.contains(path));
    first.extend(rest);
    first.truncate(FILES_MAX);
    first.into_iter().collect()
}

/// The files that import a changed one, directly or over others.
fn importers(project: &Project<'_>) -> BTreeSet<ProjectPath> {
    let mut found: BTreeSet<ProjectPath> = BTreeSet::new();
    let mut wanted: Vec<ProjectPath> = project.changed.keys().cloned().collect();
    while let Some(path) = wanted.pop() {
        for importer in project.view.snapshot.dependents(&path) {
            if found.insert(importer.clone()) {
                wanted.push(importer);
            }
        }
    }
    found
}

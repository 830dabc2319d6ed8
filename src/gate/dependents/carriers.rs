//! The modules in which a name may mean what a changed file defines.
//!
//! Invariant: a file that can have the name from a carrier is found, as far as the wording of its imports and reads tells.

use std::collections::BTreeSet;

use super::given::other_module_names;
use super::module_words;
use crate::gate::project::{Project, before_dot, word_places};
use crate::index::{Import, ImportedName};
use crate::text::ProjectPath;

/// The modules, by all of their names, in which a name may mean what a changed file defines: those files, and all that
/// take it from there and hand it on.
#[derive(Clone)]
pub(super) struct Carriers<'a> {
    project: &'a Project<'a>,
    modules: BTreeSet<Box<str>>,
    /// Whether one of them is held under another name: then what is called or taken out of something may be one.
    are_held: bool,
    /// Whether a file imports a changed one, directly or over others.
    reaches: &'a dyn Fn(&ProjectPath) -> bool,
}

impl<'a> Carriers<'a> {
    /// Those of what stands in the changed files.
    pub(super) fn of_changed(project: &'a Project<'a>, reaches: &'a dyn Fn(&ProjectPath) -> bool) -> Self {
        let mut carriers = Self { project, modules: BTreeSet::new(), are_held: false, reaches };
        carriers.take_in(project.changed.keys().cloned().collect());
        carriers
    }

    /// Takes in modules, those that take all names from them, and the names under which they are held.
    fn take_in(&mut self, files: Vec<ProjectPath>) {
        let snapshot = self.project.view.snapshot;
        let mut importers = BTreeSet::new();
        let (mut wanted, mut words) = (files, BTreeSet::new());
        while let Some(path) = wanted.pop().filter(|_| !self.project.is_cancelled()) {
            words.extend(module_words(&path));
            for importer in snapshot.dependents(&path) {
                // What takes in all names of another module need not mention any.
                let hands_all_on = || {
                    let structure = self.project.structure(&importer);
                    structure.is_none_or(|structure| structure.imports.iter().any(takes_all))
                };
                if !importers.contains(&importer) {
                    if hands_all_on() {
                        wanted.push(importer.clone());
                    }
                    importers.insert(importer);
                }
            }
        }
        let importers: Vec<ProjectPath> = importers.into_iter().collect();
        let others = other_module_names(self.project, &words, &importers);
        self.are_held |= others.iter().any(|name| !words.contains(name));
        self.modules.extend(words);
        self.modules.extend(others);
    }

    /// These, and those that hand `name` on.
    pub(super) fn handing_on(&self, name: &str) -> Self {
        let mut carriers = self.clone();
        let mut left = self.project.view.snapshot.files_with_word(name);
        loop {
            let mut found = Vec::new();
            left.retain(|path| {
                let carries = !self.project.is_cancelled() && carriers.hand_to(path, name);
                if carries {
                    found.push((*path).clone());
                }
                !carries
            });
            if found.is_empty() {
                return carriers;
            }
            carriers.take_in(found);
        }
    }

    /// Whether a file imports `name` from a carrier, or from where it cannot be told, or reads it from one.
    pub(super) fn hand_to(&self, path: &ProjectPath, name: &str) -> bool {
        let project = self.project;
        let structure = project.structure(path);
        let may_carry = |module: &str| {
            let own = module.rsplit('.').next().unwrap_or_default();
            own.is_empty() || self.modules.contains(own)
        };
        let is_carrier = |owner: &str| {
            let is_other_name =
                |imported: &ImportedName| imported.alias.as_deref() == Some(owner) && may_carry(&imported.name);
            self.modules.contains(owner)
                || owner.is_empty() && self.are_held
                || structure.as_ref().is_none_or(|structure| {
                    structure.imports.iter().flat_map(|import| &import.names).any(is_other_name)
                })
        };
        imports(project, path, name, may_carry)
            || self.are_in_reach_of(path) && is_member(project, path, name, is_carrier)
    }

    /// Whether a file can have a carrier to read from: by what its imports lead to, or as far as their wording tells.
    fn are_in_reach_of(&self, path: &ProjectPath) -> bool {
        let is_carrier = |dotted: &str| dotted.split('.').any(|part| self.modules.contains(part));
        let speaks_of_one = |import: &Import| {
            import.module.as_deref().is_some_and(is_carrier)
                || import.names.iter().any(|imported| is_carrier(&imported.name))
                || takes_all(import)
        };
        (self.reaches)(path)
            || self.project.structure(path).is_none_or(|structure| structure.imports.iter().any(speaks_of_one))
    }
}

/// Whether a file imports `name` from a module that may carry it.
pub(super) fn imports(project: &Project<'_>, path: &ProjectPath, name: &str, may_carry: impl Fn(&str) -> bool) -> bool {
    let Some(structure) = project.structure(path) else { return true };
    structure.imports.iter().any(|import| match &import.module {
        Some(module) => {
            takes_all(import) || import.names.iter().any(|imported| *imported.name == *name) && may_carry(module)
        }
        None => import.names.iter().any(|imported| imported.name.split('.').any(|part| part == name)),
    })
}

fn takes_all(import: &Import) -> bool {
    import.names.iter().any(|imported| &*imported.name == "*")
}

/// Whether `name` is read from something in a file whose own name, the last before the dot, is one of an owner's.
pub(super) fn is_member(
    project: &Project<'_>,
    path: &ProjectPath,
    name: &str,
    is_owner: impl Fn(&str) -> bool,
) -> bool {
    let (Some(text), Some(structure)) = (project.text(path), project.structure(path)) else { return true };
    let is_imported = |at: usize| structure.imports.iter().any(|import| import.span.range().contains(&at));
    word_places(&text, name).any(|at| {
        let Some(before) = before_dot(&text, at) else { return false };
        let owner = before.rsplit(|c: char| c != '_' && !c.is_alphanumeric()).next().unwrap_or_default();
        is_owner(owner) && !is_imported(at)
    })
}

//! Submodules that a star import hands on.
//!
//! A package that imports a submodule of its own has it as an attribute. Where it says by no `__all__` what it offers, a
//! star import takes that attribute along, into a module in which nothing speaks of it.

use std::collections::BTreeSet;

use super::Doubt;
use crate::gate::project::has_word;
use crate::index::{FileStructure, Import};
use crate::text::ProjectPath;

impl Doubt<'_, '_> {
    /// Whether a star import brings `name` into the module of the project at `path`: a submodule of the package that it
    /// takes all from, or of one that this takes all from.
    pub(super) fn is_submodule_handed_on(&self, path: &ProjectPath, name: &str) -> bool {
        let mut seen = BTreeSet::from([path.clone()]);
        let mut wanted = vec![path.clone()];
        while let Some(path) = wanted.pop() {
            for package in self.taken_whole(&path) {
                if self.has_submodule(&package, name) {
                    return true;
                }
                if seen.insert(package.clone()) {
                    wanted.push(package);
                }
            }
        }
        false
    }

    /// The packages of which a file takes all names, as far as they do not say which these are.
    fn taken_whole(&self, path: &ProjectPath) -> Vec<ProjectPath> {
        let Some(structure) = self.project.structure(path) else { return Vec::new() };
        let is_whole = |import: &&Import| import.names.iter().any(|name| &*name.name == "*");
        let imports = structure.imports.iter().filter(is_whole).cloned().collect();
        let mut found =
            self.project.view.snapshot.dependencies_of(path, &FileStructure { imports, ..FileStructure::default() });
        let tells = |path: &ProjectPath| self.project.text(path).is_none_or(|text| has_word(&text, "__all__"));
        found.retain(|path| path.file_name() == "__init__.py" && !tells(path));
        found
    }

    /// Whether a package has a submodule of that name and imports it, or something from it.
    fn has_submodule(&self, package: &ProjectPath, name: &str) -> bool {
        let places = ["{name}.py", "{name}/__init__.py"].map(|place| place.replace("{name}", name));
        let folder = package.folder();
        let is_there = places.iter().any(|place| {
            let path = ProjectPath::new(format!("{folder}/{place}").trim_start_matches('/'));
            path.is_ok_and(|path| self.project.structure(&path).is_some())
        });
        let imports = |import: &Import| {
            let module = import.module.as_deref().unwrap_or_default();
            let last = |module: &str| module.rsplit('.').next() == Some(name);
            last(module) || import.names.iter().any(|imported| last(&imported.name))
        };
        is_there && self.project.structure(package).is_some_and(|structure| structure.imports.iter().any(imports))
    }
}

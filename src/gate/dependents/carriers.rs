//! The modules in which a name may mean what a changed file defines.
//!
//! Invariant: a file that can have the name from a carrier is found, as far as the wording of its imports and reads tells.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::given::OtherNames;
use super::module_words;
use super::reaching::Reaching;
use crate::gate::project::{Project, before_dot, word_places};
use crate::index::{Import, ImportedName, SymbolKind};
use crate::text::ProjectPath;

/// What methods call their own object and its class.
const OWN_OBJECTS: [&str; 2] = ["self", "cls"];

/// The modules, by all of their names, in which a name may mean what a changed file defines: those files, and all that
/// take it from there and hand it on.
#[derive(Clone)]
pub(super) struct Carriers<'a> {
    project: &'a Project<'a>,
    modules: BTreeSet<Box<str>>,
    /// Who imports one of them.
    importers: BTreeSet<ProjectPath>,
    /// The names under which they are held besides; found when a read is explained by nothing else.
    held_as: OnceCell<OtherNames>,
    /// Who can have one under a name, as far as that was asked.
    holding: RefCell<FxHashMap<Box<str>, FxHashSet<ProjectPath>>>,
    reaching: &'a Reaching<'a>,
}

impl<'a> Carriers<'a> {
    /// Those of what stands in the changed files.
    pub(super) fn of_changed(project: &'a Project<'a>, reaching: &'a Reaching<'a>) -> Self {
        let (modules, importers) = (BTreeSet::new(), BTreeSet::new());
        let (held_as, holding) = (OnceCell::new(), RefCell::default());
        let mut carriers = Self { project, modules, importers, held_as, holding, reaching };
        carriers.take_in(project.changed.keys().cloned().collect());
        carriers
    }

    /// Takes in modules, and those that take all names from them.
    fn take_in(&mut self, files: Vec<ProjectPath>) {
        let snapshot = self.project.view.snapshot;
        let mut wanted = files;
        (self.held_as, self.holding) = (OnceCell::new(), RefCell::default());
        while let Some(path) = wanted.pop() {
            self.modules.extend(module_words(&path));
            for importer in snapshot.dependents(&path) {
                // What takes in all names of another module need not mention any.
                let hands_all_on = || {
                    let structure = self.project.structure(&importer);
                    structure.is_none_or(|structure| structure.imports.iter().any(takes_all))
                };
                if !self.importers.contains(&importer) {
                    if hands_all_on() {
                        wanted.push(importer.clone());
                    }
                    self.importers.insert(importer);
                }
            }
        }
    }

    /// Whether a module may be held under this name in a file; what is called or taken out of something has none.
    fn is_held_as(&self, path: &ProjectPath, name: &str) -> bool {
        if OWN_OBJECTS.contains(&name) {
            return false;
        }
        let find = || OtherNames::of_modules(self.project, &self.modules, &self.importers, self.reaching);
        let held_as = self.held_as.get_or_init(find);
        let is_asked = |known: &str| if name.is_empty() { !self.modules.contains(known) } else { known == name };
        let mut holding = self.holding.borrow_mut();
        let files = holding.entry(name.into()).or_insert_with(|| held_as.having(is_asked, self.reaching));
        files.contains(path)
    }

    /// These, and those that hand `name` on.
    pub(super) fn handing_on(&self, name: &str) -> Self {
        let (project, mut carriers) = (self.project, self.clone());
        let mut left = self.project.view.snapshot.files_with_word(name);
        loop {
            let mut found = Vec::new();
            left.retain(|path| {
                let carries = hands_on(project, path, name) && carriers.hand_to(path, name);
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
                || structure.as_ref().is_none_or(|structure| {
                    structure.imports.iter().flat_map(|import| &import.names).any(is_other_name)
                })
                || self.is_held_as(path, owner)
        };
        imports(project, path, name, may_carry)
            || self.are_in_reach_of(path) && is_member(project, path, name, is_carrier)
    }

    /// Whether a file can have a carrier to read from: by what its imports lead to, or, where they lead to no file of the
    /// project, as far as their wording tells.
    fn are_in_reach_of(&self, path: &ProjectPath) -> bool {
        let snapshot = self.project.view.snapshot;
        let is_carrier = |dotted: &str| dotted.split('.').any(|part| self.modules.contains(part));
        let speaks_of_one = |import: &Import| {
            let module = import.module.as_deref().unwrap_or_default();
            let inner = |name: &str| if module.is_empty() { name.to_owned() } else { format!("{module}.{name}") };
            let is_lost = |dotted: &str| !snapshot.finds_module(path, import.level, dotted);
            (is_carrier(module) || takes_all(import)) && is_lost(module)
                || import.names.iter().any(|name| is_carrier(&name.name) && is_lost(&inner(&name.name)))
        };
        self.reaching.reaches_change(path)
            || self.project.structure(path).is_none_or(|structure| structure.imports.iter().any(speaks_of_one))
    }
}

/// Whether others can have `name` from a file that has it from elsewhere: not where it is the file's own function or class,
/// and not where it only stands behind a dot.
fn hands_on(project: &Project<'_>, path: &ProjectPath, name: &str) -> bool {
    let Some(structure) = project.structure(path) else { return true };
    let is_imported = || {
        structure.imports.iter().any(|import| takes_all(import) || import.names.iter().any(|one| one.bound() == name))
    };
    let mut at_top = structure.children(None).map(|(_, symbol)| symbol);
    is_imported()
        || at_top.any(|symbol| match symbol.kind {
            SymbolKind::Variable => *symbol.name == *name,
            // It may give whatever somebody asks the module for.
            _ => &*symbol.name == "__getattr__",
        })
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

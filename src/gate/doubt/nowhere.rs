//! Names that nobody knows: nothing in the project or its environment has them, not even in a string. However dynamic the
//! code is, a name has to stand somewhere for something to be made under it.
//!
//! Invariant: where names are put together at run time, come in with data, or where a package is not installed, nothing is
//! said to be nowhere.

use std::collections::BTreeSet;

use ruff_python_ast::ExprAttribute;

use super::assignment::assigns;
use super::family::{OF_MACHINERY, hides_nothing};
use super::openness::{Openness, Receiver, set_by_name};
use super::{Doubt, Origin, quoted};
use crate::gate::engine::Lens;
use crate::gate::project::{Project, Sides, before_dot, has_word, word_places};
use crate::text::ProjectPath;

impl Doubt<'_, '_> {
    /// Whether the member at `node` of a module or class of the project can come from nowhere.
    pub(in crate::gate) fn is_invented_member(&self, node: &ExprAttribute) -> bool {
        if self.is_silenced_wholly() || self.is_silenced("attr-defined") {
            return false;
        }
        let shown = quoted(&self.found.message).unwrap_or_default();
        if self.found.message.starts_with("Module ") || shown.starts_with("<module '") {
            let name = shown.trim_start_matches("<module '").trim_end_matches(['\'', '>']);
            return self.is_invented_in_module(name, &node.attr);
        }
        let Some(class) = self.class_name(node) else { return false };
        // A mixin may be completed by classes that stand in other projects, but for a private one.
        let is_own = shown.starts_with("Self@") || shown.starts_with("type[Self@");
        let is_mixin = class.to_ascii_lowercase().contains("mixin") && !class.starts_with('_');
        if !self.project.has_class(&class) || is_own && is_mixin || !self.is_nowhere(&node.attr) {
            return false;
        }
        let mut family = self.project.subclass_names(&class);
        family.insert(class.into());
        let family = self.project.with_bases(&family);
        let near: BTreeSet<ProjectPath> =
            family.iter().flat_map(|name| self.project.classes(name)).map(|(path, _, _)| path).collect();
        near.iter().all(|path| has_all_imports(self.lens, self.project, path))
            && !near.iter().chain([self.path]).any(|path| self.may_make(path, &node.attr))
    }

    /// Whether a module of the project can have no such member.
    pub(super) fn is_invented_in_module(&self, module: &str, name: &str) -> bool {
        let file = self.lens.model.resolve_module(Some(module), 0).and_then(|module| module.file(self.lens.model.db()));
        match file.map(|file| self.text_of(file).1) {
            // What takes names in with data does so for objects, not for its module.
            Some(Origin::Project(path)) => self.is_nowhere(name) && !self.puts_names_together(&path),
            _ => false,
        }
    }

    /// `self._total()`: what is private and called is the family's own, unless others may complete the class, or compiled
    /// code that nobody reads stands above it.
    pub(super) fn is_private_of_family(&self) -> bool {
        let (Some(node), Some(class)) = (self.guards.attribute(), self.guards.class()) else { return false };
        let is_own = node.value.as_name_expr().is_some_and(|name| matches!(name.id.as_str(), "self" | "cls"));
        let is_private = node.attr.starts_with('_') && self.guards.is_called();
        let is_mixin = class.name.to_ascii_lowercase().contains("mixin") && !class.name.starts_with('_');
        let is_read = |base: &str| {
            let is_known = self.project.has_class(base) || hides_nothing(base) || base == "object";
            is_known || !self.is_from_stub(base) || self.is_of_library(base)
        };
        let family = || self.project.with_bases(&BTreeSet::from([class.name.as_str().into()]));
        is_own && is_private && !is_mixin && family().iter().all(|base| is_read(base))
    }

    /// Whether the change alone speaks of `name`, and only to read it.
    fn is_nowhere(&self, name: &str) -> bool {
        let is_magic = name.starts_with("__") && name.ends_with("__");
        // `_Cart__total` is written `__total` where it is made.
        let made = name.find("__").filter(|at| *at > 0 && name.starts_with('_')).and_then(|at| name.get(at..));
        !is_magic
            && !OF_MACHINERY.contains(&name)
            && stands_nowhere(self.lens, self.project, name)
            && made.is_none_or(|made| stands_nowhere(self.lens, self.project, made))
    }

    fn puts_names_together(&self, path: &ProjectPath) -> bool {
        self.project.text(path).is_none_or(|text| set_by_name(&text, Receiver::Anything) == Openness::Anything)
    }

    /// Whether a file puts names together or takes them in with data.
    fn may_make(&self, path: &ProjectPath, name: &str) -> bool {
        let Some(text) = self.project.text(path) else { return true };
        match set_by_name(&text, Receiver::Anything) {
            Openness::Closed => false,
            Openness::Data => !self.guards.is_called() || self.is_named_elsewhere(name),
            Openness::Anything => true,
        }
    }
}

/// Whether all packages that a file imports, wherever it does, are there.
pub(in crate::gate) fn has_all_imports(lens: &Lens<'_>, project: &Project<'_>, path: &ProjectPath) -> bool {
    let Some(structure) = project.structure(path) else { return false };
    structure.imports.iter().filter(|import| import.level == 0).all(|import| match &import.module {
        Some(module) => is_there(lens, module),
        None => import.names.iter().all(|name| is_there(lens, &name.name)),
    })
}

fn is_there(lens: &Lens<'_>, module: &str) -> bool {
    lens.model.resolve_module(Some(module.split('.').next().unwrap_or_default()), 0).is_some()
}

/// Whether `name` stands in the project only where the change reads it after a dot or imports it, and nowhere in the
/// environment.
pub(in crate::gate) fn stands_nowhere(lens: &Lens<'_>, project: &Project<'_>, name: &str) -> bool {
    let is_only_read = project.files_with_word(name).iter().all(|path| {
        project.changed.get(path).is_some_and(|sides| !has_word(&sides.old_text, name) && is_read(sides, name))
    });
    let engine = lens.engine;
    let is_known = || engine.environment_knows(name) || (name.starts_with('_') && engine.library_knows(name));
    is_only_read && !is_known() && !is_spelled_otherwise(project, name)
}

/// Whether every `name` in a new text follows a dot and is not set, or stands in an import.
fn is_read(sides: &Sides, name: &str) -> bool {
    let text = &sides.new_text;
    word_places(text, name).all(|at| {
        let imported = sides.new.imports.iter().any(|import| import.span.range().contains(&at));
        imported || before_dot(text, at).is_some() && !assigns(&text[at + name.len()..])
    })
}

/// Whether the name stands somewhere as options are spelled: `dry-run` for `dry_run`.
fn is_spelled_otherwise(project: &Project<'_>, name: &str) -> bool {
    let name = name.trim_matches('_');
    let Some(longest) = name.split('_').max_by_key(|part| part.len()).filter(|part| part.len() < name.len()) else {
        return false;
    };
    let spelled = name.replace('_', "-");
    // The first and the last part may stand there in another word; those between them stand there as they are.
    let between = || name.split('_').skip(1).filter(|part| !part.is_empty() && !name.ends_with(*part));
    let files = project.files_with_word(longest).into_iter();
    let mut likely = files.filter(|path| between().all(|part| project.mentions(path, part)));
    likely.any(|path| project.text(&path).is_none_or(|text| text.contains(&spelled)))
}

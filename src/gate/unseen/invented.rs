//! Members that nobody knows, read from values of unknown type: the name stands nowhere in the project and its environment.

use std::collections::BTreeSet;

use ruff_python_ast::ExprAttribute;
use ruff_text_size::Ranged;
use ty_python_semantic::HasType;
use ty_python_semantic::types::Type;

use super::calls::Fresh;
use crate::gate::doubt::{Doubt, Guards, has_all_imports, stands_nowhere};
use crate::gate::engine::Lens;
use crate::gate::found::{Found, INVENTED, UNSEEN};
use crate::gate::project::{Project, Sides, has_word};
use crate::text::ProjectPath;

/// The members that the change newly reads and that are nobody's.
pub(super) fn members(
    lens: &Lens<'_>,
    project: &Project<'_>,
    path: &ProjectPath,
    sides: &Sides,
    fresh: &Fresh<'_>,
) -> Vec<Found> {
    // Without an environment, everything may be known there.
    if !lens.engine.has_packages() {
        return Vec::new();
    }
    let mut told = Vec::new();
    for node in new_names(sides, fresh) {
        let is_unknown = lens.is_unknown(&*node.value) || (lens.is_unknown(node) && is_half_known(lens, project, node));
        let (start, end) = (node.range().start().into(), node.range().end().into());
        let guards = Guards::at(&lens.tree, start, end);
        let copes = guards.catches(&["AttributeError"]) || guards.imports_optionally();
        if is_unknown && !copes && has_all_imports(lens, project, path) && stands_nowhere(lens, project, &node.attr) {
            let message = format!("Nothing in the project or its environment has a member `{}`.", node.attr);
            told.push(Found { rule: INVENTED, start, end, message });
        }
    }
    told
}

/// The members that are newly read under names which the old text does not have.
fn new_names<'a>(sides: &Sides, fresh: &Fresh<'a>) -> impl Iterator<Item = &'a ExprAttribute> {
    let reads = fresh.reads.iter().filter_map(|expression| expression.as_attribute_expr());
    reads.filter(|node| !has_word(&sides.old_text, &node.attr))
}

/// New reads of members that a class takes for type checkers alone, by a `__getattr__` that is not there when the code
/// runs, and that are nobody's.
pub(super) fn pretended(
    lens: &Lens<'_>,
    project: &Project<'_>,
    path: &ProjectPath,
    sides: &Sides,
    fresh: &Fresh<'_>,
) -> Vec<Found> {
    let mut told = Vec::new();
    for node in new_names(sides, fresh) {
        if !matches!(node.value.as_ref().inferred_type(&lens.model), Some(Type::NominalInstance(_))) {
            continue;
        }
        let mut found =
            Found { rule: UNSEEN, start: node.start().into(), end: node.end().into(), message: String::new() };
        let Some(class) = Doubt::new(lens, project, path, &found).pretending_class(&node.value) else { continue };
        found.message = format!("Object of type `{class}` has no attribute `{}`", node.attr);
        let doubt = Doubt::new(lens, project, path, &found);
        if !doubt.guards.catches(&["AttributeError"]) && doubt.is_invented_member(node) {
            told.push(found);
        }
    }
    told
}

/// Whether a member of `self` is read that a base from outside may bring, but nothing that takes any name.
fn is_half_known(lens: &Lens<'_>, project: &Project<'_>, node: &ExprAttribute) -> bool {
    let is_own = node.value.as_name_expr().is_some_and(|name| matches!(name.id.as_str(), "self" | "cls"));
    let Some(class) = Guards::at(&lens.tree, node.start().into(), node.end().into()).class().filter(|_| is_own) else {
        return false;
    };
    let family = project.with_bases(&BTreeSet::from([class.name.as_str().into()]));
    !family.iter().flat_map(|name| project.classes(name)).any(|(path, _, class)| {
        project.text(&path).is_none_or(|text| {
            let body = text.get(class.span.range()).unwrap_or_default();
            body.contains("__getattr__") || body.contains("__getattribute__")
        })
    })
}

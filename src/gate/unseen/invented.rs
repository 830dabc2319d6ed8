//! Members that nobody knows, read from values of unknown type: the name stands nowhere in the project and its environment.

use std::collections::BTreeSet;

use ruff_python_ast::{AnyNodeRef, Expr, ExprAttribute, Stmt};
use ruff_text_size::Ranged;
use ty_python_semantic::HasType;
use ty_python_semantic::types::Type;

use super::bindings::imported;
use super::calls::Fresh;
use super::{INVENTED, UNSEEN};
use crate::gate::doubt::{Doubt, Guards, has_all_imports, stands_nowhere};
use crate::gate::engine::{Found, Lens};
use crate::gate::project::{Project, Sides, has_word};
use crate::gate::tree::{Target, values_bound};
use crate::text::ProjectPath;

/// So many values are followed back to where they come from.
const STEPS_MAX: usize = 8;

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
        let is_unknown =
            is_unknown(lens, &*node.value) || (is_unknown(lens, node) && is_half_known(lens, project, node));
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

fn is_unknown<'db>(lens: &Lens<'db>, value: &impl HasType) -> bool {
    matches!(value.inferred_type(&lens.model), None | Some(Type::Dynamic(_)))
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

/// Whether nothing dynamic could make the member: the value comes from the project's own code, and that makes no members
/// up.
pub(in crate::gate) fn is_certain(lens: &Lens<'_>, project: &Project<'_>, guards: &Guards<'_>) -> bool {
    let text = lens.source.as_str();
    let makes_members = |word: &str| project.view.snapshot.has_word(word) || has_word(text, word);
    if ["__getattr__", "__getattribute__"].into_iter().any(makes_members) || text.to_lowercase().contains("mock") {
        return false;
    }
    let Some(node) = guards.attribute().filter(|node| is_unknown(lens, &*node.value)) else { return false };
    let mut origin = Origin { guards, seen: BTreeSet::new() };
    origin.is_own(&node.value)
}

/// Where a value comes from.
struct Origin<'a, 'g> {
    guards: &'g Guards<'a>,
    seen: BTreeSet<&'a str>,
}

impl<'a> Origin<'a, '_> {
    /// Whether a value comes from a parameter, or from what the project defines itself.
    fn is_own(&mut self, value: &'a Expr) -> bool {
        match value {
            Expr::Attribute(node) => match node.value.as_name_expr() {
                Some(name) if matches!(name.id.as_str(), "self" | "cls") => self.is_own_state(node),
                _ => self.is_own(&node.value),
            },
            Expr::Call(call) => self.is_own(&call.func),
            Expr::Subscript(subscript) => self.is_own(&subscript.value),
            Expr::Await(awaited) => self.is_own(&awaited.value),
            Expr::Name(name) => self.is_own_name(name.id.as_str()),
            _ => false,
        }
    }

    /// What the class around the place puts into `self.x`.
    fn is_own_state(&mut self, node: &'a ExprAttribute) -> bool {
        let Some(class) = self.guards.class() else { return false };
        if !self.may_follow(node.attr.as_str()) {
            return true;
        }
        let values = values_bound(&class.body, Target::Member(node.attr.as_str()));
        let is_method = class.body.iter().any(|statement| {
            statement.as_function_def_stmt().is_some_and(|function| function.name.as_str() == node.attr.as_str())
        });
        is_method || !values.is_empty() && values.iter().all(|value| self.is_own(value))
    }

    fn is_own_name(&mut self, name: &'a str) -> bool {
        if !self.may_follow(name) {
            return true;
        }
        let functions: Vec<_> = self.guards.functions().collect();
        for function in functions {
            let mut parameters = function.parameters.iter();
            if parameters.any(|parameter| parameter.name().as_str() == name) {
                return true;
            }
            let values = values_bound(&function.body, Target::Name(name));
            if !values.is_empty() {
                return values.iter().all(|value| self.is_own(value));
            }
        }
        self.is_own_global(name)
    }

    /// A name that the module defines or takes from its own package.
    fn is_own_global(&self, name: &str) -> bool {
        let module = self.guards.chain().last().and_then(|node| match node {
            AnyNodeRef::ModModule(module) => Some(*module),
            _ => None,
        });
        module.is_some_and(|module| {
            module.body.iter().any(|statement| match statement {
                Stmt::FunctionDef(function) => function.name.as_str() == name,
                Stmt::ClassDef(class) => class.name.as_str() == name,
                Stmt::ImportFrom(import) => {
                    import.level > 0 && import.names.iter().any(|alias| imported(alias) == name)
                }
                _ => false,
            })
        })
    }

    /// Whether there is something left to follow; what was followed before is no other answer.
    fn may_follow(&mut self, name: &'a str) -> bool {
        self.seen.len() < STEPS_MAX && self.seen.insert(name)
    }
}

//! Members and calls of values that the engine is blind to, where the project tells their class.

use ruff_python_ast::{Expr, ExprAttribute};
use ruff_text_size::Ranged;
use ty_python_semantic::HasType;
use ty_python_semantic::types::Type;

use super::calls::Fresh;
use super::values::Values;
use crate::gate::doubt::{Doubt, Standing};
use crate::gate::engine::Lens;
use crate::gate::found::{Found, MISFIT, UNSEEN};
use crate::gate::project::Project;
use crate::text::ProjectPath;

/// What stands in a file, new or not, and no class has or takes: all of it, or calls of some `methods` alone.
pub(in crate::gate) fn standing(
    lens: &Lens<'_>,
    project: &Project<'_>,
    path: &ProjectPath,
    methods: Option<&dyn Fn(&str) -> bool>,
) -> Vec<Found> {
    let mut all = Fresh::all(lens);
    if let Some(methods) = methods {
        all.reads.clear();
        all.calls.retain(|call| call.func.as_attribute_expr().is_some_and(|node| methods(node.attr.as_str())));
    }
    let mut told = members(lens, project, path, &all);
    told.extend(calls(lens, project, path, &all));
    told
}

/// Members that the change newly reads and that their class does not have.
pub(super) fn members(lens: &Lens<'_>, project: &Project<'_>, path: &ProjectPath, fresh: &Fresh<'_>) -> Vec<Found> {
    let mut told = Vec::new();
    for expression in fresh.reads.iter().copied() {
        let Some(node) = expression.as_attribute_expr() else { continue };
        let Some(class) = class_before(lens, project, path, expression, node) else { continue };
        let found = Found {
            rule: UNSEEN,
            start: node.range().start().into(),
            end: node.range().end().into(),
            message: format!("Object of type `{class}` has no attribute `{}`", node.attr),
        };
        let is_refuted = Doubt::new(lens, project, path, &found).lacks_member(node, &class) == Standing::Refuted;
        if is_refuted && !is_told(lens, path, &found) {
            told.push(found);
        }
    }
    told
}

/// New calls of methods whose arguments fit no method of that name.
pub(super) fn calls(lens: &Lens<'_>, project: &Project<'_>, path: &ProjectPath, fresh: &Fresh<'_>) -> Vec<Found> {
    let mut told = Vec::new();
    for call in fresh.calls.iter().copied() {
        let Some(node) = call.func.as_attribute_expr() else { continue };
        let Some(class) = class_before(lens, project, path, &call.func, node) else { continue };
        let (start, end) = (node.range().start().into(), node.range().end().into());
        let mut found = Found { rule: MISFIT, start, end, message: String::new() };
        let misfit = Doubt::new(lens, project, path, &found).misfit(&class, call);
        if let Some(signature) = misfit {
            found.message = format!("The arguments do not fit `{class}.{}{signature}`.", node.attr);
            told.push(found);
        }
    }
    told
}

/// The class of the value that `node` asks, where the engine knows nothing of the member.
fn class_before(
    lens: &Lens<'_>,
    project: &Project<'_>,
    path: &ProjectPath,
    expression: &Expr,
    node: &ExprAttribute,
) -> Option<String> {
    if !lens.is_unknown(expression) {
        return None;
    }
    let values = Values::at(lens, project, path, node);
    // Of state that is `None` at first the engine knows that much, and no more.
    let is_state = || {
        let is_of_self = node.value.as_attribute_expr().is_some_and(|state| values.is_own_object(&state.value));
        is_of_self && matches!(node.value.as_ref().inferred_type(&lens.model), Some(Type::Union(_)))
    };
    let is_own = || values.is_own_object(&node.value) && !values.is_narrowed(&node.value);
    // Of an instance of a class with a base that the engine cannot see.
    let is_instance = || matches!(node.value.as_ref().inferred_type(&lens.model), Some(Type::NominalInstance(_)));
    (lens.is_unknown(&*node.value) || is_own() || is_state() || is_instance()).then(|| values.class_of(&node.value))?
}

/// Whether the engine says it as well.
fn is_told(lens: &Lens<'_>, path: &ProjectPath, found: &Found) -> bool {
    let is_it = |told: &Found| {
        (told.start, told.end) == (found.start, found.end) && !told.message.contains(" is not defined on `None`")
    };
    lens.engine.check(path).is_ok_and(|told| told.iter().any(is_it))
}

//! Whether a value surely comes from the project's own code.

use std::collections::BTreeSet;

use ruff_python_ast::{AnyNodeRef, Expr, ExprAttribute, Stmt};

use super::Guards;
use crate::gate::bindings::imported;
use crate::gate::engine::Lens;
use crate::gate::project::{Project, has_word};
use crate::gate::tree::{Target, values_bound};

/// Whether nothing dynamic could make the member: the value comes from the project's own code, and that makes no members
/// up.
pub(super) fn is_certain(lens: &Lens<'_>, project: &Project<'_>, guards: &Guards<'_>) -> bool {
    let text = lens.source.as_str();
    let makes_members = |word: &str| project.view.snapshot.has_word(word) || has_word(text, word);
    if ["__getattr__", "__getattribute__"].into_iter().any(makes_members) || text.to_lowercase().contains("mock") {
        return false;
    }
    let Some(node) = guards.attribute().filter(|node| lens.is_unknown(&*node.value)) else { return false };
    let mut origin = Origin { guards, seen: BTreeSet::new() };
    origin.is_own(&node.value)
}

/// So many values are followed back to where they come from.
const STEPS_MAX: usize = 8;

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

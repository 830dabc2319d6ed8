//! Members of parameters whose annotation names a class of the project that the engine does not see through: a decorator
//! stands before it, and what that returns is unknown.

use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr};
use ruff_python_ast::{Expr, ExprAttribute};
use ruff_text_size::Ranged;
use ty_python_semantic::HasType;
use ty_python_semantic::types::Type;

use super::UNSEEN;
use crate::gate::doubt::{Doubt, Standing};
use crate::gate::engine::{Found, Lens};
use crate::gate::project::{Project, Sides};
use crate::gate::tree::{dotted, functions};
use crate::text::ProjectPath;

/// What the engine would say, were the class not decorated.
pub(super) fn members(lens: &Lens<'_>, project: &Project<'_>, path: &ProjectPath, sides: &Sides) -> Vec<Found> {
    let mut told = Vec::new();
    for function in functions(&lens.tree.syntax().body) {
        for parameter in function.parameters.iter() {
            let Some(class) = parameter.annotation().and_then(class_named) else { continue };
            let classes = project.classes(&class);
            let [(_, _, symbol)] = &*classes else { continue };
            if symbol.decorators.is_empty() {
                continue;
            }
            let mut members = Members { of: parameter.name(), found: Vec::new(), is_rebound: false };
            members.visit_body(&function.body);
            if members.is_rebound {
                continue;
            }
            for node in members.found {
                let unseen = || matches!(node.value.as_ref().inferred_type(&lens.model), Some(Type::Dynamic(_)));
                if sides.old_text.contains(&format!("{}.{}", members.of, node.attr)) || !unseen() {
                    continue;
                }
                let found = Found {
                    rule: UNSEEN,
                    start: node.range().start().into(),
                    end: node.range().end().into(),
                    message: format!("Object of type `{class}` has no attribute `{}`", node.attr),
                };
                if Doubt::new(lens, project, path, &found).lacks_member(node, &class) == Standing::Refuted {
                    told.push(found);
                }
            }
        }
    }
    told
}

/// `Context` for `Context`, `m.Context` and `"Context"`.
fn class_named(annotation: &Expr) -> Option<String> {
    match annotation {
        Expr::StringLiteral(literal) => {
            let name = literal.value.to_str().rsplit('.').next()?.to_owned();
            name.chars().all(|c| c == '_' || c.is_alphanumeric()).then_some(name)
        }
        Expr::Name(_) | Expr::Attribute(_) => dotted(annotation).last().map(ToString::to_string),
        _ => None,
    }
}

/// The members that are read from one name.
struct Members<'a> {
    of: &'a str,
    found: Vec<&'a ExprAttribute>,
    is_rebound: bool,
}

impl<'a> SourceOrderVisitor<'a> for Members<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if name.id.as_str() == self.of && !name.ctx.is_load() => self.is_rebound = true,
            Expr::Attribute(node)
                if node.ctx.is_load() && node.value.as_name_expr().is_some_and(|name| name.id.as_str() == self.of) =>
            {
                self.found.push(node);
            }
            _ => {}
        }
        walk_expr(self, expression);
    }
}

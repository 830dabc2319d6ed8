//! Names that are imported under `TYPE_CHECKING` alone and used when the code runs.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprName, Stmt};
use ruff_text_size::Ranged;

use crate::gate::bindings::{Depth, bound, imported};
use crate::gate::engine::Lens;
use crate::gate::found::{Found, TYPING_ONLY};
use crate::gate::tree::{dotted, is_type_checking};

/// Each use of such a name, but for those in annotations.
pub(super) fn uses(lens: &Lens<'_>) -> Vec<Found> {
    if !lens.source.as_str().contains("TYPE_CHECKING") {
        return Vec::new();
    }
    let body = &lens.tree.syntax().body;
    let (guarded, rest): (Vec<&Stmt>, Vec<&Stmt>) = body.iter().partition(|statement| is_guarded(statement));
    let mut names = Imports::default();
    for statement in guarded {
        names.visit_stmt(statement);
    }
    let is_star = |statement: &&&Stmt| {
        statement.as_import_from_stmt().is_some_and(|import| import.names.iter().any(|alias| &alias.name == "*"))
    };
    if rest.iter().any(|statement| is_star(&statement)) {
        return Vec::new();
    }
    for statement in &rest {
        for name in bound(std::slice::from_ref(*statement), Depth::Module) {
            names.found.remove(name);
        }
    }
    if names.found.is_empty() {
        return Vec::new();
    }
    let mut told = Vec::new();
    for statement in rest {
        let local = bound(std::slice::from_ref(statement), Depth::Everything);
        let mut uses = Uses { names: names.found.difference(&local).copied().collect(), found: Vec::new() };
        uses.visit_stmt(statement);
        told.extend(uses.found.into_iter().map(found));
    }
    told
}

fn found(name: &ExprName) -> Found {
    let message = format!(
        "Name `{0}` is imported for type checking alone, so it is not defined when this runs. Import it outside `if TYPE_CHECKING`, or where it is used.",
        name.id
    );
    Found { rule: TYPING_ONLY, start: name.range().start().into(), end: name.range().end().into(), message }
}

/// `if TYPE_CHECKING:` without another branch.
fn is_guarded(statement: &Stmt) -> bool {
    statement.as_if_stmt().is_some_and(|branch| branch.elif_else_clauses.is_empty() && is_type_checking(&branch.test))
}

#[derive(Default)]
struct Imports<'a> {
    found: BTreeSet<&'a str>,
}

impl<'a> SourceOrderVisitor<'a> for Imports<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => self.found.extend(import.names.iter().map(imported)),
            Stmt::ImportFrom(import) => self.found.extend(import.names.iter().map(imported)),
            _ => walk_stmt(self, statement),
        }
    }
}

/// Uses of names outside annotations, and outside what copes with their absence.
struct Uses<'a> {
    names: BTreeSet<&'a str>,
    found: Vec<&'a ExprName>,
}

impl<'a> SourceOrderVisitor<'a> for Uses<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::AnnAssign(assigned) => {
                if let Some(value) = &assigned.value {
                    // An alias may be written for type checkers alone.
                    if dotted(&assigned.annotation).last().is_none_or(|last| last != "TypeAlias") {
                        self.visit_expr(value);
                    }
                }
            }
            Stmt::Try(_) | Stmt::TypeAlias(_) => {}
            Stmt::If(branch) if mentions_typing(&branch.test) => {}
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Name(name) = expression
            && name.ctx.is_load()
            && self.names.contains(name.id.as_str())
        {
            self.found.push(name);
        }
        walk_expr(self, expression);
    }
}

fn mentions_typing(test: &Expr) -> bool {
    match test {
        Expr::UnaryOp(operation) => mentions_typing(&operation.operand),
        Expr::BoolOp(operation) => operation.values.iter().any(mentions_typing),
        _ => is_type_checking(test),
    }
}

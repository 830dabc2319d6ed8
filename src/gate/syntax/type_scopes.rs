//! What the scopes of type parameters and of type aliases forbid and the engine lets through: `nonlocal` of a type
//! parameter, which no function binds; in Python 3.12, a scope within one that stands in a class.
//!
//! Invariant: never stricter than `compile()` of the version asked for.

use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, PythonVersion, Stmt, StmtFunctionDef, StmtNonlocal, TypeParams};
use ruff_text_size::Ranged;

use super::Wrong;
use crate::gate::bindings::module_names;

pub(super) fn type_scopes(body: &[Stmt], version: PythonVersion) -> Vec<Wrong> {
    let mut walk = Walk { version, scopes: Vec::new(), found: Vec::new() };
    walk.visit_body(body);
    walk.found
}

/// What is around a statement, and can bind a name for it.
#[derive(Clone, Copy)]
enum Scope<'a> {
    Parameters(&'a TypeParams),
    Function(&'a StmtFunctionDef),
    Class,
}

struct Walk<'a> {
    version: PythonVersion,
    scopes: Vec<Scope<'a>>,
    found: Vec<Wrong>,
}

impl<'a> Walk<'a> {
    fn within(&mut self, parameters: Option<&'a TypeParams>, scope: Scope<'a>, statement: &'a Stmt) {
        let outer = self.scopes.len();
        self.scopes.extend(parameters.map(Scope::Parameters));
        self.scopes.push(scope);
        walk_stmt(self, statement);
        self.scopes.truncate(outer);
    }

    /// Python 3.12 has no scope within one that sees the names of a class.
    fn nested(&mut self, statement: &'a Stmt) {
        if self.version != PythonVersion::PY312 || !matches!(self.scopes.last(), Some(Scope::Class)) {
            return;
        }
        let mut nested = Nested(Vec::new());
        match statement {
            Stmt::TypeAlias(alias) => {
                alias.type_params.iter().for_each(|parameters| nested.visit_type_params(parameters));
                nested.visit_expr(&alias.value);
            }
            Stmt::FunctionDef(function) => {
                let Some(parameters) = &function.type_params else { return };
                nested.visit_type_params(parameters);
                let annotations = function.parameters.iter().filter_map(|parameter| parameter.annotation());
                annotations.chain(function.returns.as_deref()).for_each(|annotation| nested.visit_expr(annotation));
            }
            Stmt::ClassDef(class) => {
                let Some(parameters) = &class.type_params else { return };
                nested.visit_type_params(parameters);
                class.arguments.iter().for_each(|arguments| nested.visit_arguments(arguments));
            }
            _ => {}
        }
        self.found.extend(nested.0);
    }

    fn nonlocal(&mut self, statement: &StmtNonlocal) {
        for name in &statement.names {
            // The scope of the statement itself is the one that does not bind it.
            let binder = self.scopes.iter().rev().skip(1).find(|scope| binds(scope, name.as_str()));
            if let Some(Scope::Parameters(_)) = binder {
                let message = format!("nonlocal binding not allowed for type parameter '{name}'");
                self.found.push(Wrong { range: name.range(), message });
            }
        }
    }
}

fn binds(scope: &Scope<'_>, name: &str) -> bool {
    match scope {
        Scope::Parameters(parameters) => parameters.iter().any(|parameter| parameter.name().as_str() == name),
        Scope::Function(function) => {
            let mut parameters = function.parameters.iter();
            parameters.any(|parameter| parameter.name().as_str() == name) || module_names(&function.body).contains(name)
        }
        Scope::Class => false,
    }
}

impl<'a> SourceOrderVisitor<'a> for Walk<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        self.nested(statement);
        match statement {
            Stmt::FunctionDef(function) => {
                self.within(function.type_params.as_deref(), Scope::Function(function), statement);
            }
            Stmt::ClassDef(class) => self.within(class.type_params.as_deref(), Scope::Class, statement),
            Stmt::Nonlocal(nonlocal) => self.nonlocal(nonlocal),
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

/// The lambdas and the comprehensions, each of which is a scope.
struct Nested(Vec<Wrong>);

impl<'a> SourceOrderVisitor<'a> for Nested {
    fn visit_expr(&mut self, expression: &'a Expr) {
        let what = match expression {
            Expr::Lambda(_) => "lambda",
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => "comprehension",
            _ => return walk_expr(self, expression),
        };
        let message = format!("Cannot use {what} in annotation scope within class scope");
        self.0.push(Wrong { range: expression.range(), message });
    }
}

//! Which names a piece of code binds, in whatever scope.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr, walk_parameter, walk_stmt};
use ruff_python_ast::{Alias, ExceptHandler, Expr, Parameter, Pattern, Stmt};

/// How far into functions and classes is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// The module's own names, and those that functions bind in it by `global`.
    Module,
    Everything,
}

/// The names that `body` binds.
pub(super) fn bound(body: &[Stmt], depth: Depth) -> BTreeSet<&str> {
    let mut visitor = Bindings { depth, names: BTreeSet::new(), function_count: 0 };
    visitor.visit_body(body);
    visitor.names
}

/// The name that an import binds.
pub(super) fn imported(alias: &Alias) -> &str {
    match &alias.asname {
        Some(name) => name.as_str(),
        None => alias.name.as_str().split('.').next().unwrap_or_default(),
    }
}

struct Bindings<'a> {
    depth: Depth,
    names: BTreeSet<&'a str>,
    function_count: usize,
}

impl<'a> Bindings<'a> {
    fn bind(&mut self, name: &'a str) {
        if self.function_count == 0 || self.depth == Depth::Everything {
            self.names.insert(name);
        }
    }

    fn enter(&mut self, statement: &'a Stmt) {
        self.function_count += 1;
        walk_stmt(self, statement);
        self.function_count -= 1;
    }
}

impl<'a> SourceOrderVisitor<'a> for Bindings<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => {
                self.bind(function.name.as_str());
                self.enter(statement);
            }
            Stmt::ClassDef(class) => {
                self.bind(class.name.as_str());
                self.enter(statement);
            }
            Stmt::Global(global) => self.names.extend(global.names.iter().map(|name| name.as_str())),
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_alias(&mut self, alias: &'a Alias) {
        self.bind(imported(alias));
    }

    fn visit_parameter(&mut self, parameter: &'a Parameter) {
        self.bind(parameter.name.as_str());
        walk_parameter(self, parameter);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(caught) = handler;
        if let Some(name) = &caught.name {
            self.bind(name.as_str());
        }
        ruff_python_ast::visitor::source_order::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(pattern) => pattern.name.as_ref(),
            Pattern::MatchStar(pattern) => pattern.name.as_ref(),
            Pattern::MatchMapping(pattern) => pattern.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.bind(name.as_str());
        }
        ruff_python_ast::visitor::source_order::walk_pattern(self, pattern);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Name(name) = expression
            && !name.ctx.is_load()
        {
            self.bind(name.id.as_str());
        }
        walk_expr(self, expression);
    }
}

/// The names that a module's own statements bind.
pub(super) fn module_names(body: &[Stmt]) -> BTreeSet<&str> {
    bound(body, Depth::Module)
}

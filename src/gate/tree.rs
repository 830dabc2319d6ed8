//! What several layers ask of a syntax tree.

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};

/// `a.b.c` out of `a.b.c(…)`.
pub(super) fn dotted(expression: &Expr) -> Vec<Name> {
    match expression {
        Expr::Call(call) => dotted(&call.func),
        Expr::Attribute(attribute) => {
            let mut path = dotted(&attribute.value);
            path.push(attribute.attr.id.clone());
            path
        }
        Expr::Name(name) => vec![name.id.clone()],
        _ => Vec::new(),
    }
}

/// Whether a test asks for `TYPE_CHECKING`, wherever that comes from.
pub(super) fn is_type_checking(test: &Expr) -> bool {
    dotted(test).last().is_some_and(|last| last == "TYPE_CHECKING")
}

/// All functions, nested ones included, in order.
pub(super) fn functions(body: &[Stmt]) -> Vec<&StmtFunctionDef> {
    struct Functions<'t>(Vec<&'t StmtFunctionDef>);
    impl<'t> SourceOrderVisitor<'t> for Functions<'t> {
        fn visit_stmt(&mut self, statement: &'t Stmt) {
            if let Stmt::FunctionDef(function) = statement {
                self.0.push(function);
            }
            walk_stmt(self, statement);
        }

        fn visit_expr(&mut self, _expression: &'t Expr) {}
    }
    let mut functions = Functions(Vec::new());
    functions.visit_body(body);
    functions.0
}

/// What values are bound to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target<'n> {
    Name(&'n str),
    /// A member of `self` or `cls`.
    Member(&'n str),
}

/// The values that `body` binds to a target, or takes it from: what a loop goes over, what is unpacked.
pub(super) fn values_bound<'a>(body: &'a [Stmt], target: Target<'_>) -> Vec<&'a Expr> {
    let mut bindings = Bindings { target, values: Vec::new() };
    bindings.visit_body(body);
    bindings.values
}

struct Bindings<'a, 'n> {
    target: Target<'n>,
    values: Vec<&'a Expr>,
}

impl Bindings<'_, '_> {
    fn is_it(&self, target: &Expr) -> bool {
        match target {
            Expr::Name(name) => matches!(self.target, Target::Name(of) if name.id.as_str() == of),
            Expr::Attribute(node) => {
                matches!(self.target, Target::Member(of) if node.attr.as_str() == of)
                    && node.value.as_name_expr().is_some_and(|name| matches!(name.id.as_str(), "self" | "cls"))
            }
            Expr::Tuple(tuple) => tuple.elts.iter().any(|element| self.is_it(element)),
            Expr::List(list) => list.elts.iter().any(|element| self.is_it(element)),
            Expr::Starred(starred) => self.is_it(&starred.value),
            _ => false,
        }
    }
}

impl<'a> SourceOrderVisitor<'a> for Bindings<'a, '_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(assigned) if assigned.targets.iter().any(|target| self.is_it(target)) => {
                self.values.push(&assigned.value);
            }
            Stmt::AnnAssign(assigned) if self.is_it(&assigned.target) => {
                self.values.extend(assigned.value.as_deref());
            }
            Stmt::For(each) if self.is_it(&each.target) => self.values.push(&each.iter),
            Stmt::With(with) => {
                let bound = with
                    .items
                    .iter()
                    .filter(|item| item.optional_vars.as_deref().is_some_and(|target| self.is_it(target)));
                let values: Vec<&Expr> = bound.map(|item| &item.context_expr).collect();
                self.values.extend(values);
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Named(named) = expression
            && self.is_it(&named.target)
        {
            self.values.push(&named.value);
        }
        walk_expr(self, expression);
    }
}

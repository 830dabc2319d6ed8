//! What several layers ask of a syntax tree.

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_stmt};
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

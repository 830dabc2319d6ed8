//! Whether running a statement looks at a name.

use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, TraversalSignal, walk_expr, walk_stmt};
use ruff_python_ast::{AnyNodeRef, Expr, Stmt};

/// How much of a definition counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Decorators, defaults, bases.
    Header,
    /// What runs when it is defined: the body of a class too, that of a function not.
    Run,
    Whole,
}

/// Whether `statement` looks at `name`, as far as `part` of it goes.
pub(super) fn uses(statement: &Stmt, name: &str, part: Part) -> bool {
    let mut visitor = Uses { name, part, found: false };
    visitor.visit_stmt(statement);
    visitor.found
}

struct Uses<'n> {
    name: &'n str,
    part: Part,
    found: bool,
}

impl<'a> SourceOrderVisitor<'a> for Uses<'_> {
    fn enter_node(&mut self, _node: AnyNodeRef<'a>) -> TraversalSignal {
        if self.found { TraversalSignal::Skip } else { TraversalSignal::Traverse }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if name.id.as_str() == self.name && !name.ctx.is_store() => self.found = true,
            Expr::Lambda(_) => {}
            _ => walk_expr(self, expression),
        }
    }

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => {
                function.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.visit_parameters(&function.parameters);
                if self.part == Part::Whole {
                    self.visit_body(&function.body);
                }
            }
            Stmt::ClassDef(class) => {
                class.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                if let Some(arguments) = &class.arguments {
                    self.visit_arguments(arguments);
                }
                if self.part != Part::Header {
                    self.visit_body(&class.body);
                }
            }
            Stmt::AugAssign(change) if change.target.as_name_expr().is_some_and(|it| it.id.as_str() == self.name) => {
                self.found = true;
            }
            _ => walk_stmt(self, statement),
        }
    }
}

//! Syntax that the engine's parser lets through and CPython's compiler does not.

use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr, walk_parameter, walk_stmt};
use ruff_python_ast::{ExceptHandler, Expr, Parameter, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::engine::Lens;
use super::project::Sides;
use super::{Issue, Layer, Severity};
use crate::text::{LineIndex, ProjectPath, Span};

/// The gaps of a file whose new tree is seen through `lens`. Lines that the old text has as well are not told.
pub(super) fn gaps(lens: &Lens<'_>, path: &ProjectPath, sides: &Sides) -> Vec<Issue> {
    let mut gaps = Gaps::default();
    gaps.visit_body(&lens.tree.syntax().body);
    let lines = LineIndex::new(&sides.new_text);
    let found = gaps.found.into_iter().filter_map(|(range, message)| {
        let line = lines.line(range.start().to_usize());
        let text = sides.new_text.get(lines.line_span(line).range()).unwrap_or_default().trim();
        let is_old = sides.old_text.lines().any(|old| old.trim() == text);
        (!is_old).then(|| Issue {
            layer: Layer::Syntax,
            code: "invalid-syntax",
            severity: Severity::Block,
            path: path.clone(),
            line,
            span: Some(Span { start: range.start().into(), end: range.end().into() }),
            message: message.to_owned(),
            fix: None,
        })
    });
    found.collect()
}

#[derive(Default)]
struct Gaps {
    found: Vec<(TextRange, &'static str)>,
}

const DEBUG: &str = "Cannot assign to __debug__.";

impl<'a> SourceOrderVisitor<'a> for Gaps {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Expr(expression) if expression.value.is_starred_expr() => {
                self.found.push((expression.range, "Cannot use a starred expression here."));
            }
            Stmt::Try(attempt) => {
                let before_last = attempt.handlers.len().saturating_sub(1);
                for ExceptHandler::ExceptHandler(handler) in &attempt.handlers[..before_last] {
                    if handler.type_.is_none() {
                        self.found.push((handler.range, "The default 'except:' must be last."));
                    }
                }
            }
            Stmt::FunctionDef(function) if &function.name == "__debug__" => {
                self.found.push((function.name.range, DEBUG))
            }
            Stmt::ClassDef(class) if &class.name == "__debug__" => self.found.push((class.name.range, DEBUG)),
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if name.id.as_str() == "__debug__" && !name.ctx.is_load() => {
                self.found.push((name.range, DEBUG));
            }
            Expr::Attribute(attribute) if attribute.attr.as_str() == "__debug__" && !attribute.ctx.is_load() => {
                self.found.push((attribute.attr.range(), DEBUG));
            }
            _ => {}
        }
        walk_expr(self, expression);
    }

    fn visit_parameter(&mut self, parameter: &'a Parameter) {
        if &parameter.name == "__debug__" {
            self.found.push((parameter.name.range, DEBUG));
        }
        walk_parameter(self, parameter);
    }
}

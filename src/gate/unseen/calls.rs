//! The calls that a change brings, and the classes of the project that are called.

use std::collections::HashSet;
use std::sync::Arc;

use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr};
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;
use ty_python_semantic::HasType;
use ty_python_semantic::types::Type;

use crate::gate::engine::Lens;
use crate::gate::project::{Project, Sides};
use crate::gate::tree::dotted;
use crate::index::{FileStructure, Symbol};
use crate::text::LineIndex;

/// The calls on lines that the old text does not have.
pub(super) fn new_calls<'a>(lens: &'a Lens<'_>, sides: &Sides) -> Vec<&'a ExprCall> {
    struct Calls<'a>(Vec<&'a ExprCall>);
    impl<'a> SourceOrderVisitor<'a> for Calls<'a> {
        fn visit_expr(&mut self, expression: &'a Expr) {
            self.0.extend(expression.as_call_expr());
            walk_expr(self, expression);
        }
    }
    let mut calls = Calls(Vec::new());
    calls.visit_body(&lens.tree.syntax().body);
    retain_new(lens, sides, &mut calls.0);
    calls.0
}

/// Keeps what stands on lines that the old text does not have.
pub(super) fn retain_new<T: Ranged>(lens: &Lens<'_>, sides: &Sides, nodes: &mut Vec<T>) {
    let text = lens.source.as_str();
    let lines = LineIndex::new(text);
    // Most lines of a long file are as they were: only the others are looked for in all of it.
    let old: HashSet<&str> = sides.old_text.lines().map(str::trim).collect();
    nodes.retain(|node| {
        let (first, last) = (lines.line(node.range().start().to_usize()), lines.line(node.range().end().to_usize()));
        (first..=last).any(|line| {
            let line = text.get(lines.line_span(line).range()).unwrap_or_default().trim();
            !old.contains(line) && !sides.old_text.contains(line)
        })
    });
}

/// The class of the project that a call makes an instance of.
pub(super) fn class_called(lens: &Lens<'_>, call: &ExprCall) -> Option<String> {
    matches!(call.func.as_ref().inferred_type(&lens.model), Some(Type::ClassLiteral(_)))
        .then(|| dotted(&call.func).last().map(ToString::to_string))?
}

/// The one class of the project called `name`, undecorated.
pub(super) fn only_class(project: &Project<'_>, name: &str) -> Option<(Arc<str>, Arc<FileStructure>, Symbol)> {
    let mut classes = project.classes(name).into_iter();
    let (path, structure, class) = classes.next().filter(|_| classes.next().is_none())?;
    let is_made_as_usual = !class.signature.contains("metaclass") || class.signature.contains("ABCMeta");
    let is_plain = class.decorators.is_empty() && is_made_as_usual;
    is_plain.then_some((project.text(&path)?, structure, class))
}

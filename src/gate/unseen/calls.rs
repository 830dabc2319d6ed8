//! The calls and reads that a change brings, and the classes of the project that are called.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Stmt};
use ruff_text_size::Ranged;
use ty_python_semantic::HasType;
use ty_python_semantic::types::Type;

use crate::gate::engine::Lens;
use crate::gate::project::{Project, Sides};
use crate::gate::tree::dotted;
use crate::index::{FileStructure, Symbol};

/// What a change writes: what stands on lines that the old text does not have.
pub(super) struct Fresh<'a> {
    pub(super) calls: Vec<&'a ExprCall>,
    /// The attributes that are read, but for magic ones; as expressions, since the engine is asked for those.
    pub(super) reads: Vec<&'a Expr>,
    /// The new lines, in order.
    lines: Vec<Range<usize>>,
}

impl<'a> Fresh<'a> {
    pub(super) fn of(lens: &'a Lens<'_>, sides: &Sides) -> Self {
        Self::on(lens, new_lines(sides))
    }

    /// A whole file, as if all of it were new.
    pub(super) fn all(lens: &'a Lens<'_>) -> Self {
        let whole = 0..lens.source.as_str().len();
        Self::on(lens, Vec::from([whole]))
    }

    fn on(lens: &'a Lens<'_>, lines: Vec<Range<usize>>) -> Self {
        let mut fresh = Self { calls: Vec::new(), reads: Vec::new(), lines };
        fresh.visit_body(&lens.tree.syntax().body);
        fresh
    }

    fn holds(&self, node: &impl Ranged) -> bool {
        let (start, end) = (node.range().start().to_usize(), node.range().end().to_usize());
        let next = self.lines.partition_point(|line| line.end <= start);
        self.lines.get(next).is_some_and(|line| line.start <= end)
    }
}

impl<'a> SourceOrderVisitor<'a> for Fresh<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if self.holds(statement) {
            walk_stmt(self, statement);
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if !self.holds(expression) {
            return;
        }
        match expression {
            Expr::Call(call) => self.calls.push(call),
            Expr::Attribute(node) if node.ctx.is_load() && !node.attr.starts_with("__") => self.reads.push(expression),
            _ => {}
        }
        walk_expr(self, expression);
    }
}

/// The lines of the new text that the old one does not have anywhere.
fn new_lines(sides: &Sides) -> Vec<Range<usize>> {
    let (_, lines) = sides.lines_apart();
    // Of most long changes, too, most lines are as they were: only the others are looked for in all of the old text.
    let old: HashSet<&str> = sides.old_text.lines().map(str::trim).collect();
    let mut start = sides.apart.1.start;
    let mut new_lines = Vec::new();
    for line in lines.split_inclusive(['\n', '\r']) {
        let trimmed = line.trim();
        if !old.contains(trimmed) && !sides.old_text.contains(trimmed) {
            new_lines.push(start..start + line.len());
        }
        start += line.len();
    }
    new_lines
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
    is_plain(&class).then_some((project.text(&path)?, structure, class))
}

/// Whether a call of each class of the project called `name` makes an instance of that class.
pub(super) fn are_made_as_usual(project: &Project<'_>, name: &str) -> bool {
    let classes = project.classes(name);
    let is_usual = |structure: &FileStructure, class: &Symbol| {
        is_plain(class) && structure.find(&format!("{}.__new__", class.qualname)).is_empty()
    };
    !classes.is_empty() && classes.iter().all(|(_, structure, class)| is_usual(structure, class))
}

/// Whether a class is made as it stands there, by no decorator and no metaclass of its own.
fn is_plain(class: &Symbol) -> bool {
    let is_made_as_usual = !class.signature.contains("metaclass") || class.signature.contains("ABCMeta");
    class.decorators.is_empty() && is_made_as_usual
}

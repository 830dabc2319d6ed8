//! Keywords that a constructor takes as `**kwargs` only to hand them on to that of its base, which does not take them.

use std::collections::HashSet;
use std::sync::Arc;

use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr};
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;
use ty_python_semantic::HasType;
use ty_python_semantic::types::Type;

use super::PASSED_ON;
use crate::gate::engine::{Found, Lens};
use crate::gate::project::{Project, Sides, bases, word_places};
use crate::gate::structure::dotted;
use crate::index::{FileStructure, Symbol};
use crate::text::LineIndex;

/// So many classes are handed through.
const BASES_MAX: usize = 16;

/// The keywords of new calls that arrive nowhere.
pub(super) fn arguments(lens: &Lens<'_>, project: &Project<'_>, sides: &Sides) -> Vec<Found> {
    let mut told = Vec::new();
    for call in new_calls(lens, sides) {
        let Some(class) = class_called(lens, call) else { continue };
        for keyword in &call.arguments.keywords {
            let Some(name) = &keyword.arg else { continue };
            if let Some(refuser) = refuser(project, &class, name) {
                told.push(Found {
                    rule: PASSED_ON,
                    start: keyword.range().start().into(),
                    end: keyword.range().end().into(),
                    message: format!(
                        "Argument `{name}` of `{class}` is handed on to `{refuser}.__init__`, which does not take it."
                    ),
                });
            }
        }
    }
    told
}

/// The calls on lines that the old text does not have.
pub(super) fn new_calls<'a>(lens: &'a Lens<'_>, sides: &Sides) -> Vec<&'a ExprCall> {
    struct Calls<'a>(Vec<&'a ExprCall>);
    impl<'a> SourceOrderVisitor<'a> for Calls<'a> {
        fn visit_expr(&mut self, expression: &'a Expr) {
            self.0.extend(expression.as_call_expr());
            walk_expr(self, expression);
        }
    }
    let text = lens.source.as_str();
    let lines = LineIndex::new(text);
    let mut calls = Calls(Vec::new());
    calls.visit_body(&lens.tree.syntax().body);
    // Most lines of a long file are as they were: only the others are looked for in all of it.
    let old: HashSet<&str> = sides.old_text.lines().map(str::trim).collect();
    let is_new = |call: &&ExprCall| {
        let (first, last) = (lines.line(call.range().start().to_usize()), lines.line(call.range().end().to_usize()));
        (first..=last).any(|line| {
            let line = text.get(lines.line_span(line).range()).unwrap_or_default().trim();
            !old.contains(line) && !sides.old_text.contains(line)
        })
    };
    calls.0.retain(is_new);
    calls.0
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

/// The base of `class` whose constructor is handed `keyword` and does not take it.
fn refuser(project: &Project<'_>, class: &str, keyword: &str) -> Option<String> {
    let mut class = class.to_owned();
    let mut is_handed_on = false;
    for _ in 0..BASES_MAX {
        let (text, structure, symbol) = only_class(project, &class)?;
        let bases = bases(&symbol.signature);
        let makers = ["__init__", "__new__"].map(|name| structure.find(&format!("{}.{name}", symbol.qualname)));
        match [&*makers[0], &*makers[1]] {
            [[only], []] => {
                let maker = structure.symbol(*only);
                let taken = parameters(&maker.signature);
                if !maker.decorators.is_empty() || taken.contains(&keyword) {
                    return None;
                }
                let Some(rest) = taken.iter().find_map(|name| name.strip_prefix("**")) else {
                    return is_handed_on.then_some(class);
                };
                let body = text.get(maker.span.range())?;
                // Handed on as it is and not looked into.
                let handed = format!("**{rest})");
                let is_only_handed = word_places(body, rest).count() == 2 && body.contains(&handed);
                if !is_only_handed || !body.contains("super().__init__(") {
                    return None;
                }
                is_handed_on = true;
            }
            [[], []] => {}
            _ => return None,
        }
        let [base] = bases[..] else { return None };
        class = base.to_owned();
    }
    None
}

/// The names in a signature, with their stars.
fn parameters(signature: &str) -> Vec<&str> {
    let inner = signature.split_once('(').map_or("", |(_, rest)| rest);
    let mut depth = 0_i32;
    let mut start = 0;
    let mut found = Vec::new();
    for (at, c) in inner.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if (c == ',' && depth == 0) || depth < 0 {
            let parameter = inner.get(start..at).unwrap_or_default();
            found.push(parameter.split([':', '=']).next().unwrap_or_default().trim());
            start = at + 1;
        }
        if depth < 0 {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_told_with_their_stars() {
        let signature = "(self, a: dict[str, int] = {}, *rest, b=(1, 2), **more) -> None";
        assert_eq!(parameters(signature), ["self", "a", "*rest", "b", "**more"]);
        assert_eq!(parameters("()"), [""]);
    }
}

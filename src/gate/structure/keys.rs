//! One key twice in one dictionary literal: only the last value is kept.

use std::collections::HashMap;

use ruff_python_ast::comparable::ComparableExpr;
use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr};
use ruff_python_ast::{Expr, ExprDict, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::{Page, span};
use crate::gate::project::Sides;
use crate::gate::tree::dotted;
use crate::gate::{Issue, Layer, Severity};
use crate::index::Tree;

/// A key that a literal has twice.
pub(super) struct RepeatedKey<'t> {
    key: ComparableExpr<'t>,
    first: TextRange,
    second: TextRange,
    /// Both have one value: nothing is lost.
    is_harmless: bool,
}

/// The repeated keys of all literals in `body`.
pub(super) fn repeated(body: &[Stmt]) -> Vec<RepeatedKey<'_>> {
    let mut literals = Literals { found: Vec::new() };
    literals.visit_body(body);
    literals.found
}

struct Literals<'t> {
    found: Vec<RepeatedKey<'t>>,
}

impl<'t> SourceOrderVisitor<'t> for Literals<'t> {
    fn visit_expr(&mut self, expression: &'t Expr) {
        if let Expr::Dict(literal) = expression {
            self.literal(literal);
        }
        walk_expr(self, expression);
    }
}

impl<'t> Literals<'t> {
    fn literal(&mut self, literal: &'t ExprDict) {
        let mut seen: HashMap<ComparableExpr<'t>, (&'t Expr, &'t Expr)> = HashMap::new();
        for item in &literal.items {
            let Some(key) = &item.key else {
                // `**defaults`: what stands behind it is there to override.
                seen.clear();
                continue;
            };
            if !is_constant(key) {
                continue;
            }
            if let Some((first, value)) = seen.insert(key.into(), (key, &item.value)) {
                self.found.push(RepeatedKey {
                    key: key.into(),
                    first: first.range(),
                    second: key.range(),
                    is_harmless: ComparableExpr::from(value) == ComparableExpr::from(&item.value),
                });
            }
        }
    }
}

/// Whether a key has the same value each time: a literal, or a name that is written as constants are.
fn is_constant(key: &Expr) -> bool {
    match key {
        Expr::StringLiteral(_)
        | Expr::BytesLiteral(_)
        | Expr::NumberLiteral(_)
        | Expr::BooleanLiteral(_)
        | Expr::NoneLiteral(_) => true,
        Expr::Tuple(tuple) => !tuple.elts.is_empty() && tuple.elts.iter().all(is_constant),
        Expr::Name(_) | Expr::Attribute(_) => dotted(key)
            .last()
            .is_some_and(|name| name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)),
        _ => false,
    }
}

/// The issues of those keys that no literal of `olds` had twice.
pub(super) fn issues(page: &Page<'_>, found: &[RepeatedKey<'_>], olds: &[(&Sides, Tree)]) -> Vec<Issue> {
    let mut old: HashMap<ComparableExpr<'_>, usize> = HashMap::new();
    for key in olds.iter().flat_map(|(_, tree)| repeated(tree.body())) {
        *old.entry(key.key).or_default() += 1;
    }
    let mut issues = Vec::new();
    for key in found {
        if let Some(count) = old.get_mut(&key.key).filter(|count| **count > 0) {
            *count -= 1;
            continue;
        }
        let spelled = page.text(key.second).unwrap_or_default();
        let line = page.told_line(key.first);
        let message = match key.is_harmless {
            true => format!("Key {spelled} stands in this dictionary at line {line} already, with the same value."),
            false => format!(
                "Key {spelled} stands in this dictionary at line {line} already, and that value is lost. Keep one of them."
            ),
        };
        issues.push(Issue {
            layer: Layer::Structure,
            code: "duplicate-key",
            severity: if key.is_harmless { Severity::Warn } else { Severity::Block },
            path: page.path.clone(),
            line: page.line(key.second),
            span: Some(span(key.second)),
            message,
            fix: None,
        });
    }
    issues
}

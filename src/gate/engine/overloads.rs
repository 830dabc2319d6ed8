//! Why no overload takes a call, where that is for a name: a keyword that none of them knows.
//!
//! Knows nothing of types that do not fit: those are doubtful. Invariant: what any overload may take is not told.

use ruff_db::parsed::ParsedModuleRef;
use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, TraversalSignal, walk_expr};
use ruff_python_ast::{AnyNodeRef, Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};
use ty_python_semantic::SemanticModel;
use ty_python_semantic::types::ide_support::{CallSignatureDetails, call_signature_details};

use crate::gate::found::Found;

/// The engine's name for a call that no overload takes.
pub(super) const NO_OVERLOAD: &str = "no-matching-overload";

/// The keywords of the call at `range` that no overload knows. `message` is the engine's: `No overload of function
/// `sorted` matches arguments`.
pub(super) fn unknown_keywords(
    model: &SemanticModel<'_>,
    tree: &ParsedModuleRef,
    range: TextRange,
    message: &str,
) -> Vec<Found> {
    let mut search = Search { range, call: None };
    search.visit_body(&tree.syntax().body);
    let Some(call) = search.call.filter(|call| !call.arguments.keywords.is_empty()) else { return Vec::new() };
    let callee = message.strip_prefix("No overload of ").and_then(|rest| rest.split(" matches ").next());
    let overloads = call_signature_details(model, call);
    let mut told = Vec::new();
    for keyword in &call.arguments.keywords {
        let Some(name) = keyword.arg.as_ref() else { continue };
        if !overloads.is_empty() && !overloads.iter().any(|overload| may_take(overload, name)) {
            told.push(Found {
                rule: "unknown-argument",
                start: keyword.start().into(),
                end: keyword.end().into(),
                message: match callee {
                    Some(callee) => format!("Argument `{name}` does not match any known parameter of {callee}"),
                    None => format!("Argument `{name}` does not match any known parameter"),
                },
            });
        }
    }
    told
}

fn may_take(overload: &CallSignatureDetails<'_>, keyword: &str) -> bool {
    let is_open = overload.label.starts_with("(...") || overload.label.contains("Top[");
    is_open
        || overload.parameters.iter().any(|parameter| {
            parameter.is_keyword_variadic
                || (parameter.name == keyword && !parameter.is_positional_only && !parameter.is_variadic)
        })
}

/// Finds the call at a range.
struct Search<'a> {
    range: TextRange,
    call: Option<&'a ExprCall>,
}

impl<'a> SourceOrderVisitor<'a> for Search<'a> {
    fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
        if self.call.is_none() && node.range().contains_range(self.range) {
            TraversalSignal::Traverse
        } else {
            TraversalSignal::Skip
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Call(call) = expression
            && call.range() == self.range
        {
            self.call = Some(call);
        }
        walk_expr(self, expression);
    }
}

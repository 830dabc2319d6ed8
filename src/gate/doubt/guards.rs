//! What stands around a place: the code that copes with an absence.

use ruff_db::parsed::ParsedModuleRef;
use ruff_python_ast::find_node::covering_node;
use ruff_python_ast::{AnyNodeRef, ExceptHandler, Expr, ExprAttribute, StmtClassDef, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange, TextSize};

/// The nodes around a place, innermost first.
pub(in crate::gate) struct Guards<'a> {
    chain: Vec<AnyNodeRef<'a>>,
    range: TextRange,
}

impl<'a> Guards<'a> {
    pub(super) fn at(tree: &'a ParsedModuleRef, start: u32, end: u32) -> Self {
        let range = TextRange::new(TextSize::new(start), TextSize::new(end.max(start)));
        let root = AnyNodeRef::from(tree.syntax());
        let chain = if root.range().contains_range(range) {
            covering_node(root, range).ancestors().collect()
        } else {
            Vec::new()
        };
        Self { chain, range }
    }

    pub(in crate::gate) fn chain(&self) -> &[AnyNodeRef<'a>] {
        &self.chain
    }

    /// The attribute access at this very place.
    pub(in crate::gate) fn attribute(&self) -> Option<&'a ExprAttribute> {
        self.chain.iter().find_map(|node| match node {
            AnyNodeRef::ExprAttribute(attribute) if attribute.range == self.range => Some(*attribute),
            _ => None,
        })
    }

    /// Whether the attribute at this very place is called.
    pub(in crate::gate) fn is_called(&self) -> bool {
        self.chain.iter().any(|node| match node {
            AnyNodeRef::ExprCall(call) => call.func.range() == self.range,
            _ => false,
        })
    }

    /// Whether a `try` around the place catches one of `errors`, or a `with` swallows or expects it.
    pub(super) fn catches(&self, errors: &[&str]) -> bool {
        self.chain.iter().any(|node| match node {
            AnyNodeRef::StmtTry(attempt) => {
                let in_body = attempt.body.iter().any(|statement| statement.range().contains_range(self.range));
                in_body && attempt.handlers.iter().any(|handler| handles(handler, errors, Bare::DoesNotCount))
            }
            AnyNodeRef::StmtWith(with) => with
                .items
                .iter()
                .any(|item| !item.range.contains_range(self.range) && expects(&item.context_expr, errors)),
            _ => false,
        })
    }

    /// Whether the place stands in a `try` statement that copes with a failing import, or in one of its handlers.
    pub(super) fn imports_optionally(&self) -> bool {
        const ERRORS: [&str; 5] =
            ["ImportError", "ModuleNotFoundError", "Exception", "BaseException", "AttributeError"];
        self.catches(&ERRORS)
            || self.chain.iter().any(|node| match node {
                AnyNodeRef::StmtTry(attempt) => {
                    attempt.handlers.iter().any(|handler| handles(handler, &ERRORS, Bare::Counts))
                }
                _ => false,
            })
    }

    pub(super) fn is_for_type_checking(&self) -> bool {
        self.chain.iter().any(|node| match node {
            AnyNodeRef::StmtIf(branch) => {
                let in_body = branch.body.iter().any(|statement| statement.range().contains_range(self.range));
                in_body
                    && super::super::structure::dotted(&branch.test).last().is_some_and(|last| last == "TYPE_CHECKING")
            }
            _ => false,
        })
    }

    pub(in crate::gate) fn class(&self) -> Option<&'a StmtClassDef> {
        self.chain.iter().find_map(|node| match node {
            AnyNodeRef::StmtClassDef(class) => Some(*class),
            _ => None,
        })
    }

    /// The functions around the place, from the inside.
    pub(super) fn functions(&self) -> impl Iterator<Item = &'a StmtFunctionDef> {
        self.chain.iter().filter_map(|node| match node {
            AnyNodeRef::StmtFunctionDef(function) => Some(*function),
            _ => None,
        })
    }

    /// The outermost function around the place: what was tested before stands in it as well.
    pub(super) fn function(&self) -> Option<&'a StmtFunctionDef> {
        self.chain.iter().rev().find_map(|node| match node {
            AnyNodeRef::StmtFunctionDef(function) => Some(*function),
            _ => None,
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bare {
    Counts,
    DoesNotCount,
}

fn handles(handler: &ExceptHandler, errors: &[&str], bare: Bare) -> bool {
    let ExceptHandler::ExceptHandler(handler) = handler;
    match &handler.type_ {
        None => bare == Bare::Counts,
        Some(caught) => names(caught, errors),
    }
}

/// `suppress(AttributeError)`, `pytest.raises(TypeError)`, `self.assertRaises(…)`.
fn expects(context: &Expr, errors: &[&str]) -> bool {
    context.as_call_expr().is_some_and(|call| call.arguments.args.iter().any(|argument| names(argument, errors)))
}

fn names(expression: &Expr, errors: &[&str]) -> bool {
    match expression {
        Expr::Tuple(tuple) => tuple.elts.iter().any(|element| names(element, errors)),
        Expr::Name(name) => errors.contains(&name.id.as_str()),
        Expr::Attribute(attribute) => errors.contains(&attribute.attr.as_str()),
        _ => false,
    }
}

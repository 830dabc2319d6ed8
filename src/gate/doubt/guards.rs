//! What stands around a place: the code that copes with an absence.

use std::sync::LazyLock;

use regex::Regex;
use ruff_db::parsed::ParsedModuleRef;
use ruff_python_ast::find_node::covering_node;
use ruff_python_ast::{AnyNodeRef, ExceptHandler, Expr, ExprAttribute, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::gate::tree::is_type_checking;

/// The nodes around a place, innermost first.
#[derive(Clone)]
pub(in crate::gate) struct Guards<'a> {
    chain: Vec<AnyNodeRef<'a>>,
    range: TextRange,
}

impl<'a> Guards<'a> {
    pub(in crate::gate) fn at(tree: &'a ParsedModuleRef, start: u32, end: u32) -> Self {
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
    pub(in crate::gate) fn catches(&self, errors: &[&str]) -> bool {
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
    pub(in crate::gate) fn imports_optionally(&self) -> bool {
        self.catches(&OF_IMPORTS)
            || self.chain.iter().any(|node| match node {
                AnyNodeRef::StmtTry(attempt) => {
                    attempt.handlers.iter().any(|handler| handles(handler, &OF_IMPORTS, Bare::Counts))
                }
                _ => false,
            })
    }

    /// Whether code around the place goes on when an import at this very place fails.
    pub(super) fn survives_import(&self) -> bool {
        self.chain.iter().any(|node| match node {
            AnyNodeRef::StmtTry(attempt) => {
                let in_body = attempt.body.iter().any(|statement| statement.range().contains_range(self.range));
                let mut handlers = attempt.handlers.iter();
                in_body && handlers.any(|handler| handles(handler, &OF_IMPORTS, Bare::Counts) && !raises(handler))
            }
            AnyNodeRef::StmtWith(with) => with.items.iter().any(|item| expects(&item.context_expr, &OF_IMPORTS)),
            _ => false,
        })
    }

    pub(super) fn is_for_type_checking(&self) -> bool {
        self.chain.iter().any(|node| match node {
            AnyNodeRef::StmtIf(branch) => {
                let in_body = branch.body.iter().any(|statement| statement.range().contains_range(self.range));
                in_body && is_type_checking(&branch.test)
            }
            _ => false,
        })
    }

    /// Whether the place stands in a branch that depends on the version or platform, asked in words that the engine does
    /// not follow: `sys.version < '3'`, `PY2`, `os.name`.
    pub(super) fn depends_on_platform(&self, text: &str) -> bool {
        static ASKS: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"\bsys\.(?:version|hexversion|platform)\b|\b(?:\w+\.)?(?:IS_)?(?:PY|PYTHON)_?[23]\w*\b|\bos\.name\b|\bplatform\.\w+\(")
                .expect("a valid pattern")
        });
        let in_test = |test: &Expr| {
            let range = test.range();
            !range.contains_range(self.range)
                && text.get(std::ops::Range::<usize>::from(range)).is_some_and(|test| ASKS.is_match(test))
        };
        self.chain.iter().any(|node| match node {
            AnyNodeRef::StmtIf(branch) => in_test(&branch.test),
            AnyNodeRef::ExprIf(choice) => in_test(&choice.test),
            _ => false,
        })
    }

    /// Whether the place is part of an annotation, which need not be evaluated.
    pub(super) fn is_in_annotation(&self) -> bool {
        let holds = |annotation: &Expr| annotation.range().contains_range(self.range);
        self.chain.iter().any(|node| match node {
            AnyNodeRef::Parameter(parameter) => parameter.annotation.as_deref().is_some_and(holds),
            AnyNodeRef::StmtAnnAssign(assignment) => holds(&assignment.annotation),
            AnyNodeRef::StmtFunctionDef(function) => function.returns.as_deref().is_some_and(holds),
            _ => false,
        })
    }

    pub(in crate::gate) fn class(&self) -> Option<&'a StmtClassDef> {
        self.chain.iter().find_map(|node| match node {
            AnyNodeRef::StmtClassDef(class) => Some(*class),
            _ => None,
        })
    }

    /// The function around the place, where it stands directly in a class.
    pub(in crate::gate) fn method(&self) -> Option<&'a StmtFunctionDef> {
        let mut around = self.chain.iter().skip_while(|node| !matches!(node, AnyNodeRef::StmtFunctionDef(_)));
        match (around.next(), around.next()) {
            (Some(AnyNodeRef::StmtFunctionDef(method)), Some(AnyNodeRef::StmtClassDef(_))) => Some(method),
            _ => None,
        }
    }

    /// Where the targets of the assignment around the place stand.
    pub(in crate::gate) fn assignment(&self) -> Option<(usize, usize)> {
        self.chain.iter().find_map(|node| match node {
            AnyNodeRef::StmtAssign(assign) => Some((assign.start().to_usize(), assign.value.start().to_usize())),
            _ => None,
        })
    }

    /// The functions around the place, from the inside.
    pub(in crate::gate) fn functions(&self) -> impl Iterator<Item = &'a StmtFunctionDef> {
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

/// What is caught where an import may fail.
const OF_IMPORTS: [&str; 5] = ["ImportError", "ModuleNotFoundError", "Exception", "BaseException", "AttributeError"];

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

/// Whether a handler always ends by raising.
fn raises(handler: &ExceptHandler) -> bool {
    let ExceptHandler::ExceptHandler(handler) = handler;
    handler.body.last().is_some_and(Stmt::is_raise_stmt)
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

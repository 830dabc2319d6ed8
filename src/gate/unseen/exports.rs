//! Names in `__all__` that the module does not have: a star import of it fails.

use ruff_python_ast::{Expr, ExprStringLiteral, Stmt};
use ruff_text_size::Ranged;

use crate::gate::bindings::{Depth, bound};
use crate::gate::doubt::makes_names;
use crate::gate::engine::Lens;
use crate::gate::found::{Found, MISSING_EXPORT};

pub(super) fn missing(lens: &Lens<'_>) -> Vec<Found> {
    let text = lens.source.as_str();
    if !text.contains("__all__") || text.contains("__getattr__") || text.contains("sys.modules") || makes_names(text) {
        return Vec::new();
    }
    let body = &lens.tree.syntax().body;
    let exported: Vec<&ExprStringLiteral> = body.iter().flat_map(listed).collect();
    if exported.is_empty() {
        return Vec::new();
    }
    let names = bound(body, Depth::Module);
    // What a star import or a `del` does is not followed.
    if names.contains("*") || body.iter().any(Stmt::is_delete_stmt) {
        return Vec::new();
    }
    let is_package = lens.model.file_path().as_str().contains("__init__.py");
    exported
        .into_iter()
        .filter(|literal| {
            let name = literal.value.to_str();
            let is_submodule = || is_package && lens.model.resolve_module(Some(name), 1).is_some();
            let is_own = name.starts_with("__") && name.ends_with("__");
            !names.contains(name) && !is_own && !is_submodule()
        })
        .map(|literal| Found {
            rule: MISSING_EXPORT,
            start: literal.range().start().into(),
            end: literal.range().end().into(),
            message: format!("`{}` stands in `__all__`, but the module has no such name.", literal.value.to_str()),
        })
        .collect()
}

/// The strings that a statement puts into `__all__`.
fn listed(statement: &Stmt) -> Vec<&ExprStringLiteral> {
    let is_all = |target: &Expr| target.as_name_expr().is_some_and(|name| &name.id == "__all__");
    let value = match statement {
        Stmt::Assign(assigned) if assigned.targets.iter().any(is_all) => Some(&*assigned.value),
        Stmt::AnnAssign(assigned) if is_all(&assigned.target) => assigned.value.as_deref(),
        Stmt::AugAssign(assigned) if is_all(&assigned.target) => Some(&*assigned.value),
        _ => None,
    };
    let elements = match value {
        Some(Expr::List(list)) => &*list.elts,
        Some(Expr::Tuple(tuple)) => &*tuple.elts,
        _ => &[],
    };
    elements.iter().filter_map(Expr::as_string_literal_expr).collect()
}

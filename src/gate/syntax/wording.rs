//! The sentence for a syntax issue: what CPython says where it says it well, and the way out.

use ruff_python_ast::{PythonVersion, Stmt};
use ruff_text_size::Ranged;

use super::{Found, OBSOLETE, Parsed, SYNTAX, Wrong};
use crate::index::nearest;

/// Whether CPython refuses it as well.
pub(super) fn holds(parsed: &Parsed<'_>, wrong: &Wrong) -> bool {
    // In a method's body the class itself is a variable of that name.
    if wrong.message == "no binding for nonlocal `__class__` found" {
        return false;
    }
    // Each cell of a notebook is compiled by itself.
    if wrong.message.starts_with("__future__ imports must be at the top") && is_first_in_cell(parsed, wrong) {
        return false;
    }
    // Before 3.10 a postponed annotation is not looked at.
    !(wrong.message.ends_with("cannot be used within a type annotation") && parsed.version < PythonVersion::PY310)
}

/// Whether only what may stand before a `__future__` import stands before it in its cell.
fn is_first_in_cell(parsed: &Parsed<'_>, wrong: &Wrong) -> bool {
    let at = wrong.range.start();
    let Some(cell) = parsed.cells.iter().rev().find(|start| **start <= at) else { return false };
    let mut before = parsed.body.iter().filter(|statement| (*cell..at).contains(&statement.start()));
    before.all(|statement| match statement {
        Stmt::ImportFrom(import) => import.module.as_ref().is_some_and(|module| module.as_str() == "__future__"),
        Stmt::Expr(text) => text.value.is_string_literal_expr(),
        other => other.is_ipy_escape_command_stmt(),
    })
}

/// Puts what is wrong into flux's words.
pub(super) fn found(parsed: &Parsed<'_>, wrong: Wrong) -> Found {
    let (start, end) = (wrong.range.start().into(), wrong.range.end().into());
    match python_2(parsed, &wrong) {
        Some(message) => Found { rule: OBSOLETE, start, end, message: format!("{message}; this is Python 2") },
        None => {
            let message = feature_meant(&wrong.message).unwrap_or(wrong.message);
            Found { rule: SYNTAX, start, end, message }
        }
    }
}

/// What `from __future__` has.
const FEATURES: [&str; 9] = [
    "absolute_import",
    "annotations",
    "division",
    "generator_stop",
    "generators",
    "nested_scopes",
    "print_function",
    "unicode_literals",
    "with_statement",
];

/// The sentence for a feature that there is not, with the one that was meant.
fn feature_meant(message: &str) -> Option<String> {
    let wrong = message.to_lowercase().starts_with("future feature").then(|| message.split(['`', '\'']).nth(1))??;
    let meant = nearest(wrong, FEATURES, 1);
    Some(format!("{message}. Did you mean '{}'?", meant.first()?))
}

/// What to write instead of something that only Python 2 had.
fn python_2(parsed: &Parsed<'_>, wrong: &Wrong) -> Option<&'static str> {
    let (before, after) = parsed.text.split_at_checked(wrong.range.start().to_usize())?;
    let before = before.rsplit(['\n', ';', ':']).next().unwrap_or_default().trim();
    let after = after.trim_start();
    let told = wrong.message.as_str();
    match before {
        "print" if told.starts_with("Simple statements") => {
            Some("missing parentheses in call to 'print': write print(...)")
        }
        "exec" if told.starts_with("Simple statements") => {
            Some("missing parentheses in call to 'exec': write exec(...)")
        }
        _ if told.starts_with("Multiple exception types must") => {
            Some("multiple exception types must be parenthesized: write 'except E as e' or 'except (E, F)'")
        }
        _ if told.starts_with("Got unexpected token")
            && after.starts_with('`')
            && !after.starts_with("``")
            && !before.ends_with('`') =>
        {
            Some("backticks are gone: write repr(...)")
        }
        _ => None,
    }
}

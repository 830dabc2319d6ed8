//! The sentence for a syntax issue: what CPython says where it says it well, and the way out.

use ruff_python_ast::PythonVersion;

use super::{Found, OBSOLETE, Parsed, SYNTAX, Wrong};

/// Whether CPython refuses it as well.
pub(super) fn holds(parsed: &Parsed<'_>, wrong: &Wrong) -> bool {
    // In a method's body the class itself is a variable of that name.
    if wrong.message == "no binding for nonlocal `__class__` found" {
        return false;
    }
    // Before 3.10 a postponed annotation is not looked at.
    !(wrong.message.ends_with("cannot be used within a type annotation") && parsed.version < PythonVersion::PY310)
}

/// Puts what is wrong into flux's words.
pub(super) fn found(parsed: &Parsed<'_>, wrong: Wrong) -> Found {
    let (start, end) = (wrong.range.start().into(), wrong.range.end().into());
    match python_2(parsed, &wrong) {
        Some(message) => Found { rule: OBSOLETE, start, end, message: message.to_owned() },
        None => Found { rule: SYNTAX, start, end, message: sentence(&wrong.message) },
    }
}

fn sentence(message: &str) -> String {
    message.to_owned()
}

/// What to write instead of something that only Python 2 had.
fn python_2(parsed: &Parsed<'_>, wrong: &Wrong) -> Option<&'static str> {
    let before = parsed.text.get(..wrong.range.start().to_usize()).unwrap_or_default();
    let after = parsed.text.get(wrong.range.start().to_usize()..).unwrap_or_default();
    let line_before = before.rsplit(['\n', ';']).next().unwrap_or_default().trim();
    let _ = after;
    match line_before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next() {
        Some("print") if wrong.message.starts_with("Simple statements") => {
            Some("Missing parentheses in call to 'print'. Did you mean print(...)?")
        }
        Some("exec") if wrong.message.starts_with("Simple statements") => {
            Some("Missing parentheses in call to 'exec'. Did you mean exec(...)?")
        }
        _ => None,
    }
}

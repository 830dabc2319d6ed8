//! Syntax that a file has and an older Python has not.

use ruff_python_ast::PythonVersion;
use ruff_text_size::Ranged;

use super::parse::{on_deep_stack, parse_as, source_type, take_apart};
use crate::text::{ProjectPath, Span};

/// What in `text` a Python of `version` does not have yet, each with the parser's sentence. Of a text that does not parse
/// nothing is said.
pub fn newer_syntax(path: &ProjectPath, text: &str, version: (u8, u8)) -> Vec<(Span, String)> {
    let kind = source_type(path);
    let version = PythonVersion { major: version.0, minor: version.1 };
    let newer = || {
        let parsed = parse_as(text, kind, version);
        let is_clean = parsed.errors().is_empty();
        let newer = parsed.unsupported_syntax_errors().iter().filter(|_| is_clean);
        let newer = newer.map(|error| {
            let range = error.range();
            (Span::new(range.start().to_usize(), range.end().to_usize()), error.to_string())
        });
        let newer = newer.collect();
        take_apart(parsed);
        newer
    };
    on_deep_stack(text, newer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_its_own() {
        let path = ProjectPath::new("a.py").unwrap();
        let is_newer = |text: &str, minor| !newer_syntax(&path, text, (3, minor)).is_empty();
        for (text, since) in [
            ("(a := 1)\n", 8),
            ("def f(a, /): ...\n", 8),
            ("with (a as b, c as d): ...\n", 9),
            ("match a:\n    case 1: ...\n", 10),
            ("try: ...\nexcept* E: ...\n", 11),
            ("type A = int\n", 12),
            ("def f[T](a: T): ...\n", 12),
            ("f'{a['b']}'\n", 12),
            ("class A[T = int]: ...\n", 13),
            ("try: ...\nexcept A, B: ...\n", 14),
            ("t'{a}'\n", 14),
        ] {
            assert!(is_newer(text, since - 1) && !is_newer(text, since), "{text}");
        }
        assert!(!is_newer("def f(:\n    match a:\n", 8));
    }
}

//! Whether two texts are the same program: they differ in comments, docstrings and layout at most.
//!
//! Invariant: what does not parse is never the same as anything.

use ruff_python_ast::PySourceType;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::Ranged;

use super::parse::{on_deep_stack, source_type, take_apart};
use crate::text::ProjectPath;

/// Longer texts are not compared: what is generated is not worth two more parses.
const LENGTH_MAX: usize = 1 << 20;

/// Whether `old` and `new` are the same to whoever runs or analyses the file at `path`.
pub fn has_same_code(path: &ProjectPath, old: &str, new: &str) -> bool {
    if old.len().max(new.len()) > LENGTH_MAX {
        return false;
    }
    let kind = source_type(path);
    let code = |text: &str| on_deep_stack(text, || code(text, kind)).flatten();
    code(old).is_some_and(|old| code(new).is_some_and(|new| old == new))
}

/// The tokens that count, each with what it spells.
fn code(text: &str, kind: PySourceType) -> Option<Vec<(TokenKind, String)>> {
    let parsed = parse_unchecked_source(text, kind);
    let is_clean = parsed.errors().is_empty();
    let mut code: Vec<(TokenKind, String)> = Vec::new();
    let is_trivia = |kind| matches!(kind, TokenKind::Comment | TokenKind::NonLogicalNewline);
    for token in parsed.tokens().iter().filter(|token| !is_trivia(token.kind())) {
        let spelled = match token.kind() {
            TokenKind::Newline => {
                forget_docstring(&mut code);
                ""
            }
            TokenKind::Indent | TokenKind::Dedent => "",
            _ => text.get(std::ops::Range::<usize>::from(token.range())).unwrap_or_default(),
        };
        code.push((token.kind(), spelled.replace("\r\n", "\n")));
    }
    take_apart(parsed);
    is_clean.then_some(code)
}

/// A string that is a whole line is for people.
fn forget_docstring(code: &mut [(TokenKind, String)]) {
    let starts_line = |kind| matches!(kind, TokenKind::Newline | TokenKind::Indent | TokenKind::Dedent);
    if let [before @ .., (TokenKind::String, spelled)] = code
        && before.last().is_none_or(|(kind, _)| starts_line(*kind))
    {
        spelled.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_docstrings_and_layout_are_no_code() {
        let path = ProjectPath::new("a.py").expect("a path");
        let same = |old, new| has_same_code(&path, old, new);
        let old = "def f(a):\n    \"\"\"Says.\"\"\"\n    return g(a, 'x y')\n";
        assert!(same(old, "def f(a):  # now\r\n  '''Tells.'''\r\n\r\n  return g(a,\r\n    'x y')\r\n"));
        assert!(!same(old, "def f(a):\n    \"\"\"Says.\"\"\"\n    return g(a, 'xy')\n"));
        assert!(!same(old, "def f(a):\n    \"\"\"Says.\"\"\"\nreturn g(a, 'x y')\n"));
        assert!(!same("x = 'a'\n", "x = 'b'\n"));
        assert!(!same("if a:\n    b\n    c\n", "if a:\n    b\nc\n"));
        assert!(!same("def f(:\n", "def f(:\n"));
    }
}

//! Whether a text nests too deep, found without recursion: asked before anything recursive looks at it.

use ruff_python_ast::PySourceType;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer::lex, parse_unchecked_source};
use ruff_text_size::Ranged;

use super::parse::{on_deep_stack, take_apart};

/// CPython's limit of brackets in brackets.
const BRACKETS_MAX: usize = 200;
/// CPython's limit of blocks in blocks, by indentation.
const INDENTATION_MAX: u32 = 99;

/// What nests too deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    Brackets,
    Indentation,
    /// The tree of an expression: brackets, prefixes, and the links of a chain of operators, calls and attributes.
    Expression,
}

/// What in `text` nests deeper than CPython takes it, and at which token; `expression_max` is the most levels that an
/// expression may have.
pub fn too_deep(text: &str, expression_max: u32) -> Option<(Nesting, usize)> {
    let mut lexer = lex(text, Mode::Module);
    // The links before each bracket that is open now, and their sum.
    let mut outer: Vec<u32> = Vec::new();
    let (mut below, mut links, mut indentation) = (0_u32, 0_u32, 0_u32);
    let mut in_parameters = false;
    for token_idx in 0.. {
        match lexer.next_token() {
            TokenKind::EndOfFile => break,
            TokenKind::Newline => {
                outer.clear();
                (below, links, in_parameters) = (0, 0, false);
            }
            TokenKind::Indent => indentation += 1,
            TokenKind::Dedent => indentation = indentation.saturating_sub(1),
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                outer.push(links + 1);
                below += links + 1;
                links = 0;
            }
            kind @ (TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace) => {
                let closed = outer.pop().unwrap_or_default();
                below -= closed;
                // A call or a subscript is a link of what follows; the braces of an f-string stand side by side.
                links = if kind == TokenKind::Rbrace { closed.saturating_sub(1) } else { closed };
            }
            TokenKind::Comma | TokenKind::Semi if !in_parameters => links = 0,
            TokenKind::Colon => in_parameters = false,
            TokenKind::Lambda => {
                links += 1;
                in_parameters = true;
            }
            kind if is_link(kind) => links += 1,
            _ => {}
        }
        if outer.len() > BRACKETS_MAX {
            return Some((Nesting::Brackets, token_idx));
        }
        if indentation > INDENTATION_MAX {
            return Some((Nesting::Indentation, token_idx));
        }
        if below + links > expression_max {
            return Some((Nesting::Expression, token_idx));
        }
    }
    None
}

/// The byte offset of a token of `text`.
pub fn token_start(text: &str, token_idx: usize) -> usize {
    let start = || {
        let parsed = parse_unchecked_source(text, PySourceType::Python);
        let start = parsed.tokens().get(token_idx).map(|token| token.start().to_usize());
        take_apart(parsed);
        start
    };
    on_deep_stack(text, start).flatten().unwrap_or_default()
}

fn is_link(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Plus
            | TokenKind::Minus
            | TokenKind::Star
            | TokenKind::DoubleStar
            | TokenKind::Slash
            | TokenKind::DoubleSlash
            | TokenKind::Percent
            | TokenKind::At
            | TokenKind::Vbar
            | TokenKind::Amper
            | TokenKind::CircumFlex
            | TokenKind::LeftShift
            | TokenKind::RightShift
            | TokenKind::Tilde
            | TokenKind::Dot
            | TokenKind::Not
            | TokenKind::Await
            | TokenKind::Else
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_levels_and_not_length() {
        let found = |text: &str| too_deep(&text.repeat(2000), 1000).map(|(nesting, _)| nesting);
        for deep in ["-", "a.b()+", "lambda a, b: ", "a if b else ", "a[1].b"] {
            assert_eq!(found(deep), Some(Nesting::Expression), "{deep}");
        }
        assert_eq!(found("f("), Some(Nesting::Brackets));
        for flat in
            ["a + b\n", "f(a, -b)\n", "[a.b, c],", "'a' ", "a = ", "if -a:\n    b\n", ")", "a < b < c and d ", "{a} "]
        {
            assert_eq!(found(flat), None, "{flat}");
        }
        let blocks = |count: usize| (0..count).map(|at| " ".repeat(at) + "if a:\n").collect::<String>();
        assert_eq!(too_deep(&blocks(100), 1000), None);
        assert_eq!(too_deep(&(blocks(101) + "b"), 1000).map(|(nesting, _)| nesting), Some(Nesting::Indentation));
        assert_eq!(too_deep(&("(".repeat(200) + "1" + &")".repeat(200)), 1000), None);
    }
}

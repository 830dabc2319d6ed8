//! Whether texts of one file differ in layout alone: white space, line breaks, quotes, trailing commas, needless brackets.
//!
//! Invariant: such texts have the same syntax tree and the same comments in the same order; what does not parse has neither.

use ruff_python_ast::ModModule;
use ruff_python_ast::comparable::ComparableModModule;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Parsed, parse_unchecked_source};
use ruff_text_size::Ranged;

use super::depth::too_deep;
use super::parse::{on_deep_stack, source_type, take_apart};
use crate::text::ProjectPath;

/// Longer texts are not compared: what is generated is not worth more parses.
const LENGTH_MAX: usize = 1 << 20;

/// Deeper trees are not compared: no person wrote them.
const DEPTH_MAX: u32 = 300;

/// Which of `news` differ from `old` in layout alone.
pub fn differs_in_layout(path: &ProjectPath, old: &str, news: &[&str]) -> Vec<bool> {
    let is_fit = |text: &str| text.len() <= LENGTH_MAX && too_deep(text, DEPTH_MAX).is_none();
    if !path.is_python() || !is_fit(old) {
        return vec![false; news.len()];
    }
    let kind = source_type(path);
    let compare = || {
        let known = parse_unchecked_source(old, kind);
        let is_same = |new: &&str| {
            if !is_fit(new) {
                return false;
            }
            let parsed = parse_unchecked_source(new, kind);
            let is_same = is_clean(&known) && is_clean(&parsed) && has_same_code((&known, old), (&parsed, new));
            take_apart(parsed);
            is_same
        };
        let found = news.iter().map(is_same).collect();
        take_apart(known);
        found
    };
    let longest = news.iter().copied().chain([old]).max_by_key(|text| text.matches("lambda").count()).unwrap_or(old);
    on_deep_stack(longest, compare).unwrap_or_else(|| vec![false; news.len()])
}

fn is_clean(parsed: &Parsed<ModModule>) -> bool {
    parsed.errors().is_empty()
}

fn has_same_code((old, old_text): (&Parsed<ModModule>, &str), (new, new_text): (&Parsed<ModModule>, &str)) -> bool {
    comments(old, old_text).eq(comments(new, new_text))
        && ComparableModModule::from(old.syntax()) == ComparableModModule::from(new.syntax())
}

fn comments<'t>(parsed: &'t Parsed<ModModule>, text: &'t str) -> impl Iterator<Item = &'t str> {
    let comments = parsed.tokens().iter().filter(|token| token.kind() == TokenKind::Comment);
    comments.map(|token| text.get(std::ops::Range::<usize>::from(token.range())).unwrap_or_default().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, is_layout: bool) {
        let path = ProjectPath::new("a.py").expect("a path");
        assert_eq!(differs_in_layout(&path, old, &[new]), [is_layout], "{new}");
    }

    #[test]
    fn layout_is_what_the_tree_does_not_hold() {
        let old = "x = f(a, 'b')  # why\nif x: g((1 + 2) * 3)\n";
        check(old, "x = f(\n    a,\n    \"b\",\n)  # why\nif x:\n\n    g((1 + 2) * (3))\n", true);
        check(old, "x = f(a, 'b')  # now\nif x: g((1 + 2) * 3)\n", false);
        check(old, "x = f(a, 'c')  # why\nif x: g((1 + 2) * 3)\n", false);
        check(old, "x = f(a, 'b')  # why\nif x: g(1 + 2 * 3)\n", false);
        check(old, "x = f(a, 'b',)  # why\nif x: g((1 + 2) * 3\n", false);
        check("def f(:\n", "def  f(:\n", false);
        check("x = 1,\n", "x = 1\n", false);
        check("if a:\n    b\n    c\n", "if a:\n    b\nc\n", false);
    }
}

//! Dotted module names: taken apart, looked for from a package, spelled relative to one, found in code.

use ruff_python_ast::token::{Token, TokenKind};
use ruff_text_size::Ranged;

use crate::index::{Import, Tree};
use crate::text::{ProjectPath, Span};

/// Package and last part: `a.b.c` is `a.b` and `c`.
pub(in crate::edit) fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or(("", name))
}

/// The package in which relative imports of a module are looked for.
pub(in crate::edit) fn package_of<'m>(path: &ProjectPath, module: &'m str) -> &'m str {
    if path.file_name() == "__init__.py" { module } else { split(module).0 }
}

/// What `from ..module import` means in a file of `package`; nothing where it leads out of all packages.
pub(in crate::edit) fn absolute(package: &str, level: u32, module: &str) -> Option<String> {
    if level == 0 {
        return Some(module.to_owned());
    }
    let parts: Vec<&str> = package.split('.').filter(|part| !part.is_empty()).collect();
    let kept = parts.len().checked_sub(level as usize - 1).filter(|kept| *kept > 0)?;
    let module = module.split('.').filter(|part| !part.is_empty());
    Some(parts[..kept].iter().copied().chain(module).collect::<Vec<_>>().join("."))
}

/// A module as an import spells it: relative to `here` where both are in one package, else whole.
pub(in crate::edit) fn spelled(module: &str, here: Option<&str>) -> String {
    let target: Vec<&str> = module.split('.').collect();
    let here: Vec<&str> = here.into_iter().flat_map(|here| here.split('.')).collect();
    let shared = here.iter().zip(&target).take_while(|(here, target)| here == target).count();
    if shared == 0 {
        return module.to_owned();
    }
    format!("{}{}", ".".repeat(here.len() - shared + 1), target[shared..].join("."))
}

/// Where `a.b` is used in code, imports aside, and whether `a` is used in another way as well.
pub(super) fn uses_of(tree: &Tree, text: &str, dotted: &str, imports: &[Import]) -> (Vec<Span>, bool) {
    let is_trivia = |token: &&Token| matches!(token.kind(), TokenKind::Comment | TokenKind::NonLogicalNewline);
    let tokens: Vec<&Token> = tree.tokens().into_iter().flatten().filter(|token| !is_trivia(token)).collect();
    let parts: Vec<&str> = dotted.split('.').collect();
    let range = |token: &Token| token.start().to_usize()..token.end().to_usize();
    let is_name = |at: usize, name: &str| {
        tokens.get(at).is_some_and(|token| token.kind() == TokenKind::Name && text.get(range(token)) == Some(name))
    };
    let is_dot = |at: usize| tokens.get(at).is_some_and(|token| token.kind() == TokenKind::Dot);
    let in_import = |at: usize| imports.iter().any(|import| import.span.contains(at));
    let (mut uses, mut is_used_otherwise) = (Vec::new(), false);
    for (at, token) in tokens.iter().enumerate() {
        let start = token.start().to_usize();
        if !is_name(at, parts[0]) || (at > 0 && is_dot(at - 1)) || in_import(start) {
            continue;
        }
        let last = at + 2 * (parts.len() - 1);
        let is_whole = parts.iter().enumerate().all(|(nth, part)| {
            let at = at + 2 * nth;
            is_name(at, part) && (nth == 0 || is_dot(at - 1))
        });
        match is_whole {
            true => uses.push(Span::new(start, tokens[last].end().to_usize())),
            false => is_used_otherwise = true,
        }
    }
    (uses, is_used_otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_where_they_led() {
        assert_eq!(absolute("a.b", 1, "c").as_deref(), Some("a.b.c"));
        assert_eq!(absolute("a.b", 2, "").as_deref(), Some("a"));
        assert_eq!(absolute("a", 2, "c"), None);
        assert_eq!(absolute("", 1, "c"), None);
        assert_eq!(spelled("a.b.c", Some("a.b")), ".c");
        assert_eq!(spelled("a.c", Some("a.b.d")), "...c");
        assert_eq!(spelled("a", Some("a.b")), "..");
        assert_eq!(spelled("x.c", Some("a")), "x.c");
        assert_eq!(spelled("x.c", None), "x.c");
    }
}

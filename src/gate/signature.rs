//! The text of a signature: the parameters of a function and whether it takes a call, the bases of a class.
//!
//! Knows nothing of types. Invariant: what it cannot read, it takes for accepting.

use ruff_python_ast::Arguments;

use crate::index::{Symbol, inside, listed, split};

/// Whether the first parameter is filled by what stands before the dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    Bound,
    Free,
}

/// What a call hands over.
pub(super) struct Shape {
    positional_count: usize,
    /// `*rows`, which may be any number.
    has_star: bool,
    keywords: Vec<String>,
    /// `**options`, which may be any names.
    has_double_star: bool,
}

impl Shape {
    pub(super) fn of(arguments: &Arguments) -> Self {
        Self {
            positional_count: arguments.args.iter().filter(|argument| !argument.is_starred_expr()).count(),
            has_star: arguments.args.iter().any(|argument| argument.is_starred_expr()),
            keywords: arguments.keywords.iter().filter_map(|keyword| Some(keyword.arg.as_ref()?.to_string())).collect(),
            has_double_star: arguments.keywords.iter().any(|keyword| keyword.arg.is_none()),
        }
    }

    /// How many values it hands over by place, at the least.
    pub(super) fn positional_count(&self) -> usize {
        self.positional_count
    }

    fn fits(&self, parameters: &Parameters<'_>, skipped: usize) -> bool {
        let positional = parameters.positional.get(skipped..).unwrap_or_default();
        if self.positional_count > positional.len() && !parameters.takes_more {
            return false;
        }
        let by_name_from = parameters.positional_only_count.saturating_sub(skipped).max(self.positional_count);
        let named = || positional.iter().skip(by_name_from).chain(&parameters.keyword_only);
        let takes = |keyword: &String| named().any(|parameter| parameter.name == keyword);
        if !parameters.takes_any_name && !self.keywords.iter().all(takes) {
            return false;
        }
        let is_given = |name: &str| self.has_double_star || self.keywords.iter().any(|keyword| keyword == name);
        let rest = positional.iter().skip(self.positional_count).filter(|_| !self.has_star);
        rest.chain(&parameters.keyword_only).all(|parameter| parameter.has_default || is_given(parameter.name))
    }
}

struct Parameter<'t> {
    name: &'t str,
    has_default: bool,
}

/// What stands between the parentheses of a definition.
#[derive(Default)]
struct Parameters<'t> {
    positional: Vec<Parameter<'t>>,
    positional_only_count: usize,
    keyword_only: Vec<Parameter<'t>>,
    /// `*args`
    takes_more: bool,
    /// `**options`
    takes_any_name: bool,
}

impl<'t> Parameters<'t> {
    /// Reads `(self, rows: list[Row], *, tax=0) -> int`; `None` for what is none.
    fn read(signature: &'t str) -> Option<Self> {
        let inner = inside(signature.strip_prefix('(')?)?;
        let mut read = Self::default();
        let mut after_star = false;
        for part in split(inner).map(str::trim).filter(|part| !part.is_empty()) {
            if part == "/" {
                read.positional_only_count = read.positional.len();
            } else if part.starts_with("**") {
                read.takes_any_name = true;
            } else if let Some(rest) = part.strip_prefix('*') {
                read.takes_more |= !rest.is_empty();
                after_star = true;
            } else {
                let name = part.split([':', '=', ' ', '\n']).next().unwrap_or_default();
                let parameter = Parameter { name, has_default: has_default(part) };
                if after_star { &mut read.keyword_only } else { &mut read.positional }.push(parameter);
            }
        }
        Some(read)
    }
}

/// The parameters of a signature by name, with their stars.
pub(super) fn parameter_names(signature: &str) -> Vec<&str> {
    listed(signature).map(|parameter| parameter.split([':', '=']).next().unwrap_or_default().trim()).collect()
}

/// Whether a parameter has a default: an `=` after its name and annotation.
fn has_default(part: &str) -> bool {
    let mut depth = 0_i32;
    part.chars().any(|c| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        depth == 0 && c == '='
    })
}

/// Decorators that leave a function's parameters as they are. What is overloaded takes what one of its signatures takes.
const TRANSPARENT: [&str; 14] = [
    "abstractmethod",
    "asynccontextmanager",
    "cache",
    "classmethod",
    "contextmanager",
    "coroutine",
    "deprecated",
    "final",
    "lru_cache",
    "overload",
    "override",
    "staticmethod",
    "no_type_check",
    "wraps",
];

/// Whether the function that `symbol` names takes a call of this shape.
pub(super) fn accepts(symbol: &Symbol, shape: &Shape, binding: Binding) -> bool {
    let names = || symbol.decorators.iter().map(|decorator| decorator.split('(').next().unwrap_or_default());
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    if !names().all(|name| TRANSPARENT.contains(&&*last(name))) {
        return true;
    }
    let Some(parameters) = Parameters::read(&symbol.signature) else { return true };
    let is_static = names().any(|name| last(name) == "staticmethod");
    let is_of_class = names().any(|name| last(name) == "classmethod");
    let skipped = usize::from((binding == Binding::Bound || is_of_class) && !is_static);
    shape.fits(&parameters, skipped)
}

/// Whether a function with the signature `new` takes each call that one with `old` takes, and returns the same: it has
/// `old`'s parameters as they were, and others that may be left out.
pub(super) fn takes_all_that(new: &str, old: &str) -> bool {
    let apart = |signature: &'_ str| -> Option<(Vec<String>, String)> {
        let inner = inside(signature.strip_prefix('(')?)?;
        let parts = split(inner).map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
        let rest = signature.get(inner.len() + 2..)?.trim();
        Some((parts.filter(|part| !part.is_empty()).collect(), rest.to_owned()))
    };
    let (Some((old, old_rest)), Some((new, new_rest))) = (apart(old), apart(new)) else { return false };
    let mut left = old.iter().peekable();
    let is_kept_or_optional = |part: &String| {
        if left.peek() == Some(&part) {
            left.next();
            return true;
        }
        let is_last = left.peek().is_none_or(|next| next.starts_with("**"));
        if part.starts_with('*') { is_last } else { has_default(part) }
    };
    new.iter().all(is_kept_or_optional) && left.peek().is_none() && old_rest == new_rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binds_as_python_does() {
        let shape = |positional_count: usize, keywords: &[&str]| Shape {
            positional_count,
            has_star: false,
            keywords: keywords.iter().map(ToString::to_string).collect(),
            has_double_star: false,
        };
        for (signature, positional_count, keywords, is_taken) in [
            ("(self, a, b=1) -> int", 1, &[][..], true),
            ("(self, a, b=1)", 0, &[], false),
            ("(self, a, b=1)", 3, &[], false),
            ("(self, a, b=1)", 1, &["a"], false),
            ("(self, a, *, b)", 1, &[], false),
            ("(self, a, *, b)", 1, &["b"], true),
            ("(self, a, /)", 0, &["a"], false),
            ("(self, *args)", 3, &[], true),
            ("(self, **kw)", 0, &["x"], true),
            ("(self, a)", 1, &["x"], false),
            ("(self, a: dict[str, int] = {1: (2, 3)}, b: 'x, y' = ')')", 0, &[], true),
            ("(\n    self,\n    a: Callable[[int], str],\n)", 1, &[], true),
        ] {
            let parameters = Parameters::read(signature).expect("parameters");
            assert_eq!(shape(positional_count, keywords).fits(&parameters, 1), is_taken, "{signature}");
        }
        let parameters = Parameters::read("(a, b)").expect("parameters");
        assert!(shape(2, &[]).fits(&parameters, 0) && !shape(2, &[]).fits(&parameters, 1));
        assert!(Shape { has_star: true, ..shape(0, &[]) }.fits(&parameters, 0));
        assert!(Shape { has_double_star: true, ..shape(0, &[]) }.fits(&parameters, 0));
        assert!(Parameters::read("").is_none());
    }

    #[test]
    fn a_wider_signature_takes_all_calls_of_the_narrower() {
        for (old, new, is_wider) in [
            ("(a)", "(a, b=1)", true),
            ("(a)", "(\n    a,\n    b: int = 1,\n)", true),
            ("(a, *, c)", "(a, b=1, *, c, d=None)", true),
            ("(a)", "(a, *args, **options)", true),
            ("(a, **options)", "(a, *args, **options)", true),
            ("(a)", "(a, *, b=1)", true),
            ("(self) -> int", "(self, a=0) -> int", true),
            ("(self) -> int", "(self, a=0) -> str", false),
            ("(a)", "(a, b)", false),
            ("(a, b=1)", "(a)", false),
            ("(a, b=1)", "(a, b)", false),
            ("(a, b)", "(b, a)", false),
            ("(a, b)", "(a, *, b)", false),
            ("(a, b)", "(a, *rest, b)", false),
            ("(a, b)", "(a, /, b)", false),
            ("(a: int)", "(a: str)", false),
            ("(a, *args)", "(a)", false),
            ("", "(a)", false),
        ] {
            assert_eq!(takes_all_that(new, old), is_wider, "{old} -> {new}");
        }
    }

    #[test]
    fn parameters_are_told_with_their_stars() {
        let signature = "(self, a: dict[str, int] = {}, *rest, b=(1, 2), **more) -> None";
        assert_eq!(parameter_names(signature), ["self", "a", "*rest", "b", "**more"]);
        assert_eq!(parameter_names("()"), [""]);
    }
}

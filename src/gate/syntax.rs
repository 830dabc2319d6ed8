//! What CPython's compiler refuses: the engine's parser and scope checks, and what they let through.
//!
//! Knows nothing of types and of what a change introduces. Invariant: as strict as `compile()` of the project's Python
//! version, never stricter.

mod gaps;
mod promise;
mod type_scopes;
mod wording;

pub(super) use promise::{DECLARATIONS, newer, oldest};
use ruff_python_ast::{PythonVersion, Stmt};
use ruff_text_size::{TextRange, TextSize};

use super::found::Found;
use crate::index::{Nesting, token_start, too_deep};

/// The code of text that is no Python of the project's version.
pub(super) const SYNTAX: &str = "invalid-syntax";
/// The code of text that is Python 2.
pub(super) const OBSOLETE: &str = "obsolete-syntax";

/// What nests deeper is no Python of any version, and is kept from the engine.
pub(super) const EXPRESSION_DEPTH_MAX: u32 = 6000;

/// Whether a code is one of this layer.
pub(super) fn is_syntax(code: &str) -> bool {
    matches!(code, SYNTAX | OBSOLETE)
}

/// One place that is wrong, and the sentence of whoever says so.
struct Wrong {
    range: TextRange,
    message: String,
}

/// One file as the parser sees it.
pub(super) struct Parsed<'a> {
    pub(super) body: &'a [Stmt],
    pub(super) text: &'a str,
    pub(super) version: PythonVersion,
    /// Where the cells of a notebook start; of another file, nowhere.
    pub(super) cells: Vec<TextSize>,
}

impl Parsed<'_> {
    /// All that is wrong; `told` is what the engine's parser and its scope checks say.
    pub(super) fn wrong(&self, told: impl Iterator<Item = (TextRange, String)>) -> Vec<Found> {
        let told = told.map(|(range, message)| Wrong { range, message }).filter(|wrong| wording::holds(self, wrong));
        let mut wrong: Vec<Wrong> = told.collect();
        wrong.extend(gaps::gaps(self.body, self.text, self.version));
        wrong.sort_by_key(|wrong| wrong.range.start());
        wrong.into_iter().map(|wrong| wording::found(self, wrong)).collect()
    }
}

/// How deep an expression may nest: the compiler's own recursion is bounded by 3 for each of 1,000 frames, and since 3.13
/// by the parser alone.
pub(super) fn expression_max(version: PythonVersion) -> u32 {
    if version >= PythonVersion::PY313 { EXPRESSION_DEPTH_MAX } else { 2_980 }
}

/// What nests too deep for a parser: nothing else can be said of such a text, and the engine must not see it.
pub(super) fn depth(text: &str, version: PythonVersion) -> Option<Found> {
    let (nesting, token_idx) = too_deep(text, expression_max(version))?;
    let start = u32::try_from(token_start(text, token_idx)).unwrap_or_default();
    let message = match nesting {
        Nesting::Brackets => "Too many nested parentheses.",
        Nesting::Indentation => "Too many levels of indentation.",
        Nesting::Expression => "This expression is nested too deep for Python; build it in steps.",
    };
    Some(Found { rule: SYNTAX, start, end: start, message: message.to_owned() })
}

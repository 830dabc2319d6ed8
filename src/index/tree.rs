//! A file's syntax tree for whoever has to look closer than a [`super::FileStructure`] does.
//!
//! Knows nothing of what is looked for. Invariant: a tree is freed without a deep stack, however deep it is.

use ruff_python_ast::token::Tokens;
use ruff_python_ast::{ModModule, Stmt};
use ruff_python_parser::{Parsed, parse_unchecked_source};

use super::parse::{on_deep_stack, source_type, take_apart};
use crate::text::ProjectPath;

/// The statements and tokens of one text.
pub struct Tree(Option<Parsed<ModModule>>);

impl Tree {
    /// Parses `text` as the file at `path`; text that does not parse is there as far as it was understood.
    pub fn parse(path: &ProjectPath, text: &str) -> Self {
        let kind = source_type(path);
        Self(on_deep_stack(text, || parse_unchecked_source(text, kind)))
    }

    pub fn body(&self) -> &[Stmt] {
        self.0.as_ref().map_or(&[], |parsed| &parsed.syntax().body)
    }

    /// `None` where the text is nested deeper than any program.
    pub fn tokens(&self) -> Option<&Tokens> {
        self.0.as_ref().map(Parsed::tokens)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let Some(parsed) = self.0.take() {
            take_apart(parsed);
        }
    }
}

//! From a text to its file structure: recognised where it is certainly right, else by one walk over the statements of the
//! parser's tree, of which nothing is kept.
//!
//! Invariant: lines and qualified names are those of CPython's `ast`, whatever else is in the file; what stands
//! around a broken place is still found.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{ModModule, PySourceType, PythonVersion, Stmt};
use ruff_python_parser::{ParseError, ParseOptions, Parsed, parse_unchecked, parse_unchecked_source};
use ruff_text_size::{Ranged, TextRange};

mod call;
mod compound;
mod expression;
mod fstring;
mod lexer;
mod line_cursor;
mod outline;
mod pattern;
mod recogniser;
mod source;
mod stack;
mod statement;
mod token;
mod usage;
mod walk;
mod whole_file;

use outline::Outlined;

use stack::STATEMENT_TOKENS_MAX;
pub(super) use stack::{on_deep_stack, take_apart};
use walk::{Walk, Walked};
pub(super) use whole_file::recognise;

use super::{FileStructure, SyntaxFault};
use crate::text::{LineIndex, ProjectPath, Span};

pub(super) fn parse(path: &ProjectPath, text: &str) -> FileStructure {
    let is_source = source_type(path) != PySourceType::Ipynb;
    is_source.then(|| recognise(text)).flatten().unwrap_or_else(|| parse_by_tree(path, text))
}

pub(super) fn parse_by_tree(path: &ProjectPath, text: &str) -> FileStructure {
    on_deep_stack(text, || parse_here(path, text)).unwrap_or_else(|| {
        let fault = SyntaxFault { line: 1, span: Span::empty(0), message: "too many nested lambdas".into() };
        let line_count = LineIndex::new(text).line_count();
        FileStructure { faults: vec![fault], line_count, ..FileStructure::default() }
    })
}

/// What a file's code is read as: by its name.
pub(super) fn source_type(path: &ProjectPath) -> PySourceType {
    match path.extension() {
        "pyi" => PySourceType::Stub,
        "ipynb" => PySourceType::Ipynb,
        _ => PySourceType::Python,
    }
}

fn parse_here(path: &ProjectPath, text: &str) -> FileStructure {
    let kind = source_type(path);
    let mut parsed = parse_as(text, kind, PythonVersion::PY37);
    let faults = if parsed.errors().is_empty() { Vec::new() } else { faults(&parsed, &LineIndex::new(text)) };
    let has_newer_syntax = !parsed.unsupported_syntax_errors().is_empty();
    if let Some(mended) = mended(text, &parsed) {
        take_apart(std::mem::replace(&mut parsed, parse_unchecked_source(&mended, kind)));
    }
    let mut walk = Walk::new(text, parsed.tokens());
    walk.statements(&parsed.syntax().body, 0);
    let Walked { outlined: Outlined { symbols, imports, line_count }, own_bytes_max } = walk.finish();
    let docstring_span = docstring(&parsed.syntax().body);
    // A token has a byte at least.
    if faults.is_empty() && own_bytes_max < STATEMENT_TOKENS_MAX {
        drop(parsed);
    } else {
        take_apart(parsed);
    }
    FileStructure { symbols, imports, faults, line_count, docstring_span, has_newer_syntax }
}

/// The tree is the same for every version; what `version` does not have yet is told beside it.
pub(super) fn parse_as(text: &str, kind: PySourceType, version: PythonVersion) -> Parsed<ModModule> {
    let parsed = parse_unchecked(text, ParseOptions::from(kind).with_target_version(version));
    // A source is never anything but a module.
    parsed.try_into_module().unwrap_or_else(|| parse_unchecked_source(text, kind))
}

/// A text of the same length in which the parser finds the definitions behind a half-typed `{`: it would take the
/// word after the brace for an element and so lose what that word opens. With a number in its place nothing is open.
fn mended(text: &str, parsed: &Parsed<ModModule>) -> Option<String> {
    if parsed.errors().is_empty() {
        return None;
    }
    let mut braces = Vec::new();
    let mut brace = None;
    for token in parsed.tokens() {
        match token.kind() {
            TokenKind::Lbrace => brace = Some(token.start().to_usize()),
            TokenKind::Def | TokenKind::Class | TokenKind::Async | TokenKind::At => braces.extend(brace.take()),
            TokenKind::Comment
            | TokenKind::NonLogicalNewline
            | TokenKind::Newline
            | TokenKind::Indent
            | TokenKind::Dedent => {}
            _ => brace = None,
        }
    }
    if braces.is_empty() {
        return None;
    }
    let mut mended = text.to_owned();
    for brace in braces {
        mended.replace_range(brace..=brace, "0");
    }
    Some(mended)
}

fn span(range: TextRange) -> Span {
    Span::new(range.start().to_usize(), range.end().to_usize())
}

fn faults(parsed: &Parsed<ModModule>, lines: &LineIndex) -> Vec<SyntaxFault> {
    let fault = |error: &ParseError| {
        let message = error.error.to_string();
        // The end of the file is no place to mend anything: the bracket is.
        match message.contains("EOF").then(|| unclosed(parsed)).flatten() {
            Some((bracket, place)) => SyntaxFault {
                line: lines.line(place.start().to_usize()),
                span: span(place),
                message: format!("'{bracket}' was never closed").into(),
            },
            None => SyntaxFault {
                line: lines.line(error.location.start().to_usize()),
                span: span(error.location),
                message: message.into(),
            },
        }
    };
    let mut faults: Vec<SyntaxFault> = parsed.errors().iter().map(fault).collect();
    faults.sort_by_key(|fault| fault.span);
    faults
}

/// The innermost bracket that is open at the end of the file.
fn unclosed(parsed: &Parsed<ModModule>) -> Option<(char, TextRange)> {
    let mut open: Vec<(char, TextRange)> = Vec::new();
    for token in parsed.tokens() {
        match token.kind() {
            TokenKind::Lpar => open.push(('(', token.range())),
            TokenKind::Lsqb => open.push(('[', token.range())),
            TokenKind::Lbrace => open.push(('{', token.range())),
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}

fn docstring(body: &[Stmt]) -> Option<Span> {
    match body.first()? {
        Stmt::Expr(statement) if statement.value.is_string_literal_expr() => Some(span(statement.range)),
        _ => None,
    }
}

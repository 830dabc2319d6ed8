//! From the parser's tree to a file structure: one walk over the statements, nothing of the tree is kept.
//!
//! Invariant: lines and qualified names are those of CPython's `ast`, whatever else is in the file; what stands
//! around a broken place is still found.

use std::thread;

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_ast::{
    Alias, Decorator, ExceptHandler, Expr, Identifier, ModModule, PySourceType, PythonVersion, Stmt, StmtClassDef,
    StmtFunctionDef,
};
use ruff_python_parser::{ParseError, ParseOptions, Parsed, parse_unchecked, parse_unchecked_source};
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::FxHashSet;

mod source;

use source::Source;

use super::{FileStructure, Import, ImportedName, Symbol, SymbolId, SymbolKind, SyntaxFault};
use crate::text::{LineIndex, ProjectPath, Span};

/// CPython takes no more than 100 levels of indentation; what is deeper is no program.
const STATEMENT_DEPTH_MAX: u32 = 200;

/// A statement of more tokens may be an expression nested so deep that taking its tree apart would overflow a
/// usual stack.
const STATEMENT_TOKENS_MAX: u32 = 4_000;

/// The parser guards its stack except where a lambda's default is a lambda; so many of them fit into any stack.
const LAMBDAS_MAX: usize = 500;

pub(super) fn parse(path: &ProjectPath, text: &str) -> FileStructure {
    on_deep_stack(text, || parse_here(path, text)).unwrap_or_else(|| {
        let fault = SyntaxFault { line: 1, span: Span::empty(0), message: "too many nested lambdas".into() };
        let line_count = LineIndex::new(text).line_count();
        FileStructure { faults: vec![fault], line_count, ..FileStructure::default() }
    })
}

/// Does `work`, which parses `text`, on a stack that is deep enough for it; nothing where no stack would be.
pub(super) fn on_deep_stack<T: Send>(text: &str, work: impl FnOnce() -> T + Send) -> Option<T> {
    let lambda_count = text.matches("lambda").count();
    if lambda_count <= LAMBDAS_MAX {
        return Some(work());
    }
    if lambda_count >= LAMBDAS_MAX * 200 {
        return None;
    }
    // Perhaps nested, perhaps a long table: a stack for the worst, of which only what is used is taken.
    let stack_bytes = (lambda_count * 8192).clamp(16 << 20, 1 << 30);
    thread::scope(|scope| thread::Builder::new().stack_size(stack_bytes).spawn_scoped(scope, work).ok()?.join().ok())
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
    let lines = LineIndex::new(text);
    let mut parsed = parse_as(text, kind, PythonVersion::PY37);
    let faults = faults(&parsed, &lines);
    let has_newer_syntax = !parsed.unsupported_syntax_errors().is_empty();
    if let Some(mended) = mended(text, &parsed) {
        take_apart(std::mem::replace(&mut parsed, parse_unchecked_source(&mended, kind)));
    }
    let mut walk = Walk::new(text, &lines, parsed.tokens());
    walk.statements(&parsed.syntax().body, 0);
    let structure = FileStructure {
        symbols: walk.symbols,
        imports: walk.imports,
        faults,
        line_count: lines.line_count(),
        docstring_span: docstring(&parsed.syntax().body),
        has_newer_syntax,
    };
    take_apart(parsed);
    structure
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

/// Frees the tree; on a thread of its own where that could recurse too deep for this one.
pub(super) fn take_apart(parsed: Parsed<ModModule>) {
    let (mut token_count, mut token_count_max) = (0u32, 0u32);
    let (mut depth, mut depth_max) = (0u32, 0u32);
    for token in parsed.tokens() {
        match token.kind() {
            TokenKind::Newline => token_count = 0,
            TokenKind::Indent => depth += 1,
            TokenKind::Dedent => depth = depth.saturating_sub(1),
            _ => token_count += 1,
        }
        token_count_max = token_count_max.max(token_count);
        depth_max = depth_max.max(depth);
    }
    if token_count_max > STATEMENT_TOKENS_MAX || depth_max > STATEMENT_DEPTH_MAX {
        // At most half a kilobyte of stack for each token; the pages are only taken when they are used.
        let stack_bytes = (parsed.tokens().len() * 512).clamp(16 << 20, 4 << 30);
        // When no thread can be had, the tree has gone with the closure that was refused.
        if let Ok(worker) = thread::Builder::new().stack_size(stack_bytes).spawn(move || drop(parsed)) {
            let _ = worker.join();
        }
    }
}

/// Where the walk is.
#[derive(Clone, Copy)]
struct Scope {
    symbol: Option<SymbolId>,
    in_function: bool,
    is_conditional: bool,
}

struct Walk<'a> {
    text: &'a str,
    lines: &'a LineIndex,
    source: Source<'a>,
    symbols: Vec<Symbol>,
    imports: Vec<Import>,
    /// What is bound already at module and class level: a variable is listed once, and not beside a definition.
    bound: FxHashSet<(Option<SymbolId>, &'a str)>,
    scope: Scope,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str, lines: &'a LineIndex, tokens: &'a Tokens) -> Self {
        Self {
            text,
            lines,
            source: Source { text, tokens },
            symbols: Vec::new(),
            imports: Vec::new(),
            bound: FxHashSet::default(),
            scope: Scope { symbol: None, in_function: false, is_conditional: false },
        }
    }

    fn statements(&mut self, body: &[Stmt], depth: u32) {
        if depth > STATEMENT_DEPTH_MAX {
            return;
        }
        for statement in body {
            self.statement(statement, depth + 1);
        }
    }

    /// The blocks of a compound statement.
    fn branches<'s>(&mut self, blocks: impl IntoIterator<Item = &'s [Stmt]>, depth: u32) {
        let outer = self.scope.is_conditional;
        self.scope.is_conditional = true;
        for block in blocks {
            self.statements(block, depth);
        }
        self.scope.is_conditional = outer;
    }

    fn statement(&mut self, statement: &Stmt, depth: u32) {
        match statement {
            Stmt::FunctionDef(node) => self.function(node, depth),
            Stmt::ClassDef(node) => self.class(node, depth),
            Stmt::Import(node) => self.import(None, 0, &node.names, node.range),
            Stmt::ImportFrom(node) => {
                let module = node.module.as_ref().map_or("", |module| module.as_str());
                self.import(Some(module), node.level, &node.names, node.range);
            }
            Stmt::Assign(node) => {
                for target in &node.targets {
                    self.target(target, node.range);
                }
            }
            Stmt::AnnAssign(node) => self.target(&node.target, node.range),
            Stmt::TypeAlias(node) => self.target(&node.name, node.range),
            Stmt::If(node) => {
                let clauses = node.elif_else_clauses.iter().map(|clause| &*clause.body);
                self.branches(std::iter::once(&*node.body).chain(clauses), depth);
            }
            Stmt::For(node) => self.branches([&*node.body, &*node.orelse], depth),
            Stmt::While(node) => self.branches([&*node.body, &*node.orelse], depth),
            Stmt::With(node) => self.branches([&*node.body], depth),
            Stmt::Match(node) => self.branches(node.cases.iter().map(|case| &*case.body), depth),
            Stmt::Try(node) => {
                let handlers = node.handlers.iter().map(|ExceptHandler::ExceptHandler(handler)| &*handler.body);
                let rest = [&*node.orelse, &*node.finalbody];
                self.branches(std::iter::once(&*node.body).chain(handlers).chain(rest), depth);
            }
            _ => {}
        }
    }

    fn function(&mut self, node: &StmtFunctionDef, depth: u32) {
        let is_method = self.parent().is_some_and(|parent| parent.kind == SymbolKind::Class);
        let head_end = node.returns.as_ref().map_or(node.parameters.range.end(), |returns| returns.range().end());
        let definition = Definition {
            kind: if is_method { SymbolKind::Method } else { SymbolKind::Function },
            name: &node.name,
            range: node.range,
            decorators: &node.decorator_list,
            head_end: head_end.to_usize(),
            body: &node.body,
            is_async: node.is_async,
        };
        self.definition(&definition, depth);
    }

    fn class(&mut self, node: &StmtClassDef, depth: u32) {
        let head_end = match (&node.arguments, &node.type_params) {
            (Some(arguments), _) => arguments.range.end(),
            (None, Some(parameters)) => parameters.range.end(),
            (None, None) => node.name.range.end(),
        };
        let definition = Definition {
            kind: SymbolKind::Class,
            name: &node.name,
            range: node.range,
            decorators: &node.decorator_list,
            head_end: head_end.to_usize(),
            body: &node.body,
            is_async: false,
        };
        self.definition(&definition, depth);
    }

    fn definition(&mut self, definition: &Definition<'_>, depth: u32) {
        let name_span = span(definition.name.range);
        // The parser has brought it to the form in which Python compares names.
        let name = definition.name.as_str();
        // `def` without a name: a line that is being typed.
        if name.is_empty() {
            return self.statements(definition.body, depth);
        }
        let whole = span(definition.range);
        let decorators = definition.decorators;
        let start = decorators
            .last()
            .map_or(whole.range().start, |last| self.source.keyword_after(last.range.end().to_usize()));
        let body_span = match (definition.body.first(), definition.body.last()) {
            (Some(first), Some(last)) => Span::new(first.range().start().to_usize(), last.range().end().to_usize()),
            _ => Span::empty(whole.end as usize),
        };
        let id = self.symbols.len() as SymbolId;
        self.symbols.push(Symbol {
            kind: definition.kind,
            name: name.into(),
            qualname: self.qualname(name),
            parent: self.scope.symbol,
            line: self.lines.line(start),
            decorator_line: decorators
                .first()
                .map(|first| self.lines.line(first.expression.range().start().to_usize())),
            end_line: self.lines.line((whole.end as usize).saturating_sub(1).max(start)),
            span: whole,
            name_span,
            body_span,
            is_async: definition.is_async,
            signature: self.source.signature(name_span.end as usize, definition.head_end, whole.end as usize),
            decorators: decorators.iter().map(|decorator| self.source.decorator(span(decorator.range))).collect(),
            is_conditional: self.scope.is_conditional,
        });
        self.bound.insert((self.scope.symbol, &self.text[name_span.range()]));
        let in_function = self.scope.in_function || definition.kind != SymbolKind::Class;
        let inner = Scope { symbol: Some(id), in_function, is_conditional: false };
        let outer = std::mem::replace(&mut self.scope, inner);
        self.statements(definition.body, depth);
        self.scope = outer;
    }

    fn import(&mut self, module: Option<&str>, level: u32, names: &[Alias], range: TextRange) {
        let span = span(range);
        self.imports.push(Import {
            module: module.map(Into::into),
            level,
            names: names
                .iter()
                .map(|alias| ImportedName {
                    name: alias.name.as_str().into(),
                    alias: alias.asname.as_ref().map(|name| name.as_str().into()),
                })
                .collect(),
            line: self.lines.line(span.start as usize),
            span,
            is_top_level: self.scope.symbol.is_none(),
            is_conditional: self.scope.is_conditional,
        });
    }

    /// The names bound by one target of an assignment at module or class level.
    fn target(&mut self, target: &Expr, statement: TextRange) {
        if self.parent().is_some_and(|parent| parent.kind != SymbolKind::Class) {
            return;
        }
        match target {
            Expr::Name(name) => self.variable(name.range, statement),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|element| self.target(element, statement)),
            Expr::List(list) => list.elts.iter().for_each(|element| self.target(element, statement)),
            Expr::Starred(starred) => self.target(&starred.value, statement),
            _ => {}
        }
    }

    fn variable(&mut self, name: TextRange, statement: TextRange) {
        let name_span = span(name);
        let name = &self.text[name_span.range()];
        if name.is_empty() || !self.bound.insert((self.scope.symbol, name)) {
            return;
        }
        let whole = span(statement);
        self.symbols.push(Symbol {
            kind: SymbolKind::Variable,
            name: name.into(),
            qualname: self.qualname(name),
            parent: self.scope.symbol,
            line: self.lines.line(whole.start as usize),
            decorator_line: None,
            end_line: self.lines.line((whole.end as usize).saturating_sub(1)),
            span: whole,
            name_span,
            body_span: Span::empty(whole.end as usize),
            is_async: false,
            signature: "".into(),
            decorators: Box::default(),
            is_conditional: self.scope.is_conditional,
        });
    }

    fn parent(&self) -> Option<&Symbol> {
        self.scope.symbol.map(|id| &self.symbols[id as usize])
    }

    fn qualname(&self, name: &str) -> Box<str> {
        match self.parent() {
            None => name.into(),
            Some(parent) if parent.kind == SymbolKind::Class => format!("{}.{name}", parent.qualname).into(),
            Some(parent) => format!("{}.<locals>.{name}", parent.qualname).into(),
        }
    }
}

/// What functions and classes have in common.
struct Definition<'n> {
    kind: SymbolKind,
    name: &'n Identifier,
    range: TextRange,
    decorators: &'n [Decorator],
    head_end: usize,
    body: &'n [Stmt],
    is_async: bool,
}

//! The walk over the statements of a tree that finds symbols and imports.

use ruff_python_ast::token::Tokens;
use ruff_python_ast::{Alias, Decorator, ExceptHandler, Expr, Identifier, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::FxHashSet;

use super::line_cursor::LineCursor;
use super::source::Source;
use super::span;
use super::stack::STATEMENT_DEPTH_MAX;
use crate::index::spelling::{Spelling, Spellings};
use crate::index::{Import, ImportedName, Symbol, SymbolId, SymbolKind};
use crate::text::Span;

/// Where the walk is.
#[derive(Clone, Copy)]
struct Scope {
    symbol: Option<SymbolId>,
    in_function: bool,
    is_conditional: bool,
}

pub(super) struct Walk<'a> {
    text: &'a str,
    lines: LineCursor<'a>,
    source: Source<'a>,
    symbols: Vec<Symbol>,
    imports: Vec<Import>,
    spellings: Spellings,
    /// What is bound already at module and class level: a variable is listed once, and not beside a definition.
    bound: FxHashSet<(Option<SymbolId>, &'a str)>,
    scope: Scope,
    /// The bytes of the statements that were walked so far, and the most that one has besides those within it.
    walked_bytes: usize,
    own_bytes_max: usize,
}

/// What a walk found.
pub(super) struct Walked {
    pub(super) symbols: Vec<Symbol>,
    pub(super) imports: Vec<Import>,
    pub(super) line_count: u32,
    /// No statement has more bytes than this, those within it aside.
    pub(super) own_bytes_max: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(text: &'a str, tokens: &'a Tokens) -> Self {
        Self {
            text,
            lines: LineCursor::new(text),
            source: Source { text, tokens },
            symbols: Vec::new(),
            imports: Vec::new(),
            spellings: Spellings::default(),
            bound: FxHashSet::default(),
            scope: Scope { symbol: None, in_function: false, is_conditional: false },
            walked_bytes: 0,
            own_bytes_max: 0,
        }
    }

    pub(super) fn statements(&mut self, body: &[Stmt], depth: u32) {
        if depth > STATEMENT_DEPTH_MAX {
            return;
        }
        for statement in body {
            let before = self.walked_bytes;
            self.statement(statement, depth + 1);
            let len = statement.range().len().to_usize();
            self.own_bytes_max = self.own_bytes_max.max(len.saturating_sub(self.walked_bytes - before));
            self.walked_bytes = before + len;
        }
    }

    pub(super) fn finish(mut self) -> Walked {
        self.spellings.finish();
        // They are held for as long as the file stays as it is.
        self.symbols.shrink_to_fit();
        self.imports.shrink_to_fit();
        let line_count = self.lines.line_count();
        Walked { symbols: self.symbols, imports: self.imports, line_count, own_bytes_max: self.own_bytes_max }
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
        let (qualname, name) = self.qualified(name);
        let (source, spellings) = (self.source, &mut self.spellings);
        let signature = source.signature(spellings, name_span.end as usize, definition.head_end, whole.end as usize);
        let decorators_of = decorators.iter().map(|decorator| source.decorator(spellings, span(decorator.range)));
        let spelled_decorators = decorators_of.collect();
        self.symbols.push(Symbol {
            kind: definition.kind,
            name,
            qualname,
            parent: self.scope.symbol,
            decorator_line: decorators
                .first()
                .map(|first| self.lines.line(first.expression.range().start().to_usize())),
            line: self.lines.line(start),
            // Told when its body has been walked: lines are found in the order in which they stand.
            end_line: 0,
            span: whole,
            name_span,
            body_span,
            is_async: definition.is_async,
            signature,
            decorators: spelled_decorators,
            is_conditional: self.scope.is_conditional,
        });
        self.bound.insert((self.scope.symbol, &self.text[name_span.range()]));
        let in_function = self.scope.in_function || definition.kind != SymbolKind::Class;
        let inner = Scope { symbol: Some(id), in_function, is_conditional: false };
        let outer = std::mem::replace(&mut self.scope, inner);
        self.statements(definition.body, depth);
        self.scope = outer;
        self.symbols[id as usize].end_line = self.lines.line((whole.end as usize).saturating_sub(1).max(start));
    }

    fn import(&mut self, module: Option<&str>, level: u32, names: &[Alias], range: TextRange) {
        let span = span(range);
        let spellings = &mut self.spellings;
        let module = module.map(|module| spellings.add(module));
        let imported = |alias: &Alias| ImportedName {
            name: spellings.add(alias.name.as_str()),
            alias: alias.asname.as_ref().map(|name| spellings.add(name.as_str())),
        };
        let names = names.iter().map(imported).collect();
        self.imports.push(Import {
            module,
            level,
            names,
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
        let (qualname, name) = self.qualified(name);
        self.symbols.push(Symbol {
            kind: SymbolKind::Variable,
            name,
            qualname,
            parent: self.scope.symbol,
            line: self.lines.line(whole.start as usize),
            decorator_line: None,
            end_line: self.lines.line((whole.end as usize).saturating_sub(1)),
            span: whole,
            name_span,
            body_span: Span::empty(whole.end as usize),
            is_async: false,
            signature: self.spellings.add(""),
            decorators: Box::default(),
            is_conditional: self.scope.is_conditional,
        });
    }

    fn parent(&self) -> Option<&Symbol> {
        self.scope.symbol.map(|id| &self.symbols[id as usize])
    }

    /// The qualified name of what is called `name` here, and its name.
    fn qualified(&mut self, name: &str) -> (Spelling, Spelling) {
        let parent = self.scope.symbol.map(|id| &self.symbols[id as usize]);
        let joint = |kind| if kind == SymbolKind::Class { "." } else { ".<locals>." };
        self.spellings.qualified(parent.map(|parent| (&parent.qualname, joint(parent.kind))), name)
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

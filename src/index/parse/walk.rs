//! The walk over the statements of a tree that finds symbols and imports.

use super::outline::{Head, Outline, Outlined};
use super::source::Source;
use super::span;
use super::stack::STATEMENT_DEPTH_MAX;
use crate::index::ImportedName;
use crate::text::Span;
use ruff_python_ast::token::Tokens;
use ruff_python_ast::{Alias, Decorator, ExceptHandler, Expr, Identifier, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};

pub(super) struct Walk<'a> {
    outline: Outline<'a>,
    source: Source<'a>,
    /// The bytes of the statements that were walked so far, and the most that one has besides those within it.
    walked_bytes: usize,
    own_bytes_max: usize,
}

/// What a walk found.
pub(super) struct Walked {
    pub(super) outlined: Outlined,
    /// No statement has more bytes than this, those within it aside.
    pub(super) own_bytes_max: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(text: &'a str, tokens: &'a Tokens) -> Self {
        Self { outline: Outline::new(text), source: Source { text, tokens }, walked_bytes: 0, own_bytes_max: 0 }
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

    pub(super) fn finish(self) -> Walked {
        Walked { outlined: self.outline.finish(), own_bytes_max: self.own_bytes_max }
    }

    /// The blocks of a compound statement.
    fn branches<'s>(&mut self, blocks: impl IntoIterator<Item = &'s [Stmt]>, depth: u32) {
        let outer = self.outline.branch();
        for block in blocks {
            self.statements(block, depth);
        }
        self.outline.put_back(outer);
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
        let head_end = node.returns.as_ref().map_or(node.parameters.range.end(), |returns| returns.range().end());
        let definition = Definition {
            is_class: false,
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
            is_class: true,
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
        let body = match (definition.body.first(), definition.body.last()) {
            (Some(first), Some(last)) => Span::new(first.range().start().to_usize(), last.range().end().to_usize()),
            _ => Span::empty(whole.end as usize),
        };
        let (source, spellings) = (self.source, &mut self.outline.spellings);
        let signature = source.signature(spellings, name_span.end as usize, definition.head_end, whole.end as usize);
        let decorators_of = decorators.iter().map(|decorator| source.decorator(spellings, span(decorator.range)));
        let head = Head {
            is_class: definition.is_class,
            is_async: definition.is_async,
            name,
            name_span,
            start,
            signature,
            decorators: decorators_of.collect(),
            decorated_at: decorators.first().map(|first| first.expression.range().start().to_usize()),
        };
        let opened = self.outline.open(head);
        self.statements(definition.body, depth);
        self.outline.close(opened, whole, body);
    }

    fn import(&mut self, module: Option<&str>, level: u32, names: &[Alias], range: TextRange) {
        let spellings = &mut self.outline.spellings;
        let module = module.map(|module| spellings.add(module));
        let imported = |alias: &Alias| ImportedName {
            name: spellings.add(alias.name.as_str()),
            alias: alias.asname.as_ref().map(|name| spellings.add(name.as_str())),
        };
        let names = names.iter().map(imported).collect();
        self.outline.import(module, level, names, span(range));
    }

    /// The names bound by one target of an assignment at module or class level.
    fn target(&mut self, target: &Expr, statement: TextRange) {
        if !self.outline.takes_variables() {
            return;
        }
        match target {
            Expr::Name(name) => self.outline.variable(span(name.range), span(statement)),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|element| self.target(element, statement)),
            Expr::List(list) => list.elts.iter().for_each(|element| self.target(element, statement)),
            Expr::Starred(starred) => self.target(&starred.value, statement),
            _ => {}
        }
    }
}

/// What functions and classes have in common.
struct Definition<'n> {
    is_class: bool,
    name: &'n Identifier,
    range: TextRange,
    decorators: &'n [Decorator],
    head_end: usize,
    body: &'n [Stmt],
    is_async: bool,
}

//! What a file structure is put together from, definition by definition, in source order.
//!
//! Knows nothing of how the statements are found. Invariant: what stands in a scope is told between its opening and its
//! closing.

use rustc_hash::FxHashSet;

use super::line_cursor::LineCursor;
use crate::index::spelling::{Spelling, Spellings};
use crate::index::{Import, ImportedName, Symbol, SymbolId, SymbolKind};
use crate::text::Span;

pub(super) struct Outline<'a> {
    text: &'a str,
    lines: LineCursor<'a>,
    symbols: Vec<Symbol>,
    imports: Vec<Import>,
    pub(super) spellings: Spellings,
    /// What is bound already at module and class level: a variable is listed once, and not beside a definition.
    bound: FxHashSet<(Option<SymbolId>, &'a str)>,
    scope: Scope,
}

/// Where one is.
#[derive(Clone, Copy, Default)]
pub(super) struct Scope {
    symbol: Option<SymbolId>,
    is_conditional: bool,
}

/// What stands before the body of a class or a function.
pub(super) struct Head<'n> {
    pub(super) is_class: bool,
    pub(super) is_async: bool,
    /// In the form in which Python compares names.
    pub(super) name: &'n str,
    pub(super) name_span: Span,
    /// Where `class`, `def` or `async` stands.
    pub(super) start: usize,
    pub(super) signature: Spelling,
    /// Where the expression of the first decorator stands, and all as written.
    pub(super) decorated_at: Option<usize>,
    pub(super) decorators: Box<[Spelling]>,
}

/// A definition whose body is being told.
pub(super) struct Opened {
    id: SymbolId,
    start: usize,
    outer: Scope,
}

/// What was found in a whole file.
pub(super) struct Outlined {
    pub(super) symbols: Vec<Symbol>,
    pub(super) imports: Vec<Import>,
    pub(super) line_count: u32,
}

impl<'a> Outline<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            lines: LineCursor::new(text),
            symbols: Vec::new(),
            imports: Vec::new(),
            spellings: Spellings::default(),
            bound: FxHashSet::default(),
            scope: Scope::default(),
        }
    }

    pub(super) fn finish(mut self) -> Outlined {
        self.spellings.finish();
        // They are held for as long as the file stays as it is.
        self.symbols.shrink_to_fit();
        self.imports.shrink_to_fit();
        Outlined { symbols: self.symbols, imports: self.imports, line_count: self.lines.line_count() }
    }

    /// What follows stands under a condition, until the scope that is returned is put back.
    pub(super) fn branch(&mut self) -> Scope {
        let branch = Scope { is_conditional: true, ..self.scope };
        std::mem::replace(&mut self.scope, branch)
    }

    pub(super) fn put_back(&mut self, scope: Scope) {
        self.scope = scope;
    }

    pub(super) fn open(&mut self, head: Head<'_>) -> Opened {
        let is_in_class = self.parent().is_some_and(|parent| parent.kind == SymbolKind::Class);
        let kind = match (head.is_class, is_in_class) {
            (true, _) => SymbolKind::Class,
            (false, true) => SymbolKind::Method,
            (false, false) => SymbolKind::Function,
        };
        let id = self.symbols.len() as SymbolId;
        let (qualname, name) = self.qualified(head.name);
        let decorator_line = head.decorated_at.map(|at| self.lines.line(at));
        self.symbols.push(Symbol {
            kind,
            name,
            qualname,
            parent: self.scope.symbol,
            decorator_line,
            line: self.lines.line(head.start),
            // Told when the body has been: lines are found in the order in which they stand.
            end_line: 0,
            span: Span::empty(head.start),
            name_span: head.name_span,
            body_span: Span::empty(head.start),
            is_async: head.is_async,
            signature: head.signature,
            decorators: head.decorators,
            is_conditional: self.scope.is_conditional,
        });
        self.bound.insert((self.scope.symbol, &self.text[head.name_span.range()]));
        let outer = std::mem::replace(&mut self.scope, Scope { symbol: Some(id), is_conditional: false });
        Opened { id, start: head.start, outer }
    }

    /// `whole` begins with the first decorator.
    pub(super) fn close(&mut self, opened: Opened, whole: Span, body: Span) {
        self.scope = opened.outer;
        let end_line = self.lines.line((whole.end as usize).saturating_sub(1).max(opened.start));
        let symbol = &mut self.symbols[opened.id as usize];
        symbol.end_line = end_line;
        symbol.span = whole;
        symbol.body_span = body;
    }

    pub(super) fn import(&mut self, module: Option<Spelling>, level: u32, names: Box<[ImportedName]>, span: Span) {
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

    /// Whether assignments here bind what belongs to a module or a class.
    pub(super) fn takes_variables(&self) -> bool {
        self.parent().is_none_or(|parent| parent.kind == SymbolKind::Class)
    }

    /// A name that an assignment at module or class level binds.
    pub(super) fn variable(&mut self, name_span: Span, whole: Span) {
        let name = &self.text[name_span.range()];
        if name.is_empty() || !self.bound.insert((self.scope.symbol, name)) {
            return;
        }
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

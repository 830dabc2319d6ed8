//! What one Python file holds: symbols, imports, faults.

use std::borrow::Cow;

use super::Spelling;
use crate::text::{ProjectPath, Span};

/// A symbol's place in [`FileStructure::symbols`].
pub type SymbolId = u32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SymbolKind {
    Class,
    Function,
    /// A function whose innermost enclosing class or function is a class.
    Method,
    /// A name bound by assignment at module or class level.
    Variable,
}

impl SymbolKind {
    /// As messages and JSON say it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Class => "class",
            Self::Function => "function",
            Self::Method => "method",
            Self::Variable => "variable",
        }
    }
}

/// One definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    pub kind: SymbolKind,
    pub name: Spelling,
    /// As CPython's `__qualname__`: `Cart.total`, `f.<locals>.g`.
    pub qualname: Spelling,
    /// The class or function it stands in.
    pub parent: Option<SymbolId>,
    /// The line of `class`, `def`, `async` or of the assignment, from 1; decorators do not move it.
    pub line: u32,
    pub decorator_line: Option<u32>,
    pub end_line: u32,
    /// From the first decorator to the end of the last statement.
    pub span: Span,
    pub name_span: Span,
    /// The statements of the body, docstring included; empty for a variable.
    pub body_span: Span,
    pub is_async: bool,
    /// `(self, rows: list[Row]) -> int` for functions, `(Base, metaclass=M)` for classes, else empty.
    pub signature: Spelling,
    /// As written, without the `@`.
    pub decorators: Box<[Spelling]>,
    /// Stands under `if`, `try`, `for`, `while`, `with` or `match` within its scope: a second one of its name may be
    /// an alternative, not a duplicate.
    pub is_conditional: bool,
}

impl Symbol {
    /// Whether the definition begins at `line`: with its name, or with a decorator.
    pub fn is_at(&self, line: u32) -> bool {
        (self.decorator_line.unwrap_or(self.line)..=self.line).contains(&line)
    }
}

/// `import a.b as c` or `from ..m import x as y, z`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// `None` for `import …`; `Some("")` for `from . import …`.
    pub module: Option<Spelling>,
    /// How many leading dots.
    pub level: u32,
    pub names: Box<[ImportedName]>,
    pub line: u32,
    pub span: Span,
    /// Stands at module level, not within a function or class (though perhaps under `if` or `try`).
    pub is_top_level: bool,
    pub is_conditional: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedName {
    /// `*` for a star import.
    pub name: Spelling,
    pub alias: Option<Spelling>,
}

impl ImportedName {
    /// The name that the import binds in its scope.
    pub fn bound(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

/// A place the parser could not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxFault {
    pub line: u32,
    pub span: Span,
    pub message: Box<str>,
}

/// Everything the index knows of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileStructure {
    /// In source order, nested ones included.
    pub symbols: Vec<Symbol>,
    pub imports: Vec<Import>,
    pub faults: Vec<SyntaxFault>,
    pub line_count: u32,
    /// The module docstring, if there is one.
    pub docstring_span: Option<Span>,
    /// Whether it has any syntax that came after Python 3.7.
    pub has_newer_syntax: bool,
}

impl FileStructure {
    /// Parses `text`; never fails. Stubs and sources alike.
    pub fn parse(path: &ProjectPath, text: &str) -> Self {
        super::parse::parse(path, text)
    }

    /// The definitions addressed by `qualname` (`Cart.total`; `<locals>` may be left out), in source order. Where
    /// several have one name, a part may say its line: `Cart.total@41`.
    pub fn find(&self, qualname: &str) -> Vec<SymbolId> {
        let wanted = without_locals(qualname);
        if wanted.contains('@') {
            return self.find_at(&wanted);
        }
        let is_it = |symbol: &Symbol| {
            // Most names differ already in their last part.
            wanted.ends_with(&*symbol.name) && without_locals(&symbol.qualname) == wanted
        };
        self.symbols.iter().enumerate().filter(|(_, symbol)| is_it(symbol)).map(|(id, _)| id as SymbolId).collect()
    }

    fn find_at(&self, wanted: &str) -> Vec<SymbolId> {
        let parts: Vec<&str> = wanted.rsplit('.').collect();
        let is_meant = |(symbol, part): (&Symbol, &&str)| {
            let (name, line) = part.split_once('@').map_or((*part, None), |(name, line)| (name, Some(line)));
            *symbol.name == *name && line.is_none_or(|line| line.parse().is_ok_and(|line| symbol.is_at(line)))
        };
        let fits = |symbol: &Symbol| {
            let outwards = std::iter::successors(Some(symbol), |symbol| symbol.parent.map(|id| self.symbol(id)));
            outwards.clone().count() == parts.len() && outwards.zip(&parts).all(is_meant)
        };
        (0..).zip(&self.symbols).filter(|(_, symbol)| fits(symbol)).map(|(id, _)| id).collect()
    }

    pub fn symbol(&self, id: SymbolId) -> &Symbol {
        &self.symbols[id as usize]
    }

    /// The symbols directly in `parent`, or at module level for `None`.
    pub fn children(&self, parent: Option<SymbolId>) -> impl Iterator<Item = (SymbolId, &Symbol)> {
        self.symbols.iter().enumerate().filter(move |(_, s)| s.parent == parent).map(|(id, s)| (id as SymbolId, s))
    }

    /// The innermost symbol (variables aside) whose lines hold `line`.
    pub fn symbol_at(&self, line: u32) -> Option<SymbolId> {
        // Symbols stand in source order: what holds the line is the last one that begins before it, or around that one.
        let first = |symbol: &Symbol| symbol.decorator_line.unwrap_or(symbol.line);
        let behind = self.symbols.partition_point(|symbol| first(symbol) <= line);
        let mut next = behind.checked_sub(1).map(|id| id as SymbolId);
        while let Some(id) = next {
            let symbol = self.symbol(id);
            if symbol.kind != SymbolKind::Variable && (first(symbol)..=symbol.end_line).contains(&line) {
                break;
            }
            next = symbol.parent;
        }
        next
    }
}

/// `f.g` for `f.<locals>.g`.
pub(super) fn without_locals(qualname: &str) -> Cow<'_, str> {
    if memchr::memchr(b'<', qualname.as_bytes()).is_some() {
        Cow::Owned(qualname.replace(".<locals>", ""))
    } else {
        Cow::Borrowed(qualname)
    }
}

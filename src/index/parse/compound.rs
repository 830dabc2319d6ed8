//! Statements with blocks, recognised, and what they define.

use super::outline::Head;
use super::recogniser::Recogniser;
use super::source::{OneLine, Piece, is_on_one_line};
use super::token::Kind;
use super::usage::{Allowed, Shape};
use crate::index::spelling::Spelling;
use crate::text::Span;

/// CPython takes no more levels of indentation either.
const BLOCK_DEPTH_MAX: u32 = 99;

/// What stands before `class`, `def` or `async`.
#[derive(Default)]
struct Decorators {
    /// Where the first one stands, with its `@` and without.
    start: Option<usize>,
    expression_start: Option<usize>,
    spellings: Vec<Spelling>,
}

impl Recogniser<'_> {
    /// The statements that are indented like the first, which is the one here.
    pub(super) fn block(&mut self) -> Option<()> {
        loop {
            self.statement()?;
            if self.is_at(Kind::End) || self.line_indent < self.indent {
                return Some(());
            }
            if self.line_indent > self.indent {
                return None;
            }
        }
    }

    fn statement(&mut self) -> Option<()> {
        match self.kind {
            Kind::If => self.if_statement(),
            Kind::For => self.for_statement(),
            Kind::While => {
                self.advance();
                self.named(Allowed::Plain)?;
                self.branch()?;
                self.else_branch()
            }
            Kind::Try => self.try_statement(),
            Kind::With => self.with_statement(),
            Kind::Def => self.function(Decorators::default(), false),
            Kind::Class => self.class(Decorators::default()),
            Kind::At => self.decorated(),
            Kind::Match if self.may_begin_match() => self.match_statement(),
            Kind::Async => match self.peek() {
                Kind::Def => self.function(Decorators::default(), true),
                Kind::For => {
                    self.advance();
                    self.for_statement()
                }
                Kind::With => {
                    self.advance();
                    self.with_statement()
                }
                _ => None,
            },
            _ => self.line(),
        }
    }

    /// The colon and what stands behind it, in lines of its own or not; from where to where its statements stand.
    fn body(&mut self) -> Option<Span> {
        self.expect(Kind::Colon)?;
        if !self.is_at(Kind::Newline) {
            let start = self.lexer.start;
            self.line()?;
            return Some(Span::new(start, self.last_end));
        }
        self.begin_line()?;
        let start = self.lexer.start;
        self.indented(Self::block)?;
        Some(Span::new(start, self.last_end))
    }

    /// Does `work` for what is indented more, of which the first line is at hand.
    pub(super) fn indented(&mut self, work: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        if self.is_at(Kind::End) || self.line_indent <= self.indent || self.block_depth == BLOCK_DEPTH_MAX {
            return None;
        }
        let outer = std::mem::replace(&mut self.indent, self.line_indent);
        self.block_depth += 1;
        work(self)?;
        self.block_depth -= 1;
        self.indent = outer;
        Some(())
    }

    /// A body that may run or not.
    pub(super) fn branch(&mut self) -> Option<()> {
        let outer = self.outline.branch();
        self.body()?;
        self.outline.put_back(outer);
        Some(())
    }

    /// Whether a clause of the statement that was recognised last begins here.
    pub(super) fn is_at_clause(&self, kind: Kind) -> bool {
        self.is_at(kind) && self.line_indent == self.indent
    }

    fn else_branch(&mut self) -> Option<()> {
        if self.is_at_clause(Kind::Else) {
            self.advance();
            self.branch()?;
        }
        Some(())
    }

    fn if_statement(&mut self) -> Option<()> {
        loop {
            self.advance();
            self.named(Allowed::Plain)?;
            self.branch()?;
            if !self.is_at_clause(Kind::Elif) {
                return self.else_branch();
            }
        }
    }

    fn for_statement(&mut self) -> Option<()> {
        self.advance();
        self.targets()?;
        self.expect(Kind::In)?;
        let shape = self.expressions(Allowed::Star)?;
        self.has_newer_syntax |= shape.has(Shape::TUPLE) && shape.has(Shape::TUPLE_WITH_STAR);
        self.branch()?;
        self.else_branch()
    }

    fn try_statement(&mut self) -> Option<()> {
        self.advance();
        self.branch()?;
        let (mut is_handled, mut has_star) = (false, false);
        while self.is_at_clause(Kind::Except) {
            self.advance();
            let is_star = self.eat(Kind::Star);
            if is_handled && is_star != has_star {
                return None;
            }
            (is_handled, has_star) = (true, is_star);
            self.has_newer_syntax |= is_star;
            if is_star || !self.is_at(Kind::Colon) {
                let shape = self.expressions(Allowed::Plain)?;
                self.has_newer_syntax |= shape.has(Shape::TUPLE);
                if self.is_at(Kind::As) {
                    (!shape.has(Shape::TUPLE)).then_some(())?;
                    self.advance();
                    self.name()?;
                }
            }
            self.branch()?;
        }
        if is_handled {
            self.else_branch()?;
        }
        if self.is_at_clause(Kind::Finally) {
            self.advance();
            return self.branch();
        }
        is_handled.then_some(())
    }

    fn with_statement(&mut self) -> Option<()> {
        self.advance();
        if !self.is_at(Kind::OpenParen) || !self.has_parenthesized_managers()? {
            loop {
                self.expression(Allowed::Plain)?;
                self.bound_by_with()?;
                if !self.eat(Kind::Comma) {
                    break;
                }
            }
        }
        self.branch()
    }

    /// Whether what stands in the parentheses are several context managers, or one, and not the beginning of an expression;
    /// if so, goes behind them.
    fn has_parenthesized_managers(&mut self) -> Option<bool> {
        let before = (self.lexer, self.kind, self.last_end, self.has_newer_syntax);
        self.advance();
        let (mut count, mut has_names, mut has_comma) = (0, false, false);
        while self.kind.begins_expression() && (count == 0 || has_comma) {
            // What else may stand in parentheses is of an expression, if it is right at all.
            let shape = self.deeper(|recogniser| recogniser.named(Allowed::StarOrYield))?;
            if shape.has(Shape::STARRED | Shape::YIELD | Shape::NAMED) {
                return None;
            }
            has_names |= self.bound_by_with()?;
            has_comma = self.eat(Kind::Comma);
            count += 1;
        }
        let is_closed = self.eat(Kind::CloseParen) && count > 0;
        if is_closed && self.is_at(Kind::Colon) {
            self.has_newer_syntax |= count > 1 || has_comma;
            return Some(true);
        }
        if has_names {
            return None;
        }
        (self.lexer, self.kind, self.last_end, self.has_newer_syntax) = before;
        Some(false)
    }

    /// Whether a context manager binds something.
    fn bound_by_with(&mut self) -> Option<bool> {
        let is_bound = self.eat(Kind::As);
        if is_bound {
            self.target()?;
        }
        Some(is_bound)
    }

    fn decorated(&mut self) -> Option<()> {
        let mut decorators = Decorators { start: Some(self.lexer.start), ..Decorators::default() };
        while self.is_at(Kind::At) {
            // Only what is as plain as this is known to begin where it seems to.
            self.advance();
            if !self.kind.is_name() {
                return None;
            }
            let start = self.lexer.start;
            decorators.expression_start.get_or_insert(start);
            let shape = self.named(Allowed::Plain)?;
            self.has_newer_syntax |= !shape.has(Shape::DOTTED | Shape::DOTTED_CALL);
            if !self.is_at(Kind::Newline) {
                return None;
            }
            let spelling = self.on_one_line(start, self.last_end)?;
            decorators.spellings.push(spelling);
            self.begin_line()?;
            if self.line_indent != self.indent {
                return None;
            }
        }
        match self.kind {
            Kind::Def => self.function(decorators, false),
            Kind::Class => self.class(decorators),
            Kind::Async if self.peek() == Kind::Def => self.function(decorators, true),
            _ => None,
        }
    }

    fn function(&mut self, decorators: Decorators, is_async: bool) -> Option<()> {
        let start = self.lexer.start;
        if is_async {
            self.advance();
        }
        self.advance();
        let name = self.name()?;
        if self.is_at(Kind::OpenBracket) {
            self.type_parameters()?;
        }
        self.expect(Kind::OpenParen)?;
        self.parameters(Kind::CloseParen)?;
        self.expect(Kind::CloseParen)?;
        if self.eat(Kind::Arrow) {
            let shape = self.expressions(Allowed::Plain)?;
            if shape.has(Shape::TUPLE) {
                return None;
            }
        }
        self.definition(start, name, decorators, is_async, false)
    }

    fn class(&mut self, decorators: Decorators) -> Option<()> {
        let start = self.lexer.start;
        self.advance();
        let name = self.name()?;
        if self.is_at(Kind::OpenBracket) {
            self.type_parameters()?;
        }
        if self.is_at(Kind::OpenParen) {
            self.arguments(true)?;
        }
        self.definition(start, name, decorators, false, true)
    }

    /// From the colon on.
    fn definition(
        &mut self,
        start: usize,
        (name_start, name_end): (usize, usize),
        decorators: Decorators,
        is_async: bool,
        is_class: bool,
    ) -> Option<()> {
        if !self.is_at(Kind::Colon) {
            return None;
        }
        let signature = self.on_one_line(name_end, self.lexer.start)?;
        let head = Head {
            is_class,
            is_async,
            name: &self.text[name_start..name_end],
            name_span: Span::new(name_start, name_end),
            start,
            signature,
            decorated_at: decorators.expression_start,
            decorators: decorators.spellings.into(),
        };
        let opened = self.outline.open(head);
        let body = self.body()?;
        let whole = Span::new(decorators.start.unwrap_or(start), body.end as usize);
        self.outline.close(opened, whole, body);
        Some(())
    }

    /// What stands from `start` to `end`, as one line.
    fn on_one_line(&mut self, start: usize, end: usize) -> Option<Spelling> {
        let text = self.text;
        let source = &text[start..end];
        if is_on_one_line(source) {
            return Some(self.outline.spellings.add(source.trim_matches(' ')));
        }
        let mut lexer = self.lexer.within(start);
        let mut is_plain = true;
        let spelling = self.outline.spellings.written(|out| {
            let mut line = OneLine::new(out, start);
            loop {
                let kind = lexer.next();
                if lexer.start >= end {
                    break;
                }
                if lexer.has_line_end {
                    line.end_line();
                }
                let piece = match kind {
                    Kind::FString | Kind::Unknown => {
                        is_plain = false;
                        break;
                    }
                    _ if kind.opens() => Piece::Opening,
                    _ if kind.closes() => Piece::Closing,
                    _ => Piece::Other,
                };
                line.put(piece, text, lexer.start..lexer.at);
            }
        });
        is_plain.then_some(spelling)
    }
}

//! Statements without a block, recognised.

use super::lexer::Lexer;
use super::recogniser::Recogniser;
use super::token::Kind;
use super::usage::{Allowed, Shape, Target};
use crate::index::ImportedName;
use crate::text::Span;

impl Recogniser<'_> {
    /// The statements of one line, with its end.
    pub(super) fn line(&mut self) -> Option<()> {
        loop {
            self.simple_statement()?;
            if self.is_at(Kind::Semicolon) {
                self.kind = self.lexer.next();
                // The parser of the tree takes the name for the keyword there.
                if self.is_at(Kind::Match) {
                    return None;
                }
                if !self.is_at(Kind::Newline) {
                    continue;
                }
            }
            if !self.is_at(Kind::Newline) {
                return None;
            }
            return self.begin_line();
        }
    }

    fn simple_statement(&mut self) -> Option<()> {
        let start = self.lexer.start;
        match self.kind {
            Kind::Pass => self.advance(),
            Kind::Return => {
                self.advance();
                if self.kind.begins_expression() {
                    let shape = self.expressions(Allowed::Star)?;
                    self.has_newer_syntax |= shape.has(Shape::TUPLE) && shape.has(Shape::TUPLE_WITH_STAR);
                }
            }
            Kind::Import => self.import(start)?,
            Kind::From => self.import_from(start)?,
            Kind::Raise => self.raise()?,
            Kind::Del => self.del()?,
            Kind::Assert => {
                self.advance();
                self.expression(Allowed::Plain)?;
                if self.eat(Kind::Comma) {
                    self.expression(Allowed::Plain)?;
                }
            }
            Kind::Global => {
                self.advance();
                self.name()?;
                while self.eat(Kind::Comma) {
                    self.name()?;
                }
            }
            Kind::Type if self.peek().is_name() => self.type_alias(start)?,
            _ => self.expression_statement(start)?,
        }
        Some(())
    }

    fn type_alias(&mut self, start: usize) -> Option<()> {
        self.advance();
        let (name_start, name_end) = self.name()?;
        if self.is_at(Kind::OpenBracket) {
            self.type_parameters()?;
        }
        self.expect(Kind::Equal)?;
        self.expression(Allowed::Plain)?;
        self.has_newer_syntax = true;
        if self.outline.takes_variables() {
            self.outline.variable(Span::new(name_start, name_end), Span::new(start, self.last_end));
        }
        Some(())
    }

    fn expression_statement(&mut self, start: usize) -> Option<()> {
        let may_be_match = self.is_at(Kind::Match);
        let shape = self.expressions(Allowed::StarOrYield)?;
        let end = self.last_end;
        match self.kind {
            Kind::Equal => self.assignment(Target { shape, start, end }),
            Kind::Colon => {
                if may_be_match || !shape.has(Shape::SINGLE) || shape.has(Shape::PARENTHESIZED) {
                    return None;
                }
                self.advance();
                self.expression(Allowed::Plain)?;
                if self.eat(Kind::Equal) {
                    self.expressions(Allowed::StarOrYield)?;
                }
                if shape.has(Shape::NAME) && self.outline.takes_variables() {
                    self.outline.variable(Span::new(start, end), Span::new(start, self.last_end));
                }
                Some(())
            }
            Kind::AugmentedAssign => {
                self.advance();
                self.expressions(Allowed::StarOrYield)?;
                shape.has(Shape::SINGLE).then_some(())
            }
            _ => {
                if shape.has(Shape::TEXT) && start == self.first_start {
                    self.docstring_span = Some(Span::new(start, end));
                }
                (!shape.has(Shape::STARRED)).then_some(())
            }
        }
    }

    fn assignment(&mut self, first: Target) -> Option<()> {
        let takes_variables = self.outline.takes_variables();
        let (statement_start, mut target) = (first.start, first);
        let mut targets = std::mem::take(&mut self.targets);
        targets.clear();
        while self.eat(Kind::Equal) {
            if !target.shape.has(Shape::ASSIGNABLE) || target.shape.has(Shape::STARRED) {
                return None;
            }
            if takes_variables {
                targets.push(target);
            }
            let start = self.lexer.start;
            let shape = self.expressions(Allowed::StarOrYield)?;
            target = Target { shape, start, end: self.last_end };
        }
        let whole = Span::new(statement_start, self.last_end);
        for target in &targets {
            if target.shape.has(Shape::NAME) && !target.shape.has(Shape::PARENTHESIZED) {
                self.outline.variable(Span::new(target.start, target.end), whole);
            } else if !target.shape.has(Shape::SINGLE) || target.shape.has(Shape::PARENTHESIZED) {
                self.variables(target, whole)?;
            }
        }
        self.targets = targets;
        Some(())
    }

    /// The names that a target binds, which is known to be one: looked at a second time.
    fn variables(&mut self, target: &Target, whole: Span) -> Option<()> {
        let mut lexer = self.lexer.within(target.start);
        let mut kind = lexer.next();
        while lexer.start < target.end {
            match kind {
                Kind::Star | Kind::Comma | Kind::OpenParen | Kind::OpenBracket => kind = lexer.next(),
                Kind::CloseParen | Kind::CloseBracket => {
                    kind = lexer.next();
                    // What is in parentheses may be of something else.
                    let is_end = lexer.start >= target.end || kind == Kind::Comma || kind.closes();
                    is_end.then_some(())?;
                }
                _ if kind.is_name() => {
                    let name = Span::new(lexer.start, lexer.at);
                    kind = lexer.next();
                    let has_more = matches!(kind, Kind::Dot | Kind::OpenParen | Kind::OpenBracket);
                    if has_more && lexer.start < target.end {
                        kind = behind_postfix(&mut lexer, kind, target.end)?;
                    } else {
                        self.outline.variable(name, whole);
                    }
                }
                _ => return None,
            }
        }
        Some(())
    }

    fn raise(&mut self) -> Option<()> {
        self.advance();
        if self.is_at(Kind::Newline) {
            return Some(());
        }
        let raised = self.expressions(Allowed::Plain)?;
        let cause = if self.eat(Kind::From) { self.expressions(Allowed::Plain)? } else { Shape::NONE };
        (!(raised | cause).has(Shape::TUPLE)).then_some(())
    }

    fn del(&mut self) -> Option<()> {
        self.advance();
        loop {
            self.expression(Allowed::Plain)?.has(Shape::DELETABLE).then_some(())?;
            if !self.eat(Kind::Comma) || !self.kind.begins_expression() {
                return Some(());
            }
        }
    }

    fn import(&mut self, start: usize) -> Option<()> {
        self.advance();
        let mut names = Vec::new();
        loop {
            let name = self.dotted_name()?;
            names.push(self.imported(name)?);
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.outline.import(None, 0, names.into(), Span::new(start, self.last_end));
        Some(())
    }

    fn import_from(&mut self, start: usize) -> Option<()> {
        self.advance();
        let mut level = 0;
        loop {
            match self.kind {
                Kind::Dot => level += 1,
                // A number is none either.
                Kind::Constant if self.token_bytes() == b"..." => level += 3,
                _ => break,
            }
            self.advance();
        }
        let module = if level > 0 && self.is_at(Kind::Import) { "" } else { self.dotted_name()? };
        self.expect(Kind::Import)?;
        let mut names = Vec::new();
        if self.is_at(Kind::Star) {
            self.advance();
            names.push(ImportedName { name: self.outline.spellings.add("*"), alias: None });
        } else {
            let is_parenthesized = self.eat(Kind::OpenParen);
            loop {
                let (name_start, name_end) = self.name()?;
                names.push(self.imported(&self.text[name_start..name_end])?);
                if !self.eat(Kind::Comma) || is_parenthesized && self.is_at(Kind::CloseParen) {
                    break;
                }
            }
            if is_parenthesized {
                self.expect(Kind::CloseParen)?;
            }
        }
        let module = self.outline.spellings.add(module);
        self.outline.import(Some(module), level, names.into(), Span::new(start, self.last_end));
        Some(())
    }
}

impl<'a> Recogniser<'a> {
    /// Names with points and nothing else between.
    fn dotted_name(&mut self) -> Option<&'a str> {
        let (start, mut end) = self.name()?;
        while self.is_at(Kind::Dot) {
            let is_tight = self.lexer.start == end;
            self.advance();
            let (next_start, next_end) = self.name()?;
            if !is_tight || next_start != end + 1 {
                return None;
            }
            end = next_end;
        }
        Some(&self.text[start..end])
    }

    /// What `name` is called here.
    fn imported(&mut self, name: &'a str) -> Option<ImportedName> {
        let alias = match self.eat(Kind::As) {
            true => {
                let (start, end) = self.name()?;
                Some(&self.text[start..end])
            }
            false => None,
        };
        let spellings = &mut self.outline.spellings;
        Some(ImportedName { name: spellings.add(name), alias: alias.map(|alias| spellings.add(alias)) })
    }
}

/// The token behind what belongs to a name, given what follows the name; nothing where that is not plain.
fn behind_postfix(lexer: &mut Lexer<'_>, first: Kind, end: usize) -> Option<Kind> {
    let mut depth = u32::from(first != Kind::Dot);
    loop {
        let kind = lexer.next();
        let is_out = depth == 0 && (kind == Kind::Comma || kind.closes());
        if is_out || lexer.start >= end {
            return Some(kind);
        }
        match kind {
            Kind::FString | Kind::Unknown => return None,
            _ if kind.opens() => depth += 1,
            _ if kind.closes() => depth -= 1,
            _ => {}
        }
    }
}

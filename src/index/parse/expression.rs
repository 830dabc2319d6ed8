//! Expressions, recognised. Operators need no tree: in a row, all of them are right or wrong alike.

use super::recogniser::Recogniser;
use super::token::Kind;
use super::usage::{Allowed, Shape};

impl Recogniser<'_> {
    /// One expression or several with commas between.
    pub(super) fn expressions(&mut self, allowed: Allowed) -> Option<Shape> {
        let first = self.expression(allowed)?;
        if !self.is_at(Kind::Comma) {
            return Some(first);
        }
        let allowed = if allowed == Allowed::StarOrYield { Allowed::Star } else { allowed };
        let all = self.rest_of_tuple(first, |recogniser| recogniser.expression(allowed))?;
        Some(all | Shape::TUPLE)
    }

    /// What follows the first element, which a comma follows; the element may be the only one.
    fn rest_of_tuple(&mut self, first: Shape, element: impl Fn(&mut Self) -> Option<Shape>) -> Option<Shape> {
        // Has it taken all that there was, with the commas?
        if first.has(Shape::YIELD) {
            return None;
        }
        let mut has_star = first.has(Shape::STARRED);
        let mut shape = first.only(Shape::ASSIGNABLE | Shape::DELETABLE);
        while self.eat(Kind::Comma) {
            if self.is_at(Kind::Comma) {
                return None;
            }
            if !self.kind.begins_expression() {
                break;
            }
            let next = element(self)?;
            has_star |= next.has(Shape::STARRED);
            shape = shape.only(next);
        }
        Some(if has_star { shape.without(Shape::DELETABLE) | Shape::TUPLE_WITH_STAR } else { shape })
    }

    /// An expression, or a name that a walrus binds.
    pub(super) fn named(&mut self, allowed: Allowed) -> Option<Shape> {
        let shape = self.expression(allowed)?;
        if !self.is_at(Kind::Walrus) {
            return Some(shape);
        }
        if !shape.has(Shape::NAME) || shape.has(Shape::PARENTHESIZED) {
            return None;
        }
        self.advance();
        self.expression(Allowed::Plain)?;
        self.has_newer_syntax = true;
        Some(Shape::NAMED)
    }

    /// With conditions and lambdas.
    pub(super) fn expression(&mut self, allowed: Allowed) -> Option<Shape> {
        if self.is_at(Kind::Lambda) {
            return self.deeper(Self::lambda);
        }
        let shape = self.operation(allowed)?;
        if !self.is_at(Kind::If) {
            return Some(shape);
        }
        if shape.has(Shape::STARRED | Shape::YIELD) {
            return None;
        }
        while self.eat(Kind::If) {
            self.operation(Allowed::Plain)?;
            self.expect(Kind::Else)?;
            if self.is_at(Kind::Lambda) {
                self.deeper(Self::lambda)?;
                break;
            }
            self.operation(Allowed::Plain)?;
        }
        Some(Shape::LOOSE)
    }

    fn lambda(&mut self) -> Option<Shape> {
        // There a colon would end the expression.
        if self.lexer.nesting == self.lexer.field_nesting && self.lexer.nesting > 0 {
            return None;
        }
        self.advance();
        self.parameters(Kind::Colon)?;
        self.expect(Kind::Colon)?;
        self.expression(Allowed::Plain)?;
        Some(Shape::LOOSE)
    }

    /// Operands and operators.
    pub(super) fn operation(&mut self, allowed: Allowed) -> Option<Shape> {
        match self.kind {
            Kind::Star if allowed != Allowed::Plain => return self.starred(allowed),
            Kind::Yield if allowed == Allowed::StarOrYield => return self.yielded(),
            _ => {}
        }
        let mut shape = self.operand(true)?;
        loop {
            match self.kind {
                Kind::Sign | Kind::Star | Kind::DoubleStar | Kind::Slash | Kind::Operator | Kind::At => {
                    self.advance();
                    self.operand(false)?;
                    shape = shape.only(Shape::LOOSE);
                }
                Kind::Comparison | Kind::In => {
                    self.advance();
                    self.operand(false)?;
                    shape = Shape::LOOSE;
                }
                Kind::Is => {
                    self.advance();
                    self.eat(Kind::Not);
                    self.operand(false)?;
                    shape = Shape::LOOSE;
                }
                Kind::Not => {
                    self.advance();
                    self.expect(Kind::In)?;
                    self.operand(false)?;
                    shape = Shape::LOOSE;
                }
                Kind::Junction => {
                    self.advance();
                    self.operand(true)?;
                    shape = Shape::LOOSE;
                }
                _ => return Some(shape),
            }
        }
    }

    fn starred(&mut self, allowed: Allowed) -> Option<Shape> {
        self.advance();
        let shape = self.deeper(|recogniser| recogniser.expression(Allowed::Plain))?;
        if allowed != Allowed::WideStar && shape.has(Shape::LOOSE) {
            return None;
        }
        Some(shape.only(Shape::ASSIGNABLE) | Shape::STARRED)
    }

    fn yielded(&mut self) -> Option<Shape> {
        self.advance();
        if self.eat(Kind::From) {
            let shape = self.expressions(Allowed::Plain)?;
            return (!shape.has(Shape::TUPLE)).then_some(Shape::YIELD);
        }
        if self.kind.begins_expression() {
            let shape = self.expressions(Allowed::Star)?;
            self.has_newer_syntax |= shape.has(Shape::TUPLE) && shape.has(Shape::TUPLE_WITH_STAR);
        }
        Some(Shape::YIELD)
    }

    /// What stands between operators, with those that stand before one operand.
    fn operand(&mut self, may_be_not: bool) -> Option<Shape> {
        let mut may_be_not = may_be_not;
        let mut shape = None;
        loop {
            match self.kind {
                Kind::Not if may_be_not => shape = Some(Shape::LOOSE),
                Kind::Sign | Kind::Tilde => {
                    may_be_not = false;
                    shape = shape.or(Some(Shape::NONE));
                }
                Kind::Await => {
                    self.advance();
                    self.primary()?;
                    return Some(shape.unwrap_or(Shape::NONE));
                }
                _ => {
                    let primary = self.primary()?;
                    return Some(shape.unwrap_or(primary));
                }
            }
            self.advance();
        }
    }

    /// An atom with the calls, items and attributes behind it.
    pub(super) fn primary(&mut self) -> Option<Shape> {
        let mut shape = self.atom()?;
        loop {
            match self.kind {
                Kind::Dot => {
                    self.advance();
                    self.name()?;
                    shape = shape.only(Shape::DOTTED) | Shape::TARGET;
                }
                Kind::OpenParen => {
                    self.deeper(|recogniser| recogniser.arguments(false))?;
                    shape = if shape.has(Shape::DOTTED) { Shape::DOTTED_CALL } else { Shape::NONE };
                }
                Kind::OpenBracket => {
                    self.deeper(Self::item)?;
                    shape = Shape::TARGET;
                }
                _ => return Some(shape),
            }
        }
    }

    fn atom(&mut self) -> Option<Shape> {
        match self.kind {
            kind if kind.is_name() => {
                self.advance();
                Some(Shape::NAME | Shape::TARGET | Shape::DOTTED)
            }
            Kind::Constant => {
                self.advance();
                Some(Shape::NONE)
            }
            Kind::Text | Kind::Bytes | Kind::FString => self.strings(),
            Kind::OpenParen => self.deeper(Self::parenthesized),
            Kind::OpenBracket => self.deeper(Self::list),
            Kind::OpenBrace => self.deeper(Self::braced),
            _ => None,
        }
    }

    /// Strings one behind the other are one.
    pub(super) fn strings(&mut self) -> Option<Shape> {
        let (mut has_text, mut has_bytes, mut has_fields) = (false, false, false);
        loop {
            match self.kind {
                Kind::Text => has_text = true,
                Kind::Bytes => has_bytes = true,
                Kind::FString => {
                    has_fields = true;
                    self.deeper(Self::fields)?;
                }
                _ => break,
            }
            self.advance();
        }
        match (has_text, has_bytes, has_fields) {
            (false, true, false) | (_, false, true) => Some(Shape::NONE),
            (true, false, false) => Some(Shape::TEXT),
            _ => None,
        }
    }

    fn parenthesized(&mut self) -> Option<Shape> {
        self.advance();
        if self.eat(Kind::CloseParen) {
            return Some(Shape::ASSIGNABLE | Shape::DELETABLE);
        }
        let first = self.named(Allowed::StarOrYield)?;
        let shape = match self.kind {
            Kind::Comma => {
                let all = self.rest_of_tuple(first, |recogniser| recogniser.named(Allowed::Star))?;
                all.without(Shape::TUPLE_WITH_STAR)
            }
            _ if first.has(Shape::STARRED) => return None,
            Kind::For | Kind::Async if !first.has(Shape::YIELD) => {
                self.comprehension()?;
                Shape::NONE
            }
            _ => first.without(Shape::LOOSE | Shape::NAMED | Shape::YIELD | Shape::TUPLE) | Shape::PARENTHESIZED,
        };
        self.expect(Kind::CloseParen)?;
        Some(shape)
    }

    fn list(&mut self) -> Option<Shape> {
        self.advance();
        if self.eat(Kind::CloseBracket) {
            return Some(Shape::ASSIGNABLE | Shape::DELETABLE);
        }
        let first = self.named(Allowed::Star)?;
        let shape = match self.kind {
            Kind::For | Kind::Async if !first.has(Shape::STARRED) => {
                self.comprehension()?;
                Shape::NONE
            }
            _ => {
                let all = self.rest_of_tuple(first, |recogniser| recogniser.named(Allowed::Star))?;
                all.without(Shape::TUPLE_WITH_STAR)
            }
        };
        self.expect(Kind::CloseBracket)?;
        Some(shape)
    }

    /// A dictionary or a set.
    fn braced(&mut self) -> Option<Shape> {
        self.advance();
        if self.eat(Kind::CloseBrace) {
            return Some(Shape::NONE);
        }
        if self.is_at(Kind::DoubleStar) {
            self.entry()?;
            self.entries()?;
        } else {
            let first = self.named(Allowed::Star)?;
            if self.eat(Kind::Colon) {
                if first.has(Shape::STARRED | Shape::NAMED) {
                    return None;
                }
                self.expression(Allowed::Plain)?;
                if matches!(self.kind, Kind::For | Kind::Async) { self.comprehension()? } else { self.entries()? }
            } else if matches!(self.kind, Kind::For | Kind::Async) {
                if first.has(Shape::STARRED) {
                    return None;
                }
                self.comprehension()?;
            } else {
                self.rest_of_tuple(first, |recogniser| recogniser.named(Allowed::Star))?;
            }
        }
        self.expect(Kind::CloseBrace)?;
        Some(Shape::NONE)
    }

    /// The entries of a dictionary behind the first.
    fn entries(&mut self) -> Option<()> {
        while self.eat(Kind::Comma) {
            if self.is_at(Kind::CloseBrace) {
                break;
            }
            self.entry()?;
        }
        Some(())
    }

    fn entry(&mut self) -> Option<()> {
        if self.eat(Kind::DoubleStar) {
            let shape = self.expression(Allowed::Plain)?;
            return (!shape.has(Shape::LOOSE)).then_some(());
        }
        self.expression(Allowed::Plain)?;
        self.expect(Kind::Colon)?;
        self.expression(Allowed::Plain).map(|_| ())
    }

    /// `for … in … if …`, once or several times.
    pub(super) fn comprehension(&mut self) -> Option<()> {
        while matches!(self.kind, Kind::For | Kind::Async) {
            self.eat(Kind::Async);
            self.expect(Kind::For)?;
            self.targets()?;
            self.expect(Kind::In)?;
            self.operation(Allowed::Plain)?;
            while self.eat(Kind::If) {
                self.operation(Allowed::Plain)?;
            }
        }
        Some(())
    }

    /// What a loop binds, up to `in`.
    pub(super) fn targets(&mut self) -> Option<()> {
        loop {
            self.eat(Kind::Star);
            self.target()?;
            if !self.eat(Kind::Comma) || self.is_at(Kind::In) {
                return Some(());
            }
        }
    }

    pub(super) fn target(&mut self) -> Option<()> {
        self.primary()?.has(Shape::ASSIGNABLE).then_some(())
    }
}

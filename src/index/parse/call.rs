//! What stands in the brackets behind an expression or a name, recognised: arguments, items, parameters.

use super::recogniser::Recogniser;
use super::token::Kind;
use super::usage::{Allowed, Shape};

impl Recogniser<'_> {
    /// The arguments of a call, or what a class is derived from, with the parentheses.
    pub(super) fn arguments(&mut self, is_of_class: bool) -> Option<()> {
        self.advance();
        let (mut has_keyword, mut has_unpacking, mut has_generator) = (false, false, false);
        let mut count = 0;
        let mut has_comma = false;
        while !self.is_at(Kind::CloseParen) {
            if count > 0 && !has_comma {
                return None;
            }
            count += 1;
            if self.eat(Kind::DoubleStar) {
                self.expression(Allowed::Plain)?;
                has_unpacking = true;
            } else {
                let mut shape = self.named(Allowed::WideStar)?;
                if matches!(self.kind, Kind::For | Kind::Async) {
                    if shape.has(Shape::STARRED) {
                        return None;
                    }
                    self.comprehension()?;
                    shape = Shape::GENERATOR;
                    has_generator = true;
                }
                if self.is_at(Kind::Equal) {
                    if !shape.has(Shape::NAME) || shape.has(Shape::PARENTHESIZED) {
                        return None;
                    }
                    self.advance();
                    self.expression(Allowed::Plain)?;
                    has_keyword = true;
                } else if has_unpacking || has_keyword && !shape.has(Shape::STARRED) {
                    return None;
                }
            }
            has_comma = self.eat(Kind::Comma);
        }
        // A generator without parentheses stands alone.
        if has_generator && (is_of_class || has_comma || count > 1) {
            return None;
        }
        self.expect(Kind::CloseParen)
    }

    /// What stands in brackets behind an expression.
    pub(super) fn item(&mut self) -> Option<()> {
        self.advance();
        let first = self.slice()?;
        self.has_newer_syntax |= first.has(Shape::STARRED);
        while self.eat(Kind::Comma) {
            if self.is_at(Kind::CloseBracket) {
                break;
            }
            let next = self.slice()?;
            self.has_newer_syntax |= next.has(Shape::STARRED);
        }
        self.expect(Kind::CloseBracket)
    }

    fn slice(&mut self) -> Option<Shape> {
        if !self.is_at(Kind::Colon) {
            let shape = self.named(Allowed::WideStar)?;
            if !self.is_at(Kind::Colon) {
                return Some(shape);
            }
            if shape.has(Shape::STARRED | Shape::NAMED) {
                return None;
            }
        }
        let ends = |kind| matches!(kind, Kind::Comma | Kind::CloseBracket);
        self.advance();
        if !ends(self.kind) && !self.is_at(Kind::Colon) {
            self.expression(Allowed::Plain)?;
        }
        if self.eat(Kind::Colon) && !ends(self.kind) {
            self.expression(Allowed::Plain)?;
        }
        Some(Shape::NONE)
    }

    /// The parameters of a function up to `end`; those of a lambda, which a colon ends, have no annotations.
    pub(super) fn parameters(&mut self, end: Kind) -> Option<()> {
        let mut seen = Seen::default();
        while !self.is_at(end) {
            if seen.double_star {
                return None;
            }
            let is_bare = match self.kind {
                Kind::Star => self.star_parameter(end, &mut seen)?,
                Kind::DoubleStar => {
                    self.advance();
                    self.parameter(end, Allowed::Plain)?;
                    // What is bare has to be followed by something of its own.
                    if seen.bare_star && !seen.keyword_only {
                        return None;
                    }
                    seen.double_star = true;
                    false
                }
                Kind::Slash => {
                    if seen.count == 0 || seen.slash || seen.bare_star || seen.star {
                        return None;
                    }
                    self.advance();
                    seen.slash = true;
                    self.has_newer_syntax = true;
                    false
                }
                _ => {
                    self.parameter(end, Allowed::Plain)?;
                    seen.count += 1;
                    if self.eat(Kind::Equal) {
                        self.expression(Allowed::Plain)?;
                        seen.default = true;
                    } else if seen.default && !seen.bare_star && !seen.star {
                        return None;
                    }
                    seen.keyword_only |= seen.bare_star;
                    false
                }
            };
            let has_comma = self.eat(Kind::Comma);
            if is_bare && (!has_comma || self.is_at(end)) || !has_comma && !self.is_at(end) {
                return None;
            }
        }
        Some(())
    }

    /// Whether the star stands for itself.
    fn star_parameter(&mut self, end: Kind, seen: &mut Seen) -> Option<bool> {
        self.advance();
        if seen.bare_star || seen.star {
            return None;
        }
        if !self.kind.is_name() {
            seen.bare_star = true;
            return Some(true);
        }
        let annotation = self.parameter(end, Allowed::Star)?;
        self.has_newer_syntax |= annotation.has(Shape::STARRED);
        seen.star = true;
        Some(false)
    }

    /// A name, and what is written of its type.
    fn parameter(&mut self, end: Kind, allowed: Allowed) -> Option<Shape> {
        self.name()?;
        if end == Kind::Colon || !self.eat(Kind::Colon) {
            return Some(Shape::NONE);
        }
        self.expression(allowed)
    }

    /// The parameters of a generic, with the brackets.
    pub(super) fn type_parameters(&mut self) -> Option<()> {
        self.advance();
        loop {
            let has_star = matches!(self.kind, Kind::Star | Kind::DoubleStar);
            if has_star {
                self.advance();
            }
            self.name()?;
            if !has_star && self.eat(Kind::Colon) {
                self.expression(Allowed::Plain)?;
            }
            if self.eat(Kind::Equal) {
                self.expression(Allowed::Plain)?;
            }
            if !self.eat(Kind::Comma) || self.is_at(Kind::CloseBracket) {
                break;
            }
        }
        self.has_newer_syntax = true;
        self.expect(Kind::CloseBracket)
    }
}

/// What came before in a list of parameters.
#[derive(Default)]
struct Seen {
    count: u32,
    default: bool,
    slash: bool,
    star: bool,
    bare_star: bool,
    keyword_only: bool,
    double_star: bool,
}

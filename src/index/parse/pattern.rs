//! `match` statements and their patterns, recognised.

use super::recogniser::Recogniser;
use super::token::Kind;
use super::usage::{Allowed, Shape};

/// What a pattern is, as far as it matters around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pattern {
    /// `*rest`
    Starred,
    /// A name of its own, which may be one of a keyword.
    Name,
    Other,
}

impl Recogniser<'_> {
    /// What begins with the name `match` and goes on as a statement of that name may.
    pub(super) fn match_statement(&mut self) -> Option<()> {
        let before = (self.lexer, self.kind, self.last_end, self.has_newer_syntax);
        // In brackets it may be the one or the other.
        let is_certain = !matches!(self.peek(), Kind::OpenParen | Kind::OpenBracket | Kind::Star | Kind::Sign);
        self.advance();
        let is_one = self.subject().is_some() && self.is_at(Kind::Colon) && self.peek() == Kind::Newline;
        if !is_one {
            if is_certain {
                return None;
            }
            (self.lexer, self.kind, self.last_end, self.has_newer_syntax) = before;
            return self.line();
        }
        self.has_newer_syntax |= is_certain;
        self.advance();
        self.begin_line()?;
        if !self.is_at(Kind::Case) {
            return None;
        }
        self.indented(|recogniser| {
            while recogniser.is_at_clause(Kind::Case) {
                recogniser.advance();
                recogniser.patterns()?;
                if recogniser.eat(Kind::If) {
                    recogniser.named(Allowed::Plain)?;
                }
                recogniser.branch()?;
            }
            (recogniser.is_at(Kind::End) || recogniser.line_indent < recogniser.indent).then_some(())
        })
    }

    /// Whether a `match` here may be that of a statement.
    pub(super) fn may_begin_match(&self) -> bool {
        let next = self.peek();
        next.begins_expression() && next != Kind::Not
    }

    fn subject(&mut self) -> Option<()> {
        let mut is_alone = true;
        let first = self.named(Allowed::Star)?;
        while self.eat(Kind::Comma) {
            is_alone = false;
            if !self.kind.begins_expression() {
                break;
            }
            self.named(Allowed::Star)?;
        }
        (!is_alone || !first.has(Shape::STARRED)).then_some(())
    }

    /// What stands behind `case`.
    fn patterns(&mut self) -> Option<()> {
        let first = self.pattern(true)?;
        if !self.is_at(Kind::Comma) {
            return (first != Pattern::Starred).then_some(());
        }
        while self.eat(Kind::Comma) {
            if matches!(self.kind, Kind::Colon | Kind::If) {
                break;
            }
            self.pattern(true)?;
        }
        Some(())
    }

    fn pattern(&mut self, may_be_starred: bool) -> Option<Pattern> {
        if self.is_at(Kind::Star) {
            self.advance();
            self.name()?;
            return may_be_starred.then_some(Pattern::Starred);
        }
        let mut pattern = self.deeper(Self::closed_pattern)?;
        while self.is_at(Kind::Operator) && self.token_bytes() == b"|" {
            self.advance();
            self.deeper(Self::closed_pattern)?;
            pattern = Pattern::Other;
        }
        if self.eat(Kind::As) {
            self.captured_name()?;
            pattern = Pattern::Other;
        }
        Some(pattern)
    }

    fn captured_name(&mut self) -> Option<()> {
        let (start, end) = self.name()?;
        (&self.text[start..end] != "_").then_some(())
    }

    /// A pattern without `|` and `as`. Complex numbers are left to others.
    fn closed_pattern(&mut self) -> Option<Pattern> {
        match self.kind {
            Kind::OpenBrace => self.mapping_pattern()?,
            Kind::OpenParen => self.sequence_pattern(Kind::CloseParen)?,
            Kind::OpenBracket => self.sequence_pattern(Kind::CloseBracket)?,
            _ if self.kind.is_name() => return self.named_pattern(),
            _ => self.literal_pattern()?,
        }
        Some(Pattern::Other)
    }

    fn literal_pattern(&mut self) -> Option<()> {
        match self.kind {
            Kind::Text | Kind::Bytes => {
                self.strings()?;
            }
            _ => {
                let is_negative = self.is_at(Kind::Sign) && self.token_bytes() == b"-";
                if is_negative {
                    self.advance();
                }
                let bytes = self.token_bytes();
                let is_number = bytes.starts_with(b".") || bytes.first().is_some_and(u8::is_ascii_digit);
                let is_one = self.is_at(Kind::Constant) && bytes != b"..." && (is_number || !is_negative);
                is_one.then_some(())?;
                self.advance();
            }
        }
        (!self.is_at(Kind::Sign)).then_some(())
    }

    /// What is captured, a constant with points in its name, or a class.
    fn named_pattern(&mut self) -> Option<Pattern> {
        let (start, end) = self.name()?;
        let mut pattern = if &self.text[start..end] == "_" { Pattern::Other } else { Pattern::Name };
        let mut may_be_class = pattern == Pattern::Name;
        while self.eat(Kind::Dot) {
            self.name()?;
            pattern = Pattern::Other;
            may_be_class = true;
        }
        if self.is_at(Kind::OpenParen) {
            may_be_class.then_some(())?;
            self.class_arguments()?;
            pattern = Pattern::Other;
        }
        (!self.is_at(Kind::Sign)).then_some(pattern)
    }

    fn class_arguments(&mut self) -> Option<()> {
        self.advance();
        let mut has_keyword = false;
        while !self.is_at(Kind::CloseParen) {
            let pattern = self.pattern(false)?;
            if self.is_at(Kind::Equal) {
                (pattern == Pattern::Name).then_some(())?;
                self.advance();
                self.pattern(false)?;
                has_keyword = true;
            } else if has_keyword {
                return None;
            }
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.expect(Kind::CloseParen)
    }

    fn sequence_pattern(&mut self, end: Kind) -> Option<()> {
        self.advance();
        let (mut last, mut has_comma) = (Pattern::Other, false);
        while !self.is_at(end) {
            last = self.pattern(true)?;
            if !self.eat(Kind::Comma) {
                break;
            }
            has_comma = true;
        }
        // In parentheses, one without a comma is itself.
        if end == Kind::CloseParen && !has_comma && last == Pattern::Starred {
            return None;
        }
        self.expect(end)
    }

    fn mapping_pattern(&mut self) -> Option<()> {
        self.advance();
        while !self.is_at(Kind::CloseBrace) {
            if self.eat(Kind::DoubleStar) {
                self.captured_name()?;
                self.eat(Kind::Comma);
                break;
            }
            if self.kind.is_name() {
                self.name()?;
                // A name alone would capture.
                self.is_at(Kind::Dot).then_some(())?;
                while self.eat(Kind::Dot) {
                    self.name()?;
                }
            } else {
                self.literal_pattern()?;
            }
            self.expect(Kind::Colon)?;
            self.pattern(false)?;
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.expect(Kind::CloseBrace)
    }
}

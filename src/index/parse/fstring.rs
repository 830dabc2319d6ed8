//! What stands within an f-string, recognised: text, and fields with expressions.

use super::recogniser::Recogniser;
use super::token::Kind;
use super::usage::{Allowed, Shape};

/// How an f-string began.
#[derive(Clone, Copy)]
struct Opening {
    quote: u8,
    is_tripled: bool,
    is_raw: bool,
}

impl Recogniser<'_> {
    /// From the opening, which is the token, to behind the closing quotes: then all of it is the token.
    pub(super) fn fields(&mut self) -> Option<Shape> {
        let start = self.lexer.start;
        let opening = self.opening();
        loop {
            let at = self.lexer.at;
            match self.lexer.byte(at) {
                quote if quote == opening.quote => {
                    if !opening.is_tripled {
                        self.lexer.at += 1;
                        break;
                    }
                    if self.lexer.is_tripled(at) {
                        self.lexer.at += 3;
                        break;
                    }
                    self.lexer.at += 1;
                }
                // What stands behind it is a brace all the same.
                b'\\' if matches!(self.lexer.byte(at + 1), b'{' | b'}') => self.lexer.at += 1,
                b'\\' => self.lexer.escape(opening.is_raw, false)?,
                b'{' if self.lexer.byte(at + 1) == b'{' => self.lexer.at += 2,
                b'{' => self.field(opening, false)?,
                b'}' if self.lexer.byte(at + 1) == b'}' => self.lexer.at += 2,
                b'}' => return None,
                b'\n' | b'\r' if !opening.is_tripled => return None,
                0 if self.lexer.is_at_end() => return None,
                _ => self.lexer.at += 1,
            }
        }
        (self.kind, self.lexer.start) = (Kind::FString, start);
        Some(Shape::NONE)
    }

    fn opening(&self) -> Opening {
        let bytes = &self.text.as_bytes()[self.lexer.start..self.lexer.at];
        let prefix_len = bytes.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (prefix, quotes) = bytes.split_at(prefix_len);
        Opening {
            quote: quotes.first().copied().unwrap_or_default(),
            is_tripled: quotes.len() == 3,
            is_raw: prefix.iter().any(|byte| byte | 0x20 == b'r'),
        }
    }

    /// From the brace to behind the one that closes it.
    fn field(&mut self, opening: Opening, is_in_format: bool) -> Option<()> {
        let start = self.lexer.at;
        let outer_nesting = self.lexer.field_nesting;
        self.lexer.at += 1;
        self.lexer.nesting += 1;
        self.lexer.field_nesting = self.lexer.nesting;
        self.kind = self.lexer.next();
        self.expressions(Allowed::Plain)?;
        if self.is_at(Kind::Equal) {
            self.kind = self.lexer.next();
        }
        if self.is_at(Kind::Exclamation) {
            let conversion = self.lexer.byte(self.lexer.at);
            self.lexer.at += 1;
            let is_alone = matches!(self.lexer.byte(self.lexer.at), b':' | b'}');
            if !is_alone || !matches!(conversion, b's' | b'r' | b'a') {
                return None;
            }
            self.kind = self.lexer.next();
        }
        let end = self.lexer.at;
        match self.kind {
            Kind::CloseBrace => {}
            Kind::Colon if !is_in_format => {
                self.format(opening)?;
                self.lexer.nesting -= 1;
            }
            _ => return None,
        }
        self.lexer.field_nesting = outer_nesting;
        self.judge_field(opening, &self.text.as_bytes()[start..end])
    }

    /// From behind the colon to behind the brace that closes the field.
    fn format(&mut self, opening: Opening) -> Option<()> {
        loop {
            match self.lexer.byte(self.lexer.at) {
                b'}' => {
                    self.lexer.at += 1;
                    return Some(());
                }
                b'{' => {
                    self.field(opening, true)?;
                    continue;
                }
                b'\\' | b'\n' | b'\r' => return None,
                quote if quote == opening.quote => return None,
                0 if self.lexer.is_at_end() => return None,
                _ => self.lexer.at += 1,
            }
        }
    }

    /// Backslashes and the quotes of the string itself may stand in a field since 3.12.
    fn judge_field(&mut self, opening: Opening, field: &[u8]) -> Option<()> {
        let has = |byte| field.contains(&byte);
        if has(b'#') || !opening.is_tripled && has(b'\n') {
            return None;
        }
        let quotes = [opening.quote; 3];
        let has_quotes = match opening.is_tripled {
            true => field.windows(3).any(|three| *three == quotes),
            false => has(opening.quote),
        };
        self.has_newer_syntax |= has_quotes || has(b'\\');
        Some(())
    }
}

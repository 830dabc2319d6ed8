//! Tokens of Python one by one, as far as they are certain: anything unusual is [`Kind::Unknown`].
//!
//! Knows nothing of statements and expressions; whoever reads them says where a line begins and reads what stands within
//! f-strings. Where a word ends was found out for the whole text beforehand, 64 bytes at a time.
//! Invariant: what it takes for a token is one to the parser of the tree too, with the same range.

use super::token::{Kind, kind_of_word};

#[derive(Clone, Copy)]
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    /// A bit for each byte that may be part of a word.
    word_bits: &'a [u64],
    is_ascii: bool,
    /// Where the last token begins, and where it ends and the next byte stands.
    pub(super) start: usize,
    pub(super) at: usize,
    /// How many brackets are open.
    pub(super) nesting: u32,
    /// As many are open where a colon ends the expression within an f-string; zero outside of them.
    pub(super) field_nesting: u32,
    /// Whether a line ended or a comment stood before the last token.
    pub(super) has_line_end: bool,
    /// What lines are indented with; zero while none was.
    indented_with: u8,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, word_bits: &'a [u64]) -> Self {
        Self {
            bytes: text.as_bytes(),
            word_bits,
            is_ascii: text.is_ascii(),
            start: 0,
            at: 0,
            nesting: 0,
            field_nesting: 0,
            has_line_end: false,
            indented_with: 0,
        }
    }

    /// The tokens from `at` on, none of them the end of a statement.
    pub(super) fn within(self, at: usize) -> Self {
        Self { at, nesting: 1, field_nesting: 0, ..self }
    }

    /// Zero behind the end.
    #[inline(always)]
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Goes to the next line that is not blank; how far it is indented. Nothing where that is not certain.
    pub(super) fn begin_line(&mut self) -> Option<u32> {
        loop {
            let mut start = self.at;
            self.at = self.behind_spaces(start);
            while matches!(self.byte(self.at), b' ' | b'\t' | b'\x0c') {
                self.at += 1;
                // A page break starts the column anew.
                if self.byte(self.at - 1) == b'\x0c' {
                    start = self.at;
                }
            }
            match self.byte(self.at) {
                b'\n' => self.at += 1,
                // A line end follows, as everywhere.
                b'\r' => self.at += 2,
                b'#' => self.skip_comment(),
                b'\\' => return None,
                0 => return self.is_at_end().then_some(0),
                _ => return self.indentation(start),
            }
        }
    }

    /// Eight at a time.
    #[inline(always)]
    fn behind_spaces(&self, mut at: usize) -> usize {
        while let Some(eight) = self.bytes.get(at..).and_then(<[u8]>::first_chunk) {
            let others = u64::from_le_bytes(*eight) ^ u64::from_le_bytes([b' '; 8]);
            at += others.trailing_zeros() as usize / 8;
            if others != 0 {
                break;
            }
        }
        at
    }

    /// Lines that are indented in two ways, or each in another, are left to others.
    fn indentation(&mut self, start: usize) -> Option<u32> {
        let white = &self.bytes[start..self.at];
        let Some(first) = white.first() else { return Some(0) };
        if self.indented_with == 0 {
            self.indented_with = *first;
        }
        white.iter().all(|byte| *byte == self.indented_with).then_some(white.len() as u32)
    }

    fn skip_comment(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    #[inline]
    pub(super) fn next(&mut self) -> Kind {
        self.has_line_end = false;
        loop {
            // Most tokens are words, and most stand behind one space or none: what is foreseen costs little.
            let start = self.at + usize::from(self.byte(self.at) == b' ');
            let byte = self.byte(start);
            (self.start, self.at) = (start, start + 1);
            if byte.is_ascii_alphabetic() || byte == b'_' {
                return self.word(start);
            }
            return match byte {
                b' ' | b'\t' | b'\x0c' => continue,
                b'0'..=b'9' => self.number(start),
                b'\'' | b'"' => self.string(start, false, false),
                b'\n' | b'\r' => {
                    if self.nesting == 0 {
                        self.at = start + if byte == b'\r' { 2 } else { 1 };
                        return Kind::Newline;
                    }
                    self.has_line_end = true;
                    continue;
                }
                b'#' => {
                    self.at = start;
                    self.skip_comment();
                    self.has_line_end = true;
                    continue;
                }
                b'\\' => {
                    self.at += usize::from(self.byte(self.at) == b'\r') + 1;
                    if self.byte(self.at - 1) == b'\n' && !self.is_at_end() {
                        continue;
                    }
                    Kind::Unknown
                }
                0 => {
                    self.at = start;
                    let is_end = self.is_at_end() && self.nesting == 0;
                    if is_end { Kind::Newline } else { Kind::Unknown }
                }
                _ => self.sign(byte),
            };
        }
    }

    /// What begins with `byte`, which stands before the next one.
    #[inline]
    fn sign(&mut self, byte: u8) -> Kind {
        match byte {
            b'(' => self.opening(Kind::OpenParen),
            b'[' => self.opening(Kind::OpenBracket),
            b'{' => self.opening(Kind::OpenBrace),
            b')' => self.closing(Kind::CloseParen),
            b']' => self.closing(Kind::CloseBracket),
            b'}' => self.closing(Kind::CloseBrace),
            b',' => Kind::Comma,
            b'.' => self.dot(),
            b':' if self.nesting == self.field_nesting && self.nesting > 0 => Kind::Colon,
            b':' => self.followed(b'=', Kind::Walrus, Kind::Colon),
            b'=' => self.followed(b'=', Kind::Comparison, Kind::Equal),
            b'!' => self.followed(b'=', Kind::Comparison, Kind::Exclamation),
            b'@' => self.followed(b'=', Kind::AugmentedAssign, Kind::At),
            b'+' => self.followed(b'=', Kind::AugmentedAssign, Kind::Sign),
            b'-' => {
                let other = self.followed(b'>', Kind::Arrow, Kind::Sign);
                if other == Kind::Arrow { other } else { self.followed(b'=', Kind::AugmentedAssign, other) }
            }
            b'*' => self.doubled(byte, Kind::Star, Kind::DoubleStar),
            b'/' => self.doubled(byte, Kind::Slash, Kind::Operator),
            b'%' | b'|' | b'&' | b'^' => self.followed(b'=', Kind::AugmentedAssign, Kind::Operator),
            b'<' | b'>' if self.byte(self.at) == byte => self.doubled(byte, Kind::Operator, Kind::Operator),
            b'<' | b'>' => self.followed(b'=', Kind::Comparison, Kind::Comparison),
            b';' => Kind::Semicolon,
            b'~' => Kind::Tilde,
            _ => Kind::Unknown,
        }
    }

    #[inline(always)]
    fn followed(&mut self, next: u8, then: Kind, otherwise: Kind) -> Kind {
        let is_there = self.byte(self.at) == next;
        self.at += usize::from(is_there);
        if is_there { then } else { otherwise }
    }

    /// An operator that also stands twice, and either with `=` behind.
    fn doubled(&mut self, byte: u8, single: Kind, double: Kind) -> Kind {
        let kind = self.followed(byte, double, single);
        self.followed(b'=', Kind::AugmentedAssign, kind)
    }

    fn dot(&mut self) -> Kind {
        match (self.byte(self.at), self.byte(self.at + 1)) {
            (b'0'..=b'9', _) => self.fraction(),
            (b'.', b'.') => {
                self.at += 2;
                Kind::Constant
            }
            _ => Kind::Dot,
        }
    }

    fn opening(&mut self, kind: Kind) -> Kind {
        self.nesting += 1;
        kind
    }

    fn closing(&mut self, kind: Kind) -> Kind {
        self.nesting = self.nesting.saturating_sub(1);
        kind
    }

    /// A name, a keyword or what stands before a string.
    #[inline]
    fn word(&mut self, start: usize) -> Kind {
        let end = self.word_end(start);
        let len = end - start;
        self.at = end;
        if !self.is_ascii && !self.bytes[start..end].is_ascii() {
            return Kind::Unknown;
        }
        if len <= 2 && matches!(self.byte(end), b'\'' | b'"') {
            return self.prefixed(start, end);
        }
        if !(2..=8).contains(&len) {
            return Kind::Name;
        }
        let letters = match self.bytes.get(start..).and_then(<[u8]>::first_chunk) {
            Some(eight) => u64::from_le_bytes(*eight) & (u64::MAX >> (64 - 8 * len)),
            None => self.bytes[start..end].iter().rev().fold(0, |letters, byte| letters << 8 | u64::from(*byte)),
        };
        kind_of_word(letters)
    }

    /// The end of the word that the byte at `start` belongs to.
    #[inline(always)]
    fn word_end(&self, start: usize) -> usize {
        let mut nth = start / 64;
        let mut others = self.word_bits.get(nth).map_or(0, |bits| !bits >> (start % 64));
        if others != 0 {
            return start + others.trailing_zeros() as usize;
        }
        loop {
            nth += 1;
            others = self.word_bits.get(nth).map_or(1, |bits| !bits);
            if others != 0 {
                return (nth * 64 + others.trailing_zeros() as usize).min(self.bytes.len());
            }
        }
    }

    /// A string whose prefix stands from `start` to `end`.
    fn prefixed(&mut self, start: usize, end: usize) -> Kind {
        let (mut is_raw, mut is_bytes, mut is_formatted) = (false, false, false);
        for byte in &self.bytes[start..end] {
            match byte | 0x20 {
                b'r' if !is_raw => is_raw = true,
                b'b' if !is_bytes && !is_formatted => is_bytes = true,
                b'f' if !is_formatted && !is_bytes => is_formatted = true,
                b'u' if end - start == 1 => {}
                _ => return Kind::Unknown,
            }
        }
        if is_formatted {
            self.at += if self.is_tripled(end) { 3 } else { 1 };
            return Kind::FString;
        }
        self.at += 1;
        self.string(end, is_raw, is_bytes)
    }

    /// Whether the quote at `at` stands three times.
    pub(super) fn is_tripled(&self, at: usize) -> bool {
        let quote = self.byte(at);
        self.byte(at + 1) == quote && self.byte(at + 2) == quote
    }

    /// The string whose quotes begin at `quote_at`.
    fn string(&mut self, quote_at: usize, is_raw: bool, is_bytes: bool) -> Kind {
        let quote = self.byte(quote_at);
        let is_tripled = self.is_tripled(quote_at);
        let start = quote_at + if is_tripled { 3 } else { 1 };
        self.at = start;
        let mut has_names = false;
        loop {
            let Some(rest) = self.bytes.get(self.at..) else { return Kind::Unknown };
            let found = if is_tripled {
                memchr::memchr2(quote, b'\\', rest)
            } else {
                memchr::memchr3(quote, b'\\', b'\n', rest)
            };
            let Some(found) = found else { return Kind::Unknown };
            self.at += found;
            match rest[found] {
                b'\\' if !is_raw && !is_bytes && self.byte(self.at + 1) == b'N' => {
                    has_names = true;
                    self.at += 2;
                }
                b'\\' => {
                    if self.escape(is_raw, is_bytes).is_none() {
                        return Kind::Unknown;
                    }
                }
                b'\n' => return Kind::Unknown,
                _ if !is_tripled => break,
                _ if self.is_tripled(self.at) => break,
                _ => self.at += 1,
            }
        }
        let content = &self.bytes[start..self.at];
        self.at += if is_tripled { 3 } else { 1 };
        match is_bytes {
            // Who knows all names of characters?
            _ if has_names && !is_right_string(&self.bytes[self.start..self.at]) => Kind::Unknown,
            true if self.is_ascii || content.is_ascii() => Kind::Bytes,
            true => Kind::Unknown,
            false => Kind::Text,
        }
    }

    /// Goes behind the backslash here and what it escapes, if that is certainly right.
    pub(super) fn escape(&mut self, is_raw: bool, is_bytes: bool) -> Option<()> {
        let escaped = self.byte(self.at + 1);
        self.at += 2;
        match escaped {
            // With it goes the line end that follows.
            b'\r' => self.at += 1,
            _ if is_raw => {}
            b'x' => self.digits(2).map(|_| ())?,
            b'u' if !is_bytes => self.digits(4).map(|_| ())?,
            b'U' if !is_bytes => self.digits(8).filter(|code| *code <= u32::from(char::MAX)).map(|_| ())?,
            b'N' if !is_bytes => return None,
            _ => {}
        }
        Some(())
    }

    /// So many hexadecimal digits stand here.
    fn digits(&mut self, count: usize) -> Option<u32> {
        let digits = self.bytes.get(self.at..self.at + count)?;
        self.at += count;
        digits.iter().try_fold(0, |code: u32, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
    }

    /// A number that begins with a digit.
    fn number(&mut self, start: usize) -> Kind {
        let first = self.byte(start);
        let is_digit: fn(u8) -> bool = match (first, self.byte(self.at) | 0x20) {
            (b'0', b'x') => |byte| byte.is_ascii_hexdigit(),
            (b'0', b'o') => |byte| matches!(byte, b'0'..=b'7'),
            (b'0', b'b') => |byte| matches!(byte, b'0' | b'1'),
            _ => return self.decimal(start),
        };
        self.at += 1;
        let digits_at = self.at;
        self.run(is_digit);
        if self.at == digits_at { Kind::Unknown } else { self.number_end() }
    }

    fn decimal(&mut self, start: usize) -> Kind {
        self.run(|byte| byte.is_ascii_digit());
        if self.byte(self.at) == b'.' {
            self.at += 1;
            return self.fraction();
        }
        let digits = &self.bytes[start..self.at];
        let kind = self.exponent();
        // Only zeros may follow a zero, except in what is no whole number.
        let is_whole = self.at == start + digits.len();
        let is_wrong = is_whole && digits[0] == b'0' && digits.iter().any(|digit| matches!(digit, b'1'..=b'9'));
        if is_wrong { Kind::Unknown } else { kind }
    }

    /// What stands behind the point.
    fn fraction(&mut self) -> Kind {
        if self.byte(self.at) == b'_' {
            return Kind::Unknown;
        }
        self.run(|byte| byte.is_ascii_digit());
        self.exponent()
    }

    fn exponent(&mut self) -> Kind {
        if self.byte(self.at) | 0x20 == b'e' {
            let sign = usize::from(matches!(self.byte(self.at + 1), b'+' | b'-'));
            if !self.byte(self.at + 1 + sign).is_ascii_digit() {
                return Kind::Unknown;
            }
            self.at += 1 + sign;
            self.run(|byte| byte.is_ascii_digit());
        }
        self.at += usize::from(self.byte(self.at) | 0x20 == b'j');
        self.number_end()
    }

    /// Nothing that could be part of a word may follow.
    fn number_end(&self) -> Kind {
        let next = self.byte(self.at);
        if next.is_ascii_alphanumeric() || next == b'_' || next >= 0x80 { Kind::Unknown } else { Kind::Constant }
    }

    /// Digits, with single underscores between.
    fn run(&mut self, is_digit: impl Fn(u8) -> bool) {
        while is_digit(self.byte(self.at)) || self.byte(self.at) == b'_' && is_digit(self.byte(self.at + 1)) {
            self.at += 1;
        }
    }
}

fn is_right_string(literal: &[u8]) -> bool {
    std::str::from_utf8(literal).is_ok_and(|literal| ruff_python_parser::parse_expression(literal).is_ok())
}

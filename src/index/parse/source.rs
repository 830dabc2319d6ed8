//! What stands in the source around a definition, brought onto one line.

use std::ops::Range;

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_text_size::Ranged;

use crate::index::spelling::{Spelling, Spellings};
use crate::text::Span;

/// A text and its tokens.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: &'a Tokens,
}

impl Source<'_> {
    /// Where `class`, `def` or `async` stands behind the last decorator.
    pub(super) fn keyword_after(&self, at: usize) -> usize {
        let from = self.tokens.partition_point(|token| token.start().to_usize() < at);
        self.tokens[from..]
            .iter()
            .find(|token| matches!(token.kind(), TokenKind::Class | TokenKind::Def | TokenKind::Async))
            .map_or(at, |token| token.start().to_usize())
    }

    /// A decorator as written, without the `@`.
    pub(super) fn decorator(&self, spellings: &mut Spellings, whole: Span) -> Spelling {
        let range = whole.range();
        self.sliced(spellings, (range.start + 1).min(range.end), range.end)
    }

    /// What stands between the name and the colon.
    pub(super) fn signature(
        &self,
        spellings: &mut Spellings,
        name_end: usize,
        head_end: usize,
        limit: usize,
    ) -> Spelling {
        if self.text.as_bytes().get(head_end) == Some(&b':') && head_end <= limit {
            return self.sliced(spellings, name_end, head_end);
        }
        let from = self.tokens.partition_point(|token| token.start().to_usize() < head_end);
        // A return annotation in parentheses ends before their end.
        let colon = self.tokens[from..]
            .iter()
            .find(|token| !matches!(token.kind(), TokenKind::Rpar | TokenKind::Comment | TokenKind::NonLogicalNewline));
        let end = colon.map_or(head_end, |token| token.start().to_usize()).clamp(head_end, limit.max(head_end));
        self.sliced(spellings, name_end, end)
    }

    /// Source on one line: comments left out, white space made one space, none at the inside of brackets.
    fn sliced(&self, spellings: &mut Spellings, start: usize, end: usize) -> Spelling {
        match self.text.get(start..end).filter(|text| is_on_one_line(text)) {
            Some(text) => spellings.add(text.trim_matches(' ')),
            None => spellings.written(|out| self.put_on_one_line(out, start, end)),
        }
    }

    fn put_on_one_line(&self, out: &mut String, start: usize, end: usize) {
        let from = self.tokens.partition_point(|token| token.start().to_usize() < start);
        let mut line = OneLine::new(out, start);
        for token in self.tokens[from..].iter().take_while(|token| token.end().to_usize() <= end) {
            let range = token.start().to_usize()..token.end().to_usize();
            match token.kind() {
                TokenKind::Comment | TokenKind::NonLogicalNewline | TokenKind::Newline => line.end_line(),
                TokenKind::Indent | TokenKind::Dedent | TokenKind::EndOfFile => {}
                TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => line.put(Piece::Opening, self.text, range),
                TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => line.put(Piece::Closing, self.text, range),
                _ => line.put(Piece::Other, self.text, range),
            }
        }
    }
}

/// What a token is to the line that it is put on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    Opening,
    Closing,
    Other,
}

/// Several lines of source that become one.
pub(super) struct OneLine<'o> {
    out: &'o mut String,
    first: usize,
    previous_end: usize,
    depth: u32,
    had_line_end: bool,
}

impl<'o> OneLine<'o> {
    /// The line is put behind what `out` holds; what is put begins at `start` or behind.
    pub(super) fn new(out: &'o mut String, start: usize) -> Self {
        let first = out.len();
        Self { out, first, previous_end: start, depth: 0, had_line_end: false }
    }

    /// A line ends here, or a comment stands here.
    pub(super) fn end_line(&mut self) {
        self.had_line_end = true;
    }

    /// The next token.
    pub(super) fn put(&mut self, piece: Piece, text: &str, range: Range<usize>) {
        let closes = piece == Piece::Closing;
        if closes {
            self.depth = self.depth.saturating_sub(1);
            if self.had_line_end && self.depth == 0 && self.out[self.first..].ends_with(',') {
                self.out.pop();
            }
        }
        let is_spaced = range.start > self.previous_end && self.out.len() > self.first;
        if is_spaced && !(self.had_line_end && (closes || self.out[self.first..].ends_with(['(', '[', '{']))) {
            self.out.push(' ');
        }
        self.depth += u32::from(piece == Piece::Opening);
        self.out.push_str(&text[range.clone()]);
        self.previous_end = range.end;
        self.had_line_end = false;
    }
}

/// Whether there is surely nothing to leave out: no comment, no line end, no two spaces.
pub(super) fn is_on_one_line(text: &str) -> bool {
    let mut last = 0;
    text.bytes().all(|byte| {
        let is_plain = !matches!(byte, b'\n' | b'\r' | b'\t' | b'\x0c' | b'\\' | b'#') && (byte, last) != (b' ', b' ');
        last = byte;
        is_plain
    })
}

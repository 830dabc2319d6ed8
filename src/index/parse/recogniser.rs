//! Recognises Python that is certainly right, and outlines it on the way: no tree is built.
//!
//! Recursive descent over tokens, one ahead. Where it is not certain it gives up, and the parser of the tree has the whole
//! file: whatever is broken, rare or new is left to it.
//! Invariant: of a text that is recognised the parser of the tree reports no fault, and the walk over its tree finds the same.

use super::lexer::Lexer;
use super::outline::Outline;
use super::token::Kind;
use super::usage::Target;
use crate::text::Span;

/// Brackets, f-strings and lambdas within each other; what is deeper is left to a parser that minds its stack.
const DEPTH_MAX: u32 = 60;

pub(super) struct Recogniser<'a> {
    pub(super) text: &'a str,
    pub(super) lexer: Lexer<'a>,
    /// What the token is that is at hand; the lexer knows where.
    pub(super) kind: Kind,
    /// Where the token before ends; ends of lines and semicolons aside.
    pub(super) last_end: usize,
    pub(super) outline: Outline<'a>,
    pub(super) has_newer_syntax: bool,
    pub(super) docstring_span: Option<Span>,
    /// Where the first statement stands.
    pub(super) first_start: usize,
    /// Kept between two assignments, for its room.
    pub(super) targets: Vec<Target>,
    /// How deep one is in brackets and the like, and in blocks.
    pub(super) depth: u32,
    pub(super) block_depth: u32,
    /// How far the block that one is in is indented, and the line.
    pub(super) indent: u32,
    pub(super) line_indent: u32,
}

impl<'a> Recogniser<'a> {
    pub(super) fn new(text: &'a str, word_bits: &'a [u64]) -> Self {
        Self {
            text,
            lexer: Lexer::new(text, word_bits),
            kind: Kind::Newline,
            last_end: 0,
            outline: Outline::new(text),
            has_newer_syntax: false,
            docstring_span: None,
            first_start: 0,
            targets: Vec::new(),
            depth: 0,
            block_depth: 0,
            indent: 0,
            line_indent: 0,
        }
    }

    #[inline(always)]
    pub(super) fn is_at(&self, kind: Kind) -> bool {
        self.kind == kind
    }

    /// Goes to the next token.
    #[inline(always)]
    pub(super) fn advance(&mut self) {
        self.last_end = self.lexer.at;
        self.kind = self.lexer.next();
    }

    #[inline(always)]
    pub(super) fn eat(&mut self, kind: Kind) -> bool {
        let is_there = self.kind == kind;
        if is_there {
            self.advance();
        }
        is_there
    }

    #[inline(always)]
    pub(super) fn expect(&mut self, kind: Kind) -> Option<()> {
        self.eat(kind).then_some(())
    }

    /// A name; where it stands.
    pub(super) fn name(&mut self) -> Option<(usize, usize)> {
        if !self.kind.is_name() {
            return None;
        }
        let place = (self.lexer.start, self.lexer.at);
        self.advance();
        Some(place)
    }

    /// Goes to the first token of the next line that has any.
    pub(super) fn begin_line(&mut self) -> Option<()> {
        self.line_indent = self.lexer.begin_line()?;
        if self.lexer.is_at_end() {
            self.lexer.start = self.lexer.at;
            self.kind = Kind::End;
        } else {
            self.kind = self.lexer.next();
        }
        Some(())
    }

    /// Does `work` one level deeper, if that is not too deep.
    #[inline(always)]
    pub(super) fn deeper<T>(&mut self, work: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth == DEPTH_MAX {
            return None;
        }
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        done
    }

    pub(super) fn token_bytes(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.lexer.start..self.lexer.at]
    }

    /// What comes behind the next token, which is taken up to be no string with fields.
    pub(super) fn peek(&self) -> Kind {
        self.lexer.clone().next()
    }
}

//! What stands in the source around a definition, brought onto one line.

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
        let first = out.len();
        let from = self.tokens.partition_point(|token| token.start().to_usize() < start);
        let mut previous_end = start;
        let mut depth = 0u32;
        let mut had_line_end = false;
        for token in self.tokens[from..].iter().take_while(|token| token.end().to_usize() <= end) {
            let range = token.start().to_usize()..token.end().to_usize();
            match token.kind() {
                TokenKind::Comment | TokenKind::NonLogicalNewline | TokenKind::Newline => {
                    had_line_end = true;
                    continue;
                }
                TokenKind::Indent | TokenKind::Dedent | TokenKind::EndOfFile => continue,
                _ => {}
            }
            let closes = matches!(token.kind(), TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace);
            if closes {
                depth = depth.saturating_sub(1);
                if had_line_end && depth == 0 && out[first..].ends_with(',') {
                    out.pop();
                }
            }
            let is_spaced = range.start > previous_end && out.len() > first;
            if is_spaced && !(had_line_end && (closes || out[first..].ends_with(['(', '[', '{']))) {
                out.push(' ');
            }
            if matches!(token.kind(), TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace) {
                depth += 1;
            }
            out.push_str(&self.text[range.clone()]);
            previous_end = range.end;
            had_line_end = false;
        }
    }
}

/// Whether there is surely nothing to leave out: no comment, no line end, no two spaces.
fn is_on_one_line(text: &str) -> bool {
    let mut last = 0;
    text.bytes().all(|byte| {
        let is_plain = !matches!(byte, b'\n' | b'\r' | b'\t' | b'\x0c' | b'\\' | b'#') && (byte, last) != (b' ', b' ');
        last = byte;
        is_plain
    })
}

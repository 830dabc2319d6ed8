//! The lines of places that are asked for in about the order in which they stand: what lies between two of them is counted.
//!
//! Invariant: it says what a [`LineIndex`] would say.

use crate::text::LineIndex;

pub(super) struct LineCursor<'a> {
    bytes: &'a [u8],
    /// Where lone `\r` may end lines.
    index: Option<LineIndex>,
    at: usize,
    line: u32,
}

impl<'a> LineCursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let index = memchr::memchr(b'\r', bytes).map(|_| LineIndex::new(text));
        Self { bytes, index, at: 0, line: 1 }
    }

    /// The line that holds `offset`.
    pub(super) fn line(&mut self, offset: usize) -> u32 {
        if let Some(index) = &self.index {
            return index.line(offset);
        }
        let offset = offset.min(self.bytes.len());
        if self.at <= offset {
            self.line += line_ends(&self.bytes[self.at..offset]);
        } else {
            self.line -= line_ends(&self.bytes[offset..self.at]);
        }
        self.at = offset;
        self.line
    }

    /// How many lines there are; a final line end opens no further line.
    pub(super) fn line_count(&mut self) -> u32 {
        match &self.index {
            Some(index) => index.line_count(),
            None => self.line(self.bytes.len()) - u32::from(self.bytes.last().is_none_or(|last| *last == b'\n')),
        }
    }
}

fn line_ends(bytes: &[u8]) -> u32 {
    memchr::memchr_iter(b'\n', bytes).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_a_line_index_says() {
        for text in ["", "x", "\n", "a\nbc\n\nd", "a\r\nb\rc\n", "a\nb\n"] {
            let (index, mut cursor) = (LineIndex::new(text), LineCursor::new(text));
            let offsets = || 0..text.len() + 2;
            for offset in offsets().chain(offsets().rev()).chain(offsets().map(|at| at * 5 % 7)) {
                assert_eq!(cursor.line(offset), index.line(offset), "{text:?} {offset}");
            }
            assert_eq!(cursor.line_count(), index.line_count(), "{text:?}");
        }
    }
}

//! Byte ranges in a text, edits of them, and lines.

use serde::{Deserialize, Serialize};

/// A range of bytes, end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        // Files over 4 GiB are refused where they are read.
        Self { start: start as u32, end: end as u32 }
    }

    pub fn empty(at: usize) -> Self {
        Self::new(at, at)
    }

    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    pub fn contains(self, offset: usize) -> bool {
        self.range().contains(&offset)
    }
}

/// Replaces the bytes of `span` by `text`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextEdit {
    pub span: Span,
    pub text: String,
}

/// Two edits of one text touch the same bytes, or one lies outside the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("two edits overlap, or one lies outside the text")]
pub struct OverlappingEdits;

/// Applies `edits`, given in any order, all spans counted in the old text.
pub fn apply_edits(text: &str, edits: &[TextEdit]) -> Result<String, OverlappingEdits> {
    let mut sorted: Vec<&TextEdit> = edits.iter().collect();
    sorted.sort_by_key(|edit| edit.span);
    let mut new = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = 0;
    for edit in sorted {
        let range = edit.span.range();
        if range.start < at {
            return Err(OverlappingEdits);
        }
        new.push_str(text.get(at..range.start).ok_or(OverlappingEdits)?);
        text.get(range.clone()).ok_or(OverlappingEdits)?;
        new.push_str(&edit.text);
        at = range.end;
    }
    new.push_str(text.get(at..).ok_or(OverlappingEdits)?);
    Ok(new)
}

/// Where each line of a text starts. Lines are counted from 1 and end at `\n`, `\r\n` or a lone `\r`, as in Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<u32>,
    text_len: u32,
}

impl LineIndex {
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        // Most lines are about that long.
        let mut starts = Vec::with_capacity(bytes.len() / 32 + 1);
        starts.push(0);
        if memchr::memchr(b'\r', bytes).is_none() {
            starts.extend(memchr::memchr_iter(b'\n', bytes).map(|at| at as u32 + 1));
        } else {
            let is_end = |at: &usize| bytes[*at] == b'\n' || bytes.get(at + 1) != Some(&b'\n');
            starts.extend(memchr::memchr2_iter(b'\n', b'\r', bytes).filter(is_end).map(|at| at as u32 + 1));
        }
        Self { starts, text_len: bytes.len() as u32 }
    }

    /// The line that holds `offset`.
    pub fn line(&self, offset: usize) -> u32 {
        self.starts.partition_point(|start| *start as usize <= offset).max(1) as u32
    }

    /// How many lines there are; a final line end opens no further line.
    pub fn line_count(&self) -> u32 {
        let opened = self.starts.len() as u32;
        if self.starts.last() == Some(&self.text_len) { opened - 1 } else { opened }
    }

    /// The bytes of a line with its line end, clamped to the text.
    pub fn line_span(&self, line: u32) -> Span {
        let start = self.line_start(line);
        Span::new(start, self.line_start(line + 1).max(start))
    }

    /// The first byte of a line; the end of the text for a line past the last.
    pub fn line_start(&self, line: u32) -> usize {
        self.starts.get((line.max(1) - 1) as usize).copied().unwrap_or(self.text_len) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: usize, end: usize, text: &str) -> TextEdit {
        TextEdit { span: Span::new(start, end), text: text.into() }
    }

    #[test]
    fn applies_in_any_order() {
        assert_eq!(apply_edits("abcdef", &[edit(4, 5, "X"), edit(0, 1, ""), edit(6, 6, "!")]), Ok("bcdXf!".into()));
        assert_eq!(apply_edits("abc", &[edit(0, 2, "x"), edit(1, 3, "y")]), Err(OverlappingEdits));
        assert_eq!(apply_edits("abc", &[edit(2, 9, "")]), Err(OverlappingEdits));
        assert_eq!(apply_edits("é", &[edit(1, 1, "x")]), Err(OverlappingEdits));
    }

    #[test]
    fn counts_lines_as_python_does() {
        let index = LineIndex::new("a\r\nb\rc\n");
        assert_eq!(index.line_count(), 3);
        assert_eq!([0, 2, 3, 5, 7].map(|at| index.line(at)), [1, 1, 2, 3, 4]);
        assert_eq!(index.line_span(2), Span::new(3, 5));
        assert_eq!(index.line_span(9), Span::new(7, 7));
        assert_eq!(LineIndex::new("").line_count(), 0);
        assert_eq!(LineIndex::new("x").line_count(), 1);
    }
}

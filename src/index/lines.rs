//! How each line of a Python text begins: what may be re-indented and what must not.

use std::ops::Range;

use ruff_python_ast::PySourceType;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::Ranged;

use super::parse::on_deep_stack;
use crate::text::LineIndex;

/// What stands where a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineStart {
    /// The first line of a statement or of a block's header: its indentation has a meaning.
    Logical,
    /// A later line of a statement, within brackets or behind a backslash.
    Continuation,
    /// The line begins within a string: its indentation belongs to the string.
    InString,
    /// Nothing but white space or a comment.
    Blank,
}

/// The white space before a line's content that says how deep it stands. A form feed starts the column anew.
pub fn indent_of(line: &str) -> &str {
    let lead = &line[..line.len() - line.trim_start_matches([' ', '\t', '\x0c']).len()];
    lead.rsplit('\x0c').next().unwrap_or(lead)
}

/// The first of the comment lines that stand directly above `line` and that `belongs` takes, or `line` itself; lines count
/// from 1, `line_at` gives their text. What the interpreter reads at the top of a file is no comment on what follows, nor
/// is the end of a string that reads like one.
pub fn first_comment_above<'a>(
    text: &str,
    line: u32,
    line_at: impl Fn(u32) -> &'a str,
    belongs: impl Fn(u32) -> bool,
) -> u32 {
    let reads_like_one = |above: &u32| {
        let content = line_at(*above).trim_start();
        let is_for_all = *above <= 2 && (content.starts_with("#!") || content.contains("coding"));
        content.starts_with('#') && !is_for_all && belongs(*above)
    };
    let above: Vec<u32> = (1..line).rev().take_while(reads_like_one).collect();
    if above.is_empty() {
        return line;
    }
    let starts = line_starts(text);
    let is_comment = |line: &u32| starts.get(*line as usize - 1) == Some(&LineStart::Blank);
    above.into_iter().take_while(is_comment).last().unwrap_or(line)
}

/// Tells for every line of `text`, in order, how it begins. Never fails: text that does not parse is told as far as
/// its tokens go.
pub fn line_starts(text: &str) -> Vec<LineStart> {
    let lines = LineIndex::new(text);
    let blank = || vec![LineStart::Blank; lines.line_count() as usize];
    on_deep_stack(text, || starts_by_tokens(text, &lines, blank())).unwrap_or_else(blank)
}

fn starts_by_tokens(text: &str, lines: &LineIndex, mut starts: Vec<LineStart>) -> Vec<LineStart> {
    let parsed = parse_unchecked_source(text, PySourceType::Python);
    let mut logical: Option<u32> = None;
    let mut open_strings = Vec::new();
    let mut strings: Vec<Range<usize>> = Vec::new();
    let mut last_line = 0;
    for token in parsed.tokens() {
        let range = token.start().to_usize()..token.end().to_usize();
        match token.kind() {
            TokenKind::Newline => {
                if let Some(first) = logical.take() {
                    mark(&mut starts, first, lines.line(range.start));
                }
            }
            TokenKind::NonLogicalNewline
            | TokenKind::Comment
            | TokenKind::Indent
            | TokenKind::Dedent
            | TokenKind::EndOfFile => {}
            kind => {
                logical.get_or_insert(lines.line(range.start));
                last_line = lines.line(range.end.saturating_sub(1).max(range.start));
                match kind {
                    TokenKind::String => strings.push(range),
                    TokenKind::FStringStart | TokenKind::TStringStart => open_strings.push(range.start),
                    TokenKind::FStringEnd | TokenKind::TStringEnd => {
                        strings.extend(open_strings.pop().map(|start| start..range.end));
                    }
                    _ => {}
                }
            }
        }
    }
    if let Some(first) = logical {
        mark(&mut starts, first, last_line);
    }
    strings.extend(open_strings.into_iter().map(|start| start..text.len()));
    for string in strings {
        for line in lines.line(string.start) + 1..=lines.line(string.end.saturating_sub(1)) {
            set(&mut starts, line, LineStart::InString);
        }
    }
    starts
}

fn mark(starts: &mut [LineStart], first: u32, last: u32) {
    set(starts, first, LineStart::Logical);
    for line in first + 1..=last {
        set(starts, line, LineStart::Continuation);
    }
}

fn set(starts: &mut [LineStart], line: u32, start: LineStart) {
    if let Some(slot) = starts.get_mut(line as usize - 1) {
        *slot = start;
    }
}

#[cfg(test)]
mod tests {
    use super::LineStart::{Blank, Continuation, InString, Logical};
    use super::*;

    #[test]
    fn tells_statements_from_what_continues_them() {
        let text = "def f(\n    a,\n\n):  # c\n    # note\n    s = \"\"\"x\n  y\n\"\"\"\n    t = f'''{\n  a}\n'''\n\n    return a + \\\n  1\n";
        let expected = [
            Logical,
            Continuation,
            Continuation,
            Continuation,
            Blank,
            Logical,
            InString,
            InString,
            Logical,
            InString,
            InString,
            Blank,
            Logical,
            Continuation,
        ];
        assert_eq!(line_starts(text), expected);
    }

    #[test]
    fn takes_what_does_not_parse() {
        for text in ["", "\n", "    def f(:\n  x = (\n", "s = \"\"\"open\nx\n", "f'{", "\\", "a\r\rb\r\nc"] {
            assert_eq!(line_starts(text).len(), LineIndex::new(text).line_count() as usize, "{text:?}");
        }
    }
}

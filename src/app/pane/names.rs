//! The names on a line of code: what can be asked where it is defined.

use crate::index::{HighlightKind, LiveFile, is_keyword};
use crate::text::Span;

/// No person reads further into a line.
const LINE_BYTES_MAX: usize = 4 << 10;

/// The identifiers of a line outside of texts and comments, with the colour that they have.
pub fn names_in(file: &LiveFile, line: u32) -> Vec<(Span, Option<HighlightKind>)> {
    let span = file.lines.line_span(line);
    let text = file.text.text().get(span.range()).unwrap_or_default();
    let highlights = file.highlights(line..line + 1);
    let kind_at = |at: usize| highlights.iter().find(|highlight| highlight.span.contains(at)).map(|one| one.kind);
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    let mut names = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(is_letter).map(|at| from + at).filter(|at| *at < LINE_BYTES_MAX) {
        let end = text[start..].find(|c| !is_letter(c)).map_or(text.len(), |at| start + at);
        from = end;
        let word = &text[start..end];
        if word.starts_with(char::is_numeric) || is_keyword(word) {
            continue;
        }
        let name = Span::new(span.start as usize + start, span.start as usize + end);
        let kind = kind_at(name.start as usize);
        if !matches!(kind, Some(HighlightKind::String | HighlightKind::Comment | HighlightKind::Keyword)) {
            names.push((name, kind));
        }
    }
    names
}

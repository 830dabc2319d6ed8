//! The lines that new text gives back as they were keep their bytes: line ends, page breaks, white space that stands alone.
//!
//! A model sends back what it read without these, and a file with mixed line ends has no one way to write them.
//! Invariant: what the lines say is what the new text says.

use crate::index::{LineStart, indent_of, line_starts};
use crate::text::{LineIndex, shared_lines};

/// What makes two lines the same one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Same {
    /// All but the line end.
    Exact,
    /// Outside strings not even white space that stands alone, nor a page break before the code.
    Code,
}

/// `new` with the bytes of `old` in every line that both have.
pub(super) fn keeping(old: &str, new: &str, same: Same) -> String {
    let (old_keys, new_keys) = (keys(old, same), keys(new, same));
    let old_refs: Vec<&str> = old_keys.iter().map(String::as_str).collect();
    let new_refs: Vec<&str> = new_keys.iter().map(String::as_str).collect();
    let mut shared = shared_lines(&old_refs, &new_refs).into_iter().peekable();
    let old_lines = lines_of(old);
    let mut kept = String::with_capacity(new.len());
    for (at, line) in lines_of(new).into_iter().enumerate() {
        let Some((old, _)) = shared.next_if(|(_, new)| *new == at) else {
            kept.push_str(line);
            continue;
        };
        // Only the last line of a text has no end: whether there is one is the new text's matter.
        let (old_bare, new_bare) = (bare(old_lines[old]), bare(line));
        let (old_end, new_end) = (&old_lines[old][old_bare.len()..], &line[new_bare.len()..]);
        kept.push_str(old_bare);
        kept.push_str(if new_end.is_empty() || old_end.is_empty() { new_end } else { old_end });
    }
    kept
}

fn keys(text: &str, same: Same) -> Vec<String> {
    let lines = lines_of(text);
    if same == Same::Exact {
        return lines.into_iter().map(|line| bare(line).to_owned()).collect();
    }
    let key = |(line, start): (&str, LineStart)| match start {
        // What a string holds is not the same as code that reads alike.
        LineStart::InString => format!("\"{}", bare(line)),
        _ if line.trim().is_empty() => String::new(),
        _ => {
            let indent = indent_of(line);
            let content = line.trim_start_matches([' ', '\t', '\x0c']);
            format!(" {indent}{}", bare(content))
        }
    };
    lines.into_iter().zip(line_starts(text)).map(key).collect()
}

fn lines_of(text: &str) -> Vec<&str> {
    let lines = LineIndex::new(text);
    (1..=lines.line_count()).map(|line| &text[lines.line_span(line).range()]).collect()
}

fn bare(line: &str) -> &str {
    line.trim_end_matches(['\r', '\n'])
}

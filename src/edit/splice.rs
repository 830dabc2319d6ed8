//! Puts code between its neighbours with the blank lines that the place wants.

use super::target::Target;
use crate::index::Insertion;

/// The text of the file with `code` (indented already, lines ending in `\n`) at the insertion.
pub(super) fn insert(target: &Target<'_>, insertion: &Insertion, code: &str) -> String {
    let text = &*target.text;
    let line_count = target.lines.line_count();
    let next = if insertion.at >= text.len() { line_count + 1 } else { target.lines.line(insertion.at) };
    let at = target.lines.line_start(next);
    let blanks_before = (1..next).rev().take_while(|line| target.is_blank(*line)).count() as u32;
    let blanks_after = (next..=line_count).take_while(|line| target.is_blank(*line)).count() as u32;
    let previous = next - blanks_before - 1;
    let end = target.ending.as_str();
    let mut new = String::with_capacity(text.len() + code.len() + 8);
    match &insertion.opens {
        Some(edit) => {
            let opened = edit.span.range();
            new.push_str(&text[..opened.start]);
            new.push_str(&target.ending.unify(&edit.text));
            new.push_str(&text[opened.end..at]);
        }
        None => new.push_str(&text[..at]),
    }
    if previous > 0 {
        if !new.ends_with(['\n', '\r']) {
            new.push_str(end);
        }
        if !opens_block(target, previous, &insertion.indent) {
            new.push_str(&end.repeat(insertion.blank_lines.saturating_sub(blanks_before) as usize));
        }
    }
    new.push_str(&target.ending.unify(code));
    let following = next + blanks_after;
    if following <= line_count {
        // Behind the end of a scope the outer one says how far apart things stand: at least as far as here.
        new.push_str(&end.repeat(insertion.blank_lines.saturating_sub(blanks_after) as usize));
    }
    new.push_str(&text[at..]);
    new
}

/// Whether `line` is the last of a header: what comes next is the first of its block.
pub(super) fn opens_block(target: &Target<'_>, line: u32, indent: &str) -> bool {
    target.indent(line).len() < indent.len() && {
        let code = target.line(line).split('#').next().unwrap_or("");
        code.trim_end().ends_with(':')
    }
}

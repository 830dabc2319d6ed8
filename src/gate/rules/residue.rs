//! What is left in a file of the message it came in: fences, merge markers, line numbers, diff signs, typographic quotes.
//!
//! Only files that do not parse are looked at: within strings all of it is legitimate.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::{Fix, FixSafety, issue};
use crate::gate::Issue;
use crate::gate::project::Sides;
use crate::text::{LineIndex, ProjectPath, Span, TextEdit};

pub(super) fn residue(path: &ProjectPath, sides: &Sides) -> Vec<Issue> {
    let text = &*sides.new_text;
    let lines = LineIndex::new(text);
    let mut issues = Vec::new();
    issues.extend(fence(path, sides, &lines));
    issues.extend(merge_marker(path, sides));
    issues.extend(prefixes(path, sides));
    issues.extend(typographic_quote(path, sides, &lines));
    issues
}

/// Whether the old text has such a line as well: then it is no residue of this change.
fn is_old(sides: &Sides, line: &str) -> bool {
    sides.old_text.lines().any(|old| old.trim_end() == line)
}

fn fence(path: &ProjectPath, sides: &Sides, lines: &LineIndex) -> Option<Issue> {
    let fences: Vec<u32> = (1..)
        .zip(sides.new_text.lines())
        .filter(|(_, line)| line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~"))
        .filter(|(_, line)| !is_old(sides, line.trim_end()))
        .map(|(line, _)| line)
        .collect();
    let first = *fences.first()?;
    let edits = fences.iter().map(|line| TextEdit { span: lines.line_span(*line), text: String::new() }).collect();
    let message = "A markdown fence is left in the file. Give the code alone.".to_owned();
    let mut found = issue("markdown-fence", path, first, Some(lines.line_span(first)), message);
    found.fix = Some(Fix { title: "Remove the markdown fence".to_owned(), safety: FixSafety::Safe, edits });
    Some(found)
}

fn merge_marker(path: &ProjectPath, sides: &Sides) -> Option<Issue> {
    let (line, marker) = (1..).zip(sides.new_text.lines()).find(|(_, line)| {
        let marked = ["<<<<<<<", ">>>>>>>", "|||||||", "======="]
            .iter()
            .any(|marker| line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')));
        marked && !is_old(sides, line.trim_end())
    })?;
    let message =
        format!("A merge marker is left in the file: '{}'. Keep one side and remove the markers.", marker.trim_end());
    Some(issue("merge-marker", path, line, None, message))
}

fn prefixes(path: &ProjectPath, sides: &Sides) -> Option<Issue> {
    static NUMBERED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^\s*(?:L|line )?\d+\s*(?:[|:.\u{2192}\u{2502}\t]|  )").expect("a valid pattern"));
    static HUNK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:@@ .*@@|diff --git |--- a/|\+\+\+ b/|index [0-9a-f]{7})").expect("a valid pattern")
    });
    let old: HashSet<&str> = sides.old_text.lines().collect();
    let added: Vec<(u32, &str)> =
        (1..).zip(sides.new_text.lines()).filter(|(_, line)| !line.trim().is_empty() && !old.contains(line)).collect();
    let first = added.first()?.0;
    let numbered = added.iter().filter(|(_, line)| NUMBERED.is_match(line)).count();
    if numbered * 2 > added.len() && numbered > 1 {
        let message = "Line numbers are left in front of the code. Give the code alone.".to_owned();
        return Some(issue("line-numbers", path, first, None, message));
    }
    let signed = added.iter().filter(|(_, line)| line.starts_with(['+', '-'])).count();
    let hunk = added.iter().find(|(_, line)| HUNK.is_match(line));
    if hunk.is_some() || (signed * 2 > added.len() && signed > 1) {
        let line = hunk.map_or(first, |(line, _)| *line);
        let message = "Signs of a diff are left in the file. Give the code as it is to be.".to_owned();
        return Some(issue("diff-signs", path, line, None, message));
    }
    None
}

fn typographic_quote(path: &ProjectPath, sides: &Sides, lines: &LineIndex) -> Option<Issue> {
    let quotes = |c: char| matches!(c, '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}');
    let on_fault = sides.new.faults.iter().find_map(|fault| {
        let line = lines.line_span(fault.line);
        let text = sides.new_text.get(line.range())?;
        let at = line.start as usize + text.find(quotes)?;
        Some((fault.line, at, sides.new_text[at..].chars().next()?))
    });
    let (line, at, quote) = on_fault?;
    let span = Span::new(at, at + quote.len_utf8());
    let message = format!("The typographic quote {quote} is no Python quote. Use ' or \".");
    Some(issue("typographic-quote", path, line, Some(span), message))
}

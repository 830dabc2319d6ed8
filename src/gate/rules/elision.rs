//! Code that was left out: what stands for it, judged by what is gone from that very place.

mod body;
mod place;
mod wording;

use std::collections::HashMap;

use ruff_python_ast::token::{Token, TokenKind, Tokens};
use ruff_text_size::Ranged;

use super::issue;
use crate::gate::Issue;
use crate::gate::project::Sides;
use crate::text::{LineIndex, ProjectPath, Span};
pub(super) use body::{emptied, unwritten};
use place::Changes;
use wording::{Wording, wording};

/// The code of what stands for code.
pub(in crate::gate) const ELIDED: &str = "elided-code";

/// The new comments, lone strings and dots that stand for code.
pub(super) fn placeholders(tokens: &Tokens, path: &ProjectPath, sides: &Sides) -> Vec<Issue> {
    let page = Page {
        sides,
        lines: LineIndex::new(&sides.new_text),
        changes: Changes::new(path, sides),
        is_written: sides.is_created || sides.old_text.trim().is_empty(),
        touched: touched(&sides.old_text, &sides.new_text),
    };
    let mut olds = page.old_lines();
    let mut issues = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let range = std::ops::Range::<usize>::from(token.range());
        let Some(text) = sides.new_text.get(range.clone()) else { continue };
        let line = page.lines.line(range.start);
        let is_touched = range.end > page.touched.start && range.start < page.touched.end;
        let is_lone = || is_touched && is_lone(tokens, at);
        let stands_for_code = match token.kind() {
            TokenKind::Comment => {
                let is_new = |count: &mut u32| std::mem::replace(count, count.saturating_sub(1)) == 0;
                olds.get_mut(text.trim()).is_none_or(is_new) && page.comment_stands_for_code(text, line)
            }
            TokenKind::String if is_lone() => page.string_stands_for_code(text, line),
            TokenKind::Ellipsis if is_lone() && path.extension() != "pyi" => page.dots_stand_for_code(tokens, at, line),
            _ => false,
        };
        if stands_for_code {
            let what = match token.kind() {
                TokenKind::Comment => "comment",
                TokenKind::String => "text",
                _ => "statement",
            };
            let shown = text.trim().lines().next().unwrap_or_default();
            issues.push(issue(
                ELIDED,
                path,
                line,
                Some(Span::new(range.start, range.end)),
                format!("The {what} '{shown}' stands in the place of code. Write that code out."),
            ));
        }
    }
    issues.extend(page.foreign(path));
    issues
}

/// Whether a token is a whole line, comments aside.
fn is_lone(tokens: &Tokens, at: usize) -> bool {
    let is_end = |token: &Token| {
        matches!(
            token.kind(),
            TokenKind::Newline
                | TokenKind::NonLogicalNewline
                | TokenKind::Indent
                | TokenKind::Dedent
                | TokenKind::Comment
        )
    };
    at.checked_sub(1).is_none_or(|before| tokens.get(before).is_none_or(is_end))
        && tokens.get(at + 1).is_none_or(is_end)
}

struct Page<'p> {
    sides: &'p Sides,
    lines: LineIndex,
    changes: Changes<'p>,
    /// There was nothing that could be left out but what the message speaks of.
    is_written: bool,
    /// The part of the new text in which something came or went.
    touched: std::ops::Range<usize>,
}

/// What of `new` lies between the beginning and the end that both texts have.
fn touched(old: &str, new: &str) -> std::ops::Range<usize> {
    let start = old.bytes().zip(new.bytes()).take_while(|(old, new)| old == new).count();
    let tail = old.bytes().rev().zip(new.bytes().rev()).take_while(|(old, new)| old == new).count();
    let tail = tail.min(old.len().min(new.len()) - start);
    start.saturating_sub(1)..new.len() - tail + 1
}

impl Page<'_> {
    /// How often each comment stands in the old text.
    fn old_lines(&self) -> HashMap<&str, u32> {
        let mut counts: HashMap<&str, u32> = HashMap::new();
        for line in self.sides.old_text.lines().filter(|line| line.contains('#')) {
            *counts.entry(comment_of(line)).or_default() += 1;
        }
        counts
    }

    fn comment_stands_for_code(&self, comment: &str, line: u32) -> bool {
        let Some(wording) = wording(comment) else { return false };
        let is_alone = self.line(line).trim_start().starts_with('#') || self.is_placeholder_line(line);
        let (lost, won) = self.changes.in_file();
        match wording {
            // Behind code that is there it speaks of that code; within a block of comments, it is part of what they say.
            _ if !is_alone => false,
            // The beginning of a sentence that goes on below is about something.
            Wording::Plain if self.begins_sentence(line, comment) => false,
            // As is the end of a new sentence that began on the line above, unless the code became less.
            Wording::Plain if self.continues_sentence(line, comment) => lost > won,
            Wording::Plain => lost > 0 || self.is_written,
            Wording::Dotted if !self.has_comment_above(line) => self.is_less_at(line),
            Wording::Loose if !self.has_comment_above(line) => {
                self.is_less_at(line) && !self.changes.is_new_below(line)
            }
            Wording::Dotted | Wording::Loose => false,
        }
    }

    fn is_less_at(&self, line: u32) -> bool {
        let (lost, won) = self.changes.at(line);
        lost > won
    }

    /// `pass  # rest of the code`, `def f(self): ...  # unchanged`.
    fn is_placeholder_line(&self, line: u32) -> bool {
        let code = self.line(line).split('#').next().unwrap_or_default().trim_end();
        ["pass", "...", ":", "{", "[", "("].iter().any(|end| code.ends_with(end))
    }

    /// A string that is a statement, such as a docstring: one of its lines may stand for what it said.
    fn string_stands_for_code(&self, text: &str, line: u32) -> bool {
        let inner = text.trim_start_matches(['r', 'R', 'u', 'U', 'b', 'B']).trim_matches(['"', '\'']);
        let is_new = |said: &str| !self.sides.old_text.contains(said);
        let plain = |said: &&str| wording(said) == Some(Wording::Plain) && is_new(said);
        let is_dotted = |said: &str| said.contains("...") || said.contains('\u{2026}');
        let mut said = inner.lines().map(str::trim).filter(|said| !said.is_empty());
        let lines: Vec<&str> = said.by_ref().take(200).collect();
        match &*lines {
            [only] => plain(only) && self.is_less_at(line),
            many => many.iter().any(|said| plain(said) && is_dotted(said)) && self.is_less_at(line),
        }
    }

    /// `...` as a statement among others, or in the place of others.
    fn dots_stand_for_code(&self, tokens: &Tokens, at: usize, line: u32) -> bool {
        let is_in_block = |token: &Token| matches!(token.kind(), TokenKind::Indent | TokenKind::Dedent);
        // Directly behind a header and before its end it is a whole body: that is judged with its function.
        let code = |token: &&Token| !matches!(token.kind(), TokenKind::Comment | TokenKind::NonLogicalNewline);
        let opens = tokens[..at].iter().rev().find(code).is_some_and(|token| token.kind() == TokenKind::Indent);
        let closes = tokens[at + 1..].iter().filter(code).nth(1).is_none_or(is_in_block);
        let was = self.sides.old_text.lines().filter(|old| old.trim() == "...").count();
        let is = self.sides.new_text.lines().filter(|new| new.trim() == "...").count();
        !(opens && closes) && is > was && self.is_less_at(line)
    }

    fn line(&self, line: u32) -> &str {
        self.sides.new_text.get(self.lines.line_span(line).range()).unwrap_or_default()
    }

    fn has_comment_above(&self, line: u32) -> bool {
        line > 1 && self.line(line - 1).trim_start().starts_with('#')
    }

    /// Whether a comment is the long first line of a sentence that the comment below goes on with.
    fn begins_sentence(&self, line: u32, comment: &str) -> bool {
        let below = self.line(line + 1).trim();
        let goes_on = below.strip_prefix('#').is_some_and(|rest| rest.trim_start().starts_with(char::is_lowercase));
        let is_open = !comment.trim_end().ends_with(['.', ':', '!', '?', '\u{2026}', '-', '=', ')']);
        goes_on && is_open && comment.split_whitespace().count() > 8
    }

    /// Whether a comment goes on with a sentence that the change begins in the comment above it.
    fn continues_sentence(&self, line: u32, comment: &str) -> bool {
        if !self.has_comment_above(line) {
            return false;
        }
        let above = self.line(line - 1).trim();
        let is_sentence =
            above.split_whitespace().count() > 4 && !above.ends_with(['.', ':', '!', '?', '\u{2026}', '-', '=']);
        let goes_on = comment.trim_start_matches(['#', ' ']).starts_with(char::is_lowercase);
        is_sentence && goes_on && wording(above).is_none() && !self.sides.old_text.contains(above)
    }

    /// Lines that are no Python and say it in another language's comment, or between brackets.
    fn foreign(&self, path: &ProjectPath) -> Vec<Issue> {
        let mut issues: Vec<Issue> = Vec::new();
        for fault in &self.sides.new.faults {
            let text = self.line(fault.line).trim();
            let is_marked = text.starts_with(['/', '*', '<', '[', '{', '.', '\u{2026}']) || text.contains("...");
            // One word between brackets is a tag.
            let is_said = text.contains([' ', '\u{2026}']) || text.contains("...");
            let is_told = issues.last().is_some_and(|issue| issue.line == fault.line);
            if is_marked && is_said && !is_told && wording(text).is_some() && !self.sides.old_text.contains(text) {
                let message = format!("The line '{text}' stands in the place of code. Write that code out.");
                issues.push(issue(ELIDED, path, fault.line, Some(self.lines.line_span(fault.line)), message));
            }
        }
        issues
    }
}

fn comment_of(line: &str) -> &str {
    line.find('#').map_or("", |at| line[at..].trim())
}

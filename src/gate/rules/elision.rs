//! Code that was left out: a comment that stands for it, or a body that was emptied.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_text_size::Ranged;

use super::issue;
use crate::gate::project::{Project, Sides};
use crate::gate::{Issue, Severity};
use crate::index::{FileStructure, Symbol, SymbolKind};
use crate::text::{LineIndex, ProjectPath, Span};

/// How sure it is that a comment stands for code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wording {
    /// It can hardly mean anything else.
    Plain,
    /// It does where code is gone.
    Loose,
}

/// The new comments that stand for code.
pub(super) fn comments(tokens: &Tokens, path: &ProjectPath, sides: &Sides) -> Vec<Issue> {
    let removed = removed_code(&sides.old_text, &sides.new_text);
    let lines = LineIndex::new(&sides.new_text);
    let mut old_counts: HashMap<&str, u32> = HashMap::new();
    for line in sides.old_text.lines().filter(|line| line.contains('#')) {
        *old_counts.entry(comment_of(line)).or_default() += 1;
    }
    let mut issues = Vec::new();
    for token in tokens.iter().filter(|token| token.kind() == TokenKind::Comment) {
        let range = std::ops::Range::<usize>::from(token.range());
        let Some(comment) = sides.new_text.get(range.clone()) else { continue };
        if let Some(count) = old_counts.get_mut(comment.trim())
            && *count > 0
        {
            *count -= 1;
            continue;
        }
        let line = lines.line(range.start);
        let stands_for_code = match wording(comment) {
            // Within a block of comments it is part of what they say.
            Some(Wording::Loose) if has_comment_above(&sides.new_text, &lines, line) => false,
            // The beginning of a sentence that goes on below is about something.
            Some(Wording::Plain) if begins_sentence(sides, &lines, line, comment) => false,
            // As is the end of a new sentence that began on the line above, unless the code became less.
            Some(Wording::Plain) if continues_sentence(sides, &lines, line, comment) => removed.count > removed.added,
            Some(Wording::Plain) => removed.count > 0 || sides.is_created || sides.old_text.trim().is_empty(),
            Some(Wording::Loose) => removed.count > removed.added,
            None => false,
        };
        if stands_for_code {
            issues.push(issue(
                "elided-code",
                path,
                line,
                Some(Span::new(range.start, range.end)),
                format!("The comment '{}' stands in the place of code. Write that code out.", comment.trim()),
            ));
        }
    }
    issues
}

fn has_comment_above(text: &str, lines: &LineIndex, line: u32) -> bool {
    let above = lines.line_span(line.saturating_sub(1).max(1));
    line > 1 && text.get(above.range()).is_some_and(|above| above.trim_start().starts_with('#'))
}

/// Whether a comment is the long first line of a sentence that the comment below goes on with.
fn begins_sentence(sides: &Sides, lines: &LineIndex, line: u32, comment: &str) -> bool {
    let below = sides.new_text.get(lines.line_span(line + 1).range()).unwrap_or_default().trim();
    let goes_on = below.strip_prefix('#').is_some_and(|rest| rest.trim_start().starts_with(char::is_lowercase));
    let is_open = !comment.trim_end().ends_with(['.', ':', '!', '?', '\u{2026}', '-', '=', ')']);
    goes_on && is_open && comment.split_whitespace().count() > 8
}

/// Whether a comment goes on with a sentence that the change begins in the comment above it.
fn continues_sentence(sides: &Sides, lines: &LineIndex, line: u32, comment: &str) -> bool {
    if !has_comment_above(&sides.new_text, lines, line) {
        return false;
    }
    let above = sides.new_text.get(lines.line_span(line - 1).range()).unwrap_or_default().trim();
    let is_sentence =
        above.split_whitespace().count() > 4 && !above.ends_with(['.', ':', '!', '?', '\u{2026}', '-', '=']);
    let goes_on = comment.trim_start_matches(['#', ' ']).starts_with(char::is_lowercase);
    is_sentence && goes_on && wording(above).is_none() && !sides.old_text.contains(above)
}

fn comment_of(line: &str) -> &str {
    line.find('#').map_or("", |at| line[at..].trim())
}

struct Removed {
    /// Lines of code of the old text that the new one lacks.
    count: usize,
    /// Lines of code that the new text has on top.
    added: usize,
}

fn removed_code(old: &str, new: &str) -> Removed {
    let code = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let mut counts: HashMap<&str, i64> = HashMap::new();
    for line in old.lines().map(str::trim).filter(code) {
        *counts.entry(line).or_default() += 1;
    }
    for line in new.lines().map(str::trim).filter(code) {
        *counts.entry(line).or_default() -= 1;
    }
    let sum = |sign: i64| counts.values().map(|count| count * sign).filter(|count| *count > 0).sum::<i64>() as usize;
    Removed { count: sum(1), added: sum(-1) }
}

fn wording(comment: &str) -> Option<Wording> {
    static PLAIN: LazyLock<[Regex; 4]> = LazyLock::new(|| {
        const THING: &str = r"(?:codes?|files?|class(?:es)?|functions?|methods?|modules?|implementations?|bod(?:y|ies)|logic|scripts?|definitions?|imports?|fields|attributes|tests?|contents?|lines|stuff|handlers?|helpers?|setup|statements?|properties|constants|parameters|arguments|init)";
        const STAYS: &str = r"(?:unchanged|remains?|same|here|as (?:before|is|above|it was)|stays?|not shown|omitted|elided|untouched|intact|goes here|continues?|\.\.\.|…|not modified)";
        [
            format!(r"^(?:\.\.\.|…)+\W*.*\b(?:existing|rest|remaining|remainder|previous|other|same|unchanged|original|omitted|skipp?ed|snip(?:ped)?|truncated|{THING}|here|more|continue[sd]?|as before|keep)\b"),
            format!(r"\b(?:rest|remainder|remaining|others?)\b.*\b{THING}\b.*\b?{STAYS}"),
            format!(r"\b(?:existing|previous|original|current|other|same|old|above|unchanged)\b.*\b{THING}\b.*\b?{STAYS}"),
            format!(r"\b(?:keep|leave|insert|include|copy|paste|add)\b.*\b(?:existing|rest|remaining|remainder|previous|original|other|old)\b.*\b{THING}\b"),
        ]
        .map(|pattern| Regex::new(&pattern).expect("a valid pattern"))
    });
    static LOOSE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^(?:(?:\.\.\.|…)+|(?:the )?(?:rest|remainder)\b.*|(?:remains? )?unchanged|same (?:as )?(?:before|above|as is)|no changes?.*|as before|(?:code )?(?:omitted|elided|snipped|truncated)\b.*|snip|etc\.?|(?:existing|previous|remaining|other|original|unchanged) (?:codes?|methods?|functions?|implementations?|logic|imports?|class(?:es)?|tests?|definitions?)(?: (?:is|are|goes?|stays?|remains?|continues?|follows?|here|above|below|unchanged|omitted|elided|and|of|in|from|for|as|not|left|same|\.).{0,30})?|.*\bfor brevity)$",
        )
        .expect("a valid pattern")
    });
    // What is quoted is spoken of.
    static QUOTED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#""[^"]*"|'[^']*'|`[^`]*`"#).expect("a valid pattern"));
    let lower = QUOTED.replace_all(&comment.to_lowercase(), "").into_owned();
    let text = lower
        .trim_start_matches('#')
        .trim()
        .trim_matches(['-', '=', '*', '[', ']', '(', ')', '<', '>', ' ', ':', '!', '/']);
    if PLAIN.iter().any(|pattern| pattern.is_match(text)) {
        // What is long, or has more than one sentence, is about something; what stands for code is short.
        let is_short = text.split_whitespace().count() <= 14 && !has_two_sentences(comment);
        return Some(if is_short { Wording::Plain } else { Wording::Loose });
    }
    LOOSE.is_match(text).then_some(Wording::Loose)
}

fn has_two_sentences(text: &str) -> bool {
    text.match_indices(['.', '?', '!']).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + 1..]);
        before.ends_with(char::is_alphanumeric)
            && after.starts_with(' ')
            && after.trim().starts_with(char::is_alphabetic)
    })
}

/// Functions that had code and have none now, while that code is nowhere else.
pub(super) fn emptied_bodies(path: &ProjectPath, sides: &Sides, project: &Project<'_>) -> Vec<Issue> {
    if path.extension() == "pyi" || sides.is_deleted {
        return Vec::new();
    }
    let mut issues = Vec::new();
    for new in sides.new.symbols.iter().filter(|symbol| is_function(symbol)) {
        if !is_stub(body(&sides.new_text, new)) || may_be_empty(&sides.new, new) {
            continue;
        }
        let mut was =
            sides.old.find(&new.qualname).into_iter().map(|id| sides.old.symbol(id)).filter(|old| is_function(old));
        let Some(old) = was.next() else { continue };
        let old_body = body(&sides.old_text, old);
        if is_stub(old_body) || is_moved(old_body, project) {
            continue;
        }
        let mut told = issue(
            "emptied-body",
            path,
            new.line,
            Some(new.name_span),
            format!("'{}' had code and its body is a placeholder now. Write its code out.", new.qualname),
        );
        // Who is in a hurry leaves out what is long; a line or two that became `pass` were taken out on purpose.
        if !body(&sides.new_text, new).contains("...") && is_brief(old_body) {
            told.severity = Severity::Warn;
        }
        issues.push(told);
    }
    issues
}

fn is_function(symbol: &Symbol) -> bool {
    matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method)
}

fn may_be_empty(structure: &FileStructure, symbol: &Symbol) -> bool {
    let marked =
        symbol.decorators.iter().any(|decorator| decorator.contains("abstract") || decorator.contains("overload"));
    let in_protocol = symbol.parent.is_some_and(|parent| structure.symbol(parent).signature.contains("Protocol"));
    marked || in_protocol
}

fn body<'t>(text: &'t str, symbol: &Symbol) -> &'t str {
    text.get(symbol.body_span.range()).unwrap_or_default()
}

/// Whether a body does nothing: a docstring, `pass`, `...` and comments at most.
fn is_stub(body: &str) -> bool {
    without_docstring(body)
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .all(|line| matches!(line, "" | "pass" | "...") || line.starts_with("raise NotImplementedError"))
}

/// Whether a body is a statement or two: some lines of code, none of which opens a block.
fn is_brief(body: &str) -> bool {
    let code = without_docstring(body).lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<&str> = code.collect();
    lines.len() < 5 && !lines.iter().any(|line| line.ends_with(':'))
}

fn without_docstring(body: &str) -> &str {
    let trimmed = body.trim_start().trim_start_matches(['r', 'R', 'u', 'U']);
    for quote in ["\"\"\"", "'''"] {
        if let Some(rest) = trimmed.strip_prefix(quote) {
            return rest.find(quote).map_or("", |end| &rest[end + 3..]);
        }
    }
    for quote in ['"', '\''] {
        if let Some(rest) = trimmed.strip_prefix(quote) {
            let line_end = rest.find('\n').unwrap_or(rest.len());
            return if rest[..line_end].trim_end().ends_with(quote) { &rest[line_end..] } else { body };
        }
    }
    body
}

/// Whether most of a body stands elsewhere in the change.
fn is_moved(old_body: &str, project: &Project<'_>) -> bool {
    let code: Vec<&str> = without_docstring(old_body)
        .lines()
        .map(str::trim)
        .filter(|line| line.len() > 4 && !line.starts_with('#'))
        .collect();
    let found =
        code.iter().filter(|line| project.changed.values().any(|sides| sides.new_text.contains(**line))).count();
    !code.is_empty() && found * 2 > code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_usual_wordings() {
        for comment in [
            "# ... existing code ...",
            "# ... rest of the code unchanged ...",
            "# rest of the class remains the same",
            "# (rest of the file stays as is)",
            "# ... other methods ...",
            "# Existing implementation here",
            "# keep the existing imports",
            "# … unchanged …",
            "# previous code unchanged",
        ] {
            assert_eq!(wording(comment), Some(Wording::Plain), "{comment}");
        }
        for comment in
            ["# ...", "# same as before", "# rest of the function", "# unchanged", "# code omitted for brevity"]
        {
            assert_eq!(wording(comment), Some(Wording::Loose), "{comment}");
        }
        for comment in [
            "# original function argument names.",
            "# noqa",
            "# the total without tax",
            "# keep this in sync with the server",
            "# type: ignore",
        ] {
            assert_eq!(wording(comment), None, "{comment}");
        }
    }

    #[test]
    fn a_stub_does_nothing() {
        assert!(is_stub("\"\"\"Says hello.\"\"\"\n    ...  # later\n"));
        assert!(is_stub("pass"));
        assert!(is_stub("'''A\nB'''"));
        assert!(!is_stub("\"\"\"Says hello.\"\"\"\n    return 1\n"));
        assert!(!is_stub("'a'.join(x)"));
    }
}

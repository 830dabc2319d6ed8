//! What is left in a file of the message it came in: fences, tags and sentences, merge markers,
//! line numbers, diff signs, typographic quotes.
//!
//! Only files that do not parse are looked at: within strings all of it is legitimate.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::issue;
use crate::gate::Issue;
use crate::gate::project::Sides;
use crate::index::{LineStart, line_starts};
use crate::text::{LineIndex, ProjectPath, Span};

pub(super) fn residue(path: &ProjectPath, sides: &Sides) -> Vec<Issue> {
    let page = Page {
        path,
        sides,
        lines: LineIndex::new(&sides.new_text),
        starts: line_starts(&sides.new_text),
        old: sides.old_text.lines().map(str::trim_end).collect(),
    };
    let found = [page.fence(), page.merge_marker(), page.prefixes(), page.typographic(), page.tag(), page.chat()];
    found.into_iter().flatten().collect()
}

struct Page<'s> {
    path: &'s ProjectPath,
    sides: &'s Sides,
    lines: LineIndex,
    starts: Vec<LineStart>,
    old: HashSet<&'s str>,
}

impl<'s> Page<'s> {
    /// The lines that came with the change, those within strings aside.
    fn added(&self) -> impl Iterator<Item = (u32, &'s str)> {
        let lines = (1..).zip(self.sides.new_text.lines());
        lines.filter(|(line, text)| {
            let is_in_string = self.starts.get(*line as usize - 1) == Some(&LineStart::InString);
            !text.trim().is_empty() && !is_in_string && !self.old.contains(text.trim_end())
        })
    }

    fn issue(&self, code: &'static str, line: u32, message: String) -> Issue {
        issue(code, self.path, line, Some(self.lines.line_span(line)), message)
    }

    fn fence(&self) -> Option<Issue> {
        let is_fence = |text: &str| text.trim_start().starts_with("```") || text.trim_start().starts_with("~~~");
        let (line, _) = self.added().find(|(_, text)| is_fence(text))?;
        let message = "A markdown fence is left in the file. Give the code alone.".to_owned();
        Some(self.issue("markdown-fence", line, message))
    }

    fn merge_marker(&self) -> Option<Issue> {
        let is_marker = |text: &str| {
            let alone = ["<<<<<<<", ">>>>>>>", "|||||||", "======="].iter().any(|marker| {
                text.strip_prefix(marker).is_some_and(|rest| rest.trim_end().is_empty() || rest.starts_with(' '))
            });
            alone || ["------- SEARCH", "+++++++ REPLACE"].iter().any(|marker| text.starts_with(marker))
        };
        let (line, marker) = self.added().find(|(_, text)| is_marker(text))?;
        let marker = marker.trim_end();
        let message = format!("A merge marker is left in the file: '{marker}'. Keep one side and remove the markers.");
        Some(self.issue("merge-marker", line, message))
    }

    fn prefixes(&self) -> Option<Issue> {
        static NUMBERED: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"^\s*(?:L|line )?\d+\s*(?:[|:.\u{2192}\u{2502}\t]|  )").expect("a valid pattern")
        });
        static HUNK: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(
                r"^(?:@@ .*@@|diff --git |--- a/|\+\+\+ b/|index [0-9a-f]{7}|\*\*\* (?:Begin|End|Update|Add|Delete) )",
            )
            .expect("a valid pattern")
        });
        let added: Vec<(u32, &str)> = self.added().collect();
        let first = added.first()?.0;
        let numbered = added.iter().filter(|(_, line)| NUMBERED.is_match(line)).count();
        if numbered * 2 > added.len() && numbered > 1 {
            let message = "Line numbers are left in front of the code. Give the code alone.".to_owned();
            return Some(self.issue("line-numbers", first, message));
        }
        let signed = added.iter().filter(|(_, line)| line.starts_with(['+', '-'])).count();
        let hunk = added.iter().find(|(_, line)| HUNK.is_match(line));
        if hunk.is_some() || (signed * 2 > added.len() && signed > 1) {
            let line = hunk.map_or(first, |(line, _)| *line);
            let message = "Signs of a diff are left in the file. Give the code as it is to be.".to_owned();
            return Some(self.issue("diff-signs", line, message));
        }
        None
    }

    /// What a text program makes of quotes, spaces, dashes and brackets, where the parser stumbled.
    fn typographic(&self) -> Option<Issue> {
        let (line, at, sign, plain) = self.sides.new.faults.iter().find_map(|fault| {
            let span = self.lines.line_span(fault.line);
            let text = self.sides.new_text.get(span.range())?;
            text.char_indices().find_map(|(at, c)| Some((fault.line, span.start as usize + at, c, plain(c)?)))
        })?;
        let span = Span::new(at, at + sign.len_utf8());
        let (code, message) = if plain_quote(sign).is_some() {
            ("typographic-quote", format!("The typographic quote {sign} is no Python quote. Use ' or \"."))
        } else {
            let way_out = if plain.is_empty() { "Leave it out".to_owned() } else { format!("Use '{plain}'") };
            ("typographic-sign", format!("The sign U+{:04X} means nothing in Python. {way_out}.", u32::from(sign)))
        };
        Some(issue(code, self.path, line, Some(span), message))
    }

    /// `<file>`, `</code>`: the brackets of a message.
    fn tag(&self) -> Option<Issue> {
        let (line, text) = self.added().find(|(_, text)| is_tag(text))?;
        let message = format!("The tag '{}' is left in the file. Give the code alone.", text.trim_end());
        Some(self.issue("markup-tag", line, message))
    }

    /// A sentence where a statement should stand: what a model says before or after its code.
    fn chat(&self) -> Option<Issue> {
        let at_fault = |line: u32| self.sides.new.faults.iter().any(|fault| fault.line == line);
        let (line, text) = self.added().find(|(line, text)| at_fault(*line) && is_sentence(text))?;
        let shown: String = text.trim().chars().take(60).collect();
        Some(self.issue("chat-text", line, format!("'{shown}' is a sentence, not code. Give the code alone.")))
    }
}

/// Whether a line is a tag and nothing else.
pub(in crate::gate) fn is_tag(line: &str) -> bool {
    static TAG: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"^</?[A-Za-z_][\w:-]*(?:\s+[\w:-]+="[^"]*")*\s*/?>$"#).expect("a valid pattern"));
    TAG.is_match(line.trim_end())
}

/// The quote of Python that is meant by a typographic one.
pub(in crate::gate) fn plain_quote(sign: char) -> Option<&'static str> {
    plain(sign).filter(|plain| matches!(*plain, "'" | "\""))
}

/// The sign of Python that is meant by a typographic one.
fn plain(sign: char) -> Option<&'static str> {
    Some(match sign {
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{2032}' => "'",
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' | '\u{2033}' => "\"",
        '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => " ",
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' => "",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        '\u{d7}' => "*",
        '\u{2260}' => "!=",
        '\u{2264}' => "<=",
        '\u{2265}' => ">=",
        '\u{ff08}' => "(",
        '\u{ff09}' => ")",
        '\u{ff0c}' => ",",
        '\u{ff1a}' => ":",
        '\u{ff1d}' => "=",
        _ => return None,
    })
}

/// Whether a line reads as a sentence: some words, no sign of code, and not the words with which Python begins.
fn is_sentence(line: &str) -> bool {
    const KEYWORDS: [&str; 30] = [
        "assert", "async", "await", "break", "case", "class", "def", "del", "elif", "else", "except", "exec",
        "finally", "for", "from", "global", "if", "import", "lambda", "match", "nonlocal", "not", "print", "raise",
        "return", "try", "type", "while", "with", "yield",
    ];
    let text = line.trim();
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_word = |word: &&&str| word.chars().all(|c| c.is_alphabetic() || ",.:;!?'*`\u{2019}-".contains(c));
    let has_signs = text.contains(['=', '(', '[', '{', '@', '#', '"']);
    let starts_as_code = words.first().is_none_or(|first| KEYWORDS.contains(&first.trim_end_matches(':')));
    !starts_as_code && !has_signs && words.len() >= 3 && words.iter().filter(is_word).count() * 4 >= words.len() * 3
}

//! Fixes of texts that do not parse: what a message left in them is taken out, and what it moved is moved back.
//!
//! Knows only lines. Invariant: a fix is offered when the text parses with it, and only when no second way would do as well.

mod indentation;

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::project::{Project, Sides};
use super::rules::{is_tag, plain_quote};
use super::{Fix, FixSafety, Issue};
use crate::index::FileStructure;
use crate::text::{ProjectPath, Span, TextEdit};

/// Adds to the issues of files that do not parse the fixes that make them parse, and takes away those that do not.
pub(super) fn mend(issues: &mut [Issue], project: &Project<'_>) {
    for (path, sides) in project.changed.iter().filter(|(_, sides)| !sides.new.faults.is_empty() && !sides.is_deleted) {
        let text = BrokenText::new(path, sides);
        let mut is_indented = false;
        for issue in issues.iter_mut().filter(|issue| issue.path == *path) {
            let mended = match issue.code {
                "markdown-fence" => {
                    text.first_that_parses("Remove the markdown fence", &[text.fenced(), text.unfenced()])
                }
                "line-numbers" => text.first_that_parses("Remove the line numbers", &[text.unnumbered()]),
                "diff-signs" => text.first_that_parses("Remove the signs of the diff", &[text.without_signs()]),
                "markup-tag" => text.first_that_parses("Remove the tags", &[text.untagged()]),
                "typographic-quote" => text.straight_quotes(),
                "invalid-syntax" if !is_indented => {
                    is_indented = true;
                    indentation::mended(&text)
                }
                _ => continue,
            };
            issue.fix = mended;
        }
    }
}

/// A text that does not parse, in lines.
struct BrokenText<'a> {
    path: &'a ProjectPath,
    /// Each with its line end.
    lines: Vec<&'a str>,
    /// Which lines the old text does not have.
    is_added: Vec<bool>,
    sides: &'a Sides,
}

/// What becomes of each line; `None` where it goes.
type NewLines = Vec<Option<String>>;

impl<'a> BrokenText<'a> {
    fn new(path: &'a ProjectPath, sides: &'a Sides) -> Self {
        let old: HashSet<&str> = sides.old_text.lines().collect();
        let lines: Vec<&str> = sides.new_text.split_inclusive('\n').collect();
        let is_added = lines.iter().map(|line| !old.contains(line.trim_end_matches(['\r', '\n']))).collect();
        Self { path, lines, is_added, sides }
    }

    fn kept(&self) -> NewLines {
        self.lines.iter().map(|line| Some((*line).to_owned())).collect()
    }

    /// Every added line as `change` says; `None` takes it out.
    fn with_added(&self, change: impl Fn(&str) -> Option<String>) -> NewLines {
        let lines = self.lines.iter().zip(&self.is_added);
        lines.map(|(line, is_added)| if *is_added { change(line) } else { Some((*line).to_owned()) }).collect()
    }

    fn parses(&self, lines: &NewLines) -> bool {
        let text: String = lines.iter().flatten().map(String::as_str).collect();
        !text.trim().is_empty() && FileStructure::parse(self.path, &text).faults.is_empty()
    }

    fn first_that_parses(&self, title: &str, ways: &[NewLines]) -> Option<Fix> {
        let way = ways.iter().find(|way| self.parses(way))?;
        Some(self.fix(title, way))
    }

    fn fix(&self, title: &str, new: &NewLines) -> Fix {
        let mut at = 0;
        let mut edits: Vec<TextEdit> = Vec::new();
        for (line, new) in self.lines.iter().zip(new) {
            let span = Span::new(at, at + line.len());
            at += line.len();
            if new.as_deref() != Some(*line) {
                edits.push(TextEdit { span, text: new.clone().unwrap_or_default() });
            }
        }
        Fix { title: title.to_owned(), safety: FixSafety::Safe, edits }
    }

    fn is_fence(line: &str) -> bool {
        let line = line.trim_start();
        line.starts_with("```") || line.starts_with("~~~")
    }

    /// The code between the fences alone, where what stands around it is prose.
    fn fenced(&self) -> NewLines {
        let mut is_inside = false;
        let lines = || self.lines.iter().zip(&self.is_added);
        let is_code: Vec<bool> = lines()
            .map(|(line, is_added)| {
                let is_fence = *is_added && Self::is_fence(line);
                is_inside ^= is_fence;
                !is_fence && is_inside
            })
            .collect();
        let stays = |line: &str, is_added: bool| !is_added && !line.trim().is_empty();
        // Where code of the old text stands around the fences, its blank lines stay too.
        let is_within = lines().zip(&is_code).any(|((line, is_added), is_code)| !is_code && stays(line, *is_added));
        let kept = |((line, is_added), is_code): ((&&str, &bool), &bool)| {
            (*is_code || (is_within && !is_added)).then(|| (*line).to_owned())
        };
        lines().zip(&is_code).map(kept).collect()
    }

    fn unfenced(&self) -> NewLines {
        self.with_added(|line| (!Self::is_fence(line)).then(|| line.to_owned()))
    }

    fn untagged(&self) -> NewLines {
        self.with_added(|line| (!is_tag(line)).then(|| line.to_owned()))
    }

    fn unnumbered(&self) -> NewLines {
        static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"^\s*(?:L|line )?\d+(?:\t|\s*[|:.\u{2192}\u{2502}][ \t]?|  ?)").expect("a valid pattern")
        });
        static BARE: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"^\s*(?:L|line )?\d+\s*$").expect("a valid pattern"));
        self.with_added(|line| {
            let end = line.trim_end_matches(['\r', '\n']);
            let ending = &line[end.len()..];
            let bare = if BARE.is_match(end) { "".into() } else { NUMBER.replace(end, "") };
            Some(format!("{bare}{ending}"))
        })
    }

    fn without_signs(&self) -> NewLines {
        const HEADS: [&str; 6] = ["@@", "diff --git ", "index ", "--- ", "+++ ", "\\ No newline"];
        // Lines of context have a blank in front in a diff, also those that the old text has without it.
        let old: HashSet<&str> = self.sides.old_text.lines().collect();
        self.with_added(|line| {
            if HEADS.iter().any(|head| line.starts_with(head)) || line.starts_with('-') {
                return None;
            }
            let rest = line.strip_prefix('+');
            let context = line.strip_prefix(' ').filter(|rest| old.contains(rest.trim_end_matches(['\r', '\n'])));
            Some(rest.or(context).unwrap_or(line).to_owned())
        })
    }

    /// Typographic quotes made straight, line by line where the parser stumbles, so that those in strings stay.
    fn straight_quotes(&self) -> Option<Fix> {
        const ROUNDS_MAX: usize = 30;
        let mut lines = self.kept();
        for _ in 0..ROUNDS_MAX {
            let text: String = lines.iter().flatten().map(String::as_str).collect();
            let faults = FileStructure::parse(self.path, &text).faults;
            if faults.is_empty() {
                return Some(self.fix("Use straight quotes", &lines));
            }
            let mut has_changed = false;
            for fault in &faults {
                let Some(Some(line)) = lines.get_mut(fault.line.saturating_sub(1) as usize) else { continue };
                let mut straight = String::with_capacity(line.len());
                for sign in line.chars() {
                    match plain_quote(sign) {
                        Some(plain) => straight.push_str(plain),
                        None => straight.push(sign),
                    }
                }
                has_changed |= straight != *line;
                *line = straight;
            }
            if !has_changed {
                return None;
            }
        }
        None
    }
}

//! Moves code to another indentation without touching what its strings hold.

use std::collections::BTreeMap;

use crate::index::{FileStructure, LineStart, SymbolKind, indent_of, line_starts};
use crate::text::{LineIndex, ProjectPath};

/// The white space a line begins with, page breaks included.
fn leading(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t', '\x0c']).len()]
}

fn without_page_break(line: &str) -> &str {
    &line[leading(line).len() - indent_of(line).len()..]
}

/// One step of indentation as most blocks of `text` write it.
pub(super) fn unit_of(text: &str) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut stack: Vec<&str> = vec![""];
    for (line, start) in split_lines(text).zip(line_starts(text)) {
        if start != LineStart::Logical {
            continue;
        }
        let indent = indent_of(line);
        while stack.len() > 1 && stack.last().is_some_and(|top| top.len() > indent.len()) {
            stack.pop();
        }
        let top = stack.last().copied().unwrap_or("");
        if let Some(step) = indent.strip_prefix(top).filter(|step| !step.is_empty()) {
            *counts.entry(step).or_default() += 1;
            stack.push(indent);
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(step, _)| step.to_owned())
}

/// The lines as [`line_starts`] counts them, without their line ends.
fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    let lines = LineIndex::new(text);
    (1..=lines.line_count()).map(move |line| text[lines.line_span(line).range()].trim_end_matches(['\r', '\n']))
}

/// Code without the indentation that all of it shares; its lines end in `\n`.
#[derive(Debug, Clone, Default)]
pub(super) struct Dedented {
    pub(super) text: String,
    /// Lines (counted from 0) that do not share the indentation, as they were: comments and continued statements that
    /// stand further left, and docstrings whose lines do. They stay where they are.
    pinned: BTreeMap<usize, String>,
}

/// Takes the indentation off that all of `code` (lines ending in `\n`) shares.
pub(super) fn dedent(path: &ProjectPath, code: &str) -> Dedented {
    let starts = line_starts(code);
    let mut lines: Vec<&str> = split_lines(code).collect();
    for (line, _) in lines.iter_mut().zip(&starts).filter(|(_, start)| **start != LineStart::InString) {
        *line = without_page_break(line);
    }
    let logical = |from: usize| {
        let indents = lines.iter().zip(&starts).filter(|(_, start)| **start == LineStart::Logical);
        indents.map(|(line, _)| leading(line)).skip(from).reduce(shared)
    };
    let common = logical(0).unwrap_or("");
    let dedented = strip(path, &lines, &starts, common);
    // The first line is often cut out without its indentation while the rest keeps it.
    if common.is_empty() && !FileStructure::parse(path, &dedented.text).faults.is_empty() {
        let rest = logical(1).unwrap_or("");
        if !rest.is_empty() {
            let mended = strip(path, &lines, &starts, rest);
            if FileStructure::parse(path, &mended.text).faults.is_empty() {
                return mended;
            }
        }
    }
    dedented
}

fn shared<'a>(a: &'a str, b: &'a str) -> &'a str {
    let len = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    &a[..len]
}

fn strip(path: &ProjectPath, lines: &[&str], starts: &[LineStart], common: &str) -> Dedented {
    let mut stripped: Vec<&str> = Vec::with_capacity(lines.len());
    let mut pinned = BTreeMap::new();
    for (at, (line, start)) in lines.iter().zip(starts).enumerate() {
        stripped.push(match start {
            LineStart::InString => line,
            _ if line.trim().is_empty() => "",
            _ => {
                let own = shared(leading(line), common);
                if *start != LineStart::Logical && own.len() < common.len() {
                    pinned.insert(at, (*line).to_owned());
                }
                &line[own.len()..]
            }
        });
    }
    let text = joined(&stripped);
    if common.is_empty() {
        return Dedented { text, pinned };
    }
    // A docstring moves with its function: Python takes its indentation off as well.
    for doc in docstrings(path, &text, starts) {
        let own = format!("{common}{}", leading(stripped[doc.first]));
        if doc.lines().all(|at| lines[at].trim().is_empty() || lines[at].starts_with(&own)) {
            for at in doc.lines() {
                stripped[at] = lines[at].strip_prefix(common).unwrap_or("");
            }
        } else {
            pinned.extend(doc.lines().map(|at| (at, lines[at].to_owned())));
        }
    }
    Dedented { text: joined(&stripped), pinned }
}

fn joined(lines: &[&str]) -> String {
    let mut text = String::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// A docstring of several lines: the line it opens on and the last one, counted from 0.
struct Docstring {
    first: usize,
    last: usize,
}

impl Docstring {
    /// The lines that begin within it.
    fn lines(&self) -> std::ops::RangeInclusive<usize> {
        self.first + 1..=self.last
    }
}

fn docstrings(path: &ProjectPath, text: &str, starts: &[LineStart]) -> Vec<Docstring> {
    let structure = FileStructure::parse(path, text);
    let index = LineIndex::new(text);
    let lines: Vec<&str> = split_lines(text).collect();
    let mut found = Vec::new();
    for symbol in structure.symbols.iter().filter(|symbol| symbol.kind != SymbolKind::Variable) {
        let Some(body) = text.get(symbol.body_span.range()) else { continue };
        let quoted = body.trim_start_matches(['r', 'R', 'u', 'U']);
        let Some(quote) = ["\"\"\"", "'''"].into_iter().find(|quote| quoted.starts_with(quote)) else { continue };
        let first = index.line(symbol.body_span.start as usize) as usize - 1;
        let inside = starts.iter().skip(first + 1).take_while(|start| **start == LineStart::InString).count();
        let last = first + inside;
        // What goes on behind the quotes is an expression, not a docstring.
        if inside > 0 && lines.get(last).is_some_and(|line| line.trim_end().ends_with(quote)) {
            found.push(Docstring { first, last });
        }
    }
    found
}

impl Dedented {
    /// The code with `base` before every line; blocks are indented by `unit` where the code uses another step.
    pub(super) fn indented(&self, path: &ProjectPath, base: &str, unit: &str) -> String {
        let code = &*self.text;
        let mut starts = line_starts(code);
        let lines: Vec<&str> = split_lines(code).collect();
        for doc in docstrings(path, code, &starts) {
            let own = leading(lines[doc.first]);
            if doc.lines().all(|at| lines[at].trim().is_empty() || lines[at].starts_with(own)) {
                for at in doc.lines() {
                    starts[at] = LineStart::Continuation;
                }
            }
        }
        let convert = unit_of(code).is_some_and(|own| own != unit);
        let mut stack: Vec<&str> = vec![""];
        // The indentation of the statement that a continuation belongs to: as given, and as written.
        let mut statement = ("", base.to_owned());
        let mut out = String::with_capacity(code.len() * 2);
        for (at, (line, start)) in lines.iter().zip(&starts).enumerate() {
            let (indent, content) = line.split_at(leading(line).len());
            let depth = || stack.iter().rposition(|level| level.len() <= indent.len()).unwrap_or(0);
            match start {
                _ if self.pinned.contains_key(&at) => out.push_str(&self.pinned[&at]),
                LineStart::InString => out.push_str(line),
                _ if content.trim().is_empty() => {}
                LineStart::Logical => {
                    let depth = depth_of(&mut stack, indent);
                    let new = if convert { format!("{base}{}", unit.repeat(depth)) } else { format!("{base}{indent}") };
                    out.push_str(&new);
                    out.push_str(content);
                    statement = (indent, new);
                }
                LineStart::Continuation => {
                    match indent.strip_prefix(statement.0) {
                        Some(further) => out.push_str(&format!("{}{further}", statement.1)),
                        None => out.push_str(&format!("{base}{indent}")),
                    }
                    out.push_str(content);
                }
                LineStart::Blank => {
                    let indent = if convert { unit.repeat(depth()) } else { indent.to_owned() };
                    out.push_str(&format!("{base}{indent}{content}"));
                }
            }
            out.push('\n');
        }
        out
    }
}

/// How many blocks deep a statement stands.
fn depth_of<'a>(stack: &mut Vec<&'a str>, indent: &'a str) -> usize {
    while stack.len() > 1 && stack.last().is_some_and(|top| top.len() > indent.len()) {
        stack.pop();
    }
    if stack.last().is_some_and(|top| top.len() < indent.len()) {
        stack.push(indent);
    }
    stack.len() - 1
}

//! Where new code goes in a file, and how that file would write it.

use super::{Conflict, Insertion, LineIndex};
use crate::index::{
    FileStructure, LineStart, Symbol, SymbolId, SymbolKind, first_comment_above, indent_of, line_starts,
};
use crate::text::{Span, TextEdit};

/// The best place in a class (or the module) for a definition of `kind`.
pub(super) fn in_scope(
    structure: &FileStructure,
    text: &str,
    scope: Option<SymbolId>,
    kind: SymbolKind,
    after: Option<&str>,
) -> Result<Insertion, Conflict> {
    if let Some(after) = after {
        return behind(structure, text, scope, after);
    }
    let page = Page::new(structure, text);
    Ok(match scope {
        Some(class) => page.in_class(class),
        None => page.in_module(kind),
    })
}

/// The place right behind a symbol.
pub(super) fn insertion_after(structure: &FileStructure, text: &str, id: SymbolId) -> Insertion {
    Page::new(structure, text).after_symbol(id)
}

/// The place right before a symbol and the comments above it.
pub(super) fn before(structure: &FileStructure, text: &str, id: SymbolId) -> Insertion {
    let page = Page::new(structure, text);
    let symbol = structure.symbol(id);
    let first = page.first_comment_above(page.lines.line(symbol.span.start as usize));
    let indent = page.indent_of(symbol.line).to_owned();
    let blank_lines = page.usual_gap(symbol.parent);
    Insertion { at: page.lines.line_start(first), indent, blank_lines, after_line: first - 1, opens: None }
}

fn behind(structure: &FileStructure, text: &str, scope: Option<SymbolId>, after: &str) -> Result<Insertion, Conflict> {
    let (name, line) = after.rsplit_once('@').map_or((after, None), |(name, line)| (name, Some(line)));
    let is_it = |symbol: &Symbol| {
        let is_there = line.is_none_or(|line| line.parse().is_ok_and(|line| symbol.is_at(line)));
        is_there && (*symbol.name == *name || *symbol.qualname == *name)
    };
    if let Some((id, _)) = structure.children(scope).filter(|(_, symbol)| is_it(symbol)).last() {
        return Ok(insertion_after(structure, text, id));
    }
    let names: Vec<&str> = structure.children(scope).map(|(_, symbol)| &*symbol.name).collect();
    let near = crate::index::nearest(after, names.iter().copied(), 3);
    let place = scope.map_or("at module level".to_owned(), |id| format!("in class '{}'", structure.symbol(id).name));
    let way_out = match near.is_empty() {
        true => "Leave `after` out to append.".to_owned(),
        false => format!("Nearest: '{}'.", near.join("', '")),
    };
    Err(Conflict::NoSuchSymbol(format!("There is no '{after}' {place} to stand behind. {way_out}")))
}

struct Page<'a> {
    structure: &'a FileStructure,
    text: &'a str,
    lines: LineIndex,
}

impl<'a> Page<'a> {
    fn new(structure: &'a FileStructure, text: &'a str) -> Self {
        Self { structure, text, lines: LineIndex::new(text) }
    }

    fn in_class(&self, id: SymbolId) -> Insertion {
        let class = self.structure.symbol(id);
        let indent = self.body_indent(class);
        let methods = self.structure.children(Some(id)).filter(|(_, symbol)| is_definition(symbol));
        // One that stands under `if` has another indentation.
        let last = methods.filter(|(_, symbol)| !symbol.is_conditional).last();
        let opens = self.opened_body(class, &indent);
        let end_line = last.map_or(class.end_line, |(_, symbol)| symbol.end_line);
        self.after_line(end_line, indent, self.usual_gap(Some(id)), opens)
    }

    fn in_module(&self, kind: SymbolKind) -> Insertion {
        let guard = self.main_guard();
        let is_before_guard = |symbol: &Symbol| guard.is_none_or(|line| symbol.line < line);
        let top = |wanted: fn(SymbolKind, SymbolKind) -> bool| {
            let symbols = self.structure.children(None).map(|(_, symbol)| symbol);
            symbols
                .filter(|symbol| is_definition(symbol) && !symbol.is_conditional)
                .filter(|symbol| is_before_guard(symbol) && wanted(symbol.kind, kind))
                .last()
        };
        let gap = self.usual_gap(None);
        if let Some(last) = top(|known, wanted| known == wanted).or_else(|| top(|_, _| true)) {
            return self.after_line(last.end_line, String::new(), gap, None);
        }
        let after_line = match guard {
            Some(line) => self.first_comment_above(line) - 1,
            None => self.lines.line_count(),
        };
        self.after_line(after_line, String::new(), gap, None)
    }

    fn after_symbol(&self, id: SymbolId) -> Insertion {
        let symbol = self.structure.symbol(id);
        let indent = self.indent_of(symbol.line).to_owned();
        let gap = if is_definition(symbol) { self.usual_gap(symbol.parent) } else { default_gap(symbol.parent) };
        let opens = symbol.parent.and_then(|class| self.opened_body(self.structure.symbol(class), &indent));
        self.after_line(symbol.end_line, indent, gap, opens)
    }

    fn after_line(&self, line: u32, indent: String, blank_lines: u32, opens: Option<TextEdit>) -> Insertion {
        let line = if line == 0 { 0 } else { self.with_trailing_comments(line, &indent) };
        Insertion { at: self.lines.line_start(line + 1), indent, blank_lines, after_line: line, opens }
    }

    /// Comments that stand deeper than `indent` behind a block still belong to it.
    fn with_trailing_comments(&self, line: u32, indent: &str) -> u32 {
        let mut last = line;
        for next in line + 1..=self.lines.line_count() {
            let text = self.line(next);
            let body = text.trim();
            if body.starts_with('#') && self.indent_of(next).len() > indent.len() {
                last = next;
            } else if !body.is_empty() {
                break;
            }
        }
        last
    }

    fn first_comment_above(&self, line: u32) -> u32 {
        first_comment_above(self.text, line, |line| self.line(line), |_| true)
    }

    /// The line of `if __name__ == "__main__":`.
    fn main_guard(&self) -> Option<u32> {
        let reads_like_it = |line: &u32| {
            let text = self.line(*line);
            text.starts_with("if ") && text.contains("__name__") && text.contains("__main__")
        };
        let mut found = (1..=self.lines.line_count()).filter(reads_like_it).peekable();
        found.peek()?;
        // A docstring may hold one as an example.
        let starts = line_starts(self.text);
        found.find(|line| starts.get(*line as usize - 1) == Some(&LineStart::Logical))
    }

    fn line(&self, line: u32) -> &'a str {
        &self.text[self.lines.line_span(line).range()]
    }

    fn indent_of(&self, line: u32) -> &'a str {
        indent_of(self.line(line))
    }

    fn body_indent(&self, class: &Symbol) -> String {
        let body_line = self.lines.line(class.body_span.start as usize);
        if self.is_on_own_line(class.body_span) {
            return self.indent_of(body_line).to_owned();
        }
        let outer = self.indent_of(class.line);
        format!("{outer}{}", self.unit())
    }

    fn is_on_own_line(&self, body: Span) -> bool {
        let start = self.lines.line_start(self.lines.line(body.start as usize));
        !body.range().is_empty() && self.text[start..body.start as usize].trim().is_empty()
    }

    /// One step of indentation, as the file takes it.
    fn unit(&self) -> &'a str {
        let inner = self.structure.symbols.iter().find_map(|symbol| {
            let outer = self.indent_of(symbol.line);
            let is_deeper = self.is_on_own_line(symbol.body_span);
            let inner = is_deeper.then(|| self.indent_of(self.lines.line(symbol.body_span.start as usize)))?;
            inner.strip_prefix(outer).filter(|unit| !unit.is_empty())
        });
        inner.unwrap_or("    ")
    }

    /// Gives a body that stands on the header's line a line of its own.
    fn opened_body(&self, class: &Symbol, indent: &str) -> Option<TextEdit> {
        let body = class.body_span;
        if class.kind != SymbolKind::Class || body.range().is_empty() || self.is_on_own_line(body) {
            return None;
        }
        let head = &self.text[..body.start as usize];
        let line_end = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let span = Span::new(head.trim_end_matches([' ', '\t']).len(), body.start as usize);
        Some(TextEdit { span, text: format!("{line_end}{indent}") })
    }

    /// How many blank lines most definitions of a scope have before them.
    fn usual_gap(&self, scope: Option<SymbolId>) -> u32 {
        let definitions: Vec<&Symbol> = self
            .structure
            .children(scope)
            .map(|(_, symbol)| symbol)
            .filter(|symbol| is_definition(symbol) && !symbol.is_conditional)
            .collect();
        let mut counts = [0u32; 3];
        for pair in definitions.windows(2) {
            let first_line = self.lines.line(pair[1].span.start as usize);
            let between = pair[0].end_line + 1..first_line;
            if between.clone().all(|line| self.line(line).trim().is_empty()) {
                counts[between.count().min(2)] += 1;
            }
        }
        let usual = default_gap(scope);
        let most = counts.iter().copied().max().unwrap_or(0);
        // A single pair is no habit.
        if most < 2 || most == counts[usual as usize] {
            return usual;
        }
        counts.iter().position(|count| *count == most).map_or(usual, |gap| gap as u32)
    }
}

fn is_definition(symbol: &Symbol) -> bool {
    symbol.kind != SymbolKind::Variable
}

/// As PEP 8 has it.
fn default_gap(scope: Option<SymbolId>) -> u32 {
    if scope.is_none() { 2 } else { 1 }
}

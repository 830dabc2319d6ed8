//! A model's text → lines: headings, lists, emphasis, code in its colours, tables, links.
//!
//! Knows nothing of where the text comes from. Invariant: every word of the text is shown, whatever it makes of the marks; a block
//! that is followed by another one does not change any more.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::cells::{clean, painted, width, words_and_spaces, wrapped};
use super::chrome::Look;
use super::syntax;
use super::theme::Role;

/// Lines, and where in the text the last block begins.
pub(super) struct Laid {
    pub(super) lines: Vec<Line<'static>>,
    pub(super) last_block: usize,
    /// How many of the lines are of blocks before the last.
    pub(super) settled: usize,
}

pub(super) fn lay(look: &Look<'_>, text: &str, columns: usize) -> Laid {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut pen = Pen::new(look, columns.max(8));
    let mut depth = 0_usize;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        let is_start = matches!(event, Event::Start(_));
        if depth == 0 && (is_start || matches!(event, Event::Rule | Event::Html(_))) {
            pen.begin_block(range.start);
        }
        depth += usize::from(is_start);
        depth -= usize::from(matches!(event, Event::End(_)));
        pen.take(event);
    }
    pen.flush();
    Laid { lines: pen.lines, last_block: pen.last_block, settled: pen.settled }
}

/// A word, a run of spaces, or a forced break, with its style.
type Piece = (String, Style);

struct List {
    next: Option<u64>,
    indent: usize,
}

struct Pen<'a, 'l> {
    look: &'a Look<'l>,
    columns: usize,
    lines: Vec<Line<'static>>,
    last_block: usize,
    settled: usize,
    pieces: Vec<Piece>,
    styles: Vec<Style>,
    lists: Vec<List>,
    quotes: usize,
    /// What stands before the next line alone: a bullet.
    mark: Option<String>,
    code: Option<(String, String)>,
    table: Option<Vec<Vec<String>>>,
    link: Option<String>,
    link_text: String,
}

impl<'a, 'l> Pen<'a, 'l> {
    fn new(look: &'a Look<'l>, columns: usize) -> Self {
        Self {
            look,
            columns,
            lines: Vec::new(),
            last_block: 0,
            settled: 0,
            pieces: Vec::new(),
            styles: vec![look.style(Role::ModelText)],
            lists: Vec::new(),
            quotes: 0,
            mark: None,
            code: None,
            table: None,
            link: None,
            link_text: String::new(),
        }
    }

    fn begin_block(&mut self, start: usize) {
        self.flush();
        self.settled = self.lines.len();
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        self.last_block = start;
    }

    fn style(&self) -> Style {
        self.styles.last().copied().unwrap_or_default()
    }

    fn push_style(&mut self, patch: impl FnOnce(Style) -> Style) {
        self.styles.push(patch(self.style()));
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text),
            Event::Code(text) => self.put(&text, self.look.style(Role::String)),
            Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.text(&text),
            Event::FootnoteReference(text) => self.text(&format!("[{text}]")),
            // What the model wrote in lines is read in lines.
            Event::SoftBreak | Event::HardBreak => self.put("\n", Style::default()),
            Event::Rule => {
                let line = "─".repeat(self.columns.min(40));
                self.lines.push(Line::from(self.look.span(Role::Faint, line)));
            }
            Event::TaskListMarker(is_done) => self.text(if is_done { "☑ " } else { "☐ " }),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                let role = if level <= HeadingLevel::H2 { Role::Accent } else { Role::Text };
                let style = self.look.style(role).add_modifier(Modifier::BOLD);
                self.styles.push(style);
            }
            Tag::BlockQuote(_) => self.quotes += 1,
            Tag::CodeBlock(kind) => {
                self.flush();
                let language = match kind {
                    CodeBlockKind::Fenced(word) => word.split([' ', ',']).next().unwrap_or_default().to_owned(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((language, String::new()));
            }
            Tag::List(first) => {
                self.flush();
                let indent = self.lists.last().map_or(0, |list| list.indent + 2);
                self.lists.push(List { next: first, indent });
            }
            Tag::Item => {
                self.flush();
                if let Some(list) = self.lists.last_mut() {
                    self.mark = Some(match &mut list.next {
                        Some(number) => {
                            *number += 1;
                            format!("{}. ", *number - 1)
                        }
                        None => "• ".to_owned(),
                    });
                }
            }
            Tag::Emphasis => self.push_style(|style| style.add_modifier(Modifier::ITALIC)),
            Tag::Strong => self.push_style(|style| style.add_modifier(Modifier::BOLD)),
            Tag::Strikethrough => self.push_style(|style| style.add_modifier(Modifier::CROSSED_OUT)),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.link = Some(dest_url.to_string());
                self.link_text.clear();
                self.push_style(|style| style.add_modifier(Modifier::UNDERLINED));
            }
            Tag::Table(_) => self.table = Some(Vec::new()),
            Tag::TableHead | Tag::TableRow => {
                if let Some(rows) = &mut self.table {
                    rows.push(Vec::new());
                }
            }
            Tag::Paragraph if self.mark.is_none() && !self.lists.is_empty() => self.flush(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.flush();
                self.styles.pop();
            }
            TagEnd::Paragraph | TagEnd::Item => self.flush(),
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::CodeBlock => {
                if let Some((language, code)) = self.code.take() {
                    let indent = self.indent();
                    self.lines.extend(code_lines(self.look, &language, &code, self.columns, indent));
                }
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => drop(self.styles.pop()),
            TagEnd::Link | TagEnd::Image => {
                self.styles.pop();
                if let Some(url) = self.link.take().filter(|url| *url != self.link_text && !url.is_empty()) {
                    self.put(&format!(" ({url})"), self.look.style(Role::Dim));
                }
            }
            TagEnd::TableCell => {
                let cell: String = std::mem::take(&mut self.pieces).into_iter().map(|(text, _)| text).collect();
                if let Some(row) = self.table.as_mut().and_then(|rows| rows.last_mut()) {
                    row.push(cell.trim().replace('\n', " "));
                }
            }
            TagEnd::Table => {
                let rows = self.table.take().unwrap_or_default();
                let lines = table_lines(self.look, &rows, self.columns);
                self.lines.extend(lines);
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        match &mut self.code {
            Some((_, code)) => code.push_str(text),
            None => {
                if self.link.is_some() {
                    self.link_text.push_str(text);
                }
                self.put(text, self.style());
            }
        }
    }

    fn put(&mut self, text: &str, style: Style) {
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                self.pieces.push(("\n".to_owned(), Style::default()));
            }
            if !line.is_empty() {
                self.pieces.push((clean(line), style));
            }
        }
    }

    fn indent(&self) -> usize {
        self.lists.last().map_or(0, |list| list.indent + 2)
    }

    /// Ends what is being written: its lines are laid.
    fn flush(&mut self) {
        let mut pieces = std::mem::take(&mut self.pieces);
        while pieces.last().is_some_and(|(text, _)| text.trim().is_empty()) {
            pieces.pop();
        }
        if pieces.is_empty() {
            return;
        }
        let quote = "│ ".repeat(self.quotes);
        let mark = self.mark.take();
        let list_indent = self.lists.last().map_or(0, |list| list.indent);
        let hang = if self.lists.is_empty() { 0 } else { mark.as_deref().map_or(2, width) };
        let room = self.columns.saturating_sub(width(&quote) + list_indent + hang).max(8);
        for (at, spans) in wrapped_pieces(&pieces, room).into_iter().enumerate() {
            let lead = match (&mark, at) {
                (Some(mark), 0) => format!("{}{mark}", " ".repeat(list_indent)),
                _ => " ".repeat(list_indent + hang),
            };
            let mut line = vec![self.look.span(Role::Faint, quote.clone()), self.look.span(Role::Accent, lead)];
            line.extend(spans);
            line.retain(|span| !span.content.is_empty());
            self.lines.push(Line::from(line));
        }
    }
}

/// Code in its colours, behind a bar.
pub(super) fn code_lines(
    look: &Look<'_>,
    language: &str,
    code: &str,
    columns: usize,
    indent: usize,
) -> Vec<Line<'static>> {
    let styles = syntax::styles(look.theme, language, code);
    let line = |(at, line): (usize, &str)| {
        let styled = styles.as_ref().and_then(|lines| lines.get(at)).map_or(&[][..], Vec::as_slice);
        let mut spans = vec![look.span(Role::Faint, format!("{}│ ", " ".repeat(indent)))];
        spans.extend(painted(line, look.style(Role::Text), &[styled], 0, columns.saturating_sub(indent + 2)).spans);
        Line::from(spans)
    };
    code.lines().enumerate().map(line).collect()
}

/// Breaks styled text into lines of at most `columns`, at spaces where it can.
fn wrapped_pieces(pieces: &[Piece], columns: usize) -> Vec<Vec<Span<'static>>> {
    let mut lines: Vec<Vec<Span<'static>>> = vec![Vec::new()];
    let mut used = 0;
    let put = |lines: &mut Vec<Vec<Span<'static>>>, text: &str, style: Style| {
        let line = lines.last_mut();
        match line.and_then(|line| line.last_mut()).filter(|span| span.style == style) {
            Some(span) => span.content.to_mut().push_str(text),
            None => lines.last_mut().into_iter().for_each(|line| line.push(Span::styled(text.to_owned(), style))),
        }
    };
    for (text, style) in pieces {
        if text == "\n" {
            lines.push(Vec::new());
            used = 0;
            continue;
        }
        for word in words_and_spaces(text) {
            let wide = word.width();
            let is_space = word.starts_with(' ');
            if used + wide > columns && used > 0 {
                lines.push(Vec::new());
                used = 0;
                if is_space {
                    continue;
                }
            }
            if wide <= columns {
                put(&mut lines, word, *style);
                used += wide;
                continue;
            }
            for c in word.chars() {
                let mut one = [0; 4];
                let c: &str = c.encode_utf8(&mut one);
                if used + c.width() > columns && used > 0 {
                    lines.push(Vec::new());
                    used = 0;
                }
                put(&mut lines, c, *style);
                used += c.width();
            }
        }
    }
    lines
}

/// A table whose columns fit: the widest ones are broken where they do not.
fn table_lines(look: &Look<'_>, rows: &[Vec<String>], columns: usize) -> Vec<Line<'static>> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    if count == 0 {
        return Vec::new();
    }
    let widest =
        |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell)).max().unwrap_or(0).max(3);
    let mut widths: Vec<usize> = (0..count).map(widest).collect();
    let room = columns.saturating_sub(3 * (count - 1)).max(3 * count);
    while widths.iter().sum::<usize>() > room {
        let Some(largest) = (0..count).max_by_key(|at| widths[*at]) else { break };
        widths[largest] -= 1;
    }
    let mut lines = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let style = match at {
            0 => look.style(Role::Accent).add_modifier(Modifier::BOLD),
            _ => look.style(Role::ModelText),
        };
        let cell = |column: usize| row.get(column).map_or("", String::as_str);
        let cells: Vec<Vec<String>> = (0..count).map(|column| wrapped(cell(column), widths[column])).collect();
        for line in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
            let mut spans = Vec::new();
            for (column, cell) in cells.iter().enumerate() {
                if column > 0 {
                    spans.push(look.span(Role::Faint, " │ "));
                }
                let text = cell.get(line).map_or("", String::as_str);
                let pad = widths[column].saturating_sub(width(text));
                spans.push(Span::styled(format!("{text}{}", " ".repeat(pad)), style));
            }
            lines.push(Line::from(spans));
        }
        if at == 0 {
            let rule: Vec<String> = widths.iter().map(|wide| "─".repeat(*wide)).collect();
            lines.push(Line::from(look.span(Role::Faint, rule.join("─┼─"))));
        }
    }
    lines
}

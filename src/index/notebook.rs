//! A notebook's Python cells as one text, and the way back from there to the notebook's own text.
//!
//! Knows nothing of judging. In the index a notebook stands with its words and imports and without symbols: nothing can
//! import it, so what it defines is nobody else's, and no line of its code is a line of the file. Reading costs a pass over
//! the file, whatever its outputs are; the rest is proportional to the code.
//! Invariant: every place of the code has one place in the file, within the same string.

mod json;

use std::ops::Range;
use std::sync::Arc;

use ruff_notebook::{Cell as RawCell, CellMetadata, CodeCell, RawNotebook, RawNotebookMetadata, SourceValue};

use crate::text::{LineIndex, Span, TextEdit};
use json::{Reader, Step};

/// Why a text is no notebook, or not a whole one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotebookFault {
    /// An offset in the file's text.
    pub at: u32,
    /// Without a full stop.
    pub message: String,
}

impl NotebookFault {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at: u32::try_from(at).unwrap_or(u32::MAX), message: message.into() }
    }
}

/// The code of a notebook. One in another language than Python has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notebook {
    code: Arc<str>,
    cells: Vec<Cell>,
    runs: Vec<Run>,
    foreign: String,
    /// The first thing that is wrong with the notebook itself.
    pub fault: Option<NotebookFault>,
    /// Whether the text could be read to its end.
    pub is_readable: bool,
}

/// One Python cell.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cell {
    /// From 1, other cells counted as well.
    number: u32,
    /// In the code, without the line end that parts it from the next.
    range: Range<usize>,
    /// It is there to show an error.
    may_raise: bool,
}

/// A piece of code that stands in the file as it is, or a character that is spelled as an escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    code: usize,
    code_len: usize,
    file: usize,
    file_len: usize,
}

impl Notebook {
    /// Never fails: what is wrong is told as [`Self::fault`], and what stands before it is there.
    pub fn read(text: &str) -> Self {
        let mut draft = Draft::default();
        let mut reader = Reader::new(text);
        let read = draft.notebook(&mut reader).and_then(|()| reader.end());
        let is_readable = read.is_ok();
        let missing = draft.missing.take().filter(|_| draft.is_current());
        let fault = read
            .err()
            .map(|fault| NotebookFault { message: format!("The notebook is broken: {}", fault.message), ..fault });
        let mut notebook = Self {
            code: "".into(),
            cells: Vec::new(),
            runs: Vec::new(),
            foreign: String::new(),
            fault: fault.or(missing),
            is_readable,
        };
        let is_python = draft.is_current() && draft.is_python;
        notebook.take_in(text, if is_python { &draft.cells } else { &[] });
        notebook
    }

    /// Joins the cells that hold Python.
    fn take_in(&mut self, text: &str, cells: &[DraftCell]) {
        let sources: Vec<String> = cells.iter().map(|cell| source(text, cell)).collect();
        let own = cells.iter().zip(&sources).filter(|(cell, source)| cell.is_python && !source.is_empty());
        let joined = of_cells(own.clone().map(|(_, source)| source.clone()).collect());
        let mut ranges = joined.cell_offsets().content_ranges().peekable();
        for (cell, source) in cells.iter().zip(&sources).filter(|(_, source)| !source.is_empty()) {
            let is_next = |range: &ruff_text_size::TextRange| joined.source_code()[*range] == *source;
            match ranges.peek().copied().filter(|range| cell.is_python && is_next(range)) {
                Some(range) => {
                    ranges.next();
                    let range = Range::<usize>::from(range);
                    self.map(text, &cell.source, range.start);
                    self.cells.push(Cell { number: cell.number, range, may_raise: cell.may_raise });
                }
                None => {
                    self.foreign.push_str(source);
                    self.foreign.push('\n');
                }
            }
        }
        self.code = joined.source_code().into();
    }

    /// Notes where the strings of a cell stand whose code begins at `code`.
    fn map(&mut self, text: &str, strings: &[Range<usize>], mut code: usize) {
        for string in strings {
            for (file, spelled, meant) in pieces(text, string.clone()) {
                let run = Run { code, code_len: meant.len(), file, file_len: spelled.len() };
                code += run.code_len;
                self.runs.push(run);
            }
        }
        // What is added behind the last line goes before the quote that ends it.
        if let Some(last) = strings.last() {
            self.runs.push(Run { code, code_len: 0, file: last.end, file_len: 0 });
        }
    }

    /// The Python of all cells, one after the other.
    pub fn code(&self) -> &Arc<str> {
        &self.code
    }

    /// Where each cell starts in the code.
    pub fn cell_starts(&self) -> Vec<usize> {
        self.cells.iter().map(|cell| cell.range.start).collect()
    }

    /// What is handed to something else than Python: cells of other languages, and the commands among the code. They may
    /// make names and modules.
    pub fn commands(&self) -> impl Iterator<Item = &str> {
        let is_command = |line: &&str| {
            let assigned = line.split_once('=').map_or("", |(_, value)| value);
            [line.trim_start(), assigned.trim_start()].iter().any(|code| code.starts_with(['%', '!']))
        };
        self.code.lines().filter(is_command).chain(self.foreign.lines())
    }

    /// Whether a cell is in another language, or for another program.
    pub fn has_foreign_cells(&self) -> bool {
        !self.foreign.trim().is_empty()
    }

    /// The place in the file of a place in the code.
    pub fn place(&self, span: Span) -> Span {
        let Some(start) = self.file_offset(span.start as usize) else { return Span::empty(0) };
        let end = if span.end > span.start { self.file_end(span.end as usize) } else { start };
        Span::new(start, end.max(start))
    }

    /// The number of the cell that holds a place in the code, and the line in it, both from 1.
    pub fn cell_line(&self, offset: usize) -> Option<(u32, u32)> {
        let cell = self.cell_at(offset)?;
        let before = self.code.get(cell.range.start..offset.min(cell.range.end)).unwrap_or_default();
        Some((cell.number, before.matches('\n').count() as u32 + 1))
    }

    /// The line of the file, from 0, on which each line of the code stands; `text` is what was read.
    pub fn file_lines(&self, text: &str) -> Vec<u32> {
        let lines = LineIndex::new(text);
        let starts = std::iter::once(0).chain(self.code.match_indices('\n').map(|(at, _)| at + 1));
        starts.map(|start| lines.line(self.file_offset(start).unwrap_or_default()) - 1).collect()
    }

    /// Whether the cell that holds a place in the code is marked as one that raises.
    pub fn may_raise(&self, offset: usize) -> bool {
        self.cell_at(offset).is_some_and(|cell| cell.may_raise)
    }

    /// What an edit of the code is in the file; nothing for one that does not stand in a single cell.
    pub fn edit(&self, edit: &TextEdit) -> Option<TextEdit> {
        let range = edit.span.range();
        let cell = self.cell_at(range.start)?;
        // The line end between two cells is in no cell.
        let end = if range.end == cell.range.end + 1 { cell.range.end } else { range.end };
        if end > cell.range.end || range.start > end {
            return None;
        }
        let spelled = serde_json::to_string(&edit.text).ok()?;
        let text = spelled.strip_prefix('"')?.strip_suffix('"')?.to_owned();
        Some(TextEdit { span: self.place(Span::new(range.start, end)), text })
    }

    /// The cells as the analysis engine takes them; its text is [`Self::code`].
    pub fn to_engine(&self) -> ruff_notebook::Notebook {
        of_cells(self.cells.iter().map(|cell| self.code[cell.range.clone()].to_owned()).collect())
    }

    fn cell_at(&self, offset: usize) -> Option<&Cell> {
        let behind = self.cells.partition_point(|cell| cell.range.start <= offset);
        self.cells.get(behind.checked_sub(1)?)
    }

    fn file_offset(&self, offset: usize) -> Option<usize> {
        let behind = self.runs.partition_point(|run| run.code <= offset);
        let run = self.runs.get(behind.checked_sub(1)?)?;
        Some(run.file + (offset - run.code).min(run.file_len))
    }

    /// Where a piece of code ends in the file that ends at `offset` in the code.
    fn file_end(&self, offset: usize) -> usize {
        let behind = self.runs.partition_point(|run| run.code < offset);
        let Some(run) = behind.checked_sub(1).and_then(|at| self.runs.get(at)) else { return 0 };
        let len = offset - run.code;
        run.file + if len >= run.code_len { run.file_len } else { len }
    }
}

/// Joins those of `cells` that are Python, as far as their own text tells.
fn of_cells(cells: Vec<String>) -> ruff_notebook::Notebook {
    let cell = |source| {
        RawCell::Code(CodeCell {
            execution_count: None,
            id: None,
            metadata: CellMetadata::default(),
            outputs: Vec::new(),
            source: SourceValue::String(source),
        })
    };
    let raw = RawNotebook {
        cells: cells.into_iter().map(cell).collect(),
        metadata: RawNotebookMetadata::default(),
        nbformat: 4,
        nbformat_minor: 4,
    };
    // Only another version of the format is refused.
    ruff_notebook::Notebook::from_raw_notebook(raw, false).unwrap_or_else(|_| ruff_notebook::Notebook::empty())
}

fn source(text: &str, cell: &DraftCell) -> String {
    let strings = cell.source.iter();
    strings
        .flat_map(|string| pieces(text, string.clone()))
        .fold(String::new(), |source, (_, _, meant)| source + meant.as_str())
}

/// What a piece of a JSON string means.
enum Meant<'t> {
    Itself(&'t str),
    Other(String),
}

impl Meant<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::Itself(text) => text,
            Self::Other(text) => text,
        }
    }

    fn len(&self) -> usize {
        self.as_str().len()
    }
}

/// The content of a JSON string, cut at its escapes: where each piece stands, how it is spelled, and what it means.
fn pieces(text: &str, string: Range<usize>) -> impl Iterator<Item = (usize, &str, Meant<'_>)> {
    let mut at = string.start;
    std::iter::from_fn(move || {
        let rest = text.get(at..string.end).filter(|rest| !rest.is_empty())?;
        let start = at;
        let (len, meant) = match rest.find('\\') {
            Some(0) => escape(rest),
            found => {
                let len = found.unwrap_or(rest.len());
                (len, Meant::Itself(&rest[..len]))
            }
        };
        at += len;
        Some((start, &rest[..len], meant))
    })
}

/// The length of the escape that `rest` begins with, and what it means.
fn escape(rest: &str) -> (usize, Meant<'_>) {
    let unit = |at: usize| {
        let digits = rest.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let units: Vec<u16> = [unit(0), unit(6)].into_iter().map_while(|unit| unit).collect();
    if let Some(decoded) = char::decode_utf16(units.iter().copied()).next() {
        // One half of a pair alone is no character; Python keeps it.
        let decoded = decoded.unwrap_or(char::REPLACEMENT_CHARACTER);
        let len = if decoded as u32 > 0xffff { 12 } else { 6 };
        return (len, Meant::Other(decoded.to_string()));
    }
    let meant = match rest.as_bytes().get(1) {
        Some(b'n') => "\n",
        Some(b't') => "\t",
        Some(b'r') => "\r",
        Some(b'b') => "\u{8}",
        Some(b'f') => "\u{c}",
        _ => return (2.min(rest.len()), Meant::Itself(rest.get(1..2).unwrap_or_default())),
    };
    (2, Meant::Itself(meant))
}

/// What was read so far.
struct Draft {
    format: Option<i64>,
    has_cells: bool,
    is_python: bool,
    cells: Vec<DraftCell>,
    cell_count: u32,
    /// The first member that the format demands and that is not there.
    missing: Option<NotebookFault>,
}

struct DraftCell {
    number: u32,
    /// Code, and not marked as that of another language.
    is_python: bool,
    may_raise: bool,
    source: Vec<Range<usize>>,
}

impl Default for Draft {
    fn default() -> Self {
        Self { format: None, has_cells: false, is_python: true, cells: Vec::new(), cell_count: 0, missing: None }
    }
}

impl Draft {
    /// Whether it is in the format that Jupyter writes since 2015; of an older one nothing is known.
    fn is_current(&self) -> bool {
        self.format.is_none_or(|format| format == 4)
    }

    fn notebook(&mut self, reader: &mut Reader<'_>) -> Step<()> {
        let (mut has_metadata, mut has_minor) = (false, false);
        let place = reader.place();
        reader.object(|reader, key| match key {
            "nbformat" => {
                self.format = reader.scalar()?.parse().ok();
                Ok(())
            }
            "nbformat_minor" => {
                has_minor = true;
                reader.skip()
            }
            "metadata" => {
                has_metadata = true;
                self.metadata(reader)
            }
            "cells" => {
                self.has_cells = true;
                reader.list(|reader| self.cell(reader))
            }
            _ => reader.skip(),
        })?;
        let has = [self.format.is_some(), has_minor, has_metadata, self.has_cells];
        let names = ["nbformat", "nbformat_minor", "metadata", "cells"];
        if let Some((name, _)) = names.iter().zip(has).find(|(_, has)| !has) {
            self.lacks(place, format!("The notebook has no '{name}'"));
        }
        Ok(())
    }

    fn lacks(&mut self, place: usize, message: String) {
        self.missing.get_or_insert_with(|| NotebookFault::new(place, message));
    }

    /// Which language the cells are in: where nothing says it, Python.
    fn metadata(&mut self, reader: &mut Reader<'_>) -> Step<()> {
        let (mut language, mut kernel) = (None, None);
        reader.object(|reader, key| match (key, reader.peek()) {
            ("jupytext", Some(b'{')) => reader.object(|reader, key| match key {
                "main_language" => text_or_skip(reader, language.get_or_insert_default()),
                _ => reader.skip(),
            }),
            ("kernelspec", Some(b'{')) => reader.object(|reader, key| match key {
                "language" => text_or_skip(reader, language.get_or_insert_default()),
                "name" => text_or_skip(reader, kernel.get_or_insert_default()),
                _ => reader.skip(),
            }),
            ("language_info", Some(b'{')) => reader.object(|reader, key| match key {
                "name" => text_or_skip(reader, language.get_or_insert_default()),
                _ => reader.skip(),
            }),
            _ => reader.skip(),
        })?;
        let language: String = language.unwrap_or_default();
        let kernel: String = kernel.unwrap_or_default();
        let is_other_kernel = kernel == "ir" || kernel.starts_with("julia");
        self.is_python = match language.to_ascii_lowercase().as_str() {
            "" => !is_other_kernel,
            language => language.contains("python"),
        };
        Ok(())
    }

    fn cell(&mut self, reader: &mut Reader<'_>) -> Step<()> {
        self.cell_count += 1;
        let number = self.cell_count;
        let place = reader.place();
        let (mut kind, mut language, mut may_raise) = (String::new(), String::new(), false);
        let mut source: Option<Vec<Range<usize>>> = None;
        let mut seen: Vec<&str> = Vec::new();
        reader.object(|reader, key| {
            seen.push(key);
            match key {
                "cell_type" => text_or_skip(reader, &mut kind),
                "source" => {
                    let strings = source.insert(Vec::new());
                    if reader.peek() == Some(b'"') {
                        strings.push(reader.string()?);
                        return Ok(());
                    }
                    reader.list(|reader| {
                        strings.push(reader.string()?);
                        Ok(())
                    })
                }
                "metadata" => reader.object(|reader, key| match (key, reader.peek()) {
                    ("vscode", Some(b'{')) => reader.object(|reader, key| match key {
                        "languageId" => text_or_skip(reader, &mut language),
                        _ => reader.skip(),
                    }),
                    ("tags", Some(b'[')) => reader.list(|reader| {
                        let mut tag = String::new();
                        text_or_skip(reader, &mut tag)?;
                        may_raise |= tag == "raises-exception";
                        Ok(())
                    }),
                    _ => reader.skip(),
                }),
                "outputs" => reader.list(Reader::skip),
                _ => reader.skip(),
            }
        })?;
        let is_code = kind == "code";
        let demanded: &[&str] = if is_code {
            &["cell_type", "metadata", "source", "outputs", "execution_count"]
        } else {
            &["cell_type", "metadata", "source"]
        };
        if let Some(name) = demanded.iter().find(|name| !seen.contains(name)) {
            self.lacks(place, format!("Cell {number} has no '{name}'"));
        } else if !matches!(&*kind, "code" | "markdown" | "raw") {
            self.lacks(
                place,
                format!("Cell {number} is of the type '{kind}', which is none of code, markdown and raw"),
            );
        }
        if is_code {
            let is_python = language.is_empty() || language == "python";
            self.cells.push(DraftCell { number, is_python, may_raise, source: source.unwrap_or_default() });
        }
        Ok(())
    }
}

/// Reads a string that has no escapes that matter; anything else is passed over.
fn text_or_skip(reader: &mut Reader<'_>, into: &mut String) -> Step<()> {
    if reader.peek() != Some(b'"') {
        return reader.skip();
    }
    let place = reader.string()?;
    *into = reader.text(place).to_owned();
    Ok(())
}

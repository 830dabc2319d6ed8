//! The syntax tree of a file in view, kept for colours and for picking whole statements.
//!
//! Judges nothing: this parser takes what Python does not. Invariant: highlights never overlap and lie on the
//! boundaries of characters.

use std::ops::{ControlFlow, Range};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::{Duration, Instant};

use streaming_iterator::StreamingIterator;
use tree_sitter::{
    InputEdit, Language, Node, ParseOptions, ParseState, Parser, Point, Query, QueryCursor, QueryCursorOptions,
    QueryCursorState, Tree,
};

use super::FileStructure;
use super::local_names::local_binding;
use crate::text::{FileText, LineIndex, ProjectPath, Span};

/// Larger files are shown without colours.
const COLOURED_BYTES_MAX: usize = 4 << 20;

/// Of larger files the colours are kept, not the tree: it takes some thirty times the room of the text.
const TREE_BYTES_MAX: usize = 1 << 20;
/// So much is coloured at once where all of a file is.
const PIECE_BYTES: usize = 8 << 10;
const ALL_COLOURS_TIME_MAX: Duration = Duration::from_secs(10);

/// No screen shows more; a line without end must not cost a frame.
const VISIBLE_BYTES_MAX: usize = 32 << 10;

/// What no person wrote may take this parser for ever; it goes without colours then.
const PARSE_TIME_MAX: Duration = Duration::from_secs(1);
const QUERY_TIME_MAX: Duration = Duration::from_millis(20);

/// No person nests deeper.
const COLOURED_DEPTH_MAX: u32 = 500;

/// What a stretch of code is, for colouring. Each has a role in every theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HighlightKind {
    Keyword,
    Function,
    Class,
    Decorator,
    String,
    Escape,
    Number,
    Comment,
    Constant,
    Builtin,
    Parameter,
    Operator,
    Attribute,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Highlight {
    pub span: Span,
    pub kind: HighlightKind,
}

/// A file that is on the screen: its text, lines, structure and (for Python) its tree-sitter tree.
///
/// Built off the main thread; asking for the highlights of the visible lines is cheap enough for a frame.
pub struct LiveFile {
    pub path: ProjectPath,
    pub text: Arc<FileText>,
    pub lines: LineIndex,
    pub structure: FileStructure,
    syntax: Syntax,
}

/// What is kept of a file's syntax.
enum Syntax {
    Nothing,
    Tree(Tree),
    /// Of the whole file, in order.
    Colours(Box<[Highlight]>),
}

impl LiveFile {
    pub fn new(path: ProjectPath, text: Arc<FileText>) -> Self {
        Self::parsed(path, text, None)
    }

    /// The same file with another text; only what differs is parsed again.
    pub fn renewed(&self, text: Arc<FileText>) -> Self {
        let old_tree = match &self.syntax {
            Syntax::Tree(tree) => {
                let mut tree = tree.clone();
                tree.edit(&edit_between(self.text.text(), text.text()));
                Some(tree)
            }
            Syntax::Nothing | Syntax::Colours(_) => None,
        };
        Self::parsed(self.path.clone(), text, old_tree.as_ref())
    }

    fn parsed(path: ProjectPath, text: Arc<FileText>, old_tree: Option<&Tree>) -> Self {
        let lines = LineIndex::new(text.text());
        let (structure, tree) = match path.is_python() {
            true => (FileStructure::parse(&path, text.text()), tree_of(text.text(), old_tree)),
            false => (FileStructure { line_count: lines.line_count(), ..FileStructure::default() }, None),
        };
        let syntax = match tree {
            None => Syntax::Nothing,
            Some(tree) if text.text().len() <= TREE_BYTES_MAX => Syntax::Tree(tree),
            Some(tree) => Syntax::Colours(all_colours(&tree, text.text(), &lines)),
        };
        Self { path, text, lines, structure, syntax }
    }

    /// Non-overlapping highlights, in order, of the lines (counted from 1, end excluded).
    pub fn highlights(&self, lines: Range<u32>) -> Vec<Highlight> {
        let start = self.lines.line_start(lines.start);
        let end = self.lines.line_start(lines.end).clamp(start, start.saturating_add(VISIBLE_BYTES_MAX));
        match (&self.syntax, colours()) {
            (Syntax::Tree(tree), Some(colours)) if start < end => colours.of(tree, self.text.text(), start..end),
            (Syntax::Colours(all), _) if start < end => {
                let (start, end) = (start as u32, end as u32);
                let first = all.partition_point(|one| one.span.end <= start);
                let here = all[first..].iter().take_while(|one| one.span.start < end);
                let within = |at: u32| at.clamp(start, end);
                here.map(|one| {
                    let span = Span { start: within(one.span.start), end: within(one.span.end) };
                    Highlight { span, ..*one }
                })
                .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Where the function around a name binds it: a parameter, or the first place that gives it a value. Nothing for a name
    /// that is no function's own, and where there is no tree.
    pub fn local_binding(&self, name: Span) -> Option<Span> {
        match &self.syntax {
            Syntax::Tree(tree) => local_binding(tree, self.text.text(), name),
            Syntax::Nothing | Syntax::Colours(_) => None,
        }
    }

    /// The smallest stretch of syntax around `span` that is larger than it; the whole text in the end. Where there is
    /// no tree: the lines, then the whole text.
    pub fn expand(&self, span: Span) -> Span {
        let whole = Span::new(0, self.text.text().len());
        let end = span.end.min(whole.end);
        let start = span.start.min(end);
        let range = start as usize..end as usize;
        let Syntax::Tree(tree) = &self.syntax else {
            let first = self.lines.line_span(self.lines.line(range.start));
            let last = self.lines.line_span(self.lines.line(range.end.saturating_sub(1).max(range.start)));
            let lines = Span { start: first.start, end: last.end };
            return if lines.range().len() > range.len() { lines } else { whole };
        };
        let mut node = tree.root_node().named_descendant_for_byte_range(range.start, range.end);
        // Each way up starts at the root again.
        for _ in 0..COLOURED_DEPTH_MAX {
            let Some(around) = node else { break };
            let found = around.byte_range();
            if found.start <= range.start && found.end >= range.end && found.len() > range.len() {
                return Span::new(found.start, found.end);
            }
            node = around.parent();
        }
        whole
    }
}

fn tree_of(text: &str, old_tree: Option<&Tree>) -> Option<Tree> {
    if text.len() > COLOURED_BYTES_MAX {
        return None;
    }
    let mut parser = Parser::new();
    parser.set_language(&language()).ok()?;
    let deadline = thread_time() + PARSE_TIME_MAX;
    let mut in_time = |_: &ParseState| within(deadline);
    let options = ParseOptions::new().progress_callback(&mut in_time);
    let bytes = text.as_bytes();
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), old_tree, Some(options))
}

/// Colours a whole file piece by piece; what is not done in time goes without.
fn all_colours(tree: &Tree, text: &str, lines: &LineIndex) -> Box<[Highlight]> {
    let mut all: Vec<Highlight> = Vec::new();
    let Some(colours) = colours() else { return all.into() };
    let deadline = thread_time() + ALL_COLOURS_TIME_MAX;
    let mut start = 0;
    while start < text.len() && thread_time() < deadline {
        // Whole lines, so that no name is cut in two.
        let wanted = (start + PIECE_BYTES).min(text.len());
        let end = lines.line_start(lines.line(wanted) + 1).clamp(wanted, text.len()).min(start + VISIBLE_BYTES_MAX);
        let end = text.ceil_char_boundary(end);
        let mut piece = colours.of(tree, text, start..end).into_iter().peekable();
        // A text of several lines goes on behind the cut.
        if let (Some(last), Some(first)) = (all.last_mut(), piece.peek())
            && last.span.end == first.span.start
            && last.kind == first.kind
        {
            last.span.end = first.span.end;
            piece.next();
        }
        all.extend(piece);
        start = end;
    }
    all.into()
}

/// The time of this thread alone: what others take of a busy machine is not counted, the same is shown on it.
fn thread_time() -> Duration {
    #[cfg(unix)]
    if let Ok(time) = nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID) {
        return time.into();
    }
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGUN.elapsed()
}

/// `deadline`: of [`thread_time`].
fn within(deadline: Duration) -> ControlFlow<()> {
    if thread_time() < deadline { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

fn language() -> Language {
    tree_sitter_python::LANGUAGE.into()
}

/// One edit that turns `old` into `new`: what lies between their common beginning and their common end.
fn edit_between(old: &str, new: &str) -> InputEdit {
    let (old, new) = (old.as_bytes(), new.as_bytes());
    let shorter = old.len().min(new.len());
    let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let same_end =
        old.iter().rev().zip(new.iter().rev()).take(shorter - start).take_while(|(old, new)| old == new).count();
    InputEdit {
        start_byte: start,
        old_end_byte: old.len() - same_end,
        new_end_byte: new.len() - same_end,
        start_position: point(old, start),
        old_end_position: point(old, old.len() - same_end),
        new_end_position: point(new, new.len() - same_end),
    }
}

fn point(text: &[u8], at: usize) -> Point {
    let before = &text[..at];
    let row = before.iter().filter(|byte| **byte == b'\n').count();
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count();
    Point { row, column }
}

/// The query and what each of its captures means.
struct Colours {
    query: Query,
    captures: Vec<Capture>,
}

#[derive(Clone, Copy)]
enum Capture {
    Kind(HighlightKind),
    /// A name that is told by how it is written.
    Name,
    /// As a name, else a function.
    Callee,
    /// A parameter where it is declared: `self` is none.
    OwnParameter,
    /// Code within a string.
    Plain,
}

/// `None` only if the bundled query does not fit the bundled grammar; a test holds that it does.
fn colours() -> Option<&'static Colours> {
    static COLOURS: OnceLock<Option<Colours>> = OnceLock::new();
    COLOURS.get_or_init(Colours::new).as_ref()
}

impl Colours {
    fn new() -> Option<Self> {
        let query = Query::new(&language(), include_str!("highlights.scm")).ok()?;
        let captures = query.capture_names().iter().map(|name| capture(name)).collect::<Option<_>>()?;
        Some(Self { query, captures })
    }

    fn of(&self, tree: &Tree, text: &str, visible: Range<usize>) -> Vec<Highlight> {
        let mut cursor = QueryCursor::new();
        cursor.set_byte_range(visible.clone());
        let mut found: Vec<(usize, usize, Range<usize>, Option<HighlightKind>)> = Vec::new();
        cursor.set_max_start_depth(Some(COLOURED_DEPTH_MAX));
        let deadline = thread_time() + QUERY_TIME_MAX;
        let mut in_time = |_: &QueryCursorState| within(deadline);
        let options = QueryCursorOptions::new().progress_callback(&mut in_time);
        let mut matches = cursor.matches_with_options(&self.query, tree.root_node(), text.as_bytes(), options);
        while let Some(one) = matches.next() {
            for capture in one.captures() {
                let range = capture.node.byte_range();
                let clipped = range.start.max(visible.start)..range.end.min(visible.end);
                if let Some(kind) = self.kind(capture.index, capture.node, text).filter(|_| !clipped.is_empty()) {
                    found.push((range.len(), one.pattern_index, clipped, kind));
                }
            }
        }
        found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut painted = vec![None; visible.len()];
        for (_, _, range, kind) in found {
            painted[range.start - visible.start..range.end - visible.start].fill(kind);
        }
        runs(&painted, visible.start, text)
    }

    /// `None` for a capture that colours nothing, `Some(None)` for one that takes the colour away.
    fn kind(&self, index: u32, node: Node<'_>, text: &str) -> Option<Option<HighlightKind>> {
        let word = || text.get(node.byte_range()).unwrap_or_default();
        match self.captures.get(index as usize)? {
            Capture::Kind(kind) => Some(Some(*kind)),
            Capture::Name => name_kind(word()).map(Some),
            Capture::Callee => Some(name_kind(word()).or(Some(HighlightKind::Function))),
            Capture::OwnParameter => match word() {
                "self" | "cls" => Some(Some(HighlightKind::Builtin)),
                _ => Some(Some(HighlightKind::Parameter)),
            },
            Capture::Plain => Some(None),
        }
    }
}

fn capture(name: &str) -> Option<Capture> {
    Some(Capture::Kind(match name {
        "keyword" => HighlightKind::Keyword,
        "function" => HighlightKind::Function,
        "class" => HighlightKind::Class,
        "decorator" => HighlightKind::Decorator,
        "string" => HighlightKind::String,
        "escape" => HighlightKind::Escape,
        "number" => HighlightKind::Number,
        "comment" => HighlightKind::Comment,
        "constant" => HighlightKind::Constant,
        "parameter" => HighlightKind::Parameter,
        "operator" => HighlightKind::Operator,
        "attribute" => HighlightKind::Attribute,
        "name" => return Some(Capture::Name),
        "callee" => return Some(Capture::Callee),
        "own_parameter" => return Some(Capture::OwnParameter),
        "plain" => return Some(Capture::Plain),
        _ => return None,
    }))
}

fn runs(painted: &[Option<HighlightKind>], offset: usize, text: &str) -> Vec<Highlight> {
    let mut highlights = Vec::new();
    let mut at = 0;
    for run in painted.chunk_by(|a, b| a == b) {
        let span = Span::new(offset + at, offset + at + run.len());
        at += run.len();
        if let Some(kind) = run[0].filter(|_| text.get(span.range()).is_some()) {
            highlights.push(Highlight { span, kind });
        }
    }
    highlights
}

/// What Python offers without an import, and what stands for an instance.
#[rustfmt::skip]
const BUILTINS: &[&str] = &[
    "self", "cls", "abs", "aiter", "all", "anext", "any", "ascii", "bin", "bool", "breakpoint", "bytearray", "bytes",
    "callable", "chr", "classmethod", "compile", "complex", "delattr", "dict", "dir", "divmod", "enumerate", "eval",
    "exec", "filter", "float", "format", "frozenset", "getattr", "globals", "hasattr", "hash", "help", "hex", "id",
    "input", "int", "isinstance", "issubclass", "iter", "len", "list", "locals", "map", "max", "memoryview", "min",
    "next", "object", "oct", "open", "ord", "pow", "print", "property", "range", "repr", "reversed", "round", "set",
    "setattr", "slice", "sorted", "staticmethod", "str", "sum", "super", "tuple", "type", "vars", "zip",
    "__import__", "__name__", "__file__", "NotImplemented",
];

/// What a bare name is by how it is written: a builtin, `A_CONSTANT`, a `Class`.
fn name_kind(name: &str) -> Option<HighlightKind> {
    if BUILTINS.contains(&name) {
        return Some(HighlightKind::Builtin);
    }
    let name = name.trim_start_matches('_');
    if !name.starts_with(char::is_uppercase) {
        return None;
    }
    let is_constant = name.chars().count() > 1 && !name.contains(char::is_lowercase);
    Some(if is_constant { HighlightKind::Constant } else { HighlightKind::Class })
}

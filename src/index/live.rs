//! The syntax tree of a file in view, kept for colours and for picking whole statements.

use std::ops::Range;
use std::sync::Arc;

use super::FileStructure;
use crate::text::{FileText, LineIndex, ProjectPath, Span};

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
}

impl LiveFile {
    pub fn new(path: ProjectPath, text: Arc<FileText>) -> Self {
        let lines = LineIndex::new(text.text());
        Self { path, text, lines, structure: FileStructure::default() }
    }

    /// Non-overlapping highlights, in order, of the lines (counted from 1, end excluded).
    pub fn highlights(&self, lines: Range<u32>) -> Vec<Highlight> {
        let _ = lines;
        todo!("index")
    }
}

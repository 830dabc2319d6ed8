//! The questions that are asked of a file before it is edited.

use super::{FileStructure, SymbolId};

/// Why a name cannot be added to a scope. `Display` is the sentence of DESIGN's pattern:
/// `Method 'total' already exists in class 'Cart' at line 41. Use modify_function instead.`
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    #[error("{0}")]
    Exists(String),
    #[error("{0}")]
    NoSuchClass(String),
    #[error("{0}")]
    Ambiguous(String),
}

/// Where new code goes, and how it has to look there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insertion {
    /// Byte offset at the start of a line (or the end of the text).
    pub at: usize,
    /// The indentation of the scope, as that file writes it.
    pub indent: String,
    /// Blank lines wanted between this code and its neighbours (0, 1 or 2).
    pub blank_lines: u32,
    /// The line after which it stands, from 1; 0 for the top of the file.
    pub after_line: u32,
}

/// Whether a function `name` fits into `class` (or the module), and where it goes best: after `after` when
/// given, else behind the last method or function of the scope, before `if __name__ == "__main__"`.
pub fn can_add_function(
    structure: &FileStructure,
    text: &str,
    name: &str,
    class: Option<&str>,
    after: Option<&str>,
) -> Result<Insertion, Conflict> {
    let _ = (structure, text, name, class, after);
    todo!("index")
}

/// Whether a class `name` can be added at module level, and where it goes best.
pub fn can_add_class(
    structure: &FileStructure,
    text: &str,
    name: &str,
    after: Option<&str>,
) -> Result<Insertion, Conflict> {
    let _ = (structure, text, name, after);
    todo!("index")
}

/// The place right behind a symbol.
pub fn insertion_after(structure: &FileStructure, text: &str, id: SymbolId) -> Insertion {
    let _ = (structure, text, id);
    todo!("index")
}

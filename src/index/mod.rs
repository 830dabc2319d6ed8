//! Python source → file structure → immutable [`Snapshot`] of the project.
//!
//! Also holds the live syntax tree of the files in view. Knows nothing of the disk (bytes are
//! handed in), of change judging and of the screen. Text that does not parse is still indexed: its broken
//! places are data, not failures.
//! Invariant: a published snapshot never changes, and a later one has a higher revision.

#[cfg(test)]
mod agreement;
mod analyzer;
mod bases;
mod depth;
mod files;
mod flow;
mod generated;
mod import_graph;
mod importance;
mod lines;
mod live;
mod local_names;
mod modules;
mod name_words;
mod names;
mod nearest;
mod newer;
mod notebook;
mod parse;
mod reach;
mod record;
mod same;
mod same_layout;
mod search;
mod shape;
mod snapshot;
mod spelling;
mod store;
mod structure;
mod test_files;
mod tree;
mod view;
mod word_table;
mod words;

pub use analyzer::{Conflict, Insertion, can_add_class, can_add_definition, can_add_function};
pub use bases::{ClassPlace, ClassTable, bases, inside, listed, own_bases, split};
pub use depth::{Nesting, token_start, too_deep};
use files::Files;
pub use files::Part;
pub use flow::{Binding, Brings, NameFlow, is_keyword};
pub use generated::generated_line;
pub use importance::Ranked;
pub use lines::{LineStart, first_comment_above, indent_of, line_starts};
pub use live::{Highlight, HighlightKind, LiveFile};
pub use name_words::{name_words, stem};
pub use names::{NameTable, NamedSymbol, Texts, letters_of};
pub use nearest::{Slip, nearest, nearest_of, slips_of};
pub use newer::newer_syntax;
pub use notebook::{Notebook, NotebookFault};
pub use reach::{ReachingTests, TestNames};
pub use same::has_same_code;
pub use same_layout::differs_in_layout;
pub use shape::record_shape;
pub use snapshot::{FileEntry, Located, Skipped, Snapshot};
pub use spelling::Spelling;
pub use store::Store;
pub use structure::{FileStructure, Import, ImportedName, Symbol, SymbolId, SymbolKind, SyntaxFault};
pub use test_files::is_test_file;
pub use tree::Tree;
pub use view::View;

//! Paths, file texts, spans, edits, change sets, diffs and hunks.
//!
//! Knows nothing of Python, of the disk and of the screen: everything here is plain data.
//! Invariant: what no edit touched is kept byte for byte.

mod alignment;
mod change_set;
mod closed;
#[cfg(test)]
pub(crate) mod dice;
mod diff;
mod distance;
mod file_text;
mod merge;
mod path;
mod rebase;
mod recut;
mod source;
mod span;

pub use change_set::{ChangeSet, FileChange, Origin};
pub use closed::{closed_part, differ_in_case_alone};
pub use diff::{
    Conflict, DiffRow, Hunk, HunkId, RowKind, Run, WordSpans, diff_rows, hunk_at_line, hunks_of, rows_of_run,
    runs_between, select, shared_lines, unified_diff, word_spans,
};
pub use distance::{edit_distance, edit_distance_within};
pub use file_text::{ContentHash, Encoding, FileText, LineEnding, NotText};
pub use merge::{Clash, Merge, merge};
pub use path::{PathError, ProjectPath};
pub use rebase::{Rebased, RebasedHunk, rebase};
pub use recut::{RecutHunk, recut};
pub use source::{MemorySource, ReadError, Source, Standing};
pub use span::{LineIndex, OverlappingEdits, Span, TextEdit, apply_edits};

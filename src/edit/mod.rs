//! Operations on symbols and text → a [`ChangeSet`] or a [`Refusal`].
//!
//! Knows nothing of models, of the gate and of the disk. Every operation asks the analyzer first and is refused when
//! it is wrong in itself: nothing is guessed.
//! Invariant: what an operation was not asked to touch stays byte for byte.

mod operation;
mod refusal;

pub use operation::Operation;
pub use refusal::Refusal;

use crate::index::View;
use crate::text::ChangeSet;

/// The pending change set as it is after `operation`.
pub fn apply(view: View<'_>, operation: &Operation) -> Result<ChangeSet, Refusal> {
    let _ = (view, operation);
    todo!("edit")
}

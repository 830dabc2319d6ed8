//! Why an operation was not done.

use crate::index::Conflict;
use crate::text::{PathError, ReadError};

/// The reason, as a sentence that names the thing, the place and the way out. The caller puts `Error: ` before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The symbol to change is not there; the message lists the nearest ones.
    #[error("{0}")]
    NotFound(String),
    /// Several places fit; the message lists them, numbered.
    #[error("{0}")]
    Ambiguous(String),
    /// The code given is not what the operation takes: does not parse, holds two functions, has another name.
    #[error("{0}")]
    BadCode(String),
    #[error(transparent)]
    BadPath(#[from] PathError),
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// The file is there already, or must not be touched by tools.
    #[error("{0}")]
    NotAllowed(String),
}

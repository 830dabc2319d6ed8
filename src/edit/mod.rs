//! Operations on symbols and text → a [`ChangeSet`] or a [`Refusal`].
//!
//! Knows nothing of models, of the gate and of the disk. Every operation asks the analyzer first and is refused when
//! it is wrong in itself: nothing is guessed.
//! Invariant: what an operation was not asked to touch stays byte for byte.

mod circle;
mod file;
mod import;
mod indentation;
mod kept;
mod operation;
mod refusal;
mod relocate;
mod rename;
mod resolve;
mod search;
mod snippet;
mod splice;
mod stdlib;
mod symbol;
mod target;

pub use operation::Operation;
pub use refusal::Refusal;

use crate::index::View;
use crate::text::{ChangeSet, ProjectPath, closed_part};

/// What became of an operation that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The pending change set as it is afterwards.
    pub change_set: ChangeSet,
    /// What was mended or left out on the way, each a sentence: a fence stripped, an import that was there already.
    pub notes: Vec<String>,
}

/// Does `operation` on what is pending.
pub fn apply(view: View<'_>, operation: &Operation) -> Result<Applied, Refusal> {
    for path in operation.paths() {
        guard(path)?;
    }
    match operation {
        Operation::AddFunction { path, code, target_class, after } => {
            symbol::add_function(view, path, code, target_class.as_deref(), after.as_deref())
        }
        Operation::ModifyFunction { path, name, code, target_class } => {
            symbol::modify_function(view, path, name, code, target_class.as_deref())
        }
        Operation::AddClass { path, code, after } => symbol::add_class(view, path, code, after.as_deref()),
        Operation::ModifyClass { path, name, code } => symbol::modify_class(view, path, name, code),
        Operation::RemoveSymbol { path, symbol } => symbol::remove(view, path, symbol),
        Operation::RenameSymbol { symbol, new_name, places, .. } => rename::rename(view, symbol, new_name, places),
        Operation::ReorderSymbol { path, symbol, after } => symbol::reorder(view, path, symbol, after),
        Operation::MoveSymbol { path, symbol, destination, places } => {
            relocate::move_symbol(view, path, symbol, destination, places)
        }
        Operation::AddImport { path, code } => import::add_import(view, path, code),
        Operation::EditFile { path, search, replace } => search::edit_file(view, path, search, replace),
        Operation::WriteFile { path, content } => file::write(view, path, content),
        Operation::MoveFile { source, destination } => file::move_to(view, source, destination),
        Operation::DeleteFile { path } => file::delete(view, path),
    }
}

/// Refuses what cannot be the new name of `symbol`, before its places are looked for.
pub fn check_new_name(symbol: &str, new_name: &str) -> Result<(), Refusal> {
    rename::refuse_name(symbol, new_name)
}

/// Refuses the folders that are not the project's text: history, and what flux itself is told to trust.
fn guard(path: &ProjectPath) -> Result<(), Refusal> {
    match closed_part(path.as_str()) {
        Some(folder) => Err(Refusal::NotAllowed(format!(
            "'{path}' lies in '{folder}', which no operation may touch. Leave it to the person."
        ))),
        None => Ok(()),
    }
}

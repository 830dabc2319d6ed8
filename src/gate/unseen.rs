//! What breaks and the engine does not see: found in flux's own way, told and doubted like the rest.
//!
//! Invariant: work is proportional to the change; other files are asked by name alone.

mod abstracts;
mod bindings;
mod blind;
mod calls;
mod exports;
mod invented;
mod passed_on;
mod typing_only;
mod values;

use super::engine::{Found, Lens};
use super::project::{Project, Sides};
use crate::text::ProjectPath;
use calls::Fresh;

/// A member of a class that the engine is blind to.
pub(super) const UNSEEN: &str = "unresolved-member";
/// A name that is imported for type checkers and used when the code runs.
pub(super) const TYPING_ONLY: &str = "type-checking-only";
/// A name in `__all__` that the module does not have.
pub(super) const MISSING_EXPORT: &str = "missing-export";
/// A keyword that a constructor hands on to one that does not take it.
pub(super) const PASSED_ON: &str = "unknown-argument-passed-on";
/// Arguments of a call of a method that the engine is blind to.
pub(super) const MISFIT: &str = "arguments-do-not-fit";
/// An instance of a class that still lacks methods.
pub(super) const ABSTRACT: &str = "abstract-instance";
/// A member that nobody knows, of a value of unknown type.
pub(super) const INVENTED: &str = "likely-invented";

/// What is wrong with one file by itself, on whichever side is laid.
pub(super) fn within(lens: &Lens<'_>, path: &ProjectPath) -> Vec<Found> {
    if path.extension() == "pyi" {
        return Vec::new();
    }
    let mut told = typing_only::uses(lens);
    told.extend(exports::missing(lens));
    told
}

/// What the change newly writes into a file.
pub(super) fn written(lens: &Lens<'_>, project: &Project<'_>, path: &ProjectPath, sides: &Sides) -> Vec<Found> {
    let fresh = Fresh::of(lens, sides);
    let mut told = blind::members(lens, project, path, &fresh);
    told.extend(blind::calls(lens, project, path, &fresh));
    told.extend(passed_on::arguments(lens, project, &fresh));
    told.extend(abstracts::instances(lens, project, &fresh));
    told.extend(invented::members(lens, project, path, sides, &fresh));
    told.extend(invented::pretended(lens, project, path, sides, &fresh));
    told
}

pub(super) use abstracts::left_abstract;
pub(super) use blind::standing;
pub(super) use invented::is_certain;

/// The names that a module's own statements bind.
pub(super) fn module_names(body: &[ruff_python_ast::Stmt]) -> std::collections::BTreeSet<&str> {
    bindings::bound(body, bindings::Depth::Module)
}

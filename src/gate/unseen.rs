//! What breaks and the engine does not see: found in flux's own way, told and doubted like the rest.
//!
//! Invariant: work is proportional to the change; other files are asked by name alone.

mod abstracts;
mod blind;
mod calls;
mod exports;
mod invented;
mod passed_on;
mod typing_only;
mod values;

use super::engine::Lens;
use super::found::Found;
use super::project::{Project, Sides};
use crate::text::ProjectPath;
use calls::Fresh;

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

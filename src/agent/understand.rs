//! What of a project bears on a task: looked up before the model is asked, so that it begins by reading, not by searching.
//!
//! Owns what is looked for and how it is ranked. Knows nothing of conversations; pure, and meant to run off the main thread.
//! Invariant: what is told stands in the index, and never takes more than its budget.

mod map;
mod related;
mod told;
mod wanted;

use std::sync::Arc;

use crate::index::Snapshot;
use crate::text::ChangeSet;
use related::Related;
pub(super) use related::alike;
use wanted::Wanted;

/// What is to be found out before a task begins.
#[derive(Clone)]
pub struct Inquiry {
    pub snapshot: Arc<Snapshot>,
    pub pending: ChangeSet,
    pub task: String,
    /// Whether the conversation begins with it: then the model is shown the project as a whole, too.
    pub is_first: bool,
}

/// What was found out, as text for the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understanding {
    /// The project as a whole.
    pub map: Option<String>,
    /// The task, with what bears on it.
    pub task: String,
    /// For the person: what was found, and how much of its budget it takes.
    pub told: String,
}

/// About 1,750 tokens, at four bytes each.
const MAP_BYTES_MAX: usize = 7_000;
/// About 1,250 tokens.
const RELATED_BYTES_MAX: usize = 5_000;
const BYTES_PER_TOKEN: usize = 4;

/// Looks up what bears on a task. Work grows with the symbols of the project, once.
pub fn understand(inquiry: &Inquiry) -> Understanding {
    let Inquiry { snapshot, pending, task, is_first } = inquiry;
    let map = is_first.then(|| map::project_map(snapshot, MAP_BYTES_MAX));
    let wanted = Wanted::of(task);
    let related = Related::find(snapshot, &wanted);
    let mut text = format!("Task: {task}");
    let context = told::context(snapshot, &related, RELATED_BYTES_MAX);
    text.push_str(&context);
    if !pending.is_empty() {
        let files: Vec<&str> = pending.iter().map(|(path, _)| path.as_str()).collect();
        text.push_str(&format!("\n\nEdits from before are still pending in: {}.", files.join(", ")));
    }
    let used = map.as_ref().map_or(0, String::len) + context.len();
    let budget = if *is_first { MAP_BYTES_MAX } else { 0 } + RELATED_BYTES_MAX;
    Understanding { map, task: text, told: told::summary(&related, used, budget) }
}

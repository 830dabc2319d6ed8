//! What a command did in the shadow copy, taken in as one edit.
//!
//! Knows nothing of how it was run. Invariant: a command's changes are the command's: nothing of them had to be read, and
//! nothing of them reaches what tools keep off.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::boundary::foreign;
use super::change::told;
use super::{Desk, keep_current, refused};
use crate::agent::{ToolAnswer, ToolContext};
use crate::text::{ChangeSet, FileText, ProjectPath, ReadError, Source};

/// A file that a command changed: its new bytes, `None` where it is gone, or why it cannot be taken.
pub type ChangedFile = (ProjectPath, Result<Option<Vec<u8>>, &'static str>);

/// What became of a command.
#[derive(Debug, Clone)]
pub struct CommandRun {
    /// How it ended and how it was confined, in one line.
    pub ended: String,
    /// Both outputs as they came.
    pub output: String,
    /// Against what stood in the copy when it began; or why that is too much to take in.
    pub changed: Result<Vec<ChangedFile>, String>,
}

/// So much of the output goes to the model: of a longer one its beginning and its end.
const HEAD_CHARS: usize = 1_500;
const TAIL_CHARS: usize = 4_500;
/// So many places that were not taken are named.
const PLACES_MAX: usize = 8;

/// The answer to the call: what was said, and what is pending now.
pub(in crate::agent) fn take(ran: CommandRun, context: ToolContext, source: &dyn Source) -> ToolAnswer {
    let ToolContext { snapshot, pending: old, reads, asked, .. } = context;
    let mut desk = Desk {
        asked,
        snapshot: &snapshot,
        source,
        pending: old.clone(),
        reads,
        places_found: None,
        asks: None,
        by_person: false,
    };
    let mut text = ran.ended;
    let output = bounded(ran.output.trim_end());
    if output.is_empty() {
        text.push_str("\nIt printed nothing.");
    } else {
        let _ = write!(text, "\noutput:\n{output}");
    }
    let changed = match ran.changed {
        Ok(changed) => changed,
        Err(why) => {
            let _ = write!(text, "\nNothing of what it changed was taken: {why}.");
            return ToolAnswer { text, pending: None, reads: desk.reads, asks: None };
        }
    };
    let mut left: BTreeMap<String, usize> = BTreeMap::new();
    for (path, new) in changed {
        if let Err(why) = new.map_err(|why| format!("'{path}': {why}")).and_then(|new| put(&mut desk, &path, new)) {
            *left.entry(why).or_default() += 1;
        }
    }
    keep_current(&mut desk.reads, &old, &desk.pending, None);
    let told = told(&old, &desk.pending);
    match told.is_empty() {
        true => text.push_str("\nIt changed nothing that is pending."),
        false => {
            let _ = write!(text, "\nIt changed, and this is pending now:\n{told}");
        }
    }
    for (why, count) in left.iter().take(PLACES_MAX) {
        let files = if *count > 1 { format!(" ({count} files)") } else { String::new() };
        let _ = write!(text, "\nnot taken: {why}{files}");
    }
    if left.len() > PLACES_MAX {
        let _ = write!(text, "\nnot taken: {} more", left.len() - PLACES_MAX);
    }
    let pending = (desk.pending != old).then_some(desk.pending);
    ToolAnswer { text, pending, reads: desk.reads, asks: None }
}

/// What the model is told of a command that did not run.
pub(in crate::agent) fn not_run(why: &str, context: ToolContext) -> ToolAnswer {
    ToolAnswer { text: refused(why), pending: None, reads: context.reads, asks: None }
}

/// Takes one file, or says why not.
fn put(desk: &mut Desk<'_>, path: &ProjectPath, new: Option<Vec<u8>>) -> Result<(), String> {
    let old = match desk.source.read(path) {
        Ok(file) => Some(file),
        Err(ReadError::Missing(_)) => None,
        Err(error) => return Err(error.to_string()),
    };
    let new = match new {
        Some(bytes) => {
            let file = FileText::decode(&bytes).map_err(|why| format!("'{path}' is no text: {why}"))?;
            Some(file.shared_text())
        }
        None => None,
    };
    let mut change_set = ChangeSet::default();
    change_set.put(path.clone(), old.clone(), new.clone());
    if let Some((place, why)) = change_set.get(path).and_then(|change| foreign(desk, path, change)) {
        return Err(format!("'{place}' {why}"));
    }
    desk.pending.put(path.clone(), old, new);
    Ok(())
}

fn bounded(output: &str) -> String {
    let count = output.chars().count();
    if count <= HEAD_CHARS + TAIL_CHARS {
        return output.to_owned();
    }
    let head: String = output.chars().take(HEAD_CHARS).collect();
    let tail: String = output.chars().skip(count - TAIL_CHARS).collect();
    format!("{head}\n… {} characters left out …\n{tail}", count - HEAD_CHARS - TAIL_CHARS)
}

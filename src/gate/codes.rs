//! Every code that an issue can carry, with what a person wants to know of it: `flux explain`, README's reference and the
//! help of other programs are made from here.
//!
//! A new code is one [`Code`] in the file of its layer. Invariant: what the gate can say is here, and nothing else is;
//! `tests/it/codes.rs` holds both, and runs every example.

mod rules;
mod structure;
mod syntax;
mod tests_run;
mod tool;
mod vanished;

use super::{Layer, Severity};
use crate::text::edit_distance;

/// One kind of issue.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// As in [`super::Issue::code`].
    pub id: &'static str,
    pub layer: Layer,
    /// Of an issue that the gate is sure of; what it doubts is shown as [`Severity::Warn`] whatever stands here.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub title: &'static str,
    /// What it means, and why it must not be written.
    pub why: &'static str,
    pub way_out: &'static str,
    pub example: Example,
}

/// What the code looks like in Python.
#[derive(Debug, PartialEq, Eq)]
pub enum Example {
    /// Files in the form `#- path`, then their text: the project as it is, a change that is told, and one that is not.
    Shown { old: &'static str, wrong: &'static str, right: &'static str },
    /// No change can show it, and why.
    Untold(&'static str),
}

impl Code {
    /// Whether a person may set its severity or override it. What tells that nothing is known can only be seen by
    /// somebody who looks.
    pub fn is_settable(&self) -> bool {
        !super::report::UNJUDGED.contains(&self.id)
    }
}

/// All codes, in the order of the layers.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    [rules::CODES, structure::CODES, vanished::CODES, tool::CODES, syntax::CODES, tests_run::CODES]
        .into_iter()
        .flatten()
}

/// The code called `id`.
pub fn code(id: &str) -> Option<&'static Code> {
    codes().find(|code| code.id == id)
}

/// The id that `wanted` may have meant.
pub fn nearest_code(wanted: &str) -> Option<&'static str> {
    let wanted = wanted.trim().to_lowercase().replace(['_', ' '], "-");
    let apart = |id: &str| edit_distance(&wanted, id);
    let near = codes().map(|code| (apart(code.id), code.id)).filter(|(apart, id)| *apart <= 1 + id.len() / 3);
    let holds = |id: &str| wanted.len() > 3 && id.contains(wanted.as_str());
    near.min().map(|(_, id)| id).or_else(|| codes().map(|code| code.id).find(|id| holds(id)))
}

/// The reference as README prints it.
pub fn code_table_markdown() -> String {
    let mut table = String::from("| code | layer | by default | what is wrong |\n|---|---|---|---|\n");
    for code in codes() {
        table.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            code.id,
            code.layer.title(),
            code.severity.word(),
            code.title
        ));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_code_that_was_meant() {
        assert_eq!(nearest_code("unresolved-atribute"), Some("unresolved-attribute"));
        assert_eq!(nearest_code("Duplicate_Method"), Some("duplicate-method"));
        assert_eq!(nearest_code("fence"), Some("markdown-fence"));
        assert_eq!(nearest_code("zebra"), None);
    }
}

//! What each indentation of a search text is in the file that it fits but for white space.
//!
//! Invariant: an indentation that does not follow from those that both have is not made up.

use std::collections::BTreeMap;

use crate::edit::indentation::unit_of;
use crate::edit::target::Target;

/// The white space that says how deep a line stands.
pub(super) fn leading(line: &str) -> &str {
    &line[page_break(line).len()..line.len() - line.trim_start().len()]
}

/// What a line begins with up to its last page break: how deep it stands is told from there on.
pub(super) fn page_break(line: &str) -> &str {
    let lead = &line[..line.len() - line.trim_start().len()];
    &lead[..lead.rfind('\x0c').map_or(0, |at| at + 1)]
}

pub(super) struct Indents<'a> {
    /// As given, as written.
    known: BTreeMap<&'a str, &'a str>,
    /// One step, as given and as written.
    units: (String, String),
}

impl<'a> Indents<'a> {
    /// Nothing where one indentation of `wanted` would have to be two in the file.
    pub(super) fn new(target: &'a Target<'_>, first: u32, wanted: &[&'a str], replace: &str) -> Option<Self> {
        let mut known = BTreeMap::new();
        for (line, wanted) in (first..).zip(wanted).filter(|(_, wanted)| !wanted.trim().is_empty()) {
            let written = target.indent(line);
            if *known.entry(leading(wanted)).or_insert(written) != written {
                return None;
            }
        }
        let written = unit_of(&target.text).unwrap_or_else(|| "    ".to_owned());
        let given = unit_of(replace).or_else(|| unit_of(&wanted.join("\n"))).unwrap_or_else(|| written.clone());
        Some(Self { known, units: (given, written) })
    }

    /// The file's indentation for one that the replacement has; nothing where those that are known disagree.
    pub(super) fn moved(&self, given: &str) -> Option<String> {
        if let Some(written) = self.known.get(given) {
            return Some((*written).to_owned());
        }
        let mut moved = self.known.iter().map(|(known, written)| self.moved_by(known, written, given));
        let first = moved.next()??;
        moved.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }

    /// What `given` would be, if `known` is `written`.
    fn moved_by(&self, known: &str, written: &str, given: &str) -> Option<String> {
        if let Some(further) = given.strip_prefix(known) {
            return Some(format!("{written}{}", self.converted(further)));
        }
        let less = self.converted(known.strip_prefix(given)?);
        written.strip_suffix(less.as_str()).map(str::to_owned)
    }

    /// Steps of the search text as steps of the file.
    fn converted(&self, steps: &str) -> String {
        let (given, written) = &self.units;
        match steps.len() % given.len() {
            0 if steps == given.repeat(steps.len() / given.len()) => written.repeat(steps.len() / given.len()),
            _ => steps.to_owned(),
        }
    }
}

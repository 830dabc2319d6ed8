//! What a person let pass from the screen, each with its reason: lines that are only ever added, in the user's state folder.
//!
//! Knows nothing of what the codes mean. Invariants: half a line did not happen; what was taken back is told as taken back, never
//! removed.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::kept_lines::KeptLines;
use crate::gate::{Overridden, Override, code};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Overridden { at: String, entry: Entry },
    TakenBack { at: String, entry: Entry },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    code: String,
    /// As in `.gitignore`.
    pattern: String,
    symbol: Option<String>,
    reason: String,
}

/// Where the overrides of one project are kept that were made from the screen.
#[derive(Debug, Clone)]
pub struct Overrides {
    lines: KeptLines,
}

const FILE: &str = "overrides.jsonl";

impl Overrides {
    pub fn of(root: &Path) -> anyhow::Result<Self> {
        Ok(Self { lines: KeptLines::of(root, FILE)? })
    }

    /// As [`Overrides::of`], with the state folder named.
    pub fn in_state(root: &Path, state: &Path) -> Self {
        Self { lines: KeptLines::in_state(root, state, FILE) }
    }

    /// Those that hold, the oldest first. A code that this flux does not know is left out.
    pub fn list(&self) -> Vec<Override> {
        let known = |entry: Entry| {
            let code = code(&entry.code).filter(|code| code.is_settable())?;
            Override::new(code.id, entry.pattern, entry.symbol, entry.reason).ok()
        };
        self.read().into_iter().filter_map(known).collect()
    }

    pub fn keep(&self, wanted: &Override) -> io::Result<()> {
        let entry = Entry {
            code: wanted.code.to_owned(),
            pattern: wanted.pattern.clone(),
            symbol: wanted.symbol.clone(),
            reason: wanted.reason.clone(),
        };
        self.lines.append(&[Line::Overridden { at: now(), entry }])
    }

    /// Takes back what lets an issue pass. False where nothing that is kept here does: it stands in the configuration.
    pub fn take_back(&self, overridden: &Overridden) -> io::Result<bool> {
        let lets_pass = |entry: &Entry| {
            let told = code(&entry.code).map(|code| code.id);
            let same = told == Some(overridden.issue.code) && entry.reason == overridden.reason;
            let entry = told.filter(|_| same).and_then(|id| {
                Override::new(id, entry.pattern.clone(), entry.symbol.clone(), entry.reason.clone()).ok()
            });
            entry.is_some_and(|entry| entry.covers_file(&overridden.issue.path))
        };
        let gone: Vec<Line> =
            self.read().into_iter().filter(lets_pass).map(|entry| Line::TakenBack { at: now(), entry }).collect();
        self.lines.append(&gone)?;
        Ok(!gone.is_empty())
    }

    fn read(&self) -> Vec<Entry> {
        let mut kept: Vec<Entry> = Vec::new();
        for line in self.lines.read() {
            match line {
                Line::Overridden { entry, .. } if !kept.contains(&entry) => kept.push(entry),
                Line::TakenBack { entry, .. } => kept.retain(|other| *other != entry),
                Line::Overridden { .. } => {}
            }
        }
        kept
    }
}

fn now() -> String {
    jiff::Timestamp::now().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{Issue, Layer, Severity};
    use crate::text::ProjectPath;

    #[test]
    fn what_was_let_pass_holds_until_it_is_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let overrides = Overrides::in_state(Path::new("/project"), folder.path());
        let path = ProjectPath::new("shop/a [b].py").unwrap();
        let entry =
            Override::exact("unresolved-attribute", &path, Some("f".to_owned()), "set by a decorator".to_owned());
        overrides.keep(&entry).unwrap();
        overrides.keep(&entry).unwrap();
        let other = Override::exact("duplicate-method", &path, None, "on purpose".to_owned());
        overrides.keep(&other).unwrap();
        let listed = overrides.list();
        assert_eq!(listed.len(), 2);
        assert!(listed[0].covers_file(&path));
        assert!(!listed[0].covers_file(&ProjectPath::new("x/shop/a b.py").unwrap()));
        let issue = Issue {
            layer: Layer::Tool,
            code: "unresolved-attribute",
            severity: Severity::Block,
            path,
            line: 3,
            span: None,
            message: String::new(),
            fix: None,
        };
        let overridden = Overridden { issue, reason: "set by a decorator".to_owned(), by: 0 };
        assert!(overrides.take_back(&overridden).unwrap());
        assert!(!overrides.take_back(&overridden).unwrap());
        assert_eq!(overrides.list().iter().map(|entry| entry.code).collect::<Vec<_>>(), ["duplicate-method"]);
        // The file still tells what happened.
        let told = std::fs::read_to_string(&overrides.lines.file).unwrap();
        assert_eq!((told.matches("\"overridden\"").count(), told.matches("\"taken_back\"").count()), (3, 1));
    }
}

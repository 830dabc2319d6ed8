//! What a person has decided about the gate: whether it blocks at all, how much each code weighs, and which issues are
//! let pass for a written reason.
//!
//! Knows nothing of files and dates: what has ended never comes here. Invariant: this is the one place where the severity
//! that a layer gave is changed, so check, run, agent and screen say the same; what tells that nothing is known is never
//! changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::Deserialize;

use super::report::UNJUDGED;
use super::{Issue, Overridden, Severity};
use crate::index::{FileStructure, Snapshot};
use crate::text::ProjectPath;

/// Whether the gate stops a write or only speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GateMode {
    #[default]
    Block,
    Report,
}

/// How much the issues of one code weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Not told at all.
    Off,
    /// Shown, never blocking.
    Warn,
    /// Blocking, also where the gate is not sure.
    Block,
}

/// Issues of one code that are let pass, where, and why.
#[derive(Debug, Clone)]
pub struct Override {
    /// One of [`super::codes`].
    pub code: &'static str,
    /// As in `.gitignore`.
    pub pattern: String,
    /// A qualified name: issues within that symbol alone.
    pub symbol: Option<String>,
    /// Not empty.
    pub reason: String,
    matcher: Gitignore,
}

/// The pattern of an override cannot be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{pattern}' is no pattern: {why}")]
pub struct BadPattern {
    pattern: String,
    why: String,
}

impl Override {
    pub fn new(
        code: &'static str,
        pattern: String,
        symbol: Option<String>,
        reason: String,
    ) -> Result<Self, BadPattern> {
        // Paths are given relative to the root, wherever that is.
        let mut builder = GitignoreBuilder::new("");
        let bad = |error: ignore::Error| BadPattern { pattern: pattern.clone(), why: error.to_string() };
        builder.add_line(None, &pattern).map_err(bad)?;
        let matcher = builder.build().map_err(bad)?;
        Ok(Self { code, pattern, symbol, reason, matcher })
    }

    /// An override of one code in one file, or in one symbol of it.
    pub fn exact(code: &'static str, path: &ProjectPath, symbol: Option<String>, reason: String) -> Self {
        let mut pattern = String::from("/");
        for c in path.as_str().chars() {
            if matches!(c, '*' | '?' | '[' | ']' | '\\' | ' ') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        Self::new(code, pattern.clone(), symbol, reason.clone()).unwrap_or_else(|_| Self {
            code,
            pattern,
            symbol: None,
            reason,
            // Nothing is let pass by what cannot be read.
            matcher: Gitignore::empty(),
        })
    }

    pub fn covers_file(&self, path: &ProjectPath) -> bool {
        self.matcher.matched_path_or_any_parents(path.as_str(), false).is_ignore()
    }

    /// Whether the override has no place in the project any more: no file, or in its files no such symbol.
    pub fn is_placeless(&self, snapshot: &Snapshot) -> bool {
        let mut files = snapshot.files().filter(|(path, _)| self.covers_file(path));
        match &self.symbol {
            None => files.next().is_none(),
            Some(symbol) => !files.any(|(_, entry)| !entry.structure.find(symbol).is_empty()),
        }
    }

    fn covers(&self, issue: &Issue, structure: impl FnOnce() -> Option<Arc<FileStructure>>) -> bool {
        issue.code == self.code
            && self.covers_file(&issue.path)
            && self.symbol.as_ref().is_none_or(|symbol| {
                structure().is_some_and(|structure| {
                    structure.find(symbol).into_iter().any(|id| {
                        let symbol = structure.symbol(id);
                        (symbol.decorator_line.unwrap_or(symbol.line)..=symbol.end_line).contains(&issue.line)
                    })
                })
            })
    }
}

/// Everything that a person has decided.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    pub mode: GateMode,
    /// By code; a code that is not here weighs what its layer says.
    pub weights: BTreeMap<&'static str, Weight>,
    pub overrides: Vec<Override>,
}

impl Policy {
    /// Applies what was decided: the issues that are left, with their severity, and those that are let pass.
    pub(super) fn settle(
        &self,
        issues: Vec<Issue>,
        structure: impl Fn(&ProjectPath) -> Option<Arc<FileStructure>>,
    ) -> (Vec<Issue>, Vec<Overridden>) {
        let (mut left, mut overridden) = (Vec::new(), Vec::new());
        for mut issue in issues {
            if UNJUDGED.contains(&issue.code) {
                left.push(issue);
                continue;
            }
            match self.weights.get(issue.code) {
                Some(Weight::Off) => continue,
                Some(Weight::Warn) => issue.severity = Severity::Warn,
                Some(Weight::Block) => issue.severity = Severity::Block,
                None => {}
            }
            let by = self.overrides.iter().position(|entry| entry.covers(&issue, || structure(&issue.path)));
            if let Some(by) = by {
                let reason = self.overrides[by].reason.clone();
                overridden.push(Overridden { issue, reason, by });
                continue;
            }
            if self.mode == GateMode::Report {
                issue.severity = Severity::Warn;
            }
            left.push(issue);
        }
        (left, overridden)
    }
}

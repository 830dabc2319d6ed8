//! The `rules` layer: what the system prompt demands, enforced: files are read before they are edited, and code is written
//! out, with nothing of the message left in it.
//!
//! Knows nothing of the engine and of what a model was told.

mod elision;
mod residue;

use std::collections::BTreeMap;

use ruff_python_ast::Stmt;
use ruff_python_ast::token::Tokens;
use serde::{Deserialize, Serialize};

pub(super) use elision::ELIDED;

use super::project::{Project, Sides};
use super::{Issue, Layer, Severity};
use crate::text::{ContentHash, ProjectPath, Span};
pub(super) use residue::{is_tag, plain_quote};

/// The issues of a file with regard to what was read of it.
pub(super) fn unread(project: &Project<'_>, reads: &ReadLog) -> Vec<Issue> {
    let pending = project.view.pending.iter();
    pending
        .filter_map(|(path, change)| {
            let hash = change.base_hash()?;
            let seen = reads.files.get(path).is_some_and(|state| state.hash == hash);
            if seen {
                return None;
            }
            let message = if reads.files.contains_key(path) {
                format!("'{path}' has changed since it was read. Read it again, then edit.")
            } else {
                format!("'{path}' was not read before it was edited. Use read_file or read_symbol first.")
            };
            Some(issue("unread-file", path, 1, None, message))
        })
        .collect()
}

/// What a model left out of a file, or left in it. `body` and `tokens` are those of the new text.
pub(super) fn leftovers(
    body: &[Stmt],
    tokens: &Tokens,
    path: &ProjectPath,
    sides: &Sides,
    project: &Project<'_>,
) -> Vec<Issue> {
    let mut issues = elision::placeholders(tokens, path, sides);
    if !sides.new.faults.is_empty() {
        issues.extend(residue::residue(path, sides));
    }
    issues.extend(elision::emptied(body, path, sides, project));
    issues.extend(elision::unwritten(body, path, sides, project));
    issues
}

fn issue(code: &'static str, path: &ProjectPath, line: u32, span: Option<Span>, message: String) -> Issue {
    Issue { layer: Layer::Rules, code, severity: Severity::Block, path: path.clone(), line, span, message, fix: None }
}

/// How much of a file the model has seen, at which content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadState {
    /// The content that was read: the disk's, or the pending text's.
    pub hash: ContentHash,
    pub whole: bool,
    /// Qualified names that were read alone.
    pub symbols: Vec<String>,
}

/// What the model has read in this session, by file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadLog {
    pub files: BTreeMap<ProjectPath, ReadState>,
}

impl ReadLog {
    pub fn read_whole(&mut self, path: ProjectPath, hash: ContentHash) {
        self.files.insert(path, ReadState { hash, whole: true, symbols: Vec::new() });
    }

    pub fn read_symbol(&mut self, path: ProjectPath, hash: ContentHash, symbol: &str) {
        let state = self.files.entry(path).or_insert_with(|| ReadState { hash, whole: false, symbols: Vec::new() });
        if state.hash != hash {
            *state = ReadState { hash, whole: false, symbols: Vec::new() };
        }
        if !state.symbols.iter().any(|read| read == symbol) {
            state.symbols.push(symbol.to_owned());
        }
    }

    /// Whether the file at this very content was read whole, or the symbol in it.
    pub fn covers(&self, path: &ProjectPath, hash: ContentHash, symbol: Option<&str>) -> bool {
        self.files.get(path).is_some_and(|state| {
            state.hash == hash
                && (state.whole || symbol.is_some_and(|symbol| state.symbols.iter().any(|read| read == symbol)))
        })
    }
}

//! What the engine says, old against new: the `tool` and the `syntax` layer.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::engine::{Engine, Found, NoAnswer};
use super::{Issue, Layer, Severity};
use crate::index::View;
use crate::text::{LineIndex, ProjectPath, Span};

/// One question to the engine about a change set.
pub(super) struct Question<'a> {
    pub(super) engine: &'a mut Engine,
    pub(super) old: &'a mut HashMap<ProjectPath, Arc<[Found]>>,
    pub(super) view: View<'a>,
    pub(super) cancelled: &'a AtomicBool,
}

impl Question<'_> {
    /// The issues that the change newly introduces; `None` when it was ended before it was complete.
    pub(super) fn answer(self) -> Option<Vec<Issue>> {
        let paths: BTreeSet<ProjectPath> =
            self.view.pending.iter().filter(|(path, _)| path.is_python()).map(|(path, _)| path.clone()).collect();
        self.engine.lay(self.view.pending);
        let mut new = BTreeMap::new();
        for path in &paths {
            new.insert(path.clone(), self.check(path)?);
        }
        let missing: Vec<ProjectPath> = new
            .iter()
            .filter(|(path, found)| !found.is_empty() && !self.old.contains_key(*path))
            .map(|(path, _)| path.clone())
            .collect();
        if !missing.is_empty() {
            self.engine.lay_nothing();
            for path in missing {
                let found = self.check(&path)?;
                self.old.insert(path, found);
            }
        }
        let mut issues = Vec::new();
        for (path, found) in &new {
            let new_text = self.view.text(path).unwrap_or_else(|_| "".into());
            let old_text =
                self.view.base(path).ok().flatten().map(|file| file.shared_text()).unwrap_or_else(|| "".into());
            let old = self.old.get(path).cloned().unwrap_or_default();
            for found in introduced(&old, &old_text, found, &new_text) {
                issues.push(issue(path, &found, &LineIndex::new(&new_text)));
            }
        }
        Some(issues)
    }

    fn check(&self, path: &ProjectPath) -> Option<Arc<[Found]>> {
        loop {
            if self.cancelled.load(Ordering::Relaxed) {
                return None;
            }
            match self.engine.check(path) {
                Ok(found) => return Some(found),
                Err(NoAnswer::Cancelled) => {}
                Err(NoAnswer::Failed(why)) => {
                    tracing::error!("the engine failed on {path}: {why}");
                    return Some(Arc::default());
                }
            }
        }
    }
}

/// What stands in `new` and not in `old`, as a multiset of rule, message and line text.
fn introduced(old: &[Found], old_text: &str, new: &[Found], new_text: &str) -> Vec<Found> {
    let mut exact: HashMap<(&str, &str, &str), u32> = HashMap::new();
    let mut loose: HashMap<(&str, &str), u32> = HashMap::new();
    for found in old {
        *exact.entry((found.rule, &found.message, line_text(old_text, found.start))).or_default() += 1;
        *loose.entry((found.rule, &found.message)).or_default() += 1;
    }
    let mut left = Vec::new();
    for found in new {
        match exact.get_mut(&(found.rule, found.message.as_str(), line_text(new_text, found.start))) {
            Some(count) if *count > 0 => {
                *count -= 1;
                if let Some(count) = loose.get_mut(&(found.rule, found.message.as_str())) {
                    *count -= 1;
                }
            }
            _ => left.push(found),
        }
    }
    // A line that was edited or moved may still carry what was wrong with it before.
    left.into_iter()
        .filter(|found| match loose.get_mut(&(found.rule, found.message.as_str())) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        })
        .cloned()
        .collect()
}

fn line_text(text: &str, at: u32) -> &str {
    let at = (at as usize).min(text.len());
    let start = text.as_bytes()[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end = text.as_bytes()[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |len| at + len);
    text.get(start..end).unwrap_or_default().trim()
}

fn issue(path: &ProjectPath, found: &Found, lines: &LineIndex) -> Issue {
    let layer = if found.rule == "invalid-syntax" { Layer::Syntax } else { Layer::Tool };
    Issue {
        layer,
        code: found.rule,
        severity: Severity::Block,
        path: path.clone(),
        line: lines.line(found.start as usize),
        span: Some(Span { start: found.start, end: found.end }),
        message: found.message.clone(),
        fix: None,
    }
}

//! What the engine says, old against new: the `tool` and the `syntax` layer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use ruff_text_size::Ranged;

use super::doubt::{Doubt, Standing};
use super::engine::{Engine, Found, Lens, NoAnswer, Side};
use super::project::Project;
use super::report::NOT_ANALYSED;
use super::syntax::{OBSOLETE, is_syntax};
use super::wording::{self, Wording};
use super::{Issue, Layer, Severity, dependents, unseen};
use crate::text::{LineIndex, ProjectPath, Span};

/// One slip makes the parser stumble many times: so many are told.
const SYNTAX_ISSUES_MAX: usize = 3;

/// One question to the engine about a change set that is laid over the disk.
pub(super) struct Question<'a> {
    pub(super) engine: &'a mut Engine,
    pub(super) old: &'a mut HashMap<ProjectPath, Arc<[Found]>>,
    pub(super) project: &'a Project<'a>,
    pub(super) cancelled: &'a AtomicBool,
}

pub(super) struct Answer {
    pub(super) issues: Vec<Issue>,
    pub(super) tool_ms: f64,
    pub(super) syntax_ms: f64,
}

impl Question<'_> {
    /// The issues that the change newly introduces; `None` when it was ended before it was complete.
    pub(super) fn answer(mut self) -> Option<Answer> {
        let started = Instant::now();
        if self.project.has_same_code() {
            return Some(Answer {
                issues: Vec::new(),
                tool_ms: started.elapsed().as_secs_f64() * 1000.0,
                syntax_ms: 0.0,
            });
        }
        for (path, _) in self.project.changed.iter().filter(|(_, sides)| !sides.is_deleted) {
            // Kept by the engine; asked here to know the time it takes.
            let _ = self.engine.check_syntax(path);
        }
        let syntax_ms = started.elapsed().as_secs_f64() * 1000.0;
        let mut new: BTreeMap<ProjectPath, Arc<[Found]>> = BTreeMap::new();
        for (path, _) in self.project.changed.iter().filter(|(_, sides)| !sides.is_deleted) {
            new.insert(path.clone(), self.check(path)?);
        }
        let broken: Vec<&ProjectPath> = new
            .iter()
            .filter(|(_, found)| found.iter().any(|found| is_syntax(found.rule)))
            .map(|(path, _)| path)
            .collect();
        // While a changed file does not parse, what its users see of it is arbitrary.
        let names = if broken.is_empty() { dependents::changed_names(self.project) } else { dependents::Names::new() };
        for (path, sides) in self.project.changed.iter().filter(|(_, sides)| !sides.is_deleted) {
            let unseen = self.engine.look(path, |lens| unseen::written(lens, self.project, path, sides));
            let unseen = unseen.ok().flatten().unwrap_or_default();
            if let Some(found) = new.get_mut(path).filter(|_| !unseen.is_empty()) {
                *found = found.iter().cloned().chain(unseen).collect();
            }
        }
        for path in dependents::dependents(self.project, &names) {
            let found = self.check(&path)?;
            let text = self.project.text(&path).unwrap_or_else(|| "".into());
            // What is wrong there anyway needs no comparison.
            let concerns = |found: &&Found| {
                let mut words = words(&found.message).chain(words(line_text(&text, found.start)));
                found.rule == NOT_ANALYSED || words.any(|word| names.contains_key(word))
            };
            let found: Arc<[Found]> = found.iter().filter(concerns).cloned().collect();
            new.insert(path, found);
        }
        self.know_old(&new)?;
        let issues = self.introduced(&new);
        let all_ms = started.elapsed().as_secs_f64() * 1000.0;
        Some(Answer { issues, tool_ms: all_ms - syntax_ms, syntax_ms })
    }

    /// Asks for the old side of every file in which there is something to compare.
    fn know_old(&mut self, new: &BTreeMap<ProjectPath, Arc<[Found]>>) -> Option<()> {
        let deleted = self.project.changed.iter().filter(|(_, sides)| sides.is_deleted).map(|(path, _)| path);
        let anything = new.values().any(|found| !found.is_empty());
        let wanted: Vec<ProjectPath> = new
            .iter()
            .filter(|(_, found)| !found.is_empty())
            .map(|(path, _)| path)
            .chain(deleted.filter(|_| anything))
            .filter(|path| !self.old.contains_key(*path))
            .cloned()
            .collect();
        if wanted.is_empty() {
            return Some(());
        }
        self.engine.lay(self.project.view.pending, Side::Old);
        for path in wanted {
            let found = self.check(&path)?;
            self.old.insert(path, found);
        }
        self.engine.lay(self.project.view.pending, Side::New);
        Some(())
    }

    fn introduced(&self, new: &BTreeMap<ProjectPath, Arc<[Found]>>) -> Vec<Issue> {
        let mut elsewhere = self.pool();
        let mut issues = Vec::new();
        for (path, found) in new.iter().filter(|(_, found)| !found.is_empty()) {
            let Some(new_text) = self.project.text(path) else { continue };
            let old_text =
                self.project.changed.get(path).map_or_else(|| new_text.clone(), |sides| sides.old_text.clone());
            let old = self.old.get(path).cloned().unwrap_or_default();
            let lines = LineIndex::new(&new_text);
            let does_not_parse = found.iter().any(|found| is_syntax(found.rule));
            let mut syntax_count = 0;
            for found in first_if_obsolete(introduced(&old, &old_text, found, &new_text)) {
                if is_syntax(found.rule) {
                    syntax_count += 1;
                    if syntax_count > SYNTAX_ISSUES_MAX {
                        continue;
                    }
                } else if does_not_parse || elsewhere.take(&found) {
                    continue;
                }
                let line = line_text(&new_text, found.start);
                let was_told = old.iter().any(|old| old.rule == found.rule && line_text(&old_text, old.start) == line);
                let (standing, told) = self.standing(path, &found, &old);
                let standing = if was_told { standing.min(Standing::Unknown) } else { standing };
                let severity = match standing {
                    Standing::Refuted => Severity::Block,
                    Standing::Unknown => Severity::Warn,
                    Standing::Fine => continue,
                };
                let found = self.placed(path, found);
                issues.push(issue(path, &found, &lines, severity, told));
            }
        }
        issues
    }

    /// Puts too many arguments where they are too many: at what is called, which may stand far above the first of them.
    fn placed(&self, path: &ProjectPath, found: Found) -> Found {
        if found.rule != "too-many-positional-arguments" {
            return found;
        }
        let called = |lens: &Lens<'_>| {
            let doubt = Doubt::new(lens, self.project, path, &found);
            doubt.call().map(|call| (call.func.range().start().into(), call.func.range().end().into()))
        };
        match self.engine.look(path, called).ok().flatten().flatten() {
            Some((start, end)) => Found { start, end, ..found },
            None => found,
        }
    }

    fn standing(&self, path: &ProjectPath, found: &Found, old: &[Found]) -> (Standing, Wording) {
        let plain = || Wording { message: wording::plain(&found.message), fix: None };
        if is_syntax(found.rule) {
            // A file of Python 2 is not to be judged as one of Python 3.
            let was_obsolete = old.iter().any(|old| old.rule == OBSOLETE);
            return (if was_obsolete { Standing::Unknown } else { Standing::Refuted }, plain());
        }
        // Against an old side of which nothing is known, nothing is proven to be new.
        if found.rule == NOT_ANALYSED || old.iter().any(|old| old.rule == NOT_ANALYSED) {
            return (Standing::Unknown, plain());
        }
        let looked = self.engine.look(path, |lens| Doubt::new(lens, self.project, path, found).standing());
        let standing = looked.ok().flatten().unwrap_or(Standing::Unknown);
        // The engine breaks down over more code when it is asked for all names than when it is asked for one: what is
        // proven stays so when there is no help to be had.
        let helped = self.engine.glance(path, |lens| wording::wording(&Doubt::new(lens, self.project, path, found)));
        let told = helped.ok().flatten().unwrap_or_else(plain);
        // What the engine already doubted in code that works is no proof against more of the same.
        let is_name = matches!(found.rule, "unresolved-attribute" | "unresolved-import" | "unresolved-reference");
        let is_known = is_name && old.iter().any(|old| old.rule == found.rule && old.message == found.message);
        (if is_known { standing.min(Standing::Unknown) } else { standing }, told)
    }

    /// What was wrong in files that the change deletes or shortens: code that moves takes it along.
    fn pool(&self) -> Pool {
        let mut counts = HashMap::new();
        for path in self.project.changed.keys() {
            let known = self.old.get(path).map(|found| found.iter()).into_iter().flatten();
            for found in known.filter(|found| found.rule != NOT_ANALYSED) {
                *counts.entry((found.rule, found.message.clone())).or_default() += 1;
            }
        }
        Pool(counts)
    }

    fn check(&self, path: &ProjectPath) -> Option<Arc<[Found]>> {
        loop {
            if self.cancelled.load(Ordering::Relaxed) {
                return None;
            }
            match self.engine.check(path) {
                Ok(found) => {
                    let looked = self.engine.look(path, |lens| unseen::within(lens, path));
                    let unseen = looked.ok().flatten().unwrap_or_default();
                    let is_whole = unseen.is_empty() || found.iter().any(|found| is_syntax(found.rule));
                    return Some(if is_whole { found } else { found.iter().cloned().chain(unseen).collect() });
                }
                Err(NoAnswer::Cancelled) => {}
                Err(NoAnswer::Failed(why)) => {
                    tracing::error!("the engine failed on {path}: {why}");
                    let message = "the analysis of this file failed, so nothing is known of it".to_owned();
                    return Some([Found { rule: NOT_ANALYSED, start: 0, end: 0, message }].into());
                }
            }
        }
    }
}

struct Pool(HashMap<(&'static str, String), u32>);

impl Pool {
    fn take(&mut self, found: &Found) -> bool {
        match self.0.get_mut(&(found.rule, found.message.clone())) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }
}

/// What stands in `new` and not in `old`, as a multiset of rule, message and line text.
fn introduced(old: &[Found], old_text: &str, new: &[Found], new_text: &str) -> Vec<Found> {
    let mut exact: HashMap<(&str, &str, &str), u32> = HashMap::new();
    let mut loose: HashMap<(&str, &str), u32> = HashMap::new();
    // What could not be analysed before either is still unknown.
    for found in old.iter().filter(|found| found.rule != NOT_ANALYSED) {
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

/// Text of Python 2 makes the parser stumble all over: its first place says it all.
fn first_if_obsolete(found: Vec<Found>) -> Vec<Found> {
    match found.iter().position(|found| found.rule == OBSOLETE) {
        Some(at) => found.into_iter().skip(at).take(1).collect(),
        None => found,
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c != '_' && !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn line_text(text: &str, at: u32) -> &str {
    let at = (at as usize).min(text.len());
    let start = text.as_bytes()[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end = text.as_bytes()[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |len| at + len);
    text.get(start..end).unwrap_or_default().trim()
}

fn issue(path: &ProjectPath, found: &Found, lines: &LineIndex, severity: Severity, told: Wording) -> Issue {
    Issue {
        layer: if is_syntax(found.rule) { Layer::Syntax } else { Layer::Tool },
        code: found.rule,
        severity,
        path: path.clone(),
        line: lines.line(found.start as usize),
        span: Some(Span { start: found.start, end: found.end }),
        message: told.message,
        fix: told.fix,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_the_engine_is_told_even_if_it_failed_before() {
        let found = |rule| Found { rule, start: 0, end: 0, message: "m".to_owned() };
        let both = [found("unresolved-reference"), found(NOT_ANALYSED)];
        let told = introduced(&both, "x", &both, "x");
        assert_eq!(told.iter().map(|found| found.rule).collect::<Vec<_>>(), [NOT_ANALYSED]);
    }
}

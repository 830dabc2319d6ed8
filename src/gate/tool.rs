//! What the engine says, old against new: the `tool` and the `syntax` layer.

mod kept;
mod novel;
mod returned;
mod stages;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use ruff_text_size::Ranged;

use super::doubt::{Doubt, Standing};
use super::engine::{Engine, Lens, NoAnswer, Side};
use super::found::Found;
use super::memory::Memory;
use super::project::Project;
use super::report::NOT_ANALYSED;
use super::syntax::{OBSOLETE, is_syntax};
use super::wording::{self, Wording};
use super::{Issue, Layer, Progress, Severity, dependents, unseen};
use crate::text::{LineIndex, ProjectPath, Span};
use kept::Kept;
use novel::is_novel;
use returned::Unfit;
pub(super) use stages::asked_together;
use stages::{Concerned, Stage, stages};

/// One slip makes the parser stumble many times: so many are told.
const SYNTAX_ISSUES_MAX: usize = 3;

/// One question to the engine about a change set that is laid over the disk.
pub(super) struct Question<'a> {
    pub(super) engine: &'a mut Engine,
    pub(super) old: &'a mut HashMap<ProjectPath, Arc<[Found]>>,
    pub(super) memory: &'a mut Memory,
    pub(super) project: &'a Project<'a>,
    /// What the change means to other files, and those that may care.
    pub(super) names: &'a dependents::Names,
    /// The functions without annotation that return something else than before.
    pub(super) returning: &'a dependents::Names,
    pub(super) users: &'a [ProjectPath],
    /// What is known of the changed files, where they were judged alone.
    pub(super) known: Option<Answer>,
}

#[derive(Default)]
pub(super) struct Answer {
    pub(super) issues: Vec<Issue>,
    pub(super) tool_ms: f64,
    pub(super) syntax_ms: f64,
    /// How far it has come, where it has not come to the end.
    pub(super) progress: Option<Progress>,
}

impl Question<'_> {
    /// The issues that the change newly introduces. Where many files use what changed, `told` hears of each stage but the
    /// last.
    pub(super) fn answer(mut self, told: &mut dyn FnMut(&Answer)) -> Answer {
        let started = Instant::now();
        let mut answer = Answer::default();
        if let Some(asked) = self.grammar() {
            answer.issues = self.introduced(&asked);
            answer.take_time(started, asked.syntax_ms);
            return answer;
        }
        let concerned = Concerned::new(&self);
        let (mut judged, total) = (0, concerned.others.len());
        let known = self.known.take().filter(|_| concerned.followers.is_empty());
        let (is_changed_known, is_broken) = (known.is_some(), self.is_broken());
        answer = known.unwrap_or(answer);
        let known_ms = answer.tool_ms + answer.syntax_ms;
        let others = if is_changed_known && is_broken { &[][..] } else { &concerned.others };
        for stage in stages(others, is_changed_known) {
            if !stage.has_changed {
                answer.progress = Some(Progress { judged, total });
                self.project.go_on();
                told(&answer);
                self.memory.spare(self.engine);
            }
            let (issues, asked) = self.staged(&stage, &concerned);
            judged += stage.others.len();
            answer.issues.extend(issues);
            answer.take_time(started, asked.syntax_ms + answer.syntax_ms);
            answer.tool_ms += known_ms;
            if stage.has_changed && is_broken {
                break;
            }
        }
        answer.progress = None;
        answer
    }

    /// Whether a changed file does not parse: what its users see of it is arbitrary.
    fn is_broken(&self) -> bool {
        self.project.changed.values().any(|sides| !sides.is_deleted && !sides.new.faults.is_empty())
    }

    fn is_changed(&self, path: &ProjectPath) -> bool {
        self.project.changed.contains_key(path)
    }

    /// What is new in the files of one stage.
    fn staged(&mut self, stage: &Stage<'_>, concerned: &Concerned) -> (Vec<Issue>, Asked) {
        let mut asked = self.findings(stage, concerned);
        self.know_old(&mut asked);
        let mut issues = self.introduced(&asked);
        let unfit = std::mem::take(&mut asked.unfit);
        issues.extend(self.no_longer_fitting(unfit, &asked));
        (issues, asked)
    }

    /// What is wrong with the syntax on both sides of the only file of a change; nothing else is told of a file that
    /// does not parse. `None` is where that does not hold.
    fn grammar(&mut self) -> Option<Asked> {
        let mut changed = self.project.changed.iter();
        let (Some((path, sides)), None) = (changed.next(), changed.next()) else { return None };
        if sides.is_deleted || sides.new.faults.is_empty() || self.project.view.pending.len() > 1 {
            return None;
        }
        let started = Instant::now();
        let new = self.syntax(path);
        if !new.iter().any(|found| is_syntax(found.rule)) {
            return None;
        }
        self.engine.lay(self.project.view.pending, Side::Old);
        let old = self.syntax(path);
        Some(Asked {
            new: BTreeMap::from([(path.clone(), new)]),
            old: BTreeMap::from([(path.clone(), old)]),
            syntax_ms: started.elapsed().as_secs_f64() * 1000.0,
            has_changed: true,
            ..Asked::default()
        })
    }

    /// Asks for the old side of every file in which there is something to compare. The old side may stay laid.
    fn know_old(&mut self, asked: &mut Asked) {
        let project = self.project;
        let may_be_old =
            |(path, found): &(&ProjectPath, &Arc<[Found]>)| !found.iter().all(|found| is_novel(project, path, found));
        let mut told = asked.new.iter().filter(may_be_old).map(|(path, _)| path).peekable();
        if told.peek().is_none() {
            return;
        }
        // Code moves between the changed files, and takes along what is wrong with it.
        let changed = self.project.changed.keys().filter(|_| asked.has_changed);
        let wanted: BTreeSet<&ProjectPath> = told.chain(changed).collect();
        let unknown: Vec<&ProjectPath> = wanted.iter().copied().filter(|path| !self.old.contains_key(*path)).collect();
        if !unknown.is_empty() {
            self.engine.lay(self.project.view.pending, Side::Old);
            let (edited, users) =
                unknown.into_iter().partition::<Vec<_>, _>(|path| self.project.changed.contains_key(*path));
            self.engine.ask_ahead(edited);
            self.engine.ask_ahead_for_users(users, None);
        }
        for path in wanted {
            let found = match self.old.get(path) {
                Some(found) => found.clone(),
                None => self.check(path),
            };
            self.project.beat();
            self.old.insert(path.clone(), found.clone());
            asked.old.insert(path.clone(), found);
        }
    }

    /// Lays the new side again if something has to be doubted.
    fn introduced(&mut self, asked: &Asked) -> Vec<Issue> {
        let mut elsewhere = self.pool(asked);
        let mut left: Vec<(&ProjectPath, Arc<str>, Vec<Found>)> = Vec::new();
        for (path, found) in asked.new.iter().filter(|(_, found)| !found.is_empty()) {
            let Some(new_text) = self.project.text(path) else { continue };
            let old_text = self.old_text(path, &new_text);
            let mut found = first_if_obsolete(introduced(asked.old_of(path), &old_text, found, &new_text));
            // A statement that this Python does not know, and which stood there before, hides nothing else.
            let does_not_parse = self.project.structure(path).is_some_and(|structure| !structure.faults.is_empty());
            if does_not_parse || found.iter().any(|found| is_syntax(found.rule)) {
                found.retain(|found| is_syntax(found.rule));
                found.truncate(SYNTAX_ISSUES_MAX);
            } else {
                found.retain(|found| !elsewhere.take(found));
            }
            left.push((path, new_text, found));
        }
        if left.iter().any(|(_, _, found)| found.iter().any(|found| !is_syntax(found.rule))) {
            self.engine.lay(self.project.view.pending, Side::New);
        }
        let issues = left.iter().flat_map(|(path, text, found)| self.issues(path, text, found, asked.old_of(path)));
        issues.collect()
    }

    /// What is left of `found` when all doubts were heard; of each rule no more than anybody reads.
    fn issues(&self, path: &ProjectPath, new_text: &Arc<str>, found: &[Found], old: &[Found]) -> Vec<Issue> {
        let old_text = self.old_text(path, new_text);
        let lines = LineIndex::new(new_text);
        let was_told = |found: &Found| {
            // That an attribute is made by setting it says nothing of what else the line reads; that some of several
            // classes lack a member, nothing of all.
            let is_of_some = |found: &Found| found.message.contains(" is not defined on ");
            let is_less =
                |old: &Found| old.message.starts_with("Unresolved attribute") || is_of_some(old) && !is_of_some(found);
            let mut alike = old.iter().filter(|old| old.rule == found.rule && !is_less(old)).peekable();
            alike.peek().is_some() && {
                let line = line_text(new_text, found.start);
                alike.any(|old| line_text(&old_text, old.start) == line)
            }
        };
        let mut by_rule: BTreeMap<&str, Kept<'_>> = BTreeMap::new();
        for found in found {
            let kept = by_rule.entry(found.rule).or_default();
            kept.take(found, || {
                let standing = self.standing(path, found, old);
                if was_told(found) { standing.min(Standing::Unknown) } else { standing }
            });
        }
        let told = |found: &Found, standing: Standing| {
            let severity = if standing == Standing::Refuted { Severity::Block } else { Severity::Warn };
            let told = self.wording(path, found);
            issue(path, &self.placed(path, found.clone()), &lines, severity, told)
        };
        let mut issues = Vec::new();
        for kept in by_rule.values() {
            issues.extend(kept.told.iter().map(|(found, standing)| told(found, *standing)));
            if let (Some(last), Some((found, standing))) = (kept.more.checked_sub(1), kept.worst) {
                let mut issue = told(found, standing);
                if last > 0 {
                    issue.message.push_str(&format!(" This file has up to {last} more like it."));
                }
                issues.push(issue);
            }
        }
        // Of several functions or classes that a name may stand for, the engine tells each by itself.
        let mut places = BTreeSet::new();
        issues.retain(|issue| places.insert((issue.code, issue.span, issue.severity)));
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

    fn old_text(&self, path: &ProjectPath, new_text: &Arc<str>) -> Arc<str> {
        self.project.changed.get(path).map_or_else(|| new_text.clone(), |sides| sides.old_text.clone())
    }

    fn standing(&self, path: &ProjectPath, found: &Found, old: &[Found]) -> Standing {
        self.project.go_on();
        if is_syntax(found.rule) {
            // A file of Python 2 is not to be judged as one of Python 3.
            let was_obsolete = old.iter().any(|old| old.rule == OBSOLETE);
            return if was_obsolete { Standing::Unknown } else { Standing::Refuted };
        }
        // Against an old side of which nothing is known, nothing is proven to be new.
        if found.rule == NOT_ANALYSED || old.iter().any(|old| old.rule == NOT_ANALYSED) {
            return Standing::Unknown;
        }
        let looked = self.engine.look(path, |lens| Doubt::new(lens, self.project, path, found).standing());
        let standing = looked.ok().flatten().unwrap_or(Standing::Unknown);
        // What the engine already doubted in code that works is no proof against more of the same.
        let is_name = matches!(found.rule, "unresolved-attribute" | "unresolved-import" | "unresolved-reference");
        let is_known = is_name && old.iter().any(|old| old.rule == found.rule && old.message == found.message);
        if is_known { standing.min(Standing::Unknown) } else { standing }
    }

    fn wording(&self, path: &ProjectPath, found: &Found) -> Wording {
        let helped = || {
            // The engine breaks down over more code when it is asked for all names than when it is asked for one: what
            // is proven stays so when there is no help to be had.
            let looked =
                self.engine.glance(path, |lens| wording::wording(&Doubt::new(lens, self.project, path, found)));
            looked.ok().flatten()
        };
        let is_plain = is_syntax(found.rule) || found.rule == NOT_ANALYSED;
        let helped = if is_plain { None } else { helped() };
        helped.unwrap_or_else(|| Wording { message: wording::plain(&found.message), fix: None })
    }

    /// What was wrong in changed files and is gone from them: code that moves takes it along.
    fn pool(&self, asked: &Asked) -> Pool {
        let mut counts = HashMap::new();
        for (path, sides) in self.project.changed.iter().filter(|_| asked.has_changed) {
            let left = asked.new.get(path).map(|found| &**found).unwrap_or_default();
            for found in introduced(left, &sides.new_text, asked.old_of(path), &sides.old_text) {
                if found.rule != NOT_ANALYSED {
                    *counts.entry((found.rule, found.message)).or_default() += 1;
                }
            }
        }
        Pool(counts)
    }

    fn syntax(&self, path: &ProjectPath) -> Arc<[Found]> {
        let found = ask(&|| self.project.beat(), || self.engine.check_syntax(path));
        found.unwrap_or_else(|why| failed(path, &why))
    }

    fn check(&self, path: &ProjectPath) -> Arc<[Found]> {
        check(self.engine, &|| self.project.beat(), path)
    }
}

/// All that is wrong with a file as it is laid now. `beat` is asked whether anybody still waits.
pub(super) fn check(engine: &Engine, beat: &dyn Fn(), path: &ProjectPath) -> Arc<[Found]> {
    let found = ask(beat, || engine.check(path)).unwrap_or_else(|why| failed(path, &why));
    // What stands in a text that does not parse is arbitrary.
    let look = |lens: &Lens<'_>| match lens.tree.errors().is_empty() {
        true => unseen::within(lens, path),
        false => Vec::new(),
    };
    let unseen = ask(beat, || engine.look(path, look));
    let unseen = unseen.ok().flatten().unwrap_or_default();
    let is_whole = unseen.is_empty();
    if is_whole { found } else { found.iter().cloned().chain(unseen).collect() }
}

fn failed(path: &ProjectPath, why: &str) -> Arc<[Found]> {
    tracing::error!("the engine failed on {path}: {why}");
    let message = "the analysis of this file failed, so nothing is known of it".to_owned();
    [Found { rule: NOT_ANALYSED, start: 0, end: 0, message }].into()
}

/// Asks until there is an answer, or why there is none.
fn ask<T>(beat: &dyn Fn(), question: impl Fn() -> Result<T, NoAnswer>) -> Result<T, String> {
    loop {
        beat();
        match question() {
            Ok(answer) => return Ok(answer),
            Err(NoAnswer::Cancelled) => {}
            Err(NoAnswer::Failed(why)) => return Err(why),
        }
    }
}

/// What the engine said of each file.
#[derive(Default)]
struct Asked {
    new: BTreeMap<ProjectPath, Arc<[Found]>>,
    old: BTreeMap<ProjectPath, Arc<[Found]>>,
    /// On the new side, where it was not asked what is wrong but what fits.
    unfit: Unfit,
    syntax_ms: f64,
    /// Whether the changed files are among them.
    has_changed: bool,
}

impl Answer {
    fn take_time(&mut self, started: Instant, syntax_ms: f64) {
        let all_ms = started.elapsed().as_secs_f64() * 1000.0;
        (self.tool_ms, self.syntax_ms) = (all_ms - syntax_ms, syntax_ms);
    }
}

impl Asked {
    fn old_of(&self, path: &ProjectPath) -> &[Found] {
        self.old.get(path).map(|found| &**found).unwrap_or_default()
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

//! One judgement: the layers one after the other, each with its time.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Instant;

use super::dependents::{self, Names, Users};
use super::engine::{Engine, Side};
use super::project::Project;
use super::pulse::{Pulse, until_ended};
use super::report::NOT_ANALYSED;
use super::rules::ELIDED;
use super::tool::Answer;
use super::vanished::StillUsed;
use super::{
    Gate, Issue, Layer, Policy, Progress, ReadLog, Report, Severity, fix, notebook, opened, origins, rules, structure,
    syntax, tool, unseen, vanished,
};
use crate::index::View;
use crate::text::{ChangeSet, ProjectPath, Source};

/// Where more files mention what changed, the changed files are judged alone first: finding out who uses it takes long.
const MENTIONS_MAX: usize = 64;

/// Runs the layers over `view`. Where many files use what changed, `told` hears what is known before all are judged. One that
/// is ended keeps what was told last.
pub(super) fn judge(
    gate: &mut Gate,
    view: View<'_>,
    reads: Option<&ReadLog>,
    pulse: Pulse<'_>,
    told: &dyn Fn(Report),
) -> Report {
    let last = RefCell::new(None);
    let telling = |report: Report| {
        pulse.beat();
        *last.borrow_mut() = Some(report.clone());
        told(report);
    };
    let judged = until_ended(|| judged(gate, view, reads, pulse, &telling));
    if let Some(engine) = &mut gate.engine {
        engine.end();
    }
    let ended = || Report { cancelled: true, ..last.take().unwrap_or_else(|| Report::new(Vec::new(), [None; 6])) };
    judged.unwrap_or_else(ended)
}

fn judged(gate: &mut Gate, view: View<'_>, reads: Option<&ReadLog>, pulse: Pulse<'_>, told: &dyn Fn(Report)) -> Report {
    let Gate { engine, root, environment, old, running, policy, memory, .. } = gate;
    let engine = opened(engine, root, environment, running, view);
    engine.begin();
    engine.lay(view.pending, Side::New);
    let edited = view.pending.iter().filter(|(path, change)| path.is_python() && change.new.is_some());
    engine.ask_ahead(edited.map(|(path, _)| path));
    let project = &Project::new(view).with(pulse);
    let has_same_code = project.has_same_code();
    if has_same_code {
        engine.rest();
    }

    let (issues, rules_ms) = timed(|| rules_layer(engine, project, reads));
    let (left, _) = policy.settle(issues.clone(), |path| project.structure(path));
    // While code is left out, what its users see of it is arbitrary.
    let is_elided = left.iter().any(|issue| issue.code == ELIDED && issue.severity == Severity::Block);
    let concerns_others = !is_elided && !has_same_code;
    let mut names = if concerns_others { dependents::changed_names(project) } else { Names::new() };
    let returning = if concerns_others { origins::returning_anew(project) } else { Names::new() };
    let mut known = Known::new(project, policy, engine.has_packages(), issues, rules_ms);
    let mention_count = dependents::mention_count(project, &names);
    let mut first = None;
    if mention_count > MENTIONS_MAX {
        // Only to find out who uses what changed takes long here.
        let progress = Some(Progress { judged: 0, total: mention_count });
        let (names, returning) = (&Names::new(), &Names::new());
        let alone = tool::Question { engine, old, memory, project, names, returning, users: &[], known: None };
        let mut answer = alone.answer(&mut |_| {});
        answer.progress = progress;
        told(known.report(&answer));
        first = Some(answer);
        engine.lay(view.pending, Side::New);
    }
    let still_imported = if concerns_others { vanished::still_imported(engine, project) } else { Vec::new() };
    let Users { files: users, other_names } =
        dependents::users(project, &names, &still_imported, &engine.inner_folders());
    names.extend(other_names);
    engine.ask_ahead_for_users(tool::asked_together(&users), Some(&dependents::concern(&names)));
    known.still_imported = still_imported;

    // What needs no types comes first: meanwhile the second thread infers them.
    known.take_in(Layer::Structure, || structure_layer(engine, project, is_elided));
    known.take_in(Layer::Syntax, || syntax::newer(project, environment.version));
    known.issues.extend(notebook::broken(project));
    known.take_in(Layer::Tool, || unseen::left_abstract(project));

    let (names, returning, users) = (&names, &returning, &users[..]);
    let question = tool::Question { engine, old, memory, project, names, returning, users, known: first };
    let answer =
        if has_same_code { Answer::default() } else { question.answer(&mut |answer| told(known.report(answer))) };
    known.take_failures(engine.take_failures());
    let report = known.report(&answer);
    project.go_on();
    report
}

/// What is known of a change while the engine is asked about it.
struct Known<'a> {
    project: &'a Project<'a>,
    policy: &'a Policy,
    has_packages: bool,
    issues: Vec<Issue>,
    still_imported: Vec<StillUsed>,
    /// What each layer took so far.
    layer_ms: [Option<f64>; 6],
}

impl<'a> Known<'a> {
    fn new(
        project: &'a Project<'a>,
        policy: &'a Policy,
        has_packages: bool,
        issues: Vec<Issue>,
        rules_ms: f64,
    ) -> Self {
        let layer_ms = [Some(rules_ms), None, None, None, None, None];
        Self { project, policy, has_packages, issues, still_imported: Vec::new(), layer_ms }
    }

    fn take_in(&mut self, layer: Layer, find: impl FnOnce() -> Vec<Issue>) {
        let (found, ms) = timed(find);
        self.issues.extend(found);
        self.layer_ms[layer as usize] = Some(ms);
    }

    /// A layer could not look into these files: what it would have said is unknown.
    fn take_failures(&mut self, failures: BTreeSet<ProjectPath>) {
        self.issues.extend(failures.into_iter().map(not_analysed));
    }

    fn report(&self, answer: &Answer) -> Report {
        let told = if self.has_packages { answer.issues.clone() } else { told_once(answer.issues.clone()) };
        let failed: BTreeSet<&ProjectPath> =
            told.iter().filter(|issue| issue.code == NOT_ANALYSED).map(|issue| &issue.path).collect();
        let is_twice = |issue: &Issue| issue.code == NOT_ANALYSED && failed.contains(&issue.path);
        let mut issues: Vec<Issue> = self.issues.iter().filter(|issue| !is_twice(issue)).cloned().collect();
        issues.extend(told.iter().filter(|issue| !is_told(issue, &self.still_imported)).cloned());
        issues.extend(self.still_imported.iter().map(|used| used.issue.clone()));
        fix::mend(&mut issues, self.project);
        let (mut issues, mut overridden) = self.policy.settle(issues, |path| self.project.structure(path));
        notebook::place(&mut issues, self.project);
        overridden.iter_mut().for_each(|entry| notebook::place(std::slice::from_mut(&mut entry.issue), self.project));
        let mut layer_ms = self.layer_ms;
        for (layer, ms) in [(Layer::Tool, answer.tool_ms), (Layer::Syntax, answer.syntax_ms)] {
            *layer_ms[layer as usize].get_or_insert_default() += ms;
        }
        let report = Report::new(issues, layer_ms).with_overridden(overridden);
        match answer.progress {
            Some(progress) => report.so_far(progress),
            None => report,
        }
    }
}

/// Learns what is wrong with a file as it is on disk.
pub(super) fn warm_up(gate: &mut Gate, source: &dyn Source, path: &ProjectPath, pulse: Pulse<'_>) {
    let Gate { engine, root, environment, old, running, known, .. } = gate;
    let view = View { snapshot: known, pending: &ChangeSet::default(), source };
    let engine = opened(engine, root, environment, running, view);
    if !path.is_python() || old.contains_key(path) {
        return;
    }
    engine.begin();
    engine.lay_nothing();
    engine.ask_ahead([path]);
    old.extend(until_ended(|| (path.clone(), tool::check(engine, &|| pulse.beat(), path))));
    engine.end();
}

fn rules_layer(engine: &Engine, project: &Project<'_>, reads: Option<&ReadLog>) -> Vec<Issue> {
    let mut issues: Vec<Issue> = reads.into_iter().flat_map(|reads| rules::unread(project, reads)).collect();
    for (path, sides) in project.changed.iter().filter(|(_, sides)| !sides.is_deleted) {
        let looked = engine
            .look(path, |lens| rules::leftovers(&lens.tree.syntax().body, lens.tree.tokens(), path, sides, project));
        issues.extend(looked.ok().flatten().unwrap_or_default());
    }
    issues
}

fn structure_layer(engine: &Engine, project: &Project<'_>, is_elided: bool) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (path, sides) in project.changed.iter().filter(|(_, sides)| !sides.is_deleted) {
        let looked = engine.look(path, |lens| {
            let mut found = structure::repeats(&lens.tree.syntax().body, path, sides, project);
            found.extend(structure::clones(lens.tree.tokens(), path, sides, project));
            found
        });
        issues.extend(looked.ok().flatten().unwrap_or_default());
    }
    if !is_elided {
        issues.extend(vanished::still_used(engine, project));
        issues.extend(vanished::less(project));
    }
    issues
}

/// Whether the engine says, too, that a name is imported which is gone: one issue is enough.
fn is_told(issue: &Issue, still_imported: &[StillUsed]) -> bool {
    let is_it = |used: &StillUsed| used.issue.path == issue.path && used.issue.span == issue.span;
    issue.code == "unresolved-import" && still_imported.iter().any(is_it)
}

/// Without an environment nothing is known of any package: one issue says it for all imports of a file.
fn told_once(issues: Vec<Issue>) -> Vec<Issue> {
    let (unknown, mut told): (Vec<Issue>, Vec<Issue>) =
        issues.into_iter().partition(|issue| issue.code == "unresolved-import" && issue.severity == Severity::Warn);
    let package = |issue: &Issue| Some(issue.message.split('\'').nth(1)?.split('.').next()?.to_owned());
    let packages: BTreeSet<String> = unknown.iter().filter_map(package).filter(|name| !name.is_empty()).collect();
    if let Some(first) = unknown.into_iter().min_by_key(|issue| (issue.path.clone(), issue.line)) {
        let names: Vec<String> = packages.iter().map(|name| format!("'{name}'")).collect();
        let message = format!(
            "No Python environment with packages was found, so what these offer is unknown: {}. Make a .venv, or set \
             [python] environment in the configuration.",
            names.join(", ")
        );
        told.push(Issue { message, fix: None, ..first });
    }
    told
}

/// A layer could not look into a file: what it would have said is unknown.
fn not_analysed(path: ProjectPath) -> Issue {
    Issue {
        layer: Layer::Tool,
        code: NOT_ANALYSED,
        severity: Severity::Warn,
        path,
        line: 1,
        span: None,
        message: "The analysis of this file failed, so not all of it is known.".to_owned(),
        fix: None,
    }
}

/// What `work` gives, and the milliseconds that it took.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed().as_secs_f64() * 1000.0)
}

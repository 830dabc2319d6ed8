//! One judgement: the layers one after the other, each with its time.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::dependents;
use super::engine::{Engine, Side};
use super::project::Project;
use super::report::NOT_ANALYSED;
use super::rules::ELIDED;
use super::vanished::StillUsed;
use super::{
    Gate, Issue, Layer, ReadLog, Report, Severity, fix, notebook, origins, rules, structure, syntax, tool, unseen,
    vanished,
};
use crate::index::View;
use crate::text::ProjectPath;

/// Runs the layers over `view`.
pub(super) fn judge(gate: &mut Gate, view: View<'_>, reads: Option<&ReadLog>) -> Report {
    let Gate { engine, root, environment, old, cancelled, running, policy, .. } = gate;
    let engine = engine.get_or_insert_with(|| Engine::new(root, &environment.promised(view), running.clone()));
    engine.begin();
    engine.lay(view.pending, Side::New);
    let edited = view.pending.iter().filter(|(path, change)| path.is_python() && change.new.is_some());
    engine.ask_ahead(edited.map(|(path, _)| path));
    let project = Project::new(view);
    let has_same_code = project.has_same_code();
    if has_same_code {
        engine.rest();
    }
    let mut issues = Vec::new();
    let mut layer_ms: [Option<f64>; 6] = [None; 6];

    let (found, rules_ms) = timed(|| rules_layer(engine, &project, reads));
    let (left, _) = policy.settle(found.clone(), |path| project.structure(path));
    // While code is left out, what its users see of it is arbitrary.
    let is_elided = left.iter().any(|issue| issue.code == ELIDED && issue.severity == Severity::Block);
    let concerns_others = !is_elided && !has_same_code;
    let names = if concerns_others { dependents::changed_names(&project) } else { dependents::Names::new() };
    let returning = if concerns_others { origins::returning_anew(&project) } else { dependents::Names::new() };
    let still_imported = if concerns_others { vanished::still_imported(engine, &project) } else { Vec::new() };
    let users = dependents::dependents(&project, &names, &still_imported);
    engine.ask_ahead_for_users(&users);
    issues.extend(found);
    layer_ms[layer_at(Layer::Rules)] = Some(rules_ms);

    let (found, structure_ms) = timed(|| structure_layer(engine, &project, is_elided));
    issues.extend(found);
    layer_ms[layer_at(Layer::Structure)] = Some(structure_ms);

    // What needs no types comes first: meanwhile the second thread infers them.
    let (newer, newer_ms) = timed(|| syntax::newer(&project, environment.version));
    let broken = notebook::broken(&project);
    let (left_abstract, abstract_ms) = timed(|| unseen::left_abstract(&project));
    let (names, returning, users) = (&names, &returning, &users);
    let question = tool::Question { engine, old, project: &project, names, returning, users, cancelled };
    let answer = if has_same_code { Some(tool::Answer::default()) } else { question.answer() };
    let Some(answer) = answer else {
        engine.end();
        return Report { cancelled: true, ..Report::new(Vec::new(), [None; 6]) };
    };
    let told = if engine.has_packages() { answer.issues } else { told_once(answer.issues) };
    issues.extend(told.into_iter().filter(|issue| !is_told(issue, &still_imported)));
    issues.extend(still_imported.into_iter().map(|used| used.issue));
    issues.extend(left_abstract);
    layer_ms[layer_at(Layer::Tool)] = Some(answer.tool_ms + abstract_ms);
    issues.extend(newer);
    issues.extend(broken);
    layer_ms[layer_at(Layer::Syntax)] = Some(answer.syntax_ms + newer_ms);

    for path in engine.take_failures() {
        if !issues.iter().any(|issue| issue.code == NOT_ANALYSED && issue.path == path) {
            issues.push(not_analysed(path));
        }
    }
    engine.end();
    fix::mend(&mut issues, &project);
    let (mut issues, mut overridden) = policy.settle(issues, |path| project.structure(path));
    notebook::place(&mut issues, &project);
    overridden.iter_mut().for_each(|entry| notebook::place(std::slice::from_mut(&mut entry.issue), &project));
    let mut report = Report::new(issues, layer_ms).with_overridden(overridden);
    report.cancelled = cancelled.load(Ordering::Relaxed);
    report
}

/// Learns what is wrong with a file as it is on disk.
pub(super) fn warm_up(gate: &mut Gate, path: &ProjectPath) {
    let Gate { engine, root, environment, old, cancelled, running, .. } = gate;
    let engine = engine.get_or_insert_with(|| Engine::new(root, environment, running.clone()));
    if !path.is_python() || old.contains_key(path) {
        return;
    }
    engine.begin();
    engine.lay_nothing();
    engine.ask_ahead([path]);
    old.extend(tool::check(engine, cancelled, path).map(|found| (path.clone(), found)));
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

fn layer_at(layer: Layer) -> usize {
    Layer::ALL.iter().position(|other| *other == layer).unwrap_or_default()
}

/// What `work` gives, and the milliseconds that it took.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed().as_secs_f64() * 1000.0)
}

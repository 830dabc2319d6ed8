//! One judgement: the layers one after the other, each with its time.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::dependents;
use super::engine::{Engine, Side};
use super::project::Project;
use super::report::NOT_ANALYSED;
use super::{
    Gate, Issue, Layer, ReadLog, Report, Severity, fix, notebook, rules, structure, syntax, tool, unseen, vanished,
};
use crate::index::View;
use crate::text::ProjectPath;

/// Runs the layers over `view`.
pub(super) fn judge(gate: &mut Gate, view: View<'_>, reads: Option<&ReadLog>) -> Report {
    let Gate { engine, root, environment, old, cancelled, running, policy, .. } = gate;
    let engine = engine.get_or_insert_with(|| Engine::new(root, environment, running.clone()));
    engine.begin();
    engine.lay(view.pending, Side::New);
    let project = Project::new(view);
    let has_same_code = project.has_same_code();
    let names = dependents::changed_names(&project);
    let users = dependents::dependents(&project, &names);
    if !has_same_code {
        let edited = project.changed.iter().filter(|(_, sides)| !sides.is_deleted).map(|(path, _)| path);
        engine.ask_ahead(edited, &users);
    }
    let mut issues = Vec::new();
    let mut layer_ms: [Option<f64>; 6] = [None; 6];

    let started = Instant::now();
    issues.extend(reads.into_iter().flat_map(|reads| rules::unread(&project, reads)));
    for (path, sides) in project.changed.iter().filter(|(_, sides)| !sides.is_deleted) {
        let looked = engine
            .look(path, |lens| rules::leftovers(&lens.tree.syntax().body, lens.tree.tokens(), path, sides, &project));
        issues.extend(looked.ok().flatten().unwrap_or_default());
    }
    layer_ms[layer_at(Layer::Rules)] = Some(ms_since(started));

    let started = Instant::now();
    for (path, sides) in project.changed.iter().filter(|(_, sides)| !sides.is_deleted) {
        let looked = engine.look(path, |lens| {
            let mut found = structure::repeats(&lens.tree.syntax().body, path, sides, &project);
            found.extend(structure::clones(lens.tree.tokens(), path, sides, &project));
            found
        });
        issues.extend(looked.ok().flatten().unwrap_or_default());
    }
    issues.extend(vanished::still_used(engine, &project));
    layer_ms[layer_at(Layer::Structure)] = Some(ms_since(started));

    let question = tool::Question { engine, old, project: &project, names: &names, users: &users, cancelled };
    let answer = if has_same_code { Some(tool::Answer::default()) } else { question.answer() };
    let Some(answer) = answer else {
        engine.end();
        return Report { cancelled: true, ..Report::new(Vec::new(), [None; 6]) };
    };
    let started = Instant::now();
    issues.extend(if engine.has_packages() { answer.issues } else { told_once(answer.issues) });
    issues.extend(unseen::left_abstract(&project));
    layer_ms[layer_at(Layer::Tool)] = Some(answer.tool_ms + ms_since(started));
    let started = Instant::now();
    issues.extend(syntax::newer(&project, environment.version));
    issues.extend(notebook::broken(&project));
    layer_ms[layer_at(Layer::Syntax)] = Some(answer.syntax_ms + ms_since(started));

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

fn ms_since(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1000.0
}

//! What the gate's report on an edit means for it: taken back, kept open, or mended.

use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::agent::tools::Spec;
use crate::gate::{FixSafety, Issue, Layer, LayerState, Report, Severity, Verdict};
use crate::text::{ChangeSet, ProjectPath, TextEdit, apply_edits, hunks_of};

/// The blocking issues that one edit newly brings.
pub(super) struct Weighed {
    /// Wrong in itself: no later edit settles them.
    pub(super) refused: Vec<Issue>,
    /// References that a later edit may settle.
    pub(super) open: Vec<Issue>,
    /// What does not block, but may not be meant: code that went, something that is there already.
    pub(super) doubtful: Vec<Issue>,
}

/// How many issues one answer lists.
const ISSUES_MAX: usize = 12;

/// Sorts what `report` says of `new` beyond the issues that were `known` of `old`.
pub(super) fn weigh(report: &Report, known: &[Issue], old: &ChangeSet, new: &ChangeSet) -> Weighed {
    let mut counts: HashMap<(&str, &str, String), u32> = HashMap::new();
    for issue in known {
        *counts.entry(key(issue)).or_default() += 1;
    }
    let mut changed: HashMap<&ProjectPath, Vec<Range<u32>>> = HashMap::new();
    let mut weighed = Weighed { refused: Vec::new(), open: Vec::new(), doubtful: Vec::new() };
    for issue in report.issues.iter().filter(|issue| issue.severity == Severity::Block || is_worth_a_look(issue)) {
        if let Some(count) = counts.get_mut(&key(issue)).filter(|count| **count > 0) {
            *count -= 1;
            continue;
        }
        if issue.severity != Severity::Block {
            weighed.doubtful.push(issue.clone());
            continue;
        }
        let lines = changed.entry(&issue.path).or_insert_with(|| changed_lines(&issue.path, old, new));
        let is_in_edit = lines.iter().any(|range| range.contains(&issue.line));
        if may_be_settled(issue, is_in_edit) {
            weighed.open.push(issue.clone());
        } else {
            weighed.refused.push(issue.clone());
        }
    }
    weighed
}

/// Whether the model is told of an issue that does not block. Those of the tools layer say mostly that something cannot
/// be known; the others know what they say.
fn is_worth_a_look(issue: &Issue) -> bool {
    issue.severity == Severity::Warn && matches!(issue.layer, Layer::Rules | Layer::Structure)
}

/// Line numbers move with every edit; what is said stays the same.
fn key(issue: &Issue) -> (&str, &str, String) {
    (issue.code, issue.path.as_str(), issue.message.chars().filter(|c| !c.is_ascii_digit()).collect())
}

/// The lines (from 1) of the new text that this edit wrote.
fn changed_lines(path: &ProjectPath, old: &ChangeSet, new: &ChangeSet) -> Vec<Range<u32>> {
    let step = new.since(old, path);
    hunks_of(&step).iter().flat_map(|hunk| &hunk.runs).map(|run| run.new.start + 1..run.new.end + 1).collect()
}

/// Whether a later edit may settle the issue: a name still to be defined, or something left behind elsewhere.
fn may_be_settled(issue: &Issue, is_in_edit: bool) -> bool {
    let code = issue.code;
    match issue.layer {
        Layer::Rules | Layer::Syntax => false,
        // What stands twice is wrong at once; what went while others use it can still be mended there.
        Layer::Structure => !code.starts_with("duplicate") && !code.starts_with("shadowed"),
        // What could not be judged at all is no reference.
        Layer::Tool => code != "gate-failed" && (code == "unresolved-reference" || !is_in_edit),
        Layer::Tests | Layer::Approval => true,
    }
}

/// The candidate with the safe fixes of the new issues applied, and their titles; nothing when there are none.
pub(super) fn mend(candidate: &ChangeSet, weighed: &Weighed) -> Option<(ChangeSet, Vec<String>)> {
    mend_issues(candidate, weighed.refused.iter().chain(&weighed.open).chain(&weighed.doubtful))
}

pub(super) fn mend_issues<'a>(
    candidate: &ChangeSet,
    issues: impl Iterator<Item = &'a Issue>,
) -> Option<(ChangeSet, Vec<String>)> {
    let mut by_file: HashMap<&ProjectPath, Vec<TextEdit>> = HashMap::new();
    let mut titles: Vec<String> = Vec::new();
    for issue in issues {
        let Some(fix) = issue.fix.as_ref().filter(|fix| fix.safety == FixSafety::Safe && !fix.edits.is_empty()) else {
            continue;
        };
        let edits = by_file.entry(&issue.path).or_default();
        // The same import is missing at every use of its name.
        if fix.edits.iter().all(|edit| edits.contains(edit)) {
            continue;
        }
        edits.extend(fix.edits.iter().cloned());
        titles.push(fix.title.clone());
    }
    let mut mended = candidate.clone();
    for (path, edits) in by_file {
        let Some(change) = candidate.get(path) else { continue };
        // Fixes that meet in one place are left to the model.
        let Ok(text) = apply_edits(change.new_text(), &edits) else { continue };
        mended.put(path.clone(), None, Some(text.into()));
    }
    (!titles.is_empty() && mended != *candidate).then_some((mended, titles))
}

fn told(issue: &Issue) -> String {
    let mut out = format!("{}:{}: {}", issue.path, issue.line, issue.message);
    // Said once is enough.
    if let Some(fix) = issue.fix.as_ref().filter(|_| !issue.message.contains("Did you mean")) {
        let _ = write!(out, " Fix: {}.", fix.title.trim_end_matches('.'));
    }
    out
}

fn push_issues(out: &mut String, issues: &[Issue]) {
    for issue in issues.iter().take(ISSUES_MAX) {
        let _ = write!(out, "\n- {}", told(issue));
    }
    if issues.len() > ISSUES_MAX {
        let _ = write!(out, "\n- and {} more", issues.len() - ISSUES_MAX);
    }
}

/// Why an edit was taken back; the first reason in the first line, which is what a person sees of it.
pub(super) fn refusal_text(issues: &[Issue]) -> String {
    let Some((first, others)) = issues.split_first() else { return String::new() };
    let mut out = format!("Error: {}", told(first));
    push_issues(&mut out, others);
    out.push_str("\nThe edit was taken back; nothing changed.");
    out
}

/// What an edit leaves to be settled.
pub(super) fn open_text(issues: &[Issue]) -> String {
    if issues.is_empty() {
        return String::new();
    }
    let mut out = "\nopen: settle this with further edits before you finish:".to_owned();
    push_issues(&mut out, issues);
    out
}

/// The tool that an answer speaks of as if it called it: `{"name": "edit_file", "arguments": …`, or `edit_file({"path": …`
/// at the beginning of a line. Ending the task in words is fine.
pub(super) fn call_in_words(text: &str) -> Option<&'static str> {
    static CALL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?m)"(?:name|tool|tool_name|function)"\s*:\s*"(\w+)"\s*,\s*"(?:arguments|parameters|input|args)"|^\W*(\w+)\s*\(\s*\{\s*""#)
            .expect("the pattern is fixed")
    });
    CALL.captures_iter(text)
        .filter_map(|found| Spec::named(found.get(1).or_else(|| found.get(2))?.as_str()))
        .map(|spec| spec.name)
        .find(|name| *name != "finish")
}

/// What the person will see beside an edit, and the model may set right before.
pub(super) fn doubtful_text(issues: &[Issue]) -> String {
    if issues.is_empty() {
        return String::new();
    }
    let mut out = "\nin doubt: the edit stands; set right what you did not mean:".to_owned();
    push_issues(&mut out, issues);
    out
}

/// Why a change set is not proposed.
pub(super) fn whole_text(report: &Report) -> String {
    let issues: Vec<Issue> = report.blocking().cloned().collect();
    let mut out = "the gate blocks what is pending:".to_owned();
    push_issues(&mut out, &issues);
    out.push_str("\nSettle this with further edits, then call finish again.");
    out
}

/// The report as the model reads it: all layers, then the issues.
pub(super) fn report_text(report: &Report) -> String {
    let verdict = if report.verdict() == Verdict::Pass { "pass" } else { "block" };
    let mut out = format!("{verdict} ({:.1} ms)", report.ms);
    for layer in &report.layers {
        let state = match layer.state {
            LayerState::NotRun => "–",
            LayerState::Running => "not all judged yet",
            LayerState::Passed => "passed",
            LayerState::Unknown => "passed; not all could be known",
            LayerState::Blocked => "blocked",
        };
        let _ = write!(out, "\n{}: {state}", layer.layer.title());
    }
    push_issues(&mut out, &report.issues);
    out
}

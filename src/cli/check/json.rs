//! Answers for a program. The first keys are fixed, others only come on top.

use serde::Serialize;
use serde_json::Value;

use super::answer::{Answer, Region, ToldIssue};

#[derive(Serialize)]
struct Line<'a> {
    id: &'a Value,
    verdict: &'static str,
    ms: f64,
    issues: Vec<Issue<'a>>,
    overridden: Vec<Issue<'a>>,
    layers: Vec<Layer>,
}

#[derive(Serialize)]
struct Issue<'a> {
    layer: &'static str,
    code: &'static str,
    path: &'a str,
    line: u32,
    message: &'a str,
    fix: Option<&'a str>,
    severity: &'static str,
    /// Counted in characters, from 1; the end is excluded.
    column: u32,
    end_line: u32,
    end_column: u32,
    /// What mends the issue, where that is a matter of edits alone.
    edits: Vec<Edit<'a>>,
    /// Whether the edits may be made without asking.
    is_fix_safe: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// Replaces what stands there by `text`.
#[derive(Serialize)]
struct Edit<'a> {
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct Layer {
    layer: &'static str,
    state: &'static str,
    ms: f64,
}

/// One line of JSON.
pub(super) fn line(answer: &Answer) -> anyhow::Result<String> {
    let layers =
        answer.layers.iter().map(|layer| Layer { layer: layer.layer.id(), state: layer.state.word(), ms: layer.ms });
    let line = Line {
        id: &answer.id,
        verdict: answer.verdict.word(),
        ms: answer.ms,
        issues: answer.issues.iter().map(issue).collect(),
        overridden: answer.overridden.iter().map(issue).collect(),
        layers: layers.collect(),
    };
    Ok(serde_json::to_string(&line)? + "\n")
}

fn issue(issue: &ToldIssue) -> Issue<'_> {
    Issue {
        layer: issue.layer.id(),
        code: issue.code,
        path: &issue.path,
        line: issue.region.line,
        message: &issue.message,
        fix: issue.fix.as_ref().map(|fix| fix.title.as_str()),
        severity: issue.severity.word(),
        column: issue.region.column,
        end_line: issue.region.end_line,
        end_column: issue.region.end_column,
        edits: issue.fix.iter().flat_map(|fix| &fix.edits).map(|(region, text)| edit(*region, text)).collect(),
        is_fix_safe: issue.fix.as_ref().is_some_and(|fix| fix.is_safe),
        reason: issue.reason.as_deref(),
    }
}

fn edit(region: Region, text: &str) -> Edit<'_> {
    let Region { line, column, end_line, end_column, .. } = region;
    Edit { line, column, end_line, end_column, text }
}

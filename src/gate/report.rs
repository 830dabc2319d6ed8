//! What the gate says.

use serde::Serialize;

use crate::text::{ChangeSet, ProjectPath, Span, TextEdit};

/// The six layers, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    Rules,
    Structure,
    Tool,
    Syntax,
    Tests,
    Approval,
}

impl Layer {
    pub const ALL: [Self; 6] = [Self::Rules, Self::Structure, Self::Tool, Self::Syntax, Self::Tests, Self::Approval];

    /// The name in JSON and in the configuration.
    pub fn id(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Structure => "structure",
            Self::Tool => "tool",
            Self::Syntax => "syntax",
            Self::Tests => "tests",
            Self::Approval => "approval",
        }
    }

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Rules => "Prompt rules",
            Self::Structure => "Structure",
            Self::Tool => "Tool validation",
            Self::Syntax => "Syntax",
            Self::Tests => "Tests",
            Self::Approval => "Approval",
        }
    }
}

/// Whether an issue stops the change set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Refuted: must not be written.
    Block,
    /// Unknown, or worth a look: shown amber.
    Warn,
}

impl Severity {
    /// The name in JSON and in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Warn => "warn",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixSafety {
    /// Applied without asking the model again.
    Safe,
    Suggested,
}

/// Text edits, counted in the new text of the issue's file, that mend an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// `Replace 'lines' by 'line'`.
    pub title: String,
    pub safety: FixSafety,
    /// Empty when the way out can be told but not be done for the model.
    pub edits: Vec<TextEdit>,
}

/// One thing that is wrong with a change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    pub layer: Layer,
    /// Stable, kebab-case: `duplicate-method`, `unresolved-attribute`.
    pub code: &'static str,
    pub severity: Severity,
    pub path: ProjectPath,
    /// From 1, in the new text (in the old one for a file that is deleted).
    pub line: u32,
    pub span: Option<Span>,
    /// Names the thing, the place and the way out.
    pub message: String,
    pub fix: Option<Fix>,
}

impl Issue {
    /// Whether both say the same of the same file, whatever the line and whatever names come nearest.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.key() == other.key()
    }

    /// What an issue is known by when lines move and other names come nearest.
    pub(super) fn key(&self) -> IssueKey {
        // One slip makes the parser stumble in many ways.
        let said = if self.layer == Layer::Syntax { "" } else { self.first_sentence() };
        (self.code, self.path.clone(), said.chars().filter(|c| !c.is_ascii_digit()).collect())
    }

    /// The true names that may have been meant, the likeliest first, each with its signature where that is known.
    pub fn candidates(&self) -> Vec<&str> {
        let asked = self.message.split_once("Did you mean '").and_then(|(_, rest)| rest.rsplit_once("'?"));
        let Some((names, _)) = asked else { return Vec::new() };
        names.split("', '").flat_map(|names| names.split("' or '")).collect()
    }

    /// What is wrong and the way out, without the names that may have been meant.
    pub fn without_candidates(&self) -> String {
        match self.message.split_once(" Did you mean '") {
            Some((before, rest)) => {
                format!("{before}{}", rest.rsplit_once("'?").map_or("", |(_, behind)| behind))
            }
            None => self.message.clone(),
        }
    }

    /// What is wrong, without the way out.
    pub fn first_sentence(&self) -> &str {
        self.message.split(". ").next().unwrap_or(&self.message).trim_end_matches('.')
    }
}

/// See [`Issue::key`].
pub(super) type IssueKey = (&'static str, ProjectPath, String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerState {
    NotRun,
    /// Nothing is refuted so far, and not all is judged.
    Running,
    Passed,
    /// Something could not be known; nothing was refuted.
    Unknown,
    Blocked,
}

impl LayerState {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotRun => "not-run",
            Self::Running => "running",
            Self::Passed => "passed",
            Self::Unknown => "unknown",
            Self::Blocked => "blocked",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct LayerReport {
    pub layer: Layer,
    pub state: LayerState,
    pub ms: f64,
}

/// How many of the files that use what a change changes are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub judged: usize,
    pub total: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    Block,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Block => "block",
        }
    }
}

/// The code of a judgement that broke down.
const GATE_FAILED: &str = "gate-failed";
/// The code under which a breakdown of the engine on one file is told: unknown, never green.
pub(super) const NOT_ANALYSED: &str = "not-analysed";
/// The codes that tell that nothing is known.
pub(super) const UNJUDGED: [&str; 2] = [GATE_FAILED, NOT_ANALYSED];

/// An issue that is let pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overridden {
    pub issue: Issue,
    pub reason: String,
    /// Its place in [`super::Policy::overrides`].
    pub by: usize,
}

/// The gate's answer about one change set.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Always all six, in order.
    pub layers: [LayerReport; 6],
    /// In the order of layer, path and line.
    pub issues: Vec<Issue>,
    /// What a person has let pass for a reason; none of it is among the issues.
    pub overridden: Vec<Overridden>,
    /// What was wrong and no longer is, lines counted in the old text; empty where nobody asked [`super::Gate::mended`].
    pub mended: Vec<Issue>,
    pub ms: f64,
    /// Where not all files that use what changed are judged yet: of the others the report says nothing.
    pub progress: Option<Progress>,
    /// The judgement was ended before it was complete: it says nothing.
    pub cancelled: bool,
}

impl Report {
    /// Builds the report of `issues` found by layers that took `layer_ms` each (`None`: has not run).
    pub fn new(mut issues: Vec<Issue>, layer_ms: [Option<f64>; 6]) -> Self {
        // Down to the message: the same issues are told in the same order, whatever was found first.
        issues.sort_by(|a, b| place(a).cmp(&place(b)));
        let layers = std::array::from_fn(|at| {
            let layer = Layer::ALL[at];
            let worst = issues.iter().filter(|issue| issue.layer == layer).map(|issue| issue.severity).min();
            let state = match (layer_ms[at], worst) {
                (_, Some(Severity::Block)) => LayerState::Blocked,
                (None, _) => LayerState::NotRun,
                (Some(_), Some(Severity::Warn)) => LayerState::Unknown,
                (Some(_), None) => LayerState::Passed,
            };
            LayerReport { layer, state, ms: layer_ms[at].unwrap_or(0.0) }
        });
        let ms = layer_ms.iter().flatten().sum();
        Self { layers, issues, overridden: Vec::new(), mended: Vec::new(), ms, progress: None, cancelled: false }
    }

    /// The same report, of a judgement that has come so far: what did not block so far has not passed.
    pub(super) fn so_far(mut self, progress: Progress) -> Self {
        let tool = &mut self.layers[Layer::Tool as usize];
        if tool.state != LayerState::Blocked {
            tool.state = LayerState::Running;
        }
        self.progress = Some(progress);
        self
    }

    /// The same report, with what is let pass, in the order of the issues.
    pub(super) fn with_overridden(mut self, mut overridden: Vec<Overridden>) -> Self {
        overridden.sort_by(|a, b| place(&a.issue).cmp(&place(&b.issue)));
        self.overridden = overridden;
        self
    }

    /// The report of a judgement that broke down: nothing is refuted and nothing proven, every layer is amber.
    pub fn not_judged(change_set: &ChangeSet, why: &str) -> Self {
        let asked = [Layer::Rules, Layer::Structure, Layer::Tool, Layer::Syntax];
        let issue = |layer, path: &ProjectPath| Issue {
            layer,
            code: GATE_FAILED,
            severity: Severity::Warn,
            path: path.clone(),
            line: 1,
            span: None,
            message: format!("The gate failed on this change, so nothing is known of it: {why}"),
            fix: None,
        };
        let issues = change_set.iter().take(1).flat_map(|(path, _)| asked.map(|layer| issue(layer, path))).collect();
        Self::new(issues, Layer::ALL.map(|layer| asked.contains(&layer).then_some(0.0)))
    }

    /// The report of a judgement that took too long between two stages: of the files that were left nothing is known.
    pub(super) fn ended_late(mut self, change_set: &ChangeSet) -> Self {
        let (Some(Progress { judged, total }), Some((path, _))) = (self.progress, change_set.iter().next()) else {
            return self;
        };
        self.issues.push(Issue {
            layer: Layer::Tool,
            code: NOT_ANALYSED,
            severity: Severity::Warn,
            path: path.clone(),
            line: 1,
            span: None,
            message: format!(
                "Of {total} files that use what changed, {judged} were judged; then it took too long, so nothing is known of \
                 the others."
            ),
            fix: None,
        });
        let ms = self.layers.each_ref().map(|layer| (layer.state != LayerState::NotRun).then_some(layer.ms));
        Self { mended: self.mended, ..Self::new(self.issues, ms).with_overridden(self.overridden) }
    }

    /// Whether the gate could look at all of the change. Where it could not, only a person may let it pass.
    pub fn is_complete(&self) -> bool {
        !self.cancelled && self.progress.is_none() && !self.issues.iter().any(|issue| UNJUDGED.contains(&issue.code))
    }

    pub fn verdict(&self) -> Verdict {
        if self.blocking().next().is_some() { Verdict::Block } else { Verdict::Pass }
    }

    /// The issues that stop the change set.
    pub fn blocking(&self) -> impl Iterator<Item = &Issue> {
        self.issues.iter().filter(|issue| issue.severity == Severity::Block)
    }
}

/// By layer, path and line first.
fn place(issue: &Issue) -> impl Ord + '_ {
    (issue.layer, &issue.path, issue.line, issue.code, issue.span.map(|span| (span.start, span.end)), &issue.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_judged_is_amber_and_not_complete() {
        let mut change_set = ChangeSet::default();
        change_set.put(ProjectPath::new("a.py").unwrap(), None, Some("x = 1\n".into()));
        let report = Report::not_judged(&change_set, "it broke down");
        assert_eq!((report.verdict(), report.is_complete()), (Verdict::Pass, false));
        let states: Vec<LayerState> = report.layers.iter().map(|layer| layer.state).collect();
        assert_eq!(states[..4], [LayerState::Unknown; 4]);
        assert!(Report::new(Vec::new(), [Some(0.0); 6]).is_complete());
    }
}

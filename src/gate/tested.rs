//! What a run of the project's tests says of a change set: the `tests` layer.
//!
//! Knows nothing of how tests are run. Invariant: only a test that fails with the change and passes without it blocks;
//! what could not be run is never green.

use super::report::{Issue, Layer, Report, Severity};
use super::{Overridden, Policy};
use crate::index::View;
use crate::text::{ChangeSet, ProjectPath};

/// One line of the project that an error went through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestFrame {
    pub path: String,
    pub line: u32,
    pub code: String,
}

/// A test that does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedTest {
    /// As its runner calls it: `tests/test_cart.py::test_total`, `tests.test_cart.CartTest.test_total`.
    pub id: String,
    /// Where it stands, if it is known.
    pub path: Option<ProjectPath>,
    pub line: u32,
    /// The error, its type first; bounded.
    pub message: String,
    /// The project's own lines on the way to it, the last ones.
    pub frames: Vec<TestFrame>,
}

/// What became of the tests that were run with a change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestRun {
    /// So many ran to their end.
    pub ran_count: usize,
    /// They pass without the change.
    pub failed: Vec<FailedTest>,
    /// They fail without the change as well.
    pub failed_before: Vec<FailedTest>,
    /// Ids of those that passed when they were run again.
    pub unsteady: Vec<String>,
    /// Why nothing is known, or not of all: one sentence without its full stop.
    pub unknown: Option<String>,
    /// What was run and how, for whoever wants to know: one sentence each.
    pub notes: Vec<String>,
    pub ms: f64,
    /// It was ended before: it says nothing.
    pub is_stopped: bool,
}

impl TestRun {
    /// Nothing was run.
    pub fn not_run(why: impl Into<String>) -> Self {
        Self { unknown: Some(why.into()), ..Self::default() }
    }
}

/// A run of the tests, weighed by what a person decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Tested {
    pub run: TestRun,
    issues: Vec<Issue>,
    overridden: Vec<Overridden>,
}

/// So many ids are named in one message.
const NAMED_MAX: usize = 5;
/// So many failing tests become an issue each.
const ISSUES_MAX: usize = 20;

impl Tested {
    /// `view`: the project with the change set that was tested.
    pub fn new(run: TestRun, policy: &Policy, view: View<'_>) -> Self {
        let Some(place) = view.pending.iter().map(|(path, _)| path).next() else {
            return Self { run, issues: Vec::new(), overridden: Vec::new() };
        };
        let (issues, overridden) =
            policy.settle(issues_of(&run, place), |path| view.structure(path).ok().map(std::sync::Arc::new));
        Self { run, issues, overridden }
    }
}

impl Tested {
    /// What is said where the run itself broke down.
    pub fn failed(change_set: &ChangeSet) -> impl FnOnce(&str) -> Self + use<> {
        let place = change_set.iter().map(|(path, _)| path.clone()).next();
        move |why| {
            let run = TestRun::not_run(format!("the tests could not be run: {why}"));
            let issues = place.map_or_else(Vec::new, |place| issues_of(&run, &place));
            Self { run, issues, overridden: Vec::new() }
        }
    }
}

fn issues_of(run: &TestRun, place: &ProjectPath) -> Vec<Issue> {
    let issue = |code, severity, path: &ProjectPath, line, message| Issue {
        layer: Layer::Tests,
        code,
        severity,
        path: path.clone(),
        line,
        span: None,
        message,
        fix: None,
    };
    let mut issues: Vec<Issue> = run
        .failed
        .iter()
        .take(ISSUES_MAX)
        .map(|test| {
            let path = test.path.as_ref().unwrap_or(place);
            let message =
                format!("Test {} fails: {}. Without the change it passes.", test.id, first_line(&test.message));
            issue("failing-test", Severity::Block, path, test.line, message)
        })
        .collect();
    let before: Vec<String> = run.failed_before.iter().map(|test| test.id.clone()).collect();
    let unsteady = &run.unsteady;
    if !before.is_empty() {
        let message =
            format!("{} also without the change, so this says nothing about it.", named(&before, "fails", "fail"));
        issues.push(issue("test-failed-before", Severity::Warn, place, 1, message));
    }
    if !unsteady.is_empty() {
        let message = format!("{} once and passed when run again.", named(unsteady, "failed", "failed"));
        issues.push(issue("unsteady-test", Severity::Warn, place, 1, message));
    }
    if let Some(why) = &run.unknown {
        let message = format!("{}.", why.trim_end_matches('.'));
        issues.push(issue("tests-unknown", Severity::Warn, place, 1, message));
    }
    issues
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default().trim_end_matches('.')
}

/// `Test a fails`, `3 tests (a, b, c) fail`.
fn named(ids: &[String], one: &str, several: &str) -> String {
    if let [id] = ids {
        return format!("Test {id} {one}");
    }
    let more = if ids.len() > NAMED_MAX { ", …" } else { "" };
    let names: Vec<&str> = ids.iter().take(NAMED_MAX).map(String::as_str).collect();
    format!("{} tests ({}{more}) {several}", ids.len(), names.join(", "))
}

impl Report {
    /// Whether it says anything of tests.
    pub fn tells_of_tests(&self) -> bool {
        self.layers[Layer::Tests as usize].state != super::LayerState::NotRun
            || self.issues.iter().any(|issue| issue.layer == Layer::Tests)
    }

    /// The same report with its `tests` layer filled in; an earlier filling is replaced.
    #[must_use]
    pub fn with_tests(self, tested: &Tested) -> Self {
        let Self { layers, issues, overridden, mended, cancelled, ms, progress } = self;
        let kept = issues.into_iter().filter(|issue| issue.layer != Layer::Tests);
        let issues = kept.chain(tested.issues.iter().cloned()).collect();
        let has_run = |layer: Layer| match layer {
            Layer::Tests => (tested.run.ran_count > 0 || !tested.run.failed.is_empty()).then_some(tested.run.ms),
            _ => Some(layers[layer as usize].ms).filter(|_| layers[layer as usize].state != super::LayerState::NotRun),
        };
        let report = Self::new(issues, Layer::ALL.map(has_run));
        let kept = overridden.into_iter().filter(|overridden| overridden.issue.layer != Layer::Tests);
        let overridden = kept.chain(tested.overridden.iter().cloned()).collect();
        // What the gate took is its own: tests take what they take.
        let report = Self { mended, cancelled, ms, ..report.with_overridden(overridden) };
        match progress {
            Some(progress) => report.so_far(progress),
            None => report,
        }
    }

    /// The report with what `other`, which is of the same change set, says of its tests.
    #[must_use]
    pub fn with_tests_of(mut self, other: &Self) -> Self {
        self.layers[Layer::Tests as usize] = other.layers[Layer::Tests as usize].clone();
        // The layers stand in the order of the issues; approval tells none.
        self.issues.retain(|issue| issue.layer != Layer::Tests);
        self.issues.extend(other.issues.iter().filter(|issue| issue.layer == Layer::Tests).cloned());
        self.overridden.retain(|overridden| overridden.issue.layer != Layer::Tests);
        let tests = other.overridden.iter().filter(|overridden| overridden.issue.layer == Layer::Tests);
        self.overridden.extend(tests.cloned());
        self
    }
}

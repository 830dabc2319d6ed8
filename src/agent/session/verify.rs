//! The tests of the project, run on what is pending: when the model asks for it, and before the whole is proposed.
//!
//! Knows nothing of how they are run. Invariant: a change set that was to be tested is not proposed before its tests were
//! run or it is known why they were not; the same change set is not tested twice.

use std::fmt::Write;

use super::{Need, Session, TestsQuestion, Work, finish::Whole};
use crate::agent::ToolCall;
use crate::agent::tools::{Arguments, refused};
use crate::gate::{FailedTest, Report, TestRun, Tested, Verdict};
use crate::text::ChangeSet;

/// For whom tests are run.
pub(super) enum Testing {
    /// `run_tests`, of all that reach the change or of some.
    Call { call: ToolCall, is_whole: bool },
    /// The whole passed the gate and is proposed when its tests pass.
    Whole(Whole, Box<Report>),
}

/// What is known of tests.
#[derive(Default)]
pub(super) struct Verifying {
    /// Whether tests are run before a proposal.
    is_on: bool,
    /// How many of how many are through, while they run.
    progress: Option<(usize, usize)>,
    /// The last change set whose tests were all run, and what came of it.
    last: Option<(ChangeSet, Tested)>,
}

/// So many failing tests are told in full, in so many characters.
const TOLD_MAX: usize = 6;
const MESSAGE_CHARS_MAX: usize = 700;
const FRAMES_MAX: usize = 4;

impl Session {
    /// Has the tests run before each proposal, or not.
    pub fn verify_with_tests(&mut self, is_on: bool) {
        self.verifying.is_on = is_on;
    }

    /// How many tests of how many are through, while they run.
    pub fn tests_progress(&self) -> Option<(usize, usize)> {
        matches!(self.work, Work::Tests(..)).then(|| self.verifying.progress.unwrap_or_default())
    }

    pub(super) fn on_tests_progress(&mut self, done: usize, total: usize) -> Vec<Need> {
        self.verifying.progress = Some((done, total));
        Vec::new()
    }

    /// The whole passed the gate: its tests are next, where they are wanted.
    pub(super) fn test_whole(&mut self, whole: Whole, report: Report) -> Vec<Need> {
        if !self.verifying.is_on {
            return self.propose(whole, report);
        }
        if let Some((_, tested)) = self.verifying.last.as_ref().filter(|(tested, _)| *tested == self.pending) {
            let tested = tested.clone();
            return self.on_whole_tested(whole, report, tested);
        }
        // What the gate says stands on the screen while they run.
        self.report = Some(report.clone());
        self.run_tests(Testing::Whole(whole, Box::new(report)), Vec::new())
    }

    /// Answers `run_tests`.
    pub(super) fn begin_tests(&mut self, call: ToolCall, arguments: &Arguments<'_>) -> Vec<Need> {
        let selection = arguments.optional_text("selection").unwrap_or_default().unwrap_or_default();
        let words = selection.split([' ', ',', '\n']).map(|word| word.trim_matches(['"', '\'', '`', '[', ']']));
        let words: Vec<String> = words.filter(|word| !word.is_empty()).map(str::to_owned).collect();
        self.run_tests(Testing::Call { call, is_whole: words.is_empty() }, words)
    }

    fn run_tests(&mut self, testing: Testing, selection: Vec<String>) -> Vec<Need> {
        let job = self.next_job();
        self.verifying.progress = None;
        self.work = Work::Tests(job, testing);
        let question = TestsQuestion { change_set: self.pending.clone(), selection, snapshot: self.snapshot.clone() };
        vec![Need::RunTests(job, question)]
    }

    pub(super) fn on_tested(&mut self, tested: Tested) -> Vec<Need> {
        match std::mem::replace(&mut self.work, Work::Nothing) {
            Work::Tests(_, Testing::Call { call, is_whole }) => {
                if is_whole {
                    self.remember(&tested);
                }
                let text = told(&tested.run);
                self.answer(&call, text);
                self.next_call()
            }
            Work::Tests(_, Testing::Whole(whole, report)) => {
                self.remember(&tested);
                self.on_whole_tested(whole, *report, tested)
            }
            other => {
                self.work = other;
                Vec::new()
            }
        }
    }

    fn remember(&mut self, tested: &Tested) {
        if !tested.run.is_stopped {
            let is_passed = tested.run.failed.is_empty() && tested.run.unknown.is_none() && tested.run.ran_count > 0;
            self.plan.tested(is_passed, &first_sentence(&tested.run));
            self.verifying.last = Some((self.pending.clone(), tested.clone()));
        }
    }

    fn on_whole_tested(&mut self, whole: Whole, report: Report, tested: Tested) -> Vec<Need> {
        let report = report.with_tests(&tested);
        if report.verdict() == Verdict::Block {
            self.open = report.blocking().cloned().collect();
            self.report = Some(report);
            self.learn_of_tests(&tested.run.failed);
            let text = format!(
                "the gate passes it, but its tests do not. {}\nMend what the change breaks, then call finish again.",
                told(&tested.run)
            );
            return self.send_back(whole.call, text);
        }
        self.note(first_sentence(&tested.run));
        self.propose(whole, report)
    }
}

/// How a run went, in one line.
fn first_sentence(run: &TestRun) -> String {
    let count = run.failed.len() + run.failed_before.len() + run.unsteady.len();
    let passed = run.ran_count.saturating_sub(count);
    let mut out = match run.ran_count {
        0 => "no tests were run".to_owned(),
        1 => format!("{passed} of 1 test passes"),
        ran => format!("{passed} of {ran} tests pass"),
    };
    if let Some(why) = &run.unknown {
        let _ = write!(out, ": {why}");
    }
    out
}

/// A run as the model reads it.
fn told(run: &TestRun) -> String {
    if run.is_stopped {
        return refused("the tests were stopped.");
    }
    let mut out = format!("{} ({:.1} s).", first_sentence(run), run.ms / 1000.0);
    for note in &run.notes {
        let _ = write!(out, " {}.", capitalised(note));
    }
    if !run.failed.is_empty() {
        let _ = write!(out, "\nThese fail because of the change; without it they pass:");
        tell_failed(&mut out, &run.failed);
    }
    if !run.failed_before.is_empty() {
        let _ = write!(out, "\nThese fail without the change as well:");
        tell_failed(&mut out, &run.failed_before);
    }
    if !run.unsteady.is_empty() {
        let ids = run.unsteady.iter().take(TOLD_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
        let _ = write!(out, "\nThese failed once and passed when run again: {ids}");
    }
    out
}

fn tell_failed(out: &mut String, failed: &[FailedTest]) {
    for test in failed.iter().take(TOLD_MAX) {
        let message: String = test.message.chars().take(MESSAGE_CHARS_MAX).collect();
        let _ = write!(out, "\n- {}\n  {}", test.id, message.trim_end().replace('\n', "\n  "));
        for frame in test.frames.iter().rev().take(FRAMES_MAX).rev() {
            let _ = write!(out, "\n    {}:{}: {}", frame.path, frame.line, frame.code.trim());
        }
    }
    if failed.len() > TOLD_MAX {
        let more: Vec<&str> = failed.iter().skip(TOLD_MAX).take(20).map(|test| test.id.as_str()).collect();
        let _ = write!(out, "\n- and {} more: {}", failed.len() - TOLD_MAX, more.join(", "));
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

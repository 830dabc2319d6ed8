//! What an agent does without a screen, told as it happens: text for a person, one JSON value a line for a program.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

use flux::agent::{Activity, Outcome, Plan, Session, StepState};
use flux::gate::{LayerState, Overridden, Report, Severity};
use flux::text::{ChangeSet, unified_diff};
use serde_json::{Value, json};

/// How the trace is told.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum TraceFormat {
    /// For a person.
    Text,
    /// One JSON value a line.
    Jsonl,
}

/// How a task ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Applied,
    Proposed,
    Blocked,
    Failed,
}

impl Ending {
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Proposed => "proposed",
            Self::Blocked => "blocked",
            Self::Failed => "failed",
        }
    }
}

/// Answers worth more than their first line.
const TOLD_WHOLE: &[&str] =
    &["file_structure", "find_symbol", "validate", "update_plan", "add_function", "modify_function", "add_import"];
const LINES_MAX: usize = 16;
const LINE_CHARS_MAX: usize = 160;

/// Tells what is new in a session each time it is asked to.
pub(crate) struct Trace {
    format: TraceFormat,
    /// How many entries of the activity were told.
    told: usize,
    plan: Plan,
    /// The gate's last word on the edit under way, told below its call.
    report: Option<Report>,
    last_note: String,
    /// Nobody reads any more; the task goes on.
    is_closed: bool,
    /// The gate's last word on each call, by its place in the activity.
    judged: BTreeMap<usize, Report>,
}

impl Trace {
    pub(crate) fn new(format: TraceFormat) -> Self {
        Self {
            format,
            told: 0,
            plan: Plan::default(),
            report: None,
            last_note: String::new(),
            is_closed: false,
            judged: BTreeMap::new(),
        }
    }

    /// Tells nothing; what the gate said can be asked afterwards.
    pub(crate) fn silent() -> Self {
        Self { is_closed: true, ..Self::new(TraceFormat::Text) }
    }

    /// What the gate said last of the call at that place of the activity.
    pub(crate) fn judged(&self, at: usize) -> Option<&Report> {
        self.judged.get(&at)
    }

    fn is_text(&self) -> bool {
        self.format == TraceFormat::Text
    }

    /// One line of text; nothing in the other format.
    pub(crate) fn text(&mut self, line: &str) {
        if self.is_text() {
            self.line(&super::printable(line));
        }
    }

    fn event(&mut self, event: &Value) {
        if !self.is_text() {
            self.line(&event.to_string());
        }
    }

    fn line(&mut self, line: &str) {
        if !self.is_closed {
            let mut out = std::io::stdout().lock();
            self.is_closed = writeln!(out, "{line}").and_then(|()| out.flush()).is_err();
        }
    }

    /// What the session did so far was told before.
    pub(crate) fn pass_over(&mut self, session: &Session) {
        self.told = session.activity().len();
        self.plan = session.plan().clone();
    }

    /// Tells what the session did since the last time. An entry that still grows is told once it is complete.
    pub(crate) fn follow(&mut self, session: &Session) {
        if *session.plan() != self.plan {
            self.plan = session.plan().clone();
            let steps = self.plan.steps.clone();
            self.event(&json!({"event": "plan", "steps": steps}));
        }
        let entries = session.activity();
        let is_resting = matches!(session.phase(), flux::agent::Phase::Idle | flux::agent::Phase::Reviewing);
        if session.phase() == flux::agent::Phase::Reviewing {
            // The whole is told layer by layer.
            self.report = None;
        }
        while let Some(entry) = entries.get(self.told) {
            let is_last = self.told + 1 == entries.len();
            match entry {
                Activity::Call { outcome: Outcome::Running, .. } => break,
                Activity::Said(_) if is_last && !is_resting => break,
                entry => self.entry(entry),
            }
            self.told += 1;
        }
    }

    fn entry(&mut self, entry: &Activity) {
        match entry {
            Activity::Task(task) => self.text(&format!("› {task}")),
            Activity::Said(text) => text.lines().for_each(|line| self.text(&format!("  {line}"))),
            Activity::Note(text) | Activity::Failure(text) => {
                self.text(&format!("· {}", text.replace('\n', "\n  ")));
                self.last_note.clone_from(text);
            }
            Activity::Call { name, summary, outcome, answer, .. } => {
                let is_ok = *outcome == Outcome::Ok;
                self.event(&json!({"event": "tool", "name": name, "ok": is_ok, "message": answer}));
                self.text(&format!("{} {summary}", if is_ok { '✔' } else { '✘' }));
                let whole = !is_ok || TOLD_WHOLE.contains(&name.as_str());
                let shown = if whole { LINES_MAX } else { 1 };
                let lines: Vec<&str> = answer.lines().collect();
                for line in lines.iter().take(shown) {
                    self.text(&format!("    {}", cut(line)));
                }
                if whole && lines.len() > shown {
                    self.text(&format!("    … {} more lines", lines.len() - shown));
                }
                if let Some(report) = self.report.take().filter(|_| name != "validate") {
                    self.judged.insert(self.told, report.clone());
                    let layers: Vec<String> =
                        report.layers.iter().map(|layer| told_layer(layer.layer.title(), layer)).collect();
                    self.text(&format!("    checks: {}", layers.join(" · ")));
                }
            }
        }
    }

    /// The model is asked again after a wait; a person is told by a note.
    pub(crate) fn waits(&mut self, why: &str, wait_ms: u64, attempt: u32) {
        self.event(&json!({"event": "retry", "why": why, "wait_ms": wait_ms, "attempt": attempt}));
    }

    /// So many tests are through: told to a program, and to a person who looks on.
    pub(crate) fn tests_progressed(&mut self, done: usize, total: usize) {
        self.event(&json!({"event": "tests", "done": done, "total": total}));
        if self.is_text() && std::io::stderr().is_terminal() {
            // A line of its own that goes again with what comes next.
            let _ = write!(std::io::stderr(), "\r\x1b[K  tests {done}/{total}\r");
        }
    }

    /// The gate judged something: told at once to a program, below the call to a person.
    pub(crate) fn checked(&mut self, report: &Report) {
        self.report_event(report);
        self.report = Some(report.clone());
    }

    /// The tests are through: a report whose `tests` layer says so.
    pub(crate) fn tested(&mut self, report: &Report) {
        if report.tells_of_tests() {
            self.report_event(report);
        }
    }

    fn report_event(&mut self, report: &Report) {
        let layers: Vec<Value> = report
            .layers
            .iter()
            .map(|layer| json!({"layer": layer.layer.id(), "state": layer.state.word(), "ms": rounded(layer.ms)}))
            .collect();
        let issues: Vec<Value> = report
            .issues
            .iter()
            .map(|issue| {
                json!({
                    "layer": issue.layer.id(), "code": issue.code, "path": issue.path.as_str(), "line": issue.line,
                    "message": issue.message, "blocks": issue.severity == Severity::Block,
                    "fix": issue.fix.as_ref().map(|fix| &fix.title),
                })
            })
            .collect();
        let overridden: Vec<Value> = report
            .overridden
            .iter()
            .map(|Overridden { issue, reason, .. }| {
                json!({
                    "layer": issue.layer.id(), "code": issue.code, "path": issue.path.as_str(), "line": issue.line,
                    "message": issue.message, "reason": reason,
                })
            })
            .collect();
        let verdict = report.verdict().word();
        self.event(&json!({
            "event": "report", "verdict": verdict, "ms": rounded(report.ms), "layers": layers, "issues": issues,
            "overridden": overridden,
        }));
    }

    /// The proposal: every layer on its line, then the plan. The diff comes apart, as the last thing.
    pub(crate) fn proposed(&mut self, session: &Session, report: &Report) {
        self.tested(report);
        self.text("");
        self.text(&format!("Validation of the whole change set ({:.1} ms)", report.ms));
        for layer in &report.layers {
            self.text(&format!("  {}", told_layer(&format!("{:<16}", layer.layer.title()), layer)));
        }
        for issue in &report.issues {
            self.text(&format!("    {}:{}: {}", issue.path, issue.line, issue.message));
        }
        for Overridden { issue, reason, .. } in &report.overridden {
            self.text(&format!("    {}:{}: overridden: {} ({reason})", issue.path, issue.line, issue.message));
        }
        if !session.plan().steps.is_empty() {
            self.text("Plan");
        }
        for step in &session.plan().steps {
            let sign = match step.state {
                StepState::Done => '✔',
                StepState::Failed => '✘',
                StepState::Running => '▸',
                StepState::Waiting => '·',
                StepState::Open => '◐',
                StepState::Skipped => '–',
            };
            let evidence = step.evidence.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
            self.text(&format!("  {sign} {}{evidence}", step.title));
        }
    }

    pub(crate) fn diff(&mut self, change_set: &ChangeSet) {
        let diff = unified_diff(change_set);
        self.event(&json!({"event": "proposal", "diff": diff}));
        self.text("");
        // In a pipe it is a patch and has to stay as it is.
        if self.is_text() && !std::io::stdout().is_terminal() {
            self.line(diff.trim_end_matches('\n'));
        } else {
            self.text(diff.trim_end_matches('\n'));
        }
    }

    pub(crate) fn applied(&mut self, files: &[String]) {
        self.event(&json!({"event": "applied", "files": files}));
        self.text(&format!("written: {}", files.join(", ")));
    }

    pub(crate) fn used(&mut self, session: &Session) {
        let usage = session.usage();
        self.event(&json!({
            "event": "usage", "prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens,
            "cost": usage.cost, "estimated": usage.estimated,
            "turns": session.spent().turn_count, "ms": session.spent().time_ms,
        }));
        let about = if usage.estimated { "~" } else { "" };
        let cost = usage.cost.map(|cost| format!(", {about}${cost:.4}")).unwrap_or_default();
        let (spent, limits) = (session.spent(), session.limits());
        self.text(&format!(
            "tokens: {about}{} in, {about}{} out{cost}; {} of {} turns, {:.0} s of {:.0} min",
            usage.prompt_tokens,
            usage.completion_tokens,
            spent.turn_count,
            limits.turns_max,
            spent.time_ms as f64 / 1e3,
            limits.time_ms_max as f64 / 6e4
        ));
    }

    pub(crate) fn done(&mut self, ending: Ending, summary: &str) {
        self.event(&json!({"event": "done", "outcome": ending.id(), "summary": summary}));
        // A person has just read it.
        let summary = match ending {
            Ending::Proposed if summary == self.last_note => "nothing was written",
            _ if summary == self.last_note => "",
            _ => summary,
        };
        self.text(&format!("{}{}{summary}", ending.id(), if summary.is_empty() { "" } else { ": " }));
    }
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(LINE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

fn rounded(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}

fn told_layer(title: &str, layer: &flux::gate::LayerReport) -> String {
    let ms = layer.ms;
    match layer.state {
        LayerState::NotRun => format!("{title} –"),
        LayerState::Running => format!("{title} …"),
        LayerState::Passed => format!("{title} ✔ {ms:.1} ms"),
        LayerState::Unknown => format!("{title} ? {ms:.1} ms"),
        LayerState::Blocked => format!("{title} ✘ {ms:.1} ms"),
    }
}

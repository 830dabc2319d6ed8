//! What can be counted of a session that is over: edits, mistakes, corrections, refusals, turns, tokens.
//!
//! Invariant: it is read off what the session itself tells; nothing is counted twice.

use std::collections::BTreeMap;

use flux::agent::{Activity, Outcome, Role, Session, Usage, defined_name};
use serde_json::Value;

use crate::cli::trace::Trace;

/// The tools whose calls are edits.
const EDITS: [&str; 12] = [
    "add_function",
    "add_class",
    "modify_function",
    "modify_class",
    "remove_symbol",
    "rename_symbol",
    "add_import",
    "edit_file",
    "write_file",
    "move_file",
    "delete_file",
    "run_command",
];

/// The figures of one run, or the sum of several.
#[derive(Default, Clone)]
pub(super) struct Tally {
    pub(super) turns: u64,
    /// Edits tried, a correction not counted as another.
    pub(super) edits: u64,
    /// Those that passed at once.
    pub(super) first_try: u64,
    /// Those that were refused at first.
    pub(super) mistakes: u64,
    /// Of the mistakes: followed by an accepted edit of the same target.
    pub(super) corrected: u64,
    /// Questions to the person, refused ones too.
    pub(super) questions: u64,
    /// How many calls were refused, by layer and code.
    pub(super) refusals: BTreeMap<String, u64>,
    pub(super) tests: u64,
    pub(super) usage: Usage,
    pub(super) ms: u64,
}

/// An edit that was refused and waits for its correction.
struct Refused {
    path: Option<String>,
    symbol: Option<String>,
}

impl Refused {
    fn of(arguments: &str) -> Self {
        let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| arguments.get(*name).and_then(Value::as_str));
            found.map(str::to_owned)
        };
        let last = |name: String| name.rsplit(['.', ':']).next().unwrap_or_default().to_owned();
        let symbol = text(&["symbol", "name"]).or_else(|| text(&["code"]).as_deref().and_then(defined_name));
        Self { path: text(&["path", "source"]), symbol: symbol.map(last) }
    }

    /// Whether an edit is of the same target: the same symbol, or where one of both names none, the same file. What
    /// could not be read at all may have meant anything.
    fn is_met_by(&self, other: &Self) -> bool {
        match (&self.symbol, &other.symbol) {
            (Some(one), Some(another)) => one == another,
            _ => self.path.is_none() || self.path == other.path,
        }
    }
}

impl Tally {
    pub(super) fn of(session: &Session, trace: &Trace) -> Self {
        let mut tally = Self { usage: session.usage(), ..Self::default() };
        tally.turns = session.messages().iter().filter(|message| message.role == Role::Assistant).count() as u64;
        let mut waiting: Vec<Refused> = Vec::new();
        for (at, entry) in session.activity().iter().enumerate() {
            let Activity::Call { name, arguments, outcome, answer, .. } = entry else { continue };
            let is_refused = *outcome == Outcome::Refused;
            tally.questions += u64::from(name == "ask_user");
            if is_refused {
                tally.count_refusal(answer, trace, at);
            }
            if !EDITS.contains(&name.as_str()) {
                continue;
            }
            let this = Refused::of(arguments);
            let met = waiting.iter().position(|earlier| earlier.is_met_by(&this));
            match (is_refused, met) {
                (true, None) => {
                    tally.edits += 1;
                    tally.mistakes += 1;
                    waiting.push(this);
                }
                (false, Some(at)) => {
                    tally.corrected += 1;
                    waiting.remove(at);
                }
                (false, None) => {
                    tally.edits += 1;
                    tally.first_try += 1;
                }
                (true, Some(_)) => {}
            }
        }
        tally
    }

    fn count_refusal(&mut self, answer: &str, trace: &Trace, at: usize) {
        let issues = trace.judged(at).into_iter().flat_map(|report| report.blocking());
        let told: Vec<String> = issues
            .filter(|issue| answer.contains(&issue.message))
            .map(|issue| format!("{}/{}", issue.layer.id(), issue.code))
            .collect();
        if told.is_empty() {
            // The tool itself refused: the gate was not asked.
            *self.refusals.entry("tool".to_owned()).or_default() += 1;
        }
        for code in told {
            *self.refusals.entry(code).or_default() += 1;
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.turns += other.turns;
        self.edits += other.edits;
        self.first_try += other.first_try;
        self.mistakes += other.mistakes;
        self.corrected += other.corrected;
        self.questions += other.questions;
        self.tests += other.tests;
        self.ms += other.ms;
        for (code, count) in &other.refusals {
            *self.refusals.entry(code.clone()).or_default() += count;
        }
        let usage = &mut self.usage;
        usage.prompt_tokens += other.usage.prompt_tokens;
        usage.completion_tokens += other.usage.completion_tokens;
        usage.estimated |= other.usage.estimated;
        if let Some(cost) = other.usage.cost {
            *usage.cost.get_or_insert(0.0) += cost;
        }
    }
}

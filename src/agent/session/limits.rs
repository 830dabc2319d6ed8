//! What one task may take: turns, tokens, time, money. And what it took so far.
//!
//! Knows no clock: time is told, by [`super::Event::Ticked`]. Invariant: a task that reaches a limit ends between two calls
//! or with a call that is answered; what is pending stays, and the person can have it go on.

use super::{Ending, Need, Phase, Session};
use crate::agent::Usage;

/// The most that one task may take.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    pub turns_max: u32,
    /// How often one task may be sent back for issues before flux gives up.
    pub corrections_max: u32,
    pub tokens_max: u64,
    /// Time in which the agent is at work; a person's time does not count.
    pub time_ms_max: u64,
    /// US dollars, where the price of the model is known.
    pub cost_max: Option<f64>,
    /// How large a conversation may grow before its oldest parts are left out.
    pub conversation_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            turns_max: 40,
            corrections_max: 8,
            tokens_max: 2_000_000,
            time_ms_max: 60 * 60_000,
            cost_max: None,
            conversation_bytes_max: 360_000,
        }
    }
}

/// What a task took so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spent {
    pub turn_count: u32,
    pub token_count: u64,
    pub time_ms: u64,
    pub cost: Option<f64>,
}

/// Nobody worked while the machine slept.
const GAP_MS_MAX: u64 = 10_000;
/// What a person says to have a task go on that was broken off.
const GO_ON: [&str; 6] = ["go on", "continue", "proceed", "carry on", "resume", "go ahead"];

/// The time, as it was told last.
#[derive(Debug, Default)]
pub(super) struct Clock {
    now_ms: Option<u64>,
    /// When the model is asked again, and the how manieth time it is.
    again: Option<(u64, u32)>,
}

impl Limits {
    /// What is reached: the limit in words, and its name in the configuration.
    fn reached(&self, spent: &Spent) -> Option<(String, &'static str)> {
        if spent.turn_count >= self.turns_max {
            return Some((format!("{} turns", self.turns_max), "turns"));
        }
        if spent.token_count >= self.tokens_max {
            return Some((format!("{} tokens", self.tokens_max), "tokens"));
        }
        if spent.time_ms >= self.time_ms_max {
            return Some((format!("{} minutes", self.time_ms_max as f64 / 60_000.0), "minutes"));
        }
        match (self.cost_max, spent.cost) {
            (Some(most), Some(cost)) if cost >= most => Some((format!("${most:.2}"), "cost")),
            _ => None,
        }
    }
}

impl Session {
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What the task under way took so far, or the last one.
    pub fn spent(&self) -> Spent {
        let task = &self.task;
        Spent { turn_count: task.turn_count, token_count: task.token_count, time_ms: task.time_ms, cost: task.cost }
    }

    /// In how many seconds the model is asked again, while that is waited for, and the how manieth time it is.
    pub fn asks_again_in(&self) -> Option<(u64, u32)> {
        let (at_ms, attempt) = self.clock.again.filter(|_| self.phase == Phase::Thinking)?;
        Some((at_ms.saturating_sub(self.clock.now_ms?).div_ceil(1000), attempt))
    }

    pub(super) fn waits_for_model(&mut self, wait_ms: u64, attempt: u32) {
        self.clock.again = self.clock.now_ms.filter(|_| wait_ms > 0).map(|now_ms| (now_ms + wait_ms, attempt));
    }

    pub(super) fn hears_from_model(&mut self) {
        self.clock.again = None;
    }

    pub(super) fn count(&mut self, usage: Usage) {
        self.task.token_count += usage.prompt_tokens + usage.completion_tokens;
        self.usage.prompt_tokens += usage.prompt_tokens;
        self.usage.completion_tokens += usage.completion_tokens;
        self.usage.estimated |= usage.estimated;
        if let Some(cost) = usage.cost {
            *self.usage.cost.get_or_insert(0.0) += cost;
            *self.task.cost.get_or_insert(0.0) += cost;
        }
    }

    pub(super) fn on_ticked(&mut self, now_ms: u64) -> Vec<Need> {
        let before = self.clock.now_ms.replace(now_ms).unwrap_or(now_ms);
        if !matches!(self.phase, Phase::Thinking | Phase::Working) || self.of_person.is_some() || self.is_resuming() {
            return Vec::new();
        }
        self.task.time_ms += now_ms.saturating_sub(before).min(GAP_MS_MAX);
        match self.task.time_ms >= self.limits.time_ms_max {
            true => self.limit_reached().map_or_else(Vec::new, |why| self.break_off(&why, &why, Ending::Failed)),
            false => Vec::new(),
        }
    }

    /// Which limit is reached, and how to go on.
    pub(super) fn limit_reached(&self) -> Option<String> {
        let (limit, name) = self.limits.reached(&self.spent())?;
        let kept = if self.pending.is_empty() { "" } else { "what is pending is kept; " };
        Some(format!(
            "the limit of {limit} for one task is reached; {kept}say \"go on\" for as much again, or raise {name} under \
             [limits] in config.toml"
        ))
    }

    /// Whether the person wants a task to go on that ended without a proposal.
    pub(super) fn is_to_go_on(&self, text: &str) -> bool {
        let said = text.trim().trim_end_matches(['.', '!']).to_lowercase();
        self.broken_off.is_some() && GO_ON.contains(&said.as_str())
    }

    /// The task goes on: its plan and what was read stay, what it took is counted anew.
    pub(super) fn go_on_after(&mut self) -> Vec<Need> {
        let why = self.broken_off.take().unwrap_or_default();
        self.plan.open_again();
        self.task = super::Task::default();
        self.notes.push(format!(
            "The task was broken off: {why}. What was pending still is; files may have changed on disk meanwhile. The person \
             wants you to go on with it."
        ));
        self.ask()
    }
}

//! `[limits]`: the most that one task may take.
//!
//! Invariant: a project's file only lowers what the person allows.

use serde::Deserialize;

use crate::agent::Limits;

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitsTable {
    turns: Option<u32>,
    tokens: Option<u64>,
    /// Of the agent's own work.
    minutes: Option<f64>,
    /// US dollars.
    cost: Option<f64>,
}

impl LimitsTable {
    /// Sets what the table says; the fault is what it says that is no limit.
    pub(super) fn put_into(&self, limits: &mut Limits) -> Option<String> {
        let is_none = |number: Option<f64>| number.is_some_and(|number| number.is_nan() || number <= 0.0);
        if self.turns == Some(0) || self.tokens == Some(0) || is_none(self.minutes) || is_none(self.cost) {
            return Some("a limit of 0 or less is none; give more than 0 under [limits]".to_owned());
        }
        limits.turns_max = self.turns.unwrap_or(limits.turns_max);
        limits.tokens_max = self.tokens.unwrap_or(limits.tokens_max);
        limits.time_ms_max = self.minutes.map_or(limits.time_ms_max, |minutes| (minutes * 60_000.0) as u64);
        limits.cost_max = self.cost.or(limits.cost_max);
        None
    }

    pub(super) fn lower(&self, limits: &mut Limits) -> Option<String> {
        let mut asked = limits.clone();
        let fault = self.put_into(&mut asked);
        limits.turns_max = limits.turns_max.min(asked.turns_max);
        limits.tokens_max = limits.tokens_max.min(asked.tokens_max);
        limits.time_ms_max = limits.time_ms_max.min(asked.time_ms_max);
        limits.cost_max = match (limits.cost_max, asked.cost_max) {
            (Some(most), Some(asked)) => Some(most.min(asked)),
            (most, asked) => most.or(asked),
        };
        fault
    }
}

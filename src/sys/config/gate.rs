//! What the configuration says of the gate: `gate`, `[severity]` and `[[override]]`.
//!
//! Invariant: an entry that cannot be meant is left out, and a sentence says so; a project that nobody trusts can only make
//! the gate stricter.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::gate::{Code, GateMode, Override, Policy, Weight, code, nearest_code};

/// The part of a file that is about the gate.
#[derive(Debug)]
pub(super) struct GateTables {
    pub(super) mode: Option<GateMode>,
    pub(super) severity: BTreeMap<String, Weight>,
    pub(super) overrides: Vec<OverrideTable>,
}

/// One `[[override]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OverrideTable {
    code: String,
    path: String,
    symbol: Option<String>,
    reason: String,
    until: Option<Day>,
}

/// A day, as TOML's own date or as text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Day {
    Date(toml::value::Datetime),
    Text(String),
}

impl Day {
    fn read(&self) -> Option<Date> {
        let text = match self {
            Self::Date(date) => date.to_string(),
            Self::Text(text) => text.trim().to_owned(),
        };
        text.parse().ok()
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Entries that cannot be meant, one sentence each.
    pub(super) faults: Vec<String>,
    /// Overrides that have ended, one sentence each.
    pub(super) notes: Vec<String>,
    /// The keys that only somebody who is trusted may set.
    pub(super) refused: Vec<String>,
}

/// Whether the file's owner may loosen the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rights {
    All,
    /// Only what makes the gate stricter.
    Stricter,
}

impl GateTables {
    /// Puts what is allowed into `policy`.
    pub(super) fn put_into(self, policy: &mut Policy, rights: Rights, today: Date) -> Taken {
        let mut taken = Taken::default();
        match (self.mode, rights) {
            (Some(_), Rights::Stricter) => taken.refused.push("gate".to_owned()),
            (Some(mode), Rights::All) => policy.mode = mode,
            (None, _) => {}
        }
        for (id, weight) in self.severity {
            match settable(&id) {
                Err(fault) => taken.faults.push(format!("[severity]: {fault}")),
                Ok(code) if rights == Rights::All => {
                    policy.weights.insert(code.id, weight);
                }
                Ok(code) if weight == Weight::Block => {
                    policy.weights.entry(code.id).or_insert(weight);
                }
                Ok(code) => taken.refused.push(format!("[severity] {}", code.id)),
            }
        }
        if rights == Rights::Stricter && !self.overrides.is_empty() {
            taken.refused.push("[[override]]".to_owned());
            return taken;
        }
        for table in self.overrides {
            let name = format!("[[override]] of {} in '{}'", table.code, table.path);
            match table.read(today) {
                Ok(Some(entry)) => policy.overrides.push(entry),
                Ok(None) => taken.notes.push(format!("{name} has ended; its issues block again. Remove it")),
                Err(fault) => taken.faults.push(format!("{name}: {fault}")),
            }
        }
        taken
    }
}

impl OverrideTable {
    /// Nothing when it has ended: the day of `until` is the last one.
    fn read(self, today: Date) -> Result<Option<Override>, String> {
        let code = settable(&self.code)?;
        if self.reason.trim().is_empty() {
            return Err("the reason is empty; write why this issue may pass".to_owned());
        }
        if self.path.trim().is_empty() {
            return Err("the path is empty; give a file, a folder or a pattern as in .gitignore".to_owned());
        }
        let until = match &self.until {
            Some(day) => Some(day.read().ok_or("until is no day; write it as 2027-01-31")?),
            None => None,
        };
        if until.is_some_and(|until| until < today) {
            return Ok(None);
        }
        let symbol = self.symbol.map(|symbol| symbol.trim().to_owned()).filter(|symbol| !symbol.is_empty());
        let entry = Override::new(code.id, self.path.trim().to_owned(), symbol, self.reason.trim().to_owned());
        entry.map(Some).map_err(|error| error.to_string())
    }
}

fn settable(id: &str) -> Result<&'static Code, String> {
    let Some(code) = code(id) else {
        let near = nearest_code(id)
            .map_or_else(|| "`flux explain` lists them all".to_owned(), |near| format!("did you mean '{near}'?"));
        return Err(format!("there is no code '{id}'; {near}"));
    };
    if code.is_settable() {
        return Ok(code);
    }
    Err(format!("'{id}' tells that the gate could not judge; it cannot be set"))
}

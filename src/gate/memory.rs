//! The bound on memory: over it the engine's database is opened anew, and learns again what is asked.
//!
//! Knows nothing of how memory is measured. Invariant: a database is not opened anew before it has grown.

use super::engine::Engine;

/// What tells how much memory the whole program takes, in bytes; `None` where the system does not say.
pub type Meter = fn() -> Option<u64>;

/// Of the bound, so much has to have come since the database was opened, that opening it again is worth it.
const GROWTH_PART: u64 = 8;

#[derive(Default)]
pub(super) struct Memory {
    bound: Option<(u64, Meter)>,
    /// What was taken when the present database was new: none of that can be given back.
    floor: u64,
}

impl Memory {
    pub(super) fn bounded(bytes_max: u64, meter: Meter) -> Self {
        Self { bound: Some((bytes_max, meter)), floor: 0 }
    }

    /// Opens the database anew where the program takes more than it may. Says whether it did.
    pub(super) fn spare(&mut self, engine: &mut Engine) -> bool {
        let Some((bytes_max, meter)) = self.bound else { return false };
        let Some(taken) = meter() else { return false };
        // What was given back is not counted out at once.
        self.floor = self.floor.min(taken);
        if taken <= bytes_max || taken <= self.floor + bytes_max / GROWTH_PART {
            return false;
        }
        engine.reopen();
        self.floor = meter().unwrap_or(taken);
        tracing::info!("the analysis database was opened anew: {} MiB, now {} MiB", taken >> 20, self.floor >> 20);
        true
    }

    /// Whether a quarter of what may be taken is left: looking ahead is no reason to forget.
    pub(super) fn has_room(&self) -> bool {
        let taken = self.bound.and_then(|(bytes_max, meter)| Some((meter()?, bytes_max)));
        taken.is_none_or(|(taken, bytes_max)| taken < bytes_max / 4 * 3)
    }
}

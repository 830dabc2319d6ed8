//! The bound on memory: over it the engine's database is opened anew, and learns again what is asked.
//!
//! Knows nothing of how memory is measured. Invariant: a database is not opened anew before it has grown.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::engine::Engine;

/// What tells how much memory the whole program takes, in bytes; `None` where the system does not say.
pub type Meter = fn() -> Option<u64>;

/// Of the bound, so much has to have come since the database was opened, that opening it again is worth it.
const GROWTH_PART: u64 = 8;

#[derive(Default)]
pub(super) struct Memory {
    bound: Option<(u64, Meter)>,
    /// The least that was taken since the present database is there: none of that can be given back.
    floor: Arc<AtomicU64>,
}

impl Memory {
    pub(super) fn bounded(bytes_max: u64, meter: Meter) -> Self {
        Self { bound: Some((bytes_max, meter)), floor: Arc::default() }
    }

    /// Looks at what is taken: what was given back is not counted out at once.
    pub(super) fn note(&self) {
        if let Some((_, meter)) = self.bound {
            note(&self.floor, meter);
        }
    }

    /// Opens the database anew where the program takes more than it may. Says whether it did.
    pub(super) fn spare(&mut self, engine: &mut Engine) -> bool {
        let Some((bytes_max, meter)) = self.bound else { return false };
        let Some(taken) = note(&self.floor, meter) else { return false };
        if taken <= bytes_max || taken <= self.floor.load(Ordering::Relaxed) + bytes_max / GROWTH_PART {
            return false;
        }
        tracing::info!("the analysis database is opened anew: {} MiB are taken", taken >> 20);
        // The old one still takes its part: what the new one begins with is known when that is gone.
        self.floor.store(taken, Ordering::Relaxed);
        let floor = self.floor.clone();
        engine.reopen(move || {
            let taken = note(&floor, meter).unwrap_or_default();
            tracing::info!("the old database is given back: {} MiB are taken", taken >> 20);
        });
        true
    }

    /// Whether a quarter of what may be taken is left: looking ahead is no reason to forget.
    pub(super) fn has_room(&self) -> bool {
        let taken = self.bound.and_then(|(bytes_max, meter)| Some((meter()?, bytes_max)));
        taken.is_none_or(|(taken, bytes_max)| taken < bytes_max / 4 * 3)
    }
}

fn note(floor: &AtomicU64, meter: Meter) -> Option<u64> {
    let taken = meter()?;
    floor.fetch_min(taken, Ordering::Relaxed);
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::PythonEnvironment;

    #[test]
    fn what_the_old_database_took_is_not_taken_for_what_the_new_one_began_with() {
        static TAKEN: AtomicU64 = AtomicU64::new(0);
        let take = |bytes| TAKEN.store(bytes, Ordering::Relaxed);
        let folder = tempfile::tempdir().unwrap();
        let mut engine = Engine::new(folder.path(), [], &PythonEnvironment::default(), Arc::default());
        let mut memory = Memory::bounded(800, || Some(TAKEN.load(Ordering::Relaxed)));
        take(800);
        assert!(!memory.spare(&mut engine));
        take(1_000);
        assert!(memory.spare(&mut engine));
        assert!(!memory.spare(&mut engine), "it has not grown since");
        // It is given back, and the next question takes as much at once.
        take(300);
        memory.note();
        take(1_000);
        assert!(memory.spare(&mut engine));
    }
}

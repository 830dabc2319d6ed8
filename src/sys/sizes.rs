//! How large the person wants the panes, for all projects: one small file of the state folder.
//!
//! Invariant: what was wished last is kept, whatever order the workers run in. A file that cannot be read is as none.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::state::{make_private_folder, state_folder};
use crate::app::Sizes;

const FILE: &str = "sizes.json";

/// The sizes that were kept, or those that panes have by themselves.
pub fn load_sizes() -> Sizes {
    let Ok(folder) = state_folder() else { return Sizes::default() };
    let read = std::fs::read(folder.join(FILE)).ok();
    read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// Keeps sizes in the order of their turns.
#[derive(Default)]
pub(super) struct KeptSizes {
    next: AtomicU64,
    newest: Mutex<u64>,
}

impl KeptSizes {
    pub(super) fn turn(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn keep(&self, turn: u64, sizes: Sizes) {
        // A worker that panicked has left a number behind, which is as good as any.
        let mut newest = self.newest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if turn < *newest {
            return;
        }
        *newest = turn;
        let keep = || -> anyhow::Result<()> {
            let folder = state_folder()?;
            make_private_folder(&folder)?;
            let made = tempfile::NamedTempFile::new_in(&folder)?;
            serde_json::to_writer(made.as_file(), &sizes)?;
            made.persist(folder.join(FILE))?;
            Ok(())
        };
        if let Err(error) = keep() {
            tracing::warn!("the sizes of the panes are not kept: {error:#}");
        }
    }
}

//! What is found out of a proposal's hunks on a thread of its own, without the gate.

use std::panic::AssertUnwindSafe;

use super::{Outside, panic_message, tell};
use crate::agent::JobId;
use crate::app::{Msg, recognise};
use crate::text::{ChangeSet, Hunk};

impl Outside {
    /// Says which hunks are layout alone, or code that only moved; where that breaks down, that none is.
    pub(super) fn recognise(&self, id: JobId, change_set: ChangeSet, hunks: Vec<Hunk>) {
        let msgs = self.msgs.clone();
        self.runtime.spawn_blocking(move || {
            let kinds = std::panic::catch_unwind(AssertUnwindSafe(|| recognise(&change_set, &hunks)));
            let kinds = kinds.unwrap_or_else(|panic| {
                tracing::error!("recognising hunks failed: {}", panic_message(&*panic));
                Default::default()
            });
            tell(&msgs, Msg::Recognised(id, kinds));
        });
    }
}

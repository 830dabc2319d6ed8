//! What is found out of a proposal's hunks on a thread of its own, without the gate.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use super::{Outside, panic_message, tell};
use crate::agent::JobId;
use crate::app::{Msg, changed_lines, recognise};
use crate::index::LiveFile;
use crate::text::{ChangeSet, FileText, Hunk, ProjectPath};

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

    /// Says which lines of a text another one changes.
    pub(super) fn mark_lines(&self, id: JobId, old: Arc<FileText>, new: Arc<str>) {
        self.job(
            "comparing texts",
            move || Msg::LinesMarked(id, changed_lines(&old, &new)),
            move |_| Msg::LinesMarked(id, Vec::new()),
        );
    }

    /// Parses texts of a proposal; what breaks down is left out.
    pub(super) fn read_sides(&self, id: JobId, texts: Vec<(ProjectPath, Arc<FileText>)>) {
        let msgs = self.msgs.clone();
        self.runtime.spawn_blocking(move || {
            let parse = |(path, text): (ProjectPath, Arc<FileText>)| {
                let parsed = std::panic::catch_unwind(AssertUnwindSafe(|| Arc::new(LiveFile::new(path, text))));
                parsed.map_err(|panic| tracing::error!("parsing a proposal failed: {}", panic_message(&*panic))).ok()
            };
            let parsed = texts.into_iter().filter_map(parse).collect();
            tell(&msgs, Msg::SidesRead(id, parsed));
        });
    }
}

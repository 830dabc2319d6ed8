//! The gate that is kept from one question to the next.
//!
//! Invariant: a gate that broke down is never asked again; the next question opens a new one.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use super::desk::Desk;
use super::{panic_message, tell};
use crate::app::Msg;
use crate::gate::{Gate, PythonEnvironment};
use crate::sys::memory::resident_bytes;
use crate::text::Source;

pub(super) struct KeptGate {
    root: PathBuf,
    environment: PythonEnvironment,
    memory_bytes_max: u64,
    source: Arc<dyn Source>,
    desk: Arc<Desk>,
    msgs: Sender<Msg>,
    /// Opened at the first question.
    gate: Option<Gate>,
}

impl KeptGate {
    pub(super) fn new(
        root: PathBuf,
        memory_bytes_max: u64,
        source: Arc<dyn Source>,
        desk: Arc<Desk>,
        msgs: Sender<Msg>,
    ) -> Self {
        Self { root, environment: PythonEnvironment::default(), memory_bytes_max, source, desk, msgs, gate: None }
    }

    /// What is asked from now on is asked of this Python. False where it is the same; else what the old gate knows is of
    /// other packages, and is gone.
    pub(super) fn settle_in(&mut self, environment: PythonEnvironment) -> bool {
        let is_other = environment != self.environment;
        if is_other {
            self.environment = environment;
            self.close();
        }
        is_other
    }

    /// Does `work` with the gate and the texts on disk. The error is why the gate broke down; it has been told.
    pub(super) fn ask<T>(&mut self, work: impl FnOnce(&mut Gate, &dyn Source) -> T) -> Result<T, String> {
        let source = self.source.clone();
        let asked = std::panic::catch_unwind(AssertUnwindSafe(|| work(self.open(), &*source)));
        asked.map_err(|panic| {
            let why = panic_message(&*panic);
            self.close();
            tell(&self.msgs, Msg::Failed { what: "judging a change", why: why.clone() });
            why
        })
    }

    /// Whether there is memory left for what nobody has asked for.
    pub(super) fn has_room(&self) -> bool {
        self.gate.as_ref().is_none_or(Gate::has_room)
    }

    /// Gives back memory where the program takes more than it may. Says whether the gate has to learn again what it knew.
    pub(super) fn spare_memory(&mut self) -> bool {
        self.gate.as_mut().is_some_and(Gate::spare_memory)
    }

    fn open(&mut self) -> &mut Gate {
        self.gate.get_or_insert_with(|| {
            let mut papers = self.desk.papers();
            let gate = Gate::new(&self.root, self.environment.clone())
                .with_policy(papers.policy.clone())
                .bounded(self.memory_bytes_max, resident_bytes);
            papers.canceller = Some(gate.canceller());
            gate
        })
    }

    fn close(&mut self) {
        self.gate = None;
        self.desk.papers().canceller = None;
    }
}

//! The layers: a snapshot and a change set → a [`Report`].
//!
//! Knows nothing of models, of the screen and of writing. Reads files only through the analysis engine's own
//! file-system trait. Reports only what the change newly introduces; never fails: what it cannot judge is *unknown*.

mod report;
mod rules;

pub use report::{Fix, FixSafety, Issue, Layer, LayerReport, LayerState, Report, Severity, Verdict};
pub use rules::{ReadLog, ReadState};

use std::path::{Path, PathBuf};

use crate::index::{Snapshot, View};

/// The Python that the project runs on; found in `sys`, since the gate asks nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PythonEnvironment {
    /// `sys.prefix` of the environment; `None`: third-party answers are *unknown*.
    pub prefix: Option<PathBuf>,
    /// `(3, 12)`; `None`: the newest that the engine knows.
    pub version: Option<(u8, u8)>,
}

/// Judges change sets of one project. Lives on the gate thread.
pub struct Gate {}

impl Gate {
    /// `root` is absolute. Cheap: nothing is read until the first question.
    pub fn new(root: &Path, environment: PythonEnvironment) -> Self {
        let _ = (root, environment);
        todo!("gate")
    }

    /// Judges what `view.pending` would do to `view.snapshot`.
    ///
    /// `reads` is what the model has seen (`None` where no model is involved: `flux check`).
    /// The `tests` and `approval` layers come back as [`LayerState::NotRun`].
    pub fn judge(&mut self, view: View<'_>, reads: Option<&ReadLog>) -> Report {
        let _ = (view, reads);
        todo!("gate")
    }

    /// Tells the gate that files changed on disk, so that it reads them again.
    pub fn refresh(&mut self, snapshot: &Snapshot) {
        let _ = snapshot;
        todo!("gate")
    }

    /// A handle that ends a judgement under way from another thread; that judgement's report is then
    /// [`Report::cancelled`].
    pub fn canceller(&self) -> Canceller {
        todo!("gate")
    }
}

#[derive(Clone)]
pub struct Canceller {}

impl Canceller {
    pub fn cancel(&self) {}
}

//! The Python that the project runs on.

use std::path::PathBuf;

use super::syntax;
use crate::index::View;

/// The Python that the project runs on; found in `sys`, since the gate asks nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PythonEnvironment {
    /// `sys.prefix` of the environment; `None`: third-party answers are *unknown*.
    pub prefix: Option<PathBuf>,
    /// `(3, 12)`; `None`: the newest that the engine knows.
    pub version: Option<(u8, u8)>,
    /// Where modules are as well: what `PYTHONPATH` names, and what the user installed for himself.
    pub folders: Vec<PathBuf>,
}

impl PythonEnvironment {
    /// The same, of a Python that the project can run on: where it demands a newer one than was found, that one is
    /// installed somewhere else.
    pub(super) fn promised(&self, view: View<'_>) -> Self {
        let version = self.version.map(|version| syntax::oldest(view).map_or(version, |oldest| oldest.max(version)));
        Self { version, ..self.clone() }
    }
}

//! The workbench: the one place that sees `app`, `ui` and `sys` together.

use std::path::Path;
use std::process::ExitCode;

/// Opens the workbench on `root` and returns when the person leaves it.
pub(crate) fn workbench(root: &Path) -> anyhow::Result<ExitCode> {
    anyhow::bail!("the workbench is not built yet ({})", root.display())
}

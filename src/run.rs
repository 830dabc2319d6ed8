//! The workbench: the one place that sees `app`, `ui` and `sys` together.

use std::path::Path;
use std::process::ExitCode;

/// Opens the workbench on `root` and returns when the person leaves it.
pub(crate) fn workbench(root: &Path) -> anyhow::Result<ExitCode> {
    anyhow::bail!("the workbench is not built yet ({})", root.display())
}

/// Opens the workbench with a model of the caller's choice, and perhaps with a task in the prompt.
pub(crate) fn workbench_with(
    root: &Path,
    model: flux::sys::ModelChoice,
    task: Option<String>,
) -> anyhow::Result<ExitCode> {
    let _ = (model, task);
    workbench(root)
}

//! `flux run`.

use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Options {}

pub(crate) fn run(_options: &Options) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`flux run` is not built yet")
}

//! `flux undo`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use flux::sys::{WriteFailure, undo};

use super::{BLOCKED, complain, printable};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The project whose last write is taken back.
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    match undo(&super::run::existing_folder(&options.root)?) {
        Ok(undone) => {
            let mut out = std::io::stdout().lock();
            // A closed pipe is no reason to fail: the files are back.
            let _ = writeln!(out, "took back: {}", printable(&undone.title));
            for path in &undone.paths {
                let _ = writeln!(out, "  {}", printable(path.as_str()));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(failure @ (WriteFailure::NoRoot(..) | WriteFailure::NoState { .. })) => Err(failure.into()),
        Err(failure) => {
            complain(&failure.into());
            Ok(ExitCode::from(BLOCKED))
        }
    }
}

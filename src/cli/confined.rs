//! `flux confined`: a command that flux itself runs in a shadow copy, kept from the network and from writing elsewhere.
//!
//! Not for people: flux starts itself so. Invariant: where it cannot be confined, the command does not run.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::Context;
use flux::sys::{Cell, Means, confine, probed};

/// Exit status of shells for what is there and cannot be run.
const CANNOT_RUN: u8 = 126;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// A folder that may be written.
    #[arg(long)]
    writable: Vec<PathBuf>,
    /// A folder that is empty to the command.
    #[arg(long)]
    hide: Vec<PathBuf>,
    /// By what it is confined.
    #[arg(long, value_parser = means)]
    by: Means,
    /// Only says what can be confined.
    #[arg(long)]
    probe: bool,
    #[arg(last = true)]
    command: Vec<OsString>,
}

fn means(word: &str) -> Result<Means, String> {
    Means::named(word).ok_or_else(|| "there are no such means".to_owned())
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let folder = std::env::current_dir().context("the folder is gone")?;
    let cell = Cell { writable: options.writable.clone(), hidden: options.hide.clone() };
    let confinement = match confine(options.by, &cell) {
        Ok(confinement) => confinement,
        Err(error) => {
            super::complain(&anyhow::anyhow!("the command is not run, since it cannot be confined: {error}"));
            return Ok(ExitCode::from(CANNOT_RUN));
        }
    };
    if options.probe {
        use std::io::Write;
        let _ = writeln!(std::io::stdout(), "{}", probed(confinement));
        return Ok(ExitCode::SUCCESS);
    }
    let Some((program, words)) = options.command.split_first() else {
        anyhow::bail!("there is no command to run");
    };
    let mut command = Command::new(program);
    // The folder it stands in is one of a mount that is closed now.
    command.args(words).current_dir(folder);
    let error = become_command(&mut command);
    super::complain(&anyhow::anyhow!("{} cannot be run: {error}", program.display()));
    Ok(ExitCode::from(CANNOT_RUN))
}

#[cfg(unix)]
fn become_command(command: &mut Command) -> std::io::Error {
    std::os::unix::process::CommandExt::exec(command)
}

#[cfg(not(unix))]
fn become_command(_command: &mut Command) -> std::io::Error {
    std::io::Error::other("this system offers no confinement that flux knows")
}

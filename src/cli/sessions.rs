//! `flux sessions`: what can be gone on with.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use flux::app::ListedSession;
use flux::sys::Sessions;
use serde_json::json;

use super::printable;
use crate::Format;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The project.
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Deletes this session instead.
    #[arg(long, value_name = "SESSION")]
    delete: Option<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let sessions = Sessions::of(&super::run::existing_folder(&options.root)?)?;
    if let Some(id) = &options.delete {
        sessions.delete(id)?;
        return Ok(ExitCode::SUCCESS);
    }
    // A closed pipe is no reason to fail.
    let _ = show(&sessions.list(), options.format);
    Ok(ExitCode::SUCCESS)
}

fn show(sessions: &[ListedSession], format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let value = |session: &ListedSession| {
        json!({
            "id": session.id, "time": session.time, "task": session.title, "state": session.state(),
            "live": session.is_live, "can_resume": session.fault.is_none() && !session.is_live,
        })
    };
    match format {
        Format::Json => writeln!(out, "{}", sessions.iter().map(value).collect::<serde_json::Value>()),
        Format::Jsonl => sessions.iter().try_for_each(|session| writeln!(out, "{}", value(session))),
        Format::Text if sessions.is_empty() => writeln!(out, "no session of this project is kept yet"),
        Format::Text => sessions.iter().try_for_each(|session| {
            let (time, title) = (printable(&session.time), printable(&session.title));
            writeln!(out, "{}  {time}  {:<16} {title}", session.id, session.state())
        }),
    }
}

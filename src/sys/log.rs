//! The log file: what a person can send when something went wrong. Never the terminal, which belongs to the screen.
//!
//! Knows nothing of what is worth logging. Invariant: neither keys nor file contents are written at the usual level.

use std::path::PathBuf;
use std::sync::Once;

use anyhow::Context;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

use super::state::{environment_variable, state_folder};

/// Days that are kept.
const FILES_MAX: usize = 5;
const USUAL_LEVELS: &str = "warn,flux=info";

/// Where the log files are.
pub fn log_folder() -> anyhow::Result<PathBuf> {
    Ok(state_folder()?.join("log"))
}

/// Starts the log; `FLUX_LOG` sets the level (`debug`, `flux=trace,async_openai=debug`). A second call does nothing.
///
/// Called on the main thread. Panics of all other threads go to the log alone from now on: they are caught and told as
/// messages, and the usual print would land in the middle of the screen.
pub fn start_log() -> anyhow::Result<()> {
    static STARTED: Once = Once::new();
    let mut outcome = Ok(());
    STARTED.call_once(|| {
        outcome = open();
        log_worker_panics();
    });
    outcome
}

fn open() -> anyhow::Result<()> {
    let folder = log_folder()?;
    // Made here: the appender would complain on standard error that there is nothing to clear away.
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("flux")
        .filename_suffix("log")
        .max_log_files(FILES_MAX)
        .build(&folder)
        .with_context(|| format!("no log can be written to {}", folder.display()))?;
    let levels = environment_variable("FLUX_LOG").unwrap_or_else(|| USUAL_LEVELS.to_owned());
    // A level alone means flux and its model: the analysis engine at that level would bury both.
    let is_level_alone = levels.chars().all(|letter| letter.is_ascii_alphabetic());
    let directives = if is_level_alone { format!("warn,flux={levels},async_openai={levels}") } else { levels.clone() };
    let filter = EnvFilter::try_new(directives)
        .with_context(|| format!("FLUX_LOG is '{levels}', which is no level: error, warn, info, debug or trace"))?;
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(std::sync::Mutex::new(appender));
    // Another subscriber is there only where flux is used as a library, and then that one is wanted.
    let _ = tracing::subscriber::set_global_default(subscriber.finish());
    Ok(())
}

fn log_worker_panics() {
    let main = std::thread::current().id();
    let earlier = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let thread = std::thread::current();
        tracing::error!("thread {}: {panic}", thread.name().unwrap_or("without a name"));
        if thread.id() == main {
            earlier(panic);
        }
    }));
}

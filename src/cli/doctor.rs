//! `flux doctor`: what works here.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use flux::sys::{Checkup, Config, check_folder, check_model, check_python, check_terminal, check_tests, check_watcher};
use flux::sys::{config_folder, log_folder, state_folder};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The project to look from.
    #[arg(long, default_value = ".")]
    root: PathBuf,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let root = super::run::existing_folder(&options.root)?;
    let loaded = Config::load(&root);
    let mut out = std::io::stdout().lock();
    let mut is_missing = false;
    let mut line = |name: &str, checkup: Checkup| {
        let (mark, sentence) = match checkup {
            Checkup::Fine(sentence) => ('✔', sentence),
            Checkup::Reduced(sentence) => ('!', sentence),
            Checkup::Missing(sentence) => {
                is_missing = true;
                ('✘', sentence)
            }
        };
        // Who has closed the pipe has read enough; the exit status still counts.
        let _ = writeln!(out, "{mark} {name:<14} {}", super::printable(&sentence));
    };
    line("flux", Checkup::Fine(env!("CARGO_PKG_VERSION").to_owned()));
    line("configuration", configuration());
    for fault in loaded.faults {
        line("", Checkup::Missing(fault));
    }
    for refused in loaded.refused {
        line("", Checkup::Reduced(refused));
    }
    for (name, model) in loaded.config.choices() {
        line(format!("model {name}").trim_end(), check_model(&model));
    }
    for checkup in check_python(&root, loaded.config.python_environment.as_deref()) {
        line("python", checkup);
    }
    for (name, checkup) in ["tests", "sandbox"].into_iter().zip(check_tests(&root, &loaded.config)) {
        line(name, checkup);
    }
    line("watcher", check_watcher(&root, &loaded.config.ignore));
    line("terminal", check_terminal());
    line("state", or_missing(state_folder(), |folder| check_folder(&folder)));
    line("log", or_missing(log_folder(), |folder| Checkup::Fine(folder.display().to_string())));
    Ok(if is_missing { ExitCode::from(super::WRONG_USE) } else { ExitCode::SUCCESS })
}

fn configuration() -> Checkup {
    or_missing(config_folder(), |folder| {
        let file = folder.join("config.toml");
        let is_there = if file.exists() { "" } else { " (not there: the defaults are used)" };
        Checkup::Fine(format!("{}{is_there}", file.display()))
    })
}

fn or_missing<T>(found: anyhow::Result<T>, check: impl FnOnce(T) -> Checkup) -> Checkup {
    match found {
        Ok(found) => check(found),
        Err(error) => Checkup::Missing(format!("{error:#}")),
    }
}

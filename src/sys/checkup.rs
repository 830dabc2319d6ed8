//! What works on this machine, for `flux doctor`.
//!
//! Knows nothing of how it is printed. Invariant: looks only; nothing is changed but an empty file that is taken away.

use std::path::Path;

use super::config::{Config, ModelConfig};
use super::environment::{FoundEnvironment, explain_environment};
use super::index_thread::try_to_watch;
use super::model::ChatModel;
use super::runner::Runner;
use super::sandbox::Sandbox;
use super::state::environment_variable;
use super::watcher::Limits;

/// Whether something works, and what to say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checkup {
    Fine(String),
    /// flux works without, but less well.
    Reduced(String),
    /// Something that is needed is missing.
    Missing(String),
}

/// Asks the configured model, or a local one, for its list of models.
pub fn check_model(config: &ModelConfig) -> Checkup {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Checkup::Missing(format!("no task can be started: {error}")),
    };
    match runtime.block_on(ChatModel::new(config.clone()).check()) {
        Ok(sentence) => Checkup::Fine(sentence),
        Err(why) => Checkup::Missing(why),
    }
}

/// Which Python environment the project's packages are taken from and why, and what is wrong with it.
pub fn check_python(root: &Path, configured: Option<&Path>) -> Vec<Checkup> {
    let FoundEnvironment { environment, why, faults } = explain_environment(root, configured);
    let found = match environment.prefix {
        Some(prefix) => {
            let version =
                environment.version.map_or_else(String::new, |(major, minor)| format!("Python {major}.{minor} at "));
            Checkup::Fine(format!("{version}{} ({why})", prefix.display()))
        }
        None => Checkup::Reduced(
            "no environment was found: what packages offer stays unknown; make a .venv, or set [python] environment"
                .to_owned(),
        ),
    };
    [found].into_iter().chain(faults.into_iter().map(Checkup::Reduced)).collect()
}

/// What runs the project's tests, and what it is kept from.
pub fn check_tests(root: &Path, config: &Config) -> Vec<Checkup> {
    let environment = explain_environment(root, config.python_environment.as_deref()).environment;
    let runner = match Runner::find(&environment, config.tests_command.as_deref()) {
        Ok(runner) if config.is_tests_command_foreign => Checkup::Reduced(format!(
            "the project's own command `{}` is not run unasked: to trust the project, add its folder to `trusted`",
            runner.name()
        )),
        Ok(runner) => Checkup::Fine(format!(
            "{}, in a copy of the project; at most {} s",
            runner.name(),
            config.tests_timeout.as_secs()
        )),
        Err(why) => Checkup::Reduced(why),
    };
    let confinement = Sandbox::find().confinement();
    let said = format!("tests and commands run {}", confinement.told());
    let is_whole = confinement.network && confinement.writes;
    vec![runner, if is_whole { Checkup::Fine(said) } else { Checkup::Reduced(said) }]
}

/// Tries to watch the project as the workbench does; `ignore` holds more patterns as in `.gitignore`.
pub fn check_watcher(root: &Path, ignore: &[String]) -> Checkup {
    let (health, folders) = try_to_watch(root, ignore);
    match health.told() {
        Some(told) => Checkup::Reduced(told),
        None => {
            let limit = Limits::now().folders.map_or_else(String::new, |limit| format!(" of at most {limit} for you"));
            Checkup::Fine(format!("the system tells of changes in {folders} folders{limit}"))
        }
    }
}

/// Whether files can be put below `folder`, made if it is not there.
pub fn check_folder(folder: &Path) -> Checkup {
    let tried = std::fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder));
    match tried {
        Ok(_) => Checkup::Fine(folder.display().to_string()),
        Err(error) => Checkup::Missing(format!("{} cannot be written: {error}", folder.display())),
    }
}

/// What the terminal says of itself.
pub fn check_terminal() -> Checkup {
    use std::io::IsTerminal;

    let name = environment_variable("TERM").unwrap_or_else(|| "no TERM".to_owned());
    if !std::io::stdout().is_terminal() {
        return Checkup::Reduced(format!("{name}; standard output is no terminal, so only the commands work here"));
    }
    let colours = match environment_variable("NO_COLOR") {
        Some(_) => "no colours (NO_COLOR is set)".to_owned(),
        None => match environment_variable("COLORTERM").as_deref() {
            Some("truecolor" | "24bit") => "16 million colours".to_owned(),
            _ => format!("{} colours", crossterm::style::available_color_count()),
        },
    };
    match crossterm::terminal::size() {
        Ok((columns, rows)) if columns < 60 || rows < 15 => {
            Checkup::Reduced(format!("{name}, {columns}×{rows}: the workbench needs 60×15; {colours}"))
        }
        Ok((columns, rows)) => Checkup::Fine(format!("{name}, {columns}×{rows}, {colours}")),
        Err(error) => Checkup::Reduced(format!("{name}; its size is not known: {error}")),
    }
}

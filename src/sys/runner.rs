//! How a project's tests are run, and what came of it.
//!
//! Knows nothing of why they are run. Invariant: what is told of a test was told by its runner, test by test, through
//! `assets/python/flux_tests.py`; only of a command that runs neither pytest nor ours is the output read.

mod names;
mod told;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::environment::{interpreter, package_folders};
use super::shadow::{Shadow, python_path};
use crate::gate::PythonEnvironment;
use crate::text::ProjectPath;
pub(super) use names::test_names;
pub(super) use told::{Told, last_lines, told_in_output};

/// The plugin of pytest and runner of unittest that tells what becomes of each test.
const TELLER: &str = include_str!("../../assets/python/flux_tests.py");

/// Who runs the tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Runner {
    Pytest {
        python: PathBuf,
    },
    Unittest {
        python: PathBuf,
    },
    /// What the configuration says, by the shell.
    Configured {
        command: String,
    },
}

/// Which tests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Empty: those that the runner finds by itself.
    pub(super) files: Vec<ProjectPath>,
    /// By id; empty: all of the files.
    pub(super) only: Vec<String>,
    /// Leaves out what the project adds to pytest's arguments.
    pub(super) is_plain: bool,
}

impl Runner {
    /// The runner of a project with this environment, found by looking at files; or why there is none.
    pub(super) fn find(environment: &PythonEnvironment, command: Option<&str>) -> Result<Self, String> {
        if let Some(command) = command {
            return Ok(Self::Configured { command: command.to_owned() });
        }
        let Some(python) = interpreter(environment) else {
            return Err(
                "no Python environment was found to run the tests with: make a .venv, or set [python] environment"
                    .to_owned(),
            );
        };
        let has_pytest =
            |folder: PathBuf| folder.join("pytest/__init__.py").is_file() || folder.join("pytest.py").is_file();
        Ok(match package_folders(environment).into_iter().any(has_pytest) {
            true => Self::Pytest { python },
            false => Self::Unittest { python },
        })
    }

    /// `pytest`, `unittest`, or the command.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Pytest { .. } => "pytest",
            Self::Unittest { .. } => "unittest",
            Self::Configured { command } => command,
        }
    }

    /// Whether it can run chosen files.
    pub(super) fn chooses(&self) -> bool {
        match self {
            Self::Pytest { .. } | Self::Unittest { .. } => true,
            Self::Configured { command } => command.contains(FILES),
        }
    }

    /// The words of the command, for a copy that was laid.
    pub(super) fn words(&self, shadow: &Shadow, wanted: &Wanted) -> Vec<OsString> {
        let files: Vec<OsString> = wanted.files.iter().map(|path| path.as_str().into()).collect();
        let mut words: Vec<OsString> = Vec::new();
        match self {
            Self::Pytest { python } => {
                let mut cache: OsString = "cache_dir=".into();
                cache.push(shadow.tmp().join("pytest_cache"));
                let mut root: OsString = "--rootdir=".into();
                root.push(shadow.tree());
                words.extend(
                    [python.as_os_str(), "-m".as_ref(), "pytest".as_ref(), "-q".as_ref(), "-o".as_ref()]
                        .map(OsStr::to_owned),
                );
                words.extend([cache, root, "--continue-on-collection-errors".into()]);
                if wanted.is_plain {
                    words.extend(["-o".into(), "addopts=".into()]);
                }
                words.extend(files);
            }
            Self::Unittest { python } => {
                let teller = shadow.told().join(TELLER_NAME).into_os_string();
                words.extend([python.clone().into_os_string(), teller, "unittest".into()]);
                words.extend(files);
            }
            Self::Configured { command } => {
                let quoted: Vec<String> = wanted.files.iter().map(|path| quoted(path.as_str())).collect();
                words.extend(shell(&command.replace(FILES, &quoted.join(" "))));
            }
        }
        words
    }
}

/// Stands in a configured command for the files of the tests.
const FILES: &str = "{files}";
const TELLER_NAME: &str = "flux_tests.py";
const TOLD_NAME: &str = "told.jsonl";
const ONLY_NAME: &str = "only";

/// The words that have a shell run `command`.
pub(super) fn shell(command: &str) -> [OsString; 3] {
    ["/bin/sh".into(), "-c".into(), command.into()]
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Puts down what the teller needs, and gives the file that it will write.
pub(super) fn prepare(shadow: &Shadow, wanted: &Wanted) -> std::io::Result<PathBuf> {
    let told = shadow.told();
    fs::write(told.join(TELLER_NAME), TELLER)?;
    fs::write(told.join(ONLY_NAME), wanted.only.iter().map(|id| format!("{id}\n")).collect::<String>())?;
    let place = told.join(TOLD_NAME);
    fs::write(&place, "")?;
    Ok(place)
}

/// Adds what the teller asks for.
pub(super) fn tell_to(command: &mut Command, shadow: &Shadow, wanted: &Wanted) {
    let told = shadow.told();
    command.env("FLUX_TESTS_TOLD", told.join(TOLD_NAME)).env("FLUX_TESTS_ROOT", shadow.tree());
    let plugins = std::env::var("PYTEST_PLUGINS").ok().filter(|it| !it.is_empty());
    command.env("PYTEST_PLUGINS", plugins.map_or("flux_tests".to_owned(), |it| format!("{it},flux_tests")));
    if !wanted.only.is_empty() {
        command.env("FLUX_TESTS_ONLY", told.join(ONLY_NAME));
    }
}

/// Parts of the names of variables that hold what nobody but the person is to know.
const SECRET: [&str; 6] = ["_KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL"];

/// Gives a command the surroundings of the copy: its folder, its Python path, its folder for passing files, and no secrets.
pub(super) fn place_in(command: &mut Command, shadow: &Shadow, root: &Path, environment: &PythonEnvironment) {
    let (tree, tmp) = (shadow.tree(), shadow.tmp());
    command.current_dir(tree).env("PWD", tree);
    for (name, _) in std::env::vars_os() {
        let upper = name.to_string_lossy().to_uppercase();
        if SECRET.iter().any(|part| upper.contains(part)) {
            command.env_remove(&name);
        }
    }
    for name in ["TMPDIR", "TMP", "TEMP"] {
        command.env(name, &tmp);
    }
    command.env("XDG_CACHE_HOME", tmp.join("cache")).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("NO_COLOR", "1").env("TERM", "dumb").env_remove("GIT_DIR").env_remove("PYTHONSAFEPATH");
    let inherited: Vec<PathBuf> = std::env::var_os("PYTHONPATH")
        .map(|path| std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect())
        .unwrap_or_default();
    let mut path = python_path(root, tree, &package_folders(environment), &inherited);
    path.push(shadow.told());
    // A folder whose name holds the separator cannot be named there.
    if let Ok(path) = std::env::join_paths(path) {
        command.env("PYTHONPATH", path);
    }
    if let Some(prefix) = &environment.prefix {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let folders = [prefix.join("bin")].into_iter().chain(std::env::split_paths(&inherited));
        if let Ok(path) = std::env::join_paths(folders) {
            command.env("PATH", path);
        }
        if prefix.join("pyvenv.cfg").is_file() {
            command.env("VIRTUAL_ENV", prefix);
        }
    }
}

//! What a person has set: the configuration files and the environment, as plain data.
//!
//! Knows nothing of what keys and themes mean. Invariant: a fault in a file never stops the workbench; what the file
//! could not say keeps its default, and the fault is a sentence with the way out.

mod gate;
mod keep;
mod limits;
mod model;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::civil::Date;
use secrecy::SecretString;
use serde::Deserialize;
use toml::Spanned;

use super::overrides::Overrides;
use super::state::{config_folder, environment_variable};
use super::terminal::Notice;
use crate::agent::Limits;
use crate::app::KeySetting;
use crate::gate::{GateMode, Policy, Weight};
use crate::index::nearest;
use gate::{GateTables, OverrideTable, Rights};
pub(super) use keep::keep_theme;
pub use keep::theme_files;
use limits::LimitsTable;
use model::ModelTable;
pub use model::{ModelConfig, ToolCalling};

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Config {
    /// What is set without a name.
    pub model: ModelConfig,
    /// Those that were given a name, `[models.NAME]`.
    pub models: BTreeMap<String, ModelConfig>,
    /// The one of them that is asked first, where the environment says nothing else.
    pub default_model: Option<String>,
    pub limits: Limits,
    /// The name of a theme; `None`: chosen by the terminal.
    pub theme: Option<String>,
    pub mouse: bool,
    /// How the person is called while the terminal has not the focus.
    pub notify: Notice,
    pub gate: Policy,
    /// With more memory taken by the whole program, the gate's database is opened anew.
    pub memory_bytes_max: u64,
    /// Folders of projects whose own files may loosen the gate.
    pub trusted: Vec<PathBuf>,
    /// What `[keys]` says, in its order; `ui` knows what it means.
    pub keys: Vec<KeySetting>,
    /// Patterns, as in `.gitignore`, of what is no part of the project.
    pub ignore: Vec<String>,
    /// Patterns, as in `.gitignore`, of what tools may change although it is generated, vendored or ignored.
    pub writable: Vec<String>,
    /// How the project's tests are run.
    pub tests_command: Option<String>,
    /// It is a project's that nobody has trusted: it is not run.
    pub is_tests_command_foreign: bool,
    /// Commands that the model may run without being asked for: each whole, or its first words and `*`.
    pub allowed_commands: Vec<String>,
    /// How long one run of the tests may take.
    pub tests_timeout: Duration,
    /// The prefix of the project's Python environment.
    pub python_environment: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            model: ModelConfig::default(),
            models: BTreeMap::new(),
            default_model: None,
            limits: Limits::default(),
            theme: None,
            mouse: true,
            notify: Notice::default(),
            gate: Policy::default(),
            memory_bytes_max: 640 << 20,
            trusted: Vec::new(),
            keys: Vec::new(),
            ignore: Vec::new(),
            writable: Vec::new(),
            tests_command: None,
            is_tests_command_foreign: false,
            allowed_commands: Vec::new(),
            tests_timeout: Duration::from_secs(300),
            python_environment: None,
        }
    }
}

/// The configuration, and what is to be said of the files it was read from: one sentence each.
#[derive(Debug, Clone, Default)]
pub struct LoadedConfig {
    pub config: Config,
    /// A file cannot be read, or holds what it must not.
    pub faults: Vec<String>,
    /// What a project's own file asked for and did not get.
    pub refused: Vec<String>,
    /// What has ended meanwhile.
    pub notes: Vec<String>,
}

impl Config {
    /// The user's file, then the project's, then the environment, which wins. Never fails: see the faults.
    pub fn load(root: &Path) -> LoadedConfig {
        Self::load_as(root, Owner::Project)
    }

    /// As [`Config::load`], for somebody who trusts the project just now.
    pub fn load_trusting(root: &Path) -> LoadedConfig {
        Self::load_as(root, Owner::TrustedProject)
    }

    fn load_as(root: &Path, owner: Owner) -> LoadedConfig {
        let mut loaded = LoadedConfig::default();
        match config_folder() {
            Ok(folder) => loaded.take_file(&folder.join("config.toml"), Owner::User),
            Err(error) => tracing::info!("no configuration folder: {error:#}"),
        }
        let owner = if loaded.config.trusts(root) { Owner::TrustedProject } else { owner };
        loaded.take_file(&root.join(".flux").join("config.toml"), owner);
        loaded.config.take_environment(&environment_variable);
        match Overrides::of(root) {
            Ok(overrides) => loaded.config.gate.overrides.extend(overrides.list()),
            Err(error) => tracing::info!("no state folder: {error:#}"),
        }
        loaded
    }

    /// Whether `root` is one of the trusted folders, or lies in one.
    fn trusts(&self, root: &Path) -> bool {
        let Ok(root) = root.canonicalize() else { return false };
        self.trusted.iter().filter_map(|folder| below_home(folder).canonicalize().ok()).any(|it| root.starts_with(it))
    }

    fn take_environment(&mut self, variable: &dyn Fn(&str) -> Option<String>) {
        let base_url = variable("OPENAI_BASE_URL");
        let api_key = variable("OPENAI_API_KEY");
        if api_key.is_some() && base_url.is_none() && self.model.base_url.is_none() {
            self.model.base_url = Some("https://api.openai.com/v1".to_owned());
        }
        if let Some(base_url) = base_url {
            // A key of the file belongs to the address of the file: it is not sent anywhere else.
            self.model.api_key = None;
            self.model.base_url = Some(base_url);
        }
        if let Some(api_key) = api_key {
            self.model.api_key = Some(SecretString::from(api_key));
        }
        match variable("FLUX_MODEL") {
            Some(name) if self.models.contains_key(&name) => self.default_model = Some(name),
            Some(name) => {
                self.model.name = Some(name);
                self.default_model = None;
            }
            // Who names an address means that one.
            None if variable("OPENAI_BASE_URL").is_some() => self.default_model = None,
            None => {}
        }
    }

    /// Has `name` asked first: one of the named models, else a model of that name where the unnamed one is.
    pub fn choose_model(&mut self, name: &str) {
        match self.models.contains_key(name) {
            true => self.default_model = Some(name.to_owned()),
            false => {
                self.model.name = Some(name.to_owned());
                self.default_model = None;
            }
        }
    }

    /// All that can be asked, the one that is asked first in front: its name in the configuration, empty for the one
    /// without.
    pub fn choices(&self) -> Vec<(String, ModelConfig)> {
        let mut choices: Vec<(String, ModelConfig)> =
            self.models.iter().map(|(name, model)| (name.clone(), model.clone())).collect();
        let is_set = self.model.base_url.is_some() || self.model.name.is_some();
        let first = self.default_model.as_ref().and_then(|name| choices.iter().position(|(other, _)| other == name));
        match first {
            Some(at) => choices[..=at].rotate_right(1),
            None if is_set || choices.is_empty() => {}
            None => return choices,
        }
        if is_set || choices.is_empty() {
            let at = usize::from(first.is_some());
            choices.insert(at, (String::new(), self.model.clone()));
        }
        choices
    }
}

/// Whose file it is: a project that was merely downloaded may not say where the key is sent nor what is run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    User,
    Project,
    /// A project that the person has trusted: its file may loosen the gate as well.
    TrustedProject,
}

/// What a file is read with.
struct Reading<'a> {
    owner: Owner,
    variable: &'a dyn Fn(&str) -> Option<String>,
    today: Date,
}

impl LoadedConfig {
    fn take_file(&mut self, path: &Path, owner: Owner) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => {
                self.faults.push(format!("{} cannot be read: {error}; the defaults are used", path.display()));
                return;
            }
        };
        let today = jiff::Zoned::now().date();
        self.take_text(path, &text, &Reading { owner, variable: &environment_variable, today });
    }

    fn take_text(&mut self, path: &Path, text: &str, reading: &Reading<'_>) {
        let file: ConfigFile = match toml::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                self.faults.push(fault_sentence(path, text, &error));
                return;
            }
        };
        let owner = reading.owner;
        let config = &mut self.config;
        let mut refused = if owner == Owner::User { Vec::new() } else { file.only_for_the_user() };
        let rights = if owner == Owner::Project { Rights::Stricter } else { Rights::All };
        let shown = path.display();
        let gate = GateTables { mode: file.gate, severity: file.severity, overrides: file.r#override };
        let taken = gate.put_into(&mut config.gate, rights, reading.today);
        self.faults.extend(taken.faults.into_iter().map(|fault| format!("{shown}: {fault}")));
        self.notes.extend(taken.notes.into_iter().map(|note| format!("{shown}: {note}")));
        if !taken.refused.is_empty() {
            let what = listed(&taken.refused);
            self.refused.push(format!(
                "{shown}: {what} ignored, since nobody has trusted this project yet. To do so, add its folder to `trusted` in your own config.toml"
            ));
        }
        if !refused.is_empty() {
            refused.sort_unstable();
            let what = listed(&refused);
            self.refused.push(format!(
                "{shown}: a project may set only ignore, project, tests and theme; {what} ignored. Put it into your own config.toml"
            ));
        }
        let fault = match owner {
            Owner::User => file.limits.put_into(&mut config.limits),
            Owner::Project | Owner::TrustedProject => file.limits.lower(&mut config.limits),
        };
        self.faults.extend(fault.map(|fault| format!("{shown}: {fault}")));
        config.ignore.extend(file.ignore);
        config.writable.extend(file.project.writable);
        // What the person chose holds in every project.
        config.theme = config.theme.take().or(file.theme);
        if file.tests.command.is_some() {
            config.tests_command = file.tests.command;
            config.is_tests_command_foreign = owner == Owner::Project;
        }
        match file.tests.timeout_s.map(|seconds| (seconds, Duration::try_from_secs_f64(seconds))) {
            None => {}
            Some((_, Ok(duration))) if !duration.is_zero() => config.tests_timeout = duration,
            Some((seconds, _)) => {
                self.faults.push(format!("{shown}: a time-out of {seconds} seconds is none; give more than 0"));
            }
        }
        if owner != Owner::User {
            return;
        }
        config.trusted = file.trusted;
        config.allowed_commands = file.commands.allow;
        config.mouse = file.mouse.unwrap_or(config.mouse);
        config.memory_bytes_max = file.memory_mib.map_or(config.memory_bytes_max, |mib| u64::from(mib) << 20);
        config.notify = file.notify.unwrap_or_default();
        config.keys = key_settings(path, text, file.keys, &mut self.faults);
        config.python_environment = file.python.environment;
        config.default_model = trimmed(file.model.default.clone());
        if let Some(fault) = file.model.put_into(&mut config.model, reading.variable) {
            self.faults.push(format!("{}: model.{fault}", path.display()));
        }
        for (name, table) in file.models {
            let mut model = ModelConfig::default();
            if let Some(fault) = table.put_into(&mut model, reading.variable) {
                self.faults.push(format!("{}: models.{name}.{fault}", path.display()));
            }
            config.models.insert(name, model);
        }
        if let Some(name) = config.default_model.take_if(|name| !config.models.contains_key(name)) {
            let known: Vec<&str> = config.models.keys().map(String::as_str).collect();
            self.faults.push(format!(
                "{}: model.default names '{name}', and there is no [models.{name}]; known: {}",
                path.display(),
                if known.is_empty() { "none".to_owned() } else { known.join(", ") }
            ));
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ConfigFile {
    theme: Option<String>,
    mouse: Option<bool>,
    memory_mib: Option<u32>,
    notify: Option<Notice>,
    gate: Option<GateMode>,
    severity: BTreeMap<String, Weight>,
    r#override: Vec<OverrideTable>,
    trusted: Vec<PathBuf>,
    ignore: Vec<String>,
    project: ProjectTable,
    model: ModelTable,
    models: BTreeMap<String, ModelTable>,
    limits: LimitsTable,
    tests: TestsTable,
    commands: CommandsTable,
    python: PythonTable,
    keys: BTreeMap<String, Spanned<toml::Value>>,
}

impl ConfigFile {
    /// The keys of this file that only the user's own file may hold.
    fn only_for_the_user(&self) -> Vec<&'static str> {
        let mut refused = Vec::new();
        if self.model != ModelTable::default() {
            refused.push("[model]");
        }
        if !self.models.is_empty() {
            refused.push("[models]");
        }
        if self.mouse.is_some() {
            refused.push("mouse");
        }
        if self.memory_mib.is_some() {
            refused.push("memory_mib");
        }
        if self.notify.is_some() {
            refused.push("notify");
        }
        if !self.trusted.is_empty() {
            refused.push("trusted");
        }
        if !self.commands.allow.is_empty() {
            refused.push("[commands]");
        }
        if self.python.environment.is_some() {
            refused.push("[python]");
        }
        if !self.keys.is_empty() {
            refused.push("[keys]");
        }
        refused
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ProjectTable {
    writable: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TestsTable {
    command: Option<String>,
    timeout_s: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CommandsTable {
    allow: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PythonTable {
    environment: Option<PathBuf>,
}

/// What `[keys]` holds, one fault for each line that cannot be read: the others count.
fn key_settings(
    path: &Path,
    text: &str,
    keys: BTreeMap<String, Spanned<toml::Value>>,
    faults: &mut Vec<String>,
) -> Vec<KeySetting> {
    let mut settings = Vec::new();
    for (name, value) in keys {
        let line = line_of(text, value.span().start);
        let origin = format!("{} line {line}", path.display());
        let keys: Option<Vec<String>> = match value.into_inner() {
            toml::Value::String(key) => Some(vec![key]),
            toml::Value::Array(keys) => keys.into_iter().map(|key| key.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        match keys {
            Some(keys) => settings.push((line, KeySetting { name, keys, origin })),
            None => faults.push(format!(
                "{origin}: [keys] '{name}' takes a key or a list of keys, as in {name} = [\"x\", \"F2\"]"
            )),
        }
    }
    settings.sort_by_key(|(line, _)| *line);
    settings.into_iter().map(|(_, setting)| setting).collect()
}

/// The line, from 1, that a byte of `text` stands in.
fn line_of(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].matches('\n').count() + 1
}

/// `a, b are`.
fn listed<T: AsRef<str>>(keys: &[T]) -> String {
    let names: Vec<&str> = keys.iter().map(AsRef::as_ref).collect();
    names.join(", ") + if names.len() == 1 { " is" } else { " are" }
}

/// `~/shop` as a shell reads it.
fn below_home(folder: &Path) -> PathBuf {
    match (folder.strip_prefix("~"), environment_variable("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => folder.to_path_buf(),
    }
}

fn trimmed(value: Option<String>) -> Option<String> {
    value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// `PATH line 3: unknown key 'themee'; did you mean 'theme'? …`
fn fault_sentence(path: &Path, text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map_or(1, |span| line_of(text, span.start));
    let message = error.message();
    let what = match message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
        Some((unknown, rest)) => {
            let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
            match nearest(unknown, known.iter().copied(), 1).first() {
                Some(near) => format!("unknown key '{unknown}'; did you mean '{near}'?"),
                None => format!("unknown key '{unknown}'; known here: {}.", known.join(", ")),
            }
        }
        None => format!("{}.", message.trim_end_matches('.')),
    };
    format!("{} line {line}: {what} The whole file is left out until that is mended", path.display())
}

#[cfg(test)]
mod tests;

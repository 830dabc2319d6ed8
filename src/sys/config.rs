//! What a person has set: the configuration files and the environment, as plain data.
//!
//! Knows nothing of what keys and themes mean. Invariant: a fault in a file never stops the workbench; what the file
//! could not say keeps its default, and the fault is a sentence with the way out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use super::state::{config_folder, environment_variable};
use crate::text::edit_distance;

/// Whether the gate stops a write or only speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GateMode {
    #[default]
    Block,
    Report,
}

/// Which model is asked, and how patiently.
#[derive(Debug, Clone)]
pub struct ModelConfig {
    /// Up to and with `/v1`; `None`: local servers are looked for.
    pub base_url: Option<String>,
    pub api_key: Option<SecretString>,
    pub name: Option<String>,
    /// US dollars for a million tokens.
    pub prompt_price: Option<f64>,
    pub completion_price: Option<f64>,
    /// How long a model may say nothing before the turn is given up.
    pub silence_timeout: Duration,
    pub connect_timeout: Duration,
    /// The wait before the second try; it doubles with every further one.
    pub retry_wait: Duration,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            base_url: None,
            api_key: None,
            name: None,
            prompt_price: None,
            completion_price: None,
            silence_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            retry_wait: Duration::from_millis(500),
        }
    }
}

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Config {
    pub model: ModelConfig,
    /// The name of a theme; `None`: chosen by the terminal.
    pub theme: Option<String>,
    pub mouse: bool,
    pub gate: GateMode,
    /// Action → keys, as written; `ui` knows what both mean.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Patterns, as in `.gitignore`, of what is no part of the project.
    pub ignore: Vec<String>,
    /// How the project's tests are run.
    pub tests_command: Option<String>,
    /// The prefix of the project's Python environment.
    pub python_environment: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            model: ModelConfig::default(),
            theme: None,
            mouse: true,
            gate: GateMode::Block,
            keys: BTreeMap::new(),
            ignore: Vec::new(),
            tests_command: None,
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
}

impl Config {
    /// The user's file, then the project's, then the environment, which wins. Never fails: see the faults.
    pub fn load(root: &Path) -> LoadedConfig {
        let mut loaded = LoadedConfig::default();
        match config_folder() {
            Ok(folder) => loaded.take_file(&folder.join("config.toml"), Owner::User),
            Err(error) => tracing::info!("no configuration folder: {error:#}"),
        }
        loaded.take_file(&root.join(".flux").join("config.toml"), Owner::Project);
        loaded.config.take_environment(&environment_variable);
        loaded
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
        if let Some(name) = variable("FLUX_MODEL") {
            self.model.name = Some(name);
        }
    }
}

/// Whose file it is: a project that was merely downloaded may not say where the key is sent nor what is run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    User,
    Project,
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
        self.take_text(path, &text, owner, &environment_variable);
    }

    fn take_text(&mut self, path: &Path, text: &str, owner: Owner, variable: &dyn Fn(&str) -> Option<String>) {
        let file: ConfigFile = match toml::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                self.faults.push(fault_sentence(path, text, &error));
                return;
            }
        };
        if owner == Owner::Project {
            let refused = file.only_for_the_user();
            if !refused.is_empty() {
                self.refused.push(format!(
                    "{}: a project may set only ignore, tests and theme; {} ignored. Put it into your own config.toml",
                    path.display(),
                    refused.join(", ") + if refused.len() == 1 { " is" } else { " are" },
                ));
            }
        }
        let config = &mut self.config;
        config.ignore.extend(file.ignore);
        config.theme = file.theme.or(config.theme.take());
        config.tests_command = file.tests.command.or(config.tests_command.take());
        if owner == Owner::Project {
            return;
        }
        config.mouse = file.mouse.unwrap_or(config.mouse);
        config.gate = file.gate.unwrap_or(config.gate);
        config.keys = file.keys.into_iter().map(|(action, keys)| (action, keys.into_vec())).collect();
        config.python_environment = file.python.environment;
        if let Some(fault) = file.model.put_into(&mut config.model, variable) {
            self.faults.push(format!("{}: {fault}", path.display()));
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ConfigFile {
    theme: Option<String>,
    mouse: Option<bool>,
    gate: Option<GateMode>,
    ignore: Vec<String>,
    model: ModelTable,
    tests: TestsTable,
    python: PythonTable,
    keys: BTreeMap<String, OneOrMany>,
}

impl ConfigFile {
    /// The keys of this file that only the user's own file may hold.
    fn only_for_the_user(&self) -> Vec<&'static str> {
        let mut refused = Vec::new();
        if self.model != ModelTable::default() {
            refused.push("[model]");
        }
        if self.mouse.is_some() {
            refused.push("mouse");
        }
        if self.gate.is_some() {
            refused.push("gate");
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

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ModelTable {
    base_url: Option<String>,
    api_key: Option<String>,
    /// The environment variable that holds the key: better than the key in a file.
    api_key_env: Option<String>,
    name: Option<String>,
    prompt_price: Option<f64>,
    completion_price: Option<f64>,
    silence_timeout_s: Option<f64>,
    connect_timeout_s: Option<f64>,
}

impl ModelTable {
    fn put_into(self, model: &mut ModelConfig, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let mut fault = None;
        if let Some(base_url) = trimmed(self.base_url) {
            model.base_url = Some(base_url);
        }
        model.api_key = trimmed(self.api_key).map(SecretString::from);
        if let Some(name) = trimmed(self.api_key_env) {
            match variable(&name) {
                Some(key) => model.api_key = Some(SecretString::from(key)),
                None => fault = Some(format!("model.api_key_env names {name}, which is not set in the environment")),
            }
        }
        model.name = trimmed(self.name);
        model.prompt_price = self.prompt_price;
        model.completion_price = self.completion_price;
        for (seconds, timeout) in
            [(self.silence_timeout_s, &mut model.silence_timeout), (self.connect_timeout_s, &mut model.connect_timeout)]
        {
            match seconds.map(|seconds| (seconds, Duration::try_from_secs_f64(seconds))) {
                None => {}
                Some((_, Ok(duration))) if !duration.is_zero() => *timeout = duration,
                Some((seconds, _)) => {
                    fault = Some(format!("a time-out of {seconds} seconds is none; give more than 0"))
                }
            }
        }
        fault
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TestsTable {
    command: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PythonTable {
    environment: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

fn trimmed(value: Option<String>) -> Option<String> {
    value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// `PATH line 3: unknown key 'themee'; did you mean 'theme'? …`
fn fault_sentence(path: &Path, text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    let message = error.message();
    let what = match message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
        Some((unknown, rest)) => {
            let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
            match nearest(unknown, &known) {
                Some(near) => format!("unknown key '{unknown}'; did you mean '{near}'?"),
                None => format!("unknown key '{unknown}'; known here: {}.", known.join(", ")),
            }
        }
        None => format!("{}.", message.trim_end_matches('.')),
    };
    format!("{} line {line}: {what} The whole file is left out until that is mended", path.display())
}

/// The known word that is at most a third of its letters away.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (edit_distance(word, candidate), *candidate))
        .filter(|(apart, candidate)| *apart <= 1 + candidate.len() / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn loaded(text: &str, owner: Owner) -> LoadedConfig {
        let mut loaded = LoadedConfig::default();
        let variable = |name: &str| (name == "SHOP_KEY").then(|| "sk-1".to_owned());
        loaded.take_text(Path::new("config.toml"), text, owner, &variable);
        loaded
    }

    #[test]
    fn reads_everything_that_can_be_set() {
        let text = r#"
            theme = "light"
            mouse = false
            gate = "report"
            ignore = ["vendored/"]
            [model]
            base_url = " http://localhost:1/v1 "
            api_key_env = "SHOP_KEY"
            name = "tiny"
            prompt_price = 0.5
            silence_timeout_s = 0.25
            [tests]
            command = "pytest -q"
            [keys]
            accept = "a"
            reject = ["n", "x"]
        "#;
        let LoadedConfig { config, faults, .. } = loaded(text, Owner::User);
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!((config.theme.as_deref(), config.mouse, config.gate), (Some("light"), false, GateMode::Report));
        assert_eq!(config.model.base_url.as_deref(), Some("http://localhost:1/v1"));
        assert_eq!(config.model.api_key.unwrap().expose_secret(), "sk-1");
        assert_eq!(config.model.silence_timeout, Duration::from_millis(250));
        assert_eq!(config.keys["reject"], ["n", "x"]);
        assert_eq!(config.tests_command.as_deref(), Some("pytest -q"));
    }

    #[test]
    fn an_unknown_key_names_the_nearest_and_the_line() {
        let faults = loaded("mouse = true\nthemee = \"dark\"\n", Owner::User).faults;
        assert_eq!(
            faults,
            [
                "config.toml line 2: unknown key 'themee'; did you mean 'theme'? The whole file is left out until that is mended"
            ]
        );
        let faults = loaded("[model]\nbase-url = \"x\"\n", Owner::User).faults;
        assert!(faults[0].contains("line 2") && faults[0].contains("did you mean 'base_url'?"), "{faults:?}");
        let faults = loaded("theme = \n", Owner::User).faults;
        assert!(faults[0].starts_with("config.toml line 1: "), "{faults:?}");
    }

    #[test]
    fn a_project_may_not_say_where_the_key_goes() {
        let text =
            "theme = \"light\"\ngate = \"report\"\n[model]\nbase_url = \"http://evil/v1\"\n[tests]\ncommand = \"x\"\n";
        let LoadedConfig { config, faults, refused } = loaded(text, Owner::Project);
        assert_eq!(config.model.base_url, None);
        assert_eq!(config.gate, GateMode::Block);
        assert_eq!((config.theme.as_deref(), config.tests_command.as_deref()), (Some("light"), Some("x")));
        assert_eq!(faults, Vec::<String>::new());
        assert!(refused[0].contains("[model], gate are ignored"), "{refused:?}");
    }

    #[test]
    fn the_environment_wins_and_a_key_stays_with_its_address() {
        let mut config = loaded("[model]\nbase_url = \"http://a/v1\"\napi_key = \"sk-a\"\n", Owner::User).config;
        config.take_environment(&|name| (name == "OPENAI_BASE_URL").then(|| "http://b/v1".to_owned()));
        assert_eq!(config.model.base_url.as_deref(), Some("http://b/v1"));
        assert!(config.model.api_key.is_none());
        let mut config = Config::default();
        config.take_environment(&|name| (name == "OPENAI_API_KEY").then(|| "sk".to_owned()));
        assert_eq!(config.model.base_url.as_deref(), Some("https://api.openai.com/v1"));
    }
}

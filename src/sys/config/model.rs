//! `[model]` and `[models.NAME]`: which models can be asked, and how patiently.
//!
//! Invariant: a key belongs to the table, or the environment, that names its address.

use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

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
    /// How calls travel.
    pub tools: ToolCalling,
    /// How many tokens a conversation may hold; `None`: the server says so when it is too many.
    pub context_tokens: Option<u64>,
}

/// How a model calls tools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolCalling {
    /// As the server's interface has it, and in the text where that is refused.
    #[default]
    Auto,
    Native,
    Text,
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
            tools: ToolCalling::Auto,
            context_tokens: None,
        }
    }
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ModelTable {
    base_url: Option<String>,
    api_key: Option<String>,
    /// The environment variable that holds the key: better than the key in a file.
    api_key_env: Option<String>,
    name: Option<String>,
    /// Which of `[models]` is asked first.
    pub(super) default: Option<String>,
    tools: Option<ToolCalling>,
    context_tokens: Option<u64>,
    prompt_price: Option<f64>,
    completion_price: Option<f64>,
    silence_timeout_s: Option<f64>,
    connect_timeout_s: Option<f64>,
    retry_wait_s: Option<f64>,
}

impl ModelTable {
    pub(super) fn put_into(self, model: &mut ModelConfig, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let mut fault = None;
        if let Some(base_url) = super::trimmed(self.base_url) {
            model.base_url = Some(base_url);
        }
        model.api_key = super::trimmed(self.api_key).map(SecretString::from);
        if let Some(name) = super::trimmed(self.api_key_env) {
            match variable(&name) {
                Some(key) => model.api_key = Some(SecretString::from(key)),
                None => fault = Some(format!("api_key_env names {name}, which is not set in the environment")),
            }
        }
        model.name = super::trimmed(self.name);
        model.tools = self.tools.unwrap_or_default();
        model.context_tokens = self.context_tokens;
        model.prompt_price = self.prompt_price;
        model.completion_price = self.completion_price;
        for (seconds, timeout) in [
            (self.silence_timeout_s, &mut model.silence_timeout),
            (self.connect_timeout_s, &mut model.connect_timeout),
            (self.retry_wait_s, &mut model.retry_wait),
        ] {
            match seconds.map(|seconds| (seconds, Duration::try_from_secs_f64(seconds))) {
                None => {}
                Some((_, Ok(duration))) if !duration.is_zero() => *timeout = duration,
                Some((seconds, _)) => {
                    fault = Some(format!("timeout: a time-out of {seconds} seconds is none; give more than 0"))
                }
            }
        }
        fault
    }
}

//! A chat-completions server: one turn, streamed, with one more try when it is cut off.
//!
//! Knows nothing of what the conversation is about. Invariant: whatever a server does, a turn ends, and says why.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_openai::error::OpenAIError;
use futures::StreamExt;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::answer::{Answer, fault_of};
use super::local;
use super::request::{Calls, Counting, body};
use super::transport::{
    ANSWER_BYTES_MAX, Fault, Transport, beginning, http_client, refused_key_sentence, root_cause, unreachable_sentence,
};
use super::turn::{Say, estimated_usage};
use super::{refusals, written};
use crate::agent::{ModelEvent, ModelRequest, Usage};
use crate::sys::config::{ModelConfig, ToolCalling};

/// So much garbage in one stream is no accident.
const MALFORMED_MAX: u32 = 100;
/// What is kept free for the answer.
const ANSWER_TOKENS: u64 = 1_500;
/// How long the count of tokens is waited for after the last word.
const COUNT_TIMEOUT: Duration = Duration::from_secs(3);

/// The configured model. Where it is, is found out with the first turn, and again until it is found.
pub(in crate::sys) struct ChatModel {
    /// Its name in the configuration; empty for the one without.
    label: String,
    config: ModelConfig,
    endpoint: OnceCell<Endpoint>,
    name: OnceLock<String>,
    /// Its server takes no tools: found out by asking, or set.
    writes_calls: AtomicBool,
}

/// Where the model is and what it is called there.
struct Endpoint {
    /// Without a slash at its end.
    base_url: String,
    model: String,
    http: reqwest::Client,
    authorization: Option<HeaderValue>,
}

impl ChatModel {
    pub(in crate::sys) fn new(config: ModelConfig) -> Self {
        Self::labelled(String::new(), config)
    }

    /// With its name in the configuration.
    pub(in crate::sys) fn labelled(label: String, config: ModelConfig) -> Self {
        let writes_calls = AtomicBool::new(config.tools == ToolCalling::Text);
        let chat = Self { label, config, endpoint: OnceCell::new(), name: OnceLock::new(), writes_calls };
        if let (Some(_), Some(model)) = (&chat.config.base_url, &chat.config.name) {
            chat.is_called(model);
        }
        chat
    }

    fn is_called(&self, model: &str) {
        let name = match self.label.as_str() {
            "" => model.to_owned(),
            label if label == model => model.to_owned(),
            label => format!("{label} · {model}"),
        };
        let _ = self.name.set(name);
    }

    pub(in crate::sys) fn name(&self) -> &str {
        self.name.get().map_or("no model yet", String::as_str)
    }

    /// Finds the model, for the status line, before anybody asks.
    pub(in crate::sys) async fn look(&self) -> Result<(), String> {
        self.endpoint().await.map(|_| ())
    }

    /// Asks the server for its models, and says whether this one is among them.
    pub(in crate::sys) async fn check(&self) -> Result<String, String> {
        self.checked().await.map_err(|why| without_key(why, self.config.api_key.as_ref()))
    }

    async fn checked(&self) -> Result<String, String> {
        let endpoint = self.endpoint().await?;
        let Endpoint { base_url, model, http, authorization } = endpoint;
        let listed = local::model_names(http, base_url, authorization.as_ref());
        match tokio::time::timeout(self.config.connect_timeout, listed).await {
            Err(_) => Err(self.sentence(endpoint, &Fault::Silent)),
            Ok(Err(Fault::Status { status: status @ (401 | 403), body, tries })) => {
                Err(self.sentence(endpoint, &Fault::Status { status, body, tries }))
            }
            // Some servers answer questions but list nothing.
            Ok(Err(Fault::Status { status, .. })) => {
                Ok(format!("{model} at {base_url} (it lists no models: status {status})"))
            }
            Ok(Err(fault)) => Err(self.sentence(endpoint, &fault)),
            Ok(Ok(names)) if names.is_empty() || names.contains(model) => Ok(format!("{model} at {base_url}")),
            Ok(Ok(names)) => {
                let some = names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
                Err(format!("{base_url} answers but knows no model '{model}'; it has {some}: set FLUX_MODEL"))
            }
        }
    }

    pub(in crate::sys) async fn turn(&self, request: &ModelRequest, say: &Say) -> ModelEvent {
        let (key, told) = (self.config.api_key.clone(), say.clone());
        let say: Say = Arc::new(move |event| {
            told(match event {
                ModelEvent::Retrying { why, wait_ms, attempt } => {
                    ModelEvent::Retrying { why: without_key(why, key.as_ref()), wait_ms, attempt }
                }
                event => event,
            });
        });
        match self.ask(request, &say).await {
            Ok(event) => event,
            Err(why) => ModelEvent::Failed { why: without_key(why, self.config.api_key.as_ref()) },
        }
    }

    async fn endpoint(&self) -> Result<&Endpoint, String> {
        let endpoint = self.endpoint.get_or_try_init(|| Endpoint::find(&self.config)).await?;
        self.is_called(&endpoint.model);
        Ok(endpoint)
    }

    async fn ask(&self, request: &ModelRequest, say: &Say) -> Result<ModelEvent, String> {
        let endpoint = self.endpoint().await?;
        if let Some(most) = self.config.context_tokens
            && let asked = estimated_usage(request, "", &[]).prompt_tokens
            && asked + ANSWER_TOKENS > most
        {
            let why = format!("the conversation holds about {asked} tokens, and context_tokens is {most}");
            return Ok(ModelEvent::TooLong { why, tokens_max: Some(most) });
        }
        let mut counting = Counting::Asked;
        let mut was_cut_off = false;
        loop {
            let calls = self.calls();
            let attempt = self.attempt(endpoint, request, (counting, calls), say).await;
            match attempt {
                Err(Fault::Status { status, body, .. }) if refusals::is_too_long(status, &body) => {
                    let tokens_max = refusals::tokens_in(&body);
                    let why = self.sentence(endpoint, &Fault::Status { status, body, tries: 1 });
                    return Ok(ModelEvent::TooLong { why, tokens_max });
                }
                Err(Fault::Status { status, body, .. })
                    if calls == Calls::Native
                        && self.config.tools == ToolCalling::Auto
                        && !request.tools.is_empty()
                        && refusals::takes_no_tools(status, &body) =>
                {
                    self.writes_calls.store(true, Ordering::Relaxed);
                    let why = format!("{} takes no tools; calls are written as text from now on", endpoint.model);
                    say(ModelEvent::Retrying { why, wait_ms: 0, attempt: 2 });
                }
                Ok(answer) => return self.finished(endpoint, request, answer),
                Err(Fault::Status { status: 400 | 422, body, .. })
                    if counting == Counting::Asked && body.contains("stream_options") =>
                {
                    counting = Counting::NotAsked;
                }
                Err(Fault::CutOff(why)) if !was_cut_off => {
                    was_cut_off = true;
                    let why = format!("the answer was cut off ({why}); asked again from the start");
                    say(ModelEvent::Retrying { why, wait_ms: 0, attempt: 2 });
                }
                Err(fault) => return Err(self.sentence(endpoint, &fault)),
            }
        }
    }

    async fn attempt(
        &self,
        endpoint: &Endpoint,
        request: &ModelRequest,
        (counting, calls): (Counting, Calls),
        say: &Say,
    ) -> Result<Answer, Fault> {
        let transport = Transport {
            http: endpoint.http.clone(),
            silence_timeout: self.config.silence_timeout,
            retry_wait: self.config.retry_wait,
            say: say.clone(),
        };
        let client = async_openai::Client::build(endpoint.http.clone(), endpoint).with_http_service(transport);
        let body = body(&endpoint.model, request, counting, calls);
        let asked = client.chat().create_stream_byot::<Value, Value>(body).await;
        match asked {
            Ok(stream) => self.listen(stream, say).await,
            Err(OpenAIError::Boxed(error)) => match error.downcast::<Fault>() {
                Ok(fault) => match *fault {
                    Fault::Whole { content_type, body } => whole_answer(content_type, body, say),
                    fault => Err(fault),
                },
                Err(error) => Err(Fault::Refused(error.to_string())),
            },
            Err(error) => Err(Fault::Refused(root_cause(&error))),
        }
    }

    /// Takes in the stream until the answer is complete.
    async fn listen(
        &self,
        mut stream: impl futures::Stream<Item = Result<Value, OpenAIError>> + Unpin,
        say: &Say,
    ) -> Result<Answer, Fault> {
        let mut answer = Answer::default();
        let mut malformed_count = 0;
        let mut deadline = Instant::now() + self.config.silence_timeout;
        loop {
            // Comments that keep the connection open do not come through here, so they move no deadline.
            let item = match tokio::time::timeout_at(deadline, stream.next()).await {
                Err(_) | Ok(None) if answer.is_complete() => break,
                Err(_) => return Err(Fault::Silent),
                Ok(None) => return Err(Fault::CutOff("it ended without a finish reason".to_owned())),
                Ok(Some(item)) => item,
            };
            match item {
                Ok(chunk) => {
                    answer.take(&chunk).into_iter().for_each(|event| say(event));
                    if chunk.get("choices").and_then(Value::as_array).is_some_and(|choices| !choices.is_empty()) {
                        deadline = Instant::now() + self.config.silence_timeout;
                    }
                }
                Err(OpenAIError::JSONDeserialize(error, content)) => {
                    malformed_count += 1;
                    tracing::warn!("malformed chunk {malformed_count}: {error}");
                    // A piece of a call that is lost would make another call of it.
                    if content.contains("tool_calls") || malformed_count > MALFORMED_MAX {
                        return Err(Fault::CutOff("a piece of it was not readable".to_owned()));
                    }
                }
                Err(_) if answer.is_complete() => break,
                Err(error) => return Err(Fault::CutOff(stream_fault(&error))),
            }
            if let Some(fault) = answer.fault.take() {
                return Err(Fault::CutOff(fault));
            }
            if answer.size_bytes() > ANSWER_BYTES_MAX {
                return Err(Fault::Refused(format!("the answer is larger than {} MiB", ANSWER_BYTES_MAX >> 20)));
            }
            if answer.is_complete() {
                if answer.tokens.is_some() {
                    break;
                }
                deadline = deadline.min(Instant::now() + COUNT_TIMEOUT);
            }
        }
        if malformed_count > 0 && answer.has_broken_call() {
            return Err(Fault::CutOff("a piece of a tool call was not readable".to_owned()));
        }
        Ok(answer)
    }

    fn finished(&self, endpoint: &Endpoint, request: &ModelRequest, answer: Answer) -> Result<ModelEvent, String> {
        match answer.finish_reason.as_deref() {
            Some("length") if answer.has_broken_call() || answer.is_empty() => {
                return Err(self.cut_by_length(endpoint));
            }
            Some("content_filter") if answer.is_empty() => {
                return Err(format!("the provider's filter kept the answer of {} back", endpoint.model));
            }
            _ => {}
        }
        let tokens = answer.tokens;
        let is_whole = answer.finish_reason.as_deref() != Some("length");
        let (text, mut tool_calls) = answer.into_parts();
        let mut text = text;
        if tool_calls.is_empty() {
            let names: Vec<&str> = request.tools.iter().map(|tool| tool.name).collect();
            written::Written { text, calls: tool_calls } = written::read(&text, &names);
            if !is_whole && !tool_calls.is_empty() {
                return Err(self.cut_by_length(endpoint));
            }
        }
        let mut usage = match tokens {
            Some(tokens) => Usage {
                prompt_tokens: tokens.prompt,
                completion_tokens: tokens.completion,
                cost: tokens.cost,
                estimated: false,
            },
            None => estimated_usage(request, &text, &tool_calls),
        };
        usage.cost = usage.cost.or_else(|| self.cost(&usage));
        Ok(ModelEvent::Finished { text, tool_calls, usage })
    }

    fn cut_by_length(&self, endpoint: &Endpoint) -> String {
        format!(
            "{} reached its limit of output in the middle of a tool call; ask for a smaller step, or raise the server's limit",
            endpoint.model
        )
    }

    fn calls(&self) -> Calls {
        if self.writes_calls.load(Ordering::Relaxed) { Calls::Written } else { Calls::Native }
    }

    fn cost(&self, usage: &Usage) -> Option<f64> {
        let prompt = self.config.prompt_price? * usage.prompt_tokens as f64;
        let completion = self.config.completion_price? * usage.completion_tokens as f64;
        Some((prompt + completion) / 1e6)
    }

    /// What a person can do about `fault`: where it happened, what, and the way out.
    fn sentence(&self, endpoint: &Endpoint, fault: &Fault) -> String {
        let Endpoint { base_url: at, model, .. } = endpoint;
        match fault {
            Fault::Unreachable(why) => unreachable_sentence(at, why),
            Fault::Status { status: status @ (401 | 403), body, .. } => refused_key_sentence(at, *status, body),
            Fault::Status { status: 404, body, .. } => format!(
                "{at} knows no chat completions or no model '{model}' (status 404): {body}; check OPENAI_BASE_URL, \
                 which usually ends in /v1, and FLUX_MODEL"
            ),
            Fault::Status { status: status @ 300..=399, body, .. } => {
                format!("{at} answered with a redirection (status {status}): {body}; set OPENAI_BASE_URL to that")
            }
            Fault::Status { status, body, tries: 1 } => format!("{at} refused the request (status {status}): {body}"),
            Fault::Status { status, body, tries } => {
                format!("{at} still answered with status {status} at try {tries}: {body}; try again later")
            }
            Fault::Whole { content_type, body } => format!(
                "{at} answered with {content_type} instead of a chat completion ({}); check OPENAI_BASE_URL, which \
                 usually ends in /v1",
                beginning(body)
            ),
            Fault::Silent => format!(
                "{model} at {at} said nothing for {} s; a slow model needs a larger silence_timeout_s in [model] of \
                 config.toml",
                self.config.silence_timeout.as_secs_f64()
            ),
            Fault::CutOff(why) => format!("the answer of {model} at {at} was cut off twice: {why}; try again"),
            Fault::Refused(why) => format!("{at} gave no answer: {why}"),
        }
    }
}

impl Endpoint {
    async fn find(config: &ModelConfig) -> Result<Self, String> {
        let authorization = config.api_key.as_ref().map(authorization).transpose()?;
        let Some(base_url) = &config.base_url else {
            let (base_url, model) = local::first_local_model(config.name.as_deref()).await?;
            let http = http_client(&base_url, config.connect_timeout).map_err(|error| format!("{error:#}"))?;
            // A key belongs to the address it was given for, not to whatever listens here.
            return Ok(Self { base_url, model, http, authorization: None });
        };
        let base_url = base_url.trim_end_matches('/').trim_end_matches("/chat/completions").to_owned();
        let http = http_client(&base_url, config.connect_timeout).map_err(|error| format!("{error:#}"))?;
        let model = match &config.name {
            Some(name) => name.clone(),
            None => local::only_model(&http, &base_url, authorization.as_ref()).await?,
        };
        Ok(Self { base_url, model, http, authorization })
    }
}

/// A shorter key is a placeholder for a server that wants none: its letters stand in many sentences.
const KEY_BYTES_MIN: usize = 12;

/// Takes the key out of a sentence: some servers repeat it in what they refuse, and sentences are shown and logged.
fn without_key(why: String, key: Option<&SecretString>) -> String {
    match key.map(|key| key.expose_secret().trim()).filter(|key| key.len() >= KEY_BYTES_MIN) {
        Some(key) => why.replace(key, "[the key]"),
        None => why,
    }
}

/// The key as a header. Keys are pasted, so blanks around one are taken off; the client would panic on a line end.
fn authorization(key: &SecretString) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", key.expose_secret().trim()))
        .map_err(|_| "the API key holds a character that no header can carry; set OPENAI_API_KEY again".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

impl async_openai::config::Config for &Endpoint {
    fn headers(&self) -> HeaderMap {
        self.authorization.iter().map(|value| (AUTHORIZATION, value.clone())).collect()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    fn api_base(&self) -> &str {
        &self.base_url
    }

    fn api_key(&self) -> &SecretString {
        // Only the realtime interface asks; the header above carries the key.
        static NONE: OnceLock<SecretString> = OnceLock::new();
        NONE.get_or_init(|| SecretString::from(String::new()))
    }
}

/// An answer that came in one piece: a whole completion, or events under a wrong content type.
fn whole_answer(content_type: String, body: String, say: &Say) -> Result<Answer, Fault> {
    let mut answer = Answer::default();
    if let Ok(value) = serde_json::from_str::<Value>(&body) {
        if let Some(fault) = fault_of(&value) {
            return Err(Fault::Refused(fault));
        }
        if value.get("choices").is_some_and(Value::is_array) {
            answer.take(&value).into_iter().for_each(|event| say(event));
            return Ok(answer);
        }
    } else if body.trim_start().starts_with("data:") || body.trim_start().starts_with(':') {
        let chunks = body.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data:")?).ok());
        for chunk in chunks {
            let chunk: Value = chunk;
            answer.take(&chunk).into_iter().for_each(|event| say(event));
        }
        if answer.is_complete() {
            return Ok(answer);
        }
        return Err(Fault::CutOff("it ended without a finish reason".to_owned()));
    } else if content_type.contains("json") {
        return Err(Fault::CutOff(format!("its JSON is not readable: {}", beginning(&body))));
    }
    Err(Fault::Whole { content_type, body })
}

fn stream_fault(error: &OpenAIError) -> String {
    match error {
        OpenAIError::StreamError(error) => error.to_string(),
        error => root_cause(error),
    }
}

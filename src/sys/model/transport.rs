//! How a request travels: time-outs, tries, and what is kept of an answer that is none.
//!
//! Knows nothing of conversations. Invariant: every wait before another try is told, and no wait is longer than a
//! minute, whatever the server asks for.

use std::time::Duration;

use anyhow::Context as _;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use futures::future::BoxFuture;
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Response, StatusCode};

use super::turn::Say;
use crate::agent::ModelEvent;

const TRIES_MAX: u32 = 4;
const WAIT_MAX: Duration = Duration::from_secs(60);
/// No answer that anybody can use is larger.
pub(super) const ANSWER_BYTES_MAX: usize = 16 << 20;
const FAULT_BODY_BYTES_MAX: usize = 64 << 10;

/// Why an attempt gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("{0}")]
    Unreachable(String),
    #[error("status {status}: {body}")]
    Status { status: u16, body: String, tries: u32 },
    /// Status 200, but no event stream: perhaps a whole answer, perhaps a web page.
    #[error("no event stream but {content_type}")]
    Whole { content_type: String, body: String },
    #[error("silence")]
    Silent,
    /// The answer began and did not end.
    #[error("cut off: {0}")]
    CutOff(String),
    #[error("{0}")]
    Refused(String),
}

/// Builds the HTTP client for `base_url`. Roots are brought along: a bare container has no certificate store.
pub(super) fn http_client(base_url: &str, connect_timeout: Duration) -> anyhow::Result<reqwest::Client> {
    // Fails when it is installed already, which is all that is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = reqwest::Url::parse(base_url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.with_context(|| {
        format!("the model's address '{base_url}' is none: it begins with http:// or https:// and usually ends in /v1")
    })?;
    let mut roots = Vec::new();
    if url.scheme() == "https" {
        for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            roots.push(reqwest::Certificate::from_der(root)?);
        }
        // A company's own authority, named the way most programs take it.
        if let Some(bundle) = std::env::var_os("SSL_CERT_FILE") {
            let pem = std::fs::read(&bundle).with_context(|| format!("SSL_CERT_FILE {}", bundle.display()))?;
            roots.extend(reqwest::Certificate::from_pem_bundle(&pem)?);
        }
    }
    let mut builder = reqwest::Client::builder()
        .connect_timeout(connect_timeout)
        .tcp_keepalive(Duration::from_secs(30))
        // A redirected POST arrives as a GET: better to say where the server points to.
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("flux/", env!("CARGO_PKG_VERSION")))
        .tls_certs_only(roots);
    if is_loopback(&url) {
        builder = builder.no_proxy();
    }
    builder.build().context("the HTTP client cannot be built")
}

fn is_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The tower service under the client: it owns the tries.
#[derive(Clone)]
pub(super) struct Transport {
    pub(super) http: reqwest::Client,
    pub(super) silence_timeout: Duration,
    pub(super) retry_wait: Duration,
    pub(super) say: Say,
}

impl tower::Service<HttpRequestFactory> for Transport {
    type Response = Response;
    type Error = OpenAIError;
    type Future = BoxFuture<'static, Result<Response, OpenAIError>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), OpenAIError>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        let transport = self.clone();
        Box::pin(async move {
            let mut wait = transport.retry_wait;
            for attempt in 1..TRIES_MAX {
                match transport.send(&factory, attempt).await? {
                    Ok(response) => return Ok(response),
                    Err(Setback { fault, wait: asked }) => {
                        let pause = asked.unwrap_or(wait).min(WAIT_MAX);
                        wait *= 2;
                        (transport.say)(ModelEvent::Retrying {
                            why: fault.to_string(),
                            wait_ms: pause.as_millis() as u64,
                            attempt: attempt + 1,
                        });
                        tokio::time::sleep(pause).await;
                    }
                }
            }
            transport.send(&factory, TRIES_MAX).await?.map_err(|setback| boxed(setback.fault))
        })
    }
}

/// A fault after which another try makes sense, and the wait that the server asked for.
struct Setback {
    fault: Fault,
    wait: Option<Duration>,
}

impl Transport {
    /// Sends once. The outer error is final, the inner one worth another try.
    async fn send(&self, factory: &HttpRequestFactory, attempt: u32) -> Result<Result<Response, Setback>, OpenAIError> {
        let request = factory.build().await?;
        let sent = tokio::time::timeout(self.silence_timeout, self.http.execute(request)).await;
        let response = match sent {
            Err(_) => return Err(boxed(Fault::Silent)),
            Ok(Err(error)) => {
                let why = root_cause(&error);
                // A wrong certificate does not get better by asking again.
                let is_final = error.is_builder() || why.contains("certificate");
                let fault = Fault::Unreachable(why);
                return if is_final { Err(boxed(fault)) } else { Ok(Err(Setback { fault, wait: None })) };
            }
            Ok(Ok(response)) => response,
        };
        let status = response.status();
        if !status.is_success() {
            let wait = wait_asked_for(response.headers(), jiff::Timestamp::now());
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
            let mut body = self.body(response, FAULT_BODY_BYTES_MAX).await.unwrap_or_default();
            if let Some(location) = location {
                body = format!("it points to {location}");
            }
            let is_worth_a_try = is_passing(status) && !body.contains("insufficient_quota");
            let fault = Fault::Status { status: status.as_u16(), body: excerpt(&body), tries: attempt };
            return if is_worth_a_try { Ok(Err(Setback { fault, wait })) } else { Err(boxed(fault)) };
        }
        let content_type = content_type(response.headers());
        if content_type.starts_with("text/event-stream") {
            return Ok(Ok(response));
        }
        match self.body(response, ANSWER_BYTES_MAX).await {
            Ok(body) => Err(boxed(Fault::Whole { content_type, body })),
            Err(fault) => Err(boxed(fault)),
        }
    }

    /// The body as text, up to `bytes_max`; a server that stops in the middle of it is silent, not waited for.
    async fn body(&self, mut response: Response, bytes_max: usize) -> Result<String, Fault> {
        let mut body = Vec::new();
        loop {
            match tokio::time::timeout(self.silence_timeout, response.chunk()).await {
                Err(_) => return Err(Fault::Silent),
                Ok(Err(error)) => return Err(Fault::CutOff(root_cause(&error))),
                Ok(Ok(None)) => break,
                Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
            }
            if body.len() > bytes_max {
                body.truncate(bytes_max);
                break;
            }
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

/// Too many requests, a time-out, or the server's own trouble: may be over in a moment.
fn is_passing(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::REQUEST_TIMEOUT || status.is_server_error()
}

/// What `Retry-After` asks for: seconds, or a date, of which one that is over means now.
fn wait_asked_for(headers: &HeaderMap, now: jiff::Timestamp) -> Option<Duration> {
    let value = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |name: &str| value(name)?.parse::<f64>().ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number(RETRY_AFTER.as_str()));
    if let Some(seconds) = seconds {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = jiff::fmt::rfc2822::parse(value(RETRY_AFTER.as_str())?).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

/// What is worth showing of an error's body: its message, else its beginning on one line.
pub(super) fn excerpt(body: &str) -> String {
    let message = serde_json::from_str::<serde_json::Value>(body).ok().and_then(|value| {
        super::answer::fault_of(&value)
            .or_else(|| ["message", "detail"].iter().find_map(|key| value.get(key)?.as_str().map(str::to_owned)))
    });
    let line = message.as_deref().unwrap_or(body).split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The first words of a body, on one line.
pub(super) fn beginning(body: &str) -> String {
    let line = body.split_whitespace().take(12).collect::<Vec<_>>().join(" ");
    let line: String = line.chars().take(80).collect();
    if line.is_empty() { "an empty body".to_owned() } else { format!("it begins '{line}'") }
}

/// The innermost reason: `Connection refused (os error 111)` rather than `error sending request`.
pub(super) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

pub(super) fn content_type(headers: &HeaderMap) -> String {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.unwrap_or("no content type").to_ascii_lowercase()
}

pub(super) fn refused_key_sentence(base_url: &str, status: u16, body: &str) -> String {
    format!("{base_url} refused the key (status {status}): {}; set OPENAI_API_KEY", body.trim_end_matches('.'))
}

pub(super) fn unreachable_sentence(base_url: &str, why: &str) -> String {
    let way_out = if why.contains("certificate") {
        "if your network has a certificate authority of its own, name its PEM file in SSL_CERT_FILE"
    } else {
        "start that server, or set OPENAI_BASE_URL (or base_url in [model] of config.toml) to one that answers"
    };
    format!("no model can be reached at {base_url}: {why}; {way_out}")
}

fn boxed(fault: Fault) -> OpenAIError {
    OpenAIError::Boxed(Box::new(fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_asked_for_in_seconds_or_until_a_date() {
        let now: jiff::Timestamp = "2015-10-21T07:28:00Z".parse().unwrap();
        let asked = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            wait_asked_for(&headers, now).map(|wait| wait.as_millis())
        };
        assert_eq!(asked("retry-after", "2"), Some(2_000));
        assert_eq!(asked("retry-after-ms", "15"), Some(15));
        assert_eq!(asked("retry-after", "Wed, 21 Oct 2015 07:28:09 GMT"), Some(9_000));
        assert_eq!(asked("retry-after", "Wed, 21 Oct 2015 07:27:00 GMT"), Some(0));
        assert_eq!(asked("retry-after", "soon"), None);
        assert_eq!(asked("retry-after", "-1"), None);
    }
}

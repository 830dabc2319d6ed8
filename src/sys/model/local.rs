//! Models that are found without being configured: local servers on their usual ports.
//!
//! Invariant: no key is ever sent to a server that was merely found.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde_json::Value;

use super::transport::{
    Fault, beginning, content_type, excerpt, http_client, refused_key_sentence, root_cause, unreachable_sentence,
};
use crate::app::NO_MODEL;

/// Usual ports, in the order in which they are preferred.
const SERVERS: [(&str, u16); 4] = [("Ollama", 11434), ("LM Studio", 1234), ("llama.cpp", 8080), ("vLLM", 8000)];
/// A server on this machine that needs longer is not ready.
const LOOK_TIMEOUT: Duration = Duration::from_millis(800);
const LIST_TIMEOUT: Duration = Duration::from_secs(10);

/// The address and the first model of the first local server that has one (`wanted`, where a name is set); else what
/// to say.
pub(super) async fn first_local_model(wanted: Option<&str>) -> Result<(String, String), String> {
    let http = http_client("http://127.0.0.1", LOOK_TIMEOUT).map_err(|error| format!("{error:#}"))?;
    let looks = SERVERS.map(|(_, port)| {
        let base_url = format!("http://127.0.0.1:{port}/v1");
        let http = &http;
        async move {
            let names = tokio::time::timeout(LOOK_TIMEOUT, model_names(http, &base_url, None)).await.ok()?.ok()?;
            Some((base_url, names))
        }
    });
    let found: Vec<(String, Vec<String>)> = futures::future::join_all(looks).await.into_iter().flatten().collect();
    choose(found, wanted)
}

fn choose(found: Vec<(String, Vec<String>)>, wanted: Option<&str>) -> Result<(String, String), String> {
    for (base_url, names) in &found {
        if let Some(name) = names.iter().find(|name| wanted.is_none_or(|wanted| wanted == *name)) {
            return Ok((base_url.clone(), name.clone()));
        }
    }
    let listed: Vec<String> = found
        .iter()
        .map(|(base_url, names)| match names.as_slice() {
            [] => format!("{base_url} has none"),
            names => {
                format!("{base_url} has {}", names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", "))
            }
        })
        .collect();
    match (wanted, listed.is_empty()) {
        (_, true) => Err(nothing_found()),
        (None, false) => Err(format!("no model is configured and no local server has one: {}", listed.join("; "))),
        (Some(wanted), false) => {
            Err(format!("no local server has the model '{wanted}': {}; set FLUX_MODEL", listed.join("; ")))
        }
    }
}

/// What to say when nothing is configured and no local server answers.
fn nothing_found() -> String {
    let tried = SERVERS.map(|(name, port)| format!("{name} on {port}")).join(", ");
    format!("{NO_MODEL} (no local server was found: {tried})")
}

/// The model of a server that has been named without saying which model: the first one it lists.
pub(super) async fn only_model(
    http: &reqwest::Client,
    base_url: &str,
    authorization: Option<&HeaderValue>,
) -> Result<String, String> {
    if base_url.contains("api.openai.com") {
        return Err("no model is named: set FLUX_MODEL, or name in [model] of ~/.config/flux/config.toml".to_owned());
    }
    let why = match tokio::time::timeout(LIST_TIMEOUT, model_names(http, base_url, authorization)).await {
        Ok(Ok(names)) => match names.into_iter().next() {
            Some(name) => return Ok(name),
            None => "it lists no model".to_owned(),
        },
        Ok(Err(Fault::Unreachable(why))) => return Err(unreachable_sentence(base_url, &why)),
        Ok(Err(Fault::Status { status: status @ (401 | 403), body, .. })) => {
            return Err(refused_key_sentence(base_url, status, &body));
        }
        Ok(Err(Fault::Whole { content_type, body })) => {
            format!("it answered with {content_type} ({})", beginning(&body))
        }
        Ok(Err(fault)) => fault.to_string(),
        Err(_) => format!("it said nothing for {} s", LIST_TIMEOUT.as_secs()),
    };
    Err(format!("the models at {base_url} cannot be listed: {why}; check OPENAI_BASE_URL, or set FLUX_MODEL"))
}

/// The models a server lists, without those that only embed.
pub(super) async fn model_names(
    http: &reqwest::Client,
    base_url: &str,
    authorization: Option<&HeaderValue>,
) -> Result<Vec<String>, Fault> {
    let unreachable = |error: reqwest::Error| Fault::Unreachable(root_cause(&error));
    let mut request = http.get(format!("{base_url}/models"));
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    if !status.is_success() {
        let body = excerpt(&response.text().await.unwrap_or_default());
        return Err(Fault::Status { status: status.as_u16(), body, tries: 1 });
    }
    let content_type = content_type(response.headers());
    let text = response.text().await.map_err(unreachable)?;
    let list: Value = serde_json::from_str(&text).map_err(|_| Fault::Whole { content_type, body: text })?;
    let models = ["data", "models"].iter().find_map(|key| list.get(key)?.as_array()).cloned().unwrap_or_default();
    let names = models.iter().filter_map(|model| ["id", "name"].iter().find_map(|key| model.get(key)?.as_str()));
    Ok(names.filter(|name| !name.contains("embed")).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_server_that_has_the_model_is_taken() {
        let found = || {
            let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            vec![("a".to_owned(), names(&[])), ("b".to_owned(), names(&["x", "y"])), ("c".to_owned(), names(&["z"]))]
        };
        let taken = |wanted| choose(found(), wanted);
        assert_eq!(taken(None), Ok(("b".to_owned(), "x".to_owned())));
        assert_eq!(taken(Some("z")), Ok(("c".to_owned(), "z".to_owned())));
        let why = taken(Some("w")).unwrap_err();
        assert_eq!(why, "no local server has the model 'w': a has none; b has x, y; c has z; set FLUX_MODEL");
        assert!(choose(Vec::new(), None).unwrap_err().contains("Ollama on 11434"));
    }
}

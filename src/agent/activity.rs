//! What the agent did, as lines for a person.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a tool call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Running,
    Ok,
    Refused,
}

/// One entry of the activity pane and of the headless trace. Only the last one, a call that runs and what the model
/// is saying still change.
#[derive(Debug, Clone, PartialEq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    Task(String),
    /// The model's text, growing while it streams.
    Said(String),
    Call {
        name: String,
        summary: String,
        arguments: String,
        outcome: Outcome,
        answer: String,
    },
    /// Something flux itself says: a retry, a limit reached, a stop.
    Note(String),
    /// Why a task ended without a proposal.
    Failure(String),
}

const SUMMARY_CHARS_MAX: usize = 100;

/// A call in one line: `read_file shop/files.py`, `add_class Reader shop/files.py`.
pub(super) fn summary(name: &str, arguments: &str) -> String {
    let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
    let text = |key: &str| arguments.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut words: Vec<String> = vec![name.chars().take(40).collect()];
    let defined = text("code").and_then(defined_name);
    let what = ["symbol", "name", "query", "pattern", "command", "selection", "question", "source", "destination"];
    words.extend(what.iter().filter_map(|key| text(key)).map(str::to_owned));
    if text("name").is_none() {
        words.extend(defined);
    }
    words.extend(text("path").map(str::to_owned));
    if let Some(steps) = arguments.get("steps").and_then(Value::as_array) {
        words.push(format!("{} steps", steps.len()));
    }
    let line = words.join(" ").replace(['\n', '\r', '\t'], " ");
    match line.char_indices().nth(SUMMARY_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// The name that a piece of code defines first.
pub fn defined_name(code: &str) -> Option<String> {
    code.lines().find_map(|line| {
        let line = line.trim_start().trim_start_matches("async ");
        let rest = line.strip_prefix("def ").or_else(|| line.strip_prefix("class "))?;
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        (!name.is_empty()).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_one_line() {
        assert_eq!(summary("read_file", r#"{"path": "shop/files.py"}"#), "read_file shop/files.py");
        let arguments = r#"{"path": "a.py", "code": "@x\nclass Reader:\n    pass\n"}"#;
        assert_eq!(summary("add_class", arguments), "add_class Reader a.py");
        assert_eq!(summary("search", "{garbage"), "search");
    }
}

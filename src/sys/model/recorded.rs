//! A model that plays a recorded conversation: one turn a line of JSONL, no network.
//!
//! Knows nothing of what the conversation is about. Invariant: the same recording gives the same turns, in order.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use super::turn::{Say, estimated_usage};
use crate::agent::{ModelEvent, ModelRequest, ToolCall, Usage};

/// The recording, with what has not been played yet.
pub(in crate::sys) struct Recorded {
    turns: Mutex<VecDeque<(usize, String)>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    #[serde(default)]
    text: String,
    #[serde(default)]
    tool_calls: Vec<Call>,
    /// How long the turn takes to play; nothing waits without it.
    #[serde(default)]
    delay_ms: u64,
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    id: String,
    name: String,
    arguments: serde_json::Value,
}

#[derive(Deserialize)]
struct Tokens {
    prompt_tokens: u64,
    completion_tokens: u64,
    cost: Option<f64>,
}

/// All turns of a recording: what each says, and its calls.
pub(super) fn turns_of(jsonl: &str) -> Result<Vec<(String, Vec<ToolCall>)>, String> {
    let lines = jsonl.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            let turn: Turn = serde_json::from_str(line)
                .map_err(|error| format!("line {} of the recording is no turn: {error}", at + 1))?;
            Ok((turn.text, turn.tool_calls.into_iter().map(Call::into_tool_call).collect()))
        })
        .collect()
}

impl Recorded {
    pub(in crate::sys) fn new(jsonl: &str) -> Self {
        let turns = jsonl
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(at, line)| (at + 1, line.to_owned()))
            .collect();
        Self { turns: Mutex::new(turns) }
    }

    /// Plays the next line; gives the last event of the turn.
    pub(in crate::sys) async fn turn(&self, request: &ModelRequest, say: &Say) -> ModelEvent {
        let next = self.turns.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some((line_number, line)) = next else {
            let text = "The recording is over: nothing more can be asked of this model. `flux demo` plays it again; `flux FOLDER` works with a real one.".to_owned();
            say(ModelEvent::Text(text.clone()));
            return ModelEvent::Finished { text, tool_calls: Vec::new(), usage: Usage::default() };
        };
        let turn: Turn = match serde_json::from_str(&line) {
            Ok(turn) => turn,
            Err(error) => {
                let why = format!("line {line_number} of the recording is no turn: {error}");
                return ModelEvent::Failed { why };
            }
        };
        let pieces = pieces_of(&turn.text);
        let wait = Duration::from_millis(turn.delay_ms / (pieces.len() as u64 + 1));
        for piece in pieces {
            pause(wait).await;
            say(ModelEvent::Text(piece.to_owned()));
        }
        let tool_calls: Vec<ToolCall> = turn.tool_calls.into_iter().map(Call::into_tool_call).collect();
        for call in &tool_calls {
            say(ModelEvent::CallStarted { name: call.name.clone() });
        }
        pause(wait).await;
        let usage = turn.usage.map_or_else(
            || estimated_usage(request, &turn.text, &tool_calls),
            |tokens| Usage {
                prompt_tokens: tokens.prompt_tokens,
                completion_tokens: tokens.completion_tokens,
                cost: tokens.cost,
                estimated: false,
            },
        );
        ModelEvent::Finished { text: turn.text, tool_calls, usage }
    }
}

impl Call {
    fn into_tool_call(self) -> ToolCall {
        // A text is taken as it is: so a recording can hold what a model wrote wrongly.
        let arguments = match self.arguments {
            serde_json::Value::String(text) => text,
            arguments => arguments.to_string(),
        };
        ToolCall { id: self.id, name: self.name, arguments }
    }
}

/// The text word by word, three words a piece, as models stream.
fn pieces_of(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (word_count, (at, _)) in text.match_indices(' ').enumerate() {
        if word_count % 3 == 2 {
            pieces.push(&text[start..=at]);
            start = at + 1;
        }
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

async fn pause(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn play(recorded: &Recorded) -> (String, ModelEvent) {
        let said = std::sync::Arc::new(Mutex::new(String::new()));
        let say: Say = std::sync::Arc::new({
            let said = said.clone();
            move |event| {
                if let ModelEvent::Text(text) = event {
                    said.lock().unwrap().push_str(&text);
                }
            }
        });
        let request = ModelRequest { messages: Vec::new(), tools: Vec::new() };
        let last = futures::executor::block_on(recorded.turn(&request, &say));
        let said = said.lock().unwrap().clone();
        (said, last)
    }

    #[test]
    fn plays_line_by_line_and_says_when_it_is_over() {
        let recorded = Recorded::new(
            "{\"text\": \"I read the file first, then édit it.\", \"tool_calls\": [{\"id\": \"1\", \"name\": \"read_file\", \"arguments\": {\"path\": \"a.py\"}}]}\n\n{\"no\": 1}\n",
        );
        let (said, last) = play(&recorded);
        assert_eq!(said, "I read the file first, then édit it.");
        let ModelEvent::Finished { text, tool_calls, usage } = last else { panic!("{last:?}") };
        assert_eq!(text, said);
        assert_eq!(tool_calls[0].arguments, r#"{"path":"a.py"}"#);
        assert!(usage.estimated);
        let (_, last) = play(&recorded);
        assert!(matches!(last, ModelEvent::Failed { why } if why.starts_with("line 3 of the recording is no turn")));
        let (said, last) = play(&recorded);
        assert!(said.contains("over") && matches!(last, ModelEvent::Finished { .. }));
    }
}

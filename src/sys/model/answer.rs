//! Puts an answer together from its chunks, whatever shape a provider gives them.
//!
//! Knows nothing of the network. Invariant: pieces of two calls never end up in one call.

use serde_json::Value;

use super::thoughts::{Stretch, Thoughts};
use crate::agent::{ModelEvent, ToolCall};

/// What has come of one answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    text: String,
    thoughts: Thoughts,
    calls: Vec<CallPieces>,
    pub(super) finish_reason: Option<String>,
    pub(super) tokens: Option<Tokens>,
    /// What the provider said went wrong in the middle of a stream that began well.
    pub(super) fault: Option<String>,
    size_bytes: usize,
    /// A chunk that only counts tokens comes last, so it ends an answer as well as a finish reason does.
    is_counted: bool,
}

/// Tokens as the server counted them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tokens {
    pub(super) prompt: u64,
    pub(super) completion: u64,
    pub(super) cost: Option<f64>,
}

#[derive(Debug, Default)]
struct CallPieces {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl CallPieces {
    fn is_whole(&self) -> bool {
        !self.name.is_empty() && serde_json::from_str::<serde::de::IgnoredAny>(&self.arguments).is_ok()
    }
}

impl Answer {
    /// Takes in a chunk; gives what is new in it. Empty for a chunk that says nothing, such as a ping.
    pub(super) fn take(&mut self, chunk: &Value) -> Vec<ModelEvent> {
        let mut events = Vec::new();
        if let Some(fault) = fault_of(chunk) {
            self.fault = Some(fault);
        }
        if let Some(tokens) = tokens_of(chunk) {
            self.tokens = Some(tokens);
        }
        let choice = chunk.get("choices").and_then(Value::as_array).and_then(|choices| choices.first());
        let Some(choice) = choice else {
            self.is_counted |= chunk.get("usage").is_some_and(Value::is_object);
            return events;
        };
        // A provider that does not stream sends the whole message where a delta belongs.
        let delta = ["delta", "message"].iter().find_map(|key| choice.get(key).filter(|delta| delta.is_object()));
        if let Some(delta) = delta {
            self.take_delta(delta, &mut events);
        }
        if let Some(fault) = fault_of(choice) {
            self.fault = Some(fault);
        }
        let reason = choice.get("finish_reason").and_then(Value::as_str).filter(|reason| !reason.is_empty());
        if let Some(reason) = reason {
            self.finish_reason = Some(reason.to_owned());
            let held = self.thoughts.finish();
            self.take_stretches(held, &mut events);
        }
        events
    }

    /// Whether the provider said that this is all: without it the answer was cut off.
    pub(super) fn is_complete(&self) -> bool {
        self.finish_reason.is_some() || self.is_counted
    }

    /// Whether nothing was said or called.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.calls.is_empty()
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Whether the last call ends in the middle of its arguments.
    pub(super) fn has_broken_call(&self) -> bool {
        self.calls.last().is_some_and(|call| !call.arguments.is_empty() && !call.is_whole())
    }

    /// The text, and the calls, each under an id of its own.
    pub(super) fn into_parts(mut self) -> (String, Vec<ToolCall>) {
        let held = self.thoughts.finish();
        self.take_stretches(held, &mut Vec::new());
        let mut calls: Vec<ToolCall> = Vec::new();
        for (at, pieces) in self.calls.into_iter().enumerate() {
            let is_taken = pieces.id.is_empty() || calls.iter().any(|call| call.id == pieces.id);
            let id = if is_taken { format!("call_{}_{at}", pieces.id) } else { pieces.id };
            let arguments = if pieces.arguments.trim().is_empty() { "{}".to_owned() } else { pieces.arguments };
            calls.push(ToolCall { id, name: pieces.name, arguments });
        }
        (self.text, calls)
    }

    fn take_delta(&mut self, delta: &Value, events: &mut Vec<ModelEvent>) {
        for key in ["reasoning_content", "reasoning", "thinking"] {
            if let Some(thought) = delta.get(key).and_then(Value::as_str).filter(|thought| !thought.is_empty()) {
                self.size_bytes += thought.len();
                events.push(ModelEvent::Reasoning(thought.to_owned()));
                break;
            }
        }
        for key in ["content", "refusal"] {
            let text = delta.get(key).map(text_of).unwrap_or_default();
            if !text.is_empty() {
                self.size_bytes += text.len();
                let stretches = self.thoughts.take(&text);
                self.take_stretches(stretches, events);
            }
        }
        match delta.get("tool_calls") {
            Some(Value::Array(calls)) => calls.iter().for_each(|call| self.take_call(call, events)),
            Some(call @ Value::Object(_)) => self.take_call(call, events),
            _ => {}
        }
        // The form of before tool calls; some servers still have only that.
        if let Some(function) = delta.get("function_call").filter(|function| function.is_object()) {
            self.take_call(&serde_json::json!({ "index": 0, "function": function }), events);
        }
    }

    fn take_stretches(&mut self, stretches: Vec<Stretch>, events: &mut Vec<ModelEvent>) {
        for stretch in stretches {
            match stretch {
                Stretch::Thought(thought) => events.push(ModelEvent::Reasoning(thought)),
                Stretch::Text(text) => {
                    self.text.push_str(&text);
                    events.push(ModelEvent::Text(text));
                }
            }
        }
    }

    fn take_call(&mut self, piece: &Value, events: &mut Vec<ModelEvent>) {
        // A few providers leave the wrapper `function` out.
        let function = piece.get("function").unwrap_or(piece);
        let index = piece.get("index").and_then(Value::as_u64);
        let id = match piece.get("id") {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => String::new(),
        };
        let name = function.get("name").and_then(Value::as_str).unwrap_or_default();
        let at = self.call_for(index, &id, name);
        let call = &mut self.calls[at];
        if call.id.is_empty() {
            call.id = id;
        }
        let was_named = !call.name.is_empty();
        if call.name != name {
            call.name.push_str(name);
        }
        if !was_named && !call.name.is_empty() {
            events.push(ModelEvent::CallStarted { name: call.name.clone() });
        }
        match function.get("arguments") {
            Some(Value::String(piece)) => {
                self.size_bytes += piece.len();
                call.arguments.push_str(piece);
            }
            // Whole, as an object: it replaces what an earlier chunk may have repeated.
            Some(arguments @ (Value::Object(_) | Value::Array(_))) => {
                call.arguments = arguments.to_string();
                self.size_bytes += call.arguments.len();
            }
            _ => {}
        }
    }

    /// The call that a piece belongs to; a new one where it belongs to none.
    fn call_for(&mut self, index: Option<u64>, id: &str, name: &str) -> usize {
        let by_index = |calls: &[CallPieces]| match index {
            Some(_) => calls.iter().rposition(|call| call.index == index),
            None => calls.len().checked_sub(1),
        };
        let found = if id.is_empty() {
            // Without ids, a whole call that is followed by another name has ended.
            by_index(&self.calls).filter(|at| name.is_empty() || !self.calls[*at].is_whole())
        } else {
            match self.calls.iter().rposition(|call| call.id == id) {
                // One id for everything: then the index tells the calls apart.
                Some(at) if index.is_none() || self.calls[at].index == index || name.is_empty() => Some(at),
                Some(_) => None,
                // A new id is a new call, though the index may be the same; but a call begins with a name, so a
                // piece without one goes on where the index says.
                None => by_index(&self.calls).filter(|at| name.is_empty() || self.calls[*at].id.is_empty()),
            }
        };
        found.unwrap_or_else(|| {
            self.calls.push(CallPieces { index, id: id.to_owned(), ..CallPieces::default() });
            self.calls.len() - 1
        })
    }
}

/// The text of a content: a string, or parts of which some are text.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect::<Vec<_>>().concat()
        }
        _ => String::new(),
    }
}

/// What an error object says, in any of the usual shapes.
pub(super) fn fault_of(value: &Value) -> Option<String> {
    let error = value.get("error").filter(|error| !error.is_null())?;
    let message = match error {
        Value::String(message) => message.clone(),
        error => match error.get("message").and_then(Value::as_str) {
            Some(message) => message.to_owned(),
            None => error.to_string(),
        },
    };
    Some(message)
}

fn tokens_of(chunk: &Value) -> Option<Tokens> {
    let usage = chunk.get("usage")?;
    let count = |key: &str| usage.get(key).and_then(Value::as_f64).map(|count| count.max(0.0) as u64);
    Some(Tokens {
        prompt: count("prompt_tokens")?,
        completion: count("completion_tokens").unwrap_or(0),
        cost: usage.get("cost").and_then(Value::as_f64),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn calls(chunks: &[Value]) -> Vec<(String, String, String)> {
        let mut answer = Answer::default();
        for delta in chunks {
            answer.take(&json!({ "choices": [{ "delta": { "tool_calls": delta } }] }));
        }
        answer.into_parts().1.into_iter().map(|call| (call.id, call.name, call.arguments)).collect()
    }

    fn call(id: &str, name: &str, arguments: &str) -> (String, String, String) {
        (id.to_owned(), name.to_owned(), arguments.to_owned())
    }

    #[test]
    fn calls_are_put_together_in_every_shape_that_providers_send() {
        let usual = calls(&[
            json!([{ "index": 0, "id": "a", "function": { "name": "read_file", "arguments": "" } }]),
            json!([{ "index": 0, "function": { "arguments": "{\"pa" } }]),
            json!([{ "index": 1, "id": "b", "function": { "name": "search", "arguments": "{}" } }]),
            json!([{ "index": 0, "function": { "arguments": "th\":1}" } }]),
        ]);
        assert_eq!(usual, [call("a", "read_file", "{\"path\":1}"), call("b", "search", "{}")]);
        let one_index = calls(&[
            json!([{ "index": 0, "id": "a", "function": { "name": "f", "arguments": "{\"x\":" } }]),
            json!([{ "index": 0, "id": "a", "function": { "name": "f", "arguments": "1}" } }]),
            json!([{ "index": 0, "id": "b", "function": { "name": "f", "arguments": "{}" } }]),
        ]);
        assert_eq!(one_index, [call("a", "f", "{\"x\":1}"), call("b", "f", "{}")]);
        let no_ids = calls(&[
            json!([{ "function": { "name": "f", "arguments": "{}" } }, { "function": { "name": "g", "arguments": "{}" } }]),
        ]);
        assert_eq!(no_ids, [call("call__0", "f", "{}"), call("call__1", "g", "{}")]);
        let new_id_each_time = calls(&[
            json!([{ "index": 0, "id": "x1", "function": { "name": "f", "arguments": "{\"x\"" } }]),
            json!([{ "index": 0, "id": "x2", "function": { "arguments": ":1}" } }]),
        ]);
        assert_eq!(new_id_each_time, [call("x1", "f", "{\"x\":1}")]);
        let one_id = calls(&[
            json!([{ "index": 0, "id": "0", "function": { "name": "f", "arguments": "{}" } }]),
            json!([{ "index": 1, "id": "0", "function": { "name": "g", "arguments": "{}" } }]),
        ]);
        assert_eq!(one_id, [call("0", "f", "{}"), call("call_0_1", "g", "{}")]);
        let objects = calls(&[json!({ "id": "a", "function": { "name": "f", "arguments": { "x": 1 } } })]);
        assert_eq!(objects, [call("a", "f", "{\"x\":1}")]);
        let name_in_pieces = calls(&[
            json!([{ "index": 0, "id": "a", "function": { "name": "read_" } }]),
            json!([{ "index": 0, "function": { "name": "file", "arguments": null } }]),
        ]);
        assert_eq!(name_in_pieces, [call("a", "read_file", "{}")]);
    }

    #[test]
    fn an_empty_finish_reason_is_none_and_a_count_of_tokens_ends() {
        let mut answer = Answer::default();
        answer.take(&json!({ "choices": [{ "delta": { "content": "a" }, "finish_reason": "" }], "usage": null }));
        assert!(!answer.is_complete());
        answer.take(&json!({ "choices": null, "usage": { "prompt_tokens": 3.0, "completion_tokens": 1 } }));
        assert!(answer.is_complete());
        assert_eq!(answer.tokens, Some(Tokens { prompt: 3, completion: 1, cost: None }));
    }

    #[test]
    fn a_whole_message_is_taken_like_a_delta() {
        let mut answer = Answer::default();
        let events = answer.take(&json!({ "choices": [{
            "message": { "content": [{ "type": "text", "text": "hi" }], "reasoning": "hm" }, "finish_reason": "stop",
        }] }));
        assert_eq!(events, [ModelEvent::Reasoning("hm".into()), ModelEvent::Text("hi".into())]);
        assert!(answer.is_complete());
    }
}

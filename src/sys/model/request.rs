//! What is sent: one conversation as the body of a chat-completions request.
//!
//! Knows nothing of the answer.

use serde_json::{Value, json};

use super::textual;
use crate::agent::{ChatMessage, ModelRequest, Role};

/// Whether the server is asked to count tokens; a few old ones refuse the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counting {
    Asked,
    NotAsked,
}

/// How calls travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Calls {
    Native,
    Written,
}

pub(super) fn body(model: &str, request: &ModelRequest, counting: Counting, calls: Calls) -> Value {
    let messages = match calls {
        Calls::Native => request.messages.iter().map(message).collect(),
        Calls::Written => textual::messages(request),
    };
    let mut body = json!({
        "model": model,
        "messages": messages,
        // The client does not set this for types that are not its own, and without it answers with silence.
        "stream": true,
    });
    if counting == Counting::Asked {
        body["stream_options"] = json!({ "include_usage": true });
    }
    // An empty list is refused by several servers.
    if !request.tools.is_empty() && calls == Calls::Native {
        body["tools"] = request.tools.iter().map(|tool| json!({ "type": "function", "function": tool })).collect();
    }
    body
}

fn message(message: &ChatMessage) -> Value {
    let mut value = json!({ "role": message.role, "content": message.content });
    if message.role == Role::Assistant && !message.tool_calls.is_empty() {
        if message.content.is_empty() {
            value["content"] = Value::Null;
        }
        value["tool_calls"] = message
            .tool_calls
            .iter()
            .map(|call| {
                let arguments = sendable_arguments(&call.arguments);
                json!({ "id": call.id, "type": "function", "function": { "name": call.name, "arguments": arguments } })
            })
            .collect();
    }
    if let Some(id) = &message.tool_call_id {
        value["tool_call_id"] = json!(id);
    }
    value
}

/// Arguments that are no JSON object are wrapped: servers that parse the history would fail on them at every turn.
fn sendable_arguments(arguments: &str) -> String {
    match serde_json::from_str::<Value>(arguments) {
        Ok(Value::Object(_)) => arguments.to_owned(),
        _ => json!({ "not_valid_json": arguments }).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::{ToolCall, ToolSchema};

    #[test]
    fn a_conversation_becomes_a_body() {
        let plain = |role, content: &str| ChatMessage {
            role,
            content: content.to_owned(),
            tool_calls: Vec::new(),
            tool_call_id: None,
        };
        let mut calling = plain(Role::Assistant, "");
        calling.tool_calls = vec![
            ToolCall { id: "a".into(), name: "f".into(), arguments: "{\"x\":1}".into() },
            ToolCall { id: "b".into(), name: "f".into(), arguments: "{\"x\":".into() },
        ];
        let mut answering = plain(Role::Tool, "done");
        answering.tool_call_id = Some("a".into());
        let tool = ToolSchema { name: "f", description: "does f", parameters: json!({ "type": "object" }) };
        let request = ModelRequest { messages: vec![plain(Role::User, "hi"), calling, answering], tools: vec![tool] };
        let body = body("tiny", &request, Counting::Asked, Calls::Native);
        assert_eq!(body["stream"], true);
        assert_eq!(body["stream_options"]["include_usage"], true);
        assert_eq!(body["messages"][0], json!({ "role": "user", "content": "hi" }));
        assert_eq!(body["messages"][1]["content"], Value::Null);
        assert_eq!(body["messages"][1]["tool_calls"][0]["function"]["arguments"], "{\"x\":1}");
        assert_eq!(
            body["messages"][1]["tool_calls"][1]["function"]["arguments"],
            "{\"not_valid_json\":\"{\\\"x\\\":\"}"
        );
        assert_eq!(body["messages"][2]["tool_call_id"], "a");
        assert_eq!(body["tools"][0]["function"]["name"], "f");
    }
}

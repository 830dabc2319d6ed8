//! What goes to a model and what comes back, as plain data. `sys/model.rs` turns it into HTTP.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
    Assistant,
    Tool,
}

/// One message of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChatMessage {
    pub role: Role,
    pub content: String,
    /// The calls that an assistant's message makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// On a tool's message: the call that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
}

/// One call, whole: half-built ones never become a value of this type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    /// As the model wrote them: perhaps no JSON at all.
    pub arguments: String,
}

/// One tool as the model is told of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolSchema {
    pub name: &'static str,
    pub description: &'static str,
    /// JSON schema of the arguments.
    pub parameters: serde_json::Value,
}

/// One question to the model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelRequest {
    pub messages: Vec<ChatMessage>,
    pub tools: Vec<ToolSchema>,
}

/// Tokens of one turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// US dollars, where the price of the model is known.
    pub cost: Option<f64>,
    /// Counted by flux, not by the server.
    pub estimated: bool,
}

/// What a model's turn says while it runs. The last one of every turn is `Finished`, `TooLong` or `Failed`.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelEvent {
    /// A piece of the answer's text.
    Text(String),
    /// A piece of what the model thinks aloud; folded away.
    Reasoning(String),
    /// A call is being streamed: its name so far, for the screen only.
    CallStarted {
        name: String,
    },
    /// Waits before trying again; `why` is for the person.
    Retrying {
        why: String,
        wait_ms: u64,
        attempt: u32,
    },
    Finished {
        text: String,
        tool_calls: Vec<ToolCall>,
        usage: Usage,
    },
    /// The conversation is longer than the model can take: `tokens_max`, where that is known. Also a last one.
    TooLong {
        why: String,
        tokens_max: Option<u64>,
    },
    /// The turn gave nothing usable. `why` says what happened, where, and the way out.
    Failed {
        why: String,
    },
}

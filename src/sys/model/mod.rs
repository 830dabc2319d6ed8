//! The model: a turn goes out, events come back. The only place that knows async-openai.
//!
//! Knows nothing of tools, plans and the project. Invariant: a turn gives exactly one last event, `Finished` or
//! `Failed`, and a half-built tool call is never one of its calls.

mod answer;
mod chat;
mod local;
mod request;
mod thoughts;
mod transport;

use std::sync::Arc;

pub(super) use chat::ChatModel;

use super::recorded::Recorded;
use crate::agent::{ModelEvent, ModelRequest, ToolCall, Usage};

/// Takes what a turn says while it runs.
pub(super) type Say = Arc<dyn Fn(ModelEvent) + Send + Sync>;

/// Which model answers.
pub(super) enum Model {
    Chat(Box<ChatModel>),
    Recorded(Recorded),
}

impl Model {
    /// Asks for one turn. `say` gets what comes on the way; the last event is the answer.
    pub(super) async fn turn(&self, request: &ModelRequest, say: &Say) -> ModelEvent {
        match self {
            Self::Chat(chat) => chat.turn(request, say).await,
            Self::Recorded(recorded) => recorded.turn(request, say).await,
        }
    }

    /// Finds out which model it is, so that the status line can say it before anybody asks.
    pub(super) async fn look(&self) {
        if let Self::Chat(chat) = self
            && let Err(why) = chat.look().await
        {
            tracing::info!("{why}");
        }
    }

    /// What the status line says.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Chat(chat) => chat.name(),
            Self::Recorded(_) => "recorded",
        }
    }
}

/// The tokens of a turn, guessed at four letters each: for servers that do not count.
pub(super) fn estimated_usage(request: &ModelRequest, text: &str, tool_calls: &[ToolCall]) -> Usage {
    let call_letters = |calls: &[ToolCall]| -> usize {
        calls.iter().map(|call| call.name.chars().count() + call.arguments.chars().count()).sum()
    };
    let asked: usize = request
        .messages
        .iter()
        .map(|message| message.content.chars().count() + call_letters(&message.tool_calls))
        .sum();
    let offered: usize =
        request.tools.iter().map(|tool| tool.description.len() + tool.parameters.to_string().len()).sum();
    let answered = text.chars().count() + call_letters(tool_calls);
    let tokens = |letters: usize| (letters as u64).div_ceil(4);
    Usage { prompt_tokens: tokens(asked + offered), completion_tokens: tokens(answered), cost: None, estimated: true }
}

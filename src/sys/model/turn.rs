//! What every turn has, whoever answers it.

use std::sync::Arc;

use crate::agent::{ModelEvent, ModelRequest, ToolCall, Usage};

/// Takes what a turn says while it runs.
pub(in crate::sys) type Say = Arc<dyn Fn(ModelEvent) + Send + Sync>;

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

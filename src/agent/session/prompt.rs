//! The rules that every conversation begins with, and the room that it may take.

use crate::agent::{ChatMessage, Role};

pub(super) const SYSTEM: &str = include_str!("../../../assets/prompt/system.md");

/// What is left in place of an answer that was dropped.
const DROPPED: &str = "(left out to save room; make the call again if you need it)";
/// So many of the newest messages stay whole.
const FRESH_COUNT: usize = 12;
/// Shorter answers are not worth dropping.
const SHORT_BYTES: usize = 400;

/// Drops the oldest long answers once a conversation outgrows `limit_bytes`. It then goes well below, so that the
/// beginning stays the same for many turns and servers can keep what they worked out of it. False when there was
/// nothing to drop.
pub(super) fn make_room(messages: &mut [ChatMessage], limit_bytes: usize) -> bool {
    let size = |message: &ChatMessage| {
        message.content.len() + message.tool_calls.iter().map(|call| call.arguments.len()).sum::<usize>()
    };
    let mut total: usize = messages.iter().map(size).sum();
    if total <= limit_bytes {
        return false;
    }
    let mut has_dropped = false;
    let old_count = messages.len().saturating_sub(FRESH_COUNT);
    for message in &mut messages[..old_count] {
        if total <= limit_bytes / 2 {
            break;
        }
        if message.role == Role::Tool && message.content.len() > SHORT_BYTES {
            total -= message.content.len() - DROPPED.len();
            message.content = DROPPED.to_owned();
            has_dropped = true;
        }
    }
    has_dropped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_long_answers_make_room() {
        let message = |role, content: String| ChatMessage { role, content, tool_calls: Vec::new(), tool_call_id: None };
        let mut messages = vec![message(Role::System, "s".repeat(1000))];
        messages.extend((0..20).map(|_| message(Role::Tool, "x".repeat(1000))));
        assert!(!make_room(&mut messages, 30_000));
        assert!(make_room(&mut messages, 20_000));
        let dropped: Vec<bool> = messages.iter().map(|message| message.content == DROPPED).collect();
        assert_eq!(dropped.iter().filter(|dropped| **dropped).count(), 8);
        assert!(!dropped[0] && dropped[1] && dropped[8] && !dropped[9]);
        assert!(!make_room(&mut messages[..10], 1_000));
    }
}

//! What the agent did, as lines for a person.

/// How a tool call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Running,
    Ok,
    Refused,
}

/// One entry of the activity pane and of the headless trace.
#[derive(Debug, Clone, PartialEq)]
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
}

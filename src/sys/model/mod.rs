//! The model: a turn goes out, events come back. The only place that knows async-openai.
//!
//! Knows nothing of tools, plans and the project. Invariant: a turn gives exactly one last event, `Finished` or
//! `Failed`, and a half-built tool call is never one of its calls.

mod answer;
mod chat;
mod local;
mod models;
mod recorded;
mod refusals;
mod request;
mod simulated;
mod textual;
mod thoughts;
mod transport;
mod turn;
mod written;

pub(super) use chat::ChatModel;
pub(super) use models::Models;
pub(super) use recorded::Recorded;
pub(super) use simulated::Simulated;
pub use simulated::{Fate, Mistake, STALE_MARK, Simulation, mistake_classes};
pub(super) use turn::Say;

use crate::agent::{ModelEvent, ModelRequest};

/// Which model answers.
pub(super) enum Model {
    Chat(Box<ChatModel>),
    Recorded(Recorded),
    Simulated(Box<Simulated>),
}

impl Model {
    /// Asks for one turn. `say` gets what comes on the way; the last event is the answer.
    pub(super) async fn turn(&self, request: &ModelRequest, say: &Say) -> ModelEvent {
        match self {
            Self::Chat(chat) => chat.turn(request, say).await,
            Self::Recorded(recorded) => recorded.turn(request, say).await,
            Self::Simulated(simulated) => simulated.turn(request, say),
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
            Self::Simulated(_) => "simulated",
        }
    }
}

//! The model's turns under way, and which model is asked.
//!
//! Invariant: a turn that was cancelled says nothing more.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use super::Outside;
use crate::agent::{Event, JobId, ModelEvent, ModelRequest};
use crate::app::Msg;
use crate::sys::gate_thread::{panic_message, tell};
use crate::sys::model::Say;

impl Outside {
    pub(super) fn next_model(&self) {
        let Some(model) = self.models.take_next() else {
            tell(&self.msgs, Msg::ModelChosen(None));
            return;
        };
        let (model, msgs) = (model.clone(), self.msgs.clone());
        self.runtime.spawn(async move {
            model.look().await;
            tell(&msgs, Msg::ModelChosen(Some(model.name().to_owned())));
        });
    }

    pub(super) fn ask_model(&self, id: JobId, request: ModelRequest) {
        let token = self.turns.begin(id);
        let (model, turns, msgs) = (self.models.current().clone(), self.turns.clone(), self.msgs.clone());
        let started = Instant::now();
        self.runtime.spawn(async move {
            let say = say_for(id, token.clone(), msgs.clone());
            let turn = AssertUnwindSafe(model.turn(&request, &say)).catch_unwind();
            let last = tokio::select! {
                biased;
                () = token.cancelled() => None,
                last = turn => Some(last.unwrap_or_else(|panic| ModelEvent::Failed {
                    why: format!("the model's turn broke off inside flux: {}", panic_message(&*panic)),
                })),
            };
            turns.end(id);
            let took = started.elapsed();
            match &last {
                None => tracing::info!("turn {id} was cancelled after {took:?}"),
                Some(ModelEvent::Failed { why }) => tracing::warn!("turn {id} failed after {took:?}: {why}"),
                Some(ModelEvent::Finished { tool_calls, usage, .. }) => {
                    tracing::info!("turn {id} took {took:?}: {} calls, {usage:?}", tool_calls.len());
                }
                Some(_) => {}
            }
            if let Some(last) = last {
                say(last);
            }
        });
    }
}

/// What a turn says goes out under its id, until it is cancelled.
fn say_for(id: JobId, token: CancellationToken, msgs: Sender<Msg>) -> Say {
    Arc::new(move |event| {
        if !token.is_cancelled() {
            tell(&msgs, Msg::Agent(Event::Model(id, event)));
        }
    })
}

/// The model turns under way, to end them by their id.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<JobId, CancellationToken>>>);

impl Turns {
    pub(super) fn begin(&self, id: JobId) -> CancellationToken {
        let token = CancellationToken::new();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, token.clone());
        token
    }

    pub(super) fn end(&self, id: JobId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    pub(super) fn cancel(&self, id: JobId) {
        if let Some(token) = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id) {
            token.cancel();
        }
    }

    pub(super) fn cancel_all(&self) {
        for (_, token) in self.0.lock().unwrap_or_else(PoisonError::into_inner).drain() {
            token.cancel();
        }
    }
}

//! The models that can be asked, and the one that is.
//!
//! Invariant: each has its own address and its own key; what one learned of its server is no other's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{ChatModel, Model, Recorded, Simulated, Simulation};
use crate::sys::config::Config;

pub(in crate::sys) struct Models {
    all: Vec<Arc<Model>>,
    current: AtomicUsize,
}

impl Models {
    pub(in crate::sys) fn recorded(jsonl: &str) -> Self {
        Self::of(vec![Model::Recorded(Recorded::new(jsonl))])
    }

    pub(in crate::sys) fn simulated(simulation: Simulation) -> Self {
        Self::of(vec![Model::Simulated(Box::new(Simulated::new(simulation)))])
    }

    /// Those of the configuration, the one that is asked first in front.
    pub(in crate::sys) fn configured(config: &Config) -> Self {
        let chat = |(label, model)| Model::Chat(Box::new(ChatModel::labelled(label, model)));
        Self::of(config.choices().into_iter().map(chat).collect())
    }

    fn of(all: Vec<Model>) -> Self {
        Self { all: all.into_iter().map(Arc::new).collect(), current: AtomicUsize::new(0) }
    }

    pub(in crate::sys) fn current(&self) -> &Arc<Model> {
        // There is always one: the configuration gives at least the unnamed one.
        &self.all[self.current.load(Ordering::Relaxed) % self.all.len()]
    }

    /// Has the next one asked from now on; nothing where there is no other.
    pub(in crate::sys) fn take_next(&self) -> Option<&Arc<Model>> {
        if self.all.len() < 2 {
            return None;
        }
        self.current.store((self.current.load(Ordering::Relaxed) + 1) % self.all.len(), Ordering::Relaxed);
        Some(self.current())
    }
}

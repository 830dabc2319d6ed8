//! What a person has flux keep for them: overrides, prompts, and the conversation as a file.

use std::sync::PoisonError;

use super::Outside;
use crate::app::Msg;
use crate::gate::{Overridden, Override};
use crate::sys::config::Config;
use crate::sys::export::export;
use crate::sys::overrides::Overrides;
use crate::sys::prompts::Prompts;

impl Outside {
    pub(super) fn export(&self, text: String, place: Option<String>) {
        let root = self.root.clone();
        self.job(
            "writing the conversation",
            move || Msg::Exported(export(&root, &text, place.as_deref()).map_err(|error| format!("{error:#}"))),
            |why| Msg::Exported(Err(why)),
        );
    }

    pub(super) fn keep_prompt(&self, text: String) {
        let root = self.root.clone();
        self.runtime.spawn_blocking(move || {
            let kept = Prompts::of(&root).and_then(|prompts| Ok(prompts.keep(&text)?));
            if let Err(error) = kept {
                tracing::warn!("a prompt was not kept: {error:#}");
            }
        });
    }

    pub(super) fn keep_override(&self, entry: Override) {
        let keep = move |overrides: &Overrides| overrides.keep(&entry).map_err(|error| error.to_string());
        self.settle_override(keep, Msg::OverrideKept);
    }

    pub(super) fn take_override_back(&self, overridden: Overridden) {
        let take_back = move |overrides: &Overrides| match overrides.take_back(&overridden) {
            Ok(true) => Ok(()),
            Ok(false) => Err("it stands in a config.toml; remove it there".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        self.settle_override(take_back, Msg::OverrideTakenBack);
    }

    /// Changes what is let pass, and has gate and tests judge by it from then on.
    fn settle_override(
        &self,
        change: impl FnOnce(&Overrides) -> Result<(), String> + Send + 'static,
        told: fn(Result<(), String>) -> Msg,
    ) {
        let (root, gate, verifier) = (self.root.clone(), self.gate.clone(), self.verifier.clone());
        self.job(
            "keeping an override",
            move || {
                let overrides = Overrides::of(&root).map_err(|error| format!("{error:#}"));
                let changed = overrides.and_then(|overrides| change(&overrides));
                if changed.is_ok() {
                    // All of it is read anew, so that what was taken back is gone.
                    let policy = Config::load(&root).config.gate;
                    gate.set_policy(policy.clone());
                    *verifier.policy.lock().unwrap_or_else(PoisonError::into_inner) = policy;
                }
                told(changed)
            },
            move |why| told(Err(why)),
        );
    }
}

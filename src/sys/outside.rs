//! Does what `app` and the agent ask for, off the main thread, and says what happened.

use std::path::PathBuf;
use std::sync::mpsc::Sender;

use crate::app::{Cmd, Msg};

/// Which model answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelChoice {
    /// As the environment and the configuration say.
    Configured,
    /// Plays the answers of a JSONL text in order: no network.
    Recorded(String),
}

/// The threads of one opened project: index with its watcher, gate, and the tasks of model, tools and writing.
pub struct Outside {}

impl Outside {
    /// Starts the threads. `root` is absolute. Messages arrive on `msgs` from now on; the first snapshot is one of them.
    pub fn start(root: PathBuf, model: ModelChoice, msgs: Sender<Msg>) -> anyhow::Result<Self> {
        let _ = (root, model, msgs);
        anyhow::bail!("not built yet")
    }

    /// Takes a command and returns at once. `Cmd::Quit`, `Cmd::Edit` and `Cmd::Copy` belong to the terminal's owner.
    pub fn run(&self, cmd: Cmd) {
        let _ = cmd;
    }

    /// The name of the model, for the status line.
    pub fn model_name(&self) -> &str {
        ""
    }

    /// Ends all threads, with one deadline for all of them.
    pub fn close(self) {}
}

//! Everything the screen shows; `update(Msg) -> Vec<Cmd>`.
//!
//! Knows nothing of terminals, threads and the disk. `update` never blocks.

mod msg;

pub use msg::{Cmd, Input, Key, KeyCode, MouseAction, Msg, WatcherHealth};

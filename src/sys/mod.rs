//! Threads, disk, watcher, processes, network, terminal: the outside.
//!
//! Every job ends in exactly one final `Msg`, also when it is cancelled or panics.

mod outside;

pub use outside::{ModelChoice, Outside};

//! Threads, disk, watcher, processes, network, terminal: the outside.
//!
//! Every job ends in exactly one final `Msg`, also when it is cancelled or panics.

mod checkup;
mod config;
mod disk;
mod editor;
mod environment;
mod export;
mod gate_thread;
mod git;
mod index_thread;
mod kept_lines;
mod lessons;
mod log;
mod memory;
mod model;
mod mounts;
mod newest;
mod outside;
mod overrides;
mod process;
mod prompts;
mod runner;
mod sandbox;
mod sessions;
mod shadow;
mod shown;
mod sizes;
mod stamps;
mod standing;
mod state;
mod terminal;
mod verify;
mod walk;
mod watcher;
mod write;

pub use checkup::{Checkup, check_folder, check_model, check_python, check_terminal, check_tests, check_watcher};
pub use config::{Config, LoadedConfig, ModelConfig, ToolCalling, theme_files};
pub use disk::DiskSource;
pub use editor::{end_editor, open_editor};
pub use environment::find_environment;
pub use index_thread::{IndexEvent, IndexThread, IndexUpdate, Watching, index_once};
pub use lessons::Lessons;
pub use log::{log_folder, start_log};
pub use memory::resident_bytes;
pub use model::{Fate, Mistake, STALE_MARK, Simulation, mistake_classes};
pub use outside::{ModelChoice, Outside, prepare};
pub use overrides::Overrides;
pub use prompts::Prompts;
pub use sandbox::{Cell, Confinement, Means, confine, probed};
pub use sessions::{KEPT_SESSIONS, SessionFailure, SessionLog, Sessions};
pub use sizes::load_sizes;
pub use standing::Bounds;
pub use state::{config_folder, project_folder, state_folder};
pub use terminal::{Notice, TerminalGuard, copy, light_of_variable, listen, notify, on_interrupt};
pub use write::{Applied, Direction, Overlap, Recovered, Undone, WriteFailure, Writer, local_time, recover};

//! Everything the screen shows; `update(Msg) -> Vec<Cmd>`.
//!
//! Knows nothing of terminals, threads and the disk. `update` never blocks.
//! Invariant: an answer to a question that is no longer asked changes nothing.

mod act;
mod action;
mod asking;
mod checking;
mod code_edit;
mod copying;
mod deciding;
mod draft;
mod editing;
mod going;
mod key_names;
mod layout;
mod looking;
mod mending;
mod mouse;
mod movement;
mod msg;
mod operating;
pub mod pane;
mod picker;
mod picking;
mod planning;
mod possible;
mod prompting;
mod proposing;
mod questions;
mod reaching;
mod recognising;
mod rereading;
mod review;
mod revising;
mod searching;
mod session_list;
mod signs;
mod sizing;
mod state;
mod tasks;
mod telling;
mod theming;
mod update;
mod write_list;

pub use action::{Action, KEYS, KeyRow, KeySetting, Place, key_table_markdown};
pub use asking::Wish;
pub use checking::{FixLines, ShownIssue};
pub use code_edit::CodeEdit;
pub use key_names::KeyNames;
pub use layout::{Area, LEAST, Layout, Pane, Shape, Sizes};
pub use looking::{NamedQuestion, Neighbours, SymbolUse, UseKind, line_text, named, neighbours};
pub use msg::{Cmd, EditorWork, Input, Key, KeyCode, MouseAction, Msg, Reading, TakenBack, WatcherHealth};
pub use picker::{
    Found, Lead, Pick, PickItem, PickSource, Picker, PickerKind, RankQuestion, Ranking, Spot, WriteRow,
    prepare_ranking, rank,
};
pub use proposing::changed_lines;
pub use reaching::{Reach, ReachKind, Reached};
pub use recognising::{HunkKey, HunkKind, Moved, key_of, recognise};
pub use review::{Blocked, Decision, EditRefusal, Hindrance, Judged, Meanwhile, Part, Review, ShownLine, Unmet};
pub use session_list::ListedSession;
pub use signs::{SIGNS, Sign};
pub use state::{App, ModelLabel, NO_MODEL, NO_MODEL_SHORT, Overlay, Toast, ToastKind};
pub use theming::ThemeLabel;
pub use update::update;
pub use write_list::ListedWrite;

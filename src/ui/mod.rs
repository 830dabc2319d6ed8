//! Keys → actions; state → cells; themes.
//!
//! Knows nothing of threads, of the disk and of the terminal itself. `draw` only reads.

mod cells;
mod chrome;
mod code_lines;
mod editor;
mod footer;
mod keymap;
mod legibility;
mod markdown;
mod overlay;
mod pane;
mod screen;
mod syntax;
mod theme;

pub use keymap::{Keymap, parse_key};
pub use screen::{OutputScreen, Screen};
pub use syntax::warm_up;
pub use theme::{ColorDepth, Role, Theme, ThemeError, ThemeFile, Themes};

//! Other tables to begin with: `[keys] preset = "vim"`.

/// A preset's name, and the keys of the actions that it gives others.
pub(super) type Preset = (&'static str, &'static [(&'static str, &'static [&'static str])]);

pub(super) const PRESETS: &[Preset] = &[("vim", VIM)];

/// What the fingers of somebody who lives in vim do; `:w` and `:q` are found by the palette.
const VIM: &[(&str, &[&str])] = &[
    ("top", &["g g", "Home"]),
    ("bottom", &["G", "End"]),
    ("page-down", &["Ctrl-F", "PageDown", "Space"]),
    ("page-up", &["Ctrl-B", "PageUp"]),
    ("middle", &["z z"]),
    ("zoom", &["Ctrl-W o"]),
    ("redo", &["Ctrl-R", "U"]),
    ("remove", &["d d"]),
    ("rewrite", &["c c", "e"]),
    ("definition", &["g d", "D"]),
    ("uses", &["g r", "W"]),
    ("next-pane", &["Tab", "Ctrl-W w"]),
    ("previous-pane", &["Shift-Tab", "Ctrl-W p"]),
    ("list-top", &["g g", "Home"]),
    ("list-bottom", &["G", "End"]),
];

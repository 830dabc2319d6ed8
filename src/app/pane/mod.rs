//! The state of each pane; its picture is the file of the same name in `ui/pane`.

pub mod activity;
pub mod checks;
pub mod code;
pub mod names;
pub mod prompt;
pub mod proposal;
pub mod searching;
pub mod structure;

/// Moves `at` by `by` within `count` places.
pub(crate) fn moved(at: usize, by: isize, count: usize) -> usize {
    at.saturating_add_signed(by).min(count.saturating_sub(1))
}

/// The first row to show, so that `at` is seen among `height` rows of `count`.
pub(crate) fn scrolled(top: usize, at: usize, height: usize, count: usize) -> usize {
    let margin = (height / 6).min(3);
    let lowest = at.saturating_sub(margin);
    let highest = (at + margin + 1).saturating_sub(height);
    top.min(lowest).max(highest).min(count.saturating_sub(height))
}

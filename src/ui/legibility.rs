//! The last look at a frame: what is written on a ground that its theme did not think of is made legible there.
//!
//! Invariant: where a theme's colours are known, every character has a contrast of at least 4.5 to what lies under it.

use std::cell::RefCell;

use ratatui::buffer::Buffer;
use ratatui::style::Color;
use rustc_hash::FxHashMap;

use super::theme::legible;

/// What became of a colour on a ground.
#[derive(Default)]
pub(super) struct Legibility {
    known: RefCell<FxHashMap<(Color, Color), Color>>,
}

impl Legibility {
    pub(super) fn settle(&self, buffer: &mut Buffer) {
        let mut known = self.known.borrow_mut();
        // Neighbours are mostly alike.
        let mut last = ((Color::Reset, Color::Reset), Color::Reset);
        for cell in &mut buffer.content {
            let pair = (cell.fg, cell.bg);
            if pair != last.0 {
                if !is_written(cell.symbol()) {
                    continue;
                }
                last = (pair, *known.entry(pair).or_insert_with(|| legible(pair.0, pair.1)));
            }
            if last.1 != cell.fg && is_written(cell.symbol()) {
                cell.fg = last.1;
            }
        }
    }
}

/// Borders and fillings are no text.
fn is_written(symbol: &str) -> bool {
    !matches!(symbol.chars().next(), None | Some(' ' | '\u{2500}'..='\u{259f}'))
}

//! Indentation that a message lost or added, put back.

use std::collections::BTreeMap;

use super::{BrokenText, NewLines};
use crate::gate::Fix;

/// So many ways are tried at most: each is a parse.
const WAYS_MAX: usize = 16;

/// The one way to move what was added left or right so that the text parses.
pub(super) fn mended(text: &BrokenText<'_>) -> Option<Fix> {
    if !text.sides.new.faults.iter().any(|fault| fault.message.to_lowercase().contains("indent")) {
        return None;
    }
    let mut ways: BTreeMap<Vec<Option<String>>, ()> = BTreeMap::new();
    for way in ways_of(text).into_iter().take(WAYS_MAX) {
        if text.parses(&way) {
            ways.insert(way, ());
        }
    }
    // Of two ways that both parse, one is another program.
    let (way, ()) = ways.pop_first()?;
    ways.is_empty().then(|| text.fix("Mend the indentation", &way))
}

fn ways_of(text: &BrokenText<'_>) -> Vec<NewLines> {
    let mut ways = Vec::new();
    // One slip shifts one block: that in which the parser stumbles first.
    let Some(fault) = text.sides.new.faults.first() else { return ways };
    let at = (fault.line.max(1) as usize - 1).min(text.lines.len().saturating_sub(1));
    let Some(block) = block_at(text, at) else { return ways };
    let width_of = |line: usize| text.lines.get(line).map_or(0, |line| width(line));
    let opens = |line: usize| text.lines[line].trim_end().ends_with(':');
    let before = (0..block.start).rev().find(|line| !is_blank(text.lines[*line]));
    let first = width_of(block.start);
    let wanted = match before {
        // What a colon opens is indented by one step, whatever follows.
        Some(line) if opens(line) => Some(width_of(line) + step(text)),
        Some(line) => nearest_level(text, line, first),
        None => Some(0),
    };
    if let Some(wanted) = wanted {
        ways.push(shifted(text, block.clone(), wanted as isize - first as isize));
    }
    if let Some(second) = (block.start + 1..block.end).find(|line| !is_blank(text.lines[*line])) {
        let step = if opens(block.start) { step(text) } else { 0 };
        // The first line alone lost its indentation, or alone kept it.
        let first_wanted = width_of(second).saturating_sub(step);
        ways.push(shifted(text, block.start..block.start + 1, first_wanted as isize - first as isize));
        ways.push(shifted(text, second..block.end, (first + step) as isize - width_of(second) as isize));
    }
    ways.push(text.with_added(|line| Some(line.replace('\t', "    "))));
    ways
}

/// The indentation of the blocks open at `line` that is nearest to `width`; nothing between two.
fn nearest_level(text: &BrokenText<'_>, line: usize, wrong: usize) -> Option<usize> {
    let mut levels = vec![width(text.lines[line])];
    for above in text.lines[..line].iter().rev().filter(|line| !is_blank(line)) {
        if levels.last().is_some_and(|last| width(above) < *last) {
            levels.push(width(above));
        }
    }
    levels.sort_by_key(|level| level.abs_diff(wrong));
    match levels.as_slice() {
        [nearest, next, ..] if nearest.abs_diff(wrong) == next.abs_diff(wrong) => None,
        [nearest, ..] => Some(*nearest),
        [] => None,
    }
}

/// The added lines around `at`, blank ones between them included.
fn block_at(text: &BrokenText<'_>, at: usize) -> Option<std::ops::Range<usize>> {
    let belongs = |line: usize| text.is_added[line] || is_blank(text.lines[line]);
    let at = [Some(at), at.checked_sub(1), Some(at + 1)]
        .into_iter()
        .flatten()
        .find(|line| text.is_added.get(*line).copied().unwrap_or_default() && !is_blank(text.lines[*line]))?;
    let start = (0..=at).rev().take_while(|line| belongs(*line)).filter(|line| !is_blank(text.lines[*line])).last()?;
    let end =
        (at..text.lines.len()).take_while(|line| belongs(*line)).filter(|line| !is_blank(text.lines[*line])).last()?;
    Some(start..end + 1)
}

fn shifted(text: &BrokenText<'_>, lines: std::ops::Range<usize>, by: isize) -> NewLines {
    let mut new = text.kept();
    for line in new[lines].iter_mut().flatten().filter(|line| !is_blank(line)) {
        let wanted = width(line).saturating_add_signed(by);
        *line = format!("{}{}", " ".repeat(wanted), line.trim_start_matches([' ', '\t']));
    }
    new
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

fn width(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// How far the file indents a block.
fn step(text: &BrokenText<'_>) -> usize {
    let pairs =
        text.lines.windows(2).filter(|pair| pair[0].trim_end().ends_with(':') && width(pair[1]) > width(pair[0]));
    pairs.map(|pair| width(pair[1]) - width(pair[0])).min().unwrap_or(4)
}

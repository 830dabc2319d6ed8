//! The places that a search text may have meant, told so that the next call can quote them.
//!
//! Invariant: nothing is chosen; what is told of a place is what the file has otherwise than the text.

use std::collections::BTreeSet;

use super::slip::slip_in;
use super::{PLACES_MAX, shortened};
use crate::edit::Refusal;
use crate::edit::target::Target;

/// So many lines of the first place are quoted, and so many of the others.
const QUOTED_LINES_MAX: [u32; 2] = [24, 8];
/// So many lines of the search text are looked for, those that say most.
const ANCHORS_MAX: usize = 12;
/// So many places of each.
const PLACES_OF_ANCHOR_MAX: usize = 5;
/// How far apart in the file two lines may stand that follow each other in the search text: when they are the very same,
/// and when they are only alike.
const GAPS_MAX: [u32; 2] = [12, 3];
/// From this share of words on, two lines are alike.
const ALIKE: f64 = 0.5;

/// Less of the search text than this is in any file.
const WORTH_LEAST: f64 = 0.3;
/// A place that has less than this share of what the best one has does not help to choose.
const NEAR_BEST: f64 = 0.75;

/// Lines of the file beside those of the search text.
struct Place {
    /// The line of the search text, from 0, and that of the file.
    pairs: Vec<(usize, u32)>,
    /// How much of the search text is there, from 0 to 1.
    worth: f64,
}

impl Place {
    fn first(&self) -> u32 {
        self.pairs.first().map_or(1, |(_, line)| *line)
    }

    fn last(&self) -> u32 {
        self.pairs.last().map_or(1, |(_, line)| *line)
    }
}

/// The refusal of a search text that is nowhere: its nearest places, numbered and quoted.
pub(super) fn not_found(target: &Target<'_>, wanted: &[&str]) -> Refusal {
    let mut message = format!("The search text is not in '{}'.", target.path);
    let places = Pages::new(target, wanted).places();
    let slip = slip_in(wanted).map(|slip| format!(" {slip}")).unwrap_or_default();
    if places.is_empty() {
        message.push_str(&format!(" Nothing in the file is like it.{slip} Read the file again and quote it exactly."));
        return Refusal::NotFound(message);
    }
    message.push_str(&format!("{slip} Nearest places:"));
    for (number, place) in (1..).zip(&places) {
        let quoted = QUOTED_LINES_MAX[usize::from(number > 1)];
        let (first, last) = (place.first(), place.last().min(place.first() + quoted - 1));
        let head = match difference(target, wanted, place) {
            differs if first == last && differs == format!("line {first} differs") => differs,
            difference if first == last => format!("line {first}, {difference}"),
            difference => format!("lines {first}-{last}, {difference}"),
        };
        message.push_str(&format!("\n{number}. {head}:"));
        for line in first..=last {
            message.push_str(&format!("\n{line:>6}| {}", shortened(target.line(line))));
        }
    }
    message.push_str("\nQuote the lines exactly as they stand.");
    Refusal::NotFound(message)
}

/// What the place has otherwise than the search text.
fn difference(target: &Target<'_>, wanted: &[&str], place: &Place) -> String {
    let mut told = Vec::new();
    let is_other = |(at, line): &&(usize, u32)| wanted[*at].trim() != target.line(*line).trim();
    let others: Vec<u32> = place.pairs.iter().filter(is_other).map(|(_, line)| *line).collect();
    if !others.is_empty() {
        told.push(format!("{} {}", numbers(&others), if others.len() == 1 { "differs" } else { "differ" }));
    }
    let is_paired = |line: &u32| place.pairs.iter().any(|(_, paired)| paired == line);
    let skipped: Vec<u32> = (place.first()..=place.last()).filter(|line| !is_paired(line)).collect();
    if !skipped.is_empty() {
        told.push(format!("{} left out in your text", numbers(&skipped)));
    }
    let is_missing = |at: &usize| place.pairs.iter().all(|(paired, _)| paired != at);
    let missing: Vec<usize> = (0..wanted.len()).filter(is_missing).collect();
    if let [first, rest @ ..] = missing.as_slice() {
        let what = match wanted[*first].trim() {
            "" => "a blank line".to_owned(),
            line => format!("`{}`", shortened(line)),
        };
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more of your lines", rest.len()) };
        told.push(format!("{what}{more} not there"));
    }
    if told.is_empty() { "other white space".to_owned() } else { told.join("; ") }
}

/// `line 4`, `lines 4-6, 9`.
fn numbers(lines: &[u32]) -> String {
    let runs = lines.chunk_by(|before, after| before + 1 == *after);
    let told: Vec<String> = runs
        .filter_map(|run| match (run.first()?, run.last()?) {
            (first, last) if first == last => Some(first.to_string()),
            (first, last) => Some(format!("{first}-{last}")),
        })
        .collect();
    format!("{} {}", if lines.len() == 1 { "line" } else { "lines" }, told.join(", "))
}

/// The words of the file's lines and of the search text's.
struct Pages<'t> {
    target: &'t Target<'t>,
    file: Vec<BTreeSet<&'t str>>,
    wanted: Vec<(&'t str, BTreeSet<&'t str>)>,
}

impl<'t> Pages<'t> {
    fn new(target: &'t Target<'t>, wanted: &[&'t str]) -> Self {
        let file = (1..=target.lines.line_count()).map(|line| words(target.line(line))).collect();
        Self { target, file, wanted: wanted.iter().map(|line| (line.trim(), words(line))).collect() }
    }

    fn places(&self) -> Vec<Place> {
        let mut anchors: Vec<usize> = (0..self.wanted.len()).filter(|at| !self.wanted[*at].1.is_empty()).collect();
        anchors.sort_by_key(|at| std::cmp::Reverse(self.wanted[*at].0.len()));
        let mut found: Vec<Place> = Vec::new();
        for at in anchors.into_iter().take(ANCHORS_MAX) {
            let lines = 1..=self.file.len() as u32;
            let mut near: Vec<(f64, u32)> =
                lines.map(|line| (self.alike(at, line), line)).filter(|(alike, _)| *alike >= ALIKE).collect();
            near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            found.extend(near.into_iter().take(PLACES_OF_ANCHOR_MAX).map(|(_, line)| self.around(at, line)));
        }
        found.sort_by(|a, b| b.worth.total_cmp(&a.worth).then(a.first().cmp(&b.first())));
        let best = found.first().map_or(0.0, |place| place.worth);
        let mut places: Vec<Place> = Vec::new();
        for place in found.into_iter().filter(|place| place.worth >= (best * NEAR_BEST).max(WORTH_LEAST)) {
            let is_apart = |other: &Place| place.first() > other.last() || place.last() < other.first();
            if places.len() < PLACES_MAX && places.iter().all(is_apart) {
                places.push(place);
            }
        }
        places
    }

    /// The lines of the search text laid beside the file's, from one that stands at `line` on in both directions.
    fn around(&self, anchor: usize, line: u32) -> Place {
        let mut pairs = vec![(anchor, line)];
        let mut next = line + 1;
        for at in anchor + 1..self.wanted.len() {
            if let Some(line) = self.nearest(at, |gap| next.checked_add(gap)) {
                pairs.push((at, line));
                next = line + 1;
            }
        }
        let mut next = line.saturating_sub(1);
        for at in (0..anchor).rev() {
            if let Some(line) = self.nearest(at, |gap| next.checked_sub(gap)) {
                pairs.insert(0, (at, line));
                next = line.saturating_sub(1);
            }
        }
        let worth: f64 = pairs.iter().map(|(at, line)| self.alike(*at, *line)).sum();
        let filled = self.wanted.iter().filter(|(line, _)| !line.is_empty()).count();
        Place { pairs, worth: worth / filled.max(1) as f64 }
    }

    /// The line for one of the search text among those that `place` gives: the very same one before one that is alike.
    fn nearest(&self, at: usize, place: impl Fn(u32) -> Option<u32>) -> Option<u32> {
        let lines =
            |most: u32| (0..=most).filter_map(&place).filter(|line| (1..=self.file.len() as u32).contains(line));
        if self.wanted[at].0.is_empty() {
            return lines(0).find(|line| self.target.is_blank(*line));
        }
        let is_same = |line: &u32| self.target.line(*line).trim() == self.wanted[at].0;
        lines(GAPS_MAX[0]).find(is_same).or_else(|| lines(GAPS_MAX[1]).find(|line| self.alike(at, *line) >= ALIKE))
    }

    /// How much two lines say the same, from 0 to 1.
    fn alike(&self, at: usize, line: u32) -> f64 {
        let (text, words) = &self.wanted[at];
        let others = &self.file[line as usize - 1];
        if *text == self.target.line(line).trim() {
            return if text.is_empty() { 0.0 } else { 1.0 };
        }
        if words.is_empty() || others.is_empty() {
            return 0.0;
        }
        // Never as much as the very same.
        1.9 * words.intersection(others).count() as f64 / (words.len() + others.len()) as f64
    }
}

fn words(line: &str) -> BTreeSet<&str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).take(64).collect()
}

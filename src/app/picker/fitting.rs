//! How well a name or a path fits one word of a query.
//!
//! Knows nothing of lists. A word fits where its letters stand in this order, best at the beginnings of words and without
//! gaps, or where it is a name but for a slip or two of the fingers. Invariant: who is asked for every symbol of a large
//! project with every key looks at letters alone and takes no memory.

use std::ops::Range;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use unicode_segmentation::UnicodeSegmentation;

use crate::index::letters_of;

/// What every fit begins with, so that what is held against it is never lost at zero.
const GROUND: u32 = 1_000;
/// What letters that the word does not name take, and at most.
const SURPLUS: u32 = 3;
const SURPLUS_MAX: u32 = 90;
/// Found in what stands around the name alone: the class of a method, the folders of a file.
const AROUND: u32 = 150;
/// What the matcher gives for one letter at most, and for the first one besides.
const LETTER_MAX: u32 = 26;
const FIRST_LETTER: u32 = 10;
/// Letters of it, a part, the beginning of a word, the beginning, the whole name.
const LEVELS: [u32; 5] = [0, 0, 120, 200, 400];
/// In this very case.
const AS_TYPED: u32 = 30;
/// Letters here and there in a path.
const SCATTERED: u32 = 600;
/// A slip of the fingers costs more than two gaps.
const SLIP: u32 = 110;
/// Longer words are not looked at for slips.
const SLIPPED_BYTES_MAX: usize = 32;

/// Where a word of the query may be found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Name,
    Path,
    Either,
}

/// How many letters of a word's beginning stand in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Begun(u8);

impl Begun {
    pub(super) const NOTHING: Self = Self(0);
    /// Bytes do not tell.
    const UNKNOWN: Self = Self(u8::MAX);
}

/// What is needed to compare, kept from one comparison to the next.
pub(super) struct Eye {
    matcher: Matcher,
    letters: Vec<char>,
}

impl Eye {
    pub(super) fn new() -> Self {
        Self { matcher: Matcher::new(Config::DEFAULT), letters: Vec::new() }
    }
}

/// One word of a query.
pub(super) struct Word {
    pub(super) text: String,
    pub(super) within: Within,
    atom: Atom,
    letters: u64,
    /// With a capital in it, capitals count.
    is_cased: bool,
    /// The letters from each on, and of the end; nothing where bytes are no letters, or too many.
    rests: Vec<u64>,
    /// In lower case, where slips are looked for.
    typed: Vec<u8>,
    slips_max: u32,
}

impl Word {
    pub(super) fn new(text: &str, within: Within) -> Self {
        let atom = Atom::new(text, CaseMatching::Smart, Normalization::Smart, AtomKind::Fuzzy, false);
        let slips_max = match text.len() {
            _ if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => 0,
            0..=3 | SLIPPED_BYTES_MAX.. => 0,
            4..=6 => 1,
            _ => 2,
        };
        let is_cased = text.bytes().any(|byte| byte.is_ascii_uppercase());
        let is_plain = text.is_ascii() && text.len() < Begun::UNKNOWN.0.into();
        let rests = if is_plain { (0..=text.len()).map(|at| letters_of(&text[at..])).collect() } else { Vec::new() };
        let typed = text.to_ascii_lowercase().into_bytes();
        Self { within, atom, letters: letters_of(text), is_cased, rests, typed, slips_max, text: text.to_owned() }
    }

    /// It names what stands around a symbol too: `Cart.total`.
    pub(super) fn is_qualified(&self) -> bool {
        self.text.contains('.')
    }

    /// How well a qualified name fits, whose own part does not: no better than [`Word::around_max`].
    pub(super) fn around(&self, eye: &mut Eye, qualname: &str) -> Option<u32> {
        if self.is_qualified() { self.fit(eye, qualname) } else { Some(self.plain(eye, qualname)? - AROUND) }
    }

    pub(super) fn around_max(&self) -> u32 {
        let plain = GROUND + 4 * (LETTER_MAX * self.text.len() as u32 + FIRST_LETTER);
        if self.is_qualified() { plain + LEVELS[4] + AS_TYPED } else { plain - AROUND }
    }

    /// How many letters of its beginning stand in a text, in this order.
    pub(super) fn begun_in(&self, text: &str) -> Begun {
        if !text.is_ascii() || self.rests.is_empty() {
            return Begun::UNKNOWN;
        }
        // Fewer than are unknown: so many rests are there.
        Begun(self.found_of(self.text.bytes(), text.bytes()) as u8)
    }

    /// Whether a name with these letters has the rest of it, in this order; nothing where bytes do not tell.
    pub(super) fn is_ended_in<'n>(&self, begun: Begun, letters: u64, name: impl Fn() -> &'n str) -> Option<bool> {
        let rest = self.rests.get(usize::from(begun.0))?;
        if rest & !letters != 0 {
            return Some(false);
        }
        let (name, wanted) = (name(), self.text.len() - usize::from(begun.0));
        name.is_ascii().then(|| self.found_of(self.text.bytes().rev(), name.bytes().rev()) >= wanted)
    }

    fn found_of(&self, mut wanted: impl Iterator<Item = u8>, text: impl Iterator<Item = u8>) -> usize {
        let mut next = wanted.next();
        let mut count = 0;
        for byte in text {
            let Some(letter) = next else { break };
            if letter == if self.is_cased { byte } else { byte.to_ascii_lowercase() } {
                count += 1;
                next = wanted.next();
            }
        }
        count
    }

    /// Whether a name with these letters may fit.
    pub(super) fn may_fit(&self, letters: u64) -> bool {
        (self.letters & !letters).count_ones() <= self.slips_max
    }

    /// How well a path fits: by the file's name, else by all of it.
    pub(super) fn path(&self, eye: &mut Eye, path: &str) -> Option<u32> {
        self.path_lettered(eye, path, letters_of(path))
    }

    /// As [`Word::path`], where the letters of the path are known.
    pub(super) fn path_lettered(&self, eye: &mut Eye, path: &str, letters: u64) -> Option<u32> {
        if !self.may_fit(letters) {
            return None;
        }
        let file = path.rsplit('/').next().unwrap_or(path);
        let stem = file.split('.').next().unwrap_or(file);
        let named = match self.text.contains('/') {
            true => None,
            false if self.text.contains('.') => self.fit(eye, file),
            false => self.fit(eye, stem),
        };
        named.or_else(|| self.along(eye, path))
    }

    /// What a path that fits so well adds to what a name has of the other words: a folder of that name tells more than some
    /// letters here and there.
    pub(super) fn beside(&self, eye: &mut Eye, path: &str, fit: u32) -> u32 {
        self.along(eye, path).unwrap_or(fit / 2)
    }

    fn along(&self, eye: &mut Eye, path: &str) -> Option<u32> {
        let plain = self.plain(eye, path)?;
        Some(match self.level(path).min(2) {
            0 => plain.saturating_sub(SCATTERED),
            level => plain + 60 * level - AROUND,
        })
    }

    /// How well a name fits as a whole.
    pub(super) fn fit(&self, eye: &mut Eye, name: &str) -> Option<u32> {
        self.fit_lettered(eye, name, letters_of(name))
    }

    /// As [`Word::fit`], where the letters of the name are known.
    pub(super) fn fit_lettered(&self, eye: &mut Eye, name: &str, letters: u64) -> Option<u32> {
        if !self.may_fit(letters) {
            return None;
        }
        let missing = (self.letters & !letters).count_ones();
        let surplus = |used: usize| (name.len().saturating_sub(used) as u32 * SURPLUS).min(SURPLUS_MAX);
        if missing == 0
            && let Some(fit) = self.plain(eye, name)
        {
            let at_level = LEVELS[self.level(name) as usize];
            let as_typed = if name.contains(&self.text) { AS_TYPED } else { 0 };
            return Some(fit + at_level + as_typed - surplus(self.text.len()));
        }
        let (slips, place) = self.slipped(name)?;
        let at_start = if place.start == 0 { 120 } else { 60 };
        Some(GROUND + 56 * self.typed.len() as u32 + at_start - SLIP * slips - surplus(place.len()))
    }

    /// The letters in this order, with what the gaps between them cost.
    fn plain(&self, eye: &mut Eye, name: &str) -> Option<u32> {
        let score = self.atom.score(Utf32Str::new(name, &mut eye.letters), &mut eye.matcher)?;
        Some(GROUND + 4 * u32::from(score))
    }

    /// The bytes that the word stands for, neighbours as one.
    pub(super) fn places(&self, eye: &mut Eye, name: &str) -> Option<Vec<Range<usize>>> {
        let mut indices = Vec::new();
        let text = Utf32Str::new(name, &mut eye.letters);
        match self.atom.indices(text, &mut eye.matcher, &mut indices) {
            Some(_) => Some(ranges(name, indices)),
            None => Some(vec![self.slipped(name)?.1]),
        }
    }

    /// The whole name 4, its beginning 3, the beginning of a word in it 2, a part of it 1, letters of it 0.
    fn level(&self, name: &str) -> u32 {
        let (name, word) = (name.as_bytes(), self.text.as_bytes());
        let mut best = 0;
        for at in 0..(name.len() + 1).saturating_sub(word.len()) {
            if !name[at..at + word.len()].eq_ignore_ascii_case(word) {
                continue;
            }
            match at {
                0 if name.len() == word.len() => return 4,
                0 => return 3,
                at => best = best.max(1 + u32::from(begins_word(name, at))),
            }
        }
        best
    }

    /// The beginning of a word in the name that is this one but for the fewest slips, and how many those are.
    fn slipped(&self, name: &str) -> Option<(u32, Range<usize>)> {
        if self.slips_max == 0 || !name.is_ascii() {
            return None;
        }
        let bytes = name.as_bytes();
        let starts = (0..bytes.len()).filter(|at| *at == 0 || begins_word(bytes, *at));
        let found = starts.filter_map(|at| {
            let (slips, len) = self.slips_of(&bytes[at..])?;
            Some((slips, at..at + len))
        });
        found.min_by_key(|(slips, place)| (*slips, place.start))
    }

    /// How many letters are wrong, missing, too many, or have changed places, and how much of the text that is. The
    /// first letter is right, or has changed places.
    fn slips_of(&self, text: &[u8]) -> Option<(u32, usize)> {
        let typed = &self.typed[..];
        let is_at = |at: usize, letter: u8| text.get(at).is_some_and(|byte| byte.to_ascii_lowercase() == letter);
        let is_turned = is_at(1, typed[0]) && is_at(0, typed[1]);
        if !is_at(0, typed[0]) && !is_turned {
            return None;
        }
        let text = &text[..text.len().min(typed.len() + self.slips_max as usize)];
        const WIDTH: usize = SLIPPED_BYTES_MAX + 4;
        // The row of each letter typed: the slips up to it, against so much of the text.
        let mut rows = [[0_u8; WIDTH]; 3];
        for (at, cell) in rows[1].iter_mut().enumerate().take(text.len() + 1) {
            *cell = at as u8;
        }
        for (row, letter) in typed.iter().enumerate() {
            let [before, last, next] = &mut rows;
            next[0] = row as u8 + 1;
            for (column, byte) in text.iter().map(u8::to_ascii_lowercase).enumerate() {
                let wrong = last[column] + u8::from(byte != *letter);
                next[column + 1] = wrong.min(last[column + 1] + 1).min(next[column] + 1);
                let is_turned =
                    row > 0 && column > 0 && byte == typed[row - 1] && text[column - 1].to_ascii_lowercase() == *letter;
                if is_turned {
                    next[column + 1] = next[column + 1].min(before[column - 1] + 1);
                }
            }
            if next[..=text.len()].iter().all(|slips| u32::from(*slips) > self.slips_max) {
                return None;
            }
            rows.rotate_left(1);
        }
        let ends = rows[1][..=text.len()].iter().zip(0..);
        let (slips, len) = ends.min_by_key(|(slips, len)| (**slips, typed.len().abs_diff(*len)))?;
        (u32::from(*slips) <= self.slips_max).then_some((u32::from(*slips), len))
    }
}

/// Whether a word begins there: behind a sign, or with a capital behind a small letter.
fn begins_word(name: &[u8], at: usize) -> bool {
    let (before, first) = (name[at - 1], name[at]);
    (!before.is_ascii_alphanumeric() && first.is_ascii_alphanumeric())
        || (before.is_ascii_lowercase() && first.is_ascii_uppercase())
}

/// The bytes of the graphemes that are counted in `indices`, neighbours as one.
fn ranges(text: &str, mut indices: Vec<u32>) -> Vec<Range<usize>> {
    indices.sort_unstable();
    indices.dedup();
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut wanted = indices.into_iter().peekable();
    for (at, (start, grapheme)) in text.grapheme_indices(true).enumerate() {
        if wanted.next_if_eq(&(at as u32)).is_none() {
            continue;
        }
        match ranges.last_mut() {
            Some(last) if last.end == start => last.end += grapheme.len(),
            _ => ranges.push(start..start + grapheme.len()),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted_at_the_beginnings_of_words() {
        let slips = |typed: &str, name: &str| Word::new(typed, Within::Either).slipped(name);
        assert_eq!(slips("qureyset", "QuerySet"), Some((1, 0..8)));
        assert_eq!(slips("uqeryset", "QuerySet"), Some((1, 0..8)));
        assert_eq!(slips("quwryst", "QuerySet"), Some((2, 0..7)));
        assert_eq!(slips("proces_fle", "process_file"), Some((2, 0..12)));
        assert_eq!(slips("recieve", "on_receive"), Some((1, 3..10)));
        assert_eq!(slips("rawing", "drawing"), None, "the first letter is right");
        assert_eq!(slips("gxt", "get"), None, "too short to be sure");
        assert_eq!(slips("orders", "Basket"), None);
    }

    #[test]
    fn a_letter_of_another_script_is_never_ruled_out() {
        let mut eye = Eye::new();
        assert!(Word::new("grosse", Within::Either).fit(&mut eye, "größe").is_none());
        assert!(Word::new("groe", Within::Either).fit(&mut eye, "größe").is_some());
        assert!(Word::new("größe", Within::Either).fit(&mut eye, "größe").is_some());
        assert!(Word::new("größe", Within::Either).fit(&mut eye, "grosse").is_none());
    }
}

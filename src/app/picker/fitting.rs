//! How well a name or a path fits one word of a query.
//!
//! Knows nothing of lists. A word fits where its letters stand in this order, best at the beginnings of words and without
//! gaps, or where it is a name but for a slip or two of the fingers. Invariant: who is asked for every symbol of a large
//! project with every key looks at letters alone and takes no memory; what fits at a glance fits, and no better than it says.

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

/// How well something fits, as far as anybody has looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Not,
    /// It fits, and no better than this.
    AtMost(u32),
    Is(u32),
}

impl Fit {
    /// `None` where it does not fit.
    pub(super) fn most(self) -> Option<u32> {
        match self {
            Self::Not => None,
            Self::AtMost(score) | Self::Is(score) => Some(score),
        }
    }
}

impl From<Option<u32>> for Fit {
    fn from(score: Option<u32>) -> Self {
        score.map_or(Self::Not, Self::Is)
    }
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
        if self.is_qualified() { self.plain_max() + LEVELS[4] + AS_TYPED } else { self.plain_max() - AROUND }
    }

    fn plain_max(&self) -> u32 {
        GROUND + 4 * (LETTER_MAX * self.text.len() as u32 + FIRST_LETTER)
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
        let named = self.named(path).and_then(|name| self.fit(eye, name));
        named.or_else(|| self.along(eye, path))
    }

    /// As [`Word::path`], at a glance; `letters` are those of the path.
    pub(super) fn glance_at_path(&self, eye: &mut Eye, path: &str, letters: u64) -> Fit {
        if !self.may_fit(letters) {
            return Fit::Not;
        }
        match self.named(path).map_or(Fit::Not, |name| self.glance(eye, name, letters_of(name))) {
            Fit::Not => self.glance_along(eye, path, letters),
            named => named,
        }
    }

    /// What of a path names the file, as the word is written; nothing for a word that names folders.
    fn named<'p>(&self, path: &'p str) -> Option<&'p str> {
        let file = &path[memchr::memrchr(b'/', path.as_bytes()).map_or(0, |at| at + 1)..];
        match self.text.contains('/') {
            true => None,
            false if self.is_qualified() => Some(file),
            false => Some(&file[..memchr::memchr(b'.', file.as_bytes()).unwrap_or(file.len())]),
        }
    }

    /// What a path that fits so well adds to what a name has of the other words: a folder of that name tells more than some
    /// letters here and there.
    pub(super) fn beside(&self, eye: &mut Eye, path: &str, fit: u32) -> u32 {
        self.along(eye, path).unwrap_or(fit / 2)
    }

    /// As [`Word::beside`], at a glance at a path that fits so well.
    pub(super) fn glance_beside(&self, eye: &mut Eye, path: &str, letters: u64, fit: Fit) -> Fit {
        match (self.glance_along(eye, path, letters), fit) {
            (Fit::Not, Fit::Not) => Fit::Not,
            (Fit::Not, Fit::AtMost(fit)) => Fit::AtMost(fit / 2),
            (Fit::Not, Fit::Is(fit)) => Fit::Is(fit / 2),
            (along, _) => along,
        }
    }

    fn along(&self, eye: &mut Eye, path: &str) -> Option<u32> {
        Some(self.along_at(path, self.plain(eye, path)?))
    }

    fn glance_along(&self, eye: &mut Eye, path: &str, letters: u64) -> Fit {
        match self.has_letters_of(path, letters) {
            None => self.along(eye, path).into(),
            Some(true) => Fit::AtMost(self.along_at(path, self.plain_max())),
            Some(false) => Fit::Not,
        }
    }

    fn along_at(&self, path: &str, plain: u32) -> u32 {
        match self.level(path).min(2) {
            0 => plain.saturating_sub(SCATTERED),
            level => plain + 60 * level - AROUND,
        }
    }

    /// How well a name fits as a whole.
    pub(super) fn fit(&self, eye: &mut Eye, name: &str) -> Option<u32> {
        let letters = letters_of(name);
        if !self.may_fit(letters) {
            return None;
        }
        if self.letters & !letters == 0
            && let Some(fit) = self.plain(eye, name)
        {
            let as_typed = if name.contains(&self.text) { AS_TYPED } else { 0 };
            return Some(fit + LEVELS[self.level(name) as usize] + as_typed - surplus(name, self.text.len()));
        }
        let (slips, place) = self.slipped(name)?;
        let at_start = if place.start == 0 { 120 } else { 60 };
        Some(self.slipped_max() - 120 + at_start - SLIP * slips - surplus(name, place.len()))
    }

    /// What a name scores at most that is the word but for some slips; with other capitals there may be none.
    fn slipped_max(&self) -> u32 {
        GROUND + 56 * self.typed.len() as u32 + 120
    }

    /// As [`Word::fit`], at a glance; `letters` are those of the name.
    pub(super) fn glance(&self, eye: &mut Eye, name: &str, letters: u64) -> Fit {
        if !self.may_fit(letters) {
            return Fit::Not;
        }
        match self.has_letters_of(name, letters) {
            None => self.fit(eye, name).into(),
            Some(true) => {
                let level = self.level(name);
                let as_typed = if level > 0 { AS_TYPED } else { 0 };
                Fit::AtMost(self.plain_max() + LEVELS[level as usize] + as_typed - surplus(name, self.text.len()))
            }
            Some(false) if self.is_slipped(name) => Fit::AtMost(self.slipped_max()),
            Some(false) => Fit::Not,
        }
    }

    /// Whether the word's letters stand in a text with these letters, in this order; nothing where bytes do not tell.
    fn has_letters_of(&self, text: &str, letters: u64) -> Option<bool> {
        if !text.is_ascii() || self.rests.is_empty() {
            return None;
        }
        Some(self.letters & !letters == 0 && self.found_of(self.text.bytes(), text.bytes()) == self.text.len())
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
        let Some(first) = word.first().map(u8::to_ascii_lowercase) else { return 3 + u32::from(name.is_empty()) };
        let mut best = 0;
        for at in 0..(name.len() + 1).saturating_sub(word.len()) {
            if name[at].to_ascii_lowercase() != first || !name[at..at + word.len()].eq_ignore_ascii_case(word) {
                continue;
            }
            match at {
                0 if name.len() == word.len() => return 4,
                0 => return 3,
                at if begins_word(name, at) => return 2,
                _ => best = 1,
            }
        }
        best
    }

    /// The beginning of a word in the name that is this one but for the fewest slips, and how many those are.
    fn slipped(&self, name: &str) -> Option<(u32, Range<usize>)> {
        let bytes = name.as_bytes();
        let found = self.slipped_starts(name)?.filter_map(|at| {
            let (slips, len) = self.slips_of(&bytes[at..])?;
            Some((slips, at..at + len))
        });
        found.min_by_key(|(slips, place)| (*slips, place.start))
    }

    /// Whether [`Word::slipped`] finds anything.
    fn is_slipped(&self, name: &str) -> bool {
        let starts = self.slipped_starts(name);
        starts.is_some_and(|mut starts| {
            starts.any(|at| slips_within(&self.typed, &name.as_bytes()[at..], self.slips_max))
        })
    }

    /// Where in a name the word may begin with a slip or two: the first letter is right, or has changed places.
    fn slipped_starts(&self, name: &str) -> Option<impl Iterator<Item = usize>> {
        let (bytes, typed) = (name.as_bytes(), &self.typed[..]);
        let is_at = |at: usize, letter: u8| bytes.get(at).is_some_and(|byte| byte.to_ascii_lowercase() == letter);
        let begins = move |at: &usize| {
            (is_at(*at, typed[0]) || (is_at(*at + 1, typed[0]) && is_at(*at, typed[1])))
                && (*at == 0 || begins_word(bytes, *at))
        };
        (self.slips_max > 0 && name.is_ascii()).then(|| (0..bytes.len()).filter(begins))
    }

    /// How many letters are wrong, missing, too many, or have changed places, and how much of the text that is.
    fn slips_of(&self, text: &[u8]) -> Option<(u32, usize)> {
        let typed = &self.typed[..];
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

/// What letters that the word does not name take from a name's score; the word takes `used` bytes of it.
fn surplus(name: &str, used: usize) -> u32 {
    (name.len().saturating_sub(used) as u32 * SURPLUS).min(SURPLUS_MAX)
}

/// Whether what was typed is the beginning of a text but for so many slips.
fn slips_within(typed: &[u8], text: &[u8], slips_max: u32) -> bool {
    let same = typed.iter().zip(text).take_while(|(typed, byte)| **typed == byte.to_ascii_lowercase()).count();
    let (typed, text) = (&typed[same..], &text[same..]);
    if typed.len() <= slips_max as usize {
        return true;
    }
    let Some(left) = slips_max.checked_sub(1) else { return false };
    // One too many, one wrong, one missing, two that changed places.
    slips_within(&typed[1..], text, left)
        || (!text.is_empty() && (slips_within(&typed[1..], &text[1..], left) || slips_within(typed, &text[1..], left)))
        || (text.len() > 1
            && text[1].to_ascii_lowercase() == typed[0]
            && text[0].to_ascii_lowercase() == typed[1]
            && slips_within(&typed[2..], &text[2..], left))
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
    use crate::text::dice::Dice;

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
    fn what_fits_at_a_glance_fits_and_no_better() {
        let mut dice = Dice::new(3);
        let mut eye = Eye::new();
        let (mut fit_count, mut slip_count) = (0, 0);
        for _ in 0..200_000 {
            let mut letters = |most: usize, of: &str| -> String {
                let of: Vec<char> = of.chars().collect();
                (0..=dice.roll(most)).map(|_| of[dice.roll(of.len())]).collect()
            };
            let (typed, name) = (letters(9, "aabBc_/."), letters(14, "aabbBC_/."));
            let word = Word::new(&typed, Within::Either);
            let (letters, fit, path) = (letters_of(&name), word.fit(&mut eye, &name), word.path(&mut eye, &name));
            let holds = |glance: Fit, closely: Option<u32>| {
                glance.most().is_some() == closely.is_some() && glance.most() >= closely
            };
            let glance = word.glance(&mut eye, &name, letters);
            assert!(holds(glance, fit), "{typed} {name}: {glance:?} {fit:?}");
            let glance = word.glance_at_path(&mut eye, &name, letters);
            assert!(holds(glance, path), "{typed} {name}: {glance:?} {path:?}");
            let beside = path.map(|fit| word.beside(&mut eye, &name, fit));
            let glance = word.glance_beside(&mut eye, &name, letters, glance);
            assert!(holds(glance, beside), "{typed} {name}: {glance:?} {beside:?}");
            assert_eq!(word.is_slipped(&name), word.slipped(&name).is_some(), "{typed} {name}");
            fit_count += usize::from(fit.is_some());
            slip_count += usize::from(word.slipped(&name).is_some());
        }
        assert!(fit_count > 10_000 && slip_count > 1_000, "{fit_count} {slip_count}");
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

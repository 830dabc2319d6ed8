//! The identifiers of a text as a set of 32-bit hashes: who mentions a name, without keeping any text.
//!
//! Where a word ends, and whether it was there before, is nothing that a processor can foresee, and a guess that was wrong
//! costs it more than looking at ten letters: so letters are looked at 64 at a time, and each word is taken in the same way.
//! Invariant: a word that stands in a text is always found; one in four thousand million that does not, is too.

use std::cell::RefCell;

/// All words of one file, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct WordSet(Box<[u32]>);

impl WordSet {
    /// Takes the words of code, strings and comments alike: names stand in `getattr` and in `__all__` too.
    pub(super) fn of(text: &str) -> Self {
        thread_local! {
            static GATHERED: RefCell<Gathered> = RefCell::new(Gathered::default());
        }
        GATHERED.with_borrow_mut(|gathered| {
            gathered.begin();
            for_each_word(text, &mut |start, end| gathered.take(text.as_bytes(), start, end));
            gathered.words()
        })
    }

    /// As [`WordSet::hashes`], in the bytes of a record.
    pub(super) fn from_sorted(bytes: &[u8]) -> Option<Self> {
        let (words, []) = bytes.as_chunks() else { return None };
        let words: Box<[u32]> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
        words.is_sorted().then_some(Self(words))
    }

    pub(super) fn contains(&self, hash: u32) -> bool {
        self.0.binary_search(&hash).is_ok()
    }

    pub(super) fn hashes(&self) -> &[u32] {
        &self.0
    }
}

/// The same on every machine and in every run: it is kept on disk.
pub(super) fn hash(word: &str) -> u32 {
    hash_within(word.as_bytes(), 0, word.len())
}

/// The hash of the word from `start` to `end`. Up to sixteen bytes are taken at once, what stands behind the word masked out.
#[inline(always)]
fn hash_within(bytes: &[u8], start: usize, end: usize) -> u32 {
    const MIX: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];
    let len = end - start;
    if len > 16 {
        return xxhash_rust::xxh3::xxh3_64(&bytes[start..end]) as u32;
    }
    let wide = match bytes.get(start..).and_then(<[u8]>::first_chunk) {
        Some(chunk) => u128::from_le_bytes(*chunk) & u128::MAX.unbounded_shr(128 - 8 * len as u32),
        None => bytes[start..end].iter().rev().fold(0, |wide, byte| wide << 8 | u128::from(*byte)),
    };
    let product = u128::from(wide as u64 ^ MIX[0]) * u128::from((wide >> 64) as u64 ^ MIX[1] ^ len as u64);
    (product >> 64) as u32 ^ product as u32
}

/// The words of the file that a thread is at; one serves for all its files.
struct Gathered {
    hashes: Vec<u32>,
    len: usize,
    /// What was taken last in each place: a word follows itself soon. The place tells the lower bits of the hash, so the
    /// number of the file stands in theirs.
    recent: Box<[u32; RECENT]>,
    file: u32,
}

const RECENT: usize = 4096;

impl Default for Gathered {
    fn default() -> Self {
        Self { hashes: vec![0; RECENT], len: 0, recent: Box::new([0; RECENT]), file: 0 }
    }
}

impl Gathered {
    fn begin(&mut self) {
        self.len = 0;
        self.file = (self.file + 1) % RECENT as u32;
        if self.file == 0 {
            self.recent.fill(0);
            self.file = 1;
        }
    }

    #[inline(always)]
    fn take(&mut self, bytes: &[u8], start: usize, end: usize) {
        let hash = hash_within(bytes, start, end);
        let place = hash as usize % RECENT;
        let tag = hash - place as u32 + self.file;
        if self.len == self.hashes.len() {
            self.hashes.resize(2 * self.len, 0);
        }
        self.hashes[self.len] = hash;
        self.len += usize::from(self.recent[place] != tag);
        self.recent[place] = tag;
    }

    fn words(&mut self) -> WordSet {
        let hashes = &mut self.hashes[..self.len];
        hashes.sort_unstable();
        let mut words = Vec::with_capacity(hashes.len());
        words.extend(hashes.chunk_by(|one, next| one == next).map(|same| same[0]));
        WordSet(words.into())
    }
}

/// Calls `take` with the start and the end of each word.
fn for_each_word(text: &str, take: &mut impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    if bytes.is_ascii() {
        for_each_run(bytes, |start, end| take_word(bytes, start, end, take));
    } else {
        for_each_run(bytes, |start, end| take_run(text, start, end, take));
    }
}

/// Calls `take` with the start and the end of what stands between two bytes that belong to no word.
#[inline(always)]
fn for_each_run(bytes: &[u8], mut take: impl FnMut(usize, usize)) {
    let (chunks, rest) = bytes.as_chunks::<64>();
    let mut last = [b' '; 64];
    last[..rest.len()].copy_from_slice(rest);
    let (mut start, mut is_within) = (0, false);
    for (chunk, first) in chunks.iter().chain([&last]).zip((0..).step_by(64)) {
        let bits = word_bits(chunk);
        let mut edges = bits ^ (bits << 1 | u64::from(is_within));
        if is_within && edges != 0 {
            take(start, first + edges.trailing_zeros() as usize);
            edges &= edges - 1;
            is_within = false;
        }
        while edges != 0 {
            start = first + edges.trailing_zeros() as usize;
            edges &= edges - 1;
            if edges == 0 {
                is_within = true;
                break;
            }
            take(start, first + edges.trailing_zeros() as usize);
            edges &= edges - 1;
        }
    }
    if is_within {
        take(start, bytes.len());
    }
}

/// Puts a bit for each byte of `text` that is a letter, a digit, an underscore, or no ASCII, in the place of what `bits` held.
pub(super) fn put_word_bits(text: &str, bits: &mut Vec<u64>) {
    let (chunks, rest) = text.as_bytes().as_chunks::<64>();
    let mut last = [b' '; 64];
    last[..rest.len()].copy_from_slice(rest);
    bits.clear();
    bits.extend(chunks.iter().chain([&last]).map(word_bits));
}

/// A bit for each byte that is a letter, a digit, an underscore, or no ASCII.
fn word_bits(chunk: &[u8; 64]) -> u64 {
    let is_of_word = chunk.map(|byte| {
        let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        u8::from(is_letter | (byte.wrapping_sub(b'0') < 10) | (byte == b'_') | (byte >= 0x80))
    });
    // The eight lowest bits of eight bytes, side by side.
    let gathered = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    is_of_word.as_chunks().0.iter().rev().fold(0, |bits, eight| bits << 8 | gathered(eight))
}

/// Takes the words of a run: some of it may be no letter.
fn take_run(text: &str, start: usize, end: usize, take: &mut impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    let run = &text[start..end];
    if !run.is_ascii() {
        let mut at = start;
        for part in run.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_') {
            let word = part.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_');
            take_word(bytes, at, at + word.len(), take);
            at += part.len();
        }
        return;
    }
    take_word(bytes, start, end, take);
}

#[inline(always)]
fn take_word(bytes: &[u8], start: usize, end: usize, take: &mut impl FnMut(usize, usize)) {
    if start == end || bytes[start].is_ascii_digit() {
        return;
    }
    take(start, end);
    // In "\nname" the letter belongs to the escape.
    if start > 0 && bytes[start - 1] == b'\\' && bytes[start].is_ascii() && end - start > 1 {
        take(start + 1, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let mut words = Vec::new();
        for_each_word(text, &mut |start, end| words.push(&text[start..end]));
        words
    }

    #[test]
    fn takes_words_from_code_strings_and_comments() {
        assert_eq!(
            words("def f(x1): # see größe…y\n  return 'a.b_c' + 0xff"),
            ["def", "f", "x1", "see", "größe", "y", "return", "a", "b_c"]
        );
        assert_eq!(words(r"'\nname'"), ["nname", "name"]);
        assert_eq!(words("…é…\u{300}"), ["é"]);
        assert_eq!(words(""), Vec::<&str>::new());
    }

    #[test]
    fn words_are_whole_wherever_they_stand() {
        for before in 0..130 {
            let text = format!("{}alpha_1 ßeta {}", " ".repeat(before), "long".repeat(40));
            assert_eq!(words(&text), ["alpha_1", "ßeta", &"long".repeat(40)], "{before}");
        }
    }

    #[test]
    fn finds_what_it_took() {
        let set = WordSet::of("a b a c");
        assert_eq!(set.hashes().len(), 3);
        assert!(set.contains(hash("b")) && !set.contains(hash("d")));
        let many: String = (0..20_000).map(|nth| format!("name{nth} ")).collect();
        // Far more files than numbers for them.
        for _ in 0..3 * RECENT {
            assert_eq!(WordSet::of("a b a c"), set);
        }
        let set = WordSet::of(&many);
        assert!(words(&many).iter().all(|word| set.contains(hash(word))));
    }

    #[test]
    fn the_length_of_a_word_counts_and_what_follows_does_not() {
        let text = "a".repeat(40);
        let hashes: std::collections::BTreeSet<u32> = (1..40).map(|len| hash(&text[..len])).collect();
        assert_eq!(hashes.len(), 39);
        assert!((1..40).all(|len| hash_within(text.as_bytes(), 0, len) == hash(&text[..len])));
    }
}

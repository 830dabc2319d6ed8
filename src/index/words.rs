//! The identifiers of a text as a set of 32-bit hashes: who mentions a name, without keeping any text.
//!
//! Invariant: a word that stands in a text is always found; one in four thousand million that does not, is too.

/// All words of one file, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct WordSet(Box<[u32]>);

impl WordSet {
    /// Takes the words of code, strings and comments alike: names stand in `getattr` and in `__all__` too.
    pub(super) fn of(text: &str) -> Self {
        let mut hashes = Vec::with_capacity(text.len() / 8);
        for_each_word(text, |word| hashes.push(hash(word)));
        hashes.sort_unstable();
        hashes.dedup();
        Self(hashes.into())
    }

    pub(super) fn contains(&self, hash: u32) -> bool {
        self.0.binary_search(&hash).is_ok()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

pub(super) fn hash(word: &str) -> u32 {
    xxhash_rust::xxh3::xxh3_64(word.as_bytes()) as u32
}

fn for_each_word(text: &str, mut take: impl FnMut(&str)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at = end_of_run(text, at);
        if at == start {
            at += text[start..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        let word = &text[start..at];
        if bytes[start].is_ascii_digit() {
            continue;
        }
        take(word);
        // In "\nname" the letter belongs to the escape.
        if start > 0 && bytes[start - 1] == b'\\' && bytes[start].is_ascii() && word.len() > 1 {
            take(&word[1..]);
        }
    }
}

/// Where the letters, digits and underscores that start at `at` end.
fn end_of_run(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        if byte.is_ascii_alphanumeric() || *byte == b'_' {
            at += 1;
        } else if byte.is_ascii() {
            break;
        } else {
            match text[at..].chars().next().filter(|c| c.is_alphanumeric()) {
                Some(letter) => at += letter.len_utf8(),
                None => break,
            }
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        for_each_word(text, |word| words.push(word.to_owned()));
        words
    }

    #[test]
    fn takes_words_from_code_strings_and_comments() {
        assert_eq!(
            words("def f(x1): # see größe…y\n  return 'a.b_c' + 0xff"),
            ["def", "f", "x1", "see", "größe", "y", "return", "a", "b_c"]
        );
        assert_eq!(words(r"'\nname'"), ["nname", "name"]);
    }

    #[test]
    fn finds_what_it_took() {
        let set = WordSet::of("a b a c");
        assert_eq!(set.iter().count(), 3);
        assert!(set.contains(hash("b")) && !set.contains(hash("d")));
    }
}

//! The words in names and in prose, so that both can be compared: `CsvReader`, `read_csv` and "reads CSV files".

/// The words of a name in lower case: `HTTPServer2` is `http`, `server2`.
pub fn name_words(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split(|c: char| !c.is_alphanumeric()).flat_map(|part| {
        let letters: Vec<char> = part.chars().collect();
        let mut words: Vec<String> = Vec::new();
        for (at, letter) in letters.iter().enumerate() {
            let after_small = at > 0 && !letters[at - 1].is_uppercase();
            let before_small = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
            if at == 0 || letter.is_uppercase() && (after_small || before_small) {
                words.push(String::new());
            }
            if let Some(last) = words.last_mut() {
                last.extend(letter.to_lowercase());
            }
        }
        words
    })
}

/// A word without the endings of English grammar: `reads`, `reading` and `read` are one.
pub fn stem(word: &str) -> &str {
    for ending in ["ations", "ation", "ings", "ing", "ers", "er", "ies", "es", "ed", "s", "e", "y"] {
        if let Some(rest) = word.strip_suffix(ending)
            && rest.len() >= 3
            && word.is_ascii()
        {
            return rest;
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_apart_in_words() {
        let words = |name| name_words(name).collect::<Vec<_>>().join(" ");
        assert_eq!(words("HTTPServer2"), "http server2");
        assert_eq!(words("_read_csvRows"), "read csv rows");
        assert_eq!(words("Größe"), "größe");
        assert_eq!(words("shop/cart.py"), "shop cart py");
    }

    #[test]
    fn words_of_one_stem_are_one() {
        for words in [&["read", "reads", "reading", "reader", "readers"][..], &["parse", "parsed", "parser", "parses"]]
        {
            assert!(words.iter().all(|word| stem(word) == stem(words[0])), "{words:?}");
        }
        assert_eq!(stem("is"), "is");
    }
}

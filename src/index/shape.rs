//! What a record means: it changes with every line of the code that says so.
//!
//! Whoever keeps records asks this, so that nobody has to think of raising a number. A comment changes it too: the next
//! start then reads all files again, that is all.

use std::sync::LazyLock;

use xxhash_rust::xxh3::Xxh3;

/// The layout of a record, and all that decides what stands in one for a given text. The parser itself is told by the
/// versions in the manifest.
const SOURCES: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("../../Cargo.toml")),
    ("index/lines.rs", include_str!("lines.rs")),
    ("index/notebook.rs", include_str!("notebook.rs")),
    ("index/notebook/json.rs", include_str!("notebook/json.rs")),
    ("index/parse.rs", include_str!("parse.rs")),
    ("index/parse/call.rs", include_str!("parse/call.rs")),
    ("index/parse/compound.rs", include_str!("parse/compound.rs")),
    ("index/parse/expression.rs", include_str!("parse/expression.rs")),
    ("index/parse/fstring.rs", include_str!("parse/fstring.rs")),
    ("index/parse/lexer.rs", include_str!("parse/lexer.rs")),
    ("index/parse/line_cursor.rs", include_str!("parse/line_cursor.rs")),
    ("index/parse/outline.rs", include_str!("parse/outline.rs")),
    ("index/parse/pattern.rs", include_str!("parse/pattern.rs")),
    ("index/parse/recogniser.rs", include_str!("parse/recogniser.rs")),
    ("index/parse/source.rs", include_str!("parse/source.rs")),
    ("index/parse/stack.rs", include_str!("parse/stack.rs")),
    ("index/parse/statement.rs", include_str!("parse/statement.rs")),
    ("index/parse/token.rs", include_str!("parse/token.rs")),
    ("index/parse/usage.rs", include_str!("parse/usage.rs")),
    ("index/parse/walk.rs", include_str!("parse/walk.rs")),
    ("index/parse/whole_file.rs", include_str!("parse/whole_file.rs")),
    ("index/record.rs", include_str!("record.rs")),
    ("index/spelling.rs", include_str!("spelling.rs")),
    ("index/store.rs", include_str!("store.rs")),
    ("index/structure.rs", include_str!("structure.rs")),
    ("index/words.rs", include_str!("words.rs")),
    ("text/file_text.rs", include_str!("../text/file_text.rs")),
    ("text/path.rs", include_str!("../text/path.rs")),
    ("text/span.rs", include_str!("../text/span.rs")),
];

/// Two programs that say the same here make the same record of the same file, and read each other's.
pub fn record_shape() -> u64 {
    static SHAPE: LazyLock<u64> = LazyLock::new(|| shape_of(SOURCES));
    *SHAPE
}

fn shape_of(sources: &[(&str, &str)]) -> u64 {
    let mut hash = Xxh3::new();
    for (_, text) in sources {
        hash.update(&text.len().to_le_bytes());
        hash.update(text.as_bytes());
    }
    hash.digest()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_source_that_decides_is_asked() {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for folder in ["index/parse", "index/notebook"] {
            for entry in std::fs::read_dir(src.join(folder)).unwrap() {
                let name = format!("{folder}/{}", entry.unwrap().file_name().display());
                assert!(SOURCES.iter().any(|(known, _)| *known == name), "{name} is missing here");
            }
        }
        for (name, text) in SOURCES.iter().filter(|(name, _)| name.ends_with(".rs")) {
            assert_eq!(*text, std::fs::read_to_string(src.join(name)).unwrap(), "{name} is not what it is called");
        }
    }

    #[test]
    fn another_line_is_another_shape() {
        let mut sources = SOURCES.to_vec();
        sources[9].1 = "fn";
        assert_ne!(shape_of(&sources), record_shape());
    }
}

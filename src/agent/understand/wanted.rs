//! What a task speaks of: names of code, paths, and words that may stand in names.

use crate::index::{name_words, stem};

/// A task, taken apart.
pub(super) struct Wanted<'t> {
    /// Words that may be names of code, dotted names and paths; each once, in order.
    pub(super) names: Vec<&'t str>,
    /// Stems of words that tell something, each once, in order.
    pub(super) stems: Vec<String>,
    /// Whether something is to be made that does not exist yet.
    pub(super) adds: bool,
}

const NAMES_MAX: usize = 60;
const STEMS_MAX: usize = 40;

impl<'t> Wanted<'t> {
    pub(super) fn of(task: &'t str) -> Self {
        let mut wanted = Self { names: Vec::new(), stems: Vec::new(), adds: false };
        for word in task.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '/'))) {
            let word = word.trim_matches(['.', '/']);
            let lower = word.to_lowercase();
            let tells = !TELLS_NOTHING.contains(&lower.as_str());
            if tells && word.len() >= 3 && !wanted.names.contains(&word) && wanted.names.len() < NAMES_MAX {
                wanted.names.push(word);
            }
            wanted.adds |= ADDING.contains(&lower.as_str());
            if !tells {
                continue;
            }
            for part in name_words(word) {
                let stem = stem(&part);
                let is_new = !wanted.stems.iter().any(|known| known == stem);
                if stem.len() >= 3
                    && is_new
                    && !TELLS_NOTHING.contains(&part.as_str())
                    && wanted.stems.len() < STEMS_MAX
                {
                    wanted.stems.push(stem.to_owned());
                }
            }
        }
        wanted
    }

    pub(super) fn stem_index(&self, word: &str) -> Option<usize> {
        let stem = stem(word);
        self.stems.iter().position(|wanted| wanted == stem)
    }
}

/// Whether a word stands for code even where prose could hold it too.
pub(super) fn looks_like_code(word: &str) -> bool {
    word.contains(['_', '.']) || word.chars().skip(1).any(char::is_uppercase)
}

const ADDING: &[&str] = &["add", "adds", "create", "implement", "introduce", "make", "new", "write", "extend"];

/// Words of tasks that are in no way about their matter.
const TELLS_NOTHING: &[&str] = &[
    "add",
    "adds",
    "all",
    "also",
    "and",
    "any",
    "are",
    "because",
    "been",
    "before",
    "but",
    "can",
    "change",
    "class",
    "classes",
    "code",
    "create",
    "def",
    "does",
    "each",
    "ensure",
    "every",
    "file",
    "files",
    "fix",
    "for",
    "from",
    "function",
    "functions",
    "get",
    "give",
    "gives",
    "has",
    "have",
    "implement",
    "into",
    "introduce",
    "its",
    "let",
    "like",
    "make",
    "makes",
    "method",
    "methods",
    "module",
    "more",
    "must",
    "name",
    "need",
    "needs",
    "new",
    "not",
    "now",
    "off",
    "one",
    "only",
    "our",
    "please",
    "project",
    "python",
    "refactor",
    "remove",
    "rename",
    "return",
    "returns",
    "self",
    "set",
    "should",
    "some",
    "still",
    "such",
    "support",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "they",
    "this",
    "use",
    "used",
    "uses",
    "using",
    "want",
    "was",
    "when",
    "where",
    "which",
    "while",
    "will",
    "with",
    "without",
    "work",
    "works",
    "would",
    "write",
    "you",
    "your",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_names_and_stems() {
        let wanted = Wanted::of("Add a class CsvReader that reads rows, like shop/files.py does.");
        assert_eq!(wanted.stems, ["csv", "read", "row", "shop"]);
        assert!(wanted.names.contains(&"CsvReader") && wanted.names.contains(&"shop/files.py") && wanted.adds);
        assert!(looks_like_code("CsvReader") && looks_like_code("read_rows") && !looks_like_code("Reader"));
    }
}

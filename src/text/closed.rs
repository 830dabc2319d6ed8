//! The names of folders that no tool enters, however they are spelled.
//!
//! Invariant: a spelling that some file system takes for one of them is one of them on every machine.

/// The histories of version control, with what they run unasked, and what flux itself is told to trust.
const CLOSED: [&str; 6] = [".git", ".hg", ".svn", ".bzr", ".jj", ".flux"];

/// The part of a path, separated by `/`, that is such a folder (or, as `.git` is in a work tree, such a file).
pub fn closed_part(path: &str) -> Option<&str> {
    path.split('/').find(|part| {
        let name = plain(part);
        CLOSED.iter().any(|closed| name == *closed || is_short_name(&name, &closed[1..]))
    })
}

/// Whether two paths are the same but for upper and lower case.
pub fn differ_in_case_alone(one: &str, other: &str) -> bool {
    one != other && folded(one) == folded(other)
}

/// A name as the most forgetful file system knows it: without case, without characters that are not seen, without what
/// Windows takes off the end, and without the name of a stream.
fn plain(part: &str) -> String {
    let part = part.split(':').next().unwrap_or_default();
    let is_seen = |c: &char| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    folded(&part.chars().filter(is_seen).collect::<String>()).trim_end_matches(['.', ' ']).to_owned()
}

fn folded(text: &str) -> String {
    // By way of the upper case: `ſ` has the one of `s`.
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// `git~1` is what Windows calls `.git` as well.
fn is_short_name(name: &str, long: &str) -> bool {
    let number = name.strip_prefix(long).and_then(|rest| rest.strip_prefix('~'));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_leads_in() {
        for path in [
            ".git",
            ".git/config",
            "a/.git",
            ".GIT/config",
            ".Git/hooks/pre-commit",
            ".git./config",
            ".git ../x",
            ".git::$INDEX_ALLOCATION/config",
            "GIT~1/config",
            ".g\u{200c}it/config",
            "\u{feff}.git/x",
            ".hg/hgrc",
            ".\u{17f}vn/entries",
            ".jj/repo",
            "sub/.flux/config.toml",
        ] {
            assert!(closed_part(path).is_some(), "{path:?}");
        }
    }

    #[test]
    fn names_that_only_look_alike_are_open() {
        for path in [
            ".gitignore",
            ".github/workflows/x.yml",
            "git/x.py",
            "a.git/x",
            ".gitmodules",
            "flux.py",
            "git~/x",
            "~1/x",
            "..git",
        ] {
            assert_eq!(closed_part(path), None, "{path:?}");
        }
    }
}

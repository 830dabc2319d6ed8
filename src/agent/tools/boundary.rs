//! What is not the project's own work is changed only where the person asks for it.
//!
//! Knows nothing of how a place is judged: the source says it of where a file lies, the head of a text of what is in it.
//! Invariant: the words of a model open nothing.

use super::Desk;
use crate::index::generated_line;
use crate::text::{ChangeSet, FileChange, ProjectPath, Standing};

/// Refuses a change that reaches what is generated, brought along, installed or ignored, and says how to ask.
pub(super) fn keep_off(desk: &Desk<'_>, old: &ChangeSet, new: &ChangeSet) -> Result<(), String> {
    let mut changed = new.iter().filter(|(path, change)| old.get(path) != Some(change));
    changed.try_for_each(|(path, change)| keep_off_file(desk, path, change))
}

/// The place and the reason why a change of `path` is kept off; nothing where it may be changed.
pub(super) fn foreign(desk: &Desk<'_>, path: &ProjectPath, change: &FileChange) -> Option<(ProjectPath, String)> {
    let head = || change.old.as_ref().and_then(|old| generated_line(old.text()));
    let (place, why) = match desk.source.standing(path) {
        Standing::Granted => return None,
        Standing::Foreign { place, why } => (place, why.to_owned()),
        Standing::Own => {
            let line = head()?;
            (path.clone(), format!("says at line {line} that it is generated and not to be edited"))
        }
    };
    (!is_asked_for(&desk.asked, path, &place)).then_some((place, why))
}

fn keep_off_file(desk: &Desk<'_>, path: &ProjectPath, change: &FileChange) -> Result<(), String> {
    let Some((place, why)) = foreign(desk, path, change) else { return Ok(()) };
    let lies = if place == *path { String::new() } else { format!(" lies in '{place}', which") };
    Err(format!(
        "'{path}'{lies} {why}: it is read-only unless the person asks for it. Nothing was changed. Change what it is made \
         from, or the project's own code. If it has to be this file, the person can name '{path}' in a message, or put \
         writable = [\"{place}\"] under [project] in .flux/config.toml."
    ))
}

/// Whether the person's words name the file, or a folder above it that does not reach beyond `place`.
fn is_asked_for(words: &str, path: &ProjectPath, place: &ProjectPath) -> bool {
    let is_around =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '(' | ')' | '[' | ']' | '<' | '>' | ',' | ';');
    words.split(is_around).any(|word| {
        // `a/b.py::C.f`, `a/b.py:12` and the end of a sentence name the file as well.
        let word = word.split(':').next().unwrap_or_default().trim_end_matches(['.', '!', '?', '/']);
        ProjectPath::new(word.trim_start_matches('@')).is_ok_and(|named| path.is_in(&named) && named.is_in(place))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_path_itself_asks() {
        let path = |raw: &str| ProjectPath::new(raw).unwrap();
        let asks = |words| is_asked_for(words, &path("shop/_vendor/six.py"), &path("shop/_vendor"));
        for words in [
            "Mend shop/_vendor/six.py.",
            "mend `./shop/_vendor/six.py`, please",
            "look at @shop/_vendor/six.py:12",
            "shop/_vendor/six.py::add_metaclass is wrong",
            "Update everything in shop/_vendor/!",
        ] {
            assert!(asks(words), "{words}");
        }
        for words in ["", "Mend six.py", "Mend all of shop/", "Mend shop/_vendor/seven.py", "the _vendor folder", "/"] {
            assert!(!asks(words), "{words}");
        }
    }
}

//! What a search text holds that comes from the message and not from the file.
//!
//! Knows nothing of the file: it is asked only of a text that is not in it. Nothing is mended, since it could be meant.

/// The slip in the search text, as a sentence.
pub(super) fn slip_in(wanted: &[&str]) -> Option<&'static str> {
    let any = |holds: &dyn Fn(&str) -> bool| wanted.iter().any(|line| holds(line.trim()));
    let filled = || wanted.iter().filter(|line| !line.trim().is_empty());
    let all = |holds: &dyn Fn(&str) -> bool| filled().count() > 0 && filled().all(|line| holds(line));
    if any(&|line| matches!(line.trim_start_matches(['#', '/', ' ']), "..." | "…") || is_elision(line)) {
        return Some("It leaves lines out by `...`: quote all lines that it spans, or fewer lines without a gap.");
    }
    if any(&|line| line.starts_with("<<<<<<<") || line.starts_with(">>>>>>>") || line == "=======") {
        return Some("It holds the marks of a search and replace block: give the lines alone.");
    }
    if any(&|line| ["<search>", "</search>", "<old", "</old", "<code>", "</code>"].iter().any(|tag| line.contains(tag)))
    {
        return Some("It holds tags: give the lines alone.");
    }
    if any(&|line| ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#x27;"].iter().any(|entity| line.contains(entity))) {
        return Some("It holds HTML entities: give the characters themselves.");
    }
    if any(&|line| line.contains(['\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}'])) {
        return Some("It holds typographic quotes: give plain ones if the file has them.");
    }
    if any(&|line| line.contains("\\n") && !line.contains(['"', '\''])) {
        return Some("It holds `\\n` as two characters: give real line ends.");
    }
    if any(&|line| line.contains("\\\"") || line.contains("\\'")) {
        return Some("It holds quotes behind backslashes: give them without, if the file has them so.");
    }
    if all(&|line| line.starts_with(['-', '+', ' '])) && filled().any(|line| line.starts_with(['-', '+'])) {
        return Some("It looks like a diff: give the lines without their signs.");
    }
    let is_numbered = |line: &str| {
        let rest = line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
        rest.len() < line.trim_start().len() && rest.starts_with([':', '|', '.', ')'])
    };
    all(&is_numbered).then_some("It holds line numbers: give the lines without them.")
}

/// `# ... existing code ...`
fn is_elision(line: &str) -> bool {
    let bare = line.trim_start_matches(['#', '/', ' ']);
    bare.len() < line.len() && (bare.starts_with("...") || bare.starts_with('…'))
}

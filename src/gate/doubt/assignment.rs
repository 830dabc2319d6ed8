//! Whether what stands behind a name sets it.

use std::sync::LazyLock;

use regex::Regex;

/// Whether what follows a name sets it: `= 1`, `: int = 1`, `, b = 1, 2`.
pub(super) fn assigns(after: &str) -> bool {
    let line = after.split('\n').next().unwrap_or_default();
    let rest = line.trim_start();
    if let Some(value) = rest.strip_prefix('=') {
        return !value.starts_with('=');
    }
    let annotated = rest.strip_prefix(':').is_some_and(|annotation| !annotation.trim().is_empty());
    let in_tuple = rest.starts_with(',') && !goes_on_in_call(rest) && has_assignment(rest);
    annotated || in_tuple
}

/// Whether a line goes on within parentheses that were opened before it: what has an `=` there is a keyword argument.
fn goes_on_in_call(line: &str) -> bool {
    let mut depth = 0_i32;
    let closes = line.chars().any(|c| {
        depth += match c {
            '(' | '[' | '{' => 1,
            ')' | ']' | '}' => -1,
            _ => 0,
        };
        depth < 0
    });
    closes || line.trim_end().ends_with(',')
}

/// Whether a line has an `=` that assigns.
fn has_assignment(line: &str) -> bool {
    static ASSIGNS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[\w\s.,\[\]*]+=[^=]").expect("a valid pattern"));
    ASSIGNS.is_match(line)
}

/// The last name before the dot in front of `at`: `cart` for `shop.cart.total`.
pub(super) fn receiver(text: &str, at: usize) -> Option<&str> {
    let before = text[..at].strip_suffix('.')?;
    let start = before.rfind(|c: char| c != '_' && !c.is_alphanumeric()).map_or(0, |at| at + 1);
    // Past a character of several bytes.
    (start..=before.len()).find_map(|start| before.get(start..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyword_arguments_are_no_targets() {
        for (after, is_set) in [
            (" = 1", true),
            (" == 1", false),
            (": int = 1", true),
            (", b = 1, 2", true),
            (", priority=1)", false),
            (", priority=1,", false),
            (", b[0] = pair", true),
        ] {
            assert_eq!(assigns(after), is_set, "{after}");
        }
    }
}

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
    let in_tuple = rest.starts_with(',') && has_assignment(rest);
    annotated || in_tuple
}

/// Whether a line has an `=` that assigns.
fn has_assignment(line: &str) -> bool {
    static ASSIGNS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[\w\s.,\[\]*]+=[^=]").expect("a valid pattern"));
    ASSIGNS.is_match(line)
}

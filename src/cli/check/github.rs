//! Answers as GitHub's workflow commands: each issue becomes a note on its line of the change.

use flux::gate::Severity;

use super::answer::{Answer, ToldIssue};

/// The commands of one answer. `prefix` leads from the top of the work tree to the project: paths are counted from there.
pub(super) fn commands(answer: &Answer, prefix: &str) -> String {
    answer.issues.iter().chain(&answer.overridden).map(|issue| command(issue, prefix)).collect()
}

fn command(issue: &ToldIssue, prefix: &str) -> String {
    let (word, reason) = match (&issue.reason, issue.severity) {
        (Some(reason), _) => ("notice", format!("\nOverridden: {reason}")),
        (None, Severity::Block) => ("error", String::new()),
        (None, Severity::Warn) => ("warning", String::new()),
    };
    let region = issue.region;
    let mut place = format!("line={},endLine={}", region.line, region.end_line);
    // Columns are taken only within one line.
    if region.line == region.end_line {
        place += &format!(",col={},endColumn={}", region.column, region.end_column);
    }
    let fix = issue.fix.as_ref().map(|fix| format!("\nFix: {}", fix.title)).unwrap_or_default();
    let title = property(&format!("flux: {}", issue.code));
    let file = property(&format!("{prefix}{}", issue.path));
    format!("::{word} title={title},file={file},{place}::{}\n", data(&format!("{}{fix}{reason}", issue.message)))
}

/// What stands behind the second `::`.
fn data(text: &str) -> String {
    super::super::printable(&text.replace('\r', "")).replace('%', "%25").replace('\n', "%0A")
}

/// What stands behind a `=`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_the_command() {
        assert_eq!(data("50 % of\r\nall::x"), "50 %25 of%0Aall::x");
        assert_eq!(property("a,b:c.py"), "a%2Cb%3Ac.py");
    }
}

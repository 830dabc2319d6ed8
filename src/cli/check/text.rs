//! Answers for a person: a line that editors can jump to, the source line with a mark under it, and the way out.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use flux::gate::{GateMode, LayerState, Severity, Verdict};
use unicode_width::UnicodeWidthChar;

use super::answer::{Answer, Region, ToldIssue};
use crate::cli::paint::{Hue, Paint};
use crate::cli::printable;

/// So many columns of a source line are shown.
const COLUMNS_MAX: usize = 120;
/// So many of them stand before what is marked, where the line is cut.
const LEAD_COLUMNS: usize = 40;
const TAB_COLUMNS: usize = 4;

/// The issues of an answer and what is let pass, file by file.
pub(super) fn issues(answer: &Answer, paint: Paint) -> String {
    let mut told = String::new();
    let mut issues: Vec<&ToldIssue> = answer.issues.iter().chain(&answer.overridden).collect();
    // Nobody reads a file layer by layer.
    issues.sort_by_key(|issue| (&issue.path, issue.region.line, issue.region.column));
    for issue in issues {
        told.push_str(&one(issue, paint));
        told.push('\n');
    }
    for (place, message, code) in &answer.mended {
        let (word, code) = (paint.paint(Hue::Good, "mended"), paint.paint(Hue::Dim, &format!("[{code}]")));
        let _ = writeln!(
            told,
            "{}: {word}: {} {code}",
            paint.paint(Hue::Bold, place),
            printable(message).replace('\n', " ")
        );
    }
    told
}

/// `2: block (12.3 ms)`.
pub(super) fn head(answer: &Answer, paint: Paint) -> String {
    let id = answer.id.as_str().map_or_else(|| answer.id.to_string(), str::to_owned);
    let hue = match answer.verdict {
        Verdict::Pass => Hue::Good,
        Verdict::Block => Hue::Bad,
    };
    format!("{}: {} ({:.1} ms)\n", paint.paint(Hue::Bold, &id), paint.paint(hue, answer.verdict.word()), answer.ms)
}

fn one(issue: &ToldIssue, paint: Paint) -> String {
    let Region { line, column, .. } = issue.region;
    let (word, hue) = match (&issue.reason, issue.severity) {
        (Some(_), _) => ("overridden", Hue::Dim),
        (None, Severity::Block) => ("error", Hue::Bad),
        (None, Severity::Warn) => ("warning", Hue::Warn),
    };
    let mut told = format!(
        "{}:{line}:{column}: {}: {} {}\n",
        paint.paint(Hue::Bold, &issue.path),
        paint.paint(hue, word),
        printable(&issue.message).replace('\n', " "),
        paint.paint(Hue::Dim, &format!("[{}]", issue.code)),
    );
    let number = line.to_string();
    let (gap, bar) = (" ".repeat(number.len()), paint.paint(Hue::Dim, "|"));
    if let Some(text) = issue.line_text.as_deref().filter(|text| !text.trim().is_empty()) {
        let excerpt = excerpt(text, &issue.region);
        let _ = writeln!(told, " {gap} {bar}");
        let _ = writeln!(told, " {} {bar} {}", paint.paint(Hue::Dim, &number), excerpt.line);
        let mark = "^".repeat(excerpt.mark_columns);
        let _ = writeln!(told, " {gap} {bar} {}{}", " ".repeat(excerpt.mark_at), paint.paint(hue, &mark));
    }
    let mut add = |word: &str, hue: Hue, text: &str| {
        let sign = paint.paint(Hue::Dim, "=");
        let _ = writeln!(told, " {gap} {sign} {}: {}", paint.paint(hue, word), printable(text).replace('\n', " "));
    };
    if let Some(fix) = &issue.fix {
        add(if fix.is_safe { "fix" } else { "hint" }, Hue::Good, &fix.title);
    }
    if let Some(reason) = &issue.reason {
        add("reason", Hue::Accent, reason);
    }
    told
}

/// A source line as it fits, and where what is marked stands in it.
struct Excerpt {
    line: String,
    mark_at: usize,
    mark_columns: usize,
}

fn excerpt(text: &str, region: &Region) -> Excerpt {
    let cells: Vec<(String, usize)> = text.chars().map(cell).collect();
    let from = (region.column as usize - 1).min(cells.len());
    let to =
        if region.end_line > region.line { cells.len() } else { (region.end_column as usize - 1).min(cells.len()) };
    let to = to.max(from);
    let columns = |cells: &[(String, usize)]| cells.iter().map(|(_, columns)| columns).sum::<usize>();
    let mut start = 0;
    if columns(&cells) > COLUMNS_MAX {
        let mut lead = columns(&cells[..from]);
        while lead > LEAD_COLUMNS {
            lead -= cells[start].1;
            start += 1;
        }
    }
    let (mut line, mut end, mut used) = (String::new(), start, 0);
    if start > 0 {
        line.push('…');
        used = 1;
    }
    let mark_at = used + columns(&cells[start..from]);
    while let Some((shown, columns)) = cells.get(end).filter(|(_, columns)| used + columns <= COLUMNS_MAX) {
        line.push_str(shown);
        used += columns;
        end += 1;
    }
    if end < cells.len() {
        line.push('…');
    }
    let mark_columns = columns(&cells[from..to.min(end).max(from)]).max(1);
    Excerpt { line, mark_at, mark_columns }
}

/// What is shown for a character, and how many columns it takes.
fn cell(c: char) -> (String, usize) {
    if c == '\t' {
        return (" ".repeat(TAB_COLUMNS), TAB_COLUMNS);
    }
    let shown = printable(c.encode_utf8(&mut [0; 4]));
    let columns = shown.chars().map(|c| c.width().unwrap_or(0)).sum();
    (shown, columns)
}

/// What was judged in one run, for the last line.
#[derive(Default)]
pub(super) struct Tally {
    edits: usize,
    blocked_edits: usize,
    files: usize,
    issues: usize,
    blocking: usize,
    overridden: usize,
    wrong_files: BTreeSet<String>,
    ms: f64,
}

impl Tally {
    pub(super) fn count(&mut self, answer: &Answer) {
        self.edits += 1;
        self.blocked_edits += usize::from(answer.verdict == Verdict::Block);
        self.files += answer.file_count;
        self.issues += answer.issues.len();
        self.blocking += answer.issues.iter().filter(|issue| issue.severity == Severity::Block).count();
        self.overridden += answer.overridden.len();
        self.wrong_files.extend(answer.issues.iter().map(|issue| issue.path.clone()));
        self.ms += answer.ms;
    }

    /// `2 issues in 1 file; the gate blocks`, or that all is clear.
    pub(super) fn summary(&self, mode: GateMode, paint: Paint) -> String {
        let time = paint.paint(Hue::Dim, &format!("({} in {:.1} ms)", counted(self.files, "file"), self.ms));
        let overridden = match self.overridden {
            0 => String::new(),
            count => format!(", {count} overridden"),
        };
        let (text, hue) = if self.issues == 0 {
            (format!("All clear{overridden}"), Hue::Good)
        } else {
            let found =
                format!("{} in {}{overridden}", counted(self.issues, "issue"), counted(self.wrong_files.len(), "file"));
            match (self.blocking, mode) {
                (0, GateMode::Report) => (format!("{found}; the gate only reports"), Hue::Warn),
                (0, GateMode::Block) => (format!("{found}; none blocks"), Hue::Warn),
                (count, _) if count < self.issues => {
                    (format!("{found}, {count} of them blocking; the gate blocks"), Hue::Bad)
                }
                _ => (format!("{found}; the gate blocks"), Hue::Bad),
            }
        };
        format!("{} {time}\n", paint.paint(hue, &text))
    }

    /// `12 edits, 3 blocked`.
    pub(super) fn edits(&self) -> String {
        format!("{}, {} blocked: ", counted(self.edits, "edit"), self.blocked_edits)
    }
}

/// Every layer with what it said.
pub(super) fn layers(answer: &Answer, paint: Paint) -> String {
    let told: Vec<String> = answer
        .layers
        .iter()
        .map(|layer| {
            let (sign, hue) = match layer.state {
                LayerState::NotRun => ("–", Hue::Dim),
                LayerState::Running => ("…", Hue::Warn),
                LayerState::Passed => ("✔", Hue::Good),
                LayerState::Unknown => ("?", Hue::Warn),
                LayerState::Blocked => ("✘", Hue::Bad),
            };
            format!("{} {}", paint.paint(hue, sign), layer.layer.title())
        })
        .collect();
    told.join("  ") + "\n"
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_mark(text: &str, column: u32, end_column: u32, expected: &str) {
        let excerpt = excerpt(text, &Region { line: 1, column, end_line: 1, end_column, is_whole_line: false });
        let mark = format!("{}{}", " ".repeat(excerpt.mark_at), "^".repeat(excerpt.mark_columns));
        assert_eq!(format!("{}\n{mark}", excerpt.line), expected);
    }

    #[test]
    fn the_mark_stands_under_what_is_meant() {
        check_mark("x = y", 5, 6, "x = y\n    ^");
        check_mark("\tx = y", 6, 7, "    x = y\n        ^");
        check_mark("s = '漢字' + y", 12, 13, "s = '漢字' + y\n             ^");
        check_mark("s = 'e\u{301}' + y", 12, 13, "s = 'e\u{301}' + y\n          ^");
        check_mark("s = '\u{1b}[2J' + y", 14, 15, "s = '␛[2J' + y\n             ^");
        check_mark("x = (", 6, 6, "x = (\n     ^");
        check_mark("x", 9, 12, "x\n ^");
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let text = format!("x = '{}' + yes + '{}'", "a".repeat(500), "b".repeat(500));
        let excerpt =
            excerpt(&text, &Region { line: 1, column: 510, end_line: 1, end_column: 513, is_whole_line: false });
        assert!(excerpt.line.starts_with('…') && excerpt.line.ends_with('…'));
        let marked: String = excerpt.line.chars().skip(excerpt.mark_at).take(excerpt.mark_columns).collect();
        assert_eq!(marked, "yes");
        assert!(excerpt.line.chars().count() <= COLUMNS_MAX + 1);
    }
}

//! What the gate said of one change set, made ready to be told: issues with their places as editors count them.
//!
//! Knows nothing of how it is printed. Invariant: a place is counted in the text that the issue is about: the new one, the
//! old one of a file that is deleted, or the one on disk of a file that the change does not touch.

use std::collections::HashMap;
use std::sync::Arc;

use flux::gate::{FixSafety, Issue, Layer, LayerReport, Report, Severity, Verdict};
use flux::text::{ChangeSet, ContentHash, LineIndex, ProjectPath, Source, Span};
use serde_json::Value;

/// One judgement.
pub(super) struct Answer {
    /// That of the edit; null where files were judged.
    pub(super) id: Value,
    pub(super) verdict: Verdict,
    pub(super) ms: f64,
    /// Nothing where no layer was asked.
    pub(super) layers: Vec<LayerReport>,
    /// What blocks comes first.
    pub(super) issues: Vec<ToldIssue>,
    pub(super) overridden: Vec<ToldIssue>,
    /// What was wrong and no longer is: place, message and code.
    pub(super) mended: Vec<(String, String, &'static str)>,
    /// How many files were judged.
    pub(super) file_count: usize,
}

pub(super) struct ToldIssue {
    pub(super) layer: Layer,
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    pub(super) path: String,
    pub(super) region: Region,
    /// The text of its line, without the line end; nothing where the file cannot be read.
    pub(super) line_text: Option<String>,
    pub(super) message: String,
    pub(super) fix: Option<ToldFix>,
    /// Why it is let pass.
    pub(super) reason: Option<String>,
    /// The same for the same issue wherever its line moves.
    pub(super) fingerprint: ContentHash,
}

pub(super) struct ToldFix {
    pub(super) title: String,
    pub(super) is_safe: bool,
    pub(super) edits: Vec<(Region, String)>,
}

/// Lines and columns from 1, counted in characters; the end is excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
    /// It is the whole line for want of anything better.
    pub(super) is_whole_line: bool,
}

/// The texts that the issues of one judgement are about.
pub(super) struct Texts<'a> {
    change_set: &'a ChangeSet,
    source: &'a dyn Source,
    known: HashMap<ProjectPath, Option<Text>>,
}

#[derive(Clone)]
struct Text {
    text: Arc<str>,
    lines: Arc<LineIndex>,
}

impl<'a> Texts<'a> {
    pub(super) fn new(change_set: &'a ChangeSet, source: &'a dyn Source) -> Self {
        Self { change_set, source, known: HashMap::new() }
    }

    fn of(&mut self, path: &ProjectPath) -> Option<Text> {
        let (change_set, source) = (self.change_set, self.source);
        let read = || {
            let text: Arc<str> = match change_set.get(path) {
                Some(change) => match &change.new {
                    Some(new) => new.clone(),
                    None => change.old.as_ref()?.shared_text(),
                },
                None => source.read(path).ok()?.shared_text(),
            };
            Some(Text { lines: Arc::new(LineIndex::new(&text)), text })
        };
        self.known.entry(path.clone()).or_insert_with(read).clone()
    }
}

impl Answer {
    pub(super) fn new(id: Value, report: &Report, ms: f64, texts: &mut Texts<'_>) -> Self {
        let mut repeats = HashMap::new();
        let mut told = |issue: &Issue, reason: Option<&String>| {
            let text = texts.of(&issue.path);
            ToldIssue::new(issue, reason.cloned(), text.as_ref(), &mut repeats)
        };
        let mut issues: Vec<ToldIssue> = report.issues.iter().map(|issue| told(issue, None)).collect();
        issues.sort_by_key(|issue| issue.severity);
        let overridden = report.overridden.iter().map(|entry| told(&entry.issue, Some(&entry.reason))).collect();
        Self {
            id,
            verdict: report.verdict(),
            ms,
            layers: report.layers.to_vec(),
            issues,
            overridden,
            mended: report.mended.iter().map(mended).collect(),
            file_count: texts.change_set.len(),
        }
    }

    /// An edit of something that cannot be edited: outside the project, or no text.
    pub(super) fn refusal(id: Value, path: &str, why: &anyhow::Error) -> Self {
        let message = format!("{why:#}.");
        let issue = ToldIssue {
            layer: Layer::Rules,
            code: "bad-edit",
            severity: Severity::Block,
            path: path.to_owned(),
            region: Region { line: 1, column: 1, end_line: 1, end_column: 1, is_whole_line: true },
            line_text: None,
            fingerprint: ContentHash::of(format!("bad-edit\0{path}\0{message}").as_bytes()),
            message,
            fix: None,
            reason: None,
        };
        Self {
            id,
            verdict: Verdict::Block,
            ms: 0.0,
            layers: Vec::new(),
            issues: vec![issue],
            overridden: Vec::new(),
            mended: Vec::new(),
            file_count: 1,
        }
    }
}

fn mended(issue: &Issue) -> (String, String, &'static str) {
    (format!("{}:{}", issue.path, issue.line), issue.message.clone(), issue.code)
}

impl ToldIssue {
    fn new(
        issue: &Issue,
        reason: Option<String>,
        text: Option<&Text>,
        repeats: &mut HashMap<(String, &'static str, String), u32>,
    ) -> Self {
        let line_text = text.and_then(|text| {
            let line = text.text.get(text.lines.line_span(issue.line).range())?;
            Some(line.trim_end_matches(['\r', '\n']).to_owned())
        });
        let spot = line_text.clone().unwrap_or_default().trim().to_owned();
        // The same again on a line of the same text is told apart by its number among them.
        let nth = repeats.entry((issue.path.to_string(), issue.code, spot.clone())).or_default();
        *nth += 1;
        let fingerprint = ContentHash::of(format!("{}\0{}\0{spot}\0{nth}", issue.code, issue.path).as_bytes());
        let fix = issue.fix.as_ref().map(|fix| ToldFix {
            title: fix.title.clone(),
            is_safe: fix.safety == FixSafety::Safe,
            edits: fix
                .edits
                .iter()
                .filter_map(|edit| Some((region_of(text?, edit.span)?, edit.text.clone())))
                .collect(),
        });
        Self {
            layer: issue.layer,
            code: issue.code,
            severity: issue.severity,
            path: issue.path.to_string(),
            region: region(issue, text, line_text.as_deref()),
            line_text,
            message: issue.message.clone(),
            fix,
            reason,
            fingerprint,
        }
    }
}

fn region(issue: &Issue, text: Option<&Text>, line_text: Option<&str>) -> Region {
    let spanned = text.zip(issue.span).and_then(|(text, span)| {
        // A line end at the end of what is meant says nothing.
        let meant = text.text.get(span.range())?.trim_end_matches(['\r', '\n']);
        region_of(text, Span::new(span.range().start, span.range().start + meant.len()))
    });
    spanned.filter(|region| region.line == issue.line).unwrap_or_else(|| {
        let line = line_text.unwrap_or_default();
        let chars = |text: &str| text.chars().count() as u32;
        Region {
            line: issue.line,
            column: chars(line) - chars(line.trim_start()) + 1,
            end_line: issue.line,
            end_column: chars(line.trim_end()).max(chars(line) - chars(line.trim_start())) + 1,
            is_whole_line: true,
        }
    })
}

/// Where a span lies; nothing for one that is not of this text.
fn region_of(text: &Text, span: Span) -> Option<Region> {
    let place = |at: usize| {
        let line = text.lines.line(at);
        let before = text.text.get(text.lines.line_start(line)..at)?;
        Some((line, before.chars().count() as u32 + 1))
    };
    let ((line, column), (end_line, end_column)) = (place(span.range().start)?, place(span.range().end)?);
    Some(Region { line, column, end_line, end_column, is_whole_line: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_region(text: &str, of: &str, expected: (u32, u32, u32, u32)) {
        let at = text.find(of).expect("it is there");
        let text = Text { text: text.into(), lines: Arc::new(LineIndex::new(text)) };
        let region = region_of(&text, Span::new(at, at + of.len())).expect("a region");
        assert_eq!((region.line, region.column, region.end_line, region.end_column), expected);
    }

    #[test]
    fn columns_are_counted_in_characters() {
        check_region("x = 1\ny = größe + z\n", "z", (2, 13, 2, 14));
        check_region("s = '🐍🐍'; z\n", "z", (1, 11, 1, 12));
        check_region("if x:\r\n\tz()\r\n", "z", (2, 2, 2, 3));
        check_region("a = (\n  b)\n", "(\n  b", (1, 5, 2, 4));
        check_region("x", "x", (1, 1, 1, 2));
    }
}

//! What is told of notebooks: those that a change breaks, and the issues of their code, put where they stand in the file.
//!
//! Every layer judges a notebook's code as that of any file. Invariant: no issue leaves the gate whose place is one of the
//! code alone.

use super::project::Project;
use super::{Fix, Issue, Layer, Severity};
use crate::text::{LineIndex, Span};

/// The code of a notebook that Jupyter cannot open, or not as one.
pub(super) const INVALID_NOTEBOOK: &str = "invalid-notebook";

/// The notebooks that the change breaks as such.
pub(super) fn broken(project: &Project<'_>) -> Vec<Issue> {
    let issue = |(path, fault): &(_, crate::index::NotebookFault)| {
        let text = project.view.text(path).unwrap_or_else(|_| "".into());
        let at = (fault.at as usize).min(text.len());
        let len = text[at..].chars().next().map_or(0, char::len_utf8);
        Issue {
            layer: Layer::Syntax,
            code: INVALID_NOTEBOOK,
            severity: Severity::Block,
            path: path.clone(),
            line: LineIndex::new(&text).line(at),
            span: Some(Span::new(at, at + len)),
            message: format!("{}.", fault.message),
            fix: None,
        }
    };
    project.broken.iter().map(issue).collect()
}

/// Puts the issues of notebooks where a person finds them: in the file, with the cell and the line in it named.
pub(super) fn place(issues: &mut [Issue], project: &Project<'_>) {
    for issue in issues.iter_mut().filter(|issue| issue.code != INVALID_NOTEBOOK) {
        // What has no place is about the file as a whole.
        let (Some(notebook), Some(span)) = (project.notebook(&issue.path), issue.span) else { continue };
        let Ok(text) = project.view.text(&issue.path) else { continue };
        let placed = notebook.place(span);
        issue.span = Some(placed);
        issue.line = LineIndex::new(&text).line(placed.start as usize);
        if let Some((cell, line)) = notebook.cell_line(span.start as usize) {
            issue.message = format!("Cell {cell}, line {line}: {}", issue.message);
        }
        if let Some(Fix { edits, .. }) = &mut issue.fix {
            // Half a fix is none; it can still be told.
            *edits = edits.iter().map(|edit| notebook.edit(edit)).collect::<Option<Vec<_>>>().unwrap_or_default();
        }
    }
}

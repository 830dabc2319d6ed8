//! The oldest Python that a project promises to run on, and what a change brings that this Python does not have.
//!
//! Knows nothing of the engine and of what the environment's Python takes. Invariant: the promise is the one that the
//! project would make after the change, and one that is broken somewhere already is none.

use crate::gate::project::{Project, Sides};
use crate::gate::{Issue, Layer, Severity, wording};
use crate::index::{View, newer_syntax};
use crate::text::{LineIndex, ProjectPath, Span};

/// What says that a folder is a project of its own, and on which Pythons it runs: the first that says it counts.
pub(in crate::gate) const DECLARATIONS: [&str; 3] = ["pyproject.toml", "setup.cfg", "setup.py"];

/// The code of text that needs a newer Python than the oldest that the project promises.
const NEWER: &str = "newer-syntax";
/// The oldest Python of which the parser knows what it has.
const KNOWN_SINCE: (u8, u8) = (3, 7);
/// So much of a project is looked through for a promise that is broken already.
const LOOKED_BYTES_MAX: usize = 20 << 20;

/// What the change brings that the oldest promised Python does not have; `version` is the environment's, `None` the newest.
pub(in crate::gate) fn newer(project: &Project<'_>, version: Option<(u8, u8)>) -> Vec<Issue> {
    let Some(promised) = oldest(project.view).filter(|oldest| version.is_none_or(|version| *oldest < version)) else {
        return Vec::new();
    };
    let mut issues = Vec::new();
    for (path, sides) in &project.changed {
        let may_be_newer = !sides.is_deleted && !sides.is_indexed && sides.new.has_newer_syntax;
        if !may_be_newer || !is_promised(project.view, path, &sides.new_text) {
            continue;
        }
        let found = newer_syntax(path, &sides.new_text, promised);
        // What the environment's Python does not take either is told as what it is.
        if found.is_empty() || version.is_some_and(|at| !newer_syntax(path, &sides.new_text, at).is_empty()) {
            continue;
        }
        let lines = LineIndex::new(&sides.new_text);
        issues.extend(found.into_iter().map(|(span, told)| issue(path, &lines, span, &told, promised)));
    }
    if !issues.is_empty() && is_broken(project, promised) {
        return Vec::new();
    }
    issues
}

fn issue(path: &ProjectPath, lines: &LineIndex, span: Span, told: &str, (major, minor): (u8, u8)) -> Issue {
    Issue {
        layer: Layer::Syntax,
        code: NEWER,
        // The Python of the environment takes it: what an older one says, nobody here can try.
        severity: Severity::Warn,
        path: path.clone(),
        line: lines.line(span.start as usize),
        span: Some(span),
        message: wording::plain(&format!("{told}; the project says that it runs on {major}.{minor}")),
        fix: None,
    }
}

/// Whether the root's promise is one for this file: not for a stub, which nothing runs, a project below the root, or a
/// script that brings its own.
fn is_promised(view: View<'_>, path: &ProjectPath, text: &str) -> bool {
    let mut folder = path.folder();
    while !folder.is_empty() {
        if DECLARATIONS.iter().any(|name| read(view, &format!("{folder}/{name}")).is_some()) {
            return false;
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
    path.extension() == "py" && !text.lines().any(|line| line.trim_end() == "# /// script")
}

/// Whether the project as it is breaks its promise somewhere: then it is none.
fn is_broken(project: &Project<'_>, promised: (u8, u8)) -> bool {
    let breaks =
        |path: &ProjectPath, text: &str| path.extension() == "py" && !newer_syntax(path, text, promised).is_empty();
    let before = |sides: &Sides| if sides.is_indexed { sides.new_text.clone() } else { sides.old_text.clone() };
    let mut looked_bytes = 0;
    project.changed.iter().any(|(path, sides)| breaks(path, &before(sides)))
        || project.view.snapshot.files().filter(|(path, _)| !project.changed.contains_key(*path)).any(|(path, _)| {
            let Some(text) = project.text(path).filter(|_| looked_bytes < LOOKED_BYTES_MAX) else { return false };
            looked_bytes += text.len();
            breaks(path, &text)
        })
}

/// The oldest Python that the project takes by `[project] requires-python`, poetry's `python`, or a `python_requires`
/// that is written out: the first that says something counts.
pub(in crate::gate) fn oldest(view: View<'_>) -> Option<(u8, u8)> {
    let [pyproject, cfg, setup] = DECLARATIONS.map(|name| read(view, name).unwrap_or_else(|| "".into()));
    let found = of_pyproject(&pyproject).or_else(|| of_setup(&cfg)).or_else(|| of_setup(&setup));
    found.filter(|oldest| *oldest >= KNOWN_SINCE)
}

fn read(view: View<'_>, place: &str) -> Option<std::sync::Arc<str>> {
    view.text(&ProjectPath::new(place).ok()?).ok()
}

fn of_pyproject(text: &str) -> Option<(u8, u8)> {
    let file: toml::Table = text.parse().ok()?;
    let at = |keys: &[&str]| {
        let (last, above) = keys.split_last()?;
        above.iter().try_fold(&file, |table, key| table.get(*key)?.as_table())?.get(*last)?.as_str()
    };
    at(&["project", "requires-python"])
        .or_else(|| at(&["tool", "poetry", "dependencies", "python"]))
        .and_then(lower_bound)
}

/// `python_requires = >=3.8` or `python_requires=">=3.8"`.
fn of_setup(text: &str) -> Option<(u8, u8)> {
    let mut places = text.lines().filter_map(|line| line.split_once("python_requires"));
    let (_, rest) = places.find(|(before, _)| !before.contains('#'))?;
    let rest = rest.trim_start().strip_prefix('=')?.trim();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    lower_bound(quote.map_or(Some(rest), |quote| rest.get(1..)?.split(quote).next())?)
}

/// The least version that a specifier takes: `>=3.8,<4`, `==3.11.*`, `~=3.9`, poetry's `^3.8 || ^3.10`.
fn lower_bound(specifier: &str) -> Option<(u8, u8)> {
    let of_either = |either: &str| {
        let clauses = || either.split(',').map(str::trim);
        let bounds = clauses().filter(|clause| !clause.starts_with(['<', '!']));
        let least =
            bounds.filter_map(|clause| version(clause.trim_start_matches(['>', '=', '~', '^', 'v', ' ']))).max();
        let is_left_out = |clause: &str| {
            clause.strip_prefix("!=").and_then(|rest| rest.trim().strip_suffix(".*")).and_then(version) == least
        };
        least.filter(|_| !clauses().any(is_left_out))
    };
    specifier.split("||").map(of_either).min().flatten()
}

/// `3.8` out of `3.8`, `3.8.1`, `3.8.*`; what is no Python 3 is nothing.
fn version(text: &str) -> Option<(u8, u8)> {
    let (major, rest) = text.split_once('.')?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    Some((major.parse().ok()?, rest.get(..end)?.parse().ok()?)).filter(|(major, _)| *major == 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_projects_write() {
        for (specifier, expected) in [
            (">=3.8,<4", Some((3, 8))),
            ("<4.0,>=3.9", Some((3, 9))),
            ("==3.11.*", Some((3, 11))),
            ("~=3.10", Some((3, 10))),
            ("^3.8 || ^3.12", Some((3, 8))),
            (">= 3.8.1, != 3.9.7", Some((3, 8))),
            (">=3.8, !=3.8.*", None),
            (">=2.7, !=3.0.*, <4", None),
            (">=3", None),
            (">=4.0", None),
            (">=3.1000", None),
            ("<4", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(lower_bound(specifier), expected, "{specifier}");
        }
        let both = "[project]\nrequires-python = '>=3.9'\n[tool.poetry.dependencies]\npython = '^3.8'";
        assert_eq!(of_pyproject(both), Some((3, 9)));
        assert_eq!(of_pyproject("[tool.poetry.dependencies]\npython = '^3.10'"), Some((3, 10)));
        assert_eq!(of_pyproject("[project]\nrequires-python = 3.9"), None);
        assert_eq!(of_pyproject("[project\n"), None);
        assert_eq!(of_setup("[options]\npython_requires = >=3.8\n"), Some((3, 8)));
        assert_eq!(of_setup("# python_requires = >=3.7\npython_requires = >=3.8\n"), Some((3, 8)));
        assert_eq!(of_setup("setup(name='a', python_requires='>=3.7, <4', b=1)"), Some((3, 7)));
        assert_eq!(of_setup("setup(python_requires=OLDEST)"), None);
    }
}

//! What disappears and is still used: names that others import, and members that others reach for.
//!
//! The engine sees most of it; this is for what it cannot: sources hidden behind a stub, and values of unknown type.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use regex::Regex;
use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr};
use ruff_python_ast::{Expr, ExprAttribute, ExprContext};
use ty_python_semantic::HasType;
use ty_python_semantic::types::Type;

use super::doubt::makes_names;
use super::engine::{Engine, Lens};
use super::environment_words::EnvironmentWords;
use super::project::{Project, Sides, has_word};
use super::{Issue, Layer, Severity};
use crate::index::{Import, SymbolKind};
use crate::text::{LineIndex, ProjectPath, Span};

pub(super) fn still_used(engine: &Engine, words: &OnceLock<EnvironmentWords>, project: &Project<'_>) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (path, sides) in project.changed.iter().filter(|(_, sides)| sides.new.faults.is_empty()) {
        if !sides.is_deleted {
            issues.extend(still_imported(project, path, sides));
        }
        issues.extend(still_reached_for(engine, words, project, path, sides));
    }
    issues
}

/// `from m import name` in other files, for names that `m` has no more.
fn still_imported(project: &Project<'_>, path: &ProjectPath, sides: &Sides) -> Vec<Issue> {
    let opaque = makes_names(&sides.new_text)
        || sides.new_text.contains("def __getattr__")
        || sides.new.imports.iter().any(|import| import.names.iter().any(|name| &*name.name == "*"));
    if opaque {
        return Vec::new();
    }
    let mut issues = Vec::new();
    let gone: BTreeSet<&str> = sides
        .old
        .children(None)
        .map(|(_, symbol)| &*symbol.name)
        .filter(|name| !name.starts_with("__") && !binds(sides, name))
        .collect();
    for name in gone {
        for user in project.view.snapshot.files_with_word(name) {
            let depends = || {
                let dependencies = project.view.snapshot.dependencies(user);
                // A stub may stand before the source.
                dependencies.iter().any(|file| file.as_str().trim_end_matches('i') == path.as_str())
            };
            if project.changed.contains_key(user) || !depends() {
                continue;
            }
            let Some(structure) = project.structure(user) else { continue };
            let imports = structure.imports.iter().filter(|import| {
                !import.is_conditional
                    && is_from(import, path)
                    && import.names.iter().any(|imported| &*imported.name == name)
            });
            for import in imports {
                issues.push(Issue {
                    layer: Layer::Structure,
                    code: "still-imported",
                    severity: Severity::Block,
                    path: user.clone(),
                    line: import.line,
                    span: Some(import.span),
                    message: format!(
                        "'{name}' is gone from '{path}' but still imported here. Keep it, or change this file too."
                    ),
                    fix: None,
                });
            }
        }
    }
    issues
}

/// Whether the new text binds `name` at module level in any way.
fn binds(sides: &Sides, name: &str) -> bool {
    if !has_word(&sides.new_text, name) {
        return false;
    }
    let defined = sides.new.children(None).any(|(_, symbol)| &*symbol.name == name);
    let imported = sides
        .new
        .imports
        .iter()
        .any(|import| import.names.iter().any(|imported| imported.bound().split('.').next() == Some(name)));
    defined
        || imported
        || Regex::new(&format!(
            r"(?m)^\s*(?:global\s+.*\b{name}\b|(?:[\w.]+\s*,\s*)*\(?{name}(?:\s*,\s*[\w.]+)*\)?\s*(?::[^=\n]+)?=[^=])"
        ))
        .is_ok_and(|assigned| assigned.is_match(&sides.new_text))
}

/// Whether an import speaks of the module in `path`, as far as the last name tells.
fn is_from(import: &Import, path: &ProjectPath) -> bool {
    let Some(module) = &import.module else { return false };
    let stem = path.file_name().rsplit_once('.').map_or("", |(stem, _)| stem);
    let own = if stem == "__init__" { path.folder().rsplit('/').next().unwrap_or_default() } else { stem };
    let last = module.rsplit('.').next().unwrap_or_default();
    last == own || (last.is_empty() && stem == "__init__")
}

/// `x.name` on values of unknown type, for members whose name nothing has any more: not the project, not its environment.
fn still_reached_for(
    engine: &Engine,
    words: &OnceLock<EnvironmentWords>,
    project: &Project<'_>,
    path: &ProjectPath,
    sides: &Sides,
) -> Vec<Issue> {
    let mut issues = Vec::new();
    for symbol in &sides.old.symbols {
        let in_class = symbol.parent.is_some_and(|parent| sides.old.symbol(parent).kind == SymbolKind::Class);
        let name = &*symbol.name;
        let is_gone = in_class && !name.starts_with("__") && sides.new.find(&symbol.qualname).is_empty();
        if !is_gone || symbol.kind == SymbolKind::Class {
            continue;
        }
        let users = project.files_with_word(name);
        if users.is_empty() || is_defined(project, name) || words.get_or_init(|| engine.environment_words()).knows(name)
        {
            continue;
        }
        let class = symbol.qualname.rsplit('.').nth(1).unwrap_or_default();
        for user in users {
            let looked = engine.look(&user, |lens| reaches(lens, name));
            for (line, span) in looked.ok().flatten().unwrap_or_default() {
                issues.push(Issue {
                    layer: Layer::Structure,
                    code: "still-used",
                    severity: Severity::Block,
                    path: user.clone(),
                    line,
                    span: Some(span),
                    message: format!(
                        "'{name}' is gone from class '{class}' in '{path}' and nothing else has it, but it is still used here. Keep it, or change this use too."
                    ),
                    fix: None,
                });
            }
        }
    }
    issues
}

/// Whether the project as it would be defines `name` anywhere, or speaks of it in a string.
fn is_defined(project: &Project<'_>, name: &str) -> bool {
    let Ok(bound) = Regex::new(&format!(
        r#"(?m)\b{name}\s*(?::[^=\n]+)?=[^=]|\b(?:def|class)\s+{name}\b|["']{name}["']|\b(?:as|for|import)\s+{name}\b|^\s*{name}\s*[:,]"#
    )) else {
        return true;
    };
    project
        .files_with_word(name)
        .iter()
        .any(|path| project.text(path).is_some_and(|text| has_word(&text, name) && bound.is_match(&text)))
}

/// The places where `name` is read from a value whose type is unknown.
fn reaches(lens: &Lens<'_>, name: &str) -> Vec<(u32, Span)> {
    struct Reaches<'a, 'n> {
        name: &'n str,
        found: Vec<&'a ExprAttribute>,
    }
    impl<'a> SourceOrderVisitor<'a> for Reaches<'a, '_> {
        fn visit_expr(&mut self, expression: &'a Expr) {
            if let Expr::Attribute(attribute) = expression
                && attribute.attr.as_str() == self.name
                && attribute.ctx == ExprContext::Load
            {
                self.found.push(attribute);
            }
            walk_expr(self, expression);
        }
    }
    let mut visitor = Reaches { name, found: Vec::new() };
    visitor.visit_body(&lens.tree.syntax().body);
    let lines = LineIndex::new(lens.source.as_str());
    let unknown = |attribute: &&ExprAttribute| {
        matches!(attribute.value.as_ref().inferred_type(&lens.model), None | Some(Type::Dynamic(_)))
    };
    let places = visitor.found.into_iter().filter(unknown).map(|attribute| {
        let range = attribute.attr.range;
        (lines.line(range.start().to_usize()), Span { start: range.start().into(), end: range.end().into() })
    });
    places.collect()
}

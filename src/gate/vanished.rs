//! What disappears: names that others still import, members that others still reach for, and files that become less.
//!
//! The engine sees most uses; this is for what it cannot: sources hidden behind a stub, and values of unknown type.

mod less;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use regex::Regex;
use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr};
use ruff_python_ast::{Expr, ExprAttribute, ExprContext};
use ruff_text_size::Ranged;
use ty_python_semantic::HasType;
use ty_python_semantic::types::{Type, TypeDefinition};

use super::doubt::{Guards, makes_names};
use super::engine::{Engine, Lens};
use super::found::Found;
use super::project::{Project, Sides, has_word, word_places};
use super::wording::{self, NAMES_MAX};
use super::{Issue, Layer, Severity};
use crate::index::{Import, SymbolKind, nearest};
use crate::text::{LineIndex, ProjectPath, Span};
pub(super) use less::less;

/// A use of a name that a module has no more.
pub(super) struct StillUsed {
    pub(super) name: Box<str>,
    pub(super) issue: Issue,
}

/// `from m import name` in other files, for names that `m` has no more.
pub(super) fn still_imported(engine: &Engine, project: &Project<'_>) -> Vec<StillUsed> {
    let remaining = judged(project).filter(|(_, sides)| !sides.is_deleted);
    remaining.flat_map(|(path, sides)| still_imported_from(engine, project, path, sides)).collect()
}

/// Members of which nothing is left, and which others still reach for.
pub(super) fn still_used(engine: &Engine, project: &Project<'_>) -> Vec<Issue> {
    judged(project).flat_map(|(path, sides)| still_reached_for(engine, project, path, sides)).collect()
}

fn judged<'p>(project: &'p Project<'_>) -> impl Iterator<Item = (&'p ProjectPath, &'p Sides)> {
    project.changed.iter().filter(|(path, sides)| sides.new.faults.is_empty() && !path.is_notebook())
}

fn still_imported_from(engine: &Engine, project: &Project<'_>, path: &ProjectPath, sides: &Sides) -> Vec<StillUsed> {
    let opaque = makes_names(&sides.new_text)
        || sides.new_text.lines().any(|line| line.starts_with("def __getattr__"))
        || sides.new.imports.iter().any(|import| import.names.iter().any(|name| &*name.name == "*"));
    if opaque {
        return Vec::new();
    }
    let mut issues = Vec::new();
    let has_stub = ProjectPath::new(&format!("{path}i")).is_ok_and(|stub| project.view.snapshot.file(&stub).is_some());
    let bound = names_bound(sides);
    let names: BTreeSet<&str> = sides
        .old
        .children(None)
        .map(|(_, symbol)| &*symbol.name)
        .filter(|name| !name.starts_with("__") && !bound.contains(name) && !assigns_somewhere(sides, name))
        .collect();
    // Whether a file imports this one is asked once for all names.
    let mut users: BTreeMap<&ProjectPath, bool> = BTreeMap::new();
    for name in names {
        for user in project.view.snapshot.files_with_word(name) {
            let depends = |user: &ProjectPath| {
                let dependencies = project.view.snapshot.dependencies(user);
                // A stub may stand before the source.
                dependencies.iter().any(|file| file.as_str().trim_end_matches('i') == path.as_str())
            };
            let Some(structure) = project.structure(user).filter(|_| !project.changed.contains_key(user)) else {
                continue;
            };
            let is_asked = has_stub || structure.imports.iter().any(|import| is_import_of(import, path, name));
            if !is_asked || !*users.entry(user).or_insert_with_key(|user| depends(user)) {
                continue;
            }
            if has_stub {
                let reached = engine.look(user, |lens| reaches_in_module(lens, path, name)).ok().flatten();
                for (line, span) in reached.unwrap_or_default() {
                    issues.push(gone(user, line, span, name, (path, sides)));
                }
            }
            let imports = structure.imports.iter().filter(|import| is_import_of(import, path, name));
            let Some(text) = project.text(user) else { continue };
            for import in imports {
                let start = import.span.start as usize;
                let place = text.get(import.span.range()).and_then(|whole| word_places(whole, name).last());
                let at = start + place.unwrap_or_default();
                let span = Span::new(at, at + name.len());
                issues.push(gone(user, LineIndex::new(&text).line(at), span, name, (path, sides)));
            }
        }
    }
    issues
}

fn gone(user: &ProjectPath, line: u32, span: Span, name: &str, (path, sides): (&ProjectPath, &Sides)) -> StillUsed {
    // What has come with the change may be what the name is now.
    let was_there = |name: &str| sides.old.children(None).any(|(_, symbol)| &*symbol.name == name);
    let new = sides.new.children(None).map(|(_, symbol)| &*symbol.name).filter(|name| !was_there(name));
    let meant = nearest(name, new, NAMES_MAX);
    let question = wording::question(&meant.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let issue = Issue {
        layer: Layer::Structure,
        code: "still-imported",
        severity: Severity::Block,
        path: user.clone(),
        line,
        span: Some(span),
        message: format!(
            "'{name}' is gone from '{path}' but still used here. Keep it, or change this file too.{question}"
        ),
        fix: wording::replacement(name, &meant, span),
    };
    StillUsed { name: name.into(), issue }
}

/// The places where `name` is read from the module in `path`.
fn reaches_in_module(lens: &Lens<'_>, path: &ProjectPath, name: &str) -> Vec<(u32, Span)> {
    let db = lens.model.db();
    attributes(lens, name)
        .into_iter()
        .filter(|attribute| {
            let value = attribute.value.as_ref().inferred_type(&lens.model);
            let definition = value.and_then(|value| value.definition(db, &lens.model.program_environment()));
            match definition {
                Some(TypeDefinition::Module(module)) => module
                    .file(db)
                    .is_some_and(|file| file.path(db).as_str().trim_end_matches('i').ends_with(&format!("/{path}"))),
                _ => false,
            }
        })
        .map(|attribute| place(lens, attribute))
        .collect()
}

/// What the new text defines or imports under a name of its own.
fn names_bound(sides: &Sides) -> HashSet<&str> {
    let defined = sides.new.children(None).map(|(_, symbol)| &*symbol.name);
    let imported = sides.new.imports.iter().flat_map(|import| &import.names);
    defined.chain(imported.filter_map(|imported| imported.bound().split('.').next())).collect()
}

/// Whether the new text gives `name` a value anywhere, as far as a line tells.
fn assigns_somewhere(sides: &Sides, name: &str) -> bool {
    has_word(&sides.new_text, name)
        && Regex::new(&format!(
            r"(?m)^\s*(?:global\s+.*\b{name}\b|(?:[\w.]+\s*,\s*)*\(?{name}(?:\s*,\s*[\w.]+)*\)?\s*(?::[^=\n]+)?=[^=])"
        ))
        .is_ok_and(|assigned| assigned.is_match(&sides.new_text))
}

/// Whether an import takes `name` from the module in `path`, whatever happens, as far as the last name of the module tells.
fn is_import_of(import: &Import, path: &ProjectPath, name: &str) -> bool {
    !import.is_conditional && is_from(import, path) && import.names.iter().any(|imported| &*imported.name == name)
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
fn still_reached_for(engine: &Engine, project: &Project<'_>, path: &ProjectPath, sides: &Sides) -> Vec<Issue> {
    let mut issues = Vec::new();
    // Several classes may have lost a member of one name.
    let mut told: BTreeSet<(ProjectPath, u32)> = BTreeSet::new();
    let kept: HashSet<&str> = sides.new.symbols.iter().map(|symbol| &*symbol.qualname).collect();
    for symbol in sides.old.symbols.iter().filter(|symbol| !kept.contains(&*symbol.qualname)) {
        let in_class = symbol.parent.is_some_and(|parent| sides.old.symbol(parent).kind == SymbolKind::Class);
        let name = &*symbol.name;
        // A class that is defined only where an import failed has others beside it.
        let is_alternative = symbol.parent.is_some_and(|parent| sides.old.symbol(parent).is_conditional);
        let is_gone =
            in_class && !is_alternative && !name.starts_with("__") && sides.new.find(&symbol.qualname).is_empty();
        if !is_gone || symbol.kind == SymbolKind::Class {
            continue;
        }
        let users = project.files_with_word(name);
        // What a stub says of this file counts neither as a definition nor as knowledge of a value's type.
        let stub = ProjectPath::new(&format!("{path}i")).ok().filter(|stub| project.view.snapshot.file(stub).is_some());
        if users.is_empty() || is_defined(project, name, stub.as_ref()) || engine.environment_knows(name) {
            continue;
        }
        let class = symbol.qualname.rsplit('.').nth(1).unwrap_or_default();
        let mut family = project.subclass_names(class);
        family.insert(class.into());
        for user in users.into_iter().filter(|user| Some(user) != stub.as_ref()) {
            project.beat();
            let looked = engine.look(&user, |lens| reaches(lens, &user, name, stub.is_some(), &family));
            for (line, span) in looked.ok().flatten().unwrap_or_default() {
                if !told.insert((user.clone(), span.start)) {
                    continue;
                }
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
fn is_defined(project: &Project<'_>, name: &str, stub: Option<&ProjectPath>) -> bool {
    // What the index knows is asked first: of a class that has another name now, all members are still there.
    let files = project.files_with_word(name);
    let is_indexed = |path: &ProjectPath| {
        let Some(structure) = project.structure(path) else { return false };
        structure.symbols.iter().filter(|symbol| *symbol.name == *name).any(|symbol| {
            let text = project.text(path).filter(|_| symbol.kind == SymbolKind::Variable);
            !text.is_some_and(|text| takes_over(&text, symbol.span.start as usize, name))
        })
    };
    if files.iter().any(|path| Some(path) != stub && is_indexed(path)) {
        return true;
    }
    let Ok(bound) = Regex::new(&format!(
        r#"(?m)\b{name}\s*(?::[^=\n]+)?=[^=]|\b(?:def|class)\s+{name}\b|["']{name}["']|\b(?:as|for|import)\s+{name}\b|^\s*{name}\s*[:,]"#
    )) else {
        return true;
    };
    files.iter().filter(|path| Some(*path) != stub).any(|path| {
        let text = project.text(path).filter(|text| has_word(text, name));
        text.is_some_and(|text| bound.find_iter(&text).any(|found| !takes_over(&text, found.start(), name)))
    })
}

/// Whether what is bound at a place is the very member of something else: `total = cart.total`.
fn takes_over(text: &str, at: usize, name: &str) -> bool {
    let line = text[at..].trim_start().lines().next().unwrap_or_default();
    let value = line.split_once('=').map(|(_, value)| value.split('#').next().unwrap_or_default().trim());
    value.is_some_and(|value| value.strip_suffix(name).is_some_and(|owner| owner.ends_with('.')))
}

/// The places where `name` is read from a value whose type is unknown, or from any; and those where a class that is
/// completed by others reads it from `self`, for never having had it itself.
fn reaches(
    lens: &Lens<'_>,
    user: &ProjectPath,
    name: &str,
    any_type: bool,
    family: &BTreeSet<Box<str>>,
) -> Vec<(u32, Span)> {
    let db = lens.model.db();
    let env = lens.model.program_environment();
    let unknown = |attribute: &&ExprAttribute| {
        let value = attribute.value.as_ref().inferred_type(&lens.model);
        let is_unknown = || {
            value.is_none_or(|value| {
                let shown = value.display(db, &env).to_string();
                matches!(value, Type::Dynamic(_)) || has_word(&shown, "Any") || has_word(&shown, "Unknown")
            })
        };
        any_type || is_unknown() || is_of_completed(lens, attribute, family) || is_blind(lens, user, attribute)
    };
    attributes(lens, name).into_iter().filter(unknown).map(|attribute| place(lens, attribute)).collect()
}

/// Whether the engine knows nothing of a member, though it knows the class: a base of it stands in the dark.
fn is_blind(lens: &Lens<'_>, user: &ProjectPath, attribute: &ExprAttribute) -> bool {
    let is_unknown = matches!(attribute.inferred_type(&lens.model), None | Some(Type::Dynamic(_)));
    let is_it = |told: &Found| (told.start, told.end) == (attribute.start().into(), attribute.end().into());
    is_unknown && lens.engine.check(user).is_ok_and(|told| !told.iter().any(is_it))
}

/// Whether a member of `self` is read in a class outside `family`.
fn is_of_completed(lens: &Lens<'_>, attribute: &ExprAttribute, family: &BTreeSet<Box<str>>) -> bool {
    let is_self = attribute.value.as_name_expr().is_some_and(|name| matches!(name.id.as_str(), "self" | "cls"));
    let guards = || Guards::at(&lens.tree, attribute.start().into(), attribute.end().into());
    let is_read = |guards: &Guards<'_>| !guards.catches(&["AttributeError"]);
    let is_outside = |guards: &Guards<'_>| guards.class().is_some_and(|class| !family.contains(class.name.as_str()));
    is_self && Some(guards()).is_some_and(|guards| is_read(&guards) && is_outside(&guards))
}

fn place(lens: &Lens<'_>, attribute: &ExprAttribute) -> (u32, Span) {
    let range = attribute.attr.range;
    let line = LineIndex::new(lens.source.as_str()).line(range.start().to_usize());
    (line, Span { start: range.start().into(), end: range.end().into() })
}

/// All reads of an attribute called `name`.
fn attributes<'a>(lens: &'a Lens<'_>, name: &str) -> Vec<&'a ExprAttribute> {
    struct Attributes<'a, 'n> {
        name: &'n str,
        found: Vec<&'a ExprAttribute>,
    }
    impl<'a> SourceOrderVisitor<'a> for Attributes<'a, '_> {
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
    let mut visitor = Attributes { name, found: Vec::new() };
    visitor.visit_body(&lens.tree.syntax().body);
    visitor.found
}

//! The imports that follow a module to its new place: in the files that import it, and its own relative ones.
//!
//! Knows modules by their paths alone. What it cannot follow it tells; whether all fits together is the gate's question.
//! Invariant: a name that was bound before is bound still, to the same thing.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::edit::import::{items_of, keyword_of};
use crate::index::{Import, ImportedName, Tree, View};
use crate::text::{FileText, LineIndex, ProjectPath, Span, TextEdit, apply_edits};

use super::dotted::{absolute, package_of, spelled, split, uses_of};

/// So many files that were not followed are named.
const TOLD_MAX: usize = 5;

/// What has to change with a moved module.
pub(super) struct Following {
    /// The module's own text.
    pub(super) text: String,
    /// The files that import it.
    pub(super) others: Vec<(ProjectPath, String)>,
    pub(super) notes: Vec<String>,
}

pub(super) fn follow(view: View<'_>, source: &ProjectPath, destination: &ProjectPath, text: &str) -> Following {
    let (old, new) = (view.snapshot.module_name(source), view.snapshot.module_name(destination));
    let mut following = Following { text: text.to_owned(), others: Vec::new(), notes: Vec::new() };
    let is_module = |path: &ProjectPath| path.extension() == "py" && path.file_name() != "__init__.py";
    if old == new || !source.is_python() {
        return following;
    }
    if !is_module(source) || !is_module(destination) {
        following.notes.push(format!("Imports of '{old}' were left as they are: it is no plain module."));
        return following;
    }
    let moved = Moved { old: &old, new: &new, is_hidden: is_hidden(view, source, split(&old).1) };
    if let Some(text) = moved.own_imports(view, source, text) {
        following.text = text;
    }
    let mut importers: BTreeSet<ProjectPath> = view.snapshot.dependents(source).into_iter().collect();
    let known = importers.clone();
    importers.extend(view.pending.iter().map(|(path, _)| path.clone()).filter(ProjectPath::is_python));
    let mut left: Vec<String> = Vec::new();
    for path in importers.into_iter().filter(|path| path != source && path != destination) {
        let Ok(text) = view.text(&path) else { continue };
        match moved.imports_in(view, &path, &text) {
            Some(new) => following.others.push((path, new)),
            None if known.contains(&path) => left.push(format!("'{path}'")),
            None => {}
        }
    }
    if !following.others.is_empty() {
        let names: Vec<String> = following.others.iter().map(|(path, _)| format!("'{path}'")).collect();
        following.notes.push(format!("The imports of '{old}' follow to '{new}' in {}.", names.join(", ")));
    }
    if !left.is_empty() {
        left.truncate(TOLD_MAX);
        following.notes.push(format!("Look at how these import it, they were not followed: {}.", left.join(", ")));
    }
    following
}

/// A file's text with what it imports under the dotted name `old` taken from where `new` says; nothing where it imports
/// no such thing, or where that cannot be done.
pub(in crate::edit) fn led(view: View<'_>, path: &ProjectPath, text: &str, old: &str, new: &str) -> Option<String> {
    let structure = view.structure(path).ok().filter(|structure| structure.faults.is_empty())?;
    let name = view.snapshot.module_name(path);
    let package = package_of(path, &name);
    let moved = Moved { old, new, is_hidden: false };
    let mut edits: Vec<TextEdit> = Vec::new();
    for import in &structure.imports {
        let Some(module) = &import.module else { continue };
        if absolute(package, import.level, module).as_deref() == Some(split(old).0) {
            let here = (import.level > 0).then_some(package);
            edits.extend(moved.in_names(text, import, here)?);
        }
    }
    (!edits.is_empty()).then(|| apply_edits(text, &edits).ok()).flatten()
}

/// Whether the package has something else under the module's name: then `from package import name` is that.
fn is_hidden(view: View<'_>, source: &ProjectPath, name: &str) -> bool {
    let Ok(init) = ProjectPath::new(&format!("{}/__init__.py", source.folder())) else { return false };
    let Ok(structure) = view.structure(&init) else { return false };
    let is_module = |import: &Import| import.level == 1 && import.module.as_deref() == Some("");
    let mut imports = structure.imports.iter().filter(|import| import.is_top_level && !is_module(import));
    structure.children(None).any(|(_, symbol)| *symbol.name == *name)
        || imports.any(|import| import.module.is_some() && import.names.iter().any(|other| other.bound() == name))
}

/// A module's dotted name before and after.
struct Moved<'a> {
    old: &'a str,
    new: &'a str,
    /// Whether its package has something else under its name.
    is_hidden: bool,
}

impl Moved<'_> {
    /// The module's own text, with relative imports that lead from the new place where they led from the old.
    fn own_imports(&self, view: View<'_>, path: &ProjectPath, text: &str) -> Option<String> {
        let (old, new) = (split(self.old).0, split(self.new).0);
        if old == new {
            return None;
        }
        let structure = view.structure(path).ok()?;
        let mut edits = Vec::new();
        for import in structure.imports.iter().filter(|import| import.level > 0) {
            let target = absolute(old, import.level, import.module.as_deref()?)?;
            edits.push(in_module(text, import, &spelled(&target, Some(new)))?);
        }
        apply_edits(text, &edits).ok()
    }

    /// A file's text with its imports of the module led to the new place; nothing where there is none to be led.
    fn imports_in(&self, view: View<'_>, path: &ProjectPath, text: &str) -> Option<String> {
        let structure = view.structure(path).ok().filter(|structure| structure.faults.is_empty())?;
        let name = view.snapshot.module_name(path);
        let package = package_of(path, &name);
        let mut edits: Vec<TextEdit> = Vec::new();
        for import in &structure.imports {
            match &import.module {
                None => edits.extend(self.in_plain(path, text, import, &structure.imports)?),
                Some(module) => {
                    let Some(from) = absolute(package, import.level, module) else { continue };
                    let here = (import.level > 0).then_some(package);
                    if from == self.old {
                        edits.push(in_module(text, import, &spelled(self.new, here))?);
                    } else if from == split(self.old).0 && !self.is_hidden {
                        edits.extend(self.in_names(text, import, here)?);
                    }
                }
            }
        }
        // The same use is met at each `import a.b` of a file.
        edits.sort_by_key(|edit| edit.span);
        edits.dedup();
        (!edits.is_empty()).then(|| apply_edits(text, &edits).ok()).flatten()
    }

    /// `import a.b`, and the uses of it; `import a.b as c`.
    fn in_plain(&self, path: &ProjectPath, text: &str, import: &Import, all: &[Import]) -> Option<Vec<TextEdit>> {
        let items = items_in(text, import)?;
        let mut edits = Vec::new();
        for (item, name) in items.iter().zip(&import.names).filter(|(_, name)| *name.name == *self.old) {
            let top = self.old.split('.').next().unwrap_or(self.old);
            let written = match &name.alias {
                Some(alias) => format!("{} as {alias}", self.new),
                None if top == self.old => format!("{} as {top}", self.new),
                None => {
                    let (uses, is_used_otherwise) = uses_of(&Tree::parse(path, text), text, self.old, all);
                    edits.extend(uses.into_iter().map(|span| TextEdit { span, text: self.new.to_owned() }));
                    let binds_top =
                        |other: &ImportedName| other.alias.is_none() && other.name.split('.').next() == Some(top);
                    let others = all.iter().filter(|other| other.module.is_none()).flat_map(|other| &other.names);
                    let is_bound = self.new.split('.').next() == Some(top)
                        || others.filter(|other| *other.name != *self.old).any(binds_top);
                    if is_used_otherwise && !is_bound { format!("{top}, {}", self.new) } else { self.new.to_owned() }
                }
            };
            edits.push(TextEdit { span: Span::new(item.start, item.end), text: written });
        }
        Some(edits)
    }

    /// `from a import b`, where `b` is the module. `here` is the package that a relative import is looked for from.
    fn in_names(&self, text: &str, import: &Import, here: Option<&str>) -> Option<Vec<TextEdit>> {
        let (old_package, stem) = split(self.old);
        let (package, new_stem) = split(self.new);
        let Some(idx) = import.names.iter().position(|name| *name.name == *stem) else { return Some(Vec::new()) };
        let items = items_in(text, import)?;
        let item = items.get(idx)?.clone();
        let bound = import.names[idx].bound();
        let written = if new_stem == bound { bound.to_owned() } else { format!("{new_stem} as {bound}") };
        let replaced = |range: Range<usize>, text: String| TextEdit { span: Span::new(range.start, range.end), text };
        let statement = match package {
            "" => format!("import {written}"),
            package => format!("from {} import {written}", spelled(package, here)),
        };
        if package == old_package {
            return Some(vec![replaced(item, written)]);
        }
        if items.len() == 1 {
            return Some(match package {
                "" => vec![replaced(import.span.range(), statement)],
                package => vec![in_module(text, import, &spelled(package, here))?, replaced(item, written)],
            });
        }
        // The others stay where they are.
        let lines = LineIndex::new(text);
        let line_start = lines.line_start(import.line);
        let indent = text.get(line_start..import.span.start as usize).filter(|before| before.trim().is_empty())?;
        let end = FileText::from_text(text).line_ending().as_str();
        let line = lines.line_span(lines.line(item.start)).range();
        let alone = text[line.start..item.start].trim().is_empty()
            && matches!(text[item.end..line.end].trim().split('#').next().map(str::trim), Some("," | ""));
        let gone = match items.get(idx + 1) {
            _ if alone => line,
            Some(next) => item.start..next.start,
            None => items[idx - 1].end..item.end,
        };
        Some(vec![replaced(line_start..line_start, format!("{indent}{statement}{end}")), replaced(gone, String::new())])
    }
}

/// The edit that gives a `from` import another module.
fn in_module(text: &str, import: &Import, module: &str) -> Option<TextEdit> {
    let statement = text.get(import.span.range())?;
    let written = statement.get("from".len()..keyword_of(statement)?)?;
    let start = import.span.start as usize + "from".len() + written.len() - written.trim_start().len();
    // A backslash between the parts is nobody's habit.
    let is_plain = !written.trim().contains(['\\', '\n', '\r']);
    let span = Span::new(start, start + written.trim().len());
    // `from.x import y` has no space to keep.
    let gap = if written.starts_with(|c: char| c.is_whitespace()) { "" } else { " " };
    let behind = if written.ends_with(|c: char| c.is_whitespace()) { "" } else { " " };
    is_plain.then(|| TextEdit { span, text: format!("{gap}{module}{behind}") })
}

/// The spans of the names that an import brings, counted in the whole text.
fn items_in(text: &str, import: &Import) -> Option<Vec<Range<usize>>> {
    let start = import.span.start as usize;
    let items = items_of(text.get(import.span.range())?)?;
    let items: Vec<Range<usize>> = items.into_iter().map(|item| item.start + start..item.end + start).collect();
    (items.len() == import.names.len()).then_some(items)
}

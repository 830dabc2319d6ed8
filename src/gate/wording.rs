//! How an issue of the engine is told: what is wrong, the true names nearest to it, and the way out.

mod nearest;

use ruff_python_ast::{AnyNodeRef, ExprAttribute, Stmt};
use ruff_text_size::Ranged;
use ty_python_semantic::Completion;

use super::doubt::{Doubt, quoted};
use super::project::Project;
use super::unseen::{ABSTRACT, INVENTED, MISSING_EXPORT, PASSED_ON, TYPING_ONLY, UNSEEN};
use super::{Fix, FixSafety};
use crate::index::SymbolKind;
use crate::text::{FileText, Span, TextEdit};
use nearest::nearest;

/// So many true names are told.
const NAMES_MAX: usize = 3;

/// The sentence for an issue, and what mends it.
pub(super) struct Wording {
    pub(super) message: String,
    pub(super) fix: Option<Fix>,
}

/// Puts what the engine found at `doubt`'s place into flux's words.
pub(super) fn wording(doubt: &Doubt<'_, '_>) -> Wording {
    let told = match doubt.found.rule {
        "unresolved-attribute" | UNSEEN => doubt.guards.attribute().and_then(|node| attribute(doubt, node)),
        "unresolved-import" => import(doubt),
        "unresolved-reference" => reference(doubt),
        ABSTRACT | INVENTED | MISSING_EXPORT | PASSED_ON | TYPING_ONLY => None,
        _ => call(doubt),
    };
    told.unwrap_or_else(|| Wording { message: plain(&doubt.found.message), fix: None })
}

/// The engine's own sentence, in flux's spelling.
pub(super) fn plain(message: &str) -> String {
    let mut text = message.replace('`', "'");
    if let Some(first) = text.get(..1).map(str::to_uppercase) {
        text.replace_range(..1, &first);
    }
    if !text.ends_with(['.', '?', '!']) {
        text.push('.');
    }
    text
}

fn attribute(doubt: &Doubt<'_, '_>, node: &ExprAttribute) -> Option<Wording> {
    let found = &*doubt.found.message;
    let attr = &*node.attr;
    let is_called = doubt.guards.is_called();
    let shown = quoted(found)?;
    let owner = if let Some(module) = shown.strip_prefix("<module '").and_then(|rest| rest.split('\'').next()) {
        format!("Module '{module}'")
    } else if found.starts_with("Module ") {
        format!("Module '{}'", quoted(found)?)
    } else if found.starts_with("Function ") {
        format!("Function '{}'", quoted(found)?)
    } else {
        format!("Class '{}'", doubt.class_name(node).unwrap_or_else(|| quoted(found).unwrap_or_default().to_owned()))
    };
    let what = match (is_called, found.starts_with("Module ")) {
        (_, true) => "member",
        (true, false) => "method",
        (false, false) => "attribute",
    };
    let completions = doubt.lens.model.attribute_completions(node);
    let names = nearest(attr, members(&completions, attr), NAMES_MAX);
    let class = doubt.class_name(node);
    let shown: Vec<String> = names.iter().map(|name| signature(doubt.project, class.as_deref(), name)).collect();
    let range = node.attr.range;
    let span = Span { start: range.start().into(), end: range.end().into() };
    Some(Wording {
        message: format!("{owner} has no {what} '{attr}'.{}", question(&shown)),
        fix: replacement(attr, &names, span),
    })
}

/// What may be meant: private names are offered for private ones alone.
fn members<'c>(completions: &'c [Completion<'_>], wanted: &str) -> impl Iterator<Item = &'c str> {
    let wants_private = wanted.starts_with('_');
    completions.iter().map(|completion| &*completion.name).filter(move |name| wants_private || !name.starts_with('_'))
}

/// `line(self)`, where the project knows the definition; else the name alone.
fn signature(project: &Project<'_>, class: Option<&str>, name: &str) -> String {
    let defined = class.into_iter().flat_map(|class| project.classes(class)).find_map(|(_, structure, class)| {
        let id = structure.find(&format!("{}.{name}", class.qualname)).first().copied()?;
        let symbol = structure.symbol(id);
        (symbol.kind == SymbolKind::Method).then(|| format!("{name}{}", symbol.signature))
    });
    defined.unwrap_or_else(|| name.to_owned())
}

/// ` Did you mean 'a' or 'b'?`
fn question(shown: &[String]) -> String {
    match shown {
        [] => String::new(),
        [only] => format!(" Did you mean '{only}'?"),
        [rest @ .., last] => format!(" Did you mean '{}' or '{last}'?", rest.join("', '")),
    }
}

fn replacement(name: &str, names: &[&str], span: Span) -> Option<Fix> {
    let best = names.first()?;
    Some(Fix {
        title: format!("Replace '{name}' by '{best}'"),
        safety: FixSafety::Suggested,
        edits: vec![TextEdit { span, text: (*best).to_owned() }],
    })
}

fn import(doubt: &Doubt<'_, '_>) -> Option<Wording> {
    let found = &*doubt.found.message;
    let span = Span { start: doubt.found.start, end: doubt.found.end };
    if found.starts_with("Module ") {
        let (module, name) = (quoted(found)?, found.split('`').nth(3)?);
        let completions = doubt.guards.import_from().map(|import| doubt.lens.model.from_import_completions(import));
        let completions = completions.unwrap_or_default();
        let names = nearest(name, members(&completions, name), NAMES_MAX);
        let shown: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let message = format!("Module '{module}' has no member '{name}'.{}", question(&shown));
        return Some(Wording { message, fix: replacement(name, &names, span) });
    }
    let module = quoted(found)?;
    let snapshot = doubt.project.view.snapshot;
    let own: Vec<String> = snapshot.files().map(|(path, _)| snapshot.module_name(path)).collect();
    let names = nearest(module.trim_start_matches('.'), own.iter().map(String::as_str), NAMES_MAX);
    let shown: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    Some(Wording { message: format!("Module '{module}' does not exist.{}", question(&shown)), fix: None })
}

fn reference(doubt: &Doubt<'_, '_>) -> Option<Wording> {
    let name = quoted(&doubt.found.message)?;
    if let Some(line) = missing_import(doubt, name) {
        let fix =
            Fix { title: format!("Add '{line}'"), safety: FixSafety::Safe, edits: vec![import_edit(doubt, &line)] };
        return Some(Wording {
            message: format!("Name '{name}' is not defined. Import it: '{line}'."),
            fix: Some(fix),
        });
    }
    let node = doubt.guards.chain().first().copied()?;
    let completions = doubt.lens.model.scoped_completions(node);
    let names = nearest(name, members(&completions, name), NAMES_MAX);
    let shown: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let span = Span { start: doubt.found.start, end: doubt.found.end };
    let message = format!("Name '{name}' is not defined.{}", question(&shown));
    Some(Wording { message, fix: replacement(name, &names, span) })
}

/// The import that the name lacks, where there is only one: the one that the change dropped, or that of the only
/// definition in the project.
fn missing_import(doubt: &Doubt<'_, '_>, name: &str) -> Option<String> {
    if let Some(sides) = doubt.project.changed.get(doubt.path) {
        let dropped = sides.old.imports.iter().find_map(|import| {
            let imported = import.names.iter().find(|imported| imported.bound().split('.').next() == Some(name))?;
            let alias = imported.alias.as_ref().map(|alias| format!(" as {alias}")).unwrap_or_default();
            Some(match &import.module {
                Some(module) => {
                    format!("from {}{module} import {}{alias}", ".".repeat(import.level as usize), imported.name)
                }
                None => format!("import {}{alias}", imported.name),
            })
        });
        if dropped.is_some() {
            return dropped;
        }
    }
    let snapshot = doubt.project.view.snapshot;
    let mut defined = doubt.project.files_with_word(name).into_iter().filter(|path| {
        path != doubt.path
            && doubt.project.structure(path).is_some_and(|structure| {
                structure.children(None).any(|(_, symbol)| *symbol.name == *name && symbol.kind != SymbolKind::Variable)
            })
    });
    let (only, more) = (defined.next()?, defined.next());
    // What a test defines is not for others.
    let is_test = only.file_name().starts_with("test_") || only.file_name() == "conftest.py";
    (more.is_none() && !is_test).then(|| format!("from {} import {name}", snapshot.module_name(&only)))
}

/// Puts `line` behind the last import at the top of the file, else behind the docstring, with the file's line end.
fn import_edit(doubt: &Doubt<'_, '_>, line: &str) -> TextEdit {
    let text = doubt.lens.source.as_str();
    let body = &doubt.lens.tree.syntax().body;
    let is_docstring = |statement: &Stmt| statement.as_expr_stmt().is_some_and(|it| it.value.is_string_literal_expr());
    let docstring_count = usize::from(body.first().is_some_and(is_docstring));
    let imports = body.iter().skip(docstring_count);
    let import_count =
        imports.take_while(|statement| statement.is_import_stmt() || statement.is_import_from_stmt()).count();
    let end_line = FileText::from_text(text).line_ending().as_str();
    let at = body.get(..docstring_count + import_count).and_then(<[Stmt]>::last).map_or(Some(0), |last| {
        let end = last.end().to_usize();
        text.get(end..)?.find(end_line).map(|at| end + at + end_line.len())
    });
    match at {
        Some(at) => TextEdit { span: Span::empty(at), text: format!("{line}{end_line}") },
        // The last line of the file, which does not end.
        None => TextEdit { span: Span::empty(text.len()), text: format!("{end_line}{line}{end_line}") },
    }
}

/// Arguments that do not fit: with the signature where it is the project's.
fn call(doubt: &Doubt<'_, '_>) -> Option<Wording> {
    let message = plain(&doubt.found.message);
    let callee = doubt.guards.chain().iter().find_map(|node| match node {
        AnyNodeRef::ExprCall(call) => super::structure::dotted(&call.func).last().cloned(),
        _ => None,
    })?;
    let mut signatures: Vec<String> = Vec::new();
    for path in doubt.project.files_with_word(&callee) {
        let Some(structure) = doubt.project.structure(&path) else { continue };
        for symbol in structure.symbols.iter().filter(|symbol| symbol.name.as_ref() == callee.as_str()) {
            match symbol.kind {
                SymbolKind::Function | SymbolKind::Method => signatures.push(format!("{callee}{}", symbol.signature)),
                SymbolKind::Class => {
                    let made = structure.find(&format!("{}.__init__", symbol.qualname));
                    signatures.extend(made.first().map(|id| format!("{callee}{}", structure.symbol(*id).signature)));
                }
                SymbolKind::Variable => {}
            }
        }
    }
    let message = match &*signatures {
        [only] => format!("{message} Its signature is '{only}'."),
        _ => message,
    };
    Some(Wording { message, fix: None })
}

//! The tools that change what is pending: a call becomes an operation of the `edit` room.

use super::boundary::keep_off;
use super::reads::{check_outcome, keep_current};
use super::spec::Spec;
use super::{Answer, Arguments, Desk};
use crate::agent::understand::alike;
use crate::edit::{Applied, Operation, apply};
use crate::index::{FileStructure, SymbolKind, is_test_file};
use crate::text::{ChangeSet, ProjectPath, hunks_of};

/// The operation that a call asks for.
pub(crate) fn operation_of(spec: &Spec, arguments: &Arguments<'_>) -> Result<Operation, String> {
    let path = || arguments.path("path");
    let symbol = |name| arguments.symbol(name);
    let class = || arguments.optional_text("target_class");
    let after = || arguments.optional_text("after");
    Ok(match spec.name {
        "add_function" => Operation::AddFunction {
            path: path()?,
            code: arguments.text("code")?,
            target_class: class()?,
            after: after()?,
        },
        "modify_function" => Operation::ModifyFunction {
            path: path()?,
            name: symbol("name")?,
            code: arguments.text("code")?,
            target_class: class()?,
        },
        "add_class" => Operation::AddClass { path: path()?, code: arguments.text("code")?, after: after()? },
        "modify_class" => {
            Operation::ModifyClass { path: path()?, name: symbol("name")?, code: arguments.text("code")? }
        }
        "remove_symbol" => Operation::RemoveSymbol { path: path()?, symbol: symbol("symbol")? },
        "add_import" => Operation::AddImport { path: path()?, code: arguments.text("code")? },
        "edit_file" => Operation::EditFile {
            path: path()?,
            search: arguments.text("search")?,
            replace: arguments.text("replace")?,
        },
        "write_file" => Operation::WriteFile { path: path()?, content: arguments.text("content")? },
        "move_file" => {
            Operation::MoveFile { source: arguments.path("source")?, destination: arguments.path("destination")? }
        }
        "delete_file" => Operation::DeleteFile { path: path()? },
        other => return Err(format!("{other} is no editing tool.")),
    })
}

/// Does the operation on what is pending, if the model has read what it builds on.
pub(super) fn change(desk: &mut Desk<'_>, spec: &Spec, arguments: &Arguments<'_>) -> Answer {
    let operation = operation_of(spec, arguments)?;
    desk.check(&operation)?;
    make(desk, spec.name, &operation)
}

/// Does an operation that was let through.
pub(super) fn make(desk: &mut Desk<'_>, name: &str, operation: &Operation) -> Answer {
    let old = desk.pending.clone();
    let applied = apply(desk.view(), operation).map_err(|refusal| refusal.to_string())?;
    let Applied { change_set: new, notes } = applied;
    if new == old {
        // An import that is there already is what was wanted; the note says where it stands.
        return match notes.is_empty() {
            true => Err(format!("{} would change nothing: the file reads like that already.", name)),
            false => Ok(notes.join("\n")),
        };
    }
    if !desk.by_person {
        check_outcome(desk.view(), &desk.reads, operation, &new)?;
    }
    keep_off(desk, &old, &new)?;
    let alike = alike_unread(desk, operation);
    keep_current(&mut desk.reads, &old, &new, Some(operation));
    let told = std::iter::once(told(&old, &new)).chain(notes).chain(alike).collect::<Vec<_>>().join("\n");
    desk.pending = new;
    Ok(told)
}

/// What is like a class or function that was added, where none of it was read: its pattern may be one to follow.
fn alike_unread(desk: &Desk<'_>, operation: &Operation) -> Option<String> {
    let (path, code) = match operation {
        _ if desk.by_person => return None,
        Operation::AddClass { path, code, .. } | Operation::AddFunction { path, code, target_class: None, .. } => {
            (path, code)
        }
        _ => return None,
    };
    let structure = FileStructure::parse(path, code);
    let (_, added) = structure.children(None).find(|(_, symbol)| symbol.kind != SymbolKind::Variable)?;
    if is_test_file(path) {
        return None;
    }
    let found = alike(desk.snapshot, &added.name, added.kind == SymbolKind::Class);
    let is_read = |path: &ProjectPath, qualname: &str| {
        let state = desk.reads.files.get(path);
        state.is_some_and(|state| state.whole || state.symbols.iter().any(|symbol| symbol == qualname))
    };
    let near = found.first().filter(|_| !found.iter().any(|it| is_read(it.path, &it.symbol.qualname)))?;
    Some(format!(
        "like it is {} in {} at line {}, which was not read: see whether to extend it, or to follow its pattern",
        near.symbol.qualname, near.path, near.symbol.line
    ))
}

/// What an operation did, file by file: `shop/files.py: lines 45–60 changed`.
pub(super) fn told(old: &ChangeSet, new: &ChangeSet) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (path, _) in new.iter().filter(|(path, change)| old.get(path) != Some(change)) {
        lines.push(told_file(path, old, new));
    }
    for (path, _) in old.iter().filter(|(path, _)| new.get(path).is_none()) {
        lines.push(format!("{path}: as on disk again"));
    }
    lines.join("\n")
}

fn told_file(path: &ProjectPath, old: &ChangeSet, new: &ChangeSet) -> String {
    let step = new.since(old, path);
    let Some(change) = step.get(path) else { return format!("{path}: as on disk again") };
    if change.new.is_none() {
        return format!("{path}: deleted");
    }
    if change.old.is_none() {
        return format!("{path}: created, {} lines", change.new_text().lines().count());
    }
    let places: Vec<String> = hunks_of(&step)
        .iter()
        .take(6)
        .map(|hunk| {
            let new = hunk.extent().new;
            match new.len() {
                0 => format!("lines removed after line {}", new.start),
                1 => format!("line {} changed", new.end),
                _ => format!("lines {}–{} changed", new.start + 1, new.end),
            }
        })
        .collect();
    format!("{path}: {}", places.join(", "))
}

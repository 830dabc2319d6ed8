//! What the model is told before it begins: the rules, the project, the task.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;

use crate::agent::{ChatMessage, Role};
use crate::index::{Snapshot, Symbol, SymbolKind};
use crate::text::{ChangeSet, ProjectPath};

pub(super) const SYSTEM: &str = include_str!("../../../assets/prompt/system.md");

/// About 2,000 tokens.
const MAP_BYTES_MAX: usize = 7_000;
/// About 500 tokens.
const FINDS_BYTES_MAX: usize = 2_000;

/// The files with their classes and functions, as far as the budget goes; of a large project only its folders.
pub(super) fn project_map(snapshot: &Snapshot) -> String {
    let mut out = format!(
        "The project has {} Python files with {} classes, methods and functions.\n",
        snapshot.file_count(),
        snapshot.symbol_count()
    );
    let mut lines = String::new();
    for (path, entry) in snapshot.files() {
        let structure = &entry.structure;
        let names: Vec<&str> = structure
            .children(None)
            .filter(|(_, symbol)| symbol.kind != SymbolKind::Variable)
            .map(|(_, symbol)| &*symbol.name)
            .collect();
        let _ = write!(lines, "{path} ({} lines)", structure.line_count);
        if !names.is_empty() {
            let shown = names.len().min(12);
            let more = if shown < names.len() { ", …" } else { "" };
            let _ = write!(lines, ": {}{more}", names[..shown].join(", "));
        }
        lines.push('\n');
        if lines.len() > MAP_BYTES_MAX {
            out.push_str(&folders(snapshot));
            return out;
        }
    }
    out + lines.trim_end()
}

fn folders(snapshot: &Snapshot) -> String {
    // As deep as the budget allows.
    for depth in [3, 2, 1] {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (path, _) in snapshot.files() {
            let folder: Vec<&str> = path.folder().split('/').take(depth).collect();
            *counts.entry(folder.join("/")).or_default() += 1;
        }
        let mut lines = "Its folders, with the number of Python files in each:\n".to_owned();
        for (folder, count) in &counts {
            let _ = writeln!(lines, "{}/ {count}", if folder.is_empty() { "." } else { folder });
        }
        if lines.len() < MAP_BYTES_MAX {
            return lines + "list_files, find_symbol and search show the rest.";
        }
    }
    "list_files, find_symbol and search show what is in it.".to_owned()
}

/// The task, with what the index knows of the names in it.
pub(super) fn task_message(snapshot: &Snapshot, pending: &ChangeSet, task: &str) -> String {
    let mut out = format!("Task: {task}");
    let finds = told_names(snapshot, &names_in(task));
    if !finds.is_empty() {
        let _ = write!(out, "\n\nThe index knows of names in it:\n{}", finds.trim_end());
    }
    if !pending.is_empty() {
        let files: Vec<&str> = pending.iter().map(|(path, _)| path.as_str()).collect();
        let _ = write!(out, "\n\nEdits from before are still pending in: {}.", files.join(", "));
    }
    out
}

/// Words of the task that may be names of code: identifiers, dotted names, paths.
fn names_in(task: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for word in task.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '/'))) {
        let word = word.trim_matches(['.', '/']);
        if word.len() >= 3 && !names.iter().any(|name| name == word) {
            names.push(word.to_owned());
        }
        if names.len() == 60 {
            break;
        }
    }
    names
}

/// Whether a word stands for code even where prose could hold it too.
fn looks_like_code(word: &str) -> bool {
    word.contains(['_', '.']) || word.chars().skip(1).any(char::is_uppercase)
}

/// What the index knows of each name. One walk over all symbols, however many names a task holds.
fn told_names(snapshot: &Snapshot, names: &[String]) -> String {
    let wanted: HashSet<&str> = names.iter().map(String::as_str).collect();
    let mut found: HashMap<&str, Vec<(&ProjectPath, &Symbol)>> = HashMap::new();
    for (path, entry) in snapshot.files() {
        for symbol in &entry.structure.symbols {
            let name = [&*symbol.name, &*symbol.qualname].into_iter().find_map(|name| wanted.get(name));
            if let Some(name) = name {
                found.entry(name).or_default().push((path, symbol));
            }
        }
    }
    let mut out = String::new();
    for name in names {
        if out.len() > FINDS_BYTES_MAX {
            break;
        }
        if let Some(path) = ProjectPath::new(name).ok().filter(|path| snapshot.file(path).is_some()) {
            let _ = writeln!(out, "- {path} is a file{}", users(snapshot, &path));
        }
        tell_name(snapshot, name, found.get(name.as_str()).map_or(&[], Vec::as_slice), &mut out);
    }
    out
}

fn tell_name(snapshot: &Snapshot, name: &str, found: &[(&ProjectPath, &Symbol)], out: &mut String) {
    if found.len() > 5 && looks_like_code(name) {
        let _ = writeln!(out, "- {name} is the name of several symbols; find_symbol lists them");
    }
    // A plain word that many things are called says nothing.
    if found.len() > if looks_like_code(name) { 5 } else { 2 } {
        return;
    }
    for (path, symbol) in found {
        let _ = writeln!(
            out,
            "- {} is a {} in {path} at line {}: `{}{}`{}",
            symbol.qualname,
            symbol.kind.word(),
            symbol.line,
            symbol.name,
            symbol.signature,
            users(snapshot, path)
        );
    }
}

/// Who imports a file: what has to be looked at before it changes.
fn users(snapshot: &Snapshot, path: &ProjectPath) -> String {
    let users = snapshot.dependents(path);
    if users.is_empty() {
        return String::new();
    }
    let shown: Vec<&str> = users.iter().take(6).map(ProjectPath::as_str).collect();
    let more = if users.len() > shown.len() { ", …" } else { "" };
    format!("; imported by {}{more}", shown.join(", "))
}

/// What is left in place of an answer that was dropped.
const DROPPED: &str = "(left out to save room; make the call again if you need it)";
/// So many of the newest messages stay whole.
const FRESH_COUNT: usize = 12;
/// Shorter answers are not worth dropping.
const SHORT_BYTES: usize = 400;

/// Drops the oldest long answers once a conversation outgrows `limit_bytes`. It then goes well below, so that the
/// beginning stays the same for many turns and servers can keep what they worked out of it. False when there was
/// nothing to drop.
pub(super) fn make_room(messages: &mut [ChatMessage], limit_bytes: usize) -> bool {
    let size = |message: &ChatMessage| {
        message.content.len() + message.tool_calls.iter().map(|call| call.arguments.len()).sum::<usize>()
    };
    let mut total: usize = messages.iter().map(size).sum();
    if total <= limit_bytes {
        return false;
    }
    let mut has_dropped = false;
    let old_count = messages.len().saturating_sub(FRESH_COUNT);
    for message in &mut messages[..old_count] {
        if total <= limit_bytes / 2 {
            break;
        }
        if message.role == Role::Tool && message.content.len() > SHORT_BYTES {
            total -= message.content.len() - DROPPED.len();
            message.content = DROPPED.to_owned();
            has_dropped = true;
        }
    }
    has_dropped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_long_answers_make_room() {
        let message = |role, content: String| ChatMessage { role, content, tool_calls: Vec::new(), tool_call_id: None };
        let mut messages = vec![message(Role::System, "s".repeat(1000))];
        messages.extend((0..20).map(|_| message(Role::Tool, "x".repeat(1000))));
        assert!(!make_room(&mut messages, 30_000));
        assert!(make_room(&mut messages, 20_000));
        let dropped: Vec<bool> = messages.iter().map(|message| message.content == DROPPED).collect();
        assert_eq!(dropped.iter().filter(|dropped| **dropped).count(), 8);
        assert!(!dropped[0] && dropped[1] && dropped[8] && !dropped[9]);
        assert!(!make_room(&mut messages[..10], 1_000));
    }
}

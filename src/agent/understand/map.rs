//! The project as a whole: small ones file by file, large ones by what the rest builds on, then by folders.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::index::{Ranked, Snapshot, SymbolKind};

/// Names shown of one file.
const NAMES_MAX: usize = 12;

/// The map, within `limit` bytes but for its last line.
pub(super) fn project_map(snapshot: &Snapshot, limit: usize) -> String {
    let head = format!(
        "The project has {} Python files with {} classes, methods and functions.\n",
        snapshot.file_count(),
        snapshot.symbol_count()
    );
    match every_file(snapshot, limit) {
        Some(lines) => head + lines.trim_end(),
        None => head + &what_counts(snapshot, limit),
    }
}

/// All files in the order of their paths, where they fit.
fn every_file(snapshot: &Snapshot, limit: usize) -> Option<String> {
    let mut lines = String::new();
    for (path, entry) in snapshot.files() {
        let names: Vec<&str> = entry
            .structure
            .children(None)
            .filter(|(_, symbol)| symbol.kind != SymbolKind::Variable)
            .map(|(_, symbol)| &*symbol.name)
            .collect();
        let _ = write!(lines, "{path} ({} lines)", entry.structure.line_count);
        push_names(&mut lines, &names);
        if lines.len() > limit {
            return None;
        }
    }
    Some(lines)
}

fn push_names(out: &mut String, names: &[&str]) {
    let shown = names.len().min(NAMES_MAX);
    if shown > 0 {
        let more = if shown < names.len() { ", …" } else { "" };
        let _ = write!(out, ": {}{more}", names[..shown].join(", "));
    }
    out.push('\n');
}

/// The files that the rest builds on most, then the folders.
fn what_counts(snapshot: &Snapshot, limit: usize) -> String {
    let ranked = snapshot.by_importance();
    let mut out = "What the rest builds on most, with the names that are used most:\n".to_owned();
    for Ranked { path, entry, used, .. } in &ranked {
        let names: Vec<&str> =
            used.iter().filter(|(_, count)| *count > 0).map(|(id, _)| &*entry.structure.symbol(*id).name).collect();
        if names.is_empty() {
            continue;
        }
        let mut line = format!("{path} ({} lines)", entry.structure.line_count);
        push_names(&mut line, &names);
        if out.len() + line.len() > limit * 2 / 3 {
            break;
        }
        out.push_str(&line);
    }
    let rest = limit.saturating_sub(out.len());
    out + &folders(snapshot, rest)
}

fn folders(snapshot: &Snapshot, limit: usize) -> String {
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
        if lines.len() < limit {
            return lines + "list_files, find_symbol and search show the rest.";
        }
    }
    "list_files, find_symbol and search show what is in it.".to_owned()
}

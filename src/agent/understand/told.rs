//! How what was found is told: to the model within a budget, to the person in a line.

use std::borrow::Cow;
use std::fmt::Write;

use super::BYTES_PER_TOKEN;
use super::related::{NAMESAKES_MAX, Related, RelatedFile};
use crate::index::{Located, Snapshot, Symbol, SymbolKind, is_test_file};
use crate::text::ProjectPath;

/// Lines within a budget; what no longer fits is left out whole.
struct Budgeted {
    out: String,
    limit: usize,
}

impl Budgeted {
    fn section(&mut self, title: &str, lines: impl IntoIterator<Item = String>) {
        let before = self.out.len();
        let _ = write!(self.out, "\n\n{title}");
        let head = self.out.len();
        for line in lines {
            if self.out.len() + line.len() + 3 > self.limit {
                break;
            }
            let _ = write!(self.out, "\n- {line}");
        }
        if self.out.len() == head {
            self.out.truncate(before);
        }
    }
}

/// What the model is told beside the task; empty where nothing bears on it.
pub(super) fn context(snapshot: &Snapshot, related: &Related<'_>, limit: usize) -> String {
    let mut text = Budgeted { out: String::new(), limit };
    let files = related.named_files.iter().map(|path| format!("{path} is a file{}", users(snapshot, path)));
    let named = related.named.iter().flat_map(|(name, found)| definitions(snapshot, name, found));
    text.section("The index knows of names in it:", files.chain(named));
    let similar = related.similar.iter().map(|(name, found)| like(*name, found));
    text.section("Look at these before you add anything; follow or extend them:", similar);
    let files = related.files.iter().map(|file| with_symbols(snapshot, file));
    text.section("Files that bear on it, the likeliest first:", files);
    if !related.tests.is_empty() {
        let tests: Vec<&str> = related.tests.iter().map(|path| path.as_str()).collect();
        text.section("Their tests:", [tests.join(", ")]);
    }
    text.out
}

/// What was found, for the person.
pub(super) fn summary(related: &Related<'_>, used: usize, budget: usize) -> String {
    let similar_count = related.similar.iter().map(|(_, found)| found.len()).sum();
    let symbol_count: usize = related.named.iter().map(|(_, found)| found.len()).sum();
    let counts = [
        (symbol_count, "named symbol"),
        (related.files.len(), "related file"),
        (similar_count, "similar symbol"),
        (related.tests.len(), "test file"),
    ];
    let found: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    let found = if found.is_empty() { "nothing by name".to_owned() } else { found.join(", ") };
    format!("looked up: {found}; context {} of {} tokens", used / BYTES_PER_TOKEN, budget / BYTES_PER_TOKEN)
}

fn definitions(snapshot: &Snapshot, name: &str, found: &[Located<'_>]) -> Vec<String> {
    if found.len() > NAMESAKES_MAX {
        return vec![format!("{name} is the name of {} symbols; find_symbol lists them", found.len())];
    }
    found.iter().map(|it| format!("{}{}", place(it.path, it.symbol), users(snapshot, it.path))).collect()
}

fn place(path: &ProjectPath, symbol: &Symbol) -> String {
    format!(
        "{} is a {} in {path} at line {}: `{}{}`",
        symbol.qualname,
        symbol.kind.word(),
        symbol.line,
        symbol.name,
        signature(symbol)
    )
}

/// Characters of a signature that are shown: the rest is seen where it is read.
const SIGNATURE_CHARS_MAX: usize = 100;

fn signature(symbol: &Symbol) -> Cow<'_, str> {
    match symbol.signature.char_indices().nth(SIGNATURE_CHARS_MAX) {
        Some((at, _)) => Cow::Owned(format!("{}…", &symbol.signature[..at])),
        None => Cow::Borrowed(&symbol.signature),
    }
}

fn like(name: Option<&str>, found: &[Located<'_>]) -> String {
    let found: Vec<String> = found.iter().map(|it| place(it.path, it.symbol)).collect();
    match name {
        Some(name) => format!("there is no {name} yet, but {}", found.join("; ")),
        None => found.join("; "),
    }
}

fn with_symbols(snapshot: &Snapshot, file: &RelatedFile<'_>) -> String {
    let structure = &file.entry.structure;
    let mut line = format!("{} ({} lines)", file.path, structure.line_count);
    let symbols: Vec<String> = file
        .symbols
        .iter()
        .map(|id| structure.symbol(*id))
        .map(|symbol| {
            format!(
                "{}{} line {}{}",
                symbol.qualname,
                signature(symbol),
                symbol.line,
                callers(snapshot, file.path, symbol)
            )
        })
        .collect();
    if !symbols.is_empty() {
        let _ = write!(line, ": {}", symbols.join("; "));
    }
    line
}

/// Users of a symbol that are listed.
const CALLERS_MAX: usize = 3;
/// A name that more files mention is not this one's alone.
const CALLERS_TOLD_MAX: usize = 40;

/// Which other files mention a symbol: those that import its file, by its name.
fn callers(snapshot: &Snapshot, path: &ProjectPath, symbol: &Symbol) -> String {
    if symbol.kind == SymbolKind::Class || symbol.name.starts_with("__") {
        return String::new();
    }
    let mentioning = snapshot.files_with_word(&symbol.name);
    if mentioning.len() > CALLERS_TOLD_MAX {
        return String::new();
    }
    let importing = snapshot.dependents(path);
    let mut users: Vec<&ProjectPath> =
        mentioning.into_iter().filter(|user| *user != path && importing.contains(user)).collect();
    users.sort_by_key(|user| is_test_file(user));
    if users.is_empty() {
        return String::new();
    }
    let shown: Vec<&str> = users.iter().take(CALLERS_MAX).map(|user| user.as_str()).collect();
    let more = if users.len() > shown.len() { ", …" } else { "" };
    format!(" (used in {}{more})", shown.join(", "))
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

//! `find_references`: where a symbol is meant, where it may be, and who only mentions its name.
//!
//! The gate knows; where it cannot be asked, or the name stands in too many files, every line with the name is shown and
//! said to be no more than that.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::look::{HITS_MAX, Hits, no_such_symbol, unreadable};
use super::{Answer, Arguments, Desk, line_of};
use crate::agent::PlacesQuestion;
use crate::gate::SymbolPlaces;
use crate::index::{FileStructure, is_test_file};
use crate::text::{LineIndex, ProjectPath};

/// Analysing more files than this takes longer than a look should.
const ANALYSED_FILES_MAX: usize = 120;
/// Doubtful places and mentions that are listed.
const DOUBTS_MAX: usize = 30;

pub(super) fn find_references(desk: &mut Desk<'_>, arguments: &Arguments<'_>) -> Answer {
    let (path, symbol) = (arguments.path("path")?, arguments.symbol("symbol")?);
    let structure = desk.view().structure(&path).map_err(|error| unreadable(desk, &path, &error))?;
    let definitions = structure.find(&symbol);
    let Some(first) = definitions.first() else {
        return Err(no_such_symbol(desk, &path, &structure, &symbol));
    };
    let name = structure.symbol(*first).name.to_string();
    let files = files_with(desk, &name);
    match desk.places_found.take() {
        None if files.len() <= ANALYSED_FILES_MAX => {
            desk.asks = Some(PlacesQuestion { path, symbol, new_name: None });
            Ok(String::new())
        }
        Some(found) if !found.places.is_empty() => Ok(told(desk, &path, &structure, &symbol, &found)),
        _ => by_name(desk, &name, &files),
    }
}

fn files_with(desk: &Desk<'_>, name: &str) -> BTreeSet<ProjectPath> {
    let indexed = desk.snapshot.files_with_word(name).into_iter().cloned();
    indexed.chain(desk.pending.iter().map(|(path, _)| path.clone())).collect()
}

/// Every line with the name, whatever it means there.
fn by_name(desk: &Desk<'_>, name: &str, files: &BTreeSet<ProjectPath>) -> Answer {
    let expression = regex::Regex::new(&format!(r"\b{}\b", regex::escape(name))).map_err(|error| error.to_string())?;
    let mut hits = Hits::default();
    for path in files {
        if let Ok(text) = desk.view().text(path) {
            hits.collect(path, &text, |line| expression.is_match(line));
        }
    }
    hits.tell(&format!("lines mention '{name}' (by name; the definition is among them)"))
}

fn told(desk: &Desk<'_>, path: &ProjectPath, structure: &FileStructure, symbol: &str, found: &SymbolPlaces) -> String {
    let defined: Vec<u32> = structure.find(symbol).iter().map(|id| structure.symbol(*id).line).collect();
    let mut lines: Vec<(bool, ProjectPath, u32, String)> = Vec::new();
    for (file, spans) in &found.places {
        let Ok(text) = desk.view().text(file) else { continue };
        let index = LineIndex::new(&text);
        let numbers: BTreeSet<u32> = spans.iter().map(|span| index.line(span.start as usize)).collect();
        for number in numbers {
            let is_definition = file == path && defined.contains(&number);
            let mark = if is_definition { " (its definition)" } else { "" };
            lines.push((is_test_file(file), file.clone(), number, format!("{}{mark}", line_of(&text, &index, number))));
        }
    }
    // The program before its tests.
    lines.sort();
    let files: BTreeSet<&ProjectPath> = lines.iter().map(|(_, file, ..)| file).collect();
    let mut out = format!("{} lines mean '{symbol}', in {} files", lines.len(), files.len());
    if lines.len() > HITS_MAX {
        let _ = write!(out, "; the first {HITS_MAX} are shown");
    }
    for (_, file, number, line) in lines.iter().take(HITS_MAX) {
        let _ = write!(out, "\n{file}:{number}: {line}");
    }
    push_doubts(desk, found, &mut out);
    if !found.mentions.is_empty() {
        let places: Vec<String> =
            found.mentions.iter().take(DOUBTS_MAX).map(|(file, line)| format!("{file}:{line}")).collect();
        let _ = write!(out, "\nComments and texts mention it: {}{}", places.join(", "), more(found.mentions.len()));
    }
    out
}

/// Places where it may be meant, each with the reason why that is not known.
fn push_doubts(desk: &Desk<'_>, found: &SymbolPlaces, out: &mut String) {
    if found.obstacles.is_empty() {
        return;
    }
    out.push_str("\nIt may be meant here too; look before you rely on it:");
    for obstacle in found.obstacles.iter().take(DOUBTS_MAX) {
        let line = desk.line(&obstacle.path, obstacle.line);
        let _ = write!(out, "\n{}:{}: {line} — {}", obstacle.path, obstacle.line, obstacle.why);
    }
    out.push_str(&more(found.obstacles.len()));
}

fn more(count: usize) -> String {
    match count.saturating_sub(DOUBTS_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    }
}

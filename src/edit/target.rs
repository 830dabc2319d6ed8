//! The file that an operation works on, and how its new text joins the change set.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Applied, Refusal};
use crate::index::{FileStructure, Symbol, SymbolId, SymbolKind, View, indent_of, nearest};
use crate::text::{FileText, LineEnding, LineIndex, NotText, ProjectPath, ReadError};

/// More names than this do not help to choose.
const LISTED_MAX: usize = 5;

/// A file as it would be before the operation.
pub(super) struct Target<'a> {
    view: View<'a>,
    pub(super) path: &'a ProjectPath,
    base: Option<Arc<FileText>>,
    pub(super) text: Arc<str>,
    pub(super) lines: LineIndex,
    pub(super) ending: LineEnding,
    /// Empty for a file that is no Python.
    pub(super) structure: FileStructure,
    pub(super) notes: Vec<String>,
    /// Whether the file parsed before the operation.
    was_whole: bool,
}

impl<'a> Target<'a> {
    /// Opens a file of any kind.
    pub(super) fn open(view: View<'a>, path: &'a ProjectPath) -> Result<Self, Refusal> {
        let text = match view.text(path) {
            Ok(text) => text,
            Err(ReadError::Missing(_)) => return Err(missing_file(view, path)),
            Err(error) => return Err(error.into()),
        };
        let base = view.base(path)?;
        let ending = match &base {
            Some(base) => base.line_ending(),
            None => FileText::from_text(&text).line_ending(),
        };
        let structure = if path.is_python() { FileStructure::parse(path, &text) } else { FileStructure::default() };
        let lines = LineIndex::new(&text);
        let was_whole = structure.faults.is_empty();
        Ok(Self { view, path, base, text, lines, ending, structure, notes: Vec::new(), was_whole })
    }

    /// Opens a file whose symbols are to be edited.
    pub(super) fn open_python(view: View<'a>, path: &'a ProjectPath) -> Result<Self, Refusal> {
        if !path.is_python() {
            return Err(Refusal::NotAllowed(format!("'{path}' is no Python file. Use edit_file instead.")));
        }
        Self::open(view, path)
    }

    /// A line without its line end; lines count from 1.
    pub(super) fn line(&self, line: u32) -> &str {
        self.text[self.lines.line_span(line).range()].trim_end_matches(['\r', '\n'])
    }

    pub(super) fn is_blank(&self, line: u32) -> bool {
        self.line(line).trim().is_empty()
    }

    /// The white space that says how deep a line stands.
    pub(super) fn indent(&self, line: u32) -> &str {
        indent_of(self.line(line))
    }

    /// Where the indentation of a line begins: behind a page break, if the line has one.
    pub(super) fn indent_start(&self, line: u32) -> usize {
        let content = self.line(line).trim_start_matches([' ', '\t', '\x0c']);
        self.lines.line_start(line) + self.line(line).len() - content.len() - self.indent(line).len()
    }

    pub(super) fn symbol(&self, id: SymbolId) -> &Symbol {
        self.structure.symbol(id)
    }

    /// The same file with another text.
    pub(super) fn with_text(self, new: String) -> Self {
        let structure = FileStructure::parse(self.path, &new);
        Self { lines: LineIndex::new(&new), structure, text: new.into(), ..self }
    }

    /// Joins the text as it is now to what is pending.
    pub(super) fn finish_as_is(self) -> Result<Applied, Refusal> {
        let text = self.text.to_string();
        self.finish(text)
    }

    /// Joins `new` to what is pending, unless it breaks the syntax of a file that was whole.
    pub(super) fn finish(mut self, new: String) -> Result<Applied, Refusal> {
        // Not `self.text`: that may be the outcome of a step before this one.
        let before = match self.view.pending.get(self.path) {
            Some(change) => change.new.as_deref(),
            None => self.base.as_ref().map(|file| file.text()),
        };
        if before == Some(&*new) && self.notes.is_empty() {
            self.notes.push(format!("'{}' holds this already: nothing changed.", self.path));
        }
        if self.path.is_python() && self.was_whole {
            refuse_faults(self.path, &new)?;
        }
        if let Some(base) = &self.base {
            refuse_unwritable(self.path, base, &new)?;
        }
        let mut change_set = self.view.pending.clone();
        change_set.put(self.path.clone(), self.base, Some(new.into()));
        Ok(Applied { change_set, notes: self.notes })
    }
}

/// Refuses a text that cannot be written the way the file is.
pub(super) fn refuse_unwritable(path: &ProjectPath, base: &FileText, new: &str) -> Result<(), Refusal> {
    let Err(why) = base.encode(new) else { return Ok(()) };
    let way_out = match why {
        NotText::Unencodable(c) => format!("Write it as an escape: {}.", escaped(c)),
        _ => "Declare an encoding that it can be written in, or none: then it is UTF-8.".to_owned(),
    };
    Err(Refusal::NotAllowed(format!("'{path}' could not be written with this: {why}. {way_out} Nothing was changed.")))
}

/// A character as a Python string spells it in ASCII.
fn escaped(c: char) -> String {
    let code = u32::from(c);
    if code > 0xffff { format!("\\U{code:08x}") } else { format!("\\u{code:04x}") }
}

/// Refuses a text that does not parse.
pub(super) fn refuse_faults(path: &ProjectPath, text: &str) -> Result<(), Refusal> {
    let structure = FileStructure::parse(path, text);
    let Some(fault) = structure.faults.first() else { return Ok(()) };
    let lines = LineIndex::new(text);
    let line = text.get(lines.line_span(fault.line).range()).unwrap_or("").trim();
    Err(Refusal::BadCode(format!(
        "With this, '{path}' would no longer parse. Line {}: {}: `{line}`. Nothing was changed.",
        fault.line, fault.message
    )))
}

/// The refusal for a file that is not there.
pub(super) fn missing_file(view: View<'_>, path: &ProjectPath) -> Refusal {
    if let Some(there) = view.source.same_but_case(path).filter(|there| view.text(there).is_ok()) {
        return Refusal::NotFound(format!("'{path}' does not exist: upper and lower case count. It is '{there}'."));
    }
    let pending = view.pending.iter().filter(|(_, change)| change.new.is_some()).map(|(path, _)| path);
    let known: BTreeSet<&ProjectPath> =
        view.snapshot.files().map(|(path, _)| path).chain(pending).filter(|known| *known != path).collect();
    let near = near_names(path.as_str(), known.iter().map(|known| (known.file_name(), known.as_str())), '/');
    let near: Vec<String> = near.iter().map(|path| format!("'{path}'")).collect();
    if near.is_empty() {
        Refusal::NotFound(format!(
            "'{path}' does not exist. Use write_file to create it, list_files to see what is there."
        ))
    } else {
        Refusal::NotFound(format!(
            "'{path}' does not exist. Nearest: {}. Use write_file to create it.",
            near.join(", ")
        ))
    }
}

/// The full names nearest to `wanted`, by their last part or as a whole.
fn near_names<'n>(
    wanted: &str,
    names: impl Iterator<Item = (&'n str, &'n str)> + Clone,
    separator: char,
) -> Vec<&'n str> {
    let last = wanted.rsplit(separator).next().unwrap_or(wanted);
    let mut near: Vec<&str> = Vec::new();
    for part in nearest(last, names.clone().map(|(part, _)| part), LISTED_MAX) {
        near.extend(names.clone().filter(|(other, _)| *other == part).map(|(_, full)| full));
    }
    near.extend(nearest(wanted, names.map(|(_, full)| full), LISTED_MAX));
    let mut seen = BTreeSet::new();
    near.retain(|name| seen.insert(*name));
    near.truncate(LISTED_MAX);
    near
}

/// `method 'Cart.total' at line 41`.
pub(super) fn place(symbol: &Symbol) -> String {
    format!("{} '{}' at line {}", symbol.kind.word(), symbol.qualname, symbol.line)
}

/// The refusal for a symbol that is not there: the nearest of the file, else what the file holds, and where else
/// in the project the name is defined.
pub(super) fn missing_symbol(target: &Target<'_>, wanted: &str, kinds: &[SymbolKind]) -> Refusal {
    let fitting = || target.structure.symbols.iter().filter(|symbol| kinds.contains(&symbol.kind));
    let near = near_names(wanted, fitting().map(|symbol| (&*symbol.name, &*symbol.qualname)), '.');
    let mut message = format!("'{wanted}' is not in '{}'.", target.path);
    if near.is_empty() {
        let held: Vec<String> = fitting().take(LISTED_MAX * 2).map(|symbol| format!("'{}'", symbol.qualname)).collect();
        match held.is_empty() {
            true => message.push_str(" The file holds nothing of the kind."),
            false => message.push_str(&format!(" The file holds: {}.", held.join(", "))),
        }
    } else {
        let named = |name: &&str| fitting().find(|symbol| *symbol.qualname == **name).map(place);
        let near: Vec<String> = near.iter().filter_map(named).collect();
        message.push_str(&format!(" Nearest: {}.", near.join(", ")));
    }
    let elsewhere: Vec<String> = target
        .view
        .snapshot
        .find_symbol(wanted, LISTED_MAX)
        .into_iter()
        .filter(|found| {
            found.path != target.path && (&*found.symbol.qualname == wanted || &*found.symbol.name == wanted)
        })
        .map(|found| format!("'{}' ({})", found.path, place(found.symbol)))
        .collect();
    if !elsewhere.is_empty() {
        message.push_str(&format!(" One of that name is in {}.", elsewhere.join(", ")));
    }
    Refusal::NotFound(message)
}

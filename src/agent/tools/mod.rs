//! The tools: what a model may do to a project. Names are DESIGN.md's table; each answers in bounded text.
//!
//! Pure but for reading through the `Source`. Invariant: no argument, however odd, makes a tool panic; a refusal
//! begins with `Error: ` and names the way out.

mod arguments;
mod boundary;
mod change;
mod command;
mod look;
mod reads;
mod references;
mod rename;
mod spec;

pub(super) use arguments::Arguments;
pub use command::{ChangedFile, CommandRun};
pub(super) use command::{not_run, take as take_command};
pub(super) use reads::{count_anew, keep_current};
pub(super) use spec::{Kind, Spec, nearest_name, schemas};

use std::sync::Arc;

use super::{PlacesQuestion, ToolAnswer, ToolCall, ToolContext};
use crate::edit::Operation;
use crate::gate::{ReadLog, SymbolPlaces};
use crate::index::{FileStructure, Snapshot, View};
use crate::text::{ChangeSet, ContentHash, LineIndex, ProjectPath, Source};

/// An answer, or a refusal without its `Error: `.
type Answer = Result<String, String>;

/// What a tool works on.
struct Desk<'a> {
    /// What the person has written.
    asked: Arc<str>,
    snapshot: &'a Snapshot,
    source: &'a dyn Source,
    pending: ChangeSet,
    reads: ReadLog,
    places_found: Option<SymbolPlaces>,
    asks: Option<PlacesQuestion>,
    by_person: bool,
}

impl Desk<'_> {
    fn view(&self) -> View<'_> {
        View { snapshot: self.snapshot, pending: &self.pending, source: self.source }
    }

    /// A line as it would be, to quote it; empty where there is none.
    fn line(&self, path: &ProjectPath, number: u32) -> String {
        self.view().text(path).map_or_else(|_| String::new(), |text| line_of(&text, &LineIndex::new(&text), number))
    }
}

/// Characters of a line that are quoted.
const QUOTED_CHARS_MAX: usize = 200;

fn line_of(text: &str, lines: &LineIndex, number: u32) -> String {
    if !(1..=lines.line_count()).contains(&number) {
        return String::new();
    }
    text[lines.line_span(number).range()].trim().chars().take(QUOTED_CHARS_MAX).collect()
}

impl Desk<'_> {
    fn note_lines(&mut self, path: &ProjectPath, hash: ContentHash, structure: &FileStructure, lines: (u32, u32)) {
        let view = View { snapshot: self.snapshot, pending: &self.pending, source: self.source };
        reads::note_lines(&mut self.reads, view, path, hash, structure, lines);
    }

    /// Lets an operation through, or says what the model has to read first.
    fn check(&self, operation: &Operation) -> Result<(), String> {
        if self.by_person { Ok(()) } else { reads::check(self.view(), &self.reads, operation) }
    }
}

/// How a refusal reads to the model.
pub(super) fn refused(why: &str) -> String {
    format!("Error: {why}")
}

/// What the model is told of a tool that does not exist.
pub(super) fn unknown_tool(name: &str) -> String {
    let short: String = name.chars().take(60).collect();
    let names: Vec<&str> = spec::TOOLS.iter().map(|tool| tool.name).collect();
    refused(&format!(
        "there is no tool '{}'. Did you mean {}? The tools are: {}.",
        short.escape_debug(),
        nearest_name(&short),
        names.join(", ")
    ))
}

/// Runs one tool; the session answers those of [`Kind::Session`] itself.
pub(super) fn run(call: &ToolCall, context: ToolContext, source: &dyn Source) -> ToolAnswer {
    let ToolContext { snapshot, pending, reads, places_found, asked, by_person } = context;
    let Some(spec) = Spec::named(&call.name) else {
        return ToolAnswer { text: unknown_tool(&call.name), pending: None, reads, asks: None };
    };
    let before = (pending.clone(), reads.clone());
    let mut desk = Desk { snapshot: &snapshot, source, pending, reads, places_found, asks: None, asked, by_person };
    let answer = Arguments::parse(spec, &call.arguments, snapshot.root()).and_then(|arguments| {
        let arguments = &arguments;
        match (spec.kind, spec.name) {
            (_, "rename_symbol") => rename::rename(&mut desk, spec, arguments),
            (_, "move_symbol") => rename::move_symbol(&mut desk, spec, arguments),
            (Kind::Change, _) => change::change(&mut desk, spec, arguments),
            (_, "read_file") => look::read_file(&mut desk, arguments),
            (_, "list_files") => look::list_files(&mut desk, arguments),
            (_, "search") => look::search(&mut desk, arguments),
            (_, "file_structure") => look::file_structure(&mut desk, arguments),
            (_, "find_symbol") => look::find_symbol(&mut desk, arguments),
            (_, "read_symbol") => look::read_symbol(&mut desk, arguments),
            (_, "find_references") => references::find_references(&mut desk, arguments),
            (_, name) => Err(format!("{name} is answered by the session, not by a tool.")),
        }
    });
    match answer {
        Ok(text) => {
            let Desk { pending, reads, asks, .. } = desk;
            let pending = (pending != before.0).then_some(pending);
            ToolAnswer { text, pending, reads, asks }
        }
        Err(why) => ToolAnswer { text: refused(&why), pending: None, reads: before.1, asks: None },
    }
}

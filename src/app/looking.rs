//! From a name to where it is defined, where it is used, what a file depends on, and back again.
//!
//! Asks the index alone for definitions, the gate for uses; until it has answered, the list shows where the name stands.
//! Invariant: a jump leaves a way back.

mod definitions;
mod named;

use std::sync::Arc;

use super::going::{follow_cursor, go_to};
use super::picker::{renew_items, show_picker};
use super::{App, Cmd, Lead, Overlay, Pane, Pick, PickItem, Picker, Spot, ToastKind};
use crate::agent::JobId;
use crate::index::Snapshot;
use crate::text::ProjectPath;
pub(super) use definitions::address_of;
use definitions::definitions;
pub use named::{NamedQuestion, line_text, named};

/// How sure it is that a place means the symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseKind {
    Meant,
    /// It may be meant; nobody knows.
    MayBe,
    /// A comment or a text tells of it.
    Mentioned,
    /// Its name stands there: nobody has looked what it means.
    Named,
}

/// One place that has to do with a symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolUse {
    pub kind: UseKind,
    pub path: ProjectPath,
    /// From 1.
    pub line: u32,
    /// The line of code, or why it may be meant.
    pub text: String,
}

/// What a file depends on, and what depends on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    pub imports: Vec<ProjectPath>,
    pub imported_by: Vec<ProjectPath>,
}

/// What a person waits for, and how it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Looking {
    job: JobId,
    about: String,
    /// Where it is defined: no use of it.
    defined: Option<(ProjectPath, u32)>,
    /// A list shows what is known so far.
    is_listed: bool,
}

/// What a key asks about: the symbol that is selected in the structure, or the one that the name in the code means.
pub(super) enum Meant {
    Spots(Vec<Spot>, String),
    Nothing(String),
}

pub(super) fn meant(app: &App) -> Meant {
    if app.focus == Pane::Structure {
        let Some(super::pane::structure::Node::Symbol(path, id)) = app.structure.selected_node() else {
            return Meant::Nothing(
                "Choose a symbol in the structure, or put the cursor on a name in the code.".to_owned(),
            );
        };
        let Some(symbol) = app.structure.structure(path).map(|structure| structure.symbol(*id)) else {
            return Meant::Nothing("The file is no longer there.".to_owned());
        };
        let spot = Spot { path: path.clone(), line: Some(symbol.line), symbol: Some((&symbol.qualname).into()) };
        return Meant::Spots(vec![spot], symbol.name.to_string());
    }
    let Some(snapshot) = &app.snapshot else {
        return Meant::Nothing("The project is still being read. Press the key again in a moment.".to_owned());
    };
    let (Some(file), Some(span)) = (&app.code.file, app.code.name()) else {
        return Meant::Nothing(format!(
            "There is no name on this line. {} goes to the next one.",
            app.key("next-name")
        ));
    };
    let name = file.text.text().get(span.range()).unwrap_or_default().to_owned();
    Meant::Spots(definitions(snapshot, file, span), name)
}

/// Whether a spot is where a function binds a name of its own.
pub(super) fn is_local(spot: &Spot) -> bool {
    spot.symbol.is_none() && spot.line.is_some()
}

/// Goes to where the name is defined; where it may be in several places, lists them.
pub(super) fn go_to_definition(app: &mut App) -> Vec<Cmd> {
    match meant(app) {
        Meant::Nothing(why) => hint(app, why),
        Meant::Spots(spots, name) => match &spots[..] {
            [] => hint(app, format!("'{name}' is not defined in this project: Python or a package brings it.")),
            [spot] => go_to(app, &spot.clone()),
            spots => {
                let items = spots.iter().map(|spot| spot_item(spot, app)).collect();
                show_picker(app, Picker::spots(format!("Definitions of {name}"), items))
            }
        },
    }
}

fn spot_item(spot: &Spot, app: &App) -> PickItem {
    let symbol = spot.symbol.as_deref().unwrap_or_default();
    let entry = app.snapshot.as_ref().and_then(|snapshot| snapshot.file(&spot.path));
    let found = entry.and_then(|entry| {
        let structure = &entry.structure;
        structure.find(symbol).first().map(|id| structure.symbol(*id))
    });
    PickItem {
        lead: found.map_or(Lead::File, |symbol| Lead::Symbol(symbol.kind)),
        label: if symbol.is_empty() { spot.path.to_string() } else { symbol.to_owned() },
        detail: place_text(&spot.path, spot.line.unwrap_or(1)),
        ..PickItem::new(Pick::Spot(spot.clone()))
    }
}

fn place_text(path: &ProjectPath, line: u32) -> String {
    format!("{path}:{line}")
}

/// Asks where the symbol is used.
pub(super) fn find_uses(app: &mut App) -> Vec<Cmd> {
    let (spots, name) = match meant(app) {
        Meant::Nothing(why) => return hint(app, why),
        Meant::Spots(spots, name) => (spots, name),
    };
    let Some(snapshot) = app.snapshot.clone() else { return Vec::new() };
    if let Some(line) = spots.first().filter(|spot| is_local(spot)).and_then(|spot| spot.line) {
        return hint(app, format!("'{name}' is known in one function alone, which binds it on line {line}."));
    }
    let Some((path, address)) = spots.first().and_then(|spot| address_of(&snapshot, spot)) else {
        return hint(app, format!("'{name}' is not defined in this project; its uses are not followed."));
    };
    let job = app.next_job();
    let defined = spots.first().and_then(|spot| Some((spot.path.clone(), spot.line?)));
    app.looking = Some(Looking { job, about: address.clone(), defined, is_listed: false });
    app.say(ToastKind::Hint, format!("Looking where {name} is used…"));
    let named = NamedQuestion { snapshot, path: path.clone(), name };
    vec![Cmd::FindNamed(job, named), Cmd::FindUses(job, path, address)]
}

/// Lists where the name stands, until it is known which of these places mean the symbol.
pub(super) fn found_named(app: &mut App, job: JobId, uses: Vec<SymbolUse>) -> Vec<Cmd> {
    let Some(looking) = app.looking.as_mut().filter(|looking| looking.job == job) else { return Vec::new() };
    let items: Vec<PickItem> = uses.into_iter().filter(|one| !looking.is_definition(one)).map(use_item).collect();
    if looking.is_listed {
        return renew_items(app, items);
    }
    if items.is_empty() || app.overlay.is_some() {
        return Vec::new();
    }
    looking.is_listed = true;
    let title = format!("Uses of {}: still looking", looking.about);
    app.toast = None;
    show_picker(app, Picker { filled_by: Some(job), ..Picker::spots(title, items) })
}

/// Who closed the list of what is known so far wants to know no more.
pub(super) fn end_looking(app: &mut App) -> Option<Cmd> {
    let is_open = |job| matches!(&app.overlay, Some(Overlay::Picker(picker)) if picker.filled_by == Some(job));
    let ended = app.looking.take_if(|looking| looking.is_listed && !is_open(looking.job))?;
    Some(Cmd::EndUses(ended.job))
}

/// Lists where the symbol is used; an answer to another question is stale.
pub(super) fn found_uses(app: &mut App, job: JobId, found: Result<Vec<SymbolUse>, String>) -> Vec<Cmd> {
    let Some(looking) = app.looking.take_if(|looking| looking.job == job) else { return Vec::new() };
    let mut open = match &mut app.overlay {
        Some(Overlay::Picker(picker)) if picker.filled_by == Some(job) => Some(picker),
        _ => None,
    };
    if let Some(picker) = &mut open {
        picker.filled_by = None;
    }
    app.toast = None;
    let uses = match found {
        Ok(mut uses) => {
            uses.retain(|one| !looking.is_definition(one));
            uses
        }
        Err(why) => {
            if let Some(picker) = open {
                picker.title = format!("Where the name of {} stands", looking.about);
            }
            app.say(ToastKind::Failure, why);
            return Vec::new();
        }
    };
    if uses.is_empty() {
        if open.is_some() {
            app.overlay = None;
        }
        return hint(app, format!("Nothing uses {}.", looking.about));
    }
    let count = uses.iter().filter(|one| one.kind == UseKind::Meant).count();
    let title = match count {
        count if count == uses.len() => format!("Uses of {}", looking.about),
        0 => format!("Uses of {}: none is certain", looking.about),
        count => format!("Uses of {}: {count} certain", looking.about),
    };
    let items = uses.into_iter().map(use_item).collect();
    if let Some(picker) = open {
        picker.title = title;
        return renew_items(app, items);
    }
    if app.overlay.is_some() { Vec::new() } else { show_picker(app, Picker::spots(title, items)) }
}

impl Looking {
    fn is_definition(&self, one: &SymbolUse) -> bool {
        matches!(one.kind, UseKind::Meant | UseKind::Named)
            && self.defined.as_ref().is_some_and(|(path, line)| *path == one.path && *line == one.line)
    }
}

fn use_item(one: SymbolUse) -> PickItem {
    PickItem {
        label: place_text(&one.path, one.line),
        detail: one.text,
        note: match one.kind {
            UseKind::Meant | UseKind::Named => String::new(),
            UseKind::MayBe => "may be".to_owned(),
            UseKind::Mentioned => "mentioned".to_owned(),
        },
        ..PickItem::new(Pick::Spot(Spot { path: one.path, line: Some(one.line), symbol: None }))
    }
}

/// Asks what the file in view depends on and what depends on it.
pub(super) fn find_neighbours(app: &mut App) -> Vec<Cmd> {
    use super::pane::structure::Node;
    let selected = match app.structure.selected_node() {
        Some(Node::File(path) | Node::Symbol(path, _) | Node::Added(path, _)) if app.focus == Pane::Structure => {
            Some(path.clone())
        }
        _ => app.code.wanted.clone(),
    };
    let (Some(path), Some(snapshot)) = (selected, app.snapshot.clone()) else {
        return hint(app, "No file is in view. Choose one in the structure, then press the key again.");
    };
    let job = app.next_job();
    app.looking = Some(Looking { job, about: path.to_string(), defined: None, is_listed: false });
    vec![Cmd::FindNeighbours(job, snapshot, path)]
}

pub(super) fn found_neighbours(app: &mut App, job: JobId, found: Neighbours) -> Vec<Cmd> {
    let Some(looking) = app.looking.take_if(|looking| looking.job == job) else { return Vec::new() };
    if matches!(app.overlay, Some(Overlay::Leaving { .. } | Overlay::Picker(_))) {
        return Vec::new();
    }
    let item = |path: ProjectPath, lead: &str| PickItem {
        lead: Lead::Text(lead.to_owned()),
        label: path.to_string(),
        ..PickItem::new(Pick::Spot(Spot { path, line: None, symbol: None }))
    };
    let (imports, users) = (found.imports.len(), found.imported_by.len());
    let items = found.imports.into_iter().map(|path| item(path, "imports    "));
    let items = items.chain(found.imported_by.into_iter().map(|path| item(path, "imported by")));
    let items: Vec<PickItem> = items.collect();
    if items.is_empty() {
        return hint(app, format!("{} imports no file of this project, and none imports it.", looking.about));
    }
    show_picker(app, Picker::spots(format!("{}: imports {imports}, imported by {users}", looking.about), items))
}

/// What [`Cmd::FindNeighbours`] asks for. Looks through all files: not for the main thread.
pub fn neighbours(snapshot: &Arc<Snapshot>, path: &ProjectPath) -> Neighbours {
    Neighbours { imports: snapshot.dependencies(path), imported_by: snapshot.dependents(path) }
}

pub(super) fn step_name(app: &mut App, forward: bool) -> Vec<Cmd> {
    if app.proposal.is_some() && !app.code.is_aside {
        return Vec::new();
    }
    app.set_focus(Pane::Centre);
    let height = app.height_of(Pane::Centre);
    app.code.step_name(forward, height);
    follow_cursor(app);
    Vec::new()
}

fn hint(app: &mut App, text: impl Into<String>) -> Vec<Cmd> {
    app.say(ToastKind::Hint, text);
    Vec::new()
}

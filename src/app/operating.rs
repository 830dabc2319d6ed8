//! What a person changes by themselves, at the place that is selected in the structure or in the code: add, rewrite, rename,
//! move, remove.
//!
//! Knows nothing of how it is done. Invariant: it becomes a proposal, like what the model makes.

use super::asking::{Asks, Target, ask};
use super::looking::{Meant, address_of, is_local, meant};
use super::pane::structure::Node;
use super::tasks::tell_agent;
use super::{App, Cmd, Pane, ToastKind};
use crate::agent::{Event, Phase, Session, ToolCall};
use crate::index::{FileStructure, SymbolId, SymbolKind};
use crate::text::ProjectPath;

/// What is selected in the structure, or what the cursor in the code stands in; or why nothing there can be changed.
pub(super) fn target(app: &App) -> Result<Target, String> {
    is_free(app)?;
    match app.focus {
        Pane::Structure => selected(app),
        Pane::Centre if app.is_code_shown() => around_cursor(app),
        _ => Err(WHERE.to_owned()),
    }
}

const WHERE: &str = "Select a symbol or a file in the structure, or go to it in the code.";

/// Whether nothing else is being decided or done.
fn is_free(app: &App) -> Result<(), String> {
    if app.review.is_some() {
        return Err("Decide on the proposal first, or discard it.".to_owned());
    }
    if app.phase() != Phase::Idle {
        return Err(format!("The agent is at work; {} stops it.", app.key("back")));
    }
    Ok(())
}

fn selected(app: &App) -> Result<Target, String> {
    match app.structure.selected_node() {
        None => Err(WHERE.to_owned()),
        Some(Node::Folder(_)) => Err("Only symbols and files can be renamed and removed, not folders.".to_owned()),
        Some(Node::Added(..)) => Err("It is not there yet: it is part of the proposal.".to_owned()),
        Some(Node::File(path)) => Ok(Target::File(path.clone())),
        Some(Node::Symbol(path, id)) => {
            let structure = app.structure.structure(path).ok_or("The file is no longer there.")?;
            Ok(symbol_target(path, structure, *id))
        }
    }
}

/// The innermost symbol around the cursor, else the file.
fn around_cursor(app: &App) -> Result<Target, String> {
    let file = app.code.file.as_ref().ok_or("No file is in view. Choose one in the structure.")?;
    let around = file.structure.symbol_at(app.code.cursor);
    Ok(around.map_or_else(|| Target::File(file.path.clone()), |id| symbol_target(&file.path, &file.structure, id)))
}

fn symbol_target(path: &ProjectPath, structure: &FileStructure, id: SymbolId) -> Target {
    let symbol = structure.symbol(id);
    let address = match structure.find(&symbol.qualname).len() {
        0 | 1 => symbol.qualname.to_string(),
        _ => format!("{}@{}", symbol.qualname, symbol.line),
    };
    Target::Symbol(path.clone(), address, symbol.name.to_string())
}

/// Whether something is at hand that can be changed by hand.
pub(super) fn is_target(app: &App) -> bool {
    target(app).is_ok()
}

/// What gets another name: in the code, what the name under the cursor means, wherever that stands.
fn name_target(app: &App) -> Result<Target, String> {
    let around = target(app)?;
    if app.focus != Pane::Centre || app.code.name().is_none() {
        return Ok(around);
    }
    let Some(snapshot) = &app.snapshot else { return Ok(around) };
    match meant(app) {
        Meant::Nothing(why) => Err(why),
        Meant::Spots(spots, name) => match &spots[..] {
            [] => Err(format!("'{name}' is not defined in this project: it keeps its name.")),
            [spot] if is_local(spot) => Err(format!(
                "'{name}' is known in one function alone: edit that one; elsewhere the name means something else."
            )),
            [spot] => Ok(match address_of(snapshot, spot) {
                Some((path, address)) => Target::Symbol(path, address, name),
                None => Target::File(spot.path.clone()),
            }),
            spots => {
                let (count, key) = (spots.len(), app.key("definition"));
                Err(format!("{count} symbols are called {name}: {key} lists them, to rename the one you mean."))
            }
        },
    }
}

/// Asks for the new name of what is selected, or of what the name in the code means.
pub(super) fn ask_new_name(app: &mut App) -> Vec<Cmd> {
    let target = match name_target(app) {
        Ok(target) => target,
        Err(why) => return refuse(app, why),
    };
    let (question, present) = match &target {
        Target::File(path) => (format!("Move {path} to which path?"), path.to_string()),
        Target::Symbol(_, address, name) => {
            (format!("A new name for {address}; or where it goes: `other/module.py`, `after NAME`."), name.clone())
        }
    };
    ask(app, Asks::Name(target), question, present)
}

/// Asks for a function, a class or an import that goes where the selection is: into a class, behind a symbol, in a file.
pub(super) fn ask_addition(app: &mut App) -> Vec<Cmd> {
    let target = match target(app) {
        Ok(target) => target,
        Err(why) => return refuse(app, why),
    };
    let (class, after, place) = match &target {
        Target::File(path) => (None, None, path.to_string()),
        Target::Symbol(path, address, name) => {
            let Some(kind) = kind_of(app, path, address) else { return refuse(app, "The symbol is no longer there.") };
            let class = address.rsplit_once('.').map(|(class, _)| class.to_owned());
            match kind {
                SymbolKind::Class => (Some(address.clone()), None, format!("{name} in {path}")),
                _ => (class, Some(name.clone()), format!("{path}, after {name}")),
            }
        }
    };
    let question = format!("Which function, class or import to add to {place}?");
    ask(app, Asks::Addition { target, class, after }, question, String::new())
}

pub(super) fn refuse(app: &mut App, why: impl Into<String>) -> Vec<Cmd> {
    app.say(ToastKind::Hint, why);
    Vec::new()
}

fn kind_of(app: &App, path: &ProjectPath, address: &str) -> Option<SymbolKind> {
    let structure = app.structure.structure(path)?;
    Some(structure.symbol(*structure.find(address).first()?).kind)
}

/// The prompt holds the new name or place of what was selected.
pub(super) fn take_name(app: &mut App, target: &Target, wanted: &str) -> Vec<Cmd> {
    let (present, title, tool, arguments) = match target {
        Target::File(path) => (
            path.as_str(),
            format!("Move {path} to {wanted}"),
            "move_file",
            serde_json::json!({"source": path.as_str(), "destination": wanted}),
        ),
        Target::Symbol(path, address, name) if wanted.starts_with("after ") => (
            name.as_str(),
            format!("Move {name} {wanted}"),
            "move_symbol",
            serde_json::json!({"path": path.as_str(), "symbol": address, "after": wanted["after ".len()..].trim()}),
        ),
        Target::Symbol(path, address, name) if wanted.ends_with(".py") => (
            name.as_str(),
            format!("Move {name} to {wanted}"),
            "move_symbol",
            serde_json::json!({"path": path.as_str(), "symbol": address, "destination": wanted}),
        ),
        Target::Symbol(path, address, name) => (
            name.as_str(),
            format!("Rename {name} to {wanted}"),
            "rename_symbol",
            serde_json::json!({"path": path.as_str(), "symbol": address, "new_name": wanted}),
        ),
    };
    if wanted.is_empty() || wanted == present {
        app.say(ToastKind::Hint, "It keeps its name.");
        return Vec::new();
    }
    operate(app, tool, &arguments, title)
}

/// The prompt holds code to add.
pub(super) fn add(app: &mut App, target: &Target, code: String, class: Option<&str>, after: Option<&str>) -> Vec<Cmd> {
    let (Target::File(path) | Target::Symbol(path, ..)) = target;
    let is_head = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with(['@', '#']);
    let head = code.lines().find(is_head).map(str::trim_start).unwrap_or_default();
    if head.is_empty() {
        return refuse(app, "Nothing is added.");
    }
    let path = path.as_str();
    let named = head.split(['(', ':']).next().unwrap_or(head).trim_end();
    let (tool, arguments) = if head.starts_with("import ") || head.starts_with("from ") {
        ("add_import", serde_json::json!({"path": path, "code": code}))
    } else if head.starts_with("class ") {
        ("add_class", serde_json::json!({"path": path, "code": code, "after": after.filter(|_| class.is_none())}))
    } else {
        ("add_function", serde_json::json!({"path": path, "code": code, "target_class": class, "after": after}))
    };
    operate(app, tool, &arguments, format!("Add {named} to {path}"))
}

/// What was typed is the code that a symbol shall have.
pub(super) fn rewrite(app: &mut App, target: &Target, code: String, is_class: bool, present: &str) -> Vec<Cmd> {
    let Target::Symbol(path, address, name) = target else { return Vec::new() };
    if code.trim().is_empty() || code.trim() == present.trim() {
        return refuse(app, "It keeps its code.");
    }
    let tool = if is_class { "modify_class" } else { "modify_function" };
    let arguments = serde_json::json!({"path": path.as_str(), "name": address, "code": code});
    operate(app, tool, &arguments, format!("Rewrite {name} in {path}"))
}

/// Proposes to remove what is selected.
pub(super) fn remove_selected(app: &mut App) -> Vec<Cmd> {
    match target(app) {
        Ok(Target::File(_)) if app.focus == Pane::Centre => {
            refuse(app, "The cursor stands in no class and no function. A file is removed in the structure.")
        }
        Ok(Target::File(path)) => {
            operate(app, "delete_file", &serde_json::json!({"path": path.as_str()}), format!("Delete {path}"))
        }
        Ok(Target::Symbol(path, address, name)) => {
            let arguments = serde_json::json!({"path": path.as_str(), "symbol": address});
            operate(app, "remove_symbol", &arguments, format!("Remove {name} from {path}"))
        }
        Err(why) => refuse(app, why),
    }
}

fn operate(app: &mut App, tool: &str, arguments: &serde_json::Value, title: String) -> Vec<Cmd> {
    let Some(snapshot) = app.snapshot.clone() else { return Vec::new() };
    let limits = app.limits.clone();
    app.session.get_or_insert_with(|| Session::new(snapshot, limits));
    app.task.clone_from(&title);
    app.task_number += 1;
    let call = ToolCall { id: "person".to_owned(), name: tool.to_owned(), arguments: arguments.to_string() };
    tell_agent(app, Event::Operation { call, title })
}

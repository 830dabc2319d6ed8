//! What a person changes by themselves, at the place that is selected in the structure: rename, move, remove, delete.
//!
//! Knows nothing of how it is done. Invariant: it becomes a proposal, like what the model makes; what stood in the prompt
//! stands there again.

use super::pane::structure::Node;
use super::tasks::tell_agent;
use super::{App, Cmd, Pane, ToastKind};
use crate::agent::{Event, Limits, Phase, Session, ToolCall};
use crate::text::ProjectPath;

/// A new name or place that is being asked for in the prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    target: Target,
    /// What stood in the prompt.
    draft: String,
}

/// What is selected.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    File(ProjectPath),
    /// Addressed as the tools do, with its line where its name does not suffice; and its last part alone.
    Symbol(ProjectPath, String, String),
}

fn target(app: &App) -> Result<Target, &'static str> {
    if app.review.is_some() {
        return Err("Decide on the proposal first, or discard it.");
    }
    if app.phase() != Phase::Idle {
        return Err("The agent is at work; Esc stops it.");
    }
    let node = app.structure.selected_node().filter(|_| app.focus == Pane::Structure);
    match node {
        None => Err("Select a symbol or a file in the structure first."),
        Some(Node::Folder(_)) => Err("Only symbols and files can be renamed and removed, not folders."),
        Some(Node::File(path)) => Ok(Target::File(path.clone())),
        Some(Node::Symbol(path, id)) => {
            let structure = app.structure.structure(path).ok_or("The file is no longer there.")?;
            let symbol = structure.symbol(*id);
            let address = match structure.find(&symbol.qualname).len() {
                0 | 1 => symbol.qualname.to_string(),
                _ => format!("{}@{}", symbol.qualname, symbol.line),
            };
            Ok(Target::Symbol(path.clone(), address, symbol.name.to_string()))
        }
    }
}

/// Asks for the new name of what is selected.
pub(super) fn ask_new_name(app: &mut App) -> Vec<Cmd> {
    let target = match target(app) {
        Ok(target) => target,
        Err(why) => {
            app.say(ToastKind::Hint, why);
            return Vec::new();
        }
    };
    let (question, present) = match &target {
        Target::File(path) => (format!("Move {path} to which path? Esc leaves it."), path.to_string()),
        Target::Symbol(_, _, name) => (
            format!("Which new name for {name}? Or where to: a module.py, or 'after other'. Esc leaves it."),
            name.clone(),
        ),
    };
    // Asked about something else before: what stood in the prompt is what stood there then.
    leave_wish(app);
    app.wish = Some(Wish { target, draft: std::mem::replace(&mut app.draft, present) });
    app.question = Some(question);
    app.set_focus(Pane::Prompt);
    Vec::new()
}

/// Leaves the question; what stood in the prompt comes back. False when none is asked.
pub(super) fn leave_wish(app: &mut App) -> bool {
    let Some(wish) = app.wish.take() else { return false };
    app.draft = wish.draft;
    app.question = None;
    app.focus = app.focus_before_prompt;
    true
}

/// The prompt holds the new name or place.
pub(super) fn take_wish(app: &mut App) -> Vec<Cmd> {
    let Some(wish) = app.wish.clone() else { return Vec::new() };
    let wanted = app.draft.trim().to_owned();
    leave_wish(app);
    let (present, title, tool, arguments) = match &wish.target {
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

/// Proposes to remove what is selected.
pub(super) fn remove_selected(app: &mut App) -> Vec<Cmd> {
    match target(app) {
        Ok(Target::File(path)) => {
            operate(app, "delete_file", &serde_json::json!({"path": path.as_str()}), format!("Delete {path}"))
        }
        Ok(Target::Symbol(path, address, name)) => {
            let arguments = serde_json::json!({"path": path.as_str(), "symbol": address});
            operate(app, "remove_symbol", &arguments, format!("Remove {name} from {path}"))
        }
        Err(why) => {
            app.say(ToastKind::Hint, why);
            Vec::new()
        }
    }
}

fn operate(app: &mut App, tool: &str, arguments: &serde_json::Value, title: String) -> Vec<Cmd> {
    let Some(snapshot) = app.snapshot.clone() else { return Vec::new() };
    app.session.get_or_insert_with(|| Session::new(snapshot, Limits::default()));
    app.task.clone_from(&title);
    app.task_number += 1;
    let call = ToolCall { id: "person".to_owned(), name: tool.to_owned(), arguments: arguments.to_string() };
    tell_agent(app, Event::Operation { call, title })
}

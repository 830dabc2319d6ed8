//! Where the values come from that a function without an annotation returns, as far as its syntax tells.
//!
//! Knows nothing of the engine. Invariant: what a function returns changes for those who follow values only if its
//! origins do; where nobody follows them, it has none.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};

use super::dependents::{Names, Reach};
use super::project::{Project, has_word};
use super::tree::{Returns, Target, whole_values};
use crate::index::{Symbol, SymbolKind, Tree};
use crate::text::ProjectPath;

/// So many calls and names are followed within one function.
const STEPS_MAX: u32 = 6;
/// So many functions that hand a changed value on are looked for.
const NAMES_MAX: usize = 16;

/// The functions whose values come from elsewhere after the change, and those that hand these on.
pub(super) fn returning_anew(project: &Project<'_>) -> Names {
    let mut names = Names::new();
    for (path, sides) in &project.changed {
        let is_edited = !sides.is_created && !sides.is_deleted && !path.is_notebook();
        if !is_edited || !sides.old.faults.is_empty() || !sides.new.faults.is_empty() {
            continue;
        }
        // One name may stand for several, under an `if` and its `else`.
        let mut olds: BTreeMap<&str, Vec<(&Symbol, &str)>> = BTreeMap::new();
        for symbol in functions(&sides.old.symbols) {
            let body = body(&sides.old_text, symbol);
            olds.entry(&symbol.qualname).or_default().extend(body.map(|body| (symbol, body)));
        }
        for symbol in functions(&sides.new.symbols) {
            let Some(olds) = olds.get(&*symbol.qualname).filter(|olds| !olds.is_empty()) else { continue };
            let is_old = |body: &str| olds.iter().any(|(_, old_body)| body == *old_body);
            if body(&sides.new_text, symbol).is_none_or(is_old) {
                continue;
            }
            let new = origins(path, &sides.new_text, symbol);
            let was_so = || olds.iter().any(|(old, _)| new == origins(path, &sides.old_text, old));
            if new.is_some() && !was_so() {
                names.insert((&symbol.name).into(), reach(symbol, Reach::Exported));
            }
        }
    }
    hand_on(project, &mut names);
    names
}

/// Takes in the functions that return what one of `names` returned to them.
fn hand_on(project: &Project<'_>, names: &mut Names) {
    let mut wanted: Vec<Box<str>> = names.keys().cloned().collect();
    while let Some(name) = wanted.pop().filter(|_| names.len() < NAMES_MAX) {
        for path in project.files_with_word(&name) {
            let Some(structure) = project.structure(&path) else { continue };
            if functions(&structure.symbols).all(|symbol| names.contains_key(&*symbol.name)) {
                continue;
            }
            let Some(text) = project.text(&path) else { continue };
            for symbol in functions(&structure.symbols) {
                let is_new = !names.contains_key(&*symbol.name);
                let may_call = is_new && body(&text, symbol).is_some_and(|body| has_word(body, &name));
                let calls = |origin: &String| origin.split(['.', '(', ')', ' ']).any(|part| part == &*name);
                if may_call && origins(&path, &text, symbol).is_some_and(|origins| origins.iter().any(calls)) {
                    wanted.push((&symbol.name).into());
                    names.insert((&symbol.name).into(), reach(symbol, Reach::ExportedAnywhere));
                }
            }
        }
    }
}

fn reach(symbol: &Symbol, imported: Reach) -> Reach {
    if symbol.kind == SymbolKind::Method { Reach::Member } else { imported }
}

/// The functions whose values are followed.
fn functions(symbols: &[Symbol]) -> impl Iterator<Item = &Symbol> {
    let is_plain = |decorator: &str| matches!(decorator, "staticmethod" | "classmethod");
    symbols.iter().filter(move |symbol| {
        matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method)
            && !symbol.signature.contains("->")
            && !symbol.qualname.contains("<locals>")
            && symbol.decorators.iter().all(|decorator| is_plain(decorator))
    })
}

/// The text of a function from its name on.
fn body<'t>(text: &'t str, function: &Symbol) -> Option<&'t str> {
    text.get(function.name_span.start as usize..function.span.end as usize)
}

/// Where each value that a function returns comes from; `None` where one comes from what nobody follows.
fn origins(path: &ProjectPath, text: &str, function: &Symbol) -> Option<BTreeSet<String>> {
    let body = body(text, function).filter(|body| has_word(body, "return"))?;
    let tree = Tree::parse(path, &format!("def {body}\n"));
    let [Stmt::FunctionDef(function)] = tree.body() else { return None };
    let returns = Returns::of(&function.body);
    let values = returns.values.iter().filter(|value| !value.is_none_literal_expr());
    let origins: Option<BTreeSet<String>> = values.map(|value| origin(function, value, STEPS_MAX)).collect();
    origins.filter(|origins| !returns.is_generator && !origins.is_empty())
}

/// A value without what is handed over in calls: `shop.make().copy()`, `await fetch()`.
fn origin(function: &StmtFunctionDef, value: &Expr, steps_left: u32) -> Option<String> {
    let steps_left = steps_left.checked_sub(1)?;
    match value {
        Expr::Name(name) => {
            let bound = whole_values(&function.body, Target::Name(name.id.as_str()));
            match bound.as_deref() {
                Some([value]) => origin(function, value, steps_left),
                _ => Some(name.id.to_string()),
            }
        }
        Expr::Attribute(node) => Some(format!("{}.{}", origin(function, &node.value, steps_left)?, node.attr)),
        Expr::Call(call) => Some(format!("{}()", origin(function, &call.func, steps_left)?)),
        Expr::Await(awaited) => Some(format!("await {}", origin(function, &awaited.value, steps_left)?)),
        _ => None,
    }
}

//! The questions that are asked of a file before it is edited.
//!
//! Judges one file by its own structure; whether the rest of the project agrees is the gate's question.

use super::{FileStructure, Symbol, SymbolId, SymbolKind, nearest};
use crate::text::{LineIndex, TextEdit};

mod place;

use place::insertion_after;

/// Why a name cannot be added to a scope. `Display` is the sentence of DESIGN's pattern:
/// `Method 'total' already exists in class 'Cart' at line 41. Use modify_function instead.`
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    #[error("{0}")]
    Exists(String),
    #[error("{0}")]
    NoSuchClass(String),
    /// What the new code is to stand behind is not in that scope.
    #[error("{0}")]
    NoSuchSymbol(String),
    #[error("{0}")]
    Ambiguous(String),
}

/// Where new code goes, and how it has to look there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insertion {
    /// Byte offset at the start of a line (or the end of the text).
    pub at: usize,
    /// The indentation of the scope, as that file writes it.
    pub indent: String,
    /// Blank lines wanted between this code and its neighbours (0, 1 or 2).
    pub blank_lines: u32,
    /// The line after which it stands, from 1; 0 for the top of the file.
    pub after_line: u32,
    /// An edit that has to be made along with it, before `at`: a body on the class's own line (`class A: pass`) gets a
    /// line of its own, or nothing could follow it.
    pub opens: Option<TextEdit>,
}

/// Whether a function `name` fits into `class` (or the module), and where it goes best: after `after` when
/// given, else behind the last method or function of the scope, before `if __name__ == "__main__"`.
pub fn can_add_function(
    structure: &FileStructure,
    text: &str,
    name: &str,
    class: Option<&str>,
    after: Option<&str>,
) -> Result<Insertion, Conflict> {
    let scope = class.map(|class| find_class(structure, class)).transpose()?;
    refuse_second(structure, name, scope, |_| false)?;
    place::in_scope(structure, text, scope, SymbolKind::Function, after)
}

/// Whether a class `name` can be added at module level, and where it goes best.
pub fn can_add_class(
    structure: &FileStructure,
    text: &str,
    name: &str,
    after: Option<&str>,
) -> Result<Insertion, Conflict> {
    refuse_second(structure, name, None, |_| false)?;
    place::in_scope(structure, text, None, SymbolKind::Class, after)
}

/// As [`can_add_function`] and [`can_add_class`], for a definition that is known whole: a repeat that Python means as
/// one (a property's setter, an overload, a `singledispatch` registration) is none, and stands behind its first.
pub fn can_add_definition(
    structure: &FileStructure,
    text: &str,
    new: &Symbol,
    class: Option<&str>,
    after: Option<&str>,
) -> Result<Insertion, Conflict> {
    let scope = class.map(|class| find_class(structure, class)).transpose()?;
    refuse_second(structure, &new.name, scope, |old| is_legitimate_repeat(old, new))?;
    let same_name = || {
        let same = structure.children(scope).filter(|(_, old)| old.name == new.name);
        same.filter(|(_, old)| old.kind != SymbolKind::Variable)
    };
    if is_overload(new)
        && let Some((implementation, _)) = same_name().find(|(_, old)| !is_overload(old))
    {
        // Python takes the last one: an overload behind the implementation would replace it.
        return Ok(match same_name().filter(|(id, old)| *id < implementation && is_overload(old)).last() {
            Some((overload, _)) => insertion_after(structure, text, overload),
            None => place::before(structure, text, implementation),
        });
    }
    if let Some((first, _)) = same_name().find(|(_, old)| extends(old, new) && !extends(new, old)) {
        // A setter is made from what has the name already.
        return Ok(place::before(structure, text, first));
    }
    if after.is_some() {
        return place::in_scope(structure, text, scope, new.kind, after);
    }
    match same_name().last() {
        Some((id, _)) => Ok(insertion_after(structure, text, id)),
        None => place::in_scope(structure, text, scope, new.kind, None),
    }
}

fn is_overload(symbol: &Symbol) -> bool {
    symbol.decorators.iter().any(|decorator| **decorator == *"overload" || decorator.ends_with(".overload"))
}

/// Whether `new` is made from `old`: `@total.setter`, `@parse.register(int)`.
fn extends(new: &Symbol, old: &Symbol) -> bool {
    new.decorators.iter().any(|decorator| {
        let callee = decorator.split('(').next().unwrap_or_default();
        let owner = callee.rsplit_once('.').map_or("", |(owner, _)| owner);
        owner.rsplit('.').next() == Some(&*old.name)
    })
}

/// Whether `new` may stand beside `old` in one scope although both have one name.
fn is_legitimate_repeat(old: &Symbol, new: &Symbol) -> bool {
    &*new.name == "_"
        || is_overload(old)
        || is_overload(new)
        || extends(new, old)
        || extends(old, new)
        || (old.is_conditional && (new.is_conditional || old.kind == SymbolKind::Variable))
}

fn find_class(structure: &FileStructure, class: &str) -> Result<SymbolId, Conflict> {
    let found = structure.find(class);
    let classes: Vec<SymbolId> =
        found.iter().copied().filter(|id| structure.symbol(*id).kind == SymbolKind::Class).collect();
    match (classes.as_slice(), found.first()) {
        ([only], _) => Ok(*only),
        ([], Some(other)) => {
            let other = structure.symbol(*other);
            let kind = word(structure, other).to_lowercase();
            Err(Conflict::NoSuchClass(format!("'{class}' is a {kind} at line {}, not a class.", other.line)))
        }
        ([], None) => Err(Conflict::NoSuchClass(no_such_class(structure, class))),
        (several, _) => {
            let lines: Vec<String> = several.iter().map(|id| structure.symbol(*id).line.to_string()).collect();
            Err(Conflict::Ambiguous(format!(
                "Class '{class}' is defined {} times, at lines {}. Say which by its line, such as '{class}@{}'.",
                several.len(),
                lines.join(", "),
                lines[0],
            )))
        }
    }
}

fn no_such_class(structure: &FileStructure, class: &str) -> String {
    let classes = || structure.symbols.iter().filter(|symbol| symbol.kind == SymbolKind::Class);
    let told = |qualname: &str| {
        let line = classes().find(|symbol| &*symbol.qualname == qualname).map_or(0, |symbol| symbol.line);
        format!("'{qualname}' (line {line})")
    };
    // `Inner` for `Outer.Inner` is the likeliest slip.
    let inner = classes().filter(|symbol| &*symbol.name == class).map(|symbol| &*symbol.qualname);
    let mut near: Vec<&str> = inner.collect();
    near.extend(nearest(class, classes().map(|symbol| &*symbol.qualname), 3));
    near.dedup();
    let way_out = if !near.is_empty() {
        format!("Nearest: {}.", near.into_iter().take(3).map(told).collect::<Vec<_>>().join(", "))
    } else if classes().next().is_none() {
        "The file has no class; use add_class first.".to_owned()
    } else {
        let all: Vec<String> = classes().take(5).map(|symbol| told(&symbol.qualname)).collect();
        format!("The file has {}.", all.join(", "))
    };
    format!("Class '{class}' does not exist in this file. {way_out}")
}

fn refuse_second(
    structure: &FileStructure,
    name: &str,
    scope: Option<SymbolId>,
    may_repeat: impl Fn(&Symbol) -> bool,
) -> Result<(), Conflict> {
    let place = scope.map_or(String::new(), |id| format!(" in class '{}'", structure.symbol(id).qualname));
    let is_in_the_way = |old: &Symbol| {
        let is_fallback = old.is_conditional && old.kind == SymbolKind::Variable;
        &*old.name == name && name != "_" && !is_fallback && !may_repeat(old)
    };
    if let Some((_, old)) = structure.children(scope).find(|(_, old)| is_in_the_way(old)) {
        let way_out = match old.kind {
            SymbolKind::Class => "Use modify_class instead.",
            SymbolKind::Function | SymbolKind::Method => "Use modify_function instead.",
            SymbolKind::Variable => "Choose another name, or change that line with edit_file.",
        };
        let kind = word(structure, old);
        return Err(Conflict::Exists(format!("{kind} '{name}' already exists{place} at line {}. {way_out}", old.line)));
    }
    let imported = structure.imports.iter().find(|import| {
        scope.is_none()
            && import.is_top_level
            && !import.is_conditional
            && import.names.iter().any(|imported| imported.bound() == name)
    });
    match imported {
        Some(import) => Err(Conflict::Exists(format!(
            "Name '{name}' is already imported at line {}. Choose another name, or use what is imported.",
            import.line
        ))),
        None => Ok(()),
    }
}

fn word(structure: &FileStructure, symbol: &Symbol) -> &'static str {
    let is_in_class = symbol.parent.is_some_and(|parent| structure.symbol(parent).kind == SymbolKind::Class);
    match symbol.kind {
        SymbolKind::Class => "Class",
        SymbolKind::Function => "Function",
        SymbolKind::Method => "Method",
        SymbolKind::Variable if is_in_class => "Attribute",
        SymbolKind::Variable => "Variable",
    }
}

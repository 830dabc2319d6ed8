//! How an issue of the engine is told: what is wrong, the true names nearest to it, and the way out.

mod call;
mod import;
mod likely;
mod members;

use ruff_python_ast::ExprAttribute;

use super::doubt::{Doubt, quoted, stands_nowhere};
use super::found::{ABSTRACT, INVENTED, MISFIT, MISSING_EXPORT, PASSED_ON, TYPING_ONLY, UNSEEN};
use super::project::{Project, has_word};
use super::{Fix, FixSafety};
use crate::index::{Slip, SymbolKind, nearest_of, slips_of};
use crate::text::{Span, TextEdit};
use likely::{Use, likely};

/// So many true names are told.
pub(super) const NAMES_MAX: usize = 3;

/// The sentence for an issue, and what mends it.
pub(super) struct Wording {
    pub(super) message: String,
    pub(super) fix: Option<Fix>,
}

/// Puts what the engine found at `doubt`'s place into flux's words.
pub(super) fn wording(doubt: &Doubt<'_, '_>) -> Wording {
    let told = match doubt.found.rule {
        "unresolved-attribute" | UNSEEN => doubt.guards.attribute().and_then(|node| attribute(doubt, node)),
        "unresolved-import" => import::unresolved(doubt),
        "unresolved-reference" => reference(doubt),
        INVENTED => doubt.guards.attribute().map(|node| invented(doubt, node)),
        ABSTRACT | MISFIT | MISSING_EXPORT | PASSED_ON | TYPING_ONLY => None,
        _ => call::call(doubt),
    };
    told.unwrap_or_else(|| Wording { message: plain(&doubt.found.message), fix: None })
}

/// The engine's own sentence, in flux's spelling.
pub(super) fn plain(message: &str) -> String {
    let mut text = message.replace('`', "'");
    if let Some(first) = text.get(..1).map(str::to_uppercase) {
        text.replace_range(..1, &first);
    }
    if !text.ends_with(['.', '?', '!']) {
        text.push('.');
    }
    text
}

fn attribute(doubt: &Doubt<'_, '_>, node: &ExprAttribute) -> Option<Wording> {
    let found = &*doubt.found.message;
    let attr = &*node.attr;
    let usage = usage(doubt, node);
    if let Some((lacking, whole)) = of_several(found) {
        let known = members::of_classes(doubt, whole);
        let names = nearest_of(attr, taken(&known, attr, &usage), NAMES_MAX);
        let anything =
            if names.is_empty() { members::of_anything(doubt, node, &Slip::of(attr)) } else { members::Rated::new() };
        let names = if names.is_empty() { slips_of(attr, taken(&anything, attr, &usage), NAMES_MAX) } else { names };
        let sentence = match lacking {
            Some(lacking) => format!("'{attr}' is missing in {lacking}, and the value may be '{whole}'."),
            None => format!("'{whole}' has no member '{attr}'."),
        };
        return Some(told(doubt, node, &sentence, &names));
    }
    let shown = quoted(found)?;
    let owner = if let Some(module) = shown.strip_prefix("<module '").and_then(|rest| rest.split('\'').next()) {
        format!("Module '{module}'")
    } else if found.starts_with("Module ") {
        format!("Module '{shown}'")
    } else if found.starts_with("Function ") {
        format!("Function '{shown}'")
    } else {
        format!("Class '{}'", doubt.class_name(node).unwrap_or_else(|| shown.to_owned()))
    };
    let what = match (doubt.guards.is_called(), found.starts_with("Module ")) {
        (_, true) => "member",
        (true, false) => "method",
        (false, false) => "attribute",
    };
    let completions = match may_mean_member(doubt, node, &usage) {
        true => doubt.lens.model.attribute_completions(node),
        false => Vec::new(),
    };
    // What a class lacks itself, those may have that complete it.
    let beside = if is_own(node) { members::of_same_value(doubt, node) } else { members::Rated::new() };
    let beside = taken(&beside, attr, &usage).map(|(name, _)| (name, BESIDE));
    let names = nearest_of(attr, likely::rated(attr, &completions, &usage).chain(beside), NAMES_MAX);
    Some(told(doubt, node, &format!("{owner} has no {what} '{attr}'."), &names))
}

/// Whether a member of the object's class may be meant, as far as the spelling tells: the engine finds out the type of each
/// member when it is asked for all.
fn may_mean_member(doubt: &Doubt<'_, '_>, node: &ExprAttribute, usage: &Use) -> bool {
    let is_of_object = doubt.found.message.starts_with("Object of type") && !node.attr.starts_with("__");
    let class = doubt.class_name(node).filter(|_| is_of_object);
    let names = class.and_then(|class| members::of_known_line(doubt, &class));
    names.is_none_or(|names| !nearest_of(&node.attr, taken(&names, &node.attr, usage), 1).is_empty())
}

/// What speaks against names that are read from the same value, and that nothing is known to define.
const BESIDE: u32 = 10;

/// The classes of which a value may be, where it may be of several; and before them those that lack the member, where
/// not all do.
fn of_several(found: &str) -> Option<(Option<String>, &str)> {
    if let Some((_, rest)) = found.split_once(" is not defined on ") {
        let (lacking, whole) = rest.split_once(" in union ")?;
        return Some((Some(lacking.replace('`', "'")), whole.trim_matches('`')));
    }
    quoted(found).filter(|whole| whole.contains(" | ")).map(|whole| (None, whole))
}

/// A member that nobody knows: of a class of which not all is known, or of anything.
fn invented(doubt: &Doubt<'_, '_>, node: &ExprAttribute) -> Wording {
    let (attr, usage) = (&*node.attr, usage(doubt, node));
    let completions = doubt.lens.model.attribute_completions(node);
    let names = slips_of(attr, likely::rated(attr, &completions, &usage), NAMES_MAX);
    let anything =
        if names.is_empty() { members::of_anything(doubt, node, &Slip::of(attr)) } else { members::Rated::new() };
    let mut names = if names.is_empty() { slips_of(attr, taken(&anything, attr, &usage), NAMES_MAX) } else { names };
    names.retain(|name| !stands_nowhere(doubt.lens, doubt.project, name));
    told(doubt, node, &plain(&doubt.found.message), &names)
}

/// Whether a member is read from the object whose method it is.
fn is_own(node: &ExprAttribute) -> bool {
    node.value.as_name_expr().is_some_and(|name| matches!(name.id.as_str(), "self" | "cls"))
}

fn usage(doubt: &Doubt<'_, '_>, node: &ExprAttribute) -> Use {
    Use::at(&doubt.guards, node.value.as_name_expr().map(|name| name.id.as_str()))
}

fn taken<'n>(names: &'n members::Rated, wanted: &str, usage: &Use) -> impl Iterator<Item = (&'n str, u32)> {
    names.iter().filter(|(name, _)| usage.takes(wanted, name)).map(|(name, bias)| (&**name, *bias))
}

/// What is wrong with a member, the names that may be meant, and the edit that takes the first.
fn told(doubt: &Doubt<'_, '_>, node: &ExprAttribute, what: &str, names: &[&str]) -> Wording {
    let class = doubt.class_name(node);
    let shown: Vec<String> = names.iter().map(|name| signature(doubt.project, class.as_deref(), name)).collect();
    let range = node.attr.range;
    let span = Span { start: range.start().into(), end: range.end().into() };
    Wording { message: format!("{what}{}", question(&shown)), fix: replacement(&node.attr, names, span) }
}

/// `line(self)`, where the project knows the definition; else the name alone.
fn signature(project: &Project<'_>, class: Option<&str>, name: &str) -> String {
    let defined = class.into_iter().flat_map(|class| project.classes(class)).find_map(|(_, structure, class)| {
        let id = structure.find(&format!("{}.{name}", class.qualname)).first().copied()?;
        let symbol = structure.symbol(id);
        (symbol.kind == SymbolKind::Method).then(|| format!("{name}{}", symbol.signature))
    });
    defined.unwrap_or_else(|| name.to_owned())
}

/// ` Did you mean 'a' or 'b'?`
pub(super) fn question(shown: &[String]) -> String {
    match shown {
        [] => String::new(),
        [only] => format!(" Did you mean '{only}'?"),
        [rest @ .., last] => format!(" Did you mean '{}' or '{last}'?", rest.join("', '")),
    }
}

/// The edit that puts the first of `names` in the place of `name`.
pub(super) fn replacement(name: &str, names: &[&str], span: Span) -> Option<Fix> {
    let best = names.first()?;
    Some(Fix {
        title: format!("Replace '{name}' by '{best}'"),
        safety: FixSafety::Suggested,
        edits: vec![TextEdit { span, text: (*best).to_owned() }],
    })
}

fn reference(doubt: &Doubt<'_, '_>) -> Option<Wording> {
    let name = quoted(&doubt.found.message)?;
    let span = Span { start: doubt.found.start, end: doubt.found.end };
    if let Some(told) = missing_self(doubt, name, span) {
        return Some(told);
    }
    if let Some(missing) = import::missing(doubt, name) {
        let line = &missing.line;
        let fix = Fix {
            title: format!("Add '{line}'"),
            safety: missing.safety,
            edits: vec![import::import_edit(doubt, line)],
        };
        let message = format!("Name '{name}' is not defined. Import it: '{line}'.");
        return Some(Wording { message, fix: Some(fix) });
    }
    let node = doubt.guards.chain().first().copied()?;
    let mut completions = doubt.lens.model.scoped_completions(node);
    // What the very statement binds is not there before it.
    if let Some((start, end)) = doubt.guards.assignment() {
        let text = doubt.lens.source.as_str();
        let (before, within) = (text.get(..start).unwrap_or_default(), text.get(start..end).unwrap_or_default());
        completions.retain(|completion| !has_word(within, &completion.name) || has_word(before, &completion.name));
    }
    let names = likely(name, &completions, &Use::at(&doubt.guards, Some("self")));
    let shown: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let message = format!("Name '{name}' is not defined.{}", question(&shown));
    Some(Wording { message, fix: replacement(name, &names, span) })
}

/// A method that forgot its `self`, or a member that is spoken of without.
fn missing_self(doubt: &Doubt<'_, '_>, name: &str, span: Span) -> Option<Wording> {
    let method = doubt.guards.method()?;
    let first = method.parameters.iter_non_variadic_params().next().map(|first| first.parameter.name.as_str());
    if name == "self" && first != Some("self") && method.decorator_list.is_empty() {
        let at = usize::from(method.parameters.range.start()) + 1;
        let text = if method.parameters.is_empty() { "self" } else { "self, " };
        let message = format!("Name 'self' is not defined. Method '{}' lacks its parameter 'self'.", method.name);
        let edits = vec![TextEdit { span: Span::empty(at), text: text.to_owned() }];
        let fix = Fix { title: format!("Add 'self' to '{}'", method.name), safety: FixSafety::Safe, edits };
        return Some(Wording { message, fix: Some(fix) });
    }
    let class = doubt.guards.class()?;
    let owner = first.filter(|first| matches!(*first, "self" | "cls"))?;
    let structure = doubt.project.structure(doubt.path)?;
    let is_member = structure.symbols.iter().any(|symbol| {
        let parent = symbol.parent.map(|parent| structure.symbol(parent));
        *symbol.name == *name && parent.is_some_and(|parent| *parent.name == *class.name.as_str())
    });
    is_member.then(|| {
        let whole = format!("{owner}.{name}");
        Wording {
            message: format!("Name '{name}' is not defined.{}", question(std::slice::from_ref(&whole))),
            fix: replacement(name, &[&whole], span),
        }
    })
}

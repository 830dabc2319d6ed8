//! How an issue of the engine is told: what is wrong, the true names nearest to it, and the way out.

mod call;
mod import;
mod likely;

use ruff_python_ast::ExprAttribute;

use super::doubt::{Doubt, quoted};
use super::project::{Project, has_word};
use super::unseen::{ABSTRACT, INVENTED, MISSING_EXPORT, PASSED_ON, TYPING_ONLY, UNSEEN};
use super::{Fix, FixSafety};
use crate::index::SymbolKind;
use crate::text::{Span, TextEdit};
use likely::{Use, likely};

/// So many true names are told.
const NAMES_MAX: usize = 3;

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
        ABSTRACT | INVENTED | MISSING_EXPORT | PASSED_ON | TYPING_ONLY => None,
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
    let is_called = doubt.guards.is_called();
    let shown = quoted(found)?;
    let owner = if let Some(module) = shown.strip_prefix("<module '").and_then(|rest| rest.split('\'').next()) {
        format!("Module '{module}'")
    } else if found.starts_with("Module ") {
        format!("Module '{}'", quoted(found)?)
    } else if found.starts_with("Function ") {
        format!("Function '{}'", quoted(found)?)
    } else {
        format!("Class '{}'", doubt.class_name(node).unwrap_or_else(|| quoted(found).unwrap_or_default().to_owned()))
    };
    let what = match (is_called, found.starts_with("Module ")) {
        (_, true) => "member",
        (true, false) => "method",
        (false, false) => "attribute",
    };
    let completions = doubt.lens.model.attribute_completions(node);
    let usage = Use::at(&doubt.guards, node.value.as_name_expr().map(|name| name.id.as_str()));
    let names = likely(attr, &completions, &usage);
    let class = doubt.class_name(node);
    let shown: Vec<String> = names.iter().map(|name| signature(doubt.project, class.as_deref(), name)).collect();
    let range = node.attr.range;
    let span = Span { start: range.start().into(), end: range.end().into() };
    Some(Wording {
        message: format!("{owner} has no {what} '{attr}'.{}", question(&shown)),
        fix: replacement(attr, &names, span),
    })
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
fn question(shown: &[String]) -> String {
    match shown {
        [] => String::new(),
        [only] => format!(" Did you mean '{only}'?"),
        [rest @ .., last] => format!(" Did you mean '{}' or '{last}'?", rest.join("', '")),
    }
}

fn replacement(name: &str, names: &[&str], span: Span) -> Option<Fix> {
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

//! Arguments that do not fit, told with the true signature.

use ruff_python_ast::{AnyNodeRef, ExprCall};
use ruff_text_size::Ranged;
use ty_python_semantic::types::ide_support::call_signature_details;

use super::{NAMES_MAX, Wording, plain, question, replacement};
use crate::gate::doubt::{Doubt, quoted};
use crate::gate::tree::dotted;
use crate::index::{SymbolKind, nearest};
use crate::text::Span;

pub(super) fn call(doubt: &Doubt<'_, '_>) -> Option<Wording> {
    let call = doubt.guards.chain().iter().find_map(|node| match node {
        AnyNodeRef::ExprCall(call) => Some(*call),
        _ => None,
    })?;
    let mut message = plain(&doubt.found.message);
    let mut fix = None;
    if doubt.found.rule == "unknown-argument"
        && let Some((wrong, span)) = wrong_keyword(doubt, call)
    {
        let known = parameters(doubt, call);
        let names = nearest(wrong, known.iter().map(String::as_str), NAMES_MAX);
        let shown: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        message.push_str(&question(&shown));
        fix = replacement(wrong, &names, span);
    }
    if let Some(signature) = signature(doubt, call) {
        message = format!("{message} Its signature is '{signature}'.");
    }
    Some(Wording { message, fix })
}

/// The keyword at fault, and where its name stands.
fn wrong_keyword<'a>(doubt: &Doubt<'a, '_>, call: &'a ExprCall) -> Option<(&'a str, Span)> {
    let said = quoted(&doubt.found.message)?;
    let name =
        call.arguments.keywords.iter().filter_map(|keyword| keyword.arg.as_ref()).find(|arg| arg.as_str() == said)?;
    Some((name.as_str(), Span { start: name.start().into(), end: name.end().into() }))
}

/// The parameters that the call could still name.
fn parameters(doubt: &Doubt<'_, '_>, call: &ExprCall) -> Vec<String> {
    let given = |name: &str| {
        let mut keywords = call.arguments.keywords.iter().filter_map(|keyword| keyword.arg.as_ref());
        keywords.any(|keyword| keyword.as_str() == name)
    };
    let mut names = Vec::new();
    for signature in call_signature_details(&doubt.lens.model, call) {
        // Those that the positional arguments take are given as well.
        let positional_count = call.arguments.args.len();
        let taken = &signature.argument_to_displayed_parameter_mapping;
        let taken: Vec<usize> = taken.iter().take(positional_count).flatten().copied().collect();
        for (at, parameter) in signature.parameters.iter().enumerate() {
            let may_be_named =
                !parameter.is_positional_only && !parameter.is_variadic && !parameter.is_keyword_variadic;
            if may_be_named && !taken.contains(&at) && !given(&parameter.name) && !names.contains(&parameter.name) {
                names.push(parameter.name.clone());
            }
        }
    }
    names
}

/// The signature of what is called, as the project writes it; else as the engine tells it, where there is only one.
fn signature(doubt: &Doubt<'_, '_>, call: &ExprCall) -> Option<String> {
    let callee = dotted(&call.func).last()?.clone();
    let mut signatures: Vec<String> = Vec::new();
    for path in doubt.project.files_with_word(&callee) {
        let Some(structure) = doubt.project.structure(&path) else { continue };
        for symbol in structure.symbols.iter().filter(|symbol| symbol.name.as_ref() == callee.as_str()) {
            match symbol.kind {
                SymbolKind::Function | SymbolKind::Method => signatures.push(format!("{callee}{}", symbol.signature)),
                SymbolKind::Class => {
                    let made = structure.find(&format!("{}.__init__", symbol.qualname));
                    signatures.extend(made.first().map(|id| format!("{callee}{}", structure.symbol(*id).signature)));
                }
                SymbolKind::Variable => {}
            }
        }
    }
    if let [only] = &*signatures {
        return Some(only.clone());
    }
    match &*call_signature_details(&doubt.lens.model, call) {
        [only] => Some(format!("{callee}{}", only.label)),
        _ => None,
    }
}

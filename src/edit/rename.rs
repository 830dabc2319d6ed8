//! A symbol under another name, in all places that mean it.
//!
//! Which places those are is known to whoever asks; here they are only held against the texts.

use super::target::Target;
use super::{Applied, Refusal, guard};
use crate::index::{View, is_keyword};
use crate::text::{ProjectPath, Span, TextEdit, apply_edits};

/// Whether Python takes `name` for one.
fn is_identifier(name: &str) -> bool {
    let is_first = |c: char| c == '_' || c.is_alphabetic();
    let is_part = |c: char| c == '_' || c.is_alphanumeric();
    name.starts_with(is_first) && name.chars().all(is_part) && !is_keyword(name)
}

/// Refuses what cannot be a symbol's new name, before anybody looks for its places.
pub(super) fn refuse_name(symbol: &str, new_name: &str) -> Result<(), Refusal> {
    let old = last_part(symbol);
    if new_name.contains('.') {
        return Err(Refusal::BadCode(format!(
            "'{new_name}' is more than a name. Give the last part alone, without class or module."
        )));
    }
    if !is_identifier(new_name) {
        return Err(Refusal::BadCode(format!("'{new_name}' is no name that Python takes. Choose another.")));
    }
    match old == new_name {
        true => Err(Refusal::NotAllowed(format!("'{symbol}' has that name already."))),
        false => Ok(()),
    }
}

pub(super) fn rename(
    view: View<'_>,
    symbol: &str,
    new_name: &str,
    places: &[(ProjectPath, Vec<Span>)],
) -> Result<Applied, Refusal> {
    refuse_name(symbol, new_name)?;
    let old = last_part(symbol);
    let mut change_set = view.pending.clone();
    for (path, spans) in places {
        guard(path)?;
        let target = Target::open(view, path)?;
        let is_there = |span: &Span| target.text.get(span.range()) == Some(old);
        if !spans.iter().all(is_there) {
            return Err(Refusal::NotAllowed(format!(
                "'{path}' changed while the places of '{old}' were looked for. Try again."
            )));
        }
        let edits: Vec<TextEdit> =
            spans.iter().map(|span| TextEdit { span: *span, text: new_name.to_owned() }).collect();
        let new = apply_edits(&target.text, &edits).map_err(|error| Refusal::NotAllowed(error.to_string()))?;
        let Applied { change_set: changed, .. } = target.finish(new)?;
        let change = changed.get(path).cloned();
        if let Some(change) = change {
            change_set.put(path.clone(), change.old, change.new);
        }
    }
    let count: usize = places.iter().map(|(_, spans)| spans.len()).sum();
    let notes =
        vec![format!("'{old}' is '{new_name}' in {} and {}.", many(count, "place"), many(places.len(), "file"))];
    Ok(Applied { change_set, notes })
}

fn many(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// `total` of `Cart.total@41`.
fn last_part(symbol: &str) -> &str {
    let last = symbol.rsplit('.').next().unwrap_or(symbol);
    last.split('@').next().unwrap_or(last)
}

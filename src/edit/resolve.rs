//! Which definition a name addresses.

use super::Refusal;
use super::target::{Target, missing_symbol};
use crate::index::{Symbol, SymbolId, SymbolKind};
use crate::text::ProjectPath;

/// The qualified name that is meant: `shop/cart.py::Cart.total()` is `Cart.total`.
pub(super) fn qualified(path: &ProjectPath, name: &str, class: Option<&str>) -> String {
    let name = name.trim();
    let name = name.strip_prefix(path.as_str()).and_then(|rest| rest.strip_prefix("::")).unwrap_or(name);
    let name = name.strip_suffix("()").unwrap_or(name);
    match class.map(str::trim).filter(|class| !class.is_empty()) {
        Some(class) if !name.starts_with(&format!("{class}.")) => format!("{class}.{name}"),
        _ => name.to_owned(),
    }
}

/// Finds the one definition that `name` addresses. `code` tells getters from setters and overloads from each other.
pub(super) fn resolve(
    target: &Target<'_>,
    name: &str,
    kinds: &[SymbolKind],
    code: Option<&Symbol>,
) -> Result<SymbolId, Refusal> {
    let found = target.structure.find(name);
    let fitting: Vec<SymbolId> = found.iter().copied().filter(|id| kinds.contains(&target.symbol(*id).kind)).collect();
    match fitting.as_slice() {
        [id] => return Ok(*id),
        [] => {
            if let Some(id) = accessor(target, name) {
                return Ok(id);
            }
            let elsewhere = if name.contains('@') { target.structure.find(&without_lines(name)) } else { Vec::new() };
            if found.is_empty() && !elsewhere.is_empty() {
                return Err(ambiguous(target, name, &elsewhere));
            }
            let Some(other) = found.first().map(|id| target.symbol(*id)) else {
                return Err(missing_symbol(target, name, kinds));
            };
            let tool = match other.kind {
                SymbolKind::Class => "modify_class",
                SymbolKind::Function | SymbolKind::Method => "modify_function",
                SymbolKind::Variable => "edit_file",
            };
            return Err(Refusal::NotFound(format!(
                "'{name}' is a {}, at line {}. Use {tool} instead.",
                other.kind.word(),
                other.line
            )));
        }
        _ => {}
    }
    if let Some(code) = code {
        let narrowed = |same: &dyn Fn(&Symbol) -> bool| {
            let mut left = fitting.iter().filter(|id| same(target.symbol(**id)));
            left.next().filter(|_| left.next().is_none()).copied()
        };
        let by_decorators = narrowed(&|symbol| symbol.decorators == code.decorators);
        let by_both = || narrowed(&|s| s.decorators == code.decorators && s.signature == code.signature);
        if let Some(id) = by_decorators.or_else(by_both) {
            return Ok(id);
        }
    }
    Err(ambiguous(target, name, &fitting))
}

/// `Cart.total.setter` addresses what `@total.setter` decorates.
fn accessor(target: &Target<'_>, name: &str) -> Option<SymbolId> {
    let (owner, role) = name.rsplit_once('.')?;
    let plain = owner.rsplit('.').next()?;
    let decorator = format!("{plain}.{role}");
    let found = target.structure.find(owner);
    found.into_iter().find(|id| {
        let decorators = &target.symbol(*id).decorators;
        decorators.iter().any(|written| **written == *decorator || (role == "getter" && &**written == "property"))
    })
}

/// `Cart.total` for `Cart@4.total@41`.
fn without_lines(name: &str) -> String {
    let parts = name.split('.').map(|part| part.split_once('@').map_or(part, |(name, _)| name));
    parts.collect::<Vec<_>>().join(".")
}

fn ambiguous(target: &Target<'_>, name: &str, ids: &[SymbolId]) -> Refusal {
    let name = without_lines(name);
    let mut message = match ids.len() {
        1 => format!("'{name}' stands elsewhere in '{}':", target.path),
        count => format!("'{name}' is defined {count} times in '{}':", target.path),
    };
    for (number, id) in (1..).zip(ids) {
        let symbol = target.symbol(*id);
        let decorators: String = symbol.decorators.iter().map(|decorator| format!(" @{decorator}")).collect();
        message.push_str(&format!("\n{number}. line {}:{decorators} {}{}", symbol.line, symbol.name, symbol.signature));
    }
    let line = ids.first().map_or(1, |id| target.symbol(*id).line);
    message.push_str(&format!("\nSay which by its line, such as '{name}@{line}'."));
    Refusal::Ambiguous(message)
}

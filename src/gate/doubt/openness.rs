//! How open code leaves it which attributes an object has.

use std::sync::LazyLock;

use regex::Regex;

use crate::index::{FileStructure, Symbol, SymbolKind};
use crate::text::ProjectPath;

/// Whether a class of a file from outside takes attributes by name.
pub(super) fn is_open_in(text: &str, class: &str) -> bool {
    if set_by_name(text, Receiver::Anything) == Openness::Closed {
        return false;
    }
    let Ok(path) = ProjectPath::new("outside.py") else { return true };
    let structure = FileStructure::parse(&path, text);
    structure
        .symbols
        .iter()
        .filter(|symbol| symbol.kind == SymbolKind::Class && *symbol.name == *class)
        .any(|symbol| openness(text, &structure, symbol) > Openness::Closed)
}

/// Whom code sets attributes of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Receiver {
    /// The object whose method it is.
    Own,
    Anything,
}

/// How open code leaves it which attributes there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Openness {
    #[default]
    Closed,
    /// Names come in with the values.
    Data,
    /// Names are put together.
    Anything,
}

/// The openness of a class: of its text, without the functions that only copy an object's own state.
pub(super) fn openness(text: &str, structure: &FileStructure, class: &Symbol) -> Openness {
    const COPYING: [&str; 8] =
        ["__setstate__", "__copy__", "__deepcopy__", "copy", "__getstate__", "__reduce__", "__reduce_ex__", "clone"];
    let body = text.get(class.span.range()).unwrap_or_default();
    if set_by_name(body, Receiver::Own) == Openness::Closed {
        return Openness::Closed;
    }
    let methods = structure.symbols.iter().filter(|symbol| {
        symbol.kind == SymbolKind::Method
            && symbol.parent.is_some_and(|parent| structure.symbol(parent).qualname == class.qualname)
    });
    methods
        .filter(|method| !COPYING.contains(&&*method.name))
        .map(|method| set_by_name(text.get(method.body_span.range()).unwrap_or_default(), Receiver::Own))
        .max()
        .unwrap_or_default()
}

/// How code sets attributes whose names are no literals.
pub(super) fn set_by_name(text: &str, receiver: Receiver) -> Openness {
    static MADE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"setattr(?:__)?\(\s*(?P<receiver>[^,()]+),\s*(?:[fF]["']|["'][^"']*["']\s*[%+.]|\w+\s*\+|\w+\.format)"#,
        )
        .expect("a valid pattern")
    });
    static BY_NAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"setattr(?:__)?\(\s*(?P<receiver>[^,()"']+),\s*[^"'\s]|(?P<owner>\w+)\.__dict__\s*(?:\.update\(\s*(?P<from>[^)\n]*)|\[[^"'\]]|=\s*(?P<other>[^=\n][^\n]*))|vars\((?P<looked>\w+)\)\s*(?:\.update|\[)"#)
            .expect("a valid pattern")
    });
    let concerns = |name: Option<regex::Match<'_>>| {
        receiver == Receiver::Anything || name.is_none_or(|name| matches!(name.as_str().trim(), "self" | "cls"))
    };
    if MADE.captures_iter(text).any(|found| concerns(found.name("receiver"))) {
        return Openness::Anything;
    }
    let open = BY_NAME.captures_iter(text).any(|found| {
        // An object's own state handed on is not open: `rv.__dict__.update(self.__dict__)`.
        let source = found.name("from").or(found.name("other"));
        let whom = found.name("receiver").or(found.name("owner")).or(found.name("looked"));
        concerns(whom) && source.is_none_or(|source| !source.as_str().contains("__dict__"))
    });
    if open { Openness::Data } else { Openness::Closed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_and_copies_are_told_apart() {
        for (code, own, anything) in [
            ("setattr(self, key, value)", Openness::Data, Openness::Data),
            ("setattr(other, key, value)", Openness::Closed, Openness::Data),
            ("self.__dict__.update(values)", Openness::Data, Openness::Data),
            ("rv.__dict__.update(self.__dict__)", Openness::Closed, Openness::Closed),
            ("self.__dict__ = other.__dict__.copy()", Openness::Closed, Openness::Closed),
            ("setattr(cls, f'get_{name}', method)", Openness::Anything, Openness::Anything),
            ("setattr(self, 'total', 1)", Openness::Closed, Openness::Closed),
        ] {
            assert_eq!(set_by_name(code, Receiver::Own), own, "{code}");
            assert_eq!(set_by_name(code, Receiver::Anything), anything, "{code}");
        }
    }
}

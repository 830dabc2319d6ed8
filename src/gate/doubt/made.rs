//! Names that a module makes at run time.
//!
//! Invariant: a name that is made stands somewhere before, if only in a string, unless code is executed or names are put
//! together.

use std::sync::LazyLock;

use regex::Regex;
use ruff_db::source::source_text;

use super::Doubt;
use crate::gate::bindings::module_names;
use crate::gate::project::has_word;
use crate::index::{inside, slips_of, split};

impl Doubt<'_, '_> {
    /// Whether `name` may be one of those that the file at hand makes for itself.
    pub(super) fn may_be_made(&self, text: &str, name: &str) -> bool {
        match ways(text) {
            Ways::None => false,
            Ways::Any => true,
            Ways::ByName => {
                let is_known = self.project.files_with_word(name).iter().any(|path| {
                    self.project.structure(path).is_none_or(|structure| {
                        let mut imported = structure.imports.iter().flat_map(|import| &import.names);
                        structure.symbols.iter().any(|symbol| *symbol.name == *name)
                            || imported.any(|imported| imported.bound() == name)
                    })
                });
                is_known || self.is_named_elsewhere(name) || self.is_known_to_imported(name)
            }
        }
    }

    /// Whether `name` is a slip of the fingers for one of the function around it: nobody but the change speaks of it, and
    /// what a module makes for itself is not spelled almost like a local variable.
    pub(super) fn is_slip_of_local(&self, name: &str) -> bool {
        let functions: Vec<_> = self.guards.functions().collect();
        let local = functions.iter().flat_map(|function| {
            let parameters = function.parameters.iter().map(|parameter| parameter.name().as_str());
            parameters.chain(module_names(&function.body))
        });
        let alike = local.filter(|local| is_misspelt(name, local)).map(|local| (local, 0));
        let is_new = || {
            let files = self.project.files_with_word(name);
            let changed = self.project.changed.get(self.path);
            files.iter().all(|path| path == self.path) && changed.is_some_and(|sides| !has_word(&sides.old_text, name))
        };
        !slips_of(name, alike, 1).is_empty() && is_new() && !self.lens.engine.environment_knows(name)
    }

    /// Whether some module that the file imports speaks of `name`, so that it could be copied from there.
    fn is_known_to_imported(&self, name: &str) -> bool {
        let db = self.lens.model.db();
        let knows = |module: Option<&str>, level: u32| {
            let Some(module) = self.lens.model.resolve_module(module, level) else { return true };
            module.file(db).is_none_or(|file| has_word(source_text(db, file).as_str(), name))
        };
        let imports = self.project.structure(self.path).map(|structure| structure.imports.to_vec()).unwrap_or_default();
        imports.iter().any(|import| match &import.module {
            Some(module) => {
                knows(Some(module).filter(|module| !module.is_empty()).map(|module| &**module), import.level)
            }
            None => import.names.iter().any(|imported| knows(Some(&imported.name), 0)),
        })
    }
}

/// Whether two names differ in their letters, not as a class and its instance do, as one and many, or as members of a row.
fn is_misspelt(name: &str, other: &str) -> bool {
    let flat = |name: &str| name.replace('_', "").to_lowercase();
    let is_class = |name: &str| name.trim_start_matches('_').starts_with(char::is_uppercase);
    let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
    flat(name) != flat(other)
        && is_class(name) == is_class(other)
        && digits(name) == digits(other)
        && !name.starts_with(other)
        && !other.starts_with(name)
}

/// How a module makes names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ways {
    None,
    /// Under names that it has at hand: `globals()[name] = value`.
    ByName,
    /// By executing code, by handing its names over, or under names put together.
    Any,
}

/// Whether a module makes names at run time.
pub(in crate::gate) fn makes_names(text: &str) -> bool {
    ways(text) != Ways::None
}

fn ways(text: &str) -> Ways {
    static BY_NAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"globals\(\)\s*\[[^\]]*\]\s*=[^=]|setattr\(\s*sys\.modules|sys\.modules\[__name__\]")
            .expect("a valid pattern")
    });
    static ANY: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"globals\(\)\s*(?:\.update|\.setdefault)").expect("a valid pattern"));
    static LOCAL: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"vars\(\)\[|locals\(\)(?:\[[^\]]*\]\s*=|\.update)").expect("a valid pattern"));
    let fills_locals = || LOCAL.find_iter(text).any(|found| !is_in_function(text, found.start()));
    if ANY.is_match(text) || puts_names_together(text) || fills_locals() || executes(text) || hands_globals_over(text) {
        Ways::Any
    } else if BY_NAME.is_match(text) {
        Ways::ByName
    } else {
        Ways::None
    }
}

/// Whether a module makes names out of parts: `globals()["get_" + name] = value`.
pub(super) fn puts_names_together(text: &str) -> bool {
    static TOGETHER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"globals\(\)\s*\[[^\]]*(?:[+%.(]|[fF]["'])[^\]]*\]\s*=[^=]"#).expect("a valid pattern")
    });
    TOGETHER.is_match(text)
}

/// Whether a module executes code among its own names, not in a namespace of its own.
fn executes(text: &str) -> bool {
    static CALL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bexec_?\(").expect("a valid pattern"));
    CALL.find_iter(text).any(|call| {
        let arguments = inside(&text[call.end()..]).unwrap_or_default();
        // What is bound goes into the last namespace that is given.
        match split(arguments).skip(1).map(str::trim).filter(|given| !given.is_empty()).last() {
            Some(namespace) if namespace.contains("globals()") => true,
            Some(namespace) if !["locals()", "vars()"].iter().any(|own| namespace.contains(own)) => false,
            _ => !is_in_function(text, call.start()),
        }
    })
}

/// Whether a place stands in a function, as far as indentation tells: what is bound there by name is bound nowhere else.
fn is_in_function(text: &str, at: usize) -> bool {
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text[..at].rsplit('\n');
    let mut depth = lines.next().map_or(0, indentation);
    for line in lines {
        let head = line.trim_start();
        // A signature may go over several lines and end far to the left.
        if head.is_empty() || head.starts_with([')', ']', '}', '#']) || indentation(line) >= depth {
            continue;
        }
        if head.starts_with("def ") || head.starts_with("async def ") {
            return true;
        }
        depth = indentation(line);
    }
    false
}

/// Whether a module gives all its names to a function, which may add some: `lazily(globals(), …)`.
fn hands_globals_over(text: &str) -> bool {
    /// What only looks into them.
    const READERS: [&str; 14] = [
        "__import__",
        "eval",
        "exec",
        "exec_",
        "dict",
        "sorted",
        "list",
        "set",
        "len",
        "iter",
        "isinstance",
        "id",
        "print",
        "get_type_hints",
    ];
    static GIVEN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?P<taker>\w+)\((?:[^()]*,)?\s*globals\(\)\s*[,)]").expect("a valid pattern"));
    GIVEN.captures_iter(text).any(|found| !READERS.contains(&&found["taker"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_to_make_names_are_told_apart() {
        for (code, is) in [
            ("globals()[name] = value", Ways::ByName),
            ("globals()[name] == value", Ways::None),
            ("globals()['name'] = value", Ways::ByName),
            ("globals()['get_' + name] = value", Ways::Any),
            ("globals()[f'get_{name}'] = value", Ways::Any),
            ("globals().update(found)", Ways::Any),
            ("setattr(sys.modules[__name__], name, value)", Ways::ByName),
            ("exec(code)", Ways::Any),
            ("def f():\n    exec(code, module.__dict__)", Ways::None),
            ("def f():\n        exec(code, globals())", Ways::Any),
            ("def f():\n        exec(code)", Ways::None),
            ("def f(\n    code,\n):\n    exec(code)", Ways::None),
            ("def f():\n    exec(code, globals(), names)", Ways::None),
            ("def f():\n    exec_(code, names, globals())", Ways::Any),
            ("class A:\n    exec(code)", Ways::Any),
            ("if fast:\n    locals()[name] = value", Ways::Any),
            ("async def f():\n    locals()[name] = True", Ways::None),
            ("vars()[name] = value", Ways::Any),
            ("lazily(\n    globals(),\n    names={'a': '.b'},\n)", Ways::Any),
            ("eval(code, globals())", Ways::None),
            ("__import__(name, globals(), locals(), [])", Ways::None),
            ("timeit('x', globals=globals())", Ways::None),
            ("x in globals()", Ways::None),
        ] {
            assert_eq!(ways(code), is, "{code}");
        }
    }
}

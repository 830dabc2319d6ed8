//! Names that a project looks up by what it is told, or puts together: whom no reference shows.

use std::sync::LazyLock;

use regex::Regex;
use ruff_db::source::source_text;
use ty_module_resolver::{ResolverFile, file_to_module};

use super::Asked;
use super::family::{Family, OutsideClass};
use crate::gate::engine::Engine;
use crate::gate::project::Project;
use crate::index::SymbolKind;
use crate::text::{LineIndex, ProjectPath};

pub(super) struct Lookups {
    /// Where the very name may be put together.
    pub(super) made: Option<(ProjectPath, u32)>,
    /// Whether a name that stands in a string may be looked up.
    pub(super) by_data: bool,
}

/// The words by which names are looked up; a file without any looks up none.
const WAYS: [&str; 6] = ["getattr", "setattr", "hasattr", "attrgetter", "methodcaller", "globals"];

impl Lookups {
    pub(super) fn of(engine: &Engine, project: &Project<'_>, family: &Family, asked: &Asked<'_>) -> Self {
        static LOOKUP: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(
                r#"\b(?:getattr|hasattr|setattr)\(\s*(?P<of>[^,()]+(?:\([^()]*\))?)\s*,\s*(?P<name>[^"'\s]|[fF]["']|["'][^"']*["']\s*[%+.])|\b(?:attrgetter|methodcaller)\(\s*[^"'\s]|\bglobals\(\)\s*(?:\[\s*[^"'\s\]]|\.get\(\s*[^"'\s])"#,
            )
            .expect("a valid pattern")
        });
        let mut lookups = Self { made: None, by_data: false };
        let mut files: Vec<ProjectPath> = WAYS.iter().flat_map(|way| project.files_with_word(way)).collect();
        files.sort();
        files.dedup();
        for path in files {
            let (Some(text), Some(structure)) = (project.text(&path), project.structure(&path)) else { continue };
            let lines = LineIndex::new(&text);
            let looked = LOOKUP.captures_iter(&text).find(|found| {
                let whole = found.get(0).map_or(0, |whole| whole.start());
                let is_own = found.name("of").is_some_and(|of| matches!(of.as_str().trim(), "self" | "cls"));
                let inner = structure.symbol_at(lines.line(whole)).map(|id| structure.symbol(id));
                let mut outwards = std::iter::successors(inner, |symbol| symbol.parent.map(|id| structure.symbol(id)));
                let class = outwards.find(|symbol| symbol.kind == SymbolKind::Class);
                !is_own || asked.is_member && class.is_none_or(|class| family.kin_names.contains(&*class.name))
            });
            if let Some(looked) = looked {
                lookups.by_data = true;
                let at = looked.get(0).map_or(0, |whole| whole.start());
                if lookups.made.is_none() && puts_together(&text, asked.name) {
                    lookups.made = Some((path, lines.line(at)));
                }
            }
        }
        lookups.take_in_read_names(project, asked);
        if lookups.made.is_none() && family.outside.iter().any(|class| puts_together_outside(engine, class, asked)) {
            lookups.made = Some((asked.path.clone(), asked.line));
        }
        lookups
    }

    /// Names that are read from what bears them: `"visit_" + type(node).__name__` counts on `visit_Cart` to go with `Cart`.
    fn take_in_read_names(&mut self, project: &Project<'_>, asked: &Asked<'_>) {
        static READ: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r#"(?:["'](?P<head>\w*)(?:["']\s*[+%]|%s|\{))?[^"'\n]*\.__(?:qual)?name__[\w.()]*(?:\}(?P<tail>\w+)["'])?"#)
                .expect("a valid pattern")
        });
        for path in project.files_with_word("__name__").into_iter().chain(project.files_with_word("__qualname__")) {
            let Some(text) = project.text(&path) else { continue };
            for found in READ.captures_iter(&text) {
                self.by_data = true;
                let part = |group: &str| found.name(group).map_or("", |part| part.as_str());
                let (head, tail) = (part("head"), part("tail"));
                let goes_with = |name: &str| {
                    let made = format!("{head}{name}{tail}");
                    made != name && !project.files_with_word(&made).is_empty()
                };
                if self.made.is_none() && (goes_with(asked.name) || goes_with(&asked.name.to_lowercase())) {
                    let at = found.get(0).map_or(0, |whole| whole.start());
                    self.made = Some((path.clone(), LineIndex::new(&text).line(at)));
                }
            }
        }
    }
}

/// Whether a class from outside may call `name` as one that it puts together.
fn puts_together_outside(engine: &Engine, class: &OutsideClass, asked: &Asked<'_>) -> bool {
    let called = engine.look(asked.path, |lens| {
        let db = lens.model.db();
        let Some(file) = class.file(db) else { return false };
        let environment = lens.model.program_environment().resolver_environment(db);
        let module = file_to_module(db, ResolverFile::new(db, file, environment));
        // Of the standard library the engine has stubs alone.
        let source = engine.standard_library().zip(module).and_then(|(library, module)| {
            let place = library.join(module.name(db).as_str().replace('.', "/"));
            let files = [place.with_extension("py"), place.join("__init__.py")];
            files.iter().find_map(|file| db.system().read_to_string(file).ok())
        });
        let looks = |text: &str| text.contains("getattr(") && puts_together(text, asked.name);
        looks(source_text(db, file).as_str()) || source.is_some_and(|text| looks(&text))
    });
    called.ok().flatten() == Some(true)
}

/// Whether a text has a beginning or an end of `name` to which something is added: `"get_" + what`, `f"get_{what}"`.
fn puts_together(text: &str, name: &str) -> bool {
    static PARTS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"["'](?P<head>\w+)(?:["']\s*[+%]|%s|\{)|(?:\+\s*["']|%s|\})(?P<tail>\w+)["']"#)
            .expect("a valid pattern")
    });
    PARTS.captures_iter(text).any(|found| {
        let is = |part: &str, group: Option<regex::Match<'_>>, fits: fn(&str, &str) -> bool| {
            group.is_some_and(|group| group.as_str().len() >= 2 && group.as_str() != part && fits(part, group.as_str()))
        };
        is(name, found.name("head"), |name, part| name.starts_with(part))
            || is(name, found.name("tail"), |name, part| name.ends_with(part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_name_are_seen() {
        for (text, name, is) in [
            (r#"getattr(self, "visit_" + kind)"#, "visit_cart", true),
            (r#"getattr(self, f"visit_{kind}")"#, "visit_cart", true),
            (r#"getattr(self, "visit_%s" % kind)"#, "visit_cart", true),
            (r#"getattr(self, kind + "_total")"#, "row_total", true),
            (r#"getattr(self, f"{kind}_total")"#, "row_total", true),
            (r#"getattr(self, "visit_" + kind)"#, "total", false),
            (r#"getattr(self, "visit_cart")"#, "visit_cart", false),
        ] {
            assert_eq!(puts_together(text, name), is, "{text}");
        }
    }
}

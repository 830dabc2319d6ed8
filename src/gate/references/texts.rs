//! Names in strings: annotations, lists of what is exported, paths to a symbol, what is asked for by name; and prose.

use super::lookups::Lookups;
use super::occurrences::{Occurrences, Role, Text};
use super::resolving::{InFile, Verdict};
use crate::index::is_test_file;
use crate::text::ProjectPath;

impl InFile<'_, '_> {
    /// What the name at offset `at` means, which stands in a string.
    pub(super) fn in_text(&self, source: &str, at: u32, text: &Text<'_>, lookups: &Lookups) -> Verdict {
        let name = self.asked.name;
        let whole = source.get(text.range.start as usize..text.range.end as usize).unwrap_or_default();
        let content = whole.trim_start_matches(|c: char| c.is_ascii_alphabetic()).trim_matches(['"', '\'']);
        if let Some(node) = text.node
            && let Some((tree, model)) = self.lens.model.enter_string_annotation(node)
        {
            let found = Occurrences::in_expression(tree.expr(), name);
            return match found.at.get(&at) {
                Some(occurrence) => match self.verdict(&model, at, *occurrence) {
                    Verdict::Unknown { why, .. } if why.is_empty() => Verdict::Another,
                    verdict => verdict,
                },
                None => Verdict::Another,
            };
        }
        match text.role {
            Role::Bytes => Verdict::Mention,
            Role::Docstring => self.in_docstring(source, at, text),
            Role::Listed(list) if content == name => match (list, self.asked.is_member, text.node) {
                ("__all__", false, Some(node)) => match self.bare(&self.lens.model, node.into()) {
                    Verdict::Unknown { .. } => Verdict::Another,
                    verdict => verdict,
                },
                ("__slots__" | "__match_args__", true, _) => self.listed_in_class(at),
                _ => Verdict::Another,
            },
            Role::Asked(value) if content == name => self.asked_of(value),
            Role::AskedOfAnything if content == name && self.asked.is_member => {
                Verdict::Unknown { why: format!("'{name}' is asked for by name, of nobody knows what"), is_set: false }
            }
            _ if content == name => self.as_data(lookups),
            _ => self.in_prose(content, source, at),
        }
    }

    /// In `__slots__` of a class.
    fn listed_in_class(&self, at: u32) -> Verdict {
        let own = self.family.scopes.iter().filter(|(path, _)| path == self.path).filter_map(|(_, at)| *at);
        let mut classes =
            own.filter_map(|own| self.structure.symbols.iter().find(|symbol| symbol.name_span.start == own));
        if classes.any(|class| class.span.range().contains(&(at as usize))) { Verdict::Meant } else { Verdict::Another }
    }

    /// A string that is the name and nothing else, for nobody knows what.
    fn as_data(&self, lookups: &Lookups) -> Verdict {
        let is_registered = self.asked.decorators.iter().any(|decorator| {
            let way = decorator.split('(').next().unwrap_or_default();
            !matches!(
                way.rsplit('.').next().unwrap_or_default(),
                "property" | "staticmethod" | "classmethod" | "setter"
            )
        });
        match lookups.by_data || is_registered {
            true => Verdict::Doubtful(format!("the string '{}' may be how it is looked up", self.asked.name)),
            false => Verdict::Mention,
        }
    }

    fn in_prose(&self, content: &str, source: &str, at: u32) -> Verdict {
        let name = self.asked.name;
        let is_path = |c: char| c == '_' || c == '.' || c == ':' || c.is_alphanumeric();
        let before = source[..at as usize].trim_end_matches(is_path).len();
        let prefix = source[before..at as usize].trim_end_matches(['.', ':']);
        let is_dotted = source[..at as usize].ends_with(['.', ':']) && !prefix.is_empty();
        if is_dotted {
            match self.behind(prefix) {
                Some(true) => return Verdict::Meant,
                Some(false) => return Verdict::Another,
                // A path of which nothing is known may lead there.
                None if content.chars().all(is_path) => {
                    return Verdict::Doubtful(format!("'{content}' may be the way to it"));
                }
                None => {}
            }
        }
        // Tests state what is printed, and names are.
        let after = source[at as usize + name.len()..].chars().next();
        let is_told = self.asked.is_class || after == Some('(') || is_dotted;
        match is_of_tests(self.path) && is_told {
            true => Verdict::Doubtful("a test states a text with the name".to_owned()),
            false => Verdict::Mention,
        }
    }

    /// Whether `path.name` is the symbol; nothing where the path is unknown.
    fn behind(&self, path: &str) -> Option<bool> {
        let model = &self.lens.model;
        let module = model.resolve_module(Some(path), 0);
        if let Some(module) = module {
            let found = module.file(model.db()).and_then(|file| self.lens.engine.path_of(file));
            let is_own = |found: &ProjectPath| self.family.scopes.contains(&(found.clone(), None));
            let Some(found) = found else { return Some(false) };
            if is_own(&found) {
                return Some(true);
            }
            // A module may hand it on.
            let structure = self.project.structure(&found)?;
            let mut imported = structure.imports.iter().flat_map(|import| &import.names);
            return imported.all(|name| name.bound() != self.asked.name && &*name.name != "*").then_some(false);
        }
        let (module, class) = path.rsplit_once(['.', ':'])?;
        let file = model.resolve_module(Some(module), 0)?.file(model.db())?;
        let file = self.lens.engine.path_of(file)?;
        let structure = self.project.structure(&file)?;
        let class = structure.children(None).find(|(_, symbol)| *symbol.name == *class)?.1;
        Some(self.family.scopes.contains(&(file, Some(class.name_span.start))))
    }

    /// Examples in a docstring are run, the rest is for people.
    fn in_docstring(&self, source: &str, at: u32, text: &Text<'_>) -> Verdict {
        let line_start = source[..at as usize].rfind(['\n', '\r']).map_or(0, |end| end + 1);
        let line = source[line_start..].trim_start();
        let is_asked = |line: &str| line.starts_with(">>>") || line.starts_with("... ");
        if !is_asked(line) {
            // Below what is asked stands what is answered.
            let above = source[..line_start].lines().rev().map(str::trim).take_while(|line| !line.is_empty());
            return match above.take_while(|line| !line.contains("\"\"\"")).any(is_asked) {
                true => Verdict::Doubtful("the outcome of an example has the name".to_owned()),
                false => Verdict::Mention,
            };
        }
        let before = &source[..at as usize];
        let is_member = before.ends_with('.');
        let stem = self.asked.path.file_name().trim_end_matches(".py");
        let is_in_module = before.trim_end_matches('.').ends_with(stem) && !self.asked.is_member;
        if is_member && is_in_module && self.family.scopes.contains(&(self.asked.path.clone(), None)) {
            return Verdict::Meant;
        }
        match (is_member, text.node) {
            (false, Some(node)) => match self.bare(&self.lens.model, node.into()) {
                Verdict::Unknown { .. } => Verdict::Doubtful("an example has the name".to_owned()),
                verdict => verdict,
            },
            _ => Verdict::Unknown { why: "an example has the name".to_owned(), is_set: false },
        }
    }
}

/// Tests, and what is brought along for those of others.
fn is_of_tests(path: &ProjectPath) -> bool {
    is_test_file(path) || path.folder().split('/').any(|folder| folder == "testing")
}

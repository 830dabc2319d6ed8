//! What the sources of the standard library say where its stubs are silent: they leave out what is private.
//!
//! Invariant: where the sources are not found, nothing is known.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use ruff_db::system::SystemPath;

use super::{Doubt, Origin};
use crate::gate::project::{has_word, word_places};
use crate::index::FileStructure;
use crate::text::ProjectPath;

impl Doubt<'_, '_> {
    /// Whether the sources of a class of the standard library are there, and neither they nor what they import know `attr`.
    pub(super) fn lacks_in_source(&self, class: &str, attr: &str) -> bool {
        self.module_of(class).is_some_and(|module| self.lacks_in_module(&module, class, attr))
    }

    /// The same of a class in `module`, by its first name.
    pub(super) fn lacks_in_module(&self, module: &str, class: &str, attr: &str) -> bool {
        let Some(library) = self.lens.engine.standard_library() else { return false };
        let own = self.texts_of_module(&library, module);
        let imported: BTreeSet<String> =
            own.iter().flat_map(|text| imports(text)).filter(|name| *name != module).collect();
        let beside = imported.iter().flat_map(|name| self.texts_of_module(&library, name));
        // What a class from compiled code has, no source tells.
        let is_own_class = |text: &String| ["(", ":"].iter().any(|end| text.contains(&format!("class {class}{end}")));
        own.iter().any(is_own_class) && !own.iter().cloned().chain(beside).any(|text| has_word(&text, attr))
    }

    /// Whether the project takes a class from the standard library.
    pub(super) fn is_of_library(&self, class: &str) -> bool {
        let module = self.module_of(class).and_then(|module| self.lens.model.resolve_module(Some(&module), 0));
        let file = module.and_then(|module| module.file(self.lens.model.db()));
        file.is_some_and(|file| self.text_of(file).1 == Origin::StandardLibrary)
    }

    /// Whether the source of a module of the standard library binds a name that its stub leaves out: for itself, but there.
    pub(super) fn is_bound_in_source(&self, module: &str, name: &str) -> bool {
        let Some(library) = self.lens.engine.standard_library() else { return false };
        let Ok(path) = ProjectPath::new("library.py") else { return false };
        let system = self.lens.model.db().system();
        let place = library.join(module.replace('.', "/"));
        let text = [place.with_extension("py"), place.join("__init__.py")]
            .iter()
            .find_map(|file| system.read_to_string(file).ok())
            .filter(|text| has_word(text, name));
        text.is_some_and(|text| {
            let structure = FileStructure::parse(&path, &text);
            let is_defined = structure.children(None).any(|(_, symbol)| *symbol.name == *name);
            let mut imports = structure.imports.iter().filter(|import| import.is_top_level);
            is_defined || imports.any(|import| import.names.iter().any(|imported| imported.bound() == name))
        })
    }

    /// The first name of the module from which the project takes a class: by its name, or through a module's.
    fn module_of(&self, class: &str) -> Option<String> {
        let found: BTreeSet<String> = self
            .project
            .files_with_word(class)
            .into_iter()
            .flat_map(|path| {
                let (structure, text) = (self.project.structure(&path), self.project.text(&path));
                let text = text.unwrap_or_else(|| "".into());
                let through: BTreeSet<String> = word_places(&text, class)
                    .filter_map(|at| {
                        text[..at].strip_suffix('.')?.rsplit(|c: char| c != '_' && !c.is_alphanumeric()).next()
                    })
                    .map(str::to_owned)
                    .collect();
                let imports = structure.map(|structure| structure.imports.to_vec()).unwrap_or_default();
                imports.into_iter().filter(|import| import.level == 0).filter_map(move |import| match &import.module {
                    Some(module) => import.names.iter().any(|name| name.bound() == class).then(|| first(module)),
                    None => import
                        .names
                        .iter()
                        .find(|name| name.bound().rsplit('.').next().is_some_and(|last| through.contains(last)))
                        .map(|name| first(&name.name)),
                })
            })
            .collect();
        // Taken from two places, it may be either.
        if found.len() == 1 { found.into_iter().next() } else { None }
    }

    /// A module's text, or those of all files in a package's folder and in the packages right below it.
    fn texts_of_module(&self, library: &SystemPath, name: &str) -> Vec<String> {
        let system = self.lens.model.db().system();
        if let Ok(text) = system.read_to_string(&library.join(format!("{name}.py"))) {
            return vec![text];
        }
        let inside = |folder: &SystemPath| {
            let entries = system.read_directory(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.path().to_path_buf()).collect::<Vec<_>>()
        };
        let mut files = inside(&library.join(name));
        let below: Vec<_> =
            files.iter().filter(|path| path.extension().is_none()).flat_map(|path| inside(path)).collect();
        files.extend(below);
        let sources = files.iter().filter(|path| path.extension() == Some("py"));
        sources.filter_map(|path| system.read_to_string(path).ok()).collect()
    }
}

fn first(module: &str) -> String {
    module.split('.').next().unwrap_or_default().to_owned()
}

/// The first names of the modules that a text imports at its top.
fn imports(text: &str) -> BTreeSet<String> {
    static IMPORTS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^(?:from\s+(?P<from>\w+)|import\s+(?P<names>[\w., ]+))").expect("a valid pattern")
    });
    IMPORTS
        .captures_iter(text)
        .filter_map(|found| found.name("from").or(found.name("names")))
        .flat_map(|names| names.as_str().split(','))
        .map(|name| first(name.trim()))
        .collect()
}

//! Which files import a changed one, or any other, directly or over others.
//!
//! Knows nothing of names. Invariant: what the engine follows is followed here, be it by a stub, or below a folder that
//! only the environment knows.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::gate::project::Project;
use crate::text::ProjectPath;

pub(super) struct Reaching<'a> {
    project: &'a Project<'a>,
    folders: &'a [ProjectPath],
    beside: OnceCell<Beside>,
    /// Who reaches one of the changed files.
    changed: OnceCell<FxHashSet<ProjectPath>>,
}

impl<'a> Reaching<'a> {
    /// `folders` are those below which modules are looked for besides the root.
    pub(super) fn new(project: &'a Project<'a>, folders: &'a [ProjectPath]) -> Self {
        Self { project, folders, beside: OnceCell::new(), changed: OnceCell::new() }
    }

    /// Whether a file is a changed one or reaches one.
    pub(super) fn reaches_change(&self, path: &ProjectPath) -> bool {
        let files = || self.files_above(self.project.changed.keys().cloned().collect());
        self.project.changed.contains_key(path) || self.changed.get_or_init(files).contains(path)
    }

    /// Those of `ends` and all that reach one of them.
    pub(super) fn at_or_above(&self, ends: &BTreeSet<ProjectPath>) -> FxHashSet<ProjectPath> {
        let mut files = self.files_above(ends.iter().cloned().collect());
        files.extend(ends.iter().cloned());
        files
    }

    fn files_above(&self, mut wanted: Vec<ProjectPath>) -> FxHashSet<ProjectPath> {
        let snapshot = self.project.view.snapshot;
        let beside = self.beside.get_or_init(|| Beside::new(self.project, self.folders));
        let mut files: FxHashSet<ProjectPath> = FxHashSet::default();
        while let Some(path) = wanted.pop() {
            self.project.go_on();
            let mut importers = snapshot.dependents(&path);
            importers.extend(beside.importers(&path).iter().cloned());
            // What imports the one of a source and its stub gets at the other.
            if let Some(twin) = twin(&path).filter(|twin| snapshot.file(twin).is_some()) {
                importers.push(twin);
            }
            if path.file_name().starts_with("__init__.")
                && let Ok(package) = ProjectPath::new(path.folder())
            {
                // `import shop.carts` binds the package, too.
                importers.extend(snapshot.files_under(&package).flat_map(|(inner, _)| snapshot.dependents(inner)));
            }
            wanted.extend(importers.into_iter().filter(|importer| files.insert(importer.clone())));
        }
        files
    }
}

fn twin(path: &ProjectPath) -> Option<ProjectPath> {
    match path.as_str().strip_suffix('i') {
        Some(source) => ProjectPath::new(source).ok(),
        None => ProjectPath::new(&format!("{path}i")).ok(),
    }
}

/// Imports that the index does not follow, since it does not know the folders that they start from.
#[derive(Default)]
struct Beside {
    importers: FxHashMap<ProjectPath, Vec<ProjectPath>>,
}

impl Beside {
    fn new(project: &Project<'_>, folders: &[ProjectPath]) -> Self {
        let mut beside = Self::default();
        if folders.is_empty() {
            return beside;
        }
        let snapshot = project.view.snapshot;
        let mut modules: FxHashMap<String, Vec<&ProjectPath>> = FxHashMap::default();
        for folder in folders {
            for (path, _) in snapshot.files_under(folder).filter(|(path, _)| path.is_python()) {
                let place = path.as_str()[folder.as_str().len()..].trim_start_matches('/');
                let place = place.trim_end_matches('i').trim_end_matches(".py");
                let place = place.strip_suffix("/__init__").unwrap_or(place);
                modules.entry(place.replace('/', ".")).or_default().push(path);
            }
        }
        for (importer, entry) in snapshot.files() {
            for import in entry.structure.imports.iter().filter(|import| import.level == 0) {
                let names = import.names.iter();
                let dotted: Vec<String> = match import.module.as_deref() {
                    Some(module) => {
                        let inner = names.map(|name| format!("{module}.{}", name.name));
                        inner.chain([module.to_owned()]).collect()
                    }
                    None => names.map(|name| name.name.to_string()).collect(),
                };
                for path in dotted.iter().filter_map(|dotted| modules.get(dotted)).flatten() {
                    beside.importers.entry((*path).clone()).or_default().push(importer.clone());
                }
            }
        }
        beside
    }

    fn importers(&self, path: &ProjectPath) -> &[ProjectPath] {
        self.importers.get(path).map(Vec::as_slice).unwrap_or_default()
    }
}

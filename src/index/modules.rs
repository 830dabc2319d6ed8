//! Which file a dotted name means: packages, `src/` layouts, scripts beside each other.
//!
//! Answers from the paths of the project alone; what is installed elsewhere is not its business.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{FileStructure, Import, Snapshot};
use crate::text::ProjectPath;

#[derive(Debug, Default)]
pub(super) struct Modules {
    files: FxHashMap<Box<str>, ProjectPath>,
    /// First part of a module name → the folders it is imported from, the root first.
    roots: FxHashMap<Box<str>, Vec<Box<str>>>,
    importers: OnceLock<FxHashMap<ProjectPath, Vec<ProjectPath>>>,
}

impl Modules {
    pub(super) fn new<'a>(paths: impl Iterator<Item = &'a ProjectPath>) -> Self {
        let mut modules = Self::default();
        for path in paths {
            modules.files.insert(path.as_str().into(), path.clone());
        }
        let mut paths: Vec<ProjectPath> = modules.files.values().cloned().collect();
        paths.sort();
        for path in &paths {
            for root in ["", modules.source_root(path), modules.package_root(path)] {
                modules.add_root(path, root);
            }
        }
        modules
    }

    fn add_root(&mut self, path: &ProjectPath, root: &str) {
        let top = path.as_str()[root.len()..].trim_start_matches('/').split('/').next().unwrap_or_default();
        let roots = self.roots.entry(without_extension(top).into()).or_default();
        if !roots.iter().any(|known| **known == *root) {
            roots.push(root.into());
        }
    }

    /// The innermost folder `src` above the file that is no package itself, else the root.
    fn source_root<'p>(&self, path: &'p ProjectPath) -> &'p str {
        let mut folder = path.folder();
        while !folder.is_empty() {
            if (folder == "src" || folder.ends_with("/src")) && !self.is_package(folder) {
                return folder;
            }
            folder = parent(folder);
        }
        ""
    }

    /// The folder that holds the outermost package around the file; the root where there is none.
    fn package_root<'p>(&self, path: &'p ProjectPath) -> &'p str {
        let mut folder = path.folder();
        if !self.is_package(folder) {
            return "";
        }
        while !folder.is_empty() && self.is_package(folder) {
            folder = parent(folder);
        }
        folder
    }

    fn is_package(&self, folder: &str) -> bool {
        ["__init__.py", "__init__.pyi"].iter().any(|name| self.files.contains_key(&*joined(folder, name)))
    }

    pub(super) fn name(&self, path: &ProjectPath) -> String {
        let root = self.source_root(path);
        let inner = path.as_str()[root.len()..].trim_start_matches('/');
        let dotted = without_extension(inner).replace('/', ".");
        match dotted.strip_suffix(".__init__") {
            Some(package) => package.to_owned(),
            None => dotted,
        }
    }

    pub(super) fn imported_by(&self, path: &ProjectPath, structure: &FileStructure) -> Vec<ProjectPath> {
        let mut found = Vec::new();
        let mut seen = FxHashSet::default();
        let mut take = |file: &ProjectPath| {
            if file != path && seen.insert(file.clone()) {
                found.push(file.clone());
            }
        };
        for import in &structure.imports {
            match import.module.as_deref() {
                Some(module) => {
                    let bases = self.bases(path, import.level, module);
                    bases.iter().find(|base| self.take_from(base, module, import, &mut take));
                }
                None => {
                    for name in &import.names {
                        let bases = self.bases(path, 0, &name.name);
                        if let Some(file) = bases.iter().find_map(|base| self.module(base, &name.name)) {
                            take(file);
                        }
                    }
                }
            }
        }
        found
    }

    /// The folders to look from, the likeliest first.
    fn bases(&self, path: &ProjectPath, level: u32, dotted: &str) -> Vec<String> {
        if level > 0 {
            let mut folder = path.folder();
            for _ in 1..level {
                if folder.is_empty() {
                    return Vec::new();
                }
                folder = parent(folder);
            }
            return vec![folder.to_owned()];
        }
        let top = dotted.split('.').next().unwrap_or_default();
        let mut bases: Vec<String> = self.roots.get(top).into_iter().flatten().map(ToString::to_string).collect();
        // A script finds what lies beside it.
        if !self.is_package(path.folder()) {
            bases.push(path.folder().to_owned());
        }
        bases
    }

    /// Takes what `from module import …` means when looked for from `base`; says whether there was anything.
    fn take_from(&self, base: &str, module: &str, import: &Import, take: &mut impl FnMut(&ProjectPath)) -> bool {
        let place = if module.is_empty() { base.to_owned() } else { joined(base, &module.replace('.', "/")) };
        let itself = if module.is_empty() { self.package(base) } else { self.module(base, module) };
        let inner: Vec<_> = import.names.iter().filter_map(|name| self.module(&place, &name.name)).collect();
        let mut is_found = false;
        for file in itself.into_iter().chain(inner) {
            take(file);
            is_found = true;
        }
        is_found
    }

    fn module(&self, base: &str, dotted: &str) -> Option<&ProjectPath> {
        let place = joined(base, &dotted.replace('.', "/"));
        self.package(&place)
            .or_else(|| [".py", ".pyi"].iter().find_map(|extension| self.files.get(&*format!("{place}{extension}"))))
    }

    fn package(&self, folder: &str) -> Option<&ProjectPath> {
        ["__init__.py", "__init__.pyi"].iter().find_map(|name| self.files.get(&*joined(folder, name)))
    }

    pub(super) fn importers(&self, snapshot: &Snapshot, path: &ProjectPath) -> Vec<ProjectPath> {
        let importers = self.importers.get_or_init(|| {
            let mut importers: FxHashMap<ProjectPath, Vec<ProjectPath>> = FxHashMap::default();
            for (importer, file) in snapshot.files() {
                for imported in self.imported_by(importer, &file.structure) {
                    importers.entry(imported).or_default().push(importer.clone());
                }
            }
            importers
        });
        importers.get(path).cloned().unwrap_or_default()
    }
}

fn parent(folder: &str) -> &str {
    folder.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn without_extension(path: &str) -> &str {
    path.strip_suffix(".py").or_else(|| path.strip_suffix(".pyi")).unwrap_or(path)
}

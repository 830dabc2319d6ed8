//! Which file a dotted name means: packages, `src/` layouts, scripts beside each other.
//!
//! Answers from the paths of the project alone; what is installed elsewhere is not its business.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{FileStructure, Import};
use crate::text::ProjectPath;

#[derive(Debug, Default)]
pub(super) struct Modules {
    /// By where they lie, without the extension; a package also by its folder, and there before a file of its name.
    files: FxHashMap<Box<str>, ProjectPath>,
    /// First part of a module name → the folders it is imported from, the root first.
    roots: FxHashMap<Box<str>, Vec<Box<str>>>,
}

impl Modules {
    /// `paths` are in their order.
    pub(super) fn new<'a>(paths: impl Iterator<Item = &'a ProjectPath> + Clone) -> Self {
        let mut modules = Self::default();
        for path in paths.clone() {
            let place = without_extension(path.as_str());
            // A source stands in the order before its stub.
            modules.files.entry(place.into()).or_insert_with(|| path.clone());
        }
        for path in paths.clone().filter(|path| is_packages_own(path)) {
            let is_file_known = modules.files.get(path.folder()).is_some_and(is_packages_own);
            if !is_file_known {
                modules.files.insert(path.folder().into(), path.clone());
            }
        }
        for path in paths {
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
        self.files.get(folder).is_some_and(is_packages_own)
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
        let mut found = Found { importer: path, files: Vec::new(), seen: FxHashSet::default(), place: String::new() };
        for import in &structure.imports {
            match import.module.as_deref() {
                Some(module) => {
                    self.bases(path, import.level, module).any(|base| self.take_from(base, module, import, &mut found));
                }
                None => {
                    for name in &import.names {
                        let mut bases = self.bases(path, 0, &name.name);
                        let file = bases.find_map(|base| self.module(found.at(base, &name.name)));
                        file.into_iter().for_each(|file| found.take(file));
                    }
                }
            }
        }
        found.files
    }

    /// Whether `dotted`, as `importer` names it behind `level` dots, is a file of the project.
    pub(super) fn finds(&self, importer: &ProjectPath, level: u32, dotted: &str) -> bool {
        let mut found = Found { importer, files: Vec::new(), seen: FxHashSet::default(), place: String::new() };
        self.bases(importer, level, dotted).any(|base| self.files.contains_key(found.at(base, dotted)))
    }

    /// The folders to look from, the likeliest first.
    fn bases<'b>(&'b self, path: &'b ProjectPath, level: u32, dotted: &str) -> impl Iterator<Item = &'b str> {
        let top = dotted.split('.').next().unwrap_or_default();
        let roots = self.roots.get(top).filter(|_| level == 0).into_iter().flatten();
        let own = match level {
            // A script finds what lies beside it.
            0 => (!self.is_package(path.folder())).then_some(path.folder()),
            _ => (1..level).try_fold(path.folder(), |folder, _| (!folder.is_empty()).then(|| parent(folder))),
        };
        roots.map(|root| &**root).chain(own)
    }

    /// Takes what `from module import …` means when looked for from `base`; says whether there was anything.
    fn take_from(&self, base: &str, module: &str, import: &Import, found: &mut Found<'_>) -> bool {
        let itself = match (self.files.get(found.at(base, module)), module) {
            // The file `shop.py` is not what `from . import cart` means in the folder `shop`.
            (file, "") => file.filter(|file| is_packages_own(file)),
            (file, _) => file,
        };
        let place_len = found.place.len();
        let mut is_found = itself.is_some();
        itself.into_iter().for_each(|file| found.take(file));
        for name in &import.names {
            if let Some(file) = self.module(found.inside(place_len, &name.name)) {
                found.take(file);
                is_found = true;
            }
        }
        is_found
    }

    fn module(&self, place: &str) -> Option<&ProjectPath> {
        self.files.get(place)
    }
}

/// What a file imports, as it is gathered.
struct Found<'a> {
    importer: &'a ProjectPath,
    files: Vec<ProjectPath>,
    seen: FxHashSet<ProjectPath>,
    /// Where is looked now.
    place: String,
}

impl Found<'_> {
    fn take(&mut self, file: &ProjectPath) {
        if file != self.importer && !self.seen.contains(file) {
            self.seen.insert(file.clone());
            self.files.push(file.clone());
        }
    }

    /// Where `dotted` lies when looked for from `base`.
    fn at(&mut self, base: &str, dotted: &str) -> &str {
        self.place.clear();
        self.place.push_str(base);
        self.inside(base.len(), dotted)
    }

    /// Where `dotted` lies in the folder that the first bytes of the place tell.
    fn inside(&mut self, folder_len: usize, dotted: &str) -> &str {
        self.place.truncate(folder_len);
        if folder_len > 0 && !dotted.is_empty() {
            self.place.push('/');
        }
        self.place.extend(dotted.chars().map(|letter| if letter == '.' { '/' } else { letter }));
        &self.place
    }
}

/// Whether a file is what its folder means when it is imported.
fn is_packages_own(path: &ProjectPath) -> bool {
    matches!(path.file_name(), "__init__.py" | "__init__.pyi")
}

fn parent(folder: &str) -> &str {
    folder.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn without_extension(path: &str) -> &str {
    path.strip_suffix(".py").or_else(|| path.strip_suffix(".pyi")).unwrap_or(path)
}

//! Who imports whom.
//!
//! What lies where, and who is imported by whom, is found when the first question comes, and handed on to the next snapshot
//! with the files whose imports changed since; when files come or go, it is found anew.
//! Invariant: every answer is the one that following the imports of every file would give.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::files::Part;
use super::modules::Modules;
use super::{FileEntry, Files, Import, ImportedName};
use crate::text::ProjectPath;

/// Fewer changed files than this never make another graph.
const CHANGED_MIN: usize = 256;

type Importers = FxHashMap<ProjectPath, Vec<ProjectPath>>;

#[derive(Debug, Clone, Default)]
pub(super) struct ImportGraph {
    modules: OnceLock<Arc<Modules>>,
    /// By path.
    importers: OnceLock<Arc<Importers>>,
    /// The files whose imports are others than when the importers were found, with what they import now.
    since: BTreeMap<ProjectPath, OnceLock<Arc<[ProjectPath]>>>,
}

impl ImportGraph {
    /// The graph of `files`, in which what stands at `paths` is not as in `old`.
    pub(super) fn after<'p>(&self, old: &Files, files: &Files, paths: impl Iterator<Item = &'p ProjectPath>) -> Self {
        let mut since = self.since.clone();
        for path in paths {
            match (old.get(path), files.get(path)) {
                (Some(old), Some(new)) if imports_the_same(old, new) => {}
                (Some(_), Some(_)) => drop(since.insert(path.clone(), OnceLock::new())),
                (None, None) => {}
                // Any import may mean another file now.
                _ => return Self::default(),
            }
        }
        // So many that finding all anew is as little work.
        let is_much = since.len() > CHANGED_MIN && since.len() > files.len() / 64;
        if self.importers.get().is_none() || is_much {
            return Self { modules: self.modules.clone(), ..Self::default() };
        }
        Self { modules: self.modules.clone(), importers: self.importers.clone(), since }
    }

    pub(super) fn modules(&self, files: &Files) -> &Modules {
        self.modules.get_or_init(|| Arc::new(Modules::new(files.iter().map(|(path, _)| path))))
    }

    /// The files that import `path`, by path.
    pub(super) fn importers(&self, files: &Files, path: &ProjectPath) -> Vec<ProjectPath> {
        let modules = self.modules(files);
        let importers = self.importers.get_or_init(|| Arc::new(all_importers(files, modules)));
        let known = importers.get(path).into_iter().flatten().filter(|importer| !self.since.contains_key(*importer));
        let changed = self.since.iter().filter(|(importer, imported)| {
            let imports =
                || files.get(importer).map_or_else(Vec::new, |file| modules.imported_by(importer, &file.structure));
            imported.get_or_init(|| imports().into()).contains(path)
        });
        let mut found: Vec<ProjectPath> = known.chain(changed.map(|(importer, _)| importer)).cloned().collect();
        if !self.since.is_empty() {
            found.sort_unstable();
        }
        found
    }
}

fn imports_the_same(old: &FileEntry, new: &FileEntry) -> bool {
    fn told(import: &Import) -> (Option<&str>, u32, &[ImportedName]) {
        (import.module.as_deref(), import.level, &import.names)
    }
    old.structure.imports.iter().map(told).eq(new.structure.imports.iter().map(told))
}

fn all_importers(files: &Files, modules: &Modules) -> Importers {
    let of_part = |part: &Arc<Part>| -> Vec<(ProjectPath, Vec<ProjectPath>)> {
        let files = part.files().iter();
        files.map(|(importer, file)| (importer.clone(), modules.imported_by(importer, &file.structure))).collect()
    };
    let imported: Vec<_> = files.parts().par_iter().map(of_part).collect();
    let mut importers = Importers::default();
    for (importer, imported) in imported.into_iter().flatten() {
        for imported in imported {
            importers.entry(imported).or_default().push(importer.clone());
        }
    }
    importers
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::index::Store;
    use crate::text::dice::Dice;

    fn path(nth: usize) -> ProjectPath {
        ProjectPath::new(&format!("p{}/m{nth}.py", nth % 7)).unwrap()
    }

    #[test]
    fn answers_are_those_of_all_files_after_any_changes() {
        let mut dice = Dice::new(7);
        let mut roll = |end: usize| dice.roll(end);
        let mut store = Store::new(PathBuf::new());
        let mut was_handed_on = false;
        for round in 0..120 {
            let (most, files) = if round % 20 == 0 { (600, 600) } else { (8, 300) };
            let changed = (0..roll(most)).map(|_| path(roll(files))).collect::<Vec<_>>();
            let parsed = |path: ProjectPath| {
                let import = |nth: usize| format!("from p{}.m{nth} import x\nimport m{}\n", nth % 7, nth / 2);
                let text: String = (0..roll(5)).map(|_| import(roll(300))).collect();
                (path.clone(), Store::parse(&path, text.as_bytes()))
            };
            let changed = changed.into_iter().map(parsed).collect();
            let removed: Vec<ProjectPath> = (0..roll(3) / 2).map(|_| path(roll(300))).collect();
            let snapshot = store.apply(changed, &removed);
            was_handed_on |= !snapshot.imports.since.is_empty();
            let fresh = ImportGraph::default();
            for nth in 0..300 {
                assert_eq!(snapshot.dependents(&path(nth)), fresh.importers(&snapshot.files, &path(nth)), "{nth}");
            }
        }
        assert!(was_handed_on);
    }

    #[test]
    fn after_a_change_the_imports_of_what_changed_alone_are_followed() {
        for count in [1_000, 2_000, 4_000, 8_000] {
            let mut store = Store::new(PathBuf::new());
            let parsed = |nth: usize, text: &str| (path(nth), Store::parse(&path(nth), text.as_bytes()));
            let first = store.apply((0..count).map(|nth| parsed(nth, "import p1.m1\n")).collect(), &[]);
            let all = first.dependents(&path(1)).len();
            assert!(all >= count - 1);
            let mut last = first.clone();
            for nth in 2..20 {
                last = store.apply(vec![parsed(nth, "from p0.m0 import x\n")], &[]);
                assert_eq!(
                    (last.dependents(&path(1)).len(), last.dependents(&path(0)).len()),
                    (all + 1 - nth, nth - 1)
                );
                assert_eq!(last.imports.since.len(), nth - 1);
                let known = |imports: &ImportGraph| imports.importers.get().cloned().unwrap();
                assert!(Arc::ptr_eq(&known(&last.imports), &known(&first.imports)), "all were followed anew");
            }
            // Other code, the same imports.
            let next = store.apply(vec![parsed(30, "import p1.m1\nx = 1\n")], &[]);
            assert_eq!(next.imports.since.len(), last.imports.since.len());
        }
    }
}

//! Modules that would import each other: then one of them is not whole when the other needs it.
//!
//! Only what is imported while a module is made counts: not within functions, and not for type checkers alone.

use std::collections::BTreeSet;

use super::Refusal;
use super::import::is_for_types_only;
use super::target::Target;
use crate::index::{FileStructure, View};
use crate::text::{ChangeSet, ProjectPath};

/// Refuses `change_set` where an import that it adds closes a circle. `created` is a module that may be new, by name.
pub(super) fn refuse_circles(
    view: View<'_>,
    change_set: &ChangeSet,
    created: &ProjectPath,
    created_name: &str,
) -> Result<(), Refusal> {
    let new = View { pending: change_set, ..view };
    let imported = |view: View<'_>, path: &ProjectPath| imported_at_once(view, path, created, created_name);
    for (path, _) in change_set.iter().filter(|(path, change)| path.is_python() && change.new.is_some()) {
        let before = imported(view, path);
        for added in imported(new, path).difference(&before) {
            if let Some(last) = reaches(added, path, |path| imported(new, path)) {
                let way = if last == *added { String::new() } else { format!(" (it is imported by '{last}')") };
                return Err(Refusal::NotAllowed(format!(
                    "'{path}' would import '{added}', which needs '{path}' itself{way}: whichever comes first finds the \
                     other unfinished."
                )));
            }
        }
    }
    Ok(())
}

/// The file through which `from` comes to import `to`.
fn reaches(
    from: &ProjectPath,
    to: &ProjectPath,
    imported: impl Fn(&ProjectPath) -> BTreeSet<ProjectPath>,
) -> Option<ProjectPath> {
    let mut seen = BTreeSet::from([from.clone()]);
    let mut wanted = vec![from.clone()];
    while let Some(path) = wanted.pop() {
        for next in imported(&path) {
            if next == *to {
                return Some(path);
            }
            if seen.insert(next.clone()) {
                wanted.push(next);
            }
        }
    }
    None
}

/// The files that `path` imports while it is made.
fn imported_at_once(
    view: View<'_>,
    path: &ProjectPath,
    created: &ProjectPath,
    created_name: &str,
) -> BTreeSet<ProjectPath> {
    let Ok(target) = Target::open(view, path) else { return BTreeSet::new() };
    let imports = target.structure.imports.iter();
    let at_once = imports.filter(|import| import.is_top_level && !is_for_types_only(&target, import)).cloned();
    let structure = FileStructure { imports: at_once.collect(), ..FileStructure::default() };
    let mut found: BTreeSet<ProjectPath> =
        view.snapshot.dependencies_of(path, &structure).into_iter().filter(|other| other != path).collect();
    // A package is under way already when its own modules are made; only a name of its own is missing then.
    found.retain(|other| {
        let is_above = other.file_name() == "__init__.py" && path.as_str().starts_with(&format!("{}/", other.folder()));
        !is_above || takes_own_name(view, other, &structure)
    });
    if view.snapshot.file(created).is_none() && path != created {
        let last = created_name.rsplit('.').next().unwrap_or(created_name);
        let leads_there = structure.imports.iter().any(|import| {
            let module = import.module.as_deref().unwrap_or_default();
            let ends = |dotted: &str| dotted == created_name || (import.level > 0 && dotted == last);
            ends(module) || import.names.iter().any(|name| ends(&name.name))
        });
        found.extend(leads_there.then(|| created.clone()));
    }
    found
}

/// Whether some import takes a name that the package itself binds.
fn takes_own_name(view: View<'_>, package: &ProjectPath, structure: &FileStructure) -> bool {
    let Ok(own) = view.structure(package) else { return false };
    let binds = |name: &str| {
        own.children(None).any(|(_, symbol)| *symbol.name == *name)
            || own.imports.iter().any(|import| import.names.iter().any(|imported| imported.bound() == name))
    };
    let is_module = |name: &str| {
        let beside = |end: &str| ProjectPath::new(&format!("{}/{name}{end}", package.folder())).ok();
        [beside(".py"), beside("/__init__.py")].into_iter().flatten().any(|file| view.snapshot.file(&file).is_some())
    };
    let taken = structure.imports.iter().filter(|import| import.module.is_some()).flat_map(|import| &import.names);
    taken.map(|name| &*name.name).any(|name| binds(name) && !is_module(name))
}

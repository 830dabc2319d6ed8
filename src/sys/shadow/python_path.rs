//! Where Python finds the project's modules in the copy.
//!
//! An editable install names folders of the real project: their counterparts in the copy have to be found first, or the
//! tests would import the code as it is, without the change. Knows nothing of which modules there are.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders that come first on Python's path, for a copy at `tree` of the project at `root`; `site_packages` are those
/// of its environment, `inherited` is the `PYTHONPATH` that flux itself was started with.
pub(in crate::sys) fn python_path(
    root: &Path,
    tree: &Path,
    site_packages: &[PathBuf],
    inherited: &[PathBuf],
) -> Vec<PathBuf> {
    let mirrored = |folder: &Path| {
        let real = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        real.strip_prefix(root).ok().map(|inner| tree.join(inner))
    };
    let mut found: Vec<PathBuf> = Vec::new();
    let mut add = |folder: PathBuf| {
        if !found.contains(&folder) {
            found.push(folder);
        }
    };
    for folder in site_packages.iter().flat_map(|folder| editable_folders(folder, root)) {
        mirrored(&folder).into_iter().for_each(&mut add);
    }
    // A copy of the project may be installed as well: the sources go first.
    if holds_modules(&root.join("src")) {
        add(tree.join("src"));
    }
    for folder in inherited {
        add(mirrored(folder).unwrap_or_else(|| folder.clone()));
    }
    found
}

/// The folders of `root` that a folder of packages puts on Python's path.
fn editable_folders(site_packages: &Path, root: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(site_packages).into_iter().flatten().flatten() {
        let place = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".pth") {
            let text = fs::read_to_string(&place).unwrap_or_default();
            folders.extend(text.lines().map(str::trim).filter(|line| Path::new(line).is_absolute()).map(PathBuf::from));
        } else if name.starts_with("__editable__") && name.ends_with(".py") {
            // It maps the names of packages to their folders, one level too deep.
            let text = fs::read_to_string(&place).unwrap_or_default();
            let root = root.to_string_lossy();
            let quoted = text.split(['\'', '"']).filter(|part| part.starts_with(&*root));
            folders.extend(quoted.filter_map(|part| Path::new(part).parent()).map(Path::to_path_buf));
        }
    }
    let is_within = |folder: &PathBuf| folder.canonicalize().is_ok_and(|folder| folder.starts_with(root));
    folders.retain(is_within);
    folders
}

/// Whether a folder holds modules and is no package itself.
fn holds_modules(folder: &Path) -> bool {
    let is_module = |entry: fs::DirEntry| {
        let place = entry.path();
        place.extension().is_some_and(|extension| extension == "py") || place.join("__init__.py").exists()
    };
    !folder.join("__init__.py").exists() && fs::read_dir(folder).into_iter().flatten().flatten().any(is_module)
}

//! The folders below which modules are looked for: the project's own, and those of its packages.
//!
//! Knows nothing of how a module is found in one. Invariant: only folders that are there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;
use ruff_db::system::{SystemPath, SystemPathBuf};

use crate::gate::environment::PythonEnvironment;
use crate::gate::syntax::DECLARATIONS;

/// Folders that hold modules and are none, where they stand beside what says how a project is built.
const LAYOUTS: [&str; 3] = ["src", "lib", "python"];
/// So deep in a repository of many projects another one may lie, and so many folders are looked into.
const DEPTH_MAX: usize = 3;
const FOLDERS_MAX: usize = 2000;

/// The root last, and before it `src` and the like where it is a layout and not a package: in the root, and in the
/// projects below it. Of two that offer a module of one name neither is taken: it would be wrong for the other's files.
pub(super) fn source_roots(root: &SystemPath) -> Vec<SystemPathBuf> {
    let root = root.as_std_path();
    let own = layouts(root);
    let mut offered: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for folder in projects_below(root).iter().flat_map(|project| layouts(project)) {
        for name in names_in(&folder) {
            offered.entry(name).or_default().push(folder.clone());
        }
    }
    for name in own.iter().chain([&root.to_path_buf()]).flat_map(|folder| names_in(folder)) {
        if let Some(folders) = offered.get_mut(&name) {
            folders.push(root.to_path_buf());
        }
    }
    let mut unique: Vec<PathBuf> = offered.values().flatten().cloned().collect();
    unique.sort();
    unique.dedup();
    unique.retain(|folder| !offered.values().any(|folders| folders.len() > 1 && folders.contains(folder)));
    own.into_iter().chain(unique).chain([root.to_path_buf()]).filter_map(system_path).collect()
}

fn layouts(project: &Path) -> Vec<PathBuf> {
    let folders = LAYOUTS.iter().map(|name| project.join(name));
    folders.filter(|folder| folder.is_dir() && !folder.join("__init__.py").is_file()).collect()
}

/// The folders below `root` that are projects of their own.
fn projects_below(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut level = vec![root.to_path_buf()];
    let mut count = 0;
    for _ in 0..DEPTH_MAX {
        let mut below: Vec<PathBuf> = level.iter().flat_map(|folder| folders_in(folder)).collect();
        below.sort();
        below.truncate(FOLDERS_MAX - count);
        count += below.len();
        found.extend(below.iter().filter(|it| DECLARATIONS.iter().any(|name| it.join(name).is_file())).cloned());
        level = below;
    }
    found
}

/// The folders in a folder that may hold code of the project.
fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path());
    let may_hold = |folder: &PathBuf| {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or(".");
        let is_other = matches!(name, "node_modules" | "__pycache__" | "site-packages" | "build" | "dist");
        !name.starts_with('.') && !is_other && !folder.join("pyvenv.cfg").exists()
    };
    folders.filter(may_hold).collect()
}

/// The names of the modules and packages right below a folder.
fn names_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let modules = entries.filter(|place| place.is_dir() || place.extension().is_some_and(|ending| ending == "py"));
    let mut names: Vec<PathBuf> = modules.filter_map(|place| Some(PathBuf::from(place.file_stem()?))).collect();
    names.sort();
    names.dedup();
    names
}

/// The folders in which packages are: those that the engine `found` in the environment, else those that are there all the
/// same, and what the environment names besides.
pub(super) fn package_folders(
    environment: &PythonEnvironment,
    found: Option<Vec<SystemPathBuf>>,
) -> Vec<SystemPathBuf> {
    let in_prefix = || environment.prefix.as_deref().map(packages_in).unwrap_or_default();
    let mut folders = found.unwrap_or_else(in_prefix);
    let edited: Vec<SystemPathBuf> = folders.iter().flat_map(|folder| edited_in(folder.as_std_path())).collect();
    let beside = environment.folders.iter().cloned().filter_map(system_path);
    for folder in beside.chain(edited) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    // Of a folder that cannot be read nobody knows what is missing in it.
    folders.retain(|folder| std::fs::read_dir(folder.as_std_path()).is_ok());
    folders
}

/// The folders of packages below a prefix that is too broken to say what it is, or that is no environment but a folder
/// `__pypackages__/3.12`.
fn packages_in(prefix: &Path) -> Vec<SystemPathBuf> {
    let libraries = ["lib", "lib64"].map(|name| folders_in(&prefix.join(name)));
    let versions = libraries.into_iter().flatten().map(|folder| folder.join("site-packages"));
    let local = prefix.parent().is_some_and(|above| above.ends_with("__pypackages__")).then(|| prefix.join("lib"));
    versions.chain(local).filter(|folder| folder.is_dir()).filter_map(system_path).collect()
}

/// Where the packages lie that a finder maps to folders being edited, and the eggs that are linked.
fn edited_in(folder: &Path) -> Vec<SystemPathBuf> {
    static MAPPED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"['"](\w+)['"]\s*:\s*['"]([^'"\n]+)['"]"#).expect("a valid pattern"));
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found = Vec::new();
    for place in entries {
        let name = place.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let text = || std::fs::read_to_string(&place).unwrap_or_default();
        if name.starts_with("__editable__") && name.ends_with("_finder.py") {
            found.extend(MAPPED.captures_iter(&text()).filter_map(|pair| {
                let module = Path::new(&pair[2]);
                let is_one = module.file_stem()?.to_str()? == &pair[1] && (module.is_dir() || module.is_file());
                is_one.then(|| module.parent().map(Path::to_path_buf))?
            }));
        } else if name.ends_with(".egg-link") {
            found.extend(text().lines().next().map(|line| folder.join(line.trim())));
        }
    }
    found.retain(|folder| folder.is_absolute() && folder.is_dir());
    found.into_iter().filter_map(system_path).collect()
}

fn system_path(path: PathBuf) -> Option<SystemPathBuf> {
    SystemPathBuf::from_path_buf(path).ok()
}

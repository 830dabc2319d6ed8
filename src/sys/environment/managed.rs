//! Environments that a tool made for a project and keeps where only it looks: poetry, pipenv, pdm, hatch.
//!
//! Invariant: one that may be another project's is not taken.

use std::path::{Path, PathBuf};

use super::{Candidate, Variables, is_environment, parse_version};

/// What stands in the project's own folder: pdm's choice, and its folder of packages without an environment.
pub(super) fn chosen_in_project(root: &Path) -> Vec<Candidate> {
    let mut found = Vec::new();
    if let Ok(interpreter) = std::fs::read_to_string(root.join(".pdm-python"))
        && !interpreter.trim().is_empty()
    {
        found.push(Candidate::new(PathBuf::from(interpreter.trim()), ".pdm-python in the project"));
    }
    let mut versions = folders_in(&root.join("__pypackages__"));
    versions.retain(|folder| is_local_packages(folder));
    versions.sort_by_key(|folder| version_of_local_packages(folder));
    found.extend(versions.into_iter().rev().map(|folder| Candidate::new(folder, "__pypackages__ in the project")));
    found
}

/// `__pypackages__/3.12`, whose `lib` holds packages as a `site-packages` does.
pub(super) fn is_local_packages(folder: &Path) -> bool {
    version_of_local_packages(folder).is_some() && folder.join("lib").is_dir()
}

pub(super) fn version_of_local_packages(folder: &Path) -> Option<(u8, u8)> {
    let is_one = folder.parent().is_some_and(|above| above.ends_with("__pypackages__"));
    is_one.then(|| parse_version(folder.file_name()?.to_str()?))?
}

/// What the tool that the project is made with keeps below the user's home.
pub(super) fn kept_elsewhere(root: &Path, variable: Variables<'_>) -> Vec<Candidate> {
    let Ok(root) = root.canonicalize() else { return Vec::new() };
    let declared = std::fs::read_to_string(root.join("pyproject.toml")).unwrap_or_default();
    let declared: toml::Table = declared.parse().unwrap_or_default();
    let tools = declared.get("tool").and_then(toml::Value::as_table);
    let has_tool = |name: &str| tools.is_some_and(|tools| tools.contains_key(name));
    let mut found = Vec::new();
    if has_tool("poetry") || root.join("poetry.lock").exists() {
        found.extend(poetry(&root, &declared, variable));
    }
    if root.join("Pipfile").exists() {
        found.extend(pipenv(&root, variable));
    }
    if has_tool("hatch") || root.join("hatch.toml").exists() {
        found.extend(hatch(&declared, variable));
    }
    found
}

/// `NAME-HASH-py3.12` in poetry's cache. The hash is of the project's place: where two of one name exist, it cannot be
/// told which is this project's.
fn poetry(root: &Path, declared: &toml::Table, variable: Variables<'_>) -> Option<Candidate> {
    let kept = match (variable("POETRY_VIRTUALENVS_PATH"), variable("POETRY_CACHE_DIR")) {
        (Some(folder), _) => PathBuf::from(folder),
        (None, Some(cache)) => PathBuf::from(cache).join("virtualenvs"),
        (None, None) => cache_folder(variable)?.join("pypoetry/virtualenvs"),
    };
    let name = project_name(declared).unwrap_or_else(|| folder_name(root));
    // As poetry writes it: what stands in no file name becomes `_`, and at most 42 letters are kept.
    let name: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_whitespace() || "$`!*@\"\\".contains(c) { '_' } else { c })
        .take(42)
        .collect();
    let own = |folder: &PathBuf| {
        let rest = folder.file_name().and_then(|file| file.to_str()?.strip_prefix(&*name)?.strip_prefix('-'));
        rest.and_then(|rest| rest.get(8..)).is_some_and(|rest| rest.starts_with("-py"))
    };
    let mut made: Vec<PathBuf> = folders_in(&kept).into_iter().filter(own).filter(|it| is_environment(it)).collect();
    made.sort();
    let hash = |folder: &PathBuf| Some(folder.file_name()?.to_str()?.get(name.len() + 1..name.len() + 9)?.to_owned());
    let is_one_place = made.iter().all(|folder| hash(folder) == hash(&made[0]));
    made.pop().filter(|_| is_one_place).map(|place| Candidate::new(place, "made by poetry"))
}

/// Pipenv writes into each environment which project it is for.
fn pipenv(root: &Path, variable: Variables<'_>) -> Option<Candidate> {
    let is_own = |folder: &PathBuf| {
        let project = std::fs::read_to_string(folder.join(".project")).unwrap_or_default();
        !project.trim().is_empty() && Path::new(project.trim()).canonicalize().is_ok_and(|project| project == root)
    };
    let place = folders_in(&workon_home(variable)?).into_iter().find(is_own)?;
    Some(Candidate::new(place, "made by pipenv"))
}

/// `env/virtual/NAME/HASH/NAME` in hatch's data.
fn hatch(declared: &toml::Table, variable: Variables<'_>) -> Option<Candidate> {
    let data = match variable("HATCH_DATA_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => data_folder(variable)?.join("hatch"),
    };
    let name = project_name(declared)?;
    let [of_place] = &*folders_in(&data.join("env/virtual").join(&name)) else { return None };
    let place =
        [name.as_str(), "default"].iter().map(|made| of_place.join(made)).find(|place| is_environment(place))?;
    Some(Candidate::new(place, "made by hatch"))
}

/// Where pipenv and virtualenvwrapper keep environments.
pub(super) fn workon_home(variable: Variables<'_>) -> Option<PathBuf> {
    match variable("WORKON_HOME") {
        Some(home) => Some(PathBuf::from(home)),
        None => Some(data_folder(variable)?.join("virtualenvs")),
    }
}

fn cache_folder(variable: Variables<'_>) -> Option<PathBuf> {
    let home = || Some(PathBuf::from(variable("HOME")?));
    if cfg!(target_os = "macos") {
        return Some(home()?.join("Library/Caches"));
    }
    match variable("XDG_CACHE_HOME") {
        Some(folder) => Some(PathBuf::from(folder)),
        None => Some(home()?.join(".cache")),
    }
}

fn data_folder(variable: Variables<'_>) -> Option<PathBuf> {
    match variable("XDG_DATA_HOME") {
        Some(folder) => Some(PathBuf::from(folder)),
        None => Some(PathBuf::from(variable("HOME")?).join(".local/share")),
    }
}

fn project_name(declared: &toml::Table) -> Option<String> {
    let named = |table: Option<&toml::Value>| table?.get("name")?.as_str().map(str::to_owned);
    named(declared.get("project")).or_else(|| named(declared.get("tool").and_then(|tools| tools.get("poetry"))))
}

fn folder_name(root: &Path) -> String {
    root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|place| place.is_dir()).collect()
}

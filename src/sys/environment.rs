//! Which Python a project runs on.
//!
//! Looks at files and variables only; starts no interpreter, since a project that nobody trusts yet may bring its own.

mod managed;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::gate::PythonEnvironment;

/// An environment, and what there is to say of how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundEnvironment {
    pub(super) environment: PythonEnvironment,
    /// Why this one: `.venv in the project`. Empty where none was found.
    pub(super) why: String,
    /// What is wrong with it, or with a place that was asked before it.
    pub(super) faults: Vec<String>,
}

/// A place where an environment may be, and the words for why it is looked at.
struct Candidate {
    place: PathBuf,
    why: String,
    /// Someone named it: that nothing is there is worth saying.
    is_named: bool,
}

impl Candidate {
    fn new(place: PathBuf, why: impl Into<String>) -> Self {
        Self { place, why: why.into(), is_named: false }
    }

    fn named(place: PathBuf, why: impl Into<String>) -> Self {
        Self { place, why: why.into(), is_named: true }
    }
}

/// The interpreter of an environment.
pub(super) fn interpreter(environment: &PythonEnvironment) -> Option<PathBuf> {
    let prefix = environment.prefix.as_ref()?;
    let exact = environment.version.map(|(major, minor)| format!("bin/python{major}.{minor}"));
    let names = ["bin/python3", "bin/python", "Scripts/python.exe", "python.exe"].map(str::to_owned);
    exact.into_iter().chain(names).map(|name| prefix.join(name)).find(|place| place.is_file())
}

/// The folders in which the packages of an environment are.
pub(super) fn package_folders(environment: &PythonEnvironment) -> Vec<PathBuf> {
    let Some(prefix) = &environment.prefix else { return environment.folders.clone() };
    let settings = std::fs::read_to_string(prefix.join("pyvenv.cfg")).unwrap_or_default();
    let sees_system = setting(&settings, "include-system-site-packages").is_some_and(|it| it == "true");
    let home = setting(&settings, "home").filter(|_| sees_system).and_then(|home| Path::new(home).parent());
    let mut folders = environment.folders.clone();
    for prefix in [Some(prefix.as_path()), home].into_iter().flatten() {
        let libraries = library_folders(prefix).into_iter().map(|(_, folder)| folder);
        let others = [prefix.join("lib/python3"), prefix.join("Lib"), prefix.to_path_buf()];
        for library in libraries.chain(others) {
            folders.extend(["site-packages", "dist-packages"].map(|name| library.join(name)));
        }
    }
    folders.retain(|folder| folder.is_dir());
    folders
}

/// What variables say; asked through this, so that tests bring their own.
type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Finds the environment: `configured`, then `.venv` or `venv` in the root, `VIRTUAL_ENV`, `CONDA_PREFIX`, and last
/// the `python3` on the path.
pub fn find_environment(root: &Path, configured: Option<&Path>) -> PythonEnvironment {
    explain_environment(root, configured).environment
}

/// Finds the environment as [`find_environment`] does, and says why it is this one.
pub(super) fn explain_environment(root: &Path, configured: Option<&Path>) -> FoundEnvironment {
    find_among(root, configured, &|name| std::env::var_os(name))
}

fn find_among(root: &Path, configured: Option<&Path>, variable: Variables<'_>) -> FoundEnvironment {
    let mut faults = Vec::new();
    for candidate in candidates(root, configured, variable) {
        let prefix = prefix_of(&candidate.place);
        if !is_environment(&prefix) {
            if candidate.is_named {
                faults.push(format!("{} ({}) is no Python environment", prefix.display(), candidate.why));
            }
            continue;
        }
        faults.extend(fault_of(&prefix));
        let version = version_of(&prefix);
        let mut folders = python_path(variable);
        folders
            .extend(version.filter(|_| is_interpreter_s_own(&prefix)).and_then(|version| user_site(version, variable)));
        return FoundEnvironment {
            environment: PythonEnvironment { prefix: Some(prefix), version, folders },
            why: candidate.why,
            faults,
        };
    }
    let environment = PythonEnvironment { folders: python_path(variable), ..PythonEnvironment::default() };
    FoundEnvironment { environment, why: String::new(), faults }
}

/// The places in the order in which they are asked.
fn candidates(root: &Path, configured: Option<&Path>, variable: Variables<'_>) -> Vec<Candidate> {
    let path_in = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let mut all = Vec::new();
    all.extend(configured.map(|path| Candidate::named(root.join(path), "set in the configuration")));
    if let Some(chosen) = path_in("UV_PROJECT_ENVIRONMENT") {
        all.push(Candidate::named(root.join(chosen), "UV_PROJECT_ENVIRONMENT"));
    }
    for name in [".venv", "venv"] {
        all.push(Candidate::new(in_project(&root.join(name), variable), format!("{name} in the project")));
    }
    all.extend(managed::chosen_in_project(root));
    all.extend(path_in("VIRTUAL_ENV").map(|place| Candidate::named(place, "VIRTUAL_ENV")));
    // The base of a conda is active in every shell: what a tool made for this project goes before it.
    let is_base = variable("CONDA_DEFAULT_ENV").is_some_and(|name| name == "base" || name == "root");
    let conda = path_in("CONDA_PREFIX").map(|place| Candidate::named(place, "CONDA_PREFIX"));
    let (named, base) = if is_base { (None, conda) } else { (conda, None) };
    all.extend(named);
    // One environment for a whole repository stands at its top.
    all.extend(above(root).map(|folder| {
        let place = in_project(&folder.join(".venv"), variable);
        Candidate::new(place, format!(".venv in {}", folder.display()))
    }));
    all.extend(managed::kept_elsewhere(root, variable));
    all.extend(base);
    all.extend(on_path(root, variable).map(|place| Candidate::new(place, "the python3 on the path")));
    all
}

/// The folders above `root` up to the top of its repository; none where it is no part of a larger one.
fn above(root: &Path) -> impl Iterator<Item = &Path> {
    let top = root.ancestors().position(|folder| folder.join(".git").exists()).unwrap_or_default();
    root.ancestors().skip(1).take(top)
}

/// `.venv` may be a file that holds the path of the environment, or its name among those of virtualenvwrapper.
fn in_project(place: &Path, variable: Variables<'_>) -> PathBuf {
    let written = if place.is_file() { std::fs::read_to_string(place).unwrap_or_default() } else { String::new() };
    let written = written.trim();
    if written.is_empty() || written.contains('\n') {
        return place.to_path_buf();
    }
    let folder = place.parent().unwrap_or(place);
    let beside = folder.join(written);
    match managed::workon_home(variable) {
        Some(home) if !beside.exists() && !written.contains(['/', '\\']) => home.join(written),
        _ => beside,
    }
}

/// What is wrong with an environment that is used all the same.
fn fault_of(prefix: &Path) -> Option<String> {
    let settings = std::fs::read_to_string(prefix.join("pyvenv.cfg")).ok();
    let home = settings.as_deref().and_then(|settings| setting(settings, "home")).map(PathBuf::from);
    if !has_packages(prefix) {
        return Some(format!("{} has no site-packages: what packages offer stays unknown", prefix.display()));
    }
    let gone = home.filter(|home| !home.is_dir())?;
    Some(format!("{} was made from {}, which is gone", prefix.display(), gone.display()))
}

fn has_packages(prefix: &Path) -> bool {
    let folders = library_folders(prefix).into_iter().map(|(_, folder)| folder);
    let mut folders = folders.chain([prefix.join("lib/python3"), prefix.join("Lib"), prefix.to_path_buf()]);
    folders.any(|folder| ["site-packages", "dist-packages"].iter().any(|name| folder.join(name).is_dir()))
        || managed::is_local_packages(prefix)
}

/// `PYTHONPATH`: the folders of it that are there.
fn python_path(variable: Variables<'_>) -> Vec<PathBuf> {
    let path = variable("PYTHONPATH").unwrap_or_default();
    std::env::split_paths(&path).filter(|folder| folder.is_absolute() && folder.is_dir()).collect()
}

/// Whether it is an interpreter's own installation: only that sees what the user installed for himself.
fn is_interpreter_s_own(prefix: &Path) -> bool {
    !prefix.join("pyvenv.cfg").exists() && !prefix.join("conda-meta").exists() && !managed::is_local_packages(prefix)
}

/// Where `pip install --user` puts packages.
fn user_site((major, minor): (u8, u8), variable: Variables<'_>) -> Option<PathBuf> {
    if variable("PYTHONNOUSERSITE").is_some_and(|value| !value.is_empty()) {
        return None;
    }
    let base = variable("PYTHONUSERBASE").map(PathBuf::from);
    let base = base.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".local")))?;
    Some(base.join(format!("lib/python{major}.{minor}/site-packages"))).filter(|folder| folder.is_dir())
}

/// A place may name the interpreter itself: `.venv/bin/python`.
fn prefix_of(place: &Path) -> PathBuf {
    if place.is_file()
        && let Some(prefix) = place.parent().and_then(Path::parent)
    {
        return prefix.to_path_buf();
    }
    place.to_path_buf()
}

fn is_environment(prefix: &Path) -> bool {
    prefix.join("pyvenv.cfg").is_file()
        || !library_folders(prefix).is_empty()
        || prefix.join("Lib/site-packages").is_dir()
        || managed::is_local_packages(prefix)
}

/// The prefix of the first `python3` on the path, links and pyenv's shims followed: `/usr/bin/python3` belongs to `/usr`.
fn on_path(root: &Path, variable: Variables<'_>) -> Option<PathBuf> {
    let path = variable("PATH")?;
    let interpreters = std::env::split_paths(&path)
        .flat_map(|folder| ["python3", "python3.exe", "python.exe"].map(|name| folder.join(name)))
        .filter(|place| place.is_file());
    for interpreter in interpreters {
        match pyenv_of(&interpreter).map(|pyenv| chosen_of(&pyenv, root, variable)) {
            None => return own_prefix(&interpreter),
            Some(Chosen::Prefix(prefix)) => return Some(prefix),
            // What the shim would start then stands further down the path.
            Some(Chosen::System) => {}
            Some(Chosen::Unknown) => return None,
        }
    }
    None
}

fn own_prefix(interpreter: &Path) -> Option<PathBuf> {
    // A virtual environment's interpreter is a link out of it, so its own prefix is tried before the link's end.
    let near = interpreter.parent().and_then(Path::parent).map(Path::to_path_buf);
    let far = interpreter.canonicalize().ok().and_then(|real| Some(real.parent()?.parent()?.to_path_buf()));
    near.into_iter().chain(far).find(|prefix| is_environment(prefix))
}

/// The folder of the pyenv whose shim an interpreter is.
fn pyenv_of(interpreter: &Path) -> Option<PathBuf> {
    let shims = interpreter.parent().filter(|folder| folder.ends_with("shims"))?;
    shims.parent().filter(|pyenv| pyenv.join("versions").is_dir()).map(Path::to_path_buf)
}

/// Which Python a pyenv starts in a project.
enum Chosen {
    Prefix(PathBuf),
    System,
    Unknown,
}

/// Asks what pyenv asks: `PYENV_VERSION`, `.python-version` in the root or above it, pyenv's own `version`.
fn chosen_of(pyenv: &Path, root: &Path, variable: Variables<'_>) -> Chosen {
    let in_variable = variable("PYENV_VERSION").and_then(|names| names.into_string().ok());
    let files = root.ancestors().map(|folder| folder.join(".python-version")).chain([pyenv.join("version")]);
    let first_name =
        |names: String| names.split([':', ' ', '\t', '\r', '\n']).find(|n| !n.is_empty()).map(str::to_owned);
    let written = in_variable.into_iter().chain(files.filter_map(|file| std::fs::read_to_string(file).ok()));
    match written.into_iter().find_map(first_name).as_deref() {
        None | Some("system") => Chosen::System,
        Some(name) => version_folder(&pyenv.join("versions"), name).map_or(Chosen::Unknown, Chosen::Prefix),
    }
}

/// The folder of a version by its name, or the newest of a series: `3.12`.
fn version_folder(versions: &Path, name: &str) -> Option<PathBuf> {
    // A project writes this name: it must not lead elsewhere.
    if name.contains(['/', '\\']) || name.starts_with('.') {
        return None;
    }
    let exact = versions.join(name);
    if is_environment(&exact) {
        return Some(exact);
    }
    let number = |rest: &str| rest.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>();
    let of_series = std::fs::read_dir(versions).ok()?.flatten().filter_map(|entry| {
        let patch = number(entry.file_name().to_str()?.strip_prefix(name)?.strip_prefix('.')?)?;
        is_environment(&entry.path()).then(|| (patch, entry.path()))
    });
    of_series.max().map(|(_, folder)| folder)
}

/// `lib/python3.12` and the like, newest first, with their versions.
fn library_folders(prefix: &Path) -> Vec<((u8, u8), PathBuf)> {
    let mut folders = Vec::new();
    for library in ["lib", "lib64"] {
        let Ok(entries) = std::fs::read_dir(prefix.join(library)) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if let Some(version) = name.to_str().and_then(|name| name.strip_prefix("python")).and_then(parse_version)
                && entry.path().is_dir()
            {
                folders.push((version, entry.path()));
            }
        }
    }
    folders.sort();
    folders.reverse();
    folders
}

fn version_of(prefix: &Path) -> Option<(u8, u8)> {
    let configuration = std::fs::read_to_string(prefix.join("pyvenv.cfg")).unwrap_or_default();
    let written = ["version", "version_info"].iter().find_map(|key| setting(&configuration, key));
    let written = written.and_then(parse_version).or_else(|| managed::version_of_local_packages(prefix));
    written.or_else(|| library_folders(prefix).first().map(|(version, _)| *version))
}

/// One value of a `pyvenv.cfg`.
fn setting<'t>(settings: &'t str, wanted: &str) -> Option<&'t str> {
    settings.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        key.trim().eq_ignore_ascii_case(wanted).then(|| value.trim()).filter(|value| !value.is_empty())
    })
}

/// `3.12` out of `3.12`, `3.12.4` or `3.12.4.final.0`.
fn parse_version(text: &str) -> Option<(u8, u8)> {
    let mut parts = text.split('.');
    let major = parts.next()?.parse().ok()?;
    let minor: String = parts.next()?.chars().take_while(char::is_ascii_digit).collect();
    (major >= 3).then_some((major, minor.parse().ok()?))
}

#[cfg(test)]
mod tests;

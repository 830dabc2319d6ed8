//! Which Python a project runs on.
//!
//! Looks at files and variables only; starts no interpreter, since a project that nobody trusts yet may bring its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::gate::PythonEnvironment;

/// Finds the environment: `configured`, then `.venv` or `venv` in the root, `VIRTUAL_ENV`, `CONDA_PREFIX`, and last
/// the `python3` on the path.
pub fn find_environment(root: &Path, configured: Option<&Path>) -> PythonEnvironment {
    find_among(root, configured, &|name| std::env::var_os(name))
}

fn find_among(
    root: &Path,
    configured: Option<&Path>,
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> PythonEnvironment {
    let in_root = [".venv", "venv"].map(|name| root.join(name));
    let activated = ["VIRTUAL_ENV", "CONDA_PREFIX"].map(variable).into_iter().flatten().map(PathBuf::from);
    let prefix = configured
        .map(|path| prefix_of(&root.join(path)))
        .into_iter()
        .chain(in_root)
        .chain(activated)
        .chain(on_path(root, variable))
        .find(|prefix| is_environment(prefix));
    let version = prefix.as_deref().and_then(version_of);
    PythonEnvironment { prefix, version }
}

/// A configured place may name the interpreter itself: `.venv/bin/python`.
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
}

/// The prefix of the first `python3` on the path, links and pyenv's shims followed: `/usr/bin/python3` belongs to `/usr`.
fn on_path(root: &Path, variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
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
fn chosen_of(pyenv: &Path, root: &Path, variable: &dyn Fn(&str) -> Option<OsString>) -> Chosen {
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
    let written = configuration.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        matches!(key.trim(), "version" | "version_info").then(|| parse_version(value.trim()))?
    });
    written.or_else(|| library_folders(prefix).first().map(|(version, _)| *version))
}

/// `3.12` out of `3.12`, `3.12.4` or `3.12.4.final.0`.
fn parse_version(text: &str) -> Option<(u8, u8)> {
    let mut parts = text.split('.');
    let major = parts.next()?.parse().ok()?;
    let minor: String = parts.next()?.chars().take_while(char::is_ascii_digit).collect();
    (major >= 3).then_some((major, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(root: &Path, prefix: &str, version: &str) {
        std::fs::create_dir_all(root.join(prefix)).unwrap();
        std::fs::write(root.join(prefix).join("pyvenv.cfg"), format!("home = /usr/bin\nversion = {version}\n"))
            .unwrap();
    }

    #[test]
    fn takes_the_first_that_exists() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let nothing = |_: &str| None;
        assert_eq!(find_among(root, None, &nothing), PythonEnvironment::default());

        make(root, "elsewhere", "3.9.2");
        let active = |name: &str| (name == "VIRTUAL_ENV").then(|| root.join("elsewhere").into_os_string());
        assert_eq!(find_among(root, None, &active).version, Some((3, 9)));

        make(root, "venv", "3.11.4");
        assert_eq!(find_among(root, None, &active).version, Some((3, 11)));
        make(root, ".venv", "3.12.4.final.0");
        assert_eq!(find_among(root, None, &active).prefix, Some(root.join(".venv")));

        make(root, "mine", "3.13.0");
        assert_eq!(find_among(root, Some(Path::new("mine")), &active).version, Some((3, 13)));
        std::fs::create_dir_all(root.join("mine/bin")).unwrap();
        std::fs::write(root.join("mine/bin/python"), "").unwrap();
        assert_eq!(find_among(root, Some(Path::new("mine/bin/python")), &active).version, Some((3, 13)));
        assert_eq!(find_among(root, Some(Path::new("gone")), &active).version, Some((3, 12)));
    }

    #[test]
    fn finds_the_interpreter_on_the_path() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("usr/bin")).unwrap();
        std::fs::create_dir_all(folder.path().join("usr/lib/python3.10/site-packages")).unwrap();
        std::fs::write(folder.path().join("usr/bin/python3"), "").unwrap();
        let path = |name: &str| (name == "PATH").then(|| folder.path().join("usr/bin").into_os_string());
        let found = find_among(&folder.path().join("project"), None, &path);
        assert_eq!(found.version, Some((3, 10)));
        assert_eq!(found.prefix, Some(folder.path().join("usr")));
    }

    #[test]
    fn follows_the_shim_of_pyenv() {
        let folder = tempfile::tempdir().unwrap();
        let (home, project) = (folder.path(), folder.path().join("code/project"));
        std::fs::create_dir_all(&project).unwrap();
        let versions = ["3.12.9/lib/python3.12", "3.12.11/lib/python3.12", "3.13.1/lib/python3.13"];
        for place in versions.map(|version| format!("pyenv/versions/{version}")) {
            std::fs::create_dir_all(home.join(place)).unwrap();
        }
        for place in ["pyenv/shims", "usr/bin", "usr/lib/python3.10"] {
            std::fs::create_dir_all(home.join(place)).unwrap();
        }
        for interpreter in ["pyenv/shims/python3", "usr/bin/python3"] {
            std::fs::write(home.join(interpreter), "").unwrap();
        }
        let path = std::env::join_paths([home.join("pyenv/shims"), home.join("usr/bin")]).unwrap();
        let prefix = |asked: Option<&str>| {
            let variable = |name: &str| match name {
                "PATH" => Some(path.clone()),
                "PYENV_VERSION" => asked.map(OsString::from),
                _ => None,
            };
            let prefix = find_among(&project, None, &variable).prefix?;
            Some(prefix.strip_prefix(home).unwrap().to_str().unwrap().to_owned())
        };
        assert_eq!(prefix(None).as_deref(), Some("usr"));
        std::fs::write(home.join("pyenv/version"), "3.13.1\n").unwrap();
        assert_eq!(prefix(None).as_deref(), Some("pyenv/versions/3.13.1"));
        std::fs::write(home.join("code/.python-version"), "3.12\n").unwrap();
        assert_eq!(prefix(None).as_deref(), Some("pyenv/versions/3.12.11"));
        assert_eq!(prefix(Some("3.12.9:3.13.1")).as_deref(), Some("pyenv/versions/3.12.9"));
        assert_eq!(prefix(Some("system")).as_deref(), Some("usr"));
        for unknown in ["3.9.1", "../../usr", "..", "/usr"] {
            assert_eq!(prefix(Some(unknown)), None, "{unknown}");
        }
    }
}

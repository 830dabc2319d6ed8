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
        .chain(on_path(variable))
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

/// The prefix of the first `python3` on the path, links followed: `/usr/bin/python3` belongs to `/usr`.
fn on_path(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = variable("PATH")?;
    let interpreter = std::env::split_paths(&path)
        .flat_map(|folder| ["python3", "python3.exe", "python.exe"].map(|name| folder.join(name)))
        .find(|place| place.is_file())?;
    // A virtual environment's interpreter is a link out of it, so its own prefix is tried before the link's end.
    let near = interpreter.parent().and_then(Path::parent).map(Path::to_path_buf);
    let far = interpreter.canonicalize().ok().and_then(|real| Some(real.parent()?.parent()?.to_path_buf()));
    near.into_iter().chain(far).find(|prefix| is_environment(prefix))
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
}

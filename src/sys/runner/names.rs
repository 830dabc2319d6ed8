//! How a project calls its files of tests: what pytest's configuration says, read as text.

use std::path::Path;

use super::Runner;
use crate::index::TestNames;
use crate::text::ProjectPath;

/// The names that this runner goes by in this project.
pub(in crate::sys) fn test_names(root: &Path, runner: &Runner) -> TestNames {
    let mut names = TestNames::default();
    if matches!(runner, Runner::Unittest { .. }) {
        names.patterns = vec!["test*.py".to_owned(), "*_test.py".to_owned()];
        return names;
    }
    if matches!(runner, Runner::Configured { .. }) {
        names.patterns.push("tests.py".to_owned());
    }
    let Some(settings) = settings(root) else { return names };
    if !settings.files.is_empty() {
        names.patterns = settings.files;
    }
    // A pattern of folders says nothing that could be held against a path.
    let folders: Vec<ProjectPath> =
        settings.folders.iter().filter_map(|folder| ProjectPath::new(folder).ok()).collect();
    if folders.len() == settings.folders.len() && folders.iter().all(|folder| !folder.as_str().contains('*')) {
        names.folders = folders;
    }
    names
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Settings {
    files: Vec<String>,
    folders: Vec<String>,
}

/// The first of pytest's configuration files that speaks to it.
fn settings(root: &Path) -> Option<Settings> {
    let read = |name: &str| std::fs::read_to_string(root.join(name)).ok();
    if let Some(text) = read("pytest.ini").or_else(|| read(".pytest.ini")) {
        return Some(of_ini(&text, "pytest").unwrap_or_default());
    }
    read("pyproject.toml")
        .and_then(|text| of_toml(&text))
        .or_else(|| read("tox.ini").and_then(|text| of_ini(&text, "pytest")))
        .or_else(|| read("setup.cfg").and_then(|text| of_ini(&text, "tool:pytest")))
}

fn of_toml(text: &str) -> Option<Settings> {
    let table: toml::Table = text.parse().ok()?;
    let pytest = table.get("tool")?.get("pytest")?;
    let pytest = pytest.get("ini_options").unwrap_or(pytest);
    let words = |key: &str| match pytest.get(key) {
        Some(toml::Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
        Some(toml::Value::Array(array)) => array.iter().filter_map(|it| it.as_str()).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    Some(Settings { files: words("python_files"), folders: words("testpaths") })
}

fn of_ini(text: &str, section: &str) -> Option<Settings> {
    let mut found: Option<Settings> = None;
    let mut key = String::new();
    let mut is_in = false;
    for line in text.lines() {
        let code = line.split(['#', ';']).next().unwrap_or_default();
        if let Some(name) = code.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            is_in = name == section;
            if is_in {
                found.get_or_insert_default();
            }
            continue;
        }
        let Some(settings) = found.as_mut().filter(|_| is_in) else { continue };
        // A value may go on in indented lines.
        let value = match code.split_once('=') {
            Some((name, value)) if !code.starts_with([' ', '\t']) => {
                key = name.trim().to_owned();
                value
            }
            _ if code.starts_with([' ', '\t']) => code,
            _ => continue,
        };
        let words = value.split_whitespace().map(str::to_owned);
        match &*key {
            "python_files" => settings.files.extend(words),
            "testpaths" => settings.folders.extend(words),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_pytest_reads() {
        let ini = "[tox]\npython_files = no.py\n[pytest]\naddopts = -q\npython_files =\n    check_*.py  # ours\n    tests.py\ntestpaths = tests docs\n";
        let settings = of_ini(ini, "pytest").unwrap();
        assert_eq!(
            (settings.files, settings.folders),
            (vec!["check_*.py".into(), "tests.py".into()], vec!["tests".into(), "docs".into()])
        );
        assert_eq!(of_ini(ini, "tool:pytest"), None);
        let toml = "[tool.pytest.ini_options]\ntestpaths = ['tests']\npython_files = 'a.py b.py'\n";
        let settings = of_toml(toml).unwrap();
        assert_eq!((settings.files.len(), settings.folders), (2, vec!["tests".to_owned()]));
        assert_eq!(of_toml("[tool.black]\n"), None);
    }
}

//! What the workbench keeps in the person's own configuration, and what it reads beside it.
//!
//! Invariant: of `config.toml` one line is changed or added; all others, comments too, stay as they are.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::sys::state::config_folder;

/// More of a person's themes are not read.
const FILES_MAX: usize = 200;
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The files of the person's folder of themes, `.toml` and `.tmTheme`, by name; each its text or why it cannot be read.
pub fn theme_files() -> Vec<(PathBuf, Result<String, String>)> {
    let Ok(folder) = config_folder().map(|folder| folder.join("themes")) else { return Vec::new() };
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let is_theme = |path: &PathBuf| path.extension().is_some_and(|end| end == "toml" || end == "tmTheme");
    let mut paths: Vec<PathBuf> =
        entries.take(FILES_MAX).filter_map(|entry| Some(entry.ok()?.path())).filter(is_theme).collect();
    paths.sort();
    let read = |path: &Path| match std::fs::metadata(path) {
        Ok(data) if data.len() > FILE_BYTES_MAX => Err("it is larger than 1 MB".to_owned()),
        _ => std::fs::read_to_string(path).map_err(|error| error.to_string()),
    };
    paths.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

/// Sets `theme` in the person's `config.toml`.
pub(in crate::sys) fn keep_theme(name: &str) -> Result<(), String> {
    let keep = || -> anyhow::Result<()> {
        let folder = config_folder()?;
        std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let file = folder.join("config.toml");
        // Where it is a link into another folder, that file is the one to be changed.
        let file = file.canonicalize().unwrap_or(file);
        let old = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", file.display())),
        };
        let new = with_theme(&old, name)
            .with_context(|| format!("{} is not understood; set theme there by hand", file.display()))?;
        if new != old {
            replace(&file, &new).with_context(|| format!("{} cannot be written", file.display()))?;
        }
        Ok(())
    };
    keep().map_err(|error| format!("{error:#}"))
}

/// The text with `theme` set, all else as it was; `None` where that cannot be made sure of.
fn with_theme(text: &str, name: &str) -> Option<String> {
    let before: toml::Table = toml::from_str(text).ok()?;
    let line = format!("theme = {}", toml::Value::String(name.to_owned()));
    let table = text.lines().position(|line| line.trim_start().starts_with('[')).unwrap_or(usize::MAX);
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let is_theme =
        |text: &str| text.trim_start().strip_prefix("theme").is_some_and(|rest| rest.trim_start().starts_with('='));
    let new = match text.lines().take(table).position(is_theme) {
        Some(at) => {
            let change = |(number, old): (usize, &str)| match number == at {
                // A comment behind the value stays.
                true => old.split_once('#').map_or(line.clone(), |(_, comment)| format!("{line} #{comment}")),
                false => old.to_owned(),
            };
            let lines: Vec<String> = text.lines().enumerate().map(change).collect();
            lines.join(end) + if text.ends_with('\n') { end } else { "" }
        }
        None => format!("{line}{end}{text}"),
    };
    let mut wanted = before;
    wanted.insert("theme".to_owned(), toml::Value::String(name.to_owned()));
    let after: toml::Table = toml::from_str(&new).ok()?;
    (after == wanted).then_some(new)
}

/// Whole or not at all, with the rights that the file had.
fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    let folder = file.parent().context("it has no folder")?;
    let mut made = tempfile::NamedTempFile::new_in(folder)?;
    made.write_all(text.as_bytes())?;
    if let Ok(data) = std::fs::metadata(file) {
        made.as_file().set_permissions(data.permissions())?;
    }
    made.as_file().sync_all()?;
    made.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_changed_and_all_others_stay() {
        let with = |text: &str| with_theme(text, "frost");
        assert_eq!(with("").unwrap(), "theme = \"frost\"\n");
        assert_eq!(
            with("# Mine.\ntheme = \"dusk\"   # at night\nmouse = false\n\n[keys]\ntheme = \"x\"\n").unwrap(),
            "# Mine.\ntheme = \"frost\" #  at night\nmouse = false\n\n[keys]\ntheme = \"x\"\n".replace("#  at", "# at")
        );
        assert_eq!(
            with("# Mine.\n[keys]\nquit = \"x\"\n").unwrap(),
            "theme = \"frost\"\n# Mine.\n[keys]\nquit = \"x\"\n"
        );
        assert_eq!(with("mouse = true\r\ntheme = 'a'\r\n").unwrap(), "mouse = true\r\ntheme = \"frost\"\r\n");
        assert_eq!(with("theme = \"\"\"\na\"\"\"\n"), None, "what is not understood is left alone");
        assert_eq!(with("theme = \n"), None);
        assert_eq!(with("x = [\n\"a\",\n]\n").unwrap(), "theme = \"frost\"\nx = [\n\"a\",\n]\n");
    }
}

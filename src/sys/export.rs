//! A conversation as a file of its own.
//!
//! Invariant: nothing that stands there already is replaced, and nothing is put into a project unless its person named the place.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::state::{make_private_folder, project_folder, state_folder};

/// Writes `text` at `place`, as seen from the project's root, else below flux's own folder; gives back where.
pub(super) fn export(root: &Path, text: &str, place: Option<&str>) -> anyhow::Result<String> {
    let file = match place {
        Some(place) => named(root, place),
        None => {
            let folder = project_folder(&state_folder()?, root).join("transcripts");
            make_private_folder(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
            folder.join(format!("{}.md", jiff::Zoned::now().strftime("%Y-%m-%d-%H%M%S")))
        }
    };
    let shown = file.display().to_string();
    let mut opened = OpenOptions::new().write(true).create_new(true).open(&file).with_context(|| shown.clone())?;
    opened.write_all(text.as_bytes()).and_then(|()| opened.sync_data()).with_context(|| shown.clone())?;
    Ok(shown)
}

fn named(root: &Path, place: &str) -> PathBuf {
    match place.strip_prefix("~/").zip(std::env::home_dir()) {
        Some((rest, home)) => home.join(rest),
        None => root.join(place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let shown = export(folder.path(), "# shop\n", Some("said.md")).unwrap();
        assert_eq!(std::fs::read_to_string(&shown).unwrap(), "# shop\n");
        assert!(export(folder.path(), "other", Some("said.md")).is_err());
        assert_eq!(std::fs::read_to_string(&shown).unwrap(), "# shop\n");
    }
}

//! Where flux keeps its own files: configuration, logs, and per project what has to outlive a run.
//!
//! Knows nothing of what the files hold. Invariant: nothing of flux's own is put inside a project.

use std::path::{Path, PathBuf};

use anyhow::Context;
use etcetera::BaseStrategy;

use crate::text::ContentHash;

/// Asks `variable` of the environment; set but empty counts as not set.
pub(super) fn environment_variable(variable: &str) -> Option<String> {
    std::env::var(variable).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// `~/.config/flux`, or what `XDG_CONFIG_HOME` says.
pub fn config_folder() -> anyhow::Result<PathBuf> {
    base_folder("XDG_CONFIG_HOME", |base| Some(base.config_dir()))
}

/// `~/.local/state/flux`, or what `XDG_STATE_HOME` says.
pub fn state_folder() -> anyhow::Result<PathBuf> {
    base_folder("XDG_STATE_HOME", BaseStrategy::state_dir)
}

/// The folder of one project's journal, undo list, sessions and lessons, below `state` (see [`state_folder`]).
///
/// It carries the project's name for people and a fingerprint of the whole path, since names repeat.
pub fn project_folder(state: &Path, root: &Path) -> PathBuf {
    let name = root.file_name().map_or_else(|| "root".into(), |name| name.to_string_lossy());
    let fingerprint = ContentHash::of(root.as_os_str().as_encoded_bytes()).to_string();
    state.join("projects").join(format!("{name}-{}", &fingerprint[..12]))
}

/// Makes a folder for what is the person's: nobody else reads it.
pub(super) fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn base_folder(
    variable: &'static str,
    choose: impl Fn(&etcetera::base_strategy::Xdg) -> Option<PathBuf>,
) -> anyhow::Result<PathBuf> {
    // Asked first, so that a service without a home directory still works when it says where.
    if let Some(folder) = environment_variable(variable).map(PathBuf::from).filter(|folder| folder.is_absolute()) {
        return Ok(folder.join("flux"));
    }
    let base = etcetera::base_strategy::Xdg::new()
        .with_context(|| format!("no home directory is known: set HOME or {variable}"))?;
    let folder = choose(&base).with_context(|| format!("no folder is known: set {variable}"))?;
    Ok(folder.join("flux"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_of_one_name_do_not_share_a_folder() {
        let state = Path::new("/state");
        let one = project_folder(state, Path::new("/home/a/shop"));
        let two = project_folder(state, Path::new("/home/b/shop"));
        assert_ne!(one, two);
        assert!(one.starts_with("/state/projects"));
        assert!(one.file_name().unwrap().to_string_lossy().starts_with("shop-"));
    }
}

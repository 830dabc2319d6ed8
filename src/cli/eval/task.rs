//! A task folder: what is asked, of which project, and what has to hold afterwards.
//!
//! Knows nothing of models. Invariant: the given project is only read; every run gets a copy of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

/// One task, as its folder says it.
pub(super) struct Task {
    /// The folder's name.
    pub(super) name: String,
    folder: PathBuf,
    project: PathBuf,
    pub(super) text: String,
    pub(super) checks: Checks,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    task: String,
    /// Where the project is, seen from the task's folder: several tasks may share one.
    #[serde(default = "beside")]
    project: PathBuf,
    #[serde(default)]
    checks: Checks,
}

fn beside() -> PathBuf {
    PathBuf::from("project")
}

/// What has to hold of the project afterwards. A symbol is addressed `path::Qual.name`, a place is a symbol or a path.
/// That nothing is there twice is always asked.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Checks {
    /// The files that differ from the given project afterwards: these and no others. Without it any may.
    pub(super) changed: Option<Vec<String>>,
    /// Symbols or files that are there.
    pub(super) exists: Vec<String>,
    /// Symbols or files that are not.
    pub(super) missing: Vec<String>,
    /// Signatures as written, without the name: `(self, rows: list[Row]) -> int`.
    pub(super) signature: BTreeMap<String, String>,
    /// Texts that stand in a place.
    pub(super) holds: BTreeMap<String, Vec<String>>,
    /// Texts that do not.
    pub(super) lacks: BTreeMap<String, Vec<String>>,
    /// Commands that end with status 0, run in the copy: words, without a shell.
    pub(super) commands: Vec<String>,
    /// Text that the answer to the person holds.
    pub(super) answer: Vec<String>,
}

impl Task {
    /// All tasks of a folder, by name; `wanted` names some of them.
    pub(super) fn all_in(folder: &Path, wanted: &[String]) -> anyhow::Result<Vec<Self>> {
        let mut places: Vec<PathBuf> = fs::read_dir(folder)
            .with_context(|| format!("'{}' cannot be read", folder.display()))?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|place| place.join("task.toml").is_file())
            .collect();
        places.sort();
        let name_of =
            |place: &Path| place.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let names: Vec<String> = places.iter().map(|place| name_of(place)).collect();
        anyhow::ensure!(
            !names.is_empty(),
            "'{}' holds no task: each is a folder with task.toml and project/",
            folder.display()
        );
        if let Some(unknown) = wanted.iter().find(|name| !names.contains(name)) {
            anyhow::bail!("there is no task '{unknown}'; there are {}", names.join(", "));
        }
        let is_wanted = |place: &&PathBuf| wanted.is_empty() || wanted.contains(&name_of(place));
        places.iter().filter(is_wanted).map(|place| Self::read(place.clone(), name_of(place))).collect()
    }

    fn read(folder: PathBuf, name: String) -> anyhow::Result<Self> {
        let place = folder.join("task.toml");
        let text = fs::read_to_string(&place).with_context(|| format!("'{}' cannot be read", place.display()))?;
        let Written { task, project, checks } =
            toml::from_str(&text).with_context(|| format!("'{}' is no task", place.display()))?;
        anyhow::ensure!(!task.trim().is_empty(), "'{}' asks for nothing", place.display());
        let project = folder.join(project);
        anyhow::ensure!(
            project.is_dir(),
            "'{}' has no project: '{}' is no folder; put it there, or say where it is with `project`",
            place.display(),
            project.display()
        );
        Ok(Self { name, folder, project, text: task.trim().to_owned(), checks })
    }

    /// The conversation that solves the task.
    pub(super) fn recording(&self) -> anyhow::Result<String> {
        let place = self.folder.join("recorded.jsonl");
        fs::read_to_string(&place)
            .with_context(|| format!("'{}' cannot be read; --model configured needs none", place.display()))
    }

    pub(super) fn project(&self) -> &Path {
        &self.project
    }

    /// Copies the project to `target`, which is made.
    pub(super) fn copy_to(&self, target: &Path) -> anyhow::Result<()> {
        copy_folder(self.project(), target)
            .with_context(|| format!("'{}' cannot be copied to '{}'", self.project().display(), target.display()))
    }
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (place, target) = (entry.path(), to.join(entry.file_name()));
        if place.is_dir() {
            // What an interpreter left behind is nobody's.
            if entry.file_name() != "__pycache__" {
                copy_folder(&place, &target)?;
            }
        } else {
            fs::copy(&place, &target)?;
        }
    }
    Ok(())
}

/// The files of a folder with their bytes, by their path with `/`.
pub(super) fn files_of(folder: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("'{}' cannot be read", next.display()))? {
            let entry = entry?;
            let place = entry.path();
            if place.is_dir() {
                if entry.file_name() != "__pycache__" {
                    folders.push(place);
                }
                continue;
            }
            let name = place.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
            files.insert(name, fs::read(&place).with_context(|| format!("'{}' cannot be read", place.display()))?);
        }
    }
    Ok(files)
}

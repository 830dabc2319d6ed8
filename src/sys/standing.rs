//! Whose work a file is, told from where it lies.
//!
//! Knows nothing of what is in a file. Invariant: nothing is said of a place that people may well have written: a name
//! decides only where it has one meaning, else there is evidence beside it.

use std::fs;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::walk::Rules;
use crate::text::{ProjectPath, Standing};

/// What the configuration says of whose work the files are, in patterns as in `.gitignore`.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    /// What is no part of the project.
    pub ignore: Vec<String>,
    /// What tools may change although it is not the project's own work.
    pub writable: Vec<String>,
}

/// Folders of installed packages and of what tools keep for themselves.
const INSTALLED: [&str; 14] = [
    "site-packages",
    "dist-packages",
    "node_modules",
    ".venv",
    ".tox",
    ".nox",
    ".eggs",
    ".direnv",
    "__pycache__",
    "__pypackages__",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".ipynb_checkpoints",
];

/// Folders of other projects' code, brought along.
const VENDORED: [&str; 6] = ["_vendor", "_vendored", "vendored", "third_party", "third-party", "thirdparty"];

const IS_INSTALLED: &str = "holds what was installed or cached";
const IS_VENDORED: &str = "holds code of other projects, brought along";
const IS_BUILT: &str = "was made by a build";
const IS_IGNORED: &str = "is ignored by a .gitignore or the configuration";

impl Bounds {
    pub(super) fn standing(&self, root: &Path, path: &ProjectPath) -> Standing {
        if self.is_writable(path) {
            return Standing::Granted;
        }
        let mut rules = Rules::new(root, &self.ignore);
        let ends = path.as_str().match_indices('/').map(|(at, _)| at);
        let folders = ends.filter_map(|end| ProjectPath::new(&path.as_str()[..end]).ok());
        for folder in folders {
            let place = folder.on_disk(root);
            let why = foreign(root, &folder).or_else(|| rules.is_ignored(&place, true).then_some(IS_IGNORED));
            if let Some(why) = why {
                return Standing::Foreign { place: folder, why };
            }
        }
        match rules.is_ignored(&path.on_disk(root), false) {
            true => Standing::Foreign { place: path.clone(), why: IS_IGNORED },
            false => Standing::Own,
        }
    }

    fn is_writable(&self, path: &ProjectPath) -> bool {
        let mut rules = GitignoreBuilder::new("");
        for pattern in &self.writable {
            // A pattern that is none allows nothing.
            let _ = rules.add_line(None, pattern);
        }
        let rules = rules.build().unwrap_or_else(|_| Gitignore::empty());
        rules.matched_path_or_any_parents(path.as_str(), false).is_ignore()
    }
}

/// Why what lies in `folder` is not the project's own, if its name and what is beside it say so.
fn foreign(root: &Path, folder: &ProjectPath) -> Option<&'static str> {
    let (name, place) = (folder.file_name(), folder.on_disk(root));
    let is_environment = || place.join("pyvenv.cfg").exists() || place.join("conda-meta").is_dir();
    if INSTALLED.contains(&name) || name.ends_with(".dist-info") || name.ends_with(".egg-info") || is_environment() {
        return Some(IS_INSTALLED);
    }
    if VENDORED.contains(&name) || (name == "vendor" && says_whose(&place)) {
        return Some(IS_VENDORED);
    }
    // What setuptools leaves there; a `build` or `dist` of people has other folders.
    let is_of_build =
        |part: &str| part == "lib" || ["lib.", "bdist.", "temp."].iter().any(|head| part.starts_with(head));
    (folder.folder() == "build" && is_of_build(name)).then_some(IS_BUILT)
}

/// A shop has a `vendor`, too. One that was brought along lies there with its licence, or with the list of what it is.
fn says_whose(folder: &Path) -> bool {
    let names_in = |folder: &Path| -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str().map(str::to_lowercase)).collect()
    };
    let tells = |names: &[String]| {
        names.iter().any(|name| {
            let is_licence = ["license", "licence", "copying"].iter().any(|head| name.starts_with(head));
            (is_licence && !name.ends_with(".py")) || matches!(&**name, "vendor.txt" | "vendored.txt" | "modules.txt")
        })
    };
    let names = names_in(folder);
    let is_installed = |name: &String| name.ends_with(".dist-info") || name.ends_with(".egg-info");
    tells(&names) || names.iter().any(|name| is_installed(name) || tells(&names_in(&folder.join(name))))
}

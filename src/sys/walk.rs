//! Which folders and files belong to a project.
//!
//! One set of rules for the first walk, for a folder that appears later and for a single file: `.gitignore` files (also
//! without git), what the configuration names, environments and caches. Symbolic links are not followed.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustc_hash::FxHashMap;

use crate::text::ProjectPath;

/// Held by tools for themselves, or made anew by whoever needs it: never part of a project, whatever the ignore files say.
pub(super) const HELD_BY_TOOLS: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    ".tox",
    ".nox",
    ".eggs",
    ".direnv",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".ipynb_checkpoints",
    "__pycache__",
];

/// What others wrote and somebody installed: no part of a project either.
const INSTALLED: &[&str] = &[".venv", "node_modules", "site-packages"];

/// Marks a folder as a Python environment, under whatever name.
const ENVIRONMENT_MARK: &str = "pyvenv.cfg";

const IGNORE_FILES: &[&str] = &[".gitignore", ".ignore"];

/// Whether a change of this file changes what belongs to the project.
pub(super) fn decides_membership(place: &Path) -> bool {
    let name = place.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name == ENVIRONMENT_MARK || IGNORE_FILES.contains(&name)
}

/// What a walk came upon.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) folders: Vec<PathBuf>,
    /// Regular files with Python source, and notebooks.
    pub(super) files: Vec<(ProjectPath, PathBuf)>,
}

/// The rules of one project, with the ignore files that were read so far.
pub(super) struct Rules {
    root: PathBuf,
    configured: Gitignore,
    /// Of the folders above the root within the same git work tree, the nearest first, then git's own.
    outer: Vec<Gitignore>,
    by_folder: FxHashMap<PathBuf, Vec<Gitignore>>,
}

impl Rules {
    pub(super) fn new(root: &Path, ignore: &[String]) -> Self {
        let mut configured = GitignoreBuilder::new(root);
        for pattern in ignore {
            // A pattern that is none matches nothing; the configuration's reader says so.
            let _ = configured.add_line(None, pattern);
        }
        Self {
            root: root.to_path_buf(),
            configured: configured.build().unwrap_or_else(|_| Gitignore::empty()),
            outer: outer_rules(root),
            by_folder: FxHashMap::default(),
        }
    }

    /// Walks `folder`, which belongs to the project. `enter` is called for each folder before it is listed, so that a
    /// watch which it sets misses nothing; it ends the walk by `false`.
    pub(super) fn walk(&mut self, folder: &Path, enter: impl FnMut(&Path) -> bool) -> Found {
        self.walk_taking(folder, enter, Self::takes_file)
    }

    /// The files of the whole project that hold no code, none larger than `bytes_max`; not many more than `count_max`.
    pub(super) fn other_files(&mut self, count_max: usize, bytes_max: u64) -> Vec<ProjectPath> {
        let (root, seen) = (self.root.clone(), Cell::new(0));
        let take = |rules: &mut Self, place: &Path| {
            let path = ProjectPath::below(&rules.root, place).filter(|path| !path.holds_code())?;
            let is_small = || place.metadata().is_ok_and(|meta| meta.len() <= bytes_max);
            let path = (!rules.is_ignored(place, false) && is_small()).then_some(path)?;
            seen.set(seen.get() + 1);
            Some(path)
        };
        self.walk_taking(&root, |_| seen.get() < count_max, take).files.into_iter().map(|(path, _)| path).collect()
    }

    fn walk_taking(
        &mut self,
        folder: &Path,
        mut enter: impl FnMut(&Path) -> bool,
        mut takes: impl FnMut(&mut Self, &Path) -> Option<ProjectPath>,
    ) -> Found {
        let mut found = Found::default();
        let mut waiting = vec![folder.to_path_buf()];
        while let Some(folder) = waiting.pop() {
            if !enter(&folder) {
                break;
            }
            // It may have come back with other rules.
            self.by_folder.remove(&folder);
            // What cannot be listed holds nothing that could be read.
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let Ok(kind) = entry.file_type() else { continue };
                let place = entry.path();
                if kind.is_dir() && self.takes_folder(&place) {
                    waiting.push(place);
                } else if kind.is_file()
                    && let Some(path) = takes(self, &place)
                {
                    found.files.push((path, place));
                }
            }
            found.folders.push(folder);
        }
        found
    }

    /// Whether a folder belongs to the project, given that the one above it does.
    pub(super) fn takes_folder(&mut self, place: &Path) -> bool {
        let name = place.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        !HELD_BY_TOOLS.contains(&name)
            && !INSTALLED.contains(&name)
            && !self.is_ignored(place, true)
            && !place.join(ENVIRONMENT_MARK).exists()
    }

    /// The path of a Python file or a notebook that belongs to the project, given that its folder does.
    pub(super) fn takes_file(&mut self, place: &Path) -> Option<ProjectPath> {
        let extension = place.extension()?;
        if extension != "py" && extension != "pyi" && extension != "ipynb" {
            return None;
        }
        let path = ProjectPath::below(&self.root, place)?;
        (!self.is_ignored(place, false)).then_some(path)
    }

    /// As git does: the nearest rule that says anything decides, given that none takes the folder above away.
    pub(super) fn is_ignored(&mut self, place: &Path, is_folder: bool) -> bool {
        if let Some(answer) = decided(&self.configured, place, is_folder) {
            return answer;
        }
        let root = self.root.clone();
        for folder in place.ancestors().skip(1).take_while(|folder| folder.starts_with(&root)) {
            let rules = match self.by_folder.get(folder) {
                Some(rules) => rules,
                None => self.by_folder.entry(folder.to_path_buf()).or_insert_with(|| own_rules(folder)),
            };
            if let Some(answer) = rules.iter().find_map(|rules| decided(rules, place, is_folder)) {
                return answer;
            }
        }
        self.outer.iter().find_map(|rules| decided(rules, place, is_folder)).unwrap_or(false)
    }
}

fn decided(rules: &Gitignore, place: &Path, is_folder: bool) -> Option<bool> {
    match rules.matched(place, is_folder) {
        Match::None => None,
        Match::Ignore(_) => Some(true),
        Match::Whitelist(_) => Some(false),
    }
}

fn own_rules(folder: &Path) -> Vec<Gitignore> {
    let files = IGNORE_FILES.iter().rev().map(|name| folder.join(name));
    files.filter(|file| file.is_file()).map(|file| rules_of(folder, &file)).collect()
}

/// The rules of one ignore file, as far as its lines are rules.
fn rules_of(folder: &Path, file: &Path) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder);
    let _ = builder.add(file);
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

fn outer_rules(root: &Path) -> Vec<Gitignore> {
    let mut outer = Vec::new();
    if let Some(top) = root.ancestors().find(|folder| folder.join(".git").exists()) {
        for folder in root.ancestors().skip(1).take_while(|folder| folder.starts_with(top)) {
            outer.extend(own_rules(folder));
        }
        outer.push(rules_of(top, &top.join(".git/info/exclude")));
    }
    outer.push(Gitignore::global().0);
    // Rules under which nothing would be left cannot be meant: the person has opened this very folder.
    outer.retain(|rules| !is_whole_root_ignored(rules, root));
    outer
}

fn is_whole_root_ignored(rules: &Gitignore, root: &Path) -> bool {
    root.starts_with(rules.path()) && rules.matched_path_or_any_parents(root, true).is_ignore()
}

//! Which folders and files belong to a project.
//!
//! One set of rules for the first walk, for a folder that appears later and for a single file: `.gitignore` files (also
//! without git), what the configuration names, environments and caches. Symbolic links are not followed.

use std::cell::Cell;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder, gitconfig_excludes_path};
use rustc_hash::FxHashMap;

use super::listings::{Entry, Listing, Listings, list};
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

/// Git's own ignore file of one work tree.
const EXCLUDE: &str = ".git/info/exclude";

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
    /// Folders that were entered and turned out to be environments.
    pub(super) environments: Vec<PathBuf>,
    /// What could not be listed, or is no file or no name that a path can hold, and why.
    pub(super) unlisted: Vec<(PathBuf, io::Error)>,
}

/// The rules that hold in one folder, the nearest first; those of the folders above the root aside.
type Chain = Arc<[Arc<Gitignore>]>;

/// The rules of one project, with the ignore files that were read so far.
pub(super) struct Rules {
    root: PathBuf,
    configured: Gitignore,
    /// Of the folders above the root within the same git work tree, the nearest first, then git's own.
    outer: Vec<Gitignore>,
    /// By the spelling of the folder: paths are compared part by part, which takes long.
    by_folder: FxHashMap<OsString, Chain>,
}

impl Rules {
    /// Of a project whose ignore files nobody has read yet.
    pub(super) fn unread(root: &Path) -> Self {
        let (configured, by_folder) = (Gitignore::empty(), FxHashMap::default());
        Self { root: root.to_path_buf(), configured, outer: Vec::new(), by_folder }
    }

    pub(super) fn new(root: &Path, ignore: &[String]) -> Self {
        let mut configured = GitignoreBuilder::new(root);
        for pattern in ignore {
            // A pattern that is none matches nothing; the configuration's reader says so.
            let _ = configured.add_line(None, pattern);
        }
        let configured = configured.build().unwrap_or_else(|_| Gitignore::empty());
        Self { configured, outer: outer_rules(root), ..Self::unread(root) }
    }

    /// Walks `folder`, which belongs to the project. `enter` is called for each folder before it is listed, so that a
    /// watch which it sets misses nothing; it ends the walk by `false`.
    pub(super) fn walk(&mut self, folder: &Path, enter: impl FnMut(&Path) -> bool) -> Found {
        let list = |folder: &Path, _: Option<&ProjectPath>| list(folder, is_of_code);
        self.walk_taking(folder, enter, list, is_code, |_| true)
    }

    /// As [`Rules::walk`], with listings that were kept.
    pub(super) fn walk_knowing(
        &mut self,
        folder: &Path,
        listings: &mut Listings,
        enter: impl FnMut(&Path) -> bool,
    ) -> Found {
        let now = SystemTime::now();
        let list = |folder: &Path, path: Option<&ProjectPath>| {
            listings.list(path.map_or("", ProjectPath::as_str), folder, now, is_of_code)
        };
        self.walk_taking(folder, enter, list, is_code, |_| true)
    }

    /// The files of the whole project that hold no code, none larger than `bytes_max`; not many more than `count_max`.
    pub(super) fn other_files(&mut self, count_max: usize, bytes_max: u64) -> Vec<ProjectPath> {
        let (root, seen) = (self.root.clone(), Cell::new(0));
        let take = |place: &Path| {
            let is_small = place.metadata().is_ok_and(|meta| meta.len() <= bytes_max);
            seen.set(seen.get() + usize::from(is_small));
            is_small
        };
        let list = |folder: &Path, _: Option<&ProjectPath>| list(folder, |_, _| true);
        let found = self.walk_taking(&root, |_| seen.get() < count_max, list, |name| !is_code(name), take);
        found.files.into_iter().map(|(path, _)| path).collect()
    }

    /// `list` lists a folder; `is_meant` is asked of names, and `takes` of what no rule takes away.
    fn walk_taking(
        &mut self,
        folder: &Path,
        mut enter: impl FnMut(&Path) -> bool,
        mut list: impl FnMut(&Path, Option<&ProjectPath>) -> io::Result<Listing>,
        is_meant: impl Fn(&Path) -> bool,
        takes: impl Fn(&Path) -> bool,
    ) -> Found {
        let mut found = Found::default();
        let above = folder.parent().map_or_else(Chain::default, |above| self.chain(above));
        let mut waiting = vec![(folder.to_path_buf(), ProjectPath::below(&self.root, folder), above)];
        while let Some((folder, own_path, above)) = waiting.pop() {
            if !enter(&folder) {
                break;
            }
            let listing = match list(&folder, own_path.as_ref()) {
                Ok(listing) => listing,
                // It has gone meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    found.unlisted.push((folder, error));
                    continue;
                }
            };
            let has = |wanted: &str| listing.iter().any(|(name, _)| name == wanted);
            if has(ENVIRONMENT_MARK) && folder != self.root {
                found.environments.push(folder);
                continue;
            }
            // It may have come back with other rules.
            let own = if IGNORE_FILES.iter().any(|name| has(name)) { own_rules(&folder) } else { Vec::new() };
            let chain = match own.is_empty() && !self.by_folder.contains_key(folder.as_os_str()) {
                // Most folders have none of their own: who asks for those of a single file finds out.
                true => above,
                false => self.put(&folder, own, above),
            };
            for (name, kind) in listing {
                let is_folder = kind == Entry::Folder;
                let name = Path::new(&name);
                // Links are not followed.
                if kind == Entry::Link || !(is_folder && is_entered(name) || !is_folder && is_meant(name)) {
                    continue;
                }
                let place = folder.join(name);
                if self.is_ignored_by(&chain, &place, is_folder) {
                    continue;
                }
                match name.to_str().and_then(|name| ProjectPath::inside(own_path.as_ref(), name)) {
                    None => found.unlisted.push((place, io::Error::other("its name is not UTF-8"))),
                    Some(path) if is_folder => waiting.push((place, Some(path), chain.clone())),
                    Some(_) if kind != Entry::File => found.unlisted.push((place, io::Error::other("it is no file"))),
                    Some(path) if takes(&place) => found.files.push((path, place)),
                    Some(_) => {}
                }
            }
            found.folders.push(folder);
        }
        found
    }

    /// Whether a folder belongs to the project, given that the one above it does.
    pub(super) fn takes_folder(&mut self, place: &Path) -> bool {
        let is_entered = place.file_name().is_none_or(|name| is_entered(Path::new(name)));
        is_entered && !self.is_ignored(place, true) && !place.join(ENVIRONMENT_MARK).exists()
    }

    /// The path of a Python file or a notebook that belongs to the project, given that its folder does.
    pub(super) fn takes_file(&mut self, place: &Path) -> Option<ProjectPath> {
        let path = ProjectPath::below(&self.root, place).filter(|_| is_code(place))?;
        (!self.is_ignored(place, false)).then_some(path)
    }

    /// As git does: the nearest rule that says anything decides, given that none takes the folder above away.
    pub(super) fn is_ignored(&mut self, place: &Path, is_folder: bool) -> bool {
        let chain = place.parent().map_or_else(Chain::default, |folder| self.chain(folder));
        self.is_ignored_by(&chain, place, is_folder)
    }

    fn is_ignored_by(&self, chain: &Chain, place: &Path, is_folder: bool) -> bool {
        let nearer = std::iter::once(&self.configured).chain(chain.iter().map(|rules| &**rules));
        nearer.chain(&self.outer).find_map(|rules| decided(rules, place, is_folder)).unwrap_or(false)
    }

    fn chain(&mut self, folder: &Path) -> Chain {
        if !folder.starts_with(&self.root) {
            return Chain::default();
        }
        match self.by_folder.get(folder.as_os_str()) {
            Some(chain) => chain.clone(),
            None => {
                let above = folder.parent().map_or_else(Chain::default, |above| self.chain(above));
                self.put(folder, own_rules(folder), above)
            }
        }
    }

    /// The rules in a folder that has these of its own, and those above it.
    fn put(&mut self, folder: &Path, own: Vec<Gitignore>, above: Chain) -> Chain {
        let chain = match own.is_empty() {
            true => above,
            false => own.into_iter().map(Arc::new).chain(above.iter().cloned()).collect(),
        };
        self.by_folder.insert(folder.as_os_str().to_owned(), chain.clone());
        chain
    }
}

/// Whether a file of that name holds code.
fn is_code(name: &Path) -> bool {
    name.extension().is_some_and(|extension| extension == "py" || extension == "pyi" || extension == "ipynb")
}

/// Whether a folder of that name may belong to a project.
fn is_entered(name: &Path) -> bool {
    let name = name.to_str().unwrap_or_default();
    !HELD_BY_TOOLS.contains(&name) && !INSTALLED.contains(&name)
}

/// Whether a walk for code looks at this name.
fn is_of_code(name: &Path, kind: Entry) -> bool {
    let is_named = if kind == Entry::Folder { is_entered(name) } else { is_code(name) };
    is_named || decides_membership(name)
}

fn decided(rules: &Gitignore, place: &Path, is_folder: bool) -> Option<bool> {
    match rules.matched(place, is_folder) {
        Match::None => None,
        Match::Ignore(_) => Some(true),
        Match::Whitelist(_) => Some(false),
    }
}

/// Where the ignore files of a folder stand, the stronger first.
fn own_files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    IGNORE_FILES.iter().rev().map(|name| folder.join(name))
}

fn own_rules(folder: &Path) -> Vec<Gitignore> {
    own_files(folder).filter(|file| file.is_file()).map(|file| rules_of(folder, &file)).collect()
}

/// The rules of one ignore file, as far as its lines are rules.
fn rules_of(folder: &Path, file: &Path) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder);
    let _ = builder.add(file);
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// Where ignore files may stand that hold in `root` and not within it.
pub(super) fn outer_files(root: &Path) -> Vec<PathBuf> {
    let (top, above) = work_tree(root);
    let exclude = top.map(|top| top.join(EXCLUDE));
    above.iter().flat_map(|folder| own_files(folder)).chain(exclude).chain(gitconfig_excludes_path()).collect()
}

/// The git work tree that `root` is part of, and the folders of it above the root, the nearest first.
fn work_tree(root: &Path) -> (Option<&Path>, Vec<&Path>) {
    let top = root.ancestors().find(|folder| folder.join(".git").exists());
    let above = top.map(|top| root.ancestors().skip(1).take_while(|folder| folder.starts_with(top)).collect());
    (top, above.unwrap_or_default())
}

fn outer_rules(root: &Path) -> Vec<Gitignore> {
    let (top, above) = work_tree(root);
    let mut outer: Vec<Gitignore> = above.into_iter().flat_map(own_rules).collect();
    outer.extend(top.map(|top| rules_of(top, &top.join(EXCLUDE))));
    outer.push(Gitignore::global().0);
    // Rules under which nothing would be left cannot be meant: the person has opened this very folder.
    outer.retain(|rules| !is_whole_root_ignored(rules, root));
    outer
}

fn is_whole_root_ignored(rules: &Gitignore, root: &Path) -> bool {
    root.starts_with(rules.path()) && rules.matched_path_or_any_parents(root, true).is_ignore()
}

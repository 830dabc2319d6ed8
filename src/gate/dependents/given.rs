//! The other names by which something of the project is known: of a function, a module, or an object of a class.
//!
//! Knows nothing of types. Invariant: who gets hold of the thing says one of its names; who says one need not have it.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use super::flows::{Flow, Given, How, flows};
use crate::gate::project::{Project, has_word, word_places};
use crate::index::{FileStructure, Tree};
use crate::text::ProjectPath;

/// So many names of objects are followed; of a class that is known by more, anybody may have one.
const NAMES_MAX: usize = 400;
/// Of the files that would have to be judged, so many are read at most to find out which can have an object.
const READ_PART: usize = 2;
const READ_MIN: usize = 32;
/// Members of containers, by whatever class: what they give is not a member of what lies in them.
const OF_CONTAINERS: [&str; 12] =
    ["copy", "data", "first", "get", "items", "last", "pop", "popitem", "popleft", "result", "setdefault", "values"];

/// Follows names through the flows of files.
struct Following<'a> {
    project: &'a Project<'a>,
    /// Whether a word is passed on where it stands like this; and it may give something that the thing lies in.
    passes_on: &'a dyn Fn(&How, bool) -> bool,
    /// Whether names count that one function alone knows: who names the thing there is found by its own name.
    takes_locals: bool,
    /// The flows of the files that were read.
    read: BTreeMap<ProjectPath, Vec<Flow>>,
    /// Each with whether it may as well give something that the thing lies in.
    names: BTreeMap<Box<str>, bool>,
    wanted: Vec<Box<str>>,
}

impl<'a> Following<'a> {
    fn new(project: &'a Project<'a>, passes_on: &'a dyn Fn(&How, bool) -> bool) -> Self {
        let (read, names, wanted) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        Self { project, passes_on, takes_locals: false, read, names, wanted }
    }

    /// Takes in a name, once more where it turns out that it may give something that the thing lies in.
    fn add(&mut self, name: &str, is_container: bool, is_wanted: bool) {
        let known = self.names.get(name).copied();
        if known.is_none_or(|known| is_container && !known) {
            self.names.insert(name.into(), is_container);
            if is_wanted {
                self.wanted.push(name.into());
            }
        }
    }

    /// Takes in what gives `name` on in a file.
    fn look_into(&mut self, path: &ProjectPath, name: &str) {
        if !self.read.contains_key(path) {
            let text = self.project.text(path).unwrap_or_else(|| "".into());
            self.read.insert(path.clone(), flows(Tree::parse(path, &text).body()));
        }
        let is_container = self.names.get(name).copied().unwrap_or_default();
        let gives = |given: &&Given| *given.word == *name && (self.passes_on)(&given.how, is_container);
        let flows = self.read.get(path).map(Vec::as_slice).unwrap_or_default();
        let mut found: Vec<(Box<str>, bool, bool)> = Vec::new();
        for flow in flows.iter().filter(|flow| !flow.is_local || self.takes_locals) {
            let mut given = flow.from.iter().filter(gives).peekable();
            if given.peek().is_some() {
                found.push((flow.to.clone(), is_container || given.any(|given| !given.is_plain), !flow.is_local));
            }
        }
        found.into_iter().for_each(|(name, is_container, is_wanted)| self.add(&name, is_container, is_wanted));
    }
}

/// The other names under which files hand on the function or class `name`.
pub(super) fn other_names(
    project: &Project<'_>,
    name: &str,
    reaches: &dyn Fn(&ProjectPath) -> bool,
) -> BTreeSet<Box<str>> {
    let mut following = Following::new(project, &|how, _| *how == How::Whole);
    following.add(name, false, true);
    while let Some(name) = following.wanted.pop().filter(|_| !project.is_cancelled()) {
        let files = project.files_with_word(&name);
        for path in files.iter().filter(|path| project.changed.contains_key(*path) || reaches(path)) {
            if stands_alone(project, path, &name) {
                following.look_into(path, &name);
            }
        }
    }
    following.names.into_keys().filter(|known| **known != *name).collect()
}

/// The other names of the modules called `modules`; `importers` import one of them.
pub(super) fn other_module_names(
    project: &Project<'_>,
    modules: &BTreeSet<Box<str>>,
    importers: &BTreeSet<ProjectPath>,
) -> BTreeSet<Box<str>> {
    let mut following = Following { takes_locals: true, ..Following::new(project, &|how, _| *how == How::Whole) };
    for path in importers.iter().take_while(|_| !project.is_cancelled()) {
        let Some(structure) = project.structure(path) else { continue };
        let imported = structure.imports.iter().flat_map(|import| &import.names);
        for name in imported {
            let word = name.name.rsplit('.').next().unwrap_or_default();
            if modules.contains(word) {
                following.add(word, false, false);
                name.alias.iter().for_each(|alias| following.add(alias, false, false));
                if stands_alone(project, path, word) {
                    following.look_into(path, word);
                }
                if let Some(alias) = name.alias.as_deref() {
                    following.look_into(path, alias);
                }
            }
        }
    }
    while let Some(name) = following.wanted.pop().filter(|_| !project.is_cancelled()) {
        for path in project.files_with_word(&name) {
            if stands_alone(project, &path, &name) {
                following.look_into(&path, &name);
            }
        }
    }
    following.names.into_keys().collect()
}

/// Whether a word stands in a file where it is handed on as it is: neither called nor followed by a dot, or imported under
/// another name.
fn stands_alone(project: &Project<'_>, path: &ProjectPath, name: &str) -> bool {
    let (Some(text), Some(structure)) = (project.text(path), project.structure(path)) else { return true };
    let is_alias = structure
        .imports
        .iter()
        .flat_map(|import| &import.names)
        .any(|imported| imported.alias.is_some() && imported.name.rsplit('.').next() == Some(name));
    is_alias
        || word_places(&text, name).any(|at| {
            let is_imported = structure.imports.iter().any(|import| import.span.range().contains(&at));
            let behind = text[at + name.len()..].trim_start_matches([' ', '\t']);
            let before = text[..at].trim_end_matches([' ', '\t']);
            !is_imported
                && !behind.starts_with(['.', '(', '='])
                && !before.ends_with('@')
                && !before.ends_with("def")
                && !before.ends_with("class")
        })
}

/// Who can have an object of a class.
pub(super) struct Holders(FxHashSet<ProjectPath>);

impl Holders {
    /// Who can have an object of the classes of the changed files that have a member called `name`. Nothing where too much
    /// speaks of them to follow, for as much as `file_count` files are worth.
    pub(super) fn of_member(
        project: &Project<'_>,
        name: &str,
        file_count: usize,
        reaches: &dyn Fn(&ProjectPath) -> bool,
    ) -> Option<Self> {
        let mut classes: BTreeSet<Box<str>> = BTreeSet::new();
        for sides in project.changed.values() {
            classes.extend(classes_with(&sides.old, &sides.old_text, name).map(Into::into));
            classes.extend(classes_with(&sides.new, &sides.new_text, name).map(Into::into));
        }
        if classes.is_empty() {
            return None;
        }
        let members = members_of(project, &classes);
        let passes_on = |how: &How, is_container: bool| match how {
            How::Whole | How::Called => true,
            // What a member of the object itself gives is known by the member's name.
            How::Owner(member) => is_container && OF_CONTAINERS.contains(&&**member) || !members.contains(member),
        };
        let read_max = (file_count / READ_PART).max(READ_MIN);
        let mut following = Following::new(project, &passes_on);
        classes.iter().for_each(|class| following.add(class, false, true));
        let mut holders = FxHashSet::default();
        while let Some(name) = following.wanted.pop() {
            let mut files = project.files_with_word(&name);
            files.retain(|path| project.changed.contains_key(path) || reaches(path));
            if files.len() > read_max {
                return None;
            }
            for path in files {
                following.look_into(&path, &name);
                holders.insert(path);
                if following.read.len() > read_max || following.names.len() > NAMES_MAX || project.is_cancelled() {
                    return None;
                }
            }
        }
        Some(Self(holders))
    }

    pub(super) fn hold(&self, path: &ProjectPath) -> bool {
        self.0.contains(path)
    }
}

/// The classes in whose text `name` stands.
fn classes_with<'s>(structure: &'s FileStructure, text: &'s str, name: &'s str) -> impl Iterator<Item = &'s str> {
    let classes = structure.symbols.iter().filter(|symbol| symbol.kind == crate::index::SymbolKind::Class);
    let has_it =
        move |class: &&crate::index::Symbol| text.get(class.span.range()).is_some_and(|text| has_word(text, name));
    classes.filter(has_it).map(|class| &*class.name)
}

/// The members of these classes, of those below them and of their bases.
fn members_of(project: &Project<'_>, classes: &BTreeSet<Box<str>>) -> BTreeSet<Box<str>> {
    let below = classes.iter().flat_map(|class| project.subclass_names(class));
    let family = project.with_bases(&below.chain(classes.iter().cloned()).collect());
    let placed = family.iter().flat_map(|class| project.classes(class));
    placed
        .flat_map(|(_, structure, class)| {
            let id = structure.symbols.iter().position(|symbol| symbol.span == class.span);
            let members =
                structure.symbols.iter().filter(|symbol| symbol.parent.map(|id| id as usize) == id && id.is_some());
            members.map(|symbol| Box::from(&*symbol.name)).collect::<Vec<Box<str>>>()
        })
        .collect()
}

//! The other names by which something of the project is known: of a function, a module, or an object of a class.
//!
//! Knows nothing of types. Invariant: who gets hold of the thing says one of its names; who says one need not have it.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use super::flows::{Flow, Given, How, flows};
use super::reaching::Reaching;
use crate::gate::forgetting::forget_aside;
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
    passes_on: &'a dyn Fn(&Given, bool) -> bool,
    /// What only one function knows counts as well: who names the thing there is else found by its own name.
    takes_locals: bool,
    read: FlowsRead,
    /// Each with whether it may as well give something that the thing lies in.
    names: BTreeMap<Box<str>, bool>,
    /// Where each is bound so.
    bound: BTreeMap<Box<str>, BTreeMap<ProjectPath, Known>>,
    /// What is to be followed, with the files that bind it.
    wanted: BTreeMap<Box<str>, BTreeSet<ProjectPath>>,
    /// The names alone that were not known before.
    news: Vec<Box<str>>,
}

/// The flows of the files that were read: where these are thousands, a question that is ended does not wait until all are
/// given back.
#[derive(Default)]
struct FlowsRead(BTreeMap<ProjectPath, Vec<Flow>>);

impl Drop for FlowsRead {
    fn drop(&mut self) {
        let flows = std::mem::take(&mut self.0);
        if flows.len() > READ_MIN {
            forget_aside(move || drop(flows));
        }
    }
}

/// Who knows a name that a file binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Here,
    Elsewhere,
}

impl<'a> Following<'a> {
    fn new(project: &'a Project<'a>, passes_on: &'a dyn Fn(&Given, bool) -> bool) -> Self {
        let (read, names, bound) = (FlowsRead::default(), BTreeMap::new(), BTreeMap::new());
        Self { project, passes_on, takes_locals: false, read, names, bound, wanted: BTreeMap::new(), news: Vec::new() }
    }

    /// Takes in a name that a file binds, once more where it turns out that it may give something that the thing lies in.
    fn add(&mut self, name: &str, is_container: bool, (path, known): (&ProjectPath, Known)) {
        let is_news = self.names.get(name).is_none_or(|known| is_container && !known);
        if is_news {
            self.news.push(name.into());
        }
        *self.names.entry(name.into()).or_default() |= is_container;
        let places = self.bound.entry(name.into()).or_default();
        let before = places.insert(path.clone(), known.max(places.get(path).copied().unwrap_or(known)));
        if known == Known::Elsewhere && (is_news || before != Some(Known::Elsewhere)) {
            self.wanted.entry(name.into()).or_default().insert(path.clone());
        }
    }

    /// Takes in what gives `name` on in a file.
    fn look_into(&mut self, path: &ProjectPath, name: &str) {
        if !self.read.0.contains_key(path) {
            let text = self.project.text(path).unwrap_or_else(|| "".into());
            self.read.0.insert(path.clone(), flows(Tree::parse(path, &text).body()));
        }
        let is_container = self.names.get(name).copied().unwrap_or_default();
        let gives = |given: &&Given| *given.word == *name && (self.passes_on)(given, is_container);
        let flows = self.read.0.get(path).map(Vec::as_slice).unwrap_or_default();
        let mut found: Vec<(Box<str>, bool, Known)> = Vec::new();
        for flow in flows.iter().filter(|flow| !flow.is_local || self.takes_locals) {
            let mut given = flow.from.iter().filter(gives).peekable();
            if given.peek().is_some() {
                let known = if flow.is_local { Known::Here } else { Known::Elsewhere };
                found.push((flow.to.clone(), is_container || given.any(|given| !given.is_plain), known));
            }
        }
        found.into_iter().for_each(|(name, is_container, known)| self.add(&name, is_container, (path, known)));
    }

    /// Follows all names to whom has them: the file that binds one, and those that reach it over imports.
    fn follow(mut self, reaching: &Reaching<'_>) -> OtherNames {
        while let Some((name, places)) = self.wanted.pop_first() {
            let mut files = self.project.files_with_word(&name);
            // Most names stand nowhere else.
            if files.iter().any(|path| !places.contains(path)) {
                let having = reaching.at_or_above(&places);
                files.retain(|path| having.contains(path));
            }
            for path in files {
                if stands_alone(self.project, &path, &name) {
                    self.look_into(&path, &name);
                }
            }
        }
        OtherNames(self.bound)
    }
}

/// Whether the thing itself is given, not what it gives or an object of it.
fn is_itself(given: &Given, _: bool) -> bool {
    given.how == How::Whole && !given.is_type
}

/// The other names of something, with the files that bind each.
#[derive(Debug, Clone, Default)]
pub(super) struct OtherNames(BTreeMap<Box<str>, BTreeMap<ProjectPath, Known>>);

impl OtherNames {
    /// Those of the function or class `name`, which some files import from where it is defined, or read there.
    pub(super) fn of(
        project: &Project<'_>,
        name: &str,
        reaching: &Reaching<'_>,
        has_it: impl Fn(&ProjectPath) -> bool,
    ) -> Self {
        let mut following = Following::new(project, &is_itself);
        following.names.insert(name.into(), false);
        for path in project.files_with_word(name) {
            if (project.changed.contains_key(&path) || has_it(&path)) && stands_alone(project, &path, name) {
                following.look_into(&path, name);
            }
        }
        let mut found = following.follow(reaching);
        found.0.remove(name);
        found
    }

    /// Those of the modules called `modules`; `importers` import one of them.
    pub(super) fn of_modules(
        project: &Project<'_>,
        modules: &BTreeSet<Box<str>>,
        importers: &BTreeSet<ProjectPath>,
        reaching: &Reaching<'_>,
    ) -> Self {
        let mut following = Following { takes_locals: true, ..Following::new(project, &is_itself) };
        for path in importers {
            let Some(structure) = project.structure(path) else { continue };
            for name in structure.imports.iter().flat_map(|import| &import.names) {
                let word = name.name.rsplit('.').next().unwrap_or_default();
                if modules.contains(word) {
                    following.add(word, false, (path, Known::Here));
                    name.alias.iter().for_each(|alias| following.add(alias, false, (path, Known::Here)));
                    if stands_alone(project, path, word) {
                        following.look_into(path, word);
                    }
                    if let Some(alias) = name.alias.as_deref() {
                        following.look_into(path, alias);
                    }
                }
            }
        }
        following.follow(reaching)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }

    /// The files that can have the thing under one of these names.
    pub(super) fn having(&self, is_asked: impl Fn(&str) -> bool, reaching: &Reaching<'_>) -> FxHashSet<ProjectPath> {
        let places = || self.0.iter().filter(|(name, _)| is_asked(name)).flat_map(|(_, places)| places);
        let elsewhere = places().filter(|(_, known)| **known == Known::Elsewhere);
        let mut files = reaching.at_or_above(&elsewhere.map(|(path, _)| path.clone()).collect());
        files.extend(places().map(|(path, _)| path.clone()));
        files
    }
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
        reaching: &Reaching<'_>,
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
        let passes_on = |given: &Given, is_container: bool| match &given.how {
            How::Whole | How::Called => true,
            // What a member of the object itself gives is known by the member's name.
            How::Owner(member) => is_container && OF_CONTAINERS.contains(&&**member) || !members.contains(member),
        };
        let read_max = (file_count / READ_PART).max(READ_MIN);
        let mut following = Following::new(project, &passes_on);
        let mut wanted: Vec<Box<str>> = classes.iter().cloned().collect();
        following.names.extend(classes.into_iter().map(|class| (class, false)));
        let mut holders = FxHashSet::default();
        while let Some(name) = wanted.pop() {
            let mut files = project.files_with_word(&name);
            files.retain(|path| reaching.reaches_change(path));
            if files.len() > read_max {
                return None;
            }
            for path in files {
                following.look_into(&path, &name);
                // Whatever binds the name, it is followed once.
                wanted.append(&mut following.news);
                holders.insert(path);
                if following.read.0.len() > read_max || following.names.len() > NAMES_MAX {
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

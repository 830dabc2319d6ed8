//! The project as it would be, asked by name: which files mention a word, what a class is a base of.
//!
//! Knows nothing of the engine. Invariant: answers count the pending texts, never the old ones they replace.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::pulse::Pulse;
use crate::index::{
    ClassPlace, ClassTable, FileStructure, Notebook, NotebookFault, Symbol, SymbolId, View, has_same_code, own_bases,
};
use crate::text::{ContentHash, FileChange, ProjectPath};

/// One changed Python file, old against new; of a notebook, its code.
pub(super) struct Sides {
    pub(super) old_text: Arc<str>,
    pub(super) new_text: Arc<str>,
    pub(super) old: Arc<FileStructure>,
    pub(super) new: Arc<FileStructure>,
    /// The lines of the old and of the new text that differ: before and behind them both are the same.
    pub(super) apart: (Range<usize>, Range<usize>),
    /// Where the cells of a notebook start in its code; of another file, nowhere.
    pub(super) old_cells: Vec<usize>,
    pub(super) new_cells: Vec<usize>,
    /// It is to be created.
    pub(super) is_created: bool,
    /// It is to be deleted.
    pub(super) is_deleted: bool,
    /// The disk holds the new text already: the index knows it.
    pub(super) is_indexed: bool,
}

pub(super) struct Project<'a> {
    pub(super) view: View<'a>,
    pub(super) changed: BTreeMap<ProjectPath, Sides>,
    /// The notebooks that the change breaks as such; nothing else is told of those.
    pub(super) broken: Vec<(ProjectPath, NotebookFault)>,
    pulse: Option<Pulse<'a>>,
    notebooks: RefCell<HashMap<ProjectPath, Option<Arc<Notebook>>>>,
    texts: RefCell<HashMap<ProjectPath, Option<Arc<str>>>>,
    /// The classes of the changed files as they would be.
    changed_classes: OnceCell<ClassTable>,
    /// What was asked of a class by its name: those below it, and its own bases.
    below: Kept<Box<str>, Arc<BTreeSet<Box<str>>>>,
    bases: Kept<Box<str>, Arc<[Box<str>]>>,
    /// How the project brings names into files that lack them.
    brought: Kept<(ProjectPath, Box<str>), Option<Brought>>,
    /// Whether a member, the first, is set on one of a class or module from outside, the second.
    set_on: Kept<(Box<str>, Box<str>), bool>,
}

/// Answers that are looked for once in a judgement.
type Kept<Q, A> = RefCell<FxHashMap<Q, A>>;

/// The import that brings a name into a file, as far as the rest of the project tells.
#[derive(Debug, Clone)]
pub(super) enum Brought {
    /// The other files all import it like this.
    Imported(String),
    /// It is defined in one other file alone.
    Defined(String),
}

impl<'a> Project<'a> {
    pub(super) fn new(view: View<'a>) -> Self {
        let mut project = Self {
            view,
            changed: BTreeMap::new(),
            broken: Vec::new(),
            pulse: None,
            notebooks: RefCell::default(),
            texts: RefCell::default(),
            changed_classes: OnceCell::new(),
            below: RefCell::default(),
            bases: RefCell::default(),
            brought: RefCell::default(),
            set_on: RefCell::default(),
        };
        for (path, change) in view.pending.iter() {
            if path.is_python() {
                project.changed.insert(path.clone(), sides(view, path, change));
            } else if path.is_notebook() {
                project.take_in_notebook(path, change);
            }
        }
        project
    }

    /// The same, to be asked while the pulse goes on: whoever asks for a file or a name is ended where it does not.
    pub(super) fn with(self, pulse: Pulse<'a>) -> Self {
        Self { pulse: Some(pulse), ..self }
    }

    /// The project in another view, with the same pulse.
    pub(super) fn over<'v>(&self, view: View<'v>) -> Project<'v>
    where
        'a: 'v,
    {
        Project { pulse: self.pulse, ..Project::new(view) }
    }

    /// Says that the question has got further.
    pub(super) fn beat(&self) {
        self.pulse.iter().for_each(Pulse::beat);
    }

    /// Ends where nobody waits any more.
    pub(super) fn go_on(&self) {
        self.pulse.iter().for_each(Pulse::go_on);
    }

    /// A notebook that is no notebook, before or after, is not judged any further.
    fn take_in_notebook(&mut self, path: &ProjectPath, change: &FileChange) {
        // An empty file is where a notebook is to come.
        let old_text = change.old.as_ref().map(|file| file.text()).filter(|text| !text.trim().is_empty());
        let old = old_text.map(Notebook::read);
        let new = self.notebook(path);
        if old.as_ref().is_some_and(|old| !old.is_readable) {
            return;
        }
        let is_newly_broken = |new: &Notebook| !new.is_readable || old.as_ref().is_none_or(|old| old.fault.is_none());
        if let Some(fault) = new.as_ref().filter(|new| is_newly_broken(new)).and_then(|new| new.fault.clone()) {
            self.broken.push((path.clone(), fault));
        }
        if new.as_ref().is_none_or(|new| new.is_readable) {
            self.changed.insert(path.clone(), notebook_sides(self.view, path, old.as_ref(), new.as_deref()));
        }
    }

    /// The notebook as it would be; nothing where the path names none.
    pub(super) fn notebook(&self, path: &ProjectPath) -> Option<Arc<Notebook>> {
        let read = || self.view.text(path).ok().map(|text| Arc::new(Notebook::read(&text)));
        let is_notebook = path.is_notebook();
        is_notebook.then(|| self.notebooks.borrow_mut().entry(path.clone()).or_insert_with(read).clone())?
    }

    /// Whether the change is one of comments, docstrings and layout alone: nothing can break by it.
    pub(super) fn has_same_code(&self) -> bool {
        let only_python = self.view.pending.iter().all(|(path, _)| path.holds_code());
        only_python
            && self.changed.iter().all(|(path, sides)| {
                let is_edited = !sides.is_created && !sides.is_deleted;
                let parses = sides.old.faults.is_empty() && sides.new.faults.is_empty();
                is_edited
                    && parses
                    && !sides.plainly_differ()
                    && sides.old.symbols.len() == sides.new.symbols.len()
                    && sides.old.imports.len() == sides.new.imports.len()
                    && has_same_code(path, &sides.old_text, &sides.new_text)
            })
    }

    /// The text as it would be; of a notebook, its code.
    pub(super) fn text(&self, path: &ProjectPath) -> Option<Arc<str>> {
        self.go_on();
        if let Some(sides) = self.changed.get(path) {
            return (!sides.is_deleted).then(|| sides.new_text.clone());
        }
        if path.is_notebook() {
            return self.notebook(path).map(|notebook| notebook.code().clone());
        }
        self.texts.borrow_mut().entry(path.clone()).or_insert_with(|| self.view.text(path).ok()).clone()
    }

    /// The structure as it would be.
    pub(super) fn structure(&self, path: &ProjectPath) -> Option<Arc<FileStructure>> {
        self.go_on();
        match self.changed.get(path) {
            Some(sides) => (!sides.is_deleted).then(|| sides.new.clone()),
            None => self.view.snapshot.file(path).map(|entry| entry.structure.clone()),
        }
    }

    /// The files in which `word` would stand.
    pub(super) fn files_with_word(&self, word: &str) -> Vec<ProjectPath> {
        self.go_on();
        // Where many files are judged as they are, looking through all their texts for every word would never end.
        let is_known = |path: &&ProjectPath| self.changed.get(*path).is_none_or(|sides| sides.is_indexed);
        let unchanged = self.view.snapshot.files_with_word(word).into_iter().filter(is_known);
        let changed = self
            .changed
            .iter()
            .filter(|(_, sides)| !sides.is_deleted && !sides.is_indexed && has_word(&sides.new_text, word))
            .map(|(path, _)| path);
        unchanged.chain(changed).cloned().collect()
    }

    /// Whether `word` would stand in a file.
    pub(super) fn mentions(&self, path: &ProjectPath, word: &str) -> bool {
        self.go_on();
        match self.changed.get(path) {
            Some(sides) => !sides.is_deleted && has_word(&sides.new_text, word),
            None => self.view.snapshot.file(path).is_some_and(|entry| entry.has_word(word)),
        }
    }

    /// The names of all classes below one that is called `class`, itself excluded.
    pub(super) fn subclass_names(&self, class: &str) -> BTreeSet<Box<str>> {
        if let Some(known) = self.below.borrow().get(class) {
            return BTreeSet::clone(known);
        }
        let found = Arc::new(self.find_below(class));
        self.below.borrow_mut().insert(class.into(), found.clone());
        BTreeSet::clone(&found)
    }

    fn find_below(&self, class: &str) -> BTreeSet<Box<str>> {
        let mut found = BTreeSet::new();
        let mut wanted: Vec<Box<str>> = vec![class.into()];
        while let Some(base) = wanted.pop() {
            for (_, structure, id) in self.placed(|classes| classes.below(&base)) {
                let name = &structure.symbol(id).name;
                if **name != *base && found.insert(name.into()) {
                    wanted.push(name.into());
                }
            }
        }
        found
    }

    /// `names` and all their bases, by name.
    pub(super) fn with_bases(&self, names: &BTreeSet<Box<str>>) -> BTreeSet<Box<str>> {
        let mut found = names.clone();
        let mut wanted: Vec<Box<str>> = names.iter().cloned().collect();
        while let Some(name) = wanted.pop() {
            let bases = self.bases_of(&name);
            wanted.extend(bases.iter().filter(|base| found.insert((*base).clone())).cloned());
        }
        found
    }

    /// The bases that the classes called `name` write.
    fn bases_of(&self, name: &str) -> Arc<[Box<str>]> {
        if let Some(known) = self.bases.borrow().get(name) {
            return known.clone();
        }
        let classes = self.classes(name);
        let found: Arc<[Box<str>]> = classes
            .iter()
            .flat_map(|(path, structure, class)| own_bases(path, structure, class))
            .map(Into::into)
            .collect();
        self.bases.borrow_mut().insert(name.into(), found.clone());
        found
    }

    /// How the project brings `name` into the file at `path`, as `find` says; that is asked once.
    pub(super) fn brought(
        &self,
        path: &ProjectPath,
        name: &str,
        find: impl FnOnce() -> Option<Brought>,
    ) -> Option<Brought> {
        let asked = (path.clone(), Box::from(name));
        let known = self.brought.borrow().get(&asked).cloned();
        known.unwrap_or_else(|| {
            let found = find();
            self.brought.borrow_mut().insert(asked, found.clone());
            found
        })
    }

    /// Whether `member` is set on what is called `owner` from outside, as `find` says; that is asked once.
    pub(super) fn is_set_on(&self, member: &str, owner: &str, find: impl FnOnce() -> bool) -> bool {
        let asked = (Box::from(member), Box::from(owner));
        let known = self.set_on.borrow().get(&asked).copied();
        known.unwrap_or_else(|| {
            let found = find();
            self.set_on.borrow_mut().insert(asked, found);
            found
        })
    }

    /// The classes called `name`, with the file each stands in.
    pub(super) fn classes(&self, name: &str) -> Vec<(ProjectPath, Arc<FileStructure>, Symbol)> {
        let classes = self.placed(|classes| classes.called(name));
        let with_symbol = |(path, structure, id): (&ProjectPath, Arc<FileStructure>, SymbolId)| {
            let symbol = structure.symbol(id).clone();
            (path.clone(), structure, symbol)
        };
        classes.map(with_symbol).collect()
    }

    /// Whether any class is called `name`.
    pub(super) fn has_class(&self, name: &str) -> bool {
        self.placed(|classes| classes.called(name)).next().is_some()
    }

    /// Some classes, of the files as they would be; `find` is asked once for those that change and once for all others.
    fn placed<'s>(
        &'s self,
        find: impl Fn(&'s ClassTable) -> Vec<ClassPlace<'s>>,
    ) -> impl Iterator<Item = (&'s ProjectPath, Arc<FileStructure>, SymbolId)> {
        self.go_on();
        let remaining = || self.changed.iter().filter(|(_, sides)| !sides.is_deleted);
        let changed = || ClassTable::new(remaining().map(|(path, sides)| (path, &*sides.new)));
        let changed = find(self.changed_classes.get_or_init(changed));
        let all = self.view.snapshot.classes(find).into_iter();
        let unchanged = all.filter(|(path, _)| !self.changed.contains_key(*path));
        unchanged.chain(changed).filter_map(|(path, id)| Some((path, self.structure(path)?, id)))
    }
}

impl Sides {
    /// The lines of the old and of the new text that differ.
    pub(super) fn lines_apart(&self) -> (&str, &str) {
        let (old, new) = self.apart.clone();
        (self.old_text.get(old).unwrap_or_default(), self.new_text.get(new).unwrap_or_default())
    }

    /// Whether the texts differ in what is neither comment nor string, as far as a glance tells.
    fn plainly_differ(&self) -> bool {
        let (old, new) = self.lines_apart();
        // A string within a line of code is code; one that begins a line may be for people.
        let is_code = |line: &str| !line.trim_start_matches([' ', '\t', 'r', 'R', 'u', 'U']).starts_with(['"', '\'']);
        let may_be_text = ["#", "\\", "\"\"\"", "'''"];
        let is_plain = |lines: &str| !may_be_text.iter().any(|sign| lines.contains(sign)) && lines.lines().all(is_code);
        let is_same = || {
            let code = |lines: &str| lines.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<u8>>();
            code(old) == code(new)
        };
        // Within a string of several lines nothing is plain.
        let before = self.old_text.get(..self.apart.0.start).unwrap_or_default();
        let is_outside = || ["\"\"\"", "'''"].iter().all(|quotes| before.matches(quotes).count() % 2 == 0);
        is_plain(old) && is_plain(new) && !is_same() && is_outside()
    }
}

/// The bytes of the lines in which two texts differ.
fn apart(old: &str, new: &str) -> (Range<usize>, Range<usize>) {
    let (old, new) = (old.as_bytes(), new.as_bytes());
    let same = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let start = old[..same].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let behind = old[start..].iter().rev().zip(new[start..].iter().rev());
    let same = behind.take_while(|(old, new)| old == new).count();
    let line_end = |bytes: &[u8]| {
        let end = bytes.len() - same;
        bytes[end..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| end + at)
    };
    (start..line_end(old), start..line_end(new))
}

fn sides(view: View<'_>, path: &ProjectPath, change: &FileChange) -> Sides {
    let old_text: Arc<str> = change.old.as_ref().map_or_else(|| "".into(), |file| file.shared_text());
    let new_text: Arc<str> = change.new.clone().unwrap_or_else(|| "".into());
    let indexed = view.snapshot.file(path).filter(|entry| Some(entry.hash) == change.base_hash());
    let old = match indexed {
        Some(entry) => entry.structure.clone(),
        None => Arc::new(FileStructure::parse(path, &old_text)),
    };
    let on_disk = view.snapshot.file(path).filter(|entry| entry.hash == ContentHash::of(new_text.as_bytes()));
    let is_deleted = change.new.is_none();
    let new = match on_disk {
        Some(entry) if !is_deleted => entry.structure.clone(),
        _ => Arc::new(FileStructure::parse(path, &new_text)),
    };
    let is_indexed = on_disk.is_some() && !is_deleted;
    let (old_cells, new_cells) = (Vec::new(), Vec::new());
    Sides {
        apart: apart(&old_text, &new_text),
        old_text,
        new_text,
        old,
        new,
        old_cells,
        new_cells,
        is_created: change.old.is_none(),
        is_deleted,
        is_indexed,
    }
}

fn notebook_sides(view: View<'_>, path: &ProjectPath, old: Option<&Notebook>, new: Option<&Notebook>) -> Sides {
    let code = |notebook: Option<&Notebook>| notebook.map_or_else(|| "".into(), |notebook| notebook.code().clone());
    let cells = |notebook: Option<&Notebook>| notebook.map(Notebook::cell_starts).unwrap_or_default();
    let structure = |code: &str| Arc::new(FileStructure::parse(path, code));
    let (old_text, new_text) = (code(old), code(new));
    let on_disk = view.pending.get(path).and_then(|change| change.new.as_ref()).is_some_and(|text| {
        view.snapshot.file(path).is_some_and(|entry| entry.hash == ContentHash::of(text.as_bytes()))
    });
    Sides {
        // The index keeps no symbols of a notebook.
        apart: apart(&old_text, &new_text),
        old: structure(&old_text),
        new: structure(&new_text),
        old_text,
        new_text,
        old_cells: cells(old),
        new_cells: cells(new),
        is_created: old.is_none(),
        is_deleted: new.is_none(),
        is_indexed: on_disk,
    }
}

/// Whether `word` stands in `text` as a whole identifier.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    word_places(text, word).next().is_some()
}

/// What stands before a dot, where the place follows one.
pub(super) fn before_dot(text: &str, at: usize) -> Option<&str> {
    let blank = [' ', '\t', '\r', '\n', '\\'];
    Some(text.get(..at)?.trim_end_matches(blank).strip_suffix('.')?.trim_end_matches(blank))
}

/// The offsets at which `word` stands in `text` as a whole identifier.
pub fn word_places<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let part_of_word = |c: char| c == '_' || c.is_alphanumeric();
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        !word.is_empty()
            && !text[..*at].chars().next_back().is_some_and(part_of_word)
            && !text[at + word.len()..].chars().next().is_some_and(part_of_word)
    })
}

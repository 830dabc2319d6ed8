//! Which files outside a change have to be looked at again because of it.

mod carriers;
mod flows;
mod given;
mod reaching;

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use rustc_hash::FxHashSet;

use super::engine::Concern;
use super::project::{Project, Sides};
use super::signature;
use super::vanished::StillUsed;
use crate::index::{FileStructure, Spelling, Symbol, SymbolKind};
use crate::text::{ProjectPath, Span};
use carriers::{Carriers, imports, is_member};
use given::{Holders, OtherNames};
use reaching::Reaching;

/// Of more files than these, those that import what changed are judged first.
const NEAR_FIRST_MIN: usize = 64;

/// In so few files it is cheaper to look than to find out who can have an object of a class.
const HOLDERS_MIN: usize = 16;

/// Where a name can stand that means a changed definition; each takes in those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// Beside the name of its class alone: `__init__`.
    WithClass,
    /// After a dot; what has it has it still, with another signature.
    Method,
    /// After a dot.
    Member,
    /// Imported as well, from the changed file or from one that hands it on.
    Exported,
    /// Imported from any module.
    ExportedAnywhere,
    Anywhere,
}

/// The names whose definition changed or vanished, and where to look for each.
pub(super) type Names = BTreeMap<Box<str>, Reach>;

pub(super) fn changed_names(project: &Project<'_>) -> Names {
    let mut names = Names::new();
    for (path, sides) in &project.changed {
        // Nobody can import a notebook.
        if sides.is_created || !sides.new.faults.is_empty() || path.is_notebook() {
            continue;
        }
        changed_in(project, sides, &mut names);
        if sides.is_deleted
            && let Some(word) = module_words(path)
        {
            add(&mut names, &word, Reach::Anywhere);
        }
    }
    // A class is called through the names of its subclasses as well; of one that is gone, nothing is known to them.
    let gone: Vec<&Symbol> = project.changed.values().flat_map(|sides| gone_classes(project, sides)).collect();
    let is_class =
        |name: &str| name.chars().any(char::is_uppercase) && !gone.iter().any(|symbol| *symbol.name == *name);
    let classes: Vec<Box<str>> = names.keys().filter(|name| is_class(name)).cloned().collect();
    for class in classes {
        for subclass in project.subclass_names(&class) {
            add(&mut names, &subclass, Reach::ExportedAnywhere);
        }
    }
    names
}

fn add(names: &mut Names, name: &str, reach: Reach) {
    if !name.is_empty() {
        let known = names.entry(name.into()).or_insert(reach);
        *known = reach.max(*known);
    }
}

/// The name by which a module is imported: of a package, its folder's.
fn module_words(path: &ProjectPath) -> Option<Box<str>> {
    let stem = path.file_name().rsplit_once('.').map(|(stem, _)| stem)?;
    Some(if stem == "__init__" { path.folder().rsplit('/').next()?.into() } else { stem.into() })
}

fn changed_in(project: &Project<'_>, sides: &Sides, names: &mut Names) {
    let old = definitions(&sides.old, &sides.old_text);
    let new = definitions(&sides.new, &sides.new_text);
    let gone = gone_classes(project, sides);
    let is_in_gone = |qualname: &str| {
        qualname.split_once('.').is_some_and(|(class, _)| gone.iter().any(|symbol| &*symbol.name == class))
    };
    for (qualname, shape) in old.iter().filter(|(qualname, _)| !is_in_gone(qualname)) {
        if new.get(qualname).is_some_and(|new| new.serves_users_of(shape)) {
            continue;
        }
        let (scope, name) = qualname.rsplit_once('.').unwrap_or(("", qualname));
        let class = scope.rsplit('.').next().unwrap_or_default();
        let is_kept = || new.get(qualname).is_some_and(|new| new.differs_in_signature(shape));
        let reach = match (class.is_empty(), name.starts_with("__")) {
            (true, _) => Reach::Exported,
            (false, true) => Reach::WithClass,
            (false, false) if is_kept() => Reach::Method,
            (false, false) => Reach::Member,
        };
        add(names, name, reach);
        // Fields and constructors are what a call of the class is judged by.
        if shape.is_variable || name.starts_with("__") {
            add(names, class, reach_of_class(scope));
        }
    }
    for (qualname, shape) in &new {
        if let Some((scope, name)) = qualname.rsplit_once('.')
            && !old.contains_key(qualname)
            && (shape.is_variable || name.starts_with("__"))
        {
            add(names, scope.rsplit('.').next().unwrap_or_default(), reach_of_class(scope));
        }
    }
    for name in lost_attributes(sides, &gone) {
        add(names, name, Reach::Member);
    }
    let bound = imported(&sides.new);
    for name in imported(&sides.old) {
        if !bound.contains(name) && !new.contains_key(name) {
            add(names, name, Reach::Exported);
        }
    }
}

/// A class within a class is reached by the name of that one.
fn reach_of_class(qualname: &str) -> Reach {
    if qualname.contains('.') { Reach::ExportedAnywhere } else { Reach::Exported }
}

/// The attributes that something set on its own object, but for the classes that are gone, and that nothing sets now.
fn lost_attributes<'s>(sides: &'s Sides, gone: &[&Symbol]) -> BTreeSet<&'s str> {
    // What is set on lines that both sides have is not lost.
    let (mut from, until) = (sides.apart.0.start, sides.apart.0.end);
    let mut lost = BTreeSet::new();
    for class in gone.iter().map(|class| class.span).chain([Span::empty(until)]) {
        let end = until.min(class.start as usize);
        lost.extend(self_attributes(sides.old_text.get(from..end).unwrap_or_default()));
        from = from.max(class.end as usize);
    }
    if !lost.is_empty() {
        let kept = self_attributes(&sides.new_text);
        lost.retain(|name| !kept.contains(name));
    }
    lost
}

/// The classes that nothing binds any more: whoever names them breaks, and nobody else gets at their members.
fn gone_classes<'s>(project: &Project<'_>, sides: &'s Sides) -> Vec<&'s Symbol> {
    let bound = imported(&sides.new);
    let is_somewhere = |name: &str| {
        let mut changed = project.changed.values().flat_map(|sides| sides.new.children(None));
        bound.contains(name) || changed.any(|(_, symbol)| &*symbol.name == name)
    };
    let classes = sides.old.children(None).map(|(_, symbol)| symbol);
    classes.filter(|symbol| symbol.kind == SymbolKind::Class && !is_somewhere(&symbol.name)).collect()
}

struct Shape<'t> {
    is_variable: bool,
    /// One for each definition of the name; the same one twice is no change to its users.
    texts: BTreeSet<ShownText<'t>>,
}

/// What outsiders can see of one definition.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct ShownText<'t> {
    /// What kind of symbol it is, whether it is to be awaited, and its decorators.
    head: (&'static str, bool, &'t [Spelling]),
    /// The signature, or a variable's text.
    tail: Cow<'t, str>,
}

impl Shape<'_> {
    /// Whether this is the same function with another signature.
    fn differs_in_signature(&self, old: &Self) -> bool {
        let heads = |shape: &'_ Self| shape.texts.iter().map(|text| text.head).collect::<Vec<_>>();
        !self.is_variable && self.texts.len() == 1 && heads(self) == heads(old)
    }

    /// Whether whoever used `old` finds the same here, or more.
    fn serves_users_of(&self, old: &Self) -> bool {
        if self.texts == old.texts {
            return true;
        }
        let (mut new, mut old) = (self.texts.iter(), old.texts.iter());
        let (Some(new), None, Some(old), None) = (new.next(), new.next(), old.next(), old.next()) else {
            return false;
        };
        let is_wider = if self.is_variable {
            is_other_value(&old.tail, &new.tail)
        } else {
            signature::takes_all_that(&new.tail, &old.tail)
        };
        new.head == old.head && is_wider
    }
}

/// Whether two assignments differ in the value of a plain string or number alone.
fn is_other_value(old: &str, new: &str) -> bool {
    let apart =
        |text: &str| text.split_once('=').map(|(target, value)| (target.trim().to_owned(), literal_kind(value)));
    matches!((apart(old), apart(new)), (Some((old, Some(kind))), Some((new, Some(other)))) if old == new && kind == other)
}

/// `'s'`, `'f'` or `'i'` for the text of a plain string, a fraction or a whole number.
fn literal_kind(text: &str) -> Option<char> {
    let text = text.trim();
    if let Some(quote) = text.chars().next().filter(|first| matches!(first, '"' | '\'')) {
        return (text.matches(quote).count() == 2 && text.ends_with(quote) && !text.contains('\\')).then_some('s');
    }
    let is_number = text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '_' | '.'));
    is_number.then(|| if text.contains('.') { 'f' } else { 'i' })
}

/// What outsiders can see of each name: signature, decorators, or a variable's text.
fn definitions<'t>(structure: &'t FileStructure, text: &'t str) -> BTreeMap<&'t str, Shape<'t>> {
    let mut found: BTreeMap<&str, Shape<'_>> = BTreeMap::new();
    for symbol in &structure.symbols {
        if symbol.qualname.contains("<locals>") {
            continue;
        }
        let is_variable = symbol.kind == SymbolKind::Variable;
        let tail: Cow<'_, str> = match text.get(symbol.span.range()).filter(|_| is_variable) {
            Some(text) if text.contains('\r') => text.replace("\r\n", "\n").into(),
            Some(text) => text.into(),
            None => (&*symbol.signature).into(),
        };
        let head = (symbol.kind.word(), symbol.is_async, &*symbol.decorators);
        let shape = found.entry(&symbol.qualname).or_insert_with(|| Shape { is_variable, texts: BTreeSet::new() });
        shape.texts.insert(ShownText { head, tail });
    }
    found
}

/// The names that a module's own imports bind in it: others may import them from there.
fn imported(structure: &FileStructure) -> BTreeSet<&str> {
    structure
        .imports
        .iter()
        .filter(|import| import.is_top_level)
        .flat_map(|import| &import.names)
        .map(|name| name.bound())
        .collect()
}

fn self_attributes(text: &str) -> BTreeSet<&str> {
    static ASSIGNED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b(?:self|cls)\.(\w+)\s*(?::[^=\n]+)?=[^=]").expect("a valid pattern"));
    ASSIGNED.captures_iter(text).filter_map(|found| found.get(1)).map(|name| name.as_str()).collect()
}

/// Who uses what a change changes.
#[derive(Default)]
pub(super) struct Users {
    /// The unchanged files, those that import a changed file first.
    pub(super) files: Vec<ProjectPath>,
    /// The other names under which some of `names` are known to them.
    pub(super) other_names: Names,
}

/// The users of `names`, but for the files of which all is said when `told` says that what they import is gone: no type
/// follows from that. `folders` are those below which modules are looked for besides the root.
pub(super) fn users(project: &Project<'_>, names: &Names, told: &[StillUsed], folders: &[ProjectPath]) -> Users {
    let told: FxHashSet<(&str, &ProjectPath)> = told.iter().map(|used| (&*used.name, &used.issue.path)).collect();
    let reaching = &Reaching::new(project, folders);
    let origin = LazyCell::new(|| Carriers::of_changed(project, reaching));
    let mut mentioned: BTreeSet<ProjectPath> = BTreeSet::new();
    let mut other_names = Names::new();
    for (name, reach) in names.iter().filter(|(_, reach)| **reach > Reach::WithClass) {
        let found = match reach {
            Reach::Exported => {
                let carriers = origin.handing_on(name);
                if project.changed.values().any(|sides| binds(sides, name)) {
                    let others = OtherNames::of(project, name, reaching, |path| carriers.hand_to(path, name));
                    mentioned.extend(others.names().flat_map(|other| {
                        let having = others.having(|known| known == other, reaching);
                        mentions(project, other, |path| having.contains(path) && is_used_anywhere(project, path, other))
                    }));
                    other_names.extend(others.names().map(|name| (name.into(), Reach::ExportedAnywhere)));
                }
                mentions(project, name, |path| carriers.hand_to(path, name))
            }
            Reach::Method | Reach::Member => members(project, name, reaching),
            Reach::ExportedAnywhere => mentions(project, name, |path| is_used_anywhere(project, path, name)),
            Reach::Anywhere | Reach::WithClass => mentions(project, name, |_| true),
        };
        let is_told = |path: &ProjectPath| told.contains(&(&**name, path)) && !is_member(project, path, name, |_| true);
        mentioned.extend(found.into_iter().filter(|path| !is_told(path)));
    }
    other_names.retain(|name, _| !names.contains_key(name));
    Users { files: near_first(project, mentioned), other_names }
}

/// The unchanged files that mention a name, where it may mean what changed.
fn mentions(project: &Project<'_>, name: &str, may_mean: impl Fn(&ProjectPath) -> bool) -> Vec<ProjectPath> {
    project.go_on();
    let files = project.view.snapshot.files_with_word(name).into_iter();
    files.filter(|path| !project.changed.contains_key(*path) && may_mean(path)).cloned().collect()
}

/// The files that read a member called `name` where they can have an object that has it.
fn members(project: &Project<'_>, name: &str, reaching: &Reaching<'_>) -> Vec<ProjectPath> {
    // Of a class in a file that it does not reach by imports, a file has no object that anybody knows of.
    let mut files = mentions(project, name, |path| reaching.reaches_change(path));
    if files.len() > HOLDERS_MIN
        && let Some(holders) = Holders::of_member(project, name, files.len(), reaching)
    {
        files.retain(|path| holders.hold(path));
    }
    files.retain(|path| is_member(project, path, name, |_| true));
    files
}

fn is_used_anywhere(project: &Project<'_>, path: &ProjectPath, name: &str) -> bool {
    imports(project, path, name, |_| true) || is_member(project, path, name, |_| true)
}

/// Whether the new text of a changed file binds `name` for others.
fn binds(sides: &Sides, name: &str) -> bool {
    !sides.is_deleted && sides.new.children(None).any(|(_, symbol)| *symbol.name == *name)
}

fn near_first(project: &Project<'_>, files: BTreeSet<ProjectPath>) -> Vec<ProjectPath> {
    if files.len() <= NEAR_FIRST_MIN {
        return files.into_iter().collect();
    }
    let near: BTreeSet<ProjectPath> =
        project.changed.keys().flat_map(|path| project.view.snapshot.dependents(path)).collect();
    let (mut first, rest): (Vec<_>, Vec<_>) = files.into_iter().partition(|path| near.contains(path));
    first.extend(rest);
    first
}

/// What it takes for a file that mentions one of `names` to be judged.
pub(super) fn concern(names: &Names) -> Concern {
    let of = |is_asked: fn(Reach) -> bool| names.iter().filter(move |(_, reach)| is_asked(**reach));
    let (methods, said) = (of(|reach| reach == Reach::Method), of(|reach| reach > Reach::Method));
    Concern {
        methods: methods.map(|(name, _)| name.clone()).collect(),
        said: said.map(|(name, _)| name.clone()).collect(),
    }
}

/// How often unchanged files would have to be looked at for one of `names`, which stands there in whatever meaning.
pub(super) fn mention_count(project: &Project<'_>, names: &Names) -> usize {
    let is_unchanged = |path: &&&ProjectPath| !project.changed.contains_key(**path);
    let count = |name: &str| project.view.snapshot.files_with_word(name).iter().filter(is_unchanged).count();
    names.iter().filter(|(_, reach)| **reach > Reach::WithClass).map(|(name, _)| count(name)).sum()
}

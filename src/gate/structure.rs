//! The `structure` layer: no second definition of one name in one scope, and no second function that does what
//! another does.
//!
//! Knows nothing of the engine: it looks at the two trees of a file. A scope's suites are looked at one by one, so
//! that alternatives under `if`, `try` and the like are no repeats. Invariant: as many repeats of a name as the old
//! texts of the change had, the new ones may keep.

mod clones;
mod definition;
mod keys;
mod uses;

use std::collections::{HashMap, HashSet};

use ruff_python_ast::{Stmt, StmtClassDef};
use ruff_text_size::{Ranged, TextRange};

use super::project::{Project, Sides, has_word};
use super::tree::dotted;
use super::{Fix, FixSafety, Issue, Layer, Severity};
use crate::index::Tree;
use crate::text::{LineIndex, ProjectPath, Span, TextEdit};
pub(super) use clones::clones;
use definition::{Definition, Kind, Owner, blocks, definitions, is_legitimate};
use uses::{Part, uses};

/// The issues of a file whose new text has the statements `body`.
pub(super) fn repeats(body: &[Stmt], path: &ProjectPath, sides: &Sides, project: &Project<'_>) -> Vec<Issue> {
    let found = Repeats::of(body, &sides.new_cells);
    let repeated_keys = keys::repeated(body);
    if found.is_empty() && repeated_keys.is_empty() {
        return Vec::new();
    }
    let page = Page { path, sides, lines: LineIndex::new(&sides.new_text) };
    let names: HashSet<&str> = found.iter().map(|repeat| repeat.second.name).collect();
    let olds: Vec<(&Sides, Tree)> = old_trees(project, path, &names, !repeated_keys.is_empty());
    let mut old: HashMap<(&str, &str), usize> = HashMap::new();
    for repeat in olds.iter().flat_map(|(sides, tree)| Repeats::of(tree.body(), &sides.old_cells)) {
        *old.entry((repeat.code(), repeat.second.name)).or_default() += 1;
    }
    let mut issues = Vec::new();
    for ((code, name), mut repeats) in by_name(found) {
        // Those that stood there already are not the ones to speak of.
        repeats.sort_by_key(|repeat| page.is_old(&repeat.first) && page.is_old(&repeat.second));
        let new_count = repeats.len().saturating_sub(old.get(&(code, name)).copied().unwrap_or_default());
        repeats.truncate(new_count);
        let meant = |repeat: &Repeat<'_>| page.is_used_between(repeat);
        issues.extend(repeats.iter().filter(|repeat| !meant(repeat)).map(|repeat| page.issue(repeat)));
    }
    issues.extend(keys::issues(&page, &repeated_keys, &olds));
    issues
}

/// The old texts of the change in which one of `names` may stand twice: that of `path`, and those that something may
/// have moved here from.
fn old_trees<'p>(
    project: &'p Project<'_>,
    path: &ProjectPath,
    names: &HashSet<&str>,
    wants_own: bool,
) -> Vec<(&'p Sides, Tree)> {
    let olds = project.changed.iter().filter(|(other, sides)| {
        (wants_own && *other == path) || names.iter().any(|name| has_word(&sides.old_text, name))
    });
    olds.map(|(other, sides)| (sides, Tree::parse(other, &sides.old_text))).collect()
}

fn by_name(repeats: Vec<Repeat<'_>>) -> HashMap<(&'static str, &str), Vec<Repeat<'_>>> {
    let mut groups: HashMap<(&'static str, &str), Vec<Repeat<'_>>> = HashMap::new();
    for repeat in repeats {
        groups.entry((repeat.code(), repeat.second.name)).or_default().push(repeat);
    }
    groups
}

/// Two bindings of one name in one suite, of which the second replaces the first.
struct Repeat<'t> {
    first: Definition<'t>,
    second: Definition<'t>,
    owner: Owner<'t>,
    suite: &'t [Stmt],
}

impl Repeat<'_> {
    fn code(&self) -> &'static str {
        match (self.first.kind, self.second.kind) {
            (Kind::Import, Kind::Import) if is_same(self.first.target, self.second.target) => "duplicate-import",
            (Kind::Import, _) => "shadowed-import",
            (_, Kind::Import) => "shadowed-definition",
            (Kind::Member, _) | (_, Kind::Member) => "duplicate-member",
            (Kind::Field, _) => "duplicate-field",
            (Kind::Attribute, _) => "duplicate-attribute",
            (Kind::Class, _) => "duplicate-class",
            (Kind::Method | Kind::Function, _) if self.owner.class().is_some() => "duplicate-method",
            (Kind::Method | Kind::Function, _) => "duplicate-function",
        }
    }
}

/// Whether two imports bind one thing, as far as their spelling tells: a relative one may mean any package.
fn is_same(first: Option<(u32, &str, &str)>, second: Option<(u32, &str, &str)>) -> bool {
    let (Some((first_level, first_module, first_name)), Some((level, module, name))) = (first, second) else {
        return false;
    };
    // What `typing` only hands on.
    let is_abstract = |module: &str| matches!(module, "typing" | "typing_extensions" | "collections.abc");
    let ends_in = |longer: &str, shorter: &str| {
        longer.strip_suffix(shorter).is_some_and(|rest| rest.is_empty() || rest.ends_with('.') || shorter.is_empty())
    };
    first_name == name
        && match (first_level, level) {
            (0, 0) => first_module == module || (is_abstract(first_module) && is_abstract(module)),
            (0, _) => ends_in(first_module, module),
            (_, 0) => ends_in(module, first_module),
            _ => (first_level, first_module) == (level, module),
        }
}

/// Finds the repeats of a tree.
struct Repeats<'t> {
    /// The classes of this file that are enumerations.
    enumerations: HashSet<&'t str>,
    found: Vec<Repeat<'t>>,
}

/// The enumerations of the standard library, and Django's.
const ENUMERATIONS: [&str; 9] =
    ["Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum", "Choices", "TextChoices", "IntegerChoices"];

impl<'t> Repeats<'t> {
    /// `cells` is where those of a notebook start: each is a suite of its own, since it replaces on purpose what another
    /// defines.
    fn of(body: &'t [Stmt], cells: &[usize]) -> Vec<Repeat<'t>> {
        let mut search = Self { enumerations: HashSet::new(), found: Vec::new() };
        let cell_of = |statement: &Stmt| cells.partition_point(|start| *start <= statement.start().to_usize());
        for suite in body.chunk_by(|a, b| cell_of(a) == cell_of(b)) {
            search.suite(suite, Owner::Module);
        }
        search.found
    }

    fn suite(&mut self, suite: &'t [Stmt], owner: Owner<'t>) {
        let mut by_name: HashMap<&str, Vec<Definition<'t>>> = HashMap::new();
        for definition in definitions(suite, owner) {
            by_name.entry(definition.name).or_default().push(definition);
        }
        for definitions in by_name.values() {
            for pair in definitions.windows(2) {
                let [first, second] = pair else { continue };
                let is_meant = is_legitimate(first, second) || (first.is_nested && owner == Owner::Function);
                if is_replaced(first, second) && !is_meant {
                    self.found.push(Repeat { first: *first, second: *second, owner, suite });
                }
            }
        }
        for statement in suite {
            self.inner_suites(statement, owner);
        }
    }

    fn inner_suites(&mut self, statement: &'t Stmt, owner: Owner<'t>) {
        match statement {
            Stmt::ClassDef(class) => {
                let is_enumeration = self.is_enumeration(class);
                if is_enumeration {
                    self.enumerations.insert(&class.name);
                }
                let owner = if is_enumeration { Owner::Enumeration } else { Owner::Class };
                self.suite(&class.body, owner(&class.name));
            }
            Stmt::FunctionDef(function) => self.suite(&function.body, Owner::Function),
            _ => {
                for block in blocks(statement) {
                    self.suite(block, owner);
                }
            }
        }
    }

    fn is_enumeration(&self, class: &StmtClassDef) -> bool {
        class.arguments.iter().flat_map(|arguments| &arguments.args).any(|base| {
            dotted(base)
                .last()
                .is_some_and(|base| ENUMERATIONS.contains(&base.as_str()) || self.enumerations.contains(base.as_str()))
        })
    }
}

/// Whether the second binding takes the place of the first for certain.
fn is_replaced(first: &Definition<'_>, second: &Definition<'_>) -> bool {
    let is_member = |definition: &Definition<'_>| definition.kind == Kind::Member;
    let is_imported = |definition: &Definition<'_>| definition.kind == Kind::Import;
    let pairs = (first.is_code() || is_imported(first)) && (second.is_code() || is_imported(second))
        || (is_member(first) && (is_member(second) || second.is_code()))
        || (is_member(second) && first.is_code())
        || (first.kind == second.kind && matches!(first.kind, Kind::Field | Kind::Attribute));
    // What stands in a block is an alternative to what stands before it, and not to what comes after all of them.
    pairs && !second.is_nested && (!first.is_nested || (first.is_code() && second.is_code()))
}

/// A changed file, and how its lines are counted.
struct Page<'s> {
    path: &'s ProjectPath,
    sides: &'s Sides,
    lines: LineIndex,
}

impl Page<'_> {
    /// Whether the first definition did its work before the second replaced it: it was called, wrapped or handed on.
    fn is_used_between(&self, repeat: &Repeat<'_>) -> bool {
        let Repeat { first, second, suite, owner } = repeat;
        // A class body runs while an import of the same name still holds; one that repeats a class speaks of itself.
        let part = if first.kind == Kind::Import { Part::Run } else { Part::Header };
        if suite.get(second.at).is_some_and(|statement| uses(statement, first.name, part)) {
            return true;
        }
        if *owner == Owner::Function {
            // Its statements run one after the other, with whatever was defined before.
            let mut before = suite.iter().take(second.at).enumerate().filter(|(at, _)| *at != first.at);
            return !first.decorators.is_empty()
                || before.any(|(_, statement)| uses(statement, first.name, Part::Whole));
        }
        let from = if first.is_nested { first.at } else { first.at + 1 };
        let between = suite.get(from..second.at).unwrap_or_default();
        let mut users = between.iter().filter(|statement| uses(statement, first.name, Part::Run)).peekable();
        // Where the first one was used already, the second is either meant to follow it, and used in turn, or added
        // without a look at it.
        users.peek().is_some()
            && (!self.is_old(first)
                || !self.is_added(second.range)
                || users.any(|statement| statement.is_delete_stmt() || self.is_added(statement.range()))
                || suite
                    .iter()
                    .skip(second.at + 1)
                    .any(|statement| self.is_added(statement.range()) && uses(statement, first.name, Part::Run)))
    }

    /// Whether the text there stands more often in the new text than in the old one: a copy of what is there is new too.
    fn is_added(&self, range: TextRange) -> bool {
        let text = self.text(range).unwrap_or_default();
        let count = |whole: &str| whole.matches(text).count();
        count(&self.sides.new_text) > count(&self.sides.old_text)
    }

    fn is_old(&self, definition: &Definition<'_>) -> bool {
        self.is_old_text(definition.range)
    }

    fn is_old_text(&self, range: TextRange) -> bool {
        self.text(range).is_some_and(|text| self.sides.old_text.contains(text))
    }

    fn text(&self, range: TextRange) -> Option<&str> {
        self.sides.new_text.get(std::ops::Range::<usize>::from(range))
    }

    fn line(&self, range: TextRange) -> u32 {
        self.lines.line(range.start().to_usize())
    }

    /// As a message counts it: in a notebook, from the beginning of the cell.
    fn told_line(&self, range: TextRange) -> u32 {
        let at = range.start().to_usize();
        let cell = self.sides.new_cells.iter().rev().find(|start| **start <= at);
        self.line(range) - cell.map_or(0, |start| self.lines.line(*start) - 1)
    }

    fn issue(&self, repeat: &Repeat<'_>) -> Issue {
        // The one that the old text does not have is the one to speak of.
        let is_first_new = self.is_old(&repeat.second) && !self.is_old(&repeat.first);
        let (kept, added) =
            if is_first_new { (&repeat.second, &repeat.first) } else { (&repeat.first, &repeat.second) };
        let code = repeat.code();
        // The same import twice is waste, and nothing is lost by it.
        let is_harmless = code == "duplicate-import";
        Issue {
            layer: Layer::Structure,
            code,
            severity: if is_harmless { Severity::Warn } else { Severity::Block },
            path: self.path.clone(),
            line: self.line(added.name_range),
            span: Some(span(added.name_range)),
            message: self.message(repeat, kept, added),
            fix: (code == "duplicate-import").then(|| self.without(added, kept)).flatten(),
        }
    }

    fn message(&self, repeat: &Repeat<'_>, kept: &Definition<'_>, added: &Definition<'_>) -> String {
        let (line, name) = (self.told_line(kept.name_range), added.name);
        let class = repeat.owner.class().unwrap_or_default();
        match (kept.kind, added.kind) {
            (Kind::Import, Kind::Import) if repeat.code() == "duplicate-import" => {
                format!("'{name}' is already imported at line {line}. Remove the second import.")
            }
            (Kind::Import, _) => {
                format!("'{name}' is already imported at line {line}. Choose another name, or remove that import.")
            }
            (_, Kind::Import) => {
                format!("'{name}' is already defined at line {line}. Import it under another name with 'as'.")
            }
            (Kind::Member, _) | (_, Kind::Member) => {
                format!("Member '{name}' already exists in enumeration '{class}' at line {line}. Choose another name.")
            }
            (Kind::Field, _) => {
                format!("Field '{name}' already exists in class '{class}' at line {line}. Change it there.")
            }
            (Kind::Attribute, _) => {
                format!("'{name}' of class '{class}' already has a value from line {line}, and that value is lost.")
            }
            (Kind::Class, _) => format!("Class '{name}' already exists at line {line}. Use modify_class instead."),
            (Kind::Method | Kind::Function, _) => {
                let (what, place) = match repeat.owner.class() {
                    Some(class) => ("Method", format!("in class '{class}' ")),
                    None => ("Function", String::new()),
                };
                let way_out = match name.starts_with("test") {
                    true => "Only one of them would run: choose another name, or use modify_function instead.",
                    false => "Use modify_function instead.",
                };
                format!("{what} '{name}' already exists {place}at line {line}. {way_out}")
            }
        }
    }

    /// Takes an import statement out with its line: of one name, or one that repeats another word by word.
    fn without(&self, import: &Definition<'_>, kept: &Definition<'_>) -> Option<Fix> {
        let text = self.text(import.range)?;
        if text.contains(['(', '\n']) || text.contains(',') && self.text(kept.range) != Some(text) {
            return None;
        }
        let line = self.lines.line_span(self.line(import.range));
        let whole = self.sides.new_text.get(line.range())?.trim() == text;
        whole.then(|| Fix {
            title: format!("Remove the second import of '{}'", import.name),
            safety: FixSafety::Safe,
            edits: vec![TextEdit { span: line, text: String::new() }],
        })
    }
}

fn span(range: TextRange) -> Span {
    Span { start: range.start().into(), end: range.end().into() }
}

//! New functions and classes that do what an existing one does already.
//!
//! Candidates come from the word table: who does the same calls the same. Shown, never blocking. Work grows with the
//! number of new functions, not with the project.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use ruff_python_ast::token::{Token, TokenKind, Tokens};
use ruff_text_size::Ranged;

use crate::gate::project::{Project, Sides};
use crate::gate::{Issue, Layer, Severity};
use crate::index::{FileStructure, Symbol, SymbolKind, Tree, is_test_file};
use crate::text::ProjectPath;

/// Shorter ones are alike by chance.
const TOKENS_MIN: usize = 40;

/// More than so many new ones are a module that came as a whole.
const FUNCTIONS_MAX: usize = 12;

/// How many of the names that a function calls are looked up, and in how many files one like it is looked for.
const NAMES_MAX: usize = 8;
const FILES_MAX: usize = 8;

/// In hundredths: from here on two bodies are nearly the same.
const LIKENESS_MIN: usize = 92;

/// The functions and classes that come with the change and have a likeness that stays.
pub(in crate::gate) fn clones(tokens: &Tokens, path: &ProjectPath, sides: &Sides, project: &Project<'_>) -> Vec<Issue> {
    // A notebook shows how something is done, and shows it again.
    if is_test(path) || path.is_notebook() || !sides.new.faults.is_empty() {
        return Vec::new();
    }
    let is_added = |symbol: &&Symbol| is_worth(&sides.new, symbol) && sides.old.find(&symbol.qualname).is_empty();
    let added: Vec<&Symbol> = sides.new.symbols.iter().filter(is_added).collect();
    if added.is_empty() || added.len() > FUNCTIONS_MAX {
        return Vec::new();
    }
    let mut shelf = Shelf { project, own: (path, tokens), prints: BTreeMap::new() };
    let mut issues = Vec::new();
    for symbol in added {
        let own = Print::of(tokens, &sides.new_text, symbol);
        if own.count < TOKENS_MIN {
            continue;
        }
        let Some((other, found, likeness)) = shelf.nearest(path, symbol, &own) else { continue };
        let same = if likeness == 100 { "the same" } else { "nearly the same" };
        issues.push(Issue {
            layer: Layer::Structure,
            code: "near-clone",
            severity: Severity::Warn,
            path: path.clone(),
            line: symbol.line,
            span: Some(symbol.name_span),
            message: match symbol.kind {
                SymbolKind::Class => format!(
                    "Class '{}' in {other} at line {} is {same}; use it, or derive from it.",
                    found.qualname, found.line
                ),
                _ => format!("'{}' in {other} at line {} does {same}; call it instead.", found.qualname, found.line),
            },
            fix: None,
        });
    }
    issues
}

/// Tests and migrations say things twice on purpose.
fn is_test(path: &ProjectPath) -> bool {
    is_test_file(path) || path.as_str().split('/').any(|part| part == "migrations")
}

/// Whether a function or class is one that another could be used instead of: no test, nothing that Python or a base
/// class asks for by name, no list of fields.
fn is_worth(structure: &FileStructure, symbol: &Symbol) -> bool {
    let in_function = symbol.parent.is_some_and(|parent| structure.symbol(parent).kind != SymbolKind::Class);
    let has_methods = || {
        structure.symbols.iter().any(|member| {
            member.kind == SymbolKind::Method
                && member.qualname.strip_prefix(&*symbol.qualname).is_some_and(|rest| rest.starts_with('.'))
        })
    };
    (matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method)
        || symbol.kind == SymbolKind::Class && has_methods())
        && !in_function
        && !symbol.name.starts_with("__")
        && !symbol.name.to_lowercase().starts_with("test")
        && symbol.decorators.is_empty()
        && symbol.end_line > symbol.line + 2
}

/// What the project has that may be alike, read once.
struct Shelf<'p> {
    project: &'p Project<'p>,
    /// The changed file, which is parsed already.
    own: (&'p ProjectPath, &'p Tokens),
    prints: BTreeMap<ProjectPath, Vec<(Symbol, Print)>>,
}

impl Shelf<'_> {
    fn nearest(&mut self, path: &ProjectPath, symbol: &Symbol, own: &Print) -> Option<(ProjectPath, Symbol, usize)> {
        let mut best: Option<(ProjectPath, Symbol, usize)> = None;
        for file in self.candidates(path, own) {
            let is_own = file == *path;
            for (other, print) in self.prints_of(&file) {
                // What has one name in two classes answers to one caller.
                let is_override = other.name == symbol.name && other.kind == SymbolKind::Method;
                if (is_own && other.qualname == symbol.qualname) || is_override || other.kind != symbol.kind {
                    continue;
                }
                let likeness = own.likeness(print);
                if likeness >= LIKENESS_MIN && best.as_ref().is_none_or(|(_, _, known)| likeness > *known) {
                    best = Some((file.clone(), other.clone(), likeness));
                }
            }
        }
        best
    }

    /// The files that use nearly all of the names that `own` uses: only these are worth parsing.
    fn candidates(&self, path: &ProjectPath, own: &Print) -> Vec<ProjectPath> {
        let mut names: Vec<&String> = own.names.iter().filter(|name| name.len() > 3).collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names.truncate(NAMES_MAX);
        let mut counts: BTreeMap<ProjectPath, usize> = BTreeMap::new();
        for user in names.iter().flat_map(|name| self.project.files_with_word(name)) {
            *counts.entry(user).or_default() += 1;
        }
        let is_near =
            |(user, count): &(ProjectPath, usize)| count * 4 >= names.len() * 3 && user != path && !is_test(user);
        let mut users: Vec<(ProjectPath, usize)> = counts.into_iter().filter(is_near).collect();
        users.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let others = users.into_iter().map(|(user, _)| user).take(FILES_MAX);
        std::iter::once(path.clone()).chain(others).collect()
    }

    /// What of `file` was there before, with its prints.
    fn prints_of(&mut self, file: &ProjectPath) -> &[(Symbol, Print)] {
        let (project, own) = (self.project, self.own);
        self.prints.entry(file.clone()).or_insert_with(|| {
            let (Some(structure), Some(text)) = (project.structure(file), project.text(file)) else {
                return Vec::new();
            };
            let tree = (file != own.0).then(|| Tree::parse(file, &text));
            let Some(tokens) = tree.as_ref().map_or(Some(own.1), Tree::tokens) else { return Vec::new() };
            let was_there = |symbol: &Symbol| {
                project.changed.get(file).is_none_or(|sides| !sides.old.find(&symbol.qualname).is_empty())
            };
            let symbols = structure.symbols.iter().filter(|symbol| is_worth(&structure, symbol) && was_there(symbol));
            symbols.map(|symbol| (symbol.clone(), Print::of(tokens, &text, symbol))).collect()
        })
    }
}

/// What a body does, whatever its own variables are called: its tokens by threes.
struct Print {
    shingles: HashMap<u64, usize>,
    /// Of all tokens, the body's own names told by their order.
    exact: u64,
    count: usize,
    /// The names of what it calls and reaches for.
    names: BTreeSet<String>,
}

impl Print {
    fn of(tokens: &Tokens, text: &str, symbol: &Symbol) -> Self {
        let body = symbol.body_span.range();
        let from = tokens.partition_point(|token| token.start().to_usize() < body.start);
        let until = tokens.partition_point(|token| token.start().to_usize() < body.end);
        let is_code = |token: &&Token| {
            !matches!(
                token.kind(),
                TokenKind::Comment
                    | TokenKind::NonLogicalNewline
                    | TokenKind::Newline
                    | TokenKind::Indent
                    | TokenKind::Dedent
            )
        };
        let code: Vec<&Token> = tokens.get(from..until).unwrap_or_default().iter().filter(is_code).collect();
        let mut names = BTreeSet::new();
        let mut hashes = Vec::with_capacity(code.len());
        let mut own_names: HashMap<&str, usize> = HashMap::new();
        let mut exact = DefaultHasher::new();
        for (at, token) in code.iter().enumerate() {
            // The docstring says it in other words.
            if at == 0 && token.kind() == TokenKind::String {
                continue;
            }
            let spelled = text.get(std::ops::Range::<usize>::from(token.range())).unwrap_or_default();
            let is_member = at > 0 && code[at - 1].kind() == TokenKind::Dot;
            let is_called = code.get(at + 1).is_some_and(|next| next.kind() == TokenKind::Lpar);
            let is_named = token.kind() == TokenKind::Name;
            let is_own = is_named && !is_member && !is_called && !spelled.starts_with(char::is_uppercase);
            if is_named && (is_member || is_called) {
                names.insert(spelled.to_owned());
            }
            let known = own_names.len();
            let place = if is_own { *own_names.entry(spelled).or_insert(known) + 1 } else { 0 };
            let kept = if is_own { "" } else { spelled };
            (place, kept).hash(&mut exact);
            let mut hasher = DefaultHasher::new();
            kept.hash(&mut hasher);
            hashes.push(hasher.finish());
        }
        let mut shingles: HashMap<u64, usize> = HashMap::new();
        for three in hashes.windows(3) {
            let mut hasher = DefaultHasher::new();
            three.hash(&mut hasher);
            *shingles.entry(hasher.finish()).or_default() += 1;
        }
        Self { shingles, exact: exact.finish(), count: hashes.len(), names }
    }

    /// In hundredths; 100: the same but for the names of variables.
    fn likeness(&self, other: &Self) -> usize {
        if self.exact == other.exact {
            return 100;
        }
        let all = self.count + other.count;
        // Bodies of different length are not worth comparing.
        if all == 0 || self.count.abs_diff(other.count) * 100 > all * (100 - LIKENESS_MIN) {
            return 0;
        }
        let shared: usize = self
            .shingles
            .iter()
            .map(|(shingle, count)| other.shingles.get(shingle).map_or(0, |others| *count.min(others)))
            .sum();
        let total = self.shingles.values().sum::<usize>() + other.shingles.values().sum::<usize>();
        (shared * 200).checked_div(total).map_or(0, |likeness| likeness.min(99))
    }
}

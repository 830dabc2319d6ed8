//! The files, symbols and tests that bear on a task, ranked.
//!
//! A file counts by how rare the words are that its names share with the task, by being named, and by who imports it or is
//! imported by it.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::wanted::{Wanted, looks_like_code};
use crate::index::{
    FileEntry, FileStructure, Located, Snapshot, Symbol, SymbolId, SymbolKind, is_test_file, name_words,
};
use crate::text::ProjectPath;

/// What was found.
pub(super) struct Related<'a> {
    /// Definitions of the names in the task; too many of one name are left out.
    pub(super) named: Vec<(&'a str, Vec<Located<'a>>)>,
    /// Files of the task's own names.
    pub(super) named_files: Vec<&'a ProjectPath>,
    pub(super) files: Vec<RelatedFile<'a>>,
    pub(super) tests: Vec<&'a ProjectPath>,
    /// What is to be added and is not there, and what is like it.
    pub(super) similar: Vec<(Option<&'a str>, Vec<Located<'a>>)>,
}

pub(super) struct RelatedFile<'a> {
    pub(super) path: &'a ProjectPath,
    pub(super) entry: &'a FileEntry,
    /// Its symbols that bear on the task, the likeliest first.
    pub(super) symbols: Vec<SymbolId>,
}

const FILES_MAX: usize = 8;
const SYMBOLS_MAX: usize = 4;
const TESTS_MAX: usize = 4;
const SIMILAR_MAX: usize = 3;
/// Of one name more definitions than this say nothing.
pub(super) const NAMESAKES_MAX: usize = 5;
/// A plain word of prose says less.
pub(super) const PROSE_NAMESAKES_MAX: usize = 2;

/// How much a word counts by where it stands.
const IN_PATH: f32 = 3.0;
const IN_CLASS: f32 = 2.0;
const IN_FUNCTION: f32 = 1.5;
const IN_MEMBER: f32 = 1.0;
const IN_VARIABLE: f32 = 0.5;
/// What being named counts, in rare words.
const DEFINES_NAME: f32 = 8.0;
const DEFINES_PROSE: f32 = 2.0;
const IS_NAMED: f32 = 12.0;
const MENTIONS_NAME: f32 = 1.5;
/// What a neighbour in the import graph lends.
const NEIGHBOUR: f32 = 0.25;
/// How many files lend, and the least share of the best that is told.
const LENDERS_MAX: usize = 12;
const LEAST_SHARE: f32 = 0.3;
/// And the least share of what a word counts that stands in one file alone.
const LEAST_OF_RAREST: f32 = 0.12;

/// A file with the weight of each stem in it.
struct Hit<'a> {
    path: &'a ProjectPath,
    entry: &'a FileEntry,
    weights: Vec<f32>,
    score: f32,
}

impl<'a> Related<'a> {
    pub(super) fn find(snapshot: &'a Snapshot, wanted: &Wanted<'a>) -> Self {
        let by_name: HashSet<&str> = wanted.names.iter().copied().collect();
        let mut named: HashMap<&'a str, Vec<Located<'a>>> = HashMap::new();
        let mut hits: Vec<Hit<'a>> = Vec::new();
        let mut counted = vec![0_u32; wanted.stems.len()];
        for (path, entry) in snapshot.files() {
            let weights = weigh(path, &entry.structure, wanted);
            for (count, weight) in counted.iter_mut().zip(&weights) {
                *count += u32::from(*weight > 0.0);
            }
            for (id, symbol) in (0..).zip(&entry.structure.symbols) {
                let name = [&*symbol.name, &*symbol.qualname].into_iter().find_map(|name| by_name.get(name).copied());
                if let Some(name) = name.filter(|name| looks_like_code(name) || is_told_in_prose(path, symbol)) {
                    named.entry(name).or_default().push(Located { path, id, symbol });
                }
            }
            hits.push(Hit { path, entry, weights, score: 0.0 });
        }
        let rarity: Vec<f32> = counted.iter().map(|count| rarity(*count, hits.len())).collect();
        for hit in &mut hits {
            hit.score = hit.weights.iter().zip(&rarity).map(|(weight, rare)| rare * weight / (weight + 2.0)).sum();
        }
        let named_files = count_names(snapshot, wanted, &named, &mut hits);
        lend(snapshot, &mut hits);
        let files = best(&mut hits, wanted, &rarity, &by_name);
        let tests = tests_of(snapshot, &hits, &files);
        let similar = similar(snapshot, wanted, &named);
        let in_order = |name: &&'a str| Some((*name, named.remove(*name)?));
        let named = wanted.names.iter().filter_map(in_order).filter(|(name, found)| says_something(name, found.len()));
        Self { named: named.collect(), named_files, files, tests, similar }
    }
}

/// A plain word means a class or function of the project, if any code at all.
fn is_told_in_prose(path: &ProjectPath, symbol: &Symbol) -> bool {
    symbol.kind != SymbolKind::Variable && !symbol.qualname.contains("<locals>") && !is_test_file(path)
}

/// Whether so many definitions of a name tell anything.
fn says_something(name: &str, count: usize) -> bool {
    looks_like_code(name) || count <= PROSE_NAMESAKES_MAX
}

fn rarity(count: u32, file_count: usize) -> f32 {
    ((file_count as f32 + 1.0) / (count as f32 + 0.5)).ln().max(0.1)
}

fn weigh(path: &ProjectPath, structure: &FileStructure, wanted: &Wanted<'_>) -> Vec<f32> {
    let mut weights = vec![0.0; wanted.stems.len()];
    let mut count = |name: &str, weight: f32| {
        for at in name_words(name).filter_map(|word| wanted.stem_index(&word)) {
            weights[at] += weight;
        }
    };
    if wanted.stems.is_empty() {
        return weights;
    }
    count(path.as_str(), IN_PATH);
    for symbol in &structure.symbols {
        let weight = match (symbol.kind, symbol.parent) {
            (SymbolKind::Class, _) => IN_CLASS,
            (SymbolKind::Function, None) => IN_FUNCTION,
            (SymbolKind::Function | SymbolKind::Method, _) => IN_MEMBER,
            (SymbolKind::Variable, _) => IN_VARIABLE,
        };
        count(&symbol.name, weight);
    }
    weights
}

/// Counts what the task names outright: files, definitions, and who mentions a rare name.
fn count_names<'a>(
    snapshot: &'a Snapshot,
    wanted: &Wanted<'a>,
    named: &HashMap<&'a str, Vec<Located<'a>>>,
    hits: &mut [Hit<'a>],
) -> Vec<&'a ProjectPath> {
    let mut add = |path: &ProjectPath, score: f32| {
        if let Ok(at) = hits.binary_search_by(|hit| hit.path.cmp(path)) {
            hits[at].score += score;
        }
    };
    let mut named_files: Vec<&'a ProjectPath> = Vec::new();
    for name in &wanted.names {
        if let Some(found) = named.get(name).filter(|found| says_something(name, found.len())) {
            let weight = if looks_like_code(name) { DEFINES_NAME } else { DEFINES_PROSE };
            for located in found {
                add(located.path, weight / found.len() as f32);
            }
        }
        if !looks_like_code(name) {
            continue;
        }
        let by_end = |path: &&ProjectPath| {
            path.as_str().strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        let is_file = name.ends_with(".py");
        let files: Vec<&ProjectPath> =
            if is_file { snapshot.files().map(|(path, _)| path).filter(by_end).collect() } else { Vec::new() };
        if files.len() <= PROSE_NAMESAKES_MAX {
            files.iter().for_each(|path| add(path, IS_NAMED));
            named_files.extend(files);
        }
        let mentioning = snapshot.files_with_word(name.rsplit('.').next().unwrap_or(name));
        for path in &mentioning {
            add(path, MENTIONS_NAME * rarity(mentioning.len() as u32, snapshot.file_count()) / 4.0);
        }
    }
    named_files
}

/// What stands near in the import graph bears on the task too.
fn lend(snapshot: &Snapshot, hits: &mut [Hit<'_>]) {
    let mut order: Vec<usize> = (0..hits.len()).filter(|at| hits[*at].score > 0.0).collect();
    order.sort_by(|a, b| hits[*b].score.total_cmp(&hits[*a].score));
    let mut lent: Vec<(ProjectPath, f32)> = Vec::new();
    for at in order.into_iter().take(LENDERS_MAX) {
        let Hit { path, score, .. } = &hits[at];
        for neighbours in [snapshot.dependencies(path), snapshot.dependents(path)] {
            let share = NEIGHBOUR * score / (1.0 + (neighbours.len() as f32).ln_1p());
            lent.extend(neighbours.into_iter().map(|path| (path, share)));
        }
    }
    for (path, share) in lent {
        if let Ok(at) = hits.binary_search_by(|hit| hit.path.cmp(&path)) {
            hits[at].score += share;
        }
    }
}

fn best<'a>(
    hits: &mut Vec<Hit<'a>>,
    wanted: &Wanted<'_>,
    rarity: &[f32],
    by_name: &HashSet<&str>,
) -> Vec<RelatedFile<'a>> {
    let rarest = self::rarity(0, hits.len());
    hits.retain(|hit| hit.score > 0.0);
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.path.cmp(b.path)));
    let own = || hits.iter().filter(|hit| !is_test_file(hit.path));
    let Some(most) = own().next().map(|hit| hit.score) else { return Vec::new() };
    // A word that half the files share says nothing of any.
    let least = (most * LEAST_SHARE).max(LEAST_OF_RAREST * rarest);
    own()
        .take_while(|hit| hit.score >= least)
        .take(FILES_MAX)
        .map(|hit| RelatedFile {
            path: hit.path,
            entry: hit.entry,
            symbols: symbols(&hit.entry.structure, wanted, rarity, by_name),
        })
        .collect()
}

/// The symbols of a file that bear on the task, the likeliest first.
fn symbols(structure: &FileStructure, wanted: &Wanted<'_>, rarity: &[f32], by_name: &HashSet<&str>) -> Vec<SymbolId> {
    let score = |symbol: &Symbol| {
        // Python's own names say nothing of a task.
        if symbol.name.starts_with("__") {
            return 0.0;
        }
        let of = |name: &str| -> f32 {
            name_words(name).filter_map(|word| wanted.stem_index(&word)).map(|at| rarity[at]).sum()
        };
        let own = of(&symbol.name);
        let outer = symbol.parent.map_or(0.0, |parent| of(&structure.symbol(parent).name) / 2.0);
        let is_named = by_name.contains(&*symbol.name) || by_name.contains(&*symbol.qualname);
        if own == 0.0 && !is_named { 0.0 } else { own + outer + if is_named { DEFINES_NAME } else { 0.0 } }
    };
    let mut scored: Vec<(f32, SymbolId)> = (0..)
        .zip(&structure.symbols)
        .filter(|(_, symbol)| symbol.kind != SymbolKind::Variable)
        .map(|(id, symbol)| (score(symbol), id))
        .filter(|(score, _)| *score > 0.0)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let least = scored.first().map_or(0.0, |(most, _)| most / 2.0);
    let mut seen: HashSet<&str> = HashSet::new();
    let likely = scored.into_iter().filter(|(score, _)| *score >= least).map(|(_, id)| id);
    // Overloads are one.
    likely.filter(|id| seen.insert(&structure.symbol(*id).qualname)).take(SYMBOLS_MAX).collect()
}

/// Tests that import what is related, the likeliest first.
fn tests_of<'a>(snapshot: &'a Snapshot, hits: &[Hit<'a>], files: &[RelatedFile<'a>]) -> Vec<&'a ProjectPath> {
    let mut reach: HashMap<ProjectPath, f32> = HashMap::new();
    for (at, file) in files.iter().enumerate() {
        for user in snapshot.dependents(file.path).into_iter().filter(is_test_file) {
            *reach.entry(user).or_default() += 3.0 / (1.0 + at as f32);
        }
    }
    for hit in hits.iter().filter(|hit| is_test_file(hit.path)) {
        // One that shares words with the task and reaches none of its files tests something else.
        if let Some(score) = reach.get_mut(hit.path) {
            *score += hit.score;
        }
    }
    let mut tests: Vec<(f32, &'a ProjectPath)> =
        snapshot.files().filter_map(|(path, _)| Some((*reach.get(path)?, path))).collect();
    tests.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    tests.into_iter().take(TESTS_MAX).map(|(_, path)| path).collect()
}

/// What is there already and like a class or function that is called `name`.
pub(in crate::agent) fn alike<'a>(snapshot: &'a Snapshot, name: &str, is_class: bool) -> Vec<Located<'a>> {
    let words: Vec<String> = name_words(name).collect();
    likest(snapshot, &words, |symbol| (symbol.kind == SymbolKind::Class) == is_class && *symbol.name != *name)
}

/// What is like that which is to be added: for each name that is not there, or for the words of the task.
fn similar<'a>(
    snapshot: &'a Snapshot,
    wanted: &Wanted<'a>,
    named: &HashMap<&'a str, Vec<Located<'a>>>,
) -> Vec<(Option<&'a str>, Vec<Located<'a>>)> {
    let is_missing = |name: &&&'a str| {
        looks_like_code(name) && !name.contains(['/', '.']) && !named.contains_key(**name) && !snapshot.has_word(name)
    };
    let missing: Vec<&'a str> = wanted.names.iter().filter(is_missing).copied().take(3).collect();
    let mut found: Vec<(Option<&'a str>, Vec<Located<'a>>)> = Vec::new();
    for name in missing {
        let like = alike(snapshot, name, name.starts_with(char::is_uppercase));
        if !like.is_empty() {
            found.push((Some(name), like));
        }
    }
    if found.is_empty() && wanted.adds && wanted.stems.len() >= 2 {
        // Nothing is named: what has nearly all its words from the task may be what is asked for.
        let like = likest(snapshot, &wanted.stems, |symbol| !named.contains_key(&*symbol.name));
        if !like.is_empty() {
            found.push((None, like));
        }
    }
    found
}

/// The symbols whose names share most words with `words`, and at least half of their own.
fn likest<'a>(snapshot: &'a Snapshot, words: &[String], fits: impl Fn(&Symbol) -> bool) -> Vec<Located<'a>> {
    let stems: Vec<&str> = words.iter().map(|word| crate::index::stem(word)).collect();
    let mut scored: Vec<(u32, Located<'a>)> = Vec::new();
    for (path, entry) in snapshot.files().filter(|(path, _)| !is_test_file(path)) {
        let symbols = (0..).zip(&entry.structure.symbols);
        for (id, symbol) in symbols.filter(|(_, symbol)| symbol.kind != SymbolKind::Variable && fits(symbol)) {
            let own: Vec<String> = name_words(&symbol.name).collect();
            let shared = own.iter().filter(|word| stems.contains(&crate::index::stem(word))).count();
            // One word of many is chance, unless it is what the thing is: a reader among readers.
            let is_of_kind =
                own.last().map(|word| crate::index::stem(word)) == stems.last().copied() && words.len() <= 3;
            let is_like = shared >= 2 && shared * 3 >= own.len() * 2 || shared * 2 >= own.len() && is_of_kind;
            if is_like {
                scored.push((shared as u32 * 2 + u32::from(is_of_kind), Located { path, id, symbol }));
            }
        }
    }
    scored.sort_by_key(|(score, found)| (Reverse(*score), found.symbol.qualname.len()));
    let most = scored.first().map_or(0, |(score, _)| *score);
    scored.into_iter().filter(|(score, _)| score + 1 >= most).take(SIMILAR_MAX).map(|(_, found)| found).collect()
}

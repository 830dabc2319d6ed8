//! Every place that means one symbol, and what stands against giving it another name.
//!
//! Knows nothing of how an edit is made. Invariant: a place is named only where it is known to mean the symbol, and where
//! any place may mean it that is not known to, there is an obstacle: nothing is guessed.

mod family;
mod lookups;
mod occurrences;
mod resolving;
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::engine::{Engine, Side};
use super::memory::Memory;
use super::project::{Project, word_places};
use super::pulse::{Pulse, until_ended};
use super::{Gate, opened};
use crate::index::{FileStructure, SymbolKind, View, nearest};
use crate::text::{ChangeSet, LineIndex, ProjectPath, Span, TextEdit, apply_edits};
use family::{Family, Scope};
use resolving::Verdict;

/// So many files are looked at before it is asked how much memory is taken.
const LOOKED_AT_ONCE: usize = 16;

/// Where a symbol is meant: what a new name has to change, or a new place has to lead there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SymbolPlaces {
    /// Where it is known to be, by file and in order; of a symbol to be renamed, empty where there is an obstacle.
    pub places: Vec<(ProjectPath, Vec<Span>)>,
    /// Where it may be, or why nothing can be done.
    pub obstacles: Vec<Obstacle>,
    /// Lines that mention the name to people, in comments and texts, and stay as they are.
    pub mentions: Vec<(ProjectPath, u32)>,
    /// Nothing was found out: one obstacle says why.
    pub is_unknown: bool,
}

impl SymbolPlaces {
    /// Where `symbol` is meant could not be found out.
    pub fn unknown(path: &ProjectPath, symbol: &str, why: &str) -> Self {
        let why = format!("where '{symbol}' is meant could not be found out: {why}");
        Self { obstacles: vec![Obstacle { path: path.clone(), line: 1, why }], is_unknown: true, ..Self::default() }
    }
}

/// One reason why a symbol cannot be renamed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Obstacle {
    pub path: ProjectPath,
    /// From 1.
    pub line: u32,
    pub why: String,
}

/// Where a symbol is meant.
struct References {
    family: Family,
    /// Known to be meant, by file and offset; whether the engine says so, or only that nothing else has the name.
    sure: BTreeMap<(ProjectPath, u32), Certainty>,
    obstacles: Vec<Obstacle>,
    /// Those among the obstacles where the symbol and another are meant.
    shared: BTreeSet<(ProjectPath, u32)>,
    mentions: BTreeSet<(ProjectPath, u32)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Certainty {
    Resolved,
    OnlyOne,
}

/// The question: a symbol, by the scope that defines it and its name.
struct Asked<'a> {
    path: &'a ProjectPath,
    scope: Scope,
    name: &'a str,
    line: u32,
    is_member: bool,
    is_class: bool,
    is_variable: bool,
    /// Decorators of all its definitions, as written.
    decorators: Vec<String>,
}

/// Nothing where it was ended.
pub(super) fn rename(
    gate: &mut Gate,
    view: View<'_>,
    pulse: Pulse<'_>,
    path: &ProjectPath,
    symbol: &str,
    new_name: &str,
) -> Option<SymbolPlaces> {
    let project = &Project::new(view).with(pulse);
    ask(gate, view, |engine, memory| renaming((engine, memory), project, path, symbol, new_name))
}

/// Nothing where it was ended.
pub(super) fn references(
    gate: &mut Gate,
    view: View<'_>,
    pulse: Pulse<'_>,
    path: &ProjectPath,
    symbol: &str,
) -> Option<SymbolPlaces> {
    ask(gate, view, |engine, memory| {
        engine.lay(view.pending, Side::New);
        let project = Project::new(view).with(pulse);
        let structure = structure_of(&project, path)?;
        let asked = asked(path, &structure, symbol).map_err(|why| obstacle(path, 1, why))?;
        let found = References::find(engine, memory, &project, &asked);
        Ok(SymbolPlaces {
            places: found.places(asked.name).into_iter().collect(),
            obstacles: found.obstacles,
            mentions: found.mentions.into_iter().collect(),
            is_unknown: false,
        })
    })
}

fn ask(
    gate: &mut Gate,
    view: View<'_>,
    question: impl FnOnce(&mut Engine, &mut Memory) -> Result<SymbolPlaces, Obstacle>,
) -> Option<SymbolPlaces> {
    let Gate { engine, root, environment, running, memory, .. } = gate;
    let engine = opened(engine, root, environment, running, view);
    engine.begin();
    let found = until_ended(|| question(engine, memory));
    engine.end();
    let failed = |obstacle| SymbolPlaces { obstacles: vec![obstacle], is_unknown: true, ..SymbolPlaces::default() };
    found.map(|found| found.unwrap_or_else(failed))
}

fn obstacle(path: &ProjectPath, line: u32, why: String) -> Obstacle {
    Obstacle { path: path.clone(), line, why }
}

fn structure_of(project: &Project<'_>, path: &ProjectPath) -> Result<Arc<FileStructure>, Obstacle> {
    project.structure(path).ok_or_else(|| obstacle(path, 1, format!("'{path}' is no Python file")))
}

fn renaming(
    (engine, memory): (&mut Engine, &mut Memory),
    project: &Project<'_>,
    path: &ProjectPath,
    symbol: &str,
    new_name: &str,
) -> Result<SymbolPlaces, Obstacle> {
    engine.lay(project.view.pending, Side::New);
    let structure = structure_of(project, path)?;
    let asked = asked(path, &structure, symbol).map_err(|why| obstacle(path, 1, why))?;
    if let Some(why) = is_called_from_outside(&asked, new_name) {
        return Err(obstacle(path, asked.line, why));
    }
    let found = References::find(engine, memory, project, &asked);
    let mut obstacles = found.obstacles.clone();
    obstacles.extend(found.family.taken(engine, project, new_name));
    obstacles.sort();
    obstacles.dedup();
    let mentions = found.mentions.iter().cloned().collect();
    if !obstacles.is_empty() {
        return Ok(SymbolPlaces { obstacles, mentions, ..SymbolPlaces::default() });
    }
    let places = found.places(asked.name);
    let obstacles = meant_otherwise((engine, memory), project, &asked, &found, &places, new_name)?;
    let places = if obstacles.is_empty() { places.into_iter().collect() } else { Vec::new() };
    Ok(SymbolPlaces { places, obstacles, mentions, is_unknown: false })
}

/// The symbol that is addressed, with all definitions that its scope has of the name: overloads, setters, alternatives.
fn asked<'a>(path: &'a ProjectPath, structure: &'a FileStructure, symbol: &str) -> Result<Asked<'a>, String> {
    let found = structure.find(symbol);
    let Some(first) = found.first() else {
        let names = structure.symbols.iter().map(|symbol| &*symbol.qualname);
        let near =
            nearest(symbol, names, 1).first().map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
        return Err(format!("'{path}' has no symbol '{symbol}'{near}"));
    };
    let first = structure.symbol(*first);
    if found.iter().any(|id| structure.symbol(*id).parent != first.parent) {
        let lines: Vec<String> = found.iter().map(|id| format!("{symbol}@{}", structure.symbol(*id).line)).collect();
        return Err(format!("several scopes have a '{symbol}': say which, {}", lines.join(" or ")));
    }
    let all = || structure.children(first.parent).filter(|(_, symbol)| symbol.name == first.name);
    let parent = first.parent.map(|id| structure.symbol(id));
    Ok(Asked {
        path,
        scope: (path.clone(), parent.map(|parent| parent.name_span.start)),
        name: &first.name,
        line: first.line,
        is_member: parent.is_some_and(|parent| parent.kind == SymbolKind::Class),
        is_class: first.kind == SymbolKind::Class,
        is_variable: first.kind == SymbolKind::Variable,
        decorators: all().flat_map(|(_, symbol)| symbol.decorators.iter().map(|written| written.to_string())).collect(),
    })
}

/// Why others count on the name whom no reference shows.
fn is_called_from_outside(asked: &Asked<'_>, new_name: &str) -> Option<String> {
    let name = asked.name;
    let is_test = |name: &str| name.starts_with("test") || name.starts_with("Test");
    let in_tests = asked.path.file_name().starts_with("test_") || asked.path.file_name().ends_with("_test.py");
    if name.starts_with("__") && name.ends_with("__") {
        return Some(format!("'{name}' is a name that Python itself looks for"));
    }
    if name.starts_with("pytest_") {
        return Some(format!("'{name}' is a hook that pytest finds by its name"));
    }
    if asked.decorators.iter().any(|decorator| decorator.split('(').next().is_some_and(|way| way.ends_with("fixture")))
    {
        return Some(format!("'{name}' is a fixture: tests ask for it by the name of a parameter"));
    }
    (in_tests && is_test(name) && !is_test(new_name))
        .then(|| format!("'{name}' is found by its name when tests are run, and '{new_name}' would not be"))
}

impl References {
    fn places(&self, name: &str) -> BTreeMap<ProjectPath, Vec<Span>> {
        let mut places: BTreeMap<ProjectPath, Vec<Span>> = BTreeMap::new();
        for (path, at) in self.sure.keys() {
            let at = *at as usize;
            places.entry(path.clone()).or_default().push(Span::new(at, at + name.len()));
        }
        places
    }

    fn find(engine: &mut Engine, memory: &mut Memory, project: &Project<'_>, asked: &Asked<'_>) -> Self {
        let family = Family::of(engine, memory, project, asked);
        let mut found = Self {
            obstacles: family.obstacles.clone(),
            family,
            sure: BTreeMap::new(),
            shared: BTreeSet::new(),
            mentions: BTreeSet::new(),
        };
        let lookups = lookups::Lookups::of(engine, project, &found.family, asked);
        if let Some((path, line)) = lookups.made.clone() {
            let why = "names are put together here that may give this one".to_owned();
            found.obstacles.push(Obstacle { path, line, why });
        }
        let mut unknown = Vec::new();
        for (nth, path) in project.files_with_word(asked.name).into_iter().enumerate() {
            project.beat();
            // A name that thousands of files have would take more memory than there is.
            if nth % LOOKED_AT_ONCE == 0 && memory.spare(engine) {
                engine.lay(project.view.pending, Side::New);
            }
            let stop = |line: u32, why: &str| Obstacle { path: path.clone(), line, why: why.to_owned() };
            if path.is_notebook() {
                found.obstacles.push(stop(1, "notebooks are not renamed in; it has the name"));
                continue;
            }
            let structure = project.structure(&path);
            if let Some(fault) = structure.as_ref().and_then(|structure| structure.faults.first()) {
                found.obstacles.push(stop(fault.line, "the file has the name and does not parse"));
                continue;
            }
            let (Some(structure), Some(text)) = (structure, project.text(&path)) else {
                found.obstacles.push(stop(1, "the file has the name and cannot be read"));
                continue;
            };
            let seen = engine.look(&path, |lens| {
                if lens.source.as_str() != &*text {
                    return None;
                }
                let file = resolving::InFile {
                    lens,
                    project,
                    path: &path,
                    structure: &structure,
                    asked,
                    family: &found.family,
                };
                Some(file.verdicts(&text, &lookups))
            });
            let Ok(Some(Some(seen))) = seen else {
                found.obstacles.push(stop(1, "the file has the name and could not be analysed"));
                continue;
            };
            let lines = LineIndex::new(&text);
            for (at, verdict) in seen {
                let line = lines.line(at as usize);
                match verdict {
                    Verdict::Meant => {
                        found.sure.insert((path.clone(), at), Certainty::Resolved);
                    }
                    Verdict::Another => {}
                    Verdict::Shared(why) => {
                        found.shared.insert((path.clone(), at));
                        found.obstacles.push(Obstacle { path: path.clone(), line, why });
                    }
                    Verdict::Unknown { why, is_set } => unknown.push((path.clone(), at, line, why, is_set)),
                    Verdict::Doubtful(why) => found.obstacles.push(Obstacle { path: path.clone(), line, why }),
                    Verdict::Mention => {
                        found.mentions.insert((path.clone(), line));
                    }
                }
            }
        }
        found
            .sure
            .extend(declared(project, &found.family, asked).into_iter().map(|place| (place, Certainty::Resolved)));
        // An attribute that is set where nothing is known may be anybody's.
        let is_set = unknown.iter().any(|(.., is_set)| *is_set);
        let is_only = found.family.is_only(engine, project, asked);
        // A value of which nothing is known is a module only where modules are made alike, or nothing else has the name.
        let may_be_module = !asked.is_member && (is_only || found.family.has_twin(project, asked));
        for (path, at, line, why, _) in unknown {
            if asked.is_member && is_only && !is_set {
                found.sure.insert((path, at), Certainty::OnlyOne);
            } else if asked.is_member || may_be_module {
                found.obstacles.push(Obstacle { path, line, why });
            }
        }
        found.obstacles.extend(found.family.unknown_bases(is_only));
        found
    }
}

/// Where the project's declaration names a function or class, as `module:name`.
fn declared(project: &Project<'_>, family: &Family, asked: &Asked<'_>) -> Vec<(ProjectPath, u32)> {
    let mut found = Vec::new();
    for file in ["pyproject.toml", "setup.cfg"] {
        let Ok(path) = ProjectPath::new(file) else { continue };
        let Some(text) = project.text(&path) else { continue };
        for (path_to, scope) in &family.scopes {
            let module = project.view.snapshot.module_name(path_to);
            let class = scope.and_then(|at| {
                let structure = project.structure(path_to)?;
                let class = structure.symbols.iter().find(|symbol| symbol.name_span.start == at)?;
                Some(format!("{}.", class.qualname))
            });
            let before = format!("{module}:{}", class.unwrap_or_default());
            let is_part = |c: char| c == '_' || c == '.' || c.is_alphanumeric();
            let starts_there =
                |at: usize| text[..at].strip_suffix(&*before).is_some_and(|rest| !rest.ends_with(is_part));
            found.extend(
                word_places(&text, asked.name).filter(|at| starts_there(*at)).map(|at| (path.clone(), at as u32)),
            );
        }
    }
    found
}

/// Where the new name would mean something else than the old one did: asked of the texts as they would be.
fn meant_otherwise(
    (engine, memory): (&mut Engine, &mut Memory),
    project: &Project<'_>,
    asked: &Asked<'_>,
    found: &References,
    places: &BTreeMap<ProjectPath, Vec<Span>>,
    new_name: &str,
) -> Result<Vec<Obstacle>, Obstacle> {
    let view = project.view;
    let mut pending: ChangeSet = view.pending.clone();
    let stop = |path: &ProjectPath, line: u32, why: String| Obstacle { path: path.clone(), line, why };
    for (path, spans) in places {
        let text = project.text(path).unwrap_or_default();
        let edits: Vec<TextEdit> =
            spans.iter().map(|span| TextEdit { span: *span, text: new_name.to_owned() }).collect();
        let new = apply_edits(&text, &edits).map_err(|error| stop(path, 1, error.to_string()))?;
        let base = view.base(path).map_err(|error| stop(path, 1, error.to_string()))?;
        pending.put(path.clone(), base, Some(new.into()));
    }
    let moved = |path: &ProjectPath, at: u32| {
        let before = places.get(path).map_or(0, |spans| spans.iter().filter(|span| span.start < at).count());
        (at as usize + before * new_name.len() - before * asked.name.len()) as u32
    };
    engine.lay(&pending, Side::New);
    let new_project = project.over(View { pending: &pending, ..view });
    let scope = (asked.scope.0.clone(), asked.scope.1.map(|at| moved(&asked.scope.0, at)));
    let renamed = Asked { name: new_name, scope, decorators: asked.decorators.clone(), ..*asked };
    let new = References::find(engine, memory, &new_project, &renamed);
    let expected: BTreeMap<(ProjectPath, u32), Certainty> =
        found.sure.iter().map(|((path, at), certainty)| ((path.clone(), moved(path, *at)), *certainty)).collect();
    let line =
        |path: &ProjectPath, at: u32| LineIndex::new(&new_project.text(path).unwrap_or_default()).line(at as usize);
    let mut obstacles = Vec::new();
    for ((path, at), certainty) in &expected {
        let is_meant = new.sure.get(&(path.clone(), *at)) == Some(&Certainty::Resolved);
        if *certainty == Certainty::Resolved && !is_meant {
            obstacles.push(stop(path, line(path, *at), format!("'{new_name}' would mean something else here")));
        }
    }
    let caught = new.sure.iter().filter(|(_, certainty)| **certainty == Certainty::Resolved).map(|(place, _)| place);
    for (path, at) in caught.chain(&new.shared).filter(|place| !expected.contains_key(*place)) {
        obstacles.push(stop(
            path,
            line(path, *at),
            format!("'{new_name}' stands here already and would mean this symbol"),
        ));
    }
    obstacles.sort();
    obstacles.dedup();
    Ok(obstacles)
}

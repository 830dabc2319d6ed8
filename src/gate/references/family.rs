//! The scopes that define a symbol together: a method with those that override it, above and below.

use std::cell::RefCell;
use std::collections::BTreeSet;

mod tree;

use super::{Asked, Obstacle};
use crate::gate::engine::{Engine, NoAnswer, Side};
use crate::gate::memory::Memory;
use crate::gate::project::{Project, has_word};
use crate::text::ProjectPath;
pub(super) use tree::OutsideClass;
use tree::{Classes, Grown, Tree};

/// Where names are defined: a module, or the class or function whose name starts at the offset.
pub(super) type Scope = (ProjectPath, Option<u32>);

/// The scopes whose definition of the name is the symbol.
pub(super) struct Family {
    pub(super) scopes: BTreeSet<Scope>,
    /// The classes above and below those, and those themselves.
    pub(super) kin: BTreeSet<Scope>,
    /// Their names.
    pub(super) kin_names: BTreeSet<String>,
    pub(super) obstacles: Vec<Obstacle>,
    /// Bases of which nothing is known.
    unknown: Vec<Obstacle>,
    /// Classes from outside that stand above.
    pub(super) outside: Vec<OutsideClass>,
    is_member: bool,
}

/// What belongs to a member, found out by parts: a base that thousands of classes have would take more memory than there is.
fn grown(
    engine: &mut Engine,
    memory: &mut Memory,
    project: &Project<'_>,
    asked: &Asked<'_>,
) -> Result<Option<Grown>, NoAnswer> {
    let classes = RefCell::new(Classes::default());
    loop {
        let grown = engine.look(asked.path, |lens| Tree::new(lens, project, &mut classes.borrow_mut()).grow(asked))?;
        let Some(None) = grown else { return Ok(grown.flatten()) };
        if memory.spare(engine) {
            engine.lay(project.view.pending, Side::New);
        }
    }
}

impl Family {
    pub(super) fn of(engine: &mut Engine, memory: &mut Memory, project: &Project<'_>, asked: &Asked<'_>) -> Self {
        let mut family = Self {
            scopes: BTreeSet::from([asked.scope.clone()]),
            kin: BTreeSet::new(),
            kin_names: BTreeSet::new(),
            obstacles: Vec::new(),
            unknown: Vec::new(),
            outside: Vec::new(),
            is_member: asked.is_member,
        };
        if asked.is_member {
            match grown(engine, memory, project, asked) {
                Ok(Some(Grown { scopes, kin, kin_names, obstacles, unknown, outside })) => {
                    family = Self { scopes, kin, kin_names, obstacles, unknown, outside, ..family };
                }
                Ok(None) | Err(_) => family.obstacles.push(Obstacle {
                    path: asked.path.clone(),
                    line: asked.line,
                    why: "the class could not be analysed".to_owned(),
                }),
            }
        }
        family.take_in_stubs(project, asked);
        if asked.is_member {
            family.weigh_protocols(project, asked);
            family.weigh_private(project, asked);
            family.weigh_field(project, asked);
        }
        family
    }

    /// Classes fulfil a protocol by the names of their members alone.
    fn weigh_protocols(&mut self, project: &Project<'_>, asked: &Asked<'_>) {
        let is_protocol = |written: &str| has_word(written, "Protocol");
        let mut members: Vec<(Scope, bool, Obstacle)> = Vec::new();
        for path in project.files_with_word(asked.name) {
            let Some(structure) = project.structure(&path) else { continue };
            for symbol in structure.symbols.iter().filter(|symbol| *symbol.name == *asked.name) {
                let Some(class) = symbol.parent.map(|id| structure.symbol(id)) else { continue };
                let why = format!("'{}' has a '{}' too, and one of both is a protocol", class.qualname, asked.name);
                let obstacle = Obstacle { path: path.clone(), line: symbol.line, why };
                let scope = (path.clone(), Some(class.name_span.start));
                members.push((scope, is_protocol(&class.signature), obstacle));
            }
        }
        let (own, others): (Vec<_>, Vec<_>) = members.into_iter().partition(|(scope, ..)| self.scopes.contains(scope));
        let is_own_protocol = own.iter().any(|(_, is_protocol, _)| *is_protocol);
        let met = others.into_iter().filter(|(_, is_protocol, _)| is_own_protocol || *is_protocol);
        self.obstacles.extend(met.map(|(.., obstacle)| obstacle));
    }

    /// `_Cart__total` is how others reach `__total` of a `Cart`.
    fn weigh_private(&mut self, project: &Project<'_>, asked: &Asked<'_>) {
        if !asked.name.starts_with("__") {
            return;
        }
        let spelled = self.kin_names.iter().map(|class| format!("_{}{}", class.trim_start_matches('_'), asked.name));
        for path in spelled.flat_map(|name| project.files_with_word(&name)) {
            let why = format!("'{}' is reached from outside its class here", asked.name);
            self.obstacles.push(Obstacle { path, line: 1, why });
        }
    }

    /// What a base from outside or a decorator makes of a variable in a class body it may make of its name.
    fn weigh_field(&mut self, project: &Project<'_>, asked: &Asked<'_>) {
        let is_decorated = |(path, at): &Scope| {
            project.structure(path).is_some_and(|structure| {
                let mut classes = structure.symbols.iter().filter(|symbol| Some(symbol.name_span.start) == *at);
                classes.any(|class| !class.decorators.is_empty() || class.signature.contains("metaclass"))
            })
        };
        let has_bases = self.outside.iter().any(|class| !matches!(&*class.name, "object" | "Generic" | "ABC"));
        if asked.is_variable && (has_bases || !self.unknown.is_empty() || self.scopes.iter().any(is_decorated)) {
            let why = format!("a base or a decorator of the class may read the name of '{}'", asked.name);
            self.obstacles.push(Obstacle { path: asked.path.clone(), line: asked.line, why });
        }
    }

    /// A stub beside its source, or a source beside its stub, defines the same.
    fn take_in_stubs(&mut self, project: &Project<'_>, asked: &Asked<'_>) {
        for (path, at) in self.scopes.clone() {
            let Some(structure) = project.structure(&path) else { continue };
            let other = match path.as_str().strip_suffix(".pyi") {
                Some(stem) => format!("{stem}.py"),
                None => format!("{path}i"),
            };
            let Ok(other) = ProjectPath::new(&other) else { continue };
            let Some(beside) = project.structure(&other).filter(|_| path.is_python()) else { continue };
            let scope = at.and_then(|at| structure.symbols.iter().find(|symbol| symbol.name_span.start == at));
            match scope {
                None => {
                    self.scopes.insert((other, None));
                }
                Some(scope) => {
                    for id in beside.find(&scope.qualname) {
                        let scope = (other.clone(), Some(beside.symbol(id).name_span.start));
                        self.kin.extend(asked.is_member.then(|| scope.clone()));
                        self.scopes.insert(scope);
                    }
                }
            }
        }
    }

    /// Whether nothing else in the project and its environment has the name.
    pub(super) fn is_only(&self, engine: &Engine, project: &Project<'_>, asked: &Asked<'_>) -> bool {
        let is_own = |path: &ProjectPath| {
            project.structure(path).is_some_and(|structure| {
                let mut same = structure.symbols.iter().filter(|symbol| *symbol.name == *asked.name);
                same.all(|symbol| {
                    let parent = symbol.parent.map(|id| structure.symbol(id).name_span.start);
                    self.scopes.contains(&(path.clone(), parent))
                })
            })
        };
        engine.has_packages()
            && project.files_with_word(asked.name).iter().all(is_own)
            && !engine.environment_knows(asked.name)
    }

    /// Whether another module has a definition of that name.
    pub(super) fn has_twin(&self, project: &Project<'_>, asked: &Asked<'_>) -> bool {
        project.files_with_word(asked.name).iter().filter(|path| !self.scopes.contains(&((*path).clone(), None))).any(
            |path| {
                project
                    .structure(path)
                    .is_some_and(|structure| structure.children(None).any(|(_, symbol)| *symbol.name == *asked.name))
            },
        )
    }

    /// What bases of which nothing is known stand against; nothing where the name is the only one of its kind.
    pub(super) fn unknown_bases(&self, is_only: bool) -> Vec<Obstacle> {
        if is_only { Vec::new() } else { self.unknown.clone() }
    }

    /// Where `new_name` is taken already, in the very scopes or by the classes around.
    pub(super) fn taken(&self, engine: &Engine, project: &Project<'_>, new_name: &str) -> Vec<Obstacle> {
        let mut found = Vec::new();
        for (path, at) in self.scopes.iter().chain(&self.kin) {
            let Some(structure) = project.structure(path) else { continue };
            let scope = structure.symbols.iter().position(|symbol| Some(symbol.name_span.start) == *at);
            let scope = scope.map(|id| id as u32);
            let symbol = structure.children(scope).find(|(_, symbol)| *symbol.name == *new_name);
            let imported = || {
                let imports = structure.imports.iter().filter(|import| at.is_none() && import.is_top_level);
                let mut bound = imports.filter(|import| import.names.iter().any(|name| name.bound() == new_name));
                bound.next().map(|import| import.line)
            };
            if let Some(line) = symbol.map(|(_, symbol)| symbol.line).or_else(imported) {
                let why = match scope.map(|id| structure.symbol(id)) {
                    Some(scope) => format!("'{}' has a '{new_name}' already", scope.qualname),
                    None => format!("there is a '{new_name}' already"),
                };
                found.push(Obstacle { path: path.clone(), line, why });
            }
        }
        let Some((path, _)) = self.scopes.first() else { return found };
        for class in &self.outside {
            let has = engine.look(path, |lens| class.has(lens, new_name)).ok().flatten();
            if has == Some(true) {
                let why = format!("'{}', which stands above, has a '{new_name}' already", class.name);
                found.push(Obstacle { path: path.clone(), line: 1, why });
            }
        }
        let builtins = || {
            engine.look(path, |lens| {
                let module = lens.model.resolve_module(Some("builtins"), 0);
                let file = module.and_then(|module| module.file(lens.model.db()));
                let structure = file.and_then(|file| lens.engine.structure(file));
                structure.is_some_and(|of| of.children(None).any(|(_, symbol)| *symbol.name == *new_name))
            })
        };
        if !self.is_member && builtins().ok().flatten() == Some(true) {
            let why = format!("'{new_name}' is a built-in name, and would be hidden");
            found.push(Obstacle { path: path.clone(), line: 1, why });
        }
        found
    }
}

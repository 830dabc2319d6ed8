//! The scopes that define a symbol together: a method with those that override it, above and below.

use std::collections::{BTreeMap, BTreeSet};

use ruff_db::files::File;
use ruff_db::parsed::parsed_module;
use ruff_db::source::source_text;
use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtClassDef};
use ruff_text_size::Ranged;
use ty_python_semantic::types::Type;
use ty_python_semantic::{HasType, SemanticModel, type_hierarchy_prepare};

use super::{Asked, Obstacle};
use crate::gate::engine::{Engine, Lens};
use crate::gate::project::{Project, has_word};
use crate::index::SymbolKind;
use crate::text::ProjectPath;

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

/// A class that is not the project's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OutsideClass {
    pub(super) file: File,
    name_start: u32,
    pub(super) name: String,
}

impl Family {
    pub(super) fn of(engine: &Engine, project: &Project<'_>, asked: &Asked<'_>) -> Self {
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
            let grown = engine.look(asked.path, |lens| {
                let mut tree = Tree { lens, project, classes: BTreeMap::new() };
                tree.grow(asked)
            });
            match grown {
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
        asked.is_member
            && engine.has_packages()
            && project.files_with_word(asked.name).iter().all(is_own)
            && !engine.environment_knows(asked.name)
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

impl OutsideClass {
    /// Whether its body has a member of that name, or its methods set one.
    pub(super) fn has(&self, lens: &Lens<'_>, name: &str) -> bool {
        let db = lens.model.db();
        let Some(structure) = lens.engine.structure(self.file) else { return true };
        let text = source_text(db, self.file);
        let class = structure.symbols.iter().position(|symbol| symbol.name_span.start == self.name_start);
        let Some(class) = class else { return true };
        let body = text.as_str().get(structure.symbols[class].span.range()).unwrap_or_default();
        let annotated = |body: &str| body.lines().any(|line| line.trim_start().starts_with(&format!("{name}:")));
        structure.children(Some(class as u32)).any(|(_, symbol)| *symbol.name == *name)
            || has_word(body, name) && (body.contains(&format!("self.{name}")) || annotated(body))
    }
}

struct Grown {
    scopes: BTreeSet<Scope>,
    kin: BTreeSet<Scope>,
    kin_names: BTreeSet<String>,
    obstacles: Vec<Obstacle>,
    unknown: Vec<Obstacle>,
    outside: Vec<OutsideClass>,
}

/// One class of the project.
#[derive(Clone)]
struct Class {
    name: String,
    line: u32,
    bases: Vec<Base>,
    /// Whether its body binds the name, or its methods set it.
    defines: bool,
}

#[derive(Clone)]
enum Base {
    Own(Scope),
    Outside(OutsideClass),
    /// As written.
    Unknown(String),
}

/// Classes by what they derive from, as far as they were asked for.
struct Tree<'l, 'p> {
    lens: &'l Lens<'l>,
    project: &'l Project<'p>,
    classes: BTreeMap<Scope, Class>,
}

impl Tree<'_, '_> {
    fn grow(&mut self, asked: &Asked<'_>) -> Grown {
        let name = asked.name;
        let mut scopes = BTreeSet::from([asked.scope.clone()]);
        let mut kin: BTreeSet<Scope>;
        let mut outside: Vec<OutsideClass>;
        loop {
            let below = self.below(&scopes, name);
            (kin, outside) = self.above(&below, name);
            let defining = kin.iter().filter(|class| self.classes.get(*class).is_some_and(|class| class.defines));
            let more: BTreeSet<Scope> = defining.cloned().chain(scopes.iter().cloned()).collect();
            if more == scopes {
                break;
            }
            scopes = more;
        }
        let mut grown = Grown {
            scopes,
            kin_names: kin.iter().filter_map(|class| Some(self.classes.get(class)?.name.clone())).collect(),
            kin,
            obstacles: Vec::new(),
            unknown: Vec::new(),
            outside,
        };
        let at = |line: u32, path: &ProjectPath, why: String| Obstacle { path: path.clone(), line, why };
        for class in &grown.outside {
            if class.has(self.lens, name) {
                let why =
                    format!("'{}', which is not the project's, has a '{name}' too: it is overridden here", class.name);
                grown.obstacles.push(at(asked.line, asked.path, why));
            }
        }
        for scope in &grown.kin {
            let Some(class) = self.classes.get(scope) else { continue };
            for base in &class.bases {
                if let Base::Unknown(written) = base {
                    let why = format!(
                        "nothing is known of '{written}', the base of '{}': it may have a '{name}'",
                        class.name
                    );
                    grown.unknown.push(at(class.line, &scope.0, why));
                }
            }
        }
        grown
    }

    /// The classes at and below `scopes`.
    fn below(&mut self, scopes: &BTreeSet<Scope>, name: &str) -> BTreeSet<Scope> {
        let mut found = scopes.clone();
        let mut wanted: Vec<Scope> = scopes.iter().cloned().collect();
        while let Some(scope) = wanted.pop() {
            let Some(class) = self.class(&scope, name) else { continue };
            for path in self.project.files_with_word(&class.name) {
                let Some(structure) = self.project.structure(&path) else { continue };
                for symbol in structure.symbols.iter().filter(|symbol| symbol.kind == SymbolKind::Class) {
                    let other: Scope = (path.clone(), Some(symbol.name_span.start));
                    if symbol.signature.is_empty() || found.contains(&other) {
                        continue;
                    }
                    let bases = self.class(&other, name).map(|class| class.bases).unwrap_or_default();
                    if bases.iter().any(|base| matches!(base, Base::Own(base) if *base == scope)) {
                        found.insert(other.clone());
                        wanted.push(other);
                    }
                }
            }
        }
        found
    }

    /// The classes at and above `scopes`, and those from outside.
    fn above(&mut self, scopes: &BTreeSet<Scope>, name: &str) -> (BTreeSet<Scope>, Vec<OutsideClass>) {
        let mut found = scopes.clone();
        let mut outside: Vec<OutsideClass> = Vec::new();
        let mut wanted: Vec<Scope> = scopes.iter().cloned().collect();
        while let Some(scope) = wanted.pop() {
            for base in self.class(&scope, name).map(|class| class.bases).unwrap_or_default() {
                match base {
                    Base::Own(base) => {
                        if found.insert(base.clone()) {
                            wanted.push(base);
                        }
                    }
                    Base::Outside(class) => self.take_outside(class, &mut outside),
                    Base::Unknown(_) => {}
                }
            }
        }
        (found, outside)
    }

    fn take_outside(&self, class: OutsideClass, outside: &mut Vec<OutsideClass>) {
        let mut wanted = vec![class];
        while let Some(class) = wanted.pop() {
            if outside.contains(&class) {
                continue;
            }
            let db = self.lens.model.db();
            let model = SemanticModel::new(db, db.program_file(class.file));
            let tree = parsed_module(db, model.python_file()).load(db);
            if let Some(node) = class_at(tree.suite(), class.name_start) {
                let bases = self.bases(&model, node);
                wanted.extend(bases.into_iter().filter_map(|base| match base {
                    Base::Outside(class) => Some(class),
                    Base::Own(_) | Base::Unknown(_) => None,
                }));
            }
            outside.push(class);
        }
    }

    fn class(&mut self, scope: &Scope, name: &str) -> Option<Class> {
        if let Some(class) = self.classes.get(scope) {
            return Some(class.clone());
        }
        let (path, Some(at)) = scope else { return None };
        let db = self.lens.model.db();
        let file = self.lens.engine.file(path)?;
        let model = SemanticModel::new(db, db.program_file(file));
        let tree = parsed_module(db, model.python_file()).load(db);
        let node = class_at(tree.suite(), *at)?;
        let line = self.project.structure(path)?.symbols.iter().find(|symbol| symbol.name_span.start == *at)?.line;
        let class =
            Class { name: node.name.to_string(), line, bases: self.bases(&model, node), defines: defines(node, name) };
        self.classes.insert(scope.clone(), class.clone());
        Some(class)
    }

    fn bases(&self, model: &SemanticModel<'_>, class: &StmtClassDef) -> Vec<Base> {
        let db = model.db();
        let source = source_text(db, model.file());
        let written =
            |base: &Expr| source.as_str().get(std::ops::Range::<usize>::from(base.range())).unwrap_or("…").to_owned();
        let base = |base: &Expr| match base.inferred_type(model) {
            None | Some(Type::Dynamic(_)) => Some(Base::Unknown(written(base))),
            Some(of) => {
                let found = type_hierarchy_prepare(db, &model.program_environment(), of)?;
                let (file, name_start) = (found.file.file(db), u32::from(found.selection_range.start()));
                Some(match self.lens.engine.path_of(file).filter(|path| self.project.structure(path).is_some()) {
                    Some(path) => Base::Own((path, Some(name_start))),
                    None => Base::Outside(OutsideClass { file, name_start, name: found.name.to_string() }),
                })
            }
        };
        class.bases().iter().filter_map(base).collect()
    }
}

/// The class whose name starts there, wherever it stands.
fn class_at(body: &[Stmt], at: u32) -> Option<&StmtClassDef> {
    struct Search<'a> {
        at: u32,
        found: Option<&'a StmtClassDef>,
    }
    impl<'a> SourceOrderVisitor<'a> for Search<'a> {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            let range = statement.range();
            if self.found.is_some() || !(u32::from(range.start())..u32::from(range.end())).contains(&self.at) {
                return;
            }
            match statement {
                Stmt::ClassDef(class) if u32::from(class.name.start()) == self.at => self.found = Some(class),
                _ => walk_stmt(self, statement),
            }
        }

        fn visit_expr(&mut self, _: &'a Expr) {}
    }
    let mut search = Search { at, found: None };
    search.visit_body(body);
    search.found
}

/// Whether the body of a class binds `name`, or a method sets it on its first parameter.
fn defines(class: &StmtClassDef, name: &str) -> bool {
    struct Bound<'n> {
        name: &'n str,
        depth: u32,
        found: bool,
    }
    impl<'a> SourceOrderVisitor<'a> for Bound<'_> {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            let own = match statement {
                Stmt::FunctionDef(function) => Some(&function.name),
                Stmt::ClassDef(class) => Some(&class.name),
                _ => None,
            };
            self.found |= self.depth == 0 && own.is_some_and(|own| own.as_str() == self.name);
            let is_scope = own.is_some();
            self.depth += u32::from(is_scope);
            if !matches!(statement, Stmt::ClassDef(_)) {
                walk_stmt(self, statement);
            }
            self.depth -= u32::from(is_scope);
        }

        fn visit_expr(&mut self, expression: &'a Expr) {
            self.found |= match expression {
                Expr::Name(name) => self.depth == 0 && !name.ctx.is_load() && name.id.as_str() == self.name,
                Expr::Attribute(node) => {
                    let owner = node.value.as_name_expr();
                    !node.ctx.is_load()
                        && node.attr.as_str() == self.name
                        && owner.is_some_and(|owner| matches!(owner.id.as_str(), "self" | "cls"))
                }
                _ => false,
            };
            walk_expr(self, expression);
        }
    }
    let mut bound = Bound { name, depth: 0, found: false };
    bound.visit_body(&class.body);
    bound.found
}

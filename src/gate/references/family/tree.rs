//! Classes by what they derive from: above and below a class, in the project and outside.

use std::collections::{BTreeMap, BTreeSet};

use ruff_db::Db;
use ruff_db::files::{File, FilePath};
use ruff_db::parsed::parsed_module;
use ruff_db::source::source_text;
use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtClassDef};
use ruff_text_size::Ranged;
use ty_python_semantic::types::Type;
use ty_python_semantic::{HasType, SemanticModel, type_hierarchy_prepare};

use super::Scope;
use crate::gate::engine::Lens;
use crate::gate::project::{Project, has_word};
use crate::gate::references::{Asked, Obstacle};
use crate::index::SymbolKind;
use crate::text::ProjectPath;

/// So many classes are looked into before it is asked how much memory is taken.
const LOOKED_INTO_AT_ONCE: usize = 400;

/// A class that is not the project's, whatever the database that is asked about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::gate::references) struct OutsideClass {
    place: FilePath,
    name_start: u32,
    pub(in crate::gate::references) name: String,
}

impl OutsideClass {
    /// The file that holds it.
    pub(in crate::gate::references) fn file(&self, db: &dyn Db) -> Option<File> {
        self.place.to_file(db)
    }

    /// Whether its body has a member of that name, or its methods set one.
    pub(super) fn has(&self, lens: &Lens<'_>, name: &str) -> bool {
        let db = lens.model.db();
        let Some(file) = self.file(db) else { return true };
        let Some(structure) = lens.engine.structure(file) else { return true };
        let text = source_text(db, file);
        let class = structure.symbols.iter().position(|symbol| symbol.name_span.start == self.name_start);
        let Some(class) = class else { return true };
        let body = text.as_str().get(structure.symbols[class].span.range()).unwrap_or_default();
        let annotated = |body: &str| body.lines().any(|line| line.trim_start().starts_with(&format!("{name}:")));
        structure.children(Some(class as u32)).any(|(_, symbol)| *symbol.name == *name)
            || has_word(body, name) && (body.contains(&format!("self.{name}")) || annotated(body))
    }
}

/// All that belongs to one symbol.
pub(super) struct Grown {
    pub(super) scopes: BTreeSet<Scope>,
    pub(super) kin: BTreeSet<Scope>,
    pub(super) kin_names: BTreeSet<String>,
    pub(super) obstacles: Vec<Obstacle>,
    pub(super) unknown: Vec<Obstacle>,
    pub(super) outside: Vec<OutsideClass>,
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

/// What is known of classes, whatever the database that was asked about them; nothing of those that are none.
#[derive(Default)]
pub(super) struct Classes(BTreeMap<Scope, Option<Class>>);

/// Classes by what they derive from, as far as they were asked for.
pub(super) struct Tree<'l, 'p> {
    lens: &'l Lens<'l>,
    project: &'l Project<'p>,
    classes: &'l mut Classes,
    /// So many more are looked into.
    room: usize,
    is_paused: bool,
}

impl Classes {
    fn get(&self, scope: &Scope) -> Option<&Class> {
        self.0.get(scope)?.as_ref()
    }
}

impl<'l, 'p> Tree<'l, 'p> {
    pub(super) fn new(lens: &'l Lens<'l>, project: &'l Project<'p>, classes: &'l mut Classes) -> Self {
        Self { lens, project, classes, room: LOOKED_INTO_AT_ONCE, is_paused: false }
    }

    /// Nothing where there are more classes than are looked into at once: who asks again goes on with what is known.
    pub(super) fn grow(&mut self, asked: &Asked<'_>) -> Option<Grown> {
        let name = asked.name;
        let mut scopes = BTreeSet::from([asked.scope.clone()]);
        let mut kin: BTreeSet<Scope>;
        let mut outside: Vec<OutsideClass>;
        loop {
            let below = self.below(&scopes, name);
            (kin, outside) = self.above(&below, name);
            if self.is_paused {
                return None;
            }
            let defining = kin.iter().filter(|class| self.classes.get(class).is_some_and(|class| class.defines));
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
        Some(grown)
    }

    /// The classes at and below `scopes`.
    fn below(&mut self, scopes: &BTreeSet<Scope>, name: &str) -> BTreeSet<Scope> {
        let mut found = scopes.clone();
        let mut wanted: Vec<Scope> = scopes.iter().cloned().collect();
        while let Some(scope) = wanted.pop().filter(|_| !self.is_paused) {
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
        while let Some(scope) = wanted.pop().filter(|_| !self.is_paused) {
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
            let Some(file) = class.file(db) else { continue };
            let model = SemanticModel::new(db, db.program_file(file));
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
        if let Some(class) = self.classes.0.get(scope) {
            return class.clone();
        }
        if self.room == 0 {
            self.is_paused = true;
            return None;
        }
        self.room -= 1;
        let class = self.looked_into(scope, name);
        self.classes.0.insert(scope.clone(), class.clone());
        class
    }

    fn looked_into(&self, (path, at): &Scope, name: &str) -> Option<Class> {
        let at = (*at)?;
        let db = self.lens.model.db();
        let file = self.lens.engine.file(path)?;
        let model = SemanticModel::new(db, db.program_file(file));
        let tree = parsed_module(db, model.python_file()).load(db);
        let node = class_at(tree.suite(), at)?;
        let line = self.project.structure(path)?.symbols.iter().find(|symbol| symbol.name_span.start == at)?.line;
        let (bases, defines) = (self.bases(&model, node), defines(node, name));
        Some(Class { name: node.name.to_string(), line, bases, defines })
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
                    None => {
                        let (place, name) = (file.path(db).clone(), found.name.to_string());
                        Base::Outside(OutsideClass { place, name_start, name })
                    }
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

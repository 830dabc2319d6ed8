//! What each spelling of a name in one file means: the symbol that is asked about, another, or nobody knows.

use ruff_db::files::File;
use ruff_db::parsed::parsed_module;
use ruff_python_ast::{AnyNodeRef, Expr, ExprAttribute, ExprContext, Identifier, StmtClassDef, StmtImportFrom};
use ruff_text_size::{Ranged, TextRange};
use ty_python_core::definition::{Definition, DefinitionKind};
use ty_python_core::place::ScopedPlaceId;
use ty_python_core::scope::NodeWithScopeKind;
use ty_python_core::semantic_index;
use ty_python_semantic::types::Type;
use ty_python_semantic::{
    HasType, ImportAliasResolution, ResolvedDefinition, SemanticModel, definitions_for_attribute,
    definitions_for_imported_symbol, definitions_for_name,
};

use super::Asked;
use super::family::{Family, Scope};
use super::lookups::Lookups;
use super::occurrences::{Occurrence, Occurrences};
use crate::gate::doubt::has_all_imports;
use crate::gate::engine::Lens;
use crate::gate::project::{Project, word_places};

use crate::index::FileStructure;
use crate::text::ProjectPath;

/// What one spelling means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Meant,
    Another,
    /// The symbol or another: both are bound there.
    Shared(String),
    /// Asked of a value of which nothing is known: meant if nothing else has the name.
    Unknown {
        why: String,
        is_set: bool,
    },
    /// May be meant, and cannot be known to be.
    Doubtful(String),
    /// For people to read.
    Mention,
}

pub(super) struct InFile<'a, 'l> {
    pub(super) lens: &'a Lens<'l>,
    pub(super) project: &'a Project<'a>,
    pub(super) path: &'a ProjectPath,
    pub(super) structure: &'a FileStructure,
    pub(super) asked: &'a Asked<'a>,
    pub(super) family: &'a Family,
}

impl InFile<'_, '_> {
    /// Every place of the name, by offset.
    pub(super) fn verdicts(&self, text: &str, lookups: &Lookups) -> Vec<(u32, Verdict)> {
        let name = self.asked.name;
        let found = Occurrences::of(self.lens.tree.suite(), name);
        let mut texts = found.texts.iter().collect::<Vec<_>>();
        texts.sort_by_key(|text| text.range.start);
        let mut verdicts = Vec::new();
        for at in word_places(text, name) {
            let at = at as u32;
            let verdict = match found.at.get(&at) {
                Some(occurrence) => self.verdict(&self.lens.model, at, *occurrence),
                None => {
                    let inside = texts.iter().rev().find(|text| text.range.contains(&at));
                    inside.map_or(Verdict::Mention, |inside| self.in_text(text, at, inside, lookups))
                }
            };
            verdicts.push((at, verdict));
        }
        // Where the engine sees no way to reach a place it says nothing of it.
        let is_meant_here = self.family.scopes.contains(&(self.path.clone(), None))
            || verdicts.iter().any(|(at, verdict)| {
                *verdict == Verdict::Meant && matches!(found.at.get(at), Some(Occurrence::Imported(..)))
            });
        for (at, verdict) in &mut verdicts {
            let is_bare = matches!(found.at.get(at), Some(Occurrence::Name(_)));
            if is_bare && matches!(verdict, Verdict::Unknown { .. }) {
                *verdict = if is_meant_here && !self.asked.is_member { Verdict::Meant } else { Verdict::Another };
            }
        }
        // A module's path in an import is no symbol.
        let modules: Vec<std::ops::Range<usize>> =
            self.structure.imports.iter().map(|import| import.span.range()).collect();
        for (at, verdict) in &mut verdicts {
            let is_import = modules.iter().any(|span| span.contains(&(*at as usize)));
            if is_import && *verdict == Verdict::Mention {
                *verdict = Verdict::Another;
            }
        }
        verdicts
    }

    pub(super) fn verdict(&self, model: &SemanticModel<'_>, at: u32, occurrence: Occurrence<'_>) -> Verdict {
        match occurrence {
            Occurrence::Keyword if self.asked.is_variable && self.asked.is_member => {
                Verdict::Doubtful("a keyword argument may mean it".to_owned())
            }
            Occurrence::Keyword | Occurrence::Never => Verdict::Another,
            Occurrence::Name(name) => self.bare(model, name.into()),
            Occurrence::Attribute(node, class) => self.attribute(model, node, class),
            Occurrence::Definition => self.defined(at),
            Occurrence::Imported(import, name) => self.imported(model, import, name),
            Occurrence::Declared { is_global: true } => self.is_in_scope(None),
            Occurrence::Declared { is_global: false } => {
                let is_own = self.family.scopes.iter().any(|(path, at)| path == self.path && at.is_some());
                if is_own && !self.asked.is_member { Verdict::Meant } else { Verdict::Another }
            }
            Occurrence::Bound { is_in_function: true } => Verdict::Another,
            Occurrence::Bound { is_in_function: false } => match self.is_in_scope(None) {
                Verdict::Meant => Verdict::Doubtful("the name is bound here as well".to_owned()),
                other => other,
            },
            Occurrence::PatternKeyword if self.asked.is_member => {
                Verdict::Unknown { why: "a pattern asks for an attribute of that name".to_owned(), is_set: false }
            }
            Occurrence::PatternKeyword => Verdict::Another,
        }
    }

    fn is_in_scope(&self, scope: Option<u32>) -> Verdict {
        let is_own = self.family.scopes.contains(&(self.path.clone(), scope));
        if is_own { Verdict::Meant } else { Verdict::Another }
    }

    fn defined(&self, at: u32) -> Verdict {
        let symbol = self.structure.symbols.iter().find(|symbol| symbol.name_span.start == at);
        let Some(symbol) = symbol else { return Verdict::Another };
        self.is_in_scope(symbol.parent.map(|id| self.structure.symbol(id).name_span.start))
    }

    /// A name that stands alone, at `node`.
    pub(super) fn bare(&self, model: &SemanticModel<'_>, node: AnyNodeRef<'_>) -> Verdict {
        let found = definitions_for_name(model, self.asked.name, node, ImportAliasResolution::ResolveAliases);
        self.weigh(&found).unwrap_or(Verdict::Unknown { why: String::new(), is_set: false })
    }

    pub(super) fn imported(&self, model: &SemanticModel<'_>, import: &StmtImportFrom, name: &str) -> Verdict {
        let found = definitions_for_imported_symbol(model, import, name, ImportAliasResolution::ResolveAliases);
        if let Some(verdict) = self.weigh(&found) {
            return verdict;
        }
        let module = import.module.as_ref().map(|module| module.as_str());
        if let Some(found) = model.resolve_module(module, import.level) {
            return self.is_of_module(found.file(model.db()));
        }
        let stem = self.asked.path.file_name().trim_end_matches(".pyi").trim_end_matches(".py");
        let last = module.and_then(|module| module.rsplit('.').next());
        match last == Some(stem) && !self.asked.is_member {
            true => Verdict::Doubtful(format!(
                "'{}' is not found, and may be the module that has it",
                module.unwrap_or(".")
            )),
            false => Verdict::Another,
        }
    }

    /// What the name means in a module where it is not found.
    fn is_of_module(&self, file: Option<File>) -> Verdict {
        let path = file.and_then(|file| self.lens.engine.path_of(file));
        let is_own = path.is_some_and(|path| self.family.scopes.contains(&(path, None)));
        if is_own { Verdict::Meant } else { Verdict::Another }
    }

    pub(super) fn attribute(
        &self,
        model: &SemanticModel<'_>,
        node: &ExprAttribute,
        class: Option<&StmtClassDef>,
    ) -> Verdict {
        if let Some(verdict) = self.weigh(&definitions_for_attribute(model, node)) {
            return verdict;
        }
        let asks_above = matches!(node.value.inferred_type(model), Some(Type::BoundSuper(_)));
        if asks_above {
            let is_kin = class.is_some_and(|class| {
                let scope = (self.path.clone(), Some(u32::from(class.name.start())));
                self.family.kin.contains(&scope)
            });
            return if is_kin { Verdict::Meant } else { Verdict::Another };
        }
        if let Some(Type::ModuleLiteral(module)) = node.value.inferred_type(model) {
            // A stub need not tell of what its module has.
            return self.is_of_module(module.module(model.db()).file(model.db()));
        }
        if !self.asked.is_member && !matches!(node.value.inferred_type(model), None | Some(Type::Dynamic(_))) {
            return Verdict::Another;
        }
        // What the engine knows without a definition is not the project's.
        let is_known = !matches!(node.inferred_type(model), None | Some(Type::Dynamic(_)));
        if is_known && node.ctx == ExprContext::Load {
            return Verdict::Another;
        }
        self.unknown(&node.value, node.ctx == ExprContext::Store)
    }

    fn unknown(&self, value: &Expr, is_set: bool) -> Verdict {
        let written = self.lens.source.as_str().get(std::ops::Range::<usize>::from(value.range())).unwrap_or("…");
        let written: String = written.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(40).collect();
        let why = format!("nothing is known of '{written}', whose '{}' this is", self.asked.name);
        // Of a package that is not there nothing is known either.
        match self.asked.is_member && !has_all_imports(self.lens, self.project, self.path) {
            true => Verdict::Doubtful(why),
            false => Verdict::Unknown { why, is_set },
        }
    }

    /// The name as it is asked of a value by a string: `getattr(value, "name")`.
    pub(super) fn asked_of(&self, value: &Expr) -> Verdict {
        let node = ExprAttribute {
            node_index: ruff_python_ast::AtomicNodeIndex::NONE,
            range: value.range(),
            value: Box::new(value.clone()),
            attr: Identifier::new(self.asked.name, TextRange::default()),
            ctx: ExprContext::Load,
        };
        match self.weigh(&definitions_for_attribute(&self.lens.model, &node)) {
            Some(verdict) => verdict,
            None => match value.inferred_type(&self.lens.model) {
                None | Some(Type::Dynamic(_)) => self.unknown(value, false),
                Some(_) if self.asked.is_member => self.unknown(value, false),
                Some(_) => Verdict::Another,
            },
        }
    }

    /// What definitions make of a spelling; nothing where there are none.
    fn weigh(&self, found: &[ResolvedDefinition<'_>]) -> Option<Verdict> {
        let db = self.lens.model.db();
        let mut own = 0;
        let mut other = None;
        for definition in found {
            let scope = definition.definition().and_then(|definition| self.scope_of(definition));
            match scope {
                Some(scope) if self.family.scopes.contains(&scope) => own += 1,
                _ => other = Some(definition.focus_range(db)),
            }
        }
        match (own, other) {
            (0, None) => None,
            (0, Some(_)) => Some(Verdict::Another),
            (_, None) => Some(Verdict::Meant),
            (_, Some(other)) => {
                let path = self.lens.engine.path_of(other.file());
                let whose = path.map_or_else(|| "outside the project".to_owned(), |path| format!("in '{path}'"));
                Some(Verdict::Shared(format!("this may as well be the '{}' {whose}", self.asked.name)))
            }
        }
    }

    /// The scope that a definition binds its name in.
    fn scope_of(&self, definition: Definition<'_>) -> Option<Scope> {
        let db = self.lens.model.db();
        let path = self.lens.engine.path_of(definition.file(db))?;
        match definition.kind(db) {
            // One that leads to no definition: a stub need not tell of what its module has.
            DefinitionKind::ImportFrom(import) => {
                let tree = parsed_module(db, definition.python_file(db)).load(db);
                let statement = import.import(&tree);
                let model = SemanticModel::new(db, definition.program_file(db));
                let module = statement.module.as_ref().map(|module| module.as_str());
                let file = model.resolve_module(module, statement.level)?.file(db)?;
                let is_it = import.alias(&tree).name.as_str() == self.asked.name;
                return self.lens.engine.path_of(file).filter(|_| is_it).map(|path| (path, None));
            }
            DefinitionKind::Import(_) => return None,
            _ => {}
        }
        let index = semantic_index(db, definition.program_file(db));
        let tree = parsed_module(db, definition.python_file(db)).load(db);
        let mut scope = definition.file_scope(db);
        let is_member = match definition.place(db) {
            ScopedPlaceId::Member(_) => true,
            ScopedPlaceId::Symbol(symbol) if index.symbol_is_global_in_scope(symbol, scope) => {
                return Some((path, None));
            }
            ScopedPlaceId::Symbol(_) => false,
        };
        loop {
            let class = match index.scope(scope).node() {
                NodeWithScopeKind::Class(class) => Some(class.node(&tree).name.start()),
                NodeWithScopeKind::Module if !is_member => return Some((path, None)),
                NodeWithScopeKind::Function(function) if !is_member => {
                    return Some((path, Some(function.node(&tree).name.start().into())));
                }
                NodeWithScopeKind::Function(_)
                | NodeWithScopeKind::FunctionTypeParameters(_)
                | NodeWithScopeKind::ClassTypeParameters(_) => None,
                _ => return None,
            };
            if let Some(at) = class {
                return Some((path, Some(at.into())));
            }
            scope = index.parent_scope_id(scope)?;
        }
    }
}

//! Names of members where the engine lists none: of values that may be of several classes, or whose class is unknown.
//!
//! Knows only where names stand. Invariant: it is asked when something is told, never to find what is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr};
use ruff_python_ast::{Expr, ExprAttribute};
use ruff_text_size::Ranged;

use crate::gate::doubt::Doubt;
use crate::index::{FileStructure, Slip, SymbolKind, bases};

/// What speaks against names that are read from something else in the file, stand in the project, or outside.
const OF_OTHERS: u32 = 8;
const OF_PROJECT: u32 = 12;
const FROM_OUTSIDE: u32 = 14;

/// Names, each with what speaks against it.
pub(super) type Rated = BTreeMap<String, u32>;

/// The members of the classes that a type names: `Cart` and `dict` of `Cart | dict[str, int] | None`.
pub(super) fn of_classes(doubt: &Doubt<'_, '_>, shown: &str) -> Rated {
    let classes = shown.split('|').map(|part| part.split('[').next().unwrap_or_default().trim());
    of_family(doubt, &doubt.project.with_bases(&classes.map(Into::into).collect()))
}

/// All members that a class of the project and those above it have by their texts; nothing where one of them stands
/// elsewhere and is not built in.
pub(super) fn of_known_line(doubt: &Doubt<'_, '_>, class: &str) -> Option<Rated> {
    /// What brings no member that anybody asks for.
    const BARE: [&str; 3] = ["ABC", "Generic", "Protocol"];
    let mut line = doubt.project.with_bases(&BTreeSet::from([class.into()]));
    line.insert("object".into());
    let builtins = stub(doubt, "builtins")?;
    // A class stands below its bases there, so once through from the end is enough.
    for (_, symbol) in builtins.children(None).collect::<Vec<_>>().into_iter().rev() {
        if line.contains(&*symbol.name) {
            line.extend(bases(&symbol.signature).into_iter().map(Into::into));
        }
    }
    let is_built_in = |name: &str| builtins.children(None).any(|(_, symbol)| *symbol.name == *name);
    let is_known = |name: &str| doubt.project.has_class(name) || BARE.contains(&name) || is_built_in(name);
    line.iter().all(|name| is_known(name)).then(|| of_family(doubt, &line))
}

/// The members of the classes called so in the project or among what is built in.
fn of_family(doubt: &Doubt<'_, '_>, family: &BTreeSet<Box<str>>) -> Rated {
    let mut names = Rated::new();
    for (path, structure, class) in family.iter().flat_map(|name| doubt.project.classes(name)) {
        let text = doubt.project.text(&path).unwrap_or_else(|| "".into());
        let body = text.get(class.span.range()).unwrap_or_default();
        add(&mut names, ["self.", "cls."].iter().flat_map(|owner| body.split(owner).skip(1)).map(first_word), 0);
        let own = structure
            .symbols
            .iter()
            .filter(|symbol| symbol.parent.is_some_and(|parent| structure.symbol(parent).qualname == class.qualname));
        add(&mut names, own.map(|symbol| &*symbol.name), 0);
    }
    if let Some(builtins) = stub(doubt, "builtins") {
        add(&mut names, members(&builtins, |class| family.contains(class)), 0);
    }
    names
}

/// What the file reads elsewhere from the very value that `node` reads from.
pub(super) fn of_same_value(doubt: &Doubt<'_, '_>, node: &ExprAttribute) -> Rated {
    let mut reads = Reads { doubt, node, names: Rated::new() };
    reads.visit_body(&doubt.lens.tree.syntax().body);
    reads.names.retain(|_, bias| *bias == 0);
    reads.names
}

/// What may be read from a value of unknown type: what the file reads elsewhere, and the members of the classes that the
/// project defines, that are built in, and that the modules define which the file imports; of all of these those that `slip`
/// may mean.
pub(super) fn of_anything(doubt: &Doubt<'_, '_>, node: &ExprAttribute, slip: &Slip) -> Rated {
    let mut reads = Reads { doubt, node, names: Rated::new() };
    reads.visit_body(&doubt.lens.tree.syntax().body);
    let mut names = reads.names;
    names.retain(|name, _| slip.may_mean(name));
    let mut add_members = |structure: &FileStructure, bias| {
        add(&mut names, members(structure, |_| true).filter(|name| slip.may_mean(name)), bias);
    };
    for (_, file) in doubt.project.view.snapshot.files() {
        add_members(&file.structure, OF_PROJECT);
    }
    let own = doubt.project.structure(doubt.path);
    let imported = own.iter().flat_map(|own| &own.imports).filter(|import| import.level == 0);
    let mut modules: BTreeSet<String> = imported
        .flat_map(|import| match &import.module {
            Some(module) => vec![module.to_string()],
            None => import.names.iter().map(|name| name.name.to_string()).collect(),
        })
        .collect();
    modules.extend(["builtins", "typing"].map(str::to_owned));
    for structure in modules.iter().filter_map(|module| stub(doubt, module)) {
        add_members(&structure, FROM_OUTSIDE);
        // `socket` has most of its methods from `_socket`.
        let behind = structure.imports.iter().flat_map(|import| match &import.module {
            Some(module) => vec![&**module],
            None => import.names.iter().map(|name| &*name.name).collect(),
        });
        let behind: BTreeSet<&str> = behind.filter(|name| name.starts_with('_') && *name != "_typeshed").collect();
        for structure in behind.into_iter().filter_map(|module| stub(doubt, module)) {
            add_members(&structure, FROM_OUTSIDE);
        }
    }
    names
}

fn add<'n>(names: &mut Rated, new: impl Iterator<Item = &'n str>, bias: u32) {
    for name in new.filter(|name| !name.is_empty()) {
        match names.get_mut(name) {
            Some(known) => *known = bias.min(*known),
            None => _ = names.insert(name.to_owned(), bias),
        }
    }
}

/// The members of those classes of a file.
fn members(structure: &FileStructure, is_asked: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
    structure.symbols.iter().filter_map(move |symbol| {
        let class = structure.symbol(symbol.parent?);
        (class.kind == SymbolKind::Class && is_asked(&class.name)).then_some(&*symbol.name)
    })
}

/// What a module outside of the project defines.
fn stub(doubt: &Doubt<'_, '_>, module: &str) -> Option<Arc<FileStructure>> {
    let model = &doubt.lens.model;
    doubt.lens.engine.structure(model.resolve_module(Some(module), 0)?.file(model.db())?)
}

fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(text.len());
    &text[..end]
}

/// All reads of members but the one at `node`.
struct Reads<'d, 'a, 'db> {
    doubt: &'d Doubt<'a, 'db>,
    node: &'d ExprAttribute,
    names: Rated,
}

impl<'t> SourceOrderVisitor<'t> for Reads<'_, '_, '_> {
    fn visit_expr(&mut self, expression: &'t Expr) {
        if let Expr::Attribute(read) = expression
            && read.range != self.node.range
        {
            let source = self.doubt.lens.source.as_str();
            let text = |value: &Expr| source.get(std::ops::Range::<usize>::from(value.range()));
            let bias = if text(&read.value) == text(&self.node.value) { 0 } else { OF_OTHERS };
            add(&mut self.names, std::iter::once(read.attr.as_str()), bias);
        }
        walk_expr(self, expression);
    }
}

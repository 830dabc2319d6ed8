//! Whether a file that says a changed name can mean what changed.
//!
//! Knows nothing of what is wrong with a file. Invariant: where it is not known what a name means, it may be that.

use std::collections::BTreeSet;

use ruff_db::files::{File, system_path_to_file};
use ruff_db::parsed::parsed_module;
use ruff_db::source::source_text;
use ruff_db::system::SystemPathBuf;
use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_body, walk_expr, walk_pattern_keyword};
use ruff_python_ast::{Expr, ExprAttribute, PatternKeyword};
use ty_python_semantic::types::Type;
use ty_python_semantic::{Db as _, HasType, SemanticModel, definitions_for_attribute};

use super::database::Database;
use crate::gate::project::has_word;

/// The changed names, by what it takes for a file to be concerned.
#[derive(Debug, Clone, Default)]
pub(in crate::gate) struct Concern {
    /// Methods that are still where they were: a file is concerned where it asks a value for one that may have it.
    pub(in crate::gate) methods: BTreeSet<Box<str>>,
    /// Whoever says one of these is concerned.
    pub(in crate::gate) said: BTreeSet<Box<str>>,
}

impl Concern {
    /// Whether the file at `path` is concerned by what stands in the files that are `laid`.
    pub(super) fn is_of(&self, db: &Database, path: &SystemPathBuf, laid: &BTreeSet<SystemPathBuf>) -> bool {
        let Ok(file) = system_path_to_file(db, path) else { return true };
        let source = source_text(db, file);
        if self.methods.is_empty() || self.said.iter().any(|name| has_word(source.as_str(), name)) {
            return true;
        }
        let program_file = db.program_file(file);
        let tree = parsed_module(db, program_file.python_file(db)).load(db);
        let mut asks = Asks { methods: &self.methods, nodes: Vec::new(), is_by_other_ways: !tree.errors().is_empty() };
        walk_body(&mut asks, tree.suite());
        let model = SemanticModel::new(db, program_file);
        let is_laid = |file: File| file.path(db).as_system_path().is_some_and(|path| laid.contains(path));
        asks.is_by_other_ways || asks.nodes.iter().any(|node| may_mean(&model, node, is_laid))
    }
}

/// Whether a member that is asked for may be one that is defined where `is_it` says.
fn may_mean(model: &SemanticModel<'_>, node: &ExprAttribute, is_it: impl Fn(File) -> bool) -> bool {
    match node.value.inferred_type(model) {
        None => return true,
        // Of a value of which it knows nothing, the engine says nothing.
        Some(Type::Dynamic(_)) => return false,
        Some(value) if !is_known_whole(model, value) => return true,
        Some(_) => {}
    }
    let found = definitions_for_attribute(model, node);
    found.is_empty() || found.iter().any(|definition| is_it(definition.focus_range(model.db()).file()))
}

/// Whether each type that a value may have is looked at for its members: of some, only those that stand alone are.
fn is_known_whole(model: &SemanticModel<'_>, value: Type<'_>) -> bool {
    let db = model.db();
    match value {
        Type::Union(union) => union.elements(db).iter().all(|element| match element {
            Type::Intersection(parts) => parts.iter_positive(db).all(has_own_class),
            element => has_own_class(*element),
        }),
        Type::Intersection(parts) => parts.iter_positive(db).all(has_own_class),
        _ => true,
    }
}

fn has_own_class(part: Type<'_>) -> bool {
    matches!(
        part,
        Type::Dynamic(_)
            | Type::Never
            | Type::NominalInstance(_)
            | Type::ProtocolInstance(_)
            | Type::LiteralValue(_)
            | Type::ClassLiteral(_)
            | Type::GenericAlias(_)
            | Type::ModuleLiteral(_)
            | Type::FunctionLiteral(_)
            | Type::BoundMethod(_)
            | Type::TypedDict(_)
            | Type::AlwaysTruthy
            | Type::AlwaysFalsy
    )
}

/// Where a file asks values for the methods.
struct Asks<'a, 't> {
    methods: &'a BTreeSet<Box<str>>,
    nodes: Vec<&'t ExprAttribute>,
    /// Whether it does so by a string or by a pattern.
    is_by_other_ways: bool,
}

impl<'t> SourceOrderVisitor<'t> for Asks<'_, 't> {
    fn visit_expr(&mut self, expression: &'t Expr) {
        match expression {
            Expr::Attribute(node) if self.methods.contains(node.attr.as_str()) => self.nodes.push(node),
            Expr::StringLiteral(string) if self.methods.contains(string.value.to_str()) => self.is_by_other_ways = true,
            _ => {}
        }
        walk_expr(self, expression);
    }

    fn visit_pattern_keyword(&mut self, keyword: &'t PatternKeyword) {
        self.is_by_other_ways |= self.methods.contains(keyword.attr.as_str());
        walk_pattern_keyword(self, keyword);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::PythonEnvironment;
    use crate::gate::engine::{Engine, Side};
    use crate::text::{ChangeSet, ProjectPath};

    #[test]
    fn a_file_is_concerned_where_it_may_ask_for_what_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| ProjectPath::new(name).unwrap();
        let mut pending = ChangeSet::default();
        let tree = "class Node:\n    def add(self, a): pass\nclass Leaf(Node): pass\n";
        pending.put(path("tree.py"), None, Some(tree.into()));
        for (nth, (text, is_concerned)) in [
            ("from tree import Node\nNode().add(1)\n", true),
            ("from tree import Leaf\nLeaf().add(1)\n", true),
            ("from tree import Node\nplus = Node.add\nplus(1)\n", true),
            ("from tree import Node\ngetattr(Node(), 'add')(1)\n", true),
            ("from tree import Node\ndef f(x: Node | set[int]):\n    x.add(1)\n", true),
            ("from tree import Node\ndef f(x: Node | None):\n    if x:\n        x.add(1)\n", true),
            ("from tree import Node\ndef f[T: Node](x: T):\n    x.add(1)\n", true),
            ("from tree import Node\ndef f[T: Node](x: T | set[int]):\n    x.add(1)\n", true),
            ("from tree import Leaf\nclass Own(Leaf):\n    def more(self):\n        super().add(1)\n", true),
            ("from tree import Leaf\nclass Own(Leaf):\n    def more(self):\n        self.add(1)\n", true),
            ("from tree import Node\ndef f(x):\n    match x:\n        case Node(add=a): a(1)\n", true),
            ("from tree import Node\nNode().add(\n", true),
            ("from tree import Leaf\nclass Own(Leaf):\n    def add(self): pass\nOwn().add()\n", false),
            ("seen = set()\nseen.add(1)\n", false),
            ("def f(x: set[int] | dict[int, int]):\n    x.add(1)\n", false),
            ("def f(x):\n    x.add(1)\n", false),
            ("def add(a): pass\nadd(1)\nprint(add=1)\n", false),
        ]
        .into_iter()
        .enumerate()
        {
            let user = format!("user{nth}.py");
            std::fs::write(folder.path().join(&user), text).unwrap();
            let mut engine = Engine::new(folder.path(), [], &PythonEnvironment::default(), std::sync::Arc::default());
            engine.lay(&pending, Side::New);
            let concern = |methods: &[&str], said: &[&str]| {
                let names = |names: &[&str]| names.iter().map(|name| (*name).into()).collect();
                engine.is_concerned(&path(&user), &Concern { methods: names(methods), said: names(said) })
            };
            assert_eq!(concern(&["add"], &["other"]), is_concerned, "{text}");
            assert!(concern(&["add"], &["add"]) && concern(&[], &[]), "{text}");
        }
    }
}

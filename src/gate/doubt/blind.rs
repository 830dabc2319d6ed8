//! What is asked of a class whose values the engine is blind to: the index answers, by name.

use std::collections::BTreeSet;

use ruff_db::files::File;
use ruff_python_ast::{Expr, ExprCall};

use super::family::hides_nothing;
use super::{Doubt, Origin};
use crate::gate::signature::{Binding, Shape, accepts};
use crate::index::{Symbol, SymbolKind};
use crate::text::ProjectPath;

impl Doubt<'_, '_> {
    /// Whether `class` alone of its family sets `attr`, and nobody from outside does.
    pub(in crate::gate) fn is_set_by_itself_alone(&self, class: &str, attr: &str) -> bool {
        let mut family = self.project.subclass_names(class);
        family.insert(class.into());
        let family = self.project.with_bases(&family);
        family.iter().filter(|name| self.class_defines(name, attr)).count() == 1
            && !self.class_rebinds(class, attr)
            && !family.iter().any(|name| self.class_fills(name, attr))
            && !self.is_set_on(attr, &family)
    }

    pub(in crate::gate) fn is_defined_below(&self, class: &str, attr: &str) -> bool {
        self.project.subclass_names(class).iter().any(|name| self.class_defines(name, attr))
    }

    /// The class of the project that `value` is an instance of, where it takes any member, but for type checkers alone.
    pub(in crate::gate) fn pretending_class(&self, value: &Expr) -> Option<String> {
        let class = self.class_of(value)?;
        let mut takers = 0;
        let only_for_checkers = self.project.with_bases(&BTreeSet::from([class.as_str().into()])).iter().all(|name| {
            let own = self.project.classes(name);
            let is_known = !own.is_empty() || hides_nothing(name);
            is_known
                && own.iter().all(|(path, structure, symbol)| {
                    let ways = ["__getattr__", "__getattribute__"].map(|way| format!("{}.{way}", symbol.qualname));
                    ways.iter().flat_map(|way| structure.find(way)).all(|id| {
                        takers += 1;
                        let at = structure.symbol(id).span.start as usize;
                        self.project.text(path).is_some_and(|text| is_for_checkers(&text, at))
                    })
                })
        });
        (only_for_checkers && takers > 0).then_some(class)
    }

    pub(in crate::gate) fn own_file(&self, file: File) -> Option<ProjectPath> {
        match self.text_of(file).1 {
            Origin::Project(path) => Some(path),
            _ => None,
        }
    }

    /// The one method called `name` in `class` and its bases, where no class below has another.
    pub(in crate::gate) fn only_method(&self, class: &str, name: &str) -> Option<(ProjectPath, Symbol)> {
        let mut methods = self.methods(class, name)?;
        let method = methods.pop().filter(|_| methods.is_empty())?;
        (!self.is_defined_below(class, name)).then_some(method)
    }

    /// The signature of the one method that a call reaches, where neither that nor any below takes the call.
    pub(in crate::gate) fn misfit(&self, class: &str, call: &ExprCall) -> Option<String> {
        let name = call.func.as_attribute_expr()?.attr.as_str();
        let shape = Shape::of(&call.arguments);
        let below = self.project.subclass_names(class);
        let mut methods = self.methods(class, name)?;
        let is_set_below = below.iter().any(|it| self.class_sets(it, name) || self.class_rebinds(it, name));
        let (_, own) = methods.pop().filter(|_| methods.is_empty() && !is_set_below)?;
        let beside = self.project.with_bases(&below);
        let others = beside.iter().flat_map(|it| self.project.classes(it)).flat_map(|(_, structure, it)| {
            let found = structure.find(&format!("{}.{name}", it.qualname));
            found.into_iter().map(|id| structure.symbol(id).clone()).collect::<Vec<_>>()
        });
        let takes = |method: &Symbol| method.kind != SymbolKind::Method || accepts(method, &shape, Binding::Bound);
        (!takes(&own) && !others.into_iter().any(|other| takes(&other))).then(|| own.signature.to_string())
    }

    /// The methods called `name` in `class` and its bases; `None` where something else may stand under the name.
    fn methods(&self, class: &str, name: &str) -> Option<Vec<(ProjectPath, Symbol)>> {
        let own = self.project.with_bases(&BTreeSet::from([class.into()]));
        let is_known = |it: &str| self.project.has_class(it) || self.lacks(it, name);
        let is_open = own.iter().any(|it| {
            !is_known(it) || self.class_sets(it, name) || self.class_rebinds(it, name) || self.is_open_for(it, name)
        });
        if is_open || self.is_set_on(name, &own) {
            return None;
        }
        let mut methods = Vec::new();
        for (path, structure, it) in own.iter().flat_map(|it| self.project.classes(it)) {
            let found = structure.find(&format!("{}.{name}", it.qualname));
            methods.extend(found.into_iter().map(|id| (path.clone(), structure.symbol(id).clone())));
        }
        methods.iter().all(|(_, method)| method.kind == SymbolKind::Method).then_some(methods)
    }
}

/// Whether what stands at a place stands right under `if TYPE_CHECKING:`.
fn is_for_checkers(text: &str, at: usize) -> bool {
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text[..at].rsplit('\n');
    let depth = lines.next().map_or(0, indentation);
    let above = lines.find(|line| {
        let head = line.trim_start();
        !head.is_empty() && !head.starts_with('#') && indentation(line) < depth
    });
    above.is_some_and(|line| line.trim_start().starts_with("if ") && line.trim_end().ends_with("TYPE_CHECKING:"))
}

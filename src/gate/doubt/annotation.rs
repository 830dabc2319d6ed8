//! Doubts about what an annotation says, and about what stands in one.

use ruff_python_ast::{Expr, ExprAttribute, ParameterWithDefault, Stmt};

use super::{Doubt, Origin, quoted};
use crate::gate::tree::{Target, values_bound};
use crate::index::{FileStructure, SymbolKind};

impl Doubt<'_, '_> {
    /// Whether a line that was there before reads a member of a parameter: then at most the annotation is new, and that
    /// does nothing.
    pub(super) fn is_annotated_anew(&self, value: &Expr) -> bool {
        let (Some(name), Some(sides)) = (value.as_name_expr(), self.project.changed.get(self.path)) else {
            return false;
        };
        let is_parameter = self.guards.functions().any(|function| {
            function
                .parameters
                .iter()
                .any(|parameter| **parameter.name() == *name.id && parameter.annotation().is_some())
        });
        is_parameter && sides.old_text.contains(self.line())
    }

    /// Whether `self.x` keeps a parameter whose annotation its own default breaks (`rows: bool = None`), and the project has a
    /// method of the name that is asked for: then the annotation says too little.
    pub(super) fn is_annotated_wrongly(&self, node: &ExprAttribute) -> bool {
        let Some(state) = node.value.as_attribute_expr() else { return false };
        let is_own = state.value.as_name_expr().is_some_and(|name| name.id.as_str() == "self");
        let Some(class) = self.guards.class().filter(|_| is_own) else { return false };
        let is_broken = |parameter: &ParameterWithDefault, name: &str| {
            let is_none = || parameter.default.as_deref().is_some_and(Expr::is_none_literal_expr);
            parameter.name().as_str() == name && parameter.annotation().is_some() && is_none()
        };
        let mut methods = class.body.iter().filter_map(Stmt::as_function_def_stmt);
        let keeps_one = methods.any(|method| {
            values_bound(&method.body, Target::Member(&state.attr)).iter().any(|value| {
                let mut parameters = method.parameters.iter_non_variadic_params();
                let name = value.as_name_expr();
                name.is_some_and(|name| parameters.any(|parameter| is_broken(parameter, &name.id)))
            })
        });
        keeps_one && self.is_of_some_class(&node.attr)
    }

    /// Whether some class of the project has such a member.
    fn is_of_some_class(&self, attr: &str) -> bool {
        self.project.files_with_word(attr).iter().filter_map(|path| self.project.structure(path)).any(|structure| {
            let is_class = |parent| structure.symbol(parent).kind == SymbolKind::Class;
            structure.symbols.iter().any(|symbol| *symbol.name == *attr && symbol.parent.is_some_and(is_class))
        })
    }

    /// Whether the change takes a name out of the module at hand: then nothing that may stand beside it was meant.
    pub(super) fn is_taken_from_module(&self, attr: &str) -> bool {
        let Some(name) = quoted(&self.found.message).filter(|_| self.found.message.starts_with("Module ")) else {
            return false;
        };
        let file = self.lens.model.resolve_module(Some(name), 0).and_then(|module| module.file(self.lens.model.db()));
        let Some(Origin::Project(path)) = file.map(|file| self.text_of(file).1) else { return false };
        let has = |structure: &FileStructure| structure.children(None).any(|(_, symbol)| *symbol.name == *attr);
        self.project.changed.get(&path).is_some_and(|sides| has(&sides.old) && !has(&sides.new))
    }
}

//! Doubts about what is called and cannot be, and about methods that are used as if they were values.

use std::collections::BTreeSet;

use ruff_python_ast::{AnyNodeRef, Expr};
use ruff_text_size::Ranged;
use ty_python_semantic::HasType;
use ty_python_semantic::types::{Type, TypeDefinition};

use super::assignment::assigns;
use super::family::EXACT;
use super::{Doubt, Origin, Standing, quoted};
use crate::gate::project::{has_word, word_places};
use crate::index::SymbolKind;

impl Doubt<'_, '_> {
    /// Only a value whose type admits no doubt: a module, a literal, an instance of a class that cannot be called.
    pub(super) fn callable(&self) -> Standing {
        let Some(type_name) = quoted(&self.found.message) else { return Standing::Unknown };
        if self.guards.catches(&["TypeError"]) {
            return Standing::Fine;
        }
        if self.found.message.contains("possibly") {
            return Standing::Unknown;
        }
        let is_plain = type_name.starts_with("<module ") || type_name.starts_with("Literal[");
        let called = self.guards.chain().iter().find_map(|node| match node {
            AnyNodeRef::ExprCall(call) => Some(&*call.func),
            _ => None,
        });
        if is_plain || called.is_some_and(|called| self.is_no_function(called)) {
            Standing::Refuted
        } else {
            Standing::Unknown
        }
    }

    /// Whether what is called is an instance of a class without `__call__`.
    fn is_no_function(&self, called: &Expr) -> bool {
        let db = self.lens.model.db();
        let env = self.lens.model.program_environment();
        let Some(value_type @ Type::NominalInstance(_)) = called.inferred_type(&self.lens.model) else { return false };
        if self.is_redeclared(called) || self.is_member_of_several(called) {
            return false;
        }
        let Some(TypeDefinition::StaticClass(definition)) = value_type.definition(db, &env) else { return false };
        let Some(range) = TypeDefinition::StaticClass(definition).focus_range(db) else { return false };
        let (text, origin) = self.text_of(range.file());
        let class = text.get(std::ops::Range::<usize>::from(range.range())).unwrap_or_default();
        match origin {
            Origin::Project(_) => self.has_no_call(class),
            Origin::StandardLibrary if EXACT.contains(&class) => true,
            Origin::StandardLibrary => class != "object" && !has_word(&text, "__call__"),
            Origin::Installed => false,
        }
    }

    /// Whether no class of a family can be called.
    fn has_no_call(&self, class: &str) -> bool {
        let mut family = self.project.subclass_names(class);
        family.insert(class.into());
        self.project.with_bases(&family).iter().all(|name| {
            let is_own = self.project.has_class(name);
            let is_known = is_own || self.lacks(name, "__call__");
            is_known && !self.class_defines(name, "__call__") && !self.is_open_for(name, "__call__")
        })
    }

    /// Whether the member that an expression reads is something else in some class of the project.
    fn is_member_of_several(&self, value: &Expr) -> bool {
        let Some(member) = value.as_attribute_expr() else { return false };
        let kinds: BTreeSet<(bool, bool)> = self
            .project
            .files_with_word(&member.attr)
            .iter()
            .filter_map(|path| self.project.structure(path))
            .flat_map(|structure| {
                let named = structure.symbols.iter().filter(|symbol| *symbol.name == *member.attr.as_str());
                named
                    .map(|symbol| (symbol.kind == SymbolKind::Method, !symbol.decorators.is_empty()))
                    .collect::<Vec<_>>()
            })
            .collect();
        kinds.len() > 1
    }

    /// Whether all that the project calls so are plain methods.
    pub(super) fn is_surely_method(&self, name: &str) -> bool {
        let mut method_count = 0;
        let is_plain = self.project.files_with_word(name).iter().all(|path| {
            let (Some(structure), Some(text)) = (self.project.structure(path), self.project.text(path)) else {
                return false;
            };
            let mut named = structure.symbols.iter().filter(|symbol| *symbol.name == *name);
            let only_methods = named.all(|symbol| {
                method_count += 1;
                symbol.kind == SymbolKind::Method && symbol.decorators.is_empty()
            });
            let is_set =
                word_places(&text, name).any(|at| text[..at].ends_with('.') && assigns(&text[at + name.len()..]));
            only_methods && !is_set
        });
        is_plain && method_count > 0
    }

    /// Subscripts, loops and `with` over what is no container: told for methods that should have been called.
    pub(super) fn protocol(&self) -> Standing {
        let is_method = quoted(&self.found.message).is_some_and(|shown| shown.starts_with("bound method "));
        let node = self.guards.chain().iter().find_map(|node| match node {
            AnyNodeRef::ExprSubscript(subscript) => Some(subscript.value.as_attribute_expr()),
            AnyNodeRef::ExprAttribute(attribute) => Some(Some(*attribute)),
            _ => None,
        });
        let is_sure = is_method && node.flatten().is_some_and(|node| self.is_surely_method(&node.attr));
        if is_sure && !self.guards.catches(&["TypeError"]) { Standing::Refuted } else { Standing::Fine }
    }
}

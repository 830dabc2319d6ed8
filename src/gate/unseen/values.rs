//! Values whose class the project's own code tells, though the engine does not: what a function without annotation
//! returns, and what is kept of it in `self.x`; `self` below a base that stands behind a decorator; a parameter annotated
//! with a decorated class.
//!
//! Invariant: a class is told only where one single class, or others of its name, are possible.

use ruff_python_ast::{AnyNodeRef, Expr, ExprAttribute, ExprCall, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;
use ty_python_semantic::HasType;
use ty_python_semantic::types::Type;

use super::calls::{are_made_as_usual, only_class};
use crate::gate::doubt::{Doubt, Guards};
use crate::gate::engine::Lens;
use crate::gate::found::{Found, UNSEEN};
use crate::gate::project::Project;
use crate::gate::tree::{Returns, Target, dotted, functions, whole_values};
use crate::text::ProjectPath;

/// So many functions, names and members are followed to where a value is made.
const STEPS_MAX: u32 = 10;

/// Where values are asked for: a place in one file.
pub(super) struct Values<'a, 'db> {
    pub(super) lens: &'a Lens<'db>,
    pub(super) project: &'a Project<'a>,
    pub(super) path: &'a ProjectPath,
    pub(super) guards: Guards<'a>,
    pub(super) steps_left: u32,
    /// The class on which the function around the place was called, if that is known.
    pub(super) receiver: Option<String>,
}

impl<'a, 'db> Values<'a, 'db> {
    pub(super) fn at(lens: &'a Lens<'db>, project: &'a Project<'a>, path: &'a ProjectPath, node: impl Ranged) -> Self {
        let guards = Guards::at(&lens.tree, node.start().into(), node.end().into());
        Self { lens, project, path, guards, steps_left: STEPS_MAX, receiver: None }
    }

    /// The one class of the project that `value` is an instance of.
    pub(super) fn class_of(&self, value: &'a Expr) -> Option<String> {
        self.steps_left.checked_sub(1)?;
        match value {
            Expr::Name(name) => self.class_of_name(name.id.as_str()),
            Expr::Attribute(node) => self.class_of_state(node),
            Expr::Call(call) => self.class_made(call, false),
            Expr::Await(awaited) => self.class_made(awaited.value.as_call_expr()?, true),
            _ => None,
        }
    }

    /// Whether `value` is the object, or the class, of the method around the place.
    pub(super) fn is_own_object(&self, value: &Expr) -> bool {
        value.as_name_expr().is_some_and(|name| self.own_parameter() == Some(name.id.as_str()))
    }

    /// Whether a test before said more of `value` than where it comes from.
    pub(super) fn is_narrowed(&self, value: &Expr) -> bool {
        let db = self.lens.model.db();
        match value.inferred_type(&self.lens.model) {
            Some(Type::Intersection(parts)) => {
                parts.iter_positive(db).any(|part| !matches!(part, Type::TypeVar(_) | Type::Dynamic(_)))
            }
            _ => false,
        }
    }

    fn class_of_name(&self, name: &str) -> Option<String> {
        let function = self.guards.functions().next()?;
        let values = whole_values(&function.body, Target::Name(name))?;
        let mut parameters = function.parameters.iter();
        match (parameters.find(|parameter| parameter.name().as_str() == name), &*values) {
            (Some(_), []) if self.own_parameter() == Some(name) => {
                self.receiver.clone().or_else(|| Some(self.guards.class()?.name.to_string()))
            }
            (Some(parameter), []) => {
                let class = class_named(parameter.annotation()?)?;
                (self.project.classes(&class).len() == 1).then_some(class)
            }
            (None, [value]) => self.a_step_on().class_of(value),
            _ => None,
        }
    }

    /// The name that the method around the place has for its object or its class.
    fn own_parameter(&self) -> Option<&'a str> {
        let method = self.guards.method()?;
        let is_innermost = self.guards.functions().next().is_some_and(|inner| std::ptr::eq(inner, method));
        let is_static =
            method.decorator_list.iter().any(|it| dotted(&it.expression).last().is_some_and(|n| n == "staticmethod"));
        let first = method.parameters.posonlyargs.first().or(method.parameters.args.first())?;
        (is_innermost && !is_static).then(|| first.parameter.name.as_str())
    }

    /// What the class around the place puts into `self.x`, wherever it does.
    fn class_of_state(&self, node: &'a ExprAttribute) -> Option<String> {
        let owner = node.value.as_name_expr()?;
        if self.own_parameter() != Some(owner.id.as_str()) {
            return None;
        }
        let class = self.guards.class()?;
        let methods = class.body.iter().filter_map(Stmt::as_function_def_stmt);
        let mut values = Vec::new();
        for method in methods {
            values.extend(whole_values(&method.body, Target::Member(node.attr.as_str()))?);
        }
        if !self.doubt().is_set_by_itself_alone(class.name.as_str(), &node.attr) {
            return None;
        }
        self.same_class(values.into_iter().filter(|value| !value.is_none_literal_expr()).map(|value| {
            let there = Self {
                guards: Guards::at(&self.lens.tree, value.start().into(), value.end().into()),
                receiver: None,
                ..self.a_step_on()
            };
            there.class_of(value)
        }))
    }

    /// The class of what a call makes: by a constructor, or by a function of the project.
    fn class_made(&self, call: &'a ExprCall, is_awaited: bool) -> Option<String> {
        let db = self.lens.model.db();
        let env = self.lens.model.program_environment();
        let callee = call.func.inferred_type(&self.lens.model);
        let definition = callee.and_then(|callee| callee.definition(db, &env)?.focus_range(db));
        match (callee?, definition) {
            (Type::ClassLiteral(_), Some(_)) if !is_awaited => {
                let name = dotted(&call.func).last()?.to_string();
                are_made_as_usual(self.project, &name).then_some(name)
            }
            (Type::FunctionLiteral(_) | Type::BoundMethod(_), Some(range)) => {
                let path = self.doubt().own_file(range.file())?;
                self.returned_by(&path, range.range().start().into(), self.receiver_of(call), is_awaited)
            }
            (Type::Dynamic(_), _) => {
                let node = call.func.as_attribute_expr()?;
                let class = self.a_step_on().class_of(&node.value)?;
                let (path, method) = self.doubt().only_method(&class, &node.attr)?;
                self.returned_by(&path, method.name_span.start, Some(class), is_awaited)
            }
            _ => None,
        }
    }

    /// The class before the dot of a call: `Cart.empty()`, `self.copy()`.
    fn receiver_of(&self, call: &'a ExprCall) -> Option<String> {
        let value = &call.func.as_attribute_expr()?.value;
        match value.inferred_type(&self.lens.model) {
            Some(Type::ClassLiteral(_)) => {
                let name = dotted(value).last()?.to_string();
                only_class(self.project, &name).map(|_| name)
            }
            _ => self.a_step_on().class_of(value),
        }
    }

    /// The class of what a function without annotation returns.
    fn returned_by(
        &self,
        path: &ProjectPath,
        name_start: u32,
        receiver: Option<String>,
        is_awaited: bool,
    ) -> Option<String> {
        let steps_left = self.steps_left.checked_sub(1)?;
        let project = self.project;
        let looked = self.lens.engine.glance(path, |lens| {
            let all = functions(&lens.tree.syntax().body);
            let function = all.into_iter().find(|function| u32::from(function.name.start()) == name_start)?;
            let there =
                Values { steps_left, receiver: receiver.clone(), ..Values::at(lens, project, path, &function.name) };
            there.returned(function, is_awaited)
        });
        looked.ok().flatten().flatten()
    }

    fn returned(&self, function: &'a StmtFunctionDef, is_awaited: bool) -> Option<String> {
        let is_plain = |name: &str| matches!(name, "staticmethod" | "classmethod");
        let decorators = function.decorator_list.iter();
        let is_bare =
            decorators.map(|it| dotted(&it.expression)).all(|name| name.last().is_some_and(|name| is_plain(name)));
        if !is_bare || function.is_async != is_awaited || function.returns.is_some() || self.is_overridden(function) {
            return None;
        }
        let returns = Returns::of(&function.body);
        if returns.is_generator {
            return None;
        }
        self.same_class(returns.values.into_iter().filter(|value| !value.is_none_literal_expr()).map(|value| {
            let guards = Guards::at(&self.lens.tree, value.start().into(), value.end().into());
            let there = Self { guards, receiver: self.receiver.clone(), ..self.a_step_on() };
            there.own_class_called(value).or_else(|| there.class_of(value))
        }))
    }

    /// `cls(…)` and `self.__class__(…)`.
    fn own_class_called(&self, value: &'a Expr) -> Option<String> {
        let callee = &value.as_call_expr()?.func;
        let own = self.own_parameter()?;
        let is_own = match &**callee {
            Expr::Name(name) => name.id.as_str() == own,
            Expr::Attribute(node) => {
                node.attr.as_str() == "__class__"
                    && node.value.as_name_expr().is_some_and(|name| name.id.as_str() == own)
            }
            _ => false,
        };
        is_own.then(|| self.receiver.clone().or_else(|| Some(self.guards.class()?.name.to_string())))?
    }

    /// Whether a class below has a method of the same name.
    fn is_overridden(&self, function: &StmtFunctionDef) -> bool {
        let around = self.guards.chain().iter().find_map(|node| match node {
            AnyNodeRef::StmtClassDef(class) => Some(class.name.as_str()),
            _ => None,
        });
        around.is_some_and(|class| self.doubt().is_defined_below(class, &function.name))
    }

    fn same_class(&self, mut classes: impl Iterator<Item = Option<String>>) -> Option<String> {
        let first = classes.next()??;
        classes.all(|class| class.as_deref() == Some(&*first)).then_some(first)
    }

    fn a_step_on(&self) -> Self {
        Self {
            guards: self.guards.clone(),
            steps_left: self.steps_left.saturating_sub(1),
            receiver: self.receiver.clone(),
            ..*self
        }
    }

    /// Asks of classes, not of a place.
    fn doubt(&self) -> Doubt<'_, 'db> {
        static NOTHING: Found = Found { rule: UNSEEN, start: 0, end: 0, message: String::new() };
        Doubt::new(self.lens, self.project, self.path, &NOTHING)
    }
}

/// `Context` for `Context`, `m.Context` and `"Context"`.
fn class_named(annotation: &Expr) -> Option<String> {
    match annotation {
        Expr::StringLiteral(literal) => {
            let name = literal.value.to_str().rsplit('.').next()?.to_owned();
            name.chars().all(|c| c == '_' || c.is_alphanumeric()).then_some(name)
        }
        Expr::Name(_) | Expr::Attribute(_) => dotted(annotation).last().map(ToString::to_string),
        _ => None,
    }
}

//! Where a syntax tree spells names, and as what.

use std::collections::BTreeMap;
use std::ops::Range;

use ruff_python_ast::visitor::source_order::{
    SourceOrderVisitor, walk_alias, walk_except_handler, walk_expr, walk_keyword, walk_parameter, walk_pattern,
    walk_pattern_keyword, walk_stmt, walk_type_param,
};
use ruff_python_ast::{
    Alias, ExceptHandler, Expr, ExprAttribute, ExprCall, ExprName, ExprStringLiteral, Identifier,
    InterpolatedStringElement, Keyword, Parameter, Pattern, PatternKeyword, Stmt, StmtClassDef, StmtImportFrom,
    TypeParam,
};
use ruff_text_size::Ranged;

/// One name as it is spelled.
#[derive(Clone, Copy)]
pub(super) enum Occurrence<'t> {
    Name(&'t ExprName),
    /// With the class around.
    Attribute(&'t ExprAttribute, Option<&'t StmtClassDef>),
    /// The name of a `def` or a `class`.
    Definition,
    /// What `from … import` takes; the second is the name as it is there.
    Imported(&'t StmtImportFrom, &'t str),
    /// `global` or `nonlocal`.
    Declared {
        is_global: bool,
    },
    /// Bound by other syntax: `except … as`, a pattern, a type parameter.
    Bound {
        is_in_function: bool,
    },
    /// `Point(x=…)` as a pattern.
    PatternKeyword,
    /// `rows=…` in a call.
    Keyword,
    /// A parameter, a module's name: never a symbol.
    Never,
}

/// A string, by what it may be for.
pub(super) struct Text<'t> {
    pub(super) range: Range<u32>,
    pub(super) node: Option<&'t ExprStringLiteral>,
    pub(super) role: Role<'t>,
}

#[derive(Clone, Copy)]
pub(super) enum Role<'t> {
    /// A statement of its own: for people.
    Docstring,
    /// In the value of `__all__` or of `__slots__`.
    Listed(&'t str),
    /// The first string of a call, `getattr(value, "name")`, with the value that is asked.
    Asked(&'t Expr),
    /// `attrgetter("name")`.
    AskedOfAnything,
    /// No name: Python looks nothing up by bytes.
    Bytes,
    Other,
}

pub(super) struct Occurrences<'t> {
    name: &'t str,
    pub(super) at: BTreeMap<u32, Occurrence<'t>>,
    /// In order; those of f-strings in pieces.
    pub(super) texts: Vec<Text<'t>>,
    classes: Vec<&'t StmtClassDef>,
    function_depth: u32,
    listed: Option<&'t str>,
}

impl<'t> Occurrences<'t> {
    pub(super) fn of(body: &'t [Stmt], name: &'t str) -> Self {
        let mut found =
            Self { name, at: BTreeMap::new(), texts: Vec::new(), classes: Vec::new(), function_depth: 0, listed: None };
        found.visit_body(body);
        found
    }

    pub(super) fn in_expression(expression: &'t Expr, name: &'t str) -> Self {
        let mut found = Self::of(&[], name);
        found.visit_expr(expression);
        found
    }

    fn note(&mut self, identifier: &Identifier, occurrence: Occurrence<'t>) {
        if identifier.as_str() == self.name {
            self.at.insert(identifier.start().into(), occurrence);
        }
    }

    fn text(&mut self, range: ruff_text_size::TextRange, node: Option<&'t ExprStringLiteral>, role: Role<'t>) {
        let range = u32::from(range.start())..u32::from(range.end());
        // What a call is asked for is told before the walk comes there.
        if !self.texts.iter().rev().take(8).any(|text| text.range == range) {
            self.texts.push(Text { range, node, role });
        }
    }

    fn asked(&mut self, call: &'t ExprCall) {
        let way = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(node) => node.attr.as_str(),
            _ => return,
        };
        let string = |at: usize| call.arguments.args.get(at).and_then(|given| given.as_string_literal_expr());
        match way {
            "getattr" | "hasattr" | "setattr" | "delattr" | "object" => {
                if let (Some(of), Some(name)) = (call.arguments.args.first(), string(1)) {
                    self.text(name.range(), Some(name), Role::Asked(of));
                }
            }
            "attrgetter" | "methodcaller" => {
                for at in 0..call.arguments.args.len() {
                    if let Some(name) = string(at) {
                        self.text(name.range(), Some(name), Role::AskedOfAnything);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The name that a statement lists strings for: `__all__ = […]`, `__all__ += …`.
fn listing(statement: &Stmt) -> Option<&str> {
    let target = match statement {
        Stmt::Assign(assigned) => assigned.targets.first()?,
        Stmt::AnnAssign(assigned) => &assigned.target,
        Stmt::AugAssign(assigned) => &assigned.target,
        Stmt::Expr(statement) => match &*statement.value {
            Expr::Call(call) => &call.func.as_attribute_expr()?.value,
            _ => return None,
        },
        _ => return None,
    };
    let name = target.as_name_expr()?.id.as_str();
    matches!(name, "__all__" | "__slots__" | "__match_args__").then_some(name)
}

impl<'t> SourceOrderVisitor<'t> for Occurrences<'t> {
    fn visit_stmt(&mut self, statement: &'t Stmt) {
        let outer = self.listed;
        self.listed = listing(statement).or(outer);
        match statement {
            Stmt::FunctionDef(function) => {
                self.note(&function.name, Occurrence::Definition);
                self.function_depth += 1;
                walk_stmt(self, statement);
                self.function_depth -= 1;
            }
            Stmt::ClassDef(class) => {
                self.note(&class.name, Occurrence::Definition);
                self.classes.push(class);
                walk_stmt(self, statement);
                self.classes.pop();
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    self.note(&alias.name, Occurrence::Imported(import, &alias.name));
                    if let Some(bound) = &alias.asname {
                        self.note(bound, Occurrence::Imported(import, &alias.name));
                    }
                }
            }
            Stmt::Global(declared) => {
                declared.names.iter().for_each(|name| self.note(name, Occurrence::Declared { is_global: true }));
            }
            Stmt::Nonlocal(declared) => {
                declared.names.iter().for_each(|name| self.note(name, Occurrence::Declared { is_global: false }));
            }
            Stmt::Expr(expression) => {
                if let Expr::StringLiteral(string) = &*expression.value {
                    self.text(string.range(), Some(string), Role::Docstring);
                }
                walk_stmt(self, statement);
            }
            _ => walk_stmt(self, statement),
        }
        self.listed = outer;
    }

    fn visit_expr(&mut self, expression: &'t Expr) {
        match expression {
            Expr::Name(name) if name.id.as_str() == self.name => {
                self.at.insert(name.start().into(), Occurrence::Name(name));
            }
            Expr::Attribute(node) => self.note(&node.attr, Occurrence::Attribute(node, self.classes.last().copied())),
            Expr::StringLiteral(string) => {
                self.text(string.range(), Some(string), self.listed.map_or(Role::Other, Role::Listed));
            }
            Expr::BytesLiteral(string) => self.text(string.range(), None, Role::Bytes),
            Expr::Call(call) => self.asked(call),
            _ => {}
        }
        walk_expr(self, expression);
    }

    fn visit_interpolated_string_element(&mut self, element: &'t InterpolatedStringElement) {
        if let InterpolatedStringElement::Literal(literal) = element {
            self.text(literal.range(), None, Role::Other);
        }
        ruff_python_ast::visitor::source_order::walk_interpolated_string_element(self, element);
    }

    fn visit_string_literal(&mut self, literal: &'t ruff_python_ast::StringLiteral) {
        // Pieces of a string, and those beside an f-string.
        let (start, end) = (u32::from(literal.start()), u32::from(literal.end()));
        let is_known = |text: &Text<'_>| text.range.start <= start && end <= text.range.end;
        if !self.texts.iter().rev().take(8).any(is_known) {
            self.text(literal.range(), None, Role::Other);
        }
    }

    fn visit_alias(&mut self, alias: &'t Alias) {
        // Those of `from … import` are told with their statement.
        self.note(&alias.name, Occurrence::Never);
        if let Some(bound) = &alias.asname {
            self.note(bound, Occurrence::Never);
        }
        walk_alias(self, alias);
    }

    fn visit_keyword(&mut self, keyword: &'t Keyword) {
        if let Some(name) = &keyword.arg {
            self.note(name, Occurrence::Keyword);
        }
        walk_keyword(self, keyword);
    }

    fn visit_parameter(&mut self, parameter: &'t Parameter) {
        self.note(&parameter.name, Occurrence::Never);
        walk_parameter(self, parameter);
    }

    fn visit_except_handler(&mut self, handler: &'t ExceptHandler) {
        let ExceptHandler::ExceptHandler(caught) = handler;
        if let Some(name) = &caught.name {
            self.note(name, Occurrence::Bound { is_in_function: self.function_depth > 0 });
        }
        walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'t Pattern) {
        let bound = match pattern {
            Pattern::MatchAs(bound) => &bound.name,
            Pattern::MatchStar(bound) => &bound.name,
            Pattern::MatchMapping(bound) => &bound.rest,
            _ => &None,
        };
        if let Some(name) = bound {
            self.note(name, Occurrence::Bound { is_in_function: self.function_depth > 0 });
        }
        walk_pattern(self, pattern);
    }

    fn visit_pattern_keyword(&mut self, keyword: &'t PatternKeyword) {
        self.note(&keyword.attr, Occurrence::PatternKeyword);
        walk_pattern_keyword(self, keyword);
    }

    fn visit_type_param(&mut self, parameter: &'t TypeParam) {
        self.note(parameter.name(), Occurrence::Never);
        walk_type_param(self, parameter);
    }
}

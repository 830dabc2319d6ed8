//! The `structure` layer: no second definition of one name in one scope.
//!
//! A scope's suites are looked at one by one, so that alternatives under `if`, `try` and the like are no repeats.

use std::collections::HashMap;

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, TraversalSignal, walk_expr, walk_stmt};
use ruff_python_ast::{AnyNodeRef, Decorator, Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::engine::Lens;
use super::project::Sides;
use super::{Fix, FixSafety, Issue, Layer, Severity};
use crate::index::{FileStructure, SymbolKind};
use crate::text::{LineIndex, ProjectPath, Span, TextEdit};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Class,
    Function,
    Method,
    Import,
}

/// One binding of a name by `def`, `class` or `import` in a suite.
struct Definition<'t> {
    kind: Kind,
    name: &'t str,
    /// What an import binds the name to.
    target: String,
    /// Its place in the suite.
    at: usize,
    range: TextRange,
    name_range: TextRange,
    decorators: &'t [Decorator],
}

/// The issues of a file whose new tree is seen through `lens`.
pub(super) fn repeats(lens: &Lens<'_>, path: &ProjectPath, sides: &Sides) -> Vec<Issue> {
    let mut search =
        Search { path, sides, lines: LineIndex::new(&sides.new_text), old: old_counts(&sides.old), issues: Vec::new() };
    search.suite(&lens.tree.syntax().body, &Scope { qualname: String::new(), class: None });
    search.issues
}

/// How often each qualified name is defined in the old text; imports are counted by the name they bind.
fn old_counts(old: &FileStructure) -> HashMap<String, usize> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for symbol in old.symbols.iter().filter(|symbol| symbol.kind != SymbolKind::Variable) {
        *counts.entry(symbol.qualname.replace("<locals>.", "")).or_default() += 1;
    }
    for import in old.imports.iter().filter(|import| import.is_top_level) {
        for name in &import.names {
            *counts.entry(name.bound().to_owned()).or_default() += 1;
        }
    }
    counts
}

struct Scope<'t> {
    /// Without `<locals>`.
    qualname: String,
    class: Option<&'t str>,
}

impl Scope<'_> {
    fn qualified(&self, name: &str) -> String {
        if self.qualname.is_empty() { name.to_owned() } else { format!("{}.{name}", self.qualname) }
    }
}

struct Search<'s> {
    path: &'s ProjectPath,
    sides: &'s Sides,
    lines: LineIndex,
    old: HashMap<String, usize>,
    issues: Vec<Issue>,
}

impl Search<'_> {
    fn suite(&mut self, suite: &[Stmt], scope: &Scope<'_>) {
        let mut definitions: Vec<Definition<'_>> = Vec::new();
        for (at, statement) in suite.iter().enumerate() {
            define(statement, at, scope.class.is_some(), &mut definitions);
        }
        let mut by_name: HashMap<&str, Vec<&Definition<'_>>> = HashMap::new();
        for definition in &definitions {
            by_name.entry(definition.name).or_default().push(definition);
        }
        for (name, definitions) in by_name {
            let old_count = self.old.get(&scope.qualified(name)).copied().unwrap_or_default();
            if definitions.len() > 1 && definitions.len() > old_count {
                self.repeated(suite, &definitions, scope);
            }
        }
        for statement in suite {
            self.inner_suites(statement, scope);
        }
    }

    fn inner_suites(&mut self, statement: &Stmt, scope: &Scope<'_>) {
        match statement {
            Stmt::ClassDef(class) => {
                let inner = Scope { qualname: scope.qualified(&class.name), class: Some(&class.name) };
                self.suite(&class.body, &inner);
            }
            Stmt::FunctionDef(function) => {
                let inner = Scope { qualname: scope.qualified(&function.name), class: None };
                self.suite(&function.body, &inner);
            }
            Stmt::If(branch) => {
                self.suite(&branch.body, scope);
                for clause in &branch.elif_else_clauses {
                    self.suite(&clause.body, scope);
                }
            }
            Stmt::Try(attempt) => {
                for suite in [&attempt.body, &attempt.orelse, &attempt.finalbody] {
                    self.suite(suite, scope);
                }
                for handler in &attempt.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    self.suite(&handler.body, scope);
                }
            }
            Stmt::With(with) => self.suite(&with.body, scope),
            Stmt::For(repeat) => self.suite(&repeat.body, scope),
            Stmt::While(repeat) => self.suite(&repeat.body, scope),
            _ => {}
        }
    }

    fn repeated(&mut self, suite: &[Stmt], definitions: &[&Definition<'_>], scope: &Scope<'_>) {
        for pair in definitions.windows(2) {
            let [first, second] = pair else { continue };
            if is_legitimate(first, second) || self.is_used_between(suite, first, second) {
                continue;
            }
            // The one that the old text does not have is the one to speak of.
            let (kept, added) =
                if self.is_old(second) && !self.is_old(first) { (second, first) } else { (first, second) };
            self.issues.push(self.issue(kept, added, scope));
        }
    }

    /// Whether the first definition did its work before the second replaced it: it was called, wrapped or handed on.
    fn is_used_between(&self, suite: &[Stmt], first: &Definition<'_>, second: &Definition<'_>) -> bool {
        let first_is_old = self.is_old(first);
        let header_uses = suite.get(second.at).is_some_and(|statement| uses(statement, first.name, true));
        header_uses
            || suite.get(first.at + 1..second.at).unwrap_or_default().iter().any(|statement| {
                uses(statement, first.name, false) && (!first_is_old || !self.is_old_text(statement.range()))
            })
    }

    fn is_old(&self, definition: &Definition<'_>) -> bool {
        self.is_old_text(definition.range)
    }

    fn is_old_text(&self, range: TextRange) -> bool {
        self.sides
            .new_text
            .get(std::ops::Range::<usize>::from(range))
            .is_some_and(|text| self.sides.old_text.contains(text))
    }

    fn issue(&self, kept: &Definition<'_>, added: &Definition<'_>, scope: &Scope<'_>) -> Issue {
        let line = self.lines.line(kept.name_range.start().to_usize());
        let name = added.name;
        let (code, message) = match (kept.kind, scope.class) {
            (Kind::Import, _) if added.kind == Kind::Import && kept.target == added.target => {
                ("duplicate-import", format!("'{name}' is already imported at line {line}. Remove the second import."))
            }
            (Kind::Import, _) => (
                "shadowed-import",
                format!("'{name}' is already imported at line {line}. Choose another name, or remove that import."),
            ),
            (Kind::Class, _) => {
                ("duplicate-class", format!("Class '{name}' already exists at line {line}. Use modify_class instead."))
            }
            (Kind::Method | Kind::Function, Some(class)) => (
                "duplicate-method",
                format!(
                    "Method '{name}' already exists in class '{class}' at line {line}. Use modify_function instead."
                ),
            ),
            (Kind::Method | Kind::Function, None) => (
                "duplicate-function",
                format!("Function '{name}' already exists at line {line}. Use modify_function instead."),
            ),
        };
        Issue {
            layer: Layer::Structure,
            code,
            severity: Severity::Block,
            path: self.path.clone(),
            line: self.lines.line(added.name_range.start().to_usize()),
            span: Some(span(added.name_range)),
            message,
            fix: (code == "duplicate-import").then(|| self.without(added)).flatten(),
        }
    }

    /// Takes an import statement of one name out with its line.
    fn without(&self, import: &Definition<'_>) -> Option<Fix> {
        let text = self.sides.new_text.get(std::ops::Range::<usize>::from(import.range))?;
        if text.contains([',', '(', '\n']) {
            return None;
        }
        let line = self.lines.line_span(self.lines.line(import.range.start().to_usize()));
        let whole = self.sides.new_text.get(line.range())?.trim() == text;
        whole.then(|| Fix {
            title: format!("Remove the second import of '{}'", import.name),
            safety: FixSafety::Safe,
            edits: vec![TextEdit { span: line, text: String::new() }],
        })
    }
}

fn span(range: TextRange) -> Span {
    Span { start: range.start().into(), end: range.end().into() }
}

fn define<'t>(statement: &'t Stmt, at: usize, in_class: bool, definitions: &mut Vec<Definition<'t>>) {
    match statement {
        Stmt::FunctionDef(function) => definitions.push(Definition {
            kind: if in_class { Kind::Method } else { Kind::Function },
            name: &function.name,
            target: String::new(),
            at,
            range: function.range,
            name_range: function.name.range,
            decorators: &function.decorator_list,
        }),
        Stmt::ClassDef(class) => definitions.push(Definition {
            kind: Kind::Class,
            name: &class.name,
            target: String::new(),
            at,
            range: class.range,
            name_range: class.name.range,
            decorators: &class.decorator_list,
        }),
        Stmt::Import(import) => {
            for alias in &import.names {
                // `import a.b` and `import a.c` both bind `a`, and both are needed.
                if alias.asname.is_none() && alias.name.contains('.') {
                    continue;
                }
                definitions.push(imported(alias, alias.name.to_string(), at, import.range));
            }
        }
        Stmt::ImportFrom(import) => {
            let module = import.module.as_ref().map_or("", |module| module.as_str());
            for alias in import.names.iter().filter(|alias| &alias.name != "*") {
                let target = format!("{}{module}:{}", ".".repeat(import.level as usize), alias.name);
                definitions.push(imported(alias, target, at, import.range));
            }
        }
        _ => {}
    }
}

fn imported<'t>(alias: &'t ruff_python_ast::Alias, target: String, at: usize, range: TextRange) -> Definition<'t> {
    let name = alias.asname.as_ref().unwrap_or(&alias.name);
    Definition { kind: Kind::Import, name, target, at, range, name_range: name.range, decorators: &[] }
}

/// Decorators whose business it is to take several functions of one name.
const REGISTERING: [&str; 12] = [
    "overload",
    "register",
    "setter",
    "getter",
    "deleter",
    "dispatch",
    "given",
    "when",
    "then",
    "step",
    "multimethod",
    "impl",
];

fn is_legitimate(first: &Definition<'_>, second: &Definition<'_>) -> bool {
    let all_underscores = second.name.chars().all(|c| c == '_');
    let takes_repeats = |definition: &Definition<'_>| {
        definition.decorators.iter().any(|decorator| {
            let path = dotted(&decorator.expression);
            let last = path.last().map_or("", Name::as_str);
            // `@total.setter` and whatever else hangs on the earlier definition itself.
            let on_itself = path.len() > 1 && path.first().is_some_and(|root| root == definition.name);
            on_itself || REGISTERING.contains(&last)
        })
    };
    all_underscores || takes_repeats(second) || (takes_repeats(first) && overloads(first))
}

/// An `@overload` is followed by the function that carries it out.
fn overloads(definition: &Definition<'_>) -> bool {
    definition.decorators.iter().any(|decorator| {
        dotted(&decorator.expression).last().is_some_and(|last| last != "register" && last != "setter")
    })
}

/// `a.b.c` out of `a.b.c(…)`.
pub(super) fn dotted(expression: &Expr) -> Vec<Name> {
    match expression {
        Expr::Call(call) => dotted(&call.func),
        Expr::Attribute(attribute) => {
            let mut path = dotted(&attribute.value);
            path.push(attribute.attr.id.clone());
            path
        }
        Expr::Name(name) => vec![name.id.clone()],
        _ => Vec::new(),
    }
}

/// Whether running `statement` looks at `name`. The body of a function is not run by defining it; with `header_only`
/// neither is the body of a class.
fn uses(statement: &Stmt, name: &str, header_only: bool) -> bool {
    struct Uses<'n> {
        name: &'n str,
        header_only: bool,
        found: bool,
    }
    impl<'a> SourceOrderVisitor<'a> for Uses<'_> {
        fn enter_node(&mut self, _node: AnyNodeRef<'a>) -> TraversalSignal {
            if self.found { TraversalSignal::Skip } else { TraversalSignal::Traverse }
        }

        fn visit_expr(&mut self, expression: &'a Expr) {
            match expression {
                Expr::Name(name) if name.id.as_str() == self.name => self.found = true,
                Expr::Lambda(_) => {}
                _ => walk_expr(self, expression),
            }
        }

        fn visit_stmt(&mut self, statement: &'a Stmt) {
            match statement {
                Stmt::FunctionDef(function) => {
                    function.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                    self.visit_parameters(&function.parameters);
                }
                Stmt::ClassDef(class) => {
                    class.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                    if let Some(arguments) = &class.arguments {
                        self.visit_arguments(arguments);
                    }
                    if !self.header_only {
                        self.visit_body(&class.body);
                    }
                }
                _ => walk_stmt(self, statement),
            }
        }
    }
    let mut visitor = Uses { name, header_only, found: false };
    visitor.visit_stmt(statement);
    visitor.found
}

//! What binds a name in a suite, and which two bindings of one name may stand side by side.

use ruff_python_ast::comparable::ComparableExpr;
use ruff_python_ast::name::Name;
use ruff_python_ast::{Alias, Decorator, ExceptHandler, Expr, Stmt};
use ruff_text_size::TextRange;

use crate::gate::tree::{dotted, is_type_checking};

/// What a statement makes of the name it binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Class,
    Function,
    Method,
    Import,
    /// An annotated name in a class.
    Field,
    /// A value in an enumeration.
    Member,
    /// A plain value in another class.
    Attribute,
}

/// What the suite belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner<'t> {
    Module,
    Function,
    Class(&'t str),
    Enumeration(&'t str),
}

impl<'t> Owner<'t> {
    pub(super) fn class(self) -> Option<&'t str> {
        match self {
            Self::Class(name) | Self::Enumeration(name) => Some(name),
            Self::Module | Self::Function => None,
        }
    }
}

/// One binding of a name in a suite.
#[derive(Debug, Clone, Copy)]
pub(super) struct Definition<'t> {
    pub(super) kind: Kind,
    pub(super) name: &'t str,
    /// What an import binds the name to: dots, module, name.
    pub(super) target: Option<(u32, &'t str, &'t str)>,
    /// The place of its statement, or of the compound statement that holds it, in the suite.
    pub(super) at: usize,
    /// Stands in a block within the suite, so that it may be one of several alternatives.
    pub(super) is_nested: bool,
    pub(super) range: TextRange,
    pub(super) name_range: TextRange,
    pub(super) decorators: &'t [Decorator],
}

/// All bindings in `suite` that count, in order.
pub(super) fn definitions<'t>(suite: &'t [Stmt], owner: Owner<'t>) -> Vec<Definition<'t>> {
    let mut found = Vec::new();
    for (at, statement) in suite.iter().enumerate() {
        define(statement, at, owner, &mut found);
        if !is_for_checkers(statement) {
            for block in blocks(statement) {
                nested(block, at, owner, &mut found);
            }
        }
    }
    found
}

/// `if TYPE_CHECKING:`: what stands under it stands beside the real definition by design.
fn is_for_checkers(statement: &Stmt) -> bool {
    let Stmt::If(branch) = statement else { return false };
    let test = match &*branch.test {
        Expr::UnaryOp(negation) => &*negation.operand,
        test => test,
    };
    is_type_checking(test)
}

/// The blocks of a compound statement, each a suite of the scope it stands in.
pub(super) fn blocks(statement: &Stmt) -> Vec<&[Stmt]> {
    match statement {
        Stmt::If(branch) => {
            let mut found: Vec<&[Stmt]> = vec![&branch.body];
            found.extend(branch.elif_else_clauses.iter().map(|clause| &*clause.body));
            found
        }
        Stmt::Try(attempt) => {
            let mut found: Vec<&[Stmt]> = vec![&attempt.body, &attempt.orelse, &attempt.finalbody];
            found.extend(attempt.handlers.iter().map(|ExceptHandler::ExceptHandler(handler)| &*handler.body));
            found
        }
        Stmt::With(with) => vec![&with.body],
        Stmt::For(repeat) => vec![&repeat.body, &repeat.orelse],
        Stmt::While(repeat) => vec![&repeat.body, &repeat.orelse],
        Stmt::Match(choice) => choice.cases.iter().map(|case| &*case.body).collect(),
        _ => Vec::new(),
    }
}

/// The functions and classes in a block within the suite: a later one of their name, outside of any block, replaces
/// whichever of them there is.
fn nested<'t>(block: &'t [Stmt], at: usize, owner: Owner<'t>, found: &mut Vec<Definition<'t>>) {
    for statement in block {
        if matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            let first = found.len();
            define(statement, at, owner, found);
            found[first..].iter_mut().for_each(|definition| definition.is_nested = true);
        }
        for block in blocks(statement) {
            nested(block, at, owner, found);
        }
    }
}

fn define<'t>(statement: &'t Stmt, at: usize, owner: Owner<'t>, found: &mut Vec<Definition<'t>>) {
    let plain = |kind, name: &'t str, range, name_range, decorators| Definition {
        kind,
        name,
        target: None,
        at,
        is_nested: false,
        range,
        name_range,
        decorators,
    };
    let is_enumeration = matches!(owner, Owner::Enumeration(_));
    match statement {
        Stmt::FunctionDef(function) => {
            let kind = if owner.class().is_some() { Kind::Method } else { Kind::Function };
            found.push(plain(kind, &function.name, function.range, function.name.range, &function.decorator_list));
        }
        Stmt::ClassDef(class) => {
            found.push(plain(Kind::Class, &class.name, class.range, class.name.range, &class.decorator_list));
        }
        Stmt::Import(import) => {
            // `import a.b` and `import a.c` both bind `a`, and both are needed.
            let binding = |alias: &&Alias| alias.asname.is_some() || !alias.name.contains('.');
            for alias in import.names.iter().filter(binding) {
                found.push(imported(alias, (0, "", &alias.name), at, import.range));
            }
        }
        Stmt::ImportFrom(import) => {
            let module = import.module.as_ref().map_or("", |module| module.as_str());
            for alias in import.names.iter().filter(|alias| &alias.name != "*") {
                found.push(imported(alias, (import.level, module, &alias.name), at, import.range));
            }
        }
        Stmt::AnnAssign(field) if owner.class().is_some() => {
            if let Expr::Name(name) = &*field.target {
                let kind = if is_enumeration && field.value.is_some() { Kind::Member } else { Kind::Field };
                found.push(plain(kind, &name.id, field.range, name.range, &[]));
            }
        }
        Stmt::Assign(assignment) if owner.class().is_some() => {
            if let [Expr::Name(name)] = &*assignment.targets {
                // What can be called is no member, and neither is what Python or the enumeration keeps for itself.
                let is_member = is_enumeration && !name.id.starts_with('_') && !assignment.value.is_lambda_expr();
                let kind = if is_member { Kind::Member } else { Kind::Attribute };
                found.push(plain(kind, &name.id, assignment.range, name.range, &[]));
            }
        }
        _ => {}
    }
}

fn imported<'t>(alias: &'t Alias, target: (u32, &'t str, &'t str), at: usize, range: TextRange) -> Definition<'t> {
    let name = alias.asname.as_ref().unwrap_or(&alias.name);
    Definition {
        kind: Kind::Import,
        name,
        target: Some(target),
        at,
        is_nested: false,
        range,
        name_range: name.range,
        decorators: &[],
    }
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

/// Packages whose decorators wrap a function and hand it back: a second function of its name replaces it.
const WRAPPING: [&str; 14] = [
    "abc",
    "asyncio",
    "cached_property",
    "contextlib",
    "dataclasses",
    "functools",
    "hypothesis",
    "mock",
    "parameterized",
    "patch",
    "pytest",
    "six",
    "typing",
    "unittest",
];

/// Whether two definitions of one name were both meant.
pub(super) fn is_legitimate(first: &Definition<'_>, second: &Definition<'_>) -> bool {
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
    all_underscores
        || takes_repeats(second)
        || (takes_repeats(first) && overloads(first))
        || (first.decorators.iter().any(|own| hands_on(own, second)))
}

/// An `@overload` is followed by the function that carries it out.
fn overloads(definition: &Definition<'_>) -> bool {
    definition.decorators.iter().any(|decorator| {
        dotted(&decorator.expression).last().is_some_and(|last| last != "register" && last != "setter")
    })
}

/// Whether `own` gives its function to an object that keeps it, as `@app.get("/a")` does, and `other` is given to the
/// same one in another way.
fn hands_on(own: &Decorator, other: &Definition<'_>) -> bool {
    let given = |decorator: &Decorator| decorator.expression.is_call_expr().then(|| dotted(&decorator.expression));
    let Some(path) = given(own).filter(|path| path.len() > 1 && !WRAPPING.contains(&path[0].as_str())) else {
        return false;
    };
    let given_too = other.decorators.iter().filter(|decorator| given(decorator).is_some_and(|it| it[0] == path[0]));
    let same =
        |decorator: &&Decorator| ComparableExpr::from(&decorator.expression) == ComparableExpr::from(&own.expression);
    let (same, others): (Vec<&Decorator>, Vec<&Decorator>) = given_too.partition(same);
    same.is_empty() && !others.is_empty()
}

impl Definition<'_> {
    pub(super) fn is_code(&self) -> bool {
        matches!(self.kind, Kind::Class | Kind::Function | Kind::Method)
    }
}

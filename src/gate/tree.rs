//! What several layers ask of a syntax tree.

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_except_handler, walk_expr, walk_stmt};
use ruff_python_ast::{Alias, ExceptHandler, Expr, Pattern, Stmt, StmtFunctionDef};

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

/// Whether a test asks for `TYPE_CHECKING`, wherever that comes from.
pub(super) fn is_type_checking(test: &Expr) -> bool {
    dotted(test).last().is_some_and(|last| last == "TYPE_CHECKING")
}

/// All functions, nested ones included, in order.
pub(super) fn functions(body: &[Stmt]) -> Vec<&StmtFunctionDef> {
    Functions::in_body(body, |_| true)
}

/// As [`functions`], but for those that are there for type checkers alone: they carry nothing out.
pub(super) fn functions_run(body: &[Stmt]) -> Vec<&StmtFunctionDef> {
    Functions::in_body(body, |test| !is_type_checking(test))
}

struct Functions<'t> {
    found: Vec<&'t StmtFunctionDef>,
    /// Whether to look at what stands under a test.
    is_asked: fn(&Expr) -> bool,
}

impl<'t> Functions<'t> {
    fn in_body(body: &'t [Stmt], is_asked: fn(&Expr) -> bool) -> Vec<&'t StmtFunctionDef> {
        let mut functions = Self { found: Vec::new(), is_asked };
        functions.visit_body(body);
        functions.found
    }
}

impl<'t> SourceOrderVisitor<'t> for Functions<'t> {
    fn visit_stmt(&mut self, statement: &'t Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.found.push(function),
            Stmt::If(branch) if !(self.is_asked)(&branch.test) => {
                branch.elif_else_clauses.iter().for_each(|clause| self.visit_body(&clause.body));
                return;
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, _expression: &'t Expr) {}
}

/// What values are bound to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target<'n> {
    Name(&'n str),
    /// A member of `self` or `cls`.
    Member(&'n str),
}

/// The values that `body` binds to a target, or takes it from: what a loop goes over, what is unpacked.
pub(super) fn values_bound<'a>(body: &'a [Stmt], target: Target<'_>) -> Vec<&'a Expr> {
    let mut bindings = Bindings { target, values: Vec::new() };
    bindings.visit_body(body);
    bindings.values
}

/// The values that `body` assigns to a target; `None` where it binds it in any other way as well.
pub(super) fn whole_values<'a>(body: &'a [Stmt], target: Target<'_>) -> Option<Vec<&'a Expr>> {
    struct Stores<'n> {
        target: Target<'n>,
        count: usize,
    }
    impl<'a> SourceOrderVisitor<'a> for Stores<'_> {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            let names: Vec<&str> = match statement {
                Stmt::FunctionDef(function) => vec![function.name.as_str()],
                Stmt::ClassDef(class) => vec![class.name.as_str()],
                Stmt::Global(global) => global.names.iter().map(|name| name.as_str()).collect(),
                Stmt::Nonlocal(outer) => outer.names.iter().map(|name| name.as_str()).collect(),
                _ => Vec::new(),
            };
            self.count_names(&names);
            walk_stmt(self, statement);
        }

        fn visit_alias(&mut self, alias: &'a Alias) {
            let bound = alias.asname.as_ref().unwrap_or(&alias.name);
            self.count_names(&[bound.as_str()]);
        }

        fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
            let ExceptHandler::ExceptHandler(caught) = handler;
            self.count_names(&caught.name.iter().map(|name| name.as_str()).collect::<Vec<_>>());
            walk_except_handler(self, handler);
        }

        fn visit_pattern(&mut self, _: &'a Pattern) {
            // What a pattern binds is not followed.
            self.count += usize::from(matches!(self.target, Target::Name(_)));
        }

        fn visit_expr(&mut self, expression: &'a Expr) {
            let is_stored = match expression {
                Expr::Name(name) => !name.ctx.is_load(),
                Expr::Attribute(node) => !node.ctx.is_load(),
                _ => false,
            };
            self.count += usize::from(is_stored && self.target.is(expression));
            walk_expr(self, expression);
        }
    }
    impl Stores<'_> {
        fn count_names(&mut self, names: &[&str]) {
            self.count += usize::from(matches!(self.target, Target::Name(of) if names.contains(&of)));
        }
    }
    struct Assigned<'a, 'n>(Target<'n>, Vec<&'a Expr>);
    impl<'a> SourceOrderVisitor<'a> for Assigned<'a, '_> {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            if let Stmt::Assign(assigned) = statement
                && let [target] = &*assigned.targets
                && self.0.is(target)
            {
                self.1.push(&assigned.value);
            }
            walk_stmt(self, statement);
        }

        fn visit_expr(&mut self, _: &'a Expr) {}
    }
    let mut stores = Stores { target, count: 0 };
    stores.visit_body(body);
    let mut assigned = Assigned(target, Vec::new());
    assigned.visit_body(body);
    (assigned.1.len() == stores.count).then_some(assigned.1)
}

impl Target<'_> {
    fn is(self, expression: &Expr) -> bool {
        match (expression, self) {
            (Expr::Name(name), Self::Name(of)) => name.id.as_str() == of,
            (Expr::Attribute(node), Self::Member(of)) => {
                let owner = node.value.as_name_expr();
                node.attr.as_str() == of && owner.is_some_and(|name| matches!(name.id.as_str(), "self" | "cls"))
            }
            _ => false,
        }
    }
}

struct Bindings<'a, 'n> {
    target: Target<'n>,
    values: Vec<&'a Expr>,
}

impl Bindings<'_, '_> {
    fn is_it(&self, target: &Expr) -> bool {
        match target {
            Expr::Name(_) | Expr::Attribute(_) => self.target.is(target),
            Expr::Tuple(tuple) => tuple.elts.iter().any(|element| self.is_it(element)),
            Expr::List(list) => list.elts.iter().any(|element| self.is_it(element)),
            Expr::Starred(starred) => self.is_it(&starred.value),
            _ => false,
        }
    }
}

impl<'a> SourceOrderVisitor<'a> for Bindings<'a, '_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(assigned) if assigned.targets.iter().any(|target| self.is_it(target)) => {
                self.values.push(&assigned.value);
            }
            Stmt::AnnAssign(assigned) if self.is_it(&assigned.target) => {
                self.values.extend(assigned.value.as_deref());
            }
            Stmt::For(each) if self.is_it(&each.target) => self.values.push(&each.iter),
            Stmt::With(with) => {
                let bound = with
                    .items
                    .iter()
                    .filter(|item| item.optional_vars.as_deref().is_some_and(|target| self.is_it(target)));
                let values: Vec<&Expr> = bound.map(|item| &item.context_expr).collect();
                self.values.extend(values);
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Named(named) = expression
            && self.is_it(&named.target)
        {
            self.values.push(&named.value);
        }
        walk_expr(self, expression);
    }
}

/// What a function returns, without those within it.
pub(super) struct Returns<'a> {
    pub(super) values: Vec<&'a Expr>,
    pub(super) is_generator: bool,
}

impl<'a> Returns<'a> {
    pub(super) fn of(body: &'a [Stmt]) -> Self {
        let mut returns = Self { values: Vec::new(), is_generator: false };
        returns.visit_body(body);
        returns
    }
}

impl<'a> SourceOrderVisitor<'a> for Returns<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::Return(returned) => {
                self.values.extend(returned.value.as_deref());
                walk_stmt(self, statement);
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Lambda(_) => {}
            Expr::Yield(_) | Expr::YieldFrom(_) => self.is_generator = true,
            _ => walk_expr(self, expression),
        }
    }
}

//! Which words of a file give what others stand for: `box = Box()`, `def held(self) -> Box`, `import deep as part`.
//!
//! Knows nothing of types, and of no other file. Invariant: what a name gives that others can reach stands in its flow, or
//! in those of the names it takes it from; rather too much than too little.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr, walk_stmt};
use ruff_python_ast::{
    Decorator, ExceptHandler, Expr, ExprCall, Operator, Parameters, Pattern, Stmt, StmtClassDef, StmtFunctionDef,
    StmtImportFrom,
};

/// A longer string says nothing of types.
const TYPE_CHARS_MAX: usize = 200;
/// Classes whose fields are reached without their names.
const UNNAMED_FIELDS: [&str; 2] = ["NamedTuple", "TypedDict"];

/// How a word stands where something is taken from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum How {
    /// By itself: what it stands for is what is given.
    Whole,
    Called,
    /// What is given is this member of it.
    Owner(Box<str>),
}

/// A word that something is taken from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Given {
    pub(super) word: Box<str>,
    pub(super) how: How,
    /// It is all that is given, or what it is called or asked for is: not something that lies in it, or it in something.
    pub(super) is_plain: bool,
    /// It is named as a type: an object of it is given, if anything.
    pub(super) is_type: bool,
    /// It stands by itself, not behind a dot: it may be a name of the function alone.
    is_name: bool,
}

impl Given {
    /// What a name stands for, which is no name of a function alone.
    fn named(word: &str) -> Self {
        Self { word: word.into(), how: How::Whole, is_plain: true, is_type: false, is_name: false }
    }

    fn within(self) -> Self {
        Self { is_plain: false, ..self }
    }

    /// The same, where a name that takes from it stands as in `given`.
    fn asked_as(&self, given: &Self) -> Self {
        let how = match (&given.how, &self.how) {
            (How::Owner(_), How::Whole | How::Called) if self.is_plain => given.how.clone(),
            _ => self.how.clone(),
        };
        let is_type = self.is_type || given.is_type;
        Self { how, is_plain: self.is_plain && given.is_plain, is_type, ..self.clone() }
    }
}

/// A name that other files can reach, and where it takes from what it gives.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) to: Box<str>,
    pub(super) from: BTreeSet<Given>,
    /// Only the function in which it stands knows the name.
    pub(super) is_local: bool,
}

/// The flows of a file.
pub(super) fn flows(body: &[Stmt]) -> Vec<Flow> {
    let mut gathered = Gathered::default();
    gathered.visit_body(body);
    gathered.flows
}

#[derive(Default)]
struct Gathered<'a> {
    flows: Vec<Flow>,
    /// The class around.
    class: Option<&'a str>,
    /// Within a function: what its own names take from, those of functions within it among them.
    locals: Option<BTreeMap<&'a str, Vec<Given>>>,
    /// What a function gives to others; settled when all of its names are known.
    given_on: Vec<(&'a str, Vec<Given>)>,
    /// What is put into members: only the function that does it knows that it lies there.
    items: BTreeMap<&'a str, Vec<Given>>,
    globals: BTreeSet<&'a str>,
    /// The innermost function, where it does not say what it returns.
    returning: Option<Returning<'a>>,
}

#[derive(Clone, Copy)]
struct Returning<'a> {
    to: &'a str,
    is_within: bool,
}

impl<'a> Gathered<'a> {
    fn give(&mut self, to: &'a str, from: Vec<Given>) {
        if from.is_empty() {
            return;
        }
        match self.locals {
            Some(_) => self.given_on.push((to, from)),
            None => self.flows.push(Flow { to: to.into(), from: from.into_iter().collect(), is_local: false }),
        }
    }

    fn bind_name(&mut self, name: &'a str, from: Vec<Given>) {
        match &mut self.locals {
            Some(locals) if !self.globals.contains(name) => locals.entry(name).or_default().extend(from),
            _ => self.give(name, from),
        }
    }

    fn bind(&mut self, target: &'a Expr, from: &[Given]) {
        match target {
            Expr::Name(name) => self.bind_name(name.id.as_str(), from.to_vec()),
            Expr::Attribute(node) => self.give(node.attr.as_str(), from.to_vec()),
            Expr::Subscript(node) => match &*node.value {
                Expr::Attribute(owner) => self.items.entry(owner.attr.as_str()).or_default().extend(within(from)),
                value => self.bind(value, &within(from)),
            },
            Expr::Starred(node) => self.bind(&node.value, &within(from)),
            Expr::Tuple(node) => node.elts.iter().for_each(|element| self.bind(element, from)),
            Expr::List(node) => node.elts.iter().for_each(|element| self.bind(element, from)),
            _ => {}
        }
    }

    fn words<'e>(&self, expressions: impl IntoIterator<Item = &'e Expr>) -> Vec<Given> {
        let mut words = Words { class: self.class, given: Vec::new(), is_plain: true, is_type: false };
        for expression in expressions {
            words.is_plain = true;
            words.visit_expr(expression);
        }
        words.given
    }

    /// The same of what stands where types stand. What is a `type[...]` is the class itself, no object of it.
    fn types<'e>(&self, annotations: impl IntoIterator<Item = &'e Expr>) -> Vec<Given> {
        let words = self.words(annotations);
        let is_type = !words.iter().any(|given| matches!(&*given.word, "type" | "Type"));
        words.into_iter().map(|given| Given { is_type, ..given }).collect()
    }

    /// What a function gives when it is called. One that nobody calls by its name gives it to whoever has its class.
    fn function(&mut self, function: &'a StmtFunctionDef) {
        let name = function.name.as_str();
        let is_within = self.locals.is_some();
        let is_implicit = name.starts_with("__") && name.ends_with("__");
        let to = self.class.filter(|_| is_implicit && !is_within).unwrap_or(name);
        let is_asked_in_person = to == name;
        let returned = self.types(function.returns.as_deref());
        let returned = if is_asked_in_person { returned } else { within(&returned) };
        let decorators = self.decorators(&function.decorator_list);
        if is_within {
            self.bind_name(name, [&*returned, &*decorators].concat());
        } else {
            self.locals = Some(BTreeMap::new());
            self.give(to, returned);
            self.give(to, decorators);
        }
        let inner = Some(Returning { to, is_within }).filter(|_| function.returns.is_none());
        let outer = std::mem::replace(&mut self.returning, inner);
        self.parameters(to, &function.parameters, !is_within);
        self.visit_body(&function.body);
        self.returning = outer;
        if !is_within {
            self.settle();
        }
    }

    /// What decorators give in the place of what they stand at.
    fn decorators(&self, decorators: &[Decorator]) -> Vec<Given> {
        let words = self.words(decorators.iter().map(|decorator| &decorator.expression));
        let called = |given: Given| if given.how == How::Whole { Given { how: How::Called, ..given } } else { given };
        words.into_iter().map(called).collect()
    }

    fn parameters(&mut self, function: &'a str, parameters: &'a Parameters, is_method: bool) {
        for (nth, parameter) in parameters.iter().enumerate() {
            let annotation = self.types(parameter.annotation());
            if annotation.iter().any(|given| &*given.word == "Callable") {
                // What is handed over may take it.
                self.give(function, within(&annotation));
            }
            let own = self.class.filter(|_| is_method && nth == 0);
            let own = own.map(|class| Given { is_type: true, ..Given::named(class) });
            let from = annotation.into_iter().chain(self.words(parameter.default())).chain(own).collect();
            self.bind_name(parameter.name().as_str(), from);
        }
    }

    /// Puts in the place of a function's own names what those take from.
    fn settle(&mut self) {
        let (locals, items) = (self.locals.take().unwrap_or_default(), std::mem::take(&mut self.items));
        let given_on = std::mem::take(&mut self.given_on).into_iter().map(|(to, from)| (to, from, false));
        for (to, from, is_local) in given_on.chain(locals.iter().map(|(to, from)| (*to, from.clone(), true))) {
            let (mut settled, mut seen, mut wanted) = (BTreeSet::new(), BTreeSet::new(), from);
            while let Some(given) = wanted.pop() {
                let items = if given.is_name { None } else { items.get(&*given.word) };
                if let Some(items) = items.filter(|_| seen.insert(given.clone())) {
                    wanted.extend(items.iter().cloned());
                }
                match locals.get(&*given.word).filter(|_| given.is_name) {
                    Some(from) if seen.insert(given.clone()) => {
                        wanted.extend(from.iter().map(|source| source.asked_as(&given)));
                    }
                    Some(_) => {}
                    None => drop(settled.insert(given)),
                }
            }
            if !settled.is_empty() {
                self.flows.push(Flow { to: to.into(), from: settled, is_local });
            }
        }
        self.globals.clear();
    }

    fn class(&mut self, class: &'a StmtClassDef) {
        let name = class.name.as_str();
        let header = class.arguments.as_deref();
        let bases = header.into_iter().flat_map(|it| it.args.iter().chain(it.keywords.iter().map(|key| &key.value)));
        let mut from = self.words(bases);
        from.extend(self.decorators(&class.decorator_list));
        if from.iter().any(|given| UNNAMED_FIELDS.contains(&&*given.word)) {
            let fields = class.body.iter().filter_map(Stmt::as_ann_assign_stmt);
            from.extend(within(&self.types(fields.map(|field| &*field.annotation))));
        }
        let mut inner = Gathered { class: Some(name), ..Self::default() };
        for parameter in class.type_params.iter().flat_map(|parameters| parameters.iter()) {
            let bound = parameter.as_type_var().and_then(|it| it.bound.as_deref());
            from.extend(self.types(bound));
            inner.give(parameter.name().as_str(), self.types(bound));
        }
        inner.visit_body(&class.body);
        self.flows.extend(inner.flows);
        // Wherever it stands, it is a class that others may meet.
        let outer = self.locals.take();
        self.give(name, from);
        self.locals = outer;
    }

    fn import(&mut self, import: &'a StmtImportFrom) {
        for alias in &import.names {
            if let Some(bound) = &alias.asname {
                self.alias(bound.as_str(), alias.name.as_str());
            }
        }
    }

    /// Other files may import it from here.
    fn alias(&mut self, bound: &'a str, name: &str) {
        let word = name.rsplit('.').next().unwrap_or_default();
        let given = Given::named(word);
        if self.locals.is_some() {
            self.bind_name(bound, vec![given.clone()]);
        }
        self.flows.push(Flow { to: bound.into(), from: BTreeSet::from([given]), is_local: false });
    }

    fn returned(&mut self, value: Option<&'a Expr>) {
        let (Some(Returning { to, is_within }), Some(value)) = (self.returning, value) else { return };
        let from = self.words([value]);
        if is_within {
            self.bind_name(to, from)
        } else {
            self.give(to, if self.class == Some(to) { within(&from) } else { from })
        }
    }
}

impl<'a> SourceOrderVisitor<'a> for Gathered<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => return self.function(function),
            Stmt::ClassDef(class) => return self.class(class),
            Stmt::ImportFrom(import) => self.import(import),
            Stmt::Import(import) => {
                for alias in &import.names {
                    if let Some(bound) = &alias.asname {
                        self.alias(bound.as_str(), alias.name.as_str());
                    }
                }
            }
            Stmt::Assign(assigned) => {
                let from = self.words([&*assigned.value]);
                assigned.targets.iter().for_each(|target| self.bind(target, &from));
            }
            Stmt::AnnAssign(assigned) => {
                let from = [self.types([&*assigned.annotation]), self.words(assigned.value.as_deref())].concat();
                self.bind(&assigned.target, &from);
            }
            Stmt::AugAssign(assigned) => {
                let from = self.words([&*assigned.value]);
                self.bind(&assigned.target, &from);
            }
            Stmt::TypeAlias(alias) => {
                let from = self.words([&*alias.value]);
                self.bind(&alias.name, &from);
            }
            Stmt::For(each) => {
                let from = self.words([&*each.iter]);
                self.bind(&each.target, &from);
            }
            Stmt::With(with) => {
                for item in &with.items {
                    let from = self.words([&item.context_expr]);
                    item.optional_vars.iter().for_each(|target| self.bind(target, &from));
                }
            }
            Stmt::Match(matched) => {
                let from = self.words([&*matched.subject]);
                for case in &matched.cases {
                    let mut names = Captured { names: Vec::new(), words: Vec::new() };
                    names.visit_pattern(&case.pattern);
                    let from = [&*from, &*self.words(names.words)].concat();
                    names.names.into_iter().for_each(|name| self.bind_name(name, from.clone()));
                }
            }
            Stmt::Return(returned) => self.returned(returned.value.as_deref()),
            Stmt::Global(global) => self.globals.extend(global.names.iter().map(|name| name.as_str())),
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(caught) = handler;
        if let Some(name) = &caught.name {
            let from = self.words(caught.type_.as_deref());
            self.bind_name(name.as_str(), from);
        }
        self.visit_body(&caught.body);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Named(named) => {
                let from = self.words([&*named.value]);
                self.bind(&named.target, &from);
            }
            Expr::Yield(yielded) => self.returned(yielded.value.as_deref()),
            Expr::YieldFrom(yielded) => self.returned(Some(&yielded.value)),
            _ => {}
        }
        walk_expr(self, expression);
    }
}

/// The names that a pattern binds, and what it speaks of.
struct Captured<'a> {
    names: Vec<&'a str>,
    words: Vec<&'a Expr>,
}

impl<'a> SourceOrderVisitor<'a> for Captured<'a> {
    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(node) => node.name.as_ref(),
            Pattern::MatchStar(node) => node.name.as_ref(),
            Pattern::MatchMapping(node) => node.rest.as_ref(),
            _ => None,
        };
        self.names.extend(name.map(|name| name.as_str()));
        ruff_python_ast::visitor::source_order::walk_pattern(self, pattern);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        self.words.push(expression);
    }
}

/// The words of an expression, those in strings that may be types among them.
struct Words<'a> {
    class: Option<&'a str>,
    given: Vec<Given>,
    /// Whether nothing stands around it.
    is_plain: bool,
    /// Whether it stands in a string.
    is_type: bool,
}

fn within(given: &[Given]) -> Vec<Given> {
    given.iter().cloned().map(Given::within).collect()
}

impl Words<'_> {
    fn add(&mut self, word: &str, how: How, is_name: bool) {
        let own = self.class.filter(|_| word == "Self");
        let word = own.unwrap_or(word).into();
        self.given.push(Given { word, how, is_plain: self.is_plain, is_type: self.is_type, is_name });
    }

    fn inside(&mut self, look: impl FnOnce(&mut Self)) {
        let was_plain = std::mem::replace(&mut self.is_plain, false);
        look(self);
        self.is_plain = was_plain;
    }

    fn arguments(&mut self, call: &ExprCall) {
        let arguments = call.arguments.iter_source_order();
        self.inside(|inside| arguments.for_each(|argument| inside.visit_expr(argument.value())));
    }

    /// Takes in what stands before a dot, or before the brackets of a call.
    fn owner(&mut self, owner: &Expr, how: How) {
        match owner {
            Expr::Name(name) => self.add(name.id.as_str(), how, true),
            Expr::Attribute(node) => {
                self.add(node.attr.as_str(), how, false);
                self.owner(&node.value, How::Owner(node.attr.as_str().into()));
            }
            Expr::Subscript(node) => self.inside(|inside| {
                inside.owner(&node.value, how);
                inside.visit_expr(&node.slice);
            }),
            Expr::Call(call) => {
                self.owner(&call.func, how);
                self.arguments(call);
            }
            Expr::Await(node) => self.owner(&node.value, how),
            _ => self.visit_expr(owner),
        }
    }
}

impl<'a> SourceOrderVisitor<'a> for Words<'_> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(_) | Expr::Attribute(_) => self.owner(expression, How::Whole),
            Expr::Call(call) => {
                self.owner(&call.func, How::Called);
                self.arguments(call);
            }
            // Either of two.
            Expr::BinOp(node) if node.op == Operator::BitOr => walk_expr(self, expression),
            Expr::If(_) | Expr::BoolOp(_) | Expr::Await(_) => walk_expr(self, expression),
            Expr::StringLiteral(string) if string.value.len() <= TYPE_CHARS_MAX => {
                let text = string.value.to_str();
                let words = text.split(|c: char| c != '_' && !c.is_alphanumeric()).filter(|word| !word.is_empty());
                let is_dotted = text.chars().all(|c| c == '_' || c == '.' || c.is_alphanumeric());
                let was_plain = self.is_plain;
                (self.is_plain, self.is_type) = (was_plain && is_dotted, true);
                words.for_each(|word| self.add(word, How::Whole, true));
                (self.is_plain, self.is_type) = (was_plain, false);
            }
            _ => self.inside(|inside| walk_expr(inside, expression)),
        }
    }
}

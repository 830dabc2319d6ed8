//! Which names the lines of a text bind and mention: what one part of a file can know of another.
//!
//! Knows nothing of types and of scopes: one name is one name, wherever it stands. Invariant: a name that a line binds or
//! mentions in code is always found; more may be found than matters.

use std::ops::Range;
use std::thread;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::source_order::{
    SourceOrderVisitor, walk_alias, walk_except_handler, walk_expr, walk_parameter, walk_pattern, walk_stmt,
    walk_type_param,
};
use ruff_python_ast::{
    Alias, ExceptHandler, Expr, ExprContext, ModModule, Parameter, Pattern, PySourceType, Stmt, StmtClassDef,
    StmtFunctionDef, TypeParam,
};
use ruff_python_parser::{Parsed, parse_unchecked_source};
use ruff_text_size::{Ranged, TextRange};

use super::Notebook;
use super::parse::{on_deep_stack, source_type, take_apart};
use crate::text::ProjectPath;

/// What a binding may bring along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brings {
    /// Its own name.
    Itself,
    /// Any name, where the binding was there before and changed: a class with other bases.
    AnyIfChanged,
    /// Any name: a star import, `__getattr__`.
    Any,
}

/// A name that gets its meaning on some lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    pub name: Box<str>,
    /// The lines whose change may change what the name means, from 0, end excluded; ends at `\n` alone count.
    pub lines: Range<u32>,
    pub brings: Brings,
}

/// The names of one text by line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameFlow {
    pub bindings: Vec<Binding>,
    /// Names in code, and words of short strings, each with its line from 0.
    pub mentions: Vec<(u32, Box<str>)>,
    /// The lines of each function that stands in no other function.
    pub functions: Vec<Range<u32>>,
}

impl NameFlow {
    /// Never fails; of what does not parse, less is known. Of a notebook it gives the lines of the file.
    pub fn of(path: &ProjectPath, text: &str) -> Self {
        if !path.is_notebook() {
            return Self::of_code(path, text);
        }
        let notebook = Notebook::read(text);
        let mut flow = Self::of_code(path, notebook.code());
        let file_lines = notebook.file_lines(text);
        let line = |line: u32| file_lines.get(line as usize).or(file_lines.last()).copied().unwrap_or_default();
        let lines = |lines: &Range<u32>| line(lines.start)..line(lines.end.saturating_sub(1).max(lines.start)) + 1;
        flow.bindings.iter_mut().for_each(|binding| binding.lines = lines(&binding.lines));
        flow.mentions.iter_mut().for_each(|(at, _)| *at = line(*at));
        flow.functions.iter_mut().for_each(|function| *function = lines(function));
        flow
    }

    fn of_code(path: &ProjectPath, text: &str) -> Self {
        let kind = source_type(path);
        // A tree is walked as deep as it is; of so much stack only what is used is taken.
        let stack_bytes = text.len().saturating_mul(512).clamp(16 << 20, 1 << 30);
        let work = || on_deep_stack(text, || flow_here(text, kind)).unwrap_or_default();
        thread::scope(|scope| {
            thread::Builder::new().stack_size(stack_bytes).spawn_scoped(scope, work).ok()?.join().ok()
        })
        .unwrap_or_default()
    }
}

/// Strings longer than this are prose.
const STRING_BYTES_MAX: usize = 80;

fn flow_here(text: &str, kind: PySourceType) -> NameFlow {
    let parsed = parse_unchecked_source(text, kind);
    let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let mut walk = Walk { starts: &starts, flow: NameFlow::default(), around: None, function: None, class: None };
    walk.mention(text, &parsed);
    walk.visit_body(&parsed.syntax().body);
    let flow = walk.flow;
    take_apart(parsed);
    flow
}

struct Walk<'a> {
    /// Where each line starts.
    starts: &'a [usize],
    flow: NameFlow,
    /// The simple statement, or the head of the compound one, that the walk is in.
    around: Option<TextRange>,
    function: Option<&'a str>,
    /// The class whose body the walk is directly in.
    class: Option<&'a str>,
}

impl<'a> Walk<'a> {
    fn line(&self, at: usize) -> u32 {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1) as u32
    }

    fn lines(&self, range: TextRange) -> Range<u32> {
        self.line(range.start().to_usize())..self.line(range.end().to_usize()) + 1
    }

    fn bind(&mut self, name: &str, range: TextRange, brings: Brings) {
        let lines = self.lines(range);
        self.flow.bindings.push(Binding { name: name.into(), lines, brings });
    }

    /// Binds what stands in the statement that the walk is in.
    fn bind_here(&mut self, name: &str, own: TextRange) {
        let range = self.around.map_or(own, |around| around.cover(own));
        self.bind(name, range, Brings::Itself);
        // Fields are what a call of the class is judged by.
        if let Some(class) = self.class {
            self.bind(class, range, Brings::Itself);
        }
    }

    fn mention(&mut self, text: &str, parsed: &Parsed<ModModule>) {
        for token in parsed.tokens() {
            let range = Range::<usize>::from(token.range());
            let words = text.get(range.clone()).unwrap_or_default();
            let counts = match token.kind() {
                TokenKind::Comment => false,
                TokenKind::String | TokenKind::FStringMiddle => words.len() <= STRING_BYTES_MAX,
                _ => true,
            };
            if counts {
                let line = self.line(range.start);
                let names = words.split(|c: char| c != '_' && !c.is_alphanumeric());
                let is_name = |word: &&str| !word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit());
                self.flow
                    .mentions
                    .extend(names.filter(is_name).filter(|word| !names_nothing(word)).map(|w| (line, w.into())));
            }
        }
    }

    fn function(&mut self, function: &'a StmtFunctionDef) {
        let head_end = function.returns.as_ref().map_or(function.parameters.end(), |returns| returns.end());
        let head = TextRange::new(function.start(), head_end);
        let name = function.name.as_str();
        let catches_all = matches!(name, "__getattr__" | "__getattribute__" | "__class_getitem__");
        self.bind(name, head, if catches_all { Brings::Any } else { Brings::Itself });
        // How a class is made, called, entered and compared is asked of the class.
        if let Some(class) = self.class.filter(|_| name.starts_with("__")) {
            self.bind(class, head, Brings::Itself);
        }
        if self.function.is_none() {
            let lines = self.lines(function.range);
            self.flow.functions.push(lines);
        }
        let outer = (self.around.replace(head), self.function.replace(name), self.class.take());
        for decorator in &function.decorator_list {
            self.visit_decorator(decorator);
        }
        if let Some(type_params) = &function.type_params {
            self.visit_type_params(type_params);
        }
        self.around = None;
        self.visit_parameters(&function.parameters);
        self.visit_body(&function.body);
        (self.around, self.function, self.class) = outer;
    }

    fn class(&mut self, class: &'a StmtClassDef) {
        let head_end = class.arguments.as_ref().map_or(class.name.end(), |arguments| arguments.end());
        let head = TextRange::new(class.start(), head_end);
        self.bind(&class.name, head, Brings::AnyIfChanged);
        let outer = (self.around.replace(head), self.function.take(), self.class.take());
        for decorator in &class.decorator_list {
            self.visit_decorator(decorator);
        }
        if let Some(arguments) = &class.arguments {
            self.visit_arguments(arguments);
        }
        self.class = Some(&class.name);
        self.visit_body(&class.body);
        (self.around, self.function, self.class) = outer;
    }

    /// What a function gives back is asked of the function.
    fn gives(&mut self, range: TextRange) {
        if let Some(function) = self.function {
            self.bind(function, range, Brings::Itself);
        }
    }
}

impl<'a> SourceOrderVisitor<'a> for Walk<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let outer = self.around;
        self.around = head_of(statement);
        match statement {
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Return(given) => {
                self.gives(given.range);
                walk_stmt(self, statement);
            }
            Stmt::Global(names) => names.names.iter().for_each(|name| self.bind_here(name, name.range)),
            Stmt::Assign(assign) => {
                let is_all = |target: &Expr| target.as_name_expr().is_some_and(|name| name.id.as_str() == "__all__");
                if assign.targets.iter().any(is_all) {
                    self.bind("__all__", assign.range, Brings::Any);
                }
                walk_stmt(self, statement);
            }
            // It changes when annotations are looked at, all over the file.
            Stmt::ImportFrom(import)
                if import.module.as_ref().is_some_and(|module| module.as_str() == "__future__") =>
            {
                self.bind("__future__", import.range, Brings::Any);
            }
            _ => walk_stmt(self, statement),
        }
        self.around = outer;
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if name.ctx != ExprContext::Load => self.bind_here(&name.id, name.range),
            Expr::Attribute(attribute) if attribute.ctx != ExprContext::Load => {
                self.bind_here(&attribute.attr, attribute.range);
            }
            // What is put into a container is part of what it is.
            Expr::Subscript(item) if item.ctx != ExprContext::Load => {
                let container = match &*item.value {
                    Expr::Name(name) => name.id.as_str(),
                    Expr::Attribute(attribute) => attribute.attr.as_str(),
                    _ => "",
                };
                self.bind_here(container, item.range);
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => self.gives(expression.range()),
            Expr::Call(call) => {
                let called = call.func.as_name_expr().map_or("", |name| name.id.as_str());
                if matches!(called, "setattr" | "globals" | "locals" | "vars" | "exec") {
                    self.bind(called, call.range(), Brings::Any);
                }
            }
            _ => {}
        }
        walk_expr(self, expression);
    }

    fn visit_alias(&mut self, alias: &'a Alias) {
        let bound = alias.asname.as_ref().map_or_else(|| first_part(&alias.name), |name| name.as_str());
        if bound == "*" {
            self.bind("*", alias.range, Brings::Any);
        } else {
            self.bind_here(bound, alias.range);
        }
        walk_alias(self, alias);
    }

    fn visit_parameter(&mut self, parameter: &'a Parameter) {
        self.bind(&parameter.name, parameter.range, Brings::Itself);
        // Who calls the function has to fit its parameters, and who calls the class those of its constructor.
        self.gives(parameter.range);
        walk_parameter(self, parameter);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(caught) = handler;
        if let Some(name) = &caught.name {
            self.bind(name, name.range, Brings::Itself);
        }
        walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(capture) => capture.name.as_ref(),
            Pattern::MatchStar(capture) => capture.name.as_ref(),
            Pattern::MatchMapping(capture) => capture.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.bind(name, pattern.range(), Brings::Itself);
        }
        walk_pattern(self, pattern);
    }

    fn visit_type_param(&mut self, type_param: &'a TypeParam) {
        self.bind(type_param.name(), type_param.range(), Brings::Itself);
        walk_type_param(self, type_param);
    }
}

/// The lines that a statement's own names get their meaning from: not those of the statements within it.
fn head_of(statement: &Stmt) -> Option<TextRange> {
    let body = match statement {
        Stmt::For(it) => it.body.first(),
        Stmt::While(it) => it.body.first(),
        Stmt::If(it) => it.body.first(),
        Stmt::With(it) => it.body.first(),
        Stmt::Try(_) | Stmt::Match(_) | Stmt::FunctionDef(_) | Stmt::ClassDef(_) => return None,
        _ => return Some(statement.range()),
    };
    let head_end = match statement {
        Stmt::For(it) => it.iter.end(),
        Stmt::While(it) => it.test.end(),
        Stmt::If(it) => it.test.end(),
        Stmt::With(it) => it.items.last().map_or(it.start(), Ranged::end),
        _ => statement.end(),
    };
    body.map(|_| TextRange::new(statement.start(), head_end))
}

fn first_part(dotted: &str) -> &str {
    dotted.split('.').next().unwrap_or(dotted)
}

/// Words that name nothing, or something else wherever they stand.
fn names_nothing(word: &str) -> bool {
    is_keyword(word) || ["self", "cls", "f", "b", "r"].contains(&word)
}

/// Whether no name in Python can be `word`; `match`, `type` and the like can be one.
pub fn is_keyword(word: &str) -> bool {
    const KEYWORDS: [&str; 35] = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
        "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
        "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
    ];
    KEYWORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(text: &str) -> Vec<(String, Range<u32>)> {
        let flow = NameFlow::of(&ProjectPath::new("a.py").unwrap(), text);
        flow.bindings.into_iter().map(|binding| (binding.name.into(), binding.lines)).collect()
    }

    #[test]
    fn names_are_bound_by_the_lines_that_give_them_their_meaning() {
        let own = |names: &[(&str, Range<u32>)]| -> Vec<(String, Range<u32>)> {
            names.iter().map(|(name, lines)| ((*name).to_owned(), lines.clone())).collect()
        };
        assert_eq!(bound("x = y(\n    1,\n)\n"), own(&[("x", 0..3)]));
        assert_eq!(bound("import a.b, c as d\n"), own(&[("a", 0..1), ("d", 0..1)]));
        assert_eq!(
            bound("class A(B):\n    n: int = 1\n    def f(self):\n        self.m = 1\n        return 2\n"),
            own(&[
                ("A", 0..1),
                ("n", 1..2),
                ("A", 1..2),
                ("f", 2..3),
                ("self", 2..3),
                ("f", 2..3),
                ("m", 3..4),
                ("f", 4..5)
            ])
        );
        assert_eq!(bound("for a, b in c:\n    pass\n"), own(&[("a", 0..1), ("b", 0..1)]));
        assert_eq!(bound("try:\n    pass\nexcept E as e:\n    pass\n"), own(&[("e", 2..3)]));
    }

    #[test]
    fn what_stands_in_comments_and_prose_is_no_mention() {
        let path = ProjectPath::new("a.py").unwrap();
        let flow = NameFlow::of(&path, "# total\ngetattr(x, 'total_of')\n");
        let words: Vec<&str> = flow.mentions.iter().map(|(_, word)| &**word).collect();
        assert_eq!(words, ["getattr", "x", "total_of"]);
        assert!(NameFlow::of(&path, "def f(:\n  (((\n").mentions.len() <= 2);
    }
}

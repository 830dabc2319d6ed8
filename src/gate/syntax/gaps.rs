//! Syntax that the engine lets through and CPython's compiler does not: one walk over a file's tree.
//!
//! Invariant: never stricter than `compile()` of the version asked for.

use ruff_python_ast::visitor::source_order::{
    SourceOrderVisitor, walk_expr, walk_f_string, walk_keyword, walk_pattern, walk_stmt, walk_t_string,
};
use ruff_python_ast::{
    ExceptHandler, Expr, FString, InterpolatedStringElement, Keyword, Number, Pattern, PythonVersion, Stmt,
    StmtFunctionDef, StmtImportFrom, StmtTry, TString,
};
use ruff_text_size::{Ranged, TextRange};

use super::Wrong;
use super::type_scopes::type_scopes;
use crate::gate::tree::Returns;

/// The most digits of a whole number in decimal: CPython's guard against conversions that take for ever.
const DIGITS_MAX: usize = 4300;
/// The most targets before a starred one.
const BEFORE_STAR_MAX: usize = 255;

/// The most f-strings and t-strings within each other.
const STRINGS_MAX: usize = 150;

const DEBUG: &str = "cannot assign to __debug__";
const STAR: &str = "can't use starred expression here";

/// What is wrong with the statements of a file's `text`.
pub(super) fn gaps(body: &[Stmt], text: &str, version: PythonVersion) -> Vec<Wrong> {
    let mut gaps = Gaps {
        text,
        version,
        found: Vec::new(),
        has_future_annotations: body.iter().any(is_future_annotations),
        blocks: 0,
        // CPython's CO_MAXBLOCKS; where it can be suspended, 3.13 counts one more.
        blocks_max: if version >= PythonVersion::PY313 { 21 } else { 20 },
        loops_in_star: None,
        spec_depth: 0,
        string_depth: 0,
    };
    gaps.visit_body(body);
    gaps.found.extend(type_scopes(body, version));
    gaps.found
}

fn is_future_annotations(statement: &Stmt) -> bool {
    matches!(statement, Stmt::ImportFrom(StmtImportFrom { module: Some(module), names, level: 0, .. })
        if module == "__future__" && names.iter().any(|alias| &alias.name == "annotations"))
}

struct Gaps<'a> {
    text: &'a str,
    version: PythonVersion,
    found: Vec<Wrong>,
    has_future_annotations: bool,
    /// The blocks around that are undone when they are left: loops, `with`, parts of `try`.
    blocks: u32,
    blocks_max: u32,
    /// Inside the handler of an `except*`: the loops between it and here.
    loops_in_star: Option<u32>,
    /// How many format specifications of f-strings are around.
    spec_depth: u32,
    /// How many f-strings and t-strings are around.
    string_depth: usize,
}

impl<'a> Gaps<'a> {
    fn tell(&mut self, range: TextRange, message: impl Into<String>) {
        self.found.push(Wrong { range, message: message.into() });
    }

    fn tell_debug(&mut self, name: &str, range: TextRange) {
        if name == "__debug__" {
            self.tell(range, DEBUG);
        }
    }

    /// Walks `inner` with `count` more blocks around it.
    fn within(&mut self, count: u32, opener: TextRange, inner: impl FnOnce(&mut Self)) {
        let was_fine = self.blocks <= self.blocks_max;
        self.blocks += count;
        if was_fine && self.blocks > self.blocks_max {
            self.tell(opener, "too many statically nested blocks");
        }
        inner(self);
        self.blocks -= count;
    }

    fn within_loop(&mut self, opener: TextRange, body: &'a [Stmt], orelse: &'a [Stmt]) {
        self.within(1, opener, |gaps| {
            gaps.loops_in_star = gaps.loops_in_star.map(|loops| loops + 1);
            gaps.visit_body(body);
            gaps.loops_in_star = gaps.loops_in_star.map(|loops| loops - 1);
        });
        self.visit_body(orelse);
    }

    /// A function's or a class's own body, with so many blocks around it from the beginning.
    fn within_scope(&mut self, blocks: u32, walk: impl FnOnce(&mut Self)) {
        let outer = (std::mem::replace(&mut self.blocks, blocks), self.loops_in_star.take());
        walk(self);
        (self.blocks, self.loops_in_star) = outer;
    }

    /// What can be suspended has a block of its own around it since 3.13.
    fn blocks_around(&self, definition: &Stmt) -> u32 {
        let is_suspended = |function: &StmtFunctionDef| function.is_async || Returns::of(&function.body).is_generator;
        let function = definition.as_function_def_stmt().filter(|_| self.version >= PythonVersion::PY313);
        u32::from(function.is_some_and(is_suspended))
    }

    /// An f-string or a t-string.
    fn within_string(&mut self, opener: TextRange, walk: impl FnOnce(&mut Self)) {
        let outer = std::mem::take(&mut self.spec_depth);
        self.string_depth += 1;
        if self.string_depth == STRINGS_MAX {
            self.tell(opener, "too many nested f-strings or t-strings");
        }
        walk(self);
        self.string_depth -= 1;
        self.spec_depth = outer;
    }

    fn attempt(&mut self, attempt: &'a StmtTry) {
        let opener = TextRange::empty(attempt.range.start());
        let cleanup = u32::from(!attempt.finalbody.is_empty());
        let catching = u32::from(!attempt.handlers.is_empty());
        let handling = if self.version >= PythonVersion::PY39 { 2 } else { 1 };
        self.within(cleanup + catching, opener, |gaps| gaps.visit_body(&attempt.body));
        let before_last = attempt.handlers.len().saturating_sub(1);
        for (at, ExceptHandler::ExceptHandler(handler)) in attempt.handlers.iter().enumerate() {
            if handler.type_.is_none() && at < before_last {
                self.tell(handler.range, "default 'except:' must be last");
            }
            if let Some(caught) = &handler.type_ {
                self.visit_expr(caught);
            }
            let outer = self.loops_in_star;
            if attempt.is_star {
                self.loops_in_star = Some(0);
            }
            self.within(cleanup + handling, opener, |gaps| gaps.visit_body(&handler.body));
            self.loops_in_star = outer;
        }
        self.within(cleanup, opener, |gaps| gaps.visit_body(&attempt.orelse));
        self.within(cleanup, opener, |gaps| gaps.visit_body(&attempt.finalbody));
    }

    fn targets(&mut self, targets: &[Expr]) {
        let before = targets.iter().position(Expr::is_starred_expr);
        if let Some(at) = before.filter(|before| *before > BEFORE_STAR_MAX) {
            self.tell(targets[at].range(), "too many expressions in star-unpacking assignment");
        }
    }

    /// Only the last alternative, and that of the last case or one with a guard, may match everything.
    fn alternatives(&mut self, pattern: &'a Pattern, may_match_all: bool) {
        match pattern {
            Pattern::MatchOr(or) => {
                let last = or.patterns.len().saturating_sub(1);
                for (at, alternative) in or.patterns.iter().enumerate() {
                    self.alternatives(alternative, at == last && may_match_all);
                }
            }
            Pattern::MatchAs(capture) => match (&capture.pattern, &capture.name) {
                (Some(inner), _) => self.alternatives(inner, may_match_all),
                (None, _) if may_match_all => {}
                (None, Some(name)) => {
                    let message = format!("name capture '{name}' makes remaining patterns unreachable");
                    self.tell(capture.range, message);
                }
                (None, None) => self.tell(capture.range, "wildcard makes remaining patterns unreachable"),
            },
            // What stands in a sequence, a mapping or a class is judged by itself.
            _ => {}
        }
    }

    fn annotation(&mut self, annotation: &'a Expr) {
        // Before 3.10 a postponed annotation is not looked at; from 3.14 on the engine looks.
        if self.has_future_annotations && (PythonVersion::PY310..=PythonVersion::PY313).contains(&self.version) {
            let mut places = Unpostponed::default();
            places.visit_expr(annotation);
            for (range, what) in places.found {
                self.tell(range, format!("{what} can not be used within an annotation"));
            }
        }
    }
}

impl<'a> SourceOrderVisitor<'a> for Gaps<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let opener = TextRange::empty(statement.range().start());
        match statement {
            Stmt::Expr(expression) if expression.value.is_starred_expr() => self.tell(expression.range, STAR),
            Stmt::AnnAssign(assignment) => {
                self.annotation(&assignment.annotation);
                if let Some(value) = assignment.value.as_ref().filter(|value| value.is_starred_expr()) {
                    self.tell(value.range(), STAR);
                }
            }
            Stmt::Import(import) => {
                for alias in import.names.iter().filter(|alias| alias.asname.is_none()) {
                    // The engine looks at a name without dots.
                    if let Some((first, _)) = alias.name.split_once('.') {
                        self.tell_debug(first, alias.range);
                    }
                }
            }
            Stmt::AugAssign(change) if change.target.is_attribute_expr() => {
                // CPython looks at the attribute's name only where it is assigned outright.
                if let Expr::Attribute(attribute) = &*change.target {
                    self.visit_expr(&attribute.value);
                }
                return self.visit_expr(&change.value);
            }
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {
                return self.within_scope(self.blocks_around(statement), |gaps| walk_stmt(gaps, statement));
            }
            Stmt::For(each) => {
                self.visit_expr(&each.target);
                self.visit_expr(&each.iter);
                return self.within_loop(opener, &each.body, &each.orelse);
            }
            Stmt::While(repeat) => {
                self.visit_expr(&repeat.test);
                return self.within_loop(opener, &repeat.body, &repeat.orelse);
            }
            Stmt::With(with) => {
                for item in &with.items {
                    if let Some(target) = item.optional_vars.as_ref().filter(|target| target.is_starred_expr()) {
                        self.tell(target.range(), "starred assignment target must be in a list or tuple");
                    }
                    self.visit_with_item(item);
                }
                let count = u32::try_from(with.items.len()).unwrap_or(u32::MAX / 2);
                return self.within(count, opener, |gaps| gaps.visit_body(&with.body));
            }
            Stmt::Try(attempt) => return self.attempt(attempt),
            Stmt::Match(choice) => {
                let last = choice.cases.len().saturating_sub(1);
                for (at, case) in choice.cases.iter().enumerate() {
                    // A whole case that matches everything is the engine's.
                    if !matches!(case.pattern, Pattern::MatchAs(_)) {
                        self.alternatives(&case.pattern, at == last || case.guard.is_some());
                    }
                }
            }
            Stmt::Return(_) if self.loops_in_star.is_some() => self.tell(statement.range(), LEAVES_STAR),
            Stmt::Break(_) | Stmt::Continue(_) if self.loops_in_star == Some(0) => {
                self.tell(statement.range(), LEAVES_STAR);
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchValue(value) if value.value.is_f_string_expr() || value.value.is_t_string_expr() => {
                self.tell(value.range, "patterns may only match literals and attribute lookups");
            }
            Pattern::MatchValue(value)
                if value.value.as_unary_op_expr().is_some_and(|of| of.operand.is_bin_op_expr()) =>
            {
                self.tell(value.range, "a pattern takes no '**'");
            }
            Pattern::MatchSequence(sequence) => {
                sequence.patterns.iter().for_each(|inner| self.alternatives(inner, true))
            }
            Pattern::MatchMapping(mapping) => mapping.patterns.iter().for_each(|inner| self.alternatives(inner, true)),
            Pattern::MatchClass(class) => {
                class.arguments.patterns.iter().for_each(|inner| self.alternatives(inner, true));
                for keyword in &class.arguments.keywords {
                    self.tell_debug(&keyword.attr, keyword.attr.range);
                    self.alternatives(&keyword.pattern, true);
                }
            }
            _ => {}
        }
        walk_pattern(self, pattern);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Attribute(attribute) if attribute.ctx.is_store() => {
                self.tell_debug(&attribute.attr, attribute.attr.range());
            }
            Expr::Compare(compare) if compare.left.is_yield_expr() && compare.left.start() == compare.start() => {
                self.tell(compare.range, "a yield expression that is compared stands in parentheses");
            }
            Expr::Tuple(tuple) if tuple.ctx.is_store() => self.targets(&tuple.elts),
            Expr::List(list) if list.ctx.is_store() => self.targets(&list.elts),
            Expr::NumberLiteral(literal) if matches!(literal.value, Number::Int(_)) => {
                let spelled = self.text.get(std::ops::Range::<usize>::from(literal.range)).unwrap_or_default();
                let is_decimal = spelled.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit());
                if is_decimal && spelled.bytes().filter(u8::is_ascii_digit).count() > DIGITS_MAX {
                    self.tell(literal.range, "exceeds the limit (4300 digits) for integer string conversion");
                }
            }
            _ => {}
        }
        walk_expr(self, expression);
    }

    fn visit_keyword(&mut self, keyword: &'a Keyword) {
        if let Some(name) = keyword.arg.as_ref().filter(|_| self.version >= PythonVersion::PY39) {
            self.tell_debug(name, name.range);
        }
        walk_keyword(self, keyword);
    }

    fn visit_f_string(&mut self, string: &'a FString) {
        self.within_string(string.range, |gaps| walk_f_string(gaps, string));
    }

    fn visit_t_string(&mut self, string: &'a TString) {
        self.within_string(string.range, |gaps| walk_t_string(gaps, string));
    }

    fn visit_interpolated_string_element(&mut self, element: &'a InterpolatedStringElement) {
        let InterpolatedStringElement::Interpolation(field) = element else { return };
        let depth_max = if self.version >= PythonVersion::PY312 { 2 } else { 1 };
        if self.spec_depth > depth_max {
            self.tell(field.range, "f-string: expressions nested too deeply");
        }
        if field.expression.is_starred_expr() {
            self.tell(field.expression.range(), "f-string: cannot use starred expression here");
        }
        self.visit_expr(&field.expression);
        self.spec_depth += 1;
        for inner in field.format_spec.iter().flat_map(|spec| spec.elements.iter()) {
            self.visit_interpolated_string_element(inner);
        }
        self.spec_depth -= 1;
    }
}

const LEAVES_STAR: &str = "'break', 'continue' and 'return' cannot appear in an except* block";

/// What a postponed annotation must not hold.
#[derive(Default)]
struct Unpostponed {
    found: Vec<(TextRange, &'static str)>,
}

impl<'a> SourceOrderVisitor<'a> for Unpostponed {
    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Named(_) => self.found.push((expression.range(), "named expression")),
            Expr::Yield(_) | Expr::YieldFrom(_) => self.found.push((expression.range(), "yield expression")),
            Expr::Await(_) => self.found.push((expression.range(), "await expression")),
            Expr::Lambda(_) => return,
            _ => {}
        }
        walk_expr(self, expression);
    }
}

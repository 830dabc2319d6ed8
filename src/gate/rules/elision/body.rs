//! Functions that had code and have none now, while that code is nowhere else; and new ones that have none yet.

use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::place::Changes;
use super::wording::{is_owed, wording};
use crate::gate::project::{Project, Sides};
use crate::gate::rules::issue;
use crate::gate::tree::{dotted, functions_run};
use crate::gate::{Issue, Severity};
use crate::index::{FileStructure, Symbol, SymbolKind, Tree};
use crate::text::ProjectPath;

pub(in crate::gate::rules) fn emptied(
    body: &[Stmt],
    path: &ProjectPath,
    sides: &Sides,
    project: &Project<'_>,
) -> Vec<Issue> {
    if path.extension() == "pyi" || sides.is_created {
        return Vec::new();
    }
    let new = functions_run(body);
    let is_newly_empty =
        |function: &&StmtFunctionDef| is_touched(function, sides) && Emptiness::of(function, &sides.new_text).is_some();
    if !new.iter().any(is_newly_empty) {
        return Vec::new();
    }
    let old_tree = Tree::parse(path, &sides.old_text);
    let old = functions_run(old_tree.body());
    let mut issues = Vec::new();
    for symbol in sides.new.symbols.iter().filter(|symbol| is_function(symbol)) {
        let of = |functions: &[&StmtFunctionDef], structure: &FileStructure| -> Vec<usize> {
            let starts = structure.symbols.iter().filter(|it| it.qualname == symbol.qualname && is_function(it));
            let starts: Vec<u32> = starts.map(|symbol| symbol.name_span.start).collect();
            let is_it = |function: &StmtFunctionDef| starts.contains(&function.name.range.start().to_u32());
            functions.iter().enumerate().filter(|(_, it)| is_it(it)).map(|(at, _)| at).collect()
        };
        let (now, was) = (of(&new, &sides.new), of(&old, &sides.old));
        // Where one of several is carried out, the others are overloads or alternatives.
        let Some(emptiness) = now.iter().map(|at| Emptiness::of(new[*at], &sides.new_text)).min().flatten() else {
            continue;
        };
        let Some(was) = was.iter().map(|at| old[*at]).find(|was| Emptiness::of(was, &sides.old_text).is_none()) else {
            continue;
        };
        let is_first = now.first().is_some_and(|at| new[*at].name.range.start().to_u32() == symbol.name_span.start);
        if !is_first || may_be_empty(&sides.new, symbol) || is_moved(was, &sides.old_text, project) {
            continue;
        }
        // Who is in a hurry leaves out what is long; a line or two were taken out on purpose.
        let is_doubtful = emptiness == Emptiness::Quiet && is_brief(was, &sides.old_text);
        let mut found = issue(
            "emptied-body",
            path,
            symbol.line,
            Some(symbol.name_span),
            format!("'{}' had code and its body is a placeholder now. Write its code out.", symbol.qualname),
        );
        if is_doubtful {
            found.severity = Severity::Warn;
        }
        issues.push(found);
    }
    issues
}

/// Whether a function is not as it was: it reaches into the lines that changed, or its last ones stood there.
fn is_touched(function: &StmtFunctionDef, sides: &Sides) -> bool {
    let (changed, end) = (&sides.apart.1, function.end().to_usize());
    let rest = sides.new_text.get(end..changed.start).unwrap_or_default();
    let is_code = |line: &str| !line.is_empty() && !line.starts_with('#');
    function.start().to_usize() <= changed.end && !rest.lines().map(str::trim).any(is_code)
}

/// New functions that say that they are still to be written. Where code went for one, it stands in that code's place.
pub(in crate::gate::rules) fn unwritten(
    body: &[Stmt],
    path: &ProjectPath,
    sides: &Sides,
    project: &Project<'_>,
) -> Vec<Issue> {
    let is_known =
        |name: &str| project.changed.values().any(|sides| sides.old.symbols.iter().any(|symbol| *symbol.name == *name));
    let mut issues = Vec::new();
    for function in functions_run(body).into_iter().filter(|_| path.extension() != "pyi") {
        let emptiness = Emptiness::of(function, &sides.new_text);
        if emptiness.is_none() && !returns_nothing(function) {
            continue;
        }
        let is_it = |symbol: &&Symbol| symbol.name_span.start == function.name.range.start().to_u32();
        let Some(symbol) = sides.new.symbols.iter().find(is_it) else { continue };
        // A method without a word is for subclasses to write, and `pass` may be all there is to do.
        let raises = function.body.last().is_some_and(Stmt::is_raise_stmt);
        let is_free = symbol.parent.is_none() && (emptiness == Some(Emptiness::Placeholder) || raises);
        let is_for_nobody =
            raises && symbol.parent.is_some_and(|id| nobody_overrides(sides, sides.new.symbol(id), project));
        let owes = is_free || is_for_nobody || says_so(function, &sides.new_text);
        if !owes || is_known(&symbol.name) || may_be_empty(&sides.new, symbol) {
            continue;
        }
        let (lost, won) = Changes::new(path, sides).at(symbol.line);
        let replaces = lost > won && functions_gone(sides, project);
        let message = match replaces {
            true => format!("'{}' stands in the place of code, and its body is a placeholder.", symbol.qualname),
            false => format!("'{}' is new, and its body is a placeholder.", symbol.qualname),
        };
        let mut found = issue(
            "placeholder-body",
            path,
            symbol.line,
            Some(symbol.name_span),
            format!("{message} Write its code out."),
        );
        found.severity = if replaces { Severity::Block } else { Severity::Warn };
        issues.push(found);
    }
    issues
}

/// Whether a body only hands back what is nothing: `return None`, `return []`.
fn returns_nothing(function: &StmtFunctionDef) -> bool {
    let mut code = function.body.iter().filter(|statement| !is_docstring(statement));
    let (Some(Stmt::Return(only)), None) = (code.next(), code.next()) else { return false };
    only.value.as_deref().is_none_or(|value| match value {
        Expr::List(list) => list.elts.is_empty(),
        Expr::Dict(dict) => dict.items.is_empty(),
        value => value.is_literal_expr(),
    })
}

/// Whether a class was there before and none is derived from it: nobody is there to write its methods.
fn nobody_overrides(sides: &Sides, class: &Symbol, project: &Project<'_>) -> bool {
    let is_old = sides.old.symbols.iter().any(|symbol| symbol.qualname == class.qualname);
    let names_it = |symbol: &Symbol| {
        symbol.kind == SymbolKind::Class
            && symbol.signature.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| *word == *class.name)
    };
    let has_heirs = |path: &ProjectPath| project.structure(path).is_some_and(|file| file.symbols.iter().any(names_it));
    is_old && !project.files_with_word(&class.name).iter().any(has_heirs)
}

/// Whether a comment or an error in an empty body says that the code is owed.
fn says_so(function: &StmtFunctionDef, text: &str) -> bool {
    let whole = to_line_end(function, text);
    let mut comments = whole.lines().filter_map(|line| line.split_once('#')).map(|(_, comment)| comment);
    comments.any(|comment| is_owed(comment) || wording(comment).is_some())
        || function.body.iter().any(|statement| match statement {
            Stmt::Raise(raise) => raise.exc.as_deref().and_then(Expr::as_call_expr).is_some_and(|call| {
                let message = call.arguments.args.first().and_then(Expr::as_string_literal_expr);
                message.is_some_and(|message| is_owed(message.value.to_str()))
            }),
            _ => false,
        })
}

/// Whether a function of the file had code, and is gone from all that is changed.
fn functions_gone(sides: &Sides, project: &Project<'_>) -> bool {
    let stays = |name: &str| {
        let mut others = project.changed.values().filter(|sides| !sides.is_deleted);
        others.any(|sides| sides.new.symbols.iter().any(|symbol| *symbol.name == *name))
    };
    let lines = |symbol: &Symbol| symbol.end_line.saturating_sub(symbol.line);
    sides.old.symbols.iter().any(|symbol| is_function(symbol) && lines(symbol) > 2 && !stays(&symbol.name))
}

/// Whether a body is a statement or two: some lines of code, none of which opens a block.
fn is_brief(function: &StmtFunctionDef, text: &str) -> bool {
    let code = function.body.iter().filter(|statement| !is_docstring(statement));
    let texts = code.filter_map(|statement| text.get(std::ops::Range::<usize>::from(statement.range())));
    let lines: Vec<&str> = texts.flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.len() < 5 && !lines.iter().any(|line| line.ends_with(':'))
}

/// In what way a function does nothing. Later ones are less doubtful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Emptiness {
    /// `pass`, a docstring alone, an error without a word: it may be meant.
    Quiet,
    /// `...`, or an error that says that it is to be written.
    Placeholder,
}

impl Emptiness {
    fn of(function: &StmtFunctionDef, text: &str) -> Option<Self> {
        let (last, before) = function.body.split_last()?;
        // A message is made before it is raised.
        let is_prelude =
            |statement: &Stmt| is_docstring(statement) || is_nothing(statement) || statement.is_assign_stmt();
        if !before.iter().all(is_prelude) {
            return None;
        }
        let whole = to_line_end(function, text);
        let comments = whole.lines().filter_map(|line| line.split_once('#')).map(|(_, comment)| comment);
        let said = comments.clone().any(|comment| wording(comment).is_some() || is_owed(comment));
        match last {
            Stmt::Raise(raise) => {
                let error = raise.exc.as_deref()?;
                let is_owed = dotted(error).last().is_some_and(|name| name == "NotImplementedError");
                let is_named = error.is_call_expr() || said;
                (is_owed && !is_told(error)).then_some(if is_named { Self::Placeholder } else { Self::Quiet })
            }
            Stmt::Expr(it) if it.value.is_ellipsis_literal_expr() => Some(Self::Placeholder),
            last if is_docstring(last) || last.is_pass_stmt() => {
                // Somebody says why nothing is done.
                let explained = comments.clone().next().is_some() && !said;
                (!explained && before.iter().all(|it| !it.is_assign_stmt())).then_some(if said {
                    Self::Placeholder
                } else {
                    Self::Quiet
                })
            }
            _ => None,
        }
    }
}

/// The text of a function, with a comment behind its last statement.
fn to_line_end<'t>(function: &StmtFunctionDef, text: &'t str) -> &'t str {
    let whole = text.get(function.start().to_usize()..).unwrap_or_default();
    let length = function.range().len().to_usize();
    let end = whole.get(length..).and_then(|rest| rest.find('\n')).map_or(whole.len(), |at| length + at);
    whole.get(..end).unwrap_or_default()
}

/// Whether an error says more than that something is to be written: then that is what the function is for.
fn is_told(error: &Expr) -> bool {
    let Expr::Call(call) = error else { return false };
    match call.arguments.args.first() {
        Some(Expr::StringLiteral(message)) => {
            let message = message.value.to_str().to_lowercase();
            let owed = ["todo", "implement", "placeholder", "stub", "existing", "rest of"];
            message.split_whitespace().count() > 2 && !owed.iter().any(|word| message.contains(word))
                || message.contains("subclass")
                || message.contains("abstract")
        }
        Some(_) => true,
        None => false,
    }
}

fn is_docstring(statement: &Stmt) -> bool {
    statement.as_expr_stmt().is_some_and(|it| it.value.is_string_literal_expr())
}

fn is_nothing(statement: &Stmt) -> bool {
    statement.is_pass_stmt() || statement.as_expr_stmt().is_some_and(|it| it.value.is_ellipsis_literal_expr())
}

fn is_function(symbol: &Symbol) -> bool {
    matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method)
}

/// Whether something else is said to carry the function out: a subclass, an overload, a decorator that has come.
fn may_be_empty(structure: &FileStructure, symbol: &Symbol) -> bool {
    let marked = symbol
        .decorators
        .iter()
        .any(|decorator| ["abstract", "overload", "replaced"].iter().any(|it| decorator.contains(it)));
    let is_open = |parent: &Symbol| ["Protocol", "ABC"].iter().any(|base| parent.signature.contains(base));
    marked || symbol.parent.is_some_and(|parent| is_open(structure.symbol(parent)))
}

/// Whether most of a body stands elsewhere in the change.
fn is_moved(was: &StmtFunctionDef, old_text: &str, project: &Project<'_>) -> bool {
    let statements = was.body.iter().filter(|statement| !is_docstring(statement));
    let code: Vec<&str> = statements
        .filter_map(|statement| old_text.get(std::ops::Range::<usize>::from(statement.range())))
        .flat_map(str::lines)
        .map(str::trim)
        .filter(|line| line.len() > 4 && !line.starts_with('#'))
        .collect();
    let found =
        code.iter().filter(|line| project.changed.values().any(|sides| sides.new_text.contains(**line))).count();
    !code.is_empty() && found * 2 > code.len()
}

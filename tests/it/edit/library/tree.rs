//! Syntax trees of old and new, compared without their positions.

use std::hash::{DefaultHasher, Hash, Hasher};

use flux::index::indent_of;
use ruff_python_ast::comparable::ComparableStmt;
use ruff_python_ast::{ExceptHandler, PySourceType, Stmt, Suite};
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::Ranged;

/// The lines, each with its line end, as Python counts them.
pub(super) fn lines_of(text: &str) -> Vec<&str> {
    let lines = flux::text::LineIndex::new(text);
    (1..=lines.line_count()).map(|line| &text[lines.line_span(line).range()]).collect()
}

/// A line as a model gives it back: without its end, without white space that stands alone, without a page break.
pub(super) fn bare(line: &str) -> &str {
    let line = line.trim_end_matches(['\r', '\n']).trim_start_matches('\x0c');
    if line.trim().is_empty() { "" } else { line }
}

/// A string holds the line ends of its file, but means others.
fn suite_of(text: &str) -> Suite {
    parse_unchecked_source(&text.replace("\r\n", "\n"), PySourceType::Python).into_syntax().body
}

/// The statement of a block that begins at that byte of `text`.
fn place_of(text: &str, block: &Suite, start: u32) -> Option<usize> {
    let start = start as usize - text[..start as usize].matches("\r\n").count();
    block.iter().position(|stmt| stmt.start().to_usize() == start)
}

/// The ways in which lines come back from a model.
pub(super) const DISTORTIONS: [fn(&[&str]) -> String; 7] = [
    |lines| lines.concat(),
    |lines| plain(lines).join("\n"),
    |lines| plain(lines).into_iter().map(|line| format!("{line}  \n")).collect(),
    // Without the indentation that all share.
    |lines| {
        let lines = plain(lines);
        let filled = || lines.iter().filter(|line| !line.is_empty());
        let shared = filled().map(|line| indent_of(line).len()).min().unwrap_or(0);
        lines.iter().map(|line| format!("{}\n", line.get(shared..).unwrap_or(""))).collect()
    },
    |lines| {
        plain(lines)
            .into_iter()
            .map(|line| if line.is_empty() { line } else { format!("    {line}") })
            .collect::<Vec<_>>()
            .join("\n")
    },
    |lines| plain(lines).join("\n").trim_start().to_owned(),
    |lines| format!("\n{}\n\n", plain(lines).join("\n").replace("    ", "\t")),
];

fn plain(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

fn are_same(old: &[Stmt], new: &[Stmt]) -> bool {
    old.len() == new.len()
        && old.iter().zip(new).all(|(old, new)| ComparableStmt::from(old) == ComparableStmt::from(new))
}

pub(super) fn is_same(old: &str, new: &str) -> bool {
    are_same(&suite_of(old), &suite_of(new))
}

/// The blocks of a statement.
fn blocks(stmt: &mut Stmt) -> Vec<&mut Suite> {
    match stmt {
        Stmt::FunctionDef(stmt) => vec![&mut stmt.body],
        Stmt::ClassDef(stmt) => vec![&mut stmt.body],
        Stmt::For(stmt) => vec![&mut stmt.body, &mut stmt.orelse],
        Stmt::While(stmt) => vec![&mut stmt.body, &mut stmt.orelse],
        Stmt::If(stmt) => std::iter::once(&mut stmt.body)
            .chain(stmt.elif_else_clauses.iter_mut().map(|clause| &mut clause.body))
            .collect(),
        Stmt::With(stmt) => vec![&mut stmt.body],
        Stmt::Match(stmt) => stmt.cases.iter_mut().map(|case| &mut case.body).collect(),
        Stmt::Try(stmt) => {
            let handlers = stmt.handlers.iter_mut().map(|ExceptHandler::ExceptHandler(handler)| &mut handler.body);
            std::iter::once(&mut stmt.body).chain(handlers).chain([&mut stmt.orelse, &mut stmt.finalbody]).collect()
        }
        _ => Vec::new(),
    }
}

/// The block of the class of that number among all classes of the file.
fn class_block<'s>(suite: &'s mut Suite, number: &mut usize) -> Option<&'s mut Suite> {
    for stmt in suite.iter_mut() {
        if stmt.is_class_def_stmt() {
            if *number == 0 {
                return blocks(stmt).pop();
            }
            *number -= 1;
        }
        for block in blocks(stmt) {
            if let Some(found) = class_block(block, number) {
                return Some(found);
            }
        }
    }
    None
}

fn block_of(suite: &mut Suite, class: Option<usize>) -> Result<&mut Suite, String> {
    match class {
        None => Ok(suite),
        Some(mut number) => class_block(suite, &mut number).ok_or_else(|| "the class is gone".to_owned()),
    }
}

/// Whether the probe is the one thing that the class of that number has more.
pub(super) fn is_added(old: &str, new: &str, class: usize) -> Result<(), String> {
    let (old, mut new) = (suite_of(old), suite_of(new));
    let block = block_of(&mut new, Some(class))?;
    let is_probe = |stmt: &Stmt| stmt.as_function_def_stmt().is_some_and(|function| &*function.name == "flux_probe");
    let at = block.iter().position(is_probe).ok_or("the method is not in the class")?;
    block.remove(at);
    if block.is_empty() {
        // It took the place of a placeholder.
        let mut filled = old.clone();
        let placeholder = std::mem::take(block_of(&mut filled, Some(class))?);
        let is_placeholder = |stmt: &Stmt| {
            let ellipsis = stmt.as_expr_stmt().is_some_and(|stmt| stmt.value.is_ellipsis_literal_expr());
            stmt.is_pass_stmt() || ellipsis
        };
        return match placeholder.len() == 1 && is_placeholder(&placeholder[0]) && are_same(&filled, &new) {
            true => Ok(()),
            false => Err("something else went".to_owned()),
        };
    }
    if are_same(&old, &new) { Ok(()) } else { Err("the rest of the tree is not the same".to_owned()) }
}

/// Whether the definition that begins at `start` stands in the same block still, and all else where it was.
pub(super) fn is_moved(old: &str, new: &str, class: Option<usize>, start: u32) -> Result<(), String> {
    if old == new {
        return Ok(());
    }
    let text = old;
    let (mut old, mut new) = (suite_of(old), suite_of(new));
    let block = block_of(&mut old, class)?;
    let at = place_of(text, block, start).ok_or("not found in the old tree")?;
    let definition = block.remove(at);
    let block = block_of(&mut new, class)?;
    let at = block.iter().position(|stmt| ComparableStmt::from(stmt) == ComparableStmt::from(&definition));
    block.remove(at.ok_or("the definition is another or elsewhere")?);
    if are_same(&old, &new) { Ok(()) } else { Err("the rest of the tree is not the same".to_owned()) }
}

/// As [`is_moved`], for a definition that was put behind another: where it stood right behind it, nothing is moved.
pub(super) fn is_put_back(old: &str, new: &str, class: Option<usize>, starts: (u32, u32)) -> Result<(), String> {
    if old == new {
        return Ok(());
    }
    let mut suite = suite_of(old);
    let block = block_of(&mut suite, class)?;
    match (place_of(old, block, starts.0), place_of(old, block, starts.1)) {
        (Some(before), Some(this)) if before + 1 == this => match is_same(old, new) {
            true => Ok(()),
            false => Err("is not where it was".to_owned()),
        },
        _ => is_moved(old, new, class, starts.1),
    }
}

/// The block, however deep, that has a statement at each of two bytes of `text`, and the places of these.
fn block_with<'s>(text: &str, suite: &'s mut Suite, starts: (u32, u32)) -> Option<(&'s mut Suite, usize, usize)> {
    if let (Some(first), Some(second)) = (place_of(text, suite, starts.0), place_of(text, suite, starts.1)) {
        return Some((suite, first, second));
    }
    suite.iter_mut().flat_map(blocks).find_map(|block| block_with(text, block, starts))
}

pub(super) fn stand_in_one_block(text: &str, starts: (u32, u32)) -> bool {
    block_with(text, &mut suite_of(text), starts).is_some()
}

/// Whether `new` is `old` with the second of two statements of one block moved right behind the first.
pub(super) fn is_put_behind(old: &str, new: &str, starts: (u32, u32)) -> Result<(), String> {
    let mut suite = suite_of(old);
    let (block, before, this) = block_with(old, &mut suite, starts).ok_or("not found in the old tree")?;
    let moved = block.remove(this);
    block.insert(before + 1, moved);
    if are_same(&suite, &suite_of(new)) { Ok(()) } else { Err("the tree is not the same".to_owned()) }
}

/// Tells the first line that one text has and the other has not; blank ones, order and line ends aside.
pub(super) fn lines_differ(old: &str, new: &str) -> Option<String> {
    // The sum of all lines' fingerprints does not ask for their order.
    let sum = |text: &str| {
        let lines = text.split(['\n', '\r']).map(bare).filter(|line| !line.is_empty());
        lines.fold(0_u64, |sum, line| {
            let mut hasher = DefaultHasher::new();
            line.hash(&mut hasher);
            sum.wrapping_add(hasher.finish())
        })
    };
    if sum(old) == sum(new) {
        return None;
    }
    let sorted = |text: &str| -> Vec<String> {
        let mut lines: Vec<String> = lines_of(text).into_iter().map(|line| bare(line).to_owned()).collect();
        lines.retain(|line| !line.is_empty());
        lines.sort_unstable();
        lines
    };
    let (old, new) = (sorted(old), sorted(new));
    let at = old.iter().zip(&new).position(|(old, new)| old != new).unwrap_or(old.len().min(new.len()));
    Some(format!("lines differ: {:?} and {:?}", old.get(at), new.get(at)))
}

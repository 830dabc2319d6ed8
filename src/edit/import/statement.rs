//! Adds names to a `from … import …` that stands in a file, in the way it is written.

use std::ops::Range;

use crate::edit::target::Target;
use crate::index::{Import, ImportedName};

/// The bounds within which an import stays on one line, unless the file has longer lines already.
const COLUMNS: usize = 88;
const COLUMNS_MAX: usize = 120;

/// `name` or `name as alias`.
pub(super) fn spelled(name: &ImportedName) -> String {
    match &name.alias {
        Some(alias) => format!("{} as {alias}", name.name),
        None => name.name.to_string(),
    }
}

/// The text of the file with `names` added to `import`; nothing when the statement cannot be read.
pub(super) fn with_names(target: &Target<'_>, import: &Import, names: &[ImportedName]) -> Option<String> {
    let mut statement = target.text.get(import.span.range())?.to_owned();
    let end = target.ending.as_str();
    for name in names {
        let items = items_of(&statement)?;
        statement = with_name(&statement, &items, &spelled(name), end)?;
    }
    let head = target.text[..import.span.start as usize].to_owned();
    let tail = &target.text[import.span.end as usize..];
    let line_tail = tail.lines().next().unwrap_or("");
    let longest = target.text.lines().map(str::len).max().unwrap_or(0).clamp(COLUMNS, COLUMNS_MAX);
    if !statement.contains(['(', '\\', '\n', '\r']) && line_tail.is_empty() && statement.len() > longest {
        statement = wrapped(&statement, end)?;
    }
    Some(format!("{head}{statement}{tail}"))
}

fn wrapped(statement: &str, end: &str) -> Option<String> {
    let items = items_of(statement)?;
    let first = items.first()?.start;
    let names: String = items.iter().map(|item| format!("    {},{end}", &statement[item.clone()])).collect();
    Some(format!("{}({end}{names})", &statement[..first]))
}

fn with_name(statement: &str, items: &[Range<usize>], name: &str, end: &str) -> Option<String> {
    let spelled: Vec<&str> = items.iter().map(|item| &statement[item.clone()]).collect();
    let idx = sorted_place(&spelled, name);
    let line_of = |at: usize| {
        let start = statement[..at].rfind(['\n', '\r']).map_or(0, |found| found + 1);
        &statement[start..at]
    };
    let stands_alone = |item: &Range<usize>| line_of(item.start).trim().is_empty();
    if !items.iter().all(stands_alone) {
        return Some(match items.get(idx) {
            Some(item) => format!("{}{name}, {}", &statement[..item.start], &statement[item.start..]),
            None => {
                let last = items.last()?.end;
                format!("{}, {name}{}", &statement[..last], &statement[last..])
            }
        });
    }
    // One name a line.
    let indent = line_of(items.first()?.start);
    if let Some(item) = items.get(idx) {
        return Some(format!("{}{name},{end}{indent}{}", &statement[..item.start], &statement[item.start..]));
    }
    let last = items.last()?.end;
    let behind = &statement[last..];
    if !behind.trim_start().starts_with(',') {
        return Some(format!("{},{end}{indent}{name}{behind}", &statement[..last]));
    }
    // A comment behind the last name stays with it.
    let line_end = last + behind.find('\n')? + 1;
    Some(format!("{}{indent}{name},{end}{}", &statement[..line_end], &statement[line_end..]))
}

/// Where the name goes among the others, by the order they are in; behind them if they are in none.
fn sorted_place(items: &[&str], name: &str) -> usize {
    let by_type = |name: &str| {
        let constant = name.len() > 1 && !name.chars().any(char::is_lowercase);
        let class = name.chars().next().is_some_and(char::is_uppercase);
        let rank = if constant {
            "0"
        } else if class {
            "1"
        } else {
            "2"
        };
        format!("{rank}{name}")
    };
    let plain = |name: &str| name.to_owned();
    let caseless = |name: &str| name.to_lowercase();
    let orders: [&dyn Fn(&str) -> String; 3] = [&by_type, &plain, &caseless];
    match orders.into_iter().find(|key| items.is_sorted_by_key(|item| key(item))) {
        Some(key) => items.iter().filter(|item| key(item) <= key(name)).count(),
        None => items.len(),
    }
}

/// Where the word `import` stands in the statement.
pub(in crate::edit) fn keyword_of(statement: &str) -> Option<usize> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    statement.match_indices("import").map(|(at, _)| at).find(|at| {
        let (before, behind) = (&statement[..*at], &statement[at + "import".len()..]);
        !before.ends_with(is_name) && !behind.starts_with(is_name)
    })
}

/// The spans of the names (with their aliases) in an import.
pub(in crate::edit) fn items_of(statement: &str) -> Option<Vec<Range<usize>>> {
    let keyword = keyword_of(statement)?;
    let mut items: Vec<Range<usize>> = Vec::new();
    let mut current: Option<Range<usize>> = None;
    let mut in_comment = false;
    for (at, c) in statement.char_indices().skip_while(|(at, _)| *at < keyword + "import".len()) {
        match c {
            '\n' | '\r' => in_comment = false,
            _ if in_comment => {}
            '#' => in_comment = true,
            ',' | ')' => items.extend(current.take()),
            '(' | '\\' => {}
            c if c.is_whitespace() => {}
            c => {
                let end = at + c.len_utf8();
                current = Some(current.map_or(at, |item| item.start)..end);
            }
        }
    }
    items.extend(current);
    (!items.is_empty()).then_some(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_names_of_a_statement() {
        let names = |statement: &str| -> Vec<String> {
            items_of(statement).unwrap().into_iter().map(|item| statement[item].to_owned()).collect()
        };
        assert_eq!(names("from importlib import import_module, util"), ["import_module", "util"]);
        assert_eq!(names("from .import (a as b, # x, y\n  c,)"), ["a as b", "c"]);
        assert_eq!(names("from x import a, \\\n    b"), ["a", "b"]);
        assert_eq!(items_of("from x"), None);
    }

    #[test]
    fn keeps_the_order_of_the_names() {
        assert_eq!(sorted_place(&["a", "c"], "b"), 1);
        assert_eq!(sorted_place(&["MAX", "Cart", "add"], "Basket"), 1);
        assert_eq!(sorted_place(&["b", "a"], "c"), 2);
    }
}

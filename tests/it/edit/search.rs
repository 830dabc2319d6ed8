//! Replacing a text that is named by itself.

use std::path::Path;

use flux::edit::{Operation, Refusal, apply};
use flux::index::View;
use flux::text::ChangeSet;

use super::{check, check_refused, edited, path};
use crate::fixture::Fixture;

fn edit(search: &str, replace: &str) -> Operation {
    Operation::EditFile { path: path("main.py"), search: search.to_owned(), replace: replace.to_owned() }
}

const FILE: &str = "
def a(x):
    if x:
        return 1
    return 2


def b(x):
    return 2
";

#[test]
fn an_exact_text_is_replaced() {
    check(&edit("return 1", "return 3"), FILE, &FILE.replace("return 1", "return 3"));
    check(&edit("    if x:\n        return 1\n", ""), FILE, &FILE.replace("    if x:\n        return 1\n", ""));
    check(&edit("x = 1\ny = 2", "x = 2\ny = 1"), "x = 1\r\ny = 2\r\n", "x = 2\r\ny = 1\r\n");
    check(&edit("é", "è"), "s = 'é'\n", "s = 'è'\n");
}

#[test]
fn a_text_that_stands_twice_is_refused_with_its_places() {
    check_refused(
        &edit("return 2", "return 3"),
        FILE,
        "The search text stands in 'main.py' more than once:\n1. line 4, in 'a': `return 2`\n2. line 8, in 'b': `return 2`\n\
         Add lines around it until only the one you mean fits.",
    );
    check_refused(
        &edit("aa", "b"),
        "x = 'aaa'\n",
        "The search text stands in 'main.py' more than once:\n1. line 1: `x = 'aaa'`\n2. line 1: `x = 'aaa'`\n\
         Add lines around it until only the one you mean fits.",
    );
}

#[test]
fn line_ends_that_nobody_sees_tell_no_places_apart() {
    let old = "a = 1\nb = 2\na = 1\r\nb = 2\r\nc = 3\r\n";
    check_refused(
        &edit("a = 1\nb = 2", "a = 0"),
        old,
        "The search text stands in 'main.py' more than once:\n1. line 1: `a = 1`\n2. line 3: `a = 1`\n\
         Add lines around it until only the one you mean fits.",
    );
    check(&edit("a = 1\nb = 2\nc", "a = 0\nb = 2\nc"), old, "a = 1\nb = 2\na = 0\r\nb = 2\r\nc = 3\r\n");
    check(&edit("a = 1\r\nb = 2", "a = 1\r\nb = 0"), old, "a = 1\nb = 2\na = 1\r\nb = 0\r\nc = 3\r\n");
    check(&edit("\nc = 3\n", "\n"), old, "a = 1\nb = 2\na = 1\r\nb = 2\r\n");
}

#[test]
fn another_indentation_is_seen_through() {
    check(
        &edit("if x:\n    return 1\n", "if x > 1:\n    return 1\nif x:\n    while x:\n        x -= 1\n"),
        FILE,
        &FILE.replace(
            "    if x:\n        return 1\n",
            "    if x > 1:\n        return 1\n    if x:\n        while x:\n            x -= 1\n",
        ),
    );
    check(
        &edit("    if x:   \n        return 1", "    return 0"),
        "def a(x):\n\tif x:\n\t\treturn 1\n\treturn 2\n",
        "def a(x):\n\treturn 0\n\treturn 2\n",
    );
    check(
        &edit("def b(x):   \n    return 2\n", "def b(x):\n    return 4\n"),
        FILE,
        &FILE.replace("def b(x):\n    return 2", "def b(x):\n    return 4"),
    );
    // Also where a line end was left out at the file's end.
    check(&edit("\nx = 1\ny = 2\n\n", "x = 2"), "x = 1\ny = 2", "x = 2");
}

#[test]
fn what_the_replacement_keeps_stays_as_it_was() {
    let old = "def a():\r\n\tx = f(1,\n           2)   \n\ty = 2\r\n\tz = 3\n";
    check(
        &edit("    x = f(1,\n               2)\n    y = 2\n    z = 3", "    x = f(1,\n               2)\n    z = 4"),
        old,
        "def a():\r\n\tx = f(1,\n           2)   \n\tz = 4\n",
    );
    check(&edit("x = 1\n\ny = 2\n", "x = 1\n\ny = 3\n"), "x = 1\r\n\ny = 2\n", "x = 1\r\n\ny = 3\n");
    check(&edit("x = 1\r\ny = 2", "x = 1\ny = 3"), "x = 1\r\ny = 2\nz = 3\n", "x = 1\r\ny = 3\nz = 3\n");
}

#[test]
fn a_page_break_is_no_indentation() {
    let old = "x = 1\n\x0cdef a():\n    return 1\n";
    let new = "x = 1\n\x0cdef b():\n    return 2\n";
    check(&edit("def a():  \n    return 1", "def b():\n    return 2"), old, new);
    check(&edit("\x0cdef a():  \n    return 1", "\x0cdef b():\n    return 2"), old, new);
    check(&edit("\x0cdef a():  \n    return 1", "def b():\n    return 2"), old, &new.replace('\x0c', ""));
    check(
        &edit("    def a():\n        return 1", "    @c\n    def a():\n        return 1"),
        old,
        "x = 1\n@c\n\x0cdef a():\n    return 1\n",
    );
}

#[test]
fn an_indentation_that_cannot_be_told_is_refused() {
    // Only the first line was cut out without its indentation.
    let search = "if x:  \n        return 1\n";
    check(&edit(search, "if x > 1:\n        return 1\n"), FILE, &FILE.replace("if x:", "if x > 1:"));
    check_refused(
        &edit(search, "if x:\n        return 1\n    while x:\n        x -= 1\n"),
        FILE,
        "The search text fits lines 2-3 of 'main.py' but for its indentation, and from that it cannot be told how deep this \
         line of the replacement stands: `while x:`. Quote the lines exactly as they stand.",
    );
    // Spaces for the tabs of the file, and deeper than all that was quoted.
    check(
        &edit("    if x:   \n        return 1", "    if x:\n        while x:\n            x -= 1\n        return 1"),
        "def a(x):\n\tif x:\n\t\treturn 1\n",
        "def a(x):\n\tif x:\n\t\twhile x:\n\t\t\tx -= 1\n\t\treturn 1\n",
    );
}

#[test]
fn the_difference_is_told() {
    let mut fixture = Fixture::parse("");
    fixture.files.insert(path("main.py"), FILE.trim_start().to_owned());
    let (source, snapshot) = (fixture.source(), fixture.snapshot(Path::new("/project")));
    let pending = ChangeSet::default();
    let view = View { snapshot: &snapshot, pending: &pending, source: &source };
    let applied = apply(view, &edit("if x:\n    return 1  ", "if x:\n    return 7")).unwrap();
    assert_eq!(
        applied.notes,
        [
            "The search text fits lines 2-3 of 'main.py' but for white space: line 2 is \"    if x:\", not \"if x:\"; line 3 is \
          \"        return 1\", not \"    return 1  \". The replacement was indented as the file is."
        ]
    );
}

#[test]
fn the_line_numbers_of_a_listing_are_taken_off() {
    check(
        &edit("    2\t    if x:\n    3\t        return 1", "    2\t    if x > 1:\n    3\t        return 1"),
        FILE,
        &FILE.replace("if x:", "if x > 1:"),
    );
    check(&edit("    3\t        return 1\n", "        return 5\n"), FILE, &FILE.replace("return 1", "return 5"));
    let table = "   1\tone\n   2\ttwo\n";
    check(&edit("   2\ttwo", "   2\tthree"), table, "   1\tone\n   2\tthree\n");
}

#[test]
fn a_text_that_is_not_there_is_answered_with_the_nearest_places() {
    check_refused(
        &edit("    if x is None:\n        return 1", "pass"),
        FILE,
        "The search text is not in 'main.py'. Nearest places:\n1. lines 2-3, line 2 differs:\n     2|     if x:\n     3|         return 1\n\
         Quote the lines exactly as they stand.",
    );
    check_refused(
        &edit("quite another thing", ""),
        FILE,
        "The search text is not in 'main.py'. Nothing in the file is like it. Read the file again and quote it exactly.",
    );
    for (search, replace) in [("", "x"), ("return 1", "return 1"), ("```python\n```\n", ""), ("  1\t", "")] {
        assert!(matches!(edited(FILE, &edit(search, replace)), Err(Refusal::BadCode(_))));
    }
}

#[test]
fn a_replacement_that_breaks_the_syntax_is_refused() {
    let refusal = edited(FILE, &edit("return 1", "return (1")).unwrap_err();
    assert!(refusal.to_string().starts_with("With this, 'main.py' would no longer parse. Line "), "{refusal}");
}

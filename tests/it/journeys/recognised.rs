//! Hunks that need no reading: layout alone, and code that only moved.

use super::*;

const MODULES: &str = r#"
#- shop/files.py
"""Reads order files."""


def shown(rows):
    return ['a', "b", rows]


def first(rows):
    return rows[0]


def summed(rows, start=0):
    total = start
    for row in rows:
        total += row
    return total


def last(rows):
    return rows[-1]
#- shop/sums.py
"""Sums."""


class Sums:
    def first(self, rows):
        return rows[0]
"#;

/// The first file is laid out anew and loses a function; the second gets it as a method.
fn moved(columns: u16, rows: u16) -> Journey {
    let summed = "def summed(rows, start=0):\n    total = start\n    for row in rows:\n        total += row\n    return total\n\n\n";
    let method = "        return rows[0]\n\n    def summed(self, rows, start=0):\n        total = start\n        for row in rows:\n            total += row\n        return total\n";
    let layout = "    return [\n        \"a\",\n        \"b\",\n        rows,\n    ]";
    let turns = vec![
        Turn("", vec![("read_file", json!({"path": "shop/files.py"})), ("read_file", json!({"path": "shop/sums.py"}))]),
        Turn(
            "",
            vec![
                edit("shop/files.py", "    return ['a', \"b\", rows]", layout),
                edit("shop/files.py", summed, ""),
                edit("shop/sums.py", "        return rows[0]\n", method),
            ],
        ),
        Turn("", vec![("finish", json!({"summary": "Sums are a class now."}))]),
    ];
    let mut journey = Journey::open(columns, rows, MODULES, turns);
    journey.press("iMove it<Enter>");
    assert!(journey.app.review.is_some(), "{}", journey.shot());
    journey
}

#[test]
fn what_needs_no_reading_is_one_line() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = moved(columns, rows);
        insta::assert_snapshot!(format!("folded_{columns}x{rows}"), journey.shot());
        let shown =
            ["layout only", "moved to shop/sums.py, hunk 3", "moved from shop/files.py, hunk 2, 1 line differs"];
        journey.check_shows(&shown);
        assert!(!journey.shot().contains("total += row"));
        journey.press("]]<Enter>");
        journey.check_shows(&["total += row", "def summed(self"]);
        insta::assert_snapshot!(format!("unfolded_{columns}x{rows}"), journey.shot());
        journey.press("<Enter>");
        assert!(!journey.shot().contains("total += row"));
        // Still hunks like any other.
        journey.press("[[yyyw");
        assert!(journey.text_of("shop/sums.py").contains("    def summed(self, rows"), "{}", journey.shot());
        assert!(!journey.text_of("shop/files.py").contains("summed"));
    }
}

#[test]
fn what_says_something_else_is_shown() {
    let mut journey = proposed(120, 36);
    assert!(journey.app.review.as_ref().unwrap().kinds.is_empty());
    journey.press("<Enter>");
    journey.check_shows(&["Only what is layout alone or has moved is folded."]);
}

#[test]
fn a_whole_symbol_is_shown_around_a_hunk() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = proposed(columns, rows);
        journey.press("]]");
        assert!(!journey.shot().contains("async def send"));
        journey.press("o");
        journey.check_shows(&["async def send", "hunk 3/3", "class Order:"]);
        journey.press("o");
        assert!(!journey.shot().contains("async def send"));
    }
}

#[test]
fn what_moved_out_of_a_hunk_that_does_more_is_told() {
    // The function goes, and another stands in its very place; in the other file a class that has it is new.
    let summed =
        "def summed(rows, start=0):\n    total = start\n    for row in rows:\n        total += row\n    return total\n";
    let instead = "def counted(rows):\n    return len(rows)\n";
    let class = "class Sums:\n    def first(self, rows):\n        return rows[0]\n";
    let anew = "class Sums:\n    \"\"\"All of them.\"\"\"\n\n    def counted(self, rows, start=0):\n        total = start\n        for row in rows:\n            total += row\n        return total\n";
    let turns = [
        Turn("", vec![("read_file", json!({"path": "shop/files.py"})), ("read_file", json!({"path": "shop/sums.py"}))]),
        Turn("", vec![edit("shop/files.py", summed, instead), edit("shop/sums.py", class, anew)]),
        Turn("", vec![("finish", json!({"summary": "Sums are a class now."}))]),
    ];
    for (columns, rows) in [(80, 24), (120, 36), (200, 60)] {
        let mut journey = Journey::open(columns, rows, MODULES, Vec::new());
        journey.turns = turns.iter().map(|Turn(text, calls)| Turn(text, calls.clone())).collect();
        journey.press("iMove it<Enter>");
        assert!(journey.app.review.is_some(), "{}", journey.shot());
        journey.check_shows(&["4 lines moved to shop/sums.py, hunk 2"]);
        // It is not folded: there is more in it to be read.
        journey.check_shows(&["def counted(rows):"]);
        journey.press("]");
        journey.check_shows(&["4 lines moved from shop/files.py, hunk 1", "All of them."]);
    }
}

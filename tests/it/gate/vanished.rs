//! What comes back as less: names that go from a file, and functions that are still to be written.

use flux::gate::Severity;

use super::Project;

const ROWS: &str = "
#- shop/__init__.py
#- shop/rows.py
class Rows:
    def __init__(self, rows):
        self.rows = rows

    def first(self):
        return self.rows[0]

    def last(self):
        return self.rows[-1]

    def total(self):
        return sum(self.rows)

def read(path):
    with open(path) as file:
        return Rows([int(line) for line in file])

def write(path, rows):
    with open(path, 'w') as file:
        file.writelines(f'{row}\\n' for row in rows)

def count(path):
    return len(read(path).rows)
";

/// Codes, severities and messages of the change.
#[track_caller]
fn told(new: &str) -> Vec<(&'static str, Severity, String)> {
    let report = Project::new(ROWS).change(new);
    report.issues.into_iter().map(|issue| (issue.code, issue.severity, issue.message)).collect()
}

#[test]
fn a_file_that_comes_back_as_less_is_shown_with_what_is_gone() {
    let less = "
#- shop/rows.py
class Rows:
    def __init__(self, rows):
        self.rows = rows

    def first(self):
        return self.rows[0]

def read(path):
    with open(path) as file:
        return Rows([int(line) for line in file])
";
    let message = "'Rows.last', 'Rows.total', 'count' and 'write' are gone from 'shop/rows.py', and nothing takes their \
                   place. Keep what was not to go.";
    assert_eq!(told(less), [("lost-definitions", Severity::Warn, message.to_owned())]);
    // They moved, or others came for them, or one alone went.
    let moved = "
#- shop/files.py
from shop.rows import read

def write(path, rows):
    with open(path, 'w') as file:
        file.writelines(f'{row}\\n' for row in rows)

def count(path):
    return len(read(path).rows)

class Ends:
    def last(self):
        return 1

    def total(self):
        return 2
";
    assert_eq!(told(&format!("{less}{moved}")), []);
    let renamed = ROWS.replace("def write", "def write_rows").replace("def count", "def row_count");
    let rows = format!("\n#- shop/rows.py{}", renamed.split("#- shop/rows.py").nth(1).unwrap());
    assert_eq!(told(&rows), []);
    let one = rows.replace("def last(self):\n        return self.rows[-1]\n\n    ", "").replace("write_rows", "write");
    assert_eq!(told(&one), []);
}

#[test]
fn a_new_function_that_is_still_to_be_written_is_shown() {
    for body in [
        "    # TODO: weigh the rows\n    pass\n",
        "    pass  # FIXME\n",
        "    raise NotImplementedError('TODO: weigh')\n",
        "    raise NotImplementedError\n",
        "    ...\n",
        "    \"\"\"Weighs.\"\"\"\n    # Placeholder\n    return 0\n",
        "    # TODO\n    return []\n",
    ] {
        let told = told(&format!("#- shop/weight.py\ndef weigh(rows):\n{body}"));
        let shown: Vec<(&str, Severity)> = told.iter().map(|(code, severity, _)| (*code, *severity)).collect();
        assert_eq!(shown, [("placeholder-body", Severity::Warn)], "{body}");
    }
    for new in [
        "def weigh(rows):\n    pass\n",
        "def weigh(rows):\n    return []\n",
        "def weigh(rows):\n    # TODO: grams\n    return sum(rows)\n",
        "class Scale:\n    def weigh(self, rows):\n        raise NotImplementedError\n",
        "from abc import ABC\n\nclass Scale(ABC):\n    def weigh(self, rows):\n        raise NotImplementedError('TODO')\n",
        "from typing import overload\n\n@overload\ndef weigh(rows: int) -> int: ...\n@overload\ndef weigh(rows: str) -> int: ...\ndef weigh(rows):\n    return 1\n",
    ] {
        assert_eq!(told(&format!("#- shop/weight.py\n{new}")), [], "{new}");
    }
}

#[test]
fn what_is_still_to_be_written_does_not_take_the_place_of_code() {
    let old = "#- shop/weight.py\ndef weigh(rows):\n    total = 0\n    for row in rows:\n        total += row\n    return total\n";
    let judged = |new: &str| {
        let report = Project::new(old).change(&format!("#- shop/weight.py\n{new}"));
        report.issues.into_iter().map(|issue| (issue.code, issue.severity)).collect::<Vec<_>>()
    };
    let blocked = [("placeholder-body", Severity::Block)];
    assert_eq!(judged("def weigh_rows(rows):\n    # TODO: weigh the rows\n    pass\n"), blocked);
    assert_eq!(judged("def weigh_rows(rows):\n    raise NotImplementedError('not implemented yet')\n"), blocked);
    let kept = old.strip_prefix("#- shop/weight.py\n").unwrap();
    let beside = format!("{kept}\ndef weigh_rows(rows):\n    # TODO: weigh the rows\n    pass\n");
    assert_eq!(judged(&beside), [("placeholder-body", Severity::Warn)]);
}

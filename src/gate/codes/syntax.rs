//! The codes of the `syntax` layer.

use super::{Code, Example};
use crate::gate::{Layer, Severity};

pub(super) const CODES: &[Code] = &[INVALID, OBSOLETE];

const INVALID: Code = Code {
    id: "invalid-syntax",
    layer: Layer::Syntax,
    severity: Severity::Block,
    title: "The text is no Python of the project's version",
    why: "The file cannot be loaded at all, and nothing else can be said of it. flux is as strict as CPython's own compiler \
          for the version that the project runs on.",
    way_out: "Mend the line that is named; often the fault is an unclosed bracket or an indentation above it.",
    example: Example::Shown {
        old: "
#- shop/cart.py
def total(rows):
    return sum(rows)
",
        wrong: "
#- shop/cart.py
def total(rows)
    return sum(rows)
",
        right: "
#- shop/cart.py
def total(rows: list) -> float:
    return sum(rows)
",
    },
};

const OBSOLETE: Code = Code {
    id: "obsolete-syntax",
    layer: Layer::Syntax,
    severity: Severity::Block,
    title: "The text is Python 2",
    why: "Python 3 took away some of Python 2's syntax: the print statement, 'except E, e', backticks. Such a file cannot be \
          loaded. In a file that is Python 2 as a whole it is not told.",
    way_out: "Write it as Python 3: print(...), except E as e, repr(...).",
    example: Example::Shown {
        old: "
#- shop/cart.py
def total(rows):
    return sum(rows)
",
        wrong: "
#- shop/cart.py
def total(rows):
    print \"rows\"
    return sum(rows)
",
        right: "
#- shop/cart.py
def total(rows):
    print(\"rows\")
    return sum(rows)
",
    },
};

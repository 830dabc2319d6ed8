//! The codes of the `syntax` layer.

use super::{Code, Example};
use crate::gate::{Layer, Severity};

pub(super) const CODES: &[Code] = &[INVALID, NOTEBOOK, NEWER, OBSOLETE];

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

const NOTEBOOK: Code = Code {
    id: "invalid-notebook",
    layer: Layer::Syntax,
    severity: Severity::Block,
    title: "The file is no notebook any more",
    why: "A notebook is JSON in Jupyter's format. Where a quote or a comma is missing, or a cell lacks what the format \
          demands, Jupyter does not open it, or not without complaint. One that was broken before is left alone.",
    way_out: "Mend the place that is named: quotes within a line are written \\\", a line ends with \\n and a comma stands \
              between the lines of a cell.",
    example: Example::Shown {
        old: NOTEBOOK_OF_A_CELL,
        wrong: "
#- cart.ipynb
{
 \"cells\": [
  {
   \"cell_type\": \"code\",
   \"execution_count\": null,
   \"metadata\": {},
   \"outputs\": [],
   \"source\": [
    \"print(\"total\")\"
   ]
  }
 ],
 \"metadata\": {},
 \"nbformat\": 4,
 \"nbformat_minor\": 4
}
",
        right: "
#- cart.ipynb
{
 \"cells\": [
  {
   \"cell_type\": \"code\",
   \"execution_count\": null,
   \"metadata\": {},
   \"outputs\": [],
   \"source\": [
    \"print(\\\"total\\\")\"
   ]
  }
 ],
 \"metadata\": {},
 \"nbformat\": 4,
 \"nbformat_minor\": 4
}
",
    },
};

const NOTEBOOK_OF_A_CELL: &str = "
#- cart.ipynb
{
 \"cells\": [
  {
   \"cell_type\": \"code\",
   \"execution_count\": null,
   \"metadata\": {},
   \"outputs\": [],
   \"source\": [
    \"print(1)\"
   ]
  }
 ],
 \"metadata\": {},
 \"nbformat\": 4,
 \"nbformat_minor\": 4
}
";

const NEWER: Code = Code {
    id: "newer-syntax",
    layer: Layer::Syntax,
    severity: Severity::Warn,
    title: "Syntax that the oldest promised Python does not have",
    why: "What a project requires of Python says on which Pythons it runs; on the oldest of them the file could not be \
          loaded. It is shown, since the Python of the environment takes it and the file may be for newer Pythons alone. \
          Where the project uses newer syntax already, nothing is told.",
    way_out: "Write it as the oldest Python takes it, or raise the version that the project requires.",
    example: Example::Shown {
        old: "\
#- pyproject.toml
[project]
requires-python = \">=3.8\"
#- shop/__init__.py
#- shop/cart.py
from shop.price import price

print(price([1]))
#- shop/price.py
def price(rows: list) -> float:
    return sum(rows)
",
        wrong: "\
#- shop/price.py
def price(rows: list) -> float:
    match rows:
        case []:
            return 0
    return sum(rows)
",
        right: "\
#- shop/price.py
def price(rows: list) -> float:
    if not rows:
        return 0
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

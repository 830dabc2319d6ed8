//! The `structure` layer through the gate's door: what may stand twice, and what may not.

use flux::gate::{Layer, Severity};

use super::{Project, check, check_passes};

/// What is shown and does not block: code and line.
#[track_caller]
fn check_shown(old: &str, new: &str, expected: &[(&str, u32)]) {
    let report = Project::new(old).change(new);
    let issues = report.issues.iter().filter(|issue| issue.layer == Layer::Structure);
    let shown: Vec<(&str, u32)> = issues.map(|issue| (issue.code, issue.line)).collect();
    assert_eq!(shown, expected, "{:#?}", report.issues);
    assert!(report.issues.iter().all(|issue| issue.layer != Layer::Structure || issue.severity == Severity::Warn));
}

const OLD: &str = "
#- a.py
import sys
from json import loads

class Colour:
    pass

def show(value):
    return loads(value), sys
";

#[test]
fn a_second_definition_is_refused_in_every_scope() {
    check(
        Layer::Structure,
        OLD,
        "
#- a.py
import sys
from json import loads

class Colour:
    class Shade:
        def dark(self): return 1
        def dark(self): return 2
        # ^^^ Method 'dark' already exists in class 'Shade' at line 6.

    class Shade:
    # ^^^ Class 'Shade' already exists at line 5.
        pass

def show(value):
    def inner(): return 1
    def inner(): return 2
    # ^^^ Function 'inner' already exists at line 13.
    match value:
        case 1:
            def one(): return 1
            def one(): return 2
            # ^^^ Function 'one' already exists at line 17.
    return loads(value), sys, inner

def test_show():
    assert show('1')

def test_show():
# ^^^ Only one of them would run
    assert show('2')
",
    );
}

#[test]
fn a_definition_that_takes_the_place_of_an_import_is_refused() {
    check(
        Layer::Structure,
        OLD,
        "
#- a.py
import sys
from json import loads
from pickle import loads
# ^^^ 'loads' is already imported at line 2.

class Colour:
    pass

def show(value):
    return loads(value), sys

def sys():
# ^^^ 'sys' is already imported at line 1.
    return 1

from colorsys import hsv_to_rgb as Colour
# ^^^ 'Colour' is already defined at line 5.
",
    );
    check_shown(
        OLD,
        &OLD.replace("import sys", "import sys\nimport sys\nfrom json import loads as loads"),
        &[("duplicate-import", 2), ("duplicate-import", 3)],
    );
    check_passes(
        OLD,
        "
#- a.py
import os.path
import xml.dom.minidom
import xml.sax
from json import loads
from pickle import dumps

class loads(loads):
    source = loads

def show(value):
    from json import dumps
    return loads(value), dumps

try:
    from tomllib import load
except ImportError:
    def load(file): return {}
",
    );
}

#[test]
fn values_in_a_class_stand_once() {
    check(
        Layer::Structure,
        OLD,
        "
#- a.py
from dataclasses import dataclass
from enum import Enum, IntFlag

class Colour(Enum):
    RED = 1
    GREEN = 2
    RED = 3
    # ^^^ Member 'RED' already exists in enumeration 'Colour' at line 5.

class Named(Enum):
    def GREEN(self): return 1

class Bits(Named):
    ONE = 1
    def ONE(self): return 1
    # ^^^ Member 'ONE' already exists

@dataclass
class Row:
    name: str
    size: int = 0
    name: str = ''
    # ^^^ Field 'name' already exists in class 'Row' at line 18.

class Plain:
    limit = 1
    size = 2
    limit = 3
    # ^^^ 'limit' of class 'Plain' already has a value from line 23

def show(value):
    return value
",
    );
    check_passes(
        OLD,
        "
#- a.py
import sys
from enum import Enum

class Colour(Enum):
    _ignore_ = ['x']
    RED = 1
    CRIMSON = 1
    if sys.platform == 'win32':
        BLUE = 2
    else:
        BLUE = 3
    if sys.version_info > (3, 9):
        GREEN = 4

class Plain:
    limit = 1
    limit = limit + 1
    size: int
    size = 3

    def total(self): return 1
    total = property(total)

    def _get(self): return 1
    value = property(_get)
    del _get
    def _get(self): return 2

def show(value):
    return value
",
    );
}

#[test]
fn a_key_of_a_dictionary_stands_once() {
    check(
        Layer::Structure,
        OLD,
        "
#- a.py
import sys
A = B = 1
TABLE = {
    'a': 1,
    'b': {'a': 1, \"a\": 2},
    #             ^^^ Key \"a\" stands in this dictionary at line 5 already
    'a': 3,
    # ^^^ at line 4 already
    A: 1,
    A: 2,
    # ^^^ Key A
    (1, 'x'): 1,
    (1, 'x'): 2,
    # ^^^ Key (1, 'x')
}
def show(value):
    return sys
",
    );
    check_shown(OLD, &format!("{OLD}\nTABLE = {{'a': 1, 'b': 2, 'a': 1}}\n"), &[("duplicate-key", 10)]);
    check_passes(
        OLD,
        &format!("{OLD}\nTABLE = {{'a': 1, **{{}}, 'a': 2, f(): 1, f(): 2}} if loads else {{'a': 2}}\n")
            .replace("f()", "show('')"),
    );
}

#[test]
fn what_was_there_twice_may_stay_and_move() {
    let old = "
#- a.py
class Row:
    name: str
    name: int

    def size(self): return 1
    def size(self): return 2

TABLE = {'a': 1, 'a': 2}
";
    check_passes(old, &old.replace("Row", "Line"));
    check_passes(old, &old.replace("{'a': 1, 'a': 2}", "{\n    'a': 1,\n    'a': 2,\n}"));
    check_passes(old, &format!("#- a.py\nTABLE = {{}}\n{}", old.replace("a.py", "b.py")));
    check(
        Layer::Structure,
        old,
        "
#- a.py
class Row:
    name: str
    name: int

    def size(self): return 1
    def size(self): return 2
    def size(self): return 3
    # ^^^ Method 'size' already exists

TABLE = {'a': 1, 'a': 2}
",
    );
}

#[test]
fn a_definition_after_its_alternatives_replaces_them() {
    let old = "
#- a.py
import sys
if sys.platform == 'win32':
    def separator(): return 1
else:
    def separator(): return 2
";
    check(
        Layer::Structure,
        old,
        &format!("{old}\ndef separator(): return 3\n# ^^^ Function 'separator' already exists at line 5\n"),
    );
    check_passes(
        old,
        "
#- a.py
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    def separator() -> int: ...
def separator(): return 1
if sys.platform == 'win32':
    def separator(): return 2

def choose(flag):
    if flag:
        def pick(): return 1
        return pick
    def pick(): return 2
    return pick
",
    );
}

#[test]
fn what_is_registered_or_used_in_turn_may_repeat() {
    let old = "
#- a.py
class App:
    def get(self, path): return lambda function: function
    def on(self, name): return lambda function: function

app = App()
found = []

@app.get('/a')
def index(): return 1

def step(): return 1
found.append(step)
def step(): return 2
found.append(step)
";
    check_passes(
        old,
        &format!(
            "{old}\n@app.get('/b')\ndef index(): return 2\n\ndef step(): return 3\nfound.append(step)\n\ndef _(): return 1\ndef _(): return 2\n"
        ),
    );
    check(
        Layer::Structure,
        old,
        &format!(
            "{old}\n@app.get('/a')\ndef index(): return 2\n# ^^^ Function 'index' already exists\n\ndef step(): return 3\n# ^^^ Function 'step' already exists\n"
        ),
    );
    check(
        Layer::Structure,
        "#- a.py\nimport functools\n",
        "
#- a.py
import functools

@functools.lru_cache(maxsize=1)
def f(): return 1

@functools.lru_cache(maxsize=2)
def f(): return 2
# ^^^ Function 'f' already exists
",
    );
}

#[test]
fn a_copy_of_what_is_there_is_refused_also_where_the_first_was_used() {
    let old = "
#- a.py
class Row:
    def size(self): return 1

    length = size

class Line(Row): pass

def make(): return Row()
ROWS = [make()]
";
    check(
        Layer::Structure,
        old,
        &format!(
            "{old}\nclass Row:\n# ^^^ Class 'Row' already exists at line 1.\n    def size(self): return 1\n\n    length = size\n"
        ),
    );
    check(
        Layer::Structure,
        old,
        &format!("{old}\ndef make(): return Row()\n# ^^^ Function 'make' already exists at line 8.\n"),
    );
    check(
        Layer::Structure,
        old,
        &old.replace(
            "    length = size\n",
            "    length = size\n    def size(self): return 1\n    # ^^^ Method 'size' already exists in class 'Row' at line 2.\n",
        ),
    );
}

#[test]
fn a_function_that_does_what_another_does_is_shown_with_that_one() {
    let old = "
#- shop/__init__.py
#- shop/report.py
def total_of(rows, limit):
    found = 0
    for row in rows:
        if row.price > limit:
            continue
        found += row.price * row.count
    if found < 0:
        raise ValueError(found)
    print_total(found)
    return found

def print_total(total):
    print(total)
";
    let new = "
#- shop/sums.py
from shop.report import print_total

def sum_up(items, most):
    \"\"\"Adds up.\"\"\"
    result = 0
    for item in items:
        if item.price > most:
            continue
        result += item.price * item.count
    if result < 0:
        raise ValueError(result)
    print_total(result)
    return result
";
    let report = Project::new(old).change(new);
    let told: Vec<(&str, Severity, &str)> =
        report.issues.iter().map(|issue| (issue.code, issue.severity, &*issue.message)).collect();
    let message = "'total_of' in shop/report.py at line 1 does the same; call it instead.";
    assert_eq!(told, [("near-clone", Severity::Warn, message)]);
    let another = |from: &str, to: &str| Project::new(old).change(&new.replace(from, to)).issues.len();
    assert_eq!(another("item.price * item.count", "max(item.weight, item.size) / len(items)"), 0);
    assert_eq!(another("shop/sums.py", "tests/test_sums.py"), 0);
    // Moved, not copied.
    let moved = format!("{new}#- shop/report.py\ndef print_total(total):\n    print(total)\n");
    assert!(Project::new(old).change(&moved).issues.iter().all(|issue| issue.code != "near-clone"));
}

#[test]
fn a_class_that_is_there_under_another_name_is_shown() {
    let class = |name: &str, store: &str| {
        format!(
            "class {name}:\n    def __init__(self, size):\n        self.size = size\n        self.{store} = {{}}\n\n    \
             def get(self, key):\n        if key not in self.{store}:\n            return None\n        return \
             self.{store}[key]\n\n    def put(self, key, value):\n        if len(self.{store}) >= self.size:\n            \
             self.{store}.clear()\n        self.{store}[key] = value\n"
        )
    };
    let old = format!("#- shop/cache.py\n{}", class("Cache", "rows"));
    let told = |new: &str| {
        let report = Project::new(&old).change(&format!("#- shop/prices.py\n{new}"));
        report.issues.into_iter().map(|issue| (issue.code, issue.severity, issue.message)).collect::<Vec<_>>()
    };
    let message = "Class 'Cache' in shop/cache.py at line 1 is the same; use it, or derive from it.".to_owned();
    assert_eq!(told(&class("PriceCache", "rows")), [("near-clone", Severity::Warn, message)]);
    assert_eq!(told("from shop.cache import Cache\n\nclass PriceCache(Cache):\n    unit = 'EUR'\n"), []);
}

#[test]
fn a_method_under_the_same_decorators_is_the_same_method() {
    let old = "
#- shop/__init__.py
#- shop/rules.py
def least(version):
    return lambda function: function

def checked(name):
    return lambda function: function
";
    let api = |second: &str| {
        format!(
            "
#- shop/api.py
from shop import rules

class Api:
    @rules.least('1')
    @rules.checked('id')
    def inspect(self, id):
        return id

    @rules.least('{second}')
    @rules.checked('id')
    def inspect(self, id):
    #   ^^^ inspect
        return [id]
"
        )
    };
    check(Layer::Structure, old, &api("1"));
    check_passes(old, &api("2").replace("    #   ^^^ inspect\n", ""));
}

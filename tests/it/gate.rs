//! The gate through its door: fixtures before and after, expectations on the lines of the new side.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::mpsc::{RecvTimeoutError, TryRecvError};

use flux::gate::{Gate, Issue, Layer, LayerState, PythonEnvironment, ReadLog, Report, Severity, Verdict};
use flux::index::View;
use flux::text::{ChangeSet, ProjectPath, Source, apply_edits};

use crate::fixture::Fixture;

mod callers;
mod doubt;
mod elision;
mod ending;
mod large;
mod members;
mod overloads;
mod reading_little;
mod readings;
mod renames;
mod stages;
mod structure;
mod unseen;
mod values;
mod vanished;

/// A project on disk with the gate over it: the engine reads unchanged files itself.
struct Project {
    folder: tempfile::TempDir,
    old: Fixture,
    gate: Gate,
}

impl Project {
    fn new(old: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let old = Fixture::parse(old);
        old.write(folder.path());
        let environment = PythonEnvironment { prefix: None, version: Some((3, 12)), ..PythonEnvironment::default() };
        let gate = Gate::new(folder.path(), environment);
        Self { folder, old, gate }
    }

    fn judge(&mut self, change_set: &ChangeSet, reads: Option<&ReadLog>) -> Report {
        let snapshot = self.old.snapshot(self.folder.path());
        let source = self.old.source();
        self.gate.judge(View { snapshot: &snapshot, pending: change_set, source: &source }, reads)
    }

    fn change(&mut self, new: &str) -> Report {
        let change_set = self.old.change_to(&Fixture::parse(new));
        self.judge(&change_set, None)
    }
}

fn path(path: &str) -> ProjectPath {
    ProjectPath::new(path).unwrap()
}

fn told(issue: &Issue) -> (String, u32) {
    (issue.path.to_string(), issue.line)
}

/// Judges `new` against `old`: exactly the lines that carry an expectation are refuted, with a message that holds it.
#[track_caller]
fn check(layer: Layer, old: &str, new: &str) -> Report {
    let report = Project::new(old).change(new);
    let expected = Fixture::parse(new).expectations;
    let found: Vec<&Issue> = report.blocking().filter(|issue| issue.layer == layer).collect();
    let all: Vec<String> =
        report.issues.iter().map(|i| format!("{}:{} {:?} {}", i.path, i.line, i.severity, i.message)).collect();
    assert_eq!(
        found.iter().map(|issue| told(issue)).collect::<Vec<_>>(),
        expected.iter().map(|expectation| (expectation.path.clone(), expectation.line)).collect::<Vec<_>>(),
        "{all:#?}"
    );
    for (issue, expectation) in found.iter().zip(&expected) {
        assert!(issue.message.contains(&expectation.text), "'{}' lacks '{}'", issue.message, expectation.text);
    }
    report
}

/// Nothing in `new` is refuted.
#[track_caller]
fn check_passes(old: &str, new: &str) {
    let report = Project::new(old).change(new);
    let told: Vec<&Issue> = report.blocking().collect();
    assert_eq!(report.verdict(), Verdict::Pass, "{told:#?}");
}

const CART: &str = "
#- shop/__init__.py
#- shop/cart.py
class Cart:
    def __init__(self, rows):
        self.rows = rows

    def total(self):
        return sum(self.rows)

def make_cart(rows, tax=0):
    return Cart(rows)
#- shop/report.py
from shop.cart import Cart, make_cart

def report(cart: Cart):
    made = make_cart([1], tax=2)
    return cart.total() + made.total()
";

#[test]
fn names_that_do_not_exist_are_refuted() {
    let report = check(
        Layer::Tool,
        CART,
        "
#- shop/report.py
from shop.cart import Cart, make_carts
# ^^^ has no member 'make_carts'. Did you mean 'make_cart'?
import shop.carts
# ^^^ Module 'shop.carts' does not exist. Did you mean 'shop.cart'?
import shop.toolbox
# ^^^ Module 'shop.toolbox' does not exist. 'shop' holds cart, report.

def report(cart: Cart):
    made = Cart()
    #      ^^^ 'rows'
    cart.totals()
    # ^^^ Class 'Cart' has no method 'totals'. Did you mean 'total(self)'?
    return tax
    #      ^^^ Name 'tax' is not defined
",
    );
    let fix =
        report.blocking().find_map(|issue| issue.fix.as_ref().filter(|fix| fix.title.contains("totals"))).unwrap();
    assert_eq!(fix.title, "Replace 'totals' by 'total'");
    assert_eq!(fix.edits.len(), 1);
}

#[test]
fn a_missing_import_goes_before_its_use_and_ends_as_the_file_does() {
    let mut project = Project::new(CART);
    let text = "\"\"\"Prints.\"\"\"\r\nimport os\r\nprint(make_cart([os.sep]))\r\n";
    let mut change_set = ChangeSet::default();
    change_set.put(path("shop/new.py"), None, Some(text.into()));
    let report = project.judge(&change_set, None);
    let fix = report.blocking().find_map(|issue| issue.fix.as_ref()).unwrap();
    assert_eq!(
        apply_edits(text, &fix.edits).unwrap(),
        text.replace("print", "from shop.cart import make_cart\r\nprint")
    );
}

#[test]
fn an_import_of_what_is_gone_is_told_once() {
    let report = Project::new(CART).change("#- shop/cart.py\ndef make_carts(rows, tax=0):\n    return rows\n");
    let told: Vec<(&str, &str)> = report.issues.iter().map(|issue| (issue.code, &*issue.message)).collect();
    let [("still-imported", _), ("still-imported", renamed)] = *told else { panic!("{told:?}") };
    assert_eq!(
        renamed,
        "'make_cart' is gone from 'shop/cart.py' but still used here. Keep it, or change this file too. Did you mean \
         'make_carts'?"
    );
    assert!(report.issues.iter().all(|issue| issue.fix.is_some()), "{:#?}", report.issues);
}

#[test]
fn arguments_have_to_fit() {
    check(
        Layer::Tool,
        CART,
        "
#- shop/more.py
from shop.cart import make_cart

make_cart()
# ^^^ Its signature is 'make_cart(rows, tax=0)'.
make_cart([], taxes=1)
# ^^^ 'taxes'
make_cart([], 1, 2)
# ^^^ Too many positional arguments
make_cart([], tax=1)
",
    );
}

#[test]
fn what_was_wrong_before_is_not_told() {
    let old = "
#- a.py
import nowhere

def f():
    return missing
";
    check_passes(
        old,
        "
#- a.py
import nowhere

# A comment.
def f(x=1):
    return missing
",
    );
    check(
        Layer::Tool,
        old,
        "
#- a.py
import nowhere

def f():
    return missing, other
    # ^^^ Name 'other' is not defined
",
    );
}

#[test]
fn callers_left_behind_are_found_in_other_files() {
    let report = Project::new(CART).change(
        "
#- shop/cart.py
class Cart:
    def __init__(self, rows):
        self.rows = rows

    def sum_up(self):
        return sum(self.rows)

def make_cart(rows, *, currency):
    return Cart(rows)
",
    );
    let found: Vec<(String, u32)> = report.blocking().map(told).collect();
    assert!(found.iter().all(|(path, _)| path == "shop/report.py"), "{found:?}");
    assert!(found.iter().any(|(_, line)| *line == 4) && found.iter().any(|(_, line)| *line == 5), "{found:?}");
    check_passes(
        CART,
        "#- shop/cart.py\nclass Cart:\n    def __init__(self, rows): self.rows = rows\n    def total(self): return 1\ndef make_cart(rows, tax=0, more=1): return Cart(rows)\n",
    );
}

#[test]
fn callers_are_found_over_all_that_hands_a_name_on() {
    let old = "
#- a/deep.py
def make(rows): return rows
class Base:
    def __init__(self, rows): self.rows = rows
#- a/all.py
from a.deep import *
#- a/one.py
from a.deep import make
#- a/kept.py
import a.deep
make = a.deep.make
class Sub(a.deep.Base): pass
#- b.py
from a.all import make
make([])
#- c.py
from a.one import make as build
build([])
#- d.py
from a.kept import make, Sub
make([])
Sub([])
#- f.py
import a.one as parts
from a import all as every
import a.deep
parts.make([])
every.make([])
a.deep.make([])
#- other.py
def make(): return 1
#- e.py
from other import make
make()
";
    let new = "#- a/deep.py\ndef make(rows, tax): return rows\nclass Base:\n    def __init__(self): pass\n";
    let report = Project::new(old).change(new);
    let found: Vec<(String, u32)> = report.blocking().map(told).collect();
    let expected = ["b.py 2", "c.py 2", "d.py 2", "d.py 3", "f.py 4", "f.py 5", "f.py 6"];
    assert_eq!(found.iter().map(|(file, line)| format!("{file} {line}")).collect::<Vec<_>>(), expected);
}

#[test]
fn a_deleted_module_is_missed_by_its_users() {
    let mut project = Project::new(CART);
    let mut change_set = ChangeSet::default();
    let cart = path("shop/cart.py");
    change_set.put(cart.clone(), project.old.source().read(&cart).ok(), None);
    let report = project.judge(&change_set, None);
    assert_eq!(report.blocking().map(told).next(), Some(("shop/report.py".to_owned(), 1)));
}

#[test]
fn a_member_that_nothing_has_any_more_is_missed_on_values_of_unknown_type() {
    let old = "
#- a.py
class Reader:
    def parse_quaint_rows(self):
        return []
#- b.py
def use(reader):
    return reader.parse_quaint_rows()
";
    let report = Project::new(old).change("#- a.py\nclass Reader:\n    def parse_rows(self):\n        return []\n");
    let issue = report.blocking().next().unwrap();
    assert_eq!((told(issue), issue.code), (("b.py".to_owned(), 2), "still-used"));
}

#[test]
fn repeats_are_refused() {
    check(
        Layer::Structure,
        CART,
        "
#- shop/cart.py
class Cart:
    def __init__(self, rows):
        self.rows = rows

    def total(self):
        return sum(self.rows)

    def total(self):
    # ^^^ Method 'total' already exists in class 'Cart' at line 5. Use modify_function instead.
        return 0

def make_cart(rows, tax=0):
    return Cart(rows)

class Cart:
# ^^^ Class 'Cart' already exists at line 1. Use modify_class instead.
    pass

def make_cart(rows, tax=0):
# ^^^ Function 'make_cart' already exists at line 11. Use modify_function instead.
    return None
",
    );
}

#[test]
fn legitimate_repeats_pass() {
    check_passes(
        CART,
        "
#- shop/more.py
import sys
from functools import singledispatch
from typing import overload

@overload
def convert(value: int) -> str: ...
@overload
def convert(value: str) -> int: ...
def convert(value):
    return value

@singledispatch
def show(value):
    return 'object'

@show.register
def _(value: int):
    return 'int'

@show.register
def _(value: str):
    return 'str'

class Thermometer:
    @property
    def degrees(self):
        return 1

    @degrees.setter
    def degrees(self, value):
        pass

if sys.platform == 'win32':
    def separator(): return '\\\\'
else:
    def separator(): return '/'

try:
    from json import loads
except ImportError:
    def loads(text): return text

def wrapped(): return 1
previous = wrapped
def wrapped(): return previous()
",
    );
}

#[test]
fn elided_code_is_refused() {
    let elided = check(
        Layer::Rules,
        CART,
        "
#- shop/cart.py
class Cart:
    # ... existing methods ...
    # ^^^ stands in the place of code

    def total(self):
        return 0

def make_cart(rows, tax=0):
# ^^^ its body is a placeholder now
    ...
",
    );
    assert!(elided.blocking().any(|issue| issue.code == "elided-code"));
    check_passes(CART, "#- shop/notes.py\nMARKER = '# ... existing code ...'\n# keep this in step with the server\n");
}

#[test]
fn the_end_of_a_sentence_stands_for_no_code() {
    let old = "#- a.py\ndef f(call):\n    return call(1)\n\ndef g():\n    x = 1\n    return x\n";
    check_passes(
        old,
        "
#- a.py
def f(call):
    # Takes a copy, since a caller may be about to enter the
    # same function again while the other one is the same
    copy = list(call)
    return copy[0](1)

def g():
    x = 1
    return x
",
    );
    check(
        Layer::Rules,
        old,
        "
#- a.py
def f(call):
    # Takes a copy, since a caller may be about to enter it and
    # keep the existing code of this function
    # ^^^ stands in the place of code
    pass; call(1)
",
    );
}

#[test]
fn a_comment_for_another_checker_excuses_only_what_it_speaks_of() {
    let old = "
#- a.py
import json
from decimal import Decimal

def f(value: Decimal):
    json.dumps(1)  # type: ignore
    return value.as_tuple().exponent  # type: ignore[operator]
";
    check(
        Layer::Tool,
        old,
        "
#- a.py
import json
from decimal import Decimal

def f(value: Decimal):
    json.dumpers(1)  # type: ignore
    # ^^^ has no member 'dumpers'
    return value.as_tupel().exponent  # type: ignore[operator]
    # ^^^ 'as_tupel'
",
    );
    check_passes(
        old,
        "
#- a.py
import json
from decimal import Decimal

def f(value: Decimal):
    json.dumps(1)  # type: ignore
    json.dumpers(2)  # type: ignore
    value.as_tupel()  # type: ignore[attr-defined]
    return value.as_tuple().exponent  # type: ignore[operator]
",
    );
}

#[test]
fn private_members_of_generic_and_abstract_classes_are_known() {
    let old = "
#- a.py
from typing import Generic, Mapping, TypeVar

T = TypeVar('T')

class Route(Generic[T]):
    pattern = ''

class Headers(Mapping[str, str]):
    pass
";
    check_passes(old, &format!("{old}\ndef f():\n    return Route()._is_protocol, Headers._abc_impl\n"));
    check(
        Layer::Tool,
        old,
        &format!(
            "{old}\ndef f(headers: Headers):\n    return headers._run\n    # ^^^ Class 'Headers' has no attribute '_run'\n"
        ),
    );
}

#[test]
fn private_members_of_the_standard_library_are_looked_up_in_its_sources() {
    let old = "
#- a.py
import unittest

class CartTest(unittest.TestCase):
    pass
";
    let mut project = Project::new(old);
    let place = tempfile::tempdir().unwrap();
    let library = place.path().join("base/lib/python3.12/unittest");
    let prefix = place.path().join("venv");
    std::fs::create_dir_all(&library).unwrap();
    std::fs::create_dir_all(prefix.join("lib/python3.12/site-packages")).unwrap();
    std::fs::write(library.join("case.py"), "class TestCase:\n    def _hidden(self): ...\n").unwrap();
    let home = place.path().join("base/bin");
    std::fs::write(prefix.join("pyvenv.cfg"), format!("home = {}\nversion = 3.12.4\n", home.display())).unwrap();
    let environment =
        PythonEnvironment { prefix: Some(prefix), version: Some((3, 12)), ..PythonEnvironment::default() };
    project.gate = Gate::new(project.folder.path(), environment);
    assert_eq!(project.change(&format!("{old}\nCartTest()._hidden()\n")).verdict(), Verdict::Pass);
    assert_eq!(project.change(&format!("{old}\nCartTest()._made_up()\n")).verdict(), Verdict::Block);
}

#[test]
fn an_annotation_alone_breaks_no_line_that_worked() {
    let old = "#- a.py\ndef f(rule):\n    return rule.ancestors\n";
    check_passes(old, "#- a.py\ndef f(rule: str):\n    return rule.ancestors\n");
    check(
        Layer::Tool,
        old,
        "#- a.py\ndef f(rule: str):\n    return rule.descendants\n    # ^^^ has no attribute 'descendants'\n",
    );
}

#[test]
fn a_method_taken_from_a_base_is_missed_where_not_all_below_have_it() {
    let old = "
#- a.py
class Delegate:
    def on_start(self): return 1
    def on_close(self): return 1

class Server(Delegate):
    def on_close(self): return 2
#- b.py
from a import Delegate

def use(delegate: Delegate):
    return delegate.on_close()
#- c.py
from a import Delegate

class Router(Delegate):
    pass
";
    let without = "#- a.py\nclass Delegate:\n    def on_start(self): return 1\n\nclass Server(Delegate):\n    def on_close(self): return 2\n";
    let report = Project::new(old).change(without);
    assert_eq!(report.blocking().map(told).collect::<Vec<_>>(), [("b.py".to_owned(), 4)]);
    check_passes(&old.replace("    pass\n", "    def on_close(self): return 3\n"), without);
}

#[test]
fn what_a_message_leaves_in_a_file_is_named() {
    for (code, text) in [
        ("markdown-fence", "```python\nx = 1\n```\n"),
        ("merge-marker", "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> branch\n"),
        ("line-numbers", "1: x = 1\n2: y = 2\n3: z = 3\n"),
        ("diff-signs", "@@ -1,2 +1,2 @@\n-x = 1\n+x = 2\n"),
        ("typographic-quote", "x = \u{201c}one\u{201d}\n"),
    ] {
        let mut project = Project::new(CART);
        let mut change_set = ChangeSet::default();
        change_set.put(path("shop/new.py"), None, Some(text.into()));
        let report = project.judge(&change_set, None);
        let codes: Vec<&str> = report.blocking().map(|issue| issue.code).collect();
        assert!(codes.contains(&code), "{codes:?} lacks {code}");
        assert_eq!(report.layers[3].state, LayerState::Blocked, "{text}");
    }
}

#[test]
fn syntax_is_as_strict_as_the_compiler() {
    for text in [
        "def f(:\n    pass\n",
        "return 1\n",
        "def f(a, a):\n    pass\n",
        "f(a=1, a=2)\n",
        "x = 08\n",
        "*a\n",
        "try:\n    pass\nexcept:\n    pass\nexcept ValueError:\n    pass\n",
        "__debug__ = 1\n",
        "def f():\n    x = 1\n    global x\n",
        "async def f():\n    pass\nawait f()\n",
    ] {
        let mut project = Project::new(CART);
        let mut change_set = ChangeSet::default();
        change_set.put(path("shop/new.py"), None, Some(text.into()));
        let report = project.judge(&change_set, None);
        assert_eq!(report.layers[3].state, LayerState::Blocked, "{text}");
        assert!(report.blocking().filter(|issue| issue.layer == Layer::Syntax).count() <= 3);
    }
}

#[test]
fn dynamic_python_passes() {
    check_passes(
        CART,
        "
#- shop/dynamic.py
import os
try:
    import ujson_fast
except ImportError:
    ujson_fast = None

class Bag:
    def __init__(self, **values):
        for key, value in values.items():
            setattr(self, key, value)

class LoudMixin:
    def shout(self):
        return self.speak().upper()

class Dog(LoudMixin):
    def speak(self):
        return 'woof'

class Plain: pass
Plain.extra = lambda self: 42

def counted():
    counted.calls = 1
    return counted.calls

def probe(value: int):
    try:
        value.no_such_member
    except AttributeError:
        return None
    if hasattr(os, 'not_there_yet'):
        return os.not_there_yet()
    return Bag(alpha=1).alpha + Plain().extra()
",
    );
}

#[test]
fn an_environment_that_is_not_there_leaves_packages_unknown() {
    let report = Project::new(CART).change("#- shop/new.py\nimport numpy\nimport jsn\n");
    assert_eq!(report.verdict(), Verdict::Pass);
    assert_eq!(report.layers[2].state, LayerState::Unknown);
    assert!(report.issues.iter().all(|issue| issue.severity == Severity::Warn));
}

#[test]
fn a_package_that_is_installed_meanwhile_is_found() {
    let mut project = Project::new(CART);
    let prefix = tempfile::tempdir().unwrap();
    let packages = prefix.path().join("lib/python3.12/site-packages");
    std::fs::create_dir_all(&packages).unwrap();
    std::fs::write(prefix.path().join("pyvenv.cfg"), "home = /usr/bin\nversion = 3.12.4\n").unwrap();
    let environment = PythonEnvironment {
        prefix: Some(prefix.path().to_path_buf()),
        version: Some((3, 12)),
        ..PythonEnvironment::default()
    };
    project.gate = Gate::new(project.folder.path(), environment);
    let user = "#- shop/new.py\nfrom spam_eggs import ham\n\nham()\n";
    assert_eq!(project.change(user).verdict(), Verdict::Block);
    std::fs::write(packages.join("spam_eggs.py"), "def ham(): ...\n").unwrap();
    assert_eq!(project.change(user).verdict(), Verdict::Pass);
}

#[test]
fn files_are_read_before_they_are_edited() {
    let mut project = Project::new(CART);
    let new = CART.replace("return sum(self.rows)", "return sum(self.rows) + 1");
    let change_set = project.old.change_to(&Fixture::parse(&new));
    let cart = path("shop/cart.py");
    let mut reads = ReadLog::default();
    let report = project.judge(&change_set, Some(&reads));
    assert_eq!(report.blocking().map(|issue| issue.code).collect::<Vec<_>>(), ["unread-file"]);
    reads.read_whole(cart.clone(), project.old.source().read(&cart).unwrap().hash());
    assert_eq!(project.judge(&change_set, Some(&reads)).verdict(), Verdict::Pass);
}

#[test]
fn what_changes_on_disk_is_read_again() {
    let mut project = Project::new(CART);
    let user = "#- shop/new.py\nfrom shop.cart import fresh\n";
    assert_eq!(project.change(user).verdict(), Verdict::Block);
    let snapshot = project.old.snapshot(project.folder.path());
    project.gate.refresh(&snapshot);
    let fresh = CART.replace("def make_cart", "fresh = 1\ndef make_cart");
    project.old = Fixture::parse(&fresh);
    project.old.write(project.folder.path());
    let snapshot = project.old.snapshot(project.folder.path());
    project.gate.refresh(&snapshot);
    assert_eq!(project.change(user).verdict(), Verdict::Pass);
}

#[test]
fn a_change_of_what_the_gate_has_not_heard_of_yet_is_compared_with_its_own_start() {
    let mut project = Project::new(CART);
    let snapshot = project.old.snapshot(project.folder.path());
    project.gate.refresh(&snapshot);
    let broken = "#- shop/report.py\nfrom shop.cart import Cart\nprint(Cart([]).totals())\n";
    // The old side of the file as it was is known from here on.
    assert_eq!(project.change(broken).verdict(), Verdict::Block);
    // Somebody saves the file with that fault; the edit starts there, before the index has seen it.
    for (path, text) in Fixture::parse(broken).files {
        project.old.files.insert(path, text);
    }
    project.old.write(project.folder.path());
    assert_eq!(project.change(&format!("{broken}x = 1\n")).verdict(), Verdict::Pass);
}

#[test]
fn a_file_that_was_looked_at_ahead_is_judged_alike() {
    let broken = CART.replace("def make_cart", "print(lost)\ndef make_cart");
    let edit = broken.replace("print(lost)", "print(lost)\nprint(found)");
    let changed = format!("#- shop/cart.py{}", edit.split("#- shop/cart.py").nth(1).unwrap());
    let told = |is_ahead: bool| {
        let mut project = Project::new(&broken);
        let snapshot = project.old.snapshot(project.folder.path());
        project.gate.refresh(&snapshot);
        if is_ahead {
            for name in ["shop/cart.py", "shop/report.py", "gone.py"] {
                project.gate.warm_up(&project.old.source(), &path(name));
            }
        }
        project.change(&changed).issues.iter().map(told).collect::<Vec<_>>()
    };
    let expected = told(false);
    assert!(expected.len() == 1 && told(true) == expected, "{expected:?}");
}

#[test]
fn who_looks_ahead_takes_the_python_that_the_project_demands() {
    let demands = "#- pyproject.toml\n[project]\nrequires-python = '>=3.12'\n#- old.py\nx = 1\n";
    let mut project = Project::new(demands);
    let environment = PythonEnvironment { version: Some((3, 11)), ..PythonEnvironment::default() };
    project.gate = Gate::new(project.folder.path(), environment);
    project.gate.refresh(&project.old.snapshot(project.folder.path()));
    project.gate.warm_up(&project.old.source(), &path("old.py"));
    assert_eq!(project.change("#- new.py\ntype A = int\n").verdict(), Verdict::Pass);
}

#[test]
fn garbage_is_judged_and_not_choked_on() {
    let deep = format!("x = {}1{}\n", "(".repeat(3000), ")".repeat(3000));
    for text in [deep.as_str(), "\u{0}\u{1}\n", "\u{feff}x = 1\n", "\r\r\r", "if 1:\n\tx\n        y\n", "🐍 = 1\n"] {
        let mut project = Project::new(CART);
        let mut change_set = ChangeSet::default();
        change_set.put(path("shop/new.py"), None, Some(text.into()));
        let report = project.judge(&change_set, None);
        assert!(!report.cancelled && report.layers.len() == 6);
    }
}

fn flux_check(root: &std::path::Path, arguments: &[&str]) -> (i32, String) {
    let flux = std::process::Command::new(env!("CARGO_BIN_EXE_flux"))
        .args(["check", "--root"])
        .arg(root)
        .args(arguments)
        .env("XDG_STATE_HOME", root.join("state"))
        .output()
        .unwrap();
    (flux.status.code().unwrap(), String::from_utf8(flux.stdout).unwrap())
}

#[test]
fn the_command_answers_each_edit_on_a_line() {
    let project = Project::new(CART);
    let root = project.folder.path();
    let edits = root.join("edits.jsonl");
    let lines = [
        r#"{"id": "good", "files": [{"path": "shop/new.py", "content": "from shop.cart import Cart\n"}]}"#,
        r#"{"id": 2, "files": [{"path": "shop/new.py", "content": "from shop.cart import Carts\n"}]}"#,
        r#"{"id": "gone", "files": [{"path": "shop/cart.py", "content": null}]}"#,
        r#"{"id": "outside", "files": [{"path": "../x.py", "content": ""}]}"#,
    ];
    std::fs::write(&edits, lines.join("\n")).unwrap();
    let (status, told) = flux_check(root, &["--edits", edits.to_str().unwrap(), "--format", "jsonl"]);
    let answers: Vec<serde_json::Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(status, 1);
    let verdicts: Vec<&str> = answers.iter().map(|answer| answer["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["pass", "block", "block", "block"]);
    let keys: Vec<&String> = answers[1]["issues"][0].as_object().unwrap().keys().collect();
    assert_eq!(keys[..6], ["layer", "code", "path", "line", "message", "fix"]);
    assert_eq!(answers[1]["issues"][0]["fix"], "Replace 'Carts' by 'Cart'");
    assert!(answers[0]["ms"].is_f64() && answers[1]["id"] == 2);

    std::fs::write(&edits, lines[0]).unwrap();
    assert_eq!(flux_check(root, &["--edits", edits.to_str().unwrap()]).0, 0);
    std::fs::write(&edits, "{").unwrap();
    assert_eq!(flux_check(root, &["--edits", edits.to_str().unwrap()]).0, 2);
    assert_eq!(flux_check(&root.join("nowhere"), &["--edits", "x"]).0, 2);
}

#[test]
fn edits_that_come_while_the_engine_looks_ahead_are_answered_alike() {
    let mut files = String::from(CART);
    for nth in 0..40 {
        files += &format!("#- shop/more{nth}.py\nfrom shop.cart import *\n{}", "print(sorted([1, 2]))\n".repeat(200));
    }
    let project = Project::new(&files);
    let mut flux = std::process::Command::new(env!("CARGO_BIN_EXE_flux"))
        .args(["check", "--edits", "-", "--format", "jsonl", "--root"])
        .arg(project.folder.path())
        .env("XDG_STATE_HOME", project.folder.path().join("state"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut edits, lines) = (flux.stdin.take().unwrap(), BufReader::new(flux.stdout.take().unwrap()).lines());
    let (teller, answers) = std::sync::mpsc::channel();
    let reading = std::thread::spawn(move || lines.for_each(|line| teller.send(line.unwrap()).unwrap()));
    for (nth, pause_ms) in [0, 101, 120, 160, 0, 230].into_iter().enumerate() {
        // Looking ahead begins a tenth of a second after an answer: what is tried is an edit that comes amid it.
        let pause = std::time::Duration::from_millis(pause_ms);
        assert_eq!(answers.recv_timeout(pause), Err(RecvTimeoutError::Timeout), "nobody has asked");
        let name = if nth % 2 == 0 { "Cart" } else { "Carts" };
        let content = format!("from shop.cart import {name}\n");
        let edit = serde_json::json!({"id": nth, "files": [{"path": "shop/new.py", "content": content}]});
        writeln!(edits, "{edit}").unwrap();
        let answer: serde_json::Value = serde_json::from_str(&answers.recv().unwrap()).unwrap();
        assert_eq!(answer["id"], nth);
        assert_eq!(answer["verdict"], if nth % 2 == 0 { "pass" } else { "block" }, "{answer}");
    }
    drop(edits);
    reading.join().unwrap();
    assert_eq!(answers.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(flux.wait().unwrap().code(), Some(1));
}

#[test]
fn what_was_wrong_moves_with_its_code_and_is_told_of_a_copy() {
    let wrong = "def first():\n    return missing_name\n";
    let fine = "def second():\n    return 1\n";
    // Whichever of the files is asked first.
    for (from, to) in [("one.py", "two.py"), ("two.py", "one.py")] {
        let old = format!("#- {from}\n{wrong}#- {to}\n{fine}");
        check_passes(&old, &format!("#- {from}\ndef other():\n    return 2\n#- {to}\n{fine}\n{wrong}"));
        let copied = format!("#- {from}\n{wrong}\ndef other():\n    return 2\n#- {to}\n{fine}\n{wrong}");
        let report = Project::new(&old).change(&copied);
        let told: Vec<_> = report.blocking().filter(|issue| issue.layer == Layer::Tool).map(told).collect();
        assert_eq!(told, [(to.to_owned(), 5)]);
    }
}

#[test]
fn the_command_judges_files_on_disk() {
    let project = Project::new(CART);
    let root = project.folder.path();
    let file = root.join("shop/report.py");
    std::fs::write(&file, "from shop.cart import Carts\n").unwrap();
    let (status, told) = flux_check(root, &[file.to_str().unwrap()]);
    assert_eq!(status, 1, "{told}");
    assert!(told.contains("shop/report.py:1:23: error: Module 'shop.cart' has no member 'Carts'."), "{told}");
}

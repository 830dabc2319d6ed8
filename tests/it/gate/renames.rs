//! Every place that means a symbol: what is renamed with it, what is not, and what stands against it.

use std::fs;

use flux::edit::{Operation, apply};
use flux::gate::SymbolPlaces;
use flux::index::View;
use flux::text::{ChangeSet, Source, TextEdit, apply_edits};

use super::{Fixture, Gate, Project, PythonEnvironment, path};

/// A project in an environment with one small package.
fn project(old: &str) -> Project {
    let mut project = Project::new(old);
    let prefix = project.folder.path().join(".venv");
    let packages = prefix.join("lib/python3.12/site-packages/parcels");
    fs::create_dir_all(&packages).unwrap();
    fs::create_dir_all(prefix.join("bin")).unwrap();
    fs::write(prefix.join("bin/python"), "").unwrap();
    fs::write(prefix.join("pyvenv.cfg"), "home = /usr/bin\nversion = 3.12.0\n").unwrap();
    fs::write(packages.join("__init__.py"), "class Parcel:\n    def send(self):\n        return 1\n").unwrap();
    let environment =
        PythonEnvironment { prefix: Some(prefix), version: Some((3, 12)), ..PythonEnvironment::default() };
    project.gate = Gate::new(project.folder.path(), environment);
    project
}

fn rename(project: &mut Project, address: &str, new_name: &str) -> SymbolPlaces {
    let (file, symbol) = address.split_once("::").unwrap();
    let snapshot = project.old.snapshot(project.folder.path());
    let source = project.old.source();
    let pending = ChangeSet::default();
    project.gate.rename(View { snapshot: &snapshot, pending: &pending, source: &source }, &path(file), symbol, new_name)
}

/// Renames the symbol at `address`: the project then reads like `new`.
#[track_caller]
fn check_renames(address: &str, new_name: &str, old: &str, new: &str) {
    let mut project = project(old);
    let SymbolPlaces { places, obstacles, .. } = rename(&mut project, address, new_name);
    assert_eq!(obstacles, [], "{address}");
    let source = project.old.source();
    let mut texts: Vec<(String, String)> =
        project.old.files.iter().map(|(path, text)| (path.to_string(), text.clone())).collect();
    for (path, spans) in places {
        let edits: Vec<TextEdit> =
            spans.iter().map(|span| TextEdit { span: *span, text: new_name.to_owned() }).collect();
        let text = apply_edits(source.read(&path).unwrap().text(), &edits).unwrap();
        texts.iter_mut().find(|(known, _)| *known == path.as_str()).unwrap().1 = text;
    }
    let wanted: Vec<(String, String)> =
        Fixture::parse(new).files.into_iter().map(|(path, text)| (path.to_string(), text)).collect();
    assert_eq!(texts, wanted);
}

/// The renaming is refused, with the expectations of `old` at their lines.
#[track_caller]
fn check_refused(address: &str, new_name: &str, old: &str) {
    let found = rename(&mut project(old), address, new_name);
    assert_eq!(found.places, []);
    let expected = Fixture::parse(old).expectations;
    assert!(!expected.is_empty(), "nothing is expected");
    let told: Vec<(String, u32)> =
        found.obstacles.iter().map(|obstacle| (obstacle.path.to_string(), obstacle.line)).collect();
    let places: Vec<(String, u32)> = expected.iter().map(|place| (place.path.clone(), place.line)).collect();
    assert_eq!(told, places, "{:#?}", found.obstacles);
    for (obstacle, expectation) in found.obstacles.iter().zip(&expected) {
        assert!(obstacle.why.contains(&expectation.text), "'{}' lacks '{}'", obstacle.why, expectation.text);
    }
}

#[test]
fn a_function_is_renamed_where_it_is_imported_handed_on_and_listed() {
    check_renames(
        "shop/files.py::read",
        "load",
        r#"
#- shop/__init__.py
from .files import read as read
from .files import read as fetch

__all__ = ["read", "fetch"]
#- shop/files.py
def read(path):
    return path
def write(path, read=False):
    return read
#- main.py
import shop
import shop.files as files
from shop import read, fetch

def run(read_all: bool) -> "shop.files":
    # read is fast
    shop.read(1)
    files.read(2)
    fetch(3)
    return read(4)

def other(read):
    return read
"#,
        r#"
#- shop/__init__.py
from .files import load as load
from .files import load as fetch

__all__ = ["load", "fetch"]
#- shop/files.py
def load(path):
    return path
def write(path, read=False):
    return read
#- main.py
import shop
import shop.files as files
from shop import load, fetch

def run(read_all: bool) -> "shop.files":
    # read is fast
    shop.load(1)
    files.load(2)
    fetch(3)
    return load(4)

def other(read):
    return read
"#,
    );
}

#[test]
fn a_class_is_renamed_in_annotations_that_are_strings_and_in_paths() {
    check_renames(
        "shop/cart.py::Cart",
        "Basket",
        r#"
#- shop/__init__.py
#- shop/cart.py
class Cart:
    def copy(self) -> "Cart":
        return Cart()
#- tests/test_cart.py
from typing import Optional
from unittest.mock import patch
from shop.cart import Cart

def check(cart: "Optional[Cart]" = None):
    with patch("shop.cart.Cart"):
        pass
    assert isinstance(cart, Cart)
"#,
        r#"
#- shop/__init__.py
#- shop/cart.py
class Basket:
    def copy(self) -> "Basket":
        return Basket()
#- tests/test_cart.py
from typing import Optional
from unittest.mock import patch
from shop.cart import Basket

def check(cart: "Optional[Basket]" = None):
    with patch("shop.cart.Basket"):
        pass
    assert isinstance(cart, Basket)
"#,
    );
}

#[test]
fn a_method_is_renamed_with_those_that_override_it_and_no_other() {
    check_renames(
        "shop.py::Cart.total",
        "sum_up",
        r#"
#- shop.py
class Base:
    def total(self):
        return 0
class Cart(Base):
    def total(self):
        return super().total() + self.rows()
    def rows(self):
        return getattr(self, "total") and 1
class Gift(Cart):
    total = property(lambda self: 2)
class Report:
    def total(self):
        return 3
def use(cart: Base, report: Report):
    return cart.total(), report.total(), Cart.total
"#,
        r#"
#- shop.py
class Base:
    def sum_up(self):
        return 0
class Cart(Base):
    def sum_up(self):
        return super().sum_up() + self.rows()
    def rows(self):
        return getattr(self, "sum_up") and 1
class Gift(Cart):
    sum_up = property(lambda self: 2)
class Report:
    def total(self):
        return 3
def use(cart: Base, report: Report):
    return cart.sum_up(), report.total(), Cart.sum_up
"#,
    );
}

#[test]
fn bases_that_meet_in_one_class_share_their_methods() {
    check_renames(
        "shop.py::Left.weigh",
        "heft",
        r#"
#- shop.py
class Left:
    def weigh(self): ...
class Right:
    def weigh(self): ...
class Both(Left, Right): ...
"#,
        r#"
#- shop.py
class Left:
    def heft(self): ...
class Right:
    def heft(self): ...
class Both(Left, Right): ...
"#,
    );
}

#[test]
fn setters_and_overloads_go_together() {
    check_renames(
        "shop.py::Cart.rate",
        "discount",
        r#"
#- shop.py
class Cart:
    @property
    def rate(self): return self._rate
    @rate.setter
    def rate(self, value): self._rate = value
def use(cart: Cart):
    cart.rate = 1
    del cart.rate
"#,
        r#"
#- shop.py
class Cart:
    @property
    def discount(self): return self._rate
    @discount.setter
    def discount(self, value): self._rate = value
def use(cart: Cart):
    cart.discount = 1
    del cart.discount
"#,
    );
}

#[test]
fn a_name_that_nothing_else_has_is_meant_by_whatever_has_it() {
    check_renames(
        "shop.py::Cart.weigh_rows",
        "heft",
        "
#- shop.py
class Cart:
    def weigh_rows(self): ...
def use(cart):
    cart.weigh_rows()
",
        "
#- shop.py
class Cart:
    def heft(self): ...
def use(cart):
    cart.heft()
",
    );
}

#[test]
fn a_value_of_which_nothing_is_known_stands_against_a_name_that_others_have() {
    check_refused(
        "shop.py::Cart.weigh",
        "heft",
        "
#- shop.py
class Cart:
    def weigh(self): ...
class Row:
    def weigh(self): ...
def use(cart):
    cart.weigh()
    # ^^^ nothing is known of 'cart'
",
    );
    check_refused(
        "shop.py::Cart.send",
        "ship",
        "
#- shop.py
class Cart:
    def send(self): ...
def use(cart):
    cart.send()
    # ^^^ nothing is known of 'cart'
",
    );
}

#[test]
fn a_module_that_comes_from_somewhere_stands_against_what_modules_have_alike() {
    check_refused(
        "plugins/one.py::start",
        "begin",
        r#"
#- plugins/one.py
def start(): ...
#- plugins/two.py
def start(): ...
#- main.py
def run(plugin):
    plugin.start()
    # ^^^ nothing is known of 'plugin'
    hasattr(plugin, "start")
    # ^^^ nothing is known of 'plugin'
"#,
    );
    check_renames(
        "shop.py::send",
        "ship",
        "
#- shop.py
def send(): ...
def run(parcel):
    parcel.send()
    send()
",
        "
#- shop.py
def ship(): ...
def run(parcel):
    parcel.send()
    ship()
",
    );
}

#[test]
fn what_is_not_the_projects_is_not_renamed() {
    check_refused(
        "shop.py::Gift.send",
        "ship",
        "
#- shop.py
import parcels
class Gift(parcels.Parcel):
    def send(self): ...
    # ^^^ 'Parcel', which is not the project's, has a 'send' too
",
    );
    check_refused(
        "shop.py::Cart.__len__",
        "length",
        "
#- shop.py
class Cart:
    def __len__(self): ...
    # ^^^ Python itself
",
    );
}

#[test]
fn two_definitions_of_which_either_is_taken_stand_against_it() {
    check_refused(
        "fast.py::read",
        "load",
        "
#- fast.py
def read(): ...
#- slow.py
def read(): ...
#- main.py
try:
    from fast import read
except ImportError:
    from slow import read
read()
# ^^^ may as well be the 'read' in 'slow.py'
",
    );
}

#[test]
fn names_that_are_put_together_stand_against_it() {
    check_refused(
        "shop.py::Walker.visit_cart",
        "visit_basket",
        r#"
#- shop.py
class Walker:
    def walk(self, kind):
        return getattr(self, f"visit_{kind}")()
        # ^^^ put together
    def visit_cart(self): ...
"#,
    );
    check_refused(
        "shop.py::Cart",
        "Basket",
        r#"
#- shop.py
class Cart: ...
class Walker:
    def walk(self, node):
        return getattr(self, "visit_" + type(node).__name__)()
        # ^^^ put together
    def visit_Cart(self): ...
"#,
    );
}

#[test]
fn a_name_that_is_taken_or_would_be_caught_stands_against_it() {
    check_refused(
        "shop.py::read",
        "load",
        "
#- shop.py
def read(): ...
def load(): ...
# ^^^ there is a 'load' already
",
    );
    check_refused(
        "shop.py::Cart.total",
        "count",
        "
#- shop.py
class Base:
    def count(self): ...
    # ^^^ 'Base' has a 'count' already
class Cart(Base):
    def total(self): ...
",
    );
    check_refused(
        "shop.py::read",
        "path",
        "
#- shop.py
def read(path): ...
def use(path):
    return read(path)
    # ^^^ 'path' would mean something else here
",
    );
    check_refused(
        "shop.py::read",
        "len",
        "
#- shop.py
def read(): ...
# ^^^ built-in
",
    );
}

#[test]
fn the_declaration_of_a_command_follows() {
    check_renames(
        "shop/cli.py::main",
        "run",
        r#"
#- pyproject.toml
[project.scripts]
shop = "shop.cli:main"
other = "other.shop.cli:main"
#- shop/__init__.py
#- shop/cli.py
def main(): ...
"#,
        r#"
#- pyproject.toml
[project.scripts]
shop = "shop.cli:run"
other = "other.shop.cli:main"
#- shop/__init__.py
#- shop/cli.py
def run(): ...
"#,
    );
}

#[test]
fn members_that_others_know_by_name_alone_stand_against_it() {
    check_refused(
        "shop.py::Cart.total",
        "count",
        "
#- shop.py
from typing import Protocol
class HasTotal(Protocol):
    def total(self): ...
    # ^^^ 'HasTotal' has a 'total' too
class Cart:
    def total(self): ...
def use(cart: HasTotal):
    cart.total()
",
    );
    check_refused(
        "shop.py::Cart.__total",
        "__count",
        "
#- shop.py
class Cart:
# ^^^ reached from outside
    def __total(self): ...
Cart()._Cart__total()
",
    );
    check_refused(
        "shop.py::Cart.rows",
        "lines",
        "
#- shop.py
from dataclasses import dataclass
@dataclass
class Cart:
    rows: list = None
    # ^^^ may read the name
Cart(rows=[])
# ^^^ keyword argument
",
    );
}

#[test]
fn a_stub_is_renamed_with_its_source_and_need_not_tell_all() {
    check_renames(
        "shop.py::_weigh",
        "_heft",
        "
#- shop.py
def _weigh(row): ...
#- shop.pyi
def total(rows): ...
#- main.py
import shop
from shop import _weigh
shop._weigh(1)
_weigh(2)
",
        "
#- shop.py
def _heft(row): ...
#- shop.pyi
def total(rows): ...
#- main.py
import shop
from shop import _heft
shop._heft(1)
_heft(2)
",
    );
}

#[test]
fn examples_in_docstrings_are_code_and_their_outcomes_stand_against_it() {
    check_renames(
        "shop.py::weigh",
        "heft",
        "
#- shop.py
def weigh(row):
    '''Weighs a row, as weigh always did.

    >>> weigh(1)
    1
    '''
    return row
",
        "
#- shop.py
def heft(row):
    '''Weighs a row, as weigh always did.

    >>> heft(1)
    1
    '''
    return row
",
    );
    check_refused(
        "shop.py::Row",
        "Line",
        "
#- shop.py
class Row:
    '''A row.

    >>> row
    <Row 1>
    # ^^^ outcome
    '''
",
    );
}

#[test]
fn a_file_that_does_not_parse_or_is_a_notebook_stands_against_it() {
    check_refused(
        "shop.py::read",
        "load",
        "
#- shop.py
def read(): ...
#- torn.py
def use(:
# ^^^ does not parse
    read()
",
    );
}

#[test]
fn what_is_pending_is_renamed_in_as_well() {
    let mut project = project("#- shop.py\ndef read(): ...\n");
    let pending =
        project.old.change_to(&Fixture::parse("#- shop.py\ndef read(): ...\n#- use.py\nfrom shop import read\n"));
    let snapshot = project.old.snapshot(project.folder.path());
    let source = project.old.source();
    let view = View { snapshot: &snapshot, pending: &pending, source: &source };
    let found = project.gate.rename(view, &path("shop.py"), "read", "load");
    let files: Vec<&str> = found.places.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(files, ["shop.py", "use.py"], "{:?}", found.obstacles);
}

/// Moves the symbol at `address` to another module: the project then reads like `new`; or why it was refused.
fn move_symbol(address: &str, destination: &str, old: &str) -> Result<Vec<(String, String)>, String> {
    let mut project = project(old);
    let (file, symbol) = address.split_once("::").unwrap();
    let snapshot = project.old.snapshot(project.folder.path());
    let source = project.old.source();
    let pending = ChangeSet::default();
    let view = View { snapshot: &snapshot, pending: &pending, source: &source };
    let found = project.gate.references(view, &path(file), symbol);
    assert_eq!(found.obstacles, []);
    let operation = Operation::MoveSymbol {
        path: path(file),
        symbol: symbol.to_owned(),
        destination: path(destination),
        places: found.places,
    };
    let applied = apply(view, &operation).map_err(|refusal| refusal.to_string())?;
    let mut files = project.old.files.clone();
    for (path, change) in applied.change_set.iter() {
        files.insert(path.clone(), change.new_text().to_owned());
    }
    let report = project.judge(&applied.change_set, None);
    let told: Vec<String> = report.blocking().map(|issue| issue.message.clone()).collect();
    assert_eq!(told, Vec::<String>::new());
    Ok(files.into_iter().map(|(path, text)| (path.to_string(), text)).collect())
}

#[track_caller]
fn check_moves(address: &str, destination: &str, old: &str, new: &str) {
    let wanted: Vec<(String, String)> =
        Fixture::parse(new).files.into_iter().map(|(path, text)| (path.to_string(), text)).collect();
    assert_eq!(move_symbol(address, destination, old).unwrap(), wanted);
}

#[test]
fn a_function_moves_with_what_it_needs_and_its_users_follow() {
    check_moves(
        "shop/cart.py::weigh",
        "shop/scale.py",
        r#"
#- shop/__init__.py
from .cart import weigh, Cart
#- shop/cart.py
import math
from .rows import Row


class Cart:
    rows: list[Row] = []


# Rounded up.
def weigh(row: Row) -> int:
    return math.ceil(row.weight)
#- shop/rows.py
class Row:
    weight = 1.5
#- shop/scale.py
"""Scales."""

UNIT = "kg"
#- main.py
from shop.cart import Cart, weigh as heft

print(heft(Cart.rows[0]))
"#,
        r#"
#- shop/__init__.py
from .scale import weigh
from .cart import Cart
#- shop/cart.py
import math
from .rows import Row


class Cart:
    rows: list[Row] = []
#- shop/rows.py
class Row:
    weight = 1.5
#- shop/scale.py
"""Scales."""

import math

from .rows import Row

UNIT = "kg"


# Rounded up.
def weigh(row: Row) -> int:
    return math.ceil(row.weight)
#- main.py
from shop.scale import weigh as heft
from shop.cart import Cart

print(heft(Cart.rows[0]))
"#,
    );
}

#[test]
fn the_old_module_goes_on_knowing_what_is_used_through_it() {
    check_moves(
        "cart.py::weigh",
        "scale.py",
        "
#- cart.py
def weigh(row):
    return row


def total(rows):
    return sum(weigh(row) for row in rows)
#- main.py
import cart

cart.weigh(1)
",
        "
#- cart.py
from scale import weigh


def total(rows):
    return sum(weigh(row) for row in rows)
#- main.py
import cart

cart.weigh(1)
#- scale.py
def weigh(row):
    return row
",
    );
}

#[test]
fn what_cannot_be_moved_safely_stays() {
    let circle = "
#- cart.py
def rate():
    return 2


def weigh(row):
    return row * rate()


def total(rows):
    return sum(weigh(row) for row in rows)
";
    let refused = move_symbol("cart.py::weigh", "scale.py", circle).unwrap_err();
    assert!(refused.contains("which needs"), "{refused}");
    let other = "
#- cart.py
from one import rate


def weigh(row):
    return row * rate()
#- one.py
def rate(): return 1
#- scale.py
def rate(): return 2
";
    let refused = move_symbol("cart.py::weigh", "scale.py", other).unwrap_err();
    assert!(refused.contains("means something else in 'scale.py'"), "{refused}");
    let patched = "
#- cart.py
def weigh(row): return row
#- scale.py
#- test_cart.py
from unittest.mock import patch
with patch('cart.weigh'): ...
";
    let refused = move_symbol("cart.py::weigh", "scale.py", patched).unwrap_err();
    assert!(refused.contains("by its module in a string"), "{refused}");
}

//! Callers left behind, however what changed has come to them: what the engine follows, the gate looks for.

use flux::gate::{Gate, PythonEnvironment};

use super::Project;

/// After the change `new` of `old` exactly these lines block: `path line`.
#[track_caller]
fn check_left_behind(old: &str, new: &str, expected: &[&str]) {
    let report = Project::new(old).change(new);
    let mut found: Vec<String> = report.blocking().map(|issue| format!("{} {}", issue.path, issue.line)).collect();
    found.sort();
    found.dedup();
    assert_eq!(found, expected, "{:#?}", report.issues);
}

/// `make` renamed, and `make` with one more parameter: both leave these lines behind.
#[track_caller]
fn check_function(users: &str, renamed: &[&str], narrower: &[&str]) {
    let old = format!("#- shop/__init__.py\n#- shop/deep.py\ndef make(rows): return rows\n{users}");
    check_left_behind(&old, "#- shop/deep.py\ndef build(rows): return rows\n", renamed);
    check_left_behind(&old, "#- shop/deep.py\ndef make(rows, tax): return rows\n", narrower);
}

#[test]
fn over_a_package_without_an_init() {
    let users = "
#- space/part/rates.py
from shop.deep import make
#- space/part/main.py
from space.part.rates import make
make([])
#- space/other.py
import space.part.rates
space.part.rates.make([])
#- beside.py
from space.part import rates
rates.make([])
";
    check_function(users, &["space/part/rates.py 1"], &["beside.py 2", "space/other.py 2", "space/part/main.py 2"]);
}

#[test]
fn over_relative_imports_of_packages() {
    let users = "
#- kit/__init__.py
from .inner import make
from . import inner
#- kit/inner/__init__.py
from shop.deep import make
#- kit/inner/tool.py
from .. import make
make([])
#- kit/inner/other.py
from ..inner import make as build
build([])
#- kit/side.py
from . import make
from . import inner as part
make([])
part.make([])
#- app.py
import kit
kit.make([])
kit.inner.make([])
";
    check_function(
        users,
        &["kit/inner/__init__.py 1"],
        &["app.py 2", "app.py 3", "kit/inner/other.py 2", "kit/inner/tool.py 2", "kit/side.py 3", "kit/side.py 4"],
    );
}

#[test]
fn over_stars() {
    let users = "
#- first.py
from shop.deep import *
#- second.py
from first import *
#- app.py
from second import *
make([])
#- other.py
import second
second.make([])
";
    check_function(users, &["app.py 2", "other.py 2"], &["app.py 2", "other.py 2"]);
}

#[test]
fn under_another_name() {
    let users = "
#- kept.py
from shop.deep import make as build
#- assigned.py
import shop.deep
produce = shop.deep.make
#- app.py
from kept import build
build([])
#- other.py
import assigned
assigned.produce([])
#- third.py
from assigned import produce as craft
#- last.py
from third import craft
craft([])
";
    check_function(users, &["assigned.py 2", "kept.py 1"], &["app.py 2", "last.py 2", "other.py 2"]);
}

#[test]
fn in_a_module_that_is_held_under_another_name() {
    let users = "
#- assigned.py
import shop.deep
maker = shop.deep
class Bench:
    tool = shop.deep
    def work(self):
        self.tool.make([])
#- app.py
import shop.deep
part = shop.deep
part.make([])
#- other.py
import assigned
assigned.maker.make([])
#- last.py
from assigned import Bench
Bench().tool.make([])
";
    let left = ["app.py 3", "assigned.py 6", "last.py 2", "other.py 2"];
    check_function(users, &left, &left);
}

#[test]
fn where_an_import_stands_under_a_condition() {
    let users = "
#- kept.py
try:
    from shop.deep import make
except ImportError:
    make = None
#- typed.py
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from shop import deep
def run(part: 'deep'):
    from shop.deep import make
    make([])
#- app.py
def run():
    import shop.deep as part
    part.make([])
";
    check_function(users, &["app.py 3", "typed.py 5"], &["app.py 3", "typed.py 6"]);
}

#[test]
fn in_a_package_that_makes_its_names_late() {
    let users = "
#- late/__init__.py
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from shop.deep import make
def __getattr__(name):
    import importlib
    return getattr(importlib.import_module('shop.deep'), name)
#- app.py
from late import make
make([])
";
    check_function(users, &["late/__init__.py 3"], &["app.py 2"]);
}

#[test]
fn over_a_stub() {
    let users = "
#- kept.py
def make(rows): return rows
#- kept.pyi
from shop.deep import make as make
#- app.py
from kept import make
make([])
";
    check_function(users, &["kept.pyi 1"], &["app.py 2"]);
}

#[test]
fn in_layouts_that_are_no_packages() {
    for layout in ["src", "lib", "python", "parts/one/src"] {
        let declared =
            if layout.starts_with("parts") { "#- parts/one/pyproject.toml\n[project]\nname = 'one'\n" } else { "" };
        let old = format!(
            "{declared}#- {layout}/depot/__init__.py\n#- {layout}/depot/deep.py\ndef make(rows): return rows\nclass Box:\n    def pack(self, rows): return rows\n\
             #- {layout}/depot/all.py\nfrom depot.deep import Box, make\n\
             #- main.py\nfrom depot.all import Box, make\nmake([])\nBox().pack([])\n\
             #- tests/test_it.py\nimport depot.deep\ndepot.deep.make([])\ndepot.deep.Box().pack([])\n"
        );
        let new = format!(
            "#- {layout}/depot/deep.py\ndef make(rows, tax): return rows\nclass Box:\n    def pack(self, rows, tax): return rows\n"
        );
        check_left_behind(&old, &new, &["main.py 2", "main.py 3", "tests/test_it.py 2", "tests/test_it.py 3"]);
    }
}

/// `Box.pack` renamed, and with one more parameter: both leave these lines behind.
#[track_caller]
fn check_method(users: &str, left: &[&str]) {
    let old =
        format!("#- shop/__init__.py\n#- shop/deep.py\nclass Box:\n    def pack(self, rows): return rows\n{users}");
    check_left_behind(&old, "#- shop/deep.py\nclass Box:\n    def stow(self, rows): return rows\n", left);
    check_left_behind(&old, "#- shop/deep.py\nclass Box:\n    def pack(self, rows, tax): return rows\n", left);
}

#[test]
fn of_a_method_over_all_that_hands_an_object_on() {
    let users = "
#- depot/__init__.py
from shop.deep import Box
#- depot/one.py
#- depot/two.py
from . import Box
class Crate(Box): pass
def crate() -> Crate: return Crate()
#- space/part/three.py
from depot.two import crate
def held(): return crate()
#- assigned.py
import depot.one
class Hall:
    box = depot.Box()
    def __init__(self): self.crate = depot.Box()
#- app.py
from assigned import Hall
Hall().box.pack([])
Hall().crate.pack([])
#- other.py
from space.part import three
three.crate().pack([])
#- last.py
import depot.two
depot.Box().pack([])
depot.two.crate().pack([])
#- apart.py
class Bag:
    def pack(self, rows): return rows
Bag().pack([])
";
    check_method(users, &["app.py 2", "app.py 3", "last.py 2", "last.py 3", "other.py 2"]);
}

#[test]
fn of_a_method_over_stubs_and_conditions() {
    let users = "
#- made.py
def box(): ...
#- made.pyi
from shop.deep import Box
def box() -> Box: ...
#- app.py
from made import box
box().pack([])
#- late.py
def run():
    try:
        import shop.deep as part
    except ImportError:
        return
    part.Box().pack([])
#- typed.py
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from shop import deep
def run(box: deep.Box):
    box.pack([])
";
    check_method(users, &["app.py 2", "late.py 6", "typed.py 6"]);
}

/// Each way in which an object can come to where `user` takes it from `given`: the call there is left behind.
#[test]
fn of_a_method_of_objects_that_are_given_on_in_any_way() {
    let ways = [
        ("boxes: list[Box] = []", "from given import boxes\nfor one in boxes:\n    one.pack([])\n"),
        ("def held() -> 'Box': return Box()", "from given import held\nheld().pack([])\n"),
        (
            "async def held() -> Box: return Box()",
            "from given import held\nasync def run():\n    (await held()).pack([])\n",
        ),
        (
            "class Hall:\n    def __getitem__(self, at: int) -> Box: return Box()",
            "import given\ngiven.Hall()[0].pack([])\n",
        ),
        (
            "class Hall:\n    @property\n    def room(self) -> Box | None: return None",
            "import given\ndef run(hall: given.Hall):\n    if hall.room:\n        hall.room.pack([])\n",
        ),
        (
            "class Hall:\n    def __enter__(self) -> Box: return Box()\n    def __exit__(self, *rest): pass",
            "import given\nwith given.Hall() as box:\n    box.pack([])\n",
        ),
        (
            "class Hall:\n    def __init__(self, first: Box):\n        box = first\n        self.room = box",
            "import given\ndef run(hall: given.Hall): hall.room.pack([])\n",
        ),
        (
            "class Hall:\n    def __init__(self):\n        self.rooms = {'a': Box()}\n        self.last = self.rooms.get('a')",
            "import given\ndef run(hall: given.Hall):\n    if hall.last:\n        hall.last.pack([])\n",
        ),
        (
            "from typing import NamedTuple\nclass Pair(NamedTuple):\n    box: Box\n    count: int",
            "from given import Pair\ndef run(pair: Pair):\n    one, _ = pair\n    one.pack([])\n",
        ),
        (
            "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass Room(Generic[T]):\n    inner: T\nclass Hall(Room[Box]): pass",
            "import given\ndef run(hall: given.Hall): hall.inner.pack([])\n",
        ),
        ("type Boxes = list[Box]", "from given import Boxes\ndef run(boxes: Boxes): boxes[0].pack([])\n"),
        (
            "class Hall:\n    def again(self):\n        return Box()",
            "from given import Hall\nHall().again().pack([])\n",
        ),
        ("Crate = Box", "from given import Crate\nCrate().pack([])\n"),
        (
            "class Crate(Box):\n    def turned(self) -> 'Crate': return self",
            "import given\ndef run(crate: given.Crate): crate.turned().pack([])\n",
        ),
    ];
    // So many that read a member of that name that it is asked who can have an object.
    let others: String =
        (0..40).map(|nth| format!("#- o{nth:02}.py\nfrom shop.deep import LIMIT\nLIMIT.pack({nth})\n")).collect();
    let mut missed = Vec::new();
    for (given, user) in ways {
        let class = |pack: &str| format!("#- shop/deep.py\nLIMIT = print\nclass Box:\n    def {pack}: return rows\n");
        let old = format!(
            "#- shop/__init__.py\n{}#- given.py\nfrom shop.deep import Box\n{given}\n#- user.py\n{user}{others}",
            class("pack(self, rows)")
        );
        let report = Project::new(&old).change(&class("pack(self, rows, tax)"));
        if !report.blocking().any(|issue| issue.path.as_str() == "user.py") {
            missed.push(given);
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn below_folders_that_the_index_does_not_know() {
    let files = |folder: &str, pack: &str| {
        format!(
            "#- {folder}/rates.py\ndef make{pack}: return rows\nclass Box:\n    def pack{}: return rows\n",
            pack.replacen('(', "(self, ", 1)
        )
    };
    let users = |folder: &str| {
        format!(
            "#- {folder}/more.py\nfrom rates import Box, make\n\
             #- main.py\nimport rates\nfrom more import Box, make\nmake([])\nBox().pack([])\nrates.make([])\n"
        )
    };
    for folder in ["lib", "tools/parts"] {
        let mut project = Project::new(&format!("{}{}", files(folder, "(rows)"), users(folder)));
        let folders = vec![project.folder.path().join(folder)];
        let environment = PythonEnvironment { version: Some((3, 12)), folders, ..PythonEnvironment::default() };
        project.gate = Gate::new(project.folder.path(), environment);
        let report = project.change(&files(folder, "(rows, tax)"));
        let mut found: Vec<(&str, u32)> = report.blocking().map(|it| (it.path.as_str(), it.line)).collect();
        found.sort();
        assert_eq!(found, [("main.py", 3), ("main.py", 4), ("main.py", 5)], "{folder}: {:#?}", report.issues);
    }
}

#[test]
fn of_a_file_in_which_something_is_newer_than_the_python() {
    let old = "
#- shop.py
class Box:
    def pack(self, rows): return rows
    def first[T](self, rows: list[T]) -> T: return rows[0]
#- main.py
from shop import Box
Box().pack([])
";
    let new = "
#- shop.py
class Box:
    def stow(self, rows): return rowz
    def first[T](self, rows: list[T]) -> T: return rows[0]
";
    let mut project = Project::new(old);
    let environment = PythonEnvironment { version: Some((3, 11)), ..PythonEnvironment::default() };
    project.gate = Gate::new(project.folder.path(), environment);
    let report = project.change(new);
    let found: Vec<(&str, u32)> = report.blocking().map(|it| (it.path.as_str(), it.line)).collect();
    assert_eq!(found, [("main.py", 2), ("shop.py", 2)], "{:#?}", report.issues);
}

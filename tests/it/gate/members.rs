//! Members that nobody sees in a class, and whether it can have them all the same: by a metaclass, a descriptor, a base
//! from outside, one of several types.

use flux::gate::{Gate, Layer, PythonEnvironment, Verdict};

use super::{Project, check, check_passes};

const SHOP: &str = "
#- shop/__init__.py
#- shop/fields.py
class Field:
    def __init__(self, kind):
        self.kind = kind

    def __set__(self, instance, value):
        instance.__dict__[self.name] = list(value)

class Read:
    def __init__(self, kind):
        self.kind = kind

class MetaModel(type):
    def __new__(cls, name, bases, members):
        members['__fields__'] = tuple(members)
        return type.__new__(cls, name, bases, members)

class MetaOpen(type):
    def __new__(cls, name, bases, members):
        made = type.__new__(cls, name, bases, members)
        for member in members:
            setattr(made, member + '_set', None)
        return made

Model = MetaModel('Model', (object,), {})
Open = MetaOpen('Open', (object,), {})
#- shop/cart.py
from shop.fields import Field, Model, Read

class Cart(Model):
    rows = Field(int)
    kind = Read(str)

    def total(self):
        return len(self.rows)
";

/// The project with an environment without packages, and its standard library's sources.
fn with_sources(old: &str, sources: &[(&str, &str)]) -> (Project, tempfile::TempDir) {
    let place = tempfile::tempdir().unwrap();
    let prefix = place.path().join("venv");
    std::fs::create_dir_all(prefix.join("lib/python3.12/site-packages")).unwrap();
    for (module, source) in sources {
        let file = place.path().join("base/lib/python3.12").join(module);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, source).unwrap();
    }
    let home = place.path().join("base/bin");
    std::fs::write(prefix.join("pyvenv.cfg"), format!("home = {}\nversion = 3.12.4\n", home.display())).unwrap();
    (with_place(old, &place), place)
}

fn with_place(old: &str, place: &tempfile::TempDir) -> Project {
    let mut project = Project::new(old);
    let prefix = Some(place.path().join("venv"));
    let environment = PythonEnvironment { prefix, version: Some((3, 12)), ..PythonEnvironment::default() };
    project.gate = Gate::new(project.folder.path(), environment);
    project
}

#[test]
fn a_base_that_is_made_by_calling_its_metaclass_brings_nothing() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/order.py
from shop.cart import Cart
from shop.fields import Model

class Order(Model):
    def close(self):
        self.total()
        # ^^^ Class 'Order' has no method 'total'
        cart = Cart()
        cart.total()
        return cart.close()
        # ^^^ Class 'Cart' has no method 'close'
",
    );
    // One that names what it makes may bring it.
    check_passes(
        SHOP,
        "
#- shop/order.py
from shop.fields import Open

class Order(Open):
    def close(self):
        return self.close_set()
",
    );
}

#[test]
fn what_says_only_how_it_is_set_is_not_what_is_read() {
    check_passes(
        SHOP,
        "
#- shop/cart.py
from shop.fields import Field, Model, Read

class Cart(Model):
    rows = Field(int)
    kind = Read(str)

    def total(self):
        self.rows.append(1)
        return len(self.rows)
",
    );
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/cart.py
from shop.fields import Field, Model, Read

class Cart(Model):
    rows = Field(int)
    kind = Read(str)

    def total(self):
        self.kind.append(1)
        # ^^^ has no method 'append'
        return len(self.rows)
",
    );
}

#[test]
fn a_value_of_a_module_or_of_a_plain_type_lacks_what_both_lack() {
    let old = "
#- shop.py
#- main.py
import os

jobs = int(os.environ.get('JOBS', 1)) or None
if jobs:
    import multiprocessing as jobs

def run():
    if jobs is None:
        return 1
    return jobs
";
    let reads = |member: &str| {
        old.replace("#- shop.py\n", "").replace("    return jobs\n", &format!("    return jobs.{member}()\n"))
    };
    assert_eq!(Project::new(old).change(&reads("process_now")).verdict(), Verdict::Block);
    check_passes(old, &reads("current_process"));
}

#[test]
fn a_base_behind_its_module_is_known_by_its_source() {
    let old = "
#- shop/__init__.py
#- shop/lines.py
class Reader:
    def read(self):
        return 1
#- shop/sql.py
from shop import lines

class Reader(lines.Reader):
    def _scan(self):
        return self.read()
";
    check(
        Layer::Tool,
        old,
        "
#- shop/sql.py
from shop import lines

class Reader(lines.Reader):
    def _scan(self):
        return self._read_all()
        #      ^^^ has no method '_read_all'
",
    );
    check_passes(
        old,
        "
#- shop/sql.py
import queue

class Reader(queue.Queue):
    def _scan(self):
        return self._read_all()
",
    );
}

#[test]
fn the_source_of_a_package_in_a_package_is_looked_into() {
    let source = [("concurrent/futures/_base.py", "class Executor:\n    _held = 1\n")];
    let (mut project, _place) = with_sources("#- a.py\n", &source);
    let read = |member: &str| {
        format!(
            "#- a.py\nfrom concurrent.futures import Executor\n\nclass Pool(Executor):\n    def run(self):\n        return self.{member}\n"
        )
    };
    assert_eq!(project.change(&read("_held")).verdict(), Verdict::Pass);
    assert_eq!(project.change(&read("_held_all")).verdict(), Verdict::Block);
}

#[test]
fn a_class_is_known_by_the_source_of_its_own_module_whoever_hands_it_on() {
    let source =
        [("importlib/metadata/__init__.py", "class Distribution:\n    def _read_files(self):\n        pass\n")];
    let old = "
#- shop/__init__.py
#- shop/compat.py
import sys

if sys.version_info >= (3, 8):
    import importlib.metadata as found
else:
    import found

Distribution = found.Distribution
#- shop/use.py
";
    let (mut project, _place) = with_sources(old, &source);
    let read = |member: &str| {
        format!(
            "#- shop/use.py\nfrom shop.compat import Distribution\n\ndef names(of: Distribution):\n    return of.{member}()\n"
        )
    };
    assert_eq!(project.change(&read("_read_files")).verdict(), Verdict::Pass);
    assert_eq!(project.change(&read("_read_folders")).verdict(), Verdict::Block);
}

#[test]
fn a_private_mixin_is_completed_by_its_own_project_alone() {
    let old = "
#- shop/__init__.py
#- shop/cart.py
from threading import Thread

class _RowsMixin:
    def total(self):
        return 1

class RowsMixin:
    def total(self):
        return 1

class Cart(_RowsMixin, RowsMixin, Thread):
    def close(self):
        return self.total()
";
    let (mut project, _place) = with_sources(old, &[]);
    let with = |mixin: &str, member: &str| {
        let class = format!("class {mixin}:\n    def total(self):\n");
        old.replace("#- shop/__init__.py\n", "")
            .replace(&format!("{class}        return 1"), &format!("{class}        return self.{member}()"))
    };
    assert_eq!(project.change(&with("_RowsMixin", "close_all_rows")).verdict(), Verdict::Block);
    assert_eq!(project.change(&with("RowsMixin", "close_all_rows")).verdict(), Verdict::Pass);
    assert_eq!(project.change(&with("_RowsMixin", "close")).verdict(), Verdict::Pass);
}

#[test]
fn what_is_private_and_called_is_the_family_s_own() {
    let old = "#- shop.py\nfrom types import SimpleNamespace\n\nclass Context(SimpleNamespace):\n    def lock(self):\n        self.locked = True\n";
    let (mut project, _place) = with_sources(old, &[("os.py", "")]);
    let with = |line: &str| {
        old.replace("        self.locked = True\n", &format!("        self.locked = True\n        {line}\n"))
    };
    assert_eq!(project.change(&with("self._check_all_rows()")).verdict(), Verdict::Block);
    // What is not private, or not called, may come in with data.
    assert_eq!(project.change(&with("self.check_all_rows()")).verdict(), Verdict::Pass);
    assert_eq!(project.change(&with("print(self._all_rows_seen)")).verdict(), Verdict::Pass);
}

#[test]
fn nobody_knows_what_compiled_code_brings() {
    let old = "#- shop.py\nfrom fast.core import Base\n\nclass Context(Base):\n    def lock(self):\n        self.locked = True\n";
    let (mut project, place) = with_sources(old, &[("os.py", "")]);
    let package = place.path().join("venv/lib/python3.12/site-packages/fast");
    std::fs::create_dir_all(&package).unwrap();
    std::fs::write(package.join("__init__.py"), "").unwrap();
    let new =
        old.replace("        self.locked = True\n", "        self.locked = True\n        self._check_all_rows()\n");
    assert_eq!(project.change(&new).verdict(), Verdict::Pass);
    std::fs::write(package.join("core.py"), "class Base:\n    pass\n").unwrap();
    let new = new.replace("_check_all_rows", "_check_any_row");
    let mut project = with_place(old, &place);
    assert_eq!(project.change(&new).verdict(), Verdict::Block);
}

#[test]
fn a_member_that_some_lacked_before_may_be_lacking_in_all_now() {
    let old = "
#- shop/__init__.py
#- shop/cart.py
class Cart:
    pass

class Pool:
    def check(self):
        return 1
#- shop/use.py
from shop.cart import Cart, Pool

def use(is_pool):
    found = Pool() if is_pool else Cart()
    if is_pool:
        found.check()
    return found
";
    let report = Project::new(old).change("#- shop/cart.py\nclass Cart:\n    pass\n\nclass Pool:\n    pass\n");
    assert_eq!(report.verdict(), Verdict::Block);
    check_passes(
        old,
        "#- shop/cart.py\nclass Cart:\n    rows = 1\n\nclass Pool:\n    def check(self):\n        return 2\n",
    );
}

#[test]
fn a_class_that_looks_itself_up_counts_on_those_below() {
    let view = |looked_up: &str| {
        format!(
            "
#- shop/view.py
class View:
    def answer(self, request):
        handler = getattr(self, {looked_up}, None)
        if not handler:
            handler = self.get
        return handler(request)
"
        )
    };
    check_passes("#- shop/view.py\n", &view("request.method.lower()"));
    assert_eq!(Project::new("#- shop/view.py\n").change(&view("'post'")).verdict(), Verdict::Block);
}

#[test]
fn what_all_classes_of_a_name_lack_an_instance_of_one_lacks() {
    let old = format!(
        "{SHOP}#- shop/old.py\nfrom shop.fields import Model\n\nclass Cart(Model):\n    def total_before(self):\n        return 0\n"
    );
    let read = |member: &str| {
        format!(
            "#- shop/order.py\nfrom shop.cart import Cart\n\ndef close():\n    cart = Cart()\n    return cart.{member}()\n"
        )
    };
    assert_eq!(Project::new(&old).change(&read("close")).verdict(), Verdict::Block);
    check_passes(&old, &read("total_before"));
}

#[test]
fn a_base_from_outside_may_have_the_name_of_the_class() {
    let old = "
#- shop.py
try:
    import logs
except ImportError:
    logs = None

class Handler(logs.Handler):
    def show(self):
        return 1

class Other:
    def show(self):
        return 1
";
    let with = |class: &str, member: &str| {
        format!("{}\n\ndef use():\n    made = {class}()\n    return made.{member}()\n", &old[1..])
    };
    check_passes(old, &with("Handler", "filter_all"));
    assert_eq!(Project::new(old).change(&with("Other", "filter_all")).verdict(), Verdict::Block);
}

#[test]
fn a_member_that_goes_from_one_class_is_not_gone_from_others() {
    let old = "
#- net/__init__.py
#- net/graph.py
class Resetter:
    def __set__(self, graph, value):
        graph.__dict__['_adj'] = value

class View:
    def items(self):
        return []

class Graph:
    _adj = Resetter()

    def __init__(self):
        self._adj = {}

def rows(graph: Graph, view: View | None):
    return []
";
    let without = |rows: &str| {
        let old = old.replace("#- net/__init__.py\n", "");
        old.replace("    def items(self):\n        return []\n", "    pass\n").replace("    return []\n", rows)
    };
    check_passes(old, &without("    return graph._adj.items()\n"));
    check(Layer::Tool, old, &without("    return view.items()\n    #      ^^^ 'items'\n"));
    // Where only what says how it is set may be there, nothing says what is read.
    check_passes(old, &without("    return graph._adj.keys_of()\n"));
}

#[test]
fn an_object_that_a_constructor_makes_has_what_is_set_on_it_there() {
    check(
        Layer::Tool,
        "#- shop.py\nclass Cart:\n    pass\n",
        "
#- shop.py
class Cart:
    def __new__(cls, rows, tax):
        self = object.__new__(cls)
        self.rows = rows or tax
        if not isinstance(self.rows, list):
            raise TypeError(type(self.rows))
        self.total()
        # ^^^ 'total'
        return self

    def lines(self):
        return self.rows, self.taxes
        #                 ^^^ 'taxes'
",
    );
}

#[test]
fn a_star_import_hands_on_the_submodules_of_its_package() {
    let old = "
#- net/__init__.py
from net.algorithms import *
from net.named import *
#- net/algorithms/__init__.py
from net.algorithms.walks import *
from .paths import shortest
#- net/algorithms/paths.py
def shortest():
    return 1
#- net/algorithms/unused.py
#- net/algorithms/walks/__init__.py
from .breadth import *
#- net/algorithms/walks/breadth.py
__all__ = ['walk']
def walk():
    return 1
def edges():
    return 2
#- net/named/__init__.py
from .hidden import shown
__all__ = ['shown']
#- net/named/hidden.py
def shown():
    return 1
";
    check(
        Layer::Tool,
        old,
        "
#- use.py
import net

net.breadth.edges()
net.paths.shortest()
net.shown()
net.hidden.shown()
# ^^^ 'hidden'
net.unused
# ^^^ 'unused'
net.edges()
# ^^^ 'edges'
",
    );
}

#[test]
fn another_name_for_a_plain_base_hides_nothing_either() {
    let old = "
#- web/__init__.py
#- web/bag.py
import collections.abc
from typing import TYPE_CHECKING, Any, List, MutableMapping

if TYPE_CHECKING:
    Base = MutableMapping[str, Any]
else:
    Base = collections.abc.MutableMapping

Other = make_base()

class Bag(Base):
    def _start(self):
        return 1

class Rows(List[int]):
    def _start(self):
        return 1

class Odd(Other):
    def _start(self):
        return 1
";
    check(
        Layer::Tool,
        old,
        "
#- web/use.py
from web.bag import Bag, Odd, Rows

def run(bag: Bag, rows: Rows, odd: Odd):
    bag._strat()
    # ^^^ '_strat'
    rows._strat()
    # ^^^ '_strat'
    bag._abc_impl
    return odd._strat()
",
    );
}

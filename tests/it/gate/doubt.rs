//! Doubt through the gate's door: for every way in which real code copes or means something else, what passes by it and
//! the twin that is refuted all the same.

use flux::gate::{Gate, Layer, PythonEnvironment, Verdict};

use super::{Project, check, check_passes};

/// A project over an environment with a standard library's source and nothing installed.
fn with_library(old: &str, module: &str, source: &str) -> (Project, tempfile::TempDir) {
    let mut project = Project::new(old);
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("base/lib/python3.12").join(module);
    let prefix = place.path().join("venv");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::create_dir_all(prefix.join("lib/python3.12/site-packages")).unwrap();
    std::fs::write(file, source).unwrap();
    let home = place.path().join("base/bin");
    std::fs::write(prefix.join("pyvenv.cfg"), format!("home = {}\nversion = 3.12.4\n", home.display())).unwrap();
    let environment =
        PythonEnvironment { prefix: Some(prefix), version: Some((3, 12)), ..PythonEnvironment::default() };
    project.gate = Gate::new(project.folder.path(), environment);
    (project, place)
}

#[test]
fn a_call_is_refuted_only_where_no_reading_of_the_callee_takes_it() {
    let old = "
#- shop/__init__.py
#- shop/base.py
import sys

class Handler:
    def login(self, name, event):
        return name, event

class QuickHandler(Handler):
    def login(self, name):
        return name

class Parser:
    pass

class SocketParser(Parser):
    def __init__(self, size):
        self.size = size

if sys.platform == 'sunny':
    class Reloader:
        def __init__(self, files):
            self.files = files
else:
    class Reloader:
        def __init__(self, call):
            self.call = call
";
    check(
        Layer::Tool,
        old,
        "
#- shop/use.py
from collections.abc import Callable

from shop.base import Handler, Parser, Reloader

class Client:
    remap: Callable[[str, int], str] | None = None

    def __init__(self, handler: Handler):
        self.handler = handler
        self._rows = self._rows()

    def _rows(self):
        yield 1

    def login(self):
        return self.handler.login('me'), self.handler.login('me', 1)

    def log_in_wrongly(self):
        return self.handler.login(1, 2, 3)
        #                               ^^^ Too many positional

    def place(self, host, port):
        return self.remap((host, port)) if self.remap else None

def parse(kind: type[Parser]):
    return kind(size=1)

def parse_wrongly(kind: type[Parser]):
    return kind(width=1)
    #           ^^^ 'width'

Reloader(files=[])
Reloader(call=print)
",
    );
    let report = Project::new(old).change("#- shop/use.py\nfrom shop.base import Reloader\n\nReloader(folders=1)\n");
    assert_eq!(report.verdict(), Verdict::Block);
}

#[test]
fn the_fields_of_attrs_have_other_names_in_the_constructor() {
    let old = "
#- attrs.py
from typing import dataclass_transform

def field(**options): ...

@dataclass_transform(field_specifiers=(field,))
def define(cls):
    return cls
";
    check(
        Layer::Tool,
        old,
        "
#- suite.py
from attrs import define, field

@define
class Suite:
    _root: str
    found: int = field(init=False)

Suite(root='here')
Suite('here')
Suite(roof='here')
#     ^^^ 'roof'

@define
class Plain:
    root: str

Plain()
# ^^^ 'root'
",
    );
}

#[test]
fn a_method_that_is_bound_anew_in_its_class_is_something_else() {
    let class = |bound: &str| {
        format!(
            "#- a.py\nclass Table:\n    def encode(text):\n        return text\n{bound}\n    def show(self):\n        return self.encode('a')\n"
        )
    };
    check_passes("#- a.py\n", &class("    encode = staticmethod(encode)\n"));
    assert_eq!(Project::new("#- a.py\n").change(&class("")).verdict(), Verdict::Block);
}

#[test]
fn a_class_of_the_same_name_elsewhere_is_another_class() {
    let old = "
#- old.py
class Parser:
    def read(self):
        return 1
#- user.py
from old import Parser

def read(parser: Parser):
    return parser.read()
";
    let below = "
class SocketParser(Parser):
    pass

class FileParser(Parser):
    def read(self):
        return 2
";
    let user = "from new import Parser\n\ndef read(parser: Parser):\n    return parser.read()\n";
    let moved = format!("#- old.py\nrows = 1\n#- new.py\nclass Parser:\n    pass\n{below}#- user.py\n{user}");
    check_passes(old, &moved);
    let taken = format!("#- old.py\nclass Parser:\n    pass\n{below}");
    assert_eq!(Project::new(old).change(&taken).verdict(), Verdict::Block);
}

#[test]
fn what_super_means_depends_on_the_classes_below() {
    check(
        Layer::Tool,
        "#- a.py\n",
        "
#- a.py
class Signed:
    def doc(self):
        return super().doc()

    def name(self):
        return super().nom()
        #              ^^^ 'nom'

class Documenter:
    def doc(self):
        return []

class Both(Signed, Documenter):
    pass
",
    );
}

#[test]
fn an_attribute_that_is_filled_in_by_keyword_may_be_of_another_type() {
    let class = |filled: &str| {
        format!(
            "#- a.py\nclass Chain:\n    rows = ()\n\n    def __init__(self):\n        {filled}\n\n    def add(self, row):\n        self.rows.append(row)\n"
        )
    };
    check_passes("#- a.py\n", &class("self.__dict__.update(key=dict().get(1), rows=[])"));
    let report = Project::new("#- a.py\n").change(&class("pass"));
    assert_eq!(report.verdict(), Verdict::Block);
}

#[test]
fn a_name_that_the_standard_library_imports_for_itself_is_there() {
    let (mut project, _place) =
        with_library("#- a.py\n", "urllib/request.py", "from urllib.parse import unquote, quote\n");
    assert_eq!(project.change("#- a.py\nfrom urllib.request import unquote\n").verdict(), Verdict::Pass);
    assert_eq!(project.change("#- a.py\nfrom urllib.request import unquoted\n").verdict(), Verdict::Block);
}

#[test]
fn a_package_that_the_code_can_do_without_may_be_absent() {
    let (mut project, _place) = with_library("#- a.py\n", "os.py", "");
    let optional = "#- a.py\ntry:\n    import fastjson\nexcept ImportError:\n    IS_FAST = False\nelse:\n    IS_FAST = True\n\ndef load():\n    if IS_FAST:\n        import fastjson.deep\n";
    assert_eq!(project.change(optional).verdict(), Verdict::Pass);
    let needed = "#- a.py\ndef load():\n    import fastjson.deep\n";
    assert_eq!(project.change(needed).verdict(), Verdict::Block);
}

#[test]
fn nodes_of_a_syntax_tree_may_lack_fields() {
    check(
        Layer::Tool,
        "#- a.py\n",
        "
#- a.py
import ast
import queue

ast.Constant()
queue.Queue(1, 2)
#              ^^^ Too many positional
",
    );
}

#[test]
fn a_short_body_may_be_taken_out() {
    let old = "
#- a.py
class Key:
    def fields(self):
        return [self]

    def check(self):
        rows = [row for row in self.fields()]
        for row in rows:
            print(row)
        rows.reverse()
        return rows
";
    check(
        Layer::Rules,
        old,
        "
#- a.py
class Key:
    def fields(self):
        raise NotImplementedError

    def check(self):
    #   ^^^ its body is a placeholder now
        pass
",
    );
}

#[test]
fn two_sentences_stand_for_no_code() {
    let old = "#- a.py\ndef load():\n    import fast\n    return fast.load(1)\n";
    check_passes(
        old,
        "
#- a.py
def load():
    # Any of the above imports doesn't exist? Don't do anything here.
    rows = []
    rows.append(None)
    return rows
",
    );
    check(
        Layer::Rules,
        old,
        "
#- a.py
def load():
    # the existing imports stay here
    # ^^^ stands in the place of code
    return None
",
    );
}

#[test]
fn code_for_another_python_is_not_run_by_this_one() {
    check(
        Layer::Tool,
        "#- a.py\n",
        "
#- a.py
import inspect
import sys

if sys.version < '3':
    read = inspect.getargspec

read_anew = inspect.getargspecs
#           ^^^ 'getargspecs'
",
    );
}

#[test]
fn an_annotation_that_is_not_evaluated_breaks_nothing() {
    check(
        Layer::Tool,
        "#- a.py\n",
        "
#- a.py
from __future__ import annotations

import datetime

class Format:
    zone: datetime.tzinfo | None = None

    def datetime(self, value):
        return value

    def date(self, value: datetime.date):
        return self.dates(value)
        #      ^^^ 'dates'
",
    );
}

#[test]
fn a_class_may_be_called_like_its_base_from_outside() {
    check(
        Layer::Tool,
        "#- a.py\n",
        "
#- a.py
import gettext

class NullTranslations(gettext.NullTranslations):
    def names(self):
        return self._fallback

    def wrong(self):
        return self.fall_back
        #      ^^^ 'fall_back'
",
    );
}

#[test]
fn a_long_sentence_over_two_lines_stands_for_no_code() {
    check_passes(
        "#- a.py\ndef load(rows):\n    check(rows)\n    return rows\n\ndef check(rows):\n    return rows\n",
        "
#- a.py
def load(rows):
    # Attempt to keep the rest of the code in this function as constant
    # time as possible: it tells nothing of the rows then.
    return check(rows)

def check(rows):
    return rows
",
    );
}

#[test]
fn a_method_that_wraps_made_takes_its_object() {
    let old = "
#- shop/__init__.py
#- shop/cart.py
from functools import wraps

class Base:
    def total(self, rows, tax=0):
        return sum(rows) + tax

class Cart(Base):
    @wraps(Base.total)
    def total(self, *args, **kwargs):
        return super().total(*args, **kwargs)

def plain(rows):
    return rows

@wraps(plain)
def free(rows, tax):
    return plain(rows)
";
    check_passes(old, "#- shop/use.py\nfrom shop.cart import Cart\n\nCart().total([1], tax=2)\nCart().total()\n");
    check(Layer::Tool, old, "#- shop/use.py\nfrom shop import cart\n\ncart.free(1)\n# ^^^ 'tax'\n");
}

#[test]
fn what_is_abstract_may_have_the_machinery_of_it() {
    let (mut project, _place) = with_library(
        "#- a.py\n",
        "collections/__init__.py",
        "import _collections_abc\n\nclass UserDict(_collections_abc.MutableMapping):\n    _held = 1\n",
    );
    let read = |member: &str| {
        format!(
            "#- a.py\nfrom collections import UserDict\n\nclass Panel(UserDict):\n    def show(self):\n        return self.{member}\n"
        )
    };
    assert_eq!(project.change(&read("_abc_impl")).verdict(), Verdict::Pass);
    assert_eq!(project.change(&read("_held")).verdict(), Verdict::Pass);
    assert_eq!(project.change(&read("_helds")).verdict(), Verdict::Block);
}

#[test]
fn what_neither_stub_nor_source_knows_is_nowhere() {
    let (mut project, _place) =
        with_library("#- a.py\n", "queue.py", "class Queue:\n    def _put(self, item):\n        pass\n");
    let read = |member: &str| format!("#- a.py\nfrom queue import Queue\n\nrows = Queue()\nrows.{member}(1)\n");
    assert_eq!(project.change(&read("_put")).verdict(), Verdict::Pass);
    assert_eq!(project.change(&read("_resolve_row")).verdict(), Verdict::Block);
}

#[test]
fn a_name_in_a_quoted_annotation_need_not_be_there_where_checkers_are_told_so() {
    let old = "#- a.py\ndef client():\n    return None\n";
    check_passes(old, "#- a.py\ndef client() -> \"Client\":  # type: ignore # noqa\n    return None\n");
    for new in [
        "#- a.py\ndef client() -> \"Client\":\n    return None\n",
        "#- a.py\ndef client() -> Client:  # type: ignore # noqa\n    return None\n",
    ] {
        assert_eq!(Project::new(old).change(new).verdict(), Verdict::Block, "{new}");
    }
}

#[test]
fn a_part_of_a_namespace_package_is_the_project_s_own() {
    let old = "#- pyproject.toml\n[project]\nname = 'shop'\n#- shop/carts/__init__.py\n#- shop/carts/cart.py\n#- shop/use.py\n";
    let (mut project, _place) = with_library(old, "os.py", "");
    assert_eq!(project.change("#- shop/use.py\nimport shop.carts.cart\n").verdict(), Verdict::Pass);
    assert_eq!(project.change("#- shop/use.py\nimport shop.carts.carts\n").verdict(), Verdict::Block);
    // What nothing of the project stands above may be of another distribution.
    assert_eq!(project.change("#- shop/use.py\nimport shop.orders.order\n").verdict(), Verdict::Pass);
}

#[test]
fn what_a_module_defines_is_not_among_what_it_makes() {
    let old = "
#- shop/__init__.py
#- shop/names.py
def names_of(module, prefix):
    return [name for name in module if name.startswith(prefix)]
#- shop/cart.py
from shop.names import names_of

class Cart:
    names = names_of(globals(), 'ROW_')

def total():
    return 1
#- shop/use.py
from shop.cart import total
print(total())
";
    let cart = "
#- shop/cart.py
from shop.names import names_of

class Cart:
    names = names_of(globals(), 'ROW_')
";
    let report = Project::new(old).change(cart);
    assert_eq!(report.verdict(), Verdict::Block, "{:?}", report.issues);
    // It may be made under a name that stands elsewhere.
    check_passes(old, &format!("{cart}\nfor name in ['total']:\n    globals()[name] = len\n"));
}

#[test]
fn of_a_file_that_is_too_large_to_be_read_nothing_is_known() {
    let mut project = Project::new("#- a.py\nx = 1\n");
    let huge = std::fs::File::create(project.folder.path().join("huge.py")).unwrap();
    huge.set_len(flux::text::FileText::LIMIT_BYTES + 1).unwrap();
    let report =
        project.change("#- a.py\nimport huge\nfrom huge import Row\nx = huge.read(Row(1).name)\ny = unknown\n");
    let blocking: Vec<&str> = report.blocking().map(|issue| &*issue.message).collect();
    assert_eq!(blocking, ["Name 'unknown' is not defined."]);
}

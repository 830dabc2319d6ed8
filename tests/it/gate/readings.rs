//! How code may be read: which other reading of a name, a class or a call keeps the gate from refuting, and which does not.

use flux::gate::{Layer, Verdict};

use super::{Project, check, check_passes};

const SHOP: &str = "
#- shop/__init__.py
#- shop/base.py
class Base:
    def __init__(self, size):
        self.size = size

    def match(self, pattern, flags=0):
        return pattern, flags

    def total(self):
        return self.size

def checked(size):
    return size
#- shop/old.py
class Cart:
    def total(self):
        return 1
#- shop/cart.py
class Cart:
    def total(self):
        return 2
#- shop/socket.py
try:
    from shop.base import Base as Reader
except ImportError:
    Reader = None
";

#[test]
fn what_a_method_calls_like_itself_is_no_other_reading_of_it() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/lexer.py
class Lexer:
    def match(self, pattern, flags=0):
        return pattern, flags

    def tag(self):
        match = self.match('<', wide=True)
        # ^^^ Argument 'wide' does not match
        return match

class Rebound:
    def match(self, pattern):
        return pattern

    match = staticmethod(print)

    def tag(self):
        return self.match('<', 1, 2)
",
    );
}

#[test]
fn a_name_that_may_stand_for_nothing_is_called_all_the_same() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/use.py
from shop.base import Base

Reader = None
try:
    from shop.base import Base as Reader
except ImportError:
    pass

def read():
    if not Reader:
        return Base(1)
    return Base(1, 2)
    #          ^^^ Too many positional
",
    );
}

#[test]
fn a_base_under_another_name_is_the_same_base() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/window.py
from .base import Base as PlainBase

class Window(PlainBase):
    def _redraw(self):
        return self.total()

    def show(self):
        return self._redraw_all()
        #      ^^^ has no method '_redraw_all'
",
    );
    // A base from outside, known by its stub alone, may have it.
    check_passes(
        SHOP,
        "
#- shop/window.py
from threading import Thread as PlainThread

class Window(PlainThread):
    def show(self):
        return self._bootstrap_all()
",
    );
}

#[test]
fn a_keyword_behind_a_member_sets_nothing() {
    let old = "
#- shop/__init__.py
#- shop/auth.py
def basic(realm):
    return realm

def digest(realm):
    return realm
#- shop/tools.py
from shop import auth

def tool(call, priority):
    return call, priority

class Toolbox:
    pass

box = Toolbox()
box.auth = tool(auth.basic, priority=1)
";
    let report = check(
        Layer::Tool,
        old,
        "
#- shop/auth.py
def digest(realm):
    return realm
#- shop/tools.py
from shop import auth

def tool(call, priority):
    return call, priority

class Toolbox:
    pass

box = Toolbox()
box.auth = tool(auth.basic, priority=1)
#               ^^^ has no member 'basic'
",
    );
    assert!(report.blocking().count() > 0);
    check_passes(
        old,
        "
#- shop/auth.py
def digest(realm):
    return realm
#- shop/tools.py
from shop import auth

def tool(call, priority):
    return call, priority

auth.basic, rest = tool(auth.digest, priority=1)
box = auth.basic
",
    );
}

#[test]
fn a_value_of_several_classes_lacks_what_all_of_them_lack() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/use.py
from shop import cart, old

def pick(is_old):
    found = old.Cart() if is_old else cart.Cart()
    found.total()
    return found.subtotal()
    #      ^^^ has no member 'subtotal'
",
    );
}

#[test]
fn names_that_a_module_makes_stand_somewhere_before() {
    let old = "
#- shop/__init__.py
#- shop/parts.py
class Wheel:
    pass

class Door:
    pass
#- shop/all.py
import sys

from shop import parts

this_module = sys.modules[__name__]
for name in dir(parts):
    setattr(this_module, name, getattr(parts, name))
#- shop/lazy.py
def lazily(names, aliases):
    names['_aliases'] = aliases
#- shop/run.py
def run(code, module):
    exec(code, module.__dict__)
";
    check(
        Layer::Tool,
        old,
        "
#- shop/all.py
import sys

from shop import parts

this_module = sys.modules[__name__]
for name in dir(parts):
    setattr(this_module, name, getattr(parts, name))

def build():
    Wheel()
    return partial(Door)
    #      ^^^ 'partial' is not defined
#- shop/run.py
def run(code, module):
    exec(code, module.__dict__)
    return partial(code)
    #      ^^^ 'partial' is not defined
",
    );
    check_passes(
        old,
        "
#- shop/new.py
from .lazy import lazily

__all__ = ['Wheel']

lazily(
    globals(),
    aliases={'Wheel': '.parts'},
)
#- shop/run.py
def run(code):
    exec(code, globals())

def later():
    return partial(1)
",
    );
}

#[test]
fn a_misspelt_variable_of_a_function_is_no_name_that_its_module_makes() {
    check(
        Layer::Tool,
        "#- shop/__init__.py\n",
        "
#- shop/made.py
import string

globals().update({'make_' + name: name for name in string.ascii_letters})

def use(counter, rows, cart, part1, wheel):
    subtotal = len(rows)
    print(Cart, row, part2, make_b, wheels, reel)
    print(subtotla)
    #     ^^^ 'subtotal'
    for countre in rows:
        print(countre)
    return conuter
    #      ^^^ 'counter'
",
    );
}

#[test]
fn an_exception_is_made_by_its_own_new() {
    let old = "
#- shop/__init__.py
#- shop/errors.py
class Errors(ExceptionGroup):
    def __new__(cls, message, errors, kind):
        made = super().__new__(cls, message, errors)
        made.kind = kind
        return made
";
    check(
        Layer::Tool,
        old,
        "
#- shop/use.py
from shop.errors import Errors

def fail(errors):
    raise Errors('all', errors, 'kind')

def fail_wrongly(errors):
    raise Errors('all', errors, 'kind', 'other')
    #     ^^^ Too many positional
",
    );
}

#[test]
fn what_is_bound_on_a_class_from_elsewhere_is_not_what_it_was_bound_to_first() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/parser.py
class Cache:
    missing = object()

class Parser:
    cache = {}
    plain = {}

    def parse(self, key):
        cache = Parser.cache
        if cache.get(key) is cache.missing:
            return None
        plain = Parser.plain
        return plain.missing
        #      ^^^ has no attribute 'missing'

    @staticmethod
    def enable():
        Parser.cache = Cache()
",
    );
}

#[test]
fn what_is_overloaded_takes_what_one_of_its_readings_takes() {
    let old = "
#- shop/__init__.py
#- shop/rows.py
class Rows:
    def read(self, key, kind=None):
        return [key, kind]

class Ordered(Rows):
    def read(self, key, kind=None):
        return [kind, key]

class Frozen(Ordered):
    pass
#- shop/rows.pyi
from typing import overload

class Rows:
    @overload
    def read(self, key: str) -> list[str]: ...
    @overload
    def read(self, key: str, kind: type) -> list[object]: ...

class Ordered(Rows): ...
class Frozen(Ordered): ...
#- shop/wide.py
from typing import overload

@overload
def pick(key: str) -> str: ...
@overload
def pick(key: str, kind: int) -> int: ...
def pick(*keys):
    return keys[0]
";
    check(
        Layer::Tool,
        old,
        "
#- shop/rows.py
class Rows:
    def read(self, key, kind=None):
        return [key, kind]

class Ordered(Rows):
    def read(self, key, kind=None):
        return [kind, key]

    def all(self):
        return self.read('a', None), self.read('a', None, None)
        #                            ^^^ Too many positional

class Frozen(Ordered):
    pass
#- shop/use.py
from shop.wide import pick

pick('a', 1, 2)
",
    );
}

#[test]
fn a_member_that_objects_are_given_has_not_vanished_with_a_method() {
    let parser = |call: &str| {
        format!(
            "#- shop/parser.py\nfrom shop.cache import Cache\n\nclass Parser:\n    cache = {{}}\n\n    def enable(self):\n        Parser.cache = Cache()\n\n    def parse(self, key):\n        return {call}\n"
        )
    };
    let old = format!(
        "#- shop/__init__.py\n#- shop/cache.py\nclass Cache:\n    def keep(self, key):\n        return key\n{}",
        parser("None")
    );
    let change = |bound: &str| {
        let called = parser("Parser.cache.keep(key)");
        format!("#- shop/cache.py\nclass Cache:\n    def __init__(self):\n        {bound}\n{called}")
    };
    check_passes(&old, &change("self.keep = str"));
    assert_eq!(Project::new(&old).change(&change("self.size = 1")).verdict(), Verdict::Block);
}

#[test]
fn a_name_of_several_functions_takes_what_one_of_them_takes() {
    let old = "
#- shop/__init__.py
#- shop/tax.py
import os

def slow_tax(row, rate):
    return row * rate

def fast_tax(row, rate):
    return row

def quick_tax(row):
    return row

IS_FAST = bool(os.environ.get('FAST'))
if IS_FAST:
    tax = fast_tax
else:
    tax = slow_tax

if IS_FAST:
    own_tax = quick_tax
else:
    own_tax = slow_tax
";
    check(
        Layer::Tool,
        old,
        "
#- shop/use.py
from shop.tax import IS_FAST, own_tax, tax

def total(row):
    if IS_FAST:
        return own_tax(row)
    return tax(row, 1)

def subtotal(row):
    return tax(row, 1) + tax(row, 1, 2)
    #                    ^^^ Too many positional
",
    );
}

#[test]
fn a_constructor_that_is_made_takes_no_more_than_there_are_fields() {
    let old = "
#- attrs.py
from typing import dataclass_transform

def field(**options): ...

@dataclass_transform(field_specifiers=(field,))
def define(cls):
    return cls
#- shop.py
from attrs import define, field

@define
class Job:
    _call: object = field()
    rows: tuple = field()
    context: object = field(init=False, factory=dict)
";
    check(
        Layer::Tool,
        old,
        "
#- use.py
from shop import Job

Job(call=print, rows=())
Job(print, ())
Job(print, (), None)
# ^^^ Too many positional
",
    );
}

#[test]
fn a_default_that_breaks_its_annotation_tells_more_than_that() {
    check(
        Layer::Tool,
        "#- a.py\n",
        "
#- a.py
class Rule:
    def match(self, text):
        return text

class Skip:
    def __init__(self, ignore: bool = None, strict: bool = False):
        self.ignore = ignore
        self.strict = strict

    def skip(self, text):
        if self.ignore is not None:
            self.ignore.match(text)
            self.ignore.matches(text)
            # ^^^ has no method 'matches'
        return self.strict.match(text)
        #      ^^^ has no method 'match'
",
    );
}

#[test]
fn a_function_that_silences_checkers_of_types_is_called_with_what_it_takes() {
    let old = "
#- shop/__init__.py
#- shop/rows.py
def unique(rows, *, name=str):
    return rows
#- shop/use.py
from typing import no_type_check

from shop.rows import unique

@no_type_check
def use(rows):
    rows.extend(1, 2)
    total: int = 'none'
    return unique(rows, name=repr)
";
    let report = Project::new(old).change("#- shop/rows.py\ndef unique(rows, *, label=str):\n    return rows\n");
    assert_eq!(report.blocking().map(|issue| issue.path.to_string()).collect::<Vec<_>>(), ["shop/use.py"]);
    check_passes(old, "#- shop/rows.py\ndef unique(rows, *, name=str, label=str):\n    return rows\n");
}

#[test]
fn members_for_type_checkers_alone_are_not_there_when_the_code_runs() {
    let old = "
#- shop/__init__.py
#- shop/report.py
from typing import TYPE_CHECKING, Any

class Report:
    def __init__(self, **extra):
        self.__dict__.update(extra)

    if TYPE_CHECKING:
        def __getattr__(self, name: str) -> Any: ...

    def write(self):
        return Report(outcome='good')

class Open:
    def __getattr__(self, name):
        return name
";
    check(
        Layer::Tool,
        old,
        "
#- shop/use.py
from shop.report import Open, Report

def use(report: Report, open_report: Open):
    open_report.writes()
    report.write()
    report.outcome
    return report.get_writer()
    #      ^^^ has no method 'get_writer'
",
    );
}

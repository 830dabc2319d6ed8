//! The codes of the `tool` layer, and those that tell that nothing is known.

use super::{Code, Example};
use crate::gate::{Layer, Severity};

const CART: &str = "
#- shop/cart.py
class Cart:
    def __init__(self, rows):
        self.rows = rows

    def total(self):
        return sum(self.rows)


def make_cart(rows, /, tax=0):
    return Cart(rows + [tax])
";

/// One line that uses [`CART`].
macro_rules! user {
    ($line:literal) => {
        concat!(
            "\n#- shop/report.py\nfrom shop.cart import Cart, make_cart\n\n\n",
            "def report(cart: Cart):\n    return ",
            $line,
            "\n"
        )
    };
}

pub(super) const CODES: &[Code] = &[
    Code {
        id: "unresolved-import",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "An import of a module, or of a member of one, that does not exist",
        why: "The file cannot be loaded. Modules are looked for in the project, the standard library and the project's own \
              environment; without an environment, what packages offer is unknown and only shown.",
        way_out: "Import what exists: the nearest true names are told. A new package is installed first.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/report.py
from shop.cart import make_carts
",
            right: "
#- shop/report.py
from shop.cart import make_cart

try:
    from shop.fast_cart import make_cart
except ImportError:
    pass
",
        },
    },
    Code {
        id: "unresolved-reference",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "A name that is defined nowhere",
        why: "Running the line raises NameError.",
        way_out: "Import or define the name. Where only one import can be meant, the fix adds it.",
        example: Example::Shown { old: CART, wrong: user!("cart.total() + tax"), right: user!("cart.total()") },
    },
    Code {
        id: "unresolved-attribute",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "An attribute or method that the value does not have",
        why: "Running the line raises AttributeError. What is made at run time (`setattr`, `__getattr__`, mixins, guards by \
              `hasattr`) is not refuted.",
        way_out: "Use what exists: the nearest true names are told with their signatures.",
        example: Example::Shown { old: CART, wrong: user!("cart.totals()"), right: user!("cart.total()") },
    },
    Code {
        id: "unresolved-member",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "A member that the class of a value does not have, as the project alone tells",
        why: "A value is of one class of the project: a function without annotation returns it, or a parameter is annotated \
              with a class behind a decorator that no analysis sees through. The class has no such member and nothing makes \
              one: running the line raises AttributeError.",
        way_out: "Use what exists: the nearest true names are told.",
        example: Example::Shown {
            old: "
#- shop/cart.py
import registry


@registry.register
class Cart:
    def total(self):
        return 1
",
            wrong: "
#- shop/report.py
from shop.cart import Cart


def report(cart: Cart):
    return cart.totals()
",
            right: "
#- shop/report.py
from shop.cart import Cart


def report(cart: Cart):
    return cart.total()
",
        },
    },
    Code {
        id: "missing-argument",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "A call lacks an argument that has no default",
        why: "Running the call raises TypeError. Told also of callers in other files when a signature changes.",
        way_out: "Give the argument; the true signature is told.",
        example: Example::Shown { old: CART, wrong: user!("make_cart()"), right: user!("make_cart([])") },
    },
    Code {
        id: "unknown-argument",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "A call gives a keyword argument that does not exist",
        why: "Running the call raises TypeError.",
        way_out: "Use the parameters that exist; the true signature is told.",
        example: Example::Shown {
            old: CART,
            wrong: user!("make_cart([], taxes=1)"),
            right: user!("make_cart([], tax=1)"),
        },
    },
    Code {
        id: "too-many-positional-arguments",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "A call gives more arguments than there are parameters",
        why: "Running the call raises TypeError.",
        way_out: "Take the surplus arguments away; the true signature is told.",
        example: Example::Shown { old: CART, wrong: user!("make_cart([], 1, 2)"), right: user!("make_cart([], 1)") },
    },
    Code {
        id: "parameter-already-assigned",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "A call gives one parameter twice",
        why: "The argument by position and the one by name mean the same parameter: running the call raises TypeError.",
        way_out: "Give it once.",
        example: Example::Shown {
            old: CART,
            wrong: user!("make_cart([], 1, tax=2)"),
            right: user!("make_cart([], tax=2)"),
        },
    },
    Code {
        id: "positional-only-parameter-as-kwarg",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "A call names a parameter that goes by position alone",
        why: "Parameters before the `/` of a signature cannot be named: running the call raises TypeError.",
        way_out: "Give it by position.",
        example: Example::Shown { old: CART, wrong: user!("make_cart(rows=[])"), right: user!("make_cart([])") },
    },
    Code {
        id: "call-non-callable",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "A call of a module, a literal, or an instance that cannot be called",
        why: "Running the call raises TypeError. Of values whose type is not sure it does not block.",
        way_out: "Call the function in the module: `json.loads(text)`, not `json(text)`.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/read.py
import json


def read(text):
    return json(text)
",
            right: "
#- shop/read.py
import json


def read(text):
    return json.loads(text)
",
        },
    },
    Code {
        id: "not-subscriptable",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "An item of a method that should have been called",
        why: "A method has no items: running the line raises TypeError.",
        way_out: "Call it first.",
        example: Example::Shown { old: CART, wrong: user!("cart.total[0]"), right: user!("cart.total()[0]") },
    },
    Code {
        id: "not-iterable",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "A loop over a method that should have been called",
        why: "A method has no elements: running the line raises TypeError.",
        way_out: "Call it first.",
        example: Example::Shown {
            old: CART,
            wrong: user!("[row for row in cart.total]"),
            right: user!("[row for row in cart.total()]"),
        },
    },
    Code {
        id: "invalid-context-manager",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "A `with` over a method that should have been called",
        why: "A method is no context manager: running the line raises TypeError.",
        way_out: "Call it first.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/report.py
from shop.cart import Cart


def report(cart: Cart):
    with cart.total:
        pass
",
            right: "
#- shop/report.py
from shop.cart import Cart


def report(cart: Cart):
    with cart.total():
        pass
",
        },
    },
    Code {
        id: "type-checking-only",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "A name that is imported for type checkers and used when the code runs",
        why: "Nothing under `if TYPE_CHECKING` is there at run time: the line raises NameError. In annotations it may stand.",
        way_out: "Import it outside `if TYPE_CHECKING`, or in the function that uses it.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/report.py
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shop.cart import Cart


def is_cart(value):
    return isinstance(value, Cart)
",
            right: "
#- shop/report.py
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shop.cart import Cart


def is_cart(value: 'Cart'):
    from shop.cart import Cart

    return isinstance(value, Cart)
",
        },
    },
    Code {
        id: "missing-export",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "A name in `__all__` that the module does not have",
        why: "`from module import *` raises AttributeError.",
        way_out: "Take it out of `__all__`, or define or import it.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/report.py
from shop.cart import Cart

__all__ = ['Cart', 'Basket']
",
            right: "
#- shop/report.py
from shop.cart import Cart

__all__ = ['Cart']
",
        },
    },
    Code {
        id: "unknown-argument-passed-on",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "A keyword that a constructor hands on to its base, which does not take it",
        why: "`**kwargs` goes to `super().__init__` as it is: running the call raises TypeError there.",
        way_out: "Leave it out, or add the parameter to one of the constructors.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/more.py
from shop.cart import Cart


class BigCart(Cart):
    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size


big = BigCart(3, rows=[], tax=2)
",
            right: "
#- shop/more.py
from shop.cart import Cart


class BigCart(Cart):
    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size


big = BigCart(3, rows=[])
",
        },
    },
    Code {
        id: "arguments-do-not-fit",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "Arguments that no method of the name takes, of a value whose class the project tells",
        why: "The value comes from a function without annotation that returns one class of the project, and neither that \
              class nor one below it takes the call: running the line raises TypeError.",
        way_out: "Call it as its signature says.",
        example: Example::Shown {
            old: "
#- shop/cart.py
class Cart:
    def total(self, tax):
        return tax


def make_cart():
    return Cart()
",
            wrong: "
#- shop/report.py
from shop.cart import make_cart

total = make_cart().total(1, 2)
",
            right: "
#- shop/report.py
from shop.cart import make_cart

total = make_cart().total(1)
",
        },
    },
    Code {
        id: "abstract-instance",
        layer: Layer::Tool,
        severity: Severity::Block,
        title: "An instance of a class whose methods are still abstract",
        why: "Making it raises TypeError. The same is told of a method that becomes abstract while a class below does not \
              have it.",
        way_out: "Write the method in the class, or make an instance of a class that has it.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/more.py
import abc


class Base(abc.ABC):
    @abc.abstractmethod
    def run(self): ...


class Sub(Base):
    pass


made = Sub()
",
            right: "
#- shop/more.py
import abc


class Base(abc.ABC):
    @abc.abstractmethod
    def run(self): ...


class Sub(Base):
    def run(self):
        return 1


made = Sub()
",
        },
    },
    Code {
        id: "likely-invented",
        layer: Layer::Tool,
        severity: Severity::Warn,
        title: "A member that nobody knows, of a value of unknown type",
        why: "The name stands nowhere in the project and its environment, not even in a string. It blocks where the value \
              comes from the project's own code and nothing there makes members up.",
        way_out: "Look the true name up, or define it.",
        example: Example::Untold("it needs an environment with packages"),
    },
    Code {
        id: "not-analysed",
        layer: Layer::Tool,
        severity: Severity::Warn,
        title: "The analysis of one file failed, so nothing is known of it",
        why: "The analysis engine broke down on this file. What it would have said stays unknown: nothing is written \
              unattended, a person may.",
        way_out: "Look at the change yourself. The log holds what the engine said.",
        example: Example::Untold("it tells of a fault in the engine, not in the code"),
    },
    Code {
        id: "gate-failed",
        layer: Layer::Tool,
        severity: Severity::Warn,
        title: "The judgement broke down, so nothing is known of the change",
        why: "Told in each layer that could not be asked. Nothing is refuted and nothing proven: nothing is written \
              unattended, a person may.",
        way_out: "Look at the change yourself, or ask again. The log holds the cause.",
        example: Example::Untold("it tells of a fault in flux, not in the code"),
    },
];

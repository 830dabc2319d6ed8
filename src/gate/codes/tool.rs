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
        title: "A member that the annotated class does not have, whatever its decorator returns",
        why: "A parameter is annotated with a class of the project behind a decorator that no analysis sees through. The \
              class has no such member and nothing makes one: running the line raises AttributeError.",
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
        title: "A call of a module or of a literal",
        why: "Running the call raises TypeError. Of other values it is not sure enough to block.",
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

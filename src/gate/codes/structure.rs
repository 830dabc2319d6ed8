//! The codes of the `structure` layer.

use super::{Code, Example};
use crate::gate::{Layer, Severity};

pub(super) const CART: &str = "
#- shop/cart.py
class Cart:
    def __init__(self, rows):
        self.rows = rows

    def total(self):
        return sum(self.rows)


def make_cart(rows):
    return Cart(rows)
#- shop/report.py
from shop.cart import Cart, make_cart


def report(cart: Cart):
    return make_cart([1]).total() + cart.total()
";

pub(super) const CODES: &[Code] = &[
    Code {
        id: "duplicate-function",
        layer: Layer::Structure,
        severity: Severity::Block,
        title: "A second function of one name in one scope",
        why: "The second definition silently replaces the first, which nobody can call any more. Overloads, property \
              accessors, registrations and alternatives under `if` or `try` are no duplicates.",
        way_out: "Modify the function that is there, or give the new one another name.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/cart.py
class Cart:
    def __init__(self, rows):
        self.rows = rows

    def total(self):
        return sum(self.rows)


def make_cart(rows):
    return Cart(rows)


def make_cart(rows, sort=False):
    return Cart(sorted(rows) if sort else rows)
",
            right: "
#- shop/cart.py
class Cart:
    def __init__(self, rows):
        self.rows = rows

    def total(self):
        return sum(self.rows)


def make_cart(rows, sort=False):
    return Cart(sorted(rows) if sort else rows)
",
        },
    },
    Code {
        id: "duplicate-method",
        layer: Layer::Structure,
        severity: Severity::Block,
        title: "A second method of one name in one class",
        why: "The second definition silently replaces the first. `@property` with its setter, `@overload` and \
              `singledispatchmethod` are no duplicates.",
        way_out: "Modify the method that is there, or give the new one another name.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/basket.py
class Basket:
    def size(self):
        return 0

    def size(self):
        return 1
",
            right: "
#- shop/basket.py
class Basket:
    @property
    def size(self):
        return 0

    @size.setter
    def size(self, value):
        print(value)
",
        },
    },
    Code {
        id: "duplicate-class",
        layer: Layer::Structure,
        severity: Severity::Block,
        title: "A second class of one name in one scope",
        why: "The second definition replaces the first: what was made of the first is no instance of the class that the \
              name now means.",
        way_out: "Modify the class that is there, or give the new one another name.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/basket.py
class Basket:
    size = 0


class Basket:
    size = 1
",
            right: "
#- shop/basket.py
class Basket:
    size = 0


class LargeBasket(Basket):
    size = 1
",
        },
    },
    Code {
        id: "duplicate-import",
        layer: Layer::Structure,
        severity: Severity::Warn,
        title: "A second import of what is imported already",
        why: "It does nothing, and shows that the file was written without looking at its head. Nothing is lost by it, so it does not block.",
        way_out: "Remove the second import. The fix does.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/vat.py
import math
import os
import math

print(math.pi, os.sep)
",
            right: "
#- shop/vat.py
import math
import os

print(math.pi, os.sep)
",
        },
    },
    Code {
        id: "shadowed-import",
        layer: Layer::Structure,
        severity: Severity::Block,
        title: "A definition or another import takes the name of an import",
        why: "From there on the name means something else; what was imported cannot be reached any more.",
        way_out: "Choose another name, or remove the import.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/vat.py
from math import floor


def floor(value):
    return int(value)
",
            right: "
#- shop/vat.py
try:
    from math import floor
except ImportError:
    def floor(value):
        return int(value)
",
        },
    },
    Code {
        id: "shadowed-definition",
        layer: Layer::Structure,
        severity: Severity::Block,
        title: "An import takes the place of a definition of the same name",
        why: "From the import on the file's own definition cannot be reached.",
        way_out: "Import it under another name with `as`, or choose another name for the definition.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/vat.py
def sqrt(value):
    return value ** 0.5

from math import sqrt
",
            right: "
#- shop/vat.py
def sqrt(value):
    return value ** 0.5

from math import sqrt as exact_sqrt
",
        },
    },
    Code {
        id: "duplicate-member",
        layer: Layer::Structure,
        severity: Severity::Block,
        title: "A second member of one name in an enumeration",
        why: "Python raises a TypeError when it comes to the class.",
        way_out: "Choose another name for the second member.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/vat.py
from enum import Enum

class Rate(Enum):
    LOW = 7
    HIGH = 19
    LOW = 5
",
            right: "
#- shop/vat.py
from enum import Enum

class Rate(Enum):
    LOW = 7
    HIGH = 19
    LOWEST = 5
",
        },
    },
    Code {
        id: "duplicate-field",
        layer: Layer::Structure,
        severity: Severity::Block,
        title: "A field that is annotated twice in one class",
        why: "The second annotation replaces the first, and with it the default value.",
        way_out: "Change the field where it stands, or choose another name.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/vat.py
class Row:
    name: str
    price: float
    name: bytes
",
            right: "
#- shop/vat.py
class Row:
    name: str
    price: float
    key: bytes
",
        },
    },
    Code {
        id: "duplicate-attribute",
        layer: Layer::Structure,
        severity: Severity::Block,
        title: "A class attribute that is set twice",
        why: "The first value is lost, and nothing has used it before.",
        way_out: "Keep one of the two, or choose another name.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/vat.py
class Row:
    limit = 1
    step = 2
    limit = 3
",
            right: "
#- shop/vat.py
class Row:
    limit = 1
    step = 2
    limit = limit + step
",
        },
    },
    Code {
        id: "duplicate-key",
        layer: Layer::Structure,
        severity: Severity::Block,
        title: "One key twice in a dictionary literal",
        why: "Only the last value is kept. With the same value twice nothing is lost, and it does not block.",
        way_out: "Keep one of the two entries.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/vat.py
RATES = {'low': 7, 'high': 19, 'low': 5}
",
            right: "
#- shop/vat.py
RATES = {'low': 7, 'high': 19, 'lowest': 5}
",
        },
    },
    Code {
        id: "near-clone",
        layer: Layer::Structure,
        severity: Severity::Warn,
        title: "A new function or class does what an existing one does",
        why: "Two copies drift apart: a fault that is mended in one stays in the other.",
        way_out: "Call the function that is there, use the class or derive from it.",
        example: Example::Shown {
            old: "
#- shop/rows.py
def read_rows(path):
    rows = []
    with open(path) as file:
        for line in file:
            name, price = line.strip().split(';')
            rows.append((name, float(price)))
    return rows
",
            wrong: "
#- shop/prices.py
def load_prices(source):
    result = []
    with open(source) as handle:
        for entry in handle:
            key, value = entry.strip().split(';')
            result.append((key, float(value)))
    return result
",
            right: "
#- shop/prices.py
from shop.rows import read_rows

def load_prices(source):
    return sorted(read_rows(source))
",
        },
    },
];

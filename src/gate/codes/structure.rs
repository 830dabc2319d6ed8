//! The codes of the `structure` layer.

use super::{Code, Example};
use crate::gate::{Layer, Severity};

const CART: &str = "
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
        severity: Severity::Block,
        title: "A second import of what is imported already",
        why: "It does nothing, and shows that the file was written without looking at its head.",
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
        id: "still-imported",
        layer: Layer::Structure,
        severity: Severity::Block,
        title: "A name is gone from a module, and another file still imports it",
        why: "The import fails when that file is loaded, far from the change.",
        way_out: "Keep the name, or change the files that use it in the same change.",
        example: Example::Shown {
            old: CART,
            wrong: "
#- shop/cart.py
class Cart:
    def __init__(self, rows):
        self.rows = rows

    def total(self):
        return sum(self.rows)
",
            right: "
#- shop/cart.py
class Cart:
    def __init__(self, rows):
        self.rows = rows

    def total(self):
        return sum(self.rows)
#- shop/report.py
from shop.cart import Cart


def report(cart: Cart):
    return Cart([1]).total() + cart.total()
",
        },
    },
    Code {
        id: "still-used",
        layer: Layer::Structure,
        severity: Severity::Block,
        title: "A method is gone, nothing else has one of its name, and code still calls it",
        why: "Whatever the value is, nothing in the project or its environment has such a member any more.",
        way_out: "Keep the method, or change its uses in the same change.",
        example: Example::Shown {
            old: "
#- shop/cart.py
class Cart:
    def weigh_rows(self):
        return 1
#- shop/parcel.py
def parcel(cart):
    return cart.weigh_rows()
",
            wrong: "
#- shop/cart.py
class Cart:
    def weight(self):
        return 1
",
            right: "
#- shop/cart.py
class Cart:
    def weight(self):
        return 1
#- shop/parcel.py
def parcel(cart):
    return cart.weight()
",
        },
    },
];

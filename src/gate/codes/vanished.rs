//! What disappears, in the `structure` layer.

use super::structure::CART;
use super::{Code, Example};
use crate::gate::{Layer, Severity};

pub(super) const CODES: &[Code] = &[
    Code {
        id: "lost-definitions",
        layer: Layer::Structure,
        severity: Severity::Warn,
        title: "A file comes back as less: public names are gone, and nothing takes their place",
        why: "A file that is written anew easily loses what the task did not speak of. What is still used is told where it \
              is used, and blocks.",
        way_out: "Keep what was not to go.",
        example: Example::Shown {
            old: "
#- shop/rows.py
def read(path):
    return open(path)
def count(path):
    return len(list(read(path)))
def first(path):
    return next(read(path))
",
            wrong: "
#- shop/rows.py
def read(path):
    return open(path, encoding='utf-8')
",
            right: "
#- shop/rows.py
def read(path):
    return open(path)
def row_count(path):
    return sum(1 for _ in read(path))
def first_row(path):
    return next(read(path))
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

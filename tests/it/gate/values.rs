//! Values whose class the project's code tells without an annotation.

use flux::gate::Layer;

use super::{Project, check, check_passes};

const SHOP: &str = "
#- shop/__init__.py
#- shop/cart.py
class Cart:
    def __init__(self, rows=()):
        self.rows = rows

    def total(self, tax):
        return tax

    def copy(self):
        return self.__class__(self.rows)

    @classmethod
    def empty(cls):
        return cls()

class BigCart(Cart):
    def weight(self):
        return 1

class Loose:
    def __getattr__(self, name):
        return name

def make_cart(rows=None):
    if rows is None:
        return None
    cart = Cart(rows)
    return cart

async def fetch_cart():
    return Cart()

def make_any(is_loose):
    if is_loose:
        return Loose()
    return Cart()

def make_loose():
    return Loose()

def carts():
    yield Cart()
    return Cart()

class Shop:
    def make(self):
        return Cart()

class Market(Shop):
    def make(self):
        return Loose()
#- shop/frozen.py
def frozen(cls):
    made = type(cls.__name__, (cls,), {})
    return made

def painted(cls):
    cls.paint = print
    return cls

@frozen
class Point:
    def __init__(self, x):
        self.x = x

@painted
class Picture:
    def __init__(self, x):
        self.x = x
";

#[test]
fn what_a_function_returns_has_the_members_of_its_class() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/use.py
from shop.cart import Cart, carts, fetch_cart, make_any, make_cart, make_loose

def use(rows):
    cart = make_cart(rows)
    cart.total(1)
    return cart.subtotal()
    #      ^^^ no method 'subtotal'

def use_below(rows):
    return make_cart(rows).weight()

def use_copies():
    Cart.empty().copy().total(1)
    return Cart.empty().copy().taxes
    #      ^^^ no attribute 'taxes'

async def fetch():
    cart = await fetch_cart()
    return cart.taxes
    #      ^^^ no attribute 'taxes'

async def fetch_later():
    cart = fetch_cart()
    return cart.taxes
    #      ^^^ has no attribute 'taxes'

def unsure(rows):
    for cart in carts():
        cart.taxes()
    found = make_cart(rows)
    if rows:
        found = rows[0]
    found.taxes()
    return make_any(rows).taxes, make_loose().taxes, carts().taxes
",
    );
}

#[test]
fn what_a_function_returns_takes_what_its_class_takes() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/use.py
from shop.cart import make_cart, make_loose

def use(rows):
    cart = make_cart(rows)
    cart.total(tax=1)
    cart.total(*rows)
    cart.total()
    # ^^^ do not fit 'Cart.total(self, tax)'
    cart.total(1, 2)
    # ^^^ do not fit
    cart.total(1, wide=True)
    # ^^^ do not fit
    try:
        cart.total()
    except TypeError:
        pass
    return make_loose().total()
",
    );
}

#[test]
fn what_is_kept_of_it_is_followed_where_nothing_else_is_kept() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/use.py
from shop.cart import make_cart

class Desk:
    def __init__(self, rows):
        self.cart = None
        self.other = make_cart(rows)
        self.third = make_cart(rows)
        self.cart = make_cart(rows)

    def total(self):
        self.other.subtotal(), self.third.subtotal()
        return self.cart.subtotal()
        #      ^^^ no method 'subtotal'

class Counter(Desk):
    def open(self, other):
        self.other = other

def refurbish(desk, third):
    desk.third = third
",
    );
}

#[test]
fn a_method_that_is_overridden_returns_what_it_likes() {
    check_passes(
        SHOP,
        "
#- shop/use.py
from shop.cart import Shop

def use(shop: Shop):
    return shop.make().taxes

class Fair(Shop):
    def use(self):
        return self.make().taxes
",
    );
}

#[test]
fn below_a_decorated_base_an_object_is_what_its_classes_make_it() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/dot.py
from shop.frozen import Picture, Point

class Dot(Point):
    def area(self, scale):
        return self.x * scale

    def draw(self):
        self.area()
        # ^^^ parameter 'scale'
        return self.colour()
        #      ^^^ no method 'colour'

class Sketch(Picture):
    def draw(self):
        return self.paint()

class Guarded(Point):
    def draw(self):
        if hasattr(self, 'shade'):
            return self.shade()
        return self.x
",
    );
}

const COUNTER: &str = "
#- shop/__init__.py
#- shop/cart.py
class Cart:
    def total(self):
        return 1

class Basket:
    def weight(self):
        return 1

def make(rows=None):
    if rows is None:
        return None
    return Cart()

def fetch():
    made = make()
    return made
#- shop/counter.py
from shop.cart import fetch, make
from shop.counters import make as make_counter

def count(rows):
    return make(rows).total()

def count_fetched():
    made = fetch()
    return made.total()

def wrong():
    return make().price()

def sure():
    return make_counter().total()
#- shop/counters.py
from shop.cart import Cart

def make():
    return Cart()
";

/// `COUNTER` with other lines in `shop/cart.py`.
fn edited(edits: &[(&str, &str)]) -> String {
    let text = COUNTER.split("#- shop/counter.py").next().unwrap().split("#- shop/cart.py").nth(1).unwrap();
    let text = edits.iter().fold(text.to_owned(), |text, (old, new)| text.replacen(old, new, 1));
    format!("#- shop/cart.py{text}")
}

fn expected(edits: &[(&str, &str)], told: &[(&str, u32, &str)]) {
    let report = Project::new(COUNTER).change(&edited(edits));
    let blocking: Vec<_> = report.blocking().map(|issue| (issue.path.as_str(), issue.line)).collect();
    assert_eq!(blocking, told.iter().map(|told| (told.0, told.1)).collect::<Vec<_>>(), "{:?}", report.issues);
    for (issue, (_, _, message)) in report.blocking().zip(told) {
        assert!(issue.message.contains(message), "{}", issue.message);
    }
}

#[test]
fn another_class_that_a_function_returns_breaks_those_who_use_it() {
    let lost = "no method 'total'";
    expected(&[("return Cart()", "return Basket()")], &[("shop/counter.py", 5, lost), ("shop/counter.py", 9, lost)]);
    expected(
        &[("return Cart()", "made = Basket()\n    return made")],
        &[("shop/counter.py", 5, lost), ("shop/counter.py", 9, lost)],
    );
    expected(&[("made = make()", "made = Basket()")], &[("shop/counter.py", 9, lost)]);
    expected(
        &[("def total(self)", "def total(self, tax)")],
        &[
            ("shop/counter.py", 5, "do not fit"),
            ("shop/counter.py", 9, "do not fit"),
            ("shop/counter.py", 15, "do not fit"),
        ],
    );
}

#[test]
fn what_is_no_other_class_breaks_nobody() {
    for edits in [
        &[("return Cart()", "return Basket() if rows else Cart()")] as &[_],
        &[("return Cart()", "return rows[0]")],
        &[("return Cart()", "print(rows)\n    return Cart()")],
        &[
            ("return Cart()", "return Basket()"),
            ("def weight(self)", "def total(self):\n        return 2\n\n    def weight(self)"),
        ],
        &[("return Cart()", "yield Basket()")],
        &[("def make(rows=None):", "@print\ndef make(rows=None):"), ("return Cart()", "return Basket()")],
    ] {
        expected(edits, &[]);
    }
}

//! Calls of what has several signatures: what none of them takes is refuted.

use flux::gate::Layer;

use super::{Project, check};

const SHOP: &str = "
#- shop/__init__.py
#- shop/cart.py
from typing import Any, overload

@overload
def price(row: int) -> int: ...
@overload
def price(row: str, *, wide: bool) -> str: ...
def price(row, **options):
    return row

@overload
def total(row: int) -> int: ...
@overload
def total(row: str, *, wide: bool) -> str: ...
def total(row, wide=None):
    return row

@overload
def free(row: int) -> int: ...
@overload
def free(row: str, **options: Any) -> str: ...
def free(row, **options):
    return row
";

#[test]
fn a_keyword_that_no_signature_knows_is_refuted() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/use.py
import functools
import pathlib
import re
import subprocess
from collections import deque

from shop.cart import total

def use(rows, path, command, **options):
    functools.lru_cache(maxsze=8)
    #                   ^^^ Did you mean 'maxsize'
    sorted(rows, kye=len)
    # ^^^ Did you mean 'key'
    open(path, enconding='utf-8')
    # ^^^ Did you mean 'encoding'
    subprocess.run(command, chek=True)
    # ^^^ Did you mean 'check'
    deque(rows, maxln=3)
    # ^^^ Did you mean 'maxlen'
    re.sub('a', 'b', rows, cout=1)
    # ^^^ Did you mean 'count'
    pathlib.Path(path).open(mod='r')
    # ^^^ Did you mean 'mode'
    total(rows, wde=True)
    # ^^^ Did you mean 'wide'
    sorted(rows, key=len, **options)
",
    );
}

#[test]
fn values_that_no_signature_takes_and_keywords_that_one_may_take_are_let_through() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/use.py
from shop.cart import free, price, total

def use(rows, command):
    sorted(1, key=2)
    open(None, mode=3)
    int([], base='x')
    total(None, wide=1)
    free(None, colour=1)
    price(1, colour=1)
    try:
        return sorted(rows, kye=len)
    except TypeError:
        return rows
",
    );
}

#[test]
fn a_keyword_that_goes_from_all_signatures_is_missed_by_callers() {
    let with_caller = format!("{SHOP}#- shop/use.py\nfrom shop.cart import total\n\nprint(total('a', wide=True))\n");
    let cart = SHOP.split("#- shop/cart.py").nth(1).unwrap().replace("wide", "broad");
    let report = Project::new(&with_caller).change(&format!("#- shop/cart.py{cart}"));
    let told: Vec<_> = report.blocking().map(|issue| (issue.path.as_str(), issue.line, issue.code)).collect();
    assert_eq!(told, [("shop/use.py", 3, "unknown-argument")], "{:?}", report.issues);
}

//! What follows a module to its new place.

use std::path::Path;

use flux::edit::{Operation, apply};
use flux::index::View;
use flux::text::ChangeSet;

use super::path;
use crate::fixture::Fixture;

/// Moves the module, and gives the notes.
#[track_caller]
fn check(source: &str, destination: &str, old: &str, new: &str) -> Vec<String> {
    let old = Fixture::parse(old);
    let (texts, snapshot) = (old.source(), old.snapshot(Path::new("/project")));
    let view = View { snapshot: &snapshot, pending: &ChangeSet::default(), source: &texts };
    let operation = Operation::MoveFile { source: path(source), destination: path(destination) };
    let applied = apply(view, &operation).unwrap();
    let mut expected = Fixture::parse(new).files;
    for (path, text) in &old.files {
        expected.entry(path.clone()).or_insert_with(|| text.clone());
    }
    expected.remove(&path(source));
    let mut files = old.files.clone();
    for (path, change) in applied.change_set.iter() {
        match &change.new {
            Some(new) => files.insert(path.clone(), new.to_string()),
            None => files.remove(path),
        };
    }
    assert_eq!(files, expected);
    applied.notes
}

const SHOP: &str = "
#- shop/__init__.py
#- shop/sub/__init__.py
#- shop/rows.py
from .money import Money
from . import money as m
X = 1
#- shop/money.py
class Money: pass
";

fn shop(rest: &str) -> String {
    format!("{SHOP}{rest}")
}

#[test]
fn imports_follow_a_module() {
    check(
        "shop/rows.py",
        "shop/sub/lines.py",
        &shop(
            "#- main.py\nfrom shop.rows import X  # why\nimport shop.rows as r\n#- shop/cart.py\nfrom .rows import (\n    X,\n)\n#- shop/sub/a.py\nfrom ..rows import X\n\n\ndef f():\n    from shop.rows import X as Y\n",
        ),
        "
#- shop/sub/lines.py
from ..money import Money
from .. import money as m
X = 1
#- main.py
from shop.sub.lines import X  # why
import shop.sub.lines as r
#- shop/cart.py
from .sub.lines import (
    X,
)
#- shop/sub/a.py
from .lines import X


def f():
    from shop.sub.lines import X as Y
",
    );
}

#[test]
fn a_module_that_is_imported_from_its_package_keeps_its_name_there() {
    check(
        "shop/rows.py",
        "shop/sub/lines.py",
        &shop(
            "#- main.py\nfrom shop import money, rows\nfrom shop import rows as r\n#- shop/cart.py\nif 1:\n    from . import (\n        money,\n        rows,  # why\n    )\n",
        ),
        "
#- shop/sub/lines.py
from ..money import Money
from .. import money as m
X = 1
#- main.py
from shop.sub import lines as rows
from shop import money
from shop.sub import lines as r
#- shop/cart.py
if 1:
    from .sub import lines as rows
    from . import (
        money,
    )
",
    );
    check(
        "shop/rows.py",
        "shop/lines.py",
        &shop("#- main.py\nfrom shop import money, rows\n"),
        "
#- shop/lines.py
from .money import Money
from . import money as m
X = 1
#- main.py
from shop import money, lines as rows
",
    );
    check(
        "money.py",
        "shop/cash.py",
        "#- money.py\nX = 1\n#- shop/__init__.py\n#- main.py\nimport money\nprint(money.X)\n",
        "#- shop/cash.py\nX = 1\n#- main.py\nimport shop.cash as money\nprint(money.X)\n",
    );
    check(
        "shop/money.py",
        "cash.py",
        "#- shop/__init__.py\n#- shop/money.py\nX = 1\n#- main.py\nfrom shop import money\n",
        "#- cash.py\nX = 1\n#- main.py\nimport cash as money\n",
    );
}

#[test]
fn uses_of_a_dotted_module_follow() {
    check(
        "shop/rows.py",
        "shop/sub/lines.py",
        &shop(
            "#- main.py\nimport shop.rows\n\n\ndef f(x=shop.rows.X):\n    return x.shop.rows, shop.rows.X, 'shop.rows'\n",
        ),
        "
#- shop/sub/lines.py
from ..money import Money
from .. import money as m
X = 1
#- main.py
import shop.sub.lines


def f(x=shop.sub.lines.X):
    return x.shop.rows, shop.sub.lines.X, 'shop.rows'
",
    );
    check(
        "a/b.py",
        "c/d.py",
        "#- a/__init__.py\nY = 1\n#- a/b.py\nX = 1\n#- c/__init__.py\n#- main.py\nimport a.b\nprint(a.b.X, a.Y)\n",
        "#- c/d.py\nX = 1\n#- main.py\nimport a, c.d\nprint(c.d.X, a.Y)\n",
    );
}

#[test]
fn what_has_the_modules_name_only_stays() {
    check(
        "shop/rows.py",
        "shop/lines.py",
        "#- shop/__init__.py\nfrom .rows import rows\n#- shop/rows.py\ndef rows(): pass\n#- main.py\nfrom shop import rows\nfrom other.rows import x\n",
        "#- shop/__init__.py\nfrom .lines import rows\n#- shop/lines.py\ndef rows(): pass\n",
    );
}

#[test]
fn what_does_not_follow_is_told() {
    let notes = check(
        "tools/rows.py",
        "tools/lines.py",
        "#- tools/rows.py\nX = 1\n#- tools/run.py\nimport rows\n",
        "#- tools/lines.py\nX = 1\n",
    );
    assert_eq!(notes, ["Look at how these import it, they were not followed: 'tools/run.py'."]);
    let notes = check(
        "shop/rows.py",
        "shop/lines.py",
        &shop("#- main.py\nfrom shop.rows import X\n"),
        "#- shop/lines.py\nfrom .money import Money\nfrom . import money as m\nX = 1\n#- main.py\nfrom shop.lines import X\n",
    );
    assert_eq!(notes, ["The imports of 'shop.rows' follow to 'shop.lines' in 'main.py'."]);
}

/// Puts `symbol` behind `after` in `main.py`.
fn reordered(symbol: &str, after: &str, old: &str) -> Result<String, String> {
    let old = Fixture::parse(old);
    let (texts, snapshot) = (old.source(), old.snapshot(Path::new("/project")));
    let view = View { snapshot: &snapshot, pending: &ChangeSet::default(), source: &texts };
    let operation = Operation::ReorderSymbol { path: path("main.py"), symbol: symbol.into(), after: after.into() };
    let applied = apply(view, &operation).map_err(|refusal| refusal.to_string())?;
    Ok(applied.change_set.get(&path("main.py")).unwrap().new_text().to_owned())
}

#[test]
fn a_symbol_goes_behind_another_of_its_scope() {
    let old = "
class Cart:
    # Adds up.
    @cached
    def total(self):
        return 1

    def rows(self):
        return 2


def first():
    pass


def last():
    pass
";
    assert_eq!(
        reordered("Cart.total", "rows", old).unwrap(),
        "
class Cart:
    def rows(self):
        return 2

    # Adds up.
    @cached
    def total(self):
        return 1


def first():
    pass


def last():
    pass
"
        .trim_start()
    );
    let moved = reordered("first", "last", old).unwrap();
    assert!(moved.ends_with("def last():\n    pass\n\n\ndef first():\n    pass\n"), "{moved}");
    let refused = reordered("Cart.total", "gone", old).unwrap_err();
    assert!(refused.contains("'gone'"), "{refused}");
    let twice = "
if new:
    def read(): pass
else:
    def read(): pass
def last(): pass
";
    assert!(reordered("read@2", "last", twice).unwrap_err().contains("alternatives"));
}

//! What the engine does not see, and what it doubts too much: names that stand nowhere.

use flux::gate::{Gate, Layer, PythonEnvironment, Severity, Verdict};

use super::{Project, check, check_passes};

const SHOP: &str = "
#- shop/__init__.py
#- shop/base.py
import abc

class Component(abc.ABC):
    def __init__(self, config=None, *, verbose=False):
        self.config = config
        self.verbose = verbose

    @abc.abstractmethod
    def run(self, order): ...

    def rows(self):
        return [self.config]

class Pricing(Component):
    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate

    def run(self, order):
        return order.total() * self.rate

class Bag:
    def __init__(self, **values):
        self.__dict__.update(values)
#- shop/make.py
from shop.base import Pricing

def make():
    return Pricing(2, verbose=True)
";

/// The shop with an environment in which nothing is installed, so that everything there is known.
fn with_environment(old: &str) -> (Project, tempfile::TempDir) {
    let mut project = Project::new(old);
    let prefix = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(prefix.path().join("lib/python3.12/site-packages")).unwrap();
    std::fs::write(prefix.path().join("pyvenv.cfg"), "home = /usr/bin\nversion = 3.12.4\n").unwrap();
    let environment =
        PythonEnvironment { prefix: Some(prefix.path().to_path_buf()), version: Some((3, 12)), ..Default::default() };
    project.gate = Gate::new(project.folder.path(), environment);
    (project, prefix)
}

fn severities(new: &str) -> Vec<(&'static str, Severity)> {
    let (mut project, _prefix) = with_environment(SHOP);
    let report = project.change(new);
    report.issues.iter().map(|issue| (issue.code, issue.severity)).collect()
}

#[test]
fn a_member_that_stands_nowhere_is_likely_invented() {
    for (new, severity) in [
        ("def f(order):\n    return order.compute_grand_total()\n", Severity::Block),
        ("def f(orders):\n    for order in orders:\n        print(order.grand_total_eur)\n", Severity::Block),
        // What an import brings may do as it likes.
        ("import json\n\ndef f():\n    return json.loads('{}').grand_total_eur\n", Severity::Warn),
        ("from unittest import mock\n\ndef f(order):\n    return order.grand_total_eur\n", Severity::Warn),
    ] {
        assert_eq!(severities(&format!("#- shop/new.py\n{new}")), [("likely-invented", severity)], "{new}");
    }
    for new in [
        // Known by a string, by an option, by a guard, or where a package is not installed.
        "def f(order):\n    order.grand_total_eur\n    setattr(order, 'grand_total_eur', 1)\n",
        "OPTION = '--grand-total-eur'\n\ndef f(order):\n    return order.grand_total_eur\n",
        "def f(order):\n    try:\n        order.grand_total_eur\n    except AttributeError:\n        pass\n",
        "def f(order):\n    order.grand_total_eur = 1\n    return order.grand_total_eur\n",
        "def f(order):\n    return order.rows()\n",
    ] {
        assert_eq!(severities(&format!("#- shop/new.py\n{new}")), [], "{new}");
    }
}

#[test]
fn the_names_that_a_value_of_unknown_type_may_have_are_told() {
    let message = |new: &str| {
        let (mut project, _prefix) = with_environment(SHOP);
        let report = project.change(&format!("#- shop/new.py\n{new}"));
        report.issues.iter().map(|issue| issue.message.clone()).collect::<Vec<_>>().join("\n")
    };
    for (new, meant) in [
        // Read elsewhere in the file, a method of the project, one that is built in, one of a module that is imported.
        ("def f(order):\n    order.config\n    return order.confgi\n", "'config'"),
        ("def f(order):\n    return order.row_s()\n", "'rows'"),
        ("def f(order):\n    return order.captalize()\n", "'capitalize'"),
        ("import socket\n\ndef f(order):\n    return order.setsockpt(1)\n", "'setsockopt'"),
        ("def f(order: str | None):\n    return order.captalize()\n", "'capitalize'"),
        ("def f(order):\n    return order.frobnicate_all()\n", ""),
        // What stands nowhere itself is no name to take.
        ("def f(order):\n    order.netto_sum()\n    return order.nettosums()\n", ""),
    ] {
        let told = message(new);
        let told = told.split("Did you mean ").nth(1).unwrap_or_default();
        assert_eq!(told.trim_end_matches('?'), meant, "{new}");
    }
}

#[test]
fn the_feature_that_was_meant_is_told() {
    let new = "#- shop/new.py\nfrom __future__ import annotatons\n# ^^^ Did you mean 'annotations'?\n";
    check(Layer::Syntax, SHOP, new);
}

#[test]
fn what_makes_members_up_needs_the_name_to_stand_somewhere() {
    let called = "#- shop/new.py\nfrom shop.base import Bag\n\nBag(alpha=1).take_everything()\n";
    assert_eq!(severities(called), [("unresolved-attribute", Severity::Block)]);
    let read = "#- shop/new.py\nfrom shop.base import Bag\n\nBag(alpha=1).alpha\n";
    assert_eq!(severities(read), [("unresolved-attribute", Severity::Warn)]);
}

#[test]
fn the_project_s_own_is_optional_only_where_its_absence_is_borne() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/new.py
try:
    import json
except ImportError:
    json = None
else:
    from shop import speedups
    # ^^^ has no member 'speedups'
try:
    from shop.base import Component
except ImportError:
    from shop.compat import Component
    # ^^^ Module 'shop.compat' does not exist
try:
    from shop.bases import Component
    # ^^^ Module 'shop.bases' does not exist
except ImportError as error:
    raise RuntimeError from error
try:
    from shop.base import Pricings
    # ^^^ Did you mean 'Pricing'?
except ImportError:
    Pricings = None
",
    );
    check_passes(
        SHOP,
        "
#- shop/new.py
try:
    from shop._speedups import total
except ImportError:
    total = sum
try:
    import cjson_fast
except ImportError:
    from json_compat import cjson_fast
",
    );
}

#[test]
fn abstract_classes_have_no_instances() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/new.py
from shop.base import Component, Pricing

one = Component()
#     ^^^ its method 'run' is abstract
two = Pricing(1)
",
    );
    let stop = "    @abc.abstractmethod\n    def stop(self): ...\n";
    let with = |text: &str| {
        let base = SHOP.split("#- shop/base.py\n").nth(1).unwrap().split("#- ").next().unwrap();
        format!("#- shop/base.py\n{}", base.replace("    def rows", &format!("{stop}{text}\n    def rows")))
    };
    check(Layer::Tool, SHOP, &with("    # ^^^ class 'Pricing' does not have it\n"));
    let implemented = with("").replace("class Bag", "    def stop(self):\n        pass\n\nclass Bag");
    check_passes(SHOP, &implemented);
}

#[test]
fn keywords_are_handed_on_to_who_takes_them() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/new.py
from shop.base import Pricing

one = Pricing(1, verbos=True)
#                ^^^ 'verbos' of 'Pricing' is handed on to 'Component.__init__'
two = Pricing(1, config={}, verbose=True)
",
    );
}

#[test]
fn names_for_type_checkers_are_not_there_at_run_time() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/new.py
from __future__ import annotations
import typing
if typing.TYPE_CHECKING:
    from shop.base import Bag, Component, Pricing

def f(value: Pricing) -> Pricing:
    made: Pricing = value
    if isinstance(value, Component):
        #                ^^^ 'Component' is imported for type checking alone
        return made
    if typing.TYPE_CHECKING:
        Bag()
    return value

def g():
    from shop.base import Component
    return Component
",
    );
    check_passes(
        SHOP,
        "
#- shop/new.py
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from shop.base import Bag
else:
    Bag = object
print(Bag)
",
    );
}

#[test]
fn what_is_exported_is_there() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/__init__.py
from .base import Pricing
__all__ = ['Pricing', 'make', 'Basket']
#                             ^^^ 'Basket' stands in '__all__'
",
    );
    check_passes(SHOP, "#- shop/new.py\n__all__ = ['lazy']\n\ndef __getattr__(name): ...\n");
}

#[test]
fn methods_are_no_values() {
    check(
        Layer::Tool,
        SHOP,
        "
#- shop/new.py
from shop.base import Pricing

def f(pricing: Pricing):
    pricing.rows.append(1)
    # ^^^ 'append'
    for row in pricing.rows:
        #      ^^^ not iterable
        print(row)
    return pricing.rows[0]
    #      ^^^ Cannot subscript
",
    );
    assert_eq!(Project::new(SHOP).change("#- shop/new.py\nfrom shop.base import Pricing\n\ndef f(pricing: Pricing):\n    pricing.rows.assert_called_once()\n").verdict(), Verdict::Pass);
}

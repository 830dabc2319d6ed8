//! What comes back as less: names that go from a file, and functions that are still to be written.

use flux::gate::Severity;

use super::Project;

const ROWS: &str = "
#- shop/__init__.py
#- shop/rows.py
class Rows:
    def __init__(self, rows):
        self.rows = rows

    def first(self):
        return self.rows[0]

    def last(self):
        return self.rows[-1]

    def total(self):
        return sum(self.rows)

def read(path):
    with open(path) as file:
        return Rows([int(line) for line in file])

def write(path, rows):
    with open(path, 'w') as file:
        file.writelines(f'{row}\\n' for row in rows)

def count(path):
    return len(read(path).rows)
";

/// Codes, severities and messages of the change.
#[track_caller]
fn told(new: &str) -> Vec<(&'static str, Severity, String)> {
    let report = Project::new(ROWS).change(new);
    report.issues.into_iter().map(|issue| (issue.code, issue.severity, issue.message)).collect()
}

#[test]
fn a_file_that_comes_back_as_less_is_shown_with_what_is_gone() {
    let less = "
#- shop/rows.py
class Rows:
    def __init__(self, rows):
        self.rows = rows

    def first(self):
        return self.rows[0]

def read(path):
    with open(path) as file:
        return Rows([int(line) for line in file])
";
    let message = "'Rows.last', 'Rows.total', 'count' and 'write' are gone from 'shop/rows.py', and nothing takes their \
                   place. Keep what was not to go.";
    assert_eq!(told(less), [("lost-definitions", Severity::Warn, message.to_owned())]);
    // They moved, or others came for them, or one alone went.
    let moved = "
#- shop/files.py
from shop.rows import read

def write(path, rows):
    with open(path, 'w') as file:
        file.writelines(f'{row}\\n' for row in rows)

def count(path):
    return len(read(path).rows)

class Ends:
    def last(self):
        return 1

    def total(self):
        return 2
";
    assert_eq!(told(&format!("{less}{moved}")), []);
    let renamed = ROWS.replace("def write", "def write_rows").replace("def count", "def row_count");
    let rows = format!("\n#- shop/rows.py{}", renamed.split("#- shop/rows.py").nth(1).unwrap());
    assert_eq!(told(&rows), []);
    let one = rows.replace("def last(self):\n        return self.rows[-1]\n\n    ", "").replace("write_rows", "write");
    assert_eq!(told(&one), []);
}

#[test]
fn a_new_function_that_is_still_to_be_written_is_shown() {
    for body in [
        "    # TODO: weigh the rows\n    pass\n",
        "    pass  # FIXME\n",
        "    raise NotImplementedError('TODO: weigh')\n",
        "    raise NotImplementedError\n",
        "    ...\n",
        "    \"\"\"Weighs.\"\"\"\n    # Placeholder\n    return 0\n",
        "    # TODO\n    return []\n",
    ] {
        let told = told(&format!("#- shop/weight.py\ndef weigh(rows):\n{body}"));
        let shown: Vec<(&str, Severity)> = told.iter().map(|(code, severity, _)| (*code, *severity)).collect();
        assert_eq!(shown, [("placeholder-body", Severity::Warn)], "{body}");
    }
    for new in [
        "def weigh(rows):\n    pass\n",
        "def weigh(rows):\n    return []\n",
        "def weigh(rows):\n    # TODO: grams\n    return sum(rows)\n",
        "class Scale:\n    def weigh(self, rows):\n        raise NotImplementedError\n",
        "from abc import ABC\n\nclass Scale(ABC):\n    def weigh(self, rows):\n        raise NotImplementedError('TODO')\n",
        "from typing import overload\n\n@overload\ndef weigh(rows: int) -> int: ...\n@overload\ndef weigh(rows: str) -> int: ...\ndef weigh(rows):\n    return 1\n",
    ] {
        assert_eq!(told(&format!("#- shop/weight.py\n{new}")), [], "{new}");
    }
}

#[test]
fn a_method_that_nobody_can_carry_out_is_shown() {
    let judged = |old: &str, more: &str| {
        let report =
            Project::new(&format!("#- shop/scale.py\n{old}")).change(&format!("#- shop/scale.py\n{old}{more}"));
        report.issues.into_iter().map(|issue| (issue.code, issue.severity)).collect::<Vec<_>>()
    };
    let scale = "class Scale:\n    def name(self):\n        return 'scale'\n";
    let weigh = "\n    def weigh(self, rows):\n        raise NotImplementedError\n";
    assert_eq!(judged(scale, weigh), [("placeholder-body", Severity::Warn)]);
    let heir = "class Base:\n    def name(self):\n        return 'base'\n\n\nclass Exact(Scale, Base):\n    pass\n\n\n";
    assert_eq!(judged(&heir.replace("(Scale, Base)", "(Base)"), &format!("{scale}{weigh}")), []);
    let above = format!(
        "import json\n\n\ndef made():\n    class Exact(Scale):\n        pass\n\n    return Exact()\n\n\n{scale}"
    );
    assert_eq!(judged(&above, weigh), []);
}

#[test]
fn what_is_still_to_be_written_does_not_take_the_place_of_code() {
    let old = "#- shop/weight.py\ndef weigh(rows):\n    total = 0\n    for row in rows:\n        total += row\n    return total\n";
    let judged = |new: &str| {
        let report = Project::new(old).change(&format!("#- shop/weight.py\n{new}"));
        report.issues.into_iter().map(|issue| (issue.code, issue.severity)).collect::<Vec<_>>()
    };
    let blocked = [("placeholder-body", Severity::Block)];
    assert_eq!(judged("def weigh_rows(rows):\n    # TODO: weigh the rows\n    pass\n"), blocked);
    assert_eq!(judged("def weigh_rows(rows):\n    raise NotImplementedError('not implemented yet')\n"), blocked);
    let kept = old.strip_prefix("#- shop/weight.py\n").unwrap();
    let beside = format!("{kept}\ndef weigh_rows(rows):\n    # TODO: weigh the rows\n    pass\n");
    assert_eq!(judged(&beside), [("placeholder-body", Severity::Warn)]);
}

#[test]
fn a_member_that_is_only_handed_on_is_gone() {
    let old = "
#- shop/__init__.py
from shop.context import Context

context = Context()
rounded_up = context.rounded_up
#- shop/context.py
import fastlib

class Context(fastlib.Context):
    def rounded_up(self, digits):
        return digits

    def plain(self):
        return 1
";
    let gone = "#- shop/context.py\nimport fastlib\n\nclass Context(fastlib.Context):\n    def plain(self):\n        return 1\n";
    let told: Vec<_> = blocked(old, gone);
    assert_eq!(told, [("still-used", "shop/__init__.py".to_owned())]);
    let bound = format!("{gone}\nContext.rounded_up = print\n");
    assert_eq!(blocked(old, &bound), []);
}

#[test]
fn a_class_that_others_complete_loses_what_they_lose() {
    let old = "
#- shop/__init__.py
#- shop/parts.py
class PrintMixin:
    def show(self):
        return self._header()

    def try_show(self):
        try:
            return self._footer()
        except AttributeError:
            return ''
#- shop/client.py
from shop.parts import PrintMixin

class Client(PrintMixin):
    def _header(self):
        return 'client'

    def _footer(self):
        return 'end'
";
    let client = |header: &str, footer: &str| {
        format!(
            "#- shop/client.py\nfrom shop.parts import PrintMixin\n\nclass Client(PrintMixin):\n    def {header}(self):\n        return 'client'\n\n    def {footer}(self):\n        return 'end'\n"
        )
    };
    assert_eq!(blocked(old, &client("_head", "_footer")), [("still-used", "shop/parts.py".to_owned())]);
    assert_eq!(blocked(old, &client("_header", "_foot")), []);
}

#[test]
fn an_annotation_needs_what_the_change_takes_away() {
    let old = "
#- shop/__init__.py
#- shop/kinds.py
Check = object
Rule = object
#- shop/use.py
from __future__ import annotations

from shop import kinds

def use(check: kinds.Check):
    return check
";
    assert_eq!(blocked(old, "#- shop/kinds.py\nRule = object\n"), [("unresolved-attribute", "shop/use.py".to_owned())]);
    assert_eq!(blocked(old, "#- shop/kinds.py\nCheck = object\n"), []);
}

/// Codes and paths of what is refuted.
#[track_caller]
fn blocked(old: &str, new: &str) -> Vec<(&'static str, String)> {
    let report = Project::new(old).change(new);
    report.blocking().map(|issue| (issue.code, issue.path.to_string())).collect()
}

#[test]
fn a_method_that_a_class_calls_itself_is_gone_whatever_is_set_on_others() {
    let cart = "
class Query:
    order = None

class Cart:
    def sorted(self):
        return self.order()

    def order(self):
        return self
";
    let sets = "
def prepare(query):
    query.order = 1
";
    let new = cart.replace("    def order(self):\n        return self\n", "");
    let (before, after) = (format!("#- shop.py{cart}{sets}"), format!("#- shop.py{new}{sets}"));
    assert_eq!(blocked(&before, &after), [("unresolved-attribute", "shop.py".to_owned())]);
    // It is set on the class itself, or on its own object, or was no method.
    for set in ["\nCart.order = prepare\n", "\n\ndef fill(cart: Cart):\n    setattr(Cart, 'order', prepare)\n"] {
        let told = blocked(&format!("{before}{set}"), &format!("{after}{set}"));
        assert!(!told.iter().any(|(code, _)| *code == "unresolved-attribute"), "{set}: {told:?}");
    }
    let was = cart.replace("    def order(self):\n        return self\n", "    order = print\n");
    let told = blocked(&format!("#- shop.py{was}{sets}"), &after);
    assert!(!told.iter().any(|(code, _)| *code == "unresolved-attribute"), "{told:?}");
}

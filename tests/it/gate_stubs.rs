//! Stubs through the gate's door: their bodies say nothing and their names may come later, but they are files like others.

use flux::gate::{Report, Severity};

use crate::fixture::{Fixture, judged};

const RATES: &str = "
#- shop/__init__.py
#- shop/rates.py
def rate(code, day=None):
    return 1

class Table:
    def find(self, code):
        return rate(code)
#- shop/rates.pyi
import sys
from typing import overload

LIMIT: int

@overload
def rate(code: str) -> int: ...
@overload
def rate(code: str, day: int) -> float: ...
def old(__code: str, __day: int = ...) -> None: ...

class Table:
    size: int
    def find(self, code: str) -> Entry: ...
    @property
    def name(self) -> str: ...
    @name.setter
    def name(self, value: str) -> None: ...

class Entry(Table): ...

if sys.version_info >= (3, 9):
    def fresh() -> int: ...
else:
    def fresh(a: int) -> int: ...
#- shop/use.py
from shop.rates import Table, old, rate

def use(table: Table):
    old('EUR', 1)
    return table.find('EUR'), rate('EUR', 1)
";

/// The stub with `from` in another wording.
fn changed(from: &str, to: &str) -> String {
    let fixture = Fixture::parse(RATES);
    let stub = fixture.files.iter().find(|(path, _)| path.extension() == "pyi").map(|(_, text)| text).unwrap();
    assert!(stub.contains(from), "{from}");
    format!("#- shop/rates.pyi\n{}", stub.replacen(from, to, 1))
}

/// Code, path and line of all that is told with `severity`.
fn told(report: &Report, severity: Severity) -> Vec<(&'static str, String)> {
    let told = report.issues.iter().filter(|issue| issue.severity == severity);
    told.map(|issue| (issue.code, format!("{}:{}", issue.path, issue.line))).collect()
}

#[test]
fn what_stubs_are_made_of_passes() {
    for (from, to) in [
        ("LIMIT: int", "LIMIT: int\nRATE: float = ..."),
        ("LIMIT: int", "LIMIT: int\n\nclass Error(Exception): ..."),
        ("-> None: ...", "-> None:\n    \"\"\"Says.\"\"\""),
        (
            "def find(self, code: str) -> Entry: ...",
            "def find(self, code: str) -> Entry: ...\n    def drop(self) -> Entry: ...",
        ),
        (
            "class Entry(Table): ...",
            "class Entry(Table):\n    def __init__(self, __a: int, b: str = ..., /, *, c: bytes = ...) -> None: ...",
        ),
        (
            "    def fresh(a: int) -> int: ...",
            "    def fresh(a: int, b: int = ...) -> int: ...\n    def stale() -> int: ...",
        ),
        (
            "def rate(code: str) -> int: ...\n",
            "def rate(code: str) -> int: ...\n@overload\ndef rate(code: bytes) -> int: ...\n",
        ),
    ] {
        let report = judged(RATES, &changed(from, to));
        assert_eq!(told(&report, Severity::Block), [], "{to}: {:#?}", report.issues);
    }
}

#[test]
fn what_no_stub_may_hold_is_refused() {
    for (from, to, code, line) in [
        ("LIMIT: int", "LIMIT: int =", "invalid-syntax", 4),
        ("from typing import overload", "from typing import overload, Overlod", "unresolved-import", 2),
        ("class Entry(Table): ...", "class Entry(Table): ...\n\nclass Entry:\n    b: str", "duplicate-class", 22),
        ("    size: int", "    def find(self) -> None: ...\n    size: int", "duplicate-method", 13),
    ] {
        let report = judged(RATES, &changed(from, to));
        assert_eq!(told(&report, Severity::Block), [(code, format!("shop/rates.pyi:{line}"))], "{:#?}", report.issues);
    }
}

/// A stub is never run.
#[test]
fn a_name_that_a_stub_lacks_is_shown() {
    let report = judged(RATES, &changed("LIMIT: int", "LIMIT: Limt"));
    assert_eq!(told(&report, Severity::Block), []);
    assert_eq!(told(&report, Severity::Warn), [("unresolved-reference", "shop/rates.pyi:4".to_owned())]);
}

#[test]
fn users_of_a_stub_are_asked() {
    for (from, to, code) in [
        ("def find(self, code: str)", "def find(self, code: str, day: int)", "missing-argument"),
        ("def old(__code: str, __day: int = ...)", "def old(__code: str)", "too-many-positional-arguments"),
        ("def find(", "def look(", "unresolved-attribute"),
    ] {
        let report = judged(RATES, &changed(from, to));
        let codes: Vec<&str> =
            report.issues.iter().filter(|issue| issue.path.as_str() == "shop/use.py").map(|issue| issue.code).collect();
        assert_eq!(codes, [code], "{:#?}", report.issues);
    }
}

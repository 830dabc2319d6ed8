//! The `syntax` layer through the gate's door: as strict as CPython's compiler, never stricter.

use flux::gate::{Gate, Issue, Layer, PythonEnvironment, Report, Severity};
use flux::index::View;

use crate::fixture::Fixture;

fn judge(old: &str, new: &str, version: (u8, u8)) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let old = Fixture::parse(old);
    old.write(folder.path());
    let snapshot = old.snapshot(folder.path());
    let source = old.source();
    let environment = PythonEnvironment { version: Some(version), ..PythonEnvironment::default() };
    let mut gate = Gate::new(folder.path(), environment);
    gate.refresh(&snapshot);
    let pending = old.change_to(&Fixture::parse(new));
    gate.judge(View { snapshot: &snapshot, pending: &pending, source: &source }, None)
}

fn told(report: &Report) -> Vec<&Issue> {
    report.issues.iter().filter(|issue| issue.layer == Layer::Syntax).collect()
}

/// The line and the code of what blocks in a new file, on Python 3.11.
fn blocking(text: &str) -> Vec<(u32, &'static str)> {
    blocking_in(text, (3, 11))
}

fn blocking_in(text: &str, version: (u8, u8)) -> Vec<(u32, &'static str)> {
    let report = judge("#- a.py\n", &format!("#- new.py\n{text}"), version);
    report.blocking().filter(|issue| issue.layer == Layer::Syntax).map(|issue| (issue.line, issue.code)).collect()
}

#[test]
fn what_the_parser_lets_through_is_refused() {
    for (line, wrong) in [
        (1, "*a\n"),
        (1, "x: int = *a\n"),
        (1, "f(__debug__=1)\n"),
        (1, "a.__debug__ = 1\n"),
        (1, "import __debug__.a\n"),
        (1, "f'{*a}'\n"),
        (1, "f'{a:{b:{c}}}'\n"),
        (3, "try:\n    pass\nexcept:\n    pass\nexcept A:\n    pass\n"),
        (2, "match a:\n    case _ | 1:\n        pass\n"),
        (2, "match a:\n    case [_ | 1]:\n        pass\n"),
        (2, "match a:\n    case f'':\n        pass\n"),
        (2, "match a:\n    case B(__debug__=1):\n        pass\n"),
        (5, "for a in b:\n    try:\n        pass\n    except* A:\n        break\n"),
        (5, "def f():\n    try:\n        pass\n    except* A:\n        return 1\n"),
        (2, "from __future__ import annotations\nx: (y := 1)\n"),
        (1, "with a as *b:\n    pass\n"),
    ] {
        assert_eq!(blocking(wrong), [(line, "invalid-syntax")], "{wrong}");
    }
    for right in [
        "a = *b, c\n",
        "a.__debug__ += 1\n",
        "f'{a:{b}}'\n",
        "match a:\n    case [1 | _]:\n        pass\n    case (1 | _) if b:\n        pass\n",
        "try:\n    pass\nexcept* A:\n    for a in b:\n        break\n",
        "class A:\n    def f(self):\n        def g():\n            nonlocal __class__\n",
    ] {
        assert_eq!(blocking(right), [], "{right}");
    }
}

#[test]
fn what_nests_too_deep_is_refused_and_does_no_harm() {
    let blocks = |count: usize, opener: &str| -> String {
        let mut text: String = (0..count).map(|level| format!("{}{opener}\n", " ".repeat(level))).collect();
        text.push_str(&format!("{}pass\n", " ".repeat(count)));
        text
    };
    assert_eq!(blocking(&blocks(20, "for a in b:")), []);
    assert_eq!(blocking(&blocks(21, "for a in b:")), [(21, "invalid-syntax")]);
    assert_eq!(blocking(&blocks(99, "if a:")), []);
    assert_eq!(blocking(&blocks(101, "if a:")), [(101, "invalid-syntax")]);
    assert_eq!(blocking(&format!("x = {}1{}\n", "(".repeat(200), ")".repeat(200))), []);
    assert_eq!(blocking(&format!("x = {}1{}\n", "(".repeat(201), ")".repeat(201))), [(1, "invalid-syntax")]);
    assert_eq!(blocking(&format!("x = 1\ny = {}1\n", "-".repeat(100_000))), [(2, "invalid-syntax")]);
    assert_eq!(blocking(&format!("x = {}\n", "1".repeat(4300))), []);
    assert_eq!(blocking(&format!("x = {}\n", "1".repeat(4301))), [(1, "invalid-syntax")]);
}

#[test]
fn the_version_decides() {
    let new = "#- new.py\nmatch 1:\n    case 1:\n        pass\n";
    assert_eq!(told(&judge("#- a.py\n", new, (3, 9))).len(), 1);
    assert_eq!(told(&judge("#- a.py\n", new, (3, 10))).len(), 0);
}

#[test]
fn newer_pythons_have_their_own_rules() {
    let nested = |count: usize| format!("x = {}1{}\n", "f'{".repeat(count), "}'".repeat(count));
    let with = |count: usize| {
        let items: Vec<String> = (0..count).map(|at| format!("a as a{at}")).collect();
        format!("def f():\n    with {}:\n        yield a\n", items.join(", "))
    };
    for (version, line, wrong) in [
        ((3, 12), 3, "def f[T]():\n    def g():\n        nonlocal T\n"),
        ((3, 13), 2, "class A[T]:\n    nonlocal T\n"),
        ((3, 12), 2, "class A:\n    type B = [c for c in d]\n"),
        ((3, 12), 2, "class A:\n    def f[T](self, x: lambda: T): ...\n"),
        ((3, 12), 2, "class A:\n    class B[T](f(lambda: T)): ...\n"),
        ((3, 14), 2, "match a:\n    case -1 ** 2:\n        pass\n"),
        ((3, 14), 2, "def f():\n    x = yield == 1\n"),
        ((3, 13), 3, "try:\n    pass\nexcept A, B:\n    pass\n"),
        ((3, 12), 1, &nested(150)),
        ((3, 13), 2, &with(21)),
    ] {
        assert_eq!(blocking_in(wrong, version).first().map(|told| told.0), Some(line), "{wrong}");
    }
    for (version, right) in [
        ((3, 12), "def f[T]():\n    T = 1\n    def g():\n        nonlocal T\n"),
        ((3, 12), "class A:\n    def f(self):\n        type B = [c for c in d]\n"),
        ((3, 12), "class A:\n    def f[T](self, x: T = lambda: 1): ...\n"),
        ((3, 13), "class A:\n    type B = [c for c in d]\n"),
        ((3, 14), "try:\n    pass\nexcept A, B:\n    pass\n"),
        ((3, 14), "match a:\n    case -1 + 2j:\n        pass\n"),
        ((3, 14), "def f():\n    x = (yield) == 1\n"),
        ((3, 12), &nested(149)),
        ((3, 13), &with(20)),
    ] {
        assert_eq!(blocking_in(right, version), [], "{right}");
    }
}

#[test]
fn a_project_that_demands_a_newer_python_is_judged_by_that() {
    let demands = |least: &str| format!("#- pyproject.toml\n[project]\nrequires-python = '>={least}'\n");
    let new = "#- new.py\ntype A = int\n";
    assert_eq!(told(&judge(&demands("3.12"), new, (3, 11))).len(), 0);
    assert_eq!(told(&judge(&demands("3.11"), new, (3, 11))).len(), 1);
}

/// What is told of syntax on Python 3.12.
fn newer(old: &str, new: &str) -> Vec<(Severity, &'static str)> {
    let report = judge(old, new, (3, 12));
    told(&report).iter().map(|issue| (issue.severity, issue.code)).collect()
}

const PROMISE: &str = "#- pyproject.toml\n[project]\nrequires-python = '>=3.8'\n";
const SHOP: &str = "#- shop/__init__.py\n#- shop/cart.py\nfrom shop.price import price\n#- shop/price.py\nprice = 1\n";
const MATCH: &str = "#- shop/price.py\nprice = 1\nmatch price:\n    case 1:\n        pass\n";

#[test]
fn what_the_oldest_promised_python_cannot_load_is_shown() {
    assert_eq!(newer(&format!("{PROMISE}{SHOP}"), MATCH), [(Severity::Warn, "newer-syntax")]);
    let setup = format!("#- setup.cfg\n[options]\npython_requires = >=3.9\n{SHOP}");
    assert_eq!(newer(&setup, MATCH), [(Severity::Warn, "newer-syntax")]);
    let told = judge(&format!("{PROMISE}{SHOP}"), MATCH, (3, 12));
    assert!(told.issues[0].message.contains("runs on 3.8"), "{:?}", told.issues);
}

#[test]
fn what_is_no_promise_is_not_held_to() {
    for promise in [
        "",
        "#- pyproject.toml\n[project\n",
        "#- pyproject.toml\n[project]\nname = 'shop'\n",
        "#- pyproject.toml\n[project]\nrequires-python = '<4'\n",
        "#- pyproject.toml\n[project]\nrequires-python = '>=3'\n",
        "#- pyproject.toml\n[project]\nrequires-python = '>=3.10'\n",
        "#- vendor/pyproject.toml\n[project]\nrequires-python = '>=3.8'\n",
    ] {
        assert_eq!(newer(&format!("{promise}{SHOP}"), MATCH), [], "{promise}");
    }
    // The project uses newer syntax already: elsewhere, or in the file itself.
    assert_eq!(newer(&format!("{PROMISE}{SHOP}#- tool.py\ntype A = int\n"), MATCH), []);
    let used = SHOP.replace("price = 1\n", "price = 1\ntype A = int\n");
    assert_eq!(newer(&format!("{PROMISE}{used}"), &format!("{MATCH}type A = int\n")), []);
    // The change raises the promise, or the file stands in a project of its own.
    let raised = format!("#- pyproject.toml\n[project]\nrequires-python = '>=3.10'\n{MATCH}");
    assert_eq!(newer(&format!("{PROMISE}{SHOP}"), &raised), []);
    let inner = format!("{PROMISE}{SHOP}#- shop/pyproject.toml\n[tool.a]\n");
    assert_eq!(newer(&inner, MATCH), []);
    // A script that brings its own promise; stubs are run by nobody.
    let script = "#- tool.py\n# /// script\n# requires-python = '>=3.12'\n# ///\ntype A = int\n";
    assert_eq!(newer(&format!("{PROMISE}{SHOP}"), script), []);
    let stub = format!("{PROMISE}{SHOP}#- shop/rate.pyi\na: int\n");
    assert_eq!(newer(&stub, "#- shop/rate.pyi\ntype A = int\n"), []);
}

#[test]
fn python_2_is_told_once_and_left_alone_where_it_was() {
    let old = "#- old.py\nprint 'a'\ntry:\n    f()\nexcept E, e:\n    print `e`\n";
    let new = "#- old.py\nprint 'a', 1\ntry:\n    f()\nexcept E, e:\n    print `e`\nprint 'more'\nraise E, 'b'\n";
    let report = judge(old, new, (3, 12));
    assert!(report.blocking().next().is_none(), "{:#?}", report.issues);
    let report = judge("#- old.py\nf()\n", old, (3, 12));
    let told: Vec<(u32, &str)> = report.blocking().map(|issue| (issue.line, issue.code)).collect();
    assert_eq!(told, [(1, "obsolete-syntax")]);
    assert!(told_severity(&report), "{:#?}", report.issues);
}

fn told_severity(report: &Report) -> bool {
    told(report).iter().all(|issue| issue.severity == Severity::Block)
}

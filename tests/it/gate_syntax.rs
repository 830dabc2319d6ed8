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
    let report = judge("#- a.py\n", &format!("#- new.py\n{text}"), (3, 11));
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

//! Every code is documented, and every example in the documentation is true.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use flux::gate::{Code, Example, Issue, Layer, Report, code, codes};

use crate::fixture::judged;

/// Words of the gate's sources that look like codes: names of Python's world, and codes of other checkers.
const NO_CODES: [&str; 11] = [
    "site-packages",
    "dist-packages",
    "attr-defined",
    "name-defined",
    "undefined-variable",
    "call-arg",
    "no-matching-overload",
    "flux-gate",
    "bad-edit",
    "requires-python",
    "not-run",
];

fn told(report: &Report) -> Vec<String> {
    let line =
        |issue: &Issue| format!("{}:{} {:?} {} {}", issue.path, issue.line, issue.severity, issue.code, issue.message);
    report.issues.iter().map(line).collect()
}

/// One fault may be one of two layers: what is left of a chat in a file is no Python either, and an import of what has
/// gone does not resolve.
fn goes_with(code: &Code, other: &str) -> bool {
    match code.layer {
        Layer::Rules => other == "invalid-syntax",
        Layer::Structure => other == "unresolved-import",
        _ => false,
    }
}

#[test]
fn every_example_is_true() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for code in codes() {
        let Example::Shown { old, wrong: bad, right } = &code.example else { continue };
        count += 1;
        let report = judged(old, bad);
        let own: Vec<_> = report.issues.iter().filter(|issue| !goes_with(code, issue.code)).collect();
        let is_it = |issue: &&Issue| (issue.code, issue.layer, issue.severity) == (code.id, code.layer, code.severity);
        if own.is_empty() || !own.iter().all(is_it) {
            wrong.push(format!("{}, wrong: {:#?}", code.id, told(&report)));
        }
        let report = judged(old, right);
        if !report.issues.is_empty() {
            wrong.push(format!("{}, right: {:#?}", code.id, told(&report)));
        }
    }
    assert!(wrong.is_empty(), "examples that are not judged as they say:\n{}", wrong.join("\n"));
    assert!(count > 20);
}

#[test]
fn what_is_said_of_a_code_is_whole() {
    let mut seen = BTreeSet::new();
    for code in codes() {
        assert!(seen.insert(code.id), "{} stands there twice", code.id);
        for text in [code.title, code.why, code.way_out] {
            assert!(text.starts_with(|c: char| c.is_uppercase() || c == '`'), "{}: {text}", code.id);
            assert!(!text.contains("  ") && !text.contains('\n'), "{}: {text}", code.id);
        }
        assert!(!code.title.ends_with('.') && code.why.ends_with('.') && code.way_out.ends_with('.'), "{}", code.id);
    }
}

/// The strings of the gate's sources, tests and documentation aside.
fn strings(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let place = entry.unwrap().path();
        if place.is_dir() {
            if place.file_name().is_some_and(|name| name != "codes") {
                strings(&place, found);
            }
            continue;
        }
        let text = fs::read_to_string(&place).unwrap();
        let production = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
        let code = production.lines().filter(|line| !line.trim_start().starts_with("//"));
        found.extend(code.flat_map(|line| line.split('"').skip(1).step_by(2)).map(str::to_owned));
    }
}

fn looks_like_a_code(text: &str) -> bool {
    let mut parts = text.split('-');
    text.contains('-') && parts.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()))
}

#[test]
fn what_the_gate_can_say_is_documented_and_nothing_else() {
    let mut found = BTreeSet::new();
    strings(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/gate"), &mut found);
    let said: BTreeSet<&str> = found.iter().map(String::as_str).filter(|text| looks_like_a_code(text)).collect();
    let unknown: Vec<&&str> = said.iter().filter(|id| code(id).is_none() && !NO_CODES.contains(id)).collect();
    assert!(
        unknown.is_empty(),
        "{unknown:?}: document the code in src/gate/codes/<layer>.rs; what is no code goes on NO_CODES here"
    );
    let unsaid: Vec<&str> =
        codes().map(|code| code.id).filter(|id| !said.contains(id) && !NO_CODES.contains(id)).collect();
    assert!(unsaid.is_empty(), "{unsaid:?}: documented, but no source of the gate says so");
}

//! Large files, written and made by a machine: each is judged to its end, and what is wrong in it is told.

use flux::gate::{Report, Verdict};

use super::Project;

/// Judges `text`, and `text` with a line behind it that names what is not there.
fn judged(text: &str) -> (Report, Report) {
    let mut project = Project::new(&format!("#- large.py\n{text}"));
    let with = |line: &str| format!("#- large.py\n{text}\n{line}\n");
    (project.change(&with("added = 1")), project.change(&with("print(nobody_knows)")))
}

#[track_caller]
fn passes_and_is_refuted(text: &str) {
    let (fine, wrong) = judged(text);
    assert_eq!(fine.verdict(), Verdict::Pass, "{:?}", fine.issues);
    let told: Vec<(&str, u32)> = wrong.blocking().map(|issue| (issue.code, issue.line)).collect();
    assert_eq!(told, [("unresolved-reference", text.lines().count() as u32 + 2)], "{:?}", wrong.issues);
}

#[test]
fn a_module_of_thousands_of_functions_that_call_each_other() {
    let function = |nth: usize| format!("def f{nth}(a, b={nth}):\n    return f{}(a) if a else b\n\n", (nth * 7) % 6000);
    let text: String = (0..6000).map(function).collect();
    passes_and_is_refuted(&text);
    // All of them go.
    let report = Project::new(&format!("#- large.py\n{text}")).change("#- large.py\nadded = 1\n");
    assert!(report.issues.iter().any(|issue| issue.code == "lost-definitions"), "{:?}", report.issues);
}

#[test]
fn one_literal_of_tens_of_thousands_of_lines() {
    let rows: String = (0..20_000).map(|nth| format!("    'key_{nth}': ({nth}, 'value', [{nth}]),\n")).collect();
    passes_and_is_refuted(&format!("TABLE = {{\n{rows}}}\n"));
}

#[test]
fn a_class_of_many_methods_and_one_function_of_thousands_of_lines() {
    let method = |nth: usize| {
        format!("    def m{nth}(self, a):\n        self.a{nth} = a\n        return self.m{}(a)\n\n", nth / 2)
    };
    let methods: String = (0..400).map(method).collect();
    let lines: String = (0..4000).map(|nth| format!("    x{} = value + {nth}\n", nth % 50)).collect();
    passes_and_is_refuted(&format!("class Large:\n{methods}\ndef run(value):\n{lines}    return x1\n"));
}

#[test]
fn parentheses_nested_by_the_thousand() {
    let text = |count: usize| format!("value = {}1{}\n", "(".repeat(count), ")".repeat(count));
    passes_and_is_refuted(&text(150));
    // More than Python takes are told where they come, and no further where they stood.
    let report = Project::new("#- other.py\n").change(&format!("#- large.py\n{}", text(5000)));
    assert_eq!(report.verdict(), Verdict::Block, "{:?}", report.issues);
    let (fine, _) = judged(&text(5000));
    assert_eq!(fine.verdict(), Verdict::Pass, "{:?}", fine.issues);
}

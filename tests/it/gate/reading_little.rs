//! What a judgement reads of a large project: what the change can concern, however many files name the same things.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flux::gate::{Report, Verdict};
use flux::index::View;
use flux::text::{FileText, MemorySource, ProjectPath, ReadError, Source};

use super::Project;
use crate::fixture::Fixture;

const MANY: usize = 300;

/// Counts what is read.
pub(super) struct Counting {
    pub(super) source: MemorySource,
    pub(super) reads: AtomicUsize,
}

impl Source for Counting {
    fn read(&self, path: &ProjectPath) -> Result<Arc<FileText>, ReadError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.source.read(path)
    }

    fn same_but_case(&self, path: &ProjectPath) -> Option<ProjectPath> {
        self.source.same_but_case(path)
    }
}

/// The report on a change, and how many files were read for it.
fn judged(old: &str, new: &str) -> (Report, usize) {
    let mut project = Project::new(old);
    let change_set = project.old.change_to(&Fixture::parse(new));
    let snapshot = project.old.snapshot(project.folder.path());
    let source = Counting { source: project.old.source(), reads: AtomicUsize::new(0) };
    let report = project.gate.judge(View { snapshot: &snapshot, pending: &change_set, source: &source }, None);
    (report, source.reads.into_inner())
}

#[test]
fn of_a_large_family_those_are_read_that_speak_of_the_member() {
    let mut old = "#- base.py\nclass Entity:\n    def update(self) -> int:\n        return 1\n".to_owned();
    for nth in 0..MANY {
        old.push_str(&format!(
            "#- e{nth:03}.py\nfrom base import Entity\nclass Entity{nth}(Entity):\n    def update(self) -> int:\n        return {nth}\n"
        ));
    }
    let new = "#- base.py\nclass Entity:\n    def update(self) -> int:\n        return self.renew()\n";
    let (report, reads) = judged(&old, new);
    assert_eq!(report.verdict(), Verdict::Block, "{:?}", report.issues);
    assert!(reads < 10, "{reads} files were read");
    // One of them has it: it is read, and then nothing is proven.
    let last = format!("#- e{:03}.py\n", MANY - 1);
    let with = old.replace(&last, &format!("{last}# Whoever has renew()\n"));
    let with =
        with.replace("class Entity299(Entity):", "class Entity299(Entity):\n    def renew(self):\n        return 1\n");
    let (report, reads) = judged(&with, new);
    assert_eq!(report.verdict(), Verdict::Pass, "{:?}", report.issues);
    assert!(reads < 10, "{reads} files were read");
}

#[test]
fn of_many_functions_called_alike_those_are_read_that_can_come_from_the_change() {
    let mut old = "#- lamp/update.py\ndef set_up(entry):\n    return entry\n".to_owned();
    old.push_str("#- lamp/__init__.py\n#- main.py\nimport lamp.update\nx = lamp.update.set_up(1)\n");
    for nth in 0..MANY {
        let text = format!("def set_up(entry, other):\n    return other.entry\n\nx = run.set_up({nth})\n");
        old.push_str(&format!("#- apart/a{nth:03}.py\n{text}"));
    }
    let (report, reads) = judged(&old, "#- lamp/update.py\ndef set_up_anew(entry):\n    return entry\n");
    let paths: Vec<&str> = report.blocking().map(|issue| issue.path.as_str()).collect();
    assert_eq!(paths, ["main.py"], "{:?}", report.issues);
    assert!(reads < 10, "{reads} files were read");
}

#[test]
fn a_name_is_sought_as_options_spell_it_where_all_its_parts_stand() {
    let mut old = "#- run.py\ndef run(options):\n    return options.fast\n".to_owned();
    for nth in 0..MANY {
        old.push_str(&format!("#- m{nth:03}.py\nmember = {nth}\n"));
    }
    let new = "#- run.py\ndef run(options):\n    return options.no_such_member_now\n";
    let (_, reads) = judged(&old, new);
    assert!(reads < 10, "{reads} files were read");
}

#[test]
fn of_many_files_that_read_a_member_those_are_read_that_can_have_an_object() {
    let mut old = "#- depot.py\nclass Box:\n    def get(self, key): return key\nLIMIT = 1\n".to_owned();
    old.push_str("#- halls.py\nfrom depot import Box\nclass Hall:\n    def __init__(self):\n        found = Box()\n        self.crate = found\n");
    old.push_str("#- near.py\nfrom halls import Hall\nx = Hall().crate.get(1)\n");
    for nth in 0..MANY {
        old.push_str(&format!("#- apart/a{nth:03}.py\nfrom depot import LIMIT\nx = {{}}.get(LIMIT, {nth})\n"));
    }
    let (report, reads) =
        judged(&old, "#- depot.py\nclass Box:\n    def get(self, key, more): return key\nLIMIT = 1\n");
    let paths: Vec<&str> = report.blocking().map(|issue| issue.path.as_str()).collect();
    assert_eq!(paths, ["near.py"], "{:?}", report.issues);
    assert!(reads < 10, "{reads} files were read");
}

#[test]
fn of_the_files_that_name_a_base_those_are_read_that_bind_it() {
    let mut old = "#- base.py\nimport enum\nclass Colour(enum.Enum):\n    RED = 1\n".to_owned();
    for nth in 0..MANY {
        old.push_str(&format!("#- e{nth:03}.py\nfrom enum import Enum\nclass E{nth}(Enum):\n    A = {nth}\n"));
    }
    let new = "#- base.py\nimport enum\nclass Colour(enum.Enum):\n    RED = 1\n    def mix(self):\n        return self._mixed()\n";
    let (report, reads) = judged(&old, new);
    assert_eq!(report.verdict(), Verdict::Block, "{:?}", report.issues);
    assert!(reads < 10, "{reads} files were read");
}

#[test]
fn a_function_that_stands_under_an_if_and_its_else_returns_what_it_did() {
    let mut old = "#- locks.py\nif fast:\n    def lock(file):\n        return fast.lock(file)\nelse:\n    def lock(file):\n        return file\n".to_owned();
    for nth in 0..MANY {
        old.push_str(&format!("#- a{nth:03}.py\nfrom locks import lock\ndef use{nth}(file):\n    return lock(file)\n"));
    }
    let both =
        "#- locks.py\nif fast:\n    def lock(file):\n        return fast.lock(file)\nelse:\n    def lock(file):\n";
    let (report, reads) = judged(&old, &format!("{both}        print(file)\n        return file\n"));
    assert_eq!(report.verdict(), Verdict::Pass, "{:?}", report.issues);
    assert!(reads < 10, "{reads} files were read");
    // Something else than any of them returned is followed.
    let (_, reads) = judged(&old, &format!("{both}        return other.lock(file)\n"));
    assert!(reads > MANY, "{reads} files were read");
}

#[test]
fn of_the_files_that_use_a_decorator_those_are_read_that_define_it() {
    let mut old = "#- marks.py\ndef mark(made):\n    return made\n".to_owned();
    for nth in 0..MANY {
        old.push_str(&format!("#- a{nth:03}.py\nfrom marks import mark\n@mark\nclass C{nth}:\n    pass\n"));
    }
    let new = "#- a007.py\nfrom marks import mark\n@mark\nclass C7:\n    def run(self):\n        return self.renew()\n";
    let (report, reads) = judged(&old, new);
    assert_eq!(report.verdict(), Verdict::Block, "{:?}", report.issues);
    assert!(reads < 10, "{reads} files were read");
}

#[test]
fn of_many_files_that_say_the_other_name_of_a_function_those_are_read_that_can_have_it_from_where_it_is_bound() {
    let mut old = "#- rates.py\ndef rate(a):\n    return a\nLIMIT = 1\n".to_owned();
    old.push_str("#- near.py\nimport rates\nfrom rates import rate\nvalue = rate\nheld = rates\n");
    old.push_str("#- main.py\nfrom near import held, value\nvalue(1)\nheld.rate(1)\n");
    for nth in 0..MANY {
        // Each reaches the change, and none of them what names the function or its module anew.
        let text = "from rates import LIMIT\nvalue = held = LIMIT\nother = value\nkept = held\n";
        old.push_str(&format!("#- apart/a{nth:03}.py\n{text}x = {{'value': value, 'rates': {nth}}}\n"));
    }
    let (report, reads) = judged(&old, "#- rates.py\ndef rate(a, b):\n    return a\nLIMIT = 1\n");
    let found: Vec<(&str, u32)> = report.blocking().map(|issue| (issue.path.as_str(), issue.line)).collect();
    assert_eq!(found, [("main.py", 2), ("main.py", 3)], "{:?}", report.issues);
    assert!(reads < 10, "{reads} files were read");
}

#[test]
fn of_a_member_that_many_classes_below_lack_it_is_asked_once_who_sets_it() {
    let mut old = "#- base.py\nclass Entity:\n    def shown(self):\n        return 1\n".to_owned();
    for nth in 0..MANY {
        let text = format!("from base import Entity\nclass Entity{nth}(Entity):\n    pass\n");
        old.push_str(&format!("#- e{nth:03}.py\n{text}x = Entity{nth}().shown()\n"));
    }
    let (report, reads) = judged(&old, "#- base.py\nclass Entity:\n    def shown_anew(self):\n        return 1\n");
    assert_eq!(report.blocking().count(), MANY, "{:?}", report.issues);
    assert!(reads < MANY * 2, "{reads} files were read");
}

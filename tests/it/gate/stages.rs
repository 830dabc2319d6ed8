//! Many files that use what changed: told by stages, ended between two of them, and with a database that is opened anew.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use flux::gate::{Gate, LayerState, Report, Verdict};
use flux::index::View;
use flux::text::ChangeSet;

use super::reading_little::Counting;
use super::{Project, path};
use crate::fixture::Fixture;

const USERS: usize = 150;

/// A function that many files call, and what its last caller hands over.
fn project(last: &str) -> String {
    let mut files = "#- rates.py\ndef rate(a):\n    return a\n".to_owned();
    for nth in 0..USERS {
        let handed = if nth + 1 == USERS { last } else { "1" };
        files.push_str(&format!("#- users/u{nth:03}.py\nfrom rates import rate\nx = rate({handed})\n"));
    }
    files
}

const NARROWER: &str = "#- rates.py\ndef rate(a, b):\n    return a\n";
const OTHER: &str = "#- rates.py\ndef rate(b):\n    return b\n";

/// What is told before the whole, and the whole.
fn told(project: &mut Project, new: &str) -> (Vec<Report>, Report) {
    let change_set = project.old.change_to(&Fixture::parse(new));
    let snapshot = project.old.snapshot(project.folder.path());
    let source = project.old.source();
    let view = View { snapshot: &snapshot, pending: &change_set, source: &source };
    let so_far = Mutex::new(Vec::new());
    let whole = project.gate.judge_telling(view, None, &|report| so_far.lock().unwrap().push(report));
    (so_far.into_inner().unwrap(), whole)
}

#[test]
fn the_changed_file_is_told_first_and_nothing_passes_before_all_is_judged() {
    let mut project = Project::new(&project("a=1"));
    let (so_far, whole) = told(&mut project, OTHER);
    let judged: Vec<usize> = so_far.iter().map(|report| report.progress.unwrap().judged).collect();
    assert!(judged[0] == 0 && judged.len() > 2 && judged.is_sorted(), "{judged:?}");
    for report in &so_far {
        assert_eq!(report.progress.unwrap().total, USERS);
        assert_eq!(report.layers[2].state, LayerState::Running);
        assert!(!report.is_complete());
    }
    // The last of all is the one that breaks.
    assert_eq!((whole.verdict(), whole.progress, whole.is_complete()), (Verdict::Block, None, true));
    assert!(whole.issues.iter().all(|issue| issue.path.as_str() == "users/u149.py"), "{:?}", whole.issues);
}

#[test]
fn every_user_is_judged_however_many_there_are() {
    let mut project = Project::new(&project("1"));
    let (so_far, whole) = told(&mut project, NARROWER);
    assert_eq!(whole.blocking().count(), USERS);
    // What blocks stays.
    let counts: Vec<usize> = so_far.iter().map(|report| report.blocking().count()).collect();
    assert!(counts.is_sorted() && counts.iter().any(|count| *count > 0), "{counts:?}");
    let again = told(&mut project, NARROWER).1;
    assert_eq!(again.issues, whole.issues);
}

#[test]
fn one_that_is_cancelled_between_two_stages_says_nothing() {
    let mut project = Project::new(&project("a=1"));
    let change_set = project.old.change_to(&Fixture::parse(OTHER));
    let snapshot = project.old.snapshot(project.folder.path());
    let source = project.old.source();
    let view = View { snapshot: &snapshot, pending: &change_set, source: &source };
    let (canceller, told) = (project.gate.canceller(), AtomicU64::new(0));
    let report = project.gate.judge_telling(view, None, &|_| {
        told.fetch_add(1, Ordering::Relaxed);
        canceller.cancel();
    });
    assert!(report.cancelled && !report.is_complete() && project.gate.was_stopped());
    assert_eq!(told.into_inner(), 1);
    assert_eq!(project.gate.judge(view, None).verdict(), Verdict::Block);
    assert!(!project.gate.was_stopped());
}

/// A program that always takes more than it may, and more each time.
fn ever_more() -> Option<u64> {
    static TAKEN: AtomicU64 = AtomicU64::new(1);
    Some(TAKEN.fetch_add(1_000_000, Ordering::Relaxed))
}

#[test]
fn a_database_that_is_opened_anew_between_two_stages_says_the_same() {
    let mut kept = Project::new(&project("1"));
    let mut anew = Project::new(&project("1"));
    let environment = flux::gate::PythonEnvironment { version: Some((3, 12)), ..Default::default() };
    anew.gate = Gate::new(anew.folder.path(), environment).bounded(1000, ever_more);
    for new in [NARROWER, OTHER, NARROWER] {
        assert_eq!(told(&mut anew, new).1.issues, told(&mut kept, new).1.issues);
        assert!(anew.gate.spare_memory() && !kept.gate.spare_memory());
    }
    assert!(!anew.gate.has_room() && kept.gate.has_room());
}

#[test]
fn a_database_that_is_opened_anew_amid_a_search_for_uses_finds_the_same() {
    // The base comes from outside: what is known of it is known by the database.
    let mut text = "#- base.py\nclass Cart(Exception):\n    def total(self):\n        return 1\n".to_owned();
    for nth in 0..40 {
        text += &format!("#- u{nth}.py\nfrom base import Cart\nprint(Cart().total())\n");
    }
    let mut kept = Project::new(&text);
    let mut anew = Project::new(&text);
    anew.gate = Gate::new(anew.folder.path(), flux::gate::PythonEnvironment::default()).bounded(1000, ever_more);
    let asked = |project: &mut Project, symbol: &str| {
        let snapshot = project.old.snapshot(project.folder.path());
        let (source, pending) = (project.old.source(), ChangeSet::default());
        let view = View { snapshot: &snapshot, pending: &pending, source: &source };
        let found = project.gate.references(view, &path("base.py"), symbol);
        (found, project.gate.rename(view, &path("base.py"), symbol, "other"))
    };
    for symbol in ["Cart", "Cart.total"] {
        let found = asked(&mut kept, symbol);
        assert_eq!((found.0.places.len(), found.1.places.len()), (41, 41), "{:?}", found.1.obstacles);
        assert_eq!(asked(&mut anew, symbol), found);
    }
}

#[test]
fn a_method_is_looked_for_where_its_class_can_come_from() {
    let old = "
#- shop/__init__.py
#- shop/carts.py
class Cart:
    def total(self, tax):
        return tax
#- shop/api.py
import shop.carts
def cart():
    return shop.carts.Cart()
#- main.py
from shop.api import cart
print(cart().total(1))
#- apart.py
class Bill:
    def total(self, tax):
        return tax
print(Bill().total(1))
";
    let new = "
#- shop/carts.py
class Cart:
    def total(self, tax, rate):
        return tax
";
    let report = Project::new(old).change(new);
    let paths: Vec<&str> = report.blocking().map(|issue| issue.path.as_str()).collect();
    assert_eq!(paths, ["main.py"], "{:?}", report.issues);
}

#[test]
fn the_changed_file_is_told_of_before_it_is_found_out_who_uses_it() {
    let mut project = Project::new(&project("1"));
    let change_set = project.old.change_to(&Fixture::parse(NARROWER));
    let snapshot = project.old.snapshot(project.folder.path());
    let source = Counting { source: project.old.source(), reads: AtomicUsize::new(0) };
    let view = View { snapshot: &snapshot, pending: &change_set, source: &source };
    let before = Mutex::new(Vec::new());
    let report = project.gate.judge_telling(view, None, &|_| {
        before.lock().unwrap().push(source.reads.load(Ordering::Relaxed));
    });
    assert_eq!(report.blocking().count(), USERS);
    let first = before.lock().unwrap()[0];
    assert!(first < 10, "{first} files were read before anything was told");
}

//! Questions that nobody waits for any more: ended at the very file that they were at, whatever they were asking.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use flux::gate::{Canceller, SymbolPlaces, Verdict};
use flux::index::View;
use flux::text::{FileText, MemorySource, ProjectPath, ReadError, Source};

use super::{Project, path};
use crate::fixture::Fixture;

/// Texts of which one is read when somebody ends the question.
struct Ending {
    texts: MemorySource,
    reads: AtomicUsize,
    /// At the so-manieth Python file, counted from 1.
    at: usize,
    canceller: Mutex<Option<Canceller>>,
}

impl Source for Ending {
    fn read(&self, path: &ProjectPath) -> Result<Arc<FileText>, ReadError> {
        if path.is_python()
            && self.reads.fetch_add(1, Ordering::Relaxed) + 1 == self.at
            && let Some(canceller) = &*self.canceller.lock().unwrap()
        {
            canceller.cancel();
        }
        self.texts.read(path)
    }

    fn same_but_case(&self, path: &ProjectPath) -> Option<ProjectPath> {
        self.texts.same_but_case(path)
    }
}

const OLD: &str = "
#- carts.py
def rate(a):
    return a
class Cart:
    def total(self, tax):
        return tax
#- held.py
import carts
from carts import rate as value, Cart
kept = carts
class Sub(Cart):
    pass
#- shop.py
from held import value, kept, Sub
value(1)
kept.rate(1)
x = Sub().total(1)
#- main.py
from shop import value
import shop
value(1)
y = shop.x.total()
";

/// Asks, ended at each Python file that is read for the answer in turn: no other is read after it. An answer is the same as if
/// nothing had been ended before.
fn check_ended<T: PartialEq + std::fmt::Debug>(
    project: &mut Project,
    new: &str,
    ask: impl Fn(&mut Project, View<'_>) -> Option<T>,
) {
    let change_set = project.old.change_to(&Fixture::parse(new));
    let snapshot = project.old.snapshot(project.folder.path());
    let mut asked = |at: usize| {
        let canceller = Mutex::new(Some(project.gate.canceller()));
        let source = Ending { texts: project.old.source(), reads: AtomicUsize::new(0), at, canceller };
        let answer = ask(project, View { snapshot: &snapshot, pending: &change_set, source: &source });
        (answer, source.reads.into_inner())
    };
    // The first question reads what the project declares of itself as well, `setup.py` among it.
    asked(usize::MAX);
    let (whole, count) = asked(usize::MAX);
    assert!(whole.is_some() && count > 1, "{count} files were read");
    for at in 1..=count {
        assert_eq!(asked(at), (None, at), "ended at file {at} of {count}");
    }
    assert_eq!(asked(usize::MAX), (whole, count));
}

#[test]
fn a_judgement_reads_nothing_more() {
    for new in [
        "#- carts.py\ndef rate(a, b):\n    return a\nclass Cart:\n    def total(self, tax):\n        return tax\n",
        "#- carts.py\ndef rate(a):\n    return a\nclass Cart:\n    def total(self, tax, more):\n        return tax\n",
        "#- carts.py\ndef rate_anew(a):\n    return a\nclass Cart:\n    def total_anew(self, tax):\n        return tax\n",
    ] {
        check_ended(&mut Project::new(OLD), new, |project, view| {
            let report = project.gate.judge(view, None);
            (!report.cancelled).then(|| {
                assert_eq!(report.verdict(), Verdict::Block);
                report.issues
            })
        });
    }
}

#[test]
fn a_search_for_uses_or_for_what_a_renaming_changes_reads_nothing_more() {
    let mut project = Project::new(OLD);
    let answered = |places: SymbolPlaces| {
        let was_stopped = places.obstacles.iter().any(|stop| stop.why.contains("stopped"));
        (!was_stopped).then_some(places)
    };
    check_ended(&mut project, "#- other.py\n", |project, view| {
        answered(project.gate.references(view, &path("carts.py"), "rate"))
    });
    check_ended(&mut project, "#- other.py\n", |project, view| {
        answered(project.gate.rename(view, &path("carts.py"), "Cart.total", "sum_up"))
    });
}

//! Which hunk needs which, against what trying all removals finds.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flux::gate::{Gate, HunkNeed, Issue, NeedsSearch, PythonEnvironment, Report, Verdict};
use flux::index::{Snapshot, Store, View};
use flux::text::{ChangeSet, FileText, Hunk, HunkId, ProjectPath, Source, hunks_of, select};

use crate::fixture::Fixture;

/// A project on disk, asked about parts of one change.
struct Desk<'a> {
    gate: Gate,
    snapshot: Arc<Snapshot>,
    source: &'a dyn Source,
    judgement_count: usize,
}

impl<'a> Desk<'a> {
    fn new(root: &Path, snapshot: Arc<Snapshot>, source: &'a dyn Source) -> Self {
        let mut gate = Gate::new(root, PythonEnvironment { version: Some((3, 12)), ..PythonEnvironment::default() });
        gate.refresh(&snapshot);
        Self { gate, snapshot, source, judgement_count: 0 }
    }

    fn judge(&mut self, change_set: &ChangeSet) -> Report {
        self.judgement_count += 1;
        self.gate.judge(View { snapshot: &self.snapshot, pending: change_set, source: self.source }, None)
    }

    fn needs(&mut self, change_set: &ChangeSet, hunks: &[Hunk]) -> Vec<HunkNeed> {
        let mut search = NeedsSearch::new(change_set, hunks);
        while let Some(question) = search.question() {
            let report = self.judge(&question);
            search.take(&report);
        }
        search.needs()
    }

    /// By trying: each hunk is left out, and with it each other one.
    fn tried(&mut self, change_set: &ChangeSet, hunks: &[Hunk]) -> BTreeSet<(u32, u32)> {
        let whole: Vec<String> = self.judge(change_set).blocking().map(key).collect();
        let ids = || hunks.iter().map(|hunk| hunk.id);
        let mut needs = BTreeSet::new();
        for left_out in ids() {
            let without = self.judge(&select(change_set, hunks, |id| id != left_out));
            let mut known = whole.clone();
            let mut broken: Vec<String> = without.blocking().map(key).collect();
            let all = broken.clone();
            broken.retain(|key| match known.iter().position(|other| other == key) {
                Some(at) => {
                    known.swap_remove(at);
                    false
                }
                None => true,
            });
            if broken.is_empty() {
                continue;
            }
            for other in ids().filter(|other| *other != left_out) {
                let without = self.judge(&select(change_set, hunks, |id| id != left_out && id != other));
                let left: Vec<String> = without.blocking().map(key).collect();
                let count = |keys: &[String], key: &String| keys.iter().filter(|other| *other == key).count();
                // In a file that does not parse nothing else is seen, so nothing is known to be gone.
                let is_seen = |key: &String| {
                    let fault = format!("{} invalid-syntax ", key.split(' ').next().unwrap());
                    *key == fault || !left.contains(&fault)
                };
                if broken.iter().any(|key| is_seen(key) && count(&left, key) < count(&all, key)) {
                    needs.insert((other.0, left_out.0));
                }
            }
        }
        needs
    }
}

/// An issue whatever its line, and whatever names come nearest.
pub fn key(issue: &Issue) -> String {
    let said = if issue.code == "invalid-syntax" {
        ""
    } else {
        issue.message.split(". ").next().unwrap().trim_end_matches('.')
    };
    let said: String = said.chars().filter(|c| !c.is_ascii_digit()).collect();
    format!("{} {} {said}", issue.path, issue.code)
}

fn pairs(needs: &[HunkNeed]) -> BTreeSet<(u32, u32)> {
    needs.iter().map(|need| (need.hunk.0, need.needs.0)).collect()
}

/// The needs of `new` against `old` are `expected`, hunks counted from 1, and trying everything finds the same.
#[track_caller]
fn check(old: &str, new: &str, hunk_count: usize, expected: &[(u32, u32)]) {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Fixture::parse(old);
    fixture.write(folder.path());
    let change_set = fixture.change_to(&Fixture::parse(new));
    let hunks = hunks_of(&change_set);
    assert_eq!(hunks.len(), hunk_count, "{hunks:#?}");
    let source = fixture.source();
    let mut desk = Desk::new(folder.path(), fixture.snapshot(folder.path()), &source);
    let found = pairs(&desk.needs(&change_set, &hunks));
    let expected: BTreeSet<(u32, u32)> = expected.iter().map(|(hunk, needs)| (hunk - 1, needs - 1)).collect();
    assert_eq!(found, expected, "hunks from 0");
    assert_eq!(desk.tried(&change_set, &hunks), expected, "tried, hunks from 0");
}

const SHOP: &str = "
#- shop/__init__.py
#- shop/cart.py
import os


class Cart:
    def __init__(self, rows):
        self.rows = rows
        self.name = os.name


    def total(self):
        return sum(self.rows)



    def count(self):
        return len(self.rows)


def make_cart(rows):
    cart = Cart(rows)



    return cart
#- shop/report.py
from shop.cart import Cart, make_cart



def report(cart: Cart):
    made = make_cart([1])



    return cart.total() + made.total()
";

/// `SHOP` with each pair's first text replaced by its second, in whatever file it stands.
fn shop_with(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(SHOP.to_owned(), |shop, (old, new)| {
        assert!(shop.contains(old), "{old}");
        shop.replace(old, new)
    })
}

#[test]
fn a_use_needs_the_hunk_that_defines() {
    let new = shop_with(&[
        ("        return sum(self.rows)\n", "        return add(self.rows)\n"),
        ("def make_cart(rows):\n", "def add(rows):\n    return sum(rows)\n\n\ndef make_cart(rows):\n"),
    ]);
    check(SHOP, &new, 2, &[(1, 2)]);
}

#[test]
fn a_local_name_is_followed_through_a_function() {
    let new = shop_with(&[
        ("    cart = Cart(rows)\n", "    made = Cart(rows)\n"),
        ("    return cart\n", "    return made\n"),
    ]);
    // Each alone leaves a name that is not there.
    check(SHOP, &new, 2, &[(1, 2), (2, 1)]);
}

#[test]
fn an_import_a_member_and_a_call_are_followed_across_files() {
    let new = shop_with(&[
        ("    def count(self):\n", "    def size(self):\n"),
        ("import Cart, make_cart\n", "import Cart, make_cart, os\n"),
        ("    return cart.total() + made.total()\n", "    return cart.size() + made.total() + len(os.name)\n"),
    ]);
    check(SHOP, &new, 3, &[(3, 1), (3, 2)]);
}

#[test]
fn what_is_taken_away_needs_the_hunk_that_stops_using_it() {
    let new = shop_with(&[
        ("    def count(self):\n        return len(self.rows)\n", ""),
        ("def make_cart(rows):\n    cart = Cart(rows)\n", "def make_cart(rows, tax):\n    cart = Cart(rows)\n"),
        ("    made = make_cart([1])\n", "    made = make_cart([1], 2)\n"),
    ]);
    check(SHOP, &new, 2, &[(1, 2), (2, 1)]);
    let old = format!("{SHOP}\ndef count(cart: Cart):\n    return cart.count()\n");
    let without = shop_with(&[("    def count(self):\n        return len(self.rows)\n", "")]);
    check(&old, &format!("{without}\ndef count(cart: Cart):\n    return cart.total()\n"), 2, &[(1, 2)]);
}

#[test]
fn what_does_not_parse_alone_needs_its_other_half() {
    let old = "#- a.py\nx = 1\ny = 2\nz = 3\nw = 4\nv = 5\nu = 6\n";
    check(
        old,
        "#- a.py\nx = (1,\ny = 2\nz = 3\nw = 4\nv = 5)\nu = 6\n"
            .replace("y = 2\nz = 3\nw = 4\n", "2,\n3,\n4,\n")
            .as_str(),
        1,
        &[],
    );
    let old = "#- a.py\nx = [\n    1,\n    2,\n    3,\n    4,\n]\n";
    check(old, "#- a.py\nx = (\n    1,\n    2,\n    3,\n    4,\n)\n", 2, &[(1, 2), (2, 1)]);
}

#[test]
fn a_move_of_a_definition_is_one() {
    let new = shop_with(&[
        ("import os\n", "import os\n\n\ndef make_cart(rows):\n    return Cart(rows)\n"),
        ("\n\ndef make_cart(rows):\n    cart = Cart(rows)\n\n\n\n    return cart\n", "\n"),
    ]);
    // Without the second there are two; without the first the users in the other file are left behind.
    check(SHOP, &new, 2, &[(1, 2), (2, 1)]);
}

#[test]
fn hunks_that_know_nothing_of_each_other_are_not_judged() {
    let new = shop_with(&[
        ("import os\n", "import os\nimport sys\n"),
        ("    return cart\n", "    return cart  # made\n"),
        ("        self.rows = rows\n", "        self.rows = list(rows)\n"),
    ]);
    let fixture = Fixture::parse(SHOP);
    let change_set = fixture.change_to(&Fixture::parse(&new));
    let hunks = hunks_of(&change_set);
    assert_eq!(hunks.len(), 3);
    let search = NeedsSearch::new(&change_set, &hunks);
    assert_eq!(search.question(), None);
    assert!(search.needs().is_empty());
}

/// Changes of real packages: `FLUX_CHANGES` names a file of lines `{"id", "root", "files": [{"path", "content"}]}`, in
/// which `root` holds the old files. Says where the names and the trying disagree.
#[test]
fn needs_of_real_changes_are_what_trying_finds() {
    let Some(list) = std::env::var_os("FLUX_CHANGES") else {
        eprintln!("skipped: FLUX_CHANGES names no file");
        return;
    };
    let (mut change_count, mut agreed_count, mut need_count) = (0, 0, 0);
    let (mut asked_count, mut tried_count, mut hunk_count) = (0, 0, 0);
    let mut wrong = Vec::new();
    for line in std::fs::read_to_string(PathBuf::from(list)).unwrap().lines() {
        let change: serde_json::Value = serde_json::from_str(line).unwrap();
        let root = PathBuf::from(change["root"].as_str().unwrap());
        let (snapshot, source) = project_on_disk(&root);
        let mut change_set = ChangeSet::default();
        for file in change["files"].as_array().unwrap() {
            let path = ProjectPath::new(file["path"].as_str().unwrap()).unwrap();
            let old = source.read(&path).ok();
            change_set.put(path, old, file["content"].as_str().map(Into::into));
        }
        let hunks = hunks_of(&change_set);
        let mut desk = Desk::new(&root, snapshot, &source);
        if hunks.len() < 2 || desk.judge(&change_set).verdict() == Verdict::Block {
            continue;
        }
        let needs = desk.needs(&change_set, &hunks);
        let asked = std::mem::take(&mut desk.judgement_count);
        let tried = desk.tried(&change_set, &hunks);
        (change_count, hunk_count) = (change_count + 1, hunk_count + hunks.len());
        (asked_count, tried_count) = (asked_count + asked - 1, tried_count + desk.judgement_count - 1);
        need_count += tried.len();
        let found = pairs(&needs);
        if found == tried {
            agreed_count += 1;
        } else {
            let missed: Vec<_> = tried.difference(&found).collect();
            let extra: Vec<_> = found.difference(&tried).collect();
            wrong.push(format!("{}: {} hunks, missed {missed:?}, too many {extra:?}", change["id"], hunks.len()));
            eprintln!("{}", wrong[wrong.len() - 1]);
            for (hunk, left_out) in tried.symmetric_difference(&found) {
                let mut told = |what: &str, keeps: &dyn Fn(u32) -> bool| {
                    let report = desk.judge(&select(&change_set, &hunks, |id| keeps(id.0)));
                    let issues: Vec<String> = report
                        .blocking()
                        .map(|issue| format!("{}:{} {}", issue.path, issue.line, issue.message))
                        .collect();
                    eprintln!("  without {what}: {issues:#?}");
                };
                told(&format!("{left_out}"), &|id| id != *left_out);
                told(&format!("{left_out} and {hunk}"), &|id| id != *left_out && id != *hunk);
            }
        }
    }
    eprintln!(
        "{agreed_count} of {change_count} changes agree; {hunk_count} hunks, {need_count} needs; {asked_count} \
         judgements asked, {tried_count} to try all"
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

pub fn project_on_disk(root: &Path) -> (Arc<Snapshot>, flux::text::MemorySource) {
    let mut source = flux::text::MemorySource::default();
    let mut parsed = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let place = entry.unwrap().path();
            if place.is_dir() {
                folders.push(place);
                continue;
            }
            let name = place.strip_prefix(root).unwrap().to_str().unwrap();
            let bytes = std::fs::read(&place).unwrap();
            if let (Ok(path), Ok(text)) = (ProjectPath::new(name), FileText::decode(&bytes)) {
                source.put(path.clone(), text.text());
                if path.is_python() {
                    parsed.push((path.clone(), Store::parse(&path, &bytes)));
                }
            }
        }
    }
    let mut store = Store::new(root.to_path_buf());
    (store.apply(parsed, &[]), source)
}

#[test]
fn the_bundled_sample_agrees_on_every_change() {
    let ids: Vec<HunkId> = generated().iter().flat_map(|(change_set, _)| hunks_of(change_set)).map(|h| h.id).collect();
    assert!(ids.len() > 40);
    for (change_set, fixture) in generated() {
        let folder = tempfile::tempdir().unwrap();
        fixture.write(folder.path());
        let source = fixture.source();
        let mut desk = Desk::new(folder.path(), fixture.snapshot(folder.path()), &source);
        let hunks = hunks_of(&change_set);
        let found = pairs(&desk.needs(&change_set, &hunks));
        assert_eq!(found, desk.tried(&change_set, &hunks), "{}", flux::text::unified_diff(&change_set));
    }
}

/// Twenty renames in the shop: each of a name that stands in several hunks.
fn generated() -> Vec<(ChangeSet, Fixture)> {
    let names = ["Cart", "rows", "total", "make_cart", "cart", "made", "report", "name", "count", "os"];
    let renamed = |text: &str, name: &str, new: &str| {
        let pattern = regex::Regex::new(&format!(r"\b{name}\b(?: as \w+)?")).unwrap();
        pattern.replace_all(text, new).into_owned()
    };
    let mut changes = Vec::new();
    for name in names.into_iter().filter(|name| !matches!(*name, "os" | "report" | "cart")) {
        changes.push(renamed(SHOP, name, &format!("{name}_too")).replace("#- shop/cart_too.py", "#- shop/cart.py"));
    }
    for (name, other) in
        [("rows", "total"), ("Cart", "make_cart"), ("total", "count"), ("made", "rows"), ("count", "name")]
    {
        changes.push(renamed(&renamed(SHOP, name, &format!("my_{name}")), other, &format!("my_{other}")));
    }
    for name in ["total", "count"] {
        let body = format!("    def {name}(self");
        changes.push(
            SHOP.replace(&body, &format!("    @property\n    def {name}(self"))
                .replace(&format!(".{name}()"), &format!(".{name}")),
        );
        changes
            .push(SHOP.replace(&body, &format!("{body}, tax")).replace(&format!(".{name}()"), &format!(".{name}(3)")));
        changes.push(
            SHOP.replace(&body, &format!("    async def {name}(self"))
                .replace("def report", "async def report")
                .replace(&format!("made.{name}()"), &format!("await made.{name}()")),
        );
    }
    changes.push(SHOP.replace("    made = make_cart([1])\n", "").replace(" + made.total()", ""));
    changes.push(
        SHOP.replace("import Cart, make_cart", "import Cart").replace("    made = make_cart([1])", "    made = cart"),
    );
    let old = Fixture::parse(SHOP);
    let sets = changes.iter().map(|new| (old.change_to(&Fixture::parse(new)), Fixture::parse(SHOP)));
    sets.filter(|(change_set, _)| hunks_of(change_set).len() > 1).collect()
}

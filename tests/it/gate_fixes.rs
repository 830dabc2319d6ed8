//! Every fix mends its issue and brings no other; the first name that is told is the one that was meant.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flux::gate::{Fix, FixSafety, Gate, Issue, PythonEnvironment, Report};
use flux::index::{Snapshot, View};
use flux::text::{ChangeSet, ProjectPath, Source, apply_edits};

use crate::fixture::Fixture;
use crate::gate_needs::{key, project_on_disk};

struct Desk<'a> {
    gate: Gate,
    snapshot: Arc<Snapshot>,
    source: &'a dyn Source,
}

impl<'a> Desk<'a> {
    fn new(root: &Path, snapshot: Arc<Snapshot>, source: &'a dyn Source) -> Self {
        let environment = PythonEnvironment { version: Some((3, 12)), ..PythonEnvironment::default() };
        let mut gate = Gate::new(root, environment);
        gate.refresh(&snapshot);
        Self { gate, snapshot, source }
    }

    /// The report of one file with a new text.
    fn judge(&mut self, path: &ProjectPath, text: &str) -> Report {
        let mut change_set = ChangeSet::default();
        change_set.put(path.clone(), self.source.read(path).ok(), Some(text.into()));
        self.gate.judge(View { snapshot: &self.snapshot, pending: &change_set, source: self.source }, None)
    }

    /// What is wrong with a fix: its issue stays, or another comes.
    fn fault_of(
        &mut self,
        path: &ProjectPath,
        text: &str,
        report: &Report,
        issue: &Issue,
        fix: &Fix,
    ) -> Option<String> {
        let Ok(mended) = apply_edits(text, &fix.edits) else { return Some("its edits overlap".to_owned()) };
        let count = |report: &Report, wanted: &str| report.issues.iter().filter(|issue| key(issue) == wanted).count();
        let after = self.judge(path, &mended);
        if count(&after, &key(issue)) >= count(report, &key(issue)) {
            return Some("its issue stays".to_owned());
        }
        let new = after.blocking().find(|new| count(&after, &key(new)) > count(report, &key(new)))?;
        Some(format!("it brings '{}'", new.message))
    }
}

const SHOP: &str = "
#- shop/__init__.py
#- shop/cart.py
import json
from collections import OrderedDict
from pathlib import Path


class Cart:
    rate = 2

    def __init__(self, rows, tax_rate=0):
        self.rows = rows
        self._seen = OrderedDict()

    def total(self):
        return sum(self.rows) * self.rate

    def add_row(self, row, count=1):
        self.rows.extend([row] * count)


def read_cart(path: Path, tax_rate=0):
    rows = json.loads(path.read_text())
    return Cart(rows, tax_rate=tax_rate)
#- shop/report.py
import logging

from shop.cart import Cart

log = logging.getLogger(__name__)


def report(cart: Cart) -> int:
    cart.add_row(3, count=2)
    return cart.total()
#- shop/prints.py
VALUE = 1


def show(lines):
    for line in lines:
        print(line)
    return len(lines)
";

/// `shop/prints.py` becomes `new`: what is offered, once applied, gives `mended`.
#[track_caller]
fn check_mended(new: &str, code: &str, mended: &str) {
    let (folder, fixture) = (tempfile::tempdir().unwrap(), Fixture::parse(SHOP));
    fixture.write(folder.path());
    let source = fixture.source();
    let mut desk = Desk::new(folder.path(), fixture.snapshot(folder.path()), &source);
    let path = ProjectPath::new("shop/prints.py").unwrap();
    let report = desk.judge(&path, new);
    let issue = report.blocking().find(|issue| issue.code == code && issue.fix.is_some());
    let Some(issue) = issue else { panic!("no fix: {:#?}", report.issues) };
    let fix = issue.fix.as_ref().unwrap();
    assert_eq!(fix.safety, FixSafety::Safe);
    assert_eq!(apply_edits(new, &fix.edits).unwrap(), mended);
    assert_eq!(desk.fault_of(&path, new, &report, issue, fix), None);
}

#[track_caller]
fn check_not_mended(new: &str, code: &str) {
    let (folder, fixture) = (tempfile::tempdir().unwrap(), Fixture::parse(SHOP));
    fixture.write(folder.path());
    let source = fixture.source();
    let mut desk = Desk::new(folder.path(), fixture.snapshot(folder.path()), &source);
    let report = desk.judge(&ProjectPath::new("shop/prints.py").unwrap(), new);
    assert!(report.blocking().any(|issue| issue.code == code), "{:#?}", report.issues);
    let offered = report.blocking().filter_map(|issue| issue.fix.as_ref()).find(|fix| !fix.edits.is_empty());
    assert_eq!(offered, None);
}

#[test]
fn what_a_message_left_in_is_taken_out() {
    let code = "def show(lines):\n    return lines[0]\n";
    check_mended(&format!("```python\n{code}```\n"), "markdown-fence", code);
    check_mended(
        &format!("Here is the file:\n\n```python\n{code}```\n\nIt returns one line now.\n"),
        "markdown-fence",
        code,
    );
    check_mended("  1 | def show(lines):\n  2 |     return lines[0]\n", "line-numbers", code);
    check_mended("1\tdef show(lines):\n2\t    return lines[0]\n", "line-numbers", code);
    check_mended("@@ -1,2 +1,2 @@\n+def show(lines):\n-    return lines\n+    return lines[0]\n", "diff-signs", code);
    check_mended(
        "def show(lines):\n    return \u{201c}x\u{201d}\n",
        "typographic-quote",
        "def show(lines):\n    return \"x\"\n",
    );
    check_not_mended("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> branch\n", "merge-marker");
    check_mended(
        "def show(lines):\n    return \u{201e}x\u{201d}, \u{ab}y\u{bb}\n",
        "typographic-quote",
        "def show(lines):\n    return \"x\", \"y\"\n",
    );
    check_mended(&format!("<file path=\"a.py\">\n{code}</file>\n"), "markup-tag", code);
    check_not_mended("<file>\ndef show(:\n</file>\n", "markup-tag");
    check_not_mended("```python\ndef show(:\n```\n", "markdown-fence");
}

#[test]
fn what_moved_left_or_right_is_moved_back() {
    let old = "VALUE = 1\n\n\ndef show(lines):\n    for line in lines:\n        print(line)\n    return len(lines)\n";
    let with = |from: &str, to: &str| old.replace(from, to);
    let added = "        print(line)\n        print(line, 2)\n";
    check_mended(
        &with("        print(line)\n", "        print(line)\n          print(line, 2)\n"),
        "invalid-syntax",
        &with("        print(line)\n", added),
    );
    check_mended(
        &with("    return len(lines)\n", "   count = len(lines)\n   return count\n"),
        "invalid-syntax",
        &with("    return len(lines)\n", "    count = len(lines)\n    return count\n"),
    );
    check_mended(
        &with("        print(line)\n", "    print(line.strip())\n"),
        "invalid-syntax",
        &with("        print(line)\n", "        print(line.strip())\n"),
    );
    // It may belong to the loop or stand behind it.
    check_not_mended(&with("        print(line)\n", "        print(line)\n      print(line, 2)\n"), "invalid-syntax");
}

/// Each pair makes a defect of the shop: the first text becomes the second, in whatever file it stands.
const DEFECTS: &[(&str, &str)] = &[
    ("cart.total()", "cart.totals()"),
    ("cart.total()", "cart.get_total()"),
    ("cart.add_row(3", "cart.append_row(3"),
    ("cart.add_row(3, count=2)", "cart.add_row(3, counts=2)"),
    ("import Cart\n", "import Carts\n"),
    ("from shop.cart import Cart\n", ""),
    ("from shop.cart import Cart\n", "from shop.carts import Cart\n"),
    ("import logging\n", ""),
    ("import json\n", ""),
    ("from pathlib import Path\n", ""),
    ("from collections import OrderedDict\n", ""),
    ("from collections import OrderedDict\n", "from collections import OrderdDict as OrderedDict\n"),
    ("def total(self):\n        return sum(self.rows)", "def total():\n        return sum(self.rows)"),
    ("sum(self.rows) * self.rate", "sum(self.rows) * rate"),
    ("json.loads(path", "json.load_s(path"),
    ("return Cart(rows, tax_rate=tax_rate)", "return Cart(rows, taxrate=tax_rate)"),
    ("return Cart(rows, tax_rate=tax_rate)", "return Cart(row, tax_rate=tax_rate)"),
    ("import json\n", "import json\nimport json\n"),
    ("self._seen = OrderedDict()", "self._seen = OrderedDict()\n        self._saw = self._seeen"),
    ("return len(lines)", "return len(line_s)"),
    ("return len(lines)", "return lenght(lines)"),
    ("return len(lines)", "return re.sub('a', 'b', lines)"),
];

#[test]
fn every_fix_mends_its_issue_and_brings_no_other() {
    let (folder, fixture) = (tempfile::tempdir().unwrap(), Fixture::parse(SHOP));
    fixture.write(folder.path());
    let source = fixture.source();
    let mut desk = Desk::new(folder.path(), fixture.snapshot(folder.path()), &source);
    let mut wrong = Vec::new();
    for (right, defect) in DEFECTS {
        let (path, text) = fixture.files.iter().find(|(_, text)| text.contains(right)).unwrap();
        let new = text.replacen(right, defect, 1);
        let report = desk.judge(path, &new);
        let fixes = report.issues.iter().filter_map(|issue| Some((issue, issue.fix.as_ref()?)));
        let fixes: Vec<(&Issue, &Fix)> = fixes.filter(|(_, fix)| !fix.edits.is_empty()).collect();
        if fixes.is_empty() {
            wrong.push(format!("{defect}: nothing is offered: {:?}", report.blocking().next().map(|i| &i.message)));
        }
        for (issue, fix) in fixes {
            if let Some(fault) = desk.fault_of(path, &new, &report, issue, fix) {
                wrong.push(format!("{defect}: '{}' for '{}': {fault}", fix.title, issue.message));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Slightly wrong names in real packages: `FLUX_NAMES` names a file of lines `{"root", "path", "content", "mistakes":
/// [{"start", "right", "wrong", "what", "mistake"}]}`, `root` the folder of the files as they were. Says how often the first name
/// told is the right one and how often a fix, applied, mends and brings nothing.
#[test]
fn the_first_name_told_is_the_one_that_was_meant() {
    let Some(list) = std::env::var_os("FLUX_NAMES") else {
        eprintln!("skipped: FLUX_NAMES names no file");
        return;
    };
    let mut tally: BTreeMap<String, [u32; 2]> = BTreeMap::new();
    let (mut fix_count, mut good_count, mut silent_count) = (0, 0, 0);
    let applies = std::env::var_os("FLUX_APPLY").is_some();
    for line in std::fs::read_to_string(PathBuf::from(list)).unwrap().lines() {
        let change: serde_json::Value = serde_json::from_str(line).unwrap();
        let root = PathBuf::from(change["root"].as_str().unwrap());
        let (snapshot, source) = project_on_disk(&root);
        let mut desk = Desk::new(&root, snapshot, &source);
        let path = ProjectPath::new(change["path"].as_str().unwrap()).unwrap();
        let text = change["content"].as_str().unwrap();
        let report = desk.judge(&path, text);
        for mistake in change["mistakes"].as_array().unwrap() {
            let word = |name: &str| mistake[name].as_str().unwrap();
            let start = mistake["start"].as_u64().unwrap() as u32;
            let is_there = |issue: &&Issue| {
                issue.span.is_some_and(|span| span.start <= start && start <= span.end)
                    && issue.message.contains(&format!("'{}'", word("wrong")))
            };
            let Some(issue) = report.issues.iter().filter(|issue| issue.path == path).find(is_there) else {
                silent_count += 1;
                continue;
            };
            let told = issue.message.split("Did you mean '").nth(1).unwrap_or_default();
            let first = told.split(['\'', '(']).next().unwrap_or_default().rsplit('.').next().unwrap_or_default();
            let is_right = first == word("right");
            for kind in ["all", word("mistake"), word("what")] {
                let counts = tally.entry(kind.to_owned()).or_default();
                counts[usize::from(!is_right)] += 1;
            }
            if !is_right {
                let right = word("right");
                eprintln!("  {} {} for {right} ({}): {}", path, word("wrong"), word("what"), issue.message);
            }
            if let Some(fix) = issue.fix.as_ref().filter(|fix| applies && !fix.edits.is_empty()) {
                fix_count += 1;
                match desk.fault_of(&path, text, &report, issue, fix) {
                    None => good_count += 1,
                    Some(fault) => eprintln!("  {path} {} for {}: {fault}", fix.title, word("right")),
                }
            }
        }
    }
    for (kind, [right, wrong]) in &tally {
        eprintln!("{kind:<16} {right:>5} of {:>5}  {:.3}", right + wrong, f64::from(*right) / f64::from(right + wrong));
    }
    eprintln!("{silent_count} mistakes are not told; {good_count} of {fix_count} fixes mend and bring nothing");
}

#[test]
fn what_a_change_mends_is_told() {
    let (folder, fixture) =
        (tempfile::tempdir().unwrap(), Fixture::parse(&SHOP.replace("cart.total()", "cart.totals()")));
    fixture.write(folder.path());
    let source = fixture.source();
    let mut desk = Desk::new(folder.path(), fixture.snapshot(folder.path()), &source);
    let mended = |desk: &mut Desk<'_>, path: &str, old: &str, new: &str| -> Vec<String> {
        let path = ProjectPath::new(path).unwrap();
        let text = fixture.files[&path].replace(old, new);
        let mut change_set = ChangeSet::default();
        change_set.put(path.clone(), source.read(&path).ok(), Some(text.into()));
        let mended = desk.gate.mended(View { snapshot: &desk.snapshot, pending: &change_set, source: &source });
        mended.iter().map(|issue| issue.message.clone()).collect()
    };
    let told = mended(&mut desk, "shop/report.py", "cart.totals()", "cart.total()");
    assert_eq!(told, ["Class 'Cart' has no method 'totals'. Did you mean 'total(self)'?"]);
    // A name that others already ask for comes into being.
    assert_eq!(mended(&mut desk, "shop/cart.py", "def total(", "def totals(").len(), 1);
    assert!(mended(&mut desk, "shop/prints.py", "VALUE = 1", "VALUE = 2").is_empty());
}

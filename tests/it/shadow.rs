//! Tests and commands in a copy of the project, through the door of the threads: what they say, and that the project is as
//! it was.
//!
//! They need a `python3` on the path; without one they say so and are skipped.

mod headless;
mod real;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime};

use flux::agent::{Event, Need, TestsQuestion, ToolAnswer, ToolContext};
use flux::app::{Cmd, Msg};
use flux::gate::{LayerState, ReadLog, Report, Tested, Verdict};
use flux::index::Snapshot;
use flux::sys::{Config, DiskSource, ModelChoice, Outside};
use flux::text::{ChangeSet, ContentHash, ProjectPath, Source};

use crate::fixture::Fixture;

/// Longer than any of this can take; only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(180);

const SHOP: &str = r#"
#- shop/__init__.py
#- shop/cart.py
from shop.prices import price

class Cart:
    def total(self, names):
        return sum(price(name) for name in names)
#- shop/prices.py
def price(name):
    return len(name)
#- shop/letters.py
def greeting(name):
    return "Dear " + name
#- tests/__init__.py
#- tests/test_cart.py
import unittest

from shop.cart import Cart

class CartTest(unittest.TestCase):
    def test_total(self):
        self.assertEqual(Cart().total(["ab", "c"]), 3)

    def test_nothing(self):
        self.assertEqual(Cart().total([]), 0)
#- tests/test_letters.py
import unittest

from shop.letters import greeting

class LettersTest(unittest.TestCase):
    def test_greeting(self):
        self.assertEqual(greeting("Ann"), "Dear Ann")

    def test_long_wrong(self):
        self.assertEqual(greeting("Bob"), "Hello Bob")
"#;

struct Opened {
    outside: Outside,
    msgs: Receiver<Msg>,
    snapshot: Arc<Snapshot>,
    root: PathBuf,
    _folder: Option<tempfile::TempDir>,
}

fn has_python() -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join("python3").is_file()));
    if !found {
        eprintln!("skipped: there is no python3 on the path");
    }
    found
}

impl Opened {
    fn new(fixture: &str) -> Self {
        Self::with(fixture, |_, _| {})
    }

    fn with(fixture: &str, set: impl FnOnce(&Path, &mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("shop-project");
        Fixture::parse(fixture).write(&root);
        let mut config = Config::default();
        set(&root, &mut config);
        Self::on(root, &config, Some(folder))
    }

    /// On a folder that is there.
    fn on(root: PathBuf, config: &Config, folder: Option<tempfile::TempDir>) -> Self {
        let (msgs_in, msgs) = channel();
        let model = ModelChoice::Recorded(String::new());
        let outside = Outside::start_with(root.clone(), model, config, msgs_in).unwrap();
        let snapshot = loop {
            if let Msg::Indexed(snapshot) = msgs.recv_timeout(PATIENCE).unwrap() {
                break snapshot;
            }
        };
        Self { outside, msgs, snapshot, root, _folder: folder }
    }

    fn change(&self, files: &[(&str, Option<&str>)]) -> ChangeSet {
        let source = DiskSource::new(self.root.clone());
        let mut change_set = ChangeSet::default();
        for (path, new) in files {
            let path = ProjectPath::new(path).unwrap();
            change_set.put(path.clone(), source.read(&path).ok(), new.map(Into::into));
        }
        change_set
    }

    fn begin_test(&self, id: u64, change_set: ChangeSet, selection: &[&str]) {
        let selection = selection.iter().map(ToString::to_string).collect();
        let question = TestsQuestion { change_set, selection, snapshot: self.snapshot.clone() };
        self.outside.run(Cmd::Need(Need::RunTests(id, question)));
    }

    fn tested(&self, id: u64) -> Tested {
        loop {
            if let Msg::Agent(Event::Tested(job, tested)) = self.msgs.recv_timeout(PATIENCE).unwrap()
                && job == id
            {
                return tested;
            }
        }
    }

    fn test(&self, change_set: ChangeSet, selection: &[&str]) -> Tested {
        self.begin_test(1, change_set, selection);
        self.tested(1)
    }

    /// The path, content, size and times of every file.
    fn state(&self) -> BTreeMap<PathBuf, (ContentHash, u64, SystemTime)> {
        let mut state = BTreeMap::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let place = entry.unwrap().path();
                let meta = place.symlink_metadata().unwrap();
                if meta.is_dir() {
                    folders.push(place.clone());
                }
                let content = if meta.is_file() { std::fs::read(&place).unwrap() } else { Vec::new() };
                state.insert(place, (ContentHash::of(&content), meta.len(), meta.modified().unwrap()));
            }
        }
        state
    }
}

fn layer(tested: &Tested) -> (LayerState, Verdict, Vec<String>) {
    let report = Report::new(Vec::new(), [Some(0.1), Some(0.1), Some(0.1), Some(0.1), None, None]).with_tests(tested);
    let issues = report.issues.iter().map(|issue| format!("{}:{} {}", issue.path, issue.line, issue.message)).collect();
    (report.layers[4].state, report.verdict(), issues)
}

#[test]
fn a_test_that_the_change_breaks_is_named_and_the_project_stays() {
    if !has_python() {
        return;
    }
    let opened = Opened::new(SHOP);
    let before = opened.state();
    let broken = opened.change(&[("shop/prices.py", Some("def price(name):\n    return len(name) + 1\n"))]);
    let tested = opened.test(broken, &[]);
    let (state, verdict, issues) = layer(&tested);
    assert_eq!((state, verdict), (LayerState::Blocked, Verdict::Block), "{tested:#?}");
    assert_eq!(
        issues,
        [
            "tests/test_cart.py:6 Test tests.test_cart.CartTest.test_total fails: AssertionError: 5 != 3. Without the change it \
          passes."
        ]
    );
    // Only the file that reaches it was run.
    assert_eq!(tested.run.ran_count, 2);
    let frame = tested.run.failed[0].frames.last().unwrap();
    assert_eq!((frame.path.as_str(), frame.line), ("tests/test_cart.py", 7));

    let fine =
        opened.change(&[("shop/prices.py", Some("def price(name):\n    count = len(name)\n    return count\n"))]);
    assert_eq!(layer(&opened.test(fine, &[])), (LayerState::Passed, Verdict::Pass, Vec::new()));
    assert_eq!(opened.state(), before);
    opened.outside.close();
}

#[test]
fn what_failed_before_does_not_block_and_is_not_green() {
    if !has_python() {
        return;
    }
    let opened = Opened::new(SHOP);
    let change = opened.change(&[("shop/letters.py", Some("def greeting(name):\n    return 'Dear ' + str(name)\n"))]);
    let tested = opened.test(change, &[]);
    let (state, verdict, issues) = layer(&tested);
    assert_eq!((state, verdict), (LayerState::Unknown, Verdict::Pass), "{tested:#?}");
    assert!(issues[0].contains("test_long_wrong fails also without the change"), "{issues:?}");
    opened.outside.close();
}

#[test]
fn a_new_module_and_its_test_a_deleted_test_and_one_that_is_asked_for() {
    if !has_python() {
        return;
    }
    let opened = Opened::new(SHOP);
    let test = "import unittest\nfrom shop.tax import tax\n\nclass TaxTest(unittest.TestCase):\n    def test_tax(self):\n        self.assertEqual(tax(100), 19)\n";
    let change = opened.change(&[
        ("shop/tax.py", Some("def tax(sum):\n    return sum * 20 // 100\n")),
        ("tests/test_tax.py", Some(test)),
        ("tests/test_letters.py", None),
    ]);
    let tested = opened.test(change, &[]);
    let failed: Vec<&str> = tested.run.failed.iter().map(|test| test.id.as_str()).collect();
    assert_eq!((failed, tested.run.ran_count), (vec!["tests.test_tax.TaxTest.test_tax"], 1), "{tested:#?}");

    let tested = opened.test(ChangeSet::default(), &["tests/test_letters.py"]);
    assert_eq!((tested.run.ran_count, tested.run.failed_before.len()), (2, 1), "{tested:#?}");
    let tested = opened.test(ChangeSet::default(), &["tests.test_cart.CartTest.test_total"]);
    assert_eq!(tested.run.ran_count, 1, "{tested:#?}");
    let tested = opened.test(ChangeSet::default(), &["tests/test_cat.py"]);
    assert!(tested.run.unknown.unwrap().starts_with("'tests/test_cat.py' is no test of this project"));
    opened.outside.close();
}

#[test]
fn what_cannot_be_known_is_said() {
    if !has_python() {
        return;
    }
    let opened = Opened::new("#- a.py\nx = 1\n#- b.py\ny = 1\n#- test_b.py\nimport b\n");
    let tested = opened.test(opened.change(&[("a.py", Some("x = 2\n"))]), &[]);
    let (state, verdict, issues) = layer(&tested);
    assert_eq!((state, verdict), (LayerState::NotRun, Verdict::Pass));
    assert!(issues[0].contains("no test reaches what is changed"), "{issues:?}");
    // It holds no test.
    let tested = opened.test(opened.change(&[("b.py", Some("y = 2\n"))]), &[]);
    assert!(layer(&tested).2[0].contains("found no tests"), "{tested:?}");
    opened.outside.close();
    let opened = Opened::new("#- a.py\nx = 1\n");
    let tested = opened.test(opened.change(&[("a.py", Some("x = 2\n"))]), &[]);
    assert!(layer(&tested).2[0].contains("there are no tests"), "{tested:?}");
    opened.outside.close();
    let opened = Opened::with("#- a.py\nx = 1\n", |_, config| {
        config.tests_command = Some("touch ran".to_owned());
        config.is_tests_command_foreign = true;
    });
    let tested = opened.test(opened.change(&[("a.py", Some("x = 2\n"))]), &[]);
    assert!(layer(&tested).2[0].contains("`touch ran`, which is not done unasked"), "{tested:?}");
    opened.outside.close();
}

#[test]
fn a_test_that_hangs_or_kills_its_process_is_held_against_the_change() {
    if !has_python() {
        return;
    }
    // Longer where the machine is so busy that the test did not even begin.
    let hanging = [2, 8, 32].into_iter().find_map(|seconds| {
        let opened = Opened::with(SHOP, |_, config| config.tests_timeout = Duration::from_secs(seconds));
        let change = opened.change(&[("shop/prices.py", Some("def price(name):\n    while name:\n        pass\n"))]);
        let run = opened.test(change, &[]).run;
        opened.outside.close();
        (!run.failed.is_empty()).then_some((run, seconds))
    });
    let (run, seconds) = hanging.expect("a test that hangs is held against the change");
    assert!(run.failed.len() == 1 && run.failed[0].message == format!("it did not end within {seconds} s"), "{run:#?}");
    assert!(run.unknown.as_ref().unwrap().contains("[tests] timeout_s"));
    let opened = Opened::new(SHOP);
    let change = opened.change(&[("shop/prices.py", Some("import os\n\ndef price(name):\n    os._exit(3)\n"))]);
    let run = opened.test(change, &[]).run;
    assert!(run.failed[0].message.contains("ended while it ran"), "{run:#?}");
    opened.outside.close();
}

#[test]
fn a_command_of_one_s_own_is_held_to_what_it_says() {
    if !has_python() {
        return;
    }
    let opened = Opened::with(SHOP, |_, config| {
        config.tests_command = Some("python3 -m unittest tests.test_cart 2>&1".to_owned());
    });
    let change = opened.change(&[("shop/prices.py", Some("def price(name):\n    return 0\n"))]);
    let tested = opened.test(change, &[]);
    assert_eq!(tested.run.failed.len(), 1, "{tested:#?}");
    assert!(tested.run.failed[0].id.contains("test_total"));
    opened.outside.close();
    let opened = Opened::with(SHOP, |_, config| config.tests_command = Some("test ! -f shop/tax.py".to_owned()));
    let tested = opened.test(opened.change(&[("shop/tax.py", Some("x = 1\n"))]), &[]);
    assert_eq!(tested.run.failed[0].id, "`test ! -f shop/tax.py`", "{tested:#?}");
    let tested = opened.test(opened.change(&[("shop/taxes.py", Some("x = 1\n"))]), &[]);
    assert!(tested.run.failed.is_empty(), "{tested:#?}");
    opened.outside.close();
}

/// What is installed in an editable way names folders of the real project; so do links.
#[cfg(unix)]
#[test]
fn the_copy_is_what_is_imported_and_links_lead_within_it() {
    if !has_python() {
        return;
    }
    let fixture = r#"
#- lib/goods/__init__.py
KIND = "old"
#- data/rows.txt
one
#- tests/test_goods.py
import os
import unittest

import goods

class GoodsTest(unittest.TestCase):
    def test_place(self):
        here = os.path.realpath(os.getcwd())
        self.assertTrue(os.path.realpath(goods.__file__).startswith(here), goods.__file__)
        self.assertEqual(goods.KIND, "new")

    def test_link(self):
        here = os.path.realpath(os.getcwd())
        self.assertTrue(os.path.realpath("rows").startswith(here))
        with open("rows", "a") as rows:
            rows.write("two\n")
        os.remove("lib/goods/__init__.py")
        os.symlink("/nowhere", "lib/goods/__init__.py")
"#;
    let opened = Opened::with(fixture, |root, config| {
        let prefix = root.join(".venv");
        let python = which("python3");
        let made =
            std::process::Command::new(python).args(["-m", "venv", "--without-pip"]).arg(&prefix).status().unwrap();
        assert!(made.success());
        let library = std::fs::read_dir(prefix.join("lib")).unwrap().next().unwrap().unwrap().path();
        let packages = library.join("site-packages");
        std::fs::write(packages.join("_goods.pth"), format!("{}\n", root.join("lib").display())).unwrap();
        std::os::unix::fs::symlink(root.join("data/rows.txt"), root.join("rows")).unwrap();
        config.python_environment = None;
    });
    let before = opened.state();
    let change = opened.change(&[("lib/goods/__init__.py", Some("KIND = \"new\"\n"))]);
    let tested = opened.test(change.clone(), &[]);
    assert_eq!((tested.run.ran_count, &tested.run.failed[..]), (2, &[][..]), "{tested:#?}");
    // What a test did to the copy is gone again.
    let tested = opened.test(change, &[]);
    assert_eq!((tested.run.ran_count, &tested.run.failed[..]), (2, &[][..]), "{tested:#?}");
    assert_eq!(opened.state(), before);
    opened.outside.close();
}

fn which(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|place| place.is_file()).unwrap()
}

/// Where the kernel offers nothing, flux says so instead.
#[test]
fn tests_reach_neither_the_network_nor_files_outside() {
    if !has_python() {
        return;
    }
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let outside = tempfile::tempdir().unwrap();
    let fixture = format!(
        r#"
#- a.py
x = 1
#- test_a.py
import os
import socket
import tempfile
import unittest

import a

class ConfinedTest(unittest.TestCase):
    def test_write_outside(self):
        with self.assertRaises(OSError):
            open("{}/written", "w")
        with self.assertRaises(OSError):
            open(REAL, "a")

    def test_reach_server(self):
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", {port}), 2)

    def test_write_inside(self):
        open("made", "w").close()
        tempfile.NamedTemporaryFile().close()

    def test_own_server(self):
        server = socket.create_server(("127.0.0.1", 0))
        socket.create_connection(server.getsockname(), 2).close()

REAL = "REAL_PLACE"
"#,
        outside.path().display()
    );
    let opened = Opened::with(&fixture, |root, _| {
        let place = root.join("test_a.py");
        let text = std::fs::read_to_string(&place).unwrap();
        std::fs::write(&place, text.replace("REAL_PLACE", place.to_str().unwrap())).unwrap();
    });
    let before = opened.state();
    let tested = opened.test(opened.change(&[("a.py", Some("x = 2\n"))]), &[]);
    let failed = [&tested.run.failed[..], &tested.run.failed_before[..]].concat();
    if tested.run.notes[0].contains("NOT") {
        eprintln!("skipped: {}", tested.run.notes[0]);
    } else {
        assert_eq!((tested.run.ran_count, &failed[..]), (4, &[][..]), "{tested:#?}");
        assert!(tested.run.notes[0].contains("without network and without write access outside the copy"));
    }
    assert_eq!(opened.state(), before);
    assert!(!outside.path().join("written").exists());
    drop(server);
    opened.outside.close();
}

impl Opened {
    fn command(&self, command: &str, pending: ChangeSet) -> ToolAnswer {
        let context = ToolContext {
            snapshot: self.snapshot.clone(),
            pending,
            reads: ReadLog::default(),
            places_found: None,
            asked: "".into(),
            by_person: false,
        };
        self.outside.run(Cmd::Need(Need::RunCommand(5, command.to_owned(), context)));
        loop {
            if let Msg::Agent(Event::ToolDone(5, answer)) = self.msgs.recv_timeout(PATIENCE).unwrap() {
                return answer;
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn a_command_sees_what_is_pending_and_what_it_changes_becomes_pending() {
    let opened = Opened::with(SHOP, |root, _| {
        std::fs::write(root.join(".gitignore"), "build/\n").unwrap();
        std::fs::write(root.join("data.bin"), b"\0\x01").unwrap();
    });
    let before = opened.state();
    let pending = opened.change(&[("shop/prices.py", Some("def price(name):\n    return 7\n"))]);
    let command = "cat shop/prices.py; echo no >&2; sed -i s/Dear/Hello/ shop/letters.py; rm tests/test_letters.py; \
                   mkdir build docs; echo x > build/out.txt; echo y > docs/new.md; touch shop/cart.py; printf '\\0' >> data.bin; exit 3";
    let answer = opened.command(command, pending.clone());
    let has = |part: &str| assert!(answer.text.contains(part), "{part}: {}", answer.text);
    has("exit status: 3");
    has("return 7");
    has("no\n");
    has("'build' is ignored by a .gitignore");
    has("'data.bin' is not text");
    let changed: Vec<String> = answer.pending.as_ref().unwrap().iter().map(|(path, _)| path.to_string()).collect();
    assert_eq!(changed, ["docs/new.md", "shop/letters.py", "shop/prices.py", "tests/test_letters.py"]);
    // The next one begins anew.
    let answer = opened.command("ls; cat shop/letters.py", ChangeSet::default());
    assert!(
        answer.pending.is_none() && answer.text.contains("Dear") && !answer.text.contains("docs"),
        "{}",
        answer.text
    );
    let answer = opened.command("yes | head -c 300000; env", ChangeSet::default());
    assert!(answer.text.len() < 8_000 && answer.text.contains("left out"), "{}", answer.text.len());
    assert_eq!(opened.state(), before);
    opened.outside.close();
}

/// Each means alone, as far as this kernel offers it.
#[cfg(target_os = "linux")]
#[test]
fn a_confined_process_writes_in_its_own_folders_alone() {
    for means in ["namespaces", "rules"] {
        let flux = |arguments: &[&std::ffi::OsStr]| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_flux"));
            command.args(["confined", "--by", means]).args(arguments).output().unwrap()
        };
        if !flux(&["--probe".as_ref()]).status.success() {
            eprintln!("skipped: this kernel offers no confinement by {means}");
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let (open, closed) = (folder.path().join("open"), folder.path().join("closed"));
        std::fs::create_dir(&open).unwrap();
        std::fs::create_dir(&closed).unwrap();
        std::fs::write(closed.join("kept"), "kept").unwrap();
        let script = format!(
            "echo a > {0}/made; echo b > {1}/made; rm {1}/kept; true > {1}/kept; echo c > /dev/null && echo end",
            open.display(),
            closed.display()
        );
        let words =
            ["--writable".as_ref(), open.as_os_str(), "--".as_ref(), "sh".as_ref(), "-c".as_ref(), script.as_ref()];
        let said = flux(&words);
        assert_eq!(String::from_utf8_lossy(&said.stdout), "end\n", "{means}: {said:?}");
        assert_eq!(std::fs::read_to_string(open.join("made")).unwrap(), "a\n", "{means}: {said:?}");
        assert_eq!(std::fs::read_to_string(closed.join("kept")).unwrap(), "kept", "{means}");
        assert!(!closed.join("made").exists(), "{means}");
    }
}

#[test]
fn stopping_ends_the_tests_at_once() {
    if !has_python() {
        return;
    }
    let opened = Opened::new(
        "#- a.py\nx = 1\n#- test_a.py\nimport time\nimport unittest\nimport a\n\nclass T(unittest.TestCase):\n    def test_a(self):\n        time.sleep(600)\n",
    );
    opened.begin_test(7, opened.change(&[("a.py", Some("x = 2\n"))]), &[]);
    // It runs as soon as it says how many there are.
    loop {
        if let Msg::Agent(Event::TestsProgressed(7, 0, 1)) = opened.msgs.recv_timeout(PATIENCE).unwrap() {
            break;
        }
    }
    let started = std::time::Instant::now();
    opened.outside.run(Cmd::Need(Need::Cancel(7)));
    let tested = opened.tested(7);
    assert!(tested.run.is_stopped && started.elapsed() < PATIENCE, "{tested:?} {:?}", started.elapsed());
    opened.outside.close();
}

//! The gate over odd projects and odd environments: right or *unknown*, never broken down, never a false block.

use std::path::{Path, PathBuf};
use std::time::Duration;

use flux::gate::{Gate, Layer, LayerState, PythonEnvironment, Report, Severity, Verdict};
use flux::index::View;
use flux::sys::{DiskSource, index_once};
use flux::text::{ChangeSet, ProjectPath, Source};

use crate::fixture::Fixture;

/// A project on disk, and beside it an environment.
struct Project {
    folder: tempfile::TempDir,
    environment: PythonEnvironment,
    limit: Duration,
}

impl Project {
    fn new(files: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("project")).unwrap();
        Fixture::parse(files).write(&folder.path().join("project"));
        let environment = PythonEnvironment { prefix: None, version: Some((3, 12)), ..PythonEnvironment::default() };
        Self { folder, environment, limit: Duration::from_secs(120) }
    }

    /// With an environment whose site-packages hold `files`.
    fn with_packages(files: &str, packages: &str) -> Self {
        let mut project = Self::new(files);
        let prefix = project.folder.path().join("env");
        std::fs::create_dir_all(prefix.join("bin")).unwrap();
        let site = prefix.join("lib/python3.12/site-packages");
        std::fs::create_dir_all(&site).unwrap();
        std::fs::write(prefix.join("pyvenv.cfg"), "home = /usr/bin\nversion = 3.12.1\n").unwrap();
        Fixture::parse(packages).write(&site);
        project.environment.prefix = Some(prefix);
        project
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("project")
    }

    fn put(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let place = self.folder.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, bytes).unwrap();
    }

    /// The report on a change that gives the files of a fixture their new text.
    fn judge(&self, new: &Fixture) -> Report {
        let root = self.root();
        let snapshot = index_once(root.clone(), Vec::new(), |_, _| {}).unwrap();
        let source = DiskSource::new(root.clone());
        let mut change_set = ChangeSet::default();
        for (path, text) in &new.files {
            change_set.put(path.clone(), source.read(path).ok(), Some(text.as_str().into()));
        }
        let mut gate = Gate::new(&root, self.environment.clone());
        gate.limit(self.limit);
        gate.refresh(&snapshot);
        gate.judge(View { snapshot: &snapshot, pending: &change_set, source: &source }, None)
    }

    /// Exactly the lines that carry an expectation are refuted by what the engine knows.
    #[track_caller]
    fn check(&self, new: &str) -> Report {
        let new = Fixture::parse(new);
        let report = self.judge(&new);
        let issues = report.blocking().filter(|issue| issue.layer == Layer::Tool);
        let found: Vec<(String, u32)> = issues.map(|it| (it.path.to_string(), it.line)).collect();
        let mut expected: Vec<(String, u32)> = new.expectations.iter().map(|it| (it.path.clone(), it.line)).collect();
        expected.sort();
        assert_eq!(found, expected, "{:#?}", report.issues);
        assert!(report.is_complete(), "{:#?}", report.issues);
        report
    }

    /// A statement more at the end of a file says nothing new.
    #[track_caller]
    fn check_longer(&self, path: &str) {
        let project_path = ProjectPath::new(path).unwrap();
        let old = DiskSource::new(self.root()).read(&project_path).unwrap();
        let mut longer = Fixture::parse("");
        longer.files.insert(project_path, format!("{}\n_one_more = 1\n", old.text()));
        let report = self.judge(&longer);
        assert!(report.issues.is_empty(), "{:#?}", report.issues);
    }
}

fn warnings(report: &Report) -> Vec<&str> {
    report.issues.iter().filter(|it| it.severity == Severity::Warn).map(|it| it.message.as_str()).collect()
}

const IMPORTS: &str = "
#- app.py
import numpy as np
import requests
from yaml import safe_load
from yaml.nodes import Node

np.zeros(1).foo(requests.gett(Node), safe_load())
";

#[test]
fn without_an_environment_packages_are_unknown_and_that_is_said_once() {
    let report = Project::new("#- app.py\n").check(IMPORTS);
    let [told] = &*warnings(&report) else { panic!("{:#?}", report.issues) };
    for package in ["numpy", "requests", "yaml"] {
        assert!(told.contains(package), "{told}");
    }
    let states: Vec<LayerState> = report.layers.iter().map(|layer| layer.state).collect();
    assert_eq!(states[..3], [LayerState::Passed, LayerState::Passed, LayerState::Unknown]);
}

#[test]
fn a_broken_environment_is_none() {
    for place in ["gone", "empty", "file", "no_packages"] {
        let mut project = Project::new("#- app.py\n");
        project.put("file", "");
        project.put("no_packages/pyvenv.cfg", "home = /nowhere/bin\ninclude-system-site-packages = true\n");
        std::fs::create_dir(project.folder.path().join("empty")).unwrap();
        project.environment.prefix = Some(project.folder.path().join(place));
        assert_eq!(warnings(&project.check(IMPORTS)).len(), 1, "{place}");
    }
}

#[test]
fn an_environment_whose_settings_are_broken_still_has_its_packages() {
    let uses = "
#- app.py
from pkg import known
from pkg import unknown
# ^^^
import other
# ^^^
";
    for settings in ["", "no settings at all", "home = /nowhere/bin\ninclude-system-site-packages = true\n", "home =\n"]
    {
        let project = Project::with_packages("#- app.py\n", "#- pkg/__init__.py\nknown = 1\n");
        project.put("env/pyvenv.cfg", settings);
        project.check(uses);
    }
    let mut project = Project::new("#- app.py\n");
    project.put("__pypackages__/3.12/lib/pkg/__init__.py", "known = 1\n");
    project.environment.prefix = Some(project.folder.path().join("__pypackages__/3.12"));
    project.check(uses);
}

/// Makes a folder that nobody can read at `place`, in one of the ways in which that happens.
#[cfg(unix)]
fn make_unreadable(place: &Path, way: &str) {
    use std::os::unix::fs::{PermissionsExt, symlink};
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    match way {
        "a file" => std::fs::write(place, "no folder").unwrap(),
        "a link to nowhere" => symlink("/nowhere/at/all", place).unwrap(),
        "a link to itself" => symlink(place, place).unwrap(),
        _ => {
            std::fs::create_dir(place).unwrap();
            std::fs::set_permissions(place, std::fs::Permissions::from_mode(0o0)).unwrap();
        }
    }
}

#[test]
#[cfg(unix)]
fn an_environment_that_cannot_be_read_is_none() {
    for way in ["a file", "a link to nowhere", "a link to itself", "no right"] {
        for below in ["", "/lib", "/lib/python3.12", "/lib/python3.12/site-packages"] {
            let mut project = Project::new("#- app.py\n");
            let prefix = project.folder.path().join("env");
            let place = project.folder.path().join(format!("env{below}"));
            if !below.is_empty() {
                project.put("env/pyvenv.cfg", "home = /usr/bin\nversion = 3.12.1\n");
            }
            make_unreadable(&place, way);
            project.environment.prefix = Some(prefix);
            // Who may read everything sees an empty environment, in which all that is not there is missing.
            if std::fs::read_dir(&place).is_err() {
                assert_eq!(warnings(&project.check(IMPORTS)).len(), 1, "{way}: {below}");
            }
        }
    }
}

#[test]
#[cfg(unix)]
fn what_cannot_be_read_in_an_environment_hides_nothing_else() {
    let uses = "
#- app.py
from pkg import known
from pkg import unknown
# ^^^
import folder, nowhere, itself, bytes_only
";
    for way in ["bytes", "a link to nowhere", "a link to itself", "no right"] {
        let project = Project::with_packages("#- app.py\n", "#- pkg/__init__.py\nknown = 1\n");
        let site = project.folder.path().join("env/lib/python3.12/site-packages");
        let settings = project.folder.path().join("env/pyvenv.cfg");
        std::fs::remove_file(&settings).unwrap();
        match way {
            "bytes" => std::fs::write(&settings, b"\xff\xfe\x00home\x00 = \x80\n[version").unwrap(),
            way => make_unreadable(&settings, way),
        }
        std::fs::create_dir(site.join("folder.py")).unwrap();
        make_unreadable(&site.join("nowhere"), "a link to nowhere");
        make_unreadable(&site.join("itself.py"), "a link to itself");
        std::fs::write(site.join("bytes_only.py"), b"\xff\xfe\x00\x80 = 1").unwrap();
        std::fs::write(site.join("odd.pth"), b"\xff\xfe\x80\nodd.pth\n/nowhere\nimport sys\n").unwrap();
        std::fs::write(site.join("odd.egg-link"), b"\xff\n").unwrap();
        let report = project.judge(&Fixture::parse(uses));
        let told: Vec<&str> = report.blocking().map(|issue| issue.message.as_str()).collect();
        assert!(told.iter().any(|it| it.contains("no member 'unknown'")), "{way}: {told:#?}");
        assert!(
            !told.iter().any(|it| it.contains("no member 'known'") || it.contains("bytes_only")),
            "{way}: {told:#?}"
        );
        assert!(report.is_complete(), "{way}: {:#?}", report.issues);
    }
}

#[test]
fn what_the_environment_holds_is_seen_in_every_form() {
    let packages = "
#- typed/__init__.py
known = 1
#- typed/py.typed
#- bare-stubs/__init__.pyi
def known() -> int: ...
#- bare/__init__.py
def known(): return 1
def unstubbed(): return 1
#- part-stubs/__init__.pyi
known: int
#- part-stubs/py.typed
partial
#- part/__init__.py
known = 1
#- part/more.py
known = 1
#- binary/__init__.py
#- binary/fast.cpython-312-x86_64-linux-gnu.so
#- alone.abi3.so
#- space/one/__init__.py
known = 1
#- linked.pth
../../../../beside
import something_that_runs
/gone/away
#- old.egg-link
/gone
.
";
    let project = Project::with_packages("#- app.py\n", packages);
    project.put("beside/edited/__init__.py", "known = 1\n");
    project.check(
        "
#- app.py
from typed import known
from typed import missing1
# ^^^
from bare import known
from bare import unstubbed
from bare import missing2
# ^^^
from part import known
from part.more import known
from part.more import missing3
# ^^^
from binary.fast import anything
from binary import fast
import binary.other
# ^^^
import alone
alone.anything()
from space.one import known
from space.two import known
# ^^^
from edited import known
from edited import missing4
# ^^^
",
    );
}

#[test]
fn editable_installs_of_every_kind_are_followed() {
    let project = Project::with_packages(
        "
#- app.py
#- src/own/__init__.py
known = 1
",
        "
#- __editable__.own-1.0.pth
import __editable___own_1_0_finder; __editable___own_1_0_finder.install()
#- __editable___own_1_0_finder.py
MAPPING = {'far': '/somewhere/far', 'own': '/somewhere/own'}
#- near_project.pth
../../../../near/src
",
    );
    project.put("near/src/near/__init__.py", "known = 1\n");
    project.check(
        "
#- app.py
from own import known
from near import known
from near import unknown
# ^^^
import far
from far.away import thing
",
    );
}

#[test]
fn a_package_that_is_declared_or_optional_may_be_missing() {
    let project = Project::with_packages(
        "
#- app.py
#- pkg/__init__.py
#- pyproject.toml
[project]
name = 'shop'
dependencies = ['PyYAML>=6', 'python-dateutil', 'beautifulsoup4', 'Pillow', 'scikit-learn ; python_version > \"3\"']
[project.optional-dependencies]
fast = ['orjson']
[tool.hatch.build.hooks.vcs]
version-file = 'pkg/_version.py'
",
        "#- pkg_that_is_there.py\n",
    );
    project.check(
        "
#- app.py
import yaml, orjson
import dateutil.parser
from bs4 import BeautifulSoup
from PIL import Image
from sklearn.linear_model import Ridge
from pkg._version import version
try:
    import ujson
except ImportError:
    ujson = None
import invented_thing
# ^^^
",
    );
}

#[test]
fn a_python_2_file_is_left_as_it_is() {
    let old = "
#- old.py
import urllib2
class A:
    def f(self, (a, b)):
        print \"x\", a
        raise ValueError, \"no\"
        exec \"a = 1\" in {}
        return `a` <> 0777
#- user.py
";
    Project::new(old).check("#- user.py\nimport old\n\nold.A().f((1, 2))\n");
    Project::new(old).check(&old.replace("\"x\"", "\"y\"").replace("#- user.py\n", ""));
}

/// So many lines of code that calls itself.
fn long_file(functions: usize) -> String {
    let function = |n: usize| {
        format!("def f{n}(a, b={n}):\n    c = a + b\n    if c:\n        return f{}(c)\n    return c\n", n / 2)
    };
    (0..functions).map(function).collect()
}

#[test]
fn a_file_of_fifty_thousand_lines_is_judged_whole() {
    let project = Project::new("");
    let text = long_file(10_000);
    project.put("project/long.py", &text);
    let mut new = Fixture::parse("");
    let wrong = text.replace("return f4000(c)", "return g4000(c)");
    new.files.insert(ProjectPath::new("long.py").unwrap(), wrong);
    let report = project.judge(&new);
    let told: Vec<&str> = report.blocking().map(|issue| issue.message.as_str()).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|message| message.contains("'g4000'")), "{told:?}");
    assert!(report.is_complete());
}

#[test]
fn a_judgement_that_takes_too_long_ends_as_unknown() {
    let mut project = Project::new("");
    project.put("project/long.py", long_file(2_000));
    project.limit = Duration::ZERO;
    let report = project.judge(&Fixture::parse("#- long.py\nx = 1\n"));
    assert_eq!((report.verdict(), report.is_complete()), (Verdict::Pass, false));
    assert!(warnings(&report)[0].contains("took too long"), "{:?}", report.issues);
}

#[test]
fn files_that_are_no_utf_8_are_read_or_left_alone() {
    let project = Project::new("#- app.py\n");
    project.put("project/latin.py", b"# -*- coding: latin-1 -*-\nn\xe4me = '\xe9'\ndef f(): pass\n");
    project.put("project/garbage.py", b"def g(): pass\n\xff\xfe\x00");
    project.put("project/other.py", b"# coding: koi8-r\nx = '\xc1'\ndef h(): pass\n");
    project.check_longer("latin.py");
    project.check(
        "
#- app.py
from latin import f
from latin import g
# ^^^
from garbage import g
from other import h
",
    );
}

#[test]
fn circles_are_no_obstacle() {
    let old = "
#- ring/__init__.py
from .a import A
from .b import *
#- ring/a.py
from . import b
from .b import B, made
class A(B):
    def f(self): return made(self).g()
#- ring/b.py
from . import a
from .a import *
import ring
class B:
    def g(self): return a.A().f()
def made(x: 'ring.A') -> 'a.A': return ring.A()
__all__ = ['B', 'made', 'absent'] + ring.__all__
#- self_made.py
class Own(Own):
    x: 'Own' = Own.x
class P(Q): pass
class Q(P): pass
def f(g=lambda: f()): return f
x = x + y
y = x
for y in y: y = y.z
#- one.py
from two import thing
#- two.py
from one import thing
#- app.py
";
    let project = Project::new(old);
    for path in ["ring/a.py", "ring/b.py", "self_made.py", "one.py", "two.py"] {
        project.check_longer(path);
    }
    project.check(
        "
#- app.py
import ring
from self_made import Own, P
from ring import A, B, made

ring.A().f().g()
ring.a.A().g()
made(A()).nothing()
Own().x
P().y
",
    );
}

#[test]
fn thirty_packages_side_by_side_are_all_seen() {
    let mut old = String::from("#- app.py\n");
    let mut new = String::from("#- app.py\n");
    for n in 0..30 {
        let before = (n + 29) % 30;
        old +=
            &format!("#- p{n}/__init__.py\nfrom p{before}.m import f{before}\n#- p{n}/m.py\ndef f{n}(a): return a\n");
        new += &format!("from p{n}.m import f{n}\nfrom p{n} import f{before}\nf{n}(1)\nf{n}()\n# ^^^\n");
    }
    Project::new(&old).check(&new);
}

#[test]
fn of_two_files_with_one_name_neither_is_proof_against_the_other() {
    let project = Project::new(
        "
#- a.py
in_file = 1
#- a/__init__.py
in_package = 1
#- src/x.py
in_src = 1
#- x.py
in_root = 1
#- tests/conftest.py
def one(): pass
#- tests/sub/conftest.py
def two(): pass
#- tests/sub/test_it.py
#- tests/test_it.py
#- app.py
",
    );
    project.check(
        "
#- app.py
from a import in_package
from x import in_src
from x import in_root
#- tests/test_it.py
from conftest import one
#- tests/sub/test_it.py
from conftest import two
from conftest import one
",
    );
}

#[test]
fn namespaces_and_source_layouts_resolve() {
    let project = Project::new(
        "
#- src/shop/__init__.py
#- src/shop/cart.py
class Cart: pass
#- src/space/one/__init__.py
known = 1
#- space/two/known.py
known = 1
#- tests/test_cart.py
#- src/shop/more.py
",
    );
    project.check(
        "
#- tests/test_cart.py
from shop.cart import Cart
from shop.cart import Basket
# ^^^
from shop import cart
import shop.till
# ^^^
from space.one import known
from src.shop.cart import Cart as Same
#- src/shop/more.py
from .cart import Cart
from .till import Till
# ^^^
from ...beyond import thing
# ^^^
",
    );
}

#[test]
fn a_monorepo_has_many_roots() {
    let project = Project::new(
        "
#- pyproject.toml
[tool.uv.workspace]
members = ['packages/*']
#- packages/a/pyproject.toml
[project]
name = 'a'
#- packages/a/src/pkg_a/__init__.py
def made(x): return x
#- packages/b/pyproject.toml
[project]
name = 'b'
#- packages/b/src/pkg_b/__init__.py
from pkg_a import made
made(1)
#- packages/b/tests/test_b.py
import pkg_b
#- services/c/setup.py
#- services/c/pkg_c/__init__.py
known = 1
#- services/c/pkg_c/more.py
",
    );
    project.check(
        "
#- packages/b/src/pkg_b/__init__.py
from pkg_a import made
from pkg_a import unmade
# ^^^
import pkg_b.nothing
# ^^^
made(1)
made()
# ^^^
#- services/c/pkg_c/more.py
from pkg_c import known
from pkg_c import unknown
# ^^^
from pkg_a import made
",
    );
    // Who uses it is found over there.
    let report = project.judge(&Fixture::parse("#- packages/a/src/pkg_a/__init__.py\ndef made(x, y): return x, y\n"));
    let told: Vec<String> = report.blocking().map(|issue| format!("{}:{}", issue.path, issue.line)).collect();
    assert_eq!(told, ["packages/b/src/pkg_b/__init__.py:2"], "{:#?}", report.issues);
}

#[test]
fn scripts_find_what_lies_beside_them_first() {
    let project = Project::new(
        "
#- scripts/random.py
def my_roll(): return 1
#- scripts/types.py
class MyType: pass
#- scripts/logging/__init__.py
def my_log(): pass
#- scripts/near.py
def known(): pass
#- scripts/tool.py
#- pkg/__init__.py
#- pkg/types.py
class Own: pass
#- pkg/use.py
#- enum.py
class Odd: pass
#- typing.py
class Odd: pass
#- app.py
",
    );
    project.check(
        "
#- scripts/tool.py
import random, logging, near
from random import my_roll
from types import MyType
from near import known
import logging as log
random.my_roll()
logging.my_log()
log.my_log()
near.known()
#- pkg/use.py
from .types import Own
from pkg.types import Own as Same
from types import SimpleNamespace
from types import NothingSuch
# ^^^
from random import my_roll
# ^^^
#- app.py
import enum
from typing import List
from enum import Odd
enum.Odd()
class A:
    def f(self) -> List[int]: return self.g()
    # ^^^
",
    );
    // Of that one file nothing is known: the engine cannot do without the real one.
    let report = project.judge(&Fixture::parse("#- typing.py\nclass Odd: x = y\n"));
    assert_eq!((report.verdict(), report.is_complete()), (Verdict::Pass, false));
}

#[test]
fn data_and_depth_have_a_bound() {
    let big: String = (0..20_000).map(|n| format!("    'k{n}': [{n}, 'v'],\n")).collect();
    let chain = "a".to_owned() + &".b".repeat(200);
    let calls = "a".to_owned() + &".b()".repeat(1000);
    let deep = |open: &str, close: &str, n: usize| format!("{}1{}", open.repeat(n), close.repeat(n));
    let nested: String = (0..90).map(|n| format!("{}if x{n}:\n", " ".repeat(n))).collect();
    let sum = vec!["x"; 5000].join(" + ");
    let elifs: String = (0..3000).map(|n| format!("elif x == {n}:\n    y = {n}\n")).collect();
    let cases = [
        ("big.py", format!("DATA = {{\n{big}}}\n")),
        ("chain.py", format!("a = object()\nx = {chain}\n")),
        ("calls.py", format!("def a(): return a\nx = {calls}\n")),
        ("lists.py", format!("x = {}\n", deep("[", "]", 180))),
        ("deep.py", format!("x = {}\n", deep("(", ")", 900))),
        ("nested.py", format!("x0 = 1\n{nested}{}pass\n", " ".repeat(90))),
        ("sum.py", format!("x = 1\ny = {sum}\n")),
        ("elifs.py", format!("x = 1\nif x:\n    y = 0\n{elifs}")),
    ];
    let project = Project::new("");
    for (path, text) in &cases {
        project.put(&format!("project/{path}"), text);
    }
    for (path, _) in cases {
        let path_in_project = ProjectPath::new(path).unwrap();
        let old = DiskSource::new(project.root()).read(&path_in_project).unwrap();
        let mut longer = Fixture::parse("");
        longer.files.insert(path_in_project, format!("{}\n_one_more = 1\n", old.text()));
        let report = project.judge(&longer);
        assert_eq!(report.verdict(), Verdict::Pass, "{path}");
        // Less than the limit of the test: it ended by itself.
        assert!(report.is_complete(), "{path}: {:#?}", report.issues);
    }
}

#[test]
fn of_thousands_alike_some_are_told_and_the_rest_is_counted() {
    let project = Project::new("#- many.py\n#- quiet.py\n#- one_line.py\n#- fine.py\n");
    let judge = |path: &str, text: String| {
        let mut new = Fixture::parse("");
        new.files.insert(ProjectPath::new(path).unwrap(), text);
        let report = project.judge(&new);
        let last = report.issues.last().map(|issue| (issue.line, issue.message.clone()));
        (report.verdict(), report.issues.len(), last.unwrap_or_default())
    };
    let lines = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();

    let (verdict, count, (line, last)) = judge("many.py", lines(400, &|n| format!("print(word_{n})\n")));
    assert_eq!((verdict, count, line), (Verdict::Block, 101, 101), "{last}");
    assert!(last.contains("'word_100'") && last.contains("up to 299 more like it"), "{last}");

    let (verdict, count, (_, last)) = judge("one_line.py", format!("text = f'{}'\n", "{word}".repeat(600)));
    assert_eq!((verdict, count), (Verdict::Block, 101), "{last}");

    // What blocks is not hidden behind what is only doubted, and what copes with it does not count.
    let quiet = lines(150, &|n| format!("print(word_{n})  # noqa: F821\n"));
    let (verdict, count, (line, last)) = judge("quiet.py", format!("{quiet}print(loud)\n"));
    assert_eq!((verdict, count, line), (Verdict::Block, 101, 151), "{last}");
    assert!(last.contains("'loud'") && last.contains("up to 50 more like it"), "{last}");
    let coping = lines(150, &|n| format!("try:\n    word_{n}\nexcept NameError:\n    pass\n"));
    assert_eq!(judge("fine.py", coping).1, 0);
}

#[test]
fn files_of_nothing_are_files() {
    let project = Project::new("#- app.py\n");
    let files: [(&str, &[u8]); 6] = [
        ("bom.py", b"\xef\xbb\xbf"),
        ("empty.py", b""),
        ("feeds.py", b"\x0cdef f():\n\x0c    return 1\n\x0c\n\x0cx = f()\n"),
        ("nul.py", b"x = 1\n\x00\ny = 2\n"),
        ("cr.py", b"def f():\r    return 1\rx = f()\r"),
        ("blank.py", b"\n\n   \n\t\n"),
    ];
    for (path, bytes) in files {
        project.put(&format!("project/{path}"), bytes);
    }
    for (path, bytes) in files {
        if !bytes.contains(&0) {
            project.check_longer(path);
        }
    }
    project.check(
        "
#- app.py
import bom, empty, blank
from feeds import f, x
from cr import f as g
import nul
from bom import nothing
# ^^^
bom.nothing
# ^^^
f(1)
# ^^^
g(1)
# ^^^
",
    );
}

#[test]
fn an_environment_that_comes_while_flux_runs_is_noticed() {
    let project = Project::with_packages("#- app.py\n", "#- old.py\n");
    let root = project.root();
    let snapshot = index_once(root.clone(), Vec::new(), |_, _| {}).unwrap();
    let source = DiskSource::new(root.clone());
    let mut gate = Gate::new(&root, project.environment.clone());
    gate.refresh(&snapshot);
    let mut change_set = ChangeSet::default();
    let path = ProjectPath::new("app.py").unwrap();
    change_set.put(path.clone(), source.read(&path).ok(), Some("import fresh\nfresh.known\n".into()));
    let judge = |gate: &mut Gate| {
        gate.judge(View { snapshot: &snapshot, pending: &change_set, source: &source }, None).verdict()
    };
    assert_eq!(judge(&mut gate), Verdict::Block);
    install(&project.folder.path().join("env/lib/python3.12/site-packages"));
    assert_eq!(judge(&mut gate), Verdict::Pass);
}

/// Puts a package into a folder, as an installer does: the folder's time moves.
fn install(site: &Path) {
    std::fs::create_dir(site.join("fresh")).unwrap();
    std::fs::write(site.join("fresh/__init__.py"), "known = 1\n").unwrap();
    let later = std::time::SystemTime::now() + Duration::from_secs(5);
    std::fs::File::open(site).unwrap().set_modified(later).unwrap();
}

//! The one fixture language: legal-looking Python in which `#- path` starts a file, `$0` is a position and
//! `# ^^^ text` an expectation on the line above.

use std::collections::BTreeMap;
use std::sync::Arc;

use flux::gate::{Gate, PythonEnvironment, Report};
use flux::index::{Snapshot, Store, View};
use flux::text::{ChangeSet, MemorySource, ProjectPath, Source};

/// What a line is expected to carry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expectation {
    pub path: String,
    /// From 1, in the text without the expectation lines.
    pub line: u32,
    pub text: String,
}

/// A small project, parsed from a fixture.
pub struct Fixture {
    pub files: BTreeMap<ProjectPath, String>,
    pub expectations: Vec<Expectation>,
    /// Where `$0` stood: file and byte offset.
    pub position: Option<(ProjectPath, usize)>,
}

impl Fixture {
    /// A text without a `#- path` line is the file `main.py`.
    pub fn parse(fixture: &str) -> Self {
        let mut parsed = Self { files: BTreeMap::new(), expectations: Vec::new(), position: None };
        let mut path = ProjectPath::new("main.py").unwrap();
        let mut line_count = 0;
        for line in fixture.strip_prefix('\n').unwrap_or(fixture).split_inclusive('\n') {
            if let Some(name) = line.strip_prefix("#- ") {
                path = ProjectPath::new(name.trim()).unwrap();
                parsed.files.insert(path.clone(), String::new());
                line_count = 0;
                continue;
            }
            let comment = line.trim_start().strip_prefix('#').map(str::trim);
            if let Some(marked) = comment.filter(|comment| comment.starts_with('^')) {
                let text = marked.trim_start_matches('^').trim().to_owned();
                parsed.expectations.push(Expectation { path: path.to_string(), line: line_count, text });
                continue;
            }
            let text = parsed.files.entry(path.clone()).or_default();
            match line.split_once("$0") {
                Some((before, after)) => {
                    parsed.position = Some((path.clone(), text.len() + before.len()));
                    text.push_str(before);
                    text.push_str(after);
                }
                None => text.push_str(line),
            }
            line_count += 1;
        }
        parsed
    }

    pub fn source(&self) -> MemorySource {
        let mut source = MemorySource::default();
        for (path, text) in &self.files {
            source.put(path.clone(), text);
        }
        source
    }

    /// The index of the fixture's Python files, with `root` as their root.
    pub fn snapshot(&self, root: &std::path::Path) -> Arc<Snapshot> {
        let mut store = Store::new(root.to_path_buf());
        let parsed = self
            .files
            .iter()
            .filter(|(path, _)| path.holds_code())
            .map(|(path, text)| (path.clone(), Store::parse(path, text.as_bytes())))
            .collect();
        store.apply(parsed, &[])
    }

    /// Writes the files below `root`.
    pub fn write(&self, root: &std::path::Path) {
        for (path, text) in &self.files {
            let place = path.on_disk(root);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::write(place, text).unwrap();
        }
    }

    /// The change set that turns this fixture into `new`: files that `new` does not name stay.
    pub fn change_to(&self, new: &Fixture) -> ChangeSet {
        let source = self.source();
        let mut change_set = ChangeSet::default();
        for (path, text) in &new.files {
            change_set.put(path.clone(), source.read(path).ok(), Some(text.as_str().into()));
        }
        change_set
    }
}

#[test]
fn a_fixture_is_read() {
    let fixture = Fixture::parse(
        "
#- shop/cart.py
class Cart:
    def total(self):
        return self.sum$0 + tax
        #                   ^^^ undefined name: tax
#- shop/__init__.py
",
    );
    let cart = ProjectPath::new("shop/cart.py").unwrap();
    assert_eq!(fixture.files.len(), 2);
    assert_eq!(fixture.files[&cart], "class Cart:\n    def total(self):\n        return self.sum + tax\n");
    assert_eq!(
        fixture.expectations,
        [Expectation { path: "shop/cart.py".into(), line: 3, text: "undefined name: tax".into() }]
    );
    assert_eq!(fixture.position, Some((cart, 56)));
}

/// What a gate of its own, on Python 3.12 without packages, says of going from `old` to `new`.
pub fn judged(old: &str, new: &str) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let old = Fixture::parse(old);
    old.write(folder.path());
    let snapshot = old.snapshot(folder.path());
    let source = old.source();
    let environment = PythonEnvironment { version: Some((3, 12)), ..PythonEnvironment::default() };
    let mut gate = Gate::new(folder.path(), environment);
    gate.refresh(&snapshot);
    let pending = old.change_to(&Fixture::parse(new));
    gate.judge(View { snapshot: &snapshot, pending: &pending, source: &source }, None)
}

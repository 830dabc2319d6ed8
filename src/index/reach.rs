//! Which tests a change reaches: the files that are run when it is, found along the imports.
//!
//! Knows nothing of how tests are run. Invariant: where the imports do not tell, all tests are meant.

use std::collections::BTreeSet;

use super::Snapshot;
use crate::text::{ChangeSet, ProjectPath};

/// The tests that a change may make fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReachingTests {
    /// Files of tests; empty where no test reaches the change.
    Files(Vec<ProjectPath>),
    /// It cannot be narrowed, and why.
    All(String),
}

/// How the project calls its files of tests, and in which folders it keeps them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestNames {
    /// File names with `*`; pytest's own without a configuration.
    pub patterns: Vec<String>,
    /// Empty: anywhere.
    pub folders: Vec<ProjectPath>,
}

impl Default for TestNames {
    fn default() -> Self {
        Self { patterns: vec!["test_*.py".into(), "*_test.py".into()], folders: Vec::new() }
    }
}

impl TestNames {
    pub fn is_test(&self, path: &ProjectPath) -> bool {
        let is_in = self.folders.is_empty() || self.folders.iter().any(|folder| path.is_in(folder));
        is_in && self.patterns.iter().any(|pattern| is_like(path.file_name(), pattern))
    }

    /// The project's files of tests, those of `change_set` among them.
    pub fn all(&self, snapshot: &Snapshot, change_set: &ChangeSet) -> Vec<ProjectPath> {
        let mut found: BTreeSet<ProjectPath> = snapshot.files().map(|(path, _)| path.clone()).collect();
        for (path, change) in change_set.iter() {
            match change.new {
                Some(_) => found.insert(path.clone()),
                None => found.remove(path),
            };
        }
        found.into_iter().filter(|path| self.is_test(path)).collect()
    }

    /// Those that reach what `change_set` changes.
    pub fn reaching(&self, snapshot: &Snapshot, change_set: &ChangeSet) -> ReachingTests {
        if let Some((path, _)) = change_set.iter().find(|(path, _)| !self.is_followed(path)) {
            return ReachingTests::All(format!("what reads '{path}' is not known"));
        }
        let all = self.all(snapshot, change_set);
        let reached = reached(snapshot, change_set);
        // A conftest is run for all tests below its folder, and so is what lies beside tests and is no code.
        let for_folder: Vec<&ProjectPath> =
            reached.iter().filter(|path| path.file_name() == "conftest.py" || !path.holds_code()).collect();
        let is_below = |path: &ProjectPath| {
            for_folder.iter().any(|shared| match shared.folder() {
                "" => true,
                folder => path.as_str().strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')),
            })
        };
        ReachingTests::Files(all.into_iter().filter(|path| reached.contains(path) || is_below(path)).collect())
    }

    /// Whether it is known who uses a file: code by its imports, data of tests by where it lies.
    fn is_followed(&self, path: &ProjectPath) -> bool {
        path.is_python() || (!path.folder().is_empty() && path.as_str().split('/').any(|part| part.starts_with("test")))
    }
}

/// What is changed, and all files that import it, also by way of others.
fn reached(snapshot: &Snapshot, change_set: &ChangeSet) -> BTreeSet<ProjectPath> {
    let mut reached: BTreeSet<ProjectPath> = change_set.iter().map(|(path, _)| path.clone()).collect();
    let mut waiting: Vec<ProjectPath> = reached.iter().cloned().collect();
    // A package's own file is run by whoever imports anything below it.
    for package in change_set.iter().map(|(path, _)| path).filter(|path| path.file_name() == "__init__.py") {
        if let Ok(folder) = ProjectPath::new(package.folder()) {
            waiting.extend(snapshot.files_under(&folder).map(|(path, _)| path.clone()));
        }
    }
    reached.extend(waiting.iter().cloned());
    while let Some(path) = waiting.pop() {
        for user in snapshot.dependents(&path) {
            if reached.insert(user.clone()) {
                waiting.push(user);
            }
        }
    }
    reached
}

/// Whether `name` is like `pattern`, in which `*` stands for anything.
fn is_like(name: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let head = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(head) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((tail, inner)) = parts.split_last() else { return rest.is_empty() };
    for part in inner {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched_as_pytest_does() {
        assert!(
            is_like("test_a.py", "test_*.py") && is_like("a_test.py", "*_test.py") && is_like("tests.py", "tests.py")
        );
        assert!(!is_like("tests.py", "test_*.py") && !is_like("atest.py", "*_test.py") && is_like("x.py", "*"));
        assert!(is_like("check_a_b.py", "check_*_*.py") && !is_like("check_a.py", "check_*_*.py"));
        assert!(!is_like("a.py", "a.pyi") && !is_like("ab", "ab*b"));
    }
}

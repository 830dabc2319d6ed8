//! The steps of a write cut at every place, as a crash would.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::place::mode_of;
use super::*;
use crate::text::FileText;

/// A project and a state folder of its own.
struct Bench {
    root: tempfile::TempDir,
    state: tempfile::TempDir,
}

impl Bench {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let bench = Self { root: folder_in_memory(), state: folder_in_memory() };
        for (path, bytes) in files {
            let place = bench.root.path().join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, bytes).unwrap();
        }
        bench
    }

    fn writer(&self) -> Writer {
        Writer::with_state(self.root.path(), self.state.path()).unwrap()
    }

    fn change_set(&self, changes: &[(&str, Option<&str>)]) -> ChangeSet {
        let mut change_set = ChangeSet::default();
        for (path, new) in changes {
            let old = fs::read(self.root.path().join(path)).ok();
            let old = old.map(|bytes| Arc::new(FileText::decode(&bytes).unwrap()));
            change_set.put(ProjectPath::new(path).unwrap(), old, new.map(Into::into));
        }
        change_set
    }

    fn plan(&self, writer: &Writer) -> Plan {
        let wanted = plan::wanted_of(&writer.root, &self.change_set(&CHANGES)).unwrap();
        Plan::new(&writer.root, wanted, 1, purpose(Kind::Write)).unwrap()
    }

    /// Every file and folder, so that a forgotten one is seen.
    fn tree(&self) -> BTreeMap<String, Option<Vec<u8>>> {
        fn walk(root: &Path, folder: &Path, tree: &mut BTreeMap<String, Option<Vec<u8>>>) {
            for entry in fs::read_dir(folder).unwrap() {
                let place = entry.unwrap().path();
                let name = place.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                tree.insert(name, fs::read(&place).ok());
                if place.is_dir() {
                    walk(root, &place, tree);
                }
            }
        }
        let mut tree = BTreeMap::new();
        walk(self.root.path(), self.root.path(), &mut tree);
        tree
    }
}

fn purpose(kind: Kind) -> Purpose {
    Purpose { kind, title: "t".into(), task: None }
}

/// A temporary folder where making bytes safe costs nothing, if the system has one.
fn folder_in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

const FILES: [(&str, &[u8]); 3] = [("a.py", b"a = 1\n"), ("pkg/b.py", b"b = 1\r\n"), ("gone.py", b"x = 1\n")];
const CHANGES: [(&str, Option<&str>); 4] =
    [("a.py", Some("a = 2\n")), ("pkg/b.py", Some("b = 2\r\n")), ("gone.py", None), ("new/deep/c.py", Some("c = 1\n"))];

#[test]
fn a_crash_at_any_step_leaves_all_or_nothing() {
    let whole = Bench::new(&FILES);
    let before = whole.tree();
    whole.writer().write(&whole.change_set(&CHANGES), "t").unwrap();
    let after = whole.tree();
    assert_ne!(before, after);
    let mut cut = 0;
    loop {
        let bench = Bench::new(&FILES);
        let writer = bench.writer();
        let plan = bench.plan(&writer);
        let steps = plan.steps();
        assert!(cut <= steps.len());
        {
            let journal = Journal::open(&writer.folder).unwrap();
            for step in &steps[..cut] {
                plan.step(*step, &journal).unwrap();
            }
        }
        let recovered = bench.writer().recover().unwrap();
        let has_begun = steps[..cut].contains(&plan::Step::Begin);
        let all_replaced = steps[..cut].contains(&plan::Step::Replace(CHANGES.len() - 1));
        assert_eq!(bench.tree(), if all_replaced { after.clone() } else { before.clone() }, "cut at {cut}");
        assert_eq!(recovered.len(), usize::from(has_begun && cut < steps.len()), "cut at {cut}");
        assert!(recovered.iter().all(|one| one.stands == all_replaced && one.left.is_empty()));
        // Nothing is left to mend, and the next write goes on.
        assert_eq!(bench.writer().recover(), Ok(Vec::new()));
        let again = bench.change_set(&[("a.py", Some("a = 9\n"))]);
        bench.writer().write(&again, "again").unwrap();
        bench.writer().undo().unwrap();
        assert_eq!(bench.tree(), if all_replaced { after.clone() } else { before.clone() });
        if cut == steps.len() {
            break;
        }
        cut += 1;
    }
}

#[test]
fn a_crash_within_an_undo_is_one_within_a_write() {
    for replaced in 0..=4 {
        let bench = Bench::new(&FILES);
        let before = bench.tree();
        let writer = bench.writer();
        writer.write(&bench.change_set(&CHANGES), "t").unwrap();
        let after = bench.tree();
        {
            let (journal, entries) = writer.open().unwrap();
            let write = History(&entries).last_standing().unwrap();
            let paths = History(&entries).standing(write);
            let way = undo::way(&writer.root, &journal, &[(&entries[0].0, &paths)], Direction::Back).unwrap();
            let kind = Kind::Undo(Parts::new(vec![Part { write, paths }]).unwrap());
            let plan = Plan::new(&writer.root, way.wanted, 2, purpose(kind)).unwrap();
            let cut = plan.steps().iter().position(|step| matches!(step, plan::Step::Replace(_))).unwrap() + replaced;
            for step in &plan.steps()[..cut] {
                plan.step(*step, &journal).unwrap();
            }
        }
        let recovered = bench.writer().recover().unwrap();
        assert_eq!(recovered.len(), 1);
        assert_eq!(recovered[0].stands, replaced == 4);
        if replaced < 4 {
            assert_eq!(bench.tree(), after, "after {replaced}");
            bench.writer().undo().unwrap();
        }
        // What the write had made for itself alone may stay empty where the crash came between.
        let _ = fs::remove_dir(bench.root.path().join("new/deep"));
        let _ = fs::remove_dir(bench.root.path().join("new"));
        assert_eq!(bench.tree(), before, "after {replaced}");
        assert!(matches!(bench.writer().undo(), Err(WriteFailure::NothingToUndo(_))));
    }
}

#[test]
fn what_somebody_else_saved_after_the_crash_stays() {
    let bench = Bench::new(&FILES);
    let writer = bench.writer();
    let plan = bench.plan(&writer);
    {
        let journal = Journal::open(&writer.folder).unwrap();
        let steps = plan.steps();
        for step in &steps[..steps.len() - 3] {
            plan.step(*step, &journal).unwrap();
        }
    }
    fs::write(bench.root.path().join("a.py"), "mine\n").unwrap();
    let recovered = bench.writer().recover().unwrap();
    assert_eq!(recovered[0].left, [ProjectPath::new("a.py").unwrap()]);
    assert_eq!(fs::read(bench.root.path().join("a.py")).unwrap(), b"mine\n");
    assert_eq!(fs::read(bench.root.path().join("pkg/b.py")).unwrap(), b"b = 1\r\n");
}

#[test]
fn a_failure_at_any_step_is_taken_back() {
    // What stands where the new content has to lie makes that step fail, whoever runs the test.
    for blocked in ["pkg/.flux-1-3.tmp", ".flux-1-0.tmp"] {
        let bench = Bench::new(&FILES);
        fs::create_dir(bench.root.path().join(blocked)).unwrap();
        fs::write(bench.root.path().join(blocked).join("x"), "").unwrap();
        let before = bench.tree();
        let failure = bench.writer().write(&bench.change_set(&CHANGES), "t").unwrap_err();
        assert!(matches!(failure, WriteFailure::Failed { .. }), "{failure:?}");
        assert_eq!(bench.tree(), before);
        assert_eq!(bench.writer().recover(), Ok(Vec::new()));
    }
}

#[test]
fn a_file_saved_at_the_last_instant_is_not_overwritten() {
    let bench = Bench::new(&FILES);
    let writer = bench.writer();
    let plan = bench.plan(&writer);
    fs::write(bench.root.path().join("pkg/b.py"), "mine\n").unwrap();
    let before = bench.tree();
    let journal = Journal::open(&writer.folder).unwrap();
    let paths = vec![ProjectPath::new("pkg/b.py").unwrap()];
    assert_eq!(plan.run(&journal), Err(WriteFailure::Conflict { paths }));
    assert_eq!(bench.tree(), before);
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_changes_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new(&FILES);
    let before = bench.tree();
    let folder = bench.root.path().join("pkg");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    let is_root = fs::write(folder.join("probe"), "").is_ok();
    if is_root {
        fs::remove_file(folder.join("probe")).unwrap();
    }
    let written = bench.writer().write(&bench.change_set(&CHANGES), "t");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    // Permissions do not bind the administrator: then all of it is there.
    match is_root {
        true => assert_eq!(written.map(|paths| paths.len()), Ok(4)),
        false => {
            assert!(matches!(written, Err(WriteFailure::Failed { .. })), "{written:?}");
            assert_eq!(bench.tree(), before);
        }
    }
    assert_eq!(mode_of(&folder), 0o755);
}

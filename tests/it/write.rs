//! Writing through its door: what is on the disk before and after, and what is refused.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use flux::edit::{Operation, apply};
use flux::index::View;
use flux::sys::{DiskSource, Overlap, WriteFailure, Writer, index_once};
use flux::text::{ChangeSet, FileText, ProjectPath};

mod bad_disks;
mod broken_off;
mod case;
mod taking_back;

/// A project and a state folder of its own.
struct Bench {
    root: tempfile::TempDir,
    state: tempfile::TempDir,
}

impl Bench {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let bench = Self { root: folder_in_memory(), state: folder_in_memory() };
        for (path, bytes) in files {
            let place = bench.at(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, bytes).unwrap();
        }
        bench
    }

    fn at(&self, path: &str) -> std::path::PathBuf {
        self.root.path().join(path)
    }

    fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.at(path)).ok()
    }

    fn text(&self, path: &str) -> String {
        String::from_utf8(self.bytes(path).unwrap()).unwrap()
    }

    fn writer(&self) -> Writer {
        Writer::with_state(self.root.path(), self.state.path()).unwrap()
    }

    fn change_set(&self, changes: &[(&str, Option<&str>)]) -> ChangeSet {
        let mut change_set = ChangeSet::default();
        for (path, new) in changes {
            let old = self.bytes(path).map(|bytes| Arc::new(FileText::decode(&bytes).unwrap()));
            change_set.put(ProjectPath::new(path).unwrap(), old, new.map(Into::into));
        }
        change_set
    }

    /// What moving files, one after the other, makes of the project.
    fn moved(&self, moves: &[(&str, &str)]) -> ChangeSet {
        let source = DiskSource::new(self.root.path().to_owned());
        let snapshot = index_once(self.root.path().to_owned(), Vec::new(), |_, _| {}).unwrap();
        let mut pending = ChangeSet::default();
        for (from, to) in moves {
            let [source_path, destination] = [from, to].map(|path| ProjectPath::new(path).unwrap());
            let operation = Operation::MoveFile { source: source_path, destination };
            let view = View { snapshot: &snapshot, pending: &pending, source: &source };
            pending = apply(view, &operation).unwrap().change_set;
        }
        pending
    }

    fn write(&self, changes: &[(&str, Option<&str>)]) -> Result<Vec<ProjectPath>, WriteFailure> {
        self.writer().write(&self.change_set(changes), "a task")
    }
}

/// A temporary folder where making bytes safe costs nothing, if the system has one.
fn folder_in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn paths(raw: &[&str]) -> Vec<ProjectPath> {
    raw.iter().map(|raw| ProjectPath::new(raw).unwrap()).collect()
}

#[test]
fn files_are_changed_created_and_deleted_and_all_of_it_taken_back() {
    let bench = Bench::new(&[("a.py", b"a = 1\n"), ("b.py", b"b = 1\n")]);
    let written = bench.write(&[("a.py", Some("a = 2\n")), ("b.py", None), ("new/c.py", Some("c = 1\n"))]);
    assert_eq!(written, Ok(paths(&["a.py", "b.py", "new/c.py"])));
    let texts = || ["a.py", "b.py", "new/c.py"].map(|path| bench.bytes(path));
    assert_eq!(texts(), [Some(b"a = 2\n".to_vec()), None, Some(b"c = 1\n".to_vec())]);
    // Another writer, as after a restart.
    let undone = bench.writer().undo().unwrap();
    assert_eq!((undone.title.as_str(), undone.paths), ("a task", paths(&["a.py", "b.py", "new/c.py"])));
    assert_eq!(texts(), [Some(b"a = 1\n".to_vec()), Some(b"b = 1\n".to_vec()), None]);
    assert!(!bench.at("new").exists());
    let names: Vec<_> = fs::read_dir(bench.root.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn writes_are_taken_back_one_after_the_other() {
    let bench = Bench::new(&[("a.py", b"1\n")]);
    for text in ["2\n", "3\n"] {
        bench.write(&[("a.py", Some(text))]).unwrap();
    }
    for expected in [b"2\n", b"1\n"] {
        bench.writer().undo().unwrap();
        assert_eq!(bench.bytes("a.py").as_deref(), Some(&expected[..]));
    }
    let failure = bench.writer().undo().unwrap_err();
    assert!(failure.to_string().starts_with("nothing to undo in "), "{failure}");
}

#[test]
fn a_file_that_changed_underneath_is_never_overwritten() {
    let bench = Bench::new(&[("a.py", b"a = 1\n"), ("b.py", b"b = 1\n")]);
    let change_set = bench.change_set(&[("a.py", Some("a = 2\n")), ("b.py", Some("b = 2\n")), ("c.py", Some("c\n"))]);
    fs::write(bench.at("b.py"), "mine\n").unwrap();
    fs::write(bench.at("c.py"), "mine too\n").unwrap();
    let failure = bench.writer().write(&change_set, "t").unwrap_err();
    assert_eq!(failure, WriteFailure::Conflict { paths: paths(&["b.py", "c.py"]) });
    assert_eq!(failure.to_string(), "'b.py', 'c.py' changed on disk since the proposal was made");
    assert_eq!(bench.bytes("a.py").unwrap(), b"a = 1\n");
    assert_eq!(bench.bytes("b.py").unwrap(), b"mine\n");
    fs::remove_file(bench.at("a.py")).unwrap();
    assert!(
        matches!(bench.writer().write(&change_set, "t"), Err(WriteFailure::Conflict { paths }) if paths.len() == 3)
    );
}

#[test]
fn the_spelling_of_a_file_is_kept() {
    for (old, text, new) in [
        (&b"\xef\xbb\xbfx = 1\r\n"[..], "x = 2\r\n", &b"\xef\xbb\xbfx = 2\r\n"[..]),
        (b"# coding: latin-1\ns = '\xe9'\n", "# coding: latin-1\ns = 'é!'\n", b"# coding: latin-1\ns = '\xe9!'\n"),
        (b"x = 1", "x = 2", b"x = 2"),
        (b"x\ry", "x\rz", b"x\rz"),
    ] {
        let bench = Bench::new(&[("a.py", old)]);
        bench.write(&[("a.py", Some(text))]).unwrap();
        assert_eq!(bench.bytes("a.py").unwrap(), new);
        bench.writer().undo().unwrap();
        assert_eq!(bench.bytes("a.py").unwrap(), old);
    }
    // A new file is spelled as it declares.
    let bench = Bench::new(&[]);
    bench.write(&[("new.py", Some("# coding: latin-1\ns = 'é'\n"))]).unwrap();
    assert_eq!(bench.bytes("new.py").unwrap(), b"# coding: latin-1\ns = '\xe9'\n");
}

#[test]
fn a_moved_file_is_spelled_as_it_was_though_its_imports_changed() {
    for (old, new) in [
        (&b"\xef\xbb\xbffrom .b import x\r\n"[..], &b"\xef\xbb\xbffrom pkg.b import x\r\n"[..]),
        (b"# coding: latin-1\nfrom .b import x\ns = '\xe9'\n", b"# coding: latin-1\nfrom pkg.b import x\ns = '\xe9'\n"),
        (b"from .b import x", b"from pkg.b import x"),
    ] {
        let bench = Bench::new(&[
            ("pkg/__init__.py", b""),
            ("pkg/b.py", b"x = 1\n"),
            ("other/__init__.py", b""),
            ("pkg/a.py", old),
        ]);
        #[cfg(unix)]
        fs::set_permissions(bench.at("pkg/a.py"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        bench.writer().write(&bench.moved(&[("pkg/a.py", "other/a.py")]), "t").unwrap();
        assert_eq!((bench.bytes("other/a.py").unwrap(), bench.bytes("pkg/a.py")), (new.to_vec(), None));
        #[cfg(unix)]
        {
            let mode = fs::metadata(bench.at("other/a.py")).unwrap();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o755);
        }
        bench.writer().undo().unwrap();
        assert_eq!((bench.bytes("pkg/a.py").unwrap(), bench.bytes("other/a.py")), (old.to_vec(), None));
        // Moved twice before it is written.
        let moved = bench.moved(&[("pkg/a.py", "between.py"), ("between.py", "other/c.py")]);
        bench.writer().write(&moved, "t").unwrap();
        assert_eq!(bench.bytes("other/c.py").unwrap(), new);
    }
}

#[test]
fn a_character_that_the_encoding_lacks_is_refused() {
    let bench = Bench::new(&[("a.py", b"# coding: latin-1\n"), ("b.py", b"")]);
    let failure = bench.write(&[("a.py", Some("# coding: latin-1\ns = '€'\n")), ("b.py", Some("x\n"))]).unwrap_err();
    assert_eq!(failure.to_string(), "'a.py' cannot be written: character '€' cannot be written in the file's encoding");
    assert_eq!(bench.bytes("b.py").unwrap(), b"");
}

#[test]
fn one_writer_at_a_time_and_none_outside_the_project() {
    let bench = Bench::new(&[("a.py", b"1\n"), (".git/config", b"x")]);
    let failure = bench.write(&[(".git/config", Some("y"))]).unwrap_err();
    assert_eq!(failure.to_string(), "'.git/config' lies in a folder of version control or of flux itself");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(".git", bench.at("tools")).unwrap();
        let failure = bench.write(&[("tools/hooks/pre-commit", Some("y"))]).unwrap_err();
        assert!(failure.to_string().contains("lies in a folder of version control or of flux itself"), "{failure}");
        assert_eq!(bench.bytes(".git/hooks/pre-commit"), None);
    }
    let failure = bench.write(&[("a.py/b.py", Some("x"))]).unwrap_err();
    assert_eq!(failure.to_string(), "'a.py/b.py' cannot be created: a file stands where its folder has to be");
    assert_eq!(bench.write(&[]), Ok(Vec::new()));
    let gone = Writer::with_state(Path::new("/no/such/folder"), bench.state.path()).unwrap_err();
    assert!(gone.to_string().starts_with("the project folder /no/such/folder cannot be used: "), "{gone}");
    // A state folder that cannot be made: nothing is written without a journal.
    let writer = Writer::with_state(bench.root.path(), &bench.at("a.py")).unwrap();
    let failure = writer.write(&bench.change_set(&[("a.py", Some("2\n"))]), "t").unwrap_err();
    assert!(matches!(failure, WriteFailure::NoState { .. }), "{failure:?}");
    assert_eq!(bench.bytes("a.py").unwrap(), b"1\n");
}

#[test]
fn the_program_takes_the_last_write_back() {
    let bench = Bench::new(&[("a.py", b"1\n")]);
    let flux_undo = |root: &Path| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_flux"));
        let done =
            program.arg("undo").arg("--root").arg(root).env("XDG_STATE_HOME", bench.state.path()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (done.status.code(), text(done.stdout), text(done.stderr))
    };
    let root = bench.root.path().canonicalize().unwrap();
    let nothing = format!("flux: nothing to undo in {}\n", root.display());
    assert_eq!(flux_undo(&root), (Some(1), String::new(), nothing));
    let writer = Writer::with_state(&root, &bench.state.path().join("flux")).unwrap();
    writer.write(&bench.change_set(&[("a.py", Some("2\n"))]), "double it").unwrap();
    assert_eq!(flux_undo(&root), (Some(0), "took back: double it\n  a.py\n".to_owned(), String::new()));
    assert_eq!(bench.bytes("a.py").unwrap(), b"1\n");
    assert_eq!(flux_undo(&bench.at("none")).0, Some(2));
}

#[test]
fn a_project_that_was_never_written_to_is_only_looked_at() {
    let bench = Bench::new(&[("a.py", b"1\n")]);
    assert_eq!(bench.writer().recover(), Ok(Vec::new()));
    assert_eq!(fs::read_dir(bench.state.path()).unwrap().count(), 0);
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn mode(place: &Path) -> u32 {
        fs::metadata(place).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn permissions_are_kept() {
        let bench = Bench::new(&[("run.py", b"1\n"), ("gone.py", b"1\n"), ("usual.py", b"1\n")]);
        for (path, bits) in [("run.py", 0o755), ("gone.py", 0o700)] {
            fs::set_permissions(bench.at(path), fs::Permissions::from_mode(bits)).unwrap();
        }
        let changes = [("run.py", Some("2\n")), ("gone.py", None), ("new.py", Some("new\n"))];
        bench.write(&changes).unwrap();
        assert_eq!(mode(&bench.at("run.py")), 0o755);
        assert_eq!(mode(&bench.at("new.py")), mode(&bench.at("usual.py")));
        bench.writer().undo().unwrap();
        assert_eq!((mode(&bench.at("run.py")), mode(&bench.at("gone.py"))), (0o755, 0o700));
        fs::set_permissions(bench.at("run.py"), fs::Permissions::from_mode(0o444)).unwrap();
        let failure = bench.write(&[("run.py", Some("3\n"))]).unwrap_err();
        assert_eq!(failure.to_string(), "'run.py' is read-only; allow writing to it first");
    }

    #[test]
    fn a_file_stays_with_its_owner() {
        let bench = Bench::new(&[("a.py", b"1\n")]);
        // Only an administrator can give a file away; for anybody else there is nothing to show.
        if std::os::unix::fs::chown(bench.at("a.py"), Some(12345), Some(54321)).is_err() {
            return;
        }
        let owner = || {
            let data = fs::metadata(bench.at("a.py")).unwrap();
            (data.uid(), data.gid())
        };
        bench.write(&[("a.py", Some("2\n"))]).unwrap();
        assert_eq!(owner(), (12345, 54321));
        bench.writer().undo().unwrap();
        assert_eq!(owner(), (12345, 54321));
    }

    #[test]
    fn a_link_stays_a_link() {
        let bench = Bench::new(&[("real/a.py", b"1\n")]);
        symlink("real/a.py", bench.at("link.py")).unwrap();
        symlink("real", bench.at("folder")).unwrap();
        bench.write(&[("link.py", Some("2\n")), ("folder/new.py", Some("x\n"))]).unwrap();
        assert!(bench.at("link.py").is_symlink() && bench.at("folder").is_symlink());
        assert_eq!(bench.bytes("real/a.py").unwrap(), b"2\n");
        assert_eq!(bench.bytes("real/new.py").unwrap(), b"x\n");
        let failure = bench.write(&[("link.py", Some("3\n")), ("real/a.py", Some("4\n"))]).unwrap_err();
        assert_eq!(failure.to_string(), "'real/a.py' is the same file as 'link.py'");
        let failure = bench.writer().write(&bench.moved(&[("link.py", "moved.py")]), "t").unwrap_err();
        assert_eq!(failure.to_string(), "'link.py' is a symbolic link: flux does not delete links");
        let failure = bench.write(&[("link.py", None)]).unwrap_err();
        assert_eq!(failure.to_string(), "'link.py' is a symbolic link: flux does not delete links");
    }

    #[test]
    fn a_link_that_leaves_the_project_is_refused() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("x.py"), "1\n").unwrap();
        let bench = Bench::new(&[]);
        symlink(outside.path().join("x.py"), bench.at("x.py")).unwrap();
        symlink(outside.path(), bench.at("out")).unwrap();
        symlink("nothing", bench.at("dangling.py")).unwrap();
        for (path, why) in [
            ("x.py", "is a link that leaves the project"),
            ("out/new.py", "is a link that leaves the project"),
            ("out/deep/new.py", "is a link that leaves the project"),
            ("dangling.py", "is a link to nothing"),
        ] {
            let failure = bench.write(&[(path, Some("2\n"))]).unwrap_err();
            assert_eq!(failure.to_string(), format!("'{path}' {why}"));
        }
        assert_eq!(fs::read(outside.path().join("x.py")).unwrap(), b"1\n");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    }
}

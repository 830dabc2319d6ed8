//! The index over a real folder: what belongs to a project, and that it stays true to the disk.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use flux::app::WatcherHealth;
use flux::index::Snapshot;
use flux::sys::{DiskSource, IndexEvent, IndexThread, Watching, index_once};
use flux::text::{ReadError, Source};
use tempfile::TempDir;

use super::path;
use crate::fixture::Fixture;

/// Far more than any of it takes; only a failing test waits so long.
pub(super) const PATIENCE: Duration = Duration::from_secs(180);

fn folder(fixture: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    Fixture::parse(fixture).write(folder.path());
    folder
}

fn files(snapshot: &Snapshot) -> Vec<String> {
    snapshot.files().map(|(path, _)| path.to_string()).collect()
}

fn fresh(root: &Path) -> Arc<Snapshot> {
    index_once(root.to_path_buf(), Vec::new(), |_, _| ()).unwrap()
}

#[test]
fn a_walk_yields_what_belongs_to_the_project() {
    let root = folder(
        "
#- main.py
#- stubs/main.pyi
#- notes.txt
#- .hidden/hook.py
#- .gitignore
build/
*.gen.py
!keep.gen.py
#- build/out.py
#- a.gen.py
#- keep.gen.py
#- pkg/.gitignore
/local.py
#- pkg/local.py
#- pkg/sub/local.py
#- .venv/lib/x.py
#- env/pyvenv.cfg
#- env/lib/x.py
#- venv/__init__.py
#- node_modules/gyp/x.py
#- pkg/__pycache__/x.py
#- .git/hooks/x.py
",
    );
    #[cfg(unix)]
    for (target, link) in [(".", "loop"), ("../main.py", "pkg/linked.py"), ("nowhere", "pkg/.#main.py")] {
        std::os::unix::fs::symlink(target, root.path().join(link)).unwrap();
    }
    let expected =
        [".hidden/hook.py", "keep.gen.py", "main.py", "pkg/sub/local.py", "stubs/main.pyi", "venv/__init__.py"];
    assert_eq!(files(&fresh(root.path())), expected);
    let configured = index_once(root.path().to_path_buf(), vec!["stubs/".into(), ".hidden".into()], |_, _| ()).unwrap();
    assert_eq!(files(&configured), expected[1..4].iter().chain(&expected[5..]).copied().collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_read_is_known_by_name() {
    let root = folder("#- good.py\ndef f(): pass\n#- empty.py\n");
    fs::write(root.path().join("bad.py"), b"x = '\xff'").unwrap();
    fs::write(root.path().join("koi.py"), b"# coding: koi8-r\ndef f(): '\xd1'").unwrap();
    fs::write(root.path().join("nul.py"), b"x\0").unwrap();
    let snapshot = fresh(root.path());
    let skipped: Vec<_> = snapshot.files().filter(|(_, file)| file.skipped.is_some()).map(|(path, _)| path).collect();
    assert_eq!(skipped, [&path("bad.py"), &path("koi.py"), &path("nul.py")]);
    assert_eq!(snapshot.symbol_count(), 2);
    assert_eq!(fresh(tempfile::tempdir().unwrap().path()).file_count(), 0);
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_listed_is_told_and_the_rest_is_there() {
    use std::os::unix::fs::PermissionsExt;
    let root = folder("#- good.py\ndef f(): pass\n#- locked/inner.py\ndef g(): pass\n");
    let locked = root.path().join("locked");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let snapshot = fresh(root.path());
    // Who may do everything is not held by permissions.
    if fs::read_dir(&locked).is_err() {
        assert_eq!(files(&snapshot), ["good.py"]);
        assert_eq!(snapshot.unlisted.keys().collect::<Vec<_>>(), ["locked"]);
    } else {
        assert_eq!(files(&snapshot), ["good.py", "locked/inner.py"]);
    }
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
    let snapshot = fresh(root.path());
    assert!(snapshot.unlisted.is_empty() && snapshot.file_count() == 2);
}

#[cfg(unix)]
#[test]
fn what_no_path_can_hold_and_what_is_no_file_is_told_and_the_rest_is_there() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::net::UnixListener;
    let root = folder("#- good.py\ndef f(): pass\n#- pkg/a.py\n");
    let strange = |name: &[u8]| root.path().join(std::ffi::OsStr::from_bytes(name));
    fs::create_dir(strange(b"d\xff")).unwrap();
    // Without its folder it would pass for a file of the root.
    fs::write(strange(b"d\xff/inner.py"), "def g(): pass\n").unwrap();
    fs::write(strange(b"pkg/\xfe.py"), "def g(): pass\n").unwrap();
    fs::write(strange(b"pkg/\xfe.txt"), "").unwrap();
    fs::write(strange(b"odd\\name.py"), "").unwrap();
    let _socket = UnixListener::bind(root.path().join("socket.py")).unwrap();
    let snapshot = fresh(root.path());
    assert_eq!(files(&snapshot), ["good.py", "odd\\name.py", "pkg/a.py"]);
    assert_eq!(snapshot.unlisted.keys().collect::<Vec<_>>(), ["d\u{fffd}", "pkg/\u{fffd}.py", "socket.py"]);
}

#[test]
fn links_that_go_round_and_files_that_are_too_large_hold_nothing_up() {
    let root = folder("#- pkg/good.py\ndef f(): pass\n");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(root.path(), root.path().join("pkg/round")).unwrap();
        std::os::unix::fs::symlink("loop.py", root.path().join("pkg/loop.py")).unwrap();
    }
    // As large as it says, but without blocks on the disk.
    fs::File::create(root.path().join("huge.py")).unwrap().set_len(200 << 20).unwrap();
    fs::write(root.path().join("ff.py"), [0xff; 5000]).unwrap();
    let snapshot = fresh(root.path());
    assert_eq!(files(&snapshot), ["ff.py", "huge.py", "pkg/good.py"]);
    let is_skipped = |file| snapshot.file(&path(file)).unwrap().skipped.is_some();
    assert!(is_skipped("ff.py") && is_skipped("huge.py") && !is_skipped("pkg/good.py"));
    assert_eq!(snapshot.symbol_count(), 1);
}

#[test]
fn the_disk_gives_only_the_projects_files() {
    let outside = folder("#- secret.py\nTOKEN = 1\n");
    let root = folder("#- pkg/a.py\nx = 1\n#- .git/config\nsecret\n");
    let source = DiskSource::new(root.path().to_path_buf());
    assert_eq!(source.read(&path("pkg/a.py")).unwrap().text(), "x = 1\n");
    assert_eq!(source.read(&path("pkg/b.py")), Err(ReadError::Missing(path("pkg/b.py"))));
    assert_eq!(source.read(&path("pkg/a.py/b.py")), Err(ReadError::Missing(path("pkg/a.py/b.py"))));
    let is_unreadable = |file| matches!(source.read(&path(file)), Err(ReadError::Unreadable { .. }));
    let is_closed = |file| source.read(&path(file)) == Err(ReadError::Closed { path: path(file) });
    assert!(is_unreadable("pkg") && is_closed(".git/config") && is_closed(".git/none"));
    #[cfg(unix)]
    {
        use std::os::unix::{fs::symlink, net::UnixListener};
        let _socket = UnixListener::bind(root.path().join("socket")).unwrap();
        symlink(outside.path().join("secret.py"), root.path().join("link.py")).unwrap();
        symlink(outside.path(), root.path().join("linked")).unwrap();
        symlink(".git", root.path().join("harmless")).unwrap();
        symlink("pkg/a.py", root.path().join("inner.py")).unwrap();
        symlink("round.py", root.path().join("round.py")).unwrap();
        assert!(is_unreadable("socket") && is_closed("harmless/config") && is_unreadable("round.py"));
        for file in ["link.py", "linked/secret.py"] {
            assert_eq!(source.read(&path(file)), Err(ReadError::OutsideLink { path: path(file) }));
        }
        assert_eq!(source.read(&path("inner.py")).unwrap().text(), "x = 1\n");
    }
}

struct Live {
    root: TempDir,
    events: Receiver<IndexEvent>,
    thread: IndexThread,
    snapshot: Arc<Snapshot>,
}

impl Live {
    fn start(fixture: &str, watching: Watching) -> Self {
        Self::start_in(folder(fixture), "", watching)
    }

    /// In a folder below another.
    fn start_in(root: TempDir, inner: &str, watching: Watching) -> Self {
        let (sender, events) = mpsc::channel();
        let sink = move |event| drop(sender.send(event));
        let thread = IndexThread::start(root.path().join(inner), Vec::new(), None, watching, sink).unwrap();
        let snapshot = Arc::default();
        let mut live = Self { root, events, thread, snapshot };
        live.wait_for(|_| true);
        live
    }

    /// Takes snapshots until one is as wished.
    fn wait_for(&mut self, is_so: impl Fn(&Snapshot) -> bool) {
        loop {
            match self.events.recv_timeout(PATIENCE).expect("the index keeps up with the disk") {
                IndexEvent::Indexed(update) => {
                    assert!(update.snapshot.revision > self.snapshot.revision);
                    assert!(update.changed.iter().all(|path| update.snapshot.file(path).is_some()));
                    assert!(update.removed.iter().all(|path| update.snapshot.file(path).is_none()));
                    self.snapshot = update.snapshot;
                    if is_so(&self.snapshot) {
                        return;
                    }
                }
                IndexEvent::Failed(why) => panic!("{why}"),
                IndexEvent::Progressed { .. } | IndexEvent::WatcherChanged(_) => {}
            }
        }
    }

    fn wait_for_health(&mut self, is_so: impl Fn(&WatcherHealth) -> bool) {
        loop {
            match self.events.recv_timeout(PATIENCE).expect("it is told how changes are noticed") {
                IndexEvent::WatcherChanged(health) if is_so(&health) => return,
                IndexEvent::Indexed(update) => self.snapshot = update.snapshot,
                IndexEvent::Failed(why) => panic!("{why}"),
                IndexEvent::Progressed { .. } | IndexEvent::WatcherChanged(_) => {}
            }
        }
    }

    fn write(&self, file: &str, text: &str) {
        let place = self.root.path().join(file);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    /// Puts a whole file in place at once.
    fn move_in(&self, file: &str, text: &str) {
        self.write("whole.tmp", text);
        fs::rename(self.root.path().join("whole.tmp"), self.root.path().join(file)).unwrap();
    }

    fn check_as_fresh(&self) {
        let told =
            |snapshot: &Snapshot| snapshot.files().map(|(path, file)| (path.clone(), file.hash)).collect::<Vec<_>>();
        assert_eq!(told(&self.snapshot), told(&fresh(self.root.path())));
    }
}

const PROJECT: &str = "
#- main.py
def main(): pass
#- pkg/a.py
def a(): pass
#- pkg/deep/b.py
def b(): pass
#- pkg/deep/er/c.py
def c(): pass
";

fn has<'a>(file: &'a str, symbol: &'a str) -> impl Fn(&Snapshot) -> bool + 'a {
    move |snapshot| snapshot.file(&path(file)).is_some_and(|file| !file.structure.find(symbol).is_empty())
}

fn lacks(file: &str) -> impl Fn(&Snapshot) -> bool + '_ {
    move |snapshot| snapshot.file(&path(file)).is_none()
}

fn check_follows(watching: Watching) {
    let mut live = Live::start(PROJECT, watching);
    assert_eq!(live.snapshot.symbol_count(), 4);

    live.write("main.py", "def changed(): pass\n");
    live.wait_for(has("main.py", "changed"));

    // A folder within a new folder: its files were there before it could be watched.
    live.write("new/a/b/n.py", "def n(): pass\n");
    live.wait_for(has("new/a/b/n.py", "n"));
    live.write("new/a/b/n.py", "def n2(): pass\n");
    live.wait_for(has("new/a/b/n.py", "n2"));

    let root = live.root.path().to_path_buf();
    fs::rename(root.join("pkg/deep"), root.join("pkg/moved")).unwrap();
    live.wait_for(|snapshot| has("pkg/moved/er/c.py", "c")(snapshot) && lacks("pkg/deep/er/c.py")(snapshot));
    live.write("pkg/moved/er/c.py", "def c2(): pass\n");
    live.wait_for(has("pkg/moved/er/c.py", "c2"));

    fs::remove_dir_all(root.join("pkg/moved")).unwrap();
    live.wait_for(lacks("pkg/moved/er/c.py"));
    live.write("pkg/moved/er/c.py", "def back(): pass\n");
    live.wait_for(has("pkg/moved/er/c.py", "back"));

    live.write(".gitignore", "new/\n");
    live.wait_for(lacks("new/a/b/n.py"));
    fs::remove_file(root.join(".gitignore")).unwrap();
    live.wait_for(has("new/a/b/n.py", "n2"));
    live.write("new/a/b/n.py", "def n3(): pass\n");
    live.wait_for(has("new/a/b/n.py", "n3"));
    live.write("new/.gitignore", "b/\n");
    live.wait_for(lacks("new/a/b/n.py"));
    live.write("new/.gitignore", "b/\n!b/\n");
    live.wait_for(has("new/a/b/n.py", "n3"));

    live.write("new/pyvenv.cfg", "");
    live.wait_for(lacks("new/a/b/n.py"));
    fs::remove_file(root.join("new/pyvenv.cfg")).unwrap();
    live.wait_for(has("new/a/b/n.py", "n3"));
    live.write("new/a/b/n.py", "def n4(): pass\n");
    live.wait_for(has("new/a/b/n.py", "n4"));

    fs::rename(root.join("main.py"), root.join("main.txt")).unwrap();
    live.wait_for(lacks("main.py"));
    live.check_as_fresh();
}

#[test]
fn the_index_follows_what_it_is_told() {
    check_follows(Watching::Told);
}

#[test]
fn the_index_follows_by_looking() {
    check_follows(Watching::Polling(Duration::from_millis(20)));
}

#[test]
fn a_root_that_goes_and_comes_back_is_followed_on() {
    let mut live = Live::start(PROJECT, Watching::Polling(Duration::from_millis(20)));
    let root = live.root.path().to_path_buf();
    fs::remove_dir_all(&root).unwrap();
    live.wait_for(|snapshot| snapshot.file_count() == 0);
    live.wait_for_health(|health| *health == WatcherHealth::Gone);
    Fixture::parse("#- back.py\ndef back(): pass\n").write(&root);
    live.wait_for(has("back.py", "back"));
    live.wait_for_health(|health| matches!(health, WatcherHealth::Polling { .. }));
    live.write("pkg/new.py", "def new(): pass\n");
    live.wait_for(has("pkg/new.py", "new"));
    live.check_as_fresh();
}

#[test]
fn an_ignore_file_above_the_root_is_followed() {
    let above = folder("#- .gitignore\nsecret.py\n#- project/secret.py\n#- project/main.py\n#- .git/HEAD\n");
    let watching = Watching::Polling(Duration::from_millis(20));
    let mut live = Live::start_in(above, "project", watching);
    assert_eq!(files(&live.snapshot), ["main.py"]);
    fs::write(live.root.path().join(".gitignore"), "other.py\n").unwrap();
    live.wait_for(|snapshot| snapshot.file_count() == 2);
    fs::create_dir(live.root.path().join(".git/info")).unwrap();
    fs::write(live.root.path().join(".git/info/exclude"), "main.py\n").unwrap();
    live.wait_for(lacks("main.py"));
}

#[test]
fn a_file_that_is_only_touched_is_no_news() {
    let mut live = Live::start(PROJECT, Watching::Told);
    live.move_in("main.py", "def main(): pass\n");
    live.thread.rescan();
    live.move_in("pkg/a.py", "def last(): pass\n");
    live.wait_for(has("pkg/a.py", "last"));
    assert_eq!(live.snapshot.revision, 2);
}

#[test]
fn an_edit_costs_one_file_however_many_there_are() {
    for count in [8, 16, 32, 64] {
        let project: String = (0..count).map(|nth| format!("#- pkg/m{nth}.py\ndef f{nth}(): pass\n")).collect();
        let mut live = Live::start(&project, Watching::Told);
        let old = live.snapshot.clone();
        live.move_in("pkg/m1.py", "def edited(): pass\n");
        live.wait_for(has("pkg/m1.py", "edited"));
        let parsed = live.snapshot.files().filter(|(path, file)| !Arc::ptr_eq(file, old.file(path).unwrap()));
        assert_eq!(parsed.count(), 1, "of {count}");
    }
}

#[test]
fn a_stopped_index_says_nothing_more() {
    let live = Live::start(PROJECT, Watching::Told);
    live.thread.stop();
    fs::write(live.root.path().join("main.py"), "x = 1\n").unwrap();
    let health = |event| matches!(event, IndexEvent::WatcherChanged(WatcherHealth::Live));
    assert!(live.events.iter().all(health), "the channel ends with the thread");
}

//! The index kept for the next start: it never says anything that a fresh one would not say.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use flux::index::Snapshot;
use flux::sys::{IndexCache, index_once, index_once_in};
use flux::text::ProjectPath;
use notify::Watcher;
use tempfile::TempDir;

use crate::dice::Dice;

struct Cached {
    root: TempDir,
    state: TempDir,
}

impl Cached {
    /// More files than are read again without the cache being written.
    fn new() -> Self {
        let cached = Self { root: tempfile::tempdir().unwrap(), state: tempfile::tempdir().unwrap() };
        (0..80).for_each(|nth| cached.write(nth, &format!("import m{}\ndef f{nth}(a: int) -> str: ...\n", nth / 2)));
        cached
    }

    fn write(&self, nth: usize, text: &str) {
        fs::write(self.root.path().join(format!("m{nth}.py")), text).unwrap();
    }

    fn start(&self) -> Vec<(ProjectPath, Vec<u8>)> {
        let cache = IndexCache::below(self.state.path(), self.root.path());
        told(&index_once_in(Some(cache), self.root.path().to_path_buf(), Vec::new(), |_, _| ()).unwrap())
    }

    fn check(&self) {
        assert_eq!(self.start(), fresh(self.root.path()));
    }

    fn kept(&self) -> Vec<u8> {
        fs::read(self.place()).unwrap()
    }

    fn place(&self) -> std::path::PathBuf {
        let mut kept = fs::read_dir(self.state.path().join("index")).unwrap().map(|entry| entry.unwrap().path());
        let place = kept.next().unwrap();
        assert_eq!(kept.next(), None, "one file for each project, and nothing left beside it");
        place
    }
}

fn fresh(root: &Path) -> Vec<(ProjectPath, Vec<u8>)> {
    told(&index_once(root.to_path_buf(), Vec::new(), |_, _| ()).unwrap())
}

/// Everything that is known of each file.
fn told(snapshot: &Snapshot) -> Vec<(ProjectPath, Vec<u8>)> {
    let told = |entry: &flux::index::FileEntry| {
        let mut record = Vec::new();
        entry.encode(&mut record);
        record
    };
    snapshot.files().map(|(path, entry)| (path.clone(), told(entry))).collect()
}

#[test]
fn a_start_with_the_cache_equals_a_fresh_one_after_any_edits() {
    let cached = Cached::new();
    let mut dice = Dice::new(7);
    for round in 0..40 {
        for _ in 0..dice.roll(60) {
            let nth = dice.roll(120);
            let place = cached.root.path().join(format!("m{nth}.py"));
            match dice.roll(6) {
                0 => drop(fs::remove_file(&place)),
                1 => drop(fs::rename(cached.root.path().join(format!("m{}.py", dice.roll(120))), &place)),
                // As long as what stands there, and as old.
                2 | 3 if place.exists() => {
                    let modified = place.metadata().unwrap().modified().unwrap();
                    let text = fs::read_to_string(&place).unwrap().replace("def f", "def g").replace("def g", "def h");
                    fs::write(&place, text).unwrap();
                    File::options().write(true).open(&place).unwrap().set_modified(modified).unwrap();
                }
                4 => {
                    cached.write(nth, &format!("x{round} = '{nth}'\n"));
                    let long_ago = SystemTime::now() - Duration::from_secs(100_000);
                    File::options().write(true).open(&place).unwrap().set_modified(long_ago).unwrap();
                }
                _ => cached.write(nth, &format!("class C{round}:\n    def m(self): return {nth}\n")),
            }
        }
        cached.check();
    }
}

#[test]
fn a_cache_that_is_not_whole_is_as_good_as_none() {
    let cached = Cached::new();
    cached.check();
    let (whole, place) = (cached.kept(), cached.place());
    let other_version = [b"flux index 0", &whole[12..]].concat();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for broken in [&whole[..0], &whole[..whole.len() / 2], &whole[..whole.len() - 1], &flipped, &other_version] {
        fs::write(&place, broken).unwrap();
        cached.check();
        assert_eq!(cached.kept().len(), whole.len(), "it is made anew");
    }
    fs::remove_file(&place).unwrap();
    cached.check();
}

#[test]
fn a_start_that_is_killed_leaves_a_cache_or_none() {
    let cached = Cached::new();
    // Large enough to be written in several pieces.
    let text = |round: usize| (0..600).map(|nth| format!("def f{nth}(a, b{round}): ...\n")).collect::<String>();
    let folder = cached.state.path().join("flux/index");
    fs::create_dir_all(&folder).unwrap();
    let own = IndexCache::below(&cached.state.path().join("flux"), cached.root.path());
    let kills = std::env::var("FLUX_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(12);
    let mut killed_early = 0;
    for round in 0..kills {
        (0..80).for_each(|nth| cached.write(nth, &text(round)));
        let (tell, heard) = mpsc::channel();
        let noted = move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !event.kind.is_access()) {
                let _ = tell.send(());
            }
        };
        let mut ear = notify::recommended_watcher(noted).unwrap();
        ear.watch(&folder, notify::RecursiveMode::NonRecursive).unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_flux"))
            .args(["index", "--root"])
            .arg(cached.root.path())
            .env("XDG_STATE_HOME", cached.state.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // At another moment of the writing in each round.
        for _ in 0..=round % 6 {
            heard.recv_timeout(Duration::from_secs(180)).expect("the cache is written");
        }
        program.kill().unwrap();
        killed_early += usize::from(!program.wait().unwrap().success());
        let start = index_once_in(Some(own.clone()), cached.root.path().to_path_buf(), Vec::new(), |_, _| ()).unwrap();
        assert_eq!(told(&start), fresh(cached.root.path()), "round {round}");
    }
    assert!(killed_early > 0, "none was killed while it was at work");
}

#[test]
fn the_cache_of_another_project_is_as_good_as_none() {
    let (one, other) = (Cached::new(), Cached::new());
    (0..80).for_each(|nth| other.write(nth, "y = 1\n"));
    one.check();
    other.check();
    fs::copy(one.place(), other.place()).unwrap();
    other.check();
}

#[test]
fn nothing_is_kept_where_nothing_can_be() {
    let cached = Cached::new();
    fs::write(cached.state.path().join("index"), "no folder").unwrap();
    cached.check();
}

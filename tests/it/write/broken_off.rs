//! Writes and undos that are killed.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use notify::{RecursiveMode, Watcher};

use super::case::{Case, tries};
use super::*;
use crate::dice::Dice;

/// The process that is killed: this very program, asked for the test below alone.
struct Victim {
    child: Child,
    says: BufReader<ChildStdout>,
}

const WHAT: &str = "FLUX_VICTIM";

/// What the other test kills.
#[test]
fn victim() {
    let Ok(what) = std::env::var(WHAT) else { return };
    let words: Vec<&str> = what.split('\n').collect();
    let case = Case::there(Path::new(words[1]), Path::new(words[2]), words[3].parse().unwrap());
    let begun = Instant::now();
    eprintln!("begins");
    let done = match words[0] {
        "write" => case.write().map(|_| ()),
        _ => case.writer().undo().map(|_| ()),
    };
    eprintln!("{done:?} {}", begun.elapsed().as_micros());
}

impl Victim {
    /// Starts it, and returns when it begins.
    fn start(case: &Case, undoes: bool, count: usize) -> Self {
        let what = [
            if undoes { "undo" } else { "write" },
            case.root.to_str().unwrap(),
            case.state.to_str().unwrap(),
            &count.to_string(),
        ];
        // Its standard error comes out of the pipe of standard output: what a test prints there is not held back.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" --exact write::broken_off::victim --nocapture 2>&1"])
            .arg(std::env::current_exe().unwrap())
            .env(WHAT, what.join("\n"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut says = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("begins") {
            line.clear();
            assert!(says.read_line(&mut line).unwrap() > 0, "it did not begin");
        }
        Self { child, says }
    }

    /// Lets it end, and says how long it took by its own clock.
    fn end(mut self) -> Duration {
        let mut said = String::new();
        self.says.read_to_string(&mut said).unwrap();
        assert!(self.child.wait().unwrap().success(), "{said}");
        let line = said.lines().find(|line| line.starts_with("Ok(())")).unwrap_or_else(|| panic!("{said}"));
        Duration::from_micros(line.rsplit(' ').next().unwrap().parse().unwrap())
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Tells of every change in the project and in the journal.
struct Ear {
    _watcher: notify::RecommendedWatcher,
    heard: Receiver<()>,
}

impl Ear {
    fn new(case: &Case) -> Self {
        let (tell, heard) = channel();
        let told = move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !event.kind.is_access()) {
                let _ = tell.send(());
            }
        };
        let mut watcher = notify::recommended_watcher(told).unwrap();
        fs::create_dir_all(&case.state).unwrap();
        for folder in [&case.root, &case.state] {
            watcher.watch(folder, RecursiveMode::Recursive).unwrap();
        }
        Self { _watcher: watcher, heard }
    }
}

/// How long a whole one takes and how many changes are heard of it.
struct Whole {
    took: Duration,
    changes: usize,
}

impl Whole {
    fn measured(undoes: bool, count: usize) -> Self {
        let mut all: Vec<(Duration, usize)> = (0..3)
            .map(|_| {
                let (_folder, case) = on_disk(undoes, count);
                let ear = Ear::new(&case);
                let took = Victim::start(&case, undoes, count).end();
                (took, ear.heard.try_iter().count())
            })
            .collect();
        all.sort();
        Self { took: all[1].0, changes: all[1].1.max(1) }
    }

    fn between(small: &Self, large: &Self, count: usize) -> Self {
        let share = (count as f64 - 1.0) / 19.0;
        let mix = |small: f64, large: f64| small + (large - small) * share;
        Self {
            took: Duration::from_secs_f64(mix(small.took.as_secs_f64(), large.took.as_secs_f64())),
            changes: mix(small.changes as f64, large.changes as f64).ceil() as usize,
        }
    }
}

/// A case on a disk, where it takes long enough to be killed; written already if it is to be taken back.
fn on_disk(undoes: bool, count: usize) -> (tempfile::TempDir, Case) {
    let folder = tempfile::tempdir().unwrap();
    let case = Case::new(&folder.path().join("root"), &folder.path().join("state"), count);
    fs::create_dir_all(&case.root).unwrap();
    if undoes {
        case.write().unwrap();
    }
    (folder, case)
}

fn spin(since: Instant, wait: Duration) {
    while since.elapsed() < wait {
        std::hint::spin_loop();
    }
}

/// Waits without sleeping until another file, or none, lies at `place`, or it is all over.
fn await_another(place: &Path, victim: &mut Victim) {
    let lies_there = || {
        let data = fs::metadata(place).ok()?;
        #[cfg(unix)]
        return Some(std::os::unix::fs::MetadataExt::ino(&data));
        #[cfg(not(unix))]
        Some(data.len())
    };
    let first = lies_there();
    for round in 1u32.. {
        if lies_there() != first || (round.is_multiple_of(1_000) && victim.child.try_wait().unwrap().is_some()) {
            return;
        }
    }
}

/// Where it was when it was killed.
#[derive(Debug, Default)]
struct Struck {
    before: usize,
    /// Begun, and no file replaced yet.
    preparing: usize,
    /// Some files are new and some are old.
    between_files: usize,
    /// All files are new, and the journal does not say so yet.
    closing: usize,
    after: usize,
}

#[test]
fn a_kill_at_any_instant_leaves_all_or_nothing() {
    let kills = tries(24);
    let wholes = [false, true].map(|undoes| [1, 20].map(|count| Whole::measured(undoes, count)));
    let mut struck = [Struck::default(), Struck::default()];
    for nth in 0..kills {
        let mut dice = Dice::new(nth);
        let (undoes, count) = (nth % 2 == 1, 1 + nth * 7 % 20);
        let (_folder, case) = on_disk(undoes, count);
        let [small, large] = &wholes[usize::from(undoes)];
        let whole = Whole::between(small, large, count);
        let ear = Ear::new(&case);
        let mut victim = Victim::start(&case, undoes, count);
        let begun = Instant::now();
        let (from, to) = if undoes { (&case.new, &case.old) } else { (&case.old, &case.new) };
        match nth / 2 % 3 {
            // After a share of the time, after so many changes on disk, or as soon as some file is another one.
            0 => spin(begun, whole.took.mul_f64((dice.roll(kills) as f64 + 0.5) / kills as f64)),
            1 => {
                for _ in 0..dice.roll(whole.changes) {
                    let _ = ear.heard.recv_timeout(Duration::from_millis(200));
                }
                let moment = dice.roll(100) as f64 / 100.0 / whole.changes as f64;
                spin(Instant::now(), whole.took.mul_f64(moment));
            }
            _ => {
                let places: Vec<_> = from.keys().chain(to.keys()).collect();
                let place = dice.roll(places.len());
                await_another(places[place], &mut victim);
                spin(Instant::now(), Duration::from_micros(dice.roll(60) as u64));
            }
        }
        victim.kill();
        let at_kill = case.there_now();
        let changed = from.keys().chain(to.keys()).filter(|place| from.get(*place) != at_kill.get(*place)).count();
        let left = from.keys().chain(to.keys()).filter(|place| to.get(*place) != at_kill.get(*place)).count();
        let recovered = case.writer().recover().unwrap();
        let is_new = case.is_new(&format!("kill {nth}"));
        let struck = &mut struck[usize::from(undoes)];
        *match (recovered.is_empty(), changed, left) {
            (true, 0, _) => &mut struck.before,
            (true, ..) => &mut struck.after,
            (false, 0, _) => &mut struck.preparing,
            (false, _, 0) => &mut struck.closing,
            (false, ..) => &mut struck.between_files,
        } += 1;
        // It can go on from there.
        if is_new {
            case.writer().undo().unwrap();
        }
        assert!(!case.is_new(&format!("kill {nth}")) || case.old == case.new);
        assert_eq!(case.writer().recover(), Ok(Vec::new()));
    }
    eprintln!("{kills} kills, all or nothing each time; writes: {:?}, undos: {:?}", struck[0], struck[1]);
}

//! Writes that are broken off from outside: the process is killed, the disk is full.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::*;

/// All files below `folder`.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let place = entry.unwrap().path();
        match place.is_dir() {
            true => found.extend(files(&place)),
            false => drop(found.insert(place.clone(), fs::read(&place).unwrap())),
        }
    }
    found
}

/// A project in which `count` files were written, with its files before and after.
struct Written {
    bench: Bench,
    old: BTreeMap<PathBuf, Vec<u8>>,
    new: BTreeMap<PathBuf, Vec<u8>>,
}

impl Written {
    fn new(count: usize) -> Self {
        // On a disk, where a write takes long enough to be broken off.
        let bench = Bench { root: tempfile::tempdir().unwrap(), state: tempfile::tempdir().unwrap() };
        let path = |nth: usize| format!("f{nth}.py");
        for nth in (0..count).filter(|nth| nth % 5 != 0) {
            fs::write(bench.at(&path(nth)), format!("old = {nth}\n").repeat(400)).unwrap();
        }
        let old = files(bench.root.path());
        let names: Vec<(String, Option<String>)> = (0..count)
            .map(|nth| match nth % 5 {
                0 => (format!("made/{}", path(nth)), Some("made = 1\n".repeat(400))),
                1 => (path(nth), None),
                _ => (path(nth), Some(format!("new = {nth}\n").repeat(400))),
            })
            .collect();
        let changes: Vec<(&str, Option<&str>)> =
            names.iter().map(|(path, new)| (path.as_str(), new.as_deref())).collect();
        let change_set = bench.change_set(&changes);
        let mut written = Self { bench, old, new: BTreeMap::new() };
        written.writer().write(&change_set, "t").unwrap();
        written.new = files(written.bench.root.path());
        written
    }

    /// The writer that the program uses, too.
    fn writer(&self) -> Writer {
        Writer::with_state(self.bench.root.path(), &self.bench.state.path().join("flux")).unwrap()
    }

    /// `flux undo`, which writes all of the files.
    fn undo(&self) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_flux"));
        program.arg("undo").arg("--root").arg(self.bench.root.path());
        program.env("XDG_STATE_HOME", self.bench.state.path()).stdout(Stdio::null()).stderr(Stdio::null());
        program
    }
}

#[test]
fn a_kill_at_any_instant_leaves_all_or_nothing() {
    // More can be asked for; the figures say that the instants were spread.
    let kills: usize = std::env::var("FLUX_KILLS").map_or(30, |count| count.parse().unwrap());
    let whole = Written::new(20);
    let begun = Instant::now();
    assert!(whole.undo().status().unwrap().success());
    let longest = begun.elapsed();
    assert_eq!(files(whole.bench.root.path()), whole.old);
    let (mut before, mut within, mut after) = (0, 0, 0);
    for nth in 0..kills {
        let written = Written::new(1 + nth * 7 % 20);
        let mut undo = written.undo().spawn().unwrap();
        // The instants step through the time that a whole one takes, in no order.
        let share = (nth * 61 % kills) as f64 / kills as f64;
        let end = Instant::now() + longest.mul_f64(share);
        while Instant::now() < end && undo.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        undo.kill().unwrap();
        undo.wait().unwrap();
        let recovered = written.writer().recover().unwrap();
        let there = files(written.bench.root.path());
        assert!(there == written.old || there == written.new, "kill {nth}: {:?}", there.keys());
        match (recovered.is_empty(), there == written.old) {
            (false, _) => within += 1,
            (true, true) => after += 1,
            (true, false) => before += 1,
        }
        // It can go on from there.
        if there == written.new {
            written.writer().undo().unwrap();
        }
        assert_eq!(files(written.bench.root.path()), written.old, "kill {nth}");
    }
    eprintln!(
        "{kills} kills: {before} before the write, {within} within it, {after} after it: all or nothing each time"
    );
}

/// Runs a script in which the folder may be covered by a small disk; `None` where the system does not let us.
#[cfg(target_os = "linux")]
fn on_a_small_disk(folder: &Path, kilobytes: usize, script: &str) -> Option<std::process::Output> {
    let cover = format!(
        "mount -t tmpfs none /mnt && cp -r '{0}' /mnt/copy && \
         mount -t tmpfs -o size={kilobytes}k none '{0}' && cp -r /mnt/copy/. '{0}' && \
         (head -c 10000000 /dev/zero > '{0}/filler' 2>/dev/null || true) && {script}",
        folder.display()
    );
    let run = |command: &str| {
        Command::new("unshare").args(["--user", "--map-root-user", "--mount", "sh", "-c", command]).output().ok()
    };
    run("mount -t tmpfs none /mnt").filter(|probe| probe.status.success())?;
    run(&cover)
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_changes_nothing() {
    for covers_project in [true, false] {
        let written = Written::new(6);
        let root = written.bench.root.path();
        let covered = if covers_project { root } else { written.bench.state.path() };
        let undo = format!(
            "XDG_STATE_HOME='{}' '{}' undo --root '{}'; echo \"ended $?\"; rm '{}/filler'; cd '{}' && find . -type f | sort | xargs cksum",
            written.bench.state.path().display(),
            env!("CARGO_BIN_EXE_flux"),
            root.display(),
            covered.display(),
            root.display(),
        );
        let Some(output) = on_a_small_disk(covered, 200, &undo) else {
            eprintln!("not tried: no small disk can be mounted here");
            return;
        };
        let sums =
            Command::new("sh").arg("-c").arg("find . -type f | sort | xargs cksum").current_dir(root).output().unwrap();
        let (shown, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let status = if covers_project { 1 } else { 2 };
        assert_eq!(shown, format!("ended {status}\n{}", String::from_utf8_lossy(&sums.stdout)), "{said}");
        assert!(said.contains("No space left on device"), "{said}");
        assert!(!said.contains("put back"), "{said}");
        written.writer().undo().unwrap();
        assert_eq!(files(root), written.old);
    }
}

//! Writes that the disk refuses at any place: it is full, or a file or a folder cannot be written.

use std::process::Command;

use super::case::{Case, files, tries};
use super::*;
use crate::dice::Dice;

const WHERE: &str = "FLUX_BAD_DISK";

/// Runs one of the tests below in a room of its own, where it may mount; false where the system does not let us.
#[cfg(target_os = "linux")]
fn in_own_room(test: &str) -> bool {
    let unshared = || {
        let mut program = Command::new("unshare");
        program.args(["--user", "--map-root-user", "--mount"]);
        program
    };
    if !unshared().args(["mount", "-t", "tmpfs", "none", "/mnt"]).output().is_ok_and(|probe| probe.status.success()) {
        eprintln!("not tried: nothing can be mounted here");
        return false;
    }
    let folder = tempfile::tempdir().unwrap();
    let done = unshared()
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(WHERE, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{}{said}", String::from_utf8_lossy(&done.stdout));
    said.lines().filter(|line| line.contains(" times")).for_each(|line| eprintln!("{line}"));
    true
}

fn mount(arguments: &[&str]) {
    let done = Command::new("mount").args(arguments).output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn unmount(place: &Path) {
    assert!(Command::new("umount").arg(place).status().unwrap().success(), "{}", place.display());
}

/// What came of the tries.
#[derive(Debug, Default)]
struct Outcomes {
    written: usize,
    /// Refused before the journal knew of it.
    refused: usize,
    /// Begun and taken back.
    rolled_back: usize,
}

impl Outcomes {
    fn take(&mut self, case: &Case, written: &Result<Vec<ProjectPath>, WriteFailure>, what: &str) {
        // While it is bad, and without the help of the next start.
        assert_eq!(case.is_new(what), written.is_ok(), "{what}: {written:?}");
        let journal = files(&case.state).into_iter().find(|(place, _)| place.ends_with("journal.jsonl"));
        let has_begun = journal.is_some_and(|(_, lines)| lines.windows(7).any(|window| window == b"\"begun\""));
        *match (written, has_begun) {
            (Ok(_), _) => &mut self.written,
            (Err(WriteFailure::NotPutBack { .. }), _) => panic!("{what}: {written:?}"),
            (Err(_), false) => &mut self.refused,
            (Err(_), true) => &mut self.rolled_back,
        } += 1;
    }

    /// It is good again: what was refused goes, and all of it can be taken back.
    fn go_on(case: &Case, written: &Result<Vec<ProjectPath>, WriteFailure>, what: &str) {
        case.writer().recover().unwrap();
        assert_eq!(case.is_new(what), written.is_ok(), "{what}");
        if written.is_err() {
            case.write().unwrap();
            assert!(case.is_new(what), "{what}");
        }
        case.writer().undo().unwrap();
        assert!(!case.is_new(what), "{what}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_gets_full_at_any_place_leaves_all_or_nothing() {
    in_own_room("write::bad_disks::on_a_disk_that_gets_full");
}

/// Run by the test above, where it may mount.
#[test]
fn on_a_disk_that_gets_full() {
    let Some(folder) = std::env::var_os(WHERE).map(std::path::PathBuf::from) else { return };
    let [disk, beside] = ["disk", "beside"].map(|name| folder.join(name));
    fs::create_dir_all(&disk).unwrap();
    let (mut outcomes, count) = (Outcomes::default(), tries(30));
    for nth in 0..count {
        let mut dice = Dice::new(nth);
        // As much room as a write of so many files needs at most, the disk's own pages included.
        let files = 2 + dice.roll(19);
        let needed = files * 8 + 24 + files * 8;
        mount(&["-t", "tmpfs", "-o", &format!("size={}k", needed * 4), "none", disk.to_str().unwrap()]);
        fs::create_dir_all(&beside).unwrap();
        // The project fills up, the journal does, or both share the disk.
        let (root, state) = match nth % 3 {
            0 => (disk.join("root"), beside.join("state")),
            1 => (beside.join("root"), disk.join("state")),
            _ => (disk.join("root"), disk.join("state")),
        };
        let case = Case::new(&root, &state, files);
        let room = dice.roll(needed * 700);
        let filler = disk.join("filler");
        fill(&filler, room as u64);
        let what = format!("try {nth} with room for {room} bytes");
        let written = case.write();
        let says_why = |failure: &WriteFailure| failure.to_string().contains("No space left on device");
        assert!(written.as_ref().err().is_none_or(says_why), "{what}: {written:?}");
        outcomes.take(&case, &written, &what);
        fs::remove_file(&filler).unwrap();
        Outcomes::go_on(&case, &written, &what);
        unmount(&disk);
        fs::remove_dir_all(&beside).unwrap();
    }
    eprintln!("a disk got full {count} times, all or nothing each time: {outcomes:?}");
}

/// Takes all room on the disk but `room` bytes.
fn fill(filler: &Path, room: u64) {
    use std::io::Write;
    let mut file = fs::File::create(filler).unwrap();
    let page = [0; 4096];
    while file.write_all(&page).is_ok() {}
    let size = file.metadata().unwrap().len();
    file.set_len(size.saturating_sub(room)).unwrap();
}

/// How something is made unwritable.
#[derive(Debug, Clone, Copy)]
enum Bad {
    /// A file is marked read-only.
    Mode,
    /// A file can neither be written nor replaced.
    File,
    /// Nothing in a folder can.
    Folder,
    /// A file is immutable, as an administrator can make it.
    Immutable,
}

impl Bad {
    /// Makes it bad; returns what makes it good again.
    fn begin(self, place: &Path) -> Box<dyn FnOnce()> {
        let place = place.to_owned();
        let read_only = |place: std::path::PathBuf| -> Box<dyn FnOnce()> {
            let name = place.to_str().unwrap();
            mount(&["--bind", name, name]);
            mount(&["-o", "remount,ro,bind", name]);
            Box::new(move || unmount(&place))
        };
        match self {
            Self::Mode => {
                set_mode(&place, 0o444);
                Box::new(move || set_mode(&place, 0o644))
            }
            Self::File => read_only(place),
            Self::Folder => read_only(place.parent().unwrap().to_owned()),
            Self::Immutable => {
                assert!(change_immutable("+i", &place));
                Box::new(move || assert!(change_immutable("-i", &place)))
            }
        }
    }
}

fn set_mode(place: &Path, mode: u32) {
    #[cfg(unix)]
    fs::set_permissions(place, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    #[cfg(not(unix))]
    let _ = (place, mode);
}

fn change_immutable(how: &str, place: &Path) -> bool {
    Command::new("chattr").arg(how).arg(place).output().is_ok_and(|done| done.status.success())
}

fn try_bad(folder: &Path, kinds: &[Bad], count: usize) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for nth in 0..count {
        let mut dice = Dice::new(nth);
        let case =
            Case::new(&folder.join(format!("root{nth}")), &folder.join(format!("state{nth}")), 2 + dice.roll(19));
        let places: Vec<_> = case.old.keys().collect();
        let place = (*dice.pick(&places)).clone();
        let bad = *dice.pick(kinds);
        let what = format!("try {nth}: {bad:?} at {}", place.display());
        let make_good = bad.begin(&place);
        let written = case.write();
        assert!(written.is_err(), "{what}");
        outcomes.take(&case, &written, &what);
        make_good();
        Outcomes::go_on(&case, &written, &what);
        fs::remove_dir_all(&case.root).unwrap();
    }
    outcomes
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_leaves_all_or_nothing() {
    in_own_room("write::bad_disks::on_a_disk_that_is_read_only_in_places");
    // Where we are the administrator of a disk that knows it.
    let folder = tempfile::tempdir().unwrap();
    let probe = folder.path().join("probe");
    fs::write(&probe, "").unwrap();
    if change_immutable("+i", &probe) && change_immutable("-i", &probe) {
        let count = tries(6);
        let outcomes = try_bad(folder.path(), &[Bad::Immutable, Bad::Mode], count);
        eprintln!("a file was immutable or read-only {count} times, all or nothing each time: {outcomes:?}");
    }
}

/// Run by the test above, where it may mount.
#[test]
fn on_a_disk_that_is_read_only_in_places() {
    let Some(folder) = std::env::var_os(WHERE).map(std::path::PathBuf::from) else { return };
    mount(&["-t", "tmpfs", "none", folder.to_str().unwrap()]);
    let count = tries(20);
    let outcomes = try_bad(&folder, &[Bad::Mode, Bad::File, Bad::Folder], count);
    eprintln!("something was read-only {count} times, all or nothing each time: {outcomes:?}");
}

//! The workbench killed while a person decides, and opened again.

use flux::agent::Saved;
use flux::sys::Sessions;
use flux::text::ProjectPath;

use super::*;
use crate::dice::Dice;
use crate::sessions::{VALUES, ValuesModel, kill_count, left_behind, values};

impl Run {
    /// Takes in what comes until nothing does for a moment, or the other side is gone.
    fn drain(&mut self) {
        while let Ok(bytes) = self.bytes.recv_timeout(Duration::from_secs(5)) {
            self.take(&bytes);
        }
    }

    /// Waits until the log of the session says so: a frame waits for it, but not for ever where the disk is slow.
    fn until_kept(&self, is_kept: impl Fn(&Saved) -> bool) {
        let (begun, root) = (Instant::now(), self.folder.path().join("project").canonicalize().unwrap());
        loop {
            // A copy: the session itself is open elsewhere.
            let copy = tempfile::tempdir().unwrap();
            copy_all(&self.folder.path().join("state/flux"), copy.path());
            if Sessions::in_state(&root, copy.path()).open(None).is_ok_and(|(_, saved)| is_kept(&saved)) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "what is shown is not kept");
            std::thread::yield_now();
        }
    }

    fn kill(&mut self) {
        self.signal("-KILL");
        self.drain();
        self.child.wait().unwrap();
    }
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).into_iter().flatten().map(Result::unwrap) {
        let copy = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &copy);
        } else {
            // What is gone meanwhile is missed by whoever reads the copy.
            let _ = std::fs::copy(entry.path(), copy);
        }
    }
}

fn decided_count(saved: &Saved) -> Option<usize> {
    Some(saved.review()?.accepted.iter().filter(|accepted| accepted.is_some()).count())
}

#[test]
fn what_was_decided_is_there_after_a_kill() {
    let model = ValuesModel::start();
    let mut dice = Dice::new(3);
    let mut decided_counts = Vec::new();
    for _ in 0..kill_count().div_ceil(4) {
        let folder = tempfile::tempdir().unwrap();
        Fixture::parse(&values()).write(&folder.path().join("project"));
        let mut run = Run::start_in(folder, 120, 36, &[], &model.variables());
        run.until("● live");
        run.send("iset the values\r");
        run.until(&format!("hunk 1/{VALUES}"));
        let keys: String = (0..VALUES - 1).map(|at| if at % 3 == 1 { 'n' } else { 'y' }).collect();
        let (first, rest) = keys.split_at(dice.roll(VALUES - 1));
        run.send(first);
        run.until(&format!("hunk {}/", first.len() + 1));
        run.until_kept(|saved| decided_count(saved) == Some(first.len()));
        // Somewhere in the middle of what the others bring about.
        run.send(rest);
        let (since, wait) = (Instant::now(), Duration::from_micros(dice.roll(6_000) as u64));
        while since.elapsed() < wait {
            std::hint::spin_loop();
        }
        run.kill();
        let saved = left_behind(run.folder.path());
        let review = saved.review().expect("a proposal is reviewed");
        let decided = decided_count(&saved).unwrap();
        assert!(decided >= first.len(), "{first} was kept, {:?} is there", review.accepted);
        let expected = |at: usize| (at < decided).then_some(at % 3 != 1);
        assert_eq!(review.accepted, (0..VALUES).map(expected).collect::<Vec<_>>());
        decided_counts.push(decided);

        // Meanwhile somebody types into one of the files.
        let place = run.folder.path().join("project/a.py");
        std::fs::write(&place, std::fs::read_to_string(&place).unwrap().replace("\n\n\n\nv1", "\n\n# typed\n\nv1"))
            .unwrap();
        let mut run = Run::start_in(run.folder, 120, 36, &["--continue"], &model.variables());
        run.until(&format!("/{VALUES}"));
        run.until("a.py changed on disk meanwhile. 5 hunks still fit.");
        run.send("A");
        run.until(&format!("{} of {VALUES}", VALUES - (0..decided).filter(|at| at % 3 == 1).count()));
        run.until("✔ Approval");
        run.send("w");
        run.until("Wrote");
        run.send("q");
        assert_eq!(run.end(), 0);
        for at in 0..VALUES {
            let path = ProjectPath::new(if at < VALUES / 2 { "project/a.py" } else { "project/b.py" }).unwrap();
            let value = if at < decided && at % 3 == 1 { 0 } else { at + 1 };
            let text = run.text_of(path.as_str());
            assert!(text.contains(&format!("v{at} = {value}\n")), "{decided}: {text}");
        }
        assert!(run.text_of("project/a.py").contains("\n\n# typed\n\n"));
    }
    eprintln!("killed with so many decisions: {decided_counts:?}");
}

#[test]
fn a_session_is_chosen_from_the_list() {
    let model = ValuesModel::start();
    let folder = tempfile::tempdir().unwrap();
    Fixture::parse(&values()).write(&folder.path().join("project"));
    let mut run = Run::start_in(folder, 120, 36, &[], &model.variables());
    run.until("● live");
    run.send("iset the values\r");
    run.until(&format!("hunk 1/{VALUES}"));
    run.until_kept(|saved| decided_count(saved) == Some(0));
    run.kill();
    let mut run = Run::start_in(run.folder, 120, 36, &["--resume"], &model.variables());
    run.until("proposal waits");
    run.until("set the values");
    run.send("\r");
    run.until(&format!("hunk 1/{VALUES}"));
    run.send("q");
    run.until("flux --continue brings it back");
    run.send("y");
    assert_eq!(run.end(), 0);
}

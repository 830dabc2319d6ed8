//! The workbench killed while a person decides, and opened again.

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

    /// The number of the hunk that is shown.
    fn hunk_shown(&self) -> usize {
        let screen = self.screen.screen().contents();
        let number = screen.split("hunk ").nth(1).and_then(|rest| rest.split('/').next());
        number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no hunk is shown:\n{screen}"))
    }

    fn kill(&mut self) {
        self.signal("-KILL");
        self.drain();
        self.child.wait().unwrap();
    }
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
        // Somewhere in the middle of what the others bring about.
        run.send(rest);
        let (since, wait) = (Instant::now(), Duration::from_micros(dice.roll(6_000) as u64));
        while since.elapsed() < wait {
            std::hint::spin_loop();
        }
        run.kill();
        let shown = run.hunk_shown();
        let saved = left_behind(run.folder.path());
        let review = saved.review().expect("a proposal is reviewed");
        let decided = review.accepted.iter().filter(|accepted| accepted.is_some()).count();
        assert!(decided >= shown - 1, "{shown} was shown, {:?} is there", review.accepted);
        let expected = |at: usize| (at < decided).then_some(at % 3 != 1);
        assert_eq!(review.accepted, (0..VALUES).map(expected).collect::<Vec<_>>());
        decided_counts.push(decided);

        // Meanwhile somebody types into one of the files.
        let place = run.folder.path().join("project/a.py");
        std::fs::write(&place, std::fs::read_to_string(&place).unwrap().replace("\n\n\n\nv1", "\n\n# typed\n\nv1"))
            .unwrap();
        let mut run = Run::start_in(run.folder, 120, 36, &["--continue"], &model.variables());
        run.until(&format!("/{VALUES}"));
        run.until("a.py changed on disk meanwhile. 5 hunks follow.");
        run.send("A");
        run.until(&format!("{}/{VALUES}", VALUES - (0..decided).filter(|at| at % 3 == 1).count()));
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

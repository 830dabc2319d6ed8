//! Tests and commands on the screen: how far they are, what came of them, and the leave that a command needs.

use flux::gate::{Policy, TestRun, Tested};
use flux::index::View;

use super::*;

impl Journey {
    fn tests_end(&mut self, run: TestRun) {
        let (id, question) = self.testing.take().expect("no tests are run");
        let source = self.project.source();
        let view = View { snapshot: &question.snapshot, pending: &question.change_set, source: &source };
        self.tell(Msg::Agent(Event::Tested(id, Tested::new(run, &Policy::default(), view))));
    }
}

#[test]
fn tests_are_counted_while_they_run_and_told_of_the_whole_alone() {
    let mut journey = Journey::open(120, 36, SHOP, three_hunks());
    journey.app.runs_tests = true;
    journey.press("iParse rows in one place<Enter>");
    assert!(journey.app.review.is_none());
    let (id, _) = journey.testing.clone().unwrap();
    journey.check_shows(&["◐ Tests", "running"]);
    journey.tell(Msg::Agent(Event::TestsProgressed(id, 12, 14)));
    journey.check_shows(&["◐ Tests", "12 of 14"]);
    journey.tests_end(TestRun { ran_count: 14, ms: 1_200.0, ..TestRun::default() });
    journey.check_shows(&["✔ Tests", "1.2 s", "14 of 14 tests pass"]);
    // One hunk is not what was tested, all of them are.
    journey.press("y");
    journey.check_shows(&["– Tests", "passed with all"]);
    journey.press("A");
    journey.check_shows(&["✔ Tests"]);
}

#[test]
fn a_command_asks_first() {
    let command = || ("run_command", json!({"command": "ruff check ."}));
    let turns = || vec![Turn("", vec![command()]), Turn("Fine.", Vec::new())];
    let mut journey = Journey::open(120, 36, SHOP, turns());
    journey.press("ilook<Enter>");
    journey.check_shows(&["May this run? ruff check .", "a: always in this session"]);
    assert!(journey.running.is_none());
    journey.press("y<Enter>");
    assert_eq!(journey.running.map(|(_, command)| command).as_deref(), Some("ruff check ."));

    let mut journey = Journey::open(120, 36, SHOP, turns());
    journey.press("ilook<Enter>no, it is slow<Enter>");
    assert!(journey.running.is_none());
    journey.check_shows(&["✘", "does not allow this command"]);
}

//! Tests before a proposal and when the model asks for them: what it is told, and what is shown.

use std::collections::VecDeque;

use flux::agent::{ChangedFile, Event, Need, Phase};
use flux::gate::{FailedTest, LayerState, TestFrame, TestRun};
use flux::text::ProjectPath;
use serde_json::json;

use super::{Ended, Play, finish, turn};

/// What becomes of the tests in a play.
#[derive(Default)]
pub(super) struct Tests {
    /// Run by run; nobody runs them after the last one.
    pub(super) runs: VecDeque<TestRun>,
    /// What each run was to select.
    pub(super) asked: Vec<Vec<String>>,
    /// What the person says when a command is to run.
    pub(super) leave: VecDeque<String>,
    pub(super) commands: Vec<String>,
    /// What the next command changes.
    pub(super) changed: Vec<ChangedFile>,
    /// The person stops when tests are to be run.
    pub(super) is_stopped: bool,
    /// Leaves the play where tests are to be run, with the need.
    pub(super) is_paused: bool,
    pub(super) paused: Option<Need>,
}

const CART: &str = "#- shop/cart.py\ndef total():\n    return 1\n";

fn failing(id: &str) -> FailedTest {
    FailedTest {
        id: id.to_owned(),
        path: ProjectPath::new("tests/test_cart.py").ok(),
        line: 7,
        message: "AssertionError: 5 != 3".to_owned(),
        frames: vec![TestFrame { path: "tests/test_cart.py".into(), line: 9, code: "assert total() == 3".into() }],
    }
}

fn broken() -> TestRun {
    let failed = vec![failing("tests/test_cart.py::test_total")];
    TestRun { ran_count: 2, failed, ..TestRun::default() }
}

fn passed() -> TestRun {
    TestRun { ran_count: 2, ..TestRun::default() }
}

fn play(runs: impl IntoIterator<Item = TestRun>) -> Play {
    let mut play = Play::new(CART);
    play.session.verify_with_tests(true);
    play.tests.runs.extend(runs);
    play
}

fn edit(value: u32) -> serde_json::Value {
    let code = format!("def total():\n    return {value}\n");
    turn(&[("modify_function", json!({"path": "shop/cart.py", "name": "total", "code": code}))])
}

fn read() -> serde_json::Value {
    turn(&[("read_file", json!({"path": "shop/cart.py"}))])
}

#[test]
fn what_breaks_a_test_goes_back_and_what_passes_is_proposed() {
    let mut play = play([broken(), passed()]);
    let ended = play.task("make it dearer", &[read(), edit(5), finish(), edit(3), finish()]);
    assert!(matches!(ended, Ended::Proposed(_)), "{ended:?}");
    let told = play.answers().iter().find(|answer| answer.contains("its tests do not")).copied().unwrap().to_owned();
    for part in [
        "Error: the gate passes it, but its tests do not. 1 of 2 tests pass",
        "- tests/test_cart.py::test_total\n  AssertionError: 5 != 3\n    tests/test_cart.py:9: assert total() == 3",
        "call finish again",
    ] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(play.session.report().unwrap().layers[4].state, LayerState::Passed);
    assert_eq!(play.session.phase(), Phase::Reviewing);
}

#[test]
fn a_step_that_tests_is_done_when_they_pass() {
    let mut play = play([broken(), passed()]);
    let plan = json!([{"title": "run the tests", "action": "test"}]);
    let all = || turn(&[("run_tests", json!({}))]);
    play.task("t", &[turn(&[("update_plan", json!({"steps": plan}))]), read(), edit(5), all()]);
    let step = &play.session.plan().steps[0];
    assert_eq!((step.state, step.evidence.as_deref()), (flux::agent::StepState::Running, Some("1 of 2 tests pass")));
    play.turns.extend([edit(3), all()]);
    let asked = play.asked.take().unwrap();
    play.go_on(vec![asked]);
    assert_eq!(play.session.plan().steps[0].state, flux::agent::StepState::Done);
}

#[test]
fn what_goes_on_failing_is_given_up_and_stays_blocked() {
    let mut play = play((0..9).map(|_| broken()));
    let mut turns = vec![read()];
    turns.extend((2..12).flat_map(|value| [edit(value), finish()]));
    let ended = play.task("make it dearer", &turns);
    let Ended::Finished { failed: true, summary } = ended else { panic!("{ended:?}") };
    assert!(summary.contains("test_total"), "{summary}");
    assert!(play.session.is_blocked());
}

#[test]
fn nothing_known_is_no_block_and_no_green() {
    let mut play = play([TestRun::not_run("no test reaches what is changed")]);
    let ended = play.task("make it dearer", &[read(), edit(2), finish()]);
    assert!(matches!(ended, Ended::Proposed(_)), "{ended:?}");
    let report = play.session.report().unwrap();
    assert_eq!(report.layers[4].state, LayerState::NotRun);
    assert!(report.issues.iter().any(|issue| issue.code == "tests-unknown"), "{:?}", report.issues);
}

#[test]
fn run_tests_tells_and_the_same_change_is_not_tested_twice() {
    let mut play = play([TestRun { failed_before: vec![failing("tests/test_old.py::test_x")], ..passed() }, passed()]);
    let all = turn(&[("run_tests", json!({}))]);
    let some = turn(&[("run_tests", json!({"selection": "tests/test_cart.py, tests/test_old.py"}))]);
    let ended = play.task("make it dearer", &[read(), edit(2), all, finish()]);
    assert!(matches!(ended, Ended::Proposed(_)), "{ended:?}");
    assert!(play.answers()[2].contains("These fail without the change as well:\n- tests/test_old.py::test_x"));
    assert_eq!(play.tests.asked, [Vec::<String>::new()]);
    play.task("again", &[some]);
    assert_eq!(play.tests.asked[1], ["tests/test_cart.py", "tests/test_old.py"]);
}

#[test]
fn stopping_leaves_the_tests_and_answers_the_call() {
    let mut play = play([]);
    let needs = play.session.update(Event::Task("make it dearer".to_owned()));
    play.turns.extend([read(), edit(2), finish()]);
    play.tests.is_stopped = true;
    play.go_on(needs);
    assert!(play.cancelled && play.session.phase() == Phase::Idle && !play.session.pending().is_empty());
    assert!(play.last_answer().contains("stopped"));
    assert!(play.session.update(Event::TestsProgressed(1, 1, 2)).is_empty());
}

#[test]
fn how_far_the_tests_are_is_known_while_they_run() {
    let mut play = play([]);
    let needs = play.session.update(Event::Task("make it dearer".to_owned()));
    play.turns.extend([read(), edit(2), finish()]);
    play.tests.is_paused = true;
    play.go_on(needs);
    let Some(Need::RunTests(job, _)) = play.tests.paused.take() else { panic!("no tests are run") };
    assert_eq!(play.session.tests_progress(), Some((0, 0)));
    play.session.update(Event::TestsProgressed(job, 12, 14));
    assert_eq!(play.session.tests_progress(), Some((12, 14)));
    play.session.update(Event::Stop);
    assert_eq!(play.session.tests_progress(), None);
}

fn command(command: &str) -> serde_json::Value {
    turn(&[("run_command", json!({"command": command}))])
}

fn changed(files: &[(&str, Option<&str>)]) -> Vec<ChangedFile> {
    let file = |(path, new): &(&str, Option<&str>)| {
        (ProjectPath::new(path).unwrap(), Ok(new.map(|text| text.as_bytes().to_vec())))
    };
    files.iter().map(file).collect()
}

#[test]
fn a_command_runs_only_with_leave() {
    let mut play = play([]);
    play.tests.leave.extend(["no, that takes long", "y", "a"].map(str::to_owned));
    let turns = [command("make"), command("make"), command("ruff ."), command("ruff ."), command("make")];
    play.task("look", &turns);
    // Once is once; always is for these very words.
    assert_eq!(play.tests.commands, ["make", "ruff .", "ruff ."]);
    let answers = play.answers();
    assert!(answers[0].starts_with("Error: the person does not allow this command and says: no, that takes long."));
    assert!(answers[1].contains("exit status: 0") && answers[1].contains("output:\ndone"), "{}", answers[1]);
    let mut play = self::play([]);
    play.session.allow_commands(&["make *".to_owned()]);
    play.task("look", &[command("make lint"), command("make lint; id")]);
    assert_eq!(play.tests.commands, ["make lint"]);
}

#[test]
fn what_a_command_changed_is_judged_like_an_edit_and_need_not_have_been_read() {
    let mut play = Play::gated(CART);
    play.session.allow_commands(&["black *".to_owned()]);
    play.tests.changed = changed(&[("shop/cart.py", Some("def total():\n    return 2\n")), ("notes.txt", Some("x\n"))]);
    play.tests.changed.push((ProjectPath::new("big.bin").unwrap(), Err("it is too large to be edited")));
    let ended = play.task("format it", &[command("black ."), finish()]);
    let Ended::Proposed(diff) = ended else { panic!("{ended:?}: {}", play.last_answer()) };
    assert!(diff.contains("+    return 2") && diff.contains("notes.txt"), "{diff}");
    let answer = play.answers()[0];
    assert!(
        answer.contains("shop/cart.py: line 2 changed") && answer.contains("not taken: 'big.bin': it is too large")
    );

    let mut play = Play::gated(CART);
    play.session.allow_commands(&["black *".to_owned()]);
    play.tests.changed = changed(&[("shop/cart.py", Some("def total(:\n")), ("notes.txt", Some("x\n"))]);
    play.task("format it", &[command("black .")]);
    assert!(play.session.pending().is_empty());
    assert!(play.last_answer().starts_with("Error: shop/cart.py:1") && play.last_answer().contains("exit status: 0"));
}

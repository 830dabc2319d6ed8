//! `flux run` with tests and commands, the built program against a real server: what breaks a test is not written.

use serde_json::{Value, json};

use super::{SHOP, has_python};
use crate::server::{Reply, Trial, calls};

const RIGHT: &str = "def price(name):\n    letters = list(name)\n    return len(letters)\n";
const WRONG: &str = "def price(name):\n    return len(name) * 2\n";

fn call(name: &str, arguments: Value) -> Reply {
    calls("", &[(name, arguments.to_string())])
}

fn turns(texts: &[&str]) -> Vec<Reply> {
    let mut turns = vec![call("read_file", json!({"path": "shop/prices.py"}))];
    for text in texts {
        turns.push(call("modify_function", json!({"path": "shop/prices.py", "name": "price", "code": text})));
        turns.push(call("finish", json!({"summary": "done"})));
    }
    turns
}

fn layer(report: &Value) -> &str {
    report["layers"].as_array().unwrap().iter().find(|it| it["layer"] == "tests").unwrap()["state"].as_str().unwrap()
}

#[test]
fn what_breaks_a_test_is_told_to_the_model_and_only_what_passes_is_written() {
    if !has_python() {
        return;
    }
    let trial = Trial::new(SHOP);
    let played = trial.play(turns(&[WRONG, RIGHT]));
    played.check_kept();
    assert_eq!((played.exit, played.done().0), (Some(0), "applied"), "{}", played.told());
    let told = played.answers().into_iter().find(|answer| answer.contains("its tests do not")).unwrap();
    assert!(told.contains("tests.test_cart.CartTest.test_total\n  AssertionError: 6 != 3"), "{told}");
    assert!(told.contains("tests/test_cart.py:7: self.assertEqual(Cart().total"), "{told}");
    let states: Vec<&str> = played
        .trace
        .iter()
        .filter(|line| line["event"] == "report")
        .map(layer)
        .filter(|state| *state != "not-run")
        .collect();
    assert_eq!(states, ["blocked", "passed"]);
    assert!(played.trace.iter().any(|line| line["event"] == "tests" && line["total"] == 2), "{}", played.told());
    assert!(String::from_utf8_lossy(&played.after["shop/prices.py"]).contains("letters"));
    // Nothing of the copy is left behind.
    let state = crate::server::tree(&trial.folder.path().join("state"));
    assert!(!state.keys().any(|path| path.contains("shadows")), "{:?}", state.keys());
}

#[test]
fn a_command_without_leave_is_refused_and_one_with_leave_runs_in_the_copy() {
    let command = || call("run_command", json!({"command": "touch made; ls shop"}));
    let finish = || call("finish", json!({"summary": "looked"}));
    let played = Trial::new(SHOP).play(vec![command(), finish()]);
    played.check_kept();
    assert!(played.answers()[0].starts_with("Error: the person does not allow this command"), "{}", played.told());
    assert!(played.answers()[0].contains("[commands] allow"), "{}", played.told());
    let allowed = Trial::new(SHOP).configured("[commands]\nallow = [\"touch made; ls shop\"]\n");
    let played = allowed.play(vec![command(), finish()]);
    played.check_kept();
    let answer = played.answers()[0];
    assert!(
        answer.contains("cart.py")
            && answer.contains("made: created")
            && answer.contains("confined") | answer.contains("without"),
        "{answer}"
    );
}

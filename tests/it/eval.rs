//! `flux eval` on the tasks of `tests/eval`: played as recorded they hold, and left undone they do not.

use std::path::Path;

use serde_json::Value;

use crate::program::{Place, check_ending, check_holds, complaints, out};

fn tasks() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/eval").to_str().unwrap().to_owned()
}

fn json(place: &Place, arguments: &[&str], status: i32) -> Value {
    let output = place.flux(arguments);
    check_ending(&output, status);
    serde_json::from_str(&out(&output)).unwrap()
}

#[test]
fn recorded_conversations_solve_their_tasks() {
    let place = Place::new("");
    let told = json(&place, &["eval", &tasks(), "--model", "recorded", "--format", "json"], 0);
    for task in told["tasks"].as_array().unwrap() {
        assert_eq!(task["holds"], true, "{task:#}");
    }
    let sum = &told["sum"];
    assert_eq!(sum["held"], sum["tasks"]);
    assert!(sum["edits"].as_u64().unwrap() > 0 && sum["tests"].as_u64().unwrap() > 0, "{sum:#}");
    assert_eq!(sum["tokens"]["estimated"], true);
}

/// A folder of one task whose recording does what `turns` say.
fn one_task(place: &Place, toml: &str, turns: &[Value]) -> String {
    let lines: Vec<String> = turns.iter().map(Value::to_string).collect();
    place.write("tasks/one/project/shop.py", b"def total(rows):\n    return sum(rows)\n");
    place.write("tasks/one/task.toml", toml.as_bytes());
    place.write("tasks/one/recorded.jsonl", lines.join("\n").as_bytes());
    place.root().parent().unwrap().join("tasks").to_str().unwrap().to_owned()
}

fn call(name: &str, arguments: Value) -> Value {
    serde_json::json!({"tool_calls": [{"id": "c", "name": name, "arguments": arguments}]})
}

#[test]
fn what_went_wrong_is_counted_and_said() {
    let place = Place::new("");
    let code = |body: &str| format!("def total(rows):\n    return {body}\n");
    let edit = |body: &str| {
        call("modify_function", serde_json::json!({"path": "shop.py", "name": "total", "code": code(body)}))
    };
    let turns = [
        edit("max(rows)"),
        call("read_file", serde_json::json!({"path": "shop.py"})),
        edit("max(rows"),
        edit("max(rows)"),
        call("ask_user", serde_json::json!({"question": "is it?"})),
        call("finish", serde_json::json!({"summary": "the largest"})),
    ];
    let toml = "task = \"total gives the largest row\"\n[checks]\nchanged = [\"other.py\"]\nanswer = [\"LARGEST\"]\n\
                commands = [\"python3 -c import(shop)\"]\n[checks.holds]\n\"shop.py::total\" = [\"max(\"]\n";
    let folder = one_task(&place, toml, &turns);
    let told = json(&place, &["eval", &folder, "--model", "recorded", "--format", "json"], 1);
    let sum = &told["sum"];
    assert_eq!(
        (&sum["edits"], &sum["first_try"], &sum["mistakes"], &sum["corrected"], &sum["questions"]),
        (&1.into(), &0.into(), &1.into(), &1.into(), &1.into()),
        "{told:#}"
    );
    assert_eq!(sum["refusals"], serde_json::json!({"tool": 2}), "{told:#}");
    let holds: Vec<bool> =
        told["tasks"][0]["checks"].as_array().unwrap().iter().map(|check| check["holds"] == true).collect();
    assert_eq!(holds, [true, false, true, true, false], "{told:#}");
    let text = place.flux(&["eval", &folder, "--model", "recorded"]);
    check_ending(&text, 1);
    check_holds(&out(&text), &["one", "3/5", "✘ changed are other.py", "not changed: other.py", "0 of 1 edits"]);
    assert!(complaints(&text).is_empty(), "{}", complaints(&text));
    assert_eq!(
        std::fs::read_to_string(Path::new(&folder).join("one/project/shop.py")).unwrap(),
        "def total(rows):\n    return sum(rows)\n"
    );
}

#[test]
fn wrong_use_ends_with_2() {
    let place = Place::new("x = 1\n");
    let toml = "task = \"x\"\n[checks]\nchangd = []\n";
    let folder = one_task(&place, toml, &[]);
    let root = place.root().to_str().unwrap().to_owned();
    let tasks = tasks();
    let wrong: [(&[&str], &str); 5] = [
        (&["eval", "no/such"], "no/such"),
        (&["eval", &root], "holds no task"),
        (&["eval", &folder], "changd"),
        (&["eval", &tasks, "--task", "no_such_task"], "there is no task 'no_such_task'"),
        (&["eval", &tasks, "--repeat", "0"], "--repeat"),
    ];
    for (arguments, piece) in wrong {
        let output = place.flux(arguments);
        check_ending(&output, 2);
        check_holds(&complaints(&output), &[piece]);
    }
}

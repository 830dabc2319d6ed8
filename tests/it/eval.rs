//! `flux eval` on the tasks of `tests/eval`: played as recorded they hold, and left undone they do not.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::program::{Place, check_ending, check_holds, complaints, out};

fn tasks() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/eval").to_str().unwrap().to_owned()
}

/// Runs flux with an environment of its own, without packages: what is installed here takes long to read, and bears on
/// nothing.
fn flux(place: &Place, arguments: &[&str]) -> std::process::Output {
    place.write("venv/pyvenv.cfg", b"version = 3.11.7\n");
    place.write("venv/lib/python3.11/site-packages/README", b"");
    place.command(arguments).env("VIRTUAL_ENV", place.root().parent().unwrap().join("venv")).output().unwrap()
}

fn json(place: &Place, arguments: &[&str], status: i32) -> Value {
    let output = flux(place, arguments);
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

/// A model that errs at every second call and knows no more than the refusals say comes to the same end.
#[test]
fn mistakes_are_corrected_by_what_the_refusals_say() {
    let place = Place::new("");
    let arguments = ["--rate", "0.5", "--seed", "11", "--repeat", "2", "--format", "json"];
    let told = json(&place, &[&["eval", &tasks(), "--model", "simulated"], &arguments[..]].concat(), 0);
    let classes = told["sum"]["classes"].as_array().unwrap();
    let (all, each) = classes.split_last().unwrap();
    let count = |class: &Value, what: &str| class[what].as_u64().unwrap();
    assert!(
        count(all, "made") > 50 && each.iter().filter(|class| count(class, "made") > 0).count() > 25,
        "{classes:#?}"
    );
    assert!(count(all, "corrected") * 100 >= count(all, "made") * 95, "{told:#}");
    assert_eq!(count(all, "wrong") + count(all, "never"), 0, "{told:#}");
    // Each task ends as it does without mistakes.
    assert_eq!(told["sum"]["held"], told["sum"]["tasks"], "{told:#}");
}

/// The tasks with other projects and recordings, made by `change`; gives the checks that fail.
fn failing(place: &Place, name: &str, change: impl Fn(&Path, &toml::Table)) -> BTreeSet<(String, String)> {
    let folder = place.root().parent().unwrap().join(name);
    copy(Path::new(&tasks()), &folder);
    for task in std::fs::read_dir(&folder).unwrap() {
        let task = task.unwrap().path();
        let Ok(text) = std::fs::read_to_string(task.join("task.toml")) else { continue };
        let mut written: toml::Table = toml::from_str(&text).unwrap();
        // A shared project becomes the task's own.
        if let Some(project) = written.remove("project") {
            copy(&task.join(project.as_str().unwrap()), &task.join("project"));
            std::fs::write(task.join("task.toml"), written.to_string()).unwrap();
        }
        change(&task, &written);
    }
    let told = json(place, &["eval", folder.to_str().unwrap(), "--model", "recorded", "--format", "json"], 1);
    let mut failing = BTreeSet::new();
    for task in told["tasks"].as_array().unwrap() {
        for check in task["checks"].as_array().unwrap().iter().filter(|check| check["holds"] == false) {
            failing.insert((task["task"].to_string(), check["check"].to_string()));
        }
    }
    failing
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn append(file: &Path, text: &str) {
    let old = std::fs::read_to_string(file).unwrap_or_default();
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, format!("{old}\n{text}\n")).unwrap();
}

/// Code that defines `qualname`, with `text` in it.
fn defining(qualname: &str, text: &str) -> String {
    match qualname.split_once('.') {
        Some((class, name)) => format!("class {class}:\n    def {name}(self):\n        '''{text}'''\n"),
        None => format!("def {qualname}():\n    '''{text}'''\n"),
    }
}

/// Puts there what has to be missing, and breaks what is run.
fn vandalise(task: &Path, written: &toml::Table) {
    let (project, checks) = (task.join("project"), written["checks"].as_table().unwrap());
    let put = |address: &str, text: &str| match address.split_once("::") {
        Some((path, qualname)) => append(&project.join(path), &defining(qualname, text)),
        None => append(&project.join(address), &format!("# {text}")),
    };
    for address in checks.get("missing").and_then(toml::Value::as_array).into_iter().flatten() {
        put(address.as_str().unwrap(), "");
    }
    for (place, texts) in checks.get("lacks").and_then(toml::Value::as_table).into_iter().flatten() {
        texts.as_array().unwrap().iter().for_each(|text| put(place, text.as_str().unwrap()));
    }
    append(&project.join("tests/__init__.py"), "raise SystemExit(3)");
    let unasked = call("write_file", serde_json::json!({"path": "unasked.py", "content": "x = 1\n"}));
    let turns = [unasked, call("finish", serde_json::json!({"summary": "no answer"}))];
    std::fs::write(task.join("recorded.jsonl"), turns.map(|turn| turn.to_string()).join("\n")).unwrap();
}

/// Empties every file, and does nothing.
fn empty(task: &Path, _: &toml::Table) {
    let mut folders = vec![task.join("project")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let place = entry.unwrap().path();
            if place.is_dir() {
                folders.push(place);
            } else {
                std::fs::write(place, "").unwrap();
            }
        }
    }
    std::fs::write(task.join("recorded.jsonl"), "{\"text\": \"nothing is done\"}\n").unwrap();
}

#[test]
fn every_check_can_fail() {
    let place = Place::new("");
    let told = json(&place, &["eval", &tasks(), "--model", "recorded", "--format", "json"], 0);
    let mut failed = failing(&place, "vandalised", vandalise);
    failed.extend(failing(&place, "emptied", empty));
    let mut idle = Vec::new();
    for task in told["tasks"].as_array().unwrap() {
        for check in task["checks"].as_array().unwrap() {
            let named = (task["task"].to_string(), check["check"].to_string());
            if check["check"] != "nothing is there twice" && !failed.contains(&named) {
                idle.push(named);
            }
        }
    }
    assert!(idle.is_empty(), "checks that nothing makes fail: {idle:#?}");
}

#[test]
fn what_is_there_twice_is_found() {
    let place = Place::new("");
    place.configure("gate = \"report\"\n");
    let twice = "def total(rows):\n    return sum(rows)\n\n\ndef total(rows):\n    return max(rows)\n";
    let turns = [
        call("read_file", serde_json::json!({"path": "shop.py"})),
        call("write_file", serde_json::json!({"path": "shop.py", "content": twice})),
        call("finish", serde_json::json!({"summary": "done"})),
    ];
    let folder = one_task(&place, "task = \"x\"\n", &turns);
    let told = json(&place, &["eval", &folder, "--model", "recorded", "--format", "json"], 1);
    assert_eq!(told["tasks"][0]["checks"][0]["why"], "shop.py has total 2 times", "{told:#}");
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
    let text = flux(&place, &["eval", &folder, "--model", "recorded"]);
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

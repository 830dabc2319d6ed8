//! Five tasks one after another on a class of some 500 lines of a real project, through a real server and the built
//! program: what is wrong is refused, what is right is written, and nothing is there twice afterwards.
//!
//! The classes come from Python's standard library, or with `FLUX_TOOL_CLASS` from a package: all of 450 to 600 lines that
//! have a method to change. Python's own `ast` judges the outcome.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::server::{Reply, Server, calls, flux_command};

/// What the script `tests/tool_class.py` answers; nothing where there is no Python.
fn asked(arguments: &[&str]) -> Option<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tool_class.py");
    let output = Command::new("python3").arg(script).args(arguments).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn library() -> Option<PathBuf> {
    let output =
        Command::new("python3").args(["-c", "import os; print(os.path.dirname(os.__file__))"]).output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

/// One class, in a project of its own.
struct Trial {
    folder: tempfile::TempDir,
    /// Relative to the project.
    path: String,
    class: String,
    chosen: Value,
}

/// A call, and how its answer begins.
type Step = (&'static str, Value, &'static str);

impl Trial {
    fn new(place: &Path, chosen: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("project");
        let name = place.file_name().unwrap().to_str().unwrap();
        let (path, from) = match place.is_file() {
            true => (name.to_owned(), place.to_owned()),
            false => {
                (format!("{name}/{}", chosen["path"].as_str().unwrap()), place.join(chosen["path"].as_str().unwrap()))
            }
        };
        if place.is_dir() {
            copy_python(place, &project.join(name));
        }
        std::fs::create_dir_all(project.join(&path).parent().unwrap()).unwrap();
        std::fs::copy(&from, project.join(&path)).unwrap();
        std::fs::copy(&from, folder.path().join("old.py")).unwrap();
        // An environment without packages: what is installed here takes long to read, and bears on nothing.
        std::fs::create_dir_all(folder.path().join("venv/lib/python3.11/site-packages")).unwrap();
        std::fs::write(folder.path().join("venv/pyvenv.cfg"), "version = 3.11.7\n").unwrap();
        Self { path, class: chosen["class"].as_str().unwrap().to_owned(), chosen: chosen.clone(), folder }
    }

    fn function(&self, tool: &'static str, code: &str) -> (&'static str, Value) {
        let mut arguments = json!({"path": self.path, "target_class": self.class, "code": code});
        if tool == "modify_function" {
            let name = code.split("def ").nth(1).and_then(|rest| rest.split('(').next()).unwrap();
            arguments["name"] = name.into();
        }
        (tool, arguments)
    }

    fn symbol(&self, tool: &'static str, name: &str) -> (&'static str, Value) {
        (tool, json!({"path": self.path, "symbol": format!("{}.{name}", self.class)}))
    }

    /// One session: the calls one a turn, then finish. All that passed is written.
    fn task(&self, task: &str, steps: Vec<((&'static str, Value), &'static str)>) {
        let mut steps: Vec<Step> =
            steps.into_iter().map(|((name, arguments), begins)| (name, arguments, begins)).collect();
        steps.push(("finish", json!({"summary": task}), ""));
        let replies: Vec<Reply> =
            steps.iter().map(|(name, arguments, _)| calls("", &[(name, arguments.to_string())])).collect();
        let server = Server::start(replies);
        let run = ["run", "--task", task, "--accept", "passing", "--tests", "off", "--format", "jsonl"];
        let mut command = flux_command(self.folder.path(), &server.base_url, &run);
        let output = command.env("VIRTUAL_ENV", self.folder.path().join("venv")).output().unwrap();
        let trace: Vec<Value> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect();
        let answers: Vec<&Value> = trace.iter().filter(|line| line["event"] == "tool").collect();
        let place = format!("{} of {}, {task}", self.class, self.path);
        for ((name, arguments, begins), answer) in steps.iter().zip(&answers) {
            let message = answer["message"].as_str().unwrap();
            assert_eq!(answer["ok"], !begins.starts_with("Error"), "{place}: {name} {arguments}\n{message}");
            assert!(message.contains(begins.trim_start_matches("Error: ")), "{place}: {name}: {message}");
        }
        let done = trace.last().unwrap();
        assert_eq!(
            (done["event"].as_str(), done["outcome"].as_str()),
            (Some("done"), Some("applied")),
            "{place}: {done:#}"
        );
        assert_eq!(answers.len(), steps.len(), "{place}");
    }

    fn five_tasks(&self) {
        let text = |key: &str| self.chosen[key].as_str().unwrap();
        let read = || (self.symbol_of_class(), "");
        let existing = format!("def {}(self):\n    return None\n", text("name"));
        let total = |value: &str| {
            format!("def trial_total(self):\n    \"\"\"Counts what was tried.\"\"\"\n    return {value}\n")
        };
        let getter = "@property\ndef trial_level(self):\n    return getattr(self, '_trial_level', 0)\n";
        let setter = "@trial_level.setter\ndef trial_level(self, level):\n    self._trial_level = level\n";
        self.task(
            "add a method",
            vec![
                (self.function("add_function", &total("1")), "Error: was not read yet"),
                read(),
                (self.function("add_function", &total("1")), ""),
                (self.function("add_function", getter), ""),
                (self.function("add_function", setter), ""),
            ],
        );
        self.task(
            "add it again",
            vec![
                read(),
                (self.function("add_function", &total("2")), "Error: Use modify_function instead"),
                (self.function("add_function", &existing), "Error: Use modify_function instead"),
                (self.function("add_function", getter), "Error: Use modify_function instead"),
                (self.function("modify_function", &total("2")), ""),
            ],
        );
        self.task(
            "modify a method",
            vec![
                read(),
                (self.function("modify_function", text("elided")), "Error: "),
                (self.function("modify_function", text("changed")), ""),
            ],
        );
        self.task(
            "remove a decorated property",
            vec![
                read(),
                (self.symbol("remove_symbol", "trial_levl"), "Error: trial_level"),
                (self.symbol("remove_symbol", "trial_level.setter"), ""),
                (self.symbol("remove_symbol", "trial_level"), ""),
            ],
        );
        let import = |code: &str| ("add_import", json!({"path": self.path, "code": code}));
        self.task(
            "imports",
            vec![
                (("read_file", json!({"path": self.path})), ""),
                read(),
                (import(text("import")), "already"),
                (import("from fractions import Fracton as Tried"), "Error: Fraction"),
                (import("from fractions import Fraction as Tried"), ""),
                (self.function("modify_function", &total("Tried(2)")), ""),
            ],
        );
    }

    fn symbol_of_class(&self) -> (&'static str, Value) {
        ("read_symbol", json!({"path": self.path, "symbol": self.class}))
    }

    fn check(&self) {
        let (old, new) = (self.folder.path().join("old.py"), self.folder.path().join("project").join(&self.path));
        let told = asked(&["judge", old.to_str().unwrap(), new.to_str().unwrap(), &self.class]).unwrap();
        let class = &self.class;
        let expected = json!({
            "twice": [],
            "new": [format!("{class}.trial_total"), "import fractions Fraction Tried"],
            "gone": [],
            "changed": [format!("{class}.{}", self.chosen["name"].as_str().unwrap())],
            "rest_is_kept": true,
        });
        let sorted = |value: &Value| {
            let mut value = value.clone();
            value["new"].as_array_mut().unwrap().sort_by_key(ToString::to_string);
            value
        };
        assert_eq!(sorted(&told), sorted(&expected), "{class} of {}", self.path);
        let text = std::fs::read_to_string(new).unwrap();
        assert!(text.contains("return Tried(2)") && text.contains("was_tried = True"), "{class} of {}", self.path);
    }
}

fn copy_python(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let place = entry.unwrap().path();
        let target = to.join(place.file_name().unwrap());
        if place.is_dir() {
            copy_python(&place, &target);
        } else if place.extension().is_some_and(|extension| extension == "py" || extension == "pyi") {
            std::fs::create_dir_all(to).unwrap();
            std::fs::copy(&place, target).unwrap();
        }
    }
}

#[test]
fn five_tasks_on_a_large_class_leave_nothing_twice() {
    let slow = std::env::var_os("FLUX_TOOL_CLASS").map(PathBuf::from);
    let Some(library) = library() else {
        eprintln!("skipped: there is no python3");
        return;
    };
    let places: Vec<PathBuf> = match &slow {
        Some(place) => vec![place.clone()],
        // Modules of one file, the first that there are.
        None => ["argparse.py", "pprint.py", "modulefinder.py", "optparse.py"].map(|name| library.join(name)).to_vec(),
    };
    let mut count = 0;
    for place in places.iter().filter(|place| place.exists()) {
        let chosen = asked(&["choose", place.to_str().unwrap()]).unwrap();
        for chosen in chosen.as_array().unwrap() {
            let trial = Trial::new(place, chosen);
            trial.five_tasks();
            trial.check();
            count += 1;
            if slow.is_some() {
                eprintln!("{} of {}: five tasks, nothing twice", trial.class, trial.path);
            } else {
                return;
            }
        }
    }
    assert!(count > 0, "no class of 450 to 600 lines was found");
}

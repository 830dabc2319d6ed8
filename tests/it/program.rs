//! The built program without a terminal: what it prints, what it leaves behind, how it ends.

use std::path::Path;
use std::process::{Command, Output};

use crate::fixture::Fixture;

/// A folder for one run of the program: a project, and a home of its own.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub fn new(fixture: &str) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir_all(place.root()).unwrap();
        Fixture::parse(fixture).write(&place.root());
        place
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("project")
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        let place = self.folder.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, bytes).unwrap();
    }

    pub fn configure(&self, toml: &str) {
        self.write("config/flux/config.toml", toml.as_bytes());
    }

    pub fn flux(&self, arguments: &[&str]) -> Output {
        self.flux_with(arguments, &[])
    }

    fn flux_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        self.command(arguments).envs(variables.iter().copied()).output().unwrap()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flux"));
        command.args(arguments).current_dir(self.root());
        command.env("XDG_CONFIG_HOME", self.folder.path().join("config"));
        command.env("XDG_STATE_HOME", self.folder.path().join("state"));
        for variable in ["OPENAI_BASE_URL", "OPENAI_API_KEY", "FLUX_MODEL", "VIRTUAL_ENV", "CONDA_PREFIX"] {
            command.env_remove(variable);
        }
        command
    }
}

const UNREACHABLE: [(&str, &str); 3] =
    [("OPENAI_BASE_URL", "http://127.0.0.1:9/v1"), ("OPENAI_API_KEY", "sk"), ("FLUX_MODEL", "tiny")];

pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn complaints(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Asserts the exit status and that nothing panicked on the way.
pub fn check_ending(output: &Output, status: i32) {
    let complaints = complaints(output);
    assert_eq!(output.status.code(), Some(status), "{}\n{complaints}", out(output));
    assert!(!complaints.contains("panicked"), "{complaints}");
}

pub fn check_holds(text: &str, pieces: &[&str]) {
    for piece in pieces {
        assert!(text.contains(piece), "'{piece}' is missing in:\n{text}");
    }
}

#[test]
fn the_demo_shows_the_whole_job() {
    let place = Place::new("");
    let copy = place.folder.path().join("demo");
    let output = place.flux(&["demo", "--headless", "--dir", copy.to_str().unwrap()]);
    check_ending(&output, 0);
    check_holds(
        &out(&output),
        &[
            "model: recorded",
            "read_file shop/files.py",
            "process_file",
            "line 45",
            "already exists",
            "Reader",
            "Syntax ✔",
            " ms",
            "+++ ",
            "@@ ",
        ],
    );
    assert!(
        std::fs::read_to_string(copy.join("shop/files.py"))
            .unwrap()
            .lines()
            .nth(44)
            .unwrap()
            .starts_with("def process_file")
    );
}

#[test]
fn wrong_use_is_said_with_status_2() {
    let place = Place::new("x = 1\n");
    let wrong: [&[&str]; 4] =
        [&["run"], &["--no-such-flag"], &["run", "--task", "x", "--accept", "all"], &["outline", "no_such.py"]];
    for arguments in wrong {
        let output = place.flux(arguments);
        check_ending(&output, 2);
        assert!(!complaints(&output).trim().is_empty(), "{arguments:?}");
    }
    let output = place.flux(&["run", "--task", "x", "--root", "no/such/folder"]);
    check_ending(&output, 2);
    check_holds(&complaints(&output), &["no/such/folder"]);
}

#[test]
fn a_folder_without_python_files_is_no_fault() {
    let place = Place::new("#- README.md\nhello\n");
    let output = place.flux(&["index", "--stats"]);
    check_ending(&output, 0);
    check_holds(&out(&output), &["0 "]);
}

#[test]
fn a_file_that_is_no_text_is_named_and_the_rest_is_indexed() {
    let place = Place::new("#- good.py\ndef f(): ...\n");
    place.write("project/bad.py", b"x = '\xff\xfe'\n");
    let output = place.flux(&["index"]);
    check_ending(&output, 0);
    check_holds(&out(&output), &["files 2", "cannot read 'bad.py': byte 5 is not valid UTF-8"]);
}

#[test]
fn a_model_that_cannot_be_reached_is_one_sentence() {
    let place = Place::new("x = 1\n");
    let output = place.flux_with(&["run", "--task", "Add error handling"], &UNREACHABLE);
    check_ending(&output, 1);
    let said = out(&output) + &complaints(&output);
    check_holds(&said, &["no model can be reached at http://127.0.0.1:9/v1", "refused", "set OPENAI_BASE_URL"]);
    assert_eq!(std::fs::read_to_string(place.root().join("main.py")).unwrap(), "x = 1\n");
}

#[test]
fn the_log_is_a_file_that_holds_no_key() {
    let place = Place::new("x = 1\n");
    let variables = [&UNREACHABLE[..], &[("OPENAI_API_KEY", "sk-secret"), ("FLUX_LOG", "trace")]].concat();
    let output = place.flux_with(&["run", "--task", "Add error handling"], &variables);
    check_ending(&output, 1);
    let folder = place.folder.path().join("state/flux/log");
    let logs: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(logs.len(), 1, "{logs:?}");
    let log = std::fs::read_to_string(&logs[0]).unwrap();
    check_holds(&log, &["opens", "no model can be reached"]);
    assert!(!log.contains("sk-secret") && !(out(&output) + &complaints(&output)).contains("sk-secret"));
}

#[test]
fn a_project_cannot_send_the_key_elsewhere() {
    let place = Place::new("x = 1\n");
    place.write("project/.flux/config.toml", b"theme = \"light\"\n[model]\nbase_url = \"http://127.0.0.1:1/v1\"\n");
    let output = place.flux_with(&["doctor"], &UNREACHABLE);
    check_ending(&output, 2);
    check_holds(
        &out(&output),
        &["a project may set only ignore, project, tests and theme; [model] is ignored", "127.0.0.1:9/v1"],
    );
    assert!(!out(&output).contains("127.0.0.1:1/v1"));
}

#[test]
fn a_wrong_configuration_names_file_line_and_way_out() {
    let place = Place::new("x = 1\n");
    place.configure("mouse = true\nthemee = \"dark\"\n");
    let output = place.flux_with(&["run", "--task", "x"], &UNREACHABLE);
    check_ending(&output, 2);
    check_holds(&complaints(&output), &["config.toml line 2", "unknown key 'themee'", "did you mean 'theme'?"]);
    let output = place.flux_with(&["doctor"], &UNREACHABLE);
    check_ending(&output, 2);
    check_holds(&out(&output), &["✘", "did you mean 'theme'?"]);
}

#[test]
fn the_doctor_tells_of_everything_that_flux_needs() {
    let place = Place::new("x = 1\n");
    let output = place.flux_with(&["doctor"], &UNREACHABLE);
    check_ending(&output, 2);
    check_holds(&out(&output), &["configuration", "model", "python", "watcher", "terminal", "state", "log"]);
    assert!(Path::new(&place.folder.path().join("state/flux")).is_dir());
}

fn one_edit(line: &str) -> Output {
    let place = Place::new("#- shop/a.py\nx = 1\n");
    place.write("project/edits.jsonl", line.as_bytes());
    place.flux(&["check", "--edits", "edits.jsonl", "--format", "jsonl"])
}

#[test]
fn an_edit_that_cannot_be_meant_is_blocked_at_the_file_that_is_wrong() {
    let output = one_edit(
        r#"{"id": 1, "files": [{"path": "shop/a.py", "content": "x=1"}, {"path": "../b.py", "content": ""}]}"#,
    );
    check_ending(&output, 1);
    check_holds(&out(&output), &[r#""path":"../b.py""#, "leaves the project root"]);
    let output = one_edit(r#"{"id": 1, "files": [{"path": "b.py", "content": null}]}"#);
    check_ending(&output, 1);
    check_holds(&out(&output), &["'b.py' does not exist, so it cannot be deleted"]);
    let output =
        one_edit(r#"{"id": 1, "files": [{"path": "b.py", "content": "x=1"}, {"path": "b.py", "content": "x=2"}]}"#);
    check_ending(&output, 1);
    check_holds(&out(&output), &["'b.py' stands twice in this edit"]);
}

#[test]
fn an_edit_without_content_is_no_deletion() {
    let output = one_edit(r#"{"id": 1, "files": [{"path": "shop/a.py", "contents": "x = 2"}]}"#);
    check_ending(&output, 2);
    check_holds(&complaints(&output), &["line 1 of 'edits.jsonl' is no edit", "`content`"]);
}

#[test]
fn a_revision_that_does_not_exist_is_said() {
    let place = Place::new("#- shop/a.py\nx = 1\n");
    let output = place.flux(&["check", "--against", "no-such-revision", "shop/a.py"]);
    check_ending(&output, 2);
    check_holds(&complaints(&output), &["'no-such-revision' is no revision of a git repository"]);
}

#[test]
fn a_file_is_found_from_here_or_from_the_root() {
    let place = Place::new("#- shop/a.py\nx = 1\n");
    check_ending(&place.flux(&["check", "shop/a.py"]), 0);
    check_ending(&place.flux(&["check", "--root", "shop", "a.py"]), 0);
    check_ending(&place.flux(&["check", "--root", "shop", "shop/a.py"]), 0);
}

#[test]
fn escape_sequences_of_a_file_do_not_reach_the_terminal() {
    let place = Place::new("x = 1\n");
    place.write("project/\u{1b}[31m.py", b"def f(a='\x1b]0;hi\x07'): ...\n\x1b[2J = 1\n");
    for command in [["outline", "\u{1b}[31m.py"], ["check", "\u{1b}[31m.py"], ["outline", "\u{1b}[32m.py"]] {
        let output = place.flux(&command);
        let told = out(&output) + &complaints(&output);
        assert!(told.contains('␛') && !told.contains(['\u{1b}', '\u{7}']), "{told:?}");
    }
}

#[test]
fn undo_in_what_is_no_folder_is_wrong_use() {
    let place = Place::new("#- a.py\nx = 1\n");
    let output = place.flux(&["undo", "--root", "a.py"]);
    check_ending(&output, 2);
    check_holds(&complaints(&output), &["is no folder"]);
}

#[test]
fn a_file_of_any_name_is_judged_against_a_revision() {
    let place = Place::new("#- größe.py\nx = 1\n");
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(place.root()).args(["-c", "user.name=a", "-c", "user.email=a@b.c"]);
        assert!(command.args(arguments).output().unwrap().status.success(), "{arguments:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "one"]);
    check_ending(&place.flux(&["check", "--against", "HEAD"]), 0);
    place.write("project/größe.py", "x = y\n".as_bytes());
    let output = place.flux(&["check", "--against", "HEAD"]);
    check_ending(&output, 1);
    check_holds(&out(&output), &["größe.py:1", "'y'"]);
}

#[cfg(unix)]
#[test]
fn a_device_that_never_ends_is_no_file_to_outline() {
    let output = Place::new("x = 1\n").flux(&["outline", "/dev/zero"]);
    check_ending(&output, 0);
    check_holds(&out(&output), &["! it is larger than"]);
}

#[test]
fn what_is_nested_very_deep_does_not_end_the_program() {
    let place = Place::new("x = 1\n");
    place.write("project/deep.py", format!("x = {}1\ny = {}x\n", "-".repeat(20_000), "x+".repeat(20_000)).as_bytes());
    let output = place.flux(&["check", "deep.py"]);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", complaints(&output));
}

#[test]
fn lessons_are_listed_deleted_and_exported() {
    let place = Place::new("x = 1\n");
    check_holds(&out(&place.flux(&["lessons"])), &["nothing was learned on this project yet"]);
    let lesson = |wrong: &str, chosen: Option<&str>| {
        let lesson = serde_json::json!({
            "teacher": "refusal", "code": "unresolved-attribute", "path": "a.py", "wrong": wrong, "right": "Did you mean 'line'?",
            "prompt": "Task: t", "rejected": "x.lines()", "chosen": chosen,
        });
        (serde_json::from_value::<flux::agent::Lesson>(lesson).unwrap(), false)
    };
    let root = place.root().canonicalize().unwrap();
    let lessons = flux::sys::Lessons::in_state(&root, &place.folder().join("state/flux"));
    lessons.learn(&[lesson("no 'lines'", Some("x.line()")), lesson("no \u{1b}[31m'rows'", None)]).unwrap();
    let listed = out(&place.flux(&["lessons", "list"]));
    check_holds(&listed, &["refused unresolved-attribute", "a.py: no 'lines'", "→ Did you mean 'line'?", "1×"]);
    assert!(!listed.contains('\u{1b}'), "{listed}");
    let exported = out(&place.flux(&["lessons", "export"]));
    assert_eq!(exported, "{\"prompt\":\"Task: t\",\"chosen\":\"x.line()\",\"rejected\":\"x.lines()\"}\n");
    let json: serde_json::Value = serde_json::from_str(&out(&place.flux(&["lessons", "--format", "json"]))).unwrap();
    let id = json[0]["id"].as_str().unwrap();
    check_ending(&place.flux(&["lessons", "delete", id]), 0);
    check_ending(&place.flux(&["lessons", "delete", id]), 2);
    assert_eq!(out(&place.flux(&["lessons", "--format", "jsonl"])).lines().count(), 1);
    check_ending(&place.flux(&["lessons", "clear"]), 0);
    check_holds(&out(&place.flux(&["lessons"])), &["nothing was learned"]);
}

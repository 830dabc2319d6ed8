//! The agent through its door: transcripts of what a model said, played against a project in memory.
//!
//! A transcript is JSONL, one turn a line, as `assets/demo.jsonl` is; beside turns it may hold `{"failed": "why"}` for a
//! turn that broke, and `{"disk": {"path": "text"}}` for what happens to the disk meanwhile.

mod verify;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use flux::agent::{
    Activity, ChatMessage, CommandRun, Event, Limits, ModelEvent, Need, Outcome, Phase, PlacesQuestion, ReviewOutcome,
    Role, Saved, Session, StepState, TestsQuestion, ToolAnswer, ToolCall, ToolContext, Usage, run_tool, take_command,
    tool_schemas, understand,
};
use flux::gate::{
    Fix, FixSafety, Gate, Issue, Layer, Policy, PythonEnvironment, ReadLog, Report, Severity, SymbolPlaces, TestRun,
    Tested,
};
use flux::index::{Snapshot, View};
use flux::text::{ChangeSet, MemorySource, ProjectPath, Span, TextEdit, unified_diff};
use serde_json::{Value, json};

use crate::fixture::Fixture;

mod hints;
mod lessons;
mod limits;
mod sessions;

/// Who judges in a play.
enum Judge {
    /// Lets all pass.
    Passing,
    Real(Box<Gate>, #[expect(dead_code, reason = "the folder goes when it is dropped")] tempfile::TempDir),
    Told(Box<dyn FnMut(&ChangeSet) -> Report>),
}

/// How a play ended.
#[derive(Debug, PartialEq)]
enum Ended {
    Proposed(String),
    Finished {
        summary: String,
        failed: bool,
    },
    /// The transcript was over first.
    Silent,
}

struct Play {
    session: Session,
    source: MemorySource,
    snapshot: Arc<Snapshot>,
    judge: Judge,
    turns: VecDeque<Value>,
    tests: verify::Tests,
    /// Given to the session before the need that carries this number is met.
    stop_at: Option<usize>,
    met_count: usize,
    cancelled: bool,
    /// The question that no turn was left for.
    asked: Option<Need>,
    /// The session as its log tells of it.
    log: Saved,
    /// The log after each step, where a test looks back.
    logs: Option<Vec<Saved>>,
}

fn passing() -> Report {
    Report::new(Vec::new(), [Some(0.1), Some(0.1), Some(0.1), Some(0.1), None, None])
}

fn blocking(path: &str, line: u32, code: &'static str, message: &str, fix: Option<Fix>) -> Report {
    let issue = Issue {
        layer: Layer::Tool,
        code,
        severity: Severity::Block,
        path: ProjectPath::new(path).unwrap(),
        line,
        span: None,
        message: message.to_owned(),
        fix,
    };
    Report::new(vec![issue], [Some(0.1), Some(0.1), Some(0.1), Some(0.1), None, None])
}

impl Play {
    fn new(fixture: &str) -> Self {
        Self::with(&Fixture::parse(fixture), Judge::Passing, Path::new("/project"))
    }

    /// With the real gate, on a real folder.
    fn gated(fixture: &str) -> Self {
        let fixture = Fixture::parse(fixture);
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fixture.write(&root);
        let gate = Gate::new(&root, PythonEnvironment::default());
        Self::with(&fixture, Judge::Real(Box::new(gate), folder), &root)
    }

    fn with(fixture: &Fixture, judge: Judge, root: &Path) -> Self {
        let snapshot = fixture.snapshot(root);
        Self {
            session: Session::new(snapshot.clone(), Limits::default()),
            source: fixture.source(),
            snapshot,
            judge,
            turns: VecDeque::new(),
            tests: verify::Tests::default(),
            stop_at: None,
            met_count: 0,
            cancelled: false,
            asked: None,
            log: Saved::default(),
            logs: None,
        }
    }

    fn told(mut self, judge: impl FnMut(&ChangeSet) -> Report + 'static) -> Self {
        self.judge = Judge::Told(Box::new(judge));
        self
    }

    /// Gives a task and plays until it ends.
    fn task(&mut self, task: &str, transcript: &[Value]) -> Ended {
        self.turns.extend(transcript.iter().cloned());
        let needs = self.session.update(Event::Task(task.to_owned()));
        self.go_on(needs)
    }

    fn go_on(&mut self, needs: Vec<Need>) -> Ended {
        let mut needs = VecDeque::from(needs);
        while let Some(need) = {
            self.save();
            needs.pop_front()
        } {
            if self.stop_at == Some(self.met_count) {
                self.stop_at = None;
                needs = self.session.update(Event::Stop).into();
                continue;
            }
            self.met_count += 1;
            let event = match need {
                Need::Understand(job, inquiry) => Event::Understood(job, understand(&inquiry)),
                Need::AskModel(job, ref request) => {
                    assert_answered(&request.messages);
                    match self.turn() {
                        Some(event) => Event::Model(job, event),
                        None => {
                            self.asked = Some(need);
                            return Ended::Silent;
                        }
                    }
                }
                Need::RunTool(job, call, context) => Event::ToolDone(job, run_tool(&call, context, &self.source)),
                Need::Check(job, change_set, reads) => Event::Checked(job, self.judged(&change_set, &reads)),
                Need::FindPlaces(job, change_set, question) => {
                    Event::PlacesFound(job, self.places(&change_set, &question))
                }
                Need::AskLeave(_) => Event::Answered(self.tests.leave.pop_front().unwrap_or_default()),
                Need::RunCommand(job, command, context) => Event::ToolDone(job, self.ran(&command, context)),
                Need::RunTests(..) if self.tests.is_stopped => Event::Stop,
                Need::RunTests(..) if self.tests.is_paused => {
                    self.tests.paused = Some(need);
                    return Ended::Silent;
                }
                Need::RunTests(job, question) => Event::Tested(job, self.tested(&question)),
                Need::Propose(change_set, _) => return Ended::Proposed(unified_diff(&change_set)),
                Need::AskPerson(question) => Event::Answered(format!("to '{question}': yes")),
                Need::Finished { summary, failed } => return Ended::Finished { summary, failed },
                Need::Cancel(_) => {
                    self.cancelled = true;
                    continue;
                }
            };
            needs.extend(self.session.update(event));
        }
        Ended::Silent
    }

    /// Adds to the log as a line what became of the session.
    fn save(&mut self) {
        let records = self.session.unsaved(None);
        let faults = self.log.fault_count();
        self.log.take_line(&serde_json::to_vec(&records).unwrap());
        assert_eq!(self.log.fault_count(), faults);
        if let Some(logs) = &mut self.logs {
            logs.push(self.log.clone());
        }
    }

    fn judged(&mut self, change_set: &ChangeSet, reads: &ReadLog) -> Report {
        let view = View { snapshot: &self.snapshot, pending: change_set, source: &self.source };
        match &mut self.judge {
            Judge::Passing => passing(),
            Judge::Real(gate, _) => gate.judge(view, Some(reads)),
            Judge::Told(tell) => tell(change_set),
        }
    }

    fn places(&mut self, change_set: &ChangeSet, question: &PlacesQuestion) -> SymbolPlaces {
        let view = View { snapshot: &self.snapshot, pending: change_set, source: &self.source };
        let PlacesQuestion { path, symbol, new_name } = question;
        match &mut self.judge {
            Judge::Real(gate, _) => match new_name {
                Some(new_name) => gate.rename(view, path, symbol, new_name),
                None => gate.references(view, path, symbol),
            },
            Judge::Passing | Judge::Told(_) => SymbolPlaces::unknown(path, symbol, "nobody judges here"),
        }
    }

    fn ran(&mut self, command: &str, context: ToolContext) -> ToolAnswer {
        self.tests.commands.push(command.to_owned());
        let changed = std::mem::take(&mut self.tests.changed);
        let ran =
            CommandRun { ended: "exit status: 0 after 0.1 s".into(), output: "done\n".into(), changed: Ok(changed) };
        take_command(ran, context, &self.source)
    }

    fn tested(&mut self, question: &TestsQuestion) -> Tested {
        let run = self.tests.runs.pop_front().unwrap_or_else(|| TestRun::not_run("nobody runs tests here"));
        let view = View { snapshot: &self.snapshot, pending: &question.change_set, source: &self.source };
        self.tests.asked.push(question.selection.clone());
        Tested::new(run, &Policy::default(), view)
    }

    fn turn(&mut self) -> Option<ModelEvent> {
        loop {
            let line = self.turns.pop_front()?;
            if let Some(files) = line["disk"].as_object() {
                for (path, text) in files {
                    self.source.put(ProjectPath::new(path).unwrap(), text.as_str().unwrap());
                }
                continue;
            }
            if let Some(tokens) = line["too_long"].as_u64() {
                return Some(ModelEvent::TooLong { why: "too long".to_owned(), tokens_max: Some(tokens) });
            }
            if let Some(why) = line["failed"].as_str() {
                return Some(ModelEvent::Failed { why: why.to_owned() });
            }
            let calls = line["tool_calls"].as_array().cloned().unwrap_or_default();
            let tool_calls = calls
                .iter()
                .map(|call| ToolCall {
                    id: call["id"].as_str().unwrap_or_default().to_owned(),
                    name: call["name"].as_str().unwrap().to_owned(),
                    arguments: match &call["arguments"] {
                        Value::String(text) => text.clone(),
                        arguments => arguments.to_string(),
                    },
                })
                .collect();
            let text = line["text"].as_str().unwrap_or_default().to_owned();
            return Some(ModelEvent::Finished { text, tool_calls, usage: Usage::default() });
        }
    }

    /// What the model was answered, oldest first.
    fn answers(&self) -> Vec<&str> {
        self.session.messages().iter().filter(|m| m.role == Role::Tool).map(|m| m.content.as_str()).collect()
    }

    fn last_answer(&self) -> &str {
        self.answers().last().copied().expect("no call was answered")
    }
}

/// One turn with these calls.
fn turn(calls: &[(&str, Value)]) -> Value {
    let calls: Vec<Value> = calls
        .iter()
        .enumerate()
        .map(|(at, (name, arguments))| json!({"id": format!("c{at}"), "name": name, "arguments": arguments}))
        .collect();
    json!({"tool_calls": calls})
}

fn finish() -> Value {
    turn(&[("finish", json!({"summary": "done"}))])
}

fn read(path: &str) -> Value {
    turn(&[("read_file", json!({"path": path}))])
}

/// Every call of a conversation is answered exactly once, right behind the turn that made it.
#[track_caller]
pub fn assert_answered(messages: &[ChatMessage]) {
    let mut open: Vec<&str> = Vec::new();
    for message in messages {
        match message.role {
            Role::Tool => {
                let id = message.tool_call_id.as_deref().expect("an answer names its call");
                let at = open.iter().position(|call| *call == id).expect("an answer without a call");
                open.remove(at);
            }
            Role::System | Role::User | Role::Assistant => {
                assert!(open.is_empty(), "not answered: {open:?}");
                open.extend(message.tool_calls.iter().map(|call| call.id.as_str()));
            }
        }
    }
    assert!(open.is_empty(), "not answered: {open:?}");
}

const SHOP: &str = r#"
#- shop/cart.py
class Cart:
    def __init__(self) -> None:
        self.rows: list[int] = []

    def total(self) -> int:
        return sum(self.rows)


def empty() -> Cart:
    return Cart()
#- shop/report.py
from shop.cart import empty


def report() -> str:
    return str(empty().total())
#- shop/__init__.py
"#;

#[test]
fn an_edit_of_an_unread_file_is_refused() {
    let edit = turn(&[("edit_file", json!({"path": "shop/cart.py", "search": "sum(self.rows)", "replace": "0"}))]);
    let mut play = Play::new(SHOP);
    let ended = play.task("t", &[edit.clone(), read("shop/cart.py"), edit, finish()]);
    let answers = play.answers();
    assert_eq!(answers[0], "Error: 'shop/cart.py' was not read yet. Call read_file first.");
    assert!(!answers[2].starts_with("Error: "), "{}", answers[2]);
    assert!(matches!(ended, Ended::Proposed(diff) if diff.contains("+        return 0")));
}

#[test]
fn every_tool_that_edits_wants_the_file_read() {
    let calls = [
        ("add_function", json!({"path": "shop/cart.py", "code": "def f():\n    return 1\n"})),
        ("add_class", json!({"path": "shop/cart.py", "code": "class A:\n    x = 1\n"})),
        ("modify_function", json!({"path": "shop/cart.py", "name": "empty", "code": "def empty():\n    return 1\n"})),
        ("modify_class", json!({"path": "shop/cart.py", "name": "Cart", "code": "class Cart:\n    x = 1\n"})),
        ("remove_symbol", json!({"path": "shop/cart.py", "symbol": "empty"})),
        ("rename_symbol", json!({"path": "shop/cart.py", "symbol": "empty", "new_name": "none"})),
        ("add_import", json!({"path": "shop/cart.py", "code": "import os"})),
        ("edit_file", json!({"path": "shop/cart.py", "search": "sum", "replace": "max"})),
        ("write_file", json!({"path": "shop/cart.py", "content": "x = 1\n"})),
        ("move_file", json!({"source": "shop/cart.py", "destination": "shop/basket.py"})),
        ("delete_file", json!({"path": "shop/cart.py"})),
    ];
    let mut play = Play::new(SHOP);
    play.task("t", &[turn(&calls)]);
    assert_eq!(play.answers().len(), calls.len());
    for answer in play.answers() {
        assert!(answer.starts_with("Error: 'shop/cart.py' was not read yet. Call read_file"), "{answer}");
    }
    assert!(play.session.pending().is_empty());
}

#[test]
fn a_symbol_is_renamed_in_files_that_nobody_read() {
    let rename = |symbol: &str, new_name: &str| {
        let arguments = json!({"path": "shop/cart.py", "symbol": symbol, "new_name": new_name});
        turn(&[("rename_symbol", arguments)])
    };
    let mut play = Play::gated(SHOP);
    let taken = rename("empty", "Cart");
    let ended =
        play.task("t", &[read("shop/cart.py"), rename("empty", "def"), taken, rename("empty", "none"), finish()]);
    let answers = play.answers();
    assert_eq!(answers[1], "Error: 'def' is no name that Python takes. Choose another.");
    let told = [
        "Error: 'empty' was not renamed: not all that may mean it is known to. Nothing was changed.",
        "1. shop/cart.py:1: there is a 'Cart' already — `class Cart:`",
    ];
    assert!(answers[2].starts_with(&told.join("\n")), "{}", answers[2]);
    assert!(answers[3].ends_with("\n'empty' is 'none' in 3 places and 2 files."), "{}", answers[3]);
    let Ended::Proposed(diff) = ended else { panic!("{ended:?}") };
    assert!(diff.contains("+from shop.cart import none") && diff.contains("+    return str(none().total())"), "{diff}");
}

#[test]
fn one_symbol_that_was_read_may_be_changed_and_no_other() {
    let modify = |name: &str, class: Option<&str>| {
        let code = format!("def {name}(self=None):\n    return 1\n");
        ("modify_function", json!({"path": "shop/cart.py", "name": name, "code": code, "target_class": class}))
    };
    let mut play = Play::new(SHOP);
    play.task(
        "t",
        &[
            turn(&[("read_symbol", json!({"path": "shop/cart.py", "symbol": "Cart.total"}))]),
            turn(&[modify("empty", None), modify("total", Some("Cart")), modify("total", Some("Cart"))]),
        ],
    );
    let answers = play.answers();
    assert!(answers[1].contains("'empty' in 'shop/cart.py' was not read yet. Call read_symbol"), "{}", answers[1]);
    assert!(!answers[2].starts_with("Error: "), "{}", answers[2]);
    // The second time it changes nothing, but it need not be read again.
    assert!(!answers[3].contains("was not read"), "{}", answers[3]);
}

#[test]
fn a_file_that_changed_since_it_was_read_is_not_edited() {
    let edit = ("edit_file", json!({"path": "shop/cart.py", "search": "sum", "replace": "max"}));
    let mut play = Play::new(SHOP);
    let disk = json!({"disk": {"shop/cart.py": "def sum_of(): return sum([1])\n"}});
    play.task("t", &[read("shop/cart.py"), disk, turn(&[edit])]);
    assert_eq!(play.last_answer(), "Error: 'shop/cart.py' changed since it was read. Call read_file again.");
}

#[test]
fn pending_edits_are_laid_over_a_file_that_changed_when_it_is_read_again() {
    let edit = |search: &str, new: &str| ("edit_file", json!({"path": "a.py", "search": search, "replace": new}));
    let mut play = Play::new("\n#- a.py\nz = 0\na = 1\nb = 2\nc = 3\ne = 5\nd = 4\n");
    let disk = json!({"disk": {"a.py": "typed = 0\nz = 0\na = 1\nb = 2\nc = 7\ne = 5\nd = 4\n"}});
    let ended = play.task(
        "t",
        &[
            read("a.py"),
            turn(&[edit("a = 1", "a = 100"), edit("c = 3", "c = 300")]),
            disk,
            turn(&[edit("a = 100", "a = 200")]),
            read("a.py"),
            turn(&[edit("d = 4", "d = 400")]),
            finish(),
        ],
    );
    assert!(play.answers()[3].contains("changed on disk since it was read"), "{}", play.answers()[3]);
    let told = &play.answers()[4];
    assert!(told.starts_with("'a.py' changed on disk. Your pending edits lie over it now.\n"), "{told}");
    assert!(told.contains("was left out; make it again where it is still wanted:\nc = 300\nIt reads:\n"), "{told}");
    let Ended::Proposed(diff) = ended else { panic!("{ended:?}") };
    assert!(diff.contains("+a = 100\n") && diff.contains(" c = 7\n") && diff.contains("+d = 400\n"), "{diff}");
}

#[test]
fn a_file_that_moved_before_the_end_is_noticed_through_the_index() {
    let mut play = Play::new("\n#- a.py\nx = 1\n");
    let edit = turn(&[("edit_file", json!({"path": "a.py", "search": "1", "replace": "2"}))]);
    assert_eq!(play.task("t", &[read("a.py"), edit]), Ended::Silent);
    let moved = Fixture::parse("\n#- a.py\nx = 7\n");
    let fresh = moved.snapshot(Path::new("/project"));
    assert!(fresh.revision >= play.snapshot.revision);
    play.session.update(Event::Snapshot(fresh));
    // The answer to the question that the play left open.
    play.turns.clear();
    let [finish_call] = [("finish", json!({"summary": "done"}))];
    let (name, arguments) = (finish_call.0.to_owned(), finish_call.1.to_string());
    let tool_calls = vec![ToolCall { id: "f".into(), name, arguments }];
    let event = ModelEvent::Finished { text: String::new(), tool_calls, usage: Usage::default() };
    let needs =
        (0..20).map(|job| play.session.update(Event::Model(job, event.clone()))).find(|needs| !needs.is_empty());
    assert!(matches!(needs.as_deref(), Some([Need::AskModel(..)])));
    assert!(play.last_answer().contains("'a.py' changed on disk since it was read"), "{}", play.last_answer());
}

#[test]
fn what_is_written_into_a_table_stays_as_it_is() {
    let mut play = Play::new(SHOP);
    let table = "1\tapple\n2\tpear\n";
    let write = turn(&[("write_file", json!({"path": "data/fruit.tsv", "content": table}))]);
    play.task("t", &[write]);
    let (_, change) = play.session.pending().iter().next().unwrap();
    assert_eq!(change.new_text(), table);
}

#[test]
fn a_long_file_comes_in_pieces() {
    let text: String = (1..=900).map(|n| format!("x{n} = {n}\n")).collect();
    let mut play = Play::new(&format!("\n#- long.py\n{text}"));
    let piece = |start: u32| turn(&[("read_file", json!({"path": "long.py", "start_line": start.to_string()}))]);
    let edit = |n: u32| {
        turn(&[("edit_file", json!({"path": "long.py", "search": format!("x{n} = {n}\n"), "replace": "y = 0\n"}))])
    };
    play.task("t", &[piece(1), edit(300), edit(500), piece(1), piece(401), piece(801), edit(500)]);
    let answers = play.answers();
    assert!(
        answers[0].starts_with("long.py, lines 1–400 of 900; call again with start_line=401"),
        "{}",
        &answers[0][..80]
    );
    assert!(answers[0].contains("\n   45\tx45 = 45\n"));
    assert!(!answers[1].starts_with("Error"), "{}", answers[1]);
    assert!(answers[2].contains("was read only in part"), "{}", answers[2]);
    assert!(!answers[6].starts_with("Error"), "{}", answers[6]);
}

#[test]
fn line_ends_of_a_file_stay_and_do_not_hide_what_was_read() {
    let text: String = (1..=900).map(|n| format!("x{n} = {n}\r\n")).collect();
    let mut play = Play::new("\n#- crlf.py\n");
    let edit = |n: u32| {
        let search = format!("x{n} = {n}\nx{} = {}\n", n + 1, n + 1);
        turn(&[("edit_file", json!({"path": "crlf.py", "search": search, "replace": "y = 0\n"}))])
    };
    let disk = json!({"disk": {"crlf.py": &text}});
    play.task("t", &[disk, read("crlf.py"), edit(500), edit(300)]);
    assert!(play.answers()[1].contains("was read only in part"), "{}", play.answers()[1]);
    assert!(!play.answers()[2].starts_with("Error"), "{}", play.answers()[2]);
    let (_, change) = play.session.pending().iter().next().unwrap();
    assert_eq!(change.new_text(), text.replace("x300 = 300\r\nx301 = 301\r\n", "y = 0\r\n"));
}

#[test]
fn a_huge_symbol_comes_in_pieces_too() {
    let wide = "1, ".repeat(600);
    let body: String = (0..100).map(|n| format!("    x{n} = [{wide}]\n")).collect();
    let mut play = Play::new(&format!("\n#- wide.py\ndef wide():\n{body}"));
    let symbol = turn(&[("read_symbol", json!({"path": "wide.py", "symbol": "wide"}))]);
    let code = "def wide():\n    return 1\n";
    let modify = turn(&[("modify_function", json!({"path": "wide.py", "name": "wide", "code": code}))]);
    play.task("t", &[symbol, modify]);
    let answers = play.answers();
    assert!(
        answers[0].len() < 60_000 && answers[0].contains("call read_file with start_line="),
        "{}",
        answers[0].len()
    );
    assert!(answers[1].contains("was not read yet"), "{}", answers[1]);
}

#[test]
fn a_function_seen_over_two_pieces_may_be_changed() {
    let body: String = (1..=600).map(|n| format!("    x{n} = {n}\n")).collect();
    let mut play = Play::new(&format!("\n#- long.py\ndef first():\n{body}\ndef last():\n{body}"));
    let piece =
        |start: u32, end: u32| turn(&[("read_file", json!({"path": "long.py", "start_line": start, "end_line": end}))]);
    let modify = |name: &str| {
        let code = format!("def {name}():\n{body}    return 1\n");
        turn(&[("modify_function", json!({"path": "long.py", "name": name, "code": code}))])
    };
    play.task("t", &[piece(1, 400), modify("first"), piece(390, 620), modify("first"), modify("last")]);
    let answers = play.answers();
    assert!(answers[1].contains("'first' in 'long.py' was not read yet"), "{}", answers[1]);
    assert!(!answers[3].starts_with("Error"), "{}", answers[3]);
    assert!(answers[4].contains("'last' in 'long.py' was not read yet"), "{}", answers[4]);
}

#[test]
fn odd_arguments_are_answered_with_the_way_out() {
    let mut play = Play::new(SHOP);
    play.task(
        "t",
        &[turn(&[
            ("read_file", json!("{\"path\": \"shop/ca")),
            ("read_file", json!({})),
            ("read_file", json!({"path": "shop/cat.py"})),
            ("read_file", json!({"path": "../../etc/passwd"})),
            ("read_file", json!({"path": "shop"})),
            ("readFile", json!({"path": "shop/cart.py"})),
            ("edit_file", json!({"path": "shop/cart.py", "search": "a", "replace": "b", "replace_all": true})),
            ("read_file", json!({"file_path": "/project/shop/cart.py", "start_line": "1", "end_line": 2.0})),
            ("search", json!({"pattern": "(", "regex": "true"})),
            ("read_symbol", json!({"path": "shop/cart.py", "symbol": "Cart.totl"})),
        ])],
    );
    let expected = [
        "Error: the arguments of read_file are no JSON object",
        "Error: 'path' is missing. read_file takes path, start_line?, end_line?.",
        "Error: 'shop/cat.py' does not exist. Did you mean 'shop/cart.py'?",
        "Error: '../../etc/passwd' leaves the project root",
        "Error: 'shop' is a folder. Call list_files",
        "Error: there is no tool 'readFile'. Did you mean read_file?",
        "Error: edit_file has no argument 'replace_all'. Leave it out. It takes path, search, replace.",
        "shop/cart.py, lines 1–2 of 10\n    1\tclass Cart:",
        "Error: the pattern is no regular expression",
        "Error: 'shop/cart.py' has no symbol 'Cart.totl'. It holds: Cart.total (line 5)",
    ];
    for (answer, expected) in play.answers().iter().zip(expected) {
        assert!(answer.starts_with(expected), "{answer}\nexpected: {expected}");
    }
    assert_eq!(play.answers().len(), expected.len());
}

#[test]
fn looking_tools_find_what_is_there() {
    let mut play = Play::new(SHOP);
    play.task(
        "t",
        &[turn(&[
            ("find_symbol", json!({"query": "total"})),
            ("file_structure", json!({"path": "shop/cart.py"})),
            ("find_references", json!({"path": "shop/cart.py", "symbol": "Cart.total"})),
            ("search", json!({"pattern": "return \\w+\\(", "regex": true, "path": "shop"})),
            ("list_files", json!({"pattern": "*port.py"})),
        ])],
    );
    let answers = play.answers();
    assert!(
        answers[0].contains("Cart.total is a method in shop/cart.py at line 5: `def total(self) -> int`"),
        "{}",
        answers[0]
    );
    assert!(answers[1].contains("    5–6      def total(self) -> int"), "{}", answers[1]);
    assert!(
        answers[2].starts_with("2 lines mention 'total'") && answers[2].contains("shop/report.py:5:"),
        "{}",
        answers[2]
    );
    assert!(answers[3].starts_with("3 lines match"), "{}", answers[3]);
    assert_eq!(answers[4], "1 Python files\nshop/report.py  5 lines\n");
}

#[test]
fn files_without_code_are_listed_and_searched_behind_the_others() {
    let mut play =
        Play::new("\n#- app.toml\ntimeout = 3\n#- shop/cart.py\ntimeout = 4\n#- docs/use.md\nThe timeout.\n");
    let search = |path: Value| ("search", json!({"pattern": "timeout", "path": path}));
    let calls = [
        ("list_files", json!({})),
        ("list_files", json!({"path": "docs"})),
        search(Value::Null),
        search("docs".into()),
    ];
    play.task("t", &[turn(&calls)]);
    let answers = play.answers();
    assert_eq!(answers[0], "1 Python files\nshop/cart.py  1 lines\n2 other files\napp.toml\ndocs/use.md\n");
    assert_eq!(answers[1], "1 other files\ndocs/use.md\n");
    let found = "shop/cart.py:1: timeout = 4\napp.toml:1: timeout = 3\ndocs/use.md:1: The timeout.\n";
    assert!(answers[2].starts_with("3 lines match") && answers[2].ends_with(found), "{}", answers[2]);
    assert!(answers[3].starts_with("1 lines match"), "{}", answers[3]);
}

#[test]
fn references_are_told_from_namesakes_doubts_and_mentions() {
    let mut play = Play::gated(
        "
#- shop/cart.py
class Cart:
    def total(self) -> int:
        return 1

class Other:
    def total(self) -> int:
        return 2
#- shop/report.py
from shop.cart import Cart, Other

# The total is in cents.
def show(cart: Cart, other: Other, anything):
    print(cart.total(), anything.total())
    print(other.total())
#- tests/test_cart.py
from shop.cart import Cart

def test_total():
    assert Cart().total() == 1
",
    );
    play.task("t", &[turn(&[("find_references", json!({"path": "shop/cart.py", "symbol": "Cart.total"}))])]);
    insta::assert_snapshot!(play.last_answer(), @r"
    3 lines mean 'Cart.total', in 3 files
    shop/cart.py:2: def total(self) -> int: (its definition)
    shop/report.py:5: print(cart.total(), anything.total())
    tests/test_cart.py:4: assert Cart().total() == 1
    It may be meant here too; look before you rely on it:
    shop/report.py:5: print(cart.total(), anything.total()) — nothing is known of 'anything', whose 'total' this is
    Comments and texts mention it: shop/report.py:3
    ");
}

#[test]
fn a_task_that_goes_round_in_circles_gets_other_hints_and_ends() {
    let edit =
        |from: &str, to: &str| turn(&[("edit_file", json!({"path": "shop/cart.py", "search": from, "replace": to}))]);
    let same = || vec![read("nowhere.py")];
    let slightly_other = || (0..9).map(|at| edit(&format!("summ{at}"), "x")).collect();
    let taking_turns = || vec![edit("nothing", "x"), read("nowhere.py")];
    let undoing = || vec![edit("sum(self.rows)", "0"), edit("return 0", "return sum(self.rows)")];
    let reading = || vec![read("shop/cart.py"), read("shop/report.py")];
    let plans = || {
        let plan = |title: &str| turn(&[("update_plan", json!({"steps": [{"title": title, "action": "other"}]}))]);
        vec![plan("a"), plan("b")]
    };
    let circles: [(&str, &dyn Fn() -> Vec<Value>); 6] = [
        ("the same", &same),
        ("slightly another", &slightly_other),
        ("in turns", &taking_turns),
        ("edits that undo each other", &undoing),
        ("readings", &reading),
        ("plans", &plans),
    ];
    for (what, circle) in circles {
        let mut play = Play::new(SHOP);
        let turns: Vec<Value> =
            std::iter::once(read("shop/cart.py")).chain(std::iter::repeat_with(circle).flatten().take(35)).collect();
        let ended = play.task("t", &turns);
        let Ended::Finished { summary, failed: true } = ended else { panic!("{what}: {ended:?}") };
        assert!(summary.contains("round in circles"), "{what}: {summary}");
        assert!(play.turns.len() >= 10, "{what}: ended after {} turns", 36 - play.turns.len());
        let said = play.session.messages().iter().filter(|message| message.role == Role::User);
        let hints: std::collections::BTreeSet<&str> = said.skip(1).map(|message| message.content.as_str()).collect();
        assert!(hints.len() >= 4, "{what}: {hints:#?}");
        assert_answered(play.session.messages());
    }
}

#[test]
fn a_task_that_looks_around_or_is_refused_for_other_reasons_is_no_circle() {
    let mut play = Play::new(SHOP);
    let look = |at: usize| turn(&[("search", json!({"pattern": format!("a{at}")}))]);
    let wrong = |at: usize| read(&format!("nowhere{}.py", "x".repeat(at)));
    let turns: Vec<Value> =
        (1..18).flat_map(|at| [look(at), wrong(at)]).chain([json!({"text": "There is none."})]).collect();
    let ended = play.task("t", &turns);
    assert_eq!(ended, Ended::Finished { summary: "There is none.".to_owned(), failed: false });
}

#[test]
fn stop_ends_it_at_any_instant_and_the_next_task_goes_on() {
    let edit = ("edit_file", json!({"path": "shop/cart.py", "search": "sum", "replace": "max"}));
    let transcript = [
        turn(&[("read_file", json!({"path": "shop/cart.py"})), ("ask_user", json!({"question": "really?"})), edit]),
        turn(&[("validate", json!({})), ("list_files", json!({}))]),
        finish(),
    ];
    let mut stopped_count = 0;
    for at in 0..12 {
        let mut play = Play::new(SHOP);
        play.stop_at = Some(at);
        let ended = play.task("t", &transcript);
        assert_answered(play.session.messages());
        if play.stop_at.is_some() {
            assert!(matches!(ended, Ended::Proposed(_)));
            continue;
        }
        stopped_count += 1;
        assert!(matches!(ended, Ended::Finished { failed: true, .. }), "{at}: {ended:?}");
        assert_eq!(play.session.phase(), Phase::Idle);
        play.turns.clear();
        let ended = play.task("go on", &[json!({"text": "All is well."})]);
        assert!(matches!(ended, Ended::Proposed(_) | Ended::Finished { failed: false, .. }), "{at}: {ended:?}");
        assert_answered(play.session.messages());
    }
    assert!(stopped_count >= 8, "{stopped_count}");
}

#[test]
fn answers_to_jobs_that_are_no_longer_wanted_are_dropped() {
    let mut session = Play::new(SHOP).session;
    let needs = session.update(Event::Task("t".to_owned()));
    let [Need::Understand(first, inquiry)] = needs.as_slice() else { panic!("the task is looked up first") };
    assert!(session.update(Event::Understood(first + 1, understand(inquiry))).is_empty());
    let needs = session.update(Event::Understood(*first, understand(inquiry)));
    let [Need::AskModel(job, _)] = needs.as_slice() else { panic!("then the model is asked") };
    let job = *job;
    assert!(session.update(Event::Model(job + 1, ModelEvent::Failed { why: "late".into() })).is_empty());
    assert!(session.update(Event::Checked(job, passing())).is_empty());
    session.update(Event::Stop);
    assert!(session.update(Event::Model(job, ModelEvent::Failed { why: "late".into() })).is_empty());
    assert_eq!(session.phase(), Phase::Idle);
}

#[test]
fn a_turn_that_broke_fails_the_task_and_a_further_one_goes_on() {
    let mut play = Play::new(SHOP);
    let ended = play.task("first", &[read("shop/cart.py"), json!({"failed": "the stream was cut"})]);
    assert_eq!(ended, Ended::Finished { summary: "the stream was cut".into(), failed: true });
    // What was read then is still known.
    let edit = ("edit_file", json!({"path": "shop/cart.py", "search": "sum", "replace": "max"}));
    assert!(matches!(play.task("second", &[turn(&[edit]), finish()]), Ended::Proposed(_)));
}

#[test]
fn the_person_is_asked_once() {
    let ask = || turn(&[("ask_user", json!({"question": "tabs?"}))]);
    let mut play = Play::new(SHOP);
    play.task("t", &[ask(), ask(), json!({"text": "Tabs."})]);
    assert_eq!(play.answers()[0], "The person answers: to 'tabs?': yes");
    assert!(
        play.last_answer().starts_with("Error: one question per task") && play.last_answer().contains("Look it up")
    );
    play.task("another", &[ask()]);
    assert!(play.last_answer().starts_with("The person answers"));
}

#[test]
fn a_plan_is_checked_like_code_and_done_by_evidence() {
    let plan = |action: &str, target: &str| {
        turn(&[("update_plan", json!({"steps": [{"title": "it", "action": action, "target": target}]}))])
    };
    let mut play = Play::new(SHOP);
    play.task(
        "t",
        &[
            plan("modify", "shop/cart.py::Cart.sum"),
            plan("add", "shop/cart.py::Cart.total"),
            plan("modify", "shop/basket.py::Cart"),
            plan("modify", "shop/cart.py::Cart.total"),
        ],
    );
    let answers = play.answers();
    assert!(answers[0].contains("step 1: 'shop/cart.py' has no symbol 'Cart.sum'"), "{}", answers[0]);
    assert!(answers[1].contains("method 'Cart.total' already exists in 'shop/cart.py' at line 5"), "{}", answers[1]);
    assert!(answers[2].contains("'shop/basket.py' does not exist"), "{}", answers[2]);
    assert_eq!(play.session.plan().steps[0].state, StepState::Running);

    let edit = |search: &str| ("edit_file", json!({"path": "shop/cart.py", "search": search, "replace": "0"}));
    let mut play = Play::new(SHOP);
    let ended = play.task(
        "t",
        &[
            plan("modify", "shop/cart.py::Cart.total"),
            read("shop/cart.py"),
            turn(&[edit("[]")]),
            finish(),
            turn(&[edit("sum(self.rows)")]),
            finish(),
        ],
    );
    assert!(play.answers()[3].contains("promises what no edit has done yet: it"), "{}", play.answers()[3]);
    assert!(matches!(ended, Ended::Proposed(_)), "{ended:?}");
    assert_eq!(play.session.plan().steps[0].state, StepState::Done);
}

#[test]
fn what_was_written_need_not_be_read_again() {
    let edit = |search: &str, replace: &str| {
        turn(&[("edit_file", json!({"path": "a.py", "search": search, "replace": replace}))])
    };
    let mut play = Play::new("\n#- a.py\nx = 1\n");
    assert!(matches!(play.task("t", &[read("a.py"), edit("1", "2"), finish()]), Ended::Proposed(_)));
    play.source.put(ProjectPath::new("a.py").unwrap(), "x = 2\n");
    let written = ReviewOutcome::Written { files: vec!["a.py".into()], rejected: Vec::new(), edited: Vec::new() };
    assert!(play.session.update(Event::Reviewed(written)).is_empty());
    assert!(play.session.pending().is_empty() && play.session.phase() == Phase::Idle);
    let ended = play.task("t", &[edit("2", "3"), finish()]);
    assert!(matches!(&ended, Ended::Proposed(diff) if diff.contains("-x = 2\n+x = 3")), "{ended:?}");
    let told = play.session.messages().iter().filter(|m| m.role == Role::User).nth(1).unwrap();
    assert!(told.content.starts_with("The person had your proposal written: a.py."), "{}", told.content);
}

#[test]
fn a_proposal_that_is_discarded_is_dropped_and_one_sent_back_is_revised() {
    let edit = |search: &str, replace: &str| {
        turn(&[("edit_file", json!({"path": "a.py", "search": search, "replace": replace}))])
    };
    let mut play = Play::new("\n#- a.py\nx = 1\n");
    play.task("t", &[read("a.py"), edit("1", "2"), finish()]);
    let needs = play.session.update(Event::Reviewed(ReviewOutcome::Rejected { comment: "make it 3".into() }));
    let [Need::AskModel(_, request)] = needs.as_slice() else { panic!("the model goes on") };
    let last = &request.messages.last().unwrap().content;
    assert!(last.contains("make it 3") && last.contains("still pending"), "{last}");
    play.turns.extend([edit("2", "3"), finish()]);
    let ended = play.go_on(needs);
    assert!(matches!(&ended, Ended::Proposed(diff) if diff.contains("-x = 1\n+x = 3")), "{ended:?}");

    let needs = play.session.update(Event::Reviewed(ReviewOutcome::Rejected { comment: String::new() }));
    assert!(needs.is_empty() && play.session.pending().is_empty() && play.session.phase() == Phase::Idle);
    play.task("again", &[json!({"text": "I see."})]);
    let last = play.session.messages().iter().rfind(|m| m.role == Role::User).unwrap();
    assert!(last.content.starts_with("The person rejected your proposal"), "{}", last.content);
}

#[test]
fn what_stays_blocked_is_not_proposed_and_not_lost() {
    let mut play = Play::new("\n#- a.py\nx = 1\ny = x\n").told(|change_set| {
        assert!(!change_set.is_empty());
        blocking("a.py", 2, "unresolved-reference", "Name 'x' is not defined.", None)
    });
    play.session = Session::new(play.snapshot.clone(), Limits { corrections_max: 2, ..Limits::default() });
    let edit = turn(&[("edit_file", json!({"path": "a.py", "search": "x = 1\n", "replace": ""}))]);
    let ended = play.task("t", &[read("a.py"), edit, finish(), finish(), finish(), finish()]);
    assert!(play.answers()[1].contains("open: settle this"), "{}", play.answers()[1]);
    assert!(play.answers()[2].starts_with("Error: the gate blocks what is pending"), "{}", play.answers()[2]);
    assert!(matches!(&ended, Ended::Finished { summary, failed: true } if summary.contains("after 2 corrections")));
    assert!(!play.session.pending().is_empty() && play.session.is_blocked());
    assert_answered(play.session.messages());
}

#[test]
fn safe_fixes_are_applied_without_asking() {
    let mut play = Play::new("\n#- a.py\nx = 1\n").told(|change_set| {
        let text = change_set.iter().next().unwrap().1.new_text().to_owned();
        match text.find("BAD") {
            Some(at) => {
                let edits = vec![TextEdit { span: Span::new(at, at + 3), text: "2".into() }];
                let fix = Fix { title: "Replace BAD by 2".into(), safety: FixSafety::Safe, edits };
                blocking("a.py", 1, "unresolved-reference", "Name 'BAD' is not defined.", Some(fix))
            }
            None => passing(),
        }
    });
    let edit = turn(&[("edit_file", json!({"path": "a.py", "search": "1", "replace": "BAD"}))]);
    let ended = play.task("t", &[read("a.py"), edit, finish()]);
    assert!(play.answers()[1].ends_with("flux mended: Replace BAD by 2"), "{}", play.answers()[1]);
    assert!(matches!(&ended, Ended::Proposed(diff) if diff.contains("+x = 2")), "{ended:?}");
}

#[test]
fn a_task_ends_at_its_limits() {
    let mut play = Play::new(SHOP);
    play.session = Session::new(play.snapshot.clone(), Limits { turns_max: 3, ..Limits::default() });
    let look = || turn(&[("list_files", json!({}))]);
    let ended = play.task("t", &[look(), look(), look(), look()]);
    assert!(matches!(&ended, Ended::Finished { summary, failed: true } if summary.contains("limit of 3 turns")));
    assert_eq!(play.answers().len(), 3);
}

#[test]
fn of_a_flood_of_calls_the_first_are_run_and_all_are_answered() {
    let mut play = Play::new(SHOP);
    let looks: Vec<(&str, Value)> = (0..100).map(|_| ("list_files", json!({}))).collect();
    play.task("t", &[turn(&looks), finish()]);
    assert_answered(play.session.messages());
    let answers = play.answers();
    let run = answers.iter().filter(|answer| answer.starts_with("3 Python files")).count();
    let left = answers.iter().filter(|answer| answer.contains("too many calls in one turn")).count();
    assert_eq!((run, left), (64, 36));
}

#[test]
fn ids_that_are_missing_or_repeated_still_name_one_call() {
    let mut play = Play::new(SHOP);
    let call = json!({"id": "", "name": "list_files", "arguments": {}});
    let twice = json!({"tool_calls": [call, call]});
    play.task("t", &[twice.clone(), twice]);
    assert_eq!(play.answers().len(), 4);
    assert_answered(play.session.messages());
}

#[test]
fn what_a_server_would_choke_on_does_not_stay_in_the_conversation() {
    let mut play = Play::new(SHOP);
    let odd = [("read_file", json!("{\"path")), ("read file!", json!({})), ("", json!("[1]"))];
    let ended = play.task("t", &[turn(&odd), json!({"text": " "}), json!({"text": "Done."})]);
    assert_eq!(ended, Ended::Finished { summary: "Done.".into(), failed: false });
    let said: Vec<&ChatMessage> = play.session.messages().iter().filter(|m| m.role == Role::Assistant).collect();
    assert_eq!(said.len(), 2);
    let names: Vec<&str> = said[0].tool_calls.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(names, ["read_file", "unknown", "unknown"]);
    assert!(play.answers().iter().all(|answer| answer.starts_with("Error: ")));
}

#[test]
fn nothing_stands_twice_whichever_tool_writes_it() {
    let twice = "    def total(self) -> int:\n        return 1\n";
    let class = format!("class Cart:\n    rows: list[int] = []\n\n{twice}\n{twice}");
    let calls = [
        ("add_function", json!({"path": "shop/cart.py", "code": "def empty() -> int:\n    return 1\n"})),
        ("add_function", json!({"path": "shop/cart.py", "code": twice, "target_class": "Cart"})),
        ("add_class", json!({"path": "shop/cart.py", "code": "class Cart:\n    x = 1\n"})),
        (
            "edit_file",
            json!({"path": "shop/cart.py", "search": "def empty() -> Cart:",
                             "replace": format!("class Cart:\n    x = 1\n\n\ndef empty() -> Cart:")}),
        ),
        ("modify_class", json!({"path": "shop/cart.py", "name": "Cart", "code": class})),
        (
            "write_file",
            json!({"path": "shop/cart.py", "content": format!("{class}\n\ndef empty() -> Cart:\n    return Cart()\n")}),
        ),
        (
            "write_file",
            json!({"path": "shop/new.py", "content": "def a() -> int:\n    return 1\n\n\ndef a() -> int:\n    return 2\n"}),
        ),
    ];
    let mut play = Play::gated(SHOP);
    play.task("t", &[read("shop/cart.py"), turn(&calls)]);
    assert_eq!(play.answers().len(), calls.len() + 1);
    for (answer, call) in play.answers()[1..].iter().zip(calls) {
        assert!(answer.starts_with("Error: ") && answer.contains("already"), "{}: {answer}", call.0);
    }
    assert!(play.session.pending().is_empty());
}

#[test]
fn what_is_added_is_held_beside_what_is_like_it() {
    let project = "
#- shop/readers.py
class JsonReader:
    def rows(self, path):
        return [path]
#- shop/imports.py
ROWS = 3
";
    let add = || turn(&[("add_class", json!({"path": "shop/imports.py", "code": "class CsvReader:\n    size = 2\n"}))]);
    let mut play = Play::new(project);
    play.task("t", &[read("shop/imports.py"), add()]);
    let told = "like it is JsonReader in shop/readers.py at line 1, which was not read";
    assert!(play.last_answer().contains(told), "{}", play.last_answer());
    let mut play = Play::new(project);
    play.task("t", &[read("shop/imports.py"), read("shop/readers.py"), add()]);
    assert!(!play.last_answer().contains("like it"), "{}", play.last_answer());
}

#[test]
fn an_invented_method_is_refused_by_the_gate() {
    let code = "def report() -> str:\n    return str(empty().sum_up())\n";
    let mut play = Play::gated(SHOP);
    play.task(
        "t",
        &[
            read("shop/report.py"),
            turn(&[("modify_function", json!({"path": "shop/report.py", "name": "report", "code": code}))]),
        ],
    );
    assert!(play.last_answer().starts_with("Error: shop/report.py:5: ") && play.last_answer().contains("sum_up"));
    assert!(play.session.pending().is_empty());
}

#[test]
fn callers_left_behind_are_open_until_they_follow() {
    let mut play = Play::gated(SHOP);
    let with_tax = "    def total(self, tax: int) -> int:\n        return sum(self.rows) + tax\n";
    let modify =
        ("modify_function", json!({"path": "shop/cart.py", "name": "total", "target_class": "Cart", "code": with_tax}));
    let follow = ("edit_file", json!({"path": "shop/report.py", "search": ".total()", "replace": ".total(1)"}));
    let looks =
        turn(&[("read_file", json!({"path": "shop/cart.py"})), ("read_file", json!({"path": "shop/report.py"}))]);
    let steps = json!([{"title": "tax", "action": "modify", "target": "shop/cart.py::Cart.total"}]);
    let plan = turn(&[("update_plan", json!({"steps": steps}))]);
    play.task("t", &[plan, looks, turn(&[modify])]);
    // Nothing is done as long as the gate has something against it.
    assert_eq!(play.session.plan().steps[0].state, StepState::Open);
    play.turns.extend([finish(), turn(&[follow]), finish()]);
    let asked = play.asked.take().unwrap();
    let ended = play.go_on(vec![asked]);
    assert_eq!(play.session.plan().steps[0].state, StepState::Done);
    let answers = &play.answers()[1..];
    assert!(answers[2].contains("open: settle this") && answers[2].contains("shop/report.py:5"), "{}", answers[2]);
    assert!(answers[3].starts_with("Error: the gate blocks what is pending"), "{}", answers[3]);
    assert!(!answers[4].contains("open:"), "{}", answers[4]);
    assert!(matches!(ended, Ended::Proposed(_)), "{ended:?}");
}

/// The bundled sample, read from the repository.
fn sample() -> Fixture {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/sample");
    let mut fixture = Fixture::parse("");
    fixture.files.clear();
    for entry in ignore::WalkBuilder::new(&root).hidden(false).build().flatten() {
        if let (true, Some(path)) = (entry.path().is_file(), ProjectPath::below(&root, entry.path())) {
            fixture.files.insert(path, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
    fixture
}

#[test]
fn the_demo_is_refused_twice_and_then_proposes() {
    let fixture = sample();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    fixture.write(&root);
    let gate = Gate::new(&root, PythonEnvironment::default());
    let mut play = Play::with(&fixture, Judge::Real(Box::new(gate), folder), &root);
    let recording = include_str!("../../assets/demo.jsonl");
    let turns: Vec<Value> = recording.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ended = play.task("Add error handling to process_file", &turns);
    assert_answered(play.session.messages());

    let first = &play.session.messages()[1].content;
    assert!(first.contains("process_file is a function in shop/files.py at line 45"), "{first}");
    let refused: Vec<(&str, &str)> = play
        .session
        .activity()
        .iter()
        .filter_map(|entry| match entry {
            Activity::Call { name, answer, outcome: Outcome::Refused, .. } => Some((name.as_str(), answer.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(refused.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["add_class", "modify_function"]);
    assert!(refused[0].1.contains("Class 'FileError' already exists"), "{}", refused[0].1);
    assert!(refused[1].1.contains("lines") && refused[1].1.contains("Reader"), "{}", refused[1].1);
    assert!(play.session.plan().steps.iter().all(|step| step.state == StepState::Done));
    let Ended::Proposed(diff) = ended else { panic!("{ended:?}") };
    for file in ["shop/cli.py", "shop/files.py", "tests/test_files.py"] {
        assert!(diff.contains(&format!("+++ b/{file}")), "{diff}");
    }
    assert!(play.turns.is_empty(), "the recording goes on");
}

#[test]
fn the_demo_brings_every_file_of_the_sample() {
    let source = include_str!("../../src/cli/demo.rs");
    let list = source.split_once("= sample![").unwrap().1.split_once("];").unwrap().0;
    let listed: Vec<&str> =
        list.split(',').map(|path| path.trim().trim_matches('"')).filter(|p| !p.is_empty()).collect();
    let sample = sample();
    let bundled: Vec<&str> = sample.files.keys().map(ProjectPath::as_str).collect();
    assert_eq!(listed, bundled);
}

#[test]
fn tools_are_offered_with_schemas_that_hold() {
    let names: Vec<&str> = tool_schemas().iter().map(|tool| tool.name).collect();
    insta::assert_snapshot!(names.join(" "), @"read_file list_files search file_structure find_symbol read_symbol find_references add_function add_class modify_function modify_class remove_symbol rename_symbol add_import edit_file write_file move_file delete_file validate run_tests run_command update_plan ask_user finish");
    for tool in tool_schemas() {
        let properties = tool.parameters["properties"].as_object().unwrap();
        for required in tool.parameters["required"].as_array().unwrap() {
            assert!(properties.contains_key(required.as_str().unwrap()), "{}", tool.name);
        }
        assert!(!tool.description.contains('\n') && tool.description.ends_with('.'), "{}", tool.name);
    }
}

mod any_model {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    fn any_call() -> impl Strategy<Value = Value> {
        let names: Vec<&'static str> = tool_schemas().iter().map(|tool| tool.name).chain(["nonsense", ""]).collect();
        let text = prop_oneof![
            Just(json!("shop/cart.py")),
            Just(json!("shop/new.py")),
            Just(json!("..")),
            Just(json!("Cart.total")),
            Just(json!("def f():\n    return 1\n")),
            Just(json!("class Cart:\n    pass\n")),
            Just(json!("é\u{0}\"''' (")),
            Just(json!(-1)),
            Just(json!(null)),
            Just(json!([])),
            Just(json!({"a": 1})),
            Just(json!("sum")),
        ];
        let keys = [
            "path",
            "code",
            "name",
            "symbol",
            "search",
            "replace",
            "pattern",
            "query",
            "content",
            "steps",
            "source",
            "destination",
            "question",
            "summary",
            "start_line",
            "regex",
            "target_class",
            "after",
        ];
        let object = proptest::collection::hash_map(proptest::sample::select(keys.to_vec()), text, 0..6)
            .prop_map(|pairs| json!(pairs));
        let arguments = prop_oneof![8 => object, 1 => ".*".prop_map(Value::from)];
        (proptest::sample::select(names), arguments, "[ab]?")
            .prop_map(|(name, arguments, id)| json!({"id": id, "name": name, "arguments": arguments}))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]
        #[test]
        fn whatever_a_model_calls_each_call_is_answered_once(
            turns in proptest::collection::vec(proptest::collection::vec(any_call(), 0..6), 1..8),
            stop_at in proptest::option::of(0usize..30),
        ) {
            let mut play = Play::new(SHOP);
            play.stop_at = stop_at;
            let mut transcript = vec![read("shop/cart.py")];
            transcript.extend(turns.into_iter().map(|calls| json!({"tool_calls": calls})));
            play.task("t", &transcript);
            if play.session.phase() != Phase::Thinking {
                assert_answered(play.session.messages());
            }
        }
    }
}

//! Real runs of the program that are killed, and gone on with from their session's log.
//!
//! `FLUX_SESSION_KILLS=100` kills as many; without it a few.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use flux::agent::{ChatMessage, Limits, Need, Phase, Role, Saved, Session};
use flux::sys::Sessions;
use flux::text::ProjectPath;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::program::{Place, check_ending, check_holds, complaints, out};

/// Two files of values that are far enough apart to be hunks of their own.
pub fn values() -> String {
    let file = |from: usize| (from..from + VALUES / 2).map(|at| format!("v{at} = 0\n\n\n\n")).collect::<String>();
    format!("#- a.py\n{}#- b.py\n{}", file(0), file(VALUES / 2))
}

pub const VALUES: usize = 10;

fn file_of(at: usize) -> &'static str {
    if at < VALUES / 2 { "a.py" } else { "b.py" }
}

/// A model on loopback that reads both files, makes value after value what it should be, each once it sees that the one
/// before was done, and finishes.
pub struct ValuesModel {
    pub base_url: String,
    /// The conversation as it came with each question.
    pub asked: Receiver<Vec<ChatMessage>>,
}

impl ValuesModel {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}/v1/", listener.local_addr().unwrap());
        let (tell, asked) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let tell = tell.clone();
                // Who is killed lets go in the middle.
                std::thread::spawn(move || drop(answer(stream.unwrap(), &tell)));
            }
        });
        Self { base_url, asked }
    }

    pub fn variables(&self) -> [(&str, &str); 3] {
        [("OPENAI_BASE_URL", &self.base_url), ("OPENAI_API_KEY", "sk"), ("FLUX_MODEL", "tiny")]
    }
}

fn answer(mut stream: TcpStream, tell: &Sender<Vec<ChatMessage>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    let messages = messages_of(&body);
    let calls = next_calls(&messages);
    let _ = tell.send(messages);
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")?;
    let mut say = |delta: Value, finish: Value| {
        let chunk = json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
        stream.write_all(format!("data: {chunk}\n\n").as_bytes())?;
        stream.flush()
    };
    for word in ["The ", "next ", "value", "."] {
        say(json!({"content": word}), Value::Null)?;
    }
    let calls: Vec<Value> = calls
        .iter()
        .enumerate()
        .map(|(at, (name, arguments))| {
            json!({"index": at, "id": format!("c{at}"), "function": {"name": name, "arguments": arguments.to_string()}})
        })
        .collect();
    say(json!({"tool_calls": calls}), Value::Null)?;
    say(json!({}), json!("tool_calls"))?;
    stream.write_all(b"data: [DONE]\n\n")
}

fn messages_of(body: &Value) -> Vec<ChatMessage> {
    let message = |message: &Value| {
        let text = |key: &str| message[key].as_str().unwrap_or_default().to_owned();
        let calls = message["tool_calls"].as_array().cloned().unwrap_or_default();
        let call = |call: &Value| flux::agent::ToolCall {
            id: call["id"].as_str().unwrap().to_owned(),
            name: call["function"]["name"].as_str().unwrap().to_owned(),
            arguments: call["function"]["arguments"].as_str().unwrap().to_owned(),
        };
        ChatMessage {
            role: serde_json::from_value(message["role"].clone()).unwrap(),
            content: text("content"),
            tool_calls: calls.iter().map(call).collect(),
            tool_call_id: message["tool_call_id"].as_str().map(str::to_owned),
        }
    };
    body["messages"].as_array().into_iter().flatten().map(message).collect()
}

/// The calls that were answered without an error.
fn done(messages: &[ChatMessage]) -> BTreeSet<String> {
    let is_done = |id: &str| {
        let mut answers = messages.iter().filter(|message| message.tool_call_id.as_deref() == Some(id));
        answers.next().is_some_and(|answer| !answer.content.starts_with("Error: "))
    };
    let calls = messages.iter().flat_map(|message| &message.tool_calls);
    calls.filter(|call| is_done(&call.id)).map(|call| format!("{} {}", call.name, call.arguments)).collect()
}

fn next_calls(messages: &[ChatMessage]) -> Vec<(&'static str, Value)> {
    let done = done(messages);
    let edit = |at: usize| {
        let arguments =
            json!({"path": file_of(at), "search": format!("v{at} = 0"), "replace": format!("v{at} = {}", at + 1)});
        ("edit_file", arguments)
    };
    let reads = ["a.py", "b.py"].map(|path| ("read_file", json!({"path": path})));
    let is_left = |(name, arguments): &(&str, Value)| !done.contains(&format!("{name} {arguments}"));
    let reads: Vec<_> = reads.into_iter().filter(is_left).collect();
    if !reads.is_empty() {
        return reads;
    }
    let edits: Vec<_> = (0..VALUES).map(edit).filter(is_left).take(2).collect();
    if edits.is_empty() { vec![("finish", json!({"summary": "every value is set"}))] } else { edits }
}

/// The session that a killed process left behind.
pub fn left_behind(place: &Path) -> Saved {
    let root = place.join("project").canonicalize().unwrap();
    let sessions = Sessions::in_state(&root, &place.join("state/flux"));
    let (_, saved) = sessions.open(None).unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!((saved.fault_count(), saved.lost_files().len()), (0, 0));
    saved
}

pub fn kill_count() -> u64 {
    std::env::var("FLUX_SESSION_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(4)
}

/// A headless run.
struct Victim {
    child: Child,
    begun: Instant,
}

impl Victim {
    /// Starts it, and returns when its model is asked for the first time.
    fn start(place: &Place, model: &ValuesModel) -> (Self, Vec<Vec<ChatMessage>>) {
        let mut command = place.command(&["run", "--task", "set the values", "--format", "jsonl"]);
        command.envs(model.variables()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let asked = vec![model.asked.recv_timeout(Duration::from_secs(180)).unwrap()];
        (Self { child, begun: Instant::now() }, asked)
    }

    /// What it told before its end.
    fn told(mut self, kill_after: Option<Duration>) -> (Vec<Value>, Duration) {
        if let Some(after) = kill_after {
            while self.begun.elapsed() < after {
                std::hint::spin_loop();
            }
            self.child.kill().unwrap();
        }
        let output = self.child.wait_with_output().unwrap();
        let took = self.begun.elapsed();
        let lines = String::from_utf8(output.stdout).unwrap();
        let whole = lines.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        (whole.map(|line| serde_json::from_str(line).unwrap()).collect(), took)
    }
}

/// What has to be true of what a killed run left behind.
fn check_left_behind(place: &Place, told: &[Value], asked: &[Vec<ChatMessage>]) -> Session {
    let saved = left_behind(place.folder());
    let snapshot = crate::fixture::Fixture::parse(&values()).snapshot(&place.root());
    let (session, needs) = Session::resumed(&saved, snapshot, Limits::default());
    let messages = session.messages();
    crate::agent::assert_answered(messages);
    // What the model was asked is what was said, to the last word.
    for asked in asked {
        assert_eq!(messages[..asked.len()], asked[..]);
    }
    let count = |event: &str| told.iter().filter(|told| told["event"] == event && told["ok"] != false).count();
    let answers =
        messages.iter().filter(|message| message.role == Role::Tool && !message.content.starts_with("Error: "));
    assert!(answers.count() >= count("tool"), "an answer that was told is gone");
    // Every edit that was told, and up to one more, and nothing else: the edits come in order.
    let edits = done(messages).iter().filter(|call| call.starts_with("edit_file")).count();
    for (at, path) in ["a.py", "b.py"].into_iter().enumerate() {
        let first = at * VALUES / 2;
        let new = |at: usize| if at < edits { at + 1 } else { 0 };
        let text: String = (first..first + VALUES / 2).map(|at| format!("v{at} = {}\n\n\n\n", new(at))).collect();
        let pending = session.pending().get(&ProjectPath::new(path).unwrap()).map(|change| change.new_text());
        assert_eq!(pending, (edits > first).then_some(&*text), "{edits}");
    }
    let is_proposed = count("proposal") > 0;
    assert!(!is_proposed || saved.review().is_none(), "nobody decided");
    match needs.first() {
        Some(Need::Check(..)) => assert!(edits > 0),
        _ => assert_eq!((edits, session.phase()), (0, Phase::Idle)),
    }
    session
}

#[test]
fn killed_at_any_instant_a_run_goes_on() {
    let model = ValuesModel::start();
    let place = Place::new(&values());
    let (victim, _) = Victim::start(&place, &model);
    let (told, whole) = victim.told(None);
    assert_eq!(told.last().unwrap()["outcome"], "proposed", "{told:?}");
    model.asked.try_iter().count();
    let mut dice = Dice::new(7);
    let mut stages = [0; 3];
    for round in 0..kill_count() {
        let place = Place::new(&values());
        let (victim, mut asked) = Victim::start(&place, &model);
        let after = whole.mul_f64(dice.roll(1_000) as f64 / 1_000.0);
        let (told, _) = victim.told(Some(after));
        asked.extend(model.asked.try_iter());
        let session = check_left_behind(&place, &told, &asked);
        let stage = match session.pending().is_empty() {
            true => 0,
            false if told.iter().any(|told| told["event"] == "proposal") => 2,
            false => 1,
        };
        stages[stage] += 1;
        let output =
            place.command(&["run", "--continue", "--format", "jsonl"]).envs(model.variables()).output().unwrap();
        if session.is_interrupted() || out(&output).contains("\"proposal\"") {
            check_ending(&output, 0);
            check_holds(&out(&output), &["+v0 = 1", "+v9 = 10", "\"outcome\":\"proposed\""]);
        } else {
            panic!("round {round}: {}\n{}", out(&output), complaints(&output));
        }
        asked.extend(model.asked.try_iter());
        // Still one conversation, told as one.
        let (_, saved) = (0, left_behind(place.folder()));
        assert!(saved.title().starts_with("Go on.") || saved.title() == "set the values", "{}", saved.title());
        let listed = out(&place.flux(&["sessions", "--format", "json"]));
        let listed: Value = serde_json::from_str(&listed).unwrap();
        assert_eq!((listed.as_array().unwrap().len(), &listed[0]["state"]), (1, &json!("proposal waits")));
    }
    eprintln!(
        "killed {}: before an edit {}, between edits {}, proposed {}",
        kill_count(),
        stages[0],
        stages[1],
        stages[2]
    );
}

#[test]
fn a_session_is_gone_on_with_once() {
    let model = ValuesModel::start();
    let place = Place::new(&values());
    let nothing = place.flux(&["run", "--continue"]);
    check_ending(&nothing, 2);
    check_holds(&complaints(&nothing), &["no session of this project is kept"]);
    let output = place.command(&["run", "--task", "set the values"]).envs(model.variables()).output().unwrap();
    check_ending(&output, 0);
    // What is proposed may be written, or sent back with words.
    let said = ["run", "--continue", "--task", "say why"];
    let output = place.command(&said).envs(model.variables()).output().unwrap();
    check_ending(&output, 0);
    let asked: Vec<_> = model.asked.try_iter().collect();
    let last = asked.last().unwrap();
    assert!(
        last.iter().any(|message| message.content.contains("wants it changed") && message.content.contains("say why"))
    );
    let output = place.command(&["run", "--continue", "--accept", "passing"]).envs(model.variables()).output().unwrap();
    check_ending(&output, 0);
    let written = std::fs::read_to_string(place.root().join("b.py")).unwrap();
    assert!(written.contains("v9 = 10"), "{written}");
    let over = place.command(&["run", "--continue"]).envs(model.variables()).output().unwrap();
    check_ending(&over, 1);
    check_holds(&out(&over), &["has no task under way"]);
    let sessions = Sessions::in_state(&place.root().canonicalize().unwrap(), &place.folder().join("state/flux"));
    let open = sessions.open(None).unwrap();
    let busy = place.flux(&["run", "--continue"]);
    check_ending(&busy, 2);
    check_holds(&complaints(&busy), &["is open in another flux"]);
    drop(open);
    let id = sessions.list()[0].id.clone();
    check_ending(&place.flux(&["sessions", "--delete", &id]), 0);
    check_holds(&out(&place.flux(&["sessions"])), &["no session of this project is kept yet"]);
}

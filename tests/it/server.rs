//! A real chat-completions server on loopback that does what its script says.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::fixture::Fixture;

/// Longer than any of this can take; only a test that fails waits for it.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// What the server does with one request.
pub enum Reply {
    /// Writes this and closes.
    Bytes(String),
    /// Writes this one byte a packet and closes.
    Slowly(String),
    /// Writes this, says so, and holds the connection until the client lets go.
    Hold(String),
    /// Writes this again and again until the client lets go.
    Repeat(String, String),
    /// Does something, then replies.
    First(Box<dyn FnOnce() + Send>, Box<Reply>),
}

/// One request as it came.
pub struct Asked {
    pub head: String,
    pub body: Value,
    /// The project as it was on disk when the request came, where the server was told to look.
    pub tree: Tree,
}

pub struct Server {
    pub base_url: String,
    pub asked: Receiver<Asked>,
    /// A message for each held connection that the client has closed.
    pub let_go: Receiver<()>,
}

impl Server {
    pub fn start(replies: Vec<Reply>) -> Self {
        Self::start_beside(None, replies)
    }

    /// With a look at the project in `root` at each request.
    pub fn start_beside(root: Option<PathBuf>, replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}/v1/", listener.local_addr().unwrap());
        let (asked_in, asked) = channel();
        let (let_go_in, let_go) = channel();
        std::thread::spawn(move || {
            for reply in replies {
                let (stream, _) = listener.accept().unwrap();
                serve(stream, reply, root.as_deref(), &asked_in, &let_go_in);
            }
        });
        Self { base_url, asked, let_go }
    }
}

fn serve(stream: TcpStream, reply: Reply, root: Option<&Path>, asked: &Sender<Asked>, let_go: &Sender<()>) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let Ok((head, body)) = request(&mut reader) else {
        // A client that waits for a moment only may be gone before its request is read.
        let _ = let_go.send(());
        return;
    };
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let _ = asked.send(Asked { head, body, tree: root.map(tree).unwrap_or_default() });
    match reply {
        Reply::First(act, reply) => {
            act();
            reply_with(stream, reader, *reply, let_go);
        }
        reply => reply_with(stream, reader, reply, let_go),
    }
}

/// The head and the body of a request.
fn request(reader: &mut BufReader<TcpStream>) -> std::io::Result<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok((head, body))
}

fn reply_with(mut stream: TcpStream, mut reader: BufReader<TcpStream>, reply: Reply, let_go: &Sender<()>) {
    match reply {
        Reply::First(..) => unreachable!("one thing is done first"),
        Reply::Bytes(text) => {
            // A client that has seen enough may be gone.
            let _ = stream.write_all(text.as_bytes());
        }
        Reply::Slowly(text) => text.as_bytes().chunks(1).for_each(|byte| stream.write_all(byte).unwrap()),
        Reply::Hold(text) => {
            if stream.write_all(text.as_bytes()).is_ok() {
                let _ = reader.read(&mut [0]);
            }
            let _ = let_go.send(());
        }
        Reply::Repeat(text, again) => {
            let _ = stream.write_all(text.as_bytes());
            while stream.write_all(again.as_bytes()).is_ok() {}
            let _ = let_go.send(());
        }
    }
}

pub const STREAM: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n";

/// An event stream of these chunks, ended with `[DONE]`.
pub fn stream(chunks: &[Value]) -> String {
    format!("{STREAM}{}data: [DONE]\n\n", events(chunks))
}

pub fn events(chunks: &[Value]) -> String {
    chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect()
}

pub fn response(status: &str, headers: &str, content_type: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Bytes(format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n{body}"
    ))
}

pub fn text(text: &str) -> Value {
    json!({ "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] })
}

pub fn call(delta: Value) -> Value {
    json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [delta] } }] })
}

pub fn finish(reason: &str) -> Value {
    json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })
}

pub fn usage() -> Value {
    json!({ "choices": [], "usage": { "prompt_tokens": 1000, "completion_tokens": 50 } })
}

/// A turn with one call, streamed in pieces.
pub fn calling(id: &str, content: &str, name: &str, arguments: &Value) -> Reply {
    let arguments = arguments.to_string();
    let (first, second) = arguments.split_at(arguments.len() / 2);
    Reply::Bytes(stream(&[
        text(content),
        call(json!({ "index": 0, "id": id, "function": { "name": name, "arguments": first } })),
        call(json!({ "index": 0, "function": { "arguments": second } })),
        finish("tool_calls"),
        usage(),
    ]))
}

/// Runs the built program on the project in `folder`, with a home of its own there.
pub fn flux(folder: &Path, base_url: &str, arguments: &[&str]) -> std::process::Output {
    flux_command(folder, base_url, arguments).output().unwrap()
}

pub fn flux_command(folder: &Path, base_url: &str, arguments: &[&str]) -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_flux"));
    command
        .args(arguments)
        .arg("--root")
        .arg(folder.join("project"))
        .env("OPENAI_BASE_URL", base_url)
        .env("OPENAI_API_KEY", "mock")
        .env("FLUX_MODEL", "tiny")
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .env("XDG_STATE_HOME", folder.join("state"))
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped());
    command
}

/// What stands in a folder: each file with its bytes, each link with its target.
pub type Tree = BTreeMap<String, Vec<u8>>;

pub fn tree(root: &Path) -> Tree {
    let (mut found, mut folders) = (Tree::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (place, kind) = (entry.path(), entry.file_type().unwrap());
            let name = place.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            if kind.is_dir() {
                folders.push(place);
            } else if kind.is_symlink() {
                found.insert(name, std::fs::read_link(&place).unwrap().to_string_lossy().into_owned().into_bytes());
            } else {
                found.insert(name, std::fs::read(&place).unwrap());
            }
        }
    }
    found
}

/// A project of its own, on which the built program works for a scripted server.
pub struct Trial {
    pub folder: tempfile::TempDir,
}

/// What came of one run of the program.
pub struct Played {
    pub exit: Option<i32>,
    /// The lines of `--format jsonl`.
    pub trace: Vec<Value>,
    pub stderr: String,
    pub asked: Vec<Asked>,
    pub before: Tree,
    pub after: Tree,
}

impl Trial {
    pub fn new(project: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Fixture::parse(project).write(&folder.path().join("project"));
        Self { folder }
    }

    pub fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// Sets the person's own configuration.
    pub fn configured(self, config: &str) -> Self {
        let folder = self.folder.path().join("config/flux");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.toml"), config).unwrap();
        self
    }

    /// Runs one task whose outcome is written as soon as it passes.
    pub fn play(&self, replies: Vec<Reply>) -> Played {
        let server = Server::start_beside(Some(self.project()), replies);
        let before = tree(&self.project());
        let task = ["run", "--task", "Let total skip what is negative", "--accept", "passing", "--format", "jsonl"];
        let mut command = flux_command(self.folder.path(), &server.base_url, &task);
        let output = command.stderr(std::process::Stdio::piped()).output().unwrap();
        let lines = String::from_utf8_lossy(&output.stdout).into_owned();
        Played {
            exit: output.status.code(),
            trace: lines.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            asked: server.asked.try_iter().collect(),
            before,
            after: tree(&self.project()),
        }
    }
}

impl Played {
    /// `done`'s outcome and summary.
    #[track_caller]
    pub fn done(&self) -> (&str, &str) {
        let done = self.trace.last().unwrap_or_else(|| panic!("no line was told: {}", self.stderr));
        assert_eq!(done["event"], "done", "{done}");
        (done["outcome"].as_str().unwrap(), done["summary"].as_str().unwrap())
    }

    /// What was called and answered, for whoever reads why a test failed.
    pub fn told(&self) -> String {
        let line = |line: &Value| match line["event"].as_str() {
            Some("tool") => format!("{} → {}\n", line["name"], line["message"].as_str().unwrap()),
            Some("report") => String::new(),
            _ => format!("{line}\n"),
        };
        self.trace.iter().map(line).collect::<String>() + &self.stderr
    }

    /// The answers to the calls, as the last request held them.
    pub fn answers(&self) -> Vec<&str> {
        let messages = self.asked.last().and_then(|asked| asked.body["messages"].as_array());
        let answers = messages.into_iter().flatten().filter(|message| message["role"] == "tool");
        answers.map(|message| message["content"].as_str().unwrap()).collect()
    }

    /// While the model was asked, nothing changed on disk; and every call had exactly one answer, right behind its turn.
    #[track_caller]
    pub fn check_kept(&self) {
        for asked in &self.asked {
            assert!(asked.tree == self.before, "something was written while the model was asked");
            check_answered(asked.body["messages"].as_array().expect("messages"));
        }
    }
}

#[track_caller]
pub fn check_answered(messages: &[Value]) {
    let mut open: Vec<&str> = Vec::new();
    for message in messages {
        if message["role"] == "tool" {
            let id = message["tool_call_id"].as_str().expect("an answer names its call");
            let at = open.iter().position(|call| *call == id).expect("an answer without a call");
            open.remove(at);
            continue;
        }
        assert!(open.is_empty(), "not answered: {open:?}");
        let calls = message["tool_calls"].as_array().into_iter().flatten();
        open.extend(calls.map(|call| call["id"].as_str().expect("a call has an id")));
    }
    assert!(open.is_empty(), "not answered: {open:?}");
}

/// A turn with these calls, their arguments as they are to travel.
pub fn calls(content: &str, calls: &[(&str, String)]) -> Reply {
    let mut chunks = vec![text(content)];
    for (at, (name, arguments)) in calls.iter().enumerate() {
        let function = json!({ "name": name, "arguments": arguments });
        chunks.push(call(json!({ "index": at, "id": format!("c{at}"), "function": function })));
    }
    Reply::Bytes(stream(&[chunks, vec![finish("tool_calls"), usage()]].concat()))
}

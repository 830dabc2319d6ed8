//! The model's wire against a real chat-completions server on loopback that does what its script says, with every
//! fault a network has.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use flux::agent::{ChatMessage, Event, ModelEvent, ModelRequest, Need, Role, ToolSchema};
use flux::app::{Cmd, Msg};
use flux::sys::{Config, ModelChoice, Outside};
use serde_json::{Value, json};

use crate::server::{
    PATIENCE, Reply, STREAM, Server, call, calling, events, finish, flux, flux_command, response, stream, text, usage,
};

fn short_answer() -> String {
    stream(&[text("Done."), finish("stop"), usage()])
}

fn config(base_url: &str) -> Config {
    let mut config = Config::default();
    config.model.base_url = Some(base_url.to_owned());
    config.model.api_key = Some("sk-test\n".to_owned().into());
    config.model.name = Some("tiny".to_owned());
    config.model.retry_wait = Duration::from_millis(1);
    config
}

fn request() -> ModelRequest {
    let message = ChatMessage {
        role: Role::User,
        content: "Add error handling to process_file".to_owned(),
        tool_calls: Vec::new(),
        tool_call_id: None,
    };
    let tool = ToolSchema { name: "read_file", description: "Reads a file", parameters: json!({ "type": "object" }) };
    ModelRequest { messages: vec![message], tools: vec![tool] }
}

/// A turn under way.
struct Turn {
    outside: Outside,
    msgs: Receiver<Msg>,
    _root: tempfile::TempDir,
}

impl Turn {
    const ID: u64 = 7;

    fn begin(config: &Config) -> Self {
        let root = tempfile::tempdir().unwrap();
        let (msgs_in, msgs) = channel();
        let outside = Outside::start_with(root.path().to_path_buf(), ModelChoice::Configured, config, msgs_in).unwrap();
        outside.run(Cmd::Need(Need::AskModel(Self::ID, request())));
        Self { outside, msgs, _root: root }
    }

    fn next(&self) -> ModelEvent {
        loop {
            if let Msg::Agent(Event::Model(id, event)) = self.msgs.recv_timeout(PATIENCE).expect("an event") {
                assert_eq!(id, Self::ID);
                return event;
            }
        }
    }

    /// The events up to the last one; nothing may come after it.
    fn all(self) -> Vec<ModelEvent> {
        let mut events = Vec::new();
        while !matches!(
            events.last(),
            Some(ModelEvent::Finished { .. } | ModelEvent::TooLong { .. } | ModelEvent::Failed { .. })
        ) {
            events.push(self.next());
        }
        self.says_nothing_more();
        events
    }

    fn says_nothing_more(self) {
        self.outside.close();
        let more = self.msgs.try_iter().find(|msg| matches!(msg, Msg::Agent(Event::Model(..))));
        assert!(more.is_none(), "something came after the end");
    }
}

fn ask(server: &Server) -> Vec<ModelEvent> {
    Turn::begin(&config(&server.base_url)).all()
}

/// The sentence with which a turn failed.
fn why(events: &[ModelEvent]) -> &str {
    match events.last() {
        Some(ModelEvent::Failed { why }) => why,
        other => panic!("not failed but {other:?}"),
    }
}

/// Text and calls of a turn that finished.
fn answer(events: &[ModelEvent]) -> (&str, Vec<(&str, &str, &str)>) {
    match events.last() {
        Some(ModelEvent::Finished { text, tool_calls, .. }) => {
            (text, tool_calls.iter().map(|call| (&*call.id, &*call.name, &*call.arguments)).collect())
        }
        other => panic!("not finished but {other:?}"),
    }
}

/// The further tries that were told: number, wait and reason.
fn retries(events: &[ModelEvent]) -> Vec<(u32, u64, &str)> {
    let retry = |event| match event {
        &ModelEvent::Retrying { ref why, wait_ms, attempt } => Some((attempt, wait_ms, why.as_str())),
        _ => None,
    };
    events.iter().filter_map(retry).collect()
}

#[test]
fn text_and_split_calls_are_streamed() {
    let server = Server::start(vec![Reply::Bytes(stream(&[
        json!({ "choices": [{ "delta": { "role": "assistant", "content": "" } }] }),
        json!({ "choices": [{ "delta": { "reasoning_content": "Which file?" } }] }),
        text("I read "),
        text("it first."),
        call(
            json!({ "index": 0, "id": "a", "type": "function", "function": { "name": "read_file", "arguments": "" } }),
        ),
        call(json!({ "index": 0, "function": { "arguments": "{\"path\":" } })),
        call(json!({ "index": 0, "function": { "arguments": " \"a.py\"}" } })),
        call(json!({ "index": 1, "id": "b", "function": { "name": "search", "arguments": "{\"pattern\":\"x\"}" } })),
        finish("tool_calls"),
        usage(),
    ]))]);
    let mut config = config(&server.base_url);
    config.model.prompt_price = Some(2.0);
    config.model.completion_price = Some(10.0);
    let events = Turn::begin(&config).all();
    assert_eq!(
        events[..5],
        [
            ModelEvent::Reasoning("Which file?".into()),
            ModelEvent::Text("I read ".into()),
            ModelEvent::Text("it first.".into()),
            ModelEvent::CallStarted { name: "read_file".into() },
            ModelEvent::CallStarted { name: "search".into() },
        ]
    );
    let calls = vec![("a", "read_file", "{\"path\": \"a.py\"}"), ("b", "search", "{\"pattern\":\"x\"}")];
    assert_eq!(answer(&events), ("I read it first.", calls));
    let Some(ModelEvent::Finished { usage, .. }) = events.last() else { unreachable!() };
    assert_eq!((usage.prompt_tokens, usage.completion_tokens, usage.estimated), (1000, 50, false));
    assert_eq!(usage.cost, Some(0.0025));

    let asked = server.asked.recv().unwrap();
    assert!(asked.head.starts_with("POST /v1/chat/completions "), "{}", asked.head);
    assert!(asked.head.contains("authorization: Bearer sk-test\r\n"), "{}", asked.head);
    assert_eq!((&asked.body["model"], &asked.body["stream"]), (&json!("tiny"), &json!(true)));
    assert_eq!(asked.body["stream_options"]["include_usage"], true);
    assert_eq!(asked.body["tools"][0]["function"]["name"], "read_file");
}

#[test]
fn too_many_requests_are_waited_for_and_told() {
    let busy = r#"{"error": {"message": "slow down"}}"#;
    let server = Server::start(vec![
        response("429 Too Many Requests", "Retry-After: 0\r\n", "application/json", busy),
        response("429 Too Many Requests", "", "text/plain", "busy"),
        Reply::Bytes(short_answer()),
    ]);
    let events = ask(&server);
    assert_eq!(retries(&events), [(2, 0, "status 429: slow down"), (3, 2, "status 429: busy")]);
    assert_eq!(answer(&events).0, "Done.");
}

#[test]
fn no_wait_is_longer_than_a_minute_and_a_turn_that_waits_can_be_ended() {
    let server = Server::start(vec![response("429 Too Many Requests", "Retry-After: 3600\r\n", "text/plain", "later")]);
    let turn = Turn::begin(&config(&server.base_url));
    assert_eq!(turn.next(), ModelEvent::Retrying { why: "status 429: later".into(), wait_ms: 60_000, attempt: 2 });
    turn.outside.run(Cmd::Need(Need::Cancel(Turn::ID)));
    turn.says_nothing_more();
}

#[test]
fn a_server_in_trouble_is_asked_four_times() {
    let trouble = || response("500 Internal Server Error", "", "text/html", "<h1>Out of memory</h1>");
    let server = Server::start(vec![trouble(), trouble(), trouble(), trouble()]);
    let events = ask(&server);
    assert_eq!(retries(&events).iter().map(|retry| retry.0).collect::<Vec<_>>(), [2, 3, 4]);
    let why = why(&events);
    assert!(why.contains("status 500 at try 4: <h1>Out of memory</h1>"), "{why}");
}

#[test]
fn a_spent_quota_and_a_wrong_key_are_not_asked_again() {
    let quota = r#"{"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}"#;
    let server = Server::start(vec![response("429 Too Many Requests", "", "application/json", quota)]);
    let events = ask(&server);
    assert_eq!(retries(&events), []);
    assert!(why(&events).contains("You exceeded your current quota"), "{events:?}");

    let server =
        Server::start(vec![response("401 Unauthorized", "", "application/json", r#"{"detail": "no such key"}"#)]);
    let events = ask(&server);
    assert_eq!(retries(&events), []);
    let why = why(&events);
    assert!(
        why.contains("no such key") && why.contains("set OPENAI_API_KEY") && why.contains(&server.base_url[..20]),
        "{why}"
    );
}

#[test]
fn a_key_that_a_server_repeats_is_not_told() {
    let echo = |status| response(status, "", "application/json", r#"{"detail": "bad key sk-0123456789"}"#);
    let server = Server::start(vec![echo("500 Internal Server Error"), echo("401 Unauthorized")]);
    let mut config = config(&server.base_url);
    config.model.api_key = Some("sk-0123456789".to_owned().into());
    let events = Turn::begin(&config).all();
    assert!(why(&events).contains("bad key [the key]"), "{events:?}");
    assert!(!format!("{events:?}").contains("sk-0123456789"), "{events:?}");
}

#[test]
fn a_call_that_was_cut_off_is_asked_for_again_and_never_made() {
    let cut = || {
        let begun = [
            text("Now"),
            call(
                json!({ "index": 0, "id": "a", "function": { "name": "write_file", "arguments": "{\"path\": \"a.py\"" } }),
            ),
        ];
        Reply::Bytes(format!("{STREAM}{}", events(&begun)))
    };
    let server = Server::start(vec![cut(), Reply::Bytes(short_answer())]);
    let events = ask(&server);
    assert_eq!(retries(&events).len(), 1);
    assert_eq!(answer(&events), ("Done.", Vec::new()));

    let server = Server::start(vec![cut(), cut()]);
    let events = ask(&server);
    assert!(why(&events).contains("was cut off twice"), "{events:?}");
}

#[test]
fn a_fault_in_the_middle_of_a_stream_is_asked_again_once() {
    let overloaded = || Reply::Bytes(stream(&[text("Well"), json!({ "error": { "message": "overloaded" } })]));
    let events = ask(&Server::start(vec![overloaded(), overloaded()]));
    assert_eq!(retries(&events).len(), 1);
    assert!(why(&events).contains("overloaded"), "{events:?}");
}

#[test]
fn garbage_between_chunks_is_skipped_but_a_lost_piece_of_a_call_is_not() {
    let garbage = format!(
        "{STREAM}{}data: {{nonsense\n\ndata:\n\n{}data: [DONE]\n\n",
        events(&[text("a")]),
        events(&[text("b"), finish("stop")])
    );
    assert_eq!(answer(&ask(&Server::start(vec![Reply::Bytes(garbage)]))).0, "ab");

    let lost = format!(
        "{STREAM}data: {{\"choices\": [{{\"delta\": {{\"tool_calls\": [{{\n\n{}data: [DONE]\n\n",
        events(&[finish("stop")])
    );
    let events = ask(&Server::start(vec![Reply::Bytes(lost), Reply::Bytes(short_answer())]));
    assert_eq!((retries(&events).len(), answer(&events).0), (1, "Done."));
}

#[test]
fn silence_ends_a_turn() {
    let silences = [
        Reply::Hold(String::new()),
        Reply::Hold(STREAM.to_owned()),
        Reply::Hold(format!("{STREAM}{}", events(&[text("I think")]))),
        Reply::Hold(format!("{}Content-Length: 9\r\n\r\n{{", &STREAM[..17])),
        // Comments that keep the connection open are no data.
        Reply::Repeat(STREAM.to_owned(), ": keep-alive\n\n".to_owned()),
    ];
    for silence in silences {
        let server = Server::start(vec![silence]);
        let mut config = config(&server.base_url);
        config.model.silence_timeout = Duration::from_millis(60);
        let events = Turn::begin(&config).all();
        let why = why(&events);
        assert!(why.contains("said nothing for 0.06 s") && why.contains("silence_timeout_s"), "{why}");
        server.let_go.recv_timeout(PATIENCE).expect("the connection is closed");
    }
}

#[test]
fn a_finished_answer_does_not_wait_for_a_server_that_forgets_to_close() {
    let held = format!("{STREAM}{}", events(&[text("Done."), finish("stop"), usage()]));
    assert_eq!(answer(&ask(&Server::start(vec![Reply::Hold(held)]))).0, "Done.");
}

#[test]
fn what_is_no_chat_completion_is_said() {
    let page = response("200 OK", "", "text/html", "<html><title>Welcome to nginx!</title></html>");
    let events = ask(&Server::start(vec![page]));
    assert!(why(&events).contains("text/html") && why(&events).contains("OPENAI_BASE_URL"), "{events:?}");

    let fault = response("200 OK", "", "application/json", r#"{"error": {"message": "model is loading"}}"#);
    assert!(why(&ask(&Server::start(vec![fault]))).contains("model is loading"));

    let garbled = || response("200 OK", "", "application/json", "{choices: <<<");
    let events = ask(&Server::start(vec![garbled(), Reply::Bytes(short_answer())]));
    assert_eq!((retries(&events).len(), answer(&events).0), (1, "Done."));
    assert!(why(&ask(&Server::start(vec![garbled(), garbled()]))).contains("not readable"));

    let moved = response("301 Moved Permanently", "Location: https://example.com/v1\r\n", "text/plain", "");
    assert!(why(&ask(&Server::start(vec![moved]))).contains("points to https://example.com/v1"));

    let missing = response("404 Not Found", "", "text/plain", "404 page not found");
    assert!(why(&ask(&Server::start(vec![missing]))).contains("FLUX_MODEL"));
}

#[test]
fn an_answer_in_one_piece_is_taken() {
    let whole = json!({ "choices": [{
        "message": { "content": "Hi.", "tool_calls": [{ "id": "a", "function": { "name": "f", "arguments": { "x": 1 } } }] },
        "finish_reason": "stop",
    }] });
    let events = ask(&Server::start(vec![response("200 OK", "", "application/json", &whole.to_string())]));
    assert_eq!(answer(&events), ("Hi.", vec![("a", "f", "{\"x\":1}")]));

    let mislabelled = stream(&[text("Hi."), finish("stop")]).replace("text/event-stream", "text/plain");
    assert_eq!(answer(&ask(&Server::start(vec![Reply::Bytes(mislabelled)]))).0, "Hi.");
}

#[test]
fn slow_bytes_come_together_and_tokens_are_estimated_where_none_are_counted() {
    let server = Server::start(vec![Reply::Slowly(stream(&[text("Grüße, "), text("世界"), finish("stop")]))]);
    let events = ask(&server);
    assert_eq!(answer(&events).0, "Grüße, 世界");
    let Some(ModelEvent::Finished { usage, .. }) = events.last() else { unreachable!() };
    assert!(usage.estimated && usage.completion_tokens == 3 && usage.prompt_tokens >= 9, "{usage:?}");
}

#[test]
fn thoughts_in_the_text_are_told_apart() {
    let pieces = ["<thi", "nk>Which", " file?</th", "ink>\n\n", "This one."].map(text);
    let events = ask(&Server::start(vec![Reply::Bytes(stream(&[&pieces[..], &[finish("stop"), usage()]].concat()))]));
    assert_eq!(answer(&events).0, "This one.");
    let thought: String = events
        .iter()
        .filter_map(|event| match event {
            ModelEvent::Reasoning(piece) => Some(piece.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(thought, "Which file?");
}

#[test]
fn a_server_that_refuses_to_count_is_asked_without() {
    let refusal = response("400 Bad Request", "", "application/json", r#"{"error": "unknown field stream_options"}"#);
    let server = Server::start(vec![refusal, Reply::Bytes(short_answer())]);
    assert_eq!(answer(&ask(&server)).0, "Done.");
    assert!(server.asked.recv().unwrap().body.get("stream_options").is_some());
    assert!(server.asked.recv().unwrap().body.get("stream_options").is_none());
}

#[test]
fn a_server_that_is_not_there_is_named_with_the_way_out() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let events = Turn::begin(&config(&base_url)).all();
    assert_eq!(retries(&events).len(), 3);
    let why = why(&events);
    assert!(why.contains(&base_url) && why.contains("refused") && why.contains("set OPENAI_BASE_URL"), "{why}");
}

#[test]
fn wrong_settings_are_said_and_nothing_panics() {
    let mut broken_key = config("http://127.0.0.1:9/v1");
    broken_key.model.api_key = Some("sk-\n1".to_owned().into());
    assert!(why(&Turn::begin(&broken_key).all()).contains("set OPENAI_API_KEY again"));
    let no_scheme = config("localhost:11434/v1");
    assert!(why(&Turn::begin(&no_scheme).all()).contains("'localhost:11434/v1'"));
}

#[test]
fn the_first_model_of_a_server_is_taken_when_none_is_named() {
    let models = json!({ "data": [{ "id": "nomic-embed" }, { "id": "qwen" }] }).to_string();
    let server = Server::start(vec![response("200 OK", "", "application/json", &models), Reply::Bytes(short_answer())]);
    let mut config = config(&server.base_url);
    config.model.name = None;
    assert_eq!(answer(&Turn::begin(&config).all()).0, "Done.");
    assert!(server.asked.recv().unwrap().head.starts_with("GET /v1/models "));
    assert_eq!(server.asked.recv().unwrap().body["model"], "qwen");
}

#[test]
fn a_server_that_lists_no_models_is_said_with_the_way_out() {
    let why_of = |status: &str, content_type: &str, body: &str| {
        // Asked for its models at the start, and again by the turn.
        let reply = || response(status, "", content_type, body);
        let server = Server::start(vec![reply(), reply()]);
        let mut config = config(&server.base_url);
        config.model.name = None;
        why(&Turn::begin(&config).all()).to_owned()
    };
    let refused = why_of("401 Unauthorized", "application/json", r#"{"detail": "no such key"}"#);
    assert!(refused.contains("no such key") && refused.ends_with("set OPENAI_API_KEY"), "{refused}");
    let page = why_of("200 OK", "text/html", "<html>Log in</html>");
    assert!(
        page.contains("answered with text/html (it begins '<html>Log in</html>'); check OPENAI_BASE_URL"),
        "{page}"
    );
}

#[test]
fn a_cancelled_turn_lets_go_at_once_and_says_nothing_more() {
    let server = Server::start(vec![Reply::Hold(format!("{STREAM}{}", events(&[text("I begin")])))]);
    let turn = Turn::begin(&config(&server.base_url));
    assert_eq!(turn.next(), ModelEvent::Text("I begin".into()));
    turn.outside.run(Cmd::Need(Need::Cancel(Turn::ID)));
    server.let_go.recv_timeout(PATIENCE).expect("the connection is closed");
    turn.says_nothing_more();
}

const CODE: &str = "def process_file(path):\n    try:\n        with open(path) as file:\n            return file.read().splitlines()\n    except OSError as error:\n        raise FileError(path) from error\n";

const PROJECT: &str = "
#- shop/__init__.py
#- shop/files.py
class FileError(Exception):
    pass


def process_file(path):
    with open(path) as file:
        return file.read().splitlines()
";

fn check_applied(folder: &std::path::Path, output: &std::process::Output) {
    let trace = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{trace}\n{}", String::from_utf8_lossy(&output.stderr));
    let written = std::fs::read_to_string(folder.join("project/shop/files.py")).unwrap();
    assert!(written.ends_with(&format!("\n\n\n{CODE}")), "{written}\n{trace}");
    assert!(trace.lines().last().unwrap().contains("\"applied\""), "{trace}");
}

const TASK: [&str; 7] =
    ["run", "--task", "Add error handling to process_file", "--accept", "passing", "--format", "jsonl"];

#[test]
fn a_task_is_done_over_the_wire_and_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let shop = crate::fixture::Fixture::parse(PROJECT);
    shop.write(&folder.path().join("project"));
    let edit = json!({ "path": "shop/files.py", "name": "process_file", "code": CODE });
    let server = Server::start(vec![
        calling("a", "I read it first.", "read_file", &json!({ "path": "shop/files.py" })),
        response("503 Service Unavailable", "", "text/plain", "loading"),
        calling("b", "Now the edit.", "modify_function", &edit),
        calling("c", "", "finish", &json!({ "summary": "process_file raises FileError" })),
    ]);
    check_applied(folder.path(), &flux(folder.path(), &server.base_url, &TASK));
    let undone = flux(folder.path(), "", &["undo"]);
    assert!(undone.status.success(), "{}", String::from_utf8_lossy(&undone.stderr));
    for (path, text) in &shop.files {
        assert_eq!(&std::fs::read_to_string(path.on_disk(&folder.path().join("project"))).unwrap(), text);
    }
}

#[test]
fn fluxs_own_files_are_closed_also_within_the_project() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project");
    crate::fixture::Fixture::parse(PROJECT).write(&project);
    std::fs::create_dir_all(project.join("own/flux")).unwrap();
    std::fs::write(project.join("own/flux/config.toml"), "[model]\napi_key = \"secret\"\n").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../own/flux", project.join("shop/link")).unwrap();
    let server = Server::start(vec![
        calling("a", "", "read_file", &json!({ "path": "own/flux/config.toml" })),
        calling("b", "", "read_file", &json!({ "path": "shop/link/config.toml" })),
        calling("c", "", "write_file", &json!({ "path": "own/flux/new.toml", "content": "x = 1\n" })),
        calling("d", "", "read_file", &json!({ "path": "shop/files.py" })),
        calling("e", "", "finish", &json!({ "summary": "Nothing to do" })),
    ]);
    let mut command = flux_command(folder.path(), &server.base_url, &["run", "--task", "Look at the settings"]);
    command.env("XDG_CONFIG_HOME", project.join("own")).output().unwrap();
    let asked: Vec<String> = server.asked.iter().take(5).map(|asked| asked.body.to_string()).collect();
    let last = asked.last().unwrap();
    assert_eq!(last.matches("is closed to all tools").count(), if cfg!(unix) { 3 } else { 2 }, "{last}");
    assert!(last.contains("class FileError") && !last.contains("secret"), "{last}");
    assert!(!project.join("own/flux/new.toml").exists());
}

#[test]
fn a_file_that_is_saved_at_the_last_moment_keeps_what_was_typed() {
    let typed_there = |text: &str| text.replace("second", "typed");
    for (typed, is_written) in [("# typed\n", true), ("", false)] {
        let folder = tempfile::tempdir().unwrap();
        let shop = crate::fixture::Fixture::parse(PROJECT);
        shop.write(&folder.path().join("project"));
        let notes = folder.path().join("project/notes.txt");
        let text = "first\n\nsecond\n";
        std::fs::write(&notes, text).unwrap();
        let saved = if typed.is_empty() { typed_there(text) } else { format!("{typed}{text}") };
        let (place, now) = (notes.clone(), saved.clone());
        let edit = json!({ "path": "notes.txt", "search": "second", "replace": "2nd" });
        let server = Server::start(vec![
            calling("a", "", "read_file", &json!({ "path": "notes.txt" })),
            calling("b", "", "edit_file", &edit),
            // Nobody watches files that are no Python: only the writer sees that it is another one.
            Reply::First(
                Box::new(move || std::fs::write(&place, now).unwrap()),
                Box::new(calling("c", "", "finish", &json!({ "summary": "it is 2nd now" }))),
            ),
        ]);
        let output = flux(folder.path(), &server.base_url, &TASK);
        let trace = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.success(), is_written, "{trace}");
        let there = std::fs::read_to_string(&notes).unwrap();
        let expected = if is_written { saved.replace("second", "2nd") } else { saved };
        assert_eq!(there, expected, "{trace}");
        let told =
            "nothing was written: 'notes.txt' changed on disk since the proposal was made, in lines that it changes";
        assert_eq!(trace.contains(told), !is_written, "{trace}");
    }
}

#[test]
fn ending_the_program_in_the_middle_of_a_stream_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let shop = crate::fixture::Fixture::parse(PROJECT);
    shop.write(&folder.path().join("project"));
    let server = Server::start(vec![Reply::Hold(format!("{STREAM}{}", events(&[text("I begin")])))]);
    let mut running = flux_command(folder.path(), &server.base_url, &TASK).spawn().unwrap();
    server.asked.recv_timeout(PATIENCE).expect("a request");
    let killed = std::process::Command::new("kill").args(["-TERM", &running.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert!(!running.wait().unwrap().success());
    server.let_go.recv_timeout(PATIENCE).expect("the connection is closed");
    for (path, text) in &shop.files {
        assert_eq!(&std::fs::read_to_string(path.on_disk(&folder.path().join("project"))).unwrap(), text);
    }
}

/// A chat-completions server that nobody here wrote. `FLUX_AIMOCK` names the folder of the npm package
/// `@copilotkit/aimock`, or the folder into which it was installed.
struct Aimock {
    process: std::process::Child,
    base_url: String,
}

impl Aimock {
    /// Nothing where Node or the package is missing: the test says that it is skipped.
    fn start(fixtures: &std::path::Path) -> Option<Self> {
        let folder = std::path::PathBuf::from(std::env::var_os("FLUX_AIMOCK")?);
        let scripts = ["dist/cli.js", "node_modules/@copilotkit/aimock/dist/cli.js"].map(|script| folder.join(script));
        let script = scripts.iter().find(|script| script.is_file())?;
        let mut process = std::process::Command::new("node")
            .arg(script)
            .args(["--port", "0", "--chunk-size", "7", "--strict", "--fixtures"])
            .arg(fixtures)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::inherit())
            .spawn()
            .ok()?;
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address =
            lines.map_while(Result::ok).find_map(|line| line.split_once("listening on ").map(|(_, at)| at.to_owned()));
        let base_url = format!("{}/v1", address.expect("the server says where it listens"));
        Some(Self { process, base_url })
    }
}

impl Drop for Aimock {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A conversation of aimock: one call a turn, for the task that holds `task`.
fn conversation(task: &str, turns: Vec<(&str, &str, Value)>) -> Value {
    let turns = turns.into_iter().enumerate().map(|(at, (content, name, arguments))| {
        json!({
            "match": { "userMessage": task, "turnIndex": at },
            "response": { "content": content, "toolCalls": [{ "id": format!("call_{at}"), "name": name, "arguments": arguments }] },
        })
    });
    json!({ "fixtures": turns.collect::<Vec<Value>>() })
}

/// Starts the server on a conversation that is written into `folder`, or says that the test is skipped.
fn aimock(folder: &std::path::Path, conversation: &Value) -> Option<Aimock> {
    let fixtures = folder.join("conversation.json");
    std::fs::write(&fixtures, conversation.to_string()).unwrap();
    let server = Aimock::start(&fixtures);
    if server.is_none() {
        eprintln!("skipped: Node or the npm package @copilotkit/aimock is missing (FLUX_AIMOCK says where it is)");
    }
    server
}

#[test]
fn a_task_is_done_with_a_server_that_nobody_here_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let edit = json!({ "path": "shop/files.py", "name": "process_file", "code": CODE });
    let conversation = conversation(
        "error handling",
        vec![
            ("I read the file first, as I should.", "read_file", json!({ "path": "shop/files.py" })),
            ("Now the edit.", "modify_function", edit),
            ("", "finish", json!({ "summary": "process_file raises FileError" })),
        ],
    );
    let Some(server) = aimock(folder.path(), &conversation) else { return };
    crate::fixture::Fixture::parse(PROJECT).write(&folder.path().join("project"));
    check_applied(folder.path(), &flux(folder.path(), &server.base_url, &TASK));
}

/// `FLUX_ITSDANGEROUS` names a folder that holds the unpacked package `itsdangerous` 2.2.0.
#[test]
fn a_real_package_is_edited_with_a_server_that_nobody_here_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let code = |call: &str| {
        format!(
            "def want_bytes(\n    s: str | bytes, encoding: str = \"utf-8\", errors: str = \"strict\"\n) -> bytes:\n    \
             if isinstance(s, str):\n        return s.{call}(encoding, errors)\n\n    return bytes(s)\n"
        )
    };
    let edit = |call: &str| json!({ "path": "itsdangerous/encoding.py", "name": "want_bytes", "code": code(call) });
    let conversation = conversation(
        "want_bytes",
        vec![
            ("I read the file.", "read_file", json!({ "path": "itsdangerous/encoding.py" })),
            ("First try.", "modify_function", edit("encode_bytes")),
            ("That method does not exist.", "modify_function", edit("encode")),
            ("", "finish", json!({ "summary": "want_bytes returns bytes always" })),
        ],
    );
    let Some(server) = aimock(folder.path(), &conversation) else { return };
    let Some(package) = std::env::var_os("FLUX_ITSDANGEROUS").map(std::path::PathBuf::from) else {
        eprintln!("skipped: FLUX_ITSDANGEROUS names no unpacked package");
        return;
    };
    let copied = std::process::Command::new("cp").arg("-r").arg(package).arg(folder.path().join("project")).status();
    assert!(copied.unwrap().success());
    let task = ["run", "--task", "Let want_bytes return bytes always", "--accept", "passing", "--format", "jsonl"];
    let output = flux(folder.path(), &server.base_url, &task);
    let trace = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{trace}");
    assert!(trace.contains("has no method 'encode_bytes'"), "{trace}");
    let written = std::fs::read_to_string(folder.path().join("project/itsdangerous/encoding.py")).unwrap();
    assert!(written.contains(&code("encode")) && !written.contains("encode_bytes"), "{written}");
}

#[test]
fn a_server_that_takes_no_tools_is_asked_for_calls_in_words() {
    let refusal = r#"{"error": {"message": "registry/tiny does not support tools"}}"#;
    let written = "I look.\n\n<call tool=\"read_file\">\n<path>a.py</path>\n</call>\n";
    let server = Server::start(vec![
        response("400 Bad Request", "", "application/json", refusal),
        Reply::Bytes(stream(&[text(written), finish("stop"), usage()])),
    ]);
    let events = ask(&server);
    let told = retries(&events);
    assert!(told.len() == 1 && told[0].2.contains("calls are written as text"), "{told:?}");
    assert_eq!(answer(&events), ("I look.", vec![("written_0", "read_file", "{\"path\":\"a.py\"}")]));
    assert!(server.asked.recv().unwrap().body.get("tools").is_some());
    let second = server.asked.recv().unwrap().body;
    assert!(second.get("tools").is_none());
    let rules = second["messages"].to_string();
    assert!(rules.contains("error handling") && !rules.contains("tool_calls"), "{rules}");

    // Who says so at once is not asked first.
    let server = Server::start(vec![Reply::Bytes(short_answer())]);
    let mut config = config(&server.base_url);
    config.model.tools = flux::sys::ToolCalling::Text;
    assert_eq!(answer(&Turn::begin(&config).all()).0, "Done.");
    assert!(server.asked.recv().unwrap().body.get("tools").is_none());
}

#[test]
fn half_a_written_call_is_not_made() {
    let written = "<call tool=\"read_file\">\n<path>a.p";
    let cut = |reason| Server::start(vec![Reply::Bytes(stream(&[text(written), finish(reason), usage()]))]);
    assert!(why(&ask(&cut("length"))).contains("limit of output in the middle of a tool call"));
    let events = ask(&cut("stop"));
    let (_, calls) = answer(&events);
    assert!(calls.len() == 1 && calls[0].2.starts_with("<call"), "it is answered, not run: {calls:?}");
}

#[test]
fn a_conversation_that_is_too_long_is_said_with_the_number() {
    let told = r#"{"error": {"message": "This model's maximum context length is 8192 tokens."}}"#;
    let events = ask(&Server::start(vec![response("400 Bad Request", "", "application/json", told)]));
    assert!(matches!(events.last(), Some(ModelEvent::TooLong { tokens_max: Some(8192), .. })), "{events:?}");
    // Where the window is set, nothing is sent.
    let mut config = config("http://127.0.0.1:9/v1");
    config.model.context_tokens = Some(1_000);
    let events = Turn::begin(&config).all();
    assert!(matches!(events.last(), Some(ModelEvent::TooLong { tokens_max: Some(1_000), .. })), "{events:?}");
}

#[test]
fn models_change_between_two_turns_and_each_has_its_own_key() {
    let (first, second) =
        (Server::start(vec![Reply::Bytes(short_answer())]), Server::start(vec![Reply::Bytes(short_answer())]));
    let mut config = Config::default();
    for (name, server, key) in [("fast", &first, "sk-fast-fast-fast"), ("thorough", &second, "sk-thorough-thor")] {
        let mut model = self::config(&server.base_url).model;
        (model.name, model.api_key) = (Some(format!("{name}-1")), Some(key.to_owned().into()));
        config.models.insert(name.to_owned(), model);
    }
    config.default_model = Some("thorough".to_owned());
    let turn = Turn::begin(&config);
    while !matches!(turn.next(), ModelEvent::Finished { .. }) {}
    assert_eq!(turn.outside.model_name(), "thorough · thorough-1");
    turn.outside.run(Cmd::NextModel);
    let chosen = turn.msgs.iter().find_map(|msg| match msg {
        Msg::ModelChosen(name) => Some(name),
        _ => None,
    });
    assert_eq!(chosen, Some(Some("fast · fast-1".to_owned())));
    turn.outside.run(Cmd::Need(Need::AskModel(Turn::ID, request())));
    while !matches!(turn.next(), ModelEvent::Finished { .. }) {}
    let (one, other) = (second.asked.recv().unwrap(), first.asked.recv().unwrap());
    assert!(one.head.contains("Bearer sk-thorough-thor\r\n") && one.body["model"] == "thorough-1", "{}", one.head);
    assert!(other.head.contains("Bearer sk-fast-fast-fast\r\n") && other.body["model"] == "fast-1", "{}", other.head);
}

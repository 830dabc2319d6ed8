//! Everything that a network does, through whole tasks of the built program: a task ends right or with a clear
//! sentence and its exit status, and no half of a call is ever run.

use serde_json::{Value, json};

use crate::server::{Played, Reply, STREAM, Trial, call, calls, events, finish, response, stream, text};

const SHOP: &str = "
#- shop/__init__.py
#- shop/cart.py
class Cart:
    def __init__(self) -> None:
        self.rows: list[int] = []

    def total(self) -> int:
        return sum(self.rows)
";

const CONFIG: &str = "[model]\nsilence_timeout_s = 0.3\nconnect_timeout_s = 2\nretry_wait_s = 0.001\n";

fn read() -> Reply {
    calls("", &[("read_file", json!({"path": "shop/cart.py"}).to_string())])
}

fn edit_arguments() -> String {
    json!({"path": "shop/cart.py", "search": "sum(self.rows)", "replace": "sum(row for row in self.rows if row > 0)"})
        .to_string()
}

fn edit() -> Reply {
    calls("", &[("edit_file", edit_arguments())])
}

fn finishing() -> Reply {
    calls("", &[("finish", json!({"summary": "total skips what is negative"}).to_string())])
}

/// The faults come between reading and editing; then all goes well.
#[track_caller]
fn ends_right(faults: Vec<Reply>) -> Played {
    let mut replies = vec![read()];
    replies.extend(faults);
    replies.extend([edit(), finishing()]);
    let played = Trial::new(SHOP).configured(CONFIG).play(replies);
    played.check_kept();
    assert_eq!((played.exit, played.done().0), (Some(0), "applied"), "{}", played.told());
    assert_eq!(tools(&played), ["read_file", "edit_file", "finish"]);
    played
}

/// The faults come between reading and editing, and the task ends with a sentence that holds `told`.
#[track_caller]
fn fails(faults: Vec<Reply>, told: &[&str]) -> Played {
    let mut replies = vec![read()];
    replies.extend(faults);
    let played = Trial::new(SHOP).configured(CONFIG).play(replies);
    played.check_kept();
    let (outcome, summary) = played.done();
    assert_eq!((played.exit, outcome), (Some(1), "failed"), "{}", played.told());
    assert!(told.iter().all(|told| summary.contains(told)), "{summary}");
    assert!(played.after == played.before);
    assert_eq!(tools(&played), ["read_file"], "a half call was run");
    played
}

/// The tools that were run.
fn tools(played: &Played) -> Vec<&str> {
    played.trace.iter().filter(|line| line["event"] == "tool").map(|line| line["name"].as_str().unwrap()).collect()
}

fn busy(headers: &str) -> Reply {
    response("429 Too Many Requests", headers, "application/json", r#"{"error": {"message": "slow down"}}"#)
}

fn trouble() -> Reply {
    response("500 Internal Server Error", "", "text/html", "<h1>Out of memory</h1>")
}

/// A stream that ends in the middle of an edit's arguments.
fn cut_call() -> String {
    let arguments = edit_arguments();
    let function = json!({"name": "edit_file", "arguments": &arguments[..arguments.len() - 3]});
    format!("{STREAM}{}", events(&[text("Now"), call(json!({"index": 0, "id": "a", "function": function}))]))
}

#[test]
fn too_many_requests() {
    let past = "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n";
    let played = ends_right(vec![busy("Retry-After: 0\r\n"), busy(past), busy("")]);
    assert_eq!(played.asked.len(), 6);
    fails(vec![busy(""), busy(""), busy(""), busy("")], &["status 429 at try 4", "slow down", "try again later"]);
}

#[test]
fn a_server_in_trouble() {
    ends_right(vec![trouble(), trouble(), trouble()]);
    fails(vec![trouble(), trouble(), trouble(), trouble()], &["status 500 at try 4", "Out of memory"]);
}

#[test]
fn a_cut_in_the_middle_of_a_call() {
    ends_right(vec![Reply::Bytes(cut_call())]);
    let with_done = format!("{}data: [DONE]\n\n", cut_call());
    ends_right(vec![Reply::Bytes(with_done)]);
    let stopped = format!("{}{}data: [DONE]\n\n", cut_call(), events(&[finish("tool_calls")]));
    // The server says that this is all: it is what the model wrote, and no JSON.
    let played = Trial::new(SHOP).configured(CONFIG).play(vec![read(), Reply::Bytes(stopped), edit(), finishing()]);
    assert_eq!((played.exit, played.done().0), (Some(0), "applied"));
    assert!(played.answers()[1].contains("no JSON object"), "{}", played.answers()[1]);
    fails(vec![Reply::Bytes(cut_call()), Reply::Bytes(cut_call())], &["was cut off twice"]);
    let length = format!("{}{}", cut_call(), events(&[finish("length")]));
    fails(vec![Reply::Bytes(length)], &["limit of output in the middle of a tool call"]);
}

#[test]
fn garbage_lines() {
    let good = stream(&[text("Well"), finish("stop")]);
    let garbled = stream(&[]).replace("data: [DONE]", "data: {nonsense\n\ndata:\n\n\u{fffd}\u{0}: ?");
    ends_right(vec![Reply::Bytes(format!("{garbled}data: {{\"choices\": [{{\"delta\": {{\"tool_calls\": [{{\n\n"))]);
    let all_garbage = format!("{STREAM}{}", "data: <<<\n\n".repeat(200));
    fails(vec![Reply::Bytes(all_garbage.clone()), Reply::Bytes(all_garbage)], &["cut off twice", "not readable"]);
    // Between whole events garbage is passed over: this turn only spoke, and so ended the task.
    let spoken = good.replacen("data: ", "data: {nonsense\n\ndata: ", 1);
    let played = Trial::new(SHOP).configured(CONFIG).play(vec![read(), Reply::Bytes(spoken)]);
    assert_eq!((played.exit, played.done()), (Some(0), ("applied", "Well")));
    assert!(played.after == played.before);
}

#[test]
fn silence_and_keep_alive() {
    let told = ["said nothing for 0.3 s", "silence_timeout_s"];
    fails(vec![Reply::Hold(String::new())], &told);
    fails(vec![Reply::Hold(cut_call())], &told);
    fails(vec![Reply::Repeat(STREAM.to_owned(), ": keep-alive\n\n".to_owned())], &told);
    fails(vec![Reply::Repeat(cut_call(), ": keep-alive\n\n".to_owned())], &told);
}

#[test]
fn web_pages_and_other_answers_that_are_none() {
    let page = || response("200 OK", "", "text/html", "<html><title>Welcome to nginx!</title></html>");
    fails(vec![page()], &["text/html", "Welcome", "OPENAI_BASE_URL"]);
    let empty = || response("200 OK", "", "application/json", "");
    fails(vec![empty(), empty()], &["cut off twice", "an empty body"]);
    let null = || response("200 OK", "", "application/json", "null");
    fails(vec![null(), null()], &["OPENAI_BASE_URL"]);
    let other_protocol = || Reply::Bytes("SSH-2.0-OpenSSH_9.6\r\n".to_owned());
    fails((0..4).map(|_| other_protocol()).collect(), &["no model can be reached"]);
}

#[test]
fn slow_bytes() {
    let Reply::Bytes(slow) = edit() else { unreachable!() };
    let played = Trial::new(SHOP).configured(CONFIG).play(vec![read(), Reply::Slowly(slow), finishing()]);
    played.check_kept();
    assert_eq!((played.exit, played.done().0), (Some(0), "applied"), "{}", played.told());
}

#[test]
fn a_server_that_goes_away() {
    // Nobody listens any more after the first turn.
    let played = fails(Vec::new(), &["no model can be reached", "set OPENAI_BASE_URL"]);
    let told: Vec<&Value> = played.trace.iter().filter(|line| line["event"] == "retry").collect();
    assert_eq!(told.len(), 3, "each wait is told: {:#?}", played.trace);
}

#[test]
fn a_conversation_that_the_server_finds_too_long() {
    let lines: String = (0..400).map(|at| format!("value_{at} = '{}'\n", "x".repeat(40))).collect();
    let trial = Trial::new(&format!("{SHOP}#- shop/long.py\n{lines}")).configured(CONFIG);
    let told = r#"{"error": {"message": "This model's maximum context length is 8192 tokens.", "code": "context_length_exceeded"}}"#;
    let too_long = || response("400 Bad Request", "", "application/json", told);
    let long = || calls("", &[("read_file", json!({"path": "shop/long.py"}).to_string())]);
    let played = trial.play(vec![read(), long(), too_long(), edit(), read(), edit(), finishing()]);
    played.check_kept();
    assert_eq!((played.exit, played.done().0), (Some(0), "applied"), "{}", played.told());
    let sizes: Vec<usize> = played.asked.iter().map(|asked| asked.body["messages"].to_string().len()).collect();
    assert!(sizes[3] < sizes[2] / 2 && sizes[3] < 16_000, "{sizes:?}");
    assert!(played.asked[3].body.to_string().contains("Let total skip what is negative"), "the task is lost");

    // One that nothing helps ends, and says so.
    let played = trial.play(vec![too_long(), too_long(), too_long(), too_long(), too_long()]);
    assert_eq!(played.exit, Some(1), "{}", played.told());
    assert!(played.done().1.contains("maximum context length"), "{}", played.done().1);
}

#[test]
fn a_task_that_reaches_a_limit_says_how_to_go_on() {
    let trial = Trial::new(SHOP).configured(&format!("{CONFIG}[limits]\nturns = 2\n"));
    let played = trial.play(vec![read(), edit()]);
    played.check_kept();
    assert_eq!((played.exit, played.done().0), (Some(1), "failed"), "{}", played.told());
    let why = "the limit of 2 turns for one task is reached; what is pending is kept; say \"go on\"";
    assert!(played.done().1.starts_with(why), "{}", played.done().1);
    assert!(played.after == played.before);
}

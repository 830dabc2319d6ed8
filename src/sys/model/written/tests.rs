//! Texts that models write, and the calls that are in them.

use serde_json::{Value, json};

use super::*;

const NAMES: [&str; 5] = ["read_file", "modify_function", "edit_file", "update_plan", "finish"];

fn calls(text: &str) -> Vec<(String, Value)> {
    let parsed = |call: ToolCall| {
        let arguments = serde_json::from_str(&call.arguments).unwrap_or(Value::String(call.arguments));
        (call.name, arguments)
    };
    read(text, &NAMES).calls.into_iter().map(parsed).collect()
}

fn one(text: &str) -> (String, Value) {
    let mut calls = calls(text);
    assert_eq!(calls.len(), 1, "{calls:?}");
    calls.remove(0)
}

#[test]
fn code_is_taken_as_it_is() {
    let code = "def page(self) -> str:\n    \"\"\"Say \\\"hi\\\".\n\n    ```python\n    page()\n    ```\n    \"\"\"\n    \
                return '<code>\\n</code>\\n' + \"</call>\"\n";
    let text = format!(
        "I change it.\n\n<call tool=\"modify_function\">\n<path>shop/page.py</path>\n<name>page</name>\n<code>\n{code}</code>\n</call>\n"
    );
    let written = read(&text, &NAMES);
    assert_eq!(written.text, "I change it.");
    assert_eq!(one(&text), ("modify_function".into(), json!({"path": "shop/page.py", "name": "page", "code": code})));
    // Lines that look like ends stand in the code.
    let tricky = "X = '''\n</code>\n</call>\n<call tool=\"finish\">\n'''\n";
    let text = format!("<call tool=\"modify_function\">\n<path>a.py</path>\n<code>\n{tricky}</code>\n</call>\n");
    assert_eq!(one(&text).1["code"], tricky);
}

#[test]
fn blocks_follow_each_other_and_forgive_what_can_mean_one_thing() {
    let text = "```xml\n<call tool='read_file'>\n  <path>a.py</path>\n</call>\n```\n\nAnd:\n<edit_file>\n<path>a.py</path>\n<search>sum</search>\n<replace></replace>\n</edit_file>\n";
    assert_eq!(
        calls(text),
        [
            ("read_file".into(), json!({"path": "a.py"})),
            ("edit_file".into(), json!({"path": "a.py", "search": "sum", "replace": ""})),
        ]
    );
    assert_eq!(read(text, &NAMES).text, "And:");
    let plan = "<call tool=\"update_plan\">\n<steps>\n1. modify a.py::C.f: skip what is empty\n- test the rest\nlook around\n</steps>\n</call>";
    assert_eq!(
        one(plan).1["steps"],
        json!([
            {"title": "skip what is empty", "action": "modify", "target": "a.py::C.f"},
            {"title": "the rest", "action": "test"},
            {"title": "look around", "action": "other"},
        ])
    );
}

#[test]
fn half_a_call_is_none() {
    let whole = "<call tool=\"edit_file\">\n<path>a.py</path>\n<search>\nx = 1\n</search>\n<replace>\nx = 2\n</replace>\n</call>";
    let expected = json!({"path": "a.py", "search": "x = 1\n", "replace": "x = 2\n"});
    assert_eq!(one(whole).1, expected);
    for end in 0..whole.len() {
        for call in calls(&whole[..end]) {
            assert!(call.1.is_string(), "{call:?} of {}", &whole[..end]);
        }
    }
    let twice = whole.replace("<replace>", "<search>x</search>\n<replace>");
    assert!(calls(&twice).iter().all(|call| call.1.is_string()), "{:?}", calls(&twice));
}

#[test]
fn what_follows_an_invented_answer_is_made_up() {
    let text = "<call tool=\"read_file\">\n<path>a.py</path>\n</call>\n<answer tool=\"read_file\">\nx = 1\n</answer>\n<call tool=\"finish\">\n<summary>done</summary>\n</call>\n";
    assert_eq!(one(text).0, "read_file");
}

#[test]
fn forms_that_models_are_trained_on_are_understood() {
    let expected = ("read_file".to_owned(), json!({"path": "a.py"}));
    let arguments = "{\"path\": \"a.py\"}";
    for text in [
        format!("<tool_call>\n{{\"name\": \"read_file\", \"arguments\": {arguments}}}\n</tool_call>"),
        format!("I look.\n```json\n{{\"name\": \"read_file\", \"arguments\": {arguments}}}\n```"),
        format!("[TOOL_CALLS] [{{\"name\": \"read_file\", \"arguments\": {arguments}}}]"),
        format!("<function=read_file>{arguments}</function>"),
        format!("<|python_tag|>{{\"name\": \"read_file\", \"parameters\": {arguments}}}"),
        format!("{{\"type\": \"function\", \"function\": {{\"name\": \"read_file\", \"arguments\": {arguments}}}}}"),
        "{\"tool\": \"read_file\", \"input\": \"{\\\"path\\\": \\\"a.py\\\"}\"}".to_owned(),
    ] {
        assert_eq!(one(&text), expected, "{text}");
    }
    for text in [
        "```json\n{\"name\": \"read_file\"}\n```",
        "```json\n{\"name\": \"shop\", \"arguments\": {}}\n```",
        "<tool_call>{\"name\": \"read_file\", \"arguments\": {\"path\": \"a.p",
        "Use <tool_call> for that, or {\"name\": \"read_file\", \"arguments\": {}}.",
        "```json\n[{\"name\": \"read_file\", \"arguments\": {}}, 1]\n```",
        "a < b and c > d\n<b>bold</b>\n<path>a.py</path>\n",
    ] {
        assert_eq!(read(text, &NAMES), Written { text: text.to_owned(), calls: Vec::new() }, "{text}");
    }
}

/// Whatever is put together of the pieces that matter: nothing breaks, and no call has a part that no text had.
#[test]
fn garbage_is_text() {
    let pieces = [
        "<call tool=\"read_file\">",
        "</call>",
        "<path>",
        "</path>",
        "a.py",
        "\n",
        "```json",
        "```",
        "{",
        "}",
        "[",
        "\"name\":",
        "\"read_file\"",
        ",\"arguments\":",
        "<tool_call>",
        "<function=",
        ">",
        "<answer",
        "é世",
        "\\\"",
        "</",
        "<",
    ];
    let mut state = 7_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..state % 17 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
        }
        state = state.wrapping_add(0x9E37_79B9);
        for call in read(&text, &NAMES).calls {
            assert!(NAMES.contains(&call.name.as_str()) || text.contains(&call.name), "{text}");
        }
    }
}

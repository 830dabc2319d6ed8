//! A conversation for a server that knows no tools: they are described in the rules, calls are written as text, and
//! answers come back as the person's words.
//!
//! Knows nothing of how calls are read: that is `written`. Invariant: each call's answer stands in the message behind it.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::agent::{ChatMessage, ModelRequest, Role, ToolCall, ToolSchema};

/// How a tool is called; shown once, in the rules.
const FORM: &str = r#"

# Calling tools

You call a tool by writing a block of lines, each argument between its own tags:

<call tool="edit_file">
<path>shop/cart.py</path>
<search>
    return sum(rows)
</search>
<replace>
    return sum(row for row in rows if row > 0)
</replace>
</call>

What stands between two tags is taken as it is: no quoting, no escaping, no fence around it, indentation as in the file.
A value of several lines begins on the line below its tag. Several blocks may follow each other. End your message behind
the last </call>: the answers come in the next message, between <answer> tags. Never write an answer yourself.

The tools, with their arguments (`?`: may be left out):
"#;

/// The messages as a server takes them that knows only texts. Roles take turns: some take no two of one in a row.
pub(super) fn messages(request: &ModelRequest) -> Vec<Value> {
    let mut out: Vec<(Role, String)> = Vec::new();
    let mut calls: &[ToolCall] = &[];
    for (at, message) in request.messages.iter().enumerate() {
        let (role, mut text) = match message.role {
            Role::Tool => (Role::User, answer(message, calls)),
            role => (role, message.content.clone()),
        };
        if at == 0 && role == Role::System {
            text.push_str(&described(&request.tools));
        }
        if message.role == Role::Assistant {
            calls = &message.tool_calls;
            calls.iter().for_each(|call| write_call(&mut text, call));
        }
        match out.last_mut() {
            Some((last, before)) if *last == role => {
                before.push_str("\n\n");
                before.push_str(&text);
            }
            _ => out.push((role, text)),
        }
    }
    out.into_iter().map(|(role, content)| json!({ "role": role, "content": content })).collect()
}

fn answer(message: &ChatMessage, calls: &[ToolCall]) -> String {
    let call = calls.iter().find(|call| Some(&call.id) == message.tool_call_id.as_ref());
    let name = call.map_or("unknown", |call| call.name.as_str());
    format!("<answer tool=\"{name}\">\n{}\n</answer>", message.content.trim_end())
}

fn write_call(text: &mut String, call: &ToolCall) {
    let _ = write!(text, "\n\n<call tool=\"{}\">\n", call.name);
    match serde_json::from_str(&call.arguments) {
        Ok(Value::Object(arguments)) => {
            for (name, value) in &arguments {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let _ = match value.contains('\n') {
                    true => {
                        let end = if value.ends_with('\n') { "" } else { "\n" };
                        writeln!(text, "<{name}>\n{value}{end}</{name}>")
                    }
                    false => writeln!(text, "<{name}>{value}</{name}>"),
                };
            }
            text.push_str("</call>");
        }
        // As it was written, so that the answer to it makes sense.
        _ => text.push_str(&call.arguments),
    }
}

fn described(tools: &[ToolSchema]) -> String {
    let mut out = FORM.to_owned();
    for tool in tools {
        let required = tool.parameters["required"].as_array().cloned().unwrap_or_default();
        let properties = tool.parameters["properties"].as_object().cloned().unwrap_or_default();
        // Those that are needed first: the order in which they are best written.
        let (needed, others): (Vec<_>, Vec<_>) = properties.keys().partition(|name| required.contains(&json!(name)));
        let names: Vec<String> =
            needed.into_iter().cloned().chain(others.into_iter().map(|name| format!("{name}?"))).collect();
        let _ = writeln!(out, "- {}({}): {}", tool.name, names.join(", "), tool.description);
    }
    out.push_str(
        "The steps of update_plan stand on a line each: ACTION TARGET: title, such as `modify shop/cart.py::Cart.total: skip \
         what is negative`.\n",
    );
    out
}

#[cfg(test)]
mod tests {
    use super::super::written;
    use super::*;

    #[test]
    fn what_was_called_is_written_as_it_is_to_be_written() {
        let message = |role, content: &str| ChatMessage {
            role,
            content: content.to_owned(),
            tool_calls: Vec::new(),
            tool_call_id: None,
        };
        let arguments = json!({ "path": "a.py", "search": "x", "replace": "def f():\n    return '</search>'\n" });
        let mut calling = message(Role::Assistant, "I edit.");
        calling.tool_calls = vec![
            ToolCall { id: "a".into(), name: "edit_file".into(), arguments: arguments.to_string() },
            ToolCall { id: "b".into(), name: "edit_file".into(), arguments: "<path>a.p".into() },
        ];
        let mut answers = [message(Role::Tool, "done"), message(Role::Tool, "Error: no")];
        (answers[0].tool_call_id, answers[1].tool_call_id) = (Some("a".into()), Some("b".into()));
        let parameters = json!({ "properties": { "a": {}, "b": {} }, "required": ["b"] });
        let tool = ToolSchema { name: "edit_file", description: "Edits.", parameters };
        let [done, no] = answers;
        let conversation = vec![
            message(Role::System, "Rules."),
            message(Role::User, "t"),
            calling,
            done,
            no,
            message(Role::User, "go on"),
        ];
        let messages = messages(&ModelRequest { messages: conversation, tools: vec![tool] });
        let roles: Vec<&str> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["system", "user", "assistant", "user"]);
        assert!(messages[0]["content"].as_str().unwrap().contains("\n- edit_file(b, a?): Edits.\n"), "{messages:?}");
        let said = messages[2]["content"].as_str().unwrap();
        let read = written::read(said, &["edit_file"]);
        assert_eq!(read.calls.len(), 2, "{said}");
        assert_eq!(serde_json::from_str::<Value>(&read.calls[0].arguments).unwrap(), arguments);
        let told = "<answer tool=\"edit_file\">\ndone\n</answer>\n\n<answer tool=\"edit_file\">\nError: no\n</answer>\n\ngo on";
        assert_eq!(messages[3]["content"], told);
    }
}

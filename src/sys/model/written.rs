//! Calls that a model writes into its text, because its server knows no others or because it was taught so.
//!
//! Knows nothing of the network and of what tools do. Invariants: half of a call is never one; text that is no call stays
//! text, whatever it holds.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::agent::ToolCall;

/// What was read out of a text.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Written {
    /// The text without the calls.
    pub(super) text: String,
    pub(super) calls: Vec<ToolCall>,
}

/// Reads calls out of a text, in flux's own form or one of those that models are trained on. `names`: the tools there are.
/// What comes behind an invented answer is left out: it is made up.
pub(super) fn read(text: &str, names: &[&str]) -> Written {
    let own = read_blocks(text, names);
    if !own.calls.is_empty() {
        return own;
    }
    let values = foreign_calls(text, names);
    let Some(start) = values.first().map(|found| found.0) else {
        return Written { text: text.to_owned(), calls: Vec::new() };
    };
    let calls = values.into_iter().enumerate();
    Written {
        text: text[..start].trim_end().to_owned(),
        calls: calls.map(|(at, (_, name, arguments))| ToolCall { id: id(at), name, arguments }).collect(),
    }
}

fn id(at: usize) -> String {
    format!("written_{at}")
}

/// A line that opens a block: `<call tool="read_file">`.
fn opened_tool<'t>(line: &'t str, names: &[&str]) -> Option<&'t str> {
    let inner = line.trim().strip_prefix('<')?.strip_suffix('>')?;
    let (head, rest) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
    if names.contains(&head) && rest.trim().is_empty() {
        return Some(head);
    }
    let value = rest.trim().strip_prefix("tool=").or_else(|| rest.trim().strip_prefix("name="))?;
    let name = value.trim_matches(['"', '\'']);
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (matches!(head, "call" | "tool" | "tool_call") && is_name).then_some(name)
}

/// So many ends of one block or argument are tried; no code holds more lines that look like one.
const ENDS_MAX: usize = 64;

/// No tool takes more.
const ARGUMENTS_MAX: usize = 12;

/// The arguments that were found from a line on.
#[derive(Default)]
struct Known {
    at: HashMap<usize, Option<Map<String, Value>>>,
    depth: usize,
}

/// A block as it was read: where the text goes on behind it, and its arguments where it is whole.
type Block = (usize, Option<Map<String, Value>>);

/// flux's own form: blocks of lines, with each argument between its own tags.
///
/// What stands in the code of a call may look like its end. So the reading counts with which all that follows is blocks
/// and words too, and no end is left over.
fn read_blocks(text: &str, names: &[&str]) -> Written {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut blocks: HashMap<usize, Block> = HashMap::new();
    // Whether all from this line on reads as words and whole blocks.
    let mut is_clean = vec![true; lines.len() + 1];
    for at in (0..lines.len()).rev() {
        let line = lines[at].trim();
        is_clean[at] = match opened_tool(line, names) {
            Some(_) => {
                let (next, arguments) = block_at(&lines, at, &is_clean);
                let is_whole = arguments.is_some();
                blocks.insert(at, (next, arguments));
                is_whole && is_clean[next]
            }
            None => line.starts_with("<answer") || (!line.starts_with("</") && is_clean[at + 1]),
        };
    }
    let mut written = Written::default();
    let mut at = 0;
    while at < lines.len() && (written.calls.is_empty() || !lines[at].trim().starts_with("<answer")) {
        match (blocks.remove(&at), opened_tool(lines[at].trim(), names)) {
            (Some((next, arguments)), Some(tool)) => {
                // What is not whole is told to the model as it stands: it is no JSON, so it is not run.
                let arguments = arguments
                    .map_or_else(|| lines[at..next].concat(), |arguments| Value::Object(arguments).to_string());
                written.calls.push(ToolCall { id: id(written.calls.len()), name: tool.to_owned(), arguments });
                at = next;
            }
            _ => {
                written.text.push_str(lines[at]);
                at += 1;
            }
        }
    }
    written.text = without_empty_fences(&written.text);
    written
}

fn block_at(lines: &[&str], at: usize, is_clean: &[bool]) -> Block {
    let tag = lines[at].trim().trim_start_matches('<').split([' ', '>']).next().unwrap_or_default();
    let end = format!("</{tag}>");
    let ends = (at + 1..lines.len()).filter(|end_at| lines[*end_at].trim() == end).take(ENDS_MAX);
    let mut first = None;
    for end_at in ends {
        let Some(arguments) = arguments_in(&lines[at + 1..end_at], 0, &mut Known::default()) else { continue };
        if is_clean[end_at + 1] {
            return (end_at + 1, Some(arguments));
        }
        first.get_or_insert((end_at + 1, Some(arguments)));
    }
    first.unwrap_or((lines.len(), None))
}

/// Models put what they were told to write plainly between fences; without the calls nothing is left between them.
fn without_empty_fences(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for line in text.lines() {
        let is_fence = |line: &str| line.trim_start().starts_with("```");
        let last = kept.iter().rposition(|kept| !kept.trim().is_empty());
        match last {
            Some(last) if line.trim() == "```" && is_fence(kept[last]) && kept[last].trim() != "```" => {
                kept.truncate(last);
            }
            _ => kept.push(line),
        }
    }
    kept.join("\n").trim().to_owned()
}

/// The arguments from line `at` on; nothing where something else stands between them, or one is not closed. `known`:
/// what was found out of later lines.
fn arguments_in(lines: &[&str], at: usize, known: &mut Known) -> Option<Map<String, Value>> {
    if let Some(found) = known.at.get(&at) {
        return found.clone();
    }
    if known.depth == ARGUMENTS_MAX {
        return None;
    }
    known.depth += 1;
    let found = arguments_from(lines, at, known);
    known.depth -= 1;
    known.at.insert(at, found.clone());
    found
}

fn arguments_from(lines: &[&str], at: usize, known: &mut Known) -> Option<Map<String, Value>> {
    let is_empty = |line: &str| line.trim().is_empty() || line.trim().starts_with("```");
    let Some(at) = (at..lines.len()).find(|at| !is_empty(lines[*at])) else { return Some(Map::new()) };
    let line = lines[at].trim();
    let (name, rest) = line.strip_prefix('<')?.split_once('>')?;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
        return None;
    }
    let close = format!("</{name}>");
    let mut with = |value: &str, next: usize| {
        let mut arguments = arguments_in(lines, next, known)?;
        // Given twice, nobody knows which is meant.
        arguments.insert(name.to_owned(), value_of(name, value)).is_none().then_some(arguments)
    };
    if let Some(value) = rest.strip_suffix(&close) {
        return with(value, at + 1);
    }
    // The last end counts behind which only arguments follow.
    let open = format!("<{name}>");
    let is_end = |line: &str| line.trim_end().ends_with(&close) && !line.contains(&open);
    let ends = (at + 1..lines.len()).rev().filter(|end| is_end(lines[*end])).take(ENDS_MAX);
    ends.into_iter().find_map(|end| {
        let last = lines[end].trim_end().strip_suffix(&close)?;
        let mut value = rest.to_owned();
        value.push_str(if rest.is_empty() { "" } else { "\n" });
        value.push_str(&lines[at + 1..end].concat());
        value.push_str(if last.trim().is_empty() { "" } else { last });
        with(&value, end + 1)
    })
}

/// A value is taken as it is; only a plan is made of its lines.
fn value_of(name: &str, value: &str) -> Value {
    if name != "steps" {
        return Value::from(value);
    }
    if let Ok(steps @ Value::Array(_)) = serde_json::from_str(value) {
        return steps;
    }
    value.lines().map(str::trim).filter(|line| !line.is_empty()).map(step_of).collect()
}

/// `modify shop/cart.py::Cart.total: skip negative rows`.
fn step_of(line: &str) -> Value {
    let line = line.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '*' | '.' | ')' | ' '));
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    let actions = ["read", "add", "modify", "remove", "rename", "test", "other"];
    let Some(action) = actions.iter().find(|action| first.trim_end_matches(':').eq_ignore_ascii_case(action)) else {
        return serde_json::json!({ "title": line, "action": "other" });
    };
    let (target, title) = rest.trim().split_once(": ").unwrap_or((rest.trim(), ""));
    let is_target = !target.contains(' ') && (target.contains("::") || target.contains('/') || target.contains('.'));
    match is_target {
        true => {
            let title = if title.is_empty() { format!("{action} {target}") } else { title.to_owned() };
            serde_json::json!({ "title": title, "action": action, "target": target })
        }
        false => serde_json::json!({ "title": rest.trim(), "action": action }),
    }
}

/// Calls in the forms that models are trained on: where each begins, its tool and its arguments. Only those that are
/// unmistakable: the whole JSON of a call of a tool that there is.
fn foreign_calls(text: &str, names: &[&str]) -> Vec<(usize, String, String)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((start, body)) = next_marked(text, from) {
        let mut values = serde_json::Deserializer::from_str(&text[body..]).into_iter::<Value>();
        let Some(Ok(value)) = values.next() else {
            // On in any case.
            from = text.ceil_char_boundary(body.max(from + 1));
            continue;
        };
        let end = body + values.byte_offset();
        // `<function=read_file>{…}` names the tool in its tag.
        let tagged = text[start..body].trim().strip_prefix("<function=").and_then(|rest| rest.strip_suffix('>'));
        let calls: Vec<(String, String)> = match (tagged, value) {
            (Some(name), arguments @ Value::Object(_)) if names.contains(&name) => {
                vec![(name.to_owned(), arguments.to_string())]
            }
            (None, Value::Array(values)) => {
                let calls: Vec<_> = values.iter().filter_map(|value| call_of(value, names)).collect();
                if calls.len() == values.len() { calls } else { Vec::new() }
            }
            (None, value) => call_of(&value, names).into_iter().collect(),
            _ => Vec::new(),
        };
        found.extend(calls.into_iter().map(|(name, arguments)| (start, name, arguments)));
        from = end;
    }
    found
}

/// The next place from `from` on at which JSON of a call may begin: the start of its mark, and of the JSON.
fn next_marked(text: &str, from: usize) -> Option<(usize, usize)> {
    const MARKS: [&str; 7] =
        ["<tool_call>", "[TOOL_CALLS]", "<|python_tag|>", "<function=", "```json", "```tool_call", "<|tool_call|>"];
    let rest = text.get(from..)?;
    let body_behind = |at: usize| {
        let body = at + text[at..].len() - text[at..].trim_start().len();
        text[body..].starts_with(['{', '[']).then_some(body)
    };
    let marked = MARKS.iter().filter_map(|mark| {
        let start = from + rest.find(mark)?;
        let end = match *mark {
            "<function=" => start + text[start..].find('>')? + 1,
            mark => start + mark.len(),
        };
        // Where no JSON follows, the place is passed over.
        Some((start, body_behind(end).unwrap_or(end)))
    });
    // The whole text may be a call.
    let bare = body_behind(0).filter(|_| from == 0).map(|body| (0, body));
    // A mark before what only looks like the beginning of JSON.
    marked.chain(bare).min_by_key(|(start, _)| *start)
}

/// `{"name": …, "arguments": {…}}`, with the names that models give to both.
fn call_of(value: &Value, names: &[&str]) -> Option<(String, String)> {
    let value = value.get("function").filter(|function| function.is_object()).unwrap_or(value);
    let name = ["name", "tool", "tool_name", "function"].iter().find_map(|key| value.get(key)?.as_str())?;
    let arguments = ["arguments", "parameters", "args", "input"].iter().find_map(|key| value.get(key))?;
    let arguments = match arguments {
        Value::Object(_) => arguments.to_string(),
        Value::String(text) if matches!(serde_json::from_str(text), Ok(Value::Object(_))) => text.clone(),
        _ => return None,
    };
    names.contains(&name).then(|| (name.to_owned(), arguments))
}

#[cfg(test)]
mod tests;

//! A call as the simulated model thinks of it: a name and arguments, some of them code.

use serde_json::{Map, Value};

use crate::agent::ToolCall;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: Map<String, Value>,
}

/// The arguments that hold code, one of which an edit has.
const CODE: [&str; 3] = ["code", "content", "replace"];

impl Call {
    pub(super) fn new(name: &str, arguments: &[(&str, &str)]) -> Self {
        let arguments = arguments.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
        Self { name: name.to_owned(), arguments }
    }

    pub(super) fn of(call: &ToolCall) -> Self {
        let arguments = match serde_json::from_str(&call.arguments) {
            Ok(Value::Object(arguments)) => arguments,
            _ => Map::new(),
        };
        Self { name: call.name.clone(), arguments }
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.arguments.get(key).and_then(Value::as_str)
    }

    pub(super) fn with(&self, key: &str, value: &str) -> Self {
        let mut call = self.clone();
        call.arguments.insert(key.to_owned(), Value::from(value));
        call
    }

    pub(super) fn without(&self, key: &str) -> Self {
        let mut call = self.clone();
        call.arguments.shift_remove(key);
        call
    }

    pub(super) fn path(&self) -> Option<&str> {
        self.text("path").or_else(|| self.text("source"))
    }

    /// The argument that holds code, and the code.
    pub(super) fn code(&self) -> Option<(&'static str, &str)> {
        CODE.iter().find_map(|key| self.text(key).map(|code| (*key, code)))
    }

    /// The function or class that it is about: named, or defined first by its code.
    pub(super) fn symbol(&self) -> Option<String> {
        let named = self.text("name").or_else(|| self.text("symbol")).map(str::to_owned);
        named.or_else(|| self.code().and_then(|(_, code)| defined_name(code)))
    }

    pub(super) fn is_look(&self) -> bool {
        ["read_file", "list_files", "search", "file_structure", "find_symbol", "read_symbol", "find_references"]
            .contains(&self.name.as_str())
    }

    pub(super) fn is_edit(&self) -> bool {
        !self.is_look() && !["validate", "update_plan", "ask_user", "finish", "run_tests"].contains(&self.name.as_str())
    }
}

/// The name that a piece of code defines first.
pub(super) fn defined_name(code: &str) -> Option<String> {
    code.lines().find_map(|line| {
        let line = line.trim_start().trim_start_matches("async ");
        let rest = line.strip_prefix("def ").or_else(|| line.strip_prefix("class "))?;
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        (!name.is_empty()).then_some(name)
    })
}

/// Where two texts differ: the lines before and behind that are the same are left out.
pub(super) fn differing_lines<'a>(one: &'a str, other: &'a str) -> (Vec<&'a str>, Vec<&'a str>, usize) {
    let (one, other): (Vec<&str>, Vec<&str>) = (one.lines().collect(), other.lines().collect());
    let before = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let behind = one[before..].iter().rev().zip(other[before..].iter().rev()).take_while(|(a, b)| a == b).count();
    (one[before..one.len() - behind].to_vec(), other[before..other.len() - behind].to_vec(), before)
}

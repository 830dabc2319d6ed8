//! What a model wrote as the arguments of a call, taken leniently where that is safe.
//!
//! Lenient: numbers and flags as strings, a fence or a second quoting around the JSON, the usual other names of
//! `path`, an absolute path below the root. Strict: whatever would make an edit mean something else.

use std::path::Path;

use serde_json::{Map, Value};

use super::spec::{Kind, Spec, Takes};
use crate::text::{ProjectPath, edit_distance};

/// The arguments of one call. Every error is a sentence for the model, without the `Error: `.
pub(crate) struct Arguments<'a> {
    spec: &'static Spec,
    values: Map<String, Value>,
    root: &'a Path,
}

/// Other names by which models give an argument, where it can mean nothing else.
const OTHER_NAMES: &[(&str, &[&str])] = &[
    ("path", &["file_path", "filepath", "file", "filename"]),
    ("symbol", &["name", "qualname", "symbol_name"]),
    ("name", &["symbol", "function_name", "symbol_name"]),
    ("target_class", &["class_name", "class"]),
    ("query", &["name", "symbol", "pattern"]),
    ("pattern", &["query", "text"]),
    ("search", &["old_string", "old_text", "old_str"]),
    ("replace", &["new_string", "new_text", "new_str"]),
    ("content", &["text", "contents", "file_text"]),
    ("code", &["new_code"]),
];

impl<'a> Arguments<'a> {
    pub(crate) fn parse(spec: &'static Spec, written: &str, root: &'a Path) -> Result<Self, String> {
        let mut values = object_in(written).map_err(|why| {
            if written.trim_start().starts_with('<') {
                return format!(
                    "the call of {} is not whole: each argument ends with its closing tag, and the call with its own. Nothing was \
                     run. Write the whole call again, with: {}.",
                    spec.name,
                    spec.signature()
                );
            }
            format!(
                "the arguments of {} are no JSON object ({why}). Send one object with: {}.",
                spec.name,
                spec.signature()
            )
        })?;
        values.retain(|_, value| !value.is_null());
        for argument in spec.arguments {
            let others = OTHER_NAMES.iter().find(|(name, _)| *name == argument.name).map_or(&[][..], |(_, o)| *o);
            for other in others {
                let is_argument = spec.arguments.iter().any(|argument| argument.name == *other);
                if !is_argument
                    && !values.contains_key(argument.name)
                    && let Some(value) = values.remove(*other)
                {
                    values.insert(argument.name.to_owned(), value);
                }
            }
        }
        let arguments = Self { spec, values, root };
        arguments.check_names()?;
        Ok(arguments)
    }

    fn check_names(&self) -> Result<(), String> {
        let known = |name: &str| self.spec.arguments.iter().any(|argument| argument.name == name);
        // Something unknown that is passed over can make an edit mean something else; a look is only a little wider.
        let unknown = self.values.keys().find(|name| !known(name)).filter(|_| self.spec.kind == Kind::Change);
        if let Some(unknown) = unknown {
            let is_given = |name: &&str| self.values.contains_key(*name);
            let free = self.spec.arguments.iter().map(|a| a.name).filter(|name| !is_given(name));
            // A name of a few letters is near to any other.
            let is_near = |name: &&str| edit_distance(unknown, name) <= unknown.chars().count().min(name.len()) / 2;
            let nearest = free.filter(is_near).min_by_key(|name| edit_distance(unknown, name));
            let hint = nearest.map_or_else(|| " Leave it out.".to_owned(), |name| format!(" Did you mean '{name}'?"));
            return Err(format!(
                "{} has no argument '{}'.{hint} It takes {}.",
                self.spec.name,
                unknown.escape_debug(),
                self.spec.signature()
            ));
        }
        for argument in self.spec.arguments.iter().filter(|argument| argument.is_required) {
            if !self.values.contains_key(argument.name) {
                return Err(format!(
                    "'{}' is missing. {} takes {}.",
                    argument.name,
                    self.spec.name,
                    self.spec.signature()
                ));
            }
        }
        debug_assert!(self.spec.arguments.iter().all(|a| a.takes != Takes::Steps || self.spec.kind == Kind::Session));
        Ok(())
    }

    pub(crate) fn text(&self, name: &str) -> Result<String, String> {
        match self.values.get(name) {
            None => Err(format!("'{name}' is missing. {} takes {}.", self.spec.name, self.spec.signature())),
            Some(value) => text_of(value).ok_or_else(|| format!("'{name}' has to be a string.")),
        }
    }

    /// A text that was left out, or left empty.
    pub(crate) fn optional_text(&self, name: &str) -> Result<Option<String>, String> {
        if !self.values.contains_key(name) {
            return Ok(None);
        }
        Ok(Some(self.text(name)?).filter(|text| !text.trim().is_empty()))
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<u32>, String> {
        let Some(value) = self.values.get(name) else { return Ok(None) };
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) if text.trim().is_empty() => return Ok(None),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        match number {
            Some(number) if (0.0..=f64::from(u32::MAX)).contains(&number) => Ok(Some(number as u32)),
            _ => Err(format!("'{name}' has to be a line number from 1.")),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, String> {
        match self.values.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") || text.is_empty() => Ok(false),
            Some(_) => Err(format!("'{name}' has to be true or false.")),
        }
    }

    pub(crate) fn path(&self, name: &str) -> Result<ProjectPath, String> {
        let written = self.text(name)?;
        let path = self.below_root(&written);
        // A shell would take it for the home folder; here it would be a folder of that name.
        if path.trim_start().starts_with("~/") || path.trim() == "~" {
            return Err(format!(
                "'{}' is in a home folder. Paths are relative to the project root.",
                path.trim().escape_debug()
            ));
        }
        ProjectPath::new(path).map_err(|error| format!("{error}. Paths are relative to the project root."))
    }

    /// A folder or file, or nothing for the whole project.
    pub(crate) fn optional_path(&self, name: &str) -> Result<Option<ProjectPath>, String> {
        let Some(written) = self.optional_text(name)? else { return Ok(None) };
        let path = self.below_root(&written);
        if matches!(path.trim().trim_end_matches('/'), "" | ".") {
            return Ok(None);
        }
        self.path(name).map(Some)
    }

    fn below_root<'p>(&self, written: &'p str) -> &'p str {
        match Path::new(written.trim()).strip_prefix(self.root) {
            Ok(relative) if self.root.is_absolute() => relative.to_str().unwrap_or(written),
            _ => written,
        }
    }

    /// A qualified name; `path::Qual.name` and `Qual.name()` are taken too.
    pub(crate) fn symbol(&self, name: &str) -> Result<String, String> {
        let written = self.text(name)?;
        let qualname = written.rsplit("::").next().unwrap_or(&written).trim().trim_end_matches("()");
        if qualname.is_empty() {
            return Err(format!("'{name}' is empty. Give the qualified name of a symbol, such as `Cart.total`."));
        }
        Ok(qualname.to_owned())
    }

    pub(crate) fn values(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        // Some models send code as a list of lines.
        Value::Array(lines) if !lines.is_empty() => {
            let lines: Option<Vec<&str>> = lines.iter().map(Value::as_str).collect();
            lines.map(|lines| lines.join("\n"))
        }
        _ => None,
    }
}

/// The object in what a model wrote.
fn object_in(written: &str) -> Result<Map<String, Value>, String> {
    let mut text = written.trim();
    if let Some(fenced) = text.strip_prefix("```") {
        text = fenced.trim_start_matches("json").trim_end_matches('`').trim();
    }
    if text.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(values)) => Ok(values),
        Ok(Value::Null) => Ok(Map::new()),
        // Quoted a second time.
        Ok(Value::String(inner)) => match serde_json::from_str(&inner) {
            Ok(Value::Object(values)) => Ok(values),
            Ok(_) => Err("a string".to_owned()),
            Err(error) => Err(error.to_string()),
        },
        Ok(Value::Array(_)) => Err("a list".to_owned()),
        Ok(_) => Err("a bare value".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(tool: &str, written: &str) -> Result<Arguments<'static>, String> {
        Arguments::parse(Spec::named(tool).unwrap(), written, Path::new("/home/p"))
    }

    #[test]
    fn is_lenient_where_it_is_safe() {
        let arguments = parse("read_file", r#""{\"file_path\": \"/home/p/a/b.py\", \"start_line\": \"12\"}""#).unwrap();
        assert_eq!(arguments.path("path").unwrap().as_str(), "a/b.py");
        assert_eq!(arguments.number("start_line"), Ok(Some(12)));
        let arguments = parse("search", "```json\n{\"query\": \"x\", \"regex\": \"True\"}\n```").unwrap();
        assert_eq!((arguments.text("pattern"), arguments.flag("regex")), (Ok("x".into()), Ok(true)));
        let arguments = parse("read_symbol", r#"{"path": "a.py", "symbol": "a.py::Cart.total()"}"#).unwrap();
        assert_eq!(arguments.symbol("symbol"), Ok("Cart.total".into()));
    }

    #[test]
    fn names_the_way_out() {
        let error = |tool, written| parse(tool, written).err().unwrap();
        assert_eq!(error("read_file", "{}"), "'path' is missing. read_file takes path, start_line?, end_line?.");
        assert!(error("read_file", "{\"path\": ").contains("no JSON object"));
        assert!(error("read_file", "[]").contains("a list"));
        assert!(error("delete_file", r#"{"pth": "a.py"}"#).contains("Did you mean 'path'?"));
        let more = error("add_function", r#"{"path": "a.py", "code": "x", "name": "f"}"#);
        assert!(more.starts_with("add_function has no argument 'name'. Leave it out."), "{more}");
        let outside = parse("read_file", r#"{"path": "../x"}"#).unwrap().path("path").unwrap_err();
        assert!(outside.contains("leaves the project root"), "{outside}");
        let home = parse("write_file", r#"{"path": "~/x.py", "content": ""}"#).unwrap().path("path").unwrap_err();
        assert!(home.contains("relative to the project root"), "{home}");
        assert!(parse("read_file", r#"{"path": "a/~x.py"}"#).unwrap().path("path").is_ok());
    }
}

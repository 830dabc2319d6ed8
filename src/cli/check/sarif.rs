//! Answers as one SARIF 2.1.0 log, for code-scanning services.
//!
//! Invariant: a fingerprint holds no line number, so an issue is the same one when code above it grows.

use flux::gate::{Code, Example, Severity, codes};
use serde_json::{Value, json};

use super::answer::{Answer, Region, ToldIssue};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The log of one run, built answer by answer.
#[derive(Default)]
pub(super) struct Log {
    /// Leads from the top of the work tree to the project: paths are counted from there.
    prefix: String,
    results: Vec<Value>,
}

impl Log {
    pub(super) fn new(prefix: String) -> Self {
        Self { prefix, results: Vec::new() }
    }

    pub(super) fn add(&mut self, answer: &Answer) {
        for issue in answer.issues.iter().chain(&answer.overridden) {
            let mut result = self.result(issue);
            if !answer.id.is_null() {
                result["properties"] = json!({"edit": answer.id});
            }
            self.results.push(result);
        }
    }

    pub(super) fn finish(self) -> anyhow::Result<String> {
        let log = json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": "flux",
                    "version": env!("CARGO_PKG_VERSION"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": codes().map(rule).collect::<Vec<_>>(),
                }},
                "invocations": [{"executionSuccessful": true}],
                "columnKind": "unicodeCodePoints",
                "results": self.results,
            }],
        });
        Ok(serde_json::to_string_pretty(&log)? + "\n")
    }

    fn result(&self, issue: &ToldIssue) -> Value {
        let location = json!({"uri": uri(&format!("{}{}", self.prefix, issue.path)), "uriBaseId": "%SRCROOT%"});
        let place =
            if issue.region.is_whole_line { json!({"startLine": issue.region.line}) } else { region(&issue.region) };
        let mut result = json!({
            "ruleId": issue.code,
            "level": level(issue.severity),
            "message": {"text": issue.message},
            "locations": [{"physicalLocation": {"artifactLocation": location, "region": place}}],
            "partialFingerprints": {"fluxIssue/v1": issue.fingerprint.to_string()},
        });
        if let Some(at) = codes().position(|code| code.id == issue.code) {
            result["ruleIndex"] = json!(at);
        }
        if let Some(reason) = &issue.reason {
            result["suppressions"] = json!([{"kind": "external", "status": "accepted", "justification": reason}]);
        }
        if let Some(fix) = issue.fix.as_ref().filter(|fix| !fix.edits.is_empty()) {
            let replacements: Vec<Value> = fix
                .edits
                .iter()
                .map(|(place, text)| json!({"deletedRegion": region(place), "insertedContent": {"text": text}}))
                .collect();
            result["fixes"] = json!([{
                "description": {"text": fix.title},
                "artifactChanges": [{"artifactLocation": location, "replacements": replacements}],
            }]);
        }
        result
    }
}

fn rule(code: &Code) -> Value {
    let text = format!("{}\n\n{}", code.why, code.way_out);
    let mut markdown = text.clone();
    if let Example::Shown { wrong, right, .. } = code.example {
        for (head, files) in [("Told", wrong), ("Not told", right)] {
            markdown += &format!("\n\n{head}:\n\n~~~python\n{}\n~~~", files.trim());
        }
    }
    json!({
        "id": code.id,
        "name": pascal(code.id),
        "shortDescription": {"text": format!("{}.", code.title)},
        "fullDescription": {"text": code.why},
        "help": {"text": text, "markdown": markdown},
        "defaultConfiguration": {"level": level(code.severity)},
        "properties": {"tags": [code.layer.id()]},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Block => "error",
        Severity::Warn => "warning",
    }
}

fn region(region: &Region) -> Value {
    json!({
        "startLine": region.line, "startColumn": region.column,
        "endLine": region.end_line, "endColumn": region.end_column,
    })
}

/// `UnreadFile`.
fn pascal(id: &str) -> String {
    id.split('-')
        .map(|word| word.get(..1).unwrap_or_default().to_uppercase() + word.get(1..).unwrap_or_default())
        .collect()
}

/// A path as a relative reference: whatever is not plain is written in percent.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let spelled = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.bytes().map(spelled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_reference_and_a_code_a_name() {
        assert_eq!(uri("shop/größe 1#.py"), "shop/gr%C3%B6%C3%9Fe%201%23.py");
        assert_eq!(pascal("unread-file"), "UnreadFile");
    }
}

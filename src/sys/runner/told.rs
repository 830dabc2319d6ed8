//! What a run of tests told, line by line; a line that is none is passed over.

use serde::Deserialize;

use crate::gate::{FailedTest, TestFrame};
use crate::text::ProjectPath;

/// What is known of a run, while it goes on and afterwards.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::sys) struct Told {
    /// How many tests there are; `None`: the runner did not come so far.
    pub(in crate::sys) total: Option<usize>,
    pub(in crate::sys) ended_count: usize,
    /// Each once, in the order in which they failed.
    pub(in crate::sys) failed: Vec<FailedTest>,
    /// Begun and not ended.
    pub(in crate::sys) running: Vec<FailedTest>,
    /// The runner came to its end.
    pub(in crate::sys) is_done: bool,
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Line {
    Collected { count: usize },
    Started { id: String, path: String, line: u32 },
    Failed { id: String, path: String, line: u32, message: String, frames: Vec<Frame> },
    Ended { id: String },
    Done,
}

#[derive(Deserialize)]
struct Frame {
    path: String,
    line: u32,
    code: String,
}

impl Told {
    pub(in crate::sys) fn read(text: &str) -> Self {
        let mut told = Self::default();
        for line in text.lines() {
            if let Ok(line) = serde_json::from_str(line) {
                told.take(line);
            }
        }
        told
    }

    fn take(&mut self, line: Line) {
        match line {
            Line::Collected { count } => self.total = Some(count),
            Line::Started { id, path, line } => {
                let path = ProjectPath::new(&path).ok();
                self.running.push(FailedTest { id, path, line, message: String::new(), frames: Vec::new() });
            }
            Line::Failed { id, path, line, message, frames } => {
                // One test may fail several times: in its parts, and when it cleans up.
                if self.failed.iter().any(|test| test.id == id) {
                    return;
                }
                let frames = frames.into_iter().map(|Frame { path, line, code }| TestFrame { path, line, code });
                let path = ProjectPath::new(&path).ok();
                self.failed.push(FailedTest { id, path, line, message, frames: frames.collect() });
            }
            Line::Ended { id } => {
                self.running.retain(|test| test.id != id);
                self.ended_count += 1;
            }
            Line::Done => self.is_done = true,
        }
    }
}

/// What the output of a command says that ran tests without our teller: as unittest words it, or by its end alone.
pub(in crate::sys) fn told_in_output(output: &str, is_success: bool, command: &str) -> Told {
    let mut told = Told { is_done: true, ..Told::default() };
    let lines: Vec<&str> = output.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        if let Some(count) = line.strip_prefix("Ran ").and_then(|rest| rest.split(' ').next()?.parse().ok()) {
            told.total = Some(count);
            told.ended_count = count;
        }
        let Some(name) = line.strip_prefix("FAIL: ").or_else(|| line.strip_prefix("ERROR: ")) else { continue };
        let block = lines[at + 1..].iter().take_while(|line| !line.starts_with("====") && !line.starts_with("Ran "));
        // The error stands below the lines that it went through.
        let message = block.filter(|line| !line.starts_with([' ', '-']) && !line.is_empty()).last().copied();
        let message = message.unwrap_or("it fails").to_owned();
        if !told.failed.iter().any(|test| test.id == name) {
            told.failed.push(FailedTest { id: name.to_owned(), path: None, line: 1, message, frames: Vec::new() });
        }
    }
    if !is_success && told.failed.is_empty() {
        let message = format!("the command fails:\n{}", last_lines(output, 12));
        told.failed.push(FailedTest { id: format!("`{command}`"), path: None, line: 1, message, frames: Vec::new() });
    }
    told
}

/// The last lines that say something.
pub(in crate::sys) fn last_lines(output: &str, count: usize) -> String {
    let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_read_line_by_line() {
        let told = Told::read(
            "{\"event\": \"collected\", \"count\": 3}\n{\"event\": \"started\", \"id\": \"a\", \"path\": \"t.py\", \"line\": 4}\nno json\n\
             {\"event\": \"failed\", \"id\": \"a\", \"path\": \"t.py\", \"line\": 4, \"message\": \"E: x\", \"frames\": []}\n\
             {\"event\": \"ended\", \"id\": \"a\"}\n{\"event\": \"started\", \"id\": \"b\", \"path\": \"t.py\", \"line\": 9}\n{\"event\": \"do",
        );
        assert_eq!((told.total, told.ended_count, told.is_done), (Some(3), 1, false));
        assert_eq!((told.failed[0].id.as_str(), told.running[0].id.as_str(), told.running.len()), ("a", "b", 1));
    }

    #[test]
    fn the_output_of_unittest_names_its_tests() {
        let output = "F.\n======\nFAIL: test_total (tests.test_cart.CartTest.test_total)\n------\nTraceback (most recent call last):\n  File \"x\", line 3\n    f()\nAssertionError: 3 != 2\n\n-----\nRan 2 tests in 0.001s\n\nFAILED (failures=1)\n";
        let told = told_in_output(output, false, "make test");
        assert_eq!(told.failed.len(), 1);
        assert_eq!(told.failed[0].message, "AssertionError: 3 != 2");
        assert_eq!((told.total, told.ended_count), (Some(2), 2));
        let told = told_in_output("boom\n", false, "make test");
        assert_eq!(told.failed[0].id, "`make test`");
        assert!(told_in_output("fine\n", true, "make test").failed.is_empty());
    }
}

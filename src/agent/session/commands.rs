//! Commands of the model: asked for first, unless the person has allowed them.
//!
//! Knows nothing of how they are run. Invariant: no command runs that nobody has allowed, in this very wording or by a
//! pattern that it fits without anything a shell would make more of.

use std::collections::BTreeSet;

use super::{Need, Phase, Session, Work};
use crate::agent::ToolCall;
use crate::agent::tools::{Arguments, refused};

/// What the person has allowed.
#[derive(Default)]
pub(super) struct Commands {
    /// From the configuration: a command, or its first words and `*`.
    allowed: Vec<String>,
    /// In this session.
    always: BTreeSet<String>,
}

const COMMAND_BYTES_MAX: usize = 4_000;

impl Session {
    /// Lets commands run without being asked for: each a command, or its first words and `*`.
    pub fn allow_commands(&mut self, patterns: &[String]) {
        if self.commands.allowed != patterns {
            self.commands.allowed = patterns.to_vec();
        }
    }

    /// Whether the person is asked if a command may run.
    pub fn asks_leave(&self) -> bool {
        matches!(self.work, Work::Leave(..))
    }

    /// Begins `run_command`. Nothing when it was answered at once.
    pub(super) fn begin_command(&mut self, call: ToolCall, arguments: &Arguments<'_>) -> Option<Vec<Need>> {
        let command = match arguments.text("command").map(|text| text.trim().to_owned()) {
            Ok(command) if !command.is_empty() && !command.contains('\0') && command.len() <= COMMAND_BYTES_MAX => {
                command
            }
            Ok(_) => {
                let why = format!("give one command, of at most {COMMAND_BYTES_MAX} bytes.");
                self.answer(&call, refused(&why));
                return None;
            }
            Err(why) => {
                self.answer(&call, refused(&why));
                return None;
            }
        };
        if self.commands.always.contains(&command) || self.commands.allowed.iter().any(|it| fits(&command, it)) {
            return Some(self.run_command(call, command));
        }
        self.phase = Phase::Asking;
        self.work = Work::Leave(call, command.clone());
        Some(vec![Need::AskLeave(command)])
    }

    /// The person answered: `y` once, `a` for the whole session, anything else means no.
    pub(super) fn on_leave(&mut self, call: ToolCall, command: String, answer: &str) -> Vec<Need> {
        self.phase = Phase::Working;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => self.run_command(call, command),
            "a" | "always" => {
                self.commands.always.insert(command.clone());
                self.run_command(call, command)
            }
            _ => {
                let words = match answer.trim() {
                    "" | "n" | "no" => String::new(),
                    words => format!(" and says: {}", words.trim_end_matches('.')),
                };
                let why =
                    format!("the person does not allow this command{words}. Do without it; run_tests needs no leave.");
                self.answer(&call, refused(&why));
                self.next_call()
            }
        }
    }

    fn run_command(&mut self, call: ToolCall, command: String) -> Vec<Need> {
        let context = self.tool_context(&call, None);
        let job = self.next_job();
        self.work = Work::Tool(job, call);
        vec![Need::RunCommand(job, command, context)]
    }
}

/// Whether an allowance covers a command: that very one, one that begins with the words before a `*`, or any (`*`).
fn fits(command: &str, pattern: &str) -> bool {
    if pattern.trim() == "*" {
        return true;
    }
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let (command_words, mut pattern_words) = (words(command), words(pattern));
    if pattern_words.last().is_none_or(|word| word != "*" && word != "…") {
        return command.trim() == pattern.trim();
    }
    pattern_words.pop();
    // What a shell would take for more than words could be anything.
    let is_plain =
        !command.contains(['\n', '\r', ';', '|', '&', '<', '>', '$', '`', '(', ')', '{', '}', '\\', '!', '#']);
    is_plain && !pattern_words.is_empty() && command_words.starts_with(&pattern_words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_covers_its_own_words_alone() {
        assert!(fits("ruff check --fix .", "ruff *") && fits("ruff", "ruff *") && fits("make lint", "make lint"));
        assert!(fits("ruff  check src", "ruff check …"));
        for command in
            ["ruff check; rm -rf .", "ruff $(id)", "ruff\nid", "ruffian", "ruff | sh", "ruff && id", "x ruff"]
        {
            assert!(!fits(command, "ruff *"), "{command}");
        }
        assert!(!fits("make lint all", "make lint") && !fits("id", "") && !fits("id", "* *"));
        // Who says that anything goes means it.
        assert!(fits("id; ls | wc", "*"));
    }
}

//! What the person adds while the agent is at work.
//!
//! Invariant: until the model is asked next it can be changed; then it is told, once.

use super::Session;
use crate::agent::Activity;

impl Session {
    /// Has the model told with the next question.
    pub fn add(&mut self, text: String) {
        self.added.push(text);
    }

    /// What waits for the next question, in order.
    pub fn added(&self) -> &[String] {
        &self.added
    }

    pub fn take_added(&mut self) -> Vec<String> {
        std::mem::take(&mut self.added)
    }

    pub fn take_last_added(&mut self) -> Option<String> {
        self.added.pop()
    }

    pub(super) fn tell_added(&mut self) {
        for text in self.take_added() {
            self.words.push_str(&text);
            self.words.push('\n');
            self.notes.push(format!("The person adds: {text}"));
            self.activity.push(Activity::Task(text));
        }
    }
}

//! What stands around the text of the prompt: where it is written, what may complete it, what was sent before, what was pasted.
//!
//! Knows nothing of keys. Invariant: what a person was writing is never lost to what they look up.

use std::ops::Range;

use crate::agent::JobId;
use crate::app::Ranking;

/// What the text before the cursor may become.
#[derive(Debug, Default)]
pub struct Completion {
    /// The bytes of the draft that it replaces, `@` or `/` included.
    pub range: Range<usize>,
    pub is_command: bool,
    pub ranking: Ranking,
    pub selected: usize,
    pub(in crate::app) awaited: Option<JobId>,
}

/// Many lines that stand as a few words in the draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pasted {
    pub token: String,
    pub text: String,
}

#[derive(Debug, Default)]
pub struct PromptPane {
    /// Where in the draft the person writes, in bytes.
    pub cursor: usize,
    pub completion: Option<Completion>,
    /// A symbol of the project, for a task that could be written.
    pub example: Option<Box<str>>,
    /// The oldest first, each once.
    pub history: Vec<String>,
    /// The one of them that is shown, and what was being written before.
    recalled: Option<(usize, String)>,
    pub(in crate::app) pasted: Vec<Pasted>,
}

impl PromptPane {
    /// So many prompts are remembered.
    pub const HISTORY_MAX: usize = 500;

    /// Whether something that was pasted stands as a few words.
    pub fn has_pasted(&self) -> bool {
        !self.pasted.is_empty()
    }

    /// Remembers a prompt. False where it is none.
    pub fn remember(&mut self, text: &str) -> bool {
        self.recalled = None;
        let text = text.trim();
        if text.is_empty() {
            return false;
        }
        self.history.retain(|other| other != text);
        self.history.push(text.to_owned());
        if self.history.len() > Self::HISTORY_MAX {
            self.history.remove(0);
        }
        true
    }

    /// The prompt before the one that is shown; nothing where there is none.
    pub fn older(&mut self, draft: &str) -> Option<String> {
        let at = self.recalled.as_ref().map_or(self.history.len(), |(at, _)| *at).checked_sub(1)?;
        let kept = self.recalled.take().map_or_else(|| draft.to_owned(), |(_, kept)| kept);
        self.recalled = Some((at, kept));
        self.history.get(at).cloned()
    }

    /// The prompt after the one that is shown, or what was being written.
    pub fn newer(&mut self) -> Option<String> {
        let (at, kept) = self.recalled.take()?;
        match self.history.get(at + 1) {
            Some(text) => {
                self.recalled = Some((at + 1, kept));
                Some(text.clone())
            }
            None => Some(kept),
        }
    }

    /// What is shown was changed: it is what is being written now.
    pub fn written(&mut self) {
        self.recalled = None;
    }

    /// Keeps a long paste aside and gives back the words that stand for it.
    pub fn set_aside(&mut self, text: String) -> String {
        let count = text.lines().count();
        let plain = format!("[pasted {count} lines]");
        let is_taken = |token: &str| self.pasted.iter().any(|pasted| pasted.token == token);
        let numbered = (2..).map(|number| format!("[pasted {count} lines, {number}]"));
        let token = std::iter::once(plain).chain(numbered).find(|token| !is_taken(token)).unwrap_or_default();
        self.pasted.push(Pasted { token: token.clone(), text });
        token
    }

    /// A text with all that was pasted in it.
    pub fn expanded(&self, text: &str) -> String {
        self.pasted.iter().fold(text.to_owned(), |text, pasted| text.replace(&pasted.token, &pasted.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_being_written_comes_back_behind_the_history() {
        let mut prompt = PromptPane::default();
        for text in ["one", "two", "one", "  "] {
            prompt.remember(text);
        }
        assert_eq!(prompt.history, ["two", "one"]);
        assert_eq!(prompt.older("half").as_deref(), Some("one"));
        assert_eq!(prompt.older("one").as_deref(), Some("two"));
        assert_eq!(prompt.older("two"), None);
        assert_eq!(prompt.newer().as_deref(), Some("one"));
        assert_eq!(prompt.newer().as_deref(), Some("half"));
        assert_eq!(prompt.newer(), None);
    }

    #[test]
    fn a_long_paste_is_a_few_words_until_it_is_sent() {
        let mut prompt = PromptPane::default();
        let one = prompt.set_aside("a\nb".to_owned());
        let other = prompt.set_aside("c\nd".to_owned());
        assert_ne!(one, other);
        assert_eq!(prompt.expanded(&format!("{one} and {other}")), "a\nb and c\nd");
    }
}

//! What the agent did and what flux has to say, oldest first.

use crate::agent::Activity;

/// A line of flux's own between the agent's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnNote {
    /// How many of the agent's entries come before it.
    pub after: usize,
    pub text: String,
    pub is_failure: bool,
}

#[derive(Default)]
pub struct ActivityPane {
    pub notes: Vec<OwnNote>,
    /// How many lines the view is scrolled up from the newest.
    pub up: usize,
}

/// One entry as it is shown.
#[derive(Debug, Clone, Copy)]
pub enum Entry<'a> {
    Agent(&'a Activity),
    Own(&'a OwnNote),
}

impl ActivityPane {
    /// Keeps only so many own notes.
    const NOTES_MAX: usize = 200;

    pub fn note(&mut self, after: usize, text: String, is_failure: bool) {
        if self.notes.len() >= Self::NOTES_MAX {
            self.notes.remove(0);
        }
        self.notes.push(OwnNote { after, text, is_failure });
    }

    /// All entries, newest first: the view begins at the end and stops when it is full.
    pub fn newest_first<'a>(&'a self, agent: &'a [Activity]) -> impl Iterator<Item = Entry<'a>> {
        let mut notes = self.notes.iter().rev().peekable();
        let mut left = agent.len();
        std::iter::from_fn(move || {
            if let Some(note) = notes.next_if(|note| note.after >= left) {
                return Some(Entry::Own(note));
            }
            left = left.checked_sub(1)?;
            Some(Entry::Agent(&agent[left]))
        })
    }
}

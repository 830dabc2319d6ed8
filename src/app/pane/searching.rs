//! What is looked for in the file in view.
//!
//! Smart case: letters in lower case match both. Invariant: matches stand in order and do not overlap.

use std::ops::Range;

use regex::RegexBuilder;

use crate::index::LiveFile;
use crate::text::Span;

/// No person walks through more.
const MATCHES_MAX: usize = 20_000;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeSearch {
    pub query: String,
    /// The query is being typed.
    pub is_typing: bool,
    pub matches: Vec<Span>,
    /// Which of them the cursor is at.
    pub at: usize,
    /// Where the search began: until a match is taken, the next one from here is shown.
    pub from: u32,
}

impl CodeSearch {
    /// A search that begins at an offset.
    pub fn begun_at(from: u32) -> Self {
        Self { is_typing: true, from, ..Self::default() }
    }

    /// Another query; the first match from where the search began is the one at hand.
    pub fn set_query(&mut self, query: String, file: &LiveFile) {
        self.query = query;
        self.look_through(file);
        self.at = self.matches.iter().position(|span| span.start >= self.from).unwrap_or(0);
    }

    pub fn look_through(&mut self, file: &LiveFile) {
        self.matches.clear();
        if self.query.is_empty() {
            return;
        }
        let is_exact = self.query.chars().any(char::is_uppercase);
        let pattern = RegexBuilder::new(&regex::escape(&self.query)).case_insensitive(!is_exact).build();
        let Ok(pattern) = pattern else { return };
        let found = pattern.find_iter(file.text.text()).take(MATCHES_MAX);
        self.matches.extend(found.map(|one| Span::new(one.start(), one.end())));
        self.at = self.at.min(self.matches.len().saturating_sub(1));
    }

    /// Goes to the next or the previous match, round the end.
    pub fn step(&mut self, forward: bool) {
        let count = self.matches.len().max(1);
        self.at = (self.at + if forward { 1 } else { count - 1 }) % count;
    }

    pub fn current(&self) -> Option<Span> {
        self.matches.get(self.at).copied()
    }

    /// The matches that touch a stretch of the text.
    pub fn within(&self, range: Range<u32>) -> &[Span] {
        let first = self.matches.partition_point(|span| span.end <= range.start);
        let last = self.matches.partition_point(|span| span.start < range.end);
        &self.matches[first..last.max(first)]
    }
}

//! A conversation that outgrows what a model can take: what is old is left out, or told in short.
//!
//! Made from what the session knows, without a model. Invariants: every call that stays has its one answer behind it; the
//! newest turns stay whole; what the model can no longer see counts as unread, and has to be read again before it is
//! edited.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{Ending, Need, Session};
use crate::agent::tools::{Arguments, Spec};
use crate::agent::{ChatMessage, Role};
use crate::gate::ReadState;
use crate::index::FileStructure;
use crate::text::{ProjectPath, hunks_of};

/// What is left in place of an answer that was dropped.
const DROPPED: &str = "(left out to save room; make the call again if you need it)";
/// So many of the newest messages keep their answers for as long as anything else can go.
const FRESH_COUNT: usize = 12;
/// Shorter answers are not worth dropping.
const SHORT_BYTES: usize = 400;
/// Letters of a token, guessed low: then a conversation is rather too short than too long.
const TOKEN_BYTES: u64 = 3;
/// Tokens that are not the conversation's: the tools and the answer.
const OTHER_TOKENS: u64 = 5_000;
/// What is left of the person's words in a digest.
const WORDS_BYTES_MAX: usize = 6_000;
/// No window is smaller.
const CONVERSATION_BYTES_MIN: usize = 6_000;
/// A model that finds it too long again after so many shortenings cannot be helped.
const SHORTENINGS_MAX: u32 = 3;

fn size(message: &ChatMessage) -> usize {
    message.content.len() + message.tool_calls.iter().map(|call| call.arguments.len()).sum::<usize>()
}

fn total(messages: &[ChatMessage]) -> usize {
    messages.iter().map(size).sum()
}

impl Session {
    /// The model said that it is too long: it is made shorter and asked again.
    pub(super) fn on_too_long(&mut self, why: String, tokens_max: Option<u64>) -> Vec<Need> {
        let bytes = total(&self.messages);
        let window = tokens_max.map(|tokens| (tokens.saturating_sub(OTHER_TOKENS) * TOKEN_BYTES) as usize);
        let target = window.unwrap_or(usize::MAX).min(bytes * 2 / 3).max(CONVERSATION_BYTES_MIN);
        self.task.shortening_count += 1;
        if self.task.shortening_count > SHORTENINGS_MAX || !self.shorten(target) {
            return self.end(format!("{why}; give a smaller task, or use a model that takes more"), Ending::Failed);
        }
        self.limits.conversation_bytes_max = self.limits.conversation_bytes_max.min(target);
        self.note("the model takes less: the conversation was shortened, and it is asked again");
        self.task.turn_count = self.task.turn_count.saturating_sub(1);
        self.ask()
    }

    /// Keeps the conversation within its limit.
    pub(super) fn keep_short(&mut self) {
        if total(&self.messages) > self.limits.conversation_bytes_max
            && self.shorten(self.limits.conversation_bytes_max)
        {
            self.note("the conversation grew long: its oldest part was left out");
        }
    }

    /// Makes the conversation fit into `limit_bytes`. It then goes well below, so that the beginning stays the same for many
    /// turns and servers can keep what they worked out of it. False when it did not get any shorter.
    fn shorten(&mut self, limit_bytes: usize) -> bool {
        let before = total(&self.messages);
        let mut unseen = BTreeSet::new();
        let old_count = self.messages.len().saturating_sub(FRESH_COUNT);
        self.drop_answers(old_count, limit_bytes / 2, &mut unseen);
        if total(&self.messages) > limit_bytes * 3 / 4 {
            self.fold(limit_bytes / 2, &mut unseen);
        }
        if total(&self.messages) > limit_bytes {
            // Even the newest turns are too much. The last answers are shortened last of all.
            self.drop_answers(self.messages.len().saturating_sub(3), limit_bytes, &mut unseen);
            self.cut_messages(limit_bytes, &mut unseen);
        }
        self.forget(&unseen);
        total(&self.messages) < before
    }

    /// Drops long answers among the first `count` messages, oldest first, until no more than `enough` bytes are left.
    fn drop_answers(&mut self, count: usize, enough: usize, unseen: &mut BTreeSet<ProjectPath>) {
        let mut left = total(&self.messages);
        for at in 0..count {
            if left <= enough {
                break;
            }
            let message = &self.messages[at];
            if message.role == Role::Tool && message.content.len() > SHORT_BYTES {
                left -= message.content.len() - DROPPED.len();
                unseen.extend(self.read_by(at));
                DROPPED.clone_into(&mut self.messages[at].content);
            }
        }
    }

    /// Puts a digest in the place of the oldest turns, so that no more than about `enough` bytes stay.
    fn fold(&mut self, enough: usize, unseen: &mut BTreeSet<ProjectPath>) {
        let mut tail = 0;
        let mut cut = self.messages.len();
        for at in (1..self.messages.len()).rev() {
            tail += size(&self.messages[at]);
            let begins_turn = self.messages[at].role != Role::Tool;
            // The newest turn stays in any case.
            if begins_turn && (tail <= enough || cut == self.messages.len()) {
                cut = at;
            }
            if tail > enough && cut < self.messages.len() {
                break;
            }
        }
        if cut <= 2 || cut >= self.messages.len() {
            return;
        }
        for at in 1..cut {
            unseen.extend(self.read_by(at));
        }
        let digest = self.digest(unseen);
        let mut told = ChatMessage { role: Role::User, content: digest, tool_calls: Vec::new(), tool_call_id: None };
        if self.messages[cut].role == Role::User {
            told.content = format!("{}\n\n{}", told.content, self.messages[cut].content);
            cut += 1;
        }
        self.messages.splice(1..cut, [told]);
    }

    /// Cuts the longest messages behind the rules until all fit.
    fn cut_messages(&mut self, limit_bytes: usize, unseen: &mut BTreeSet<ProjectPath>) {
        let mut most = limit_bytes / 2;
        while total(&self.messages) > limit_bytes && most > SHORT_BYTES {
            for at in 1..self.messages.len() {
                let length = self.messages[at].content.len();
                if length <= most {
                    continue;
                }
                unseen.extend(self.read_by(at));
                let content = &mut self.messages[at].content;
                content.truncate(content.floor_char_boundary(most));
                let _ = write!(content, "\n… ({} bytes more were left out; ask for fewer lines)", length - most);
            }
            most /= 2;
        }
    }

    /// The file that the message at `at` showed, where it answers a reading.
    fn read_by(&self, at: usize) -> Option<ProjectPath> {
        let id = self.messages[at].tool_call_id.as_deref()?;
        let mut calls = self.messages[..at].iter().rev().flat_map(|message| &message.tool_calls);
        let call = calls.find(|call| call.id == id)?;
        let arguments = Arguments::parse(Spec::named(&call.name)?, &call.arguments, self.snapshot.root()).ok()?;
        arguments.path("path").ok().filter(|path| self.reads.files.contains_key(path))
    }

    /// What the model no longer sees has to be read again. Of files with pending edits it stays known at which content they
    /// were read, which is what the gate asks.
    fn forget(&mut self, unseen: &BTreeSet<ProjectPath>) {
        for path in unseen {
            let Some(state) = self.reads.files.remove(path) else { continue };
            if self.pending.get(path).is_some() {
                let state = ReadState { whole: false, symbols: Vec::new(), ..state };
                self.reads.files.insert(path.clone(), state);
            }
        }
    }

    /// What counts of what was said so far.
    fn digest(&self, unseen: &BTreeSet<ProjectPath>) -> String {
        let mut out = "The conversation grew long, and its older part was left out. What counts of it:".to_owned();
        let words = self.words.trim_end();
        let start = words.ceil_char_boundary(words.len().saturating_sub(WORDS_BYTES_MAX));
        let _ = write!(out, "\n\nThe person wrote, the newest last:\n{}", &words[start..]);
        if !self.plan.steps.is_empty() {
            let _ = write!(out, "\n\nThe plan:\n{}", self.plan.listed());
        }
        if !self.pending.is_empty() {
            out.push_str("\n\nYour edits that are pending, kept and judged by flux:");
        }
        for (path, symbols) in self.pending_symbols() {
            let _ =
                write!(out, "\n- {path}{}", if symbols.is_empty() { String::new() } else { format!(": {symbols}") });
        }
        if !self.open.is_empty() {
            out.push_str("\n\nStill to be settled:");
        }
        for issue in self.open.iter().take(12) {
            let _ = write!(out, "\n- {}:{}: {}", issue.path, issue.line, issue.message);
        }
        let listed = |paths: Vec<&ProjectPath>| paths.iter().map(|path| path.as_str()).collect::<Vec<_>>().join(", ");
        let seen: Vec<&ProjectPath> = self.reads.files.keys().filter(|path| !unseen.contains(*path)).collect();
        if !seen.is_empty() {
            let _ = write!(out, "\n\nRead, and still in this conversation: {}.", listed(seen));
        }
        if !unseen.is_empty() {
            let unseen = listed(unseen.iter().collect());
            let _ = write!(out, "\n\nRead before, but left out here: {unseen}. Read them again before you edit them.");
        }
        if let Some(lessons) = self.lessons_again() {
            let _ = write!(out, "\n\n{lessons}");
        }
        out.push_str("\n\nGo on from here.");
        out
    }

    /// Each pending file with the symbols that its edits lie in.
    fn pending_symbols(&self) -> Vec<(ProjectPath, String)> {
        let hunks = hunks_of(&self.pending);
        let symbols_of = |path: &ProjectPath, new: &str| {
            let structure = FileStructure::parse(path, new);
            let lines = || hunks.iter().filter(|hunk| hunk.path == *path).flat_map(|hunk| &hunk.runs);
            let is_changed = |first: u32, last: u32| lines().any(|run| run.new.start < last && run.new.end >= first);
            let touched = structure.symbols.iter().filter(|symbol| is_changed(symbol.line, symbol.end_line));
            touched.map(|symbol| symbol.qualname.to_string()).take(20).collect::<Vec<_>>().join(", ")
        };
        let pending = self.pending.iter().map(|(path, change)| match &change.new {
            None => (path.clone(), "deleted".to_owned()),
            Some(new) if path.is_python() => (path.clone(), symbols_of(path, new)),
            Some(_) => (path.clone(), String::new()),
        });
        pending.collect()
    }
}

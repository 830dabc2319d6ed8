//! What the agent did and what flux has to say, oldest first; what is selected, unfolded and searched for.
//!
//! Knows nothing of lines: how the entries are laid and scrolled is the picture's. Invariant: the pane holds so many of the newest
//! entries; the session's log holds them all.

use std::collections::{BTreeMap, BTreeSet};

use crate::agent::{Activity, Outcome};

/// What a line of flux's own is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    Said,
    Failure,
    /// The model thinks aloud.
    Thought,
}

/// A line of flux's own between the agent's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnNote {
    /// How many of the agent's entries come before it.
    pub after: usize,
    pub text: String,
    pub kind: NoteKind,
    number: u64,
}

/// Names an entry for as long as the session lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryId {
    /// By its place in the agent's activity.
    Agent(usize),
    Own(u64),
}

/// What is searched for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    pub query: String,
    /// It is still being written.
    pub is_typing: bool,
    /// How many entries hold it, and which of them, from 1, is at hand.
    pub count: usize,
    pub at: usize,
}

#[derive(Default)]
pub struct ActivityPane {
    pub notes: Vec<OwnNote>,
    /// Nothing: the newest entry is followed.
    pub selected: Option<EntryId>,
    /// What is unfolded.
    pub open: BTreeSet<EntryId>,
    pub search: Option<Search>,
    /// So many lines were scrolled in all, downwards.
    pub scrolled: i64,
    /// Grows with each wish to see the end.
    pub to_end: u64,
    /// When calls began and ended, by their place in the agent's activity.
    times: BTreeMap<usize, (u64, Option<u64>)>,
    numbered: u64,
}

/// One entry as it is shown.
#[derive(Debug, Clone, Copy)]
pub enum Entry<'a> {
    Agent(&'a Activity),
    Own(&'a OwnNote),
}

impl Entry<'_> {
    /// Whether there is more of it than its line.
    pub fn is_folding(&self) -> bool {
        match self {
            Self::Agent(Activity::Call { .. }) => true,
            Self::Own(note) => note.kind == NoteKind::Thought,
            Self::Agent(_) => false,
        }
    }

    /// Whether a lower-case text stands in it, folded parts included.
    fn holds(&self, wanted: &str) -> bool {
        let holds = |text: &str| text.to_lowercase().contains(wanted);
        match self {
            Self::Agent(
                Activity::Task(text) | Activity::Said(text) | Activity::Note(text) | Activity::Failure(text),
            ) => holds(text),
            Self::Agent(Activity::Call { summary, arguments, answer, .. }) => {
                holds(summary) || holds(arguments) || holds(answer)
            }
            Self::Own(note) => holds(&note.text),
        }
    }
}

impl ActivityPane {
    /// Keeps only so many own notes.
    const NOTES_MAX: usize = 200;
    /// So many entries are shown and searched.
    pub const ENTRIES_MAX: usize = 2_000;
    /// So much of a thought is kept.
    const THOUGHT_BYTES_MAX: usize = 64 << 10;

    pub fn note(&mut self, after: usize, text: String, kind: NoteKind) {
        if self.notes.len() >= Self::NOTES_MAX {
            self.notes.remove(0);
        }
        self.numbered += 1;
        self.notes.push(OwnNote { after, text, kind, number: self.numbered });
    }

    /// Takes in what the model thinks aloud, before anything that it says or does next.
    pub fn think(&mut self, after: usize, piece: &str) {
        match self.notes.last_mut().filter(|note| note.kind == NoteKind::Thought && note.after == after) {
            Some(note) if note.text.len() > Self::THOUGHT_BYTES_MAX => {}
            Some(note) => note.text.push_str(piece),
            None => self.note(after, piece.to_owned(), NoteKind::Thought),
        }
    }

    /// All entries, newest first.
    pub fn newest_first<'a>(&'a self, agent: &'a [Activity]) -> impl Iterator<Item = (EntryId, Entry<'a>)> {
        let mut notes = self.notes.iter().rev().peekable();
        let mut left = agent.len();
        let all = std::iter::from_fn(move || {
            if let Some(note) = notes.next_if(|note| note.after >= left) {
                return Some((EntryId::Own(note.number), Entry::Own(note)));
            }
            left = left.checked_sub(1)?;
            Some((EntryId::Agent(left), Entry::Agent(&agent[left])))
        });
        all.filter(|(_, entry)| !matches!(entry, Entry::Agent(Activity::Said(text)) if text.trim().is_empty()))
            .take(Self::ENTRIES_MAX)
    }

    fn ids(&self, agent: &[Activity]) -> Vec<EntryId> {
        let mut ids: Vec<EntryId> = self.newest_first(agent).map(|(id, _)| id).collect();
        ids.reverse();
        ids
    }

    /// Moves the selection by entries; behind the last one the end is followed.
    pub fn move_by(&mut self, by: isize, agent: &[Activity]) {
        let ids = self.ids(agent);
        let here = self.selected.and_then(|id| ids.iter().position(|other| *other == id)).unwrap_or(ids.len());
        let at = here.saturating_add_signed(by);
        self.selected = ids.get(at).copied();
        if self.selected.is_none() {
            self.follow();
        }
    }

    /// Shows the end from now on.
    pub fn follow(&mut self) {
        self.selected = None;
        self.to_end += 1;
    }

    /// Unfolds what is selected, or folds it; without a selection the newest entry that folds.
    pub fn toggle(&mut self, open: Option<bool>, agent: &[Activity]) {
        let found = match self.selected {
            Some(id) => self.newest_first(agent).find(|(other, _)| *other == id),
            None => self.newest_first(agent).find(|(_, entry)| entry.is_folding()),
        };
        let Some((id, _)) = found.filter(|(_, entry)| entry.is_folding()) else { return };
        self.selected = Some(id);
        if open.unwrap_or(!self.open.contains(&id)) {
            self.open.insert(id);
        } else {
            self.open.remove(&id);
        }
    }

    /// Goes to the next entry that holds what is searched for, round the end. False where none does.
    pub fn step_match(&mut self, forward: bool, agent: &[Activity]) -> bool {
        let Some(wanted) = self.search.as_ref().map(|search| search.query.to_lowercase()) else { return false };
        if wanted.is_empty() {
            return false;
        }
        let mut found: Vec<EntryId> =
            self.newest_first(agent).filter(|(_, entry)| entry.holds(&wanted)).map(|(id, _)| id).collect();
        found.reverse();
        let order = self.ids(agent);
        let place = |id: EntryId| order.iter().position(|other| *other == id);
        let here = self.selected.and_then(place);
        let next = match forward {
            true => found.iter().find(|id| here.is_some_and(|here| place(**id) > Some(here))).or(found.first()),
            false => found.iter().rev().find(|id| here.is_none_or(|here| place(**id) < Some(here))).or(found.last()),
        };
        let next = next.copied();
        if let Some(search) = &mut self.search {
            search.count = found.len();
            search.at = next.and_then(|next| found.iter().position(|id| *id == next)).map_or(0, |at| at + 1);
        }
        let Some(next) = next else { return false };
        self.selected = Some(next);
        // What is folded may be what holds it.
        if self.newest_first(agent).any(|(id, entry)| id == next && entry.is_folding()) {
            self.open.insert(next);
        }
        true
    }

    /// Notes when calls begin and end.
    pub fn clock(&mut self, agent: &[Activity], now_ms: u64) {
        let running: Vec<usize> = self.times.iter().filter(|(_, (_, end))| end.is_none()).map(|(at, _)| *at).collect();
        for at in running {
            let is_running = matches!(agent.get(at), Some(Activity::Call { outcome: Outcome::Running, .. }));
            if let Some(time) = self.times.get_mut(&at).filter(|_| !is_running) {
                time.1 = Some(now_ms);
            }
        }
        if let Some(Activity::Call { outcome: Outcome::Running, .. }) = agent.last() {
            self.times.entry(agent.len() - 1).or_insert((now_ms, None));
        }
        while self.times.len() > Self::ENTRIES_MAX {
            self.times.pop_first();
        }
    }

    /// How long a call took so far, in milliseconds; nothing of calls that nobody saw begin.
    pub fn took_ms(&self, id: EntryId, now_ms: u64) -> Option<u64> {
        let EntryId::Agent(at) = id else { return None };
        let (start, end) = self.times.get(&at)?;
        Some(end.unwrap_or(now_ms).saturating_sub(*start))
    }
}

/// The conversation as markdown, for a file.
pub fn transcript(title: &str, activity: &ActivityPane, agent: &[Activity]) -> String {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut notes = activity.notes.iter().peekable();
    for (at, entry) in agent.iter().enumerate() {
        entries.extend(std::iter::from_fn(|| notes.next_if(|note| note.after <= at)).map(Entry::Own));
        entries.push(Entry::Agent(entry));
    }
    entries.extend(notes.map(Entry::Own));
    let mut out = format!("# {title}\n");
    for entry in entries {
        out.push('\n');
        match entry {
            Entry::Agent(Activity::Task(text)) => out.push_str(&format!("## {}\n", text.trim().replace('\n', "\n\n"))),
            Entry::Agent(Activity::Said(text)) => out.push_str(&format!("{}\n", text.trim())),
            Entry::Agent(Activity::Failure(text)) => {
                out.push_str(&format!("> ✘ {}\n", text.trim().replace('\n', "\n> ")))
            }
            Entry::Agent(Activity::Note(text)) => out.push_str(&format!("> {}\n", text.trim().replace('\n', "\n> "))),
            Entry::Agent(Activity::Call { summary, outcome, arguments, answer, .. }) => {
                let mark = match outcome {
                    Outcome::Running => "…",
                    Outcome::Ok => "✔",
                    Outcome::Refused => "✘",
                };
                out.push_str(&format!("- {mark} `{}`\n", summary.replace('`', "'")));
                out.push_str(&fenced("json", arguments));
                out.push_str(&fenced("", answer));
            }
            Entry::Own(note) if note.kind == NoteKind::Thought => {
                out.push_str(&format!("> (thinks) {}\n", note.text.trim().replace('\n', "\n> ")));
            }
            Entry::Own(note) => out.push_str(&format!("> {}\n", note.text.trim().replace('\n', "\n> "))),
        }
    }
    out
}

/// A text in a fence that it cannot end itself.
fn fenced(language: &str, text: &str) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("\n{fence}{language}\n{}\n{fence}\n", text.trim_end())
}

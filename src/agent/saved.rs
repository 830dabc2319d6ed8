//! What is kept of a session, as records that are added to a log, and the session that a log tells of.
//!
//! Knows nothing of files and threads: `sys` appends the lines and reads them. Invariant: the records of one moment are one
//! line, so any whole lines from the first on are the session as it was at one moment.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Activity, ChatMessage};
use crate::gate::{ReadLog, ReadState};
use crate::text::{
    ChangeSet, Conflict, ContentHash, Encoding, FileChange, FileText, Hunk, HunkId, Origin, ProjectPath, Run,
};

/// Which change set a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// What the agent has pending.
    Pending,
    /// What the model had pending when a person asked for an operation of their own.
    Aside,
    /// What was proposed, while one hunk of it is made anew.
    Proposed,
    /// What is shown for review, where that is another: with what is in conflict.
    Review,
}

impl Slot {
    pub(super) const ALL: [Self; 4] = [Self::Pending, Self::Aside, Self::Proposed, Self::Review];
}

/// What became of a part of the session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// The conversation: so many messages stay, these follow.
    Messages { keep: usize, then: Vec<ChatMessage> },
    /// What the agent did, likewise.
    Activity { keep: usize, then: Vec<Activity> },
    /// The model's text, which is the last entry of the activity, goes on.
    Said(String),
    /// The content of a file, old or new, which records name by its hash.
    Text(SavedText),
    /// Files of a change set; without a change it is as on disk again.
    Files { slot: Slot, files: Vec<(ProjectPath, Option<SavedChange>)> },
    /// What was read; without a state it has to be read again. `aside` as in [`Slot::Aside`].
    Reads { aside: bool, files: Vec<(ProjectPath, Option<ReadState>)> },
    /// The hunks under review; none while nothing is reviewed.
    Hunks(Option<Vec<SavedHunk>>),
    /// Whatever is small: each key that changed.
    State(Map<String, Value>),
}

/// A text, whole or as what differs from one that was told before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedText {
    hash: ContentHash,
    /// It begins and ends as this one, so many bytes long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<(ContentHash, usize, usize)>,
    text: String,
}

/// What becomes of a file, its contents by hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedChange {
    old: Option<SavedFile>,
    new: Option<ContentHash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<(ProjectPath, SavedFile)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SavedFile {
    text: ContentHash,
    encoding: Encoding,
    /// Of the bytes on disk.
    hash: ContentHash,
}

/// A hunk under review, with what was decided on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedHunk {
    path: ProjectPath,
    /// First and last line of the old side, then of the new one, the last ones excluded.
    runs: Vec<(u32, u32, u32, u32)>,
    /// In conflict: what stood there, if there was a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conflict: Option<(Option<String>,)>,
    /// `None` while it is open.
    accepted: Option<bool>,
}

/// A review as it stands: what is shown, how it is cut, and what was decided on each hunk (`None`: nothing yet).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReviewState {
    pub change_set: ChangeSet,
    pub hunks: Vec<Hunk>,
    pub accepted: Vec<Option<bool>>,
}

impl SavedText {
    pub(super) fn of(text: &str, base: Option<&str>) -> Self {
        let hash = ContentHash::of(text.as_bytes());
        let Some(base) = base.filter(|base| !base.is_empty()) else {
            return Self { hash, base: None, text: text.to_owned() };
        };
        let shared = |pairs: &mut dyn Iterator<Item = (u8, u8)>| pairs.take_while(|(one, other)| one == other).count();
        let mut start = shared(&mut text.bytes().zip(base.bytes()));
        while !text.is_char_boundary(start) || !base.is_char_boundary(start) {
            start -= 1;
        }
        let (rest, base_rest) = (&text[start..], &base[start..]);
        let mut end = shared(&mut rest.bytes().rev().zip(base_rest.bytes().rev()));
        while !rest.is_char_boundary(rest.len() - end) || !base_rest.is_char_boundary(base_rest.len() - end) {
            end -= 1;
        }
        let base = Some((ContentHash::of(base.as_bytes()), start, end));
        Self { hash, base, text: rest[..rest.len() - end].to_owned() }
    }

    /// The text, where the base is known and it is what it was.
    fn whole(&self, texts: &HashMap<ContentHash, Arc<str>>) -> Option<Arc<str>> {
        let text = match self.base {
            None => self.text.clone(),
            Some((base, start, end)) => {
                let base = texts.get(&base)?;
                [base.get(..start)?, &self.text, base.get(base.len().checked_sub(end)?..)?].concat()
            }
        };
        (ContentHash::of(text.as_bytes()) == self.hash).then(|| text.into())
    }
}

impl SavedFile {
    fn of(file: &FileText) -> Self {
        Self { text: ContentHash::of(file.text().as_bytes()), encoding: file.encoding(), hash: file.hash() }
    }
}

impl SavedChange {
    pub(super) fn of(change: &FileChange) -> Self {
        Self {
            old: change.old.as_deref().map(SavedFile::of),
            new: change.new.as_ref().map(|text| ContentHash::of(text.as_bytes())),
            origin: change.origin.as_ref().map(|origin| (origin.path.clone(), SavedFile::of(&origin.file))),
        }
    }
}

impl SavedHunk {
    pub(super) fn of(hunk: &Hunk, accepted: Option<bool>) -> Self {
        Self {
            path: hunk.path.clone(),
            runs: hunk.runs.iter().map(|run| (run.old.start, run.old.end, run.new.start, run.new.end)).collect(),
            conflict: hunk.conflict.as_ref().map(|conflict| (conflict.base.as_deref().map(str::to_owned),)),
            accepted,
        }
    }

    fn hunk(&self, at: usize) -> Hunk {
        let run = |&(old_start, old_end, new_start, new_end): &(u32, u32, u32, u32)| Run {
            old: old_start..old_end,
            new: new_start..new_end,
        };
        let conflict = |(base,): &(Option<String>,)| Conflict { base: base.as_deref().map(Into::into) };
        Hunk {
            id: HunkId(at as u32),
            path: self.path.clone(),
            runs: self.runs.iter().map(run).collect(),
            conflict: self.conflict.as_ref().map(conflict),
        }
    }
}

/// A session as a log tells of it.
#[derive(Debug, Clone, Default)]
pub struct Saved {
    pub(super) messages: Vec<ChatMessage>,
    pub(super) activity: Vec<Activity>,
    texts: HashMap<ContentHash, Arc<str>>,
    files: BTreeMap<(Slot, ProjectPath), SavedChange>,
    pub(super) reads: ReadLog,
    pub(super) aside_reads: ReadLog,
    hunks: Option<Vec<SavedHunk>>,
    pub(super) state: Map<String, Value>,
    fault_count: usize,
}

impl Saved {
    /// Takes in the next line of a log: the records of one moment. One that cannot be read is left out and counted.
    pub fn take_line(&mut self, line: &[u8]) {
        match serde_json::from_slice::<Vec<Record>>(line) {
            Ok(records) => records.into_iter().for_each(|record| self.take(record)),
            Err(_) => self.fault_count += 1,
        }
    }

    pub fn take(&mut self, record: Record) {
        match record {
            Record::Messages { keep, then } => put(&mut self.messages, keep, then, &mut self.fault_count),
            Record::Activity { keep, then } => put(&mut self.activity, keep, then, &mut self.fault_count),
            Record::Said(more) => match self.activity.last_mut() {
                Some(Activity::Said(text)) => text.push_str(&more),
                _ => self.fault_count += 1,
            },
            Record::Text(text) => match text.whole(&self.texts) {
                Some(whole) => drop(self.texts.insert(text.hash, whole)),
                None => self.fault_count += 1,
            },
            Record::Files { slot, files } => {
                for (path, change) in files {
                    match change {
                        Some(change) => self.files.insert((slot, path), change),
                        None => self.files.remove(&(slot, path)),
                    };
                }
            }
            Record::Reads { aside, files } => {
                let reads = if aside { &mut self.aside_reads } else { &mut self.reads };
                for (path, state) in files {
                    match state {
                        Some(state) => reads.files.insert(path, state),
                        None => reads.files.remove(&path),
                    };
                }
            }
            Record::Hunks(hunks) => self.hunks = hunks,
            Record::State(changed) => self.state.extend(changed),
        }
    }

    /// The same as records, to begin a shorter log with.
    pub fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        let (files, hunks) = (&self.files, self.hunks.clone());
        let contents = files.values().flat_map(|saved| {
            let sides = [saved.old.as_ref(), saved.origin.as_ref().map(|(_, file)| file)];
            sides.into_iter().flatten().map(|file| file.text).chain(saved.new)
        });
        let contents: std::collections::BTreeSet<ContentHash> = contents.collect();
        let texts = contents.iter().filter_map(|hash| self.texts.get(hash));
        records.extend(texts.map(|text| Record::Text(SavedText::of(text, None))));
        for slot in Slot::ALL {
            let of_slot = files.iter().filter(|((of, _), _)| *of == slot);
            let files = of_slot.map(|((_, path), saved)| (path.clone(), Some(saved.clone()))).collect();
            records.push(Record::Files { slot, files });
        }
        for (aside, reads) in [(false, &self.reads), (true, &self.aside_reads)] {
            let files = reads.files.iter().map(|(path, state)| (path.clone(), Some(state.clone()))).collect();
            records.push(Record::Reads { aside, files });
        }
        records.push(Record::Hunks(hunks));
        records.push(Record::Messages { keep: 0, then: self.messages.clone() });
        records.push(Record::Activity { keep: 0, then: self.activity.clone() });
        records.push(Record::State(self.state.clone()));
        records
    }

    /// Lines that could not be read or did not fit.
    pub fn fault_count(&self) -> usize {
        self.fault_count
    }

    /// Whether it tells of anything at all.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.activity.is_empty() && self.files.is_empty()
    }

    /// The task that was given last.
    pub fn title(&self) -> &str {
        let task = |entry: &'_ Activity| matches!(entry, Activity::Task(_));
        match self.activity.iter().rfind(|entry| task(entry)) {
            Some(Activity::Task(text)) => text,
            _ => "",
        }
    }

    /// A small part of the state; nothing where the log does not tell it, or tells it in a way that is not known.
    pub(super) fn part<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        T::deserialize(self.state.get(key)?).ok()
    }

    /// A change set. A file whose contents are not in the log any more is left out.
    pub(super) fn change_set(&self, slot: Slot) -> ChangeSet {
        let mut change_set = ChangeSet::default();
        for ((_, path), saved) in self.files.iter().filter(|((of, _), _)| *of == slot) {
            if let Some(change) = self.change(saved) {
                change_set.insert(path.clone(), change);
            }
        }
        change_set
    }

    fn change(&self, saved: &SavedChange) -> Option<FileChange> {
        let file = |saved: &SavedFile| {
            let text = self.texts.get(&saved.text)?.clone();
            Some(Arc::new(FileText::kept(text, saved.encoding, saved.hash)))
        };
        let old = match &saved.old {
            Some(saved) => Some(file(saved)?),
            None => None,
        };
        let new = match &saved.new {
            Some(hash) => Some(self.texts.get(hash)?.clone()),
            None => None,
        };
        let origin = match &saved.origin {
            Some((path, saved)) => Some(Origin { path: path.clone(), file: file(saved)? }),
            None => None,
        };
        Some(FileChange { old, new, origin })
    }

    /// The files of change sets whose contents the log has lost.
    pub fn lost_files(&self) -> Vec<ProjectPath> {
        let lost = self.files.iter().filter(|(_, saved)| self.change(saved).is_none());
        lost.map(|((_, path), _)| path.clone()).collect()
    }

    /// What a person was deciding on.
    pub fn review(&self) -> Option<ReviewState> {
        let saved = self.hunks.as_ref()?;
        let shown = self.change_set(Slot::Review);
        let change_set = if shown.is_empty() { self.change_set(Slot::Pending) } else { shown };
        let hunks: Vec<Hunk> = saved.iter().enumerate().map(|(at, hunk)| hunk.hunk(at)).collect();
        let accepted = saved.iter().map(|hunk| hunk.accepted).collect();
        // Lines that are not there could not be shown: what was decided is then decided anew.
        hunks.iter().all(|hunk| is_within(&change_set, hunk)).then_some(ReviewState { change_set, hunks, accepted })
    }

    /// The texts by their hash.
    pub(super) fn knows(&self, hash: ContentHash) -> bool {
        self.texts.contains_key(&hash)
    }

    pub(super) fn saved_hunks(&self) -> Option<&[SavedHunk]> {
        self.hunks.as_deref()
    }
}

fn is_within(change_set: &ChangeSet, hunk: &Hunk) -> bool {
    let Some(change) = change_set.get(&hunk.path) else { return false };
    let count = |text: &str| text.split_inclusive('\n').count() as u32;
    let (old, new) = (count(change.old_text()), count(change.new_text()));
    let fits = |run: &Run| {
        run.old.start <= run.old.end && run.old.end <= old && run.new.start <= run.new.end && run.new.end <= new
    };
    !hunk.runs.is_empty() && hunk.runs.iter().all(fits)
}

/// So many stay, these follow; where fewer are there than were to stay, lines were lost before.
fn put<T>(all: &mut Vec<T>, keep: usize, then: Vec<T>, fault_count: &mut usize) {
    *fault_count += usize::from(keep > all.len());
    all.truncate(keep);
    all.extend(then);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_is_told_by_what_differs(base in "[aé\n]{0,20}", text in "[aé\n]{0,20}") {
            let mut saved = Saved::default();
            saved.take(Record::Text(SavedText::of(&base, None)));
            saved.take(Record::Text(SavedText::of(&text, Some(&base))));
            prop_assert_eq!(saved.texts.get(&ContentHash::of(text.as_bytes())).map(|text| &**text), Some(&*text));
            prop_assert_eq!(saved.fault_count(), 0);
        }
    }

    #[test]
    fn a_text_that_is_not_what_it_was_is_none() {
        let mut saved = Saved::default();
        let base = SavedText::of("one\ntwo\n", None);
        saved.take(Record::Text(SavedText { text: "one\ntoo\n".to_owned(), ..base }));
        saved.take(Record::Text(SavedText::of("one\ntwo\nthree\n", Some("one\ntwo\n"))));
        assert_eq!((saved.texts.len(), saved.fault_count()), (0, 2));
    }
}

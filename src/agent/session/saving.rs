//! What became of the session since it was last asked: the records for its log.
//!
//! Works by comparing what the log knows with what is there, so that no way through the session can forget to tell. Invariant:
//! the records, taken in by [`Saved`], give what the session holds.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashSet};
use std::hash::{Hash, Hasher};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Session, Work};
use crate::agent::saved::{Record, ReviewState, Saved, SavedChange, SavedHunk, SavedText, Slot};
use crate::agent::{Activity, Outcome};
use crate::gate::ReadLog;
use crate::text::{ChangeSet, ContentHash, ProjectPath};

/// What the log knows.
#[derive(Default)]
pub(super) struct Logged {
    /// A fingerprint of each message, and of each entry of the activity.
    messages: Vec<u64>,
    activity: Vec<u64>,
    /// How long the last entry was, where it is the model's text.
    said_bytes: usize,
    /// Entries before this one do not change any more.
    settled_count: usize,
    files: BTreeMap<Slot, ChangeSet>,
    texts: HashSet<ContentHash>,
    reads: ReadLog,
    aside_reads: ReadLog,
    hunks: Option<Vec<SavedHunk>>,
    state: Map<String, Value>,
}

fn fingerprint(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

fn shared_count(old: &[u64], new: &[u64]) -> usize {
    old.iter().zip(new).take_while(|(old, new)| old == new).count()
}

impl Session {
    /// What became of the session, and of the review of what it proposed, since this was asked the last time: the records
    /// of one moment, to be added to its log.
    pub fn unsaved(&mut self, review: Option<&ReviewState>) -> Vec<Record> {
        let mut logged = std::mem::take(&mut self.logged);
        let mut records = Vec::new();
        let own = self.of_person.as_ref();
        let nothing = ChangeSet::default();
        let shown = review.map(|review| &review.change_set).filter(|shown| **shown != self.pending);
        logged.log_files(Slot::Pending, &self.pending, &mut records);
        logged.log_files(Slot::Aside, own.map_or(&nothing, |own| own.pending()), &mut records);
        logged.log_files(
            Slot::Proposed,
            self.revision.as_ref().map_or(&nothing, |revision| &revision.pending),
            &mut records,
        );
        logged.log_files(Slot::Review, shown.unwrap_or(&nothing), &mut records);
        logged.log_reads(false, &self.reads, &mut records);
        logged.log_reads(true, own.map_or(&ReadLog::default(), |own| own.reads()), &mut records);
        logged.log_hunks(review, &mut records);
        logged.log_messages(self, &mut records);
        logged.log_activity(&self.activity, self.said_at, &mut records);
        let state = self.small_state();
        let changed = state.iter().filter(|(key, value)| logged.state.get(*key) != Some(value));
        let changed: Map<String, Value> = changed.map(|(key, value)| (key.clone(), value.clone())).collect();
        if !changed.is_empty() {
            records.push(Record::State(changed));
            logged.state = state;
        }
        self.logged = logged;
        records
    }

    /// All that is small, by name. Not in it: what [`Session::resumed`] works out anew from the rest and the project.
    fn small_state(&self) -> Map<String, Value> {
        let mut state = Map::new();
        put(&mut state, "phase", &self.resumed_phase().unwrap_or(self.phase));
        put(&mut state, "plan", &self.plan);
        put(&mut state, "usage", &self.usage);
        put(&mut state, "task", &self.task);
        put(&mut state, "words", &self.words);
        put(&mut state, "notes", &self.notes);
        put(&mut state, "summary", &self.summary);
        put(&mut state, "moved", &self.moved);
        put(&mut state, "joined", &self.joined);
        put(&mut state, "interrupted", &self.is_interrupted);
        put(&mut state, "untold_task", &self.untold_task());
        put(&mut state, "redo", &self.revision.is_some());
        put(&mut state, "operation", &self.of_person.as_ref().map(|own| own.title()));
        let title = self.activity.iter().rev().find_map(|entry| match entry {
            Activity::Task(text) => Some(text.lines().next().unwrap_or_default()),
            _ => None,
        });
        put(&mut state, "broken_off", &self.broken_off);
        put(&mut state, "title", &title);
        state
    }

    /// The task, while what bears on it is still looked up.
    fn untold_task(&self) -> Option<&str> {
        let last_task = || {
            let task = |entry: &'_ Activity| matches!(entry, Activity::Task(_));
            self.activity.iter().rfind(|entry| task(entry))
        };
        match (&self.work, &self.untold_task) {
            (_, Some(task)) => Some(task),
            (Work::Understanding(..), None) => match last_task() {
                Some(Activity::Task(text)) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// While what is pending is judged anew, the session stands where it stood before.
    fn resumed_phase(&self) -> Option<super::Phase> {
        match &self.work {
            Work::Resumed(_, standing) => Some(standing.phase),
            _ => None,
        }
    }
}

fn put(state: &mut Map<String, Value>, key: &str, value: &impl Serialize) {
    // What cannot be told is left out: numbers beyond JSON's, of which there are none here.
    if let Ok(value) = serde_json::to_value(value) {
        state.insert(key.to_owned(), value);
    }
}

impl Logged {
    /// What a log tells, so that only what is new is added to it.
    pub(super) fn of(saved: &Saved) -> Self {
        let files = Slot::ALL.map(|slot| (slot, saved.change_set(slot)));
        let mut logged = Self {
            messages: saved.messages.iter().map(fingerprint).collect(),
            activity: saved.activity.iter().map(fingerprint).collect(),
            said_bytes: said_bytes(&saved.activity),
            settled_count: 0,
            texts: HashSet::new(),
            files: files.into_iter().collect(),
            reads: saved.reads.clone(),
            aside_reads: saved.aside_reads.clone(),
            hunks: saved.saved_hunks().map(<[SavedHunk]>::to_vec),
            state: saved.state.clone(),
        };
        let contents = logged.files.values().flat_map(ChangeSet::iter).flat_map(|(_, change)| {
            let old = [change.old.as_ref(), change.origin.as_ref().map(|origin| &origin.file)];
            old.into_iter().flatten().map(|file| file.shared_text()).chain(change.new.clone())
        });
        let hashes = contents.map(|text| ContentHash::of(text.as_bytes()));
        logged.texts = hashes.filter(|hash| saved.knows(*hash)).collect();
        // What was lost of a change set has to be told as gone.
        logged
    }

    fn log_messages(&mut self, session: &Session, records: &mut Vec<Record>) {
        let now: Vec<u64> = session.messages.iter().map(fingerprint).collect();
        let keep = shared_count(&self.messages, &now);
        if keep < now.len() || keep < self.messages.len() {
            records.push(Record::Messages { keep, then: session.messages[keep..].to_vec() });
            self.messages = now;
        }
    }

    /// `said_at`: the entry that still grows, whatever came behind it.
    fn log_activity(&mut self, activity: &[Activity], said_at: Option<usize>, records: &mut Vec<Record>) {
        let settled = self.settled_count.min(activity.len()).min(self.activity.len());
        let now: Vec<u64> = activity[settled..].iter().map(fingerprint).collect();
        let keep = settled + shared_count(&self.activity[settled..], &now);
        if keep == activity.len() && keep == self.activity.len() {
            return;
        }
        match activity.last() {
            Some(Activity::Said(text)) if self.goes_on(activity.len(), keep, text) => {
                records.push(Record::Said(text[self.said_bytes..].to_owned()));
            }
            _ => records.push(Record::Activity { keep, then: activity[keep..].to_vec() }),
        }
        self.activity.truncate(settled);
        self.activity.extend(now);
        self.said_bytes = said_bytes(activity);
        let is_running = |entry: &Activity| matches!(entry, Activity::Call { outcome: Outcome::Running, .. });
        let first_open = activity[settled..].iter().position(is_running);
        let first_open = first_open.map_or(activity.len().saturating_sub(1), |at| settled + at);
        self.settled_count = first_open.min(said_at.unwrap_or(usize::MAX));
    }

    /// Whether the last entry is the one that the log knows, with more text behind it.
    fn goes_on(&self, count: usize, keep: usize, text: &str) -> bool {
        count == self.activity.len()
            && keep + 1 == count
            && self.said_bytes > 0
            && text
                .get(..self.said_bytes)
                .is_some_and(|before| self.activity.last() == Some(&fingerprint(&Activity::Said(before.to_owned()))))
    }

    fn log_files(&mut self, slot: Slot, now: &ChangeSet, records: &mut Vec<Record>) {
        let before = self.files.entry(slot).or_default();
        if before == now {
            return;
        }
        let gone = before.iter().filter(|(path, _)| now.get(path).is_none()).map(|(path, _)| (path.clone(), None));
        let mut files: Vec<(ProjectPath, Option<SavedChange>)> = gone.collect();
        for (path, change) in now.iter().filter(|(path, change)| before.get(path) != Some(change)) {
            let earlier = before.get(path);
            let mut tell = |text: &str, base: Option<&str>| {
                if self.texts.insert(ContentHash::of(text.as_bytes())) {
                    let base = base.filter(|base| self.texts.contains(&ContentHash::of(base.as_bytes())));
                    records.push(Record::Text(SavedText::of(text, base)));
                }
            };
            let origin = change.origin.as_ref().map(|origin| origin.file.text());
            for old in change.old.as_ref().map(|old| old.text()).into_iter().chain(origin) {
                tell(old, earlier.map(|earlier| earlier.old_text()));
            }
            if let Some(new) = &change.new {
                let base = earlier.and_then(|earlier| earlier.new.as_deref());
                tell(new, base.or(origin).or(Some(change.old_text())));
            }
            files.push((path.clone(), Some(SavedChange::of(change))));
        }
        records.push(Record::Files { slot, files });
        self.files.insert(slot, now.clone());
    }

    fn log_reads(&mut self, aside: bool, now: &ReadLog, records: &mut Vec<Record>) {
        let before = if aside { &mut self.aside_reads } else { &mut self.reads };
        if before == now {
            return;
        }
        let gone = before.files.keys().filter(|path| !now.files.contains_key(*path)).map(|path| (path.clone(), None));
        let new = now.files.iter().filter(|(path, state)| before.files.get(*path) != Some(state));
        let files = gone.chain(new.map(|(path, state)| (path.clone(), Some(state.clone())))).collect();
        records.push(Record::Reads { aside, files });
        before.clone_from(now);
    }

    fn log_hunks(&mut self, review: Option<&ReviewState>, records: &mut Vec<Record>) {
        let now = review.map(|review| {
            let hunks = review.hunks.iter().zip(&review.accepted);
            hunks.map(|(hunk, accepted)| SavedHunk::of(hunk, *accepted)).collect::<Vec<_>>()
        });
        if now != self.hunks {
            records.push(Record::Hunks(now.clone()));
            self.hunks = now;
        }
    }
}

fn said_bytes(activity: &[Activity]) -> usize {
    match activity.last() {
        Some(Activity::Said(text)) => text.len(),
        _ => 0,
    }
}
